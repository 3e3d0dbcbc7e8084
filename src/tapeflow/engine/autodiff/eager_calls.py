"""The gradient of what a graph leaves to eager execution; see `tracing/deferral.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeflow.engine.autodiff.tape import GradientTape
from tapeflow.engine.autodiff.unconnected import UnconnectedGradients
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import DIFFERENTIABLE


def eager_gradients(
    function: Callable[..., Any], inputs: list[Any], wanted: list[int], seeds: list[Any]
) -> tuple[Any, ...]:
    """Differentiates a function of eager tensors.

    Args:
      function: gives a tensor or a tuple of tensors.
      inputs: its arguments.
      wanted: the numbers of those to differentiate by.
      seeds: the cotangents of its results.

    Returns:
      A tensor for each wanted argument; zeros where the results do not depend on it.
    """
    sources = [inputs[i] for i in wanted]
    with GradientTape() as tape:
        tape.watch(sources)
        out = function(*inputs)
    outputs = out if isinstance(out, tuple) else (out,)
    pairs = [(y, dy) for y, dy in zip(outputs, seeds, strict=True) if y.dtype.np in DIFFERENTIABLE]
    grads = tape.gradient(
        [y for y, _ in pairs], sources, [dy for _, dy in pairs], UnconnectedGradients.ZERO
    )
    return tuple([convert(grad) for grad in grads])
