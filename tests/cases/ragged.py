"""Ragged tensors: making, converting, indexing them, and operations that take them."""

import numpy as np

from cases.form import Case, bad


def numbers(tf):
    return tf.ragged.constant([[1, 2], [3], [], [4, 5, 6]])


def nested(tf):
    return tf.ragged.constant([[[1.0, 2.0], [3.0]], [], [[4.0]]])


def inner(tf):
    return tf.RaggedTensor.from_row_splits(tf.reshape(tf.range(12), [6, 2]), [0, 2, 6])


def floats(tf):
    return tf.ragged.constant([[1.0, -2.0], [3.0], [], [0.5, 0.25, 4.0]])


def all_of(tf):
    return [numbers(tf), nested(tf), inner(tf)]


def each(tf, function):
    return [function(r) for r in all_of(tf)]


def gradient(tf, function):
    x = tf.constant([1.0, 2.0, 3.0, 4.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        r = tf.RaggedTensor.from_row_lengths(x, [2, 0, 1, 1])
        y = function(r * r)
    return tf.convert_to_tensor(tape.gradient(y, x))


R = "RaggedTensor"
CASES = [
    # Making.
    Case("ragged.constant", lambda tf: tf.ragged.constant([[1, 2], [3], []])),
    Case("ragged.constant", lambda tf: tf.ragged.constant([[[1.5], []], []])),
    Case("ragged.constant", lambda tf: tf.ragged.constant([["a", "b"], ["c"]])),
    Case("ragged.constant", lambda tf: tf.ragged.constant([[1, 2], [3]], dtype=tf.float64)),
    Case(
        "ragged.constant", lambda tf: tf.ragged.constant([[1, 2], [3]], row_splits_dtype=tf.int32)
    ),
    Case("ragged.constant", lambda tf: tf.ragged.constant([])),
    Case("ragged.constant", lambda tf: tf.ragged.constant([[], []])),
    Case("ragged.constant", lambda tf: tf.ragged.constant(5)),
    Case("ragged.constant", lambda tf: tf.ragged.constant([1, 2])),
    Case(
        "ragged.constant",
        lambda tf: tf.ragged.constant([[[1, 2], [3, 4]], [[5, 6]]], ragged_rank=1),
    ),
    Case(
        "ragged.constant",
        lambda tf: tf.ragged.constant([[[1, 2], [3, 4]], [[5, 6]]], inner_shape=(2,)),
    ),
    Case("ragged.constant", lambda tf: tf.ragged.constant([np.array([1, 2]), np.array([3])])),
    Case("ragged.constant", lambda tf: tf.ragged.constant([[True], [False, True]])),
    bad("ragged.constant", lambda tf: tf.ragged.constant([[1], 2])),
    bad("ragged.constant", lambda tf: tf.ragged.constant([[1], [2.5, "a"]])),
    bad("ragged.constant", lambda tf: tf.ragged.constant([[[1, 2], [3]]], ragged_rank=1)),
    bad("ragged.constant", lambda tf: tf.ragged.constant([[1]], ragged_rank=2)),
    Case(R, lambda tf: tf.RaggedTensor.from_row_splits([1, 2, 3], [0, 2, 2, 3])),
    Case(
        R, lambda tf: tf.RaggedTensor.from_row_splits([1, 2, 3], tf.constant([0, 2, 3], tf.int32))
    ),
    Case(R, lambda tf: tf.RaggedTensor.from_row_lengths([1, 2, 3], [2, 0, 1])),
    Case(R, lambda tf: tf.RaggedTensor.from_value_rowids([1, 2, 3], [0, 0, 2])),
    Case(R, lambda tf: tf.RaggedTensor.from_value_rowids([1, 2, 3], [0, 0, 2], nrows=5)),
    Case(R, lambda tf: tf.RaggedTensor.from_row_starts([1, 2, 3], [0, 2, 2])),
    Case(R, lambda tf: tf.RaggedTensor.from_row_limits([1, 2, 3], [2, 2, 3])),
    Case(R, lambda tf: tf.RaggedTensor.from_uniform_row_length([1, 2, 3, 4], 2)),
    Case(R, lambda tf: tf.RaggedTensor.from_uniform_row_length([1, 2, 3, 4], 2).shape),
    Case(
        R, lambda tf: tf.RaggedTensor.from_uniform_row_length(tf.constant([], tf.int32), 0, nrows=3)
    ),
    Case(R, lambda tf: tf.RaggedTensor.from_nested_row_splits([3, 1, 4], [[0, 1, 2], [0, 2, 3]])),
    Case(R, lambda tf: tf.RaggedTensor.from_nested_row_lengths([3, 1, 4], [[1, 1], [2, 1]])),
    Case(R, lambda tf: tf.RaggedTensor.from_nested_value_rowids([3, 1, 4], [[0, 1], [0, 0, 1]])),
    bad(R, lambda tf: tf.RaggedTensor.from_row_splits([1, 2, 3], [0, 2])),
    bad(R, lambda tf: tf.RaggedTensor.from_row_splits([1, 2, 3], [1, 3])),
    bad(R, lambda tf: tf.RaggedTensor.from_row_splits([1, 2, 3], [0, 2, 1, 3])),
    bad(R, lambda tf: tf.RaggedTensor.from_row_splits([1, 2, 3], [])),
    bad(R, lambda tf: tf.RaggedTensor.from_row_splits([1, 2, 3], 3)),
    bad(R, lambda tf: tf.RaggedTensor.from_row_splits(3, [0, 1])),
    bad(R, lambda tf: tf.RaggedTensor.from_row_lengths([1, 2, 3], [2, 2])),
    bad(R, lambda tf: tf.RaggedTensor.from_row_lengths([1, 2, 3], [4, -1])),
    bad(R, lambda tf: tf.RaggedTensor.from_value_rowids([1, 2, 3], [0, 2, 1])),
    bad(R, lambda tf: tf.RaggedTensor.from_value_rowids([1, 2, 3], [0, 1, 2], nrows=2)),
    bad(R, lambda tf: tf.RaggedTensor.from_uniform_row_length([1, 2, 3], 2)),
    bad(R, lambda tf: tf.RaggedTensor(tf.constant([1]), tf.constant([0, 1]))),
    Case(R, lambda tf: tf.RaggedTensor.from_tensor([[1, 2], [3, 4]])),
    Case(R, lambda tf: tf.RaggedTensor.from_tensor([[1, 2, 0], [3, 0, 0]], padding=0)),
    Case(R, lambda tf: tf.RaggedTensor.from_tensor([[1, 2, 0], [3, 0, 0]], lengths=[1, 3])),
    Case(
        R,
        lambda tf: tf.RaggedTensor.from_tensor(tf.reshape(tf.range(12), [2, 3, 2]), ragged_rank=2),
    ),
    Case(R, lambda tf: tf.RaggedTensor.from_tensor(tf.reshape(tf.range(12), [2, 3, 2]))),
    bad(
        R,
        lambda tf: tf.RaggedTensor.from_tensor(
            tf.reshape(tf.range(12), [2, 3, 2]), lengths=([2, 1], [1, 2, 0])
        ),
    ),
    Case(
        R,
        lambda tf: tf.RaggedTensor.from_tensor(
            tf.reshape(tf.range(12), [2, 3, 2]), lengths=([3, 1], [1, 2, 0, 2])
        ),
    ),
    bad(R, lambda tf: tf.RaggedTensor.from_tensor([1, 2])),
    bad(R, lambda tf: tf.RaggedTensor.from_tensor([[1, 2]], lengths=[1], padding=0)),
    bad(R, lambda tf: tf.RaggedTensor.from_tensor([[1, 2]], ragged_rank=0)),
    Case(
        R,
        lambda tf: tf.RaggedTensor.from_sparse(
            tf.SparseTensor([[0, 0], [0, 1], [2, 0]], [1, 2, 3], [3, 2])
        ),
    ),
    bad(R, lambda tf: tf.RaggedTensor.from_sparse(tf.SparseTensor([[0, 1]], [1], [3, 2]))),
    bad(R, lambda tf: tf.RaggedTensor.from_sparse([[1]])),
    bad(R, lambda tf: tf.RaggedTensor.from_sparse(tf.SparseTensor([[1]], [1], [3]))),
    # Parts and conversions.
    Case(
        R,
        lambda tf: each(
            tf, lambda r: [r.row_lengths(), r.row_starts(), r.row_limits(), r.value_rowids()]
        ),
    ),
    Case(
        R,
        lambda tf: each(
            tf, lambda r: [r.nrows(), r.nrows(out_type=tf.int32), r.ragged_rank, r.dtype]
        ),
    ),
    Case(
        R,
        lambda tf: each(
            tf, lambda r: [r.nested_row_lengths(), r.nested_value_rowids(), r.nested_row_splits]
        ),
    ),
    Case(R, lambda tf: each(tf, lambda r: [r.shape, r.get_shape(), r.bounding_shape()])),
    Case(
        R,
        lambda tf: each(
            tf, lambda r: [r.bounding_shape(1), r.bounding_shape([0, 1], out_type=tf.int32)]
        ),
    ),
    Case(R, lambda tf: each(tf, lambda r: r.to_list())),
    Case(R, lambda tf: each(tf, lambda r: r.to_tensor())),
    Case(R, lambda tf: each(tf, lambda r: r.to_sparse())),
    Case(R, lambda tf: each(tf, lambda r: [r.values, r.flat_values])),
    Case(R, lambda tf: each(tf, repr)),
    Case(R, lambda tf: each(tf, str)),
    Case(R, lambda tf: repr(tf.ragged.constant([[1.5, 2.0], [3.0, 4.0]]))),
    Case(R, lambda tf: repr(tf.ragged.constant([[i] * 20 for i in range(12)]))),
    Case(R, lambda tf: repr(tf.ragged.constant([["a"], []]))),
    Case(R, lambda tf: repr(tf.ragged.constant([]))),
    Case(R, lambda tf: repr(tf.ragged.constant([[], []]))),
    Case(R, lambda tf: repr(tf.ragged.constant([list(range(300)), list(range(900))]))),
    Case(R, lambda tf: [a.tolist() for a in numbers(tf).numpy()]),
    Case(R, lambda tf: tf.ragged.constant([[1, 2], [3, 4]]).numpy()),
    Case(R, lambda tf: numbers(tf).to_tensor(9)),
    Case(R, lambda tf: numbers(tf).to_tensor(shape=[None, 2])),
    Case(R, lambda tf: numbers(tf).to_tensor(-1, shape=[5, 4])),
    Case(R, lambda tf: nested(tf).to_tensor(9.0, shape=[2, None, 3])),
    Case(R, lambda tf: inner(tf).to_tensor([7, 8])),
    Case(R, lambda tf: tf.ragged.constant([["a"], []]).to_tensor("?")),
    bad(R, lambda tf: inner(tf).to_tensor(shape=[None, 2])),
    bad(R, lambda tf: numbers(tf).to_tensor("a")),
    Case(R, lambda tf: numbers(tf).with_values(tf.range(6) * 10)),
    Case(R, lambda tf: nested(tf).with_flat_values(tf.range(4))),
    Case(R, lambda tf: numbers(tf).with_row_splits_dtype(tf.int32)),
    bad(R, lambda tf: numbers(tf).with_values([1, 2])),
    bad(R, lambda tf: numbers(tf).with_row_splits_dtype(tf.float32)),
    Case(R, lambda tf: each(tf, lambda r: r.merge_dims(0, 1))),
    Case(R, lambda tf: [nested(tf).merge_dims(1, 2), nested(tf).merge_dims(0, 2)]),
    Case(
        R,
        lambda tf: [
            inner(tf).merge_dims(1, 2),
            inner(tf).merge_dims(0, 2),
            inner(tf).merge_dims(-2, -1),
        ],
    ),
    bad(R, lambda tf: numbers(tf).merge_dims(1, 0)),
    bad(R, lambda tf: numbers(tf).row_lengths(2)),
    bad(R, lambda tf: bool(numbers(tf))),
    bad(R, lambda tf: hash(numbers(tf))),
    bad(R, lambda tf: len(numbers(tf))),
    # Indexing.
    Case(R, lambda tf: each(tf, lambda r: [r[0], r[-1], r[1:], r[::2], r[::-1], r[5:]])),
    Case(R, lambda tf: each(tf, lambda r: [r[0, 0], r[0, :1], r[:, :1], r[:, -1:], r[:, ::-1]])),
    Case(
        R,
        lambda tf: each(
            tf, lambda r: [r[tf.newaxis], r[:, tf.newaxis], r[..., :1], r[tf.constant(0)]]
        ),
    ),
    Case(
        R,
        lambda tf: [
            inner(tf)[..., 0],
            inner(tf)[:, :, 1],
            inner(tf)[1, :, 0],
            inner(tf)[:, 1:, :1],
        ],
    ),
    Case(
        R,
        lambda tf: [nested(tf)[:, :, :1], nested(tf)[0, 0, 1], nested(tf)[0, :, 1:], nested(tf)[1]],
    ),
    Case(R, lambda tf: list(numbers(tf))),
    bad(R, lambda tf: numbers(tf)[7]),
    bad(R, lambda tf: numbers(tf)[:, 0]),
    bad(R, lambda tf: numbers(tf)["x"]),
    bad(R, lambda tf: numbers(tf)[1.5]),
    # Operators.
    Case(
        R,
        lambda tf: each(
            tf, lambda r: [r + 1, 1 - r, r * r, -r, r > 2, abs(r), r**2, r // 2, r % 2]
        ),
    ),
    Case(
        R,
        lambda tf: [
            numbers(tf) == 3,
            numbers(tf) != numbers(tf),
            2 / floats(tf),
            floats(tf) <= 1.0,
        ],
    ),
    Case(R, lambda tf: [~(numbers(tf) > 2), (numbers(tf) > 2) & (numbers(tf) < 5)]),
    Case(R, lambda tf: numbers(tf) + [[1], [2], [3], [4]]),
    Case(R, lambda tf: numbers(tf) + tf.constant(10)),
    Case(R, lambda tf: tf.constant([[1], [2], [3], [4]]) * numbers(tf)),
    Case(R, lambda tf: inner(tf) + [1, 2]),
    Case(R, lambda tf: nested(tf) * tf.constant([[[1.0]], [[2.0]], [[3.0]]])),
    bad(R, lambda tf: numbers(tf) + tf.ragged.constant([[1], [2], [3], [4, 5]])),
    bad(R, lambda tf: numbers(tf) + floats(tf)),
    # Elementwise functions and others.
    Case(
        R,
        lambda tf: [
            tf.exp(floats(tf)),
            tf.nn.relu(floats(tf)),
            tf.abs(floats(tf)),
            tf.sigmoid(floats(tf)),
        ],
    ),
    Case(
        R,
        lambda tf: [
            tf.add(numbers(tf), 1),
            tf.maximum(numbers(tf), 3),
            tf.cast(numbers(tf), tf.float32),
        ],
    ),
    Case(
        R,
        lambda tf: [tf.zeros_like(numbers(tf)), tf.ones_like(nested(tf)), tf.identity(numbers(tf))],
    ),
    Case(R, lambda tf: tf.where(numbers(tf) > 2, numbers(tf), -numbers(tf))),
    Case(R, lambda tf: each(tf, lambda r: tf.where(r > 2))),
    Case(R, lambda tf: [tf.is_tensor(numbers(tf)), isinstance(numbers(tf), tf.Tensor)]),
    Case(R, lambda tf: each(tf, lambda r: [tf.size(r), tf.rank(r)])),
    Case(R, lambda tf: tf.one_hot(numbers(tf), 4)),
    Case(R, lambda tf: tf.reverse(numbers(tf), [0])),
    Case(R, lambda tf: tf.reverse(numbers(tf), [1])),
    Case("reduce_sum", lambda tf: each(tf, tf.reduce_sum)),
    Case(
        "reduce_sum",
        lambda tf: each(
            tf, lambda r: [tf.reduce_sum(r, 0), tf.reduce_sum(r, 1), tf.reduce_sum(r, -1)]
        ),
    ),
    Case(
        "reduce_sum",
        lambda tf: each(
            tf, lambda r: [tf.reduce_sum(r, 1, keepdims=True), tf.reduce_sum(r, [0, 1])]
        ),
    ),
    Case(
        "reduce_mean",
        lambda tf: each(
            tf, lambda r: [tf.reduce_mean(r), tf.reduce_mean(r, 0), tf.reduce_mean(r, 1)]
        ),
    ),
    Case("reduce_mean", lambda tf: tf.reduce_mean(floats(tf), axis=1, keepdims=True)),
    Case(
        "reduce_max",
        lambda tf: each(tf, lambda r: [tf.reduce_max(r), tf.reduce_max(r, 0), tf.reduce_max(r, 1)]),
    ),
    Case(
        "reduce_min",
        lambda tf: each(
            tf, lambda r: [tf.reduce_min(r), tf.reduce_min(r, 0), tf.reduce_min(r, -1)]
        ),
    ),
    Case("reduce_prod", lambda tf: each(tf, lambda r: [tf.reduce_prod(r), tf.reduce_prod(r, 1)])),
    Case(
        "reduce_any",
        lambda tf: each(
            tf, lambda r: [tf.reduce_any(r > 2, 1), tf.reduce_all(r > 2, 1), tf.reduce_any(r > 2)]
        ),
    ),
    bad("reduce_sum", lambda tf: tf.reduce_sum(numbers(tf), 2)),
    Case("concat", lambda tf: each(tf, lambda r: tf.concat([r, r + 1], 0))),
    Case("concat", lambda tf: each(tf, lambda r: tf.concat([r, r + 1], 1))),
    Case(
        "concat",
        lambda tf: [tf.concat([nested(tf), nested(tf)], 2), tf.concat([inner(tf), inner(tf)], -1)],
    ),
    Case("concat", lambda tf: tf.concat([numbers(tf), tf.constant([[7, 8]])], 0)),
    Case("concat", lambda tf: tf.concat([numbers(tf), [[7], [8], [9], [10]]], 1)),
    bad("concat", lambda tf: tf.concat([numbers(tf), numbers(tf)], 2)),
    bad("concat", lambda tf: tf.concat([numbers(tf), numbers(tf)[1:]], 1)),
    Case("stack", lambda tf: each(tf, lambda r: tf.stack([r, r + 1]))),
    Case("stack", lambda tf: each(tf, lambda r: tf.stack([r, r + 1], axis=1))),
    Case(
        "expand_dims",
        lambda tf: each(
            tf, lambda r: [tf.expand_dims(r, 0), tf.expand_dims(r, 1), tf.expand_dims(r, -1)]
        ),
    ),
    bad("expand_dims", lambda tf: tf.expand_dims(numbers(tf), 5)),
    Case(
        "gather",
        lambda tf: each(
            tf, lambda r: [tf.gather(r, [1, 0, 1]), tf.gather(r, 0), tf.gather(r, [[1], [0]])]
        ),
    ),
    Case("gather", lambda tf: tf.gather(tf.constant([10, 20, 30, 40, 50, 60, 70]), numbers(tf))),
    Case(
        "gather",
        lambda tf: tf.gather(
            tf.constant([[1, 2], [3, 4], [5, 6]]), tf.ragged.constant([[0], [2, 1]])
        ),
    ),
    bad("gather", lambda tf: tf.gather(numbers(tf), [4])),
    Case(
        "nn.embedding_lookup",
        lambda tf: tf.nn.embedding_lookup(
            tf.Variable([[1.0, 2.0], [3.0, 4.0]]), tf.ragged.constant([[0], [1, 0]])
        ),
    ),
    bad("map_fn", lambda tf: tf.map_fn(tf.reduce_sum, numbers(tf))),
    Case("map_fn", lambda tf: tf.map_fn(tf.reduce_sum, numbers(tf), fn_output_signature=tf.int32)),
    Case("map_fn", lambda tf: tf.map_fn(lambda x: x * 2, numbers(tf))),
    Case(
        "map_fn",
        lambda tf: tf.map_fn(
            lambda x: tf.range(x),
            tf.constant([3, 0, 2]),
            fn_output_signature=tf.RaggedTensorSpec([None], tf.int32),
        ),
    ),
    Case("convert_to_tensor", lambda tf: tf.convert_to_tensor([numbers(tf)[0], numbers(tf)[0]])),
    bad("convert_to_tensor", lambda tf: tf.convert_to_tensor(numbers(tf))),
    Case(
        R,
        lambda tf: each(
            tf,
            lambda r: [
                r[:, k]
                for k in (
                    slice(1, None),
                    slice(-2, -1),
                    slice(None, -1),
                    slice(None, None, 2),
                    slice(None, None, -2),
                    slice(2, 0, -1),
                    slice(-1, None, -1),
                    slice(5, 9),
                    slice(-9, 2),
                )
            ],
        ),
    ),
    Case(
        "tile",
        lambda tf: [
            tf.tile(numbers(tf), [2, 1]),
            tf.tile(numbers(tf), [1, 2]),
            tf.tile(nested(tf), [1, 2, 3]),
        ],
    ),
    Case(
        "squeeze",
        lambda tf: [
            tf.squeeze(tf.ragged.constant([[[1], [2]]]), 0),
            tf.squeeze(tf.ragged.constant([[[1], [2]], [[3]]]), 2),
            tf.squeeze(tf.ragged.constant([[1], [2]]), 1),
        ],
    ),
    bad("squeeze", lambda tf: tf.squeeze(numbers(tf))),
    bad("squeeze", lambda tf: tf.squeeze(numbers(tf), 1)),
    bad(
        "linalg.matmul",
        lambda tf: tf.matmul(tf.cast(inner(tf), tf.float32), tf.constant([[1.0, 2.0], [3.0, 4.0]])),
    ),
    Case(
        "linalg.matmul",
        lambda tf: tf.matmul(tf.cast(inner(tf), tf.float32), tf.reshape(tf.range(12.0), [2, 2, 3])),
    ),
    Case(
        "math.bincount",
        lambda tf: [tf.math.bincount(numbers(tf)), tf.math.bincount(numbers(tf), axis=-1)],
    ),
    Case(
        "math.bincount",
        lambda tf: tf.math.bincount(numbers(tf), axis=-1, minlength=9, binary_output=True),
    ),
    bad("constant", lambda tf: tf.constant(numbers(tf))),
    # tf.ragged.
    Case("ragged.range", lambda tf: tf.ragged.range([0, 5, 8], [3, 5, 12])),
    Case("ragged.range", lambda tf: tf.ragged.range([3, 5, 2])),
    Case("ragged.range", lambda tf: tf.ragged.range([0, 5], [10, 0], [3, -2])),
    Case("ragged.range", lambda tf: tf.ragged.range(0, [2, 4], 2)),
    Case("ragged.range", lambda tf: tf.ragged.range([0.0, 1.0], [2.0, 2.5], 0.5)),
    Case(
        "ragged.range", lambda tf: tf.ragged.range([3], dtype=tf.float64, row_splits_dtype=tf.int32)
    ),
    bad("ragged.range", lambda tf: tf.ragged.range([0, 1], [3, 4], [1, 0])),
    bad("ragged.range", lambda tf: tf.ragged.range([0, 1, 2], [3, 4])),
    Case("ragged.map_flat_values", lambda tf: tf.ragged.map_flat_values(tf.ones_like, nested(tf))),
    Case(
        "ragged.map_flat_values",
        lambda tf: tf.ragged.map_flat_values(tf.multiply, numbers(tf), numbers(tf)),
    ),
    Case(
        "ragged.map_flat_values",
        lambda tf: tf.ragged.map_flat_values(lambda x: x[:, tf.newaxis], numbers(tf)),
    ),
    Case("ragged.map_flat_values", lambda tf: tf.ragged.map_flat_values(tf.add, 1, 2)),
    bad("ragged.map_flat_values", lambda tf: tf.ragged.map_flat_values(tf.reduce_sum, numbers(tf))),
    bad(
        "ragged.map_flat_values",
        lambda tf: tf.ragged.map_flat_values(tf.add, numbers(tf), numbers(tf)[::-1]),
    ),
    Case("ragged.stack", lambda tf: tf.ragged.stack([[1, 2], [3]])),
    Case("ragged.stack", lambda tf: tf.ragged.stack([numbers(tf), numbers(tf)])),
    Case("ragged.stack", lambda tf: tf.ragged.stack([numbers(tf), numbers(tf)], axis=1)),
    Case("ragged.stack", lambda tf: tf.ragged.stack([numbers(tf), numbers(tf)], axis=2)),
    Case("ragged.stack", lambda tf: tf.ragged.stack([[[1, 2], [3, 4]], [[5]]])),
    bad("ragged.stack", lambda tf: tf.ragged.stack([])),
    bad("ragged.stack", lambda tf: tf.ragged.stack([numbers(tf)], axis=5)),
    Case("ragged.boolean_mask", lambda tf: tf.ragged.boolean_mask(numbers(tf), numbers(tf) > 2)),
    Case("ragged.boolean_mask", lambda tf: tf.ragged.boolean_mask(nested(tf), nested(tf) > 2.0)),
    Case(
        "ragged.boolean_mask",
        lambda tf: tf.ragged.boolean_mask(numbers(tf), [True, False, True, True]),
    ),
    Case(
        "ragged.boolean_mask",
        lambda tf: tf.ragged.boolean_mask([[1, 2], [3, 4]], [[True, False], [True, True]]),
    ),
    Case("ragged.boolean_mask", lambda tf: tf.ragged.boolean_mask([1, 2, 3], [True, False, True])),
    bad("ragged.boolean_mask", lambda tf: tf.ragged.boolean_mask([1], True)),
    Case(
        "ragged.row_splits_to_segment_ids",
        lambda tf: tf.ragged.row_splits_to_segment_ids([0, 3, 3, 5]),
    ),
    Case(
        "ragged.row_splits_to_segment_ids",
        lambda tf: tf.ragged.row_splits_to_segment_ids([0, 1], out_type=tf.int32),
    ),
    bad(
        "ragged.row_splits_to_segment_ids",
        lambda tf: tf.ragged.row_splits_to_segment_ids([0.0, 1.0]),
    ),
    Case(
        "ragged.segment_ids_to_row_splits",
        lambda tf: tf.ragged.segment_ids_to_row_splits([0, 0, 0, 2, 2, 3]),
    ),
    Case(
        "ragged.segment_ids_to_row_splits",
        lambda tf: tf.ragged.segment_ids_to_row_splits([0, 0, 2], 5, tf.int32),
    ),
    bad("ragged.segment_ids_to_row_splits", lambda tf: tf.ragged.segment_ids_to_row_splits([0.5])),
    Case(
        "ragged.stack_dynamic_partitions",
        lambda tf: tf.ragged.stack_dynamic_partitions([1, 2, 3], [1, 0, 1], 3),
    ),
    Case(
        "ragged.stack_dynamic_partitions",
        lambda tf: tf.ragged.stack_dynamic_partitions(numbers(tf), [1, 0, 1, 0], 2),
    ),
    bad(
        "ragged.stack_dynamic_partitions",
        lambda tf: tf.ragged.stack_dynamic_partitions([1, 2], [0, 3], 2),
    ),
    # Gradients.
    Case(R, lambda tf: gradient(tf, lambda r: tf.reduce_sum(r, axis=1))),
    Case(R, lambda tf: gradient(tf, lambda r: tf.reduce_mean(r, axis=1)[0])),
    Case(R, lambda tf: gradient(tf, lambda r: tf.reduce_max(r, axis=1)[0])),
    Case(R, lambda tf: gradient(tf, lambda r: r.to_tensor(5.0) * 3.0)),
    Case(R, lambda tf: gradient(tf, lambda r: tf.exp(r[0]) + r[2, 0])),
    Case(R, lambda tf: gradient(tf, lambda r: tf.concat([r, r * 2.0], 1).to_tensor())),
    # Specs.
    Case(
        "RaggedTensorSpec",
        lambda tf: [
            repr(tf.RaggedTensorSpec([None, None], tf.int32)),
            tf.RaggedTensorSpec([2, None, 3], ragged_rank=1).shape,
        ],
    ),
    Case("RaggedTensorSpec", lambda tf: each(tf, lambda r: tf.type_spec_from_value(r))),
    Case(
        "RaggedTensorSpec",
        lambda tf: [
            tf.RaggedTensorSpec([None, None], tf.int32).is_compatible_with(numbers(tf)),
            tf.RaggedTensorSpec([None, None], tf.int64).is_compatible_with(numbers(tf)),
        ],
    ),
    Case(
        "RaggedTensorSpec",
        lambda tf: tf.RaggedTensorSpec([4, None], tf.int32) == tf.type_spec_from_value(numbers(tf)),
    ),
    Case(
        "RaggedTensorSpec",
        lambda tf: tf.RaggedTensorSpec([4, None], tf.int32).most_specific_compatible_type(
            tf.RaggedTensorSpec([3, None], tf.int32)
        ),
    ),
    Case(
        "RaggedTensorSpec",
        lambda tf: [
            tf.RaggedTensorSpec([None, None]).ragged_rank,
            tf.RaggedTensorSpec([None, None]).row_splits_dtype,
            tf.RaggedTensorSpec([None, None]).value_type,
        ],
    ),
    bad("RaggedTensorSpec", lambda tf: tf.RaggedTensorSpec(None)),
    bad("RaggedTensorSpec", lambda tf: tf.RaggedTensorSpec([None], ragged_rank=1)),
    Case("nest.flatten", lambda tf: tf.nest.flatten(nested(tf), expand_composites=True)),
    Case("nest.map_structure", lambda tf: tf.nest.map_structure(lambda x: x * 2, numbers(tf))),
]
