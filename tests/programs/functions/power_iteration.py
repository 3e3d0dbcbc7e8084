"""Eigenvalues by power iteration with deflation; a function's results feed it again."""

import numpy as np


def program(tf):
    rng = np.random.RandomState(10)
    m = rng.randn(5, 5)
    matrix = tf.constant(m @ m.T)

    @tf.function(reduce_retracing=True)
    def leading(a, v, tolerance=1e-10):
        value = tf.constant(0.0, tf.float64)
        change = tf.constant(1.0, tf.float64)
        rounds = 0
        while change > tolerance and rounds < 2000:
            w = tf.linalg.matvec(a, v)
            new = tf.tensordot(v, w, 1)
            change = tf.abs(new - value)
            value, v = new, w / tf.norm(w)
            rounds += 1
        return value, v

    @tf.function
    def spectrum(a, count):
        values = []
        n = a.shape[0]
        for i in range(count):
            value, v = leading(a, tf.one_hot(i, n, dtype=tf.float64) + 0.1)
            values.append(value)
            a -= value * v[:, None] * v[None, :]
        return tf.stack(values)

    found = spectrum(matrix, 3)
    exact = tf.linalg.eigvalsh(matrix)[::-1][:3]
    small = spectrum(matrix[:3, :3], 2)
    return found, tf.reduce_max(tf.abs(found - exact)) < 1e-5, small
