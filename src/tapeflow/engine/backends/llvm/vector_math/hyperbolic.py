"""Hyperbolic functions and their inverses, for float32 and float64."""

from __future__ import annotations

from tapeflow.engine.backends.llvm.text import Val
from tapeflow.engine.backends.llvm.vector_math.exponentials import (
    NAN,
    format_of,
    log1p,
    quarter_expm1,
    scaled_exp,
)
from tapeflow.engine.backends.llvm.vector_math.operations import Operations


def tanh(b: Operations, x: Val) -> Val:
    """The hyperbolic tangent: t / (t + 1) with t = (e^(2 |x|) - 1) / 2."""
    f = format_of(x)
    size = b.abs(x)
    top = b.const(9.02 if f.mantissa == 23 else 20.0, x)  # it is 1 from there on
    size = b.select(b.lt(top, size), top, size)
    # |x| = n ln 2 / 2 + r: as in exp, with halves of its constants.
    shifted = b.fma(size, b.const(2 * 1.4426950408889634, x), b.const(f.magic, x))
    n = b.sub(shifted, b.const(f.magic, x))
    r = b.fma(n, b.const(-f.ln2[0] / 2, x), size)
    r = b.fma(n, b.const(-f.ln2[1] / 2, x), r)
    halved = [c * 2.0 ** (k + 1) for k, c in enumerate(f.exp)]
    rest = b.fma(b.mul(r, r), b.polynomial(halved, r), r)
    power = b.shifted("shl", b.bits_of(shifted), f.mantissa)
    power = b.float_of(b.add(power, b.bits_of(b.const(1, x))))
    t = b.fma(power, rest, b.fma(power, b.const(0.5, x), b.const(-0.5, x)))
    return b.copysign(b.div(t, b.add(t, b.const(1, x))), x)


def sinh(b: Operations, x: Val) -> Val:
    """The hyperbolic sine: (t + t / (t + 1)) / 2 with t = e^|x| - 1."""
    size = b.abs(x)
    quarter = quarter_expm1(b, size)
    inverse = b.fma(quarter, b.const(4, x), b.const(1, x))
    half = b.add(quarter, b.div(quarter, inverse))
    y = b.add(half, half)
    small = b.lt(size, b.const(2.0 ** -(format_of(x).mantissa / 2 + 1), x))
    return b.select(small, x, b.copysign(y, x))


def cosh(b: Operations, x: Val) -> Val:
    """The hyperbolic cosine: e^|x| / 2 and a quarter of its inverse."""
    half = scaled_exp(b, b.abs(x), power=-1)
    return b.add(half, b.div(b.const(0.25, x), half))


def asinh(b: Operations, x: Val) -> Val:
    """The inverse hyperbolic sine: log1p(t + t^2 / (1 + sqrt(1 + t^2))) with t = |x|."""
    size, one = b.abs(x), b.const(1, x)
    square = b.mul(size, size)
    root = b.sqrt(b.add(square, one))
    small = b.add(size, b.div(square, b.add(one, root)))
    return b.copysign(_log1p_or_double(b, size, small), x)


def acosh(b: Operations, x: Val) -> Val:
    """The inverse hyperbolic cosine: log1p(t + sqrt(2 t + t^2)) with t = x - 1."""
    t = b.sub(x, b.const(1, x))
    small = b.add(t, b.sqrt(b.fma(t, t, b.add(t, t))))
    y = _log1p_or_double(b, x, small)
    return b.select(b.lt(x, b.const(1, x)), b.const(NAN, x), y)


def _log1p_or_double(b: Operations, large: Val, small: Val) -> Val:
    """log1p(small), or log(2 large) where squares could overflow and 1 no longer counts."""
    far = b.gt(large, b.const(2.0 ** (format_of(large).mantissa + 5), large))
    y = log1p(b, b.select(far, large, small))
    return b.select(far, b.add(y, b.const(0.6931471805599453, y)), y)


def atanh(b: Operations, x: Val) -> Val:
    """The inverse hyperbolic tangent: log1p(2 t / (1 - t)) / 2 with t = |x|."""
    size = b.abs(x)
    y = log1p(b, b.div(b.add(size, size), b.sub(b.const(1, x), size)))
    return b.copysign(b.mul(y, b.const(0.5, y)), x)
