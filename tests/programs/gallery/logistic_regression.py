"""Logistic regression over minibatches that are cut by hand; accuracy, precision, recall."""

import numpy as np


def program(tf):
    rng = np.random.default_rng(2)
    features = np.concatenate([rng.normal(-1, 1, (50, 2)), rng.normal(1, 1, (50, 2))])
    labels = np.concatenate([np.zeros(50), np.ones(50)])
    order = rng.permutation(100)
    features, labels = features[order].astype("float32"), labels[order].astype("float32")

    w = tf.Variable(tf.zeros((2, 1)))
    b = tf.Variable(0.0)
    optimizer = tf.compat.v1.train.MomentumOptimizer(0.1, 0.9)
    for epoch in range(3):
        for start in range(0, len(features), 32):
            batch = tf.convert_to_tensor(features[start : start + 32])
            target = labels[start : start + 32]
            with tf.GradientTape() as tape:
                logits = tf.squeeze(batch @ w, -1) + b
                cross_entropy = tf.nn.sigmoid_cross_entropy_with_logits(
                    labels=target, logits=logits
                )
                loss = tf.reduce_mean(cross_entropy) + 0.01 * tf.nn.l2_loss(w)
            gradients = tape.gradient(loss, (w, b))
            optimizer.apply_gradients(zip(gradients, (w, b)))

    probability = tf.sigmoid(tf.squeeze(features @ w, axis=1) + b)
    predicted = probability > 0.5
    actual = tf.cast(labels, tf.bool)
    accuracy = tf.reduce_mean(tf.cast(predicted == actual, tf.float32))
    hits = tf.math.count_nonzero(predicted & actual)
    matrix = tf.math.confusion_matrix(labels, tf.cast(predicted, tf.int32), num_classes=2)
    return {
        "loss": loss,
        "accuracy": accuracy.numpy(),
        "hits": int(hits),
        "precision": hits / tf.math.count_nonzero(predicted),
        "matrix": matrix,
        "weights": [w.numpy(), b.numpy()],
        "wrong": tf.where(predicted != actual),
    }
