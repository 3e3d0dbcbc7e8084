"""What the interpreter holds in memory while it runs a graph, to compare arenas with.

Counted is what lives between operations: neither arguments and variables, which are there anyway,
nor results, nor what NumPy takes while it runs a kernel. So this is a lower bound.
"""

from __future__ import annotations

import math
from typing import Any

from tapeflow.engine.backends.interpreter.program import checked
from tapeflow.engine.backends.interpreter.source import Source
from tapeflow.engine.compiler.native.kinds import RESHAPE, VIEW, kind_of
from tapeflow.engine.compiler.native.rows import writes_row
from tapeflow.engine.compiler.native.state import READ
from tapeflow.engine.ir.graph import CONST, CONTROL_FLOW, PLACEHOLDER, Graph


def held_by_interpreter(graph: Graph) -> int:
    """The bytes that the interpreter holds at least, when it holds most, while it runs a graph.

    Arrays of unknown shapes, strings and lists of tensors are not counted.
    """
    return _Counter(Source(graph, checked)).block(graph, {id(v) for v in graph.outputs})


class _Counter:
    def __init__(self, source: Source) -> None:
        self._reuses = {id(s.node): s.reuses for s in source.steps}

    def block(self, graph: Graph, uncounted: set[int]) -> int:
        """The most that is held at a time for a graph or a body."""
        nodes = [n for n in graph.nodes if n.prim is not CONST and n.prim is not PLACEHOLDER]
        owner: dict[int, Any] = {}
        for node in nodes:
            shared = self._shares(node)
            for value in node.outputs:
                owner[id(value)] = owner.get(id(shared), shared) if shared is not None else value
        free = {id(owner[i]) if i in owner else i for i in uncounted}
        last: dict[int, int] = {}
        for place, node in enumerate(nodes):
            for value in (*node.inputs, *node.outputs):
                last[id(owner.get(id(value), value))] = place
        for value in graph.outputs:
            last[id(owner.get(id(value), value))] = len(nodes)
        alive: dict[int, int] = {}
        most = 0
        for place, node in enumerate(nodes):
            for value in node.outputs:
                if owner[id(value)] is value and id(value) not in free:
                    alive[id(value)] = self.size(value)
            now = sum(alive.values()) + self._inside(node)
            most = max(most, now)
            alive = {i: n for i, n in alive.items() if last[i] > place}
        return most

    def _shares(self, node: Any) -> Any:
        """The input in whose memory the result lies; None for new memory."""
        if node.prim.name in CONTROL_FLOW:
            return None
        reused = self._reuses.get(id(node))
        if reused is not None:
            return node.inputs[reused]
        if node.prim.name == READ or writes_row(node):
            return node.inputs[0]
        # A reshape of a view may copy; that it does is not counted.
        return node.inputs[0] if kind_of(node) in (VIEW, RESHAPE) else None

    def _inside(self, node: Any) -> int:
        """What is held while the bodies of a node run, besides its results."""
        name = node.prim.name
        if name in ("If", "Case"):
            return max(
                self.block(body.graph, {id(v) for v in body.outputs})
                for body in node.attrs["branches"]
            )
        if name != "While":
            return 0
        body, cond = node.attrs["body"], node.attrs["cond"]
        # A trip's values are made while those of the trip before are there; rows go to histories.
        rows = {id(v) for v in body.outputs[node.attrs["carries"] :]}
        peaks = [self.block(body.graph, rows)]
        if cond is not None:
            peaks.append(self.block(cond.graph, set()))
        return max(peaks)

    def size(self, value: Any) -> int:
        """The bytes of a value."""
        spec = value.spec
        return math.prod(spec.shape) * int(spec.dtype.size) if spec.is_static else 0
