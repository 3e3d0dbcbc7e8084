"""Convolution of sequences, images and volumes, its primitives and their gradients.

A convolution and its two gradients form a closed family: the gradient of each is made of the
other two, so every order of differentiation stays among these primitives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.primitive import primitive, window
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ops.array import shaping
from tapeflow.engine.ops.nn import convolution_kernels as kernels
from tapeflow.engine.ops.nn.arguments import (
    integers,
    line_format,
    padding_name,
    padding_of,
    per_axis,
)
from tapeflow.engine.ops.nn.window_rules import (
    filter_gradient_rule,
    forward_rule,
    full_input_sizes,
    input_gradient_rule,
)
from tapeflow.engine.ops.nn.windows import Ints, explicit_pairs, pads_for, spatial
from tapeflow.engine.runtime.convert import convert, convert_pair
from tapeflow.engine.runtime.dispatch import apply

Kernel = Callable[..., np.ndarray]


def _channels_last(x: np.ndarray, data_format: str) -> np.ndarray:
    return np.ascontiguousarray(np.moveaxis(x, 1, -1)) if data_format[1] == "C" else x


def _restore(y: np.ndarray, data_format: str) -> np.ndarray:
    return np.ascontiguousarray(np.moveaxis(y, -1, 1)) if data_format[1] == "C" else y


def _plan(sizes: Ints, taps: Ints, attrs: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Strides, dilations and padding of the image's dimensions."""
    data_format = attrs["data_format"]
    strides = spatial(attrs["strides"], data_format)
    dilations = spatial(attrs["dilations"], data_format)
    flat = attrs.get("explicit_paddings", ())
    explicit = spatial(explicit_pairs(flat), data_format) if flat else ()  # type: ignore[arg-type]
    pads = pads_for(sizes, taps, strides, dilations, attrs["padding"], explicit)  # type: ignore[arg-type]
    return strides, dilations, pads


def forward_kernel(core: Kernel) -> Kernel:
    """The kernel of an op `(input, filter)` from one for channels-last arrays."""

    def kernel(input: np.ndarray, filter: np.ndarray, **attrs: Any) -> np.ndarray:
        x = _channels_last(input, attrs["data_format"])
        y = core(x, filter, *_plan(x.shape[1:-1], filter.shape[:-2], attrs))
        return _restore(y, attrs["data_format"])

    return kernel


def input_gradient_kernel(core: Kernel) -> Kernel:
    """The kernel of an op `(input_sizes, filter, out_backprop)`."""

    def kernel(
        input_sizes: np.ndarray, filter: np.ndarray, out_backprop: np.ndarray, **attrs: Any
    ) -> np.ndarray:
        data_format = attrs["data_format"]
        sizes = tuple(int(n) for n in input_sizes)
        sizes = full_input_sizes(sizes, filter.shape, out_backprop.shape, data_format)  # type: ignore[assignment]
        if data_format[1] == "C":
            sizes = (sizes[0], *sizes[2:], sizes[1])
        dy = _channels_last(out_backprop, data_format)
        dx = core(sizes, filter, dy, *_plan(sizes[1:-1], filter.shape[:-2], attrs))
        return _restore(dx, data_format)

    return kernel


def filter_gradient_kernel(core: Kernel) -> Kernel:
    """The kernel of an op `(input, filter_sizes, out_backprop)`."""

    def kernel(
        input: np.ndarray, filter_sizes: np.ndarray, out_backprop: np.ndarray, **attrs: Any
    ) -> np.ndarray:
        x = _channels_last(input, attrs["data_format"])
        dy = _channels_last(out_backprop, attrs["data_format"])
        shape = tuple(int(n) for n in filter_sizes)
        return core(x, dy, shape, *_plan(x.shape[1:-1], shape[:-2], attrs))

    return kernel


