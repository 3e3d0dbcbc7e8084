"""Walks a graph and makes a new one; what passes over graphs are made of."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.ir.graph import PLACEHOLDER, Body, Graph, Node, Value
from tapeflow.engine.ir.spec import Spec


class Rewriter:
    """Copies a graph node by node; a pass overrides `visit`.

    Values of the old graph are looked up by identity: symbolic tensors have no other equality.
    """

    def __init__(self) -> None:
        self.env: dict[int, Any] = {}

    def run(self, graph: Graph) -> Graph:
        """The new graph."""
        return self.part(graph, graph.inputs, graph.outputs, None)

    def part(
        self, graph: Graph, inputs: list[Any], outputs: list[Any], specs: list[Spec] | None
    ) -> Graph:
        """The new graph of a whole or of a body.

        Args:
          graph: holds the old nodes.
          inputs: the old inputs.
          outputs: the old values wanted.
          specs: what to take the inputs to be; by default what they were.
        """
        made = Graph()
        for i, old in enumerate(inputs):
            node = Node(PLACEHOLDER, (), {}, old.node.name)
            spec = old.spec if specs is None else specs[i]
            value = Value(node, 0, spec)
            node.outputs = [value]
            made.inputs.append(value)
            self.env[id(old)] = value
        self.nodes(graph, made)
        made.outputs = [self.env[id(v)] for v in outputs]
        return made

    def nodes(self, graph: Graph, made: Graph) -> None:
        """Visits the nodes in order."""
        env = self.env
        for node in graph.nodes:
            if node.prim is PLACEHOLDER:
                continue
            news = self.visit(made, node, tuple([env[id(v)] for v in node.inputs]))
            for old, new in zip(node.outputs, news, strict=True):
                env[id(old)] = new

    def visit(self, made: Graph, node: Node, inputs: tuple[Any, ...]) -> list[Any]:
        """Adds what `node` becomes to the new graph; the new values of its outputs."""
        return self.copy(made, node, inputs, [v.spec for v in node.outputs])

    def copy(
        self, made: Graph, node: Node, inputs: tuple[Any, ...], specs: list[Spec]
    ) -> list[Any]:
        """Adds a copy of `node` with new inputs and specs."""
        new = Node(node.prim, inputs, self.attrs(node, inputs), node.name, node.location)
        new.in_tuple = node.in_tuple
        return made.add(new, specs).outputs

    def attrs(self, node: Node, inputs: tuple[Any, ...]) -> dict[str, Any]:
        """The attributes, with bodies rewritten."""
        if not any(True for _ in node.bodies()):
            return node.attrs
        return {key: self._attr(value) for key, value in node.attrs.items()}

    def _attr(self, value: Any) -> Any:
        if isinstance(value, Body):
            return self.body(value)
        if isinstance(value, tuple) and any(isinstance(part, Body) for part in value):
            return tuple([self.body(part) for part in value])
        return value

    def body(self, body: Body) -> Body:
        """A body, rewritten by a rewriter of its own kind."""
        inner = self.inner()
        made = inner.part(body.graph, body.inputs, body.outputs, None)
        return Body(made, made.inputs, made.outputs)

    def inner(self) -> Rewriter:
        """The rewriter for a body."""
        return type(self)()
