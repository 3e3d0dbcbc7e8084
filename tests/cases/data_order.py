"""Datasets in random order: TensorFlow's, bit for bit, for the same seeds."""

import numpy as np

from cases.form import Case, bad


def twice(dataset):
    """Two iterations over one dataset."""
    return [list(dataset.as_numpy_iterator()), list(dataset.as_numpy_iterator())]


def seeded(symbol, build, id, seed=7, exact=True):
    def run(tf):
        tf.random.set_seed(seed)
        made = build(tf, tf.data.Dataset)
        return twice(made) if isinstance(made, tf.data.Dataset) else made

    return Case(f"data.Dataset.{symbol}", run, id=id, exact=exact)


def shuffled(D, n=6, size=6, **kwargs):
    return D.range(n).shuffle(size, seed=3, **kwargs)


def in_turns(tf, D):
    dataset = shuffled(D)
    a, b = iter(dataset), iter(dataset)
    return [[int(next(it)) for it in (a, b)] for _ in range(6)]


def branches(tf, D):
    dataset = shuffled(D)
    batches = dataset.batch(2)
    return [twice(dataset), twice(batches), twice(dataset)]


def same_seeds(tf, D):
    return [twice(shuffled(D)), twice(shuffled(D))]


def without_seeds(tf, D):
    return [twice(D.range(10).shuffle(10)), twice(D.range(10).shuffle(4))]


def after_other_numbers(tf, D):
    tf.random.uniform([])
    return [twice(D.range(10).shuffle(10)), tf.random.uniform([])]


def endless(size):
    def build(tf, D):
        it = iter(shuffled(D, size=size).repeat())
        return [int(next(it)) for _ in range(20)]

    return build


def parts(tf, D):
    dataset = shuffled(D)
    return [twice(dataset.take(3)), twice(dataset.skip(3)), twice(dataset.take(0)), twice(dataset)]


def unused(tf, D):
    dataset = shuffled(D)
    iter(dataset)
    return twice(dataset)


def trained(tf, D):
    x = np.arange(24, dtype=np.float32).reshape(12, 2)
    y = np.arange(12)
    dataset = D.from_tensor_slices((x, y)).shuffle(8, seed=1).batch(5).prefetch(tf.data.AUTOTUNE)
    return [twice(dataset), twice(dataset.repeat(2))]


def uniform(tf, **kwargs):
    return lambda x: tf.random.uniform([], **kwargs)


