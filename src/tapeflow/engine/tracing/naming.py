"""Names of operations: what the caller asked for, or what TensorFlow would call them."""

from __future__ import annotations

import functools
import inspect
import sys
from types import FrameType
from typing import Any

import numpy as np

from tapeflow.engine.ir.primitive import Primitive

# Operation types whose functions name them otherwise.
_BY_FUNCTION = {
    "AddV2": "Add", "RealDiv": "truediv", "FloorDiv": "FloorDiv", "FloorMod": "FloorMod",
    "Pack": "stack", "Unpack": "unstack", "ConcatV2": "concat", "StridedSlice": "strided_slice",
    "Transpose": "transpose", "RandomStandardNormal": "random_normal/RandomStandardNormal",
    "RandomUniform": "random_uniform/RandomUniform", "Range": "range", "If": "cond",
    "While": "while", "Case": "case", "OneHot": "one_hot", "Split": "split",
    "Einsum": "einsum/Einsum", "BatchMatMulV2": "MatMul", "DivNoNan": "div_no_nan",
    "MaxPool": "MaxPool2d", "AvgPool": "AvgPool2D", "ArgSort": "argsort", "Sort": "sort",
    "TruncatedNormal": "truncated_normal/TruncatedNormal", "Multinomial": "categorical/Multinomial",
    "StatelessRandomNormalV2": "stateless_random_normal/StatelessRandomNormalV2",
    "StatelessRandomUniformV2": "stateless_random_uniform/StatelessRandomUniformV2",
    "Conv2DBackpropInput": "conv2d_transpose", "DepthwiseConv2dNative": "depthwise",
    "SoftmaxCrossEntropyWithLogits": "softmax_cross_entropy_with_logits",
    "DenseBincount": "bincount/DenseBincount",
}  # fmt: skip

_SPARSE_LOSS = "SparseSoftmaxCrossEntropyWithLogits"
_BY_FUNCTION[_SPARSE_LOSS] = f"{_SPARSE_LOSS}/{_SPARSE_LOSS}"

# What Python's operators name theirs.
_BY_OPERATOR = {
    "AddV2": "add", "Sub": "sub", "Mul": "mul", "RealDiv": "truediv", "FloorDiv": "floordiv",
    "FloorMod": "mod", "Pow": "pow", "MatMul": "matmul", "BatchMatMulV2": "matmul",
    "LogicalAnd": "and", "LogicalOr": "or", "LogicalXor": "xor",
}  # fmt: skip

_OWN = __name__.split(".", 1)[0]
_CALLERS = (_OWN + ".engine.function", _OWN + ".engine.autograph")


def operation_name(prim: Primitive) -> str:
    """The `name` argument of the public function that the program has called, or the default.

    Eager operations have no names, so the functions do not hand the argument on; while a function
    is traced it is read off the frame of the one that the program calls.
    """
    last = _called_frame()
    if last is None:
        return _BY_FUNCTION.get(prim.name, prim.name)
    code = last.f_code
    if "name" in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]:
        name = last.f_locals.get("name")
        if isinstance(name, str) and name and code.co_name[0] != "_":
            return name
    if prim.name in _BY_OPERATOR and code.co_name in _OPERATOR_FRAMES:
        return _BY_OPERATOR[prim.name]
    return _BY_FUNCTION.get(prim.name, prim.name)


# The functions that are operators of tensors, by the names of their code (ops/overloads.py).
_OPERATOR_FRAMES = frozenset((
    "call", "<lambda>", "_matmul", "_reflected_add", "_product_of_others", "truediv", "_and", "_or",
    "_xor",
))  # fmt: skip


def _called_frame() -> FrameType | None:
    """The frame of the engine's function that the program has called."""
    frame: FrameType | None = sys._getframe(2)
    last = None
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module != _OWN and not module.startswith(_OWN + "."):
            break
        if module.startswith(_CALLERS):  # they call public functions, as programs do
            break
        last = frame
        frame = frame.f_back
    return last


def is_argument(tensor: Any) -> bool:
    """Whether a tensor is an argument of the function that the program has called."""
    frame = _called_frame()
    if frame is None:
        return False
    code = frame.f_code
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    given = [frame.f_locals.get(name) for name in code.co_varnames[:count]]
    while given:
        value = given.pop()
        if value is tensor:
            return True
        if isinstance(value, (list, tuple)):
            given.extend(value)
        elif isinstance(value, dict):
            given.extend(value.values())
    return False


@functools.lru_cache(None)
def argument_name(prim: Primitive, index: int) -> str:
    """What an input of a primitive is called in the names of constants: `y` in `add/y`."""
    if isinstance(prim.kernel, np.ufunc):
        return "xy"[index]
    names = [p.name for p in _parameters(prim) if p.kind is p.POSITIONAL_OR_KEYWORD]
    return names[index].strip("_") if index < len(names) else f"values_{index - len(names)}"


def takes_many(prim: Primitive) -> bool:
    """Whether a primitive takes any number of inputs."""
    return any(p.kind is p.VAR_POSITIONAL for p in _parameters(prim))


def _parameters(prim: Primitive) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(prim.kernel).parameters.values())
    except (TypeError, ValueError):  # a function in C
        return []
