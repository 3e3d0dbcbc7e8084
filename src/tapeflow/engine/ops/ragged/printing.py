"""Ragged tensors as text."""

from __future__ import annotations

from typing import Any

import numpy as np


def text(values: Any) -> str:
    """Nested arrays in brackets, with commas."""
    if not isinstance(values, np.ndarray):
        return str(values)
    if not values.size:  # NumPy writes [] whatever the number of rows
        return str(values.tolist())
    return np.array2string(values, separator=", ", formatter={"all": text})
