"""A primitive gives in a graph what it gives eagerly, however little the trace knew of shapes.

Values bit for bit, dtypes, shapes and gradients; errors of shapes and dtypes may come while the
graph is built, then as Python's own classes. Every pass is verified.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tapeflow as tf
from harness.comparison import mismatches
from harness.registry import primitives, samples_of, text_of
from harness.seeds import forget_seed
from tapeflow.engine.autodiff.tape import GradientTape
from tapeflow.engine.backends.interpreter import source
from tapeflow.engine.compiler import compile as compiler
from tapeflow.engine.core.dtypes import FROM_NUMPY
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.function.concrete import Runnable
from tapeflow.engine.ir.primitive import Primitive
from tapeflow.engine.ir.samples import Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import EagerTensor
from tapeflow.engine.tracing.func_graph import FuncGraph, tracing_into

pytestmark = pytest.mark.filterwarnings("ignore")

ROUNDING = 16
"""Gradients may differ by so many units: where shapes are known, rules take short cuts. So may what
generated code computes: its functions are within 4 units of the exact value, NumPy's are too, and
sums are added up in another order."""

GRADIENTS = 6
"""Of so many samples the gradients are compared: tracing them is slower than running them."""


@pytest.fixture(autouse=True)
def every_pass_is_verified(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(compiler, "VERIFY", True)
    monkeypatch.setattr(source, "REUSE_FROM", 2)  # samples are small; large arrays are reused


@pytest.fixture(params=["interpreted", "compiled"])
def rounding(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> float:
    """Runs graphs in one of the ways there are; by how many units its results may differ."""
    compiled = request.param != "interpreted"
    if compiled:
        pytest.importorskip("llvmlite")
        from tapeflow.engine.backends.llvm.execution import calling

        monkeypatch.setattr(calling, "POISON", True)  # an unwritten read is seen
    monkeypatch.setattr(compiler, "COMPILE", compiled)
    return ROUNDING if compiled else 0.0


@pytest.mark.parametrize("prim", primitives(), ids=lambda p: p.name)
def test_graph_equals_eager(prim: Primitive, rounding: float):
    traces: dict[Any, Any] = {}
    wrong = []
    for sample in samples_of(prim.name):
        expected = outcome(lambda s=sample: [t._array for t in eager(prim, s)])
        for what, specs in knowledge(sample):
            run = functools.partial(in_graph, prim, sample, specs, traces)
            lines = contradictions(expected, run, rounding)
            if lines:
                wrong.append("\n    ".join([f"{what}: {text_of(sample)}", *lines]))
        if len(wrong) >= 5:
            break
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


@pytest.mark.parametrize(
    "prim", [p for p in primitives() if p.differentiable], ids=lambda p: p.name
)
def test_gradient_in_graph_equals_eager(prim: Primitive):
    smooth = [s for s in samples_of(prim.name) if s.grad and any(map(is_real, s.inputs))]
    wrong = []
    for sample in smooth[:: max(1, len(smooth) // GRADIENTS)]:
        expected = outcome(lambda s=sample: gradients(s, lambda *t, s=s: eager(prim, s, t)))
        for what, specs in knowledge(sample):
            if what == "no rank known":
                continue
            runnable = trace(prim, sample, specs)
            run = runnable if isinstance(runnable, Exception) else runnable.call
            got = outcome(lambda: raised(run) or gradients(sample, lambda *t: run(list(t))))
            if isinstance(got, NotImplementedError) and what != "all known":
                continue  # as in TensorFlow: the rule branches on sizes
            lines = contradictions(expected, lambda: raised(got) or got, ROUNDING)
            if lines:
                wrong.append("\n    ".join([f"{what}: {text_of(sample)}", *lines]))
    if wrong:
        pytest.fail("\n".join(wrong[:5]), pytrace=False)


def is_real(array: np.ndarray) -> bool:
    return FROM_NUMPY[array.dtype].is_floating or array.dtype.kind == "c"


def knowledge(sample: Sample) -> Iterator[tuple[str, list[Spec]]]:
    """What a trace may know of a sample's inputs."""
    dtypes = [FROM_NUMPY[a.dtype] for a in sample.inputs]
    yield "all known", [Spec(d, a.shape) for d, a in zip(dtypes, sample.inputs)]
    if any(a.ndim for a in sample.inputs):
        yield (
            "no dimension known",
            [Spec(d, (None,) * a.ndim) for d, a in zip(dtypes, sample.inputs)],
        )
    if sample.inputs:
        yield "no rank known", [Spec(d, None) for d in dtypes]


def eager(prim: Primitive, sample: Sample, tensors: Any = None) -> list[Any]:
    if tensors is None:
        tensors = [EagerTensor(a) for a in sample.inputs]
    forget_seed(tf)
    out = apply(prim, *tensors, **sample.attrs)
    return list(out) if isinstance(out, tuple) else [out]


