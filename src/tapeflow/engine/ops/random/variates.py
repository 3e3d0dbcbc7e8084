"""Uniform, normal and truncated normal numbers from a Philox stream, laid out as TensorFlow does.

A stream is given by its key and the counter of its first block. The numbers do not depend on how
many threads TensorFlow uses: output `i` always comes from the same words.

float64 normals use the C library's log, as TensorFlow does, and NumPy's sin and cos, which agree
with it where NumPy is built on the same ones; narrower types follow TensorFlow bit for bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.ops.random.generated import LEAST_ARGUMENT, filled
from tapeflow.engine.ops.random.philox import (
    unit_bfloat16,
    unit_float16,
    unit_float32,
    unit_float64,
    words,
    words_at,
)
from tapeflow.engine.ops.random.rounding import log_float32, log_float64, sincos_float32

Array = np.ndarray[Any, Any]
DTypeLike = np.dtype[Any]

FLOAT32 = np.dtype(np.float32)
FLOAT64 = np.dtype(np.float64)

_CHUNK = 16384


def _words(key: int, counter: int, count: int) -> Array:
    made = filled("words", key, counter, count)
    return words(key, counter, count) if made is None else made


def uniform(key: int, counter: int, count: int, dtype: DTypeLike) -> Array:
    """`count` floating numbers in [0, 1)."""
    if dtype == FLOAT32:
        made = filled("uniform", key, counter, -(-count // 4))
        if made is not None:
            return made[:count]
        out = np.empty(count, np.float32)
        for start in range(0, count, _CHUNK):
            part = out[start : start + _CHUNK]
            w = words(key, counter + start // 4, -(-len(part) // 4))
            part[:] = unit_float32(w)[: len(part)]
        return out
    if dtype == FLOAT64:
        return unit_float64(_words(key, counter, -(-count // 2)))[:count]
    w = _words(key, counter, -(-count // 4))[:count]
    return unit_float16(w) if dtype == np.float16 else unit_bfloat16(w)


def full_integers(key: int, counter: int, count: int, dtype: DTypeLike) -> Array:
    """`count` integers of 32 or 64 bits, all values alike."""
    if dtype.itemsize == 4:
        return _words(key, counter, -(-count // 4))[:count].view(dtype)
    pairs = _words(key, counter, -(-count // 2)).reshape(-1, 2)[:count]
    if np.little_endian:
        return pairs.reshape(-1).view(dtype)
    wide = pairs.astype(np.uint64)
    return (wide[:, 0] | wide[:, 1] << np.uint64(32)).view(dtype)


def integers(key: int, counter: int, count: int, low: Any, high: Any) -> Array:
    """`count` integers in `[low, high)`: the remainder of a word (two, for 64 bits), plus `low`.

    Args:
      key: the stream's key.
      counter: the stream's counter.
      count: how many.
      low: NumPy scalar, int32 or int64.
      high: NumPy scalar of the same dtype, greater than `low`.
    """
    dtype = low.dtype
    unsigned = np.dtype(np.uint32 if dtype.itemsize == 4 else np.uint64)
    span = unsigned.type((int(high) - int(low)) & (2 ** (8 * dtype.itemsize) - 1))
    out = full_integers(key, counter, count, unsigned)
    out = out % span
    out += low.astype(unsigned)
    return out.view(dtype)


def normal(key: int, counter: int, count: int, dtype: DTypeLike) -> Array:
    """`count` standard normal numbers, by Box and Muller's method, in pairs (sine first)."""
    if dtype == FLOAT64:
        return _box_muller64(unit_float64(_words(key, counter, -(-count // 2))))[:count]
    made = filled("normal", key, counter, -(-count // 4))
    if made is not None:
        return made[:count].astype(dtype, copy=False)
    out = np.empty(-(-count // 4) * 4, np.float32)
    for start in range(0, len(out), _CHUNK):
        part = out[start : start + _CHUNK]
        _box_muller32(unit_float32(words(key, counter + start // 4, len(part) // 4)), part)
    out = out[:count]
    return out if dtype == FLOAT32 else out.astype(dtype)


def _box_muller32(u: Array, out: Array) -> None:
    radius = log_float32(np.maximum(u[0::2], np.float32(LEAST_ARGUMENT)))
    radius *= np.float32(-2)
    np.sqrt(radius, radius)
    # The product is formed in float64 and rounded once.
    sine, cosine = sincos_float32((u[1::2] * np.float64(2 * np.pi)).astype(np.float32))
    np.multiply(sine, radius, out[0::2])
    np.multiply(cosine, radius, out[1::2])


def _box_muller64(u: Array) -> Array:
    radius = np.sqrt(-2.0 * log_float64(np.maximum(u[..., 0::2], LEAST_ARGUMENT)))
    angle = 2 * np.pi * u[..., 1::2]
    out = np.empty(u.shape)
    np.multiply(np.sin(angle), radius, out[..., 0::2])
    np.multiply(np.cos(angle), radius, out[..., 1::2])
    return out


def normal_pairs64(w: Array) -> Array:
    """Two float64 normals from each block of words `[n, 4]`: `[n, 2]`."""
    return _box_muller64(unit_float64(w))


def truncated_normal(key: int, counter: int, count: int, dtype: DTypeLike) -> Array:
    """`count` normal numbers between -2 and 2, by rejection.

    Every group of four outputs (two, for float64) has 64 blocks per output to itself, and takes
    from them, in order, the first normal numbers that are in range.
    """
    size = 2 if dtype == FLOAT64 else 4
    groups = -(-count // size)
    out = np.empty((groups, size), np.float64 if dtype == FLOAT64 else np.float32)
    for start in range(0, groups, _CHUNK // 4):
        part = out[start : start + _CHUNK // 4]
        first = np.arange(start, start + len(part), dtype=np.uint64) * np.uint64(64 * size)
        _fill_truncated(key, counter, first, part)
    flat = out.reshape(-1)[:count]
    return flat.astype(dtype, copy=False)


def _normals_at(key: int, counter: int, offsets: Array) -> Array:
    """The float32 normal numbers of the blocks `counter + offsets[i]`."""
    made = filled("normal", key, counter, len(offsets), offsets)
    if made is None:
        w = words_at(key, counter, offsets)
        made = np.empty(4 * len(w), np.float32)
        _box_muller32(unit_float32(w.reshape(-1)), made)
    return made


def _fill_truncated(key: int, counter: int, first: Array, out: Array) -> None:
    """Fills the rows of `out`: from one block each where that is enough, else from more."""
    rows = np.arange(len(out))
    size = out.shape[1]
    tries = 1
    while len(rows):
        offsets = first[rows][:, None] + np.arange(tries, dtype=np.uint64)
        if out.dtype == np.float64:
            values = normal_pairs64(words_at(key, counter, offsets.reshape(-1)))
        else:
            values = _normals_at(key, counter, offsets.reshape(-1))
        values = values.reshape(len(rows), -1)
        accepted = np.abs(values) < 2
        if tries == 1:
            full = accepted.all(axis=1)
            out[full] = values[full]
            rows = rows[~full]
            tries = 4
            continue
        rank = np.cumsum(accepted, axis=1)
        full = rank[:, -1] >= size
        chosen = accepted & (rank <= size) & full[:, None]
        out[rows[full]] = values[chosen].reshape(-1, size)
        rows = rows[~full]
        tries *= 2