class Family:
    """A convolution with its gradients, which refer to each other; filled in as they are declared.

    Attributes:
      forward: primitive of `(input, filter)`.
      by_input: primitive of `(input_sizes, filter, out_backprop)`.
      by_filter: primitive of `(input, filter_sizes, out_backprop)`.
    """

    forward: Any
    by_input: Any
    by_filter: Any

    def forward_vjp(self, ctx: Any, dy: Any) -> Any:
        """Cotangents of the forward op's inputs."""
        x, w = ctx.inputs
        return (
            apply(self.by_input, shaping.shape(x), w, dy, **ctx.attrs) if ctx.needs[0] else None,
            apply(self.by_filter, x, shaping.shape(w), dy, **ctx.attrs) if ctx.needs[1] else None,
        )

    def by_input_vjp(self, ctx: Any, ddx: Any) -> Any:
        """Cotangents of the inputs of the gradient for the images."""
        _, w, dy = ctx.inputs
        return (
            None,
            apply(self.by_filter, ddx, shaping.shape(w), dy, **ctx.attrs) if ctx.needs[1] else None,
            apply(self.forward, ddx, w, **ctx.attrs) if ctx.needs[2] else None,
        )

    def by_filter_vjp(self, ctx: Any, ddw: Any) -> Any:
        """Cotangents of the inputs of the gradient for the filters."""
        x, _, dy = ctx.inputs
        return (
            apply(self.by_input, shaping.shape(x), ddw, dy, **ctx.attrs) if ctx.needs[0] else None,
            None,
            apply(self.forward, x, ddw, **ctx.attrs) if ctx.needs[2] else None,
        )


def _attributes(
    data_format: str, strides: int, padding: str, rank: int, **more: Any
) -> dict[str, Any]:
    lead = (1, 1) if data_format[1] == "C" else (1,)
    tail = () if data_format[1] == "C" else (1,)
    attrs = {
        "strides": (*lead, *(strides,) * rank, *tail),
        "padding": padding,
        "data_format": data_format,
    }
    attrs["dilations"] = (1,) * (rank + 2)
    return {**attrs, **more}


# (input, filter, attributes) of calls that all registry tests of a family use.
def _planar_calls(
    is_gradient: bool,
) -> Iterable[tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]]]:
    def attrs(strides: int = 1, padding: str = "SAME", **more: Any) -> dict[str, Any]:
        return _attributes("NHWC", strides, padding, 2, **{"explicit_paddings": (), **more})

    yield (2, 4, 5, 2), (3, 2, 2, 3), attrs()
    yield (1, 5, 5, 3), (2, 2, 3, 2), attrs(2, "VALID")
    yield (1, 5, 4, 2), (3, 3, 2, 1), attrs(2)
    yield (
        (1, 4, 4, 2),
        (2, 2, 2, 2),
        attrs(1, "EXPLICIT", explicit_paddings=(0, 0, 1, 0, 0, 2, 0, 0)),
    )
    yield (0, 4, 4, 2), (2, 2, 2, 3), attrs()
    yield (1, 3, 3, 1), (1, 1, 1, 2), attrs()
    if not is_gradient:  # TensorFlow's CPU kernels have no gradient for groups and dilations
        yield (2, 3, 3, 4), (2, 2, 2, 6), attrs()
        yield (1, 6, 6, 2), (3, 2, 2, 3), attrs(dilations=(1, 2, 2, 1))


def _volume_calls() -> Iterable[tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]]]:
    yield (1, 3, 3, 4, 2), (2, 2, 2, 2, 3), _attributes("NDHWC", 1, "SAME", 3)
    yield (2, 4, 3, 3, 1), (2, 1, 2, 1, 2), _attributes("NDHWC", 2, "VALID", 3)
    yield (1, 3, 3, 3, 2), (3, 3, 3, 2, 1), _attributes("NDHWC", 2, "SAME", 3)


def triple_samples(
    calls: Callable[..., Any], which: str, run: Callable[[], Any]
) -> Callable[[Draw], Iterable[Sample]]:
    """Samples of one member of a family: `which` is "forward", "by_input" or "by_filter".

    `run` gives the forward primitive, whose shape rule says what shape `dy` has.
    """

    def sample(draw: Draw) -> Iterable[Sample]:
        from tapeflow.engine.ir.spec import Spec

        for dtype in (dtypes.float32, dtypes.float64, dtypes.float16):
            smooth = dtype is not dtypes.float16
            for x, w, attrs in calls(which != "forward"):
                a = draw.reals(*x, dtype=dtype)
                b = draw.reals(*w, dtype=dtype)
                if which == "forward":
                    yield Sample(a, b, grad=smooth, **attrs)
                    continue
                if 0 in x:  # TensorFlow leaves memory as it finds it there
                    continue
                y = run().infer(Spec(dtype, x), Spec(dtype, w), **attrs).shape
                dy = draw.reals(*y, dtype=dtype)
                if which == "by_input":
                    yield Sample(np.array(x, np.int32), b, dy, grad=smooth, **attrs)
                else:
                    yield Sample(a, np.array(w, np.int32), dy, grad=smooth, **attrs)
                if not smooth:
                    break

    return sample


