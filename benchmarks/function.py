"""tf.function beside NumPy by hand, TensorFlow, its XLA mode and PyTorch, in one process and run.

    python benchmarks/function.py [--rounds 60] [--traces 7] [--only step|trace|transformer]

Peers that are not installed are left out. Threads: whatever the libraries choose by default.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import transformer
from eager import data, load, numpy_step, torch_step
from timing import interleave, table


def function_step(tf: Any, **options: Any) -> Callable[[], object]:
    """The tutorial's step with a gradient tape, as a tf.function of its data."""
    x, y = map(tf.constant, data())
    w, b = tf.Variable(5.0), tf.Variable(0.0)

    @tf.function(**options)
    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(w * x + b - y))
        dw, db = tape.gradient(loss, [w, b])
        w.assign_sub(0.1 * dw)
        b.assign_sub(0.1 * db)
        return loss

    return lambda: step(x, y)


def steps(tapeflow: Any, tensorflow: Any, torch: Any) -> dict[str, Callable[[], object]]:
    """The contenders of the tutorial's step."""
    found = {"NumPy by hand": numpy_step(), "tapeflow tf.function": function_step(tapeflow)}
    if tensorflow:
        found["TensorFlow tf.function"] = function_step(tensorflow)
        found["TensorFlow jit_compile"] = function_step(tensorflow, jit_compile=True)
    if torch:
        found["PyTorch eager"] = torch_step(torch)
    return found


def transformer_steps(tapeflow: Any, tensorflow: Any) -> dict[str, Callable[[], object]]:
    """The contenders of the transformer's step."""

    def step_of(tf: Any, **options: Any) -> Callable[[], object]:
        ids, targets = map(tf.constant, transformer.text())
        step = tf.function(transformer.train_step(tf), **options)
        return lambda: np.asarray(step(ids, targets))

    found = {"tapeflow tf.function": step_of(tapeflow)}
    if tensorflow:
        found["TensorFlow tf.function"] = step_of(tensorflow)
        found["TensorFlow jit_compile"] = step_of(tensorflow, jit_compile=True)
    return found


def first_calls(tf: Any) -> tuple[float, float, float, int]:
    """One fresh model: seconds to trace its step, seconds to the first loss, the loss, ops.

    The model is new, so that nothing of an earlier trace is found again, and what earlier models
    left to the garbage collector is collected before: else a full collection falls into the
    timing of some traces and not of others.
    """
    step = transformer.train_step(tf)
    ids, targets = map(tf.constant, transformer.text())
    spec = tf.TensorSpec(ids.shape, tf.int32)
    runs = []

    def counted(ids: Any, targets: Any) -> Any:
        runs.append(1)
        return step(ids, targets)

    function = tf.function(counted)
    gc.collect()
    start = time.perf_counter()
    concrete = function.get_concrete_function(spec, spec)
    traced = time.perf_counter() - start
    if len(runs) != 1:
        raise AssertionError(f"expected one trace within the timing; received {len(runs)}")
    loss = float(function(ids, targets))
    # Planning may be left to the first call, so that the trace alone does not tell all.
    first = time.perf_counter() - start
    return traced, first, loss, len(concrete.graph.get_operations())


def tracing(libraries: dict[str, Any], rounds: int) -> str:
    """How long a trace of the transformer's step takes, by library, interleaved.

    AutoGraph's conversion is part of it; the first round, which also loads modules, is not counted.
    """
    found: dict[str, list[tuple[float, float, float, int]]] = {name: [] for name in libraries}
    for turn in range(rounds + 1):
        for name, tf in libraries.items():
            result = first_calls(tf)
            if turn:
                found[name].append(result)
    losses = [results[0][2] for results in found.values()]
    if not np.allclose(losses, losses[0], rtol=1e-4):
        raise AssertionError(f"expected the same loss of all; received {losses}")
    lines = [
        "### A fresh training step of a two-block transformer, its first trace and call",
        "",
        "| | trace, median ms | best ms | trace and first call, median ms | operations |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name, results in found.items():
        traces, firsts, _, operations = zip(*results, strict=True)
        lines.append(
            f"| {name} | {statistics.median(traces) * 1e3:.1f} | {min(traces) * 1e3:.1f} "
            f"| {statistics.median(firsts) * 1e3:.0f} | {operations[0]} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--traces", type=int, default=7)
    parser.add_argument("--only", choices=("step", "trace", "transformer"))
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tapeflow

    tensorflow, torch = load("tensorflow"), load("torch")
    versions = [f"Python {platform.python_version()}", f"NumPy {np.__version__}"]
    versions += [f"{m.__name__} {m.__version__}" for m in (tensorflow, torch) if m]
    print(f"{', '.join(versions)}; {os.cpu_count()} cores\n")
    if options.only in (None, "step"):
        timings = interleave(steps(tapeflow, tensorflow, torch), options.rounds)
        print(table("The tutorial's train step, 1000 points", timings, "NumPy by hand"), end="\n\n")
    if options.only in (None, "trace"):
        libraries = {"tapeflow": tapeflow} | ({"TensorFlow": tensorflow} if tensorflow else {})
        print(tracing(libraries, options.traces), end="\n\n", flush=True)
    if options.only in (None, "transformer"):
        title = "A training step of a two-block transformer, 16 x 64 tokens, width 128"
        timings = interleave(transformer_steps(tapeflow, tensorflow), max(3, options.rounds // 6))
        print(table(title, timings, "tapeflow tf.function"))


if __name__ == "__main__":
    main()
