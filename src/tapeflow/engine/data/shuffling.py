"""Shuffling through a buffer: with the same seeds, the order that TensorFlow gives."""

from __future__ import annotations

from collections.abc import Iterator

from tapeflow.engine.data.elements import Flat
from tapeflow.engine.data.pipelines import Pipeline, Run
from tapeflow.engine.ops.random import philox
from tapeflow.engine.ops.random.seeds import entropy, op_seeds

_BLOCKS = 64


class Words:
    """The 32-bit words of a Philox stream, one by one.

    Args:
      seed: first seed, the key.
      seed2: second seed, the upper half of the counter.
    """

    __slots__ = ("_counter", "_key", "_ready")

    def __init__(self, seed: int, seed2: int) -> None:
        self._key = seed & philox.MASK64
        self._counter = (seed2 & philox.MASK64) << 64
        self._ready: list[int] = []

    def next(self) -> int:
        """The next word."""
        if not self._ready:
            words = philox.words(self._key, self._counter, _BLOCKS)
            self._counter += _BLOCKS
            self._ready = words.tolist()[::-1]
        return self._ready.pop()


def shuffle_seeds(seed: int | None) -> tuple[int, int]:
    """The two seeds of `Dataset.shuffle`, from its argument and the global seed."""
    first, second = (int(s) for s in op_seeds(seed))
    if first == 0 and second == 0:
        return entropy() >> 1, entropy() >> 1
    return first, second


class Shuffled(Pipeline):
    """The elements in random order: each comes from a buffer of those next in line.

    Args:
      before: where elements come from.
      size: of the buffer; -2 for one that holds all elements.
      seeds: the two seeds.
      anew: whether each start has an order of its own.
    """

    draws_when_wanted = True
    __slots__ = ("_anew", "_before", "_seeds", "_size", "_source")

    def __init__(self, before: Pipeline, size: int, seeds: tuple[int, int], anew: bool) -> None:
        self._before = before
        self._size = size
        self._seeds = seeds
        self._anew = anew
        self._source = Words(*seeds)

    def start(self, run: Run) -> Iterator[Flat]:
        seeds = self._seeds
        if self._anew:
            seeds = self._source.next(), self._source.next()
        return self._shuffled(self._before.start(run), Words(*seeds))

    def _shuffled(self, elements: Iterator[Flat], words: Words) -> Iterator[Flat]:
        buffer: list[Flat | None] = []
        size = self._size
        # The buffer is a ring: the element taken is replaced by the oldest one.
        for flat in elements:
            buffer.append(flat)
            if len(buffer) == size:
                break
        first = 0
        for flat in elements if len(buffer) == size else ():
            place = (first + words.next() % size) % size
            oldest = first % size
            taken, buffer[place] = buffer[place], buffer[oldest]
            yield taken  # type: ignore[misc]
            buffer[oldest] = flat
            first += 1
        count = len(buffer)
        ring = count
        while count:
            place = (first + words.next() % count) % ring
            oldest = first % ring
            taken, buffer[place] = buffer[place], buffer[oldest]
            buffer[oldest] = None
            yield taken  # type: ignore[misc]
            first += 1
            count -= 1

    def cardinality(self) -> int:
        return self._before.cardinality()
