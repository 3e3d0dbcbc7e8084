"""Datasets: batches, padding, windows, groups."""

import numpy as np

from cases._datasets import case, fill_with, filled, values, wrong
from cases.form import Case, bad

BATCHES = [
    case(".batch", lambda tf, D: D.range(5).batch(2)),
    case(".batch", lambda tf, D: D.range(5).batch(2, drop_remainder=True), "drop"),
    case(".batch", lambda tf, D: D.range(5).batch(7), "larger"),
    case(".batch", lambda tf, D: D.range(5).batch(2).batch(2), "of batches"),
    case(
        ".batch",
        lambda tf, D: D.from_tensor_slices((np.ones((4, 2)), [1, 2, 3, 4])).batch(3),
        "pairs",
    ),
    case(".batch", lambda tf, D: D.from_tensor_slices(["a", "b", "c"]).batch(2), "strings"),
    case(
        ".batch",
        lambda tf, D: D.from_tensor_slices([["a"], ["b"]]).map(lambda s: s).batch(2),
        "vectors of strings",
    ),
    case(
        ".batch",
        lambda tf, D: D.range(5).map(lambda x: (x, x > 2)).batch(2, num_parallel_calls=2),
        "mapped",
    ),
    case(".batch", lambda tf, D: D.range(3).repeat(2).batch(4), "repeated"),
    case(".batch", lambda tf, D: D.range(3).concatenate(D.range(2)).batch(4), "concatenated"),
    case(".batch", lambda tf, D: D.zip(D.range(5), D.range(3)).batch(2), "zipped"),
    case(".batch", lambda tf, D: D.range(9).skip(2).take(5).shard(2, 0).batch(2), "selected"),
    case(".batch", lambda tf, D: D.range(9).cache().batch(2), "cached"),
    case(
        ".batch",
        lambda tf, D: D.from_generator(lambda: iter([1, 2]), tf.int32).batch(2),
        "unknown rank",
    ),
    wrong(".batch", lambda tf, D: D.range(3).batch(0), "zero"),
    wrong(".batch", lambda tf, D: D.range(3).batch(-1), "negative"),
    wrong(".batch", lambda tf, D: D.range(3).batch("a"), "string"),
    wrong(".batch", lambda tf, D: D.range(3).batch(2.0), "float"),
    wrong(".batch", lambda tf, D: D.range(3).batch(tf.constant(2)), "int32"),
    wrong(".batch", lambda tf, D: D.range(3).batch(None), "none"),
    wrong(".batch", lambda tf, D: filled(tf, D).batch(2), "shapes"),
    case(".padded_batch", lambda tf, D: filled(tf, D).padded_batch(2)),
    case(
        ".padded_batch",
        lambda tf, D: filled(tf, D).padded_batch(2, padded_shapes=5, padding_values=np.int64(-1)),
        "shape",
    ),
    case(
        ".padded_batch",
        lambda tf, D: filled(tf, D).padded_batch(2, padded_shapes=[-1]),
        "minus one",
    ),
    case(".padded_batch", lambda tf, D: filled(tf, D).padded_batch(2, drop_remainder=True), "drop"),
    case(
        ".padded_batch",
        lambda tf, D: (
            filled(tf, D).map(lambda v: (v, v[0])).padded_batch(2, padded_shapes=([None], []))
        ),
        "pairs",
    ),
    case(
        ".padded_batch",
        lambda tf, D: (
            filled(tf, D)
            .map(lambda v: (v, tf.cast(v, tf.float32)))
            .padded_batch(2, padding_values=(np.int64(7), None))
        ),
        "values",
    ),
    case(
        ".padded_batch",
        lambda tf, D: (
            filled(tf, D)
            .map(lambda v: {"a": v, "b": v})
            .padded_batch(2, padding_values=np.int64(7))
        ),
        "one value",
    ),
    case(
        ".padded_batch",
        lambda tf, D: filled(tf, D).map(tf.strings.as_string).padded_batch(2),
        "strings",
    ),
    wrong(
        ".padded_batch", lambda tf, D: filled(tf, D).padded_batch(3, padded_shapes=[2]), "too small"
    ),
    wrong(
        ".padded_batch", lambda tf, D: filled(tf, D).padded_batch(3, padding_values=0.5), "dtype"
    ),
    wrong(
        ".padded_batch",
        lambda tf, D: filled(tf, D).map(lambda v: (v, v)).padded_batch(3, padded_shapes=[None]),
        "structure",
    ),
    wrong(
        ".padded_batch",
        lambda tf, D: D.from_generator(lambda: iter([[1]]), tf.int32).padded_batch(2),
        "unknown rank",
    ),
    wrong(".padded_batch", lambda tf, D: D.range(3).padded_batch(0), "zero"),
    case(".unbatch", lambda tf, D: D.from_tensors([[1, 2], [3, 4]]).unbatch()),
    case(".unbatch", lambda tf, D: D.range(5).batch(2).unbatch(), "batches"),
    case(
        ".unbatch", lambda tf, D: D.range(5).batch(2, drop_remainder=True).unbatch(), "known size"
    ),
    wrong(".unbatch", lambda tf, D: D.range(3).unbatch(), "scalars"),
    wrong(".unbatch", lambda tf, D: D.from_tensors(([1, 2], [1, 2, 3])).unbatch(), "sizes"),
    wrong(
        ".unbatch",
        lambda tf, D: D.range(1, 3).map(lambda x: (tf.range(x), tf.range(2 * x))).unbatch(),
        "sizes when run",
    ),
    case(".rebatch", lambda tf, D: D.range(10).batch(4).rebatch(3)),
    case(".rebatch", lambda tf, D: D.range(10).batch(5).rebatch([2, 3]), "sizes"),
    case(".rebatch", lambda tf, D: D.range(10).batch(4).rebatch(3, drop_remainder=True), "drop"),
    case(
        ".group_by_window",
        lambda tf, D: D.range(10).group_by_window(
            lambda x: x % 2, lambda k, d: d.batch(3), window_size=3
        ),
    ),
    case(
        ".group_by_window",
        lambda tf, D: D.range(10).group_by_window(
            lambda x: x % 3,
            lambda k, d: d.batch(4).map(lambda x: (k, x)),
            window_size_func=lambda k: k + 1,
        ),
        "size by key",
    ),
    wrong(
        ".group_by_window",
        lambda tf, D: D.range(4).group_by_window(lambda x: x % 2, lambda k, d: d.batch(3)),
        "no size",
    ),
    wrong(
        ".group_by_window",
        lambda tf, D: D.range(4).group_by_window(lambda x: 1.0, lambda k, d: d.batch(3), 3),
        "key",
    ),
    case(
        ".bucket_by_sequence_length",
        lambda tf, D: (
            D.range(1, 7)
            .map(fill_with(tf))
            .bucket_by_sequence_length(lambda x: tf.shape(x)[0], [3, 5], [2, 2, 2])
        ),
    ),
    case(
        ".bucket_by_sequence_length",
        lambda tf, D: (
            D.range(1, 5)
            .map(fill_with(tf))
            .bucket_by_sequence_length(
                lambda x: tf.shape(x)[0], [3, 6], [2, 2, 2], pad_to_bucket_boundary=True
            )
        ),
        "to boundary",
    ),
    wrong(
        ".bucket_by_sequence_length",
        lambda tf, D: (
            D.range(1, 7)
            .map(fill_with(tf))
            .bucket_by_sequence_length(lambda x: tf.shape(x)[0], [3, 5], [2, 2])
        ),
        "sizes",
    ),
]


