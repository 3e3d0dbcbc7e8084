"""Max and average pooling as primitives: each with its gradient, and the gradient of that."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.core.errors import UnimplementedError
from tapeflow.engine.ir.infer import (
    merge_dims,
    reads_values,
    reject,
    reject_values,
    require_dtype,
    require_rank,
    require_same_dtype,
)
from tapeflow.engine.ir.primitive import primitive, window
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Dims, Spec
from tapeflow.engine.ops.array import creation, shaping
from tapeflow.engine.ops.nn import pooling_kernels as kernels
from tapeflow.engine.ops.nn.pooling_kernels import Windows
from tapeflow.engine.ops.nn.window_rules import FORMATS, check_explicit
from tapeflow.engine.ops.nn.windows import channel_axis, explicit_pairs, window_count
from tapeflow.engine.runtime.dispatch import apply

MAX_DTYPES = dtypes.REAL - {dtypes.uint32, dtypes.uint64}
VOLUME_DTYPES = frozenset({dtypes.float16, dtypes.bfloat16, dtypes.float32})


def geometry_of(shape: Any, attrs: dict[str, Any]) -> Windows:
    """The windows that a call's attributes come to, for an input of `shape`."""
    return Windows.of(
        tuple(int(n) for n in shape), attrs["ksize"], attrs["strides"], attrs["padding"],
        attrs.get("explicit_paddings", ()),
    )  # fmt: skip


def check_pooling(
    rank: int, attrs: dict[str, Any], with_channels: bool, op_has_explicit: bool
) -> None:
    """Rejects attributes that no input could make right."""
    ksize, strides = attrs["ksize"], attrs["strides"]
    data_format = attrs.get("data_format", FORMATS[rank][0])
    padding, explicit = attrs["padding"], attrs.get("explicit_paddings", ())
    paddings = ("SAME", "VALID", "EXPLICIT") if op_has_explicit else ("SAME", "VALID")
    if padding not in paddings:
        reject(f"padding: expected one of {paddings}; received {padding!r}")
    if data_format not in FORMATS[rank]:
        reject(f"data_format: expected one of {FORMATS[rank]}; received {data_format!r}")
    for argument, values in (("ksize", ksize), ("strides", strides)):
        if len(values) != rank + 2:
            reject(f"{argument}: expected {rank + 2} entries; received {list(values)}")
        if min(values) < 1:
            reject(f"{argument}: expected positive entries; received {list(values)}")
        channel = values[channel_axis(data_format)]
        if values[0] != 1 or (channel != 1 and not with_channels):
            message = f"{argument}: expected 1 for batch and channels; received {list(values)}"
            raise UnimplementedError(None, None, message)
    if with_channels and (k := ksize[channel_axis(data_format)]) > 1:
        if strides[channel_axis(data_format)] != k or any(
            v != 1 for i, v in enumerate(ksize) if i != channel_axis(data_format)
        ):
            raise UnimplementedError(
                None, None, "ksize: expected a window over channels alone, with the same stride; "
                f"received ksize {list(ksize)}, strides {list(strides)}",
            )  # fmt: skip
    check_explicit(rank, padding, explicit, data_format)
    for (low, high), k in zip(explicit_pairs(explicit), ksize, strict=False):
        if low >= k > 1 or high >= k > 1 or (k == 1 and (low or high)):
            reject_values(
                f"explicit_paddings: expected less than the window's {k}; received {(low, high)}"
            )


def pooled_dims(shape: Dims | None, rank: int, attrs: dict[str, Any]) -> Dims:
    """Shape of the output for an input of `shape`."""
    if shape is None:
        return (None,) * (rank + 2)
    explicit = attrs.get("explicit_paddings", ())
    pairs = explicit_pairs(explicit) if explicit else ((0, 0),) * len(shape)
    return tuple(
        window_count(n, k, s, 1, attrs["padding"], pair)
        for n, k, s, pair in zip(shape, attrs["ksize"], attrs["strides"], pairs, strict=True)
    )


def _forward_rule(
    rank: int, allowed: Collection[DType], with_channels: bool = False, explicit: bool = False
) -> Callable[..., Spec]:
    def rule(input: Spec, **attrs: Any) -> Spec:
        require_dtype(input, allowed)
        require_rank(input, rank + 2, "input")
        check_pooling(rank, attrs, with_channels, explicit)
        if with_channels and input.shape is not None:
            axis = channel_axis(attrs["data_format"])
            channels = input.shape[axis]
            if channels is not None and channels % attrs["ksize"][axis]:
                raise UnimplementedError(
                    None, None, "ksize: expected a window over the channels that divides their "
                    f"number {channels}; received {attrs['ksize'][axis]}",
                )  # fmt: skip
        return Spec(input.dtype, pooled_dims(input.shape, rank, attrs))

    return rule


