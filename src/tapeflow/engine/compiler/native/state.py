"""Reads and writes of variables in a region: each is read once at most, and written once, last.

What is written is passed on to the reads that follow, so that no value waits for a variable.
"""

from __future__ import annotations

from typing import Any

from tapeflow.engine.compiler.native.indexing import scattered, scattered_elements
from tapeflow.engine.compiler.native.kinds import primitive_named
from tapeflow.engine.compiler.native.maker import Maker
from tapeflow.engine.ir.graph import Graph, Node
from tapeflow.engine.ir.primitive import READS, WRITES, unregistered
from tapeflow.engine.ir.rewriter import Rewriter
from tapeflow.engine.ir.spec import Spec

READ = "ReadVariableOp"
UPDATES = {"AssignAddVariableOp": "AddV2", "AssignSubVariableOp": "Sub"}
GATHER = "ResourceGather"
SCATTERS = {
    f"ResourceScatter{how}": how.lower()
    for how in ("Add", "Sub", "Mul", "Div", "Max", "Min", "Update")
}
SCATTERS_ND = {
    f"ResourceScatterNd{how}": how.lower() for how in ("Add", "Sub", "Max", "Min", "Update")
}
"""How rows of a variable, and elements or slices of it, are combined with others."""
STATEFUL = frozenset((READ, GATHER, "AssignVariableOp", *UPDATES, *SCATTERS, *SCATTERS_ND))


def _never(*_: Any, **__: Any) -> Any:
    raise AssertionError("code is generated for it")


WRITE = unregistered("AssignVariableOp", lambda handle, value: (), _never, effect=WRITES)


_FIRST_AXIS = {"axis": 0, "batch_dims": 0}


class ForwardState(Rewriter):
    """Replaces reads that follow a write by what was written, and drops writes that don't last."""

    def __init__(self) -> None:
        super().__init__()
        self.current: dict[int, Any] = {}
        self.written: dict[int, tuple[Any, Any, Node]] = {}

    def visit(self, made: Graph, node: Node, inputs: tuple[Any, ...]) -> list[Any]:
        name = node.prim.name
        if name not in STATEFUL:
            return super().visit(made, node, inputs)
        handle = inputs[0]
        key = id(handle)
        if name == READ:
            return [self._read(made, node, handle)]
        if name == GATHER:
            whole = self._read(made, node, handle)
            prim = primitive_named("GatherV2")
            gather = Node(prim, (whole, inputs[1]), _FIRST_AXIS, node.name, node.location)
            return made.add(gather, [v.spec for v in node.outputs]).outputs
        value = inputs[1]
        if name in SCATTERS or name in SCATTERS_ND:
            value = self._scattered(made, node, inputs)
        elif name in UPDATES:
            before = self._read(made, node, handle)
            prim = primitive_named(UPDATES[name])
            sum_ = Node(prim, (before, value), {}, node.name, node.location)
            spec = prim.infer(before.spec, value.spec)
            value = made.add(sum_, [spec]).outputs[0]  # type: ignore[list-item]
        self.current[key] = value
        self.written[key] = (handle, value, node)
        return []

    def _scattered(self, made: Graph, node: Node, inputs: tuple[Any, ...]) -> Any:
        handle, indices, rows = inputs
        before = self._read(made, node, handle)
        make = Maker(made, node)
        if node.prim.name in SCATTERS_ND:
            combine = SCATTERS_ND[node.prim.name]
            return scattered_elements(make, before, indices, rows, combine)
        combine = SCATTERS[node.prim.name]
        if combine == "div":
            rows = make.check(rows, make("Equal", rows, make.const(0, rows.spec.dtype)))
        inside = make.within(indices, before.spec.shape[0])
        return scattered(make, before, inside, rows, combine)

    def _read(self, made: Graph, node: Node, handle: Any) -> Any:
        found = self.current.get(id(handle))
        if found is None:
            found = self.current[id(handle)] = read_of(made, node, handle)
        return found

    def attrs(self, node: Node, inputs: tuple[Any, ...]) -> dict[str, Any]:
        """The attributes; bodies have reads and writes of their own."""
        return node.attrs

    def finish(self, made: Graph) -> Graph:
        """Appends the writes."""
        for handle, value, node in self.written.values():
            made.add(Node(WRITE, (handle, value), {}, node.name, node.location), [])
        return made


def _read(handle: Any) -> Any:
    """What the host does where a read stays with it."""
    return handle._array


_READ = unregistered(
    READ, lambda handle: Spec(handle.refers.dtype, handle.refers.shape), _read, effect=READS
)


def read_of(made: Graph, origin: Node, handle: Any) -> Any:
    """The value of a variable, read in a new node."""
    refers = handle.spec.refers
    read = Node(_READ, (handle,), {}, origin.name, origin.location)
    return made.add(read, [Spec(refers.dtype, refers.shape)]).outputs[0]


def forward_state(graph: Graph) -> Graph:
    """The graph with at most one read and one write of each variable."""
    rewriter = ForwardState()
    return rewriter.finish(rewriter.run(graph))
