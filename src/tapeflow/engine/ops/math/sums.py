"""Sums of several tensors, scaling, polynomials, squared differences, evenly spaced numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import current_recorders, state
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    elementwise,
    reject,
    require_dtype,
    require_same_dtype,
    shape_text,
)
from tapeflow.engine.ir.primitive import primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.samples import binary as binary_samples
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array.arguments import refuse
from tapeflow.engine.ops.math.arithmetic import add, multiply, negative, realdiv, subtract
from tapeflow.engine.ops.math.broadcasting import sum_to_shape_of
from tapeflow.engine.ops.math.casting import cast
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.runtime.dispatch import apply, binary
from tapeflow.engine.runtime.indexed_slices import IndexedSlices
from tapeflow.engine.runtime.tensor import Tensor
from tapeflow.engine.tracing.deferral import deferred


def _add_n_infer(*inputs: Spec) -> Spec:
    require_same_dtype(*inputs)
    require_dtype(inputs[0], dtypes.NUMERIC, "inputs")
    dims = inputs[0].shape
    for i, spec in enumerate(inputs[1:], 1):
        shape = spec.shape
        if dims is None or shape is None:
            dims = shape if dims is None else dims
            continue
        differ = len(dims) != len(shape) or any(
            m is not None and n is not None and m != n for m, n in zip(dims, shape, strict=True)
        )
        if differ:
            reject(
                f"inputs[{i}]: expected shape {shape_text(dims)}, as of those before; received "
                f"{shape_text(shape)}"
            )
        dims = tuple(n if m is None else m for m, n in zip(dims, shape, strict=True))
    return Spec(inputs[0].dtype, dims)


def _add_n_kernel(*inputs: np.ndarray) -> np.ndarray:
    if len(inputs) == 1:
        return inputs[0]
    total = np.add(inputs[0], inputs[1], out=np.empty_like(inputs[0]))
    for x in inputs[2:]:
        np.add(total, x, out=total)
    return total


def _add_n_samples(draw: Draw) -> Any:
    for dtype in sorted(dtypes.NUMERIC, key=lambda d: d.name):
        smooth = dtype in (dtypes.float32, dtypes.float64)
        yield Sample(*(draw.reals(2, 3, dtype=dtype) for _ in range(3)), grad=smooth)
    yield Sample(draw.reals(2))
    yield Sample(draw.reals(), draw.reals())
    yield Sample(draw.reals(0, 2), draw.reals(0, 2), grad=False)


add_n_p = primitive(
    "AddN",
    infer=_add_n_infer,
    kernel=_add_n_kernel,
    vjp=lambda ctx, dy: (dy,) * len(ctx.inputs),
    lower=lambda b, *xs: _fold_add(b, xs),
    samples=_add_n_samples,
)


def _fold_add(b: Any, xs: Any) -> Any:
    total = xs[0]
    for x in xs[1:]:
        total = b.add(total, x)
    return total


def _listed(inputs: Any) -> list[Any]:
    message = (
        "Inputs must be an iterable of at least one Tensor/IndexedSlices with the same dtype and "
        f"shape; received {inputs!r}"
    )
    items = list(inputs)
    if not items or any(x is None for x in items):
        raise ValueError(message)
    try:
        return [convert(x) for x in items]
    except (TypeError, ValueError) as error:
        if isinstance(error, ValueError) and "dense_shape" in str(error):
            raise
        raise ValueError(message) from error


@export("math.add_n", "add_n")
def add_n(inputs: Any, name: str | None = None) -> Any:
    """Adds up tensors of one shape and dtype.

    Args:
      inputs: list of tensors or `tf.IndexedSlices` (or one tensor, whose rows are added up).
      name: ignored in eager mode.

    Returns:
      A tensor of their shape and dtype.

    Raises:
      ValueError: for an empty list, or elements that are no tensors.
      tf.errors.InvalidArgumentError: when shapes or dtypes differ.

    Example:
      >>> import tapeflow as tf
      >>> tf.add_n([[1, 2], [3, 4], [5, 6]]).numpy()
      array([ 9, 12], dtype=int32)
    """
    return apply(add_n_p, *_listed(inputs))


@export("math.accumulate_n")
def accumulate_n(
    inputs: Any, shape: Any = None, tensor_dtype: Any = None, name: str | None = None
) -> Any:
    """Adds up tensors of one shape and dtype.

    Args:
      inputs: list of tensors.
      shape: their expected shape.
      tensor_dtype: their expected dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of their shape and dtype.

    Raises:
      ValueError: for an empty list, when shapes or dtypes differ from each other or from `shape`.
      TypeError: when `tensor_dtype` is another dtype than theirs.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.accumulate_n([[1, 2], [3, 4]]).numpy()
      array([4, 6], dtype=int32)
    """
    from tapeflow.engine.core.shapes import TensorShape

    if not isinstance(inputs, (list, tuple)) or not inputs:
        raise ValueError(
            "inputs must be a list of at least one Tensor with the same dtype and shape"
        )
    tensors = [convert(x) for x in inputs]
    if any(t.dtype is not tensors[0].dtype for t in tensors):
        raise ValueError(
            "inputs must be a list of at least one Tensor with the same dtype and shape"
        )
    merged = TensorShape(shape)
    for t in tensors:
        merged = merged.merge_with(t.shape)
    if tensor_dtype is not None and tensor_dtype != tensors[0].dtype:
        raise TypeError(f"tensor_dtype is {tensor_dtype}, but input is of type {tensors[0].dtype}")
    return tensors[0] if len(tensors) == 1 else apply(add_n_p, *tensors)


@export("math.scalar_mul", "scalar_mul")
def scalar_mul(scalar: Any, x: Any, name: str | None = None) -> Any:
    """Multiplies a tensor, or the rows of an `IndexedSlices`, by a number.

    Args:
      scalar: a number or scalar tensor; it takes the dtype of `x`.
      x: tensor, variable or `tf.IndexedSlices`.
      name: ignored in eager mode.

    Returns:
      A tensor or `tf.IndexedSlices` of the shape and dtype of `x`.

    Raises:
      ValueError: when `scalar` is not a scalar.

    Example:
      >>> import tapeflow as tf
      >>> tf.scalar_mul(2.0, tf.constant([1.0, 2.0])).numpy()
      array([2., 4.], dtype=float32)
    """
    x = x if isinstance(x, IndexedSlices) else convert(x)
    scalar = convert(scalar, x.dtype)
    rank = scalar.shape.ndims
    if rank:
        raise ValueError(f"The input scalar must be a 0-D value. Received shape {scalar.shape}.")
    if isinstance(x, IndexedSlices):
        return IndexedSlices(multiply(scalar, x.values), x.indices, x.dense_shape)
    return multiply(scalar, x)


@export("math.polyval")
def polyval(coeffs: Any, x: Any, name: str | None = None) -> Any:
    """Evaluates a polynomial elementwise, by Horner's rule.

    Args:
      coeffs: list of coefficients (numbers or tensors that broadcast), that of the highest power
        first.
      x: tensor, the variable.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape of `x` and the coefficients; 0 for no coefficients.

    Raises:
      ValueError: when `coeffs` is no list.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.polyval([1.0, 2.0, 3.0], [0.0, 2.0]).numpy()
      array([ 3., 11.], dtype=float32)
    """
    if not isinstance(coeffs, list):
        raise ValueError(f"Argument coeffs must be list type. Received type {type(coeffs)}.")
    x = convert(x)
    if not coeffs:
        from tapeflow.engine.ops.array.creation import zeros_like

        return zeros_like(x)
    terms = [convert(c) for c in coeffs]
    total = terms[0]
    for term in terms[1:]:
        total = add(term, multiply(total, x))
    return total


_SQUARED = dtypes.FLOATING | dtypes.COMPLEX | dtypes.INDEX


def _squared_difference_kernel(x: np.ndarray, y: np.ndarray) -> Any:
    away = np.subtract(x, y)
    return away.conj() * away if x.dtype.kind == "c" else np.square(away)


def _squared_difference_vjp(ctx: Any, dy: Any) -> Any:
    x, y = ctx.inputs
    slope = multiply(multiply(2, dy), subtract(x, y))
    return (
        sum_to_shape_of(slope, x) if ctx.needs[0] else None,
        sum_to_shape_of(negative(slope), y) if ctx.needs[1] else None,
    )


squared_difference_p = primitive(
    "SquaredDifference",
    infer=elementwise(_SQUARED),
    kernel=_squared_difference_kernel,
    vjp=_squared_difference_vjp,
    lower=lambda b, x, y: b.mul(b.sub(x, y), b.sub(x, y)),
    samples=binary_samples(over=_SQUARED - dtypes.COMPLEX),
)


@export("math.squared_difference")
def squared_difference(x: Any, y: Any, name: str | None = None) -> Any:
    """Computes `conj(x - y) * (x - y)` elementwise, with broadcasting.

    Args:
      x: tensor of a floating, complex, int32 or int64 dtype.
      y: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape and the dtype of the inputs.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ, or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.squared_difference([1.0, 2.0], 4.0).numpy()
      array([9., 4.], dtype=float32)
    """
    return binary(squared_difference_p, x, y)


@export("linspace")
def linspace(start: Any, stop: Any, num: Any, name: str | None = None, axis: int = 0) -> Any:
    """Gives evenly spaced numbers from `start` to `stop`, both included.

    Args:
      start: the first number, a tensor; integers are computed in float64.
      stop: the last number, of the same dtype; the shapes broadcast.
      num: how many numbers, an integer scalar.
      name: ignored in eager mode.
      axis: where the new dimension of size `num` goes.

    Returns:
      A tensor of the broadcast shape with a dimension of size `num` put in at `axis`.

    Raises:
      TypeError: when `num` is no integer.
      ValueError: when the dtypes differ.
      tf.errors.InvalidArgumentError: when `axis` is out of range, or `num` is negative.

    Example:
      >>> import tapeflow as tf
      >>> tf.linspace(0.0, 1.0, 5).numpy()
      array([0.  , 0.25, 0.5 , 0.75, 1.  ], dtype=float32)
    """
    from tapeflow.engine.ops.array import concatenation, creation, dimensions, shaping

    start = convert(start)
    stop = convert(stop, start.dtype)
    if isinstance(axis, Tensor):
        return _linspace_along(start, stop, num, axis)
    if current_recorders() and state.tracer is not None and static_value(num) is None:
        dims = add(start, stop).shape._dims
        rank = None if dims is None else len(dims)
        if rank is not None and -rank - 1 <= axis <= rank:
            at = axis + rank + 1 if axis < 0 else axis
            dims = (*dims[:at], None, *dims[at:])
        dtype = dtypes.float64 if start.dtype.is_integer else start.dtype
        return deferred(
            "LinSpace",
            lambda a, b, n: linspace(a, b, n, axis=axis),
            [start, stop, convert(num)],
            Spec(dtype, dims),
        )
    count = _static_count(num)
    if start.dtype.is_integer:
        start, stop = cast(start, dtypes.float64), cast(stop, dtypes.float64)
    both = creation.zeros_like(add(start, stop))
    start, stop = add(start, both), add(stop, both)
    rank = start.shape.ndims or 0
    if not -rank - 1 <= axis <= rank:
        limits = f"[{-rank - 1}, {rank}]"
        raise refuse("LinSpace", f"axis: expected a number in {limits}; received {axis}")
    at = axis + rank + 1 if axis < 0 else axis
    first, last = dimensions.expand_dims(start, at), dimensions.expand_dims(stop, at)
    if count <= 1:
        shape = [*start.shape.as_list()]
        shape.insert(at, count)
        return shaping.broadcast_to(first, shape)
    dtype = start.dtype
    steps = convert(np.arange(1, count - 1).astype(dtype.np))
    sizes = [1] * (rank + 1)
    sizes[at] = count - 2
    step = realdiv(subtract(last, first), convert(count - 1, dtype))
    inner = add(first, multiply(step, shaping.reshape(steps, sizes)))
    return concatenation.concat([first, inner, last], at)


def _linspace_along(start: Any, stop: Any, num: Any, axis: Any) -> Any:
    """As `linspace`, along a dimension that is a tensor."""
    known = static_value(axis)
    if known is not None:
        return linspace(start, stop, num, axis=int(known))
    dims = add(start, stop).shape._dims
    return deferred(
        "LinSpace",
        lambda a, b, n, at: linspace(a, b, n, axis=at),
        [start, stop, convert(num), axis],
        Spec(
            dtypes.float64 if start.dtype.is_integer else start.dtype,
            None if dims is None else (None,) * (len(dims) + 1),
        ),
    )


def _static_count(num: Any) -> int:
    known = static_value(num)
    if known is None:
        raise TypeError("linspace: num: expected a number known when the function is traced")
    if known.dtype.kind not in "iu":
        raise TypeError(
            f"linspace: num: expected an integer; received {num!r} of dtype {known.dtype}"
        )
    count = int(known)
    if count < 0:
        raise refuse("LinSpace", f"num: expected a number >= 0; received {count}")
    return count


def _nextafter_vjp(ctx: Any, dy: Any) -> Any:
    x, y = ctx.inputs
    return (sum_to_shape_of(dy, x), sum_to_shape_of(multiply(dy, 0), y))


nextafter_p = primitive(
    "NextAfter",
    infer=elementwise({dtypes.float32, dtypes.float64}),
    kernel=np.nextafter,
    vjp=_nextafter_vjp,
    lower=lambda b, x, y: b.nextafter(x, y),
    samples=binary_samples(over={dtypes.float32, dtypes.float64}, grad=False),
)


@export("math.nextafter")
def nextafter(x1: Any, x2: Any, name: str | None = None) -> Any:
    """Gives the next representable number after `x1` in the direction of `x2`, elementwise.

    Args:
      x1: tensor of float32 or float64.
      x2: tensor of the same dtype; the shapes broadcast.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape and the dtype of the inputs.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes, or shapes that do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.nextafter([1.0], [2.0]).numpy()
      array([1.0000001], dtype=float32)
    """
    if not isinstance(x1, Tensor) and not isinstance(x2, Tensor):
        x1 = convert(x1, hint=dtypes.float32)
    return binary(nextafter_p, x1, x2)
