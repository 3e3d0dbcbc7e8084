"""Traces a Python function into a graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeflow.engine.autodiff.traced_custom import CustomIdentity
from tapeflow.engine.core import dtypes, nest
from tapeflow.engine.ir.graph import CONST, PLACEHOLDER
from tapeflow.engine.ir.primitive import NOT_DIFFERENTIABLE
from tapeflow.engine.ops.array.shaping import identity_p
from tapeflow.engine.ops.random.seeds import OpSeed, global_seed
from tapeflow.engine.runtime import upward
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor
from tapeflow.engine.tracing.func_graph import FuncGraph, tracing_into
from tapeflow.engine.tracing.graph import record
from tapeflow.engine.tracing.operation import Operation
from tapeflow.engine.tracing.symbolic import SymbolicTensor
from tapeflow.engine.variables.resource_ops import note_read
from tapeflow.engine.variables.variable import Variable


def trace_call(
    graph: FuncGraph, function: Callable[..., Any], args: Any, kwargs: Any
) -> tuple[Any, list[Any]]:
    """Calls a Python function with symbolic arguments, and makes its results outputs of the graph.

    Args:
      graph: the graph to build.
      function: the function, converted by AutoGraph or not.
      args: its arguments.
      kwargs: its keyword arguments.

    Returns:
      The results with symbolic tensors in place of values, and the same flat, composites expanded,
      without None.

    Raises:
      TypeError: when a result cannot be a tensor.
    """
    graph.seed = global_seed()
    with tracing_into(graph):
        result = function(*args, **kwargs)
        structured = nest.map_structure(
            lambda value: _as_output(graph, value, function), result, expand_composites=True
        )
        outputs = [
            value
            for value in nest.flatten(structured, expand_composites=True)
            if isinstance(value, SymbolicTensor)
        ]
    graph.outputs = list(outputs)
    for close in graph.on_exit:
        close()
    return structured, outputs


def _as_output(graph: FuncGraph, value: Any, function: Callable[..., Any]) -> Any:
    if value is None:
        return None
    if hasattr(value, "_is_tensor_array"):
        return value
    try:
        if isinstance(value, Operation):  # nothing that a caller could get
            raise TypeError(f"can't convert Operation {value.name!r} to Tensor")
        tensor = value if isinstance(value, Tensor) else convert(value)
        if not isinstance(tensor, Tensor):
            return tensor
    except (TypeError, ValueError) as error:
        name = getattr(function, "__name__", function)
        raise TypeError(
            "To be compatible with tf.function, Python functions must return zero or more Tensors "
            f"or ExtensionTypes or None values; in compilation of {name}, found return value of "
            f"type {type(value).__name__}, which is not a Tensor or ExtensionType."
        ) from error
    symbol = graph.value_of(tensor) if isinstance(tensor, EagerTensor) else tensor
    if isinstance(symbol, SymbolicTensor) and symbol.graph is not graph:
        symbol = graph.value_of(symbol)
    if symbol.dtype in (dtypes.variant, dtypes.resource):  # an object, of which there is no copy
        return symbol
    return graph.apply(identity_p, (symbol,), {})


def inline(graph: Any, source: FuncGraph, values: dict[int, Any], outputs: list[Any]) -> list[Any]:
    """Adds the operations of a traced function to the graph that is traced now.

    Args:
      graph: the graph that is traced.
      source: the function's graph.
      values: what stands for the source's placeholders, by id.
      outputs: the wanted values of the source.

    Returns:
      What stands for `outputs`.
    """
    for capture in source._captures.values():
        external = capture.external
        if capture.by_value and type(external) in (EagerTensor, SymbolicTensor):
            values.setdefault(id(capture.internal), graph.value_of(external))
    for node in source.nodes:
        if node.prim is PLACEHOLDER:
            continue
        if node.prim is CONST and id(node.outputs[0]) in values:
            continue
        inputs = tuple([values[id(v)] for v in node.inputs])
        attrs = node.attrs
        if type(attrs.get("seed2")) is OpSeed:
            attrs = {**attrs, "seed2": OpSeed(attrs["seed2"])}
        elif any(True for _ in node.bodies()):
            attrs = dict(attrs)
        specs = [v.spec for v in node.outputs]
        prim = node.prim.inlined(values) if isinstance(node.prim, CustomIdentity) else node.prim
        new = graph.add_operation(prim, inputs, attrs, specs, node.name)
        new.location, new.in_tuple = node.location, node.in_tuple
        for old, made in zip(node.outputs, new.outputs, strict=True):
            values[id(old)] = made
        if node.prim.vjp is not NOT_DIFFERENTIABLE:
            for handle in inputs:
                owner = graph.owners.get(id(handle))
                if owner is not None and isinstance(owner, Variable):
                    note_read(owner, handle)
        record(prim, inputs, new.outputs, new.attrs)
    return [values[id(v)] for v in outputs]


upward.provide(inline=inline)
