"""The gradient of a function of one variable, from its derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeflow.engine.ops.math.arithmetic import conjugate, multiply


def chain(derivative: Callable[[Any, Any], Any]) -> Callable[..., tuple[Any, ...]]:
    """The vjp of an elementwise function `y = f(x)`.

    Args:
      derivative: gives `f'(x)` from `(x, y)`, in public functions.

    Returns:
      A vjp that multiplies the cotangent by the (complex conjugate of the) derivative.
    """
    return lambda ctx, dy: (multiply(dy, conjugate(derivative(ctx.inputs[0], ctx.outputs[0]))),)
