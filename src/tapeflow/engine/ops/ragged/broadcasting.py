"""Elementwise functions of ragged tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.core.dtypes import FROM_NUMPY
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.ops.array import shaping
from tapeflow.engine.ops.ragged.conversions import divided, from_tensor, is_ragged, pick
from tapeflow.engine.ops.ragged.row_partition import Array, RowPartition, runs


def elementwise(function: Callable[..., Any], inputs: tuple[Any, ...]) -> Any:
    """Applies a function of tensors to the flat values, after broadcasting.

    Raises:
      InvalidArgumentError: when the rows of the inputs have different lengths.
    """
    ragged = [x for x in inputs if is_ragged(x)]
    first = ragged[0]
    if len(inputs) > 1:
        inner = first.flat_values.shape.rank - 1
        low = all(is_ragged(x) or x.shape.rank <= max(inner, 0) for x in inputs)
        if not (low and all(_same_rows(first, x) for x in ragged[1:])):
            inputs = _broadcast(inputs)
            first = next(x for x in inputs if is_ragged(x))
    return first.with_flat_values(function(*[x.flat_values if is_ragged(x) else x for x in inputs]))


def _same_rows(x: Any, y: Any) -> bool:
    a, b = x._partitions(), y._partitions()
    return len(a) == len(b) and all(
        p is q or np.array_equal(p.splits, q.splits) for p, q in zip(a, b, strict=True)
    )


def _broadcast(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    rank = max(x.shape.rank for x in inputs)
    depth = max(x.ragged_rank + rank - x.shape.rank for x in inputs if is_ragged(x))
    dtype = next(x for x in inputs if is_ragged(x))._partition.splits.dtype
    spread = []
    for x in inputs:
        if not is_ragged(x) and x.shape.rank == 0:
            spread.append(x)
            continue
        for _ in range(rank - x.shape.rank):
            x = (
                divided(x, RowPartition(np.array([0, x._partition.count], dtype)))
                if is_ragged(x)
                else shaping.reshape(x, [1, *x.shape.as_list()])
            )
        spread.append(deepened(x, depth, dtype))
    divisible = [i for i, x in enumerate(spread) if is_ragged(x)]
    done = _aligned([spread[i] for i in divisible])
    for i, x in zip(divisible, done, strict=True):
        spread[i] = x
    return tuple(spread)


def deepened(x: Any, depth: int, dtype: Any = np.int64) -> Any:
    """`x` as a ragged tensor of ragged rank `depth`."""
    if not is_ragged(x):
        return from_tensor(x, None, None, depth, FROM_NUMPY[np.dtype(dtype)])
    if x.ragged_rank >= depth:
        return x
    flat = x.flat_values
    more = from_tensor(
        flat, None, None, depth - x.ragged_rank, FROM_NUMPY[x._partition.splits.dtype]
    )
    return x.with_flat_values(more)


def _aligned(many: list[Any]) -> list[Any]:
    """Values with equal numbers of rows, rows with equal lengths, and so on down."""
    if not is_ragged(many[0]):
        return many
    counts = [x._partition.count for x in many]
    most = max(counts, key=lambda n: (n != 1, n))
    _require_equal(all(n in (1, most) for n in counts), counts)
    many = [
        x if n == most else pick(x, np.zeros(most, np.int64))
        for x, n in zip(many, counts, strict=True)
    ]
    # A dimension of size 1 by construction is repeated; one whose rows happen to be so is not.
    lengths = [x._partition.lengths for x in many]
    ones = [x._partition.uniform == 1 for x in many]
    longest = next((n for n, one in zip(lengths, ones, strict=True) if not one), lengths[0])
    below = []
    for x, have, one in zip(many, lengths, ones, strict=True):
        _require_equal(one or np.array_equal(have, longest), [have.tolist(), longest.tolist()])
        below.append(_spread(x, have, longest))
    partition = RowPartition.of_lengths(longest)
    return [divided(v, partition) for v in _aligned(below)]


def _spread(x: Any, have: Array, longest: Array) -> Any:
    """The values of `x`, those of rows of length 1 repeated."""
    if np.array_equal(have, longest):
        return x.values
    starts = x._partition.starts
    alone = (have == 1) & (longest != 1)
    rows = runs(np.where(alone, 0, starts), longest)
    repeated = np.repeat(alone, longest)
    return pick(x.values, np.where(repeated, np.repeat(starts, longest), rows))


def _require_equal(fine: bool, lengths: Any) -> None:
    if not fine:
        raise InvalidArgumentError(
            None, None, f"Unable to broadcast: dimension size mismatch in dimension: {lengths}"
        )
