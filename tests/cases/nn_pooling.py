"""Pooling, dilation, moves between space, batch and depth, top-k."""

from __future__ import annotations

import numpy as np

from cases.form import Case, bad
from cases.nn_convolution import array, gradients, second

X1, X2, X3 = array(2, 7, 3), array(2, 6, 5, 3), array(1, 4, 5, 4, 2)
ONE = [1, 1, 1, 1]
NAN, INF = float("nan"), float("inf")
ODD = np.array([1, NAN, 2, -1, NAN, NAN, 3, 0, -INF, -INF, NAN, -INF], np.float32)
EXPLICIT = [[0, 0], [1, 0], [0, 1], [0, 0]]
WINDOWS = (
    (2, 2, "SAME"),
    (2, 2, "VALID"),
    (3, 1, "SAME"),
    (3, 2, "VALID"),
    ([2, 3], [2, 1], "SAME"),
)
COUNT = np.arange(48, dtype=np.float32).reshape(2, 4, 6, 1)


def check(value):
    """Pools the same input in all ways that lead to the same function."""
    return lambda tf: [
        getattr(tf.nn, name)(value, 2, 2, "SAME") for name in ("max_pool", "avg_pool")
    ]


def names(tf, x, k):
    result = tf.math.top_k(x, k)
    return type(result).__name__, result._fields, result.values, result.indices


