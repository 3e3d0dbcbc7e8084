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
from tapeflow.engine.compiler.native.held import held_by_interpreter
from tapeflow.engine.compiler.native.late import LateEligibility, LateRegion
from tapeflow.engine.compiler.native.lowering import Lowering
from tapeflow.engine.compiler.native.planning import Planner
from tapeflow.engine.compiler.native.regions import (
    Eligibility,
    Region,
    all_loops_run,
    find_regions,
    refusal_key,
)
from tapeflow.engine.compiler.native.trips import use_trips
from tapeflow.engine.ir.graph import CONTROL_FLOW, Body, Graph, Node
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
      spared: bytes that the interpreter holds more for loops as they were given.

    Attributes:
      step: the native function; it gives a tuple of arrays.
      plan: what it does.
      lowering: where its plan comes from.
      origins: for each instruction the step of the lowering that it belongs to, or None.
    """

    def __init__(
        self,
        region: Region,
        name: str,
        types: tuple[type, type],
        target: Target | None = None,
        spared: int = 0,
    ) -> None:
        self.region = region
        self.name = name
        variable, self._tensor = types
        target = target or host_target()
        made: dict[Any, Any] = {}
        self.lowering = Lowering(region.graph, target, variable, made=made)
        planner = Planner(self.lowering)
        if self.lowering.merged or self.lowering.packs:
            most = held_by_interpreter(region.graph) + spared
            # What one kernel makes of one array is there all at once: rather read it again.
            for merging in (True, False):
                # NumPy copies factors, too, in each trip: neither counts.
                held = planner.plan.arena_bytes - self.lowering.kept_packed
                if held <= most:
                    break
                lean = Lowering(
                    region.graph, target, variable, merging=merging, packing=False, made=made
                )
                other = Planner(lean)
                if other.plan.arena_bytes < held:
                    self.lowering, planner = lean, other
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


LEAST_IN_BODY = 3
"""So many nodes of a body that the host runs are worth a call."""


LARGEST_MOVED = 64 << 20
"""Larger arrays stay where they are: alignment saves 3% of the time of one pass over memory, and a
copy takes as much memory again."""


class NativeProgram:
    """Runs a graph: native regions, and the interpreter between them.

    Args:
      graph: the graph, passes done.
      name: what to call it in tracebacks.
      types: the classes of variables and of eager tensors.
      target: the CPU; this machine's, if None.

    Attributes:
      regions: the native parts.
      late: those that are native for each shape that comes.
      whole: the one region, where nothing is left to the host.
      chosen: which inputs the whole takes, where it cannot take all.
      step: where there is a whole that takes all inputs: the native function, which takes eager
        tensors and gives a tuple of new ones.
      interpreted: the program that calls the regions; None where there is but one.
      compiled: how many pieces of code were compiled for it.
      from_disk: how many were found on disk; those that the process had loaded are in neither.
    """

    def __init__(
        self, graph: Graph, name: str, types: tuple[type, type], target: Target | None = None
    ) -> None:
        dense = densify(graph)
        self._spared = 0
        if dense is not None:
            given = held_by_interpreter(dense)
            dense = use_trips(dense)
            self._spared = max(0, given - held_by_interpreter(dense))
        self.graph = graph if dense is None else dense
        self.name = name
        self._types, self._target = types, target
        self.regions: list[NativeRegion] = []
        self.whole: NativeRegion | None = None
        self.interpreted: Program | None = None
        if dense is not None and not all_loops_run(dense, ELIGIBLE):
            self.graph, self._spared = graph, 0
        before = dict(jit.statistics)
        while True:
            try:
                self._compile()
                self.compiled = jit.statistics["compiled"] - before["compiled"]
                self.from_disk = jit.statistics["from_disk"] - before["from_disk"]
                return
            except _Refused as refused:
                ELIGIBLE.refused.add(refusal_key(refused.node))
                if dense is not None:
                    self.graph, self._spared = graph, 0  # the host runs loops over lists only

    def _compile(self) -> None:
        self.regions = []
        self.late: list[LateRegion] = []
        self.whole = None
        self.step: Any = None
        made = self._with_regions(self.graph)
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

    def held(self) -> int:
        """The bytes that the interpreter would hold at least, for loops as they were given."""
        return held_by_interpreter(self.graph) + self._spared

    def _with_regions(self, graph: Graph, least: int = 1) -> Graph:
        """A graph that calls native regions, also in the bodies of what the host runs.

        Args:
          graph: the graph.
          least: a region of fewer nodes is left to the host.
        """
        eligible = LateEligibility(graph, ELIGIBLE)
        regions, host = find_regions(graph, eligible, eligible.waits)
        made = Graph()
        made.inputs = graph.inputs
        made.outputs = graph.outputs

        def inside(value: Any) -> Any:
            if isinstance(value, tuple):
                return tuple([inside(v) for v in value])
            if not isinstance(value, Body):
                return value
            part = Graph()
            part.nodes = value.graph.nodes
            part.inputs, part.outputs = value.inputs, value.outputs
            part = self._with_regions(part, LEAST_IN_BODY)
            return Body(part, part.inputs, part.outputs)

        def hosted(node: Node) -> Node:
            if node.prim.name not in CONTROL_FLOW:
                return node
            attrs = {key: inside(value) for key, value in node.attrs.items()}
            around = Node(node.prim, node.inputs, attrs, node.name, node.location)
            around.outputs, around.in_tuple = node.outputs, node.in_tuple
            return around

        for region, before in zip(regions, host, strict=True):
            made.nodes += map(hosted, before)
            native = self._native(region, eligible.is_late(region), least)
            if native is None:
                made.nodes += map(hosted, region.nodes)
                continue
            call = Node(
                _primitive(native), tuple(region.inputs), {}, native.name, region.nodes[0].location
            )
            call.outputs = region.outputs
            made.nodes.append(call)
        return made

    def _native(self, region: Region, late: bool, least: int) -> NativeRegion | LateRegion | None:
        """What runs a region; None where the host is to do it."""
        name = f"{self.name}_{len(self.regions) + len(self.late)}"
        types, target = self._types, self._target
        if late:
            if not LateRegion.is_worth_it(region):
                return None
            waiting = LateRegion(region, name, lambda g: NativeProgram(g, name, types, target))
            self.late.append(waiting)
            return waiting
        flows = any(True for node in region.nodes for _ in node.bodies())
        if not region.nodes or (len(region.nodes) < least and not flows):
            return None
        native = _compiled(region, name, types, target, self._spared)
        self.regions.append(native)
        return native

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
        if array is None or not SMALLEST <= array.nbytes <= LARGEST_MOVED:
            continue
        if array.ctypes.data % ALIGNMENT:
            moved = aligned_copy(array)
            if getattr(value, "_array", None) is array:  # and no other thread has assigned since
                value._array = moved


class _Refused(Exception):
    def __init__(self, node: Any) -> None:
        super().__init__(node)
        self.node = node


def _compiled(
    region: Region, name: str, types: tuple[type, type], target: Target | None, spared: int
) -> NativeRegion:
    try:
        return NativeRegion(region, name, types, target, spared)
    except Unsupported as error:
        raise _Refused(_culprit(region, types, target)) from error


def _culprit(region: Region, types: tuple[type, type], target: Target | None) -> Any:
    """The node of a region that no code can be generated for: the first that fails on its own."""
    for node in region.nodes:
        alone = Region([node], [id(v) for v in node.outputs])
        try:
            NativeRegion(alone, "alone", types, target)
        except Unsupported:
            return node
    raise AssertionError(f"each node of {region.nodes} can be compiled, but not all together")


def _primitive(native: NativeRegion | LateRegion) -> Primitive:
    def infer(*specs: Any) -> Any:
        return tuple([v.spec for v in native.region.outputs])

    infer.variadic = True  # type: ignore[attr-defined]
    return unregistered("Native", infer, native)


def _same(a: list[Any], b: list[Any]) -> bool:
    return len(a) == len(b) and all(x is y for x, y in zip(a, b, strict=True))
