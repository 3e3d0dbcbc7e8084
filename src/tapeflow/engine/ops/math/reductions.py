"""Folding dimensions away: sums and means."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    merge_dims,
    reduce_dims,
    require_dtype,
    require_same_dtype,
)
from tapeflow.engine.ir.primitive import movement, primitive, reduction
from tapeflow.engine.ir.samples import Draw, Sample, Sampler
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import shaping
from tapeflow.engine.ops.array.arguments import refuse, to_ints
from tapeflow.engine.ops.math import broadcasting
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.runtime.dispatch import apply, run
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor


def to_axes(axis: Any, rank: int | None) -> Any:
    """Normalises an `axis` argument: None (all), an int, a list, or an integer tensor.

    Returns:
      A tuple or None; a symbolic vector for a tensor whose values are not known yet.
    """
    if axis is None:
        return None if rank is None else tuple(range(rank))
    if type(axis) is int:
        return (axis,)
    known = static_value(axis)
    if known is None:
        return to_ints(axis, "Reduction", "axis")
    if known.dtype.kind not in "iub" and known.size:
        if known.dtype.kind == "O":
            raise refuse("Reduction", "axis: expected integers; received strings", True)
        raise TypeError(f"axis: expected integers; received dtype {known.dtype}")
    return tuple(int(a) for a in known.reshape(-1))


def reduces(allowed: Collection[DType]) -> Callable[..., Spec]:
    """The shape rule of a reduction over attribute `axis` with `keep_dims`."""

    def rule(input: Spec, axis: tuple[int, ...] | None, keep_dims: bool) -> Spec:
        require_dtype(input, allowed)
        return Spec(input.dtype, reduce_dims(input.shape, axis, keep_dims))

    return rule


def reduction_samples(over: Collection[DType], grad: bool = True) -> Sampler:
    """Samples over axes, `keep_dims`, dtypes, empty and scalar shapes, NaN and infinities."""

    def sample(draw: Draw) -> Iterator[Sample]:
        for dtype in sorted(over, key=lambda d: d.name):
            smooth = grad and dtype in (dtypes.float32, dtypes.float64)
            yield Sample(draw.reals(3, 4, dtype=dtype), axis=(0, 1), keep_dims=False, grad=smooth)
        smooth = grad and dtypes.float32 in over
        dtype = dtypes.float32 if dtypes.float32 in over else min(over, key=lambda d: d.name)
        for axis in ((0,), (1,), (-1, 0), (), (0, 1, 2)):
            for keep in (False, True):
                x = draw.reals(2, 3, 4, dtype=dtype)
                yield Sample(x, axis=axis, keep_dims=keep, grad=smooth)
        for shape, axis in (
            ((), ()),
            ((0,), (0,)),
            ((2, 0), (1,)),
            ((2, 0), (0,)),
            ((2, 0), (0, 1)),
        ):
            yield Sample(draw.reals(*shape, dtype=dtype), axis=axis, keep_dims=False, grad=False)
        if dtype.is_floating:
            odd = np.array([[np.nan, 1.0], [np.inf, 2.0], [np.inf, -np.inf], [0.0, -0.0]], dtype.np)
            yield Sample(odd, axis=(1,), keep_dims=False, grad=False)

    return sample


def spread(dy: Any, x: Any, axis: tuple[int, ...] | None, keep_dims: bool) -> Any:
    """Broadcasts the cotangent of a reduction back to the shape of its input `x`."""
    if not keep_dims and dy.shape._dims != ():
        dy = restore_dims(dy, x, axis)
    return broadcasting.broadcast_like(dy, x)


def restore_dims(y: Any, x: Any, axis: tuple[int, ...] | None) -> Any:
    """Reshapes a reduction's result so that the dimensions folded away are there, with size 1."""
    rank = x.shape.ndims
    if rank is None:
        return shaping.reshape(y, _unit_dims(x, axis))
    gone = set(range(rank)) if axis is None else {a % rank for a in axis}
    if isinstance(y, EagerTensor) and isinstance(x, EagerTensor):
        kept = [1 if i in gone else n for i, n in enumerate(x._array.shape)]
        return shaping.reshape(y, kept)
    from tapeflow.engine.ops.array.dimensions import expand_dims

    for i in sorted(gone):
        y = expand_dims(y, i)
    return y


