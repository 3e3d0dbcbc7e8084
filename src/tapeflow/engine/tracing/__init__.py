"""Programs become graphs: symbolic tensors, the graph under construction, captures.

`FuncGraph` is what dispatch finds in `state.tracer` while a function is traced.
"""
