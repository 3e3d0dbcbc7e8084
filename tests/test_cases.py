"""Every case gives on tapeflow what it gave on TensorFlow when it was recorded."""

from __future__ import annotations

import functools
from typing import Any

import pytest

import tapeflow as tf
from harness.comparison import differences
from harness.families import Entry, all_entries, run_case
from harness.golden import family_path, load
from harness.seeds import forget_seed

ENTRIES = all_entries()


@functools.cache
def recorded(family: str) -> dict[str, Any]:
    return load(family_path(family))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: f"{e.family}-{e.label}")
def test_case(entry: Entry):
    golden = recorded(entry.family)
    if not entry.key:
        entry.case.run(tf)
    if entry.key not in golden:
        pytest.fail(f"not recorded; run: python scripts/make_golden.py {entry.family}")
    forget_seed(tf)
    actual = run_case(entry.case, tf)
    assert_agrees(entry, golden[entry.key], actual)


def assert_agrees(entry: Entry, expected: Any, actual: Any) -> None:
    case = entry.case
    message = ""
    if isinstance(actual, dict) and "error" in actual:
        message = f" ({actual.pop('message')})"
    if isinstance(expected, dict):
        expected = {k: v for k, v in expected.items() if k != "message"}
    wrong = differences(expected, actual, rtol=case.rtol, atol=case.atol, exact=case.exact)
    if wrong:
        pytest.fail("\n".join(wrong[:12]) + message, pytrace=False)
