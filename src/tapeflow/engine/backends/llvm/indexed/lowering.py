"""From a primitive that goes along an axis, element by element, to kernels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tapeflow.engine.backends.llvm.indexed.scans import scan
from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.backends.llvm.windows.lowered import Lowered, Step
from tapeflow.engine.ir.primitive import Structural
from tapeflow.engine.ir.spec import Spec

_SCANS = {"cumulative_add": "add", "cumulative_multiply": "multiply"}


def _combine(prim: Any) -> str | None:
    lower = prim.lower
    if not isinstance(lower, Structural) or lower.kind != "Reduction":
        return None
    return _SCANS.get(lower.detail["combine"])


def supports(prim: Any, specs: Sequence[Spec]) -> bool:
    """Whether there are kernels for a call; see `lower_indexed`."""
    if _combine(prim) is None:
        return False
    dtype = specs[0].dtype
    plain = dtype.is_integer or (dtype.is_floating and dtype.size >= 2)
    return specs[0].is_static and plain


def lower_indexed(
    target: Target, prim: Any, specs: Sequence[Spec], attrs: dict[str, Any]
) -> Lowered | None:
    """Kernels for a call of a primitive; None where there are none, and the host must run it.

    Args:
      target: the CPU.
      prim: the primitive.
      specs: what is known of its inputs, of which none is empty.
      attrs: its attributes.
    """
    if not supports(prim, specs):
        return None
    combine = _combine(prim)
    assert combine is not None
    dims: Any = specs[0].shape
    axis = attrs["axis"] % len(dims)
    shape = (math.prod(dims[:axis]), dims[axis], math.prod(dims[axis + 1 :]))
    kernel = scan(
        target, shape, specs[0].dtype, combine, bool(attrs["exclusive"]), bool(attrs["reverse"])
    )
    return Lowered([Step(kernel, [("input", 0), ("output", 0)])])
