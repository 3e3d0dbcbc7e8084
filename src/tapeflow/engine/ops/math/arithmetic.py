"""The four operations, negation and square."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import elementwise
from tapeflow.engine.ir.primitive import primitive
from tapeflow.engine.ir.samples import binary as binary_samples
from tapeflow.engine.ir.samples import unary as unary_samples
from tapeflow.engine.ops.math.broadcasting import sum_of_products, sum_to_shape_of
from tapeflow.engine.runtime.convert import convert_pair
from tapeflow.engine.runtime.dispatch import binary, binary_function, unary, unary_function
from tapeflow.engine.runtime.tensor import EagerTensor


def conjugate(x: Any) -> Any:
    """The complex conjugate; `x` itself for real dtypes."""
    if type(x) is EagerTensor:
        if x._array.dtype.kind != "c":
            return x
    elif not x.dtype.is_complex:
        return x
    from tapeflow.engine.ops.math.complex_numbers import conj

    return conj(x)


def _add_vjp(ctx: Any, dy: Any) -> Any:
    x, y = ctx.inputs
    needs = ctx.needs
    return (
        sum_to_shape_of(dy, x) if needs[0] else None,
        sum_to_shape_of(dy, y) if needs[1] else None,
    )


add_p = primitive(
    "AddV2",
    infer=elementwise(dtypes.NUMERIC | dtypes.STRING),
    kernel=np.add,
    vjp=_add_vjp,
    lower=lambda b, x, y: b.add(x, y),
    samples=binary_samples(over=dtypes.NUMERIC),
)


@export("math.add", "add")
def add(x: Any, y: Any, name: str | None = None) -> Any:
    """Computes `x + y` elementwise, with broadcasting.

    Args:
      x: tensor of a numeric or string dtype.
      y: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape and the dtype of the inputs.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.add([1.0, 2.0], 3.0).numpy()
      array([4., 5.], dtype=float32)
    """
    return binary(add_p, x, y)


def _sub_vjp(ctx: Any, dy: Any) -> Any:
    x, y = ctx.inputs
    needs = ctx.needs
    return (
        sum_to_shape_of(dy, x) if needs[0] else None,
        sum_to_shape_of(unary(neg_p, dy), y) if needs[1] else None,
    )


sub_p = primitive(
    "Sub",
    infer=elementwise(dtypes.NUMERIC),
    kernel=np.subtract,
    vjp=_sub_vjp,
    lower=lambda b, x, y: b.sub(x, y),
    samples=binary_samples(over=dtypes.NUMERIC),
)


@export("math.subtract", "subtract")
def subtract(x: Any, y: Any, name: str | None = None) -> Any:
    """Computes `x - y` elementwise, with broadcasting.

    Args:
      x: tensor of a numeric dtype.
      y: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape and the dtype of the inputs.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.subtract([1, 2], 3).numpy()
      array([-2, -1], dtype=int32)
    """
    return binary(sub_p, x, y)


def _mul_vjp(ctx: Any, dy: Any) -> Any:
    x, y = ctx.inputs
    needs = ctx.needs
    return (
        sum_of_products(dy, conjugate(y), x) if needs[0] else None,
        sum_of_products(dy, conjugate(x), y) if needs[1] else None,
    )


mul_p = primitive(
    "Mul",
    infer=elementwise(dtypes.NUMERIC),
    kernel=np.multiply,
    vjp=_mul_vjp,
    lower=lambda b, x, y: b.mul(x, y),
    samples=binary_samples(over=dtypes.NUMERIC),
)


@export("math.multiply", "multiply")
def multiply(x: Any, y: Any, name: str | None = None) -> Any:
    """Computes `x * y` elementwise, with broadcasting.

    Args:
      x: tensor of a numeric dtype.
      y: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape and the dtype of the inputs.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.multiply([1.0, 2.0], [[3.0], [4.0]]).numpy()
      array([[3., 6.],
             [4., 8.]], dtype=float32)
    """
    return binary(mul_p, x, y)


def _realdiv_vjp(ctx: Any, dy: Any) -> Any:
    x, y = ctx.inputs
    needs = ctx.needs
    y = conjugate(y)
    by_y = None
    if needs[1]:
        by_y = binary(realdiv_p, binary(realdiv_p, unary(neg_p, conjugate(x)), y), y)
        by_y = sum_to_shape_of(binary(mul_p, dy, by_y), ctx.inputs[1])
    return (sum_to_shape_of(binary(realdiv_p, dy, y), x) if needs[0] else None, by_y)


realdiv_p = primitive(
    "RealDiv",
    infer=elementwise(dtypes.FLOATING | dtypes.COMPLEX, missing=dtypes.INTEGERS),
    kernel=np.true_divide,
    vjp=_realdiv_vjp,
    lower=lambda b, x, y: b.div(x, y),
    samples=binary_samples(over=dtypes.FLOATING | dtypes.COMPLEX, low2=0.5, high2=3.0),
)

_QUOTIENT_DTYPE = {
    dtypes.uint8: dtypes.float32,
    dtypes.int8: dtypes.float32,
    dtypes.uint16: dtypes.float32,
    dtypes.int16: dtypes.float32,
    dtypes.int32: dtypes.float64,
    dtypes.uint32: dtypes.float64,
    dtypes.int64: dtypes.float64,
    dtypes.uint64: dtypes.float64,
}


@export("math.truediv", "truediv")
def truediv(x: Any, y: Any, name: str | None = None) -> Any:
    """Computes `x / y` elementwise as Python 3 does: integers give floats.

    Args:
      x: tensor of a numeric dtype.
      y: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape; int8, int16 and unsigned counterparts give float32, wider
      integers float64, other dtypes themselves.

    Raises:
      TypeError: when dtypes differ.
      tf.errors.InvalidArgumentError: when shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.truediv(3, 2).numpy()
      np.float64(1.5)
    """
    x, y = convert_pair(x, y, "RealDiv")
    dtype = x.dtype
    if dtype is not y.dtype:
        raise TypeError(
            f"`x` and `y` must have the same dtype, got {dtype!r} != {y.dtype!r}; "
            "cast one of them with tf.cast."
        )
    if not dtype.is_numeric:
        raise TypeError(f"truediv: expected a numeric dtype; received {dtype.name}")
    wider = _QUOTIENT_DTYPE.get(dtype)
    if wider is not None:
        from tapeflow.engine.ops.math.casting import cast

        x, y = cast(x, wider), cast(y, wider)
    elif not (dtype.is_floating or dtype.is_complex):
        raise TypeError(f"truediv: x: expected a numeric dtype; received {dtype.name}")
    return binary(realdiv_p, x, y)


@export("math.divide", "divide")
def divide(x: Any, y: Any, name: str | None = None) -> Any:
    """Computes `x / y` elementwise with Python's rules for the operator.

    Args:
      x: tensor, or a value that becomes one.
      y: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape; see `tf.math.truediv` for the dtype.

    Raises:
      TypeError: when dtypes differ.

    Example:
      >>> import tapeflow as tf
      >>> tf.divide([4.0, 9.0], 2.0).numpy()
      array([2. , 4.5], dtype=float32)
    """
    return truediv(x, y)


@export("realdiv")
def realdiv(x: Any, y: Any, name: str | None = None) -> Any:
    """Computes `x / y` elementwise for floating and complex dtypes.

    Args:
      x: tensor of a floating or complex dtype.
      y: tensor of the same dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape and the dtype of the inputs.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes, or shapes that do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.realdiv(1.0, 4.0).numpy()
      np.float32(0.25)
    """
    return binary(realdiv_p, x, y)


neg_p = primitive(
    "Neg",
    infer=elementwise(dtypes.SIGNED),
    kernel=np.negative,
    vjp=lambda ctx, dy: (unary(neg_p, dy),),
    lower=lambda b, x: b.neg(x),
    samples=unary_samples(over=dtypes.SIGNED),
)


@export("math.negative", "negative")
def negative(x: Any, name: str | None = None) -> Any:
    """Computes `-x` elementwise.

    Args:
      x: tensor of a numeric dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.negative([1.0, -2.0]).numpy()
      array([-1.,  2.], dtype=float32)
    """
    return unary(neg_p, x)


# The gradient of a square in one call: losses are full of squares.
square_grad_p = primitive(
    "SquareGrad",
    infer=elementwise(dtypes.NUMERIC),
    kernel=lambda x, dy: np.multiply(dy, np.add(x, x)),
    vjp=lambda ctx, ddy: (
        sum_to_shape_of(ddy * conjugate(ctx.inputs[1] * 2), ctx.inputs[0]),
        sum_to_shape_of(ddy * conjugate(ctx.inputs[0] * 2), ctx.inputs[1]),
    ),
    lower=lambda b, x, dy: b.mul(dy, b.add(x, x)),
    samples=binary_samples(over=dtypes.FLOATING),
)
_square_gradient = binary_function(square_grad_p)


def _square_vjp(ctx: Any, dy: Any) -> Any:
    return (_square_gradient(conjugate(ctx.inputs[0]), dy),)


square_p = primitive(
    "Square",
    infer=elementwise(dtypes.NUMERIC),
    kernel=np.square,
    vjp=_square_vjp,
    lower=lambda b, x: b.mul(x, x),
    samples=unary_samples(over=dtypes.FLOATING | dtypes.COMPLEX | {dtypes.int32, dtypes.int64}),
)


_squared = unary_function(square_p)


@export("math.square", "square")
def square(x: Any, name: str | None = None) -> Any:
    """Computes `x * x` elementwise.

    Args:
      x: tensor of a numeric dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.square([-2.0, 0.0, 3.0]).numpy()
      array([4., 0., 9.], dtype=float32)
    """
    return _squared(x)
