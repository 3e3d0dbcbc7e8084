"""Depthwise convolution: every channel with filters of its own; and separable convolution."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.primitive import primitive, window
from tapeflow.engine.ops.nn import convolution_kernels as kernels
from tapeflow.engine.ops.nn.arguments import integers, padding_name, padding_of, sizes_tensor
from tapeflow.engine.ops.nn.convolution import (
    Family,
    conv2d,
    filter_gradient_kernel,
    forward_kernel,
    input_gradient_kernel,
    triple_samples,
)
from tapeflow.engine.ops.nn.window_rules import (
    filter_gradient_rule,
    forward_rule,
    input_gradient_rule,
)
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply


def _calls(is_gradient: bool) -> Iterable[tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]]]:
    def attrs(strides: int, padding: str, explicit: tuple[int, ...] = ()) -> dict[str, Any]:
        return {
            "strides": (1, strides, strides, 1),
            "padding": padding,
            "explicit_paddings": explicit,
            "data_format": "NHWC",
            "dilations": (1, 1, 1, 1),
        }

    yield (2, 4, 5, 2), (3, 2, 2, 3), attrs(1, "SAME")
    yield (1, 5, 5, 3), (2, 2, 3, 1), attrs(2, "VALID")
    yield (1, 5, 4, 2), (3, 3, 2, 1), attrs(2, "SAME")
    yield (1, 4, 4, 2), (2, 2, 2, 2), attrs(1, "EXPLICIT", (0, 0, 1, 0, 0, 1, 0, 0))
    yield (0, 4, 4, 2), (2, 2, 2, 1), attrs(1, "SAME")


_family = Family()

depthwise_conv2d_p = _family.forward = primitive(
    "DepthwiseConv2dNative",
    infer=forward_rule(2, dtypes.FLOATING, is_depthwise=True),
    kernel=forward_kernel(kernels.depthwise),
    vjp=_family.forward_vjp,
    lower=window("depthwise_conv2d"),
    samples=triple_samples(_calls, "forward", lambda: depthwise_conv2d_p),
)

depthwise_conv2d_backprop_input_p = _family.by_input = primitive(
    "DepthwiseConv2dNativeBackpropInput",
    infer=input_gradient_rule(2, dtypes.FLOATING, is_depthwise=True),
    kernel=input_gradient_kernel(kernels.depthwise_input_gradient),
    vjp=_family.by_input_vjp,
    lower=window("depthwise_conv2d_backprop_input"),
    samples=triple_samples(_calls, "by_input", lambda: depthwise_conv2d_p),
)

depthwise_conv2d_backprop_filter_p = _family.by_filter = primitive(
    "DepthwiseConv2dNativeBackpropFilter",
    infer=filter_gradient_rule(2, dtypes.FLOATING, is_depthwise=True),
    kernel=filter_gradient_kernel(kernels.depthwise_filter_gradient),
    vjp=_family.by_filter_vjp,
    lower=window("depthwise_conv2d_backprop_filter"),
    samples=triple_samples(_calls, "by_filter", lambda: depthwise_conv2d_p),
)


@export("nn.depthwise_conv2d")
def depthwise_conv2d(
    input: Any,
    filter: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Correlates each channel of images with filters of its own.

    Args:
      input: images `[batch, height, width, channels]`, a floating dtype.
      filter: `[filter_height, filter_width, channels, multiplier]`, same dtype.
      strides: a list of four; 1 for batch and channels, the same for height and width.
      padding: `"SAME"`, `"VALID"`, or a list of four pairs, one per axis of the input.
      data_format: `"NHWC"` (the default) or `"NCHW"`.
      dilations: a list of two: distance between the elements a filter sees, down and across. Where
        one exceeds 1, the strides must be 1.
      name: ignored in eager mode.

    Returns:
      A tensor `[batch, out_height, out_width, channels * multiplier]`.

    Raises:
      ValueError: when a dilation isn't positive.
      TypeError: when `strides` or `dilations` is no list.
      tf.errors.InvalidArgumentError: when shapes don't go together.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.constant([[[[1.0, 2.0]]]])
      >>> tf.nn.depthwise_conv2d(x, [[[[3.0, 4.0], [5.0, 6.0]]]], [1] * 4, "SAME").numpy()
      array([[[[ 3.,  4., 10., 12.]]]], dtype=float32)
    """
    data_format = data_format or "NHWC"
    padding, explicit = padding_of(padding)
    strides = integers(strides, "strides")
    rates = (1, 1) if dilations is None else _rates(dilations)
    x = convert(input)
    w = convert(filter, hint=x.dtype)
    full = (1, 1, *rates) if data_format.startswith("NC") else (1, *rates, 1)
    if max(rates) > 1 and max(strides, default=1) > 1:
        # What TensorFlow computes here: strides count within the rows and columns a filter sees.
        from tapeflow.engine.ops.nn.space import with_space_to_batch

        return with_space_to_batch(
            x, list(rates), padding, filter_shape=w.shape.as_list()[:2], data_format=data_format,
            op=lambda part, num_spatial_dims, padding: depthwise_conv2d(
                part, w, strides, padding, data_format
            ),
        )  # fmt: skip
    return apply(
        depthwise_conv2d_p, x, w, strides=strides, padding=padding, explicit_paddings=explicit,
        data_format=data_format, dilations=full,
    )  # fmt: skip


