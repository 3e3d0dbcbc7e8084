"""Cuts long folds with few results into parts that threads can fold side by side.

The parts are a matter of shape alone, and their results are combined in order: the sum does not
depend on how many threads there are.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, NamedTuple

from tapeflow.engine.backends.llvm.loops.emission import arguments
from tapeflow.engine.backends.llvm.text import working
from tapeflow.engine.ir.nest import (
    POINT,
    Affine,
    Apply,
    Coordinate,
    Fold,
    Gather,
    Levels,
    Load,
    Nest,
    Store,
    contiguous,
)

LONG = 1 << 16
"""Points from which on a fold is cut."""

MOST_PARTS = 32
FEW_ROWS = 64


class Split(NamedTuple):
    """A nest as two.

    Attributes:
      first: folds the parts; its last operands are the buffers of their results.
      second: combines them, and goes on as the nest did; it has the same operands.
      sizes: bytes of these buffers.
    """

    first: Nest
    second: Nest
    sizes: list[int]


def split(nest: Nest) -> Split | None:
    """The two nests; None where the fold is short, or rows are many, or it cannot be cut."""
    nest = nest.collapsed()
    folds = [i for i, s in enumerate(nest.statements) if isinstance(s, Fold)]
    kept = nest.kept
    rows = math.prod(nest.dims[:kept])
    if not folds or math.prod(nest.dims) < LONG or rows >= FEW_ROWS:
        return None
    levels = Levels(nest)
    if any(levels.stage[nest.statements[i].arg] for i in folds) or any(
        levels.of_store(s) == POINT and levels.stage[s.value] for s in nest.stores
    ):
        return None
    size = nest.dims[kept]
    parts = max((p for p in range(2, MOST_PARTS + 1) if size % p == 0), default=0)
    if parts < 4:
        return None
    first, sizes = _first(nest, folds, parts, rows)
    return Split(first, _second(nest, folds, parts, rows), sizes)


def _counting(nest: Nest) -> list[tuple[int, int]]:
    """The terms of the number of a row; the nest is collapsed, so that none is zero."""
    return list(enumerate(contiguous(nest.dims[: nest.kept])))


def _renumbered(statement: Any, place: dict[int, int]) -> Any:
    """A statement whose arguments have other numbers."""
    if isinstance(statement, Apply):
        return statement._replace(args=tuple([place[a] for a in statement.args]))
    if isinstance(statement, Gather):
        return statement._replace(where=place[statement.where])
    return statement


def _first(nest: Nest, folds: list[int], parts: int, rows: int) -> tuple[Nest, list[int]]:
    kept = nest.kept
    inner = nest.dims[kept] // parts

    def moved(at: Affine) -> Affine:
        terms = []
        for d, c in at.terms:
            if d == kept:
                terms += [(0, c * inner), (d + 1, c)]
            else:
                terms.append((d + 1, c))
        return Affine(at.const, tuple(sorted(terms)))

    dims = (parts, *nest.dims[:kept], inner, *nest.dims[kept + 1 :])
    statements = [
        s._replace(at=moved(s.at)) if isinstance(s, (Load, Coordinate, Gather)) else s
        for s in nest.statements
    ]
    # What depends on a fold is the second nest's; here nothing does.
    done = set(folds)
    made: list[Any] = []
    place: dict[int, int] = {}
    for i, s in enumerate(statements):
        if any(a in done for a in arguments(s)):
            done.add(i)
            continue
        if isinstance(s, Fold):
            s = s._replace(arg=place[s.arg], dtype=working(s.dtype))
        else:
            s = _renumbered(s, place)
        place[i] = len(made)
        made.append(s)
    at = Affine(0, ((0, rows), *[(d + 1, c) for d, c in _counting(nest)]))
    levels = Levels(nest)
    stores = [
        s._replace(value=place[s.value], at=moved(s.at))
        for s in nest.stores
        if levels.of_store(s) == POINT
    ]
    sizes = []
    for n, i in enumerate(folds):
        dtype = working(nest.statements[i].dtype)
        stores.append(Store(place[i], nest.operands + n, at, dtype))
        sizes.append(parts * rows * dtype.size)
    operands = nest.operands + len(folds)
    return Nest(dims, kept + 1, made, stores, operands, f"{nest.fused} (parts)"), sizes


def _second(nest: Nest, folds: list[int], parts: int, rows: int) -> Nest:
    kept = nest.kept
    at = Affine(0, (*_counting(nest), (kept, rows)))
    levels = Levels(nest)
    place: dict[int, int] = {}
    made: list[object] = []
    for i, s in enumerate(nest.statements):
        if levels.level[i] == POINT:
            continue
        if isinstance(s, Fold):
            made.append(Load(nest.operands + folds.index(i), at, working(s.dtype)))
            s = s._replace(arg=len(made) - 1)
        else:
            s = _renumbered(s, place)
        place[i] = len(made)
        made.append(s)
    stores = [s._replace(value=place[s.value]) for s in nest.stores if levels.of_store(s) != POINT]
    return replace(
        nest,
        dims=(*nest.dims[:kept], parts),
        statements=made,
        stores=stores,
        operands=nest.operands + len(folds),
        fused=f"{nest.fused} (combined)",
    )
