"""Eager mode beside NumPy by hand, PyTorch and TensorFlow, in one process and one run.

    python benchmarks/eager.py [--rounds 60]

Peers that are not installed are left out. Threads: whatever the libraries choose by default.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from timing import interleave, table

EXAMPLES = 1000


def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=EXAMPLES).astype(np.float32)
    y = (x * 3.0 + 2.0 + rng.normal(size=EXAMPLES)).astype(np.float32)
    return x, y


def numpy_step() -> Callable[[], object]:
    """The tutorial's step as one writes it in NumPy: loss, gradients by hand, update."""
    x, y = data()
    rate = np.float32(0.1)
    state = {"w": np.float32(5.0), "b": np.float32(0.0)}

    def step() -> object:
        w, b = state["w"], state["b"]
        error = w * x + b - y
        loss = np.mean(np.square(error))
        d = error * np.float32(2.0 / EXAMPLES)
        state["w"] = w - rate * np.sum(d * x)
        state["b"] = b - rate * np.sum(d)
        return loss

    return step


def tape_step(tf: Any) -> Callable[[], object]:
    """The tutorial's step with a gradient tape, for tapeflow and TensorFlow alike."""
    x, y = map(tf.constant, data())
    w, b = tf.Variable(5.0), tf.Variable(0.0)

    def step() -> object:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(w * x + b - y))
        dw, db = tape.gradient(loss, [w, b])
        w.assign_sub(0.1 * dw)
        b.assign_sub(0.1 * db)
        return loss

    return step


def torch_step(torch: Any) -> Callable[[], object]:
    x, y = map(torch.from_numpy, data())
    w = torch.tensor(5.0, requires_grad=True)
    b = torch.tensor(0.0, requires_grad=True)

    def step() -> object:
        loss = torch.mean(torch.square(w * x + b - y))
        loss.backward()
        with torch.no_grad():
            w.sub_(0.1 * w.grad)
            b.sub_(0.1 * b.grad)
            w.grad = None
            b.grad = None
        return loss

    return step


REPEAT = 200


def under_tape(tf: Any, op: Callable[[Any], object]) -> Callable[[], object]:
    """`REPEAT` calls of an op on a watched tensor, inside one tape that is never asked."""
    x = tf.constant(np.ones(10, np.float32))

    def turn() -> None:
        with tf.GradientTape() as tape:
            tape.watch(x)
            for _ in range(REPEAT):
                op(x)

    return turn


def without_tape(op: Callable[[Any], object]) -> Callable[[], object]:
    """`REPEAT` calls of a NumPy function on an array."""
    x = np.ones(10, np.float32)

    def turn() -> None:
        for _ in range(REPEAT):
            op(x)

    return turn


def steps(tapeflow: Any, tensorflow: Any, torch: Any) -> dict[str, Callable[[], object]]:
    found = {"NumPy by hand": numpy_step(), "tapeflow": tape_step(tapeflow)}
    if torch:
        found["PyTorch eager"] = torch_step(torch)
    if tensorflow:
        found["TensorFlow eager"] = tape_step(tensorflow)
    return found


def small_ops(tapeflow: Any, rounds: int) -> str:
    lines = [
        "### One eager op on 10 floats under an active tape",
        "",
        "| op | NumPy us | tapeflow us | over NumPy us |",
        "| --- | ---: | ---: | ---: |",
    ]
    ops: list[tuple[str, Callable[[Any], object], Callable[[Any], object]]] = [
        ("x * x", lambda x: x * x, lambda x: x * x),
        ("x + 1.0", lambda x: x + 1.0, lambda x: x + 1.0),
        ("square", tapeflow.square, np.square),
        ("exp", tapeflow.exp, np.exp),
        ("reduce_sum", tapeflow.reduce_sum, np.sum),
        ("maximum", lambda x: tapeflow.maximum(x, 0.0), lambda x: np.maximum(x, 0.0)),
    ]
    for name, ours, numpys in ops:
        contenders = {"numpy": without_tape(numpys), "tapeflow": under_tape(tapeflow, ours)}
        timings = interleave(contenders, rounds)
        theirs, own = (timings[k].median / REPEAT for k in ("numpy", "tapeflow"))
        lines.append(f"| {name} | {theirs:.2f} | {own:.2f} | {own - theirs:.2f} |")
    return "\n".join(lines)


def load(name: str) -> Any:
    return importlib.import_module(name) if importlib.util.find_spec(name) else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=60)
    rounds = parser.parse_args().rounds
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tapeflow

    tensorflow, torch = load("tensorflow"), load("torch")
    versions = [f"Python {platform.python_version()}", f"NumPy {np.__version__}"]
    versions += [f"{m.__name__} {m.__version__}" for m in (tensorflow, torch) if m]
    print(f"{', '.join(versions)}; {os.cpu_count()} cores\n")
    found = steps(tapeflow, tensorflow, torch)
    print(
        table("The tutorial's train step, 1000 points", interleave(found, rounds), "NumPy by hand")
    )
    print()
    print(small_ops(tapeflow, rounds))


if __name__ == "__main__":
    main()
