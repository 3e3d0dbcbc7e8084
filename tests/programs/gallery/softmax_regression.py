"""Softmax regression on make-believe digits, with one-hot labels, clipping and weight decay."""

import numpy as np


def program(tf):
    rng = np.random.RandomState(3)
    images = rng.randint(0, 256, size=(60, 8, 8)).astype(np.uint8)
    labels = (images.reshape(60, -1)[:, :10].argmax(1)).astype(np.int64)

    x = tf.reshape(tf.cast(images, tf.float32) / 255.0, [tf.shape(images)[0], -1])
    y = tf.one_hot(labels, depth=10)
    weights = tf.Variable(tf.random.stateless_truncated_normal([64, 10], seed=[0, 3], stddev=0.05))
    biases = tf.Variable(tf.fill([10], 0.1))
    losses = []
    for _ in range(25):
        with tf.GradientTape() as tape:
            logits = tf.nn.bias_add(tf.matmul(x, weights), biases)
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(y, logits))
            loss += 1e-3 * tf.reduce_sum([tf.nn.l2_loss(v) for v in (weights, biases)])
        gradients = tape.gradient(loss, [weights, biases])
        gradients, norm = tf.clip_by_global_norm(gradients, 1.0)
        weights.assign_sub(gradients[0] * 0.5)
        biases.assign_add(-0.5 * gradients[1])
        losses.append(loss.numpy().item())
    probabilities = tf.nn.softmax(logits)
    predictions = tf.argmax(probabilities, axis=-1)
    in_top = tf.math.in_top_k(labels, probabilities, k=3)
    per_class = tf.math.unsorted_segment_mean(
        tf.cast(tf.equal(predictions, labels), tf.float32), labels, 10
    )
    return losses, norm, predictions, tf.reduce_sum(tf.cast(in_top, tf.int32)), per_class
