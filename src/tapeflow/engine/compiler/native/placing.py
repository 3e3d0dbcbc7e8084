"""Values that are put together of parts: concatenation, stacking, padding."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.compiler.native.accesses import Access, at_identity, view_access
from tapeflow.engine.compiler.native.kinds import primitive_named
from tapeflow.engine.ir.graph import Node, Value, known
from tapeflow.engine.ir.nest import Affine
from tapeflow.engine.ir.spec import Spec


def parts_of(node: Any) -> tuple[Any, list[tuple[Any, Access]]]:
    """What fills the result at first, and the parts with where in the result each one goes.

    Args:
      node: a concatenation, a stack, a padding, or the gradient of a strided slice.

    Returns:
      `(filler, [(part, access), ...])`: the filler is None where the parts cover the result, 0, or
      a scalar value of the graph.
    """
    how = node.prim.lower.detail["how"]
    shape = node.outputs[0].spec.shape
    if how == "concat":
        axis = node.attrs["axis"] % len(shape)
        parts = []
        start = 0
        for part in node.inputs:
            access = _shifted(part.spec.shape, {axis: start})
            parts.append((part, access))
            start += part.spec.shape[axis]
        return None, parts
    if how == "stack":
        axis = node.attrs["axis"] % len(shape)
        parts = []
        for i, part in enumerate(node.inputs):
            inner = at_identity(part.spec.shape)
            parts.append((part, (*inner[:axis], Affine(i, ()), *inner[axis:])))
        return None, parts
    if how == "pad":
        part = node.inputs[0]
        padded = known(node.inputs[1])
        assert padded is not None
        before = padded[:, 0].tolist() if part.spec.shape else []
        filler = node.inputs[2] if len(node.inputs) > 2 else 0
        return filler, [(part, _shifted(part.spec.shape, dict(enumerate(before))))]
    assert how == "unslice", how
    _, begin, end, dy = node.inputs
    whole = Value(Node(primitive_named("Identity"), (), {}, "whole"), 0, Spec(dy.spec.dtype, shape))
    taken = Node(primitive_named("StridedSlice"), (whole, begin, end), node.attrs, node.name)
    taken.outputs = [Value(taken, 0, dy.spec)]
    placed = view_access(taken, 0, at_identity(dy.spec.shape))
    assert placed is not None
    return 0, [(dy, placed)]


def _shifted(shape: tuple[int, ...], starts: dict[int, int]) -> Access:
    inner = at_identity(shape)
    return tuple([a.plus(Affine(starts.get(i, 0), ())) for i, a in enumerate(inner)])
