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
    x, y = code.argument(0), code.argument(1)
    builder = VectorBuilder(code)
    function = builder.add if combine == "add" else builder.mul
    wide = working(dtype)
    # Of what is added, -0 alone changes nothing, not even another -0.
    neutral = 1 if combine != "add" else -0.0 if dtype.is_floating else 0
    start = 0 if combine == "add" else 1

    def place(k: str | int) -> str | int:
        if not reverse:
            return code.mul(k, inner)
        if isinstance(k, int):
            return (length - 1 - k) * inner
        return code.mul(code.op(f"sub i64 {length - 1}, {k}"), inner)

    def along(first: str | int, pieces: list[Piece]) -> None:
        """Scans pieces of the columns from element `first` on."""
        source, target_ = code.offset(x, first, dtype), code.offset(y, first, dtype)

        def address(base: str, k: str | int, offset: int) -> str:
            return code.offset(base, code.add(place(k), offset), dtype)

        if exclusive:
            for offset, lanes, mask in pieces:
                code.store(code.const(start, wide, lanes), address(target_, 0, offset), dtype, mask)
        totals = [code.const(neutral, wide, lanes) for _, lanes, _ in pieces]
        with code.loop(0, length - exclusive, carried=totals) as loop:
            after = code.add(loop.index, 1) if exclusive else loop.index
            following: list[Val] = []
            for (offset, lanes, mask), total in zip(pieces, loop.values, strict=True):
                value = code.load(address(source, loop.index, offset), dtype, lanes, mask)
                total = builder.round_to(function(total, value), dtype)
                code.store(total, address(target_, after, offset), dtype, mask)
                following.append(total)
            loop.next = following

    if inner == 1:
        lines = max(1, CHUNK // length)
        chunks = -(-outer // lines)
        with code.loop("%begin", "%end") as chunk:
            low = code.mul(chunk.index, lines)
            with code.loop(low, code.minimum(code.add(low, lines), outer)) as line:
                along(code.mul(line.index, length), [(0, 1, None)])
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
                    along(code.add(first, at), whole)
            if rest:
                with code.when(code.op(f"icmp sgt i64 {code.add(at, width)}, {inner}")):
                    along(code.add(first, at), rest)
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


def _pieces(code: Code, columns: int, lanes: int) -> list[Piece]:
    """Vectors that cover so many columns; the last one may be masked."""
    found: list[Piece] = [(at, lanes, None) for at in range(0, columns - lanes + 1, lanes)]
    rest = columns % lanes
    if rest == 1:
        found.append((columns - 1, 1, None))
    elif rest:
        found.append((columns - rest, lanes, code.first_lanes(rest, lanes)))
    return found
