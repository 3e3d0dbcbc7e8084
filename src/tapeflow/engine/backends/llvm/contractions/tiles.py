"""Products of matrices: panels of the right factor times tiles of rows of the left one.

A tile's sums stay in registers for the whole length of the sums: at each step the panel's next row
is multiplied by one element of each of the tile's rows. The panel is packed (copied so that it is
read in one go) or, if small, read where it is; so is the left factor, but for columns far apart.
Where the sums are very long they are cut, and wait in memory in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tapeflow.engine.backends.llvm.contractions import packing
from tapeflow.engine.backends.llvm.contractions.epilogues import Index
from tapeflow.engine.backends.llvm.contractions.problem import Problem
from tapeflow.engine.backends.llvm.contractions.schedule import schedule
from tapeflow.engine.backends.llvm.contractions.sums import multiply_add
from tapeflow.engine.backends.llvm.text import Val
from tapeflow.engine.core.dtypes import int64

ROLLED = 256
"""Length of the sums from which a tile's results pass through memory: that takes as long as some
five steps of the sums."""


class _Unit(NamedTuple):
    """A unit of work: which product, the first and the end of its tiles, the first one's first row,
    the addresses of that row and of the right factor."""

    batch: Index
    start: Index
    stop: Index
    top: Index
    a: str
    b: str


class _Panel(NamedTuple):
    """A panel: its first column, how many it has, and the mask of each of its vectors."""

    column: Index
    columns: int
    masks: list[str | None]

    @property
    def vectors(self) -> int:
        return len(self.masks)


class Tiles:
    """The code of one kernel under construction.

    Args:
      problem: what to compute, and where to write the code.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.code = problem.code
        self.k = problem.k
        self.dtype, self.wide = problem.dtype, problem.wide
        self.a, self.b = problem.a, problem.b
        self.epilogue, self.pointers = problem.epilogue, problem.pointers
        left = self.a._replace(transposed=False) if problem.left_ready else self.a
        self.plan = schedule(
            problem.target, problem.batch, problem.m, problem.n, self.k, self.wide.size,
            left, self.b, problem.widens, problem.ready,
        )  # fmt: skip
        if problem.left_ready:
            self.plan = self.plan._replace(pack_left=False)
        self.lanes = self.plan.lanes

    def emit(self) -> tuple[int, int]:
        """Emits all; gives the number of chunks and the bytes of scratch memory."""
        code, plan, problem = self.code, self.plan, self.problem
        # Parts of the scratch memory: the left factor's rows, the packed panel, a tile's sums (of
        # cut sums those of all tiles), those turned. A block has at most so many rows:
        rows = min(plan.block * plan.rows, problem.m)
        self.cut = plan.inner < self.k
        # Code that is there once a row takes less time to compile than once a vector.
        brief = self.epilogue.brief and self.k < ROLLED
        self.spilled = not brief or self.cut or problem.swapped
        self.turned_lanes = -(-plan.rows // plan.lanes) * plan.lanes
        sizes = [
            rows * self.k + plan.block * plan.lanes if plan.pack_left else 0,
            plan.inner * plan.across if plan.pack else 0,
            (rows if self.cut else plan.rows) * plan.across if self.spilled else 0,
            self.turned_lanes * plan.across if problem.swapped else 0,
        ]
        places, total = [], 0
        for size in sizes:
            places.append(code.op(f"getelementptr i8, ptr %scratch, i64 {total}"))
            total += -(-size * self.wide.size // 64) * 64
        self.packed_rows, self.packed, self.sums, self.turned = places

        first = code.mul("%begin", plan.chunk)
        end = code.minimum(code.mul("%end", plan.chunk), plan.units)
        with code.loop(first, end) as units:
            rest, group = code.divmod(units.index, plan.groups)
            batch, block = code.divmod(rest, plan.blocks)
            self._unit(batch, block, group)
        return plan.chunks, total

    # A unit of work.

    def _unit(self, batch: Index, block: Index, group: Index) -> None:
        code, plan = self.code, self.plan
        start = code.mul(block, plan.block)
        stop = code.minimum(code.add(start, plan.block), plan.tiles)
        top = self._row(start)
        a = self.problem.matrix(self.a, batch)
        if self.problem.left_ready:
            a = code.offset(a, self._tile_place(start), self.wide)
        else:
            a = code.offset(a, code.mul(top, 1 if self.a.transposed else self.a.stride), self.dtype)
        unit = _Unit(batch, start, stop, top, a, self.problem.matrix(self.b, batch))
        if plan.pack_left:
            self._pack_left(unit)
            unit = unit._replace(a=self.packed_rows)
        begin = code.mul(group, plan.group)
        end = code.minimum(code.add(begin, plan.group), plan.every)
        with code.loop(begin, end) as panels:
            column = code.mul(panels.index, plan.across)
            if plan.pack and self.b.transposed and not self.cut:
                columns: Index = plan.across
                if plan.last_vectors:
                    rest = code.op(f"sub i64 {self.problem.n}, {column}")
                    columns = code.minimum(rest, plan.across)
                self._pack_transposed(self._columns(unit, column), columns, self.k)
            self._either_panel(unit, panels.index, column)

    def _either_panel(self, unit: _Unit, index: Index, column: Index) -> None:
        """A full panel, or the one after those."""
        code, plan = self.code, self.plan
        full = _Panel(column, plan.across, [None] * plan.vectors)
        if not plan.last_vectors:
            self._panel(unit, full)
            return
        before = plan.panels * plan.across
        masks: list[str | None] = [None] * plan.last_vectors
        if plan.last_lanes < plan.lanes:
            masks[-1] = code.first_lanes(plan.last_lanes, plan.lanes)
        last = _Panel(before, self.problem.n - before, masks)
        if not plan.panels:
            self._panel(unit, last)
            return
        with code.when(code.op(f"icmp slt i64 {index}, {plan.panels}")):
            self._panel(unit, full)
        with code.when(code.op(f"icmp eq i64 {index}, {plan.panels}")):
            self._panel(unit, last)

    def _row(self, tile: Index) -> Index:
        """The first row of a tile."""
        code, plan = self.code, self.plan
        if plan.taller == plan.tiles:
            return code.mul(tile, plan.rows)
        return code.add(code.mul(tile, plan.rows - 1), code.minimum(tile, plan.taller))

    def _inside(self, unit: _Unit, tile: Index) -> Index:
        """The first row of a tile, counted from the unit's first."""
        return self.code.op(f"sub i64 {self._row(tile)}, {unit.top}")

    def _within(self, unit: _Unit, first: int, end: int) -> tuple[Index, Index]:
        """The tiles from `first` to `end` that are in a unit."""
        code, plan = self.code, self.plan
        low, high = unit.start, unit.stop
        if first:
            low = code.call("i64", "llvm.smax.i64", ("i64", str(low)), ("i64", str(first)))
        return low, high if end == plan.tiles else code.minimum(high, end)

    # The factors.

    def _pack_left(self, unit: _Unit) -> None:
        """Copies a unit's rows: as they are, or if they are columns in memory, tile by tile."""
        code, k, wide = self.code, self.k, self.wide
        stride = self.a.stride
        if not self.a.transposed:
            with code.loop(0, self._inside(unit, unit.stop)) as rows:
                source = code.offset(unit.a, code.mul(rows.index, stride), self.dtype)
                target = code.offset(self.packed_rows, code.mul(rows.index, k), wide)
                packing.copy(code, source, k, target, self.lanes, self.dtype, wide)
            return
        packed = unit._replace(a=self.packed_rows)
        with code.loop(0, k) as steps:
            row = code.offset(unit.a, code.mul(steps.index, stride), self.dtype)
            for first, end, height in self.plan.heights:
                with code.loop(*self._within(unit, first, end)) as loop:
                    tile, _, step = self._left(packed, loop.index, height, 0)
                    source = code.offset(row, self._inside(unit, loop.index), self.dtype)
                    target = code.offset(tile, code.mul(steps.index, step), wide)
                    self._pack_step(source, target, height)

    def _pack_step(self, source: str, target: str, height: int) -> None:
        """Copies the elements of one step of the sums, side by side in memory, of a tile's rows."""
        code, wide = self.code, self.wide
        for at in range(0, height, self.lanes):
            rest = height - at
            mask = code.first_lanes(rest, self.lanes) if rest < self.lanes else None
            value = code.load(code.offset(source, at, self.dtype), self.dtype, self.lanes, mask)
            # A whole vector: what is too much is overwritten, or falls into the gap.
            code.store(value, code.offset(target, at, wide), wide)

    def emit_left(self) -> tuple[int, int]:
        """Emits instead of the product what packs its left factor, which is stored transposed: a
        tile is a chunk, and the second operand takes it; gives chunks and bytes of that."""
        code, problem = self.code, self.problem
        packed = code.argument(1)
        for first, end, height in self.plan.heights:
            low = code.call("i64", "llvm.smax.i64", ("i64", "%begin"), ("i64", str(first)))
            with code.loop(low, code.minimum("%end", end)) as tiles:
                source = code.offset(self.a.pointer, self._row(tiles.index), self.dtype)
                target = code.offset(packed, self._tile_place(tiles.index), self.wide)
                with code.loop(0, self.k) as steps:
                    here = code.offset(source, code.mul(steps.index, self.a.stride), self.dtype)
                    there = code.offset(target, code.mul(steps.index, height), self.wide)
                    self._pack_step(here, there, height)
        elements = problem.m * self.k + self.plan.tiles * self.lanes
        return self.plan.tiles, elements * self.wide.size

    def _tile_place(self, tile: Index) -> Index:
        """Where a tile is among the packed ones. There is a gap of a vector behind each: without it
        many start at multiples of a page."""
        code = self.code
        return code.add(code.mul(self._row(tile), self.k), code.mul(tile, self.lanes))

    def _left(self, unit: _Unit, tile: Index, rows: int, skipped: Index) -> tuple[str, int, int]:
        """Where a tile's rows are: the address of the first element, elements from row to row,
        elements from step to step of the sums.

        Args:
          unit: the unit.
          tile: which tile.
          rows: its rows.
          skipped: steps that earlier passes have done.
        """
        code, k = self.code, self.k
        packed = self.plan.pack_left or self.problem.left_ready
        inside = self._inside(unit, tile)
        if not self.a.transposed:
            row, step = k if packed else self.a.stride, 1
            place = code.mul(inside, row)
        elif packed:
            row, step = 1, rows
            gap = code.mul(code.op(f"sub i64 {tile}, {unit.start}"), self.lanes)
            place = code.add(code.mul(inside, k), gap)
        else:
            row, step = 1, self.a.stride
            place = inside
        place = code.add(place, code.mul(skipped, step))
        return code.offset(unit.a, place, self.wide), row, step

    def _columns(self, unit: _Unit, column: Index) -> str:
        """The address of a panel in the right factor."""
        apart = self.b.stride if self.b.transposed else 1
        dtype = self.dtype
        if self.problem.ready:  # panels are behind each other
            apart, dtype = self.k, self.wide
        return self.code.offset(unit.b, self.code.mul(column, apart), dtype)

    def _pack_transposed(self, source: str, columns: Index, inner: Index) -> None:
        packing.pack_transposed(
            self.code, source, self.b.stride, columns, inner, self.packed, self.plan.across,
            self.lanes, self.dtype, self.wide,
        )  # fmt: skip

    def _pack(self, source: str, panel: _Panel, inner: Index) -> None:
        """Copies `inner` rows of a panel."""
        widths = [(v * self.lanes, mask) for v, mask in enumerate(panel.masks)]
        packing.pack_rows(
            self.code, source, self.b.stride, inner, self.packed, self.plan.across, widths,
            self.lanes, self.dtype, self.wide,
        )  # fmt: skip

    # A panel.

    def _panel(self, unit: _Unit, panel: _Panel) -> None:
        code, plan = self.code, self.plan
        source = self._columns(unit, panel.column)
        # Of a packed panel whole vectors may be read.
        right = self.packed, plan.across
        masks: list[str | None] = [None] * panel.vectors
        if self.cut:
            self._add_up(unit, panel, source)
        elif self.problem.ready:
            right = source, plan.across
        elif not plan.pack:
            right, masks = (source, self.b.stride), panel.masks
        elif not self.b.transposed:
            self._pack(source, panel, self.k)
        for first, end, rows in plan.heights:
            with code.loop(*self._within(unit, first, end)) as loop:
                row = self._row(loop.index)
                sums = self.sums
                if self.cut:
                    sums = self._waiting(unit, panel, loop.index)
                else:
                    left = self._left(unit, loop.index, rows, 0)
                    zeros = [code.const(0, self.wide, self.lanes)] * (rows * panel.vectors)
                    found = self._tile(left, right, masks, self.k, zeros)
                    if not self.spilled:
                        self._store(unit, panel, row, found)
                        continue
                    self._keep(found, sums)
                finish = self._finish_turned if self.problem.swapped else self._finish
                finish(unit, panel, row, rows, sums)

    def _tile(
        self,
        left: tuple[str, int, int],
        right: tuple[str, int],
        masks: Sequence[str | None],
        inner: Index,
        sums: list[Val],
    ) -> list[Val]:
        """Adds `inner` steps to a tile's sums, which are row by row.

        Args:
          left: where the rows are; see `_left`.
          right: the address of the panel, elements from row to row.
          masks: for each of its vectors what may be read of it.
          inner: how many steps.
          sums: the sums before.
        """
        code, wide, lanes = self.code, self.wide, self.lanes
        a, row, a_step = left
        b, b_step = right
        vectors = len(masks)
        # Where each factor is read is carried along: a multiplication a step would take its time.
        zero = Val("0", int64, 1)
        with code.loop(0, inner, 1, [zero, zero, *sums]) as loop:
            at_a, at_b, *before = loop.values
            from_a = code.offset(a, loop.index if a_step == 1 else at_a.text, wide)
            from_b = code.offset(b, at_b.text, wide)
            columns = [
                code.load(code.offset(from_b, v * lanes, wide), wide, lanes, mask)
                for v, mask in enumerate(masks)
            ]
            following = [
                Val(str(code.add(at_a.text, a_step)), int64, 1),
                Val(str(code.add(at_b.text, b_step)), int64, 1),
            ]
            for r in range(len(sums) // vectors):
                one = code.load(code.offset(from_a, r * row, wide), wide)
                spread = code.splat(one, lanes)
                for v in range(vectors):
                    value = before[r * vectors + v]
                    following.append(multiply_add(code, spread, columns[v], value))
            loop.next = following
        return loop.results[2:]

    # Sums in memory.

    def _waiting(self, unit: _Unit, panel: _Panel, tile: Index) -> str:
        """Where the sums of a tile wait that are cut."""
        across = panel.vectors * self.lanes
        inside = self.code.mul(self._inside(unit, tile), across)
        return self.code.offset(self.sums, inside, self.wide)

    def _keep(self, values: list[Val], sums: str) -> None:
        """Writes a tile's sums to memory, row by row."""
        for i, value in enumerate(values):
            place = self.code.offset(sums, i * self.lanes, self.wide)
            self.code.store(value, place, self.wide)

    def _add_up(self, unit: _Unit, panel: _Panel, source: str) -> None:
        """Sums that are too long for one pass: each pass adds to what waits in memory."""
        code, plan, k, wide = self.code, self.plan, self.k, self.wide
        across = panel.vectors * self.lanes
        count = code.mul(self._inside(unit, unit.stop), across)
        with code.loop(0, count, self.lanes) as loop:
            zero = code.const(0, wide, self.lanes)
            code.store(zero, code.offset(self.sums, loop.index, wide), wide)
        with code.loop(0, k, plan.inner) as passes:
            rest = code.op(f"sub i64 {k}, {passes.index}")
            inner = code.minimum(rest, plan.inner)
            skip = 1 if self.b.transposed else self.b.stride
            here = code.offset(source, code.mul(passes.index, skip), self.dtype)
            if self.b.transposed:
                self._pack_transposed(here, panel.columns, inner)
            else:
                self._pack(here, panel, inner)
            for first, end, rows in plan.heights:
                with code.loop(*self._within(unit, first, end)) as loop:
                    sums = self._waiting(unit, panel, loop.index)
                    before = [
                        code.load(code.offset(sums, i * self.lanes, wide), wide, self.lanes)
                        for i in range(rows * panel.vectors)
                    ]
                    left = self._left(unit, loop.index, rows, passes.index)
                    right = self.packed, plan.across
                    whole = [None] * panel.vectors
                    self._keep(self._tile(left, right, whole, inner, before), sums)

    # The epilogue.

    def _store(self, unit: _Unit, panel: _Panel, row: Index, values: list[Val]) -> None:
        """Calls the epilogue for sums in registers."""
        code = self.code
        for i, value in enumerate(values):
            r, v = divmod(i, panel.vectors)
            column = code.add(panel.column, v * self.lanes)
            self.epilogue.store(
                code, self.pointers, value, unit.batch, code.add(row, r), column, panel.masks[v]
            )

    def _finish(self, unit: _Unit, panel: _Panel, row: Index, rows: int, sums: str) -> None:
        """Calls the epilogue for a tile's sums that wait in memory."""
        code, lanes, wide = self.code, self.lanes, self.wide

        def store(inside: Index, v: Index, mask: str | None) -> None:
            first = code.mul(v, lanes)
            place = code.add(code.mul(inside, panel.vectors * lanes), first)
            value = code.load(code.offset(sums, place, wide), wide, lanes)
            at = code.add(row, inside), code.add(panel.column, first)
            self.epilogue.store(code, self.pointers, value, unit.batch, *at, mask)

        full = panel.vectors - (panel.masks[-1] is not None)
        with code.loop(0, rows) as loop:
            if self.epilogue.brief:
                for v in range(full):
                    store(loop.index, v, None)
            elif full:
                with code.loop(0, full) as across:
                    store(loop.index, across.index, None)
            if full < panel.vectors:
                store(loop.index, full, panel.masks[-1])

    def _finish_turned(self, unit: _Unit, panel: _Panel, row: Index, rows: int, sums: str) -> None:
        """Calls the epilogue for a tile in memory whose columns are the result's rows."""
        code, lanes, wide = self.code, self.lanes, self.wide
        across = panel.vectors * lanes
        packing.pack_transposed(
            code, sums, across, rows, across, self.turned, self.turned_lanes, lanes, wide, wide
        )
        with code.loop(0, panel.columns) as loop:
            for first in range(0, rows, lanes):
                place = code.add(code.mul(loop.index, self.turned_lanes), first)
                value = code.load(code.offset(self.turned, place, wide), wide, lanes)
                mask = code.first_lanes(rows - first, lanes) if rows - first < lanes else None
                at = code.add(panel.column, loop.index), code.add(row, first)
                self.epilogue.store(code, self.pointers, value, unit.batch, *at, mask)
