"""Stages that choose, repeat and join elements as they are."""

from __future__ import annotations

import threading
from typing import Any

from tapeflow.engine.core.errors import UnimplementedError
from tapeflow.engine.data.stages.elementwise import MapStage
from tapeflow.engine.data.stages.shuffling import ShuffleStage
from tapeflow.engine.data.stages.sources import ListStream
from tapeflow.engine.data.stages.stage import (
    INFINITE,
    UNKNOWN,
    Element,
    Run,
    Stage,
    Stream,
)
from tapeflow.engine.ir.infer import reject


class _Counted(Stage):
    """A source and a number of elements, or of repetitions."""

    def __init__(self, source: Stage, count: Any) -> None:
        self._source = source
        self._count = int(count)
        self.in_memory = source.in_memory


class TakeStage(_Counted):
    """The first elements."""

    op = "TakeDataset"
    kind = "_TakeDataset"

    def open(self, run: Run) -> Stream:
        if self._count < 0:
            return self._source.open(run)
        if self._count == 0:
            return ListStream(())
        return _Taken(self._source.open(run), self._count)

    def cardinality(self) -> int:
        n = self._source.cardinality()
        if n == UNKNOWN:
            return UNKNOWN
        if n == INFINITE:
            return self._count
        return n if self._count == -1 else min(n, self._count)


class _Taken(Stream):
    __slots__ = ("_left", "_source")

    def __init__(self, source: Stream, count: int) -> None:
        self._source: Any = source
        self._left = count

    def __next__(self) -> Element:
        if not self._left:
            self._source = None  # what it holds is of no use any more
            raise StopIteration
        self._left -= 1
        return next(self._source)  # type: ignore[no-any-return]

    def block(self, count: int) -> Element:
        if not self._left:
            self._source = None
            raise StopIteration
        count = min(count, self._left)
        self._left -= count
        return self._source.block(count)  # type: ignore[no-any-return]


class SkipStage(_Counted):
    """The elements behind the first ones."""

    op = "SkipDataset"
    kind = "_SkipDataset"

    def open(self, run: Run) -> Stream:
        if self._count < 0:
            return ListStream(())
        return _Skipped(self._source.open(run), self._count)

    def cardinality(self) -> int:
        n = self._source.cardinality()
        if n < 0:
            return n
        return 0 if self._count < 0 else max(0, n - self._count)


class _Skipped(Stream):
    __slots__ = ("_left", "_source")

    def __init__(self, source: Stream, count: int) -> None:
        self._source = source
        self._left = count

    def _skip(self) -> None:
        while self._left:
            self._left -= 1
            next(self._source)

    def __next__(self) -> Element:
        if self._left:
            self._skip()
        return next(self._source)

    def block(self, count: int) -> Element:
        if self._left:
            self._skip()
        return self._source.block(count)


class RepeatStage(_Counted):
    """The elements several times."""

    op = "RepeatDataset"
    kind = "_RepeatDataset"

    def open(self, run: Run) -> Stream:
        if self._count == 0:
            if _is_shuffle(self._source):  # TensorFlow makes one operation of both, which refuses
                reject("count must be greater than zero or equal to -1.")
            return ListStream(())
        if self._count == 1:
            return self._source.open(run)
        return _Repeated(self._source, self._count, run, _is_shuffle(self._source))

    def cardinality(self) -> int:
        n = self._source.cardinality()
        if self._count < 0:
            return 0 if n == 0 else INFINITE
        if self._count == 0:
            return 0
        return n if n < 0 else n * self._count


def _is_shuffle(stage: Stage) -> bool:
    while isinstance(stage, MapStage) and stage.changes_nothing:
        stage = stage.source
    return isinstance(stage, ShuffleStage)


class _Repeated(Stream):
    __slots__ = ("_any", "_fused", "_left", "_run", "_source", "_stream")

    def __init__(self, source: Stage, count: int, run: Run, fused: bool) -> None:
        self._source = source
        self._left = count
        self._run = run
        self._any = False
        # TensorFlow makes one operation of shuffle and repeat, which takes no seeds for an
        # iteration that it won't begin; repeat alone does.
        self._fused = fused
        self._stream: Any = source.open(run)

    def _again(self) -> None:
        """Goes on with the next round, or ends."""
        if self._left > 0:
            self._left -= 1
            if not self._left and not self._fused:
                self._source.open(self._run)
        if not self._left or not self._any:
            self._stream = None
            raise StopIteration
        self._any = False
        self._stream = self._source.open(self._run)

    def __next__(self) -> Element:
        while True:
            if self._stream is None:
                raise StopIteration
            try:
                element = next(self._stream)
            except StopIteration:
                self._again()
                continue
            self._any = True
            return element  # type: ignore[no-any-return]

    def block(self, count: int) -> Element:
        if self._stream is None:
            raise StopIteration
        parts: list[Element] = []
        got = 0
        while got < count:
            try:
                part = self._stream.block(count - got)
            except StopIteration:
                try:
                    self._again()
                except StopIteration:
                    if not parts:
                        raise
                    break
                continue
            self._any = True
            got += len(part[0]) if len(part) else count
            parts.append(part)
        if len(parts) == 1:
            return parts[0]
        return joined(parts)


