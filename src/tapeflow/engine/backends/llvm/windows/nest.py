"""Sums of products over nested loops, blocked in registers: what all convolutions come down to.

A result `[row, column]` is the sum over some levels of loops of `a * b`. Rows are positions along
several axes, each with its own step through `a`; columns are neighbours in `b` (and in `a`, for
depthwise convolution). A tile of rows by a panel of columns is held in registers while the levels
run. A forward convolution has pixels as rows and places of the window as levels; the gradient for
the filter has it the other way around.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from tapeflow.engine.backends.llvm.contractions.sums import multiply_add
from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.backends.llvm.text import Code, Val, working
from tapeflow.engine.core.dtypes import DType

Index = str | int


class Axis(NamedTuple):
    """A range of a loop, with what one step of it means for two operands.

    Attributes:
      size: how many steps; the name of a value where it is known only at run time.
      a: elements by which the first operand's address moves.
      b: elements by which the other one does: of `b` for a level, the number of the row for a row.
    """

    size: Index
    a: int
    b: int


def merged(axes: list[Axis]) -> list[Axis]:
    """The same positions in fewer loops: axes that continue each other become one."""
    out: list[Axis] = []
    for axis in axes:
        if axis.size == 1:
            continue
        if out and isinstance(axis.size, int) and isinstance(out[-1].size, int):
            before = out[-1]
            if before.a == axis.a * axis.size and before.b == axis.b * axis.size:
                out[-1] = Axis(before.size * axis.size, axis.a, axis.b)
                continue
        out.append(axis)
    return out or [Axis(1, 0, 0)]


class Tiling(NamedTuple):
    """How rows and columns are blocked.

    Attributes:
      vectors: vectors of columns in a panel.
      length: positions of the tiled axis in a tile.
      axis: the tiled axis; a tile has all positions of the axes behind it.
    """

    vectors: int
    length: int
    axis: int


def tiling(
    target: Target,
    dtype: DType,
    rows: list[Axis],
    columns: int,
    depth: int,
    broadcast: bool = True,
) -> Tiling:
    """Chooses tile and panel for the fewest cycles, by a rough count of what each step costs.

    Args:
      target: the CPU.
      dtype: what is summed.
      rows: the rows' axes, with counts known.
      columns: how many columns.
      depth: how many products a sum has.
      broadcast: see `Nest`.
    """
    lanes = target.lanes(dtype.size)
    vectors = -(-columns // lanes)
    room = target.registers - (1 if target.fma else 2)
    counts = [int(axis.size) for axis in rows]
    best: tuple[float, Tiling] | None = None
    for panel in range(1, min(vectors, 8) + 1):
        in_cache = depth * panel * lanes * dtype.size <= 24 << 10

        def cost(height: int, width: int, in_cache: bool = in_cache) -> float:
            loads = height if broadcast else height * width
            loads += width if in_cache else 3 * width
            return max(height * width / 2, loads / 2, 4) + 0.5

        for axis in range(len(rows)):
            whole = math.prod(counts[axis + 1 :])
            for length in range(1, counts[axis] + 1):
                height = whole * length
                if height * panel + panel + 1 > room and (height > 1 or panel > 1):
                    break
                total = 0.0
                tiles = [(counts[axis] // length, height), (1, counts[axis] % length * whole)]
                panels = [(vectors // panel, panel), (1, vectors % panel)]
                variants = 0
                for many, width in panels:
                    for times, tall in tiles:
                        if width and tall:
                            total += many * times * cost(tall, width)
                            variants += 1
                total *= math.prod(counts[:axis]) * (1 + 0.02 * variants)
                if best is None or total < best[0]:
                    best = total, Tiling(panel, length, axis)
    assert best is not None
    return best[1]


@contextmanager
def each(code: Code, count: Index, step: int = 1) -> Iterator[Index]:
    """Emits its body for each index below `count`; without a loop where there is but one."""
    if isinstance(count, int) and count <= step:
        yield 0
        return
    with code.loop(0, count, step) as loop:
        yield loop.index


Store = Callable[[Val, Index, Index, "str | None"], None]
"""Takes a vector of results, its row, the column of its first element, and a mask or None."""


class Nest(NamedTuple):
    """A sum of products; see the module.

    Attributes:
      rows: the rows' axes; the step `b` is that of the row's number.
      levels: the loops of the sum, the innermost last.
      columns: how many columns.
      tiling: how it is blocked.
      a: dtype of the first operand in memory.
      b: dtype of the second.
      panel_step: elements from one panel of `b` to the next.
      padded: whether `b` has zeros behind its last column, up to a whole vector.
      broadcast: whether one element of `a` goes with all columns.
      block: positions of the first axis that are done at a time, if not all.
      divisor: what the innermost level's count is a multiple of, if it is a run-time value.
      overlaps: whether the last tile of an axis may do again what the one before has done, so that
        the axes' counts can be run-time values: each is 0 or at least the tile's length.
      spill: memory for a tile, where what is done with results is too long to be written out for
        each of a tile's vectors. Rows of a tile must have consecutive numbers then.
    """

    rows: list[Axis]
    levels: list[Axis]
    columns: int
    tiling: Tiling
    a: DType
    b: DType
    panel_step: int
    padded: bool = False
    broadcast: bool = True
    block: int = 0
    divisor: int = 1
    overlaps: bool = False
    spill: str | None = None


def emit(
    code: Code, nest: Nest, a: str, b: str, row: Index, store: Store, limit: Index | None = None
) -> None:
    """Writes the loops.

    Args:
      code: where to.
      nest: what to compute.
      a: address of the first operand for the first row.
      b: address of the second for the first column.
      row: number of the first row.
      store: what to do with the results.
      limit: how many positions of the first axis there are in this block; by default all.
    """
    tile = nest.tiling
    lanes = code.target.lanes(working(nest.a).size)
    vectors = -(-nest.columns // lanes)
    mask = code.first_lanes(nest.columns % lanes, lanes) if nest.columns % lanes else None
    # Panels that hold whole vectors only, and the rest.
    tail = vectors % tile.vectors or (tile.vectors if mask else 0)
    full = (vectors - tail) // tile.vectors
    if full:
        with each(code, full) as panel:
            at = code.offset(b, code.mul(panel, nest.panel_step), nest.b)
            column = code.mul(panel, tile.vectors * lanes)
            start = a if nest.broadcast else code.offset(a, column, nest.a)
            _panel(code, nest, start, at, row, column, tile.vectors, None, store, limit)
    if tail:
        at = code.offset(b, full * nest.panel_step, nest.b)
        column = full * tile.vectors * lanes
        start = a if nest.broadcast else code.offset(a, column, nest.a)
        _panel(code, nest, start, at, row, column, tail, mask, store, limit)


def _panel(
    code: Code,
    nest: Nest,
    a: str,
    b: str,
    row: Index,
    column: Index,
    width: int,
    mask: str | None,
    store: Store,
    limit: Index | None,
) -> None:
    """All tiles of rows, for one panel of columns."""
    axis, length = nest.tiling.axis, nest.tiling.length
    counts: list[Index] = [x.size for x in nest.rows]
    static = [0 if isinstance(x.size, str) else x.size for x in nest.rows]
    if limit is not None:
        counts[0] = limit

    def outer(level: int, a: str, row: Index) -> None:
        x = nest.rows[level]
        if level < axis:
            with each(code, counts[level]) as i:
                outer(level + 1, *moved(a, row, x, i))
            return
        count = counts[level]
        if nest.overlaps:
            with code.loop(0, count, length) as loop:
                i = code.minimum(loop.index, code.add(count, -length))
                tile(*moved(a, row, x, i), length)
            return
        rest = static[level] % length
        if isinstance(count, int):
            if count >= length:
                with each(code, count - length + 1, length) as i:
                    tile(*moved(a, row, x, i), length)
            if rest:
                tile(*moved(a, row, x, count - rest), rest)
            return
        # A block has a multiple of the tile's length, but the last one, which ends the axis.
        with code.loop(0, code.add(count, 1 - length), length) as loop:
            tile(*moved(a, row, x, loop.index), length)
        if rest:
            with code.when(code.op(f"icmp slt i64 {count}, {nest.block}")):
                tile(*moved(a, row, x, code.add(count, -rest)), rest)

    def moved(a: str, row: Index, x: Axis, i: Index) -> tuple[str, Index]:
        return code.offset(a, code.mul(i, x.a), nest.a), code.add(row, code.mul(i, x.b))

    def tile(a: str, row: Index, length: int) -> None:
        places = [(i * nest.rows[axis].a, i * nest.rows[axis].b) for i in range(length)]
        for inner in nest.rows[axis + 1 :]:
            places = [
                (p + i * inner.a, q + i * inner.b)
                for p, q in places
                for i in range(int(inner.size))
            ]
        sums = _sums(code, nest, a, b, [p for p, _ in places], width, mask)
        lanes = sums[0].lanes
        if nest.spill:
            _store_in_loops(code, nest.spill, sums, width, row, column, mask, store)
            return
        for r, (_, number) in enumerate(places):
            for v in range(width):
                store(
                    sums[r * width + v],
                    code.add(row, number),
                    code.add(column, v * lanes),
                    mask if v == width - 1 else None,
                )

    outer(0, a, row)


def _store_in_loops(
    code: Code,
    memory: str,
    sums: list[Val],
    width: int,
    row: Index,
    column: Index,
    mask: str | None,
    store: Store,
) -> None:
    """Hands on a tile's results by way of memory."""
    dtype, lanes = sums[0].dtype, sums[0].lanes
    for i, value in enumerate(sums):
        code.store(value, code.offset(memory, i * lanes, dtype), dtype)
    with each(code, len(sums) // width) as r:
        for first, last, used in ((0, width, None),) if mask is None else (
            (0, width - 1, None), (width - 1, width, mask),
        ):  # fmt: skip
            if first == last:
                continue
            with each(code, last - first) as v:
                at = code.mul(code.add(code.add(code.mul(r, width), v), first), lanes)
                value = code.load(code.offset(memory, at, dtype), dtype, lanes)
                across = code.add(column, code.mul(code.add(v, first), lanes))
                store(value, code.add(row, r), across, used)


def _sums(
    code: Code, nest: Nest, a: str, b: str, offsets: list[int], width: int, mask: str | None
) -> list[Val]:
    """The sums of one tile: `width` vectors for each of the rows at `offsets` from `a`."""
    dtype = working(nest.a)
    lanes = code.target.lanes(dtype.size)
    masks = [mask if v == width - 1 else None for v in range(width)]
    b_masks = [None] * width if nest.padded else masks

    def step(a: str, b: str, sums: list[Val]) -> list[Val]:
        out = list(sums)
        right = [
            code.load(code.offset(b, v * lanes, nest.b), nest.b, lanes, b_masks[v])
            for v in range(width)
        ]
        for r, offset in enumerate(offsets):
            at = code.offset(a, offset, nest.a)
            if nest.broadcast:
                left = [code.splat(code.load(at, nest.a), lanes)] * width
            else:
                left = [
                    code.load(code.offset(at, v * lanes, nest.a), nest.a, lanes, masks[v])
                    for v in range(width)
                ]
            for v in range(width):
                out[r * width + v] = multiply_add(code, left[v], right[v], out[r * width + v])
        return out

    def level(depth: int, a: str, b: str, sums: list[Val]) -> list[Val]:
        x = nest.levels[depth]
        last = depth == len(nest.levels) - 1
        unroll = _unroll(x.size, len(sums), nest.divisor) if last else 1

        def body(a: str, b: str, sums: list[Val]) -> list[Val]:
            if not last:
                return level(depth + 1, a, b, sums)
            for i in range(unroll):
                sums = step(code.offset(a, i * x.a, nest.a), code.offset(b, i * x.b, nest.b), sums)
            return sums

        if x.size == unroll:
            return body(a, b, sums)
        with code.loop(0, x.size, unroll, sums) as loop:
            loop.next = body(
                code.offset(a, code.mul(loop.index, x.a), nest.a),
                code.offset(b, code.mul(loop.index, x.b), nest.b),
                loop.values,
            )
        return loop.results

    zero = Val("zeroinitializer", dtype, lanes)
    return level(0, a, b, [zero] * (len(offsets) * width))


def _unroll(count: Index, size: int, divisor: int) -> int:
    """How many steps of the innermost loop to write out: enough to hide the loop's own cost."""
    known = count if isinstance(count, int) else divisor
    most = max(1, 48 // size)
    return max((u for u in range(1, min(most, known) + 1) if known % u == 0), default=1)
