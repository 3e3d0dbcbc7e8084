"""Logical operations on booleans."""

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
from tapeflow.engine.ops.math import casting
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import binary, unary
from tapeflow.engine.runtime.tensor import Tensor


def _logical(name: str, kernel: Any, lower: Callable[..., Any]) -> Primitive:
    return primitive(
        name,
        infer=elementwise(dtypes.BOOL),
        kernel=kernel,
        vjp=NOT_DIFFERENTIABLE,
        lower=lower,
        samples=binary_samples(over=dtypes.BOOL, grad=False),
    )


logical_and_p = _logical("LogicalAnd", np.logical_and, lambda b, x, y: b.and_(x, y))
logical_or_p = _logical("LogicalOr", np.logical_or, lambda b, x, y: b.or_(x, y))

logical_not_p = primitive(
    "LogicalNot",
    infer=elementwise(dtypes.BOOL),
    kernel=np.logical_not,
    vjp=NOT_DIFFERENTIABLE,
    lower=lambda b, x: b.not_(x),
    samples=unary_samples(over=dtypes.BOOL, grad=False),
)


def _booleans(value: Any) -> Any:
    """A tensor as it is, for the op to judge; what else there is must be booleans."""
    return value if isinstance(value, Tensor) else convert(value, dtypes.bool)


@export("math.logical_and", "logical_and")
def logical_and(x: Any, y: Any, name: str | None = None) -> Any:
    """Computes `x and y` elementwise, with broadcasting.

    Args:
      x: tensor of bool.
      y: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape and the dtype of the inputs.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ, or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.logical_and([True, False], True).numpy()
      array([ True, False])
    """
    return binary(logical_and_p, _booleans(x), _booleans(y))


@export("math.logical_or", "logical_or")
def logical_or(x: Any, y: Any, name: str | None = None) -> Any:
    """Computes `x or y` elementwise, with broadcasting.

    Args:
      x: tensor of bool.
      y: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape and the dtype of the inputs.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ, or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.logical_or([True, False], False).numpy()
      array([ True, False])
    """
    return binary(logical_or_p, _booleans(x), _booleans(y))


@export("math.logical_not", "logical_not")
def logical_not(x: Any, name: str | None = None) -> Any:
    """Computes `not x` elementwise.

    Args:
      x: tensor of bool.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.logical_not([True, False]).numpy()
      array([False,  True])
    """
    return unary(logical_not_p, _booleans(x))


@export("math.logical_xor")
def logical_xor(x: Any, y: Any, name: str = "LogicalXor") -> Any:
    """Tells elementwise whether exactly one of `x` and `y` holds.

    Args:
      x: tensor of bool.
      y: tensor of bool; the shapes broadcast.
      name: ignored in eager mode.

    Returns:
      A bool tensor of the broadcast shape.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes, or shapes that do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.logical_xor([True, False], True).numpy()
      array([False,  True])
    """
    either = logical_or(x, y)
    return logical_and(either, logical_not(logical_and(x, y)))


def product_of_booleans(x: Any, y: Any) -> Any:
    """What the operator `*` means when an operand is boolean: both hold (are not zero)."""
    x = x if isinstance(x, Tensor) else convert(x)
    y = y if isinstance(y, Tensor) else convert(y)
    return logical_and(casting.cast(x, dtypes.bool_), casting.cast(y, dtypes.bool_))
