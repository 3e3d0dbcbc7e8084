"""Sparse matrix times matrix, and sums and maxima along dimensions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.core.export import export
from tapeflow.engine.ops.array import dimensions, gathering, shaping
from tapeflow.engine.ops.host_functions import on_host
from tapeflow.engine.ops.math import arithmetic, segments
from tapeflow.engine.ops.math.complex_numbers import conj
from tapeflow.engine.ops.sparse.coordinates import (
    made,
    numbered,
    parts,
    placed,
    refuse,
    refuse_dtype,
    refuse_shape,
    to_sparse,
)
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.sparse_tensor import SparseTensor, SparseTensorValue
from tapeflow.engine.runtime.tensor import EagerTensor


@export("sparse.sparse_dense_matmul")
@on_host("SparseTensorDenseMatMul")
def sparse_dense_matmul(
    sp_a: Any, b: Any, adjoint_a: bool = False, adjoint_b: bool = False, name: str | None = None
) -> Any:
    """Multiplies a sparse matrix with a matrix.

    Args:
      sp_a: `tf.SparseTensor` `[n, m]`; or a matrix, where `b` is sparse.
      b: matrix `[m, k]` of the same dtype.
      adjoint_a: whether `sp_a` is transposed (and conjugated) first.
      adjoint_b: whether `b` is transposed (and conjugated) first.
      name: ignored in eager mode.

    Returns:
      A matrix `[n, k]`.

    Raises:
      tf.errors.InvalidArgumentError: when shapes or dtypes do not fit.

    Example:
      >>> import tapeflow as tf
      >>> s = tf.SparseTensor([[0, 1], [1, 0]], [2.0, 3.0], [2, 2])
      >>> tf.sparse.sparse_dense_matmul(s, [[1.0, 2.0], [3.0, 4.0]]).numpy()
      array([[6., 8.],
             [3., 6.]], dtype=float32)
    """
    if isinstance(b, (SparseTensor, SparseTensorValue)):
        # x b = (b' x')'
        turned = sparse_dense_matmul(b, sp_a, not adjoint_b, not adjoint_a)
        return dimensions.transpose(turned, conjugate=True)
    op = "SparseTensorDenseMatMul"
    sp = to_sparse(sp_a)
    indices, values, shape = parts(sp)
    x = convert(b)
    if x.dtype is not sp.dtype:
        raise refuse_dtype(op, f"b: expected dtype {sp.dtype.name}; received {x.dtype.name}")
    if len(shape) != 2:
        raise refuse_shape(op, f"Tensor 'a_shape' must have 2 elements; received {list(shape)}")
    if x.shape.rank != 2:
        raise refuse_shape(op, f"Tensor 'b' is not a matrix; received shape {x.shape}")
    bad = ((indices < 0) | (indices >= np.array(shape))).any(axis=1)
    if bad.any():
        raise refuse(
            op, f"index {indices[int(np.argmax(bad))].tolist()} out of bounds of {list(shape)}"
        )
    if adjoint_b:
        x = dimensions.transpose(x, conjugate=True)
    if adjoint_a:
        indices, shape, values = indices[:, ::-1], shape[::-1], conj(values)
    if shape[1] != x.shape.as_list()[0]:
        raise refuse_shape(
            op,
            "Cannot multiply A and B because inner dimension does not match: "
            f"{shape[1]} vs. {x.shape.as_list()[0]}.  Did you forget a transpose?",
        )
    line = gathering.gather_nd(x, EagerTensor(np.ascontiguousarray(indices[:, 1:])))
    products = arithmetic.multiply(shaping.reshape(values, [-1, 1]), line)
    rows = EagerTensor(np.ascontiguousarray(indices[:, 0]))
    return segments.unsorted_segment_sum(products, rows, shape[0])


Fold = Callable[[Any, Any, int], Any]


def _reduce(op: str, fold: Fold, sp_input: Any, axis: Any, keepdims: Any, sparse: bool) -> Any:
    if not isinstance(sp_input, (SparseTensor, SparseTensorValue)):
        raise AttributeError(f"'{type(sp_input).__name__}' object has no attribute 'indices'")
    indices, values, shape = parts(to_sparse(sp_input))
    rank = len(shape)
    axes = range(rank) if axis is None else np.atleast_1d(np.asarray(convert(axis))).tolist()
    for a in axes:
        if not -rank <= a < rank:
            raise InvalidArgumentError(
                None,
                None,
                f"{op}: Invalid reduction dimension {a}, for input with {rank} dimensions. "
                f"[Op:{op}]",
            )
    gone = {a % rank for a in axes}
    kept = [a for a in range(rank) if a not in gone]
    left = tuple(shape[a] for a in kept)
    numbers, rows = np.unique(numbered(indices[:, kept], left), return_inverse=True)
    folded = fold(values, EagerTensor(rows.astype(np.int64)), len(numbers))
    whole = tuple(1 if a in gone else n for a, n in enumerate(shape)) if keepdims else left
    out = made(placed(numbers, whole), folded, whole)
    if sparse:
        return out
    from tapeflow.engine.ops.sparse.dense import to_dense

    return to_dense(out)


@export("sparse.reduce_sum")
@on_host("SparseReduceSum")
def reduce_sum(
    sp_input: Any,
    axis: Any = None,
    keepdims: Any = None,
    output_is_sparse: bool = False,
    name: str | None = None,
) -> Any:
    """Sums the values along dimensions.

    Args:
      sp_input: `tf.SparseTensor`.
      axis: the dimensions to fold, an int or a list; None folds all.
      keepdims: whether these dimensions stay, with size 1.
      output_is_sparse: whether the result is sparse, with values where `sp_input` has some.
      name: ignored in eager mode.

    Returns:
      A tensor, or a `tf.SparseTensor`.

    Raises:
      tf.errors.InvalidArgumentError: when an axis is out of range.

    Example:
      >>> import tapeflow as tf
      >>> s = tf.SparseTensor([[0, 1], [1, 0], [1, 2]], [1, 2, 3], [2, 3])
      >>> tf.sparse.reduce_sum(s, 1).numpy()
      array([1, 5], dtype=int32)
    """
    op = "SparseReduceSumSparse" if output_is_sparse else "SparseReduceSum"
    fold = segments.unsorted_segment_sum
    return _reduce(op, fold, sp_input, axis, keepdims, output_is_sparse)


@export("sparse.reduce_max")
@on_host("SparseReduceMax")
def reduce_max(
    sp_input: Any,
    axis: Any = None,
    keepdims: Any = None,
    output_is_sparse: bool = False,
    name: str | None = None,
) -> Any:
    """The greatest of the values along dimensions; 0 where there are none.

    Args:
      sp_input: `tf.SparseTensor` of real numbers.
      axis: the dimensions to fold, an int or a list; None folds all.
      keepdims: whether these dimensions stay, with size 1.
      output_is_sparse: whether the result is sparse, with values where `sp_input` has some.
      name: ignored in eager mode.

    Returns:
      A tensor, or a `tf.SparseTensor`.

    Raises:
      tf.errors.InvalidArgumentError: when an axis is out of range.

    Example:
      >>> import tapeflow as tf
      >>> s = tf.SparseTensor([[0, 1], [1, 0], [1, 2]], [1, 2, 3], [2, 3])
      >>> tf.sparse.reduce_max(s, 1).numpy()
      array([1, 3], dtype=int32)
    """
    op = "SparseReduceMaxSparse" if output_is_sparse else "SparseReduceMax"
    fold = segments.unsorted_segment_max
    return _reduce(op, fold, sp_input, axis, keepdims, output_is_sparse)
