"""Resampling kernels: every method weights a few input rows and columns for each output pixel.

All of them are separable, so that a method is two lists of taps, one for each direction; the same
taps give the transposed operation, which is the gradient.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

_F32 = np.float32


class Taps:
    """For each output position the input positions that count, and their weights.

    Attributes:
      index: `[out, taps]`, within the input.
      weight: `[out, taps]`, float32; 0 for taps that are not there.
      size: number of input positions.
    """

    __slots__ = ("_matrix", "index", "size", "weight")

    def __init__(self, index: np.ndarray, weight: np.ndarray, size: int) -> None:
        self.index = index
        self.weight = weight
        self.size = size
        self._matrix: np.ndarray | None = None

    @property
    def matrix(self) -> np.ndarray:
        """The taps as a matrix `[out, in]`."""
        if self._matrix is None:
            matrix = np.zeros((len(self.index), self.size), self.weight.dtype)
            np.add.at(matrix, (np.arange(len(self.index))[:, None], self.index), self.weight)
            self._matrix = matrix
        return self._matrix


def _along(x: np.ndarray, taps: Taps, axis: int) -> np.ndarray:
    """Weighted sums of slices of `x` along `axis`."""
    shape = [1] * x.ndim
    shape[axis] = -1
    out = None
    for k in range(taps.index.shape[1]):
        part = x.take(taps.index[:, k], axis) * taps.weight[:, k].reshape(shape)
        out = part if out is None else out + part
    assert out is not None
    return out


def resample(x: np.ndarray, rows: Taps, columns: Taps) -> np.ndarray:
    """`[n, h, w, c]` float32 to the taps' numbers of rows and columns."""
    many = max(rows.index.shape[1], columns.index.shape[1]) > 6
    if many and np.isfinite(x).all():  # a matrix would spread NaN everywhere
        return _by_matrices(x, rows.matrix, columns.matrix)
    return _along(_along(x, columns, 2), rows, 1)


def resample_adjoint(dy: np.ndarray, rows: Taps, columns: Taps) -> np.ndarray:
    """The transposed operation: from output pixels back to the input's shape."""
    return _by_matrices(dy, rows.matrix.T, columns.matrix.T)


