"""Stages whose elements come from datasets that are themselves elements, or become some."""

from __future__ import annotations

import os
from typing import Any

from tapeflow.engine.data.stages.elementwise import require_parallel
from tapeflow.engine.data.stages.sources import ListStage
from tapeflow.engine.data.stages.stage import (
    INFINITE,
    UNKNOWN,
    Element,
    Run,
    Stage,
    Stream,
)
from tapeflow.engine.ir.infer import reject


class FlatMapStage(Stage):
    """The elements of the datasets that a function gives, one dataset after the other."""

    op = "FlatMapDataset"
    kind = "_FlatMapDataset"

    def __init__(self, source: Stage, *captured: Any, f: Any) -> None:
        self._source = source
        self._captured = captured
        self._f = f

    def open(self, run: Run) -> Stream:
        return _FlatMapped(self._source.open(run), self._f.bind(self._captured, run), run)

    def cardinality(self) -> int:
        return UNKNOWN


class _FlatMapped(Stream):
    __slots__ = ("_call", "_inner", "_next", "_run")

    def __init__(self, source: Stream, call: Any, run: Run) -> None:
        self._next = source.__next__
        self._call = call
        self._run = run
        self._inner: Stream | None = None

    def __next__(self) -> Element:
        while True:
            if self._inner is None:
                self._inner = self._call(self._next())[0].open(self._run)
            try:
                return next(self._inner)
            except StopIteration:
                self._inner = None


class InterleaveStage(Stage):
    """The elements of the datasets that a function gives, in turns."""

    op = "InterleaveDataset"
    kind = "_InterleaveDataset"

    def __init__(
        self, source: Stage, cycle_length: Any, block_length: Any, *captured: Any, f: Any
    ) -> None:
        self._source = source
        self._cycle = int(cycle_length)
        self._block = int(block_length)
        if self._cycle == -1:
            self._cycle = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
        if self._cycle < 1:
            reject("cycle_length must be greater than zero.")
        if self._block < 1:
            reject("block_length must be greater than zero.")
        self._captured = captured
        self._f = f

    def open(self, run: Run) -> Stream:
        call = self._f.bind(self._captured, run)
        return _Interleaved(self._source.open(run), call, run, self._cycle, self._block)

    def cardinality(self) -> int:
        return UNKNOWN


class ParallelInterleaveStage(InterleaveStage):
    """The same, in the same order."""

    op = "ParallelInterleaveDatasetV4"
    kind = "_ParallelInterleaveDataset"

    def __init__(
        self,
        source: Stage,
        cycle_length: Any,
        block_length: Any,
        num_parallel_calls: Any,
        *captured: Any,
        f: Any,
    ) -> None:
        require_parallel(num_parallel_calls)
        super().__init__(source, cycle_length, block_length, *captured, f=f)


class _Interleaved(Stream):
    __slots__ = ("_block", "_call", "_done", "_more", "_next", "_open", "_place", "_run", "_slots")

    def __init__(self, source: Stream, call: Any, run: Run, cycle: int, block: int) -> None:
        self._next = source.__next__
        self._call = call
        self._run = run
        self._slots: list[Stream | None] = [None] * cycle
        self._block = block
        self._place = 0
        self._done = 0
        self._open = 0
        self._more = True

    def _advance(self) -> None:
        self._place = (self._place + 1) % len(self._slots)
        self._done = 0

    def __next__(self) -> Element:
        while self._more or self._open:
            stream = self._slots[self._place]
            if stream is not None:
                try:
                    element = next(stream)
                except StopIteration:
                    self._slots[self._place] = None
                    self._open -= 1
                    self._advance()
                    continue
                self._done += 1
                if self._done == self._block:
                    self._advance()
                return element
            if self._more:
                try:
                    values = self._next()
                except StopIteration:
                    self._more = False
                    continue
                self._slots[self._place] = self._call(values)[0].open(self._run)
                self._open += 1
            else:
                self._advance()
        raise StopIteration


class ChooseStage(Stage):
    """Elements of several datasets; another dataset says of which."""

    op = "DirectedInterleaveDataset"
    kind = "_DirectedInterleaveDataset"

    def __init__(self, selector: Stage, *sources: Stage, stop_on_empty: bool) -> None:
        self._selector = selector
        self._sources = sources
        self._stop = stop_on_empty

    def open(self, run: Run) -> Stream:
        streams: list[Any] = [s.open(run) for s in self._sources]
        return _Chosen(self._selector.open(run), streams, self._stop)

    def cardinality(self) -> int:
        if INFINITE in [s.cardinality() for s in self._sources]:
            return INFINITE
        return UNKNOWN


class _Chosen(Stream):
    __slots__ = ("_left", "_next", "_stop", "_streams")

    def __init__(self, selector: Stream, streams: list[Any], stop: bool) -> None:
        self._next = selector.__next__
        self._streams = streams
        self._left = len(streams)
        self._stop = stop

    def __next__(self) -> Element:
        while self._left:
            chosen = int(self._next()[0])
            if not 0 <= chosen < len(self._streams):
                reject(f"Selector index out of range: {chosen} >= {len(self._streams)}")
            stream = self._streams[chosen]
            if stream is None:
                continue
            try:
                return next(stream)  # type: ignore[no-any-return]
            except StopIteration:
                self._streams[chosen] = None
                self._left = 0 if self._stop else self._left - 1
        raise StopIteration


