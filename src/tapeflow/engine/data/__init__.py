"""`tf.data`: input pipelines.

A `Dataset` is what a program holds: the spec of its elements, and a value of dtype variant. That
value, when it runs, is a `Stage` (`stages/`): a source or one transformation of other stages. In
eager mode stages are made at once; in a traced function an operation makes them when it runs.
Opening a stage gives a `Stream` of elements.
"""
