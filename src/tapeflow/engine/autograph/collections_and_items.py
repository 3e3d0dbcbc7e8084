"""Item reads and writes, `append` and `pop`, as `Feature.LISTS` converts them."""

from __future__ import annotations

from typing import Any, NamedTuple

from tapeflow.engine.autograph.staging import is_array, is_staged
from tapeflow.engine.core import dtypes
from tapeflow.engine.ops.array import scattering
from tapeflow.engine.runtime.convert import convert


class ListPopOpts(NamedTuple):
    """What the program said of a list's elements."""

    element_dtype: Any
    element_shape: Any


class ListStackOpts(NamedTuple):
    """What the program said of a list's elements, and the function that it called."""

    element_dtype: Any
    original_call: Any


class GetItemOpts(NamedTuple):
    """What the program said of the elements."""

    element_dtype: Any


def new_list(iterable: Any = None) -> list[Any]:
    """A list display: a Python list."""
    return list(iterable or ())


def list_append(list_: Any, x: Any) -> Any:
    """`list_.append(x)`; gives what `list_` is from then on."""
    if is_array(list_):
        return list_.write(list_.size(), x)
    list_.append(x)
    return list_


def list_pop(list_: Any, i: Any, opts: ListPopOpts) -> tuple[Any, Any]:
    """`list_.pop(i)`; gives what `list_` is from then on, and the element."""
    if is_array(list_):
        raise NotImplementedError("a TensorArray does not support pop")
    return list_, list_.pop() if i is None else list_.pop(i)


def list_stack(list_: Any, opts: ListStackOpts) -> Any:
    """`tf.stack(list_)`, of a TensorArray, too."""
    return list_.stack() if is_array(list_) else opts.original_call(list_)


def get_item(target: Any, i: Any, opts: GetItemOpts) -> Any:
    """`target[i]`."""
    return target.read(i) if is_array(target) else target[i]


def set_item(target: Any, i: Any, x: Any) -> Any:
    """`target[i] = x`; gives what `target` is from then on: another tensor, for a tensor."""
    if is_array(target):
        return target.write(i, x)
    if is_staged(target):
        tensor = convert(target)
        return scattering.tensor_scatter_nd_update(
            tensor, convert([[i]], dtypes.int32), convert([x], tensor.dtype)
        )
    target[i] = x
    return target
