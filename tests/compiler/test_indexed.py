"""Gathers, segment sums and sparse updates: compiled functions do what interpreted ones do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tapeflow as tf
from benchmarks.training import problems, with_tensorflow
from tapeflow.engine.compiler import compile as compiler

pytest.importorskip("llvmlite")


def outcome(function: Any, *args: Any) -> Any:
    """The result as an array, or the class and message of the error."""
    try:
        made = function(*args)
    except tf.errors.OpError as error:
        return type(error).__name__, error.message
    return None if made is None else np.array(made)


def require_same(make: Callable[[], list[Any]]) -> None:
    """What `make` gives is the same, interpreted and compiled."""
    before = compiler.COMPILE
    try:
        compiler.COMPILE = False
        expected = make()
        compiler.COMPILE = True
        got = make()
    finally:
        compiler.COMPILE = before
    for e, g in zip(expected, got, strict=True):
        if isinstance(e, tuple):
            assert g == e
        else:
            np.testing.assert_array_equal(g, e)


def program_of(function: Any, *args: Any) -> Any:
    """What a function runs for these arguments, after a call."""
    concrete = function.get_concrete_function(*args)
    concrete(*args)
    return concrete._runnable._program


def rows(count: int, columns: int, dtype: Any) -> Any:
    """Whole numbers, so that sums are exact in any order."""
    drawn = np.random.default_rng(count + columns).integers(-9, 9, (count, columns))
    return tf.constant(drawn.astype(dtype))


DTYPES = [np.float32, np.float64, np.int32, np.int64]
IDS = {
    "one": [2],
    "duplicates": [3, 0, 3, 3, 4, 0],
    "empty": [],
    "too large": [0, 5, 1],
    "negative": [0, 1, -1],
    "least": [np.iinfo(np.int32).min, 0],
}


def updating(table: Any, kind: str) -> Any:
    """A function that gathers rows of a variable, and changes them."""

    @tf.function
    def step(at: Any, new: Any) -> Any:
        taken = tf.gather(table, at)
        getattr(table, kind)(tf.IndexedSlices(new, at))
        return taken

    return step


@pytest.mark.parametrize("ids", IDS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", ["scatter_add", "scatter_sub", "scatter_update"])
@pytest.mark.parametrize("columns", [1, 19])
def test_sparse_updates(kind, dtype, ids, columns):
    def make() -> list[Any]:
        found = []
        for index in (np.int32, np.int64):
            table = tf.Variable(rows(5, columns, dtype))
            step = updating(table, kind)
            held = table.read_value()
            at = tf.constant(np.array(IDS[ids], index))
            for _ in range(3):
                found.append(outcome(step, at, rows(len(IDS[ids]), columns, dtype)))
            found += [table.numpy(), held.numpy()]
        return found

    require_same(make)


@pytest.mark.parametrize("ids", IDS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("columns", [1, 19, 2000])
def test_segment_sums(dtype, ids, columns):
    def make() -> list[Any]:
        add = tf.function(lambda x, at: tf.math.unsorted_segment_sum(x, at, 5))
        x = rows(len(IDS[ids]), columns, dtype)
        return [outcome(add, x, tf.constant(np.array(IDS[ids], i))) for i in (np.int32, np.int64)]

    require_same(make)


def test_a_wide_update_by_several_threads():
    def make() -> list[Any]:
        table = tf.Variable(tf.zeros([7, 50_000]))
        step = updating(table, "scatter_add")
        at = tf.constant([6, 1, 6, 0, 1, 6, 3, 3])
        return [outcome(step, at, rows(8, 50_000, np.float32)), table.numpy()]

    require_same(make)


def test_the_embedding_workload_is_one_region():
    problem = problems.SMALL["embedding_sparse"]()
    v = {key: tf.Variable(w) for key, w in problem.weights.items()}
    step = tf.function(with_tensorflow.train_step(tf, "embedding_sparse", problem, v))
    assert program_of(step, *map(tf.constant, problem.inputs)).whole is not None


def test_reads_around_an_update():
    def make() -> list[Any]:
        table = tf.Variable(rows(5, 3, np.float32))

        @tf.function
        def step(at):
            before = tf.reduce_sum(table, 1)
            table.scatter_add(tf.IndexedSlices(tf.ones([2, 3]), at))
            between = table.read_value() * 2.0
            table.scatter_update(tf.IndexedSlices(tf.zeros([2, 3]), at))
            return tf.concat([before, tf.reshape(between, [-1]), tf.reshape(table, [-1])], 0)

        results = [outcome(step, tf.constant(at)) for at in ([0, 0], [4, 1], [1, 5])]
        return [*results, table.numpy()]

    require_same(make)


# Where an index is wrong, what came before in the program has happened, once.


def _checked_by_what_was_written() -> tuple[Any, Any, list[Any]]:
    v = tf.Variable([0, 1, 2])

    def step():
        v.assign_add([1, 1, 1])
        return tf.gather(tf.constant([10.0, 20.0, 30.0]), v.read_value())

    return step, v, []


def _in_range_when_done_twice() -> tuple[Any, Any, list[Any]]:
    v = tf.Variable([0])

    def step():
        v.assign(5 - v)
        return tf.gather(tf.constant([10.0, 20.0, 30.0]), v.read_value())

    return step, v, []


def _in_a_loop() -> tuple[Any, Any, list[Any]]:
    v = tf.Variable(0.0)

    def step(n):
        total = 0.0
        for i in tf.range(n):
            v.assign_add(1.0)
            total += tf.gather(tf.constant([10.0, 20.0, 30.0]), i)
        return total

    return step, v, [tf.constant(5)]


def _rows_in_a_loop() -> tuple[Any, Any, list[Any]]:
    v = tf.Variable(tf.zeros([3]))

    def step(n):
        for i in tf.range(n):
            v.scatter_add(tf.IndexedSlices([1.0], [i]))

    return step, v, [tf.constant(5)]


def _places_out_of_the_updated_rows() -> tuple[Any, Any, list[Any]]:
    v = tf.Variable([2, 1, 1])

    def step():
        v.scatter_add(tf.IndexedSlices([2], [0]))
        v.scatter_add(tf.IndexedSlices([1, 1, 1], v.read_value()))

    return step, v, []


def _after_a_branch() -> tuple[Any, Any, list[Any]]:
    v = tf.Variable([0, 1])

    def step(x):
        if x > 0.0:
            v.assign_add([1, 1])
        else:
            v.assign_sub([1, 1])
        return tf.gather(tf.constant([10.0, 20.0]), v.read_value())

    return step, v, [tf.constant(1.0)]


def _in_a_branch() -> tuple[Any, Any, list[Any]]:
    v = tf.Variable([0, 1])

    def step(x):
        taken = 0.0
        if x > 0.0:
            v.assign_add([1, 1])
            taken = tf.reduce_sum(tf.gather(tf.constant([10.0, 20.0]), v.read_value()))
        return taken

    return step, v, [tf.constant(1.0)]


def _of_another_variable() -> tuple[Any, Any, list[Any]]:
    v, w = tf.Variable(tf.zeros([4])), tf.Variable(tf.zeros([4]))

    def step(at):
        v.assign_add(tf.ones([4]))
        w.scatter_add(tf.IndexedSlices(tf.gather(v, [0, 1]), at))

    return step, v, [tf.constant([1, 4])]


STOPPED = [
    _checked_by_what_was_written, _in_range_when_done_twice, _in_a_loop, _rows_in_a_loop,
    _places_out_of_the_updated_rows, _after_a_branch, _in_a_branch, _of_another_variable,
]  # fmt: skip


@pytest.mark.parametrize("case", STOPPED, ids=lambda case: case.__name__.strip("_"))
@pytest.mark.parametrize("is_held", [False, True])
def test_writes_before_an_error_are_made_once(case, is_held):
    def make() -> list[Any]:
        step, variable, args = case()
        held = variable.read_value() if is_held else tf.zeros([])
        before = held.numpy().copy()
        found = outcome(tf.function(step), *args)
        assert isinstance(found, tuple)
        np.testing.assert_array_equal(held.numpy(), before)
        return [found, variable.numpy()]

    require_same(make)
