"""Stages that make several elements one, and one several."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tapeflow.engine.core.errors import DataLossError
from tapeflow.engine.data.stages.elementwise import require_parallel
from tapeflow.engine.data.stages.stage import (
    INFINITE,
    UNKNOWN,
    Element,
    Run,
    Stage,
    Stream,
)
from tapeflow.engine.ir.infer import reject


class BatchStage(Stage):
    """Batches of elements."""

    op = "BatchDatasetV2"
    kind = "_BatchDataset"

    def __init__(
        self, source: Stage, batch_size: Any, drop_remainder: Any, *, columns: Any
    ) -> None:
        self._source = source
        self._size = require_size(batch_size)
        self._drop = bool(drop_remainder)
        self._columns = columns
        self.in_memory = source.in_memory

    def open(self, run: Run) -> Stream:
        source = self._source.open(run)
        if self._columns.dense:
            return _Batched(source, self._size, self._drop)
        return _BatchedComposites(source, self._size, self._drop, self._columns)

    def cardinality(self) -> int:
        return batches(self._source.cardinality(), self._size, self._drop)


class ParallelBatchStage(BatchStage):
    """The same; batches are copied one after the other."""

    op = "ParallelBatchDataset"
    kind = "_ParallelBatchDataset"

    def __init__(
        self,
        source: Stage,
        batch_size: Any,
        num_parallel_calls: Any,
        drop_remainder: Any,
        *,
        columns: Any,
    ) -> None:
        require_parallel(num_parallel_calls)
        super().__init__(source, batch_size, drop_remainder, columns=columns)


def require_size(batch_size: Any) -> int:
    """The batch size, where it is positive."""
    size = int(batch_size)
    if size < 1:
        reject("Batch size must be greater than zero.")
    return size


def batches(n: int, size: int, drop: bool) -> int:
    """Into how many batches `n` elements go."""
    return n if n < 0 else n // size if drop else -(-n // size)


class _Batched(Stream):
    __slots__ = ("_drop", "_size", "_source")

    def __init__(self, source: Stream, size: int, drop: bool) -> None:
        self._source = source
        self._size = size
        self._drop = drop

    def __next__(self) -> Element:
        block = self._source.block(self._size)
        if self._drop and len(block[0]) < self._size:
            raise StopIteration
        return block


class _BatchedComposites(Stream):
    __slots__ = ("_columns", "_drop", "_size", "_source")

    def __init__(self, source: Stream, size: int, drop: bool, columns: Any) -> None:
        self._source = source
        self._size = size
        self._drop = drop
        self._columns = columns

    def __next__(self) -> Element:
        rows = up_to(self._source, self._size)
        if not rows or (self._drop and len(rows) < self._size):
            raise StopIteration
        return self._columns.stacked(rows)  # type: ignore[no-any-return]


def up_to(source: Stream, count: int) -> list[Element]:
    """The next `count` elements, fewer at the end."""
    rows = []
    for _ in range(count):
        try:
            rows.append(next(source))
        except StopIteration:
            break
    return rows


class PaddedBatchStage(Stage):
    """Batches of elements that are padded to one shape.

    Args:
      source: the elements.
      batch_size: how many make a batch.
      drop_remainder: whether a last, smaller batch is left out.
      *values: for each component the shape (-1: as long as the longest) and what to pad with.
    """

    op = "PaddedBatchDatasetV2"
    kind = "_PaddedBatchDataset"

    def __init__(self, source: Stage, batch_size: Any, drop_remainder: Any, *values: Any) -> None:
        self._source = source
        self._size = require_size(batch_size)
        self._drop = bool(drop_remainder)
        count = len(values) // 2
        self._shapes = [tuple(np.asarray(v).tolist()) for v in values[:count]]
        self._padding = [np.asarray(v)[()] for v in values[count:]]

    def open(self, run: Run) -> Stream:
        return _Padded(self._source.open(run), self._size, self._drop, self._shapes, self._padding)

    def cardinality(self) -> int:
        return batches(self._source.cardinality(), self._size, self._drop)


class _Padded(Stream):
    __slots__ = ("_drop", "_padding", "_shapes", "_size", "_source")

    def __init__(self, source: Stream, size: int, drop: bool, shapes: Any, padding: Any) -> None:
        self._source = source
        self._size = size
        self._drop = drop
        self._shapes = shapes
        self._padding = padding

    def __next__(self) -> Element:
        rows = up_to(self._source, self._size)
        if not rows or (self._drop and len(rows) < self._size):
            raise StopIteration
        columns = zip(*rows, strict=True)
        return [
            _padded(column, shape, value)
            for column, shape, value in zip(columns, self._shapes, self._padding, strict=True)
        ]


def _padded(column: Any, shape: tuple[int, ...], value: Any) -> np.ndarray[Any, Any]:
    shapes = [() if type(v) is bytes else v.shape for v in column]
    for found in shapes:
        if len(found) != len(shape):
            reject(
                f"All elements in a batch must have the same rank as the padded shape: expected "
                f"{len(shape)}; received {len(found)}"
            )
    target = []
    for axis, wanted in enumerate(shape):
        longest = max(s[axis] for s in shapes)
        if wanted < 0:
            target.append(longest)
        elif longest > wanted:
            raise DataLossError(
                None, None, "Attempted to pad to a smaller size than the input element."
            )
        else:
            target.append(wanted)
    first = column[0]
    out = np.full((len(column), *target), value, object if type(first) is bytes else first.dtype)
    for i, (item, found) in enumerate(zip(column, shapes, strict=True)):
        place: Any = (i, *[slice(n) for n in found])
        out[place] = item
    return out


class UnbatchStage(Stage):
    """The elements that batches consist of.

    Args:
      source: the batches.
      columns: the components of the elements.
      batched: the specs of the components of the batches.
      size: how many elements a batch has, where that is known.
    """

    op = "UnbatchDataset"
    kind = "_UnbatchDataset"

    def __init__(self, source: Stage, *, columns: Any, batched: Any, size: int | None) -> None:
        self._source = source
        self._columns = columns
        self._batched = batched
        self._size = size
        self.in_memory = source.in_memory

    def open(self, run: Run) -> Stream:
        return _Unbatched(self._source.open(run), self._columns, self._batched)

    def cardinality(self) -> int:
        n = self._source.cardinality()
        if n < 0:
            return n
        return UNKNOWN if self._size is None else n * self._size


class _Unbatched(Stream):
    __slots__ = ("_batched", "_columns", "_next", "_rows")

    def __init__(self, source: Stream, columns: Any, batched: Any) -> None:
        self._next = source.__next__
        self._columns = columns
        self._batched = batched
        self._rows: Iterator[Element] = iter(())

    def __next__(self) -> Element:
        while True:
            for element in self._rows:
                return element
            self._rows = self._columns.rows(self._next(), self._batched)


class RebatchStage(Stage):
    """Batches of other sizes."""

    op = "RebatchDatasetV2"
    kind = "_RebatchDataset"

    def __init__(self, source: Stage, batch_sizes: Any, drop_remainder: Any) -> None:
        self._source = source
        self._sizes = [require_size(n) for n in np.atleast_1d(batch_sizes)]
        self._drop = bool(drop_remainder)

    def open(self, run: Run) -> Stream:
        return _Rebatched(self._source.open(run), self._sizes, self._drop)

    def cardinality(self) -> int:
        n = self._source.cardinality()
        return INFINITE if n == INFINITE else UNKNOWN


class _Rebatched(Stream):
    __slots__ = ("_drop", "_next", "_number", "_rest", "_sizes")

    def __init__(self, source: Stream, sizes: list[int], drop: bool) -> None:
        self._next = source.__next__
        self._sizes = sizes
        self._drop = drop
        self._number = 0
        self._rest: list[Element] = []

    def __next__(self) -> Element:
        wanted = self._sizes[self._number % len(self._sizes)]
        have = sum(len(part[0]) for part in self._rest)
        while have < wanted:
            try:
                part = self._next()
            except StopIteration:
                if not have or self._drop:
                    self._rest = []
                    raise
                break
            if len(part[0]):
                self._rest.append(part)
                have += len(part[0])
        self._number += 1
        taken: list[Element] = []
        left = min(wanted, have)
        while left:
            part = self._rest.pop(0)
            size = len(part[0])
            if size > left:
                self._rest.insert(0, [v[left:] for v in part])
                part = [v[:left] for v in part]
                size = left
            taken.append(part)
            left -= size
        if len(taken) == 1:
            return taken[0]
        return [np.concatenate(column) for column in zip(*taken, strict=True)]


class RaggedBatchStage(Stage):
    """Batches of elements whose components may differ in shape: ragged tensors."""

    op = "DenseToRaggedBatchDataset"
    kind = "_DenseToRaggedDataset"

    def __init__(
        self, source: Stage, batch_size: Any, drop_remainder: Any, *, columns: Any
    ) -> None:
        self._source = source
        self._size = require_size(batch_size)
        self._drop = bool(drop_remainder)
        self._columns = columns

    def open(self, run: Run) -> Stream:
        return _BatchedComposites(self._source.open(run), self._size, self._drop, self._columns)

    def cardinality(self) -> int:
        return batches(self._source.cardinality(), self._size, self._drop)


class SparseBatchStage(Stage):
    """Batches of tensors of different shapes: sparse tensors."""

    op = "DenseToSparseBatchDataset"
    kind = "_DenseToSparseBatchDataset"

    def __init__(self, source: Stage, batch_size: Any, row_shape: Any) -> None:
        self._source = source
        self._size = require_size(batch_size)
        self._shape = [int(n) for n in row_shape]

    def open(self, run: Run) -> Stream:
        return _Sparse(self._source.open(run), self._size, self._shape)

    def cardinality(self) -> int:
        return batches(self._source.cardinality(), self._size, False)


class _Sparse(Stream):
    __slots__ = ("_shape", "_size", "_source")

    def __init__(self, source: Stream, size: int, shape: list[int]) -> None:
        self._source = source
        self._size = size
        self._shape = shape

    def __next__(self) -> Element:
        rows = up_to(self._source, self._size)
        if not rows:
            raise StopIteration
        arrays = [np.asarray(row[0]) for row in rows]
        rank = len(self._shape)
        indices = []
        for i, array in enumerate(arrays):
            if array.ndim != rank:
                reject(
                    f"Input element had shape {list(array.shape)} that is incompatible with the "
                    f"row shape {self._shape}"
                )
            for axis, wanted in enumerate(self._shape):
                if 0 <= wanted < array.shape[axis]:
                    from tapeflow.engine.core.errors import DataLossError

                    raise DataLossError(
                        None,
                        None,
                        "Attempted to add an element of larger size than the row shape.",
                    )
            inner = np.indices(array.shape, np.int64).reshape(rank, -1).T
            indices.append(np.column_stack([np.full(len(inner), i, np.int64), inner]))
        shape = [
            max(a.shape[axis] for a in arrays) if wanted < 0 else wanted
            for axis, wanted in enumerate(self._shape)
        ]
        return [
            np.concatenate(indices).reshape(-1, rank + 1),
            np.concatenate([a.reshape(-1) for a in arrays]),
            np.array([len(arrays), *shape], np.int64),
        ]
