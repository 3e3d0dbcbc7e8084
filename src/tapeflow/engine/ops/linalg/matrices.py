"""What all operations on (stacks of) matrices share: shape checks, transposes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.core.errors import NotFoundError
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import reject, require_dtype, shape_text
from tapeflow.engine.ir.samples import Draw
from tapeflow.engine.ir.spec import Dims, Spec
from tapeflow.engine.ops.array import dimensions
from tapeflow.engine.runtime.convert import convert

LAPACK = frozenset((dtypes.float32, dtypes.float64, dtypes.complex64, dtypes.complex128))
"""The dtypes that decompositions and solvers take."""


def require_lapack(spec: Spec, absent: tuple[DType, ...] = (dtypes.float16,)) -> None:
    """Rejects dtypes without a kernel: those of `absent` as TensorFlow does, with NotFoundError."""
    if spec.dtype in absent:
        raise NotFoundError(
            None, None, f"no kernel for dtype {spec.dtype.name}; cast to float32 or float64"
        )
    require_dtype(spec, LAPACK)


def require_matrix(spec: Spec, argument: str = "input", least: int = 2) -> None:
    """Rejects a known rank below 2."""
    if spec.shape is not None and len(spec.shape) < least:
        reject(f"{argument}: expected rank >= {least}; received shape {shape_text(spec.shape)}")


def require_square(spec: Spec, argument: str = "input") -> None:
    """Rejects what is no (stack of) square matrices."""
    require_matrix(spec, argument)
    if spec.shape is not None:
        rows, columns = spec.shape[-2:]
        if rows is not None and columns is not None and rows != columns:
            reject(f"{argument}: expected square matrices; received shape {shape_text(spec.shape)}")


def batch_of(spec: Spec) -> Dims | None:
    """The dimensions in front of the matrices."""
    return None if spec.shape is None else spec.shape[:-2]


def adjoint_array(x: np.ndarray) -> np.ndarray:
    """The conjugate transposes of a stack of arrays."""
    x = x.swapaxes(-1, -2)
    return x.conj() if x.dtype.kind == "c" else x


def well_conditioned(draw: Draw, *shape: int, dtype: DType = dtypes.float64) -> np.ndarray:
    """Square matrices, far from singular, with simple eigenvalues."""
    n = shape[-1]
    x = 0.3 * draw.reals(*shape, low=-1, high=1, dtype=dtype)
    return (x + np.diag(np.arange(n) * 0.7 + 1.5)).astype(dtype.np)


def positive_definite(draw: Draw, *shape: int, dtype: DType = dtypes.float64) -> np.ndarray:
    """Hermitian positive definite matrices with simple eigenvalues."""
    x = well_conditioned(draw, *shape, dtype=dtype)
    return ((x + adjoint_array(x)) / 2 + np.eye(shape[-1])).astype(dtype.np)


def transposed(x: Any, conjugated: bool = False) -> Any:
    """`x` with its last two dimensions exchanged."""
    rank = x.shape.ndims
    if rank is None:
        from tapeflow.engine.ops.array import concatenation, sequences

        count = dimensions.rank(x)
        perm = concatenation.concat([sequences.range_(count - 2), [count - 1, count - 2]], 0)
        return dimensions.transpose(x, perm, conjugate=conjugated)
    perm = (*range(rank - 2), rank - 1, rank - 2)
    return dimensions.transpose(x, perm, conjugate=conjugated)


@export("linalg.matrix_transpose")
def matrix_transpose(a: Any, name: str = "matrix_transpose", conjugate: bool = False) -> Any:
    """Exchanges the last two dimensions.

    Args:
      a: tensor `[..., rows, columns]`.
      name: ignored in eager mode.
      conjugate: whether the elements are conjugated, too.

    Returns:
      A tensor `[..., columns, rows]`.

    Raises:
      ValueError: when the rank of `a` is less than 2.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.matrix_transpose([[1, 2], [3, 4]]).numpy()
      array([[1, 3],
             [2, 4]], dtype=int32)
    """
    a = convert(a)
    if a.shape.ndims is not None and a.shape.ndims < 2:
        raise ValueError(
            "Argument `a` should be a (batch) matrix with rank >= 2.  "
            f"Received `a` = {a} with shape: {a.shape}"
        )
    return transposed(a, conjugate)


@export("linalg.adjoint")
def adjoint(matrix: Any, name: str | None = None) -> Any:
    """Transposes and conjugates matrices.

    Args:
      matrix: tensor `[..., rows, columns]`.
      name: ignored in eager mode.

    Returns:
      A tensor `[..., columns, rows]`.

    Raises:
      ValueError: when the rank of `matrix` is less than 2.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.adjoint([[1.0, 2.0], [3.0, 4.0]]).numpy()
      array([[1., 3.],
             [2., 4.]], dtype=float32)
    """
    return matrix_transpose(matrix, conjugate=True)
