"""Gradients of both orders of reductions, scans, segments and what is composed of them."""

from cases.form import Case

MATRIX = [[0.5, 1.5, -0.7], [2.0, -1.2, 0.9]]
POSITIVE = [[0.5, 1.5, 0.7], [2.0, 1.2, 0.9]]


def both_orders(tf, function, numbers, dtype="float64"):
    """The gradient of a function of one tensor, and that of the sum of its squares."""
    x = tf.cast(tf.constant(numbers, tf.float64), dtype)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = function(x)
        first = inner.gradient(y, x)
        total = tf.reduce_sum(tf.square(first))
    return y, first, outer.gradient(total, x)


def case(symbol, function, numbers=POSITIVE, dtype="float64"):
    return Case(symbol, lambda tf: both_orders(tf, lambda x: function(tf, x), numbers, dtype))


CASES = [
    case("math.reduce_sum", lambda tf, x: tf.reduce_sum(x * x, axis=1)),
    case("math.reduce_mean", lambda tf, x: tf.reduce_mean(x * x, axis=[0, -1])),
    case("math.reduce_mean", lambda tf, x: tf.reduce_mean(x * x * x, axis=0, keepdims=True)),
    case("math.reduce_prod", lambda tf, x: tf.reduce_prod(x, axis=1)),
    case("math.reduce_prod", lambda tf, x: tf.reduce_prod(x)),
    case("math.reduce_prod", lambda tf, x: tf.reduce_prod(x, axis=0, keepdims=True)),
    case("math.reduce_max", lambda tf, x: tf.reduce_max(x * x, axis=1)),
    case("math.reduce_min", lambda tf, x: tf.reduce_min(x * x, axis=0, keepdims=True)),
    case("math.reduce_logsumexp", lambda tf, x: tf.reduce_logsumexp(x, axis=1), MATRIX),
    case("math.reduce_logsumexp", lambda tf, x: tf.reduce_logsumexp(x, keepdims=True), MATRIX),
    case("math.reduce_logsumexp", lambda tf, x: tf.reduce_logsumexp(x), MATRIX, "float32"),
    case("math.reduce_variance", lambda tf, x: tf.math.reduce_variance(x, axis=1), MATRIX),
    case("math.reduce_std", lambda tf, x: tf.math.reduce_std(x, axis=0), MATRIX),
    case("math.reduce_std", lambda tf, x: tf.math.reduce_std(x), MATRIX),
    case("math.reduce_euclidean_norm", lambda tf, x: tf.math.reduce_euclidean_norm(x, 1), MATRIX),
    case("math.cumsum", lambda tf, x: tf.cumsum(x * x, axis=1, exclusive=True)),
    case("math.cumsum", lambda tf, x: tf.cumsum(x * x, reverse=True)),
    case("math.cumprod", lambda tf, x: tf.math.cumprod(x, axis=1)),
    case("math.cumprod", lambda tf, x: tf.math.cumprod(x, axis=-1, exclusive=True, reverse=True)),
    case("math.cumulative_logsumexp", lambda tf, x: tf.math.cumulative_logsumexp(x, 1), MATRIX),
    case(
        "math.cumulative_logsumexp",
        lambda tf, x: tf.math.cumulative_logsumexp(x, 1, reverse=True),
        MATRIX,
    ),
    case("clip_by_norm", lambda tf, x: tf.clip_by_norm(x, 1.0)),
    case("clip_by_norm", lambda tf, x: tf.clip_by_norm(x, 1.5, axes=[1])),
    case("clip_by_value", lambda tf, x: tf.clip_by_value(x * x, 0.3, 2.5)),
    case("clip_by_global_norm", lambda tf, x: tf.clip_by_global_norm([x, x * x], 1.0)[0][1]),
    case("linalg.global_norm", lambda tf, x: tf.linalg.global_norm([x, x * x])),
    case("math.polyval", lambda tf, x: tf.math.polyval([2.0, -1.0, 3.0], x), dtype="float32"),
    case("linspace", lambda tf, x: tf.linspace(x * x, x, 4)),
    case("math.add_n", lambda tf, x: tf.add_n([x, x * x, x * x * x])),
    case("math.accumulate_n", lambda tf, x: tf.math.accumulate_n([x, x * x, x])),
    case("math.scalar_mul", lambda tf, x: tf.math.scalar_mul(2.0, x * x)),
    case("math.squared_difference", lambda tf, x: tf.math.squared_difference(x * x, 1.0)),
    case("math.lbeta", lambda tf, x: tf.math.lbeta(x)),
    case("math.digamma", lambda tf, x: tf.math.digamma(x)),
    case("math.erfcinv", lambda tf, x: tf.math.erfcinv(x * 0.5)),
    case("math.igamma", lambda tf, x: tf.math.igamma(tf.constant(1.5, x.dtype), x)),
    case("math.igammac", lambda tf, x: tf.math.igammac(tf.constant(1.5, x.dtype), x)),
    case(
        "math.betainc",
        lambda tf, x: tf.math.betainc(
            tf.constant(1.5, x.dtype), tf.constant(2.5, x.dtype), x * 0.4
        ),
    ),
    case("math.segment_sum", lambda tf, x: tf.math.segment_sum(x * x, [0, 0])),
    case("math.segment_mean", lambda tf, x: tf.math.segment_mean(x * x, [0, 0])),
    case("math.segment_prod", lambda tf, x: tf.math.segment_prod(x, [0, 0])),
    case("math.segment_max", lambda tf, x: tf.math.segment_max(x * x, [0, 0])),
    case("math.segment_min", lambda tf, x: tf.math.segment_min(x * x, [0, 2])),
    case("math.unsorted_segment_sum", lambda tf, x: tf.math.unsorted_segment_sum(x * x, [1, 1], 3)),
    case("math.unsorted_segment_prod", lambda tf, x: tf.math.unsorted_segment_prod(x, [1, 1], 2)),
    case("math.unsorted_segment_max", lambda tf, x: tf.math.unsorted_segment_max(x**2, [0, 0], 1)),
    case("math.unsorted_segment_min", lambda tf, x: tf.math.unsorted_segment_min(x**2, [0, 0], 1)),
    case(
        "math.unsorted_segment_mean", lambda tf, x: tf.math.unsorted_segment_mean(x**2, [0, 0], 2)
    ),
    case(
        "math.unsorted_segment_sqrt_n",
        lambda tf, x: tf.math.unsorted_segment_sqrt_n(x * x, [0, 0], 2),
    ),
    case("sparse.segment_sum", lambda tf, x: tf.sparse.segment_sum(x * x, [0, 1, 0], [0, 0, 1])),
    case("sparse.segment_mean", lambda tf, x: tf.sparse.segment_mean(x * x, [0, 1, 0], [0, 0, 1])),
    case(
        "sparse.segment_sqrt_n",
        lambda tf, x: tf.sparse.segment_sqrt_n(x * x, [0, 1, 0], [0, 0, 1]),
    ),
]


def sparse_gradient(tf, name):
    table = tf.Variable(MATRIX)
    with tf.GradientTape() as tape:
        y = getattr(tf.sparse, name)(table, [0, 1, 0], [0, 0, 1], sparse_gradient=True)
    slices = tape.gradient(y, table)
    return type(slices).__name__, tf.convert_to_tensor(slices)


CASES += [
    Case("sparse.segment_sum", lambda tf: sparse_gradient(tf, "segment_sum")),
    Case("sparse.segment_mean", lambda tf: sparse_gradient(tf, "segment_mean")),
    Case("sparse.segment_sqrt_n", lambda tf: sparse_gradient(tf, "segment_sqrt_n")),
]
