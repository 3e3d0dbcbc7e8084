"""Kernels leave their inputs alone, and results don't change when a variable does later."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.registry import error_of, primitives, run_kernel, samples_of, text_of
from tapeflow.engine.core.errors import OpError
from tapeflow.engine.ir.primitive import Primitive
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import EagerTensor
from tapeflow.engine.variables.variable import Variable


@pytest.mark.parametrize("prim", primitives(), ids=lambda p: p.name)
def test_kernel_keeps_its_inputs(prim: Primitive):
    for sample in samples_of(prim.name):
        arrays = [a.copy() for a in sample.inputs]
        for a in arrays:
            a.flags.writeable = False
        try:
            run_kernel(prim, arrays, sample.attrs)
        except OpError:
            pass  # a sample of values that the kernel must reject
        for array, before in zip(arrays, sample.inputs, strict=True):
            assert contents(array) == contents(before), text_of(sample)


@pytest.mark.parametrize("prim", primitives(), ids=lambda p: p.name)
def test_result_outlives_a_variables_value(prim: Primitive):
    samples = [s for s in samples_of(prim.name) if error_of(prim, s) is None]
    sample = max(samples, key=lambda s: min((a.size for a in s.inputs), default=0))
    held = [
        Variable(EagerTensor(a.copy()), dtype=a.dtype) if a.dtype.kind in "fiucb" else None
        for a in sample.inputs
    ]
    inputs = [
        EagerTensor(a.copy()) if v is None else v.value()
        for v, a in zip(held, sample.inputs, strict=True)
    ]
    out = apply(prim, *inputs, **sample.attrs)
    del inputs
    outputs = out if isinstance(out, tuple) else (out,)
    before = [o._array.copy() for o in outputs]
    for variable, array in zip(held, sample.inputs, strict=True):
        if variable is not None:
            variable.assign(EagerTensor(np.zeros_like(array)))
    for output, old in zip(outputs, before, strict=True):
        assert contents(output._array) == contents(old), text_of(sample)


def contents(array: np.ndarray) -> Any:
    """All of an array, NaN included, as something that compares."""
    return array.tolist() if array.dtype == object else array.tobytes()
