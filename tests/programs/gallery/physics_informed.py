"""A physics-informed network for u'' = -u, u(0) = 0, u'(0) = 1, through nested tapes."""

import numpy as np


def program(tf):
    tf.random.set_seed(21)
    w1 = tf.Variable(tf.random.normal([1, 10]))
    b1 = tf.Variable(tf.random.uniform([10], -1, 1))
    w2 = tf.Variable(tf.random.normal([10, 1]) / np.sqrt(10))
    variables = [w1, b1, w2]

    def u(t):
        return tf.tanh(t @ w1 + b1) @ w2

    t = tf.reshape(tf.linspace(0.0, np.float32(np.pi), 12), (-1, 1))
    zero = tf.zeros((1, 1))
    optimizer = tf.compat.v1.train.AdamOptimizer(0.02)
    history = []
    for _ in range(20):
        with tf.GradientTape() as tape:
            with tf.GradientTape(watch_accessed_variables=False) as second:
                second.watch(t)
                with tf.GradientTape() as first:
                    first.watch(t)
                    value = u(t)
                du = first.gradient(value, t)
            ddu = second.gradient(du, t)
            with tf.GradientTape() as start:
                start.watch(zero)
                u0 = u(zero)
            du0 = start.gradient(u0, zero)
            loss = tf.reduce_mean((ddu + value) ** 2) + tf.squeeze(u0**2 + (du0 - 1.0) ** 2)
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        history.append(float(loss))
    return history, tf.squeeze(u(t)), w2
