"""Golden files: JSON objects with one entry on each line."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).resolve().parent.parent / "golden"


def family_path(family: str) -> Path:
    """The file of a family of cases."""
    return GOLDEN / f"{family}.json"


def traced_path(family: str) -> Path:
    """The file of a family of cases that run inside of functions."""
    return GOLDEN / "traced" / f"{family}.json"


def primitives_path(module: str) -> Path:
    """The file of the primitives that a module of the engine declares."""
    short = module.removeprefix("tapeflow.engine.").removeprefix("ops.")
    return GOLDEN / "primitives" / f"{short}.json"


def load(path: Path) -> dict[str, Any]:
    """What is recorded in a file; nothing when it doesn't exist."""
    if not path.exists():
        return {}
    return json.loads(path.read_text(encoding="utf-8"))


def store(path: Path, entries: dict[str, Any]) -> None:
    """Writes a golden file as a whole."""
    lines = [
        f"{json.dumps(key, ensure_ascii=False)}: "
        f"{json.dumps(value, ensure_ascii=True, separators=(',', ':'))}"
        for key, value in entries.items()
    ]
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".golden-")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(name, 0o644)
    os.replace(name, path)
