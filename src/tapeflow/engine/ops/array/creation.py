"""Tensors from nothing: constants, zeros, ones, fills."""

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
from tapeflow.engine.ir.infer import reads_values, reject, shape_text
from tapeflow.engine.ir.primitive import movement, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array.arguments import refuse
from tapeflow.engine.ops.array.shaping import known_dims, reshape, shape, to_shape_tensor
from tapeflow.engine.runtime.convert import convert, in_graph
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor


@export("constant")
def constant(value: Any, dtype: Any = None, shape: Any = None, name: str = "Const") -> Any:
    """Makes a tensor of given values.

    Args:
      value: number, string, nested list, or NumPy array.
      dtype: dtype of the result; by default float32 for Python floats, int32 for ints.
      shape: shape of the result: a single value fills it, as many values as it has are reshaped.
      name: ignored in eager mode.

    Returns:
      A `tf.Tensor` of shape `shape` (default: the shape of `value`).

    Raises:
      TypeError: when a value does not fit `dtype`, or the number of values does not fit `shape`.
      ValueError: for ragged lists and values that are no tensors.

    Example:
      >>> import tapeflow as tf
      >>> tf.constant(0.5, shape=[2]).numpy()
      array([0.5, 0.5], dtype=float32)
    """
    target = None if dtype is None else as_dtype(dtype)
    if target is not None:
        if isinstance(value, Tensor) and value.dtype is not target:
            raise TypeError(
                f"constant: value: expected dtype {target.name}; received a tensor of dtype "
                f"{value.dtype.name} (tf.cast converts it)"
            )
    tensor = convert(value, target)
    if not isinstance(tensor, Tensor):
        raise ValueError(f"constant: value: cannot convert {type(value).__name__} to a tensor")
    if shape is None:
        return in_graph(tensor, value, name)
    wanted = TensorShape(shape)
    if tensor.shape == wanted:
        return in_graph(tensor, value, name)
    count = wanted.num_elements()
    have = tensor.shape.num_elements()
    if have == count:
        return reshape(tensor, wanted)
    if have == 1:
        return fill(wanted, reshape(tensor, []))
    raise TypeError(
        f"constant: expected {count} values (or one) for shape {wanted}; received {have} values, "
        f"shape {tensor.shape}"
    )


@reads_values(0)
def _fill_infer(dims: Spec, value: Spec) -> Spec:
    if value.shape not in (None, (), (1,), (None,)):
        reject(f"value: expected a scalar; received shape {shape_text(value.shape)}")
    sizes = known_dims(dims, "dims", scalar=True)
    if sizes is not None and any(d is not None and d < 0 for d in sizes):
        reject(f"dims: expected sizes >= 0; received {shape_text(sizes)}")
    return Spec(value.dtype, sizes)


def _fill_kernel(dims: np.ndarray, value: np.ndarray) -> np.ndarray:
    out = np.empty(dims.tolist(), value.dtype)
    out[...] = value.reshape(())
    return out


def _fill_vjp(ctx: Any, dy: Any) -> Any:
    from tapeflow.engine.ops.math.reductions import reduce_sum

    return (None, reduce_sum(dy))


def _fill_samples(draw: Draw) -> Iterable[Sample]:
    for dims in ((), (0,), (3,), (2, 3)):
        yield Sample(np.array(dims, np.int32), draw.reals())
    yield Sample(np.array((2,), np.int64), draw.ints(), grad=False)


fill_p = primitive(
    "Fill",
    infer=_fill_infer,
    kernel=_fill_kernel,
    vjp=_fill_vjp,
    lower=movement("broadcast"),
    samples=_fill_samples,
)


@export("fill")
def fill(dims: Any, value: Any, name: str | None = None, layout: Any = None) -> Any:
    """Makes a tensor of one value.

    Args:
      dims: sizes, `[rank]`, int32 or int64.
      value: scalar of any dtype.
      name: ignored in eager mode.
      layout: not supported; must be None.

    Returns:
      A tensor of shape `dims` and the dtype of `value`.

    Raises:
      tf.errors.InvalidArgumentError: when `value` is no scalar or a size is negative.

    Example:
      >>> import tapeflow as tf
      >>> tf.fill([2, 2], 7).numpy()
      array([[7, 7],
             [7, 7]], dtype=int32)
    """
    _require_no_layout(layout, "fill")
    return apply(fill_p, to_shape_tensor(dims), convert(value))


def _require_no_layout(layout: Any, function: str) -> None:
    if layout is not None:
        raise ValueError(f"{function}: layout: tensors are not distributed; received {layout!r}")


SMALL = 1000
"""Of fewer elements, zeros and ones are constants of a traced function, as in TensorFlow."""