_PLANAR_DTYPES = dtypes.FLOATING | {dtypes.int32}

_planar = Family()

conv2d_p = _planar.forward = primitive(
    "Conv2D",
    infer=forward_rule(2, _PLANAR_DTYPES),
    kernel=forward_kernel(kernels.convolve),
    vjp=_planar.forward_vjp,
    lower=window("conv2d"),
    samples=triple_samples(_planar_calls, "forward", lambda: conv2d_p),
)

conv2d_backprop_input_p = _planar.by_input = primitive(
    "Conv2DBackpropInput",
    infer=input_gradient_rule(2, _PLANAR_DTYPES),
    kernel=input_gradient_kernel(kernels.convolve_input_gradient),
    vjp=_planar.by_input_vjp,
    lower=window("conv2d_backprop_input"),
    samples=triple_samples(_planar_calls, "by_input", lambda: conv2d_p),
)

conv2d_backprop_filter_p = _planar.by_filter = primitive(
    "Conv2DBackpropFilter",
    infer=filter_gradient_rule(2, dtypes.FLOATING),
    kernel=filter_gradient_kernel(kernels.convolve_filter_gradient),
    vjp=_planar.by_filter_vjp,
    lower=window("conv2d_backprop_filter"),
    samples=triple_samples(_planar_calls, "by_filter", lambda: conv2d_p),
)

_volume = Family()

conv3d_p = _volume.forward = primitive(
    "Conv3D",
    infer=forward_rule(3, dtypes.FLOATING),
    kernel=forward_kernel(kernels.convolve),
    vjp=_volume.forward_vjp,
    lower=window("conv3d"),
    samples=triple_samples(lambda _: _volume_calls(), "forward", lambda: conv3d_p),
)

conv3d_backprop_input_p = _volume.by_input = primitive(
    "Conv3DBackpropInputV2",
    infer=input_gradient_rule(3, dtypes.FLOATING),
    kernel=input_gradient_kernel(kernels.convolve_input_gradient),
    vjp=_volume.by_input_vjp,
    lower=window("conv3d_backprop_input"),
    samples=triple_samples(lambda _: _volume_calls(), "by_input", lambda: conv3d_p),
)

conv3d_backprop_filter_p = _volume.by_filter = primitive(
    "Conv3DBackpropFilterV2",
    infer=filter_gradient_rule(3, dtypes.FLOATING),
    kernel=filter_gradient_kernel(kernels.convolve_filter_gradient),
    vjp=_volume.by_filter_vjp,
    lower=window("conv3d_backprop_filter"),
    samples=triple_samples(lambda _: _volume_calls(), "by_filter", lambda: conv3d_p),
)


def flatten_batch(x: Any, inner: int) -> tuple[Any, Any]:
    """Folds leading dimensions into one, so that rank `inner` remains; with the way back.

    Returns:
      The tensor of rank `inner`, and a function that gives a result its leading dimensions back.
    """
    rank = x.shape.ndims
    if rank is None or rank <= inner:
        return x, lambda y: y
    lead = rank - inner + 1
    dims = shaping.shape(x)
    flat = shaping.reshape(x, _joined([-1], dims[lead:]))

    def restore(y: Any) -> Any:
        return shaping.reshape(y, _joined(dims[:lead], shaping.shape(y)[1:]))

    return flat, restore


def _joined(a: Any, b: Any) -> Any:
    from tapeflow.engine.ops.array.concatenation import concat

    return concat([a, b], 0)


