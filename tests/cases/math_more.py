"""Segment reductions, histograms and small dtypes once more."""

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
        "histogram_fixed_width",
        lambda tf: tf.histogram_fixed_width([-1.0, 0.0, 1.5, 2.0, 5.0, 15.0], [0.0, 5.0], nbins=5),
    ),
    Case(
        "histogram_fixed_width",
        lambda tf: tf.histogram_fixed_width(
            [-1.0, 0.0, 1.5, 2.0, 5.0, 15.0], [0.0, 5.0], nbins=5, dtype=tf.int64
        ),
    ),
    Case(
        "histogram_fixed_width",
        lambda tf: tf.histogram_fixed_width([[-1.0, 0.0], [1.5, 2.0]], [0.0, 5.0], nbins=5),
    ),
    Case("histogram_fixed_width", lambda tf: tf.histogram_fixed_width([1, 2, 3], [0, 5], nbins=5)),
    bad(
        "histogram_fixed_width", lambda tf: tf.histogram_fixed_width([1, 2, 3], [0.0, 5.0], nbins=5)
    ),
    bad(
        "histogram_fixed_width",
        lambda tf: tf.histogram_fixed_width([1.0, 2.0], [5.0, 0.0], nbins=5),
    ),
    bad(
        "histogram_fixed_width",
        lambda tf: tf.histogram_fixed_width([1.0, 2.0], [5.0, 5.0], nbins=5),
    ),
    bad(
        "histogram_fixed_width",
        lambda tf: tf.histogram_fixed_width([1.0, 2.0], [0.0, 5.0], nbins=0),
    ),
    bad(
        "histogram_fixed_width",
        lambda tf: tf.histogram_fixed_width([1.0, 2.0], [0.0, 5.0], nbins=-1),
    ),
    bad(
        "histogram_fixed_width",
        lambda tf: tf.histogram_fixed_width([1.0, np.nan], [0.0, 5.0], nbins=5),
    ),
    bad(
        "histogram_fixed_width",
        lambda tf: tf.histogram_fixed_width([1.0, 2.0], [0.0, 5.0], nbins=5, dtype=tf.float32),
    ),
    Case("histogram_fixed_width", lambda tf: tf.histogram_fixed_width([], [0.0, 5.0], nbins=5)),
    bad(
        "histogram_fixed_width",
        lambda tf: tf.histogram_fixed_width([1.0, 2.0], [0.0, 5.0, 3.0], nbins=5),
    ),
    bad("histogram_fixed_width", lambda tf: tf.histogram_fixed_width(["a"], [0.0, 5.0], nbins=5)),
    Case(
        "histogram_fixed_width_bins",
        lambda tf: tf.histogram_fixed_width_bins(
            [-1.0, 0.0, 1.5, 2.0, 5.0, 15.0], [0.0, 5.0], nbins=5
        ),
    ),
    Case(
        "histogram_fixed_width_bins",
        lambda tf: tf.histogram_fixed_width_bins(
            [-1.0, 0.0, 1.5, 2.0, 5.0, 15.0], [0.0, 5.0], nbins=5, dtype=tf.int64
        ),
    ),
    Case(
        "histogram_fixed_width_bins",
        lambda tf: tf.histogram_fixed_width_bins([[1.0, 2.0]], [0.0, 5.0], nbins=5),
    ),
    bad(
        "histogram_fixed_width_bins",
        lambda tf: tf.histogram_fixed_width_bins([1, 2], [0, 5], nbins=5),
    ),
    Case(
        "histogram_fixed_width_bins",
        lambda tf: tf.histogram_fixed_width_bins([1.0, 2.0], [5.0, 0.0], nbins=5),
    ),
    bad(
        "histogram_fixed_width_bins",
        lambda tf: tf.histogram_fixed_width_bins([1.0, 2.0], [0.0, 5.0], nbins=0),
    ),
    Case(
        "histogram_fixed_width_bins",
        lambda tf: tf.histogram_fixed_width_bins([], [0.0, 5.0], nbins=5),
    ),
    Case(
        "histogram_fixed_width_bins",
        lambda tf: tf.histogram_fixed_width_bins([1.0, 2.0], [0.0, 5.0], nbins=5, dtype=tf.float32),
    ),
    bad("math.truediv", lambda tf: tf.truediv("a", "b")),
    bad("math.truediv", lambda tf: tf.truediv(True, False)),
    bad("math.divide_no_nan", lambda tf: tf.math.divide_no_nan(True, False)),
    bad("divide", lambda tf: tf.divide("a", "b")),
    bad("add", lambda tf: tf.add(1, 2.5)),
    bad("math.multiply", lambda tf: tf.multiply(1, 2.5)),
    bad("math.truediv", lambda tf: tf.truediv(1, 2.5)),
    Case("math.subtract", lambda tf: tf.subtract(1.5, 2)),
    Case("math.segment_min", lambda tf: tf.math.segment_min([[1.0, 2.0], [3.0, -1.0]], [0, 0])),
    Case("math.segment_max", lambda tf: tf.math.segment_max([[1.0, 2.0], [3.0, -1.0]], [0, 0])),
    bad("math.segment_max", lambda tf: tf.math.segment_max([1, 2], [1, 0])),
    bad("math.segment_min", lambda tf: tf.math.segment_min(["a"], [0])),
    Case("math.segment_prod", lambda tf: tf.math.segment_prod([2.0, 3.0, 4.0], [0, 0, 1])),
    bad("math.segment_prod", lambda tf: tf.math.segment_prod([2.0, 3.0, 4.0], [0, 0])),
    Case(
        "math.unsorted_segment_min",
        lambda tf: tf.math.unsorted_segment_min([[1.0, 2.0], [3.0, -1.0]], [0, 0], 1),
    ),
    bad("math.unsorted_segment_min", lambda tf: tf.math.unsorted_segment_min([1.0], [3], 2)),
    Case(
        "math.unsorted_segment_max",
        lambda tf: tf.math.unsorted_segment_max([[1, 5], [3, -1]], [1, 1], 2),
    ),
    Case(
        "math.unsorted_segment_prod",
        lambda tf: tf.math.unsorted_segment_prod([2.0, 3.0, 4.0], [0, 0, 1], 3),
    ),
    bad("math.unsorted_segment_prod", lambda tf: tf.math.unsorted_segment_prod([2.0], [1], 1)),
    Case(
        "math.unsorted_segment_mean",
        lambda tf: tf.math.unsorted_segment_mean([[2.0, 4.0], [4.0, 8.0]], [0, 0], 2),
    ),
    bad("math.unsorted_segment_mean", lambda tf: tf.math.unsorted_segment_mean([2.0], [1], 1)),
    Case(
        "math.unsorted_segment_sqrt_n",
        lambda tf: tf.math.unsorted_segment_sqrt_n([[2.0, 4.0], [4.0, 8.0]], [1, 1], 2),
    ),
    bad(
        "math.unsorted_segment_sqrt_n",
        lambda tf: tf.math.unsorted_segment_sqrt_n([1, 2], [0, 0], 1),
    ),
    Case(
        "sparse.segment_sqrt_n",
        lambda tf: tf.sparse.segment_sqrt_n([1.0, 2.0, 3.0], [0, 2], [0, 0]),
    ),
    bad("sparse.segment_sqrt_n", lambda tf: tf.sparse.segment_sqrt_n([1, 2, 3], [0, 2], [0, 0])),
    bad("sparse.segment_mean", lambda tf: tf.sparse.segment_mean([1.0, 2.0, 3.0], [0, 2], [1, 0])),
    Case(
        "sparse.segment_sqrt_n",
        lambda tf: gradient(
            tf, lambda x: tf.sparse.segment_sqrt_n(x, [0, 2], [0, 0]), [1.0, 2.0, 3.0]
        ),
    ),
    Case(
        "math.segment_min",
        lambda tf: gradient(tf, lambda x: tf.math.segment_min(x, [0, 0, 1]), [1.0, 1.0, 2.0]),
    ),
    Case(
        "math.unsorted_segment_sqrt_n",
        lambda tf: gradient(
            tf, lambda x: tf.math.unsorted_segment_sqrt_n(x, [0, 0, 1], 2), [1.0, 1.0, 2.0]
        ),
    ),
    Case(
        "math.unsorted_segment_mean",
        lambda tf: gradient(
            tf, lambda x: tf.math.unsorted_segment_mean(x, [0, -1, 0], 2), [1.0, 1.0, 2.0]
        ),
    ),
    Case("math.polyval", lambda tf: tf.math.polyval([[1.0, 2.0], 3.0], tf.constant([2.0, 1.0]))),
    Case("math.is_non_decreasing", lambda tf: tf.math.is_non_decreasing([1.0, np.nan])),
    Case("math.is_strictly_increasing", lambda tf: tf.math.is_strictly_increasing([3, 2])),
    bad("math.is_non_decreasing", lambda tf: tf.math.is_non_decreasing(["a", "b"])),
    Case("math.reduce_any", lambda tf: tf.reduce_any([[True, False]], axis=1, keepdims=True)),
    bad("math.reduce_any", lambda tf: tf.reduce_any([1.0])),
    Case("math.imag", lambda tf: tf.math.imag([[1j]])),
    Case("math.conj", lambda tf: tf.math.conj([[1j, 2]])),
    Case("math.reciprocal_no_nan", lambda tf: tf.math.reciprocal_no_nan(tf.constant([0j, 2j]))),
    bad("linalg.global_norm", lambda tf: tf.linalg.global_norm(3.0)),
    Case("math.reduce_mean", lambda tf: tf.reduce_mean([-7, 2, 2])),
    Case("math.reduce_mean", lambda tf: tf.reduce_mean(tf.constant([200, 100], tf.uint8))),
    Case("math.reduce_mean", lambda tf: tf.reduce_mean(tf.constant([100, 100], tf.int8))),
    Case(
        "math.reduce_mean", lambda tf: tf.reduce_mean(tf.constant([60000.0, 60000.0], tf.float16))
    ),
    Case("math.reduce_sum", lambda tf: tf.reduce_sum(tf.constant([60000.0, 60000.0], tf.float16))),
    Case("math.reduce_sum", lambda tf: tf.reduce_sum(tf.constant([200, 100], tf.uint8))),
    Case("math.reduce_sum", lambda tf: tf.reduce_sum(tf.ones([3000], tf.float16))),
    Case("math.reduce_sum", lambda tf: tf.reduce_sum(tf.ones([3000], tf.bfloat16))),
    Case("math.reduce_mean", lambda tf: tf.reduce_mean(tf.ones([3000], tf.bfloat16))),
    Case("math.reduce_prod", lambda tf: tf.reduce_prod(tf.constant([2.0, 3.0], tf.bfloat16))),
    Case("math.reduce_max", lambda tf: tf.reduce_max(tf.constant([2.0, 3.0], tf.bfloat16))),
    bad("math.reduce_mean", lambda tf: tf.reduce_mean(bools(tf))),
    Case("math.reduce_mean", lambda tf: tf.reduce_mean([1 + 1j, 3])),
    Case("cumsum", lambda tf: tf.cumsum(tf.ones([3000], tf.float16))[-1]),
    Case("cumsum", lambda tf: tf.cumsum(tf.ones([300], tf.bfloat16))[-1]),
    Case("math.square", lambda tf: tf.square(tf.constant(200, tf.uint8))),
    Case("argmax", lambda tf: tf.argmax([[1, 2], [3, 0]], axis=-1)),
]
