"""What moves elements as arguments say, and loops that the host runs around native code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tapeflow as tf
from tapeflow.engine.compiler import compile as compiler

pytest.importorskip("llvmlite")
from tapeflow.engine.backends.llvm.execution import calling

X = np.arange(60, dtype=np.float32).reshape(3, 4, 5)
SLICES: dict[str, Any] = {
    "x[i]": lambda x, i, j: x[i],
    "x[:, i]": lambda x, i, j: x[:, i],
    "x[..., i]": lambda x, i, j: tf.transpose(x)[i],
    "x[i, j]": lambda x, i, j: x[i, j],
    "x[:, i, j]": lambda x, i, j: x[:, i, j],
    "x[i, 1, j]": lambda x, i, j: x[i, 1, j],
    "slice": lambda x, i, j: tf.slice(x, [i, 0, j], [1, 4, 2]),
}


@pytest.fixture(autouse=True)
def poisoned(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(calling, "POISON", True)


def ways(monkeypatch: pytest.MonkeyPatch, function: Any, *args: Any) -> tuple[Any, Any, Any]:
    """What a function gives compiled, its program, and what it gives interpreted."""
    concrete = tf.function(function).get_concrete_function(*args)
    got = concrete(*args)
    monkeypatch.setattr(compiler, "COMPILE", False)
    expected = tf.function(function)(*args)
    monkeypatch.setattr(compiler, "COMPILE", True)
    return got, concrete._runnable._program, expected


@pytest.mark.parametrize("dtype", [tf.int32, tf.int64])
@pytest.mark.parametrize("i", [0, 2, -1])
@pytest.mark.parametrize("name", SLICES)
def test_slices_are_native(monkeypatch, name, i, dtype):
    if name == "slice":
        i = max(i, 0)
    taken = SLICES[name]
    args = tf.constant(X), tf.constant(i, dtype), tf.constant(1, dtype)
    got, program, expected = ways(monkeypatch, taken, *args)
    assert program.whole is not None
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("i", [0, 2, -1])
@pytest.mark.parametrize("name", sorted(SLICES.keys() - {"slice"}))
def test_their_gradients_are_native(monkeypatch, name, i):
    def gradient(x, i, j):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = SLICES[name](x, i, j)
            total = tf.reduce_sum(y * y)
        return tape.gradient(total, x)

    got, program, expected = ways(
        monkeypatch, gradient, tf.constant(X), tf.constant(i), tf.constant(1)
    )
    assert program.whole is not None
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("i", [7, -8])
@pytest.mark.parametrize("name", SLICES)
def test_what_is_out_of_bounds_raises(name, i):
    taken = tf.function(SLICES[name])
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"out of bounds|begin\[0\]"):
        taken(tf.constant(X), tf.constant(i), tf.constant(1))


def test_other_slices_stay_on_the_host(monkeypatch):
    def taken(x, i):
        return x[i, 1:3]

    got, program, expected = ways(monkeypatch, taken, tf.constant(X), tf.constant(1))
    assert program.whole is None
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("dtype", [tf.float32, tf.int32, tf.float64, tf.int64, tf.uint32])
def test_bits_are_native(monkeypatch, dtype):
    def program(x):
        other = {4: tf.int32, 8: tf.int64}[dtype.size]
        bits = tf.bitcast(x + x, other)
        return bits + 1, tf.bitcast(bits[::2] ^ 3, dtype)

    x = tf.cast(tf.constant([0.0, -1.5, 2.25, 1e6, 3.0, 7.0]), dtype)
    got, plan, expected = ways(monkeypatch, program, x)
    assert plan.whole is not None
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_repeats_are_native(monkeypatch, axis):
    got, plan, expected = ways(monkeypatch, lambda x: tf.repeat(x, 3, axis) + 1.0, tf.constant(X))
    assert plan.whole is not None
    np.testing.assert_array_equal(got, expected)


# Loops that the host runs.


def calls_of(program: Any) -> list[int]:
    """How often each region was called, from now on."""
    counts = [0] * len(program.regions)
    for place, region in enumerate(program.regions):
        step = region.step

        def counted(*args: Any, place: int = place, step: Any = step) -> Any:
            counts[place] += 1
            return step(*args)

        region.step = counted
    return counts


def line() -> tuple[Any, Any, Any]:
    """Weights, and steps on batches that descend their gradient."""
    w, b = tf.Variable(tf.zeros([8, 1])), tf.Variable(0.0)

    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(x @ w + b - y))
        for v, g in zip((w, b), tape.gradient(loss, [w, b]), strict=True):
            v.assign_sub(0.1 * g)
        return loss

    return w, b, step


def batches() -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (4, 32, 8)).astype(np.float32)
    return tf.constant(x), tf.constant(x.sum(-1, keepdims=True))


def trained(compiled: bool, monkeypatch: pytest.MonkeyPatch, kind: str) -> Any:
    monkeypatch.setattr(compiler, "COMPILE", compiled)
    w, b, step = line()
    best, count = tf.Variable(1e9), tf.Variable(0)
    seen: list[float] = []

    def nested(x, y):
        loss = 0.0
        for _ in tf.range(10):
            for i in tf.range(4):
                loss = step(x[i], y[i])
            count.assign_add(1)
        return loss

    def keeping_the_best(x, y):
        loss = 0.0
        for i in tf.range(20):
            loss = step(x[i % 4], y[i % 4])
            if loss < best:
                best.assign(loss)
                count.assign_add(1)
        return loss

    def telling(x, y):
        loss = 0.0
        for i in tf.range(20):
            loss = step(x[i % 4], y[i % 4])
            if i % 5 == 0:
                tf.py_function(lambda v: seen.append(float(v)), [loss], [])
        return loss

    function = {"nested": nested, "best": keeping_the_best, "telling": telling}[kind]
    args = batches()
    concrete = tf.function(function).get_concrete_function(*args)
    counts = None
    if compiled:
        counts = calls_of(concrete._runnable.program_for([a._array for a in args]))
    loss = concrete(*args)
    return [loss, w, b, best, count], seen, counts


@pytest.mark.parametrize("kind", ["nested", "best", "telling"])
def test_bodies_of_loops_on_the_host_are_native(monkeypatch, kind):
    expected, said, _ = trained(False, monkeypatch, kind)
    got, told, counts = trained(True, monkeypatch, kind)
    assert counts
    assert max(counts) == {"nested": 10, "best": 20, "telling": 20}[kind]
    for a, b in zip([*got, told], [*expected, said], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)


@pytest.mark.parametrize("most", [3, 7, 100])
def test_a_recurrent_loop_of_at_most_so_many_trips_is_native(monkeypatch, most):
    """As Keras's recurrent layers write it: a counter, and a limit of iterations besides."""
    w = tf.Variable(tf.eye(8) * 0.5)

    def run(x):
        steps = tf.TensorArray(tf.float32, 7).unstack(x)
        outputs = tf.TensorArray(tf.float32, 7, element_shape=(4, 8))

        def body(time, outputs, h):
            h = tf.tanh(steps.read(time) + h @ w)
            return time + 1, outputs.write(time, h), h

        with tf.GradientTape() as tape:
            _, outputs, h = tf.while_loop(
                lambda time, *_: time < 7,
                body,
                (0, outputs, tf.zeros([4, 8])),
                maximum_iterations=most,
            )
            loss = tf.reduce_sum(h) + tf.reduce_sum(outputs.stack() ** 2)
        return loss, tape.gradient(loss, w)

    x = tf.constant(np.random.default_rng(0).uniform(-1, 1, (7, 4, 8)).astype(np.float32))
    got, plan, expected = ways(monkeypatch, run, x)
    assert plan.whole is not None
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)
