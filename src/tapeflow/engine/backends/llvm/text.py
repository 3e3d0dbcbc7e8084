"""Writes LLVM IR as text: values, loops, branches, loads and stores of scalars and vectors.

Text is several times cheaper to make than a tree of builder objects. No LLVM optimisation pass runs
on it, so what is written is what the processor does: loop-carried values are phi nodes from the
start, and sums are added up in the order of the code.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.core.dtypes import DType, bool_, float32, float64


class Val(NamedTuple):
    """A value in the code.

    Attributes:
      text: its name (`%12`) or a literal.
      dtype: what it is; 16-bit floats are loaded as float32.
      lanes: how many elements; 1 for a scalar.
    """

    text: str
    dtype: DType
    lanes: int

    @property
    def type(self) -> str:
        """Its LLVM type."""
        return vector_type(self.dtype, self.lanes)


def scalar_type(dtype: DType) -> str:
    """The LLVM type of one element in a register."""
    if dtype.is_bool:
        return "i1"
    if dtype.is_floating:
        return {2: "half", 4: "float", 8: "double"}[dtype.size]
    return f"i{8 * dtype.size}"


def vector_of(one: str, lanes: int) -> str:
    """The LLVM type of a vector; one lane is a scalar."""
    return one if lanes == 1 else f"<{lanes} x {one}>"


def vector_type(dtype: DType, lanes: int) -> str:
    """The LLVM type of so many elements in a register."""
    return vector_of(scalar_type(dtype), lanes)


def working(dtype: DType) -> DType:
    """The dtype that is computed in: 16-bit floats are float32 once they are loaded."""
    return float32 if dtype.is_floating and dtype.size == 2 else dtype


def literal(value: Any, dtype: DType) -> str:
    """A scalar constant. Floats are written as bits: a decimal could be rounded silently."""
    if dtype.is_bool:
        return "true" if value else "false"
    if dtype.is_floating:
        with np.errstate(all="ignore"):
            exact = float(np.float64(value) if dtype is float64 else np.float32(value))
        return f"0x{struct.unpack('<Q', struct.pack('<d', exact))[0]:016X}"
    bits = 8 * dtype.size
    wrapped = int(value) & ((1 << bits) - 1)
    return str(wrapped - (1 << bits) if wrapped >> (bits - 1) else wrapped)


class Loop:
    """A loop under construction: `index` is its counter, `values` what it carries."""

    def __init__(self, index: str, values: list[Val]) -> None:
        self.index = index
        self.values = values
        self.next: list[Val] = values
        """What to carry into the next round; the body sets it."""
        self.results: list[Val] = []
        """What was carried last, once the loop is closed."""


class Branch:
    """Code that may be skipped, under construction: `values` are what it leaves."""

    def __init__(self, values: list[Val]) -> None:
        self.values = values
        self.results: list[Val] = []
        """What the values are once the branch is closed, taken or not."""


class Code:
    """The code of one kernel; see `Kernel` for its parameters.

    Args:
      target: the CPU.
      name: the function's name; that of a kernel is made from its text: see `named`.
      parameters: its parameters, as IR.
      returns: its result's type, as IR.
    """

    def __init__(
        self,
        target: Target,
        name: str = "kernel",
        parameters: str = "ptr noundef %args, i64 %begin, i64 %end, ptr %scratch",
        returns: str = "void",
    ) -> None:
        self.target = target
        self.name = name
        self._head = f"define {returns} @{name}({parameters}) #0 {{"
        self._lines: list[str] = ["entry:"]
        self._block = "entry"
        self._count = 0
        self._declared: dict[str, None] = {}

    # Names and lines.

    def fresh(self) -> str:
        """A new value's name."""
        self._count += 1
        return f"%t{self._count}"

    def line(self, text: str) -> None:
        """Appends an instruction that gives no value."""
        self._lines.append(text)

    def op(self, text: str) -> str:
        """Appends an instruction; the name of its value."""
        name = self.fresh()
        self._lines.append(f"{name} = {text}")
        return name

    def declare(self, text: str) -> None:
        """Notes an external function, `declare ...`, once."""
        self._declared[text] = None

    def call(self, returns: str, function: str, *arguments: tuple[str, str]) -> str:
        """Calls an intrinsic or a function by name with `(type, text)` arguments."""
        types = ", ".join(t for t, _ in arguments)
        self.declare(f"declare {returns} @{function}({types})")
        given = ", ".join(f"{t} {v}" for t, v in arguments)
        if returns == "void":
            self.line(f"call void @{function}({given})")
            return ""
        return self.op(f"call {returns} @{function}({given})")

    # Integers of 64 bits: indices and counts. Known ones are Python ints, and folded.

    def add(self, a: str | int, b: str | int) -> str | int:
        """The sum of two indices."""
        if isinstance(a, int) and isinstance(b, int):
            return a + b
        if a == 0:
            return b
        if b == 0:
            return a
        return self.op(f"add i64 {a}, {b}")

    def mul(self, a: str | int, b: str | int) -> str | int:
        """The product of two indices."""
        if isinstance(a, int) and isinstance(b, int):
            return a * b
        if a == 0 or b == 0:
            return 0
        if a == 1:
            return b
        if b == 1:
            return a
        return self.op(f"mul i64 {a}, {b}")

    def divmod(self, a: str | int, b: int) -> tuple[str | int, str | int]:
        """Quotient and remainder of an index that is not negative."""
        if isinstance(a, int):
            return divmod(a, b)
        if b == 1:
            return a, 0
        quotient = self.op(f"udiv i64 {a}, {b}")
        return quotient, self.op(f"sub i64 {a}, {self.mul(quotient, b)}")

    def minimum(self, a: str | int, b: str | int) -> str | int:
        """The lesser of two indices."""
        if isinstance(a, int) and isinstance(b, int):
            return min(a, b)
        return self.call("i64", "llvm.smin.i64", ("i64", str(a)), ("i64", str(b)))

    # Blocks.

    def label(self, hint: str) -> str:
        """A new block's name."""
        self._count += 1
        return f"{hint}{self._count}"

    def place(self, label: str) -> None:
        """Begins a block, to which the one before falls through unless it has branched."""
        if not self._lines[-1].startswith(("br ", "ret ", "switch ")):
            self.line(f"br label %{label}")
        self._lines.append(f"{label}:")
        self._block = label

    @contextmanager
    def loop(
        self,
        start: str | int,
        stop: str | int,
        step: int = 1,
        carried: list[Val] | tuple[Val, ...] = (),
    ) -> Iterator[Loop]:
        """Emits its body for `start`, `start + step`, ... as long as these are below `stop`.

        Args:
          start: the first index.
          stop: what the index stays below.
          step: a positive number.
          carried: values that the body may replace by setting `loop.next`.
        """
        head, body, done = self.label("head"), self.label("body"), self.label("done")
        before = self._block
        self.line(f"br label %{head}")
        self._lines.append(f"{head}:")
        self._block = head
        index = self.fresh()
        phi_at = len(self._lines)
        self._lines.append("")
        phis = []
        for value in carried:
            phis.append(Val(self.fresh(), value.dtype, value.lanes))
            self._lines.append("")
        test = self.op(f"icmp slt i64 {index}, {stop}")
        self.line(f"br i1 {test}, label %{body}, label %{done}")
        self._lines.append(f"{body}:")
        self._block = body
        loop = Loop(index, phis)
        yield loop
        following = self.op(f"add i64 {index}, {step}")
        last = self._block
        self.line(f"br label %{head}")
        self._lines[phi_at] = f"{index} = phi i64 [{start}, %{before}], [{following}, %{last}]"
        for i, (old, phi, new) in enumerate(zip(carried, phis, loop.next, strict=True)):
            self._lines[phi_at + 1 + i] = (
                f"{phi.text} = phi {phi.type} [{old.text}, %{before}], [{new.text}, %{last}]"
            )
        self._lines.append(f"{done}:")
        self._block = done
        loop.results = phis

    @contextmanager
    def when(self, condition: str, values: list[Val] | tuple[Val, ...] = ()) -> Iterator[Branch]:
        """Emits its body to run only where the `i1` holds.

        Args:
          condition: the `i1`.
          values: what the body may replace by setting `branch.values`; read `branch.results` after.
        """
        then, done = self.label("then"), self.label("done")
        before = self._block
        self.line(f"br i1 {condition}, label %{then}, label %{done}")
        self._lines.append(f"{then}:")
        self._block = then
        branch = Branch(list(values))
        yield branch
        last = self._block
        self.line(f"br label %{done}")
        self._lines.append(f"{done}:")
        self._block = done
        for old, new in zip(values, branch.values, strict=True):
            text = self.op(f"phi {old.type} [{old.text}, %{before}], [{new.text}, %{last}]")
            branch.results.append(Val(text, old.dtype, old.lanes))

    # Memory. `size` bytes an element; bool is one byte in memory and one bit in a register.

    def argument(self, place: int) -> str:
        """The pointer that operand number `place` of the kernel is at."""
        at = self.op(f"getelementptr ptr, ptr %args, i64 {place}")
        return self.op(f"load ptr, ptr {at}")

    def offset(self, pointer: str, elements: str | int, dtype: DType) -> str:
        """The address of an element."""
        if elements == 0:
            return pointer
        return self.op(f"getelementptr {memory_type(dtype)}, ptr {pointer}, i64 {elements}")

    def load(
        self,
        pointer: str,
        dtype: DType,
        lanes: int = 1,
        mask: str | None = None,
        align: int | None = None,
    ) -> Val:
        """The elements at an address; 16-bit floats become float32, bool becomes bits.

        Args:
          pointer: the address.
          dtype: what is stored there.
          lanes: how many consecutive elements.
          mask: `<lanes x i1>` of those to read; others are zero.
          align: bytes that the address is a multiple of; that of an element by default.
        """
        one = memory_type(dtype)
        kind = vector_of(one, lanes)
        aligned = align or dtype.size
        if mask is None or lanes == 1:
            text = self.op(f"load {kind}, ptr {pointer}, align {aligned}")
        else:
            function = f"llvm.masked.load.{suffix(one, lanes)}.p0"
            self.declare(f"declare {kind} @{function}(ptr, <{lanes} x i1>, {kind})")
            text = self.op(
                f"call {kind} @{function}(ptr align {aligned} {pointer}, <{lanes} x i1> {mask}, "
                f"{kind} zeroinitializer)"
            )
        return self.from_memory(text, dtype, lanes)

    def store(
        self,
        value: Val,
        pointer: str,
        dtype: DType,
        mask: str | None = None,
        align: int | None = None,
    ) -> None:
        """Writes elements to an address; see `load`."""
        lanes = value.lanes
        if mask is not None and mask.startswith("<i1 true, i1 false"):
            # One lane alone: LLVM writes four bytes for one that was narrowed to two.
            value, lanes, mask = self.extract(value, 0), 1, None
        text = self.to_memory(value, dtype)
        one = memory_type(dtype)
        kind = vector_of(one, lanes)
        aligned = align or dtype.size
        if mask is None or lanes == 1:
            self.line(f"store {kind} {text}, ptr {pointer}, align {aligned}")
            return
        function = f"llvm.masked.store.{suffix(one, lanes)}.p0"
        self.declare(f"declare void @{function}({kind}, ptr, <{lanes} x i1>)")
        self.line(
            f"call void @{function}({kind} {text}, ptr align {aligned} {pointer}, "
            f"<{lanes} x i1> {mask})"
        )

    def from_memory(self, text: str, dtype: DType, lanes: int) -> Val:
        """The register form of what was loaded."""
        if dtype.is_bool:
            zero = "0" if lanes == 1 else "zeroinitializer"
            return Val(self.op(f"icmp ne {vector_of('i8', lanes)} {text}, {zero}"), dtype, lanes)
        if working(dtype) is dtype:
            return Val(text, dtype, lanes)
        if dtype.name != "bfloat16" and not self._converts_half:
            return self._half_to_float(text, lanes)
        i16, single = vector_of("i16", lanes), vector_of("float", lanes)
        if dtype.name == "bfloat16":
            i32 = vector_of("i32", lanes)
            bits = self.op(f"zext {i16} {text} to {i32}")
            bits = self.op(f"shl {i32} {bits}, {i32s(16, lanes)}")
            return Val(self.op(f"bitcast {i32} {bits} to {single}"), float32, lanes)
        half = vector_of("half", lanes)
        text = self.op(f"bitcast {i16} {text} to {half}")
        return Val(self.op(f"fpext {half} {text} to {single}"), float32, lanes)

    def to_memory(self, value: Val, dtype: DType) -> str:
        """The memory form of a value, to be stored as `dtype`."""
        lanes = value.lanes
        if dtype.is_bool:
            return self.op(f"zext {value.type} {value.text} to {vector_of('i8', lanes)}")
        if working(dtype) is dtype or value.dtype is not float32:
            return value.text
        if dtype.name == "bfloat16":
            return self.bfloat16_bits(value)
        if not self._converts_half:
            return self._half_bits(value)
        half = vector_of("half", lanes)
        text = self.op(f"fptrunc {value.type} {value.text} to {half}")
        return self.op(f"bitcast {half} {text} to {vector_of('i16', lanes)}")

    @property
    def _converts_half(self) -> bool:
        """Whether the CPU knows float16; else LLVM would call a library that isn't there."""
        return "+f16c" in self.target.features or self.target.triple.startswith(
            ("aarch64", "arm64")
        )

    def _half_to_float(self, text: str, lanes: int) -> Val:
        """The float32 of a float16's bits."""
        i16, i32 = vector_of("i16", lanes), vector_of("i32", lanes)
        kind, i1 = vector_type(float32, lanes), vector_of("i1", lanes)

        bits = self.op(f"zext {i16} {text} to {i32}")
        sign = self.op(
            f"shl {i32} {self.op(f'and {i32} {bits}, {i32s(0x8000, lanes)}')}, {i32s(16, lanes)}"
        )
        size = self.op(
            f"shl {i32} {self.op(f'and {i32} {bits}, {i32s(0x7FFF, lanes)}')}, {i32s(13, lanes)}"
        )
        # The exponent's bias differs by 112; a product puts subnormal numbers right as well.
        number = self.op(f"bitcast {i32} {size} to {kind}")
        scale = splat_text("float", literal(2.0**112, float32), lanes)
        number = self.op(f"fmul {kind} {number}, {scale}")
        number = self.op(f"bitcast {kind} {number} to {i32}")
        special = self.op(f"icmp sgt {i32} {size}, {i32s(0x0F7FFFFF, lanes)}")
        infinite = self.op(f"or {i32} {number}, {i32s(0x7F800000, lanes)}")
        number = self.op(f"select {i1} {special}, {i32} {infinite}, {i32} {number}")
        number = self.op(f"or {i32} {number}, {sign}")
        return Val(self.op(f"bitcast {i32} {number} to {kind}"), float32, lanes)

    def _half_bits(self, value: Val) -> str:
        """float32 rounded to the nearest float16, halves to even, as 16-bit integers."""
        lanes = value.lanes
        i16, i32 = vector_of("i16", lanes), vector_of("i32", lanes)
        kind, i1 = vector_type(float32, lanes), vector_of("i1", lanes)

        def choose(condition: str, yes: str, no: str) -> str:
            test = self.op(f"icmp {condition}")
            return self.op(f"select {i1} {test}, {i32} {yes}, {i32} {no}")

        bits = self.op(f"bitcast {kind} {value.text} to {i32}")
        size = self.op(f"and {i32} {bits}, {i32s(0x7FFFFFFF, lanes)}")
        odd = self.op(
            f"and {i32} {self.op(f'lshr {i32} {size}, {i32s(13, lanes)}')}, {i32s(1, lanes)}"
        )
        normal = self.op(f"add {i32} {size}, {self.op(f'add {i32} {odd}, {i32s(0xFFF, lanes)}')}")
        normal = self.op(f"lshr {i32} {normal}, {i32s(13, lanes)}")
        normal = self.op(f"sub {i32} {normal}, {i32s(112 << 10, lanes)}")
        # The last bit of 0.5 is worth a float16's smallest step: adding it rounds to steps.
        half = splat_text("float", literal(0.5, float32), lanes)
        small = self.op(f"bitcast {i32} {size} to {kind}")
        small = self.op(f"bitcast {kind} {self.op(f'fadd {kind} {small}, {half}')} to {i32}")
        small = self.op(f"sub {i32} {small}, {i32s(0x3F000000, lanes)}")
        found = choose(f"slt {i32} {size}, {i32s(0x38800000, lanes)}", small, normal)
        found = choose(f"sgt {i32} {size}, {i32s(0x477FEFFF, lanes)}", i32s(0x7C00, lanes), found)
        found = choose(f"sgt {i32} {size}, {i32s(0x7F800000, lanes)}", i32s(0x7E00, lanes), found)
        sign = self.op(
            f"and {i32} {self.op(f'lshr {i32} {bits}, {i32s(16, lanes)}')}, {i32s(0x8000, lanes)}"
        )
        return self.op(f"trunc {i32} {self.op(f'or {i32} {found}, {sign}')} to {i16}")

    def bfloat16_bits(self, value: Val) -> str:
        """float32 rounded to the nearest bfloat16, halves to even, as 16-bit integers."""
        lanes = value.lanes
        kind = vector_type(float32, lanes)
        i16, i32 = vector_of("i16", lanes), vector_of("i32", lanes)

        bits = self.op(f"bitcast {kind} {value.text} to {i32}")
        odd = self.op(
            f"and {i32} {self.op(f'lshr {i32} {bits}, {i32s(16, lanes)}')}, {i32s(1, lanes)}"
        )
        rounded = self.op(f"add {i32} {bits}, {self.op(f'add {i32} {odd}, {i32s(0x7FFF, lanes)}')}")
        nan = self.op(f"fcmp uno {kind} {value.text}, {value.text}")
        quiet = self.op(f"or {i32} {bits}, {i32s(0x400000, lanes)}")
        i1 = vector_of("i1", lanes)
        chosen = self.op(f"select {i1} {nan}, {i32} {quiet}, {i32} {rounded}")
        high = self.op(f"lshr {i32} {chosen}, {i32s(16, lanes)}")
        return self.op(f"trunc {i32} {high} to {i16}")

    # Vectors.

    def const(self, value: Any, dtype: DType, lanes: int = 1) -> Val:
        """A constant, the same in all lanes."""
        return Val(splat_text(scalar_type(dtype), literal(value, dtype), lanes), dtype, lanes)

    def splat(self, value: Val, lanes: int) -> Val:
        """A vector of copies of a scalar."""
        if lanes == value.lanes:
            return value
        kind, one = vector_type(value.dtype, lanes), scalar_type(value.dtype)
        if not value.text.startswith("%"):
            return Val(splat_text(one, value.text, lanes), value.dtype, lanes)
        first = self.op(f"insertelement {kind} poison, {one} {value.text}, i64 0")
        zeros = f"<{lanes} x i32> zeroinitializer"
        made = self.op(f"shufflevector {kind} {first}, {kind} poison, {zeros}")
        return Val(made, value.dtype, lanes)

    def first_lanes(self, count: str | int, lanes: int) -> str:
        """A mask of the first `count` lanes."""
        if isinstance(count, int):
            bits = ", ".join(f"i1 {'true' if i < count else 'false'}" for i in range(lanes))
            return f"<{bits}>"
        narrow = self.op(f"trunc i64 {count} to i32")
        limit = self.op(f"insertelement <{lanes} x i32> poison, i32 {narrow}, i64 0")
        zeros = f"<{lanes} x i32> zeroinitializer"
        limits = self.op(f"shufflevector <{lanes} x i32> {limit}, <{lanes} x i32> poison, {zeros}")
        places = ", ".join(f"i32 {i}" for i in range(lanes))
        return self.op(f"icmp slt <{lanes} x i32> <{places}>, {limits}")

    def extract(self, value: Val, lane: int) -> Val:
        """One element of a vector."""
        if value.lanes == 1:
            return value
        made = self.op(f"extractelement {value.type} {value.text}, i64 {lane}")
        return Val(made, value.dtype, 1)

    def half(self, value: Val, upper: bool) -> Val:
        """The lower or upper half of a vector."""
        lanes = value.lanes // 2
        places = ", ".join(f"i32 {i + lanes * upper}" for i in range(lanes))
        made = self.op(
            f"shufflevector {value.type} {value.text}, {value.type} poison, <{lanes} x i32> "
            f"<{places}>"
        )
        if lanes == 1:
            made = self.op(f"extractelement <1 x {scalar_type(value.dtype)}> {made}, i64 0")
        return Val(made, value.dtype, lanes)

    # The whole.

    def named(self, prefix: str) -> tuple[str, str]:
        """A name that says what the code is, and the module with the function under that name."""
        text = self.text()
        name = f"{prefix}_{hashlib.sha256(text.encode()).hexdigest()[:16]}"
        return name, text.replace(f"@{self.name}(", f"@{name}(", 1)

    def text(self) -> str:
        """The module: declarations and the function, closed by `ret`."""
        if not self._lines[-1].startswith(("br ", "ret ", "unreachable")):
            self.line("ret void")
        body = "\n".join(line if line.endswith(":") else f"  {line}" for line in self._lines)
        declared = "\n".join(self._declared)
        return f"{declared}\n\n{self._head}\n{body}\n}}\n\nattributes #0 = {ATTRIBUTES}\n"


ATTRIBUTES = '{ nounwind "no-builtins" "prefer-vector-width"="512" "frame-pointer"="none" }'


def memory_type(dtype: DType) -> str:
    """The LLVM type of one element in memory."""
    if dtype is bool_:
        return "i8"
    if working(dtype) is not dtype:
        return "i16"
    return scalar_type(dtype)


def suffix(one: str, lanes: int) -> str:
    """How the name of an intrinsic tells its type: `f32`, `v16f32`."""
    short = {"half": "f16", "float": "f32", "double": "f64"}.get(one, one)
    return short if lanes == 1 else f"v{lanes}{short}"


def i32s(number: int, lanes: int) -> str:
    """An integer of 32 bits in each lane."""
    return splat_text("i32", str(number), lanes)


def splat_text(one: str, text: str, lanes: int) -> str:
    """A literal in each lane."""
    return text if lanes == 1 else f"splat ({one} {text})"
