"""Whole programs with tf.function: tests/programs/functions, one case for each."""

from __future__ import annotations

import importlib
from pathlib import Path

from cases.form import Case

PROGRAMS = Path(__file__).resolve().parent.parent / "programs" / "functions"
# Dozens of training steps in float32 amplify roundings: sums are taken in another order.
TRAINING = {"rtol": 2e-3, "atol": 2e-4}

CASES = [
    Case(
        "function",
        importlib.import_module(f"programs.functions.{path.stem}").program,
        id=path.stem,
        **TRAINING,
    )
    for path in sorted(PROGRAMS.glob("*.py"))
]
