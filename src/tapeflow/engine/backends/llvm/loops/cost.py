"""What computing an elementwise primitive costs, read off its own `lower`."""

from __future__ import annotations

import functools
from typing import Any

from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.ir.primitive import Primitive

_DEAR = frozenset((
    "exp", "expm1", "log", "log1p", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh",
    "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "pow", "atan2", "rem", "nextafter",
))  # fmt: skip
_MIDDLING = {"div": 4, "sqrt": 5}
DEAR = 10
"""The cost, in simple instructions, from which on a value is worth keeping."""


class _Counter:
    """A builder that adds up what is asked of it; values are dtypes."""

    def __init__(self) -> None:
        self.cost = 0

    def __getattr__(self, name: str) -> Any:
        def method(*args: Any) -> Any:
            self.cost += 12 if name in _DEAR else _MIDDLING.get(name, 1)
            return args[0]

        return method

    def is_integer(self, x: DType) -> bool:
        return x.is_integer

    def is_complex(self, x: DType) -> bool:
        return x.is_complex

    def bits(self, x: DType) -> int:
        return 8 * x.size

    def const(self, value: Any, like: DType) -> DType:
        return like

    def cast(self, x: Any, dtype: DType) -> DType:
        self.cost += 1
        return dtype

    def bitcast(self, x: Any, dtype: DType) -> DType:
        return dtype

    def select(self, condition: Any, x: Any, y: Any) -> Any:
        self.cost += 1
        return x


def cost_of(prim: Primitive, dtypes: tuple[DType, ...], attrs: dict[str, Any]) -> int:
    """About how many simple instructions one element takes."""
    try:
        return _cost(prim, dtypes, tuple(sorted(attrs.items())))
    except TypeError:  # attributes that cannot be hashed
        return _cost.__wrapped__(prim, dtypes, tuple(attrs.items()))


@functools.cache
def _cost(prim: Primitive, dtypes: tuple[DType, ...], attrs: Any) -> int:
    counter = _Counter()
    prim.lower(counter, *dtypes, **dict(attrs))  # type: ignore[operator]
    return counter.cost
