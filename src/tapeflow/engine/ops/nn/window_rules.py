"""Shape rules of convolution, its gradients, and their depthwise kin."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.core.errors import UnimplementedError
from tapeflow.engine.ir.infer import (
    reads_values,
    reject,
    reject_values,
    require_dtype,
    require_rank,
    require_same_dtype,
    shape_text,
)
from tapeflow.engine.ir.spec import Dims, Spec
from tapeflow.engine.ops.nn.windows import channel_axis, explicit_pairs, spatial_axes, window_count

FORMATS = {2: ("NHWC", "NCHW"), 3: ("NDHWC", "NCDHW")}


def check_attributes(
    rank: int,
    strides: tuple[int, ...],
    padding: str,
    explicit_paddings: tuple[int, ...],
    data_format: str,
    dilations: tuple[int, ...],
) -> None:
    """Rejects attributes that no input could make right."""
    paddings = ("SAME", "VALID", "EXPLICIT") if rank == 2 else ("SAME", "VALID")
    if padding not in paddings:
        reject(f"padding: expected one of {paddings}; received {padding!r}")
    if data_format not in FORMATS[rank]:
        reject(f"data_format: expected one of {FORMATS[rank]}; received {data_format!r}")
    for argument, values in (("strides", strides), ("dilations", dilations)):
        if len(values) != rank + 2:
            reject(f"{argument}: expected {rank + 2} entries; received {list(values)}")
        outside = [v for i, v in enumerate(values) if i not in spatial_axes(data_format)]
        if outside != [1, 1]:
            message = (
                f"{argument}: expected 1 for the batch and the channels; received {list(values)}"
            )
            if rank == 2:
                raise UnimplementedError(None, None, message)
            reject(message)
        if min(values) < 1:
            reject(f"{argument}: expected positive entries; received {list(values)}")
    check_explicit(rank, padding, explicit_paddings, data_format)


def check_explicit(
    rank: int, padding: str, explicit_paddings: tuple[int, ...], data_format: str
) -> None:
    """Rejects explicit padding of a wrong form, or where there should be none."""
    if padding != "EXPLICIT":
        if explicit_paddings:
            reject(f"explicit_paddings: expected none with padding {padding!r}")
        return
    if len(explicit_paddings) != 2 * rank + 4:
        reject(
            f"explicit_paddings: expected {2 * rank + 4} entries; "
            f"received {list(explicit_paddings)}"
        )
    if min(explicit_paddings) < 0:
        reject(f"explicit_paddings: expected no negative entry; received {list(explicit_paddings)}")
    pairs = explicit_pairs(explicit_paddings)
    if any(pair != (0, 0) for i, pair in enumerate(pairs) if i not in spatial_axes(data_format)):
        reject(
            "explicit_paddings: expected 0 for the batch and the channels; "
            f"received {list(explicit_paddings)}"
        )


def _counts(
    shape: Dims,
    window: Dims,
    strides: tuple[int, ...],
    padding: str,
    explicit: tuple[int, ...],
    data_format: str,
    dilations: tuple[int, ...],
) -> list[int | None]:
    pairs = explicit_pairs(explicit) if explicit else ((0, 0),) * len(shape)
    return [
        window_count(shape[a], k, strides[a], dilations[a], padding, pairs[a])
        for a, k in zip(spatial_axes(data_format), window, strict=True)
    ]


def _arrange(batch: int | None, counts: list[int | None], channels: Any, data_format: str) -> Dims:
    if channel_axis(data_format) == 1:
        return (batch, channels, *counts)
    return (batch, *counts, channels)


def _output_channels(
    channels: int | None, inner: int | None, outer: int | None, is_depthwise: bool, rank: int
) -> int | None:
    """Channels of the output; rejects filters that don't go with the input."""
    if is_depthwise:
        if channels is not None and inner is not None and channels != inner:
            reject(f"filter: expected {channels} channels as the input has; received {inner}")
        known = channels if inner is None else inner
        return None if known is None or outer is None else known * outer
    if inner == 0:
        reject("filter: expected at least one input channel; received 0")
    if channels is not None and inner is not None:
        if channels % inner or (rank == 3 and channels != inner):
            reject(
                f"filter: expected a number of input channels that divides the input's {channels}; "
                f"received {inner}"
            )
        if outer is not None and outer % max(channels // inner, 1):
            reject(
                f"filter: expected a number of output channels that is a multiple of the "
                f"{channels // inner} groups; received {outer}"
            )
    return outer


def _forward_shape(
    rank: int, is_depthwise: bool, x: Dims | None, w: Dims | None, **attrs: Any
) -> Dims:
    data_format = attrs["data_format"]
    unknown: Dims = (None,) * (rank + 2)
    x = unknown if x is None else x
    w = unknown if w is None else w
    if 0 in w[:rank]:
        reject_values(f"filter: expected no empty dimension; received shape {shape_text(w)}")
    channels = _output_channels(x[channel_axis(data_format)], w[-2], w[-1], is_depthwise, rank)
    counts = _counts(
        x, w[:rank], attrs["strides"], attrs["padding"], attrs.get("explicit_paddings", ()),
        data_format, attrs["dilations"],
    )  # fmt: skip
    return _arrange(x[0], counts, channels, data_format)


def forward_rule(
    rank: int, allowed: Collection[DType], is_depthwise: bool = False
) -> Callable[..., Spec]:
    """The rule of a convolution `(input, filter)` over `rank` image dimensions."""

    def rule(input: Spec, filter: Spec, **attrs: Any) -> Spec:
        require_same_dtype(input, filter)
        require_dtype(input, allowed)
        _check(rank, is_depthwise, attrs)
        require_rank(input, rank + 2, "input")
        require_rank(filter, rank + 2, "filter")
        return Spec(
            input.dtype, _forward_shape(rank, is_depthwise, input.shape, filter.shape, **attrs)
        )

    return rule


def _check(rank: int, is_depthwise: bool, attrs: dict[str, Any]) -> None:
    strides = attrs["strides"]
    data_format = attrs["data_format"]
    if is_depthwise and len(strides) == 4 and data_format in FORMATS[2]:
        # The depthwise op alone raises InvalidArgumentError for these.
        inner = {strides[a] for a in spatial_axes(data_format)}
        if len(inner) != 1 or strides[0] != 1 or strides[channel_axis(data_format)] != 1:
            reject(f"strides: expected [1, s, s, 1] in {data_format}; received {list(strides)}")
    check_attributes(
        rank, strides, attrs["padding"], attrs.get("explicit_paddings", ()), data_format,
        attrs["dilations"],
    )  # fmt: skip


def _sizes(spec: Spec, rank: int, argument: str) -> Dims | None:
    require_dtype(spec, dtypes.INDEX if rank == 3 else {dtypes.int32}, argument)
    require_rank(spec, 1, argument)
    if spec.value is None:
        return None
    dims = tuple(int(v) for v in spec.value)
    if dims and min(dims) < 0:
        reject(f"{argument}: expected no negative size; received {list(dims)}")
    return dims


def _compare_output(expected: Dims, dy: Spec) -> None:
    if dy.shape is None:
        return
    for want, have in zip(expected, dy.shape, strict=True):
        if want is not None and have is not None and want != have:
            reject(
                f"out_backprop: expected shape {shape_text(expected)}, that of the output; "
                f"received {shape_text(dy.shape)}"
            )


def full_input_sizes(sizes: Dims, filter_shape: Dims, dy_shape: Dims, data_format: str) -> Dims:
    """`input_sizes` completed: TensorFlow takes just the image's height and width too."""
    if len(sizes) == 2:
        return _arrange(dy_shape[0], list(sizes), filter_shape[-2], data_format)
    return sizes


def input_gradient_rule(
    rank: int, allowed: Collection[DType], is_depthwise: bool = False
) -> Callable[..., Spec]:
    """The rule of `(input_sizes, filter, out_backprop)`, the gradient for the images."""

    @reads_values(0)
    def rule(input_sizes: Spec, filter: Spec, out_backprop: Spec, **attrs: Any) -> Spec:
        require_same_dtype(filter, out_backprop)
        require_dtype(filter, allowed, "filter")
        _check(rank, is_depthwise, attrs)
        require_rank(filter, rank + 2, "filter")
        require_rank(out_backprop, rank + 2, "out_backprop")
        unknown: Dims = (None,) * (rank + 2)
        sizes = _sizes(input_sizes, rank, "input_sizes")
        if sizes is None:
            return Spec(filter.dtype, unknown)
        w = unknown if filter.shape is None else filter.shape
        dy = unknown if out_backprop.shape is None else out_backprop.shape
        if len(sizes) != rank + 2 and not (rank == 2 and len(sizes) == 2 and not is_depthwise):
            reject(f"input_sizes: expected {rank + 2} entries; received {list(sizes)}")
        sizes = full_input_sizes(sizes, w, dy, attrs["data_format"])
        _compare_output(_forward_shape(rank, is_depthwise, sizes, w, **attrs), out_backprop)
        return Spec(filter.dtype, sizes)

    return rule


def filter_gradient_rule(
    rank: int, allowed: Collection[DType], is_depthwise: bool = False
) -> Callable[..., Spec]:
    """The rule of `(input, filter_sizes, out_backprop)`, the gradient for the filters."""

    @reads_values(1)
    def rule(input: Spec, filter_sizes: Spec, out_backprop: Spec, **attrs: Any) -> Spec:
        require_same_dtype(input, out_backprop)
        require_dtype(input, allowed)
        _check(rank, is_depthwise, attrs)
        require_rank(input, rank + 2, "input")
        require_rank(out_backprop, rank + 2, "out_backprop")
        sizes = _sizes(filter_sizes, 2, "filter_sizes")
        if sizes is None:
            return Spec(input.dtype, (None,) * (rank + 2))
        if len(sizes) != rank + 2:
            reject(f"filter_sizes: expected {rank + 2} entries; received {list(sizes)}")
        _compare_output(
            _forward_shape(rank, is_depthwise, input.shape, sizes, **attrs), out_backprop
        )
        return Spec(input.dtype, sizes)

    return rule
