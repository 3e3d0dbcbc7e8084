"""Regular sequences and patterns: ranges, grids, masks by length, one-hot rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType, as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    at_run_time,
    reads_values,
    reject,
    require_dtype,
    require_rank,
    require_same_dtype,
    shape_text,
)
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, indexed, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import dimensions, shaping
from tapeflow.engine.ops.array.arguments import require_kernel, to_input
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import Tensor

# Of several arguments of tf.range the last one in this order gives the dtype.
_RANGE_ORDER = (
    dtypes.int32,
    dtypes.int64,
    dtypes.float16,
    dtypes.bfloat16,
    dtypes.float32,
    dtypes.float64,
)
_RANGE_TYPES = frozenset(_RANGE_ORDER) | {
    dtypes.int8,
    dtypes.int16,
    dtypes.uint16,
    dtypes.uint32,
    dtypes.uint64,
}


def _range_size(start: Any, limit: Any, delta: Any) -> int:
    if delta == 0:
        reject("delta: expected a value other than 0; received 0")
    if delta > 0 and not start <= limit:
        reject(f"start: expected start <= limit when delta > 0; received {start} and {limit}")
    if delta < 0 and not start >= limit:
        reject(f"start: expected start >= limit when delta < 0; received {start} and {limit}")
    if isinstance(start, int):
        return -((start - limit) // delta)
    # In the dtype itself: of 0.1 in float16, a thousand steps make a hundred.
    size = float(np.ceil(abs((limit - start) / delta)))
    if not size < 2**63:
        reject(f"limit: expected a finite number of elements; received {limit} and delta {delta}")
    return int(size)


def _plain(value: np.ndarray) -> Any:
    return value.item() if value.dtype.kind in "iu" else value.reshape(())[()]


@reads_values(0, 1, 2)
def _range_infer(start: Spec, limit: Spec, delta: Spec) -> Spec:
    require_same_dtype(start, limit, delta)
    require_dtype(start, _RANGE_TYPES, "start")
    require_kernel(start, _RANGE_ORDER, "start")
    for spec, argument in ((start, "start"), (limit, "limit"), (delta, "delta")):
        if spec.shape not in (None, (), (1,), (None,)):
            reject(f"{argument}: expected a scalar; received shape {shape_text(spec.shape)}")
    values = [spec.value for spec in (start, limit, delta)]
    if any(v is None for v in values):
        return Spec(start.dtype, (None,))
    return Spec(start.dtype, (_range_size(*[_plain(v) for v in values]),))  # type: ignore[arg-type]


def _range_kernel(start: np.ndarray, limit: np.ndarray, delta: np.ndarray) -> np.ndarray:
    size = _range_size(_plain(start), _plain(limit), _plain(delta))
    if start.dtype.kind in "iu":
        first, step = start.item(), delta.item()
        return np.arange(first, first + size * step, step)[:size].astype(start.dtype)
    wide = np.float64 if start.dtype == np.float64 else np.float32
    counter = np.arange(size).astype(wide)
    return (_plain(start).astype(wide) + counter * _plain(delta).astype(wide)).astype(start.dtype)


def _range_samples(draw: Draw) -> Iterable[Sample]:
    for start, limit, delta in ((0, 5, 1), (5, 0, -2), (2, 2, 1), (3, 18, 3), (-2, 3, 2)):
        for dtype in (np.int32, np.int64, np.float32):
            yield Sample(*[np.array(v, dtype) for v in (start, limit, delta)], grad=False)
    yield Sample(*[np.array(v, np.float64) for v in (0.0, 1.0, 0.1)], grad=False)
    yield Sample(*[np.array(v, np.float32) for v in (1.0, -1.0, -0.3)], grad=False)


range_p = primitive(
    "Range",
    infer=_range_infer,
    kernel=_range_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_range_samples,
)


@export("range")
def range_(
    start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None, name: str = "range"
) -> Any:
    """Counts from `start` up to, not including, `limit`.

    Args:
      start: scalar where it starts; where it ends, and 0 the start, when `limit` is None.
      limit: scalar where it ends.
      delta: the step, which may be negative.
      dtype: dtype of the result; by default the widest one of the arguments.
      name: ignored in eager mode.

    Returns:
      A vector.

    Raises:
      tf.errors.InvalidArgumentError: when `delta` is 0 or leads away from `limit`.

    Example:
      >>> import tapeflow as tf
      >>> tf.range(3, 18, 3).numpy()
      array([ 3,  6,  9, 12, 15], dtype=int32)
    """
    if limit is None:
        start, limit = 0, start
    values = [start, limit, delta]
    if dtype is not None:
        target = as_dtype(dtype)
        values = [_in_dtype(v, target) for v in values]
    else:
        values = [convert(v) for v in values]
        target = max((v.dtype for v in values), key=_range_rank)
        values = [_in_dtype(v, target) for v in values]
    return apply(range_p, *values)


def _range_rank(dtype: DType) -> int:
    if dtype not in _RANGE_ORDER:
        names = ", ".join(d.name for d in _RANGE_ORDER)
        # TensorFlow's class, which is that of a check meant for itself.
        raise AssertionError(f"range: expected one of the dtypes {names}; received {dtype.name}")
    return _RANGE_ORDER.index(dtype)


def _in_dtype(value: Any, target: DType) -> Any:
    if not isinstance(value, Tensor):
        return convert(value, target)
    if value.dtype is target:
        return value
    from tapeflow.engine.ops.math.casting import cast

    return cast(value, target)


@export("sequence_mask")
def sequence_mask(
    lengths: Any, maxlen: Any = None, dtype: Any = dtypes.bool, name: str | None = None
) -> Any:
    """Marks the first elements of each row.

    Args:
      lengths: integer tensor `[...]`: how many elements of each row to mark.
      maxlen: size of the rows, a scalar; the greatest length by default.
      dtype: dtype of the result.
      name: ignored in eager mode.

    Returns:
      A tensor `[..., maxlen]`: true (or 1) where the column is less than the row's length.

    Raises:
      ValueError: when `maxlen` is no scalar.

    Example:
      >>> import tapeflow as tf
      >>> tf.sequence_mask([1, 3], dtype=tf.int32).numpy()
      array([[1, 0, 0],
             [1, 1, 1]], dtype=int32)
    """
    from tapeflow.engine.ops.math import comparison, extrema
    from tapeflow.engine.ops.math.casting import cast

    lengths = convert(lengths)
    if maxlen is None:
        from tapeflow.engine.ops.math.folds import reduce_max

        maxlen = extrema.maximum(convert(0, lengths.dtype), reduce_max(lengths))
    else:
        maxlen = convert(maxlen)
    if maxlen.shape.ndims not in (None, 0):
        raise ValueError("Argument `maxlen` must be scalar for sequence_mask")
    columns = range_(convert(0, maxlen.dtype), maxlen, convert(1, maxlen.dtype))
    mask = comparison.less(columns, cast(dimensions.expand_dims(lengths, -1), maxlen.dtype))
    target = as_dtype(dtype)
    return mask if target is dtypes.bool else cast(mask, target)


@export("meshgrid")
def meshgrid(*args: Any, **kwargs: Any) -> Any:
    """Makes the coordinate arrays of a grid from the coordinates along each dimension.

    Args:
      *args: vectors.
      **kwargs: `indexing`: `"xy"` (the default: the first two dimensions swapped) or `"ij"`;
        `name`: ignored in eager mode.

    Returns:
      A list of tensors, one for each vector, of the rank of their number.

    Raises:
      TypeError: for other keyword arguments.
      ValueError: for another `indexing`.

    Example:
      >>> import tapeflow as tf
      >>> x, y = tf.meshgrid([1, 2, 3], [4, 5])
      >>> x.numpy()
      array([[1, 2, 3],
             [1, 2, 3]], dtype=int32)
    """
    indexing = kwargs.pop("indexing", "xy")
    kwargs.pop("name", None)
    if kwargs:
        raise TypeError(f"'{next(iter(kwargs))}' is an invalid keyword argument for this function")
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing: expected 'xy' or 'ij'; received {indexing!r}")
    from tapeflow.engine.ops.array import creation
    from tapeflow.engine.ops.array.joining import stack

    count = len(args)
    if not count:
        return []
    vectors = [convert(x) for x in args]
    grids = [
        shaping.reshape(x, [1] * i + [-1] + [1] * (count - 1 - i)) for i, x in enumerate(vectors)
    ]
    sizes = [dimensions.size(x) for x in vectors]
    if indexing == "xy" and count > 1:
        grids[0] = shaping.reshape(grids[0], [1, -1] + [1] * (count - 2))
        grids[1] = shaping.reshape(grids[1], [-1, 1] + [1] * (count - 2))
        sizes[0], sizes[1] = sizes[1], sizes[0]
    ones = creation.ones(stack(sizes), grids[0].dtype)
    return [grid * ones for grid in grids]


def _one_hot_infer(indices: Spec, depth: Spec, on_value: Spec, off_value: Spec, axis: int) -> Spec:
    require_dtype(indices, _INDICES, "indices")
    require_dtype(depth, (dtypes.int32,), "depth")
    require_rank(depth, 0, "depth")
    require_same_dtype(on_value, off_value)
    with at_run_time():
        require_rank(on_value, 0, "on_value")
    require_rank(off_value, 0, "off_value")
    size = None if depth.value is None else int(depth.value)
    if size is not None and size < 0:
        reject(f"depth: expected a number >= 0; received {size}")
    if indices.shape is None:
        return Spec(on_value.dtype, None)
    rank = len(indices.shape)
    if not -1 <= axis <= rank:
        reject(f"axis: expected -1 or a dimension in [0, {rank}]; received {axis}")
    axis = rank if axis == -1 else axis
    return Spec(on_value.dtype, (*indices.shape[:axis], size, *indices.shape[axis:]))


_INDICES = (dtypes.uint8, dtypes.int8, dtypes.int32, dtypes.int64)


def _one_hot_kernel(
    indices: np.ndarray, depth: np.ndarray, on_value: np.ndarray, off_value: np.ndarray, axis: int
) -> np.ndarray:
    size = int(depth)
    flat = indices.reshape(-1)
    out = np.empty((len(flat), size), on_value.dtype)
    out[...] = off_value
    # Indices out of range leave their row alone.
    rows = np.flatnonzero((flat >= 0) & (flat < size))
    out[rows, flat[rows]] = on_value
    out = out.reshape((*indices.shape, size))
    return out if axis in (-1, indices.ndim) else np.moveaxis(out, -1, axis)


def _one_hot_samples(draw: Draw) -> Iterable[Sample]:
    for shape, depth, axis in (
        ((4,), 3, -1), ((2, 3), 4, 0), ((2, 3), 2, 1), ((), 3, -1), ((0,), 2, -1), ((2,), 0, -1),
    ):  # fmt: skip
        places, size = draw.ints(*shape, low=-1, high=4), np.array(depth, np.int32)
        yield Sample(places, size, draw.reals(), draw.reals(), axis=axis, grad=False)
    values = np.array(5, np.int64), np.array(-1, np.int64)
    yield Sample(draw.ints(3), np.array(4, np.int32), *values, axis=-1, grad=False)


one_hot_p = primitive(
    "OneHot",
    infer=reads_values(1)(_one_hot_infer),
    kernel=_one_hot_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=indexed("one_hot"),
    samples=_one_hot_samples,
)


@export("one_hot")
def one_hot(
    indices: Any,
    depth: Any,
    on_value: Any = None,
    off_value: Any = None,
    axis: Any = None,
    dtype: Any = None,
    name: str | None = None,
) -> Any:
    """Makes vectors that are `on_value` at one place and `off_value` elsewhere.

    Args:
      indices: integer tensor; an index out of range gives a vector of `off_value` only.
      depth: size of the vectors, a scalar.
      on_value: scalar, 1 by default.
      off_value: scalar, 0 by default.
      axis: the dimension that the vectors lie along, the last one by default.
      dtype: dtype of the result; by default that of `on_value` or `off_value`, else float32.
      name: ignored in eager mode.

    Returns:
      A tensor with one dimension more than `indices`.

    Raises:
      TypeError: when `on_value`, `off_value` and `dtype` do not agree.
      tf.errors.InvalidArgumentError: when `depth` is negative or `axis` is out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.one_hot([0, 2], 3).numpy()
      array([[1., 0., 0.],
             [0., 0., 1.]], dtype=float32)
    """
    target = None if dtype is None else as_dtype(dtype)
    on = None if on_value is None else convert(on_value, hint=target)
    off = None if off_value is None else convert(off_value, hint=target)
    for value, argument in ((on, "on_value"), (off, "off_value")):
        if value is not None and target is not None and value.dtype is not target:
            raise TypeError(
                f"one_hot: {argument}: expected dtype {target.name}; received {value.dtype.name}"
            )
    if target is None:
        given = on if on is not None else off
        target = dtypes.float32 if given is None else given.dtype
    on = convert(1, target) if on is None else on
    off = convert(0, target) if off is None else off
    if on.dtype is not off.dtype:
        raise TypeError(
            f"one_hot: off_value: expected dtype {on.dtype.name}, that of on_value; "
            f"received {off.dtype.name}"
        )
    position = -1 if axis is None else int(axis)
    places = convert(indices, hint=dtypes.int64)
    return apply(
        one_hot_p, places, to_input(depth, dtypes.int32, "OneHot", "depth"), on, off, axis=position
    )
