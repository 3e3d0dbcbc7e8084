"""Names of operations: what the caller asked for, or what TensorFlow would call them."""

from __future__ import annotations

import sys

from tapeflow.engine.ir.primitive import Primitive

# Operation types whose functions name them otherwise.
_DEFAULT = {
    "AddV2": "add", "Sub": "sub", "Mul": "mul", "RealDiv": "truediv", "FloorDiv": "floordiv",
    "FloorMod": "mod", "Pow": "pow", "Pack": "stack", "Unpack": "unstack", "ConcatV2": "concat",
    "StridedSlice": "strided_slice", "GatherV2": "GatherV2", "Transpose": "transpose",
    "RandomStandardNormal": "random_normal/RandomStandardNormal",
    "RandomUniform": "random_uniform/RandomUniform", "Fill": "Fill", "Range": "range",
    "If": "cond", "While": "while", "Case": "case", "SelectV2": "SelectV2", "OneHot": "one_hot",
    "Split": "split", "Einsum": "einsum/Einsum", "BatchMatMulV2": "MatMul",
}  # fmt: skip

_OWN = __name__.split(".", 1)[0]


def default_name(prim: Primitive) -> str:
    """What an operation is called when nobody says."""
    return _DEFAULT.get(prim.name, prim.name)


def given_name() -> str | None:
    """The `name` argument of the public function that the program has called, or None.

    Eager operations have no names, so the functions do not hand the argument on; while a function
    is traced it is read off the frame of the one that the program calls.
    """
    frame = sys._getframe(2)
    last = None
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module != _OWN and not module.startswith(_OWN + "."):
            break
        if module.startswith(_OWN + ".engine.function"):  # what traces is nobody's public function
            return None
        last = frame
        frame = frame.f_back  # type: ignore[assignment]
    if last is None:
        return None
    code = last.f_code
    if "name" not in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]:
        return None
    name = last.f_locals.get("name")
    return name if isinstance(name, str) and name and code.co_name[0] != "_" else None