def _unit_dims(x: Any, axis: tuple[int, ...] | None) -> Any:
    """The shape of `x` with 1 for the dimensions folded away, where not even the rank is known."""
    from tapeflow.engine.ops.array.creation import ones_like
    from tapeflow.engine.ops.array.dimensions import rank
    from tapeflow.engine.ops.array.scattering import tensor_scatter_nd_update

    dims = shaping.shape(x)
    if axis is None:
        return ones_like(dims)
    axes = (
        convert([[a] for a in axis]) if axis else shaping.reshape(convert([], dims.dtype), [0, 1])
    )
    count = rank(x)
    return tensor_scatter_nd_update(
        dims, (axes + count) % count, convert([1] * len(axis), dims.dtype)
    )


def _sum_kernel(input: np.ndarray, axis: Any, keep_dims: bool) -> Any:
    dtype = input.dtype
    if dtype.itemsize == 2 and dtype.kind in "fV":  # halves are summed in single precision
        total = np.add.reduce(input.astype(np.float32), axis=axis, keepdims=keep_dims)
        return np.asarray(total).astype(dtype)
    if input.ndim == 1 and not keep_dims and axis != ():
        return np.add.reduce(input, 0, dtype)  # twice as fast as spelling it out
    return np.add.reduce(input, axis=axis, keepdims=keep_dims, dtype=dtype)


sum_p = primitive(
    "Sum",
    infer=reduces(dtypes.NUMERIC),
    kernel=_sum_kernel,
    vjp=lambda ctx, dy: (spread(dy, ctx.inputs[0], **ctx.attrs),),
    lower=reduction("add"),
    samples=reduction_samples(dtypes.NUMERIC),
)


def _count(shape: tuple[int, ...], axis: tuple[int, ...] | None) -> int:
    if axis is None:
        return math.prod(shape)
    return math.prod([shape[a] for a in axis])


def _mean_kernel(input: np.ndarray, axis: Any, keep_dims: bool) -> Any:
    dtype = input.dtype
    kind = dtype.kind
    if kind == "f" and input.ndim == 1 and not keep_dims and axis != () and dtype.itemsize >= 4:
        return np.asarray(np.add.reduce(input) / dtype.type(input.size))
    count = _count(input.shape, axis)
    if (kind == "f" and dtype.itemsize >= 4) or kind == "c":
        total = np.add.reduce(input, axis=axis, keepdims=keep_dims)
        return total / dtype.type(count)
    if kind in "iu":
        # Summed in 64 bits, so that only those can overflow; the quotient is rounded towards zero.
        wide = np.dtype(np.int64 if kind == "i" else np.uint64)
        total = np.add.reduce(input, axis=axis, keepdims=keep_dims, dtype=wide)
        if not count:
            return np.zeros_like(total).astype(dtype)
        quotient = np.abs(total) // wide.type(count)
        return (np.sign(total) * quotient).astype(dtype)
    # Halves are summed in single precision; the sum is rounded before it is divided.
    total = np.add.reduce(input.astype(np.float32), axis=axis, keepdims=keep_dims)
    return np.asarray(total).astype(dtype) / np.float32(count).astype(dtype)


def _mean_grad_infer(dy: Spec, input: Spec, axis: Any, keep_dims: bool) -> Spec:
    require_same_dtype(dy, input)
    merge_dims(reduce_dims(input.shape, axis, keep_dims), dy.shape, "dy")
    return Spec(input.dtype, input.shape)


def _mean_grad_kernel(dy: np.ndarray, input: np.ndarray, axis: Any, keep_dims: bool) -> Any:
    dtype = dy.dtype
    if dy.ndim == 0 and dtype.kind == "f" and dtype.itemsize >= 4 and input.size:
        out = np.empty(input.shape, dtype)
        out.fill(dy.item() / input.size)
        return out
    count = input.size // dy.size if dy.size else 0
    share = np.asarray(dy / dtype.type(count))
    if share.ndim == 0:
        return shaping.broadcast_view(share, input.shape)
    if not keep_dims:
        gone = {a % input.ndim for a in axis}
        share = share.reshape([1 if i in gone else n for i, n in enumerate(input.shape)])
    return shaping.broadcast_view(share, input.shape)


