"""Limiting values, norms and the dtype's range."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    broadcast,
    elementwise,
    merge_dims,
    require_same_dtype,
)
from tapeflow.engine.ir.primitive import primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array.arguments import refuse
from tapeflow.engine.ops.math import arithmetic, comparison, complex_numbers, exponentials
from tapeflow.engine.ops.math.broadcasting import sum_to_shape_of
from tapeflow.engine.ops.math.casting import cast
from tapeflow.engine.ops.math.extrema import maximum, minimum
from tapeflow.engine.ops.math.logical import logical_not, logical_or
from tapeflow.engine.ops.math.reductions import reduce_sum
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.indexed_slices import IndexedSlices
from tapeflow.engine.runtime.tensor import Tensor

_CLIPPED = dtypes.REAL - {dtypes.uint32, dtypes.uint64}
_admitted = elementwise(_CLIPPED, missing={dtypes.uint32, dtypes.uint64})


def _clip_infer(t: Spec, clip_value_min: Spec, clip_value_max: Spec) -> Spec:
    require_same_dtype(t, clip_value_min, clip_value_max)
    _admitted(t)
    for bound, name in ((clip_value_min, "clip_value_min"), (clip_value_max, "clip_value_max")):
        merge_dims(t.shape, broadcast(t.shape, bound.shape), name)
    return Spec(t.dtype, t.shape)


def _clip_kernel(t: np.ndarray, low: np.ndarray, high: np.ndarray) -> Any:
    # The lower bound comes last: it wins where the bounds are the wrong way round.
    return np.maximum(np.minimum(t, high), low)


def _clip_vjp(ctx: Any, dy: Any) -> Any:
    x, low, high = ctx.inputs
    below, above = comparison.less(x, low), comparison.greater(x, high)
    within = logical_not(logical_or(below, above))

    def part(mask: Any, like: Any) -> Any:
        return sum_to_shape_of(arithmetic.multiply(dy, cast(mask, dy.dtype)), like)

    return (part(within, x), part(below, low), part(above, high))


def _clip_samples(draw: Draw) -> Any:
    for dtype in sorted(_CLIPPED, key=lambda d: d.name):
        smooth = dtype in (dtypes.float32, dtypes.float64)
        low, high = np.array(1, dtype.np), np.array(2, dtype.np)
        yield Sample(draw.reals(3, 4, low=0, dtype=dtype), low, high, grad=smooth)
    odd = np.array([np.nan, np.inf, -np.inf, 1.0, 2.0, 0.0], np.float32)
    yield Sample(odd, np.array(1, np.float32), np.array(2, np.float32), grad=False)
    yield Sample(draw.reals(2, 3), draw.reals(2, 3, low=-3, high=-1), draw.reals(2, 3, low=1))
    yield Sample(draw.reals(0), np.array(1, np.float32), np.array(2, np.float32), grad=False)


clip_by_value_p = primitive(
    "ClipByValue",
    infer=_clip_infer,
    kernel=_clip_kernel,
    vjp=_clip_vjp,
    lower=lambda b, t, low, high: b.maximum(b.minimum(t, high), low),
    samples=_clip_samples,
)


@export("clip_by_value")
def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any, name: str | None = None) -> Any:
    """Limits each element to the range from `clip_value_min` to `clip_value_max`.

    Args:
      t: tensor or `tf.IndexedSlices` of a real dtype.
      clip_value_min: the least value, a scalar or a tensor that broadcasts to the shape of `t`.
      clip_value_max: the greatest value, likewise.
      name: ignored in eager mode.

    Returns:
      A tensor (or `tf.IndexedSlices`) of the shape and dtype of `t`.

    Raises:
      ValueError: when a bound's shape is larger than that of `t`.
      tf.errors.InvalidArgumentError: when shapes do not broadcast, or dtypes differ.

    Example:
      >>> import tapeflow as tf
      >>> tf.clip_by_value([-10.0, -1.0, 0.5, 2.0], -1.0, 1.0).numpy()
      array([-1. , -1. ,  0.5,  1. ], dtype=float32)
    """
    values = convert(t.values if isinstance(t, IndexedSlices) else t)
    above = minimum(values, clip_value_max)
    values.shape.assert_is_compatible_with(above.shape)
    clipped = maximum(above, clip_value_min)
    values.shape.assert_is_compatible_with(clipped.shape)
    if isinstance(t, IndexedSlices):
        return IndexedSlices(clipped, t.indices, t.dense_shape)
    return clipped


@export("clip_by_norm")
def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None, name: str | None = None) -> Any:
    """Scales a tensor so that its Euclidean norm is at most `clip_norm`.

    Args:
      t: tensor or `tf.IndexedSlices` of a floating dtype.
      clip_norm: the greatest norm.
      axes: the dimensions over which norms are taken, an int or a list; None takes all.
      name: ignored in eager mode.

    Returns:
      A tensor (or `tf.IndexedSlices`) of the shape and dtype of `t`.

    Raises:
      tf.errors.InvalidArgumentError: when an axis is out of range, or for integers.

    Example:
      >>> import tapeflow as tf
      >>> tf.clip_by_norm([3.0, 4.0], 1.0).numpy()
      array([0.6, 0.8], dtype=float32)
    """
    from tapeflow.engine.ops.array.creation import ones_like
    from tapeflow.engine.ops.array.selection import where

    values = convert(t.values if isinstance(t, IndexedSlices) else t)
    squares = reduce_sum(arithmetic.multiply(values, values), axes, keepdims=True)
    positive = comparison.greater(squares, 0)
    # Twice where: the gradient of the root at 0 is infinite, and must not meet the other branch.
    safe = where(positive, squares, ones_like(squares))
    norm = where(positive, exponentials.sqrt(safe), squares)
    scaled = arithmetic.multiply(values, clip_norm)
    values.shape.assert_is_compatible_with(scaled.shape)
    clipped = arithmetic.truediv(scaled, maximum(norm, clip_norm))
    if isinstance(t, IndexedSlices):
        return IndexedSlices(clipped, t.indices, t.dense_shape)
    return clipped


def _sequence(t_list: Any) -> list[Any]:
    if not isinstance(t_list, Sequence) or isinstance(t_list, (str, bytes)):
        raise TypeError(f"`t_list` should be a sequence of tensors. Received {type(t_list)}.")
    return list(t_list)


@export("linalg.global_norm")
def global_norm(t_list: Any, name: str | None = None) -> Any:
    """Computes the Euclidean norm of all elements of several tensors together.

    Args:
      t_list: sequence of tensors, `tf.IndexedSlices` and None, of floating dtypes.
      name: ignored in eager mode.

    Returns:
      A scalar; 0 for no tensors.

    Raises:
      TypeError: when `t_list` is no sequence.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.global_norm([tf.constant([3.0]), None, tf.constant([[4.0]])]).numpy()
      np.float32(5.0)
    """
    halves = []
    for t in _sequence(t_list):
        if t is not None:
            values = convert(t.values if isinstance(t, IndexedSlices) else t)
            halves.append(_half_square(values))
    if not halves:
        return convert(0.0)
    total = halves[0]
    for half in halves[1:]:
        total = arithmetic.add(total, half)
    return exponentials.sqrt(arithmetic.multiply(total, 2))


def _half_square(values: Any) -> Any:
    """Half the sum of squares; TensorFlow takes the L2 loss here, which is for floats alone."""
    if not values.dtype.is_floating:
        message = f"t_list: expected floating dtypes; received {values.dtype.name}"
        raise refuse("L2Loss", message, about_dtype=True)
    return arithmetic.multiply(reduce_sum(arithmetic.square(values)), 0.5)


@export("clip_by_global_norm")
def clip_by_global_norm(
    t_list: Any, clip_norm: Any, use_norm: Any = None, name: str | None = None
) -> Any:
    """Scales several tensors by one number so that their global norm is at most `clip_norm`.

    Args:
      t_list: sequence of tensors, `tf.IndexedSlices` and None.
      clip_norm: the greatest norm, a scalar above 0.
      use_norm: the global norm, where it is known already: a scalar tensor.
      name: ignored in eager mode.

    Returns:
      A list of the scaled tensors, and the global norm before. Both are NaN where the norm is
      not finite.

    Raises:
      TypeError: when `t_list` is no sequence.

    Example:
      >>> import tapeflow as tf
      >>> clipped, norm = tf.clip_by_global_norm([tf.constant([3.0, 4.0])], 1.0)
      >>> clipped[0].numpy(), norm.numpy()
      (array([0.6, 0.8], dtype=float32), np.float32(5.0))
    """
    tensors = _sequence(t_list)
    norm = global_norm(tensors) if use_norm is None else use_norm
    dtype = norm.dtype
    # The second factor is NaN for an infinite or NaN norm, and so is every result then.
    scale = arithmetic.multiply(
        convert(clip_norm, dtype),
        minimum(
            arithmetic.truediv(convert(1.0, dtype), norm),
            arithmetic.truediv(convert(1.0, dtype), convert(clip_norm, dtype)),
        ),
    )
    finite = arithmetic.add(scale, arithmetic.subtract(norm, norm))
    clipped: list[Any] = []
    for t in tensors:
        if t is None:
            clipped.append(None)
        elif isinstance(t, IndexedSlices):
            rows = arithmetic.multiply(t.values, _as(finite, t.values))
            clipped.append(IndexedSlices(rows, t.indices, t.dense_shape))
        else:
            t = convert(t)
            clipped.append(arithmetic.multiply(t, _as(finite, t)))
    return clipped, norm


def _as(scale: Any, like: Tensor) -> Any:
    return cast(scale, like.dtype)


@export("dtypes.saturate_cast", "saturate_cast")
def saturate_cast(value: Any, dtype: Any, name: str | None = None) -> Any:
    """Converts to another dtype, taking values out of its range to the nearest one inside.

    Args:
      value: tensor of a numeric dtype.
      dtype: the wanted dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape of `value` and dtype `dtype`; complex values lose their imaginary part
      where `dtype` is real.

    Raises:
      TypeError: for strings and booleans.

    Example:
      >>> import tapeflow as tf
      >>> tf.saturate_cast([300.0, -5.0, 3.7], tf.uint8).numpy()
      array([255,   0,   3], dtype=uint8)
    """
    value = convert(value)
    target = as_dtype(dtype)
    if value.dtype.is_complex:
        if target.is_complex:
            if value.dtype is target or target is dtypes.complex128:
                return cast(value, target)
            part = complex_numbers.part_dtype(target)
            return complex_numbers.complex(
                saturate_cast(complex_numbers.real(value), part),
                saturate_cast(complex_numbers.imag(value), part),
            )
        value = complex_numbers.real(value)
    real_target = complex_numbers.part_dtype(target) if target.is_complex else target
    low, high = _limits(value.dtype, real_target)
    if low is None and high is None:
        return cast(value, target)
    low = value.dtype.min if low is None else low
    high = value.dtype.max if high is None else high
    bounds = [convert(np.asarray(b, value.dtype.np)) for b in (low, high)]
    return cast(apply(clip_by_value_p, value, *bounds), target)


def _limits(source: Any, target: Any) -> tuple[Any, Any]:
    """The bounds of `target` that values of `source` may cross, as values of `source`."""
    source_min, source_max = source.min, source.max
    if not (target.is_integer or target.is_floating):
        raise TypeError(f"saturate_cast: expected a numeric dtype; received {target.name}")
    low = high = None
    if source_min < target.min:
        low = _inside(source, target.min, np.inf)
    if source_max > target.max:
        high = _inside(source, target.max, -np.inf)
    return low, high


def _inside(source: Any, bound: Any, towards: float) -> Any:
    """`bound` in dtype `source`, or the next value inside of it where rounding went too far."""
    if source.is_integer:
        return int(bound)
    near = source.np.type(bound)
    too_far = float(near) < bound if towards > 0 else float(near) > bound
    return np.nextafter(near, source.np.type(0)) if too_far else near
