"""Isotonic regression: the nearest sequence that never rises."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import merge_dims, reject, require_dtype
from tapeflow.engine.ir.primitive import HOST, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import dimensions
from tapeflow.engine.ops.array.arguments import refuse
from tapeflow.engine.ops.math import casting
from tapeflow.engine.ops.math.arithmetic import negative
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply

_SHORT = frozenset({dtypes.int8, dtypes.uint8, dtypes.int16, dtypes.uint16})


def _infer(input: Spec, output_dtype: DType) -> tuple[Spec, Spec]:
    require_dtype(input, dtypes.REAL)
    if not output_dtype.is_floating:
        reject(f"output_dtype: expected a floating dtype; received {output_dtype.name}")
    if input.shape == ():
        reject("input: expected rank 1 or more; received a scalar")
    return Spec(output_dtype, input.shape), Spec(dtypes.int32, input.shape)


def _kernel(input: np.ndarray, output_dtype: DType) -> tuple[np.ndarray, np.ndarray]:
    rows = input.astype(np.float64).reshape(-1, input.shape[-1] if input.size else 1)
    values = np.empty(rows.shape)
    segments = np.empty(rows.shape, np.int32)
    for row, value, segment in zip(rows.tolist(), values, segments, strict=True):
        _pool_violators(row, value, segment)
    shape = input.shape
    return values.reshape(shape).astype(output_dtype.np), segments.reshape(shape)


def _pool_violators(row: list[float], value: np.ndarray, segment: np.ndarray) -> None:
    """Pool adjacent violators: merge neighbours into their mean while a later one is greater."""
    blocks: list[list[float]] = []  # sum, count
    for x in row:
        blocks.append([x, 1])
        while len(blocks) > 1 and blocks[-1][0] / blocks[-1][1] > blocks[-2][0] / blocks[-2][1]:
            total, count = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += count
    start = 0
    for number, (total, count) in enumerate(blocks):
        end = start + int(count)
        value[start:end] = total / count
        segment[start:end] = number
        start = end


def _samples(draw: Draw) -> Iterable[Sample]:
    for dtype in (dtypes.float32, dtypes.float64):
        yield Sample(draw.distinct(2, 6, dtype=dtype), output_dtype=dtype)
    yield Sample(draw.ints(2, 3, 4), output_dtype=dtypes.float64, grad=False)
    ties = np.array([[2, 2, 1, 1, 3]], np.float32)  # in one dimension, TensorFlow's vjp adds one
    yield Sample(ties, output_dtype=dtypes.float32, grad=False)
    yield Sample(np.zeros((0, 2), np.float32), output_dtype=dtypes.float32, grad=False)


def _vjp(ctx: Any, dy: Any, _: Any) -> Any:
    return (casting.cast(apply(segment_average_p, dy, ctx.outputs[1]), ctx.inputs[0].dtype),)


isotonic_regression_p = primitive(
    "IsotonicRegression",
    infer=_infer,
    kernel=_kernel,
    vjp=_vjp,
    lower=HOST,
    samples=_samples,
)


def _average_infer(x: Spec, segments: Spec) -> Spec:
    require_dtype(x, dtypes.FLOATING, "x")
    require_dtype(segments, {dtypes.int32}, "segments")
    return Spec(x.dtype, merge_dims(x.shape, segments.shape, "segments"))


def _average_kernel(x: np.ndarray, segments: np.ndarray) -> np.ndarray:
    if not x.size:
        return x.copy()
    columns = x.shape[-1]
    rows = np.arange(x.size // columns)[:, None] * columns
    number = (segments.reshape(-1, columns) + rows).reshape(-1)
    total = np.bincount(number, x.reshape(-1).astype(np.float64), x.size)
    count = np.maximum(np.bincount(number, minlength=x.size), 1)
    return (total / count)[number].reshape(x.shape).astype(x.dtype)  # type: ignore[no-any-return]


def _average_samples(draw: Draw) -> Iterable[Sample]:
    for dtype in (dtypes.float32, dtypes.float64):
        segments = np.array([[0, 0, 1, 1, 1], [0, 1, 2, 3, 3]], np.int32)
        yield Sample(draw.reals(2, 5, dtype=dtype), segments)
    yield Sample(draw.reals(0, 2), draw.ints(0, 2))


# The derivative of the regression: each element's segment is averaged. It is its own transpose.
segment_average_p = primitive(
    "SegmentAverage",
    infer=_average_infer,
    kernel=_average_kernel,
    vjp=lambda ctx, dy: (apply(segment_average_p, dy, ctx.inputs[1]), None),
    lower=HOST,
    samples=_average_samples,
)


class IsotonicRegression(NamedTuple):
    """What `tf.nn.isotonic_regression` gives along the last axis.

    Attributes:
      output: the regression.
      segments: for each element the number of its constant stretch.
    """

    output: Any
    segments: Any


@export("nn.isotonic_regression")
def isotonic_regression(inputs: Any, decreasing: bool = True, axis: int = -1) -> Any:
    """Finds the monotonic sequences nearest, in least squares, to those given.

    Computed by pooling adjacent violators (Barlow et al., "Statistical Inference under Order
    Restrictions", 1972).

    Args:
      inputs: tensor of rank 1 or more and a real dtype.
      decreasing: whether the sequences must not rise; else they must not fall.
      axis: the axis along which the sequences run.

    Returns:
      `(output, segments)`, both of the shape of `inputs`: the sequences, in the dtype of `inputs`
      where that is floating (float32 for integers of up to 16 bits, else float64); and the number,
      int32, of the constant stretch that each element is in.

    Raises:
      tf.errors.InvalidArgumentError: for another dtype, or an axis out of range.

    Example:
      >>> import tapeflow as tf
      >>> output, segments = tf.nn.isotonic_regression([3.0, 1.0, 2.0, 1.0])
      >>> output.numpy(), segments.numpy()
      (array([3. , 1.5, 1.5, 1. ], dtype=float32), array([0, 1, 1, 2], dtype=int32))
    """
    x = convert(inputs)
    if x.dtype not in dtypes.REAL:
        message = f"inputs: expected a real dtype; received {x.dtype.name}"
        raise refuse("IsotonicRegression", message, about_dtype=True)
    wanted = x.dtype
    if wanted.is_integer:
        wanted = dtypes.float32 if wanted in _SHORT else dtypes.float64
    rank = x.shape.ndims
    if rank and not -rank <= axis < rank:
        reject(f"IsotonicRegression: axis: expected one in [-{rank}, {rank}); received {axis}")
    if not decreasing:
        x = negative(casting.cast(x, wanted))
    if not rank or axis % rank == rank - 1:
        output, segments = apply(isotonic_regression_p, x, output_dtype=wanted)
        if decreasing:
            return IsotonicRegression(output, segments)
        return negative(output), segments
    order = list(range(rank))
    order[axis], order[-1] = order[-1], order[axis]
    output, segments = apply(
        isotonic_regression_p, dimensions.transpose(x, order), output_dtype=wanted
    )
    output = dimensions.transpose(output, order)
    return output if decreasing else negative(output), dimensions.transpose(segments, order)
