"""Cumulative sums and products along an axis."""

from __future__ import annotations

from tapeflow.engine.backends.llvm.kernel import Kernel
from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.backends.llvm.text import Code, Val, working
from tapeflow.engine.backends.llvm.vector_builder import VectorBuilder
from tapeflow.engine.core.dtypes import DType

CHUNK = 1 << 14
"""About how many elements a chunk has, where rows are scanned."""

VECTORS = 4
"""So many vectors of columns are scanned side by side."""

WORTH_THREADS = 1 << 16
"""Elements from which on several threads are faster."""


Piece = tuple[int, int, str | None]
"""Columns from an offset on: how many, and which of them count."""


def scan(
    target: Target,
    shape: tuple[int, int, int],
    dtype: DType,
    combine: str,
    exclusive: bool,
    reverse: bool,
) -> Kernel:
    """The kernel that combines elements along the middle axis, each with all before it.

    Its operands are what is combined, and the result. Elements are combined one after the other,
    as NumPy does it, and 16-bit floats are rounded after each.

    Args:
      target: the CPU.
      shape: of both; the middle axis is scanned.
      dtype: integers and floats.
      combine: "add" or "multiply".
      exclusive: whether an element's result leaves out the element itself.
      reverse: whether to go from the last to the first.
    """
    outer, length, inner = shape
    code = Code(target)
    lines = _Lines(code, shape, dtype, combine, exclusive, reverse)
    if inner == 1:
        count = max(1, CHUNK // length)
        chunks = -(-outer // count)
        with code.loop("%begin", "%end") as chunk:
            low = code.mul(chunk.index, count)
            with code.loop(low, code.minimum(code.add(low, count), outer)) as line:
                lines.scan(code.mul(line.index, length), [(0, 1, None)])
    else:
        lanes = target.lanes(max(4, dtype.size))
        width = lanes * VECTORS
        blocks = -(-inner // width)
        chunks = outer * blocks
        whole: list[Piece] = [(i * lanes, lanes, None) for i in range(VECTORS)]
        rest = _pieces(code, inner % width, lanes)
        with code.loop("%begin", "%end") as chunk:
            number, block = code.divmod(chunk.index, blocks)
            first = code.mul(number, length * inner)
            at = code.mul(block, width)
            if inner >= width:
                with code.when(code.op(f"icmp sle i64 {code.add(at, width)}, {inner}")):
                    lines.scan(code.add(first, at), whole)
            if rest:
                with code.when(code.op(f"icmp sgt i64 {code.add(at, width)}, {inner}")):
                    lines.scan(code.add(first, at), rest)
    name, text = code.named("scan")
    size = outer * length * inner
    return Kernel(
        name,
        text,
        chunks,
        flops=size,
        bytes=2 * size * dtype.size,
        fused="Cumsum" if combine == "add" else "Cumprod",
        parallel=chunks > 1 and size >= WORTH_THREADS,
    )


class _Lines:
    """Scans lines of elements; see `scan` for the arguments."""

    def __init__(
        self,
        code: Code,
        shape: tuple[int, int, int],
        dtype: DType,
        combine: str,
        exclusive: bool,
        reverse: bool,
    ) -> None:
        self._code, self._dtype, self._exclusive, self._reverse = code, dtype, exclusive, reverse
        self._x, self._y = code.argument(0), code.argument(1)
        self._builder = VectorBuilder(code)
        self._combined = self._builder.add if combine == "add" else self._builder.mul
        _, self._length, self._apart = shape
        # Of what is added, -0 alone changes nothing, not even another -0.
        self._neutral = 1 if combine != "add" else -0.0 if dtype.is_floating else 0
        self._first = 0 if combine == "add" else 1

    def _address(self, line: str, k: str | int, offset: int) -> str:
        """Where column `offset` of element `k` is, of lines that begin at an address."""
        code, last = self._code, self._length - 1
        if self._reverse:
            k = last - k if isinstance(k, int) else code.op(f"sub i64 {last}, {k}")
        return code.offset(line, code.add(code.mul(k, self._apart), offset), self._dtype)

    def scan(self, first: str | int, pieces: list[Piece]) -> None:
        """Scans pieces of the columns from element `first` on."""
        code, dtype, wide = self._code, self._dtype, working(self._dtype)
        source, result = code.offset(self._x, first, dtype), code.offset(self._y, first, dtype)
        if self._exclusive:
            for offset, lanes, mask in pieces:
                value = code.const(self._first, wide, lanes)
                code.store(value, self._address(result, 0, offset), dtype, mask)
        totals = [code.const(self._neutral, wide, lanes) for _, lanes, _ in pieces]
        with code.loop(0, self._length - self._exclusive, carried=totals) as loop:
            after = code.add(loop.index, 1) if self._exclusive else loop.index
            following: list[Val] = []
            for (offset, lanes, mask), total in zip(pieces, loop.values, strict=True):
                at = self._address(source, loop.index, offset)
                value = code.load(at, dtype, lanes, mask)
                total = self._builder.round_to(self._combined(total, value), dtype)
                code.store(total, self._address(result, after, offset), dtype, mask)
                following.append(total)
            loop.next = following


def _pieces(code: Code, columns: int, lanes: int) -> list[Piece]:
    """Vectors that cover so many columns; the last one may be masked."""
    found: list[Piece] = [(at, lanes, None) for at in range(0, columns - lanes + 1, lanes)]
    rest = columns % lanes
    if rest == 1:
        found.append((columns - 1, 1, None))
    elif rest:
        found.append((columns - rest, lanes, code.first_lanes(rest, lanes)))
    return found
