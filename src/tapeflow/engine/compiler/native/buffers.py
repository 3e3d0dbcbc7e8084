"""Where values lie in the arena: those whose lifetimes do not meet share memory."""

from __future__ import annotations

import sys

ALIGNMENT = 64


class Arena:
    """Hands out memory by lifetime, first fit.

    Attributes:
      size: bytes needed in all.
      slots: the plan's slots whose offsets are counted from the start of this arena.
    """

    def __init__(self) -> None:
        self.size = 0
        self.slots: list[int] = []
        self._taken: list[tuple[int, int, int]] = []  # start, end, last step that needs it

    def place(self, size: int, first: int, last: int) -> int:
        """The offset of a buffer of `size` bytes that steps `first` to `last` need.

        Calls come in the order of `first`.
        """
        rounded = max(ALIGNMENT, -(-size // ALIGNMENT) * ALIGNMENT)
        self._taken = [t for t in self._taken if t[2] >= first]
        self._taken.sort()
        start = 0
        best: tuple[int, int] | None = None
        for begin, end, _ in self._taken:
            gap = begin - start
            if gap >= rounded and (best is None or gap < best[0]):
                best = (gap, start)
            start = max(start, end)
        if best is not None:
            start = best[1]
        self._taken.append((start, start + rounded, last))
        self.size = max(self.size, start + rounded)
        return start

    def reserve(self, size: int) -> int:
        """The offset of a buffer that nobody else uses."""
        start = self.size
        self.size += max(ALIGNMENT, -(-size // ALIGNMENT) * ALIGNMENT)
        self._taken.append((start, self.size, sys.maxsize))
        return start
