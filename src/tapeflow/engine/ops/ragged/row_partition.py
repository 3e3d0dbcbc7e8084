"""How the elements of a vector are divided into rows; all of it NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core.errors import InvalidArgumentError

Array = np.ndarray[Any, Any]


class RowPartition:
    """Where rows begin and end.

    Args:
      splits: int32 or int64 `[nrows + 1]`; row `i` is `[splits[i], splits[i + 1])`.
      uniform: the length that all rows have by construction, or None.
    """

    __slots__ = ("splits", "uniform")

    def __init__(self, splits: Array, uniform: int | None = None) -> None:
        self.splits = splits
        self.uniform = uniform

    @classmethod
    def of_lengths(cls, lengths: Array, uniform: int | None = None) -> RowPartition:
        """Rows of these lengths."""
        splits = np.zeros(len(lengths) + 1, lengths.dtype)
        np.cumsum(lengths, out=splits[1:])
        return cls(splits, uniform)

    @classmethod
    def of_row_ids(cls, ids: Array, count: int) -> RowPartition:
        """Rows given by the (ascending) number of the row of each element."""
        return cls.of_lengths(np.bincount(ids, minlength=count).astype(ids.dtype))

    @classmethod
    def of_equal(cls, count: int, length: int, dtype: Any = np.int64) -> RowPartition:
        """`count` rows of one length."""
        return cls((np.arange(count + 1) * length).astype(dtype), length)

    @property
    def count(self) -> int:
        """Number of rows."""
        return len(self.splits) - 1

    @property
    def starts(self) -> Array:
        """Where each row begins."""
        return self.splits[:-1]

    @property
    def limits(self) -> Array:
        """Where each row ends."""
        return self.splits[1:]

    @property
    def lengths(self) -> Array:
        """The length of each row."""
        return self.splits[1:] - self.splits[:-1]

    @property
    def row_ids(self) -> Array:
        """The row of each element."""
        return np.repeat(np.arange(self.count, dtype=self.splits.dtype), self.lengths)

    @property
    def columns(self) -> Array:
        """The place of each element in its row."""
        size = int(self.splits[-1]) if self.count else 0
        return np.arange(size, dtype=self.splits.dtype) - np.repeat(self.starts, self.lengths)

    @property
    def longest(self) -> int:
        """The length of the longest row."""
        return int(self.lengths.max()) if self.count else 0

    def astype(self, dtype: Any) -> RowPartition:
        """The same with splits of another dtype."""
        return RowPartition(self.splits.astype(dtype), self.uniform)


def runs(starts: Array, lengths: Array) -> Array:
    """The indices of runs, one after the other: `starts[i] ... starts[i] + lengths[i] - 1`."""
    ends = np.cumsum(lengths)
    size = int(ends[-1]) if len(ends) else 0
    return np.arange(size) + np.repeat(starts - (ends - lengths), lengths)


def require(condition: Any, message: str) -> None:
    """Raises `InvalidArgumentError` unless `condition` holds."""
    if not condition:
        raise InvalidArgumentError(None, None, message)
