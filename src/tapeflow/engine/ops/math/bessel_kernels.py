"""Bessel functions of orders 0 and 1 on float64 arrays.

Power series for small arguments; the integrals of Bessel and Schlaefli for middle ones, by
the trapezoidal rule (geometrically convergent for periodic and decaying analytic integrands: L. N.
Trefethen and J. A. C. Weideman, SIAM Review 56, 2014) or Gauss's; Hankel's asymptotic expansions
for large ones (M. Abramowitz and I. Stegun, Handbook of Mathematical Functions, chapter 9).
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_EULER = 0.5772156649015328606
_SMALL, _LARGE = 4.0, 25.0


def _series(x: Array, order: int, sign: float) -> tuple[Array, Array]:
    """The power series of J (sign -1) or I (sign 1), and the same with harmonic numbers."""
    half = x / 2.0
    square = sign * half * half
    term = half if order else np.ones_like(x)
    harmonic = 1.0 if order else 0.0
    plain, weighted = term, term * harmonic
    for k in range(1, 26):
        term = term * square / (k * (k + order))
        harmonic += 1.0 / k + (1.0 / (k + 1) if order else 0.0)
        if not order:
            weighted = weighted + term * (harmonic if k > 1 else 1.0)
        else:
            weighted = weighted + term * harmonic
        plain = plain + term
    return plain, weighted


@functools.cache
def _cosines(count: int) -> tuple[tuple[float, float, float], ...]:
    """Trapezoidal rule on [0, pi]: angle, its cosine, weight over pi."""
    steps = range(count + 1)
    return tuple(
        (
            math.pi * k / count,
            math.cos(math.pi * k / count),
            (0.5 if k in (0, count) else 1.0) / count,
        )
        for k in steps
    )


@functools.cache
def _gauss(count: int) -> tuple[tuple[float, float], ...]:
    """Gauss-Legendre nodes and weights on [0, 1]."""
    x, w = np.polynomial.legendre.leggauss(count)
    return tuple(zip(((x + 1.0) / 2.0).tolist(), (w / 2.0).tolist(), strict=True))


def _hankel(x: Array, order: int, sign: float) -> tuple[Array, Array]:
    """The even and odd parts P and Q of Hankel's expansion (sign -1), or of that for I and K."""
    mu = 4.0 * order * order
    even, odd = np.ones_like(x), np.zeros_like(x)
    term = np.ones_like(x)
    for k in range(1, 25):
        term = term * ((mu - (2 * k - 1) ** 2) / (8.0 * k)) / x
        turn = sign ** (k // 2)
        if k % 2:
            odd = odd + turn * term
        else:
            even = even + turn * term
    return even, odd


def _phases(x: Array, order: int) -> tuple[Array, Array]:
    """cos and sin of x - pi/4 - order pi/2."""
    c, s = np.cos(x), np.sin(x)
    root = math.sqrt(0.5)
    if order:
        return root * (s - c), -root * (s + c)
    return root * (c + s), root * (s - c)


def bessel_j(x: Array, order: int) -> Array:
    """The function of the first kind."""
    size = np.absolute(x)
    small = np.where(size <= _SMALL, size, 0.0)
    low = _series(small, order, -1.0)[0]
    middle = np.where((size > _SMALL) & (size <= _LARGE), size, _LARGE)
    mid = np.zeros_like(middle)
    for angle, _, weight in _cosines(48):
        mid = mid + weight * np.cos(order * angle - middle * math.sin(angle))
    large = np.where((size > _LARGE) & np.isfinite(size), size, 2 * _LARGE)
    even, odd = _hankel(large, order, -1.0)
    c, s = _phases(large, order)
    high = np.sqrt(2.0 / (math.pi * large)) * (even * c - odd * s)
    out = np.where(size <= _SMALL, low, np.where(size <= _LARGE, mid, high))
    out = np.where(np.isinf(size), 0.0, out)
    out = np.where(x < 0, -out, out) if order else out
    return np.where(np.isnan(x), x, out)


def bessel_y(x: Array, order: int) -> Array:
    """The function of the second kind; -inf at 0 and below."""
    small = np.where((x > 0) & (x <= _SMALL), x, 1.0)
    plain, weighted = _series(small, order, -1.0)
    low = (
        2.0 / math.pi * ((np.log(small / 2.0) + _EULER) * plain)
        - weighted * (1.0 if order else 2.0) / math.pi
    )
    if order:
        low = low - 2.0 / (math.pi * small)
    middle = np.where((x > _SMALL) & (x <= _LARGE), x, _LARGE)
    mid = np.zeros_like(middle)
    for node, weight in _gauss(64):
        angle = math.pi * node
        mid = mid + weight * np.sin(middle * math.sin(angle) - order * angle)
    top = np.arcsinh(42.0 / middle)
    for node, weight in _gauss(48):
        t = top * node
        grown = np.exp(t) - np.exp(-t) if order else 2.0
        mid = mid - weight / math.pi * top * grown * np.exp(-middle * np.sinh(t))
    large = np.where((x > _LARGE) & np.isfinite(x), x, 2 * _LARGE)
    even, odd = _hankel(large, order, -1.0)
    c, s = _phases(large, order)
    high = np.sqrt(2.0 / (math.pi * large)) * (even * s + odd * c)
    out = np.where(x <= _SMALL, low, np.where(x <= _LARGE, mid, high))
    out = np.where(x <= 0, -np.inf, np.where(np.isinf(x), 0.0, out))
    return np.where(np.isnan(x), x, out)


def bessel_ie(x: Array, order: int) -> Array:
    """The modified function of the first kind, times exp(-|x|)."""
    size = np.absolute(x)
    middle = np.minimum(size, 200.0)
    mid = np.zeros_like(middle)
    for _, cosine, weight in _cosines(72):
        # I1 by parts, so that nothing cancels where x is small.
        shape = 1.0 - cosine * cosine if order else 1.0
        mid = mid + weight * shape * np.exp(middle * (cosine - 1.0))
    if order:
        mid = mid * middle
    large = np.where((size > 200.0) & np.isfinite(size), size, 200.0)
    even, odd = _hankel(large, order, 1.0)
    high = (even - odd) / np.sqrt(2.0 * math.pi * large)
    out = np.where(size <= 200.0, mid, high)
    out = np.where(np.isinf(size), 0.0, out)
    out = np.copysign(out, x) if order else out
    return np.where(np.isnan(x), x, out)


def bessel_i(x: Array, order: int) -> Array:
    """The modified function of the first kind."""
    size = np.absolute(x)
    # In two factors: exp alone would overflow first.
    out = bessel_ie(np.where(np.isinf(x), 0.0, x), order) * np.exp(size / 2.0) * np.exp(size / 2.0)
    infinite = np.copysign(np.inf, x) if order else np.inf
    return np.where(np.isinf(x), infinite, out)


def bessel_ke(x: Array, order: int) -> Array:
    """The modified function of the second kind, times exp(x); inf at 0 and below."""
    small = np.where((x > 0) & (x <= 2.0), x, 1.0)
    plain, weighted = _series(small, order, 1.0)
    low = -(np.log(small / 2.0) + _EULER) * plain + weighted
    if order:
        low = 1.0 / small + (np.log(small / 2.0) + _EULER) * plain - weighted / 2.0
    low = low * np.exp(small)
    # The integral of exp(-x (cosh t - 1)) cosh(order t), at steps that follow its width.
    large = np.where((x > 2.0) & np.isfinite(x), x, 3.0)
    step = np.minimum(0.2, 0.5 / np.sqrt(large))
    total = np.full_like(large, 0.5)
    for k in range(1, 25):
        t = step * k
        half = np.sinh(t / 2.0)
        value = np.exp(-2.0 * large * half * half)
        total = total + (value * np.cosh(t) if order else value)
    out = np.where(x <= 2.0, low, total * step)
    out = np.where(x <= 0, np.inf, np.where(x == np.inf, 0.0, out))
    return np.where(np.isnan(x), x, out)


def bessel_k(x: Array, order: int) -> Array:
    """The modified function of the second kind; inf at 0 and below."""
    scaled = bessel_ke(x, order)
    return np.where(x > 0, scaled * np.exp(-np.maximum(x, 0.0)), scaled)
