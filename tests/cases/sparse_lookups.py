"""Sparse embedding lookups, and sets."""

import numpy as np

from cases.form import Case, bad


def weights(tf):
    return tf.constant(np.arange(8, dtype=np.float32).reshape(4, 2))


def ids(tf):
    return tf.SparseTensor([[0, 0], [0, 1], [2, 0]], tf.constant([1, 3, 1], tf.int64), [4, 2])


def ids_weights(tf):
    return tf.SparseTensor([[0, 0], [0, 1], [2, 0]], [2.0, 0.5, 1.0], [4, 2])


def negative_ids(tf):
    return tf.SparseTensor([[0, 0], [0, 1], [2, 0]], tf.constant([1, -3, -1], tf.int64), [4, 2])


def deep_ids(tf):
    places = [[0, 0, 0], [0, 1, 1], [1, 0, 0]]
    return tf.SparseTensor(places, tf.constant([1, 3, 1], tf.int64), [2, 2, 2])


def of_weights(tf, function):
    """The gradient of a function of the weights, a variable."""
    variable = tf.Variable(weights(tf))
    with tf.GradientTape() as tape:
        y = function(variable)
    return tape.gradient(y, variable)


CASES = [
    Case(
        "nn.embedding_lookup_sparse",
        lambda tf: tf.nn.embedding_lookup_sparse(weights(tf), ids(tf), None),
    ),
    Case(
        "nn.embedding_lookup_sparse",
        lambda tf: tf.nn.embedding_lookup_sparse(weights(tf), ids(tf), None, combiner="sum"),
    ),
    Case(
        "nn.embedding_lookup_sparse",
        lambda tf: tf.nn.embedding_lookup_sparse(weights(tf), ids(tf), None, combiner="sqrtn"),
    ),
    Case(
        "nn.embedding_lookup_sparse",
        lambda tf: tf.nn.embedding_lookup_sparse(weights(tf), ids(tf), ids_weights(tf)),
    ),
    Case(
        "nn.embedding_lookup_sparse",
        lambda tf: tf.nn.embedding_lookup_sparse(
            weights(tf), ids(tf), ids_weights(tf), combiner="sum"
        ),
    ),
    Case(
        "nn.embedding_lookup_sparse",
        lambda tf: tf.nn.embedding_lookup_sparse(
            weights(tf), ids(tf), ids_weights(tf), combiner="sqrtn"
        ),
    ),
    bad(
        "nn.embedding_lookup_sparse",
        lambda tf: tf.nn.embedding_lookup_sparse(weights(tf), ids(tf), None, combiner="foo"),
    ),
    bad(
        "nn.embedding_lookup_sparse",
        lambda tf: tf.nn.embedding_lookup_sparse(weights(tf), [[1]], None),
    ),
    bad(
        "nn.embedding_lookup_sparse",
        lambda tf: tf.nn.embedding_lookup_sparse(weights(tf), ids(tf), [[1.0]]),
    ),
    Case(
        "nn.embedding_lookup_sparse",
        lambda tf: tf.nn.embedding_lookup_sparse(weights(tf), ids(tf), None, max_norm=2.0),
    ),
    Case(
        "nn.embedding_lookup_sparse",
        lambda tf: tf.nn.embedding_lookup_sparse(
            weights(tf), ids(tf), ids_weights(tf), max_norm=2.0, combiner="sum"
        ),
    ),
    bad(
        "nn.embedding_lookup_sparse",
        lambda tf: tf.nn.embedding_lookup_sparse(weights(tf), negative_ids(tf), None),
    ),
    bad("nn.embedding_lookup_sparse", lambda tf: tf.nn.embedding_lookup_sparse([], ids(tf), None)),
    bad(
        "nn.embedding_lookup_sparse",
        lambda tf: tf.nn.embedding_lookup_sparse(
            weights(tf), ids(tf), tf.SparseTensor([[0, 0], [0, 1]], [2.0, 0.5], [4, 2])
        ),
    ),
    Case(
        "nn.embedding_lookup_sparse",
        lambda tf: tf.nn.embedding_lookup_sparse(
            weights(tf), ids(tf), None, allow_fast_lookup=True
        ),
    ),
    Case(
        "nn.embedding_lookup_sparse",
        lambda tf: of_weights(tf, lambda w: tf.nn.embedding_lookup_sparse(w, ids(tf), None)),
    ),
    Case(
        "nn.embedding_lookup_sparse",
        lambda tf: of_weights(
            tf,
            lambda w: tf.nn.embedding_lookup_sparse(w, ids(tf), ids_weights(tf), combiner="sqrtn"),
        ),
    ),
    Case(
        "nn.embedding_lookup_sparse",
        lambda tf: tf.nn.embedding_lookup_sparse(
            weights(tf), tf.SparseTensor([[0, 0]], tf.constant([1]), [2, 1]), None
        ),
    ),
    Case(
        "nn.safe_embedding_lookup_sparse",
        lambda tf: tf.nn.safe_embedding_lookup_sparse(weights(tf), ids(tf)),
    ),
    Case(
        "nn.safe_embedding_lookup_sparse",
        lambda tf: tf.nn.safe_embedding_lookup_sparse(weights(tf), negative_ids(tf)),
    ),
    Case(
        "nn.safe_embedding_lookup_sparse",
        lambda tf: tf.nn.safe_embedding_lookup_sparse(weights(tf), negative_ids(tf), default_id=2),
    ),
    Case(
        "nn.safe_embedding_lookup_sparse",
        lambda tf: tf.nn.safe_embedding_lookup_sparse(weights(tf), ids(tf), ids_weights(tf)),
    ),
    Case(
        "nn.safe_embedding_lookup_sparse",
        lambda tf: tf.nn.safe_embedding_lookup_sparse(
            weights(tf), ids(tf), ids_weights(tf), combiner="sum", default_id=3
        ),
    ),
    Case(
        "nn.safe_embedding_lookup_sparse",
        lambda tf: tf.nn.safe_embedding_lookup_sparse(weights(tf), deep_ids(tf)),
    ),
    Case(
        "nn.safe_embedding_lookup_sparse",
        lambda tf: tf.nn.safe_embedding_lookup_sparse(
            weights(tf), deep_ids(tf), combiner="sum", max_norm=2.0
        ),
    ),
    bad(
        "nn.safe_embedding_lookup_sparse",
        lambda tf: tf.nn.safe_embedding_lookup_sparse(None, ids(tf)),
    ),
    bad(
        "nn.safe_embedding_lookup_sparse",
        lambda tf: tf.nn.safe_embedding_lookup_sparse([], ids(tf)),
    ),
    bad(
        "nn.safe_embedding_lookup_sparse",
        lambda tf: tf.nn.safe_embedding_lookup_sparse(weights(tf), ids(tf), combiner="foo"),
    ),
    Case(
        "nn.safe_embedding_lookup_sparse",
        lambda tf: tf.nn.safe_embedding_lookup_sparse(
            weights(tf),
            ids(tf),
            tf.SparseTensor([[0, 0], [0, 1], [2, 0]], [2.0, -0.5, 0.0], [4, 2]),
        ),
    ),
    Case(
        "nn.safe_embedding_lookup_sparse",
        lambda tf: tf.nn.safe_embedding_lookup_sparse(
            weights(tf),
            ids(tf),
            tf.SparseTensor([[0, 0], [0, 1], [2, 0]], [2.0, -0.5, 0.0], [4, 2]),
            combiner="sum",
        ),
    ),
    Case(
        "nn.safe_embedding_lookup_sparse",
        lambda tf: of_weights(
            tf,
            lambda w: tf.nn.safe_embedding_lookup_sparse(
                w, ids(tf), ids_weights(tf), combiner="sqrtn"
            ),
        ),
    ),
    Case(
        "nn.safe_embedding_lookup_sparse",
        lambda tf: of_weights(
            tf, lambda w: tf.nn.safe_embedding_lookup_sparse(w, negative_ids(tf), default_id=2)
        ),
    ),
    bad(
        "nn.safe_embedding_lookup_sparse",
        lambda tf: tf.nn.safe_embedding_lookup_sparse(weights(tf), [[1]]),
    ),
    bad(
        "nn.safe_embedding_lookup_sparse",
        lambda tf: tf.nn.safe_embedding_lookup_sparse(weights(tf), ids(tf), [[1.0]]),
    ),
    Case(
        "nn.safe_embedding_lookup_sparse",
        lambda tf: tf.nn.safe_embedding_lookup_sparse(
            weights(tf),
            tf.SparseTensor(tf.zeros([0, 2], tf.int64), tf.zeros([0], tf.int64), [2, 1]),
        ),
    ),
    Case("sets.intersection", lambda tf: tf.sets.intersection([[1, 2, 3]], [[3, 4, 1]])),
    Case(
        "sets.intersection",
        lambda tf: tf.sets.intersection([[1, 2, 3], [4, 4, 5]], [[3, 4, 1], [5, 4, 4]]),
    ),
    bad("sets.intersection", lambda tf: tf.sets.intersection([[1, 2, 3]], [[3], [4]])),
    bad("sets.intersection", lambda tf: tf.sets.intersection([1, 2], [2])),
    bad("sets.intersection", lambda tf: tf.sets.intersection([[1.0]], [[1.0]])),
    Case("sets.intersection", lambda tf: tf.sets.intersection([["a", "b"]], [["b"]])),
    Case("sets.intersection", lambda tf: tf.sets.intersection(ids(tf), ids(tf))),
    Case(
        "sets.intersection",
        lambda tf: tf.sets.intersection(
            [[1, 1], [3, 3], [1, 1], [1, 1]],
            tf.SparseTensor([[0, 0], [0, 1], [2, 0]], tf.constant([1, 3, 1], tf.int32), [4, 2]),
        ),
    ),
    bad("sets.intersection", lambda tf: tf.sets.intersection([[1]], [[[1]]])),
    Case(
        "sets.intersection", lambda tf: tf.sets.intersection([[[1, 2], [3, 4]]], [[[1, 3], [4, 4]]])
    ),
    bad("sets.intersection", lambda tf: tf.sets.intersection([[1]], tf.constant([[1]], tf.int64))),
    bad(
        "sets.intersection",
        lambda tf: tf.sets.intersection(
            tf.SparseTensor([[1, 0], [0, 0]], [1, 2], [2, 1]), [[1], [2]]
        ),
    ),
    Case(
        "sets.intersection",
        lambda tf: tf.sets.intersection(
            tf.SparseTensor([[1, 0], [0, 0]], [1, 2], [2, 1]), [[1], [2]], validate_indices=False
        ),
    ),
    Case("sets.union", lambda tf: tf.sets.union([[1, 2, 3], [4, 4, 5]], [[3, 4, 1], [5, 4, 4]])),
    Case(
        "sets.difference",
        lambda tf: tf.sets.difference([[1, 2, 3], [4, 4, 5]], [[3, 4, 1], [5, 4, 4]]),
    ),
    Case(
        "sets.difference",
        lambda tf: tf.sets.difference(
            [[1, 2, 3], [4, 4, 5]], [[3, 4, 1], [5, 4, 4]], aminusb=False
        ),
    ),
    Case(
        "sets.difference",
        lambda tf: tf.sets.difference(
            ids(tf), tf.constant([[1, 1], [3, 3], [1, 1], [1, 1]], tf.int64)
        ),
    ),
    Case(
        "sets.difference",
        lambda tf: tf.sets.difference(
            ids(tf), tf.constant([[1, 1], [3, 3], [1, 1], [1, 1]], tf.int64), False
        ),
    ),
    Case(
        "sets.size",
        lambda tf: tf.sets.size(
            tf.SparseTensor([[0, 0], [0, 1], [2, 0]], tf.constant([1, 1, 1], tf.int64), [4, 2])
        ),
    ),
    bad("sets.size", lambda tf: tf.sets.size([[1]])),
    Case("rank", lambda tf: tf.rank(ids(tf))),
    Case("size", lambda tf: tf.size(ids(tf))),
    Case("size", lambda tf: tf.size(ids(tf), tf.int64)),
    Case("shape", lambda tf: tf.shape(ids(tf))),
    Case("is_tensor", lambda tf: tf.is_tensor(ids(tf))),
]
