"""sin, cos and tan, for float32 and float64.

The argument is cut into n pi / 2 + r: for float32 in float64, for float64 with pi / 2 in three
parts as in fdlibm (Sun Microsystems, 1993). That is right up to 2^20; where a lane holds more, the
C library's function gives that lane's result.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from tapeflow.engine.backends.llvm.text import Val
from tapeflow.engine.backends.llvm.vector_math import coefficients
from tapeflow.engine.backends.llvm.vector_math.exponentials import format_of
from tapeflow.engine.backends.llvm.vector_math.operations import Operations
from tapeflow.engine.core.dtypes import float32, float64, int32

_LARGE = 2.0**20
# pi / 2: 33 bits, the next 33, and what is left after the first and after both.
_FIRST, _AFTER_FIRST = 1.57079632673412561417e00, 6.07710050650619224932e-11
_SECOND, _AFTER_SECOND = 6.07710050630396597660e-11, 2.02226624879595063154e-21


class Angle(NamedTuple):
    """An argument as n pi / 2 + r + tail."""

    n: Val
    """Its lowest bits, in those of an integer as wide as r."""
    r: Val
    tail: Val | None


def _reduced(b: Operations, x: Val) -> Angle:
    wide = b.converted("fpext", x, float64) if x.dtype is float32 else x
    magic = b.const(format_of(wide).magic, wide)
    shifted = b.fma(wide, b.const(2 / math.pi, wide), magic)
    n = b.sub(shifted, magic)
    minus = b.neg(n)
    r = b.fma(minus, b.const(_FIRST, n), wide)
    bits = b.bits_of(shifted)
    if x.dtype is float32:
        r = b.fma(minus, b.const(_AFTER_FIRST, n), r)
        return Angle(b.converted("trunc", bits, int32), b.converted("fptrunc", r, float32), None)
    step = b.mul(n, b.const(_SECOND, n))
    second = b.sub(r, step)
    lost = b.sub(b.sub(r, second), step)
    rest = b.sub(b.mul(n, b.const(_AFTER_SECOND, n)), lost)
    y = b.sub(second, rest)
    return Angle(bits, y, b.sub(b.sub(second, y), rest))


def _both(b: Operations, angle: Angle) -> tuple[Val, Val]:
    """Sine and cosine of r + tail."""
    r, tail = angle.r, angle.tail
    z = b.mul(r, r)
    half, one = b.const(0.5, r), b.const(1, r)
    if tail is None:
        sine = b.fma(b.mul(z, r), b.polynomial(coefficients.SIN_32, z), r)
        quartic = b.mul(b.mul(z, z), b.polynomial(coefficients.COS_32, z))
        return sine, b.add(b.sub(one, b.mul(half, z)), quartic)
    cube = b.mul(z, r)
    series = b.mul(cube, b.polynomial(coefficients.SIN_64, z))
    # sin(r + t) = sin r + t cos r, with cos r = 1 - z / 2
    sine = b.add(r, b.add(series, b.sub(tail, b.mul(b.mul(half, z), tail))))
    hz = b.mul(half, z)
    first = b.sub(one, hz)
    lost = b.sub(b.sub(one, first), hz)
    quartic = b.mul(b.mul(z, z), b.polynomial(coefficients.COS_64, z))
    return sine, b.add(first, b.add(lost, b.sub(quartic, b.mul(r, tail))))


def _is_odd(b: Operations, n: Val) -> Val:
    return b.ne(b.and_(n, b.const(1, n)), b.const(0, n))


def _sign_of_half_turns(b: Operations, n: Val) -> Val:
    """Bit 1 of n in the sign's place."""
    return b.shifted("shl", b.and_(n, b.const(2, n)), 8 * int(n.dtype.size) - 2)


def _or_library(b: Operations, function: str, x: Val, y: Val) -> Val:
    far = b.not_(b.lt(b.abs(x), b.const(_LARGE, x)))
    return b.lanewise(function, [x], far, y)


def sin(b: Operations, x: Val) -> Val:
    """The sine."""
    angle = _reduced(b, b.abs(x))  # so that zeros keep their sign
    sine, cosine = _both(b, angle)
    y = b.bits_of(b.select(_is_odd(b, angle.n), cosine, sine))
    bits = b.bits_of(x)
    own = b.and_(bits, b.const(-1 << (8 * int(bits.dtype.size) - 1), bits))
    sign = b.xor(_sign_of_half_turns(b, angle.n), own)
    return _or_library(b, "sin", x, b.float_of(b.xor(y, sign)))


def cos(b: Operations, x: Val) -> Val:
    """The cosine."""
    angle = _reduced(b, b.abs(x))
    sine, cosine = _both(b, angle)
    y = b.bits_of(b.select(_is_odd(b, angle.n), sine, cosine))
    sign = _sign_of_half_turns(b, b.add(angle.n, b.const(1, angle.n)))
    return _or_library(b, "cos", x, b.float_of(b.xor(y, sign)))


def tan(b: Operations, x: Val) -> Val:
    """The tangent: sine by cosine, or the other way round with the other sign."""
    angle = _reduced(b, b.abs(x))
    sine, cosine = _both(b, angle)
    odd = _is_odd(b, angle.n)
    y = b.div(b.select(odd, b.neg(cosine), sine), b.select(odd, sine, cosine))
    bits = b.bits_of(x)
    own = b.and_(bits, b.const(-1 << (8 * int(bits.dtype.size) - 1), bits))
    return _or_library(b, "tan", x, b.float_of(b.xor(b.bits_of(y), own)))
