"""Sparse tensors to and from tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.ops.array import concatenation, gathering, shaping
from tapeflow.engine.ops.array.creation import ones, zeros
from tapeflow.engine.ops.host_functions import on_host
from tapeflow.engine.ops.sparse.coordinates import (
    made,
    numbered,
    parts,
    refuse,
    require_inside,
    take,
    to_sparse,
)
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import EagerTensor


@export("sparse.to_dense")
@on_host("SparseToDense")
def to_dense(
    sp_input: Any, default_value: Any = None, validate_indices: bool = True, name: str | None = None
) -> Any:
    """Makes a tensor of a sparse tensor.

    Args:
      sp_input: `tf.SparseTensor`.
      default_value: what stands where there is no value, a scalar; 0 by default.
      validate_indices: whether indices must be in row-major order without repetition.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `sp_input.dense_shape`.

    Raises:
      TypeError: when `sp_input` is no sparse tensor.
      tf.errors.InvalidArgumentError: when indices are out of order, repeated or out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.sparse.to_dense(tf.SparseTensor([[0, 1], [1, 0]], [3, 4], [2, 2])).numpy()
      array([[0, 3],
             [4, 0]], dtype=int32)
    """
    sp = to_sparse(sp_input)
    indices, values, shape = parts(sp)
    require_inside("SparseToDense", indices, shape)
    numbers = numbered(indices, shape)
    if validate_indices and len(numbers) > 1:
        steps = np.diff(numbers)
        if (steps <= 0).any():
            at = int(np.argmax(steps <= 0)) + 1
            what = "repeated" if steps[at - 1] == 0 else "out of order"
            raise refuse("SparseToDense", f"indices[{at}] = {indices[at].tolist()} is {what}")
    default = zeros([], sp.dtype) if default_value is None else convert(default_value, sp.dtype)
    if default.shape.rank != 0:
        raise refuse("SparseToDense", f"default_value: expected a scalar; received {default.shape}")
    count = len(numbers)
    index = np.full(int(np.prod(shape, dtype=np.int64)), count, np.int64)
    index[numbers] = np.arange(count)
    padded = concatenation.concat([values, shaping.reshape(default, [1])], 0)
    return shaping.reshape(take(padded, index), list(shape))


@export("sparse.from_dense")
@on_host("DenseToSparse")
def from_dense(tensor: Any, name: str | None = None) -> Any:
    """Makes a sparse tensor of what isn't zero (or the empty string) in a tensor.

    Args:
      tensor: tensor of rank 1 or more.
      name: ignored in eager mode.

    Returns:
      A `tf.SparseTensor`.

    Raises:
      tf.errors.InvalidArgumentError: for a scalar.

    Example:
      >>> import tapeflow as tf
      >>> tf.sparse.from_dense([0, 5, 0, 6]).values.numpy()
      array([5, 6], dtype=int32)
    """
    x = convert(tensor)
    array = x._array
    if array.ndim == 0:
        raise refuse("Where", "input: expected rank 1 or more; received a scalar")
    held = array != (b"" if x.dtype is dtypes.string else array.dtype.type(0))
    places = np.argwhere(held)
    values = gathering.gather_nd(x, EagerTensor(places.astype(np.int64)))
    return made(places, values, array.shape)


@export("sparse.eye")
@on_host("SparseEye")
def eye(
    num_rows: Any, num_columns: Any = None, dtype: Any = dtypes.float32, name: str | None = None
) -> Any:
    """Makes a sparse matrix of ones on the diagonal.

    Args:
      num_rows: number of rows.
      num_columns: number of columns; by default as many as rows.
      dtype: dtype of the ones.
      name: ignored in eager mode.

    Returns:
      A `tf.SparseTensor` `[num_rows, num_columns]`.

    Example:
      >>> import tapeflow as tf
      >>> tf.sparse.to_dense(tf.sparse.eye(2)).numpy()
      array([[1., 0.],
             [0., 1.]], dtype=float32)
    """
    rows = int(num_rows)
    columns = rows if num_columns is None else int(num_columns)
    size = min(rows, columns)
    line = np.arange(size)
    return made(np.stack([line, line], 1), ones([size], as_dtype(dtype)), (rows, columns))


@export("sparse.to_indicator")
@on_host("SparseToIndicator")
def to_indicator(sp_input: Any, vocab_size: Any, name: str | None = None) -> Any:
    """Says for each row which numbers occur among its values.

    Args:
      sp_input: `tf.SparseTensor` `[..., n]` of integers.
      vocab_size: one more than the greatest number.
      name: ignored in eager mode.

    Returns:
      A bool tensor `[..., vocab_size]`.

    Raises:
      TypeError: when `sp_input` is no sparse tensor.
      tf.errors.InvalidArgumentError: when a value is not in `[0, vocab_size)`.

    Example:
      >>> import tapeflow as tf
      >>> s = tf.SparseTensor([[0, 0], [1, 1]], [2, 0], [2, 2])
      >>> tf.sparse.to_indicator(s, 3).numpy()
      array([[False, False,  True],
             [ True, False, False]])
    """
    sp = to_sparse(sp_input)
    indices, values, shape = parts(sp)
    size = int(vocab_size)
    numbers = values._array.astype(np.int64)
    if ((numbers < 0) | (numbers >= size)).any():
        raise refuse("SparseToDense", f"sp_input: expected values in [0, {size})")
    out = np.zeros((*shape[:-1], size), bool)
    out[(*indices[:, :-1].T, numbers)] = True
    return EagerTensor(out)
