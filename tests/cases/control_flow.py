"""Branches, loops, maps, host calls and TensorArray."""

import numpy as np

from cases.form import Case, bad


def _cond_gradient(tf):
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = tf.cond(x > 2.0, lambda: x * x, lambda: x)
    return tape.gradient(y, x)


def _while_gradient(tf):
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        _, y = tf.while_loop(lambda i, _: i < 3, lambda i, y: (i + 1, y * x), [0, tf.constant(1.0)])
    return y, tape.gradient(y, x)


def _scan_gradient(tf):
    x = tf.Variable([1.0, 2.0, 3.0])
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.scan(lambda a, b: a * b, x))
    return tape.gradient(y, x)


def _map_gradient(tf):
    x = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        y = tf.map_fn(lambda row: tf.reduce_sum(row * row), x)
    return y, tape.gradient(y, x)


def _py_gradient(tf):
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = tf.py_function(lambda v: tf.reduce_sum(v * v), [x], tf.float32)
    return y, tape.gradient(y, x)


def _numpy_gradient(tf):
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = tf.numpy_function(lambda v: np.sum(v), [x], tf.float32)
    return y, tape.gradient(y, x)


def _array_program(tf):
    ta = tf.TensorArray(tf.float32, size=3, clear_after_read=False)
    ta = ta.write(0, [1.0, 2.0]).write(1, [3.0, 4.0]).write(2, [5.0, 6.0])
    return ta.stack(), ta.read(1), ta.gather([2, 0]), ta.concat(), ta.size(), ta.element_shape


def _array_gradient(tf):
    x = tf.Variable([1.0, 2.0, 3.0])
    with tf.GradientTape() as tape:
        ta = tf.TensorArray(tf.float32, size=0, dynamic_size=True)
        for i in range(3):
            ta = ta.write(i, x[i] * x[i])
        y = tf.reduce_sum(ta.stack() * [1.0, 10.0, 100.0])
    return tape.gradient(y, x)


def _array(tf, **options):
    return tf.TensorArray(tf.float32, **{"size": 2, **options})


def _read_twice(tf):
    ta = _array(tf).write(0, 1.0)
    ta.read(0)
    return ta.read(0)


