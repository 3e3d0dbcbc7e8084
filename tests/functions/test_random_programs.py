"""Random programs give the same results, effects and gradients eagerly and as graphs.

A program works on two vectors and two variables; its statements are expressions, assignments,
branches and loops, nested. It is written with `tf.cond` and `tf.while_loop`, which are Python's own
control flow in eager mode.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import tapeflow as tf

Env = dict[str, Any]
Statement = Callable[[Env], Env]

UNARY = [
    tf.tanh,
    tf.sin,
    tf.sigmoid,
    lambda x: x[::-1],
    lambda x: x - tf.reduce_mean(x),
    lambda x: tf.gather(x, [2, 0, 0]),
    lambda x: tf.nn.softmax(x),
    lambda x: tf.reshape(tf.matmul(tf.reshape(x, [3, 1]), tf.reshape(x, [1, 3])), [9])[:3],
    lambda x: tf.concat([x[1:], x[:1]], 0),
    lambda x: tf.where(x > 0.1, x, 0.5 * x),
]
BINARY = [
    lambda x, y: x + y,
    lambda x, y: x - 0.5 * y,
    lambda x, y: tf.tanh(x) * y,
    lambda x, y: x / (2.0 + y * y),
    lambda x, y: tf.maximum(x, y) * 0.7,
]
NAMES = st.sampled_from(["x", "y"])
VARIABLES = st.sampled_from(["v", "w"])


def evaluate(part: Any, env: Env) -> Any:
    """The value of an expression."""
    kind = part[0]
    if kind == "name":
        return env[part[1]]
    if kind == "variable":
        return env["variables"][part[1]] * 1.0
    if kind == "constant":
        return tf.constant(part[1])
    if kind == "unary":
        return UNARY[part[1]](evaluate(part[2], env))
    return BINARY[part[1]](evaluate(part[2], env), evaluate(part[3], env))


CONSTANTS = st.lists(st.sampled_from([-1.5, -0.3, 0.2, 1.1]), min_size=3, max_size=3)
LEAVES = st.one_of(
    st.tuples(st.just("name"), NAMES),
    st.tuples(st.just("variable"), VARIABLES),
    st.tuples(st.just("constant"), CONSTANTS),
)
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(st.just("unary"), st.integers(0, len(UNARY) - 1), inner),
        st.tuples(st.just("binary"), st.integers(0, len(BINARY) - 1), inner, inner),
    ),
    max_leaves=4,
)


def run(statements: Any, env: Env) -> Env:
    """The environment after the statements."""
    for statement in statements:
        env = execute(statement, env)
    return env


def execute(statement: Any, env: Env) -> Env:
    """The environment after one statement."""
    kind = statement[0]
    if kind == "let":
        return {**env, statement[1]: evaluate(statement[2], env)}
    if kind == "assign":
        env["variables"][statement[1]].assign(tf.clip_by_value(evaluate(statement[2], env), -3, 3))
        return env
    if kind == "add":
        env["variables"][statement[1]].assign_add(0.1 * tf.tanh(evaluate(statement[2], env)))
        return env

    def branch(body: Any) -> Callable[[], Any]:
        def taken() -> Any:
            after = run(body, dict(env))
            return after["x"], after["y"]

        return taken

    if kind == "if":
        # Not 0: there sums tie that are added up in another order (of x - mean(x), say).
        test = tf.reduce_sum(evaluate(statement[1], env)) > 0.0123
        x, y = tf.cond(test, branch(statement[2]), branch(statement[3]))
        return {**env, "x": x, "y": y}

    def body(i: Any, x: Any, y: Any) -> Any:
        after = run(statement[2], {**env, "x": x, "y": y})
        return i + 1, 0.9 * after["x"], 0.9 * after["y"]

    _, x, y = tf.while_loop(
        lambda i, x, y: i < statement[1], body, (tf.constant(0), env["x"], env["y"])
    )
    return {**env, "x": x, "y": y}


def blocks(depth: int) -> Any:
    """Lists of statements, nested up to `depth`."""
    simple = [
        st.tuples(st.just("let"), NAMES, EXPRESSIONS),
        st.tuples(st.just("assign"), VARIABLES, EXPRESSIONS),
        st.tuples(st.just("add"), VARIABLES, EXPRESSIONS),
    ]
    if depth:
        inner = blocks(depth - 1)
        simple += [
            st.tuples(st.just("if"), EXPRESSIONS, inner, inner),
            st.tuples(st.just("loop"), st.integers(0, 3), inner),
        ]
    return st.lists(st.one_of(simple), min_size=1, max_size=3)


def variables() -> dict[str, Any]:
    return {"v": tf.Variable([0.4, -0.2, 0.9]), "w": tf.Variable([-0.7, 0.1, 0.3])}


def dense(grads: list[Any]) -> list[Any]:
    """Gradients as tensors: that of a gather alone is an IndexedSlices."""
    return [None if g is None else tf.convert_to_tensor(g) for g in grads]


def outcome(statements: Any, wrap: Callable[[Any], Any], second: bool) -> list[Any]:
    """Results, variables and gradients (also of the gradient's square, if `second`)."""
    held = variables()

    def program(x: Any, y: Any) -> Any:
        env = run(statements, {"x": x, "y": y, "variables": held})
        return env["x"], env["y"]

    function = wrap(program)
    x, y = tf.constant([0.5, -1.0, 0.25]), tf.constant([1.5, 0.3, -0.6])
    sources = [x, y, held["v"], held["w"]]
    with tf.GradientTape() as outer:
        outer.watch([x, y])
        with tf.GradientTape() as tape:
            tape.watch([x, y])
            results = function(x, y)
        grads = dense(tape.gradient(results, sources))
        total = tf.add_n([tf.reduce_sum(g * g) for g in grads if g is not None] or [tf.zeros([])])
    seconds = dense(outer.gradient(total, sources)) if second else []
    found = [*results, held["v"].numpy(), held["w"].numpy(), *grads, *seconds]
    return [None if f is None else np.asarray(f) for f in found]


def agree(a: list[Any], b: list[Any]) -> None:
    for p, q in zip(a, b, strict=True):
        # Control flow in a graph may give zeros where eager mode knows that nothing is connected.
        p = np.zeros(3) if p is None else p
        q = np.zeros(3) if q is None else q
        np.testing.assert_allclose(p, q, rtol=2e-4, atol=2e-5)


@given(blocks(2))
@settings(max_examples=60, deadline=None)
def test_a_function_does_what_the_program_does(statements: Any) -> None:
    eager = outcome(statements, lambda f: f, second=False)
    traced = outcome(statements, lambda f: tf.function(f, autograph=False), second=False)
    agree(eager, traced)


@given(blocks(1))
@settings(max_examples=40, deadline=None)
def test_gradients_of_gradients_agree(statements: Any) -> None:
    eager = outcome(statements, lambda f: f, second=True)
    traced = outcome(statements, lambda f: tf.function(f, autograph=False), second=True)
    agree(eager, traced)


@given(blocks(2))
@settings(max_examples=40, deadline=None)
def test_tapes_inside_of_the_function_agree_with_tapes_outside(statements: Any) -> None:
    def inside() -> list[Any]:
        held = variables()

        @tf.function(autograph=False)
        def step(x: Any, y: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch([x, y])
                env = run(statements, {"x": x, "y": y, "variables": held})
            results = [env["x"], env["y"]]
            return results, dense(tape.gradient(results, [x, y, held["v"], held["w"]]))

        x, y = tf.constant([0.5, -1.0, 0.25]), tf.constant([1.5, 0.3, -0.6])
        results, grads = step(x, y)
        found = [*results, held["v"], held["w"], *grads]
        return [None if f is None else np.asarray(f) for f in found]

    agree(outcome(statements, lambda f: f, second=False), inside())


@given(blocks(1), st.integers(0, 4))
@settings(max_examples=30, deadline=None)
def test_unknown_shapes_change_nothing(statements: Any, rows: int) -> None:
    """One trace for all lengths: rows of vectors, each of which the program works on."""

    def program(table: Any) -> Any:
        def of_row(row: Any) -> Any:
            held = {"v": tf.constant([0.1, 0.2, -0.3]), "w": tf.constant([0.5, 0.5, 0.5])}
            env = {"x": row, "y": 0.5 * row, "variables": held}
            return run(_without_assignments(statements), env)["x"]

        return tf.map_fn(of_row, table, fn_output_signature=tf.TensorSpec([3], tf.float32))

    table = tf.constant(np.linspace(-1, 1, 3 * rows).reshape(rows, 3).astype(np.float32))
    traced = tf.function(
        program, autograph=False, input_signature=[tf.TensorSpec([None, 3], tf.float32)]
    )
    np.testing.assert_allclose(traced(table), program(table), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(traced(table[:1]), program(table[:1]), rtol=1e-5, atol=1e-6)


def _without_assignments(statements: Any) -> list[Any]:
    kept = []
    for s in statements:
        if s[0] == "if":
            kept.append((*s[:2], _without_assignments(s[2]), _without_assignments(s[3])))
        elif s[0] == "loop":
            kept.append((*s[:2], _without_assignments(s[2])))
        elif s[0] == "let":
            kept.append(s)
    return kept
