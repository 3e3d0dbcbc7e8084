"""Datasets: sources, functions over elements, selection."""

import numpy as np

from cases._datasets import Point, case, from_values, int_spec, wrong
from cases.form import Case, bad

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

CASES = [*SOURCES, *FUNCTIONS, *SELECTION]
