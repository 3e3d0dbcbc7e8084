"""Lists of tensors in graphs: what `tf.TensorArray` is made of there.

A list is a value of dtype variant; its spec's `refers` says dtype and shape of the elements.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.ir.infer import merge_dims, reject, shape_text
from tapeflow.engine.ir.primitive import unregistered
from tapeflow.engine.ir.spec import Dims, Spec
from tapeflow.engine.ops.control_flow.list_value import ListValue, OneItem, add, items_of
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import VariantTensor

Array = np.ndarray[Any, Any]


def list_spec(dtype: DType, shape: Dims | None) -> Spec:
    """The spec of a list of elements of this dtype and shape."""
    return Spec(dtypes.variant, (), refers=Spec(dtype, shape))


def element_of(spec: Spec) -> Spec:
    """What is known of a list's elements."""
    held: Spec = spec.refers
    return held


def _place(index: Array, count: int, what: str) -> int:
    place = int(index)
    if not 0 <= place < count:
        raise InvalidArgumentError(
            None, None, f"index: expected one in [0, {count}), to {what}; received {place}"
        )
    return place


def _zeros(held: list[Any], shape: Dims | None, dtype: DType) -> Array:
    """An element that was never written."""
    for item in held:
        if item is not None:
            return np.zeros_like(item)
    if shape is None or None in shape:
        raise InvalidArgumentError(
            None,
            None,
            "handle: an element was never written, and the shape of elements "
            f"({shape_text(shape)}) is not fully known",
        )
    return np.zeros(shape, dtype.np)  # type: ignore[arg-type]


reserve_p = unregistered(
    "TensorListReserve",
    lambda count, *, dtype, shape: list_spec(dtype, shape),
    lambda count, *, dtype, shape: ListValue([None] * int(count)),
)


def _set_infer(handle: Spec, index: Spec, item: Spec, *, dynamic: bool) -> Spec:
    held = element_of(handle)
    if held.dtype is not item.dtype:
        reject(f"item: expected dtype {held.dtype.name}; received {item.dtype.name}")
    return list_spec(held.dtype, held.shape)


def _set_kernel(handle: Any, index: Array, item: Array, *, dynamic: bool) -> ListValue:
    place, count = int(index), len(handle)
    if dynamic and place >= count:
        while len(handle) < place:
            handle = handle.with_item(len(handle), None)
        return handle.with_item(place, item)  # type: ignore[no-any-return]
    place = _place(index, count, "write")
    return handle.with_item(place, item)  # type: ignore[no-any-return]


def _set_vjp(ctx: Any, dlist: Any) -> Any:
    _, index, item = ctx.inputs
    cleared = apply(clear_item_p, dlist, index)
    return cleared, None, apply(get_item_like_p, dlist, index, item)


set_item_p = unregistered("TensorListSetItem", _set_infer, _set_kernel, _set_vjp)

clear_item_p = unregistered(
    "TensorListClearItem",
    lambda handle, index: Spec(handle.dtype, (), refers=handle.refers),
    lambda handle, index: ListValue(items_of(handle)).with_item(int(index), None),
    lambda ctx, dy: (apply(clear_item_p, dy, ctx.inputs[1]), None),
)


def _like_kernel(handle: Any, index: Array, like: Array) -> Array:
    item = items_of(handle)[int(index)]
    return np.zeros_like(like) if item is None else item


get_item_like_p = unregistered(
    "TensorListGetItemLike",
    lambda handle, index, like: Spec(like.dtype, like.shape),
    _like_kernel,
    lambda ctx, dy: (apply(one_item_p, ctx.inputs[0], ctx.inputs[1], dy), None, None),
)


def _get_infer(handle: Spec, index: Spec, *, dtype: DType, shape: Dims | None) -> Spec:
    held = element_of(handle)
    return Spec(dtype, merge_dims(held.shape, shape))


def _get_kernel(handle: Any, index: Array, *, dtype: DType, shape: Dims | None) -> Array:
    items = items_of(handle)
    item = items[_place(index, len(items), "read")]
    return _zeros(items, shape, dtype) if item is None else item


get_item_p = unregistered(
    "TensorListGetItem",
    _get_infer,
    _get_kernel,
    lambda ctx, dy: (apply(one_item_p, ctx.inputs[0], ctx.inputs[1], dy), None),
)

one_item_p = unregistered(
    "TensorListOneItem",
    lambda handle, index, item: Spec(handle.dtype, (), refers=Spec(item.dtype, item.shape)),
    lambda handle, index, item: OneItem(len(items_of(handle)), int(index), item),
    lambda ctx, dy: (None, None, apply(get_item_like_p, dy, ctx.inputs[1], ctx.inputs[2])),
)

