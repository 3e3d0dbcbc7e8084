"""Elementwise functions at their edges, clipping, polynomials."""

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
    Case("math.add", lambda tf: np.array([1.0, 2.0]) + floats(tf)),
    Case("math.multiply", lambda tf: np.array([1.0, 2.0], np.float32) * floats(tf)),
    Case("math.multiply", lambda tf: floats(tf) * np.float64(2)),
    Case("math.multiply", lambda tf: np.float64(2) * floats(tf)),
    Case("math.multiply", lambda tf: np.float32(2) * floats(tf)),
    Case("math.multiply", lambda tf: np.int64(3) * ints(tf)),
    Case("math.multiply", lambda tf: ints(tf) * np.int64(3)),
    Case("math.equal", lambda tf: floats(tf) == np.array([1.0, 2.0])),
    Case("math.equal", lambda tf: floats(tf) == np.array([1.0, 2.0], np.float32)),
    bad("math.add", lambda tf: floats(tf) + tf.constant([1.0, 2.0, 3.0])),
    bad("math.less", lambda tf: floats(tf) < tf.constant([1.0, 2.0, 3.0])),
    bad("equal", lambda tf: tf.equal(floats(tf), tf.constant([1.0, 2.0, 3.0]))),
    bad("math.not_equal", lambda tf: tf.not_equal(floats(tf), tf.constant([1.0, 2.0, 3.0]))),
    bad("equal", lambda tf: tf.equal(floats(tf), ints(tf))),
    bad("equal", lambda tf: tf.equal([1, 2], [1.0, 2.0])),
    bad("equal", lambda tf: tf.equal(1, None)),
    bad("math.maximum", lambda tf: tf.maximum(ints(tf), 1.5)),
    bad("math.maximum", lambda tf: tf.maximum(1, 2.5)),
    Case("math.maximum", lambda tf: tf.maximum(2.5, 1)),
    Case("math.maximum", lambda tf: tf.maximum([np.nan, 1.0, 0.0, -0.0], [1.0, np.nan, -0.0, 0.0])),
    Case("math.minimum", lambda tf: tf.minimum([np.nan, 1.0, 0.0, -0.0], [1.0, np.nan, -0.0, 0.0])),
    Case("abs", lambda tf: tf.abs(-0.0)),
    Case("abs", lambda tf: tf.abs(tf.constant(-128, tf.int8))),
    Case("math.sign", lambda tf: tf.sign([np.nan, -0.0, 0.0, 3.0, -np.inf])),
    Case("math.sign", lambda tf: tf.sign(tf.constant([0j, 3 + 4j]))),
    Case("math.round", lambda tf: tf.round([0.5, 1.5, 2.5, -0.5, -1.5, np.nan])),
    Case("math.round", lambda tf: tf.round(tf.constant([1, 2]))),
    Case("math.round", lambda tf: tf.round(tf.constant([1, 2], tf.int8))),
    bad("math.round", lambda tf: tf.round(complexes(tf))),
    Case("math.rint", lambda tf: tf.math.rint([0.5, 1.5, -0.5])),
    bad("floor", lambda tf: tf.floor(ints(tf))),
    Case("math.ceil", lambda tf: tf.math.ceil([-0.5])),
    bad("exp", lambda tf: tf.exp(ints(tf))),
    bad("exp", lambda tf: tf.exp("a")),
    bad("exp", lambda tf: tf.exp(1)),
    Case("math.sqrt", lambda tf: tf.sqrt(-1.0)),
    Case("math.rsqrt", lambda tf: tf.math.rsqrt([0.0, -0.0, -1.0, np.inf])),
    Case("math.log", lambda tf: tf.math.log([0.0, -1.0])),
    bad("logical_and", lambda tf: tf.logical_and(bools(tf), 1)),
    bad("logical_and", lambda tf: tf.logical_and(bools(tf), ints(tf))),
    Case("math.logical_xor", lambda tf: tf.math.logical_xor(bools(tf), True)),
    Case(
        "bitwise.left_shift",
        lambda tf: tf.bitwise.left_shift(tf.constant([1, 1, 1, -1]), [31, 32, -1, 40]),
    ),
    Case(
        "bitwise.right_shift",
        lambda tf: tf.bitwise.right_shift(tf.constant([-8, 8, 8, -8]), [1, 32, -1, 40]),
    ),
    Case(
        "bitwise.left_shift",
        lambda tf: tf.bitwise.left_shift(
            tf.constant([1, 1, 255], tf.uint8), tf.constant([7, 8, 200], tf.uint8)
        ),
    ),
    Case(
        "bitwise.left_shift",
        lambda tf: tf.bitwise.left_shift(
            tf.constant([1, 1, -1], tf.int8), tf.constant([7, 8, 100], tf.int8)
        ),
    ),
    Case("truncatediv", lambda tf: tf.truncatediv(-7, 2)),
    Case("truncatediv", lambda tf: tf.truncatediv(-7.5, 2.0)),
    Case("truncatemod", lambda tf: tf.truncatemod(-7, 3)),
    Case("truncatemod", lambda tf: tf.truncatemod(-7.5, 2.0)),
    bad("truncatediv", lambda tf: tf.truncatediv(7, 0)),
    bad("truncatemod", lambda tf: tf.truncatemod(7, 0)),
    Case(
        "math.floormod", lambda tf: tf.math.floormod(tf.constant([-7.5, -0.0, 0.0, 6.0, -6.0]), 3.0)
    ),
    Case(
        "math.floordiv",
        lambda tf: tf.math.floordiv(tf.constant([-128], tf.int8), tf.constant([-1], tf.int8)),
    ),
    Case(
        "truncatediv",
        lambda tf: tf.truncatediv(tf.constant([-128], tf.int8), tf.constant([-1], tf.int8)),
    ),
    Case(
        "math.floormod",
        lambda tf: tf.math.floormod(tf.constant([-128], tf.int8), tf.constant([-1], tf.int8)),
    ),
    Case("math.floordiv", lambda tf: tf.math.floordiv(tf.constant([-(2**31)]), -1)),
    Case("math.divide_no_nan", lambda tf: tf.math.divide_no_nan(1.0, 0.0)),
    Case("math.divide_no_nan", lambda tf: tf.math.divide_no_nan(1, 0)),
    Case("math.divide_no_nan", lambda tf: tf.math.divide_no_nan(4, 2)),
    Case("math.divide_no_nan", lambda tf: tf.math.divide_no_nan(complexes(tf), complexes(tf))),
    Case(
        "math.divide_no_nan",
        lambda tf: tf.math.divide_no_nan(tf.constant(4, tf.int8), tf.constant(2, tf.int8)),
    ),
    Case("math.multiply_no_nan", lambda tf: tf.math.multiply_no_nan(np.inf, 0.0)),
    Case("math.multiply_no_nan", lambda tf: tf.math.multiply_no_nan(0.0, np.nan)),
    bad("math.multiply_no_nan", lambda tf: tf.math.multiply_no_nan(1, 2)),
    Case("math.reciprocal", lambda tf: tf.math.reciprocal([0.0, -0.0, 2.0])),
    bad("math.reciprocal", lambda tf: tf.math.reciprocal(2)),
    Case("math.reciprocal_no_nan", lambda tf: tf.math.reciprocal_no_nan([0.0, 2.0])),
    bad("math.reciprocal_no_nan", lambda tf: tf.math.reciprocal_no_nan(2)),
    Case("math.scalar_mul", lambda tf: tf.scalar_mul(2, floats(tf))),
    bad("math.scalar_mul", lambda tf: tf.scalar_mul(2.0, ints(tf))),
    bad("math.scalar_mul", lambda tf: tf.scalar_mul(floats(tf), floats(tf))),
    Case("math.scalar_mul", lambda tf: tf.scalar_mul(2.0, tf.IndexedSlices(floats(tf), ints(tf)))),
    Case("math.conj", lambda tf: tf.math.conj(ints(tf))),
    bad("math.conj", lambda tf: tf.math.conj(strings(tf))),
    Case("math.real", lambda tf: tf.math.real(floats(tf))),
    Case("math.real", lambda tf: tf.math.real(ints(tf))),
    bad("math.real", lambda tf: tf.math.real(bools(tf))),
    Case("math.imag", lambda tf: tf.math.imag(floats(tf))),
    Case("math.imag", lambda tf: tf.math.imag(ints(tf))),
    Case("math.angle", lambda tf: tf.math.angle(floats(tf))),
    Case("math.angle", lambda tf: tf.math.angle(tf.constant([-1.0, 0.0, -0.0, 2.0, np.nan]))),
    bad("math.angle", lambda tf: tf.math.angle(ints(tf))),
    Case("math.angle", lambda tf: tf.math.angle(tf.constant([-1 + 0j, 1j, -1 - 0j]))),
    Case("complex", lambda tf: tf.complex(1.0, 2.0)),
    bad("complex", lambda tf: tf.complex(floats(tf), doubles(tf))),
    bad("complex", lambda tf: tf.complex(1, 2)),
    Case("complex", lambda tf: tf.complex(floats(tf), [1.0, 2.0])),
    Case("complex", lambda tf: tf.complex(floats(tf), 1.0)),
    bad("complex", lambda tf: tf.complex(doubles(tf), 1.0)),
    Case("complex", lambda tf: tf.complex([[1.0], [2.0]], floats(tf))),
    Case("abs", lambda tf: tf.math.abs([1, -2])),
    Case("math.floormod", lambda tf: tf.math.floormod(5, 3)),
    Case("math.floormod", lambda tf: tf.math.mod(5.0, 3.0)),
    Case("math.squared_difference", lambda tf: tf.math.squared_difference(ints(tf), 3)),
    Case("math.squared_difference", lambda tf: tf.math.squared_difference(complexes(tf), 1)),
    Case("math.polyval", lambda tf: tf.math.polyval([1.0, 2.0, 3.0], 2.0)),
    Case("math.polyval", lambda tf: tf.math.polyval([], 2.0)),
    bad("math.polyval", lambda tf: tf.math.polyval(3.0, 2.0)),
    Case("clip_by_value", lambda tf: tf.clip_by_value(floats(tf), 1.5, 1.8)),
    bad("clip_by_value", lambda tf: tf.clip_by_value(ints(tf), 1.5, 1.8)),
    Case("clip_by_value", lambda tf: tf.clip_by_value(floats(tf), [1.5, 1.0], 2.0)),
    bad("clip_by_value", lambda tf: tf.clip_by_value(floats(tf), [[1.5], [1.0]], 2.0)),
    Case("clip_by_value", lambda tf: tf.clip_by_value([np.nan, np.inf], 0.0, 1.0)),
    Case("clip_by_value", lambda tf: tf.clip_by_value(floats(tf), 3.0, 1.0)),
    Case("clip_by_norm", lambda tf: tf.clip_by_norm([3.0, 4.0], 1.0)),
    Case("clip_by_norm", lambda tf: tf.clip_by_norm([3.0, 4.0], 10.0)),
    Case("clip_by_norm", lambda tf: tf.clip_by_norm([0.0, 0.0], 1.0)),
    Case("clip_by_norm", lambda tf: tf.clip_by_norm([[3.0, 4.0], [6.0, 8.0]], 5.0, axes=[1])),
    bad("clip_by_norm", lambda tf: tf.clip_by_norm([3, 4], 1)),
    bad("clip_by_norm", lambda tf: tf.clip_by_norm(ints(tf), 1.0)),
    Case(
        "clip_by_global_norm",
        lambda tf: tf.clip_by_global_norm([floats(tf), None, tf.constant([[3.0]])], 1.0),
    ),
    bad("clip_by_global_norm", lambda tf: tf.clip_by_global_norm(floats(tf), 1.0)),
    Case("clip_by_global_norm", lambda tf: tf.clip_by_global_norm([], 1.0)),
    Case("clip_by_global_norm", lambda tf: tf.clip_by_global_norm([tf.constant([np.inf])], 1.0)),
    bad("clip_by_global_norm", lambda tf: tf.clip_by_global_norm([floats(tf), ints(tf)], 1.0)),
    bad("clip_by_global_norm", lambda tf: tf.clip_by_global_norm([floats(tf)], 1.0, use_norm=4.0)),
    Case("linalg.global_norm", lambda tf: tf.linalg.global_norm([floats(tf), floats(tf)])),
    Case("linalg.global_norm", lambda tf: tf.linalg.global_norm([])),
    Case("linalg.global_norm", lambda tf: tf.linalg.global_norm([None])),
    Case("math.add", lambda tf: ints(tf) + True),
    Case("math.add", lambda tf: floats(tf) + True),
    Case("constant", lambda tf: tf.constant(True, tf.int32)),
    Case("math.maximum", lambda tf: tf.maximum(ints(tf), True)),
    Case("add", lambda tf: tf.add(ints(tf), True)),
    bad("constant", lambda tf: tf.constant(1, tf.bool)),
    bad("math.multiply", lambda tf: tf.multiply(bools(tf), bools(tf))),
    Case("math.multiply", lambda tf: bools(tf) * True),
    Case("math.multiply", lambda tf: True * bools(tf)),
    Case("math.multiply", lambda tf: tf.constant(2.0) * bools(tf)),
    Case("math.multiply", lambda tf: bools(tf) * ints(tf)),
    Case("math.sign", lambda tf: gradient(tf, tf.sign, [1.0, 2.0])),
    Case("floor", lambda tf: gradient(tf, tf.floor, [1.5])),
    Case("math.round", lambda tf: gradient(tf, tf.round, [1.5])),
    Case("math.ceil", lambda tf: gradient(tf, tf.math.ceil, [1.5])),
    Case("math.floordiv", lambda tf: gradient(tf, tf.math.floordiv, 5.0, 2.0)),
    Case("math.floormod", lambda tf: gradient(tf, tf.math.floormod, 5.0, 2.0)),
    Case("truncatediv", lambda tf: gradient(tf, tf.truncatediv, 5.0, 2.0)),
    Case("math.maximum", lambda tf: gradient(tf, tf.maximum, [1.0, 2.0, 3.0], [1.0, 3.0, 2.0])),
    Case("math.minimum", lambda tf: gradient(tf, tf.minimum, [1.0, 2.0, 3.0], [1.0, 3.0, 2.0])),
    Case("math.maximum", lambda tf: gradient(tf, tf.maximum, np.float32("nan"), 1.0)),
    Case("abs", lambda tf: gradient(tf, tf.abs, [0.0, -1.0])),
    Case("math.pow", lambda tf: gradient(tf, tf.pow, [0.0, -1.0, 2.0], [0.0, 2.0, 3.0])),
    Case("math.pow", lambda tf: gradient(tf, tf.pow, [0.0, -1.0, 2.0], 2.0)),
    Case("math.sqrt", lambda tf: gradient(tf, tf.sqrt, [0.0, 1.0])),
    Case("math.rsqrt", lambda tf: gradient(tf, tf.math.rsqrt, [0.0, 4.0])),
    Case("math.xlogy", lambda tf: gradient(tf, tf.math.xlogy, [0.0, 2.0], [0.0, 3.0])),
    Case("math.xdivy", lambda tf: gradient(tf, tf.math.xdivy, [0.0, 2.0], [0.0, 3.0])),
    Case(
        "math.divide_no_nan", lambda tf: gradient(tf, tf.math.divide_no_nan, [1.0, 2.0], [0.0, 3.0])
    ),
    Case(
        "math.multiply_no_nan",
        lambda tf: gradient(tf, tf.math.multiply_no_nan, [1.0, 2.0], [0.0, 3.0]),
    ),
    Case("math.reciprocal", lambda tf: gradient(tf, tf.math.reciprocal, [2.0])),
    Case("math.reciprocal_no_nan", lambda tf: gradient(tf, tf.math.reciprocal_no_nan, [2.0, 0.0])),
    Case(
        "math.squared_difference",
        lambda tf: gradient(tf, tf.math.squared_difference, [2.0, 0.0], 1.0),
    ),
    Case("math.angle", lambda tf: gradient(tf, tf.math.angle, tf.constant([1 + 1j, 0j, 2j]))),
    Case("math.sign", lambda tf: gradient(tf, tf.sign, tf.constant([1 + 1j, 0j, 2j]))),
    Case("abs", lambda tf: gradient(tf, tf.abs, tf.constant([1 + 1j, 0j, 2j]))),
    Case("atan2", lambda tf: gradient(tf, tf.math.atan2, [1.0, 0.0], [2.0, 0.0])),
    Case("math.reduce_max", lambda tf: gradient(tf, tf.reduce_max, [1.0, 2.0, 2.0])),
    Case("math.reduce_min", lambda tf: gradient(tf, tf.reduce_min, [1.0, 1.0, 2.0])),
    Case("math.reduce_prod", lambda tf: gradient(tf, tf.reduce_prod, [0.0, 2.0, 3.0])),
    Case("math.reduce_prod", lambda tf: gradient(tf, tf.reduce_prod, [0.0, 0.0, 3.0])),
    Case("math.reduce_std", lambda tf: gradient(tf, tf.math.reduce_std, [1.0, 2.0, 3.0])),
    Case("math.reduce_std", lambda tf: gradient(tf, tf.math.reduce_std, [1.0, 1.0])),
    Case("math.reduce_variance", lambda tf: gradient(tf, tf.math.reduce_variance, [1.0, 2.0, 4.0])),
    Case(
        "math.reduce_logsumexp", lambda tf: gradient(tf, tf.reduce_logsumexp, [1.0, 2.0, -np.inf])
    ),
    Case("math.reduce_logsumexp", lambda tf: gradient(tf, tf.reduce_logsumexp, [-np.inf, -np.inf])),
    Case(
        "math.reduce_euclidean_norm",
        lambda tf: gradient(tf, tf.math.reduce_euclidean_norm, [3.0, 4.0]),
    ),
    Case(
        "math.reduce_euclidean_norm",
        lambda tf: gradient(tf, tf.math.reduce_euclidean_norm, [0.0, 0.0]),
    ),
    Case("cumsum", lambda tf: gradient(tf, tf.cumsum, [1.0, 2.0, 3.0])),
    Case("math.cumprod", lambda tf: gradient(tf, tf.math.cumprod, [1.0, 2.0, 3.0])),
    Case("math.cumprod", lambda tf: gradient(tf, tf.math.cumprod, [1.0, 0.0, 3.0])),
    Case(
        "math.cumulative_logsumexp",
        lambda tf: gradient(tf, tf.math.cumulative_logsumexp, [1.0, 2.0, 3.0]),
    ),
    Case(
        "clip_by_value",
        lambda tf: gradient(tf, lambda x: tf.clip_by_value(x, 1.0, 2.0), [0.0, 1.0, 1.5, 2.0, 3.0]),
    ),
    Case(
        "clip_by_value",
        lambda tf: gradient(
            tf, lambda x, lo, hi: tf.clip_by_value(x, lo, hi), [0.0, 1.0, 1.5, 2.0, 3.0], 1.0, 2.0
        ),
    ),
    Case("clip_by_norm", lambda tf: gradient(tf, lambda x: tf.clip_by_norm(x, 1.0), [3.0, 4.0])),
    Case("clip_by_norm", lambda tf: gradient(tf, lambda x: tf.clip_by_norm(x, 1.0), [0.0, 0.0])),
    Case("clip_by_norm", lambda tf: gradient(tf, lambda x: tf.clip_by_norm(x, 10.0), [3.0, 4.0])),
    Case("nn.relu", lambda tf: gradient(tf, tf.nn.relu, [0.0, -0.0, 1.0, np.nan, -1.0])),
    Case("nn.relu", lambda tf: tf.nn.relu([0.0, -0.0, 1.0, np.nan, -1.0])),
    Case("nn.relu", lambda tf: tf.nn.relu(tf.constant([-0.0, np.nan], tf.float64))),
    Case("nn.relu", lambda tf: tf.nn.relu(tf.constant([-0.0, np.nan], tf.float16))),
    Case(
        "math.sigmoid", lambda tf: tf.sigmoid([-100.0, -10.0, 0.0, 100.0, np.nan, np.inf, -np.inf])
    ),
    Case(
        "math.sigmoid",
        lambda tf: tf.sigmoid(tf.constant([-100.0, -800.0, -10.0, 0.0, 100.0], tf.float64)),
    ),
    Case("math.sigmoid", lambda tf: tf.sigmoid(complexes(tf))),
    Case("math.tanh", lambda tf: tf.tanh([-100.0, 1e-5, 0.0, -0.0, 100.0, np.nan])),
    Case(
        "math.softplus",
        lambda tf: tf.math.softplus(
            [-200.0, -100.0, -20.0, -10.0, 0.0, 10.0, 20.0, 100.0, np.nan, np.inf, -np.inf]
        ),
    ),
    Case("math.softplus", lambda tf: gradient(tf, tf.nn.softplus, [-100.0, 0.0, 100.0])),
    Case("math.nextafter", lambda tf: gradient(tf, tf.math.nextafter, [1.0], [2.0])),
    Case("math.igamma", lambda tf: gradient(tf, tf.math.igamma, [1.0], [2.0])),
    Case("math.polygamma", lambda tf: gradient(tf, tf.math.polygamma, [1.0], [2.0])),
    Case("math.zeta", lambda tf: gradient(tf, tf.math.zeta, [2.0], [2.0])),
    Case("math.betainc", lambda tf: gradient(tf, tf.math.betainc, [1.0], [2.0], [0.5])),
    Case("math.special.bessel_j0", lambda tf: gradient(tf, tf.math.special.bessel_j0, [1.0])),
    Case("math.special.bessel_k0e", lambda tf: gradient(tf, tf.math.special.bessel_k0e, [1.0])),
    Case("math.special.bessel_y1", lambda tf: gradient(tf, tf.math.special.bessel_y1, [1.0])),
    Case("math.special.spence", lambda tf: gradient(tf, tf.math.special.spence, [0.5])),
    Case("math.special.expint", lambda tf: gradient(tf, tf.math.special.expint, [0.5])),
    Case("math.special.dawsn", lambda tf: gradient(tf, tf.math.special.dawsn, [0.5])),
    Case("math.special.fresnel_sin", lambda tf: gradient(tf, tf.math.special.fresnel_sin, [0.5])),
    Case("linspace", lambda tf: gradient(tf, lambda lo, hi: tf.linspace(lo, hi, 3), 1.0, 2.0)),
]
