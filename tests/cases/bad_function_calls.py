"""Mistakes in calls of functions: variables, arguments, signatures, results, tapes."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.form import Case

CASES: list[Case] = []


def made(symbol: str) -> Any:
    """A program that must fail."""

    def add(run: Any) -> Any:
        CASES.append(Case(symbol, run, bad=True, id=run.__name__))
        return run

    return add


# Variables.


@made("function")
def variable_on_every_call(tf):
    @tf.function
    def f(x):
        v = tf.Variable(1.0)
        return v + x

    return f(tf.constant(1.0))


@made("function")
def variable_on_a_later_call(tf):
    made = {}

    @tf.function
    def f(key):
        if key not in made:
            made[key] = tf.Variable(1.0)
        return made[key] + 0.0

    f("a")
    return f("b")


@made("function")
def variable_in_a_branch(tf):
    @tf.function
    def f(x):
        return tf.cond(x > 0.0, lambda: tf.Variable(x) + 1.0, lambda: x)

    return f(tf.constant(1.0))


@made("function")
def variable_in_a_loop(tf):
    @tf.function
    def f(n):
        for _ in tf.range(n):
            tf.Variable(1.0).assign_add(1.0)
        return n

    return f(tf.constant(3))


@made("function")
def variable_without_a_value(tf):
    @tf.function
    def f():
        return tf.Variable()

    return f()


@made("function")
def dead_variable(tf):
    def make():
        v = tf.Variable(1.0)
        return tf.function(lambda x: v * x).get_concrete_function(tf.TensorSpec([], tf.float32))

    return make()(tf.constant("a"))


@made("Variable")
def wrong_assignment(tf):
    v = tf.Variable([1.0, 2.0])

    @tf.function
    def f(x):
        v.assign(x)

    return f(tf.zeros([3]))


@made("Variable")
def wrong_dtype_assignment(tf):
    v = tf.Variable([1.0, 2.0])

    @tf.function
    def f(x):
        v.assign(x)

    return f(tf.constant([1, 2]))


# Arguments and signatures.

for _args in (
    ({1, 2},),
    (bytearray(b"a"),),
    ({"a": {1}},),
    ([bytearray(b"a")],),
):

    def _unhashable(tf: Any, args: Any = _args) -> Any:
        return tf.function(lambda x: tf.constant(1))(*args)

    CASES.append(Case("function", _unhashable, bad=True))

_calls: list[Any] = [
    lambda f, tf: f(),
    lambda f, tf: f(tf.constant(1.0), tf.constant(1.0), tf.constant(1.0)),
    lambda f, tf: f(tf.constant(1.0), z=tf.constant(1.0)),
    lambda f, tf: f(tf.constant(1.0), x=tf.constant(1.0)),
    lambda f, tf: f(tf.constant(1.0), tf.constant(1)),
    lambda f, tf: f(tf.constant(1.0), tf.constant([1.0])),
    lambda f, tf: f(tf.constant(1.0), "a"),
    lambda f, tf: f(tf.constant(1.0), None),
    lambda f, tf: f(tf.constant(1.0), [1.0]),
    lambda f, tf: f([tf.constant(1.0)], tf.constant(1.0)),
    lambda f, tf: f(tf.constant(1.0), np.zeros([3])),
    lambda f, tf: f(tf.constant(1.0), tf.Variable(1)),
    lambda f, tf: f(tf.constant(1.0), object()),
    lambda f, tf: f(tf.constant(1.0), tf.sparse.eye(2)),
]
for _call in _calls:

    def _mismatch(tf: Any, call: Any = _call) -> Any:
        spec = tf.TensorSpec([], tf.float32)
        return call(tf.function(lambda x, y: x + y, input_signature=[spec, spec]), tf)

    def _concrete(tf: Any, call: Any = _call) -> Any:
        spec = tf.TensorSpec([], tf.float32)
        return call(tf.function(lambda x, y: x + y).get_concrete_function(spec, spec), tf)

    CASES.append(Case("function", _mismatch, bad=True))
    if _call is not _calls[5]:  # concrete functions take tensors of other shapes
        CASES.append(Case("function", _concrete, bad=True))

for _run in (
    lambda tf: tf.function(lambda x: x)(),
    lambda tf: tf.function(lambda x: x)(1, 2),
    lambda tf: tf.function(lambda x: x)(y=1),
    lambda tf: tf.function(lambda x: x)(1, x=1),
    lambda tf: tf.function(lambda x, *, k: x)(1),
    lambda tf: tf.function(3),
    lambda tf: tf.function("f"),
    lambda tf: tf.function(lambda x: x, input_signature=3),
    lambda tf: tf.function(lambda x: x, input_signature=[3]),
    lambda tf: tf.function(lambda x: x, input_signature=[tf.constant(1)]),
    lambda tf: tf.function(lambda x: x, input_signature=tf.TensorSpec([])),
    lambda tf: tf.function(lambda x: x, input_signature=[tf.TensorSpec([])] * 2),
    lambda tf: tf.function(lambda x, y: x, input_signature=[tf.TensorSpec([])])(1.0, 2.0),
    lambda tf: tf.function(lambda x, y: x, input_signature=[tf.TensorSpec([])])(1.0),
    lambda tf: tf.function(lambda **k: 1, input_signature=[tf.TensorSpec([])])(tf.constant(1.0)),
    lambda tf: tf.function(lambda x: x, unknown=True),
    lambda tf: tf.function(lambda x: x).get_concrete_function(),
    lambda tf: tf.function(lambda x: x).get_concrete_function(1, 2),
    lambda tf: tf.function(lambda x: x, input_signature=[tf.TensorSpec([2])]).get_concrete_function(
        tf.TensorSpec([3])
    ),
    lambda tf: tf.function(lambda: object())(),
    lambda tf: tf.function(lambda: {1, 2})(),
    lambda tf: tf.function(lambda: tf.function)(),
    lambda tf: tf.function(lambda x: lambda: x)(1),
    lambda tf: tf.function(lambda x: x)(tf.TensorSpec([], tf.float32)),
    lambda tf: tf.function(lambda x: x + tf.constant(1.0))(tf.constant(1)),
    lambda tf: tf.function(lambda x: x @ x)(tf.zeros([2, 3])),
    lambda tf: tf.function(lambda x: tf.reshape(x, [5]))(tf.zeros([2, 3])),
    lambda tf: tf.function(lambda x: tf.concat([x, tf.zeros([1])], 0))(tf.zeros([2, 3])),
    lambda tf: tf.function(lambda x: tf.ensure_shape(x, [2]))(tf.zeros([3])),
    lambda tf: tf.function(lambda x: tf.gather(x, 7))(tf.zeros([3])),
    lambda tf: tf.function(lambda x: x // 0)(tf.constant(3)),
    lambda tf: tf.function(lambda x: tf.debugging.assert_equal(x, 1))(tf.constant(3)),
    lambda tf: tf.function(lambda x: tf.gradients(x, [x]), autograph=False)(tf.constant("a")),
    lambda tf: tf.gradients(tf.constant(1.0), tf.constant(1.0)),
    lambda tf: tf.function(lambda x: 1 / 0)(tf.constant(3)),
    lambda tf: tf.function(lambda x: x, input_signature=[tf.TensorSpec([None], tf.int32)])([1.5]),
    lambda tf: tf.autograph.to_graph(3),
    lambda tf: tf.config.run_functions_eagerly(),
    lambda tf: tf.init_scope(1),
):
    CASES.append(Case("function", _run, bad=True))


# Tapes.


@made("GradientTape")
def gradient_of_a_leak(tf):
    leaked = []

    @tf.function
    def f(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            leaked.extend([tape, x * x, x])
        return x

    f(tf.constant(1.0))
    tape, y, x = leaked
    return tape.gradient(y, x) + 1.0


@made("GradientTape")
def used_tape_in_a_function(tf):
    @tf.function
    def f(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * x
        tape.gradient(y, x)
        return tape.gradient(y, x)

    return f(tf.constant(1.0))
