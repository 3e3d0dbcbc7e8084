"""What staged control flow asks of values: are they tensors, can they become tensors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tapeflow.engine.autograph.variables import is_undefined
from tapeflow.engine.core import dtypes, nest
from tapeflow.engine.core.context import state
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import shaping
from tapeflow.engine.ops.control_flow.bodies import new_body
from tapeflow.engine.runtime.composite import is_composite
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import Tensor
from tapeflow.engine.tracing.func_graph import FuncGraph, tracing_into
from tapeflow.engine.variables.variable import Variable


def is_staged(value: Any) -> bool:
    """Whether a value is only known when the function runs, so that branches on it are staged."""
    return state.tracer is not None and isinstance(value, (Tensor, Variable))


def is_tensor(value: Any) -> bool:
    """Whether a value is a tensor or variable, which an `init_scope` may have made eagerly."""
    return isinstance(value, (Tensor, Variable))


@contextmanager
def scratch_graph() -> Iterator[FuncGraph]:
    """Traces what is done inside into a graph that nobody runs."""
    graph = new_body("scratch")
    with tracing_into(graph, state.name_scope):
        yield graph


def stand_ins(graph: FuncGraph, structure: Any) -> Any:
    """Placeholders like the tensors of a nest, which may have any values."""

    def stand_in(tensor: Any) -> Any:
        spec = graph.value_of(tensor).spec
        return graph.placeholder(Spec(spec.dtype, spec.shape, refers=spec.refers), "stand_in")

    return nest.map_structure(stand_in, structure, expand_composites=True)


def scalar_bool(value: Any, where: str) -> Any:
    """A condition as a boolean scalar.

    Raises:
      ValueError: when it is something else.
    """
    tensor = convert(value) if isinstance(value, Variable) else value
    wanted = tensor.dtype is dtypes.bool_
    dims = tensor.shape.as_list() if tensor.shape.rank is not None else None
    if not wanted or (dims and any(d not in (None, 1) for d in dims)):
        hint = "" if wanted else "; to use as boolean Tensor, use `tf.cast`"
        raise ValueError(
            f"condition of {where} expected to be `tf.bool` scalar, got {tensor}{hint}"
            "; to check for None, use `is not None`"
        )
    return tensor if dims == [] else shaping.reshape(tensor, [])


def is_array(leaf: Any) -> bool:
    """Whether a leaf of a nest is a TensorArray."""
    return hasattr(leaf, "_is_tensor_array")


def staged_value(name: str, value: Any) -> Any:
    """A variable's value with tensors for all its leaves.

    Raises:
      TypeError: when something in it can't become a tensor.
    """
    return nest.map_structure(lambda leaf: _staged_leaf(name, leaf), value)


def _staged_leaf(name: str, leaf: Any) -> Any:
    if isinstance(leaf, Tensor) or is_composite(leaf) or is_array(leaf):
        return leaf
    if is_undefined(leaf):
        raise ValueError(f"{named(name)}: expected a value; received the undefined {leaf!r}")
    try:
        return convert(leaf)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{named(name)}: expected a Tensor, or what can be made one, as it goes through "
            f"control flow that depends on a Tensor; received {leaf!r} of type "
            f"{type(leaf).__name__}"
        ) from error


def named(name: str) -> str:
    return "the function's return value" if name.startswith("retval_") else f"'{name}'"


def holds_none(value: Any) -> bool:
    """Whether a nest has a None in it."""
    return any(leaf is None for leaf in nest.flatten(value))


def same_structure(before: Any, after: Any) -> str | None:
    """Why two nests differ in structure; None when they don't."""
    try:
        nest.assert_same_structure(before, after)
    except (TypeError, ValueError) as error:
        return str(error)
    kinds = zip(nest.flatten(before), nest.flatten(after))
    for one, other in kinds:
        if _kind(one) is not _kind(other):
            return (
                "The two structures don't have the same nested structure: "
                f"{type(one).__name__} in the first, {type(other).__name__} in the second."
            )
    return None


def _kind(leaf: Any) -> Any:
    return type(leaf) if is_composite(leaf) or is_array(leaf) else Tensor


def dtype_of(leaf: Any) -> Any:
    """The dtype of a leaf, or None for what has none: a TensorArray, an optional."""
    return None if is_array(leaf) else getattr(leaf, "dtype", None)


def shape_of(leaf: Any) -> TensorShape:
    """The static shape of a leaf; unknown for what has none: a TensorArray, an optional."""
    return TensorShape(None) if is_array(leaf) else getattr(leaf, "shape", TensorShape(None))
