"""Derivatives and statistics of images."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ops.array import joining, padding, shaping
from tapeflow.engine.ops.array.arguments import refuse
from tapeflow.engine.ops.image.geometry import require_nonempty
from tapeflow.engine.ops.math import extrema, folds, reductions
from tapeflow.engine.ops.math.arithmetic import add, multiply, square, subtract, truediv
from tapeflow.engine.ops.math.casting import cast
from tapeflow.engine.ops.math.exponentials import rsqrt, sqrt
from tapeflow.engine.ops.math.magnitude import abs as magnitude
from tapeflow.engine.runtime.convert import convert


@export("image.per_image_standardization")
def per_image_standardization(image: Any) -> Any:
    """Shifts and scales every image to mean 0 and variance 1.

    Args:
      image: tensor `[..., height, width, channels]`.

    Returns:
      A float32 tensor of the shape of `image`; the standard deviation it is divided by is at least
      that of one unit in one value.

    Raises:
      ValueError: when the rank is less than 3.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.per_image_standardization([[[1.0], [3.0]]]).numpy()[..., 0]
      array([[-1.,  1.]], dtype=float32)
    """
    image = convert(image)
    if image.shape.ndims is None or image.shape.ndims < 3:
        raise ValueError(f"'image' (shape {image.shape}) must be at least three-dimensional.")
    require_nonempty(image)
    x = cast(image, dtypes.float32)
    axes = [-3, -2, -1]
    sizes = x.shape.as_list()[-3:]
    centered = subtract(x, reductions.reduce_mean(x, axes, keepdims=True))
    deviation = sqrt(reductions.reduce_mean(square(centered), axes, keepdims=True))
    if None in sizes:
        count = cast(folds.reduce_prod(shaping.shape(x)[-3:]), dtypes.float32)
        least = rsqrt(count)
    else:
        least = float(1 / np.sqrt(np.prod(sizes)))
    return truediv(centered, extrema.maximum(deviation, least))


@export("image.total_variation")
def total_variation(images: Any, name: str | None = None) -> Any:
    """Sums the absolute differences of neighbouring pixels.

    Args:
      images: tensor `[height, width, channels]` or `[batch, height, width, channels]`.
      name: ignored in eager mode.

    Returns:
      A tensor `[]` or `[batch]` of the dtype of `images`.

    Raises:
      ValueError: for another rank.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.total_variation([[[1.0], [3.0]], [[1.0], [3.0]]]).numpy()
      np.float32(4.0)
    """
    images = convert(images)
    rank = images.shape.ndims
    if rank not in (3, 4):
        raise ValueError("'images' must be either 3 or 4-dimensional.")
    lead = (slice(None),) * (rank - 3)
    down = subtract(images[(*lead, slice(1, None))], images[(*lead, slice(None, -1))])
    every = slice(None)
    along = subtract(
        images[(*lead, every, slice(1, None))], images[(*lead, every, slice(None, -1))]
    )
    axes = None if rank == 3 else [1, 2, 3]
    return add(
        reductions.reduce_sum(magnitude(down), axes), reductions.reduce_sum(magnitude(along), axes)
    )


@export("image.image_gradients")
def image_gradients(image: Any) -> Any:
    """Computes the differences of neighbouring pixels.

    Args:
      image: tensor `[batch, height, width, channels]`.

    Returns:
      Two tensors of the shape and dtype of `image`: differences down (zero in the last row), and
      to the right (zero in the last column).

    Raises:
      ValueError: when the rank is not 4.

    Example:
      >>> import tapeflow as tf
      >>> down, right = tf.image.image_gradients([[[[1.0], [3.0]]]])
      >>> right.numpy()[0, ..., 0]
      array([[2., 0.]], dtype=float32)
    """
    image = convert(image)
    if image.shape.ndims != 4:
        raise ValueError(
            f"image_gradients expects a 4D tensor [batch_size, h, w, d], not {image.shape}."
        )
    down = subtract(image[:, 1:], image[:, :-1])
    right = subtract(image[:, :, 1:], image[:, :, :-1])
    return (
        padding.pad(down, [[0, 0], [0, 1], [0, 0], [0, 0]]),
        padding.pad(right, [[0, 0], [0, 0], [0, 1], [0, 0]]),
    )


@export("image.sobel_edges")
def sobel_edges(image: Any) -> Any:
    """Computes smoothed derivatives by Sobel's filters.

    Args:
      image: tensor `[batch, height, width, channels]` of a floating dtype.

    Returns:
      A tensor `[batch, height, width, channels, 2]`: derivatives down and to the right.

    Raises:
      tf.errors.InvalidArgumentError: for another rank or dtype.

    Example:
      >>> import tapeflow as tf
      >>> image = tf.reshape(tf.range(9.0), [1, 3, 3, 1])
      >>> tf.image.sobel_edges(image)[0, 1, 1, 0].numpy()
      array([24.,  8.], dtype=float32)
    """
    image = convert(image)
    if image.shape.ndims != 4:
        raise refuse("SobelEdges", f"image: expected rank 4; received shape {image.shape}")
    if not image.dtype.is_floating:
        message = f"image: expected a floating dtype; received {image.dtype.name}"
        raise refuse("SobelEdges", message, about_dtype=True)
    x = padding.pad(image, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="REFLECT")
    # Each filter is a difference in one direction and a smoothing in the other.
    down = subtract(x[:, 2:], x[:, :-2])
    down = add(add(down[:, :, :-2], multiply(down[:, :, 1:-1], 2)), down[:, :, 2:])
    right = subtract(x[:, :, 2:], x[:, :, :-2])
    right = add(add(right[:, :-2], multiply(right[:, 1:-1], 2)), right[:, 2:])
    return joining.stack([down, right], axis=-1)
