"""Cholesky factors, and the solvers, determinants and least squares that rest on them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.primitive import HOST, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.linalg import solvers
from tapeflow.engine.ops.linalg.contraction import eye, matmul
from tapeflow.engine.ops.linalg.diagonals import band_part, diag_part, set_diag
from tapeflow.engine.ops.linalg.matrices import (
    LAPACK,
    adjoint,
    positive_definite,
    require_lapack,
    require_square,
)
from tapeflow.engine.ops.linalg.triangular import triangular_solve
from tapeflow.engine.ops.math.arithmetic import add, multiply
from tapeflow.engine.ops.math.casting import cast
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.tracing.deferral import planned


def _infer(input: Spec) -> Spec:
    require_lapack(input)
    require_square(input)
    return Spec(input.dtype, input.shape)


def _kernel(input: np.ndarray) -> np.ndarray:
    try:
        return np.linalg.cholesky(input)
    except np.linalg.LinAlgError:
        if input.ndim > 2:
            return np.stack([_kernel(x) for x in input])
        # Not positive definite: TensorFlow gives NaN instead of an error.
        return np.tril(np.full(input.shape, np.nan, input.dtype))


def _vjp(ctx: Any, dy: Any) -> Any:
    """I. Murray, Differentiation of the Cholesky decomposition, 2016, equation 10."""
    factor = ctx.outputs[0]
    middle = matmul(factor, dy, adjoint_a=True)
    middle = band_part(set_diag(middle, multiply(0.5, diag_part(middle))), -1, 0)
    left = triangular_solve(factor, middle, adjoint=True)
    dx = adjoint(triangular_solve(factor, adjoint(left), adjoint=True))
    return (multiply(0.5, add(dx, adjoint(dx))),)


def _samples(draw: Draw) -> Iterable[Sample]:
    for dtype in sorted(LAPACK, key=lambda d: d.name):
        yield Sample(positive_definite(draw, 3, 3, dtype=dtype))
    for shape in ((2, 2, 2), (1, 1), (0, 0)):
        yield Sample(positive_definite(draw, *shape, dtype=dtypes.float32))


cholesky_p = primitive(
    "Cholesky", infer=_infer, kernel=_kernel, vjp=_vjp, lower=HOST, samples=_samples
)


@export("linalg.cholesky")
def cholesky(input: Any, name: str | None = None) -> Any:
    """Factors positive definite matrices into `L @ adjoint(L)`.

    Args:
      input: tensor `[..., n, n]`, float32, float64 or complex; only its lower triangle is read.
      name: ignored in eager mode.

    Returns:
      The lower triangular `L`, of the shape and dtype of `input`; NaN where a matrix is not
      positive definite.

    Raises:
      tf.errors.InvalidArgumentError: when a matrix is not square.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.cholesky([[4.0, 2.0], [2.0, 2.0]]).numpy()
      array([[2., 0.],
             [1., 1.]], dtype=float32)
    """
    return apply(cholesky_p, convert(input))


@export("linalg.cholesky_solve")
def cholesky_solve(chol: Any, rhs: Any, name: str | None = None) -> Any:
    """Solves systems of equations, given Cholesky factors of their matrices.

    Args:
      chol: tensor `[..., n, n]`, from `tf.linalg.cholesky`.
      rhs: tensor `[..., n, k]` of the same dtype.
      name: ignored in eager mode.

    Returns:
      A tensor `[..., n, k]`.

    Raises:
      tf.errors.InvalidArgumentError: when shapes or dtypes do not fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.cholesky_solve([[2.0]], [[4.0]]).numpy()
      array([[1.]], dtype=float32)
    """
    chol = convert(chol)
    return triangular_solve(chol, triangular_solve(chol, rhs), adjoint=True)


@export("linalg.logdet")
def logdet(matrix: Any, name: str | None = None) -> Any:
    """Computes logarithms of the determinants of positive definite matrices.

    Args:
      matrix: tensor `[..., n, n]`, float32, float64 or complex.
      name: ignored in eager mode.

    Returns:
      A real tensor `[...]`; NaN where a matrix is not positive definite.

    Raises:
      tf.errors.InvalidArgumentError: when a matrix is not square.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.logdet([[1.0, 0.0], [0.0, 1.0]]).numpy()
      np.float32(0.0)
    """
    from tapeflow.engine.ops.math.complex_numbers import real
    from tapeflow.engine.ops.math.exponentials import log
    from tapeflow.engine.ops.math.reductions import reduce_sum

    diagonal = real(diag_part(cholesky(matrix)))
    return multiply(2.0, reduce_sum(log(diagonal), -1))


def _solution(matrix: Any, rhs: Any, **_: Any) -> Spec:
    left, right = matrix.shape._dims, rhs.shape._dims
    if left is None or right is None or len(left) < 2:
        return Spec(matrix.dtype, None)
    return Spec(matrix.dtype, (*[None] * (len(left) - 2), left[-1], right[-1]))


@export("linalg.lstsq")
@planned(sizes=("matrix", "rhs"), result=_solution)
def lstsq(
    matrix: Any, rhs: Any, l2_regularizer: Any = 0.0, fast: bool = True, name: str | None = None
) -> Any:
    """Solves linear least-squares problems, overdetermined or underdetermined.

    Args:
      matrix: tensor `[..., rows, columns]`, float32, float64 or complex.
      rhs: tensor `[..., rows, k]` of the same dtype.
      l2_regularizer: weight of the solution's squared norm; used when `fast`.
      fast: whether to factor the normal equations, which squares the condition number; else the
        solution of least norm is found, whatever the rank, and no gradient flows.
      name: ignored in eager mode.

    Returns:
      A tensor `[..., columns, k]`.

    Raises:
      tf.errors.InvalidArgumentError: when shapes or dtypes do not fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.lstsq([[1.0], [1.0]], [[1.0], [3.0]], fast=False).numpy().round(3)
      array([[2.]], dtype=float32)
    """
    matrix = convert(matrix)
    rhs = convert(rhs, hint=matrix.dtype)
    weight = convert(l2_regularizer, matrix.dtype.real_dtype)
    if not fast:
        weight = cast(weight, dtypes.float64)
        return apply(solvers.least_squares_p, matrix, rhs, weight, fast=False)
    if not matrix.shape.ndims or matrix.shape.ndims < 2:
        raise InvalidArgumentError(
            None, None, f"lstsq: matrix: expected rank >= 2; received shape {matrix.shape}"
        )
    rows, columns = matrix.shape.as_list()[-2:]
    tall = rows >= columns
    gram = matmul(matrix, matrix, adjoint_a=tall, adjoint_b=not tall)
    identity = eye(min(rows, columns), dtype=matrix.dtype)
    gram = add(gram, multiply(cast(weight, matrix.dtype), identity))
    factor = cholesky(gram)
    if tall:
        return cholesky_solve(factor, matmul(matrix, rhs, adjoint_a=True))
    return matmul(matrix, cholesky_solve(factor, rhs), adjoint_a=True)
