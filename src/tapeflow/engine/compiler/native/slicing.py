"""Slices that begin where data say, written as gathers and scatters of rows: `x[i]`, `x[:, t]`."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from tapeflow.engine.compiler.native.indexing import INDICES, Rule, grid, scattered
from tapeflow.engine.compiler.native.maker import Maker
from tapeflow.engine.ir.graph import Node, known


class Picked(NamedTuple):
    """Neighbouring dimensions of which a slice takes one element each, and all of the others.

    Attributes:
      axis: the first of these dimensions.
      dims: how many there are.
    """

    axis: int
    dims: int


def picked(node: Any) -> Picked | None:
    """What a `StridedSlice`, or its gradient, takes; None for slices of another kind."""
    begin, attrs = node.inputs[1], node.attrs
    if begin.spec.dtype not in INDICES or attrs["ellipsis_mask"] or attrs["new_axis_mask"]:
        return None
    entries = begin.spec.shape[0]
    whole = attrs["begin_mask"] & attrs["end_mask"] & ~attrs["shrink_axis_mask"]
    single = [d for d in range(entries) if attrs["shrink_axis_mask"] >> d & 1]
    alone = all(d in single or whole >> d & 1 for d in range(entries))
    if not single or not alone or any(s != 1 for s in attrs["strides"]):
        return None
    if single != list(range(single[0], single[0] + len(single))):
        return None
    return Picked(single[0], len(single))


def is_slice(node: Any) -> bool:
    """Whether a slice can be written as a view, or in the ways below."""
    if node.prim.name == "Slice":
        return known(node.inputs[2]) is not None and node.inputs[1].spec.dtype in INDICES
    bounds = node.inputs[1:3]
    if all(known(v) is not None for v in bounds):
        return True
    found = picked(node)
    if found is None or node.prim.name == "StridedSlice":
        return found is not None
    return known(node.inputs[0]) is not None


def _entry(make: Maker, vector: Any, place: int) -> Any:
    """One number of a vector, a scalar."""
    if vector.node.prim.name == "Pack":
        return vector.node.inputs[place]
    at = make.const([place], vector.spec.dtype)
    return make.reshape(make("GatherV2", vector, at, axis=0, batch_dims=0), ())


def _number(make: Maker, begin: Any, dims: tuple[int, ...], at: Picked) -> Any:
    """Which of the elements of `dims`, one after the other, is picked."""
    number = None
    for d, size in enumerate(dims):
        index = _entry(make, begin, at.axis + d)
        index = make.within(make.from_start(index, size), size)
        if number is not None:
            above = make("Mul", number, make.const(size, index.spec.dtype))
            index = make("AddV2", above, index)
        number = index
    return number


def strided_slice(make: Maker, node: Node, x: Any, begin: Any, end: Any) -> Any:
    """`x[i]`, `x[:, i, j]`; None for slices that are views."""
    if known(begin) is not None and known(end) is not None:
        return None
    at = picked(node)
    assert at is not None
    shape = x.spec.shape
    dims = shape[at.axis : at.axis + at.dims]
    rows = make.reshape(x, (*shape[: at.axis], math.prod(dims), *shape[at.axis + at.dims :]))
    return make("GatherV2", rows, _number(make, begin, dims, at), axis=at.axis, batch_dims=0)


def strided_slice_grad(make: Maker, node: Node, _: Any, begin: Any, end: Any, dy: Any) -> Any:
    """Zeros but where the slice was; None where that is known."""
    if known(begin) is not None and known(end) is not None:
        return None
    at = picked(node)
    assert at is not None
    shape = node.outputs[0].spec.shape
    dims = shape[at.axis : at.axis + at.dims]
    number = _number(make, begin, dims, at)
    merged = (*shape[: at.axis], math.prod(dims), *shape[at.axis + at.dims :])
    places = grid(make, merged, number, at.axis, 0)
    zeros = make.filled(0, merged, dy.spec.dtype)
    return make.reshape(scattered(make, zeros, places, dy, "update"), shape)


def block(make: Maker, node: Node, x: Any, begin: Any, size: Any) -> Any:
    """The rows from where the block begins, a dimension after the other; None for views."""
    if known(begin) is not None:
        return None
    to = node.outputs[0].spec.shape
    for axis, (n, taken) in enumerate(zip(x.spec.shape, to, strict=True)):
        first = _entry(make, begin, axis)
        start = known(first)
        if start is not None and int(start) == 0 and n == taken:
            continue
        offsets = make.const(np.arange(taken), first.spec.dtype)
        # The last index says whether all are in range.
        inside = make.within(first, n - taken + 1)
        x = make("GatherV2", x, make("AddV2", inside, offsets), axis=axis, batch_dims=0)
    return x


SLICES: dict[str, Rule] = {
    "StridedSlice": Rule(is_slice, strided_slice),
    "StridedSliceGrad": Rule(is_slice, strided_slice_grad),
    "Slice": Rule(is_slice, block),
}
"""By the primitive's name: they need not begin at places that are known."""
