"""Special functions at their edges."""

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
    Case("math.betainc", lambda tf: tf.math.betainc([1.0], 2.0, 0.5)),
    bad("math.betainc", lambda tf: tf.math.betainc([1.0, 2.0], [2.0], 0.5)),
    Case("math.igamma", lambda tf: tf.math.igamma([1.0, 2.0], [[2.0], [3.0]])),
    Case("math.bessel_i1", lambda tf: gradient(tf, tf.math.special.bessel_i1, [0.0])),
    Case("math.bessel_i1e", lambda tf: gradient(tf, tf.math.special.bessel_i1e, [0.0])),
    Case("math.bessel_i0e", lambda tf: gradient(tf, tf.math.special.bessel_i0e, [0.0, -1.0])),
    Case("math.special.bessel_j1", lambda tf: gradient(tf, tf.math.special.bessel_j1, [0.0])),
    Case("math.special.spence", lambda tf: gradient(tf, tf.math.special.spence, [1.0])),
    Case("math.special.expint", lambda tf: gradient(tf, tf.math.special.expint, [-1.0, 0.0])),
    Case(
        "math.igamma", lambda tf: gradient(tf, tf.math.igamma, [2.0, 0.5, 3.0], [0.0, 100.0, 3.0])
    ),
    Case(
        "math.igammac", lambda tf: gradient(tf, tf.math.igammac, [2.0, 0.5, 3.0], [0.0, 100.0, 3.0])
    ),
    Case("math.betainc", lambda tf: gradient(tf, tf.math.betainc, [2.0], [3.0], [0.0])),
    Case("math.lgamma", lambda tf: gradient(tf, tf.math.lgamma, [-1.0, 0.0])),
]
