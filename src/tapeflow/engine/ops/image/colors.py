"""Colours of images: conversions between dtypes and colour spaces, adjustments."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.ops.array import repetition
from tapeflow.engine.ops.image import color_ops
from tapeflow.engine.ops.linalg.contraction import matmul
from tapeflow.engine.ops.math import clipping
from tapeflow.engine.ops.math.arithmetic import add, multiply
from tapeflow.engine.ops.math.casting import cast
from tapeflow.engine.ops.math.division import floordiv
from tapeflow.engine.ops.math.exponentials import pow as power
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import EagerTensor


@export("image.convert_image_dtype")
def convert_image_dtype(
    image: Any, dtype: Any, saturate: bool = False, name: str | None = None
) -> Any:
    """Converts an image to another dtype and its values to that dtype's range.

    Floats range over [0, 1], integers from 0 to the greatest one.

    Args:
      image: tensor of a floating or integer dtype.
      dtype: a floating or integer dtype.
      saturate: whether values beyond the range are cut off; else they wrap around.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape of `image`.

    Raises:
      AttributeError: for another dtype.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.convert_image_dtype([0.0, 0.5, 1.0], tf.uint8).numpy()
      array([  0, 127, 255], dtype=uint8)
    """
    image = convert(image)
    target = as_dtype(dtype)
    if not (target.is_floating or target.is_integer):
        raise AttributeError("dtype must be either floating point or integer")
    source = image.dtype
    if not (source.is_floating or source.is_integer):
        raise AttributeError("image dtype must be either floating point or integer")
    if source is target:
        return image
    to = clipping.saturate_cast if saturate else cast
    if source.is_integer and target.is_integer:
        if source.max > target.max:
            return to(floordiv(image, (source.max + 1) // (target.max + 1)), target)
        return multiply(to(image, target), (target.max + 1) // (source.max + 1))
    if source.is_floating and target.is_floating:
        return cast(image, target)
    if source.is_integer:
        return multiply(cast(image, target), 1.0 / source.max)
    return to(multiply(image, target.max + 0.5), target)


def in_floats(image: Any) -> tuple[Any, Any]:
    """The image as float16 or float32, and its own dtype."""
    image = convert(image)
    if image.dtype in (dtypes.float16, dtypes.float32):
        return image, image.dtype
    return convert_image_dtype(image, dtypes.float32), image.dtype


def _constant(values: Any, dtype: Any) -> Any:
    return EagerTensor(np.asarray(values).astype(dtype.np))


# -- colour spaces -------------------------------------------------------------------------------


@export("image.rgb_to_grayscale")
def rgb_to_grayscale(images: Any, name: str | None = None) -> Any:
    """Computes the brightness of colours.

    Args:
      images: tensor `[..., 3]`.
      name: ignored in eager mode.

    Returns:
      A tensor `[..., 1]` of the dtype of `images`.

    Raises:
      tf.errors.InvalidArgumentError: when the last dimension is not 3.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.rgb_to_grayscale([[[255, 255, 255]]]).numpy()
      array([[[254]]], dtype=int32)
    """
    x, dtype = in_floats(images)
    weights = _constant([[0.2989], [0.5870], [0.1140]], x.dtype)
    return convert_image_dtype(_mixed(x, weights), dtype)


def _mixed(x: Any, weights: Any) -> Any:
    """Every pixel times a matrix."""
    from tapeflow.engine.ops.array import shaping

    sizes = shaping.sizes(x)
    rows = shaping.reshape(x, [-1, sizes[-1]])
    return shaping.reshape(matmul(rows, weights), [*sizes[:-1], weights.shape[-1]])


@export("image.grayscale_to_rgb")
def grayscale_to_rgb(images: Any, name: str | None = None) -> Any:
    """Repeats the only channel three times.

    Args:
      images: tensor `[..., 1]`.
      name: ignored in eager mode.

    Returns:
      A tensor `[..., 3]` of the dtype of `images`.

    Raises:
      ValueError: when the last dimension is not 1.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.grayscale_to_rgb([[[7]]]).numpy()
      array([[[7, 7, 7]]], dtype=int32)
    """
    images = convert(images)
    if images.shape.as_list()[-1] not in (1, None):
        raise ValueError("Last dimension of a grayscale image should be size 1.")
    out = repetition.tile(images, [1] * (images.shape.ndims - 1) + [3])
    if not isinstance(out, EagerTensor):
        out.set_shape([None] * (images.shape.ndims - 1) + [3])
    return out


_MATRICES = {
    "rgb_to_yiq": (
        (0.299, 0.59590059, 0.2115), (0.587, -0.27455667, -0.52273617),
        (0.114, -0.32134392, 0.31119955),
    ),
    "yiq_to_rgb": (
        (1.0, 1.0, 1.0), (0.95598634, -0.27201283, -1.10674021),
        (0.6208248, -0.64720424, 1.70423049),
    ),
    "rgb_to_yuv": (
        (0.299, -0.14714119, 0.61497538), (0.587, -0.28886916, -0.51496512),
        (0.114, 0.43601035, -0.10001026),
    ),
    "yuv_to_rgb": (
        (1.0, 1.0, 1.0), (0.0, -0.394642334, 2.03206185), (1.13988303, -0.58062185, 0.0),
    ),
}  # fmt: skip


def _by_matrix(images: Any, name: str) -> Any:
    images = convert(images)
    if not images.dtype.is_floating:
        raise TypeError(f"{name}: expected a floating dtype; received {images.dtype.name}")
    return _mixed(images, _constant(_MATRICES[name], images.dtype))


@export("image.rgb_to_yiq")
def rgb_to_yiq(images: Any) -> Any:
    """Converts from RGB to YIQ.

    Args:
      images: tensor `[..., 3]` of a floating dtype.

    Returns:
      A tensor of the shape and dtype of `images`.

    Raises:
      TypeError: for another dtype.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.rgb_to_yiq([[1.0, 1.0, 1.0]]).numpy()[0, :1]
      array([1.], dtype=float32)
    """
    return _by_matrix(images, "rgb_to_yiq")


@export("image.yiq_to_rgb")
def yiq_to_rgb(images: Any) -> Any:
    """Converts from YIQ to RGB.

    Args:
      images: tensor `[..., 3]` of a floating dtype.

    Returns:
      A tensor of the shape and dtype of `images`.

    Raises:
      TypeError: for another dtype.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.yiq_to_rgb([[1.0, 0.0, 0.0]]).numpy()
      array([[1., 1., 1.]], dtype=float32)
    """
    return _by_matrix(images, "yiq_to_rgb")


@export("image.rgb_to_yuv")
def rgb_to_yuv(images: Any) -> Any:
    """Converts from RGB to YUV.

    Args:
      images: tensor `[..., 3]` of a floating dtype.

    Returns:
      A tensor of the shape and dtype of `images`.

    Raises:
      TypeError: for another dtype.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.rgb_to_yuv([[1.0, 1.0, 1.0]]).numpy()[0, :1]
      array([1.], dtype=float32)
    """
    return _by_matrix(images, "rgb_to_yuv")


@export("image.yuv_to_rgb")
def yuv_to_rgb(images: Any) -> Any:
    """Converts from YUV to RGB.

    Args:
      images: tensor `[..., 3]` of a floating dtype.

    Returns:
      A tensor of the shape and dtype of `images`.

    Raises:
      TypeError: for another dtype.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.yuv_to_rgb([[1.0, 0.0, 0.0]]).numpy()
      array([[1., 1., 1.]], dtype=float32)
    """
    return _by_matrix(images, "yuv_to_rgb")


@export("image.rgb_to_hsv")
def rgb_to_hsv(images: Any, name: str | None = None) -> Any:
    """Converts from RGB to hue, saturation and value.

    Args:
      images: tensor `[..., 3]` of a floating dtype, values in [0, 1].
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `images`, values in [0, 1].

    Raises:
      tf.errors.InvalidArgumentError: for another dtype.
      tf.errors.FailedPreconditionError: when the last dimension is not 3.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.rgb_to_hsv([[1.0, 0.0, 0.0]]).numpy()
      array([[0., 1., 1.]], dtype=float32)
    """
    return apply(color_ops.rgb_to_hsv_p, convert(images, hint=dtypes.float32))


@export("image.hsv_to_rgb")
def hsv_to_rgb(images: Any, name: str | None = None) -> Any:
    """Converts from hue, saturation and value to RGB; no gradient flows.

    Args:
      images: tensor `[..., 3]` of a floating dtype, values in [0, 1].
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `images`.

    Raises:
      tf.errors.InvalidArgumentError: for another dtype.
      tf.errors.FailedPreconditionError: when the last dimension is not 3.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.hsv_to_rgb([[0.0, 1.0, 1.0]]).numpy()
      array([[1., 0., 0.]], dtype=float32)
    """
    return apply(color_ops.hsv_to_rgb_p, convert(images, hint=dtypes.float32))


# -- adjustments ---------------------------------------------------------------------------------


@export("image.adjust_brightness")
def adjust_brightness(image: Any, delta: Any) -> Any:
    """Adds to all values of an image.

    Args:
      image: tensor of a floating or integer dtype.
      delta: what to add, on the scale of floats.

    Returns:
      A tensor of the shape and dtype of `image`; integers are cut off at their range.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.adjust_brightness([0.25, 0.5], 0.25).numpy()
      array([0.5 , 0.75], dtype=float32)
    """
    x, dtype = in_floats(image)
    if not isinstance(delta, (int, float)):
        delta = cast(delta, x.dtype)
    return convert_image_dtype(add(x, delta), dtype, saturate=True)


@export("image.adjust_contrast")
def adjust_contrast(images: Any, contrast_factor: Any) -> Any:
    """Multiplies the distances of values from their channel's mean.

    Args:
      images: tensor `[..., height, width, channels]`.
      contrast_factor: the factor.

    Returns:
      A tensor of the shape and dtype of `images`; integers are cut off at their range.

    Raises:
      tf.errors.InvalidArgumentError: when the rank is less than 3.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.adjust_contrast([[[1.0], [2.0], [3.0]]], 2.0).numpy()[0, :, 0]
      array([0., 2., 4.], dtype=float32)
    """
    x, dtype = in_floats(images)
    y = apply(color_ops.contrast_p, x, convert(contrast_factor, dtypes.float32))
    return convert_image_dtype(y, dtype, saturate=True)


@export("image.adjust_gamma")
def adjust_gamma(image: Any, gamma: Any = 1, gain: Any = 1) -> Any:
    """Computes `gain * image ** gamma`.

    Args:
      image: tensor of a floating or integer dtype.
      gamma: the exponent, not negative.
      gain: the factor.

    Returns:
      A tensor of the shape and dtype of `image`; integers are cut off at their range.

    Raises:
      ValueError: when `gamma` is negative.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.adjust_gamma([0.25, 1.0], 0.5).numpy()
      array([0.5, 1. ], dtype=float32)
    """
    known = static_value(gamma)
    if known is not None and (known < 0).any():
        raise ValueError("Gamma should be a non-negative real number.")
    x, dtype = in_floats(image)
    return convert_image_dtype(multiply(gain, power(x, gamma)), dtype, saturate=True)


@export("image.adjust_hue")
def adjust_hue(image: Any, delta: Any, name: str | None = None) -> Any:
    """Turns the hues of an image.

    Args:
      image: tensor `[..., height, width, 3]`.
      delta: what to add to the hue, in [-1, 1], a whole turn being 1.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `image`.

    Raises:
      ValueError: when `delta` is out of range.
      tf.errors.InvalidArgumentError: when there are not 3 channels.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.adjust_hue([[[1.0, 0.0, 0.0]]], 0.5).numpy()
      array([[[0., 1., 1.]]], dtype=float32)
    """
    known = static_value(delta)
    if known is not None and not -1.0 <= float(known) <= 1.0:
        raise ValueError("delta must be in the interval [-1, 1]")
    x, dtype = in_floats(image)
    return convert_image_dtype(apply(color_ops.hue_p, x, convert(delta, dtypes.float32)), dtype)


@export("image.adjust_saturation")
def adjust_saturation(image: Any, saturation_factor: Any, name: str | None = None) -> Any:
    """Multiplies the saturation of an image's colours.

    Args:
      image: tensor `[..., height, width, 3]`.
      saturation_factor: the factor; the product is cut off at 0 and 1.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `image`.

    Raises:
      tf.errors.InvalidArgumentError: when there are not 3 channels.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.adjust_saturation([[[1.0, 0.5, 0.5]]], 0.0).numpy()
      array([[[1., 1., 1.]]], dtype=float32)
    """
    x, dtype = in_floats(image)
    factor = convert(saturation_factor, dtypes.float32)
    return convert_image_dtype(apply(color_ops.saturation_p, x, factor), dtype)
