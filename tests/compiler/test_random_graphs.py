"""Random programs give compiled what they give interpreted: chains, folds, views, updates in place.

`TAPEFLOW_EXAMPLES=2000` draws more of them.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tapeflow as tf
from tapeflow.engine.compiler import compile as compiler

pytest.importorskip("llvmlite")
from tapeflow.engine.backends.llvm.execution import calling

EXAMPLES = int(os.environ.get("TAPEFLOW_EXAMPLES", "60"))

# Each takes a matrix [m, n], gives one of the same shape.
UNARY = [
    tf.tanh,
    tf.exp,
    tf.nn.softmax,
    lambda x: x - tf.reduce_mean(x, -1, keepdims=True),
    lambda x: x - tf.reduce_mean(x, 0),
    lambda x: x / (1.0 + tf.reduce_max(tf.abs(x))),
    lambda x: tf.transpose(tf.transpose(x) * 2.0),
    lambda x: tf.reverse(x, [1]),
    lambda x: tf.reshape(tf.reshape(x, [-1]) + 1.0, x.shape),
    lambda x: tf.concat([x[1:], x[:1] * 0.5], 0),
    lambda x: tf.pad(x, [[1, 0], [0, 1]])[1:, : x.shape[1]],
    lambda x: tf.stack(tf.unstack(x, axis=1), 1) + x,
    lambda x: tf.matmul(x, x, transpose_b=True) @ x * 0.1,
    lambda x: tf.nn.relu(x @ tf.ones([x.shape[1], x.shape[1]], x.dtype) * 0.1 + 0.2),
    lambda x: tf.where(x > 0.1, x, tf.square(x)),
    lambda x: tf.gather(x, [0] * x.shape[0]) + x,
    lambda x: tf.linalg.band_part(x, 1, 0) + x,
    lambda x: tf.cast(tf.cast(x * 3.0, tf.int32), x.dtype) * 0.1,
    lambda x: tf.cumsum(x, 0) * 0.1,  # the host's, between regions
]
BINARY = [tf.add, tf.subtract, tf.multiply, tf.maximum, lambda x, y: x * tf.reduce_sum(y, 0)]
SIZES = st.sampled_from([1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 33])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("unary"), st.integers(0, len(UNARY) - 1), st.integers(0, 3)),
        st.tuples(
            st.just("binary"), st.integers(0, len(BINARY) - 1), st.integers(0, 3), st.integers(0, 3)
        ),
        st.tuples(st.sampled_from(["assign", "add", "read", "both"]), st.integers(0, 3)),
    ),
    min_size=1,
    max_size=8,
)


def run(program: Any, values: list[np.ndarray], compiled: bool, traced: bool = True) -> list[Any]:
    """Results of two calls, and the variables after them."""
    before, compiler.COMPILE = compiler.COMPILE, compiled
    try:
        v, w = (tf.Variable(a) for a in values[:2])
        held = [v.read_value()]

        def step(x: Any, y: Any) -> Any:
            made = [x, y]
            for kind, *rest in program:
                if kind == "unary":
                    made.append(UNARY[rest[0]](made[rest[1] % len(made)]))
                elif kind == "binary":
                    a, b = (made[i % len(made)] for i in rest[1:])
                    made.append(BINARY[rest[0]](a, b))
                else:
                    value = tf.clip_by_value(made[rest[0] % len(made)], -2.0, 2.0)
                    if kind == "assign":
                        v.assign(value)
                    elif kind == "add":
                        w.assign_add(0.1 * value)
                    elif kind == "both":
                        old = v.read_value()
                        v.assign(w)
                        w.assign(old + value)
                    made.append(v + w if kind == "read" else v * 0.5)
            return made[-1], made[len(made) // 2]

        call = tf.function(step) if traced else step
        x, y = map(tf.constant, values[2:])
        found = [*call(x, y), *call(y, x), v, w, *held]
        return [np.asarray(f.numpy()) for f in found]
    finally:
        compiler.COMPILE = before


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_compiled_is_interpreted(dtype, monkeypatch):
    monkeypatch.setattr(calling, "POISON", True)
    monkeypatch.setattr(compiler, "VERIFY", True)
    tolerance = 2e-4 if dtype is np.float32 else 1e-10  # chains of up to 8 steps, squared at times

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True)
    @given(STEPS, SIZES, SIZES)
    def check(program, m, n):
        rng = np.random.default_rng(m * 100 + n)
        values = [rng.uniform(-1, 1, (m, n)).astype(dtype) for _ in range(4)]
        with np.errstate(all="ignore"):
            expected = run(program, values, compiled=False)
        for e, g in zip(expected, run(program, values, compiled=True), strict=True):
            largest = float(np.nanmax(np.abs(np.where(np.isfinite(e), e, 0)), initial=1.0))
            np.testing.assert_allclose(g, e, rtol=tolerance, atol=tolerance * largest)

    check()
