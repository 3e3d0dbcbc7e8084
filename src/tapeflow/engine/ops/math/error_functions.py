"""The error function, its inverse, the normal quantile, Dawson's and Fresnel's integrals."""

from __future__ import annotations

import math
from typing import Any

from tapeflow.engine.core.export import export
from tapeflow.engine.ops.math import error_kernels
from tapeflow.engine.ops.math.arithmetic import multiply, negative, square, subtract
from tapeflow.engine.ops.math.chain_rule import chain
from tapeflow.engine.ops.math.exponentials import exp
from tapeflow.engine.ops.math.in_float64 import special
from tapeflow.engine.ops.math.trigonometry import cos, sin
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import unary

_SLOPE = 2.0 / math.sqrt(math.pi)

erf_p = special(
    "Erf",
    error_kernels.erf,
    chain(lambda x, y: multiply(exp(negative(square(x))), _SLOPE)),
    -3.0, 3.0, 0.0, float("nan"), 9.0, -9.0,
    bfloat=True,
    lower=lambda b, x: b.erf(x),
    single=error_kernels.erf_single,
)  # fmt: skip


@export("math.erf")
def erf(x: Any, name: str | None = None) -> Any:
    """Computes the error function, the integral of `2 / sqrt(pi) * exp(-t**2)` from 0 to `x`.

    Args:
      x: tensor of a floating dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.erf([0.0, 0.5, 1.0]).numpy()
      array([0.        , 0.5204999 , 0.84270084], dtype=float32)
    """
    return unary(erf_p, x)


erfc_p = special(
    "Erfc",
    error_kernels.erfc,
    chain(lambda x, y: multiply(exp(negative(square(x))), -_SLOPE)),
    -3.0, 3.0, 0.0, float("nan"), 8.0, -9.0,
    bfloat=True,
    lower=lambda b, x: b.erfc(x),
)  # fmt: skip


@export("math.erfc")
def erfc(x: Any, name: str | None = None) -> Any:
    """Computes `1 - erf(x)` elementwise, accurately where that is small.

    Args:
      x: tensor of a floating dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.erfc([0.0, 0.5, 1.0]).numpy()
      array([1.        , 0.47950011, 0.15729922], dtype=float32)
    """
    return unary(erfc_p, x)


erfinv_p = special(
    "Erfinv",
    error_kernels.erf_inverse,
    chain(lambda x, y: multiply(exp(square(y)), 1.0 / _SLOPE)),
    -0.9, 0.9, 0.0, 1.0, -1.0, 1.5, float("nan"),
    half=False,
)  # fmt: skip

ndtri_p = special(
    "Ndtri",
    error_kernels.normal_quantile,
    chain(lambda x, y: multiply(exp(multiply(square(y), 0.5)), math.sqrt(2.0 * math.pi))),
    0.1, 0.9, 0.0, 1.0, -0.5, 1.5, 0.5, 1e-20, float("nan"),
    half=False,
)  # fmt: skip


@export("math.erfinv")
def erfinv(x: Any, name: str | None = None) -> Any:
    """Computes the inverse of the error function elementwise.

    Args:
      x: tensor of float32 or float64.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`; infinite at -1 and 1, NaN beyond.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.erfinv([0.0, 0.5, 1.0]).numpy()
      array([0.       , 0.4769363,       inf], dtype=float32)
    """
    return unary(erfinv_p, convert(x))


@export("math.ndtri")
def ndtri(x: Any, name: str | None = None) -> Any:
    """Computes the quantile of the standard normal distribution elementwise.

    Args:
      x: tensor of float32 or float64: probabilities.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`; infinite at 0 and 1, NaN outside of them.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.ndtri([0.0, 0.5, 1.0]).numpy()
      array([-inf,   0.,  inf], dtype=float32)
    """
    return unary(ndtri_p, convert(x))


@export("math.erfcinv")
def erfcinv(x: Any, name: str | None = None) -> Any:
    """Computes the inverse of the complementary error function elementwise.

    Args:
      x: tensor of float32 or float64.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`; infinite at 0 and 2, NaN outside of them.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.erfcinv([0.0, 0.5, 2.0]).numpy()
      array([      inf, 0.4769363,      -inf], dtype=float32)
    """
    return multiply(negative(ndtri(multiply(convert(x), 0.5))), math.sqrt(0.5))


dawsn_p = special(
    "Dawsn",
    error_kernels.dawson,
    chain(lambda x, y: subtract(1.0, multiply(multiply(x, 2.0), y))),
    -3.0, 3.0, 0.0, 50.0, -50.0, float("nan"),
    half=False,
)  # fmt: skip


@export("math.special.dawsn")
def dawsn(x: Any, name: str | None = None) -> Any:
    """Computes Dawson's integral, `exp(-x**2)` times the integral of `exp(t**2)` from 0 to `x`.

    Args:
      x: tensor of float32 or float64.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.special.dawsn([-1.0, 0.5, 4.0]).numpy()
      array([-0.5380795,  0.4244364,  0.129348 ], dtype=float32)
    """
    return unary(dawsn_p, x)


fresnel_cos_p = special(
    "FresnelCos",
    lambda x: error_kernels.fresnel(x)[0],
    chain(lambda x, y: cos(multiply(square(x), math.pi / 2))),
    -1.5, 1.5, 0.0, 20.0, float("inf"), float("nan"),
    half=False,
)  # fmt: skip


@export("math.special.fresnel_cos")
def fresnel_cos(x: Any, name: str | None = None) -> Any:
    """Computes Fresnel's integral of `cos(pi * t**2 / 2)` from 0 to `x`, elementwise.

    Args:
      x: tensor of float32 or float64.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.special.fresnel_cos([-1.0, 0.5, 4.0]).numpy()
      array([-0.7798934 ,  0.4923442 ,  0.49842608], dtype=float32)
    """
    return unary(fresnel_cos_p, x)


fresnel_sin_p = special(
    "FresnelSin",
    lambda x: error_kernels.fresnel(x)[1],
    chain(lambda x, y: sin(multiply(square(x), math.pi / 2))),
    -1.5, 1.5, 0.0, 20.0, float("inf"), float("nan"),
    half=False,
)  # fmt: skip


@export("math.special.fresnel_sin")
def fresnel_sin(x: Any, name: str | None = None) -> Any:
    """Computes Fresnel's integral of `sin(pi * t**2 / 2)` from 0 to `x`, elementwise.

    Args:
      x: tensor of float32 or float64.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.special.fresnel_sin([-1.0, 0.5, 4.0]).numpy()
      array([-0.43825912,  0.06473242,  0.42051578], dtype=float32)
    """
    return unary(fresnel_sin_p, x)
