"""Batch normalization in one step, with the statistics of the batch; and response normalization."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import silenced
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    merge_dims,
    reject,
    reject_values,
    require_dtype,
    require_rank,
    require_same_dtype,
)
from tapeflow.engine.ir.primitive import primitive, reduction, window
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Dims, Spec
from tapeflow.engine.ops.array import dimensions, shaping
from tapeflow.engine.ops.math import casting, exponentials
from tapeflow.engine.ops.math.reductions import reduce_mean, reduce_sum
from tapeflow.engine.ops.nn.windows import channel_axis
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply

_DTYPES = frozenset({dtypes.float16, dtypes.bfloat16, dtypes.float32})
_LAYOUTS = ("NHWC", "NCHW", "NDHWC", "NCDHW")


def _channels(x: Spec, data_format: str) -> tuple[int | None]:
    require_dtype(x, _DTYPES, "x")
    require_rank(x, (4, 5), "x")
    if data_format not in _LAYOUTS:
        reject(f"data_format: expected one of {_LAYOUTS}; received {data_format!r}")
    if x.shape is None:
        return (None,)
    return (x.shape[1 if channel_axis(data_format) == 1 else -1],)


def _infer(
    x: Spec,
    scale: Spec,
    offset: Spec,
    mean: Spec,
    variance: Spec,
    epsilon: float,
    exponential_avg_factor: float,
    data_format: str,
    is_training: bool,
) -> tuple[Spec, ...]:
    require_same_dtype(scale, offset, mean, variance)
    require_dtype(scale, {dtypes.float32}, "scale")
    known: Dims = _channels(x, data_format)
    channels = known
    for spec, argument in ((scale, "scale"), (offset, "offset")):
        require_rank(spec, 1, argument)
        channels = merge_dims(channels, spec.shape, argument)  # type: ignore[assignment]
    for spec, argument in ((mean, "mean"), (variance, "variance")):
        require_rank(spec, 1, argument)
        if not (is_training and exponential_avg_factor == 1) and spec.shape != (0,):
            channels = merge_dims(channels, spec.shape, argument)  # type: ignore[assignment]
        elif not is_training and spec.shape == (0,) and channels != (0,):
            reject(
                f"{argument}: expected {channels[0]} entries where is_training=False; received 0"
            )
    each = Spec(scale.dtype, channels)
    return Spec(x.dtype, x.shape), each, each, each, each, Spec(scale.dtype, ())


def _layout(x: np.ndarray, data_format: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The axes to fold, and the shape that a vector of channels has beside `x`."""
    axis = 1 if channel_axis(data_format) == 1 else x.ndim - 1
    shape = [1] * x.ndim
    shape[axis] = -1
    return tuple(a for a in range(x.ndim) if a != axis), tuple(shape)


@silenced
def _kernel(
    x: np.ndarray,
    scale: np.ndarray,
    offset: np.ndarray,
    mean: np.ndarray,
    variance: np.ndarray,
    epsilon: float,
    exponential_avg_factor: float,
    data_format: str,
    is_training: bool,
) -> tuple[np.ndarray, ...]:
    axes, column = _layout(x, data_format)
    wide = x.astype(np.float32, copy=False)
    none = np.zeros((), np.float32)
    if not is_training:
        factor = scale / np.sqrt(variance + np.float32(epsilon))
        y = (wide - mean.reshape(column)) * factor.reshape(column) + offset.reshape(column)
        zeros = np.zeros_like(mean)
        return y.astype(x.dtype, copy=False), mean, variance, zeros, zeros, none
    count = x.size // max(len(scale), 1)
    average = np.asarray(np.mean(wide, axis=axes, dtype=np.float32))
    centred = wide - average.reshape(column)
    spread = np.asarray(np.mean(np.square(centred), axis=axes, dtype=np.float32))
    factor = scale / np.sqrt(spread + np.float32(epsilon))
    y = centred * factor.reshape(column) + offset.reshape(column)
    # What is remembered for inference estimates the population's variance, hence Bessel's factor.
    estimate = spread * np.float32(count / max(count - 1, 1))
    new_mean, new_variance = average, estimate
    if exponential_avg_factor != 1 and mean.size:
        weight = np.float32(exponential_avg_factor)
        new_mean = (1 - weight) * mean + weight * average
        new_variance = (1 - weight) * variance + weight * estimate
    return y.astype(x.dtype, copy=False), new_mean, new_variance, average, spread, none


