"""Segment reductions, argmax and argmin."""

import numpy as np

from cases.form import Case, bad


def floats(tf):
    return tf.constant([1.0, 2.0])


def ints(tf):
    return tf.constant([1, 2])


def bools(tf):
    return tf.constant([True, False])


def complexes(tf):
    return tf.constant([1 + 1j, 2.0])


def strings(tf):
    return tf.constant(["a", "b"])


def doubles(tf):
    return tf.constant([1.0, 2.0], tf.float64)


def gradient(tf, function, *values):
    """The gradients of a function in each of its arguments."""
    inputs = [tf.convert_to_tensor(v) for v in values]
    with tf.GradientTape() as tape:
        for x in inputs:
            tape.watch(x)
        y = function(*inputs)
    return tape.gradient(y, inputs)


CASES = [
    Case(
        "math.segment_max",
        lambda tf: gradient(tf, lambda x: tf.math.segment_max(x, [0, 0, 1]), [1.0, 1.0, 2.0]),
    ),
    Case(
        "math.segment_prod",
        lambda tf: gradient(tf, lambda x: tf.math.segment_prod(x, [0, 0, 1]), [1.0, 0.0, 2.0]),
    ),
    Case(
        "math.unsorted_segment_prod",
        lambda tf: gradient(
            tf, lambda x: tf.math.unsorted_segment_prod(x, [0, 0, 1], 2), [1.0, 0.0, 2.0]
        ),
    ),
    Case(
        "math.unsorted_segment_sum",
        lambda tf: gradient(
            tf, lambda x: tf.math.unsorted_segment_sum(x, [0, -1, 1], 2), [1.0, 0.0, 2.0]
        ),
    ),
    Case(
        "math.segment_mean",
        lambda tf: gradient(tf, lambda x: tf.math.segment_mean(x, [0, 0, 1]), [1.0, 0.0, 2.0]),
    ),
    Case(
        "sparse.segment_mean",
        lambda tf: gradient(
            tf, lambda x: tf.sparse.segment_mean(x, [0, 1, 1], [0, 0, 1]), [1.0, 0.0, 2.0]
        ),
    ),
    Case(
        "sparse.segment_sum",
        lambda tf: gradient(
            tf, lambda x: tf.sparse.segment_sum(x, [0, 1, 1], [0, 0, 1]), [1.0, 0.0, 2.0]
        ),
    ),
    Case("math.segment_sum", lambda tf: tf.math.segment_sum([1.0, 2.0, 3.0], [0, 0, 2])),
    Case("math.segment_max", lambda tf: tf.math.segment_max([1.0, 2.0, 3.0], [0, 0, 2])),
    Case("math.segment_min", lambda tf: tf.math.segment_min([1, 2, 3], [0, 0, 2])),
    Case("math.segment_prod", lambda tf: tf.math.segment_prod([1.0, 2.0, 3.0], [0, 0, 2])),
    Case("math.segment_mean", lambda tf: tf.math.segment_mean([1, 2, 4], [0, 0, 2])),
    bad("math.segment_sum", lambda tf: tf.math.segment_sum([1.0, 2.0, 3.0], [0, 1, 0])),
    bad("math.segment_sum", lambda tf: tf.math.segment_sum([1.0, 2.0, 3.0], [0, 1])),
    bad("math.segment_sum", lambda tf: tf.math.segment_sum([1.0, 2.0, 3.0], [-1, 0, 1])),
    Case("math.segment_sum", lambda tf: tf.math.segment_sum([1.0, 2.0, 3.0], [1, 1, 1])),
    bad(
        "math.segment_sum",
        lambda tf: tf.math.segment_sum([[1.0, 2.0], [3.0, 4.0]], [[0, 0], [1, 1]]),
    ),
    bad("math.segment_sum", lambda tf: tf.math.segment_sum(1.0, 0)),
    Case(
        "math.segment_sum",
        lambda tf: tf.math.segment_sum(tf.zeros([0, 3]), tf.zeros([0], tf.int32)),
    ),
    bad("math.segment_sum", lambda tf: tf.math.segment_sum([1.0, 2.0, 3.0], [0.0, 1.0, 1.0])),
    bad(
        "math.unsorted_segment_sum",
        lambda tf: tf.math.unsorted_segment_sum([1.0, 2.0, 3.0], [0, 5, 1], 2),
    ),
    Case(
        "math.unsorted_segment_sum",
        lambda tf: tf.math.unsorted_segment_sum([1.0, 2.0, 3.0], [0, -5, 1], 2),
    ),
    bad(
        "math.unsorted_segment_sum",
        lambda tf: tf.math.unsorted_segment_sum([1.0, 2.0, 3.0], [0, 1], 2),
    ),
    Case(
        "math.unsorted_segment_sum",
        lambda tf: tf.math.unsorted_segment_sum([[1.0, 2.0], [3.0, 4.0]], [[0, 1], [1, 1]], 3),
    ),
    bad(
        "math.unsorted_segment_sum",
        lambda tf: tf.math.unsorted_segment_sum([[1.0, 2.0], [3.0, 4.0]], [0, 1], -1),
    ),
    bad(
        "math.unsorted_segment_sum",
        lambda tf: tf.math.unsorted_segment_sum([[1.0, 2.0], [3.0, 4.0]], [0, 1], [3]),
    ),
    Case(
        "math.unsorted_segment_max", lambda tf: tf.math.unsorted_segment_max([1.0, 2.0], [0, 0], 2)
    ),
    Case(
        "math.unsorted_segment_min", lambda tf: tf.math.unsorted_segment_min([1.0, 2.0], [0, 0], 2)
    ),
    Case("math.unsorted_segment_max", lambda tf: tf.math.unsorted_segment_max([1, 2], [0, 0], 2)),
    Case("math.unsorted_segment_prod", lambda tf: tf.math.unsorted_segment_prod([1, 2], [0, 0], 2)),
    Case(
        "math.unsorted_segment_mean",
        lambda tf: tf.math.unsorted_segment_mean([1.0, 2.0], [0, 0], 2),
    ),
    Case("math.unsorted_segment_mean", lambda tf: tf.math.unsorted_segment_mean([1, 2], [0, 0], 2)),
    Case(
        "math.unsorted_segment_sqrt_n",
        lambda tf: tf.math.unsorted_segment_sqrt_n([1.0, 2.0], [0, 0], 2),
    ),
    Case(
        "sparse.segment_sum",
        lambda tf: tf.sparse.segment_sum([[1.0, 2.0], [3.0, 4.0]], [0, 1, 0], [0, 0, 2]),
    ),
    Case(
        "sparse.segment_sum",
        lambda tf: tf.sparse.segment_sum(
            [[1.0, 2.0], [3.0, 4.0]], [0, 1, 0], [0, 0, 2], num_segments=5
        ),
    ),
    bad(
        "sparse.segment_sum",
        lambda tf: tf.sparse.segment_sum([[1.0, 2.0], [3.0, 4.0]], [0, 1, 5], [0, 0, 2]),
    ),
    bad(
        "sparse.segment_sum",
        lambda tf: tf.sparse.segment_sum(
            [[1.0, 2.0], [3.0, 4.0]], [0, 1, 0], [0, 0, 2], num_segments=2
        ),
    ),
    Case(
        "sparse.segment_mean",
        lambda tf: tf.sparse.segment_mean([[1.0, 2.0], [3.0, 4.0]], [0, 1, 0], [0, 0, 2]),
    ),
    Case(
        "sparse.segment_sqrt_n",
        lambda tf: tf.sparse.segment_sqrt_n([[1.0, 2.0], [3.0, 4.0]], [0, 1, 0], [0, 0, 2]),
    ),
    bad(
        "sparse.segment_sum",
        lambda tf: tf.sparse.segment_sum([[1.0, 2.0], [3.0, 4.0]], [0, 1, 0], [0, 2, 1]),
    ),
    bad(
        "sparse.segment_sum",
        lambda tf: tf.sparse.segment_sum([[1.0, 2.0], [3.0, 4.0]], [0, 1, 0], [0, 0]),
    ),
    Case(
        "sparse.segment_mean",
        lambda tf: tf.sparse.segment_mean([1.0, 2.0], [0, 1, 0], [0, 0, 2], sparse_gradient=True),
    ),
    Case("argmax", lambda tf: tf.argmax([1.0, 3.0, 3.0])),
    Case("argmax", lambda tf: tf.argmax([[1.0, np.nan, 3.0]], 1)),
    Case("argmax", lambda tf: tf.argmax([np.nan, 1.0])),
    Case("argmin", lambda tf: tf.argmin([1.0, np.nan, 0.0])),
    Case("argmin", lambda tf: tf.argmin([np.nan, 1.0, 0.0])),
    bad("argmax", lambda tf: tf.argmax(3.0)),
    bad("argmax", lambda tf: tf.argmax([], 0)),
    bad("argmax", lambda tf: tf.argmax(tf.zeros([0, 3]), 0)),
    Case("argmax", lambda tf: tf.argmax(tf.zeros([0, 3]), 1)),
    bad("argmax", lambda tf: tf.argmax([1, 2], 2)),
    Case("argmax", lambda tf: tf.argmax([1, 2], output_type=tf.int32)),
    bad("argmax", lambda tf: tf.argmax([1, 2], output_type=tf.float32)),
    Case("argmax", lambda tf: tf.argmax([1, 2], output_type=tf.uint16)),
    Case("argmax", lambda tf: tf.argmax([1, 2], output_type=tf.int16)),
    bad("argmin", lambda tf: tf.argmin([1, 2], output_type=tf.int16)),
    Case("argmax", lambda tf: tf.argmax([True, False])),
    bad("argmax", lambda tf: tf.argmax(complexes(tf))),
    bad("argmax", lambda tf: tf.argmax([1, 2], axis=[0])),
    bad("argmax", lambda tf: tf.argmax([1, 2], axis=1.0)),
    Case("argmax", lambda tf: tf.argmax([1, 2], axis=tf.constant(0))),
]