length_p = unregistered(
    "TensorListLength",
    lambda handle: Spec(dtypes.int32, ()),
    lambda handle: np.array(len(items_of(handle)), np.int32),
)


def _stack_infer(handle: Spec, *, dtype: DType, shape: Dims | None) -> Spec:
    held = merge_dims(element_of(handle).shape, shape)
    return Spec(dtype, None if held is None else (None, *held))


def _stack_kernel(handle: Any, *, dtype: DType, shape: Dims | None) -> Array:
    items = items_of(handle)
    if not items:
        return np.zeros((0, *[d or 0 for d in shape or ()]), dtype.np)
    zero = _zeros(items, shape, dtype) if any(i is None for i in items) else None
    arrays = [zero if i is None else i for i in items]
    first = np.shape(arrays[0])
    for a in arrays:
        if np.shape(a) != first:
            raise InvalidArgumentError(
                None,
                None,
                f"handle: expected elements of one shape; received {list(first)} and "
                f"{list(np.shape(a))}",
            )
    return np.stack(arrays)  # type: ignore[arg-type]


stack_p = unregistered(
    "TensorListStack",
    _stack_infer,
    _stack_kernel,
    lambda ctx, dy: (apply(from_tensor_p, dy),),
)


def _from_infer(tensor: Spec) -> Spec:
    return list_spec(tensor.dtype, None if tensor.shape is None else tensor.shape[1:])


from_tensor_p = unregistered(
    "TensorListFromTensor",
    _from_infer,
    lambda tensor: ListValue(list(tensor)),
    lambda ctx, dy: (apply(stack_like_p, dy, ctx.inputs[0]),),
)


def _stack_like_kernel(handle: Any, like: Array) -> Array:
    out = np.zeros(like.shape, like.dtype)
    for i, item in enumerate(items_of(handle)[: len(like)]):
        if item is not None:
            out[i] = item
    return out


stack_like_p = unregistered(
    "TensorListStackLike",
    lambda handle, like: Spec(like.dtype, like.shape),
    _stack_like_kernel,
    lambda ctx, dy: (apply(from_tensor_p, dy), None),
)


def _gather_infer(handle: Spec, indices: Spec, *, dtype: DType, shape: Dims | None) -> Spec:
    held = merge_dims(element_of(handle).shape, shape)
    if held is None or indices.shape is None:
        return Spec(dtype, None)
    return Spec(dtype, (*indices.shape, *held))


def _gather_kernel(handle: Any, indices: Array, *, dtype: DType, shape: Dims | None) -> Array:
    items = items_of(handle)
    chosen = [items[_place(i, len(items), "gather")] for i in indices]
    if not chosen:
        return np.zeros((0, *[d or 0 for d in shape or ()]), dtype.np)
    zero = _zeros(items, shape, dtype) if any(i is None for i in chosen) else None
    rows: list[Any] = [zero if i is None else i for i in chosen]
    return np.stack(rows)


gather_p = unregistered(
    "TensorListGather",
    _gather_infer,
    _gather_kernel,
    lambda ctx, dy: (apply(scatter_like_p, ctx.inputs[0], ctx.inputs[1], dy), None),
)


def _scatter_like_kernel(handle: Any, indices: Array, rows: Array) -> ListValue:
    found: list[Any] = [None] * len(items_of(handle))
    for i, row in zip(indices.tolist(), rows, strict=True):
        found[i] = row if found[i] is None else found[i] + row
    return ListValue(found)


scatter_like_p = unregistered(
    "TensorListScatterLike",
    lambda handle, indices, rows: Spec(handle.dtype, (), refers=handle.refers),
    _scatter_like_kernel,
    lambda ctx, dy: (None, None, apply(gather_like_p, dy, ctx.inputs[1], ctx.inputs[2])),
)


def _gather_like_kernel(handle: Any, indices: Array, like: Array) -> Array:
    out = np.zeros_like(like)
    items = items_of(handle)
    for k, i in enumerate(indices.tolist()):
        if items[i] is not None:
            out[k] = items[i]
    return out


gather_like_p = unregistered(
    "TensorListGatherLike",
    lambda handle, indices, like: Spec(like.dtype, like.shape),
    _gather_like_kernel,
    lambda ctx, dy: (apply(scatter_like_p, ctx.inputs[0], ctx.inputs[1], dy), None, None),
)


