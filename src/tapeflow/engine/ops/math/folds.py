"""Reductions other than sums and means: products, extrema, and, or, the Euclidean norm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.primitive import NOT_DIFFERENTIABLE, Primitive, primitive, reduction
from tapeflow.engine.ops.array import shaping
from tapeflow.engine.ops.math import comparison, scans
from tapeflow.engine.ops.math.arithmetic import conjugate, multiply, realdiv
from tapeflow.engine.ops.math.casting import cast
from tapeflow.engine.ops.math.reductions import (
    _reduce,
    reduce_sum,
    reduces,
    reduction_samples,
    restore_dims,
    spread,
)
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import Tensor


def _prod_kernel(input: np.ndarray, axis: Any, keep_dims: bool) -> Any:
    dtype = input.dtype
    if dtype.itemsize == 2 and dtype.kind in "fV":  # halves are multiplied in single precision
        total = np.multiply.reduce(input.astype(np.float32), axis=axis, keepdims=keep_dims)
        return np.asarray(total).astype(dtype)
    return np.multiply.reduce(input, axis=axis, keepdims=keep_dims, dtype=dtype)


def _prod_vjp(ctx: Any, dy: Any) -> Any:
    """Each element gets the product of the others: those before it times those after it."""
    from tapeflow.engine.ops.array.dimensions import transpose

    x = ctx.inputs[0]
    axis, keep_dims = ctx.attrs["axis"], ctx.attrs["keep_dims"]
    rank = x.shape.ndims
    folded = list(range(rank)) if axis is None else [a % rank for a in axis]
    if not folded:
        return (dy,)
    kept = [i for i in range(rank) if i not in folded]
    order = folded + kept
    moved = transpose(x, order)
    sizes = shaping.shape(moved)
    lead = len(folded)
    flat = shaping.reshape(moved, _merged(sizes, moved, lead))
    before = scans.cumprod(flat, axis=0, exclusive=True)
    after = scans.cumprod(flat, axis=0, exclusive=True, reverse=True)
    others = shaping.reshape(multiply(conjugate(before), conjugate(after)), sizes)
    inverse = [order.index(i) for i in range(rank)]
    return (multiply(spread(dy, x, axis, keep_dims), transpose(others, inverse)),)


def _merged(sizes: Any, moved: Any, lead: int) -> Any:
    """The shape of `moved` with its first `lead` dimensions made one."""
    rest = moved.shape[lead:]
    if moved.shape.is_fully_defined():
        count = 1
        for n in moved.shape[:lead].as_list():
            count *= n
        return [count, *rest.as_list()]
    from tapeflow.engine.ops.array.concatenation import concat

    return concat([shaping.reshape(reduce_prod(sizes[:lead]), [1]), sizes[lead:]], 0)


prod_p = primitive(
    "Prod",
    infer=reduces(dtypes.NUMERIC),
    kernel=_prod_kernel,
    vjp=_prod_vjp,
    lower=reduction("multiply"),
    samples=reduction_samples(dtypes.NUMERIC),
)


def _lowest(dtype: np.dtype) -> Any:
    kind = dtypes.FROM_NUMPY[dtype]
    return dtype.type(-np.inf) if kind.is_floating else kind.min


def _highest(dtype: np.dtype) -> Any:
    kind = dtypes.FROM_NUMPY[dtype]
    return dtype.type(np.inf) if kind.is_floating else kind.max


def _max_kernel(input: np.ndarray, axis: Any, keep_dims: bool) -> Any:
    if input.size:
        return np.maximum.reduce(input, axis=axis, keepdims=keep_dims)
    return np.maximum.reduce(input, axis=axis, keepdims=keep_dims, initial=_lowest(input.dtype))


def _min_kernel(input: np.ndarray, axis: Any, keep_dims: bool) -> Any:
    if input.size:
        return np.minimum.reduce(input, axis=axis, keepdims=keep_dims)
    return np.minimum.reduce(input, axis=axis, keepdims=keep_dims, initial=_highest(input.dtype))


def _extremum_vjp(ctx: Any, dy: Any) -> Any:
    """Shares the cotangent equally among the elements that attain the extremum."""
    x, y = ctx.inputs[0], ctx.outputs[0]
    axis, keep_dims = ctx.attrs["axis"], ctx.attrs["keep_dims"]
    if not keep_dims:
        y = restore_dims(y, x, axis)
        dy = restore_dims(dy, x, axis)
    chosen = cast(comparison.equal(x, y), dy.dtype)
    ties = reduce_sum(chosen, axis=axis, keepdims=True)
    return (multiply(realdiv(chosen, ties), dy),)


def _folding(name: str, kernel: Any, over: Any, vjp: Any, combine: str) -> Primitive:
    return primitive(
        name,
        infer=reduces(over),
        kernel=kernel,
        vjp=vjp,
        lower=reduction(combine),
        samples=reduction_samples(over, grad=vjp is not NOT_DIFFERENTIABLE),
    )


max_p = _folding("Max", _max_kernel, dtypes.REAL, _extremum_vjp, "maximum")
min_p = _folding("Min", _min_kernel, dtypes.REAL, _extremum_vjp, "minimum")


def _logical_kernel(fold: Any) -> Callable[..., Any]:
    return lambda input, axis, keep_dims: fold.reduce(input, axis=axis, keepdims=keep_dims)


def _booleans(value: Any) -> Any:
    """Converts a Python value to bool; a tensor stays as it is, and the op may reject it."""
    return value if isinstance(value, Tensor) else convert(value, dtypes.bool_)


all_p = _folding("All", _logical_kernel(np.logical_and), dtypes.BOOL, NOT_DIFFERENTIABLE, "and")
any_p = _folding("Any", _logical_kernel(np.logical_or), dtypes.BOOL, NOT_DIFFERENTIABLE, "or")


def _norm_kernel(input: np.ndarray, axis: Any, keep_dims: bool) -> Any:
    dtype = input.dtype
    if dtype.kind == "c":
        squares = (input * input.conj()).real
        return np.sqrt(np.add.reduce(squares, axis=axis, keepdims=keep_dims)).astype(dtype)
    if dtype.kind in "iu":
        squares = np.multiply(input, input)
        total = np.add.reduce(squares, axis=axis, keepdims=keep_dims, dtype=dtype)
        return np.sqrt(np.asarray(total).astype(np.float64)).astype(dtype)
    wide = input if dtype.itemsize >= 4 else input.astype(np.float32)
    total = np.add.reduce(np.square(wide), axis=axis, keepdims=keep_dims)
    return np.asarray(np.sqrt(total)).astype(dtype)


def _norm_vjp(ctx: Any, dy: Any) -> Any:
    x, y = ctx.inputs[0], ctx.outputs[0]
    axis, keep_dims = ctx.attrs["axis"], ctx.attrs["keep_dims"]
    if not keep_dims:
        y = restore_dims(y, x, axis)
        dy = restore_dims(dy, x, axis)
    return (multiply(x, realdiv(dy, y)),)


norm_p = primitive(
    "EuclideanNorm",
    infer=reduces(dtypes.NUMERIC),
    kernel=_norm_kernel,
    vjp=_norm_vjp,
    lower=reduction("euclidean_norm"),
    samples=reduction_samples(dtypes.NUMERIC),
)


@export("math.reduce_prod", "reduce_prod")
def reduce_prod(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """Multiplies the elements along dimensions.

    Args:
      input_tensor: tensor of a numeric dtype.
      axis: the dimensions to fold, an int or a list; None folds all.
      keepdims: whether these dimensions stay, with size 1.
      name: ignored in eager mode.

    Returns:
      A tensor of the dtype of `input_tensor`; 1 where there is nothing to multiply.

    Raises:
      tf.errors.InvalidArgumentError: when an axis is out of range, or for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.reduce_prod([[1, 2], [3, 4]], axis=0).numpy()
      array([3, 8], dtype=int32)
    """
    return _reduce(prod_p, input_tensor, axis, keepdims)


@export("math.reduce_max", "reduce_max")
def reduce_max(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """Computes the greatest element along dimensions.

    Args:
      input_tensor: tensor of a real dtype.
      axis: the dimensions to fold, an int or a list; None folds all.
      keepdims: whether these dimensions stay, with size 1.
      name: ignored in eager mode.

    Returns:
      A tensor of the dtype of `input_tensor`; NaN where an element is NaN, the least value of the
      dtype where there is no element.

    Raises:
      tf.errors.InvalidArgumentError: when an axis is out of range, or for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.reduce_max([[1, 2], [3, 4]], axis=0).numpy()
      array([3, 4], dtype=int32)
    """
    return _reduce(max_p, input_tensor, axis, keepdims)


@export("math.reduce_min", "reduce_min")
def reduce_min(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """Computes the least element along dimensions.

    Args:
      input_tensor: tensor of a real dtype.
      axis: the dimensions to fold, an int or a list; None folds all.
      keepdims: whether these dimensions stay, with size 1.
      name: ignored in eager mode.

    Returns:
      A tensor of the dtype of `input_tensor`; NaN where an element is NaN, the greatest value of
      the dtype where there is no element.

    Raises:
      tf.errors.InvalidArgumentError: when an axis is out of range, or for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.reduce_min([[1, 2], [3, 4]], axis=0).numpy()
      array([1, 2], dtype=int32)
    """
    return _reduce(min_p, input_tensor, axis, keepdims)


@export("math.reduce_all", "reduce_all")
def reduce_all(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """Tells whether all elements along dimensions hold.

    Args:
      input_tensor: tensor of bool.
      axis: the dimensions to fold, an int or a list; None folds all.
      keepdims: whether these dimensions stay, with size 1.
      name: ignored in eager mode.

    Returns:
      A bool tensor; True where there is no element.

    Raises:
      tf.errors.InvalidArgumentError: when an axis is out of range, or for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.reduce_all([[True, False], [True, True]], axis=0).numpy()
      array([ True, False])
    """
    return _reduce(all_p, _booleans(input_tensor), axis, keepdims)


@export("math.reduce_any", "reduce_any")
def reduce_any(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """Tells whether some element along dimensions holds.

    Args:
      input_tensor: tensor of bool.
      axis: the dimensions to fold, an int or a list; None folds all.
      keepdims: whether these dimensions stay, with size 1.
      name: ignored in eager mode.

    Returns:
      A bool tensor; False where there is no element.

    Raises:
      tf.errors.InvalidArgumentError: when an axis is out of range, or for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.reduce_any([[True, False], [False, False]], axis=0).numpy()
      array([ True, False])
    """
    return _reduce(any_p, _booleans(input_tensor), axis, keepdims)


@export("math.reduce_euclidean_norm")
def reduce_euclidean_norm(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """Computes the square root of the sum of squares along dimensions.

    Args:
      input_tensor: tensor of a numeric dtype; integers are rounded down.
      axis: the dimensions to fold, an int or a list; None folds all.
      keepdims: whether these dimensions stay, with size 1.
      name: ignored in eager mode.

    Returns:
      A tensor of the dtype of `input_tensor`.

    Raises:
      tf.errors.InvalidArgumentError: when an axis is out of range, or for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.reduce_euclidean_norm([[3.0, 4.0], [5.0, 12.0]], axis=1).numpy()
      array([ 5., 13.], dtype=float32)
    """
    return _reduce(norm_p, input_tensor, axis, keepdims)
