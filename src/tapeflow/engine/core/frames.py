"""Finds the line of the user's program that is running."""

from __future__ import annotations

import sys

Location = tuple[str, int]

_OWN = __name__.split(".", 1)[0]


def user_location() -> Location:
    """File and line of the innermost frame that is not ours (`("<unknown>", 0)` without one)."""
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name != _OWN and not name.startswith(_OWN + "."):
            return (frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back  # type: ignore[assignment]
    return ("<unknown>", 0)


def location_text(location: Location) -> str:
    """A location as messages print it."""
    return f"{location[0]}:{location[1]}"
