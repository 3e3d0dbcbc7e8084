"""Indexing of tensors and variables, strided slices and blocks."""

import numpy as np

from cases.form import Case, bad


def cube(tf):
    return tf.reshape(tf.range(24), [2, 3, 4])


def floats(tf):
    return tf.cast(cube(tf), tf.float32)


def mask(tf):
    return tf.constant([[True, False, True], [False, False, True]])


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
    bad("Tensor", lambda tf: cube(tf)[True]),
    bad("Tensor", lambda tf: cube(tf)[False]),
    Case("Tensor", lambda tf: cube(tf)[None]),
    Case("Tensor", lambda tf: cube(tf)[tf.newaxis, ..., None]),
    bad("Tensor", lambda tf: cube(tf)[1.0]),
    bad("Tensor", lambda tf: cube(tf)["a"]),
    Case("Tensor", lambda tf: cube(tf)[[0, 1]]),
    Case("Tensor", lambda tf: cube(tf)[0, 1]),
    bad("Tensor", lambda tf: cube(tf)[np.array([0, 1])]),
    Case("Tensor", lambda tf: cube(tf)[np.array(1)]),
    Case("Tensor", lambda tf: cube(tf)[np.int64(1)]),
    bad("Tensor", lambda tf: cube(tf)[np.array(1.0)]),
    bad("Tensor", lambda tf: cube(tf)[np.bool_(True)]),
    Case("Tensor", lambda tf: cube(tf)[tf.constant(1)]),
    Case("Tensor", lambda tf: cube(tf)[tf.constant(1, tf.int64)]),
    Case("Tensor", lambda tf: cube(tf)[tf.constant(1, tf.int16)]),
    bad("Tensor", lambda tf: cube(tf)[tf.constant(1, tf.uint8)]),
    Case("Tensor", lambda tf: cube(tf)[np.int16(1)]),
    Case("Tensor", lambda tf: cube(tf)[np.uint8(1)]),
    Case("Tensor", lambda tf: cube(tf)[np.uint64(1)]),
    bad("Tensor", lambda tf: cube(tf)[tf.constant([1])]),
    bad("Tensor", lambda tf: cube(tf)[tf.constant([0, 1])]),
    bad("Tensor", lambda tf: cube(tf)[tf.constant(1.0)]),
    bad("Tensor", lambda tf: cube(tf)[tf.constant(True)]),
    Case("Tensor", lambda tf: cube(tf)[tf.constant([True, False])]),
    Case("Tensor", lambda tf: cube(tf)[cube(tf) > 3]),
    Case("Tensor", lambda tf: cube(tf)[tf.Variable(1)]),
    Case("Tensor", lambda tf: cube(tf)[tf.Variable(1) :]),
    bad("Tensor", lambda tf: cube(tf)[2]),
    bad("Tensor", lambda tf: cube(tf)[-3]),
    Case("Tensor", lambda tf: cube(tf)[-2]),
    bad("Tensor", lambda tf: cube(tf)[0, 0, 0, 0]),
    bad("Tensor", lambda tf: cube(tf)[..., ...]),
    bad("Tensor", lambda tf: cube(tf)[0, ..., 1, ...]),
    bad("Tensor", lambda tf: cube(tf)[::0]),
    Case("Tensor", lambda tf: cube(tf)[5:]),
    Case("Tensor", lambda tf: cube(tf)[:100]),
    Case("Tensor", lambda tf: cube(tf)[-100:1]),
    Case("Tensor", lambda tf: cube(tf)[::-1]),
    Case("Tensor", lambda tf: cube(tf)[5::-2]),
    Case("Tensor", lambda tf: cube(tf)[1:0]),
    bad("Tensor", lambda tf: cube(tf)[0:1.0]),
    Case("Tensor", lambda tf: cube(tf)[tf.constant(0) : tf.constant(2)]),
    Case("Tensor", lambda tf: cube(tf)[tf.constant(0, tf.int64) : 2]),
    bad("Tensor", lambda tf: cube(tf)[tf.constant(0, tf.int64), tf.constant(1)]),
    Case("Tensor", lambda tf: cube(tf)[tf.constant(0, tf.int64) : tf.constant(1, tf.int32)]),
    bad("Tensor", lambda tf: cube(tf)[np.array([1, 2]) :]),
    bad("Tensor", lambda tf: cube(tf)[tf.constant([1]) :]),
    bad("Tensor", lambda tf: cube(tf)[[1] :]),
    Case("Tensor", lambda tf: cube(tf)[slice(None)]),
    Case("Tensor", lambda tf: cube(tf)[()]),
    Case("Tensor", lambda tf: cube(tf)[()]),
    bad("Tensor", lambda tf: cube(tf)["a":]),
    Case("Tensor", lambda tf: cube(tf)[None:None]),
    bad("Tensor", lambda tf: cube(tf)[0][0][0][0]),
    bad("Tensor", lambda tf: tf.constant(3)[0]),
    Case("Tensor", lambda tf: tf.constant(3)[...]),
    Case("Tensor", lambda tf: tf.constant(3)[None]),
    bad("Tensor", lambda tf: tf.constant(3)[:]),
    bad("Tensor", lambda tf: tf.constant([])[0]),
    Case("Tensor", lambda tf: tf.constant([])[0:3]),
    bad("Tensor", lambda tf: tf.constant([1, 2])[{}]),
    bad("Tensor", lambda tf: tf.constant([1, 2])[2**40]),
    bad("Tensor", lambda tf: tf.constant([1, 2])[2**70]),
    Case("Tensor", lambda tf: tf.constant([1, 2])[: 2**40]),
    Case("Tensor", lambda tf: tf.constant([1, 2])[: 2**31 - 1]),
    Case("Tensor", lambda tf: tf.constant([1, 2])[: -(2**31)]),
    bad("Tensor", lambda tf: cube(tf)[range(2)]),
    Case("Tensor", lambda tf: cube(tf)[tf.TensorShape([1])[0]]),
    Case("Tensor", lambda tf: cube(tf)[tf.compat.v1.Dimension(1)]),
    Case("Tensor", lambda tf: tf.constant(["a", "b"])[1]),
    Case("Tensor", lambda tf: of_table(tf, lambda v: v[1:3, 0])),
    Case("Tensor", lambda tf: of_table(tf, lambda v: v[1])),
    Case("Tensor", lambda tf: of_table(tf, lambda v: v[..., None, 1])),
    Case("Tensor", lambda tf: gradient(tf, lambda a: a[0, 1:, ::2], floats(tf), order=2)),
    Case("Tensor", lambda tf: gradient(tf, lambda a: a[::-1, ..., None], floats(tf), order=2)),
    Case("Tensor", lambda tf: cube(tf)[mask(tf)]),
    Case("Tensor", lambda tf: cube(tf)[np.array([True, False])]),
    bad("Tensor", lambda tf: cube(tf)[tf.constant([True, False, True])]),
    Case("Tensor", lambda tf: gradient(tf, lambda a: a[mask(tf)], floats(tf))),
    Case("strided_slice", lambda tf: tf.strided_slice(cube(tf), [0], [1])),
    bad("strided_slice", lambda tf: tf.strided_slice(cube(tf), [0, 0], [1])),
    bad("strided_slice", lambda tf: tf.strided_slice(cube(tf), [0], [1], [0])),
    bad("strided_slice", lambda tf: tf.strided_slice(cube(tf), [[0]], [[1]])),
    bad("strided_slice", lambda tf: tf.strided_slice(cube(tf), 0, 1)),
    bad("strided_slice", lambda tf: tf.strided_slice(cube(tf), [0, 0, 0, 0], [1, 1, 1, 1])),
    bad("strided_slice", lambda tf: tf.strided_slice(cube(tf), [0.0], [1.0])),
    Case(
        "strided_slice",
        lambda tf: tf.strided_slice(
            cube(tf), [0, 1], [2, 2], begin_mask=1, end_mask=2, shrink_axis_mask=2
        ),
    ),
    Case("strided_slice", lambda tf: tf.strided_slice(cube(tf), [0, 1], [2, 2], ellipsis_mask=1)),
    bad("strided_slice", lambda tf: tf.strided_slice(cube(tf), [0, 1], [2, 2], ellipsis_mask=3)),
    Case("strided_slice", lambda tf: tf.strided_slice(cube(tf), [0, 1], [2, 2], new_axis_mask=2)),
    bad(
        "strided_slice",
        lambda tf: tf.strided_slice(cube(tf), [0, 1], [2, 2], [-1, 1], shrink_axis_mask=1),
    ),
    bad("strided_slice", lambda tf: tf.strided_slice(cube(tf), [5], [2], shrink_axis_mask=1)),
    Case("strided_slice", lambda tf: tf.strided_slice(cube(tf), [0], [1], var=3)),
    Case("strided_slice", lambda tf: tf.strided_slice(tf.Variable([1, 2]), [0], [1])),
    Case("slice", lambda tf: tf.slice(cube(tf), [0, 0, 0], [1, 1, 1])),
    Case("slice", lambda tf: tf.slice(cube(tf), [0, 0, 0], [-1, -1, -1])),
    bad("slice", lambda tf: tf.slice(cube(tf), [0, 0], [1, 1])),
    bad("slice", lambda tf: tf.slice(cube(tf), [0, 0, 0], [3, 1, 1])),
    Case("slice", lambda tf: tf.slice(cube(tf), [1, 1, 1], [-1, -1, -1])),
    bad("slice", lambda tf: tf.slice(cube(tf), [3, 0, 0], [-1, -1, -1])),
    Case("slice", lambda tf: tf.slice(cube(tf), [2, 0, 0], [-1, -1, -1])),
    Case("slice", lambda tf: tf.slice(cube(tf), [2, 0, 0], [0, -1, -1])),
    bad("slice", lambda tf: tf.slice(cube(tf), [-1, 0, 0], [1, -1, -1])),
    bad("slice", lambda tf: tf.slice(cube(tf), [0, 0, 0], [-2, -1, -1])),
    bad("slice", lambda tf: tf.slice(cube(tf), [0.0, 0, 0], [1, 1, 1])),
    Case("slice", lambda tf: tf.slice(cube(tf), tf.constant([0, 0, 0], tf.int64), [1, 1, 1])),
    bad(
        "slice",
        lambda tf: tf.slice(cube(tf), tf.constant([0, 0, 0], tf.int64), tf.constant([1, 1, 1])),
    ),
    bad("slice", lambda tf: tf.slice(cube(tf), 0, 1)),
    Case("slice", lambda tf: tf.slice([1, 2, 3], [1], [2])),
    bad("slice", lambda tf: tf.slice([1, 2, 3], [1], 2)),
    bad("slice", lambda tf: tf.slice(3, [], [])),
    Case(
        "slice",
        lambda tf: gradient(tf, lambda a: tf.slice(a, [0, 1, 2], [1, 2, -1]), floats(tf), order=2),
    ),
    Case("boolean_mask", lambda tf: tf.boolean_mask([1, 2, 3], [True, False, True])),
    Case("boolean_mask", lambda tf: tf.boolean_mask(cube(tf), mask(tf))),
    Case("boolean_mask", lambda tf: tf.boolean_mask(cube(tf), mask(tf), axis=0)),
    bad("boolean_mask", lambda tf: tf.boolean_mask(cube(tf), mask(tf), axis=1)),
    Case("boolean_mask", lambda tf: tf.boolean_mask(cube(tf), [True, False, True], axis=1)),
    bad("boolean_mask", lambda tf: tf.boolean_mask(cube(tf), [True, False, True, True], axis=-1)),
    Case("boolean_mask", lambda tf: tf.boolean_mask(cube(tf), [True, False, True, True], axis=2)),
    bad("boolean_mask", lambda tf: tf.boolean_mask(cube(tf), True)),
    Case("boolean_mask", lambda tf: tf.boolean_mask(cube(tf), [1, 0])),
    Case("boolean_mask", lambda tf: tf.boolean_mask(cube(tf), [1, 2])),
    Case("boolean_mask", lambda tf: tf.boolean_mask(cube(tf), [1.0, 0.0])),
    bad("boolean_mask", lambda tf: tf.boolean_mask(cube(tf), [True])),
    bad("boolean_mask", lambda tf: tf.boolean_mask(cube(tf), [])),
    Case("boolean_mask", lambda tf: tf.boolean_mask([], [])),
    Case("boolean_mask", lambda tf: tf.boolean_mask([], tf.constant([], tf.bool))),
    Case("boolean_mask", lambda tf: tf.boolean_mask(cube(tf), cube(tf) > 5)),
    Case("boolean_mask", lambda tf: tf.boolean_mask(cube(tf), [False, False])),
    bad("boolean_mask", lambda tf: tf.boolean_mask(3, [True])),
    Case("boolean_mask", lambda tf: tf.boolean_mask(["a", "b"], [False, True])),
    Case(
        "boolean_mask",
        lambda tf: gradient(tf, lambda a: tf.boolean_mask(a, mask(tf)), floats(tf), order=2),
    ),
    Case(
        "boolean_mask",
        lambda tf: gradient(tf, lambda a: tf.boolean_mask(a, [True, False]), floats(tf)),
    ),
]
