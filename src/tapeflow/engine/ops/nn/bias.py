"""Adding a bias to each channel."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    reject,
    require_dtype,
    require_rank,
    require_same_dtype,
    shape_text,
)
from tapeflow.engine.ir.primitive import broadcast_along, primitive, reduction
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime.convert import convert_pair
from tapeflow.engine.runtime.dispatch import apply


def _channel(rank: int, data_format: str) -> int:
    return 1 if data_format == "NCHW" else rank - 1


def _check(value: Spec, data_format: str, argument: str) -> None:
    require_dtype(value, dtypes.NUMERIC, argument)
    if data_format not in ("NHWC", "NCHW"):
        reject(f"data_format: expected 'NHWC' or 'NCHW'; received {data_format!r}")
    if value.shape is not None and len(value.shape) < 2:
        reject(f"{argument}: expected rank 2 or more; received shape {shape_text(value.shape)}")


def _infer(value: Spec, bias: Spec, data_format: str) -> Spec:
    require_same_dtype(value, bias)
    _check(value, data_format, "value")
    require_rank(bias, 1, "bias")
    if value.shape is None:
        return Spec(value.dtype, None)
    axis = _channel(len(value.shape), data_format)
    channels = value.shape[axis]
    given = None if bias.shape is None else bias.shape[0]
    if channels is not None and given is not None and channels != given:
        reject(f"bias: expected {channels} entries, one per channel; received {given}")
    dims = list(value.shape)
    dims[axis] = given if channels is None else channels
    return Spec(value.dtype, tuple(dims))


def _kernel(value: np.ndarray, bias: np.ndarray, data_format: str) -> np.ndarray:
    if data_format == "NCHW":
        bias = bias.reshape(-1, *(1,) * (value.ndim - 2))
    return value + bias  # type: ignore[no-any-return]


def _gradient_infer(out_backprop: Spec, data_format: str) -> Spec:
    _check(out_backprop, data_format, "out_backprop")
    if out_backprop.shape is None:
        return Spec(out_backprop.dtype, (None,))
    channels = out_backprop.shape[_channel(len(out_backprop.shape), data_format)]
    return Spec(out_backprop.dtype, (channels,))


def _gradient_kernel(out_backprop: np.ndarray, data_format: str) -> np.ndarray:
    dtype = out_backprop.dtype
    kept = _channel(out_backprop.ndim, data_format)
    axes = tuple(a for a in range(out_backprop.ndim) if a != kept)
    wide = np.float32 if dtype.itemsize == 2 and dtype.kind not in "iu" else dtype
    total = out_backprop.astype(wide, copy=False)
    if kept == total.ndim - 1:
        # One dimension after the other: runs in memory are longer, and errors of rounding smaller.
        for _ in axes:
            total = np.add.reduce(total, axis=0, dtype=wide)
    else:
        total = np.add.reduce(total, axis=axes, dtype=wide)
    return total.astype(dtype, copy=False)


def _samples(draw: Draw) -> Iterable[Sample]:
    for dtype in sorted(dtypes.NUMERIC, key=lambda d: d.name):
        smooth = dtype in (dtypes.float32, dtypes.float64)
        x, b = draw.reals(2, 3, dtype=dtype), draw.reals(3, dtype=dtype)
        yield Sample(x, b, data_format="NHWC", grad=smooth)
    for shape in ((2, 3, 4, 5), (2, 0), (1, 3, 2)):
        for layout in ("NHWC", "NCHW"):
            channels = shape[1] if layout == "NCHW" else shape[-1]
            yield Sample(draw.reals(*shape), draw.reals(channels), data_format=layout)


def _gradient_samples(draw: Draw) -> Iterable[Sample]:
    for dtype in sorted(dtypes.NUMERIC, key=lambda d: d.name):
        smooth = dtype in (dtypes.float32, dtypes.float64)
        yield Sample(draw.reals(2, 3, dtype=dtype), data_format="NHWC", grad=smooth)
    for shape in ((2, 3, 4, 5), (0, 3), (1, 3, 2)):
        for layout in ("NHWC", "NCHW"):
            yield Sample(draw.reals(*shape), data_format=layout)


bias_add_p = primitive(
    "BiasAdd",
    infer=_infer,
    kernel=_kernel,
    vjp=lambda ctx, dy: (
        dy,
        apply(bias_add_grad_p, dy, **ctx.attrs) if ctx.needs[1] else None,
    ),
    lower=broadcast_along("add"),
    samples=_samples,
)


def _gradient_vjp(ctx: Any, dd: Any) -> Any:
    from tapeflow.engine.ops.array import shaping

    dy = ctx.inputs[0]
    if ctx.attrs["data_format"] == "NCHW":
        dd = shaping.reshape(dd, [-1, *[1] * (dy.shape.ndims - 2)])
    return (shaping.broadcast_to(dd, shaping.shape(dy)),)


bias_add_grad_p = primitive(
    "BiasAddGrad",
    infer=_gradient_infer,
    kernel=_gradient_kernel,
    vjp=_gradient_vjp,
    lower=reduction("add"),
    samples=_gradient_samples,
)


@export("nn.bias_add")
def bias_add(value: Any, bias: Any, data_format: str | None = None, name: str | None = None) -> Any:
    """Adds a bias to each channel.

    Args:
      value: `[batch, ..., channels]`, or `[batch, channels, ...]`, of a numeric dtype.
      bias: `[channels]`, same dtype.
      data_format: a layout that starts with "N" and holds the channels last (the default) or
        second ("NC").
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `value`.

    Raises:
      ValueError: when `data_format` is no such layout.
      tf.errors.InvalidArgumentError: when shapes or dtypes don't go together.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.bias_add([[1.0, 2.0]], [10.0, 20.0]).numpy()
      array([[11., 22.]], dtype=float32)
    """
    layout = "NHWC"
    if data_format is not None:
        if data_format.startswith("NC"):
            layout = "NCHW"
        elif not (data_format.startswith("N") and data_format.endswith("C")):
            raise ValueError(
                "`data_format` must be of the form `N...C` or `NC...`. "
                f"Received: data_format={data_format}"
            )
    x, b = convert_pair(value, bias, "BiasAdd")
    return apply(bias_add_p, x, b, data_format=layout)
