"""Style transfer: an image is optimised so that its Gram matrices are those of another."""

import numpy as np


def program(tf):
    rng = np.random.RandomState(26)
    filters = [
        tf.constant(rng.randn(3, 3, 3, 6) * 0.3, tf.float32),
        tf.constant(rng.randn(3, 3, 6, 8) * 0.2, tf.float32),
    ]
    content_image = tf.constant(rng.rand(1, 12, 12, 3), tf.float32)
    style_image = tf.image.resize(rng.rand(1, 6, 6, 3).astype(np.float32), [12, 12])

    def features(image):
        outputs, x = [], image * 2.0 - 1.0
        for f in filters:
            x = tf.nn.relu(tf.nn.conv2d(x, f, strides=1, padding="SAME"))
            outputs.append(x)
            x = tf.nn.avg_pool(x, 2, 2, "SAME")
        return outputs

    def gram(x):
        result = tf.linalg.einsum("bijc,bijd->bcd", x, x)
        shape = tf.shape(x)
        return result / tf.cast(shape[1] * shape[2], tf.float32)

    style = [gram(f) for f in features(style_image)]
    content = features(content_image)[-1]
    image = tf.Variable(content_image)
    optimizer = tf.compat.v1.train.AdamOptimizer(0.02, beta1=0.99, epsilon=1e-1)
    history = []
    for _ in range(12):
        with tf.GradientTape() as tape:
            found = features(image)
            style_loss = tf.add_n(
                [tf.reduce_mean((gram(f) - s) ** 2) for f, s in zip(found, style)]
            )
            content_loss = tf.reduce_mean((found[-1] - content) ** 2)
            variation = tf.reduce_sum(tf.image.total_variation(image))
            loss = style_loss + 0.1 * content_loss + 1e-4 * variation
        optimizer.apply_gradients([(tape.gradient(loss, image), image)])
        image.assign(tf.clip_by_value(image, clip_value_min=0.0, clip_value_max=1.0))
        history.append([style_loss.numpy(), content_loss.numpy(), variation.numpy()])
    edges = tf.image.sobel_edges(image)
    pixels = np.array(tf.cast(image[0] * 255, tf.uint8))
    return (
        np.stack(history),
        image[0, :2, :2],
        tf.reduce_mean(tf.abs(edges)),
        pixels.shape,
        pixels.dtype,
    )
