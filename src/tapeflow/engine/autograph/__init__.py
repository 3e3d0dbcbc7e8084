"""AutoGraph: Python control flow on tensors becomes part of the graph that is traced.

`diastatic-malt` rewrites a function's source, so that `if`, `while`, `for` and their like become
calls of the operators here; these run plain Python, or stage `cond` and `while_loop` where a
symbolic tensor decides. malt is imported when the first function is converted, by `transpiler`.
"""
