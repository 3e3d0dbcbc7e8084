"""Generated code for Philox4x32-10 streams, and for the numbers that are made of their words.

Source of the generator: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3"
(SC 2011). A vector holds one word of as many blocks as it has lanes.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from tapeflow.engine.backends.llvm import jit
from tapeflow.engine.backends.llvm.kernel import Kernel
from tapeflow.engine.backends.llvm.target import Target, host
from tapeflow.engine.backends.llvm.text import Code, literal, splat_text, vector_of
from tapeflow.engine.core.dtypes import DType, float32, float64, uint32, uint64

Array = np.ndarray[Any, Any]

WORDS, UNIFORM, NORMAL = "words", "uniform", "normal"
ROUNDS = 10
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
BUMPS = (0x9E3779B9, 0xBB67AE85)


class Formulas:
    """The constants of the logarithm, sine and cosine that normal numbers are made with.

    Attributes:
      origin: the bits of the float at which the sixteenths of the logarithm begin.
      reciprocals: float64 `[512]`, by the number of the sixteenth and five bits of the exponent.
      logarithms: float64 `[512]`, likewise.
      log: coefficients, that of the highest power first.
      sine: likewise.
      cosine: likewise.
      least: below it, the logarithm's argument is cut off.
    """

    def __init__(
        self, origin: int, reciprocals: Array, logarithms: Array, log: Sequence[float],
        sine: Sequence[float], cosine: Sequence[float], least: float,
    ) -> None:  # fmt: skip
        self.origin = origin
        self.reciprocals = np.ascontiguousarray(reciprocals, np.float64)
        self.logarithms = np.ascontiguousarray(logarithms, np.float64)
        self.log = tuple(log)
        self.sine = tuple(sine)
        self.cosine = tuple(cosine)
        self.least = least


class _Writer:
    """Writes vector instructions on values that are known by their text."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self.lanes = code.target.lanes(4)
        self.i1, self.i32, self.i64, self.float, self.double = (
            vector_of(one, self.lanes) for one in ("i1", "i32", "i64", "float", "double")
        )

    def number(self, value: int, one: str = "i32") -> str:
        """An integer in all lanes."""
        return splat_text(one, str(value), self.lanes)

    def real(self, value: float, dtype: DType = float64) -> str:
        """A floating number in all lanes."""
        one = "float" if dtype is float32 else "double"
        return splat_text(one, literal(value, dtype), self.lanes)

    def splat(self, text: str, one: str) -> str:
        """A scalar in all lanes."""
        if self.lanes == 1:
            return text
        kind = vector_of(one, self.lanes)
        first = self.code.op(f"insertelement {kind} poison, {one} {text}, i64 0")
        zeros = f"<{self.lanes} x i32> zeroinitializer"
        return self.code.op(f"shufflevector {kind} {first}, {kind} poison, {zeros}")

    def ints(self, name: str, x: str, y: str) -> str:
        """An operation on 32-bit words."""
        return self.code.op(f"{name} {self.i32} {x}, {y}")

    def doubles(self, name: str, x: str, y: str) -> str:
        """An operation on float64; none are contracted, as NumPy's are not."""
        return self.code.op(f"{name} {self.double} {x}, {y}")

    def halves(self, wide: str) -> tuple[str, str]:
        """The lower and upper words of 64-bit numbers."""
        low = self.code.op(f"trunc {self.i64} {wide} to {self.i32}")
        shifted = self.code.op(f"lshr {self.i64} {wide}, {self.number(32, 'i64')}")
        return low, self.code.op(f"trunc {self.i64} {shifted} to {self.i32}")

    def product(self, word: str, factor: int) -> tuple[str, str]:
        """The lower and upper words of a product."""
        wide = self.code.op(f"zext {self.i32} {word} to {self.i64}")
        return self.halves(self.code.op(f"mul {self.i64} {wide}, {self.number(factor, 'i64')}"))

    def widened(self, x: str) -> str:
        """float32 as float64."""
        return self.code.op(f"fpext {self.float} {x} to {self.double}")

    def narrowed(self, x: str) -> str:
        """float64 rounded to float32."""
        return self.code.op(f"fptrunc {self.double} {x} to {self.float}")

    def chosen(self, condition: str, x: str, y: str, kind: str) -> str:
        """`x` where the condition holds, else `y`."""
        return self.code.op(f"select {self.i1} {condition}, {kind} {x}, {kind} {y}")

    def block(self, low: str, high: str, keys: Sequence[str]) -> list[str]:
        """The four words of the blocks with these counters."""
        a, b = self.halves(low)
        c, d = self.halves(high)
        for k in range(ROUNDS):
            low0, high0 = self.product(a, MULTIPLIERS[0])
            low1, high1 = self.product(c, MULTIPLIERS[1])
            a = self.ints("xor", self.ints("xor", high1, b), keys[2 * k])
            c = self.ints("xor", self.ints("xor", high0, d), keys[2 * k + 1])
            b, d = low1, low0
        return [a, b, c, d]

    def unit(self, word: str) -> str:
        """float32 in [0, 1): the 23 lowest bits are the mantissa."""
        bits = self.ints(
            "or", self.ints("and", word, self.number(0x7FFFFF)), self.number(0x3F800000)
        )
        made = self.code.op(f"bitcast {self.i32} {bits} to {self.float}")
        return self.code.op(f"fsub {self.float} {made}, {self.real(1.0, float32)}")

    def looked_up(self, table: str, place: str) -> str:
        """float64 from a table."""
        name = f"llvm.masked.gather.v{self.lanes}f64.v{self.lanes}p0"
        wide = self.code.op(f"zext {self.i32} {place} to {self.i64}")
        pointers = vector_of("ptr", self.lanes)
        at = self.code.op(f"getelementptr double, ptr {table}, {self.i64} {wide}")
        return self.code.call(
            self.double, name, (pointers, at), (self.i1, splat_text("i1", "true", self.lanes)),
            (self.double, "poison"),
        )  # fmt: skip

    def polynomial(self, x: str, terms: Sequence[float]) -> str:
        """By Horner's scheme, the highest power first; the last step is an addition."""
        made = self.doubles("fmul", x, self.real(terms[0]))
        for term in terms[1:-1]:
            made = self.doubles("fmul", self.doubles("fadd", made, self.real(term)), x)
        return self.doubles("fadd", made, self.real(terms[-1]))

    def log(self, x: str, tables: Sequence[str], formulas: Formulas) -> str:
        """The natural logarithm of float32."""
        bits = self.code.op(f"bitcast {self.float} {x} to {self.i32}")
        origin = self.number(formulas.origin)
        offset = self.ints("sub", bits, origin)
        place = self.ints("and", self.ints("lshr", offset, self.number(19)), self.number(511))
        part = self.ints("add", self.ints("and", offset, self.number(0x7FFFFF)), origin)
        z = self.widened(self.code.op(f"bitcast {self.i32} {part} to {self.float}"))
        r = self.doubles("fmul", self.looked_up(tables[0], place), z)
        r = self.doubles("fsub", r, self.real(1.0))
        y = self.doubles("fmul", self.polynomial(r, formulas.log), r)
        y = self.doubles("fadd", self.doubles("fmul", y, r), r)
        return self.narrowed(self.doubles("fadd", y, self.looked_up(tables[1], place)))

    def sine_and_cosine(self, x: str, formulas: Formulas) -> tuple[str, str]:
        """Those of float32 in [0, 7)."""
        wide = self.widened(x)
        turns = self.doubles("fmul", wide, self.real(2 / np.pi))
        turns = self.doubles("fadd", turns, self.real(0.5))
        quadrant = self.code.op(f"fptoui {self.double} {turns} to {self.i32}")
        number = self.code.op(f"uitofp {self.i32} {quadrant} to {self.double}")
        r = self.doubles("fadd", self.doubles("fmul", number, self.real(-np.pi / 2)), wide)
        square = self.doubles("fmul", r, r)
        sine = self.doubles("fmul", self.polynomial(square, formulas.sine), square)
        sine = self.doubles("fadd", self.doubles("fmul", sine, r), r)
        cosine = self.doubles("fmul", self.polynomial(square, formulas.cosine), square)
        cosine = self.doubles("fadd", cosine, self.real(1.0))
        odd = self._bit(quadrant, 1)
        sines = self.narrowed(self.chosen(odd, cosine, sine, self.double))
        cosines = self.narrowed(self.chosen(odd, sine, cosine, self.double))
        following = self.ints("add", quadrant, self.number(1))
        return self._negated(sines, self._bit(quadrant, 2)), self._negated(
            cosines, self._bit(following, 2)
        )

    def _bit(self, x: str, bit: int) -> str:
        masked = self.ints("and", x, self.number(bit))
        return self.code.op(f"icmp ne {self.i32} {masked}, {self.number(0)}")

    def _negated(self, x: str, where: str) -> str:
        return self.chosen(where, self.code.op(f"fneg {self.float} {x}"), x, self.float)

    def normals(self, u: str, v: str, tables: Sequence[str], formulas: Formulas) -> list[str]:
        """Two normal numbers of two uniform ones, by Box and Muller's method."""
        least = self.real(formulas.least, float32)
        cut = self.code.op(f"fcmp ogt {self.float} {u}, {least}")
        radius = self.log(self.chosen(cut, u, least, self.float), tables, formulas)
        radius = self.code.op(f"fmul {self.float} {radius}, {self.real(-2.0, float32)}")
        root = f"llvm.sqrt.v{self.lanes}f32"
        radius = self.code.call(self.float, root, (self.float, radius))
        # The product is formed in float64 and rounded once.
        angle = self.narrowed(self.doubles("fmul", self.widened(v), self.real(2 * np.pi)))
        return [
            self.code.op(f"fmul {self.float} {value}, {radius}")
            for value in self.sine_and_cosine(angle, formulas)
        ]

    def interleaved(self, parts: Sequence[str], kind: str, one: str) -> str:
        """Four vectors as one that takes an element of each in turn."""
        n = self.lanes
        places = ", ".join(f"i32 {i}" for i in range(2 * n))
        both = [
            self.code.op(f"shufflevector {kind} {x}, {kind} {y}, <{2 * n} x i32> <{places}>")
            for x, y in (parts[:2], parts[2:])
        ]
        order = ", ".join(f"i32 {word * n + block}" for block in range(n) for word in range(4))
        return self.code.op(
            f"shufflevector <{2 * n} x {one}> {both[0]}, <{2 * n} x {one}> {both[1]}, "
            f"<{4 * n} x i32> <{order}>"
        )


