"""Reductions of consecutive rows by segment: the ids are sorted, and the last one ends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import reads_values, reject, reject_values, require_dtype, shape_text
from tapeflow.engine.ir.primitive import Primitive, indexed, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import shaping
from tapeflow.engine.ops.math import segments
from tapeflow.engine.ops.math.arithmetic import realdiv
from tapeflow.engine.ops.math.extrema import maximum
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply


def check_sorted(ids: np.ndarray, argument: str = "segment_ids") -> None:
    """Rejects segment ids that decrease or are negative."""
    if ids.size:
        if (ids[1:] < ids[:-1]).any():
            reject_values(f"{argument}: expected ids that do not decrease; received some that do")
        if ids[0] < 0:
            reject_values(f"{argument}: expected ids >= 0; received {ids[0]}")


def _rule(allowed: frozenset[Any]) -> Callable[..., Spec]:
    @reads_values(1)
    def rule(data: Spec, segment_ids: Spec) -> Spec:
        require_dtype(data, allowed, "data")
        require_dtype(segment_ids, dtypes.INDEX, "segment_ids")
        ids, dims = segment_ids.shape, data.shape
        if ids is not None and len(ids) != 1:
            reject(f"segment_ids: expected a vector; received shape {shape_text(ids)}")
        if dims is not None and not dims:
            reject("data: expected rank 1 or more; received a scalar")
        if ids is not None and dims is not None and None not in (ids[0], dims[0]):
            if ids[0] != dims[0]:
                reject_values(
                    f"segment_ids: expected as many ids as data has rows, {dims[0]}; received "
                    f"{ids[0]}"
                )
        count = None
        if segment_ids.value is not None:
            check_sorted(segment_ids.value)
            count = int(segment_ids.value[-1]) + 1 if segment_ids.value.size else 0
        return Spec(data.dtype, None if dims is None else (count, *dims[1:]))

    return rule


def _folded(
    fold: Callable[[np.ndarray, np.ndarray], np.ndarray], gap: int
) -> Callable[..., np.ndarray]:
    """A kernel from `fold(rows, starts)`, which reduces the rows from each start to the next."""

    def kernel(data: np.ndarray, segment_ids: np.ndarray) -> np.ndarray:
        ids = segment_ids
        count = int(ids[-1]) + 1 if ids.size else 0
        out = np.full((count, *data.shape[1:]), gap, data.dtype)
        if data.size:
            starts = np.flatnonzero(np.concatenate(([True], ids[1:] != ids[:-1])))
            out[ids[starts]] = fold(data, starts)
        return out

    return kernel


def _sums(rows: np.ndarray, starts: np.ndarray) -> np.ndarray:
    if rows.dtype.itemsize == 2 and rows.dtype.kind in "fV":
        return np.add.reduceat(rows.astype(np.float32), starts, axis=0).astype(rows.dtype)
    return np.add.reduceat(rows, starts, axis=0, dtype=rows.dtype)


def _means(rows: np.ndarray, starts: np.ndarray) -> np.ndarray:
    counts = np.diff(starts, append=len(rows)).reshape(-1, *[1] * (rows.ndim - 1))
    kind = rows.dtype.kind
    if kind in "iu":
        total = np.add.reduceat(rows, starts, axis=0, dtype=rows.dtype)
        quotient = np.abs(total) // counts.astype(rows.dtype)
        return np.sign(total) * quotient
    if rows.dtype.itemsize == 2:
        total = np.add.reduceat(rows.astype(np.float32), starts, axis=0)
        return (total / counts.astype(np.float32)).astype(rows.dtype)
    real = rows.dtype.type
    return np.add.reduceat(rows, starts, axis=0) / counts.astype(real)


def _products(rows: np.ndarray, starts: np.ndarray) -> np.ndarray:
    return np.multiply.reduceat(rows, starts, axis=0, dtype=rows.dtype)


def _maxima(rows: np.ndarray, starts: np.ndarray) -> np.ndarray:
    return np.maximum.reduceat(rows, starts, axis=0)


def _minima(rows: np.ndarray, starts: np.ndarray) -> np.ndarray:
    return np.minimum.reduceat(rows, starts, axis=0)


def _count_of(y: Any) -> Any:
    """The number of segments in a result, as a scalar."""
    return shaping.shape(y)[0]


def _sum_vjp(ctx: Any, dy: Any) -> Any:
    from tapeflow.engine.ops.array.gathering import gather

    return (gather(dy, ctx.inputs[1]), None)


def _mean_vjp(ctx: Any, dy: Any) -> Any:
    from tapeflow.engine.ops.array.gathering import gather

    ids = ctx.inputs[1]
    counts = segments._rows_per_segment(ids, _count_of(dy), ctx.inputs[0], dy.dtype)
    return (gather(realdiv(dy, _at_least_one(counts)), ids), None)


def _at_least_one(counts: Any) -> Any:
    """`counts` itself for complex numbers, else at least 1."""
    return counts if counts.dtype.is_complex else maximum(counts, 1)


def _prod_vjp(ctx: Any, dy: Any) -> Any:
    unsorted = _Unsorted(ctx, dy)
    return segments._unsorted_prod_vjp(unsorted, dy)[:2]


def _extremum_vjp(ctx: Any, dy: Any) -> Any:
    return segments._extremum_vjp(_Unsorted(ctx, dy), dy)[:2]


class _Unsorted:
    """The execution of the unsorted reduction that a sorted one is a case of."""

    def __init__(self, ctx: Any, dy: Any) -> None:
        self.inputs = (*ctx.inputs, _count_of(dy))
        self.outputs = ctx.outputs


def _samples(over: frozenset[Any]) -> Callable[[Draw], Iterator[Sample]]:
    def sample(draw: Draw) -> Iterator[Sample]:
        ids = np.array([0, 0, 2, 2, 3], np.int32)
        for dtype in sorted(over, key=lambda d: d.name):
            smooth = dtype in (dtypes.float32, dtypes.float64)
            yield Sample(draw.reals(5, 2, low=0.5, dtype=dtype), ids, grad=smooth)
        yield Sample(draw.distinct(5), ids.astype(np.int64))
        yield Sample(draw.distinct(3, 2, 2), np.array([1, 1, 1], np.int32))
        yield Sample(draw.reals(0, 3), np.zeros(0, np.int32), grad=False)
        yield Sample(draw.reals(2, 0), np.array([0, 2], np.int32), grad=False)
        odd = np.array([np.inf, 1.0, np.inf, -np.inf, -0.0], np.float32)
        yield Sample(odd, ids, grad=False)

    return sample


def _sorted(name: str, fold: Any, gap: int, over: Any, vjp: Any, how: str) -> Primitive:
    return primitive(
        name,
        infer=_rule(over),
        kernel=_folded(fold, gap),
        vjp=vjp,
        lower=indexed(how),
        samples=_samples(over),
    )


segment_sum_p = _sorted("SegmentSum", _sums, 0, dtypes.NUMERIC, _sum_vjp, "sorted_add")
segment_mean_p = _sorted("SegmentMean", _means, 0, dtypes.NUMERIC, _mean_vjp, "sorted_mean")
segment_prod_p = _sorted("SegmentProd", _products, 1, dtypes.NUMERIC, _prod_vjp, "sorted_multiply")
segment_max_p = _sorted("SegmentMax", _maxima, 0, dtypes.REAL, _extremum_vjp, "sorted_maximum")
segment_min_p = _sorted("SegmentMin", _minima, 0, dtypes.REAL, _extremum_vjp, "sorted_minimum")


@export("math.segment_sum")
def segment_sum(data: Any, segment_ids: Any, name: str | None = None) -> Any:
    """Adds up the rows of each segment, which stand together.

    Args:
      data: tensor `[rows, ...]` of a numeric dtype.
      segment_ids: int32 or int64 tensor `[rows]` of ids that do not decrease.
      name: ignored in eager mode.

    Returns:
      A tensor `[segments, ...]` of the dtype of `data`, where `segments` is the last id plus 1;
      0 for a segment without rows.

    Raises:
      tf.errors.InvalidArgumentError: for ids that decrease or are negative, or shapes that do not
        fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.segment_sum([1.0, 2.0, 3.0], [0, 0, 2]).numpy()
      array([3., 0., 3.], dtype=float32)
    """
    return apply(segment_sum_p, convert(data), convert(segment_ids))


@export("math.segment_mean")
def segment_mean(data: Any, segment_ids: Any, name: str | None = None) -> Any:
    """Averages the rows of each segment, which stand together.

    Args:
      data: tensor `[rows, ...]` of a numeric dtype.
      segment_ids: int32 or int64 tensor `[rows]` of ids that do not decrease.
      name: ignored in eager mode.

    Returns:
      A tensor `[segments, ...]` of the dtype of `data`, where `segments` is the last id plus 1;
      0 for a segment without rows.

    Raises:
      tf.errors.InvalidArgumentError: for ids that decrease or are negative, or shapes that do not
        fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.segment_mean([1.0, 2.0, 3.0], [0, 0, 2]).numpy()
      array([1.5, 0. , 3. ], dtype=float32)
    """
    return apply(segment_mean_p, convert(data), convert(segment_ids))


@export("math.segment_prod")
def segment_prod(data: Any, segment_ids: Any, name: str | None = None) -> Any:
    """Multiplies the rows of each segment, which stand together.

    Args:
      data: tensor `[rows, ...]` of a numeric dtype.
      segment_ids: int32 or int64 tensor `[rows]` of ids that do not decrease.
      name: ignored in eager mode.

    Returns:
      A tensor `[segments, ...]` of the dtype of `data`, where `segments` is the last id plus 1;
      1 for a segment without rows.

    Raises:
      tf.errors.InvalidArgumentError: for ids that decrease or are negative, or shapes that do not
        fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.segment_prod([1.0, 2.0, 3.0], [0, 0, 2]).numpy()
      array([2., 1., 3.], dtype=float32)
    """
    return apply(segment_prod_p, convert(data), convert(segment_ids))


@export("math.segment_max")
def segment_max(data: Any, segment_ids: Any, name: str | None = None) -> Any:
    """Computes the elementwise maximum of the rows of each segment, which stand together.

    Args:
      data: tensor `[rows, ...]` of a real dtype.
      segment_ids: int32 or int64 tensor `[rows]` of ids that do not decrease.
      name: ignored in eager mode.

    Returns:
      A tensor `[segments, ...]` of the dtype of `data`, where `segments` is the last id plus 1;
      0 for a segment without rows.

    Raises:
      tf.errors.InvalidArgumentError: for ids that decrease or are negative, or shapes that do not
        fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.segment_max([1.0, 2.0, 3.0], [0, 0, 2]).numpy()
      array([2., 0., 3.], dtype=float32)
    """
    return apply(segment_max_p, convert(data), convert(segment_ids))


@export("math.segment_min")
def segment_min(data: Any, segment_ids: Any, name: str | None = None) -> Any:
    """Computes the elementwise minimum of the rows of each segment, which stand together.

    Args:
      data: tensor `[rows, ...]` of a real dtype.
      segment_ids: int32 or int64 tensor `[rows]` of ids that do not decrease.
      name: ignored in eager mode.

    Returns:
      A tensor `[segments, ...]` of the dtype of `data`, where `segments` is the last id plus 1;
      0 for a segment without rows.

    Raises:
      tf.errors.InvalidArgumentError: for ids that decrease or are negative, or shapes that do not
        fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.segment_min([1.0, 2.0, 3.0], [0, 0, 2]).numpy()
      array([1., 0., 3.], dtype=float32)
    """
    return apply(segment_min_p, convert(data), convert(segment_ids))
