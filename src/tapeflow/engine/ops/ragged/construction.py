"""Making ragged tensors: from lists, ranges, masks, segments, and by functions of flat values."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import state
from tapeflow.engine.core.dtypes import as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.primitive import WRITES
from tapeflow.engine.ops.array import selection
from tapeflow.engine.ops.array.creation import constant as dense_constant
from tapeflow.engine.ops.host_functions import call_on_host, on_host
from tapeflow.engine.ops.ragged.conversions import divided, is_ragged, pick
from tapeflow.engine.ops.ragged.dispatch import stack_ragged
from tapeflow.engine.ops.ragged.factories import to_values, within
from tapeflow.engine.ops.ragged.row_partition import RowPartition, require, require_shape
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor


def _depth(value: Any) -> int:
    """How deep lists are nested, at most."""
    if isinstance(value, np.ndarray):
        return value.ndim
    if not isinstance(value, (list, tuple)):
        return 0
    return 1 + max((_depth(v) for v in value), default=0)


@export("ragged.constant")
@on_host("RaggedConstant")
def constant(
    pylist: Any,
    dtype: Any = None,
    ragged_rank: int | None = None,
    inner_shape: Any = None,
    name: str | None = None,
    row_splits_dtype: Any = dtypes.int64,
) -> Any:
    """Makes a ragged tensor of nested lists.

    Args:
      pylist: nested lists, tuples or arrays, with all scalars at one depth.
      dtype: dtype of the elements; by default as for `tf.constant`.
      ragged_rank: how many dimensions are ragged; by default all but the first, without those of
        `inner_shape`.
      inner_shape: the shape of the single values, a tuple.
      name: ignored in eager mode.
      row_splits_dtype: int32 or int64.

    Returns:
      A ragged tensor; a tensor where no dimension is ragged.

    Raises:
      ValueError: when scalars stand at different depths, or the ranks do not fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.ragged.constant([[1, 2], [3], []])
      <tf.RaggedTensor [[1, 2], [3], []]>
    """
    if ragged_rank is not None and ragged_rank < 0:
        raise ValueError(f"Invalid pylist={pylist}: incompatible with ragged_rank={ragged_rank}")
    splits_dtype = as_dtype(row_splits_dtype)
    wanted = None if dtype is None else as_dtype(dtype)
    if not isinstance(pylist, (list, tuple, np.ndarray)):
        if ragged_rank:
            raise ValueError(
                f"Invalid pylist={pylist!r}: incompatible with ragged_rank={ragged_rank}"
            )
        if inner_shape:
            raise ValueError(
                f"Invalid pylist={pylist!r}: incompatible with inner_shape={inner_shape}"
            )
        return dense_constant(pylist, wanted)
    depth = _depth(pylist)
    if ragged_rank is not None and depth and ragged_rank >= max(depth, 1):
        if not (ragged_rank == 0) and _has_scalars_above(pylist, ragged_rank + 1):
            raise ValueError(
                f"Invalid pylist={pylist}: incompatible with ragged_rank={ragged_rank}"
            )
    if inner_shape is not None:
        inner = (
            tuple(inner_shape)
            if isinstance(inner_shape, (list, tuple))
            else tuple(convert(inner_shape)._array.tolist())
        )
        if ragged_rank is None:
            ragged_rank = depth - 1 - len(inner)
            if ragged_rank < 0:
                raise ValueError(
                    f"Invalid pylist={pylist}: incompatible with inner_shape={inner_shape}"
                )
    else:
        if ragged_rank is None:
            ragged_rank = max(depth - 1, 0)
            inner = ()
        else:
            inner = _default_inner_shape(pylist, ragged_rank)
    if _has_scalars_above(pylist, depth):
        raise ValueError(f"all scalar values must have the same nesting depth, in {pylist}")
    items: Any = pylist
    partitions = []
    for _ in builtins.range(ragged_rank):
        lengths = np.array([len(row) for row in items], splits_dtype.np)
        partitions.append(RowPartition.of_lengths(lengths))
        items = [item for row in items for item in row]
    if not items:
        values = dense_constant(np.zeros((0, *inner), (wanted or dtypes.float32).np), wanted)
        if wanted is dtypes.string:
            values = EagerTensor(np.empty((0, *inner), object))
    else:
        values = dense_constant(items if not isinstance(items, tuple) else list(items), wanted)
        if inner_shape is not None and tuple(values.shape.as_list()[1:]) != inner:
            raise ValueError(
                f"Invalid pylist={pylist}: incompatible with inner_shape={inner_shape}"
            )
    for partition in reversed(partitions):
        values = divided(values, partition)
    return values


def _default_inner_shape(pylist: Any, ragged_rank: int) -> tuple[int, ...]:
    """The shape of the first value `ragged_rank + 1` levels down."""
    items = list(pylist)
    for _ in builtins.range(ragged_rank):
        items = [item for row in items for item in row]
    shape = []
    while items and isinstance(items[0], (list, tuple, np.ndarray)):
        shape.append(len(items[0]))
        items = list(items[0])
    return tuple(shape)


def _has_scalars_above(value: Any, depth: int) -> bool:
    """Whether a scalar stands less than `depth` levels down."""
    if isinstance(value, np.ndarray):
        return value.ndim < depth and value.size > 0
    if not isinstance(value, (list, tuple)):
        return depth > 0
    return any(_has_scalars_above(v, depth - 1) for v in value)


@export("ragged.range")
@on_host("RaggedRange")
def range(
    starts: Any,
    limits: Any = None,
    deltas: Any = 1,
    dtype: Any = None,
    name: str | None = None,
    row_splits_dtype: Any = dtypes.int64,
) -> Any:
    """Makes a ragged tensor whose rows are ranges of numbers.

    Args:
      starts: vector or scalar of first numbers (of the limits, where `limits` is None).
      limits: vector or scalar: the numbers where the rows end, these left out.
      deltas: vector or scalar of the steps.
      dtype: dtype of the numbers; by default that of the arguments.
      name: ignored in eager mode.
      row_splits_dtype: int32 or int64.

    Returns:
      A ragged tensor of rank 2.

    Raises:
      tf.errors.InvalidArgumentError: when a step is 0, or the vectors are not equally long.

    Example:
      >>> import tapeflow as tf
      >>> tf.ragged.range([0, 5, 8], [3, 5, 12])
      <tf.RaggedTensor [[0, 1, 2], [], [8, 9, 10, 11]]>
    """
    if limits is None:
        starts, limits = 0, starts
    wanted = None if dtype is None else as_dtype(dtype)
    first, last, step = (convert(v, hint=wanted) for v in (starts, limits, deltas))
    target = wanted or _widest(first.dtype, last.dtype, step.dtype)
    arrays = [np.atleast_1d(v._array.astype(target.np)) for v in (first, last, step)]
    for v in (first, last, step):
        if v.shape.rank > 1:
            require(False, "starts, limits, deltas: expected scalars or vectors")
    sizes = {v.shape.as_list()[0] for v in (first, last, step) if v.shape.rank}
    require_shape(
        len(sizes) <= 1, f"starts, limits, deltas: expected equal lengths; received {sizes}"
    )
    count = sizes.pop() if sizes else 1
    begin, end, by = (np.broadcast_to(a, (count,)) for a in arrays)
    require(bool((by != 0).all()), "deltas: expected steps other than 0")
    lengths = np.maximum(np.ceil((end.astype(np.float64) - begin) / by), 0)
    partition = RowPartition.of_lengths(lengths.astype(as_dtype(row_splits_dtype).np))
    values = np.repeat(begin, partition.lengths) + partition.columns.astype(target.np) * np.repeat(
        by, partition.lengths
    )
    return divided(EagerTensor(np.asarray(values, target.np)), partition)


def _widest(*kinds: Any) -> Any:
    order = (
        dtypes.int32,
        dtypes.int64,
        dtypes.bfloat16,
        dtypes.float16,
        dtypes.float32,
        dtypes.float64,
    )
    return max(kinds, key=order.index)


@export("ragged.map_flat_values")
def map_flat_values(op: Any, *args: Any, **kwargs: Any) -> Any:
    """Applies a function to the flat values of ragged tensors.

    Args:
      op: function of tensors that keeps the number of rows.
      *args: arguments; ragged tensors among them, in lists and dictionaries too, are replaced by
        their flat values. All of them must have the same rows.
      **kwargs: named arguments, likewise.

    Returns:
      A ragged tensor of these rows; what `op` returns where no argument is ragged.

    Raises:
      ValueError: when the result is no tensor of as many rows.
      tf.errors.InvalidArgumentError: when the ragged tensors have different rows.

    Example:
      >>> import tapeflow as tf
      >>> tf.ragged.map_flat_values(lambda x: x * 10, tf.ragged.constant([[1], [2, 3]]))
      <tf.RaggedTensor [[10], [20, 30]]>
    """
    found: list[Any] = []
    args = tuple(_flattened(a, found) for a in args)
    kwargs = {k: _flattened(v, found) for k, v in kwargs.items()}
    if not found:
        return op(*args, **kwargs)
    first = found[0]
    for other in found[1:]:
        if other.ragged_rank != first.ragged_rank:
            raise ValueError("All ragged tensors must have the same ragged_rank")
        _require_same_rows(first, other)
    result = op(*args, **kwargs)
    made = to_values(result)
    if made.shape.rank == 0:
        raise ValueError("tf.ragged.map_flat_values requires that the output of `op` have the same "
                         "outer-dimension size as flat_values of any ragged inputs")  # fmt: skip
    if not made.shape[:1].is_compatible_with(first.flat_values.shape[:1]):
        raise ValueError(
            "tf.ragged.map_flat_values requires that the output of `op` have the same "
            "outer-dimension size as flat_values of any ragged inputs. (output shape: "
            f"{made.shape}; expected outer dimension size: {first.flat_values.shape[0]})"
        )
    return first.with_flat_values(made)


def _require_same_rows(first: Any, other: Any) -> None:
    """Refuses ragged tensors whose rows differ; in a graph when it runs."""

    def check(splits: list[Any], others: list[Any]) -> list[Any]:
        same = all(np.array_equal(a, b) for a, b in zip(splits, others, strict=True))
        require(same, "RaggedTensors have incompatible nested row splits")
        return []

    splits, others = list(first.nested_row_splits), list(other.nested_row_splits)
    if state.tracer is None:
        check(splits, others)
    elif not all(a is b for a, b in zip(splits, others, strict=True)):
        call_on_host("Assert", check, (splits, others), {}, WRITES, results=[])


def _flattened(value: Any, found: list[Any]) -> Any:
    if is_ragged(value):
        found.append(value)
        return value.flat_values
    if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
        return type(value)(_flattened(v, found) for v in value)
    if type(value) is dict:
        return {k: _flattened(v, found) for k, v in value.items()}
    return value


@export("ragged.stack")
@on_host("RaggedStack")
def stack(values: Any, axis: int = 0, name: str | None = None) -> Any:
    """Stacks tensors, which may be ragged or of different lengths, along a new dimension.

    Args:
      values: list of tensors or ragged tensors of one rank and dtype.
      axis: where the new dimension goes.
      name: ignored in eager mode.

    Returns:
      A ragged tensor with one dimension more.

    Raises:
      ValueError: for no values, or an axis out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.ragged.stack([[1, 2], [3]])
      <tf.RaggedTensor [[1, 2], [3]]>
    """
    if not isinstance(values, (list, tuple)):
        values = [values]
    if not values:
        raise ValueError("rt_inputs may not be empty.")
    rows = [to_values(v) for v in values]
    rank = rows[0].shape.rank
    axis = within(int(axis), rank + 1)
    if rank == 0:
        return dense_constant([r.numpy() for r in rows], rows[0].dtype)
    from tapeflow.engine.ops.ragged.broadcasting import deepened

    if axis == 0:
        from tapeflow.engine.ops.ragged.stacking import stack_all

        dense = not any(map(is_ragged, rows))
        if rank > 1:
            rows = [deepened(r, rank - 1) if dense else r for r in rows]
        return stack_all(rows, np.int32 if dense and rank == 1 else np.int64)
    return stack_ragged(
        None, tuple(deepened(r, 1) if rank > 1 else r for r in rows), {"axis": axis}
    )


@export("ragged.boolean_mask")
@on_host("RaggedMask")
def boolean_mask(data: Any, mask: Any, name: str | None = None) -> Any:
    """Keeps the elements where a mask is true; rows become shorter.

    Args:
      data: tensor or ragged tensor.
      mask: bool tensor or ragged tensor, whose shape begins that of `data`.
      name: ignored in eager mode.

    Returns:
      A ragged tensor; a tensor for a mask of rank 1 of a tensor.

    Raises:
      ValueError: for a scalar mask.
      tf.errors.InvalidArgumentError: when the shapes do not fit.

    Example:
      >>> import tapeflow as tf
      >>> data = tf.ragged.constant([[1, 2, 3], [4], [5, 6]])
      >>> tf.ragged.boolean_mask(data, data > 2)
      <tf.RaggedTensor [[3], [4], [5, 6]]>
    """
    data = to_values(data)
    mask = mask if is_ragged(mask) else convert(mask, dtypes.bool_)
    rank = mask.shape.rank
    if rank == 0:
        raise ValueError("mask cannot be scalar.")
    return _masked(data, mask)


def _masked(data: Any, mask: Any) -> Any:
    from tapeflow.engine.ops.ragged.broadcasting import deepened

    if mask.shape.rank == 1:
        if not is_ragged(data):
            return selection.boolean_mask(data, mask)
        return pick(data, np.flatnonzero(mask._array))
    mask = deepened(mask, 1) if not is_ragged(mask) else mask
    data = deepened(data, 1) if not is_ragged(data) else data
    rows = mask._partition
    require(
        np.array_equal(rows.splits, data._partition.splits),
        "mask: expected the rows of data; received rows of other lengths",
    )
    below = _masked(data.values, mask.values)
    if mask.values.shape.rank > 1:
        return divided(below, rows)
    kept = (
        np.add.reduceat(np.append(mask.values._array, False).astype(np.int64), rows.starts)
        if (rows.count)
        else np.zeros(0, np.int64)
    )
    lengths = np.where(rows.lengths > 0, kept, 0)
    return divided(below, RowPartition.of_lengths(lengths.astype(rows.splits.dtype)))


@export("ragged.row_splits_to_segment_ids")
@on_host("RowSplitsToSegmentIds")
def row_splits_to_segment_ids(splits: Any, name: str | None = None, out_type: Any = None) -> Any:
    """The row of each element.

    Args:
      splits: int32 or int64 vector, ascending from 0: where rows end.
      name: ignored in eager mode.
      out_type: dtype of the result; by default that of `splits`.

    Returns:
      An int vector.

    Raises:
      ValueError: when `splits` is no vector of integers.

    Example:
      >>> import tapeflow as tf
      >>> tf.ragged.row_splits_to_segment_ids([0, 3, 3, 5]).numpy()
      array([0, 0, 0, 2, 2])
    """
    tensor = convert(splits, hint=dtypes.int64)
    if tensor.dtype not in dtypes.INDEX:
        raise ValueError("splits must have dtype int32 or int64")
    tensor.shape.assert_has_rank(1)
    target = tensor.dtype if out_type is None else as_dtype(out_type)
    return EagerTensor(RowPartition(tensor._array).row_ids.astype(target.np))


@export("ragged.segment_ids_to_row_splits")
@on_host("SegmentIdsToRowSplits")
def segment_ids_to_row_splits(
    segment_ids: Any, num_segments: Any = None, out_type: Any = None, name: str | None = None
) -> Any:
    """Where rows end, from the row of each element.

    Args:
      segment_ids: int32 or int64 vector, ascending.
      num_segments: the number of rows; by default as many as `segment_ids` says.
      out_type: dtype of the result; by default that of `segment_ids`.
      name: ignored in eager mode.

    Returns:
      An int vector `[num_segments + 1]`.

    Raises:
      TypeError: when `segment_ids` are no integers.
      ValueError: when it is no vector of int32 or int64.

    Example:
      >>> import tapeflow as tf
      >>> tf.ragged.segment_ids_to_row_splits([0, 0, 0, 2, 2, 3]).numpy()
      array([0, 3, 3, 5, 6])
    """
    ids: Any = (
        segment_ids if isinstance(segment_ids, Tensor) else convert(segment_ids, dtypes.int64)
    )
    if ids.dtype not in dtypes.INDEX:
        raise ValueError("segment_ids must have dtype int32 or int64")
    ids.shape.assert_has_rank(1)
    array = ids._array
    count = (int(array[-1]) + 1 if len(array) else 0) if num_segments is None else int(num_segments)
    target = ids.dtype if out_type is None else as_dtype(out_type)
    return EagerTensor(RowPartition.of_row_ids(array, count).splits.astype(target.np))


@export("ragged.stack_dynamic_partitions")
@on_host("StackDynamicPartitions")
def stack_dynamic_partitions(
    data: Any, partitions: Any, num_partitions: Any, name: str | None = None
) -> Any:
    """Puts the elements of each partition into a row.

    Args:
      data: tensor or ragged tensor.
      partitions: int32 or int64 tensor, whose shape begins that of `data`.
      num_partitions: the number of rows.
      name: ignored in eager mode.

    Returns:
      A ragged tensor.

    Raises:
      tf.errors.InvalidArgumentError: when a number is not in `[0, num_partitions)`.

    Example:
      >>> import tapeflow as tf
      >>> tf.ragged.stack_dynamic_partitions([1, 2, 3], [1, 0, 1], 3)
      <tf.RaggedTensor [[2], [1, 3], []]>
    """
    values = to_values(data)
    ids = convert(partitions)
    for _ in builtins.range(ids.shape.rank - 1):
        from tapeflow.engine.ops.ragged.broadcasting import deepened
        from tapeflow.engine.ops.ragged.conversions import merge_dims

        values = merge_dims(values if is_ragged(values) else deepened(values, 1), 0, 1)
    flat = ids._array.reshape(-1)
    count = int(num_partitions)
    require(
        not flat.size or (flat.min() >= 0 and flat.max() < count),
        f"partitions: expected numbers in [0, {count}); received {flat.tolist()}",
    )
    order = np.argsort(flat, kind="stable")
    sizes = np.bincount(flat, minlength=count).astype(flat.dtype)
    return divided(pick(values, order), RowPartition.of_lengths(sizes))
