"""`v[1:3]`, and `v[1:3].assign(...)`."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from tapeflow.engine.core.context import state
from tapeflow.engine.ops.array import indexing
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor
from tapeflow.engine.variables import resource_ops
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
    items = key if isinstance(key, (tuple, list)) else (key,)
    parts = [indexing.index_item(item) for item in items]
    if state.tracer is not None:
        return _assign_in_graph(variable, parts, new)
    return _assign(variable, parts, new)


def _assign(variable: Any, parts: list[Any], new: Any) -> Any:
    plain = tuple([_plain(item) for item in parts])
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


def _assign_in_graph(variable: Any, parts: list[Any], new: Any) -> Any:
    """Makes an operation; its inputs are the value and the tensors among the bounds."""
    tensors: list[Any] = [new]

    def marked(item: Any) -> Any:
        if isinstance(item, slice):
            return ("slice", marked(item.start), marked(item.stop), marked(item.step))
        if isinstance(item, Tensor):
            tensors.append(item)
            return ("tensor", len(tensors) - 1)
        return item

    key = tuple([marked(item) for item in parts])
    return resource_ops.update(variable, OP, _run, tensors, key=key)


def _run(variable: Any, new: Any, *bounds: Any, key: Any) -> None:
    def plain(item: Any) -> Any:
        if type(item) is tuple and item[0] == "slice":
            return slice(*[plain(bound) for bound in item[1:]])
        return bounds[item[1] - 1] if type(item) is tuple else item

    _assign(variable, [plain(item) for item in key], new)


def _plain(item: Any) -> Any:
    if isinstance(item, slice):
        return slice(_plain(item.start), _plain(item.stop), _plain(item.step))
    return int(item) if isinstance(item, EagerTensor) else item
