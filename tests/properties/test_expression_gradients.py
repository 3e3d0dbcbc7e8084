"""Gradients of random expressions equal central differences, forwards, backwards and twice."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import tapeflow as tf

ROWS, COLUMNS = 2, 3

UNARY = [
    ("tanh", lambda x: tf.tanh(x)),
    ("sigmoid", lambda x: tf.sigmoid(x)),
    ("sin", lambda x: tf.sin(x)),
    ("softplus", lambda x: tf.nn.softplus(x)),
    ("square of tanh", lambda x: tf.square(tf.tanh(x))),
    ("exp of sin", lambda x: tf.exp(tf.sin(x))),
    ("log of 2 + square", lambda x: tf.math.log(2.0 + x * x)),
    ("sqrt of 1 + square", lambda x: tf.sqrt(1.0 + x * x)),
    ("softmax", lambda x: tf.nn.softmax(x)),
    ("mean over rows", lambda x: x - tf.reduce_mean(x, axis=0, keepdims=True)),
    ("sum over columns", lambda x: x * tf.reduce_sum(x, axis=1, keepdims=True)),
    ("logsumexp", lambda x: x - tf.reduce_logsumexp(x, axis=1, keepdims=True)),
    ("there and back", lambda x: tf.reshape(tf.transpose(tf.transpose(x)), [ROWS, COLUMNS])),
    ("columns turned", lambda x: x[:, ::-1]),
    ("rows twice", lambda x: tf.concat([x[1:], x[1:]], 0)),
    ("gathered", lambda x: tf.gather(x, [1, 1])),
    ("gram", lambda x: tf.matmul(tf.matmul(x, x, transpose_b=True), x) / 4.0),
    ("cumulated", lambda x: tf.cumsum(x, axis=1)),
]
BINARY = [
    ("+", lambda x, y: x + y),
    ("-", lambda x, y: x - y),
    ("*", lambda x, y: tf.tanh(x) * y),
    ("/", lambda x, y: x / (2.0 + y * y)),
    ("atan2", lambda x, y: tf.atan2(x, 2.0 + y * y)),
    ("chosen", lambda x, y: tf.where([[True, False, True]], x, y)),
]


@st.composite
def expressions(draw: Any) -> tuple[Any, str]:
    """A function of two matrices, built step by step from any earlier results, and its text."""
    steps: list[tuple[str, Any, tuple[int, ...]]] = []
    for i in range(draw(st.integers(1, 6))):
        earlier = st.integers(0, i + 1)
        if draw(st.booleans()):
            name, function = draw(st.sampled_from(UNARY))
            steps.append((name, function, (draw(earlier),)))
        else:
            name, function = draw(st.sampled_from(BINARY))
            steps.append((name, function, (draw(earlier), draw(earlier))))

    def run(x: Any, y: Any) -> Any:
        values = [x, y]
        for _, function, arguments in steps:
            values.append(function(*[values[a] for a in arguments]))
        return tf.reduce_sum(tf.tanh(values[-1]) * WEIGHTS)

    return run, "; ".join(f"{name}{arguments}" for name, _, arguments in steps)


WEIGHTS = np.array([[1.0, -0.5, 2.0], [0.25, 1.5, -1.0]])
X = np.array([[0.3, -0.7, 1.1], [0.9, 0.2, -0.4]])
Y = np.array([[-0.6, 0.8, 0.1], [0.5, -1.2, 0.7]])
V = np.array([[0.5, -1.0, 0.3], [-0.2, 0.8, 1.0]])
STEP = 1e-5


def gradients(run: Any, x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    sources = [tf.constant(x), tf.constant(y)]
    with tf.GradientTape() as tape:
        tape.watch(sources)
        result = run(*sources)
    return [g.numpy() for g in tape.gradient(result, sources, unconnected_gradients="zero")]


@settings(max_examples=80)
@given(expressions())
def test_backward_equals_central_differences(made: Any):
    run, text = made
    for k, grad in enumerate(gradients(run, X, Y)):
        ahead, behind = (
            [X + s * STEP * V, Y] if k == 0 else [X, Y + s * STEP * V] for s in (1, -1)
        )
        numeric = (run(*map(tf.constant, ahead)) - run(*map(tf.constant, behind))) / (2 * STEP)
        np.testing.assert_allclose(np.sum(grad * V), numeric.numpy(), 1e-6, 1e-7, err_msg=text)


@settings(max_examples=40)
@given(expressions())
def test_second_order_equals_central_differences(made: Any):
    run, text = made
    x, y = tf.constant(X), tf.constant(Y)
    with tf.GradientTape() as outer:
        outer.watch([x, y])
        with tf.GradientTape() as inner:
            inner.watch([x, y])
            result = run(x, y)
        g = inner.gradient(result, [x, y], unconnected_gradients="zero")
        along = tf.reduce_sum(g[0] * V) + tf.reduce_sum(g[1] * V)
    second = outer.gradient(along, x, unconnected_gradients="zero").numpy()
    slopes = [sum(np.sum(g * V) for g in gradients(run, X + s * STEP * V, Y)) for s in (1, -1)]
    numeric = (slopes[0] - slopes[1]) / (2 * STEP)
    np.testing.assert_allclose(np.sum(second * V), numeric, 1e-5, 1e-6, err_msg=text)


@settings(max_examples=40)
@given(expressions())
def test_forward_equals_backward(made: Any):
    run, text = made
    x, y = tf.constant(X), tf.constant(Y)
    with tf.autodiff.ForwardAccumulator([x, y], [tf.constant(V), tf.constant(V)]) as forward:
        result = run(x, y)
    tangent = forward.jvp(result, unconnected_gradients="zero").numpy()
    backward = sum(np.sum(g * V) for g in gradients(run, X, Y))
    np.testing.assert_allclose(tangent, backward, 1e-9, 1e-10, err_msg=text)


@settings(max_examples=25)
@given(expressions())
def test_persistent_tapes_repeat_themselves(made: Any):
    run, _ = made
    x, y = tf.constant(X), tf.constant(Y)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, y])
        result = run(x, y)
    first, again = (tape.gradient(result, [x, y], unconnected_gradients="zero") for _ in range(2))
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
