"""Distributing rows over several tensors and putting them back together; flat indices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    at_run_time,
    merge_dims,
    reads_values,
    reject,
    reject_values,
    require_dtype,
    require_rank,
    require_same_dtype,
    shape_text,
    variadic,
)
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Dims, Spec
from tapeflow.engine.ops.array import dimensions, gathering, sequences, shaping
from tapeflow.engine.ops.array.arguments import INDEX, to_input, to_same_dtype
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply


@variadic
def _partition_infer(data: Spec, partitions: Spec, num_partitions: int) -> tuple[Spec, ...]:
    require_dtype(partitions, (dtypes.int32,), "partitions")
    if num_partitions < 1:
        reject(f"num_partitions: expected at least 1; received {num_partitions}")
    if data.shape is None or partitions.shape is None:
        return (Spec(data.dtype, None),) * num_partitions
    lead = len(partitions.shape)
    if len(data.shape) < lead:
        reject(f"data: expected rank >= {lead}, that of partitions; "
               f"received shape {shape_text(data.shape)}")  # fmt: skip
    merge_dims(partitions.shape, data.shape[:lead], "data: leading dimensions")
    return (Spec(data.dtype, (None, *data.shape[lead:])),) * num_partitions


def _partition_kernel(
    data: np.ndarray, partitions: np.ndarray, num_partitions: int
) -> tuple[np.ndarray, ...]:
    gathering.require_in_range(partitions, num_partitions, "partitions")
    return tuple([data[partitions == i] for i in range(num_partitions)])


def _partition_vjp(ctx: Any, *dys: Any) -> Any:
    data, partitions = ctx.inputs
    count = ctx.attrs["num_partitions"]
    places = shaping.reshape(
        sequences.range_(dimensions.size(partitions)), shaping.shape(partitions)
    )
    parts = dynamic_partition(places, partitions, count)
    return (shaping.reshape(dynamic_stitch(parts, list(dys)), shaping.shape(data)), None)


def _partition_samples(draw: Draw) -> Iterable[Sample]:
    for shape, lead, count in (
        ((5,), 1, 2),
        ((4, 3), 1, 3),
        ((2, 3), 2, 2),
        ((), 0, 2),
        ((0, 2), 1, 1),
    ):
        partitions = draw.ints(*shape[:lead], high=count)
        # Of an empty tensor TensorFlow's gradient loses the shape.
        yield Sample(draw.reals(*shape), partitions, num_partitions=count, grad=0 not in shape)


dynamic_partition_p = primitive(
    "DynamicPartition",
    infer=_partition_infer,
    kernel=_partition_kernel,
    vjp=_partition_vjp,
    lower=HOST,
    samples=_partition_samples,
)


@export("dynamic_partition")
def dynamic_partition(
    data: Any, partitions: Any, num_partitions: int, name: str | None = None
) -> Any:
    """Distributes slices over several tensors.

    Args:
      data: tensor whose shape begins with that of `partitions`.
      partitions: int32 tensor: to which tensor each slice goes.
      num_partitions: how many tensors there are.
      name: ignored in eager mode.

    Returns:
      A list of tensors, whose slices are in the order of `data`.

    Raises:
      tf.errors.InvalidArgumentError: when shapes do not fit or a partition is out of range.

    Example:
      >>> import tapeflow as tf
      >>> [t.numpy().tolist() for t in tf.dynamic_partition([1, 2, 3], [0, 1, 0], 2)]
      [[1, 3], [2]]
    """
    parts = to_input(partitions, dtypes.int32, "DynamicPartition", "partitions")
    return list(
        apply(dynamic_partition_p, convert(data), parts, num_partitions=int(num_partitions))
    )


@reads_values(*range(64))
def _stitch_infer(*inputs: Spec) -> Spec:
    half = len(inputs) // 2
    indices, data = inputs[:half], inputs[half:]
    if not half:
        reject("indices: expected at least one tensor; received none")
    require_same_dtype(*data)
    tail: Dims | None = None
    top: int | None = 0
    for i, (index, values) in enumerate(zip(indices, data, strict=True)):
        require_dtype(index, (dtypes.int32,), f"indices[{i}]")
        if index.shape is not None and values.shape is not None:
            lead = len(index.shape)
            if len(values.shape) < lead:
                reject(f"data[{i}]: expected a shape that begins with {shape_text(index.shape)}; "
                       f"received {shape_text(values.shape)}")  # fmt: skip
            merge_dims(index.shape, values.shape[:lead], f"data[{i}]: leading dimensions")
            tail = merge_dims(tail, values.shape[lead:], f"data[{i}]: trailing dimensions")
        if index.value is None:
            top = None
        elif top is not None and index.value.size:
            top = max(top, int(index.value.max()) + 1)
    return Spec(data[0].dtype, None if tail is None else (top, *tail))


def _stitch_kernel(*inputs: np.ndarray) -> np.ndarray:
    half = len(inputs) // 2
    indices, data = inputs[:half], inputs[half:]
    top = max([int(i.max()) + 1 if i.size else 0 for i in indices])
    tail = data[0].shape[indices[0].ndim :]
    out = np.zeros((max(top, 0), *tail), data[0].dtype)
    if out.dtype == object:
        out[...] = b""
    for i, (index, values) in enumerate(zip(indices, data, strict=True)):
        gathering.require_in_range(index, len(out), f"indices[{i}]")
        out[index.reshape(-1)] = values.reshape((index.size, *tail))
    return out


def _stitch_vjp(ctx: Any, dy: Any) -> Any:
    half = len(ctx.inputs) // 2
    rows = [gathering.gather(dy, index) for index in ctx.inputs[:half]]
    return (*[None] * half, *rows)


def _stitch_samples(draw: Draw) -> Iterable[Sample]:
    yield Sample(*[np.array(i, np.int32) for i in ([0, 2], [3, 1])], draw.reals(2), draw.reals(2))
    yield Sample(*[np.array(i, np.int32) for i in (1, [0, 2])], draw.reals(3), draw.reals(2, 3))
    yield Sample(np.array([[0, 3]], np.int32), draw.reals(1, 2, 2))
    ties = [np.array(i, np.int32) for i in ([0, 1], [1, 2])]
    yield Sample(*ties, draw.reals(2), draw.reals(2), grad=False)
    yield Sample(np.zeros(0, np.int32), draw.reals(0, 2))


dynamic_stitch_p = primitive(
    "DynamicStitch",
    infer=_stitch_infer,
    kernel=_stitch_kernel,
    vjp=_stitch_vjp,
    lower=HOST,
    samples=_stitch_samples,
)


@export("dynamic_stitch")
def dynamic_stitch(indices: Any, data: Any, name: str | None = None) -> Any:
    """Puts slices of several tensors at given places of one.

    Args:
      indices: list of int32 tensors.
      data: list of tensors; the shape of each begins with that of its indices.
      name: ignored in eager mode.

    Returns:
      A tensor with as many rows as the greatest index asks for; rows that no index names are 0,
      and of several for one place the last counts.

    Raises:
      ValueError: when the lists differ in length.
      tf.errors.InvalidArgumentError: when shapes do not fit or an index is negative.

    Example:
      >>> import tapeflow as tf
      >>> tf.dynamic_stitch([[0, 2], [1]], [[10, 30], [20]]).numpy()
      array([10, 20, 30], dtype=int32)
    """
    for value, argument in ((indices, "indices"), (data, "data")):
        if not isinstance(value, (list, tuple)):
            raise TypeError(f"dynamic_stitch: {argument}: expected a list; received {value!r}")
    if len(indices) != len(data):
        raise ValueError(
            f"dynamic_stitch: data: expected {len(indices)} tensors, as many as indices; "
            f"received {len(data)}"
        )
    places = [convert(i, dtypes.int32) for i in indices]
    return apply(dynamic_stitch_p, *places, *to_same_dtype(data))


@reads_values(1)
def _unravel_infer(indices: Spec, dims: Spec) -> Spec:
    require_dtype(indices, INDEX, "indices")
    require_same_dtype(indices, dims)
    with at_run_time():
        require_rank(indices, (0, 1), "indices")
    require_rank(dims, 1, "dims")
    if dims.value is not None and 0 in dims.value:
        reject_values(f"dims: expected sizes other than 0; received {dims.value.tolist()}")
    if indices.shape == (0,):
        reject_values("indices: expected at least one; received none")
    count = None if dims.shape is None else dims.shape[0]
    return Spec(indices.dtype, None if indices.shape is None else (count, *indices.shape))


def _unravel_kernel(indices: np.ndarray, dims: np.ndarray) -> np.ndarray:
    sizes = dims.tolist()
    total = int(np.prod(sizes))
    if indices.max() >= total:
        reject(f"indices: expected numbers below {total}; received {indices.tolist()}")
    out = []
    rest = indices.astype(np.int64)
    for size in reversed(sizes):
        # As in C: rounding towards zero, so that negative numbers stay negative.
        out.append(np.fmod(rest, size))
        rest = np.sign(rest) * (np.abs(rest) // size)
    return np.stack(out[::-1]).astype(indices.dtype)


def _unravel_samples(draw: Draw) -> Iterable[Sample]:
    for shape, dims in (((4,), (3, 3)), ((), (3, 3)), ((2,), (9,)), ((3,), (2, 2, 3))):
        yield Sample(draw.ints(*shape, high=9), np.array(dims, np.int32), grad=False)


unravel_index_p = primitive(
    "UnravelIndex",
    infer=_unravel_infer,
    kernel=_unravel_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_unravel_samples,
)


@export("unravel_index")
def unravel_index(indices: Any, dims: Any, name: str | None = None) -> Any:
    """Turns flat indices into coordinates.

    Args:
      indices: int32 or int64 scalar or vector.
      dims: shape of the array that is indexed, in the same dtype.
      name: ignored in eager mode.

    Returns:
      A tensor `[len(dims)]`, or `[len(dims), n]` for a vector.

    Raises:
      tf.errors.InvalidArgumentError: when an index is out of range or a size is 0.

    Example:
      >>> import tapeflow as tf
      >>> tf.unravel_index([2, 5], [3, 3]).numpy()
      array([[0, 1],
             [2, 2]], dtype=int32)
    """
    places, sizes = to_same_dtype([convert(indices, hint=dtypes.int32), dims])
    return apply(unravel_index_p, places, sizes)
