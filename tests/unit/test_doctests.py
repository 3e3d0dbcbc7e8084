"""The examples in the docstrings print what they say."""

from __future__ import annotations

import doctest
import importlib
import math
import re
from pathlib import Path

import numpy as np
import pytest

import tapeflow as tf

PACKAGE = Path(tf.__file__).parent
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL
# Examples that change the process: they are run by tests of their own, in fresh interpreters.
ELSEWHERE = {"tapeflow.alias.installation"}
NUMBER = re.compile(r"([-+]?(?:\d+\.\d*|\.\d+|\d+(?=[eE]))(?:[eE][-+]?\d+)?)")


class RoundingChecker(doctest.OutputChecker):
    """Forgives the last digits of floating-point numbers, which differ between processors."""

    def check_output(self, want, got, optionflags):
        if super().check_output(want, got, optionflags):
            return True
        wanted, received = (NUMBER.split("".join(text.split())) for text in (want, got))
        return len(wanted) == len(received) and all(
            math.isclose(float(a), float(b), rel_tol=1e-5, abs_tol=1e-12) if i % 2 else a == b
            for i, (a, b) in enumerate(zip(wanted, received, strict=True))
        )


def modules_with_examples():
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if ">>> " in path.read_text(encoding="utf-8"):
            parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
            name = ".".join(part for part in parts if part != "__init__")
            if name not in ELSEWHERE:
                found.append(name)
    return found


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples(name):
    module = importlib.import_module(name)
    runner = doctest.DocTestRunner(RoundingChecker(), optionflags=FLAGS)
    for test in doctest.DocTestFinder().find(module, extraglobs={"tf": tf, "np": np}):
        runner.run(test)
    assert runner.tries > 0
    assert runner.failures == 0, "the examples that fail are in the captured output"


@pytest.mark.parametrize(
    ("want", "got", "equal"),
    [
        ("[1. , 2.718282]\n", "[1.       , 2.7182817]\n", True),
        ("[-3.7835058e-42]\n", "[-0.]\n", True),
        ("1.5\n", "1.6\n", False),
        ("[1, 2]\n", "[1, 3]\n", False),
        ("[1., 2.]\n", "[1.]\n", False),
        ("float32 1.0\n", "float64 1.0\n", False),
    ],
)
def test_checker(want, got, equal):
    assert RoundingChecker().check_output(want, got, FLAGS) is equal
