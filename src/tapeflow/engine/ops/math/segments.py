"""Reductions of rows by segment: which rows belong together is said by integer ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    merge_dims,
    reads_values,
    reject,
    require_dtype,
    require_rank,
    shape_text,
)
from tapeflow.engine.ir.primitive import Primitive, indexed, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array.creation import ones_like, zeros_like
from tapeflow.engine.ops.math import comparison, division
from tapeflow.engine.ops.math.arithmetic import multiply
from tapeflow.engine.ops.math.casting import cast
from tapeflow.engine.ops.math.extrema import maximum
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import EagerTensor

INDEX = dtypes.INDEX


def segment_count(spec: Spec, argument: str = "num_segments") -> int | None:
    """The number that an input with a count holds, where it is known; rejects what is no count."""
    require_dtype(spec, INDEX, argument)
    require_rank(spec, 0, argument)
    if spec.value is None:
        return None
    count = int(spec.value)
    if count < 0:
        reject(f"{argument}: expected a number >= 0; received {count}")
    return count


def _unsorted_rule(allowed: frozenset[Any]) -> Callable[..., Spec]:
    @reads_values(2)
    def rule(data: Spec, segment_ids: Spec, num_segments: Spec) -> Spec:
        require_dtype(data, allowed, "data")
        require_dtype(segment_ids, INDEX, "segment_ids")
        count = segment_count(num_segments)
        if data.shape is None or segment_ids.shape is None:
            return Spec(data.dtype, None)
        lead = len(segment_ids.shape)
        if len(data.shape) < lead:
            reject(
                f"data: expected a shape that starts with {shape_text(segment_ids.shape)}, the "
                f"shape of segment_ids; received {shape_text(data.shape)}"
            )
        merge_dims(segment_ids.shape, data.shape[:lead], "data")
        return Spec(data.dtype, (count, *data.shape[lead:]))

    return rule


def _rows(data: np.ndarray, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`data` as `[rows, elements]`, `ids` as a vector."""
    width = 1
    for n in data.shape[ids.ndim :]:
        width *= n
    return data.reshape(ids.size, width), ids.reshape(-1)


def checked_ids(ids: np.ndarray, count: int) -> np.ndarray | None:
    """Rejects ids beyond the last segment; the mask of those to keep, None for all."""
    if not ids.size:
        return None
    if ids.max() >= count:
        at = int(np.argmax(ids >= count))
        reject(f"segment_ids[{at}]: expected a number in [0, {count}); received {ids[at]}")
    return ids >= 0 if ids.min() < 0 else None


# Up to this many elements to a row, one index for each element is cheaper than a loop over rows.
_NARROW = 256


def fold_rows(combine: Any, out: np.ndarray, ids: np.ndarray, rows: np.ndarray) -> None:
    """Combines each row into the row of `out` that its id says, in the order in which they come."""
    width = rows.shape[1]
    if not rows.size:
        return
    if width == 1:
        combine.at(out.reshape(-1), ids, rows.reshape(-1))
    elif width <= _NARROW:
        # `at` is fast for flat arrays only.
        places = ids.astype(np.intp)[:, None] * width + np.arange(width)
        combine.at(out.reshape(-1), places.reshape(-1), rows.reshape(-1))
    else:
        for i, row in zip(ids.tolist(), rows, strict=True):
            combine(out[i], row, out=out[i])


def add_rows(rows: np.ndarray, ids: np.ndarray, count: int) -> np.ndarray:
    """The sum of the rows of each segment, `[count, width]`, in the order in which they come."""
    out = np.zeros((count, rows.shape[1]), rows.dtype)
    fold_rows(np.add, out, ids, rows)
    return out


def _unsorted_kernel(combine: Any, start: Callable[[np.dtype], Any]) -> Callable[..., np.ndarray]:
    def kernel(data: np.ndarray, segment_ids: np.ndarray, num_segments: np.ndarray) -> np.ndarray:
        count = int(num_segments)
        rows, ids = _rows(data, segment_ids)
        kept = checked_ids(ids, count)
        if kept is not None:
            rows, ids = rows[kept], ids[kept]
        shape = (count, *data.shape[segment_ids.ndim :])
        if combine is np.add:
            return add_rows(rows, ids, count).reshape(shape)
        out = np.full((count, rows.shape[1]), start(data.dtype), data.dtype)
        fold_rows(combine, out, ids, rows)
        return out.reshape(shape)

    return kernel


