"""Sparse tensors as rows of one."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.ops.sparse.coordinates import parts
from tapeflow.engine.ops.sparse.rearranging import concat, expand_dims, reshape, slice


def stack_rows(rows: list[Any]) -> Any:
    """A sparse tensor whose rows are these."""
    return concat(0, [expand_dims(row, 0) for row in rows], expand_nonconcat_dims=True)


def row(sp: Any, number: int) -> Any:
    """One row of a sparse tensor, with one dimension less."""
    shape = parts(sp)[2]
    rest = list(shape[1:])
    return reshape(slice(sp, [number, *[0] * len(rest)], [1, *rest]), rest)