SHUFFLES = [
    *[
        seeded("shuffle", lambda tf, D, n=n: D.range(20).shuffle(n, seed=5), f"buffer {n}")
        for n in (1, 3, 19, 20, 100, -2)
    ],
    *[
        seeded("shuffle", lambda tf, D, s=s: D.range(9).shuffle(9, seed=s), f"seed {s}", seed=g)
        for g, s in ((0, 0), (0, 5), (1, 0), (2**31 + 5, 2**40))
    ],
    seeded("shuffle", lambda tf, D: shuffled(D, reshuffle_each_iteration=False), "fixed"),
    seeded(
        "shuffle",
        lambda tf, D: D.range(6).shuffle(6, reshuffle_each_iteration=False),
        "fixed without seed",
    ),
    seeded("shuffle", without_seeds, "without seeds"),
    seeded("shuffle", after_other_numbers, "after other numbers"),
    seeded("shuffle", same_seeds, "same seeds"),
    seeded("shuffle", in_turns, "two iterators"),
    seeded("shuffle", branches, "branches"),
    seeded("shuffle", parts, "parts"),
    seeded("shuffle", unused, "unused iterator"),
    seeded("shuffle", lambda tf, D: D.range(4).repeat(3).shuffle(5, seed=5), "of repeat"),
    seeded("shuffle", lambda tf, D: shuffled(D).shuffle(6, seed=4), "of shuffle"),
    seeded("shuffle", lambda tf, D: shuffled(D).batch(4), "batch"),
    seeded("shuffle", lambda tf, D: shuffled(D).map(lambda x: x * 2).batch(4), "map and batch"),
    seeded("shuffle", lambda tf, D: D.range(6).map(lambda x: x * 2).shuffle(4, seed=3), "of map"),
    seeded("shuffle", lambda tf, D: shuffled(D).cache(), "cache"),
    seeded("shuffle", lambda tf, D: D.range(6).cache().shuffle(6, seed=3).repeat(2), "of cache"),
    seeded("shuffle", lambda tf, D: shuffled(D).filter(lambda x: x % 2 == 0), "filter"),
    seeded("shuffle", lambda tf, D: shuffled(D).concatenate(shuffled(D)), "concatenate"),
    seeded("shuffle", lambda tf, D: D.zip(shuffled(D), D.range(6).shuffle(3, seed=9)), "zip"),
    seeded("shuffle", lambda tf, D: [twice(D.zip(s, s)) for s in [shuffled(D)]], "zip with itself"),
    seeded(
        "shuffle", lambda tf, D: D.range(3).flat_map(lambda x: D.range(4).shuffle(4)), "in flat_map"
    ),
    seeded(
        "shuffle",
        lambda tf, D: D.range(3).flat_map(lambda x: D.range(4).shuffle(4, seed=2)),
        "in flat_map, seed",
    ),
    seeded(
        "shuffle",
        lambda tf, D: D.range(3).interleave(
            lambda x: D.range(4).shuffle(4, seed=2), cycle_length=2
        ),
        "in interleave",
    ),
    seeded("shuffle", trained, "training data"),
    seeded("repeat", endless(6), "for ever"),
    seeded("repeat", endless(3), "for ever, small"),
    *[
        seeded("repeat", lambda tf, D, n=n: shuffled(D, size=3).repeat(n), f"{n}")
        for n in (1, 2, 3)
    ],
    seeded("repeat", lambda tf, D: shuffled(D).take(4).repeat(2), "of take"),
    seeded("repeat", lambda tf, D: shuffled(D).batch(3).repeat(2), "of batch"),
    seeded("repeat", lambda tf, D: shuffled(D).prefetch(1).repeat(2), "of prefetch"),
    seeded(
        "repeat", lambda tf, D: shuffled(D).map(lambda x: x).repeat(2), "of map that does nothing"
    ),
    seeded("repeat", lambda tf, D: shuffled(D).map(lambda x: x + 1).repeat(2), "of map"),
    seeded(
        "repeat",
        lambda tf, D: shuffled(D, reshuffle_each_iteration=False).repeat(2),
        "of fixed order",
    ),
    seeded("repeat", lambda tf, D: shuffled(D).repeat(2).batch(4), "then batch"),
    bad("data.Dataset.shuffle", lambda tf: tf.data.Dataset.range(3).shuffle(0), id="zero"),
    bad("data.Dataset.shuffle", lambda tf: tf.data.Dataset.range(3).shuffle(-1), id="minus one"),
    bad("data.Dataset.shuffle", lambda tf: tf.data.Dataset.range(3).shuffle(None), id="none"),
    Case(
        "data.experimental.shuffle_and_repeat",
        lambda tf: [
            tf.random.set_seed(7),
            twice(
                tf.data.Dataset.range(5).apply(
                    tf.data.experimental.shuffle_and_repeat(4, 2, seed=3)
                )
            ),
        ][1],
    ),
]

NUMBERS = [
    seeded("random", lambda tf, D: D.random(seed=4).take(6), "fixed"),
    seeded(
        "random", lambda tf, D: D.random(seed=4, rerandomize_each_iteration=True).take(6), "anew"
    ),
    seeded("random", lambda tf, D: D.random().take(3), "without seed"),
    seeded("map", lambda tf, D: D.range(4).map(uniform(tf, seed=3)), "random, seed"),
    seeded("map", lambda tf, D: D.range(4).map(uniform(tf)), "random"),
    seeded("map", lambda tf, D: D.range(4).map(uniform(tf)).repeat(2), "random, repeated"),
    seeded(
        "map",
        lambda tf, D: D.range(4).map(uniform(tf)).map(lambda x: (x, tf.random.uniform([]))),
        "random twice",
    ),
    seeded(
        "map",
        lambda tf, D: (
            D.range(4).map(lambda x: tf.random.normal([2]) + tf.random.normal([2])).batch(2)
        ),
        "two in one",
    ),
    seeded(
        "flat_map",
        lambda tf, D: D.range(2).flat_map(lambda x: D.range(3).map(uniform(tf, seed=1))),
        "random",
    ),
    seeded(
        "interleave",
        lambda tf, D: D.range(2).interleave(
            lambda x: D.range(3).map(uniform(tf, seed=1)), cycle_length=2
        ),
        "random",
    ),
    seeded(
        "filter",
        lambda tf, D: D.range(12).filter(lambda x: tf.random.uniform([], seed=2) > 0.5),
        "random",
    ),
]