class WindowStage(Stage):
    """Datasets of neighbouring elements, one dataset for each component.

    Args:
      source: the elements.
      size: how many elements a window has.
      shift: how far it moves on.
      stride: the distance of its elements.
      drop_remainder: whether smaller windows at the end are left out.
      sizes: of how many values each component consists.
    """

    op = "WindowDataset"
    kind = "_WindowDataset"

    def __init__(
        self,
        source: Stage,
        size: Any,
        shift: Any,
        stride: Any,
        drop_remainder: Any,
        *,
        sizes: tuple[int, ...],
    ) -> None:
        self._source = source
        self._size, self._shift, self._stride = int(size), int(shift), int(stride)
        for number, what in (
            (self._size, "size"),
            (self._shift, "shift"),
            (self._stride, "stride"),
        ):
            if number < 1:
                reject(f"Window {what} must be greater than zero.")
        self._drop = bool(drop_remainder)
        self._sizes = sizes

    def open(self, run: Run) -> Stream:
        return _Windows(
            self._source.open(run), self._size, self._shift, self._stride, self._drop, self._sizes
        )

    def cardinality(self) -> int:
        n = self._source.cardinality()
        if n < 0:
            return n
        if self._drop:
            span = (self._size - 1) * self._stride + 1
            return 0 if n < span else (n - span) // self._shift + 1
        return -(-n // self._shift)


class _Windows(Stream):
    __slots__ = ("_buffer", "_drop", "_more", "_next", "_shift", "_sizes", "_span", "_stride")

    def __init__(
        self, source: Stream, size: int, shift: int, stride: int, drop: bool, sizes: Any
    ) -> None:
        self._next = source.__next__
        self._span = (size - 1) * stride + 1
        self._shift = shift
        self._stride = stride
        self._drop = drop
        self._sizes = sizes
        self._buffer: list[Element] = []
        self._more = True

    def __next__(self) -> Element:
        buffer = self._buffer
        try:
            while self._more and len(buffer) < self._span:
                buffer.append(self._next())
        except StopIteration:
            self._more = False
        if not buffer or (self._drop and len(buffer) < self._span):
            buffer.clear()
            raise StopIteration
        window = buffer[: self._span : self._stride]
        try:
            for _ in range(self._shift - len(buffer) if self._more else 0):
                self._next()
        except StopIteration:
            self._more = False
        del buffer[: self._shift]
        made: list[Any] = []
        start = 0
        for size in self._sizes:
            made.append(ListStage([element[start : start + size] for element in window]))
            start += size
        return made


class GroupByWindowStage(Stage):
    """Elements with equal keys, some at a time, given to a function as a dataset."""

    op = "GroupByWindowDataset"
    kind = "_GroupByWindowDataset"

    def __init__(
        self,
        source: Stage,
        *captured: Any,
        key: Any,
        reduce: Any,
        size: Any,
        split: tuple[int, int],
    ) -> None:
        self._source = source
        self._functions = (key, reduce, size)
        first, second = split
        self._captured = (captured[:first], captured[first:second], captured[second:])

    def open(self, run: Run) -> Stream:
        key, reduce, size = [
            f.bind(c, run) for f, c in zip(self._functions, self._captured, strict=True)
        ]
        return _Groups(self._source.open(run), key, reduce, size, run)

    def cardinality(self) -> int:
        return UNKNOWN


class _Groups(Stream):
    __slots__ = (
        "_groups",
        "_inner",
        "_key",
        "_more",
        "_next",
        "_reduce",
        "_run",
        "_size",
        "_sizes",
    )

    def __init__(self, source: Stream, key: Any, reduce: Any, size: Any, run: Run) -> None:
        self._next = source.__next__
        self._key, self._reduce, self._size = key, reduce, size
        self._run = run
        self._groups: dict[int, list[Element]] = {}
        self._sizes: dict[int, int] = {}
        self._inner: Stream | None = None
        self._more = True

    def __next__(self) -> Element:
        while True:
            if self._inner is not None:
                try:
                    return next(self._inner)
                except StopIteration:
                    self._inner = None
            self._begin(self._full_group())

    def _full_group(self) -> int:
        """The key of the next group to hand on."""
        while self._more:
            try:
                values = self._next()
            except StopIteration:
                self._more = False
                break
            key = int(self._key(values)[0])
            if key not in self._sizes:
                import numpy as np

                self._sizes[key] = int(self._size([np.int64(key)])[0])
                if self._sizes[key] < 1:
                    reject(f"Window size must be greater than zero, but got {self._sizes[key]}.")
            group = self._groups.setdefault(key, [])
            group.append(values)
            if len(group) >= self._sizes[key]:
                return key
        for key in sorted(self._groups):
            return key
        raise StopIteration

    def _begin(self, key: int) -> None:
        import numpy as np

        group = self._groups.pop(key)
        self._inner = self._reduce([np.int64(key), ListStage(group)])[0].open(self._run)
