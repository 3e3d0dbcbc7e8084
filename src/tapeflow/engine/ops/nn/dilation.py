"""Grey-scale dilation and erosion: the greatest sum, the least difference, of image and filter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.errors import UnimplementedError
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    merge_dims,
    reject,
    require_dtype,
    require_rank,
    require_same_dtype,
)
from tapeflow.engine.ir.primitive import NOT_DIFFERENTIABLE, primitive, window
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Dims, Spec
from tapeflow.engine.ops.math.arithmetic import negative
from tapeflow.engine.ops.nn.arguments import integers, padding_name
from tapeflow.engine.ops.nn.pooling_kernels import lowest
from tapeflow.engine.ops.nn.windows import counts_for, pads_for, taps, window_count
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply


def _output(input: Spec, filter: Spec, attrs: dict[str, Any]) -> Dims:
    require_same_dtype(input, filter)
    require_dtype(input, dtypes.REAL)
    require_rank(input, 4, "input")
    require_rank(filter, 3, "filter")
    strides, rates, padding = attrs["strides"], attrs["rates"], attrs["padding"]
    if padding not in ("SAME", "VALID"):
        reject(f"padding: expected 'SAME' or 'VALID'; received {padding!r}")
    for argument, values in (("strides", strides), ("rates", rates)):
        if len(values) != 4:
            reject(f"{argument}: expected 4 entries; received {list(values)}")
        if values[0] != 1 or values[3] != 1:
            raise UnimplementedError(
                None,
                None,
                f"{argument}: expected 1 for batch and channels; received {list(values)}",
            )
        if min(values) < 1:
            reject(f"{argument}: expected positive entries; received {list(values)}")
    x: Dims = (None,) * 4 if input.shape is None else input.shape
    w: Dims = (None,) * 3 if filter.shape is None else filter.shape
    channels = merge_dims(x[3:], w[2:], "filter")
    assert channels is not None
    counts = [window_count(x[i], w[i - 1], strides[i], rates[i], padding) for i in (1, 2)]
    return (x[0], *counts, *channels)


def _places(
    x: np.ndarray, w: np.ndarray, attrs: dict[str, Any]
) -> tuple[tuple[int, ...], Callable[[], Any]]:
    sizes, window_sizes = x.shape[1:3], w.shape[:2]
    strides, rates = attrs["strides"][1:3], attrs["rates"][1:3]
    pads = pads_for(sizes, window_sizes, strides, rates, attrs["padding"])
    counts = counts_for(sizes, window_sizes, strides, rates, pads)
    return counts, lambda: taps(sizes, window_sizes, strides, rates, pads, counts)


def _kernel(input: np.ndarray, filter: np.ndarray, **attrs: Any) -> np.ndarray:
    return _search(input, filter, attrs)[0]


def _search(x: np.ndarray, w: np.ndarray, attrs: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """The greatest sums, and the first place of the window where each is reached."""
    counts, places = _places(x, w, attrs)
    shape = (x.shape[0], *counts, x.shape[3])
    best = np.full(shape, lowest(x.dtype), x.dtype)
    where = np.zeros(shape, np.int32)
    flat = w.reshape(-1, w.shape[2])
    for place, outs, ins in places():
        part = (slice(None), *outs)
        total = x[(slice(None), *ins)] + flat[place]
        better = total > best[part]
        np.copyto(best[part], total, where=better)
        np.copyto(where[part], place, where=better)
    return best, where


def _input_kernel(
    input: np.ndarray, filter: np.ndarray, out_backprop: np.ndarray, **attrs: Any
) -> np.ndarray:
    where = _search(input, filter, attrs)[1]
    dx = np.zeros_like(input)
    zero = dx.dtype.type(0)
    for place, outs, ins in _places(input, filter, attrs)[1]():
        part = (slice(None), *outs)
        dx[(slice(None), *ins)] += np.where(where[part] == place, out_backprop[part], zero)
    return dx


def _filter_kernel(
    input: np.ndarray, filter: np.ndarray, out_backprop: np.ndarray, **attrs: Any
) -> np.ndarray:
    where = _search(input, filter, attrs)[1]
    dw = np.zeros_like(filter).reshape(-1, filter.shape[2])
    zero = dw.dtype.type(0)
    for place in range(len(dw)):
        dw[place] = np.where(where == place, out_backprop, zero).sum((0, 1, 2), dtype=dw.dtype)
    return dw.reshape(filter.shape)


def _infer(input: Spec, filter: Spec, **attrs: Any) -> Spec:
    return Spec(input.dtype, _output(input, filter, attrs))


def _gradient_rule(which: int) -> Callable[..., Spec]:
    def rule(input: Spec, filter: Spec, out_backprop: Spec, **attrs: Any) -> Spec:
        require_same_dtype(input, out_backprop)
        merge_dims(_output(input, filter, attrs), out_backprop.shape, "out_backprop")
        like = (input, filter)[which]
        return Spec(like.dtype, like.shape)

    return rule


def _samples(is_gradient: bool) -> Callable[[Draw], Iterable[Sample]]:
    def sample(draw: Draw) -> Iterable[Sample]:
        for dtype in (dtypes.float32, dtypes.float64, dtypes.int32, dtypes.uint8):
            if is_gradient and dtype is dtypes.uint8:
                continue  # sums as low as can be, where any place is as good
            for stride, rate, padding in ((1, 1, "SAME"), (2, 1, "VALID"), (1, 2, "SAME")):
                attrs: dict[str, Any] = {
                    "strides": (1, stride, stride, 1), "rates": (1, rate, rate, 1),
                    "padding": padding,
                }  # fmt: skip
                x = draw.distinct(1, 4, 5, 2, dtype=dtype)
                w = draw.reals(2, 2, 2, low=0, high=0.2, dtype=dtype)
                smooth = dtype in (dtypes.float32, dtypes.float64)
                if not is_gradient:
                    yield Sample(x, w, grad=smooth, **attrs)
                    continue
                y = _kernel(x, w, **attrs)
                yield Sample(x, w, draw.reals(*y.shape, dtype=dtype), grad=False, **attrs)
        if not is_gradient:
            ones = {"strides": (1, 1, 1, 1), "rates": (1, 1, 1, 1), "padding": "SAME"}
            odd = np.array([1, np.nan, 3, -np.inf, 2, np.inf], np.float32).reshape(1, 2, 3, 1)
            yield Sample(odd, np.zeros((2, 2, 1), np.float32), grad=False, **ones)

    return sample


def _vjp(ctx: Any, dy: Any) -> Any:
    return (
        apply(dilation2d_input_p, *ctx.inputs, dy, **ctx.attrs) if ctx.needs[0] else None,
        apply(dilation2d_filter_p, *ctx.inputs, dy, **ctx.attrs) if ctx.needs[1] else None,
    )


dilation2d_p = primitive(
    "Dilation2D",
    infer=_infer,
    kernel=_kernel,
    vjp=_vjp,
    lower=window("dilation2d"),
    samples=_samples(False),
)

# As in TensorFlow, there is no second derivative of a dilation.
dilation2d_input_p = primitive(
    "Dilation2DBackpropInput",
    infer=_gradient_rule(0),
    kernel=_input_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=window("dilation2d_backprop_input"),
    samples=_samples(True),
)

dilation2d_filter_p = primitive(
    "Dilation2DBackpropFilter",
    infer=_gradient_rule(1),
    kernel=_filter_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=window("dilation2d_backprop_filter"),
    samples=_samples(True),
)


@export("nn.dilation2d")
def dilation2d(
    input: Any,
    filters: Any,
    strides: Any,
    padding: Any,
    data_format: str,
    dilations: Any,
    name: str | None = None,
) -> Any:
    """Takes, over windows of images, the maximum of image plus filter (grey-scale dilation).

    Args:
      input: images `[batch, height, width, channels]`, a real dtype.
      filters: `[filter_height, filter_width, channels]`, same dtype.
      strides: a list of four, 1 for batch and channels.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NHWC"`.
      dilations: a list of four: distance between the elements a filter sees.
      name: ignored in eager mode.

    Returns:
      A tensor `[batch, out_height, out_width, channels]`.

    Raises:
      ValueError: when `data_format` is another one.
      TypeError: when `strides` or `dilations` is no list.
      tf.errors.InvalidArgumentError: when shapes don't go together.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.reshape([1.0, 5.0, 3.0], [1, 1, 3, 1])
      >>> ones = [1, 1, 1, 1]
      >>> tf.nn.dilation2d(x, tf.zeros([1, 2, 1]), ones, "VALID", "NHWC", ones)[0, 0].numpy()
      array([[5.],
             [5.]], dtype=float32)
    """
    if data_format != "NHWC":
        raise ValueError(
            "`data_format` values other  than 'NHWC' are not supported. "
            f"Received: data_format={data_format}"
        )
    x = convert(input)
    return apply(
        dilation2d_p, x, convert(filters, hint=x.dtype), strides=integers(strides, "strides"),
        rates=integers(dilations, "dilations"), padding=padding_name(padding),
    )  # fmt: skip


@export("nn.erosion2d")
def erosion2d(
    value: Any,
    filters: Any,
    strides: Any,
    padding: Any,
    data_format: str,
    dilations: Any,
    name: str | None = None,
) -> Any:
    """Takes, over windows of images, the minimum of image minus filter (grey-scale erosion).

    Args:
      value: images `[batch, height, width, channels]`, a real dtype.
      filters: `[filter_height, filter_width, channels]`, same dtype.
      strides: a list of four, 1 for batch and channels.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NHWC"`.
      dilations: a list of four: distance between the elements a filter sees.
      name: ignored in eager mode.

    Returns:
      A tensor `[batch, out_height, out_width, channels]`.

    Raises:
      ValueError: when `data_format` is another one.
      TypeError: when `strides` or `dilations` is no list.
      tf.errors.InvalidArgumentError: when shapes don't go together.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.reshape([1.0, 5.0, 3.0], [1, 1, 3, 1])
      >>> ones = [1, 1, 1, 1]
      >>> tf.nn.erosion2d(x, tf.zeros([1, 2, 1]), ones, "VALID", "NHWC", ones)[0, 0].numpy()
      array([[1.],
             [3.]], dtype=float32)
    """
    from tapeflow.engine.ops.array.repetition import reverse

    # Dilating the negative image with the filter turned by half a circle.
    turned = reverse(convert(filters), [0, 1])
    return negative(
        dilation2d(negative(convert(value)), turned, strides, padding, data_format, dilations)
    )