def _scatter_kernel(handle: Any, indices: Array, tensor: Array, *, dynamic: bool) -> ListValue:
    made = ListValue(items_of(handle))
    for i, row in zip(indices.tolist(), tensor, strict=True):
        if dynamic:
            while len(made) <= i:
                made = made.with_item(len(made), None)
        made = made.with_item(_place(np.asarray(i), len(made), "scatter"), row)
    return made


def _scatter_vjp(ctx: Any, dlist: Any) -> Any:
    _, indices, tensor = ctx.inputs
    return (
        apply(clear_items_p, dlist, indices),
        None,
        apply(gather_like_p, dlist, indices, tensor),
    )


scatter_p = unregistered(
    "TensorListScatterIntoExistingList",
    lambda handle, indices, tensor, *, dynamic: Spec(
        handle.dtype, (), refers=Spec(element_of(handle).dtype, element_of(handle).shape)
    ),
    _scatter_kernel,
    _scatter_vjp,
)


def _clear_items_kernel(handle: Any, indices: Array) -> ListValue:
    found = list(items_of(handle))
    for i in indices.tolist():
        found[i] = None
    return ListValue(found)


clear_items_p = unregistered(
    "TensorListClearItems",
    lambda handle, indices: Spec(handle.dtype, (), refers=handle.refers),
    _clear_items_kernel,
    lambda ctx, dy: (apply(clear_items_p, dy, ctx.inputs[1]), None),
)


def _concat_infer(handle: Spec, *, dtype: DType, shape: Dims | None) -> tuple[Spec, Spec]:
    held = merge_dims(element_of(handle).shape, shape)
    out = None if held is None else (None, *held[1:])
    return Spec(dtype, out), Spec(dtypes.int64, (None,))


def _concat_kernel(handle: Any, *, dtype: DType, shape: Dims | None) -> tuple[Array, Array]:
    items = items_of(handle)
    zero = _zeros(items, shape, dtype) if any(i is None for i in items) else None
    arrays: list[Any] = [zero if i is None else i for i in items]
    if not arrays:
        return np.zeros([d or 0 for d in shape or (0,)], dtype.np), np.zeros(0, np.int64)
    return np.concatenate(arrays), np.array([len(a) for a in arrays], np.int64)


concat_p = unregistered(
    "TensorListConcatV2",
    _concat_infer,
    _concat_kernel,
    lambda ctx, dy, _: (apply(split_p, dy, ctx.outputs[1]),),
)


def _split_infer(tensor: Spec, lengths: Spec) -> Spec:
    return list_spec(tensor.dtype, None if tensor.shape is None else (None, *tensor.shape[1:]))


def _split_kernel(tensor: Array, lengths: Array) -> ListValue:
    if lengths.sum() != len(tensor):
        raise InvalidArgumentError(
            None, None, f"lengths: expected a sum of {len(tensor)}; received {lengths.sum()}"
        )
    return ListValue(np.split(tensor, np.cumsum(lengths)[:-1]) if lengths.size else [])


split_p = unregistered(
    "TensorListSplit",
    _split_infer,
    _split_kernel,
    lambda ctx, dy: (apply(concat_like_p, dy, ctx.inputs[0], ctx.inputs[1]), None),
)


def _concat_like_kernel(handle: Any, like: Array, lengths: Array) -> Array:
    out = np.zeros_like(like)
    start = 0
    for item, n in zip(items_of(handle), lengths.tolist(), strict=True):
        if item is not None:
            out[start : start + n] = item
        start += n
    return out


concat_like_p = unregistered(
    "TensorListConcatLike",
    lambda handle, like, lengths: Spec(like.dtype, like.shape),
    _concat_like_kernel,
    lambda ctx, dy: (apply(split_p, dy, ctx.inputs[2]), None, None),
)

add_lists_p = unregistered(
    "TensorListAdd",
    lambda a, b: Spec(a.dtype, (), refers=a.refers),
    add,
    lambda ctx, dy: (dy, dy),
)


def add_lists(a: Any, b: Any) -> Any:
    """The sum of two cotangents of a list."""
    if type(a) is VariantTensor and type(b) is VariantTensor:
        return VariantTensor(add(a.value, b.value))
    return apply(add_lists_p, a, b)


no_list_p = unregistered("TensorListNone", lambda: Spec(dtypes.variant, ()), lambda: ListValue([]))

empty_like_p = unregistered(
    "TensorListEmptyLike",
    lambda handle: Spec(handle.dtype, (), refers=handle.refers),
    lambda handle: ListValue([None] * len(items_of(handle))),
)


def empty_like(handle: Any) -> Any:
    """A list as long, of elements that are zero."""
    return apply(empty_like_p, handle)
