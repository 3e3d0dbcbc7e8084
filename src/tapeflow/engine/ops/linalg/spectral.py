"""Singular values and eigenvalues, with their vectors, and what is computed from them.

Vectors are determined up to sign (or phase); where TensorFlow's libraries choose another one, so
may the results here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import reject
from tapeflow.engine.ir.primitive import HOST, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import dimensions
from tapeflow.engine.ops.linalg import solvers
from tapeflow.engine.ops.linalg.contraction import matmul
from tapeflow.engine.ops.linalg.diagonals import band_part, diag, diag_part, set_diag
from tapeflow.engine.ops.linalg.matrices import (
    LAPACK,
    adjoint,
    positive_definite,
    require_lapack,
    require_matrix,
    require_square,
    well_conditioned,
)
from tapeflow.engine.ops.math.arithmetic import add, conjugate, multiply, subtract
from tapeflow.engine.ops.math.casting import cast
from tapeflow.engine.ops.math.complex_numbers import real
from tapeflow.engine.ops.math.division import reciprocal_no_nan
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import Tensor

# -- svd ---------------------------------------------------------------------------------------


def _svd_infer(input: Spec, compute_uv: bool, full_matrices: bool) -> tuple[Spec, ...]:
    require_lapack(input)
    require_matrix(input)
    real_dtype = input.dtype
    if input.shape is None:
        return (Spec(real_dtype, None),) * 3
    *batch, rows, columns = input.shape
    rank = None if rows is None or columns is None else min(rows, columns)
    values = Spec(real_dtype, (*batch, rank))
    if not compute_uv:
        return values, Spec(input.dtype, ()), Spec(input.dtype, ())
    return (
        values,
        Spec(input.dtype, (*batch, rows, rows if full_matrices else rank)),
        Spec(input.dtype, (*batch, columns, columns if full_matrices else rank)),
    )


def _svd_kernel(input: np.ndarray, compute_uv: bool, full_matrices: bool) -> tuple[np.ndarray, ...]:
    dtype = input.dtype
    try:
        found = np.linalg.svd(input, full_matrices=full_matrices, compute_uv=compute_uv)
    except np.linalg.LinAlgError:  # NaN or infinity inside: so is the result
        shapes = [spec.shape for spec in _svd_infer(
            Spec(dtypes.FROM_NUMPY[dtype], input.shape), compute_uv, full_matrices
        )]  # fmt: skip
        return tuple(np.full(shape, np.nan, dtype) for shape in shapes)
    if not compute_uv:
        none = np.zeros((), dtype)
        return found.astype(dtype, copy=False), none, none
    u, s, v = found
    return s.astype(dtype, copy=False), u, v.swapaxes(-1, -2).conj()


def _eigen_gaps(values: Any) -> Any:
    """`1 / (values[j] - values[i])` at `[i, j]`, zero for equal values."""
    gaps = subtract(dimensions.expand_dims(values, -2), dimensions.expand_dims(values, -1))
    return reciprocal_no_nan(gaps)


def _scale_columns(x: Any, factors: Any) -> Any:
    return multiply(x, dimensions.expand_dims(factors, -2))


def _svd_vjp(ctx: Any, ds: Any, du: Any, dv: Any) -> Any:
    """J. Townsend, Differentiating the singular value decomposition, 2016.

    For complex matrices with the phase's term of Z.-Q. Wan and S.-X. Zhang, Automatic
    differentiation for complex valued SVD, 2019.
    """
    x = ctx.inputs[0]
    if not ctx.attrs["compute_uv"]:
        _, u, v = apply(svd_p, x, compute_uv=True, full_matrices=False)
        return (matmul(_scale_columns(u, ds), v, adjoint_b=True),)
    s, u, v = ctx.outputs
    rows, columns = (None, None) if x.shape.rank is None else x.shape.as_list()[-2:]
    if rows is None or columns is None:
        raise NotImplementedError(
            "SVD gradient has not been implemented for input with unknown inner matrix shape."
        )
    if ctx.attrs["full_matrices"]:
        if abs(rows - columns) > 1:
            raise NotImplementedError(
                "svd gradient is not implemented for abs(m - n) > 1 when full_matrices is True"
            )
        rank = min(rows, columns)
        u, du = _without_rest(u, du, rank)
        v, dv = _without_rest(v, dv, rank)
    gaps = _eigen_gaps(multiply(s, s))
    inverse = reciprocal_no_nan(s)
    turn_u = matmul(u, du, adjoint_a=True)
    turn_v = matmul(v, dv, adjoint_a=True)
    by_u = _scale_columns(multiply(gaps, subtract(turn_u, adjoint(turn_u))), s)
    by_v = multiply(gaps, subtract(turn_v, adjoint(turn_v)))
    by_v = multiply(dimensions.expand_dims(s, -1), by_v)
    inner = add(add(by_u, by_v), diag(ds))
    if x.dtype.is_complex:
        phase = multiply(diag_part(subtract(turn_u, adjoint(turn_u))), multiply(0.5, inverse))
        inner = add(inner, diag(phase))
    dx = matmul(matmul(u, inner), v, adjoint_b=True)
    if rows > columns:
        outside = subtract(du, matmul(u, turn_u))
        dx = add(dx, matmul(_scale_columns(outside, inverse), v, adjoint_b=True))
    elif columns > rows:
        outside = subtract(dv, matmul(v, turn_v))
        dx = add(dx, matmul(u, _scale_columns(outside, inverse), adjoint_b=True))
    return (dx,)


def _without_rest(u: Any, du: Any, rank: int) -> tuple[Any, Any]:
    """The first columns: the one beyond them turns as they do, being orthogonal to them."""
    if u.shape.as_list()[-1] == rank:
        return u, du
    rest, drest = u[..., rank:], du[..., rank:]
    u, du = u[..., :rank], du[..., :rank]
    return u, subtract(du, matmul(rest, matmul(drest, u, adjoint_a=True)))


def _svd_samples(draw: Draw) -> Iterable[Sample]:
    for dtype in sorted(LAPACK, key=lambda d: d.name):
        smooth = not dtype.is_complex  # the phase of a complex vector is a convention
        for full in (False, True):
            x = well_conditioned(draw, 3, 3, dtype=dtype)
            yield Sample(x, compute_uv=True, full_matrices=full, grad=smooth)
        x = draw.reals(2, 3, 2, dtype=dtype)
        yield Sample(x, compute_uv=False, full_matrices=False, grad=smooth)
    for shape in ((4, 2), (2, 4), (2, 3, 2)):
        x = draw.reals(*shape, dtype=dtypes.float64)
        yield Sample(x, compute_uv=True, full_matrices=False)
        yield Sample(x, compute_uv=True, full_matrices=True, grad=shape == (2, 3, 2))


svd_p = primitive(
    "Svd", infer=_svd_infer, kernel=_svd_kernel, vjp=_svd_vjp, lower=HOST, samples=_svd_samples
)


@export("linalg.svd")
def svd(
    tensor: Any, full_matrices: bool = False, compute_uv: bool = True, name: str | None = None
) -> Any:
    """Computes singular value decompositions `u @ diag(s) @ adjoint(v)`.

    Args:
      tensor: tensor `[..., m, n]`, float32, float64 or complex.
      full_matrices: whether `u` and `v` are square.
      compute_uv: whether the singular vectors are wanted.
      name: ignored in eager mode.

    Returns:
      `s` `[..., p]`, real, greatest first, with `p = min(m, n)`; if `compute_uv` the tuple of `s`,
      `u` `[..., m, p]` and `v` `[..., n, p]`, whose columns are determined up to sign.

    Raises:
      tf.errors.InvalidArgumentError: when the rank is less than 2 or the dtype is another.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.svd([[3.0, 0.0], [0.0, 4.0]], compute_uv=False).numpy()
      array([4., 3.], dtype=float32)
    """
    tensor = convert(tensor)
    found = apply(svd_p, tensor, compute_uv=bool(compute_uv), full_matrices=bool(full_matrices))
    s = real(found[0])
    return (s, found[1], found[2]) if compute_uv else s


# -- eigh --------------------------------------------------------------------------------------


def _eigh_infer(input: Spec, compute_v: bool) -> tuple[Spec, Spec]:
    require_lapack(input)
    require_square(input)
    values = Spec(input.dtype, None if input.shape is None else input.shape[:-1])
    return values, Spec(input.dtype, input.shape if compute_v else ())


def _eigh_kernel(input: np.ndarray, compute_v: bool) -> tuple[np.ndarray, np.ndarray]:
    if not np.isfinite(input).all():
        reject("input: expected finite numbers for the decomposition to succeed")
    if compute_v:
        values, vectors = np.linalg.eigh(input)
    else:
        values, vectors = np.linalg.eigvalsh(input), np.zeros((), input.dtype)
    return values.astype(input.dtype, copy=False), vectors


def _eigh_vjp(ctx: Any, dw: Any, dv: Any) -> Any:
    """Giles 2008, section 3.1; of a symmetric matrix the lower triangle stands for both."""
    if ctx.attrs["compute_v"]:
        w, v = ctx.outputs
        inner = add(diag(dw), multiply(_eigen_gaps(w), matmul(v, dv, adjoint_a=True)))
        dx = matmul(v, matmul(inner, v, adjoint_b=True))
    else:
        _, v = apply(eigh_p, ctx.inputs[0], compute_v=True)
        dx = matmul(_scale_columns(v, dw), v, adjoint_b=True)
    dx = band_part(add(dx, adjoint(dx)), -1, 0)
    return (set_diag(dx, multiply(0.5, diag_part(dx))),)


def _eigh_samples(draw: Draw) -> Iterable[Sample]:
    for compute in (True, False):
        for dtype in sorted(LAPACK, key=lambda d: d.name):
            x = positive_definite(draw, 3, 3, dtype=dtype)
            smooth = not (compute and dtype.is_complex)
            # Only the lower triangle is read, so central differences see that triangle alone.
            yield Sample(x, compute_v=compute, grad=smooth and not dtype.is_complex)
        yield Sample(positive_definite(draw, 2, 2, 2), compute_v=compute)
        yield Sample(np.zeros((0, 0)), compute_v=compute, grad=False)


eigh_p = primitive(
    "SelfAdjointEigV2",
    infer=_eigh_infer,
    kernel=_eigh_kernel,
    vjp=_eigh_vjp,
    lower=HOST,
    samples=_eigh_samples,
)


@export("linalg.eigh")
def eigh(tensor: Any, name: str | None = None) -> Any:
    """Computes eigenvalues and eigenvectors of self-adjoint matrices.

    Args:
      tensor: tensor `[..., n, n]`, float32, float64 or complex; its lower triangle is read.
      name: ignored in eager mode.

    Returns:
      `e` `[..., n]`, least first, and `v` `[..., n, n]`, whose columns are the vectors.

    Raises:
      tf.errors.InvalidArgumentError: when matrices are not square, or hold NaN or infinities.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.eigh([[2.0, 0.0], [0.0, 1.0]])[0].numpy()
      array([1., 2.], dtype=float32)
    """
    w, v = apply(eigh_p, convert(tensor), compute_v=True)
    return w, v


@export("linalg.eigvalsh")
def eigvalsh(tensor: Any, name: str | None = None) -> Any:
    """Computes eigenvalues of self-adjoint matrices.

    Args:
      tensor: tensor `[..., n, n]`, float32, float64 or complex; its lower triangle is read.
      name: ignored in eager mode.

    Returns:
      A tensor `[..., n]` of the dtype of `tensor`, the least eigenvalue first.

    Raises:
      tf.errors.InvalidArgumentError: when matrices are not square, or hold NaN or infinities.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.eigvalsh([[2.0, 0.0], [0.0, 1.0]]).numpy()
      array([1., 2.], dtype=float32)
    """
    return apply(eigh_p, convert(tensor), compute_v=False)[0]


# -- eig ---------------------------------------------------------------------------------------

_COMPLEX = {
    dtypes.float32: dtypes.complex64,
    dtypes.float64: dtypes.complex128,
    dtypes.complex64: dtypes.complex64,
    dtypes.complex128: dtypes.complex128,
}


def _eig_infer(input: Spec, compute_v: bool, Tout: DType) -> tuple[Spec, Spec]:
    require_lapack(input)
    require_square(input)
    values = Spec(Tout, None if input.shape is None else input.shape[:-1])
    return values, Spec(Tout, input.shape if compute_v else ())


def _eig_kernel(
    input: np.ndarray,
    compute_v: bool,
    Tout: DType,
) -> tuple[np.ndarray, np.ndarray]:
    if not np.isfinite(input).all():
        reject("input: expected finite numbers for the decomposition to succeed")
    if compute_v:
        values, vectors = np.linalg.eig(input)
    else:
        values, vectors = np.linalg.eigvals(input), np.zeros((), Tout.np)
    return values.astype(Tout.np), vectors.astype(Tout.np)


def _eig_vjp(ctx: Any, dw: Any, dv: Any) -> Any:
    """C. Boeddeker et al., On the computation of complex-valued gradients, 2017, equation 4.77."""
    x = ctx.inputs[0]
    if ctx.attrs["compute_v"]:
        w, v = ctx.outputs
        turn = matmul(v, dv, adjoint_a=True)
        along = diag(cast(real(diag_part(turn)), v.dtype))
        turn = subtract(turn, matmul(matmul(v, v, adjoint_a=True), along))
        inner = add(diag(dw), multiply(conjugate(_eigen_gaps(w)), turn))
    else:
        _, v = apply(eig_p, x, compute_v=True, Tout=ctx.attrs["Tout"])
        inner = diag(dw)
    dx = solvers.solve(adjoint(v), matmul(inner, v, adjoint_b=True))
    return (cast(dx, x.dtype),)


def _eig_samples(draw: Draw) -> Iterable[Sample]:
    for compute in (True, False):
        for dtype in sorted(LAPACK, key=lambda d: d.name):
            x = well_conditioned(draw, 3, 3, dtype=dtype)
            yield Sample(
                x,
                compute_v=compute,
                Tout=_COMPLEX[dtype],
                grad=not compute and dtype.real_dtype is dtypes.float64,
            )
        turning = np.array([[[0.0, 1.0], [-1.0, 0.2]], [[2.0, 1.0], [0.5, 1.0]]])
        yield Sample(turning, compute_v=compute, Tout=dtypes.complex128, grad=not compute)


eig_p = primitive(
    "Eig", infer=_eig_infer, kernel=_eig_kernel, vjp=_eig_vjp, lower=HOST, samples=_eig_samples
)


def _general(tensor: Any, compute_v: bool) -> Any:
    if not isinstance(tensor, Tensor):
        if not hasattr(tensor, "dtype"):
            # TensorFlow looks at the dtype before it converts.
            raise AttributeError(f"{type(tensor).__name__!r} object has no attribute 'dtype'")
        tensor = convert(tensor)
    target = _COMPLEX.get(tensor.dtype)
    if target is None:
        raise UnboundLocalError(
            f"eig: expected dtype float32, float64, complex64 or complex128; "
            f"received {tensor.dtype.name}"
        )
    return apply(eig_p, tensor, compute_v=compute_v, Tout=target)


@export("eig", "linalg.eig")
def eig(tensor: Any, name: str | None = None) -> Any:
    """Computes eigenvalues and right eigenvectors of square matrices.

    Args:
      tensor: tensor or array `[..., n, n]`, float32, float64 or complex.
      name: ignored in eager mode.

    Returns:
      `e` `[..., n]` and `v` `[..., n, n]`, whose columns are the vectors; both complex.

    Raises:
      tf.errors.InvalidArgumentError: when matrices are not square, or hold NaN or infinities.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.eig(tf.constant([[0.0, 1.0], [-1.0, 0.0]]))[0].numpy()
      array([0.+1.j, 0.-1.j], dtype=complex64)
    """
    return _general(tensor, True)


@export("eigvals", "linalg.eigvals")
def eigvals(tensor: Any, name: str | None = None) -> Any:
    """Computes eigenvalues of square matrices.

    Args:
      tensor: tensor or array `[..., n, n]`, float32, float64 or complex.
      name: ignored in eager mode.

    Returns:
      A complex tensor `[..., n]`.

    Raises:
      tf.errors.InvalidArgumentError: when matrices are not square, or hold NaN or infinities.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.eigvals(tf.constant([[0.0, 1.0], [-1.0, 0.0]])).numpy()
      array([0.+1.j, 0.-1.j], dtype=complex64)
    """
    return _general(tensor, False)[0]