@export("nn.conv2d")
def conv2d(
    input: Any,
    filters: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Correlates images with filters.

    Args:
      input: images `[..., height, width, channels]` (or `[batch, channels, height, width]` with
        `"NCHW"`), a floating dtype or int32.
      filters: `[filter_height, filter_width, channels / groups, outputs]`, same dtype; the number
        of groups follows from the channels.
      strides: an int, or a list of 1, 2 or 4.
      padding: `"SAME"`, `"VALID"`, or a list of four pairs, one per axis of the input.
      data_format: `"NHWC"` or `"NCHW"`.
      dilations: distance between the elements a filter sees; an int, or a list of 1, 2 or 4.
      name: ignored in eager mode.

    Returns:
      A tensor `[..., out_height, out_width, outputs]` in the input's layout and dtype.

    Raises:
      ValueError: when a list has the wrong length.
      tf.errors.InvalidArgumentError: when shapes don't go together or a stride isn't positive.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.reshape(tf.range(9.0), [1, 3, 3, 1])
      >>> tf.nn.conv2d(x, tf.ones([2, 2, 1, 1]), strides=1, padding="VALID")[0, :, :, 0].numpy()
      array([[ 8., 12.],
             [20., 24.]], dtype=float32)
    """
    padding, explicit = padding_of(padding)
    data_format = data_format or "NHWC"
    channel = 1 if data_format.startswith("NC") else 3
    strides = per_axis(strides, 2, channel, "strides")
    dilations = per_axis(dilations, 2, channel, "dilations")
    x, w = convert_pair(input, filters, "Conv2D")
    x, restore = flatten_batch(x, 4)
    y = apply(
        conv2d_p, x, w, strides=strides, padding=padding, explicit_paddings=explicit,
        data_format=data_format, dilations=dilations,
    )  # fmt: skip
    return restore(y)


@export("nn.conv3d")
def conv3d(
    input: Any,
    filters: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NDHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Correlates volumes with filters.

    Args:
      input: volumes `[..., depth, height, width, channels]` (channels second with `"NCDHW"`), a
        floating dtype.
      filters: `[filter_depth, filter_height, filter_width, channels, outputs]`, same dtype.
      strides: a list of five, 1 for batch and channels.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NDHWC"` or `"NCDHW"`.
      dilations: a list of five, or None for 1.
      name: ignored in eager mode.

    Returns:
      A tensor `[..., out_depth, out_height, out_width, outputs]`.

    Raises:
      TypeError: when `strides` is no list.
      tf.errors.InvalidArgumentError: when shapes don't go together or a stride isn't positive.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.ones([1, 2, 2, 2, 1])
      >>> tf.nn.conv3d(x, tf.ones([2, 2, 2, 1, 3]), [1] * 5, "VALID").numpy()
      array([[[[[8., 8., 8.]]]]], dtype=float32)
    """
    padding = padding_name(padding)
    strides = integers(strides, "strides")
    dilations = (1,) * 5 if dilations is None else integers(dilations, "dilations")
    x, w = convert_pair(input, filters, "Conv3D")
    x, restore = flatten_batch(x, 5)
    y = apply(
        conv3d_p, x, w, strides=strides, padding=padding, data_format=data_format or "NDHWC",
        dilations=dilations,
    )  # fmt: skip
    return restore(y)


@export("nn.conv1d")
def conv1d(
    input: Any,
    filters: Any,
    stride: Any,
    padding: Any,
    data_format: str = "NWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Correlates sequences with filters.

    Args:
      input: sequences `[..., width, channels]` (channels second with `"NCW"`).
      filters: `[filter_width, channels / groups, outputs]`, same dtype.
      stride: an int, or a list of 1 or 3.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NWC"` or `"NCW"`.
      dilations: an int, or a list of 1 or 3.
      name: ignored in eager mode.

    Returns:
      A tensor `[..., out_width, outputs]`.

    Raises:
      ValueError: when `data_format` is another one, or a list has the wrong length.
      tf.errors.InvalidArgumentError: when shapes don't go together or a stride isn't positive.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.constant([[[1.0], [2.0], [3.0]]])
      >>> tf.nn.conv1d(x, tf.ones([2, 1, 1]), stride=1, padding="VALID")[0, :, 0].numpy()
      array([3., 5.], dtype=float32)
    """
    from tapeflow.engine.ops.array.dimensions import expand_dims, squeeze

    data_format = line_format(data_format)
    channel = data_format.index("C")
    width = 1 if channel == 3 else 2
    # A height of 1 goes in front of the width.
    stride = _planar_entries(per_axis(stride, 1, 1 if channel == 1 else 2, "stride"), width)
    dilations = _planar_entries(
        per_axis(dilations, 1, 1 if channel == 1 else 2, "dilations"), width
    )
    x = convert(input)
    w = convert(filters, hint=x.dtype)
    x, restore = flatten_batch(x, 3)
    y = apply(
        conv2d_p, expand_dims(x, width), expand_dims(w, 0), strides=stride,
        padding=padding_name(padding), explicit_paddings=(), data_format=data_format,
        dilations=dilations,
    )  # fmt: skip
    return restore(squeeze(y, [width]))


def _planar_entries(values: tuple[int, ...], width: int) -> tuple[int, ...]:
    return (*values[:width], 1, *values[width:])
