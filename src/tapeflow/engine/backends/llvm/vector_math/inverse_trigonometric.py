"""Arc functions, for float32 and float64."""

from __future__ import annotations

import math

from tapeflow.engine.backends.llvm.text import Val
from tapeflow.engine.backends.llvm.vector_math import coefficients
from tapeflow.engine.backends.llvm.vector_math.exponentials import format_of
from tapeflow.engine.backends.llvm.vector_math.operations import Operations

# What pi / 2 as a float32 or float64 lacks.
_HALF_PI_REST = {4: -4.371139000186241e-08, 8: 6.123233995736766e-17}


def _cubic_part(b: Operations, x: Val, z: Val, table: str) -> Val:
    """x z p(z): what a function has more than x, by a table of z = x^2."""
    single = format_of(x).mantissa == 23
    name = f"{table}_{32 if single else 64}"
    return b.mul(b.mul(x, z), b.polynomial(getattr(coefficients, name), z))


def asin(b: Operations, x: Val) -> Val:
    """The arc sine; from 1/2 on by asin(x) = pi / 2 - 2 asin(sqrt((1 - x) / 2))."""
    size = b.abs(x)
    outer, s, z = _halved(b, size)
    p = b.add(s, _cubic_part(b, s, z, "ASIN"))
    rest = b.sub(b.add(p, p), b.const(_HALF_PI_REST[int(x.dtype.size)], x))
    y = b.select(outer, b.sub(b.const(math.pi / 2, x), rest), p)
    return b.copysign(y, x)


def acos(b: Operations, x: Val) -> Val:
    """The arc cosine, of the same pieces."""
    size = b.abs(x)
    outer, s, z = _halved(b, size)
    cubic = _cubic_part(b, s, z, "ASIN")
    half_pi, rest = b.const(math.pi / 2, x), b.const(_HALF_PI_REST[int(x.dtype.size)], x)
    double = b.add(s, cubic)
    double = b.add(double, double)
    negative = b.lt(x, b.const(0, x))
    whole = b.sub(b.add(half_pi, half_pi), b.sub(double, b.add(rest, rest)))
    far = b.select(negative, whole, double)
    cubic = b.sub(b.copysign(cubic, x), rest)
    near = b.sub(half_pi, b.add(x, cubic))
    return b.select(outer, far, near)


def _halved(b: Operations, size: Val) -> tuple[Val, Val, Val]:
    """Whether it is over 1/2; what the series is of, and its square."""
    half, one = b.const(0.5, size), b.const(1, size)
    outer = b.gt(size, half)
    z = b.select(outer, b.mul(b.sub(one, size), half), b.mul(size, size))
    return outer, b.select(outer, b.sqrt(z), size), z


def atan(b: Operations, x: Val) -> Val:
    """The arc tangent."""
    one = b.const(1, x)
    return b.copysign(_atan_of_quotient(b, b.abs(x), one), x)


def _atan_of_quotient(b: Operations, top: Val, bottom: Val) -> Val:
    """The arc tangent of a quotient of numbers that aren't negative.

    By the tangent of a difference: what is left is an angle of at most pi / 8.
    """
    steep = b.gt(top, b.mul(bottom, b.const(1 + math.sqrt(2), top)))
    middle = b.gt(top, b.mul(bottom, b.const(math.sqrt(2) - 1, top)))
    above = b.select(middle, b.sub(top, bottom), top)
    below = b.select(middle, b.add(top, bottom), bottom)
    above, below = b.select(steep, b.neg(bottom), above), b.select(steep, top, below)
    t = b.div(above, below)
    rest = _HALF_PI_REST[int(top.dtype.size)]
    zero = b.const(0, top)
    base = b.select(
        steep, b.const(math.pi / 2, top), b.select(middle, b.const(math.pi / 4, top), zero)
    )
    low = b.select(steep, b.const(rest, top), b.select(middle, b.const(rest / 2, top), zero))
    cubic = b.add(_cubic_part(b, t, b.mul(t, t), "ATAN"), low)
    return b.add(base, b.add(t, cubic))


def atan2(b: Operations, y: Val, x: Val) -> Val:
    """The angle of the point (x, y), with its sign."""
    y, x = b.alike(y, x)
    top, bottom = b.abs(y), b.abs(x)
    zero, one = b.const(0, x), b.const(1, x)
    # Two infinities or zeros have the quotient that C99 says: 1, and 0 by 1.
    infinite = b.const(float("inf"), x)
    both = b.and_(b.eq(top, infinite), b.eq(bottom, infinite))
    none = b.and_(b.eq(top, zero), b.eq(bottom, zero))
    # Not near the ends of the range, where sums and products below overflow or lose bits.
    f = format_of(x)
    most = b.maximum(top, bottom)
    huge = b.gt(most, b.const(2.0 ** (f.bias - 4), x))
    little = b.lt(most, b.const(2.0 ** -(f.bias - 2 * f.mantissa), x))
    scale = b.select(huge, b.const(2.0**-8, x), one)
    scale = b.select(little, b.const(2.0 ** (2 * f.mantissa), x), scale)
    top, bottom = b.mul(top, scale), b.mul(bottom, scale)
    top = b.select(both, one, top)
    bottom = b.select(b.or_(both, none), one, bottom)
    angle = _atan_of_quotient(b, top, bottom)
    rest = b.const(2 * _HALF_PI_REST[int(x.dtype.size)], x)
    bits = b.bits_of(x)
    left = b.lt(bits, b.const(0, bits))
    angle = b.select(left, b.sub(b.const(math.pi, x), b.sub(angle, rest)), angle)
    angle = b.select(b.or_(b.ne(x, x), b.ne(y, y)), b.add(x, y), angle)
    return b.copysign(angle, y)
