"""erf and erfc, for float32 and float64.

erfc(x) = e^(-x^2) p((x - c) / (x + c)) / (1 + 2 x) for all x >= 0 with one polynomial, after
M. M. Shepherd and J. G. Laframboise, Mathematics of Computation 36 (1981).
"""

from __future__ import annotations

from collections.abc import Sequence

from tapeflow.engine.backends.llvm.text import Val
from tapeflow.engine.backends.llvm.vector_math import coefficients
from tapeflow.engine.backends.llvm.vector_math.exponentials import exp, format_of, scaled_exp
from tapeflow.engine.backends.llvm.vector_math.operations import Operations

_CENTRE = 3.75


def erf(b: Operations, x: Val) -> Val:
    """The error function: a series in x^2 near 0, 1 - erfc(|x|) beyond."""
    single = format_of(x).mantissa == 23
    size = b.abs(x)
    z = b.mul(x, x)
    near = b.mul(x, b.polynomial(coefficients.ERF_32 if single else coefficients.ERF_64, z))
    if single:
        # The logarithm of erfc is a polynomial that 7 coefficients reach; from 4 on erf is 1.
        top = b.const(4.0, x)
        logarithm = b.polynomial(coefficients.ERF_TAIL_32, b.select(b.lt(top, size), top, size))
        beyond = exp(b, logarithm)
    else:
        beyond = _erfc_of_size(b, size, coefficients.ERFC_64)
    far = b.copysign(b.sub(b.const(1, x), beyond), x)
    return b.select(b.gt(size, b.const(0.92, x)), far, near)


def erfc(b: Operations, x: Val) -> Val:
    """1 - erf(x), in full precision for large x as well."""
    single = format_of(x).mantissa == 23
    y = _erfc(b, x, coefficients.ERFC_SHORT if single else coefficients.ERFC_64)
    # Near 0 the polynomial's terms cancel.
    near = b.polynomial(coefficients.ERF_32 if single else coefficients.ERF_64, b.mul(x, x))
    near = b.sub(b.const(1, x), b.mul(x, near))
    return b.select(b.lt(b.abs(x), b.const(0.75 if single else 0.5, x)), near, y)


def _erfc(b: Operations, x: Val, table: Sequence[float]) -> Val:
    y = _erfc_of_size(b, b.abs(x), table)
    return b.select(b.lt(x, b.const(0, x)), b.sub(b.const(2, x), y), y)


def _erfc_of_size(b: Operations, size: Val, table: Sequence[float]) -> Val:
    """erfc for values that aren't negative."""
    single = format_of(size).mantissa == 23
    top = b.const(10.1 if single else 28.0, size)  # it is 0 from there on
    x = b.select(b.lt(top, size), top, size)
    centre, one = b.const(_CENTRE, x), b.const(1, x)
    t = b.div(b.sub(x, centre), b.add(x, centre))
    double = b.add(x, x)
    divisor = b.add(one, double)
    p = b.div(b.polynomial(table, t), divisor)
    # x^2 in two parts: the square of its upper half is exact.
    bits = b.bits_of(x)
    upper = b.float_of(b.and_(bits, b.const(-1 << (12 if single else 27), bits)))
    low = b.mul(b.sub(upper, x), b.add(upper, x))
    if single:  # what the divisor lost when it was rounded, which counts where it is above 1.5
        lost = b.sub(one, b.sub(divisor, double))
        low = b.sub(low, b.div(lost, divisor))
    return b.mul(p, scaled_exp(b, b.neg(b.mul(upper, upper)), low=low))
