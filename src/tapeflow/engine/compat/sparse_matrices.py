"""Products of two sparse matrices: `tensorflow.python.ops.linalg.sparse.sparse_csr_matrix_ops`.

TensorFlow keeps such matrices as compressed rows in a tensor of dtype variant; here the coordinates
do, in a class of their own.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import EagerTensor


class SparseMatrix(NamedTuple):
    """A matrix of which `values[i]` stands at `indices[i]`, in row-major order; the rest is 0."""

    indices: Any
    values: Any
    dense_shape: Any


def sparse_tensor_to_csr_sparse_matrix(
    indices: Any, values: Any, dense_shape: Any, name: str | None = None
) -> SparseMatrix:
    """A sparse matrix of the components of a `tf.SparseTensor` of rank 2.

    Raises:
      tf.errors.InvalidArgumentError: when the rank is another.
    """
    del name
    matrix = SparseMatrix(
        convert(indices, dtypes.int64), convert(values), convert(dense_shape, dtypes.int64)
    )
    if len(matrix.dense_shape._array) != 2:
        raise InvalidArgumentError(
            None,
            None,
            "SparseTensorToCSRSparseMatrix: dense_shape: expected a matrix; received "
            f"{matrix.dense_shape._array.tolist()}",
        )
    return matrix


def sparse_matrix_sparse_mat_mul(
    a: SparseMatrix,
    b: SparseMatrix,
    type: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    name: str | None = None,
) -> SparseMatrix:
    """The product of two sparse matrices.

    Each entry of `a` meets the entries of one row of `b`; the cost grows with the number of such
    pairs, not with the size of the matrices.

    Raises:
      tf.errors.InvalidArgumentError: when the inner dimensions differ.
    """
    del name, type
    rows, inner, left, (height, depth) = _coordinates(a, transpose_a)
    inner_b, columns, right, (depth_b, width) = _coordinates(b, transpose_b)
    if depth != depth_b:
        raise InvalidArgumentError(
            None,
            None,
            f"SparseMatrixSparseMatMul: b: expected {depth} rows, as a has columns; "
            f"received {depth_b}",
        )
    order = np.argsort(inner_b, kind="stable")
    inner_b, columns, right = inner_b[order], columns[order], right[order]
    first = np.searchsorted(inner_b, inner)
    counts = np.searchsorted(inner_b, inner, side="right") - first
    of_a = np.repeat(np.arange(len(inner)), counts)
    of_b = np.arange(len(of_a)) - np.repeat(np.cumsum(counts) - counts, counts) + first[of_a]
    places, which = np.unique(rows[of_a] * width + columns[of_b], return_inverse=True)
    values = np.zeros(len(places), left.dtype)
    np.add.at(values, which, left[of_a] * right[of_b])
    return SparseMatrix(
        EagerTensor(np.stack([places // max(width, 1), places % max(width, 1)], axis=1)),
        EagerTensor(values),
        EagerTensor(np.array([height, width], np.int64)),
    )


def csr_sparse_matrix_to_sparse_tensor(
    sparse_matrix: SparseMatrix, type: Any, name: str | None = None
) -> SparseMatrix:
    """The components (`indices`, `values`, `dense_shape`) of the same matrix as a sparse tensor."""
    del type, name
    return sparse_matrix


def _coordinates(matrix: SparseMatrix, transposed: bool) -> Any:
    indices, shape = matrix.indices._array, matrix.dense_shape._array.tolist()
    rows, columns = indices[:, 0], indices[:, 1]
    if transposed:
        return columns, rows, matrix.values._array, shape[::-1]
    return rows, columns, matrix.values._array, shape
