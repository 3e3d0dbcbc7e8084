"""Writing to one row of a value at a time: what lists of tensors and slices in loops become."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.ir.primitive import unregistered


def _set(whole: Any, index: Any, value: Any) -> Any:
    made = np.array(whole)
    made[int(index)] = value
    return made


def _add(whole: Any, index: Any, value: Any) -> Any:
    made = np.array(whole)
    made[int(index)] += value
    return made


def _scatter(whole: Any, indices: Any, rows: Any, combine: str) -> Any:
    made = np.array(whole)
    for i, row in zip(indices.tolist(), rows, strict=True):
        if i >= 0:
            made[i] = _COMBINED[combine](made[i], row)
    return made


_COMBINED: dict[str, Any] = {
    "update": lambda old, new: new,
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "max": lambda old, new: np.where(old < new, new, old),
    "min": lambda old, new: np.where(new < old, new, old),
}


def combines(combine: str, dtype: DType) -> bool:
    """Whether there is code that combines elements of a dtype.

    Sums of 16-bit floats are rounded after each addition, and differ too much by their order.
    """
    if combine == "update":
        return True
    if combine == "div":
        return dtype.is_floating and dtype.size >= 4
    wide = dtype.size >= 4 or combine in ("max", "min")
    return dtype.is_integer or (dtype.is_floating and wide)


SCATTER_ROWS = unregistered("ScatterRows", lambda whole, indices, rows, combine: whole, _scatter)
"""The first input with rows `indices[i]` combined with `rows[i]`, `i` ascending.

Indices are in range or negative: then the row is dropped. `combine` is update, add, sub, mul, div,
max or min; the last two keep what is there where either is NaN.
"""

ROW_SET = unregistered("RowSet", lambda whole, index, value: whole, _set)
"""The first input with row `index` replaced; native code writes in place where it can."""

ROW_ADD = unregistered("RowAdd", lambda whole, index, value: whole, _add)
"""The first input with something added to row `index`."""


def writes_row(node: Any) -> bool:
    """Whether a node writes to rows of its first input, and leaves the rest as it is."""
    return node.prim is ROW_SET or node.prim is ROW_ADD or node.prim is SCATTER_ROWS
