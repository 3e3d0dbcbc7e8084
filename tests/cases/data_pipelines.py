"""Datasets: sources, transformations, cardinalities, element specs, bad input."""

import collections
import tempfile

import numpy as np

from cases.form import Case, bad

Point = collections.namedtuple("Point", "a b")


def elements(dataset):
    """What a dataset gives, how many elements it says it has, and of what type they are."""
    return [
        list(dataset.as_numpy_iterator()),
        int(dataset.cardinality()),
        str(dataset.element_spec),
    ]


def values(dataset):
    return list(dataset.as_numpy_iterator())


def outcomes(iterator, count):
    """The results of so many calls: elements, or the classes of errors."""
    found = []
    for _ in range(count):
        try:
            found.append(next(iterator))
        except Exception as error:
            found.append(type(error).__name__)
    return found


def D(tf):
    return tf.data.Dataset


def case(symbol, build, id=None):
    return Case(f"data.Dataset{symbol}", lambda tf: elements(build(tf, tf.data.Dataset)), id=id)


def wrong(symbol, build, id=None):
    def run(tf):
        dataset = build(tf, tf.data.Dataset)
        return list(dataset) if isinstance(dataset, tf.data.Dataset) else dataset

    return bad(f"data.Dataset{symbol}", run, id=id)


def filled(tf, D):
    """Vectors of lengths 1, 2 and 3."""
    return D.range(1, 4).map(fill_with(tf))


def fill_with(tf):
    def fill(x):
        return tf.fill([x], x)

    return fill


def from_values(items, **kwargs):
    def build(tf, D):
        return D.from_generator(lambda: iter(items), **{k: v(tf) for k, v in kwargs.items()})

    return build


def int_spec(*dims):
    return lambda tf: tf.TensorSpec(list(dims), tf.int32)


SOURCES = [
    case(".from_tensors", lambda tf, D: D.from_tensors([1, 2])),
    case(".from_tensors", lambda tf, D: D.from_tensors((1, {"a": 2.0, "b": ["x"]})), "nest"),
    case(".from_tensors", lambda tf, D: D.from_tensors({"b": 1, "a": 2.0}), "order of keys"),
    wrong(".from_tensors", lambda tf, D: D.from_tensors(object())),
    wrong(".from_tensors", lambda tf, D: D.from_tensors(None), "none"),
    case(".from_tensor_slices", lambda tf, D: D.from_tensor_slices([1, 2])),
    case(
        ".from_tensor_slices", lambda tf, D: D.from_tensor_slices(([1, 2], {"a": [3, 4]})), "nest"
    ),
    case(".from_tensor_slices", lambda tf, D: D.from_tensor_slices(Point([1, 2], [3, 4])), "named"),
    case(".from_tensor_slices", lambda tf, D: D.from_tensor_slices(([1, 2],)), "tuple of one"),
    case(".from_tensor_slices", lambda tf, D: D.from_tensor_slices(["a", "b"]), "strings"),
    case(".from_tensor_slices", lambda tf, D: D.from_tensor_slices(np.ones((2, 3))), "matrix"),
    case(".from_tensor_slices", lambda tf, D: D.from_tensor_slices([]), "empty"),
    case(".from_tensor_slices", lambda tf, D: D.from_tensor_slices(([1, 2], None)), "none inside"),
    case(
        ".from_tensor_slices",
        lambda tf, D: D.from_tensor_slices(tf.Variable([1.0, 2.0])),
        "variable",
    ),
    wrong(".from_tensor_slices", lambda tf, D: D.from_tensor_slices(([1, 2], [3, 4, 5]))),
    wrong(".from_tensor_slices", lambda tf, D: D.from_tensor_slices(3), "scalar"),
    wrong(".from_tensor_slices", lambda tf, D: D.from_tensor_slices(()), "empty"),
    wrong(".from_tensor_slices", lambda tf, D: D.from_tensor_slices({}), "empty dict"),
    wrong(".from_tensor_slices", lambda tf, D: D.from_tensor_slices(object()), "object"),
    case(".range", lambda tf, D: D.range(3)),
    case(".range", lambda tf, D: D.range(1, 10, 3), "step"),
    case(".range", lambda tf, D: D.range(5, 0, -2), "down"),
    case(".range", lambda tf, D: D.range(3, output_type=tf.float32), "float"),
    case(".range", lambda tf, D: D.range(np.int32(3)), "numpy"),
    case(".range", lambda tf, D: D.range(-3), "empty"),
    wrong(".range", lambda tf, D: D.range(1, 5, 0), "step of zero"),
    wrong(".range", lambda tf, D: D.range(), "nothing"),
    wrong(".range", lambda tf, D: D.range(1, 2, 3, 4), "four"),
    wrong(".range", lambda tf, D: D.range(2.5), "float"),
    wrong(".range", lambda tf, D: D.range("a"), "string"),
    wrong(".range", lambda tf, D: D.range(tf.constant(3)), "int32 tensor"),
    case(".counter", lambda tf, D: D.counter(5, 2).take(3)),
    case(".counter", lambda tf, D: D.counter(dtype=tf.float32).take(2), "float"),
    case(".from_generator", from_values([1, 2], output_signature=int_spec())),
    case(".from_generator", from_values([[1, 2]], output_types=lambda tf: tf.int32), "types"),
    case(
        ".from_generator",
        from_values(
            [([1, 2], 3.0)],
            output_types=lambda tf: (tf.int32, tf.float32),
            output_shapes=lambda tf: ([2], []),
        ),
        "types and shapes",
    ),
    case(
        ".from_generator",
        from_values(
            [{"a": 1, "b": "x"}],
            output_signature=lambda tf: {
                "a": tf.TensorSpec([], tf.int32),
                "b": tf.TensorSpec([], tf.string),
            },
        ),
        "dict",
    ),
    case(".from_generator", from_values([1.5], output_signature=int_spec()), "cast"),
    case(
        ".from_generator",
        lambda tf, D: D.from_generator(
            lambda a, b: iter([a, b]), args=(1, tf.constant(2)), output_types=tf.int32
        ),
        "args",
    ),
    case(".from_generator", lambda tf, D: D.from_generator(lambda: [1, 2], tf.int32), "list"),
    wrong(".from_generator", from_values([1, "a"], output_signature=int_spec()), "type"),
    wrong(".from_generator", from_values([1, [2]], output_signature=int_spec()), "shape"),
    wrong(".from_generator", from_values([(1, 2)], output_signature=int_spec()), "structure"),
    wrong(
        ".from_generator",
        from_values([1], output_signature=lambda tf: (int_spec()(tf), int_spec()(tf))),
        "no tuple",
    ),
    wrong(".from_generator", from_values([1]), "no signature"),
    wrong(
        ".from_generator",
        from_values([1], output_types=lambda tf: tf.int32, output_signature=int_spec()),
        "two signatures",
    ),
    wrong(".from_generator", from_values([1], output_signature=lambda tf: tf.int32), "no spec"),
    wrong(
        ".from_generator",
        from_values([1], output_signature=lambda tf: [int_spec()(tf)]),
        "list of specs",
    ),
    wrong(".from_generator", lambda tf, D: D.from_generator([1], tf.int32), "not callable"),
    wrong(".from_generator", lambda tf, D: D.from_generator(lambda: 3, tf.int32), "not iterable"),
    wrong(
        ".from_generator",
        lambda tf, D: D.from_generator(lambda: {}["x"], tf.int32),
        "error inside",
    ),
]

