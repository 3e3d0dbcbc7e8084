"""Primitives on colours: hue, saturation and value, and adjustments in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import silenced
from tapeflow.engine.core.errors import FailedPreconditionError, NotFoundError
from tapeflow.engine.ir.infer import reject, reject_values, require_dtype, shape_text
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import dimensions
from tapeflow.engine.ops.linalg.contraction import matmul
from tapeflow.engine.ops.math import comparison, extrema, folds, reductions
from tapeflow.engine.ops.math.arithmetic import add, multiply, subtract
from tapeflow.engine.ops.math.casting import cast
from tapeflow.engine.ops.math.division import divide_no_nan
from tapeflow.engine.runtime.convert import convert

_FLOATS = frozenset((dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64))


def _infer(images: Spec) -> Spec:
    require_dtype(images, _FLOATS, "images")
    if images.shape is not None:
        if not images.shape:
            reject("images: expected rank >= 1; received a scalar")
        if images.shape[-1] not in (3, None):
            raise FailedPreconditionError(
                None,
                None,
                f"images: expected 3 channels; received shape {shape_text(images.shape)}",
            )
    return Spec(images.dtype, None if images.shape is None else (*images.shape[:-1], 3))


def _wide(x: np.ndarray) -> np.ndarray:
    return x.astype(np.float32) if x.dtype.itemsize == 2 else x


def _to_hsv(images: np.ndarray) -> np.ndarray:
    x = _wide(images)
    r, g, b = x[..., 0], x[..., 1], x[..., 2]
    value = np.maximum(np.maximum(r, g), b)
    spread = value - np.minimum(np.minimum(r, g), b)
    one = x.dtype.type(1)
    saturation = np.where(value > 0, spread / value, 0)
    unit = one / (6 * spread)
    third = one / 3
    hue = np.where(
        r == value,
        unit * (g - b),
        np.where(g == value, unit * (b - r) + third, unit * (r - g) + 2 * third),
    )
    hue = np.where(spread > 0, hue, 0)
    hue = np.where(hue < 0, hue + 1, hue)
    return np.stack((hue, saturation, value), axis=-1).astype(images.dtype)


# For the sector of the greatest channel, how the hue's numerator depends on red, green, blue.
_NUMERATOR = np.array([[0.0, 1.0, -1.0], [-1.0, 0.0, 1.0], [1.0, -1.0, 0.0]])


def _hsv_vjp(ctx: Any, dy: Any) -> Any:
    x = ctx.inputs[0]
    dtype = x.dtype
    channels = convert(np.arange(3))
    first = dimensions.expand_dims(extrema.argmax(x, -1), -1)
    last = subtract(2, dimensions.expand_dims(extrema.argmin(x[..., ::-1], -1), -1))
    greatest = cast(comparison.equal(channels, first), dtype)
    least = cast(comparison.equal(channels, last), dtype)
    top = folds.reduce_max(x, -1, keepdims=True)
    low = folds.reduce_min(x, -1, keepdims=True)
    spread = subtract(top, low)
    toward = matmul(greatest, convert(_NUMERATOR.astype(dtype.np)))
    numerator = reductions.reduce_sum(multiply(x, toward), -1, keepdims=True)
    widening = subtract(greatest, least)
    by_hue = divide_no_nan(
        subtract(toward, multiply(divide_no_nan(numerator, spread), widening)), multiply(spread, 6)
    )
    # Of a least channel that is not positive, and of colours that are not, TensorFlow takes the
    # saturation (and the hue) to be constant.
    least = multiply(least, cast(comparison.greater(low, 0), dtype))
    by_saturation = divide_no_nan(subtract(multiply(greatest, divide_no_nan(low, top)), least), top)
    positive = cast(comparison.greater(top, 0), dtype)
    by_hue, by_saturation = multiply(by_hue, positive), multiply(by_saturation, positive)
    dx = multiply(dy[..., 0:1], by_hue)
    dx = add(dx, multiply(dy[..., 1:2], by_saturation))
    return (add(dx, multiply(dy[..., 2:3], greatest)),)


def _color_samples(draw: Draw) -> Iterable[Sample]:
    for dtype in (dtypes.float64, dtypes.float32, dtypes.float16):
        x = draw.reals(4, 3, low=0.0, high=1.0, dtype=dtype)
        yield Sample(x, grad=dtype is dtypes.float64)
    odd = np.array([[0, 0, 0], [1, 0, 0], [0.5, 0.5, 0.5], [0, 1, 1], [2, -1, 0.3], [-1, -2, -3]])
    yield Sample(odd.astype(np.float32), grad=False)
    yield Sample(draw.reals(2, 0, 3), grad=False)


rgb_to_hsv_p = primitive(
    "RGBToHSV",
    infer=_infer,
    kernel=_to_hsv,
    vjp=_hsv_vjp,
    lower=HOST,
    samples=_color_samples,
)


def _to_rgb(images: np.ndarray) -> np.ndarray:
    x = _wide(images)
    turn = x[..., 0] * 6
    saturation, value = x[..., 1], x[..., 2]
    red = np.clip(np.abs(turn - 3) - 1, 0, 1)
    green = np.clip(2 - np.abs(turn - 2), 0, 1)
    blue = np.clip(2 - np.abs(turn - 4), 0, 1)
    channels = [((1 - saturation) + saturation * c) * value for c in (red, green, blue)]
    return np.stack(channels, axis=-1).astype(images.dtype)


hsv_to_rgb_p = primitive(
    "HSVToRGB",
    infer=_infer,
    kernel=_to_rgb,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_color_samples,
)


# -- adjustments ---------------------------------------------------------------------------------


def _adjustment(name: str, kernel: Callable[..., np.ndarray], channels: int | None) -> Any:
    """An op on images and one float32 number, of which TensorFlow has no gradient."""

    def infer(images: Spec, factor: Spec) -> Spec:
        if images.dtype is dtypes.float16:
            raise NotFoundError(None, None, "no kernel for dtype half; cast to float32")
        require_dtype(images, {dtypes.float32}, "images")
        require_dtype(factor, {dtypes.float32}, "factor")
        if images.shape is not None:
            if len(images.shape) < 3:
                reject(f"images: expected rank >= 3; received shape {shape_text(images.shape)}")
            if channels is not None and images.shape[-1] not in (channels, None):
                reject_values(
                    f"images: expected 3 channels; received shape {shape_text(images.shape)}"
                )
        if factor.shape not in (None, ()):
            reject(f"factor: expected a scalar; received shape {shape_text(factor.shape)}")
        return Spec(images.dtype, images.shape)

    def no_gradient(ctx: Any, dy: Any) -> Any:
        # With TensorFlow's class, so that programs fail (or do not) alike.
        raise LookupError(f"gradient registry has no entry for: {name}")

    def samples(draw: Draw) -> Iterable[Sample]:
        for value in (0.3, -0.7, 1.6):
            factor = np.array(value, np.float32)
            yield Sample(draw.reals(2, 3, 4, 3, low=0.0, high=1.0), factor, grad=False)

    return primitive(name, infer=infer, kernel=kernel, vjp=no_gradient, lower=HOST, samples=samples)


@silenced
def _contrast(images: np.ndarray, contrast_factor: np.ndarray) -> np.ndarray:
    mean = images.mean(axis=(-3, -2), keepdims=True, dtype=np.float32)
    return (images - mean) * contrast_factor + mean


def _hue(images: np.ndarray, delta: np.ndarray) -> np.ndarray:
    hue = _to_hsv(images)[..., 0:1] + delta
    least = images.min(-1, keepdims=True)
    spread = images.max(-1, keepdims=True) - least
    turn = np.mod(hue * 6 + np.array([0, 4, 2], np.float32), 6)
    return least + spread * np.clip(np.abs(turn - 3) - 1, 0, 1)


def _saturation(images: np.ndarray, scale: np.ndarray) -> np.ndarray:
    hsv = _to_hsv(images)
    hsv[..., 1] = np.clip(hsv[..., 1] * scale, 0, 1)
    return _to_rgb(hsv)


contrast_p = _adjustment("AdjustContrastv2", _contrast, None)
hue_p = _adjustment("AdjustHue", _hue, 3)
saturation_p = _adjustment("AdjustSaturation", _saturation, 3)