def _samples(draw: Draw) -> Iterable[Sample]:
    for dtype in (dtypes.float32, dtypes.float16):
        for shape, layout in (
            ((2, 3, 2, 3), "NHWC"),
            ((2, 3, 2, 2), "NCHW"),
            ((1, 2, 2, 2, 3), "NDHWC"),
        ):
            # Not in inference: what TensorFlow then gives as the reserve spaces is anything.
            for factor in (1.0, 0.5):
                scale, offset, mean = (draw.reals(3) for _ in range(3))
                variance = draw.reals(3, low=0.5, high=2)
                if factor == 1:
                    mean = variance = np.zeros(0, np.float32)
                yield Sample(
                    draw.reals(*shape, dtype=dtype), scale, offset, mean, variance, epsilon=0.001,
                    exponential_avg_factor=factor, data_format=layout, is_training=True,
                    grad=False,
                )  # fmt: skip


def _vjp(ctx: Any, dy: Any, *others: Any) -> Any:
    x, scale, _, mean, variance = ctx.inputs
    training = ctx.attrs["is_training"]
    saved = ctx.outputs[3:5] if training else (mean, variance)
    grads = apply(
        fused_batch_norm_grad_p, dy, x, scale, *saved, ctx.outputs[5],
        epsilon=ctx.attrs["epsilon"], data_format=ctx.attrs["data_format"], is_training=training,
    )  # fmt: skip
    # As in TensorFlow, statistics carry no gradient of their own.
    return (*grads[:3], None, None)


fused_batch_norm_p = primitive(
    "FusedBatchNormV3",
    infer=_infer,
    kernel=_kernel,
    vjp=_vjp,
    lower=reduction("batch_norm"),
    samples=_samples,
)


def _gradient_infer(
    y_backprop: Spec,
    x: Spec,
    scale: Spec,
    reserve_space_1: Spec,
    reserve_space_2: Spec,
    reserve_space_3: Spec,
    epsilon: float,
    data_format: str,
    is_training: bool,
) -> tuple[Spec, ...]:
    require_same_dtype(y_backprop, x)
    shape = merge_dims(x.shape, y_backprop.shape, "y_backprop")
    channels: Dims = _channels(x, data_format)
    for spec, argument in (
        (scale, "scale"), (reserve_space_1, "reserve_space_1"),
        (reserve_space_2, "reserve_space_2"),
    ):  # fmt: skip
        require_dtype(spec, {dtypes.float32}, argument)
        require_rank(spec, 1, argument)
        channels = merge_dims(channels, spec.shape, argument)  # type: ignore[assignment]
    each = Spec(scale.dtype, channels)
    empty = Spec(scale.dtype, (0,))
    return Spec(x.dtype, shape), each, each, empty, empty


