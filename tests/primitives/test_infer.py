"""The shape rule says of a result what the kernel makes, whatever is known of the inputs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.registry import infer, primitives, run_kernel, samples_of, spec_of, text_of
from tapeflow.engine.core.errors import OpError
from tapeflow.engine.ir.primitive import HOST, Primitive
from tapeflow.engine.ir.samples import Sample
from tapeflow.engine.ir.spec import Spec


@pytest.mark.parametrize("prim", primitives(), ids=lambda p: p.name)
def test_rule_agrees_with_kernel(prim: Primitive):
    samples = samples_of(prim.name)
    assert samples, f"{prim.name} has no samples"
    wrong = []
    for sample in samples:
        wrong += contradictions(prim, sample)
        if len(wrong) >= 5:
            break
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


def contradictions(prim: Primitive, sample: Sample) -> list[str]:
    """What the rule says wrongly about one sample."""
    text = text_of(sample)
    try:
        known = infer(prim, [spec_of(a) for a in sample.inputs], sample.attrs)
    except Exception as error:
        return [f"the rule rejects {text}: {type(error).__name__}: {error}"]
    try:
        results = [spec_of(o) for o in run_kernel(prim, sample.inputs, sample.attrs)]
    except OpError:
        return []  # a sample of values that the kernel must reject
    except Exception as error:
        return [f"the kernel raises for {text}: {type(error).__name__}: {error}"]
    if len(known) != len(results):
        return [f"{text}: the rule says {len(known)} outputs; the kernel gives {len(results)}"]
    for i, (said, made) in enumerate(zip(known, results, strict=True)):
        if not said.accepts(made):
            return [f"{text}: output {i}: the rule says {said}; the kernel gives {made}"]
        if prim.lower is not HOST and (said.shape is None or None in said.shape):
            return [f"{text}: output {i}: all is known, but the rule says only {said}"]
    for what, specs in less_known(prim, sample):
        try:
            told = infer(prim, specs, sample.attrs)
        except Exception as error:
            return [f"{what} ({specs}) of {text}: the rule raises {type(error).__name__}: {error}"]
        for i, (said, made) in enumerate(zip(told, results, strict=True)):
            if not said.accepts(made):
                said_text = f"the rule says {said}; the kernel gives {made}"
                return [f"{what} ({specs}) of {text}: output {i}: {said_text}"]
    return []


def less_known(prim: Primitive, sample: Sample) -> Iterator[tuple[str, list[Spec]]]:
    """The specs of a sample with something left out: a dimension, all, the rank, the values."""
    full = [spec_of(a) for a in sample.inputs]

    def without(i: int, shape: tuple[int | None, ...] | None) -> list[Spec]:
        return [Spec(s.dtype, shape) if j == i else s for j, s in enumerate(full)]

    yield "all dimensions unknown", [Spec(s.dtype, (None,) * len(s.shape)) for s in full]
    yield "all ranks unknown", [Spec(s.dtype, None) for s in full]
    for i, spec in enumerate(full):
        yield f"rank of input {i} unknown", without(i, None)
        for d in range(len(spec.shape)):
            shape = tuple(None if j == d else n for j, n in enumerate(spec.shape))
            yield f"dimension {d} of input {i} unknown", without(i, shape)
    if prim.value_inputs:
        yield "no values known", [Spec(s.dtype, s.shape) for s in full]
