"""Convolution and its two gradients as matrix products over gathered patches, on plain arrays.

Layout here is always `[batch, *spatial, channels]` for images and `[*window, inner, outer]` for
filters, with any number of spatial axes; groups follow from `channels / inner`. Work goes in
blocks of a few images, so that the gathered patches stay in the cache.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tapeflow.engine.ops.nn.windows import Ints, Pads, counts_for, pad_spatial, patches, taps

# Bytes of gathered patches worked on at a time; measured best between 1 and 4 MB.
BLOCK_BYTES = 2 << 20
# Freeing a block makes glibc keep freed memory, up to twice its size, for the next arrays. To hand
# it back after each training step and fault it in anew took a third of a small network's time.
# Nothing is touched: this takes microseconds, and other allocators don't mind.
np.empty(31 << 20, np.uint8)
# With so few channels a patch's rows are too short to copy one by one: gather place by place.
FEW_CHANNELS = 4


def working(*arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    """The arrays in the dtype sums are formed in: float32 for the 16-bit floats."""
    return tuple(
        a.astype(np.float32) if a.dtype.itemsize == 2 and a.dtype.kind not in "iu" else a
        for a in arrays
    )


def _blocks(images: int, bytes_per_image: int) -> Iterator[slice]:
    step = max(1, BLOCK_BYTES // max(1, bytes_per_image))
    for start in range(0, images, step):
        yield slice(start, min(images, start + step))


class _Gatherer:
    """Copies patches `[n, *counts, *window, c]` into matrices `[n * counts, window * c]`.

    All blocks of a call share one buffer: a fresh one for each would cost more in page faults than
    what is copied into it.
    """

    def __init__(self) -> None:
        self._buffer: np.ndarray | None = None

    def __call__(self, view: np.ndarray, rank: int) -> np.ndarray:
        rows = math.prod(view.shape[: rank + 1])
        cols = math.prod(view.shape[rank + 1 :])
        if rows == 0:
            return view.reshape(rows, cols)
        few = view.shape[-1] < FEW_CHANNELS
        if few:
            view = view.transpose(*range(rank + 1, 2 * rank + 2), *range(rank + 1))
        if self._buffer is None:
            self._buffer = np.empty(view.size, view.dtype)
        matrix = self._buffer[: view.size]
        np.copyto(matrix.reshape(view.shape), view)
        return matrix.reshape(cols, rows).T if few else matrix.reshape(rows, cols)


def _split(matrix: np.ndarray, places: int, groups: int) -> np.ndarray:
    rows = len(matrix)
    inner = matrix.shape[1] // (places * groups)
    parts = matrix.reshape(rows, places, groups, inner).transpose(2, 0, 1, 3)
    return np.ascontiguousarray(parts).reshape(groups, rows, places * inner)


def _split_filter(w: np.ndarray, groups: int) -> np.ndarray:
    """Filters as `[groups, places * inner, outer / groups]`."""
    outer = w.shape[-1]
    parts = w.reshape(-1, groups, outer // groups).transpose(1, 0, 2)
    return np.ascontiguousarray(parts)


def convolve(
    x: np.ndarray, w: np.ndarray, strides: Ints, dilations: Ints, pads: Pads
) -> np.ndarray:
    """Cross-correlation of images with filters: `[batch, *counts, outer]`."""
    dtype = x.dtype
    x, w = working(x, w)
    window, (inner, outer) = w.shape[:-2], w.shape[-2:]
    rank = len(window)
    counts = counts_for(x.shape[1:-1], window, strides, dilations, pads)
    y = np.empty((x.shape[0], *counts, outer), x.dtype)
    places = math.prod(window)
    groups = x.shape[-1] // inner
    if y.size == 0 or x.size == 0:
        y[...] = 0
        return y.astype(dtype, copy=False)
    flat = w.reshape(places * inner, outer)
    if groups > 1:
        split = _split_filter(w, groups)
    per_image = math.prod(counts) * places * x.shape[-1] * x.dtype.itemsize
    gather = _Gatherer()
    for part in _blocks(x.shape[0], per_image):
        view = patches(pad_spatial(x[part], pads), window, strides, dilations, counts)
        matrix = gather(view, rank)
        rows = y[part].reshape(-1, outer)
        if groups == 1:
            np.matmul(matrix, flat, out=rows)
        else:
            product = np.matmul(_split(matrix, places, groups), split)
            rows.reshape(-1, groups, outer // groups)[...] = product.transpose(1, 0, 2)
    return y.astype(dtype, copy=False)


def convolve_filter_gradient(
    x: np.ndarray, dy: np.ndarray, filter_shape: Ints, strides: Ints, dilations: Ints, pads: Pads
) -> np.ndarray:
    """Gradient of `convolve` with respect to the filters, of shape `filter_shape`."""
    dtype = x.dtype
    x, dy = working(x, dy)
    *window, inner, outer = filter_shape
    counts = dy.shape[1:-1]
    places = math.prod(window)
    groups = x.shape[-1] // max(inner, 1)
    if groups == 1:
        total = np.zeros((places * inner, outer), x.dtype)
    else:
        total = np.zeros((groups, places * inner, outer // max(groups, 1)), x.dtype)
    if dy.size and x.size:
        per_image = math.prod(counts) * places * x.shape[-1] * x.dtype.itemsize
        gather = _Gatherer()
        for part in _blocks(x.shape[0], per_image):
            view = patches(pad_spatial(x[part], pads), window, strides, dilations, counts)
            matrix = gather(view, len(window))
            rows = dy[part].reshape(-1, outer)
            if groups == 1:
                total += matrix.T @ rows
            else:
                split = rows.reshape(-1, groups, outer // groups).transpose(1, 0, 2)
                total += _split(matrix, places, groups).transpose(0, 2, 1) @ split
    if groups != 1:
        total = total.transpose(1, 0, 2)
    return total.reshape(filter_shape).astype(dtype, copy=False)


def _turned_pads(
    sizes: Ints, window: Ints, strides: Ints, dilations: Ints, pads: Pads, counts: Ints
) -> Pads | None:
    """Padding with which the windows over the output cover the input; None: they do not."""
    turned = []
    for n, k, s, d, (low, _), count in zip(
        sizes, window, strides, dilations, pads, counts, strict=True
    ):
        before = (k - 1) * d - low
        after = n - count + low
        if s != 1 or before < 0 or after < 0 or not count:
            return None
        turned.append((before, after))
    return tuple(turned)


def convolve_input_gradient(
    input_shape: Ints, w: np.ndarray, dy: np.ndarray, strides: Ints, dilations: Ints, pads: Pads
) -> np.ndarray:
    """Gradient of `convolve` with respect to the images, of shape `input_shape`."""
    dtype = dy.dtype
    w, dy = working(w, dy)
    window, (inner, outer) = w.shape[:-2], w.shape[-2:]
    sizes = input_shape[1:-1]
    channels = input_shape[-1]
    counts = dy.shape[1:-1]
    places = math.prod(window)
    groups = channels // max(inner, 1)
    turned = _turned_pads(sizes, window, strides, dilations, pads, counts)
    if turned is not None and groups == 1 and 2 * channels >= outer > 0:
        # At stride 1 the gradient is itself a convolution, with the filters turned around.
        back = np.flip(w, tuple(range(len(window)))).swapaxes(-1, -2)
        return convolve(dy, back, strides, dilations, turned).astype(dtype, copy=False)
    # Channels in front, so that what each place of the window adds is contiguous in memory.
    dx = np.zeros((groups, inner, input_shape[0], *sizes), dy.dtype)
    if dy.size and dx.size:
        where = list(taps(sizes, window, strides, dilations, pads, counts))
        flat = _split_filter(w, groups)
        per_image = math.prod(counts) * places * channels * dy.dtype.itemsize
        for part in _blocks(len(dy), per_image):
            rows = dy[part].reshape(-1, groups, outer // groups).transpose(1, 2, 0)
            shares = np.matmul(flat, rows).reshape(groups, places, inner, -1, *counts)
            block = dx[:, :, part]
            for place, outs, ins in where:
                block[(..., *ins)] += shares[(slice(None), place, ..., *outs)]
    dx = np.moveaxis(dx.reshape(channels, input_shape[0], *sizes), 0, -1)
    return np.ascontiguousarray(dx, dtype)


def depthwise(
    x: np.ndarray, w: np.ndarray, strides: Ints, dilations: Ints, pads: Pads
) -> np.ndarray:
    """Each channel with filters of its own: `[batch, *counts, channels * multiplier]`."""
    dtype = x.dtype
    x, w = working(x, w)
    window, multiplier = w.shape[:-2], w.shape[-1]
    counts = counts_for(x.shape[1:-1], window, strides, dilations, pads)
    flat = w.reshape(math.prod(window), -1)
    if multiplier > 1:  # repeated once, so that every product below runs along the channels
        x = np.repeat(x, multiplier, axis=-1)
    y = np.zeros((x.shape[0], *counts, flat.shape[1]), x.dtype)
    for place, outs, ins in taps(x.shape[1:-1], window, strides, dilations, pads, counts):
        y[(slice(None), *outs)] += x[(slice(None), *ins)] * flat[place]
    return y.astype(dtype, copy=False)


def depthwise_filter_gradient(
    x: np.ndarray, dy: np.ndarray, filter_shape: Ints, strides: Ints, dilations: Ints, pads: Pads
) -> np.ndarray:
    """Gradient of `depthwise` with respect to the filters, of shape `filter_shape`."""
    dtype = x.dtype
    x, dy = working(x, dy)
    *window, channels, multiplier = filter_shape
    counts = dy.shape[1:-1]
    if multiplier > 1:
        x = np.repeat(x, multiplier, axis=-1)
    dw = np.zeros((math.prod(window), channels * multiplier), x.dtype)
    for place, outs, ins in taps(x.shape[1:-1], window, strides, dilations, pads, counts):
        seen = x[(slice(None), *ins)] * dy[(slice(None), *outs)]
        rows = seen.reshape(-1, channels * multiplier)
        dw[place] = np.ones(len(rows), rows.dtype) @ rows
    return dw.reshape(filter_shape).astype(dtype, copy=False)


def depthwise_input_gradient(
    input_shape: Ints, w: np.ndarray, dy: np.ndarray, strides: Ints, dilations: Ints, pads: Pads
) -> np.ndarray:
    """Gradient of `depthwise` with respect to the images, of shape `input_shape`."""
    dtype = dy.dtype
    w, dy = working(w, dy)
    window, (channels, multiplier) = w.shape[:-2], w.shape[-2:]
    counts = dy.shape[1:-1]
    flat = w.reshape(math.prod(window), -1)
    dx = np.zeros((*input_shape[:-1], channels * multiplier), dy.dtype)
    for place, outs, ins in taps(input_shape[1:-1], window, strides, dilations, pads, counts):
        dx[(slice(None), *ins)] += dy[(slice(None), *outs)] * flat[place]
    if multiplier > 1:
        dx = dx.reshape(*input_shape, multiplier).sum(-1)
    return dx.astype(dtype, copy=False)
