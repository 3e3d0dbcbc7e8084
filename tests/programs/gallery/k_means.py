"""Lloyd's k-means in a while loop, with empty clusters kept where they are."""

import numpy as np


def program(tf):
    rng = np.random.RandomState(18)
    points = tf.constant(rng.rand(40, 2) + rng.randint(0, 3, size=(40, 1)), tf.float32)
    start = tf.concat([points[:3], [[50.0, 50.0]]], axis=0)

    def assign(centroids):
        distances = tf.reduce_sum((points[:, None] - centroids[None]) ** 2, axis=2)
        return tf.argmin(distances, axis=1), tf.reduce_min(distances, axis=1)

    def step(i, centroids, _):
        nearest, _ = assign(centroids)
        sums = tf.math.unsorted_segment_sum(points, nearest, 4)
        counts = tf.math.unsorted_segment_sum(tf.ones([40]), nearest, 4)
        moved = tf.math.divide_no_nan(sums, counts[:, tf.newaxis])
        new = tf.where(counts[:, tf.newaxis] > 0, moved, centroids)
        return i + 1, new, tf.reduce_max(tf.norm(new - centroids, axis=1))

    steps, centroids, shift = tf.while_loop(
        lambda i, c, shift: tf.logical_and(i < 20, shift > 1e-4),
        step,
        [tf.constant(0), start, tf.constant(np.inf, tf.float32)],
    )
    nearest, distances = assign(centroids)
    parts = tf.dynamic_partition(points, tf.cast(nearest, tf.int32), 4)
    sizes = [len(part) for part in parts]
    values, positions = tf.unique(nearest)
    medoids = [tf.argmin(tf.norm(p - c, axis=1)) for p, c in zip(parts, centroids) if len(p)]
    return {
        "steps": steps,
        "centroids": centroids,
        "inertia": tf.reduce_sum(distances),
        "sizes": sizes,
        "used": tf.sort(values, direction="DESCENDING"),
        "medoids": medoids,
        "shift": shift,
        "positions": positions.shape.as_list(),
    }
