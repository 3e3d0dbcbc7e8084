"""Identities, bit casts, shapes checked and broadcast, questions about tensors."""

import numpy as np

from cases.form import Case, bad


def cube(tf):
    return tf.reshape(tf.range(24), [2, 3, 4])


def table(tf):
    return tf.Variable(np.arange(12, dtype=np.float32).reshape(4, 3))


def of_table(tf, function):
    """The gradient of a function of the table, a variable."""
    variable = table(tf)
    with tf.GradientTape() as tape:
        y = function(variable)
    return tape.gradient(y, variable)


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
    Case("reduce_sum", lambda tf: of_table(tf, lambda v: tf.gather(v, [1, 1]) * tf.reduce_sum(v))),
    Case("bitcast", lambda tf: tf.bitcast(1.0, tf.int32)),
    Case("bitcast", lambda tf: tf.bitcast([1.0, 2.0], tf.uint8)),
    Case("bitcast", lambda tf: tf.bitcast([1, 2], tf.int64)),
    Case("bitcast", lambda tf: tf.bitcast([[1, 2], [3, 4]], tf.int64)),
    bad("bitcast", lambda tf: tf.bitcast([1, 2, 3], tf.int64)),
    bad("bitcast", lambda tf: tf.bitcast(1, tf.int64)),
    bad("bitcast", lambda tf: tf.bitcast([1, 2], tf.bool)),
    bad("bitcast", lambda tf: tf.bitcast([True], tf.uint8)),
    bad("bitcast", lambda tf: tf.bitcast(["a"], tf.uint8)),
    bad("bitcast", lambda tf: tf.bitcast([1, 2], tf.string)),
    Case("bitcast", lambda tf: tf.bitcast([1.0, 2.0], tf.bfloat16)),
    Case("bitcast", lambda tf: tf.bitcast([1.0, 2.0], tf.float32)),
    Case("bitcast", lambda tf: tf.bitcast(tf.constant([1.5], tf.bfloat16), tf.uint16)),
    Case("bitcast", lambda tf: tf.bitcast([1.0, 2.0], tf.complex64)),
    bad("bitcast", lambda tf: tf.bitcast(1, "foo")),
    Case(
        "bitcast",
        lambda tf: gradient(
            tf, lambda a: tf.bitcast(tf.bitcast(a, tf.int32), tf.float32), [1.0, 2.0]
        ),
    ),
    Case("ensure_shape", lambda tf: tf.ensure_shape(cube(tf), [2, 3, 4])),
    Case("ensure_shape", lambda tf: tf.ensure_shape(cube(tf), [2, None, 4])),
    bad("ensure_shape", lambda tf: tf.ensure_shape(cube(tf), [2, 3])),
    bad("ensure_shape", lambda tf: tf.ensure_shape(cube(tf), [2, 3, 5])),
    Case("ensure_shape", lambda tf: tf.ensure_shape(cube(tf), None)),
    Case("ensure_shape", lambda tf: tf.ensure_shape(cube(tf), tf.TensorShape(None))),
    bad("ensure_shape", lambda tf: tf.ensure_shape(cube(tf), [2, -1, 4])),
    Case("ensure_shape", lambda tf: tf.ensure_shape(3, [])),
    Case("ensure_shape", lambda tf: tf.ensure_shape([1, 2], 2)),
    Case(
        "ensure_shape",
        lambda tf: gradient(tf, lambda a: tf.ensure_shape(a, [None]), [1.0, 2.0], order=2),
    ),
    Case(
        "broadcast_static_shape",
        lambda tf: tf.broadcast_static_shape(tf.TensorShape([1, 2]), tf.TensorShape([3, 1])),
    ),
    bad(
        "broadcast_static_shape",
        lambda tf: tf.broadcast_static_shape(tf.TensorShape([4, 2]), tf.TensorShape([3, 1])),
    ),
    Case(
        "broadcast_static_shape",
        lambda tf: tf.broadcast_static_shape(tf.TensorShape([None, 2]), tf.TensorShape([3, 1])),
    ),
    Case(
        "broadcast_static_shape",
        lambda tf: tf.broadcast_static_shape(tf.TensorShape(None), tf.TensorShape([3, 1])),
    ),
    bad("broadcast_static_shape", lambda tf: tf.broadcast_static_shape([1, 2], [3, 1])),
    Case(
        "broadcast_static_shape",
        lambda tf: tf.broadcast_static_shape(tf.TensorShape([2]), tf.TensorShape([3, 1])),
    ),
    Case("broadcast_dynamic_shape", lambda tf: tf.broadcast_dynamic_shape([1, 2], [3, 1])),
    bad("broadcast_dynamic_shape", lambda tf: tf.broadcast_dynamic_shape([4, 2], [3, 1])),
    Case("broadcast_dynamic_shape", lambda tf: tf.broadcast_dynamic_shape([2], [3, 1])),
    Case("broadcast_dynamic_shape", lambda tf: tf.broadcast_dynamic_shape([], [3, 1])),
    Case(
        "broadcast_dynamic_shape",
        lambda tf: tf.broadcast_dynamic_shape(
            tf.constant([1, 2], tf.int64), tf.constant([1, 2], tf.int64)
        ),
    ),
    bad(
        "broadcast_dynamic_shape",
        lambda tf: tf.broadcast_dynamic_shape(tf.constant([1, 2], tf.int64), tf.constant([1, 2])),
    ),
    Case(
        "broadcast_dynamic_shape",
        lambda tf: tf.broadcast_dynamic_shape(tf.TensorShape([1, 2]), tf.TensorShape([3, 2])),
    ),
    bad("broadcast_dynamic_shape", lambda tf: tf.broadcast_dynamic_shape([1.0], [2.0])),
    bad("broadcast_dynamic_shape", lambda tf: tf.broadcast_dynamic_shape(2, [1])),
    Case("shape_n", lambda tf: tf.shape_n([cube(tf), [1]])),
    Case("shape_n", lambda tf: tf.shape_n([cube(tf), [1]], tf.int64)),
    bad("shape_n", lambda tf: tf.shape_n([])),
    Case("shape_n", lambda tf: tf.shape_n(cube(tf))),
    Case("guarantee_const", lambda tf: tf.guarantee_const(3)),
    Case("guarantee_const", lambda tf: tf.guarantee_const(cube(tf))),
    Case("identity_n", lambda tf: tf.identity_n([1, 2.0])),
    bad("identity_n", lambda tf: tf.identity_n([])),
    Case("identity_n", lambda tf: tf.identity_n(cube(tf))),
    Case(
        "identity_n",
        lambda tf: gradient(tf, lambda a: tf.identity_n([a, a * 2.0]), [1.0, 2.0], order=2),
    ),
    Case("identity", lambda tf: tf.identity(cube(tf))),
    Case("identity", lambda tf: tf.identity([1, 2])),
    Case("identity", lambda tf: tf.identity("a")),
    bad("identity", lambda tf: tf.identity(None)),
    Case("identity", lambda tf: tf.identity(tf.Variable(2.0))),
    bad("identity", lambda tf: tf.identity({"a": 1})),
    bad("identity", lambda tf: tf.identity([tf.constant(1), tf.constant(2.0)])),
    Case("get_static_value", lambda tf: tf.get_static_value(cube(tf))),
    Case("get_static_value", lambda tf: tf.get_static_value(3)),
    Case("get_static_value", lambda tf: tf.get_static_value([1, 2])),
    Case("get_static_value", lambda tf: tf.get_static_value(tf.constant(3))),
    Case("get_static_value", lambda tf: tf.get_static_value(tf.constant(3), partial=True)),
    Case("get_static_value", lambda tf: tf.get_static_value(tf.Variable(3))),
    Case("get_static_value", lambda tf: tf.get_static_value(np.array(3))),
    Case("is_tensor", lambda tf: tf.is_tensor(cube(tf))),
    Case("is_tensor", lambda tf: tf.is_tensor(3)),
    Case("is_tensor", lambda tf: tf.is_tensor([1])),
    Case("is_tensor", lambda tf: tf.is_tensor(tf.Variable(1))),
    Case("is_tensor", lambda tf: tf.is_tensor(np.array(1))),
    Case("is_tensor", lambda tf: tf.is_tensor(tf.IndexedSlices([[1.0]], [0], [2, 1]))),
    Case("is_tensor", lambda tf: tf.is_tensor(None)),
    Case("is_tensor", lambda tf: tf.is_tensor(tf.TensorShape([1]))),
    Case("is_tensor", lambda tf: tf.is_tensor(tf.TensorSpec([1]))),
]
