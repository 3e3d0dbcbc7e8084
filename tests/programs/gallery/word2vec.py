"""Skip-gram word vectors with NCE and sampled softmax; rows of the tables change sparsely."""

CORPUS = "the quick brown fox jumps over the lazy dog while the quick cat sleeps near the dog"


def program(tf):
    words = CORPUS.split()
    vocabulary = sorted(set(words))
    index = {w: i for i, w in enumerate(vocabulary)}
    pairs = [
        (index[words[i]], index[words[j]])
        for i in range(len(words))
        for j in range(max(0, i - 2), min(len(words), i + 3))
        if i != j
    ]
    centers, contexts = (list(t) for t in zip(*pairs))
    size, dim = len(vocabulary), 5

    tf.random.set_seed(9)
    embeddings = tf.Variable(tf.random.uniform([size, dim], -1.0, 1.0))
    nce_weights = tf.Variable(tf.random.truncated_normal([size, dim], stddev=1.0 / dim**0.5))
    nce_biases = tf.Variable(tf.zeros([size]))
    variables = [embeddings, nce_weights, nce_biases]
    labels = tf.cast(tf.expand_dims(contexts, 1), tf.int64)
    optimizer = tf.compat.v1.train.GradientDescentOptimizer(0.1)

    losses, kinds = [], []
    for step in range(12):
        with tf.GradientTape() as tape:
            looked_up = tf.nn.embedding_lookup(embeddings, centers)
            criterion = tf.nn.nce_loss if step % 2 == 0 else tf.nn.sampled_softmax_loss
            loss = tf.reduce_mean(
                criterion(
                    weights=nce_weights,
                    biases=nce_biases,
                    labels=labels,
                    inputs=looked_up,
                    num_sampled=4,
                    num_classes=size,
                )
            )
        gradients = tape.gradient(loss, variables)
        kinds.append([isinstance(g, tf.IndexedSlices) for g in gradients])
        optimizer.apply_gradients(zip(gradients, variables))
        losses.append(float(loss))

    normalized = embeddings / tf.sqrt(tf.reduce_sum(embeddings**2, axis=1, keepdims=True))
    similarity = tf.matmul(normalized, normalized, transpose_b=True)
    nearest = tf.math.top_k(similarity - 2 * tf.eye(size), k=2)
    same = tf.nn.l2_normalize(embeddings, axis=1)
    return (
        losses,
        kinds[-1],
        nearest.values,
        tf.reduce_max(tf.abs(same - normalized)) < 1e-5,
        embeddings,
    )
