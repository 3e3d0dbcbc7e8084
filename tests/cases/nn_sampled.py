"""Losses over sampled classes."""

from __future__ import annotations

import numpy as np

from cases.form import Case
from cases.nn_convolution import array

X = array(4, 3)


def sampled(name, true, **kw):
    """A loss over drawn classes, with gradients for the inputs and (sparse) for the weights."""

    def run(tf):
        count = np.shape(true)[1]
        drawn = (
            tf.constant([2, 4, 0], tf.int64),
            tf.constant(np.linspace(0.5, 1, 4 * count).reshape(4, count), tf.float32),
            tf.constant([0.3, 0.2, 0.9]),
        )
        weights, biases = tf.constant(array(6, 3, seed=5)), tf.constant(array(6, seed=6))
        x = tf.constant(X)
        with tf.GradientTape() as tape:
            tape.watch([weights, biases, x])
            losses = getattr(tf.nn, name)(
                weights, biases, tf.constant(true, tf.int64), x, 3, 6, sampled_values=drawn, **kw
            )
        grads = tape.gradient(losses, [weights, biases, x])
        return losses, [tf.convert_to_tensor(g) for g in grads]

    return run


def drawn_after(f):
    """Which number of the global sequence comes after a call: how many seeds it took."""

    def run(tf):
        tf.random.set_seed(9)
        x, w, true = tf.ones([1, 2]), tf.ones([5, 2]), tf.constant([[1]], tf.int64)
        f(tf, w, tf.zeros([5]), true, x)
        return tf.random.uniform([2])

    return run


CASES = [
    *(
        Case(f"nn.{name}", sampled(name, true, **kw), rtol=1e-4, atol=1e-5)
        for name in ("nce_loss", "sampled_softmax_loss")
        for true, kw in (
            ([[1], [2], [0], [5]], {}),
            ([[1], [2], [0], [5]], {"remove_accidental_hits": True}),
            ([[1, 3], [2, 0], [0, 4], [5, 5]], {"num_true": 2, "remove_accidental_hits": False}),
        )
    ),
    Case(
        "nn.compute_accidental_hits",
        lambda tf: tf.nn.compute_accidental_hits(
            tf.constant([[3, 1], [5, 7]], tf.int64), tf.constant([7, 5, 3], tf.int64), 2
        ),
    ),
    Case("nn.nce_loss", drawn_after(lambda tf, *a: tf.nn.nce_loss(*a, 2, 5))),
    Case(
        "nn.nce_loss",
        drawn_after(lambda tf, *a: tf.nn.nce_loss(*a, 2, 5, remove_accidental_hits=True)),
    ),
    Case(
        "nn.sampled_softmax_loss", drawn_after(lambda tf, *a: tf.nn.sampled_softmax_loss(*a, 2, 5))
    ),
    Case(
        "nn.sampled_softmax_loss",
        drawn_after(lambda tf, *a: tf.nn.sampled_softmax_loss(*a, 2, 5, seed=3)),
    ),
    Case(
        "nn.compute_accidental_hits",
        drawn_after(lambda tf, w, b, true, x: tf.nn.compute_accidental_hits(true, [1, 2], 1)),
    ),
]
