"""Log-sum-exp, variance, standard deviation, and counts of what is not zero."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.ops.array import shaping
from tapeflow.engine.ops.math import arithmetic, comparison, complex_numbers, exponentials
from tapeflow.engine.ops.math.casting import cast
from tapeflow.engine.ops.math.folds import reduce_max
from tapeflow.engine.ops.math.magnitude import is_finite
from tapeflow.engine.ops.math.reductions import reduce_mean, reduce_sum
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import EagerTensor


def _detached(x: Any) -> Any:
    """The same values without their history; a symbolic tensor stays, which costs only time."""
    return EagerTensor(x._array) if type(x) is EagerTensor else x


@export("math.reduce_logsumexp", "reduce_logsumexp")
def reduce_logsumexp(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """Computes `log(sum(exp(x)))` along dimensions, without overflow.

    Args:
      input_tensor: tensor of a floating dtype.
      axis: the dimensions to fold, an int or a list; None folds all.
      keepdims: whether these dimensions stay, with size 1.
      name: ignored in eager mode.

    Returns:
      A tensor of the dtype of `input_tensor`; -inf where there is no element.

    Raises:
      tf.errors.InvalidArgumentError: when an axis is out of range, or for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.reduce_logsumexp([0.0, 0.0, 1000.0]).numpy()
      np.float32(1000.0)
    """
    from tapeflow.engine.ops.array.creation import zeros_like
    from tapeflow.engine.ops.array.selection import where

    x = convert(input_tensor)
    # Any shift gives the same result, so no gradient passes through it.
    top = _detached(reduce_max(x, axis, keepdims=True))
    top = where(is_finite(top), top, zeros_like(top))
    total = reduce_sum(exponentials.exp(arithmetic.subtract(x, top)), axis, keepdims)
    result = exponentials.log(total)
    return arithmetic.add(result, top if keepdims else shaping.reshape(top, shaping.shape(result)))


@export("math.reduce_variance")
def reduce_variance(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """Computes the variance of the elements along dimensions (divided by their number).

    Args:
      input_tensor: tensor of a floating or complex dtype.
      axis: the dimensions to fold, an int or a list; None folds all.
      keepdims: whether these dimensions stay, with size 1.
      name: ignored in eager mode.

    Returns:
      A tensor of the dtype of `input_tensor`, or of the parts' dtype for complex numbers.

    Raises:
      TypeError: for integers.
      tf.errors.InvalidArgumentError: when an axis is out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.reduce_variance([[1.0, 2.0], [3.0, 5.0]], axis=1).numpy()
      array([0.25, 1.  ], dtype=float32)
    """
    x = convert(input_tensor)
    means = reduce_mean(x, axis, keepdims=True)
    if x.dtype.is_integer:
        raise TypeError(
            f"reduce_variance: input_tensor: expected a floating or complex dtype; received "
            f"{x.dtype.name}"
        )
    away = arithmetic.subtract(x, means)
    if x.dtype.is_complex:
        away = arithmetic.multiply(complex_numbers.conj(away), away)
        return reduce_mean(complex_numbers.real(away), axis, keepdims)
    return reduce_mean(arithmetic.square(away), axis, keepdims)


@export("math.reduce_std")
def reduce_std(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """Computes the standard deviation of the elements along dimensions (divided by their number).

    Args:
      input_tensor: tensor of a floating or complex dtype.
      axis: the dimensions to fold, an int or a list; None folds all.
      keepdims: whether these dimensions stay, with size 1.
      name: ignored in eager mode.

    Returns:
      A tensor of the dtype of `input_tensor`, or of the parts' dtype for complex numbers.

    Raises:
      TypeError: for integers.
      tf.errors.InvalidArgumentError: when an axis is out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.reduce_std([[1.0, 2.0], [3.0, 5.0]], axis=1).numpy()
      array([0.5, 1. ], dtype=float32)
    """
    return exponentials.sqrt(reduce_variance(input_tensor, axis, keepdims))


@export("math.count_nonzero")
def count_nonzero(
    input: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    dtype: Any = dtypes.int64,
    name: str | None = None,
) -> Any:
    """Counts the elements that are not zero (or empty strings) along dimensions.

    Args:
      input: tensor of a numeric dtype, bool or string.
      axis: the dimensions to fold, an int or a list; None folds all.
      keepdims: whether these dimensions stay, with size 1.
      dtype: dtype of the result.
      name: ignored in eager mode.

    Returns:
      A tensor of dtype `dtype`.

    Raises:
      tf.errors.InvalidArgumentError: when an axis is out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.count_nonzero([[0, 1, 0], [1, 1, 0]], axis=1).numpy()
      array([1, 2])
    """
    x = convert(input)
    nothing: Any = "" if x.dtype is dtypes.string else False if x.dtype.is_bool else 0
    held = comparison.not_equal(x, convert(nothing, x.dtype))
    return cast(reduce_sum(cast(held, dtypes.int64), axis, bool(keepdims)), as_dtype(dtype))