FUNCTIONS = [
    case(".map", lambda tf, D: D.range(3).map(lambda x: x * x)),
    case(".map", lambda tf, D: D.range(3).map(lambda x: [x, x + 1]), "list"),
    case(".map", lambda tf, D: D.range(3).map(lambda x: (x, [x, x + 1])), "list inside"),
    case(".map", lambda tf, D: D.range(3).map(lambda x: (x, None)), "none inside"),
    case(".map", lambda tf, D: D.range(3).map(lambda x: 3), "number"),
    case(".map", lambda tf, D: D.range(3).map(lambda x: "a"), "string"),
    case(".map", lambda tf, D: D.range(3).map(lambda x: {"a": [x, x]}), "dict"),
    case(
        ".map",
        lambda tf, D: D.from_tensor_slices(Point([1, 2], [3, 4])).map(lambda p: p.a + p.b),
        "named",
    ),
    case(".map", lambda tf, D: D.from_tensor_slices(([1, 2],)).map(lambda x: x), "tuple of one"),
    case(
        ".map",
        lambda tf, D: D.from_tensor_slices((([1, 2], [3, 4]), [5, 6])).map(
            lambda ab, c: ab[0] + ab[1] + c
        ),
        "nested",
    ),
    case(
        ".map", lambda tf, D: D.from_tensor_slices({"a": [1, 2]}).map(lambda d: d["a"]), "of dict"
    ),
    case(".map", lambda tf, D: D.range(4).map(lambda x: x + 1, num_parallel_calls=2), "parallel"),
    case(
        ".map",
        lambda tf, D: (
            D.range(4)
            .map(lambda x: x + 1, tf.data.AUTOTUNE, deterministic=False)
            .batch(4)
            .map(tf.sort)
        ),
        "autotune",
    ),
    case(
        ".map", lambda tf, D: D.from_tensor_slices(["ab", "c"]).map(tf.strings.length), "of strings"
    ),
    case(
        ".map", lambda tf, D: D.from_tensor_slices(["ab", "c"]).map(lambda s: s + "x"), "to strings"
    ),
    wrong(".map", lambda tf, D: D.range(3).map(lambda x: x, num_parallel_calls=-3), "parallel"),
    wrong(".map", lambda tf, D: D.range(3).map(3), "not callable"),
    wrong(".map", lambda tf, D: D.range(3).map(lambda x: None), "none"),
    wrong(".map", lambda tf, D: D.from_tensor_slices(Point([1], [3])).map(lambda a, b: a), "named"),
    wrong(".map", lambda tf, D: D.range(2).map(lambda x: tf.Variable(1) + 1), "variable"),
    wrong(".map", lambda tf, D: D.range(2).map(lambda x: x + 1.5), "dtypes"),
    case(".flat_map", lambda tf, D: D.range(4).flat_map(lambda x: D.range(x))),
    case(
        ".flat_map",
        lambda tf, D: D.from_tensor_slices([[1, 2], [3, 4]]).flat_map(D.from_tensor_slices),
        "rows",
    ),
    case(
        ".flat_map",
        lambda tf, D: D.range(7).window(3, 2, 1, True).flat_map(lambda w: w.batch(3)),
        "windows",
    ),
    case(
        ".flat_map",
        lambda tf, D: D.range(2).flat_map(lambda x: D.range(3).map(lambda y: x * 10 + y)),
        "captures",
    ),
    case(
        ".flat_map",
        lambda tf, D: D.range(3).flat_map(lambda x: D.from_tensors(x).repeat(x)),
        "repeat",
    ),
    case(
        ".interleave",
        lambda tf, D: D.range(1, 6).interleave(
            lambda x: D.from_tensors(x).repeat(6), cycle_length=2, block_length=4
        ),
    ),
    case(
        ".interleave",
        lambda tf, D: D.range(1, 4).interleave(D.range, cycle_length=3, num_parallel_calls=2),
        "parallel",
    ),
    case(
        ".interleave",
        lambda tf, D: D.range(1, 9).interleave(D.range, cycle_length=4, block_length=2),
        "uneven",
    ),
    case(
        ".interleave",
        lambda tf, D: D.range(0, 9).interleave(lambda x: D.range(x % 3), cycle_length=3),
        "with empty ones",
    ),
    wrong(".interleave", lambda tf, D: D.range(1, 4).interleave(D.range, cycle_length=0), "cycle"),
    wrong(
        ".interleave", lambda tf, D: D.range(1, 4).interleave(D.range, 2, block_length=0), "block"
    ),
    case(".filter", lambda tf, D: D.range(5).filter(lambda x: x % 2 == 0)),
    case(".filter", lambda tf, D: D.range(3).filter(lambda x: True), "python bool"),
    case(
        ".filter",
        lambda tf, D: D.from_tensor_slices(([1, 2], [True, False])).filter(lambda x, y: y),
        "pairs",
    ),
    wrong(".filter", lambda tf, D: D.range(5).filter(lambda x: x), "number"),
    wrong(".filter", lambda tf, D: D.range(5).filter(lambda x: [x > 1, x > 2]), "list"),
    wrong(".filter", lambda tf, D: D.range(5).filter(lambda x: tf.stack([x > 1, x > 2])), "vector"),
    case(".take_while", lambda tf, D: D.range(5).take_while(lambda x: x < 3)),
    wrong(".take_while", lambda tf, D: D.range(5).take_while(lambda x: x), "number"),
    Case(
        "data.Dataset.reduce",
        lambda tf: tf.data.Dataset.range(5).reduce(np.int64(0), lambda s, x: s + x),
    ),
    Case(
        "data.Dataset.reduce",
        lambda tf: tf.data.Dataset.range(0).reduce(np.int64(3), lambda s, x: s + x),
    ),
    Case(
        "data.Dataset.reduce",
        lambda tf: tf.data.Dataset.range(5).reduce(
            (np.int64(0), 0.0), lambda s, x: (s[0] + x, s[1] + 1)
        ),
    ),
    Case(
        "data.Dataset.reduce",
        lambda tf: tf.data.Dataset.range(3).reduce(
            tf.constant([], tf.int64), lambda s, x: tf.concat([s, [x]], 0)
        ),
    ),
    bad(
        "data.Dataset.reduce",
        lambda tf: tf.data.Dataset.range(5).reduce(1.0, lambda s, x: x),
        id="dtype",
    ),
    bad(
        "data.Dataset.reduce",
        lambda tf: tf.data.Dataset.range(5).reduce((np.int64(0), 0.0), lambda s, x: s[0]),
        id="structure",
    ),
    case(".scan", lambda tf, D: D.range(4).scan(np.int64(0), lambda s, x: (s + x, s * x))),
    wrong(".scan", lambda tf, D: D.range(4).scan(np.int64(0), lambda s, x: s + x), "no pair"),
    wrong(".scan", lambda tf, D: D.range(4).scan(np.int64(0), lambda s, x: (1.0, x)), "dtype"),
    case(".unique", lambda tf, D: D.from_tensor_slices([1, 2, 1, 3]).unique()),
    case(".unique", lambda tf, D: D.from_tensor_slices([[1, 2], [1, 2]]).unique(), "vectors"),
    wrong(".unique", lambda tf, D: D.from_tensor_slices([1.0, 2.0]).unique(), "float"),
    wrong(".unique", lambda tf, D: D.zip(D.range(2), D.range(2)).unique(), "pairs"),
    case(
        ".ignore_errors",
        lambda tf, D: (
            D.from_tensor_slices([1.0, 0.0, 2.0])
            .map(lambda x: tf.debugging.check_numerics(1.0 / x, "e"))
            .ignore_errors()
        ),
    ),
]

