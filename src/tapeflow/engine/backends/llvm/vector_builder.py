"""The builder protocol over LLVM IR: the `lower` rule of a primitive emits vector code."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.backends.llvm.vector_math import conversions, exponentials, hyperbolic
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
    tanh = hyperbolic.tanh

    cast = conversions.cast
    round_to = conversions.round_to

    def __getattr__(self, name: str) -> Any:
        raise Unsupported(name)
