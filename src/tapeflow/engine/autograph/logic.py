"""`and`, `or`, `not`, `==` and `!=`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeflow.engine.autograph.staging import is_staged, is_tensor
from tapeflow.engine.core import dtypes
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.ops.control_flow import branching
from tapeflow.engine.ops.math import comparison, logical
from tapeflow.engine.runtime.convert import convert


def not_(a: Any) -> Any:
    """`not a`."""
    return logical.logical_not(a) if is_tensor(a) else not a


def and_(a: Callable[[], Any], b: Callable[[], Any]) -> Any:
    """`a() and b()`; `b` runs only where `a()` holds."""
    first = a()
    if is_staged(first):
        pred = _operand(first, "and")
        return branching.cond(pred, lambda: convert(b()), lambda: pred)
    return first and b()


def or_(a: Callable[[], Any], b: Callable[[], Any]) -> Any:
    """`a() or b()`; `b` runs only where `a()` does not hold."""
    first = a()
    if is_staged(first):
        pred = _operand(first, "or")
        return branching.cond(pred, lambda: pred, lambda: convert(b()))
    return first or b()


def _operand(value: Any, operator: str) -> Any:
    tensor = convert(value)
    if tensor.dtype is not dtypes.bool_ or tensor.shape.rank not in (0, None):
        raise InvalidArgumentError(
            None, None,
            f"operand of `{operator}`: expected a boolean scalar; received {tensor}",
        )  # fmt: skip
    return tensor


def eq(a: Any, b: Any) -> Any:
    """`a == b`."""
    return comparison.equal(a, b) if is_staged(a) or is_staged(b) else a == b


def not_eq(a: Any, b: Any) -> Any:
    """`a != b`."""
    return not_(eq(a, b))
