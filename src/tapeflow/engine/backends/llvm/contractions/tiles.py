"""Products of matrices: panels of the right factor times tiles of rows of the left one.

A tile's sums stay in registers for the whole length of the sums: at each step the panel's next row
is multiplied by one element of each of the tile's rows. The panel is packed (copied so that it is
read in one go) or, if small, read where it is; the left factor is read where it is. Where the sums
are very long they are cut, and wait in memory in between.
"""

from __future__ import annotations

from tapeflow.engine.backends.llvm.contractions import packing
from tapeflow.engine.backends.llvm.contractions.epilogues import Index
from tapeflow.engine.backends.llvm.contractions.problem import Problem
from tapeflow.engine.backends.llvm.contractions.schedule import schedule
from tapeflow.engine.backends.llvm.contractions.sums import multiply_add
from tapeflow.engine.backends.llvm.text import Val


class Tiles:
    """The code of one kernel under construction.

    Args:
      problem: what to compute, and where to write the code.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.code = problem.code
        self.m, self.n, self.k = problem.m, problem.n, problem.k
        self.dtype, self.wide = problem.dtype, problem.wide
        self.transpose_a, self.transpose_b = problem.transpose_a, problem.transpose_b
        self.epilogue, self.pointers = problem.epilogue, problem.pointers
        self.plan = schedule(
            problem.target, problem.batch, self.m, self.n, self.k, self.wide.size,
            self.transpose_a, self.transpose_b, problem.widens,
        )  # fmt: skip

    def emit(self) -> tuple[int, int]:
        """Emits all; gives the number of chunks and the bytes of scratch memory."""
        code, plan, wide = self.code, self.plan, self.wide
        # Parts of the scratch memory: the left factor's rows, the packed panel, a tile's sums (of
        # cut sums those of all tiles), those turned. A block has at most so many rows:
        rows = min(plan.block * plan.rows, self.m)
        across = plan.vectors * plan.lanes
        self.cut = plan.inner < self.k
        self.spilled = not self.epilogue.brief or self.cut or self.problem.swapped
        sizes = [
            rows * self.k + plan.block * plan.lanes if plan.pack_left else 0,
            plan.inner * across if plan.pack else 0,
            (rows if self.cut else plan.rows) * across if self.spilled else 0,
            -(-plan.rows // plan.lanes) * plan.lanes * across if self.problem.swapped else 0,
        ]
        places, total = [], 0
        for size in sizes:
            places.append(code.op(f"getelementptr i8, ptr %scratch, i64 {total}"))
            total += -(-size * wide.size // 64) * 64
        self.copied_a, self.panel, self.sums, self.turned = places

        first = code.mul("%begin", plan.chunk)
        end = code.minimum(code.mul("%end", plan.chunk), plan.units)
        with code.loop(first, end) as units:
            rest, group = code.divmod(units.index, plan.groups)
            batch, block = code.divmod(rest, plan.blocks)
            self._unit(batch, block, group)
        return plan.chunks, total

    def _unit(self, batch: Index, block: Index, group: Index) -> None:
        code, plan, k = self.code, self.plan, self.k
        start = code.mul(block, plan.block)
        stop = code.minimum(code.add(start, plan.block), plan.tiles)
        a = self.problem.factor_a(batch)
        b = self.problem.factor_b(batch)
        top = self._row(start)
        a = code.offset(a, code.mul(top, 1 if self.transpose_a else k), self.dtype)
        if plan.pack_left:
            self._pack_left(a, start, stop, top)
            a = self.copied_a

        begin = code.mul(group, plan.group)
        if plan.panels:
            full = code.minimum(code.add(begin, plan.group), plan.panels)
            with code.loop(begin, full) as panels:
                column = code.mul(panels.index, plan.vectors * plan.lanes)
                self._panel(batch, (start, stop, top), a, b, column, plan.vectors, plan.lanes)
        if plan.last_vectors:
            column = plan.panels * plan.vectors * plan.lanes
            arguments = (
                batch, (start, stop, top), a, b, column, plan.last_vectors, plan.last_lanes,
            )  # fmt: skip
            if plan.groups == 1:
                self._panel(*arguments)
            else:
                is_last = code.op(f"icmp eq i64 {group}, {plan.groups - 1}")
                with code.when(is_last):
                    self._panel(*arguments)

    def _pack_left(self, a: str, start: Index, stop: Index, top: Index) -> None:
        """Copies a unit's rows: as they are, or if they are columns in memory, tile by tile."""
        code, plan, k = self.code, self.plan, self.k
        if not self.transpose_a:
            count = code.mul(code.op(f"sub i64 {self._row(stop)}, {top}"), k)
            packing.copy(code, a, count, self.copied_a, plan.lanes, self.dtype, self.wide)
            return
        with code.loop(0, k) as steps:
            source = code.offset(a, code.mul(steps.index, self.m), self.dtype)
            for first, end, rows in plan.heights:
                with code.loop(*self._within(first, end, start, stop)) as loop:
                    inside = code.op(f"sub i64 {self._row(loop.index)}, {top}")
                    tile, _, step = self._left(self.copied_a, loop.index, start, inside, rows, 0)
                    target = code.offset(tile, code.mul(steps.index, step), self.wide)
                    for at in range(0, rows, plan.lanes):
                        rest = rows - at
                        mask = code.first_lanes(rest, plan.lanes) if rest < plan.lanes else None
                        place = code.offset(source, code.add(inside, at), self.dtype)
                        value = code.load(place, self.dtype, plan.lanes, mask)
                        # A whole vector: what is too much is overwritten, or falls into the gap.
                        code.store(value, code.offset(target, at, self.wide), self.wide)

    def _left(
        self, a: str, tile: Index, start: Index, inside: Index, rows: int, skipped: Index
    ) -> tuple[str, int, int]:
        """Where a tile's rows are: the address of the first element, elements from row to row,
        elements from step to step of the sums.

        Args:
          a: the address of the unit's first row.
          tile: which tile.
          start: the unit's first tile.
          inside: the tile's first row in the unit.
          rows: the tile's rows.
          skipped: steps that earlier passes have done.
        """
        code, k = self.code, self.k
        if not self.transpose_a:
            row, step = k, 1
            place = code.add(code.mul(inside, k), skipped)
        elif self.plan.pack_left:
            row, step = 1, rows
            # A gap of a vector behind each tile: without it many start at multiples of a page.
            gap = code.mul(code.op(f"sub i64 {tile}, {start}"), self.plan.lanes)
            place = code.add(code.mul(inside, k), gap)
            place = code.add(place, code.mul(skipped, rows))
        else:
            row, step = 1, self.m
            place = code.add(inside, code.mul(skipped, self.m))
        return code.offset(a, place, self.wide), row, step

    def _row(self, tile: Index) -> Index:
        """The first row of a tile."""
        code, plan = self.code, self.plan
        if plan.taller == plan.tiles:
            return code.mul(tile, plan.rows)
        return code.add(code.mul(tile, plan.rows - 1), code.minimum(tile, plan.taller))

    def _panel(
        self,
        batch: Index,
        tiles: tuple[Index, Index, Index],
        a: str,
        b: str,
        column: Index,
        vectors: int,
        last_lanes: int,
    ) -> None:
        """One panel of `vectors` vectors, the last of `last_lanes` lanes, from `column` on."""
        code, plan, k = self.code, self.plan, self.k
        start, stop, top = tiles
        b = code.offset(b, code.mul(column, k if self.transpose_b else 1), self.dtype)
        masks: list[str | None] = [None] * vectors
        if last_lanes < plan.lanes:
            masks[-1] = code.first_lanes(last_lanes, plan.lanes)
        across = vectors * plan.lanes
        if self.cut:
            self._cut_panel(tiles, a, b, vectors, masks)
        else:
            panel, b_step = b, self.n
            if plan.pack:
                self._pack(b, 0, k, vectors, masks)
                panel, b_step = self.panel, across
        for first, end, rows in plan.heights:
            with code.loop(*self._within(first, end, start, stop)) as loop:
                row = self._row(loop.index)
                if self.cut:
                    inside = code.op(f"sub i64 {row}, {top}")
                    sums = code.offset(self.sums, code.mul(inside, across), self.wide)
                else:
                    inside = code.op(f"sub i64 {row}, {top}")
                    left = self._left(a, loop.index, start, inside, rows, 0)
                    found = self._tile(
                        left, panel, b_step, k, rows, vectors, None if plan.pack else masks, None
                    )
                    sums = self.sums
                    if self.spilled:
                        self._keep(found, sums, vectors)
                    else:
                        for i, value in enumerate(found):
                            r, v = divmod(i, vectors)
                            at = code.add(column, v * plan.lanes)
                            self.epilogue.store(
                                code, self.pointers, value, batch, code.add(row, r), at, masks[v]
                            )
                        continue
                if self.problem.swapped:
                    columns = across - plan.lanes + last_lanes
                    self._finish_swapped(batch, row, rows, column, sums, across, columns)
                else:
                    self._finish(batch, row, rows, column, sums, vectors, masks)

    def _within(self, first: int, end: int, start: Index, stop: Index) -> tuple[Index, Index]:
        """The tiles from `first` to `end` that are in this unit."""
        code, plan = self.code, self.plan
        if (first, end) == (0, plan.tiles):
            return start, stop
        low = (
            start
            if first == 0
            else code.call("i64", "llvm.smax.i64", ("i64", str(start)), ("i64", str(first)))
        )
        return low, stop if end == plan.tiles else code.minimum(stop, end)

    def _pack(
        self, b: str, start: Index, inner: Index, vectors: int, masks: list[str | None]
    ) -> None:
        """Copies a panel: `inner` steps of the sums from `start` on."""
        code, plan = self.code, self.plan
        lanes = plan.lanes
        if self.transpose_b:
            last = plan.last_lanes if masks[-1] is not None else lanes
            packing.pack_transposed(
                code, code.offset(b, start, self.dtype), self.k, inner, self.panel, vectors, last,
                lanes, self.dtype, self.wide,
            )  # fmt: skip
            return
        widths = [(v * lanes, mask) for v, mask in enumerate(masks)]
        source = code.offset(b, code.mul(start, self.n), self.dtype)
        packing.pack_rows(
            code,
            source,
            self.n,
            inner,
            self.panel,
            len(widths) * lanes,
            widths,
            lanes,
            self.dtype,
            self.wide,
        )

    def _tile(
        self,
        left: tuple[str, int, int],
        b: str,
        b_step: int,
        inner: Index,
        rows: int,
        vectors: int,
        masks: list[str | None] | None,
        sums: list[Val] | None,
    ) -> list[Val]:
        """The sums of a tile, row by row."""
        code, wide, lanes = self.code, self.wide, self.plan.lanes
        a, row_stride, step = left
        initial = sums or [code.const(0, wide, lanes)] * (rows * vectors)
        with code.loop(0, inner, 1, initial) as loop:
            from_b = code.offset(b, code.mul(loop.index, b_step), wide)
            from_a = code.offset(a, code.mul(loop.index, step), wide)
            right = [
                code.load(code.offset(from_b, v * lanes, wide), wide, lanes, masks and masks[v])
                for v in range(vectors)
            ]
            following = []
            for r in range(rows):
                one = code.load(code.offset(from_a, r * row_stride, wide), wide)
                spread = code.splat(one, lanes)
                for v in range(vectors):
                    following.append(
                        multiply_add(code, spread, right[v], loop.values[r * vectors + v])
                    )
            loop.next = following
        return loop.results

    def _cut_panel(
        self,
        tiles: tuple[Index, Index, Index],
        a: str,
        b: str,
        vectors: int,
        masks: list[str | None],
    ) -> None:
        """Sums that are too long for one pass: each pass adds to what waits in memory."""
        code, plan, k = self.code, self.plan, self.k
        start, stop, top = tiles
        across = vectors * plan.lanes
        rows = code.op(f"sub i64 {self._row(stop)}, {top}")
        with code.loop(0, code.mul(rows, across), plan.lanes) as loop:
            zero = code.const(0, self.wide, plan.lanes)
            code.store(zero, code.offset(self.sums, loop.index, self.wide), self.wide)
        with code.loop(0, k, plan.inner) as passes:
            rest = code.op(f"sub i64 {k}, {passes.index}")
            inner = code.minimum(rest, plan.inner)
            self._pack(b, passes.index, inner, vectors, masks)
            for first, end, high in plan.heights:
                with code.loop(*self._within(first, end, start, stop)) as loop:
                    inside = code.op(f"sub i64 {self._row(loop.index)}, {top}")
                    sums = code.offset(self.sums, code.mul(inside, across), self.wide)
                    waiting = [
                        code.load(
                            code.offset(sums, i * plan.lanes, self.wide), self.wide, plan.lanes
                        )
                        for i in range(high * vectors)
                    ]
                    left = self._left(a, loop.index, start, inside, high, passes.index)
                    found = self._tile(
                        left, self.panel, across, inner, high, vectors, None, waiting
                    )
                    self._keep(found, sums, vectors)

    def _keep(self, values: list[Val], sums: str, vectors: int) -> None:
        """Writes a tile's sums to memory, row by row."""
        for i, value in enumerate(values):
            place = self.code.offset(sums, i * self.plan.lanes, self.wide)
            self.code.store(value, place, self.wide)

    def _finish(
        self,
        batch: Index,
        row: Index,
        rows: int,
        column: Index,
        sums: str,
        vectors: int,
        masks: list[str | None],
    ) -> None:
        """Calls the epilogue for a tile's sums that wait in memory."""
        code, lanes, wide = self.code, self.plan.lanes, self.wide

        def store(at_row: Index, v: Index, mask: str | None) -> None:
            place = code.add(code.mul(at_row, vectors * lanes), code.mul(v, lanes))
            value = code.load(code.offset(sums, place, wide), wide, lanes)
            at = code.add(column, code.mul(v, lanes))
            self.epilogue.store(code, self.pointers, value, batch, code.add(row, at_row), at, mask)

        full = vectors - (masks[-1] is not None)
        with code.loop(0, rows) as loop:
            if full:
                with code.loop(0, full) as across:
                    store(loop.index, across.index, None)
            if full < vectors:
                store(loop.index, full, masks[-1])

    def _finish_swapped(
        self,
        batch: Index,
        row: Index,
        rows: int,
        column: Index,
        sums: str,
        across: int,
        columns: int,
    ) -> None:
        """Calls the epilogue for a tile that waits in memory, whose columns are the result's rows.

        Args:
          batch: which product.
          row: the tile's first row.
          rows: its rows.
          column: its first column.
          sums: its address.
          across: its columns in memory.
          columns: those that the result has.
        """
        code, lanes, wide = self.code, self.plan.lanes, self.wide
        vectors = -(-rows // lanes)
        last = rows - (vectors - 1) * lanes
        packing.pack_transposed(
            code, sums, across, across, self.turned, vectors, last, lanes, wide, wide
        )
        with code.loop(0, columns) as loop:
            for v in range(vectors):
                place = code.add(code.mul(loop.index, vectors * lanes), v * lanes)
                value = code.load(code.offset(self.turned, place, wide), wide, lanes)
                mask = code.first_lanes(last, lanes) if v == vectors - 1 and last < lanes else None
                self.epilogue.store(
                    code, self.pointers, value, batch, code.add(column, loop.index),
                    code.add(row, v * lanes), mask,
                )  # fmt: skip
