"""Pipelines: threads end, memory comes back, iterators are shared, nothing leaks into tapes."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
import tracemalloc
import weakref

import numpy as np
import pytest

import tapeflow as tf
from tapeflow.engine.tracing.func_graph import FuncGraph

Dataset = tf.data.Dataset


def prefetchers() -> int:
    return sum(t.name == "tapeflow-prefetch" for t in threading.enumerate())


def wait_for_prefetchers(count: int) -> None:
    for _ in range(200):
        if prefetchers() == count:
            return
        time.sleep(0.01)
    assert prefetchers() == count


def slow(count: int = 1000):
    return Dataset.range(count).map(lambda x: x + 1).prefetch(2)


def test_a_prefetching_thread_ends_with_its_iterator():
    iterators = [iter(slow()) for _ in range(5)]
    assert [int(next(it)) for it in iterators] == [1] * 5
    assert prefetchers() == 5
    del iterators
    wait_for_prefetchers(0)


def test_a_prefetching_thread_ends_at_the_end():
    it = iter(slow(3))
    assert [int(x) for x in it] == [1, 2, 3]
    wait_for_prefetchers(0)
    with pytest.raises(StopIteration):
        next(it)


def test_an_unused_iterator_starts_no_thread():
    it = iter(slow())
    assert prefetchers() == 0
    del it


def test_arrays_in_memory_are_prefetched_without_a_thread():
    dataset = Dataset.from_tensor_slices(np.arange(100)).shuffle(50).batch(10).prefetch(2)
    it = iter(dataset)
    next(it)
    assert prefetchers() == 0


def test_prefetching_runs_ahead():
    started = []

    def numbers():
        for i in range(10):
            started.append(i)
            yield i

    dataset = Dataset.from_generator(numbers, output_types=tf.int32).prefetch(3)
    it = iter(dataset)
    next(it)
    for _ in range(200):
        if len(started) == 4:
            break
        time.sleep(0.01)
    assert len(started) == 4
    del it
    wait_for_prefetchers(0)


def test_errors_come_out_of_the_thread_in_order():
    def inverse(x):
        return tf.debugging.check_numerics(1.0 / tf.cast(x - 1, tf.float32), "bad")

    it = iter(Dataset.range(3).map(inverse).prefetch(2))
    assert float(next(it)) == -1.0
    with pytest.raises(tf.errors.InvalidArgumentError, match="bad"):
        next(it)
    assert float(next(it)) == 1.0
    with pytest.raises(StopIteration):
        next(it)


def test_threads_share_an_iterator():
    it = iter(Dataset.range(2000).map(lambda x: x * 2))
    found: list[list[int]] = [[] for _ in range(8)]

    def take(mine: list[int]) -> None:
        for x in it:
            mine.append(int(x))

    threads = [threading.Thread(target=take, args=(mine,)) for mine in found]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(x for mine in found for x in mine) == list(range(0, 4000, 2))


def test_threads_share_a_function_with_iterators_of_their_own():
    @tf.function
    def total(it):
        return next(it) + next(it)

    results: list[int] = []

    def run() -> None:
        results.append(int(total(iter(Dataset.range(10, 20)))))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert results == [21] * 8
    assert total.experimental_get_tracing_count() == 1


@pytest.mark.skipif(not hasattr(os, "fork") or sys.version_info >= (3, 12), reason="warns of fork")
def test_a_forked_process_goes_on():
    it = iter(slow(50))
    assert int(next(it)) == 1
    time.sleep(0.05)  # the thread has filled its buffer and waits
    child = os.fork()
    if child == 0:
        ok = [int(x) for x in it] == list(range(2, 51))
        os._exit(0 if ok else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert [int(x) for x in it] == list(range(2, 51))


def test_dropped_datasets_return_their_memory():
    def build():
        dataset = Dataset.range(4).map(lambda x: x * 2).filter(lambda x: x > 0).batch(2)
        return [b.numpy() for b in dataset.flat_map(Dataset.from_tensor_slices)]

    build()
    gc.collect()
    graphs = sum(isinstance(o, FuncGraph) for o in gc.get_objects())
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(30):
        build()
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert sum(isinstance(o, FuncGraph) for o in gc.get_objects()) <= graphs + 2
    assert after - before < 400_000


def test_a_long_iteration_stays_flat():
    it = iter(Dataset.range(100).shuffle(10).map(lambda x: x + 1).repeat().batch(10))
    for _ in range(200):
        next(it)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(3000):
        next(it)
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert after - before < 400_000


def test_a_generator_is_closed_with_its_iterator():
    closed = []

    def numbers():
        try:
            yield from range(10)
        finally:
            closed.append(True)

    it = iter(Dataset.from_generator(numbers, output_types=tf.int32))
    next(it)
    del it
    gc.collect()
    assert closed == [True]


def test_an_iterator_keeps_its_dataset_no_longer_than_needed():
    dataset = Dataset.range(3)
    gone = weakref.ref(dataset)
    it = iter(dataset)
    del dataset
    gc.collect()
    assert gone() is None
    assert [int(x) for x in it] == [0, 1, 2]


def test_later_changes_of_an_array_change_no_element():
    array = np.arange(4)
    dataset = Dataset.from_tensor_slices(array).batch(2)
    array[:] = 7
    assert [b.numpy().tolist() for b in dataset] == [[0, 1], [2, 3]]


def test_a_generator_may_refill_its_buffer():
    def rows():
        buffer = np.zeros(2, np.int32)
        for i in range(3):
            buffer[:] = i
            yield buffer

    dataset = Dataset.from_generator(rows, output_signature=tf.TensorSpec([2], tf.int32))
    assert [x.numpy().tolist() for x in list(dataset)] == [[0, 0], [1, 1], [2, 2]]


def test_elements_of_numpy_iterators_cannot_be_written_to():
    (element,) = Dataset.from_tensors([1, 2]).as_numpy_iterator()
    with pytest.raises(ValueError, match="read-only"):
        element[0] = 3


def test_pipelines_are_on_no_tape():
    w = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        (x,) = Dataset.from_tensors(3.0).map(lambda x: x * w)
    assert float(x) == 6.0
    assert tape.gradient(x, w) is None


def test_numpy_iterators_can_be_saved_and_restored():
    tf.random.set_seed(3)
    dataset = Dataset.range(20).shuffle(20).map(lambda x: x + 1).repeat(2).batch(3)
    it = dataset.as_numpy_iterator()
    for _ in range(8):  # in the second round
        next(it)
    saved = it.save()
    rest = [b.tolist() for b in it]
    other = dataset.as_numpy_iterator()
    other.restore(saved)
    assert [b.tolist() for b in other] == rest


def test_two_bodies_may_go_through_one_dataset():
    dataset = Dataset.range(3).map(lambda x: x * 10)
    assert [(int(a), int(b)) for a in dataset for b in dataset] == [
        (a, b) for a in (0, 10, 20) for b in (0, 10, 20)
    ]


def test_rows_and_whole_batches_come_in_one_order():
    """Shuffled rows are gathered by number; element by element they must be the same."""
    x = np.arange(50).reshape(25, 2)
    tf.random.set_seed(1)
    by_row = [e.numpy().tolist() for e in Dataset.from_tensor_slices(x).shuffle(7, seed=2)]
    tf.random.set_seed(1)
    shuffled = Dataset.from_tensor_slices(x).shuffle(7, seed=2)
    batches = [b.numpy().tolist() for b in shuffled.batch(4)]
    assert [row for b in batches for row in b] == by_row


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Dataset.range(3).batch(0), "BatchDatasetV2: Batch size must be greater"),
        (lambda: Dataset.range(3).shuffle(0), "ShuffleDatasetV3: buffer_size"),
        (lambda: Dataset.range(3).shard(3, 5), r"between 0 and 2 \(currently index = 5\)"),
        (lambda: Dataset.range(3).window(2, stride=0), "Window stride"),
        (
            lambda: list(Dataset.range(1, 3).map(lambda x: tf.range(x)).batch(2)),
            r"First element had shape \[1\] and element 1 had shape \[2\]",
        ),
    ],
)
def test_messages_say_what_is_wrong(build, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        build()


def test_a_loop_that_cannot_be_traced_ends_with_a_hint():
    @tf.function
    def f():
        return [x for x in Dataset.range(3)]  # noqa: C416

    with pytest.raises(RuntimeError, match="AutoGraph"):
        f()
