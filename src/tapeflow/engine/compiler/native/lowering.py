"""From a region of a graph to units, kernels and their order."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tapeflow.engine.backends.llvm import opaque
from tapeflow.engine.backends.llvm.indexed.rows import scatter_rows
from tapeflow.engine.backends.llvm.kernel import Kernel
from tapeflow.engine.backends.llvm.loops.cost import cost_of
from tapeflow.engine.backends.llvm.loops.epilogue import NestEpilogue
from tapeflow.engine.backends.llvm.loops.nests import nest_kernel
from tapeflow.engine.backends.llvm.loops.splitting import split
from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.backends.llvm.windows.lowered import Lowered
from tapeflow.engine.compiler.native.decompose import decompose
from tapeflow.engine.compiler.native.fusion import Fusion
from tapeflow.engine.compiler.native.kinds import primitive_named
from tapeflow.engine.compiler.native.loops import Loops, root_of
from tapeflow.engine.compiler.native.maker import CHECKED
from tapeflow.engine.compiler.native.rows import ROW_ADD, SCATTER_ROWS, writes_row
from tapeflow.engine.compiler.native.schedule import Dependencies, Task
from tapeflow.engine.compiler.native.siblings import merge_siblings
from tapeflow.engine.compiler.native.state import READ, forward_state
from tapeflow.engine.compiler.passes.liveness import DropDead, drop_dead
from tapeflow.engine.compiler.passes.merging import merge_equal
from tapeflow.engine.compiler.passes.simplify import simplify
from tapeflow.engine.ir.graph import Body, Graph
from tapeflow.engine.ir.nest import Affine, Apply, Load, Nest, Store, contiguous
from tapeflow.engine.ir.spec import Spec


class Step:
    """Kernels for one instruction or a few, with the values they work on."""

    def __init__(self, task: Task, calls: list[tuple[Kernel, list[Any]]]) -> None:
        self.task = task
        self.calls = calls
        """Each operand is a value, or an int: the number of a workspace of this step."""
        self.workspaces: list[int] = []
        self.touched: list[set[int]] | None = None
        """For each call the places of the operands that it uses; None where it uses all."""
        self.once = 0
        """So many of the first calls do the same in all trips of the loop around it."""

    def values(self) -> list[Any]:
        """All values that it needs."""
        return [v for _, values in self.calls for v in values if not isinstance(v, int)]

    def inner(self) -> list[Lowering]:
        """Lowerings of the bodies of control flow."""
        return []


class _Whole(Step):
    """A step that stands for a node as it is."""

    def __init__(self, task: Task) -> None:
        super().__init__(task, [])
        self.node = task.unit.opaque

    def values(self) -> list[Any]:
        return [*self.node.inputs, *self.node.outputs]


class RowWrite(_Whole):
    """Writes rows: one, copied or added by a kernel, or several, scattered."""

    def __init__(self, task: Task, kernel: Kernel | None) -> None:
        super().__init__(task)
        self.kernel = kernel


class Branches(_Whole):
    """An `If`."""

    def __init__(self, task: Task, bodies: list[Lowering]) -> None:
        super().__init__(task)
        self.bodies = bodies

    def inner(self) -> list[Lowering]:
        return self.bodies


class Repeat(_Whole):
    """A `While`: with a condition, or so many trips."""

    def __init__(self, task: Task, cond: Lowering | None, body: Lowering, trips: int) -> None:
        super().__init__(task)
        self.cond = cond
        self.body = body
        self.trips = trips

    def inner(self) -> list[Lowering]:
        return [self.body] if self.cond is None else [self.cond, self.body]


MOST_STREAMS = 5
"""A product whose epilogue reads and writes more arrays than these is slower than two passes."""


class Lowering:
    """The units and kernels of a region, in order.

    Args:
      graph: inputs are arrays and variables; all shapes are known, and code can be generated for
        all nodes.
      target: the CPU.
      variable: the class of variables.
      ownable: which inputs' memory may be written to where it becomes the output of that number: a
        loop's carries.
      fixed: which inputs stay the same in all trips of the loop whose body it is.
      merging: whether units that read the same arrays become one, though neither needs the other.
      packing: whether factors of products may be copied as a whole.
      made: kernels that there are for this target, by what they compute; more are added.

    Attributes:
      steps: what to run, in order.
      in_place: for values that are made in a variable's memory: its handle.
      merged: whether units became one, or parts of a value are computed together.
      same_memory: for values that are made in another value's memory: that value; see `root_of`.
      statuses: values that stop the plan where they are not zero.
      packs: whether a factor of a product is copied as a whole.
      kept_packed: bytes of such copies that are there for as long as a loop runs.
    """

    def __init__(
        self,
        graph: Graph,
        target: Target,
        variable: type,
        ownable: int = 0,
        fixed: range = range(0),
        merging: bool = True,
        packing: bool = True,
        made: dict[Any, Any] | None = None,
    ) -> None:
        self.target = target
        self.made: dict[Any, Any] = {} if made is None else made
        self._merging, self._packing = merging, packing
        self.packs = False
        self.kept_packed = 0
        self.ownable = ownable
        graph = forward_state(graph)
        for run in (decompose, simplify, merge_equal, drop_dead):
            graph = run(graph)
        self.graph = graph
        self.fixed = {id(graph.inputs[i]) for i in fixed}
        self.variable = variable
        self.fusion = Fusion(graph, node_cost, opaque.matrix_of, merging)
        self.writes = [n for n in graph.nodes if n.prim.name == "AssignVariableOp"]
        # By the number of the product's unit, with the values of its operands.
        self._epilogues: dict[int, tuple[NestEpilogue, list[Any]]] = {}
        tasks = [Task(self.fusion, unit) for unit in self.fusion.units]
        count = len(tasks)
        if merging:
            tasks = merge_siblings(self.fusion, tasks)
        self.merged = self.fusion.merged or len(tasks) < count
        self.tasks = self._with_epilogues(tasks)
        self.dependencies = Dependencies(self.tasks)
        self.in_place: dict[int, Any] = {}
        self.same_memory: dict[int, Any] = {}
        self.statuses = {
            id(root_of(self.fusion, n.inputs[1])[0]) for n in graph.nodes if n.prim is CHECKED
        }
        for task in self.tasks:
            if any(id(v) in self.statuses for v in task.writes):
                task.order = 0  # before anything is written
        self._choose_in_place()
        self._choose_rows()
        self._choose_carries()
        self._check_first()
        self.order = [self.tasks[i] for i in self.dependencies.sorted()]
        self.steps = [self._step(task) for task in self.order]

    # Products that continue with elementwise work.

    def _with_epilogues(self, tasks: list[Task]) -> list[Task]:
        users: dict[int, list[Task]] = {}
        for task in tasks:
            for value in task.reads:
                users.setdefault(id(value), []).append(task)
        kept = [*self.graph.outputs, *[n.inputs[1] for n in self.writes]]
        kept_roots = {id(root_of(self.fusion, v)[0]) for v in kept}
        gone: set[int] = set()
        for task in tasks:
            matrix = opaque.matrix_of(task.unit.opaque) if task.loops is None else None
            if matrix is None:
                continue
            value = task.unit.opaque.outputs[0]
            if len(users.get(id(value), ())) != 1 or id(value) in kept_roots:
                continue
            follower = users[id(value)][0]
            if follower.unit.number in gone or follower.loops is None or follower.unit.after:
                continue
            epilogue = _epilogue(follower.loops, value, matrix)
            if epilogue is not None:
                operands = [follower.loops.operands[i] for i in epilogue.used]
                self._epilogues[task.unit.number] = epilogue, operands
                task.epilogue = follower
                gone.add(follower.unit.number)
                task.reads = [*task.reads, *[v for v in follower.reads if v is not value]]
                task.requires = [*task.requires, *follower.requires]
                task.writes = follower.writes
                task.order = follower.order
        return [task for task in tasks if task.unit.number not in gone]

    # Variables.

    def _choose_in_place(self) -> None:
        """Lets a task write a new value into the variable, where nobody needs the old one after."""
        reads = {id(n.inputs[0]): n.outputs[0] for n in self.graph.nodes if n.prim.name == READ}
        assigned: set[int] = set()
        for node in self.writes:
            handle, value = node.inputs
            root, offset = root_of(self.fusion, value)
            if id(root) in assigned or id(root) not in self.fusion.stored or offset:
                continue
            assigned.add(id(root))
            if math.prod(root.spec.shape) != math.prod(value.spec.shape):
                continue
            makers = [i for i, t in enumerate(self.tasks) if any(v is root for v in t.writes)]
            if len(makers) != 1 or root.spec.dtype is not handle.spec.refers.dtype:
                continue
            maker = makers[0]
            old = reads.get(id(handle))
            if old is not None:
                others = [n.inputs[1] for n in self.writes if n.inputs[0] is not handle]
                if any(root_of(self.fusion, v)[0] is old for v in others):
                    continue
                if self.reads_beside(self.tasks[maker], old, root):
                    continue
                readers = [
                    i for i, t in enumerate(self.tasks) if i != maker and self._reads(t, old)
                ]
                if not self.dependencies.try_after(maker, readers):
                    continue
            self.in_place[id(root)] = handle

    def reads_beside(self, task: Task, old: Any, root: Any) -> bool:
        """Whether a task reads a value at other elements than those at which it writes another."""
        if task.epilogue is None:
            return task.reads_beside(old, root)
        # A product reads its factors all along.
        factors = [root_of(self.fusion, v)[0] for v in task.unit.opaque.inputs]
        return any(v is old for v in factors) or task.epilogue.reads_beside(old, root)

    @staticmethod
    def _reads(task: Task, value: Any) -> bool:
        return any(v is value for v in [*task.reads, *task.requires])

    # Rows.

    def _choose_rows(self) -> None:
        """Lets rows be written in the memory of the value before, where nobody needs that after."""
        for i, task in enumerate(self.tasks):
            node = task.unit.opaque
            if node is None or not writes_row(node):
                continue
            before, offset = root_of(self.fusion, node.inputs[0])
            if offset or not self._may_be_written(before, node.outputs[0]):
                continue
            readers = [
                k for k, t in enumerate(self.tasks) if k != i and any(v is before for v in t.reads)
            ]
            if self.dependencies.try_after(i, readers):
                self.same_memory[id(node.outputs[0])] = before
                self.in_place.pop(id(node.outputs[0]), None)

    def _choose_carries(self) -> None:
        """Lets what a loop carries be made where it was, if nobody needs the old value after."""
        graph = self.graph
        roots = [root_of(self.fusion, v) for v in graph.outputs]
        for old, (root, offset) in zip(graph.inputs[: self.ownable], roots):
            if offset or id(root) not in self.fusion.stored or id(root) in self.same_memory:
                continue
            # Where the old value is another output, it is copied there before the first step.
            written = [root_of(self.fusion, n.inputs[1])[0] for n in self.writes]
            shared = [*[r for r, _ in roots], *written].count(root) > 1 or old in written
            makers = [i for i, t in enumerate(self.tasks) if any(v is root for v in t.writes)]
            if shared or len(makers) != 1 or id(root) in self.in_place:
                continue
            if (root.spec.dtype, root.spec.shape) != (old.spec.dtype, old.spec.shape):
                continue
            if self.reads_beside(self.tasks[makers[0]], old, root):
                continue
            readers = [
                i for i, t in enumerate(self.tasks) if i != makers[0] and self._reads(t, old)
            ]
            if self.dependencies.try_after(makers[0], readers):
                self.same_memory[id(root)] = old

    def _may_be_written(self, before: Any, after: Any) -> bool:
        if before.node.prim.name == READ:
            handle = before.node.inputs[0]
            last = [n.inputs[1] for n in self.writes if n.inputs[0] is handle]
            return any(self._ends_as(v, after) for v in last)
        if any(root_of(self.fusion, v)[0] is before for v in self.graph.outputs):
            return False
        if any(root_of(self.fusion, n.inputs[1])[0] is before for n in self.writes):
            return False
        if id(before) in self.fusion.stored:
            return id(before) not in self.in_place
        # The memory of an input may be written to if it becomes the output of the same number.
        for j, value in enumerate(self.graph.inputs[: self.ownable]):
            if value is before:
                return self._ends_as(self.graph.outputs[j], after)
        return False

    def _ends_as(self, last: Any, value: Any) -> bool:
        """Whether `last` is a value, perhaps with more rows written."""
        root, offset = root_of(self.fusion, last)
        while root is not value and writes_row(root.node) and not offset:
            root, offset = root_of(self.fusion, root.node.inputs[0])
        return root is value and not offset

    def memory(self, value: Any) -> tuple[Any, int]:
        """The value that owns the memory which a value lies in, and where in it."""
        value, offset = root_of(self.fusion, value)
        while id(value) in self.same_memory:
            value = self.same_memory[id(value)]
        return value, offset

    def written_handles(self) -> set[int]:
        """The handles, inputs of the graph, of variables that are written to."""
        found = {id(n.inputs[0]) for n in self.writes}
        for step in self.steps:
            for lowering in step.inner():
                found |= _outside(step, lowering, lowering.written_handles())
        return found

    # Checks.

    def _check_first(self) -> None:
        """Lets variables be written after all checks, where these don't need what is written."""
        checks = []
        writers = []
        for i, task in enumerate(self.tasks):
            node = task.unit.opaque
            flows = node is not None and node.prim.name in ("If", "While")
            if self._written_by(task) or (flows and not node.effect.droppable):
                writers.append(i)
            elif flows or any(id(v) in self.statuses for v in task.writes):
                checks.append(i)
        for writer in writers:
            for check in checks:
                self.dependencies.try_after(writer, [check])

    def _written_by(self, task: Task) -> set[int]:
        """The handles of variables in whose memory a task writes."""
        found = set()
        for written in task.writes:
            value, _ = self.memory(written)
            if value.node.prim.name == READ:
                found.add(id(value.node.inputs[0]))
            elif id(value) in self.in_place:
                found.add(id(self.in_place[id(value)]))
        return found

    def has_checks(self) -> bool:
        """Whether values can stop the plan."""
        return bool(self.statuses) or any(i.has_checks() for s in self.steps for i in s.inner())

    def written_before_checks(self) -> set[int]:
        """The handles of variables that may have been written to where a check stops the plan."""
        written: set[int] = set()
        found: set[int] = set()
        for step in self.steps:
            inner = step.inner()
            checks = any(id(v) in self.statuses for v in step.task.writes)
            mine = self._written_by(step.task)
            for lowering in inner:
                mine |= _outside(step, lowering, lowering.written_handles())
                found |= _outside(step, lowering, lowering.written_before_checks())
            if checks or any(lowering.has_checks() for lowering in inner):
                found |= written
                if not isinstance(step, Branches):
                    # One kernel may write both; what a trip writes is there when the next checks.
                    found |= mine
            written |= mine
        return found

    # Kernels.

    def _body(self, body: Body, ownable: int = 0, fixed: range = range(0)) -> Lowering:
        graph = DropDead().part(body.graph, body.inputs, body.outputs, None)
        made = Lowering(
            graph,
            self.target,
            self.variable,
            ownable,
            fixed,
            self._merging,
            self._packing,
            self.made,
        )
        self.merged |= made.merged
        self.packs |= made.packs
        self.kept_packed += made.kept_packed
        return made

    def _control_flow(self, task: Task) -> Step:
        node = task.unit.opaque
        attrs = node.attrs
        if node.prim.name == "If":
            return Branches(task, [self._body(body) for body in attrs["branches"]])
        carries = attrs["carries"]
        fixed = range(carries, carries + attrs["invariants"])
        body = self._body(attrs["body"], carries, fixed)
        trips = attrs.get("trips") or 0
        if attrs["cond"] is not None:
            return Repeat(task, self._body(attrs["cond"]), body, trips)
        assert trips > 0
        return Repeat(task, None, body, trips)

    def _nest(self, task: Task, nest: Nest, operands: list[Any]) -> Step:
        parts = split(nest)
        if parts is None:
            return Step(task, [(self._kernel(nest), operands)])
        buffers = list(range(len(parts.sizes)))
        nests = [parts.first, parts.second]
        kernels = [self._kernel(n) for n in nests]
        step = Step(task, [(kernel, [*operands, *buffers]) for kernel in kernels])
        step.workspaces = parts.sizes
        step.touched = [n.touched() for n in nests]
        return step

    def _kernel(self, nest: Nest) -> Kernel:
        """The kernel of a nest: the one that there is for another nest like it, if there is."""
        return self._once(nest.structure(), lambda: nest_kernel(self.target, nest))  # type: ignore[no-any-return]

    def _once(self, key: Any, make: Callable[[], Any]) -> Any:
        """What was made under a key before; keys that are None differ from each other."""
        if key is None:
            return make()
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]

    def _lowered(self, node: Any, epilogue: NestEpilogue | None, fixed: frozenset[int]) -> Lowered:
        """The kernels of an opaque node and of what goes on with its result."""

        def make() -> Lowered:
            lowered = opaque.lower(self.target, node, epilogue, fixed, self._packing)
            if epilogue is not None:
                epilogue.account(lowered.steps[-1].kernel, self.target.lanes(4))
            return lowered

        if node.prim.name not in ("MatMul", "BatchMatMulV2"):
            return make()
        specs = [(v.spec.dtype, v.spec.shape) for v in (*node.inputs, *node.outputs)]
        key: Any = (node.prim, *specs, *sorted(node.attrs.items()), fixed, self._packing)
        if epilogue is not None:
            structure = epilogue.nest.structure()
            key = None if structure is None else (*key, structure, epilogue.leaf, *epilogue.used)
        return self._once(key, make)  # type: ignore[no-any-return]

    def _opaque(self, task: Task) -> Step:
        node = task.unit.opaque
        epilogue, operands = self._epilogues.get(task.unit.number, (None, []))
        sources = {"input": node.inputs, "output": node.outputs, "epilogue": operands}
        fixed = [i for i, v in enumerate(node.inputs) if self._is_fixed(v)]
        lowered = self._lowered(node, epilogue, frozenset(fixed))
        self.packs |= node.prim.name == "MatMul" and bool(lowered.workspaces)
        calls = []
        for made in lowered.steps:
            values = [i if kind == "workspace" else sources[kind][i] for kind, i in made.operands]
            calls.append((made.kernel, values))
        step = Step(task, calls)
        step.workspaces = lowered.workspaces
        step.once = lowered.once
        if step.once:
            self.kept_packed += sum(step.workspaces)
        return step

    def _is_fixed(self, value: Any) -> bool:
        """Whether a value is an input that stays the same in all trips."""
        root, offset = root_of(self.fusion, value)
        return id(root) in self.fixed and not offset

    def _row_write(self, task: Task) -> Step:
        node = task.unit.opaque
        if node.prim is SCATTER_ROWS:
            return RowWrite(task, _scattering(self.target, node))
        if node.prim is ROW_ADD:
            return RowWrite(task, nest_kernel(self.target, _adding(node.inputs[2].spec)))
        return RowWrite(task, None)

    def _step(self, task: Task) -> Step:
        if task.loops is not None:
            return self._nest(task, task.loops.nest, task.loops.operands)
        node = task.unit.opaque
        if node.prim.name in ("If", "While"):
            return self._control_flow(task)
        return self._row_write(task) if writes_row(node) else self._opaque(task)


