"""Axes and sizes that are computed in the program: results, derivatives, shapes and errors."""

from __future__ import annotations

import numpy as np
import pytest

import tapeflow as tf
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.tracing.partial_values import propagate

X = np.arange(6.0, dtype=np.float32).reshape(2, 3)


def test_a_computed_axis_gives_what_the_axis_gives():
    @tf.function(autograph=False)
    def f(x, axis):
        parts = tf.reduce_sum(x, axis), tf.cumsum(x, axis), tf.reverse(x, [axis])
        return (*parts, tf.concat([x, x], axis), tf.argmax(x, axis), tf.expand_dims(x, axis))

    for axis in (0, 1):
        expected = (
            X.sum(axis), X.cumsum(axis), np.flip(X, axis), np.concatenate([X, X], axis),
            X.argmax(axis), np.expand_dims(X, axis),
        )  # fmt: skip
        for got, wanted in zip(f(X, tf.constant(axis)), expected, strict=True):
            np.testing.assert_array_equal(got, wanted)
    assert f.experimental_get_tracing_count() == 1


def test_derivatives_of_a_computed_axis_to_second_order():
    @tf.function(autograph=False)
    def f(x, axis):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = tf.reduce_sum(tf.reduce_prod(x, axis) ** 2)
            first = inner.gradient(y, x)
            z = tf.reduce_sum(first**2)
        return first, outer.gradient(z, x)

    x = tf.constant(X + 1)
    for axis in (0, 1):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = tf.reduce_sum(tf.reduce_prod(x, axis) ** 2)
            first = inner.gradient(y, x)
            z = tf.reduce_sum(first**2)
        second = outer.gradient(z, x)
        got = f(x, tf.constant(axis))
        np.testing.assert_allclose(got[0], first, rtol=1e-6)
        np.testing.assert_allclose(got[1], second, rtol=1e-6)


def test_a_gradient_outside_of_the_function_passes_a_deferred_call():
    @tf.function(autograph=False)
    def f(x, size):
        return tf.image.resize(x, size, method="bicubic")

    image = tf.reshape(tf.range(12.0), [1, 3, 4, 1])
    grads = []
    for resize in (f, lambda x, size: tf.image.resize(x, size, method="bicubic")):
        with tf.GradientTape() as tape:
            tape.watch(image)
            y = tf.reduce_sum(resize(image, tf.constant([5, 2])) ** 2)
        grads.append(tape.gradient(y, image))
    np.testing.assert_allclose(grads[0], grads[1])


def test_what_is_known_of_the_shape():
    shapes = []

    @tf.function(autograph=False)
    def f(x, axis):
        shapes.append((tf.reduce_sum(x, axis).shape, tf.cumsum(x, axis).shape))
        shapes.append((tf.transpose(x, [axis, 1 - axis]).shape, tf.expand_dims(x, axis).shape))
        return x

    f(X, tf.constant(0))
    assert [[s.as_list() for s in pair] for pair in shapes] == [
        [[None], [2, 3]],
        [[None, None], [None, None, None]],
    ]


def test_an_axis_out_of_range_is_found_when_the_function_runs():
    @tf.function(autograph=False)
    def f(x, axis):
        return tf.reduce_sum(x, axis)

    with pytest.raises(tf.errors.InvalidArgumentError, match=r"\[Op:Sum\]"):
        f(X, tf.constant(2))


def test_unequal_unknown_sizes_are_not_taken_for_equal():
    @tf.function(
        autograph=False,
        input_signature=[tf.TensorSpec([None]), tf.TensorSpec([None])],
    )
    def f(x, y):
        return tf.shape(x) - tf.shape(y), tf.minimum(tf.shape(x), 5), tf.shape(x) // 2

    got = f(tf.zeros([7]), tf.zeros([3]))
    assert [t.numpy().tolist() for t in got] == [[4], [5], [3]]
    got = f(tf.zeros([2]), tf.zeros([3]))
    assert [t.numpy().tolist() for t in got] == [[-1], [2], [1]]


def test_an_entry_that_is_not_known_leaves_the_others_known():
    from tapeflow.engine.ops.array.joining import pack_p

    out = [Spec(tf.int32, (2,))]
    known = Spec(tf.int32, (), np.int32(3))
    propagate(pack_p, [Spec(tf.int32, ()), known], {"axis": 0}, out)
    assert out[0].dims == (None, 3)
