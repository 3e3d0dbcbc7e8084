"""The greatest elements of a row, and whether a class is among them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType, as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    merge_dims,
    reads_values,
    reject,
    reject_dtype,
    require_dtype,
    require_rank,
    require_same_dtype,
)
from tapeflow.engine.ir.primitive import NOT_DIFFERENTIABLE, indexed, primitive, reduction
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Dims, Spec
from tapeflow.engine.ops.array import creation, dimensions
from tapeflow.engine.ops.array.arguments import refuse, to_input
from tapeflow.engine.ops.math.arithmetic import negative
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply

_INDEX = dtypes.INDEX | {dtypes.int16}


class TopKV2(NamedTuple):
    """What `tf.math.top_k` gives.

    Attributes:
      values: the greatest elements of each row.
      indices: where in the row they are.
    """

    values: Any
    indices: Any


@reads_values(1)
def _infer(input: Spec, k: Spec, sorted: bool, index_type: DType) -> tuple[Spec, Spec]:
    require_dtype(input, dtypes.REAL)
    require_dtype(k, _INDEX, "k")
    if index_type not in _INDEX:
        reject_dtype(f"index_type: expected int16, int32 or int64; received {index_type.name}")
    require_rank(k, 0, "k")
    if input.shape == ():
        reject("input: expected rank 1 or more; received a scalar")
    count = None if k.value is None else int(k.value)
    if count is not None and count < 0:
        reject(f"k: expected no negative number; received {count}")
    if input.shape is None:
        return Spec(input.dtype, None), Spec(index_type, None)
    columns = input.shape[-1]
    if columns is not None and count is not None and columns < count:
        reject(f"k: expected at most {columns}, the size of the last dimension; received {count}")
    shape = (*input.shape[:-1], count)
    return Spec(input.dtype, shape), Spec(index_type, shape)


def _descending(x: np.ndarray) -> np.ndarray:
    """Positions of a row's elements from the greatest down; of equal ones the first comes first."""
    order = np.argsort(x[..., ::-1], axis=-1, kind="stable")[..., ::-1]
    return x.shape[-1] - 1 - order


def _greatest(x: np.ndarray, k: int) -> np.ndarray:
    columns = x.shape[-1]
    if k == 1 and x.size:
        return np.argmax(x, axis=-1)[..., None]
    if 8 * k < columns:
        near = np.sort(np.argpartition(x, columns - k, axis=-1)[..., columns - k :], axis=-1)
        found = np.take_along_axis(x, near, -1)
        least = found.min(-1, keepdims=True)
        # Where elements equal to the least one were left out, others of them should be in.
        if np.array_equal((x == least).sum(-1), (found == least).sum(-1)):
            return np.take_along_axis(near, _descending(found), -1)
    return _descending(x)[..., :k]


def _kernel(
    input: np.ndarray, k: np.ndarray, sorted: bool, index_type: DType
) -> tuple[np.ndarray, np.ndarray]:
    keys = (
        input.astype(np.float32)
        if input.dtype.kind == "V" or input.dtype.name == "bfloat16"
        else input
    )
    count = int(k)
    if not count:
        where = np.zeros((*input.shape[:-1], 0), np.int64)
    else:
        where = _greatest(keys, count)
    return np.take_along_axis(input, where, -1), where.astype(index_type.np)


def _samples(draw: Draw) -> Iterable[Sample]:
    def call(x: np.ndarray, k: int, grad: bool = False, index: DType = dtypes.int32) -> Sample:
        return Sample(x, np.array(k, np.int32), sorted=True, index_type=index, grad=grad)

    for dtype in sorted(dtypes.REAL, key=lambda d: d.name):
        yield call(draw.distinct(2, 6, dtype=dtype), 3, dtype in (dtypes.float32, dtypes.float64))
    for index in (dtypes.int16, dtypes.int64):
        yield call(draw.distinct(5), 2, False, index)
    yield call(draw.ints(3, 30, high=4).astype(np.float32), 3)  # ties
    yield call(draw.distinct(2, 2, 40), 2)
    yield call(draw.distinct(4), 1)
    yield call(np.array([0.0, -0.0, -np.inf, np.inf], np.float32), 4)
    yield call(np.zeros((0, 3), np.float32), 2)
    yield call(np.zeros((2, 0), np.float32), 0)