def _filled(dims: Any, dtype: DType, value: int, name: str | None) -> Any:
    """A tensor of zeros or ones; without an operation when the shape is plain Python."""
    if type(dims) in (list, tuple) and dtype is not dtypes.string:
        recorders = current_recorders()
        if not (recorders and state.tracer is not None) and all(type(d) is int for d in dims):
            try:
                return EagerTensor((np.ones if value else np.zeros)(dims, dtype.np))
            except (ValueError, MemoryError):
                pass  # the operation says what is wrong
        if state.tracer is not None:
            known = _constant(dims, dtype, value, name)
            if known is not None:
                return known
        if state.tracer is not None and any(type(d) is float for d in dims):
            dims = [int(d) if type(d) is float else d for d in dims]  # as in TensorFlow's graphs
    sizes = to_shape_tensor(dims)
    if not isinstance(dims, Tensor) and not sizes.dtype.is_integer:
        sizes = convert(dims, dtypes.int32)
    scalar: Any = b"" if dtype is dtypes.string else bool(value) if dtype is dtypes.bool else value
    return apply(fill_p, sizes, convert(scalar, dtype))


def _constant(dims: Any, dtype: DType, value: int, name: str | None) -> Any:
    """Few zeros or ones, as a constant of the function that is traced."""
    if not all(type(d) is int and d >= 0 for d in dims) or prod(dims) >= SMALL:
        return None
    made = EagerTensor((np.ones if value else np.zeros)(dims, dtype.np))
    return state.tracer.constant_of(made, name or ("ones" if value else "zeros"))


@export("zeros")
def zeros(
    shape: Any, dtype: Any = dtypes.float32, name: str | None = None, layout: Any = None
) -> Any:
    """Makes a tensor of zeros (empty strings, False).

    Args:
      shape: sizes.
      dtype: dtype of the result.
      name: ignored in eager mode.
      layout: not supported; must be None.

    Returns:
      A tensor of shape `shape` and dtype `dtype`.

    Raises:
      tf.errors.InvalidArgumentError: when a size is negative.

    Example:
      >>> import tapeflow as tf
      >>> tf.zeros([2]).numpy()
      array([0., 0.], dtype=float32)
    """
    _require_no_layout(layout, "zeros")
    target = as_dtype(dtype)
    return _filled(shape, target, 0, name)


@export("ones")
def ones(
    shape: Any, dtype: Any = dtypes.float32, name: str | None = None, layout: Any = None
) -> Any:
    """Makes a tensor of ones (True for bool).

    Args:
      shape: sizes.
      dtype: dtype of the result.
      name: ignored in eager mode.
      layout: not supported; must be None.

    Returns:
      A tensor of shape `shape` and dtype `dtype`.

    Raises:
      tf.errors.InvalidArgumentError: when a size is negative.

    Example:
      >>> import tapeflow as tf
      >>> tf.ones([2], tf.int32).numpy()
      array([1, 1], dtype=int32)
    """
    _require_no_layout(layout, "ones")
    target = as_dtype(dtype)
    if target is dtypes.string:
        raise TypeError("ones: expected a numeric dtype or bool; received string")
    return _filled(shape, target, 1, name)


def _like(input: Any, dtype: Any, value: str) -> Any:
    tensor = convert(input)
    inside = getattr(tensor, "with_flat_values", None)
    if inside is not None:  # of a ragged tensor
        return inside(_like(tensor.flat_values, dtype, value))
    target = tensor.dtype if dtype is None else as_dtype(dtype)
    if target is dtypes.string and value == "ones":
        raise refuse("OnesLike", "input: expected a numeric dtype or bool; received string", True)
    make = zeros if value == "zeros" else ones
    if isinstance(tensor, EagerTensor):
        return make(tensor._array.shape, target)
    if tensor.shape.is_fully_defined():  # so that the values are not kept for their shape
        return make(tensor.shape.as_list(), target)
    return make(shape(tensor), target)


@export("zeros_like")
def zeros_like(input: Any, dtype: Any = None, name: str | None = None, layout: Any = None) -> Any:
    """Makes a tensor of zeros with the shape of another.

    Args:
      input: tensor.
      dtype: dtype of the result; by default that of `input`.
      name: ignored in eager mode.
      layout: not supported; must be None.

    Returns:
      A tensor of the shape of `input`.

    Example:
      >>> import tapeflow as tf
      >>> tf.zeros_like([[1, 2]]).numpy()
      array([[0, 0]], dtype=int32)
    """
    _require_no_layout(layout, "zeros_like")
    return _like(input, dtype, "zeros")


@export("ones_like")
def ones_like(input: Any, dtype: Any = None, name: str | None = None, layout: Any = None) -> Any:
    """Makes a tensor of ones with the shape of another.

    Args:
      input: tensor.
      dtype: dtype of the result; by default that of `input`.
      name: ignored in eager mode.
      layout: not supported; must be None.

    Returns:
      A tensor of the shape of `input`.

    Example:
      >>> import tapeflow as tf
      >>> tf.ones_like([0.5, 2.0]).numpy()
      array([1., 1.], dtype=float32)
    """
    _require_no_layout(layout, "ones_like")
    return _like(input, dtype, "ones")
