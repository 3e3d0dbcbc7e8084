"""Mathematical functions in more precision than a dtype has: what approximations are held to."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

import numpy as np

LONG_IS_LONGER = np.finfo(np.longdouble).nmant > 60
"""Whether 80-bit floats are there to check float64 with."""

_OTHER_NAMES = {
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "pow": np.power,
    "rem": np.fmod,
}
_PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899")


def exact(name: str, *arrays: np.ndarray) -> Any:
    """A function's values for float32 arrays, in float64; for float64 arrays, in 80 bits.

    Args:
      name: the builder's name of the function.
      arrays: its arguments.
    """
    wide = np.float64 if arrays[0].dtype == np.float32 else np.longdouble
    with np.errstate(all="ignore"):
        if name in ("erf", "erfc"):
            return np.array([_of_erf(name, float(v), wide) for v in arrays[0]], wide)
        if name == "nextafter":
            return np.nextafter(*arrays).astype(wide)
        function = _OTHER_NAMES.get(name) or getattr(np, name)
        return function(*[a.astype(wide) for a in arrays])


def _of_erf(name: str, x: float, wide: Any) -> Any:
    if x == 0:
        return wide(x) if name == "erf" else wide(1)
    if not np.isfinite(x):
        return np.nan if np.isnan(x) else np.sign(x) if name == "erf" else 1 - np.sign(x)
    with localcontext() as context:
        context.prec = 50
        return wide(str(_erf(x) if name == "erf" else _erfc(x)))


def _erf(x: float) -> Decimal:
    if abs(x) > 3:
        return (1 - _erfc(abs(x))).copy_sign(Decimal(x))
    total = term = z = Decimal(x)
    for k in range(1, 200):
        term *= -z * z / k
        total += term / (2 * k + 1)
        if abs(term) < abs(z) * Decimal(10) ** -45:
            break
    return total * 2 / _PI.sqrt()


def _erfc(x: float) -> Decimal:
    if x < 3:
        return 1 - _erf(x)
    if x > 100:
        return Decimal(0)
    z, below = Decimal(x), Decimal(0)
    for k in range(150, 0, -1):  # Laplace's continued fraction, from its end
        below = Decimal(k) / 2 / (z + below)
    return (-z * z).exp() / (z + below) / _PI.sqrt()
