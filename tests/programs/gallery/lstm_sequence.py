"""An LSTM cell written out, unrolled over time, that learns to continue a sine."""

import numpy as np


def program(tf):
    units, steps = 8, 20
    wave = np.sin(np.linspace(0, 8 * np.pi, 121)).astype(np.float32)
    windows = np.stack([wave[i : i + steps + 1] for i in range(0, 96, 8)])
    inputs, targets = windows[:, :-1, None], windows[:, 1:, None]

    tf.random.set_seed(6)
    kernel = tf.Variable(tf.random.normal([1 + units, 4 * units]) / np.sqrt(1 + units))
    bias = tf.Variable(tf.concat([tf.zeros(units), tf.ones(units), tf.zeros(2 * units)], 0))
    out = tf.Variable(tf.random.truncated_normal([units, 1], stddev=0.3))

    def cell(x, state):
        c, h = state
        gates = tf.matmul(tf.concat([x, h], axis=1), kernel) + bias
        i, f, g, o = tf.split(gates, num_or_size_splits=4, axis=1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
        h = tf.sigmoid(o) * tf.tanh(c)
        return h, (c, h)

    def unroll(sequence):
        batch = tf.shape(sequence)[0]
        state = (tf.zeros([batch, units]), tf.zeros([batch, units]))
        outputs = []
        for x in tf.unstack(sequence, axis=1):
            h, state = cell(x, state)
            outputs.append(h @ out)
        return tf.stack(outputs, axis=1), state

    optimizer = tf.compat.v1.train.AdamOptimizer(0.03)
    losses = []
    for _ in range(15):
        with tf.GradientTape() as tape:
            predicted, _ = unroll(tf.constant(inputs))
            loss = tf.reduce_mean(tf.math.squared_difference(predicted, targets))
        variables = [kernel, bias, out]
        gradients = tape.gradient(loss, variables)
        gradients = [tf.clip_by_norm(g, 5.0) for g in gradients]
        optimizer.apply_gradients(zip(gradients, variables))
        losses.append(loss.numpy())
    _, (c, h) = unroll(inputs)
    return np.array(losses), c[0], h[-1], tf.norm(kernel)
