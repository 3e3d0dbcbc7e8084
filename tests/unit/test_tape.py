"""What oracle cases cannot ask: explanations, threads, forks, and what is freed when."""

from __future__ import annotations

import gc
import os
import threading
import warnings
import weakref

import numpy as np
import pytest

import tapeflow as tf
from tapeflow.engine.core.context import current_recorders


def line() -> int:
    import inspect

    return inspect.currentframe().f_back.f_lineno


def _cut_by_cast(tape, x):
    y = tf.cast(tf.cast(x, tf.int32), tf.float32) * 2.0
    return y, ["Cast", f"{os.path.basename(__file__)}:{line() - 1}", "not floating"]


def _cut_by_stop(tape, x):
    y = tf.stop_gradient(x) * 2.0
    return y, ["StopGradient", f"{os.path.basename(__file__)}:{line() - 1}", "no gradient"]


def _cut_by_numpy(tape, x):
    y = tf.constant((x * 3.0).numpy()) * 2.0
    return y, ["left through NumPy", f"{os.path.basename(__file__)}:{line() - 1}"]


def _independent(tape, x):
    v = tf.Variable(1.0)
    return v * v, ["does not depend"]


def _paused(tape, x):
    with tape.stop_recording():
        y = x * x
    return y, ["not computed from anything watched"]


@pytest.mark.parametrize("cut", [_cut_by_cast, _cut_by_stop, _cut_by_numpy, _independent, _paused])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_explains_what_cut_the_gradient(cut, after):
    x = tf.Variable(3.5)
    with tf.GradientTape() as tape:
        used = x * 1.0
        y, words = cut(tape, x)
    if after:
        assert tape.gradient(y, x) is None
    text = tape.explain(y, x)
    assert all(word in text for word in words), text
    assert used is not None


def test_explains_sources_that_cannot_have_a_gradient():
    x, w = tf.constant(2.0), tf.Variable(1.0)
    fixed, count = tf.Variable(1.0, trainable=False), tf.Variable(3)
    with tf.GradientTape() as tape:
        y = x * fixed * tf.cast(count, tf.float32)
    assert "never watched" in tape.explain(y, x)
    assert "not trainable" in tape.explain(y, fixed)
    assert "int32" in tape.explain(y, count)
    assert "not read inside" in tape.explain(y, w)


def test_explains_that_a_gradient_is_there():
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = x * x
    assert "not None" in tape.explain(y, x)


def test_tapes_are_per_thread():
    x = tf.Variable(2.0)
    inherited, seen = [], []

    def work():
        inherited.append(len(current_recorders()))
        with tf.GradientTape() as tape:
            y = x * x * x
        seen.append(float(tape.gradient(y, x)))

    with tf.GradientTape() as tape:
        y = x * x
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert tape.gradient(y, x).numpy() == 4.0
    assert inherited == [0] * 4
    assert seen == [12.0] * 4


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Python warns of forks beside threads
def test_works_after_a_fork():
    x = tf.Variable([1.0, 2.0])
    child = os.fork()
    if child == 0:
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(tf.matmul([[1.0, 2.0]], tf.reshape(x * x, [2, 1])))
        right = tape.gradient(y, x).numpy().tolist() == [2.0, 8.0]
        os._exit(0 if right else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _step(w, b, x, y):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(w * x + b - y))
    dw, db = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * dw)
    b.assign_sub(0.1 * db)


def test_a_training_step_leaves_nothing_for_the_garbage_collector():
    w, b = tf.Variable(5.0), tf.Variable(0.0)
    x, y = tf.constant(np.ones(10, np.float32)), tf.constant(np.ones(10, np.float32))
    _step(w, b, x, y)
    gc.collect()
    gc.disable()
    try:
        for _ in range(10):
            _step(w, b, x, y)
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_intermediates_are_freed_by_the_gradient():
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        middle = x * x
        y = tf.reduce_sum(middle)
    watcher = weakref.ref(middle)
    del middle
    assert watcher() is not None
    tape.gradient(y, x)
    assert watcher() is None


def test_a_step_updates_the_buffer_in_place():
    w = tf.Variable([1.0, 2.0])
    buffer = id(w._array)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(w * w)
    grad = tape.gradient(loss, w)
    w.assign_sub(0.1 * grad)
    assert id(w._array) == buffer
    snapshot = w.read_value()
    w.assign_sub(grad)
    assert id(w._array) != buffer
    assert snapshot.numpy().tolist() == [np.float32(0.8), np.float32(1.6)]


@pytest.mark.parametrize("action", ["default", "error", "always"])
def test_floating_point_warnings_of_kernels_are_not_the_programs(action):
    x = tf.constant([0.0, -1.0, 3e38, np.inf])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter(action)
        if action == "default":  # what is in force unless a program says otherwise
            warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"tapeflow\.")
        with np.errstate(all="raise" if action == "error" else "warn"):
            results = [
                tf.math.log(x),
                1.0 / x,
                x * x,
                tf.reduce_sum(x * x),
                tf.signal.fft(tf.cast(x, tf.complex64)),
            ]
    assert all(r.shape == x.shape for r in results[:3])
    if action != "always":
        assert caught == []