SELECTION = [
    *[case(".take", lambda tf, D, n=n: D.range(3).take(n), str(n)) for n in (-5, -1, 0, 2, 5)],
    *[case(".skip", lambda tf, D, n=n: D.range(3).skip(n), str(n)) for n in (-3, -1, 0, 2, 5)],
    *[case(".repeat", lambda tf, D, n=n: D.range(3).repeat(n), str(n)) for n in (0, 1, 2)],
    *[
        case(".repeat", lambda tf, D, n=n: D.range(3).repeat(n).take(7), str(n))
        for n in (None, -1, -7)
    ],
    case(".repeat", lambda tf, D: D.range(0).repeat(), "nothing"),
    case(".repeat", lambda tf, D: D.range(3).filter(lambda x: x > 5).repeat(2), "filtered"),
    case(".shard", lambda tf, D: D.range(7).shard(3, 1)),
    wrong(".shard", lambda tf, D: D.range(7).shard(3, 3), "index"),
    wrong(".shard", lambda tf, D: D.range(7).shard(3, -1), "negative"),
    wrong(".shard", lambda tf, D: D.range(7).shard(0, 0), "none"),
    wrong(".take", lambda tf, D: D.range(3).take(1.5), "float"),
    wrong(".take", lambda tf, D: D.range(3).take(None), "none"),
    wrong(".repeat", lambda tf, D: D.range(3).repeat("a"), "string"),
    case(".concatenate", lambda tf, D: D.range(2).concatenate(D.range(3))),
    case(
        ".concatenate",
        lambda tf, D: D.from_tensors([1]).concatenate(D.from_tensors([1, 2])),
        "shapes",
    ),
    wrong(
        ".concatenate",
        lambda tf, D: D.range(2).concatenate(D.zip(D.range(2), D.range(2))),
        "structure",
    ),
    wrong(
        ".concatenate",
        lambda tf, D: D.range(2).concatenate(D.range(2, output_type=tf.int32)),
        "dtype",
    ),
    wrong(".concatenate", lambda tf, D: D.range(2).concatenate(3), "number"),
    case(".zip", lambda tf, D: D.zip(D.range(3), D.range(4))),
    case(".zip", lambda tf, D: D.zip((D.range(3), D.range(4))), "tuple"),
    case(".zip", lambda tf, D: D.zip({"a": D.range(3), "b": (D.range(4), D.range(2))}), "dict"),
    case(".zip", lambda tf, D: D.zip(D.range(3)), "one"),
    case(".zip", lambda tf, D: D.zip((D.range(3),)), "tuple of one"),
    case(".zip", lambda tf, D: D.zip(datasets=(D.range(2), D.range(3))), "keyword"),
    case(".zip", lambda tf, D: D.zip(D.range(2).repeat(), D.range(3)), "infinite"),
    wrong(".zip", lambda tf, D: D.zip([D.range(3), D.range(3)]), "list"),
    wrong(".zip", lambda tf, D: D.zip(3), "number"),
    wrong(".zip", lambda tf, D: D.zip(), "nothing"),
    case(".enumerate", lambda tf, D: D.from_tensor_slices(["a", "b"]).enumerate(start=5)),
    case(".cache", lambda tf, D: D.range(3).map(lambda x: x + 1).cache()),
    case(".prefetch", lambda tf, D: D.range(5).map(lambda x: x + 1).prefetch(2)),
    case(".prefetch", lambda tf, D: D.range(5).prefetch(tf.data.AUTOTUNE), "autotune"),
    case(".prefetch", lambda tf, D: D.range(3).prefetch(0), "none"),
    wrong(".prefetch", lambda tf, D: D.range(3).prefetch(-2), "negative"),
    wrong(".prefetch", lambda tf, D: D.range(3).prefetch(1.5), "float"),
    case(
        ".choose_from_datasets",
        lambda tf, D: D.choose_from_datasets([D.range(3), D.range(10, 13)], D.range(2).repeat(5)),
    ),
    case(
        ".choose_from_datasets",
        lambda tf, D: D.choose_from_datasets(
            [D.range(2), D.range(10, 13)], D.range(2).repeat(5), stop_on_empty_dataset=False
        ),
        "go on",
    ),
    wrong(
        ".choose_from_datasets",
        lambda tf, D: D.choose_from_datasets([D.range(3)], D.range(3, output_type=tf.int32)),
        "choices",
    ),
    wrong(
        ".choose_from_datasets",
        lambda tf, D: D.choose_from_datasets([D.range(3)], D.range(3)),
        "out of range",
    ),
    wrong(".choose_from_datasets", lambda tf, D: D.choose_from_datasets([], D.range(3)), "nothing"),
    wrong(
        ".choose_from_datasets",
        lambda tf, D: D.choose_from_datasets([D.range(3), D.from_tensors("a")], D.range(2)),
        "dtypes",
    ),
    wrong(".apply", lambda tf, D: D.range(3).apply(lambda d: 3)),
    case(".apply", lambda tf, D: D.range(3).apply(lambda d: d.skip(1))),
]

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


