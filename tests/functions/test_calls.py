"""How a traced function is called again: the short ways give what the long one gives."""

from __future__ import annotations

import copy
from typing import Any

import pytest

import tapeflow as tf


@pytest.mark.parametrize("default", [tf.Variable(2.0), tf.constant(2.0), 2.0], ids=repr)
def test_a_default_value_is_taken_each_time(default: Any) -> None:
    @tf.function
    def f(x: Any, factor: Any = default) -> Any:
        return x * factor

    x = tf.constant(3.0)
    assert [float(f(x)) for _ in range(3)] == [6.0, 6.0, 6.0]
    assert float(f(x, tf.constant(5.0))) == 15.0
    assert float(f(x)) == 6.0


def test_calls_of_several_signatures_in_turn() -> None:
    @tf.function
    def f(x: Any, y: Any) -> Any:
        return tf.reduce_sum(x) + tf.cast(tf.reduce_sum(y), tf.float32)

    given = [(tf.ones([n]), tf.ones([n], dtype)) for n in (2, 3) for dtype in (tf.int32, tf.int64)]
    for _ in range(3):
        assert [float(f(*pair)) for pair in given] == [4.0, 4.0, 6.0, 6.0]
    assert f.experimental_get_tracing_count() == 4


def test_a_copy_has_traces_of_its_own():
    f = tf.function(lambda x: x + 1.0)
    f(tf.constant(1.0))
    for made in (copy.copy(f), copy.deepcopy(f)):
        assert float(made(tf.constant(1.0))) == 2.0
