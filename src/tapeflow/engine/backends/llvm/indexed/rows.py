"""Combines rows of an array with others, at places that data say."""

from __future__ import annotations

from tapeflow.engine.backends.llvm.kernel import Kernel
from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.backends.llvm.text import Code, Val
from tapeflow.engine.backends.llvm.vector_builder import VectorBuilder
from tapeflow.engine.core.dtypes import DType

PARTS = 4
"""Each chunk combines some rows of the array, in their order, and looks at all indices for them.

Chunks by columns were slower: several threads then read each row and write to each page.
"""

WORTH_THREADS = 1 << 18
"""Elements from which on several threads are faster."""

LEAST_COLUMNS = 64
"""With fewer, looking at all indices costs more than a second thread gains."""


def scatter_rows(
    target: Target, lines: int, count: int, columns: int, dtype: DType, index: DType, combine: str
) -> Kernel:
    """The kernel for `whole[indices[i]] = combine(whole[indices[i]], rows[i])`, `i` ascending.

    Its operands are the array `[lines, columns]`, the indices `[count]`, which are in range or
    negative, and the rows `[count, columns]`; a row with a negative index is dropped.

    Args:
      target: the CPU.
      lines: how many rows the array has.
      count: how many rows it is combined with.
      columns: elements of a row.
      dtype: of the array and the rows.
      index: of the indices: signed integers.
      combine: update, add, sub, mul, div, max or min; the last two keep what is there where either
        is NaN.
    """
    code = Code(target)
    whole, indices, rows = (code.argument(i) for i in range(3))
    builder = VectorBuilder(code)
    lanes = target.lanes(max(4, dtype.size))
    size = count * columns
    worth = size >= WORTH_THREADS and columns >= LEAST_COLUMNS
    parts = min(PARTS, lines) if worth else 1
    span = -(-lines // parts)

    def piece(line: str, source: str, at: str | int, width: int, mask: str | None) -> None:
        place = code.offset(line, at, dtype)
        new = code.load(code.offset(source, at, dtype), dtype, width, mask)
        if combine != "update":
            new = _combined(builder, combine, code.load(place, dtype, width, mask), new)
        code.store(new, place, dtype, mask)

    def row(line: str, source: str) -> None:
        full = columns // lanes * lanes
        if full:
            with code.loop(0, full, lanes) as inner:
                piece(line, source, inner.index, lanes, None)
        if columns - full == 1:
            piece(line, source, full, 1, None)
        elif columns > full:
            piece(line, source, full, lanes, code.first_lanes(columns - full, lanes))

    with code.loop("%begin", "%end") as chunk:
        first = 0 if parts == 1 else code.mul(chunk.index, span)
        with code.loop(0, count) as loop:
            where = code.load(code.offset(indices, loop.index, index), index)
            text: str = where.text
            if index.size < 8:
                text = code.op(f"sext {where.type} {text} to i64")
            # As a number without sign, a negative one is beyond all.
            mine = text if first == 0 else code.op(f"sub i64 {text}, {first}")
            with code.when(code.op(f"icmp ult i64 {mine}, {span}")):
                line = code.offset(whole, code.mul(text, columns), dtype)
                source = code.offset(rows, code.mul(loop.index, columns), dtype)
                row(line, source)
    name, text = code.named("scatter")
    return Kernel(
        name,
        text,
        parts,
        flops=0 if combine == "update" else size,
        bytes=3 * size * dtype.size + count * index.size,
        fused=f"ScatterRows ({combine})",
        parallel=parts > 1,
    )


def _combined(builder: VectorBuilder, combine: str, old: Val, new: Val) -> Val:
    if combine == "max":
        return builder.select(builder.lt(old, new), new, old)
    if combine == "min":
        return builder.select(builder.lt(new, old), new, old)
    function = {
        "add": builder.add, "sub": builder.sub, "mul": builder.mul, "div": builder.div,
    }[combine]  # fmt: skip
    return function(old, new)
