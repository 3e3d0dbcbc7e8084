"""The gamma function and its relatives on float64 arrays.

Sources: Stirling's and Euler-Maclaurin's expansions, Taylor's series of ln Gamma at 2, and the
series and continued fractions of the incomplete functions (M. Abramowitz and I. Stegun, Handbook of
Mathematical Functions, 6.1, 6.3, 6.5, 23.2, 26.5; W. Gautschi, ACM TOMS 5, 1979), the fractions
evaluated by Lentz's method (W. J. Lentz, Applied Optics 15, 1976).
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from tapeflow.engine.ops.math.pieces import pieces

Array = np.ndarray[Any, Any]

# B(2k) / (2k)! for k = 1, 2, ..., by Bernoulli's numbers.
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510,
              43867 / 798, -174611 / 330, 854513 / 138, -236364091 / 2730)  # fmt: skip
_EULER = 0.5772156649015328606
_TINY = 1e-300


@functools.cache
def _taylor() -> tuple[float, ...]:
    """(-1)^k (zeta(k) - 1) / k for k = 2, 3, ...: the series of ln Gamma at 2."""
    exponents = np.arange(2.0, 34.0)
    beyond_one = hurwitz(exponents, np.full_like(exponents, 2.0))
    return tuple((beyond_one * (-1.0) ** exponents / exponents).tolist())


def _stirling_rest(x: Array) -> Array:
    """ln Gamma(x) minus the leading terms of Stirling's formula, for x >= 9 or so."""
    inverse = 1.0 / x
    square = inverse * inverse
    total = np.zeros_like(x)
    for k in range(9, 0, -1):
        total = total * square + _BERNOULLI[k - 1] / (2 * k * (2 * k - 1))
    return total * inverse


def _near_two(z: Array) -> Array:
    """ln Gamma(2 + z) for |z| <= 0.5."""
    total = np.zeros_like(z)
    for c in reversed(_taylor()):
        total = total * z + c
    return z * ((1.0 - _EULER) + z * total)


def log_gamma(x: Array) -> Array:
    """The logarithm of |Gamma(x)|; infinite at 0, -1, -2, ..."""
    pole = np.isinf(x) | ((x <= 0) & (x == np.floor(x)))
    small = (np.absolute(x) < 0.5) & ~pole
    below = (x <= -0.5) & ~pole
    return pieces(
        x,
        (pole, lambda v: np.full_like(v, np.inf)),
        # Near 0, ln Gamma(x) = ln Gamma(1 + x) - ln |x| keeps the digits.
        (small, lambda v: _positive_log_gamma(1.0 + v) - np.log(np.absolute(v))),
        (below, _reflected_log_gamma),
        (~(pole | small | below), _positive_log_gamma),
    )


def _reflected_log_gamma(x: Array) -> Array:
    """ln Gamma for x < 0, by Gamma(x) Gamma(1 - x) = pi / sin(pi x)."""
    fraction = np.absolute(x - np.rint(x))
    sine = np.log(np.sin(math.pi * fraction))
    return math.log(math.pi) - sine - _positive_log_gamma(1.0 - x)


def _positive_log_gamma(x: Array) -> Array:
    """ln Gamma for x >= 0.5."""
    lower, middle, upper = x < 1.5, (x >= 1.5) & (x <= 2.5), (x > 2.5) & (x <= 3.5)
    return pieces(
        x,
        (lower, lambda v: _near_two(v - 1.0) - np.log(v)),
        (middle, lambda v: _near_two(v - 2.0)),
        (upper, lambda v: _near_two(v - 3.0) + np.log(v - 1.0)),
        (~(lower | middle | upper), _far_log_gamma),
    )


def _far_log_gamma(x: Array) -> Array:
    """ln Gamma for x > 3.5: up to 9 by the recurrence, then Stirling's formula."""
    y = x
    product = np.ones_like(y)
    while (y < 9.0).any():
        small = y < 9.0
        product = np.where(small, product * y, product)
        y = np.where(small, y + 1.0, y)
    far = (y - 0.5) * np.log(y) - y + 0.5 * math.log(2 * math.pi) + _stirling_rest(y)
    return far - np.log(product)


