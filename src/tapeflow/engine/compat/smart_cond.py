"""`tf.__internal__.smart_cond`: a condition decided in Python where its value is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeflow.engine.core.export import export
from tapeflow.engine.core.handles import handle_of
from tapeflow.engine.ops.control_flow.branching import cond
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.runtime.tensor import Tensor


@export("__internal__.smart_cond.smart_cond")
def smart_cond(
    pred: Any,
    true_fn: Callable[[], Any] | None = None,
    false_fn: Callable[[], Any] | None = None,
    name: str | None = None,
) -> Any:
    """Calls one of two functions; builds a `tf.cond` only where `pred` is not known yet.

    Args:
      pred: a scalar boolean tensor, a Python bool, or 1 or 0.
      true_fn: function without arguments.
      false_fn: function without arguments.
      name: a name for the operation.

    Returns:
      What the function returns.

    Raises:
      TypeError: when `pred` is none of these, or a function is not callable.
    """
    for argument, function in (("true_fn", true_fn), ("false_fn", false_fn)):
        if not callable(function):
            raise TypeError(f"Argument `{argument}` must be callable. Received {function}")
    known = _known_truth(pred)
    if known is None:
        return cond(pred, true_fn=true_fn, false_fn=false_fn, name=name)
    return true_fn() if known else false_fn()  # type: ignore[misc]


def _known_truth(pred: Any) -> bool | None:
    if isinstance(pred, bool) or (isinstance(pred, int) and pred in (0, 1)):
        return bool(pred)
    if isinstance(pred, Tensor) or handle_of(pred) is not None:
        value = static_value(convert(pred))
        return None if value is None else bool(value)
    raise TypeError(
        "Argument `pred` must be a Tensor, or a Python bool, or 1 or 0. "
        f"Received: pred={pred} of type {type(pred).__name__}"
    )
