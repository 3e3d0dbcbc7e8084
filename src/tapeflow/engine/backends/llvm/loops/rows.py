"""Kernels whose vectors lie along the row: elementwise work, softmax, norms."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from tapeflow.engine.backends.llvm.loops.cost import DEAR
from tapeflow.engine.backends.llvm.loops.emission import Index, arguments
from tapeflow.engine.backends.llvm.loops.writing import UNROLLED, Writer
from tapeflow.engine.backends.llvm.text import Val, working
from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.ir.nest import (
    POINT,
    ROW,
    Affine,
    Apply,
    Fold,
    Gather,
    Load,
    Store,
)


class _Work(NamedTuple):
    """What one pass over a row does.

    Attributes:
      folds: the folds whose arguments it goes through.
      stores: what it writes.
      low: where it begins, if rows are cut into chunks.
      high: where it ends.
    """

    folds: list[int]
    stores: list[Store]
    low: str | int | None
    high: str | int | None


class Rows(Writer):
    """Vectors lie along the row."""

    def write(self) -> None:
        nest, code = self.nest, self.code
        self.rows = math.prod(nest.dims[: nest.kept])
        inner = nest.dims[nest.kept :]
        self.row_points = math.prod(inner)
        self.lanes = self.lanes_for(inner[-1] if inner else 1)
        self.kept_values = self._values_to_keep()
        if self.points == 0 and not self._has_folds():
            self.chunks = 0
            return
        self.compute_once()
        split = self.rows == 1 and len(inner) == 1 and not self._has_folds()
        grain = self.grain
        if split and inner[0] > grain:
            self.chunks = -(-inner[0] // grain)
            begin, end = code.mul("%begin", grain), code.mul("%end", grain)
            self._row({}, begin, code.minimum(end, inner[0]))
            return
        if split:
            self._row({}, 0, inner[0])
            return
        per_chunk = max(1, grain // max(1, self.row_points))
        self.chunks = -(-self.rows // per_chunk)
        if self.rows == 1:
            self._row({}, None, None)
            return
        first = code.mul("%begin", per_chunk)
        last = code.minimum(code.mul("%end", per_chunk), self.rows)
        with code.loop(first, last) as loop:
            self._row(self._coordinates(loop.index), None, None)

    def vector_dim(self) -> int | None:
        return len(self.nest.dims) - 1 if self.nest.kept < len(self.nest.dims) else None

    def evaluated(self, dims: list[int]) -> list[int]:
        found = super().evaluated(dims)
        if self.rows == 1:  # each chunk computes what is the whole row's
            for i, level in enumerate(self.levels.level):
                if level == ROW and not isinstance(self.nest.statements[i], Fold):
                    found[i] = self.chunks
        if not self._has_folds():
            return found
        passes = self._passes_of()
        return [n * max(1, passes[i]) for i, n in enumerate(found)]

    def _passes_of(self) -> list[int]:
        """In how many passes over a row each statement is computed at the row's points."""
        passes = [0] * len(self.nest.statements)
        done: set[int] = set()
        for stage in range(max(self.levels.stage, default=0) + 1):
            seen: set[int] = set()
            left = [i for i, at in self._wanted() if at == stage]
            while left:
                i = left.pop()
                if i in seen or i in done or self.levels.level[i] != POINT:
                    continue
                seen.add(i)
                passes[i] += 1
                left += arguments(self.nest.statements[i])
            done |= seen & self.kept_values.keys()
        return passes

    def _has_folds(self) -> bool:
        return any(isinstance(s, Fold) for s in self.nest.statements)

    def _coordinates(self, row: str) -> Index:
        index: Index = {}
        rest: str | int = row
        for dim in range(self.nest.kept - 1, 0, -1):
            rest, index[dim] = self.code.divmod(rest, self.nest.dims[dim])
        index[0] = rest
        return index

    def _values_to_keep(self) -> dict[int, int]:
        """Dear values that more than one pass over the row needs: statement -> scratch offset."""
        levels = self.levels
        if not self._has_folds():
            return {}
        passes: list[set[int]] = [set() for _ in self.nest.statements]
        for wanted, stage in self._wanted():
            self._mark(wanted, stage, passes)
        kept = {}
        totals = self._total_costs()
        for i, s in enumerate(self.nest.statements):
            if len(passes[i]) > 1 and isinstance(s, Apply) and levels.level[i] == POINT:
                if totals[i] >= DEAR:
                    kept[i] = self.scratch
                    self.scratch += (self.row_points * working(s.dtype).size + 63) // 64 * 64
        return kept

    def _total_costs(self) -> list[int]:
        """The costs of values from what is loaded, what they share counted again."""
        totals: list[int] = []
        for i, s in enumerate(self.nest.statements):
            at_point = isinstance(s, Apply) and self.levels.level[i] == POINT
            inner = sum(totals[a] for a in set(arguments(s)))
            totals.append(min(1000, self.costs[i] + inner) if at_point else 0)
        return totals

    def _mark(self, i: int, stage: int, passes: list[set[int]]) -> None:
        if stage in passes[i] or self.levels.level[i] != POINT:
            return
        passes[i].add(stage)
        s = self.nest.statements[i]
        for a in arguments(s):
            self._mark(a, stage, passes)

    def _wanted(self) -> list[tuple[int, int]]:
        """Values that a pass over the row is made for, and which pass: (statement, stage)."""
        stage = self.levels.stage
        found = [(s.arg, stage[s.arg]) for s in self.nest.statements if isinstance(s, Fold)]
        return found + [
            (s.value, stage[s.value]) for s in self.nest.stores if self.levels.of_store(s) == POINT
        ]

    def _row(self, index: Index, low: str | int | None, high: str | int | None) -> None:
        """All passes over one row, or over a part of it, from `low` to `high`."""
        nest, levels = self.nest, self.levels
        self.index = index
        self.scalars = dict(self.once)
        self.bases: dict[object, str] = {}
        self.done: set[int] = set()
        stages = max(levels.stage, default=0)
        for stage in range(stages + 1):
            for i, s in enumerate(nest.statements):
                if levels.level[i] == ROW and levels.stage[i] == stage and not isinstance(s, Fold):
                    self.scalars[i] = self.scalar(i, self.scalars, index)
            folds = [
                i
                for i, s in enumerate(nest.statements)
                if isinstance(s, Fold) and levels.stage[s.arg] == stage
            ]
            stores = [
                s
                for s in nest.stores
                if levels.of_store(s) == POINT and levels.stage[s.value] == stage
            ]
            if folds or stores:
                self._pass(stage, _Work(folds, stores, low, high))
        for s in nest.stores:
            if levels.of_store(s) != POINT:
                at = self.emit.address(s.operand, s.at, index, s.dtype)
                self.emit.store(self.scalars[s.value], at, s.dtype, 1, None)

    def _pass(self, stage: int, work: _Work) -> None:
        """One pass: folds and stores of this stage at each point of the row."""
        nest, code = self.nest, self.code
        statements = nest.statements
        inner = list(range(nest.kept, len(nest.dims)))
        results = [statements[i].arg for i in work.folds] + [s.value for s in work.stores]
        needed: list[set[int]] = [set() for _ in statements]
        for i in results:
            self._mark(i, stage, needed)
        self.splats: dict[int, Val] = {}
        wanted = [i for i, marks in enumerate(needed) if marks]
        for a in [a for i in wanted for a in arguments(statements[i])] + results:
            if self.levels.level[a] != POINT and a not in self.splats:
                self.splats[a] = code.splat(self.scalars[a], self.lanes)
        for i in wanted:
            s = statements[i]
            if isinstance(s, Load) and i not in self.done:
                self._base(s.operand, s.at, s.dtype)
        for store in work.stores:
            self._base(store.operand, store.at, store.dtype)
        starts = [self._identity(i) for i in work.folds]
        folded = self._loops(inner, dict(self.index), work, starts)
        for i, value in zip(work.folds, folded, strict=True):
            self.scalars[i] = self.emit.folded(statements[i], value)
        self.done.update([i for i in self.kept_values if needed[i]])

    def _base(self, operand: int, at: Affine, dtype: DType) -> str:
        """The address of the row's first element of an access, computed once a row."""
        kept = self.nest.kept
        outer = Affine(at.const, tuple([t for t in at.terms if t[0] < kept]))
        key = (operand, outer)
        found = self.bases.get(key)
        if found is None:
            found = self.bases[key] = self.emit.address(operand, outer, self.index, dtype)
        return found

    def _loops(self, dims: list[int], index: Index, work: _Work, values: list[Val]) -> list[Val]:
        """Goes through what `dims` count; the folds' values after it."""
        if not dims:
            return self._point(index, None, work, values, None)
        if len(dims) == 1:
            return self._vectors(dims[0], index, work, values)
        with self.code.loop(0, self.nest.dims[dims[0]], 1, values) as loop:
            place = {**index, dims[0]: loop.index}
            loop.next = self._loops(dims[1:], place, work, loop.values)
        return loop.results

    def _vectors(self, dim: int, index: Index, work: _Work, values: list[Val]) -> list[Val]:
        """Goes along the last dimension in vectors; one that is not full is masked."""
        code, lanes = self.code, self.lanes
        size = self.nest.dims[dim]
        whole = size // lanes * lanes
        start: str | int = 0 if work.low is None else work.low
        stop: str | int = whole if work.high is None else code.minimum(work.high, whole)

        def point(at: str | int, values: list[Val], mask: str | None = None) -> list[Val]:
            return self._point({**index, dim: at}, dim, work, values, mask)

        several = lanes * UNROLLED
        if work.folds and work.low is None and whole >= 2 * several:
            start = whole // several * several
            values = self._side_by_side(point, start, work.folds, values)
        if not isinstance(start, int) or not isinstance(stop, int) or start < stop:
            if (start, stop) == (0, lanes):
                values = point(0, values)
            else:
                with code.loop(start, stop, lanes, values) as loop:
                    loop.next = point(loop.index, loop.values)
                values = loop.results
        if whole < size:
            mask = code.first_lanes(size - whole, lanes)
            with self._last_chunk(work.high, size):
                values = point(whole, values, mask)
        return values

    def _side_by_side(
        self,
        point: Callable[[str | int, list[Val]], list[Val]],
        stop: int,
        folds: list[int],
        values: list[Val],
    ) -> list[Val]:
        """Several sums side by side, so that one addition need not wait for the one before."""
        many = []
        for fold, value in zip(folds, values, strict=True):
            many += [value, *[self._identity(fold) for _ in range(1, UNROLLED)]]
        with self.code.loop(0, stop, self.lanes * UNROLLED, many) as loop:
            following = list(loop.values)
            for u in range(UNROLLED):
                at = self.code.add(loop.index, u * self.lanes)
                following[u::UNROLLED] = point(at, following[u::UNROLLED])
            loop.next = following
        found = []
        for i, fold in enumerate(folds):
            parts = loop.results[i * UNROLLED : (i + 1) * UNROLLED]
            while len(parts) > 1:
                parts = [
                    self.emit.combined(self.nest.statements[fold].combine, a, b)
                    for a, b in zip(parts[::2], parts[1::2], strict=True)
                ]
            found.append(parts[0])
        return found

    def _identity(self, fold: int) -> Val:
        s = self.nest.statements[fold]
        return self.code.splat(self.emit.identity(s.combine, s.dtype), self.lanes)

    @contextmanager
    def _last_chunk(self, high: str | int | None, size: int) -> Iterator[None]:
        """What is left over at the end of a row that is cut into chunks is the last one's."""
        if high is None or isinstance(high, int):
            yield
            return
        with self.code.when(self.code.op(f"icmp eq i64 {high}, {size}")):
            yield

    def _point(
        self, index: Index, dim: int | None, work: _Work, values: list[Val], mask: str | None
    ) -> list[Val]:
        """The statements at one vector of points along `dim`; the folds' values after it."""
        known: dict[int, Val] = {}
        lanes = 1 if dim is None else self.lanes

        def value_of(i: int) -> Val:
            return self.code.splat(self._value(i, index, dim, known, mask), lanes)

        updated = []
        for i, value in zip(work.folds, values, strict=True):
            s = self.nest.statements[i]
            arg = self.emit.masked(value_of(s.arg), mask, self.emit.identity(s.combine, s.dtype))
            updated.append(self.emit.combined(s.combine, value, arg))
        # All is loaded before anything is stored: a variable's old value may be another's new one.
        stored = [value_of(s.value) for s in work.stores]
        for store, value in zip(work.stores, stored, strict=True):
            pointer = self._pointer(store.operand, store.at, store.dtype, index)
            step = 1 if dim is None else store.at.coefficient(dim)
            self.emit.store(value, pointer, store.dtype, step, mask)
        return updated

    def _pointer(self, operand: int, at: Affine, dtype: DType, index: Index) -> str:
        kept = self.nest.kept
        base = self._base(operand, at, dtype)
        inner = Affine(0, tuple([t for t in at.terms if t[0] >= kept]))
        return self.code.offset(base, self.emit.affine(inner, index), dtype)

    def _value(
        self, i: int, index: Index, dim: int | None, known: dict[int, Val], mask: str | None
    ) -> Val:
        lanes = 1 if dim is None else self.lanes
        if self.levels.level[i] != POINT:
            return self.splats[i] if lanes > 1 else self.scalars[i]
        found = known.get(i)
        if found is not None:
            return found
        s = self.nest.statements[i]
        if i in self.kept_values and i in self.done:
            known[i] = self.code.load(self._kept(i, index), working(s.dtype), lanes, mask)
            return known[i]
        pointer = ""
        args = []
        if isinstance(s, Load):
            pointer = self._pointer(s.operand, s.at, s.dtype, index)
        elif isinstance(s, Gather) and self.levels.level[s.where] != POINT:
            args = [self.scalars[s.where]]  # one address for all lanes
        else:
            args = [self._value(a, index, dim, known, mask) for a in arguments(s)]
        value = self.emit.statement(s, args, index, lanes, dim, mask, pointer)
        if i in self.kept_values:
            value = self.code.splat(value, lanes)
            self.code.store(value, self._kept(i, index), working(s.dtype), mask)
        known[i] = value
        return value

    def _kept(self, i: int, index: Index) -> str:
        place: str | int = 0
        for dim in range(self.nest.kept, len(self.nest.dims)):
            place = self.code.add(self.code.mul(place, self.nest.dims[dim]), index[dim])
        start = self.code.op(f"getelementptr i8, ptr %scratch, i64 {self.kept_values[i]}")
        return self.code.offset(start, place, working(self.nest.statements[i].dtype))
