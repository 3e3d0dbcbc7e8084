"""Order: sorting, searching in what is sorted, distinct values, permutations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType, as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    at_run_time,
    merge_dims,
    normalize_axis,
    reject,
    reject_dtype,
    require_dtype,
    require_rank,
    require_same_dtype,
)
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, Primitive, indexed, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import dimensions, gathering, joining, shaping
from tapeflow.engine.ops.array.arguments import INDEX, require_kernel, to_axis
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply

_SORTABLE = dtypes.FLOATING | dtypes.INTEGERS


def _sort_infer(values: Spec, axis: int, descending: bool) -> Spec:
    require_dtype(values, _SORTABLE, "values")
    if values.shape is not None:
        normalize_axis(axis, len(values.shape))
    return Spec(values.dtype, values.shape)


def _order(values: np.ndarray, axis: int, descending: bool) -> np.ndarray:
    """Indices that sort; equal values stay in order, NaN goes last."""
    if not descending:
        return np.argsort(values, axis=axis, kind="stable")
    flipped = np.argsort(np.flip(values, axis), axis=axis, kind="stable")
    order = values.shape[axis] - 1 - np.flip(flipped, axis)
    if values.dtype.kind in "iu":
        return order
    # NaN came first, being last in the ascending order: to the end with it.
    wrong = np.take_along_axis(np.isnan(values), order, axis)
    if not wrong.any():
        return order
    return np.take_along_axis(order, np.argsort(wrong, axis=axis, kind="stable"), axis)


def _sort_kernel(values: np.ndarray, axis: int, descending: bool) -> np.ndarray:
    if not descending:
        return np.sort(values, axis=axis)
    return np.take_along_axis(values, _order(values, axis, True), axis)


def _sort_vjp(ctx: Any, dy: Any) -> Any:
    (values,) = ctx.inputs
    axis = ctx.attrs["axis"] % values.shape.ndims
    order = apply(argsort_p, values, **ctx.attrs)
    back = apply(argsort_p, order, axis=axis, descending=False)
    return (take_along(dy, back, axis),)


def take_along(values: Any, indices: Any, axis: int) -> Any:
    """`values` at `indices` along a dimension; the other dimensions of both are the same."""
    last = values.shape.ndims - 1
    if axis == last:
        return gathering.gather(values, indices, axis=axis, batch_dims=axis)
    perm = [*range(axis), *range(axis + 1, last + 1), axis]
    taken = gathering.gather(
        dimensions.transpose(values, perm), dimensions.transpose(indices, perm),
        axis=last, batch_dims=last,
    )  # fmt: skip
    return dimensions.transpose(taken, [*range(axis), last, *range(axis, last)])


def _sort_samples(draw: Draw) -> Iterable[Sample]:
    for descending in (False, True):
        for shape, axis in (((5,), 0), ((2, 4), 1), ((3, 2), -2), ((0,), 0), ((2, 0), 0)):
            yield Sample(draw.distinct(*shape), axis=axis, descending=descending)
        ties = np.array([3, 1, 3, 2, 1], np.int32)
        yield Sample(ties, axis=0, descending=descending, grad=False)
        odd = np.array([1.0, -0.0, 0.0, np.inf, -np.inf, 2.0], np.float32)
        yield Sample(odd, axis=0, descending=descending, grad=False)


sort_p = primitive(
    "Sort",  # Our own, as is ArgSort: TensorFlow composes them of TopKV2.
    infer=_sort_infer,
    kernel=_sort_kernel,
    vjp=_sort_vjp,
    lower=HOST,
    samples=_sort_samples,
)


def _argsort_infer(values: Spec, axis: int, descending: bool) -> Spec:
    return Spec(dtypes.int32, _sort_infer(values, axis, descending).shape)


argsort_p = primitive(
    "ArgSort",
    infer=_argsort_infer,
    kernel=lambda values, axis, descending: _order(values, axis, descending).astype(np.int32),
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_sort_samples,
)


def _sort(prim: Primitive, values: Any, axis: Any, direction: str) -> Any:
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(
            f"sort: direction: expected ASCENDING or DESCENDING; received {direction!r}"
        )
    axis = int(axis) if isinstance(axis, float) else to_axis(axis, prim.name)
    return apply(prim, convert(values), axis=axis, descending=direction == "DESCENDING")


@export("sort")
def sort(values: Any, axis: Any = -1, direction: str = "ASCENDING", name: str | None = None) -> Any:
    """Sorts along a dimension.

    Args:
      values: tensor of integers or floats, of rank 1 or more; NaN goes last.
      axis: the dimension.
      direction: `"ASCENDING"` or `"DESCENDING"`.
      name: ignored in eager mode.

    Returns:
      A tensor like `values`.

    Raises:
      ValueError: for another direction.
      tf.errors.InvalidArgumentError: when `axis` is out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.sort([3, 1, 2], direction="DESCENDING").numpy()
      array([3, 2, 1], dtype=int32)
    """
    return _sort(sort_p, values, axis, direction)


@export("argsort")
def argsort(
    values: Any,
    axis: Any = -1,
    direction: str = "ASCENDING",
    stable: bool = False,
    name: str | None = None,
) -> Any:
    """Gives the indices that sort along a dimension; equal values stay in order.

    Args:
      values: tensor of integers or floats, of rank 1 or more; NaN goes last.
      axis: the dimension.
      direction: `"ASCENDING"` or `"DESCENDING"`.
      stable: whether equal values must stay in order; they do in any case.
      name: ignored in eager mode.

    Returns:
      An int32 tensor of the shape of `values`.

    Raises:
      ValueError: for another direction.
      tf.errors.InvalidArgumentError: when `axis` is out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.argsort([3, 1, 2]).numpy()
      array([1, 2, 0], dtype=int32)
    """
    del stable
    return _sort(argsort_p, values, axis, direction)


def _bound_infer(sorted_inputs: Spec, values: Spec, out_type: DType) -> Spec:
    if out_type not in INDEX:
        reject_dtype(f"out_type: expected int32 or int64; received {out_type.name}")
    require_same_dtype(sorted_inputs, values)
    require_kernel(sorted_inputs, dtypes.FLOATING | dtypes.INTEGERS, "sorted_inputs")
    require_rank(sorted_inputs, 2, "sorted_inputs")
    require_rank(values, 2, "values")
    if sorted_inputs.shape is not None and values.shape is not None:
        with at_run_time():
            merge_dims(sorted_inputs.shape[:1], values.shape[:1], "values: leading dimension")
    return Spec(out_type, values.shape)


def _bound_kernel(side: str) -> Any:
    def kernel(sorted_inputs: np.ndarray, values: np.ndarray, out_type: DType) -> np.ndarray:
        out = np.empty(values.shape, out_type.np)
        for row, wanted, found in zip(sorted_inputs, values, out, strict=True):
            found[...] = np.searchsorted(row, wanted, side)  # type: ignore[call-overload]
        if values.dtype.kind not in "iu":
            # Nothing is less than NaN, and NaN less than nothing.
            out[np.isnan(values)] = 0 if side == "left" else sorted_inputs.shape[1]
        return out

    return kernel


def _bound_samples(draw: Draw) -> Iterable[Sample]:
    for rows, size, count in ((1, 4, 5), (2, 3, 3), (1, 0, 2), (2, 2, 0)):
        ordered = np.sort(draw.ints(rows, size), axis=1)
        yield Sample(ordered, draw.ints(rows, count), out_type=dtypes.int32, grad=False)
    reals = np.array([[1.0, 1.0, 2.0]], np.float32)
    wanted = np.array([[0.0, 1.0, np.inf, np.nan]], np.float32)
    yield Sample(reals, wanted, out_type=dtypes.int64, grad=False)


lower_bound_p = primitive(
    "LowerBound",
    infer=_bound_infer,
    kernel=_bound_kernel("left"),
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_bound_samples,
)

upper_bound_p = primitive(
    "UpperBound",
    infer=_bound_infer,
    kernel=_bound_kernel("right"),
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_bound_samples,
)


@export("searchsorted")
def searchsorted(
    sorted_sequence: Any,
    values: Any,
    side: str = "left",
    out_type: Any = dtypes.int32,
    name: str | None = None,
) -> Any:
    """Finds where values would have to be inserted to keep a sequence sorted.

    Args:
      sorted_sequence: tensor `[..., n]`, ascending along the last dimension.
      values: tensor `[..., m]` of the same dtype and leading dimensions.
      side: `"left"` for the first such place, `"right"` for the last.
      out_type: int32 or int64.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape of `values`.

    Raises:
      ValueError: for another side.
      tf.errors.InvalidArgumentError: when shapes or dtypes do not fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.searchsorted([1, 3, 5], [3, 4]).numpy()
      array([1, 2], dtype=int32)
    """
    sequence, values = convert(sorted_sequence), convert(values)
    if side not in ("left", "right"):
        raise ValueError(f"searchsorted: side: expected 'left' or 'right'; received {side!r}")
    prim = lower_bound_p if side == "left" else upper_bound_p
    if sequence.shape.ndims == 1 and values.shape.ndims == 1:
        rows, wanted = dimensions.expand_dims(sequence, 0), dimensions.expand_dims(values, 0)
    else:
        rows, wanted = _as_rows(sequence), _as_rows(values)
    found = apply(prim, rows, wanted, out_type=as_dtype(out_type))
    return shaping.reshape(found, shaping.shape(values))


def _as_rows(x: Any) -> Any:
    return shaping.reshape(x, joining.stack([-1, shaping.shape(x)[-1]]))


def _no_entry(name: str) -> Any:
    def vjp(ctx: Any, *dys: Any) -> Any:
        raise LookupError(f"gradient registry has no entry for: {name}")

    return vjp


class Unique(NamedTuple):
    """Distinct values, and for each element which of them it is."""

    y: Any
    idx: Any


class UniqueWithCounts(NamedTuple):
    """Distinct values, for each element which of them it is, and how often each occurs."""

    y: Any
    idx: Any
    count: Any


def _unique_infer(x: Spec, out_idx: DType) -> tuple[Spec, ...]:
    if out_idx not in INDEX:
        reject_dtype(f"out_idx: expected int32 or int64; received {out_idx.name}")
    require_rank(x, 1, "x")
    return Spec(x.dtype, (None,)), Spec(out_idx, x.shape)


def _distinct(x: np.ndarray, out_idx: DType) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct values in the order in which they come, places, counts."""
    _, first, inverse, counts = np.unique(
        x, return_index=True, return_inverse=True, return_counts=True, equal_nan=False
    )
    order = np.argsort(first)
    rank = np.empty(len(order), out_idx.np)
    rank[order] = np.arange(len(order))
    return x[first[order]], rank[inverse.reshape(-1)], counts[order].astype(out_idx.np)