def _vjp(ctx: Any, dvalues: Any, _: Any) -> Any:
    return apply(put_along_last_p, dvalues, ctx.outputs[1], ctx.inputs[0]), None


top_k_p = primitive(
    "TopKV2",
    infer=_infer,
    kernel=_kernel,
    vjp=_vjp,
    lower=reduction("top_k"),
    samples=_samples,
)


def _put_infer(values: Spec, indices: Spec, like: Spec) -> Spec:
    require_same_dtype(values, like)
    require_dtype(indices, _INDEX, "indices")
    merge_dims(values.shape, indices.shape, "indices")
    return Spec(like.dtype, like.shape)


def _put_kernel(values: np.ndarray, indices: np.ndarray, like: np.ndarray) -> np.ndarray:
    out = np.zeros(like.shape, like.dtype)
    np.put_along_axis(out, indices.astype(np.int64), values, -1)
    return out


def _take_infer(x: Spec, indices: Spec) -> Spec:
    require_dtype(indices, _INDEX, "indices")
    return Spec(x.dtype, indices.shape)


def _pair_samples(put: bool) -> Any:
    def sample(draw: Draw) -> Iterable[Sample]:
        for dtype in (dtypes.float32, dtypes.float64):
            x = draw.distinct(3, 5, dtype=dtype)
            where = _descending(x)[:, :2].astype(np.int32)
            if put:
                yield Sample(draw.reals(3, 2, dtype=dtype), where, x)
            else:
                yield Sample(x, where)

    return sample


# The gradient of TopKV2: zeros but for `values` at `indices`, which must not repeat in a row.
put_along_last_p = primitive(
    "PutAlongLast",
    infer=_put_infer,
    kernel=_put_kernel,
    vjp=lambda ctx, dy: (
        apply(take_along_last_p, dy, ctx.inputs[1]),
        None,
        creation.zeros_like(ctx.inputs[2]) if ctx.needs[2] else None,
    ),
    lower=indexed("scatter"),
    samples=_pair_samples(True),
)

take_along_last_p = primitive(
    "TakeAlongLast",
    infer=_take_infer,
    kernel=lambda x, indices: np.take_along_axis(x, indices.astype(np.int64), -1),
    vjp=lambda ctx, dy: (apply(put_along_last_p, dy, ctx.inputs[1], ctx.inputs[0]), None),
    lower=indexed("gather"),
    samples=_pair_samples(False),
)


@export("math.top_k", "nn.top_k")
def top_k(
    input: Any,
    k: Any = 1,
    sorted: bool = True,
    index_type: Any = dtypes.int32,
    name: str | None = None,
) -> Any:
    """Finds the k greatest elements of each row.

    Args:
      input: `[..., n]`, a real dtype.
      k: how many, a scalar of int16, int32 or int64, at most n.
      sorted: ignored: results always run from the greatest down. (TensorFlow's come in no
        particular order where this is False.)
      index_type: dtype of the indices: `tf.int16`, `tf.int32` or `tf.int64`.
      name: ignored in eager mode.

    Returns:
      A named tuple `(values, indices)`, both `[..., k]`. Of equal elements the first comes first.

    Raises:
      tf.errors.InvalidArgumentError: when `k` is negative or greater than n, or `input` a scalar.

    Example:
      >>> import tapeflow as tf
      >>> values, indices = tf.math.top_k([1.0, 5.0, 3.0, 5.0], k=2)
      >>> values.numpy(), indices.numpy()
      (array([5., 5.], dtype=float32), array([1, 3], dtype=int32))
    """
    return TopKV2(
        *apply(
            top_k_p, convert(input), convert(k), sorted=bool(sorted),
            index_type=as_dtype(index_type),
        )
    )  # fmt: skip