def cardinalities(tf):
    D = tf.data.Dataset
    some = D.range(5).filter(lambda x: True)
    ever = D.range(5).repeat()
    return [
        int(d.cardinality())
        for d in (
            D.range(5).flat_map(lambda x: D.range(2)),
            D.range(5).interleave(lambda x: D.range(2)),
            D.range(5).batch(2).unbatch(),
            D.range(5).prefetch(1),
            D.range(5).shuffle(2),
            ever.take(3),
            ever.take(-1),
            ever.skip(3),
            D.range(5).enumerate(),
            ever.enumerate(),
            some.repeat(),
            some.repeat(2),
            some.take(0),
            some.take(2),
            some.skip(2),
            some.batch(2),
            some.shard(2, 0),
            some.shuffle(3),
            some.cache(),
            some.window(2),
            D.zip(some, D.range(3)),
            D.zip(some, ever),
            D.zip(ever, ever),
            ever.batch(2),
            ever.concatenate(D.range(3)),
            ever.concatenate(some),
            some.concatenate(D.range(3)),
            ever.window(2),
            ever.flat_map(lambda x: D.range(2)),
            ever.shuffle(2),
            ever.map(lambda x: x + 1),
            D.from_tensor_slices([1, 2, 3]).padded_batch(2, padded_shapes=[]),
            D.random(),
            D.counter(),
            D.sample_from_datasets([D.range(3), D.range(4)]),
            D.sample_from_datasets([D.range(3), D.range(4)], stop_on_empty_dataset=True),
            D.sample_from_datasets([ever, D.range(4)]),
            D.sample_from_datasets([D.range(3)]),
        )
    ]


