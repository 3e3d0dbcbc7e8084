"""A neural differential equation: Runge-Kutta steps, and the adjoint through custom_gradient."""

import numpy as np


def program(tf):
    tf.random.set_seed(22)
    w = tf.Variable(tf.random.normal([2, 2], stddev=0.5), name="w")
    true = tf.constant([[-0.1, 2.0], [-2.0, -0.1]])

    def rk4(f, y, h):
        k1 = f(y)
        k2 = f(y + h / 2 * k1)
        k3 = f(y + h / 2 * k2)
        k4 = f(y + h * k3)
        return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)

    def trajectory(f, y, steps=10, h=0.1):
        path = tf.TensorArray(tf.float32, size=0, dynamic_size=True, clear_after_read=False)
        path = path.write(0, y)
        for i in range(steps):
            y = rk4(f, y, h)
            path = path.write(i + 1, y)
        return path.stack()

    y0 = tf.constant([[2.0, 0.0]])
    wanted = trajectory(lambda y: y**3 @ true * 0.1, y0)
    optimizer = tf.compat.v1.train.RMSPropOptimizer(0.02)
    losses = []
    for _ in range(10):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.abs(trajectory(lambda y: tf.tanh(y) @ w, y0) - wanted))
        optimizer.apply_gradients([(tape.gradient(loss, w), w)])
        losses.append(loss.numpy())

    @tf.custom_gradient
    def evolve(y, matrix):
        states = [y]
        for _ in range(5):
            states.append(states[-1] + 0.1 * states[-1] @ matrix)

        def grad(upstream):
            adjoint, to_matrix = upstream, tf.zeros_like(matrix)
            for state in reversed(states[:-1]):
                to_matrix += 0.1 * tf.matmul(state, adjoint, transpose_a=True)
                adjoint = adjoint + 0.1 * tf.matmul(adjoint, matrix, transpose_b=True)
            return adjoint, to_matrix

        return states[-1], grad

    matrix = tf.Variable([[0.0, 1.0], [-1.0, 0.0]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(y0)
        end = tf.reduce_sum(evolve(y0, matrix) ** 2)
        y = y0
        for _ in range(5):
            y = y + 0.1 * y @ matrix
        plain = tf.reduce_sum(y**2)
    pairs = [tape.gradient(v, [y0, matrix]) for v in (end, plain)]
    del tape
    return np.array(losses), w, pairs
