"""Small eager tensors in place of symbolic ones, to look at what a function makes of them.

`ops/host_functions.py` says what for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime.tensor import EagerTensor

# For three sizes of unknown dimensions: which integer scalars hold, and which other tensors hold.
# What suits a function first is taken; the orders differ so that the values do, too.
TRIALS = tuple(
    [
        [(size, scalar, fill) for fill in fills for scalar in scalars]
        for size, scalars, fills in (
            (2, ("size", "zero", "one"), ("zeros", "count", "ones", "twos")),
            (3, ("size", "one", "zero"), ("count", "ones", "twos", "zeros")),
            (5, ("size", "zero", "one"), ("ones", "twos", "count", "zeros")),
        )
    ]
)
_WORDS = {2: (b"0", b"1"), 3: (b"1 2", b"0"), 5: (b"a b c", b"d", b"")}


class StandIns:
    """Makes eager values that the arguments of a call might have.

    Args:
      size: how many entries a dimension of unknown size has.
      scalar: which integer a scalar holds: `"size"`, `"zero"` or `"one"`.
      fill: which numbers other tensors hold: `"zeros"`, `"ones"`, `"twos"` or `"count"`.
      models: known shapes that unknown ones may have to be equal to.
    """

    def __init__(
        self, size: int, scalar: str, fill: str, models: Sequence[tuple[int, ...]] = ()
    ) -> None:
        self.size = size
        self._models = models
        self._scalars = 0  # how many were made: they differ where the size is 3
        self._scalar = {"size": size, "zero": 0, "one": 1}[scalar]
        self._fill = fill

    def tensor(self, symbol: Any) -> EagerTensor:
        """One for a tensor; an eager tensor stands for itself."""
        if type(symbol) is EagerTensor:
            return symbol
        spec: Spec = symbol.spec
        if spec.value is not None:
            return EagerTensor(spec.value)
        if spec.dims is not None and spec.shape is not None:
            entries = [self.size if d is None else d for d in spec.dims]
            return EagerTensor(np.array(entries, spec.dtype.np).reshape(self.shape(spec)))
        return EagerTensor(self.array(spec.dtype.np, self.shape(spec)))

    def shape(self, spec: Spec) -> tuple[int, ...]:
        """A shape that a spec describes."""
        if spec.shape is None:
            return (self.size,) * (1 + (self.size == 3))
        for model in self._models:
            if len(model) == len(spec.shape):
                return tuple(
                    [m if d is None else d for d, m in zip(spec.shape, model, strict=True)]
                )
        return tuple([self.size if d is None else d for d in spec.shape])

    def array(self, dtype: Any, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
        """An array of this dtype and shape."""
        count = int(np.prod(shape, dtype=np.int64))
        if dtype.kind == "O":
            words = _WORDS.get(self.size, (b"0",))
            out = np.empty(count, object)
            out[:] = [words[i % len(words)] for i in range(count)]
            return out.reshape(shape)
        if dtype.kind == "b":
            pattern = {"zeros": (0,), "ones": (1,), "twos": (1, 0, 0), "count": (0, 1)}[self._fill]
            return np.resize(np.array(pattern, bool), count).reshape(shape)
        if dtype.kind in "iu" and shape == ():
            self._scalars += 1
            return np.array(self._scalar + (self._scalars - 1) * (self.size == 3), dtype)
        if self._fill == "count":
            return np.arange(count).astype(dtype).reshape(shape)
        number = {"zeros": 0, "ones": 1, "twos": 2}[self._fill]
        if not number and dtype.kind not in "iu":
            number = 3  # zeros are special in places where other numbers are not
        return np.full(shape, number, dtype)

    def rows(self, total: int | None, count: int | None, dtype: Any) -> np.ndarray[Any, Any]:
        """Splits that divide `total` elements into `count` rows of different lengths."""
        number = self.size if count is None else count
        splits = np.zeros(number + 1, dtype)
        if total is None:
            step = {2: 1, 3: 2}.get(self.size, 3)  # no row is equally long for all sizes
            lengths = (np.arange(number) * step + self.size) % (self.size + 1)
            np.cumsum(lengths, out=splits[1:])
        elif self.size == 2:
            splits[-1:] = total if number else 0
        elif self.size == 3:
            splits[:] = np.arange(number + 1) * total // max(number, 1)
        else:
            splits[1:] = total
        return splits
