"""CTC training of a linear acoustic model, decoding, and a beam search written with top_k."""

import numpy as np


def program(tf):
    rng = np.random.RandomState(29)
    tf.random.set_seed(29)
    frames, batch, classes = 8, 2, 5
    signal = tf.constant(rng.randn(batch, frames, 6), tf.float32)
    labels = tf.constant([[1, 2, 3], [4, 1, 0]])
    label_length = tf.constant([3, 2])
    logit_length = tf.constant([8, 6])
    w = tf.Variable(tf.random.normal([6, classes], stddev=0.2))
    optimizer = tf.compat.v1.train.MomentumOptimizer(0.05, 0.9)
    losses = []
    for _ in range(12):
        with tf.GradientTape() as tape:
            logits = tf.einsum("btf,fc->tbc", signal, w)
            loss = tf.reduce_mean(
                tf.nn.ctc_loss(
                    labels=labels,
                    logits=logits,
                    label_length=label_length,
                    logit_length=logit_length,
                    blank_index=0,
                )
            )
        optimizer.apply_gradients([(tape.gradient(loss, w), w)])
        losses.append(float(loss))
    decoded, score = tf.nn.ctc_greedy_decoder(logits, logit_length, blank_index=0)

    transitions = tf.nn.log_softmax(tf.constant(rng.randn(classes, classes), tf.float32) * 2)
    width = 3
    scores = tf.constant([0.0])
    beams = tf.zeros([1, 1], tf.int32)
    for _ in range(4):
        candidates = scores[:, None] + tf.gather(transitions, beams[:, -1])
        best = tf.nn.top_k(tf.reshape(candidates, [-1]), k=width)
        parents, tokens = best.indices // classes, best.indices % classes
        beams = tf.concat([tf.gather(beams, parents), tokens[:, None]], axis=1)
        scores = best.values
    return losses, w, decoded[0].indices, decoded[0].values, score, beams, scores
