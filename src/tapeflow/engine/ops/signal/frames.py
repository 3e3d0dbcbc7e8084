"""Cutting signals into overlapping frames, and adding them up again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import reject, reject_values, require_dtype, shape_text
from tapeflow.engine.ir.primitive import primitive, window
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import dimensions, padding, shaping
from tapeflow.engine.ops.array.arguments import refuse
from tapeflow.engine.ops.math.extrema import maximum
from tapeflow.engine.ops.signal.fitting import fit
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor
from tapeflow.engine.tracing.deferral import planned


def _frame_infer(signal: Spec, frame_length: int, frame_step: int) -> Spec:
    if frame_step <= 0 or frame_length < 0:
        reject_values(
            f"expected frame_length >= 0 and frame_step > 0; received {frame_length}, {frame_step}"
        )
    if signal.shape is None:
        return Spec(signal.dtype, None)
    if not signal.shape:
        reject("signal: expected rank >= 1; received a scalar")
    size = signal.shape[-1]
    count = None if size is None else max(0, 1 + (size - frame_length) // frame_step)
    return Spec(signal.dtype, (*signal.shape[:-1], count, frame_length))


def _frame_kernel(signal: np.ndarray, frame_length: int, frame_step: int) -> np.ndarray:
    count = max(0, 1 + (signal.shape[-1] - frame_length) // frame_step)
    if not count:
        return np.zeros((*signal.shape[:-1], 0, frame_length), signal.dtype)
    *lead, last = signal.strides
    return np.lib.stride_tricks.as_strided(
        signal,
        (*signal.shape[:-1], count, frame_length),
        (*lead, last * frame_step, last),
        writeable=False,
    )


def _frame_vjp(ctx: Any, dy: Any) -> Any:
    x = ctx.inputs[0]
    if x.shape.rank is None or x.shape.as_list()[-1] is None:
        dx = apply(overlap_and_add_p, dy, frame_step=ctx.attrs["frame_step"])
        return (fit(dx, shaping.shape(x)[-1:], 1),)
    size = x.shape.as_list()[-1]
    if not dy.shape.as_list()[-2]:
        from tapeflow.engine.ops.array import creation

        return (creation.zeros_like(x),)
    dx = apply(overlap_and_add_p, dy, frame_step=ctx.attrs["frame_step"])
    rest = size - dx.shape.as_list()[-1]
    if rest:
        dx = padding.pad(dx, [[0, 0]] * (dx.shape.ndims - 1) + [[0, rest]])
    return (dx,)


def _frame_samples(draw: Draw) -> Iterable[Sample]:
    for shape, length, step in (
        ((7,), 3, 2), ((2, 6), 2, 3), ((5,), 5, 1), ((4,), 6, 1), ((2, 3, 8), 4, 4),
    ):  # fmt: skip
        yield Sample(draw.reals(*shape), frame_length=length, frame_step=step)
    yield Sample(draw.ints(5), frame_length=2, frame_step=1, grad=False)


frame_p = primitive(
    "Frame",
    infer=_frame_infer,
    kernel=_frame_kernel,
    vjp=_frame_vjp,
    lower=window("frame"),
    samples=_frame_samples,
)


def _add_infer(signal: Spec, frame_step: int) -> Spec:
    require_dtype(signal, dtypes.NUMERIC)
    if frame_step <= 0:
        reject(f"frame_step: expected a positive number; received {frame_step}")
    if signal.shape is None:
        return Spec(signal.dtype, None)
    if len(signal.shape) < 2:
        reject(f"signal: expected rank >= 2; received shape {shape_text(signal.shape)}")
    *batch, count, length = signal.shape
    size = None
    if count is not None and length is not None:
        size = max(0, (count - 1) * frame_step + length)
    return Spec(signal.dtype, (*batch, size))


def _add_kernel(signal: np.ndarray, frame_step: int) -> np.ndarray:
    *batch, count, length = signal.shape
    size = max(0, (count - 1) * frame_step + length)
    # Pieces of one step each: the k-th pieces of all frames are added in one go.
    pieces = -(-length // frame_step)
    out = np.zeros((*batch, count + pieces, frame_step), signal.dtype)
    for k in range(pieces):
        part = signal[..., k * frame_step : (k + 1) * frame_step]
        out[..., k : k + count, : part.shape[-1]] += part
    return out.reshape(*batch, (count + pieces) * frame_step)[..., :size]


def _add_vjp(ctx: Any, dy: Any) -> Any:
    x = ctx.inputs[0]
    length = None if x.shape.rank is None else x.shape.as_list()[-1]
    if length is None:
        length = shaping.shape(x)[-1]
    dx = apply(frame_p, dy, frame_length=length, frame_step=ctx.attrs["frame_step"])
    if not isinstance(dx, EagerTensor):
        dx.set_shape(x.shape)
    return (dx,)


def _add_samples(draw: Draw) -> Iterable[Sample]:
    for shape, step in (((3, 4), 2), ((2, 3, 5), 3), ((3, 2), 4), ((1, 4), 1)):
        yield Sample(draw.reals(*shape), frame_step=step)
    yield Sample(draw.ints(3, 4), frame_step=3, grad=False)


overlap_and_add_p = primitive(
    "OverlapAndAdd",
    infer=_add_infer,
    kernel=_add_kernel,
    vjp=_add_vjp,
    lower=window("overlap_and_add"),
    samples=_add_samples,
)


def to_length(value: Any, argument: str) -> int:
    """An integer argument, given as a number or a constant tensor.

    Raises:
      InvalidArgumentError: when it is no integer.
    """
    known = static_value(value)
    if known is None:
        raise TypeError(f"{argument}: expected a value that is known when the function is traced")
    if known.dtype.kind not in "iu":
        raise refuse("Frame", f"{argument}: expected an integer; received {value}", True)
    if known.ndim:
        raise ValueError(f"Shape {known.shape} must have rank 0")
    return int(known)


def _frames_spec(signal: Any, frame_length: Any, axis: int, **_: Any) -> Spec:
    """What is known of frames of a length that is known when the graph runs."""
    x = convert(signal)
    dims, known = x.shape._dims, static_value(frame_length)
    if isinstance(axis, Tensor):
        return Spec(x.dtype, None if dims is None else (None,) * (len(dims) + 1))
    if not dims or not -len(dims) <= axis < len(dims):
        return Spec(x.dtype, None)
    at = axis % len(dims)
    length = None if known is None else int(known)
    return Spec(x.dtype, (*dims[:at], None, length, *dims[at + 1 :]))


def _signal_spec(signal: Any, **_: Any) -> Spec:
    x = convert(signal)
    dims = x.shape._dims
    return Spec(x.dtype, None if dims is None else (*dims[:-2], None))


@export("signal.frame")
@planned(values=("frame_length", "frame_step", "axis"), result=_frames_spec)
def frame(
    signal: Any,
    frame_length: Any,
    frame_step: Any,
    pad_end: bool = False,
    pad_value: Any = 0,
    axis: int = -1,
    name: str | None = None,
) -> Any:
    """Cuts a signal into frames, which may overlap.

    Args:
      signal: tensor `[..., samples, ...]` of any dtype.
      frame_length: samples of a frame.
      frame_step: samples from the beginning of a frame to that of the next.
      pad_end: whether frames that reach beyond the end are there, too, filled up.
      pad_value: what they are filled up with.
      axis: the dimension of the samples.
      name: ignored in eager mode.

    Returns:
      A tensor `[..., frames, frame_length, ...]`.

    Raises:
      ValueError: when `signal` is a scalar.
      tf.errors.InvalidArgumentError: when a length is no positive integer.

    Example:
      >>> import tapeflow as tf
      >>> tf.signal.frame([1, 2, 3, 4, 5], frame_length=3, frame_step=2).numpy()
      array([[1, 2, 3],
             [3, 4, 5]], dtype=int32)
    """
    x = convert(signal)
    length = to_length(frame_length, "frame_length")
    step = to_length(frame_step, "frame_step")
    rank = x.shape.ndims
    if not rank:
        raise ValueError(f"Shape {x.shape} must have rank at least 1")
    if not -rank <= axis < rank:
        raise IndexError(f"frame: axis {axis} is out of range for shape {x.shape}")
    axis = int(axis) % rank
    if axis != rank - 1:
        x = dimensions.transpose(x, [i for i in range(rank) if i != axis] + [axis])
    if pad_end and step > 0:
        size = x.shape.as_list()[-1]
        if size is None:
            size = shaping.shape(x)[-1]
            missing = maximum(0, (-(-size // step) - 1) * step + length - size)
        else:
            missing = max(0, (-(-size // step) - 1) * step + length - size)
        x = padding.pad(
            x, [[0, 0]] * (rank - 1) + [[0, missing]], constant_values=convert(pad_value, x.dtype)
        )
    y = apply(frame_p, x, frame_length=length, frame_step=step)
    if axis != rank - 1:
        last = [rank - 1, rank]
        y = dimensions.transpose(y, [*range(axis), *last, *range(axis, rank - 1)])
    return y


@export("signal.overlap_and_add")
@planned(values=("frame_step",), result=_signal_spec)
def overlap_and_add(signal: Any, frame_step: Any, name: str | None = None) -> Any:
    """Adds up overlapping frames to a signal.

    Args:
      signal: tensor `[..., frames, frame_length]` of a numeric dtype.
      frame_step: samples from the beginning of a frame to that of the next.
      name: ignored in eager mode.

    Returns:
      A tensor `[..., (frames - 1) * frame_step + frame_length]`.

    Raises:
      ValueError: when the rank is less than 2, or `frame_step` is no integer.

    Example:
      >>> import tapeflow as tf
      >>> tf.signal.overlap_and_add([[1, 1, 1], [1, 1, 1]], frame_step=2).numpy()
      array([1, 1, 2, 1, 1], dtype=int32)
    """
    x = convert(signal)
    if x.shape.ndims is not None and x.shape.ndims < 2:
        raise ValueError(f"Shape {x.shape} must have rank at least 2")
    step = convert(frame_step)
    if not step.dtype.is_integer:
        raise ValueError(f"frame_step must be an integer. Got {step.dtype}")
    return apply(overlap_and_add_p, x, frame_step=to_length(step, "frame_step"))
