"""Max and average pooling, their gradients, and grey-scale dilation, on plain arrays.

Windows span all axes of the array (extent 1 where nothing is pooled), so one code serves every
layout and rank. `Windows` holds what a call's attributes and shape come to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tapeflow.engine.core.dtypes import FROM_NUMPY
from tapeflow.engine.ops.nn.convolution_kernels import working
from tapeflow.engine.ops.nn.windows import (
    Ints,
    Pads,
    Slices,
    counts_for,
    explicit_pairs,
    pads_for,
    taps,
)


class Windows(NamedTuple):
    """Geometry of one pooling call; every entry has one item per axis of the input."""

    sizes: tuple[int, ...]
    window: tuple[int, ...]
    strides: tuple[int, ...]
    pads: Pads
    counts: tuple[int, ...]

    @classmethod
    def of(
        cls, shape: Ints, ksize: Ints, strides: Ints, padding: str, explicit: Ints = ()
    ) -> Windows:
        """Geometry for an input of `shape`."""
        ones = (1,) * len(shape)
        pads = pads_for(shape, ksize, strides, ones, padding, explicit_pairs(explicit))
        counts = counts_for(shape, ksize, strides, ones, pads)
        return cls(tuple(shape), tuple(ksize), tuple(strides), pads, counts)

    def places(self) -> Iterator[tuple[int, Slices, Slices]]:
        """See `windows.taps`."""
        ones = (1,) * len(self.sizes)
        return taps(self.sizes, self.window, self.strides, ones, self.pads, self.counts)


def lowest(dtype: np.dtype) -> float:
    """The least finite value, with which TensorFlow starts a maximum."""
    return FROM_NUMPY[dtype].min


def max_pool(x: np.ndarray, geometry: Windows) -> np.ndarray:
    """Maximum of each window. NaN is passed over, as TensorFlow's planar pooling does."""
    y = np.full(geometry.counts, lowest(x.dtype), x.dtype)
    for _, outs, ins in geometry.places():
        np.fmax(y[outs], x[ins], out=y[outs])
    return y


def max_pool_volume(x: np.ndarray, geometry: Windows) -> np.ndarray:
    """Maximum of each window for volumes, where a NaN lasts until the next element."""
    ends = [
        (low, max(0, (c - 1) * s + k - n - low))
        for n, k, s, (low, _), c in zip(
            geometry.sizes, geometry.window, geometry.strides, geometry.pads, geometry.counts,
            strict=True,
        )
    ]  # fmt: skip
    if any(low or high for low, high in ends):
        x = np.pad(x, ends, constant_values=lowest(x.dtype))
    y: np.ndarray | None = None
    for place in np.ndindex(*geometry.window):
        seen = x[
            tuple(
                slice(p, p + (c - 1) * s + 1 if c else p, s)
                for p, s, c in zip(place, geometry.strides, geometry.counts, strict=True)
            )
        ]
        y = seen.copy() if y is None else np.where(y > seen, y, seen)
    assert y is not None
    return y


def first_maximum(x: np.ndarray, geometry: Windows) -> np.ndarray:
    """For each window, the place in it (row-major) of the first greatest element."""
    best = np.full(geometry.counts, lowest(x.dtype), x.dtype)
    where = np.full(geometry.counts, -1, np.int32)
    for place, outs, ins in geometry.places():
        seen = x[ins]
        better = (seen > best[outs]) | (where[outs] < 0)
        np.copyto(best[outs], seen, where=better)
        np.copyto(where[outs], place, where=better)
    return where


def spread(dy: np.ndarray, where: np.ndarray, geometry: Windows) -> np.ndarray:
    """Adds each window's `dy` to the input element at the place `where`."""
    dtype = dy.dtype
    (dy,) = working(dy)
    dx = np.zeros(geometry.sizes, dy.dtype)
    zero = dy.dtype.type(0)
    for place, outs, ins in geometry.places():
        dx[ins] += np.where(where[outs] == place, dy[outs], zero)
    return dx.astype(dtype, copy=False)


# For floats, the integers of their size.
_BITS = {np.dtype(np.float32): np.dtype(np.int32), np.dtype(np.float64): np.dtype(np.int64)}


