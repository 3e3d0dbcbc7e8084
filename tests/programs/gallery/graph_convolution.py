"""A graph network on a sparse adjacency matrix; PageRank; messages by segments."""

import numpy as np

EDGES = [(0, 1), (0, 2), (1, 2), (2, 3), (3, 4), (4, 5), (3, 5), (5, 0)]


def program(tf):
    tf.random.set_seed(36)
    both = sorted(set(EDGES + [(j, i) for i, j in EDGES] + [(i, i) for i in range(6)]))
    adjacency = tf.SparseTensor(indices=both, values=tf.ones(len(both)), dense_shape=[6, 6])
    degree = tf.sparse.reduce_sum(adjacency, axis=1)
    scale = tf.math.rsqrt(degree)
    rows, columns = tf.unstack(adjacency.indices, axis=1)
    values = adjacency.values * tf.gather(scale, rows) * tf.gather(scale, columns)
    normalized = tf.SparseTensor(adjacency.indices, values, adjacency.dense_shape)

    features = tf.eye(6)
    labels = tf.constant([0, 0, 0, 1, 1, 1])
    mask = tf.constant([1.0, 0, 0, 0, 1, 0])
    w1 = tf.Variable(tf.random.normal([6, 8], stddev=0.4))
    w2 = tf.Variable(tf.random.normal([8, 2], stddev=0.4))
    attention = tf.Variable(tf.zeros([4, 1]))
    losses = []
    for _ in range(15):
        with tf.GradientTape() as tape:
            hidden = tf.nn.relu(tf.sparse.sparse_dense_matmul(normalized, features @ w1))
            logits = tf.sparse.sparse_dense_matmul(normalized, hidden @ w2)
            pairs = tf.concat([tf.gather(logits, rows), tf.gather(logits, columns)], axis=1)
            score = tf.squeeze(tf.nn.leaky_relu(pairs @ attention + pairs[:, :1]), 1)
            score -= tf.gather(tf.math.segment_max(score, rows), rows)
            weights = tf.exp(score)
            weights /= tf.gather(tf.math.segment_sum(weights, rows), rows)
            mixed = tf.math.segment_sum(weights[:, None] * tf.gather(logits, columns), rows)
            loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, mixed)
            loss = tf.reduce_sum(loss * mask) / tf.reduce_sum(mask)
        for v, g in zip((w1, w2, attention), tape.gradient(loss, (w1, w2, attention))):
            v.assign_sub(0.5 * g)
        losses.append(float(loss))

    links = tf.sparse.reorder(tf.SparseTensor([(j, i) for i, j in EDGES], [1.0] * 8, [6, 6]))
    dense = tf.sparse.to_dense(links)
    transition = dense / tf.reduce_sum(dense, axis=0, keepdims=True)
    rank = tf.fill([6, 1], 1 / 6)
    for _ in range(25):
        rank = 0.85 * transition @ rank + 0.15 / 6
    return np.array(losses), tf.argmax(mixed, 1), tf.squeeze(rank), weights, w2
