"""Array functions over dtypes, empty tensors, persistent tapes and nested gradients."""

import numpy as np

from cases.form import Case, bad

DTYPES = (
    "bool",
    "uint8",
    "int16",
    "int64",
    "float16",
    "bfloat16",
    "float64",
    "complex64",
    "string",
)


def of_dtype(tf, name):
    if name == "string":
        return tf.constant([["a", "b", "c"], ["d", "e", "f"]])
    return tf.cast(tf.constant([[0, 1, 2], [3, 4, 0]]), name)


def over_dtypes(symbol, function):
    """A case for each dtype of a function of `tf` and a matrix of it."""
    return [
        Case(symbol, lambda tf, d=dtype: function(tf, of_dtype(tf, d)), id=dtype)
        for dtype in DTYPES
    ]


def rows_and_whole(tf):
    """A variable read as rows and as a whole: the gradients add up to a dense one."""
    table = tf.Variable(np.arange(6, dtype=np.float32).reshape(3, 2))
    with tf.GradientTape() as tape:
        y = tf.gather(table, [0, 0, 2]) * tf.reduce_sum(table)
    return tape.gradient(y, table)


def rows_twice(tf):
    table = tf.Variable(np.arange(6, dtype=np.float32).reshape(3, 2))
    with tf.GradientTape(persistent=True) as tape:
        y = tf.gather(table, [2]) + tf.nn.embedding_lookup(table, [1])
    return tape.gradient(y, table), tape.gradient(y, table)


def rows_not_trainable(tf):
    table = tf.Variable([1.0, 2.0], trainable=False)
    with tf.GradientTape() as tape:
        y = tf.gather(table, [0])
    return tape.gradient(y, table)


def rows_of_watched(tf):
    table = tf.Variable([1.0, 2.0], trainable=False)
    with tf.GradientTape() as tape:
        tape.watch(table)
        y = tf.gather(table, [0])
    return tape.gradient(y, table)


def second_order_of_rows(tf):
    table = tf.Variable(np.arange(6, dtype=np.float32).reshape(3, 2))
    with tf.GradientTape() as outer:
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(tf.gather(table, [0, 2]) ** 3)
        slopes = tf.convert_to_tensor(tape.gradient(y, table))
        curvature = tf.reduce_sum(slopes * slopes)
    return tf.convert_to_tensor(outer.gradient(curvature, table))


def weights_of_output(tf):
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x[::-1, 1]
    return tape.gradient(y, x, output_gradients=tf.constant([5.0, 7.0]))


def later_assignment(tf):
    """A slice or rows read before an assignment keep their values."""
    v = tf.Variable([1.0, 2.0, 3.0])
    part, rows, whole = v[1:], tf.gather(v, [0, 2]), tf.reshape(v, [3, 1])
    v.assign_add([10.0, 10.0, 10.0])
    return part, rows, whole, v.read_value()