def joined(parts: list[Element]) -> Element:
    """Blocks of elements as one.

    Raises:
      InvalidArgumentError: when the shapes of their elements differ.
    """
    import numpy as np

    columns = list(zip(*parts, strict=True))
    for number, column in enumerate(columns):
        for block in column[1:]:
            if block.shape[1:] != column[0].shape[1:]:
                reject(
                    f"Cannot batch tensors with different shapes in component {number}. First "
                    f"element had shape {list(column[0].shape[1:])} and element "
                    f"{len(column[0])} had shape {list(block.shape[1:])}."
                )
    return [np.concatenate(column) for column in columns]


class ShardStage(Stage):
    """Every so many elements one."""

    op = "ShardDataset"
    kind = "_ShardDataset"

    def __init__(self, source: Stage, num_shards: Any, index: Any) -> None:
        self._source = source
        self._shards = int(num_shards)
        self._index = int(index)
        self.in_memory = source.in_memory
        if self._shards < 1:
            reject(
                f"Number of shards must be greater than zero (currently num_shards = "
                f"{self._shards})."
            )
        if not 0 <= self._index < self._shards:
            reject(
                f"Index must be between 0 and {self._shards - 1} (currently index = {self._index})."
            )

    def open(self, run: Run) -> Stream:
        return _Shard(self._source.open(run), self._shards, self._index)

    def cardinality(self) -> int:
        n = self._source.cardinality()
        return n if n < 0 else n // self._shards + (self._index < n % self._shards)


class _Shard(Stream):
    __slots__ = ("_index", "_next", "_shards", "_skip")

    def __init__(self, source: Stream, shards: int, index: int) -> None:
        self._next = source.__next__
        self._shards = shards
        self._skip = index

    def __next__(self) -> Element:
        for _ in range(self._skip):
            self._next()
        self._skip = self._shards - 1
        return self._next()


class ConcatenateStage(Stage):
    """The elements of one stage, then those of another."""

    op = "ConcatenateDataset"
    kind = "_ConcatenateDataset"

    def __init__(self, first: Stage, second: Stage) -> None:
        self._sources = (first, second)
        self.in_memory = first.in_memory and second.in_memory

    def open(self, run: Run) -> Stream:
        return _Concatenated(self._sources, run)

    def cardinality(self) -> int:
        counts = [s.cardinality() for s in self._sources]
        for special in (INFINITE, UNKNOWN):
            if special in counts:
                return special
        return sum(counts)


class _Concatenated(Stream):
    __slots__ = ("_run", "_second", "_stream")

    def __init__(self, sources: tuple[Stage, Stage], run: Run) -> None:
        self._stream = sources[0].open(run)
        self._second: Stage | None = sources[1]
        self._run = run

    def __next__(self) -> Element:
        while True:
            try:
                return next(self._stream)
            except StopIteration:
                if self._second is None:
                    raise
                self._stream = self._second.open(self._run)
                self._second = None

    def block(self, count: int) -> Element:
        if self._second is not None:
            return super().block(count)
        return self._stream.block(count)


class ZipStage(Stage):
    """Elements of several stages side by side, until one of them ends."""

    op = "ZipDataset"
    kind = "_ZipDataset"

    def __init__(self, *sources: Stage) -> None:
        self._sources = sources
        self.in_memory = all(s.in_memory for s in sources)

    def open(self, run: Run) -> Stream:
        return _Zipped([s.open(run) for s in self._sources], self.in_memory)

    def cardinality(self) -> int:
        counts = [s.cardinality() for s in self._sources]
        if UNKNOWN in counts:
            return UNKNOWN
        return min((n for n in counts if n != INFINITE), default=INFINITE)


class _Zipped(Stream):
    __slots__ = ("_by_block", "_streams")

    def __init__(self, streams: list[Stream], by_block: bool) -> None:
        self._streams: Any = streams
        # Where elements are computed, none beyond the end may be.
        self._by_block = by_block

    def __next__(self) -> Element:
        if self._streams is None:
            raise StopIteration
        try:
            return [value for stream in self._streams for value in next(stream)]
        except StopIteration:
            self._streams = None
            raise

    def block(self, count: int) -> Element:
        if not self._by_block or self._streams is None:
            return super().block(count)
        try:
            values = [value for stream in self._streams for value in stream.block(count)]
        except StopIteration:
            self._streams = None
            raise
        length = min(len(v) for v in values)
        if length < count:
            self._streams = None
            values = [v[:length] for v in values]
        return values


class CacheStage(Stage):
    """The elements, kept once an iteration has come to their end."""

    op = "CacheDatasetV2"
    kind = "_CacheDataset"

    def __init__(self, source: Stage, filename: Any) -> None:
        name = filename[()] if hasattr(filename, "ndim") else filename
        if name not in (b"", ""):
            raise UnimplementedError(
                None,
                None,
                f"cache: filename: expected '', which keeps elements in memory; received {name!r}. "
                "Caches in files are not supported.",
            )
        self._source = source
        self.elements: list[Element] | None = None
        self.lock = threading.Lock()

    def open(self, run: Run) -> Stream:
        if self.elements is not None:
            return ListStream(self.elements)
        return _Caching(self, self._source.open(run))

    def cardinality(self) -> int:
        return self._source.cardinality()


class _Caching(Stream):
    __slots__ = ("_kept", "_stage", "_stream")

    def __init__(self, stage: CacheStage, stream: Stream) -> None:
        self._stage = stage
        self._stream = stream
        self._kept: Any = []

    def __next__(self) -> Element:
        try:
            element = next(self._stream)
        except StopIteration:
            if self._kept is not None:
                with self._stage.lock:
                    if self._stage.elements is None:
                        self._stage.elements = self._kept
                self._kept = None
            raise
        self._kept.append(element)
        return element