def digamma(x: Array) -> Array:
    """The derivative of ln Gamma; NaN at 0, -1, -2, ..."""
    reflected = x <= 0
    y = np.where(reflected, 1.0 - x, x)
    y = np.where(np.isfinite(y), y, 1.0)
    shift = np.zeros_like(y)
    for _ in range(10):
        small = y < 10.0
        shift = shift + np.where(small, 1.0 / y, 0.0)
        y = np.where(small, y + 1.0, y)
    square = 1.0 / (y * y)
    total = np.zeros_like(y)
    for k in range(9, 0, -1):
        total = (total + _BERNOULLI[k - 1] / (2 * k)) * square
    out = np.log(y) - 0.5 / y - total - shift
    fraction = x - np.rint(x)
    out = np.where(reflected, out - math.pi / np.tan(math.pi * fraction), out)
    pole = reflected & (x == np.floor(x))
    out = np.where(pole | (x == -np.inf), np.nan, out)
    return np.where(np.isnan(x), x, np.where(x == np.inf, np.inf, out))


def hurwitz(s: Array, q: Array) -> Array:
    """The sum of (q + k)^-s over k >= 0 for s > 1 and q > 0, by Euler and Maclaurin."""
    count = 12
    total = np.zeros_like(q)
    for k in range(count):
        total = total + (q + k) ** -s
    y = q + count
    power = y**-s
    total = total + power * y / (s - 1.0) + 0.5 * power
    factor = s * power / y
    factorial = 2.0
    for k, b in enumerate(_BERNOULLI, 1):
        total = total + b / factorial * factor
        factor = factor * (s + 2 * k - 1) * (s + 2 * k) / (y * y)
        factorial *= (2 * k + 1) * (2 * k + 2)
    return total


def zeta(x: Array, q: Array) -> Array:
    """Hurwitz's zeta function as TensorFlow defines it, with its poles and exclusions."""
    x, q = np.broadcast_arrays(x, q)
    usable = (x > 1.0) & np.isfinite(x) & np.isfinite(q)
    s = np.where(usable, x, 2.0)
    y = np.where(usable, q, 1.0)
    negative = y <= 0
    # An integer exponent continues below 0: the terms before the first positive base are added.
    steps = np.where(negative & (y > -1e6), np.ceil(-y), 0.0)
    total = np.zeros_like(y)
    for k in range(int(steps.max(initial=0.0))):
        base = y + k
        total = total + np.where(k < steps, base**-s, 0.0)
    out = total + hurwitz(s, np.where(negative, np.where(y + steps > 0, y + steps, 1.0), y))
    whole_s, whole_q = s == np.floor(s), y == np.floor(y)
    at_pole = np.where(np.fmod(s, 2.0) == 0.0, np.inf, np.nan)
    out = np.where(negative & whole_q, at_pole, out)
    out = np.where(negative & ~whole_q & ~whole_s, np.nan, out)
    out = np.where(usable, out, np.nan)
    out = np.where((x > 1.0) & (q == np.inf), 0.0, out)
    out = np.where((x == np.inf) & (q > 1.0), 0.0, out)
    out = np.where((x == np.inf) & (q == 1.0), 1.0, out)
    out = np.where((x == np.inf) & (q < 1.0), np.inf, out)
    out = np.where((x > 1.0) & (q == -np.inf), _pole(x), out)
    return np.where(x == 1.0, np.inf, out)


def _pole(x: Array) -> Array:
    """What the zeta function gives at a pole: inf for even exponents, else NaN."""
    return np.where((np.fmod(x, 2.0) == 0.0) | np.isinf(x), np.inf, np.nan)


def polygamma(n: Array, x: Array) -> Array:
    """The n-th derivative of the digamma function; NaN unless n is a whole number >= 0."""
    n, x = np.broadcast_arrays(n, x)
    order = np.where((n >= 1) & (n == np.floor(n)) & np.isfinite(n), n, 1.0)
    sign = np.where(np.fmod(order, 2.0) == 0.0, -1.0, 1.0)
    factorial = np.exp(log_gamma(order + 1.0))
    # The factorial is exact while it is a float64 integer.
    exact = np.array([math.factorial(k) for k in range(23)], float)
    factorial = np.where(order <= 22, exact[np.minimum(order, 22).astype(int)], factorial)
    out = sign * factorial * zeta(order + 1.0, x)
    out = np.where(n == 0.0, digamma(x), out)
    return np.where((n >= 0) & (n == np.floor(n)) & np.isfinite(n), out, np.nan)


