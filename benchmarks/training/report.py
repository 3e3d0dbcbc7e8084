"""The measurements as Markdown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.training.machine import Machine
from benchmarks.training.peers import Measurement
from benchmarks.training.problems import WORKLOADS

OURS = "tapeflow"
VARIANTS = frozenset({"lstm_char_unrolled"})
"""Other programs of a workload: shown, but not counted twice in the mean."""


@dataclass
class Results:
    """Everything that was measured.

    Attributes:
      found: workload -> contender -> measurement.
      warm: workload -> seconds of our first call in a second process.
    """

    found: dict[str, dict[str, Measurement]] = field(default_factory=dict)
    warm: dict[str, float] = field(default_factory=dict)

    def contenders(self) -> list[str]:
        names: dict[str, None] = {}
        for row in self.found.values():
            names |= dict.fromkeys(row)
        return list(names)

    def best_peer(self, workload: str) -> tuple[str, float] | None:
        """The fastest contender but ours, and its median."""
        peers = [(m.median, n) for n, m in self.found[workload].items() if n != OURS and m.times]
        if not peers:
            return None
        median, name = min(peers)
        return name, median

    def ratio(self, workload: str) -> float:
        """Our time by the best peer's; NaN without either."""
        best, ours = self.best_peer(workload), self.found[workload].get(OURS)
        return ours.median / best[1] if best and ours else math.nan


def duration(seconds: float) -> str:
    if math.isnan(seconds):
        return ""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} us"


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(header)} |", "| --- |" + " ---: |" * (len(header) - 1)]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows])


def steps(results: Results) -> str:
    """Time per call, all contenders, and ours by the best peer's."""
    names = results.contenders()
    rows = []
    for workload, row in results.found.items():
        cells = [duration(row[n].median) if n in row else "" for n in names]
        best = results.best_peer(workload)
        ratio = results.ratio(workload)
        compared = "" if math.isnan(ratio) else f"{ratio:.2f}"
        rows.append([workload, *cells, best[0] if best else "", compared])
    text = markdown(["workload", *names, "best peer", "ours / best peer"], rows)
    ratios = [
        r for w in results.found if w not in VARIANTS and not math.isnan(r := results.ratio(w))
    ]
    if ratios:
        mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
        faster = sum(r < 1 for r in ratios)
        text += (
            f"\n\nGeometric mean of ours / best peer over {len(ratios)} workloads: {mean:.2f} "
            f"({1 / mean:.2f} times as fast); faster than every peer in {faster}."
        )
    return text


def first_calls(results: Results) -> str:
    """The first call of each contender: tracing, compiling, running."""
    names = results.contenders()
    rows = [
        [w, *[duration(row[n].first) if n in row else "" for n in names]]
        + ([duration(results.warm[w])] if results.warm else [])
        for w, row in results.found.items()
    ]
    second = [f"{OURS}, second process"] if results.warm else []
    return markdown(["workload", *names, *second], rows)


def losses(results: Results) -> str:
    """How far each contender's losses are from ours, relatively, at the worst of the first."""
    names = [n for n in results.contenders() if n != OURS]
    rows = []
    for workload, row in results.found.items():
        ours = row[OURS].losses
        tolerance = WORKLOADS[workload]().tolerance
        far = False
        cells = []
        for name in names:
            theirs = row[name].losses if name in row else []
            if not theirs or not ours:
                cells.append("")
                continue
            a, b = np.array(ours), np.array(theirs)
            distance = float(np.max(np.abs(a - b) / np.abs(b)))
            far |= not distance <= tolerance
            cells.append(f"{distance:.1e}")
        last = f"{ours[-1]:.6g}" if ours else ""
        rows.append([workload, last, *cells, f"{tolerance:.0e}", "no" if far else "yes"])
    return markdown(["workload", "our last loss", *names, "tolerance", "within"], rows)


def roofline(results: Results, machine: Machine) -> str:
    """The least time that the work takes on this machine, and what share of it we reach."""
    rows = []
    for workload, row in results.found.items():
        problem = WORKLOADS[workload]()
        if workload == "linear_loop" or not row.get(OURS) or not row[OURS].times:
            continue
        arithmetic = problem.flops / machine.peak
        bound = machine.bound(problem.flops, problem.bytes)
        binds = "arithmetic" if arithmetic == bound else "memory"
        best = results.best_peer(workload)
        rows.append(
            [
                workload,
                f"{problem.flops / 1e6:.1f}",
                f"{problem.bytes / 1e6:.2f}",
                binds,
                duration(bound),
                f"{bound / row[OURS].median:.0%}",
                f"{bound / best[1]:.0%}" if best else "",
            ]
        )
    header = ["workload", "MFLOP", "MB", "binds", "bound", "ours reaches", "best peer reaches"]
    limits = ", ".join(
        f"{rate / 1e9:.0f} GB/s with {size / 1e6:.3g} MB in play"
        for size, rate in machine.bandwidths.items()
    )
    return (
        f"Measured peak: {machine.peak / 1e9:.0f} GFLOP/s ({machine.source}); {limits}.\n\n"
        + markdown(header, rows)
    )


def failures(results: Results) -> list[str]:
    return [
        f"{name} fails on {workload}: {seen.error}"
        for workload, row in results.found.items()
        for name, seen in row.items()
        if seen.error
    ]
