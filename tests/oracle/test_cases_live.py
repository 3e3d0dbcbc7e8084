"""Every case, run on TensorFlow and on tapeflow in this process: `pytest -m oracle`."""

from __future__ import annotations

from typing import Any

import pytest

import tapeflow as tf
from harness.families import Entry, all_entries, run_case
from harness.seeds import forget_seed
from test_cases import assert_agrees

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

ENTRIES = all_entries()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: f"{e.family}-{e.label}")
def test_case_live(entry: Entry, real_tf: Any):
    forget_seed(real_tf)
    expected = run_case(entry.case, real_tf)
    raised = isinstance(expected, dict) and "error" in expected
    assert raised == entry.case.bad, expected
    forget_seed(tf)
    assert_agrees(entry, expected, run_case(entry.case, tf))
