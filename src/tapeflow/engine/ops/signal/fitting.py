"""Cutting and padding the last dimensions of tensors, of sizes known or not."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.ops.array import concatenation, creation, dimensions, joining, padding, shaping
from tapeflow.engine.ops.math.extrema import maximum
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.runtime.tensor import Tensor


def static_sizes(lengths: Any) -> list[int] | None:
    """The entries of a vector where they are known now."""
    known = static_value(lengths)
    return None if known is None else [int(n) for n in known]


def fit(x: Any, sizes: Any, count: int) -> Any:
    """Cuts or pads with zeros the last dimensions of a tensor to the given sizes.

    Args:
      x: the tensor.
      sizes: a list of integers, or an integer vector.
      count: how many there are.
    """
    if isinstance(sizes, Tensor) or x.shape.rank is None or None in x.shape.as_list():
        return _fit_symbolic(x, sizes, count)
    have = x.shape.as_list()
    lead = len(have) - len(sizes)
    if have[lead:] == sizes:
        return x
    x = x[(Ellipsis, *(slice(0, n) for n in sizes))]
    missing = [max(n - m, 0) for n, m in zip(sizes, have[lead:], strict=True)]
    if any(missing):
        x = padding.pad(x, [[0, 0]] * lead + [[0, n] for n in missing])
    return x


def _fit_symbolic(x: Any, sizes: Any, count: int) -> Any:
    wanted = convert(sizes, hint=dtypes.int32)
    have = shaping.shape(x, wanted.dtype)[-count:]
    x = x[(Ellipsis, *[slice(0, wanted[i]) for i in range(count)])]
    missing = maximum(wanted - have, 0)
    after = joining.stack([creation.zeros_like(missing), missing], axis=1)
    rank = dimensions.rank(x) if x.shape.rank is None else x.shape.rank
    lead = creation.zeros([rank - count, 2], wanted.dtype)
    return padding.pad(x, concatenation.concat([lead, after], 0))


def sizes_of(x: Any, rank: int) -> Any:
    """The last dimensions of a tensor: a list, or a vector where they are not known."""
    dims = x.shape._dims
    if dims is None or None in dims[-rank:]:
        return shaping.shape(x)[-rank:]
    return list(dims[-rank:])


def fit_array(x: np.ndarray, sizes: list[int]) -> np.ndarray:
    """As `fit`, of an array."""
    x = x[(Ellipsis, *(slice(0, n) for n in sizes))]
    missing = [n - m for n, m in zip(sizes, x.shape[x.ndim - len(sizes) :], strict=True)]
    if any(missing):
        x = np.pad(x, [(0, 0)] * (x.ndim - len(sizes)) + [(0, n) for n in missing])
    return x
