"""What becomes of loops that run a known number of times."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tapeflow as tf
from tapeflow.engine.compiler import compile as compiler
from tapeflow.engine.ir.graph import Graph, Node

pytest.importorskip("llvmlite")
from tapeflow.engine.backends.llvm.execution.plan import Call


def graph_of(function: Any, *args: Any) -> Graph:
    """The graph that is compiled of a function; its results are compared with the interpreter's."""

    def results(compiled: bool) -> Any:
        compiler.COMPILE = compiled
        made = tf.function(function)
        concrete = made.get_concrete_function(*args)
        found = [np.asarray(r) for r in tf.nest.flatten(concrete(*args))]
        return found, concrete._runnable._program

    before = compiler.COMPILE
    try:
        expected, _ = results(False)
        found, program = results(True)
    finally:
        compiler.COMPILE = before
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-5)
    assert program.whole is not None
    graph: Graph = program.graph
    return graph


def names_of(function: Any, *args: Any) -> list[str]:
    """The kernels of a function and its jumps, in order."""
    concrete = tf.function(function).get_concrete_function(*args)
    concrete(*args)
    (region,) = concrete._runnable._program.regions
    found = region.plan.instructions
    return [i.kernel.name if isinstance(i, Call) else type(i).__name__ for i in found]


def loops_of(graph: Graph) -> list[Node]:
    return [node for node in graph.nodes if node.prim.name == "While"]


def inside(node: Node) -> list[str]:
    """The names of the operations in a loop's body."""
    return [n.prim.name for n in node.attrs["body"].graph.nodes if n.prim.name != "Const"]


def rows(count: int = 6, width: int = 5) -> Any:
    return tf.constant(np.random.default_rng(1).normal(size=(count, 3, width)).astype(np.float32))


def test_rows_are_read_and_written_where_they_are():
    def run(x):
        made = tf.TensorArray(tf.float32, 6, element_shape=[3, 5])
        for i in tf.range(6):
            made = made.write(i, x[i] * 2.0)
        return made.stack()

    (loop,) = loops_of(graph_of(run, rows()))
    assert inside(loop) == ["Mul"]
    assert loop.attrs["carries"] == 0  # the counter is gone, too
    assert loop.attrs["trips"] == 6


def test_rows_of_other_trips_are_gathered():
    def run(x):
        made = tf.TensorArray(tf.float32, 6, element_shape=[3, 5], clear_after_read=False)
        made = made.write(0, x[0])
        for i in tf.range(1, 6):
            made = made.write(i, made.read(i - 1) + x[i - 1])
        return made.stack()

    (loop,) = loops_of(graph_of(run, rows()))
    assert {"GatherV2", "RowSet"} <= set(inside(loop))
    assert "CheckedIndex" not in inside(loop)  # all indices are known


def test_rows_in_another_order_stay():
    def run(x):
        made = tf.TensorArray(tf.float32, 6, element_shape=[3, 5])
        for i in tf.range(6):
            made = made.write(5 - i, x[i])
        return made.stack()

    (loop,) = loops_of(graph_of(run, rows()))
    assert "RowSet" in inside(loop)
    assert "GatherV2" not in inside(loop)


def test_rows_that_the_loop_reads_again_stay():
    def run(x):
        made = tf.TensorArray(tf.float32, 6, element_shape=[3, 5], clear_after_read=False)
        total = tf.zeros([3, 5])
        for i in tf.range(6):
            made = made.write(i, x[i] + total)
            total += made.read(i)
        return made.stack(), total

    (loop,) = loops_of(graph_of(run, rows()))
    assert "RowSet" in inside(loop)


def test_an_index_of_unknown_trips_is_checked():
    def run(x, by):
        total = tf.zeros([3, 5])
        for i in tf.range(5):
            total += x[i + by]
        return total

    (loop,) = loops_of(graph_of(run, rows(), tf.constant(1)))
    assert "CheckedIndex" in inside(loop)
    with pytest.raises(tf.errors.InvalidArgumentError):
        tf.function(run)(rows(), tf.constant(2))


def test_an_index_that_is_known_to_be_outside_stays_an_error():
    def run(x):
        total = tf.zeros([3, 5])
        for i in tf.range(7):
            total += x[i]
        return total

    with pytest.raises(tf.errors.InvalidArgumentError):
        tf.function(run)(rows())


def weights(n: int = 5) -> Any:
    return tf.constant(np.random.default_rng(2).normal(size=(n, n)).astype(np.float32))


def backwards(graph: Graph) -> Node:
    (loop,) = [node for node in loops_of(graph) if node.attrs["backwards"]]
    return loop


def test_gradients_of_weights_are_one_product():
    def run(x, w):
        with tf.GradientTape() as tape:
            tape.watch([x, w])
            h = tf.zeros([3, 5])
            for i in tf.range(6):
                h = tf.tanh(x[i] + tf.matmul(h, w))
            loss = tf.reduce_sum(h * h)
        return tape.gradient(loss, [x, w])

    graph = graph_of(run, rows(), weights())
    assert inside(backwards(graph)).count("MatMul") == 1
    assert "RowAdd" not in inside(backwards(graph))  # the gradient of x is a history
    (product,) = [n for n in graph.nodes if n.prim.name == "MatMul"]
    assert product.inputs[0].spec.shape == (18, 5)


def test_a_sum_that_the_loop_reads_stays():
    def run(x, w):
        total = w
        for i in tf.range(6):
            total += tf.matmul(x[i], x[i] * 2.0, transpose_a=True) * 0.1
            total += tf.matmul(x[i], tf.matmul(x[i], total), transpose_a=True) * 0.01
        return total

    graph = graph_of(run, rows(), weights())
    assert not any(n.prim.name == "MatMul" for n in graph.nodes)


