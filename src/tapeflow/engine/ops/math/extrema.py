"""The greater and the lesser of two, and where the greatest and least elements stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType, as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    at_run_time,
    elementwise,
    normalize_axis,
    reject_dtype,
    reject_values,
    require_dtype,
    shape_text,
)
from tapeflow.engine.ir.primitive import NOT_DIFFERENTIABLE, Primitive, primitive, reduction
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.samples import binary as binary_samples
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array.arguments import to_axis
from tapeflow.engine.ops.math import comparison
from tapeflow.engine.ops.math.arithmetic import multiply
from tapeflow.engine.ops.math.broadcasting import sum_to_shape_of
from tapeflow.engine.ops.math.casting import cast
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.runtime.dispatch import apply, binary
from tapeflow.engine.runtime.tensor import Tensor


def _choice_vjp(first_wins: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """Gives the cotangent to the first input where it wins (ties included), else to the second."""

    def vjp(ctx: Any, dy: Any) -> Any:
        x, y = ctx.inputs
        to_x = multiply(dy, cast(first_wins(x, y), dy.dtype))
        return (
            sum_to_shape_of(to_x, x) if ctx.needs[0] else None,
            sum_to_shape_of(dy - to_x, y) if ctx.needs[1] else None,
        )

    return vjp


def _choice_samples(draw: Draw) -> Iterator[Sample]:
    # No -0: which of two equal zeros TensorFlow takes depends on where in the array they stand.
    for s in binary_samples(over=dtypes.REAL)(draw):
        s.inputs = tuple(np.asarray(x + x.dtype.type(0)) for x in s.inputs)
        yield s


maximum_p = primitive(
    "Maximum",
    infer=elementwise(dtypes.REAL),
    kernel=np.maximum,
    vjp=_choice_vjp(comparison.greater_equal),
    lower=lambda b, x, y: b.maximum(x, y),
    samples=_choice_samples,
)

minimum_p = primitive(
    "Minimum",
    infer=elementwise(dtypes.REAL),
    kernel=np.minimum,
    vjp=_choice_vjp(comparison.less_equal),
    lower=lambda b, x, y: b.minimum(x, y),
    samples=_choice_samples,
)


@export("math.maximum", "maximum")
def maximum(x: Any, y: Any, name: str | None = None) -> Any:
    """Computes the greater of `x` and `y` elementwise, with broadcasting.

    Args:
      x: tensor of a real dtype.
      y: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape; NaN where either is NaN.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ, or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.maximum([0.0, -2.0, 5.0], 1.0).numpy()
      array([1., 1., 5.], dtype=float32)
    """
    return binary(maximum_p, x, y)


@export("math.minimum", "minimum")
def minimum(x: Any, y: Any, name: str | None = None) -> Any:
    """Computes the lesser of `x` and `y` elementwise, with broadcasting.

    Args:
      x: tensor of a real dtype.
      y: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape; NaN where either is NaN.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ, or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.minimum([0.0, -2.0, 5.0], 1.0).numpy()
      array([ 0., -2.,  1.], dtype=float32)
    """
    return binary(minimum_p, x, y)


def _arg_infer(allowed_outputs: frozenset[DType]) -> Callable[..., Spec]:
    def rule(input: Spec, dimension: int, output_type: DType) -> Spec:
        require_dtype(input, dtypes.REAL | dtypes.BOOL)
        if output_type not in allowed_outputs:
            names = ", ".join(sorted(d.name for d in allowed_outputs))
            reject_dtype(f"output_type: expected one of {names}; received {output_type.name}")
        if input.shape is None:
            return Spec(output_type, None)
        with at_run_time():
            axis = normalize_axis(dimension, len(input.shape), "dimension")
        if input.shape[axis] == 0:
            reject_values(
                f"input: expected at least one element along dimension {axis}; received shape "
                f"{shape_text(input.shape)}"
            )
        return Spec(output_type, input.shape[:axis] + input.shape[axis + 1 :])

    return rule


def _argmax_kernel(input: np.ndarray, dimension: int, output_type: DType) -> Any:
    where = np.argmax(input, axis=dimension)
    if _met_nan(input, where, dimension):
        # NumPy stops at a NaN; TensorFlow passes over it.
        where = np.argmax(np.fmax(input, _extreme(input.dtype, "min")), axis=dimension)
    return np.asarray(where).astype(output_type.np)


def _argmin_kernel(input: np.ndarray, dimension: int, output_type: DType) -> Any:
    where = np.argmin(input, axis=dimension)
    if _met_nan(input, where, dimension):
        where = np.argmin(np.fmin(input, _extreme(input.dtype, "max")), axis=dimension)
    return np.asarray(where).astype(output_type.np)


def _extreme(dtype: np.dtype, which: str) -> Any:
    return getattr(dtypes.FROM_NUMPY[dtype], which)


def _met_nan(input: np.ndarray, where: Any, axis: int) -> bool:
    if input.dtype.kind in "iub":
        return False
    # The sum of all elements is NaN where one is, and cheap (but so it is of inf and -inf).
    total = np.add.reduce(input, axis=None)
    if total == total:
        return False
    found = np.take_along_axis(input, np.expand_dims(where, axis), axis)
    return bool(np.isnan(found).any())


def _arg_samples(draw: Draw) -> Iterator[Sample]:
    for dtype in sorted(dtypes.REAL, key=lambda d: d.name):
        yield Sample(draw.distinct(3, 4).astype(dtype.np), dimension=0, output_type=dtypes.int64)
    nan = np.nan
    odd = np.array([[nan, 1, 2], [1, nan, 1], [nan, nan, nan], [-np.inf, nan, 0]], np.float32)
    yield Sample(odd, dimension=1, output_type=dtypes.int32)
    yield Sample(draw.bools(5), dimension=-1, output_type=dtypes.int64)
    yield Sample(draw.ints(2, 3, 4, high=3), dimension=1, output_type=dtypes.int32)
    yield Sample(draw.reals(0, 3), dimension=1, output_type=dtypes.int64)


def _arg(name: str, kernel: Any, outputs: frozenset[DType], combine: str) -> Primitive:
    return primitive(
        name,
        infer=_arg_infer(outputs),
        kernel=kernel,
        vjp=NOT_DIFFERENTIABLE,
        lower=reduction(combine),
        samples=_arg_samples,
    )


argmax_p = _arg("ArgMax", _argmax_kernel, dtypes.INDEX | {dtypes.int16, dtypes.uint16}, "argmax")
argmin_p = _arg("ArgMin", _argmin_kernel, dtypes.INDEX, "argmin")


def _position(prim: Primitive, input: Any, axis: Any, output_type: Any) -> Any:
    if axis is None:
        axis = 0
    elif type(axis) is not int:
        known = static_value(axis) if isinstance(axis, (Tensor, np.ndarray, np.integer)) else None
        if known is None and isinstance(axis, Tensor) and axis.dtype.is_integer:
            late = to_axis(axis, prim.name)
            return apply(prim, convert(input), dimension=late, output_type=as_dtype(output_type))
        if known is None or known.dtype.kind not in "iu" or known.ndim:
            raise TypeError(
                f"{prim.name}: axis: expected an integer or an integer scalar tensor; received "
                f"{axis!r}"
            )
        axis = int(known)
    return apply(prim, convert(input), dimension=axis, output_type=as_dtype(output_type))


@export("math.argmax", "argmax")
def argmax(
    input: Any, axis: Any = None, output_type: Any = dtypes.int64, name: str | None = None
) -> Any:
    """Finds the index of the greatest element along a dimension; the first of equal ones.

    Args:
      input: tensor of a real dtype or bool; NaN is passed over.
      axis: the dimension, an integer; None stands for 0.
      output_type: int64, int32, int16 or uint16.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape of `input` without dimension `axis`.

    Raises:
      TypeError: when `axis` is no integer.
      tf.errors.InvalidArgumentError: when it is out of range or the dimension is empty.

    Example:
      >>> import tapeflow as tf
      >>> tf.argmax([[1.0, 5.0], [3.0, 2.0]], axis=1).numpy()
      array([1, 0])
    """
    return _position(argmax_p, input, axis, output_type)


@export("math.argmin", "argmin")
def argmin(
    input: Any, axis: Any = None, output_type: Any = dtypes.int64, name: str | None = None
) -> Any:
    """Finds the index of the least element along a dimension; the first of equal ones.

    Args:
      input: tensor of a real dtype or bool; NaN is passed over.
      axis: the dimension, an integer; None stands for 0.
      output_type: int64 or int32.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape of `input` without dimension `axis`.

    Raises:
      TypeError: when `axis` is no integer.
      tf.errors.InvalidArgumentError: when it is out of range or the dimension is empty.

    Example:
      >>> import tapeflow as tf
      >>> tf.argmin([[1.0, 5.0], [3.0, 2.0]], axis=1).numpy()
      array([0, 1])
    """
    return _position(argmin_p, input, axis, output_type)
