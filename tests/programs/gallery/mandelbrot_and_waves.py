"""The Mandelbrot set in complex numbers, rain drops on a pond by a Laplacian, the game of life."""

import numpy as np


def program(tf):
    y, x = np.mgrid[-1.3:1.3:0.2, -2:1:0.2]
    xs = tf.constant((x + 1j * y).astype(np.complex64))
    zs = tf.Variable(xs)
    ns = tf.Variable(tf.zeros_like(xs, tf.float32))
    for _ in range(30):
        next_zs = zs * zs + xs
        not_diverged = tf.abs(next_zs) < 4
        ns.assign_add(tf.cast(not_diverged, tf.float32))
        zs.assign(tf.where(not_diverged, next_zs, zs))

    kernel = tf.reshape([[0.5, 1.0, 0.5], [1.0, -6.0, 1.0], [0.5, 1.0, 0.5]], [3, 3, 1, 1])
    pond = np.zeros([16, 16], np.float32)
    pond[3, 5], pond[10, 12] = 1.0, -0.5
    u, ut = tf.Variable(pond), tf.Variable(tf.zeros_like(pond))
    for _ in range(40):
        expanded = tf.expand_dims(tf.expand_dims(u, 0), -1)
        laplacian = tf.nn.depthwise_conv2d(expanded, kernel, [1, 1, 1, 1], "SAME")[0, :, :, 0]
        before = u + 0.03 * ut
        ut.assign(ut + 0.03 * (laplacian - 0.04 * ut))
        u.assign(before)

    board = tf.Variable(np.random.RandomState(31).randint(0, 2, (10, 10)), dtype=tf.int32)
    for _ in range(6):
        around = tf.add_n(
            [
                tf.roll(board, shift=[i, j], axis=[0, 1])
                for i in (-1, 0, 1)
                for j in (-1, 0, 1)
                if (i, j) != (0, 0)
            ]
        )
        alive = tf.equal(around, 3) | (tf.equal(around, 2) & tf.cast(board, tf.bool))
        board.assign(tf.cast(alive, board.dtype))
    return ns, u, board, tf.reduce_sum(board)
