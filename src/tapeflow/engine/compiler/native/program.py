"""A graph that runs as native code, with the host between where it must."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeflow.engine.backends.interpreter.program import Program
from tapeflow.engine.backends.llvm import jit
from tapeflow.engine.backends.llvm.execution.calling import native_call
from tapeflow.engine.backends.llvm.execution.memory import ALIGNMENT, SMALLEST, aligned_copy
from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.backends.llvm.target import host as host_target
from tapeflow.engine.backends.llvm.vector_builder import Unsupported
from tapeflow.engine.compiler.compile import StoppedError
from tapeflow.engine.compiler.native.dense import densify
from tapeflow.engine.compiler.native.lowering import Lowering
from tapeflow.engine.compiler.native.planning import Planner
from tapeflow.engine.compiler.native.regions import (
    Eligibility,
    Region,
    all_loops_run,
    find_regions,
    refusal_key,
)
from tapeflow.engine.ir.graph import Graph, Node
from tapeflow.engine.ir.primitive import Primitive, unregistered

ELIGIBLE = Eligibility()
"""What the code generator takes; it learns what it turned out not to know."""


def _stopped(instruction: int, operands: list[Any]) -> Any:
    raise StoppedError(instruction)


class NativeRegion:
    """A region as a function of arrays and variables.

    Args:
      region: the region.
      name: what to call it.
      types: the classes of variables and of eager tensors.
      target: the CPU; this machine's, if None.

    Attributes:
      step: the native function; it gives a tuple of arrays.
      plan: what it does.
      lowering: where its plan comes from.
      origins: for each instruction the step of the lowering that it belongs to, or None.
    """

    def __init__(
        self, region: Region, name: str, types: tuple[type, type], target: Target | None = None
    ) -> None:
        self.region = region
        self.name = name
        variable, self._tensor = types
        self.lowering = Lowering(region.graph, target or host_target(), variable)
        planner = Planner(self.lowering)
        self.plan = planner.plan
        self.origins = planner.origins
        self.step = native_call(self.plan, self._tensor, False, _stopped)
        self._interpreted: Program | None = None

    def wrapping(self) -> Any:
        """The same function, giving eager tensors."""
        return native_call(self.plan, self._tensor, True, _stopped)

    def __call__(self, *arrays: Any) -> tuple[Any, ...]:
        """The outputs for these inputs.

        Raises:
          OpError: what the NumPy kernels raise for inputs that native code stops at.
        """
        try:
            return self.step(*arrays)  # type: ignore[no-any-return]
        except StoppedError:
            return self.explained(arrays)

    def explained(self, arrays: Any) -> tuple[Any, ...]:
        """Raises what the interpreter raises for these inputs."""
        if self._interpreted is None:
            self._interpreted = Program(self.region.graph, self.name)
        return tuple(self._interpreted(*arrays))


class NativeProgram:
    """Runs a graph: native regions, and the interpreter between them.

    Args:
      graph: the graph, passes done.
      name: what to call it in tracebacks.
      types: the classes of variables and of eager tensors.
      target: the CPU; this machine's, if None.

    Attributes:
      regions: the native parts.
      whole: the one region, where nothing is left to the host.
      step: where there is a whole, and it takes all inputs in order: the native function, which
        takes eager tensors and gives a tuple of new ones.
      interpreted: the program that calls the regions; None where there is but one.
      compiled: how many pieces of code were compiled for it.
      from_disk: how many were found on disk; those that the process had loaded are in neither.
    """

    def __init__(
        self, graph: Graph, name: str, types: tuple[type, type], target: Target | None = None
    ) -> None:
        dense = densify(graph)
        self.graph = graph if dense is None else dense
        self.name = name
        self.regions: list[NativeRegion] = []
        self.whole: NativeRegion | None = None
        self.interpreted: Program | None = None
        if dense is not None and not all_loops_run(dense, ELIGIBLE):
            self.graph = graph
        before = dict(jit.statistics)
        while True:
            try:
                self._compile(types, target)
                self.compiled = jit.statistics["compiled"] - before["compiled"]
                self.from_disk = jit.statistics["from_disk"] - before["from_disk"]
                return
            except _Refused as refused:
                ELIGIBLE.refused.add(refusal_key(refused.node))
                if dense is not None:
                    self.graph = graph  # the host runs loops over lists only

    def _compile(self, types: tuple[type, type], target: Target | None) -> None:
        self.regions = []
        self.whole = None
        self.step: Any = None
        regions, host = find_regions(self.graph, ELIGIBLE)
        made = Graph()
        made.inputs = self.graph.inputs
        made.outputs = self.graph.outputs
        for region, before in zip(regions, host, strict=True):
            made.nodes += before
            if not region.nodes:
                continue
            native = _compiled(region, f"{self.name}_{len(self.regions)}", types, target)
            self.regions.append(native)
            node = Node(
                _primitive(native), tuple(region.inputs), {}, native.name, region.nodes[0].location
            )
            node.outputs = region.outputs
            made.nodes.append(node)
        first = self.regions[0] if self.regions else None
        if (
            first is not None
            and len(made.nodes) == 1
            and _same(first.region.outputs, self.graph.outputs)
            and all(any(v is w for w in self.graph.inputs) for v in first.region.inputs)
        ):
            self.whole = first
            place = {id(v): i for i, v in enumerate(self.graph.inputs)}
            chosen = [place[id(v)] for v in first.region.inputs]
            self.chosen = None if chosen == list(range(len(place))) else tuple(chosen)
            if self.chosen is None:
                self.step = first.wrapping()
        else:
            self.interpreted = Program(made, self.name)
            self.source = self.interpreted.source

    def timed(self, note: Callable[[int, tuple[Any, ...]], None]) -> Callable[..., list[Any]]:
        """A function that does the same and calls `note(step, outputs)` after each host step.

        Regions are steps, too; where all is one region, it is called as it is.
        """
        return self if self.interpreted is None else self.interpreted.timed(note)

    def prepare(self, arrays: Any) -> None:
        """Called once before the first run, with its arguments."""
        align(arrays)

    def __call__(self, *arrays: Any) -> list[Any]:
        """The outputs; see `Program`."""
        whole = self.whole
        if whole is None:
            return self.interpreted(*arrays)  # type: ignore[misc]
        if self.chosen is not None:
            arrays = tuple([arrays[i] for i in self.chosen])
        return list(whole(*arrays))


def align(arrays: Any) -> None:
    """Moves variables' values to where vectors can be loaded at their natural alignment."""
    for value in arrays:
        array = getattr(value, "_array", None)
        if array is not None and array.nbytes >= SMALLEST and array.ctypes.data % ALIGNMENT:
            moved = aligned_copy(array)
            if getattr(value, "_array", None) is array:  # and no other thread has assigned since
                value._array = moved


class _Refused(Exception):
    def __init__(self, node: Any) -> None:
        super().__init__(node)
        self.node = node


def _compiled(
    region: Region, name: str, types: tuple[type, type], target: Target | None
) -> NativeRegion:
    try:
        return NativeRegion(region, name, types, target)
    except Unsupported as error:
        culprit = getattr(error, "node", None)
        if culprit is None:
            culprit = _culprit(region, types, target)
        raise _Refused(culprit) from error


def _culprit(region: Region, types: tuple[type, type], target: Target | None) -> Any:
    """The node of a region that no code can be generated for: the first that fails on its own."""
    for node in region.nodes:
        alone = Region([node], {id(v) for v in node.outputs})
        try:
            NativeRegion(alone, "alone", types, target)
        except Unsupported:
            return node
    raise AssertionError(f"each node of {region.nodes} can be compiled, but not all together")


def _primitive(native: NativeRegion) -> Primitive:
    def infer(*specs: Any) -> Any:
        return tuple([v.spec for v in native.region.outputs])

    infer.variadic = True  # type: ignore[attr-defined]
    return unregistered("Native", infer, native)


def _same(a: list[Any], b: list[Any]) -> bool:
    return len(a) == len(b) and all(x is y for x, y in zip(a, b, strict=True))
