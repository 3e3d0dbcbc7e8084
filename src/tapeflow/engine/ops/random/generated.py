"""Numbers of streams by generated code, the same ones, once that has been worth compiling.

That is counted, not timed: as many numbers come from NumPy as take NumPy about as long as compiling
takes.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from tapeflow.engine.compiler.compile import generates_code
from tapeflow.engine.ops.random import rounding
from tapeflow.engine.ops.random.philox import round_keys

Array = np.ndarray[Any, Any]

LEAST_BLOCKS = 64
"""For fewer, the call costs more than it saves."""

COMPILING = {"words": 10e6, "uniform": 10e6, "normal": 30e6}
"""About how many nanoseconds it takes to compile the code for a kind of numbers."""

_BLOCK = {"words": 150.0, "uniform": 160.0, "normal": 550.0}
"""NumPy's nanoseconds for a block of four."""

LEAST_ARGUMENT = 1e-7
"""Below this, the logarithm's argument is cut off (in TensorFlow, hence here)."""

_spent = dict.fromkeys(COMPILING, 0.0)


def filled(
    kind: str, key: int, counter: int, count: int, offsets: Array | None = None
) -> Array | None:
    """What the blocks of a stream give; None where NumPy is to compute it.

    Args:
      kind: words, or float32 numbers: uniform in [0, 1), or normal.
      key: 64 bits.
      counter: 128 bits, that of the first block.
      count: number of blocks.
      offsets: uint64 `[count]`, how far each is from the first; by default they follow it.

    Returns:
      uint32 or float32 `[4 * count]`.
    """
    if count < LEAST_BLOCKS or not generates_code():
        return None
    if _spent[kind] < COMPILING[kind]:
        _spent[kind] += count * _BLOCK[kind]
        return None
    keys = round_keys(key).reshape(-1)
    return _filler()(kind, keys, counter, count, offsets)  # type: ignore[no-any-return]


@functools.cache
def _filler() -> Any:
    from tapeflow.engine.backends.llvm.philox import Filler

    return Filler(formulas())


def formulas() -> Any:
    """What `rounding` computes normal numbers with."""
    from tapeflow.engine.backends.llvm.philox import Formulas

    return Formulas(
        rounding.ORIGIN,
        rounding.TABLE_RECIPROCALS,
        rounding.TABLE_LOGARITHMS,
        rounding.LOG_TERMS,
        rounding.SINE_TERMS,
        rounding.COSINE_TERMS,
        LEAST_ARGUMENT,
    )
