"""pow, fmod and nextafter, for float32 and float64; pow and % of integers."""

from __future__ import annotations

from tapeflow.engine.backends.llvm.text import Val
from tapeflow.engine.backends.llvm.vector_math.exponentials import (
    INFINITY,
    NAN,
    exp,
    format_of,
    log,
)
from tapeflow.engine.backends.llvm.vector_math.operations import Operations
from tapeflow.engine.core.dtypes import float32, float64


def power(b: Operations, x: Val, y: Val) -> Val:
    """x to the power of y, with C99's special cases; integers wrap around."""
    x, y = b.alike(x, y)
    if b.is_integer(x):
        return _whole_power(b, x, y)
    if format_of(x).mantissa == 52:
        everywhere = b.eq(b.const(0, x), b.const(0, x))
        return b.lanewise("pow", [x, y], everywhere, x)
    # In float64, so that the logarithm's error, times y, does not count.
    size = b.abs(x)
    logarithm = log(b, b.converted("fpext", size, float64))
    result = exp(b, b.mul(logarithm, b.converted("fpext", y, float64)))
    result = b.converted("fptrunc", result, float32)
    zero, one = b.const(0, x), b.const(1, x)
    result = b.select(b.or_(b.eq(size, one), b.eq(y, zero)), one, result)
    # Signs: of odd powers that of x; other powers of negative numbers are not real.
    whole = b.eq(b.round_even(y), y)
    half = b.mul(y, b.const(0.5, y))
    odd = b.and_(whole, b.ne(b.round_even(half), half))
    result = b.select(odd, b.copysign(result, x), result)
    finite_negative = b.and_(b.lt(x, zero), b.gt(x, b.const(-INFINITY, x)))
    wrong = b.and_(finite_negative, b.not_(whole))
    wrong = b.or_(wrong, b.and_(b.ne(y, y), b.ne(x, one)))
    return b.select(wrong, b.const(NAN, x), result)


def _whole_power(b: Operations, x: Val, y: Val) -> Val:
    """By squares, one for each bit of the exponent."""
    one = b.const(1, x)
    with b.code.loop(0, 8 * int(y.dtype.size), 1, [one, x, y]) as loop:
        result, square, left = loop.values
        taken = b.ne(b.and_(left, b.const(1, y)), b.const(0, y))
        loop.next = [
            b.select(taken, b.mul(result, square), result),
            b.mul(square, square),
            b.shifted("lshr", left, 1),
        ]
    return loop.results[0]


def rem(b: Operations, x: Val, y: Val) -> Val:
    """C's fmod and %: what truncated division leaves, with the sign of x."""
    x, y = b.alike(x, y)
    if b.is_integer(x):
        return b.whole_rest(x, y)
    narrow = x.dtype is float32
    if not narrow and not b.code.target.fma:
        everywhere = b.eq(b.const(0, x), b.const(0, x))
        return b.lanewise("fmod", [x, y], everywhere, x)
    size, divisor = b.abs(x), b.abs(y)
    if narrow:
        size, divisor = (b.converted("fpext", v, float64) for v in (size, divisor))
    # Up to this quotient x - n y is exact: in float64's bits, or in one operation.
    most = b.const(2.0**29 if narrow else 2.0**52, size)
    quotient = b.div(size, divisor)
    near = b.and_(b.lt(quotient, most), b.lt(divisor, b.const(INFINITY, size)))
    rest = b.fma(b.neg(b.floor(quotient)), divisor, size)
    # A quotient just below an integer may have been rounded to it.
    rest = b.select(b.lt(rest, b.const(0, rest)), b.add(rest, divisor), rest)
    if narrow:
        rest = b.converted("fptrunc", rest, float32)
    return b.lanewise("fmod", [x, y], b.not_(near), b.copysign(rest, x))


def nextafter(b: Operations, x: Val, y: Val) -> Val:
    """The neighbour of x in the direction of y."""
    x, y = b.alike(x, y)
    bits = b.bits_of(x)
    one = b.const(1, bits)
    zero = b.const(0, x)
    away = b.eq(b.lt(x, y), b.gt(x, zero))
    step = b.float_of(b.add(bits, b.select(away, one, b.const(-1, bits))))
    step = b.select(b.eq(x, zero), b.copysign(b.float_of(one), y), step)
    step = b.select(b.eq(x, y), y, step)
    return b.select(b.or_(b.ne(x, x), b.ne(y, y)), b.const(NAN, x), step)
