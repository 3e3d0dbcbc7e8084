"""Whole programs as people write them: tests/programs/gallery, one case for each."""

from __future__ import annotations

import importlib
from pathlib import Path

from cases.form import Case

GALLERY = Path(__file__).resolve().parent.parent / "programs" / "gallery"
# Dozens of training steps in float32 amplify roundings: sums are taken in another order.
TRAINING = {"rtol": 2e-3, "atol": 2e-4}

CASES = [
    Case(
        "GradientTape",
        importlib.import_module(f"programs.gallery.{path.stem}").program,
        id=path.stem,
        **TRAINING,
    )
    for path in sorted(GALLERY.glob("*.py"))
]
