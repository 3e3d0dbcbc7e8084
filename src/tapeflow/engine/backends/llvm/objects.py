"""The object cache: a folder of object files, shared by all processes of a user.

A file is written under another name and then renamed, so that a reader never sees half of one, and
carries a checksum, so that a damaged one is compiled anew.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

_HEADER = b"tapeflow object 1\n"


def folder() -> Path | None:
    """Where object code is kept; None when `TAPEFLOW_CACHE` is set to nothing."""
    chosen = os.environ.get("TAPEFLOW_CACHE")
    if chosen is not None:
        return Path(chosen) if chosen else None
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base) / "tapeflow"


def read(key: str) -> bytes | None:
    """The object code kept under a key, or None."""
    place = folder()
    if place is None:
        return None
    try:
        whole = (place / f"{key}.o").read_bytes()
    except OSError:
        return None
    start = len(_HEADER) + 32
    code = whole[start:]
    if whole[: len(_HEADER)] != _HEADER or (
        hashlib.sha256(code).digest() != whole[len(_HEADER) : start]
    ):
        return None
    return code


def write(key: str, code: bytes) -> None:
    """Keeps object code; a folder that cannot be written to is no error."""
    place = folder()
    if place is None:
        return
    try:
        place.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place, prefix=key, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(_HEADER + hashlib.sha256(code).digest() + code)
        os.replace(name, place / f"{key}.o")
    except OSError:
        return
