"""Checks that a graph is well formed; tests run it after every pass."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.ir.graph import CONST, PLACEHOLDER, Graph, Node


class MalformedGraphError(AssertionError):
    """A graph breaks one of its own rules: a bug of the pass that made it."""


def verify(graph: Graph) -> Graph:
    """Raises unless each value is made before it is used and each node is as its form demands.

    Args:
      graph: the graph; bodies of control flow are checked, too.

    Returns:
      The graph.

    Raises:
      MalformedGraphError: when it isn't well formed; the message names the node.
    """
    _verify_part(graph, graph.inputs, graph.outputs)
    return graph


def _verify_part(graph: Graph, inputs: list[Any], outputs: list[Any]) -> None:
    made = {id(v) for v in inputs}
    for value in inputs:
        if value.node.prim is not PLACEHOLDER:
            _fail(value.node, "is an input but no placeholder")
    for node in graph.nodes:
        for value in node.inputs:
            if id(value) not in made:
                _fail(node, f"uses {value!r}, which is not made before it")
        for i, value in enumerate(node.outputs):
            if value.node is not node or value.index != i:
                _fail(node, f"has an output, {value!r}, that does not know it")
            if id(value) in made and node.prim is not PLACEHOLDER:
                _fail(node, f"makes {value!r} a second time")
            made.add(id(value))
        _verify_node(node)
    for value in outputs:
        if id(value) not in made:
            raise MalformedGraphError(f"output {value!r} is made by no node")


def _verify_node(node: Node) -> None:
    if node.prim is CONST and "value" not in node.attrs:
        _fail(node, "is a constant without a value")
    for body in node.bodies():
        _verify_part(body.graph, body.inputs, body.outputs)
    if node.prim.name in ("If", "Case"):
        for name, branch in enumerate(node.attrs["branches"]):
            if len(branch.inputs) != len(node.inputs) - 1:
                _fail(
                    node, f"{name} takes {len(branch.inputs)} inputs, given {len(node.inputs) - 1}"
                )
            if len(branch.outputs) != len(node.outputs):
                _fail(node, f"{name} gives {len(branch.outputs)} values of {len(node.outputs)}")
    elif node.prim.name == "While":
        body = node.attrs["body"]
        if len(body.inputs) != len(node.inputs):
            _fail(node, f"the body takes {len(body.inputs)} inputs, given {len(node.inputs)}")
        if len(body.outputs) != len(node.outputs):
            _fail(node, f"the body gives {len(body.outputs)} values of {len(node.outputs)}")


def _fail(node: Node, what: str) -> None:
    raise MalformedGraphError(f"{node.prim.name} {node.name!r} {what}")
