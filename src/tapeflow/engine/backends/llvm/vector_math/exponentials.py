"""exp, expm1, log and log1p, for float32 and float64.

The argument of exp is cut into n ln 2 + r, and that of log into 2^k m with m in
[sqrt(1/2), sqrt(2)], as in fdlibm (Sun Microsystems, 1993); what is left is a polynomial.
"""

from __future__ import annotations

from typing import NamedTuple

from tapeflow.engine.backends.llvm.text import Val
from tapeflow.engine.backends.llvm.vector_math import coefficients
from tapeflow.engine.backends.llvm.vector_math.operations import Operations, Unsupported, supported
from tapeflow.engine.core.dtypes import float32

INFINITY = float("inf")
NAN = float("nan")


class Format(NamedTuple):
    """Numbers of a floating-point format, and of exp and log in it."""

    mantissa: int
    """Bits of the fraction that are stored."""
    bias: int
    """What stands in the exponent's place for 1."""
    magic: float
    """Adding this rounds to an integer, which then stands in the lowest bits."""
    ln2: tuple[float, float]
    """ln 2 as a number with enough zeros at its end, and the rest."""
    lowest: float
    """Below this exp is 0."""
    highest: float
    """From here on sinh and cosh are infinite, and exp as well."""
    tiny: float
    """The least normal number."""
    root: int
    """The bits of sqrt(1/2)."""
    exp: tuple[float, ...]
    """The coefficients p of e^r = 1 + r + r^2 p(r)."""


_FORMATS = {
    4: Format(
        mantissa=23,
        bias=127,
        magic=1.5 * 2**23,
        ln2=(0.693359375, -2.12194440054690581e-4),
        lowest=-104.0,
        highest=89.6,
        tiny=2.0**-126,
        root=0x3F3504F3,
        exp=coefficients.EXP_32,
    ),
    8: Format(
        mantissa=52,
        bias=1023,
        magic=1.5 * 2**52,
        ln2=(6.93147180369123816490e-01, 1.90821492927058770002e-10),
        lowest=-746.0,
        highest=710.7,
        tiny=2.0**-1022,
        root=0x3FE6A09E667F3BCD,
        exp=coefficients.EXP_64,
    ),
}


def format_of(x: Val) -> Format:
    """The numbers for a value's dtype."""
    if not x.dtype.is_floating or not supported(x.dtype):
        raise Unsupported(f"functions of {x.dtype.name}")
    return _FORMATS[int(x.dtype.size)]


def clamped(b: Operations, x: Val, low: float, high: float) -> Val:
    """x, or the limit that it is beyond; NaN stays."""
    # Each is one instruction of x86 in this order.
    top = b.const(high, x)
    x = b.select(b.lt(top, x), top, x)
    bottom = b.const(low, x)
    return b.select(b.gt(bottom, x), bottom, x)


def _reduced(b: Operations, x: Val) -> tuple[Val, Val]:
    """`magic + n` and r of x = n ln 2 + r."""
    f = format_of(x)
    shifted = b.fma(x, b.const(1.4426950408889634, x), b.const(f.magic, x))
    n = b.sub(shifted, b.const(f.magic, x))
    r = b.fma(n, b.const(-f.ln2[0], x), x)
    return shifted, b.fma(n, b.const(-f.ln2[1], x), r)


def _expm1_of_rest(b: Operations, r: Val) -> Val:
    return b.fma(b.mul(r, r), b.polynomial(format_of(r).exp, r), r)


def exp(b: Operations, x: Val) -> Val:
    """e to the power of x."""
    return scaled_exp(b, x)


def scaled_exp(b: Operations, x: Val, low: Val | None = None, power: int = 0) -> Val:
    """e to the power of x, and more.

    Args:
      b: where to emit.
      x: the exponent.
      low: something small to add to it.
      power: of 2, that the result is multiplied with before it is rounded to what there is.
    """
    f = format_of(x)
    shifted, r = _reduced(b, clamped(b, x, f.lowest, f.highest))
    if low is not None:
        r = b.add(r, low)
    p = b.polynomial((1.0, 1.0, *f.exp), r)
    if b.can_scale(x):
        n = b.sub(shifted, b.const(f.magic - power, x))
        return b.scaled(p, n)
    n = b.shifted("shl", b.bits_of(shifted), f.mantissa)
    if power:
        n = b.add(n, b.const(power << f.mantissa, n))
    return scaled_by_bits(b, p, n)


def scaled_by_bits(b: Operations, p: Val, n: Val) -> Val:
    """p 2^n, where n stands in the exponent's place; in two steps, as 2^n may be no number."""
    f = format_of(p)
    half = b.and_(b.shifted("ashr", n, 1), b.const(-1 << f.mantissa, n))
    rest = b.sub(n, half)
    one = b.const(f.bias << f.mantissa, n)
    return b.mul(b.mul(p, b.float_of(b.add(half, one))), b.float_of(b.add(rest, one)))


