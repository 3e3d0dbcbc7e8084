"""Moments, batch normalization in all its forms, and scaling to unit length."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ops.array import dimensions, shaping
from tapeflow.engine.ops.array.gradient_stops import stop_gradient
from tapeflow.engine.ops.math import (
    casting,
    comparison,
    complex_numbers,
    division,
    exponentials,
    extrema,
)
from tapeflow.engine.ops.math.arithmetic import add, multiply, negative, realdiv, square, subtract
from tapeflow.engine.ops.math.reductions import reduce_mean, reduce_sum, to_axes
from tapeflow.engine.runtime.convert import convert


def _squared_distance(x: Any, y: Any) -> Any:
    difference = subtract(x, y)
    if difference.dtype.is_complex:
        return multiply(complex_numbers.conj(difference), difference)
    return square(difference)


@export("nn.moments")
def moments(
    x: Any, axes: Any, shift: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """Mean and variance along axes.

    Args:
      x: tensor of a numeric dtype; float16 is summed in float32.
      axes: the axes to fold, an int or a list; None for all.
      shift: ignored, as in TensorFlow.
      keepdims: whether these axes stay, with size 1.
      name: ignored in eager mode.

    Returns:
      `(mean, variance)`, of the dtype of `x`; the variance is that of the values given, not an
      estimate for a population.

    Raises:
      tf.errors.InvalidArgumentError: when an axis is out of range.

    Example:
      >>> import tapeflow as tf
      >>> mean, variance = tf.nn.moments(tf.constant([1.0, 3.0]), axes=[0])
      >>> mean.numpy(), variance.numpy()
      (np.float32(2.0), np.float32(1.0))
    """
    x = convert(x)
    wide = casting.cast(x, dtypes.float32) if x.dtype is dtypes.float16 else x
    mean = reduce_mean(wide, axes, keepdims=True)
    # Through the mean the variance has no gradient: its terms add up to zero.
    variance = reduce_mean(_squared_distance(wide, stop_gradient(mean)), axes, keepdims=True)
    if not keepdims:
        folded = _axes(axes, x.shape.ndims)
        mean, variance = dimensions.squeeze(mean, folded), dimensions.squeeze(variance, folded)
    if x.dtype is dtypes.float16:
        return casting.cast(mean, x.dtype), casting.cast(variance, x.dtype)
    return mean, variance


def _axes(axes: Any, rank: int) -> list[int]:
    found = to_axes(axes, rank)
    assert found is not None
    return [a % rank for a in found]


@export("nn.sufficient_statistics")
def sufficient_statistics(
    x: Any, axes: Any, shift: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """The sums from which `tf.nn.normalize_moments` computes mean and variance.

    Args:
      x: tensor of a numeric dtype.
      axes: a list of the axes to fold.
      shift: a value near the mean, subtracted from `x` for accuracy; None for 0.
      keepdims: whether these axes stay, with size 1.
      name: ignored in eager mode.

    Returns:
      `(count, sum, sum of squares, shift)`: the number of elements folded as a scalar of the
      dtype of `x`, the sums of `x - shift` and of its square, and `shift` as a tensor (or None).

    Raises:
      IndexError: when an axis is out of range.
      TypeError: when `axes` is no list.

    Example:
      >>> import tapeflow as tf
      >>> count, total, squares, _ = tf.nn.sufficient_statistics(tf.constant([1.0, 3.0]), [0])
      >>> count.numpy(), total.numpy(), squares.numpy()
      (np.float32(2.0), np.float32(4.0), np.float32(10.0))
    """
    axes = sorted(set(axes))
    x = convert(x)
    dims = x.shape.as_list()
    sizes = [dims[a] for a in axes]
    if None in sizes:
        shape = shaping.shape(x)
        count: Any = 1
        for a in axes:
            count = multiply(count, shape[a])
        count = casting.cast(count, x.dtype)
    else:
        product = 1
        for n in sizes:
            product *= n
        count = convert(product, x.dtype)
    if shift is not None:
        shift = convert(shift, x.dtype)
        total = reduce_sum(subtract(x, shift), axes, keepdims=keepdims)
        squares = reduce_sum(_squared_distance(x, shift), axes, keepdims=keepdims)
    else:
        total = reduce_sum(x, axes, keepdims=keepdims)
        squares = reduce_sum(square(x), axes, keepdims=keepdims)
    return count, total, squares, shift


@export("nn.normalize_moments")
def normalize_moments(
    counts: Any, mean_ss: Any, variance_ss: Any, shift: Any, name: str | None = None
) -> Any:
    """Mean and variance from the sums that `tf.nn.sufficient_statistics` gives.

    Args:
      counts: number of elements, a scalar of a floating dtype.
      mean_ss: sum of the (shifted) elements.
      variance_ss: sum of their squares.
      shift: what was subtracted from the elements, or None.
      name: ignored in eager mode.

    Returns:
      `(mean, variance)`, of the shape of the sums.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes or shapes don't go together.

    Example:
      >>> import tapeflow as tf
      >>> mean, variance = tf.nn.normalize_moments(2.0, 4.0, 10.0, None)
      >>> mean.numpy(), variance.numpy()
      (np.float32(2.0), np.float32(1.0))
    """
    inverse = division.reciprocal(convert(counts))
    shifted = multiply(convert(mean_ss), inverse)
    mean = shifted if shift is None else add(shifted, shift)
    variance = subtract(multiply(convert(variance_ss), inverse), square(shifted))
    return mean, variance


@export("nn.weighted_moments")
def weighted_moments(
    x: Any,
    axes: Any,
    frequency_weights: Any,
    keepdims: bool = False,
    name: str | None = None,
) -> Any:
    """Mean and variance along axes, with elements that count for more than others.

    Args:
      x: tensor of a floating dtype; float16 is summed in float32.
      axes: the axes to fold, an int or a list.
      frequency_weights: weights that broadcast with `x`.
      keepdims: whether these axes stay, with size 1.
      name: ignored in eager mode.

    Returns:
      `(mean, variance)`, of the dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: when shapes or dtypes don't go together.

    Example:
      >>> import tapeflow as tf
      >>> mean, variance = tf.nn.weighted_moments([1.0, 4.0], [0], [2.0, 1.0])
      >>> mean.numpy(), variance.numpy()
      (np.float32(2.0), np.float32(2.0))
    """
    x = convert(x)
    weights = convert(frequency_weights)
    is_half = x.dtype is dtypes.float16
    if is_half:
        x = casting.cast(x, dtypes.float32)
    weights = casting.cast(weights, x.dtype)
    weighted = reduce_sum(multiply(weights, x), axes, keepdims=True)
    # Each weight counts once for every element of `x` that it is broadcast to.
    total = reduce_sum(add(weights, multiply(x, 0.0)), axes, keepdims=True)
    mean = realdiv(weighted, total)
    squares = reduce_sum(multiply(weights, _squared_distance(x, mean)), axes, keepdims=True)
    variance = realdiv(squares, total)
    if not keepdims:
        folded = _axes(axes, mean.shape.ndims)
        mean, variance = dimensions.squeeze(mean, folded), dimensions.squeeze(variance, folded)
    if is_half:
        return casting.cast(mean, dtypes.float16), casting.cast(variance, dtypes.float16)
    return mean, variance


@export("nn.batch_normalization")
def batch_normalization(
    x: Any,
    mean: Any,
    variance: Any,
    offset: Any,
    scale: Any,
    variance_epsilon: Any,
    name: str | None = None,
) -> Any:
    """Normalizes with a given mean and variance: `scale * (x - mean) / sqrt(variance) + offset`.

    From Ioffe and Szegedy, "Batch Normalization" (2015).

    Args:
      x: tensor of a floating or complex dtype.
      mean: broadcasts with `x`.
      variance: broadcasts with `x`.
      offset: added at the end, broadcasts with `x`; None for 0.
      scale: broadcasts with `x`; None for 1.
      variance_epsilon: a small number added to the variance.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape and the dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: when shapes or dtypes don't go together.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.constant([1.0, 3.0])
      >>> one = tf.constant(1.0)
      >>> tf.nn.batch_normalization(x, 2 * one, one, None, 10 * one, 0.0).numpy()
      array([-10.,  10.], dtype=float32)
    """
    inverse = exponentials.rsqrt(add(variance, variance_epsilon))
    if scale is not None:
        inverse = multiply(inverse, scale)
    x = convert(x)
    # One multiplication and one addition per element of x.
    shifted = negative(multiply(mean, inverse))
    if offset is not None:
        shifted = add(offset, shifted)
    return add(multiply(x, casting.cast(inverse, x.dtype)), casting.cast(shifted, x.dtype))


@export("nn.batch_norm_with_global_normalization")
def batch_norm_with_global_normalization(
    input: Any,
    mean: Any,
    variance: Any,
    beta: Any,
    gamma: Any,
    variance_epsilon: Any,
    scale_after_normalization: bool,
    name: str | None = None,
) -> Any:
    """`tf.nn.batch_normalization` under an older name.

    Args:
      input: tensor of a floating dtype, channels last.
      mean: `[channels]`.
      variance: `[channels]`.
      beta: offset `[channels]`.
      gamma: scale `[channels]`.
      variance_epsilon: a small number added to the variance.
      scale_after_normalization: whether to multiply by `gamma`.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `input`.

    Raises:
      tf.errors.InvalidArgumentError: when shapes or dtypes don't go together.

    Example:
      >>> import tapeflow as tf
      >>> x, one = tf.ones([1, 1, 1, 1]), tf.ones([1])
      >>> tf.nn.batch_norm_with_global_normalization(x, one, one, one, one, 0.0, True).numpy()
      array([[[[1.]]]], dtype=float32)
    """
    scale = gamma if scale_after_normalization else None
    return batch_normalization(input, mean, variance, beta, scale, variance_epsilon)


@export("nn.l2_normalize", "math.l2_normalize", "linalg.l2_normalize")
def l2_normalize(
    x: Any, axis: Any = None, epsilon: Any = 1e-12, name: str | None = None, dim: Any = None
) -> Any:
    """Divides by the Euclidean length along axes.

    Args:
      x: tensor of a floating or complex dtype.
      axis: the axes of a vector, an int or a list; None for all.
      epsilon: least squared length to divide by.
      name: ignored in eager mode.
      dim: an older name of `axis`.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      ValueError: when both `axis` and `dim` are given.
      TypeError: for integers.
      tf.errors.InvalidArgumentError: when an axis is out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.l2_normalize([3.0, 4.0]).numpy()
      array([0.6, 0.8], dtype=float32)
    """
    if dim is not None:
        if axis is not None:
            raise ValueError("Cannot specify both 'dim' and 'axis'.")
        axis = dim
    x = convert(x)
    if x.dtype.is_complex:
        parts = add(square(complex_numbers.real(x)), square(complex_numbers.imag(x)))
        length = reduce_sum(parts, axis, keepdims=True)
        inverse = exponentials.rsqrt(extrema.maximum(length, epsilon))
        return complex_numbers.complex(
            multiply(complex_numbers.real(x), inverse), multiply(complex_numbers.imag(x), inverse)
        )
    length = reduce_sum(square(x), axis, keepdims=True)
    return multiply(x, exponentials.rsqrt(extrema.maximum(length, epsilon)))


@export("nn.zero_fraction", "math.zero_fraction")
def zero_fraction(value: Any, name: str | None = None) -> Any:
    """The fraction of elements that are zero.

    Args:
      value: tensor of any numeric dtype, or of strings, which are zero when empty.
      name: ignored in eager mode.

    Returns:
      A float32 scalar; NaN for no elements.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.zero_fraction([0, 1, 0, 2]).numpy()
      np.float32(0.5)
    """
    x = convert(value)
    zero = convert("") if x.dtype is dtypes.string else casting.cast(convert(0), x.dtype)
    return reduce_mean(casting.cast(comparison.equal(x, zero), dtypes.float32))
