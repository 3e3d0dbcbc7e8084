"""Every case, run on TensorFlow and on tapeflow in this process: `pytest -m oracle`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import tapeflow as tf
from cases.form import Case
from harness.families import Entry, all_entries, run_case
from harness.seeds import forget_seed
from test_cases import assert_agrees

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

ENTRIES = all_entries()


def run_alone(case: Case, real_tf: Any) -> Any:
    """What a case gives in a thread of its own.

    An error inside TensorFlow can leave a variable scope, a name scope or a strategy entered
    there. All of them belong to the thread, so that none outlives it.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(run_case, case, real_tf).result()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: f"{e.family}-{e.label}")
def test_case_live(entry: Entry, real_tf: Any):
    forget_seed(real_tf)
    expected = run_alone(entry.case, real_tf)
    raised = isinstance(expected, dict) and "error" in expected
    assert raised == entry.case.bad, expected
    forget_seed(tf)
    assert_agrees(entry, expected, run_case(entry.case, tf))