SAMPLES = [
    seeded(
        "sample_from_datasets",
        lambda tf, D: D.sample_from_datasets([D.range(5), D.range(10, 15)], seed=3),
        "even",
    ),
    seeded(
        "sample_from_datasets",
        lambda tf, D: D.sample_from_datasets(
            [D.range(5), D.range(10, 15), D.range(20, 25)], weights=[0.5, 0.2, 0.3], seed=3
        ),
        "weights",
    ),
    seeded(
        "sample_from_datasets",
        lambda tf, D: D.sample_from_datasets(
            [D.range(5), D.range(10, 15)], seed=3, stop_on_empty_dataset=True
        ),
        "stop",
    ),
    seeded(
        "sample_from_datasets",
        lambda tf, D: D.sample_from_datasets(
            [D.range(5), D.range(10, 15)], seed=3, rerandomize_each_iteration=True
        ),
        "anew",
    ),
    seeded(
        "sample_from_datasets",
        lambda tf, D: D.sample_from_datasets([D.range(3), D.range(4)], weights=[0.0, 1.0], seed=1),
        "weight zero",
    ),
    seeded(
        "sample_from_datasets",
        lambda tf, D: D.sample_from_datasets(
            [D.range(3), D.range(4)], weights=D.from_tensors([0.5, 0.5]).repeat(), seed=1
        ),
        "weights that change",
    ),
    seeded("sample_from_datasets", lambda tf, D: D.sample_from_datasets([D.range(3)]), "one"),
    bad(
        "data.Dataset.sample_from_datasets",
        lambda tf: tf.data.Dataset.sample_from_datasets([]),
        id="nothing",
    ),
    bad(
        "data.Dataset.sample_from_datasets",
        lambda tf: tf.data.Dataset.sample_from_datasets(
            [tf.data.Dataset.range(3)] * 2, weights=[1.0]
        ),
        id="weights",
    ),
    bad(
        "data.Dataset.sample_from_datasets",
        lambda tf: tf.data.Dataset.sample_from_datasets(
            [tf.data.Dataset.range(3), tf.data.Dataset.from_tensors("a")]
        ),
        id="dtypes",
    ),
    Case(
        "data.experimental.sample_from_datasets",
        lambda tf: [
            tf.random.set_seed(7),
            twice(
                tf.data.experimental.sample_from_datasets(
                    [tf.data.Dataset.range(5), tf.data.Dataset.range(9)], seed=3
                )
            ),
        ][1],
    ),
]


def resampled(target, initial=None, pairs=False):
    def build(tf, D):
        labels = D.from_tensor_slices(np.array([0, 1, 1, 0, 0, 1, 0, 1, 0, 0] * 12, np.int32))
        if pairs:
            labels = labels.map(lambda c: (c, c * 10))
            made = labels.rejection_resample(lambda c, x: c, target, initial, seed=2)
        else:
            made = labels.rejection_resample(lambda c: c, target, initial, seed=2)
        return [list(made.take(25).as_numpy_iterator()), str(made.element_spec)]

    return build


def resampled_by_function(tf, D):
    labels = D.from_tensor_slices(np.array([0, 1, 1, 0] * 12, np.int32))
    resample = tf.data.experimental.rejection_resample(lambda c: c, [0.2, 0.8], [0.5, 0.5], seed=2)
    return list(labels.apply(resample).take(9).as_numpy_iterator())


RESAMPLES = [
    Case(
        "data.experimental.rejection_resample",
        lambda tf: [tf.random.set_seed(7), resampled_by_function(tf, tf.data.Dataset)][1],
    ),
    seeded("rejection_resample", resampled([0.5, 0.5], [0.6, 0.4]), "known"),
    seeded("rejection_resample", resampled([0.2, 0.8], [0.6, 0.4]), "far"),
    seeded("rejection_resample", resampled([0.6, 0.4], [0.6, 0.4]), "same"),
    seeded("rejection_resample", resampled([0.5, 0.5]), "estimated"),
    seeded("rejection_resample", resampled([0.5, 0.5], [0.6, 0.4], pairs=True), "pairs"),
    seeded("rejection_resample", resampled([0.0, 1.0], [0.6, 0.4]), "one class"),
]

CASES = [*SHUFFLES, *NUMBERS, *SAMPLES, *RESAMPLES]
