"""Functions of `tf.compat.v1` that differ from today's in their arguments alone."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core.export import export
from tapeflow.engine.ops.nn import (
    pooling_functions,
    ranking,
    transposed_convolution,
)


def _either(old: Any, new: Any, old_name: str, new_name: str) -> Any:
    """An argument that goes by two names.

    Raises:
      ValueError: when both are given.
    """
    if old is not None and new is not None:
        raise ValueError(f"Cannot specify both '{old_name}' and '{new_name}'.")
    return new if old is None else old


@export("compat.v1.math.in_top_k", "compat.v1.nn.in_top_k")
def in_top_k(predictions: Any, targets: Any, k: Any, name: str | None = None) -> Any:
    """As `tf.math.in_top_k`, with the predictions first.

    Args:
      predictions: `[batch, classes]`, float32.
      targets: classes `[batch]`, int32 or int64.
      k: how many predictions count.
      name: ignored in eager mode.

    Returns:
      A bool tensor `[batch]`.

    Example:
      >>> import tapeflow as tf
      >>> tf.compat.v1.math.in_top_k([[0.1, 0.9]], [1], k=1).numpy()
      array([ True])
    """
    return ranking.in_top_k(targets, predictions, k)


@export("compat.v1.nn.max_pool")
def max_pool(
    value: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    name: str | None = None,
    input: Any = None,
) -> Any:
    """As `tf.nn.max_pool2d`.

    Args:
      value: images `[batch, height, width, channels]`.
      ksize: size of the window.
      strides: an int, or a list of 1, 2 or 4.
      padding: `"SAME"`, `"VALID"`, or a list of four pairs.
      data_format: `"NHWC"` or `"NCHW"`.
      name: ignored in eager mode.
      input: another name of `value`.

    Returns:
      A tensor `[batch, out_height, out_width, channels]`.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.reshape([1.0, 5.0, 3.0, 2.0], [1, 2, 2, 1])
      >>> tf.compat.v1.nn.max_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], "VALID").numpy()
      array([[[[5.]]]], dtype=float32)
    """
    x = _either(value, input, "value", "input")
    return pooling_functions.max_pool2d(x, ksize, strides, padding, data_format)


@export("compat.v1.nn.avg_pool")
def avg_pool(
    value: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    name: str | None = None,
    input: Any = None,
) -> Any:
    """As `tf.nn.avg_pool2d`.

    Args:
      value: images `[batch, height, width, channels]`.
      ksize: size of the window.
      strides: an int, or a list of 1, 2 or 4.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NHWC"` or `"NCHW"`.
      name: ignored in eager mode.
      input: another name of `value`.

    Returns:
      A tensor `[batch, out_height, out_width, channels]`.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.reshape([1.0, 5.0, 3.0, 3.0], [1, 2, 2, 1])
      >>> tf.compat.v1.nn.avg_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], "VALID").numpy()
      array([[[[3.]]]], dtype=float32)
    """
    x = _either(value, input, "value", "input")
    return pooling_functions.avg_pool2d(x, ksize, strides, padding, data_format)


@export("compat.v1.nn.conv2d_transpose")
def conv2d_transpose(
    value: Any = None,
    filter: Any = None,
    output_shape: Any = None,
    strides: Any = None,
    padding: Any = "SAME",
    data_format: str = "NHWC",
    name: str | None = None,
    input: Any = None,
    filters: Any = None,
    dilations: Any = None,
) -> Any:
    """As `tf.nn.conv2d_transpose`.

    Args:
      value: `[batch, height, width, channels]`.
      filter: `[filter_height, filter_width, outputs, channels]`.
      output_shape: shape of the result.
      strides: an int, or a list of 1, 2 or 4.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NHWC"` or `"NCHW"`.
      name: ignored in eager mode.
      input: another name of `value`.
      filters: another name of `filter`.
      dilations: an int, or a list of 1, 2 or 4.

    Returns:
      A tensor of shape `output_shape`.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.constant([[[[3.0]]]])
      >>> tf.compat.v1.nn.conv2d_transpose(x, tf.ones([1, 2, 1, 1]), [1, 1, 2, 1], 2).numpy()
      array([[[[3.],
               [3.]]]], dtype=float32)
    """
    return transposed_convolution.conv2d_transpose(
        _either(value, input, "value", "input"), _either(filter, filters, "filter", "filters"),
        output_shape, strides, padding, data_format, dilations,
    )  # fmt: skip


@export("compat.v1.nn.convolution")
def convolution(
    input: Any,
    filter: Any,
    padding: Any,
    strides: Any = None,
    dilation_rate: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    filters: Any = None,
    dilations: Any = None,
) -> Any:
    """As `tf.nn.convolution`.

    Args:
      input: `[batch, *image, channels]`.
      filter: `[*window, channels, outputs]`.
      padding: `"SAME"` or `"VALID"`.
      strides: a list with an entry per image dimension.
      dilation_rate: like `strides`.
      name: ignored in eager mode.
      data_format: the layout.
      filters: another name of `filter`.
      dilations: another name of `dilation_rate`.

    Returns:
      A tensor `[batch, *out_image, outputs]`.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.constant([[[1.0], [2.0]]])
      >>> tf.compat.v1.nn.convolution(x, tf.ones([2, 1, 1]), "VALID").numpy()
      array([[[3.]]], dtype=float32)
    """
    return transposed_convolution.convolution(
        input, _either(filter, filters, "filter", "filters"), strides, padding, data_format,
        _either(dilation_rate, dilations, "dilation_rate", "dilations"),
    )  # fmt: skip
