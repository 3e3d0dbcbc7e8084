"""In which order units run, and which of them may write to a variable in place."""

from __future__ import annotations

import heapq
from typing import Any

from tapeflow.engine.compiler.native.fusion import Fusion
from tapeflow.engine.compiler.native.loops import Loops, root_of
from tapeflow.engine.compiler.native.units import Unit
from tapeflow.engine.ir.nest import Affine, Gather, Levels, Load


class Task:
    """A unit with its nest and what it reads and writes.

    Attributes:
      unit: the unit.
      loops: its nest; None for an opaque one.
      reads: the values whose memory it reads.
      writes: the values whose memory it writes.
      epilogue: for an opaque one, the task that continues with its result, if any does.
      order: the place of its first node in the program.
    """

    def __init__(self, fusion: Fusion, unit: Unit) -> None:
        self.unit = unit
        self.loops = None if unit.opaque is not None else Loops(fusion, unit)
        self.epilogue: Task | None = None
        self.writes: list[Any] = []
        self.reads: list[Any] = []
        if self.loops is None:
            self.writes = list(unit.opaque.outputs)
            self.reads = [root_of(fusion, v)[0] for v in unit.opaque.inputs]
        else:
            written = {s.operand for s in self.loops.nest.stores}
            self.writes = [v for i, v in enumerate(self.loops.operands) if i in written]
            self.reads = [v for i, v in enumerate(self.loops.operands) if i not in written]
        self.requires = [root_of(fusion, v)[0] for v in unit.requires]
        self.order = (unit.members & -unit.members).bit_length()

    def reads_beside(self, value: Any, target: Any) -> bool:
        """Whether it reads `value` at other elements than those at which it writes `target`."""
        if self.loops is None:
            return any(v is value for v in self.reads)
        operands = self.loops.operands
        nest = self.loops.nest
        places: list[Affine] = [s.at for s in nest.stores if operands[s.operand] is target]
        # Where a row is gone through more than once, what is used at its points is loaded again.
        again = Levels(nest).passes(nest) > 1
        return any(
            isinstance(s, Gather) or s.at not in places or (again and s.at.reaches(nest.kept))
            for s in nest.statements
            if isinstance(s, (Load, Gather)) and operands[s.operand] is value
        )

    def __repr__(self) -> str:
        return f"<task {self.unit!r}>"


class Dependencies:
    """Which task must wait for which."""

    def __init__(self, tasks: list[Task]) -> None:
        self.tasks = tasks
        self.before: dict[int, set[int]] = {i: set() for i in range(len(tasks))}
        place = {task.unit.number: i for i, task in enumerate(tasks)}
        makers: dict[int, list[int]] = {}
        for i, task in enumerate(tasks):
            for value in task.writes:
                makers.setdefault(id(value), []).append(i)
        for i, task in enumerate(tasks):
            for value in [*task.reads, *task.requires]:
                for maker in makers.get(id(value), ()):
                    if maker != i:
                        self.before[i].add(maker)
            for unit in task.unit.after:
                self.before[i].add(place[unit.number])

    def try_after(self, task: int, others: list[int]) -> bool:
        """Makes a task wait for others, unless one of them waits for it."""
        for other in others:
            if self._waits(other, task):
                return False
        self.before[task].update(o for o in others if o != task)
        return True

    def _waits(self, task: int, other: int) -> bool:
        seen: set[int] = set()
        stack = [task]
        while stack:
            at = stack.pop()
            if at == other:
                return True
            if at not in seen:
                seen.add(at)
                stack.extend(self.before[at])
        return False

    def sorted(self) -> list[int]:
        """An order that respects all waits, and otherwise the program's."""
        waiting = {i: len(b) for i, b in self.before.items()}
        followers: dict[int, list[int]] = {i: [] for i in self.before}
        for i, before in self.before.items():
            for b in before:
                followers[b].append(i)
        ready = [(self.tasks[i].order, i) for i, n in waiting.items() if n == 0]
        heapq.heapify(ready)
        made = []
        while ready:
            _, i = heapq.heappop(ready)
            made.append(i)
            for f in followers[i]:
                waiting[f] -= 1
                if waiting[f] == 0:
                    heapq.heappush(ready, (self.tasks[f].order, f))
        assert len(made) == len(self.tasks), "units wait for each other"
        return made
