"""Bags of words from raw text: cleaning, vocabulary, hashing, n-grams, ragged means."""

import re
import string

REVIEWS = [
    "I loved it!<br /> Loved, loved it.",
    "Not good... NOT good at all",
    "It's fine, it's OK",
    "",
    "what a waste of time & money",
]


def program(tf):
    def standardize(text):
        lower = tf.strings.lower(text)
        stripped = tf.strings.regex_replace(lower, "<br />", " ")
        return tf.strings.regex_replace(stripped, f"[{re.escape(string.punctuation)}]", "")

    text = tf.constant(REVIEWS)
    clean = standardize(text)
    tokens = tf.strings.split(tf.strings.strip(clean))
    flat = tokens.values
    vocabulary, ids, counts = tf.unique_with_counts(flat)
    rank = tf.argsort(counts, direction="DESCENDING", stable=True)
    ordered = tf.gather(vocabulary, rank)[:6]
    ragged_ids = tf.RaggedTensor.from_row_splits(ids, tokens.row_splits)
    bag = tf.math.bincount(
        tf.cast(ragged_ids.to_tensor(default_value=-1), tf.int32) + 1,
        minlength=len(vocabulary) + 1,
        axis=-1,
    )[:, 1:]
    documents = tf.math.count_nonzero(bag, axis=0)
    idf = tf.math.log((1 + len(REVIEWS)) / (1 + documents)) + 1.0
    tfidf = tf.math.l2_normalize(tf.cast(bag, tf.float64) * idf, axis=1)
    hashed = tf.strings.to_hash_bucket_fast(flat, 50)
    bigrams = tf.strings.ngrams(tokens, 2)
    letters = tf.strings.unicode_split(ordered, "UTF-8")

    tf.random.set_seed(28)
    table = tf.Variable(tf.random.normal([50, 3]))
    out = tf.Variable([0.5, -0.5, 0.25])
    labels = tf.constant([1.0, 0.0, 1.0, 0.0, 0.0])
    losses = []
    for _ in range(5):
        with tf.GradientTape() as tape:
            embedded = tf.gather(table, tokens.with_values(hashed))
            total = tf.reduce_sum(embedded, axis=1)
            mean = total / tf.maximum(tf.cast(tokens.row_lengths(), tf.float32), 1.0)[:, None]
            logits = tf.linalg.matvec(mean, out)
            loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels, logits))
        for variable, gradient in zip((table, out), tape.gradient(loss, (table, out))):
            if isinstance(gradient, tf.IndexedSlices):
                variable.scatter_sub(tf.IndexedSlices(gradient.values * 0.5, gradient.indices))
            else:
                variable.assign_sub(0.5 * gradient)
        losses.append(loss.numpy())
    return {
        "clean": clean,
        "tokens": tokens.to_list(),
        "ordered": ordered,
        "tfidf": tfidf,
        "hashed": hashed,
        "bigrams": bigrams.to_list()[:2],
        "letters": letters.to_list()[0],
        "lengths": tf.strings.length(text),
        "joined": tf.strings.reduce_join(tokens[0], separator="_"),
        "numbers": tf.strings.to_number(tf.strings.as_string([1.5, 2.0])),
        "losses": losses,
        "starts": tf.strings.regex_full_match(clean, "i.*"),
        "prefix": tf.strings.substr("hello", 1, 3),
        "formatted": tf.strings.format("loss {}", tf.round(losses[0] * 10)),
    }
