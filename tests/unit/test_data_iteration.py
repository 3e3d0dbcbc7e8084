"""Iterating over datasets: threads, memory, iterators that are shared, captured or dropped."""

from __future__ import annotations

import gc
import threading
import time
import tracemalloc
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import tapeflow as tf


def test_memory_is_flat_over_100_000_elements():
    dataset = tf.data.Dataset.range(100_000).map(lambda x: x * 2).shuffle(64, seed=1).batch(8)
    iterator = iter(dataset)
    for _ in range(500):
        next(iterator)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        count = sum(1 for _ in iterator)
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert count == 12_000
    assert grown < 200_000


def test_memory_is_flat_over_iterators():
    dataset = tf.data.Dataset.range(4).map(lambda x: x + 1).batch(2)
    step = tf.function(lambda iterator: next(iterator))
    for _ in range(20):
        step(iter(dataset))
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(300):
        step(iter(dataset))
    gc.collect()
    assert len(gc.get_objects()) - before < 300
    assert step.experimental_get_tracing_count() == 1


def slow_numbers():
    for i in range(10_000):
        time.sleep(0.001)
        yield i


def test_threads_end_with_their_iterators():
    spec = tf.TensorSpec([], tf.int64)
    dataset = tf.data.Dataset.from_generator(slow_numbers, output_signature=spec).prefetch(2)
    before = threading.active_count()
    for _ in range(5):
        iterator = iter(dataset)
        assert int(next(iterator)) == 0
    del iterator
    gc.collect()
    until = time.monotonic() + 10
    while threading.active_count() > before and time.monotonic() < until:
        time.sleep(0.05)
    assert threading.active_count() <= before


def test_eight_threads_share_an_iterator():
    iterator = iter(tf.data.Dataset.range(4000).map(lambda x: x + 1))

    def drain(_: int) -> list[int]:
        return [int(x) for x in iterator]

    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(drain, range(8)))
    assert sorted(x for part in parts for x in part) == list(range(1, 4001))


def test_eight_threads_iterate_over_one_dataset():
    dataset = tf.data.Dataset.range(500).map(lambda x: x * x).batch(7)
    with ThreadPoolExecutor(8) as pool:
        sums = list(pool.map(lambda _: sum(int(tf.reduce_sum(b)) for b in dataset), range(8)))
    assert sums == [sum(i * i for i in range(500))] * 8


def test_a_function_is_traced_once():
    traced = []

    def double(x):
        traced.append(x)
        return x * 2

    dataset = tf.data.Dataset.range(3).map(double)
    for _ in range(3):
        assert [int(x) for x in dataset] == [0, 2, 4]
    assert len(traced) == 1


def test_arrays_go_with_their_dataset():
    tensor = tf.constant(np.ones([1000, 3]))
    gone = weakref.ref(tensor._array)
    dataset = tf.data.Dataset.from_tensor_slices(tensor).map(lambda x: x * 2.0).batch(2)
    iterator = iter(dataset)
    next(iterator)
    del tensor, dataset, iterator
    gc.collect()
    assert gone() is None


def test_tapes_of_the_program_see_nothing_of_a_pipeline():
    weight = tf.Variable(3.0)
    dataset = tf.data.Dataset.from_tensor_slices([1.0, 2.0]).map(lambda x: x * weight)
    with tf.GradientTape() as tape:
        total = tf.add_n([tf.square(x) for x in dataset])
    assert tape.gradient(total, weight) is None


def test_an_error_leaves_the_iterator_usable():
    dataset = tf.data.Dataset.from_tensor_slices([1.0, 0.0, 4.0])
    iterator = iter(dataset.map(lambda x: tf.debugging.check_numerics(1.0 / x, "bad")))
    assert float(next(iterator)) == 1.0
    with pytest.raises(tf.errors.InvalidArgumentError, match="bad"):
        next(iterator)
    assert float(next(iterator)) == 0.25
    with pytest.raises(StopIteration):
        next(iterator)


def test_a_new_iterator_of_the_same_spec_does_not_trace_again():
    @tf.function
    def total(iterator):
        result = tf.constant(0, tf.int64)
        for x in iterator:
            result += x
        return result

    for n in range(5):
        assert int(total(iter(tf.data.Dataset.range(n)))) == sum(range(n))
    assert total.experimental_get_tracing_count() == 1


def test_the_end_of_data_comes_out_of_a_function():
    iterator = iter(tf.data.Dataset.range(3))

    @tf.function
    def two(it):
        return next(it) + next(it)

    assert int(two(iterator)) == 1
    with pytest.raises(tf.errors.OutOfRangeError):
        two(iterator)
