"""Interleaved timing: what is compared runs in turn, so that a noisy machine hits all alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Timing:
    """Times of one contender, in microseconds per call.

    Attributes:
      median: the median of the rounds.
      best: the fastest round.
    """

    median: float
    best: float


def interleave(
    contenders: dict[str, Callable[[], object]], rounds: int = 60, seconds_per_turn: float = 0.01
) -> dict[str, Timing]:
    """Times contenders in turn.

    Args:
      contenders: name -> function without arguments.
      rounds: how many turns each gets.
      seconds_per_turn: about how long a turn lasts.

    Returns:
      Name -> `Timing`.
    """
    calls = {}
    for name, function in contenders.items():
        for _ in range(3):
            function()
        start = time.perf_counter()
        function()
        one = max(time.perf_counter() - start, 1e-7)
        calls[name] = max(1, int(seconds_per_turn / one))
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, function in contenders.items():
            count = calls[name]
            start = time.perf_counter()
            for _ in range(count):
                function()
            times[name].append((time.perf_counter() - start) / count * 1e6)
    return {name: Timing(statistics.median(t), min(t)) for name, t in times.items()}


def table(title: str, timings: dict[str, Timing], reference: str) -> str:
    """The timings as a Markdown table with ratios to `reference`."""
    base = timings[reference]
    lines = [
        f"### {title}",
        "",
        "| | median us | best us | median / " + reference + " | best / " + reference + " |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name, t in timings.items():
        lines.append(
            f"| {name} | {t.median:.2f} | {t.best:.2f} | {t.median / base.median:.2f} "
            f"| {t.best / base.best:.2f} |"
        )
    return "\n".join(lines)