def trace(prim: Primitive, sample: Sample, specs: list[Spec]) -> Any:
    """A graph of nothing but the primitive; or the error that building it raised."""
    graph = FuncGraph(prim.name)
    forget_seed(tf)
    try:
        with tracing_into(graph):
            inputs = [graph.placeholder(spec) for spec in specs]
            out = apply(prim, *inputs, **sample.attrs)
    except Exception as error:
        return error
    outputs = list(out) if isinstance(out, tuple) else [out]
    return Runnable(graph, inputs, outputs, prim.name)


def in_graph(
    prim: Primitive, sample: Sample, specs: list[Spec], traces: dict[Any, Any]
) -> list[np.ndarray]:
    """The results of a traced primitive; a trace serves all samples that it fits."""
    key = (*[(s.dtype, s.shape) for s in specs], repr(sorted(sample.attrs.items(), key=str)))
    runnable = traces.get(key)
    if runnable is None:
        runnable = traces[key] = trace(prim, sample, specs)
    raised(runnable)
    tensors = [EagerTensor(a) for a in sample.inputs]
    forget_seed(tf)
    results = [t._array for t in runnable.call(tensors)]
    for made, value in zip(results, runnable.outputs, strict=True):
        assert value.spec.accepts(Spec(FROM_NUMPY[made.dtype], made.shape)), value.spec
    if runnable._by_shape and runnable._program is None:
        if not hasattr(runnable, "general"):
            runnable.general = runnable._compile(None)
        forget_seed(tf)
        general = [np.asarray(a) for a in runnable.general(*sample.inputs)]
        lines = unequal(results, general, ROUNDING if compiler.COMPILE else 0.0)
        assert not lines, f"the program for all shapes: {lines}"
    return results


def raised(error: Any) -> None:
    if isinstance(error, Exception):
        raise error.with_traceback(None)


def gradients(sample: Sample, function: Any) -> list[np.ndarray | None]:
    """Of the sum of the outputs, by all floating inputs."""
    tensors = [EagerTensor(a) for a in sample.inputs]
    sources = [t for t in tensors if is_real(t._array)]
    with GradientTape() as tape:
        tape.watch(sources)
        outputs = function(*tensors)
    found = tape.gradient([o for o in outputs if is_real(o._array)], sources)
    return [None if g is None else convert(g)._array for g in found]


def outcome(run: Any) -> Any:
    try:
        return run()
    except Exception as error:
        return error


def contradictions(expected: Any, run: Any, rounding: float = 0.0) -> list[str]:
    """How what happens differs from what is expected: results, or an error."""
    got = outcome(run)
    if isinstance(expected, Exception):
        allowed = {type(expected)}
        if isinstance(expected, InvalidArgumentError):  # found while the graph is built
            allowed |= {ValueError, TypeError}
        if type(got) in allowed:
            return []
        return [f"expected {type(expected).__name__} ({expected}); received {got!r}"]
    if isinstance(got, Exception):
        return [f"raises {type(got).__name__}: {got}"]
    return unequal(expected, got, rounding)


def unequal(expected: list[Any], got: list[Any], rounding: float = 0.0) -> list[str]:
    """Which arrays differ, in any bit that counts; or by more than some units of rounding."""
    if len(expected) != len(got):
        return [f"expected {len(expected)} arrays; received {len(got)}"]
    lines = []
    for i, (e, g) in enumerate(zip(expected, got, strict=True)):
        if e is None or g is None:
            if e is not g:
                lines.append(f"array {i}: expected {_known(e)}; received {_known(g)}")
            continue
        e, g = np.asarray(e), np.asarray(g)
        if e.dtype != g.dtype or e.shape != g.shape:
            lines.append(f"array {i}: expected {e.dtype}{e.shape}; received {g.dtype}{g.shape}")
        elif e.dtype == object:
            if e.tolist() != g.tolist():
                lines.append(f"array {i}: expected {e.tolist()}; received {g.tolist()}")
        elif rounding and is_real(e):
            unit = rounding * float(np.finfo(np.abs(e).dtype).eps) if e.dtype.kind in "fc" else 0.1
            # Where terms of about 1 cancel exactly in one order, rounding is left over in another.
            largest = float(np.nanmax(np.abs(e), initial=1.0 if compiler.COMPILE else 0.0))
            if mismatches(e, g, unit, unit * largest).any():
                lines.append(f"array {i}: expected {e}; received {g}")
        elif mismatches(e, g, 0.0, 0.0, exact=True).any():
            lines.append(f"array {i}: expected {e}; received {g}")
    return lines


def _known(value: Any) -> str:
    return "None" if value is None else "an array"