def windows(tf, dataset):
    return [list(w.as_numpy_iterator()) for w in dataset]


WINDOWS = [
    Case("data.Dataset.window", lambda tf: windows(tf, tf.data.Dataset.range(7).window(3))),
    Case(
        "data.Dataset.window",
        lambda tf: windows(tf, tf.data.Dataset.range(7).window(3, 2, 1, True)),
    ),
    Case(
        "data.Dataset.window", lambda tf: windows(tf, tf.data.Dataset.range(7).window(2, shift=3))
    ),
    Case("data.Dataset.window", lambda tf: windows(tf, tf.data.Dataset.range(9).window(3, 1, 2))),
    Case(
        "data.Dataset.window",
        lambda tf: windows(tf, tf.data.Dataset.range(9).window(3, 1, 2, drop_remainder=True)),
    ),
    Case("data.Dataset.window", lambda tf: windows(tf, tf.data.Dataset.range(9).window(2, 5, 3))),
    Case("data.Dataset.window", lambda tf: str(tf.data.Dataset.range(9).window(2).element_spec)),
    Case(
        "data.Dataset.window",
        lambda tf: [
            [list(a.as_numpy_iterator()), list(b.as_numpy_iterator())]
            for a, b in tf.data.Dataset.from_tensor_slices(([1, 2, 3], ["a", "b", "c"])).window(2)
        ],
    ),
    Case(
        "data.Dataset.window",
        lambda tf: [
            values(tf.data.Dataset.zip(w))
            for w in tf.data.Dataset.from_tensor_slices({"a": [1, 2, 3], "b": [4, 5, 6]}).window(2)
        ],
    ),
    Case(
        "data.Dataset.window",
        lambda tf: [
            int(tf.data.Dataset.range(n).window(s, h, t, d).cardinality())
            for n in (0, 3, 7)
            for s in (1, 3)
            for h in (1, 2, 5)
            for t in (1, 2)
            for d in (True, False)
        ],
    ),
    wrong(".window", lambda tf, D: D.range(7).window(0), "size"),
    wrong(".window", lambda tf, D: D.range(7).window(2, shift=0), "shift"),
    wrong(".window", lambda tf, D: D.range(7).window(2, stride=0), "stride"),
    bad(
        "data.Dataset.as_numpy_iterator",
        lambda tf: tf.data.Dataset.range(7).window(2).as_numpy_iterator(),
        id="windows",
    ),
]

CASES = [*BATCHES, *WINDOWS]
