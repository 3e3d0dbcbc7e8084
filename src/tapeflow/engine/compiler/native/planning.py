"""Places the buffers of a lowering and writes the instructions of its plan."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np

from tapeflow.engine.backends.llvm.execution.plan import (
    AddConst,
    Address,
    Argument,
    Call,
    Constant,
    Copy,
    Input,
    Jump,
    JumpIfBelow,
    JumpUnless,
    Moving,
    Output,
    Plan,
    Swap,
    Zero,
)
from tapeflow.engine.backends.llvm.execution.plan import Arena as ArenaSlot
from tapeflow.engine.compiler.native.buffers import Arena, Buffer
from tapeflow.engine.compiler.native.loops import root_of
from tapeflow.engine.compiler.native.lowering import Branches, Lowering, Repeat, RowWrite, Step
from tapeflow.engine.compiler.native.rows import SCATTER_ROWS
from tapeflow.engine.compiler.native.state import READ
from tapeflow.engine.ir.graph import CONST, PLACEHOLDER
from tapeflow.engine.ir.spec import Spec

WORTH_SWAPPING = 4096
"""Bytes from which on a loop exchanges two buffers rather than copying one."""

_labels = itertools.count(1)


class Label(int):
    """A place in the instructions that is not known yet."""

    def __new__(cls) -> Label:
        return super().__new__(cls, -next(_labels))


def bytes_of(spec: Spec) -> int:
    """The size of an array of this spec."""
    assert spec.shape is not None
    return math.prod(spec.shape) * spec.dtype.size  # type: ignore[arg-type]


class Planner:
    """Makes the plan of a whole region.

    Args:
      lowering: the region's units and kernels.

    Attributes:
      plan: the plan.
      origins: for each of its instructions the step that it belongs to; None for copies to
        outputs and variables at the beginning and the end, and for fixed addresses.
    """

    def __init__(self, lowering: Lowering) -> None:
        self.slots: list[Any] = []
        self.instructions: list[Any] = []
        self.origins: list[Step | None] = []
        self.step: Step | None = None
        self.places: dict[int, int] = {}
        self.addresses: list[Address] = []
        self.kernels: list[Any] = []
        self._constants: dict[int, tuple[int, Any]] = {}
        self._numbers: dict[int, int] = {}
        graph = lowering.graph
        written = lowering.written_handles()
        inputs = [_argument(v, id(v) in written, lowering.variable) for v in graph.inputs]
        bound = {id(v): self.add(Input(i)) for i, v in enumerate(graph.inputs)}
        results = [self.add(Output(i)) for i in range(len(graph.outputs))]
        frame = Frame(self, lowering, bound, results)
        saved = self._save(frame, lowering)
        frame.run()
        arena, offsets = frame.arena.settled()
        for slot, offset in offsets.items():
            self.slots[slot] = ArenaSlot(offset)
        work = sum(max(k.flops, k.bytes) / 8e9 for k in self.kernels)
        has_loop = any(isinstance(s, Repeat) for s in lowering.steps)
        self.plan = Plan(
            inputs,
            [(v.spec.dtype.np, v.spec.shape) for v in graph.outputs],
            self.slots,
            self._linked(),
            arena,
            max([k.scratch for k in self.kernels], default=0),
            release_gil=has_loop or work > 20e-6,
            saved=saved,
        )
        self.origins[:0] = [None] * len(self.addresses)

    def _save(self, frame: Frame, lowering: Lowering) -> list[Copy]:
        """Saves what variables hold that are written to before all is checked."""
        handles = lowering.written_before_checks()
        saved = []
        for value in lowering.graph.inputs:
            if id(value) in handles:
                size = bytes_of(value.spec.refers)
                spare = frame.space(frame.arena.reserve(size))
                slot = frame.bound[id(value)]
                self.emit(Copy(slot, spare, size))
                saved.append(Copy(spare, slot, size))
        return saved

    def add(self, slot: Any) -> int:
        """A new slot's number."""
        self.slots.append(slot)
        return len(self.slots) - 1

    def constant(self, array: Any) -> int:
        """The slot of a constant array."""
        found = self._constants.get(id(array))
        if found is None:
            slot = self.add(Constant(np.ascontiguousarray(array)))
            found = self._constants[id(array)] = (slot, array)  # held: its id is the key
        return found[0]

    def number(self, value: int) -> int:
        """The slot of a constant int64."""
        found = self._numbers.get(value)
        if found is None:
            found = self._numbers[value] = self.add(Constant(np.array([value], np.int64)))
        return found

    def within(self, whole: int, start: int) -> int:
        """A slot so many bytes into another one whose address never moves."""
        slot = self.add(Moving())
        self.addresses.append(Address(slot, whole, self.number(1), start))
        return slot

    def emit(self, instruction: Any) -> None:
        """Appends an instruction."""
        self.instructions.append(instruction)
        self.origins.append(self.step)

    def place(self, label: Label) -> None:
        """Says where a label is: here."""
        self.places[int(label)] = len(self.instructions)

    def _linked(self) -> list[Any]:
        shift = len(self.addresses)
        made: list[Any] = list(self.addresses)
        for instruction in self.instructions:
            if isinstance(instruction, (Jump, JumpUnless, JumpIfBelow)):
                to = self.places[instruction.to] + shift
                instruction = replace(instruction, to=to)
            made.append(instruction)
        return made


