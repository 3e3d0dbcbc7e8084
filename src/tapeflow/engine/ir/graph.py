"""The graph: operations in program order, each from earlier values to new ones.

What is traced, transformed and compiled. A node is one call of a primitive; its outputs are
values. The order of the nodes is the program's, so effects happen in order if nodes run in order.
`tracing/` builds graphs of tensors; `compiler/` makes graphs of plain values from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from tapeflow.engine.ir.primitive import (
    NOT_DIFFERENTIABLE,
    PURE,
    Effect,
    Primitive,
    unregistered,
)

if TYPE_CHECKING:
    from tapeflow.engine.core.frames import Location
    from tapeflow.engine.ir.spec import Spec


CONTROL_FLOW = frozenset(("If", "Case", "While"))
"""The operations whose attributes hold graphs."""


class Value:
    """One output of a node.

    Attributes:
      node: the node that computes it.
      index: which of the node's outputs it is.
      spec: what is known of it.
    """

    __slots__ = ("index", "node", "spec")

    def __init__(self, node: Node, index: int, spec: Spec) -> None:
        self.node = node
        self.index = index
        self.spec = spec

    def __repr__(self) -> str:
        return f"%{self.node.name}:{self.index}"


class Node:
    """One call of a primitive.

    Attributes:
      prim: the primitive.
      inputs: the values it is called with.
      attrs: its attributes; those of control flow hold `Body`s.
      outputs: its results; a gradient may ask control flow for more, so this is a list.
      name: unique in the graph.
      location: the user's line that made it, or None.
      in_tuple: whether the kernel gives its one output in a tuple.
    """

    __slots__ = ("attrs", "in_tuple", "inputs", "location", "name", "outputs", "prim")

    def __init__(
        self,
        prim: Primitive,
        inputs: tuple[Any, ...],
        attrs: dict[str, Any],
        name: str,
        location: Location | None = None,
    ) -> None:
        self.prim = prim
        self.inputs = inputs
        self.attrs = attrs
        self.name = name
        self.location = location
        self.outputs: list[Any] = []
        self.in_tuple = False

    @property
    def effect(self) -> Effect:
        """What the call does besides computing outputs; control flow does what its bodies do."""
        effect = self.prim.effect
        for body in self.bodies():
            for node in body.graph.nodes:
                inner = node.effect
                if not inner.droppable:
                    return inner
                if not inner.mergeable:
                    effect = inner
        return effect

    def bodies(self) -> Iterator[Body]:
        """The graphs that this node runs: branches, loop conditions and bodies."""
        if self.prim.name in CONTROL_FLOW:
            for attr in self.attrs.values():
                if isinstance(attr, Body):
                    yield attr
                elif isinstance(attr, tuple):
                    yield from (part for part in attr if isinstance(part, Body))


class Graph:
    """Nodes in program order, what they start from and what they give.

    Attributes:
      nodes: the nodes, each after those that it depends on.
      inputs: outputs of the `Placeholder` nodes that a caller gives values for, in order.
      outputs: the values a caller gets.
    """

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []

    def add(self, node: Node, specs: Iterable[Spec]) -> Node:
        """Appends a node whose outputs are described by `specs`."""
        node.outputs = [Value(node, i, spec) for i, spec in enumerate(specs)]
        self.nodes.append(node)
        return node


class Body:
    """A graph as part of a control flow node: the node's inputs are its inputs, in order.

    Its outputs are listed here and not in the graph: a gradient asks for more of them, and several
    nodes may share one traced graph.
    """

    __slots__ = ("graph", "inputs", "outputs")

    def __init__(self, graph: Graph, inputs: list[Any], outputs: list[Any]) -> None:
        self.graph = graph
        self.inputs = inputs
        self.outputs = outputs

    def with_outputs(self, outputs: list[Any]) -> Body:
        """The same computation, giving other values."""
        return Body(self.graph, self.inputs, outputs)

    def __repr__(self) -> str:
        return f"Body({len(self.graph.nodes)} nodes, {len(self.inputs)} -> {len(self.outputs)})"


def _never_called(*_: Any, **__: Any) -> NoReturn:
    raise AssertionError("the graph's own forms are run by the executor")


def known(value: Any) -> np.ndarray[Any, Any] | None:
    """The array that a value is known to be before the graph runs."""
    if value.node.prim is CONST:
        return np.asarray(value.node.attrs["value"])
    return None if value.spec.value is None else np.asarray(value.spec.value)


def structural_form(
    name: str,
    vjp: Any = NOT_DIFFERENTIABLE,
    effect: Effect = PURE,
    kernel: Any = _never_called,
) -> Primitive:
    """A form of the graph itself, which usually no kernel computes; it is in no registry."""
    return unregistered(name, _never_called, kernel, vjp, effect)


PLACEHOLDER = structural_form("Placeholder")
"""A value that the caller gives."""

CONST = structural_form("Const")
"""A value known when the graph was made: `attrs["value"]`, an array."""
