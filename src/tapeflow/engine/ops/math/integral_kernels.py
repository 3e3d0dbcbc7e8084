"""The exponential integral and the dilogarithm on float64 arrays.

Sources: the series and asymptotic expansion of Ei (M. Abramowitz and I. Stegun, Handbook of
Mathematical Functions, 5.1); the reflections of the dilogarithm and its series in Bernoulli's
numbers (L. Lewin, Polylogarithms and Associated Functions, 1981, chapter 1).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_EULER = 0.5772156649015328606


def exponential_integral(x: Array) -> Array:
    """Ei(x): the integral of exp(t) / t from -inf to x; -inf at 0, NaN below."""
    small = np.where((x > 0) & (x <= 40.0), x, 1.0)
    term, total = np.ones_like(small), np.zeros_like(small)
    for k in range(1, 160):
        term = term * small / k
        total = total + term / k
        if k > 40 and not (term > total * 1e-18).any():
            break
    low = _EULER + np.log(small) + total
    large = np.where((x > 40.0) & (x < 1e300), x, 50.0)
    term, total = np.ones_like(large), np.ones_like(large)
    for k in range(1, 40):
        term = term * k / large
        total = total + term
    high = np.exp(large - np.log(large)) * total
    high = np.where(x >= 1e300, np.inf, high)
    out = np.where(x <= 40.0, low, high)
    out = np.where(x == 0.0, -np.inf, np.where(x < 0.0, np.nan, out))
    return np.where(np.isnan(x) | np.isinf(x), np.nan, out)


# B(2k) / (2k + 1)! for k = 1, 2, ...
_LEWIN = (1 / 36, -1 / 3600, 1 / 211680, -1 / 10886400, 1 / 526901760,
          -691 / 2730 / 6227020800, 7 / 6 / 1307674368000,
          -3617 / 510 / 355687428096000)  # fmt: skip


def dilogarithm(x: Array) -> Array:
    """Spence's function: minus the integral of ln(t) / (t - 1) from 1 to x; NaN below 0."""
    usable = (x > 0) & np.isfinite(x)
    y = np.where(usable, x, 1.0)
    above, below = y > 2.0, y < 0.5
    z = np.where(above, 1.0 / y, np.where(below, 1.0 - y, y))
    above_again = above & (z < 0.5)
    z = np.where(above_again, 1.0 - z, z)
    u = -np.log(z)
    square = u * u
    total = np.zeros_like(u)
    for c in reversed(_LEWIN):
        total = (total + c) * square
    core = u * (1.0 - u / 4.0 + total)
    # 1/y < 1/2 needs a second step: spence(w) + spence(1 - w) = pi^2/6 - ln(w) ln(1 - w).
    w = np.where(above_again, 1.0 / y, 0.5)
    core = np.where(above_again, math.pi**2 / 6 - np.log(w) * np.log1p(-w) - core, core)
    log = np.log(y)
    out = np.where(above, -core - 0.5 * log * log, core)
    safe = np.where(below, y, 0.25)
    out = np.where(below, math.pi**2 / 6 - np.log(safe) * np.log1p(-safe) - core, out)
    out = np.where(x == 0.0, math.pi**2 / 6, out)
    return np.where(usable | (x == 0.0), out, np.nan)
