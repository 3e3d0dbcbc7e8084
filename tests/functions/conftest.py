"""Graphs are verified after every pass while these tests run, and small arrays are reused too."""

from collections.abc import Iterator

import pytest

from tapeflow.engine.backends.interpreter import source
from tapeflow.engine.compiler import compile as compiler


@pytest.fixture(autouse=True)
def verified_passes() -> Iterator[None]:
    """Switches the verifier on."""
    compiler.VERIFY = True
    yield
    compiler.VERIFY = False


@pytest.fixture(autouse=True)
def small_arrays_are_reused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs of small arrays write into dead ones as programs of large arrays do."""
    monkeypatch.setattr(source, "REUSE_FROM", 2)
