"""What a function says about itself: retraces, graph, plan and steps."""

from __future__ import annotations

import logging
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tapeflow as tf
from tapeflow.engine.compiler import compile as compiling

needs_code = pytest.mark.skipif(not compiling.generates_code(), reason="graphs are interpreted")


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


def test_without_code_explain_shows_graph_plan_and_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "COMPILE", False)

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


def test_the_plan_writes_into_arrays_that_are_done_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "COMPILE", False)

    @tf.function
    def chain(x: Any) -> Any:
        return tf.exp(tf.sin(x * 2.0) + 1.0)

    text = chain.explain(tf.ones([1000]))
    steps = text.split("\nsteps\n")[1]
    assert steps.count("; input 0;") == 3  # all but the first, whose input is the caller's


def _layer() -> Any:
    w = tf.Variable(tf.ones([64, 32]))
    count = tf.Variable(0)

    @tf.function
    def layer(x: Any) -> Any:
        count.assign_add(1)
        for _ in tf.range(2):
            x = tf.tanh(tf.matmul(x, w)) + 1.0
            x = tf.concat([x, x], 1)
        return tf.strings.as_string(tf.reduce_sum(x))

    return layer, count


@needs_code
def test_explain_shows_kernels_and_host_steps() -> None:
    layer, count = _layer()
    x = tf.ones([8, 64])
    text = layer.explain(x)
    assert int(count) == 1  # one call, with its effects
    graph, rest = text.split("\nkernels and host steps, in order\n")
    table, totals = rest.split("\ntotals\n")
    assert "While" in graph
    product = next(line for line in table.splitlines() if "MatMul" in line).split()
    assert product[0] == "product"
    assert product[2] == "2"  # in a loop of two iterations
    assert f"{2 * 2 * 8 * 64 * 32:,}" in product
    line = " ".join(product)
    assert "Tanh" in line  # goes on with the product
    assert "float32[8,64]" in line
    assert "float32[64,32] ->" in line
    assert "test_explanations.py:" in line
    host = next(line for line in table.splitlines() if "AsString" in line)
    assert host.split()[0] == "host"
    assert "(dtype)" in host
    assert "GB/s" in totals
    assert "GFLOP/s" in totals
    assert "host steps: 1" in totals
    assert layer(x).numpy() == layer(x).numpy()
    assert int(count) == 3


@needs_code
def test_facts_add_up() -> None:
    layer, _ = _layer()
    x = tf.ones([8, 64])
    concrete = layer.get_concrete_function(x)
    runnable = concrete._runnable
    arrays = [x._array, *runnable._captured]
    from tapeflow.engine.function.explaining.facts import facts_of

    facts = facts_of(concrete, runnable.program_for(arrays), arrays)
    assert 0 < facts.host_share < 1
    assert facts.arena > 0
    assert facts.regions == 1
    for entry in facts.kernels:
        assert entry.results
        assert entry.lines
        assert (entry.share is not None) == (entry.seconds > 0)


@needs_code
def test_a_whole_program_is_explained() -> None:
    v = tf.Variable(tf.zeros([1000]))

    @tf.function
    def chain(x: Any) -> Any:
        v.assign_add(x)
        return tf.exp(tf.sin(x * 2.0) + 1.0)

    text = chain.explain(tf.ones([1000]))
    assert "host steps: 0" in text
    assert "0.0% of it on the host" in text
    np.testing.assert_array_equal(v, np.ones(1000))


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.counts: Counter[str] = Counter()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.counts[tag] += 1
        self.links += [f"{k}={v}" for k, v in attrs if k in ("src", "href")]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@needs_code
def test_the_page_stands_alone(tmp_path: Path) -> None:
    layer, count = _layer()
    layer.explain_html(tmp_path / "layer.html", tf.ones([8, 64]))
    assert int(count) == 1
    text = (tmp_path / "layer.html").read_text(encoding="utf-8")
    page = _Page()
    page.feed(text)
    page.close()
    assert page.open == []
    assert page.links == []
    assert page.counts["svg"] == 1
    assert page.counts["rect"] == page.counts["tr"] - 1  # the head has no bar
    assert "MatMul" in text
    assert "AsString" in text


def test_there_is_no_page_of_what_is_not_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiling, "COMPILE", False)
    layer, _ = _layer()
    with pytest.raises(RuntimeError, match=r"explain_html: layer.* is not compiled"):
        layer.explain_html(tmp_path / "layer.html", tf.ones([8, 64]))


@needs_code
def test_the_host_says_why() -> None:
    @tf.function(input_signature=[tf.TensorSpec([None])])
    def picked(x: Any) -> Any:
        if tf.strings.length("ab") > 1:
            x = tf.strings.to_number(tf.strings.as_string(x)) + x
        return tf.boolean_mask(x, x > 1.0)

    text = picked.explain(tf.constant([0.5, 2.0]))
    assert "AsString (control flow)" in text
    assert "If (control flow)" in text
    assert "Where (" in text


@needs_code
def test_a_loop_in_native_code_keeps_its_lines() -> None:
    @tf.function
    def cumulated(x: Any) -> Any:
        total = tf.zeros([8])
        for row in x:
            total = tf.tanh(total + row)
        return total

    text = cumulated.explain(tf.ones([5, 8]))
    line = next(line for line in text.splitlines() if "Tanh" in line and "loops" in line)
    assert line.split()[2] == "5"
    assert "test_explanations.py:" in line
