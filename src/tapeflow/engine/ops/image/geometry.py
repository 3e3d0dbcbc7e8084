"""Flips, turns, crops and pads of images."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import dimensions, padding, repetition
from tapeflow.engine.ops.image import resizing
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.tracing.deferral import planned


def to_image(image: Any) -> tuple[Any, int]:
    """A tensor of an image or of a batch of them, and where its height is.

    Raises:
      ValueError: when the rank is neither 3 nor 4.
    """
    image = convert(image)
    rank = image.shape.ndims
    if rank is None or rank < 3:
        raise ValueError(f"'image' (shape {image.shape}) must be at least three-dimensional.")
    if rank > 4:
        raise ValueError(f"'image' (shape {image.shape}) must have either 3 or 4 dimensions.")
    return image, rank - 3


def require_nonempty(image: Any) -> None:
    """Rejects images without pixels.

    Raises:
      ValueError: when height, width or channels are 0.
    """
    dims = image.shape._dims
    if dims is not None and 0 in dims[-3:]:
        raise ValueError(f"inner 3 dims of 'image.shape' must be > 0: {image.shape}")


def _number(value: Any, argument: str) -> int:
    known = static_value(value)
    if known is None:
        raise TypeError(f"{argument}: expected a value that is known when the function is traced")
    return int(known)


def _of_size(image: Any, rows: Any, columns: Any, dtype: Any = None) -> Spec:
    """What is known of an image that is made when the graph runs."""
    target = image.dtype if dtype is None else dtype
    dims = image.shape._dims
    if dims is None or len(dims) not in (3, 4):
        to_image(image)
    sizes = [None if n is None else static_value(n) for n in (rows, columns)]
    known = [None if n is None else int(n) for n in sizes]
    return Spec(target, (*dims[:-3], *known, dims[-1]))


def _check(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


@export("image.flip_left_right")
def flip_left_right(image: Any) -> Any:
    """Mirrors images left to right.

    Args:
      image: tensor `[height, width, channels]` or `[batch, height, width, channels]`.

    Returns:
      A tensor of the shape and dtype of `image`.

    Raises:
      ValueError: for another rank.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.flip_left_right([[[1], [2]]]).numpy()[..., 0]
      array([[2, 1]], dtype=int32)
    """
    image, at = to_image(image)
    require_nonempty(image)
    return repetition.reverse(image, [at + 1])


@export("image.flip_up_down")
def flip_up_down(image: Any) -> Any:
    """Mirrors images upside down.

    Args:
      image: tensor `[height, width, channels]` or `[batch, height, width, channels]`.

    Returns:
      A tensor of the shape and dtype of `image`.

    Raises:
      ValueError: for another rank.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.flip_up_down([[[1]], [[2]]]).numpy()[..., 0]
      array([[2],
             [1]], dtype=int32)
    """
    image, at = to_image(image)
    require_nonempty(image)
    return repetition.reverse(image, [at])


@export("image.transpose")
def transpose(image: Any, name: str | None = None) -> Any:
    """Exchanges height and width of images.

    Args:
      image: tensor `[height, width, channels]` or `[batch, height, width, channels]`.
      name: ignored in eager mode.

    Returns:
      A tensor `[width, height, channels]` or `[batch, width, height, channels]`.

    Raises:
      ValueError: for another rank.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.transpose(tf.zeros([2, 3, 1])).shape
      TensorShape([3, 2, 1])
    """
    image, at = to_image(image)
    require_nonempty(image)
    return dimensions.transpose(image, [*range(at), at + 1, at, at + 2])


@export("image.rot90")
@planned(values=("k",), result=lambda image, **_: _of_size(convert(image), None, None))
def rot90(image: Any, k: Any = 1, name: str | None = None) -> Any:
    """Turns images counter-clockwise by multiples of 90 degrees.

    Args:
      image: tensor `[height, width, channels]` or `[batch, height, width, channels]`.
      k: how many times 90 degrees.
      name: ignored in eager mode.

    Returns:
      A tensor of the rank and dtype of `image`.

    Raises:
      ValueError: for another rank.
      TypeError: when `k` is no integer.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.rot90([[[1], [2]]]).numpy()[..., 0]
      array([[2],
             [1]], dtype=int32)
    """
    image, at = to_image(image)
    turns = _number(convert(k, dtypes.int32), "k") % 4
    if turns == 2:
        return repetition.reverse(image, [at, at + 1])
    if turns == 0:
        return image
    perm = [*range(at), at + 1, at, at + 2]
    if turns == 1:
        return dimensions.transpose(repetition.reverse(image, [at + 1]), perm)
    return repetition.reverse(dimensions.transpose(image, perm), [at + 1])


@export("image.crop_to_bounding_box")
@planned(
    sizes=("image",),
    values=("offset_height", "offset_width", "target_height", "target_width"),
    result=lambda image, target_height, target_width, **_: _of_size(
        image, target_height, target_width
    ),
)
def crop_to_bounding_box(
    image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any
) -> Any:
    """Cuts a rectangle out of images.

    Args:
      image: tensor `[height, width, channels]` or `[batch, height, width, channels]`.
      offset_height: the rectangle's first row.
      offset_width: the rectangle's first column.
      target_height: number of rows.
      target_width: number of columns.

    Returns:
      A tensor of the rank and dtype of `image`.

    Raises:
      ValueError: for another rank, or when the rectangle does not lie in the image.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.crop_to_bounding_box([[[1], [2], [3]]], 0, 1, 1, 2).numpy()[..., 0]
      array([[2, 3]], dtype=int32)
    """
    image, at = to_image(image)
    require_nonempty(image)
    top, left = _number(offset_height, "offset_height"), _number(offset_width, "offset_width")
    rows, columns = _number(target_height, "target_height"), _number(target_width, "target_width")
    height, width = image.shape.as_list()[at : at + 2]
    _check(left >= 0, "offset_width must be >= 0.")
    _check(top >= 0, "offset_height must be >= 0.")
    _check(columns > 0, "target_width must be > 0.")
    _check(rows > 0, "target_height must be > 0.")
    _check(width >= left + columns, "width must be >= target + offset.")
    _check(height >= top + rows, "height must be >= target + offset.")
    return _crop(image, at, top, left, rows, columns)


def _crop(image: Any, at: int, top: int, left: int, rows: int, columns: int) -> Any:
    window = (slice(top, top + rows), slice(left, left + columns))
    return image[(*(slice(None),) * at, *window)]


@export("image.pad_to_bounding_box")
@planned(
    sizes=("image",),
    values=("offset_height", "offset_width", "target_height", "target_width"),
    result=lambda image, target_height, target_width, **_: _of_size(
        image, target_height, target_width
    ),
)
def pad_to_bounding_box(
    image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any
) -> Any:
    """Puts images into larger ones of zeros.

    Args:
      image: tensor `[height, width, channels]` or `[batch, height, width, channels]`.
      offset_height: rows of zeros on top.
      offset_width: columns of zeros on the left.
      target_height: height of the result.
      target_width: width of the result.

    Returns:
      A tensor of the rank and dtype of `image`.

    Raises:
      ValueError: for another rank, or when the image does not fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.pad_to_bounding_box([[[7]]], 0, 1, 1, 3).numpy()[..., 0]
      array([[0, 7, 0]], dtype=int32)
    """
    image, at = to_image(image)
    require_nonempty(image)
    top, left = _number(offset_height, "offset_height"), _number(offset_width, "offset_width")
    height, width = image.shape.as_list()[at : at + 2]
    below = _number(target_height, "target_height") - top - height
    right = _number(target_width, "target_width") - left - width
    _check(top >= 0, "offset_height must be >= 0")
    _check(left >= 0, "offset_width must be >= 0")
    _check(right >= 0, "width must be <= target - offset")
    _check(below >= 0, "height must be <= target - offset")
    return _pad(image, at, (top, below), (left, right))


def _pad(image: Any, at: int, rows: tuple[int, int], columns: tuple[int, int]) -> Any:
    return padding.pad(image, [*[[0, 0]] * at, list(rows), list(columns), [0, 0]])


@export("image.central_crop")
@planned(sizes=("image",), result=lambda image, **_: _of_size(image, None, None))
def central_crop(image: Any, central_fraction: Any) -> Any:
    """Cuts the middle out of images.

    Args:
      image: tensor `[height, width, channels]` or `[batch, height, width, channels]`.
      central_fraction: the fraction of height and width to keep, in (0, 1].

    Returns:
      A tensor of the rank and dtype of `image`.

    Raises:
      ValueError: for another rank or fraction.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.central_crop(tf.zeros([4, 6, 3]), 0.5).shape
      TensorShape([2, 4, 3])
    """
    known = static_value(central_fraction)
    if known is None:
        raise ValueError("central_fraction must be known when the function is traced")
    if known.ndim:
        raise ValueError("central_fraction must be a scalar")
    fraction = float(known)
    if not 0.0 < fraction <= 1.0:
        raise ValueError("central_fraction must be within (0, 1]")
    image, at = to_image(image)
    if fraction == 1.0:
        return image
    height, width = image.shape.as_list()[at : at + 2]
    top, left = (int((n - n * fraction) / 2) for n in (height, width))
    return _crop(image, at, top, left, height - 2 * top, width - 2 * left)


@export("image.resize_with_crop_or_pad")
@planned(
    sizes=("image",),
    values=("target_height", "target_width"),
    result=lambda image, target_height, target_width, **_: _of_size(
        image, target_height, target_width
    ),
)
def resize_with_crop_or_pad(image: Any, target_height: Any, target_width: Any) -> Any:
    """Cuts or pads images around their middle to a size.

    Args:
      image: tensor `[height, width, channels]` or `[batch, height, width, channels]`.
      target_height: height of the result.
      target_width: width of the result.

    Returns:
      A tensor of the rank and dtype of `image`.

    Raises:
      ValueError: for another rank, or sizes that are not positive.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.resize_with_crop_or_pad([[[1], [2], [3]]], 1, 5).numpy()[..., 0]
      array([[0, 1, 2, 3, 0]], dtype=int32)
    """
    image, at = to_image(image)
    require_nonempty(image)
    targets = _positive(target_height, target_width)
    margins, window = [], []
    for n, target in zip(image.shape.as_list()[at : at + 2], targets, strict=True):
        before = max(n - target, 0) // 2
        window.append(slice(before, before + min(n, target)))
        missing = max(target - n, 0)
        margins.append((missing // 2, missing - missing // 2))
    image = image[(*(slice(None),) * at, *window)]
    return _pad(image, at, *margins) if any(map(any, margins)) else image


def _positive(target_height: Any, target_width: Any) -> tuple[int, int]:
    rows, columns = _number(target_height, "target_height"), _number(target_width, "target_width")
    _check(columns > 0, "target_width must be > 0.")
    _check(rows > 0, "target_height must be > 0.")
    return rows, columns


@export("image.resize_with_pad")
@planned(
    sizes=("image",),
    values=("target_height", "target_width"),
    result=lambda image, target_height, target_width, **_: _of_size(
        image, target_height, target_width, dtypes.float32
    ),
)
def resize_with_pad(
    image: Any,
    target_height: Any,
    target_width: Any,
    method: Any = resizing.ResizeMethod.BILINEAR,
    antialias: bool = False,
) -> Any:
    """Resizes images into a size without changing their aspect ratio, and pads them with zeros.

    Args:
      image: tensor `[height, width, channels]` or `[batch, height, width, channels]`.
      target_height: height of the result.
      target_width: width of the result.
      method: one of `tf.image.ResizeMethod`.
      antialias: see `tf.image.resize`.

    Returns:
      A float32 tensor of the rank of `image` (for `"nearest"` of its dtype).

    Raises:
      ValueError: for another rank, or sizes that are not positive.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.resize_with_pad(tf.ones([2, 4, 1]), 4, 4).numpy()[..., 0]
      array([[0., 0., 0., 0.],
             [1., 1., 1., 1.],
             [1., 1., 1., 1.],
             [0., 0., 0., 0.]], dtype=float32)
    """
    image, at = to_image(image)
    require_nonempty(image)
    targets = _positive(target_height, target_width)
    height, width = image.shape.as_list()[at : at + 2]
    # In float32, whose rounding decides about the size.
    ratio = max(
        np.float32(width) / np.float32(targets[1]), np.float32(height) / np.float32(targets[0])
    )
    rows, columns = (int(np.floor(np.float32(n) / ratio)) for n in (height, width))
    top, left = (
        max(0, int(np.floor((np.float32(target) - np.float32(n) / ratio) / 2)))
        for target, n in zip(targets, (height, width), strict=True)
    )
    small = resizing.resize(image, [rows, columns], method=method, antialias=antialias)
    margins = [
        (start, n - start - have)
        for start, n, have in zip((top, left), targets, (rows, columns), strict=True)
    ]
    return _pad(small, at, *margins)
