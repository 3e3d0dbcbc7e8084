"""Products of a matrix and a vector: memory is what they wait for, so each element is read once."""

from __future__ import annotations

from tapeflow.engine.backends.llvm.contractions.epilogues import Index
from tapeflow.engine.backends.llvm.contractions.problem import Factor, Problem
from tapeflow.engine.backends.llvm.contractions.sums import across_lanes, add, multiply_add
from tapeflow.engine.backends.llvm.text import Val

CHUNK = 250_000
"""Bytes of the matrix that make a chunk: some 10 microseconds."""
ALONG, DOWN = 4, 8
"""Rows of the matrix that are read at a time, for sums along them and for sums down columns."""


class Vectors:
    """The code of one kernel under construction, one of whose factors is a vector.

    Each result is a sum along the other factor, the matrix: along its rows (they are contiguous in
    memory), or down its columns. The sums of a chunk wait in memory for the epilogue.

    Args:
      problem: what to compute, and where to write the code.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.code = problem.code
        self.wide, self.dtype = problem.wide, problem.dtype
        self.k = problem.k
        self.lanes = problem.target.lanes(self.wide.size)
        # With one column, the left factor is the matrix; with one row, the right one.
        self.left = problem.n == 1
        self.results = problem.m if self.left else problem.n
        self.matrix, self.vector = _roles(problem)
        self.stride = self.matrix.stride
        self.along_rows = self.left is not self.matrix.transposed

    @staticmethod
    def fits(problem: Problem) -> bool:
        """Whether one factor of a product is a vector whose elements are side by side."""
        if 1 not in (problem.m, problem.n):
            return False
        _, vector = _roles(problem)
        # As it is stored, a vector is one row, or a row for each element.
        single = vector.transposed if problem.n == 1 else not vector.transposed
        return single or vector.stride == 1

    def emit(self) -> tuple[int, int]:
        """Emits all; gives the number of chunks and the bytes of scratch memory."""
        code, problem = self.code, self.problem
        line = max(1, self.k * self.dtype.size)
        unit = max(1, CHUNK // line)
        if self.along_rows:
            unit = -(-unit // ALONG) * ALONG
        else:
            # Pieces of rows: long enough to be read at full speed.
            unit = -(-max(unit, 2048 // self.dtype.size) // self.lanes) * self.lanes
        unit = min(unit, self.results)
        units = -(-self.results // unit)
        # Products of small matrices go together.
        stack = max(1, min(problem.batch, CHUNK // (unit * line))) if units == 1 else 1
        every = problem.batch * units
        first = code.mul("%begin", stack)
        end = code.minimum(code.mul("%end", stack), every)
        with code.loop(first, end) as loop:
            batch, place = code.divmod(loop.index, units)
            start = code.mul(place, unit)
            count: Index = unit
            if self.results % unit:
                left = code.op(f"sub i64 {self.results}, {start}")
                count = code.minimum(left, unit)
            matrix = problem.matrix(self.matrix, batch)
            vector = problem.matrix(self.vector, batch)
            if self.along_rows:
                matrix = code.offset(matrix, code.mul(start, self.stride), self.dtype)
                self._along(matrix, vector, count)
            else:
                self._down(code.offset(matrix, start, self.dtype), vector, count)
            self._finish(batch, start, count)
        padded = -(-unit // self.lanes) * self.lanes
        return -(-every // stack), padded * self.wide.size

    def _along(self, matrix: str, vector: str, count: Index) -> None:
        """Sums along rows, several rows at a time."""
        code = self.code
        if isinstance(count, int):
            many: Index = count // ALONG * ALONG
        else:
            many = code.op(f"and i64 {count}, {-ALONG}")
        for start, stop, rows in ((0, many, ALONG), (many, count, 1)):
            if start == stop:
                continue
            with code.loop(start, stop, rows) as loop:
                top = code.offset(matrix, code.mul(loop.index, self.stride), self.dtype)
                for r, total in enumerate(self._dots(top, vector, rows)):
                    at = code.offset("%scratch", code.add(loop.index, r), self.wide)
                    code.store(total, at, self.wide)

    def _dots(self, top: str, vector: str, rows: int) -> list[Val]:
        code, lanes, k = self.code, self.lanes, self.k
        # A single row's sums would wait for each other: four of them take turns.
        turns = 4 if rows == 1 else 1
        sums = [code.const(0, self.wide, lanes)] * (rows * turns)
        whole = k // (lanes * turns) * (lanes * turns)
        if whole:
            with code.loop(0, whole, lanes * turns, sums) as loop:
                sums = []
                for turn in range(turns):
                    at = code.add(loop.index, turn * lanes)
                    sums += self._products(top, vector, rows, at, None, loop.values[turn * rows :])
                loop.next = sums
            sums = loop.results
        for turn, at in enumerate(range(whole, k, lanes)):
            mask = code.first_lanes(k - at, lanes) if k - at < lanes else None
            part = slice(turn * rows, (turn + 1) * rows)
            sums[part] = self._products(top, vector, rows, at, mask, sums[part])
        while len(sums) > rows:
            half = len(sums) // 2
            sums = [add(code, a, b) for a, b in zip(sums[:half], sums[half:], strict=True)]
        return [across_lanes(code, value) for value in sums]

    def _products(
        self, top: str, vector: str, rows: int, at: Index, mask: str | None, sums: list[Val]
    ) -> list[Val]:
        code, lanes = self.code, self.lanes
        factor = code.load(code.offset(vector, at, self.dtype), self.dtype, lanes, mask)
        here = code.offset(top, at, self.dtype)
        following = []
        for r in range(rows):
            row = code.offset(here, r * self.stride, self.dtype)
            value = code.load(row, self.dtype, lanes, mask)
            following.append(multiply_add(code, value, factor, sums[r]))
        return following

    def _down(self, matrix: str, vector: str, count: Index) -> None:
        """Sums down columns: rows times an element of the vector are added to sums in memory."""
        code = self.code
        if isinstance(count, int):
            whole: Index = count // self.lanes * self.lanes
        else:
            whole = code.op(f"and i64 {count}, {-self.lanes}")
        with code.loop(0, count) as loop:
            code.store(
                code.const(0, self.wide), code.offset("%scratch", loop.index, self.wide), self.wide
            )
        many = self.k // DOWN * DOWN
        for first, last, rows in ((0, many, DOWN), (many, self.k, 1)):
            if first == last:
                continue
            with code.loop(first, last, rows) as loop:
                factors = [
                    code.load(code.offset(vector, code.add(loop.index, r), self.dtype), self.dtype)
                    for r in range(rows)
                ]
                top = code.offset(matrix, code.mul(loop.index, self.stride), self.dtype)
                for start, stop, lanes in ((0, whole, self.lanes), (whole, count, 1)):
                    if start == stop:
                        continue
                    wide = [code.splat(factor, lanes) for factor in factors]
                    with code.loop(start, stop, lanes) as across:
                        place = code.offset("%scratch", across.index, self.wide)
                        value = code.load(place, self.wide, lanes)
                        here = code.offset(top, across.index, self.dtype)
                        for r in range(rows):
                            row = code.offset(here, r * self.stride, self.dtype)
                            term = code.load(row, self.dtype, lanes)
                            value = multiply_add(code, term, wide[r], value)
                        code.store(value, place, self.wide)

    def _finish(self, batch: Index, start: Index, count: Index) -> None:
        """Calls the epilogue for the sums."""
        code, problem = self.code, self.problem
        lanes = 1 if self.left else self.lanes
        with code.loop(0, count, lanes) as loop:
            value = code.load(code.offset("%scratch", loop.index, self.wide), self.wide, lanes)
            at = code.add(start, loop.index)
            mask = None
            if lanes > 1 and not (isinstance(count, int) and count % lanes == 0):
                mask = code.first_lanes(code.op(f"sub i64 {count}, {loop.index}"), lanes)
            row, column = (at, 0) if self.left else (0, at)
            problem.epilogue.store(code, problem.pointers, value, batch, row, column, mask)


def _roles(problem: Problem) -> tuple[Factor, Factor]:
    """The factor that is a matrix, and the one that is a vector."""
    return (problem.a, problem.b) if problem.n == 1 else (problem.b, problem.a)
