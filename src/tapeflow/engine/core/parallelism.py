"""How many threads one operation may use."""

from __future__ import annotations

import os
from collections.abc import Callable

_chosen = 0
_listeners: list[Callable[[], None]] = []


def chosen() -> int:
    """What was set; 0 leaves it open."""
    return _chosen


def choose(count: int) -> None:
    """Sets the number of threads; 0 leaves it open.

    Raises:
      ValueError: when the number is negative.
    """
    global _chosen
    if count < 0:
        raise ValueError(f"the number of threads must not be negative; received {count}")
    _chosen = count
    for each in _listeners:
        each()


def on_change(listener: Callable[[], None]) -> None:
    """Has a function called whenever the number is set."""
    _listeners.append(listener)


def threads() -> int:
    """The number to use: what was set, else `OMP_NUM_THREADS`, else that of this process's CPUs."""
    if _chosen:
        return _chosen
    # The first number is that of the outermost parallel loop.
    first = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if first.isdecimal() and int(first):
        return int(first)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