def _unique_samples(draw: Draw) -> Iterable[Sample]:
    yield Sample(np.array([3, 1, 3, 2, 1], np.int32), out_idx=dtypes.int32, grad=False)
    yield Sample(draw.ints(0), out_idx=dtypes.int64, grad=False)
    odd = np.array([0.0, -0.0, np.nan, 1.0, np.nan], np.float32)
    yield Sample(odd, out_idx=dtypes.int32, grad=False)
    yield Sample(np.array([b"b", b"a", b"b"], object), out_idx=dtypes.int32, grad=False)
    yield Sample(draw.bools(4), out_idx=dtypes.int64, grad=False)


unique_p = primitive(
    "Unique",
    infer=_unique_infer,
    kernel=lambda x, out_idx: _distinct(x, out_idx)[:2],
    vjp=_no_entry("Unique"),
    lower=HOST,
    samples=_unique_samples,
)

unique_with_counts_p = primitive(
    "UniqueWithCounts",
    infer=at_run_time()(lambda x, out_idx: (*_unique_infer(x, out_idx), Spec(out_idx, (None,)))),
    kernel=_distinct,
    vjp=_no_entry("UniqueWithCounts"),
    lower=HOST,
    samples=_unique_samples,
)


@export("unique")
def unique(x: Any, out_idx: Any = dtypes.int32, name: str | None = None) -> Any:
    """Finds the distinct values of a vector.

    Args:
      x: vector.
      out_idx: dtype of the indices, int32 or int64.
      name: ignored in eager mode.

    Returns:
      A named tuple: `y`, the distinct values in the order in which they first occur, and `idx`,
      of the size of `x`, with `y[idx] == x`.

    Raises:
      tf.errors.InvalidArgumentError: when `x` is no vector.

    Example:
      >>> import tapeflow as tf
      >>> y, idx = tf.unique([4, 1, 4])
      >>> y.numpy(), idx.numpy()
      (array([4, 1], dtype=int32), array([0, 1, 0], dtype=int32))
    """
    return Unique(*apply(unique_p, convert(x), out_idx=as_dtype(out_idx)))


