"""Quotients and remainders: floored, truncated, and those that define what `0 / 0` is."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.errors import InternalError
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import elementwise, reject
from tapeflow.engine.ir.primitive import NOT_DIFFERENTIABLE, primitive
from tapeflow.engine.ir.samples import binary as binary_samples
from tapeflow.engine.ir.samples import unary as unary_samples
from tapeflow.engine.ops.math.arithmetic import (
    _QUOTIENT_DTYPE,
    conjugate,
    multiply,
    negative,
    realdiv,
    square,
)
from tapeflow.engine.ops.math.broadcasting import sum_to_shape_of
from tapeflow.engine.ops.math.chain_rule import chain
from tapeflow.engine.runtime.convert import convert, convert_pair
from tapeflow.engine.runtime.dispatch import binary, unary

_FIELD = dtypes.FLOATING | dtypes.COMPLEX


def _nonzero(y: np.ndarray) -> None:
    if not y.all():
        reject("Integer division by zero: y: expected no zeros; received some")


def _floordiv_kernel(x: np.ndarray, y: np.ndarray) -> Any:
    if x.dtype.kind in "iu":
        _nonzero(y)
        return np.floor_divide(x, y)
    # Not NumPy's floor_divide, which keeps x == y * (x // y) + x % y also for infinite y.
    return np.floor(np.true_divide(x, y))


def _floormod_kernel(x: np.ndarray, y: np.ndarray) -> Any:
    if x.dtype.kind in "iu":
        _nonzero(y)
        return np.remainder(x, y)
    rest = np.fmod(x, y)
    return np.where((rest != 0) & ((rest < 0) != (y < 0)), rest + y, rest)


def _truncatediv_kernel(x: np.ndarray, y: np.ndarray) -> Any:
    if x.dtype.kind in "iu":
        _internal_nonzero(y)
        # Not through a remainder, which overflows for the least integer and -1.
        quotient = np.floor_divide(x, y)
        inexact = (np.multiply(quotient, y) != x) & ((x < 0) != (y < 0))
        return quotient + inexact.astype(x.dtype)
    return np.trunc(np.true_divide(x, y))


def _truncatemod_kernel(x: np.ndarray, y: np.ndarray) -> Any:
    if x.dtype.kind in "iu":
        _internal_nonzero(y)
    return np.fmod(x, y)


def _internal_nonzero(y: np.ndarray) -> None:
    if not y.all():
        raise InternalError(
            None, None, "y: expected no zeros in an integer division; received some"
        )


def _divisors(**bounds: Any) -> Any:
    """Samples without zeros among the integers of the second input."""
    draw_from = binary_samples(**bounds)

    def sample(draw: Any) -> Any:
        for s in draw_from(draw):
            x, y = s.inputs
            if y.dtype.kind in "iu":
                s.inputs = (x, np.where(y == 0, y.dtype.type(3), y))
            yield s

    return sample


def _lower_floordiv(b: Any, x: Any, y: Any) -> Any:
    quotient = b.div(x, y)
    # Integer division truncates: one less where there is a rest and the signs differ.
    rest = b.sub(x, b.mul(quotient, y))
    zero = b.const(0, x)
    differ = b.xor(b.lt(x, zero), b.lt(y, zero))
    down = b.sub(quotient, b.const(1, x))
    exact = b.select(b.and_(b.ne(rest, zero), differ), down, quotient)
    return exact if b.is_integer(x) else b.floor(quotient)


def _lower_floormod(b: Any, x: Any, y: Any) -> Any:
    rest = b.rem(x, y)
    zero = b.const(0, x)
    differ = b.xor(b.lt(rest, zero), b.lt(y, zero))
    return b.select(b.and_(b.ne(rest, zero), differ), b.add(rest, y), rest)


def _no_gradient(ctx: Any, dy: Any) -> Any:
    """The vjp of a step function, through which TensorFlow lets no gradient pass."""
    return (None, None)


floordiv_p = primitive(
    "FloorDiv",
    infer=elementwise(dtypes.REAL, missing=dtypes.COMPLEX),
    kernel=_floordiv_kernel,
    vjp=_no_gradient,
    lower=_lower_floordiv,
    samples=_divisors(over=dtypes.REAL, low2=0.5, high2=3.0, grad=False),
)


@export("math.floordiv")
def floordiv(x: Any, y: Any, name: str | None = None) -> Any:
    """Computes `floor(x / y)` elementwise: the quotient rounded towards negative infinity.

    Args:
      x: tensor of a real dtype.
      y: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape and the dtype of the inputs.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ, or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.floordiv([7, -7], 2).numpy()
      array([ 3, -4], dtype=int32)
    """
    return binary(floordiv_p, x, y)


floormod_p = primitive(
    "FloorMod",
    infer=elementwise(dtypes.REAL),
    kernel=_floormod_kernel,
    vjp=lambda ctx, dy: (
        sum_to_shape_of(dy, ctx.inputs[0]),
        sum_to_shape_of(multiply(dy, negative(floordiv(*ctx.inputs))), ctx.inputs[1]),
    ),
    lower=_lower_floormod,
    samples=_divisors(over=dtypes.REAL, low=0.1, high=0.4, low2=0.5, high2=3.0),
)


@export("math.floormod", "math.mod")
def floormod(x: Any, y: Any, name: str | None = None) -> Any:
    """Computes the remainder of floored division elementwise; it has the sign of `y`.

    Args:
      x: tensor of a real dtype.
      y: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape and the dtype of the inputs.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ, or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.floormod([7, -7], 3).numpy()
      array([1, 2], dtype=int32)
    """
    return binary(floormod_p, x, y)


truncatediv_p = primitive(
    "TruncateDiv",
    infer=elementwise(dtypes.REAL, missing=dtypes.COMPLEX),
    kernel=_truncatediv_kernel,
    vjp=_no_gradient,
    lower=lambda b, x, y: b.div(x, y) if b.is_integer(x) else _trunc(b, b.div(x, y)),
    samples=_divisors(over=dtypes.REAL, low2=0.5, high2=3.0, grad=False),
)


def _trunc(b: Any, x: Any) -> Any:
    return b.select(b.lt(x, b.const(0, x)), b.ceil(x), b.floor(x))


@export("truncatediv")
def truncatediv(x: Any, y: Any, name: str | None = None) -> Any:
    """Computes `x / y` elementwise, rounded towards zero.

    Args:
      x: tensor of a real dtype.
      y: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape and the dtype of the inputs.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ, or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.truncatediv([7, -7], 2).numpy()
      array([ 3, -3], dtype=int32)
    """
    return binary(truncatediv_p, x, y)


truncatemod_p = primitive(
    "TruncateMod",
    infer=elementwise(
        {dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64},
        missing={dtypes.bfloat16, dtypes.float16},
    ),
    kernel=_truncatemod_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=lambda b, x, y: b.rem(x, y),
    samples=_divisors(over={dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64}),
)


@export("truncatemod")
def truncatemod(x: Any, y: Any, name: str | None = None) -> Any:
    """Computes the remainder of truncated division elementwise; it has the sign of `x`.

    Args:
      x: tensor of float32, float64, int32 or int64.
      y: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape and the dtype of the inputs.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ, or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.truncatemod([7, -7], 3).numpy()
      array([ 1, -1], dtype=int32)
    """
    return binary(truncatemod_p, x, y)


def _div_no_nan_vjp(ctx: Any, dy: Any) -> Any:
    x, y = ctx.inputs
    over = conjugate(y)
    by_y = None
    if ctx.needs[1]:
        by_y = divide_no_nan(divide_no_nan(negative(conjugate(x)), over), over)
        by_y = sum_to_shape_of(multiply(dy, by_y), y)
    return (sum_to_shape_of(divide_no_nan(dy, over), x) if ctx.needs[0] else None, by_y)


def _div_no_nan_kernel(x: np.ndarray, y: np.ndarray) -> Any:
    return np.where(y == 0, x.dtype.type(0), np.true_divide(x, y))


div_no_nan_p = primitive(
    "DivNoNan",
    infer=elementwise(_FIELD),
    kernel=_div_no_nan_kernel,
    vjp=_div_no_nan_vjp,
    lower=lambda b, x, y: b.select(b.eq(y, b.const(0, y)), b.const(0, x), b.div(x, y)),
    samples=binary_samples(over=_FIELD, low2=0.5, high2=3.0),
)


@export("math.divide_no_nan")
def divide_no_nan(x: Any, y: Any, name: str | None = None) -> Any:
    """Computes `x / y` elementwise, and 0 wherever `y` is 0.

    Args:
      x: tensor of a numeric dtype.
      y: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape; see `tf.math.truediv` for the dtype.

    Raises:
      TypeError: when dtypes differ, or for booleans and strings.
      tf.errors.InvalidArgumentError: when shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.divide_no_nan([3.0, 1.0], [0.0, 2.0]).numpy()
      array([0. , 0.5], dtype=float32)
    """
    x, y = convert_pair(x, y, "DivNoNan")
    if x.dtype is not y.dtype:
        raise TypeError(
            f"DivNoNan: y: expected dtype {x.dtype.name}, the dtype of x; received {y.dtype.name}"
        )
    wider = _QUOTIENT_DTYPE.get(x.dtype)
    if wider is not None:
        from tapeflow.engine.ops.math.casting import cast

        x, y = cast(x, wider), cast(y, wider)
    elif not (x.dtype.is_floating or x.dtype.is_complex):
        raise TypeError(f"divide_no_nan: x: expected a numeric dtype; received {x.dtype.name}")
    return binary(div_no_nan_p, x, y)


def _mul_no_nan_vjp(ctx: Any, dy: Any) -> Any:
    x, y = ctx.inputs
    return (
        sum_to_shape_of(multiply_no_nan(dy, y), x) if ctx.needs[0] else None,
        sum_to_shape_of(multiply_no_nan(x, dy), y) if ctx.needs[1] else None,
    )


mul_no_nan_p = primitive(
    "MulNoNan",
    infer=elementwise(_FIELD),
    kernel=lambda x, y: np.where(y == 0, x.dtype.type(0), np.multiply(x, y)),
    vjp=_mul_no_nan_vjp,
    lower=lambda b, x, y: b.select(b.eq(y, b.const(0, y)), b.const(0, x), b.mul(x, y)),
    samples=binary_samples(over=_FIELD, low2=0.5, high2=3.0),
)


@export("math.multiply_no_nan")
def multiply_no_nan(x: Any, y: Any, name: str | None = None) -> Any:
    """Computes `x * y` elementwise, and 0 wherever `y` is 0, even if `x` is infinite or NaN.

    Args:
      x: tensor of a floating or complex dtype.
      y: tensor of the same dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape and the dtype of the inputs.

    Raises:
      ValueError: when dtypes differ.
      tf.errors.InvalidArgumentError: when shapes do not broadcast, or for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.multiply_no_nan([float("inf"), 2.0], [0.0, 3.0]).numpy()
      array([0., 6.], dtype=float32)
    """
    x = convert(x)
    return binary(mul_no_nan_p, x, convert(y, x.dtype))


reciprocal_p = primitive(
    "Reciprocal",
    infer=elementwise(_FIELD, missing=dtypes.SIGNED_INTEGERS),
    kernel=lambda x: np.true_divide(x.dtype.type(1), x),
    vjp=chain(lambda x, y: negative(square(y))),
    lower=lambda b, x: b.div(b.const(1, x), x),
    samples=unary_samples(0.5, 3.0, over=_FIELD),
)


@export("math.reciprocal")
def reciprocal(x: Any, name: str | None = None) -> Any:
    """Computes `1 / x` elementwise.

    Args:
      x: tensor of a floating or complex dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.reciprocal([2.0, 0.5, 0.0]).numpy()
      array([0.5, 2. , inf], dtype=float32)
    """
    return unary(reciprocal_p, x)


@export("math.reciprocal_no_nan")
def reciprocal_no_nan(x: Any, name: str | None = None) -> Any:
    """Computes `1 / x` elementwise, and 0 wherever `x` is 0.

    Args:
      x: tensor of a floating or complex dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.reciprocal_no_nan([2.0, 0.5, 0.0]).numpy()
      array([0.5, 2. , 0. ], dtype=float32)
    """
    x = convert(x)
    return binary(div_no_nan_p, convert(1, x.dtype), x)


def _xdivy_kernel(x: np.ndarray, y: np.ndarray) -> Any:
    return np.where(x == 0, x, np.true_divide(x, y))


def _xdivy_vjp(ctx: Any, dy: Any) -> Any:
    x, y = ctx.inputs
    over = conjugate(y)
    # Where x is 0, its derivative counts as 0 too.
    by_x = by_y = None
    if ctx.needs[0]:
        by_x = sum_to_shape_of(multiply(dy, binary(xdivy_p, _is_nonzero(x), over)), x)
    if ctx.needs[1]:
        slope = negative(realdiv(binary(xdivy_p, conjugate(x), over), over))
        slope = multiply_no_nan(slope, _is_nonzero(x))
        by_y = sum_to_shape_of(multiply(dy, slope), y)
    return (by_x, by_y)


def _is_nonzero(x: Any) -> Any:
    """1 where `x` is not zero, else 0, in the dtype of `x`."""
    from tapeflow.engine.ops.math.casting import cast
    from tapeflow.engine.ops.math.comparison import not_equal

    return cast(not_equal(x, 0), x.dtype)


xdivy_p = primitive(
    "Xdivy",
    infer=elementwise(_FIELD),
    kernel=_xdivy_kernel,
    vjp=_xdivy_vjp,
    lower=lambda b, x, y: b.select(b.eq(x, b.const(0, x)), x, b.div(x, y)),
    samples=binary_samples(0.5, 3.0, over=_FIELD),
)


@export("math.xdivy")
def xdivy(x: Any, y: Any, name: str | None = None) -> Any:
    """Computes `x / y` elementwise, and 0 wherever `x` is 0.

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
      >>> tf.math.xdivy([0.0, 1.0], [0.0, 4.0]).numpy()
      array([0.  , 0.25], dtype=float32)
    """
    return binary(xdivy_p, x, y)
