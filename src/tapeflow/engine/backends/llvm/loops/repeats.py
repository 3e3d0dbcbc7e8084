"""Says what a nest computes more often than it has different values."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tapeflow.engine.backends.llvm.loops.cost import cost_of
from tapeflow.engine.backends.llvm.text import working
from tapeflow.engine.ir.nest import Apply, Coordinate, Fold, Gather, Load, Nest

WORTH_TELLING = 4
"""The cost, in simple instructions, from which on it is told that a value is computed again."""

LEAST_PART = 100
"""It is told where it is at least this part, a hundredth, of all that a kernel computes."""


def statement_cost(nest: Nest, statement: object) -> int:
    """About how many simple instructions a statement of a nest takes for each element."""
    if isinstance(statement, Apply):
        dtypes = tuple([working(nest.statements[a].dtype) for a in statement.args])
        return cost_of(statement.prim, dtypes, statement.attrs)
    return 1


def reached(nest: Nest) -> list[int]:
    """For each statement the dimensions that its value depends on, a bit for each."""
    kept = (1 << nest.kept) - 1
    found: list[int] = []
    for s in nest.statements:
        dims = 0
        if isinstance(s, Apply):
            for a in s.args:
                dims |= found[a]
        elif isinstance(s, Fold):
            dims = found[s.arg] & kept
        elif isinstance(s, (Load, Coordinate, Gather)):
            for d, _ in s.at.terms:
                dims |= 1 << d
            if isinstance(s, Gather):
                dims |= found[s.where]
        found.append(dims)
    return found


def repeats(
    nest: Nest,
    dims: Sequence[int],
    evaluated: Sequence[int],
    own: Sequence[int],
    besides: int = 0,
) -> list[str]:
    """What is computed again, in words, where it costs something.

    Args:
      nest: the nest.
      dims: what `reached` gives.
      evaluated: how often each statement is computed.
      own: what that costs each time.
      besides: what the kernel computes besides, in instructions.
    """
    values = {d: math.prod(n for i, n in enumerate(nest.dims) if d >> i & 1) for d in set(dims)}
    again = [
        n / max(1, values[d]) if isinstance(s, Apply) else 0.0
        for s, d, n in zip(nest.statements, dims, evaluated, strict=True)
    ]
    if all(times <= 1 for times in again):
        return []
    work = besides + sum([n * cost for n, cost in zip(evaluated, own, strict=True)])
    costs: list[int] = []
    names: list[dict[str, None]] = []
    inside: set[int] = set()
    for i, s in enumerate(nest.statements):
        if again[i] <= 1:
            costs.append(0)
            names.append({})
            continue
        # What is computed as often as its user is told of with that.
        mine = [a for a in dict.fromkeys(s.args) if names[a] and evaluated[a] == evaluated[i]]
        inside.update(mine)
        names.append(dict.fromkeys([s.prim.name, *[n for a in mine for n in names[a]]]))
        costs.append(own[i] + sum([costs[a] for a in mine]))
    return [
        f"{' + '.join(names[i])}: each value up to {math.ceil(again[i]):,} times"
        for i in range(len(nest.statements))
        if names[i]
        and i not in inside
        and costs[i] >= WORTH_TELLING
        and costs[i] * evaluated[i] * LEAST_PART >= work
    ]
