"""Odd indices, volume patches, and the array functions of TensorFlow 1."""

import numpy as np

from cases.form import Case, bad


def square(tf):
    return tf.constant([[1.0, 2.0], [3.0, 4.0]])


def matrix(tf):
    return tf.constant([[1, 2], [3, 4]])


def volume(tf):
    return tf.reshape(tf.cast(tf.range(64), tf.float32), [1, 4, 4, 4, 1])


def deep_volume(tf):
    return tf.reshape(tf.range(60), [2, 3, 5, 2, 1])


def gradient(tf, function, *values, order=1):
    """The gradient of the cube of a function; of order 2, that of twice the gradient."""
    xs = [tf.convert_to_tensor(x, tf.float32) for x in values]
    with tf.GradientTape() as outer:
        outer.watch(xs)
        with tf.GradientTape() as tape:
            tape.watch(xs)
            y = function(*xs)
            y = [part * part * part for part in y] if isinstance(y, (list, tuple)) else y * y * y
        first = tape.gradient(y, xs)
        if order == 2:
            doubled = [None if g is None else tf.convert_to_tensor(g) * 2.0 for g in first]
    return first if order == 1 else outer.gradient(doubled, xs)


CASES = [
    bad("Tensor", lambda tf: square(tf)[True, 0]),
    Case("Tensor", lambda tf: square(tf)[0, True]),
    Case("Tensor", lambda tf: square(tf)[:, True]),
    bad("Tensor", lambda tf: square(tf)[True, False]),
    bad("Tensor", lambda tf: square(tf)[[True, False]]),
    bad("Tensor", lambda tf: square(tf)[np.True_, 0]),
    bad("Tensor", lambda tf: square(tf)[True:]),
    Case("Tensor", lambda tf: square(tf)[1, tf.constant(0)]),
    Case("Tensor", lambda tf: square(tf)[tf.constant(1), ...]),
    bad("Tensor", lambda tf: square(tf)[tf.constant(5)]),
    Case("Tensor", lambda tf: square(tf)[tf.constant(-1)]),
    Case("Tensor", lambda tf: square(tf)[tf.constant(0) : tf.constant(1), None, tf.constant(1)]),
    bad("concat", lambda tf: tf.concat([[1], [2]], 0.5)),
    bad("concat", lambda tf: tf.concat([square(tf), square(tf)], 0.5)),
    Case(
        "extract_volume_patches",
        lambda tf: tf.extract_volume_patches(volume(tf), [1, 2, 2, 2, 1], [1, 2, 2, 2, 1], "VALID"),
    ),
    Case(
        "extract_volume_patches",
        lambda tf: tf.extract_volume_patches(volume(tf), [1, 3, 3, 3, 1], [1, 2, 2, 2, 1], "SAME"),
    ),
    Case(
        "extract_volume_patches",
        lambda tf: tf.extract_volume_patches(volume(tf), [1, 3, 2, 1, 1], [1, 1, 2, 3, 1], "SAME"),
    ),
    Case(
        "extract_volume_patches",
        lambda tf: tf.extract_volume_patches(
            deep_volume(tf), [1, 2, 3, 1, 1], [1, 1, 2, 1, 1], "VALID"
        ),
    ),
    Case(
        "extract_volume_patches",
        lambda tf: tf.extract_volume_patches(
            deep_volume(tf), [1, 2, 3, 1, 1], [1, 1, 2, 1, 1], "SAME"
        ),
    ),
    Case(
        "extract_volume_patches",
        lambda tf: tf.extract_volume_patches(
            tf.reshape(tf.range(64), [1, 2, 4, 4, 2]), [1, 2, 2, 2, 1], [1, 2, 2, 2, 1], "VALID"
        ),
    ),
    Case(
        "extract_volume_patches",
        lambda tf: tf.extract_volume_patches(
            volume(tf)[:, :1], [1, 2, 2, 2, 1], [1, 2, 2, 2, 1], "VALID"
        ),
    ),
    bad(
        "extract_volume_patches",
        lambda tf: tf.extract_volume_patches(volume(tf), [1, 2, 2, 2], [1, 2, 2, 2, 1], "VALID"),
    ),
    bad(
        "extract_volume_patches",
        lambda tf: tf.extract_volume_patches(
            volume(tf)[0], [1, 2, 2, 2, 1], [1, 2, 2, 2, 1], "VALID"
        ),
    ),
    bad(
        "extract_volume_patches",
        lambda tf: tf.extract_volume_patches(volume(tf), [2, 2, 2, 2, 1], [1, 2, 2, 2, 1], "VALID"),
    ),
    bad(
        "extract_volume_patches",
        lambda tf: tf.extract_volume_patches(volume(tf), [1, 2, 2, 2, 1], [1, 2, 2, 2, 2], "VALID"),
    ),
    bad(
        "extract_volume_patches",
        lambda tf: tf.extract_volume_patches(volume(tf), [1, 2, 2, 2, 1], [1, 2, 2, 2, 1], "FOO"),
    ),
    bad(
        "extract_volume_patches",
        lambda tf: tf.extract_volume_patches(volume(tf), [1, 2, 2, 2, 1], [1, 0, 2, 2, 1], "VALID"),
    ),
    Case(
        "extract_volume_patches",
        lambda tf: gradient(
            tf,
            lambda a: tf.extract_volume_patches(a, [1, 2, 2, 2, 1], [1, 1, 1, 1, 1], "SAME"),
            volume(tf),
        ),
    ),
    Case("compat.v1.where", lambda tf: tf.compat.v1.where([True, False], matrix(tf), -matrix(tf))),
    Case("compat.v1.where", lambda tf: tf.compat.v1.where(True, matrix(tf), -matrix(tf))),
    Case(
        "compat.v1.where",
        lambda tf: tf.compat.v1.where([[True, False], [False, True]], matrix(tf), -matrix(tf)),
    ),
    bad(
        "compat.v1.where", lambda tf: tf.compat.v1.where([[True], [False]], matrix(tf), -matrix(tf))
    ),
    bad("compat.v1.where", lambda tf: tf.compat.v1.where(True, matrix(tf), 0)),
    bad("compat.v1.where", lambda tf: tf.compat.v1.where([True], matrix(tf), -matrix(tf))),
    bad("compat.v1.where", lambda tf: tf.compat.v1.where([True, False], 1, 2)),
    Case("compat.v1.where", lambda tf: tf.compat.v1.where([True, False])),
    bad("compat.v1.where", lambda tf: tf.compat.v1.where([True], x=1)),
    Case(
        "compat.v1.boolean_mask",
        lambda tf: tf.compat.v1.boolean_mask(matrix(tf), [True, False], "n", 1),
    ),
    Case("compat.v1.gather", lambda tf: tf.compat.v1.gather(matrix(tf), [1], None, None, 1)),
    Case("compat.v1.gather_nd", lambda tf: tf.compat.v1.gather_nd(matrix(tf), [[1, 0]], None, 0)),
    Case(
        "compat.v1.pad",
        lambda tf: tf.compat.v1.pad(matrix(tf), [[1, 0], [0, 1]], "CONSTANT", None, 7),
    ),
    Case("compat.v1.expand_dims", lambda tf: tf.compat.v1.expand_dims(matrix(tf), dim=1)),
    bad("compat.v1.expand_dims", lambda tf: tf.compat.v1.expand_dims(matrix(tf), 1, dim=1)),
    Case("compat.v1.squeeze", lambda tf: tf.compat.v1.squeeze(matrix(tf)[None], squeeze_dims=[0])),
    bad(
        "compat.v1.squeeze", lambda tf: tf.compat.v1.squeeze(matrix(tf)[None], 0, squeeze_dims=[0])
    ),
    Case("compat.v1.transpose", lambda tf: tf.compat.v1.transpose(matrix(tf), [1, 0], "n", False)),
    Case("compat.v1.shape", lambda tf: tf.compat.v1.shape(matrix(tf), "n", tf.int64)),
    Case("compat.v1.size", lambda tf: tf.compat.v1.size(matrix(tf), "n", tf.int64)),
    Case("compat.v1.zeros_like", lambda tf: tf.compat.v1.zeros_like(matrix(tf), tf.float32)),
    Case("compat.v1.ones_like", lambda tf: tf.compat.v1.ones_like(matrix(tf), tf.float32)),
    Case(
        "compat.v1.reverse_sequence",
        lambda tf: tf.compat.v1.reverse_sequence(matrix(tf), [2, 1], seq_dim=1, batch_dim=0),
    ),
    Case("compat.v1.batch_gather", lambda tf: tf.compat.v1.batch_gather(matrix(tf), [[1], [0]])),
]
