"""Fits the polynomials of `engine/backends/llvm/vector_math`, and writes `coefficients.py` there.

They are minimax approximations, found by Remez' exchange algorithm in 80-bit floats (so it takes a
machine whose `numpy.longdouble` has them).

    python scripts/fit_polynomials.py            # prints how good each fit is
    python scripts/fit_polynomials.py --write    # and writes the file
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from decimal import Decimal, getcontext
from pathlib import Path
from typing import Any

import numpy as np

Function = Callable[[Any], Any]
TARGET = Path(__file__).parents[1] / "src/tapeflow/engine/backends/llvm/vector_math/coefficients.py"
LONG = np.longdouble
getcontext().prec = 60


def solve(matrix: Any, right: Any) -> Any:
    """The solution of a linear system, by elimination in 80-bit floats."""
    a = np.concatenate([matrix, right[:, None]], axis=1).astype(LONG)
    count = len(a)
    for i in range(count):
        pivot = i + int(np.argmax(np.abs(a[i:, i])))
        a[[i, pivot]] = a[[pivot, i]]
        a[i] /= a[i, i]
        for j in range(count):
            if j != i:
                a[j] -= a[j, i] * a[i]
    return a[:, -1]


def remez(
    f: Function, low: float, high: float, degree: int, weight: Function | None = None
) -> tuple[Any, float]:
    """The best polynomial for f on an interval, by Remez' exchange of points.

    Args:
      f: the function, on 80-bit arrays.
      low: where the interval starts.
      high: where it ends.
      degree: the polynomial's.
      weight: what an error is multiplied with; by default 1 / f.

    Returns:
      The coefficients, of the constant first, and the greatest weighted error.
    """
    size = degree + 2
    grid = _chebyshev(low, high, 4000)
    value = f(grid)
    scale = 1 / np.abs(value) if weight is None else np.abs(weight(grid))
    unit = LONG(max(abs(low), abs(high)))
    chosen = np.linspace(0, len(grid) - 1, size).round().astype(int)
    best: Any = None
    smallest = np.inf
    for _ in range(30):
        x = grid[chosen] / unit
        sign = (-1.0) ** np.arange(size) / scale[chosen]
        p = solve(np.stack([*[x**i for i in range(degree + 1)], sign], axis=1), value[chosen])[:-1]
        wrong = (value - horner(p, grid / unit)) * scale
        error = float(np.max(np.abs(wrong)))
        if error < smallest:
            best, smallest = p, error
        chosen = _extrema(wrong, size)
        if chosen is None:
            break
    return best / unit ** np.arange(size - 1), smallest


def _chebyshev(low: float, high: float, count: int) -> Any:
    angle = np.arange(count, dtype=LONG) / (count - 1) * np.arccos(LONG(-1))
    return (LONG(low) + LONG(high)) / 2 - (LONG(high) - LONG(low)) / 2 * np.cos(angle)


def _extrema(wrong: Any, size: int) -> Any:
    """Places of the largest errors with alternating signs."""
    places: list[int] = []
    for start in np.split(np.arange(len(wrong)), np.flatnonzero(np.diff(np.sign(wrong))) + 1):
        places.append(int(start[np.argmax(np.abs(wrong[start]))]))
    while len(places) > size:  # one end goes, or the two neighbours that differ least
        smallest = int(np.argmin(np.abs(wrong[places])))
        if smallest in (0, len(places) - 1) or len(places) == size + 1:
            places.pop(0 if abs(wrong[places[0]]) < abs(wrong[places[-1]]) else -1)
        else:
            del places[smallest : smallest + 2]
    return np.array(places) if len(places) == size else None


def horner(coefficients: Any, x: Any) -> Any:
    """A polynomial's value."""
    total = np.zeros_like(x) + coefficients[-1]
    for c in coefficients[-2::-1]:
        total = total * x + c
    return total


def series(term: Function, count: int = 60) -> Function:
    """The function with these Taylor coefficients: free of the cancellation of closed forms."""
    return lambda x: horner([LONG(term(k)) for k in range(count)], x)


