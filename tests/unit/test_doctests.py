"""The examples in the docstrings print what they say."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import numpy as np
import pytest

import tapeflow as tf

PACKAGE = Path(tf.__file__).parent
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL
# Examples that change the process: they are run by tests of their own, in fresh interpreters.
ELSEWHERE = {"tapeflow.alias.installation"}


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
    failed, tried = doctest.testmod(module, optionflags=FLAGS, extraglobs={"tf": tf, "np": np})
    assert tried > 0
    assert failed == 0, f"{failed} of {tried} examples fail; they are in the captured output"