@export("unique_with_counts")
def unique_with_counts(x: Any, out_idx: Any = dtypes.int32, name: str | None = None) -> Any:
    """Finds the distinct values of a vector, and how often each occurs.

    Args:
      x: vector.
      out_idx: dtype of indices and counts, int32 or int64.
      name: ignored in eager mode.

    Returns:
      A named tuple: `y`, the distinct values in the order in which they first occur, `idx`, of the
      size of `x`, with `y[idx] == x`, and `count`, of the size of `y`.

    Raises:
      tf.errors.InvalidArgumentError: when `x` is no vector.

    Example:
      >>> import tapeflow as tf
      >>> tf.unique_with_counts([4, 1, 4]).count.numpy()
      array([2, 1], dtype=int32)
    """
    return UniqueWithCounts(*apply(unique_with_counts_p, convert(x), out_idx=as_dtype(out_idx)))


def _invert_infer(x: Spec) -> Spec:
    require_dtype(x, INDEX, "x")
    require_rank(x, 1, "x")
    return Spec(x.dtype, x.shape)


def _invert_kernel(x: np.ndarray) -> np.ndarray:
    size = len(x)
    if size and not (x.min() >= 0 and x.max() < size):
        reject(f"x: expected numbers in [0, {size}); received {x.tolist()}")
    out = np.full(size, -1, x.dtype)
    out[x] = np.arange(size, dtype=x.dtype)
    if size and out.min() < 0:
        reject(f"x: expected each number once; received {x.tolist()}")
    return out


def _invert_samples(draw: Draw) -> Iterable[Sample]:
    for size in (5, 1, 0):
        yield Sample(draw.rng.permutation(size).astype(np.int32), grad=False)
    yield Sample(np.array([1, 0], np.int64), grad=False)


invert_permutation_p = primitive(
    "InvertPermutation",
    infer=_invert_infer,
    kernel=_invert_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=indexed("invert_permutation"),
    samples=_invert_samples,
)


@export("math.invert_permutation")
def invert_permutation(x: Any, name: str | None = None) -> Any:
    """Inverts a permutation: `y[x[i]] == i`.

    Args:
      x: int32 or int64 vector that holds each of `0 ... n-1` once.
      name: ignored in eager mode.

    Returns:
      A vector like `x`.

    Raises:
      tf.errors.InvalidArgumentError: when `x` is no permutation.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.invert_permutation([2, 0, 1]).numpy()
      array([1, 2, 0], dtype=int32)
    """
    return apply(invert_permutation_p, convert(x, hint=dtypes.int32))
