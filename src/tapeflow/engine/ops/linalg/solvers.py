"""Inverses, linear systems, determinants.

Gradients: M. B. Giles, Collected matrix derivative results for forward and reverse mode
algorithmic differentiation, 2008.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import merge_dims, reject, require_same_dtype
from tapeflow.engine.ir.primitive import HOST, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import dimensions
from tapeflow.engine.ops.linalg.contraction import matmul
from tapeflow.engine.ops.linalg.matrices import (
    LAPACK,
    adjoint_array,
    batch_of,
    require_lapack,
    require_matrix,
    require_square,
    well_conditioned,
)
from tapeflow.engine.ops.math.arithmetic import multiply, negative
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply

# -- inv ---------------------------------------------------------------------------------------


def _inv_infer(input: Spec, adjoint: bool) -> Spec:
    if input.dtype is not dtypes.float16:
        require_lapack(input, ())
    require_square(input)
    return Spec(input.dtype, input.shape)


def _inv_kernel(input: np.ndarray, adjoint: bool) -> np.ndarray:
    x = input.astype(np.float32) if input.dtype.itemsize == 2 else input
    try:
        inverse = np.linalg.inv(x).astype(input.dtype, copy=False)
    except np.linalg.LinAlgError:
        reject("input: expected an invertible matrix; received a singular one")
    return adjoint_array(inverse) if adjoint else inverse


def _inv_vjp(ctx: Any, dy: Any) -> Any:
    y = ctx.outputs[0]
    if ctx.attrs["adjoint"]:
        dx = matmul(y, matmul(dy, y, adjoint_a=True))
    else:
        dx = matmul(y, matmul(dy, y, adjoint_b=True), adjoint_a=True)
    return (negative(dx),)


def _square_samples(draw: Draw, **attrs: Any) -> Iterable[Sample]:
    for dtype in sorted(LAPACK, key=lambda d: d.name):
        yield Sample(well_conditioned(draw, 3, 3, dtype=dtype), **attrs)
    for shape in ((2, 2, 2), (1, 1), (2, 0, 0), (0, 2, 2)):
        yield Sample(well_conditioned(draw, *shape, dtype=dtypes.float32), **attrs)


def _inv_samples(draw: Draw) -> Iterable[Sample]:
    yield from _square_samples(draw, adjoint=False)
    yield from _square_samples(draw, adjoint=True)


inv_p = primitive(
    "MatrixInverse",
    infer=_inv_infer,
    kernel=_inv_kernel,
    vjp=_inv_vjp,
    lower=HOST,
    samples=_inv_samples,
)


@export("linalg.inv")
def inv(input: Any, adjoint: bool = False, name: str | None = None) -> Any:
    """Computes inverses of square matrices.

    Args:
      input: tensor `[..., n, n]`: floating (not bfloat16) or complex.
      adjoint: whether the inverse of the conjugate transpose is wanted.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `input`.

    Raises:
      tf.errors.InvalidArgumentError: when a matrix is singular or not square.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.inv([[2.0, 0.0], [0.0, 4.0]]).numpy()
      array([[0.5 , 0.  ],
             [0.  , 0.25]], dtype=float32)
    """
    return apply(inv_p, convert(input), adjoint=bool(adjoint))


# -- solve -------------------------------------------------------------------------------------


def _solve_infer(matrix: Spec, rhs: Spec, adjoint: bool) -> Spec:
    require_same_dtype(matrix, rhs)
    require_lapack(matrix)
    require_square(matrix, "matrix")
    require_matrix(rhs, "rhs")
    if matrix.shape is None or rhs.shape is None:
        return Spec(rhs.dtype, None)
    merge_dims(matrix.shape[:-1], rhs.shape[:-1], "rhs")
    return Spec(rhs.dtype, rhs.shape)


def _solve_kernel(matrix: np.ndarray, rhs: np.ndarray, adjoint: bool) -> np.ndarray:
    try:
        return np.linalg.solve(adjoint_array(matrix) if adjoint else matrix, rhs)
    except np.linalg.LinAlgError:
        reject("matrix: expected an invertible matrix; received a singular one")


def _solve_vjp(ctx: Any, dx: Any) -> Any:
    matrix, _ = ctx.inputs
    adjoint = ctx.attrs["adjoint"]
    x = ctx.outputs[0]
    by_rhs = apply(solve_p, matrix, dx, adjoint=not adjoint)
    if adjoint:
        by_matrix = matmul(x, by_rhs, adjoint_b=True)
    else:
        by_matrix = matmul(by_rhs, x, adjoint_b=True)
    return negative(by_matrix), by_rhs


def _solve_samples(draw: Draw) -> Iterable[Sample]:
    for adjoint in (False, True):
        for dtype in sorted(LAPACK, key=lambda d: d.name):
            a, b = well_conditioned(draw, 3, 3, dtype=dtype), draw.reals(3, 2, dtype=dtype)
            yield Sample(a, b, adjoint=adjoint)
    f32 = dtypes.float32
    for shape, k in (((2, 2, 2), 1), ((0, 0), 3), ((2, 3, 3), 0)):
        b = draw.reals(*shape[:-1], k)
        yield Sample(well_conditioned(draw, *shape, dtype=f32), b, adjoint=False)


solve_p = primitive(
    "MatrixSolve",
    infer=_solve_infer,
    kernel=_solve_kernel,
    vjp=_solve_vjp,
    lower=HOST,
    samples=_solve_samples,
)


@export("linalg.solve")
def solve(matrix: Any, rhs: Any, adjoint: bool = False, name: str | None = None) -> Any:
    """Solves systems of linear equations `matrix @ x = rhs`.

    Args:
      matrix: tensor `[..., n, n]`, float32, float64 or complex.
      rhs: tensor `[..., n, k]` of the same dtype and batch dimensions.
      adjoint: whether the system is that of the conjugate transpose.
      name: ignored in eager mode.

    Returns:
      A tensor `[..., n, k]`.

    Raises:
      tf.errors.InvalidArgumentError: when a matrix is singular, or shapes do not fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.solve([[2.0, 0.0], [0.0, 4.0]], [[1.0], [2.0]]).numpy()
      array([[0.5],
             [0.5]], dtype=float32)
    """
    matrix = convert(matrix)
    rhs = convert(rhs, hint=matrix.dtype)
    return apply(solve_p, matrix, rhs, adjoint=bool(adjoint))


# -- determinants ------------------------------------------------------------------------------


def _det_infer(input: Spec) -> Spec:
    require_lapack(input)
    require_square(input)
    return Spec(input.dtype, batch_of(input))


def _scaled_inverse(factor: Any, x: Any) -> Any:
    """`factor` of every matrix times its inverse's conjugate transpose."""
    factor = dimensions.expand_dims(dimensions.expand_dims(factor, -1), -1)
    return multiply(factor, inv(x, adjoint=True))


