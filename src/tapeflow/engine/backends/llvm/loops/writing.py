"""What kernels of nests have in common."""

from __future__ import annotations

import hashlib

from tapeflow.engine.backends.llvm.kernel import Kernel
from tapeflow.engine.backends.llvm.loops.cost import cost_of
from tapeflow.engine.backends.llvm.loops.emission import Emitter, Index
from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.backends.llvm.text import Code, Val
from tapeflow.engine.core.dtypes import DType, float32
from tapeflow.engine.ir.nest import (
    ONCE,
    POINT,
    Apply,
    Coordinate,
    Fold,
    Gather,
    Levels,
    Literal,
    Load,
    Nest,
)

GRAIN = 8192
"""About how many points a chunk has."""

PARALLEL_FROM = 32768
"""Points, weighed by their cost, from which on two threads are worth their while."""

UNROLLED = 4
"""How many vectors are folded side by side: an addition takes four cycles."""


class Writer:
    """What kernels of nests have in common: levels, costs, vector width, the head of the code."""

    def __init__(self, target: Target, nest: Nest) -> None:
        self.target = target
        self.nest = nest
        self.levels = Levels(nest)
        self.code = Code(target, "NAME")
        self.pointers = [self.code.argument(i) for i in range(nest.operands)]
        self.emit = Emitter(self.code, nest, self.pointers)
        self.once: dict[int, Val] = {}
        self.chunks = 1
        self.scratch = 0
        self.costs = [self._cost(s) for s in nest.statements]
        self.points = 1
        for d in nest.dims:
            self.points *= d

    def _cost(self, statement: object) -> int:
        if isinstance(statement, Apply):
            dtypes = tuple([wide(self.nest.statements[a].dtype) for a in statement.args])
            return cost_of(statement.prim, dtypes, statement.attrs)
        return 1

    def write(self) -> None:
        """Writes the code."""
        raise NotImplementedError

    def lanes_for(self, size: int) -> int:
        """How many points a vector has along a dimension of this extent."""
        widest = max(
            [
                wide(s.dtype).size
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
        if isinstance(s, Load):
            at = self.emit.address(s.operand, s.at, index, s.dtype)
            return self.emit.load(s, at, 1, 0, None)
        if isinstance(s, Literal):
            return self.emit.literal(s)
        if isinstance(s, Coordinate):
            return self.emit.coordinate(s, index, 1, 0)
        if isinstance(s, Gather):
            return self.emit.gather(s, known[s.where], index, 1, 0, None)
        return self.emit.apply(s, [known[a] for a in s.args])

    def kernel(self) -> Kernel:
        """The kernel, named by its code."""
        text = self.code.text()
        name = "nest_" + hashlib.sha256(text.encode()).hexdigest()[:16]
        cost = sum(c for c, level in zip(self.costs, self.levels.level) if level == POINT)
        return Kernel(
            name,
            text.replace("@NAME(", f"@{name}("),
            self.chunks,
            self.scratch,
            flops=self.points
            * sum(
                1
                for s, level in zip(self.nest.statements, self.levels.level)
                if level == POINT and isinstance(s, (Apply, Fold))
            ),
            bytes=_traffic(self.nest),
            fused=self.nest.fused,
            parallel=self.chunks > 1 and self.points * max(1, cost // 4) >= PARALLEL_FROM,
        )


def arguments(statement: object) -> tuple[int, ...]:
    if isinstance(statement, Apply):
        return statement.args
    return (statement.where,) if isinstance(statement, Gather) else ()


def wide(dtype: DType) -> DType:
    return float32 if dtype.is_floating and dtype.size == 2 else dtype


def _traffic(nest: Nest) -> int:
    """Bytes of all elements that are read or written, each access counted once."""
    total = 0
    for s in [s for s in nest.statements if isinstance(s, (Load, Gather))] + nest.stores:
        count = 1
        for dim, _ in s.at.terms:
            count *= nest.dims[dim]
        total += count * s.dtype.size
    return total
