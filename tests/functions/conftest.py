"""Graphs are verified after every pass while these tests run."""

from collections.abc import Iterator

import pytest

from tapeflow.engine.compiler import compile as compiler


@pytest.fixture(autouse=True)
def verified_passes() -> Iterator[None]:
    """Switches the verifier on."""
    compiler.VERIFY = True
    yield
    compiler.VERIFY = False
