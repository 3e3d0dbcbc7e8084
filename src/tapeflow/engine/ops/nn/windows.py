"""Sliding windows: where they lie, how many there are, and which elements they see.

Shared by the shape rules and the kernels of convolution, pooling and dilation. Geometry only: no
tensors, and no arithmetic on values.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.lib.stride_tricks import as_strided

from tapeflow.engine.core.errors import InvalidArgumentError

Ints = Sequence[int]
Pads = tuple[tuple[int, int], ...]
Slices = tuple[slice, ...]


def channel_axis(data_format: str) -> int:
    """Axis of the channels in `NHWC`, `NCHW` and their relatives."""
    return data_format.index("C")


def spatial_axes(data_format: str) -> tuple[int, ...]:
    """Axes of the image's dimensions, in order."""
    return tuple(i for i, letter in enumerate(data_format) if letter not in "NC")


def spatial(values: Ints, data_format: str) -> tuple[int, ...]:
    """Those entries of a per-axis list that belong to the image's dimensions."""
    return tuple(values[i] for i in spatial_axes(data_format))


def explicit_pairs(flat: Ints) -> Pads:
    """`[low, high, low, high, ...]`, as attributes carry explicit padding, in pairs."""
    return tuple((flat[i], flat[i + 1]) for i in range(0, len(flat), 2))


def window_count(
    size: int | None,
    window: int | None,
    stride: int,
    dilation: int,
    padding: str,
    pad: Ints = (0, 0),
) -> int | None:
    """Number of window positions along one axis; None where an extent is unknown.

    Raises:
      InvalidArgumentError: when not even an empty row of windows fits.
    """
    if size is None:
        return None
    if padding == "SAME":
        return -(-size // stride)
    if window is None:
        return None
    if padding == "EXPLICIT":
        size = size + pad[0] + pad[1]
    extent = (window - 1) * dilation + 1
    count = (size - extent + stride) // stride
    if count < 0:
        raise InvalidArgumentError(
            None,
            None,
            f"input: expected a size of at least {extent - stride} for a window of extent {extent} "
            f"with stride {stride}; received {size} (padding included)",
        )
    return count


def pads_for(
    sizes: Ints, window: Ints, strides: Ints, dilations: Ints, padding: str, explicit: Pads = ()
) -> Pads:
    """Padding before and after each axis. SAME puts the odd element behind."""
    if padding == "VALID":
        return ((0, 0),) * len(sizes)
    if padding == "EXPLICIT":
        return explicit
    pads = []
    for n, k, s, d in zip(sizes, window, strides, dilations, strict=True):
        total = max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0)
        pads.append((total // 2, total - total // 2))
    return tuple(pads)


def counts_for(
    sizes: Ints, window: Ints, strides: Ints, dilations: Ints, pads: Pads
) -> tuple[int, ...]:
    """Number of window positions along each axis, given the padding."""
    return tuple(
        (n + p[0] + p[1] - (k - 1) * d - 1) // s + 1
        for n, k, s, d, p in zip(sizes, window, strides, dilations, pads, strict=True)
    )


def _axis_taps(
    n: int, k: int, s: int, d: int, low: int, count: int
) -> list[tuple[slice, slice] | None]:
    """For each place in the window: windows for which it lies inside, and what it sees there."""
    taps: list[tuple[slice, slice] | None] = []
    for place in range(k):
        offset = place * d - low
        first = max(0, -(offset // s))
        last = min(count - 1, (n - 1 - offset) // s)
        if last < first:
            taps.append(None)
        else:
            start = first * s + offset
            taps.append((slice(first, last + 1), slice(start, last * s + offset + 1, s)))
    return taps


def taps(
    sizes: Ints, window: Ints, strides: Ints, dilations: Ints, pads: Pads, counts: Ints
) -> Iterator[tuple[int, Slices, Slices]]:
    """All places of the window, in row-major order, without ever touching the padding.

    Yields:
      The place's flat index in the window; the slices of the output (windows) for which that place
      lies inside the input; and the slices of the input it sees for these windows.
    """
    per_axis = [
        _axis_taps(n, k, s, d, p[0], c)
        for n, k, s, d, p, c in zip(sizes, window, strides, dilations, pads, counts, strict=True)
    ]
    for place, chosen in enumerate(itertools.product(*per_axis)):
        if None not in chosen:
            yield place, tuple(c[0] for c in chosen), tuple(c[1] for c in chosen)  # type: ignore[index]


def pad_spatial(x: np.ndarray, pads: Pads, value: float = 0) -> np.ndarray:
    """`x` of shape `[batch, *sizes, channels]` with a border of `value`."""
    if not any(low or high for low, high in pads):
        return x
    inner = [slice(None)]
    shape = [x.shape[0]]
    for n, (low, high) in zip(x.shape[1:-1], pads, strict=True):
        shape.append(n + low + high)
        inner.append(slice(low, low + n))
    padded = (
        np.full((*shape, x.shape[-1]), value, x.dtype)
        if value
        else np.zeros((*shape, x.shape[-1]), x.dtype)
    )
    padded[tuple(inner)] = x
    return padded


def patches(
    x: np.ndarray, window: Ints, strides: Ints, dilations: Ints, counts: Ints
) -> np.ndarray:
    """A view `[batch, *counts, *window, channels]` of a padded `x`, nothing copied."""
    step = x.strides
    rank = len(window)
    outer = [step[1 + i] * strides[i] for i in range(rank)]
    inner = [step[1 + i] * dilations[i] for i in range(rank)]
    return as_strided(
        x,
        (x.shape[0], *counts, *window, x.shape[-1]),
        (step[0], *outer, *inner, step[-1]),
        writeable=False,
    )
