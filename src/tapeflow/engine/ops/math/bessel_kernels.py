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

from tapeflow.engine.ops.math.pieces import pieces

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


def _split(size: Array) -> tuple[Array, Array, Array]:
    """Masks of small, middle and large (also infinite and NaN) arguments."""
    small, large = size <= _SMALL, ~(size <= _LARGE)
    return small, ~(small | large), large


def _j_middle(size: Array, order: int) -> Array:
    total = np.zeros_like(size)
    for angle, _, weight in _cosines(48):
        total = total + weight * np.cos(order * angle - size * math.sin(angle))
    return total


def _j_large(size: Array, order: int) -> Array:
    even, odd = _hankel(size, order, -1.0)
    c, s = _phases(size, order)
    out = np.sqrt(2.0 / (math.pi * size)) * (even * c - odd * s)
    return np.where(np.isinf(size), 0.0, out)


def bessel_j(x: Array, order: int) -> Array:
    """The function of the first kind."""
    size = np.absolute(x)
    small, middle, large = _split(size)
    out = pieces(
        size,
        (small, lambda v: _series(v, order, -1.0)[0]),
        (middle, lambda v: _j_middle(v, order)),
        (large, lambda v: _j_large(v, order)),
    )
    return np.where(x < 0, -out, out) if order else out


def _y_small(x: Array, order: int) -> Array:
    plain, weighted = _series(x, order, -1.0)
    scale = (1.0 if order else 2.0) / math.pi
    out = 2.0 / math.pi * (np.log(x / 2.0) + _EULER) * plain - weighted * scale
    return out - 2.0 / (math.pi * x) if order else out


def _y_middle(x: Array, order: int) -> Array:
    total = np.zeros_like(x)
    for node, weight in _gauss(64):
        angle = math.pi * node
        total = total + weight * np.sin(x * math.sin(angle) - order * angle)
    top = np.arcsinh(42.0 / x)
    for node, weight in _gauss(48):
        t = top * node
        grown = np.exp(t) - np.exp(-t) if order else 2.0
        total = total - weight / math.pi * top * grown * np.exp(-x * np.sinh(t))
    return total


def _y_large(x: Array, order: int) -> Array:
    even, odd = _hankel(x, order, -1.0)
    c, s = _phases(x, order)
    out = np.sqrt(2.0 / (math.pi * x)) * (even * s + odd * c)
    return np.where(np.isinf(x), 0.0, out)


def bessel_y(x: Array, order: int) -> Array:
    """The function of the second kind; -inf at 0 and below."""
    pole = x <= 0
    small, middle, large = _split(x)
    return pieces(
        x,
        (pole, lambda v: np.full_like(v, -np.inf)),
        (small & ~pole, lambda v: _y_small(v, order)),
        (middle, lambda v: _y_middle(v, order)),
        (large, lambda v: _y_large(v, order)),
    )


def _ie_middle(size: Array, order: int) -> Array:
    total = np.zeros_like(size)
    for _, cosine, weight in _cosines(72):
        # I1 by parts, so that nothing cancels where x is small.
        shape = 1.0 - cosine * cosine if order else 1.0
        total = total + weight * shape * np.exp(size * (cosine - 1.0))
    return total * size if order else total


def _ie_large(size: Array, order: int) -> Array:
    even, odd = _hankel(size, order, 1.0)
    out = (even - odd) / np.sqrt(2.0 * math.pi * size)
    return np.where(np.isinf(size), 0.0, out)


def bessel_ie(x: Array, order: int) -> Array:
    """The modified function of the first kind, times exp(-|x|)."""
    size = np.absolute(x)
    middle = size <= 200.0
    out = pieces(
        size, (middle, lambda v: _ie_middle(v, order)), (~middle, lambda v: _ie_large(v, order))
    )
    return np.copysign(out, x) if order else out


def bessel_i(x: Array, order: int) -> Array:
    """The modified function of the first kind."""
    size = np.absolute(x)
    # In two factors: exp alone would overflow first.
    out = bessel_ie(np.where(np.isinf(x), 0.0, x), order) * np.exp(size / 2.0) * np.exp(size / 2.0)
    infinite = np.copysign(np.inf, x) if order else np.inf
    return np.where(np.isinf(x), infinite, out)


def _ke_small(x: Array, order: int) -> Array:
    plain, weighted = _series(x, order, 1.0)
    out = -(np.log(x / 2.0) + _EULER) * plain + weighted
    if order:
        out = 1.0 / x + (np.log(x / 2.0) + _EULER) * plain - weighted / 2.0
    return out * np.exp(x)


def _ke_large(x: Array, order: int) -> Array:
    # The integral of exp(-x (cosh t - 1)) cosh(order t), at steps that follow its width.
    step = np.minimum(0.2, 0.5 / np.sqrt(x))
    total = np.full_like(x, 0.5)
    for k in range(1, 25):
        t = step * k
        half = np.sinh(t / 2.0)
        value = np.exp(-2.0 * x * half * half)
        total = total + (value * np.cosh(t) if order else value)
    return np.where(np.isinf(x), 0.0, total * step)


def bessel_ke(x: Array, order: int) -> Array:
    """The modified function of the second kind, times exp(x); inf at 0 and below."""
    pole, small = x <= 0, x <= 2.0
    return pieces(
        x,
        (pole, lambda v: np.full_like(v, np.inf)),
        (small & ~pole, lambda v: _ke_small(v, order)),
        (~small, lambda v: _ke_large(v, order)),
    )


def bessel_k(x: Array, order: int) -> Array:
    """The modified function of the second kind; inf at 0 and below."""
    scaled = bessel_ke(x, order)
    return np.where(x > 0, scaled * np.exp(-np.maximum(x, 0.0)), scaled)
