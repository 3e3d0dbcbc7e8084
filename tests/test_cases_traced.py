"""Every case on dense tensors gives inside of `tf.function` what it gives there on TensorFlow.

With its values as constants, with unknown shapes, and with unknown axes, shapes and counts; the
passes' results are verified.
"""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path
from typing import Any

import pytest

import tapeflow as tf
from harness.families import Entry, entries
from harness.golden import family_path, load, traced_path
from harness.seeds import forget_seed
from harness.traced import COMPOSITES, FAMILIES, disagreements, run_traced
from tapeflow.engine.backends.interpreter import source
from tapeflow.engine.compiler import compile as compiler

pytestmark = pytest.mark.filterwarnings("ignore")


DIFFERENCES: dict[str, str] = {
    name: reason
    for reason, names in tomllib.loads(
        Path(__file__).with_name("traced_differences.toml").read_text(encoding="utf-8")
    ).items()
    for name in names["cases"]
}
"""Cases and modes in which we differ from TensorFlow, with what kind of difference it is."""


@functools.cache
def recorded(family: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return load(family_path(family)), load(traced_path(family))


def runnable() -> list[Entry]:
    """The cases that TensorFlow runs inside of functions, and those that are not recorded."""
    return [
        entry
        for family in FAMILIES
        for entry in entries(family)
        if recorded(family)[1].get(entry.key) != {}
    ]


@pytest.mark.parametrize("entry", runnable(), ids=lambda e: f"{e.family}-{e.label}")
def test_case_in_function(entry: Entry, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(compiler, "VERIFY", True)
    monkeypatch.setattr(source, "REUSE_FROM", 2)  # cases are small; large arrays are reused
    eager, traced = recorded(entry.family)
    if entry.key not in traced:
        pytest.fail(f"not recorded; run: python scripts/make_golden.py --traced {entry.family}")
    wrong = []
    for mode, expected in traced[entry.key].items():
        forget_seed(tf)
        result = run_traced(entry.case, tf, mode)
        if result is None:
            wrong.append(f"{mode}: the case takes no arguments")
            continue
        lines = disagreements(
            expected, eager[entry.key], result, entry.case, entry.family not in COMPOSITES
        )
        if f"{entry.family} {entry.label} {mode}" in DIFFERENCES:
            lines = [] if lines else ["agrees: strike it off traced_differences.toml"]
        wrong += [f"{mode}: {line}" for line in lines]
    if wrong:
        pytest.fail("\n".join(wrong[:12]), pytrace=False)
