"""Forgets what is known of shapes, so that each operation looks when it runs."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.ir.graph import CONST, Graph, Node
from tapeflow.engine.ir.rewriter import Rewriter
from tapeflow.engine.ir.spec import Spec


class ForgetShapes(Rewriter):
    """Copies a graph with values of unknown shape."""

    def part(self, graph: Graph, inputs: Any, outputs: Any, specs: Any) -> Graph:
        return super().part(graph, inputs, outputs, [_unknown(v.spec) for v in inputs])

    def visit(self, made: Graph, node: Node, inputs: tuple[Any, ...]) -> list[Any]:
        specs = [v.spec for v in node.outputs]
        if node.prim is not CONST:
            specs = [_unknown(s) for s in specs]
        return self.copy(made, node, inputs, specs)


def _unknown(spec: Spec) -> Spec:
    return Spec(spec.dtype, None, refers=spec.refers)


def forget_shapes(graph: Graph) -> Graph:
    """The graph for tensors of any shapes; what was computed from known shapes stays as it is."""
    return ForgetShapes().run(graph)