def _factorial(n: int) -> Any:
    return np.prod(np.arange(1, n + 1, dtype=LONG)) if n else LONG(1)


def _asin_term(k: int) -> Any:
    # asin(x) = x + x^3 (a_0 + a_1 x^2 + ...)
    odd = np.prod(np.arange(1, 2 * k + 2, 2, dtype=LONG) / np.arange(2, 2 * k + 3, 2, dtype=LONG))
    return odd / (2 * k + 3)


def _erf(x: float) -> Decimal:
    z = Decimal(x)
    total = term = z
    for k in range(1, 400):
        term *= -z * z / k
        total += term / (2 * k + 1)
        if abs(term) < Decimal(10) ** -58:
            break
    return total * 2 / _PI.sqrt()


_PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899")


def _scaled_erfc(x: float) -> Any:
    """exp(x^2) erfc(x)."""
    z = Decimal(x)
    if x < 3:
        with_digits = (1 - _erf(x)) * (z * z).exp()
    else:  # the continued fraction of Laplace, from its end
        below = Decimal(0)
        for k in range(400, 0, -1):
            below = Decimal(k) / 2 / (z + below)
        with_digits = 1 / (z + below) / _PI.sqrt()
    return LONG(str(with_digits))


ERFC_CENTRE = 3.75


def _erfc_in_t(t: Any) -> Any:
    # exp(x^2) erfc(x) (1 + 2 x) with x = c (1 + t) / (1 - t): smooth from x = 0 to infinity
    # (M. M. Shepherd and J. G. Laframboise, Mathematics of Computation 36, 1981).
    values = []
    for one in np.asarray(t, LONG):
        if one >= 1:
            values.append(2 / np.sqrt(LONG(str(_PI))))
            continue
        x = ERFC_CENTRE * (1 + one) / (1 - one)
        values.append(_scaled_erfc(float(x)) * (1 + 2 * LONG(float(x))))
    return np.array(values)


def _erfc_chebyshev(degree: int) -> Any:
    """Coefficients of Chebyshev polynomials, made into powers; near minimax, much quicker."""
    count = 96
    angle = (np.arange(count, dtype=LONG) + LONG(0.5)) / count * LONG(str(_PI))
    t = np.cos(angle)
    # x must be a double that stands for exactly this t.
    x = (ERFC_CENTRE * (1 + t) / (1 - t)).astype(np.float64)
    t = (x.astype(LONG) - ERFC_CENTRE) / (x.astype(LONG) + ERFC_CENTRE)
    value = np.array([_scaled_erfc(float(v)) * (1 + 2 * LONG(v)) for v in x])
    # Least squares in the Chebyshev basis, at Chebyshev points.
    basis = [np.ones_like(t), t]
    for _ in range(degree - 1):
        basis.append(2 * t * basis[-1] - basis[-2])
    matrix = np.stack(basis, axis=1)
    found = solve(matrix.T @ matrix, matrix.T @ value)
    powers = [np.zeros(degree + 1, LONG) for _ in range(degree + 1)]
    powers[0][0] = powers[1][1] = 1
    for k in range(2, degree + 1):
        powers[k][1:] = 2 * powers[k - 1][:-1]
        powers[k] -= powers[k - 2]
    total = sum(c * p for c, p in zip(found, powers, strict=True))
    return total, float(np.max(np.abs(horner(total, t) / value - 1)))


def polynomial(name: str, f: Function, low: float, high: float, degree: int, **how: Any) -> Any:
    """A table entry: a polynomial."""
    p, error = remez(f, low, high, degree, **how)
    return [(name, p, error)]


