"""Functions that are dropped return their memory, and calls take none for good."""

from __future__ import annotations

import gc
import tracemalloc
import weakref
from typing import Any

import tapeflow as tf


def test_a_dropped_function_is_freed() -> None:
    v = tf.Variable([1.0, 2.0])

    def make() -> Any:
        @tf.function
        def f(x: Any) -> Any:
            with tf.GradientTape() as tape:
                y = tf.reduce_sum(tf.cond(x[0] > 0.0, lambda: x * v, lambda: x))
            return tape.gradient(y, v)

        f(tf.constant([1.0, 2.0]))
        return weakref.ref(f), weakref.ref(f.get_concrete_function(tf.constant([1.0, 2.0])).graph)

    references = [make() for _ in range(5)]
    gc.collect()
    assert all(r() is None for pair in references for r in pair)


def traced_size(count: int) -> int:
    """Bytes held after tracing and dropping so many functions."""
    for i in range(count):
        f = tf.function(lambda x, i=i: tf.reduce_sum(tf.tanh(x) * float(i)), autograph=False)
        f(tf.constant([1.0, 2.0]))
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def test_tracing_and_dropping_a_thousand_functions() -> None:
    traced_size(20)  # what is loaded and remembered once
    tracemalloc.start()
    try:
        before = traced_size(100)
        after = traced_size(1000)
    finally:
        tracemalloc.stop()
    assert after - before < 200_000, f"{(after - before) / 1000:.0f} bytes a function"


def test_converted_functions_are_freed() -> None:
    def size(count: int) -> int:
        for _ in range(count):

            @tf.function
            def f(x: Any) -> Any:
                if tf.reduce_sum(x) > 0.0:
                    x = x + 1.0
                return x

            f(tf.constant([1.0, 2.0]))
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    size(10)
    tracemalloc.start()
    try:
        before = size(20)
        after = size(100)
    finally:
        tracemalloc.stop()
    assert after - before < 100_000


def test_calls_keep_nothing() -> None:
    w = tf.Variable(tf.ones([16]))

    @tf.function
    def step(x: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(w * x - 1.0))
        w.assign_sub(0.01 * tape.gradient(loss, w))
        return loss

    x = tf.constant([0.5] * 16)
    for _ in range(100):
        step(x)
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(20_000):
            step(x)
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert after - before < 10_000  # half a byte a call: nothing adds up


def test_shapes_that_never_repeat_do_not_add_up() -> None:
    f = tf.function(
        lambda x: tf.reduce_sum(x * 2.0), input_signature=[tf.TensorSpec([None], tf.float32)]
    )
    for n in range(300):
        assert f(tf.ones([n])).numpy() == 2.0 * n
    concrete = f.get_concrete_function()
    assert len(concrete._runnable._programs) <= 64


def test_an_object_that_is_an_argument_is_not_kept_alive() -> None:
    class Settings:
        rate = 2.0

    @tf.function
    def f(x: Any, settings: Any) -> Any:
        return x * settings.rate

    settings = Settings()
    f(tf.constant(1.0), settings)
    gone = weakref.ref(settings)
    del settings
    gc.collect()
    assert gone() is None
    assert not f._traces
