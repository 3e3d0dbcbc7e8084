"""Random pipelines: what each gives in two iterations, its cardinality and element spec."""

from __future__ import annotations

import random
from functools import partial

import numpy as np

from cases.form import Case

COUNT = 120
MAX_ELEMENTS = 60


def scalars(tf, draw):
    """A source of int64 scalars."""
    n = draw.randint(0, 12)
    return draw.choice(
        [
            lambda: tf.data.Dataset.range(n),
            lambda: tf.data.Dataset.range(3, 3 + 2 * n, 2),
            lambda: tf.data.Dataset.from_tensor_slices(np.arange(n + 1) * 7 % 5),
            lambda: tf.data.Dataset.from_tensors(np.int64(n)).repeat(3),
        ]
    )()


def steps(tf, draw):
    """Transformations that lead from int64 scalars to int64 scalars."""
    k, seed = draw.randint(1, 4), draw.randint(0, 99)
    d = tf.data.Dataset
    other = partial(scalars, tf, draw)
    limit = np.int64(draw.randint(1, 20))
    return {
        "map": lambda s: s.map(lambda x: x * k + 1),
        "filter": lambda s: s.filter(lambda x: x % 3 != k % 3),
        "take": lambda s: s.take(k * 2),
        "skip": lambda s: s.skip(k),
        "shard": lambda s: s.shard(k, seed % k),
        "repeat": lambda s: s.repeat(k),
        "forever": lambda s: s.repeat().take(k * 5),
        "shuffle": lambda s: s.shuffle(k * 3, seed=seed),
        "shuffle once": lambda s: s.shuffle(k * 3, seed=seed, reshuffle_each_iteration=False),
        "batch": lambda s: s.batch(k, drop_remainder=seed % 2 == 0).unbatch(),
        "batch sum": lambda s: s.batch(k).map(tf.reduce_sum),
        "rebatch": lambda s: s.batch(k).rebatch(3, drop_remainder=seed % 2 == 0).map(tf.reduce_max),
        "concatenate": lambda s: s.concatenate(other()),
        "zip": lambda s: d.zip((s, other())).map(lambda x, y: x * 10 + y),
        "enumerate": lambda s: s.enumerate(k).map(lambda i, x: i * x),
        "window": lambda s: (
            s.window(3, shift=k, stride=1 + seed % 2, drop_remainder=seed % 3 == 0)
            .flat_map(lambda w: w.batch(3))
            .map(tf.reduce_sum)
        ),
        "flat_map": lambda s: s.flat_map(lambda x: d.range(x % 3)),
        "interleave": lambda s: s.interleave(
            lambda x: d.from_tensors(x).repeat(x % 4), cycle_length=k, block_length=1 + seed % 2
        ),
        "scan": lambda s: s.scan(np.int64(0), lambda a, x: ((a + x) % 11, a)),
        "take_while": lambda s: s.take_while(lambda x: x < limit),
        "cache": lambda s: s.cache(),
        "prefetch": lambda s: s.prefetch(k),
        "unique": lambda s: s.unique(),
        "group": lambda s: s.group_by_window(
            lambda x: x % k, lambda _, w: w.batch(3), window_size=3
        ).map(tf.reduce_sum),
        "padded": lambda s: (
            s.map(lambda x: tf.range(x % 4))
            .padded_batch(2, padding_values=np.int64(-1))
            .map(tf.reduce_sum)
        ),
        "ragged": lambda s: (
            s.map(lambda x: tf.range(x % 4)).ragged_batch(2).map(lambda r: tf.reduce_sum(r))
        ),
        "sample": lambda s: d.sample_from_datasets([s, other()], seed=seed),
        "choose": lambda s: d.choose_from_datasets(
            [s, other()], d.range(2).repeat(), stop_on_empty_dataset=True
        ),
        "uniform": lambda s: s.map(lambda x: x + tf.random.uniform([], 0, 5, tf.int64, seed=seed)),
    }


def pipeline(tf, number):
    draw = random.Random(number)
    tf.random.set_seed(number)
    dataset = scalars(tf, draw)
    names = []
    for _ in range(draw.randint(1, 5)):
        found = steps(tf, draw)
        name = draw.choice(sorted(found))
        names.append(name)
        dataset = found[name](dataset)
    size = draw.choice([None, 2, 3])
    if size:
        dataset = dataset.batch(size, drop_remainder=draw.random() < 0.5)
    length = int(dataset.cardinality())
    twice = [list(dataset.take(MAX_ELEMENTS).as_numpy_iterator()) for _ in range(2)]
    return names, length, repr(dataset.element_spec), twice


CASES = [Case("data.Dataset", partial(pipeline, number=n)) for n in range(COUNT)]
