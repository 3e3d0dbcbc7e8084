"""Where values lie in the arena: those whose lifetimes do not meet share memory."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

ALIGNMENT = 64

MANY = 2000
"""For more buffers than these one order must do."""


class Buffer:
    """A piece of an arena.

    Attributes:
      size: its bytes, a multiple of the alignment.
      first: the first step that needs it.
      last: the last one.
    """

    def __init__(self, size: int, first: int, last: int) -> None:
        self.size = max(ALIGNMENT, -(-size // ALIGNMENT) * ALIGNMENT)
        self.first = first
        self.last = last


class Arena:
    """Memory for the values of a graph, by their lifetimes.

    Attributes:
      slots: the plan's slots that lie in here, and where: the buffer, and how far into it.
    """

    def __init__(self) -> None:
        self.slots: dict[int, tuple[Buffer, int]] = {}
        self._buffers: list[Buffer] = []

    def place(self, size: int, first: int, last: int) -> Buffer:
        """A buffer of `size` bytes that steps `first` to `last` need."""
        made = Buffer(size, first, last)
        self._buffers.append(made)
        return made

    def reserve(self, size: int) -> Buffer:
        """A buffer that nobody else uses."""
        return self.place(size, -1, sys.maxsize)

    def adopt(self, inner: Arena, first: int, last: int) -> None:
        """Makes another arena a buffer of this one."""
        size, offsets = inner.settled()
        whole = self.place(size, first, last)
        self.slots.update({slot: (whole, offset) for slot, offset in offsets.items()})

    def settled(self) -> tuple[int, dict[int, int]]:
        """The bytes needed in all, and for each slot its offset.

        Buffers go, one after the other, to the lowest place that is free in their lifetimes. The
        order decides how well that fits (Y. Pisarchyk and J. Lee, "Efficient Memory Management
        for Deep Neural Net Inference", 2020): large ones first, those that take much for long
        first, or as they are made. What needs least is taken.
        """
        buffers = self._buffers
        end = 1 + max([b.first for b in buffers], default=0)
        orders = [lambda b: (-b.size, b.first), lambda b: b.size * (b.first - min(b.last, end))]
        if len(buffers) > MANY:
            orders = []
        orders.append(lambda b: (b.first, -b.size))
        size, offsets = min([_packed(sorted(buffers, key=k)) for k in orders], key=lambda p: p[0])
        return size, {s: offsets[id(b)] + more for s, (b, more) in self.slots.items()}


def _packed(buffers: list[Buffer]) -> tuple[int, dict[int, int]]:
    """The bytes that buffers need, placed in the order given, and the offset of each."""
    count = len(buffers)
    begin, end, first, last = (np.zeros(count, np.int64) for _ in range(4))
    offsets: dict[int, int] = {}
    for n, buffer in enumerate(buffers):
        meets = (first[:n] <= buffer.last) & (last[:n] >= buffer.first)
        start = _gap(begin[:n][meets], end[:n][meets], buffer.size)
        offsets[id(buffer)] = start
        begin[n], end[n] = start, start + buffer.size
        first[n], last[n] = buffer.first, buffer.last
    return int(end.max(initial=0)), offsets


def _gap(begin: np.ndarray[Any, Any], end: np.ndarray[Any, Any], size: int) -> int:
    """The lowest place where so many bytes are free between what is taken."""
    order = np.argsort(begin, kind="stable")
    before = np.concatenate([[0], np.maximum.accumulate(end[order])])
    free = np.append(begin[order], sys.maxsize) - before
    return int(before[np.argmax(free >= size)])
