"""Word vectors by sparse updates: gradients are IndexedSlices, momentum touches their rows only."""

import numpy as np


def program(tf):
    rng = np.random.RandomState(7)
    words, width = 20, 4
    table = tf.Variable(rng.randn(words, width).astype(np.float32) * 0.3)
    context = tf.Variable(rng.randn(words, width).astype(np.float32) * 0.3)
    velocity = tf.Variable(tf.zeros([words, width]))
    kinds = []

    @tf.function
    def step(centers, targets, negatives):
        with tf.GradientTape() as tape:
            c = tf.nn.embedding_lookup(table, centers)
            positive = tf.reduce_sum(c * tf.gather(context, targets), 1)
            negative = tf.einsum("bd,bnd->bn", c, tf.gather(context, negatives))
            loss = -tf.reduce_mean(tf.math.log_sigmoid(positive)) - tf.reduce_mean(
                tf.math.log_sigmoid(-negative)
            )
        dt, dc = tape.gradient(loss, [table, context])
        kinds.append((isinstance(dt, tf.IndexedSlices), isinstance(dc, tf.IndexedSlices)))
        unique, places = tf.unique(dt.indices)
        summed = tf.math.unsorted_segment_sum(dt.values, places, tf.size(unique))
        moved = 0.9 * tf.gather(velocity, unique) + summed
        velocity.scatter_update(tf.IndexedSlices(moved, unique))
        table.scatter_sub(tf.IndexedSlices(0.5 * moved, unique))
        context.assign_sub(0.5 * tf.convert_to_tensor(dc))
        return loss

    text = rng.randint(0, words, 200)
    losses = []
    for _ in range(20):
        at = rng.randint(0, 199, 8)
        losses.append(step(text[at], text[at + 1], rng.randint(0, words, [8, 3])))
    touched = tf.reduce_sum(tf.cast(tf.reduce_any(velocity != 0.0, 1), tf.int32))
    return losses, table, touched, kinds
