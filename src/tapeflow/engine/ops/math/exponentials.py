"""Exponential, logarithm, powers and roots."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import elementwise, reject
from tapeflow.engine.ir.primitive import primitive
from tapeflow.engine.ir.samples import binary as binary_samples
from tapeflow.engine.ir.samples import unary as unary_samples
from tapeflow.engine.ops.math import comparison, division
from tapeflow.engine.ops.math.arithmetic import add, conjugate, multiply, realdiv, subtract
from tapeflow.engine.ops.math.broadcasting import sum_to_shape_of
from tapeflow.engine.ops.math.chain_rule import chain
from tapeflow.engine.runtime.dispatch import binary, unary

_FIELD = dtypes.FLOATING | dtypes.COMPLEX

exp_p = primitive(
    "Exp",
    infer=elementwise(_FIELD),
    kernel=np.exp,
    vjp=chain(lambda x, y: y),
    lower=lambda b, x: b.exp(x),
    samples=unary_samples(over=_FIELD),
)


@export("math.exp", "exp")
def exp(x: Any, name: str | None = None) -> Any:
    """Computes `e ** x` elementwise.

    Args:
      x: tensor of a floating or complex dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.exp([0.0, 1.0, float("-inf")]).numpy()
      array([1.       , 2.7182817, 0.       ], dtype=float32)
    """
    return unary(exp_p, x)


expm1_p = primitive(
    "Expm1",
    infer=elementwise(_FIELD),
    kernel=np.expm1,
    vjp=chain(lambda x, y: exp(x)),
    lower=lambda b, x: b.expm1(x),
    samples=unary_samples(over=_FIELD),
)


@export("math.expm1")
def expm1(x: Any, name: str | None = None) -> Any:
    """Computes `e ** x - 1` elementwise, accurately where `x` is small.

    Args:
      x: tensor of a floating or complex dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.expm1([0.0, 1e-10]).numpy()
      array([0.e+00, 1.e-10], dtype=float32)
    """
    return unary(expm1_p, x)


log_p = primitive(
    "Log",
    infer=elementwise(_FIELD),
    kernel=np.log,
    vjp=chain(lambda x, y: division.reciprocal(x)),
    lower=lambda b, x: b.log(x),
    samples=unary_samples(0.5, 3.0, over=_FIELD),
)


@export("math.log")
def log(x: Any, name: str | None = None) -> Any:
    """Computes the natural logarithm elementwise.

    Args:
      x: tensor of a floating or complex dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`; NaN for negative real numbers.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.log([0.0, 0.5, 1.0, -1.0]).numpy()
      array([      -inf, -0.6931472,  0.       ,        nan], dtype=float32)
    """
    return unary(log_p, x)


def _log1p_kernel(x: np.ndarray) -> Any:
    if x.dtype.kind != "c":
        return np.log1p(x)
    # NumPy's complex log1p loses small arguments.
    re, im = x.real, x.imag
    out = np.empty_like(x)
    small = 0.5 * np.log1p(re * (2 + re) + im * im)
    out.real = np.where(np.absolute(x) < 0.5, small, np.log(np.absolute(1 + x)))
    out.imag = np.arctan2(im, 1 + re)
    return out


log1p_p = primitive(
    "Log1p",
    infer=elementwise(_FIELD),
    kernel=_log1p_kernel,
    vjp=chain(lambda x, y: division.reciprocal(add(x, 1))),
    lower=lambda b, x: b.log1p(x),
    samples=unary_samples(-0.5, 3.0, over=_FIELD),
)


@export("math.log1p")
def log1p(x: Any, name: str | None = None) -> Any:
    """Computes `log(1 + x)` elementwise, accurately where `x` is small.

    Args:
      x: tensor of a floating or complex dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.log1p([0.0, 1e-10, -1.0]).numpy()
      array([0.e+00, 1.e-10,   -inf], dtype=float32)
    """
    return unary(log1p_p, x)


sqrt_p = primitive(
    "Sqrt",
    infer=elementwise(_FIELD),
    kernel=np.sqrt,
    vjp=lambda ctx, dy: (realdiv(multiply(dy, 0.5), conjugate(ctx.outputs[0])),),
    lower=lambda b, x: b.sqrt(x),
    samples=unary_samples(0.5, 3.0, over=_FIELD),
)


@export("math.sqrt", "sqrt")
def sqrt(x: Any, name: str | None = None) -> Any:
    """Computes the square root elementwise.

    Args:
      x: tensor of a floating or complex dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`; NaN for negative real numbers.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.sqrt([0.0, 4.0, -1.0]).numpy()
      array([ 0.,  2., nan], dtype=float32)
    """
    return unary(sqrt_p, x)


def _rsqrt_vjp(ctx: Any, dy: Any) -> Any:
    y = conjugate(ctx.outputs[0])
    return (multiply(multiply(dy, -0.5), multiply(multiply(y, y), y)),)


rsqrt_p = primitive(
    "Rsqrt",
    infer=elementwise(_FIELD),
    kernel=lambda x: np.true_divide(x.dtype.type(1), np.sqrt(x)),
    vjp=_rsqrt_vjp,
    lower=lambda b, x: b.div(b.const(1, x), b.sqrt(x)),
    samples=unary_samples(0.5, 3.0, over=_FIELD),
)


@export("math.rsqrt")
def rsqrt(x: Any, name: str | None = None) -> Any:
    """Computes `1 / sqrt(x)` elementwise.

    Args:
      x: tensor of a floating or complex dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.rsqrt([0.25, 4.0, 0.0]).numpy()
      array([2. , 0.5, inf], dtype=float32)
    """
    return unary(rsqrt_p, x)


def _pow_kernel(x: np.ndarray, y: np.ndarray) -> Any:
    if x.dtype.kind == "i" and (y < 0).any():
        reject("Integers to negative integer powers are not allowed: y: received negative numbers")
    return np.power(x, y)


def _pow_vjp(ctx: Any, dy: Any) -> Any:
    x, y = ctx.inputs
    z = conjugate(ctx.outputs[0])
    x_, y_ = conjugate(x), conjugate(y)
    by_x = by_y = None
    if ctx.needs[0]:
        slope = multiply(y_, pow(x_, subtract(y_, 1)))
        by_x = sum_to_shape_of(multiply(dy, slope), x)
    if ctx.needs[1]:
        # d(x**y)/dy is taken as 0 where x has no real logarithm.
        from tapeflow.engine.ops.array.selection import where

        usable = comparison.not_equal(x_, 0) if x.dtype.is_complex else comparison.greater(x_, 0)
        safe = where(usable, x_, _like(x_, 1))
        slope = multiply(z, where(usable, log(safe), _like(x_, 0)))
        by_y = sum_to_shape_of(multiply(dy, slope), y)
    return (by_x, by_y)


def _like(x: Any, value: int) -> Any:
    from tapeflow.engine.ops.array.creation import ones_like, zeros_like

    return ones_like(x) if value else zeros_like(x)


def _pow_samples(draw: Any) -> Any:
    for s in binary_samples(0.5, 2.0, over=dtypes.FLOATING, low2=-2.0, high2=2.0)(draw):
        yield s
    for dtype in (dtypes.int8, dtypes.int16, dtypes.int32, dtypes.int64):
        for s in binary_samples(over={dtype}, grad=False)(draw):
            x, y = s.inputs
            s.inputs = (x, np.asarray(np.abs(y) % y.dtype.type(8)))
            yield s
    for s in binary_samples(0.5, 2.0, over=dtypes.COMPLEX, specials=False)(draw):
        yield s


pow_p = primitive(
    "Pow",
    infer=elementwise(dtypes.FLOATING | dtypes.SIGNED_INTEGERS | dtypes.COMPLEX),
    kernel=_pow_kernel,
    vjp=_pow_vjp,
    lower=lambda b, x, y: b.pow(x, y),
    samples=_pow_samples,
)


@export("math.pow", "pow")
def pow(x: Any, y: Any, name: str | None = None) -> Any:
    """Computes `x ** y` elementwise, with broadcasting.

    Args:
      x: tensor of a floating, signed integer or complex dtype.
      y: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape and the dtype of the inputs; integers wrap around, and must
      not have negative exponents.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ, or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.pow([2, 3], [3, 2]).numpy()
      array([8, 9], dtype=int32)
    """
    return binary(pow_p, x, y)


def _xlogy_kernel(x: np.ndarray, y: np.ndarray) -> Any:
    return np.where(x == 0, x, np.multiply(x, np.log(y)))


def _xlogy_vjp(ctx: Any, dy: Any) -> Any:
    x, y = ctx.inputs
    x_, y_ = conjugate(x), conjugate(y)
    by_x = by_y = None
    if ctx.needs[0]:
        by_x = sum_to_shape_of(multiply(dy, xlogy(division._is_nonzero(x), y_)), x)
    if ctx.needs[1]:
        by_y = sum_to_shape_of(multiply(dy, division.xdivy(x_, y_)), y)
    return (by_x, by_y)


xlogy_p = primitive(
    "Xlogy",
    infer=elementwise(_FIELD),
    kernel=_xlogy_kernel,
    vjp=_xlogy_vjp,
    lower=lambda b, x, y: b.select(b.eq(x, b.const(0, x)), x, b.mul(x, b.log(y))),
    samples=binary_samples(0.5, 3.0, over=_FIELD),
)


@export("math.xlogy")
def xlogy(x: Any, y: Any, name: str | None = None) -> Any:
    """Computes `x * log(y)` elementwise, and 0 wherever `x` is 0.

    Args:
      x: tensor of a floating or complex dtype.
      y: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape and the dtype of the inputs.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ, or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.xlogy([0.0, 2.0], [0.0, 1.0]).numpy()
      array([0., 0.], dtype=float32)
    """
    return binary(xlogy_p, x, y)


def _xlog1py_kernel(x: np.ndarray, y: np.ndarray) -> Any:
    return np.where(x == 0, x, np.multiply(x, _log1p_kernel(y)))


def _xlog1py_vjp(ctx: Any, dy: Any) -> Any:
    x, y = ctx.inputs
    x_, y_ = conjugate(x), conjugate(y)
    by_x = by_y = None
    if ctx.needs[0]:
        by_x = sum_to_shape_of(multiply(dy, binary(xlog1py_p, division._is_nonzero(x), y_)), x)
    if ctx.needs[1]:
        by_y = sum_to_shape_of(multiply(dy, division.xdivy(x_, add(y_, 1))), y)
    return (by_x, by_y)


xlog1py_p = primitive(
    "Xlog1py",
    infer=elementwise(_FIELD),
    kernel=_xlog1py_kernel,
    vjp=_xlog1py_vjp,
    lower=lambda b, x, y: b.select(b.eq(x, b.const(0, x)), x, b.mul(x, b.log1p(y))),
    samples=binary_samples(0.5, 3.0, over=_FIELD),
)


@export("math.xlog1py")
def xlog1py(x: Any, y: Any, name: str | None = None) -> Any:
    """Computes `x * log(1 + y)` elementwise, and 0 wherever `x` is 0.

    Args:
      x: tensor of a floating or complex dtype.
      y: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape and the dtype of the inputs.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ, or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.xlog1py([0.0, 2.0], [-1.0, 1.0]).numpy()
      array([0.       , 1.3862944], dtype=float32)
    """
    return binary(xlog1py_p, x, y)
