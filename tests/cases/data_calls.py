"""Datasets: cardinalities, errors, iterators, options, and the rarer transformations."""

import numpy as np

from cases._datasets import elements, filled, outcomes, values
from cases.form import Case, bad


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

CASES = [*REST]
