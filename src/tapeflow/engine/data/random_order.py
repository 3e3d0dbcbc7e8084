"""Random numbers of pipelines: TensorFlow's, for the same seeds."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from tapeflow.engine.core import dtypes
from tapeflow.engine.ops.random.philox import MASK64, words
from tapeflow.engine.ops.random.seeds import entropy, op_seeds
from tapeflow.engine.runtime.convert import convert

_BLOCKS = 64


def seed_pair(seed: Any) -> tuple[Any, Any]:
    """The two seeds of a stage, int64 tensors, from its `seed` argument and the global seed."""
    if seed is not None and not isinstance(seed, int):
        seed = int(convert(seed, None if hasattr(seed, "dtype") else dtypes.int64))
    first, second = op_seeds(seed)
    return convert(int(first), dtypes.int64), convert(int(second), dtypes.int64)


def numbers(seed: int, seed2: int) -> Iterator[int]:
    """32-bit numbers without an end; seeds of 0 and 0 give other ones each time."""
    if seed == 0 and seed2 == 0:
        seed, seed2 = entropy(), entropy()
    key, counter = seed & MASK64, (seed2 & MASK64) << 64
    blocks = 4  # streams are often short
    while True:
        yield from words(key, counter, blocks).tolist()
        counter += blocks
        blocks = _BLOCKS


class SeedGenerator:
    """Gives every iteration over a stage the seeds of its own.

    Args:
      seed: the stage's first seed.
      seed2: the stage's second seed.
      anew: whether iterations differ.
    """

    def __init__(self, seed: int, seed2: int, anew: bool) -> None:
        if seed == 0 and seed2 == 0:
            seed, seed2 = entropy(), entropy()
        self._fixed = None if anew else (seed, seed2)
        self._numbers = numbers(seed, seed2)
        self._lock = threading.Lock()

    def next_pair(self) -> tuple[int, int]:
        """The seeds of the next iteration."""
        if self._fixed is not None:
            return self._fixed
        with self._lock:
            return next(self._numbers), next(self._numbers)