def fits() -> Any:
    """All entries: name, coefficients, greatest error."""
    half_ln2, root, tiny = 0.34662, 0.41422, 1e-5
    exp = series(lambda k: 1 / _factorial(k + 2))  # (e^r - 1 - r) / r^2
    log = series(lambda k: LONG((-1) ** k) / (k + 3), 200)  # (log(1 + f) - f + f^2 / 2) / f^3
    # (log(1 + f) - 2 s) / s^3 with f = 2 s / (1 - s), as a function of z = s^2; less 2/3, over z
    atanh = series(lambda k: LONG(2) / (2 * k + 3))
    atanh_fifth = series(lambda k: LONG(2) / (2 * k + 5))
    log2_in_s = series(lambda k: LONG(2) / (2 * k + 1) / np.log(LONG(2)))
    exp2 = series(lambda k: np.log(LONG(2)) ** k / _factorial(k))
    sin = series(lambda k: LONG((-1) ** (k + 1)) / _factorial(2 * k + 3), 20)
    cos = series(lambda k: LONG((-1) ** k) / _factorial(2 * k + 4), 20)
    atan = series(lambda k: LONG((-1) ** (k + 1)) / (2 * k + 3), 200)
    asin = series(_asin_term, 80)
    quarter = 0.7854**2

    def square(x: Any) -> Any:
        return x * x

    def erfc(x: Any) -> Any:
        return np.array([math.erfc(v) for v in x])

    def log_erfc(x: Any) -> Any:
        return np.log(erfc(x))

    root_pi = np.sqrt(LONG(str(_PI)))
    erf_series = series(lambda k: LONG((-1) ** k) * 2 / root_pi / _factorial(k) / (2 * k + 1), 40)

    yield from polynomial("EXP_32", exp, -half_ln2, half_ln2, 4, weight=square)
    yield from polynomial("EXP_64", exp, -half_ln2, half_ln2, 9, weight=square)
    yield from polynomial("LOG_32", log, -0.29290, root, 7, weight=square)
    yield from polynomial("LOG_64", atanh, tiny, 0.02944, 6, weight=lambda z: z)
    yield from polynomial("LOG_64_FIFTH", atanh_fifth, 0.0, 0.02944, 6)
    yield from polynomial("LOG2_SHORT", log2_in_s, 0.0, 0.02944, 4)
    yield from polynomial("EXP2_SHORT", exp2, -0.5, 0.5, 6)
    yield from polynomial("SIN_32", sin, tiny, quarter, 2, weight=lambda z: z)
    yield from polynomial("COS_32", cos, tiny, quarter, 2, weight=square)
    yield from polynomial("SIN_64", sin, tiny, quarter, 5, weight=lambda z: z)
    yield from polynomial("COS_64", cos, tiny, quarter, 5, weight=square)
    yield from polynomial("ATAN_32", atan, tiny, root**2, 4, weight=lambda z: z)
    yield from polynomial("ATAN_64", atan, tiny, root**2, 10, weight=lambda z: z)
    yield from polynomial("ASIN_32", asin, tiny, 0.25, 4, weight=lambda z: z)
    yield from polynomial("ASIN_64", asin, tiny, 0.25, 12, weight=lambda z: z)
    yield from polynomial("ERF_32", erf_series, 0.0, 0.85, 5)
    yield from polynomial("ERF_TAIL_32", log_erfc, 0.91, 4.0, 6, weight=erfc)
    yield from polynomial("ERF_64", erf_series, 0.0, 0.85, 11)
    total, error = _erfc_chebyshev(12)
    yield ("ERFC_SHORT", total, error)
    total, error = _erfc_chebyshev(24)
    yield ("ERFC_64", total, error)


def main() -> None:
    """Prints the fits; writes them when asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {TARGET.name}")
    write = parser.parse_args().write
    lines = [
        '"""Coefficients, of the constant first; made by `scripts/fit_polynomials.py`."""',
        "",
        "from __future__ import annotations",
        "",
    ]
    for name, found, error in fits():
        # What float64 computes for float32 results keeps its digits: `_SHORT`.
        kind = np.float32 if name.endswith("_32") else np.float64
        print(f"{name}: {len(found)} coefficients, error {error:.2g}")
        lines.append(f"{name} = (")
        lines += [f"    {float(kind(c))!r}," for c in found]
        lines.append(")")
    if write:
        TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
