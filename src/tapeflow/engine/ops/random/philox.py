"""The Philox4x32-10 counter-based generator, vectorised, and its words read as numbers.

A block is four 32-bit words, a pure function of a 64-bit key and a 128-bit counter, so any part of
a stream is computed on its own. Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as
easy as 1, 2, 3" (SC 2011). Everything here is NumPy; nothing knows tensors.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

MASK32 = 2**32 - 1
MASK64 = 2**64 - 1
MASK128 = 2**128 - 1

_MULTIPLIERS = np.array([[0xD2511F53], [0xCD9E8D57]], np.uint64)
# The key is bumped by these constants before every round but the first.
_BUMPS = np.arange(10, dtype=np.uint64)[:, None] * np.array([0x9E3779B9, 0xBB67AE85], np.uint64)
_BUMPS32 = _BUMPS.astype(np.uint32)

# Blocks at a time: the working set stays in the second-level cache.
_CHUNK = 4096

_LOW = 0 if sys.byteorder == "little" else 1
_HIGH = 1 - _LOW


def words(key: int, counter: int, count: int) -> Array:
    """The words of `count` consecutive blocks.

    Args:
      key: 64 bits.
      counter: 128 bits, that of the first block.
      count: number of blocks.

    Returns:
      uint32 `[4 * count]`.
    """
    out = np.empty((count, 4), np.uint32)
    keys = round_keys(key)
    low, high = counter & MASK64, counter >> 64 & MASK64
    for start in range(0, count, _CHUNK):
        part = out[start : start + _CHUNK]
        n = len(part)
        first = low + start & MASK64
        if first + n <= MASK64:
            lows = np.arange(first, first + n, dtype=np.uint64)
        else:
            lows = np.arange(n, dtype=np.uint64) + np.uint64(first)  # wraps around
        if low + start + n <= MASK64 + 1:
            _fill(part, keys, lows, high)
        else:
            _fill(part, keys, lows, _carried(high, lows, low))
    return out.reshape(-1)


def _block(key: int, counter: int) -> tuple[int, int, int, int]:
    """The words of one block, in Python's integers: for so few NumPy takes longer."""
    a, b, c, d = (counter >> shift & MASK32 for shift in (0, 32, 64, 96))
    low, high = key & MASK32, key >> 32 & MASK32
    for _ in range(10):
        p, q = a * 0xD2511F53, c * 0xCD9E8D57
        a, b, c, d = (q >> 32) ^ b ^ low, q & MASK32, (p >> 32) ^ d ^ high, p & MASK32
        low, high = low + 0x9E3779B9 & MASK32, high + 0xBB67AE85 & MASK32
    return a, b, c, d


def words_at(key: int, counter: int, offsets: Array) -> Array:
    """The words of the blocks `counter + offsets[i]`.

    Args:
      key: 64 bits.
      counter: 128 bits.
      offsets: `[n]` of uint64.

    Returns:
      uint32 `[n, 4]`.
    """
    n = len(offsets)
    out = np.empty((n, 4), np.uint32)
    keys = round_keys(key)
    low, high = counter & MASK64, counter >> 64 & MASK64
    for start in range(0, n, _CHUNK):
        lows = offsets[start : start + _CHUNK] + np.uint64(low)
        _fill(out[start : start + _CHUNK], keys, lows, _carried(high, lows, low))
    return out


def _carried(high: int, lows: Array, base: int) -> Array:
    """The upper counter halves of sums `base + offset` whose lower halves are `lows`."""
    return np.uint64(high) + (lows < np.uint64(base)).astype(np.uint64)


def round_keys(key: int) -> Array:
    """The two words that each round mixes in: uint32 `[10, 2, 1]`."""
    halves = np.array([key & 0xFFFFFFFF, key >> 32 & 0xFFFFFFFF], np.uint32)
    return (_BUMPS32 + halves)[:, :, None]


