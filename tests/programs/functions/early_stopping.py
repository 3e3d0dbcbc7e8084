"""A whole training run in one graph: a while loop that stops when the loss no longer falls."""

import numpy as np


def program(tf):
    rng = np.random.RandomState(8)
    x = tf.constant(rng.randn(60, 3).astype(np.float32))
    y = tf.linalg.matvec(x, [1.0, -2.0, 0.5]) + rng.randn(60).astype(np.float32) * 0.1
    w = tf.Variable(tf.zeros([3]))
    best_w = tf.Variable(tf.zeros([3]), trainable=False)

    @tf.function
    def fit(rate, tolerance, most):
        step = tf.constant(0)
        best = tf.constant(np.inf, tf.float32)
        waited = tf.constant(0)
        losses = tf.TensorArray(tf.float32, size=0, dynamic_size=True)
        while step < most:
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.square(tf.linalg.matvec(x[:40], w) - y[:40]))
            w.assign_sub(rate * tape.gradient(loss, w))
            held_out = tf.reduce_mean(tf.square(tf.linalg.matvec(x[40:], w) - y[40:]))
            losses = losses.write(step, held_out)
            step += 1
            if held_out < best - tolerance:
                best = held_out
                best_w.assign(w)
                waited = tf.constant(0)
                continue
            waited += 1
            if waited >= 3:
                break
        return step, best, losses.stack()

    first = fit(tf.constant(0.1), tf.constant(1e-3), tf.constant(100))
    w.assign(tf.zeros([3]))
    second = fit(tf.constant(0.3), tf.constant(1e-2), tf.constant(5))
    return first, second, best_w, fit.experimental_get_tracing_count()
