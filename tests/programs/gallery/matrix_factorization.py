"""Matrix factorisation of ratings: embeddings of users and items, biases, sparse gradients."""

RATINGS = [
    (0, 0, 5.0), (0, 1, 3.0), (0, 3, 1.0), (1, 0, 4.0), (1, 3, 1.0), (2, 0, 1.0), (2, 1, 1.0),
    (2, 3, 5.0), (3, 0, 1.0), (3, 3, 4.0), (4, 1, 1.0), (4, 2, 5.0), (4, 3, 4.0),
]  # fmt: skip


def program(tf):
    users, items, ratings = zip(*RATINGS)
    users, items = tf.constant(users), tf.constant(items, dtype=tf.int64)
    ratings = tf.constant(ratings)
    tf.random.set_seed(16)
    p = tf.Variable(tf.random.normal([5, 3], 0, 0.1), name="users")
    q = tf.Variable(tf.random.normal([4, 3], 0, 0.1), name="items")
    user_bias = tf.Variable(tf.zeros([5, 1]))
    item_bias = tf.Variable(tf.zeros([4, 1]))
    mean = tf.reduce_mean(ratings)
    variables = [p, q, user_bias, item_bias]
    results = {}
    for name, optimizer in {
        "adagrad": tf.compat.v1.train.AdagradOptimizer(0.1),
        "adam": tf.compat.v1.train.AdamOptimizer(0.02),
        "ftrl": tf.compat.v1.train.FtrlOptimizer(0.05, l1_regularization_strength=0.001),
        "momentum": tf.compat.v1.train.MomentumOptimizer(0.05, 0.9, use_nesterov=True),
    }.items():
        losses = []
        for _ in range(6):
            with tf.GradientTape() as tape:
                pu = tf.nn.embedding_lookup(p, users)
                qi = tf.nn.embedding_lookup(q, items)
                dot = tf.reduce_sum(pu * qi, axis=1)
                bias = tf.gather(user_bias, users)[:, 0] + tf.gather(item_bias, items)[:, 0]
                error = ratings - (mean + dot + bias)
                loss = tf.reduce_sum(error**2) + 0.02 * (tf.nn.l2_loss(pu) + tf.nn.l2_loss(qi))
            gradients = tape.gradient(loss, variables)
            optimizer.apply_gradients(zip(gradients, variables))
            losses.append(loss.numpy())
        results[name] = losses
    sparse = [isinstance(g, tf.IndexedSlices) for g in gradients]
    predicted = tf.matmul(p, q, transpose_b=True) + mean + user_bias + tf.transpose(item_bias)
    seen = tf.scatter_nd(tf.stack([users, tf.cast(items, tf.int32)], 1), ratings, [5, 4])
    best = tf.argmax(tf.where(seen > 0, -float("inf"), predicted), axis=1)
    return results, sparse, predicted, best[1:4], gradients[0].dense_shape