def _det_vjp(ctx: Any, dy: Any) -> Any:
    # Without a conjugate of the determinant, which complex matrices would need: as TensorFlow.
    return (_scaled_inverse(multiply(dy, ctx.outputs[0]), ctx.inputs[0]),)


def _det_samples(draw: Draw) -> Iterable[Sample]:
    for sample in _square_samples(draw):
        yield Sample(*sample.inputs, grad=not np.iscomplexobj(sample.inputs[0]))


det_p = primitive(
    "MatrixDeterminant",
    infer=_det_infer,
    kernel=lambda input: np.asarray(np.linalg.det(input), input.dtype),
    vjp=_det_vjp,
    lower=HOST,
    samples=_det_samples,
)


@export("linalg.det")
def det(input: Any, name: str | None = None) -> Any:
    """Computes determinants of square matrices.

    Args:
      input: tensor `[..., n, n]`, float32, float64 or complex.
      name: ignored in eager mode.

    Returns:
      A tensor `[...]`.

    Raises:
      tf.errors.InvalidArgumentError: when a matrix is not square.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.det([[2.0, 0.0], [0.0, 4.0]]).numpy()
      np.float32(8.0)
    """
    return apply(det_p, convert(input))


def _slogdet_kernel(input: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    sign, log_abs = np.linalg.slogdet(input)
    return np.asarray(sign, input.dtype), np.asarray(log_abs, input.dtype)


def _slogdet_infer(input: Spec) -> tuple[Spec, Spec]:
    return _det_infer(input), _det_infer(input)


slogdet_p = primitive(
    "LogMatrixDeterminant",
    infer=_slogdet_infer,
    kernel=_slogdet_kernel,
    # The sign is constant (for complex matrices TensorFlow treats it as such, too).
    vjp=lambda ctx, dsign, dlog: (_scaled_inverse(dlog, ctx.inputs[0]),),
    lower=HOST,
    samples=_det_samples,
)

LogMatrixDeterminant = namedtuple("LogMatrixDeterminant", ["sign", "log_abs_determinant"])


@export("linalg.slogdet")
def slogdet(input: Any, name: str | None = None) -> Any:
    """Computes signs and logarithms of determinants, which neither over- nor underflow.

    Args:
      input: tensor `[..., n, n]`, float32, float64 or complex.
      name: ignored in eager mode.

    Returns:
      A named tuple of `sign` `[...]` (0 for singular matrices) and `log_abs_determinant` `[...]`.

    Raises:
      tf.errors.InvalidArgumentError: when a matrix is not square.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.slogdet([[0.0, 1.0], [1.0, 0.0]]).sign.numpy()
      np.float32(-1.0)
    """
    return LogMatrixDeterminant(*apply(slogdet_p, convert(input)))


# -- least squares by the pseudoinverse ----------------------------------------------------------


def _least_infer(matrix: Spec, rhs: Spec, l2_regularizer: Spec, fast: bool) -> Spec:
    require_same_dtype(matrix, rhs)
    require_lapack(matrix)
    require_matrix(matrix, "matrix")
    require_matrix(rhs, "rhs")
    if matrix.shape is None or rhs.shape is None:
        return Spec(rhs.dtype, None)
    merge_dims(matrix.shape[:-1], rhs.shape[:-1], "rhs")
    return Spec(rhs.dtype, (*rhs.shape[:-2], matrix.shape[-1], rhs.shape[-1]))


def _least_kernel(
    matrix: np.ndarray, rhs: np.ndarray, l2_regularizer: np.ndarray, fast: bool
) -> np.ndarray:
    eps = np.finfo(matrix.dtype).eps * max(matrix.shape[-2:])
    return (np.linalg.pinv(matrix, rcond=eps) @ rhs).astype(rhs.dtype, copy=False)


def _least_vjp(ctx: Any, dx: Any) -> Any:
    raise ValueError("Gradient not defined for fast=False")


def _least_samples(draw: Draw) -> Iterable[Sample]:
    for dtype in (dtypes.float64, dtypes.complex128):
        for shape in ((4, 2), (2, 4), (3, 3), (2, 4, 3)):
            b = draw.reals(*shape[:-1], 2, dtype=dtype)
            yield Sample(draw.reals(*shape, dtype=dtype), b, np.array(0.0), fast=False, grad=False)


least_squares_p = primitive(
    "MatrixSolveLs",
    infer=_least_infer,
    kernel=_least_kernel,
    vjp=_least_vjp,
    lower=HOST,
    samples=_least_samples,
)
