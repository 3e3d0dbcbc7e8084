"""What runs a data set: each stage pulls elements from the stages before it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tapeflow.engine.data.elements import Flat
from tapeflow.engine.runtime.tensor import VariantValue

INFINITE = -1
UNKNOWN = -2


class Run:
    """One iterator's life: stages that are started again in it keep what they remember here."""

    def __init__(self) -> None:
        self.functions: dict[int, Any] = {}


class Pipeline(VariantValue):
    """A stage and what stands before it. The value of a data set when a graph runs."""

    __slots__ = ("__weakref__",)

    draws_when_wanted = False
    """Whether `Repeated` starts it no more often than there are rounds."""

    def start(self, run: Run) -> Iterator[Flat]:
        """The elements, from the first one on.

        Args:
          run: the iterator that this is part of.
        """
        raise NotImplementedError

    def cardinality(self) -> int:
        """How many elements there are; `INFINITE` or `UNKNOWN`."""
        return UNKNOWN


class Range(Pipeline):
    """Numbers from `start` to `stop` by `step`."""

    __slots__ = ("_dtype", "_numbers")

    def __init__(self, start: int, stop: int, step: int, dtype: Any) -> None:
        self._numbers = range(start, stop, step)
        self._dtype = dtype

    def start(self, run: Run) -> Iterator[Flat]:
        dtype = self._dtype
        return ((np.array(i, dtype),) for i in self._numbers)

    def cardinality(self) -> int:
        return len(self._numbers)


class Once(Pipeline):
    """One element."""

    __slots__ = ("_values",)

    def __init__(self, values: Flat) -> None:
        self._values = values

    def start(self, run: Run) -> Iterator[Flat]:
        return iter([self._values])

    def cardinality(self) -> int:
        return 1


class Slices(Pipeline):
    """The rows of arrays of equal length."""

    __slots__ = ("arrays",)

    def __init__(self, arrays: Flat) -> None:
        self.arrays = arrays

    def start(self, run: Run) -> Iterator[Flat]:
        arrays = self.arrays
        return (tuple([a[i, ...] for a in arrays]) for i in range(len(arrays[0])))

    def cardinality(self) -> int:
        return len(self.arrays[0])


class Elements(Pipeline):
    """A list of elements."""

    __slots__ = ("_list",)

    def __init__(self, elements: list[Flat]) -> None:
        self._list = elements

    def start(self, run: Run) -> Iterator[Flat]:
        return iter(self._list)

    def cardinality(self) -> int:
        return len(self._list)


class Zipped(Pipeline):
    """Elements of several pipelines side by side, until one of them ends."""

    __slots__ = ("_parts",)

    def __init__(self, parts: tuple[Pipeline, ...]) -> None:
        self._parts = parts

    def start(self, run: Run) -> Iterator[Flat]:
        started = [part.start(run) for part in self._parts]
        return (tuple(itertools.chain(*row)) for row in zip(*started, strict=False))

    def cardinality(self) -> int:
        found = [part.cardinality() for part in self._parts]
        if UNKNOWN in found:
            return UNKNOWN
        return min((n for n in found if n != INFINITE), default=INFINITE)


class Concatenated(Pipeline):
    """The elements of one pipeline after those of another."""

    __slots__ = ("_first", "_second")

    def __init__(self, first: Pipeline, second: Pipeline) -> None:
        self._first = first
        self._second = second

    def start(self, run: Run) -> Iterator[Flat]:
        yield from self._first.start(run)
        yield from self._second.start(run)

    def cardinality(self) -> int:
        found = self._first.cardinality(), self._second.cardinality()
        if INFINITE in found:
            return INFINITE
        return UNKNOWN if UNKNOWN in found else sum(found)


