"""Ragged tensors as text."""

from __future__ import annotations

from typing import Any

import numpy as np


def text(values: Any) -> str:
    """Nested arrays in brackets, with commas."""
    if not isinstance(values, np.ndarray):
        return str(values)
    return np.array2string(values, separator=", ", formatter={"all": text})
