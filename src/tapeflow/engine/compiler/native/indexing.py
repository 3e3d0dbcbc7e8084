"""Operations whose addresses come from data, written as gathers and scatters of whole rows.

A multi-dimensional index becomes the number of a row; what is wrong with an index is found before
anything is addressed, and then the plan stops.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tapeflow.engine.compiler.native.maker import Maker
from tapeflow.engine.compiler.native.rows import SCATTER_ROWS, combines
from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.ir.graph import Node, known
from tapeflow.engine.ir.primitive import unregistered

INDICES = frozenset((dtypes.int16, dtypes.int32, dtypes.int64))


class Rule(NamedTuple):
    """How an operation is written in simpler ones.

    Attributes:
      takes: whether it can be, for a node whose shapes are static and not empty.
      make: called as `make(maker, node, *inputs)`; the value that replaces the output.
    """

    takes: Callable[[Any], bool]
    make: Callable[..., Any]


def _always(node: Any) -> bool:
    return True


# Numbers of rows.


def grid(make: Maker, shape: tuple[int, ...], indices: Any, axis: int, batch_dims: int) -> Any:
    """The numbers of the rows that a gather takes, of shape `shape[:axis] + inner`.

    Args:
      make: adds nodes.
      shape: that of what is gathered from; a row is what follows the axis.
      indices: of shape `batch + inner`, in range.
      axis: the dimension which they address.
      batch_dims: how many dimensions `indices` and `shape` share.
    """
    lead = shape[:axis]
    dims = indices.spec.shape
    inner = dims[batch_dims:]
    spread = (*dims[:batch_dims], *[1] * (axis - batch_dims), *inner)
    places = make.cast(make.reshape(indices, spread), dtypes.int64)
    if math.prod(lead) == 1:
        return make.reshape(places, (*lead, *inner))
    starts = np.arange(math.prod(lead)).reshape(*lead, *[1] * len(inner)) * shape[axis]
    return make("AddV2", make.const(starts, dtypes.int64), places)


def _axes(node: Any, params: Any, indices: Any) -> tuple[int, int]:
    batch_dims = node.attrs["batch_dims"]
    if batch_dims < 0:
        batch_dims += len(indices.spec.shape)
    return node.attrs["axis"] % len(params.spec.shape), batch_dims


def _numbers(make: Maker, indices: Any, dims: tuple[int, ...], policy: str) -> tuple[Any, Any]:
    """The row numbers that `indices[..., :]` say in dimensions `dims`, and which to leave out.

    Returns:
      Numbers in range of shape `indices.shape[:-1]`, and None where all of them count.
    """
    lead = indices.spec.shape[:-1]
    outside = make.outside(indices, dims)
    bad = None
    if policy == "IGNORE":
        bad = make("Any", outside, axis=(-1,), keep_dims=False)
    else:
        indices = make.check(indices, outside)
    if len(dims) == 1:
        number = make.reshape(indices, lead)
    else:
        strides = [math.prod(dims[d + 1 :]) for d in range(len(dims))]
        wide = make.cast(indices, dtypes.int64)
        number = make.sum(make("Mul", wide, make.const(strides, dtypes.int64)), (-1,))
    if bad is not None:
        number = make("SelectV2", bad, make.const(0, number.spec.dtype), number)
    return number, bad


def _wide_enough(make: Maker, indices: Any) -> Any:
    return make.cast(indices, dtypes.int32) if indices.spec.dtype.size < 4 else indices


# Gathers.


def _takes_gather(node: Any) -> bool:
    return node.inputs[1].spec.dtype in INDICES


def _gather(make: Maker, node: Node, params: Any, indices: Any) -> Any:
    shape = params.spec.shape
    axis, batch_dims = _axes(node, params, indices)
    inside = make.within(_wide_enough(make, indices), shape[axis])
    if not batch_dims:
        return make("GatherV2", params, inside, axis=axis, batch_dims=0)
    rows = make.reshape(params, (math.prod(shape[: axis + 1]), *shape[axis + 1 :]))
    places = grid(make, shape, inside, axis, batch_dims)
    return make("GatherV2", rows, places, axis=0, batch_dims=0)


def _takes_elements(node: Any) -> bool:
    params, indices = (v.spec for v in node.inputs)
    return indices.dtype in INDICES and bool(params.shape)


def _gather_nd(make: Maker, node: Node, params: Any, indices: Any) -> Any:
    shape = params.spec.shape
    depth = indices.spec.shape[-1]
    indices = _wide_enough(make, indices)
    number, bad = _numbers(make, indices, shape[:depth], node.attrs["bad_indices_policy"])
    rows = make.reshape(params, (math.prod(shape[:depth]), *shape[depth:]))
    taken = make("GatherV2", rows, number, axis=0, batch_dims=0)
    if bad is None:
        return taken
    bad = make.reshape(bad, (*bad.spec.shape, *[1] * (len(shape) - depth)))
    return make("SelectV2", bad, make.const(0, params.spec.dtype), taken)


def _takes_along(node: Any) -> bool:
    rows, indices = node.inputs[-1].spec, node.inputs[1].spec
    if node.prim.name == "TakeAlongLast":
        rows = node.inputs[0].spec
    return indices.dtype in INDICES and rows.shape[:-1] == indices.shape[:-1]


def _along(make: Maker, indices: Any, shape: tuple[int, ...]) -> Any:
    """The numbers of the elements at `indices` in rows of `shape`, flat; negative ones wrap."""
    indices, size = _wide_enough(make, indices), shape[-1]
    indices = make.within(make.from_start(indices, size), size)
    return grid(make, shape, indices, len(shape) - 1, len(shape) - 1)


def _take_along(make: Maker, node: Node, x: Any, indices: Any) -> Any:
    shape = x.spec.shape
    flat = make.reshape(x, (math.prod(shape),))
    return make("GatherV2", flat, _along(make, indices, shape), axis=0, batch_dims=0)


# Scatters.


def scattered(make: Maker, whole: Any, numbers: Any, rows: Any, combine: str) -> Any:
    """`whole[numbers[i]] = combine(whole[numbers[i]], rows[i])`; negative numbers are left out.

    Args:
      make: adds nodes.
      whole: any shape whose elements are those of rows one after the other.
      numbers: integers of any shape.
      rows: a row for each of the numbers.
      combine: see `SCATTER_ROWS`.

    Returns:
      A value of the shape of `whole`.
    """
    shape = whole.spec.shape
    count = math.prod(numbers.spec.shape)
    columns = math.prod(rows.spec.shape) // count
    whole = make.reshape(whole, (math.prod(shape) // columns, columns))
    numbers = make.reshape(numbers, (count,))
    rows = make.reshape(rows, (count, columns))
    return make.reshape(make.node(SCATTER_ROWS, whole, numbers, rows, combine=combine), shape)


def scattered_elements(
    make: Maker, whole: Any, indices: Any, rows: Any, combine: str, policy: str = ""
) -> Any:
    """As `scattered`, of the elements or slices that `indices[..., :]` address."""
    depth = indices.spec.shape[-1]
    indices = _wide_enough(make, indices)
    numbers, bad = _numbers(make, indices, whole.spec.shape[:depth], policy)
    if bad is not None:
        numbers = make("SelectV2", bad, make.const(-1, numbers.spec.dtype), numbers)
    return scattered(make, whole, numbers, rows, combine)


def _takes_scatter(indices: int, rows: int, combine: str) -> Callable[[Any], bool]:
    def takes(node: Any) -> bool:
        specs = [v.spec for v in node.inputs]
        return specs[indices].dtype in INDICES and combines(combine, specs[rows].dtype)

    return takes


def _gather_grad(make: Maker, node: Node, params: Any, indices: Any, dy: Any) -> Any:
    shape = params.spec.shape
    axis, batch_dims = _axes(node, params, indices)
    inside = make.within(_wide_enough(make, indices), shape[axis])
    zeros = make.filled(0, shape, dy.spec.dtype)
    return scattered(make, zeros, grid(make, shape, inside, axis, batch_dims), dy, "add")


def _scatter_nd(make: Maker, node: Node, indices: Any, updates: Any, _: Any) -> Any:
    zeros = make.filled(0, node.outputs[0].spec.shape, updates.spec.dtype)
    policy = node.attrs["bad_indices_policy"]
    return scattered_elements(make, zeros, indices, updates, "add", policy)


def _tensor_scatter(combine: str) -> Rule:
    def make_it(make: Maker, node: Node, tensor: Any, indices: Any, updates: Any) -> Any:
        policy = node.attrs["bad_indices_policy"]
        return scattered_elements(make, tensor, indices, updates, combine, policy)

    return Rule(_takes_scatter(1, 2, combine), make_it)


def _put_along(make: Maker, node: Node, values: Any, indices: Any, like: Any) -> Any:
    shape = like.spec.shape
    zeros = make.filled(0, shape, values.spec.dtype)
    return scattered(make, zeros, _along(make, indices, shape), values, "update")


def _segments(combine: str, start: Callable[[DType], Any]) -> Rule:
    def make_it(make: Maker, node: Node, data: Any, ids: Any, count: Any) -> Any:
        shape, dtype = node.outputs[0].spec.shape, data.spec.dtype
        # Rows of negative segments are dropped.
        high = make("GreaterEqual", ids, make.const(shape[0], ids.spec.dtype))
        whole = make.filled(start(dtype), shape, dtype)
        return scattered(make, whole, make.check(ids, high), data, combine)

    return Rule(_takes_scatter(1, 0, combine), make_it)


def _bincount(make: Maker, node: Node, x: Any, size: Any, weights: Any) -> Any:
    shape, dtype = node.outputs[0].spec.shape, weights.spec.dtype
    index = x.spec.dtype
    inside = make.check(x, make("Less", x, make.const(0, index)))
    counts = make("Less", inside, make.const(shape[-1], index))
    places = grid(make, shape, inside, len(shape) - 1, len(shape) - 1)
    places = make("SelectV2", counts, places, make.const(-1, dtypes.int64))
    if node.attrs["binary_output"] or 0 in weights.spec.shape:
        weights = make.filled(1, x.spec.shape, dtype)
    combine = "update" if node.attrs["binary_output"] else "add"
    return scattered(make, make.filled(0, shape, dtype), places, weights, combine)


# Which element is the greatest.


def _position(fold: str, extreme: Callable[[DType], Any]) -> Callable[..., Any]:
    def make_it(make: Maker, node: Node, x: Any) -> Any:
        shape, dtype = x.spec.shape, x.spec.dtype
        axis = node.attrs["dimension"] % len(shape)
        if dtype.is_bool:
            x = make.cast(x, dtypes.int32)
        elif dtype.is_floating:
            # NaN, and an infinity of the wrong sign, are no better than the worst finite number.
            worst = make.const(extreme(dtype), dtype)
            better = make("Greater" if fold == "Max" else "Less", x, worst)
            x = make("SelectV2", better, x, worst)
        best = make("Equal", x, make(fold, x, axis=(axis,), keep_dims=True))
        size = shape[axis]
        numbers = np.arange(size).reshape(-1, *[1] * (len(shape) - 1 - axis))
        where = make.const(numbers, dtypes.int32)
        where = make("SelectV2", best, where, make.const(size, dtypes.int32))
        return make.cast(make("Min", where, axis=(axis,), keep_dims=False),
                         node.attrs["output_type"])  # fmt: skip

    return make_it


# The same bits, and movements that neither fusion nor the kernels of contractions know.


BITS = unregistered("Bits", lambda x, type: x, lambda x, type: x.view(type.np))
"""`Bitcast` between dtypes of the same size, in which each element is one of the result."""
BITS.lower = lambda b, x, type: b.bitcast(x, type)


def _takes_bitcast(node: Any) -> bool:
    sizes = node.inputs[0].spec.dtype.size, node.outputs[0].spec.dtype.size
    return sizes in ((4, 4), (8, 8))


def _bitcast(make: Maker, node: Node, x: Any) -> Any:
    return make.node(BITS, x, dtype=node.outputs[0].spec.dtype, **node.attrs)


def _takes_repeat(node: Any) -> bool:
    repeats = known(node.inputs[1])
    return repeats is not None and repeats.size == 1


def _repeat(make: Maker, node: Node, x: Any, _: Any) -> Any:
    shape, to = x.spec.shape, node.outputs[0].spec.shape
    axis = node.attrs["axis"] % len(shape)
    apart = (*shape[: axis + 1], 1, *shape[axis + 1 :])
    times = to[axis] // shape[axis]
    whole = (*shape[: axis + 1], times, *shape[axis + 1 :])
    return make.reshape(make.broadcast(make.reshape(x, apart), whole), to)


def _tile(make: Maker, node: Node, x: Any, _: Any) -> Any:
    shape, to = x.spec.shape, node.outputs[0].spec.shape
    apart = [m for n in shape for m in (1, n)]
    whole = [m for n, k in zip(shape, to, strict=True) for m in (k // n, n)]
    return make.reshape(make.broadcast(make.reshape(x, tuple(apart)), tuple(whole)), to)


def _takes_roll(node: Any) -> bool:
    return known(node.inputs[1]) is not None


def _roll(make: Maker, node: Node, x: Any, shift: Any) -> Any:
    shape = x.spec.shape
    by = [0] * len(shape)
    shifts: Any = known(shift)
    for axis, n in zip(node.attrs["axis"], shifts.reshape(-1).tolist(), strict=True):
        by[axis % len(shape)] += n
    for axis, (n, size) in enumerate(zip(by, shape, strict=True)):
        if n % size:
            first = size - n % size
            parts = [_part(make, x, axis, first, size), _part(make, x, axis, 0, first)]
            x = make("ConcatV2", *parts, axis=axis)
    return x


def _part(make: Maker, x: Any, axis: int, begin: int, end: int) -> Any:
    lead = [0] * axis
    ones = (1,) * (axis + 1)
    masks = dict.fromkeys(("ellipsis_mask", "new_axis_mask", "shrink_axis_mask"), 0)
    masks |= dict.fromkeys(("begin_mask", "end_mask"), (1 << axis) - 1)
    low, high = (make.const([*lead, i], dtypes.int32) for i in (begin, end))
    return make("StridedSlice", x, low, high, strides=ones, **masks)


INDEXING: dict[str, Rule] = {
    "GatherV2": Rule(_takes_gather, _gather),
    "GatherV2Grad": Rule(_takes_scatter(1, 2, "add"), _gather_grad),
    "GatherNd": Rule(_takes_elements, _gather_nd),
    "TakeAlongLast": Rule(_takes_along, _take_along),
    "PutAlongLast": Rule(_takes_along, _put_along),
    "ScatterNd": Rule(_takes_scatter(0, 1, "add"), _scatter_nd),
    "TensorScatterUpdate": _tensor_scatter("update"),
    "TensorScatterAdd": _tensor_scatter("add"),
    "TensorScatterSub": _tensor_scatter("sub"),
    "TensorScatterMax": _tensor_scatter("max"),
    "TensorScatterMin": _tensor_scatter("min"),
    "UnsortedSegmentSum": _segments("add", lambda dtype: 0),
    "UnsortedSegmentProd": _segments("mul", lambda dtype: 1),
    "UnsortedSegmentMax": _segments("max", lambda dtype: dtype.min),
    "UnsortedSegmentMin": _segments("min", lambda dtype: dtype.max),
    "DenseBincount": Rule(_takes_scatter(0, 2, "add"), _bincount),
    "ArgMax": Rule(_always, _position("Max", lambda dtype: dtype.min)),
    "ArgMin": Rule(_always, _position("Min", lambda dtype: dtype.max)),
    "Bitcast": Rule(_takes_bitcast, _bitcast),
    "Repeat": Rule(_takes_repeat, _repeat),
    "Tile": Rule(_always, _tile),
    "Roll": Rule(_takes_roll, _roll),
}
"""By the primitive's name."""