CASES = [
    *over_dtypes("concat", lambda tf, x: tf.concat([x, x[:1]], 0)),
    *over_dtypes("transpose", lambda tf, x: tf.transpose(x)),
    *over_dtypes("Tensor", lambda tf, x: (x[1], x[:, ::-2], x[..., tf.newaxis, 0])),
    *over_dtypes("gather", lambda tf, x: tf.gather(x, [1, 1, 0])),
    *over_dtypes("gather_nd", lambda tf, x: tf.gather_nd(x, [[1, 0], [0, 2]])),
    *over_dtypes("stack", lambda tf, x: tf.stack([x, x], axis=1)),
    *over_dtypes("where", lambda tf, x: tf.where([[True], [False]], x, x[:, ::-1])),
    *over_dtypes("boolean_mask", lambda tf, x: tf.boolean_mask(x, [True, False])),
    *over_dtypes("tile", lambda tf, x: tf.tile(x, [1, 2])),
    *over_dtypes("repeat", lambda tf, x: tf.repeat(x, [1, 0, 2], axis=1)),
    *over_dtypes("reverse", lambda tf, x: tf.reverse(x, [1])),
    *over_dtypes("roll", lambda tf, x: tf.roll(x, 1, 1)),
    *over_dtypes("pad", lambda tf, x: tf.pad(x, [[1, 0], [0, 1]])),
    *over_dtypes("split", lambda tf, x: tf.split(x, [1, 2], 1)),
    *over_dtypes("unstack", lambda tf, x: tf.unstack(x, axis=1)),
    *over_dtypes("broadcast_to", lambda tf, x: tf.broadcast_to(x, [2, 2, 3])),
    *over_dtypes("zeros_like", lambda tf, x: tf.zeros_like(x)),
    *over_dtypes("fill", lambda tf, x: tf.fill([2], x[0, 1])),
    *over_dtypes("dynamic_partition", lambda tf, x: tf.dynamic_partition(x, [1, 0], 2)),
    *over_dtypes("dynamic_stitch", lambda tf, x: tf.dynamic_stitch([[1], [0]], [x[:1], x[1:]])),
    *over_dtypes("scatter_nd", lambda tf, x: tf.scatter_nd([[2], [0]], x, [3, 3])),
    *over_dtypes(
        "tensor_scatter_nd_update",
        lambda tf, x: tf.tensor_scatter_nd_update(x, [[0]], x[1:]),
    ),
    *over_dtypes("identity_n", lambda tf, x: tf.identity_n([x, x[0]])),
    *over_dtypes("size", lambda tf, x: (tf.size(x), tf.rank(x), tf.shape(x))),
    Case("gather", rows_and_whole),
    Case("gather", rows_twice),
    Case("gather", rows_not_trainable),
    Case("gather", rows_of_watched),
    Case("gather", second_order_of_rows),
    Case("strided_slice", weights_of_output),
    Case("Variable", later_assignment),
    Case("newaxis", lambda tf: tf.newaxis),
    Case("newaxis", lambda tf: tf.constant([1, 2])[tf.newaxis, :, tf.newaxis]),
    Case("newaxis", lambda tf: tf.constant(3)[tf.newaxis]),
    bad("size", lambda tf: tf.size([[1], [2, 3]])),
    bad("guarantee_const", lambda tf: tf.guarantee_const([[1], [2, 3]])),
    Case("sets.size", lambda tf: tf.sets.size(tf.SparseTensor([[0, 0]], ["a"], [2, 3]))),
    bad("sets.size", lambda tf: tf.sets.size(tf.SparseTensor([[0, 0]], [1.0], [2, 3]))),
    bad("sets.difference", lambda tf: tf.sets.difference([[1]], [["a"]])),
    bad("sets.union", lambda tf: tf.sets.union([[1.0]], [[1.0]])),
    Case("sets.union", lambda tf: tf.sets.union([["b", "a"]], [["c", "a"]])),
    bad("tensor_scatter_nd_sub", lambda tf: tf.tensor_scatter_nd_sub([1, 2], [[2]], [1])),
    bad("tensor_scatter_nd_sub", lambda tf: tf.tensor_scatter_nd_sub([1, 2], [[0]], [1.0])),
    bad("compat.v1.gather", lambda tf: tf.compat.v1.gather([1, 2], [2])),
    bad("compat.v1.gather_nd", lambda tf: tf.compat.v1.gather_nd([1, 2], [[2]])),
    bad("compat.v1.pad", lambda tf: tf.compat.v1.pad([1, 2], [[1]])),
    bad("compat.v1.boolean_mask", lambda tf: tf.compat.v1.boolean_mask([1, 2], [True])),
    bad("compat.v1.transpose", lambda tf: tf.compat.v1.transpose([1, 2], [1])),
    bad("compat.v1.shape", lambda tf: tf.compat.v1.shape([1, 2], out_type=tf.float32)),
]
