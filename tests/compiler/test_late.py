"""Parts whose shapes are known only when they run are native from the second time on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tapeflow as tf
from tapeflow.engine.compiler import compile as compiler

pytest.importorskip("llvmlite")
from tapeflow.engine.backends.interpreter.program import Program
from tapeflow.engine.backends.llvm.execution import calling
from tapeflow.engine.compiler.native import late
from tapeflow.engine.compiler.native.program import NativeProgram


@pytest.fixture(autouse=True)
def poisoned(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(calling, "POISON", True)


def batches(size: int = 16) -> Any:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (40, 8)).astype(np.float32)
    return tf.data.Dataset.from_tensor_slices((x, x.sum(-1, keepdims=True))).batch(size)


def program_of(function: Any, *args: Any) -> Any:
    return function.get_concrete_function(*args)._runnable._program


def trained(compiled: bool, monkeypatch: pytest.MonkeyPatch, epochs: int) -> tuple[Any, Any]:
    monkeypatch.setattr(compiler, "COMPILE", compiled)
    w, b = tf.Variable(tf.zeros([8, 1])), tf.Variable(0.0)

    @tf.function
    def epoch(dataset):
        loss = 0.0
        for x, y in dataset:
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.square(x @ w + b - y))
            for v, g in zip((w, b), tape.gradient(loss, [w, b]), strict=True):
                v.assign_sub(0.1 * g)
        return loss

    dataset = batches()
    losses = [float(epoch(dataset)) for _ in range(epochs)]
    return [losses, w, b], program_of(epoch, dataset)


def test_steps_on_batches_of_a_dataset(monkeypatch):
    expected, _ = trained(False, monkeypatch, 4)
    got, program = trained(True, monkeypatch, 4)
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4)
    (part,) = program.late
    # Batches of 16 and of 8; both came more than once.
    assert len(part.programs) == 2
    assert all(p.whole is not None for p in part.programs.values())


def test_a_shape_that_comes_once_is_not_compiled(monkeypatch):
    _, program = trained(True, monkeypatch, 1)
    (part,) = program.late
    assert len(part.programs) == 1  # the last batch is smaller


def test_shapes_without_end_are_interpreted(monkeypatch):
    monkeypatch.setattr(late, "MOST_SHAPES", 2)

    @tf.function
    def program(n):
        x = tf.py_function(lambda k: np.arange(int(k), dtype=np.float32), [n], tf.float32)
        x = tf.ensure_shape(x, [None])
        return tf.reduce_sum(tf.exp(-x) * 2.0 + 1.0)

    for turn in range(3):
        for n in range(1, 6):
            expected = (np.exp(-np.arange(n)) * 2 + 1).sum()
            np.testing.assert_allclose(program(tf.constant(n)), expected, rtol=1e-5)
            assert len(program_of(program, tf.constant(n)).late[0].programs) <= 2 * bool(turn)


def test_what_depends_on_data_splits_parts(monkeypatch):
    """A mask has as many elements as there are true ones: only what follows knows how many."""

    def program(dataset):
        total = 0.0
        for x, _ in dataset:
            y = tf.tanh(x) * 2.0 + tf.reduce_mean(x)
            kept = tf.boolean_mask(y, y[:, 0] > 0.0)
            total += tf.reduce_sum(tf.exp(kept) + tf.square(kept) * tf.reduce_mean(y))
        return total

    monkeypatch.setattr(compiler, "COMPILE", False)
    expected = float(tf.function(program)(batches()))
    monkeypatch.setattr(compiler, "COMPILE", True)
    function = tf.function(program)
    for _ in range(4):
        np.testing.assert_allclose(function(batches()), expected, rtol=1e-5)
    programs = [p for part in program_of(function, batches()).late for p in part.programs.values()]
    assert programs
    assert any(isinstance(p, NativeProgram) and p.late for p in programs)


def test_shapes_made_of_shapes_are_in_the_part(monkeypatch):
    def program(dataset):
        total = 0.0
        for x, _ in dataset:
            rows = tf.shape(x)[0]
            noise = tf.random.stateless_uniform(tf.stack([rows, 8]), [1, 2])
            y = tf.where(noise > 0.5, x, tf.zeros(tf.shape(x)))
            total += tf.reduce_sum(tf.reshape(y, [rows * 8]) * tf.cast(rows, tf.float32))
        return total

    monkeypatch.setattr(compiler, "COMPILE", False)
    expected = float(tf.function(program)(batches()))
    monkeypatch.setattr(compiler, "COMPILE", True)
    function = tf.function(program)
    for _ in range(3):
        np.testing.assert_allclose(function(batches()), expected, rtol=1e-4)
    assert len(program_of(function, batches()).late) == 1


def test_recurrent_loops_over_batches(monkeypatch):
    def trained(compiled: bool) -> Any:
        monkeypatch.setattr(compiler, "COMPILE", compiled)
        w = tf.Variable(tf.eye(4) * 0.3)

        @tf.function
        def epoch(dataset):
            for x, _ in dataset:
                steps = tf.transpose(tf.reshape(x, [-1, 2, 4]), [1, 0, 2])
                with tf.GradientTape() as tape:
                    h = tf.zeros([tf.shape(x)[0], 4])
                    for t in tf.range(2):
                        h = tf.tanh(steps[t] + h @ w)
                    loss = tf.reduce_sum(h * h)
                w.assign_sub(0.01 * tape.gradient(loss, w))

        dataset = batches()
        for _ in range(3):
            epoch(dataset)
        return w, program_of(epoch, dataset)

    (expected, _), (got, program) = trained(False), trained(True)
    np.testing.assert_allclose(got, expected, rtol=1e-4)
    assert all(p.whole is not None for part in program.late for p in part.programs.values())


def test_an_error_is_raised_in_time(monkeypatch):
    @tf.function
    def program(dataset):
        total = 0.0
        for x, _ in dataset:
            y = tf.exp(x * 0.1) @ tf.zeros([tf.shape(x)[0] // 2, 3])  # fits batches of 16
            total += tf.reduce_sum(y)
        return total

    for _ in range(3):
        with pytest.raises(tf.errors.InvalidArgumentError, match="MatMul"):
            program(batches())


def test_explain_looks_inside():
    @tf.function
    def program(dataset):
        total = 0.0
        for x, _ in dataset:
            total += tf.reduce_sum(tf.exp(x) * 2.0 + tf.reduce_mean(x))
        return total

    first = program.explain(batches())
    assert "first of its shapes" in first
    assert "kernels: 0" in first.split("\ntotals\n")[1] or "loops" in first
    program(batches())
    text = program.explain(batches())
    assert "first of its shapes" not in text
    assert "Sum + AddV2 + Mul + Exp" in text or "Exp" in text
    assert "native regions: 2" in text
    assert isinstance(program_of(program, batches()).late[0]._interpreted, Program)
