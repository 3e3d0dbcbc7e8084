"""Kernels whose vectors lie across rows: sums over the batch."""

from __future__ import annotations

import math

from tapeflow.engine.backends.llvm.loops.emission import Index, arguments
from tapeflow.engine.backends.llvm.loops.writing import UNROLLED, Writer
from tapeflow.engine.backends.llvm.text import Val
from tapeflow.engine.ir.nest import ONCE, ROW, Fold


class Columns(Writer):
    """Vectors lie across rows: each lane folds a row of its own."""

    def write(self) -> None:
        nest, code = self.nest, self.code
        across = nest.kept - 1
        size = nest.dims[across]
        lanes = self.lanes = self.lanes_for(size)
        if self.points == 0 and 0 in nest.dims[: nest.kept]:
            self.chunks = 0
            return
        self.compute_once()
        vectors = -(-size // lanes)
        self.width = min(UNROLLED, vectors)
        blocks = -(-vectors // self.width)
        self.chunks = math.prod(nest.dims[:across]) * blocks
        with code.loop("%begin", "%end") as loop:
            rest, block = code.divmod(loop.index, blocks)
            index: Index = {}
            for dim in range(across - 1, 0, -1):
                rest, index[dim] = code.divmod(rest, nest.dims[dim])
            if across:
                index[0] = rest
            start = code.mul(block, self.width * lanes)
            full = size // (self.width * lanes)
            if full == blocks:
                self._block(index, across, start, None)
            else:
                left = size - full * self.width * lanes
                masks = [
                    None
                    if left >= (u + 1) * lanes
                    else code.first_lanes(max(0, left - u * lanes), lanes)
                    for u in range(self.width)
                ]
                if full == 0:
                    self._block(index, across, start, masks)
                else:
                    whole = code.op(f"icmp slt i64 {block}, {full}")
                    part = code.op(f"xor i1 {whole}, true")
                    with code.when(whole):
                        self._block(index, across, start, None)
                    with code.when(part):
                        self._block(index, across, start, masks)

    def vector_dim(self) -> int | None:
        return self.nest.kept - 1

    def is_vector(self, level: int) -> bool:
        return level != ONCE

    def _block(
        self, index: Index, across: int, start: str | int, masks: list[str | None] | None
    ) -> None:
        nest, code, levels = self.nest, self.code, self.levels
        statements = nest.statements
        folds = [i for i, s in enumerate(statements) if isinstance(s, Fold)]
        width = self.width
        at = [code.add(start, u * self.lanes) for u in range(width)]
        masks = masks or [None] * width
        known: list[dict[int, Val]] = [dict(self.once) for _ in range(width)]
        for u in range(width):
            place = {**index, across: at[u]}
            for i, s in enumerate(statements):
                if levels.level[i] == ROW and levels.stage[i] == 0 and not isinstance(s, Fold):
                    known[u][i] = self._value(i, place, known[u], masks[u], across)
        starts = [
            code.splat(self.emit.identity(statements[i].combine, statements[i].dtype), self.lanes)
            for _ in range(width)
            for i in folds
        ]
        inner = list(range(nest.kept, len(nest.dims)))

        def nested(dims: list[int], where: Index, values: list[Val]) -> list[Val]:
            if dims:
                with code.loop(0, nest.dims[dims[0]], 1, values) as loop:
                    loop.next = nested(dims[1:], {**where, dims[0]: loop.index}, loop.values)
                return loop.results
            made = []
            for u in range(width):
                mine = dict(known[u])
                place = {**where, across: at[u]}
                for n, i in enumerate(folds):
                    arg = self._value(statements[i].arg, place, mine, masks[u], across)
                    old = values[u * len(folds) + n]
                    arg = code.splat(arg, self.lanes)
                    made.append(self.emit.combined(statements[i].combine, old, arg))
            return made

        results = nested(inner, dict(index), starts)
        for u in range(width):
            place = {**index, across: at[u]}
            for n, i in enumerate(folds):
                value = results[u * len(folds) + n]
                known[u][i] = self.emit.rounded(value, statements[i].dtype)
            # All is loaded before anything is stored: it may be the same memory.
            values = [
                code.splat(self._value(s.value, place, known[u], masks[u], across), self.lanes)
                for s in nest.stores
            ]
            for store, value in zip(nest.stores, values, strict=True):
                pointer = self.emit.address(store.operand, store.at, place, store.dtype)
                step = store.at.coefficient(across)
                self.emit.store(value, pointer, store.dtype, step, masks[u])

    def _value(
        self, i: int, index: Index, known: dict[int, Val], mask: str | None, across: int
    ) -> Val:
        found = known.get(i)
        if found is not None:
            return found
        s = self.nest.statements[i]
        args = [self._value(a, index, known, mask, across) for a in arguments(s)]
        known[i] = self.emit.statement(s, args, index, self.lanes, across, mask)
        return known[i]