def _lowest(dtype: np.dtype) -> Any:
    return dtypes.FROM_NUMPY[dtype].min


def _highest(dtype: np.dtype) -> Any:
    return dtypes.FROM_NUMPY[dtype].max


def gather_or_zero(rows: Any, ids: Any) -> Any:
    """`rows[ids]`, and zeros where an id is negative: the gradient of dropping such rows."""
    from tapeflow.engine.ops.array import gathering

    safe = maximum(ids, zeros_like(ids))
    gathered = gathering.gather(rows, safe)
    if type(ids) is EagerTensor and not (ids._array < 0).any():
        return gathered
    return multiply(
        gathered, _over_rows(cast(comparison.greater_equal(ids, 0), rows.dtype), gathered)
    )


def _over_rows(per_id: Any, rows: Any) -> Any:
    """`per_id` with unit dimensions appended, so that it broadcasts over the elements of rows."""
    from tapeflow.engine.ops.array.dimensions import expand_dims

    for _ in range(rows.shape.ndims - per_id.shape.ndims):
        per_id = expand_dims(per_id, -1)
    return per_id


def _extremum_vjp(ctx: Any, dy: Any) -> Any:
    """Shares the cotangent of a segment's extremum among the elements that attain it."""
    from tapeflow.engine.ops.array import selection

    data, ids, count = ctx.inputs
    chosen = comparison.equal(data, gather_or_zero(ctx.outputs[0], ids))
    chosen = selection.where(
        _over_rows(comparison.greater_equal(ids, 0), chosen), chosen, zeros_like(chosen)
    )
    share = cast(chosen, dy.dtype)
    ties = unsorted_segment_sum(share, ids, count)
    return (multiply(share, gather_or_zero(division.divide_no_nan(dy, ties), ids)), None, None)


def _unsorted_prod_vjp(ctx: Any, dy: Any) -> Any:
    from tapeflow.engine.ops.array import selection

    data, ids, count = ctx.inputs
    # The product of the others: y/x, but where x is 0 the product of the nonzero ones, provided
    # that there is no second zero.
    is_zero = comparison.equal(data, 0)
    zeros = unsorted_segment_sum(cast(is_zero, dtypes.int32), ids, count)
    several = comparison.greater(zeros, 1)
    dy = selection.where(several, zeros_like(dy), dy)
    patched = selection.where(is_zero, ones_like(data), data)
    others = gather_or_zero(unsorted_segment_prod(patched, ids, count), ids)
    whole = gather_or_zero(ctx.outputs[0], ids)
    slope = selection.where(is_zero, others, division.realdiv(whole, patched))
    from tapeflow.engine.ops.math.arithmetic import conjugate

    return (multiply(gather_or_zero(dy, ids), conjugate(slope)), None, None)


def _unsorted_samples(over: frozenset[Any]) -> Any:
    def sample(draw: Draw) -> Iterator[Sample]:
        three, four = np.array(3, np.int32), np.array(4, np.int32)
        for dtype in sorted(over, key=lambda d: d.name):
            ids = np.array([2, 0, 2, -1, 0, 1], np.int32)
            smooth = dtype in (dtypes.float32, dtypes.float64)
            yield Sample(draw.reals(6, 3, low=0.5, dtype=dtype), ids, three, grad=smooth)
        ids = np.array([[0, 1], [1, 2]], np.int64)
        yield Sample(draw.distinct(2, 2), ids, np.array(3, np.int64))
        yield Sample(draw.distinct(40, 3), draw.ints(40, high=4), four)
        yield Sample(draw.reals(), np.array(0, np.int32), np.array(1, np.int32))
        # Segments without rows, whose extrema are the dtype's limits: no central differences.
        yield Sample(draw.reals(0, 3), np.zeros(0, np.int32), four, grad=False)
        yield Sample(draw.reals(2, 0), np.zeros(2, np.int32), four, grad=False)
        yield Sample(draw.reals(2), np.array([3, -1], np.int32), four, grad=False)
        odd = np.array([np.nan, 1.0, np.inf, -np.inf, -0.0], np.float32)
        yield Sample(odd, np.array([0, 0, 1, 2, 3], np.int32), four, grad=False)

    return sample


