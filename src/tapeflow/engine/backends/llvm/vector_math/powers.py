"""pow, fmod and nextafter, for float32 and float64; pow and % of integers."""

from __future__ import annotations

from tapeflow.engine.backends.llvm.text import Val
from tapeflow.engine.backends.llvm.vector_math import coefficients
from tapeflow.engine.backends.llvm.vector_math.exponentials import (
    INFINITY,
    NAN,
    clamped,
    format_of,
    parts,
    scaled_by_bits,
    scaled_exp,
)
from tapeflow.engine.backends.llvm.vector_math.operations import Operations
from tapeflow.engine.core.dtypes import float32, float64, int32


def power(b: Operations, x: Val, y: Val) -> Val:
    """x to the power of y, with C99's special cases; integers wrap around."""
    x, y = b.alike(x, y)
    if b.is_integer(x):
        return _whole_power(b, x, y)
    if y.text == b.const(2, y).text:
        return b.mul(x, x)
    if y.text == b.const(3, y).text:
        return b.mul(b.mul(x, x), x)
    single = format_of(x).mantissa == 23
    if not single and not b.code.target.fma:
        # The products' errors take too many operations to find there.
        everywhere = b.eq(b.const(0, x), b.const(0, x))
        return b.lanewise("pow", [x, y], everywhere, x)
    size = b.abs(x)
    result = _power_in_float64(b, size, y) if single else _power_of_size(b, size, y)
    zero, one, infinity = b.const(0, x), b.const(1, x), b.const(INFINITY, x)
    positive = b.gt(y, zero)
    result = b.select(b.eq(size, infinity), b.select(positive, infinity, zero), result)
    result = b.select(b.eq(size, zero), b.select(positive, zero, infinity), result)
    result = b.select(b.ne(size, size), size, result)
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


def _power_in_float64(b: Operations, size: Val, y: Val) -> Val:
    """The power of a positive float32, by a logarithm in float64, right to about 36 bits."""
    k, m = parts(b, size)
    rest = b.sub(m, b.const(1, m))
    inverse = b.div(b.const(1, m), b.add(rest, b.const(2, m)))
    rest, inverse = b.converted("fpext", rest, float64), b.converted("fpext", inverse, float64)
    # s = rest / (2 + rest): the float32 quotient, improved once.
    s = b.mul(rest, inverse)
    left = b.fma(b.neg(s), b.add(rest, b.const(2, rest)), rest)
    s = b.fma(left, inverse, s)
    logarithm = b.mul(s, b.polynomial(coefficients.LOG2_SHORT, b.mul(s, s)))
    logarithm = b.add(b.converted("fpext", k, float64), logarithm)
    exponent = clamped(b, b.mul(b.converted("fpext", y, float64), logarithm), -160.0, 130.0)
    magic = b.const(format_of(exponent).magic, exponent)
    shifted = b.add(exponent, magic)
    r = b.sub(exponent, b.sub(shifted, magic))
    result = b.converted("fptrunc", b.polynomial(coefficients.EXP2_SHORT, r), float32)
    n = b.shifted("shl", b.converted("trunc", b.bits_of(shifted), int32), 23)
    return scaled_by_bits(b, result, n)


def _power_of_size(b: Operations, size: Val, y: Val) -> Val:
    """The power of a positive float64, by a logarithm in two parts; takes fused products."""
    high, low = _long_log(b, size)
    product = b.mul(y, high)
    rest = b.fma(y, low, b.fma(y, high, b.neg(product)))
    # What overflows has no rest.
    inside = b.lt(b.abs(product), b.const(1000.0, y))
    return scaled_exp(b, product, low=b.select(inside, rest, b.const(0, y)))


def _long_log(b: Operations, x: Val) -> tuple[Val, Val]:
    """log of a positive float64 as the sum of two.

    k ln 2 + 2 s + 2/3 s^3 + s^5 p(s^2) with s = (m - 1) / (m + 1); all but the last in two parts.
    """
    k, m = parts(b, x)
    one = b.const(1, x)
    top, bottom = b.sub(m, one), b.add(m, one)
    bottom_rest = b.sub(m, b.sub(bottom, one))
    inverse = b.div(one, bottom)
    s = b.mul(top, inverse)
    left = b.fma(b.neg(s), bottom_rest, b.fma(b.neg(s), bottom, top))
    s_rest = b.mul(left, inverse)
    z = b.mul(s, s)
    z_rest = b.fma(b.add(s, s), s_rest, b.fma(s, s, b.neg(z)))
    cube = b.mul(s, z)
    cube_rest = b.fma(s, z_rest, b.fma(s_rest, z, b.fma(s, z, b.neg(cube))))
    two_thirds, more = b.const(2 / 3, x), b.const(3.700743415417188e-17, x)
    third = b.mul(cube, two_thirds)
    third_rest = b.fma(cube, two_thirds, b.neg(third))
    third_rest = b.fma(cube, more, b.fma(cube_rest, two_thirds, third_rest))
    series = b.mul(b.mul(cube, z), b.polynomial(coefficients.LOG_64_FIFTH, z))
    # The greater ones first, with what each sum loses.
    ln2 = format_of(x).ln2
    first, double = b.mul(k, b.const(ln2[0], k)), b.add(s, s)
    sum_1 = b.add(first, double)
    lost = b.select(b.eq(k, b.const(0, k)), b.const(0, k), b.sub(double, b.sub(sum_1, first)))
    sum_2 = b.add(sum_1, third)
    lost = b.add(lost, b.sub(third, b.sub(sum_2, sum_1)))
    small = b.add(b.fma(k, b.const(ln2[1], k), b.add(s_rest, s_rest)), b.add(third_rest, series))
    small = b.add(lost, small)
    high = b.add(sum_2, small)
    return high, b.sub(small, b.sub(high, sum_2))


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