def _by_matrices(x: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    n, h, w, c = x.shape
    x = np.matmul(rows, x.reshape(n, h, w * c)).reshape(n, len(rows), w, c)
    return np.matmul(columns, x)


def _positions(out: int, size: int, align_corners: bool, half_pixel: bool) -> np.ndarray:
    """Where output pixels lie in the input, in float32 as TensorFlow computes it."""
    if align_corners and out > 1:
        scale = _F32(size - 1) / _F32(out - 1)
    else:
        scale = _F32(size) / _F32(out)
    place = np.arange(out, dtype=_F32)
    if half_pixel:
        return (place + _F32(0.5)) * scale - _F32(0.5)
    return place * scale


@functools.lru_cache(maxsize=128)
def bilinear_taps(out: int, size: int, align_corners: bool, half_pixel: bool) -> Taps:
    """Two neighbours, weighted by distance."""
    place = _positions(out, size, align_corners, half_pixel)
    floor = np.floor(place)
    lower = np.maximum(floor, 0).astype(np.int64)
    upper = np.minimum(np.ceil(place), size - 1).astype(np.int64)
    part = place - floor
    index = np.stack((np.minimum(lower, size - 1), upper), 1)
    return Taps(index, np.stack((1 - part, part), 1).astype(_F32), size)


def bilinear(x: np.ndarray, rows: Taps, columns: Taps) -> np.ndarray:
    """Linear interpolation in the form `a + (b - a) * t`, which rounds as TensorFlow does."""
    for taps, axis in ((columns, 2), (rows, 1)):
        low = x.take(taps.index[:, 0], axis)
        step = x.take(taps.index[:, 1], axis)
        step -= low
        step *= taps.weight[:, 1].reshape((-1, 1) if axis == 2 else (-1, 1, 1))
        step += low
        x = step
    return x


@functools.lru_cache(maxsize=128)
def nearest_taps(out: int, size: int, align_corners: bool, half_pixel: bool) -> Taps:
    """The pixel that the output pixel's centre (or corner) lies in."""
    if half_pixel:
        place = np.floor((np.arange(out, dtype=_F32) + _F32(0.5)) * (_F32(size) / _F32(out)))
    else:
        place = _positions(out, size, align_corners, False)
        place = np.floor(place + _F32(0.5)) if align_corners else np.floor(place)
    index = np.clip(place.astype(np.int64), 0, size - 1)[:, None]
    return Taps(index, np.ones((out, 1), _F32), size)


_TABLE = 1024


@functools.lru_cache(maxsize=128)
def bicubic_taps(out: int, size: int, align_corners: bool, half_pixel: bool) -> Taps:
    """Four neighbours, weighted by Keys' cubic; offsets are rounded to 1/1024 as in TensorFlow.

    R. Keys, Cubic convolution interpolation for digital image processing, 1981.
    """
    place = _positions(out, size, align_corners, half_pixel)
    floor = np.floor(place)
    part = (np.rint((place - floor) * _F32(_TABLE)) / _TABLE).astype(np.float64)
    a = -0.5 if half_pixel else -0.75
    distance = np.stack((1 + part, part, 1 - part, 2 - part), 1)
    weight = _cubic(distance, a).astype(_F32)
    index = floor.astype(np.int64)[:, None] + np.arange(-1, 3)
    if half_pixel:
        inside = (index >= 0) & (index < size)
        weight = np.where(inside, weight, _F32(0))
        total = weight.sum(1, keepdims=True)
        weight = np.where(np.abs(total) >= 1000 * np.finfo(_F32).tiny, weight / total, weight)
    return Taps(np.clip(index, 0, size - 1), weight.astype(_F32), size)


def _cubic(distance: np.ndarray, a: float) -> np.ndarray:
    d = np.abs(distance)
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((d - 5) * d + 8) * d * a - 4 * a
    return np.where(d <= 1, near, np.where(d < 2, far, 0.0))


@functools.lru_cache(maxsize=128)
def area_taps(out: int, size: int, align_corners: bool) -> Taps:
    """The pixels that an output pixel covers, weighted by how much of them it covers."""
    scale = _F32(size - 1) / _F32(out - 1) if align_corners and out > 1 else _F32(size) / _F32(out)
    start = np.arange(out, dtype=_F32) * scale
    end = np.arange(1, out + 1, dtype=_F32) * scale
    first = np.floor(start).astype(np.int64)
    count = int((np.ceil(end).astype(np.int64) - first).max())
    index = first[:, None] + np.arange(count)
    low = np.maximum(index.astype(_F32), start[:, None])
    high = np.minimum((index + 1).astype(_F32), end[:, None])
    weight = np.maximum(high - low, 0) / scale
    return Taps(np.clip(index, 0, size - 1), weight.astype(_F32), size)


def _lanczos(radius: float) -> Callable[[np.ndarray], np.ndarray]:
    def weight(x: np.ndarray) -> np.ndarray:
        d = np.abs(x)
        return np.where(d > radius, 0.0, np.sinc(d) * np.sinc(d / radius))

    return weight


def _gaussian(x: np.ndarray) -> np.ndarray:
    d = np.abs(x)
    return np.where(d >= 1.5, 0.0, np.exp(-(d**2) / (2 * 0.5**2)))


def _mitchell(x: np.ndarray) -> np.ndarray:
    """D. Mitchell and A. Netravali, Reconstruction filters in computer graphics, 1988."""
    d = np.abs(x)
    near = ((7 / 6 * d - 2) * d) * d + 8 / 9
    far = ((-7 / 18 * d + 2) * d - 10 / 3) * d + 16 / 9
    return np.where(d >= 2, 0.0, np.where(d >= 1, far, near))


# Kernel of `ScaleAndTranslate` -> its radius and its weights.
KERNELS: dict[str, tuple[float, Callable[[np.ndarray], np.ndarray]]] = {
    "lanczos1": (1.0, _lanczos(1.0)),
    "lanczos3": (3.0, _lanczos(3.0)),
    "lanczos5": (5.0, _lanczos(5.0)),
    "gaussian": (1.5, _gaussian),
    "box": (0.5, lambda x: np.where(np.abs(x) < 0.5, 1.0, np.where(np.abs(x) == 0.5, 0.5, 0.0))),
    "triangle": (1.0, lambda x: np.maximum(1.0 - np.abs(x), 0.0)),
    "keyscubic": (2.0, lambda x: _cubic(x, -0.5)),
    "mitchellcubic": (2.0, _mitchell),
}


@functools.lru_cache(maxsize=128)
def scaled_taps(
    out: int, size: int, scale: float, translation: float, kernel: str, antialias: bool
) -> Taps:
    """Taps of a kernel; with `antialias` it is widened to the size of an output pixel."""
    radius, weigh = KERNELS[kernel]
    inverse = _F32(1.0) / _F32(scale)
    shift = -_F32(translation) * inverse
    wide = max(inverse, _F32(1.0)) if antialias else _F32(1.0)
    place = (np.arange(out, dtype=_F32) + _F32(0.5)) * inverse + shift
    reach = _F32(radius) * wide
    first = np.clip(np.ceil(place - reach - _F32(0.5)).astype(np.int64), 0, size - 1)
    last = np.clip(np.floor(place + reach - _F32(0.5)).astype(np.int64), 0, size - 1)
    index = first[:, None] + np.arange(int((last - first).max(initial=0)) + 1)
    center = index.astype(_F32) + _F32(0.5)
    weight = weigh(((center - place[:, None]) / wide).astype(np.float64)).astype(_F32)
    outside = (place < 0) | (place > size)
    weight = np.where((index <= last[:, None]) & ~outside[:, None], weight, _F32(0))
    total = weight.sum(1, keepdims=True)
    solid = np.abs(total) >= 1000 * np.finfo(_F32).tiny
    weight = np.divide(weight, total, out=weight, where=solid)
    return Taps(np.clip(index, 0, size - 1), weight.astype(_F32), size)
