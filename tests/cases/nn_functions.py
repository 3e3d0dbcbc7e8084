"""Activations, softmax, losses, biases, normalization, CTC."""

from __future__ import annotations

import numpy as np

from cases.form import Case, bad
from cases.nn_convolution import array, gradients, second

NAN, INF = float("nan"), float("inf")
SPECIAL = np.array([NAN, INF, -INF, 0.0, -0.0, 7, 6, -1, 1e-3, -1e-3, 88, -88, 104], np.float32)
SMOOTH = np.array([-2.5, -1.5, -0.3, 0.2, 1.5, 2.5], np.float32)
TAILS = np.array([-6, -5, -4.5, -3, -2.25, 0.75, 2.25, 6], np.float32)
BENT = ("relu6", "elu", "selu", "leaky_relu", "softsign", "gelu", "silu", "swish")
X, Y = array(4, 3), array(4, 3, seed=1)
LOGITS = array(6, 2, 4, seed=7)
LABELS = np.array([[1, 2, 0], [1, 1, 3]])


def named(name):
    return lambda tf, x: getattr(tf.nn, name)(x)


def sigmoid_loss(tf, x):
    return tf.nn.sigmoid_cross_entropy_with_logits(
        labels=np.array([0, 1, 0.5, 1, 0, 1], "f4"), logits=x
    )


def sparse_parts(result):
    decoded, score = result
    return [[s.indices, s.values, s.dense_shape] for s in decoded], score


def labels_sparse(tf):
    where = [[0, 0], [0, 1], [1, 0], [1, 1], [1, 2]]
    return tf.SparseTensor(where, tf.constant([1, 2, 1, 1, 2]), [2, 3])


def loss(tf, losses, **kw):
    return tf.nn.compute_average_loss(losses, **kw)


