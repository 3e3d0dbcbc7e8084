"""What operations do with ragged tensors.

Dispatch comes here when an input of a primitive is a ragged tensor. Elementwise primitives work on
the flat values; `RULES` says what the others do. What neither knows is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import state
from tapeflow.engine.ops.array import concatenation, dimensions, gathering, shaping
from tapeflow.engine.ops.array.selection import where
from tapeflow.engine.ops.host_functions import call_on_host
from tapeflow.engine.ops.linalg import contraction
from tapeflow.engine.ops.math import arithmetic, casting, folds, reductions, segments
from tapeflow.engine.ops.ragged.broadcasting import deepened, elementwise
from tapeflow.engine.ops.ragged.conversions import coordinates, divided, is_ragged, pick
from tapeflow.engine.ops.ragged.factories import within
from tapeflow.engine.ops.ragged.ragged_shape import DynamicRaggedShape
from tapeflow.engine.ops.ragged.row_partition import Array, RowPartition, require
from tapeflow.engine.ops.strings import joining
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import EagerTensor

# Elementwise, though compiled code leaves them to their kernels.
_ON_ELEMENTS = frozenset(
    (
        "AsString", "StaticRegexFullMatch", "StaticRegexReplace", "StringJoin", "StringLength",
        "StringLower", "StringStrip", "StringToHashBucket", "StringToHashBucketFast",
        "StringToHashBucketStrong", "StringToNumber", "StringUpper", "Substr", "UnicodeTranscode",
        "UnicodeScript", "Identity", "StopGradient", "Bitcast", "SelectV2",
    )
)  # fmt: skip


def apply_ragged(prim: Any, inputs: tuple[Any, ...], attrs: dict[str, Any]) -> Any:
    """Applies a primitive, an input of which is a ragged tensor.

    Raises:
      ValueError: when the primitive takes none.
    """
    if prim.name == "Shape":
        return DynamicRaggedShape.from_tensor(inputs[0], attrs["out_type"])
    if state.tracer is not None:
        return _apply_traced(prim, inputs, attrs)
    rule = RULES.get(prim.name)
    if rule is not None:
        return rule(prim, inputs, attrs)
    if prim.elementwise or prim.name in _ON_ELEMENTS:
        return elementwise(lambda *flat: apply(prim, *flat, **attrs), inputs)
    raise ValueError(
        f"{prim.name}: expected a tensor; received a RaggedTensor. "
        "Make a tensor of it with to_tensor(), or apply the operation to its flat_values."
    )


def _apply_traced(prim: Any, inputs: tuple[Any, ...], attrs: dict[str, Any]) -> Any:
    """In a graph: operations on the flat values where rows do not matter, else one operation."""
    if prim.name not in RULES and (prim.elementwise or prim.name in _ON_ELEMENTS):
        first, *others = [x for x in inputs if is_ragged(x)]
        scalars = all(is_ragged(x) or x.shape.rank == 0 for x in inputs)
        if scalars and all(_same_parts(first, x) for x in others):
            flat = [x.flat_values if is_ragged(x) else x for x in inputs]
            return first.with_flat_values(apply(prim, *flat, **attrs))
    return call_on_host(
        f"Ragged{prim.name}", lambda *values: apply_ragged(prim, values, attrs), inputs, {}
    )


def _same_parts(x: Any, y: Any) -> bool:
    a, b = x._partitions(), y._partitions()
    return len(a) == len(b) and all(
        p is q or p.tensor is q.tensor for p, q in zip(a, b, strict=True)
    )


# Reductions.

Fold = Callable[[Any, Any, int], Any]


def _folded_rows(values: Any, segment_ids: Array, count: int, fold: Fold) -> Any:
    """Folds the rows of `values` that have the same number; rows may be ragged."""
    if not is_ragged(values):
        return fold(values, EagerTensor(segment_ids.astype(np.int64)), count)
    partition = values._partition
    longest = np.zeros(count, partition.splits.dtype)
    np.maximum.at(longest, segment_ids, partition.lengths)
    rows = RowPartition.of_lengths(longest)
    inner_ids = rows.starts[segment_ids[partition.row_ids]] + partition.columns
    total = int(rows.splits[-1])
    return divided(_folded_rows(values.values, inner_ids, total, fold), rows)


def _fold_axis(x: Any, axis: int, fold: Fold, dense: Callable[[Any, int], Any]) -> Any:
    if not is_ragged(x):
        return dense(x, axis)
    partition = x._partition
    if axis == 0:
        return _folded_rows(x.values, partition.columns, partition.longest, fold)
    if axis == 1:
        return _folded_rows(x.values, partition.row_ids, partition.count, fold)
    return x.with_values(_fold_axis(x.values, axis - 1, fold, dense))


def _reduction(prim: Any, inputs: tuple[Any, ...], attrs: dict[str, Any]) -> Any:
    x, axis, keep = inputs[0], attrs["axis"], attrs["keep_dims"]
    rank = x.shape.rank
    every = tuple(range(rank))
    axes = sorted({within(a, rank) for a in (every if axis is None else axis)})
    if tuple(axes) == every and not keep:
        flat = x.flat_values
        if prim.name == "Mean":
            return _mean(flat, tuple(range(flat.shape.rank)))
        return apply(prim, flat, axis=tuple(range(flat.shape.rank)), keep_dims=False)
    out = _reduce_axes(prim.name, x, axes)
    if keep:
        for a in axes:
            out = dimensions.expand_dims(out, a)
    return out


def _mean(x: Any, axes: tuple[int, ...]) -> Any:
    """Of integers the mean is a float64, unlike that of tensors that are not ragged."""
    if x.dtype.is_floating or x.dtype.is_complex:
        return reductions.reduce_mean(x, axes)
    return reductions.reduce_mean(casting.cast(x, dtypes.float64), axes)


def _reduce_axes(name: str, x: Any, axes: list[int]) -> Any:
    if name == "Mean":
        ones = x.with_flat_values(_ones(x.flat_values))
        return arithmetic.truediv(_reduce_axes("Sum", x, axes), _reduce_axes("Sum", ones, axes))
    if name in ("Any", "All"):
        negated = name == "All"
        bits = casting.cast(_not(x) if negated else x, dtypes.int32)
        some = casting.cast(_reduce_axes("Sum", bits, axes), dtypes.bool_)
        return _not(some) if negated else some
    fold, dense = _FOLDS[name]
    for axis in reversed(axes):  # the innermost first
        x = _fold_axis(x, axis, fold, dense)
    return x


def _not(x: Any) -> Any:
    from tapeflow.engine.ops.math.logical import logical_not

    return logical_not(x)


def _ones(x: Any) -> Any:
    return EagerTensor(np.ones(x.shape.as_list(), x.dtype.np))


_FOLDS: dict[str, tuple[Fold, Callable[[Any, int], Any]]] = {
    "Sum": (segments.unsorted_segment_sum, reductions.reduce_sum),
    "Prod": (segments.unsorted_segment_prod, folds.reduce_prod),
    "Max": (segments.unsorted_segment_max, folds.reduce_max),
    "Min": (segments.unsorted_segment_min, folds.reduce_min),
}


# Joining.


def concat_ragged(prim: Any, inputs: tuple[Any, ...], attrs: dict[str, Any]) -> Any:
    """`tf.concat` with ragged inputs."""
    rank = next(x for x in inputs if is_ragged(x)).shape.rank
    axis = within(attrs["axis"], rank)
    for x in inputs:
        if x.shape.rank != rank:
            raise ValueError(f"concat: expected inputs of rank {rank}; received shape {x.shape}")
    depth = max(x.ragged_rank for x in inputs if is_ragged(x))
    return _concat([deepened(x, depth) for x in inputs], axis)


def _concat(many: list[Any], axis: int) -> Any:
    if not is_ragged(many[0]):
        return concatenation.concat(many, axis)
    if axis == 0:
        lengths = np.concatenate([x._partition.lengths for x in many])
        uniform = {x._partition.uniform for x in many}
        below = _concat([x.values for x in many], 0)
        kept = uniform.pop() if len(uniform) == 1 else None
        return divided(below, RowPartition.of_lengths(lengths, kept))
    count = many[0]._partition.count
    for x in many[1:]:
        require(x._partition.count == count, "Input tensors have incompatible shapes.")
    if axis == 1:
        order = np.arange(count * len(many)).reshape(len(many), count).T.reshape(-1)
        mixed = pick(_concat(many, 0), order)
        total = np.sum([x._partition.lengths for x in many], axis=0)
        dtype = np.result_type(*[x._partition.splits for x in many])
        return divided(mixed.values, RowPartition.of_lengths(total.astype(dtype)))
    below = _concat([x.values for x in many], axis - 1)
    return many[0].with_values(below)


def stack_ragged(prim: Any, inputs: tuple[Any, ...], attrs: dict[str, Any]) -> Any:
    """`tf.stack` with ragged inputs."""
    rank = next(x for x in inputs if is_ragged(x)).shape.rank
    axis = attrs["axis"] + (rank + 1 if attrs["axis"] < 0 else 0)
    spread = [dimensions.expand_dims(x, axis) for x in inputs]
    if len(spread) == 1:
        return spread[0]
    return concat_ragged(prim, tuple(spread), {"axis": axis})


# Dimensions and places.


def _expand_dims(prim: Any, inputs: tuple[Any, ...], attrs: dict[str, Any]) -> Any:
    x = inputs[0]
    axis = within(attrs["axis"], x.shape.rank + 1)
    return _expanded(x, axis)


def _expanded(x: Any, axis: int) -> Any:
    if not is_ragged(x):
        return dimensions.expand_dims(x, axis)
    partition = x._partition
    dtype = partition.splits.dtype
    if axis == 0:
        return divided(x, RowPartition.of_equal(1, partition.count, dtype))
    if axis == 1:
        return divided(x, RowPartition.of_equal(partition.count, 1, dtype))
    return x.with_values(_expanded(x.values, axis - 1))


def _gather(prim: Any, inputs: tuple[Any, ...], attrs: dict[str, Any]) -> Any:
    params, indices = inputs
    axis, batch = attrs["axis"], attrs["batch_dims"]
    if batch:
        raise ValueError("gather: batch_dims: expected 0 for a RaggedTensor")
    if is_ragged(indices):
        return indices.with_values(gathering.gather(params, indices.values, axis=axis))
    axis = within(axis, params.shape.rank)
    if axis > 0:
        if axis <= params.ragged_rank:
            raise ValueError("gather: axis: expected 0 or a dimension that is not ragged")
        return params.with_values(gathering.gather(params.values, indices, axis=axis - 1))
    rows = indices._array
    count = params._partition.count
    outside = (rows < 0) | (rows >= count)
    require(
        not outside.any(), f"indices: expected numbers in [0, {count}); received {rows.tolist()}"
    )
    if rows.ndim == 0:
        return params[int(rows)]
    out = pick(params, rows.reshape(-1))
    dtype = params._partition.splits.dtype
    for i in range(rows.ndim - 1, 0, -1):
        above = int(np.prod(rows.shape[:i], dtype=np.int64))
        out = divided(out, RowPartition.of_equal(above, rows.shape[i], dtype))
    return out


def _gather_nd(prim: Any, inputs: tuple[Any, ...], attrs: dict[str, Any]) -> Any:
    params, indices = inputs
    if is_ragged(indices):
        raise ValueError("gather_nd: indices: expected a tensor; received a RaggedTensor")
    places = indices._array
    rows = [params[tuple(p)] for p in places.reshape(-1, places.shape[-1]).tolist()]
    from tapeflow.engine.ops.ragged.stacking import stack_all

    out = stack_all(rows)
    for i in range(places.ndim - 2, 0, -1):
        above = int(np.prod(places.shape[:i], dtype=np.int64))
        out = divided(out, RowPartition.of_equal(above, places.shape[i]))
    return out


def _where(prim: Any, inputs: tuple[Any, ...], attrs: dict[str, Any]) -> Any:
    x = inputs[0]
    outer = np.stack(coordinates(x), 1)
    found = where(x.flat_values)._array
    return EagerTensor(np.concatenate([outer[found[:, 0]], found[:, 1:]], 1).astype(np.int64))


def _select(prim: Any, inputs: tuple[Any, ...], attrs: dict[str, Any]) -> Any:
    return elementwise(lambda *flat: apply(prim, *flat), inputs)


def _size(prim: Any, inputs: tuple[Any, ...], attrs: dict[str, Any]) -> Any:
    return dimensions.size(inputs[0].flat_values, out_type=attrs["out_type"])


def _one_hot(prim: Any, inputs: tuple[Any, ...], attrs: dict[str, Any]) -> Any:
    x, *rest = inputs
    axis = attrs["axis"]
    if axis not in (-1, x.shape.rank):
        raise ValueError("one_hot: axis: expected -1 for a RaggedTensor")
    return x.with_flat_values(apply(prim, x.flat_values, *rest, **{**attrs, "axis": -1}))


def _reshape(prim: Any, inputs: tuple[Any, ...], attrs: dict[str, Any]) -> Any:
    x, shape = inputs
    if shape._array.tolist() == [-1]:
        return shaping.reshape(x.flat_values, [-1])
    raise ValueError("reshape: shape: expected [-1] for a RaggedTensor")


def _reverse(prim: Any, inputs: tuple[Any, ...], attrs: dict[str, Any]) -> Any:
    x = inputs[0]
    axes = attrs.get("axis")
    if axes is None:
        axes = inputs[1]._array.tolist()
    for axis in axes:
        key = [slice(None)] * within(int(axis), x.shape.rank) + [slice(None, None, -1)]
        x = x[tuple(key)]
    return x


def _matmul(prim: Any, inputs: tuple[Any, ...], attrs: dict[str, Any]) -> Any:
    """Matrices with different numbers of rows, each times a matrix of its own."""
    a, b = inputs
    if a.shape.rank != b.shape.rank:
        raise ValueError("`a` and `b` must have the same rank.")
    plain = not any(v is True for v in attrs.values())
    if not plain or not is_ragged(a) or is_ragged(b) or a.flat_values.shape.rank != 2:
        raise ValueError(
            "matmul: expected a RaggedTensor [batch, (rows), n] and a tensor [batch, n, k]"
        )
    rows = dimensions.expand_dims(a.flat_values, 1)
    matrices = gathering.gather(b, EagerTensor(a._partition.row_ids))
    return a.with_flat_values(dimensions.squeeze(contraction.matmul(rows, matrices), 1))


def _reduce_join(prim: Any, inputs: tuple[Any, ...], attrs: dict[str, Any]) -> Any:
    """Joins along one dimension after the other, the one named first being joined first."""
    x = inputs[0]
    rank = x.shape.rank
    axes = [within(a, rank) for a in attrs["reduction_indices"]]
    separator = attrs["separator"]

    def fold(values: Any, ids: Any, count: int) -> Any:
        return joining.unsorted_segment_join(values, ids, count, separator)

    def dense(values: Any, axis: int) -> Any:
        return joining.reduce_join(values, axis, separator=separator)

    while axes:
        axis = axes.pop(0)
        x = _fold_axis(x, axis, fold, dense)
        if attrs["keep_dims"]:
            x = dimensions.expand_dims(x, axis)
        else:
            axes = [a - 1 if a > axis else a for a in axes]
    return x


def _bincount(prim: Any, inputs: tuple[Any, ...], attrs: dict[str, Any]) -> Any:
    """Counts in each row, as counts of one vector in which every row has bins of its own."""
    x, size, weights = inputs
    bins, count = int(size), x._partition.count
    numbers = x.flat_values._array
    kept = np.flatnonzero(numbers < bins)
    own = EagerTensor((numbers + x._partition.row_ids * bins)[kept].astype(np.int64))
    if is_ragged(weights):
        weights = pick(weights.flat_values, kept)
    total = EagerTensor(np.array(count * bins, np.int64))
    return shaping.reshape(apply(prim, own, total, weights, **attrs), [count, bins])


def _tile(prim: Any, inputs: tuple[Any, ...], attrs: dict[str, Any]) -> Any:
    x, multiples = inputs
    for axis, times in enumerate(multiples._array.tolist()):
        if times < 1:
            raise ValueError(f"tile: multiples: expected numbers >= 1; received {times}")
        if times > 1:
            x = _concat([x] * times, axis)
    return x


def _squeeze(prim: Any, inputs: tuple[Any, ...], attrs: dict[str, Any]) -> Any:
    x = inputs[0]
    axes = attrs["axis"]
    if not axes:
        raise ValueError("Ragged.squeeze must have an axis argument.")
    for axis in sorted((within(a, x.shape.rank) for a in axes), reverse=True):
        x = _squeezed(x, axis)
    return x


def _squeezed(x: Any, axis: int) -> Any:
    if not is_ragged(x):
        return dimensions.squeeze(x, axis)
    partition = x._partition
    if axis == 0:
        require(partition.count == 1, f"Can not squeeze dim[0]: {partition.count} rows")
        return x.values
    if axis == 1:
        require(
            bool((partition.lengths == 1).all()), "Can not squeeze dim[1]: rows of other lengths"
        )
        return x.values
    return x.with_values(_squeezed(x.values, axis - 1))


RULES: dict[str, Callable[[Any, tuple[Any, ...], dict[str, Any]], Any]] = {
    **dict.fromkeys(("Sum", "Mean", "Max", "Min", "Prod", "Any", "All"), _reduction),
    "ReduceJoin": _reduce_join,
    "ConcatV2": concat_ragged,
    "Pack": stack_ragged,
    "ExpandDims": _expand_dims,
    "GatherV2": _gather,
    "GatherNd": _gather_nd,
    "Where": _where,
    "SelectV2": _select,
    "Size": _size,
    "OneHot": _one_hot,
    "Reshape": _reshape,
    "ReverseV2": _reverse,
    "MatMul": _matmul,
    "BatchMatMulV2": _matmul,
    "DenseBincount": _bincount,
    "Tile": _tile,
    "Squeeze": _squeeze,
}
