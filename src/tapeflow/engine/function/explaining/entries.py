"""What an explanation says of one kernel, copy or step of the host."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tapeflow.engine.backends.llvm.execution.calling import times
from tapeflow.engine.backends.llvm.execution.plan import Call, Copy, Zero
from tapeflow.engine.compiler.native.again import computed_again
from tapeflow.engine.compiler.native.lowering import Lowering, RowWrite
from tapeflow.engine.compiler.native.program import NativeRegion
from tapeflow.engine.compiler.native.rows import writes_row
from tapeflow.engine.core.frames import Location
from tapeflow.engine.function.explaining.peaks import Peaks
from tapeflow.engine.ir.primitive import Structural


@dataclass
class Entry:
    """A kernel, a copy, or a step of the host, with what it cost in all its calls.

    Attributes:
      kind: `"product"`, `"window"`, `"loops"`, `"copy"`, `"other"` (jumps, addresses, arguments
        and results of a region) or `"host"`.
      name: of the kernel or the operation.
      what: the operations that it computes.
      operands: what it reads.
      results: what it writes.
      lines: the user's lines.
      calls: how often it ran.
      seconds: for how long.
      bytes: read and written.
      flops: floating-point operations.
      region: the number of its region; None for a step of the host.
      reason: why the host ran it.
      notes: what else to know: how its sums are made, what it computes again.
      share: of the machine's peak; None where nothing was measured or counted.
      bound: which peak: `"memory"` or `"arithmetic"`.
    """

    kind: str
    name: str
    what: str
    operands: list[str] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    lines: str = ""
    calls: int = 0
    seconds: float = 0.0
    bytes: int = 0
    flops: int = 0
    region: int | None = None
    reason: str = ""
    notes: list[str] = field(default_factory=list)
    share: float | None = None
    bound: str = ""

    def compare(self, best: Peaks) -> None:
        """Notes the share of the peak that binds: the one that allows less."""
        if not self.seconds or not (self.bytes or self.flops):
            return
        moving, computing = self.bytes / best.bandwidth, self.flops / best.arithmetic
        self.bound = "memory" if moving >= computing else "arithmetic"
        self.share = max(moving, computing) / self.seconds


def of_region(number: int, region: NativeRegion) -> list[Entry]:
    """The entries of a region's kernels and copies."""
    made = []
    again = _again(region.lowering)
    rows = zip(region.plan.instructions, region.origins, times(region.step), strict=True)
    for instruction, origin, (calls, nanoseconds) in rows:
        if isinstance(instruction, Call):
            entry = _kernel(instruction.kernel, origin)
            if origin is not None:
                entry.notes += again.get(id(origin), [])
            entry.bytes = instruction.kernel.bytes * calls
            entry.flops = instruction.kernel.flops * calls
        elif isinstance(instruction, (Copy, Zero)):
            is_copy = isinstance(instruction, Copy)
            entry = Entry("copy", "", "copy" if is_copy else "zero")
            entry.bytes = instruction.bytes * calls * (2 if is_copy else 1)
            entry.lines = lines_text(_locations(origin))
        else:
            continue
        entry.region, entry.calls, entry.seconds = number, calls, nanoseconds / 1e9
        made.append(entry)
    return made


def _again(lowering: Lowering) -> dict[int, list[str]]:
    """For each step, by identity, what it computes that other steps compute, too."""
    found: dict[int, list[str]] = {}
    for again in computed_again(lowering):
        lines = lines_text([node.location for node in again.nodes])
        for step in again.steps:
            found.setdefault(id(step), []).append(f"{again.text}{'; ' if lines else ''}{lines}")
    for step in lowering.steps:
        for inner in step.inner():
            found.update(_again(inner))
    return found


def _kernel(kernel: Any, step: Any) -> Entry:
    entry = Entry(_kind(step), kernel.name, kernel.fused or kernel.name)
    entry.notes = list(kernel.notes)
    entry.lines = lines_text(_locations(step))
    if isinstance(step, RowWrite):
        entry.operands = [repr(v.spec) for v in step.node.inputs]
        entry.results = [repr(v.spec) for v in step.node.outputs]
    written = {id(v) for v in step.task.writes}
    for number, (made, values) in enumerate(step.calls):
        if made is not kernel:
            continue
        for place, value in enumerate(values):
            if step.touched is not None and place not in step.touched[number]:
                continue
            if isinstance(value, int):
                side = entry.results if number < step.once else entry.operands
                side.append(f"workspace of {step.workspaces[value]:,} bytes")
            else:
                side = entry.results if id(value) in written else entry.operands
                side.append(repr(value.spec))
    return entry


def _kind(step: Any) -> str:
    node = step.task.unit.opaque
    if node is None or writes_row(node) or not isinstance(node.prim.lower, Structural):
        return "loops"
    return {"Window": "window", "Contraction": "product"}.get(node.prim.lower.kind, "loops")


def _locations(step: Any) -> list[Location | None]:
    """Where the operations that a step computes were written."""
    if step is None:
        return []
    nodes: list[Any] = []
    task = step.task
    while task is not None:
        nodes += [task.unit.opaque] if task.loops is None else task.loops.nodes
        task = task.epilogue
    return [node.location for node in nodes]


def lines_text(locations: Iterable[Location | None]) -> str:
    """Files with their lines: `"model.py:3,7 loss.py:12"`."""
    known = sorted({place for place in locations if place is not None})
    return " ".join(
        f"{file}:{','.join(str(line) for _, line in places)}"
        for file, places in itertools.groupby(known, key=lambda place: place[0])
    )
