"""What a function says about itself: retraces, graph, plan and steps."""

from __future__ import annotations

import logging
from typing import Any

import pytest

import tapeflow as tf


def test_a_retrace_names_the_argument_and_the_difference() -> None:
    @tf.function
    def scaled(x: Any, factor: Any, *, flags: Any = None) -> Any:
        return x * factor

    x = tf.constant([1.0, 2.0])
    assert scaled.explain_retraces() == "scaled has not been traced."
    scaled(x, 2.0)
    assert scaled.explain_retraces() == "scaled has been traced 1 time."
    scaled(x, 3.0)
    scaled(tf.constant([1.0]), 3.0)
    scaled(tf.constant([1.0]), 3.0, flags={"a": 1})
    lines = scaled.explain_retraces().splitlines()
    assert lines[0] == "scaled has been traced 4 times."
    assert "argument 'factor' was the Python value 2.0 and is the Python value 3.0" in lines[1]
    assert (
        "argument 'x' was a tensor float32 shape [2] and is a tensor float32 shape [1]" in lines[2]
    )
    assert "argument 'flags'" in lines[3]


def test_frequent_retraces_draw_a_warning_that_says_why(caplog: pytest.LogCaptureFixture) -> None:
    @tf.function
    def counted(n: int) -> Any:
        return tf.constant(n)

    with caplog.at_level(logging.WARNING, "tensorflow"):
        for n in range(6):
            counted(n)
    text = caplog.text
    assert "triggered tf.function retracing" in text
    assert "counted" in text
    assert "argument 'n' was the Python value" in text


def test_explain_shows_graph_plan_and_steps() -> None:
    w = tf.Variable(tf.ones([64, 32]))

    @tf.function
    def layer(x: Any) -> Any:
        for _ in tf.range(2):
            x = tf.tanh(tf.matmul(x, w)) + 1.0
            x = tf.concat([x, x], 1)
        return tf.strings.as_string(tf.reduce_sum(x))

    text = layer.explain(tf.ones([8, 64]))
    graph, rest = text.split("\nplan\n")
    plan, steps = rest.split("\nsteps\n")
    assert "While" in graph
    assert "ReadVariableOp" in graph
    assert "while True:" in plan
    matmul = next(line for line in steps.splitlines() if "MatMul" in line)
    calls, flops = matmul.split()[2], matmul.split()[5]
    assert calls == "2"  # in a loop of two iterations
    assert flops == f"{2 * 2 * 8 * 64 * 32:,}"
    assert "float32[8, 32]" in matmul
    assert "test_explanations.py:" in matmul
    host = next(line for line in steps.splitlines() if "AsString" in line)
    assert " host " in host
    assert "total" in steps


def test_the_plan_writes_into_arrays_that_are_done_with() -> None:
    @tf.function
    def chain(x: Any) -> Any:
        return tf.exp(tf.sin(x * 2.0) + 1.0)

    text = chain.explain(tf.ones([1000]))
    steps = text.split("\nsteps\n")[1]
    assert steps.count("; input 0;") == 3  # all but the first, whose input is the caller's
