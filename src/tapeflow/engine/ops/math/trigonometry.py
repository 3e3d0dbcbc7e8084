"""Trigonometric and hyperbolic functions, and their inverses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import elementwise
from tapeflow.engine.ir.primitive import Primitive, primitive
from tapeflow.engine.ir.samples import binary as binary_samples
from tapeflow.engine.ir.samples import unary as unary_samples
from tapeflow.engine.ops.math import arithmetic, division, exponentials
from tapeflow.engine.ops.math.broadcasting import sum_to_shape_of
from tapeflow.engine.ops.math.chain_rule import chain
from tapeflow.engine.runtime.dispatch import binary, unary

_FIELD = dtypes.FLOATING | dtypes.COMPLEX


def _circular(
    name: str,
    kernel: Any,
    derivative: Callable[[Any, Any], Any],
    lower: Callable[..., Any],
    low: float,
    high: float,
) -> Primitive:
    return primitive(
        name,
        infer=elementwise(_FIELD),
        kernel=kernel,
        vjp=chain(derivative),
        lower=lower,
        samples=unary_samples(low, high, over=_FIELD),
    )


sin_p = _circular("Sin", np.sin, lambda x, y: cos(x), lambda b, x: b.sin(x), -3.0, 3.0)


@export("math.sin", "sin")
def sin(x: Any, name: str | None = None) -> Any:
    """Computes the sine elementwise; `x` is in radians.

    Args:
      x: tensor of a floating or complex dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.sin([0.0, 1.0]).numpy()
      array([0.        , 0.84147096], dtype=float32)
    """
    return unary(sin_p, x)


cos_p = _circular(
    "Cos",
    np.cos,
    lambda x, y: arithmetic.negative(sin(x)),
    lambda b, x: b.cos(x),
    -3.0,
    3.0,
)


@export("math.cos", "cos")
def cos(x: Any, name: str | None = None) -> Any:
    """Computes the cosine elementwise; `x` is in radians.

    Args:
      x: tensor of a floating or complex dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.cos([0.0, 1.0]).numpy()
      array([1.       , 0.5403023], dtype=float32)
    """
    return unary(cos_p, x)


tan_p = _circular(
    "Tan",
    np.tan,
    lambda x, y: division.reciprocal(arithmetic.square(cos(x))),
    lambda b, x: b.tan(x),
    -1.2,
    1.2,
)


@export("math.tan", "tan")
def tan(x: Any, name: str | None = None) -> Any:
    """Computes the tangent elementwise; `x` is in radians.

    Args:
      x: tensor of a floating or complex dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.tan([0.0, 1.0]).numpy()
      array([0.       , 1.5574077], dtype=float32)
    """
    return unary(tan_p, x)


asin_p = _circular(
    "Asin",
    np.arcsin,
    lambda x, y: exponentials.rsqrt(arithmetic.subtract(1, arithmetic.square(x))),
    lambda b, x: b.asin(x),
    -0.9,
    0.9,
)


@export("math.asin", "asin")
def asin(x: Any, name: str | None = None) -> Any:
    """Computes the angle, in radians, whose sine is `x`, elementwise.

    Args:
      x: tensor of a floating or complex dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.asin([0.0, 1.0, 2.0]).numpy()
      array([0.       , 1.5707964,       nan], dtype=float32)
    """
    return unary(asin_p, x)


acos_p = _circular(
    "Acos",
    np.arccos,
    lambda x, y: arithmetic.negative(
        exponentials.rsqrt(arithmetic.subtract(1, arithmetic.square(x)))
    ),
    lambda b, x: b.acos(x),
    -0.9,
    0.9,
)


@export("math.acos", "acos")
def acos(x: Any, name: str | None = None) -> Any:
    """Computes the angle, in radians, whose cosine is `x`, elementwise.

    Args:
      x: tensor of a floating or complex dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.acos([0.0, 1.0, 2.0]).numpy()
      array([1.5707964, 0.       ,       nan], dtype=float32)
    """
    return unary(acos_p, x)


atan_p = _circular(
    "Atan",
    np.arctan,
    lambda x, y: division.reciprocal(arithmetic.add(arithmetic.square(x), 1)),
    lambda b, x: b.atan(x),
    -3.0,
    3.0,
)


@export("math.atan", "atan")
def atan(x: Any, name: str | None = None) -> Any:
    """Computes the angle, in radians, whose tangent is `x`, elementwise.

    Args:
      x: tensor of a floating or complex dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.atan([0.0, 1.0]).numpy()
      array([0.       , 0.7853982], dtype=float32)
    """
    return unary(atan_p, x)


sinh_p = _circular("Sinh", np.sinh, lambda x, y: cosh(x), lambda b, x: b.sinh(x), -3.0, 3.0)


@export("math.sinh", "sinh")
def sinh(x: Any, name: str | None = None) -> Any:
    """Computes the hyperbolic sine elementwise.

    Args:
      x: tensor of a floating or complex dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.sinh([0.0, 1.0]).numpy()
      array([0.       , 1.1752012], dtype=float32)
    """
    return unary(sinh_p, x)


cosh_p = _circular("Cosh", np.cosh, lambda x, y: sinh(x), lambda b, x: b.cosh(x), -3.0, 3.0)


@export("math.cosh", "cosh")
def cosh(x: Any, name: str | None = None) -> Any:
    """Computes the hyperbolic cosine elementwise.

    Args:
      x: tensor of a floating or complex dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.cosh([0.0, 1.0]).numpy()
      array([1.       , 1.5430806], dtype=float32)
    """
    return unary(cosh_p, x)


asinh_p = _circular(
    "Asinh",
    np.arcsinh,
    lambda x, y: division.reciprocal(cosh(y)),
    lambda b, x: b.asinh(x),
    -3.0,
    3.0,
)


@export("math.asinh", "asinh")
def asinh(x: Any, name: str | None = None) -> Any:
    """Computes the inverse hyperbolic sine elementwise.

    Args:
      x: tensor of a floating or complex dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.asinh([0.0, 1.0]).numpy()
      array([0.       , 0.8813736], dtype=float32)
    """
    return unary(asinh_p, x)


acosh_p = _circular(
    "Acosh",
    np.arccosh,
    lambda x, y: division.reciprocal(sinh(y)),
    lambda b, x: b.acosh(x),
    1.2,
    4.0,
)


@export("math.acosh", "acosh")
def acosh(x: Any, name: str | None = None) -> Any:
    """Computes the inverse hyperbolic cosine elementwise.

    Args:
      x: tensor of a floating or complex dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.acosh([1.0, 2.0, 0.5]).numpy()
      array([0.      , 1.316958,      nan], dtype=float32)
    """
    return unary(acosh_p, x)


atanh_p = _circular(
    "Atanh",
    np.arctanh,
    lambda x, y: division.reciprocal(arithmetic.subtract(1, arithmetic.square(x))),
    lambda b, x: b.atanh(x),
    -0.9,
    0.9,
)


@export("math.atanh", "atanh")
def atanh(x: Any, name: str | None = None) -> Any:
    """Computes the inverse hyperbolic tangent elementwise.

    Args:
      x: tensor of a floating or complex dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.atanh([0.0, 0.5, 1.0]).numpy()
      array([0.        , 0.54930615,        inf], dtype=float32)
    """
    return unary(atanh_p, x)


def _atan2_vjp(ctx: Any, dy: Any) -> Any:
    y, x = ctx.inputs
    scaled = arithmetic.realdiv(dy, arithmetic.add(arithmetic.square(x), arithmetic.square(y)))
    by_y = by_x = None
    if ctx.needs[0]:
        by_y = sum_to_shape_of(arithmetic.multiply(x, scaled), y)
    if ctx.needs[1]:
        by_x = sum_to_shape_of(arithmetic.multiply(arithmetic.negative(y), scaled), x)
    return (by_y, by_x)


atan2_p = primitive(
    "Atan2",
    infer=elementwise(dtypes.FLOATING),
    kernel=np.arctan2,
    vjp=_atan2_vjp,
    lower=lambda b, y, x: b.atan2(y, x),
    samples=binary_samples(0.5, 3.0),
)


@export("math.atan2", "atan2")
def atan2(y: Any, x: Any, name: str | None = None) -> Any:
    """Computes the angle of the point `(x, y)`, in radians between -pi and pi, elementwise.

    Args:
      y: tensor of a floating dtype.
      x: tensor of the same dtype; a Python value takes the dtype of `y`.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape and the dtype of the inputs.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ, or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.atan2([1.0, 0.0], [0.0, -1.0]).numpy()
      array([1.5707964, 3.1415927], dtype=float32)
    """
    return binary(atan2_p, y, x)
