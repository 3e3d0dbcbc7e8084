"""Reading rows of a variable without touching, or keeping alive, the rest of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core.context import current_recorders, set_recorders
from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.ops.array import gathering
from tapeflow.engine.ops.array.arguments import to_integers
from tapeflow.engine.runtime.tensor import EagerTensor


class Table:
    """Stands for a variable's value in the record of a sparse read."""

    __slots__ = ("__weakref__", "dtype", "shape")

    def __init__(self, dtype: DType, shape: tuple[int, ...]) -> None:
        self.dtype = dtype
        self.shape = TensorShape(shape)


class SparseRead:
    """The record of a read of rows, seen by tapes as an operation from table and indices to rows.

    Its gradient says which rows it is for, so that nothing of the table's size is made.
    """

    name = "ResourceGather"
    differentiable = True

    @staticmethod
    def vjp(ctx: Any, dy: Any) -> tuple[Any, None]:
        """The cotangents of the table, as `IndexedSlices`, and of the indices."""
        table, indices = ctx.inputs
        shape = EagerTensor(np.array(table.shape.as_list(), np.int32))
        return gathering.slices_of_rows(dy, indices, shape), None


SPARSE_READ = SparseRead()


def read_rows(variable: Any, indices: Any) -> Any:
    """The rows of an eager variable at `indices`; the read goes on the tapes that watch it."""
    indices = to_integers(indices)
    if not isinstance(indices, EagerTensor):  # ragged: the rows keep its structure
        return indices.with_flat_values(read_rows(variable, indices.flat_values))
    recorders = current_recorders()
    if not recorders:
        return gathering.gather(EagerTensor(variable._array), indices)
    # A tensor of the whole table must not be on any tape: that would keep it alive.
    set_recorders(())
    try:
        rows = gathering.gather(EagerTensor(variable._array), indices)
    finally:
        set_recorders(recorders)
    table = Table(variable.dtype, variable._array.shape)
    for recorder in recorders:
        recorder.variable_read(variable, table)
        if id(table) in recorder.tracked:
            recorder.record(SPARSE_READ, (table, indices), (rows,), {})
    return rows
