"""Triangular and factored systems: kernels without SciPy, and the triangular solver's op."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import broadcast, reject, require_same_dtype, shape_text
from tapeflow.engine.ir.primitive import HOST, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.linalg.contraction import matmul
from tapeflow.engine.ops.linalg.diagonals import band_part
from tapeflow.engine.ops.linalg.matrices import (
    adjoint_array,
    require_lapack,
    require_matrix,
    require_square,
    well_conditioned,
)
from tapeflow.engine.ops.math.arithmetic import negative
from tapeflow.engine.ops.math.broadcasting import sum_to_shape_of
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply

_BLOCK = 32


def solve_triangular(matrix: np.ndarray, rhs: np.ndarray, lower: bool) -> np.ndarray:
    """Substitution, by halves so that most work is matrix products; zeros give infinities."""
    n = matrix.shape[-1]
    if n > _BLOCK:
        half = n // 2
        first = slice(0, half) if lower else slice(half, n)
        rest = slice(half, n) if lower else slice(0, half)
        x1 = solve_triangular(matrix[..., first, first], rhs[..., first, :], lower)
        moved = rhs[..., rest, :] - matrix[..., rest, first] @ x1
        x2 = solve_triangular(matrix[..., rest, rest], moved, lower)
        return np.concatenate((x1, x2) if lower else (x2, x1), axis=-2)
    batch = np.broadcast_shapes(matrix.shape[:-2], rhs.shape[:-2])
    x = np.empty((*batch, n, rhs.shape[-1]), rhs.dtype)
    for i in range(n) if lower else range(n - 1, -1, -1):
        done = slice(0, i) if lower else slice(i + 1, n)
        row = rhs[..., i, :]
        if done.start != done.stop:
            row = row - (matrix[..., i, None, done] @ x[..., done, :])[..., 0, :]
        x[..., i, :] = row / matrix[..., i, i, None]
    return x


def factor_lu(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """LU with row pivoting of a stack of matrices: both factors in one array, and the rows' order.

    Gaussian elimination with partial pivoting: Golub and Van Loan, Matrix Computations, 3.4.
    """
    lu = matrix.copy()
    n = lu.shape[-1]
    flat = lu.reshape(math.prod(lu.shape[:-2]), n, n)
    perm = np.tile(np.arange(n), (len(flat), 1))
    every = np.arange(len(flat))
    for j in range(n):
        pivot = j + np.argmax(np.abs(flat[:, j:, j]), axis=1)
        for rows in (flat, perm):
            here = rows[:, j].copy()
            rows[:, j] = rows[every, pivot]
            rows[every, pivot] = here
        flat[:, j + 1 :, j] /= flat[:, j, j, None]
        flat[:, j + 1 :, j + 1 :] -= flat[:, j + 1 :, j, None] * flat[:, j, None, j + 1 :]
    return flat.reshape(matrix.shape), perm.reshape(matrix.shape[:-1])


def _infer(matrix: Spec, rhs: Spec, lower: bool, adjoint: bool) -> Spec:
    require_same_dtype(matrix, rhs)
    require_lapack(matrix, (dtypes.float16, dtypes.bfloat16))
    require_square(matrix, "matrix")
    require_matrix(rhs, "rhs")
    if matrix.shape is None or rhs.shape is None:
        return Spec(rhs.dtype, None)
    n, rows = matrix.shape[-1], rhs.shape[-2]
    if n is not None and rows is not None and n != rows:
        reject(f"rhs: expected {n} rows; received shape {shape_text(rhs.shape)}")
    batch = broadcast(matrix.shape[:-2], rhs.shape[:-2])
    assert batch is not None
    return Spec(rhs.dtype, (*batch, rows, rhs.shape[-1]))


def _kernel(matrix: np.ndarray, rhs: np.ndarray, lower: bool, adjoint: bool) -> np.ndarray:
    if adjoint:
        return solve_triangular(adjoint_array(matrix), rhs, not lower)
    return solve_triangular(matrix, rhs, lower)


def _vjp(ctx: Any, dx: Any) -> Any:
    matrix, rhs = ctx.inputs
    lower, adjoint = ctx.attrs["lower"], ctx.attrs["adjoint"]
    x = ctx.outputs[0]
    by_rhs = apply(triangular_solve_p, matrix, dx, lower=lower, adjoint=not adjoint)
    by_matrix = None
    if ctx.needs[0]:
        if adjoint:
            by_matrix = matmul(x, by_rhs, adjoint_b=True)
        else:
            by_matrix = matmul(by_rhs, x, adjoint_b=True)
        by_matrix = band_part(negative(by_matrix), *((-1, 0) if lower else (0, -1)))
        by_matrix = sum_to_shape_of(by_matrix, matrix)
    return by_matrix, sum_to_shape_of(by_rhs, rhs)


def _samples(draw: Draw) -> Iterable[Sample]:
    for lower in (True, False):
        for adjoint in (True, False):
            for dtype in (dtypes.float64, dtypes.complex128):
                yield Sample(
                    well_conditioned(draw, 3, 3, dtype=dtype), draw.reals(3, 2, dtype=dtype),
                    lower=lower, adjoint=adjoint,
                )  # fmt: skip
    f32 = dtypes.float32
    for a, b in (
        ((2, 3, 3), (3, 1)),
        ((2, 1, 2, 2), (3, 2, 1)),
        ((0, 0), (0, 2)),
        ((40, 40), (40, 3)),
    ):
        yield Sample(
            well_conditioned(draw, *a, dtype=f32), draw.reals(*b), lower=True, adjoint=False,
            grad=a[-1] < 9,
        )  # fmt: skip
    singular = np.array([[0.0, 0.0], [1.0, 1.0]], np.float32)
    yield Sample(singular, np.ones((2, 1), np.float32), lower=True, adjoint=False, grad=False)


triangular_solve_p = primitive(
    "MatrixTriangularSolve",
    infer=_infer,
    kernel=_kernel,
    vjp=_vjp,
    lower=HOST,
    samples=_samples,
)


@export("linalg.triangular_solve")
def triangular_solve(
    matrix: Any, rhs: Any, lower: bool = True, adjoint: bool = False, name: str | None = None
) -> Any:
    """Solves systems of equations with triangular matrices.

    Args:
      matrix: tensor `[..., n, n]`, float32, float64 or complex; only one triangle is read.
      rhs: tensor `[..., n, k]` of the same dtype; batch dimensions broadcast.
      lower: whether the lower triangle is read.
      adjoint: whether the system is that of the conjugate transpose.
      name: ignored in eager mode.

    Returns:
      A tensor `[..., n, k]`; infinities where the diagonal is zero.

    Raises:
      tf.errors.InvalidArgumentError: when shapes or dtypes do not fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.triangular_solve([[2.0, 0.0], [1.0, 1.0]], [[2.0], [3.0]]).numpy()
      array([[1.],
             [2.]], dtype=float32)
    """
    matrix = convert(matrix)
    rhs = convert(rhs, hint=matrix.dtype)
    return apply(triangular_solve_p, matrix, rhs, lower=bool(lower), adjoint=bool(adjoint))
