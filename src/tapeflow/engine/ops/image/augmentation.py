"""Random changes of images, for training.

Every function here has two forms: one that draws from the global seed, and a `stateless_` one whose
result is a function of its `seed`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import reject
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import repetition, selection, shaping, slicing
from tapeflow.engine.ops.array.arguments import refuse
from tapeflow.engine.ops.image import colors, encoding
from tapeflow.engine.ops.image.geometry import to_image
from tapeflow.engine.ops.math.comparison import greater, less
from tapeflow.engine.ops.math.division import floormod
from tapeflow.engine.ops.random import stateful, stateless
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.tracing.deferral import deferred

DrawUniform = Callable[..., Any]
"""Draws uniform numbers: called as `(shape, minval, maxval, dtype)`."""


def _stateful(seed: Any) -> DrawUniform:
    def draw(shape: Any, minval: Any, maxval: Any, dtype: Any = dtypes.float32) -> Any:
        return stateful.uniform(shape, minval, maxval, dtype=dtype, seed=seed)

    return draw


def _stateless(seed: Any) -> DrawUniform:
    def draw(shape: Any, minval: Any, maxval: Any, dtype: Any = dtypes.float32) -> Any:
        return stateless.stateless_uniform(shape, seed, minval, maxval, dtype=dtype)

    return draw


def _flipped(image: Any, axis: int, draw: DrawUniform) -> Any:
    image, at = to_image(image)
    mirrored = repetition.reverse(image, [at + axis])
    if not at:
        return selection.where(less(draw([], 0, 1.0), 0.5), mirrored, image)
    coins = draw(shaping.sizes(image)[:1], 0, 1.0)
    return selection.where(greater(shaping.reshape(coins, [-1, 1, 1, 1]), 0.5), mirrored, image)


def _brightened(image: Any, max_delta: Any, draw: DrawUniform) -> Any:
    if max_delta < 0:
        raise ValueError("max_delta must be non-negative.")
    return colors.adjust_brightness(image, draw([], -max_delta, max_delta))


def _check_factors(lower: Any, upper: Any) -> None:
    if upper <= lower:
        raise ValueError("upper must be > lower.")
    if lower < 0:
        raise ValueError("lower must be non-negative.")


def _contrasted(image: Any, lower: Any, upper: Any, draw: DrawUniform) -> Any:
    _check_factors(lower, upper)
    return colors.adjust_contrast(image, draw([], lower, upper))


def _saturated(image: Any, lower: Any, upper: Any, draw: DrawUniform) -> Any:
    _check_factors(lower, upper)
    return colors.adjust_saturation(image, draw([], lower, upper))


def _turned(image: Any, max_delta: Any, draw: DrawUniform) -> Any:
    if max_delta > 0.5:
        raise ValueError("max_delta must be <= 0.5.")
    if max_delta < 0:
        raise ValueError("max_delta must be non-negative.")
    return colors.adjust_hue(image, draw([], -max_delta, max_delta))


def _recompressed(image: Any, low: Any, high: Any, draw: DrawUniform) -> Any:
    if low < 0 or high < 0 or low > 100 or high > 100:
        raise ValueError("jpeg encoding range must be between 0 and 100.")
    if low >= high:
        raise ValueError("`min_jpeg_quality` must be less than `max_jpeg_quality`.")
    return encoding.adjust_jpeg_quality(image, draw([], low, high, dtypes.int32))


def _cropped(value: Any, size: Any, draw: DrawUniform) -> Any:
    value = convert(value)
    size = convert(size, dtypes.int32)
    have, wanted = value.shape.as_list(), static_value(size)
    if wanted is None or None in have:
        return _cropped_later(value, size, draw)
    if wanted.shape not in ((1,), (len(have),)):
        reject(f"random_crop: size: expected {len(have)} elements; received {wanted.tolist()}")
    if (wanted > have).any():
        message = f"expected value.shape >= size; received {have} and {wanted.tolist()}"
        raise refuse("random_crop", message)
    return _window(value, size, draw)


def _window(value: Any, size: Any, draw: DrawUniform) -> Any:
    room = shaping.shape(value) - size + 1
    offset = floormod(draw([value.shape.rank], 0, size.dtype.max, size.dtype), room)
    return slicing.slice_(value, offset, size)


def _cropped_later(value: Any, size: Any, draw: DrawUniform) -> Any:
    """As `_cropped`, of sizes that are known when the graph runs."""

    def checked(size: Any, have: Any) -> Any:
        if (size._array > have._array).any():
            reject(f"random_crop: expected value.shape >= size; received {have} and {size}")
        return size

    fits = deferred(
        "Assert", checked, [size, shaping.shape(value)], Spec(size.dtype, size.shape._dims)
    )
    out = _window(value, fits, draw)
    known = static_value(size)
    if known is not None:
        out.set_shape(known.tolist() if known.size > 1 else known.tolist() * value.shape.rank)
    return out


@export("image.random_flip_left_right")
def random_flip_left_right(image: Any, seed: Any = None) -> Any:
    """Mirrors images left to right, each with probability 1/2.

    Args:
      image: tensor `[height, width, channels]` or `[batch, height, width, channels]`.
      seed: an int that, with the global seed, determines what is drawn.

    Returns:
      A tensor of the shape and dtype of `image`.

    Raises:
      ValueError: for another rank.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.random_flip_left_right(tf.zeros([2, 3, 1]), seed=1).shape
      TensorShape([2, 3, 1])
    """
    return _flipped(image, 1, _stateful(seed))


@export("image.stateless_random_flip_left_right")
def stateless_random_flip_left_right(image: Any, seed: Any) -> Any:
    """Mirrors images left to right, each with probability 1/2.

    Args:
      image: tensor `[height, width, channels]` or `[batch, height, width, channels]`.
      seed: two ints, `[2]`: equal seeds give equal results.

    Returns:
      A tensor of the shape and dtype of `image`.

    Raises:
      ValueError: for another rank.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.stateless_random_flip_left_right(tf.zeros([2, 3, 1]), seed=(1, 2)).shape
      TensorShape([2, 3, 1])
    """
    return _flipped(image, 1, _stateless(seed))


@export("image.random_flip_up_down")
def random_flip_up_down(image: Any, seed: Any = None) -> Any:
    """Mirrors images upside down, each with probability 1/2.

    Args:
      image: tensor `[height, width, channels]` or `[batch, height, width, channels]`.
      seed: an int that, with the global seed, determines what is drawn.

    Returns:
      A tensor of the shape and dtype of `image`.

    Raises:
      ValueError: for another rank.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.random_flip_up_down(tf.zeros([2, 3, 1]), seed=1).shape
      TensorShape([2, 3, 1])
    """
    return _flipped(image, 0, _stateful(seed))


@export("image.stateless_random_flip_up_down")
def stateless_random_flip_up_down(image: Any, seed: Any) -> Any:
    """Mirrors images upside down, each with probability 1/2.

    Args:
      image: tensor `[height, width, channels]` or `[batch, height, width, channels]`.
      seed: two ints, `[2]`: equal seeds give equal results.

    Returns:
      A tensor of the shape and dtype of `image`.

    Raises:
      ValueError: for another rank.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.stateless_random_flip_up_down(tf.zeros([2, 3, 1]), seed=(1, 2)).shape
      TensorShape([2, 3, 1])
    """
    return _flipped(image, 0, _stateless(seed))


@export("image.random_brightness")
def random_brightness(image: Any, max_delta: Any, seed: Any = None) -> Any:
    """Adds a number from `[-max_delta, max_delta)` to all values of an image.

    Args:
      image: tensor of a floating or integer dtype, `[..., height, width, channels]`.
      max_delta: the greatest change, not negative.
      seed: an int that, with the global seed, determines what is drawn.

    Returns:
      A tensor of the shape and dtype of `image`.

    Raises:
      ValueError: when `max_delta` is negative.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.random_brightness(tf.zeros([2, 3, 1]), 0.2, seed=1).shape
      TensorShape([2, 3, 1])
    """
    return _brightened(image, max_delta, _stateful(seed))


@export("image.stateless_random_brightness")
def stateless_random_brightness(image: Any, max_delta: Any, seed: Any) -> Any:
    """Adds a number from `[-max_delta, max_delta)` to all values of an image.

    Args:
      image: tensor of a floating or integer dtype, `[..., height, width, channels]`.
      max_delta: the greatest change, not negative.
      seed: two ints, `[2]`: equal seeds give equal results.

    Returns:
      A tensor of the shape and dtype of `image`.

    Raises:
      ValueError: when `max_delta` is negative.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.stateless_random_brightness(tf.zeros([2, 3, 1]), 0.2, seed=(1, 2)).shape
      TensorShape([2, 3, 1])
    """
    return _brightened(image, max_delta, _stateless(seed))


@export("image.random_contrast")
def random_contrast(image: Any, lower: Any, upper: Any, seed: Any = None) -> Any:
    """Changes the contrast of an image by a factor from `[lower, upper)`.

    Args:
      image: tensor of a floating or integer dtype, `[..., height, width, channels]`.
      lower: the least factor, not negative.
      upper: the greatest factor.
      seed: an int that, with the global seed, determines what is drawn.

    Returns:
      A tensor of the shape and dtype of `image`.

    Raises:
      ValueError: when `upper <= lower` or `lower < 0`.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.random_contrast(tf.zeros([2, 3, 1]), 0.5, 1.5, seed=1).shape
      TensorShape([2, 3, 1])
    """
    return _contrasted(image, lower, upper, _stateful(seed))


@export("image.stateless_random_contrast")
def stateless_random_contrast(image: Any, lower: Any, upper: Any, seed: Any) -> Any:
    """Changes the contrast of an image by a factor from `[lower, upper)`.

    Args:
      image: tensor of a floating or integer dtype, `[..., height, width, channels]`.
      lower: the least factor, not negative.
      upper: the greatest factor.
      seed: two ints, `[2]`: equal seeds give equal results.

    Returns:
      A tensor of the shape and dtype of `image`.

    Raises:
      ValueError: when `upper <= lower` or `lower < 0`.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.stateless_random_contrast(tf.zeros([2, 3, 1]), 0.5, 1.5, seed=(1, 2)).shape
      TensorShape([2, 3, 1])
    """
    return _contrasted(image, lower, upper, _stateless(seed))


@export("image.random_saturation")
def random_saturation(image: Any, lower: Any, upper: Any, seed: Any = None) -> Any:
    """Changes the saturation of an RGB image by a factor from `[lower, upper)`.

    Args:
      image: tensor of a floating or integer dtype, `[..., height, width, channels]`.
      lower: the least factor, not negative.
      upper: the greatest factor.
      seed: an int that, with the global seed, determines what is drawn.

    Returns:
      A tensor of the shape and dtype of `image`.

    Raises:
      ValueError: when `upper <= lower` or `lower < 0`.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.random_saturation(tf.zeros([2, 3, 3]), 0.5, 1.5, seed=1).shape
      TensorShape([2, 3, 3])
    """
    return _saturated(image, lower, upper, _stateful(seed))


@export("image.stateless_random_saturation")
def stateless_random_saturation(image: Any, lower: Any, upper: Any, seed: Any = None) -> Any:
    """Changes the saturation of an RGB image by a factor from `[lower, upper)`.

    Args:
      image: tensor of a floating or integer dtype, `[..., height, width, channels]`.
      lower: the least factor, not negative.
      upper: the greatest factor.
      seed: two ints, `[2]`: equal seeds give equal results.

    Returns:
      A tensor of the shape and dtype of `image`.

    Raises:
      ValueError: when `upper <= lower` or `lower < 0`.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.stateless_random_saturation(tf.zeros([2, 3, 3]), 0.5, 1.5, seed=(1, 2)).shape
      TensorShape([2, 3, 3])
    """
    return _saturated(image, lower, upper, _stateless(seed))


@export("image.random_hue")
def random_hue(image: Any, max_delta: Any, seed: Any = None) -> Any:
    """Turns the hues of an RGB image by a number from `[-max_delta, max_delta)`.

    Args:
      image: tensor of a floating or integer dtype, `[..., height, width, channels]`.
      max_delta: the greatest turn, in [0, 0.5].
      seed: an int that, with the global seed, determines what is drawn.

    Returns:
      A tensor of the shape and dtype of `image`.

    Raises:
      ValueError: when `max_delta` is out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.random_hue(tf.zeros([2, 3, 3]), 0.2, seed=1).shape
      TensorShape([2, 3, 3])
    """
    return _turned(image, max_delta, _stateful(seed))


@export("image.stateless_random_hue")
def stateless_random_hue(image: Any, max_delta: Any, seed: Any) -> Any:
    """Turns the hues of an RGB image by a number from `[-max_delta, max_delta)`.

    Args:
      image: tensor of a floating or integer dtype, `[..., height, width, channels]`.
      max_delta: the greatest turn, in [0, 0.5].
      seed: two ints, `[2]`: equal seeds give equal results.

    Returns:
      A tensor of the shape and dtype of `image`.

    Raises:
      ValueError: when `max_delta` is out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.stateless_random_hue(tf.zeros([2, 3, 3]), 0.2, seed=(1, 2)).shape
      TensorShape([2, 3, 3])
    """
    return _turned(image, max_delta, _stateless(seed))


@export("image.random_jpeg_quality")
def random_jpeg_quality(
    image: Any, min_jpeg_quality: Any, max_jpeg_quality: Any, seed: Any = None
) -> Any:
    """Encodes an image as JPEG with a random quality and decodes it again; needs Pillow.

    Args:
      image: tensor `[height, width, channels]`, with 1 or 3 channels.
      min_jpeg_quality: the least quality, 0 to 100.
      max_jpeg_quality: the greatest quality (not drawn itself).
      seed: an int that, with the global seed, determines what is drawn.

    Returns:
      A tensor of the shape and dtype of `image`.

    Raises:
      ValueError: when the range of qualities is empty or leaves [0, 100].
      ImportError: when Pillow is not installed.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.random_jpeg_quality(tf.zeros([8, 8, 3]), 50, 95, seed=1).shape
      TensorShape([8, 8, 3])
    """
    return _recompressed(image, min_jpeg_quality, max_jpeg_quality, _stateful(seed))


@export("image.stateless_random_jpeg_quality")
def stateless_random_jpeg_quality(
    image: Any, min_jpeg_quality: Any, max_jpeg_quality: Any, seed: Any
) -> Any:
    """Encodes an image as JPEG with a random quality and decodes it again; needs Pillow.

    Args:
      image: tensor `[height, width, channels]`, with 1 or 3 channels.
      min_jpeg_quality: the least quality, 0 to 100.
      max_jpeg_quality: the greatest quality (not drawn itself).
      seed: two ints, `[2]`: equal seeds give equal results.

    Returns:
      A tensor of the shape and dtype of `image`.

    Raises:
      ValueError: when the range of qualities is empty or leaves [0, 100].
      ImportError: when Pillow is not installed.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.stateless_random_jpeg_quality(tf.zeros([8, 8, 3]), 50, 95, seed=(1, 2)).shape
      TensorShape([8, 8, 3])
    """
    return _recompressed(image, min_jpeg_quality, max_jpeg_quality, _stateless(seed))


@export("image.random_crop")
def random_crop(value: Any, size: Any, seed: Any = None, name: str | None = None) -> Any:
    """Cuts a block of the given size out of a tensor, at a random place.

    Args:
      value: tensor of any dtype and rank.
      size: the block's size in every dimension.
      seed: an int that, with the global seed, determines what is drawn.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `size` and the dtype of `value`.

    Raises:
      tf.errors.InvalidArgumentError: when the tensor is smaller than that.
      TypeError: when sizes are no integers.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.random_crop(tf.zeros([4, 4, 3]), [2, 2, 3], seed=1).shape
      TensorShape([2, 2, 3])
    """
    return _cropped(value, size, _stateful(seed))


@export("image.stateless_random_crop")
def stateless_random_crop(value: Any, size: Any, seed: Any, name: str | None = None) -> Any:
    """Cuts a block of the given size out of a tensor, at a random place.

    Args:
      value: tensor of any dtype and rank.
      size: the block's size in every dimension.
      seed: two ints, `[2]`: equal seeds give equal results.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `size` and the dtype of `value`.

    Raises:
      tf.errors.InvalidArgumentError: when the tensor is smaller than that.
      TypeError: when sizes are no integers.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.stateless_random_crop(tf.zeros([4, 4, 3]), [2, 2, 3], seed=(1, 2)).shape
      TensorShape([2, 2, 3])
    """
    return _cropped(value, size, _stateless(seed))
