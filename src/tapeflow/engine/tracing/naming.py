"""Names of operations: what the caller asked for, or what TensorFlow would call them."""

from __future__ import annotations

import sys

from tapeflow.engine.ir.primitive import Primitive

# Operation types whose functions name them otherwise.
_BY_FUNCTION = {
    "AddV2": "Add", "RealDiv": "truediv", "FloorDiv": "FloorDiv", "FloorMod": "FloorMod",
    "Pack": "stack", "Unpack": "unstack", "ConcatV2": "concat", "StridedSlice": "strided_slice",
    "Transpose": "transpose", "RandomStandardNormal": "random_normal/RandomStandardNormal",
    "RandomUniform": "random_uniform/RandomUniform", "Range": "range", "If": "cond",
    "While": "while", "Case": "case", "OneHot": "one_hot", "Split": "split",
    "Einsum": "einsum/Einsum", "BatchMatMulV2": "MatMul",
}  # fmt: skip

# What Python's operators name theirs.
_BY_OPERATOR = {
    "AddV2": "add", "Sub": "sub", "Mul": "mul", "RealDiv": "truediv", "FloorDiv": "floordiv",
    "FloorMod": "mod", "Pow": "pow", "MatMul": "matmul", "BatchMatMulV2": "matmul",
}  # fmt: skip

_OWN = __name__.split(".", 1)[0]
_CALLERS = (_OWN + ".engine.function", _OWN + ".engine.autograph")


def operation_name(prim: Primitive) -> str:
    """The `name` argument of the public function that the program has called, or the default.

    Eager operations have no names, so the functions do not hand the argument on; while a function
    is traced it is read off the frame of the one that the program calls.
    """
    frame = sys._getframe(2)
    last = None
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module != _OWN and not module.startswith(_OWN + "."):
            break
        if module.startswith(_CALLERS):  # they call public functions, as programs do
            break
        last = frame
        frame = frame.f_back  # type: ignore[assignment]
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
_OPERATOR_FRAMES = frozenset(
    ("call", "<lambda>", "_matmul", "_reflected_add", "_product_of_others", "truediv")
)
