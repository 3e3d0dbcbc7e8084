"""From a primitive of sliding windows with static shapes to kernels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.backends.llvm.windows import convolution
from tapeflow.engine.backends.llvm.windows.geometry import Geometry
from tapeflow.engine.backends.llvm.windows.lowered import Epilogue, Lowered
from tapeflow.engine.core.dtypes import float16
from tapeflow.engine.ir.spec import Spec


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
      epilogue: what to do with the results of a convolution, if that can be built in.
    """
    form = prim.lower.detail["form"]
    if not attrs.get("data_format", "NHWC").endswith("C"):
        return None
    output = prim.infer(*specs, **attrs)
    if not output.is_static or not all(s.is_static for s in specs):
        return None
    shapes = [s.shape for s in specs]
    dtype = output.dtype
    if not dtype.is_floating or dtype.size < 2 or (dtype is float16 and _lacks_half(target)):
        return None
    if form in ("conv2d", "conv3d"):
        x, w = shapes
        g = Geometry.of(x, w[:-2], output.shape, attrs)
        return convolution.conv_forward(target, g, dtype, w[-2], form, epilogue)
    if form in ("conv2d_backprop_input", "conv3d_backprop_input"):
        _, w, dy = shapes
        g = Geometry.of(output.shape, w[:-2], dy, attrs)
        return convolution.conv_by_input(target, g, dtype, w[-2], form, epilogue)
    if form in ("conv2d_backprop_filter", "conv3d_backprop_filter"):
        x, _, dy = shapes
        w = output.shape
        g = Geometry.of(x, w[:-2], dy, attrs)
        return convolution.conv_by_filter(target, g, dtype, w[-2], form)
    return None


def _lacks_half(target: Target) -> bool:
    # Without the instructions LLVM calls functions of the compiler's run-time library.
    return target.triple.startswith("x86") and "+f16c" not in target.features
