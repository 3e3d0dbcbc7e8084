"""Stacking values of which some are ragged, or become so."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core.dtypes import as_dtype
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.ops.array import concatenation, joining
from tapeflow.engine.ops.array.creation import zeros
from tapeflow.engine.ops.ragged.broadcasting import deepened
from tapeflow.engine.ops.ragged.conversions import divided, is_ragged
from tapeflow.engine.ops.ragged.factories import to_values
from tapeflow.engine.ops.ragged.row_partition import RowPartition


def stack_all(rows: list[Any], dtype: Any = np.int64) -> Any:
    """A ragged tensor whose rows are these tensors or ragged tensors; scalars give a tensor."""
    depth = max(x.ragged_rank if is_ragged(x) else 0 for x in rows)
    if all(x.shape.rank == 0 for x in rows):
        return joining.stack(rows)
    if depth:
        rows = [deepened(x, depth) for x in rows]
        lengths = np.array([x._partition.count for x in rows], np.int64)
    else:
        lengths = np.array([x.shape.as_list()[0] for x in rows], dtype)
    joined = concatenation.concat(rows, 0) if len(rows) > 1 else rows[0]
    return divided(joined, RowPartition.of_lengths(lengths))


def stack_rows(column: list[Any], want: Any) -> Any:
    """What a function gave for each row, as one value.

    Args:
      column: composite tensors, or tensors whose lengths may differ.
      want: a spec, of which the rows of the result are to be, or a dtype, or None.
    """
    rows = [to_values(x) for x in column]
    dtype = None if want is None else getattr(want, "dtype", None) or as_dtype(want)
    for x in rows:
        if dtype is not None and x.dtype is not dtype:
            raise InvalidArgumentError(
                None, None, f"expected a result of dtype {dtype.name}; received {x.dtype.name}"
            )
    if getattr(want, "ragged_rank", 0) > 0 and any(x.shape.rank == 0 for x in rows):
        raise InvalidArgumentError(
            None, None, "Ragged values must have rank >= 1; received a scalar"
        )
    from tapeflow.engine.runtime.sparse_tensor import SparseTensor

    if isinstance(rows[0], SparseTensor):
        from tapeflow.engine.ops.sparse import joining as sparse_joining

        return sparse_joining.stack_rows(rows)
    return stack_all(rows)


def no_rows(want: Any) -> Any:
    """What `stack_rows` gives for no rows of a ragged spec."""
    inner = [d or 0 for d in want.shape.as_list()[want.ragged_rank + 1 :]]
    values: Any = zeros([0, *inner], want.dtype)
    for _ in range(want.ragged_rank + 1):
        values = divided(values, RowPartition(np.zeros(1, want.row_splits_dtype.np)))
    return values
