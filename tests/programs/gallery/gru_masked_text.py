"""A GRU over padded sentences: vocabulary, masks, an embedding, tf.scan over time."""

SENTENCES = [
    "the movie was great",
    "a great great film!",
    "terrible movie , awful plot",
    "the plot was awful",
    "good film",
    "bad",
]
LABELS = [1.0, 1.0, 0.0, 0.0, 1.0, 0.0]


def program(tf):
    cleaned = tf.strings.regex_replace(tf.strings.lower(SENTENCES), r"[^a-z ]", "")
    tokens = tf.strings.split(cleaned)
    vocabulary, indices, counts = tf.unique_with_counts(tokens.flat_values)
    ids = tokens.with_flat_values(indices + 1).to_tensor(default_value=0)
    mask = tf.cast(tf.not_equal(ids, 0), tf.float32)
    size = int(tf.size(vocabulary)) + 1

    tf.random.set_seed(7)
    dim = 6
    table = tf.Variable(tf.random.uniform([size, dim], -0.5, 0.5))
    gates = tf.Variable(tf.random.normal([2 * dim, 2 * dim], stddev=0.4))
    candidate = tf.Variable(tf.random.normal([2 * dim, dim], stddev=0.4))
    out = tf.Variable(tf.random.normal([dim, 1]))
    variables = [table, gates, candidate, out]

    def step(h, element):
        x, m = element
        z, r = tf.split(tf.sigmoid(tf.concat([x, h], 1) @ gates), 2, axis=1)
        proposal = tf.tanh(tf.concat([x, r * h], 1) @ candidate)
        updated = z * h + (1.0 - z) * proposal
        return tf.where(m[:, tf.newaxis] > 0, updated, h)

    optimizer = tf.compat.v1.train.AdagradOptimizer(0.3)
    losses = []
    for _ in range(8):
        with tf.GradientTape() as tape:
            embedded = tf.nn.embedding_lookup(table, ids)
            states = tf.scan(
                step,
                (tf.transpose(embedded, [1, 0, 2]), tf.transpose(mask)),
                initializer=tf.zeros([len(SENTENCES), dim]),
            )
            logits = tf.squeeze(states[-1] @ out)
            loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(LABELS, logits))
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        losses.append(float(loss))
    words = [w.decode("utf-8") for w in vocabulary.numpy()]
    return losses, words, counts, ids, tf.sigmoid(logits), table[1], tokens.row_lengths()
