"""`v[1:3]`, and `v[1:3].assign(...)`."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from tapeflow.engine.core.context import state
from tapeflow.engine.ops.array import indexing
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import EagerTensor
from tapeflow.engine.variables.row_updates import refuse

OP = "ResourceStridedSliceAssign"


def getitem(variable: Any, key: Any) -> Any:
    """`variable[key]`: a tensor, whose `assign` writes to that part of the variable.

    Args:
      variable: the variable.
      key: what tensors are indexed with; a boolean mask gives a tensor without `assign`.

    Returns:
      A tensor with the additional attribute `assign(value, name=None)`.
    """
    part = indexing.getitem(variable._read(), key)
    kind = type(key)
    if kind is int or kind is slice or kind is tuple or not _is_mask(key):
        part.assign = partial(assign, variable, key)
    return part


def _is_mask(key: Any) -> bool:
    dtype = getattr(key, "dtype", None)
    return type(key) is bool or (dtype is not None and dtype == np.bool_ and bool(key.shape.rank
           if hasattr(key.shape, "rank") else key.ndim))  # fmt: skip


def assign(variable: Any, key: Any, value: Any, name: str | None = None) -> Any:
    """Writes to the part `key` of a variable.

    Args:
      variable: the variable.
      key: the part.
      value: tensor that broadcasts to the shape of the part.
      name: ignored in eager mode.

    Returns:
      The variable.

    Raises:
      ValueError: when `value` has another dtype.
      tf.errors.InvalidArgumentError: when it does not broadcast to the part.
    """
    new = convert(value, variable.dtype)
    if state.tracer is not None:
        return state.tracer.assign_variable(variable, "strided_slice_assign", (key, new), True)
    items = key if isinstance(key, (tuple, list)) else (key,)
    plain = tuple([_plain(indexing.index_item(item)) for item in items])
    if Ellipsis not in plain:
        plain = (*plain, Ellipsis)
    array = new._array
    shape = variable._array[plain].shape
    try:
        fitting = np.broadcast_to(array, shape)
    except ValueError:
        raise refuse(
            OP, f"Cannot broadcast input shape {list(array.shape)} into final shape {list(shape)}"
        ) from None
    variable._writable()[plain] = fitting
    return variable


def _plain(item: Any) -> Any:
    if isinstance(item, slice):
        return slice(_plain(item.start), _plain(item.stop), _plain(item.step))
    return int(item) if isinstance(item, EagerTensor) else item
