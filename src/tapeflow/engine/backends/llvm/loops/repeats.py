"""Says what a nest computes more often than it has different values."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tapeflow.engine.backends.llvm.loops.cost import cost_of
from tapeflow.engine.core.dtypes import DType, float32
from tapeflow.engine.ir.nest import Apply, Coordinate, Fold, Gather, Load, Nest

WORTH_TELLING = 4
"""The cost, in simple instructions, from which on it is told that a value is computed again."""

LEAST_PART = 100
"""It is told where it is at least this part, a hundredth, of all that a kernel computes."""


def wide(dtype: DType) -> DType:
    """The dtype in which values of a dtype are computed."""
    return float32 if dtype.is_floating and dtype.size == 2 else dtype


def statement_cost(nest: Nest, statement: object) -> int:
    """About how many simple instructions a statement of a nest takes for each element."""
    if isinstance(statement, Apply):
        dtypes = tuple([wide(nest.statements[a].dtype) for a in statement.args])
        return cost_of(statement.prim, dtypes, statement.attrs)
    return 1


def reached(nest: Nest) -> list[set[int]]:
    """For each statement the dimensions that its value depends on."""
    found: list[set[int]] = []
    for s in nest.statements:
        dims: set[int] = set()
        if isinstance(s, (Load, Coordinate, Gather)):
            dims.update(d for d, _ in s.at.terms)
        if isinstance(s, Gather):
            dims |= found[s.where]
        elif isinstance(s, Apply):
            dims.update(*[found[a] for a in s.args])
        elif isinstance(s, Fold):
            dims.update(d for d in found[s.arg] if d < nest.kept)
        found.append(dims)
    return found


def repeats(nest: Nest, evaluated: Sequence[int], besides: int = 0) -> list[str]:
    """What is computed again, in words, where it costs something.

    Args:
      nest: the nest.
      evaluated: how often each statement is computed.
      besides: what the kernel computes besides, in instructions.
    """
    dims = reached(nest)
    own = [statement_cost(nest, s) for s in nest.statements]
    work = besides + sum(n * cost for n, cost in zip(evaluated, own, strict=True))
    again: list[float] = []
    costs: list[int] = []
    names: list[dict[str, None]] = []
    inside: set[int] = set()
    for i, s in enumerate(nest.statements):
        again.append(evaluated[i] / max(1, math.prod(nest.dims[d] for d in dims[i])))
        # What is computed as often as its user is told of with that.
        mine = []
        if isinstance(s, Apply) and again[i] > 1:
            mine = [a for a in dict.fromkeys(s.args) if names[a] and evaluated[a] == evaluated[i]]
            inside.update(mine)
            names.append(dict.fromkeys([s.prim.name, *[n for a in mine for n in names[a]]]))
        else:
            names.append({})
        costs.append(own[i] + sum(costs[a] for a in mine))
    return [
        f"{' + '.join(names[i])}: each value up to {math.ceil(again[i]):,} times"
        for i in range(len(nest.statements))
        if names[i]
        and i not in inside
        and costs[i] >= WORTH_TELLING
        and costs[i] * evaluated[i] * LEAST_PART >= work
    ]
