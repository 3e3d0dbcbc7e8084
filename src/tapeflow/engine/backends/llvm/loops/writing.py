"""What kernels of nests have in common."""

from __future__ import annotations

import math

from tapeflow.engine.backends.llvm.kernel import Kernel
from tapeflow.engine.backends.llvm.loops.emission import Emitter, Index, arguments
from tapeflow.engine.backends.llvm.loops.repeats import reached, repeats, statement_cost
from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.backends.llvm.text import Code, Val, working
from tapeflow.engine.ir.nest import (
    ONCE,
    POINT,
    ROW,
    Apply,
    Fold,
    Gather,
    Levels,
    Load,
    Nest,
)

GRAIN = 8192
"""About how many points a chunk has, in large nests and where points take little."""

SHORTEST = 1024
"""So many at least."""

PARALLEL_FROM = 32768
"""Points, each times its weight, from which on two threads are worth their while."""

UNROLLED = 4
"""How many vectors are folded side by side: an addition takes four cycles."""


class Writer:
    """What kernels of nests have in common: levels, costs, vector width, the head of the code."""

    def __init__(self, target: Target, nest: Nest) -> None:
        self.target = target
        self.nest = nest
        self.levels = Levels(nest)
        self.code = Code(target)
        self.pointers = [self.code.argument(i) for i in range(nest.operands)]
        self.emit = Emitter(self.code, nest, self.pointers)
        self.once: dict[int, Val] = {}
        self.chunks = 1
        self.lanes = 1
        self.scratch = 0
        self.costs = [statement_cost(nest, s) for s in nest.statements]
        self.points = math.prod(nest.dims)

    @property
    def weight(self) -> int:
        """What a point takes: four simple instructions, or four bytes, are one."""
        cost = sum(c for c, level in zip(self.costs, self.levels.level) if level == POINT)
        return max(1, cost // 4, traffic(self.nest) // max(1, self.points) // 4)

    @property
    def grain(self) -> int:
        """About how many points a chunk has."""
        if self.points >= 16 * GRAIN:
            return GRAIN
        return max(SHORTEST, GRAIN >> max(0, self.weight.bit_length() - 2))

    def write(self) -> None:
        """Writes the code."""
        raise NotImplementedError

    def lanes_for(self, size: int) -> int:
        """How many points a vector has along a dimension of this extent."""
        widest = max(
            [
                working(s.dtype).size
                for s, level in zip(self.nest.statements, self.levels.level)
                if level == POINT
            ]
            or [4]
        )
        lanes = self.target.lanes(8 if widest == 8 else 4)
        while lanes > 1 and lanes // 2 >= size:
            lanes //= 2
        return lanes

    def compute_once(self) -> None:
        """Values that are the same for the whole nest, before any loop."""
        for i, level in enumerate(self.levels.level):
            if level == ONCE:
                self.once[i] = self.scalar(i, self.once, {})

    def scalar(self, i: int, known: dict[int, Val], index: Index) -> Val:
        """A statement's value at one point."""
        s = self.nest.statements[i]
        return self.emit.statement(s, [known[a] for a in arguments(s)], index)

    def kernel(self) -> Kernel:
        """The kernel, named by its code."""
        name, text = self.code.named("nest")
        return Kernel(
            name,
            text,
            self.chunks,
            self.scratch,
            flops=self._flops(),
            bytes=traffic(self.nest),
            fused=self.nest.fused,
            parallel=self.chunks > 1 and self.points * self.weight >= PARALLEL_FROM,
            notes=self._notes(),
        )

    def _notes(self) -> list[str]:
        dims = reached(self.nest)
        return repeats(self.nest, dims, self.evaluated(dims), self.costs)

    def _flops(self) -> int:
        """Operations on all values, each computed once."""
        rows = math.prod(self.nest.dims[: self.nest.kept])
        times = {ONCE: 1, ROW: rows, POINT: self.points}
        total = 0
        for s, level in zip(self.nest.statements, self.levels.level):
            if isinstance(s, Fold):
                total += self.points
            elif isinstance(s, Apply):
                total += times[level]
        return total

    def evaluated(self, dims: list[int]) -> list[int]:
        """How often each statement is computed, at most; `dims` is what `reached` gives."""
        rows = math.prod(self.nest.dims[: self.nest.kept])
        times = {ONCE: self.chunks, ROW: rows, POINT: self.points}
        along = self.vector_dim()
        found = []
        for level, mine in zip(self.levels.level, dims):
            count = times[level]
            if along is not None and not mine >> along & 1 and self.is_vector(level):
                size = self.nest.dims[along]
                count = count // max(1, size) * -(-size // self.lanes)  # once for all lanes
            found.append(count)
        return found

    def vector_dim(self) -> int | None:
        """The dimension that vectors lie along."""
        raise NotImplementedError

    def is_vector(self, level: int) -> bool:
        """Whether what is computed at a level is computed for all lanes of a vector."""
        return level == POINT


def traffic(nest: Nest) -> int:
    """Bytes of all elements that are read or written, each access counted once."""
    total = 0
    for s in [s for s in nest.statements if isinstance(s, (Load, Gather))] + nest.stores:
        total += math.prod([nest.dims[dim] for dim, _ in s.at.terms]) * s.dtype.size
    return total
