"""Reductions, scans, counting, sums, intervals, casts."""

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
    Case("math.reduce_max", lambda tf: tf.reduce_max([np.nan, 1.0])),
    Case("math.reduce_max", lambda tf: tf.reduce_max([1.0, np.nan])),
    Case("math.reduce_min", lambda tf: tf.reduce_min([1.0, np.nan, 0.0])),
    Case("math.reduce_max", lambda tf: tf.reduce_max(tf.zeros([0]))),
    Case("math.reduce_min", lambda tf: tf.reduce_min(tf.zeros([0]))),
    Case("math.reduce_max", lambda tf: tf.reduce_max(tf.zeros([0], tf.int32))),
    Case("math.reduce_prod", lambda tf: tf.reduce_prod(tf.zeros([0], tf.int32))),
    Case("math.reduce_all", lambda tf: tf.reduce_all(tf.zeros([0], tf.bool))),
    Case("math.reduce_any", lambda tf: tf.reduce_any(tf.zeros([0], tf.bool))),
    Case("math.reduce_mean", lambda tf: tf.reduce_mean(tf.zeros([0]))),
    Case("math.reduce_mean", lambda tf: tf.reduce_mean(tf.zeros([0], tf.int32))),
    Case("math.reduce_euclidean_norm", lambda tf: tf.math.reduce_euclidean_norm([3, 4, 4])),
    Case("math.reduce_euclidean_norm", lambda tf: tf.math.reduce_euclidean_norm(complexes(tf))),
    bad("math.reduce_sum", lambda tf: tf.reduce_sum(bools(tf))),
    bad("math.reduce_sum", lambda tf: tf.reduce_sum(strings(tf))),
    bad("math.reduce_sum", lambda tf: tf.reduce_sum(floats(tf), axis=1)),
    bad("math.reduce_sum", lambda tf: tf.reduce_sum(floats(tf), axis=-2)),
    bad("math.reduce_sum", lambda tf: tf.reduce_sum(floats(tf), axis=[0, 0])),
    bad("math.reduce_sum", lambda tf: tf.reduce_sum(floats(tf), axis=[0, -1])),
    bad("math.reduce_sum", lambda tf: tf.reduce_sum(floats(tf), axis="a")),
    bad("math.reduce_sum", lambda tf: tf.reduce_sum(floats(tf), axis=0.5)),
    Case("math.reduce_sum", lambda tf: tf.reduce_sum(floats(tf), axis=[[0]])),
    Case("math.reduce_sum", lambda tf: tf.reduce_sum(floats(tf), axis=[])),
    Case("math.reduce_sum", lambda tf: tf.reduce_sum(floats(tf), axis=tf.constant(0))),
    Case("math.reduce_sum", lambda tf: tf.reduce_sum(floats(tf), axis=tf.constant([0], tf.int64))),
    Case("math.reduce_sum", lambda tf: tf.reduce_sum(floats(tf), axis=np.array([0]))),
    Case("math.reduce_sum", lambda tf: tf.reduce_sum(floats(tf), axis=np.int64(0))),
    bad("math.reduce_sum", lambda tf: tf.reduce_sum(floats(tf), axis=True)),
    Case("math.reduce_sum", lambda tf: tf.reduce_sum(floats(tf), axis=None, keepdims=None)),
    Case("math.reduce_sum", lambda tf: tf.reduce_sum(floats(tf), keepdims=1)),
    bad("math.reduce_sum", lambda tf: tf.reduce_sum(3.0, axis=0)),
    bad("math.reduce_sum", lambda tf: tf.reduce_sum(3.0, axis=-1)),
    bad("math.reduce_sum", lambda tf: tf.reduce_sum(None)),
    bad("math.reduce_sum", lambda tf: tf.reduce_sum([[1, 2], [3]])),
    bad("math.reduce_all", lambda tf: tf.reduce_all(floats(tf))),
    bad("math.reduce_all", lambda tf: tf.reduce_all([1, 0])),
    bad("math.reduce_logsumexp", lambda tf: tf.reduce_logsumexp([1, 2])),
    Case("math.reduce_logsumexp", lambda tf: tf.reduce_logsumexp([np.inf, 1.0])),
    Case("math.reduce_logsumexp", lambda tf: tf.reduce_logsumexp([-np.inf])),
    Case("math.reduce_logsumexp", lambda tf: tf.reduce_logsumexp(tf.zeros([0]))),
    bad("math.reduce_variance", lambda tf: tf.math.reduce_variance([1, 2])),
    bad("math.reduce_variance", lambda tf: tf.math.reduce_variance(ints(tf))),
    Case("math.reduce_variance", lambda tf: tf.math.reduce_variance(complexes(tf))),
    Case("math.reduce_std", lambda tf: tf.math.reduce_std(complexes(tf))),
    Case(
        "math.reduce_std",
        lambda tf: tf.math.reduce_std([[1.0, 2.0], [3.0, 5.0]], axis=1, keepdims=True),
    ),
    Case("cumsum", lambda tf: tf.cumsum([1.0, 2.0, 3.0], exclusive=True)),
    Case("cumsum", lambda tf: tf.cumsum([1.0, 2.0, 3.0], reverse=True, exclusive=True)),
    bad("cumsum", lambda tf: tf.cumsum([1.0, 2.0, 3.0], axis=1)),
    Case("cumsum", lambda tf: tf.cumsum([1.0, 2.0, 3.0], axis=-1)),
    bad("cumsum", lambda tf: tf.cumsum([1.0, 2.0, 3.0], axis=[0])),
    bad("cumsum", lambda tf: tf.cumsum([1.0, 2.0, 3.0], axis=0.5)),
    bad("cumsum", lambda tf: tf.cumsum([1.0, 2.0, 3.0], axis="a")),
    Case("cumsum", lambda tf: tf.cumsum([1.0, 2.0, 3.0], axis=tf.constant(0, tf.int64))),
    bad("cumsum", lambda tf: tf.cumsum(3.0)),
    bad("cumsum", lambda tf: tf.cumsum(bools(tf))),
    Case("math.cumprod", lambda tf: tf.math.cumprod([2, 3, 4], exclusive=True, reverse=True)),
    Case(
        "math.cumulative_logsumexp",
        lambda tf: tf.math.cumulative_logsumexp([1.0, 2.0, 3.0], exclusive=True),
    ),
    Case(
        "math.cumulative_logsumexp",
        lambda tf: tf.math.cumulative_logsumexp([1.0, 2.0, 3.0], reverse=True),
    ),
    bad("math.cumulative_logsumexp", lambda tf: tf.math.cumulative_logsumexp([1, 2])),
    Case("math.count_nonzero", lambda tf: tf.math.count_nonzero([0.0, 1.0, np.nan, -0.0])),
    Case("math.count_nonzero", lambda tf: tf.math.count_nonzero(["", "a"])),
    Case("math.count_nonzero", lambda tf: tf.math.count_nonzero([True, False])),
    Case(
        "math.count_nonzero",
        lambda tf: tf.math.count_nonzero([[0, 1], [1, 1]], axis=1, keepdims=True),
    ),
    Case(
        "math.count_nonzero",
        lambda tf: tf.math.count_nonzero([[0, 1], [1, 1]], axis=0, dtype=tf.int32),
    ),
    Case("math.count_nonzero", lambda tf: tf.math.count_nonzero([0, 1], dtype=tf.float32)),
    Case("math.bincount", lambda tf: tf.math.bincount([1, 2, 2, 5])),
    Case("math.bincount", lambda tf: tf.math.bincount([1, 2, 2, 5], minlength=8)),
    Case("math.bincount", lambda tf: tf.math.bincount([1, 2, 2, 5], maxlength=3)),
    Case("math.bincount", lambda tf: tf.math.bincount([1, 2, 2, 5], weights=[1.0, 2.0, 3.0, 4.0])),
    Case("math.bincount", lambda tf: tf.math.bincount([[1, 2], [2, 5]], weights=[[1, 2], [3, 4]])),
    bad("math.bincount", lambda tf: tf.math.bincount([1, -2])),
    Case("math.bincount", lambda tf: tf.math.bincount([])),
    Case("math.bincount", lambda tf: tf.math.bincount(tf.constant([], tf.int32))),
    Case("math.bincount", lambda tf: tf.math.bincount(tf.constant([], tf.int32), minlength=3)),
    Case("math.bincount", lambda tf: tf.math.bincount([1.0, 2.0])),
    Case("math.bincount", lambda tf: tf.math.bincount(tf.constant([1, 2], tf.int64))),
    Case(
        "math.bincount", lambda tf: tf.math.bincount(tf.constant([1, 2], tf.int64), dtype=tf.int64)
    ),
    Case("math.bincount", lambda tf: tf.math.bincount([1, 2], dtype=tf.float32)),
    Case("math.bincount", lambda tf: tf.math.bincount([1, 2], dtype=tf.int64)),
    Case("math.bincount", lambda tf: tf.math.bincount([[1, 2], [2, 2]], axis=-1)),
    Case("math.bincount", lambda tf: tf.math.bincount([[1, 2], [2, 2]], axis=0)),
    bad("math.bincount", lambda tf: tf.math.bincount([[1, 2], [2, 2]], axis=1)),
    Case(
        "math.bincount", lambda tf: tf.math.bincount([[1, 2], [2, 2]], axis=-1, binary_output=True)
    ),
    Case("math.bincount", lambda tf: tf.math.bincount([1, 2, 2], axis=-1)),
    Case("math.bincount", lambda tf: tf.math.bincount([1, 2, 2], axis=0, binary_output=True)),
    Case("math.bincount", lambda tf: tf.math.bincount([1, 2, 2], binary_output=True)),
    Case(
        "math.bincount",
        lambda tf: tf.math.bincount([[1, 2], [2, 2]], axis=-1, weights=[[1.0, 2.0], [3.0, 4.0]]),
    ),
    Case(
        "math.bincount",
        lambda tf: tf.math.bincount([[1, 2], [2, 2]], axis=-1, minlength=4, maxlength=4),
    ),
    bad("math.bincount", lambda tf: tf.math.bincount([1, 2, 2], weights=[1.0, 2.0])),
    Case("math.bincount", lambda tf: tf.math.bincount(3)),
    Case("math.bincount", lambda tf: tf.math.bincount([1, 2], minlength=-1)),
    bad("math.bincount", lambda tf: tf.math.bincount([1, 2], maxlength=-1)),
    Case("math.bincount", lambda tf: tf.math.bincount([1, 2], maxlength=0)),
    bad("math.bincount", lambda tf: tf.math.bincount(tf.constant([1, 2], tf.int8))),
    bad("math.bincount", lambda tf: tf.math.bincount(tf.constant([1, 2], tf.uint8))),
    Case("math.bincount", lambda tf: tf.math.bincount([1, 2], weights=[1, 2], dtype=tf.float32)),
    Case("math.confusion_matrix", lambda tf: tf.math.confusion_matrix([1, 2, 4], [2, 2, 4])),
    bad(
        "math.confusion_matrix", lambda tf: tf.math.confusion_matrix([1, 2], [2, 2], num_classes=2)
    ),
    Case(
        "math.confusion_matrix",
        lambda tf: tf.math.confusion_matrix(
            [1, 2], [2, 2], num_classes=4, weights=[1.0, 0.5], dtype=tf.float32
        ),
    ),
    Case(
        "math.confusion_matrix", lambda tf: tf.math.confusion_matrix([1, 2], [2, 2], weights=[1, 2])
    ),
    bad("math.confusion_matrix", lambda tf: tf.math.confusion_matrix([1, 2], [2, 2, 1])),
    bad("math.confusion_matrix", lambda tf: tf.math.confusion_matrix([1, -2], [2, 2])),
    bad("math.confusion_matrix", lambda tf: tf.math.confusion_matrix([1, 2], [2, -2])),
    Case("math.confusion_matrix", lambda tf: tf.math.confusion_matrix([[1], [2]], [2, 2])),
    bad("math.confusion_matrix", lambda tf: tf.math.confusion_matrix([[1], [2]], [[2], [2]])),
    Case(
        "math.confusion_matrix",
        lambda tf: tf.math.confusion_matrix([[1, 1], [2, 2]], [[2, 2], [2, 2]]),
    ),
    Case(
        "math.confusion_matrix", lambda tf: tf.math.confusion_matrix([1, 2], [2, 2], dtype=tf.int64)
    ),
    Case("math.confusion_matrix", lambda tf: tf.math.confusion_matrix([1.0, 2.0], [2.0, 2.0])),
    bad("math.confusion_matrix", lambda tf: tf.math.confusion_matrix([], [])),
    bad(
        "math.confusion_matrix",
        lambda tf: tf.math.confusion_matrix([1, 2], [2, 2], weights=[1, 2, 3]),
    ),
    Case(
        "math.confusion_matrix",
        lambda tf: tf.math.confusion_matrix([1, 2], [2, 2], weights=[1.5, 2.0]),
    ),
    bad(
        "math.confusion_matrix", lambda tf: tf.math.confusion_matrix([1, 5], [2, 2], num_classes=4)
    ),
    Case("add_n", lambda tf: tf.add_n([floats(tf), floats(tf), floats(tf)])),
    Case("add_n", lambda tf: tf.add_n([floats(tf)])),
    bad("add_n", lambda tf: tf.add_n([])),
    bad("add_n", lambda tf: tf.add_n([floats(tf), ints(tf)])),
    bad("add_n", lambda tf: tf.add_n([floats(tf), doubles(tf)])),
    bad("add_n", lambda tf: tf.add_n([floats(tf), tf.constant([1.0])])),
    Case("add_n", lambda tf: tf.add_n(floats(tf))),
    Case("add_n", lambda tf: tf.add_n([1, 2])),
    bad(
        "add_n",
        lambda tf: tf.add_n(
            [tf.IndexedSlices(floats(tf), ints(tf)), tf.IndexedSlices(floats(tf), ints(tf))]
        ),
    ),
    Case(
        "add_n",
        lambda tf: tf.add_n(
            [floats(tf), tf.IndexedSlices(tf.constant([1.0]), tf.constant([1]), tf.constant([2]))]
        ),
    ),
    bad("add_n", lambda tf: tf.add_n([1.0, 2])),
    bad("add_n", lambda tf: tf.add_n([floats(tf), None])),
    Case("add_n", lambda tf: tf.add_n((floats(tf), floats(tf)))),
    bad("add_n", lambda tf: tf.add_n(3.0)),
    Case("add_n", lambda tf: tf.add_n({1: floats(tf)})),
    Case("math.accumulate_n", lambda tf: tf.math.accumulate_n([floats(tf), floats(tf)])),
    bad("math.accumulate_n", lambda tf: tf.math.accumulate_n([floats(tf), tf.constant([1.0])])),
    bad("math.accumulate_n", lambda tf: tf.math.accumulate_n([floats(tf)], shape=[3])),
    bad("math.accumulate_n", lambda tf: tf.math.accumulate_n([])),
    bad("math.accumulate_n", lambda tf: tf.math.accumulate_n([floats(tf), ints(tf)])),
    Case("linspace", lambda tf: tf.linspace(0.0, 1.0, 5)),
    Case("linspace", lambda tf: tf.linspace(0, 1, 5)),
    Case("linspace", lambda tf: tf.linspace(0, 10, 3)),
    Case("linspace", lambda tf: tf.linspace(tf.constant(0), tf.constant(10), 3)),
    Case("linspace", lambda tf: tf.linspace([0.0, 1.0], [1.0, 3.0], 3)),
    Case("linspace", lambda tf: tf.linspace([0.0, 1.0], [1.0, 3.0], 3, axis=1)),
    Case("linspace", lambda tf: tf.linspace([0.0, 1.0], [1.0, 3.0], 3, axis=-1)),
    Case("linspace", lambda tf: tf.linspace([0.0, 1.0], 2.0, 3)),
    Case("linspace", lambda tf: tf.linspace(0.0, 1.0, 1)),
    Case("linspace", lambda tf: tf.linspace(0.0, 1.0, 0)),
    bad("linspace", lambda tf: tf.linspace(0.0, 1.0, -1)),
    bad("linspace", lambda tf: tf.linspace(0.0, 1.0, 2.5)),
    bad("linspace", lambda tf: tf.linspace(floats(tf), doubles(tf), 3)),
    Case(
        "linspace",
        lambda tf: tf.linspace(tf.constant(0.0, tf.float16), tf.constant(1.0, tf.float16), 3),
    ),
    Case("linspace", lambda tf: tf.linspace(0.0, 1, 3)),
    bad("linspace", lambda tf: tf.linspace(0, 1.0, 3)),
    bad("linspace", lambda tf: tf.linspace([0.0, 1.0], [1.0, 3.0], 3, axis=2)),
    bad("linspace", lambda tf: tf.linspace([0.0, 1.0], [1.0, 3.0], 3, axis=-3)),
    Case("linspace", lambda tf: tf.linspace(0.0, 1.0, tf.constant(3, tf.int64))),
    Case("linspace", lambda tf: tf.linspace(0j, 1j, 3)),
    Case("dtypes.saturate_cast", lambda tf: tf.saturate_cast([300.0, -5.0, np.nan, 3.7], tf.uint8)),
    Case("dtypes.saturate_cast", lambda tf: tf.saturate_cast([300, -5], tf.int8)),
    Case("dtypes.saturate_cast", lambda tf: tf.saturate_cast([1e10], tf.int64)),
    Case("dtypes.saturate_cast", lambda tf: tf.saturate_cast([1e30], tf.float16)),
    Case("dtypes.saturate_cast", lambda tf: tf.saturate_cast([3 + 4j], tf.float32)),
    Case("dtypes.saturate_cast", lambda tf: tf.saturate_cast([3 + 4j], tf.complex64)),
    Case("dtypes.saturate_cast", lambda tf: tf.saturate_cast([1, 2], tf.float32)),
    bad("dtypes.saturate_cast", lambda tf: tf.saturate_cast(["a"], tf.float32)),
    bad("dtypes.saturate_cast", lambda tf: tf.saturate_cast([True], tf.float32)),
    Case(
        "dtypes.saturate_cast",
        lambda tf: tf.saturate_cast(tf.constant([2**40], tf.int64), tf.int32),
    ),
    bad(
        "dtypes.saturate_cast",
        lambda tf: tf.saturate_cast(tf.constant([2**63], tf.uint64), tf.int64),
    ),
    Case("cast", lambda tf: tf.cast([300.0, -5.0, np.nan, np.inf, -np.inf, 3e9, 1e20], tf.int32)),
    Case("cast", lambda tf: tf.cast([300.0, -5.0, np.nan, np.inf, -np.inf, 3e9, 1e20], tf.int64)),
    Case("cast", lambda tf: tf.cast([300.0, -5.0, np.nan, np.inf, -np.inf, 3e9, 1e20], tf.uint8)),
    Case("cast", lambda tf: tf.cast([300.0, -5.0, np.nan, np.inf, -np.inf, 3e9, 1e20], tf.int8)),
    Case("cast", lambda tf: tf.cast([300.0, -5.0, np.nan, np.inf, -np.inf, 3e9, 1e20], tf.bool)),
    Case("cast", lambda tf: tf.cast([0.5, -0.0, np.nan], tf.bool)),
    Case("cast", lambda tf: tf.cast([300, -5, 70000], tf.uint8)),
    Case("cast", lambda tf: tf.cast([300, -5, 70000], tf.int16)),
    Case("cast", lambda tf: tf.cast([True], tf.float16)),
    Case("cast", lambda tf: tf.cast(complexes(tf), tf.bool)),
    Case("cast", lambda tf: tf.cast(complexes(tf), tf.int32)),
    bad("cast", lambda tf: tf.cast([1], tf.string)),
    bad("cast", lambda tf: tf.cast(strings(tf), tf.int32)),
    bad("cast", lambda tf: tf.cast([1.0], "foo")),
    bad("cast", lambda tf: tf.cast([1.0], None)),
    bad("cast", lambda tf: tf.cast(None, tf.int32)),
    Case("cast", lambda tf: tf.cast([1e30, 70000.0], tf.float16)),
    Case("cast", lambda tf: tf.cast(tf.constant([1e300], tf.float64), tf.float32)),
    Case("cast", lambda tf: tf.cast([1.00390625, 1.01171875], tf.bfloat16)),
    Case("cast", lambda tf: tf.cast([1 + 1j], tf.float32)),
    Case("math.is_non_decreasing", lambda tf: tf.math.is_non_decreasing([1, 2, 2])),
    Case("math.is_non_decreasing", lambda tf: tf.math.is_non_decreasing([[2, 1], [3, 4]])),
    Case("math.is_strictly_increasing", lambda tf: tf.math.is_strictly_increasing([1, 2, 2])),
    Case("math.is_strictly_increasing", lambda tf: tf.math.is_strictly_increasing([])),
    Case("math.polygamma", lambda tf: tf.math.polygamma(1.0, 2.0)),
    Case("math.lbeta", lambda tf: tf.math.lbeta([1.0, 2.0, 3.0])),
    Case("math.lbeta", lambda tf: tf.math.lbeta([[1.0, 2.0], [3.0, 4.0]])),
    bad("math.lbeta", lambda tf: tf.math.lbeta(1.0)),
    Case("math.lbeta", lambda tf: tf.math.lbeta([])),
    bad("math.lbeta", lambda tf: tf.math.lbeta([1, 2])),
    Case("math.erfcinv", lambda tf: tf.math.erfcinv([0.0, 0.5, 1.0, 2.0])),
    Case("math.ndtri", lambda tf: tf.math.ndtri([0.0, 0.5, 1.0, 2.0])),
    Case("math.erfinv", lambda tf: tf.math.erfinv([-1.0, 0.5, 1.0, 2.0])),
    bad("nn.relu", lambda tf: tf.nn.relu("a")),
    bad("math.sigmoid", lambda tf: tf.sigmoid(ints(tf))),
    Case("nn.relu", lambda tf: tf.nn.relu(ints(tf))),
    Case("math.nextafter", lambda tf: tf.math.nextafter([1.0], [2.0])),
    Case("math.nextafter", lambda tf: tf.math.nextafter([1], [2])),
    Case("constant", lambda tf: tf.constant([True], tf.int32)),
    bad("constant", lambda tf: tf.constant(True, tf.complex64)),
    Case("constant", lambda tf: tf.constant([True, False], tf.float32)),
    bad("bitwise.left_shift", lambda tf: tf.bitwise.left_shift(1.0, 2.0)),
]
