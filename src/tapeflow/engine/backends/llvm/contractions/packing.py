"""Copies factors into the order in which the tiles read them, and widens 16-bit floats."""

from __future__ import annotations

from tapeflow.engine.backends.llvm.contractions.epilogues import Index
from tapeflow.engine.backends.llvm.text import Code, Val
from tapeflow.engine.core.dtypes import DType


def pack_rows(
    code: Code,
    source: str,
    stride: int,
    rows: Index,
    target: str,
    target_stride: int,
    widths: list[tuple[int, str | None]],
    lanes: int,
    dtype: DType,
    wide: DType,
) -> None:
    """Copies pieces of rows, in order; whole vectors are written, over what comes behind.

    Args:
      code: where to write.
      source: the first piece's address.
      stride: elements between pieces.
      rows: how many pieces.
      target: where to copy them.
      target_stride: elements between pieces there.
      widths: for each vector of a piece its place and its mask.
      lanes: elements a vector.
      dtype: what is stored at the source.
      wide: what is stored at the target.
    """
    with code.loop(0, rows) as loop:
        here = code.offset(source, code.mul(loop.index, stride), dtype)
        there = code.offset(target, code.mul(loop.index, target_stride), wide)
        for place, mask in widths:
            value = code.load(code.offset(here, place, dtype), dtype, lanes, mask)
            code.store(value, code.offset(there, place, wide), wide)


def copy(
    code: Code, source: str, count: Index, target: str, lanes: int, dtype: DType, wide: DType
) -> None:
    """Copies elements.

    Args:
      code: where to write.
      source: their address.
      count: how many.
      target: where to copy them.
      lanes: elements a vector.
      dtype: what is stored at the source.
      wide: what is stored at the target.
    """
    whole = code.op(f"and i64 {count}, {-lanes}")
    for start, stop, step in ((0, whole, lanes), (whole, count, 1)):
        with code.loop(start, stop, step) as at:
            value = code.load(code.offset(source, at.index, dtype), dtype, step)
            code.store(value, code.offset(target, at.index, wide), wide)


def pack_transposed(
    code: Code,
    source: str,
    stride: int,
    columns: Index,
    k: Index,
    target: str,
    target_stride: int,
    lanes: int,
    dtype: DType,
    wide: DType,
) -> None:
    """Copies a panel whose columns are rows in memory.

    Args:
      code: where to write.
      source: the address of the first column's first element.
      stride: elements from column to column.
      columns: how many there are; those that a vector has beyond get copies of the last one.
      k: elements a column.
      target: where to copy them.
      target_stride: elements from row to row there.
      lanes: elements a vector.
      dtype: what is stored at the source.
      wide: what is stored at the target.
    """
    piece = min(lanes, 2 if wide.size == 8 else 4)
    if isinstance(k, int):
        whole: Index = k // piece * piece
    else:
        whole = code.op(f"and i64 {k}, {-piece}")
    last = columns - 1 if isinstance(columns, int) else code.op(f"sub i64 {columns}, 1")
    # Two pieces side by side: wider vectors would take twice the code for the same speed.
    lanes = min(lanes, 2 * piece)
    even = isinstance(columns, int) and columns % lanes == 0
    with code.loop(0, columns, lanes) as loop:
        there = code.offset(target, loop.index, wide)

        def column(lane: Index) -> str:
            at = code.add(loop.index, lane)
            at = at if even else code.minimum(at, last)
            return code.offset(source, code.mul(at, stride), dtype)

        starts = [column(lane) for lane in range(lanes)]
        if whole != 0:
            with code.loop(0, whole, piece) as steps:
                pieces = [
                    code.load(code.offset(start, steps.index, dtype), dtype, piece)
                    for start in starts
                ]
                gathered = [_joined(code, pieces[r::piece]) for r in range(piece)]
                for r, value in enumerate(_turned(code, gathered)):
                    row = code.mul(code.add(steps.index, r), target_stride)
                    code.store(value, code.offset(there, row, wide), wide)
        if whole != k:
            with code.loop(whole, k) as steps:
                row = code.offset(there, code.mul(steps.index, target_stride), wide)
                with code.loop(0, lanes) as lane:
                    value = code.load(code.offset(column(lane.index), steps.index, dtype), dtype)
                    code.store(value, code.offset(row, lane.index, wide), wide)


def _joined(code: Code, parts: list[Val]) -> Val:
    """Vectors, one behind the other, as one: pairs, then pairs of those."""
    while len(parts) > 1:
        lanes = parts[0].lanes
        places = list(range(2 * lanes))
        parts = [
            _shuffled(code, a, b, places) for a, b in zip(parts[::2], parts[1::2], strict=True)
        ]
    return parts[0]


def _turned(code: Code, rows: list[Val]) -> list[Val]:
    """Transposes the squares that lie side by side in as many vectors as a square has rows.

    By interleaving, which is one instruction each: rows 0 and 1, 2 and 3, element by element; then
    of these pairs by pairs of elements.
    """
    size, lanes = len(rows), rows[0].lanes
    width = 1
    while width < size:
        turned = []
        for first in range(0, size, 2 * width):
            for r in range(first, first + width):
                a, b = rows[r], rows[r + width]
                for start in (0, size // 2):
                    places = []
                    for group in range(0, lanes, size):
                        for unit in range(group + start, group + start + size // 2, width):
                            places += [*range(unit, unit + width)]
                            places += [*range(lanes + unit, lanes + unit + width)]
                    turned.append(_shuffled(code, a, b, places))
        rows = turned
        width *= 2
    return rows


def _shuffled(code: Code, a: Val, b: Val, places: list[int]) -> Val:
    mask = ", ".join(f"i32 {i}" for i in places)
    made = code.op(
        f"shufflevector {a.type} {a.text}, {b.type} {b.text}, <{len(places)} x i32> <{mask}>"
    )
    return Val(made, a.dtype, len(places))
