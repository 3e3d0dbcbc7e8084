"""Beam search over a Markov chain: TensorArrays of tokens and parents, traced back in the graph."""

import numpy as np


def program(tf):
    rng = np.random.RandomState(9)
    tokens, end = 6, 0
    logits = rng.randn(tokens, tokens).astype(np.float32)
    transitions = tf.nn.log_softmax(tf.constant(logits))

    @tf.function
    def search(start, beams, most):
        scores = tf.concat([[0.0], tf.fill([beams - 1], -1e9)], 0)
        last = tf.fill([beams], start)
        ids = tf.TensorArray(tf.int32, size=0, dynamic_size=True, element_shape=[None])
        parents = tf.TensorArray(tf.int32, size=0, dynamic_size=True, element_shape=[None])
        done = tf.zeros([beams], tf.bool)
        t = tf.constant(0)
        while t < most and not tf.reduce_all(done):
            stay = tf.one_hot([end], tokens, on_value=0.0, off_value=-1e9)
            step = tf.where(done[:, None], stay, tf.gather(transitions, last))
            total = tf.reshape(scores[:, None] + step, [-1])
            scores, flat = tf.math.top_k(total, beams)
            parent, last = flat // tokens, flat % tokens
            done = tf.logical_or(tf.gather(done, parent), last == end)
            ids, parents = ids.write(t, last), parents.write(t, parent)
            t += 1
        path = tf.TensorArray(tf.int32, size=t)
        beam = tf.constant(0)
        for i in tf.range(t - 1, -1, -1):
            path = path.write(i, ids.read(i)[beam])
            beam = parents.read(i)[beam]
        return scores, path.stack(), t

    return (
        search(tf.constant(1), 3, tf.constant(8)),
        search(tf.constant(4), 3, tf.constant(8)),
        search(tf.constant(2), 2, tf.constant(3)),
        search.experimental_get_tracing_count(),
    )
