"""The first values of variables that are made while a function is traced.

TensorFlow lifts the operations that compute an initial value out of the function. Here the part of
the graph that computes it is run at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.backends.interpreter.program import Program
from tapeflow.engine.compiler.passes.liveness import DropDead
from tapeflow.engine.core.context import state
from tapeflow.engine.core.dtypes import as_dtype
from tapeflow.engine.ir.graph import PLACEHOLDER, Graph
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import EagerTensor


def while_traced(initial_value: Any, dtype: Any) -> EagerTensor:
    """The first value of a variable that is made now, while a function is traced.

    Args:
      initial_value: what `tf.Variable` was given.
      dtype: the wanted dtype, or None.

    Raises:
      ValueError: when it has no value yet, or the graph is none that is ever called.
    """
    if state.on_variable_made is None:
        raise ValueError(
            "tf.Variable: variables cannot be created here, in a graph that is no function's. "
            "Create the variable outside of it."
        )
    if callable(initial_value) and not hasattr(initial_value, "_handle"):
        initial_value = initial_value()
    tensor = convert(initial_value, None if dtype is None else as_dtype(dtype))
    return tensor if isinstance(tensor, EagerTensor) else evaluate(tensor)


def evaluate(tensor: Any) -> EagerTensor:
    """The values of a symbolic tensor of the function that is traced now.

    Args:
      tensor: a symbolic tensor.

    Raises:
      ValueError: when it depends on something that has no value yet.
    """
    graph = tensor.graph
    needed = _needed(graph, tensor)
    inputs, values = [], []
    for node in needed.nodes:
        if node.prim is PLACEHOLDER:
            placeholder = node.outputs[0]
            inputs.append(placeholder)
            values.append(_value(graph, placeholder))
    made = DropDead().part(needed, inputs, [tensor], None)
    (out,) = Program(made, "initial_value")(*values)
    return EagerTensor(np.asarray(out))


def _needed(graph: Any, tensor: Any) -> Graph:
    """The nodes that a tensor depends on, without those that only have effects."""
    part = Graph()
    wanted = {id(tensor)}
    for node in reversed(graph.nodes):
        if any(id(v) in wanted for v in node.outputs):
            wanted.update([id(v) for v in node.inputs])
            part.nodes.append(node)
    part.nodes.reverse()
    return part


def _value(graph: Any, placeholder: Any) -> Any:
    known = graph.known_inputs.get(id(placeholder))
    if known is None:
        for capture in getattr(graph, "capture_list", ()):
            if capture.internal is placeholder:
                known = capture.external
    if known is None or (not isinstance(known, EagerTensor) and not hasattr(known, "_array")):
        raise ValueError(
            f"tf.Variable: the initial value depends on {placeholder.name!r}, which has no value "
            "while the function is traced. Create the variable outside of the function, or give "
            "a callable that does not use the function's arguments."
        )
    return known._array if isinstance(known, EagerTensor) else known
