"""Gathering, scattering, embeddings, and their gradients."""

import numpy as np

from cases.form import Case, bad

NAN = float("nan")


def cube(tf):
    return tf.reshape(tf.range(24), [2, 3, 4])


def floats(tf):
    return tf.cast(cube(tf), tf.float32)


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
    Case("gather", lambda tf: tf.gather(cube(tf), 1)),
    Case("gather", lambda tf: tf.gather(cube(tf), [1, 0, 1])),
    Case("gather", lambda tf: tf.gather(cube(tf), [[1, 0], [0, 1]])),
    Case("gather", lambda tf: tf.gather(cube(tf), [1, 2], axis=1)),
    Case("gather", lambda tf: tf.gather(cube(tf), [1, 2], axis=-1)),
    bad("gather", lambda tf: tf.gather(cube(tf), [1, 2], axis=3)),
    bad("gather", lambda tf: tf.gather(cube(tf), [2])),
    bad("gather", lambda tf: tf.gather(cube(tf), [-1])),
    bad("gather", lambda tf: tf.gather(cube(tf), [])),
    Case("gather", lambda tf: tf.gather(cube(tf), tf.constant([], tf.int32))),
    bad("gather", lambda tf: tf.gather(cube(tf), [1.0])),
    bad("gather", lambda tf: tf.gather(cube(tf), 1.0)),
    bad("gather", lambda tf: tf.gather(cube(tf), tf.constant([1.0]))),
    Case("gather", lambda tf: tf.gather(cube(tf), tf.constant([1], tf.int64))),
    Case("gather", lambda tf: tf.gather(cube(tf), tf.constant([1], tf.int16))),
    bad("gather", lambda tf: tf.gather(cube(tf), tf.constant([1], tf.uint8))),
    bad("gather", lambda tf: tf.gather(cube(tf), tf.constant([1], tf.int8))),
    Case("gather", lambda tf: tf.gather(cube(tf), np.array([1, 0]))),
    bad("gather", lambda tf: tf.gather(cube(tf), [True])),
    bad("gather", lambda tf: tf.gather(cube(tf), None)),
    bad("gather", lambda tf: tf.gather(cube(tf), "a")),
    bad("gather", lambda tf: tf.gather(3, 0)),
    Case("gather", lambda tf: tf.gather(["a", "b"], [1, 0])),
    Case("gather", lambda tf: tf.gather([1, 2, 3], [2, 2])),
    Case("gather", lambda tf: tf.gather(cube(tf), [[0, 1], [2, 0]], batch_dims=1)),
    Case("gather", lambda tf: tf.gather(cube(tf), [[0, 1], [2, 0]], batch_dims=1, axis=2)),
    bad("gather", lambda tf: tf.gather(cube(tf), [[0, 1], [2, 0]], batch_dims=1, axis=0)),
    bad("gather", lambda tf: tf.gather(cube(tf), [[0, 1], [2, 0]], batch_dims=2)),
    bad("gather", lambda tf: tf.gather(cube(tf), [[0, 1], [2, 0]], batch_dims=2, axis=2)),
    bad("gather", lambda tf: tf.gather(cube(tf), [[0, 1], [2, 0]], batch_dims=3)),
    Case("gather", lambda tf: tf.gather(cube(tf), [[0, 1], [2, 0]], batch_dims=-1)),
    Case("gather", lambda tf: tf.gather(cube(tf), [[0, 1], [2, 0]], batch_dims=-1, axis=1)),
    bad("gather", lambda tf: tf.gather(cube(tf), [[0, 1]], batch_dims=1)),
    bad("gather", lambda tf: tf.gather(cube(tf), [[0, 1], [2, 0]], axis=1.0)),
    Case("gather", lambda tf: tf.gather(cube(tf), [[0, 1], [2, 0]], axis=tf.constant(1))),
    bad("gather", lambda tf: tf.gather(cube(tf), [[0, 1], [2, 0]], axis=[1])),
    bad("gather", lambda tf: tf.gather(cube(tf), [[0, 1], [2, 0]], axis=None)),
    Case("gather", lambda tf: tf.gather(cube(tf), [0], 1)),
    Case("gather", lambda tf: tf.gather(cube(tf), [0], validate_indices=False)),
    bad("gather", lambda tf: tf.gather(tf.zeros([0, 3]), [0])),
    Case("gather", lambda tf: tf.gather(tf.zeros([0, 3]), tf.zeros([0], tf.int32))),
    Case("gather", lambda tf: tf.gather(table(tf), [1, 1])),
    Case("gather", lambda tf: tf.gather(table(tf), [[1], [2]])),
    bad("gather", lambda tf: tf.gather(table(tf), [4])),
    bad("gather", lambda tf: tf.gather(table(tf), [-1])),
    bad("gather", lambda tf: tf.gather(table(tf), [1.5])),
    Case("gather", lambda tf: tf.gather(table(tf), 2)),
    Case("gather", lambda tf: tf.gather(table(tf), [1], axis=1)),
    Case("gather", lambda tf: of_table(tf, lambda v: tf.gather(v, [1, 1]) * 2.0)),
    Case("gather", lambda tf: of_table(tf, lambda v: tf.gather(v, [[1, 1], [0, 2]]) * 2.0)),
    Case("gather", lambda tf: of_table(tf, lambda v: tf.gather(v, 1) * 2.0)),
    Case("gather", lambda tf: of_table(tf, lambda v: tf.gather(v, [1, 1], axis=1) * 2.0)),
    Case(
        "gather",
        lambda tf: of_table(
            tf, lambda v: tf.gather(v, [[1, 1], [0, 1], [1, 1], [2, 0]], batch_dims=1) * 2.0
        ),
    ),
    Case(
        "gather",
        lambda tf: of_table(tf, lambda v: tf.gather(v, tf.constant([1, 1], tf.int64)) * 2.0),
    ),
    Case("gather", lambda tf: of_table(tf, lambda v: tf.gather(v[1:], [1, 1]) * 2.0)),
    Case("gather", lambda tf: of_table(tf, lambda v: tf.gather(tf.gather(v, [1, 1]), [0]) * 2.0)),
    Case(
        "gather",
        lambda tf: of_table(tf, lambda v: tf.gather(v, [1, 1]) + tf.gather(v, [0, 2]) * 3.0),
    ),
    Case("gather", lambda tf: of_table(tf, lambda v: tf.gather(v, tf.zeros([0], tf.int32)) * 2.0)),
    Case("gather", lambda tf: gradient(tf, lambda a: tf.gather(a, [1, 1, 0]), floats(tf))),
    Case("gather", lambda tf: gradient(tf, lambda a: tf.gather(a, 1), floats(tf))),
    Case("gather", lambda tf: gradient(tf, lambda a: tf.gather(a, [[1, 1], [0, 1]]), floats(tf))),
    Case(
        "gather",
        lambda tf: gradient(tf, lambda a: tf.gather(a, [[1, 1], [0, 1]], axis=1), floats(tf)),
    ),
    Case(
        "gather",
        lambda tf: gradient(tf, lambda a: tf.gather(a, [1, 1, 0], axis=2), floats(tf), order=2),
    ),
    Case(
        "gather",
        lambda tf: gradient(tf, lambda a: tf.gather(a, [1, 1, 0], axis=0), floats(tf), order=2),
    ),
    Case(
        "gather",
        lambda tf: gradient(
            tf, lambda a: tf.gather(a, [[1, 1], [0, 2]], batch_dims=1), floats(tf), order=2
        ),
    ),
    Case(
        "gather",
        lambda tf: gradient(
            tf, lambda a: tf.gather(a, [[1, 1], [0, 2]], batch_dims=1, axis=2), floats(tf), order=2
        ),
    ),
    Case(
        "gather",
        lambda tf: gradient(tf, lambda a: tf.gather(a, [1, 0, 1]), tf.constant([1.0, 2.0])),
    ),
    Case("gather", lambda tf: gradient(tf, lambda a: tf.gather(a, 1), tf.constant([1.0, 2.0]))),
    Case("Variable", lambda tf: table(tf).sparse_read([1, 2])),
    bad("Variable", lambda tf: table(tf).sparse_read([9])),
    Case("Variable", lambda tf: table(tf).sparse_read(1)),
    Case("gather_nd", lambda tf: of_table(tf, lambda v: tf.gather_nd(v, [[1], [1]]) * 2.0)),
    Case("gather_nd", lambda tf: of_table(tf, lambda v: tf.gather_nd(v, [[1, 1], [1, 1]]) * 2.0)),
    Case("gather_nd", lambda tf: of_table(tf, lambda v: tf.gather_nd(v, [[[1]], [[0]]]) * 2.0)),
    Case(
        "gather_nd",
        lambda tf: gradient(tf, lambda a: tf.gather_nd(a, [[1, 1], [0, 2]]), floats(tf), order=2),
    ),
    Case("gather_nd", lambda tf: gradient(tf, lambda a: tf.gather_nd(a, [[1], [1]]), floats(tf))),
    Case(
        "gather_nd", lambda tf: gradient(tf, lambda a: tf.gather_nd(a, [[[1]], [[1]]]), floats(tf))
    ),
    Case(
        "gather_nd",
        lambda tf: gradient(
            tf, lambda a: tf.gather_nd(a, [[[1], [0]], [[1], [1]]], batch_dims=1), floats(tf)
        ),
    ),
    Case("gather_nd", lambda tf: tf.gather_nd(cube(tf), [[0, 1, 2], [1, 2, 3]])),
    Case("gather_nd", lambda tf: tf.gather_nd(cube(tf), [0, 1])),
    Case("gather_nd", lambda tf: tf.gather_nd(cube(tf), [[0], [1]])),
    bad("gather_nd", lambda tf: tf.gather_nd(cube(tf), [[0, 5, 0]])),
    bad("gather_nd", lambda tf: tf.gather_nd(cube(tf), [[0, 0, 0, 0]])),
    bad("gather_nd", lambda tf: tf.gather_nd(cube(tf), [[-1, 0, 0]])),
    bad("gather_nd", lambda tf: tf.gather_nd(cube(tf), 0)),
    bad("gather_nd", lambda tf: tf.gather_nd(cube(tf), [])),
    bad("gather_nd", lambda tf: tf.gather_nd(cube(tf), [[]])),
    Case("gather_nd", lambda tf: tf.gather_nd(cube(tf), tf.zeros([2, 0], tf.int32))),
    Case("gather_nd", lambda tf: tf.gather_nd(cube(tf), tf.zeros([0, 2], tf.int32))),
    bad("gather_nd", lambda tf: tf.gather_nd(cube(tf), [[0.0, 1.0]])),
    bad("gather_nd", lambda tf: tf.gather_nd(3, [[0]])),
    bad("gather_nd", lambda tf: tf.gather_nd(3, tf.zeros([2, 0], tf.int32))),
    Case("gather_nd", lambda tf: tf.gather_nd(cube(tf), [[[0], [1]], [[2], [0]]], batch_dims=1)),
    Case("gather_nd", lambda tf: tf.gather_nd(cube(tf), [[0], [1]], batch_dims=1)),
    bad("gather_nd", lambda tf: tf.gather_nd(cube(tf), [[0], [1]], batch_dims=2)),
    Case(
        "gather_nd",
        lambda tf: tf.gather_nd(cube(tf), [[[3], [1], [2]], [[0], [1], [2]]], batch_dims=2),
    ),
    bad("gather_nd", lambda tf: tf.gather_nd(cube(tf), [[[0], [1]]], batch_dims=1)),
    bad("gather_nd", lambda tf: tf.gather_nd(cube(tf), [[0], [1]], batch_dims=-1)),
    Case("gather_nd", lambda tf: tf.gather_nd(cube(tf), [[0], [1]], batch_dims=1.0)),
    Case("gather_nd", lambda tf: tf.gather_nd(cube(tf), [[0], [5]], bad_indices_policy="IGNORE")),
    bad("gather_nd", lambda tf: tf.gather_nd(cube(tf), [[0], [5]], bad_indices_policy="DEFAULT")),
    bad("gather_nd", lambda tf: tf.gather_nd(cube(tf), [[0], [5]], bad_indices_policy="ERROR")),
    bad("gather_nd", lambda tf: tf.gather_nd(cube(tf), [[0], [5]], bad_indices_policy="x")),
    Case("gather_nd", lambda tf: tf.gather_nd(table(tf), [[0], [1]])),
    bad("gather_nd", lambda tf: tf.gather_nd(table(tf), [[0], [7]])),
    Case("gather_nd", lambda tf: tf.gather_nd(table(tf), [[0, 1]])),
    Case("gather_nd", lambda tf: tf.gather_nd(["a", "b"], [[1]])),
    Case(
        "gather_nd",
        lambda tf: tf.gather_nd(tf.constant([1, 2], tf.int64), tf.constant([[1]], tf.int16)),
    ),
    Case(
        "nn.embedding_lookup", lambda tf: of_table(tf, lambda v: tf.nn.embedding_lookup(v, [1, 1]))
    ),
    Case(
        "nn.embedding_lookup",
        lambda tf: of_table(tf, lambda v: tf.nn.embedding_lookup(v, [1, 1], max_norm=2.0)),
    ),
    Case("nn.embedding_lookup", lambda tf: tf.nn.embedding_lookup(floats(tf)[0], [1, 2])),
    Case("nn.embedding_lookup", lambda tf: tf.nn.embedding_lookup(floats(tf)[0], [[1, 2], [0, 0]])),
    Case("nn.embedding_lookup", lambda tf: tf.nn.embedding_lookup(floats(tf)[0], 1)),
    bad("nn.embedding_lookup", lambda tf: tf.nn.embedding_lookup(floats(tf)[0], [3])),
    bad("nn.embedding_lookup", lambda tf: tf.nn.embedding_lookup(floats(tf)[0], [-1])),
    bad("nn.embedding_lookup", lambda tf: tf.nn.embedding_lookup(floats(tf)[0], [1.0])),
    Case(
        "nn.embedding_lookup",
        lambda tf: tf.nn.embedding_lookup(floats(tf)[0], [1, 2], max_norm=3.0),
    ),
    Case("nn.embedding_lookup", lambda tf: tf.nn.embedding_lookup(floats(tf)[0], 1, max_norm=3.0)),
    Case(
        "nn.embedding_lookup", lambda tf: tf.nn.embedding_lookup(floats(tf), [1, 0], max_norm=3.0)
    ),
    Case(
        "nn.embedding_lookup",
        lambda tf: tf.nn.embedding_lookup([floats(tf)[0], floats(tf)[1]], [1, 0]),
    ),
    Case("nn.embedding_lookup", lambda tf: tf.nn.embedding_lookup([floats(tf)[0]], [1, 0])),
    bad("nn.embedding_lookup", lambda tf: tf.nn.embedding_lookup([], [1, 0])),
    bad("nn.embedding_lookup", lambda tf: tf.nn.embedding_lookup(None, [1, 0])),
    bad("nn.embedding_lookup", lambda tf: tf.nn.embedding_lookup(floats(tf)[0], None)),
    Case(
        "nn.embedding_lookup",
        lambda tf: tf.nn.embedding_lookup(floats(tf)[0], tf.constant([1], tf.int64)),
    ),
    Case("scatter_nd", lambda tf: tf.scatter_nd([[1], [3]], [5, 6], [4])),
    Case("scatter_nd", lambda tf: tf.scatter_nd([[1], [1]], [5, 6], [4])),
    Case("scatter_nd", lambda tf: tf.scatter_nd([[1], [1]], [5.0, 6.0], [4])),
    bad("scatter_nd", lambda tf: tf.scatter_nd([[1], [4]], [5, 6], [4])),
    bad("scatter_nd", lambda tf: tf.scatter_nd([[1], [-1]], [5, 6], [4])),
    Case(
        "scatter_nd", lambda tf: tf.scatter_nd([[1], [4]], [5, 6], [4], bad_indices_policy="IGNORE")
    ),
    bad("scatter_nd", lambda tf: tf.scatter_nd([1], 5, [4])),
    bad("scatter_nd", lambda tf: tf.scatter_nd([[1]], [5, 6], [4])),
    Case("scatter_nd", lambda tf: tf.scatter_nd([[0], [1]], [[5, 6], [7, 8]], [3, 2])),
    Case("scatter_nd", lambda tf: tf.scatter_nd([[0], [0]], [[5, 6], [7, 8]], [3, 2])),
    bad("scatter_nd", lambda tf: tf.scatter_nd([[0], [1]], [[5, 6], [7, 8]], [3, 3])),
    Case("scatter_nd", lambda tf: tf.scatter_nd([[0, 1], [1, 0]], [5, 6], [2, 2])),
    bad("scatter_nd", lambda tf: tf.scatter_nd([[0, 1, 0]], [5], [2, 2])),
    Case("scatter_nd", lambda tf: tf.scatter_nd(tf.constant([[1]], tf.int64), [5], [4])),
    bad(
        "scatter_nd", lambda tf: tf.scatter_nd(tf.constant([[1]], tf.int64), [5], tf.constant([4]))
    ),
    Case("scatter_nd", lambda tf: tf.scatter_nd([[1]], [5], tf.constant([4], tf.int64))),
    bad("scatter_nd", lambda tf: tf.scatter_nd([[1.0]], [5], [4])),
    bad("scatter_nd", lambda tf: tf.scatter_nd([[1]], [5], [4.0])),
    bad("scatter_nd", lambda tf: tf.scatter_nd([[1]], [5], 4)),
    bad("scatter_nd", lambda tf: tf.scatter_nd([[1]], [5], [-1])),
    Case("scatter_nd", lambda tf: tf.scatter_nd([[1]], ["a"], [3])),
    Case("scatter_nd", lambda tf: tf.scatter_nd([[1], [1]], ["a", "b"], [3])),
    Case("scatter_nd", lambda tf: tf.scatter_nd([[1], [1]], [True, False], [3])),
    Case("scatter_nd", lambda tf: tf.scatter_nd(tf.zeros([0, 1], tf.int32), tf.zeros([0]), [3])),
    bad("scatter_nd", lambda tf: tf.scatter_nd(tf.zeros([2, 0], tf.int32), tf.ones([2, 3]), [3])),
    bad("scatter_nd", lambda tf: tf.scatter_nd([[0]], [1], [0])),
    bad("scatter_nd", lambda tf: tf.scatter_nd(0, [1], [2])),
    Case(
        "scatter_nd",
        lambda tf: gradient(
            tf, lambda a: tf.scatter_nd([[1], [0], [1]], a, [3]), [1.0, 2.0, 3.0], order=2
        ),
    ),
    Case(
        "scatter_nd",
        lambda tf: gradient(
            tf,
            lambda a: tf.scatter_nd([[1], [0], [1]], a, [3, 2]),
            [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]],
            order=2,
        ),
    ),
    Case(
        "tensor_scatter_nd_update",
        lambda tf: gradient(
            tf,
            lambda a, b: tf.tensor_scatter_nd_update(a, [[1]], b),
            [1.0, 2.0, 3.0],
            [5.0],
            order=2,
        ),
    ),
    Case("tensor_scatter_nd_update", lambda tf: tf.tensor_scatter_nd_update([1, 2, 3], [[1]], [9])),
    Case(
        "tensor_scatter_nd_update",
        lambda tf: tf.tensor_scatter_nd_update([1, 2, 3], [[1], [1]], [9, 8]),
    ),
    bad("tensor_scatter_nd_update", lambda tf: tf.tensor_scatter_nd_update([1, 2, 3], [[3]], [9])),
    bad("tensor_scatter_nd_update", lambda tf: tf.tensor_scatter_nd_update([1, 2, 3], [[-1]], [9])),
    bad(
        "tensor_scatter_nd_update", lambda tf: tf.tensor_scatter_nd_update([1, 2, 3], [[1]], [9.0])
    ),
    Case(
        "tensor_scatter_nd_update", lambda tf: tf.tensor_scatter_nd_update([1.0, 2, 3], [[1]], [9])
    ),
    bad(
        "tensor_scatter_nd_update", lambda tf: tf.tensor_scatter_nd_update([1, 2, 3], [[1]], [9, 9])
    ),
    bad("tensor_scatter_nd_update", lambda tf: tf.tensor_scatter_nd_update([1, 2, 3], [1], 9)),
    bad("tensor_scatter_nd_update", lambda tf: tf.tensor_scatter_nd_update([1, 2, 3], 1, 9)),
    bad("tensor_scatter_nd_update", lambda tf: tf.tensor_scatter_nd_update(1, [[1]], [9])),
    Case(
        "tensor_scatter_nd_update",
        lambda tf: tf.tensor_scatter_nd_update([[1, 2], [3, 4]], [[1]], [[9, 8]]),
    ),
    Case(
        "tensor_scatter_nd_update",
        lambda tf: tf.tensor_scatter_nd_update([[1, 2], [3, 4]], [[1, 0]], [9]),
    ),
    Case(
        "tensor_scatter_nd_update", lambda tf: tf.tensor_scatter_nd_update(["a", "b"], [[1]], ["c"])
    ),
    Case(
        "tensor_scatter_nd_update",
        lambda tf: tf.tensor_scatter_nd_update([True, False], [[1]], [True]),
    ),
    Case(
        "tensor_scatter_nd_update",
        lambda tf: tf.tensor_scatter_nd_update(table(tf), [[1]], [[1.0, 2.0, 3.0]]),
    ),
    Case(
        "tensor_scatter_nd_update",
        lambda tf: tf.tensor_scatter_nd_update([1, 2, 3], tf.constant([[1]], tf.int64), [9]),
    ),
    bad(
        "tensor_scatter_nd_update", lambda tf: tf.tensor_scatter_nd_update([1, 2, 3], [[1.0]], [9])
    ),
    Case(
        "tensor_scatter_nd_update",
        lambda tf: tf.tensor_scatter_nd_update(
            [1, 2, 3], tf.zeros([0, 1], tf.int32), tf.zeros([0], tf.int32)
        ),
    ),
    Case(
        "tensor_scatter_nd_add",
        lambda tf: gradient(
            tf,
            lambda a, b: tf.tensor_scatter_nd_add(a, [[1], [1]], b),
            [1.0, 2.0, 3.0],
            [5.0, 6.0],
            order=2,
        ),
    ),
    Case(
        "tensor_scatter_nd_add", lambda tf: tf.tensor_scatter_nd_add([1, 2, 3], [[1], [1]], [9, 8])
    ),
    bad("tensor_scatter_nd_add", lambda tf: tf.tensor_scatter_nd_add([1, 2, 3], [[5]], [9])),
    Case(
        "tensor_scatter_nd_add",
        lambda tf: tf.tensor_scatter_nd_add(
            [1, 2, 3], [[5], [0]], [9, 1], bad_indices_policy="IGNORE"
        ),
    ),
    bad("tensor_scatter_nd_add", lambda tf: tf.tensor_scatter_nd_add([True, False], [[1]], [True])),
    bad("tensor_scatter_nd_add", lambda tf: tf.tensor_scatter_nd_add(["a"], [[0]], ["b"])),
    Case(
        "tensor_scatter_nd_sub",
        lambda tf: gradient(
            tf,
            lambda a, b: tf.tensor_scatter_nd_sub(a, [[1], [1]], b),
            [1.0, 2.0, 3.0],
            [5.0, 6.0],
            order=2,
        ),
    ),
    Case(
        "tensor_scatter_nd_sub", lambda tf: tf.tensor_scatter_nd_sub([1, 2, 3], [[1], [1]], [9, 8])
    ),
    Case(
        "tensor_scatter_nd_sub",
        lambda tf: tf.tensor_scatter_nd_sub([[1, 2], [3, 4]], [[1], [1]], [[9, 8], [1, 1]]),
    ),
    Case(
        "tensor_scatter_nd_max",
        lambda tf: gradient(
            tf, lambda a, b: tf.tensor_scatter_nd_max(a, [[1], [1]], b), [1.0, 2.0, 3.0], [5.0, 6.0]
        ),
    ),
    Case(
        "tensor_scatter_nd_max",
        lambda tf: gradient(
            tf, lambda a, b: tf.tensor_scatter_nd_max(a, [[1], [1]], b), [1.0, 2.0, 3.0], [2.0, 2.0]
        ),
    ),
    Case(
        "tensor_scatter_nd_max", lambda tf: tf.tensor_scatter_nd_max([1, 2, 3], [[1], [1]], [9, 8])
    ),
    Case(
        "tensor_scatter_nd_max",
        lambda tf: tf.tensor_scatter_nd_max([1.0, 2, 3], [[1], [1]], [NAN, 8]),
    ),
    Case(
        "tensor_scatter_nd_max",
        lambda tf: tf.tensor_scatter_nd_max([[1.0, 2], [3, 4]], [[1], [1]], [[9, 0], [0, 10]]),
    ),
    Case(
        "tensor_scatter_nd_min",
        lambda tf: gradient(
            tf, lambda a, b: tf.tensor_scatter_nd_min(a, [[1], [2]], b), [1.0, 2.0, 3.0], [5.0, 1.0]
        ),
    ),
    Case(
        "tensor_scatter_nd_min", lambda tf: tf.tensor_scatter_nd_min([1, 2, 3], [[1], [1]], [9, -8])
    ),
    bad("tensor_scatter_nd_min", lambda tf: tf.tensor_scatter_nd_min([1, 2, 3], [[7]], [9])),
]
