"""Operators of tensors and variables: `x + y` is `tf.add(x, y)`, `x[i]` a slice, and so on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.ops.math.arithmetic import add_p, mul_p, neg_p, sub_p, truediv
from tapeflow.engine.ops.math.bits import bitwise_and_p, bitwise_or_p, bitwise_xor_p, invert_p
from tapeflow.engine.ops.math.comparison import (
    differs,
    equals,
    greater_equal_p,
    greater_p,
    less_equal_p,
    less_p,
)
from tapeflow.engine.ops.math.division import floordiv_p, floormod_p
from tapeflow.engine.ops.math.exponentials import pow_p
from tapeflow.engine.ops.math.logical import (
    logical_and_p,
    logical_not_p,
    logical_or_p,
    logical_xor,
    product_of_booleans,
)
from tapeflow.engine.ops.math.magnitude import abs as absolute
from tapeflow.engine.runtime.convert import convert, convert_pair
from tapeflow.engine.runtime.dispatch import apply, binary, binary_function, unary, unary_function
from tapeflow.engine.runtime.tensor import Tensor

Operators = dict[str, Callable[..., Any]]


def _product_of_others(x: Any, y: Any) -> Any:
    """`x * y` of dtypes that `Mul` does not take: a logical and for booleans, else the error."""
    if x.dtype.is_bool or y.dtype.is_bool:
        return product_of_booleans(x, y)
    return apply(mul_p, x, y)


_add = binary_function(add_p)


def _reflected_add(self: Any, other: Any) -> Any:
    """`other + self`, where, unlike in `self + other`, a misfit is a TypeError."""
    try:
        return _add(other, self)
    except InvalidArgumentError:
        if not isinstance(other, Tensor):
            convert(other, self.dtype)
        raise


_multiply = binary_function(mul_p, otherwise=_product_of_others)


def _and(x: Any, y: Any) -> Any:
    x, y = convert_pair(x, y, "BitwiseAnd")
    return binary(logical_and_p if x.dtype.is_bool else bitwise_and_p, x, y)


def _or(x: Any, y: Any) -> Any:
    x, y = convert_pair(x, y, "BitwiseOr")
    return binary(logical_or_p if x.dtype.is_bool else bitwise_or_p, x, y)


def _xor(x: Any, y: Any) -> Any:
    x, y = convert_pair(x, y, "BitwiseXor")
    return logical_xor(x, y) if x.dtype.is_bool else binary(bitwise_xor_p, x, y)


def _invert(x: Any) -> Any:
    return unary(logical_not_p if x.dtype.is_bool else invert_p, x)


def _matmul(x: Any, y: Any) -> Any:
    from tapeflow.engine.ops.linalg.contraction import matmul

    x, y = convert_pair(x, y, "MatMul")
    return matmul(x, y)


# One Python frame per operator: these are the hottest functions of eager mode.
OPERATORS: Operators = {
    "__abs__": absolute,
    "__add__": _add,
    "__radd__": _reflected_add,
    "__sub__": binary_function(sub_p),
    "__rsub__": lambda self, other: binary(sub_p, other, self),
    "__mul__": _multiply,
    "__rmul__": lambda self, other: _multiply(other, self),
    "__truediv__": truediv,
    "__rtruediv__": lambda self, other: truediv(other, self),
    "__floordiv__": binary_function(floordiv_p),
    "__rfloordiv__": lambda self, other: binary(floordiv_p, other, self),
    "__mod__": binary_function(floormod_p),
    "__rmod__": lambda self, other: binary(floormod_p, other, self),
    "__pow__": binary_function(pow_p),
    "__rpow__": lambda self, other: binary(pow_p, other, self),
    "__matmul__": _matmul,
    "__rmatmul__": lambda self, other: _matmul(convert(other, self.dtype), self),
    "__neg__": unary_function(neg_p),
    "__invert__": _invert,
    "__and__": _and,
    "__rand__": lambda self, other: _and(other, self),
    "__or__": _or,
    "__ror__": lambda self, other: _or(other, self),
    "__xor__": _xor,
    "__rxor__": lambda self, other: _xor(other, self),
    "__lt__": binary_function(less_p),
    "__le__": binary_function(less_equal_p),
    "__gt__": binary_function(greater_p),
    "__ge__": binary_function(greater_equal_p),
    "__eq__": equals,
    "__ne__": differs,
}


def attach(cls: type) -> None:
    """Gives a class the operators."""
    for name, function in OPERATORS.items():
        setattr(cls, name, function)


attach(Tensor)
Tensor.OVERLOADABLE_OPERATORS = frozenset((*OPERATORS, "__getitem__"))