def _in_infer(predictions: Spec, targets: Spec, k: Spec) -> Spec:
    require_dtype(predictions, {dtypes.float32}, "predictions")
    require_dtype(targets, dtypes.INDEX, "targets")
    require_same_dtype(targets, k)
    require_rank(predictions, 2, "predictions")
    require_rank(targets, 1, "targets")
    require_rank(k, 0, "k")
    rows: Dims = (None,) if predictions.shape is None else predictions.shape[:1]
    return Spec(dtypes.bool, merge_dims(rows, targets.shape, "targets"))


def _in_kernel(predictions: np.ndarray, targets: np.ndarray, k: np.ndarray) -> np.ndarray:
    classes = predictions.shape[1]
    inside = (targets >= 0) & (targets < classes)
    if not classes:
        return inside
    rows = np.arange(len(targets))
    own = predictions[rows, np.where(inside, targets, 0)]
    above = (predictions > own[:, None]).sum(-1)
    return inside & np.isfinite(predictions).all(-1) & (above < k)


def _in_samples(draw: Draw) -> Iterable[Sample]:
    for index in (dtypes.int32, dtypes.int64):
        targets = draw.ints(6, low=-1, high=5, dtype=index)
        for k in (-1, 0, 1, 2, 9):
            yield Sample(draw.ints(6, 4, high=4).astype(np.float32), targets, np.array(k, index.np))
    odd = np.array([[1, np.nan, 3], [3, 2, np.inf], [1, 1, 1]], np.float32)
    yield Sample(odd, np.array([0, 1, 2], np.int32), np.array(2, np.int32))
    yield Sample(np.zeros((0, 3), np.float32), np.zeros(0, np.int32), np.array(1, np.int32))


in_top_k_p = primitive(
    "InTopKV2",
    infer=_in_infer,
    kernel=_in_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=reduction("in_top_k"),
    samples=_in_samples,
)


@export("math.in_top_k", "nn.in_top_k")
def in_top_k(targets: Any, predictions: Any, k: Any, name: str | None = None) -> Any:
    """Says for each row whether its target class is among the k greatest predictions.

    Args:
      targets: classes `[batch]`, int32 or int64.
      predictions: `[batch, classes]`, float32.
      k: how many predictions count; ties with the last of them count too.
      name: ignored in eager mode.

    Returns:
      A bool tensor `[batch]`; False where a prediction is not finite or the target out of range.

    Raises:
      ValueError: when `predictions` is not float32.
      tf.errors.InvalidArgumentError: when shapes or dtypes don't go together.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.in_top_k([0, 1], [[0.1, 0.9], [0.1, 0.9]], k=1).numpy()
      array([False,  True])
    """
    z = convert(targets)
    x = to_input(predictions, dtypes.float32, "InTopKV2", "predictions")
    if not z.dtype.is_integer and not z.dtype.is_bool:
        return apply(in_top_k_p, x, z, z)  # refuses
    return apply(in_top_k_p, x, z, convert(k) if hasattr(k, "dtype") else convert(k, z.dtype))


def _approx(operand: Any, k: Any, axis: int, largest: bool) -> Any:
    x = convert(operand)
    if x.dtype not in (dtypes.float16, dtypes.bfloat16, dtypes.float32):
        message = f"input: expected float16, bfloat16 or float32; received {x.dtype.name}"
        raise refuse("ApproxTopK", message, about_dtype=True)
    rank = x.shape.ndims
    order = list(range(rank))
    axis = axis % rank
    order[axis], order[-1] = order[-1], order[axis]
    moved = dimensions.transpose(x, order) if axis != rank - 1 else x
    values, indices = top_k(moved if largest else negative(moved), int(k))
    if not largest:
        values = negative(values)
    if axis != rank - 1:
        values = dimensions.transpose(values, order)
        indices = dimensions.transpose(indices, order)
    return ApproxTopK(values, indices)


