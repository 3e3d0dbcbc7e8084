"""Residual blocks: fused batch norm, separable convolutions, mixup, label smoothing, a schedule."""

import numpy as np


def program(tf):
    tf.random.set_seed(34)
    rng = np.random.RandomState(34)
    images = tf.constant(rng.randn(8, 8, 8, 3), tf.float32)
    labels = tf.one_hot(rng.randint(0, 4, 8), 4)

    def weight(*shape):
        return tf.Variable(
            tf.random.truncated_normal(shape, stddev=(2.0 / np.prod(shape[:-1])) ** 0.5)
        )

    stem, head = weight(3, 3, 3, 8), weight(8, 4)
    blocks = [
        {
            "depthwise": weight(3, 3, 8, 1),
            "pointwise": weight(1, 1, 8, 8),
            "squeeze": weight(8, 2),
            "excite": weight(2, 8),
            "scale": tf.Variable(tf.ones([8])),
            "offset": tf.Variable(tf.zeros([8])),
        }
        for _ in range(2)
    ]
    variables = tf.nest.flatten([stem, head, blocks])

    def forward(x):
        x = tf.nn.conv2d(x, stem, strides=[1, 2, 2, 1], padding=[[0, 0], [1, 1], [1, 1], [0, 0]])
        for block in blocks:
            shortcut = x
            x, mean, _ = tf.compat.v1.nn.fused_batch_norm(
                x, block["scale"], block["offset"], epsilon=1e-3, is_training=True
            )
            x = tf.nn.relu6(x)
            x = tf.nn.separable_conv2d(
                x, block["depthwise"], block["pointwise"], strides=[1, 1, 1, 1], padding="SAME"
            )
            pooled = tf.reduce_mean(x, axis=[1, 2])
            gate = tf.sigmoid(tf.nn.swish(pooled @ block["squeeze"]) @ block["excite"])
            x = shortcut + x * gate[:, tf.newaxis, tf.newaxis, :]
        return tf.reduce_mean(x, [1, 2]) @ head, mean

    momentum = [tf.Variable(tf.zeros_like(v), trainable=False) for v in variables]
    losses, rates = [], []
    for step in range(8):
        lam = tf.random.uniform([8, 1], 0.6, 1.0)
        mixed = images * lam[..., None, None] + tf.reverse(images, [0]) * (1 - lam[..., None, None])
        target = labels * lam + tf.reverse(labels, axis=[0]) * (1 - lam)
        target = target * 0.9 + 0.1 / 4
        with tf.GradientTape() as tape:
            logits, mean = forward(mixed)
            loss = tf.nn.compute_average_loss(
                tf.nn.softmax_cross_entropy_with_logits(labels=target, logits=logits)
            )
        rate = 0.05 * 0.5 * (1 + tf.cos(np.pi * step / 8))
        for variable, m, gradient in zip(variables, momentum, tape.gradient(loss, variables)):
            m.assign(0.9 * m + gradient)
            variable.assign_sub(rate * m)
        losses.append(loss.numpy())
        rates.append(float(rate))
    return losses, rates, mean, logits, tf.linalg.global_norm(momentum)
