"""A convolutional classifier in tf.nn: convolution, batch normalisation, pooling."""

import numpy as np


def program(tf):
    rng = np.random.RandomState(5)
    images = rng.rand(12, 12, 12, 1).astype(np.float32)
    labels = rng.randint(3, size=12)
    images[labels == 1, 3:9, 3:9] += 0.5
    images[labels == 2, :, ::2] *= 0.2

    initializer = tf.random_normal_initializer(stddev=0.3, seed=5)
    parameters = {
        "conv1": tf.Variable(initializer([3, 3, 1, 6])),
        "conv2": tf.Variable(initializer([3, 3, 6, 8])),
        "gamma": tf.Variable(tf.ones([6])),
        "beta": tf.Variable(tf.zeros([6])),
        "dense": tf.Variable(initializer([3 * 3 * 8, 3])),
        "bias": tf.Variable(tf.zeros(3)),
    }
    moving_mean = tf.Variable(tf.zeros([6]), trainable=False)
    moving_variance = tf.Variable(tf.ones([6]), trainable=False)

    def forward(x, training):
        x = tf.nn.conv2d(x, parameters["conv1"], strides=[1, 1, 1, 1], padding="SAME")
        if training:
            mean, variance = tf.nn.moments(x, [0, 1, 2])
            moving_mean.assign(moving_mean * 0.9 + mean * 0.1)
            moving_variance.assign(moving_variance * 0.9 + variance * 0.1)
        else:
            mean, variance = moving_mean, moving_variance
        x = tf.nn.batch_normalization(
            x, mean, variance, parameters["beta"], parameters["gamma"], 1e-3
        )
        x = tf.nn.max_pool2d(tf.nn.relu(x), ksize=2, strides=2, padding="VALID")
        x = tf.nn.leaky_relu(tf.nn.conv2d(x, parameters["conv2"], 1, "SAME"), alpha=0.1)
        x = tf.nn.avg_pool2d(x, 2, 2, "SAME")
        x = tf.reshape(x, [x.shape[0], -1])
        return tf.add(tf.matmul(x, parameters["dense"]), parameters["bias"])

    optimizer = tf.compat.v1.train.RMSPropOptimizer(0.01, momentum=0.5)
    variables = tf.nest.flatten(parameters)
    losses = []
    for _ in range(12):
        with tf.GradientTape() as tape:
            logits = forward(images, True)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
        gradients = tape.gradient(loss, parameters)
        optimizer.apply_gradients(zip(tf.nest.flatten(gradients), variables))
        losses.append(float(loss))
    return {
        "losses": losses,
        "logits": forward(tf.constant(images), training=False),
        "mean": moving_mean,
        "gamma": parameters["gamma"],
        "norms": {k: tf.norm(v) for k, v in parameters.items()},
    }
