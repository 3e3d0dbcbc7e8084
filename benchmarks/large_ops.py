"""Large operations in eager mode: tapeflow beside the same in NumPy alone, and TensorFlow.

    python benchmarks/large_ops.py [--rounds 15]

NumPy alone is the same program while nothing is compiled: the operations' NumPy kernels.
TensorFlow is left out where it is not installed. Threads: whatever the libraries choose by default.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from timing import Timing, interleave

WARM = 200
"""So many calls, at most, until generated code runs: compiling is not what is measured."""


def data(*shape: int, dtype: str = "float32") -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(dtype)


def vector_math() -> dict[str, Callable[[Any], Callable[[], Any]]]:
    """Operations on a million elements: name -> framework -> function without arguments."""
    found: dict[str, Callable[[Any], Callable[[], Any]]] = {}

    def add(name: str, of: Callable[[Any], Callable[..., Any]], *arrays: np.ndarray) -> None:
        def make(tf: Any) -> Callable[[], Any]:
            tensors = [tf.constant(a) for a in arrays]
            return lambda: of(tf)(*tensors)

        found[name] = make

    x, y = data(1 << 20), data(1 << 20)
    add("exp", lambda tf: tf.exp, x)
    add("log", lambda tf: tf.math.log, abs(x))
    add("tanh", lambda tf: tf.tanh, x)
    add("sigmoid", lambda tf: tf.sigmoid, x)
    add("softplus", lambda tf: tf.math.softplus, x)
    add("erf", lambda tf: tf.math.erf, x)
    add("elu", lambda tf: tf.nn.elu, x)
    add("leaky_relu", lambda tf: tf.nn.leaky_relu, x)
    add("squared_difference", lambda tf: tf.math.squared_difference, x, y)
    add("tanh, float64", lambda tf: tf.tanh, x.astype(np.float64))
    add("sin, float64", lambda tf: tf.sin, x.astype(np.float64))
    add("softmax 512x1000", lambda tf: tf.nn.softmax, data(512, 1000))
    add("log_softmax 64x32000", lambda tf: tf.nn.log_softmax, data(64, 32000))
    return found


def windows() -> dict[str, Callable[[Any], Callable[[], Any]]]:
    """Convolution and pooling: forward, and forward with all gradients."""
    found: dict[str, Callable[[Any], Callable[[], Any]]] = {}

    def add(name: str, of: Callable[..., Any], *arrays: np.ndarray) -> None:
        def forward(tf: Any) -> Callable[[], Any]:
            tensors = [tf.constant(a) for a in arrays]
            return lambda: of(tf, *tensors)

        def both(tf: Any) -> Callable[[], Any]:
            tensors = [tf.constant(a) for a in arrays]

            def run() -> Any:
                with tf.GradientTape() as tape:
                    tape.watch(tensors)
                    y = of(tf, *tensors)
                return tape.gradient(y, tensors)

            return run

        found[name] = forward
        found[f"{name}: with gradients"] = both

    def convolution(batch: int, side: int, inner: int, outer: int, width: int, stride: int) -> None:
        name = f"conv {width}x{width}/{stride}, {batch}x{side}x{side}x{inner} to {outer}"
        x, w = data(batch, side, side, inner), data(width, width, inner, outer)
        add(name, lambda tf, x, w: tf.nn.conv2d(x, w, stride, "SAME"), x, w)

    def pooling(kind: str, batch: int, side: int, channels: int, width: int, stride: int) -> None:
        name = f"{kind}_pool {width}x{width}/{stride}, {batch}x{side}x{side}x{channels}"

        def of(tf: Any, x: Any) -> Any:
            return getattr(tf.nn, f"{kind}_pool2d")(x, width, stride, "SAME")

        add(name, of, data(batch, side, side, channels))

    convolution(64, 28, 1, 32, 3, 1)
    convolution(64, 14, 32, 64, 3, 1)
    convolution(16, 28, 128, 128, 3, 1)
    convolution(8, 56, 64, 64, 1, 1)
    convolution(8, 112, 3, 32, 5, 2)
    pooling("max", 64, 28, 32, 2, 2)
    pooling("max", 8, 56, 64, 3, 2)
    pooling("avg", 8, 56, 64, 3, 2)
    return found


def measured(make: Callable[[Any], Callable[[], Any]], tf: Any, peer: Any, rounds: int) -> Any:
    """One operation's timings."""
    from tapeflow.engine.compiler import compile as compiling

    ours = make(tf)

    def in_numpy() -> Any:
        compiling.COMPILE = False
        try:
            return ours()
        finally:
            compiling.COMPILE = True

    for _ in range(WARM):
        ours()
    contenders = {"tapeflow": ours, "NumPy": in_numpy}
    if peer:
        contenders["TensorFlow"] = make(peer)
    return interleave(contenders, rounds)


def row(name: str, timings: dict[str, Timing]) -> str:
    """A line of the table: microseconds, and how many times faster tapeflow is."""
    ours = timings["tapeflow"].median
    cells = [name, f"{ours:,.0f}"]
    for peer, timing in timings.items():
        if peer != "tapeflow":
            cells.append(f"{timing.median:,.0f} ({timing.median / ours:.1f}x)")
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    import tapeflow as tf

    peer = None
    if importlib.util.find_spec("tensorflow"):
        peer = importlib.import_module("tensorflow")
    names = ["operation (microseconds)", "tapeflow", "NumPy", *(["TensorFlow"] if peer else [])]
    print("| " + " | ".join(names) + " |")
    print("|---|" + "---:|" * (len(names) - 1))
    for name, make in {**vector_math(), **windows()}.items():
        print(row(name, measured(make, tf, peer, rounds)), flush=True)


if __name__ == "__main__":
    main()
