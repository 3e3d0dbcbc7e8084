"""Expectation-maximisation for a Gaussian mixture in float64; the hard split by segments."""

import math

import numpy as np


def program(tf):
    rng = np.random.RandomState(17)
    points = np.concatenate(
        [rng.multivariate_normal(m, np.eye(2) * s, 30) for m, s in (((0, 0), 1.0), ((4, 4), 0.5))]
    )
    x = tf.constant(points)
    means = tf.constant([[1.0, -1.0], [3.0, 5.0]], tf.float64)
    covariances = tf.eye(2, batch_shape=[2], dtype=tf.float64)
    weights = tf.fill([2], tf.constant(0.5, tf.float64))
    history = []
    for _ in range(8):
        chol = tf.linalg.cholesky(covariances)
        centered = x[None, :, :] - means[:, None, :]
        solved = tf.linalg.triangular_solve(chol, tf.linalg.matrix_transpose(centered))
        mahalanobis = tf.reduce_sum(tf.square(solved), axis=-2)
        logdet = 2 * tf.reduce_sum(tf.math.log(tf.linalg.diag_part(chol)), axis=-1)
        log_density = -0.5 * (mahalanobis + logdet[:, None] + 2 * math.log(2 * math.pi))
        joint = log_density + tf.math.log(weights)[:, None]
        evidence = tf.reduce_logsumexp(joint, axis=0)
        r = tf.exp(joint - evidence)
        n = tf.reduce_sum(r, axis=1)
        means = r @ x / n[:, None]
        centered = x[None] - means[:, None]
        covariances = tf.einsum("kn,kni,knj->kij", r, centered, centered) / n[:, None, None]
        covariances += 1e-6 * tf.eye(2, dtype=tf.float64)
        weights = n / len(points)
        history.append(tf.reduce_sum(evidence))
    hard = tf.argmax(r, axis=0, output_type=tf.int32)
    hard_means = tf.math.unsorted_segment_mean(x, hard, num_segments=2)
    order = tf.argsort(hard, stable=True)
    spread = tf.math.segment_max(tf.gather(x, order), tf.gather(hard, order))
    counts = tf.math.bincount(hard, minlength=3)
    return tf.stack(history), means, covariances, weights, hard_means, spread, counts
