"""Every kernel gives what TensorFlow's op of the same name gave when it was recorded."""

from __future__ import annotations

import functools
from typing import Any

import pytest

import tapeflow as tf
from harness.canonical import canonical
from harness.comparison import differences
from harness.encoding import encode_array
from harness.golden import load, primitives_path
from harness.registry import (
    error_of,
    module_of,
    primitives,
    run_kernel,
    sample_key,
    samples_of,
    text_of,
)
from harness.seeds import forget_seed
from harness.tolerances import own_tolerance
from tapeflow.engine.ir.primitive import Primitive
from tapeflow.engine.ir.samples import Sample


@functools.cache
def recorded(module: str) -> dict[str, Any]:
    return load(primitives_path(module))


@pytest.mark.parametrize("prim", primitives(), ids=lambda p: p.name)
def test_kernel_equals_tensorflow(prim: Primitive):
    golden = recorded(module_of(prim))
    if prim.name in golden:
        pytest.skip(golden[prim.name])
    wrong = []
    for sample in samples_of(prim.name):
        expected = golden.get(sample_key(prim, sample))
        if expected is None:
            pytest.fail(
                f"{sample!r} is not recorded; run: python scripts/make_golden.py "
                f"--primitives {prim.name}",
                pytrace=False,
            )
        lines = disagreements(prim, sample, expected)
        if lines:
            wrong.append("\n    ".join([text_of(sample), *lines]))
    if wrong:
        pytest.fail("\n".join([*wrong[:5], f"{len(wrong)} samples disagree"]), pytrace=False)


def disagreements(prim: Primitive, sample: Sample, expected: Any) -> list[str]:
    """Where the kernel's results differ from what TensorFlow gave."""
    if isinstance(expected, dict):
        if "list of allowed values" in expected["message"]:
            return [f"TensorFlow takes no such sample: {expected['message']}"]
        if expected["error"] in ("NotFoundError", "UnimplementedError"):
            return []  # TensorFlow has no kernel for this dtype on this device, or the like
        raised = error_of(prim, sample)
        if raised is None or type(raised).__name__ != expected["error"]:
            return [f"expected {expected['error']} ({expected['message']}); received {raised!r}"]
        return []
    forget_seed(tf)
    arrays = list(run_kernel(prim, sample.inputs, sample.attrs))
    arrays = canonical(prim.name, arrays, sample.attrs)
    outputs = [encode_array(a, dtype_name(a)) for a in arrays]
    return differences(
        expected,
        outputs,
        exact=sample.exact,
        zero_signs=prim.elementwise,
        rtol=own_tolerance(prim.name),
        by_largest=not prim.elementwise,
        where="output",
    )


def dtype_name(array: Any) -> str:
    return "string" if array.dtype == object else array.dtype.name
