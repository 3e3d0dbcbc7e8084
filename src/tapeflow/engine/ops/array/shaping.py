"""Shape, reshape and broadcast: the same elements under another shape."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import current_recorders, state
from tapeflow.engine.core.dtypes import DType, as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.ir.infer import (
    broadcast,
    product,
    reads_values,
    reject,
    reject_values,
    require_dtype,
    require_rank,
    same_as_input,
    shape_text,
)
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, movement, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Dims, Spec
from tapeflow.engine.ops.math import broadcasting
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor

INDEX = frozenset((dtypes.int32, dtypes.int64))


def to_shape_tensor(shape: Any) -> Tensor:
    """Converts a shape argument (ints, list, `TensorShape`, int tensor) to an integer tensor.

    Raises:
      TypeError: when it holds something that is no integer.
    """
    if isinstance(shape, Tensor):
        return shape
    kind = type(shape)
    if kind is int or (kind in (list, tuple) and all(type(d) is int for d in shape)):
        try:
            return EagerTensor(np.array(shape, np.int32))
        except OverflowError:
            return EagerTensor(np.array(shape, np.int64))
    if isinstance(shape, TensorShape):
        return convert(shape)  # type: ignore[no-any-return]
    try:
        plain = np.array(shape)
    except Exception:
        return convert(shape, hint=dtypes.int32)  # type: ignore[no-any-return]
    if plain.dtype == np.int64 and not isinstance(shape, np.ndarray):
        narrow = plain.astype(np.int32)
        return EagerTensor(narrow if (narrow == plain).all() else plain)
    if plain.size == 0:
        return EagerTensor(plain.astype(np.int32))
    if not plain.ndim and not isinstance(shape, (np.ndarray, np.generic)):
        return convert(shape, dtypes.int32)  # type: ignore[no-any-return]
    return convert(shape, hint=dtypes.int32)  # type: ignore[no-any-return]


def known_dims(spec: Spec, argument: str = "shape", scalar: bool = False) -> Dims | None:
    """The dimensions that a shape-valued input holds, as far as they are known.

    Rejects an input that is no vector of int32 or int64 (or scalar, if `scalar`).
    """
    require_dtype(spec, INDEX, argument)
    require_rank(spec, (0, 1) if scalar else 1, argument)
    if spec.value is not None:
        dims = tuple(spec.value.reshape(-1).tolist())
        if prod(dims) >= 2**63:
            reject(f"{argument}: expected fewer than 2**63 elements; received {shape_text(dims)}")
        return dims
    if spec.dims is not None:
        return spec.dims
    if spec.dims is not None:
        return spec.dims
    if spec.shape == ():
        return (None,)
    if spec.shape is None or spec.shape[0] is None:
        return None
    return (None,) * spec.shape[0]


def _shape_infer(input: Spec, out_type: DType) -> Spec:
    if out_type not in INDEX:
        reject(f"out_type: expected int32 or int64; received {out_type.name}")
    if input.shape is None:
        return Spec(out_type, (None,))
    value = None
    if None not in input.shape:
        value = np.array(input.shape, out_type.np)
    return Spec(out_type, (len(input.shape),), value, None if value is not None else input.shape)


def any_rank(draw: Draw, **attrs: Any) -> Iterable[Sample]:
    for shape in ((), (3,), (2, 3), (0,), (2, 0, 3)):
        yield Sample(draw.reals(*shape), **attrs)


shape_p = primitive(
    "Shape",
    infer=_shape_infer,
    kernel=lambda input, out_type: np.array(input.shape, out_type.np),
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=lambda draw: any_rank(draw, out_type=dtypes.int32),
)


@export("shape")
def shape(input: Any, out_type: Any = None, name: str | None = None) -> Any:
    """Gives the shape of a tensor as a tensor.

    Args:
      input: tensor of any dtype and shape.
      out_type: int32 (the default) or int64.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `[rank]`.

    Example:
      >>> import tapeflow as tf
      >>> tf.shape(tf.zeros([2, 3])).numpy()
      array([2, 3], dtype=int32)
    """
    target = dtypes.int32 if out_type is None else as_dtype(out_type)
    if not isinstance(input, Tensor):
        own = getattr(type(input), "_shape_tensor", None)
        if own is not None:
            return own(input, target)
        input = convert(input)
    if current_recorders() and state.tracer is not None:
        known = input.shape
        if known.is_fully_defined():  # a constant, as in TensorFlow's graphs
            dims = EagerTensor(np.array(known.as_list(), target.np))
            return state.tracer.constant_of(dims, name or "Shape")
    return apply(shape_p, input, out_type=target)


def sizes(x: Any) -> list[Any]:
    """The dimensions of a tensor of known rank: ints, and symbolic scalars for those not known."""
    dims: list[Any] = x.shape.as_list()
    if None not in dims:
        return dims
    whole = shape(x)
    return [whole[i] if n is None else n for i, n in enumerate(dims)]


def stack_columns(*vectors: Any) -> Any:
    """A matrix with these integer vectors as its columns."""
    from tapeflow.engine.ops.array import joining

    return joining.stack(vectors, axis=1)


@reads_values(1)
def _reshape_infer(tensor: Spec, shape: Spec) -> Spec:
    dims = known_dims(shape, scalar=True)
    if dims is None:
        return Spec(tensor.dtype, None)
    if None in dims:
        return Spec(tensor.dtype, _partly_known(tensor.shape, dims))
    unknown = [i for i, d in enumerate(dims) if d == -1]
    if any(d is not None and d < -1 for d in dims):
        reject(f"shape: expected sizes >= 0, or one -1; received {shape_text(dims)}")
    if len(unknown) > 1:
        reject_values(f"shape: expected at most one -1; received {shape_text(dims)}")
    have = None if tensor.shape is None else product(tensor.shape)
    rest = product(tuple(1 if d == -1 else d for d in dims))
    if unknown:
        size = None
        if have is not None and rest is not None:
            if (rest == 0 and have != 0) or (rest and have % rest):
                reject(
                    f"tensor: expected a multiple of {rest} elements for shape {shape_text(dims)}; "
                    f"received {have} elements, shape {shape_text(tensor.shape)}"
                )
            if rest:
                size = have // rest
            elif tensor.shape is not None and None not in tensor.shape:
                size = _rest_of_nothing(tensor.shape, dims)
        return Spec(tensor.dtype, tuple(size if d == -1 else d for d in dims))
    if have is not None and rest is not None and have != rest:
        reject(
            f"tensor: expected {rest} elements for shape {shape_text(dims)}; "
            f"received {have} elements, shape {shape_text(tensor.shape)}"
        )
    return Spec(tensor.dtype, dims)


def _partly_known(have: Dims | None, dims: Dims) -> Dims:
    """The sizes after reshaping where some entries of the shape are not known yet.

    An entry that is not known may be -1; where it is the only gap, it is what is left.
    """
    out = tuple([None if d == -1 else d for d in dims])
    total = None if have is None else product(have)
    rest = product(tuple([1 if d is None else d for d in out]))
    if out.count(None) == 1 and total is not None and rest and total % rest == 0:
        out = tuple([total // rest if d is None else d for d in out])
    return out


def _rest_of_nothing(have: Dims, dims: Dims) -> int:
    """What -1 stands for when there are no elements: as if the sizes 0 were not there."""
    return product(tuple(filter(None, have))) // product(tuple(d for d in dims if d and d > 0))  # type: ignore[operator]


def _reshape_kernel(tensor: np.ndarray, shape: np.ndarray) -> np.ndarray:
    dims = shape.tolist()
    if tensor.size or not shape.ndim or 0 not in dims:
        return tensor.reshape(dims)
    size = _rest_of_nothing(tensor.shape, tuple(dims))
    return tensor.reshape([size if d == -1 else d for d in dims])


def _reshape_samples(draw: Draw) -> Iterable[Sample]:
    for before, after in (
        ((2, 3), (3, 2)), ((6,), (2, -1)), ((), (1, 1)), ((1,), ()), ((0, 3), (3, 0)),
        ((0,), (-1, 2)),
    ):  # fmt: skip
        yield Sample(draw.reals(*before), np.array(after, np.int32))
    yield Sample(draw.ints(4), np.array((2, 2), np.int64), grad=False)


reshape_p = primitive(
    "Reshape",
    infer=_reshape_infer,
    kernel=_reshape_kernel,
    vjp=lambda ctx, dy: (reshape(dy, shape(ctx.inputs[0])), None),
    lower=movement("reshape"),
    samples=_reshape_samples,
)


@export("reshape")
def reshape(tensor: Any, shape: Any, name: str | None = None) -> Any:
    """Gives the same elements, in the same (row-major) order, another shape.

    Args:
      tensor: tensor of any dtype.
      shape: sizes, one of which may be -1: whatever is left.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `shape` and the dtype of `tensor`.

    Raises:
      tf.errors.InvalidArgumentError: when the numbers of elements differ.

    Example:
      >>> import tapeflow as tf
      >>> tf.reshape([1, 2, 3, 4], [2, -1]).numpy()
      array([[1, 2],
             [3, 4]], dtype=int32)
    """
    return apply(reshape_p, convert(tensor), to_shape_tensor(shape))


@reads_values(1)
def _broadcast_to_infer(input: Spec, shape: Spec) -> Spec:
    dims = known_dims(shape)
    if dims is None:
        return Spec(input.dtype, None)
    if any(d is not None and d < 0 for d in dims):
        reject_values(f"shape: expected sizes >= 0; received {shape_text(dims)}")
    if input.shape is not None:
        if len(input.shape) > len(dims):
            reject(f"shape: expected rank >= {len(input.shape)}; received {shape_text(dims)}")
        both = broadcast(input.shape, dims)
        if both is not None and any(
            d is not None and b is not None and d != b for d, b in zip(dims, both, strict=True)
        ):
            reject(
                f"shape: expected one that {shape_text(input.shape)} broadcasts to; "
                f"received {shape_text(dims)}"
            )
        # A dimension of more than one element stays what it is.
        lead = len(dims) - len(input.shape)
        sizes = [None] * lead + [None if n == 1 else n for n in input.shape]
        dims = tuple([n if d is None else d for d, n in zip(dims, sizes, strict=True)])
    return Spec(input.dtype, dims)


def broadcast_view(x: np.ndarray, dims: tuple[int, ...]) -> np.ndarray:
    """`np.broadcast_to` at a tenth of its price; what doesn't suit the short way takes the long."""
    if x.flags.c_contiguous and x.dtype.kind in "fciub" and x.size:
        lead = len(dims) - x.ndim
        strides = [0] * lead
        for n, m, stride in zip(x.shape, dims[lead:], x.strides, strict=True):
            strides.append(stride if n == m else 0)
        return np.ndarray(dims, x.dtype, x, 0, strides)
    return np.broadcast_to(x, dims)


