"""`tf.data`: pipelines of elements. A `Dataset` describes one; a `Pipeline` runs it."""

# Loops in converted functions know data sets as soon as there are any.
from tapeflow.engine.data import loops as loops
