"""Makes one call of a compiled function and notes what each kernel did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tapeflow.engine.compiler.native.held import held_by_interpreter
from tapeflow.engine.compiler.native.program import NativeProgram, NativeRegion
from tapeflow.engine.function.explaining.entries import Entry
from tapeflow.engine.function.explaining.peaks import Peaks, peaks
from tapeflow.engine.function.explaining.watch import Watch

KERNELS = ("product", "window", "loops")


@dataclass
class Facts:
    """What one call did.

    Attributes:
      name: of the function.
      traced: how many operations were traced.
      entries: in the order of the program.
      regions: how many native regions there are.
      arena: bytes of their arenas.
      scratch: bytes that each thread has besides.
      between: bytes held between regions and steps of the host, at least.
      interpreter: bytes that the interpreter would hold at least, had it run everything.
      compiled: how many pieces of code were compiled for it.
      from_disk: how many were found on disk.
      peaks: what the machine can do.
      source: the code that runs the host's steps and calls the regions; empty without such steps.
    """

    name: str
    traced: int
    entries: list[Entry]
    regions: int
    arena: int
    scratch: int
    between: int
    interpreter: int
    compiled: int
    from_disk: int
    peaks: Peaks
    source: str

    @property
    def kernels(self) -> list[Entry]:
        """The kernels."""
        return [e for e in self.entries if e.kind in KERNELS]

    @property
    def host(self) -> list[Entry]:
        """The steps of the host."""
        return [e for e in self.entries if e.kind == "host"]

    @property
    def seconds(self) -> float:
        """The time of everything."""
        return sum(e.seconds for e in self.entries)

    @property
    def host_share(self) -> float:
        """The host's share of the time."""
        return sum(e.seconds for e in self.host) / self.seconds if self.seconds else 0.0


def facts_of(concrete: Any, program: NativeProgram, arrays: list[Any]) -> Facts:
    """Makes one call, effects included, and says what it did.

    Raises:
      RuntimeError: where the system has no clock for generated code.
    """
    regions: list[NativeRegion] = []
    watch = Watch(program, regions)
    try:
        watch.run(*arrays)
        entries = watch.entries()
    finally:
        watch.end()
    best = peaks()  # after the call, whose data it drives out of the caches
    for entry in entries:
        if entry.kind in KERNELS or entry.kind == "copy":
            entry.compare(best)
    outside = program.interpreted
    return Facts(
        concrete._runnable.name,
        len(concrete.graph.nodes),
        entries,
        len(regions),
        sum(region.plan.arena_bytes for region in regions),
        max([region.plan.scratch_bytes for region in regions], default=0),
        0 if outside is None else held_by_interpreter(outside.graph),
        program.held(),
        sum(p.compiled for p in watch.programs),
        sum(p.from_disk for p in watch.programs),
        best,
        program.source.text if program.interpreted is not None else "",
    )