def philox_kernel(target: Target, kind: str, scattered: bool, formulas: Formulas) -> Kernel:
    """The kernel that fills an array from a stream, as many blocks at a time as there are lanes.

    Its operands are the results, four for each block; uint64 `[2]`, the halves of the first
    block's counter; uint32 `[20]`, the keys of the rounds; then, if `scattered`, uint64 with how
    far each block is from the first; and for normal numbers both tables of the logarithm.

    Args:
      target: the CPU.
      kind: `WORDS`, or float32 numbers: `UNIFORM` in [0, 1), `NORMAL`.
      scattered: whether blocks do not follow each other.
      formulas: for normal numbers.
    """
    code = Code(target)
    w = _Writer(code)
    out, counter, round_keys = (code.argument(i) for i in range(3))
    offsets = code.argument(3) if scattered else ""
    tables = [code.argument(3 + scattered + i) for i in range(2)] if kind == NORMAL else []
    first = [code.load(code.offset(counter, i, uint64), uint64).text for i in range(2)]
    low, high = (w.splat(text, "i64") for text in first)
    keys = [
        w.splat(code.load(code.offset(round_keys, i, uint32), uint32).text, "i32")
        for i in range(2 * ROUNDS)
    ]
    steps = ", ".join(f"i64 {i}" for i in range(w.lanes))
    result = uint32 if kind == WORDS else float32
    with code.loop("%begin", "%end") as loop:
        start = code.mul(loop.index, w.lanes)
        if scattered:
            at = code.load(code.offset(offsets, start, uint64), uint64, w.lanes).text
        else:
            at = code.op(f"add {w.i64} {w.splat(str(start), 'i64')}, <{steps}>")
        lows = code.op(f"add {w.i64} {low}, {at}")
        wraps = code.op(f"icmp ult {w.i64} {lows}, {low}")
        highs = code.op(f"add {w.i64} {high}, {code.op(f'zext {w.i1} {wraps} to {w.i64}')}")
        made = w.block(lows, highs, keys)
        if kind != WORDS:
            made = [w.unit(word) for word in made]
        if kind == NORMAL:
            made = [x for i in (0, 2) for x in w.normals(made[i], made[i + 1], tables, formulas)]
        one = "i32" if kind == WORDS else "float"
        whole = w.interleaved(made, vector_of(one, w.lanes), one)
        place = code.offset(out, code.mul(start, 4), result)
        code.line(f"store <{4 * w.lanes} x {one}> {whole}, ptr {place}, align 4")
    name, text = code.named(f"philox_{kind}")
    return Kernel(name, text)


