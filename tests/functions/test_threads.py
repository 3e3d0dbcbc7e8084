"""A function called from several threads at once is traced once for each signature."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import Any

import numpy as np
import pytest

import tapeflow as tf
from fresh_process import run_python

THREADS = 8


def in_threads(work: Any) -> list[Any]:
    """What `work(number)` gives in each of eight threads that start at the same moment."""
    barrier = threading.Barrier(THREADS)
    results: list[Any] = [None] * THREADS

    def target(number: int) -> None:
        barrier.wait()
        try:
            results[number] = work(number)
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=target, args=(n,)) for n in range(THREADS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return results


def test_one_trace_for_one_signature() -> None:
    traces = []

    @tf.function
    def f(x: Any) -> Any:
        traces.append(threading.get_ident())
        time.sleep(0.02)  # others arrive while this one traces
        for _ in tf.range(3):
            x = tf.sin(x) + 1.0
        return x

    expected = f.python_function(tf.constant([0.5, 1.0]))
    del traces[:]
    for result in in_threads(lambda n: f(tf.constant([0.5, 1.0]))):
        np.testing.assert_allclose(result, expected)
    assert len(traces) == 1
    assert f.experimental_get_tracing_count() == 1


def test_one_trace_for_each_of_several_signatures() -> None:
    @tf.function
    def f(x: Any, k: int) -> Any:
        time.sleep(0.005)
        return tf.reduce_sum(x) * float(k)

    results = in_threads(
        lambda n: [f(tf.ones([1 + i % 4]), i % 2).numpy() for i in range(n, n + 8)]
    )
    for n, found in enumerate(results):
        assert found == [(1 + i % 4) * (i % 2) for i in range(n, n + 8)]
    assert f.experimental_get_tracing_count() == 4


def test_gradients_in_threads() -> None:
    v = tf.Variable([1.0, 2.0])

    @tf.function
    def loss(x: Any) -> Any:
        return tf.reduce_sum(tf.cond(x[0] > 0.0, lambda: v * x * x, lambda: x))

    def work(n: int) -> Any:
        x = tf.constant([1.0 + n, 2.0])
        grads = []
        for _ in range(20):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = loss(x)
            grads.append(tape.gradient(y, [x, v]))
        return np.asarray(grads[-1])

    for n, found in enumerate(in_threads(work)):
        x = np.array([1.0 + n, 2.0])
        np.testing.assert_allclose(found, [2 * np.array([1.0, 2.0]) * x, x * x], rtol=1e-6)


def test_gradients_are_traced_by_one_thread() -> None:
    v = tf.Variable([1.0, 2.0])

    def gradient(f: Any, n: int) -> Any:
        x = tf.constant([1.0 + n, 2.0])
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        return float(tape.gradient(y, [x, v])[0][0])

    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for _ in range(40):
            f = tf.function(
                lambda x: tf.reduce_sum(tf.cond(x[0] > 0.0, lambda: v * x * x, lambda: x))
            )
            found = in_threads(lambda n, f=f: gradient(f, n))
            np.testing.assert_allclose(found, [2.0 * (1 + n) for n in range(THREADS)])
    finally:
        sys.setswitchinterval(usual)


def test_tapes_and_graphs_belong_to_their_thread() -> None:
    seen = []

    @tf.function
    def f(x: Any) -> Any:
        other = threading.Thread(target=lambda: seen.append(tf.executing_eagerly()))
        other.start()
        other.join()
        return x + 1.0

    f(tf.constant(1.0))
    assert seen == [True]


FIRST_CALLS = """
import threading
import tapeflow as tf

w = tf.Variable(tf.ones([64, 64]))
n = tf.Variable(0)

@tf.function(reduce_retracing=False)
def step(x):
    n.assign_add(1)
    return tf.reduce_sum(x @ w)

failures = []

def work(k):
    try:
        for i in range(40):
            rows = 1 + (i + k) % 7
            assert float(step(tf.ones([rows, 64]))) == rows * 64 * 64
    except BaseException as error:
        failures.append(error)

threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not failures, failures
assert int(n) == 240
"""


def test_the_first_calls_of_a_process_come_from_several_threads(tmp_path):
    for cache in ("", str(tmp_path)):
        done = run_python("-c", FIRST_CALLS, TAPEFLOW_CACHE=cache)
        assert done.returncode == 0, done.stderr[-2000:]


FORKS = """
import gc, os, threading
import tapeflow as tf

n = tf.Variable(0)
w = tf.Variable(tf.ones([128, 128]))

@tf.function
def step(x):
    n.assign_add(1)
    w.assign(w * 0.5 + x)
    return tf.reduce_sum(w)

step(tf.ones([128, 128]))
stop = False

def work():
    k = 0
    while not stop:
        step(tf.ones([128, 128]))
        k += 1
        if k % 20 == 0:
            tf.function(lambda x: x * float(k), autograph=False)(tf.ones([k]))
            gc.collect()

workers = [threading.Thread(target=work) for _ in range(2)]
for worker in workers:
    worker.start()
for _ in range(8):
    child = os.fork()
    if not child:
        before = int(n)
        step(tf.ones([128, 128]))
        tf.function(lambda x: tf.sin(x) * 3.0, autograph=False)(w)
        os._exit(7 if int(n) == before + 1 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
stop = True
for worker in workers:
    worker.join()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_fork_while_other_threads_train(tmp_path):
    done = run_python("-W", "ignore", "-c", FORKS, timeout=60, TAPEFLOW_CACHE=str(tmp_path))
    assert done.returncode == 0, done.stderr[-2000:]