CASES = [
    Case("cond", lambda tf: tf.cond(tf.constant(True), lambda: 1.0, lambda: 2.0)),
    Case(
        "cond",
        lambda tf: tf.cond(tf.constant(False), lambda: [tf.constant(1)], lambda: [tf.constant(2)]),
    ),
    Case(
        "cond",
        lambda tf: tf.cond(
            tf.constant(1) < 2,
            lambda: (tf.constant(1), {"a": tf.constant(2)}),
            lambda: (tf.constant(3), {"a": tf.constant(4)}),
        ),
    ),
    Case("cond", _cond_gradient, id="gradient"),
    bad("cond", lambda tf: tf.cond(tf.constant(True), 1, lambda: 2)),
    bad("cond", lambda tf: tf.cond(tf.constant(True), lambda: 2, None)),
    bad("cond", lambda tf: tf.cond(tf.constant([True, False]), lambda: 1, lambda: 2)),
    Case(
        "case",
        lambda tf: tf.case(
            [
                (tf.constant(False), lambda: tf.constant(1)),
                (tf.constant(True), lambda: tf.constant(2)),
            ]
        ),
    ),
    Case(
        "case",
        lambda tf: tf.case(
            [(tf.constant(False), lambda: tf.constant(1))], default=lambda: tf.constant(3)
        ),
    ),
    Case("case", lambda tf: tf.case([(tf.constant(True), lambda: [tf.constant(1)])], strict=True)),
    Case(
        "case",
        lambda tf: tf.case(
            [(tf.constant(True), lambda: 1), (tf.constant(True), lambda: 2)], exclusive=True
        ),
    ),
    bad("case", lambda tf: tf.case([(tf.constant(False), lambda: tf.constant(1))])),
    bad("case", lambda tf: tf.case([tf.constant(True)])),
    bad("case", lambda tf: tf.case(3)),
    Case(
        "switch_case",
        lambda tf: tf.switch_case(tf.constant(1), [lambda: tf.constant(1), lambda: tf.constant(2)]),
    ),
    Case(
        "switch_case",
        lambda tf: tf.switch_case(tf.constant(7), [lambda: tf.constant(1), lambda: tf.constant(2)]),
    ),
    Case(
        "switch_case",
        lambda tf: tf.switch_case(
            tf.constant(-1), {0: lambda: tf.constant(1), 1: lambda: tf.constant(2)}
        ),
    ),
    bad(
        "switch_case",
        lambda tf: tf.switch_case(
            tf.constant(3), {3: lambda: tf.constant(1), 5: lambda: tf.constant(2)}
        ),
    ),
    bad("switch_case", lambda tf: tf.switch_case(1, [lambda: 1, lambda: 2])),
    Case(
        "switch_case",
        lambda tf: tf.switch_case(
            tf.constant(9), {0: lambda: tf.constant(1)}, default=lambda: tf.constant(4)
        ),
    ),
    bad("switch_case", lambda tf: tf.switch_case(tf.constant(1.0), [lambda: 1])),
    bad("switch_case", lambda tf: tf.switch_case(tf.constant(0), [1])),
    bad("switch_case", lambda tf: tf.switch_case(tf.constant(0), {"a": lambda: 1})),
    Case(
        "while_loop",
        lambda tf: tf.while_loop(lambda i: i < 10, lambda i: [i + 3], [tf.constant(0)]),
    ),
    Case(
        "while_loop",
        lambda tf: tf.while_loop(
            lambda i, s: i < 5,
            lambda i, s: (i + 1, s + i),
            (tf.constant(0), tf.constant(0)),
            maximum_iterations=3,
        ),
    ),
    bad("while_loop", lambda tf: tf.while_loop(lambda i: i < 3, lambda i: i + 1, [0])),
    Case(
        "while_loop",
        lambda tf: tf.while_loop(lambda i: i < 3, lambda i: (i + 1,), [tf.constant(0)]),
    ),
    Case(
        "while_loop",
        lambda tf: tf.while_loop(
            lambda d: d["a"] < 3, lambda d: ({"a": d["a"] + 1},), [{"a": tf.constant(0)}]
        ),
    ),
    bad("while_loop", lambda tf: tf.while_loop(lambda i: i < 3, lambda i: [i + 1], tf.constant(0))),
    Case("while_loop", _while_gradient, id="gradient"),
    bad(
        "while_loop", lambda tf: tf.while_loop(lambda i: i < 3, lambda i: [i, i], [tf.constant(0)])
    ),
    bad("while_loop", lambda tf: tf.while_loop(1, lambda i: i, [tf.constant(0)])),
    bad("while_loop", lambda tf: tf.while_loop(lambda i: i < 3, lambda i: i + 1, [])),
    Case("map_fn", lambda tf: tf.map_fn(lambda x: x * 2, tf.constant([1, 2, 3]))),
    Case(
        "map_fn",
        lambda tf: tf.map_fn(
            lambda x: (x, -x), tf.constant([1.0, 2.0]), fn_output_signature=(tf.float32, tf.float32)
        ),
    ),
    Case(
        "map_fn",
        lambda tf: tf.map_fn(
            lambda p: p[0] * p[1],
            (tf.constant([1, 2]), tf.constant([3, 4])),
            fn_output_signature=tf.int32,
        ),
    ),
    Case("map_fn", lambda tf: tf.map_fn(tf.reduce_sum, tf.constant([[1.0, 2.0], [3.0, 4.0]]))),
    Case("map_fn", _map_gradient, id="gradient"),
    bad("map_fn", lambda tf: tf.map_fn(lambda x: tf.cast(x, tf.float32), tf.constant([1, 2]))),
    bad(
        "map_fn",
        lambda tf: tf.map_fn(
            lambda p: p[0], (tf.zeros([2]), tf.zeros([3])), fn_output_signature=tf.float32
        ),
    ),
    Case("map_fn", lambda tf: tf.map_fn(lambda x: x, tf.zeros([0, 3])).shape[0]),
    bad(
        "vectorized_map",
        lambda tf: tf.vectorized_map(lambda p: p[0] + p[1], (tf.zeros([2]), tf.zeros([3]))),
    ),
    bad("map_fn", lambda tf: tf.map_fn(lambda x: x, tf.constant(1))),
    Case(
        "vectorized_map", lambda tf: tf.vectorized_map(lambda x: x * 2.0, tf.constant([1.0, 2.0]))
    ),
    Case(
        "vectorized_map",
        lambda tf: tf.vectorized_map(
            lambda p: (tf.reduce_sum(p[0]), p[1]),
            (tf.constant([[1.0, 2.0], [3.0, 4.0]]), tf.constant([1, 2])),
        ),
    ),
    Case(
        "vectorized_map",
        lambda tf: tf.vectorized_map(lambda x: tf.cast(x, tf.int32), tf.constant([1.5, 2.5])),
    ),
    Case("foldl", lambda tf: tf.foldl(lambda a, x: a * 10 + x, tf.constant([1, 2, 3]))),
    Case("foldl", lambda tf: tf.foldl(lambda a, x: a + x, tf.constant([1, 2, 3]), initializer=100)),
    Case("foldr", lambda tf: tf.foldr(lambda a, x: a * 10 + x, tf.constant([1, 2, 3]))),
    Case("scan", lambda tf: tf.scan(lambda a, x: a + x, tf.constant([1, 2, 3]))),
    Case("scan", lambda tf: tf.scan(lambda a, x: a + x, tf.constant([1.0, 2.0]), initializer=10.0)),
    Case("scan", lambda tf: tf.scan(lambda a, x: a + x, tf.constant([1, 2, 3]), reverse=True)),
    Case(
        "scan",
        lambda tf: tf.scan(
            lambda a, x: (a[1], a[0] + a[1]),
            tf.range(6),
            initializer=(tf.constant(0), tf.constant(1)),
        ),
    ),
    Case("scan", _scan_gradient, id="gradient"),
    bad("scan", lambda tf: tf.scan(lambda a, b: a, tf.zeros([0]))),
    bad("foldl", lambda tf: tf.foldl(lambda a, b: a, tf.zeros([0]))),
    Case("py_function", lambda tf: tf.py_function(lambda x: x * 2, [tf.constant(3)], tf.int32)),
    Case(
        "py_function",
        lambda tf: tf.py_function(lambda x: (x, x + 1), [tf.constant(3)], [tf.int32, tf.int32]),
    ),
    Case("py_function", lambda tf: tf.py_function(lambda: 3.5, [], tf.float32)),
    Case("py_function", _py_gradient, id="gradient"),
    bad("py_function", lambda tf: tf.py_function(lambda x: 1 / 0, [tf.constant(3)], tf.int32)),
    bad("py_function", lambda tf: tf.py_function(lambda x: None, [tf.constant(3)], tf.int32)),
    Case("py_function", lambda tf: tf.py_function(lambda x: [x, x], [tf.constant(3)], tf.int32)),
    bad("py_function", lambda tf: tf.py_function(lambda x: x, [tf.constant(3)], tf.float32)),
    Case(
        "numpy_function",
        lambda tf: tf.numpy_function(lambda x: x * 2, [tf.constant([1, 2])], tf.int32),
    ),
    Case(
        "numpy_function",
        lambda tf: tf.numpy_function(np.split, [tf.constant([1, 2]), 2], [tf.int32, tf.int32]),
    ),
    Case("numpy_function", _numpy_gradient, id="gradient"),
    Case(
        "numpy_function",
        lambda tf: tf.numpy_function(
            lambda x: x * 2.0, [tf.constant([1.0], tf.float64)], tf.float32
        ),
    ),
    Case("TensorArray", _array_program),
    Case("TensorArray", _array_gradient, id="gradient"),
    Case("TensorArray", lambda tf: _array(tf).unstack([1.0, 2.0]).stack()),
    Case("TensorArray", lambda tf: _array(tf).scatter([1, 0], [1.0, 2.0]).stack()),
    Case(
        "TensorArray",
        lambda tf: _array(tf, infer_shape=False).split([1.0, 2.0, 3.0], [1, 2]).concat(),
    ),
    Case("TensorArray", lambda tf: _array(tf, element_shape=[2]).stack()),
    bad("TensorArray", lambda tf: _array(tf).write(5, 1.0)),
    bad("TensorArray", lambda tf: _array(tf).write(-1, 1.0)),
    bad("TensorArray", lambda tf: _array(tf).read(7)),
    bad("TensorArray", lambda tf: _array(tf).write(0, tf.constant(1))),
    bad("TensorArray", lambda tf: _array(tf).write(0, 1.0).write(1, [1.0, 2.0])),
    bad("TensorArray", lambda tf: tf.TensorArray(tf.float32)),
    bad("TensorArray", _read_twice),
    bad("TensorArray", lambda tf: _array(tf).read(0)),
    bad(
        "while_loop",
        lambda tf: tf.while_loop(lambda i: i < 3, lambda i: i + 1, [0], maximum_iterations=2),
    ),
    bad("while_loop", lambda tf: tf.while_loop(lambda i: i < 3, lambda i: i + 1, [0])),
]
