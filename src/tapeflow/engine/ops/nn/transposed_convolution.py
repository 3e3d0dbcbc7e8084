"""Transposed convolution, which is the gradient of convolution used forwards; and `convolution`."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core.export import export
from tapeflow.engine.ops.nn.arguments import (
    integer,
    line_format,
    padding_name,
    padding_of,
    per_axis,
    sizes_tensor,
)
from tapeflow.engine.ops.nn.convolution import (
    conv1d,
    conv2d,
    conv2d_backprop_input_p,
    conv3d,
    conv3d_backprop_input_p,
)
from tapeflow.engine.runtime.convert import convert, convert_pair
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import Tensor


@export("nn.conv2d_transpose")
def conv2d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: str = "NHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """The transpose of `tf.nn.conv2d`: its gradient with respect to the images.

    Args:
      input: `[batch, height, width, channels]`, a floating dtype.
      filters: `[filter_height, filter_width, outputs, channels]`, same dtype.
      output_shape: shape of the result: four integers, or height and width alone.
      strides: an int, or a list of 1, 2 or 4.
      padding: padding of the convolution transposed: `"SAME"`, `"VALID"`, or a list of four pairs.
      data_format: `"NHWC"` or `"NCHW"`.
      dilations: an int, or a list of 1, 2 or 4.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `output_shape`.

    Raises:
      ValueError: when a list has the wrong length.
      tf.errors.InvalidArgumentError: when shapes don't go together.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.constant([[[[1.0], [2.0]]]])
      >>> tf.nn.conv2d_transpose(x, tf.ones([1, 2, 1, 1]), [1, 1, 4, 1], [1, 2])[0, 0, :, 0].numpy()
      array([1., 1., 2., 2.], dtype=float32)
    """
    data_format = data_format or "NHWC"
    channel = 1 if data_format.startswith("NC") else 3
    strides = per_axis(strides, 2, channel, "strides")
    dilations = per_axis(dilations, 2, channel, "dilations")
    padding, explicit = padding_of(padding)
    dy, w = convert_pair(input, filters, "Conv2D")
    return apply(
        conv2d_backprop_input_p, sizes_tensor(output_shape), w, dy, strides=strides,
        padding=padding, explicit_paddings=explicit, data_format=data_format, dilations=dilations,
    )  # fmt: skip


@export("nn.conv1d_transpose")
def conv1d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: str = "NWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """The transpose of `tf.nn.conv1d`: its gradient with respect to the sequences.

    Args:
      input: `[batch, width, channels]`, a floating dtype.
      filters: `[filter_width, outputs, channels]`, same dtype.
      output_shape: shape of the result, three integers.
      strides: an int, or a list of 1 or 3.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NWC"` or `"NCW"`.
      dilations: an int, or a list of 1 or 3.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `output_shape`.

    Raises:
      ValueError: when `data_format` is another one, or a list has the wrong length.
      tf.errors.InvalidArgumentError: when shapes don't go together.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.constant([[[1.0], [2.0]]])
      >>> tf.nn.conv1d_transpose(x, tf.ones([2, 1, 1]), [1, 4, 1], 2)[0, :, 0].numpy()
      array([1., 1., 2., 2.], dtype=float32)
    """
    from tapeflow.engine.ops.array.concatenation import concat
    from tapeflow.engine.ops.array.dimensions import expand_dims, squeeze

    data_format = line_format(data_format)
    width = 2 if data_format == "NCHW" else 1
    channel = 1 if data_format == "NCHW" else 2
    stride = per_axis(strides, 1, channel, "strides")
    rate = per_axis(dilations, 1, channel, "dilations")
    dims = sizes_tensor(output_shape)
    dims = concat([dims[:width], [1], dims[width:]], 0)  # type: ignore[index]
    dy = convert(input)
    w = convert(filters, hint=dy.dtype)
    y = apply(
        conv2d_backprop_input_p, dims, expand_dims(w, 0), expand_dims(dy, width),
        strides=(*stride[:width], 1, *stride[width:]), padding=padding_name(padding),
        explicit_paddings=(), data_format=data_format,
        dilations=(*rate[:width], 1, *rate[width:]),
    )  # fmt: skip
    return squeeze(y, [width])


@export("nn.conv3d_transpose")
def conv3d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: str = "NDHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """The transpose of `tf.nn.conv3d`: its gradient with respect to the volumes.

    Args:
      input: `[batch, depth, height, width, channels]`, a floating dtype.
      filters: `[filter_depth, filter_height, filter_width, outputs, channels]`, same dtype.
      output_shape: shape of the result, five integers.
      strides: an int, or a list of 1, 3 or 5.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NDHWC"` or `"NCDHW"`.
      dilations: an int, or a list of 1, 3 or 5.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `output_shape`.

    Raises:
      ValueError: when a list has the wrong length.
      tf.errors.InvalidArgumentError: when shapes don't go together.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.fill([1, 1, 1, 1, 1], 3.0)
      >>> tf.nn.conv3d_transpose(x, tf.ones([1, 1, 2, 1, 1]), [1, 1, 1, 2, 1], [1, 1, 2]).numpy()
      array([[[[[3.],
                [3.]]]]], dtype=float32)
    """
    data_format = data_format or "NDHWC"
    channel = 1 if data_format.startswith("NC") else 4
    dy, w = convert_pair(input, filters, "Conv3D")
    return apply(
        conv3d_backprop_input_p, sizes_tensor(output_shape), w, dy,
        strides=per_axis(strides, 3, channel, "strides"), padding=padding_name(padding),
        data_format=data_format, dilations=per_axis(dilations, 3, channel, "dilations"),
    )  # fmt: skip


_TRANSPOSED = {
    1: (conv1d_transpose, "NWC"),
    2: (conv2d_transpose, "NHWC"),
    3: (conv3d_transpose, "NDHWC"),
}


@export("nn.conv_transpose")
def conv_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """The transpose of `tf.nn.convolution` over one, two or three dimensions.

    Args:
      input: `[batch, ..., channels]` of rank 3, 4 or 5, a floating dtype.
      filters: `[..., outputs, channels]`, same dtype.
      output_shape: shape of the result; its length says how many dimensions there are.
      strides: an int, or a list with an entry per image dimension, or per axis.
      padding: `"SAME"` or `"VALID"`; over two dimensions also a list of four pairs.
      data_format: the layout, by default with channels last.
      dilations: like `strides`.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `output_shape`.

    Raises:
      ValueError: when `output_shape` has another length than 3, 4 or 5.
      tf.errors.InvalidArgumentError: when shapes don't go together.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.constant([[[1.0], [2.0]]])
      >>> tf.nn.conv_transpose(x, tf.ones([2, 1, 1]), [1, 4, 1], 2)[0, :, 0].numpy()
      array([1., 1., 2., 2.], dtype=float32)
    """
    if isinstance(output_shape, Tensor):
        length = output_shape.shape[0]
    else:
        length = len(output_shape)
    if length not in (3, 4, 5):
        raise ValueError(
            f"`output_shape` must be of length 3, 4 or 5. Received: output_shape={output_shape} "
            f"of length {length}."
        )
    function, layout = _TRANSPOSED[length - 2]
    return function(
        input, filters, output_shape, strides, padding, data_format or layout, dilations
    )


@export("nn.atrous_conv2d")
def atrous_conv2d(
    value: Any, filters: Any, rate: Any, padding: Any, name: str | None = None
) -> Any:
    """Correlates images with filters that skip rows and columns (dilated convolution).

    Args:
      value: images `[batch, height, width, channels]`, a floating dtype.
      filters: `[filter_height, filter_width, channels, outputs]`, same dtype.
      rate: distance between the elements a filter sees, in both directions.
      padding: `"SAME"` or `"VALID"`.
      name: ignored in eager mode.

    Returns:
      A tensor `[batch, out_height, out_width, outputs]`.

    Raises:
      ValueError: when `rate` isn't positive.
      tf.errors.InvalidArgumentError: when shapes don't go together.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.reshape(tf.range(3.0), [1, 1, 3, 1])
      >>> tf.nn.atrous_conv2d(x, tf.ones([1, 2, 1, 1]), 2, "VALID").numpy()
      array([[[[2.]]]], dtype=float32)
    """
    rate = integer(rate, "rate")
    if rate < 1:
        raise ValueError(
            f"all values of `dilation_rate` must be positive. Received: dilation_rate={[rate] * 2}"
        )
    return conv2d(value, filters, 1, padding_name(padding), dilations=rate)


@export("nn.atrous_conv2d_transpose")
def atrous_conv2d_transpose(
    value: Any, filters: Any, output_shape: Any, rate: Any, padding: Any, name: str | None = None
) -> Any:
    """The transpose of `tf.nn.atrous_conv2d`.

    Args:
      value: `[batch, height, width, channels]`, a floating dtype.
      filters: `[filter_height, filter_width, outputs, channels]`, same dtype.
      output_shape: shape of the result, four integers.
      rate: distance between the elements a filter sees, in both directions.
      padding: `"SAME"` or `"VALID"`.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `output_shape`.

    Raises:
      ValueError: when `rate` isn't positive, `padding` is another one, or channels differ.
      tf.errors.InvalidArgumentError: when shapes don't go together.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.fill([1, 1, 1, 1], 2.0)
      >>> y = tf.nn.atrous_conv2d_transpose(x, tf.ones([1, 2, 1, 1]), [1, 1, 3, 1], 2, "VALID")
      >>> y[0, 0, :, 0].numpy()
      array([2., 0., 2.], dtype=float32)
    """
    dy = convert(value)
    w = convert(filters, hint=dy.dtype)
    channels, outer = dy.shape[-1], w.shape[-1]
    if channels is not None and outer is not None and channels != outer:
        raise ValueError(
            "`value` channel count must be compatible with `filters` input channel count. "
            f"Received: value.shape={dy.shape} with channel count {channels} and "
            f"filters.shape={w.shape} with input channel count {outer}."
        )
    rate = integer(rate, "rate")
    if rate < 1:
        raise ValueError(f"`rate` cannot be less than one. Received: rate={rate}")
    if padding not in ("SAME", "VALID"):
        raise ValueError(f"`padding` must be either 'VALID' or 'SAME'. Received: padding={padding}")
    return conv2d_transpose(dy, w, output_shape, 1, padding, dilations=rate)


@export("nn.convolution")
def convolution(
    input: Any,
    filters: Any,
    strides: Any = None,
    padding: Any = "VALID",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Correlates sequences, images or volumes with filters; the rank of the filters says which.

    Args:
      input: `[..., *image, channels]`, or with channels second where `data_format` says so.
      filters: `[*window, channels / groups, outputs]` of rank 3, 4 or 5, same dtype.
      strides: an int or a list with an entry per image dimension; None for 1.
      padding: `"SAME"` or `"VALID"`.
      data_format: the layout, by default with channels last.
      dilations: like `strides`. Where one exceeds 1, all strides must be 1.
      name: ignored in eager mode.

    Returns:
      A tensor `[..., *out_image, outputs]` in the input's layout.

    Raises:
      ValueError: for another rank, or for strides and dilations that both exceed 1.
      tf.errors.InvalidArgumentError: when shapes don't go together.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.constant([[[1.0], [2.0], [3.0]]])
      >>> tf.nn.convolution(x, tf.ones([2, 1, 1]), dilations=2)[0, :, 0].numpy()
      array([4.], dtype=float32)
    """
    x = convert(input)
    w = convert(filters, hint=x.dtype)
    padding = padding_name(padding)
    if w.shape.ndims is None:
        raise ValueError("rank of filters must be known")
    rank = w.shape.ndims - 2
    if rank not in (1, 2, 3):
        raise ValueError(
            f"`num_spatial_dims` must be 1, 2, or 3. Received: num_spatial_dims={rank}."
        )
    channels_second = bool(data_format) and str(data_format).startswith("NC")
    channel = 1 if channels_second else rank + 1
    steps = per_axis(strides, rank, channel, "strides")
    rates = per_axis(dilations, rank, channel, "dilations")
    if max(steps) > 1 and max(rates) > 1:
        raise ValueError(
            "`strides > 1` not supported in conjunction with `dilation_rate > 1`. "
            f"Received: strides={strides} and dilation_rate={dilations}"
        )
    if rank == 1:
        return conv1d(x, w, steps, padding, data_format or "NWC", rates)
    if rank == 2:
        return conv2d(x, w, steps, padding, data_format or "NHWC", rates)
    return conv3d(x, w, steps, padding, data_format or "NDHWC", rates)
