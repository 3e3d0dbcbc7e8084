"""Stacking tensors along a new dimension."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core.context import state
from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.core.export import export
from tapeflow.engine.core.handles import handle_of
from tapeflow.engine.ir.infer import merge_dims, normalize_axis, require_same_dtype, variadic
from tapeflow.engine.ir.primitive import movement, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array.arguments import to_same_dtype
from tapeflow.engine.ops.math import casting
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import Tensor


def _pack_infer(*values: Spec, axis: int) -> Spec:
    require_same_dtype(*values)
    shape = values[0].shape
    for i, spec in enumerate(values[1:], 1):
        shape = merge_dims(shape, spec.shape, f"values[{i}]")
    if shape is None:
        return Spec(values[0].dtype, None)
    axis = normalize_axis(axis, len(shape) + 1)
    return Spec(values[0].dtype, (*shape[:axis], len(values), *shape[axis:]))


def _pack_kernel(*values: np.ndarray, axis: int) -> np.ndarray:
    return np.stack(values, axis=axis)


@variadic
def _unpack_infer(value: Spec, num: int, axis: int) -> tuple[Spec, ...]:
    if value.shape is None:
        return (Spec(value.dtype, None),) * num
    axis = normalize_axis(axis, len(value.shape))
    merge_dims((num,), (value.shape[axis],), "num")
    return (Spec(value.dtype, value.shape[:axis] + value.shape[axis + 1 :]),) * num


def _unpack_kernel(value: np.ndarray, num: int, axis: int) -> tuple[np.ndarray, ...]:
    moved = value if axis in (0, -value.ndim) else np.moveaxis(value, axis, 0)
    return tuple(
        moved[i] if moved.ndim > 1 else np.array(moved[i], value.dtype) for i in range(num)
    )


def _pack_samples(draw: Draw) -> Iterable[Sample]:
    yield Sample(draw.reals(2, 3), draw.reals(2, 3), axis=0)
    yield Sample(draw.reals(2, 3), draw.reals(2, 3), draw.reals(2, 3), axis=-1)
    yield Sample(draw.reals(), draw.reals(), axis=0)
    yield Sample(draw.reals(0, 2), draw.reals(0, 2), axis=1)
    yield Sample(draw.ints(3), axis=0, grad=False)


def _unpack_samples(draw: Draw) -> Iterable[Sample]:
    yield Sample(draw.reals(2, 3), num=2, axis=0)
    yield Sample(draw.reals(2, 3), num=3, axis=-1)
    yield Sample(draw.reals(3), num=3, axis=0)
    yield Sample(draw.reals(2, 0), num=2, axis=0)
    yield Sample(draw.reals(1, 2), num=1, axis=0)


pack_p = primitive(
    "Pack",
    infer=_pack_infer,
    kernel=_pack_kernel,
    vjp=lambda ctx, dy: apply(unpack_p, dy, num=len(ctx.inputs), axis=ctx.attrs["axis"]),
    lower=movement("stack"),
    samples=_pack_samples,
)

unpack_p = primitive(
    "Unpack",
    infer=_unpack_infer,
    kernel=_unpack_kernel,
    vjp=lambda ctx, *dys: (apply(pack_p, *dys, axis=ctx.attrs["axis"]),),
    lower=movement("unstack"),
    samples=_unpack_samples,
)


def pack_nested(value: Any, dtype: DType | None) -> Any:
    """Stacks a nested list of which some leaves are tensors; the others take their dtype."""
    wanted = _tensor_dtype(value) if dtype is None else dtype

    def build(item: Any) -> Any:
        if isinstance(item, (list, tuple)):
            parts = [build(x) for x in item]
            # Tensors that disagree with the first one are for `Pack` to reject.
            return apply(pack_p, *parts, axis=0) if parts else convert(parts, wanted)
        if not isinstance(item, Tensor):
            return convert(item) if handle_of(item) is not None else convert(item, wanted)
        return item if dtype is None or item.dtype is dtype else casting.cast(item, dtype)

    return build(value)


def _tensor_dtype(value: Any) -> DType | None:
    for item in value:
        if isinstance(item, (list, tuple)):
            found = _tensor_dtype(item)
            if found is not None:
                return found
        elif isinstance(item, Tensor) or hasattr(type(item), "__tf_tensor__"):
            return item.dtype.base_dtype if hasattr(item.dtype, "base_dtype") else None
    return None


@export("stack")
def stack(values: Any, axis: int = 0, name: str = "stack") -> Any:
    """Stacks tensors of one shape along a new dimension.

    Args:
      values: list of tensors of shape `[...]`.
      axis: where the new dimension goes; negative values count from the end of the result.
      name: ignored in eager mode.

    Returns:
      A tensor with one dimension more, of size `len(values)`.

    Raises:
      tf.errors.InvalidArgumentError: when shapes or dtypes differ.
      ValueError: when `axis` is out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.stack([[1, 2], [3, 4]], axis=1).numpy()
      array([[1, 3],
             [2, 4]], dtype=int32)
    """
    plain = type(values) in (list, tuple) and all(isinstance(v, Tensor) for v in values)
    if axis == 0 and not (plain and values):
        try:
            return convert(values)
        except (TypeError, ValueError):
            pass
    rank = convert(values[0]).shape.ndims
    if rank is not None and not -rank - 1 <= axis < rank + 1:
        raise ValueError(
            f"Argument `axis` = {axis} not in range [{-rank - 1}, {rank + 1}) for stack."
        )
    items = values if plain else to_same_dtype(list(values))
    return apply(pack_p, *items, axis=axis)


@export("unstack")
def unstack(value: Any, num: int | None = None, axis: int = 0, name: str = "unstack") -> Any:
    """Splits a tensor along a dimension, which disappears.

    Args:
      value: tensor of rank 1 or more.
      num: size of the dimension; found out where it is known.
      axis: the dimension.
      name: ignored in eager mode.

    Returns:
      A list of tensors.

    Raises:
      ValueError: when `axis` is out of range, or `num` is neither given nor known.

    Example:
      >>> import tapeflow as tf
      >>> [t.numpy().tolist() for t in tf.unstack([[1, 2], [3, 4]])]
      [[1, 2], [3, 4]]
    """
    value = convert(value)
    if num == 0:
        return []
    if num is None:
        shape = value.shape
        rank = shape.ndims
        if rank is not None:
            if not -rank <= axis < rank:
                raise ValueError(f"Argument `axis` = {axis} not in range [{-rank}, {rank})")
            num = shape.as_list()[axis]
    if num is None:
        raise ValueError(f"Cannot infer argument `num` from shape {value.shape}")
    return list(apply(unpack_p, value, num=num, axis=axis))


@export("parallel_stack")
def parallel_stack(values: Any, name: str = "parallel_stack") -> Any:
    """Stacks tensors along dimension 0, writing each as soon as it is there; in functions only.

    Args:
      values: list of tensors of one known shape.
      name: name of the operation.

    Returns:
      A tensor with one dimension more, of size `len(values)`.

    Raises:
      RuntimeError: outside of a traced function.

    Example:
      >>> import tapeflow as tf
      >>> tf.parallel_stack([1, 2])
      Traceback (most recent call last):
      RuntimeError: tf.parallel_stack() is not compatible with eager execution.
    """
    if state.tracer is None:
        raise RuntimeError("tf.parallel_stack() is not compatible with eager execution.")
    return stack(values)
