"""Gamma, Poisson and binomial numbers: rejection, each output on a stream of its own.

Output `i` draws from the blocks that start `RESERVED * i` after the counter, so the numbers do not
depend on how the work is divided. All outputs advance together, those that still reject a little
further each round. Arithmetic is float64, whatever the output's dtype.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.ops.random.philox import unit_float64, words_at
from tapeflow.engine.ops.random.rounding import log1p_float64, power_float64
from tapeflow.engine.ops.random.variates import normal_pairs64

Array = np.ndarray[Any, Any]

RESERVED = 256  # blocks for each output


class Streams:
    """A stream for each output, from which uniform and normal numbers are taken one by one.

    A block gives two float64 numbers, of which the second is used first. What is left of a block
    waits, separately for uniform and normal numbers.
    """

    def __init__(self, key: int, counter: int, offsets: Array) -> None:
        self._key = key
        self._counter = counter
        self._position = offsets.copy()
        count = len(offsets)
        self._left = np.zeros((2, count), bool)
        self._waiting = np.zeros((2, count))

    def uniform(self, which: Array) -> Array:
        """The next number in [0, 1) of each of these streams."""
        return self._take(0, which)

    def normal(self, which: Array) -> Array:
        """The next standard normal number of each of these streams."""
        return self._take(1, which)

    def _take(self, kind: int, which: Array) -> Array:
        left, waiting = self._left[kind], self._waiting[kind]
        taken = waiting[which]
        empty = ~left[which]
        left[which] = empty
        if empty.any():
            fresh = which[empty]
            w = words_at(self._key, self._counter, self._position[fresh])
            self._position[fresh] += np.uint64(1)
            pairs = normal_pairs64(w) if kind else unit_float64(w)
            taken[empty] = pairs[:, 1]
            waiting[fresh] = pairs[:, 0]
        return taken


def _offsets(count: int, reserved: int = RESERVED) -> Array:
    return np.arange(count, dtype=np.uint64) * np.uint64(reserved)


def gamma(key: int, counter: int, samples: int, alpha: Array) -> Array:
    """Gamma numbers of scale 1, `[samples, len(alpha)]` in float64.

    Marsaglia and Tsang, "A simple method for generating gamma variables" (2000); below alpha = 1
    with the usual power of a uniform number; at 1 the logarithm of one.

    Args:
      key: the stream's key.
      counter: the stream's counter.
      samples: how many for each alpha.
      alpha: `[n]`, float64.
    """
    a = np.repeat(alpha, samples)
    out = np.empty(len(a))
    streams = Streams(key, counter, _offsets(len(a)))
    unit = np.flatnonzero(a == 1)
    if len(unit):
        out[unit] = -log1p_float64(-streams.uniform(unit))
    small = a < 1
    d = a + np.where(small, 2.0 / 3, -1.0 / 3)
    c = 1.0 / 3 / np.sqrt(d)
    active = np.flatnonzero(a != 1)
    while len(active):
        x = streams.normal(active)
        v = 1 + c[active] * x
        positive = ~(v <= 0)  # with NaN: it is accepted below, and the result is NaN
        trying, x, v = active[positive], x[positive], v[positive]
        v = v * v * v
        u = streams.uniform(trying)
        da = d[trying]
        good = u < 1 - 0.0331 * (x * x) * (x * x)
        good |= np.log(u) < 0.5 * x * x + da * (1 - v + np.log(v))
        done = trying[good]
        out[done] = da[good] * v[good]
        open_ = np.ones(len(active), bool)
        open_[np.flatnonzero(positive)[good]] = False
        active = active[open_]
    below = np.flatnonzero(small)
    if len(below):
        out[below] *= power_float64(streams.uniform(below), 1 / a[below])
    return out.reshape(len(alpha), samples).T


def poisson(key: int, counter: int, samples: int, rate: Array) -> Array:
    """Poisson numbers, `[samples, len(rate)]` in float64.

    Rates below 10: products of uniform numbers (Knuth). Others: Hörmann, "The transformed rejection
    method for generating Poisson random variables" (1993), algorithm PTRS.

    Args:
      key: the stream's key.
      counter: the stream's counter.
      samples: how many for each rate.
      rate: `[n]`, float64.
    """
    r = np.repeat(rate, samples)
    out = np.where(np.isposinf(r), np.inf, np.nan)
    streams = Streams(key, counter, _offsets(len(r)))
    active = np.flatnonzero(r < 10)
    limit = np.exp(-r)
    product = np.ones(len(r))
    count = 0.0
    while len(active):
        product[active] *= streams.uniform(active)
        done = product[active] <= limit[active]
        out[active[done]] = count
        active = active[~done]
        count += 1
    active = np.flatnonzero((r >= 10) & np.isfinite(r))
    b = 0.931 + 2.53 * np.sqrt(r)
    a = -0.059 + 0.02483 * b
    while len(active):
        ra, ba, aa = r[active], b[active], a[active]
        u = streams.uniform(active) - 0.5
        v = streams.uniform(active)
        us = 0.5 - np.abs(u)
        k = np.floor((2 * aa / us + ba) * u + ra + 0.43)
        good = (us >= 0.07) & (v <= 0.9277 - 3.6224 / (ba - 2))
        possible = (k >= 0) & ((us >= 0.013) | (v <= us))
        s = np.log(v * (1.1239 + 1.1328 / (ba - 3.4)) / (aa / (us * us) + ba))
        good |= possible & (s <= -ra + k * np.log(ra) - log_factorial(np.maximum(k, 0)))
        out[active[good]] = k[good]
        active = active[~good]
    return out.reshape(len(rate), samples).T


def binomial(key: int, counter: int, samples: int, counts: Array, probs: Array) -> Array:
    """Binomial numbers, `[samples, len(counts)]` in float64; -1 where a parameter is NaN.

    Few successes expected (below 10): sums of geometric numbers (Devroye). Otherwise Hörmann, "The
    generation of binomial random variates" (1993), algorithm BTRS.

    Args:
      key: the stream's key.
      counter: the stream's counter.
      samples: how many for each pair of parameters.
      counts: `[n]`, numbers of trials, float64.
      probs: `[n]`, probabilities of success, float64.
    """
    total = samples * len(counts)
    n = np.repeat(counts, samples)
    given = np.repeat(probs, samples)
    flipped = given > 0.5
    p = np.where(flipped, 1 - given, given)
    out = np.full(total, -1.0)
    none = (n <= 0) | (given <= 0)
    out[none] = 0
    live = ~none & (p <= 0.5)
    many = n * p >= 10
    # The sums of geometric numbers have fewer blocks to themselves; so TensorFlow has it.
    few = np.flatnonzero(live & ~many)
    out[few] = _geometric_sums(Streams(key, counter, _offsets(total, 42)), few, n, p)
    large = np.flatnonzero(live & many)
    _btrs(Streams(key, counter, _offsets(total)), large, n, p, out)
    live &= flipped
    out[live] = n[live] - out[live]
    return out.reshape(len(counts), samples).T


def _geometric_sums(streams: Streams, which: Array, n: Array, p: Array) -> Array:
    n = np.floor(n)
    scale = np.log1p(-p)
    total = np.zeros(len(n))
    successes = np.zeros(len(n))
    active = which
    while len(active):
        total[active] += np.ceil(np.log(streams.uniform(active)) / scale[active])
        active = active[total[active] <= n[active]]
        successes[active] += 1
    return successes[which]


def _btrs(streams: Streams, active: Array, trials: Array, probs: Array, out: Array) -> None:
    while len(active):
        n, p = np.floor(trials[active]), probs[active]
        spread = np.sqrt(n * p * (1 - p))
        b = 1.15 + 2.53 * spread
        a = -0.0873 + 0.0248 * b + 0.01 * p
        r = p / (1 - p)
        m = np.floor((n + 1) * p)
        u = streams.uniform(active) - 0.5
        v = streams.uniform(active)
        us = 0.5 - np.abs(u)
        k = np.floor((2 * a / us + b) * u + n * p + 0.5)
        good = (us >= 0.07) & (v <= 0.92 - 4.2 / b)
        possible = (k >= 0) & (k <= n)
        j = np.clip(k, 0, n)
        v = np.log(v * (2.83 + 5.1 / b) * spread / (a / (us * us) + b))
        bound = (
            (m + 0.5) * np.log((m + 1) / (r * (n - m + 1)))
            + (n + 1) * np.log((n - m + 1) / (n - j + 1))
            + (j + 0.5) * np.log(r * (n - j + 1) / (j + 1))
            + _stirling_tail(m)
            + _stirling_tail(n - m)
            - _stirling_tail(j)
            - _stirling_tail(n - j)
        )
        good |= possible & (v <= bound)
        out[active[good]] = k[good]
        active = active[~good]


_TAILS = np.array(
    [0.0810614667953272, 0.0413406959554092, 0.0276779256849983, 0.02079067210376509,
     0.0166446911898211, 0.0138761288230707, 0.0118967099458917, 0.0104112652619720,
     0.00925546218271273, 0.00833056343336287]
)  # fmt: skip


def _stirling_tail(k: Array) -> Array:
    """log k! less Stirling's formula, for whole numbers k >= 0."""
    square = (k + 1) * (k + 1)
    series = (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / square) / square) / (k + 1)
    return np.where(k < 10, _TAILS[np.minimum(k, 9).astype(np.intp)], series)


_LOG_FACTORIALS = np.log(
    np.array([1.0, 1, 2, 6, 24, 120, 720, 5040, 40320, 362880, 3628800, 39916800])
)


def log_factorial(k: Array) -> Array:
    """log k! for whole numbers k >= 0, to a few units in the last place."""
    n = np.maximum(k, 11) + 1
    square = n * n
    series = (n - 0.5) * np.log(n) - n + 0.9189385332046728
    series += (1 / 12 - (1 / 360 - (1 / 1260 - 1 / 1680 / square) / square) / square) / n
    return np.where(k < 12, _LOG_FACTORIALS[np.minimum(k, 11).astype(np.intp)], series)
