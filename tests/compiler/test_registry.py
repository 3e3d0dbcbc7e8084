"""Every primitive gives compiled what it gives interpreted, for all of its samples and widths.

Integers, truth values, what is moved and what is computed with basic arithmetic agree in all bits;
functions within their bounds, sums in units of their largest element. What could be native, but
runs on the host, stands in `on_host.toml`.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.comparison import mismatches
from harness.registry import primitives, samples_of, text_of
from tapeflow.engine.compiler import compile as compiler
from tapeflow.engine.core.dtypes import FROM_NUMPY
from tapeflow.engine.ir.primitive import HOST, PURE, Primitive, Structural
from tapeflow.engine.ir.samples import Sample

pytest.importorskip("llvmlite")
from harness.compiled import OneOp, left_to_host
from harness.emitted import TARGETS
from tapeflow.engine.backends.llvm.execution import calling
from tapeflow.engine.backends.llvm.vector_math.bounds import BOUNDS

pytestmark = pytest.mark.filterwarnings("ignore")

ON_HOST: dict[str, list[str]] = tomllib.loads(
    Path(__file__).with_name("on_host.toml").read_text(encoding="utf-8")
)
"""Why a primitive runs on the host -> which ones do."""

SUMS = 8
"""So many units of their largest element may sums differ by, which are added up in another order,
and what is made of sums."""

NARROW = 8
"""So many units may floats of 16 bits differ by: NumPy's kernels round after each step."""

EITHER_ZERO = {"Max", "Min", "Relu6"}
"""Where zeros of both signs meet, NumPy's choice depends on the dtype and on how many there are."""


@pytest.fixture(autouse=True)
def strict(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(compiler, "VERIFY", True)
    monkeypatch.setattr(calling, "POISON", True)  # an unwritten read is seen


@functools.cache
def graphs(prim: Primitive) -> list[tuple[Sample, Any]]:
    """All samples as graphs; of some kinds also with fewer arguments and more constants."""
    found = []
    for sample in samples_of(prim.name):
        known = [set(prim.value_inputs)]
        if prim.elementwise or prim.name in ON_HOST["some values must be constants"]:
            known.append(set(range(1, len(sample.inputs))))
        for some in known if len(sample.inputs) > 1 else known[:1]:
            made = outcome(lambda: OneOp(prim, sample, some))
            if not isinstance(made, Exception):  # of shapes: no graph is made, let alone compiled
                found.append((sample, made))
    return found


@pytest.mark.parametrize("prim", primitives(), ids=lambda p: p.name)
def test_compiled_is_interpreted(prim: Primitive):
    wrong = []
    for sample, graph in graphs(prim):
        expected = outcome(graph.interpreted)
        for width, target in TARGETS.items():
            got = outcome(lambda: graph.compiled(graph.compile(target)))
            lines = list(differences(prim, sample, expected, got))
            if lines:
                wrong.append("\n    ".join([f"{width}: {text_of(sample)}", *lines]))
    if wrong:
        pytest.fail("\n".join(wrong[:6]), pytrace=False)


def differences(prim: Primitive, sample: Sample, expected: Any, got: Any) -> Iterator[str]:
    """What differs in results, or in errors."""
    if isinstance(expected, Exception) or isinstance(got, Exception):
        if type(got) is not type(expected) or str(got) != str(expected):
            yield f"expected {expected!r}; received {got!r}"
        return
    for i, (e, g) in enumerate(zip(expected, got, strict=True)):
        if (e.dtype, e.shape) != (g.dtype, g.shape):
            yield f"output {i}: expected {e.dtype}{e.shape}; received {g.dtype}{g.shape}"
        elif e.dtype == object:
            if e.tolist() != g.tolist():
                yield f"output {i}: expected {e.tolist()}; received {g.tolist()}"
        elif differs(prim, sample, e, g):
            yield f"output {i}: expected {e}; received {g}"


def differs(prim: Primitive, sample: Sample, expected: np.ndarray, got: np.ndarray) -> bool:
    dtype = FROM_NUMPY[expected.dtype]
    exact = not dtype.is_floating
    if exact:
        return not np.array_equal(expected, got, equal_nan=dtype.is_complex)
    units = NARROW if dtype.size == 2 else ulps(prim, sample)
    zero_signs = prim.name not in EITHER_ZERO and (prim.elementwise or not units)
    with np.errstate(all="ignore"):
        finite = np.abs(np.where(np.isfinite(expected), expected, 0))
    unit = np.spacing(finite)
    if units and not prim.elementwise:
        unit = np.spacing(finite.max(initial=0))
    absolute = units * unit.astype(np.float64)
    return bool(mismatches(expected, got, 0.0, absolute, zero_signs=zero_signs).any())


MOVED = {"Movement", "Indexed", "Host"}
CHOSEN = {"maximum", "minimum", "and", "or", "argmax", "argmin", "top_k", "in_top_k"}


def ulps(prim: Primitive, sample: Sample) -> float:
    """By how many units results may differ."""
    lower = prim.lower
    if isinstance(lower, Structural):
        if lower.kind in MOVED and not lower.detail.get("how", "").endswith("add"):
            return 0
        return 0 if lower.detail.get("combine") in CHOSEN else SUMS
    used = functions_of(prim, sample)
    if not used:
        return 0
    # NumPy's functions have about the same bounds; both are rounded once more by what follows.
    return 2 * sum(max(BOUNDS[name]) for name in used) + 1


class _Functions:
    """A builder that notes which functions are asked for; values are dtypes."""

    def __init__(self) -> None:
        self.used: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        def method(*args: Any) -> Any:
            if name in BOUNDS:
                self.used.add(name)
            return args[0]

        return method

    def is_integer(self, x: Any) -> bool:
        return x.is_integer

    def is_complex(self, x: Any) -> bool:
        return x.is_complex

    def bits(self, x: Any) -> int:
        return 8 * x.size

    def const(self, value: Any, like: Any) -> Any:
        return like

    def cast(self, x: Any, dtype: Any) -> Any:
        return dtype

    def select(self, condition: Any, x: Any, y: Any) -> Any:
        return x


def functions_of(prim: Primitive, sample: Sample) -> set[str]:
    """The functions that are not exact in what an elementwise primitive computes."""
    noted = _Functions()
    prim.lower(noted, *[FROM_NUMPY[a.dtype] for a in sample.inputs], **sample.attrs)
    return noted.used


def outcome(run: Any) -> Any:
    try:
        return run()
    except Exception as error:
        return error


def test_what_runs_on_the_host():
    """What is left to the host though its declaration allows for code, and why."""
    found: dict[str, list[str]] = {reason: [] for reason in ON_HOST}
    reason_of = {name: reason for reason, names in ON_HOST.items() for name in names}
    for prim in primitives():
        if prim.lower is HOST or prim.effect is not PURE:
            continue  # says so itself
        left = [left_to_host(graph.compile(TARGETS["host"])) for _, graph in graphs(prim)]
        reasons = set().union(*left) - {"dtype"}  # strings, complex numbers and the like
        if not all(left):
            reasons.discard("empty")  # nothing to do
        if reasons:
            reason = reason_of.get(prim.name, f"not listed ({', '.join(sorted(reasons))})")
            found.setdefault(reason, []).append(prim.name)
    assert found == {reason: sorted(names) for reason, names in ON_HOST.items()}
