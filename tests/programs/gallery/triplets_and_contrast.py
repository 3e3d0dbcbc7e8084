"""Siamese towers: triplet loss with hardest examples, a contrastive loss, hinge losses."""

import numpy as np


def program(tf):
    tf.random.set_seed(35)
    rng = np.random.RandomState(35)
    labels = tf.constant([0, 0, 0, 1, 1, 1, 2, 2, 2])
    points = tf.constant(rng.randn(9, 5) + rng.randn(3, 5).repeat(3, 0), tf.float32)
    tower = tf.Variable(tf.random.normal([5, 4], stddev=0.5))

    def pairwise(e):
        dot = tf.matmul(e, e, transpose_b=True)
        squares = tf.linalg.tensor_diag_part(dot)
        distances = tf.maximum(squares[None] - 2.0 * dot + squares[:, None], 0.0)
        zero = tf.cast(tf.equal(distances, 0.0), tf.float32)
        return tf.sqrt(distances + zero * 1e-16) * (1.0 - zero)

    same = tf.equal(labels[:, None], labels[None])
    other = tf.logical_not(tf.eye(9, dtype=tf.bool))
    positives = tf.cast(tf.logical_and(same, other), tf.float32)
    history = []
    for _ in range(10):
        with tf.GradientTape(persistent=True) as tape:
            embedded = tf.math.l2_normalize(points @ tower, axis=-1)
            distances = pairwise(embedded)
            hardest = tf.reduce_max(positives * distances, axis=1)
            largest = tf.reduce_max(distances, axis=1, keepdims=True)
            nearest = tf.reduce_min(distances + largest * tf.cast(same, tf.float32), axis=1)
            triplet = tf.reduce_mean(tf.nn.relu(hardest - nearest + 0.5))
            similarity = embedded @ tf.transpose(embedded) / 0.5
            similarity = tf.where(other, similarity, tf.fill([9, 9], similarity.dtype.min))
            log_prob = similarity - tf.reduce_logsumexp(similarity, axis=1, keepdims=True)
            kept = tf.boolean_mask(log_prob, positives > 0)
            contrast = -tf.reduce_mean(kept)
        a, b = tape.gradient(triplet, tower), tape.gradient(contrast, tower)
        del tape
        cosine = tf.reduce_sum(a * b) / (tf.norm(a) * tf.norm(b))
        tower.assign_sub(0.1 * (a + b))
        history.append([triplet.numpy(), contrast.numpy(), cosine.numpy()])
    ranked = tf.argsort(distances, axis=1)[:, 1:3]
    matched = tf.gather(labels, ranked) == labels[:, tf.newaxis]
    return np.array(history), tf.reduce_mean(tf.cast(matched, tf.float64)), tower
