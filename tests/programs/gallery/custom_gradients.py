"""Custom gradients: stable, clipped backwards, straight-through, reversed, recomputed."""

import numpy as np


def program(tf):
    @tf.custom_gradient
    def log1pexp(x):
        e = tf.exp(x)

        def grad(upstream):
            return upstream * (1 - 1 / (1 + e))

        return tf.math.log(1 + e), grad

    @tf.custom_gradient
    def clipped(x):
        return tf.identity(x), lambda dy: tf.clip_by_norm(dy, 0.5)

    def straight_through(x):
        return x + tf.stop_gradient(tf.round(x) - x)

    @tf.custom_gradient
    def reverse(x):
        return x, lambda dy: -0.1 * dy

    @tf.recompute_grad
    def block(x):
        return tf.sin(x) * tf.exp(-x)

    x = tf.Variable([0.3, 1.7, 100.0])
    with tf.GradientTape(persistent=True) as tape:
        stable = log1pexp(x)
        short = tf.reduce_sum(clipped(x * 3.0) ** 2)
        quantized = tf.reduce_sum(straight_through(x) * [1.0, 2.0, 3.0])
        reversed_ = tf.reduce_sum(reverse(x) ** 2)
        recomputed = block(x)
    first = [tape.gradient(t, x) for t in (stable, short, quantized, reversed_, recomputed)]

    def finite_differences(f, at, h=1e-3):
        slopes = []
        for i in range(len(at)):
            step = np.zeros_like(at)
            step[i] = h
            slopes.append((f(at + step) - f(at - step)) / (2 * h))
        return tf.stack(slopes)

    point = np.array([0.5, -0.25, 2.0])
    theoretical, numerical = tf.test.compute_gradient(
        lambda t: tf.reduce_sum(tf.tanh(t) ** 3), [tf.constant(point)]
    )
    by_hand = finite_differences(lambda t: tf.reduce_sum(tf.tanh(t) ** 3), point)

    with tf.GradientTape() as tape:
        y = x * x
        with tape.stop_recording():
            z = y * 100.0
        loss = tf.reduce_sum(y) + tf.reduce_sum(z)
    stopped = tape.gradient(loss, x)
    with tf.GradientTape() as tape:
        unrelated = tf.constant(1.0) * 2.0
    none = tape.gradient(unrelated, x)
    with tf.GradientTape() as tape:
        unrelated = tf.constant(1.0) * 2.0
    zero = tape.gradient(unrelated, x, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return (
        first,
        by_hand,
        theoretical[0],
        np.max(np.abs(numerical[0] - theoretical[0])) < 1e-4,
        stopped,
        none,
        zero,
    )