def _rates(dilations: Any) -> tuple[int, ...]:
    rates = integers(dilations, "dilations")
    if any(rate < 1 for rate in rates):
        raise ValueError(f"`dilation_rate` must be positive. Received: dilation_rate={list(rates)}")
    if len(rates) != 2:
        raise ValueError(f"dilations should be of length 2. Received: dilations={list(rates)}")
    return rates


@export("nn.depthwise_conv2d_backprop_input")
def depthwise_conv2d_backprop_input(
    input_sizes: Any,
    filter: Any,
    out_backprop: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    dilations: Any = [1, 1, 1, 1],  # noqa: B006 (TensorFlow's signature)
    name: str | None = None,
) -> Any:
    """The gradient of `tf.nn.depthwise_conv2d` with respect to the images.

    Args:
      input_sizes: shape of the images, four integers.
      filter: `[filter_height, filter_width, channels, multiplier]`, a floating dtype.
      out_backprop: gradient `[batch, out_height, out_width, channels * multiplier]`.
      strides: a list of four.
      padding: `"SAME"`, `"VALID"`, or a list of four pairs.
      data_format: `"NHWC"` or `"NCHW"`.
      dilations: a list of four.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `input_sizes`.

    Raises:
      tf.errors.InvalidArgumentError: when shapes don't go together.

    Example:
      >>> import tapeflow as tf
      >>> w = tf.fill([1, 1, 1, 1], 3.0)
      >>> dy = tf.ones([1, 1, 2, 1])
      >>> tf.nn.depthwise_conv2d_backprop_input([1, 1, 2, 1], w, dy, [1] * 4, "SAME")[0, 0].numpy()
      array([[3.],
             [3.]], dtype=float32)
    """
    padding, explicit = padding_of(padding)
    w = convert(filter)
    return apply(
        depthwise_conv2d_backprop_input_p, sizes_tensor(input_sizes), w,
        convert(out_backprop, hint=w.dtype), strides=integers(strides, "strides"), padding=padding,
        explicit_paddings=explicit, data_format=data_format,
        dilations=integers(dilations, "dilations"),
    )  # fmt: skip


@export("nn.depthwise_conv2d_backprop_filter")
def depthwise_conv2d_backprop_filter(
    input: Any,
    filter_sizes: Any,
    out_backprop: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    dilations: Any = [1, 1, 1, 1],  # noqa: B006 (TensorFlow's signature)
    name: str | None = None,
) -> Any:
    """The gradient of `tf.nn.depthwise_conv2d` with respect to the filters.

    Args:
      input: images `[batch, height, width, channels]`, a floating dtype.
      filter_sizes: shape of the filters, four integers.
      out_backprop: gradient `[batch, out_height, out_width, channels * multiplier]`.
      strides: a list of four.
      padding: `"SAME"`, `"VALID"`, or a list of four pairs.
      data_format: `"NHWC"` or `"NCHW"`.
      dilations: a list of four.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `filter_sizes`.

    Raises:
      tf.errors.InvalidArgumentError: when shapes don't go together.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.ones([1, 1, 2, 1])
      >>> tf.nn.depthwise_conv2d_backprop_filter(x, [1, 1, 1, 1], x, [1] * 4, "SAME").numpy()
      array([[[[2.]]]], dtype=float32)
    """
    padding, explicit = padding_of(padding)
    x = convert(input)
    return apply(
        depthwise_conv2d_backprop_filter_p, x, sizes_tensor(filter_sizes),
        convert(out_backprop, hint=x.dtype), strides=integers(strides, "strides"), padding=padding,
        explicit_paddings=explicit, data_format=data_format,
        dilations=integers(dilations, "dilations"),
    )  # fmt: skip


@export("nn.separable_conv2d")
def separable_conv2d(
    input: Any,
    depthwise_filter: Any,
    pointwise_filter: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Depthwise convolution, then a mixing of channels at each point.

    Args:
      input: images `[batch, height, width, channels]`, a floating dtype.
      depthwise_filter: `[filter_height, filter_width, channels, multiplier]`.
      pointwise_filter: `[1, 1, channels * multiplier, outputs]`.
      strides: a list of four.
      padding: `"SAME"`, `"VALID"`, or a list of four pairs.
      data_format: `"NHWC"` (the default) or `"NCHW"`.
      dilations: a list of two, or None.
      name: ignored in eager mode.

    Returns:
      A tensor `[batch, out_height, out_width, outputs]`.

    Raises:
      ValueError: when `pointwise_filter` is not of shape `[1, 1, ...]`.
      tf.errors.InvalidArgumentError: when shapes don't go together.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.ones([1, 2, 2, 1])
      >>> y = tf.nn.separable_conv2d(
      ...     x, tf.ones([2, 2, 1, 1]), tf.fill([1, 1, 1, 1], 0.5), [1] * 4, "VALID")
      >>> y.numpy()
      array([[[[2.]]]], dtype=float32)
    """
    x = convert(input)
    mix = convert(pointwise_filter, hint=x.dtype)
    if mix.shape.ndims is not None:
        if mix.shape.ndims != 4:
            raise ValueError(f"Shape {mix.shape} must have rank 4")
        for dim in mix.shape.as_list()[:2]:
            if dim not in (None, 1):
                raise ValueError(f"Dimensions {dim} and 1 are not compatible")
    if not isinstance(padding, (list, tuple)):
        padding = padding_name(padding)
    y = depthwise_conv2d(x, depthwise_filter, strides, padding, data_format, dilations)
    return conv2d(y, mix, 1, "VALID", data_format or "NHWC")
