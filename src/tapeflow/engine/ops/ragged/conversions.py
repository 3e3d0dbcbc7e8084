"""Ragged tensors to and from tensors and sparse tensors, and rows picked out of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import FROM_NUMPY, DType
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.ops.array import concatenation, gathering, shaping
from tapeflow.engine.ops.array.creation import zeros
from tapeflow.engine.ops.host_functions import on_host
from tapeflow.engine.ops.ragged import ragged_tensor
from tapeflow.engine.ops.ragged.factories import within
from tapeflow.engine.ops.ragged.row_partition import (
    Array,
    RowPartition,
    require,
    require_shape,
    runs,
)
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.runtime.sparse_tensor import SparseTensor
from tapeflow.engine.runtime.tensor import EagerTensor


def is_ragged(value: Any) -> bool:
    """Whether `value` is a ragged tensor."""
    return isinstance(value, ragged_tensor.RaggedTensor)


def divided(values: Any, partition: RowPartition) -> Any:
    """The ragged tensor of these values."""
    if is_ragged(values):  # one dtype for the splits of all dimensions
        dtype = np.result_type(values._partition.splits, partition.splits)
        partition = partition.astype(dtype)
        if values._partition.splits.dtype != dtype:
            values = values.with_row_splits_dtype(FROM_NUMPY[dtype])
    return ragged_tensor.RaggedTensor(values, partition, internal=True)


def pick(values: Any, rows: Array) -> Any:
    """Rows of a tensor or a ragged tensor, by number."""
    if not is_ragged(values):
        return gathering.gather(values, EagerTensor(np.asarray(rows, np.int64)))
    partition = values._partition
    lengths = partition.lengths[rows]
    inner = pick(values.values, runs(partition.starts[rows], lengths))
    return divided(inner, RowPartition.of_lengths(lengths, partition.uniform))


def coordinates(ragged: Any) -> list[Array]:
    """For each row of the flat values its place in each ragged dimension, the outermost first."""
    partitions = ragged._partitions()
    row = np.arange(ragged.flat_values.shape.as_list()[0])
    out = []
    for partition in reversed(partitions):
        out.append(partition.columns[row])
        row = partition.row_ids[row]
    out.append(row)
    return out[::-1]


def to_tensor(ragged: Any, default_value: Any, shape: Any) -> Any:
    """See `RaggedTensor.to_tensor`."""
    flat = ragged.flat_values
    depth = ragged.ragged_rank + 1
    inner = flat.shape.as_list()[1:]
    bounds = np.asarray(ragged.bounding_shape())[:depth].tolist()
    # A dimension that is uniform by construction keeps its length even without rows.
    for i, partition in enumerate(ragged._partitions()):
        if partition.uniform is not None:
            bounds[i + 1] = partition.uniform
    if shape is not None:
        wanted = _wanted_shape(shape)
        require_shape(
            len(wanted) == depth + len(inner),
            f"rt_input.shape and shape={wanted} are incompatible: rt_input.rank = "
            f"{depth + len(inner)} but shape.rank = {len(wanted)}",
        )
        for have, want in zip(inner, wanted[depth:], strict=True):
            require(
                want in (None, have), f"shape: expected inner dimensions {inner}; received {wanted}"
            )
        bounds = [b if w is None else w for b, w in zip(bounds, wanted, strict=False)]
    places = coordinates(ragged)
    inside = np.logical_and.reduce([p < n for p, n in zip(places, bounds, strict=True)])
    count = flat.shape.as_list()[0]
    index = np.full(bounds, count, np.int64)  # where the flat values end stands the default
    index[tuple(p[inside] for p in places)] = np.flatnonzero(inside)
    if default_value is None:
        default = zeros(inner, ragged.dtype)
    else:
        default = convert(default_value, ragged.dtype)
        if default.shape.rank > len(inner):
            raise ValueError(
                f"default_value.shape={default.shape} and rt_input.flat_values.shape={flat.shape} "
                "are incompatible: default_value.rank is greater than that of a value"
            )
        if default.shape.as_list() != inner:
            default = shaping.broadcast_to(default, inner)
    padded = concatenation.concat([flat, shaping.reshape(default, [1, *inner])], 0)
    return gathering.gather(padded, EagerTensor(index))


def _wanted_shape(shape: Any) -> list[int | None]:
    if not isinstance(shape, (TensorShape, list, tuple)):
        known = static_value(shape)
        shape = [] if known is None else known.tolist()
    dims = shape.as_list() if isinstance(shape, TensorShape) else list(shape)
    return [None if d is None or int(d) < 0 else int(d) for d in dims]


def to_sparse(ragged: Any) -> Any:
    """See `RaggedTensor.to_sparse`."""
    flat = ragged.flat_values
    shape = flat.shape.as_list()
    places = np.stack(coordinates(ragged), 1) if shape[0] else np.zeros((0, ragged.ragged_rank + 1))
    inner = shape[1:]
    if inner:
        cells = np.stack([i.reshape(-1) for i in np.indices(inner)], 1)
        places = np.concatenate(
            [np.repeat(places, len(cells), 0), np.tile(cells, (len(places), 1))], 1
        )
    bounds = np.asarray(ragged.bounding_shape(out_type=dtypes.int64))
    return SparseTensor(
        EagerTensor(places.astype(np.int64)),
        shaping.reshape(flat, [-1]),
        EagerTensor(bounds.copy()),
    )


@on_host("RaggedFromSparse")
def from_sparse(st_input: Any, dtype: DType) -> Any:
    """See `RaggedTensor.from_sparse`."""
    if not isinstance(st_input, SparseTensor):
        raise TypeError(
            "Argument `st_input` must be of type SparseTensor, but is of type "
            f"{type(st_input).__name__}."
        )
    if st_input.shape.rank != 2:
        raise ValueError(
            f"Argument `st_input` must have rank 2, but has rank {st_input.shape.rank}."
        )
    indices = st_input.indices._array
    rows, columns = indices[:, 0], indices[:, 1]
    count = int(st_input.dense_shape._array[0])
    sorted_rows = bool((rows[1:] >= rows[:-1]).all())
    partition = RowPartition.of_lengths(np.bincount(rows, minlength=count).astype(np.int64))
    if not sorted_rows or not np.array_equal(partition.columns, columns):
        raise InvalidArgumentError(None, None, "SparseTensor is not right-ragged")
    return divided(st_input.values, partition.astype(dtype.np))


@on_host("RaggedFromTensor")
def from_tensor(tensor: Any, lengths: Any, padding: Any, ragged_rank: Any, dtype: DType) -> Any:
    """See `RaggedTensor.from_tensor`."""
    if lengths is not None and padding is not None:
        raise ValueError("Specify argument `lengths` or `padding`, but not both.")
    if not isinstance(ragged_rank, int):
        raise TypeError(f"Argument `ragged_rank` must be an int. Received {ragged_rank}.")
    if ragged_rank <= 0:
        raise ValueError(f"Argument `ragged_rank` must be greater than 0. Received {ragged_rank}.")
    if is_ragged(tensor):
        return tensor
    x = convert(tensor)
    shape = x.shape.with_rank_at_least(ragged_rank + 1).as_list()
    nested = lengths
    if isinstance(nested, (list, tuple)) and nested and _is_nested(nested[0]):
        if ragged_rank not in (1, len(nested)):
            raise ValueError(
                f"If Argument `lengths` is a tuple of row_lengths, argument `ragged_rank` must be "
                f"len(lengths): {len(nested)}. Received {ragged_rank}"
            )
        return _by_nested_lengths(x, [np.asarray(convert(n)) for n in nested], dtype)
    partitions = [
        RowPartition.of_equal(int(np.prod(shape[: i + 1], dtype=np.int64)), shape[i + 1], dtype.np)
        for i in range(ragged_rank)
    ]
    flat = shaping.reshape(x, [int(np.prod(shape[: ragged_rank + 1])), *shape[ragged_rank + 1 :]])
    if lengths is None and padding is None:
        for partition in reversed(partitions):
            flat = divided(flat, partition)
        return flat
    width = shape[ragged_rank]
    if padding is not None:
        kept = _without_padding(x, padding, ragged_rank)
    else:
        kept = np.asarray(convert(lengths)).astype(dtype.np)
        if kept.ndim != 1:
            raise ValueError(f"Shape {list(kept.shape)} must have rank 1")
    kept = np.clip(kept, 0, width)
    starts = partitions[-1].starts
    require(
        len(kept) == len(starts), f"lengths: expected {len(starts)} numbers; received {len(kept)}"
    )
    out = divided(pick(flat, runs(starts, kept)), RowPartition.of_lengths(kept.astype(dtype.np)))
    for partition in reversed(partitions[:-1]):
        out = divided(out, partition)
    return out


def _is_nested(value: Any) -> bool:
    return isinstance(value, (list, tuple, np.ndarray, EagerTensor)) and np.ndim(value) > 0


def _by_nested_lengths(x: Any, nested: list[Array], dtype: DType) -> Any:
    shape = x.shape.as_list()
    rows = np.arange(shape[0])
    partitions = []
    for depth, lengths in enumerate(nested):
        partitions.append(RowPartition.of_lengths(lengths.astype(dtype.np)))
        if partitions[-1].longest != shape[depth + 1]:
            raise ValueError(
                f"lengths: expected a longest row of {shape[depth + 1]}, as in tensor; received "
                f"{partitions[-1].longest}"
            )
        rows = runs(rows * shape[depth + 1], lengths)
    depth = len(nested) + 1
    flat = shaping.reshape(x, [int(np.prod(shape[:depth])), *shape[depth:]])
    out = pick(flat, rows)
    for partition in reversed(partitions):
        out = divided(out, partition)
    return out


def _without_padding(x: Any, padding: Any, ragged_rank: int) -> Array:
    """The length of each row without the padding at its end."""
    array = np.asarray(x)
    value = np.asarray(convert(padding, x.dtype))
    inner = array.shape[ragged_rank + 1 :]
    if value.shape != inner:
        raise ValueError(f"Shapes {value.shape} and {inner} are incompatible")
    same = array == value
    if inner:
        same = same.all(axis=tuple(range(ragged_rank + 1, array.ndim)))
    rows = ~same.reshape(-1, array.shape[ragged_rank])
    places = np.arange(1, rows.shape[1] + 1)
    return (rows * places).max(axis=1, initial=0)  # type: ignore[no-any-return]


def merge_dims(ragged: Any, outer: int, inner: int) -> Any:
    """See `RaggedTensor.merge_dims`."""
    rank = ragged.shape.rank
    outer, inner = within(outer, rank), within(inner, rank)
    if outer > inner:
        raise ValueError(
            f"Expected outer_axis ({outer}) to be less than or equal to inner_axis ({inner})"
        )
    return _merged(ragged, outer, inner)


def _merged(values: Any, outer: int, inner: int) -> Any:
    if outer == inner:
        return values
    if not is_ragged(values):
        shape = values.shape.as_list()
        size = int(np.prod(shape[outer : inner + 1], dtype=np.int64))
        return shaping.reshape(values, [*shape[:outer], size, *shape[inner + 1 :]])
    if outer > 0:
        if outer == 1 and not is_ragged(values.values):
            # From ragged rows to rows that are longer by a factor.
            flat = values.values
            factor = int(np.prod(flat.shape.as_list()[1:inner], dtype=np.int64))
            partition = values._partition
            made = RowPartition(partition.splits * factor)
            return divided(_merged(flat, 0, inner - 1), made)
        if outer == 1:
            return divided(*_joined(values, inner))
        return values.with_values(_merged(values.values, outer - 1, inner - 1))
    return _merged(values.values, 0, inner - 1)


def _joined(values: Any, inner: int) -> tuple[Any, RowPartition]:
    """Dimensions 1 to `inner` as one."""
    if inner > 2:
        values = values.with_values(_merged(values.values, 1, inner - 1))
    below = values.values
    if not is_ragged(below):
        factor = below.shape.as_list()[1]
        return _merged(below, 0, 1), RowPartition(values._partition.splits * factor)
    return below.values, RowPartition(below._partition.splits[values._partition.splits])