class Repeated(Pipeline):
    """The elements of a pipeline again and again."""

    __slots__ = ("_before", "_count")

    def __init__(self, before: Pipeline, count: int) -> None:
        self._before = before
        self._count = count

    def start(self, run: Run) -> Iterator[Flat]:
        elements = self._before.start(run)
        rounds = 0
        while self._count:
            empty = True
            for flat in elements:
                empty = False
                yield flat
            rounds += 1
            over = rounds == self._count
            if (empty and self._count < 0) or (over and self._before.draws_when_wanted):
                return
            # As in TensorFlow, a round too many is started; with shuffling before, it takes seeds.
            elements = self._before.start(run)
            if over:
                return

    def cardinality(self) -> int:
        n = self._before.cardinality()
        if self._count < 0:
            return 0 if n == 0 else INFINITE
        if self._count == 0:
            return 0
        return n * self._count if n > 0 else n


class Part(Pipeline):
    """The elements from `start` up to `stop` (None: all the rest)."""

    __slots__ = ("_before", "_start", "_stop")

    def __init__(self, before: Pipeline, start: int, stop: int | None) -> None:
        self._before = before
        self._start = start
        self._stop = stop

    def start(self, run: Run) -> Iterator[Flat]:
        return itertools.islice(self._before.start(run), self._start, self._stop)

    def cardinality(self) -> int:
        n = self._before.cardinality()
        if self._stop is not None and (n == INFINITE or n >= self._stop):
            return self._stop - self._start
        return n if n < 0 else max(0, n - self._start)


class Mapped(Pipeline):
    """What a function makes of each element."""

    __slots__ = ("_before", "_function")

    def __init__(self, before: Pipeline, function: Any) -> None:
        self._before = before
        self._function = function

    def start(self, run: Run) -> Iterator[Flat]:
        call = self._function.in_run(run)
        return (call(flat) for flat in self._before.start(run))

    def cardinality(self) -> int:
        return self._before.cardinality()


class Filtered(Pipeline):
    """The elements for which a predicate holds."""

    __slots__ = ("_before", "_predicate")

    def __init__(self, before: Pipeline, predicate: Any) -> None:
        self._before = before
        self._predicate = predicate

    def start(self, run: Run) -> Iterator[Flat]:
        holds = self._predicate.in_run(run)
        return (flat for flat in self._before.start(run) if holds(flat)[0])


class Flattened(Pipeline):
    """The elements of the pipelines that a function makes of each element."""

    __slots__ = ("_before", "_function")

    def __init__(self, before: Pipeline, function: Any) -> None:
        self._before = before
        self._function = function

    def start(self, run: Run) -> Iterator[Flat]:
        call = self._function.in_run(run)
        for flat in self._before.start(run):
            yield from call(flat)[0].start(run)


class Cached(Pipeline):
    """The elements of a pipeline, kept in memory once it was run to its end."""

    __slots__ = ("_before", "_kept")

    def __init__(self, before: Pipeline) -> None:
        self._before = before
        self._kept: list[Flat] | None = None

    def start(self, run: Run) -> Iterator[Flat]:
        if self._kept is not None:
            yield from self._kept
            return
        kept = []
        for flat in self._before.start(run):
            kept.append(flat)
            yield flat
        self._kept = kept

    def cardinality(self) -> int:
        return self._before.cardinality()


class Unbatched(Pipeline):
    """The rows of each element."""

    __slots__ = ("_before",)

    def __init__(self, before: Pipeline) -> None:
        self._before = before

    def start(self, run: Run) -> Iterator[Flat]:
        for flat in self._before.start(run):
            yield from Slices(flat).start(run)


class Counted(Pipeline):
    """The elements of a pipeline of which the program said how many there are."""

    __slots__ = ("_before", "_check", "_count")

    def __init__(self, before: Pipeline, count: int, check: Callable[[int | None], None]) -> None:
        self._before = before
        self._count = count
        self._check = check

    def start(self, run: Run) -> Iterator[Flat]:
        seen = 0
        for flat in self._before.start(run):
            seen += 1
            if seen > self._count >= 0:
                self._check(None)
            yield flat
        if seen != self._count:
            self._check(seen)

    def cardinality(self) -> int:
        return self._count
