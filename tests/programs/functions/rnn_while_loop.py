"""A recurrent network unrolled by tf.while_loop with TensorArrays, over masked sequences."""

import numpy as np


def program(tf):
    rng = np.random.RandomState(3)
    width, inputs = 8, 3
    wx = tf.Variable(rng.randn(inputs, width).astype(np.float32) * 0.4)
    wh = tf.Variable(rng.randn(width, width).astype(np.float32) * 0.3)
    b = tf.Variable(tf.zeros([width]))
    wo = tf.Variable(rng.randn(width, 1).astype(np.float32) * 0.4)

    @tf.function(
        input_signature=[tf.TensorSpec([None, None, inputs]), tf.TensorSpec([None], tf.int32)]
    )
    def unroll(x, lengths):
        time = tf.shape(x)[1]
        xs = tf.TensorArray(tf.float32, size=time).unstack(tf.transpose(x, [1, 0, 2]))
        out = tf.TensorArray(tf.float32, size=time)

        def body(t, h, out):
            new = tf.tanh(xs.read(t) @ wx + h @ wh + b)
            h = tf.where((t < lengths)[:, None], new, h)
            return t + 1, h, out.write(t, h)

        state = tf.zeros([tf.shape(x)[0], width])
        _, h, out = tf.while_loop(lambda t, *_: t < time, body, (0, state, out))
        return h, tf.transpose(out.stack(), [1, 0, 2])

    @tf.function
    def step(x, lengths, y):
        with tf.GradientTape() as tape:
            h, states = unroll(x, lengths)
            loss = tf.reduce_mean((h @ wo - y) ** 2) + 1e-3 * tf.reduce_mean(states**2)
        for v, g in zip((wx, wh, b, wo), tape.gradient(loss, [wx, wh, b, wo])):
            v.assign_sub(0.2 * tf.clip_by_norm(g, 1.0))
        return loss

    losses = []
    for i in range(12):
        time = 4 + i % 3
        x = rng.randn(6, time, inputs).astype(np.float32)
        lengths = rng.randint(1, time + 1, 6).astype(np.int32)
        y = np.array([[x[j, :n, 0].sum()] for j, n in enumerate(lengths)], np.float32)
        losses.append(step(x, lengths, y))
    return (
        losses,
        wh,
        step.experimental_get_tracing_count(),
        unroll.experimental_get_tracing_count(),
    )
