"""Joining tensors along a dimension they have, and cutting them apart again."""

from __future__ import annotations

import numbers
from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dimension import Dimension
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    normalize_axis,
    reads_values,
    reject,
    require_dtype,
    require_rank,
    require_same_dtype,
    shape_text,
    variadic,
)
from tapeflow.engine.ir.primitive import movement, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Dims, Spec
from tapeflow.engine.ops.array import joining, shaping
from tapeflow.engine.ops.array.arguments import refuse, to_axis, to_same_dtype
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply, run
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor


def _concat_infer(*values: Spec, axis: int) -> Spec:
    if not values:
        reject("values: expected at least one tensor; received none")
    require_same_dtype(*values)
    shape: Dims | None = None
    for i, spec in enumerate(values):
        if spec.shape is None:
            continue
        if not spec.shape:
            reject(f"values[{i}]: expected rank >= 1; received a scalar (stack joins scalars)")
        if shape is None:
            shape = spec.shape
            axis = normalize_axis(axis, len(shape))
        elif len(spec.shape) != len(shape):
            reject(
                f"values[{i}]: expected rank {len(shape)}, that of values[0]; "
                f"received shape {shape_text(spec.shape)}"
            )
    if shape is None:
        return Spec(values[0].dtype, None)
    out = list(shape)
    total: int | None = 0
    for i, spec in enumerate(values):
        if spec.shape is None:
            total = None
            continue
        for j, d in enumerate(spec.shape):
            if j == axis:
                total = None if total is None or d is None else total + d
            elif out[j] is None:
                out[j] = d
            elif d is not None and d != out[j]:
                reject(
                    f"values[{i}]: expected shape {shape_text(tuple(out))} except in dimension "
                    f"{axis}; received {shape_text(spec.shape)}"
                )
    out[axis] = total
    return Spec(values[0].dtype, tuple(out))


def _sizes(values: tuple[Any, ...], axis: int) -> Any:
    """The sizes of tensors along a dimension, as an int32 vector."""
    known = [x.shape[axis] for x in values]
    if None not in known:
        return EagerTensor(np.array(known, np.int32))
    return joining.stack([shaping.shape(x)[axis] for x in values])


def _concat_vjp(ctx: Any, dy: Any) -> Any:
    axis = ctx.attrs["axis"]
    values = ctx.inputs
    if len(values) == 1:
        return (dy,)
    if type(dy) is EagerTensor:  # it has the shape of what was joined: there is nothing to check
        sizes = np.array([x._array.shape[axis] for x in values], np.int32)
        attrs = {"axis": axis, "num_split": len(values)}
        return run(split_v_p, (dy, EagerTensor(sizes)), attrs)
    return apply(split_v_p, dy, _sizes(values, axis), axis=axis, num_split=len(values))


def _concat_samples(draw: Draw) -> Iterable[Sample]:
    yield Sample(draw.reals(2, 3), draw.reals(1, 3), axis=0)
    yield Sample(draw.reals(2, 3), draw.reals(2, 1), draw.reals(2, 2), axis=-1)
    yield Sample(draw.reals(2), draw.reals(0), axis=0)
    yield Sample(draw.reals(0, 2), draw.reals(0, 3), axis=1)
    yield Sample(draw.ints(2), draw.ints(3), axis=0, grad=False)


concat_p = primitive(
    "ConcatV2",
    infer=_concat_infer,
    kernel=lambda *values, axis: np.concatenate(values, axis),
    vjp=_concat_vjp,
    lower=movement("concat"),
    samples=_concat_samples,
)


@export("concat")
def concat(values: Any, axis: Any, name: str = "concat") -> Any:
    """Joins tensors along a dimension.

    Args:
      values: list of tensors of one dtype, whose shapes differ in dimension `axis` only.
      axis: the dimension; negative values count from the end.
      name: ignored in eager mode.

    Returns:
      A tensor whose size along `axis` is the sum of theirs.

    Raises:
      tf.errors.InvalidArgumentError: when shapes do not fit or `axis` is out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.concat([[[1, 2]], [[3, 4]]], axis=0).numpy()
      array([[1, 2],
             [3, 4]], dtype=int32)
    """
    if not isinstance(values, (list, tuple)):
        values = [values]
    if len(values) == 1:
        position = convert(axis, None if isinstance(axis, Tensor) else dtypes.int32)
        if position.shape.ndims != 0:
            raise ValueError(f"concat: axis: expected a scalar; received shape {position.shape}")
        return shaping.identity(values[0])
    try:
        position = to_axis(axis, "ConcatV2", one_of_vector=True)
    except TypeError as error:  # of Python values alone, TensorFlow lets the op judge the axis
        if any(isinstance(v, Tensor) for v in values):
            raise
        raise refuse("ConcatV2", f"axis: {error}", about_dtype=True) from None
    return apply(concat_p, *to_same_dtype(values), axis=position)


@variadic
def _split_infer(value: Spec, axis: int, num_split: int) -> tuple[Spec, ...]:
    if num_split < 1:
        reject(f"num_split: expected at least 1; received {num_split}")
    if value.shape is None:
        return (Spec(value.dtype, None),) * num_split
    axis = normalize_axis(axis, len(value.shape))
    size = value.shape[axis]
    if size is not None:
        if size % num_split:
            reject(f"value: expected a size divisible by {num_split} in dimension {axis}; "
                   f"received shape {shape_text(value.shape)}")  # fmt: skip
        size //= num_split
    return (Spec(value.dtype, (*value.shape[:axis], size, *value.shape[axis + 1 :])),) * num_split


