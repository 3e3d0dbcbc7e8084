"""The passes over graphs, the verifier, and the code that the executor writes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tapeflow as tf
from tapeflow.engine.compiler.compile import extract, optimize
from tapeflow.engine.ir.graph import Graph
from tapeflow.engine.ir.verifier import MalformedGraphError, verify


def graph_of(function: Any, *specs: Any) -> Graph:
    """The traced graph of a function, as passes get it."""
    concrete = tf.function(function, autograph=False).get_concrete_function(*specs)
    runnable = concrete._runnable
    return extract(runnable.graph, runnable._all_inputs, runnable.outputs)


def types(graph: Graph) -> list[str]:
    return [node.prim.name for node in graph.nodes if node.prim.name != "Const"]


VECTOR = tf.TensorSpec([3], tf.float32)


def test_dead_nodes_are_dropped_and_effects_stay() -> None:
    v = tf.Variable(0.0)

    def f(x: Any) -> Any:
        tf.exp(x)
        v.assign_add(1.0)
        tf.random.normal([3])
        return tf.sin(x)

    assert types(optimize(graph_of(f, VECTOR))) == ["AssignAddVariableOp", "Sin"]


def test_equal_nodes_are_merged_and_random_ones_are_not() -> None:
    def f(x: Any) -> Any:
        same = tf.sin(x) + tf.sin(x)
        return same + tf.random.normal([3]) + tf.random.normal([3])

    found = types(optimize(graph_of(f, VECTOR)))
    assert found.count("Sin") == 1
    assert found.count("RandomStandardNormal") == 2


def test_attributes_that_only_seem_equal_keep_nodes_apart() -> None:
    def f(x: Any) -> Any:
        return tf.stack([tf.nn.leaky_relu(x, 0.0), tf.nn.leaky_relu(x, -0.0)])

    zeros = optimize(graph_of(f, VECTOR))
    assert types(zeros).count("LeakyRelu") == 2
    sums = tf.function(f, autograph=False)(tf.constant([-1.0, 2.0, 3.0]))
    assert [bool(np.signbit(v)) for v in sums.numpy()[:, 0]] == [True, False]


def test_reads_are_merged_only_between_writes() -> None:
    v = tf.Variable([1.0, 2.0, 3.0])

    def f(x: Any) -> Any:
        a = v + v
        v.assign(x)
        return a + v * v

    assert types(optimize(graph_of(f, VECTOR))).count("ReadVariableOp") == 2


def test_constants_are_folded_and_shapes_known() -> None:
    def f(x: Any) -> Any:
        rows = tf.shape(x)[0]
        return tf.reshape(x, [rows, 1]) * (tf.constant(2.0) + tf.constant(3.0))

    assert types(optimize(graph_of(f, VECTOR))) == ["Reshape", "Mul"]


def test_shapes_of_a_call_specialise_the_graph() -> None:
    from tapeflow.engine.core import dtypes
    from tapeflow.engine.ir.spec import Spec

    def f(x: Any) -> Any:
        return tf.reshape(x, [tf.shape(x)[0] * 2, -1]) + 0.0

    graph = graph_of(f, tf.TensorSpec([None, 4], tf.float32))
    assert "Shape" in types(optimize(graph))
    special = optimize(graph, [Spec(dtypes.float32, (3, 4))])
    assert types(special) == ["Reshape", "AddV2"]
    assert special.outputs[0].spec.shape == (6, 2)


def test_operations_that_change_nothing_are_left_out() -> None:
    def f(x: Any) -> Any:
        y = tf.identity(tf.reshape(x, [3])) * 1.0
        return tf.stop_gradient(tf.cast(y, tf.float32)) - 1.0

    assert types(optimize(graph_of(f, VECTOR))) == ["Sub"]


def test_the_verifier_finds_what_is_wrong() -> None:
    graph = optimize(graph_of(lambda x: tf.sin(tf.exp(x)), VECTOR))
    verify(graph)
    graph.nodes.reverse()
    with pytest.raises(MalformedGraphError, match="not made before it"):
        verify(graph)


def test_the_verifier_looks_into_bodies() -> None:
    def f(x: Any) -> Any:
        return tf.cond(x[0] > 0.0, lambda: tf.sin(tf.exp(x)), lambda: x)

    graph = graph_of(f, VECTOR)
    node = next(n for n in graph.nodes if n.prim.name == "If")
    node.attrs["branches"][0].graph.nodes.reverse()
    with pytest.raises(MalformedGraphError):
        verify(graph)


def test_arguments_and_captures_are_never_written_into() -> None:
    kept = tf.constant(np.arange(300.0, dtype=np.float32))

    @tf.function
    def f(x: Any) -> Any:
        y = x + kept
        z = y * 2.0
        return y, tf.exp(z * 0.001), x * 3.0

    x = tf.constant(np.ones(300, np.float32))
    first = [r.numpy() for r in f(x)]
    np.testing.assert_array_equal(x, np.ones(300))
    np.testing.assert_array_equal(kept, np.arange(300.0))
    for a, b in zip(first, f(x), strict=True):
        np.testing.assert_array_equal(a, b)


def test_views_keep_their_array_from_being_written_into() -> None:
    @tf.function
    def f(x: Any) -> Any:
        y = x * 2.0
        part = tf.reshape(y, [2, 200])[0]  # a view of y
        z = y + 1.0
        return part, z

    part, z = f(tf.ones([400]))
    np.testing.assert_array_equal(part, np.full(200, 2.0))
    np.testing.assert_array_equal(z, np.full(400, 3.0))


def test_an_array_is_not_written_into_while_it_is_needed() -> None:
    @tf.function
    def f(x: Any) -> Any:
        y = x * 2.0
        z = y + 1.0
        return y * z, y - z

    product, difference = f(tf.ones([400]))
    np.testing.assert_array_equal(product, np.full(400, 6.0))
    np.testing.assert_array_equal(difference, np.full(400, -1.0))


def test_a_variable_read_before_an_update_keeps_its_value() -> None:
    v = tf.Variable(tf.zeros([256]))

    @tf.function
    def f() -> Any:
        before = tf.identity(v)
        v.assign_add(tf.ones([256]))
        middle = v.read_value()
        v.assign_add(tf.ones([256]))
        return before, middle, v.read_value()

    for start in (0.0, 2.0):
        for k, found in enumerate(f()):
            np.testing.assert_array_equal(found, np.full(256, start + k))


def test_errors_name_the_operation_and_the_users_line() -> None:
    @tf.function(autograph=False)
    def f(i: Any) -> Any:
        return tf.gather(tf.constant([1, 2, 3]), i)

    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        f(tf.constant([7]))
    assert "GatherV2" in str(caught.value)
    assert "test_passes.py:" in str(caught.value)
