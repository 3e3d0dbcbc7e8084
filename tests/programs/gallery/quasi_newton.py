"""L-BFGS by hand on the Rosenbrock function, Gauss-Newton, evolution strategies, annealing."""

import numpy as np


def program(tf):
    def rosenbrock(x):
        return tf.reduce_sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)

    def value_and_gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = rosenbrock(x)
        return value, tape.gradient(value, x)

    x = tf.constant([-1.2, 1.0, 0.5], dtype=tf.float64)
    value, gradient = value_and_gradient(x)
    steps, history = [], []
    for _ in range(15):
        q, alphas = gradient, []
        for s, y, rho in reversed(steps):
            alphas.append(rho * tf.tensordot(s, q, 1))
            q -= alphas[-1] * y
        if steps:
            s, y, _ = steps[-1]
            q *= tf.tensordot(s, y, 1) / tf.tensordot(y, y, 1)
        for (s, y, rho), alpha in zip(steps, reversed(alphas)):
            q += s * (alpha - rho * tf.tensordot(y, q, axes=1))
        size, slope = 1.0, -tf.tensordot(gradient, q, 1)
        while rosenbrock(x - size * q) > value + 1e-4 * size * slope:
            size *= 0.5
        new = x - size * q
        new_value, new_gradient = value_and_gradient(new)
        s, y = new - x, new_gradient - gradient
        if tf.tensordot(s, y, 1) > 1e-10:
            steps = steps[-4:] + [(s, y, 1.0 / tf.tensordot(s, y, 1))]
        x, value, gradient = new, new_value, new_gradient
        history.append(value.numpy())

    t = tf.linspace(tf.constant(0.0, tf.float64), 3.0, 12)
    wanted = 2.0 * tf.exp(-0.7 * t)
    p = tf.Variable([1.0, 0.1], dtype=tf.float64)
    for _ in range(6):
        with tf.GradientTape() as tape:
            residual = p[0] * tf.exp(-p[1] * t) - wanted
        jacobian = tape.jacobian(residual, p)
        p.assign_sub(tf.linalg.lstsq(jacobian, residual[:, None], fast=False)[:, 0])

    mean = tf.constant([2.0, -1.0])
    for step in range(20):
        noise = tf.random.stateless_normal([16, 2], seed=[37, step])
        rewards = tf.map_fn(lambda n: -tf.reduce_sum((mean + 0.1 * n) ** 2), noise)
        ranks = tf.cast(tf.argsort(tf.argsort(rewards)), tf.float32) / 15.0 - 0.5
        mean += 0.1 * tf.linalg.matvec(noise, ranks, transpose_a=True)
    return np.array(history), x, p, mean
