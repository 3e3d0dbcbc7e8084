"""Emits the statements of a nest for one point, or for a vector of neighbouring points."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.backends.llvm.text import (
    Code,
    Val,
    literal,
    memory_type,
    splat_text,
    suffix,
    vector_type,
    working,
)
from tapeflow.engine.backends.llvm.vector_builder import VectorBuilder
from tapeflow.engine.core.dtypes import DType, float32, int64
from tapeflow.engine.ir.nest import (
    Affine,
    Apply,
    Coordinate,
    Fold,
    Gather,
    Literal,
    Load,
    Nest,
)

Index = dict[int, "str | int"]
"""Coordinates of a point by dimension."""


class Emitter:
    """Computes values of a nest's statements in a kernel's code.

    Args:
      code: the kernel.
      nest: the statements.
      pointers: the operands' addresses.
    """

    def __init__(self, code: Code, nest: Nest, pointers: list[str]) -> None:
        self.code = code
        self.nest = nest
        self.pointers = pointers
        self.builder = VectorBuilder(code)

    # Addresses.

    def affine(self, at: Affine, index: Index) -> str | int:
        """An affine expression at a point."""
        total: str | int = at.const
        for dim, coefficient in at.terms:
            total = self.code.add(self.code.mul(index[dim], coefficient), total)
        return total

    def address(self, operand: int, at: Affine, index: Index, dtype: DType) -> str:
        """Where an element is."""
        return self.code.offset(self.pointers[operand], self.affine(at, index), dtype)

    # Statements.

    def statement(
        self,
        statement: Any,
        args: list[Val],
        index: Index,
        lanes: int = 1,
        dim: int | None = None,
        mask: str | None = None,
        pointer: str = "",
    ) -> Val:
        """The value of any statement but a fold.

        Args:
          statement: the statement.
          args: the values of its `arguments`.
          index: the point, or the first one.
          lanes: how many points.
          dim: the dimension along which they are neighbours; None for one point.
          mask: those that exist; None for all.
          pointer: what a load reads from, where that is known.

        Returns:
          The value, a scalar where it is the same for all points.
        """
        s = statement
        if isinstance(s, Apply):
            return self.apply(s, args)
        if isinstance(s, Literal):
            return self.literal(s)
        step = 0 if dim is None else s.at.coefficient(dim)
        if isinstance(s, Load):
            pointer = pointer or self.address(s.operand, s.at, index, s.dtype)
            return self.load(s, pointer, lanes, step, mask)
        if isinstance(s, Gather):
            return self.gather(s, args[0], index, lanes, step, mask)
        assert isinstance(s, Coordinate)
        return self.coordinate(s, index, lanes, step)

    def load(self, load: Load, pointer: str, lanes: int, step: int, mask: str | None) -> Val:
        """Elements from `pointer` on, `step` apart: one where they do not move."""
        if lanes == 1 or step == 0:
            return self.code.load(pointer, load.dtype)
        if step == 1:
            return self.code.load(pointer, load.dtype, lanes, mask)
        return self._gathered(pointer, load.dtype, lanes, step, mask)

    def gather(
        self, gather: Gather, where: Val, index: Index, lanes: int, step: int, mask: str | None
    ) -> Val:
        """Elements whose address a value says; `where` is one number, or one for each lane."""
        code = self.code
        base = self.address(gather.operand, gather.at, index, gather.dtype)
        if where.dtype.size < 8:
            extend = "zext" if where.dtype.is_unsigned else "sext"
            to = vector_type(int64, where.lanes)
            where = Val(code.op(f"{extend} {where.type} {where.text} to {to}"), int64, where.lanes)
        if where.lanes == 1:
            start = code.offset(base, code.mul(where.text, gather.stride), gather.dtype)
            if lanes == 1 or step == 0:
                return code.load(start, gather.dtype)
            if step == 1:
                return code.load(start, gather.dtype, lanes, mask)
            return self._gathered(start, gather.dtype, lanes, step, mask)
        kind = where.type
        by = splat_text("i64", str(gather.stride), lanes)
        places = code.op(f"mul {kind} {where.text}, {by}")
        if step:
            steps = ", ".join(f"i64 {i * step}" for i in range(lanes))
            places = code.op(f"add {kind} {places}, <{steps}>")
        one = memory_type(gather.dtype)
        addresses = code.op(f"getelementptr {one}, ptr {base}, {kind} {places}")
        return self._gathered_from(addresses, gather.dtype, lanes, mask)

    def _places(self, pointer: str, dtype: DType, lanes: int, step: int) -> str:
        steps = ", ".join(f"i64 {i * step}" for i in range(lanes))
        return self.code.op(
            f"getelementptr {memory_type(dtype)}, ptr {pointer}, <{lanes} x i64> <{steps}>"
        )

    def _gathered(self, pointer: str, dtype: DType, lanes: int, step: int, mask: str | None) -> Val:
        return self._gathered_from(self._places(pointer, dtype, lanes, step), dtype, lanes, mask)

    def _gathered_from(self, places: str, dtype: DType, lanes: int, mask: str | None) -> Val:
        one = memory_type(dtype)
        kind = f"<{lanes} x {one}>"
        function = f"llvm.masked.gather.{suffix(one, lanes)}.v{lanes}p0"
        every = mask or self.code.first_lanes(lanes, lanes)
        self.code.declare(f"declare {kind} @{function}(<{lanes} x ptr>, <{lanes} x i1>, {kind})")
        text = self.code.op(
            f"call {kind} @{function}(<{lanes} x ptr> align {dtype.size} {places}, "
            f"<{lanes} x i1> {every}, {kind} zeroinitializer)"
        )
        return self.code.from_memory(text, dtype, lanes)

    def store(self, value: Val, pointer: str, dtype: DType, step: int, mask: str | None) -> None:
        """Writes elements from `pointer` on, `step` apart."""
        if value.lanes == 1 or step == 1:
            self.code.store(value, pointer, dtype, mask)
            return
        lanes = value.lanes
        one = memory_type(dtype)
        places = self._places(pointer, dtype, lanes, step)
        text = self.code.to_memory(value, dtype)
        every = mask or self.code.first_lanes(lanes, lanes)
        function = f"llvm.masked.scatter.{suffix(one, lanes)}.v{lanes}p0"
        kind = f"<{lanes} x {one}>"
        self.code.declare(f"declare void @{function}({kind}, <{lanes} x ptr>, <{lanes} x i1>)")
        self.code.line(
            f"call void @{function}({kind} {text}, <{lanes} x ptr> align {dtype.size} {places}, "
            f"<{lanes} x i1> {every})"
        )

    def apply(self, statement: Apply, args: list[Val]) -> Val:
        """An elementwise primitive of values; narrow floats are rounded as memory would."""
        lower: Any = statement.prim.lower
        made: Val = lower(self.builder, *args, **statement.attrs)
        return self.rounded(made, statement.dtype)

    def rounded(self, value: Val, dtype: DType) -> Val:
        """A value computed in float32, as the narrow dtype that the graph says it has."""
        if working(dtype) is not dtype and value.dtype is float32:
            return self.builder.round_to(value, dtype)
        return value

    def literal(self, statement: Literal) -> Val:
        """A constant; narrow floats are computed with as float32."""
        dtype = statement.dtype
        kept = working(dtype)
        return Val(literal(statement.value, kept), kept, 1)

    def coordinate(self, statement: Coordinate, index: Index, lanes: int, step: int) -> Val:
        """An affine function of the coordinates, `step` more from lane to lane."""
        code, dtype = self.code, statement.dtype
        base = self.affine(statement.at, index)
        if dtype.size < 8 and not isinstance(base, int):
            base = code.op(f"trunc i64 {base} to i{8 * dtype.size}")
        first = Val(str(base), dtype, 1)
        if lanes == 1 or step == 0:
            return first
        kind = vector_type(dtype, lanes)
        one = f"i{8 * dtype.size}"
        steps = ", ".join(f"{one} {i * step}" for i in range(lanes))
        spread = code.splat(first, lanes)
        return Val(code.op(f"add {kind} {spread.text}, <{steps}>"), dtype, lanes)

    # Folds.

    def identity(self, combine: str, dtype: DType) -> Val:
        """What a fold starts from; narrow floats are folded in float32."""
        kept = working(dtype)
        return Val(literal(_start(combine, kept), kept), kept, 1)

    def combined(self, combine: str, x: Val, y: Val) -> Val:
        """Two partial results as one."""
        b: Any = self.builder
        function = {
            "add": b.add, "multiply": b.mul, "maximum": b.maximum, "minimum": b.minimum,
            "and": b.and_, "or": b.or_,
        }[combine]  # fmt: skip
        return function(x, y)  # type: ignore[no-any-return]

    def folded(self, fold: Fold, value: Val) -> Val:
        """The lanes of a vector combined, halves with each other: always in the same order."""
        while value.lanes > 1:
            low, high = self.code.half(value, False), self.code.half(value, True)
            value = self.combined(fold.combine, low, high)
        return self.rounded(value, fold.dtype)

    def masked(self, value: Val, mask: str | None, neutral: Val) -> Val:
        """A value whose masked-off lanes do not change a fold."""
        if mask is None:
            return value
        other = self.code.splat(neutral, value.lanes)
        made = self.code.op(
            f"select <{value.lanes} x i1> {mask}, {value.type} {value.text}, "
            f"{other.type} {other.text}"
        )
        return Val(made, value.dtype, value.lanes)


def arguments(statement: object) -> tuple[int, ...]:
    """The statements whose values a statement takes at the same point."""
    if isinstance(statement, Apply):
        return statement.args
    return (statement.where,) if isinstance(statement, Gather) else ()


def _start(combine: str, dtype: DType) -> Any:
    if combine == "add":
        return 0
    if combine in ("multiply", "and"):
        return True if dtype.is_bool else 1
    if combine == "or":
        return False
    if dtype.is_floating:
        return float("-inf") if combine == "maximum" else float("inf")
    if dtype.is_bool:
        return combine == "minimum"
    return dtype.min if combine == "maximum" else dtype.max