def _gradient_rule(
    rank: int, allowed: Collection[DType], order: int, explicit: bool = False
) -> Callable[..., Spec]:
    """The rule of `(orig_input, orig_output, grad)`, of first or second order."""

    def rule(orig_input: Spec, orig_output: Spec, grad: Spec, **attrs: Any) -> Spec:
        require_same_dtype(orig_input, orig_output, grad)
        require_dtype(orig_input, allowed)
        for spec, argument in (
            (orig_input, "orig_input"), (orig_output, "orig_output"), (grad, "grad"),
        ):  # fmt: skip
            require_rank(spec, rank + 2, argument)
        check_pooling(rank, attrs, False, explicit)
        small = pooled_dims(orig_input.shape, rank, attrs)
        small = merge_dims(small, orig_output.shape, "orig_output")  # type: ignore[assignment]
        if order == 1:
            merge_dims(small, grad.shape, "grad")
            return Spec(grad.dtype, orig_input.shape)
        merge_dims(orig_input.shape, grad.shape, "grad")
        return Spec(grad.dtype, small)

    return rule


def _average_gradient_rule(rank: int) -> Callable[..., Spec]:
    @reads_values(0)
    def rule(orig_input_shape: Spec, grad: Spec, **attrs: Any) -> Spec:
        require_dtype(orig_input_shape, {dtypes.int32}, "orig_input_shape")
        require_dtype(grad, dtypes.FLOATING, "grad")
        require_rank(orig_input_shape, 1, "orig_input_shape")
        require_rank(grad, rank + 2, "grad")
        check_pooling(rank, attrs, False, False)
        if orig_input_shape.value is None:
            return Spec(grad.dtype, (None,) * (rank + 2))
        dims = tuple(int(n) for n in orig_input_shape.value)
        if len(dims) != rank + 2 or min(dims, default=0) < 0:
            reject(f"orig_input_shape: expected {rank + 2} sizes; received {list(dims)}")
        merge_dims(pooled_dims(dims, rank, attrs), grad.shape, "grad")
        return Spec(grad.dtype, dims)

    return rule


def _calls(rank: int) -> Iterable[tuple[tuple[int, ...], dict[str, Any]]]:
    shape: tuple[int, ...]
    if rank == 2:
        for shape, k, s, padding in (
            ((2, 4, 5, 2), 2, 2, "SAME"), ((1, 5, 5, 1), 3, 2, "VALID"),
            ((1, 3, 4, 2), 2, 1, "SAME"),
        ):  # fmt: skip
            yield shape, {
                "ksize": (1, k, k, 1), "strides": (1, s, s, 1), "padding": padding,
                "data_format": "NHWC",
            }  # fmt: skip
        return
    for shape, k, s, padding in (((1, 3, 4, 3, 2), 2, 2, "SAME"), ((1, 3, 3, 3, 1), 2, 1, "VALID")):
        yield shape, {
            "ksize": (1, k, k, k, 1), "strides": (1, s, s, s, 1), "padding": padding,
            "data_format": "NDHWC",
        }  # fmt: skip