def length(build):
    return lambda tf: len(build(tf.data.Dataset))


def errors_in_map(tf):
    def inverse(x):
        return tf.debugging.check_numerics(1.0 / tf.cast(x - 2, tf.float32), "bad")

    D = tf.data.Dataset
    return [
        outcomes(iter(D.range(5).map(inverse)), 7),
        outcomes(iter(D.range(5).map(inverse).batch(2)), 5),
        outcomes(iter(D.range(5).map(inverse).prefetch(2)), 7),
    ]


def errors_in_generator(tf):
    def numbers():
        yield 1
        yield 2
        raise KeyError("x")

    spec = tf.TensorSpec([], tf.int32)
    return outcomes(iter(tf.data.Dataset.from_generator(numbers, output_signature=spec)), 5)


def variables_are_read_late(tf):
    v = tf.Variable(5, dtype=tf.int64)
    dataset = tf.data.Dataset.range(2).map(lambda x: x + v)
    before = values(dataset)
    v.assign(7)
    return [before, values(dataset)]


def traced_once(tf):
    calls = []

    def f(x):
        calls.append(x)
        return x

    dataset = tf.data.Dataset.range(3).map(f)
    return [values(dataset), values(dataset), len(calls)]


def generator_starts_anew(tf):
    starts = []

    def numbers():
        starts.append(1)
        yield len(starts)

    dataset = tf.data.Dataset.from_generator(numbers, output_types=tf.int32)
    return [values(dataset), values(dataset), values(dataset.repeat(2)), len(starts)]


def cache_computes_once(tf):
    runs = []

    def note(x):
        runs.append(1)
        return x

    dataset = tf.data.Dataset.range(3).map(lambda x: tf.py_function(note, [x], tf.int64)).cache()
    return [[int(x) for x in dataset], [int(x) for x in dataset], len(runs)]


def iterator_calls(tf):
    it = iter(tf.data.Dataset.range(1))
    found = [it.get_next(), bool(it.get_next_as_optional().has_value())]
    try:
        it.get_next()
    except tf.errors.OutOfRangeError:
        found.append("end")
    return [*found, *outcomes(it, 2), str(it.element_spec)]


def option_values(tf):
    D = tf.data.Dataset
    a, b = tf.data.Options(), tf.data.Options()
    a.deterministic = True
    b.deterministic = False
    b.experimental_optimization.noop_elimination = True
    b.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    both = D.range(2).with_options(a).with_options(b).map(lambda x: x).options()
    return [
        both.deterministic,
        both.experimental_optimization.noop_elimination,
        both.experimental_distribute.auto_shard_policy.name,
        D.range(3).options().deterministic,
        D.zip(D.range(2).with_options(a), D.range(2).with_options(b)).options().deterministic,
        tf.data.Options() == tf.data.Options(),
        a == b,
        a.merge(b).deterministic,
        tf.data.Options().experimental_distribute.auto_shard_policy.name,
    ]


def change_frozen(tf):
    tf.data.Dataset.range(3).options().deterministic = True


def set_option(name, value):
    def run(tf):
        setattr(tf.data.Options(), name, value)

    return run