class Filler:
    """Fills arrays from streams with generated code, on the calling thread.

    Args:
      formulas: for normal numbers.
      target: the CPU; this machine's, if None.
    """

    def __init__(self, formulas: Formulas, target: Target | None = None) -> None:
        self._formulas = formulas
        self._target = target or host()
        self._lanes = self._target.lanes(4)
        self._function = functools.cache(self._compiled)

    def _compiled(self, kind: str, scattered: bool) -> Any:
        kernel = philox_kernel(self._target, kind, scattered, self._formulas)
        return jit.KERNEL_TYPE(jit.load(kernel.name, kernel.text, self._target))

    def __call__(
        self, kind: str, keys: Array, counter: int, count: int, offsets: Array | None = None
    ) -> Array:
        """What the blocks of a stream give.

        Args:
          kind: `WORDS`, `UNIFORM` or `NORMAL`.
          keys: those of the rounds, uint32 `[20]`.
          counter: that of the first block, 128 bits.
          count: number of blocks.
          offsets: uint64 `[count]`, how far each is from the first; by default they follow it.

        Returns:
          uint32 or float32 `[4 * count]`.
        """
        whole = -(-count // self._lanes) * self._lanes
        out = np.empty(4 * whole, np.uint32 if kind == WORDS else np.float32)
        halves = np.array([counter & 2**64 - 1, counter >> 64], np.uint64)
        operands: list[Array] = [out, halves, np.ascontiguousarray(keys, np.uint32)]
        if offsets is not None:
            padded = np.zeros(whole, np.uint64)
            padded[:count] = offsets
            operands.append(padded)
        if kind == NORMAL:
            operands += [self._formulas.reciprocals, self._formulas.logarithms]
        pointers = np.array([a.ctypes.data for a in operands], np.uint64)
        function = self._function(kind, offsets is not None)
        function(pointers.ctypes.data, 0, whole // self._lanes, None)
        return out[: 4 * count]
