"""Operators of tensors and variables: `x + y` is `tf.add(x, y)`, `x[i]` a slice, and so on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeflow.engine.ops.math.arithmetic import (
    add_p,
    mul_p,
    neg_p,
    sub_p,
    truediv,
)
from tapeflow.engine.runtime.dispatch import binary, unary
from tapeflow.engine.runtime.tensor import Tensor

Operators = dict[str, Callable[..., Any]]

OPERATORS: Operators = {
    "__add__": lambda self, other: binary(add_p, self, other),
    "__radd__": lambda self, other: binary(add_p, other, self),
    "__sub__": lambda self, other: binary(sub_p, self, other),
    "__rsub__": lambda self, other: binary(sub_p, other, self),
    "__mul__": lambda self, other: binary(mul_p, self, other),
    "__rmul__": lambda self, other: binary(mul_p, other, self),
    "__truediv__": lambda self, other: truediv(self, other),
    "__rtruediv__": lambda self, other: truediv(other, self),
    "__neg__": lambda self: unary(neg_p, self),
}


def attach(cls: type) -> None:
    """Gives a class the operators."""
    for name, function in OPERATORS.items():
        function.__name__ = name
        setattr(cls, name, function)


attach(Tensor)