REST = [
    Case("data.Dataset.cardinality", cardinalities),
    Case(
        "data.experimental.cardinality",
        lambda tf: tf.data.experimental.cardinality(tf.data.Dataset.range(3)),
    ),
    Case("data.Dataset", length(lambda D: D.range(4)), id="len"),
    bad("data.Dataset", length(lambda D: D.range(4).repeat()), id="len infinite"),
    bad("data.Dataset", length(lambda D: D.range(4).filter(lambda x: x > 0)), id="len unknown"),
    Case("data.Dataset", lambda tf: bool(tf.data.Dataset.range(0)), id="bool"),
    Case(
        "data.Dataset",
        lambda tf: [
            repr(tf.data.Dataset.range(3)),
            repr(tf.data.Dataset.range(3).map(lambda x: x).batch(2)),
        ],
        id="repr",
    ),
    Case("data.Dataset.map", errors_in_map, id="errors"),
    Case("data.Dataset.from_generator", errors_in_generator, id="errors"),
    Case("data.Dataset.map", variables_are_read_late, id="variables"),
    Case("data.Dataset.map", traced_once, id="traced once"),
    Case("data.Dataset.from_generator", generator_starts_anew, id="anew"),
    Case("data.Dataset.cache", cache_computes_once, id="once"),
    Case("data.Iterator", iterator_calls),
    Case("data.Options", option_values),
    bad("data.Options", change_frozen, id="frozen"),
    bad("data.Options", set_option("deterministic", 3), id="type"),
    bad("data.Options", set_option("foo", 1), id="name"),
    bad("data.Options", set_option("threading", 2), id="kind"),
    Case(
        "data.DatasetSpec",
        lambda tf: [
            str(tf.data.DatasetSpec(tf.TensorSpec([], tf.int64))),
            tf.data.DatasetSpec.from_value(tf.data.Dataset.range(2))
            == tf.data.DatasetSpec(tf.TensorSpec([], tf.int64)),
            str(tf.type_spec_from_value(tf.data.Dataset.range(2).batch(2))),
        ],
    ),
    Case(
        "data.IteratorSpec",
        lambda tf: [
            str(tf.data.IteratorSpec(tf.TensorSpec([], tf.int64))),
            str(tf.type_spec_from_value(iter(tf.data.Dataset.range(2)))),
        ],
    ),
    Case(
        "data.NumpyIterator",
        lambda tf: [
            type(tf.data.Dataset.range(2).as_numpy_iterator()).__name__,
            next(tf.data.Dataset.range(2).as_numpy_iterator()),
        ],
    ),
    Case(
        "data.Dataset.get_single_element", lambda tf: tf.data.Dataset.range(1).get_single_element()
    ),
    bad(
        "data.Dataset.get_single_element",
        lambda tf: tf.data.Dataset.range(2).get_single_element(),
        id="two",
    ),
    bad(
        "data.Dataset.get_single_element",
        lambda tf: tf.data.Dataset.range(0).get_single_element(),
        id="none",
    ),
    Case(
        "data.experimental.get_single_element",
        lambda tf: tf.data.experimental.get_single_element(tf.data.Dataset.range(4).batch(4)),
    ),
    Case(
        "data.experimental.assert_cardinality",
        lambda tf: elements(
            tf.data.Dataset.range(3).apply(tf.data.experimental.assert_cardinality(3))
        ),
    ),
    bad(
        "data.experimental.assert_cardinality",
        lambda tf: values(
            tf.data.Dataset.range(3).apply(tf.data.experimental.assert_cardinality(4))
        ),
        id="fewer",
    ),
    bad(
        "data.experimental.assert_cardinality",
        lambda tf: values(
            tf.data.Dataset.range(3).apply(tf.data.experimental.assert_cardinality(2))
        ),
        id="more",
    ),
    Case(
        "data.experimental.get_structure",
        lambda tf: str(tf.data.experimental.get_structure(tf.data.Dataset.range(3))),
    ),
    bad("data.experimental.get_structure", lambda tf: tf.data.experimental.get_structure(3)),
    Case(
        "data.experimental.from_list",
        lambda tf: elements(tf.data.experimental.from_list([(1, "a"), (2, "b")])),
    ),
    bad("data.experimental.from_list", lambda tf: tf.data.experimental.from_list([])),
    Case(
        "data.experimental.from_variant",
        lambda tf: values(
            tf.data.experimental.from_variant(
                tf.data.experimental.to_variant(tf.data.Dataset.range(3)),
                tf.TensorSpec([], tf.int64),
            )
        ),
    ),
    Case("data.experimental.at", lambda tf: tf.data.experimental.at(tf.data.Dataset.range(5), 3)),
    bad("data.experimental.at", lambda tf: tf.data.experimental.at(tf.data.Dataset.range(5), 7)),
    Case(
        "data.experimental.Counter", lambda tf: values(tf.data.experimental.Counter(5, -2).take(3))
    ),
    Case(
        "data.experimental.enumerate_dataset",
        lambda tf: values(
            tf.data.Dataset.range(3, 5).apply(tf.data.experimental.enumerate_dataset())
        ),
    ),
    Case(
        "data.experimental.map_and_batch",
        lambda tf: values(
            tf.data.Dataset.range(5).apply(tf.data.experimental.map_and_batch(lambda x: x + 1, 2))
        ),
    ),
    Case(
        "data.experimental.scan",
        lambda tf: values(
            tf.data.Dataset.range(4).apply(
                tf.data.experimental.scan(np.int64(0), lambda s, x: (s + x, s))
            )
        ),
    ),
    Case(
        "data.experimental.unbatch",
        lambda tf: values(tf.data.Dataset.range(4).batch(2).apply(tf.data.experimental.unbatch())),
    ),
    Case(
        "data.experimental.take_while",
        lambda tf: values(
            tf.data.Dataset.range(4).apply(tf.data.experimental.take_while(lambda x: x < 2))
        ),
    ),
    Case(
        "data.experimental.unique",
        lambda tf: values(
            tf.data.Dataset.range(4).map(lambda x: x // 2).apply(tf.data.experimental.unique())
        ),
    ),
    Case(
        "data.experimental.ignore_errors",
        lambda tf: values(tf.data.Dataset.range(2).apply(tf.data.experimental.ignore_errors())),
    ),
    Case(
        "data.experimental.choose_from_datasets",
        lambda tf: values(
            tf.data.experimental.choose_from_datasets(
                [tf.data.Dataset.range(2), tf.data.Dataset.range(5, 8)],
                tf.data.Dataset.range(2).repeat(4),
            )
        ),
    ),
    Case(
        "data.experimental.group_by_window",
        lambda tf: values(
            tf.data.Dataset.range(6).apply(
                tf.data.experimental.group_by_window(lambda x: x % 2, lambda k, d: d.batch(2), 2)
            )
        ),
    ),
    Case(
        "data.experimental.bucket_by_sequence_length",
        lambda tf: values(
            filled(tf, tf.data.Dataset).apply(
                tf.data.experimental.bucket_by_sequence_length(
                    lambda x: tf.shape(x)[0], [2], [1, 2]
                )
            )
        ),
    ),
    Case(
        "data.AUTOTUNE",
        lambda tf: [
            tf.data.AUTOTUNE,
            tf.data.INFINITE_CARDINALITY,
            tf.data.UNKNOWN_CARDINALITY,
            tf.data.experimental.AUTOTUNE,
            tf.data.experimental.SHARD_HINT,
        ],
    ),
    Case(
        "data.experimental.get_next_as_optional",
        lambda tf: tf.data.experimental.get_next_as_optional(
            iter(tf.data.Dataset.range(2))
        ).get_value(),
    ),
]


def on_disk(build, **kwargs):
    """A dataset after it was saved and loaded."""

    def run(tf):
        with tempfile.TemporaryDirectory() as directory:
            path = directory + "/saved"
            build(tf.data.Dataset).save(path, **kwargs)
            made = tf.data.Dataset.load(path, compression=kwargs.get("compression"))
            return [values(made), str(made.element_spec)]

    return run


def shards_on_disk(tf):
    with tempfile.TemporaryDirectory() as directory:
        path = directory + "/saved"
        tf.data.Dataset.range(6).save(path, shard_func=lambda x: x % 2)
        made = tf.data.Dataset.load(path, reader_func=lambda shards: shards.flat_map(lambda d: d))
        return [sorted(values(made)), str(made.element_spec)]


def snapshots(tf):
    runs = []

    def note(x):
        runs.append(1)
        return x

    with tempfile.TemporaryDirectory() as directory:
        noted = tf.data.Dataset.range(3).map(lambda x: tf.py_function(note, [x], tf.int64))
        made = noted.snapshot(directory + "/snapshot")
        return [[int(x) for x in made], [int(x) for x in made], len(runs)]


def fingerprints(tf):
    D = tf.data.Dataset

    def same(a, b):
        return bool(a.fingerprint() == b.fingerprint())

    return [
        D.range(3).fingerprint().dtype.name,
        same(D.range(3), D.range(3)),
        same(D.range(3), D.range(4)),
        same(D.range(3), D.range(3).take(2)),
        same(D.range(3).batch(2), D.range(3).batch(3)),
    ]


def saved_iterator(tf):
    it = tf.data.Dataset.range(5).map(lambda x: x * 2).as_numpy_iterator()
    next(it)
    saved = it.save()
    found = [next(it), next(it)]
    it.restore(saved)
    return [saved.dtype.name, *found, *it]


def listed_files(tf):
    with tempfile.TemporaryDirectory() as directory:
        for name in ("b.txt", "a.txt", "c.csv"):
            with open(f"{directory}/{name}", "w", encoding="utf-8"):
                pass

        def names(dataset):
            return [str(x)[2:-1].rpartition("/")[2] for x in values(dataset)]

        D = tf.data.Dataset
        tf.random.set_seed(3)
        shuffled = D.list_files([directory + "/*.txt", directory + "/*.csv"], seed=4)
        return [
            names(D.list_files(directory + "/*.txt", shuffle=False)),
            names(shuffled),
            names(shuffled),
        ]


def saved_by_function(tf):
    E = tf.data.experimental
    with tempfile.TemporaryDirectory() as directory:
        E.save(tf.data.Dataset.range(3), directory + "/saved")
        made = E.load(directory + "/saved")
        kept = tf.data.Dataset.range(3).apply(E.snapshot(directory + "/snapshot"))
        return [values(made), values(kept), values(kept)]


STORAGE = [
    Case("data.experimental.save", saved_by_function),
    Case("data.experimental.load", saved_by_function),
    Case("data.experimental.snapshot", saved_by_function),
    Case(
        "data.experimental.parallel_interleave",
        lambda tf: values(
            tf.data.Dataset.range(1, 4).apply(
                tf.data.experimental.parallel_interleave(
                    lambda x: tf.data.Dataset.from_tensors(x).repeat(3), cycle_length=2
                )
            )
        ),
    ),
    Case(
        "data.experimental.copy_to_device",
        lambda tf: values(
            tf.data.Dataset.range(3).apply(tf.data.experimental.copy_to_device("/cpu:0"))
        ),
    ),
    Case(
        "data.experimental.prefetch_to_device",
        lambda tf: values(
            tf.data.Dataset.range(3).apply(tf.data.experimental.prefetch_to_device("/cpu:0"))
        ),
    ),
    Case(
        "data.experimental.to_variant",
        lambda tf: [
            tf.data.experimental.to_variant(tf.data.Dataset.range(3)).dtype.name,
            tf.data.experimental.to_variant(tf.data.Dataset.range(3)).shape,
        ],
    ),
    Case(
        "data.experimental.Optional",
        lambda tf: str(iter(tf.data.Dataset.range(2)).get_next_as_optional().element_spec),
    ),
    Case(
        "data.ThreadingOptions",
        lambda tf: [
            tf.data.ThreadingOptions().private_threadpool_size,
            tf.data.Options().threading.max_intra_op_parallelism,
        ],
    ),
    bad(
        "data.ThreadingOptions",
        lambda tf: setattr(tf.data.ThreadingOptions(), "private_threadpool_size", "a"),
    ),
    Case(
        "data.experimental.AutotuneOptions",
        lambda tf: [
            tf.data.Options().autotune.enabled,
            tf.data.experimental.AutotuneOptions().cpu_budget,
        ],
    ),
    Case(
        "data.experimental.AutotuneAlgorithm",
        lambda tf: {a.name: a.value for a in tf.data.experimental.AutotuneAlgorithm},
    ),
    Case(
        "data.experimental.AutoShardPolicy",
        lambda tf: {a.name: a.value for a in tf.data.experimental.AutoShardPolicy},
    ),
    Case(
        "data.experimental.ExternalStatePolicy",
        lambda tf: {a.name: a.value for a in tf.data.experimental.ExternalStatePolicy},
    ),
    Case(
        "data.experimental.DistributeOptions",
        lambda tf: [
            tf.data.experimental.DistributeOptions().auto_shard_policy.name,
            tf.data.experimental.DistributeOptions().num_devices,
        ],
    ),
    Case(
        "data.experimental.OptimizationOptions",
        lambda tf: tf.data.experimental.OptimizationOptions().map_fusion,
    ),
    Case(
        "data.experimental.ServiceOptions", lambda tf: tf.data.experimental.ServiceOptions().pinned
    ),
    Case(
        "data.INFINITE_CARDINALITY",
        lambda tf: [tf.data.INFINITE_CARDINALITY, tf.data.experimental.INFINITE_CARDINALITY],
    ),
    Case(
        "data.UNKNOWN_CARDINALITY",
        lambda tf: [tf.data.UNKNOWN_CARDINALITY, tf.data.experimental.UNKNOWN_CARDINALITY],
    ),
    Case("data.Dataset.list_files", listed_files),
    bad("data.Dataset.list_files", lambda tf: tf.data.Dataset.list_files("/nowhere/*.txt")),
    Case("data.Dataset.save", on_disk(lambda D: D.range(4))),
    Case(
        "data.Dataset.save",
        on_disk(lambda D: D.from_tensor_slices(([1, 2, 3], {"a": ["x", "yz", ""]})).batch(2)),
        id="strings",
    ),
    Case("data.Dataset.save", on_disk(lambda D: D.range(4), compression="GZIP"), id="compressed"),
    Case("data.Dataset.save", on_disk(lambda D: D.from_tensors(np.float16(2.0))), id="half"),
    Case("data.Dataset.load", shards_on_disk, id="shards"),
    bad("data.Dataset.load", lambda tf: tf.data.Dataset.load("/nowhere/to/be/found")),
    Case("data.Dataset.snapshot", snapshots),
    Case("data.Dataset.fingerprint", fingerprints),
    Case("data.NumpyIterator", saved_iterator, id="saved"),
]

CASES = [*SOURCES, *FUNCTIONS, *SELECTION, *BATCHES, *WINDOWS, *REST, *STORAGE]
