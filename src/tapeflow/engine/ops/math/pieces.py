"""Functions defined by cases, each case computed only where it applies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def pieces(x: Array, *cases: tuple[Array, Callable[[Array], Array]]) -> Array:
    """Gives `f(x)` for the case `(mask, f)` whose mask holds.

    Args:
      x: array of a floating dtype.
      *cases: masks of the shape of `x`, of which exactly one holds for each element, and functions.

    Returns:
      An array of the shape and dtype of `x`.
    """
    out = np.empty_like(x)
    for mask, function in cases:
        if mask.all():
            return function(x)
        if mask.any():
            out[mask] = function(x[mask])
    return out
