"""The error function and its relatives on float64 arrays.

Sources: W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23
(1969); J. A. C. Weideman, "Computation of the complex error function", SIAM J. Numer. Anal. 31
(1994); S. Winitzki, "A handy approximation for the error function and its inverse" (2008), as the
start of the iterations for the inverse.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from tapeflow.engine.ops.math.pieces import pieces

Array = np.ndarray[Any, Any]

# Numerators and denominators, highest power first, of Cody's three ranges: |x| <= 0.46875 (erf,
# in x^2), |x| <= 4 (erfc, in |x|), beyond (erfc, in 1/x^2).
_NEAR = (
    (1.85777706184603153e-1, 3.16112374387056560e0, 1.13864154151050156e2, 3.77485237685302021e2,
     3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3,
     2.84423683343917062e3),
)  # fmt: skip
_MIDDLE = (
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e1,
     2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
     1.23033935479799725e3),
    (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2,
     1.62138957456669019e3, 3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3,
     1.23033935480374942e3),
)  # fmt: skip
_FAR = (
    (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1,
     1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4),
    (1.0, 2.56852019228982242e0, 1.87295284992346725e0, 5.27905102951428412e-1,
     6.05183413124413191e-2, 2.33520497626869185e-3),
)  # fmt: skip

_ROOT_PI = math.sqrt(math.pi)


def ratio(coefficients: Any, x: Array) -> Array:
    """A quotient of two polynomials by Horner's rule."""
    above, below = (c[0] * x + c[1] for c in coefficients)
    for c in coefficients[0][2:]:
        above = above * x + c
    for c in coefficients[1][2:]:
        below = below * x + c
    return above / below  # type: ignore[no-any-return]


def _tail(size: Array) -> Array:
    """erfc of `size` > 0.46875."""
    middle = size <= 4.0
    scaled = pieces(size, (middle, lambda v: ratio(_MIDDLE, v)), (~middle, _far_tail))
    # exp(-x^2) in two factors: the square of the leading bits is exact.
    lead = np.trunc(size * 16.0) / 16.0
    rest = (size - lead) * (size + lead)
    return np.where(size > 27.3, 0.0, np.exp(-lead * lead) * np.exp(-rest) * scaled)


def _far_tail(size: Array) -> Array:
    """erfc of `size` > 4, times exp(size^2)."""
    inverse = 1.0 / (size * size)
    return (1.0 / _ROOT_PI - inverse * ratio(_FAR, inverse)) / size


def erf(x: Array) -> Array:
    """The error function."""
    near = np.absolute(x) <= 0.46875
    return pieces(
        x,
        (near, lambda v: v * ratio(_NEAR, v * v)),
        (~near, lambda v: np.copysign(1.0 - _tail(np.absolute(v)), v)),
    )


def erfc(x: Array) -> Array:
    """One minus the error function, accurate where that is small."""
    near = np.absolute(x) <= 0.46875
    above = x > 0.46875
    return pieces(
        x,
        (near, lambda v: 1.0 - v * ratio(_NEAR, v * v)),
        (above, _tail),
        (~(near | above), lambda v: 2.0 - _tail(np.absolute(v))),
    )


# erf(x) / x as a quotient of polynomials in x^2 for |x| <= 3.95, fitted here by iteratively
# weighted least squares; in float32 arithmetic the relative error of erf stays below 5e-7.
_SINGLE = (
    (2.0259309880956966e-6, 2.846869555683058e-4, 3.808091089612173e-3, 5.287522672442523e-2,
     1.9154855254990857e-1, 1.1283791437689787),
    (3.783200158178553e-5, 1.1707103070701078e-3, 1.5054946181477454e-2, 1.1455890886637267e-1,
     5.030881606623558e-1, 1.0),
)  # fmt: skip


def erf_single(x: Array) -> Array:
    """The error function of a float32 array, in float32."""
    inside = np.minimum(np.maximum(x, np.float32(-3.95)), np.float32(3.95))
    return inside * ratio(_SINGLE, inside * inside)


def erfc_inverse(q: Array) -> Array:
    """The x with erfc(x) = q: inf at 0, -inf at 2, NaN outside of [0, 2]."""
    upper = q > 1.0
    small = np.where(upper, 2.0 - q, q)
    inside = (small > 0.0) & (small <= 1.0)
    p = np.where(inside, small, 0.5)
    # Winitzki's approximation, good to 2e-3; ln(1 - erf^2) = ln(p (2 - p)).
    log = np.log(p) + np.log1p(1.0 - p)
    half = 2.0 / (math.pi * 0.147) + log / 2.0
    x = np.sqrt(np.maximum(np.sqrt(half * half - log / 0.147) - half, 0.0))
    for _ in range(3):
        tail = erfc(x)
        slope = -2.0 / _ROOT_PI * np.exp(-x * x)
        # Newton's step for ln(erfc), with Halley's correction: cubic, also far out in the tail.
        step = np.log(tail / p) * tail / slope
        gap = slope / tail
        curve = -2.0 * x - gap
        x = x - step / (1.0 - 0.5 * step * curve)
    x = np.where(small == 0.0, np.inf, x)
    x = np.where((small >= 0.0) & (small <= 1.0), x, np.nan)
    return np.where(upper, -x, x)