def _samples(
    rank: int, over: Collection[DType], order: int = 0, explicit: bool = False, ties: bool = True
) -> Callable[[Draw], Iterable[Sample]]:
    """Samples of max pooling (order 0), its gradient (1) and the gradient of that (2)."""

    def make(x: np.ndarray, draw: Draw, smooth: bool, attrs: dict[str, Any]) -> Sample:
        if order == 0:
            return Sample(x, grad=smooth, **attrs)
        y = (kernels.max_pool if rank == 2 else kernels.max_pool_volume)(
            x, geometry_of(x.shape, attrs)
        )
        shape = y.shape if order == 1 else x.shape
        dy = draw.reals(*shape, dtype=dtypes.as_dtype(x.dtype))
        # Only the last input is differentiated: the places of the maxima jump.
        return Sample(x, y, dy, grad=False, **attrs)

    def sample(draw: Draw) -> Iterable[Sample]:
        for dtype in sorted(over, key=lambda d: d.name):
            if dtype is dtypes.bfloat16 or (rank == 3 and dtype is dtypes.float16):
                continue
            for shape, attrs in _calls(rank):
                if explicit:
                    attrs["explicit_paddings"] = ()
                smooth = dtype in (dtypes.float32, dtypes.float64)
                yield make(draw.distinct(*shape, dtype=dtype), draw, smooth, attrs)
                if not smooth:
                    break
        shape, attrs = next(iter(_calls(rank)))
        if explicit:
            attrs["explicit_paddings"] = ()
            padded = {**attrs, "padding": "EXPLICIT", "explicit_paddings": (0, 0, 1, 0, 0, 1, 0, 0)}
            yield make(draw.distinct(*shape), draw, True, padded)
        if ties:
            x = draw.ints(*shape, high=2).astype(np.float32)
            yield make(x, draw, False, attrs)
        if rank == 2 and order < 2:
            x = np.array([np.nan, 1, 2, np.nan, -np.inf, -np.inf, np.inf, np.nan], np.float32)
            attrs = {**attrs, "ksize": (1, 1, 2, 1), "strides": (1, 1, 2, 1)}
            yield make(x.reshape(1, 1, 8, 1), draw, False, attrs)
            if order == 0:
                yield make(np.zeros((0, 4, 4, 1), np.float32), draw, False, attrs)

    return sample


def _average_samples(rank: int, is_gradient: bool) -> Callable[[Draw], Iterable[Sample]]:
    def sample(draw: Draw) -> Iterable[Sample]:
        kinds = (dtypes.float32, dtypes.float64) if rank == 2 else (dtypes.float32,)
        for dtype in kinds:
            for shape, attrs in _calls(rank):
                x = draw.reals(*shape, dtype=dtype)
                if is_gradient:
                    counts = geometry_of(shape, attrs).counts
                    dy = draw.reals(*counts, dtype=dtype)
                    yield Sample(np.array(shape, np.int32), dy, **attrs)
                else:
                    yield Sample(x, **attrs)
        if not is_gradient:
            shape, attrs = next(iter(_calls(rank)))
            x = draw.reals(*shape)
            x.flat[0], x.flat[9] = np.nan, np.inf
            yield Sample(x, grad=False, **attrs)
            yield Sample(np.zeros((0, *shape[1:]), np.float32), grad=False, **attrs)

    return sample


def _without_empty(attrs: dict[str, Any]) -> dict[str, Any]:
    """The second-order op has `explicit_paddings` only when needed: TensorFlow's has none."""
    return {k: v for k, v in attrs.items() if k != "explicit_paddings" or v}


def _second_order_vjp(gradient: Callable[[], Any]) -> Callable[..., Any]:
    """Where the maxima lie does not change with small changes: the input's cotangent is 0."""

    def vjp(ctx: Any, dd: Any) -> Any:
        x, y, _ = ctx.inputs
        return (
            creation.zeros_like(x) if ctx.needs[0] else None,
            None,
            apply(gradient(), x, y, dd, **_without_empty(ctx.attrs)) if ctx.needs[2] else None,
        )

    return vjp


max_pool_p = primitive(
    "MaxPool",
    infer=_forward_rule(2, MAX_DTYPES, with_channels=True, explicit=True),
    kernel=lambda input, **attrs: kernels.max_pool(input, geometry_of(input.shape, attrs)),
    vjp=lambda ctx, dy: (apply(max_pool_grad_p, *ctx.inputs, *ctx.outputs, dy, **ctx.attrs),),
    lower=window("max_pool"),
    samples=_samples(2, MAX_DTYPES, explicit=True),
)


def _max_pool_grad_kernel(
    orig_input: np.ndarray, orig_output: np.ndarray, grad: np.ndarray, **attrs: Any
) -> np.ndarray:
    geometry = geometry_of(orig_input.shape, attrs)
    return kernels.max_pool_gradient(orig_input, orig_output, grad, geometry)


max_pool_grad_p = primitive(
    "MaxPoolGrad",
    infer=_gradient_rule(2, dtypes.REAL, 1, explicit=True),
    kernel=_max_pool_grad_kernel,
    vjp=_second_order_vjp(lambda: max_pool_grad_grad_p),
    lower=window("max_pool_grad"),
    samples=_samples(2, dtypes.REAL - {dtypes.float16}, 1, explicit=True),
)


