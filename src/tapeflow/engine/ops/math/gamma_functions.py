"""The gamma function's logarithm, its derivatives, zeta, and the incomplete functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    broadcast,
    elementwise,
    reject,
    require_dtype,
    require_same_dtype,
    shape_text,
)
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.samples import binary as binary_samples
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.math import gamma_kernels
from tapeflow.engine.ops.math.arithmetic import add, multiply, negative, subtract
from tapeflow.engine.ops.math.broadcasting import sum_to_shape_of
from tapeflow.engine.ops.math.chain_rule import chain
from tapeflow.engine.ops.math.exponentials import exp, xlog1py, xlogy
from tapeflow.engine.ops.math.in_float64 import DOUBLE, in_float64, special
from tapeflow.engine.ops.math.reductions import reduce_sum
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply, binary, unary
from tapeflow.engine.runtime.tensor import Tensor

_NAN = float("nan")
_HALVES = dtypes.FLOATING - DOUBLE

lgamma_p = special(
    "Lgamma", gamma_kernels.log_gamma, chain(lambda x, y: digamma(x)),
    0.5, 4.0, 0.0, -1.0, -1.5, 100.0, float("inf"), _NAN,
)  # fmt: skip


@export("math.lgamma")
def lgamma(x: Any, name: str | None = None) -> Any:
    """Computes the logarithm of the absolute value of the gamma function elementwise.

    Args:
      x: tensor of float16, float32 or float64.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`; inf at 0, -1, -2, ...

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.lgamma([0.0, 0.5, 1.0, 4.5]).numpy()
      array([      inf, 0.5723649, 0.       , 2.4537368], dtype=float32)
    """
    return unary(lgamma_p, x)


digamma_p = special(
    "Digamma", gamma_kernels.digamma,
    chain(lambda x, y: polygamma(_constant_like(x, 1.0), x)),
    0.5, 4.0, 0.0, -1.0, -1.5, 100.0, float("inf"), _NAN,
)  # fmt: skip


@export("math.digamma")
def digamma(x: Any, name: str | None = None) -> Any:
    """Computes the derivative of `lgamma` elementwise.

    Args:
      x: tensor of float16, float32 or float64.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`; NaN at 0, -1, -2, ...

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.digamma([0.5, 1.0, 4.5]).numpy()
      array([-1.9635108, -0.5772159,  1.3888711], dtype=float32)
    """
    return unary(digamma_p, x)


def _constant_like(x: Any, value: float) -> Any:
    return convert(value, x.dtype)


def _polygamma_vjp(ctx: Any, dy: Any) -> Any:
    n, x = ctx.inputs
    slope = polygamma(add(n, 1.0), x)
    return (None, sum_to_shape_of(multiply(dy, slope), x) if ctx.needs[1] else None)


def _order_samples(draw: Draw) -> Any:
    for dtype in sorted(DOUBLE, key=lambda d: d.name):
        orders = np.array([[0.0], [1.0], [2.0], [5.0]], dtype.np)
        yield Sample(orders, draw.reals(4, 3, low=0.5, high=4, dtype=dtype))
        yield Sample(np.array([-1.0, 0.5, 1.0, 2.0], dtype.np), np.array(0.0, dtype.np), grad=False)
    for shape in ((), (0,), (2, 0)):
        yield Sample(np.array(1, np.float32), draw.reals(*shape, low=0.5, high=4), grad=False)


polygamma_p = primitive(
    "Polygamma",
    infer=elementwise(DOUBLE),
    kernel=in_float64(gamma_kernels.polygamma),
    vjp=_polygamma_vjp,
    lower=HOST,
    samples=_order_samples,
)


@export("math.polygamma")
def polygamma(a: Any, x: Any, name: str | None = None) -> Any:
    """Computes the derivative of order `a` of the digamma function at `x`, elementwise.

    Args:
      a: tensor of float32 or float64, whole numbers.
      x: tensor of the same dtype; a Python value takes the dtype of `a`.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape and the dtype of the inputs; NaN unless `a` is a whole
      number >= 0.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ, or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.polygamma([0.0, 1.0], [1.0, 2.0]).numpy()
      array([-0.5772159,  0.6449341], dtype=float32)
    """
    return binary(polygamma_p, a, x)


def _zeta_vjp(ctx: Any, dy: Any) -> Any:
    x, q = ctx.inputs
    slope = multiply(negative(x), zeta(add(x, 1.0), q))
    return (None, sum_to_shape_of(multiply(dy, slope), q) if ctx.needs[1] else None)


zeta_p = primitive(
    "Zeta",
    infer=elementwise(DOUBLE),
    kernel=in_float64(gamma_kernels.zeta),
    vjp=_zeta_vjp,
    lower=HOST,
    samples=binary_samples(1.5, 4.0, over=DOUBLE, low2=0.5, high2=3.0, specials=False),
)


@export("math.zeta")
def zeta(x: Any, q: Any, name: str | None = None) -> Any:
    """Computes Hurwitz's zeta function, the sum of `(q + n) ** -x` over n >= 0, elementwise.

    Args:
      x: tensor of float32 or float64.
      q: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape and the dtype of the inputs; inf where `x` is 1, NaN below.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ, or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.zeta([2.0, 3.0], 1.0).numpy()
      array([1.644934, 1.202057], dtype=float32)
    """
    return binary(zeta_p, x, q)


def _density(a: Any, x: Any) -> Any:
    """`x ** (a - 1) * exp(-x) / gamma(a)`: the derivative of `igamma` in `x`."""
    return exp(subtract(subtract(xlogy(subtract(a, 1.0), x), x), lgamma(a)))


def _incomplete_vjp(sign: Any) -> Any:
    def vjp(ctx: Any, dy: Any) -> Any:
        a, x = ctx.inputs
        by_a = by_x = None
        if ctx.needs[0]:
            slope = binary(igamma_grad_a_p, a, x)
            by_a = sum_to_shape_of(multiply(dy, sign(slope)), a)
        if ctx.needs[1]:
            by_x = sum_to_shape_of(multiply(dy, sign(_density(a, x))), x)
        return (by_a, by_x)

    return vjp


def _shape_samples(grad: bool) -> Any:
    plain = binary_samples(0.5, 4.0, over=DOUBLE, specials=False, grad=grad)

    def sample(draw: Draw) -> Any:
        yield from plain(draw)
        values = np.array([0.0, 1.0, 0.5, 20.0, 100.0])
        for dtype in sorted(DOUBLE, key=lambda d: d.name):
            edges = values.astype(dtype.np)
            yield Sample(edges[1:, None], edges[None, :], grad=False)

    return sample


igamma_p = primitive(
    "Igamma",
    infer=elementwise(DOUBLE, missing=_HALVES),
    kernel=in_float64(lambda a, x: gamma_kernels.incomplete_gamma(a, x)[0]),
    vjp=_incomplete_vjp(lambda slope: slope),
    lower=HOST,
    # No differences: TensorFlow has no second derivative in `a` either.
    samples=_shape_samples(grad=False),
)

igammac_p = primitive(
    "Igammac",
    infer=elementwise(DOUBLE, missing=_HALVES),
    kernel=in_float64(lambda a, x: gamma_kernels.incomplete_gamma(a, x)[1]),
    vjp=_incomplete_vjp(negative),
    lower=HOST,
    samples=_shape_samples(grad=False),
)

igamma_grad_a_p = primitive(
    "IgammaGradA",
    infer=elementwise(DOUBLE),
    kernel=in_float64(gamma_kernels.incomplete_gamma_slope),
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=binary_samples(0.5, 4.0, over=DOUBLE, specials=False, grad=False),
)


@export("math.igamma")
def igamma(a: Any, x: Any, name: str | None = None) -> Any:
    """Computes the regularized lower incomplete gamma function P(a, x) elementwise.

    Args:
      a: tensor of float32 or float64.
      x: tensor of the same dtype; a Python value takes the dtype of `a`.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape and the dtype of the inputs.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ, or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.igamma([1.0, 2.0], 2.0).numpy()
      array([0.86466473, 0.5939942 ], dtype=float32)
    """
    return binary(igamma_p, a, x)


@export("math.igammac")
def igammac(a: Any, x: Any, name: str | None = None) -> Any:
    """Computes the regularized upper incomplete gamma function Q(a, x) elementwise.

    Args:
      a: tensor of float32 or float64.
      x: tensor of the same dtype; a Python value takes the dtype of `a`.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape and the dtype of the inputs.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ, or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.igammac([1.0, 2.0], 2.0).numpy()
      array([0.13533528, 0.40600586], dtype=float32)
    """
    return binary(igammac_p, a, x)


def _betainc_infer(a: Spec, b: Spec, x: Spec) -> Spec:
    require_same_dtype(a, b, x)
    require_dtype(a, DOUBLE)
    shape: Any = ()
    for spec in (a, b, x):
        other = spec.shape
        if other is None or shape is None:
            shape = None if shape is None or other is None else shape
        elif shape and other and shape != other and None not in (*shape, *other):
            # Scalars stand for any shape; otherwise nothing broadcasts here.
            have = f"{shape_text(shape)} and {shape_text(other)}"
            reject(f"inputs: expected equal shapes, or scalars; received {have}")
        else:
            shape = broadcast(shape, other)
    return Spec(a.dtype, shape)


def _betainc_vjp(ctx: Any, dy: Any) -> Any:
    a, b, x = ctx.inputs
    if not ctx.needs[2]:
        return (None, None, None)
    beta = subtract(add(lgamma(a), lgamma(b)), lgamma(add(a, b)))
    power = add(xlog1py(subtract(b, 1.0), negative(x)), xlogy(subtract(a, 1.0), x))
    return (None, None, sum_to_shape_of(multiply(dy, exp(subtract(power, beta))), x))


def _beta_samples(draw: Draw) -> Any:
    for dtype in sorted(DOUBLE, key=lambda d: d.name):
        shapes = (draw.reals(3, 4, low=0.5, dtype=dtype), draw.reals(3, 4, low=0.5, dtype=dtype))
        # The gradient reaches x alone.
        yield Sample(*shapes, draw.reals(3, 4, low=0.1, high=0.9, dtype=dtype), grad=False)
        ends = np.array([0.0, 1.0, -0.5, 2.0, 0.5, np.nan], dtype.np)
        yield Sample(np.array(2, dtype.np), np.array(3, dtype.np), ends, grad=False)


betainc_p = primitive(
    "Betainc",
    infer=_betainc_infer,
    kernel=in_float64(gamma_kernels.incomplete_beta),
    vjp=_betainc_vjp,
    lower=HOST,
    samples=_beta_samples,
)


@export("math.betainc")
def betainc(a: Any, b: Any, x: Any, name: str | None = None) -> Any:
    """Computes the regularized incomplete beta function elementwise.

    Args:
      a: tensor of float32 or float64, positive.
      b: tensor of the same dtype, positive.
      x: tensor of the same dtype, between 0 and 1; shapes must be equal, but scalars fit any.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of the inputs; NaN outside of the domain.

    Raises:
      tf.errors.InvalidArgumentError: when shapes or dtypes differ, or for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.betainc(1.0, [1.0, 2.0], 0.5).numpy()
      array([0.5 , 0.75], dtype=float32)
    """
    first = next((v for v in (a, b, x) if isinstance(v, Tensor)), None)
    if first is None:
        a = convert(a)
        first = a
    a, b, x = (v if isinstance(v, Tensor) else convert(v, first.dtype) for v in (a, b, x))
    return apply(betainc_p, a, b, x)


@export("math.lbeta")
def lbeta(x: Any, name: str | None = None) -> Any:
    """Computes the logarithm of the absolute value of the beta function of the last dimension.

    Args:
      x: tensor `[..., k]` of a floating dtype.
      name: ignored in eager mode.

    Returns:
      A tensor `[...]` of the dtype of `x`; -inf for `k` = 0.

    Raises:
      tf.errors.InvalidArgumentError: for a scalar, or other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.lbeta([[1.0, 2.0], [3.0, 4.0]]).numpy()
      array([-0.6931472, -4.0943446], dtype=float32)
    """
    x = convert(x)
    return subtract(reduce_sum(lgamma(x), [-1]), lgamma(reduce_sum(x, [-1])))
