"""A transformer block: positional encoding, masked multi-head attention, layer normalisation."""

import numpy as np


def positional_encoding(length, depth):
    positions = np.arange(length)[:, np.newaxis]
    rates = 1 / 10000 ** (np.arange(depth // 2)[np.newaxis] * 2 / depth)
    angles = positions * rates
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=-1)


def program(tf):
    batch, length, depth, heads = 2, 6, 8, 2
    tf.random.set_seed(8)
    tokens = tf.constant([[3, 1, 4, 1, 5, 0], [2, 6, 5, 0, 0, 0]])
    embedding = tf.Variable(tf.random.normal([7, depth]))
    wq, wk, wv, wo = (tf.Variable(tf.random.normal([depth, depth]) * 0.3) for _ in range(4))
    w1 = tf.Variable(tf.random.normal([depth, 16]) * 0.3)
    w2 = tf.Variable(tf.random.normal([16, depth]) * 0.3)
    scale, offset = tf.Variable(tf.ones(depth)), tf.Variable(tf.zeros(depth))
    variables = [embedding, wq, wk, wv, wo, w1, w2, scale, offset]

    def normalize(x):
        mean, variance = tf.nn.moments(x, axes=-1, keepdims=True)
        return (x - mean) * tf.math.rsqrt(variance + 1e-6) * scale + offset

    def split_heads(x):
        x = tf.reshape(x, (batch, -1, heads, depth // heads))
        return tf.transpose(x, perm=[0, 2, 1, 3])

    def attention(x, mask):
        q, k, v = (split_heads(tf.tensordot(x, w, axes=1)) for w in (wq, wk, wv))
        scores = tf.matmul(q, k, transpose_b=True) / tf.math.sqrt(
            tf.cast(depth // heads, tf.float32)
        )
        scores += mask * -1e9
        weights = tf.nn.softmax(scores, axis=-1)
        joined = tf.reshape(tf.transpose(weights @ v, [0, 2, 1, 3]), (batch, -1, depth))
        return tf.einsum("btd,de->bte", joined, wo), weights

    look_ahead = 1 - tf.linalg.band_part(tf.ones((length, length)), -1, 0)
    padding = tf.cast(tf.math.equal(tokens, 0), tf.float32)[:, tf.newaxis, tf.newaxis, :]
    mask = tf.maximum(look_ahead, padding)

    losses = []
    for _ in range(10):
        with tf.GradientTape() as tape:
            x = tf.gather(embedding, tokens) * tf.math.sqrt(float(depth))
            x += tf.cast(positional_encoding(length, depth), tf.float32)[tf.newaxis]
            attended, weights = attention(normalize(x), mask)
            x = x + attended
            x = x + tf.nn.gelu(normalize(x) @ w1) @ w2
            logits = tf.einsum("btd,vd->btv", x, embedding)
            target = tf.roll(tokens, shift=-1, axis=1)
            loss = tf.nn.sparse_softmax_cross_entropy_with_logits(target, logits)
            real = tf.cast(target != 0, loss.dtype)
            loss = tf.reduce_sum(loss * real) / tf.reduce_sum(real)
        gradients = tape.gradient(loss, variables)
        for variable, gradient in zip(variables, gradients):
            gradient = tf.convert_to_tensor(gradient)
            variable.assign_sub(0.01 * gradient)
        losses.append(loss)
    return tf.stack(losses), weights[0, 1], type(gradient).__name__ != "", embedding
