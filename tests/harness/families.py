"""The case files: which there are, and the key of each case in the golden file."""

from __future__ import annotations

import functools
import importlib
from pathlib import Path
from typing import Any, NamedTuple

from cases.form import Case
from harness.digest import digest

TESTS = Path(__file__).resolve().parent.parent


class Entry(NamedTuple):
    """A case with its names: `label` in test names, `key` in the golden file."""

    family: str
    label: str
    key: str
    case: Case


def families() -> list[str]:
    """The names of all files with cases."""
    return sorted(
        path.stem
        for path in (TESTS / "cases").glob("*.py")
        if path.stem not in ("form", "__init__") and not path.stem.startswith("_")
    )


def entries(family: str) -> list[Entry]:
    """The cases of a family; equal cases are told apart by number."""
    module = importlib.import_module(f"cases.{family}")
    found: list[Entry] = []
    by_symbol: dict[str, int] = {}
    keys: dict[str, int] = {}
    for case in module.CASES:
        index = by_symbol.get(case.symbol, 0)
        by_symbol[case.symbol] = index + 1
        key = f"{case.symbol} {digest(case.run)}"
        keys[key] = keys.get(key, 0) + 1
        if keys[key] > 1:
            key = f"{key}/{keys[key]}"
        label = f"{case.symbol}-{index if case.id is None else case.id}"
        found.append(Entry(family, label, key, case))
    return found


@functools.cache
def all_entries() -> list[Entry]:
    """The cases of all families; a file that cannot be imported gives one case, which fails."""
    found: list[Entry] = []
    for family in families():
        try:
            found += entries(family)
        except Exception as error:
            found.append(Entry(family, "import", "", Case(family, _raiser(error))))
    return found


def _raiser(error: Exception) -> Any:
    def run(tf: Any) -> None:
        raise error

    return run


def run_case(case: Case, tf: Any) -> Any:
    """The encoded result of a case, or the error it raised."""
    from harness.encoding import encode, encode_error

    try:
        return encode(case.run(tf))
    except Exception as error:
        return {**encode_error(error), "message": str(error)[:300]}
