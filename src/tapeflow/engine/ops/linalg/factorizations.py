"""QR and LU factors of matrices."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType, as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import reject, reject_dtype
from tapeflow.engine.ir.primitive import HOST, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import concatenation, gathering, shaping
from tapeflow.engine.ops.array.shaping import INDEX
from tapeflow.engine.ops.linalg.contraction import eye, matmul
from tapeflow.engine.ops.linalg.diagonals import band_part, diag_part, set_diag
from tapeflow.engine.ops.linalg.matrices import (
    LAPACK,
    adjoint,
    require_lapack,
    require_matrix,
    require_square,
    well_conditioned,
)
from tapeflow.engine.ops.linalg.triangular import factor_lu, triangular_solve
from tapeflow.engine.ops.math.arithmetic import add, subtract
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply

# -- qr ----------------------------------------------------------------------------------------


def _qr_infer(input: Spec, full_matrices: bool) -> tuple[Spec, Spec]:
    if input.dtype is not dtypes.float16:
        require_lapack(input, ())
    require_matrix(input)
    if input.shape is None:
        return Spec(input.dtype, None), Spec(input.dtype, None)
    *batch, rows, columns = input.shape
    if full_matrices:
        inner = rows
    elif rows is None or columns is None:
        inner = None
    else:
        inner = min(rows, columns)
    return Spec(input.dtype, (*batch, rows, inner)), Spec(input.dtype, (*batch, inner, columns))


def _qr_kernel(input: np.ndarray, full_matrices: bool) -> tuple[np.ndarray, ...]:
    x = input.astype(np.float32) if input.dtype.itemsize == 2 else input
    q, r = np.linalg.qr(x, "complete" if full_matrices else "reduced")
    return q.astype(input.dtype, copy=False), r.astype(input.dtype, copy=False)


def _qr_vjp(ctx: Any, dq: Any, dr: Any) -> Any:
    q, r = ctx.outputs
    rows = q.shape.as_list()[-2]
    columns = r.shape.as_list()[-1]
    if rows is None or columns is None:
        raise NotImplementedError(
            f"QrGrad not implemented with dynamic shapes. Received r.shape={r.shape}."
        )
    if rows > columns and ctx.attrs["full_matrices"]:
        raise NotImplementedError(
            "QrGrad not implemented when nrows > ncols and full_matrices is true. "
            f"Received r.shape={r.shape}."
        )
    if rows >= columns:
        return (_qr_tall(q, r, dq, dr),)
    # The first columns X = Q U alone determine Q; the others are Y = Q V.
    y = ctx.inputs[0][..., rows:]
    du, dv = dr[..., :rows], dr[..., rows:]
    dx = _qr_tall(q, r[..., :rows], add(dq, matmul(y, dv, adjoint_b=True)), du)
    return (concatenation.concat([dx, matmul(q, dv)], -1),)


def _qr_tall(q: Any, r: Any, dq: Any, dr: Any) -> Any:
    """S. F. Walter and L. Lehmann, Algorithmic differentiation of linear algebra functions, 2010.

    In the form of M. Seeger et al., Auto-differentiating linear algebra, 2017, section 4.3.
    """
    skew = subtract(matmul(r, dr, adjoint_b=True), matmul(dq, q, adjoint_a=True))
    lower = band_part(skew, -1, 0)
    strict = set_diag(lower, subtract(diag_part(lower), diag_part(lower)))
    inner = add(lower, adjoint(strict))
    if q.dtype.is_complex:
        from tapeflow.engine.ops.math.casting import cast
        from tapeflow.engine.ops.math.complex_numbers import real

        inner = set_diag(inner, cast(real(diag_part(inner)), q.dtype))
    left = add(dq, matmul(q, inner))
    # left @ inverse(r)^H, by substitution
    return adjoint(triangular_solve(r, adjoint(left), lower=False))


def _qr_samples(draw: Draw) -> Iterable[Sample]:
    for dtype in sorted(LAPACK, key=lambda d: d.name):
        smooth = not dtype.is_complex  # the phase of a complex column is a convention
        yield Sample(well_conditioned(draw, 3, 3, dtype=dtype), full_matrices=False, grad=smooth)
        yield Sample(draw.reals(4, 2, dtype=dtype), full_matrices=False, grad=smooth)
    for shape in ((2, 3, 2), (2, 4), (2, 2, 3)):
        yield Sample(draw.reals(*shape, dtype=dtypes.float64), full_matrices=False)
    yield Sample(draw.reals(2, 3), full_matrices=True)
    yield Sample(draw.reals(3, 2), full_matrices=True, grad=False)


qr_p = primitive(
    "Qr", infer=_qr_infer, kernel=_qr_kernel, vjp=_qr_vjp, lower=HOST, samples=_qr_samples
)

Qr = namedtuple("Qr", ["q", "r"])


@export("linalg.qr")
def qr(input: Any, full_matrices: bool = False, name: str | None = None) -> Any:
    """Factors matrices into one with orthonormal columns and an upper triangular one.

    Args:
      input: tensor `[..., m, n]`: floating (not bfloat16) or complex.
      full_matrices: whether `q` is square, `[..., m, m]`.
      name: ignored in eager mode.

    Returns:
      A named tuple of `q` `[..., m, p]` and `r` `[..., p, n]`, where `p` is `min(m, n)`, or `m`.

    Raises:
      tf.errors.InvalidArgumentError: when the rank is less than 2 or the dtype is another.
      NotImplementedError: from the gradient, when `m > n` and `full_matrices`.

    Example:
      >>> import tapeflow as tf
      >>> q, r = tf.linalg.qr([[3.0, 1.0], [4.0, 2.0]])
      >>> tf.matmul(q, r).numpy().round(3)
      array([[3., 1.],
             [4., 2.]], dtype=float32)
    """
    return Qr(*apply(qr_p, convert(input), full_matrices=bool(full_matrices)))


# -- lu ----------------------------------------------------------------------------------------


def _lu_infer(input: Spec, output_idx_type: DType) -> tuple[Spec, Spec]:
    require_lapack(input)
    require_square(input)
    if output_idx_type not in INDEX:
        reject_dtype(f"output_idx_type: expected int32 or int64; received {output_idx_type.name}")
    order = None if input.shape is None else input.shape[:-1]
    return Spec(input.dtype, input.shape), Spec(output_idx_type, order)


def _lu_kernel(input: np.ndarray, output_idx_type: DType) -> tuple[np.ndarray, np.ndarray]:
    lu, order = factor_lu(input)
    if (np.diagonal(lu, axis1=-2, axis2=-1) == 0).any():
        reject("input: expected an invertible matrix; received a singular one")
    return lu, order.astype(output_idx_type.np)


def _lu_vjp(ctx: Any, dlu: Any, _: Any) -> Any:
    """As for Cholesky factors: cotangents of the triangles, moved back by triangular solves."""
    lu, order = ctx.outputs
    lower = set_diag(band_part(lu, -1, 0), eye_like(diag_part(lu)))
    upper = band_part(lu, 0, -1)
    middle_l = matmul(lower, band_part(dlu, -1, 0), adjoint_a=True)
    middle_u = matmul(band_part(dlu, 0, -1), upper, adjoint_b=True)
    strict = subtract(band_part(middle_l, -1, 0), band_part(middle_l, 0, 0))
    dlu_strict = matmul(lower, band_part(dlu, 0, 0), adjoint_a=True)
    strict = subtract(strict, subtract(band_part(dlu_strict, -1, 0), band_part(dlu_strict, 0, 0)))
    middle = add(strict, band_part(middle_u, 0, -1))
    middle = triangular_solve(lower, middle, adjoint=True)  # lower^-H @ middle
    middle = adjoint(triangular_solve(upper, adjoint(middle), lower=False))  # ... @ upper^-H
    return (
        gathering.gather(middle, _inverse_order(order), axis=-2, batch_dims=order.shape.ndims - 1),
    )


def eye_like(diagonal: Any) -> Any:
    """Ones in place of the diagonal."""
    from tapeflow.engine.ops.array import creation

    return creation.ones_like(diagonal)


def _inverse_order(order: Any) -> Any:
    from tapeflow.engine.ops.array.sorting import argsort
    from tapeflow.engine.ops.math.casting import cast

    return cast(argsort(order), order.dtype)


def _lu_samples(draw: Draw) -> Iterable[Sample]:
    for dtype in sorted(LAPACK, key=lambda d: d.name):
        x = well_conditioned(draw, 3, 3, dtype=dtype)[[2, 0, 1]]
        yield Sample(x, output_idx_type=dtypes.int32)
    for shape in ((2, 2, 2), (1, 1), (0, 0)):
        x = well_conditioned(draw, *shape, dtype=dtypes.float32)
        yield Sample(x, output_idx_type=dtypes.int64)


lu_p = primitive(
    "Lu", infer=_lu_infer, kernel=_lu_kernel, vjp=_lu_vjp, lower=HOST, samples=_lu_samples
)

Lu = namedtuple("Lu", ["lu", "p"])


@export("linalg.lu")
def lu(input: Any, output_idx_type: Any = dtypes.int32, name: str | None = None) -> Any:
    """Factors the permuted rows of square matrices into lower and upper triangular matrices.

    Args:
      input: tensor `[..., n, n]`, float32, float64 or complex, invertible.
      output_idx_type: int32 or int64, the dtype of the permutation.
      name: ignored in eager mode.

    Returns:
      A named tuple of `lu` `[..., n, n]`, both factors in one (the lower one has a diagonal of
      ones, which is not stored), and `p` `[..., n]`: row i of the product is row `p[i]` of `input`.

    Raises:
      tf.errors.InvalidArgumentError: when a matrix is singular or not square.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.lu([[0.0, 2.0], [1.0, 0.0]]).p.numpy()
      array([1, 0], dtype=int32)
    """
    return Lu(*apply(lu_p, convert(input), output_idx_type=as_dtype(output_idx_type)))


@export("linalg.lu_reconstruct")
def lu_reconstruct(
    lower_upper: Any, perm: Any, validate_args: bool = False, name: str | None = None
) -> Any:
    """Multiplies LU factors: the inverse of `tf.linalg.lu`.

    Args:
      lower_upper: tensor `[..., n, n]`, from `tf.linalg.lu`.
      perm: int tensor `[..., n]`, from `tf.linalg.lu`.
      validate_args: ignored: shapes are always checked.
      name: ignored in eager mode.

    Returns:
      A tensor `[..., n, n]`.

    Raises:
      tf.errors.InvalidArgumentError: when shapes do not fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.lu_reconstruct(*tf.linalg.lu([[0.0, 2.0], [1.0, 0.0]])).numpy()
      array([[0., 2.],
             [1., 0.]], dtype=float32)
    """
    lower_upper, perm = convert(lower_upper), convert(perm)
    product = matmul(_unit_lower(lower_upper), band_part(lower_upper, 0, -1))
    batch = perm.shape.ndims - 1
    return gathering.gather(product, _inverse_order(perm), axis=-2, batch_dims=batch)


def _unit_lower(lower_upper: Any) -> Any:
    return set_diag(band_part(lower_upper, -1, 0), eye_like(diag_part(lower_upper)))


@export("linalg.lu_solve")
def lu_solve(
    lower_upper: Any, perm: Any, rhs: Any, validate_args: bool = False, name: str | None = None
) -> Any:
    """Solves systems of equations, given LU factors of their matrices.

    Args:
      lower_upper: tensor `[..., n, n]`, from `tf.linalg.lu`.
      perm: int tensor `[..., n]`, from `tf.linalg.lu`.
      rhs: tensor `[..., n, k]` of the same dtype.
      validate_args: ignored: shapes are always checked.
      name: ignored in eager mode.

    Returns:
      A tensor `[..., n, k]`.

    Raises:
      tf.errors.InvalidArgumentError: when shapes do not fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.lu_solve(*tf.linalg.lu([[0.0, 2.0], [1.0, 0.0]]), [[2.0], [3.0]]).numpy()
      array([[3.],
             [1.]], dtype=float32)
    """
    lower_upper, perm = convert(lower_upper), convert(perm)
    rhs = convert(rhs, hint=lower_upper.dtype)
    batch = perm.shape.ndims - 1
    if rhs.shape.ndims > batch + 2 or batch == 0:
        permuted = gathering.gather(rhs, perm, axis=-2)
    else:
        permuted = gathering.gather(rhs, perm, axis=-2, batch_dims=batch)
    return triangular_solve(
        lower_upper, triangular_solve(_unit_lower(lower_upper), permuted), lower=False
    )


@export("linalg.lu_matrix_inverse")
def lu_matrix_inverse(
    lower_upper: Any, perm: Any, validate_args: bool = False, name: str | None = None
) -> Any:
    """Computes inverses of matrices, given their LU factors.

    Args:
      lower_upper: tensor `[..., n, n]`, from `tf.linalg.lu`.
      perm: int tensor `[..., n]`, from `tf.linalg.lu`.
      validate_args: ignored: shapes are always checked.
      name: ignored in eager mode.

    Returns:
      A tensor `[..., n, n]`.

    Raises:
      tf.errors.InvalidArgumentError: when shapes do not fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.lu_matrix_inverse(*tf.linalg.lu([[2.0, 0.0], [0.0, 4.0]])).numpy()
      array([[0.5 , 0.  ],
             [0.  , 0.25]], dtype=float32)
    """
    lower_upper = convert(lower_upper)
    shape = shaping.sizes(lower_upper)
    identity = eye(shape[-1], batch_shape=shape[:-2], dtype=lower_upper.dtype)
    return lu_solve(lower_upper, perm, identity)
