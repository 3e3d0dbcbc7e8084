"""The same values once more: as other bits, under a checked shape, or simply passed on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType, as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.core.handles import handle_of
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.core.tensor_type import Tensor as TensorType
from tapeflow.engine.ir.infer import (
    at_run_time,
    broadcast,
    merge_dims,
    reads_values,
    reject,
    reject_dtype,
    require_dtype,
    require_rank,
    require_same_dtype,
    shape_text,
)
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, movement, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Dims, Spec
from tapeflow.engine.ops.array import shaping
from tapeflow.engine.ops.array.arguments import INDEX, refuse, to_matching, to_same_dtype
from tapeflow.engine.runtime.composite import is_composite
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import Tensor


def _bitcast_infer(input: Spec, type: DType) -> Spec:
    require_dtype(input, dtypes.NUMERIC, "input")
    if type not in dtypes.NUMERIC:
        reject_dtype(f"type: expected a numeric dtype; received {type.name}")
    have, want = input.dtype.size, type.size
    if input.shape is None or have == want:
        return Spec(type, input.shape)
    if have > want:
        return Spec(type, (*input.shape, have // want))
    if not input.shape or input.shape[-1] not in (None, want // have):
        reject(f"input: expected a last dimension of size {want // have} to make {type.name} of "
               f"{input.dtype.name}; received shape {shape_text(input.shape)}")  # fmt: skip
    return Spec(type, input.shape[:-1])


def _bitcast_kernel(input: np.ndarray, type: DType) -> np.ndarray:
    have, want = input.dtype.itemsize, type.size
    shape = input.shape
    if have > want:
        shape = (*shape, have // want)
    elif have < want:
        shape = shape[:-1]
    # reshape: a view of another item size needs a dimension to take it from, or to put it in.
    return np.ascontiguousarray(input).reshape(-1).view(type.np).reshape(shape)


def _bitcast_samples(draw: Draw) -> Iterable[Sample]:
    for shape, target in (
        ((3,), dtypes.int32), ((2, 2), dtypes.uint8), ((2, 2), dtypes.int64), ((), dtypes.int32),
        ((0,), dtypes.int16), ((2,), dtypes.complex64), ((), dtypes.bfloat16),
    ):  # fmt: skip
        yield Sample(draw.reals(*shape), type=target, grad=False)


bitcast_p = primitive(
    "Bitcast",
    infer=_bitcast_infer,
    kernel=_bitcast_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=movement("bitcast"),
    samples=_bitcast_samples,
)


@export("bitcast")
def bitcast(input: Any, type: Any, name: str | None = None) -> Any:
    """Reads the bits of a tensor as another dtype.

    Args:
      input: tensor of a numeric dtype.
      type: the dtype to read. One of half the size adds a last dimension of size 2, one of twice
        the size takes such a dimension away, and so on.
      name: ignored in eager mode.

    Returns:
      A tensor of dtype `type`.

    Raises:
      tf.errors.InvalidArgumentError: when the last dimension does not fit, or a dtype is bool or
        string.

    Example:
      >>> import tapeflow as tf
      >>> hex(tf.bitcast(1.0, tf.int32).numpy())
      '0x3f800000'
    """
    return apply(bitcast_p, convert(input), type=as_dtype(type))


def _ensure_infer(input: Spec, shape: Dims | None) -> Spec:
    return Spec(input.dtype, merge_dims(shape, input.shape))


def _ensure_samples(draw: Draw) -> Iterable[Sample]:
    yield Sample(draw.reals(2, 3), shape=(2, None))
    yield Sample(draw.reals(), shape=())
    yield Sample(draw.reals(0, 2), shape=(None, None))


ensure_shape_p = primitive(
    "EnsureShape",
    infer=_ensure_infer,
    kernel=lambda input, shape: input,
    vjp=lambda ctx, dy: (dy,),
    lower=movement("identity"),
    samples=_ensure_samples,
)


@export("ensure_shape")
def ensure_shape(x: Any, shape: Any, name: str | None = None) -> Any:
    """Checks the shape of a tensor when the program runs, and makes it known while tracing.

    Args:
      x: tensor.
      shape: the expected shape; None for sizes, or the whole, that may be anything.
      name: ignored in eager mode.

    Returns:
      A tensor like `x`.

    Raises:
      tf.errors.InvalidArgumentError: when `x` has another shape.

    Example:
      >>> import tapeflow as tf
      >>> tf.ensure_shape([[1, 2]], [None, 2]).shape
      TensorShape([1, 2])
    """
    wanted = TensorShape(shape)
    dims = None if wanted.ndims is None else tuple(wanted.as_list())
    return apply(ensure_shape_p, convert(x), shape=dims)


@export("identity_n")
def identity_n(input: Any, name: str | None = None) -> Any:
    """Gives tensors with the same shapes and values.

    Args:
      input: list of tensors.
      name: ignored in eager mode.

    Returns:
      A list of tensors.

    Raises:
      tf.errors.InvalidArgumentError: for an empty list.

    Example:
      >>> import tapeflow as tf
      >>> [t.numpy().tolist() for t in tf.identity_n([[1], 2.0])]
      [[1], 2.0]
    """
    tensors = [convert(x) for x in input]
    if not tensors:
        raise refuse("IdentityN", "input: expected at least one tensor; received none")
    return [shaping.identity(x) for x in tensors]


@export("guarantee_const")
def guarantee_const(input: Any, name: str | None = None) -> Any:
    """Gives the same tensor; says that its value never changes.

    Args:
      input: tensor.
      name: ignored in eager mode.

    Returns:
      A tensor like `input`.

    Example:
      >>> import tapeflow as tf
      >>> tf.guarantee_const([1, 2]).numpy()
      array([1, 2], dtype=int32)
    """
    return shaping.identity(convert(input))


@export("shape_n")
def shape_n(input: Any, out_type: Any = dtypes.int32, name: str | None = None) -> Any:
    """Gives the shapes of several tensors.

    Args:
      input: list of tensors of one dtype.
      out_type: int32 or int64.
      name: ignored in eager mode.

    Returns:
      A list of vectors.

    Raises:
      tf.errors.InvalidArgumentError: for an empty list, or tensors of several dtypes.

    Example:
      >>> import tapeflow as tf
      >>> [s.numpy().tolist() for s in tf.shape_n([[[1, 2]], [3]])]
      [[1, 2], [1]]
    """
    tensors = to_same_dtype(list(input))
    if not tensors:
        raise refuse("ShapeN", "input: expected at least one tensor; received none")
    if len({x.dtype for x in tensors}) > 1:
        raise refuse("ShapeN", f"input: expected tensors of one dtype; received {tensors}")
    return [shaping.shape(x, out_type) for x in tensors]


@export("broadcast_static_shape")
def broadcast_static_shape(shape_x: Any, shape_y: Any) -> TensorShape:
    """The shape that two static shapes broadcast to.

    Args:
      shape_x: a `tf.TensorShape`.
      shape_y: a `tf.TensorShape`.

    Returns:
      A `tf.TensorShape`.

    Raises:
      ValueError: when they do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.broadcast_static_shape(tf.TensorShape([1, 2]), tf.TensorShape([3, 1]))
      TensorShape([3, 2])
    """
    dims = [None if s.ndims is None else tuple(s.as_list()) for s in (shape_x, shape_y)]
    try:
        return TensorShape(broadcast(*dims))
    except Exception as error:
        raise ValueError(f"broadcast_static_shape: {error}") from None


@reads_values(0, 1)
def _broadcast_args_infer(s0: Spec, s1: Spec) -> Spec:
    require_dtype(s0, INDEX, "s0")
    require_same_dtype(s0, s1)
    require_rank(s0, 1, "s0")
    require_rank(s1, 1, "s1")
    if s0.value is None or s1.value is None:
        known = [s.shape[0] if s.shape is not None else None for s in (s0, s1)]
        return Spec(s0.dtype, (None if None in known else max(known),))  # type: ignore[type-var]
    with at_run_time():
        both = broadcast(tuple(s0.value.tolist()), tuple(s1.value.tolist()))
    return Spec(s0.dtype, (len(both or ()),))


def _broadcast_args_samples(draw: Draw) -> Iterable[Sample]:
    for a, b in (((1, 2), (3, 1)), ((2,), (3, 1)), ((), (4,)), ((2, 0), (1,)), ((), ())):
        yield Sample(np.array(a, np.int32), np.array(b, np.int32), grad=False)


broadcast_args_p = primitive(
    "BroadcastArgs",
    infer=_broadcast_args_infer,
    kernel=lambda s0, s1: np.array(broadcast(tuple(s0.tolist()), tuple(s1.tolist())), s0.dtype),
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_broadcast_args_samples,
)


@export("broadcast_dynamic_shape")
def broadcast_dynamic_shape(shape_x: Any, shape_y: Any) -> Any:
    """The shape that two shapes broadcast to, as tensors.

    Args:
      shape_x: int32 or int64 vector.
      shape_y: vector of the same dtype.

    Returns:
      A vector.

    Raises:
      tf.errors.InvalidArgumentError: when they do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.broadcast_dynamic_shape([1, 2], [3, 1]).numpy()
      array([3, 2], dtype=int32)
    """
    shapes = [
        s if isinstance(s, Tensor) else shaping.to_shape_tensor(s) for s in (shape_x, shape_y)
    ]
    return apply(broadcast_args_p, *to_matching(*shapes))


@export("is_tensor")
def is_tensor(x: Any) -> bool:
    """Whether `x` is a tensor, a variable, or a composite tensor such as `tf.SparseTensor`.

    Args:
      x: any Python object.

    Returns:
      True or False; numbers, lists and NumPy arrays are no tensors.

    Example:
      >>> import tapeflow as tf
      >>> tf.is_tensor(tf.constant(1)), tf.is_tensor(1)
      (True, False)
    """
    return isinstance(x, TensorType) or is_composite(x) or handle_of(x) is not None
