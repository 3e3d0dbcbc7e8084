"""Pipelines put together at random (always the same ones): a source and up to six transformations."""

import random

import numpy as np

from cases.form import Case

LIMIT = 60


def described(dataset):
    taken = list(dataset.take(LIMIT).as_numpy_iterator())
    return [taken, int(dataset.cardinality()), str(dataset.element_spec)]


def outcome(build):
    """What a pipeline gives in two iterations, or the class of the error."""

    def run(tf):
        tf.random.set_seed(11)
        try:
            dataset = build(tf)
            return [described(dataset), described(dataset)]
        except (tf.errors.OpError, TypeError, ValueError) as error:
            return type(error).__name__

    return run


def source(draw, tf):
    D = tf.data.Dataset
    kind = draw.randrange(5)
    n = draw.choice([0, 1, 5, 12, 13])
    if kind == 0:
        return D.range(n)
    if kind == 1:
        return D.from_tensor_slices(np.arange(n * 2).reshape(n, 2))
    if kind == 2:
        return D.from_tensor_slices({"a": np.arange(n), "b": np.arange(n, dtype=np.float32) / 2})
    if kind == 3:
        return D.from_generator(
            lambda: iter(range(n)), output_signature=tf.TensorSpec([], tf.int64)
        )
    return D.zip(D.range(n), D.from_tensor_slices([f"s{i}" for i in range(n)]))


def leaf(element):
    """The first tensor of an element."""
    while isinstance(element, (tuple, dict)):
        element = element["a"] if isinstance(element, dict) else element[0]
    return element


def scalar(tf, element):
    return tf.cast(tf.reduce_sum(leaf(element)), tf.int64)


def step(draw, tf, dataset):
    D = tf.data.Dataset
    kind = draw.randrange(19)
    n = draw.choice([1, 2, 3, 5])
    seed = draw.randrange(100)

    def whole(*element):
        return element if len(element) > 1 else element[0]

    if kind == 0:
        return dataset.take(draw.choice([0, 1, 4, 7, 30]))
    if kind == 1:
        return dataset.skip(n)
    if kind == 2:
        return dataset.repeat(draw.choice([0, 1, 2, 3]))
    if kind == 3:
        return dataset.shuffle(
            draw.choice([1, 3, 8, 50]), seed=seed, reshuffle_each_iteration=draw.random() < 0.7
        )
    if kind == 4:
        return dataset.batch(n, drop_remainder=draw.random() < 0.3)
    if kind == 5:
        return dataset.unbatch()
    if kind == 6:
        return dataset.map(lambda *e: (scalar(tf, whole(*e)) + n, whole(*e)))
    if kind == 7:
        return dataset.map(lambda *e: scalar(tf, whole(*e)) * 2, num_parallel_calls=2)
    if kind == 8:
        return dataset.filter(lambda *e: scalar(tf, whole(*e)) % n == 0)
    if kind == 9:
        return dataset.flat_map(lambda *e: D.range(scalar(tf, whole(*e)) % 4))
    if kind == 10:
        return dataset.interleave(
            lambda *e: D.from_tensors(scalar(tf, whole(*e))).repeat(3),
            cycle_length=n,
            block_length=2,
        )
    if kind == 11:
        return dataset.concatenate(dataset.take(n))
    if kind == 12:
        return D.zip(dataset, dataset.skip(n))
    if kind == 13:
        return dataset.enumerate(n)
    if kind == 14:
        return dataset.cache()
    if kind == 15:
        return dataset.prefetch(n)
    if kind == 16:
        return dataset.shard(n + 1, draw.randrange(n + 1))
    if kind == 17:
        return dataset.window(n, shift=draw.choice([1, 2, 4])).map(lambda *w: sum_of_window(tf, w))
    return dataset.scan(np.int64(seed), lambda s, *e: (s + 1, s + scalar(tf, whole(*e))))


def sum_of_window(tf, window):
    first = leaf(window[0] if len(window) == 1 else window)
    return first.reduce(np.int64(0), lambda s, x: s + tf.cast(tf.reduce_sum(x), tf.int64))


def pipeline(number):
    def build(tf):
        draw = random.Random(number)
        dataset = source(draw, tf)
        for _ in range(draw.randint(2, 6)):
            dataset = step(draw, tf, dataset)
        return dataset

    return build


CASES = [Case("data.Dataset", outcome(pipeline(i)), id=f"pipeline {i}") for i in range(150)]
