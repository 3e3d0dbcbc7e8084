"""The measurements as Markdown."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.training.machine import Machine
from benchmarks.training.peers import Measurement
from benchmarks.training.problems import WORKLOADS

OURS = "tapeflow"
VARIANTS = frozenset({"lstm_char_unrolled"})
"""Other programs of a workload: shown, but not counted twice in the mean."""


Statistic = Callable[[Measurement], float]
MEDIAN: Statistic = lambda seen: seen.median
FASTEST: Statistic = lambda seen: seen.best


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

    def best_peer(self, workload: str, of: Statistic = MEDIAN) -> tuple[str, float] | None:
        """The fastest contender but ours, and its time."""
        peers = [(of(m), n) for n, m in self.found[workload].items() if n != OURS and m.times]
        if not peers:
            return None
        seconds, name = min(peers)
        return name, seconds

    def ratio(self, workload: str, of: Statistic = MEDIAN) -> float:
        """Our time by the best peer's; NaN without either."""
        best, ours = self.best_peer(workload, of), self.found[workload].get(OURS)
        return of(ours) / best[1] if best and ours else math.nan

    def mean_ratio(self, of: Statistic = MEDIAN) -> tuple[float, int, int]:
        """The geometric mean of ratios, how many of them are below one, and how many there are."""
        ratios = [self.ratio(w, of) for w in self.found if w not in VARIANTS]
        known = [r for r in ratios if not math.isnan(r)]
        mean = math.exp(sum(map(math.log, known)) / len(known)) if known else math.nan
        return mean, sum(r < 1 for r in known), len(known)


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
        ratios = [results.ratio(workload), results.ratio(workload, FASTEST)]
        compared = ["" if math.isnan(r) else f"{r:.2f}" for r in ratios]
        rows.append([workload, *cells, best[0] if best else "", *compared])
    text = markdown(["workload", *names, "best peer", "ours / best peer", "fastest turns"], rows)
    for name, of in (("medians", MEDIAN), ("fastest turns", FASTEST)):
        mean, below, count = results.mean_ratio(of)
        if count:
            text += (
                f"\n\nOurs / best peer by {name}, geometric mean of {count} workloads: {mean:.2f} "
                f"({1 / mean:.2f} times as fast); faster than every peer in {below}."
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
