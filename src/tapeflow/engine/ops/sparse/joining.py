"""Sparse tensors as rows of one."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.ops.sparse.rearranging import concat, expand_dims


def stack_rows(rows: list[Any]) -> Any:
    """A sparse tensor whose rows are these."""
    return concat(0, [expand_dims(row, 0) for row in rows], expand_nonconcat_dims=True)
