"""Pooling over sequences, images and volumes: the public functions."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core.export import export
from tapeflow.engine.ops.array.dimensions import expand_dims, squeeze
from tapeflow.engine.ops.nn.arguments import (
    integer,
    line_format,
    padding_name,
    padding_of,
    per_axis,
)
from tapeflow.engine.ops.nn.pooling import avg_pool3d_p, avg_pool_p, max_pool3d_p, max_pool_p
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply


def _windows(ksize: Any, strides: Any, rank: int, data_format: str) -> dict[str, Any]:
    channel = 1 if data_format.startswith("NC") else rank + 1
    return {
        "ksize": per_axis(ksize, rank, channel, "ksize"),
        "strides": per_axis(strides, rank, channel, "strides"),
        "data_format": data_format,
    }


def _line_windows(ksize: Any, strides: Any, data_format: str) -> dict[str, Any]:
    """Attributes of planar pooling over sequences that got a height of 1."""
    width = 2 if data_format == "NCHW" else 1
    channel = 1 if data_format == "NCHW" else 2
    k = per_axis(ksize, 1, channel, "ksize")
    s = per_axis(strides, 1, channel, "strides")
    return {
        "ksize": (*k[:width], 1, *k[width:]),
        "strides": (*s[:width], 1, *s[width:]),
        "data_format": data_format,
    }


@export("nn.max_pool2d")
def max_pool2d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    name: str | None = None,
) -> Any:
    """Takes the maximum of windows over images.

    Args:
      input: images `[batch, height, width, channels]`, a real dtype. NaNs are passed over.
      ksize: size of the window; an int, or a list of 1, 2 or 4. A list of 4 may instead reach over
        the channels alone.
      strides: an int, or a list of 1, 2 or 4.
      padding: `"SAME"`, `"VALID"`, or a list of four pairs, one per axis.
      data_format: `"NHWC"` or `"NCHW"`.
      name: ignored in eager mode.

    Returns:
      A tensor `[batch, out_height, out_width, channels]` in the input's layout and dtype.

    Raises:
      ValueError: when a list has the wrong length.
      tf.errors.InvalidArgumentError: when the images are smaller than a window.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.reshape(tf.range(16.0), [1, 4, 4, 1])
      >>> tf.nn.max_pool2d(x, 2, 2, "VALID")[0, :, :, 0].numpy()
      array([[ 5.,  7.],
             [13., 15.]], dtype=float32)
    """
    padding, explicit = padding_of(padding)
    attrs = _windows(ksize, strides, 2, data_format or "NHWC")
    return apply(max_pool_p, convert(input), padding=padding, explicit_paddings=explicit, **attrs)


@export("nn.max_pool1d")
def max_pool1d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NWC",
    name: str | None = None,
) -> Any:
    """Takes the maximum of windows over sequences.

    Args:
      input: sequences `[batch, width, channels]`, a real dtype.
      ksize: size of the window; an int, or a list of 1 or 3.
      strides: an int, or a list of 1 or 3.
      padding: `"SAME"`, `"VALID"`, or a list of three pairs.
      data_format: `"NWC"` or `"NCW"`.
      name: ignored in eager mode.

    Returns:
      A tensor `[batch, out_width, channels]`.

    Raises:
      ValueError: when `data_format` is another one, or a list has the wrong length.
      tf.errors.InvalidArgumentError: when the sequences are shorter than a window.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.max_pool1d([[[1.0], [3.0], [2.0]]], 2, 1, "VALID")[0, :, 0].numpy()
      array([3., 3.], dtype=float32)
    """
    padding, explicit = padding_of(padding, 1)
    data_format = line_format(data_format)
    width = 2 if data_format == "NCHW" else 1
    if explicit:
        explicit = (*explicit[: 2 * width], 0, 0, *explicit[2 * width :])
    attrs = _line_windows(ksize, strides, data_format)
    y = apply(
        max_pool_p, expand_dims(convert(input), width), padding=padding,
        explicit_paddings=explicit, **attrs,
    )  # fmt: skip
    return squeeze(y, [width])


@export("nn.max_pool3d")
def max_pool3d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NDHWC",
    name: str | None = None,
) -> Any:
    """Takes the maximum of windows over volumes.

    Args:
      input: volumes `[batch, depth, height, width, channels]`, float16, bfloat16 or float32.
      ksize: size of the window; an int, or a list of 1, 3 or 5.
      strides: an int, or a list of 1, 3 or 5.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NDHWC"` or `"NCDHW"`.
      name: ignored in eager mode.

    Returns:
      A tensor `[batch, out_depth, out_height, out_width, channels]`.

    Raises:
      ValueError: when a list has the wrong length.
      tf.errors.InvalidArgumentError: when the volumes are smaller than a window.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.reshape(tf.range(8.0), [1, 2, 2, 2, 1])
      >>> tf.nn.max_pool3d(x, 2, 2, "VALID").numpy()
      array([[[[[7.]]]]], dtype=float32)
    """
    attrs = _windows(ksize, strides, 3, data_format or "NDHWC")
    return apply(max_pool3d_p, convert(input), padding=padding_name(padding), **attrs)


@export("nn.avg_pool2d")
def avg_pool2d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    name: str | None = None,
) -> Any:
    """Averages windows over images; padding does not count.

    Args:
      input: images `[batch, height, width, channels]`, a floating dtype.
      ksize: size of the window; an int, or a list of 1, 2 or 4.
      strides: an int, or a list of 1, 2 or 4.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NHWC"` or `"NCHW"`.
      name: ignored in eager mode.

    Returns:
      A tensor `[batch, out_height, out_width, channels]`.

    Raises:
      ValueError: when a list has the wrong length.
      tf.errors.InvalidArgumentError: when the images are smaller than a window.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.reshape(tf.range(4.0), [1, 2, 2, 1])
      >>> tf.nn.avg_pool2d(x, 2, 1, "SAME")[0, :, :, 0].numpy()
      array([[1.5, 2. ],
             [2.5, 3. ]], dtype=float32)
    """
    attrs = _windows(ksize, strides, 2, data_format or "NHWC")
    return apply(avg_pool_p, convert(input), padding=padding_name(padding), **attrs)


@export("nn.avg_pool1d")
def avg_pool1d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NWC",
    name: str | None = None,
) -> Any:
    """Averages windows over sequences; padding does not count.

    Args:
      input: sequences `[batch, width, channels]`, a floating dtype.
      ksize: size of the window; an int, or a list of 1 or 3.
      strides: an int, or a list of 1 or 3.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NWC"` or `"NCW"`.
      name: ignored in eager mode.

    Returns:
      A tensor `[batch, out_width, channels]`.

    Raises:
      ValueError: when `data_format` is another one, or a list has the wrong length.
      tf.errors.InvalidArgumentError: when the sequences are shorter than a window.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.avg_pool1d([[[1.0], [3.0], [2.0]]], 2, 1, "VALID")[0, :, 0].numpy()
      array([2. , 2.5], dtype=float32)
    """
    data_format = line_format(data_format)
    width = 2 if data_format == "NCHW" else 1
    attrs = _line_windows(ksize, strides, data_format)
    x = expand_dims(convert(input), width)
    return squeeze(apply(avg_pool_p, x, padding=padding_name(padding), **attrs), [width])


@export("nn.avg_pool3d")
def avg_pool3d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NDHWC",
    name: str | None = None,
) -> Any:
    """Averages windows over volumes; padding does not count.

    Args:
      input: volumes `[batch, depth, height, width, channels]`, a floating dtype.
      ksize: size of the window; an int, or a list of 1, 3 or 5.
      strides: an int, or a list of 1, 3 or 5.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NDHWC"` or `"NCDHW"`.
      name: ignored in eager mode.

    Returns:
      A tensor `[batch, out_depth, out_height, out_width, channels]`.

    Raises:
      ValueError: when a list has the wrong length.
      tf.errors.InvalidArgumentError: when the volumes are smaller than a window.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.reshape(tf.range(8.0), [1, 2, 2, 2, 1])
      >>> tf.nn.avg_pool3d(x, 2, 2, "VALID").numpy()
      array([[[[[3.5]]]]], dtype=float32)
    """
    attrs = _windows(ksize, strides, 3, data_format or "NDHWC")
    return apply(avg_pool3d_p, convert(input), padding=padding_name(padding), **attrs)


_MAX = {1: max_pool1d, 2: max_pool2d, 3: max_pool3d}
_AVERAGE = {1: avg_pool1d, 2: avg_pool2d, 3: avg_pool3d}
_LAYOUTS = {1: "NWC", 2: "NHWC", 3: "NDHWC"}


def _by_rank(functions: dict[int, Any], x: Any, data_format: Any, *rest: Any) -> Any:
    rank = x.shape.ndims
    if rank is None and data_format is None:
        raise ValueError("input.shape.rank must be known where data_format does not say it")
    if rank is None:
        rank = len(data_format)
    if rank not in (3, 4, 5):
        raise ValueError(
            f"`input.shape.rank` must be 3, 4 or 5. Received: input.shape={x.shape} of rank {rank}."
        )
    return functions[rank - 2](x, *rest, data_format or _LAYOUTS[rank - 2])


@export("nn.max_pool")
def max_pool(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = None,
    name: str | None = None,
) -> Any:
    """Takes the maximum of windows over sequences, images or volumes, whichever the rank says.

    Args:
      input: `[batch, ..., channels]` of rank 3, 4 or 5, a real dtype.
      ksize: size of the window; an int, or a list with an entry per image dimension, or per axis.
      strides: like `ksize`.
      padding: `"SAME"`, `"VALID"`, or (not for volumes) a list of pairs, one per axis.
      data_format: the layout, by default with channels last.
      name: ignored in eager mode.

    Returns:
      A tensor of the input's rank, layout and dtype.

    Raises:
      ValueError: for another rank, or a list of the wrong length.
      tf.errors.InvalidArgumentError: when the input is smaller than a window.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.max_pool(tf.constant([[[1.0], [3.0], [2.0]]]), 2, 1, "VALID")[0, :, 0].numpy()
      array([3., 3.], dtype=float32)
    """
    return _by_rank(_MAX, convert(input), data_format, ksize, strides, padding)


@export("nn.avg_pool")
def avg_pool(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = None,
    name: str | None = None,
) -> Any:
    """Averages windows over sequences, images or volumes, whichever the rank says.

    Args:
      input: `[batch, ..., channels]` of rank 3, 4 or 5, a floating dtype.
      ksize: size of the window; an int, or a list with an entry per image dimension, or per axis.
      strides: like `ksize`.
      padding: `"SAME"` or `"VALID"`.
      data_format: the layout, by default with channels last.
      name: ignored in eager mode.

    Returns:
      A tensor of the input's rank, layout and dtype.

    Raises:
      ValueError: for another rank, or a list of the wrong length.
      tf.errors.InvalidArgumentError: when the input is smaller than a window.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.avg_pool(tf.constant([[[1.0], [3.0], [2.0]]]), 2, 1, "VALID")[0, :, 0].numpy()
      array([2. , 2.5], dtype=float32)
    """
    return _by_rank(_AVERAGE, convert(input), data_format, ksize, strides, padding)


@export("nn.pool")
def pool(
    input: Any,
    window_shape: Any,
    pooling_type: str,
    strides: Any = None,
    padding: Any = "VALID",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Pools over one, two or three dimensions.

    Args:
      input: `[batch, *image, channels]`, or with channels second where `data_format` says so.
      window_shape: a list of 1 to 3 integers.
      pooling_type: `"AVG"` or `"MAX"`.
      strides: a list like `window_shape`, with no entry greater than the window's; None for 1.
      padding: `"SAME"`, `"VALID"`, or (for maxima of sequences and images) a list of pairs.
      data_format: the layout, by default with channels last.
      dilations: a list like `window_shape`. Where one exceeds 1, strides must be 1 and padding
        `"VALID"`.
      name: ignored in eager mode.

    Returns:
      A tensor of the input's rank, layout and dtype.

    Raises:
      ValueError: for ranks, types or combinations other than these.
      TypeError: when `window_shape` is no list.
      tf.errors.InvalidArgumentError: when the input is smaller than a window.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.constant([[[1.0], [3.0], [2.0]]])
      >>> tf.nn.pool(x, [2], "MAX", dilations=[2])[0, :, 0].numpy()
      array([2.], dtype=float32)
    """
    from tapeflow.engine.ops.nn.space import with_space_to_batch

    rank = len(window_shape)
    if rank not in (1, 2, 3):
        raise ValueError(
            "`len(window_shape)` must be 1, 2, or 3. "
            f"Received: window_shape={window_shape} of length {rank}"
        )
    x = convert(input)
    if x.shape.ndims is not None and x.shape.ndims != rank + 2:
        raise ValueError(f"Shape {x.shape} must have rank {rank + 2}")
    steps = [1] * rank if strides is None else _entries(strides, rank, "strides")
    rates = [1] * rank if dilations is None else _entries(dilations, rank, "dilations")
    if any(rate < 1 for rate in rates):
        raise ValueError(f"`dilation_rate` must be positive. Received: dilation_rate={rates}")
    if max(steps) > 1 and max(rates) > 1:
        raise ValueError(
            "`strides > 1` not supported in conjunction with `dilation_rate > 1`. "
            f"Received: strides={steps} and dilation_rate={rates}"
        )
    if any(s > k for s, k in zip(steps, window_shape, strict=True)):
        raise ValueError(
            "`strides` > `window_shape` not supported due to inconsistency between CPU and GPU "
            f"implementations. Received: strides={steps} and window_shape={window_shape}"
        )
    if pooling_type not in ("MAX", "AVG"):
        raise ValueError(f"{rank}-D {pooling_type} pooling is not supported.")
    if padding == "SAME" and max(rates) > 1:
        raise ValueError(
            "pooling with 'SAME' padding is not implemented for `dilation_rate` > 1. "
            f"Received: padding={padding} and dilation_rate={rates}"
        )
    functions = _MAX if pooling_type == "MAX" else _AVERAGE
    layout = data_format or _LAYOUTS[rank]
    if max(rates) == 1:
        return functions[rank](x, list(window_shape), steps, padding, layout)
    return with_space_to_batch(
        x, rates, padding,
        lambda part, num_spatial_dims, padding: functions[rank](
            part, list(window_shape), steps, padding, layout
        ),
        filter_shape=list(window_shape), data_format=layout,
    )  # fmt: skip


def _entries(values: Any, rank: int, argument: str) -> list[int]:
    if len(values) != rank:
        raise ValueError(f"len({argument})={len(values)} but should be {rank}")
    return [integer(v, argument) for v in values]
