"""Broadcasting to the shape of another tensor, and its inverse: what gradients are made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.ir.infer import (
    broadcast,
    merge_dims,
    reject,
    require_dtype,
    require_same_dtype,
    shape_text,
)
from tapeflow.engine.ir.primitive import contraction, movement, primitive, reduction
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import shaping
from tapeflow.engine.runtime.dispatch import NO_ATTRS, apply, run
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor


def _sum_infer(dy: Spec, like: Spec) -> Spec:
    require_same_dtype(dy, like)
    require_dtype(dy, dtypes.NUMERIC)
    broadcast(dy.shape, like.shape)
    return Spec(dy.dtype, like.shape)


def _sum_kernel(dy: np.ndarray, like: np.ndarray) -> np.ndarray:
    dtype = dy.dtype
    if like.ndim == 0 and dy.ndim == 1 and dtype.kind == "f" and dtype.itemsize >= 4:
        return np.asarray(np.add.reduce(dy))
    if dtype.itemsize == 2 and dtype.kind in "fV":  # halves are summed in single precision
        return _sum_kernel(dy.astype(np.float32), like).astype(dtype)
    if like.ndim == 0:
        return np.asarray(np.add.reduce(dy, 0 if dy.ndim == 1 else None, dtype))
    lead = dy.ndim - like.ndim
    if dy.shape[lead:] == like.shape:
        # One dimension after the other: runs in memory are longer, and errors of rounding smaller.
        for _ in range(lead):
            dy = np.add.reduce(dy, 0, dtype)
        return dy
    axes = tuple(range(lead)) + tuple(
        lead + i for i, n in enumerate(like.shape) if n == 1 and dy.shape[lead + i] != 1
    )
    return np.add.reduce(dy, axis=axes, dtype=dtype).reshape(like.shape)  # type: ignore[no-any-return]


def _sum_samples(draw: Draw) -> Iterable[Sample]:
    shapes: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (
        ((3, 4), (3, 4)), ((3, 4), (1, 4)), ((3, 4), (4,)), ((2, 3, 4), (3, 1)), ((5,), ()),
        ((), ()), ((2, 0), (1, 1)), ((0,), ()),
    )  # fmt: skip
    for big, small in shapes:
        yield Sample(draw.reals(*big), draw.reals(*small))


sum_to_shape_p = primitive(
    "SumToShapeOf",
    infer=_sum_infer,
    kernel=_sum_kernel,
    vjp=lambda ctx, dy: (broadcast_like(dy, ctx.inputs[0]), None),
    lower=reduction("add"),
    samples=_sum_samples,
)


def _broadcast_infer(dy: Spec, like: Spec) -> Spec:
    require_same_dtype(dy, like)
    both = broadcast(dy.shape, like.shape)
    if both is not None and like.shape is not None and len(both) != len(like.shape):
        reject(f"input: expected rank <= {len(like.shape)}; received {shape_text(dy.shape)}")
    return Spec(dy.dtype, like.shape)


def _broadcast_samples(draw: Draw) -> Iterable[Sample]:
    for sample in _sum_samples(draw):
        yield Sample(*reversed(sample.inputs))


broadcast_like_p = primitive(
    "BroadcastLike",
    infer=_broadcast_infer,
    kernel=lambda dy, like: shaping.broadcast_view(dy, like.shape),
    vjp=lambda ctx, ddy: (sum_to_shape_of(ddy, ctx.inputs[0]), None),
    lower=movement("broadcast"),
    samples=_broadcast_samples,
)


def broadcast_like(dy: Any, like: Tensor) -> Any:
    """Broadcasts `dy` to the shape of `like`.

    Args:
      dy: tensor whose shape broadcasts to that of `like`.
      like: tensor of the same dtype; only its shape is read.

    Returns:
      A tensor of `like`'s shape; `dy` itself when it has it.
    """
    if type(dy) is EagerTensor and type(like) is EagerTensor:
        if dy._array.shape == like._array.shape:
            return dy
        return run(broadcast_like_p, (dy, like), NO_ATTRS)
    return apply(broadcast_like_p, dy, like)


def sum_to_shape_of(dy: Any, like: Tensor) -> Any:
    """Sums `dy` over the dimensions along which `like` was broadcast to `dy`'s shape.

    Args:
      dy: tensor of shape `broadcast(like.shape, ...)`.
      like: tensor whose shape the result has.

    Returns:
      A tensor of `like`'s shape and `dy`'s dtype; `dy` itself when the shapes are equal.
    """
    if type(dy) is EagerTensor and type(like) is EagerTensor:
        array = dy._array
        if array.shape == like._array.shape:
            return dy
        return run(sum_to_shape_p, (dy, like), NO_ATTRS)
    if dy.shape.is_fully_defined() and dy.shape == like.shape:
        return dy
    return apply(sum_to_shape_p, dy, like)


def _inner_infer(x: Spec, y: Spec) -> Spec:
    require_same_dtype(x, y)
    require_dtype(x, dtypes.NUMERIC)
    merge_dims(x.shape, y.shape)
    return Spec(x.dtype, ())


def _inner_kernel(x: np.ndarray, y: np.ndarray) -> Any:
    if x.dtype in _BLAS and x.size <= _MAX_DOT:
        return np.asarray(np.dot(x.reshape(-1), y.reshape(-1)))
    return np.add.reduce(np.multiply(x, y), axis=None, dtype=x.dtype)


# BLAS adds in a few lanes where NumPy's sum adds pairwise; beyond this size that costs digits.
_MAX_DOT = 65536
_BLAS = {np.dtype(np.float32): True, np.dtype(np.float64): True}


def _inner_samples(draw: Draw) -> Iterable[Sample]:
    for shape in ((), (0,), (5,), (2, 3)):
        yield Sample(draw.reals(*shape), draw.reals(*shape))
    yield Sample(draw.ints(4), draw.ints(4), grad=False)


inner_p = primitive(
    "InnerProduct",
    infer=_inner_infer,
    kernel=_inner_kernel,
    vjp=lambda ctx, dy: (dy * ctx.inputs[1], dy * ctx.inputs[0]),
    lower=contraction("inner"),
    samples=_inner_samples,
)


def sum_of_products(dy: Any, y: Any, like: Any) -> Any:
    """`sum_to_shape_of(dy * y, like)`: the gradient of a product, in one pass for a scalar `like`.

    Args:
      dy: cotangent of the product.
      y: the other factor, conjugated.
      like: the factor that the gradient is for.

    Returns:
      A tensor of `like`'s shape.
    """
    if type(like) is EagerTensor and not like._array.ndim and type(dy) is EagerTensor:
        if type(y) is EagerTensor and y._array.ndim and dy._array.shape == y._array.shape:
            return run(inner_p, (dy, y), NO_ATTRS)
    return sum_to_shape_of(dy * y, like)
