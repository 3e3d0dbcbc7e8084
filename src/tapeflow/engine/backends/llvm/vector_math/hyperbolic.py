"""Hyperbolic functions and their inverses, for float32 and float64."""

from __future__ import annotations

from tapeflow.engine.backends.llvm.text import Val
from tapeflow.engine.backends.llvm.vector_math.exponentials import format_of
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