def _unsorted(name: str, combine: Any, start: Any, over: Any, vjp: Any, how: str) -> Primitive:
    return primitive(
        name,
        infer=_unsorted_rule(over),
        kernel=_unsorted_kernel(combine, start),
        vjp=vjp,
        lower=indexed(how),
        samples=_unsorted_samples(over),
    )


unsorted_segment_sum_p = _unsorted(
    "UnsortedSegmentSum", np.add, lambda dtype: 0, dtypes.NUMERIC,
    lambda ctx, dy: (gather_or_zero(dy, ctx.inputs[1]), None, None), "segment_add",
)  # fmt: skip
unsorted_segment_prod_p = _unsorted(
    "UnsortedSegmentProd", np.multiply, lambda dtype: 1, dtypes.NUMERIC, _unsorted_prod_vjp,
    "segment_multiply",
)  # fmt: skip
unsorted_segment_max_p = _unsorted(
    "UnsortedSegmentMax", np.fmax, _lowest, dtypes.REAL, _extremum_vjp, "segment_maximum"
)
unsorted_segment_min_p = _unsorted(
    "UnsortedSegmentMin", np.fmin, _highest, dtypes.REAL, _extremum_vjp, "segment_minimum"
)


def _apply(prim: Primitive, data: Any, segment_ids: Any, num_segments: Any) -> Any:
    return apply(prim, convert(data), convert(segment_ids), convert(num_segments))


