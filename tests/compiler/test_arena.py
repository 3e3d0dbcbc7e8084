"""Memory of compiled functions: what shares it, and that it is never more than interpreted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tapeflow as tf
from benchmarks.training import problems, with_tensorflow
from tapeflow.engine.compiler import compile as compiler

pytest.importorskip("llvmlite")
from tapeflow.engine.backends.llvm.execution import calling
from tapeflow.engine.compiler.native.buffers import ALIGNMENT, MANY, Arena, Buffer
from tapeflow.engine.compiler.native.held import held_by_interpreter

SMALL_ENOUGH = sorted(problems.WORKLOADS.keys() - {"elementwise_big", "embedding_sparse"})
"""Workloads whose variables are no gigabyte."""


@pytest.fixture(autouse=True)
def poisoned(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(calling, "POISON", True)  # an unwritten read is seen


def compiled(function: Any, *args: Any) -> tuple[Any, Any]:
    """Results, and the program that gave them: one native call."""
    concrete = tf.function(function).get_concrete_function(*args)
    results = concrete(*args)
    program = concrete._runnable._program
    assert program.whole is not None
    return results, program


def interpreted(monkeypatch: pytest.MonkeyPatch, function: Any, *args: Any) -> Any:
    monkeypatch.setattr(compiler, "COMPILE", False)
    results = tf.function(function)(*args)
    monkeypatch.setattr(compiler, "COMPILE", True)
    return results


def random(*shape: int) -> Any:
    return tf.constant(np.random.default_rng(len(shape)).uniform(-1, 1, shape))


def arena_bytes(program: Any) -> int:
    return sum(region.plan.arena_bytes for region in program.regions)


# Places.


@pytest.mark.parametrize("count", [0, 1, 7, 300, MANY + 1])
def test_buffers_that_live_at_the_same_time_do_not_meet(count):
    rng = np.random.default_rng(count)
    arena = Arena()
    kept = [Buffer(8, -1, 1 << 40)] if not count else [arena.reserve(8)]
    for first in range(count):
        last = first + int(rng.integers(0, 30))
        kept.append(arena.place(int(rng.integers(0, 5000)), first, last))
    arena.slots = {i: (b, 0) for i, b in enumerate(kept if count else [])}
    size, offsets = arena.settled()
    spans = [(offsets[i], offsets[i] + kept[i].size, kept[i]) for i in offsets]
    for i, (begin, end, a) in enumerate(spans):
        assert begin % ALIGNMENT == 0
        assert end <= size
        for other, stop, b in spans[:i]:
            assert end <= other or stop <= begin or a.last < b.first or b.last < a.first
    needed = max(
        [sum(b.size for b in kept if b.first <= t <= b.last) for t in range(count)], default=0
    )
    assert needed <= size <= 1.2 * needed


def test_an_adopted_arena_lies_in_one_piece():
    inner, outer = Arena(), Arena()
    inner.slots = {5: (inner.place(100, 0, 1), 0), 6: (inner.place(50, 1, 2), 8)}
    outer.slots = {1: (outer.place(500, 0, 9), 0)}
    outer.adopt(inner, 3, 3)
    size, offsets = outer.settled()
    assert size == 512 + 192
    assert sorted(offsets) == [1, 5, 6]
    assert {offsets[5], offsets[6] - 8} == {512, 512 + 128}


# What shares memory.


def test_elementwise_results_take_the_place_of_what_ends_there(monkeypatch):
    def program(x, w):
        for _ in range(6):
            x = tf.tanh(x @ w)
            x = x * tf.reduce_max(x)
        return x

    args = random(64, 128), random(128, 128)
    result, plan = compiled(program, *args)
    np.testing.assert_allclose(result, interpreted(monkeypatch, program, *args), rtol=1e-9)
    # The product reads all of x: two arrays at a time, and the maximum.
    assert arena_bytes(plan) <= 2 * 64 * 128 * 8 + 1024


def test_a_result_is_not_made_where_other_elements_are_still_read(monkeypatch):
    def program(x):
        y = tf.exp(x)
        z = tf.transpose(y @ y) + tf.reverse(y, [0])
        return tf.reverse(z, [1]) @ z

    x = random(40, 40)
    result, _ = compiled(program, x)
    np.testing.assert_allclose(result, interpreted(monkeypatch, program, x), rtol=1e-9)


def test_a_part_of_what_a_loop_carries(monkeypatch):
    def program(x, total):
        for _ in tf.range(5):
            x = tf.tanh(x @ x) * 1.5
            part = x[32:64]  # lies in x, whose memory changes from trip to trip
            total = total + tf.matmul(part, part, transpose_b=True) * 0.1
        return x, total

    args = random(64, 64), tf.zeros([32, 32], tf.float64)
    for got, expected in zip(
        compiled(program, *args)[0], interpreted(monkeypatch, program, *args), strict=True
    ):
        np.testing.assert_allclose(got, expected, rtol=1e-9)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_part_of_what_a_branch_gives(monkeypatch, sign):
    def program(x, sign):
        if sign > 0:
            y = tf.tanh(x @ x)
            total = tf.matmul(y[32:64], y[32:64], transpose_b=True)
            total = tf.sin(total) @ total
        else:
            y, total = x, tf.zeros([32, 32], tf.float64)
        return y, total + tf.reduce_sum(x)

    args = random(64, 64), tf.constant(sign, tf.float64)
    for got, expected in zip(
        compiled(program, *args)[0], interpreted(monkeypatch, program, *args), strict=True
    ):
        np.testing.assert_allclose(got, expected, rtol=1e-9)


def test_branches_share_memory():
    def program(x, sign):
        return tf.exp(x @ x) @ x if sign > 0 else tf.sin(x @ x) @ x

    _, plan = compiled(program, random(64, 64), tf.constant(1.0, tf.float64))
    assert arena_bytes(plan) < 2 * 64 * 64 * 8


def test_a_loop_works_in_the_memory_of_what_it_starts_with(monkeypatch):
    def program(x, y):
        x, y = x + 1.0, y * 2.0
        before = x
        for _ in tf.range(7):
            before, x, y = x, tf.tanh(x) * 0.5, y + tf.reverse(x, [0])
        return before * 2.0, x * 2.0, y * 2.0

    args = random(300, 50), random(300, 50)
    results, plan = compiled(program, *args)
    for got, expected in zip(results, interpreted(monkeypatch, program, *args), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-9)
    # Two places start with the same array, so it is copied; so is what is carried over unchanged.
    assert arena_bytes(plan) <= 6 * 300 * 50 * 8 + 1024


def test_a_variable_is_assigned_what_a_loop_carried_before(monkeypatch):
    v = tf.Variable(tf.zeros([64], tf.float64))

    def program(x):
        for _ in tf.range(3):
            v.assign(x)
            x = x * 2.0
        return x

    x = random(64)
    result, _ = compiled(program, x)
    np.testing.assert_array_equal(result, x * 8.0)
    np.testing.assert_array_equal(v, x * 4.0)


# Sums of products.


def test_products_add_to_a_sum_one_after_the_other(monkeypatch):
    def program(xs, w):
        total = xs[0] @ w
        for i in range(1, 20):
            total += tf.tanh(xs[i]) @ w
        return total * 2.0

    args = random(20, 48, 64), random(64, 96)
    result, plan = compiled(program, *args)
    expected = interpreted(monkeypatch, program, *args)
    np.testing.assert_allclose(result, expected, rtol=1e-9)
    assert arena_bytes(plan) <= held_by_interpreter(plan.graph)


def test_a_sum_of_products_that_is_used_twice(monkeypatch):
    def program(x, w):
        first = x @ w + tf.sin(x) @ w
        total = first + tf.cos(x) @ w
        return total + tf.exp(x) @ w, first

    args = random(48, 64), random(64, 96)
    for got, expected in zip(
        compiled(program, *args)[0], interpreted(monkeypatch, program, *args), strict=True
    ):
        np.testing.assert_allclose(got, expected, rtol=1e-9)


# Never more than interpreted.


@pytest.mark.parametrize("name", SMALL_ENOUGH)
def test_training_steps_need_no_more_than_interpreted(name):
    problem = problems.WORKLOADS[name]()
    variables = {key: tf.Variable(w) for key, w in problem.weights.items()}
    step = with_tensorflow.train_step(tf, name, problem, variables)
    _, program = compiled(step, *map(tf.constant, problem.inputs))
    assert arena_bytes(program) <= program.held()
