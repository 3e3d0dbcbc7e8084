"""Bessel functions of orders 0 and 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeflow.engine.core.export import export
from tapeflow.engine.ops.array.creation import ones_like
from tapeflow.engine.ops.math import bessel_kernels
from tapeflow.engine.ops.math.arithmetic import add, multiply, negative, realdiv, subtract
from tapeflow.engine.ops.math.chain_rule import chain
from tapeflow.engine.ops.math.comparison import equal
from tapeflow.engine.ops.math.division import reciprocal
from tapeflow.engine.ops.math.in_float64 import special
from tapeflow.engine.ops.math.magnitude import sign
from tapeflow.engine.runtime.dispatch import unary

_NAN = float("nan")


def _kernel(function: Callable[..., Any], order: int) -> Callable[[Any], Any]:
    return lambda x: function(x, order)


bessel_i0_p = special(
    "BesselI0", _kernel(bessel_kernels.bessel_i, 0), chain(lambda x, y: bessel_i1(x)),
    -3.0, 3.0, 0.0, 10.0, -50.0, _NAN,
)  # fmt: skip
bessel_i0e_p = special(
    "BesselI0e", _kernel(bessel_kernels.bessel_ie, 0),
    chain(lambda x, y: subtract(bessel_i1e(x), multiply(sign(x), y))),
    0.5, 3.0, 0.0, 10.0, -50.0, 300.0, _NAN,
)  # fmt: skip
bessel_i1_p = special(
    "BesselI1", _kernel(bessel_kernels.bessel_i, 1),
    # TensorFlow's derivative at 0 is 1, though the true one is 1/2.
    chain(lambda x, y: subtract(bessel_i0(x), _quotient(y, x, 0.0))),
    0.5, 3.0, 0.0, 10.0, -50.0, _NAN,
)  # fmt: skip
bessel_i1e_p = special(
    "BesselI1e", _kernel(bessel_kernels.bessel_ie, 1),
    chain(lambda x, y: _i1e_slope(x, y)),
    0.5, 3.0, 0.0, 10.0, -50.0, 300.0, _NAN,
)  # fmt: skip


def _quotient(y: Any, x: Any, at_zero: float) -> Any:
    """`y / x`, and `at_zero` where x is 0."""
    from tapeflow.engine.ops.array.selection import where

    zero = equal(x, 0.0)
    ones = ones_like(x)
    return where(zero, multiply(ones, at_zero), realdiv(y, where(zero, ones, x)))


def _i1e_slope(x: Any, y: Any) -> Any:
    from tapeflow.engine.ops.array.selection import where

    zero = equal(x, 0.0)
    ones = ones_like(x)
    safe = where(zero, ones, x)
    slope = subtract(bessel_i0e(safe), multiply(y, add(sign(safe), reciprocal(safe))))
    return where(zero, multiply(ones, 0.5), slope)


bessel_j0_p = special(
    "BesselJ0", _kernel(bessel_kernels.bessel_j, 0), chain(lambda x, y: negative(bessel_j1(x))),
    -3.0, 3.0, 0.0, 10.0, -20.0, 50.0, _NAN,
)  # fmt: skip
bessel_j1_p = special(
    "BesselJ1", _kernel(bessel_kernels.bessel_j, 1),
    chain(lambda x, y: subtract(bessel_j0(x), _quotient(y, x, 0.5))),
    0.5, 3.0, 0.0, 10.0, -20.0, 50.0, _NAN,
)  # fmt: skip
bessel_y0_p = special(
    "BesselY0", _kernel(bessel_kernels.bessel_y, 0), chain(lambda x, y: negative(bessel_y1(x))),
    0.5, 3.0, 0.0, 10.0, 50.0, -1.0, _NAN,
)  # fmt: skip
bessel_y1_p = special(
    "BesselY1", _kernel(bessel_kernels.bessel_y, 1),
    chain(lambda x, y: subtract(bessel_y0(x), realdiv(y, x))),
    0.5, 3.0, 10.0, 50.0, -1.0, _NAN,
)  # fmt: skip
bessel_k0_p = special(
    "BesselK0", _kernel(bessel_kernels.bessel_k, 0), chain(lambda x, y: negative(bessel_k1(x))),
    0.5, 3.0, 0.0, 10.0, -1.0, _NAN,
)  # fmt: skip
bessel_k0e_p = special(
    "BesselK0e", _kernel(bessel_kernels.bessel_ke, 0),
    chain(lambda x, y: subtract(y, bessel_k1e(x))),
    0.5, 3.0, 0.0, 10.0, 50.0, -1.0, _NAN,
)  # fmt: skip
bessel_k1_p = special(
    "BesselK1", _kernel(bessel_kernels.bessel_k, 1),
    chain(lambda x, y: subtract(negative(bessel_k0(x)), realdiv(y, x))),
    0.5, 3.0, 0.0, 10.0, -1.0, _NAN,
)  # fmt: skip
bessel_k1e_p = special(
    "BesselK1e", _kernel(bessel_kernels.bessel_ke, 1),
    chain(lambda x, y: subtract(multiply(y, subtract(1.0, reciprocal(x))), bessel_k0e(x))),
    0.5, 3.0, 0.0, 10.0, 50.0, -1.0, _NAN,
)  # fmt: skip


@export("math.special.bessel_i0", "math.bessel_i0")
def bessel_i0(x: Any, name: str | None = None) -> Any:
    """Computes the modified Bessel function of the first kind of order 0, elementwise.

    Args:
      x: tensor of float16, float32 or float64.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.special.bessel_i0([0.5, 1.0, 4.0]).numpy()
      array([ 1.0634835,  1.266066 , 11.301921 ], dtype=float32)
    """
    return unary(bessel_i0_p, x)


@export("math.special.bessel_i0e", "math.bessel_i0e")
def bessel_i0e(x: Any, name: str | None = None) -> Any:
    """Computes the modified Bessel function I0, times `exp(-abs(x))`, elementwise.

    Args:
      x: tensor of float16, float32 or float64.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.special.bessel_i0e([0.5, 1.0, 4.0]).numpy()
      array([0.6450354 , 0.46575963, 0.20700191], dtype=float32)
    """
    return unary(bessel_i0e_p, x)


@export("math.special.bessel_i1", "math.bessel_i1")
def bessel_i1(x: Any, name: str | None = None) -> Any:
    """Computes the modified Bessel function of the first kind of order 1, elementwise.

    Args:
      x: tensor of float16, float32 or float64.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.special.bessel_i1([0.5, 1.0, 4.0]).numpy()
      array([0.25789434, 0.5651591 , 9.759467  ], dtype=float32)
    """
    return unary(bessel_i1_p, x)


@export("math.special.bessel_i1e", "math.bessel_i1e")
def bessel_i1e(x: Any, name: str | None = None) -> Any:
    """Computes the modified Bessel function I1, times `exp(-abs(x))`, elementwise.

    Args:
      x: tensor of float16, float32 or float64.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.special.bessel_i1e([0.5, 1.0, 4.0]).numpy()
      array([0.15642083, 0.20791042, 0.17875087], dtype=float32)
    """
    return unary(bessel_i1e_p, x)


@export("math.special.bessel_j0")
def bessel_j0(x: Any, name: str | None = None) -> Any:
    """Computes the Bessel function of the first kind of order 0, elementwise.

    Args:
      x: tensor of float16, float32 or float64.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.special.bessel_j0([0.5, 1.0, 4.0]).numpy()
      array([ 0.9384699 ,  0.7651977 , -0.39714983], dtype=float32)
    """
    return unary(bessel_j0_p, x)


@export("math.special.bessel_j1")
def bessel_j1(x: Any, name: str | None = None) -> Any:
    """Computes the Bessel function of the first kind of order 1, elementwise.

    Args:
      x: tensor of float16, float32 or float64.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.special.bessel_j1([0.5, 1.0, 4.0]).numpy()
      array([ 0.24226847,  0.4400506 , -0.06604336], dtype=float32)
    """
    return unary(bessel_j1_p, x)


@export("math.special.bessel_k0")
def bessel_k0(x: Any, name: str | None = None) -> Any:
    """Computes the modified Bessel function of the second kind of order 0, elementwise.

    Args:
      x: tensor of float16, float32 or float64.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`; inf at 0 and below.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.special.bessel_k0([0.5, 1.0, 4.0]).numpy()
      array([0.9244191 , 0.42102444, 0.01115968], dtype=float32)
    """
    return unary(bessel_k0_p, x)


@export("math.special.bessel_k0e")
def bessel_k0e(x: Any, name: str | None = None) -> Any:
    """Computes the modified Bessel function K0, times `exp(x)`, elementwise.

    Args:
      x: tensor of float16, float32 or float64.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`; inf at 0 and below.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.special.bessel_k0e([0.5, 1.0, 4.0]).numpy()
      array([1.5241094, 1.1444631, 0.6092977], dtype=float32)
    """
    return unary(bessel_k0e_p, x)


@export("math.special.bessel_k1")
def bessel_k1(x: Any, name: str | None = None) -> Any:
    """Computes the modified Bessel function of the second kind of order 1, elementwise.

    Args:
      x: tensor of float16, float32 or float64.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`; inf at 0 and below.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.special.bessel_k1([0.5, 1.0, 4.0]).numpy()
      array([1.656441 , 0.6019073, 0.0124835], dtype=float32)
    """
    return unary(bessel_k1_p, x)


@export("math.special.bessel_k1e")
def bessel_k1e(x: Any, name: str | None = None) -> Any:
    """Computes the modified Bessel function K1, times `exp(x)`, elementwise.

    Args:
      x: tensor of float16, float32 or float64.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`; inf at 0 and below.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.special.bessel_k1e([0.5, 1.0, 4.0]).numpy()
      array([2.7310095 , 1.6361537 , 0.68157595], dtype=float32)
    """
    return unary(bessel_k1e_p, x)


@export("math.special.bessel_y0")
def bessel_y0(x: Any, name: str | None = None) -> Any:
    """Computes the Bessel function of the second kind of order 0, elementwise.

    Args:
      x: tensor of float16, float32 or float64.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`; -inf at 0 and below.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.special.bessel_y0([0.5, 1.0, 4.0]).numpy()
      array([-0.44451872,  0.08825697, -0.01694078], dtype=float32)
    """
    return unary(bessel_y0_p, x)


@export("math.special.bessel_y1")
def bessel_y1(x: Any, name: str | None = None) -> Any:
    """Computes the Bessel function of the second kind of order 1, elementwise.

    Args:
      x: tensor of float16, float32 or float64.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`; -inf at 0 and below.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.special.bessel_y1([0.5, 1.0, 4.0]).numpy()
      array([-1.4714724 , -0.7812128 ,  0.39792567], dtype=float32)
    """
    return unary(bessel_y1_p, x)