def _prefactor(a: Array, x: Array) -> Array:
    """x^a exp(-x) / Gamma(a + 1), without cancellation for large a."""
    direct = np.exp(a * np.log(x) - x - log_gamma(a + 1.0))
    big = np.maximum(a, 10.0)
    mu = (x - big) / big
    excess = np.where(
        np.absolute(mu) < 0.3, _log1p_minus(np.clip(mu, -0.3, 0.3)), np.log1p(mu) - mu
    )
    by_stirling = np.exp(big * excess - _stirling_rest(big)) / np.sqrt(2 * math.pi * big)
    return np.where(a > 10.0, by_stirling, direct)


def _log1p_minus(x: Array) -> Array:
    """ln(1 + x) - x for |x| <= 0.3, by the series of the inverse hyperbolic tangent."""
    r = x / (2.0 + x)
    square = r * r
    total = np.zeros_like(x)
    for k in range(15, 0, -1):
        total = total * square + 1.0 / (2 * k + 1)
    return 2.0 * r * square * total - x * r


def _lower_series(a: Array, x: Array) -> Array:
    """Sum of x^n / ((a + 1) ... (a + n)): the regularized lower function by its prefactor."""
    term = np.ones_like(x)
    total = np.ones_like(x)
    for n in range(1, 5000):
        term = term * (x / (a + n))
        total = total + term
        if not (term > total * 1e-17).any():
            break
    return total


def _upper_fraction(a: Array, x: Array) -> Array:
    """The continued fraction of the upper function, for x > a + 1."""
    b = x + 1.0 - a
    c = np.full_like(x, 1.0 / _TINY)
    d = 1.0 / b
    h = d
    for n in range(1, 5000):
        an = -n * (n - a)
        b = b + 2.0
        d = 1.0 / _nonzero(an * d + b)
        c = _nonzero(b + an / c)
        step = d * c
        h = h * step
        if not (np.absolute(step - 1.0) > 1e-16).any():
            break
    return h


def _nonzero(x: Array) -> Array:
    return np.where(np.absolute(x) < _TINY, _TINY, x)


def incomplete_gamma(a: Array, x: Array) -> tuple[Array, Array]:
    """The regularized lower and upper incomplete gamma functions."""
    a, x = np.broadcast_arrays(a, x)
    usable = (a > 0) & (x > 0) & np.isfinite(a) & np.isfinite(x)
    by_series = usable & (x <= a + 1.0)
    by_fraction = usable & ~by_series
    sa, sx = np.where(by_series, a, 1.0), np.where(by_series, x, 0.5)
    fa, fx = np.where(by_fraction, a, 1.0), np.where(by_fraction, x, 3.0)
    # a = 0 + tiny and the like: the upper function where the lower is close to 1.
    lower = _prefactor(sa, sx) * _lower_series(sa, sx)
    upper = _prefactor(fa, fx) * fa * _upper_fraction(fa, fx)
    low = np.where(by_series, lower, 1.0 - upper)
    high = np.where(by_series, 1.0 - lower, upper)
    invalid = ~usable
    low = np.where(invalid, _limit(a, x, 0.0, 1.0), low)
    high = np.where(invalid, _limit(a, x, 1.0, 0.0), high)
    return low, high


def _limit(a: Array, x: Array, at_zero: float, at_infinity: float) -> Array:
    """The values where an argument is 0 or infinite; NaN where there is none."""
    out = np.full(a.shape, np.nan)
    out = np.where((a > 0) & np.isfinite(a) & (x == np.inf), at_infinity, out)
    out = np.where((a == np.inf) & (x >= 0), at_zero, out)
    zero = (x == 0.0) & ((a > 0) if at_zero else True)
    return np.where(zero, at_zero, out)


