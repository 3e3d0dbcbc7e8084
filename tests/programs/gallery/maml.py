"""Meta-learning: the gradient through a gradient step, over tasks of fitting sines."""

import numpy as np


def program(tf):
    rng = np.random.RandomState(24)
    tf.random.set_seed(24)
    weights = {
        "w1": tf.Variable(tf.random.normal([1, 12])),
        "b1": tf.Variable(tf.zeros([12])),
        "w2": tf.Variable(tf.random.normal([12, 1]) * 0.3),
        "b2": tf.Variable(tf.zeros([1])),
    }

    def forward(x, p):
        return tf.nn.tanh(x @ p["w1"] + p["b1"]) @ p["w2"] + p["b2"]

    def mse(x, y, p):
        return tf.reduce_mean(tf.square(forward(x, p) - y))

    optimizer = tf.compat.v1.train.AdamOptimizer(0.01)
    history = []
    for _ in range(6):
        with tf.GradientTape() as outer:
            losses = []
            for _ in range(3):
                phase, amplitude = rng.uniform(0, np.pi), rng.uniform(0.5, 2.0)
                x = rng.uniform(-3, 3, size=(10, 1)).astype(np.float32)
                y = (amplitude * np.sin(x + phase)).astype(np.float32)
                fast = dict(weights)
                for _ in range(2):
                    with tf.GradientTape() as inner:
                        inner.watch(fast)
                        loss = mse(x[:5], y[:5], fast)
                    gradients = inner.gradient(loss, fast)
                    fast = {k: fast[k] - 0.05 * gradients[k] for k in fast}
                losses.append(mse(x[5:], y[5:], fast))
            meta_loss = tf.add_n(losses) / len(losses)
        flat = tf.nest.flatten(weights)
        optimizer.apply_gradients(zip(outer.gradient(meta_loss, flat), flat))
        history.append(meta_loss)
    return [v.numpy() for v in history], weights
