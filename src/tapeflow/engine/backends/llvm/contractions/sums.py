"""Adding up products: the instruction for it, and the sum over a vector's lanes."""

from __future__ import annotations

from tapeflow.engine.backends.llvm.text import Code, Val, scalar_type, suffix


def multiply_add(code: Code, a: Val, b: Val, c: Val) -> Val:
    """`a * b + c`, in one instruction with one rounding where the CPU has it."""
    kind = c.type
    if not c.dtype.is_floating:
        product = code.op(f"mul {kind} {a.text}, {b.text}")
        return Val(code.op(f"add {kind} {product}, {c.text}"), c.dtype, c.lanes)
    # Not `llvm.fma`: that is a call of a library where there is no such instruction.
    name = f"llvm.fmuladd.{suffix(scalar_type(c.dtype), c.lanes)}"
    made = code.call(kind, name, (kind, a.text), (kind, b.text), (kind, c.text))
    return Val(made, c.dtype, c.lanes)


def add(code: Code, a: Val, b: Val) -> Val:
    """`a + b`."""
    word = "fadd" if a.dtype.is_floating else "add"
    return Val(code.op(f"{word} {a.type} {a.text}, {b.text}"), a.dtype, a.lanes)


def across_lanes(code: Code, value: Val) -> Val:
    """The sum of a vector's elements: the upper half to the lower one, and so on."""
    while value.lanes > 1:
        value = add(code, code.half(value, False), code.half(value, True))
    return value
