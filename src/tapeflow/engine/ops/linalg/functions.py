"""Functions of matrices: pseudoinverse, rank, exponential, square root, logarithm."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.errors import InvalidArgumentError, NotFoundError
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import require_dtype
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import dimensions
from tapeflow.engine.ops.array.arguments import refuse
from tapeflow.engine.ops.linalg import solvers, spectral
from tapeflow.engine.ops.linalg.contraction import eye, matmul
from tapeflow.engine.ops.linalg.matrices import (
    LAPACK,
    adjoint,
    positive_definite,
    require_lapack,
    require_square,
    well_conditioned,
)
from tapeflow.engine.ops.math import comparison, folds, reductions
from tapeflow.engine.ops.math.arithmetic import add, multiply, negative, subtract
from tapeflow.engine.ops.math.casting import cast
from tapeflow.engine.ops.math.division import reciprocal
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.tracing.deferral import planned


def _checked_float(a: Any) -> Any:
    a = convert(a)
    if not a.dtype.is_floating:
        raise TypeError(f"Input `a` must have `float`-like `dtype` (saw {a.dtype.name}).")
    if a.shape.ndims is not None and a.shape.ndims < 2:
        raise ValueError(f"Input `a` must have at least 2 dimensions (saw: {a.shape.ndims}).")
    return a


def _eps(dtype: Any) -> float:
    return float(np.finfo(dtype.np).eps)


@export("linalg.matrix_rank")
@planned(
    sizes=("a",),
    result=lambda a, **_: Spec(dtypes.int32, None if a.shape.rank is None else a.shape._dims[:-2]),
)
def matrix_rank(
    a: Any, tol: Any = None, validate_args: bool = False, name: str | None = None
) -> Any:
    """Counts the singular values of matrices above a threshold.

    Args:
      a: tensor `[..., m, n]` of a floating dtype.
      tol: the threshold, `[...]`; by default `max(m, n)` times the greatest singular value times
        the dtype's machine epsilon.
      validate_args: ignored: the rank of `a` is always checked.
      name: ignored in eager mode.

    Returns:
      An int32 tensor `[...]`.

    Raises:
      TypeError: for another dtype.
      ValueError: when the rank of `a` is less than 2.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.matrix_rank([[1.0, 2.0], [2.0, 4.0]]).numpy()
      np.int32(1)
    """
    a = _checked_float(a)
    s = spectral.svd(a, compute_uv=False)
    if tol is None:
        largest = folds.reduce_max(s, -1, keepdims=True)
        tol = multiply(largest, max(a.shape.as_list()[-2:]) * _eps(a.dtype))
    else:
        tol = dimensions.expand_dims(convert(tol, a.dtype), -1)
    return reductions.reduce_sum(cast(comparison.greater(s, tol), dtypes.int32), -1)


def _transposed(a: Any, **_: Any) -> Spec:
    dims = a.shape._dims
    return Spec(a.dtype, None if dims is None else (*dims[:-2], dims[-1], dims[-2]))


@export("linalg.pinv")
@planned(sizes=("a",), result=_transposed)
def pinv(a: Any, rcond: Any = None, validate_args: bool = False, name: str | None = None) -> Any:
    """Computes Moore-Penrose pseudoinverses.

    Args:
      a: tensor `[..., m, n]` of a floating dtype.
      rcond: singular values below this fraction of the greatest count as zero, `[...]`; by default
        `10 * max(m, n)` times the dtype's machine epsilon.
      validate_args: ignored: the rank of `a` is always checked.
      name: ignored in eager mode.

    Returns:
      A tensor `[..., n, m]` of the dtype of `a`.

    Raises:
      TypeError: for another dtype.
      ValueError: when the rank of `a` is less than 2.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.pinv([[2.0, 0.0], [0.0, 0.0]]).numpy()
      array([[0.5, 0. ],
             [0. , 0. ]], dtype=float32)
    """
    from tapeflow.engine.ops.array.selection import where

    a = _checked_float(a)
    if rcond is None:
        rcond = 10.0 * max(a.shape.as_list()[-2:]) * _eps(a.dtype)
    rcond = convert(rcond, a.dtype)
    s, u, v = spectral.svd(a, full_matrices=False)
    cutoff = multiply(rcond, folds.reduce_max(s, -1))
    kept = comparison.greater(s, dimensions.expand_dims(cutoff, -1))
    inverse = reciprocal(where(kept, s, convert(np.inf, s.dtype)))
    return matmul(multiply(v, dimensions.expand_dims(inverse, -2)), u, adjoint_b=True)


# Coefficients of the diagonal Padé approximants to exp, and the norms up to which each is exact to
# working precision: N. J. Higham, The scaling and squaring method for the matrix exponential
# revisited, 2005, table 2.3.
_PADE = {
    3: (120.0, 60.0, 12.0, 1.0),
    5: (30240.0, 15120.0, 3360.0, 420.0, 30.0, 1.0),
    7: (17297280.0, 8648640.0, 1995840.0, 277200.0, 25200.0, 1512.0, 56.0, 1.0),
    13: (
        64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0,
        129060195264000.0, 10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0,
        40840800.0, 960960.0, 16380.0, 182.0, 1.0,
    ),
}  # fmt: skip
_SINGLE = ((3, 4.258730016922831e-1), (5, 1.880152677804762), (7, 3.925724783138660))
_DOUBLE = (
    (3, 1.495585217958292e-2),
    (5, 2.539398330063230e-1),
    (7, 9.504178996162932e-1),
    (13, 5.371920351148152),
)


@export("linalg.expm")
def expm(input: Any, name: str | None = None) -> Any:
    """Computes exponentials of square matrices.

    Args:
      input: tensor `[..., n, n]`, float32, float64 or complex.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `input`.

    Raises:
      ValueError: for integers and other dtypes without a kernel.
      tf.errors.InvalidArgumentError: when matrices are not square.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.expm([[0.0, 0.0], [0.0, 0.0]]).numpy()
      array([[1., 0.],
             [0., 1.]], dtype=float32)
    """
    x = convert(input)
    if x.dtype is dtypes.float16:
        raise NotFoundError(None, None, "expm: no kernel for dtype half; cast to float32")
    if x.dtype in (dtypes.bool, dtypes.uint8, dtypes.string):
        raise InvalidArgumentError(None, None, f"expm: received dtype {x.dtype.name}")
    if x.dtype not in LAPACK:
        raise ValueError(f"expm: expected float32, float64 or complex; received {x.dtype.name}")
    shape = x.shape.as_list()
    if len(shape) < 2 or (shape[-1] != shape[-2] and None not in shape[-2:]):
        raise refuse("expm", f"input: expected square matrices; received {x.shape}")
    return _exponential(x)


@planned(sizes=("x",), values=("x",), result=lambda x: Spec(x.dtype, x.shape._dims))
def _exponential(x: Any) -> Any:
    if not x.shape.num_elements():
        return x
    # One degree and number of squarings for the whole stack: enough for its greatest norm.
    norm = float(np.abs(static_value(x)).sum(-2).max())
    table = _SINGLE if x.dtype.real_dtype is dtypes.float32 else _DOUBLE
    degree, limit = next((row for row in table if norm <= row[1]), table[-1])
    squarings = 0
    if norm > limit and np.isfinite(norm):
        squarings = int(np.ceil(np.log2(norm / limit)))
        x = multiply(x, 2.0**-squarings)
    y = _pade(x, _PADE[degree])
    for _ in range(squarings):
        y = matmul(y, y)
    return y


def _pade(x: Any, c: tuple[float, ...]) -> Any:
    """The approximant's quotient; even and odd powers apart."""
    identity = eye(x.shape.as_list()[-1], dtype=x.dtype)
    square = matmul(x, x)
    power, odd, even = identity, multiply(c[1], identity), multiply(c[0], identity)
    for k in range(2, len(c), 2):
        power = matmul(power, square) if k > 2 else square
        even = add(even, multiply(c[k], power))
        odd = add(odd, multiply(c[k + 1], power))
    odd = matmul(x, odd)
    return solvers.solve(subtract(even, odd), add(even, odd))


