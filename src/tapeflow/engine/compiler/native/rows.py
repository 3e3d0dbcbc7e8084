"""Writing to one row of a value at a time: what lists of tensors and slices in loops become."""

from __future__ import annotations

from typing import Any

import numpy as np

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
    if combine == "update":
        made[indices] = rows
    else:
        (np.add if combine == "add" else np.subtract).at(made, indices, rows)
    return made


SCATTER_ROWS = unregistered("ScatterRows", lambda whole, indices, rows, combine: whole, _scatter)
"""The first input with rows combined with others: `combine` is add, sub or update."""

ROW_SET = unregistered("RowSet", lambda whole, index, value: whole, _set)
"""The first input with row `index` replaced; native code writes in place where it can."""

ROW_ADD = unregistered("RowAdd", lambda whole, index, value: whole, _add)
"""The first input with something added to row `index`."""


def writes_row(node: Any) -> bool:
    """Whether a node writes to rows of its first input, and leaves the rest as it is."""
    return node.prim is ROW_SET or node.prim is ROW_ADD or node.prim is SCATTER_ROWS
