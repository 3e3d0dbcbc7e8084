"""Combines rows of an array with others, at places that data say."""

from __future__ import annotations

import hashlib

from tapeflow.engine.backends.llvm.kernel import Kernel
from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.backends.llvm.text import Code, Val
from tapeflow.engine.backends.llvm.vector_builder import VectorBuilder
from tapeflow.engine.core.dtypes import DType

BLOCK = 1024
"""Columns of a chunk: rows are combined in their order, so threads share columns, not rows."""

WORTH_THREADS = 1 << 18


def scatter_rows(
    target: Target, count: int, columns: int, dtype: DType, index: DType, combine: str
) -> Kernel:
    """The kernel for `whole[indices[i]] = combine(whole[indices[i]], rows[i])`, `i` ascending.

    Its operands are the array `[any, columns]`, the indices `[count]`, which are in range or
    negative, and the rows `[count, columns]`; a row with a negative index is dropped.

    Args:
      target: the CPU.
      count: how many rows.
      columns: elements of a row.
      dtype: of the array and the rows: integers, float32, float64.
      index: of the indices: int32 or int64.
      combine: "add", "sub" or "update".
    """
    code = Code(target, "NAME")
    whole, indices, rows = (code.argument(i) for i in range(3))
    builder = VectorBuilder(code)
    lanes = target.lanes(max(4, dtype.size))
    blocks = -(-columns // BLOCK)

    def part(line: str, source: str, at: str | int, width: int, mask: str | None) -> None:
        place = code.offset(line, at, dtype)
        new = code.load(code.offset(source, at, dtype), dtype, width, mask)
        if combine != "update":
            old = code.load(place, dtype, width, mask)
            new = (builder.add if combine == "add" else builder.sub)(old, new)
        code.store(new, place, dtype, mask)

    with code.loop("%begin", "%end") as chunk:
        low = code.mul(chunk.index, BLOCK)
        high = code.minimum(code.add(low, BLOCK), columns)
        with code.loop(0, count) as loop:
            where: Val = code.load(code.offset(indices, loop.index, index), index)
            text = where.text
            if index.size < 8:
                text = code.op(f"sext {where.type} {text} to i64")
            with code.when(code.op(f"icmp sge i64 {text}, 0")):
                line = code.offset(whole, code.mul(text, columns), dtype)
                source = code.offset(rows, code.mul(loop.index, columns), dtype)
                full = columns // lanes * lanes
                with code.loop(low, code.minimum(high, full), lanes) as inner:
                    part(line, source, inner.index, lanes, None)
                if full < columns:
                    # What is left of a row belongs to the last chunk.
                    with code.when(code.op(f"icmp eq i64 {high}, {columns}")):
                        part(line, source, full, lanes, code.first_lanes(columns - full, lanes))
    text = code.text()
    name = "scatter_" + hashlib.sha256(text.encode()).hexdigest()[:16]
    size = count * columns
    return Kernel(
        name,
        text.replace("@NAME(", f"@{name}("),
        blocks,
        flops=0 if combine == "update" else size,
        bytes=3 * size * dtype.size + count * index.size,
        fused=f"ScatterRows ({combine})",
        parallel=blocks > 1 and size >= WORTH_THREADS,
    )