def _mean_grad_samples(draw: Draw) -> Iterator[Sample]:
    for shape, axis, keep in (
        ((5,), (0,), False), ((2, 3), (0, 1), False), ((2, 3), (-1,), False), ((2, 3), (0,), True),
        ((), (), False), ((2, 0), (0,), False), ((2, 3), None, False),
    ):  # fmt: skip
        x = draw.reals(*shape)
        yield Sample(np.asarray(x.sum(axis, keepdims=keep)), x, axis=axis, keep_dims=keep)


# The transpose of `Mean` as a linear map; that of it is `Mean` again.
mean_grad_p = primitive(
    "MeanGrad",
    infer=_mean_grad_infer,
    kernel=_mean_grad_kernel,
    vjp=lambda ctx, ddy: (apply(mean_p, ddy, **ctx.attrs), None),
    lower=movement("broadcast"),
    samples=_mean_grad_samples,
)


def _mean_vjp(ctx: Any, dy: Any) -> Any:
    x = ctx.inputs[0]
    if type(x) is EagerTensor and type(dy) is EagerTensor:
        return (run(mean_grad_p, (dy, x), ctx.attrs),)
    return (apply(mean_grad_p, dy, x, **ctx.attrs),)


mean_p = primitive(
    "Mean",
    infer=reduces(dtypes.NUMERIC),
    kernel=_mean_kernel,
    vjp=_mean_vjp,
    lower=reduction("mean"),
    samples=reduction_samples(
        dtypes.FLOATING | dtypes.COMPLEX | {dtypes.int32, dtypes.int64, dtypes.uint8}
    ),
)


_NUMERIC = {d.np: True for d in dtypes.NUMERIC}
_ALL = {"axis": None, "keep_dims": False}


def _reduce(prim: Any, x: Any, axis: Any, keepdims: Any) -> Any:
    if type(x) is not EagerTensor and not isinstance(x, Tensor):
        x = convert(x)
    rank = x._array.ndim if type(x) is EagerTensor else x.shape.ndims
    return apply(prim, x, axis=to_axes(axis, rank), keep_dims=bool(keepdims))


@export("math.reduce_sum", "reduce_sum")
def reduce_sum(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """Sums the elements along dimensions.

    Args:
      input_tensor: tensor of a numeric dtype.
      axis: the dimensions to fold, an int or a list; None folds all.
      keepdims: whether these dimensions stay, with size 1.
      name: ignored in eager mode.

    Returns:
      A tensor of the dtype of `input_tensor`.

    Raises:
      tf.errors.InvalidArgumentError: when an axis is out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.reduce_sum([[1, 2], [3, 4]], axis=0).numpy()
      array([4, 6], dtype=int32)
    """
    x = input_tensor
    if axis is None and keepdims is False and type(x) is EagerTensor and x._array.dtype in _NUMERIC:
        return run(sum_p, (x,), _ALL)  # nothing can be wrong with folding all dimensions
    return _reduce(sum_p, x, axis, keepdims)


@export("math.reduce_mean", "reduce_mean")
def reduce_mean(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """Averages the elements along dimensions.

    Args:
      input_tensor: tensor of a numeric dtype; the mean of integers is rounded towards zero.
      axis: the dimensions to fold, an int or a list; None folds all.
      keepdims: whether these dimensions stay, with size 1.
      name: ignored in eager mode.

    Returns:
      A tensor of the dtype of `input_tensor`; NaN for the mean of no floats.

    Raises:
      tf.errors.InvalidArgumentError: when an axis is out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.reduce_mean([1.0, 2.0, 6.0]).numpy()
      np.float32(3.0)
    """
    x = input_tensor
    if axis is None and keepdims is False and type(x) is EagerTensor and x._array.dtype in _NUMERIC:
        return run(mean_p, (x,), _ALL)  # nothing can be wrong with folding all dimensions
    return _reduce(mean_p, x, axis, keepdims)