def incomplete_gamma_slope(a: Array, x: Array) -> Array:
    """The derivative of the regularized lower function in `a`."""
    a, x = np.broadcast_arrays(a, x)
    usable = (a > 0) & (x > 0) & np.isfinite(a) & np.isfinite(x)
    a, x = np.where(usable, a, 1.0), np.where(usable, x, 1.0)
    by_series = x <= a + 1.0
    # Term by term: each x^(a+n) e^-x / Gamma(a+n+1) has the derivative (ln x - psi(a+n+1)).
    sx = np.where(by_series, x, 0.5)
    term = _prefactor(a, sx)
    order = a + 1.0
    slope = np.log(sx) - digamma(order)
    total = term * slope
    for _ in range(5000):
        term = term * (sx / order)
        slope = slope - 1.0 / order
        order = order + 1.0
        total = total + term * slope
        if not (np.absolute(term * slope) > np.absolute(total) * 1e-16).any():
            break
    # Beyond: minus the derivative of the upper function, an integral over t = x (1 + s) whose
    # integrand decays like exp(-(x - a) s); Gauss-Legendre in pieces.
    fx = np.where(by_series, a + 2.0, x)
    rate = fx - np.maximum(a - 1.0, 0.0)
    top = np.minimum(80.0 / rate, 80.0 / np.sqrt(fx) + 80.0 / fx)
    nodes, weights = _nodes()
    psi = digamma(a)
    integral = np.zeros_like(fx)
    pieces = 8
    for piece in range(pieces):
        left, width = top * (piece / pieces) ** 2, top * (2 * piece + 1) / pieces**2
        for node, weight in zip(nodes, weights, strict=True):
            s = left + width * node
            value = np.exp((a - 1.0) * np.log1p(s) - fx * s)
            integral = integral + weight * width * value * (np.log(fx) + np.log1p(s) - psi)
    upper = -_prefactor(a, fx) * a * integral
    return np.where(
        usable, np.where(by_series, total, upper), np.where(np.isnan(a + x), np.nan, 0.0)
    )


@functools.cache
def _nodes() -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Gauss-Legendre nodes and weights on [0, 1]."""
    x, w = np.polynomial.legendre.leggauss(20)
    return tuple(((x + 1.0) / 2.0).tolist()), tuple((w / 2.0).tolist())


def incomplete_beta(a: Array, b: Array, x: Array) -> Array:
    """The regularized incomplete beta function."""
    usable = (a > 0) & (b > 0) & (x > 0) & (x < 1) & np.isfinite(a) & np.isfinite(b)
    p, q, y = np.where(usable, a, 1.0), np.where(usable, b, 1.0), np.where(usable, x, 0.5)
    # The fraction converges fast below the mean; above it the roles are exchanged.
    swap = y > (p + 1.0) / (p + q + 2.0)
    p, q = np.where(swap, q, p), np.where(swap, p, q)
    rest = np.where(swap, y, 1.0 - y)
    y = np.where(swap, 1.0 - y, y)
    log = p * np.log(y) + q * np.log(rest) - np.log(p)
    log = log + log_gamma(p + q) - log_gamma(p) - log_gamma(q)
    part = np.exp(log) * _beta_fraction(p, q, y)
    out = np.where(swap, 1.0 - part, part)
    ends = (a > 0) & (b > 0)
    ends = (ends | np.isnan(a) | np.isnan(b)) & ~((a <= 0) | (b <= 0))
    out = np.where(usable, out, np.nan)
    out = np.where(ends & (x == 0.0), 0.0, out)
    return np.where(ends & (x == 1.0), 1.0, out)


def _beta_fraction(a: Array, b: Array, x: Array) -> Array:
    c = np.ones_like(x)
    d = 1.0 / _nonzero(1.0 - (a + b) * x / (a + 1.0))
    h = d
    for m in range(1, 3000):
        even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        d = 1.0 / _nonzero(1.0 + even * d)
        c = _nonzero(1.0 + even / c)
        h = h * d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        d = 1.0 / _nonzero(1.0 + odd * d)
        c = _nonzero(1.0 + odd / c)
        step = d * c
        h = h * step
        if not (np.absolute(step - 1.0) > 1e-16).any():
            break
    return h
