"""A Wasserstein critic with gradient penalty: the gradient of a norm of a gradient."""

import numpy as np


def program(tf):
    tf.random.set_seed(13)
    rng = np.random.RandomState(13)
    real = tf.constant(rng.normal(2.0, 0.5, size=(16, 5, 5, 1)), tf.float32)
    fake = tf.constant(rng.normal(0.0, 1.0, size=(16, 5, 5, 1)), tf.float32)
    kernel = tf.Variable(tf.random.normal([3, 3, 1, 4], stddev=0.2))
    weights = tf.Variable(tf.random.normal([5 * 5 * 4, 1], stddev=0.1))
    variables = [kernel, weights]

    def critic(x):
        h = tf.nn.conv2d(x, kernel, strides=[1, 1], padding="SAME")
        h = tf.nn.softplus(h)
        return tf.reshape(h, [-1, 100]) @ weights

    optimizer = tf.compat.v1.train.AdamOptimizer(5e-3, beta1=0.0, beta2=0.9)
    history = []
    for _ in range(10):
        with tf.GradientTape() as tape:
            epsilon = tf.random.uniform([16, 1, 1, 1])
            mixed = epsilon * real + (1 - epsilon) * fake
            with tf.GradientTape() as inner:
                inner.watch(mixed)
                score = critic(mixed)
            slopes = inner.gradient(score, mixed)
            norm = tf.sqrt(tf.reduce_sum(slopes**2, axis=[1, 2, 3]) + 1e-12)
            penalty = tf.reduce_mean((norm - 1.0) ** 2)
            distance = tf.reduce_mean(critic(fake)) - tf.reduce_mean(critic(real))
            loss = distance + 10.0 * penalty
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        history.append([float(distance), float(penalty)])
    return history, kernel, tf.reduce_mean(weights)