def _max_pool_grad_grad_kernel(
    orig_input: np.ndarray, orig_output: np.ndarray, grad: np.ndarray, **attrs: Any
) -> np.ndarray:
    geometry = geometry_of(orig_input.shape, attrs)
    return kernels.collect(grad, kernels.first_maximum(orig_input, geometry), geometry)


max_pool_grad_grad_p = primitive(
    "MaxPoolGradGrad",
    infer=_gradient_rule(2, dtypes.REAL, 2, explicit=True),
    kernel=_max_pool_grad_grad_kernel,
    vjp=lambda ctx, dd: _second_order_vjp(lambda: max_pool_grad_p)(ctx, dd),
    lower=window("max_pool_grad_grad"),
    samples=_samples(2, dtypes.REAL, 2),
)

max_pool3d_p = primitive(
    "MaxPool3D",
    infer=_forward_rule(3, VOLUME_DTYPES),
    kernel=lambda input, **attrs: kernels.max_pool_volume(input, geometry_of(input.shape, attrs)),
    vjp=lambda ctx, dy: (apply(max_pool3d_grad_p, *ctx.inputs, *ctx.outputs, dy, **ctx.attrs),),
    lower=window("max_pool3d"),
    samples=_samples(3, VOLUME_DTYPES),
)

max_pool3d_grad_p = primitive(
    "MaxPool3DGrad",
    infer=_gradient_rule(3, VOLUME_DTYPES, 1),
    kernel=lambda orig_input, orig_output, grad, **attrs: kernels.matches_gradient(
        orig_input, orig_output, grad, geometry_of(orig_input.shape, attrs)
    ),
    vjp=_second_order_vjp(lambda: max_pool3d_grad_grad_p),
    lower=window("max_pool3d_grad"),
    samples=_samples(3, VOLUME_DTYPES, 1),
)


def _max_pool3d_grad_grad_kernel(
    orig_input: np.ndarray, orig_output: np.ndarray, grad: np.ndarray, **attrs: Any
) -> np.ndarray:
    geometry = geometry_of(orig_input.shape, attrs)
    return kernels.collect(grad, kernels.first_match(orig_input, orig_output, geometry), geometry)


max_pool3d_grad_grad_p = primitive(
    "MaxPool3DGradGrad",
    infer=_gradient_rule(3, dtypes.REAL, 2),
    kernel=_max_pool3d_grad_grad_kernel,
    vjp=_second_order_vjp(lambda: max_pool3d_grad_p),
    lower=window("max_pool3d_grad_grad"),
    samples=_samples(3, {dtypes.float32}, 2),
)


def _average_kernel(value: np.ndarray, **attrs: Any) -> np.ndarray:
    return kernels.average_pool(value, geometry_of(value.shape, attrs))


def _average_grad_kernel(
    orig_input_shape: np.ndarray, grad: np.ndarray, **attrs: Any
) -> np.ndarray:
    return kernels.average_pool_gradient(grad, geometry_of(orig_input_shape, attrs))


avg_pool_p = primitive(
    "AvgPool",
    infer=_forward_rule(2, dtypes.FLOATING),
    kernel=_average_kernel,
    vjp=lambda ctx, dy: (apply(avg_pool_grad_p, shaping.shape(ctx.inputs[0]), dy, **ctx.attrs),),
    lower=window("avg_pool"),
    samples=_average_samples(2, False),
)

avg_pool_grad_p = primitive(
    "AvgPoolGrad",
    infer=_average_gradient_rule(2),
    kernel=_average_grad_kernel,
    vjp=lambda ctx, dd: (None, apply(avg_pool_p, dd, **ctx.attrs)),
    lower=window("avg_pool_grad"),
    samples=_average_samples(2, True),
)

avg_pool3d_p = primitive(
    "AvgPool3D",
    infer=_forward_rule(3, dtypes.FLOATING),
    kernel=_average_kernel,
    vjp=lambda ctx, dy: (apply(avg_pool3d_grad_p, shaping.shape(ctx.inputs[0]), dy, **ctx.attrs),),
    lower=window("avg_pool3d"),
    samples=_average_samples(3, False),
)

avg_pool3d_grad_p = primitive(
    "AvgPool3DGrad",
    infer=_average_gradient_rule(3),
    kernel=_average_grad_kernel,
    vjp=lambda ctx, dd: (None, apply(avg_pool3d_p, dd, **ctx.attrs)),
    lower=window("avg_pool3d_grad"),
    samples=_average_samples(3, True),
)