def _cut(value: np.ndarray, sizes: list[int], axis: int) -> tuple[np.ndarray, ...]:
    lead = (slice(None),) * (axis % value.ndim)
    out = []
    start = 0
    for size in sizes:
        out.append(value[(*lead, slice(start, start + size))])
        start += size
    return tuple(out)


def _split_kernel(value: np.ndarray, axis: int, num_split: int) -> tuple[np.ndarray, ...]:
    return _cut(value, [value.shape[axis] // num_split] * num_split, axis)


def _split_samples(draw: Draw) -> Iterable[Sample]:
    for shape, axis, count in (((4, 3), 0, 2), ((4, 3), -1, 3), ((2,), 0, 1), ((0, 2), 0, 3)):
        yield Sample(draw.reals(*shape), axis=axis, num_split=count)


split_p = primitive(
    "Split",
    infer=_split_infer,
    kernel=_split_kernel,
    vjp=lambda ctx, *dys: (_rejoin(dys, ctx.attrs["axis"]),),
    lower=movement("split"),
    samples=_split_samples,
)


def _rejoin(dys: tuple[Any, ...], axis: int) -> Any:
    return dys[0] if len(dys) == 1 else apply(concat_p, *dys, axis=axis)


def _known_sizes(sizes: Spec, total: int | None, count: int) -> list[int | None]:
    """The sizes of the parts, with the -1 among them replaced by what is left."""
    if sizes.value is None:
        return [None] * count
    given = sizes.value.tolist()
    free = [i for i, n in enumerate(given) if n == -1]
    if len(free) > 1:
        reject(f"size_splits: expected at most one -1; received {given}")
    if any(n < -1 for n in given):
        reject(f"size_splits: expected sizes >= 0; received {given}")
    rest = sum(n for n in given if n != -1)
    if total is not None:
        if rest > total or (not free and rest != total):
            reject(f"size_splits: expected sizes that add up to {total}; received {given}")
    if free:
        given[free[0]] = None if total is None else total - rest
    return given  # type: ignore[no-any-return]


@variadic
@reads_values(1)
def _split_v_infer(value: Spec, size_splits: Spec, axis: int, num_split: int) -> tuple[Spec, ...]:
    require_dtype(size_splits, (dtypes.int8, dtypes.int32, dtypes.int64), "size_splits")
    require_rank(size_splits, 1, "size_splits")
    if size_splits.shape is not None and size_splits.shape[0] not in (None, num_split):
        reject(f"size_splits: expected {num_split} sizes; received {size_splits.shape[0]}")
    if value.shape is None:
        return (Spec(value.dtype, None),) * num_split
    axis = normalize_axis(axis, len(value.shape))
    sizes = _known_sizes(size_splits, value.shape[axis], num_split)
    before, after = value.shape[:axis], value.shape[axis + 1 :]
    return tuple([Spec(value.dtype, (*before, n, *after)) for n in sizes])


def _split_v_kernel(
    value: np.ndarray, size_splits: np.ndarray, axis: int, num_split: int
) -> tuple[np.ndarray, ...]:
    sizes = size_splits.tolist()
    if -1 in sizes:
        sizes[sizes.index(-1)] = value.shape[axis] - sum(sizes) - 1
    return _cut(value, sizes, axis)


def _split_v_samples(draw: Draw) -> Iterable[Sample]:
    for shape, axis, sizes in (
        ((4, 3), 0, (1, 3)), ((4, 3), -1, (2, 0, 1)), ((4, 3), 0, (1, -1)), ((0,), 0, (0,)),
    ):  # fmt: skip
        yield Sample(draw.reals(*shape), np.array(sizes, np.int32), axis=axis, num_split=len(sizes))


split_v_p = primitive(
    "SplitV",
    infer=_split_v_infer,
    kernel=_split_v_kernel,
    vjp=lambda ctx, *dys: (_rejoin(dys, ctx.attrs["axis"]), None),
    lower=movement("split"),
    samples=_split_v_samples,
)


@export("split")
def split(
    value: Any, num_or_size_splits: Any, axis: Any = 0, num: int | None = None, name: str = "split"
) -> Any:
    """Cuts a tensor into parts along a dimension.

    Args:
      value: tensor.
      num_or_size_splits: the number of equal parts, or the list of their sizes, one of which may
        be -1 for what is left.
      axis: the dimension.
      num: number of sizes, for when it is not known while tracing.
      name: ignored in eager mode.

    Returns:
      A list of tensors.

    Raises:
      ValueError: when `num_or_size_splits` is a scalar tensor.
      tf.errors.InvalidArgumentError: when the sizes do not fit or `axis` is out of range.

    Example:
      >>> import tapeflow as tf
      >>> [t.numpy().tolist() for t in tf.split([1, 2, 3], [1, -1])]
      [[1], [2, 3]]
    """
    if isinstance(num_or_size_splits, (numbers.Integral, Dimension)):
        count = int(num_or_size_splits)
        tensor = convert(value)
        return list(apply(split_p, tensor, axis=to_axis(axis, "Split"), num_split=count))
    sizes = convert(num_or_size_splits)
    rank = sizes.shape.ndims
    if rank == 0:
        raise ValueError(
            "Rank-0 tensors are not supported as the num_or_size_splits argument to split. "
            f"Argument provided: {num_or_size_splits}"
        )
    if num is None:
        num = None if rank is None else sizes.shape.as_list()[0]
        if num is None:
            raise ValueError("split: num: cannot be inferred from num_or_size_splits; pass it")
    return list(
        apply(split_v_p, convert(value), sizes, axis=to_axis(axis, "SplitV"), num_split=num)
    )
