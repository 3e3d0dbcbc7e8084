"""Indexing of tensors: `x[1:3, ..., tf.newaxis]` as a `StridedSlice`, and masks."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import current_recorders, state
from tapeflow.engine.core.dimension import Dimension
from tapeflow.engine.core.export import export_value
from tapeflow.engine.core.handles import handle_of
from tapeflow.engine.ops.array.arguments import INDEX16, refuse, to_integers, to_ints
from tapeflow.engine.ops.array.slicing import NO_MASKS, strided_slice_p
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor

_new = object.__new__

newaxis = None  # x[tf.newaxis] inserts a dimension of size 1.
export_value("newaxis", "newaxis")

_PLAIN_BOUND = frozenset((int, type(None)))


def getitem(x: Any, key: Any) -> Any:
    """`x[key]` for tensors.

    Args:
      x: tensor.
      key: an int, a scalar integer tensor, a slice of such, `...`, `tf.newaxis`, or a tuple of
        these, up to one for each dimension; or a boolean mask.

    Returns:
      A tensor.

    Raises:
      tf.errors.InvalidArgumentError: when an index is out of range.
      TypeError: when `key` is nothing that tensors are indexed with.
    """
    plain = (key, Ellipsis) if type(key) is int else _plain_key(key)
    if plain is not None:
        result = _plain_getitem(x, plain)
        if result is not None:
            return result
    return _general_getitem(x, key)


def _plain_getitem(x: Any, plain: tuple[Any, ...]) -> EagerTensor | None:
    """`x[plain]` by NumPy; None where that isn't possible, or the general way has errors to say."""
    recorders = current_recorders()
    if type(x) is not EagerTensor or (recorders and state.tracer is not None):
        return None
    try:
        out = x._array[plain]
    except (IndexError, ValueError, OverflowError):
        return None
    result = _new(EagerTensor)
    result._array = out
    if recorders:
        _record_slice(recorders, x, plain, result)
    return result


def _plain_key(key: Any) -> tuple[Any, ...] | None:
    """A NumPy key for what TensorFlow and NumPy understand alike; None for anything else."""
    items = key if type(key) is tuple else (key,)
    dots = False
    for item in items:
        kind = type(item)
        if kind is int or item is None:
            continue
        if kind is slice:
            if not (
                type(item.start) in _PLAIN_BOUND
                and type(item.stop) in _PLAIN_BOUND
                and type(item.step) in _PLAIN_BOUND
            ):
                return None
        elif item is Ellipsis:
            dots = True
        else:
            return None
    return items if dots else (*items, Ellipsis)


def _record_slice(
    recorders: Any, x: EagerTensor, key: tuple[Any, ...], result: EagerTensor
) -> None:
    inputs: Any = None
    attrs: dict[str, Any] = {}
    for recorder in recorders:
        if id(x) in recorder.tracked:
            if inputs is None:
                begin, end, attrs = _bounds(key[:-1] if key[-1] is Ellipsis else key)
                inputs = (x, _vector(begin), _vector(end))
            recorder.record(strided_slice_p, inputs, (result,), attrs)


def _bounds(items: Any) -> tuple[list[Any], list[Any], dict[str, Any]]:
    """Begins, ends and attributes of the `StridedSlice` that a tuple of index items stands for."""
    begin: list[Any] = []
    end: list[Any] = []
    strides: list[Any] = []
    masks = dict(NO_MASKS)
    bit = 1
    for item in items:
        start, stop, step = 0, 0, 1
        if item is Ellipsis:
            masks["ellipsis_mask"] |= bit
        elif item is None:
            masks["new_axis_mask"] |= bit
        elif isinstance(item, slice):
            if item.start is None:
                masks["begin_mask"] |= bit
            else:
                start = item.start
            if item.stop is None:
                masks["end_mask"] |= bit
            else:
                stop = item.stop
            step = 1 if item.step is None else item.step
        else:
            masks["shrink_axis_mask"] |= bit
            start = item
            stop = item + 1
        begin.append(start)
        end.append(stop)
        strides.append(step)
        bit <<= 1
    return begin, end, {"strides": tuple(strides)} | masks


def _vector(values: list[int]) -> EagerTensor:
    try:
        return EagerTensor(np.array(values, np.int32))
    except OverflowError:
        try:
            return EagerTensor(np.array(values, np.int64))
        except OverflowError:
            raise ValueError(
                "Can't convert Python sequence with out-of-range integer to Tensor."
            ) from None