CASES = [
    *(Case(f"nn.{n}", gradients(named(n), SPECIAL), id="special", atol=1e-5) for n in BENT),
    *(
        Case(f"nn.{n}", gradients(named(n), SMOOTH), id="smooth", rtol=1e-5, atol=1e-5)
        for n in BENT
    ),
    *(
        Case(f"nn.{n}", second(named(n), SMOOTH), id="second", rtol=1e-3, atol=1e-5)
        for n in BENT
        if n != "softsign"
    ),
    *(
        Case(f"nn.{n}", lambda tf, n=n: getattr(tf.nn, n)(tf.cast(SMOOTH, tf.float16)), rtol=4e-3)
        for n in BENT
    ),
    *(Case(f"nn.{n}", lambda tf, n=n: getattr(tf.nn, n)([])) for n in BENT),
    Case("nn.relu6", lambda tf: tf.nn.relu6(tf.constant([-1, 3, 9], tf.int32))),
    Case("nn.relu6", lambda tf: tf.nn.relu6(tf.constant([1, 9], tf.uint8))),
    Case("nn.leaky_relu", lambda tf: tf.nn.leaky_relu([-1, 2])),
    Case("nn.leaky_relu", lambda tf: tf.nn.leaky_relu([-1.0, 2.0], alpha=2.0)),
    Case("nn.leaky_relu", lambda tf: tf.nn.leaky_relu(tf.constant([-1.0, 2.0], tf.float64), 0.3)),
    Case("nn.gelu", gradients(lambda tf, x: tf.nn.gelu(x, approximate=True), SMOOTH), atol=1e-5),
    *(
        Case("nn.gelu", lambda tf, how=how: tf.nn.gelu(TAILS, how), id=f"tails {how}", rtol=1e-5)
        for how in (False, True)
    ),
    *(
        Case("nn.gelu", lambda tf, how=how: tf.nn.gelu(TAILS.astype("f8"), how), rtol=1e-13)
        for how in (False, True)
    ),
    Case("nn.gelu", lambda tf: tf.nn.gelu(TAILS.astype("f2")), id="float16", rtol=1e-4),
    Case(
        "nn.silu", gradients(lambda tf, x, b: tf.nn.silu(x, b), SMOOTH, np.float32(1.5)), atol=1e-5
    ),
    Case("nn.silu", lambda tf: tf.nn.silu(tf.constant([1 + 2j])), atol=1e-5),
    Case("nn.crelu", gradients(lambda tf, x: tf.nn.crelu(x), X)),
    Case("nn.crelu", lambda tf: tf.nn.crelu([[1, -2]], axis=0)),
    Case("math.log_sigmoid", gradients(lambda tf, x: tf.math.log_sigmoid(x), SMOOTH), atol=1e-5),
    Case("math.log_sigmoid", lambda tf: tf.math.log_sigmoid(SPECIAL), atol=1e-5),
    *(
        Case(
            f"nn.{n}",
            gradients(lambda tf, x, n=n, a=a: getattr(tf.nn, n)(x, axis=a), array(2, 3, 4)),
            rtol=1e-4,
            atol=1e-6,
        )
        for n in ("softmax", "log_softmax")
        for a in (None, -1, 0, 1, -2)
    ),
    *(
        Case(f"nn.{n}", second(named(n), X), id="second", rtol=1e-3, atol=1e-5)
        for n in ("softmax", "log_softmax")
    ),
    *(
        Case(f"nn.{n}", lambda tf, n=n, v=v: getattr(tf.nn, n)(tf.constant(v)))
        for n in ("softmax", "log_softmax")
        for v in ([NAN, 1.0], [INF, 1.0], [-INF, -INF], [1e38, -1e38], [-INF, 0.0], [[]])
    ),
    Case("math.log_softmax", lambda tf: tf.math.log_softmax([1.0, 2.0])),
    Case("nn.softmax", lambda tf: tf.nn.softmax(tf.constant([[1.0, 2]]), axis=tf.constant(0))),
    Case(
        "nn.softmax_cross_entropy_with_logits",
        gradients(
            lambda tf, z, x: tf.nn.softmax_cross_entropy_with_logits(z, x),
            np.array([[0.2, 0.3, 0.5], [1, 0, 0]], "f4"),
            array(2, 3),
        ),
        rtol=1e-4,
    ),
    Case(
        "nn.softmax_cross_entropy_with_logits",
        second(
            lambda tf, x: tf.nn.softmax_cross_entropy_with_logits([[0.2, 0.3, 0.5], [1, 0, 0]], x),
            array(2, 3),
        ),
        rtol=1e-3,
        atol=1e-5,
    ),
    Case(
        "nn.softmax_cross_entropy_with_logits",
        lambda tf: tf.nn.softmax_cross_entropy_with_logits(tf.ones([2, 3], tf.int32), array(2, 3)),
    ),
    Case(
        "nn.softmax_cross_entropy_with_logits",
        lambda tf: tf.nn.softmax_cross_entropy_with_logits(
            tf.ones([2, 3, 4]), array(2, 3, 4), axis=1
        ),
    ),
    Case(
        "nn.softmax_cross_entropy_with_logits",
        lambda tf: tf.nn.softmax_cross_entropy_with_logits(tf.ones([4]), array(4)),
    ),
    Case(
        "nn.softmax_cross_entropy_with_logits",
        lambda tf: tf.nn.softmax_cross_entropy_with_logits(tf.ones([1, 3]), array(2, 3)),
    ),
    Case(
        "nn.softmax_cross_entropy_with_logits",
        lambda tf: tf.nn.softmax_cross_entropy_with_logits(
            tf.ones([2, 3], tf.float64), tf.cast(array(2, 3), tf.float16)
        ),
    ),
    Case(
        "nn.sparse_softmax_cross_entropy_with_logits",
        gradients(lambda tf, x: tf.nn.sparse_softmax_cross_entropy_with_logits([0, 2, 1, 1], x), X),
        rtol=1e-4,
    ),
    Case(
        "nn.sparse_softmax_cross_entropy_with_logits",
        second(lambda tf, x: tf.nn.sparse_softmax_cross_entropy_with_logits([0, 2, 1, 1], x), X),
        rtol=1e-3,
        atol=1e-5,
    ),
    Case(
        "nn.sparse_softmax_cross_entropy_with_logits",
        lambda tf: tf.nn.sparse_softmax_cross_entropy_with_logits(
            np.array([[0, 1], [2, 1]]), array(2, 2, 3)
        ),
    ),
    Case(
        "nn.sparse_softmax_cross_entropy_with_logits",
        lambda tf: tf.nn.sparse_softmax_cross_entropy_with_logits(1, array(4)),
    ),
    Case(
        "nn.sparse_softmax_cross_entropy_with_logits",
        lambda tf: tf.nn.sparse_softmax_cross_entropy_with_logits(
            tf.constant([0], tf.int64), tf.cast(array(1, 3), tf.float16)
        ),
    ),
    Case(
        "nn.sigmoid_cross_entropy_with_logits",
        gradients(sigmoid_loss, SMOOTH),
        rtol=1e-5,
        atol=1e-5,
    ),
    Case(
        "nn.sigmoid_cross_entropy_with_logits",
        gradients(sigmoid_loss, np.array([0, 0, 0, 100, -100, NAN], "f4")),
        atol=1e-6,
    ),
    Case(
        "nn.sigmoid_cross_entropy_with_logits", second(sigmoid_loss, SMOOTH), rtol=1e-3, atol=1e-5
    ),
    Case(
        "nn.weighted_cross_entropy_with_logits",
        gradients(
            lambda tf, x: tf.nn.weighted_cross_entropy_with_logits(
                np.array([0, 1, 0.5], "f4"), x, 2.0
            ),
            np.array([0.5, -2, 0], "f4"),
        ),
        atol=1e-6,
    ),
    Case(
        "nn.weighted_cross_entropy_with_logits",
        lambda tf: tf.nn.weighted_cross_entropy_with_logits([1.0, 0, 0.5], [100.0, -100, 0], 2.0),
    ),
    *(
        Case(
            "nn.log_poisson_loss",
            lambda tf, f=f: tf.nn.log_poisson_loss([1.0, 0, 0.5, 3], [1.0, -1, 0, 2], f),
        )
        for f in (False, True)
    ),
    Case("nn.l2_loss", gradients(lambda tf, x: tf.nn.l2_loss(x), X)),
    Case("nn.l2_loss", lambda tf: [tf.nn.l2_loss(v) for v in ([], 3.0, [NAN])]),
    *(
        Case("nn.compute_average_loss", lambda tf, kw=kw: loss(tf, **kw))
        for kw in (
            {"losses": [1.0, 2, 3]},
            {"losses": [1.0, 2, 3], "sample_weight": [1.0, 0, 2]},
            {"losses": [1.0, 2, 3], "global_batch_size": 6},
            {"losses": [[1.0, 2, 3]], "sample_weight": [2.0]},
            {"losses": [1, 2]},
            {"losses": np.zeros(0, "f4")},
            {"losses": [1.0], "global_batch_size": 0},
            {"losses": np.ones((2, 3), "f4"), "sample_weight": [1.0, 2.0]},
            {"losses": np.ones((2, 3), "f4"), "sample_weight": np.ones((2, 1, 1), "f4")},
            {"losses": np.ones(2), "sample_weight": [1, 2]},
            {"losses": [1.0, 2], "sample_weight": 2.0},
        )
    ),
    Case(
        "nn.scale_regularization_loss",
        lambda tf: [tf.nn.scale_regularization_loss(v) for v in (3.0, [1.0, 2.0], [1, 2])],
    ),
    Case("nn.bias_add", gradients(lambda tf, x, b: tf.nn.bias_add(x, b), array(2, 4, 3), array(3))),
    Case(
        "nn.bias_add",
        gradients(lambda tf, x, b: tf.nn.bias_add(x, b, "NCHW"), array(2, 3, 4), array(3)),
    ),
    Case("nn.bias_add", lambda tf: tf.nn.bias_add(tf.ones([2, 3], tf.int32), [1, 2, 3], "N..C")),
    Case("nn.bias_add", second(lambda tf, x, b: tf.nn.bias_add(x, b), X, array(3))),
    *(
        Case(
            "nn.moments",
            gradients(
                lambda tf, x, a=a, k=k: tf.add_n(tf.nn.moments(x, a, keepdims=k)), array(2, 3, 4)
            ),
            rtol=1e-4,
        )
        for a, k in (
            ([0], False),
            ([0, 1], True),
            ([-1], False),
            (1, False),
            (None, False),
            ([], False),
        )
    ),
    Case("nn.moments", lambda tf: tf.nn.moments(tf.constant([[1, 2], [3, 5]]), [0])),
    Case("nn.moments", lambda tf: tf.nn.moments(tf.constant([[1e4, 2e4]], tf.float16), [1])),
    Case("nn.moments", lambda tf: tf.nn.moments(tf.zeros([0, 2]), [0])),
    Case("nn.moments", lambda tf: tf.nn.moments(tf.constant([1 + 2j, 3 - 1j]), [0])),
    *(
        Case(
            "nn.sufficient_statistics",
            lambda tf, kw=kw: tf.nn.sufficient_statistics(tf.constant(X), **kw),
        )
        for kw in ({"axes": [0]}, {"axes": [0, 1], "keepdims": True}, {"axes": [-1], "shift": 0.5})
    ),
    Case(
        "nn.sufficient_statistics",
        lambda tf: tf.nn.sufficient_statistics(tf.constant([[1, 2]]), [1]),
    ),
    Case(
        "nn.normalize_moments",
        lambda tf: [tf.nn.normalize_moments(2.0, [4.0, 6.0], [10.0, 20.0], s) for s in (None, 1.0)],
    ),
    *(
        Case(
            "nn.weighted_moments",
            lambda tf, w=w, k=k: tf.nn.weighted_moments(X, [0], w, keepdims=k),
        )
        for w, k in (
            (np.array([[1], [2], [0], [1]], "f4"), False),
            (np.array([1, 2, 3], "f4"), True),
            (2.0, False),
        )
    ),
    Case(
        "nn.batch_normalization",
        gradients(
            lambda tf, x, m, v, o, s: tf.nn.batch_normalization(x, m, v, o, s, 0.1),
            X,
            array(3),
            np.array([1, 2, 0.5], "f4"),
            array(3, seed=2),
            array(3, seed=3),
        ),
        rtol=1e-4,
        atol=1e-5,
    ),
    Case(
        "nn.batch_normalization",
        lambda tf: tf.nn.batch_normalization(
            tf.constant(X), tf.zeros([3]), tf.ones([3]), None, None, 0.1
        ),
    ),
    Case(
        "nn.batch_norm_with_global_normalization",
        lambda tf: [
            tf.nn.batch_norm_with_global_normalization(
                tf.constant(X), *[tf.constant([1.0, 2, 3])] * 4, 0.1, b
            )
            for b in (True, False)
        ],
        rtol=1e-4,
    ),
    *(
        Case(
            "nn.l2_normalize",
            gradients(lambda tf, x, a=a: tf.nn.l2_normalize(x, a), X),
            rtol=1e-4,
            atol=1e-6,
        )
        for a in (None, 0, [0, 1], -1)
    ),
    Case("nn.l2_normalize", lambda tf: tf.nn.l2_normalize(tf.constant([3 + 4j, 1]))),
    Case("math.l2_normalize", lambda tf: tf.math.l2_normalize([0.0, 0.0], dim=0)),
    Case("linalg.l2_normalize", lambda tf: tf.linalg.l2_normalize([3.0, 4.0], epsilon=100.0)),
    *(
        Case("nn.zero_fraction", lambda tf, v=v: tf.nn.zero_fraction(v))
        for v in ([0.0, 1, 0, 2, -0.0, NAN], [], 0.0, [True, False], ["a", ""], [0, 3])
    ),
    Case("math.zero_fraction", lambda tf: tf.math.zero_fraction([0, 1])),
    *(
        Case(
            "nn.local_response_normalization",
            gradients(
                lambda tf, x, a=a: tf.nn.local_response_normalization(x, *a), array(1, 2, 2, 6)
            ),
            rtol=1e-4,
        )
        for a in ((), (2, 1.0, 0.5, 0.75), (0,))
    ),
    Case("nn.lrn", lambda tf: tf.nn.lrn(array(1, 1, 1, 3))),
    Case(
        "nn.ctc_loss",
        gradients(lambda tf, x: tf.nn.ctc_loss(LABELS, x, [2, 3], [6, 5]), LOGITS),
        rtol=1e-4,
        atol=1e-5,
    ),
    Case("nn.ctc_loss", lambda tf: tf.nn.ctc_loss(LABELS, LOGITS, [2, 2], [6, 5], blank_index=3)),
    Case(
        "nn.ctc_loss",
        lambda tf: tf.nn.ctc_loss(
            [[1, 2, 0], [1, 1, 2]],
            np.swapaxes(LOGITS, 0, 1),
            [2, 3],
            [6, 5],
            logits_time_major=False,
            blank_index=-1,
        ),
    ),
    Case(
        "nn.ctc_loss",
        lambda tf: tf.nn.ctc_loss(
            LABELS, LOGITS, [2, 3], [6, 5], unique=tf.nn.ctc_unique_labels(LABELS)
        ),
    ),
    *(
        Case("nn.ctc_loss", lambda tf, n=n: tf.nn.ctc_loss(LABELS, LOGITS, [2, 3], n))
        for n in ([6, 2], [6, 1], [0, 5], [7, 5])
    ),
    Case("nn.ctc_loss", lambda tf: tf.nn.ctc_loss(LABELS, LOGITS, [0, 0], [6, 5])),
    *(
        Case(
            "nn.ctc_loss",
            gradients(
                lambda tf, x, b=b: tf.nn.ctc_loss(
                    labels_sparse(tf), x, None, [6, 5], blank_index=b
                ),
                LOGITS,
            ),
            rtol=1e-4,
            atol=1e-5,
            id="sparse",
        )
        for b in (-1, 0, 1)
    ),
    Case(
        "compat.v1.nn.ctc_loss",
        lambda tf: tf.compat.v1.nn.ctc_loss(labels_sparse(tf), LOGITS, [6, 5]),
    ),
    Case(
        "compat.v1.nn.ctc_loss",
        lambda tf: tf.compat.v1.nn.ctc_loss(labels_sparse(tf), LOGITS, [6, 5], True, False),
    ),
    Case(
        "nn.ctc_unique_labels", lambda tf: tf.nn.ctc_unique_labels(np.array([[1, 2, 1], [3, 3, 3]]))
    ),
    Case(
        "nn.collapse_repeated",
        lambda tf: tf.nn.collapse_repeated(np.array([[1, 1, 2, 2, 1], [3, 3, 0, 0, 0]]), [5, 3]),
    ),
    *(
        Case(
            "nn.ctc_greedy_decoder",
            lambda tf, kw=kw: sparse_parts(tf.nn.ctc_greedy_decoder(LOGITS, [6, 4], **kw)),
        )
        for kw in ({}, {"merge_repeated": False}, {"blank_index": 0}, {"blank_index": -2})
    ),
    *(
        Case(
            "nn.ctc_beam_search_decoder",
            lambda tf, a=a: sparse_parts(tf.nn.ctc_beam_search_decoder(LOGITS, [6, 4], *a)),
        )
        for a in ((), (3, 2), (1,), (10, 3))
    ),
    Case(
        "compat.v1.nn.ctc_beam_search_decoder",
        lambda tf: sparse_parts(tf.compat.v1.nn.ctc_beam_search_decoder(LOGITS, [6, 4], 5, 2)),
    ),
    *(
        Case(
            "compat.v1.nn.fused_batch_norm",
            lambda tf, kw=kw: tf.compat.v1.nn.fused_batch_norm(
                array(2, 3, 2, 3), [1.0, 2, 3], [0.0, 1, 2], **kw
            ),
            rtol=1e-4,
            atol=1e-5,
        )
        for kw in (
            {},
            {"mean": [1.0, 1, 1], "variance": [1.0, 2, 1], "is_training": False},
            {"mean": [1.0, 1, 1], "variance": [1.0, 2, 1], "exponential_avg_factor": 0.5},
        )
    ),
    Case(
        "compat.v1.nn.fused_batch_norm",
        second(
            lambda tf, x, s, o: tf.compat.v1.nn.fused_batch_norm(x, s, o)[0],
            array(2, 3, 2, 3),
            array(3),
            array(3, seed=1),
        ),
        rtol=1e-3,
        atol=1e-4,
    ),
    *(
        bad(f"nn.{n}", lambda tf, n=n: getattr(tf.nn, n)(tf.constant([1 + 2j])))
        for n in BENT
        if n not in ("silu", "swish")
    ),
    *(
        bad(f"nn.{n}", lambda tf, n=n: getattr(tf.nn, n)([1, 2]))
        for n in (
            "elu",
            "selu",
            "softsign",
            "gelu",
            "silu",
            "softmax",
            "log_softmax",
            "l2_loss",
            "l2_normalize",
        )
    ),
    *(bad(f"nn.{n}", lambda tf, n=n: getattr(tf.nn, n)(1.0)) for n in ("softmax", "log_softmax")),
    *(
        bad(f"nn.{n}", lambda tf, n=n: getattr(tf.nn, n)([[1.0]], axis=2))
        for n in ("softmax", "log_softmax", "l2_normalize")
    ),
    bad("nn.softmax", lambda tf: tf.nn.softmax([[1.0]], axis=[0])),
    bad(
        "nn.softmax_cross_entropy_with_logits",
        lambda tf: tf.nn.softmax_cross_entropy_with_logits(None, X),
    ),
    bad(
        "nn.softmax_cross_entropy_with_logits",
        lambda tf: tf.nn.softmax_cross_entropy_with_logits(array(2, 2), array(2, 3)),
    ),
    bad(
        "nn.softmax_cross_entropy_with_logits",
        lambda tf: tf.nn.softmax_cross_entropy_with_logits(X, X, axis=2),
    ),
    bad(
        "nn.softmax_cross_entropy_with_logits",
        lambda tf: tf.nn.softmax_cross_entropy_with_logits(1.0, 1.0),
    ),
    bad(
        "nn.sparse_softmax_cross_entropy_with_logits",
        lambda tf: tf.nn.sparse_softmax_cross_entropy_with_logits([0, 3], array(2, 3)),
    ),
    bad(
        "nn.sparse_softmax_cross_entropy_with_logits",
        lambda tf: tf.nn.sparse_softmax_cross_entropy_with_logits([0, -1], array(2, 3)),
    ),
    bad(
        "nn.sparse_softmax_cross_entropy_with_logits",
        lambda tf: tf.nn.sparse_softmax_cross_entropy_with_logits([0.0, 1.0], array(2, 3)),
    ),
    bad(
        "nn.sparse_softmax_cross_entropy_with_logits",
        lambda tf: tf.nn.sparse_softmax_cross_entropy_with_logits([[0], [1]], array(2, 3)),
    ),
    bad(
        "nn.sparse_softmax_cross_entropy_with_logits",
        lambda tf: tf.nn.sparse_softmax_cross_entropy_with_logits([0, 1, 2], array(2, 3)),
    ),
    bad(
        "nn.sparse_softmax_cross_entropy_with_logits",
        lambda tf: tf.nn.sparse_softmax_cross_entropy_with_logits(None, array(2, 3)),
    ),
    bad(
        "nn.sparse_softmax_cross_entropy_with_logits",
        lambda tf: tf.nn.sparse_softmax_cross_entropy_with_logits(0, 1.0),
    ),
    bad(
        "nn.sigmoid_cross_entropy_with_logits",
        lambda tf: tf.nn.sigmoid_cross_entropy_with_logits([1.0, 0], [[1.0, 0]]),
    ),
    bad(
        "nn.sigmoid_cross_entropy_with_logits",
        lambda tf: tf.nn.sigmoid_cross_entropy_with_logits(None, [1.0]),
    ),
    bad(
        "nn.sigmoid_cross_entropy_with_logits",
        lambda tf: tf.nn.sigmoid_cross_entropy_with_logits([1, 0], [1.0, 2]),
    ),
    bad(
        "nn.weighted_cross_entropy_with_logits",
        lambda tf: tf.nn.weighted_cross_entropy_with_logits([1.0, 0], [[1.0, 0]], 2.0),
    ),
    bad("nn.log_poisson_loss", lambda tf: tf.nn.log_poisson_loss([1.0, 0], [[1.0, 0]])),
    bad("nn.compute_average_loss", lambda tf: tf.nn.compute_average_loss(1.0)),
    *(
        bad(
            "nn.compute_average_loss",
            lambda tf, g=g: tf.nn.compute_average_loss([1.0], global_batch_size=g),
        )
        for g in (-1, 2.0, [2])
    ),
    *(
        bad(
            "nn.compute_average_loss",
            lambda tf, w=w: tf.nn.compute_average_loss([1.0, 2], sample_weight=w),
        )
        for w in ([2.0, 1, 1], [[2.0, 1]])
    ),
    *(
        bad("nn.bias_add", lambda tf, a=a: tf.nn.bias_add(*[np.float32(v) for v in a]))
        for a in (([1, 2], [1, 2]), ([[1, 2]], [1]), ([[1, 2]], [[1, 2]]), (1, 1))
    ),
    bad("nn.bias_add", lambda tf: tf.nn.bias_add(X, array(3), "FOO")),
    bad("nn.bias_add", lambda tf: tf.nn.bias_add(tf.ones([2, 3], tf.int32), [1.0, 2, 3])),
    bad("nn.moments", lambda tf: tf.nn.moments(tf.constant(X), [2])),
    bad("nn.sufficient_statistics", lambda tf: tf.nn.sufficient_statistics(tf.constant(X), 0)),
    bad("nn.sufficient_statistics", lambda tf: tf.nn.sufficient_statistics(tf.constant(X), [3])),
    bad("nn.l2_normalize", lambda tf: tf.nn.l2_normalize(X, axis=1, dim=0)),
    bad("nn.lrn", lambda tf: tf.nn.lrn(X)),
    bad("nn.lrn", lambda tf: tf.nn.lrn(array(1, 1, 1, 3), -1)),
    bad("nn.ctc_loss", lambda tf: tf.nn.ctc_loss(labels_sparse(tf), LOGITS, None, [6, 5])),
    bad(
        "nn.ctc_loss",
        lambda tf: tf.nn.ctc_loss(labels_sparse(tf), LOGITS, None, [6, 2], blank_index=-1),
    ),
    bad(
        "nn.ctc_loss",
        lambda tf: tf.nn.ctc_loss(labels_sparse(tf), LOGITS, None, [7, 5], blank_index=-1),
    ),
    bad("nn.ctc_loss", lambda tf: tf.nn.ctc_loss(LABELS, LOGITS, None, [6, 5])),
    bad("nn.ctc_greedy_decoder", lambda tf: tf.nn.ctc_greedy_decoder(LOGITS, [7, 4])),
    bad("nn.ctc_greedy_decoder", lambda tf: tf.nn.ctc_greedy_decoder(LOGITS, [6])),
    bad(
        "nn.ctc_greedy_decoder", lambda tf: tf.nn.ctc_greedy_decoder(LOGITS, [6, 4], blank_index=4)
    ),
    bad(
        "nn.ctc_beam_search_decoder", lambda tf: tf.nn.ctc_beam_search_decoder(LOGITS, [6, 4], 1, 2)
    ),
    bad("nn.ctc_beam_search_decoder", lambda tf: tf.nn.ctc_beam_search_decoder(LOGITS, [6, 4], 0)),
    bad("nn.leaky_relu", lambda tf: tf.nn.leaky_relu(X, tf.constant(0.1))),
]
