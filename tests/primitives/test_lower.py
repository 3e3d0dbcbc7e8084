"""What generated code would compute, evaluated by NumPy, is what the kernel computes."""

from __future__ import annotations

import pytest

from harness.comparison import differences
from harness.encoding import encode_array
from harness.registry import primitives, run_kernel, samples_of, text_of
from tapeflow.engine.backends.interpreter.numpy_builder import evaluate
from tapeflow.engine.core.dtypes import FROM_NUMPY
from tapeflow.engine.ir.primitive import Primitive
from tapeflow.engine.ir.samples import Sample

ELEMENTWISE = [p for p in primitives() if p.elementwise]
STRUCTURAL = [p for p in primitives() if not p.elementwise]
KINDS = {
    "Host": set(),
    "Movement": {"how"},
    "Reduction": {"combine"},
    "Broadcast": {"combine"},
    "Contraction": {"form"},
    "Window": {"form"},
    "Indexed": {"how"},
}


@pytest.mark.parametrize("prim", ELEMENTWISE, ids=lambda p: p.name)
def test_elementwise_code_equals_kernel(prim: Primitive):
    wrong = []
    for sample in samples_of(prim.name):
        if any(a.dtype == object for a in sample.inputs):
            continue  # strings are never compiled
        lines = disagreements(prim, sample)
        if lines:
            wrong.append("\n    ".join([text_of(sample), *lines]))
    if wrong:
        pytest.fail("\n".join([*wrong[:5], f"{len(wrong)} samples disagree"]), pytrace=False)


def disagreements(prim: Primitive, sample: Sample) -> list[str]:
    """Where the lowered code gives something else than the kernel."""
    (expected,) = run_kernel(prim, sample.inputs, sample.attrs)
    actual = evaluate(prim.lower, sample.inputs, sample.attrs, FROM_NUMPY[expected.dtype])
    return differences(
        encode_array(expected),
        encode_array(actual),
        # Kernels of narrow floats round at each step; whence tiny values, and zeros of both signs.
        zero_signs=expected.dtype.itemsize >= 4,
        where="lowered",
    )


@pytest.mark.parametrize("prim", STRUCTURAL, ids=lambda p: p.name)
def test_structure_has_a_known_kind(prim: Primitive):
    assert prim.lower.kind in KINDS, prim.lower
    assert set(prim.lower.detail) == KINDS[prim.lower.kind], prim.lower
    assert all(isinstance(v, str) and v for v in prim.lower.detail.values()), prim.lower