def _gradient_kernel(
    y_backprop: np.ndarray,
    x: np.ndarray,
    scale: np.ndarray,
    reserve_space_1: np.ndarray,
    reserve_space_2: np.ndarray,
    reserve_space_3: np.ndarray,
    epsilon: float,
    data_format: str,
    is_training: bool,
) -> tuple[np.ndarray, ...]:
    axes, column = _layout(x, data_format)
    dy = y_backprop.astype(np.float32, copy=False)
    centred = x.astype(np.float32, copy=False) - reserve_space_1.reshape(column)
    inverse = 1 / np.sqrt(reserve_space_2 + np.float32(epsilon))
    by_offset = np.add.reduce(dy, axis=axes)
    by_centred = np.add.reduce(dy * centred, axis=axes)
    if is_training:
        count = np.float32(max(x.size // max(len(scale), 1), 1))
        slope = (by_centred * np.square(inverse) / count).reshape(column)
        dy = dy - (by_offset / count).reshape(column) - centred * slope
    dx = dy * (scale * inverse).reshape(column)
    none = np.zeros(0, np.float32)
    return dx.astype(x.dtype, copy=False), by_centred * inverse, by_offset, none, none


def _gradient_samples(draw: Draw) -> Iterable[Sample]:
    for shape, layout in (((2, 3, 2, 3), "NHWC"), ((1, 2, 2, 2, 3), "NDHWC")):
        for is_training in (True, False):
            x = draw.reals(*shape)
            mean = x.reshape(-1, 3).mean(0)
            variance = x.reshape(-1, 3).var(0)
            yield Sample(
                draw.reals(*shape), x, draw.reals(3), mean, variance, np.zeros((), np.float32),
                epsilon=0.001, data_format=layout, is_training=is_training, grad=False,
            )  # fmt: skip


def _gradient_vjp(ctx: Any, a: Any, b: Any, d: Any, *_: Any) -> Any:
    """Second order, worked out by hand from the three gradients' formulas.

    With `c = x - mean`, `r = (variance + epsilon) ** -0.5`, and sums over one channel's N elements,
    what the cotangents a, b, d weigh is `s r (sum(a dy) - sum(a) sum(dy) / N)
    - s r^3 sum(a c) sum(dy c) / N + b r sum(dy c) + d sum(dy)`; in inference without the terms
    over N.
    """
    dtype = ctx.inputs[1].dtype
    dy, x, a = (casting.cast(t, dtypes.float32) for t in (*ctx.inputs[:2], a))
    s, mean, variance = ctx.inputs[2:5]
    rank = x.shape.ndims
    axis = 1 if channel_axis(ctx.attrs["data_format"]) == 1 else rank - 1
    axes = [i for i in range(rank) if i != axis]
    column = [1] * rank
    column[axis] = -1

    def beside(vector: Any) -> Any:
        return shaping.reshape(vector, column)

    training = ctx.attrs["is_training"]
    if training:
        # The batch's own statistics, computed anew so that yet another order sees them.
        mean = reduce_mean(x, axes)
    c = x - beside(mean)
    if training:
        variance = reduce_mean(c * c, axes)
    r = exponentials.rsqrt(variance + ctx.attrs["epsilon"])
    by_dy = a * beside(s * r) + c * beside(b * r) + beside(d)
    inner = reduce_sum(a * dy, axes)
    by_x = dy * beside(b * r)
    by_scale = r * inner
    if training:
        count = casting.cast(dimensions.size(x), dtypes.float32) / casting.cast(
            dimensions.size(s), dtypes.float32
        )
        p, s2 = reduce_sum(a * c, axes), reduce_sum(dy * c, axes)
        cube = s * r * r * r / count
        by_dy = by_dy - beside(s * r * reduce_mean(a, axes)) - c * beside(cube * p)
        inner = inner - reduce_sum(a, axes) * reduce_mean(dy, axes)
        by_scale = r * inner - r * r * r / count * p * s2
        by_c = by_x - a * beside(cube * s2) - dy * beside(cube * p)
        by_r = s * inner - 3.0 * s * r * r * p * s2 / count + b * s2
        by_x = by_c - beside(reduce_mean(by_c, axes)) - c * beside(r * r * r / count * by_r)
    return casting.cast(by_dy, dtype), casting.cast(by_x, dtype), by_scale, None, None, None


fused_batch_norm_grad_p = primitive(
    "FusedBatchNormGradV3",
    infer=_gradient_infer,
    kernel=_gradient_kernel,
    vjp=_gradient_vjp,
    lower=reduction("batch_norm_grad"),
    samples=_gradient_samples,
)


@export("compat.v1.nn.fused_batch_norm")
def fused_batch_norm(
    x: Any,
    scale: Any,
    offset: Any,
    mean: Any = None,
    variance: Any = None,
    epsilon: float = 0.001,
    data_format: str = "NHWC",
    is_training: bool = True,
    name: str | None = None,
    exponential_avg_factor: float = 1.0,
) -> Any:
    """Batch normalization of images, in training with the statistics of the batch.

    Args:
      x: images `[batch, height, width, channels]` (or volumes), float16, bfloat16 or float32.
      scale: `[channels]`, float32.
      offset: `[channels]`, float32.
      mean: `[channels]`: in inference the mean to use, in training the one to update; None if none.
      variance: like `mean`.
      epsilon: a small number added to the variance; at least 1.001e-5 is used.
      data_format: `"NHWC"`, `"NCHW"`, `"NDHWC"` or `"NCDHW"`.
      is_training: whether to use the statistics of the batch.
      name: ignored in eager mode.
      exponential_avg_factor: weight of the batch's statistics in the updated ones.

    Returns:
      `(y, mean, variance)`: the normalized images, and in training the (updated) statistics.

    Raises:
      tf.errors.InvalidArgumentError: when shapes or dtypes don't go together.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.reshape([1.0, 3.0], [2, 1, 1, 1])
      >>> y, mean, variance = tf.compat.v1.nn.fused_batch_norm(x, [1.0], [0.0])
      >>> mean.numpy(), variance.numpy()
      (array([2.], dtype=float32), array([2.], dtype=float32))
    """
    x = convert(x)
    scale = convert(scale, dtypes.float32)
    if is_training and exponential_avg_factor == 1.0:
        mean = mean if mean is not None else np.zeros(0, np.float32)
        variance = variance if variance is not None else np.zeros(0, np.float32)
    elif mean is None or variance is None:
        mean = np.zeros(0, np.float32) if mean is None else mean
        variance = np.zeros(0, np.float32) if variance is None else variance
    results = apply(
        fused_batch_norm_p, x, scale, convert(offset, dtypes.float32),
        convert(mean, dtypes.float32), convert(variance, dtypes.float32),
        epsilon=max(float(epsilon), 1.001e-5), exponential_avg_factor=float(exponential_avg_factor),
        data_format=data_format, is_training=bool(is_training),
    )  # fmt: skip
    return results[:3]


_LRN_DTYPES = frozenset({dtypes.float16, dtypes.bfloat16, dtypes.float32})


def _lrn_infer(input: Spec, *rest: Spec, depth_radius: int, **attrs: Any) -> Spec:
    require_dtype(input, _LRN_DTYPES)
    require_rank(input, 4, "input")
    if depth_radius < 0:
        reject_values(f"depth_radius: expected no negative number; received {depth_radius}")
    return Spec(input.dtype, input.shape)


def _neighbour_sum(x: np.ndarray, radius: int) -> np.ndarray:
    """For each channel the sum over the channels at most `radius` away."""
    y = x.copy()
    for distance in range(1, min(radius, x.shape[-1] - 1) + 1):
        y[..., distance:] += x[..., :-distance]
        y[..., :-distance] += x[..., distance:]
    return y


def _lrn_kernel(
    input: np.ndarray, depth_radius: int, bias: float, alpha: float, beta: float
) -> np.ndarray:
    x = input.astype(np.float32, copy=False)
    norm = np.float32(bias) + np.float32(alpha) * _neighbour_sum(np.square(x), depth_radius)
    return (x * np.power(norm, np.float32(-beta))).astype(input.dtype, copy=False)


def _lrn_vjp(ctx: Any, dy: Any) -> Any:
    return (apply(lrn_grad_p, dy, ctx.inputs[0], ctx.outputs[0], **ctx.attrs),)


def _lrn_samples(draw: Draw) -> Iterable[Sample]:
    for dtype in (dtypes.float32, dtypes.float16):
        for radius, channels in ((2, 6), (5, 3), (0, 2)):
            x = draw.reals(1, 2, 2, channels, dtype=dtype)
            yield Sample(
                x, depth_radius=radius, bias=1.0, alpha=0.5, beta=0.75, grad=dtype.size == 4
            )


lrn_p = primitive(
    "LRN",
    infer=_lrn_infer,
    kernel=_lrn_kernel,
    vjp=_lrn_vjp,
    lower=window("lrn"),
    samples=_lrn_samples,
)


def _lrn_grad_kernel(
    input_grads: np.ndarray,
    input_image: np.ndarray,
    output_image: np.ndarray,
    depth_radius: int,
    bias: float,
    alpha: float,
    beta: float,
) -> np.ndarray:
    dy, x, y = (a.astype(np.float32, copy=False) for a in (input_grads, input_image, output_image))
    norm = np.float32(bias) + np.float32(alpha) * _neighbour_sum(np.square(x), depth_radius)
    through = _neighbour_sum(dy * y / norm, depth_radius)
    dx = dy * np.power(norm, np.float32(-beta)) - np.float32(2 * alpha * beta) * x * through
    return dx.astype(input_grads.dtype, copy=False)


def _lrn_grad_samples(draw: Draw) -> Iterable[Sample]:
    for sample in _lrn_samples(draw):
        x = sample.inputs[0]
        dy = draw.reals(*x.shape, dtype=dtypes.as_dtype(x.dtype))
        yield Sample(dy, x, _lrn_kernel(x, **sample.attrs), grad=False, **sample.attrs)


def _lrn_grad_vjp(ctx: Any, a: Any) -> Any:
    """Second order, with the sums over neighbouring channels as products with a band of ones.

    With `n` the norm, `k = 2 alpha beta` and `B` the sum over neighbours, what the cotangent weighs
    is `sum(a dy n^-beta) - k sum(B(a x) dy x n^(-beta - 1))`.
    """
    from tapeflow.engine.ops.linalg.contraction import matmul

    dy, x, _ = ctx.inputs
    bias, alpha, beta = (ctx.attrs[name] for name in ("bias", "alpha", "beta"))
    channels = x.shape[-1]
    near = np.abs(np.subtract.outer(np.arange(channels), np.arange(channels)))
    band = convert((near <= ctx.attrs["depth_radius"]).astype(x.dtype.np))

    def neighbours(t: Any) -> Any:
        flat = matmul(shaping.reshape(t, [-1, channels]), band)
        return shaping.reshape(flat, shaping.shape(x))

    norm = bias + alpha * neighbours(x * x)
    power = exponentials.pow(norm, -beta)
    lower = power / norm
    k = 2 * alpha * beta
    w = neighbours(a * x)
    by_dy = a * power - k * w * x * lower
    by_norm = k * (beta + 1) * w * dy * x * lower / norm - beta * a * dy * lower
    by_x = 2 * alpha * x * neighbours(by_norm) - k * (
        a * neighbours(dy * x * lower) + w * dy * lower
    )
    # What flows through the third input, the output, is in these already.
    return by_dy, by_x, None


lrn_grad_p = primitive(
    "LRNGrad",
    infer=_lrn_infer,
    kernel=_lrn_grad_kernel,
    vjp=_lrn_grad_vjp,
    lower=window("lrn_grad"),
    samples=_lrn_grad_samples,
)


@export("nn.local_response_normalization", "nn.lrn")
def local_response_normalization(
    input: Any,
    depth_radius: int = 5,
    bias: float = 1,
    alpha: float = 1,
    beta: float = 0.5,
    name: str | None = None,
) -> Any:
    """Divides by a power of the sum of squares over neighbouring channels.

    From Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural Networks"
    (2012).

    Args:
      input: `[batch, height, width, channels]`, float16, bfloat16 or float32.
      depth_radius: how many channels on either side count.
      bias: added to the scaled sum.
      alpha: scale of the sum.
      beta: the power.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `input`.

    Raises:
      tf.errors.InvalidArgumentError: for another rank or dtype, or a negative radius.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.lrn([[[[3.0, 4.0]]]], bias=0.0).numpy()
      array([[[[0.6, 0.8]]]], dtype=float32)
    """
    return apply(
        lrn_p, convert(input), depth_radius=int(depth_radius), bias=float(bias),
        alpha=float(alpha), beta=float(beta),
    )  # fmt: skip
