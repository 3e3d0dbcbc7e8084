"""Stages that call a function with each element."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core.errors import (
    FailedPreconditionError,
    InvalidArgumentError,
    OpError,
    OutOfRangeError,
)
from tapeflow.engine.data.stages.stage import (
    UNKNOWN,
    Element,
    Run,
    Stage,
    Stream,
    stacked,
)
from tapeflow.engine.ir.infer import reject


class MapStage(Stage):
    """The results of a function."""

    op = "MapDataset"
    kind = "_MapDataset"

    def __init__(self, source: Stage, *captured: Any, f: Any) -> None:
        self.source = source
        self._captured = captured
        self._f = f

    @property
    def changes_nothing(self) -> bool:
        """Whether the function returns its arguments."""
        return bool(self._f.is_identity)

    def open(self, run: Run) -> Stream:
        return _Mapped(self.source.open(run), self._f.bind(self._captured, run))

    def cardinality(self) -> int:
        return self.source.cardinality()


class ParallelMapStage(MapStage):
    """The same; elements come in the order of the input, whatever `num_parallel_calls` says."""

    op = "ParallelMapDatasetV2"
    kind = "_ParallelMapDataset"

    def __init__(self, source: Stage, num_parallel_calls: Any, *captured: Any, f: Any) -> None:
        require_parallel(num_parallel_calls)
        super().__init__(source, *captured, f=f)


def require_parallel(num_parallel_calls: Any) -> None:
    """Rejects a number of parallel calls that is neither positive nor `AUTOTUNE`."""
    if int(num_parallel_calls) < 1 and int(num_parallel_calls) != -1:
        reject("num_parallel_calls must be greater than zero.")


class _Mapped(Stream):
    __slots__ = ("_call", "_next")

    def __init__(self, source: Stream, call: Any) -> None:
        self._next = source.__next__
        self._call = call

    def __next__(self) -> Element:
        values = self._next()
        try:
            return self._call(values)  # type: ignore[no-any-return]
        except OutOfRangeError as error:
            raise InvalidArgumentError(
                None,
                None,
                "Function invocation produced OutOfRangeError, which would end the dataset: "
                f"{error.message}",
            ) from error

    def block(self, count: int) -> Element:
        # As TensorFlow maps and batches in one: an error in a batch drops the batch.
        rows: list[Element] = []
        failure: OpError | None = None
        for _ in range(count):
            try:
                rows.append(next(self))
            except StopIteration:
                break
            except OpError as error:
                failure = failure or error
        if failure is not None:
            raise failure
        if not rows:
            raise StopIteration
        return stacked(rows)


class FilterStage(Stage):
    """The elements for which a function says yes."""

    op = "FilterDataset"
    kind = "_FilterDataset"

    def __init__(self, source: Stage, *captured: Any, predicate: Any) -> None:
        self._source = source
        self._captured = captured
        self._predicate = predicate

    def open(self, run: Run) -> Stream:
        return _Filtered(self._source.open(run), self._predicate.bind(self._captured, run))

    def cardinality(self) -> int:
        return UNKNOWN


class _Filtered(Stream):
    __slots__ = ("_call", "_next")

    def __init__(self, source: Stream, call: Any) -> None:
        self._next = source.__next__
        self._call = call

    def __next__(self) -> Element:
        while True:
            values = self._next()
            if self._call(values)[0]:
                return values  # type: ignore[no-any-return]


class TakeWhileStage(FilterStage):
    """The elements before the first one for which a function says no."""

    op = "TakeWhileDataset"
    kind = "_TakeWhileDataset"

    def open(self, run: Run) -> Stream:
        return _TakenWhile(self._source.open(run), self._predicate.bind(self._captured, run))


class _TakenWhile(Stream):
    __slots__ = ("_call", "_next")

    def __init__(self, source: Stream, call: Any) -> None:
        self._next: Any = source.__next__
        self._call = call

    def __next__(self) -> Element:
        if self._next is None:
            raise StopIteration
        values = self._next()
        if self._call(values)[0]:
            return values  # type: ignore[no-any-return]
        self._next = None
        raise StopIteration


class ScanStage(Stage):
    """The results of a function that is handed a state from element to element."""

    op = "ScanDataset"
    kind = "_ScanDataset"

    def __init__(self, source: Stage, *values: Any, f: Any, size: int) -> None:
        self._source = source
        self._initial = list(values[:size])
        self._captured = values[size:]
        self._f = f

    def open(self, run: Run) -> Stream:
        call = self._f.bind(self._captured, run)
        return _Scanned(self._source.open(run), call, self._initial)

    def cardinality(self) -> int:
        return self._source.cardinality()


class _Scanned(Stream):
    __slots__ = ("_call", "_next", "_state")

    def __init__(self, source: Stream, call: Any, initial: list[Any]) -> None:
        self._next = source.__next__
        self._call = call
        self._state = initial

    def __next__(self) -> Element:
        values = self._next()
        results = self._call([*self._state, *values])
        size = len(self._state)
        self._state = list(results[:size])
        return results[size:]  # type: ignore[no-any-return]


def reduced(source: Stage, *values: Any, f: Any, size: int) -> tuple[Any, ...]:
    """The state after a function was called with it and each element.

    Args:
      source: the elements.
      *values: the initial state, then what the function captures.
      f: the function, of the state and an element.
      size: of how many values the state consists.
    """
    run = Run()
    call = f.bind(values[size:], run)
    held: Any = values[:size]
    for element in source.open(run):
        held = call([*held, *element])
    return tuple(held)


class UniqueStage(Stage):
    """Each element when it comes first."""

    op = "UniqueDataset"
    kind = "_UniqueDataset"

    def __init__(self, source: Stage, *, components: int) -> None:
        if components != 1:
            reject("UniqueDataset only supports inputs with a single component.")
        self._source = source

    def open(self, run: Run) -> Stream:
        return _Unique(self._source.open(run))

    def cardinality(self) -> int:
        return UNKNOWN


class _Unique(Stream):
    __slots__ = ("_next", "_seen")

    def __init__(self, source: Stream) -> None:
        self._next = source.__next__
        self._seen: set[Any] = set()

    def __next__(self) -> Element:
        while True:
            element = self._next()
            value = element[0]
            array = np.asarray(value)
            key = (array.shape, tuple(array.reshape(-1).tolist()))
            if key not in self._seen:
                self._seen.add(key)
                return element  # type: ignore[no-any-return]


class IgnoreErrorsStage(Stage):
    """The elements that can be computed."""

    op = "IgnoreErrorsDataset"
    kind = "_IgnoreErrorsDataset"

    def __init__(self, source: Stage, *, log_warning: bool) -> None:
        self._source = source
        self._log_warning = log_warning

    def open(self, run: Run) -> Stream:
        return _Ignoring(self._source.open(run), self._log_warning)

    def cardinality(self) -> int:
        return UNKNOWN


class _Ignoring(Stream):
    __slots__ = ("_log_warning", "_next")

    def __init__(self, source: Stream, log_warning: bool) -> None:
        self._next = source.__next__
        self._log_warning = log_warning

    def __next__(self) -> Element:
        while True:
            try:
                return self._next()  # type: ignore[no-any-return]
            except OpError as error:
                if self._log_warning:
                    import logging

                    logging.getLogger("tensorflow").warning(
                        "Error raised with error message %s", error.message
                    )


class AssertCardinalityStage(Stage):
    """The same elements, counted."""

    op = "AssertCardinalityDataset"
    kind = "_AssertCardinalityDataset"

    def __init__(self, source: Stage, cardinality: Any) -> None:
        self._source = source
        self._cardinality = int(cardinality)
        self.in_memory = source.in_memory

    def open(self, run: Run) -> Stream:
        return _Counted(self._source.open(run), self._cardinality)

    def cardinality(self) -> int:
        return self._cardinality


class _Counted(Stream):
    __slots__ = ("_count", "_expected", "_next")

    def __init__(self, source: Stream, expected: int) -> None:
        self._next = source.__next__
        self._expected = expected
        self._count = 0

    def __next__(self) -> Element:
        expected = self._expected
        start = f"Input dataset was expected to contain {_amount(expected)}"
        try:
            element = self._next()
        except StopIteration:
            if expected != UNKNOWN and self._count != expected:
                raise FailedPreconditionError(
                    None, None, f"{start} but contained only {_amount(self._count)}."
                ) from None
            raise
        self._count += 1
        if 0 <= expected < self._count:
            raise FailedPreconditionError(
                None, None, f"{start} but contained at least {_amount(self._count)}."
            )
        return element  # type: ignore[no-any-return]


def _amount(count: int) -> str:
    if count == -1:
        return "an infinite number of elements"
    return f"{count} element{'' if count == 1 else 's'}"
