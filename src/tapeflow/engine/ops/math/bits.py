"""Bitwise operations on integers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import elementwise
from tapeflow.engine.ir.primitive import NOT_DIFFERENTIABLE, Primitive, primitive
from tapeflow.engine.ir.samples import binary as binary_samples
from tapeflow.engine.ir.samples import unary as unary_samples
from tapeflow.engine.runtime.dispatch import binary, unary


def _bitwise(name: str, kernel: Any, lower: Callable[..., Any]) -> Primitive:
    return primitive(
        name,
        infer=elementwise(dtypes.INTEGERS),
        kernel=kernel,
        vjp=NOT_DIFFERENTIABLE,
        lower=lower,
        samples=binary_samples(-100, 100, over=dtypes.INTEGERS, grad=False),
    )


def _clamped(y: np.ndarray) -> np.ndarray:
    """A shift that C defines: TensorFlow takes the nearest one to `y`."""
    bits = y.dtype.itemsize * 8
    return np.minimum(np.maximum(y, y.dtype.type(0)), y.dtype.type(bits - 1))


def _lower_shift(shift: str) -> Callable[..., Any]:
    def lower(b: Any, x: Any, y: Any) -> Any:
        zero = b.const(0, y)
        last = b.const(b.bits(y) - 1, y)
        y = b.select(b.lt(y, zero), zero, b.select(b.gt(y, last), last, y))
        return getattr(b, shift)(x, y)

    return lower


bitwise_and_p = _bitwise("BitwiseAnd", np.bitwise_and, lambda b, x, y: b.and_(x, y))
bitwise_or_p = _bitwise("BitwiseOr", np.bitwise_or, lambda b, x, y: b.or_(x, y))
bitwise_xor_p = _bitwise("BitwiseXor", np.bitwise_xor, lambda b, x, y: b.xor(x, y))
left_shift_p = _bitwise(
    "LeftShift", lambda x, y: np.left_shift(x, _clamped(y)), _lower_shift("shl")
)
right_shift_p = _bitwise(
    "RightShift", lambda x, y: np.right_shift(x, _clamped(y)), _lower_shift("shr")
)

invert_p = primitive(
    "Invert",
    infer=elementwise(dtypes.INTEGERS),
    kernel=np.invert,
    vjp=NOT_DIFFERENTIABLE,
    lower=lambda b, x: b.not_(x),
    samples=unary_samples(-100, 100, over=dtypes.INTEGERS, grad=False),
)


@export("bitwise.bitwise_and")
def bitwise_and(x: Any, y: Any, name: str | None = None) -> Any:
    """Computes the bits that are set in both `x` and `y`, elementwise.

    Args:
      x: tensor of an integer dtype.
      y: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape and the dtype of the inputs.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ, or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.bitwise.bitwise_and([5, 3], 6).numpy()
      array([4, 2], dtype=int32)
    """
    return binary(bitwise_and_p, x, y)


@export("bitwise.bitwise_or")
def bitwise_or(x: Any, y: Any, name: str | None = None) -> Any:
    """Computes the bits that are set in `x` or `y` or both, elementwise.

    Args:
      x: tensor of an integer dtype.
      y: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape and the dtype of the inputs.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ, or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.bitwise.bitwise_or([5, 3], 6).numpy()
      array([7, 7], dtype=int32)
    """
    return binary(bitwise_or_p, x, y)


@export("bitwise.bitwise_xor")
def bitwise_xor(x: Any, y: Any, name: str | None = None) -> Any:
    """Computes the bits that are set in exactly one of `x` and `y`, elementwise.

    Args:
      x: tensor of an integer dtype.
      y: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape and the dtype of the inputs.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ, or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.bitwise.bitwise_xor([5, 3], 6).numpy()
      array([3, 5], dtype=int32)
    """
    return binary(bitwise_xor_p, x, y)


@export("bitwise.left_shift")
def left_shift(x: Any, y: Any, name: str | None = None) -> Any:
    """Moves the bits of `x` up by `y` places, elementwise.

    Args:
      x: tensor of an integer dtype.
      y: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape and the dtype of the inputs; shifts below 0 count as 0,
      those beyond the width as one less than the width.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ, or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.bitwise.left_shift([1, -1], [3, 4]).numpy()
      array([  8, -16], dtype=int32)
    """
    return binary(left_shift_p, x, y)


@export("bitwise.right_shift")
def right_shift(x: Any, y: Any, name: str | None = None) -> Any:
    """Moves the bits of `x` down by `y` places, elementwise; the sign of signed integers stays.

    Args:
      x: tensor of an integer dtype.
      y: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape and the dtype of the inputs; shifts below 0 count as 0,
      those beyond the width as one less than the width.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ, or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.bitwise.right_shift([8, -8], [3, 1]).numpy()
      array([ 1, -4], dtype=int32)
    """
    return binary(right_shift_p, x, y)


@export("bitwise.invert")
def invert(x: Any, name: str | None = None) -> Any:
    """Flips every bit.

    Args:
      x: tensor of an integer dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.bitwise.invert([0, -2]).numpy()
      array([-1,  1], dtype=int32)
    """
    return unary(invert_p, x)
