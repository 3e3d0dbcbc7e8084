"""All samples of all primitives, through `tf.raw_ops` and on tapeflow: `pytest -m oracle`."""

from __future__ import annotations

from typing import Any

import pytest

from harness.raw_calls import absent, run_raw, run_raw_gradient
from harness.registry import has_recorded_gradient, primitives, samples_of, text_of
from primitives.test_gradients import gradient_differences
from primitives.test_kernels import disagreements
from tapeflow.engine.ir.primitive import Primitive

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]


@pytest.mark.parametrize("prim", primitives(), ids=lambda p: p.name)
def test_primitive_live(prim: Primitive, real_tf: Any):
    reason = absent(real_tf, prim)
    if reason is not None:
        pytest.skip(reason)
    wrong = []
    for sample in samples_of(prim.name):
        expected = run_raw(real_tf, prim, sample)
        lines = disagreements(prim, sample, expected)
        if isinstance(expected, list) and has_recorded_gradient(prim, sample):
            grads = run_raw_gradient(real_tf, prim, sample)
            if grads is not None:
                lines += gradient_differences(prim, sample, grads)
        if lines:
            wrong.append("\n    ".join([text_of(sample), *lines]))
    if wrong:
        pytest.fail("\n".join([*wrong[:5], f"{len(wrong)} samples disagree"]), pytrace=False)
