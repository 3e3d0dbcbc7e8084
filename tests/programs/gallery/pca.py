"""Principal components by singular values, by eigenvalues and by power iteration."""

import numpy as np


def program(tf):
    rng = np.random.RandomState(19)
    data = rng.randn(30, 4) @ np.diag([5.0, 2.0, 1.0, 0.1]) @ rng.randn(4, 4)
    x = tf.convert_to_tensor(data)
    x -= tf.reduce_mean(x, axis=0, keepdims=True)
    s, u, v = tf.linalg.svd(x, full_matrices=False)
    explained = s**2 / tf.reduce_sum(s**2)
    projected = tf.matmul(x, v[:, :2])
    rebuilt = u[:, :2] @ tf.linalg.diag(s[:2]) @ tf.transpose(v[:, :2])

    covariance = tf.matmul(x, x, transpose_a=True) / (x.shape[0] - 1)
    eigenvalues, _ = tf.linalg.eigh(covariance)
    vector = tf.ones([4, 1], tf.float64)
    for _ in range(30):
        vector = covariance @ vector
        vector /= tf.norm(vector)
    rayleigh = tf.squeeze(tf.transpose(vector) @ covariance @ vector)
    whitened = projected / (s[:2] / np.sqrt(29))
    return {
        "explained": explained,
        "cumulative": tf.cumsum(explained),
        "distances": tf.norm(projected, axis=1)[:5],
        "error": tf.norm(x - rebuilt),
        "eigenvalues": tf.reverse(eigenvalues, axis=[0]),
        "rayleigh": rayleigh,
        "rank": tf.linalg.matrix_rank(rebuilt),
        "whitened": tf.math.reduce_variance(whitened, axis=0),
        "trace": tf.linalg.trace(covariance),
    }
