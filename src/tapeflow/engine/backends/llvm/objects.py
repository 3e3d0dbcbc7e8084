"""The object cache: a folder of object files, shared by all processes of a user.

A file is written under another name and then renamed, so that a reader never sees half of one, and
carries a checksum, so that a damaged one is compiled anew. The folder is kept small: what nobody
used for longest goes first.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import tempfile
import time
from pathlib import Path

LIMIT = 512 << 20
"""So many bytes the folder may have: the code of tens of thousands of kernels."""

DAY = 86400.0
"""In seconds. That a file was used is noted once a day; unfinished ones are removed after one."""

_HEADER = b"tapeflow object 1\n"
_LOOKS = 256
_writes = itertools.count()


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
        with open(place / f"{key}.o", "rb") as file:
            whole = file.read()
            if os.fstat(file.fileno()).st_mtime < time.time() - DAY:
                os.utime(file.name)
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
        if next(_writes) % _LOOKS == 0:
            shrink(place, LIMIT)
    except OSError:
        return


def shrink(place: Path, limit: int) -> None:
    """Removes the files that were not used for longest, where all have more than `limit` bytes."""
    found = []
    now = time.time()
    for entry in os.scandir(place):
        if entry.name.endswith((".o", ".part")):
            about = entry.stat()
            stale = entry.name.endswith(".part") and about.st_mtime < now - DAY
            found.append((0.0 if stale else about.st_mtime, about.st_size, entry.path))
    total = sum([size for _, size, _ in found])
    for used, size, path in sorted(found):
        if used and total <= limit:
            return
        os.unlink(path)
        total -= size