def _alike(a: Spec, b: Spec) -> bool:
    """Whether arrays have the same number of elements, of the same size."""
    return a.dtype.size == b.dtype.size and bytes_of(a) == bytes_of(b)


def _argument(value: Any, written: bool, variable: type) -> Argument:
    spec: Any = value.spec
    if isinstance(spec.refers, Spec):
        kind = "written variable" if written else "variable"
        held: Any = spec.refers
        return Argument(held.dtype.np, held.shape, kind, variable)
    return Argument(spec.dtype.np, spec.shape)


class Frame:
    """The instructions of one graph: a region, or a body of control flow in it.

    Args:
      planner: collects slots and instructions.
      lowering: the graph's units and kernels.
      bound: the slots of its inputs.
      results: the slots that its outputs go to.
      own: inputs whose memory may be written to, as nobody else needs what is there.
      prepared: the workspaces of steps whose first calls have been made before the loop.
    """

    def __init__(
        self,
        planner: Planner,
        lowering: Lowering,
        bound: dict[int, int],
        results: list[int],
        own: frozenset[int] = frozenset(),
        prepared: dict[int, list[int]] | None = None,
    ) -> None:
        self.planner = planner
        self.lowering = lowering
        self.fusion = lowering.fusion
        self.graph = lowering.graph
        self.bound = bound
        self.results = results
        self.own = own
        self.prepared = prepared or {}
        self.arena = Arena()
        self._slot_of: dict[Any, int] = {}

    def run(self) -> None:
        """Emits everything."""
        self._choose_direct()
        self._find_lifetimes()
        early, late = self._copies()
        for copy in early:
            self.planner.emit(copy)
        around = self.planner.step
        for number, step in enumerate(self.lowering.steps):
            self.planner.step = step
            self._emit(number, step)
        self.planner.step = around
        for make in late:
            self.planner.emit(make())

    # Which memory is whose.

    def _choose_direct(self) -> None:
        """Which values are made right where a result is, and which are copied there."""
        self._direct: dict[int, int] = {}
        self._to_copy: list[tuple[int, Any, int]] = []
        for i, value in enumerate(self.graph.outputs):
            root, offset = self.lowering.memory(value)
            made_here = id(root) in self.fusion.stored and offset == 0
            same = math.prod(root.spec.shape) == math.prod(value.spec.shape)
            if id(root) in self.own and self.bound[id(root)] == self.results[i]:
                continue
            if (
                made_here
                and same
                and id(root) not in self._direct
                and (id(root) not in self.lowering.in_place)
            ):
                self._direct[id(root)] = self.results[i]
            else:
                self._to_copy.append((i, root, offset))

    def _find_lifetimes(self) -> None:
        self._last: dict[int, int] = {}
        for number, step in enumerate(self.lowering.steps):
            for value in step.values():
                self._last[id(self.lowering.memory(value)[0])] = number
        end = len(self.lowering.steps)
        for _, root, _ in self._to_copy:
            self._last[id(root)] = end
        for node in self.lowering.writes:
            self._last[id(self.lowering.memory(node.inputs[1])[0])] = end

    def buffer(self, value: Any, step: int) -> int:
        """The slot of a value's memory."""
        root, offset = self.lowering.memory(value)
        if offset:
            return self._within(root, offset, step)
        node = root.node
        if node.prim is PLACEHOLDER:
            return self.bound[id(root)]
        if node.prim.name == READ:
            return self.bound[id(node.inputs[0])]
        if node.prim is CONST:
            return self.planner.constant(node.attrs["value"])
        handle = self.lowering.in_place.get(id(root))
        if handle is not None:
            return self.bound[id(handle)]
        if id(root) in self._direct:
            return self._direct[id(root)]
        known = self._slot_of.get(id(root))
        if known is None:
            last = max(step, self._last.get(id(root), step))
            known = self._over(root, step, last)
            if known is None:
                known = self.space(self.arena.place(bytes_of(root.spec), step, last))
            self._slot_of[id(root)] = known
        return known

    def _over(self, root: Any, step: int, last: int) -> int | None:
        """The slot of a value that ends where this one is made, element for element."""
        made = self.lowering.steps[step] if step < len(self.lowering.steps) else None
        if made is None or made.workspaces or id(root) not in map(id, made.task.writes):
            return None
        for value in made.task.reads:
            slot = self._slot_of.get(id(value))
            if slot is None or self._last.get(id(value)) != step:
                continue
            buffer, start = self.arena.slots[slot]
            fits = buffer.last == step and _alike(value.spec, root.spec)
            if fits and not start and not self.lowering.reads_beside(made.task, value, root):
                buffer.last = last
                return slot
        return None

    def space(self, buffer: Buffer, start: int = 0, arena: Arena | None = None) -> int:
        """The slot of a buffer, or of a part of it, in an arena: by default that of this frame."""
        slot = self.planner.add(ArenaSlot(0))  # the offset is known in the end
        (arena or self.arena).slots[slot] = buffer, start
        return slot

    def _reserve(self, size: int, arena: Arena) -> int:
        """The slot of memory in an arena that nothing else uses."""
        return self.space(arena.reserve(size), arena=arena)

    def _within(self, root: Any, offset: int, step: int) -> int:
        key = (id(root), offset)
        known = self._slot_of.get(key)
        if known is not None:
            return known
        whole = self.buffer(root, step)
        base = self.planner.slots[whole]
        start = offset * root.spec.dtype.size
        if whole in self.arena.slots:
            buffer, before = self.arena.slots[whole]
            made = self.space(buffer, before + start)
        elif isinstance(base, (Moving, ArenaSlot)) or root.node.prim is PLACEHOLDER:
            made = self.planner.add(Moving())
            self.planner.emit(Address(made, whole, self.planner.number(1), start))
            return made  # the address may be another one next time: loops swap what is theirs
        else:
            made = self.planner.within(whole, start)
        self._slot_of[key] = made
        return made

    # Copies at the beginning and the end.

    def _copies(self) -> tuple[list[Copy], list[Any]]:
        """Copies before the first step, and makers of those after the last one."""
        early: list[Copy] = []
        late: list[Any] = []
        end = len(self.lowering.steps)
        for i, root, offset in self._to_copy:
            size = bytes_of(self.graph.outputs[i].spec)
            if id(root_of(self.fusion, self.graph.outputs[i])[0]) in self.fusion.stored:
                late.append(self._copier(root, offset, self.results[i], size, end))
            else:  # what comes from outside is copied before it may be overwritten
                early.append(Copy(self._source(root, offset, 0), self.results[i], size))
        for node in self.lowering.writes:
            handle, value = node.inputs
            root, offset = self.lowering.memory(value)
            if self.lowering.in_place.get(id(root)) is handle:
                continue
            if root.node.prim.name == READ and root.node.inputs[0] is handle:
                continue  # it is there
            size = bytes_of(value.spec)
            target = self.bound[id(handle)]
            if root.node.prim.name == READ:
                # One variable's old value is another's new one: it is saved first.
                spare = self.space(self.arena.reserve(size))
                early.insert(0, Copy(self._source(root, offset, 0), spare, size))
                late.append(lambda spare=spare, target=target, size=size: Copy(spare, target, size))
            else:
                late.append(self._copier(root, offset, target, size, end))
        return early, late

    def _source(self, root: Any, offset: int, step: int) -> int:
        return self._within(root, offset, step) if offset else self.buffer(root, step)

    def _copier(self, root: Any, offset: int, target: int, size: int, end: int) -> Any:
        return lambda: Copy(self._source(root, offset, end), target, size)

    # Steps.

    def _emit(self, number: int, step: Step) -> None:
        if isinstance(step, Repeat):
            self._repeat(number, step)
            return
        if isinstance(step, Branches):
            self._branch(number, step)
            return
        if isinstance(step, RowWrite):
            self._write_row(number, step)
            return
        spaces, calls = self.prepared.get(id(step)), step.calls[step.once :]
        if spaces is None:
            spaces, calls = self._workspaces(step, number), step.calls
        for kernel, values in calls:
            operands = [spaces[v] if isinstance(v, int) else self.buffer(v, number) for v in values]
            status = None
            for value in step.task.writes:
                if id(value) in self.lowering.statuses:
                    status = self.buffer(value, number)
            self.call(kernel, operands, status)

    def _workspaces(self, step: Step, number: int) -> list[int]:
        return [self.space(self.arena.place(n, number, number)) for n in step.workspaces]

    def call(self, kernel: Any, operands: list[int], status: int | None = None) -> None:
        """Emits the call of a kernel."""
        if kernel.chunks:
            self.planner.kernels.append(kernel)
            self.planner.emit(Call(kernel, tuple(operands), status))

    def _write_row(self, number: int, step: RowWrite) -> None:
        """Writes rows of a value, in the memory of the value before where that may be."""
        node = step.node
        whole, index, value = node.inputs
        target = self.buffer(node.outputs[0], number)
        if id(node.outputs[0]) not in self.lowering.same_memory:
            self.planner.emit(Copy(self.buffer(whole, number), target, bytes_of(whole.spec)))
        if node.prim is SCATTER_ROWS:
            assert step.kernel is not None
            operands = [target, self.buffer(index, number), self.buffer(value, number)]
            self.call(step.kernel, operands)
            return
        row = self.planner.add(Moving())
        size = bytes_of(whole.spec) // whole.spec.shape[0]
        wide = index.spec.dtype.size == 8
        self.planner.emit(Address(row, target, self.buffer(index, number), size, wide))
        if step.kernel is None:
            self.planner.emit(Copy(self.buffer(value, number), row, size))
        else:
            self.call(step.kernel, [row, self.buffer(value, number)])

    def _inner(
        self, lowering: Lowering, bound: dict[int, int], results: list[int],
        own: frozenset[int] = frozenset(), prepared: dict[int, list[int]] | None = None,
    ) -> Frame:  # fmt: skip
        frame = Frame(self.planner, lowering, bound, results, own, prepared)
        frame.run()
        return frame

    def _branch(self, number: int, step: Branches) -> None:
        node, planner = step.node, self.planner
        otherwise, done = Label(), Label()
        results = [self.buffer(v, number) for v in node.outputs]
        planner.emit(JumpUnless(self.buffer(node.inputs[0], number), otherwise))
        arena = Arena()
        for i, (body, lowering) in enumerate(zip(node.attrs["branches"], step.bodies, strict=True)):
            if i:
                planner.place(otherwise)
            bound = self._bindings(lowering, body, node.inputs[1:], number)
            frame = self._inner(lowering, bound, results)
            arena.adopt(frame.arena, i, i)
            if not i:
                planner.emit(Jump(done))
        planner.place(done)
        self.arena.adopt(arena, number, number)

    def _bindings(self, lowering: Lowering, body: Any, values: Any, number: int) -> dict[int, int]:
        assert len(body.inputs) == len(lowering.graph.inputs)
        return {
            id(inner): self._given(value, number)
            for inner, value in zip(lowering.graph.inputs, values, strict=True)
        }

    def _given(self, value: Any, number: int) -> int:
        if isinstance(value.spec.refers, Spec):
            return self.bound[id(value)]
        return self.buffer(value, number)

    def _repeat(self, number: int, step: Repeat) -> None:
        node, planner = step.node, self.planner
        attrs = node.attrs
        carries, last = attrs["carries"], attrs["carries"] + attrs["invariants"]
        arena = Arena()
        current, following = self._carries(number, step, arena)
        fixed = [self._given(v, number) for v in node.inputs[carries:last]]
        inputs = step.body.graph.inputs
        prepared = self._prepare(step.body, dict(zip(map(id, inputs[carries:]), fixed)), arena)
        counter, place = self._reserve(8, arena), self._reserve(8, arena)
        planner.emit(Zero(counter, 8))
        direction = -1 if attrs.get("backwards") else 1
        first = step.trips - 1 if direction < 0 else 0
        planner.emit(Copy(planner.number(first), place, 8))
        start, end = Label(), Label()
        planner.place(start)
        if step.cond is not None:
            bound = dict(zip(map(id, step.cond.graph.inputs), [*current, *fixed], strict=True))
            test = self._reserve(8, arena)
            frame = self._inner(step.cond, bound, [test])
            arena.adopt(frame.arena, 0, 0)
            planner.emit(JumpUnless(test, end))
        elements = [self._moving(v, number, place) for v in node.inputs[last:]]
        kept = [self._moving(v, number, place) for v in node.outputs[carries:]]
        bound = dict(zip(map(id, inputs), [*current, *fixed, *elements], strict=True))
        own = frozenset([id(v) for v, a, b in zip(inputs, current, following) if a == b])
        frame = self._inner(step.body, bound, [*following, *kept], own, prepared)
        arena.adopt(frame.arena, 1, 1)
        for value, now, new in zip(node.inputs, current, following):
            if new != now:
                size = bytes_of(value.spec)
                planner.emit(Swap(now, new) if size >= WORTH_SWAPPING else Copy(new, now, size))
        planner.emit(AddConst(counter, 1))
        planner.emit(AddConst(place, direction))
        planner.emit(Jump(start) if step.cond else JumpIfBelow(counter, step.trips, start))
        planner.place(end)
        for value, now in zip(node.outputs, current):
            target = self.buffer(value, number)
            if target != now:
                planner.emit(Copy(now, target, bytes_of(value.spec)))
        self.arena.adopt(arena, number, number)

    def _carried(self, node: Any, j: int, number: int) -> int:
        """The slot of what a loop carries in one place: that of the start, if it ends there."""
        value, result = node.inputs[j], node.outputs[j]
        root, offset = self.lowering.memory(value)
        slot = self._slot_of.get(id(root))
        alone = (
            sum(self.lowering.memory(v)[0] is root for v in node.inputs if v.spec.is_static) == 1
        )
        if slot is None or offset or not alone or self._last.get(id(root)) != number:
            return self.buffer(result, number)
        target, more = self.lowering.memory(result)
        if target is not result or more or id(target) in self._direct:
            return self.buffer(result, number)
        buffer, start = self.arena.slots[slot]
        if start or buffer.last != number or not _alike(value.spec, result.spec):
            return self.buffer(result, number)
        buffer.last = max(number, self._last.get(id(target), number))
        self._slot_of[id(target)] = slot
        return slot

    def _prepare(self, body: Lowering, given: dict[int, int], arena: Arena) -> dict[int, list[int]]:
        """Makes the calls that do the same in all trips; the workspaces of their steps."""
        planner, around = self.planner, self.planner.step
        prepared = {}
        for step in body.steps:
            if step.once:
                spaces = [self._reserve(size, arena) for size in step.workspaces]
                prepared[id(step)] = spaces
                planner.step = step
                for kernel, values in step.calls[: step.once]:
                    operands = [
                        spaces[v] if isinstance(v, int) else given[id(root_of(body.fusion, v)[0])]
                        for v in values
                    ]
                    self.call(kernel, operands)
        planner.step = around
        return prepared

    def _carries(self, number: int, step: Repeat, arena: Arena) -> tuple[list[int], list[int]]:
        """The slots of a loop's carries, and those of their next values.

        They are the same where the body makes the next value in the memory of the one before.
        """
        node, body = step.node, step.body
        current: list[int] = []
        following: list[int] = []
        for j in range(node.attrs["carries"]):
            value = node.inputs[j]
            size = bytes_of(value.spec)
            root, offset = body.memory(body.graph.outputs[j])
            stays = root is body.graph.inputs[j] and not offset
            start = self.buffer(value, number)
            now = self._carried(node, j, number) if stays else self._reserve(size, arena)
            current.append(now)
            if now != start:
                self.planner.emit(Copy(start, now, size))
            following.append(now if stays else self._reserve(size, arena))
        return current, following

    def _moving(self, value: Any, number: int, place: int) -> int:
        """The slot of one row of a value at a time."""
        slot = self.planner.add(Moving())
        row = bytes_of(value.spec) // max(1, value.spec.shape[0])
        self.planner.emit(Address(slot, self.buffer(value, number), place, row))
        return slot
