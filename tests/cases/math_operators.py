"""Operators of tensors."""

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
    Case("math.equal", lambda tf: floats(tf) == [1.0, 3.0]),
    Case("math.equal", lambda tf: floats(tf) == tf.constant([1.0, 2.0, 3.0])),
    Case("math.not_equal", lambda tf: floats(tf) != tf.constant([1.0, 2.0, 3.0])),
    bad("math.equal", lambda tf: floats(tf) == "a"),
    bad("math.equal", lambda tf: floats(tf) == {}),
    bad("math.equal", lambda tf: floats(tf) == ints(tf)),
    bad("math.not_equal", lambda tf: floats(tf) != ints(tf)),
    bad("math.equal", lambda tf: floats(tf) == doubles(tf)),
    Case("math.equal", lambda tf: floats(tf) == [1, 2, 3]),
    Case("math.equal", lambda tf: floats(tf) == 1),
    bad("math.equal", lambda tf: ints(tf) == 1.5),
    bad("math.equal", lambda tf: ints(tf) == 1.0),
    bad("math.equal", lambda tf: bools(tf) == 1),
    Case("math.equal", lambda tf: strings(tf) == "a"),
    bad("math.equal", lambda tf: strings(tf) == 1),
    Case("math.equal", lambda tf: 1 == floats(tf)),
    Case("math.equal", lambda tf: np.array([1.0, 2.0]) == floats(tf)),
    Case("math.equal", lambda tf: np.float32(1) == floats(tf)),
    Case("math.less", lambda tf: floats(tf) < 1),
    bad("math.less", lambda tf: floats(tf) < "a"),
    bad("math.less", lambda tf: floats(tf) < None),
    bad("math.less", lambda tf: floats(tf) < ints(tf)),
    Case("math.less", lambda tf: 1 < floats(tf)),
    bad("math.less", lambda tf: ints(tf) < 1.5),
    bad("math.less", lambda tf: bools(tf) < bools(tf)),
    bad("math.less", lambda tf: complexes(tf) < complexes(tf)),
    bad("math.less", lambda tf: strings(tf) < strings(tf)),
    Case("math.floordiv", lambda tf: floats(tf) // 0),
    bad("math.floordiv", lambda tf: ints(tf) // 0),
    bad("math.floormod", lambda tf: ints(tf) % 0),
    Case("math.floormod", lambda tf: floats(tf) % 0),
    Case("math.floordiv", lambda tf: -7 // tf.constant(2)),
    Case("math.floordiv", lambda tf: tf.constant(-7) // 2),
    Case("math.floormod", lambda tf: tf.constant(-7) % 3),
    Case("math.floormod", lambda tf: tf.constant(7) % -3),
    Case("math.floormod", lambda tf: tf.constant(-7.5) % 2.0),
    Case("math.floordiv", lambda tf: tf.constant(-7.5) // 2.0),
    Case(
        "math.floordiv",
        lambda tf: (
            tf.constant([np.inf, -np.inf, np.nan, 0.0, -0.0, 5.0])
            // tf.constant([[1.0], [np.inf], [-np.inf], [0.0], [-0.0]])
        ),
    ),
    Case(
        "math.floormod",
        lambda tf: (
            tf.constant([np.inf, -np.inf, np.nan, 0.0, -0.0, 5.0, -5])
            % tf.constant([[1.0], [np.inf], [-np.inf], [0.0], [-0.0], [-3.0]])
        ),
    ),
    bad("math.pow", lambda tf: ints(tf) ** -1),
    Case("math.pow", lambda tf: ints(tf) ** 2),
    Case("math.pow", lambda tf: 2 ** ints(tf)),
    bad("math.pow", lambda tf: ints(tf) ** 2.0),
    Case("math.pow", lambda tf: floats(tf) ** 2),
    bad("math.pow", lambda tf: 2.5 ** ints(tf)),
    bad("math.pow", lambda tf: floats(tf) ** ints(tf)),
    Case("math.pow", lambda tf: tf.constant(2, tf.int8) ** 7),
    bad("math.pow", lambda tf: tf.constant(2, tf.int8) ** tf.constant(-1, tf.int8)),
    bad("math.pow", lambda tf: tf.constant([0, 1, -1, 2]) ** tf.constant(-1)),
    bad("math.pow", lambda tf: tf.pow(2, 3.0)),
    Case("math.pow", lambda tf: tf.pow(2.0, 3)),
    bad("math.pow", lambda tf: tf.constant(2, tf.uint8) ** 2),
    Case("math.abs", lambda tf: abs(ints(tf))),
    Case("math.abs", lambda tf: abs(complexes(tf))),
    bad("math.abs", lambda tf: abs(bools(tf))),
    bad("math.abs", lambda tf: abs(strings(tf))),
    bad("math.abs", lambda tf: abs(tf.constant(1, tf.uint8))),
    bad("math.negative", lambda tf: -tf.constant(1, tf.uint8)),
    bad("math.logical_and", lambda tf: floats(tf) & floats(tf)),
    Case("math.logical_and", lambda tf: bools(tf) & bools(tf)),
    Case("math.logical_and", lambda tf: bools(tf) & True),
    Case("math.logical_or", lambda tf: True | bools(tf)),
    Case("math.logical_and", lambda tf: ints(tf) & 1),
    Case("math.logical_or", lambda tf: ints(tf) | tf.constant(4)),
    Case("math.logical_xor", lambda tf: ints(tf) ^ 1),
    Case("math.logical_not", lambda tf: ~ints(tf)),
    Case("math.logical_not", lambda tf: ~bools(tf)),
    bad("math.logical_not", lambda tf: ~floats(tf)),
    Case("math.logical_xor", lambda tf: bools(tf) ^ True),
    Case("math.logical_xor", lambda tf: bools(tf) ^ bools(tf)),
    bad("math.logical_and", lambda tf: bools(tf) & 1),
    Case("math.logical_and", lambda tf: ints(tf) & True),
    bad("math.add", lambda tf: floats(tf) + "a"),
    bad("math.add", lambda tf: floats(tf) + None),
    bad("math.add", lambda tf: floats(tf) + ints(tf)),
    bad("math.multiply", lambda tf: floats(tf) * ints(tf)),
    bad("math.multiply", lambda tf: floats(tf) * "a"),
    bad("math.multiply", lambda tf: floats(tf) * None),
    bad("math.multiply", lambda tf: floats(tf) * doubles(tf)),
    Case("math.multiply", lambda tf: floats(tf) * 2),
    bad("math.truediv", lambda tf: floats(tf) / ints(tf)),
    bad("math.floordiv", lambda tf: floats(tf) // ints(tf)),
    bad("math.floormod", lambda tf: floats(tf) % ints(tf)),
    Case("math.truediv", lambda tf: ints(tf) / 2),
    bad("math.truediv", lambda tf: ints(tf) / 2.0),
    Case("math.truediv", lambda tf: tf.constant(7, tf.uint8) / 2),
    bad("math.floordiv", lambda tf: ints(tf) // 2.0),
    Case("math.add", lambda tf: "a" + strings(tf)),
    Case("math.add", lambda tf: strings(tf) + "b"),
    bad("math.multiply", lambda tf: strings(tf) * 2),
    bad("math.add", lambda tf: bools(tf) + bools(tf)),
    Case("math.multiply", lambda tf: bools(tf) * bools(tf)),
    bad("math.negative", lambda tf: -bools(tf)),
    bad("linalg.matmul", lambda tf: floats(tf) @ floats(tf)),
    bad("linalg.matmul", lambda tf: floats(tf) @ 3),
    bad("math.pow", lambda tf: floats(tf) ** None),
    Case("math.pow", lambda tf: 1 ** floats(tf)),
    bad("math.add", lambda tf: None + floats(tf)),
    Case("math.add", lambda tf: [1.0, 2.0] + floats(tf)),
    Case("math.add", lambda tf: (1, 2) + ints(tf)),
    Case("math.add", lambda tf: floats(tf) + np.array([1.0, 2.0])),
    # What `== None` gives, spelled so that linters leave it alone.
    Case("math.equal", lambda tf: floats(tf).__eq__(None)),
    Case("math.not_equal", lambda tf: floats(tf).__ne__(None)),
    Case("math.equal", lambda tf: bools(tf).__eq__(True)),
]
