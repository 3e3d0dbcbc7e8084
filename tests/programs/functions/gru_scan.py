"""A gated recurrent cell by tf.scan, trained on adding two marked numbers."""

import numpy as np


def program(tf):
    rng = np.random.RandomState(4)
    width = 6

    def weights(*shape):
        return tf.Variable((rng.randn(*shape) * shape[0] ** -0.5).astype(np.float32))

    gates, candidate, out = (
        weights(2 + width, 2 * width),
        weights(2 + width, width),
        weights(width, 1),
    )
    parameters = [gates, candidate, out]

    def cell(h, x):
        z, r = tf.split(tf.sigmoid(tf.concat([x, h], 1) @ gates), 2, axis=1)
        c = tf.tanh(tf.concat([x, r * h], 1) @ candidate)
        return (1.0 - z) * h + z * c

    @tf.function
    def predict(x):
        states = tf.scan(
            cell, tf.transpose(x, [1, 0, 2]), initializer=tf.zeros([x.shape[0], width])
        )
        return tf.squeeze(states[-1] @ out, 1)

    @tf.function
    def step(x, y, rate):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(predict(x) - y))
        gradients, norm = tf.clip_by_global_norm(tape.gradient(loss, parameters), 0.5)
        for v, g in zip(parameters, gradients):
            v.assign_sub(rate * g)
        return loss, norm

    values = rng.rand(16, 6).astype(np.float32)
    marks = np.zeros_like(values)
    for row in marks:
        row[rng.choice(6, 2, replace=False)] = 1.0
    x = tf.constant(np.stack([values, marks], -1))
    y = tf.constant((values * marks).sum(1))
    history = [step(x, y, tf.constant(0.3)) for _ in range(15)]
    return history, predict(x), out