@export("math.unsorted_segment_sum")
def unsorted_segment_sum(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Any:
    """Adds up the rows of each segment; the ids may come in any order.

    Args:
      data: tensor `[...ids, ...]` of a numeric dtype.
      segment_ids: int32 or int64 tensor whose shape `data`'s starts with; rows with a negative id
        are left out.
      num_segments: the number of segments, a scalar.
      name: ignored in eager mode.

    Returns:
      A tensor `[num_segments, ...]` of the dtype of `data`; 0 for a segment without rows.

    Raises:
      tf.errors.InvalidArgumentError: for an id that is not below `num_segments`, or shapes that do
        not fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.unsorted_segment_sum([1.0, 2.0, 3.0], [1, 0, 1], 3).numpy()
      array([2., 4., 0.], dtype=float32)
    """
    return _apply(unsorted_segment_sum_p, data, segment_ids, num_segments)


@export("math.unsorted_segment_prod")
def unsorted_segment_prod(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Any:
    """Multiplies the rows of each segment; the ids may come in any order.

    Args:
      data: tensor `[...ids, ...]` of a numeric dtype.
      segment_ids: int32 or int64 tensor whose shape `data`'s starts with; rows with a negative id
        are left out.
      num_segments: the number of segments, a scalar.
      name: ignored in eager mode.

    Returns:
      A tensor `[num_segments, ...]` of the dtype of `data`; 1 for a segment without rows.

    Raises:
      tf.errors.InvalidArgumentError: for an id that is not below `num_segments`, or shapes that do
        not fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.unsorted_segment_prod([1.0, 2.0, 3.0], [1, 0, 1], 3).numpy()
      array([2., 3., 1.], dtype=float32)
    """
    return _apply(unsorted_segment_prod_p, data, segment_ids, num_segments)


@export("math.unsorted_segment_max")
def unsorted_segment_max(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Any:
    """Computes the elementwise maximum of the rows of each segment, whose ids come in any order.

    Args:
      data: tensor `[...ids, ...]` of a real dtype.
      segment_ids: int32 or int64 tensor whose shape `data`'s starts with; rows with a negative id
        are left out.
      num_segments: the number of segments, a scalar.
      name: ignored in eager mode.

    Returns:
      A tensor `[num_segments, ...]` of the dtype of `data`; its least finite value for a segment
      without rows.

    Raises:
      tf.errors.InvalidArgumentError: for an id that is not below `num_segments`, or shapes that do
        not fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.unsorted_segment_max([1, 2, 3], [1, 0, 1], 2).numpy()
      array([2, 3], dtype=int32)
    """
    return _apply(unsorted_segment_max_p, data, segment_ids, num_segments)


@export("math.unsorted_segment_min")
def unsorted_segment_min(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Any:
    """Computes the elementwise minimum of the rows of each segment, whose ids come in any order.

    Args:
      data: tensor `[...ids, ...]` of a real dtype.
      segment_ids: int32 or int64 tensor whose shape `data`'s starts with; rows with a negative id
        are left out.
      num_segments: the number of segments, a scalar.
      name: ignored in eager mode.

    Returns:
      A tensor `[num_segments, ...]` of the dtype of `data`; its greatest finite value for a
      segment without rows.

    Raises:
      tf.errors.InvalidArgumentError: for an id that is not below `num_segments`, or shapes that do
        not fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.unsorted_segment_min([1, 2, 3], [1, 0, 1], 2).numpy()
      array([2, 1], dtype=int32)
    """
    return _apply(unsorted_segment_min_p, data, segment_ids, num_segments)


def _rows_per_segment(segment_ids: Any, num_segments: Any, data: Any, dtype: Any) -> Any:
    """How many rows each segment has (at least 1), shaped to divide the segments' sums."""
    ids = convert(segment_ids)
    ones = ones_like(ids, dtype=dtype)
    counts = maximum(unsorted_segment_sum(ones, ids, num_segments), 1)
    from tapeflow.engine.ops.array.dimensions import expand_dims

    for _ in range(data.shape.ndims - ids.shape.ndims):
        counts = expand_dims(counts, -1)
    return counts


@export("math.unsorted_segment_mean")
def unsorted_segment_mean(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Any:
    """Averages the rows of each segment; the ids may come in any order.

    Args:
      data: tensor `[...ids, ...]` of a floating, complex or integer dtype.
      segment_ids: int32 or int64 tensor whose shape `data`'s starts with; rows with a negative id
        are left out.
      num_segments: the number of segments, a scalar.
      name: ignored in eager mode.

    Returns:
      A tensor `[num_segments, ...]`, 0 for a segment without rows; see `tf.math.truediv` for the
      dtype.

    Raises:
      tf.errors.InvalidArgumentError: for an id that is not below `num_segments`, or shapes that do
        not fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.unsorted_segment_mean([1.0, 2.0, 3.0], [1, 0, 1], 2).numpy()
      array([2., 2.], dtype=float32)
    """
    from tapeflow.engine.ops.math.arithmetic import truediv

    data = convert(data)
    total = unsorted_segment_sum(data, segment_ids, num_segments)
    return truediv(total, _rows_per_segment(segment_ids, num_segments, data, data.dtype))


@export("math.unsorted_segment_sqrt_n")
def unsorted_segment_sqrt_n(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Any:
    """Adds up the rows of each segment and divides by the square root of their number.

    Args:
      data: tensor `[...ids, ...]` of a floating or complex dtype.
      segment_ids: int32 or int64 tensor whose shape `data`'s starts with; rows with a negative id
        are left out.
      num_segments: the number of segments, a scalar.
      name: ignored in eager mode.

    Returns:
      A tensor `[num_segments, ...]` of the dtype of `data`; 0 for a segment without rows.

    Raises:
      tf.errors.InvalidArgumentError: for an id that is not below `num_segments`, or shapes that do
        not fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.unsorted_segment_sqrt_n([1.0, 2.0, 3.0], [1, 0, 1], 2).numpy()
      array([2.      , 2.828427], dtype=float32)
    """
    from tapeflow.engine.ops.math.arithmetic import truediv
    from tapeflow.engine.ops.math.exponentials import sqrt

    data = convert(data)
    total = unsorted_segment_sum(data, segment_ids, num_segments)
    return truediv(total, sqrt(_rows_per_segment(segment_ids, num_segments, data, data.dtype)))
