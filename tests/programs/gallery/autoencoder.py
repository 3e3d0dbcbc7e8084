"""A denoising convolutional autoencoder with transposed convolutions and a decaying rate."""

import numpy as np


def program(tf):
    rng = np.random.RandomState(10)
    clean = np.zeros((6, 8, 8, 1), np.float32)
    for image in clean:
        row, column = rng.randint(0, 5, size=2)
        image[row : row + 3, column : column + 3] = 1.0
    noise = tf.random.stateless_normal(clean.shape, seed=(1, 10), stddev=0.2)
    noisy = tf.clip_by_value(clean + noise, 0.0, 1.0)

    tf.random.set_seed(10)
    he = tf.random_uniform_initializer(-0.4, 0.4, seed=1)
    down1 = tf.Variable(he([3, 3, 1, 4]))
    down2 = tf.Variable(he([3, 3, 4, 4]))
    up1 = tf.Variable(he([3, 3, 4, 4]))
    up2 = tf.Variable(he([3, 3, 1, 4]))
    variables = [down1, down2, up1, up2]

    def reconstruct(x):
        shape = tf.shape(x)
        h = tf.nn.elu(tf.nn.conv2d(x, down1, strides=2, padding="SAME"))
        code = tf.nn.elu(tf.nn.conv2d(h, down2, strides=2, padding="SAME"))
        h = tf.nn.elu(tf.nn.conv2d_transpose(code, up1, [shape[0], 4, 4, 4], strides=2))
        out = tf.nn.conv2d_transpose(h, up2, tf.stack([shape[0], 8, 8, 1]), strides=[1, 2, 2, 1])
        return code, out

    step = tf.Variable(0, dtype=tf.int64, trainable=False)
    losses = []
    for _ in range(15):
        rate = tf.compat.v1.train.exponential_decay(0.05, step, 5, 0.8, staircase=True)
        optimizer = tf.compat.v1.train.GradientDescentOptimizer(rate)
        with tf.GradientTape() as tape:
            code, logits = reconstruct(noisy)
            loss = tf.reduce_mean(
                tf.reduce_sum(
                    tf.nn.sigmoid_cross_entropy_with_logits(labels=clean, logits=logits),
                    axis=[1, 2, 3],
                )
            )
        gradients = tape.gradient(loss, variables)
        gradients = [tf.clip_by_norm(g, 1.0) for g in gradients]
        optimizer.apply_gradients(zip(gradients, variables), global_step=step)
        losses.append(loss)
    psnr = tf.image.psnr(tf.sigmoid(logits), clean, max_val=1.0)
    return [float(v) for v in losses], code[0], psnr, int(step), down1