def erf_inverse(y: Array) -> Array:
    """The x with erf(x) = y: infinite at -1 and 1, NaN beyond."""
    size = np.absolute(y)
    far = np.copysign(erfc_inverse(1.0 - size), y)
    # Near 0, 1 - |y| loses digits: iterate on erf itself.
    near = np.where(size <= 0.5, y, 0.0)
    square = np.log1p(-near * near)
    half = 2.0 / (math.pi * 0.147) + square / 2.0
    x = np.copysign(np.sqrt(np.maximum(np.sqrt(half * half - square / 0.147) - half, 0.0)), near)
    x = np.where(np.absolute(near) < 1e-3, near * (_ROOT_PI / 2.0), x)
    for _ in range(3):
        step = (erf(x) - near) * (_ROOT_PI / 2.0) * np.exp(x * x)
        x = x - step / (1.0 + x * step)
    return np.where(size <= 0.5, np.where(near == 0.0, near, x), far)


def normal_quantile(p: Array) -> Array:
    """The x below which a standard normal variable falls with probability p."""
    lower = p < 0.5
    q = np.where(lower, p, 1.0 - p)
    x = math.sqrt(2.0) * erfc_inverse(2.0 * q)
    x = np.where((p < 0.0) | (p > 1.0), np.nan, np.where(lower, -x, x))
    near = np.absolute(2.0 * p - 1.0) <= 0.5
    return np.where(near, math.sqrt(2.0) * erf_inverse(np.where(near, 2.0 * p - 1.0, 0.0)), x)


_TERMS = 48


@functools.cache
def _weideman() -> tuple[float, tuple[float, ...]]:
    """Weideman's scale and coefficients for `_TERMS` terms, highest power first."""
    m = 2 * _TERMS
    scale = math.sqrt(_TERMS / math.sqrt(2.0))
    angle = np.arange(-m + 1, m) * math.pi / m
    t = scale * np.tan(angle / 2.0)
    samples = np.concatenate(([0.0], np.exp(-t * t) * (scale * scale + t * t)))
    spectrum = np.real(np.fft.fft(np.fft.fftshift(samples))) / (2 * m)
    return scale, tuple(spectrum[_TERMS:0:-1].tolist())


def faddeeva(z: Array) -> Array:
    """w(z) = exp(-z^2) erfc(-i z) for Im z >= 0."""
    scale, coefficients = _weideman()
    below = scale - 1j * z
    t = (scale + 1j * z) / below
    p = np.zeros_like(t)
    for c in coefficients:
        p = p * t + c
    return 2.0 * p / (below * below) + (1.0 / _ROOT_PI) / below


def dawson(x: Array) -> Array:
    """exp(-x^2) times the integral of exp(t^2) from 0 to x."""
    size = np.absolute(x)
    small = np.where(size < 0.5, x, 0.0)
    square = small * small
    term = total = small
    for k in range(1, 18):
        term = term * (-2.0 * square / (2 * k + 1))
        total = total + term
    middle = np.clip(size, 0.5, 1e7)
    large = np.imag(faddeeva(middle.astype(np.complex128))) * (_ROOT_PI / 2.0)
    far = 0.5 / np.maximum(size, 1.0)
    out = np.copysign(np.where(size > 1e7, far, large), x)
    return np.where(size < 0.5, total, np.where(np.isnan(x), x, out))


def fresnel(x: Array) -> tuple[Array, Array]:
    """The integrals of cos(pi t^2 / 2) and sin(pi t^2 / 2) from 0 to x."""
    size = np.absolute(x)
    # Series where cancellation is harmless, in u = (pi x^2 / 2)^2.
    small = np.where(size < 1.0, x, 0.0)
    half = math.pi / 2.0 * small * small
    square = half * half
    c_term, s_term = small, small * half
    c_sum, s_sum = c_term, s_term / 3.0
    for k in range(1, 14):
        c_term = c_term * (-square / ((2 * k - 1) * (2 * k)))
        s_term = s_term * (-square / ((2 * k) * (2 * k + 1)))
        c_sum = c_sum + c_term / (4 * k + 1)
        s_sum = s_sum + s_term / (4 * k + 3)
    large = np.clip(size, 1.0, 1e8)
    phase = np.fmod(large * large, 4.0) * (math.pi / 2.0)
    w = faddeeva((_ROOT_PI / 2.0) * (1.0 + 1.0j) * large)
    both = (0.5 + 0.5j) * (1.0 - np.exp(1j * phase) * w)
    near, far = size < 1.0, size > 1e8
    invalid = np.isnan(x)

    def choose(series: Array, beyond: Array) -> Array:
        beyond = np.copysign(np.where(far, 0.5, beyond), x)
        return np.where(near, series, np.where(invalid, x, beyond))

    return choose(c_sum, both.real), choose(s_sum, both.imag)
