"""Makes one node of equal ones."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.ir.graph import CONST, Graph, Node
from tapeflow.engine.ir.primitive import PURE, READS
from tapeflow.engine.ir.rewriter import Rewriter


class MergeEqual(Rewriter):
    """Reuses the result of an equal node before (common subexpressions).

    Reads of a variable are equal as long as nothing is written in between.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[Any, list[Any]] = {}
        self.reads: dict[Any, list[Any]] = {}

    def visit(self, made: Graph, node: Node, inputs: tuple[Any, ...]) -> list[Any]:
        effect = node.effect
        if not effect.droppable:
            self.reads.clear()
        table = self.seen if effect is PURE else self.reads if effect is READS else None
        key = None if table is None else _key(node, inputs)
        if table is None or key is None:
            return super().visit(made, node, inputs)
        known = table.get(key)
        if known is None:
            known = table[key] = super().visit(made, node, inputs)
        return known


def _key(node: Node, inputs: tuple[Any, ...]) -> Any:
    if any(True for _ in node.bodies()):
        return None
    if node.prim is CONST:
        array = node.attrs["value"]
        if array.size > 64 or array.dtype.kind == "O":
            return ("Const", id(array))
        return ("Const", array.dtype, array.shape, array.tobytes())
    attrs = tuple([(name, type(value), _told_apart(value)) for name, value in node.attrs.items()])
    key = (id(node.prim), tuple([id(v) for v in inputs]), attrs)
    try:
        hash(key)
    except TypeError:
        return None
    return key


def _told_apart(value: Any) -> Any:
    """What equal attributes share; 0.0 and -0.0, or 1 and True in a tuple, do not."""
    return repr(value) if isinstance(value, (float, tuple)) else value


def merge_equal(graph: Graph) -> Graph:
    """The graph with equal nodes made one."""
    return MergeEqual().run(graph)