def _fill(out: Array, keys: Array, low: Array, high: Any) -> None:
    """Ten rounds. `a` holds words 0 and 2, widened; words 1 and 3 are low halves of products.

    Only three NumPy calls a round: the halves of a 64-bit product are views, and swapping the two
    lanes is a reversed view.
    """
    n = len(out)
    wide = np.zeros((2, n), np.uint64)
    a = wide.view(np.uint32).reshape(2, n, 2)[:, :, _LOW]
    b = np.empty((2, n), np.uint32)
    halves = low.view(np.uint32).reshape(n, 2)
    a[0] = halves[:, _LOW]
    b[0] = halves[:, _HIGH]
    if type(high) is int:
        a[1] = high & 0xFFFFFFFF
        b[1] = high >> 32
    else:
        halves = high.view(np.uint32).reshape(n, 2)
        a[1] = halves[:, _LOW]
        b[1] = halves[:, _HIGH]
    p = np.empty((2, n), np.uint64)
    q = np.empty((2, n), np.uint64)
    p_halves = p.view(np.uint32).reshape(2, n, 2)[::-1]
    q_halves = q.view(np.uint32).reshape(2, n, 2)[::-1]
    p_high, p_low = p_halves[:, :, _HIGH], p_halves[:, :, _LOW]
    q_high, q_low = q_halves[:, :, _HIGH], q_halves[:, :, _LOW]
    multiply, xor = np.multiply, np.bitwise_xor
    for k in range(0, 10, 2):
        multiply(wide, _MULTIPLIERS, p)
        xor(p_high, b, a)
        xor(a, keys[k], a)
        multiply(wide, _MULTIPLIERS, q)
        xor(q_high, p_low, a)
        xor(a, keys[k + 1], a)
        b = q_low
    lanes = out.T
    lanes[0::2] = a
    lanes[1::2] = b


def unit_float16(w: Array) -> Array:
    """Words as float16 in [0, 1): the 10 lowest bits of each are the mantissa."""
    bits = w.astype(np.uint16)
    bits &= np.uint16(0x3FF)
    bits |= np.uint16(0x3C00)
    return bits.view(np.float16) - np.float16(1)


def unit_bfloat16(w: Array) -> Array:
    """Words as bfloat16 in [0, 1): the 7 lowest bits of each are the mantissa."""
    from ml_dtypes import bfloat16

    bits = w.astype(np.uint16)
    bits &= np.uint16(0x7F)
    bits |= np.uint16(0x3F80)
    return bits.view(bfloat16) - bfloat16(1)


def unit_float32(w: Array) -> Array:
    """Words as float32 in [0, 1), in place: the 23 lowest bits of each are the mantissa."""
    w &= np.uint32(0x7FFFFF)
    w |= np.uint32(0x3F800000)
    out = w.view(np.float32)
    out -= np.float32(1)
    return out


def unit_float64(w: Array) -> Array:
    """Pairs of words as float64 in [0, 1): 20 bits of the first, above 32 of the second.

    The last axis of `w`, of even length, is halved.
    """
    pairs = w.reshape(*w.shape[:-1], -1, 2)
    bits = np.empty(pairs.shape, np.uint32)
    np.bitwise_and(pairs[..., 0], np.uint32(0xFFFFF), bits[..., _HIGH])
    bits[..., _HIGH] |= np.uint32(0x3FF00000)
    bits[..., _LOW] = pairs[..., 1]
    out = bits.view(np.float64)[..., 0]
    out -= 1.0
    return out


def scramble(seed: tuple[int, int]) -> tuple[int, int]:
    """The key and counter that stateless ops derive from a seed of two integers.

    One block of Philox, with the seed as counter and a fixed key, gives the key (words 0 and 1) and
    the upper half of the counter (words 2 and 3).
    """
    counter = (seed[0] & MASK64) | (seed[1] & MASK64) << 64
    mixed = _block(0x02461E293EC8F720, counter)
    return mixed[0] | mixed[1] << 32, (mixed[2] | mixed[3] << 32) << 64
