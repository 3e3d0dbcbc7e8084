"""Arithmetic, comparisons, bits and choices on `Val`s: what generated functions are made of.

Methods of the `Builder` protocol compute what those of `NumpyBuilder` do. Where one operand is a
scalar and another a vector, the scalar stands in every lane.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tapeflow.engine.backends.llvm.text import Code, Val, scalar_type, suffix, vector_type
from tapeflow.engine.core.dtypes import (
    DType,
    bfloat16,
    bool_,
    float16,
    float32,
    float64,
    int32,
    int64,
)


class Unsupported(Exception):
    """What no code is generated for; the graph compiler leaves it to the interpreter."""


NARROW = frozenset({bfloat16, float16})


def supported(dtype: DType) -> bool:
    """Whether values of a dtype can be computed with."""
    if dtype.is_floating:
        return dtype in NARROW or dtype in (float32, float64)
    return dtype.is_bool or (dtype.is_integer and dtype.name not in ("int4", "uint4"))


class Operations:
    """Emits elementwise code into a kernel.

    Args:
      code: the kernel's code.
    """

    def __init__(self, code: Code) -> None:
        self.code = code
        self._features = code.target.features

    # Arithmetic.

    def add(self, x: Val, y: Val) -> Val:
        """The sum; of booleans whether either holds."""
        return self._arithmetic("fadd", "add", "or", x, y)

    def sub(self, x: Val, y: Val) -> Val:
        """The difference."""
        return self._arithmetic("fsub", "sub", None, x, y)

    def mul(self, x: Val, y: Val) -> Val:
        """The product; of booleans whether both hold."""
        return self._arithmetic("fmul", "mul", "and", x, y)

    def div(self, x: Val, y: Val) -> Val:
        """The quotient; of integers truncated towards zero, and something for a divisor of zero."""
        if not self.is_integer(x):
            return self._arithmetic("fdiv", None, None, x, y)
        x, y = self.alike(x, y)
        nothing = self.eq(y, self.const(0, y))
        quotient = self._whole_division("div", x, y, nothing)
        if x.dtype.is_unsigned:
            return self.select(nothing, self.const(0, x), quotient)
        # As the interpreter has it: NumPy's floored quotient, 0, and one more for a negative rest.
        negative = self.lt(x, self.const(0, x))
        over_nothing = self.select(negative, self.const(1, x), self.const(0, x))
        return self.select(nothing, over_nothing, quotient)

    def whole_rest(self, x: Val, y: Val) -> Val:
        """C's remainder of integers; 0 for a divisor of zero."""
        x, y = self.alike(x, y)
        nothing = self.eq(y, self.const(0, y))
        return self.select(nothing, self.const(0, x), self._whole_division("rem", x, y, nothing))

    def _whole_division(self, what: str, x: Val, y: Val, nothing: Val) -> Val:
        # The processor traps on 0, and on the least integer over -1.
        one = self.const(1, y)
        if x.dtype.is_unsigned:
            return self._safe_division(what, x, self.select(nothing, one, y))
        minus = self.eq(y, self.const(-1, y))
        safe = self._safe_division(what, x, self.select(self.or_(nothing, minus), one, y))
        return self.select(minus, self.neg(x) if what == "div" else self.const(0, x), safe)

    def _safe_division(self, what: str, x: Val, y: Val) -> Val:
        unsigned = x.dtype.is_unsigned
        if x.lanes == 1 or x.dtype.size == 8 or (x.dtype.size == 4 and unsigned):
            return self._op(f"{'u' if unsigned else 's'}{what}", x, y)
        # No CPU divides vectors of integers. A float's quotient of so few bits, rounded as it may
        # be, never reaches the next integer.
        wide, convert = (
            (float64 if x.dtype.size == 4 else float32),
            "uitofp" if unsigned else "sitofp",
        )
        quotient = self.div(self.converted(convert, x, wide), self.converted(convert, y, wide))
        quotient = self.converted("fptosi", quotient, int32)
        if x.dtype.size < 4:
            quotient = self.converted("trunc", quotient, x.dtype)
        return quotient if what == "div" else self.sub(x, self.mul(quotient, y))

    def neg(self, x: Val) -> Val:
        """The negative; zeros change their sign too."""
        if x.dtype.is_floating and supported(x.dtype):
            return self._named(f"fneg {x.type} {x.text}", x)
        if not x.dtype.is_integer:
            raise Unsupported(f"the negative of {x.dtype.name}")
        return self.sub(self.const(0, x), x)

    def abs(self, x: Val) -> Val:
        """The absolute value; that of the least integer is itself."""
        if x.dtype.is_floating:
            return self._intrinsic("fabs", x)
        if not supported(x.dtype):
            raise Unsupported(f"the absolute value of {x.dtype.name}")
        if x.dtype.is_unsigned or x.dtype.is_bool:
            return x
        name = f"llvm.abs.{suffix(scalar_type(x.dtype), x.lanes)}"
        self.code.declare(f"declare {x.type} @{name}({x.type}, i1)")
        return self._named(f"call {x.type} @{name}({x.type} {x.text}, i1 false)", x)

    def maximum(self, x: Val, y: Val) -> Val:
        """The greater one; of equal values the first; NaN if either is."""
        return self._extreme("gt", x, y)

    def minimum(self, x: Val, y: Val) -> Val:
        """The lesser one; of equal values the first; NaN if either is."""
        return self._extreme("lt", x, y)

    def _extreme(self, order: str, x: Val, y: Val) -> Val:
        x, y = self.alike(x, y)
        # This way round a NaN in x stays, and x86 has one instruction for the two.
        chosen = self.select(self._compare(order, y, x), y, x)
        if not x.dtype.is_floating or not y.text.startswith("%"):
            return chosen
        return self.select(self.ne(y, y), y, chosen)

    def fma(self, x: Val, y: Val, z: Val) -> Val:
        """x * y + z, rounded once where the CPU does that at no cost."""
        x, y, z = self.alike(x, y, z)
        name = f"llvm.fmuladd.{suffix(scalar_type(x.dtype), x.lanes)}"
        kind = x.type
        self.code.declare(f"declare {kind} @{name}({kind}, {kind}, {kind})")
        return self._named(
            f"call {kind} @{name}({kind} {x.text}, {kind} {y.text}, {kind} {z.text})", x
        )

    def polynomial(self, coefficients: Sequence[float], x: Val) -> Val:
        """A polynomial's value; coefficients come constant first."""
        total = self.const(coefficients[-1], x)
        for c in coefficients[-2::-1]:
            total = self.fma(total, x, self.const(c, x))
        return total

    def sqrt(self, x: Val) -> Val:
        """The square root, correctly rounded."""
        return self._intrinsic("sqrt", x)

    def floor(self, x: Val) -> Val:
        """The greatest integer that isn't greater."""
        if self._rounds:
            return self._intrinsic("floor", x)
        whole = self.round_even(x)
        return self._with_sign(self.sub(whole, self._one_where(self.gt(whole, x), x)), x)

    def ceil(self, x: Val) -> Val:
        """The least integer that isn't less."""
        if self._rounds:
            return self._intrinsic("ceil", x)
        whole = self.round_even(x)
        return self._with_sign(self.add(whole, self._one_where(self.lt(whole, x), x)), x)

    def round_even(self, x: Val) -> Val:
        """The nearest integer, halves to even."""
        if self._rounds:
            return self._intrinsic("rint", x)
        # Beyond this number there are no fractions: adding it rounds.
        large = self.const(2.0**23 if x.dtype is float32 else 2.0**52, x)
        size = self.abs(x)
        whole = self.sub(self.add(size, large), large)
        return self.select(self.lt(size, large), self.copysign(whole, x), x)

    @property
    def _rounds(self) -> bool:
        """Whether the CPU rounds in one instruction; else LLVM would call the C library."""
        return "+sse4.1" in self._features or self.code.target.triple.startswith(
            ("aarch64", "arm64")
        )

    def _one_where(self, condition: Val, x: Val) -> Val:
        return self.select(condition, self.const(1, x), self.const(0, x))

    def _with_sign(self, whole: Val, x: Val) -> Val:
        # A zero has the sign of what was rounded.
        return self.select(self.eq(whole, self.const(0, x)), self.copysign(whole, x), whole)

    def copysign(self, size: Val, sign: Val) -> Val:
        """The first one's size with the second one's sign."""
        size, sign = self.alike(size, sign)
        name = f"llvm.copysign.{suffix(scalar_type(size.dtype), size.lanes)}"
        return Val(
            self.code.call(size.type, name, (size.type, size.text), (size.type, sign.text)),
            size.dtype,
            size.lanes,
        )

    # Comparisons and choice.

    def eq(self, x: Val, y: Val) -> Val:
        """Whether they are equal."""
        return self._compare("eq", x, y)

    def ne(self, x: Val, y: Val) -> Val:
        """Whether they differ, or one is NaN."""
        return self._compare("ne", x, y)

    def lt(self, x: Val, y: Val) -> Val:
        """Whether the first is less."""
        return self._compare("lt", x, y)

    def le(self, x: Val, y: Val) -> Val:
        """Whether the first is less or equal."""
        return self._compare("le", x, y)

    def gt(self, x: Val, y: Val) -> Val:
        """Whether the first is greater."""
        return self._compare("gt", x, y)

    def ge(self, x: Val, y: Val) -> Val:
        """Whether the first is greater or equal."""
        return self._compare("ge", x, y)

    def _compare(self, order: str, x: Val, y: Val) -> Val:
        x, y = self.alike(x, y)
        if x.dtype.is_floating:
            test = f"fcmp {'une' if order == 'ne' else 'o' + order}"
        elif order in ("eq", "ne"):
            test = f"icmp {order}"
        else:
            unsigned = x.dtype.is_unsigned or x.dtype.is_bool
            test = f"icmp {'u' if unsigned else 's'}{order}"
        return Val(self.code.op(f"{test} {x.type} {x.text}, {y.text}"), bool_, x.lanes)

    def select(self, condition: Val, x: Val, y: Val) -> Val:
        """The first where the condition holds, else the second."""
        x, y = self.alike(x, y)
        lanes = max(condition.lanes, x.lanes)
        x, y = self.code.splat(x, lanes), self.code.splat(y, lanes)
        return self._named(
            f"select {condition.type} {condition.text}, {x.type} {x.text}, {y.type} {y.text}", x
        )

    # Booleans and bits.

    def and_(self, x: Val, y: Val) -> Val:
        """Bits that are set in both."""
        return self._op("and", x, y)

    def or_(self, x: Val, y: Val) -> Val:
        """Bits that are set in either."""
        return self._op("or", x, y)

    def xor(self, x: Val, y: Val) -> Val:
        """Bits that are set in one of the two."""
        return self._op("xor", x, y)

    def not_(self, x: Val) -> Val:
        """The other bits."""
        return self._op("xor", x, self.const(1 if x.dtype.is_bool else -1, x))

    def shl(self, x: Val, y: Val) -> Val:
        """Bits shifted to the left; nothing is left for a distance out of range."""
        return self.select(self._in_range(y), self._op("shl", x, y), self.const(0, x))

    def shr(self, x: Val, y: Val) -> Val:
        """Bits shifted to the right; signs are left for a distance out of range."""
        inside = self._in_range(y)
        if x.dtype.is_unsigned:
            return self.select(inside, self._op("lshr", x, y), self.const(0, x))
        return self._op("ashr", x, self.select(inside, y, self.const(8 * y.dtype.size - 1, y)))

    def _in_range(self, distance: Val) -> Val:
        return self.unsigned_lt(distance, self.const(8 * distance.dtype.size, distance))

    def unsigned_lt(self, x: Val, y: Val) -> Val:
        """Whether the first is less, both taken as unsigned integers."""
        return Val(self.code.op(f"icmp ult {x.type} {x.text}, {y.text}"), bool_, x.lanes)

    def shifted(self, how: str, x: Val, distance: int) -> Val:
        """`shl`, `lshr` or `ashr` by a known distance."""
        return self._op(how, x, self.const(distance, x))

    def bits_of(self, x: Val) -> Val:
        """A float's bits, as a signed integer."""
        return self.converted("bitcast", x, int32 if x.dtype is float32 else int64)

    def float_of(self, x: Val) -> Val:
        """The float with these bits."""
        return self.converted("bitcast", x, float32 if x.dtype.size == 4 else float64)

    def can_scale(self, x: Val) -> bool:
        """Whether the CPU multiplies such vectors by powers of 2 in one instruction."""
        return "+avx512f" in self._features and x.lanes * x.dtype.size == 64

    def scaled(self, x: Val, n: Val) -> Val:
        """x 2^n for whole n, where `can_scale`."""
        kind, mask = x.type, f"i{x.lanes}"
        name = f"llvm.x86.avx512.mask.scalef.{'ps' if x.dtype is float32 else 'pd'}.512"
        all_lanes, as_set = (mask, "-1"), ("i32", "4")
        pair = (kind, x.text), (kind, n.text)
        self.code.declare(f"declare {kind} @{name}({kind}, {kind}, {kind}, {mask}, i32 immarg)")
        given = ", ".join(
            f"{t} {v}" for t, v in (*pair, (kind, "zeroinitializer"), all_lanes, as_set)
        )
        return self._named(f"call {kind} @{name}({given})", x)

    def any_lane(self, condition: Val) -> str:
        """Whether a condition holds in any lane, as an `i1`."""
        if condition.lanes == 1:
            return condition.text
        name = f"llvm.vector.reduce.or.v{condition.lanes}i1"
        return self.code.call("i1", name, (condition.type, condition.text))

    def lanewise(self, function: str, arguments: list[Val], where: Val, otherwise: Val) -> Val:
        """A function of the C library, of float64, called lane by lane.

        Args:
          function: its name.
          arguments: floating-point values.
          where: lanes that take its result.
          otherwise: what the other lanes hold; nothing is called if all do.
        """
        wide = [self.converted("fpext", a, float64) if a.dtype is float32 else a for a in arguments]
        code, lanes = self.code, otherwise.lanes
        with code.when(self.any_lane(where), [otherwise]) as branch:
            if lanes == 1:
                text = code.call("double", function, *[("double", a.text) for a in wide])
                result = Val(text, float64, 1)
            else:
                kind = wide[0].type
                with code.loop(0, lanes, 1, [self.const(0, wide[0])]) as loop:
                    ones = [
                        code.op(f"extractelement {kind} {a.text}, i64 {loop.index}") for a in wide
                    ]
                    one = code.call("double", function, *[("double", a) for a in ones])
                    into = loop.values[0].text
                    text = code.op(f"insertelement {kind} {into}, double {one}, i64 {loop.index}")
                    loop.next = [Val(text, float64, lanes)]
                result = loop.results[0]
            if otherwise.dtype is float32:
                result = self.converted("fptrunc", result, float32)
            branch.values = [self.select(where, result, otherwise)]
        return branch.results[0]

    # Values.

    def is_integer(self, x: Val) -> bool:
        """Whether the dtype is an integer."""
        return bool(x.dtype.is_integer)

    def is_complex(self, x: Val) -> bool:
        """Whether the dtype is complex: there are no such values here."""
        return bool(x.dtype.is_complex)

    def bits(self, x: Val) -> int:
        """The width of the dtype in bits."""
        return 8 * int(x.dtype.size)

    def const(self, value: Any, like: Val) -> Val:
        """A constant of the dtype and lanes of `like`."""
        if isinstance(value, complex) or not supported(like.dtype):
            raise Unsupported(f"a constant {value} of {like.dtype.name}")
        if isinstance(value, float) and not math.isfinite(value) and not like.dtype.is_floating:
            raise Unsupported(f"{value} as {like.dtype.name}")
        return self.code.const(value, like.dtype, like.lanes)

    def real(self, x: Val) -> Val:
        """Raises: values are real, and complex ones are left to the interpreter."""
        raise Unsupported("complex numbers")

    imag = real

    def complex(self, re: Val, im: Val) -> Val:
        """Raises: complex numbers are left to the interpreter."""
        raise Unsupported("complex numbers")

    # How instructions are written.

    def alike(self, *values: Val) -> tuple[Val, ...]:
        """The values, with scalars among vectors in every lane."""
        for value in values:
            if not supported(value.dtype):
                raise Unsupported(f"values of dtype {value.dtype.name}")
        lanes = max(v.lanes for v in values)
        return tuple(self.code.splat(v, lanes) for v in values)

    def _named(self, text: str, like: Val) -> Val:
        return Val(self.code.op(text), like.dtype, like.lanes)

    def _op(self, instruction: str, x: Val, y: Val) -> Val:
        x, y = self.alike(x, y)
        return self._named(f"{instruction} {x.type} {x.text}, {y.text}", x)

    def _arithmetic(
        self, floating: str | None, whole: str | None, boolean: str | None, x: Val, y: Val
    ) -> Val:
        instruction = floating if x.dtype.is_floating else boolean if x.dtype.is_bool else whole
        if instruction is None:
            raise Unsupported(f"this arithmetic on {x.dtype.name}")
        return self._op(instruction, x, y)

    def _intrinsic(self, function: str, x: Val) -> Val:
        if not x.dtype.is_floating or not supported(x.dtype):
            raise Unsupported(f"{function} of {x.dtype.name}")
        name = f"llvm.{function}.{suffix(scalar_type(x.dtype), x.lanes)}"
        return Val(self.code.call(x.type, name, (x.type, x.text)), x.dtype, x.lanes)

    def converted(self, instruction: str, x: Val, dtype: DType) -> Val:
        """A conversion instruction: `bitcast`, `fpext`, `sitofp`, ..."""
        to = vector_type(dtype, x.lanes)
        return Val(self.code.op(f"{instruction} {x.type} {x.text} to {to}"), dtype, x.lanes)
