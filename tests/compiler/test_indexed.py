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
from harness.emitted import AARCH64, TARGETS
from tapeflow.engine.backends.llvm import jit
from tapeflow.engine.backends.llvm.indexed.rows import scatter_rows
from tapeflow.engine.backends.llvm.indexed.scans import scan
from tapeflow.engine.compiler.native import program
from tapeflow.engine.core import dtypes


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


@pytest.fixture(params=["host", "32 bytes", "16 bytes"])
def widths(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Generates code for vectors of so many bytes."""
    monkeypatch.setattr(program, "host_target", lambda: TARGETS[request.param])


def rows(count: int, columns: int, dtype: Any) -> Any:
    """Whole numbers, so that sums are exact in any order."""
    drawn = np.random.default_rng(count + columns).integers(-9, 9, (count, columns))
    return tf.constant(drawn.astype(dtype))


DTYPES = [np.float32, np.float64, np.int32, np.int64]
KINDS = [f"scatter_{how}" for how in ("add", "sub", "mul", "div", "max", "min", "update")]
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
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("columns", [1, 19])
def test_sparse_updates(kind, dtype, ids, columns):
    def make() -> list[Any]:
        found = []
        for index in (np.int32, np.int64):
            table = tf.Variable(rows(5, columns, dtype))
            step = updating(table, kind)
            held = table.read_value()
            at = tf.constant(np.array(IDS[ids], index))
            new = rows(len(IDS[ids]), columns, dtype)
            if kind == "scatter_div":
                new = tf.where(new == 0, tf.constant(4, new.dtype), new)
            for _ in range(3):
                found.append(outcome(step, at, new))
            found += [table.numpy(), held.numpy()]
        return found

    require_same(make)


def test_a_division_by_zero_is_an_error():
    def make() -> list[Any]:
        table = tf.Variable(rows(5, 3, np.float32))
        step = updating(table, "scatter_div")
        at = tf.constant([4, 1])
        found = [outcome(step, at, tf.constant([[1.0, 2.0, n], [3.0, 4.0, 5.0]])) for n in (8, 0)]
        return [*found, table.numpy()]

    require_same(make)


PLACES = {
    "elements": [[0, 1], [2, 2], [0, 1]],
    "rows": [[2], [0], [2]],
    "wrong column": [[0, 1], [2, 4]],
    "wrong row": [[-1], [3]],
}


@pytest.mark.parametrize("at", PLACES)
@pytest.mark.parametrize("kind", ["add", "sub", "max", "min", "update"])
def test_updates_of_elements(kind, at):
    def make() -> list[Any]:
        table = tf.Variable(rows(3, 4, np.float32))
        held = table.read_value()

        @tf.function
        def step(at, new):
            before = tf.gather_nd(table, at)
            getattr(table, f"scatter_nd_{kind}")(at, new)
            return before

        places = np.array(PLACES[at])
        shape = (len(places),) if places.shape[1] == 2 else (len(places), 4)
        new = tf.constant(np.arange(-2.0, np.prod(shape) - 2).reshape(shape).astype(np.float32))
        found = [outcome(step, tf.constant(places.astype(i)), new) for i in (np.int32, np.int64)]
        return [*found, table.numpy(), held.numpy()]

    require_same(make)


def odd(*shape: int) -> Any:
    """Numbers, some of them special."""
    drawn = np.random.default_rng(0).choice(
        np.array([np.nan, np.inf, -np.inf, -0.0, 0.0, 1.5, -2.0, -3.0], np.float32), shape
    )
    drawn.reshape(-1)[:2] = np.finfo(np.float32).min, np.nan
    return tf.constant(drawn)


@pytest.mark.usefixtures("widths")
@pytest.mark.parametrize("kind", ["scatter_max", "scatter_min", "scatter_mul", "scatter_add"])
def test_updates_with_special_numbers(kind):
    def make() -> list[Any]:
        table = tf.Variable(odd(7, 21))
        step = updating(table, kind)
        at = tf.constant([3, 0, 6, 3, 1, 3])
        return [outcome(step, at, odd(6, 21)), table.numpy()]

    require_same(make)


SPECIAL = {
    "argmax": lambda x: [tf.argmax(x, 0), tf.argmax(x, 1)],
    "argmin": lambda x: [tf.argmin(x, 0), tf.argmin(x, 1, tf.int32)],
    "segments": lambda x: [
        fold(x, tf.constant([0, 2, 0, 0, -1, 2, 2, 0, 3, 0, 3]), 5)
        for fold in (tf.math.unsorted_segment_max, tf.math.unsorted_segment_min)
    ],
    "scatters": lambda x: [
        fold(x, [[0], [5], [0], [5]], x[3:7])
        for fold in (tf.tensor_scatter_nd_max, tf.tensor_scatter_nd_min)
    ],
}


@pytest.mark.usefixtures("widths")
@pytest.mark.parametrize("case", SPECIAL)
@pytest.mark.parametrize("columns", [1, 3, 16, 37])
def test_special_numbers(case, columns):
    def make() -> list[Any]:
        return [np.array(y) for y in tf.function(SPECIAL[case])(odd(11, columns))]

    require_same(make)


WRONG = {
    "batched": lambda x, i: tf.gather(x, i, batch_dims=1),
    "along the end": lambda x, i: tf.gather(x, i, axis=1),
    "elements": lambda x, i: tf.gather_nd(x, i),
    "elements or zero": lambda x, i: tf.gather_nd(x, i, bad_indices_policy="IGNORE"),
    "scatter": lambda x, i: tf.scatter_nd(i, x[:, 0], [4, 3]),
    "scatter what fits": lambda x, i: tf.scatter_nd(
        i, x[:, 0], [4, 3], bad_indices_policy="IGNORE"
    ),
    "add": lambda x, i: tf.tensor_scatter_nd_add(x, i, x[:, 0]),
    "segment": lambda x, i: tf.math.unsorted_segment_prod(x[:, :2], i, 3),
    "count": lambda x, i: tf.math.bincount(i, minlength=2, maxlength=2),
    "narrow": lambda x, i: tf.gather(x, tf.cast(i, tf.int16)),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_indices_are_errors(case):
    tried = ([[0, 1], [2, 1], [3, 2], [1, 0]], [[0, 1], [-1, 0], [0, 0], [0, 2]], [[0, 9]] * 4)

    def make() -> list[Any]:
        function = tf.function(WRONG[case])
        return [outcome(function, rows(4, 3, np.float32), tf.constant(i)) for i in tried]

    require_same(make)


GENERATED = {
    "gather": lambda x, i: tf.gather(x, i, batch_dims=1),
    "gradient": lambda x, i: tf.gradients(tf.gather(x, i, axis=1) ** 2, x)[0],
    "top": lambda x, i: tf.gradients(tf.gather_nd(x, i) ** 2, x)[0],
    "mean": lambda x, i: tf.math.unsorted_segment_mean(x, i[:, 0], 4),
    "rolled": lambda x, i: tf.roll(tf.tile(x, [2, 3]), [1, -2], [0, 1]) * 2.0,
    "accuracy": lambda x, i: tf.reduce_mean(tf.cast(tf.argmax(x, 1) == i[:, 0], tf.float32)),
}


@pytest.mark.parametrize("case", GENERATED)
def test_nothing_is_left_to_the_host(case):
    x, i = rows(4, 3, np.float32), tf.constant([[0, 1], [2, 1], [3, 2], [1, 0]], tf.int64)
    if case in ("gather", "gradient"):
        i = i % 3
    function = tf.function(GENERATED[case])
    assert program_of(function, x, i).whole is not None
    require_same(lambda: [np.array(tf.function(GENERATED[case])(x, i))])


@pytest.mark.parametrize("lines", [1, 3, 9, 4000])
def test_rows_are_combined_in_their_order_by_any_threads(lines):
    at = np.random.default_rng(0).integers(0, lines, 20_000)
    new = np.random.default_rng(1).normal(size=(20_000, 67)).astype(np.float32)
    expected = np.zeros((lines, 67), np.float32)
    np.add.at(expected, at, new)
    add = tf.function(lambda x, i: tf.math.unsorted_segment_sum(x, i, lines))
    try:
        for count in (1, 2):
            tf.config.threading.set_intra_op_parallelism_threads(count)
            np.testing.assert_array_equal(add(tf.constant(new), tf.constant(at)), expected)
    finally:
        tf.config.threading.set_intra_op_parallelism_threads(0)


@pytest.mark.usefixtures("widths")
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


@pytest.mark.usefixtures("widths")
@pytest.mark.parametrize("shape", [(1,), (97,), (3, 20_001), (5, 1, 3), (2, 7, 15), (2, 3, 131)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int8, np.uint64, np.float16])
def test_scans(shape, dtype):
    x = tf.constant(np.random.default_rng(1).integers(0, 3, shape).astype(dtype))

    def scans(x: Any) -> list[Any]:
        found = []
        for axis in range(len(shape)):
            for exclusive, reverse in ((False, False), (True, False), (False, True), (True, True)):
                found.append(tf.cumsum(x, axis, exclusive, reverse))
                found.append(tf.math.cumprod(x, axis, exclusive, reverse))
        return found

    assert program_of(tf.function(scans), x).whole is not None
    require_same(lambda: [np.array(y) for y in tf.function(scans)(x)])


def test_sums_of_special_numbers():
    x = tf.constant([-0.0, 0.0, np.inf, 1.0, -np.inf, 1.0])
    for part in (x, x[:1], x[2:]):
        got, expected = tf.function(tf.cumsum)(part), tf.cumsum(part)
        np.testing.assert_array_equal(got, expected)
        np.testing.assert_array_equal(np.signbit(got), np.signbit(expected))


def test_batch_dims_count_from_the_end():
    x = tf.constant(np.arange(24.0, dtype=np.float32).reshape(2, 3, 4))
    at = tf.constant([[0, 2], [1, 1]])

    def slope(batch_dims: int, axis: int) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.gather(x, at, axis=axis, batch_dims=batch_dims) ** 2
        return tape.gradient(y, x)

    for axis in (1, 2):
        np.testing.assert_array_equal(slope(-1, axis), slope(1, axis))
        require_same(lambda a=axis: [np.array(tf.function(slope)(-1, a))])


@pytest.mark.parametrize("dtype", [dtypes.float32, dtypes.float64, dtypes.int8])
def test_code_for_another_processor(dtype):
    for combine in ("add", "max"):
        kernel = scatter_rows(AARCH64, 999, 9999, 77, dtype, dtypes.int32, combine)
        assert jit.object_code(kernel.text, AARCH64)
    for inner in (1, 77):
        kernel = scan(AARCH64, (3, 5, inner), dtype, "multiply", True, True)
        assert jit.object_code(kernel.text, AARCH64)