def _broadcast_to_kernel(input: np.ndarray, shape: np.ndarray) -> np.ndarray:
    if prod(shape.tolist()) * input.itemsize >= 2**47:
        raise MemoryError("the result has more bytes than there are addresses")  # as a view, it has
    return broadcast_view(input, tuple(shape.tolist()))


def _broadcast_to_samples(draw: Draw) -> Iterable[Sample]:
    for before, after in (
        ((), (2, 3)), ((3,), (2, 3)), ((2, 1), (2, 3)), ((), ()), ((1,), (0,)), ((1, 3), (4, 1, 3)),
    ):  # fmt: skip
        yield Sample(draw.reals(*before), np.array(after, np.int32))


broadcast_to_p = primitive(
    "BroadcastTo",
    infer=_broadcast_to_infer,
    kernel=_broadcast_to_kernel,
    vjp=lambda ctx, dy: (broadcasting.sum_to_shape_of(dy, ctx.inputs[0]), None),
    lower=movement("broadcast"),
    samples=_broadcast_to_samples,
)


@export("broadcast_to")
def broadcast_to(input: Any, shape: Any, name: str | None = None) -> Any:
    """Repeats a tensor along new or unit dimensions until it has the given shape.

    Args:
      input: tensor of any dtype.
      shape: the wanted sizes.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `shape` and the dtype of `input`.

    Raises:
      tf.errors.InvalidArgumentError: when `input` does not broadcast to `shape`.

    Example:
      >>> import tapeflow as tf
      >>> tf.broadcast_to([1, 2], [2, 2]).numpy()
      array([[1, 2],
             [1, 2]], dtype=int32)
    """
    return apply(broadcast_to_p, convert(input), to_shape_tensor(shape))


identity_p = primitive(
    "Identity",
    infer=same_as_input(),
    kernel=lambda input: input,
    vjp=lambda ctx, dy: (dy,),
    lower=movement("identity"),
    samples=any_rank,
)


@export("identity")
def identity(input: Any, name: str | None = None) -> Any:
    """Gives a tensor with the same shape and values.

    Args:
      input: a tensor, variable or composite tensor, or a nest of such.
      name: ignored in eager mode.

    Returns:
      The like of `input`, with tensors in place of variables.

    Example:
      >>> import tapeflow as tf
      >>> tf.identity(tf.Variable(2.0)).numpy()
      np.float32(2.0)
    """
    if not isinstance(input, Tensor):
        own = getattr(type(input), "_map_components", None)
        if own is not None:
            return own(input, identity)
        input = convert(input)
    return apply(identity_p, input)
