"""Makes a call of a program and notes how long each of its steps took, and their kernels."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.backends.interpreter.program import Program
from tapeflow.engine.backends.llvm.execution.calling import note_times
from tapeflow.engine.compiler.native.late import LateRegion
from tapeflow.engine.compiler.native.program import NativeProgram, NativeRegion
from tapeflow.engine.compiler.native.regions import why_host
from tapeflow.engine.function.explaining.entries import Entry, lines_text, of_region


class Watch:
    """A program's call with a clock.

    Args:
      program: what runs a function, or a part of one for the shapes that it met.
      regions: all native regions that were met so far, in order; this one's are added.

    Attributes:
      run: does what the program does.
      programs: the compiled programs, this one and those inside.
    """

    def __init__(self, program: NativeProgram | Program, regions: list[NativeRegion]) -> None:
        self._program = program
        self._all = regions
        self._inside: dict[int, list[Watch]] = {}
        self.programs: list[NativeProgram] = []
        self.seconds = 0.0
        native = program if isinstance(program, NativeProgram) else None
        self._regions = [] if native is None else native.regions
        self._late = [] if native is None else native.late
        outer = program if native is None else native.interpreted
        if native is not None:
            self.programs.append(native)
        self._first = len(regions)
        regions += self._regions
        self._steps = [] if outer is None else outer.source.steps  # type: ignore[attr-defined]
        self._host = [Entry("host", s.node.prim.name, s.node.prim.name) for s in self._steps]
        self._last = 0.0
        self._timed = program.timed(self._note)
        for region in self._regions:
            note_times(region.step)
        for late in self._late:
            late.watch = self._watched

    def run(self, *arrays: Any) -> Any:
        """The outputs."""
        started = self._last = time.perf_counter()
        found = self._timed(*arrays)
        self.seconds += time.perf_counter() - started
        return found

    def _note(self, number: int, outputs: tuple[Any, ...]) -> None:
        entry = self._host[number]
        entry.seconds += time.perf_counter() - self._last
        entry.calls += 1
        known = [o for o in outputs if isinstance(o, (np.ndarray, np.generic))]
        entry.results = [f"{o.dtype}{list(o.shape)}" for o in known]
        entry.bytes += sum(o.nbytes for o in known)
        self._last = time.perf_counter()

    def _watched(self, late: LateRegion, program: Any) -> Callable[..., Any]:
        inside = self._inside.setdefault(id(late), [])
        for watch in inside:
            if watch._program is program:
                return watch.run
        inside.append(Watch(program, self._all))
        self.programs += inside[-1].programs
        return inside[-1].run

    def end(self) -> None:
        """Takes the clocks away."""
        for region in self._regions:
            note_times(region.step, False)
        for late in self._late:
            late.watch = None
        for inside in self._inside.values():
            for watch in inside:
                watch.end()

    def entries(self) -> list[Entry]:
        """What was done, in the order of the program."""
        numbers = {id(region): self._first + i for i, region in enumerate(self._regions)}
        inner = [of_region(self._first + i, region) for i, region in enumerate(self._regions)]
        if not self._steps:
            return _with_rest(inner[0] if inner else [], self.seconds, self._first)
        made: list[Entry] = []
        for step, entry in zip(self._steps, self._host, strict=True):
            kernel = step.node.prim.kernel
            number = numbers.get(id(kernel))
            if number is not None:
                made += _with_rest(inner[number - self._first], entry.seconds, number)
            elif isinstance(kernel, LateRegion):
                for watch in self._inside.get(id(kernel), []):
                    made += watch.entries()
            else:
                entry.operands = [repr(v.spec) for v in step.node.inputs]
                entry.lines = lines_text([step.node.location])
                entry.results = entry.results or [repr(v.spec) for v in step.node.outputs]
                entry.reason = self._reason(step)
                made.append(entry)
        return made

    def _reason(self, step: Any) -> str:
        if isinstance(self._program, Program):
            return "first of its shapes"
        # What there is code for is on the host all the same within a loop that is.
        return why_host(step.node) if not step.depth else "control flow"


def _with_rest(entries: list[Entry], seconds: float, region: int) -> list[Entry]:
    """The entries of a region, and one for the time that is in none of them."""
    rest = max(0.0, seconds - sum(e.seconds for e in entries))
    what = "arguments, results, jumps, addresses"
    return [*entries, Entry("other", "", what, calls=1, seconds=rest, region=region)]
