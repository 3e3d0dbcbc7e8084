"""What is computed in several places of a region, because that is cheaper than storing it."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from tapeflow.engine.backends.llvm.loops.repeats import WORTH_TELLING
from tapeflow.engine.compiler.native.lowering import Lowering, Step, node_cost
from tapeflow.engine.compiler.native.maker import CHECKED
from tapeflow.engine.ir.primitive import Structural


class Again(NamedTuple):
    """Nodes whose results are computed more than once.

    Attributes:
      nodes: the nodes, all of which the same steps compute.
      steps: these steps.
      times: how often each element is computed.
    """

    nodes: list[Any]
    steps: list[Step]
    times: int

    @property
    def text(self) -> str:
        """In words."""
        names = " + ".join(dict.fromkeys(n.prim.name for n in self.nodes))
        where = f"in {len(self.steps)} kernels" if len(self.steps) > 1 else "here"
        return f"{names}: each value {self.times:,} times {where}"


def computed_again(lowering: Lowering) -> list[Again]:
    """The groups of nodes that are computed in several places, and cost something together."""
    found: dict[int, tuple[Any, dict[int, Step], int]] = {}
    for step in lowering.steps:
        task: Any = step.task
        while task is not None:
            loops = task.loops
            if loops is not None:
                for node, places in zip(loops.nodes, loops.places, strict=True):
                    _, steps, total = found.setdefault(id(node), (node, {}, 0))
                    found[id(node)] = (node, {**steps, id(step): step}, total + places)
            task = task.epilogue
    groups: dict[Any, list[tuple[Any, int]]] = {}
    steps_of: dict[Any, list[Step]] = {}
    for node, steps, total in found.values():
        size = max(1, math.prod(node.outputs[0].spec.shape))
        if total > size:
            key = tuple(steps)
            groups.setdefault(key, []).append((node, math.ceil(total / size)))
            steps_of[key] = list(steps.values())
    made = []
    for key, members in groups.items():
        if sum(_cost(node) for node, _ in members) >= WORTH_TELLING:
            times = max(times for _, times in members)
            made.append(Again([node for node, _ in members], steps_of[key], times))
    return made


def _cost(node: Any) -> int:
    """What an element costs; a fold costs its whole row, and a checked index is just the index."""
    if node.prim is CHECKED:
        return 0
    return WORTH_TELLING if isinstance(node.prim.lower, Structural) else node_cost(node)
