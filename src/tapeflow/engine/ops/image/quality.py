"""How much images differ: PSNR and SSIM.

SSIM: Z. Wang et al., Image quality assessment: from error visibility to structural similarity,
2004; multiscale: Z. Wang et al., Multi-scale structural similarity for image quality assessment,
2003.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import joining, padding
from tapeflow.engine.ops.array.arguments import refuse
from tapeflow.engine.ops.image.colors import convert_image_dtype
from tapeflow.engine.ops.math import extrema, folds, reductions
from tapeflow.engine.ops.math.arithmetic import add, multiply, square, subtract, truediv
from tapeflow.engine.ops.math.casting import cast
from tapeflow.engine.ops.math.exponentials import log
from tapeflow.engine.ops.math.exponentials import pow as power
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.tracing.deferral import planned


def _in_float32(a: Any, b: Any, max_val: Any) -> tuple[Any, Any, Any]:
    a = convert(a)
    b = convert(b, hint=a.dtype)
    limit = convert_image_dtype(cast(max_val, a.dtype), dtypes.float32)
    return convert_image_dtype(a, dtypes.float32), convert_image_dtype(b, dtypes.float32), limit


@export("image.psnr")
def psnr(a: Any, b: Any, max_val: Any, name: str | None = None) -> Any:
    """Computes the peak signal-to-noise ratio.

    Args:
      a: tensor `[..., height, width, channels]`.
      b: tensor of the same shape and dtype.
      max_val: range of the values (255 for uint8).
      name: ignored in eager mode.

    Returns:
      A float32 tensor `[...]`, in decibels.

    Raises:
      tf.errors.InvalidArgumentError: when shapes differ.

    Example:
      >>> import tapeflow as tf
      >>> tf.image.psnr(tf.zeros([2, 2, 1]), 0.1 * tf.ones([2, 2, 1]), 1.0).numpy().round(3)
      np.float32(20.0)
    """
    a, b, limit = _in_float32(a, b, max_val)
    error = reductions.reduce_mean(square(subtract(a, b)), [-3, -2, -1])
    decibel = float(10 / np.log(10))
    return subtract(multiply(2 * decibel, log(limit)), multiply(decibel, log(error)))


def _smooth(x: Any, weights: np.ndarray) -> Any:
    """Weighted means of windows, first down, then to the right."""
    size = len(weights)
    for axis in (-3, -2):
        span = x.shape.as_list()[axis] - size + 1
        total = None
        for i, w in enumerate(weights.tolist()):
            window = slice(i, i + span)
            part = x[..., window, :, :] if axis == -3 else x[..., window, :]
            part = multiply(part, w)
            total = part if total is None else add(total, part)
        x = total
    return x


def _gaussian(size: int, sigma: float) -> np.ndarray:
    place = np.arange(size) - (size - 1) / 2
    weights = np.exp(-(place**2) / (2 * sigma**2))
    return weights / weights.sum()


def _ssim_maps(
    x: Any, y: Any, limit: Any, size: int, sigma: float, k1: float, k2: float
) -> tuple[Any, Any]:
    """Similarity, and its factors contrast and structure, at every window and channel."""
    shape = x.shape.as_list()
    if shape[-3] < size or shape[-2] < size:
        message = f"expected images of at least {size} x {size} pixels; received shape {shape}"
        raise refuse("ssim", message)
    weights = _gaussian(size, sigma)
    c1, c2 = square(multiply(limit, k1)), square(multiply(limit, k2))
    mean_x, mean_y = _smooth(x, weights), _smooth(y, weights)
    crossed = multiply(multiply(mean_x, mean_y), 2.0)
    squares = add(square(mean_x), square(mean_y))
    luminance = truediv(add(crossed, c1), add(squares, c1))
    covariance = subtract(multiply(_smooth(multiply(x, y), weights), 2.0), crossed)
    variance = subtract(_smooth(add(square(x), square(y)), weights), squares)
    structure = truediv(add(covariance, c2), add(variance, c2))
    return multiply(luminance, structure), structure


def _batch_dims(image: Any) -> Any:
    dims = image.shape._dims
    return None if dims is None else dims[:-3]


def _require_same_shape(a: Any, b: Any) -> None:
    if a.shape.ndims is not None and a.shape.ndims < 3:
        raise ValueError(f"Shape {a.shape} must have rank at least 3")
    if not a.shape.is_compatible_with(b.shape):
        raise ValueError(f"Shapes {a.shape} and {b.shape} are incompatible")


@export("image.ssim")
@planned(
    sizes=("img1", "img2"),
    result=lambda img1, return_index_map, **_: Spec(
        dtypes.float32, None if return_index_map else _batch_dims(img1)
    ),
)
def ssim(
    img1: Any,
    img2: Any,
    max_val: Any,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    return_index_map: bool = False,
) -> Any:
    """Computes the structural similarity of images.

    Args:
      img1: tensor `[..., height, width, channels]`.
      img2: tensor of the same shape and dtype.
      max_val: range of the values (255 for uint8).
      filter_size: height and width of the windows.
      filter_sigma: standard deviation of the Gaussian weights in a window.
      k1: keeps the comparison of brightness stable.
      k2: keeps the comparison of contrast stable.
      return_index_map: whether the similarity at every window is wanted instead of the mean.

    Returns:
      A float32 tensor `[...]`, at most 1, or `[..., windows, windows]`.

    Raises:
      ValueError: when shapes differ.
      tf.errors.InvalidArgumentError: when images are smaller than a window.

    Example:
      >>> import tapeflow as tf
      >>> image = tf.reshape(tf.range(144.0) / 144, [12, 12, 1])
      >>> tf.image.ssim(image, image, 1.0).numpy()
      np.float32(1.0)
    """
    a, b, limit = _in_float32(img1, img2, max_val)
    _require_same_shape(a, b)
    similar, _ = _ssim_maps(a, b, limit, filter_size, filter_sigma, k1, k2)
    if return_index_map:
        return reductions.reduce_mean(similar, [-1])
    return reductions.reduce_mean(reductions.reduce_mean(similar, [-3, -2]), [-1])


def _halved(x: Any) -> Any:
    """Means of 2 x 2 pixels; of an odd number of rows or columns the last one counts twice."""
    odd = [n % 2 for n in x.shape.as_list()[-3:-1]]
    if any(odd):
        lead = [[0, 0]] * (x.shape.ndims - 3)
        x = padding.pad(x, [*lead, [0, odd[0]], [0, odd[1]], [0, 0]], mode="SYMMETRIC")
    rows = add(x[..., 0::2, :, :], x[..., 1::2, :, :])
    return multiply(add(rows[..., 0::2, :], rows[..., 1::2, :]), 0.25)


@export("image.ssim_multiscale")
@planned(sizes=("img1", "img2"), result=lambda img1, **_: Spec(dtypes.float32, _batch_dims(img1)))
def ssim_multiscale(
    img1: Any,
    img2: Any,
    max_val: Any,
    power_factors: Any = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333),
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
) -> Any:
    """Computes the structural similarity of images at several scales, each half the one before.

    Args:
      img1: tensor `[..., height, width, channels]`.
      img2: tensor of the same shape and dtype.
      max_val: range of the values (255 for uint8).
      power_factors: weights of the scales, the finest first.
      filter_size: height and width of the windows.
      filter_sigma: standard deviation of the Gaussian weights in a window.
      k1: keeps the comparison of brightness stable.
      k2: keeps the comparison of contrast stable.

    Returns:
      A float32 tensor `[...]`, at most 1.

    Raises:
      ValueError: when shapes differ.
      tf.errors.InvalidArgumentError: when images are smaller than a window at the coarsest scale.

    Example:
      >>> import tapeflow as tf
      >>> image = tf.ones([176, 176, 1])
      >>> tf.image.ssim_multiscale(image, image, 1.0).numpy()
      np.float32(1.0)
    """
    a, b, limit = _in_float32(img1, img2, max_val)
    _require_same_shape(a, b)
    factors = [float(p) for p in power_factors]
    parts = []
    for level in range(len(factors)):
        if level:
            a, b = _halved(a), _halved(b)
        similar, structure = _ssim_maps(a, b, limit, filter_size, filter_sigma, k1, k2)
        last = level == len(factors) - 1
        mean = reductions.reduce_mean(similar if last else structure, [-3, -2])
        parts.append(extrema.maximum(mean, 0.0))
    weights = convert(np.array(factors, np.float32))
    whole = folds.reduce_prod(power(joining.stack(parts, axis=-1), weights), [-1])
    return reductions.reduce_mean(whole, [-1])