class ApproxTopK(NamedTuple):
    """What `tf.nn.approx_max_k` gives.

    Attributes:
      values: the extreme elements.
      indices: where along the dimension they are.
    """

    values: Any
    indices: Any


@export("nn.approx_max_k", "math.approx_max_k")
def approx_max_k(
    operand: Any,
    k: Any,
    reduction_dimension: int = -1,
    recall_target: float = 0.95,
    reduction_input_size_override: int = -1,
    aggregate_to_topk: bool = True,
    name: str | None = None,
) -> Any:
    """Finds the k greatest elements along a dimension; here exactly, whatever recall is asked for.

    Args:
      operand: float16, bfloat16 or float32.
      k: how many.
      reduction_dimension: the dimension to search.
      recall_target: the least recall wanted; 1 is given.
      reduction_input_size_override: ignored.
      aggregate_to_topk: ignored: the results are always the k greatest.
      name: ignored in eager mode.

    Returns:
      A named tuple `(values, indices)` with k elements along the dimension; indices are int32.

    Raises:
      tf.errors.InvalidArgumentError: when there are fewer than k elements, or for another dtype.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.approx_max_k(tf.constant([1.0, 5.0, 3.0]), 2).values.numpy()
      array([5., 3.], dtype=float32)
    """
    return _approx(operand, k, reduction_dimension, True)


@export("nn.approx_min_k", "math.approx_min_k")
def approx_min_k(
    operand: Any,
    k: Any,
    reduction_dimension: int = -1,
    recall_target: float = 0.95,
    reduction_input_size_override: int = -1,
    aggregate_to_topk: bool = True,
    name: str | None = None,
) -> Any:
    """Finds the k least elements along a dimension; here exactly, whatever recall is asked for.

    Args:
      operand: float16, bfloat16 or float32.
      k: how many.
      reduction_dimension: the dimension to search.
      recall_target: the least recall wanted; 1 is given.
      reduction_input_size_override: ignored.
      aggregate_to_topk: ignored: the results are always the k least.
      name: ignored in eager mode.

    Returns:
      A named tuple `(values, indices)` with k elements along the dimension; indices are int32.

    Raises:
      tf.errors.InvalidArgumentError: when there are fewer than k elements, or for another dtype.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.approx_min_k(tf.constant([1.0, 5.0, 3.0]), 2).values.numpy()
      array([1., 3.], dtype=float32)
    """
    return _approx(operand, k, reduction_dimension, False)


@export("approx_top_k")
def approx_top_k(
    input: Any,
    k: int,
    reduction_dimension: int = -1,
    recall_target: float = 0.95,
    is_max_k: bool = True,
    reduction_input_size_override: int = -1,
    aggregate_to_topk: bool = True,
    name: str | None = None,
) -> Any:
    """Finds the k greatest or least elements along a dimension; here exactly.

    Args:
      input: float16, bfloat16 or float32.
      k: how many.
      reduction_dimension: the dimension to search.
      recall_target: the least recall wanted; 1 is given.
      is_max_k: whether the greatest are wanted; else the least.
      reduction_input_size_override: ignored.
      aggregate_to_topk: ignored: the results are always the k extreme ones.
      name: ignored in eager mode.

    Returns:
      A named tuple `(values, indices)` with k elements along the dimension; indices are int32.

    Raises:
      tf.errors.InvalidArgumentError: when there are fewer than k elements, or for another dtype.

    Example:
      >>> import tapeflow as tf
      >>> tf.approx_top_k(tf.constant([1.0, 5.0, 3.0]), 2).values.numpy()
      array([5., 3.], dtype=float32)
    """
    return _approx(input, k, reduction_dimension, is_max_k)
