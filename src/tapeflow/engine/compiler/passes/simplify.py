"""Leaves out operations that give their input as it is."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.ir.graph import CONST, Graph, Node
from tapeflow.engine.ir.primitive import PURE, Structural
from tapeflow.engine.ir.rewriter import Rewriter
from tapeflow.engine.ir.spec import Spec

# Operations that give their first input where it has the result's dtype and shape already.
_SHAPING = frozenset(("Reshape", "BroadcastTo", "BroadcastLike", "SumToShapeOf", "Cast"))


class Simplify(Rewriter):
    """Replaces operations that change nothing by their input."""

    def visit(self, made: Graph, node: Node, inputs: tuple[Any, ...]) -> list[Any]:
        if len(node.outputs) == 1 and inputs and node.prim.effect is PURE:
            kept = _unchanged(node, inputs)
            if kept is not None:
                return [kept]
        return super().visit(made, node, inputs)


def _unchanged(node: Node, inputs: tuple[Any, ...]) -> Any:
    """The input that the result equals, or None."""
    out: Spec = node.outputs[0].spec
    lower = node.prim.lower
    if isinstance(lower, Structural) and lower.detail.get("how") == "identity":
        return inputs[0] if _same(inputs[0].spec, out) else None
    name = node.prim.name
    if name in _SHAPING:
        return inputs[0] if _known_same(inputs[0].spec, out) else None
    if name == "Mul":
        for x, y in (inputs, inputs[::-1]):
            if _known_same(x.spec, out) and _is_one(y):
                return x
    return None


def _same(a: Spec, b: Spec) -> bool:
    return a.dtype is b.dtype and a.shape == b.shape


def _known_same(a: Spec, b: Spec) -> bool:
    return _same(a, b) and a.is_static


def _is_one(value: Any) -> bool:
    if value.node.prim is not CONST:
        return False
    array = value.node.attrs["value"]
    return array.size == 1 and array.dtype.kind in "fiuc" and bool(np.all(array == 1))


def simplify(graph: Graph) -> Graph:
    """The graph without operations that change nothing."""
    return Simplify().run(graph)
