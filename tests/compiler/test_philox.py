"""Random numbers by generated code are those of the NumPy kernels, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from tapeflow.engine.compiler import compile as compiler
from tapeflow.engine.ops.random import generated, variates

pytest.importorskip("llvmlite")
from harness.emitted import TARGETS
from tapeflow.engine.backends.llvm import jit
from tapeflow.engine.backends.llvm.philox import NORMAL, UNIFORM, WORDS, Filler, philox_kernel
from tapeflow.engine.backends.llvm.target import AARCH64

KINDS = {
    "uniform": lambda *stream: variates.uniform(*stream, variates.FLOAT32),
    "uniform float64": lambda *stream: variates.uniform(*stream, variates.FLOAT64),
    "uniform float16": lambda *stream: variates.uniform(*stream, np.dtype(np.float16)),
    "normal": lambda *stream: variates.normal(*stream, variates.FLOAT32),
    "normal float16": lambda *stream: variates.normal(*stream, np.dtype(np.float16)),
    "truncated normal": lambda *stream: variates.truncated_normal(*stream, variates.FLOAT32),
    "words": lambda *stream: variates.full_integers(*stream, np.dtype(np.uint32)),
    "integers": lambda *stream: variates.integers(*stream, np.int64(-5), np.int64(1000)),
}
COUNTERS = [0, 2**64 - 7, 2**128 - 30, 12345678901234567890123456789]


@pytest.mark.parametrize("count", [256, 257, 1000, 4099])
@pytest.mark.parametrize("counter", COUNTERS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("target", sorted(TARGETS))
def test_generated_numbers_are_the_same(monkeypatch, target, kind, counter, count):
    stream = 0xFEDCBA9876543210, counter, count
    monkeypatch.setattr(generated, "generates_code", lambda: False)
    expected = KINDS[kind](*stream)
    filler = Filler(generated.formulas(), TARGETS[target])
    called = []

    def counted(*args):
        called.append(args)
        return filler(*args)

    monkeypatch.setattr(generated, "generates_code", lambda: True)
    monkeypatch.setattr(generated, "_filler", lambda: counted)
    monkeypatch.setattr(generated, "_spent", dict.fromkeys(generated.COMPILING, 1e18))
    got = KINDS[kind](*stream)
    assert called
    assert (got.dtype, got.tobytes()) == (expected.dtype, expected.tobytes())


def test_all_uniform_numbers_have_the_right_logarithm_sine_and_cosine(monkeypatch):
    """What a normal number is made of: each of its 2**23 arguments is as good as any other."""
    stream = 7, 0, 2**22
    monkeypatch.setattr(generated, "generates_code", lambda: False)
    expected = variates.normal(*stream, variates.FLOAT32)
    monkeypatch.setattr(generated, "generates_code", lambda: True)
    monkeypatch.setattr(generated, "_spent", dict.fromkeys(generated.COMPILING, 1e18))
    np.testing.assert_array_equal(variates.normal(*stream, variates.FLOAT32), expected)


def test_numpy_draws_until_compiling_has_paid(monkeypatch):
    monkeypatch.setattr(generated, "_spent", dict.fromkeys(generated.COMPILING, 0.0))
    blocks = int(generated.COMPILING["uniform"] / 160 / 2) + 1
    assert generated.filled(UNIFORM, 1, 0, blocks) is None
    assert generated.filled(UNIFORM, 1, 0, blocks) is None
    assert generated.filled(UNIFORM, 1, 0, blocks) is not None
    assert generated.filled(UNIFORM, 1, 0, generated.LEAST_BLOCKS - 1) is None
    monkeypatch.setattr(compiler, "COMPILE", False)
    assert generated.filled(UNIFORM, 1, 0, blocks) is None


@pytest.mark.parametrize("scattered", [False, True])
@pytest.mark.parametrize("kind", [WORDS, UNIFORM, NORMAL])
def test_another_processor(kind, scattered):
    kernel = philox_kernel(AARCH64, kind, scattered, generated.formulas())
    assert jit.object_code(kernel.text, AARCH64)
