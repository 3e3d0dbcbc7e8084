"""How the elements of a vector are divided into rows; all of it NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core.context import state
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.runtime.tensor import EagerTensor

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
    def tensor(self) -> Any:
        """The splits as a tensor."""
        return EagerTensor(self.splits)

    @property
    def dtype(self) -> Any:
        """The NumPy dtype of the splits."""
        return self.splits.dtype

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


class TracedPartition:
    """A partition in a graph: the splits are a symbolic tensor.

    What needs their values is an operation that calls the eager function (`on_host`).

    Args:
      tensor: the splits.
      uniform: the length that all rows have by construction, or None.
    """

    __slots__ = ("tensor", "uniform")

    def __init__(self, tensor: Any, uniform: int | None = None) -> None:
        self.tensor = tensor
        self.uniform = uniform

    @property
    def dtype(self) -> Any:
        """The NumPy dtype of the splits."""
        return self.tensor.dtype.np

    @property
    def count(self) -> int | None:
        """Number of rows, or None where it is not known yet."""
        dims = self.tensor.shape._dims
        return None if dims is None or dims[0] is None else dims[0] - 1


def partition_of(splits: Any, uniform: int | None = None) -> Any:
    """The partition of these splits, an eager or a symbolic tensor."""
    if type(splits) is EagerTensor:
        return RowPartition(splits._array, uniform)
    return TracedPartition(splits, uniform)


def runs(starts: Array, lengths: Array) -> Array:
    """The indices of runs, one after the other: `starts[i] ... starts[i] + lengths[i] - 1`."""
    ends = np.cumsum(lengths)
    size = int(ends[-1]) if len(ends) else 0
    return np.arange(size) + np.repeat(starts - (ends - lengths), lengths)


def require(condition: Any, message: str) -> None:
    """Raises `InvalidArgumentError` unless `condition` holds."""
    if not condition:
        raise InvalidArgumentError(None, None, message)


def require_shape(condition: Any, message: str) -> None:
    """The same for what shapes decide: a `ValueError` while a function is traced."""
    if not condition:
        error = InvalidArgumentError(None, None, message)
        error.rule_error = error  # type: ignore[attr-defined]
        raise ValueError(message) if state.tracer is not None else error
