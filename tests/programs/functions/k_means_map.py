"""k-means: assignments by map_fn, empty clusters kept, until nothing moves."""

import numpy as np


def program(tf):
    rng = np.random.RandomState(11)
    centers = np.array([[0.0, 0.0], [4.0, 4.0], [0.0, 5.0]])
    points = tf.constant(
        np.concatenate([c + rng.randn(15, 2) * 0.7 for c in centers]).astype(np.float32)
    )

    @tf.function
    def assign(points, means):
        return tf.map_fn(
            lambda p: tf.argmin(tf.reduce_sum((means - p) ** 2, 1), output_type=tf.int32),
            points,
            fn_output_signature=tf.int32,
        )

    @tf.function
    def update(points, labels, means):
        def mean(k):
            mask = labels == k
            if tf.reduce_any(mask):
                new = tf.reduce_mean(tf.boolean_mask(points, mask), 0)
            else:
                new = means[k]
            return new

        return tf.map_fn(mean, tf.range(tf.shape(means)[0]), fn_output_signature=tf.float32)

    @tf.function
    def cluster(points, means):
        moved = tf.constant(True)
        rounds = tf.constant(0)
        labels = tf.zeros([points.shape[0]], tf.int32)
        while moved:
            labels = assign(points, means)
            new = tf.ensure_shape(update(points, labels, means), means.shape)
            moved = tf.reduce_any(tf.abs(new - means) > 1e-5)
            means = new
            rounds += 1
        return means, labels, rounds

    far = tf.constant([[0.5, 0.0], [3.0, 3.0], [1.0, 4.0], [50.0, 50.0]])
    return cluster(points, points[:3]), cluster(points, far)
