"""`ragged[key]`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core.dimension import Dimension
from tapeflow.engine.ops.array import dimensions
from tapeflow.engine.ops.host_functions import on_host
from tapeflow.engine.ops.ragged.conversions import divided, is_ragged, pick
from tapeflow.engine.ops.ragged.row_partition import Array, RowPartition
from tapeflow.engine.runtime.tensor import Tensor


@on_host("RaggedGetItem")
def getitem(ragged: Any, key: Any) -> Any:
    """Rows, parts of rows and elements.

    Args:
      ragged: the ragged tensor.
      key: an int, a slice, `...`, None (a new dimension), or a tuple of such.

    Raises:
      TypeError: for other keys.
      ValueError: for an int where rows may have different lengths.
      IndexError: when a row does not exist.
    """
    keys = list(key) if isinstance(key, (tuple, list)) else [key]
    for item in keys:
        _check(item)
    if any(k is Ellipsis for k in keys):
        at = next(i for i, k in enumerate(keys) if k is Ellipsis)
        named = sum(k is not None and k is not Ellipsis for k in keys)
        keys[at : at + 1] = [slice(None)] * max(ragged.shape.rank - named, 0)
    return _outer(ragged, keys)


def _check(key: Any) -> None:
    fine = key is None or key is Ellipsis or isinstance(key, (slice, int, np.integer, Dimension))
    if isinstance(key, Tensor):
        fine = key.dtype.is_integer and key.shape.rank == 0
    if not fine or isinstance(key, bool):
        raise TypeError(
            "Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar "
            f"tf.int32/tf.int64 tensors are valid indices, got {key!r}"
        )


def _plain(key: slice) -> slice:
    """With bounds that are Python integers."""
    return slice(*[None if b is None else int(b) for b in (key.start, key.stop, key.step)])


def _outer(ragged: Any, keys: list[Any]) -> Any:
    if not keys:
        return ragged
    if not is_ragged(ragged):
        return ragged[tuple(keys)]
    key, rest = keys[0], keys[1:]
    if key is None:
        return dimensions.expand_dims(_outer(ragged, rest), 0)
    count = ragged._partition.count
    if isinstance(key, slice):
        key = _plain(key)
        if key != slice(None):
            ragged = pick(ragged, np.arange(count)[key])
        return _inner(ragged, rest)
    row = int(key)
    if not -count <= row < count:
        raise IndexError(f"Row key {row} out of bounds")
    splits = ragged._partition.splits
    start, stop = int(splits[row % count]), int(splits[row % count + 1])
    below = ragged.values
    if not is_ragged(below):
        return _outer(below[start:stop], rest)
    return _outer(pick(below, np.arange(start, stop)), rest)


def _inner(values: Any, keys: list[Any]) -> Any:
    """Applies keys to the dimensions behind the first."""
    if not keys:
        return values
    if not is_ragged(values):
        return values[(slice(None), *keys)]
    key, rest = keys[0], keys[1:]
    if key is None:
        return dimensions.expand_dims(_inner(values, rest), 1)
    partition = values._partition
    if isinstance(key, slice):
        key = _plain(key)
        if key != slice(None):
            values = _sliced(values, key)
        return values.with_values(_inner(values.values, rest))
    if partition.uniform is None:
        raise ValueError("Cannot index into an inner ragged dimension.")
    column = int(key)
    if not -partition.uniform <= column < partition.uniform:
        raise IndexError(f"Row key {column} out of bounds")
    return _inner(pick(values.values, partition.starts + column % partition.uniform), rest)


def _sliced(values: Any, key: slice) -> Any:
    """A part of each row."""
    partition = values._partition
    lengths = partition.lengths
    step = 1 if key.step is None else key.step
    if step == 0:
        raise ValueError("slice step cannot be zero")
    # The places before the first and behind the last that a step may reach.
    low, high = (0, lengths) if step > 0 else (-1, lengths - 1)
    start = _bound(key.start, lengths, low, high, low if step > 0 else high)
    stop = _bound(key.stop, lengths, low, high, high if step > 0 else low)
    counts = np.maximum(-((start - stop) // step), 0)
    made = RowPartition.of_lengths(counts.astype(partition.splits.dtype))
    rows = np.repeat(partition.starts + start, counts) + made.columns * step
    if partition.uniform is not None:
        made.uniform = len(range(partition.uniform)[key])
    return divided(pick(values.values, rows), made)


def _bound(bound: int | None, lengths: Array, low: Any, high: Any, default: Any) -> Array:
    """A bound of a slice for rows of these lengths, as `slice.indices` gives it."""
    if bound is None:
        return lengths * 0 + default
    return np.clip(bound + lengths if bound < 0 else bound + lengths * 0, low, high)