def _epilogue(loops: Loops, value: Any, matrix: tuple[int, int, int]) -> NestEpilogue | None:
    """A nest as the epilogue of a product.

    Args:
      loops: the nest; it reads `value`.
      value: the product's result.
      matrix: its batch, rows and columns.

    Returns:
      The epilogue, or None where the nest cannot be one, or is better alone.
    """
    nest = loops.nest.collapsed()
    operand = next(i for i, v in enumerate(loops.operands) if v is value)
    leaves = [
        i for i, s in enumerate(nest.statements) if isinstance(s, Load) and s.operand == operand
    ]
    if len(leaves) != 1 or nest.kept != len(nest.dims):
        return None
    if len([a for a in nest.accesses() if len(a.terms) == len(nest.dims)]) > MOST_STREAMS:
        return None
    in_order = Affine(0, tuple(enumerate(contiguous(nest.dims))))
    if nest.statements[leaves[0]].at != in_order or math.prod(nest.dims) != math.prod(matrix):
        return None
    _, rows, columns = matrix
    if not NestEpilogue.fits(nest, columns):
        return None
    return NestEpilogue(nest, leaves[0], operand, rows, columns)


def _outside(step: Step, lowering: Lowering, handles: set[int]) -> set[int]:
    """What the handles that are inputs of a body are outside of the step that it belongs to."""
    assert isinstance(step, _Whole)
    given = step.node.inputs[1 if isinstance(step, Branches) else 0 :]
    pairs = zip(lowering.graph.inputs, given)
    return {id(outer) for inner, outer in pairs if id(inner) in handles}


def _scattering(target: Target, node: Any) -> Kernel:
    whole, indices, rows = (v.spec for v in node.inputs)
    count = math.prod(indices.shape)
    columns = math.prod(whole.shape[1:])
    combine = node.attrs["combine"]
    lines = whole.shape[0]
    return scatter_rows(target, lines, count, columns, rows.dtype, indices.dtype, combine)


def _adding(spec: Spec) -> Nest:
    """Adds operand 1 to operand 0."""
    shape: Any = spec.shape
    size = math.prod(shape)
    at = Affine(0, ((0, 1),))
    add = Apply(primitive_named("AddV2"), (0, 1), {}, spec.dtype)
    return Nest(
        (size,), 1, [Load(0, at, spec.dtype), Load(1, at, spec.dtype), add],
        [Store(2, 0, at, spec.dtype)], 2, "RowAdd",
    )  # fmt: skip


def node_cost(node: Any) -> int:
    """What an elementwise node costs for each element."""
    if node.prim.name in ("OneHot", "MatrixBandPart", "CheckedIndex"):
        return 2
    if node.prim.name == "GatherV2":
        return 4
    return cost_of(node.prim, tuple([v.spec.dtype for v in node.inputs]), node.attrs)