def _general_getitem(x: Any, key: Any) -> Any:
    if isinstance(key, bool) or (
        isinstance(key, (Tensor, np.ndarray)) and key.dtype == _dtype_of_bool(key)
    ):
        from tapeflow.engine.ops.array import selection

        return selection.boolean_mask(x, key)
    if isinstance(key, list):
        key = tuple(key)
    items = [index_item(item) for item in (key if isinstance(key, tuple) else (key,))]
    plain = _plain_key(tuple([_known_item(item) for item in items]))
    if plain is not None and len({i.dtype for i in items if isinstance(i, Tensor)}) < 2:
        result = _plain_getitem(x, plain)
        if result is not None:
            return result
    begin, end, attrs = _bounds(items)
    if any(type(b) is bool for b in begin):
        begin = _without_booleans(begin)
    attrs["strides"] = to_ints(attrs["strides"], "StridedSlice", "strides")
    return apply(strided_slice_p, x, *_bound_tensors(begin, end), **attrs)


def _without_booleans(begin: list[Any]) -> list[int]:
    """Begins with ints for booleans, unless a boolean comes first: then the dtype is wrong."""
    if type(begin[0]) is not bool:
        return [int(b) if type(b) is bool else b for b in begin]
    if all(type(b) is bool for b in begin):
        raise refuse("StridedSlice", f"begin: expected integers; received {begin}", True)
    raise TypeError(f"StridedSlice: begin: expected integers or booleans alone; received {begin}")


def _known_item(item: Any) -> Any:
    """An index item with ints for the tensors in it whose values are at hand."""
    if isinstance(item, slice):
        return slice(_known_item(item.start), _known_item(item.stop), _known_item(item.step))
    return int(item._array) if type(item) is EagerTensor else item


def _dtype_of_bool(key: Any) -> Any:
    return np.bool_ if isinstance(key, np.ndarray) else dtypes.bool


def index_item(item: Any) -> Any:
    """One entry of a key with ints, or scalar integer tensors, in place of whatever gives such."""
    if item is None or item is Ellipsis:
        return item
    if isinstance(item, slice):
        return slice(
            None if item.start is None else _index_scalar(item.start),
            None if item.stop is None else _index_scalar(item.stop),
            None if item.step is None else _index_scalar(item.step),
        )
    return _index_scalar(item)


def _index_scalar(value: Any) -> Any:
    """An int, or a scalar integer tensor that is kept as it is."""
    kind = type(value)
    if kind is int:
        return value
    if isinstance(value, Dimension) and value.value is not None:
        return value.value
    if handle_of(value) is not None:
        value = convert(value)
    if isinstance(value, Tensor):
        if value.dtype in INDEX16 and value.shape.ndims in (0, None):
            return value
    elif isinstance(value, np.ndarray):
        if value.ndim == 0 and value.dtype.kind in "iu":
            return int(value)
    elif isinstance(value, (int, np.integer)):
        return value if kind is bool else int(value)
    raise TypeError(
        "Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar "
        f"tf.int32/tf.int64 tensors are valid indices, got {value!r}"
    )


def _bound_tensors(begin: list[Any], end: list[Any]) -> tuple[Any, Any]:
    """Vectors of begins and ends, of which some may be tensors, in one dtype."""
    if not any(isinstance(v, Tensor) for v in (*begin, *end)):
        first, last = _vector(begin), _vector(end)
    else:
        from tapeflow.engine.ops.array import joining

        first = joining.stack(to_one_dtype(begin)) if begin else _vector(begin)
        last = joining.stack(to_one_dtype(end))
    if first.dtype is not last.dtype:
        from tapeflow.engine.ops.math.casting import cast

        first, last = cast(first, dtypes.int64), cast(last, dtypes.int64)
    return first, last


def to_one_dtype(values: list[Any]) -> list[Any]:
    """Scalars as tensors, ints in the dtype of the first tensor among them (else int32)."""
    wanted = next((v.dtype for v in values if isinstance(v, Tensor)), dtypes.int32)
    return [v if isinstance(v, Tensor) else to_integers(v, wanted) for v in values]


Tensor.__getitem__ = getitem  # type: ignore[attr-defined, misc]
