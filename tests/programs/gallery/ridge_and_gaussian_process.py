"""Ridge regression by Cholesky, and a Gaussian process whose kernel is fitted by gradients."""

import numpy as np


def program(tf):
    rng = np.random.RandomState(20)
    x = np.sort(rng.uniform(-3, 3, 15))
    y = np.sin(x) + 0.1 * rng.randn(15)
    basis = tf.stack([tf.pow(tf.constant(x), k) for k in range(4)], axis=1)
    gram = tf.linalg.matmul(basis, basis, adjoint_a=True) + 0.1 * tf.eye(4, dtype=tf.float64)
    right = tf.linalg.matvec(basis, y, transpose_a=True)
    coefficients = tf.linalg.cholesky_solve(tf.linalg.cholesky(gram), right[:, None])
    direct = tf.linalg.solve(gram, right[:, None])
    squares = tf.linalg.lstsq(basis, y[:, None], l2_regularizer=0.1)

    log_length = tf.Variable(0.0, dtype=tf.float64)
    log_noise = tf.Variable(np.log(0.5))
    xs, ys = tf.constant(x[:, None]), tf.constant(y[:, None])

    def kernel(a, b):
        return tf.exp(
            -0.5 * tf.math.squared_difference(a, tf.transpose(b)) / tf.exp(2 * log_length)
        )

    history = []
    for _ in range(20):
        with tf.GradientTape() as tape:
            k = kernel(xs, xs)
            k = tf.linalg.set_diag(k, tf.linalg.diag_part(k) + tf.exp(2 * log_noise))
            factor = tf.linalg.cholesky(k)
            alpha = tf.linalg.cholesky_solve(factor, ys)
            loss = 0.5 * tf.reduce_sum(ys * alpha) + 0.5 * tf.linalg.logdet(k)
        for variable, gradient in zip(
            (log_length, log_noise), tape.gradient(loss, (log_length, log_noise))
        ):
            variable.assign_sub(0.02 * gradient)
        history.append(loss)
    grid = tf.linspace(tf.constant(-2.0, tf.float64), 2.0, 5)[:, None]
    across = kernel(grid, xs)
    mean = tf.squeeze(across @ alpha)
    half = tf.linalg.triangular_solve(factor, tf.transpose(across), lower=True)
    variance = 1.0 - tf.reduce_sum(half**2, axis=0)
    return coefficients, direct, squares, tf.stack(history), mean, variance, log_length.numpy()
