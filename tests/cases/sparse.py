"""Sparse tensors: making, rearranging, arithmetic, products, counts, crosses, gradients."""

import numpy as np

from cases.form import Case, bad

PLACES = [[0, 1], [1, 0], [1, 2]]


def first(tf, values=(1.0, 2.0, 3.0)):
    return tf.SparseTensor(PLACES, values, [2, 3])


def second(tf):
    return tf.SparseTensor([[0, 1], [1, 1]], [10.0, 20.0], [2, 3])


def unordered(tf):
    return tf.SparseTensor([[1, 0], [0, 1]], [1.0, 2.0], [2, 2])


def gapped(tf):
    return tf.SparseTensor([[0, 1], [2, 0]], [1, 2], [4, 3])


def cube(tf):
    return tf.SparseTensor([[0, 0, 1], [0, 2, 0], [1, 1, 3]], [1.0, -2.0, 3.0], [2, 3, 4])


def words(tf):
    return [
        tf.SparseTensor([[0, 0], [1, 0]], ["a", "b"], [2, 1]),
        tf.SparseTensor([[0, 0], [1, 0], [1, 1]], ["x", "y", "z"], [2, 2]),
    ]


def gradient(tf, function, *others):
    sources = [tf.constant([1.0, 2.0, 3.0]), *map(tf.constant, others)]
    with tf.GradientTape() as tape:
        tape.watch(sources)
        sp = tf.SparseTensor(PLACES, sources[0], [2, 3])
        y = function(sp, *sources[1:])
        y = y.values if isinstance(y, tf.SparseTensor) else y
        y = y * y
    return [None if g is None else tf.convert_to_tensor(g) for g in tape.gradient(y, sources)]


def longs(tf, values):
    return tf.constant(values, tf.int64)


