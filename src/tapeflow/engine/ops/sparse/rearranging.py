"""Sparse tensors with their values at other places."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ops.array import concatenation, gathering, shaping
from tapeflow.engine.ops.host_functions import on_host
from tapeflow.engine.ops.sparse.coordinates import (
    made,
    numbered,
    parts,
    placed,
    refuse,
    refuse_shape,
    require_inside,
    take,
    to_sparse,
)
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.indexed_slices import IndexedSlices
from tapeflow.engine.runtime.sparse_tensor import SparseTensor
from tapeflow.engine.runtime.tensor import EagerTensor


def _example_of_rank(sp_input: Any, shape: Any, name: str | None = None) -> SparseTensor:
    """Something of the kind that `reshape` gives."""
    rank = len(np.asarray(convert(shape)))
    sp_input = to_sparse(sp_input)
    count = sp_input.values.shape.as_list()[0]
    places = EagerTensor(np.zeros((count, rank), np.int64))
    return SparseTensor(places, sp_input.values, EagerTensor(np.full(rank, -1, np.int64)))


def _example_like(sp_input: Any, new_shape: Any = None) -> SparseTensor:
    """Something of the kind that `reset_shape` gives."""
    return _example_of_rank(sp_input, sp_input.dense_shape)


@export("sparse.reorder")
@on_host("SparseReorder")
def reorder(sp_input: Any, name: str | None = None) -> Any:
    """Brings the values into row-major order.

    Args:
      sp_input: `tf.SparseTensor`.
      name: ignored in eager mode.

    Returns:
      A `tf.SparseTensor`.

    Raises:
      TypeError: when `sp_input` is no sparse tensor.

    Example:
      >>> import tapeflow as tf
      >>> tf.sparse.reorder(tf.SparseTensor([[1], [0]], [5, 6], [2])).values.numpy()
      array([6, 5], dtype=int32)
    """
    indices, values, shape = parts(to_sparse(sp_input))
    require_inside("SparseReorder", indices, shape)
    order = np.argsort(numbered(indices, shape), kind="stable")
    return made(indices[order], take(values, order), shape)


@export("sparse.transpose")
@on_host("SparseTranspose")
def transpose(sp_input: Any, perm: Any = None, name: str | None = None) -> Any:
    """Reorders the dimensions.

    Args:
      sp_input: `tf.SparseTensor`.
      perm: for each dimension of the result, the dimension of `sp_input`; None reverses them.
      name: ignored in eager mode.

    Returns:
      A `tf.SparseTensor` in row-major order.

    Raises:
      ValueError: when `perm` is not as long as the rank.

    Example:
      >>> import tapeflow as tf
      >>> s = tf.SparseTensor([[0, 1], [1, 0]], [5, 6], [2, 3])
      >>> tf.sparse.transpose(s).indices.numpy()
      array([[0, 1],
             [1, 0]])
    """
    indices, values, shape = parts(to_sparse(sp_input))
    rank = len(shape)
    order = list(range(rank))[::-1] if perm is None else np.asarray(convert(perm)).tolist()
    if len(order) != rank:
        raise ValueError(f"Dimensions {len(order)} and {rank} are not compatible")
    return reorder(made(indices[:, order], values, [shape[p] for p in order]))


@export("sparse.reshape")
@on_host("SparseReshape", example=_example_of_rank)
def reshape(sp_input: Any, shape: Any, name: str | None = None) -> Any:
    """Gives another shape, with the elements in the same row-major order.

    Args:
      sp_input: `tf.SparseTensor`.
      shape: int vector; -1 for one dimension that follows from the others.
      name: ignored in eager mode.

    Returns:
      A `tf.SparseTensor`.

    Raises:
      tf.errors.InvalidArgumentError: when the numbers of elements differ.

    Example:
      >>> import tapeflow as tf
      >>> s = tf.SparseTensor([[0, 1], [1, 0]], [5, 6], [2, 3])
      >>> tf.sparse.reshape(s, [-1]).indices.numpy()
      array([[1],
             [3]])
    """
    indices, values, old = parts(to_sparse(sp_input))
    wanted = np.asarray(convert(shape, None)).astype(np.int64).tolist()
    size = int(np.prod(old, dtype=np.int64))
    if wanted.count(-1) > 1:
        raise refuse_shape("SparseReshape", f"shape: expected -1 at most once; received {wanted}")
    if -1 in wanted:
        rest = int(np.prod([d for d in wanted if d != -1], dtype=np.int64))
        if rest == 0 or size % rest:
            raise refuse_shape(
                "SparseReshape", f"shape: expected a divisor of {size} elements; received {wanted}"
            )
        wanted[wanted.index(-1)] = size // rest
    if int(np.prod(wanted, dtype=np.int64)) != size:
        raise refuse_shape("SparseReshape", f"shape: expected {size} elements; received {wanted}")
    return made(placed(numbered(indices, old), tuple(wanted)), values, wanted)


@export("sparse.expand_dims")
@on_host("SparseExpandDims")
def expand_dims(sp_input: Any, axis: Any = None, name: str | None = None) -> Any:
    """Inserts a dimension of size 1.

    Args:
      sp_input: `tf.SparseTensor`.
      axis: where it goes; at the end by default.
      name: ignored in eager mode.

    Returns:
      A `tf.SparseTensor`.

    Raises:
      tf.errors.InvalidArgumentError: when `axis` is out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.sparse.expand_dims(tf.SparseTensor([[1]], [5], [3]), 0).shape
      TensorShape([1, 3])
    """
    indices, values, shape = parts(to_sparse(sp_input))
    rank = len(shape)
    at = -1 if axis is None else int(axis)
    if not -rank - 1 <= at <= rank:
        raise refuse_shape(
            "Slice", f"axis: expected a number in [{-rank - 1}, {rank}]; received {at}"
        )
    at = at + rank + 1 if at < 0 else at
    return made(np.insert(indices, at, 0, axis=1), values, (*shape[:at], 1, *shape[at:]))


@export("sparse.retain")
@on_host("SparseRetain")
def retain(sp_input: Any, to_retain: Any) -> Any:
    """Keeps some of the values.

    Args:
      sp_input: `tf.SparseTensor` of `n` values.
      to_retain: bool vector `[n]`.

    Returns:
      A `tf.SparseTensor` of the same shape.

    Raises:
      ValueError: when `to_retain` is not as long as there are values.

    Example:
      >>> import tapeflow as tf
      >>> s = tf.SparseTensor([[0], [1]], [5, 6], [2])
      >>> tf.sparse.retain(s, [False, True]).values.numpy()
      array([6], dtype=int32)
    """
    indices, values, shape = parts(to_sparse(sp_input))
    keep = convert(to_retain)
    keep.shape.with_rank(1)[:1].assert_is_compatible_with(values.shape[:1])
    rows = np.flatnonzero(keep._array)
    return made(indices[rows], take(values, rows), shape)


@export("sparse.slice")
@on_host("SparseSlice")
def slice(sp_input: Any, start: Any, size: Any, name: str | None = None) -> Any:
    """Takes a part: a block of places.

    Args:
      sp_input: `tf.SparseTensor`.
      start: int vector, the first place.
      size: int vector, the size of the block; what lies beyond the end is left out.
      name: ignored in eager mode.

    Returns:
      A `tf.SparseTensor`.

    Raises:
      tf.errors.InvalidArgumentError: when the vectors are not as long as the rank.

    Example:
      >>> import tapeflow as tf
      >>> s = tf.SparseTensor([[0, 1], [1, 2]], [5, 6], [2, 3])
      >>> tf.sparse.slice(s, [1, 0], [1, 3]).indices.numpy()
      array([[0, 2]])
    """
    indices, values, shape = parts(to_sparse(sp_input))
    begin = np.asarray(convert(start, hint=dtypes.int64))
    extent = np.asarray(convert(size, hint=dtypes.int64))
    for vector, argument in ((begin, "start"), (extent, "size")):
        if vector.shape != (len(shape),):
            raise refuse(
                "SparseSlice",
                f"{argument}: expected a vector of length {len(shape)}; received {vector.shape}",
            )
    inside = ((indices >= begin) & (indices < begin + extent)).all(axis=1)
    rows = np.flatnonzero(inside)
    kept = np.maximum(np.minimum(np.array(shape) - begin, extent), 0)
    return made(indices[rows] - begin, take(values, rows), kept.tolist())


@export("sparse.concat")
@on_host("SparseConcat")
def concat(
    axis: Any, sp_inputs: Any, expand_nonconcat_dims: bool = False, name: str | None = None
) -> Any:
    """Joins sparse tensors along a dimension.

    Args:
      axis: the dimension; negative values count from the end.
      sp_inputs: list of `tf.SparseTensor`s.
      expand_nonconcat_dims: whether the other dimensions may differ; they become the greatest.
      name: ignored in eager mode.

    Returns:
      A `tf.SparseTensor` in row-major order.

    Raises:
      TypeError: when `sp_inputs` is no list of sparse tensors.
      tf.errors.InvalidArgumentError: when shapes do not fit or the axis is out of range.

    Example:
      >>> import tapeflow as tf
      >>> s = tf.SparseTensor([[0, 1]], [5], [1, 2])
      >>> tf.sparse.concat(1, [s, s]).indices.numpy()
      array([[0, 1],
             [0, 3]])
    """
    if not isinstance(sp_inputs, (list, tuple)):
        raise TypeError("Inputs must be a list or tuple.")
    many = [to_sparse(sp) for sp in sp_inputs]
    if len(many) == 1:
        return many[0]
    shapes = [parts(sp)[2] for sp in many]
    rank = len(shapes[0])
    if not -rank <= int(axis) < rank:
        raise refuse(
            "SparseConcat", f"Concat dimension must be in range [{-rank}, {rank}), got {axis}"
        )
    at = int(axis) % rank
    widest: Any = np.max(shapes, axis=0) if all(len(s) == rank for s in shapes) else None
    for i, shape in enumerate(shapes):
        fits = widest is not None and all(
            d == e or a == at for a, (d, e) in enumerate(zip(shape, shapes[0], strict=True))
        )
        if widest is None or not (fits or expand_nonconcat_dims):
            raise refuse(
                "SparseConcat", f"Input shapes must match: got {list(shape)} at position {i}"
            )
    offsets = np.cumsum([0, *[s[at] for s in shapes]])
    places = []
    for sp, offset in zip(many, offsets, strict=False):
        moved = parts(sp)[0].copy()
        moved[:, at] += offset
        places.append(moved)
    whole = [int(n) for n in widest]
    whole[at] = int(offsets[-1])
    values = concatenation.concat([sp.values for sp in many], 0)
    return reorder(made(np.concatenate(places), values, whole))


@export("sparse.split")
@on_host("SparseSplit")
def split(
    sp_input: Any = None, num_split: Any = None, axis: Any = None, name: str | None = None
) -> Any:
    """Splits along a dimension into parts; the first ones are larger where it does not go even.

    Args:
      sp_input: `tf.SparseTensor`.
      num_split: number of parts.
      axis: the dimension.
      name: ignored in eager mode.

    Returns:
      A list of `tf.SparseTensor`s.

    Raises:
      ValueError: when an argument is missing.
      tf.errors.InvalidArgumentError: when there are more parts than elements.

    Example:
      >>> import tapeflow as tf
      >>> s = tf.SparseTensor([[0], [2]], [5, 6], [3])
      >>> [p.values.numpy().tolist() for p in tf.sparse.split(s, 2, 0)]
      [[5], [6]]
    """
    for value, argument in ((num_split, "num_split"), (axis, "axis")):
        if value is None:
            raise ValueError(f"{argument} is required")
    sp = to_sparse(sp_input)
    shape = parts(sp)[2]
    rank = len(shape)
    if not -rank <= int(axis) < rank:
        raise refuse("SparseSplit", f"Input axis should be in range [{-rank}, {rank}), got {axis}")
    at, count = int(axis) % rank, int(num_split)
    if not 1 <= count <= shape[at]:
        raise refuse(
            "SparseSplit",
            f"Input num_split should be between 1 and the splitting dimension size ({shape[at]}), "
            f"got {count}",
        )
    least, more = divmod(shape[at], count)
    out = []
    begin = 0
    for i in range(count):
        size = least + (i < more)
        start, extent = [0] * rank, list(shape)
        start[at], extent[at] = begin, size
        out.append(slice(sp, start, extent))
        begin += size
    return out


@export("sparse.reset_shape")
@on_host("SparseResetShape", example=_example_like)
def reset_shape(sp_input: Any, new_shape: Any = None) -> Any:
    """Gives another shape while indices stay: the tightest one, or a greater one.

    Args:
      sp_input: `tf.SparseTensor`.
      new_shape: int vector, in no dimension less than the shape; None for the tightest.

    Returns:
      A `tf.SparseTensor`.

    Raises:
      ValueError: when `new_shape` is too small or not as long as the rank.

    Example:
      >>> import tapeflow as tf
      >>> tf.sparse.reset_shape(tf.SparseTensor([[1]], [5], [9])).shape
      TensorShape([2])
    """
    indices, values, shape = parts(to_sparse(sp_input))
    if new_shape is None:
        if not len(indices):
            return made(indices, values, [0] * len(shape))
        return made(indices, values, (indices.max(axis=0) + 1).tolist())
    wanted = np.asarray(convert(new_shape, hint=dtypes.int64)).tolist()
    if len(wanted) != len(shape):
        raise ValueError(f"Dimensions {len(wanted)} and {len(shape)} are not compatible")
    if any(w < d for w, d in zip(wanted, shape, strict=True)):
        raise ValueError(
            "Requested new_shape should have dimension sizes >= sp_input.shape.  Found new_shape "
            f"({wanted}), sp_input.shape ({list(shape)})."
        )
    return made(indices, values, wanted)


@export("sparse.fill_empty_rows")
@on_host("SparseFillEmptyRows")
def fill_empty_rows(sp_input: Any, default_value: Any, name: str | None = None) -> Any:
    """Puts a value into each row that has none, in its first column.

    Args:
      sp_input: `tf.SparseTensor` of rank 2 or more.
      default_value: the value, a scalar.
      name: ignored in eager mode.

    Returns:
      `(sparse tensor, bool vector)`: the latter says which rows were empty.

    Raises:
      TypeError: when `sp_input` is no sparse tensor.

    Example:
      >>> import tapeflow as tf
      >>> s = tf.SparseTensor([[0, 1], [2, 0]], [5, 6], [3, 2])
      >>> tf.sparse.fill_empty_rows(s, 9)[0].values.numpy()
      array([5, 9, 6], dtype=int32)
    """
    sp = to_sparse(sp_input)
    indices, values, shape = parts(sp)
    default = convert(default_value, sp.dtype)
    if default.shape.rank:
        raise refuse("SparseFillEmptyRows", "default_value: expected a scalar")
    rows = indices[:, 0]
    if ((rows < 0) | (rows >= shape[0])).any():
        raise refuse("SparseFillEmptyRows", f"indices: expected rows in [0, {shape[0]})")
    empty = np.bincount(rows, minlength=shape[0]) == 0
    added = np.zeros((int(empty.sum()), len(shape)), np.int64)
    added[:, 0] = np.flatnonzero(empty)
    every = np.concatenate([indices, added])
    order = np.argsort(every[:, 0], kind="stable")
    source = np.minimum(order, len(rows))  # all that is added is the default
    padded = concatenation.concat([values, shaping.reshape(default, [1])], 0)
    return made(every[order], take(padded, source), shape), EagerTensor(empty)


@export("sparse.mask")
@on_host("SparseMask")
def mask(a: Any, mask_indices: Any, name: str | None = None) -> Any:
    """Leaves rows out of a `tf.IndexedSlices`.

    Args:
      a: `tf.IndexedSlices`.
      mask_indices: int vector, the indices of the rows left out.
      name: ignored in eager mode.

    Returns:
      A `tf.IndexedSlices`.

    Example:
      >>> import tapeflow as tf
      >>> s = tf.IndexedSlices(tf.constant([1.0, 2.0]), tf.constant([3, 5]))
      >>> tf.sparse.mask(s, [5]).values.numpy()
      array([1.], dtype=float32)
    """
    keep = ~np.isin(np.asarray(convert(a.indices)), np.asarray(convert(mask_indices)))
    rows = EagerTensor(np.flatnonzero(keep))
    return IndexedSlices(
        gathering.gather(a.values, rows), gathering.gather(a.indices, rows), a.dense_shape
    )
