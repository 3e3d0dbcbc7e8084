"""Random order: a buffer from which elements are drawn, as TensorFlow draws them."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.data.random_order import SeedGenerator, numbers
from tapeflow.engine.data.stages.sources import RowsStage
from tapeflow.engine.data.stages.stage import (
    INFINITE,
    UNKNOWN,
    Element,
    Run,
    Stage,
    Stream,
)
from tapeflow.engine.ir.infer import reject


class ShuffleStage(Stage):
    """Elements in random order.

    Every iteration takes the next seeds of the stage; so do those over other datasets made of it.
    """

    op = "ShuffleDatasetV3"
    kind = "_ShuffleDataset"

    def __init__(
        self, source: Stage, buffer_size: Any, seed: Any, seed2: Any, *, reshuffle: bool
    ) -> None:
        size = int(buffer_size)
        if size < 1 and size != UNKNOWN:
            reject("buffer_size must be greater than zero or UNKNOWN_CARDINALITY")
        if size == UNKNOWN:
            size = source.cardinality()
            if size == INFINITE:
                reject("buffer_size: a dataset of infinite cardinality can't be fully shuffled")
            if size == UNKNOWN:
                size = 2**62
        self._source = source
        self._size = max(size, 1)
        self._seeds = SeedGenerator(int(seed), int(seed2), reshuffle)
        self.in_memory = source.in_memory

    def open(self, run: Run) -> Stream:
        seed, seed2 = run.take(self._seeds)
        if isinstance(self._source, RowsStage):
            return _ShuffledRows(self._source, self._size, seed, seed2)
        return _Shuffled(self._source.open(run), self._size, seed, seed2)

    def cardinality(self) -> int:
        return self._source.cardinality()


class _Drawn:
    """Takes items from an iterator in random order, through a buffer.

    TensorFlow's buffer is a ring: what is drawn changes places with the oldest item.
    """

    __slots__ = ("_draw", "_items", "_more", "_next", "_size", "_start")

    def __init__(self, items: Any, size: int, seed: int, seed2: int) -> None:
        self._next = items.__next__
        self._items: list[Any] = []
        self._size = size
        self._start = 0
        self._more = True
        self._draw = numbers(seed, seed2).__next__

    def take(self) -> Any:
        """The next item.

        Raises:
          StopIteration: when there is none.
        """
        # Behind `_start`, the list holds the buffer's items from the oldest to the newest.
        items = self._items
        start = self._start
        if self._more:
            try:
                while len(items) - start < self._size:
                    items.append(self._next())
            except StopIteration:
                self._more = False
        count = len(items) - start
        if not count:
            raise StopIteration
        i = start + self._draw() % count
        drawn = items[i]
        items[i] = items[start]
        items[start] = None
        start += 1
        if start >= 1024 and start * 2 > len(items):
            del items[:start]
            start = 0
        self._start = start
        return drawn


class _Shuffled(Stream):
    __slots__ = ("_take",)

    def __init__(self, source: Stream, size: int, seed: int, seed2: int) -> None:
        self._take = _Drawn(source, size, seed, seed2).take

    def __next__(self) -> Element:
        return self._take()  # type: ignore[no-any-return]


class _ShuffledRows(Stream):
    """Rows in random order: their numbers are shuffled, and whole batches gathered."""

    __slots__ = ("_source", "_take")

    def __init__(self, source: RowsStage, size: int, seed: int, seed2: int) -> None:
        self._source = source
        self._take = _Drawn(iter(range(source.count)), size, seed, seed2).take

    def __next__(self) -> Element:
        return self._source.row(self._take())

    def block(self, count: int) -> Element:
        which: list[int] = []
        take = self._take
        try:
            for _ in range(count):
                which.append(take())
        except StopIteration:
            if not which:
                raise
        return self._source.rows(which)


class RandomStage(Stage):
    """Random 32-bit numbers, without an end."""

    op = "RandomDatasetV2"
    kind = "_RandomDataset"
    in_memory = True

    def __init__(self, seed: Any, seed2: Any, *, anew: bool) -> None:
        self._seeds = SeedGenerator(int(seed), int(seed2), anew)

    def open(self, run: Run) -> Stream:
        return _RandomStream(*run.take(self._seeds))

    def cardinality(self) -> int:
        return INFINITE


class _RandomStream(Stream):
    __slots__ = ("_draw",)

    def __init__(self, seed: int, seed2: int) -> None:
        self._draw = numbers(seed, seed2).__next__

    def __next__(self) -> Element:
        import numpy as np

        return [np.int64(self._draw())]