S = "SparseTensor"
GRID = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
CASES = [
    Case(S, lambda tf: [first(tf), first(tf).shape, first(tf).dtype, first(tf).get_shape()]),
    Case(S, lambda tf: first(tf).with_values([4.0, 5.0, 6.0])),
    Case(S, lambda tf: repr(first(tf))),
    Case(
        S,
        lambda tf: [
            first(tf) * 2.0,
            first(tf) * [1.0, 2.0, 3.0],
            first(tf) * GRID,
            first(tf) * [[1.0], [2.0]],
        ],
    ),
    Case(S, lambda tf: [first(tf) / 2.0, first(tf) / tf.constant(GRID)]),
    Case(S, lambda tf: tf.SparseTensor.from_value(tf.compat.v1.SparseTensorValue([[0]], [1], [2]))),
    Case(
        S,
        lambda tf: [
            tf.cast(first(tf), tf.int32),
            tf.size(first(tf)),
            tf.rank(first(tf)),
            tf.shape(first(tf)),
        ],
    ),
    Case(S, lambda tf: tf.nest.flatten(first(tf), expand_composites=True)),
    Case(S, lambda tf: tf.SparseTensor([[0, 0]], ["a"], [1, 2])),
    bad(S, lambda tf: first(tf) + second(tf)),
    bad(S, lambda tf: first(tf) * [1.0, 2.0]),
    bad(S, lambda tf: first(tf) * second(tf)),
    bad(S, lambda tf: -first(tf)),
    bad(S, lambda tf: first(tf)[0]),
    bad(S, lambda tf: tf.SparseTensor([0], [1], [2])),
    bad(S, lambda tf: tf.SparseTensor([[0, 0]], [1], [2])),
    bad(S, lambda tf: tf.SparseTensor([[0]], [1, 2], [2])),
    bad(S, lambda tf: tf.SparseTensor.from_value([1])),
    bad(S, lambda tf: tf.convert_to_tensor(first(tf))),
    bad(S, lambda tf: first(tf).set_shape([3, 3])),
    Case(
        "SparseTensorSpec",
        lambda tf: [tf.SparseTensorSpec([2, None], tf.int32), tf.type_spec_from_value(first(tf))],
    ),
    Case(
        "SparseTensorSpec",
        lambda tf: [
            tf.SparseTensorSpec([2, None]).is_compatible_with(first(tf)),
            tf.SparseTensorSpec([3, None]).is_compatible_with(first(tf)),
        ],
    ),
    Case(
        "SparseTensorSpec",
        lambda tf: tf.SparseTensorSpec([2, 3]) == tf.type_spec_from_value(first(tf)),
    ),
    bad("SparseTensorSpec", lambda tf: tf.SparseTensorSpec.from_value(1)),
    Case("sparse.to_dense", lambda tf: tf.sparse.to_dense(first(tf))),
    Case("sparse.to_dense", lambda tf: tf.sparse.to_dense(first(tf), default_value=9.0)),
    Case("sparse.to_dense", lambda tf: tf.sparse.to_dense(cube(tf))),
    Case("sparse.to_dense", lambda tf: tf.sparse.to_dense(unordered(tf), validate_indices=False)),
    Case("sparse.to_dense", lambda tf: tf.sparse.to_dense(tf.SparseTensor([[0]], ["a"], [2]))),
    Case("sparse.to_dense", lambda tf: tf.sparse.to_dense(tf.SparseTensor([[0]], ["a"], [2]), "?")),
    Case("sparse.to_dense", lambda tf: tf.sparse.to_dense(tf.SparseTensor([[0]], [True], [2]))),
    Case(
        "sparse.to_dense",
        lambda tf: tf.sparse.to_dense(
            tf.SparseTensor([[0], [0]], [1, 2], [2]), validate_indices=False
        ),
    ),
    Case(
        "sparse.to_dense",
        lambda tf: tf.sparse.to_dense(
            tf.SparseTensor(np.zeros([0, 2], np.int64), tf.constant([], tf.float32), [2, 2])
        ),
    ),
    Case("sparse.to_dense", lambda tf: gradient(tf, lambda s: tf.sparse.to_dense(s) * GRID)),
    Case("sparse.to_dense", lambda tf: gradient(tf, lambda s, d: tf.sparse.to_dense(s, d), 2.0)),
    bad("sparse.to_dense", lambda tf: tf.sparse.to_dense(unordered(tf))),
    bad("sparse.to_dense", lambda tf: tf.sparse.to_dense(tf.SparseTensor([[0], [0]], [1, 2], [2]))),
    bad("sparse.to_dense", lambda tf: tf.sparse.to_dense(tf.SparseTensor([[5]], [1], [2]))),
    bad("sparse.to_dense", lambda tf: tf.sparse.to_dense([1])),
    bad("sparse.to_dense", lambda tf: tf.sparse.to_dense(first(tf), "a")),
    Case("sparse.from_dense", lambda tf: tf.sparse.from_dense([[0, 1], [2, 0]])),
    Case("sparse.from_dense", lambda tf: tf.sparse.from_dense(["", "a"])),
    Case("sparse.from_dense", lambda tf: tf.sparse.from_dense([True, False])),
    Case("sparse.from_dense", lambda tf: tf.sparse.from_dense([[[0.0], [float("nan")]]])),
    bad("sparse.from_dense", lambda tf: tf.sparse.from_dense(1)),
    bad("sparse.from_dense", lambda tf: tf.sparse.from_dense(first(tf))),
    Case("sparse.reorder", lambda tf: tf.sparse.reorder(unordered(tf))),
    Case("sparse.reorder", lambda tf: tf.sparse.reorder(first(tf))),
    Case("sparse.reorder", lambda tf: gradient(tf, tf.sparse.reorder)),
    bad("sparse.reorder", lambda tf: tf.sparse.reorder([1])),
    Case("sparse.transpose", lambda tf: tf.sparse.transpose(first(tf))),
    Case("sparse.transpose", lambda tf: tf.sparse.transpose(cube(tf), [2, 0, 1])),
    Case("sparse.transpose", lambda tf: gradient(tf, tf.sparse.transpose)),
    bad("sparse.transpose", lambda tf: tf.sparse.transpose(first(tf), [0])),
    Case("sparse.reshape", lambda tf: tf.sparse.reshape(first(tf), [3, 2])),
    Case("sparse.reshape", lambda tf: tf.sparse.reshape(cube(tf), [-1, 6])),
    Case("sparse.reshape", lambda tf: tf.sparse.reshape(first(tf), [-1])),
    Case("sparse.reshape", lambda tf: gradient(tf, lambda s: tf.sparse.reshape(s, [6]))),
    bad("sparse.reshape", lambda tf: tf.sparse.reshape(first(tf), [4])),
    bad("sparse.reshape", lambda tf: tf.sparse.reshape(first(tf), [-1, -1])),
    bad("sparse.reshape", lambda tf: tf.sparse.reshape(first(tf), [-1, 4])),
    Case("sparse.expand_dims", lambda tf: tf.sparse.expand_dims(first(tf))),
    Case("sparse.expand_dims", lambda tf: tf.sparse.expand_dims(first(tf), 0)),
    Case("sparse.expand_dims", lambda tf: tf.sparse.expand_dims(first(tf), -2)),
    bad("sparse.expand_dims", lambda tf: tf.sparse.expand_dims(first(tf), 3)),
    Case("sparse.retain", lambda tf: tf.sparse.retain(first(tf), [True, False, True])),
    Case("sparse.retain", lambda tf: tf.sparse.retain(first(tf), first(tf).values > 5.0)),
    Case(
        "sparse.retain", lambda tf: gradient(tf, lambda s: tf.sparse.retain(s, [True, False, True]))
    ),
    bad("sparse.retain", lambda tf: tf.sparse.retain(first(tf), [True, False])),
    bad("sparse.retain", lambda tf: tf.sparse.retain(1, [True])),
    Case("sparse.slice", lambda tf: tf.sparse.slice(first(tf), [0, 1], [2, 2])),
    Case("sparse.slice", lambda tf: tf.sparse.slice(first(tf), [1, 0], [5, 5])),
    Case("sparse.slice", lambda tf: tf.sparse.slice(cube(tf), [0, 1, 0], [2, 2, 2])),
    Case("sparse.slice", lambda tf: tf.sparse.slice(first(tf), [0, 3], [1, 1])),
    Case("sparse.slice", lambda tf: gradient(tf, lambda s: tf.sparse.slice(s, [0, 1], [2, 2]))),
    bad("sparse.slice", lambda tf: tf.sparse.slice(first(tf), [0], [1])),
    Case("sparse.concat", lambda tf: tf.sparse.concat(1, [first(tf), second(tf)])),
    Case("sparse.concat", lambda tf: tf.sparse.concat(0, [first(tf), second(tf)])),
    Case("sparse.concat", lambda tf: tf.sparse.concat(-1, [first(tf), second(tf), first(tf)])),
    Case(
        "sparse.concat",
        lambda tf: tf.sparse.concat(0, [first(tf), unordered(tf)], expand_nonconcat_dims=True),
    ),
    Case("sparse.concat", lambda tf: tf.sparse.concat(0, [first(tf)])),
    Case("sparse.concat", lambda tf: tf.sparse.concat(1, words(tf))),
    bad("sparse.concat", lambda tf: tf.sparse.concat(0, [first(tf), unordered(tf)])),
    bad("sparse.concat", lambda tf: tf.sparse.concat(2, [first(tf), second(tf)])),
    bad("sparse.concat", lambda tf: tf.sparse.concat(0, [1])),
    bad("sparse.concat", lambda tf: tf.sparse.concat(0, first(tf))),
    Case("sparse.split", lambda tf: tf.sparse.split(first(tf), 2, axis=1)),
    Case("sparse.split", lambda tf: tf.sparse.split(sp_input=first(tf), num_split=2, axis=0)),
    bad("sparse.split", lambda tf: tf.sparse.split(first(tf), 4, axis=1)),
    bad("sparse.split", lambda tf: tf.sparse.split(first(tf))),
    bad("sparse.split", lambda tf: tf.sparse.split(first(tf), 2, 5)),
    Case("sparse.reset_shape", lambda tf: tf.sparse.reset_shape(gapped(tf))),
    Case("sparse.reset_shape", lambda tf: tf.sparse.reset_shape(first(tf), [5, 5])),
    bad("sparse.reset_shape", lambda tf: tf.sparse.reset_shape(first(tf), [1, 1])),
    bad("sparse.reset_shape", lambda tf: tf.sparse.reset_shape(first(tf), [5])),
    Case("sparse.fill_empty_rows", lambda tf: tf.sparse.fill_empty_rows(gapped(tf), 9)),
    Case("sparse.fill_empty_rows", lambda tf: tf.sparse.fill_empty_rows(first(tf), 9.0)),
    Case(
        "sparse.fill_empty_rows",
        lambda tf: tf.sparse.fill_empty_rows(
            tf.SparseTensor(np.zeros([0, 2], np.int64), tf.constant([], tf.float32), [2, 3]), 1.0
        ),
    ),
    bad("sparse.fill_empty_rows", lambda tf: tf.sparse.fill_empty_rows(first(tf), "x")),
    bad("sparse.fill_empty_rows", lambda tf: tf.sparse.fill_empty_rows(1, 1)),
    Case(
        "sparse.mask",
        lambda tf: tf.sparse.mask(
            tf.IndexedSlices(
                tf.reshape(tf.range(8), [4, 2]), tf.constant([1, 5, 7, 9]), tf.constant([10, 2])
            ),
            [5, 9],
        ),
    ),
    Case(
        "sparse.eye",
        lambda tf: [tf.sparse.eye(2), tf.sparse.eye(2, 3, tf.int32), tf.sparse.eye(3, 2)],
    ),
    Case(
        "sparse.to_indicator",
        lambda tf: tf.sparse.to_indicator(
            tf.SparseTensor([[0, 0], [1, 1]], longs(tf, [3, 1]), [2, 2]), 5
        ),
    ),
    Case("sparse.add", lambda tf: tf.sparse.add(first(tf), second(tf))),
    Case("sparse.add", lambda tf: tf.sparse.add(first(tf), tf.ones([2, 3]))),
    Case("sparse.add", lambda tf: tf.sparse.add(tf.ones([2, 3]), first(tf))),
    Case(
        "sparse.add", lambda tf: tf.sparse.add(first(tf), tf.SparseTensor([[0, 1]], [-1.0], [2, 3]))
    ),
    Case(
        "sparse.add",
        lambda tf: tf.sparse.add(first(tf), tf.SparseTensor([[0, 1]], [-1.0], [2, 3]), 0.5),
    ),
    Case("sparse.add", lambda tf: gradient(tf, lambda s: tf.sparse.add(s, second(tf)))),
    Case("sparse.add", lambda tf: gradient(tf, tf.sparse.add, GRID)),
    bad("sparse.add", lambda tf: tf.sparse.add(tf.ones([2]), tf.ones([2]))),
    bad("sparse.add", lambda tf: tf.sparse.add(first(tf), unordered(tf))),
    bad("sparse.add", lambda tf: tf.sparse.add(first(tf), tf.ones([3, 3]))),
    Case("sparse.maximum", lambda tf: tf.sparse.maximum(first(tf), second(tf))),
    Case("sparse.maximum", lambda tf: tf.sparse.maximum(first(tf, (-1.0, -2.0, 30.0)), second(tf))),
    Case("sparse.maximum", lambda tf: tf.sparse.maximum(gapped(tf), gapped(tf))),
    bad("sparse.maximum", lambda tf: tf.sparse.maximum(first(tf), unordered(tf))),
    Case("sparse.minimum", lambda tf: tf.sparse.minimum(first(tf), second(tf))),
    Case("sparse.minimum", lambda tf: tf.sparse.minimum(first(tf, (-1.0, -2.0, 30.0)), second(tf))),
    Case("sparse.minimum", lambda tf: tf.sparse.minimum(gapped(tf), gapped(tf))),
    bad("sparse.minimum", lambda tf: tf.sparse.minimum(first(tf), unordered(tf))),
    Case("sparse.map_values", lambda tf: tf.sparse.map_values(tf.add, first(tf), 5.0)),
    Case("sparse.map_values", lambda tf: tf.sparse.map_values(tf.multiply, first(tf), first(tf))),
    Case("sparse.map_values", lambda tf: tf.sparse.map_values(tf.cast, first(tf), dtype=tf.int32)),
    bad("sparse.map_values", lambda tf: tf.sparse.map_values(tf.add, first(tf), second(tf))),
    bad("sparse.map_values", lambda tf: tf.sparse.map_values(tf.reduce_sum, first(tf))),
    bad("sparse.map_values", lambda tf: tf.sparse.map_values(tf.add, 1, 2)),
    Case("sparse.softmax", lambda tf: tf.sparse.softmax(first(tf))),
    Case("sparse.softmax", lambda tf: tf.sparse.softmax(cube(tf))),
    Case("sparse.softmax", lambda tf: gradient(tf, tf.sparse.softmax)),
    bad("sparse.softmax", lambda tf: tf.sparse.softmax(tf.SparseTensor([[0]], [1.0], [2]))),
    Case(
        "sparse.sparse_dense_matmul",
        lambda tf: tf.sparse.sparse_dense_matmul(first(tf), tf.reshape(tf.range(6.0), [3, 2])),
    ),
    Case(
        "sparse.sparse_dense_matmul",
        lambda tf: tf.sparse.sparse_dense_matmul(
            first(tf), tf.reshape(tf.range(4.0), [2, 2]), adjoint_a=True
        ),
    ),
    Case(
        "sparse.sparse_dense_matmul",
        lambda tf: tf.sparse.sparse_dense_matmul(
            first(tf), tf.reshape(tf.range(6.0), [2, 3]), adjoint_b=True
        ),
    ),
    Case(
        "sparse.sparse_dense_matmul",
        lambda tf: tf.sparse.sparse_dense_matmul(tf.ones([2, 2]), first(tf)),
    ),
    Case(
        "sparse.sparse_dense_matmul",
        lambda tf: tf.sparse.sparse_dense_matmul(
            tf.reshape(tf.range(6.0), [2, 3]), first(tf), adjoint_b=True
        ),
    ),
    Case(
        "sparse.sparse_dense_matmul",
        lambda tf: tf.sparse.sparse_dense_matmul(unordered(tf), tf.ones([2, 2])),
    ),
    Case(
        "sparse.sparse_dense_matmul",
        lambda tf: tf.sparse.sparse_dense_matmul(
            tf.SparseTensor([[0, 1]], [1 + 2j], [2, 2]), tf.constant([[1j], [2.0]]), adjoint_a=True
        ),
    ),
    Case(
        "sparse.sparse_dense_matmul",
        lambda tf: gradient(
            tf, tf.sparse.sparse_dense_matmul, [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
        ),
    ),
    Case(
        "sparse.sparse_dense_matmul",
        lambda tf: gradient(
            tf,
            lambda s, b: tf.sparse.sparse_dense_matmul(s, b, adjoint_a=True, adjoint_b=True),
            [[1.0, 2.0], [3.0, 4.0]],
        ),
    ),
    bad(
        "sparse.sparse_dense_matmul",
        lambda tf: tf.sparse.sparse_dense_matmul(first(tf), tf.ones([2, 2])),
    ),
    bad(
        "sparse.sparse_dense_matmul",
        lambda tf: tf.sparse.sparse_dense_matmul(first(tf), tf.ones([3, 2], tf.float64)),
    ),
    bad(
        "sparse.sparse_dense_matmul",
        lambda tf: tf.sparse.sparse_dense_matmul(first(tf), tf.ones([3])),
    ),
    bad(
        "sparse.sparse_dense_matmul",
        lambda tf: tf.sparse.sparse_dense_matmul(
            tf.SparseTensor([[5, 0]], [1.0], [2, 3]), tf.ones([3, 2])
        ),
    ),
    Case(
        "sparse.reduce_sum",
        lambda tf: [tf.sparse.reduce_sum(first(tf), a) for a in (None, 0, 1, -1, [0, 1])],
    ),
    Case(
        "sparse.reduce_sum",
        lambda tf: [tf.sparse.reduce_sum(first(tf), a, keepdims=True) for a in (None, 0, 1)],
    ),
    Case(
        "sparse.reduce_sum",
        lambda tf: [
            tf.sparse.reduce_sum(cube(tf), a, output_is_sparse=True) for a in (None, 0, [1, 2])
        ],
    ),
    Case("sparse.reduce_sum", lambda tf: gradient(tf, lambda s: tf.sparse.reduce_sum(s, 1))),
    bad("sparse.reduce_sum", lambda tf: tf.sparse.reduce_sum(first(tf), 2)),
    bad("sparse.reduce_sum", lambda tf: tf.sparse.reduce_sum([1])),
    Case(
        "sparse.reduce_max",
        lambda tf: [tf.sparse.reduce_max(first(tf), a) for a in (None, 0, 1, -1, [0, 1])],
    ),
    Case(
        "sparse.reduce_max",
        lambda tf: [tf.sparse.reduce_max(cube(tf), a, keepdims=True) for a in (None, 0, [0, 2])],
    ),
    Case(
        "sparse.reduce_max",
        lambda tf: [
            tf.sparse.reduce_max(first(tf, (-1.0, -2.0, -3.0)), a, output_is_sparse=True)
            for a in (None, 0, 1)
        ],
    ),
    bad("sparse.reduce_max", lambda tf: tf.sparse.reduce_max(first(tf), 2)),
    Case(
        "sparse.bincount",
        lambda tf: [tf.sparse.bincount([1, 1, 3]), tf.sparse.bincount([[1, 1], [2, 3]])],
    ),
    Case(
        "sparse.bincount",
        lambda tf: [
            tf.sparse.bincount([[1, 1, 3], [0, 0, 2]], axis=-1),
            tf.sparse.bincount([1, 1, 3], axis=-1),
        ],
    ),
    Case(
        "sparse.bincount",
        lambda tf: tf.sparse.bincount([[1, 1, 3], [0, 0, 2]], axis=-1, binary_output=True),
    ),
    Case(
        "sparse.bincount",
        lambda tf: tf.sparse.bincount([[1, 1, 3], [0, 0, 2]], axis=-1, weights=GRID),
    ),
    Case(
        "sparse.bincount",
        lambda tf: [
            tf.sparse.bincount([1, 1, 3], minlength=6),
            tf.sparse.bincount([1, 1, 3], maxlength=2),
            tf.sparse.bincount([1, 1, 3, 8], minlength=6, maxlength=7),
        ],
    ),
    Case(
        "sparse.bincount",
        lambda tf: tf.sparse.bincount(
            tf.SparseTensor([[0, 0], [0, 1], [1, 0]], longs(tf, [1, 1, 2]), [3, 2]), axis=-1
        ),
    ),
    Case(
        "sparse.bincount", lambda tf: tf.sparse.bincount(tf.ragged.constant([[1, 1], [2]]), axis=-1)
    ),
    bad("sparse.bincount", lambda tf: tf.sparse.bincount([-1])),
    bad("sparse.bincount", lambda tf: tf.sparse.bincount([1], axis=3)),
    Case("sparse.cross", lambda tf: tf.sparse.cross(words(tf))),
    Case(
        "sparse.cross",
        lambda tf: tf.sparse.cross(
            [tf.constant([[1], [2]]), tf.constant([["c", "d"], ["e", "f"]])], separator="-"
        ),
    ),
    Case("sparse.cross_hashed", lambda tf: tf.sparse.cross_hashed(words(tf))),
    Case(
        "sparse.cross_hashed",
        lambda tf: tf.sparse.cross_hashed(
            [tf.constant([[1], [2]]), tf.constant([["c", "d"], ["e", "f"]])],
            num_buckets=10,
            hash_key=5,
        ),
    ),
    Case(
        "sparse.cross_hashed",
        lambda tf: tf.sparse.cross_hashed([tf.constant([["a"], ["b"]])], num_buckets=1000),
    ),
    Case(
        "ragged.cross",
        lambda tf: tf.ragged.cross(
            [tf.ragged.constant([["a"], ["b", "c"]]), tf.ragged.constant([["d"], ["e", "f"]])]
        ),
    ),
    Case(
        "ragged.cross_hashed",
        lambda tf: tf.ragged.cross_hashed(
            [tf.ragged.constant([["a"], ["b", "c"]]), tf.ragged.constant([["d"], ["e", "f"]])],
            num_buckets=100,
        ),
    ),
    Case(
        "edit_distance",
        lambda tf: tf.edit_distance(
            words(tf)[1], tf.SparseTensor([[0, 0], [1, 0], [1, 1]], ["x", "z", "y"], [2, 2])
        ),
    ),
    Case("edit_distance", lambda tf: tf.edit_distance(words(tf)[1], words(tf)[0], normalize=False)),
    Case(
        "edit_distance",
        lambda tf: tf.edit_distance(
            tf.SparseTensor([[0, 0], [1, 0]], ["a", "b"], [2, 1]),
            tf.SparseTensor([[0, 0]], ["b"], [3, 1]),
        ),
    ),
    Case("edit_distance", lambda tf: tf.edit_distance(gapped(tf), gapped(tf))),
    bad("edit_distance", lambda tf: tf.edit_distance(1, 2)),
    Case("map_fn", lambda tf: tf.map_fn(lambda x: x, tf.sparse.from_dense([[1, 0], [0, 2]]))),
]
