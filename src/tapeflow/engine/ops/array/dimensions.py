"""Dimensions: how many there are, one more, one less, another order."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType, as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import normalize_axis, reject, reject_values, shape_text
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, movement, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import shaping
from tapeflow.engine.ops.array.arguments import refuse, to_axis, to_ints
from tapeflow.engine.ops.math import arithmetic
from tapeflow.engine.runtime.convert import convert, in_graph
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor


def _expand_infer(input: Spec, axis: int) -> Spec:
    if input.shape is None:
        return Spec(input.dtype, None)
    axis = normalize_axis(axis, len(input.shape) + 1)
    return Spec(input.dtype, (*input.shape[:axis], 1, *input.shape[axis:]))


def _expand_kernel(input: np.ndarray, axis: int) -> np.ndarray:
    shape = input.shape
    if axis < 0:
        axis += len(shape) + 1
    return input.reshape((*shape[:axis], 1, *shape[axis:]))


def _expand_samples(draw: Draw) -> Iterable[Sample]:
    for shape, axis in (((2, 3), 0), ((2, 3), 1), ((2, 3), -1), ((2, 3), -3), ((), 0), ((0,), 1)):
        yield Sample(draw.reals(*shape), axis=axis)
    yield Sample(draw.ints(3), axis=1, grad=False)


expand_dims_p = primitive(
    "ExpandDims",
    infer=_expand_infer,
    kernel=_expand_kernel,
    vjp=lambda ctx, dy: (squeeze(dy, [ctx.attrs["axis"]]),),
    lower=movement("reshape"),
    samples=_expand_samples,
)


@export("expand_dims")
def expand_dims(input: Any, axis: Any, name: str | None = None) -> Any:
    """Inserts a dimension of size 1.

    Args:
      input: tensor of any dtype.
      axis: where the new dimension goes; negative values count from the end of the result.
      name: ignored in eager mode.

    Returns:
      A tensor of the same elements with one dimension more.

    Raises:
      tf.errors.InvalidArgumentError: when `axis` is out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.expand_dims([1, 2], 1).numpy()
      array([[1],
             [2]], dtype=int32)
    """
    return apply(
        expand_dims_p, convert(input), axis=to_axis(axis, "ExpandDims", one_of_vector=True)
    )


def _squeeze_infer(input: Spec, axis: tuple[int, ...]) -> Spec:
    shape = input.shape
    if shape is None:
        return Spec(input.dtype, None)
    if not axis:
        if None in shape:
            return Spec(input.dtype, None)
        return Spec(input.dtype, tuple([d for d in shape if d != 1]))
    gone = {normalize_axis(a, len(shape)) for a in axis}
    for a in gone:
        if shape[a] not in (1, None):
            reject(f"axis: expected dimensions of size 1; received {a} for {shape_text(shape)}")
    return Spec(input.dtype, tuple([d for i, d in enumerate(shape) if i not in gone]))


def _squeeze_kernel(input: np.ndarray, axis: tuple[int, ...]) -> np.ndarray:
    shape = input.shape
    if axis:
        gone = {a % len(shape) for a in axis}
        return input.reshape([d for i, d in enumerate(shape) if i not in gone])
    return input.reshape([d for d in shape if d != 1])


def _squeeze_samples(draw: Draw) -> Iterable[Sample]:
    for shape, axis in (
        ((1, 3, 1), ()), ((1, 3, 1), (0,)), ((1, 3, 1), (-1,)), ((1, 3, 1), (0, 2)), ((), ()),
        ((1, 0), (0,)), ((1,), ()), ((2, 3), ()), ((1, 2), (0, 0)),
    ):  # fmt: skip
        yield Sample(draw.reals(*shape), axis=axis)


squeeze_p = primitive(
    "Squeeze",
    infer=_squeeze_infer,
    kernel=_squeeze_kernel,
    vjp=lambda ctx, dy: (shaping.reshape(dy, shaping.shape(ctx.inputs[0])),),
    lower=movement("reshape"),
    samples=_squeeze_samples,
)


@export("squeeze")
def squeeze(input: Any, axis: Any = None, name: str | None = None) -> Any:
    """Removes dimensions of size 1.

    Args:
      input: tensor of any dtype.
      axis: the dimensions to remove, an int or a list; None removes every one of size 1.
      name: ignored in eager mode.

    Returns:
      A tensor of the same elements with fewer dimensions.

    Raises:
      tf.errors.InvalidArgumentError: when a dimension is out of range or not of size 1.

    Example:
      >>> import tapeflow as tf
      >>> tf.squeeze([[1], [2]]).shape
      TensorShape([2])
    """
    tensor = input if isinstance(input, Tensor) else convert(input)
    if axis is None:
        return apply(squeeze_p, tensor, axis=())
    if isinstance(axis, (bool, float)):
        axis = int(axis)
    elif isinstance(axis, Tensor) and axis.shape.ndims != 0:
        raise TypeError(f"Squeeze: axis: expected an int or a list of ints; received {axis!r}")
    return apply(squeeze_p, tensor, axis=to_ints(axis, "Squeeze", "axis"))


def _static(input: Any) -> Any:
    """The input as a tensor, or its shape as a tensor where it is a composite one."""
    own = getattr(type(input), "_shape_tensor", None)
    return (None, own(input, dtypes.int64)) if own is not None else (convert(input), None)


rank_p = primitive(
    "Rank",
    infer=lambda input: Spec(dtypes.int32, ()),
    kernel=lambda input: np.array(input.ndim, np.int32),
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=shaping.any_rank,
)


@export("rank")
def rank(input: Any, name: str | None = None) -> Any:
    """Gives the number of dimensions.

    Args:
      input: tensor or `tf.SparseTensor`.
      name: ignored in eager mode.

    Returns:
      An int32 scalar.

    Example:
      >>> import tapeflow as tf
      >>> tf.rank([[1, 2]]).numpy()
      np.int32(2)
    """
    tensor, dense_shape = _static(input)
    if tensor is None:
        return size(dense_shape)
    known = tensor.shape.ndims
    if known is None:
        return apply(rank_p, tensor)
    return in_graph(EagerTensor(np.array(known, np.int32)), None, name or "Rank")


def _size_infer(input: Spec, out_type: DType) -> Spec:
    if not input.is_static:
        return Spec(out_type, ())
    return Spec(out_type, (), np.array(math.prod(input.shape or ()), out_type.np))


size_p = primitive(
    "Size",
    infer=_size_infer,
    kernel=lambda input, out_type: np.array(input.size, out_type.np),
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=lambda draw: shaping.any_rank(draw, out_type=dtypes.int32),
)


@export("size")
def size(input: Any, out_type: Any = None, name: str | None = None) -> Any:
    """Gives the number of elements.

    Args:
      input: tensor or `tf.SparseTensor`.
      out_type: dtype of the result, int32 by default.
      name: ignored in eager mode.

    Returns:
      A scalar of dtype `out_type`.

    Example:
      >>> import tapeflow as tf
      >>> tf.size([[1, 2], [3, 4]]).numpy()
      np.int32(4)
    """
    target: DType = dtypes.int32 if out_type is None else as_dtype(out_type)
    tensor, dense_shape = _static(input)
    if tensor is None:
        from tapeflow.engine.ops.math.casting import cast
        from tapeflow.engine.ops.math.folds import reduce_prod

        return cast(reduce_prod(dense_shape), target)
    known = tensor.shape.num_elements()
    if known is not None:
        return in_graph(EagerTensor(np.array(known, target.np)), None, name or "Size")
    return apply(size_p, tensor, out_type=target)


def _transpose_infer(x: Spec, perm: tuple[int, ...] | None) -> Spec:
    shape = x.shape
    if shape is None:
        return Spec(x.dtype, None if perm is None else (None,) * len(perm))
    if perm is None:
        return Spec(x.dtype, shape[::-1])
    rank = len(shape)
    if len(perm) != rank:
        reject(f"perm: expected {rank} dimensions for shape {shape_text(shape)}; received {perm}")
    order = [normalize_axis(p, rank, "perm") for p in perm]
    if len({*order}) != rank:
        reject_values(f"perm: expected each dimension once; received {perm}")
    return Spec(x.dtype, tuple([shape[p] for p in order]))


def _inverse(perm: tuple[int, ...] | None) -> tuple[int, ...] | None:
    if perm is None:
        return None
    inverse = [0] * len(perm)
    for i, p in enumerate(perm):
        inverse[p] = i
    return tuple(inverse)


def _transpose_samples(draw: Draw) -> Iterable[Sample]:
    for shape, perm in (
        ((2, 3), (1, 0)), ((2, 3, 4), (2, 0, 1)), ((2, 3, 4), (0, -1, 1)), ((), ()),
        ((0, 2), (1, 0)), ((3,), (0,)),
    ):  # fmt: skip
        yield Sample(draw.reals(*shape), perm=perm)
    yield Sample(draw.ints(2, 3), perm=(1, 0), grad=False)


transpose_p = primitive(
    "Transpose",
    infer=_transpose_infer,
    kernel=lambda x, perm: x.transpose() if perm is None else x.transpose(perm),
    vjp=lambda ctx, dy: (apply(transpose_p, dy, perm=_inverse(ctx.attrs["perm"])),),
    lower=movement("transpose"),
    samples=_transpose_samples,
)


@export("transpose")
def transpose(a: Any, perm: Any = None, conjugate: bool = False, name: str = "transpose") -> Any:
    """Reorders the dimensions.

    Args:
      a: tensor of any dtype.
      perm: for each dimension of the result, the dimension of `a` it is; None reverses them.
      conjugate: whether complex numbers are conjugated, too.
      name: ignored in eager mode.

    Returns:
      A tensor of the dtype of `a`.

    Raises:
      tf.errors.InvalidArgumentError: when `perm` is no permutation of the dimensions.

    Example:
      >>> import tapeflow as tf
      >>> tf.transpose([[1, 2], [3, 4]]).numpy()
      array([[1, 3],
             [2, 4]], dtype=int32)
    """
    x = a if isinstance(a, Tensor) else convert(a)
    if perm is not None:
        if not isinstance(perm, (list, tuple)):
            perm = convert(perm)
            if perm.shape.ndims != 1:
                raise refuse("Transpose", f"perm: expected a vector; received shape {perm.shape}")
        perm = to_ints(perm, "Transpose", "perm")
    y = apply(transpose_p, x, perm=perm)
    if conjugate and x.dtype.is_complex:
        return arithmetic.conjugate(y)
    return y
