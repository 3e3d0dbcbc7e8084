"""Random programs give compiled what they give interpreted, and what they give eagerly.

`TAPEFLOW_EXAMPLES=2000` draws that many for each dtype, others each time.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tapeflow as tf
from harness.comparison import mismatches
from harness.random_graphs import EFFECTS, HOST_EFFECTS, HOST_STEPS, STEPS, Program, Step
from tapeflow.engine.compiler import compile as compiler

pytest.importorskip("llvmlite")
from harness.emitted import TARGETS
from tapeflow.engine.backends.llvm.execution import calling
from tapeflow.engine.compiler.native import program as native

pytestmark = pytest.mark.filterwarnings("ignore")

MANY = "TAPEFLOW_EXAMPLES" in os.environ
EXAMPLES = int(os.environ.get("TAPEFLOW_EXAMPLES", "25"))

TOLERANCES = {"float32": 1e-3, "float64": 1e-10, "float16": 0.1, "bfloat16": 0.5}
"""Of a result's largest element, at least of 1: narrow floats are rounded where they are stored,
which is not at the same places. The others are exact."""

SHAPES = [
    (1,), (7,), (16,), (33,), (1, 1), (1, 17), (31, 1), (2, 3), (5, 8), (8, 16), (15, 7), (17, 33),
    (2, 3, 5), (1, 9, 4), (4, 1, 16), (3, 16, 17), (2, 2, 3, 5),
]  # fmt: skip
NUMBER = st.integers(0, 999)


def steps(*names: list[str]) -> Any:
    """Lists of steps of these names, with loops and branches of steps of the next names."""
    plain = st.sampled_from(names[0])
    simple = st.builds(Step, plain, st.integers(0, 3), NUMBER, NUMBER, st.just(()))
    if len(names) == 1:
        return st.lists(simple, min_size=1, max_size=3)
    flow = st.builds(
        Step, st.sampled_from(["loop", "branch"]), st.integers(0, 3), NUMBER, NUMBER,
        steps(*names[1:]).map(tuple),
    )  # fmt: skip
    return st.lists(st.one_of(*[simple] * 7, flow), min_size=1, max_size=9)


PURE = list(STEPS)
SOME = [*STEPS, *STEPS, *EFFECTS]
ALL = [*STEPS, *EFFECTS, *HOST_STEPS, *HOST_EFFECTS]
# The host runs control flow that uses variables inside of such that changes them.
PROGRAMS = st.one_of(steps(SOME, SOME, PURE), steps(SOME, PURE), steps(ALL, ALL, ALL))


def arguments(dtype: Any, shape: Any, special: bool) -> list[np.ndarray]:
    """Three variables and two arguments; with NaN and infinities where `special`."""
    rng = np.random.default_rng(len(shape))
    shapes = [(4, 5), (4, 5), (3, 17), shape, (*shape[:-1], 1) if shape[-1] % 2 else shape]
    made = []
    for s in shapes:
        if dtype.is_floating:
            array = rng.uniform(-1, 1, s)
            if special:
                array[rng.uniform(size=s) < 0.1] = rng.choice([np.nan, np.inf, -np.inf, -0.0])
        else:
            array = rng.integers(0 if "u" in dtype.name else -9, 9, s)
        made.append(array.astype(dtype.as_numpy_dtype))
    return made


def run(program: Any, arrays: list[np.ndarray], gradients: bool, way: str) -> list[np.ndarray]:
    """Results of three calls and the variables after them, and what had been read between them.

    All are looked at after the last call: none of it may have changed.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiler, "COMPILE", way in TARGETS)
        if way in TARGETS:
            patch.setattr(native, "host_target", lambda: TARGETS[way])
        variables = [tf.Variable(a) for a in arrays[:3]]
        step = Program(program, variables, gradients)
        call = step if way == "eager" else tf.function(step, autograph=False)
        x, y = map(tf.constant, arrays[3:])
        found = []
        for turn, given_ in enumerate([(x, y), (x + x, y), (x, y)]):
            found += [v.read_value() for v in variables]
            found += call(*given_, tf.constant(turn))
        return [np.asarray(f.numpy()) for f in [*found, *variables, x, y]]


def require_same(expected: list[np.ndarray], got: list[np.ndarray]) -> None:
    assert len(got) == len(expected)
    for i, (e, g) in enumerate(zip(expected, got)):
        assert (g.dtype, g.shape) == (e.dtype, e.shape), f"result {i}"
        unit = TOLERANCES.get(e.dtype.name, 0.0)
        with np.errstate(all="ignore"):
            known = np.abs(np.where(np.isfinite(e), e, 0)).astype(np.float64)
        largest = float(known.max(initial=1.0))
        wrong = mismatches(e, g, unit, unit * largest)
        assert not wrong.any(), f"result {i}: expected {e}; received {g}"


@pytest.mark.parametrize(
    "dtype", ["float32", "float64", "float16", "bfloat16", "int32", "int64", "int8", "uint8"]
)
def test_compiled_is_interpreted_is_eager(dtype, monkeypatch):
    monkeypatch.setattr(calling, "POISON", True)
    monkeypatch.setattr(compiler, "VERIFY", True)

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=not MANY, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(
        PROGRAMS, st.sampled_from(SHAPES), st.booleans(), st.booleans(),
        st.sampled_from(sorted(TARGETS)),
    )  # fmt: skip
    def check(program, shape, special, gradients, target):
        # Where nothing is connected, control flow in graphs may give zeros, and 0 * NaN.
        gradients = gradients and not special
        arrays = arguments(getattr(tf, dtype), shape, special)
        interpreted = run(program, arrays, gradients, "interpreted")
        require_same(run(program, arrays, gradients, "eager"), interpreted)
        require_same(interpreted, run(program, arrays, gradients, target))

    check()
