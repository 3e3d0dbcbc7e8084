"""Operators of variables: those of tensors, slices that can be assigned, and no `+=`."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.ops import overloads
from tapeflow.engine.variables import slice_assignment


def attach(cls: type) -> None:
    """Gives a class of variables the operators."""
    overloads.attach(cls)
    setattr(cls, "__getitem__", slice_assignment.getitem)  # noqa: B010 - mypy takes it for a type
    for method, operator, instead in (
        ("__iadd__", "+", "assign_add(value)"),
        ("__isub__", "-", "assign_sub(value)"),
        ("__imul__", "*", "assign(variable * value)"),
        ("__itruediv__", "/", "assign(variable / value)"),
        ("__ipow__", "**", "assign(variable ** value)"),
    ):
        setattr(cls, method, _refuse_in_place(operator, instead))


def _refuse_in_place(operator: str, instead: str) -> Any:
    def refuse(self: Any, other: Any) -> Any:
        raise RuntimeError(
            f"`variable {operator}= value` is not supported: it would make `variable` a tensor. "
            f"Use `variable.{instead}` to change the variable, or "
            f"`out = variable {operator} value` for a new tensor."
        )

    return refuse
