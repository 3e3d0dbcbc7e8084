"""From a region of a graph to a plan: units, kernels, buffers, instructions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tapeflow.engine.backends.llvm import opaque
from tapeflow.engine.backends.llvm.execution.plan import (
    Arena as ArenaSlot,
)
from tapeflow.engine.backends.llvm.execution.plan import (
    Address,
    Argument,
    Call,
    Constant,
    Copy,
    Input,
    Moving,
    Output,
    Plan,
)
from tapeflow.engine.backends.llvm.kernel import Kernel
from tapeflow.engine.backends.llvm.loops.cost import cost_of
from tapeflow.engine.backends.llvm.loops.epilogue import NestEpilogue
from tapeflow.engine.backends.llvm.loops.nests import nest_kernel
from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.compiler.native.buffers import Arena
from tapeflow.engine.compiler.native.decompose import decompose
from tapeflow.engine.compiler.native.fusion import Fusion
from tapeflow.engine.compiler.native.loops import root_of
from tapeflow.engine.compiler.native.schedule import Dependencies, Task
from tapeflow.engine.compiler.native.state import READ, forward_state
from tapeflow.engine.compiler.passes.liveness import drop_dead
from tapeflow.engine.compiler.passes.merging import merge_equal
from tapeflow.engine.compiler.passes.simplify import simplify
from tapeflow.engine.ir.graph import CONST, PLACEHOLDER, Graph
from tapeflow.engine.ir.nest import Load


class Step:
    """Kernels for one instruction or a few, with the values they work on."""

    def __init__(self, task: Task, calls: list[tuple[Kernel, list[Any]]]) -> None:
        self.task = task
        self.calls = calls
        """Each operand is a value, or an int: the number of a workspace of this step."""
        self.workspaces: list[int] = []


class Lowering:
    """The plan of a region.

    Args:
      graph: inputs are arrays and variables; all shapes are known, and code can be generated for
        all nodes.
      target: the CPU.
      variable: the class of variables.
    """

    def __init__(self, graph: Graph, target: Target, variable: type) -> None:
        self.target = target
        graph = forward_state(graph)
        for run in (decompose, simplify, merge_equal, drop_dead):
            graph = run(graph)
        self.graph = graph
        self.variable = variable
        self.fusion = Fusion(graph, node_cost)
        tasks = [Task(self.fusion, unit) for unit in self.fusion.units]
        self.tasks = self._with_epilogues(tasks)
        self.dependencies = Dependencies(self.fusion, self.tasks)
        self.writes = [n for n in graph.nodes if n.prim.name == "AssignVariableOp"]
        self.in_place: dict[int, Any] = {}
        self._choose_in_place()
        self.order = [self.tasks[i] for i in self.dependencies.sorted()]
        self.steps = [self._step(task) for task in self.order]

    # Products that continue with elementwise work.

    def _with_epilogues(self, tasks: list[Task]) -> list[Task]:
        users: dict[int, list[Task]] = {}
        for task in tasks:
            for value in task.reads:
                users.setdefault(id(value), []).append(task)
        outputs = {id(root_of(self.fusion, v)[0]) for v in self.graph.outputs}
        assigned = {
            id(root_of(self.fusion, n.inputs[1])[0])
            for n in self.graph.nodes if n.prim.name == "AssignVariableOp"
        }
        gone: set[int] = set()
        for task in tasks:
            if task.loops is not None or opaque.matrix_of(task.unit.opaque) is None:
                continue
            value = task.unit.opaque.outputs[0]
            if len(users.get(id(value), ())) != 1 or id(value) in outputs | assigned:
                continue
            follower = users[id(value)][0]
            if follower.unit.number in gone or follower.loops is None or follower.unit.after:
                continue
            if self._fits(task, follower, value):
                task.epilogue = follower
                gone.add(follower.unit.number)
                task.reads = [*task.reads, *[v for v in follower.reads if v is not value]]
                task.requires = [*task.requires, *follower.requires]
                task.writes = follower.writes
                task.order = follower.order
        return [task for task in tasks if task.unit.number not in gone]

    def _fits(self, task: Task, follower: Task, value: Any) -> bool:
        assert follower.loops is not None
        nest = follower.loops.nest.collapsed()
        operand = next(i for i, v in enumerate(follower.loops.operands) if v is value)
        loads = [s for s in nest.statements if isinstance(s, Load) and s.operand == operand]
        if len(loads) != 1 or nest.kept != len(nest.dims):
            return False
        batch, rows, columns = opaque.matrix_of(task.unit.opaque)  # type: ignore[misc]
        if math.prod(nest.dims) != batch * rows * columns:
            return False
        stride = 1
        for dim in range(len(nest.dims) - 1, -1, -1):
            if loads[0].at.coefficient(dim) != stride:
                return False
            stride *= nest.dims[dim]
        return loads[0].at.const == 0 and NestEpilogue.fits(nest, columns)

    # Variables.

    def _choose_in_place(self) -> None:
        """Lets a task write a new value into the variable, where nobody needs the old one after."""
        reads = {
            id(n.inputs[0]): n.outputs[0] for n in self.graph.nodes if n.prim.name == READ
        }
        assigned: set[int] = set()
        for node in self.writes:
            handle, value = node.inputs
            root, offset = root_of(self.fusion, value)
            if id(root) in assigned or id(root) not in self.fusion.home or offset:
                continue
            assigned.add(id(root))
            if math.prod(root.spec.shape) != math.prod(value.spec.shape):
                continue
            maker = next(
                (i for i, t in enumerate(self.tasks) if any(v is root for v in t.writes)), None
            )
            makers = sum(any(v is root for v in t.writes) for t in self.tasks)
            if maker is None or makers != 1 or root.spec.dtype is not handle.spec.refers.dtype:
                continue
            old = reads.get(id(handle))
            if old is not None:
                if any(root_of(self.fusion, v)[0] is old for v in self._last_values(handle)):
                    continue
                if self._reads_beside(self.tasks[maker], old, root):
                    continue
                readers = [
                    i for i, t in enumerate(self.tasks)
                    if i != maker and self._reads(t, old)
                ]
                if not self.dependencies.try_after(maker, readers):
                    continue
            self.in_place[id(root)] = handle

    def _last_values(self, handle: Any) -> list[Any]:
        """What is written to other variables, at the end."""
        return [n.inputs[1] for n in self.writes if n.inputs[0] is not handle]

    def _reads_beside(self, task: Task, old: Any, root: Any) -> bool:
        if task.epilogue is not None:
            return any(v is old for v in [*task.reads, *task.epilogue.reads]) and (
                any(root_of(self.fusion, v)[0] is old for v in task.unit.opaque.inputs)
                or task.epilogue.reads_beside(old, root)
            )
        return task.reads_beside(old, root)

    @staticmethod
    def _reads(task: Task, value: Any) -> bool:
        if any(v is value for v in [*task.reads, *task.requires]):
            return True
        return False

    # Kernels.

    def _step(self, task: Task) -> Step:
        if task.loops is not None:
            return Step(task, [(nest_kernel(self.target, task.loops.nest), task.loops.operands)])
        node = task.unit.opaque
        epilogue = None
        extra: list[Any] = []
        if task.epilogue is not None:
            assert task.epilogue.loops is not None
            loops = task.epilogue.loops
            nest = loops.nest.collapsed()
            value = node.outputs[0]
            taken = next(i for i, v in enumerate(loops.operands) if v is value)
            leaf = next(
                i for i, s in enumerate(nest.statements)
                if isinstance(s, Load) and s.operand == taken
            )
            _, rows, columns = opaque.matrix_of(node)  # type: ignore[misc]
            epilogue = NestEpilogue(nest, leaf, taken, rows, columns)
            extra = [loops.operands[i] for i in epilogue.used]
        lowered = opaque.lower(self.target, node, epilogue)
        calls = []
        for made in lowered.steps:
            kernel = made.kernel
            values: list[Any] = []
            for kind, i in made.operands:
                if kind == "workspace":
                    values.append(i)
                else:
                    source = {"input": node.inputs, "output": node.outputs, "epilogue": extra}[kind]
                    values.append(source[i])
            if epilogue is not None and epilogue.nest.fused:
                kernel.fused += " + " + epilogue.nest.fused
            calls.append((kernel, values))
        step = Step(task, calls)
        step.workspaces = lowered.workspaces
        return step

    # The plan.

    def plan(self) -> Plan:
        """Slots, instructions and arguments."""
        return _Planner(self).plan


class _Planner:
    """Places the buffers of a lowering and writes its instructions."""

    def __init__(self, lowering: Lowering) -> None:
        self.lowering = lowering
        self.graph = graph = lowering.graph
        self.fusion = lowering.fusion
        self.slots: list[Any] = []
        self.slot_of: dict[Any, int] = {}
        self.arena = Arena()
        self.instructions: list[Any] = []
        self.addresses: list[Address] = []
        self.first_copies: list[Copy] = []
        self.last_copies: list[Copy] = []
        self.place = {id(v): i for i, v in enumerate(graph.inputs)}
        written = {id(n.inputs[0]) for n in lowering.writes}
        inputs = [self._argument(v, id(v) in written) for v in graph.inputs]
        self._place_outputs()
        self._find_lifetimes()
        for number, step in enumerate(lowering.steps):
            self._emit(number, step)
        self._write_variables()
        scratch = max([k.scratch for s in lowering.steps for k, _ in s.calls], default=0)
        work = sum(max(k.flops / 8e9, k.bytes / 8e9) for s in lowering.steps for k, _ in s.calls)
        self.plan = Plan(
            inputs,
            [(v.spec.dtype.np, v.spec.shape) for v in graph.outputs],
            self.slots,
            [*self.addresses, *self.first_copies, *self.instructions, *self.last_copies],
            self.arena.size,
            scratch,
            release_gil=False and work > 20e-6,
        )

    def _argument(self, value: Any, written: bool) -> Argument:
        spec = value.spec
        if isinstance(spec.refers, type(spec)):
            kind = "written variable" if written else "variable"
            return Argument(spec.refers.dtype.np, spec.refers.shape, kind, self.lowering.variable)
        return Argument(spec.dtype.np, spec.shape)

    def _slot(self, key: Any, slot: Any) -> int:
        found = self.slot_of.get(key)
        if found is None:
            found = self.slot_of[key] = len(self.slots)
            self.slots.append(slot)
        return found

    def _variable(self, handle: Any) -> int:
        return self._slot(("input", self.place[id(handle)]), Input(self.place[id(handle)]))

    # Results.

    def _place_outputs(self) -> None:
        """Which values are made right where a result is, and which are copied there."""
        self.direct: dict[int, int] = {}
        self.to_copy: list[tuple[int, Any, int]] = []
        for i, value in enumerate(self.graph.outputs):
            root, offset = root_of(self.fusion, value)
            made_here = id(root) in self.fusion.home and offset == 0
            same = math.prod(root.spec.shape) == math.prod(value.spec.shape)
            if made_here and same and id(root) not in self.direct and (
                id(root) not in self.lowering.in_place
            ):
                self.direct[id(root)] = i
            else:
                self.to_copy.append((i, root, offset))

    def _find_lifetimes(self) -> None:
        self.last: dict[int, int] = {}
        for number, step in enumerate(self.lowering.steps):
            for _, values in step.calls:
                for value in values:
                    if not isinstance(value, int):
                        self.last[id(root_of(self.fusion, value)[0])] = number
        end = len(self.lowering.steps)
        for _, root, _ in self.to_copy:
            self.last[id(root)] = end
        for node in self.lowering.writes:
            self.last[id(root_of(self.fusion, node.inputs[1])[0])] = end

    def _buffer(self, value: Any, step: int) -> int:
        """The slot of a value's memory."""
        root, offset = root_of(self.fusion, value)
        if offset:
            return self._within(root, offset, step)
        node = root.node
        if node.prim is PLACEHOLDER:
            return self._slot(("input", self.place[id(root)]), Input(self.place[id(root)]))
        if node.prim.name == READ:
            return self._variable(node.inputs[0])
        if node.prim is CONST:
            array = np.ascontiguousarray(node.attrs["value"])
            return self._slot(("const", id(root)), Constant(array))
        handle = self.lowering.in_place.get(id(root))
        if handle is not None:
            return self._variable(handle)
        if id(root) in self.direct:
            i = self.direct[id(root)]
            return self._slot(("output", i), Output(i))
        known = self.slot_of.get(("arena", id(root)))
        if known is not None:
            return known
        size = math.prod(root.spec.shape) * root.spec.dtype.size
        offset = self.arena.place(size, step, self.last.get(id(root), step))
        return self._slot(("arena", id(root)), ArenaSlot(offset))

    def _within(self, root: Any, offset: int, step: int) -> int:
        key = ("within", id(root), offset)
        known = self.slot_of.get(key)
        if known is not None:
            return known
        whole = self._buffer(root, step)
        base = self.slots[whole]
        start = offset * root.spec.dtype.size
        if isinstance(base, ArenaSlot):
            return self._slot(key, ArenaSlot(base.offset + start))
        one = self._slot("one", Constant(np.ones(1, np.int64)))
        slot = self._slot(key, Moving())
        self.addresses.append(Address(slot, whole, one, start))
        return slot

    # Instructions.

    def _emit(self, number: int, step: Step) -> None:
        spaces = [
            self._slot(("space", number, w), ArenaSlot(self.arena.place(size, number, number)))
            for w, size in enumerate(step.workspaces)
        ]
        for kernel, values in step.calls:
            operands = [
                spaces[v] if isinstance(v, int) else self._buffer(v, number) for v in values
            ]
            status = None
            loops = step.task.loops
            if loops is not None:
                for value in step.task.writes:
                    if self._is_status(value):
                        status = self._buffer(value, number)
            kernel.parallel = False
            if kernel.chunks:
                self.instructions.append(Call(kernel, tuple(operands), status))

    def _is_status(self, value: Any) -> bool:
        return any(
            n.prim.name == "CheckedIndex" and root_of(self.fusion, n.inputs[1])[0] is value
            for n in self.graph.nodes
        )

    def _write_variables(self) -> None:
        end = len(self.lowering.steps)
        for i, root, offset in self.to_copy:
            value = self.graph.outputs[i]
            size = math.prod(value.spec.shape) * value.spec.dtype.size
            source = self._source(root, offset, end)
            copy = Copy(source, self._slot(("output", i), Output(i)), size)
            # What comes from outside is copied before it may be overwritten.
            early = id(root) not in self.fusion.home
            (self.first_copies if early else self.last_copies).append(copy)
        copies = []
        for node in self.lowering.writes:
            handle, value = node.inputs
            root, offset = root_of(self.fusion, value)
            if self.lowering.in_place.get(id(root)) is handle:
                continue
            size = math.prod(value.spec.shape) * value.spec.dtype.size
            copies.append((self._source(root, offset, end), self._variable(handle), size, root))
        # One variable's old value may be another's new one: such values are saved first.
        for source, target, size, root in copies:
            if root.node.prim.name == READ:
                spare = self._slot(("saved", target), ArenaSlot(self.arena.reserve(size)))
                self.first_copies.insert(0, Copy(source, spare, size))
                source = spare
            self.last_copies.append(Copy(source, target, size))

    def _source(self, root: Any, offset: int, end: int) -> int:
        if not offset:
            return self._buffer(root, end)
        return self._within(root, offset, end)


def node_cost(node: Any) -> int:
    """What an elementwise node costs for each element."""
    if node.prim.name in ("OneHot", "MatrixBandPart", "CheckedIndex"):
        return 2
    if node.prim.name == "GatherV2":
        return 4
    return cost_of(node.prim, tuple([v.spec.dtype for v in node.inputs]), node.attrs)