CASES = [
    *(
        Case(
            f"nn.{kind}_pool2d",
            gradients(lambda tf, x, w=w, kind=kind: getattr(tf.nn, f"{kind}_pool2d")(x, *w), X2),
            rtol=1e-4,
        )
        for kind in ("max", "avg")
        for w in WINDOWS
    ),
    *(
        Case(
            f"nn.{kind}_pool3d",
            gradients(lambda tf, x, w=w, kind=kind: getattr(tf.nn, f"{kind}_pool3d")(x, *w), X3),
            rtol=1e-4,
        )
        for kind in ("max", "avg")
        for w in WINDOWS[:4]
    ),
    *(
        Case(
            f"nn.{kind}_pool1d",
            gradients(lambda tf, x, w=w, kind=kind: getattr(tf.nn, f"{kind}_pool1d")(x, *w), X1),
            rtol=1e-4,
        )
        for kind in ("max", "avg")
        for w in WINDOWS[:4]
    ),
    *(Case("nn.max_pool", check(x)) for x in (X1, X2, X3)),
    *(Case("nn.avg_pool", check(x)) for x in (X1, X2, X3)),
    Case("nn.max_pool", lambda tf: tf.nn.max_pool(X1, 2, 2, "SAME", data_format="NWC")),
    Case("nn.max_pool2d", second(lambda tf, x: tf.nn.max_pool2d(x, 2, 2, "SAME"), X2), rtol=1e-4),
    Case("nn.max_pool3d", second(lambda tf, x: tf.nn.max_pool3d(x, 2, 2, "SAME"), X3), rtol=1e-4),
    Case("nn.avg_pool2d", second(lambda tf, x: tf.nn.avg_pool2d(x, 2, 1, "SAME"), X2), rtol=1e-4),
    Case(
        "nn.max_pool2d", gradients(lambda tf, x: tf.nn.max_pool2d(x, 2, 1, EXPLICIT), X2), rtol=1e-4
    ),
    Case("nn.max_pool1d", lambda tf: tf.nn.max_pool1d(X1, 2, 2, [[0, 0], [1, 1], [0, 0]])),
    Case(
        "nn.max_pool2d",
        lambda tf: tf.nn.max_pool2d(ODD.reshape(1, 1, 12, 1), [1, 2], [1, 2], "VALID"),
    ),
    Case(
        "nn.max_pool3d",
        lambda tf: tf.nn.max_pool3d(ODD.reshape(1, 1, 1, 12, 1), [1, 1, 2], [1, 1, 2], "VALID"),
    ),
    Case(
        "nn.max_pool2d",
        gradients(lambda tf, x: tf.nn.max_pool2d(x, 2, 2, "VALID"), np.ones((1, 4, 4, 1), "f4")),
    ),
    Case(
        "nn.max_pool3d",
        gradients(lambda tf, x: tf.nn.max_pool3d(x, 2, 2, "VALID"), np.ones((1, 2, 2, 2, 1), "f4")),
    ),
    Case(
        "nn.max_pool",
        lambda tf: tf.nn.max_pool(array(1, 2, 2, 4), [1, 1, 1, 2], [1, 1, 1, 2], "VALID"),
    ),
    *(
        Case("nn.max_pool2d", lambda tf, d=d: tf.nn.max_pool2d(tf.cast(COUNT, d), 2, 1, "SAME"))
        for d in ("int32", "int8", "uint8", "int64", "float16", "float64")
    ),
    Case("nn.max_pool2d", lambda tf: tf.nn.max_pool2d(array(0, 4, 4, 1), 2, 2, "SAME")),
    Case("nn.max_pool2d", lambda tf: tf.nn.max_pool2d(array(1, 2, 2, 1), 3, 1, "VALID")),
    *(
        Case(
            "nn.max_pool_with_argmax", lambda tf, kw=kw: tf.nn.max_pool_with_argmax(X2, 2, 2, **kw)
        )
        for kw in (
            {"padding": "SAME"},
            {"padding": "VALID", "output_dtype": "int32"},
            {"padding": "SAME", "include_batch_in_index": True},
        )
    ),
    Case(
        "nn.max_pool_with_argmax",
        gradients(lambda tf, x: tf.nn.max_pool_with_argmax(x, 3, 2, "SAME")[0], X2),
        rtol=1e-4,
    ),
    Case(
        "nn.max_pool_with_argmax",
        lambda tf: tf.nn.max_pool_with_argmax(ODD.reshape(1, 1, 12, 1), [1, 2], [1, 2], "VALID"),
    ),
    *(
        Case("nn.pool", lambda tf, kw=kw: tf.nn.pool(**kw))
        for kw in (
            {"input": X2, "window_shape": [2, 2], "pooling_type": "MAX"},
            {
                "input": X2,
                "window_shape": [2, 3],
                "pooling_type": "AVG",
                "strides": [2, 1],
                "padding": "SAME",
            },
            {"input": X1, "window_shape": [3], "pooling_type": "AVG"},
            {"input": X3, "window_shape": [2, 2, 2], "pooling_type": "MAX", "strides": [2, 2, 2]},
            {"input": X2, "window_shape": [2, 2], "pooling_type": "AVG", "dilations": [2, 2]},
            {"input": X2, "window_shape": [2, 2], "pooling_type": "MAX", "dilations": [2, 1]},
            {"input": X2, "window_shape": [2, 2], "pooling_type": "MAX", "padding": EXPLICIT},
        )
    ),
    Case(
        "compat.v1.nn.max_pool",
        lambda tf: tf.compat.v1.nn.max_pool(X2, [1, 2, 2, 1], [1, 2, 2, 1], "SAME"),
    ),
    Case(
        "compat.v1.nn.avg_pool",
        lambda tf: tf.compat.v1.nn.avg_pool(X2, [1, 2, 2, 1], [1, 2, 2, 1], "SAME"),
    ),
    *(
        Case(
            "nn.dilation2d",
            gradients(lambda tf, x, w, a=a: tf.nn.dilation2d(x, w, *a), X2, array(2, 2, 3, seed=3)),
            rtol=1e-4,
        )
        for a in ((ONE, "SAME", "NHWC", ONE), ([1, 2, 1, 1], "VALID", "NHWC", [1, 1, 2, 1]))
    ),
    Case(
        "nn.erosion2d",
        gradients(
            lambda tf, x, w: tf.nn.erosion2d(x, w, ONE, "SAME", "NHWC", ONE),
            X2,
            array(2, 3, 3, seed=3),
        ),
        rtol=1e-4,
    ),
    Case("space_to_batch", lambda tf: tf.space_to_batch(COUNT, [2, 3], [[0, 0], [0, 0]])),
    Case("space_to_batch", lambda tf: tf.space_to_batch([[1, 2, 3]], [2], [[1, 0]])),
    Case(
        "space_to_batch",
        gradients(lambda tf, x: tf.space_to_batch(x, [2, 1], [[1, 1], [0, 2]]), COUNT),
    ),
    Case(
        "space_to_batch",
        lambda tf: tf.space_to_batch(COUNT, np.zeros(0, "i4"), np.zeros((0, 2), "i4")),
    ),
    Case(
        "nn.space_to_batch",
        lambda tf: tf.nn.space_to_batch(COUNT, tf.constant([2, 2], tf.int64), [[0, 0], [1, 1]]),
    ),
    Case("space_to_batch_nd", lambda tf: tf.space_to_batch_nd(COUNT, [1, 2], [[0, 0], [0, 0]])),
    Case(
        "batch_to_space",
        lambda tf: tf.batch_to_space(np.arange(16).reshape(4, 2, 2, 1), [2, 2], [[0, 1], [1, 0]]),
    ),
    Case(
        "batch_to_space",
        lambda tf: tf.batch_to_space(
            np.arange(16.0, dtype="f4").reshape(4, 2, 2), 2, [[0, 0], [0, 0]]
        ),
    ),
    Case(
        "batch_to_space",
        gradients(lambda tf, x: tf.batch_to_space(x, [2], [[1, 2]]), array(4, 3, 2)),
    ),
    Case(
        "required_space_to_batch_paddings",
        lambda tf: tf.required_space_to_batch_paddings([5, 6], [2, 4]),
    ),
    Case(
        "required_space_to_batch_paddings",
        lambda tf: tf.required_space_to_batch_paddings([5, 6], [2, 4], [[1, 0], [0, 1]]),
    ),
    Case(
        "required_space_to_batch_paddings", lambda tf: tf.required_space_to_batch_paddings([], [])
    ),
    Case("nn.space_to_depth", gradients(lambda tf, x: tf.nn.space_to_depth(x, 2), COUNT)),
    Case("nn.space_to_depth", lambda tf: tf.nn.space_to_depth(array(0, 2, 2, 1), 2)),
    Case(
        "nn.space_to_depth", lambda tf: tf.nn.space_to_depth(np.arange(9).reshape(1, 3, 3, 1), 3.0)
    ),
    Case(
        "nn.depth_to_space", gradients(lambda tf, x: tf.nn.depth_to_space(x, 2), array(2, 2, 3, 8))
    ),
    Case(
        "nn.depth_to_space",
        lambda tf: tf.nn.depth_to_space(tf.constant([[[["a", "b", "c", "d"]]]]), 2),
    ),
    Case(
        "nn.with_space_to_batch",
        lambda tf: tf.nn.with_space_to_batch(
            X2,
            [2, 2],
            "SAME",
            lambda z, num_spatial_dims, padding: tf.nn.avg_pool2d(z, 3, 1, padding),
            filter_shape=[3, 3],
        ),
    ),
    Case(
        "nn.with_space_to_batch",
        lambda tf: tf.nn.with_space_to_batch(
            X2, [1, 1], "SAME", lambda z, num_spatial_dims, padding: tf.constant([num_spatial_dims])
        ),
    ),
    Case(
        "nn.with_space_to_batch",
        lambda tf: tf.nn.with_space_to_batch(
            COUNT, [2, 1], "VALID", lambda z, num_spatial_dims, padding: z + 1
        ),
    ),
    Case(
        "nn.with_space_to_batch",
        lambda tf: tf.nn.with_space_to_batch(
            COUNT, [2, 2], "VALID", lambda z, num_spatial_dims, padding: z, spatial_dims=[1, 2]
        ),
    ),
    Case("math.top_k", lambda tf: names(tf, [1.0, 3, 2, 3], 2)),
    Case("math.top_k", lambda tf: tf.math.top_k([[1, 5, 2], [7, 3, 7]], 3)),
    Case("math.top_k", lambda tf: tf.math.top_k(array(2, 3, 50), 4)),
    Case("math.top_k", lambda tf: tf.math.top_k(np.tile([3, 1, 3, 2], 20), 5)),
    Case(
        "math.top_k",
        lambda tf: tf.math.top_k([1.0, 2], k=tf.constant(1, tf.int64), index_type=tf.int64),
    ),
    Case("math.top_k", lambda tf: tf.math.top_k(array(2, 0), 0)),
    Case("math.top_k", lambda tf: tf.math.top_k([0.0, -0.0, 0.0], 3)),
    Case("math.top_k", gradients(lambda tf, x: tf.math.top_k(x, 2)[0], array(3, 5))),
    Case("nn.top_k", lambda tf: tf.nn.top_k(tf.cast([3, 1, 2], tf.uint8))),
    Case(
        "math.in_top_k",
        lambda tf: tf.math.in_top_k(
            [0, 1, 5, -1], [[1.0, 2, 3], [3, 2, 1], [1, 1, 1], [1, 2, 3]], 2
        ),
    ),
    Case(
        "math.in_top_k",
        lambda tf: tf.math.in_top_k([0, 1, 0, 0], [[NAN, 1], [INF, 2], [1, INF], [1, 1]], 2),
    ),
    Case("nn.in_top_k", lambda tf: tf.nn.in_top_k(tf.constant([0], tf.int64), [[1.0, 2]], 1)),
    Case("compat.v1.math.in_top_k", lambda tf: tf.compat.v1.math.in_top_k([[1.0, 2]], [1], 1)),
    Case("nn.approx_max_k", lambda tf: tf.nn.approx_max_k(tf.constant([1.0, 3, 2, 3]), 2)),
    bad("nn.max_pool", lambda tf: tf.nn.max_pool(array(2, 4), 2, 2, "SAME")),
    bad("nn.max_pool2d", lambda tf: tf.nn.max_pool2d(array(4, 4, 1), 2, 2, "SAME")),
    bad("nn.max_pool2d", lambda tf: tf.nn.max_pool2d(X2, 0, 1, "SAME")),
    bad("nn.max_pool2d", lambda tf: tf.nn.max_pool2d(X2, 2, 0, "SAME")),
    bad("nn.max_pool2d", lambda tf: tf.nn.max_pool2d(X2, [1, 2, 2], 1, "SAME")),
    bad("nn.max_pool2d", lambda tf: tf.nn.max_pool2d(X2, 2, 2, "same")),
    bad("nn.max_pool2d", lambda tf: tf.nn.max_pool2d(X2, 2, 2, "SAME", "NWHC")),
    bad("nn.max_pool2d", lambda tf: tf.nn.max_pool2d(X2, 2, 2, [[0, 0], [1, 1]])),
    bad("nn.max_pool2d", lambda tf: tf.nn.max_pool2d(X2, 2, 2, [[0, 0], [-1, 1], [0, 0], [0, 0]])),
    bad("nn.max_pool2d", lambda tf: tf.nn.max_pool2d(X2, 2, 2, [[0, 0], [2, 2], [0, 0], [0, 0]])),
    bad("nn.max_pool2d", lambda tf: tf.nn.max_pool2d(X2, 9, 1, "VALID")),
    bad("nn.max_pool2d", lambda tf: tf.nn.max_pool2d(X2, [2, 1, 1, 1], 1, "VALID")),
    bad("nn.max_pool2d", lambda tf: tf.nn.max_pool2d(X2, [1, 1, 1, 2], 1, "VALID")),
    bad("nn.avg_pool2d", lambda tf: tf.nn.avg_pool2d(X2, [1, 1, 1, 3], [1, 1, 1, 3], "VALID")),
    bad("nn.avg_pool2d", lambda tf: tf.nn.avg_pool2d(X2, 2, 2, EXPLICIT)),
    bad(
        "nn.avg_pool2d", lambda tf: tf.nn.avg_pool2d(tf.ones([1, 2, 2, 1], tf.int32), 2, 2, "SAME")
    ),
    bad("nn.max_pool3d", lambda tf: tf.nn.max_pool3d(X3, [2, 1, 1, 1, 1], 1, "SAME")),
    bad("nn.max_pool1d", lambda tf: tf.nn.max_pool1d(X1, [1, 2], [1, 2], "SAME")),
    bad("nn.max_pool1d", lambda tf: tf.nn.max_pool1d(X2, 2, 2, "SAME")),
    bad(
        "nn.max_pool_with_argmax",
        lambda tf: tf.nn.max_pool_with_argmax(array(0, 4, 4, 1), 2, 2, "SAME"),
    ),
    bad("nn.max_pool_with_argmax", lambda tf: tf.nn.max_pool_with_argmax(X2, 2, 2, "SAME", "NCHW")),
    bad("nn.pool", lambda tf: tf.nn.pool(X2, 2, "MAX")),
    bad("nn.pool", lambda tf: tf.nn.pool(X1, [2], "SUM")),
    bad("nn.pool", lambda tf: tf.nn.pool(X1, [2, 2], "MAX")),
    bad("nn.pool", lambda tf: tf.nn.pool(X2, [2, 2], "MAX", strides=[2, 2], dilations=[2, 2])),
    bad("nn.pool", lambda tf: tf.nn.pool(X2, [2, 2], "MAX", strides=[3, 3])),
    bad("nn.pool", lambda tf: tf.nn.pool(X2, [2, 2], "AVG", padding="SAME", dilations=[2, 2])),
    bad("nn.dilation2d", lambda tf: tf.nn.dilation2d(X2, array(2, 2, 3), ONE, "SAME", "NCHW", ONE)),
    bad("nn.dilation2d", lambda tf: tf.nn.dilation2d(X2, array(2, 2, 2), ONE, "SAME", "NHWC", ONE)),
    bad("nn.dilation2d", lambda tf: tf.nn.dilation2d(X2, array(2, 2, 3), 1, "SAME", "NHWC", 1)),
    bad("space_to_batch", lambda tf: tf.space_to_batch(array(1, 5, 4), [2], [[0, 0]])),
    bad("space_to_batch", lambda tf: tf.space_to_batch(array(1, 4), [0], [[0, 0]])),
    bad("space_to_batch", lambda tf: tf.space_to_batch(array(1, 4), [2], [[-1, -1]])),
    bad("space_to_batch", lambda tf: tf.space_to_batch(array(1, 4), [2], [[0, 0], [0, 0]])),
    bad("space_to_batch", lambda tf: tf.space_to_batch(array(1, 4), [2.0], [[0, 0]])),
    bad("space_to_batch", lambda tf: tf.space_to_batch(array(4), [2], [[0, 0]])),
    bad("space_to_batch", lambda tf: tf.space_to_batch(array(1, 4, 4), 2, [[0, 0], [0, 0]])),
    bad("batch_to_space", lambda tf: tf.batch_to_space(array(3, 2), [2], [[0, 0]])),
    bad("batch_to_space", lambda tf: tf.batch_to_space(array(2, 2), [2], [[3, 3]])),
    bad(
        "required_space_to_batch_paddings",
        lambda tf: tf.required_space_to_batch_paddings([5], [2, 4]),
    ),
    bad(
        "required_space_to_batch_paddings",
        lambda tf: tf.required_space_to_batch_paddings([5, 6], [[2, 4]]),
    ),
    bad("nn.depth_to_space", lambda tf: tf.nn.depth_to_space(array(1, 3, 3, 3), 2)),
    bad("nn.depth_to_space", lambda tf: tf.nn.depth_to_space(array(1, 2, 2, 4), 1)),
    bad("nn.depth_to_space", lambda tf: tf.nn.depth_to_space(array(2, 2, 4), 2)),
    bad("nn.depth_to_space", lambda tf: tf.nn.depth_to_space(array(1, 2, 2, 4), [2])),
    bad("nn.space_to_depth", lambda tf: tf.nn.space_to_depth(array(1, 3, 3, 3), 2)),
    bad("nn.space_to_depth", lambda tf: tf.nn.space_to_depth(array(1, 2, 2, 4), 2, "X")),
    bad(
        "nn.with_space_to_batch",
        lambda tf: tf.nn.with_space_to_batch(
            COUNT, [0, 1], "SAME", lambda z, **_: z, filter_shape=[3, 3]
        ),
    ),
    bad(
        "nn.with_space_to_batch",
        lambda tf: tf.nn.with_space_to_batch(
            COUNT, 2, "SAME", lambda z, **_: z, filter_shape=[3, 3]
        ),
    ),
    bad(
        "nn.with_space_to_batch",
        lambda tf: tf.nn.with_space_to_batch(COUNT, [2, 1], "SAME", lambda z, **_: z),
    ),
    bad(
        "nn.with_space_to_batch",
        lambda tf: tf.nn.with_space_to_batch(
            COUNT, [2, 1], "X", lambda z, **_: z, filter_shape=[3, 3]
        ),
    ),
    bad("math.top_k", lambda tf: tf.math.top_k([1.0, 2], 3)),
    bad("math.top_k", lambda tf: tf.math.top_k([1.0, 2], -1)),
    bad("math.top_k", lambda tf: tf.math.top_k(1.0, 1)),
    bad("math.top_k", lambda tf: tf.math.top_k([1.0, 2], 1.0)),
    bad("math.top_k", lambda tf: tf.math.top_k([1.0, 2], [1])),
    bad("math.top_k", lambda tf: tf.math.top_k([True], 1)),
    bad("math.top_k", lambda tf: tf.math.top_k([1.0], 1, index_type=tf.float32)),
    bad("math.in_top_k", lambda tf: tf.math.in_top_k([0], tf.ones([1, 2], tf.float64), 1)),
    bad("math.in_top_k", lambda tf: tf.math.in_top_k([0, 1], [[1.0, 2]], 1)),
    bad("math.in_top_k", lambda tf: tf.math.in_top_k([0], [[1.0, 2]], 1.5)),
    bad("math.in_top_k", lambda tf: tf.math.in_top_k([0.0], [[1.0, 2]], 1)),
    bad("nn.approx_max_k", lambda tf: tf.nn.approx_max_k(tf.constant([1.0]), 2)),
    bad("nn.approx_max_k", lambda tf: tf.nn.approx_max_k(tf.constant([1, 2]), 1)),
    Case("approx_top_k", lambda tf: tf.approx_top_k(tf.constant([1.0, 3, 2]), 2)),
    *(
        Case("nn.isotonic_regression", lambda tf, kw=kw: tf.nn.isotonic_regression(**kw))
        for kw in (
            {"inputs": [[3.0, 1, 2, 4, 1], [1.0, 2, 3, 4, 4]]},
            {"inputs": [3.0, 1, 2, 4, 1], "decreasing": False},
            {"inputs": [[3.0, 1], [1, 2]], "axis": 0},
            {"inputs": [3, 1, 5]},
            {"inputs": np.array([3, 1, 5], np.int8), "decreasing": False},
            {"inputs": [2.0, 2, 1, 1]},
            {"inputs": [1.0, NAN, 2]},
        )
    ),
    Case(
        "nn.isotonic_regression",
        gradients(lambda tf, x: tf.nn.isotonic_regression(x)[0], array(3, 6)),
        rtol=1e-4,
    ),
    bad("nn.isotonic_regression", lambda tf: tf.nn.isotonic_regression([[1.0]], axis=3)),
    bad("nn.isotonic_regression", lambda tf: tf.nn.isotonic_regression(["a"])),
]
