"""Keras from PyPI, unmodified, on tapeflow: the same losses as on TensorFlow.

Recorded by scripts/record_keras_programs.py. Each program runs in an interpreter of its own.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from fresh_process import ROOT, tapeflow_command

PROGRAMS = sorted((Path(__file__).parent / "keras").glob("*.py"))
RECORDED = json.loads((ROOT / "tests" / "golden" / "keras_programs.json").read_text())
# Sums of float32 are taken in another order than TensorFlow's, step after step.
TOLERANCE = 2e-4

pytestmark = [
    pytest.mark.program,
    pytest.mark.skipif(find_spec("keras") is None, reason="needs Keras: tapeflow[keras]"),
]


def differences(mine: Any, theirs: Any, path: str = "") -> list[str]:
    """Where two results differ by more than the tolerance."""
    if isinstance(mine, dict) and isinstance(theirs, dict) and mine.keys() == theirs.keys():
        return [d for k in mine for d in differences(mine[k], theirs[k], f"{path}/{k}")]
    if isinstance(mine, list) and isinstance(theirs, list) and len(mine) == len(theirs):
        pairs = enumerate(zip(mine, theirs, strict=True))
        return [d for i, (a, b) in pairs for d in differences(a, b, f"{path}/{i}")]
    if isinstance(mine, float) and isinstance(theirs, (int, float)):
        same = mine == pytest.approx(theirs, rel=TOLERANCE, abs=TOLERANCE)
    else:
        same = mine == theirs
    return [] if same else [f"{path}: {mine!r}; on TensorFlow {theirs!r}"]


@pytest.mark.parametrize("program", PROGRAMS, ids=[path.stem for path in PROGRAMS])
def test_same_results_as_on_tensorflow(program):
    ended = tapeflow_command("run", program, KERAS_BACKEND="tensorflow")
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout.splitlines()[-1])
    assert differences(found, RECORDED[program.stem]) == []
