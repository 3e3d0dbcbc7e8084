"""How a gamma number moves with its parameter: the implicit derivative of a sample.

For a sample x of the gamma distribution with shape a and scale 1, whose distribution function is
P(a, x) and density p(a, x), `dx/da = -(dP/da) / p` (Figurnov, Mohamed, Mnih, "Implicit
reparameterization gradients", 2018).
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_MOST_TERMS = 20_000


def sample_derivative(alpha: Array, sample: Array) -> Array:
    """`d sample / d alpha` for arrays of one shape, in float64; NaN outside of the domain.

    With P(a, x) = x^a e^-x sum_n x^n / Gamma(a + n + 1), term by term,
    `dx/da = -x sum_n x^n Gamma(a) / Gamma(a + n + 1) (log x - psi(a + n + 1))`. The terms cancel
    where x is far in the upper tail: relative accuracy is some 1e-16 / (1 - P(a, x)).
    """
    a = alpha.reshape(-1)
    x = sample.reshape(-1)
    out = np.full(len(a), np.nan)
    out[(x == 0) & (a > 0)] = 0.0
    active = np.flatnonzero((a > 0) & (x > 0) & np.isfinite(a) & np.isfinite(x))
    a, x = a[active], x[active]
    log_x = np.log(x)
    psi = digamma(a + 1)
    term = x / a
    total = term * (log_x - psi)
    size = np.abs(total)
    for n in range(1, _MOST_TERMS):
        factor = a + n
        term = term * x / factor
        psi = psi + 1 / factor
        step = term * (log_x - psi)
        total = total + step
        size = np.maximum(size, np.abs(total))
        going = (factor < x) | (np.abs(step) > 1e-17 * size)
        if not going.all():
            out[active[~going]] = -total[~going]
            active = active[going]
            if not len(active):
                break
            a, x, log_x, psi = a[going], x[going], log_x[going], psi[going]
            term, total, size = term[going], total[going], size[going]
    out[active] = -total
    return out.reshape(alpha.shape)


def digamma(x: Array) -> Array:
    """The derivative of log Gamma, for x > 0: recurrence, then the asymptotic series."""
    x = x.copy()
    below = np.zeros_like(x)
    for _ in range(10):
        small = x < 10
        if not small.any():
            break
        below -= np.where(small, 1 / x, 0.0)
        x += small
    y = 1 / (x * x)
    series = y * (
        1 / 12 - y * (1 / 120 - y * (1 / 252 - y * (1 / 240 - y * (1 / 132 - y * 691 / 32760))))
    )
    return np.asarray(below + np.log(x) - 0.5 / x - series)
