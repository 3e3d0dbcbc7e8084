"""Cases of the harness's own kinds of results: every structure that `encode` knows."""

from cases.form import Case


def _loop(tf):
    total = tf.Variable(0.0)
    for i in range(3):
        total.assign_add(float(i))
    return total


CASES = [
    Case("constant", lambda tf: tf.constant([[1.0, float("nan")], [-0.0, float("inf")]])),
    Case(
        "constant", lambda tf: (tf.constant([1, 2]), [tf.constant(True)], {"a": tf.constant("x")})
    ),
    Case(
        "constant",
        lambda tf: [tf.constant(1.5, dtype) for dtype in (tf.bfloat16, tf.float16, tf.complex64)],
    ),
    Case("Variable", _loop),
    Case("math.add", lambda tf: tf.add([1.0, 2.0], [1.0, 2.0, 3.0]), bad=True),
    Case("math.add", lambda tf: tf.add(tf.constant([1.0, 2.0]), tf.constant([1, 2])), bad=True),
]
