"""Leaves out what nobody needs."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.ir.graph import PLACEHOLDER, Graph, Node
from tapeflow.engine.ir.rewriter import Rewriter


def live_nodes(graph: Graph, outputs: list[Any]) -> list[Node]:
    """The nodes that `outputs` depend on and those that must run, in order."""
    needed = {id(v) for v in outputs}
    found = []
    for node in reversed(graph.nodes):
        if node.prim is PLACEHOLDER:
            continue
        if not node.effect.droppable or any(id(v) in needed for v in node.outputs):
            needed.update([id(v) for v in node.inputs])
            found.append(node)
    found.reverse()
    return found


class DropDead(Rewriter):
    """Copies live nodes only."""

    def part(self, graph: Graph, inputs: Any, outputs: Any, specs: Any) -> Graph:
        live = Graph()
        live.nodes = live_nodes(graph, outputs)
        return super().part(live, inputs, outputs, specs)


def drop_dead(graph: Graph) -> Graph:
    """The graph without nodes that no output and no effect depends on, bodies included."""
    return DropDead().run(graph)