def expm1(b: Operations, x: Val) -> Val:
    """e to the power of x, minus 1."""
    small = b.lt(b.abs(x), b.const(2.0 ** -(format_of(x).mantissa + 2), x))
    return b.select(small, x, b.mul(quarter_expm1(b, x), b.const(4, x)))


def quarter_expm1(b: Operations, x: Val) -> Val:
    """A quarter of e^x - 1: finite for all x where a function of e^x is."""
    f = format_of(x)
    shifted, r = _reduced(b, clamped(b, x, -20.0 if f.mantissa == 23 else -40.0, f.highest))
    n = b.shifted("shl", b.bits_of(shifted), f.mantissa)
    quarter = b.float_of(b.add(n, b.const((f.bias - 2) << f.mantissa, n)))
    return b.fma(quarter, _expm1_of_rest(b, r), b.sub(quarter, b.const(0.25, x)))


def log(b: Operations, x: Val) -> Val:
    """The natural logarithm."""
    k, m = parts(b, x)
    y = _log_of_parts(b, k, b.sub(m, b.const(1, x)))
    return _log_specials(b, x, x, y)


def parts(b: Operations, x: Val) -> tuple[Val, Val]:
    """The k and m of x = 2^k m, for positive numbers, subnormal ones as well."""
    f = format_of(x)
    subnormal = b.lt(x, b.const(f.tiny, x))
    larger = b.select(subnormal, b.mul(x, b.const(2.0**f.mantissa, x)), x)
    exponent, m = _split(b, larger)
    offset = b.select(subnormal, b.const(-f.mantissa, x), b.const(0, x))
    return b.add(exponent, offset), m


def _split(b: Operations, x: Val) -> tuple[Val, Val]:
    """The k and m of x = 2^k m."""
    f = format_of(x)
    whole = b.bits_of(x)
    above = b.sub(whole, b.const(f.root, whole))
    place = b.and_(above, b.const(-1 << f.mantissa, whole))
    m = b.float_of(b.sub(whole, place))
    return _whole_to_float(b, b.shifted("ashr", above, f.mantissa), x), m


def _whole_to_float(b: Operations, k: Val, like: Val) -> Val:
    """A small integer as a float, without the conversion of 64 bits that few CPUs have."""
    if like.dtype is float32:
        return b.converted("sitofp", k, like.dtype)
    magic = b.const(format_of(like).magic, like)
    return b.sub(b.float_of(b.add(k, b.bits_of(magic))), magic)


def _log_of_parts(b: Operations, k: Val, rest: Val) -> Val:
    """k ln 2 + log(1 + rest)."""
    f = format_of(rest)
    high, low = b.mul(k, b.const(f.ln2[0], k)), b.mul(k, b.const(f.ln2[1], k))
    square = b.mul(rest, rest)
    half = b.mul(square, b.const(0.5, square))
    if f.mantissa == 23:
        cubic = b.mul(b.mul(square, rest), b.polynomial(coefficients.LOG_32, rest))
        return b.add(high, b.sub(rest, b.sub(half, b.add(cubic, low))))
    s = b.div(rest, b.add(rest, b.const(2, rest)))
    z = b.mul(s, s)
    series = b.mul(z, b.polynomial(coefficients.LOG_64, z))
    corrected = b.fma(s, b.add(half, series), low)
    return b.add(high, b.sub(rest, b.sub(half, corrected)))


def _log_specials(b: Operations, x: Val, size: Val, y: Val) -> Val:
    """log's value at 0, infinity and below 0, by `size`; the NaN or infinity in x else."""
    bits = b.bits_of(size)
    one, last = b.const(1, bits), b.bits_of(b.const(INFINITY, x))
    ordinary = b.unsigned_lt(b.sub(bits, one), b.sub(last, one))
    zero = b.const(0, x)
    special = b.select(b.lt(size, zero), b.const(NAN, x), x)
    special = b.select(b.eq(size, zero), b.const(-INFINITY, x), special)
    return b.select(ordinary, y, special)


def log1p(b: Operations, x: Val) -> Val:
    """The logarithm of 1 + x."""
    f = format_of(x)
    one = b.const(1, x)
    u = b.add(x, one)
    k, m = _split(b, u)
    # What 1 + x lost in rounding, at the scale of m.
    lost = b.select(b.gt(x, one), b.sub(one, b.sub(u, x)), b.sub(x, b.sub(u, one)))
    whole = b.bits_of(u)
    place = b.sub(whole, b.bits_of(m))
    scale = b.float_of(b.sub(b.const(f.bias << f.mantissa, whole), place))
    rest = b.sub(m, one)
    large = b.gt(x, b.const(2.0 ** (f.mantissa + 1), x))
    rest = b.select(large, rest, b.fma(lost, scale, rest))
    y = _log_specials(b, x, u, _log_of_parts(b, k, rest))
    # Keeps the sign of zero, and what of the smallest numbers would be lost in squares.
    small = b.lt(b.abs(x), b.const(2.0 ** -(f.mantissa + 2), x))
    return b.select(small, x, y)
