"""Segment reductions of chosen rows: `data[indices]` reduced by sorted segment ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    reads_values,
    reject,
    reject_values,
    require_dtype,
    require_rank,
)
from tapeflow.engine.ir.primitive import Primitive, indexed, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import shaping
from tapeflow.engine.ops.math import segments
from tapeflow.engine.ops.math.arithmetic import realdiv
from tapeflow.engine.ops.math.exponentials import sqrt
from tapeflow.engine.ops.math.sorted_segments import check_sorted
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.indexed_slices import IndexedSlices


def _rule(allowed: frozenset[Any], counted: bool) -> Callable[..., Spec]:
    def rule(
        data: Spec, indices: Spec, segment_ids: Spec, *rest: Spec, sparse_gradient: bool
    ) -> Spec:
        require_dtype(data, allowed, "data")
        for spec, name in ((indices, "indices"), (segment_ids, "segment_ids")):
            require_dtype(spec, dtypes.INDEX, name)
            require_rank(spec, 1, name)
        if data.shape is not None and not data.shape:
            reject("data: expected rank 1 or more; received a scalar")
        if indices.shape is not None and segment_ids.shape is not None:
            m, n = indices.shape[0], segment_ids.shape[0]
            if m is not None and n is not None and m != n:
                reject(f"segment_ids: expected one for each of {m} indices; received {n}")
        count = None
        ids = segment_ids.value
        if ids is not None:
            check_sorted(ids)
            count = int(ids[-1]) + 1 if ids.size else 0
        if counted:
            wanted = segments.segment_count(rest[0])
            if wanted is not None and count is not None and count > wanted:
                reject_values(
                    f"segment_ids: expected ids below num_segments, {wanted}; received {count - 1}"
                )
            count = wanted
        return Spec(data.dtype, None if data.shape is None else (count, *data.shape[1:]))

    return reads_values(2, 3)(rule) if counted else reads_values(2)(rule)


def _kernel(scale: Callable[[np.ndarray], np.ndarray] | None) -> Callable[..., np.ndarray]:
    def kernel(
        data: np.ndarray,
        indices: np.ndarray,
        segment_ids: np.ndarray,
        *rest: np.ndarray,
        sparse_gradient: bool,
    ) -> np.ndarray:
        if indices.size and not 0 <= indices.min() <= indices.max() < len(data):
            bad = np.flatnonzero((indices < 0) | (indices >= len(data)))[0]
            reject(f"indices[{bad}]: expected a row in [0, {len(data)}); received {indices[bad]}")
        count = int(rest[0]) if rest else (int(segment_ids[-1]) + 1 if segment_ids.size else 0)
        rows = data[indices]
        width = int(np.prod(rows.shape[1:]))
        flat = rows.reshape(len(rows), width)
        wide = flat.astype(np.float32) if data.dtype.itemsize == 2 and scale else flat
        total = segments.add_rows(wide, segment_ids, count)
        if scale is not None:
            sizes = np.maximum(np.bincount(segment_ids, minlength=count), 1)
            total = total / scale(sizes).astype(total.dtype)[:, None]
        return total.astype(data.dtype, copy=False).reshape(count, *data.shape[1:])

    return kernel


def _per_row(dy: Any, ids: Any, scaling: Callable[[Any], Any] | None, data: Any) -> Any:
    """The cotangent of each chosen row."""
    from tapeflow.engine.ops.array.gathering import gather

    if scaling is not None:
        counts = segments._rows_per_segment(ids, shaping.shape(dy)[0], data, dy.dtype)
        dy = realdiv(dy, scaling(counts))
    return gather(dy, ids)


def _vjp(scaling: Callable[[Any], Any] | None) -> Callable[..., Any]:
    def vjp(ctx: Any, dy: Any) -> Any:
        data, indices, ids = ctx.inputs[:3]
        rows = _per_row(dy, ids, scaling, data)
        nothing = (None,) * (len(ctx.inputs) - 1)
        if ctx.attrs["sparse_gradient"]:
            return (IndexedSlices(rows, indices, shaping.shape(data)), *nothing)
        count = shaping.shape(data)[0]
        return (segments.unsorted_segment_sum(rows, indices, count), *nothing)

    return vjp


def _samples(over: frozenset[Any], counted: bool) -> Callable[[Draw], Iterator[Sample]]:
    def sample(draw: Draw) -> Iterator[Sample]:
        rest = (np.array(5, np.int32),) if counted else ()
        ids = np.array([0, 0, 2, 3], np.int32)
        rows = np.array([2, 0, 2, 1], np.int32)
        for dtype in sorted(over, key=lambda d: d.name):
            smooth = dtype in (dtypes.float32, dtypes.float64)
            x = draw.reals(3, 2, low=0.5, dtype=dtype)
            yield Sample(x, rows, ids, *rest, sparse_gradient=False, grad=smooth)
        x = draw.reals(3)
        yield Sample(x, rows.astype(np.int64), ids.astype(np.int64), *rest, sparse_gradient=False)
        # No sample without indices: TensorFlow's gradient there is uninitialised memory.

    return sample


def _sparse(name: str, scale: Any, scaling: Any, over: Any, counted: bool) -> Primitive:
    return primitive(
        name + ("WithNumSegments" if counted else ""),
        infer=_rule(over, counted),
        kernel=_kernel(scale),
        vjp=_vjp(scaling),
        lower=indexed("gather_segment"),
        samples=_samples(over, counted),
    )


def _pair(name: str, scale: Any, scaling: Any, over: Any) -> tuple[Primitive, Primitive]:
    return (
        _sparse(name, scale, scaling, over, False),
        _sparse(name, scale, scaling, over, True),
    )


SUM = _pair("SparseSegmentSum", None, None, dtypes.REAL)
MEAN = _pair("SparseSegmentMean", lambda n: n, lambda n: n, dtypes.FLOATING)
SQRT_N = _pair("SparseSegmentSqrtN", np.sqrt, sqrt, dtypes.FLOATING)


def _apply(
    pair: Any, data: Any, indices: Any, ids: Any, num_segments: Any, sparse_gradient: bool
) -> Any:
    data, indices, ids = convert(data), convert(indices), convert(ids)
    sparse = bool(sparse_gradient)
    if num_segments is None:
        return apply(pair[0], data, indices, ids, sparse_gradient=sparse)
    return apply(pair[1], data, indices, ids, convert(num_segments), sparse_gradient=sparse)


@export("sparse.segment_sum")
def segment_sum(
    data: Any,
    indices: Any,
    segment_ids: Any,
    num_segments: Any = None,
    name: str | None = None,
    sparse_gradient: bool = False,
) -> Any:
    """Adds up chosen rows of each segment.

    Args:
      data: tensor `[rows, ...]` of a real dtype.
      indices: int32 or int64 tensor `[n]`: which rows to take.
      segment_ids: int32 or int64 tensor `[n]` of ids that do not decrease.
      num_segments: the number of segments; by default the last id plus 1.
      name: ignored in eager mode.
      sparse_gradient: whether the gradient of `data` is a `tf.IndexedSlices`.

    Returns:
      A tensor `[segments, ...]` of the dtype of `data`; 0 for a segment without rows.

    Raises:
      tf.errors.InvalidArgumentError: for indices out of range, ids that decrease, or ids that are
        not below `num_segments`.

    Example:
      >>> import tapeflow as tf
      >>> tf.sparse.segment_sum([1.0, 2.0, 4.0], [2, 0, 0], [0, 0, 1]).numpy()
      array([5., 1.], dtype=float32)
    """
    return _apply(SUM, data, indices, segment_ids, num_segments, sparse_gradient)


@export("sparse.segment_mean")
def segment_mean(
    data: Any,
    indices: Any,
    segment_ids: Any,
    num_segments: Any = None,
    name: str | None = None,
    sparse_gradient: bool = False,
) -> Any:
    """Averages chosen rows of each segment.

    Args:
      data: tensor `[rows, ...]` of a floating dtype.
      indices: int32 or int64 tensor `[n]`: which rows to take.
      segment_ids: int32 or int64 tensor `[n]` of ids that do not decrease.
      num_segments: the number of segments; by default the last id plus 1.
      name: ignored in eager mode.
      sparse_gradient: whether the gradient of `data` is a `tf.IndexedSlices`.

    Returns:
      A tensor `[segments, ...]` of the dtype of `data`; 0 for a segment without rows.

    Raises:
      tf.errors.InvalidArgumentError: for indices out of range, ids that decrease, or ids that are
        not below `num_segments`.

    Example:
      >>> import tapeflow as tf
      >>> tf.sparse.segment_mean([1.0, 2.0, 4.0], [2, 0, 0], [0, 0, 1]).numpy()
      array([2.5, 1. ], dtype=float32)
    """
    return _apply(MEAN, data, indices, segment_ids, num_segments, sparse_gradient)


@export("sparse.segment_sqrt_n")
def segment_sqrt_n(
    data: Any,
    indices: Any,
    segment_ids: Any,
    num_segments: Any = None,
    name: str | None = None,
    sparse_gradient: bool = False,
) -> Any:
    """Adds up chosen rows of each segment, divided by the square root of their number.

    Args:
      data: tensor `[rows, ...]` of a floating dtype.
      indices: int32 or int64 tensor `[n]`: which rows to take.
      segment_ids: int32 or int64 tensor `[n]` of ids that do not decrease.
      num_segments: the number of segments; by default the last id plus 1.
      name: ignored in eager mode.
      sparse_gradient: whether the gradient of `data` is a `tf.IndexedSlices`.

    Returns:
      A tensor `[segments, ...]` of the dtype of `data`; 0 for a segment without rows.

    Raises:
      tf.errors.InvalidArgumentError: for indices out of range, ids that decrease, or ids that are
        not below `num_segments`.

    Example:
      >>> import tapeflow as tf
      >>> tf.sparse.segment_sqrt_n([1.0, 2.0, 4.0], [2, 0, 0], [0, 0, 1]).numpy()
      array([3.535534, 1.      ], dtype=float32)
    """
    return _apply(SQRT_N, data, indices, segment_ids, num_segments, sparse_gradient)
