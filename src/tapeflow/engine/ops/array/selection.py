"""Choosing elements by a condition: `where`, masks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    broadcast,
    reject,
    reject_values,
    require_dtype,
    require_same_dtype,
)
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import concatenation, creation, dimensions, gathering, shaping
from tapeflow.engine.ops.array.arguments import to_axis, to_same_dtype
from tapeflow.engine.ops.math.broadcasting import sum_to_shape_of
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import Tensor
from tapeflow.engine.tracing.deferral import planned


def _where_infer(condition: Spec) -> Spec:
    require_dtype(condition, dtypes.NUMERIC | dtypes.BOOL, "condition")
    if condition.rank == 0:
        reject_values("condition: expected rank >= 1; received a scalar")
    return Spec(dtypes.int64, (None, condition.rank))


def _where_samples(draw: Draw) -> Iterable[Sample]:
    for shape in ((4,), (2, 3), (0,), (2, 0)):
        yield Sample(draw.bools(*shape))
    yield Sample(np.array([0.0, -0.0, np.nan, 2.0], np.float32))
    yield Sample(draw.ints(5, high=2))


where_p = primitive(
    "Where",
    infer=_where_infer,
    kernel=lambda condition: np.argwhere(condition).astype(np.int64, copy=False),
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_where_samples,
)


def _select_infer(condition: Spec, t: Spec, e: Spec) -> Spec:
    if condition.dtype is not dtypes.bool:
        reject(f"condition: expected dtype bool; received {condition.dtype.name}")
    require_same_dtype(t, e)
    return Spec(t.dtype, broadcast(condition.shape, broadcast(t.shape, e.shape)))


def _select_vjp(ctx: Any, dy: Any) -> Any:
    condition, t, e = ctx.inputs
    _, t_wanted, e_wanted = ctx.needs
    zero = creation.zeros([], dy.dtype)
    dt = de = None
    if t_wanted:
        dt = sum_to_shape_of(apply(select_p, condition, dy, zero), t)
    if e_wanted:
        de = sum_to_shape_of(apply(select_p, condition, zero, dy), e)
    return None, dt, de


def _select_samples(draw: Draw) -> Iterable[Sample]:
    shapes: tuple[tuple[tuple[int, ...], ...], ...] = (
        ((2, 3), (2, 3), (2, 3)), ((), (2,), (2,)), ((2, 1), (3,), ()), ((3,), (), ()),
        ((0,), (1,), ()), ((2, 0), (1, 1), (2, 1)), ((), (), ()),
    )  # fmt: skip
    for c, t, e in shapes:
        yield Sample(draw.bools(*c), draw.reals(*t), draw.reals(*e))
    yield Sample(draw.bools(4), draw.ints(4), draw.ints(1), grad=False)
    odd = np.array([np.nan, np.inf, -0.0], np.float32)
    yield Sample(np.array([True, False, True]), odd, odd[::-1].copy(), grad=False)


select_p = primitive(
    "SelectV2",
    infer=_select_infer,
    kernel=lambda condition, t, e: np.where(condition, t, e),
    vjp=_select_vjp,
    lower=lambda b, condition, t, e: b.select(condition, t, e),
    samples=_select_samples,
)


@export("where")
def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Any:
    """Chooses elements of `x` or `y`, or gives the places where a condition holds.

    Args:
      condition: bool tensor; without `x` and `y` a number counts as true unless it is 0.
      x: tensor of what to take where the condition holds; broadcasts with the others.
      y: tensor of what to take elsewhere, of the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A tensor of the dtype of `x`; without `x` and `y` an int64 tensor `[n, rank]` of indices in
      row-major order.

    Raises:
      ValueError: when only one of `x` and `y` is given.
      tf.errors.InvalidArgumentError: when shapes do not broadcast or dtypes differ.

    Example:
      >>> import tapeflow as tf
      >>> tf.where([True, False], [1, 2], 0).numpy()
      array([1, 0], dtype=int32)
      >>> tf.where([False, True, True]).numpy()
      array([[1],
             [2]])
    """
    if x is None and y is None:
        return apply(where_p, convert(condition, hint=dtypes.bool))
    if x is None or y is None:
        raise ValueError("where: expected both of x and y, or neither; received one of them")
    if isinstance(condition, (np.ndarray, np.generic)) and condition.dtype.kind in "biufc":
        condition = convert(condition != 0)
    elif not isinstance(condition, Tensor):
        condition = convert(condition, dtypes.bool)
    x, y = to_same_dtype([x, y])
    return apply(select_p, condition, x, y)


@export("boolean_mask")
@planned(
    values=("axis",),
    result=lambda tensor, **_: Spec(convert(tensor).dtype, None),
)
def boolean_mask(tensor: Any, mask: Any, axis: Any = None, name: str = "boolean_mask") -> Any:
    """Keeps the slices where a mask is true.

    Args:
      tensor: tensor of rank `n`.
      mask: bool tensor of a rank from 1 to `n`, whose shape is that of `tensor` from dimension
        `axis` on.
      axis: the dimension of `tensor` where the mask begins, 0 by default.
      name: ignored in eager mode.

    Returns:
      A tensor in which the masked dimensions have become one.

    Raises:
      ValueError: when the mask is a scalar or its shape does not fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.boolean_mask([1, 2, 3], [True, False, True]).numpy()
      array([1, 3], dtype=int32)
    """
    tensor, mask = convert(tensor), convert(mask)
    rank = mask.shape.ndims
    if rank == 0:
        raise ValueError("mask cannot be scalar.")
    if rank is None:
        raise ValueError("boolean_mask: mask: expected a known rank")
    start = 0 if axis is None else to_axis(axis, "boolean_mask")
    whole = tensor.shape
    whole[start : start + rank].assert_is_compatible_with(mask.shape)
    if start < 0 and whole.ndims is not None:
        start += whole.ndims
    dims = shaping.shape(tensor)
    merged = concatenation.concat([dims[:start], [-1], dims[start + rank :]], 0)
    flat = shaping.reshape(tensor, merged)
    places = dimensions.squeeze(where(shaping.reshape(mask, [-1])), [1])
    return gathering.gather(flat, places, axis=start)