# -- square root and logarithm -----------------------------------------------------------------


def _schur(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Complex Schur form `x = q t q^H` of one matrix, with `t` upper triangular.

    QR iteration with Wilkinson's shifts, after reduction by LAPACK's eigenvectors where they are
    independent: Golub and Van Loan, Matrix Computations, 7.5.
    """
    n = len(x)
    t = x.astype(np.complex128)
    _, vectors = np.linalg.eig(t)
    q, _ = np.linalg.qr(vectors)
    t = q.conj().T @ t @ q
    eps = np.finfo(np.float64).eps * max(np.abs(t).max(), 1e-300)
    high = n
    for _ in range(40 * n):
        while high > 1 and np.abs(t[high - 1, : high - 1]).max() <= 4 * n * eps:
            t[high - 1, : high - 1] = 0
            high -= 1
        if high <= 1:
            break
        block = t[high - 2 : high, high - 2 : high]
        roots = np.linalg.eigvals(block)
        shift = roots[np.argmin(np.abs(roots - block[1, 1]))]
        step, _ = np.linalg.qr(t[:high, :high] - shift * np.eye(high))
        t[:high] = step.conj().T @ t[:high]
        t[:, :high] = t[:, :high] @ step
        q[:, :high] = q[:, :high] @ step
    return q, np.triu(t)


def _triangular_root(t: np.ndarray) -> np.ndarray:
    """Å. Björck and S. Hammarling, A Schur method for the square root of a matrix, 1983."""
    n = len(t)
    r = np.diag(np.sqrt(np.diagonal(t)))
    for j in range(1, n):
        for i in range(j - 1, -1, -1):
            rest = t[i, j] - r[i, i + 1 : j] @ r[i + 1 : j, j]
            r[i, j] = rest / (r[i, i] + r[j, j])
    return r


def _root(x: np.ndarray) -> np.ndarray:
    if not np.isfinite(x).all():
        return np.full(x.shape, np.nan, x.dtype)
    q, t = _schur(x)
    root = q @ _triangular_root(t) @ q.conj().T
    if x.dtype.kind != "c":
        scale = max(float(np.abs(root).max()), 1e-300) if root.size else 1.0
        if root.size and np.abs(root.imag).max() > 1e-6 * scale:
            return np.full(x.shape, np.nan, x.dtype)  # there is no real root
        root = root.real
    return root.astype(x.dtype)


def _log(x: np.ndarray) -> np.ndarray:
    """Inverse scaling and squaring: N. J. Higham, Functions of Matrices, 2008, chapter 11."""
    if not np.isfinite(x).all():
        return np.full(x.shape, np.nan, x.dtype)
    q, t = _schur(x)
    identity = np.eye(len(x))
    halvings = 0
    while np.abs(t - identity).sum(0).max(initial=0.0) > 0.25 and halvings < 60:
        t = _triangular_root(t)
        halvings += 1
    points, weights = np.polynomial.legendre.leggauss(8)
    total = np.zeros_like(t)
    for p, w in zip((points + 1) / 2, weights / 2, strict=True):
        total = total + w * np.linalg.solve(identity + p * (t - identity), t - identity)
    return (q @ (2.0**halvings * total) @ q.conj().T).astype(x.dtype)


def _each(function: Any, input: np.ndarray) -> np.ndarray:
    if not input.size:
        return input
    n = input.shape[-1]
    flat = input.reshape(-1, n, n)
    return np.stack([function(x) for x in flat]).reshape(input.shape)


def _square_infer(input: Spec) -> Spec:
    require_lapack(input)
    require_square(input)
    return Spec(input.dtype, input.shape)


def _sylvester(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Solves `a x + x b = c`, by eigenvectors' bases turned triangular."""
    p, s = _schur(a)
    q, t = _schur(b)
    f = p.conj().T @ c @ q
    x = np.zeros_like(f)
    n = len(a)
    for j in range(len(b)):
        x[:, j] = np.linalg.solve(s + t[j, j] * np.eye(n), f[:, j] - x[:, :j] @ t[:j, j])
    x = p @ x @ q.conj().T
    return (x if c.dtype.kind == "c" else x.real).astype(c.dtype)


def _sylvester_infer(a: Spec, c: Spec) -> Spec:
    require_square(a)
    return Spec(c.dtype, c.shape)


def _sylvester_kernel(a: np.ndarray, c: np.ndarray) -> np.ndarray:
    n = a.shape[-1]
    if not c.size:
        return c
    pairs = zip(a.reshape(-1, n, n), c.reshape(-1, n, n), strict=True)
    return np.stack([_sylvester(x, x, y) for x, y in pairs]).reshape(c.shape)


def _sylvester_vjp(ctx: Any, dx: Any) -> Any:
    a = ctx.inputs[0]
    x = ctx.outputs[0]
    dc = apply(sylvester_p, adjoint(a), dx)
    da = negative(add(matmul(dc, x, adjoint_b=True), matmul(x, dc, adjoint_a=True)))
    return da, dc


def _sylvester_samples(draw: Draw) -> Iterable[Sample]:
    for dtype in (dtypes.float64, dtypes.complex128):
        yield Sample(well_conditioned(draw, 3, 3, dtype=dtype), draw.reals(3, 3, dtype=dtype))
        yield Sample(well_conditioned(draw, 2, 2, 2, dtype=dtype), draw.reals(2, 2, 2, dtype=dtype))


# x with `a x + x a = c`: what differentiates the square root.
sylvester_p = primitive(
    "SylvesterSolve",
    infer=_sylvester_infer,
    kernel=_sylvester_kernel,
    vjp=_sylvester_vjp,
    lower=HOST,
    samples=_sylvester_samples,
)


def _root_samples(draw: Draw) -> Iterable[Sample]:
    for dtype in sorted(LAPACK, key=lambda d: d.name):
        yield Sample(positive_definite(draw, 3, 3, dtype=dtype))
        yield Sample(well_conditioned(draw, 2, 2, 2, dtype=dtype))
    yield Sample(np.array([[1.0, 1.0], [0.0, 1.0]]), grad=False)
    yield Sample(np.zeros((0, 0)), grad=False)


sqrtm_p = primitive(
    "MatrixSquareRoot",
    infer=_square_infer,
    kernel=lambda input: _each(_root, input),
    vjp=lambda ctx, dy: (apply(sylvester_p, adjoint(ctx.outputs[0]), dy),),
    lower=HOST,
    samples=_root_samples,
)


@export("linalg.sqrtm")
def sqrtm(input: Any, name: str | None = None) -> Any:
    """Computes principal square roots of square matrices.

    Args:
      input: tensor `[..., n, n]`, float32, float64 or complex.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `input`; NaN where a real matrix has no real root.

    Raises:
      tf.errors.InvalidArgumentError: when matrices are not square.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.sqrtm([[4.0, 0.0], [0.0, 9.0]]).numpy()
      array([[2., 0.],
             [0., 3.]], dtype=float32)
    """
    return apply(sqrtm_p, convert(input))


def _log_infer(input: Spec) -> Spec:
    require_dtype(input, dtypes.COMPLEX)
    require_square(input)
    return Spec(input.dtype, input.shape)


def _log_samples(draw: Draw) -> Iterable[Sample]:
    for dtype in sorted(dtypes.COMPLEX, key=lambda d: d.name):
        yield Sample(positive_definite(draw, 3, 3, dtype=dtype), grad=False)
        yield Sample(well_conditioned(draw, 2, 2, 2, dtype=dtype), grad=False)
    yield Sample(np.array([[1.0, 1.0], [0.0, 1.0]], np.complex128), grad=False)


logm_p = primitive(
    "MatrixLogarithm",
    infer=_log_infer,
    kernel=lambda input: _each(_log, input),
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_log_samples,
)


@export("linalg.logm")
def logm(input: Any, name: str | None = None) -> Any:
    """Computes principal logarithms of square matrices.

    Args:
      input: tensor `[..., n, n]`, complex64 or complex128.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `input`.

    Raises:
      tf.errors.InvalidArgumentError: when matrices are not square, or real.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.logm(tf.eye(2, dtype=tf.complex64)).numpy()
      array([[0.+0.j, 0.+0.j],
             [0.+0.j, 0.+0.j]], dtype=complex64)
    """
    return apply(logm_p, convert(input))