def max_pool_gradient(
    x: np.ndarray, y: np.ndarray, dy: np.ndarray, geometry: Windows
) -> np.ndarray:
    """Adds each window's `dy` to the first of its elements that equals its maximum `y`."""
    if y.shape == geometry.counts and not (x.dtype.kind not in "iu" and np.isnan(x).any()):
        dtype = dy.dtype
        (wide,) = working(dy)
        dx = np.zeros(geometry.sizes, wide.dtype)
        zero = wide.dtype.type(0)
        waiting = np.ones(geometry.counts, bool)
        apart = all(s >= k for s, k in zip(geometry.strides, geometry.window, strict=True))
        # Where windows do not meet, each element is written once. Masking its bits is several
        # times as fast as a masked copy, and unlike a product keeps infinities apart from zeros.
        bits = _BITS.get(wide.dtype) if apart else None
        for _, outs, ins in geometry.places():
            here = x[ins] == y[outs]
            here &= waiting[outs]
            waiting[outs] ^= here
            if bits is not None:
                mask = here.astype(bits)
                np.negative(mask, out=mask)
                np.bitwise_and(wide.view(bits)[outs], mask, out=dx.view(bits)[ins])
            elif apart:
                np.copyto(dx[ins], wide[outs], where=here)
            else:
                dx[ins] += np.where(here, wide[outs], zero)
        if not waiting.any():
            return dx.astype(dtype, copy=False)
    # NaN, or nothing above the least finite value: look for the places one by one.
    return spread(dy, first_maximum(x, geometry), geometry)


def collect(x: np.ndarray, where: np.ndarray, geometry: Windows) -> np.ndarray:
    """For each window, the element of `x` at the place `where`."""
    y = np.zeros(geometry.counts, x.dtype)
    for place, outs, ins in geometry.places():
        np.copyto(y[outs], x[ins], where=where[outs] == place)
    return y


def flat_positions(where: np.ndarray, geometry: Windows, with_batch: bool) -> np.ndarray:
    """Places in windows as row-major positions in the input, or in each image of the batch."""
    position = np.zeros(geometry.counts, np.int64)
    rest = where.astype(np.int64)
    scale = 1
    for axis in reversed(range(len(geometry.sizes))):
        rest, place = np.divmod(rest, geometry.window[axis])
        start = np.arange(geometry.counts[axis]) * geometry.strides[axis] - geometry.pads[axis][0]
        shape = [1] * where.ndim
        shape[axis] = -1
        if axis or with_batch:
            position += (start.reshape(shape) + place) * scale
        scale *= geometry.sizes[axis]
    return position


def matches_gradient(x: np.ndarray, y: np.ndarray, dy: np.ndarray, geometry: Windows) -> np.ndarray:
    """Adds each window's `dy` to all elements equal to its maximum `y` (volumes)."""
    dtype = dy.dtype
    (dy,) = working(dy)
    dx = np.zeros(geometry.sizes, dy.dtype)
    zero = dy.dtype.type(0)
    for _, outs, ins in geometry.places():
        dx[ins] += np.where(x[ins] == y[outs], dy[outs], zero)
    return dx.astype(dtype, copy=False)


def first_match(x: np.ndarray, y: np.ndarray, geometry: Windows) -> np.ndarray:
    """For each window, the place of the first element equal to `y`; -1 where none is."""
    where = np.full(geometry.counts, -1, np.int32)
    for place, outs, ins in geometry.places():
        np.copyto(where[outs], place, where=(x[ins] == y[outs]) & (where[outs] < 0))
    return where


def _occupancy(geometry: Windows, dtype: np.dtype) -> np.ndarray:
    """How many elements of the input each window holds, in a shape that broadcasts."""
    total = np.ones((1,) * len(geometry.sizes), dtype)
    for axis, (n, k, s, (low, _), count) in enumerate(
        zip(*geometry[:4], geometry.counts, strict=True)
    ):
        if k == 1:
            continue
        start = np.arange(count) * s - low
        held = np.minimum(start + k, n) - np.maximum(start, 0)
        shape = [1] * len(geometry.sizes)
        shape[axis] = -1
        total = total * held.astype(dtype).reshape(shape)
    return total


def average_pool(x: np.ndarray, geometry: Windows) -> np.ndarray:
    """Mean of each window's elements, padding not counted."""
    dtype = x.dtype
    (x,) = working(x)
    y = np.zeros(geometry.counts, x.dtype)
    for _, outs, ins in geometry.places():
        y[outs] += x[ins]
    y /= _occupancy(geometry, y.dtype)
    return y.astype(dtype, copy=False)


def average_pool_gradient(dy: np.ndarray, geometry: Windows) -> np.ndarray:
    """Shares each window's `dy` out among its elements."""
    dtype = dy.dtype
    (dy,) = working(dy)
    share = dy / _occupancy(geometry, dy.dtype)
    dx = np.zeros(geometry.sizes, dy.dtype)
    for _, outs, ins in geometry.places():
        dx[ins] += share[outs]
    return dx.astype(dtype, copy=False)
