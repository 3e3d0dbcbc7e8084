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


ROW_SET = unregistered("RowSet", lambda whole, index, value: whole, _set)
"""The first input with row `index` replaced; native code writes in place where it can."""

ROW_ADD = unregistered("RowAdd", lambda whole, index, value: whole, _add)
"""The first input with something added to row `index`."""


def writes_row(node: Any) -> bool:
    """Whether a node writes to one row of its first input."""
    return node.prim is ROW_SET or node.prim is ROW_ADD
