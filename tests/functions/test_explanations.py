"""What a function says about itself: retraces, graph, plan and steps."""

from __future__ import annotations

import logging
import re
import tracemalloc
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
    assert f"{2 * (2 * 8 * 64 * 32 + 2 * 8 * 32):,}" in product
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
    assert "the interpreter would hold at least" in totals
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
    assert sum(e.seconds for e in facts.kernels) <= facts.seconds
    product = next(e for e in facts.kernels if e.kind == "product")
    work = 8 * 32  # elements of the result
    assert product.flops == 2 * (2 * 64 * work + 2 * work)  # product, tanh and 1; two trips
    total = next(e for e in facts.kernels if e.what == "Sum")
    assert total.flops == 8 * 64
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


def _table(text: str) -> list[str]:
    return text.split("\nkernels and host steps, in order\n")[1].split("\ntotals\n")[0].splitlines()


def _notes(text: str) -> list[str]:
    return [line.split("note: ")[1] for line in _table(text) if "note: " in line]


@needs_code
def test_what_a_kernel_computes_again_is_told() -> None:
    @tf.function
    def scaled(x: Any, b: Any) -> Any:
        return tf.exp(b) * x

    text = scaled.explain(tf.ones([5, 256]), tf.ones([256]))
    assert _notes(text) == ["Exp: each value up to 5 times"]
    assert _notes(scaled.explain(tf.ones([256]), tf.ones([256]))) == []
    # Once a row is once for each value.
    assert _notes(scaled.explain(tf.ones([40, 256]), tf.ones([40, 1]))) == []


@needs_code
@pytest.mark.parametrize("value", [tf.exp, lambda b: tf.abs(1.0 - b) * b + tf.square(b) * 0.5])
def test_what_would_be_computed_again_for_long_has_a_kernel_of_its_own(value: Any) -> None:
    @tf.function
    def scaled(x: Any, y: Any, b: Any) -> Any:
        return tf.matmul(x, y) * value(b)

    text = scaled.explain(tf.ones([400, 80]), tf.ones([80, 64]), tf.ones([64]))
    assert _notes(text) == []


@needs_code
def test_a_chain_of_cheap_operations_is_not_computed_in_many_kernels() -> None:
    @tf.function
    def several(x: Any) -> Any:
        y = x
        for _ in range(20):
            y = tf.abs(y - 0.5)
        return tf.transpose(y) + 1.0, tf.reverse(y, [0]) * 2.0

    text = several.explain(tf.ones([64, 64]))
    flops = int(re.search(r"bytes, ([\d,]+) FLOPs\n", text)[1].replace(",", ""))  # type: ignore[index]
    assert 40 * 64 * 64 <= flops <= 50 * 64 * 64


@needs_code
def test_the_page_has_notes(tmp_path: Path) -> None:
    @tf.function
    def scaled(x: Any, b: Any) -> Any:
        return tf.exp(b) * x

    scaled.explain_html(tmp_path / "page.html", tf.ones([5, 256]), tf.ones([256]))
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    page = _Page()
    page.feed(text)
    page.close()
    assert page.open == []
    assert text.count("Exp: each value up to 5 times") == 2  # in the timeline and the table


@needs_code
def test_what_goes_on_with_a_product_and_is_computed_again_is_told() -> None:
    @tf.function
    def scaled(x: Any, y: Any, b: Any) -> Any:
        return tf.matmul(x, y) * tf.exp(b)

    text = scaled.explain(tf.ones([5, 8]), tf.ones([8, 64]), tf.ones([64]))
    assert _notes(text) == ["Exp: each value up to 5 times"]


@needs_code
def test_what_several_kernels_compute_is_told() -> None:
    @tf.function
    def sums(x: Any) -> Any:
        y = tf.abs(tf.square(x * 2.0 + 1.0) - 3.0)
        return tf.reduce_sum(y, 0), tf.reduce_sum(y, 1)

    notes = _notes(sums.explain(tf.ones([512, 256])))
    assert len(notes) == 2
    for note in notes:
        assert note.startswith("Abs + Sub + Square + AddV2 + Mul: each value 2 times in 2 kernels")
        assert "test_explanations.py:" in note


@needs_code
def test_several_passes_over_a_row_compute_nothing_dear_again() -> None:
    @tf.function
    def normed(x: Any) -> Any:
        return tf.nn.softmax(tf.tanh(x))

    text = normed.explain(tf.ones([64, 256]))
    assert len([line for line in _table(text) if line.split()[0] == "loops"]) == 1
    assert _notes(text) == []


@needs_code
def test_parts_of_a_sum_show_what_they_read() -> None:
    @tf.function
    def total(x: Any) -> Any:
        return tf.reduce_sum(tf.square(x))

    parts, combined = [line for line in _table(total.explain(tf.ones([1 << 17]))) if "Sum" in line]
    assert "(parts): float32[131072], workspace" in parts
    assert "(combined): workspace" in combined


@needs_code
@pytest.mark.parametrize("depth", [1, 3])
def test_the_interpreter_holds_what_explain_says(depth: int) -> None:
    from tapeflow.engine.backends.interpreter.program import Program
    from tapeflow.engine.compiler.native.held import held_by_interpreter

    w = tf.Variable(tf.ones([64, 64]) / 64.0)

    @tf.function
    def step(x: Any) -> Any:
        with tf.GradientTape() as tape:
            h = x
            for _ in range(depth):
                h = tf.tanh(tf.matmul(h, w))
            loss = tf.reduce_mean(tf.reshape(h, [-1]))
        w.assign_sub(tape.gradient(loss, w))
        return loss

    x = tf.ones([512, 64])
    runnable = step.get_concrete_function(x)._runnable
    arrays = [x._array, *runnable._captured]
    graph = runnable.program_for(arrays).graph
    program = Program(graph)
    program(*arrays)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        program(*arrays)
        measured = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    # The rest is what a kernel takes while it runs.
    assert 0.5 * measured <= held_by_interpreter(graph) <= measured
