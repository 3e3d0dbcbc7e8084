"""A coupling flow: log determinants, sampling backwards, maximum likelihood."""

import math

import numpy as np


def program(tf):
    rng = np.random.RandomState(32)
    angles = rng.rand(40) * np.pi
    moons = np.stack([np.cos(angles), np.sin(angles)], 1) + 0.05 * rng.randn(40, 2)
    data = tf.constant(moons, tf.float32)

    class Coupling(tf.Module):
        def __init__(self, flip, seed):
            super().__init__()
            self.flip = flip
            make = tf.random.stateless_normal
            self.w1 = tf.Variable(make([1, 8], [seed, 1]))
            self.b1 = tf.Variable(tf.zeros([8]))
            self.w2 = tf.Variable(make([8, 2], [seed, 2]) * 0.1)

        def _terms(self, a):
            out = tf.nn.silu(a @ self.w1 + self.b1) @ self.w2
            return tf.tanh(out[:, :1]), out[:, 1:]

        def forward(self, x):
            a, b = tf.split(x, 2, axis=1)
            if self.flip:
                a, b = b, a
            s, t = self._terms(a)
            b = b * tf.exp(s) + t
            return tf.concat([b, a] if self.flip else [a, b], axis=1), tf.reduce_sum(s, -1)

        def inverse(self, y):
            a, b = y[:, :1], y[:, 1:]
            if self.flip:
                a, b = b, a
            s, t = self._terms(a)
            b = (b - t) * tf.exp(-s)
            return tf.concat((b, a) if self.flip else (a, b), axis=-1)

    class Flow(tf.Module):
        def __init__(self):
            super().__init__()
            self.layers = [Coupling(i % 2 == 1, i) for i in range(4)]

        def log_prob(self, x):
            total = tf.zeros(tf.shape(x)[:1])
            for layer in self.layers:
                x, logdet = layer.forward(x)
                total += logdet
            return total - 0.5 * tf.reduce_sum(x * x, axis=1) - math.log(2 * math.pi)

    flow = Flow()
    optimizer = tf.compat.v1.train.AdamOptimizer(0.02)
    losses = []
    for _ in range(15):
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(flow.log_prob(data))
        variables = flow.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        losses.append(loss.numpy())
    z = tf.random.stateless_normal([5, 2], seed=(3, 2))
    sample = z
    for layer in reversed(flow.layers):
        sample = layer.inverse(sample)
    back = sample
    for layer in flow.layers:
        back, _ = layer.forward(back)
    tf.debugging.assert_near(back, z, atol=1e-4)
    return losses, sample, len(flow.submodules), [v.shape for v in flow.trainable_variables[:3]]