def test_a_sum_of_products_starts_from_what_was_there():
    def run(x, w):
        total = w
        for i in tf.range(6):
            total = total + tf.matmul(x[i], x[i] * 2.0, transpose_a=True)
        return total

    graph = graph_of(run, rows(), weights())
    (product,) = [n for n in graph.nodes if n.prim.name == "MatMul"]
    assert product.inputs[1].spec.shape == (18, 5)


def test_products_of_small_sums_and_long_factors_stay():
    def run(x, w):
        total = tf.zeros([2, 2])
        for i in tf.range(6):
            total += tf.matmul(x[i] * 2.0, x[i] + 1.0, transpose_a=True)
        return total

    x = tf.constant(np.random.default_rng(1).normal(size=(6, 30, 2)).astype(np.float32))
    graph = graph_of(run, x, weights())
    assert not any(n.prim.name == "MatMul" for n in graph.nodes)


def test_a_product_with_what_does_not_change_stays():
    def run(x, w):
        total = tf.zeros([5, 5])
        for i in tf.range(6):
            total += tf.matmul(w, tf.concat([x[i], x[i][:2]], 0), transpose_a=True)
        return total

    graph = graph_of(run, rows(), weights())
    assert not any(n.prim.name == "MatMul" for n in graph.nodes)


def test_loops_in_loops():
    def run(x):
        total = tf.zeros([3, 5])
        for i in tf.range(6):
            for j in tf.range(3):
                total += x[i] * tf.cast(j, tf.float32) + x[j]
        return total

    graph_of(run, rows())


def test_a_condition_may_do_more():
    v = tf.Variable(0)

    def cond(i):
        v.assign_add(1)
        return i < 3

    tf.function(lambda: tf.while_loop(cond, lambda i: i + 1, [tf.constant(0)]))()
    assert int(v) == 4


def test_a_loop_may_end_early():
    def run(x):
        total = tf.zeros([3, 5])
        for i in tf.range(6):
            if tf.reduce_sum(total) > 1.0:
                break
            total += x[i]
        return total

    graph_of(run, tf.abs(rows()))


def large(*shape: int) -> Any:
    drawn = np.random.default_rng(3).normal(size=shape, scale=shape[-1] ** -0.5)
    return tf.constant(drawn.astype(np.float32))


@pytest.mark.parametrize("transposed", [False, True])
def test_a_factor_that_stays_is_packed_before_the_loop(transposed):
    def run(h, w):
        for _ in tf.range(4):
            h = tf.tanh(tf.matmul(h, w, transpose_b=transposed))
        return h

    graph_of(run, large(32, 300), large(300, 300))
    names = names_of(run, large(32, 300), large(300, 300))
    packing = [i for i, name in enumerate(names) if name.startswith("panels_")]
    products = [i for i, name in enumerate(names) if name.startswith("matmul_")]
    assert len(packing) == len(products) == 1
    assert packing[0] < names.index("Zero") < products[0]  # the loop's counter starts in between


def test_a_factor_that_changes_is_not():
    def run(h, w):
        for _ in tf.range(4):
            h = tf.tanh(tf.matmul(h, w))
            w = w * 0.5
        return h

    graph_of(run, large(32, 300), large(300, 300))
    assert not [n for n in names_of(run, large(32, 300), large(300, 300)) if "panels" in n]


def test_a_factor_of_a_product_outside_of_loops_is_not():
    args = large(32, 300), large(300, 300)
    assert not [n for n in names_of(tf.matmul, *args) if "panels" in n]


def test_a_factor_is_packed_before_the_loop_that_it_stays_in():
    def run(h, w):
        for _ in tf.range(2):
            for _ in tf.range(3):
                h = tf.tanh(tf.matmul(h, w))
            w = w * 0.5
        return h

    graph_of(run, large(32, 300), large(300, 300))


def test_a_transposed_factor_is_packed_where_there_is_memory():
    def gradient(x, w):
        with tf.GradientTape() as tape:
            tape.watch(w)
            loss = tf.reduce_sum(tf.tanh(tf.matmul(x, w)))
        return tape.gradient(loss, w)

    args = large(1024, 64), large(64, 512)
    graph_of(gradient, *args)
    assert [n for n in names_of(gradient, *args) if n.startswith("tiles_")]
    # Here the interpreter needs none, so neither does native code.
    args = large(1024, 64), large(1024, 512)
    names = names_of(lambda x, y: tf.matmul(x, y, transpose_a=True), *args)
    assert not [n for n in names if n.startswith("tiles_")]


@pytest.mark.parametrize("shape", [None, []])
def test_a_list_that_a_gradient_takes_stays_one(shape):
    @tf.function
    def program(x):
        rows = tf.TensorArray(tf.float32, 3, element_shape=shape)
        start = 0, x, rows
        _, _, rows = tf.while_loop(
            lambda i, *_: i < 3, lambda i, y, r: (i + 1, y * x, r.write(i, y * y)), start
        )
        return tf.reduce_sum(rows.stack() * [1.0, 2.0, 3.0])

    x = tf.constant(1.5)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = program(x)
    slope = tape.gradient(y, x)
    np.testing.assert_allclose(y, 1.5**2 + 2 * 1.5**4 + 3 * 1.5**6, rtol=1e-6)
    np.testing.assert_allclose(slope, 2 * 1.5 + 8 * 1.5**3 + 18 * 1.5**5, rtol=1e-6)
