"""Gradients of small batches added up in variables, applied on every fourth call by a condition."""

import numpy as np


def program(tf):
    rng = np.random.RandomState(13)
    w = tf.Variable(rng.randn(3, 2).astype(np.float32))
    b = tf.Variable(tf.zeros([2]))
    variables = [w, b]
    sums = [tf.Variable(tf.zeros_like(v), trainable=False) for v in variables]
    calls = tf.Variable(0, trainable=False, dtype=tf.int64)

    def apply(scale):
        for v, s in zip(variables, sums):
            v.assign_sub(0.3 * s / scale)
            s.assign(tf.zeros_like(s))
        return True

    @tf.function
    def step(x, y, every):
        with tf.GradientTape() as tape:
            losses = tf.nn.softmax_cross_entropy_with_logits(y, x @ w + b)
            loss = tf.reduce_mean(losses)
        for s, g in zip(sums, tape.gradient(loss, variables)):
            s.assign_add(g)
        calls.assign_add(1)
        applied = tf.cond(
            calls % every == 0, lambda: apply(tf.cast(every, tf.float32)), lambda: False
        )
        return loss, applied

    history = []
    for _ in range(10):
        x = rng.randn(4, 3).astype(np.float32)
        y = np.eye(2, dtype=np.float32)[(x[:, 0] > 0).astype(int)]
        history.append(step(x, y, tf.constant(4, tf.int64)))
    return history, w, b, sums, calls
