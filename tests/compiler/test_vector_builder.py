"""What elementwise primitives emit computes what their NumPy code does, for all their samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.emitted import TARGETS, kernel_of, run_emitted, ulps
from harness.registry import primitives, run_kernel, samples_of, text_of
from tapeflow.engine.backends.interpreter.numpy_builder import evaluate
from tapeflow.engine.backends.llvm import jit
from tapeflow.engine.backends.llvm.target import AARCH64
from tapeflow.engine.backends.llvm.vector_builder import Unsupported, VectorBuilder
from tapeflow.engine.backends.llvm.vector_math.bounds import BOUNDS
from tapeflow.engine.core.dtypes import FROM_NUMPY
from tapeflow.engine.ir.primitive import Primitive
from tapeflow.engine.ir.samples import Sample

ELEMENTWISE = [p for p in primitives() if p.elementwise]
COUNT = 37  # vectors of each width, and some that are left over


class Recording:
    """A builder that notes which inexact functions are emitted."""

    def __init__(self, builder: VectorBuilder, used: list[str]) -> None:
        self._builder = builder
        self._used = used

    def __getattr__(self, name: str) -> Any:
        if name in BOUNDS:
            self._used.append(name)
        return getattr(self._builder, name)


@pytest.mark.parametrize("width", TARGETS)
@pytest.mark.parametrize("prim", ELEMENTWISE, ids=lambda p: p.name)
def test_emitted_code_equals_numpy(prim: Primitive, width: str):
    wrong = []
    for sample in samples_of(prim.name):
        if any(a.dtype == object for a in sample.inputs):
            continue  # strings are never compiled
        lines = disagreements(prim, sample, width)
        if lines:
            wrong.append("\n    ".join([text_of(sample), *lines]))
    if wrong:
        pytest.fail("\n".join([*wrong[:5], f"{len(wrong)} samples disagree"]), pytrace=False)


def disagreements(prim: Primitive, sample: Sample, width: str) -> list[str]:
    """Where the emitted code gives something else than NumPy."""
    (kernel_result,) = run_kernel(prim, sample.inputs, sample.attrs)
    result = FROM_NUMPY[kernel_result.dtype]
    expected = evaluate(prim.lower, sample.inputs, sample.attrs, result)
    if expected.size == 0:
        return []
    inputs = [_repeated(a, expected.shape) for a in sample.inputs]
    used: list[str] = []
    is_complex = any(a.dtype.kind == "c" for a in [*sample.inputs, expected])

    def emit(builder: VectorBuilder, *values: Any) -> Any:
        used.clear()
        return prim.lower(Recording(builder, used), *values, **sample.attrs)

    try:
        actual = run_emitted(emit, inputs, result, TARGETS[width])
    except Unsupported as error:
        return [] if is_complex else [f"unsupported: {error}"]
    wanted = _repeated(expected, expected.shape)
    wrong = _wrong(wanted, actual, used)
    return [
        f"{i}: expected {wanted[i]!r}; received {actual[i]!r}" for i in np.flatnonzero(wrong)[:4]
    ]


def _repeated(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return np.resize(np.broadcast_to(array, shape).reshape(-1), max(COUNT, int(np.prod(shape))))


def _wrong(wanted: np.ndarray, actual: np.ndarray, used: list[str]) -> np.ndarray:
    if wanted.dtype.kind in "iub":
        return np.asarray(wanted != actual)
    place = wanted.dtype.itemsize == 8
    # NumPy is off by as much, and each step that follows rounds once.
    allowed = 2 * sum(BOUNDS[name][place] for name in used) + 2 if used else 0
    if wanted.dtype.itemsize == 2:
        allowed = 1 if used else 0
        wanted, actual = _steps(wanted), _steps(actual)
        return np.asarray(np.abs(wanted - actual) > allowed)
    same = np.asarray((wanted == actual) & (np.signbit(wanted) == np.signbit(actual)))
    return ~same & ~(ulps(actual, wanted.astype(np.longdouble)) <= allowed)


def _steps(values: np.ndarray) -> np.ndarray:
    """16-bit floats as integers in their order; NaN is one of them."""
    bits = values.view(np.int16).astype(np.int64)
    ordered = np.where(bits < 0, -(bits & 0x7FFF) - 1, bits)
    return np.where(np.isnan(values.astype(np.float32)), 1 << 20, ordered)


@pytest.mark.parametrize("prim", ELEMENTWISE, ids=lambda p: p.name)
def test_code_for_arm_compiles(prim: Primitive):
    for sample in samples_of(prim.name):
        if all(a.dtype in (np.float32, np.int32, np.bool_) for a in sample.inputs):
            (result,) = run_kernel(prim, sample.inputs, sample.attrs)
            if result.dtype.kind == "c":
                continue
            kernel = kernel_of(
                lambda b, *x: prim.lower(b, *x, **sample.attrs),
                [FROM_NUMPY[a.dtype] for a in sample.inputs],
                FROM_NUMPY[result.dtype],
                COUNT,
                AARCH64,
            )
            assert jit.object_code(kernel.text, AARCH64)
            return
