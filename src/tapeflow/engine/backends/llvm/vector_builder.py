"""The builder protocol over LLVM IR: the `lower` rule of a primitive emits vector code."""

from __future__ import annotations

from tapeflow.engine.backends.llvm.vector_math import (
    conversions,
    error_functions,
    exponentials,
    hyperbolic,
    inverse_trigonometric,
    powers,
    trigonometric,
)
from tapeflow.engine.backends.llvm.vector_math.operations import Operations, Unsupported

__all__ = ["Unsupported", "VectorBuilder"]


class VectorBuilder(Operations):
    """Emits the code of elementwise primitives; see `ir.builder.Builder`.

    Methods take and give `Val`s of any number of lanes, 1 for a scalar. Values are booleans,
    integers, float32 and float64; a 16-bit float is computed with as float32, as `Code.load` gives
    it, and rounded by `round_to` or when it is stored. How far results may be from exact ones is
    in `vector_math.bounds`.
    """

    exp = exponentials.exp
    expm1 = exponentials.expm1
    log = exponentials.log
    log1p = exponentials.log1p
    sin = trigonometric.sin
    cos = trigonometric.cos
    tan = trigonometric.tan
    asin = inverse_trigonometric.asin
    acos = inverse_trigonometric.acos
    atan = inverse_trigonometric.atan
    atan2 = inverse_trigonometric.atan2
    sinh = hyperbolic.sinh
    cosh = hyperbolic.cosh
    tanh = hyperbolic.tanh
    asinh = hyperbolic.asinh
    acosh = hyperbolic.acosh
    atanh = hyperbolic.atanh
    erf = error_functions.erf
    erfc = error_functions.erfc
    pow = powers.power
    rem = powers.rem
    nextafter = powers.nextafter

    cast = conversions.cast
    bitcast = conversions.bitcast
    round_to = conversions.round_to
