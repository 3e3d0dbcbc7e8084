"""A hidden Markov model: forward algorithm, training by gradients, Viterbi, a Kalman filter."""

import numpy as np


def program(tf):
    tf.random.set_seed(33)
    observations = tf.constant([0, 0, 1, 2, 2, 2, 1, 0, 0, 1, 2, 2])
    transition = tf.Variable(tf.random.normal([2, 2]))
    emission = tf.Variable(tf.random.normal([2, 3]))
    start = tf.Variable([0.0, 0.0])

    def log_likelihood():
        a, e = tf.nn.log_softmax(transition), tf.nn.log_softmax(emission)
        alpha = tf.nn.log_softmax(start) + e[:, observations[0]]
        for o in observations[1:]:
            alpha = tf.reduce_logsumexp(alpha[:, None] + a, axis=0) + tf.gather(e, o, axis=1)
        return tf.reduce_logsumexp(alpha)

    optimizer = tf.compat.v1.train.AdagradOptimizer(0.5)
    losses = []
    for _ in range(12):
        optimizer.minimize(lambda: -log_likelihood(), var_list=[transition, emission, start])
        losses.append(log_likelihood())

    a, e = tf.nn.log_softmax(transition), tf.nn.log_softmax(emission)
    score, pointers = tf.nn.log_softmax(start) + e[:, 0], []
    for o in observations[1:].numpy():
        candidates = score[:, tf.newaxis] + a
        pointers.append(tf.argmax(candidates, axis=0, output_type=tf.int32))
        score = tf.reduce_max(candidates, axis=0) + e[:, o]
    path = [tf.argmax(score, output_type=tf.int32)]
    for pointer in pointers[::-1]:
        path.insert(0, pointer[path[0]])

    rng = np.random.RandomState(33)
    measured = tf.constant(np.cumsum(rng.randn(10, 1), 0) + 0.3 * rng.randn(10, 1))
    f = tf.constant([[1.0, 1.0], [0.0, 1.0]], dtype=tf.float64)
    h = tf.constant([[1.0, 0.0]], dtype=tf.float64)
    q, r = 0.1 * tf.eye(2, dtype=tf.float64), tf.constant([[0.09]], tf.float64)
    state, p = tf.zeros([2, 1], tf.float64), tf.eye(2, dtype=tf.float64)
    track = tf.TensorArray(tf.float64, size=10, element_shape=[2])
    for i, z in enumerate(measured):
        state, p = f @ state, f @ p @ tf.transpose(f) + q
        gain = p @ tf.transpose(h) @ tf.linalg.inv(h @ p @ tf.transpose(h) + r)
        state += gain @ (z[:, None] - h @ state)
        p = (tf.eye(2, dtype=tf.float64) - gain @ h) @ p
        track = track.write(i, tf.squeeze(state, 1))
    return tf.stack(losses), tf.stack(path), track.stack(), p
