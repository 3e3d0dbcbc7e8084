"""A progress bar for terminals; silent where the output goes to a file."""

from __future__ import annotations

import sys
import time
from typing import TextIO

WIDTH = 30
INTERVAL_SECONDS = 0.05


class ProgressBar:
    """One line on the terminal, redrawn in place.

    >>> import io
    >>> bar = ProgressBar(4, io.StringIO())
    >>> bar.advance()
    """

    def __init__(self, total: int, stream: TextIO | None = None) -> None:
        self.total = total
        self.done = 0
        self.stream = sys.stderr if stream is None else stream
        self.visible = self.stream.isatty()
        self.drawn_at = -INTERVAL_SECONDS

    def advance(self) -> None:
        """Counts one step."""
        self.done += 1
        now = time.monotonic()
        if self.visible and (now - self.drawn_at >= INTERVAL_SECONDS or self.done == self.total):
            self.drawn_at = now
            filled = WIDTH * self.done // self.total
            bar = "#" * filled + "-" * (WIDTH - filled)
            self.stream.write(f"\r[{bar}] {100 * self.done // self.total:3d}%")
            self.stream.flush()

    def print(self, text: str) -> None:
        """Prints a line on standard output above the bar."""
        self.clear()
        print(text, flush=True)

    def clear(self) -> None:
        """Takes the bar off the screen."""
        if self.visible:
            self.stream.write("\r" + " " * (WIDTH + 8) + "\r")
            self.stream.flush()
