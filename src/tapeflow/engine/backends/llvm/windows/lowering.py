"""From a primitive of sliding windows with static shapes to kernels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tapeflow.engine.backends.llvm.contractions.epilogues import Epilogue
from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.backends.llvm.windows import (
    convolution,
    filter_gradients,
    pooling,
    pooling_gradients,
    strided,
)
from tapeflow.engine.backends.llvm.windows.geometry import Channels, Geometry
from tapeflow.engine.backends.llvm.windows.lowered import Lowered
from tapeflow.engine.ir.spec import Spec

_FAMILY = {
    name + suffix: which
    for name in ("conv2d", "conv3d", "depthwise_conv2d")
    for suffix, which in (
        ("", "forward"), ("_backprop_input", "by_input"), ("_backprop_filter", "by_filter"),
    )
}  # fmt: skip
_POOLS = frozenset(("max_pool", "max_pool3d", "avg_pool", "avg_pool3d"))
_POOL_GRADIENTS = frozenset(f"{name}_grad" for name in _POOLS)
_SECOND_GRADIENTS = frozenset(("max_pool_grad_grad", "max_pool3d_grad_grad"))


def lower_window(
    target: Target,
    prim: Any,
    specs: Sequence[Spec],
    attrs: dict[str, Any],
    epilogue: Epilogue | None = None,
) -> Lowered | None:
    """Kernels for a call of a primitive; None where there are none, and the host must run it.

    Args:
      target: the CPU.
      prim: the primitive.
      specs: what is known of its inputs.
      attrs: its attributes.
      epilogue: what to do with the results, if that can be built in.
    """
    if not supports(prim, specs, attrs):
        return None
    form = prim.lower.detail["form"]
    shapes: list[Any] = [s.shape for s in specs]
    output = prim.infer(*specs, **attrs)
    dtype = output.dtype
    which = _FAMILY.get(form)
    if 0 in output.shape:
        return Lowered([], [], epilogue is not None and takes_epilogue(prim, specs, attrs))
    if which == "by_filter" and any(0 in shape for shape in shapes):
        return filter_gradients.zeros(target, math.prod(output.shape), dtype)
    if which == "forward":
        x, w = shapes
        g, channels = _convolution(form, x, w, output.shape, attrs)
        return convolution.correlate(target, form, g, dtype, channels, False, epilogue)
    if which == "by_input":
        _, w, dy = shapes
        g, channels = _convolution(form, output.shape, w, dy, attrs)
        if g.strides == (1, 1, 1):
            return convolution.conv_by_input(target, form, g, dtype, channels, epilogue)
        return strided.strided_by_input(target, form, g, dtype, channels)
    if which == "by_filter":
        x, _, dy = shapes
        g, channels = _convolution(form, x, output.shape, dy, attrs)
        return filter_gradients.conv_by_filter(target, form, g, dtype, channels)
    if form in _POOLS:
        g = _pooling(shapes[0], output.shape, attrs)
        return pooling.pool(target, g, dtype, form, epilogue)
    if form in _POOL_GRADIENTS:
        g = _pooling(output.shape, shapes[-1], attrs)
        return pooling_gradients.spread(target, g, dtype, form, epilogue)
    g = _pooling(shapes[0], output.shape, attrs)
    return pooling_gradients.collect(target, g, dtype, form)


def supports(prim: Any, specs: Sequence[Spec], attrs: dict[str, Any]) -> bool:
    """Whether there are kernels for a call; see `lower_window`."""
    form = prim.lower.detail["form"]
    if form not in _FAMILY and form not in _POOLS | _POOL_GRADIENTS | _SECOND_GRADIENTS:
        return False
    if not attrs.get("data_format", "NHWC").endswith("C") or attrs.get("ksize", (1,))[-1] != 1:
        return False  # channels in front, or windows over channels
    output = prim.infer(*specs, **attrs)
    if not output.is_static or not all(s.is_static for s in specs):
        return False
    if not output.dtype.is_floating or output.dtype.size < 2:
        return False
    shapes: list[Any] = [s.shape for s in specs]
    if any(0 in shape for shape in shapes) and 0 not in output.shape:
        return form in _FAMILY
    return _FAMILY.get(form) != "by_input" or 1 in (max(attrs["strides"]), max(attrs["dilations"]))


def takes_epilogue(prim: Any, specs: Sequence[Spec], attrs: dict[str, Any]) -> bool:
    """Whether an epilogue can be built in, for a call that is supported and has results."""
    form = prim.lower.detail["form"]
    if form in _POOL_GRADIENTS:
        output = prim.infer(*specs, **attrs)
        return pooling_gradients.writes_once(_pooling(output.shape, specs[-1].shape, attrs))
    which = _FAMILY.get(form)
    by_input = which == "by_input" and max(attrs["strides"]) == 1
    return form in _POOLS or which == "forward" or by_input


def _convolution(
    form: str, x: Any, w: Any, y: Any, attrs: dict[str, Any]
) -> tuple[Geometry, Channels]:
    g = Geometry.of(x, w[:-2], y, attrs)
    if not form.startswith("depthwise"):
        return g, Channels.of(g, w[-2])
    # With several filters to a channel the gradient for the input sums over these: then each
    # channel is a group of its own, whose filters stand in memory in the same way.
    if w[-1] > 1 and form.endswith("input"):
        return g, Channels.of(g, 1)
    return g, Channels.depthwise(g)


def _pooling(input: Any, output: Any, attrs: dict[str, Any]) -> Geometry:
    return Geometry.of(input, attrs["ksize"][1:-1], output, attrs)
