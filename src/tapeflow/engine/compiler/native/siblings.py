"""Makes one unit of two that go through the same domain and read the same arrays.

Neither needs the other: what is saved is reading memory twice, and a call.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

from tapeflow.engine.compiler.native.accesses import Access
from tapeflow.engine.compiler.native.fusion import LONG_ROW, SMALL, Fusion
from tapeflow.engine.compiler.native.schedule import Task
from tapeflow.engine.compiler.native.units import LARGEST, Unit
from tapeflow.engine.ir.nest import Affine, Load


def merge_siblings(fusion: Fusion, tasks: list[Task]) -> list[Task]:
    """The tasks, those merged that may be."""
    groups: dict[Any, list[Task]] = {}
    for task in tasks:
        unit = task.unit
        if task.loops is not None and not unit.after and unit.size > 1:
            groups.setdefault(_extents(unit), []).append(task)
    gone: set[int] = set()
    for group in groups.values():
        readers: dict[tuple[int, Affine], list[int]] = {}
        for k, task in enumerate(group):
            for read in _whole_reads(task):
                readers.setdefault(read, []).append(k)
        for i, first in enumerate(group):
            if first.unit.number in gone:
                continue
            reads = _whole_reads(first)
            at: int | None = _next_reader(reads, readers, i)
            while at is not None and not first.unit.is_full:
                second = group[at]
                if second.unit.number not in gone and _may_merge(fusion, first, second):
                    _merge(fusion, first.unit, second.unit)
                    gone.add(second.unit.number)
                    fresh = Task(fusion, first.unit)
                    first.loops, first.reads, first.writes = fresh.loops, fresh.reads, fresh.writes
                    first.requires = fresh.requires
                    reads = _whole_reads(first)
                at = _next_reader(reads, readers, at)
    return [t for t in tasks if t.unit.number not in gone]


def _next_reader(
    reads: set[tuple[int, Affine]], readers: dict[tuple[int, Affine], list[int]], after: int
) -> int | None:
    """The first task after some other one that makes one of these loads at each point."""
    found = []
    for read in reads:
        others = readers.get(read, [])
        place = bisect_right(others, after)
        if place < len(others):
            found.append(others[place])
    return min(found, default=None)


def _extents(unit: Unit) -> tuple[int, ...]:
    return tuple([unit.extents[d] for d in unit.order if unit.extents[d] != 1])


def _kept(unit: Unit) -> int | None:
    """How many of the extents that are not 1 are kept."""
    if unit.kept is None:
        return None
    return sum(1 for d in unit.order[: unit.kept] if unit.extents[d] != 1)


def _may_merge(fusion: Fusion, first: Task, second: Task) -> bool:
    a, b = first.unit, second.unit
    kept_a, kept_b = _kept(a), _kept(b)
    if kept_a is not None and kept_b is not None and kept_a != kept_b:
        return False
    if (kept_a is None) != (kept_b is None):
        folding = a if kept_a is not None else b
        row = folding.size // max(1, folding.rows)
        if row < LONG_ROW and a.size > SMALL:
            return False
    if (a.members | b.members).bit_count() > LARGEST:
        return False
    return not fusion.depends(a, [b]) and not fusion.depends(b, [a])


def _whole_reads(task: Task) -> set[tuple[int, Affine]]:
    """The loads of other elements at each point, coordinates that are always 0 left out."""
    assert task.loops is not None
    nest = task.loops.nest.collapsed(joining=False)
    return {
        (id(task.loops.operands[s.operand]), s.at)
        for s in nest.statements
        if isinstance(s, Load) and len(s.at.terms) == len(nest.dims)
    }


def _merge(fusion: Fusion, a: Unit, b: Unit) -> None:
    """Moves what `b` computes into `a`."""
    mine = [d for d in a.order if a.extents[d] != 1]
    theirs = [d for d in b.order if b.extents[d] != 1]
    name = dict(zip(theirs, mine, strict=True))

    def moved(access: Access) -> Access:
        return tuple(
            [
                Affine(e.const, tuple(sorted([(name[d], c) for d, c in e.terms])))
                for e in b.resolve(access)
            ]
        )

    if a.kept is None and b.kept is not None:
        kept = _kept(b)
        assert kept is not None
        a.kept = 0 if kept == 0 else a.order.index(mine[kept - 1]) + 1
    for value, access, target, place in b.stores:
        a.stores.append((value, moved(access), target, place))
    a.members |= b.members
    a.ancestors |= b.ancestors
    a.requires += b.requires
    a.folded.update({k: moved(v) for k, v in b.folded.items()})
    a.computed.update({k: moved(v) for k, v in b.computed.items()})
    fusion.units.remove(b)
