"""What each workload trains: inputs and initial weights, the same numbers for every library.

A problem holds NumPy arrays alone; programs are in `with_tensorflow`, `with_jax`, `with_torch`.
Layouts are TensorFlow's (images NHWC, filters HWIO, dense weights `[from, to]`, LSTM gates in the
order input, forget, candidate, output); a program in another layout converts on the way in.

FLOPs count contractions only (2 for a multiply and an add; forward, and gradients of what is
differentiated). Bytes count what must cross to memory at least once: every input and weight read,
every weight and every slot of its optimizer written. Both are lower bounds, and so is the time that
the harness derives from them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod

import numpy as np

from benchmarks import transformer

Weights = dict[str, np.ndarray]


@dataclass(frozen=True)
class Problem:
    """A model to train.

    Attributes:
      inputs: what a step is called with.
      weights: the initial weights, by name.
      optimizer: "sgd", "momentum" or "adam".
      rate: the learning rate.
      flops: floating-point operations of a call, contractions only.
      bytes: bytes that a call reads and writes at least.
      settings: what else the program needs: `{"steps": 1000}`.
      tolerance: how far losses may be from another library's, relatively.
    """

    inputs: tuple[np.ndarray, ...]
    weights: Weights
    optimizer: str
    rate: float
    flops: int = 0
    bytes: int = 0
    settings: dict[str, int] = field(default_factory=dict)
    tolerance: float = 1e-4


SLOTS = {"sgd": 0, "momentum": 1, "adam": 2}


def dense_traffic(inputs: tuple[np.ndarray, ...], weights: Weights, optimizer: str) -> int:
    """Bytes of a step whose optimizer touches every weight: the data once, each weight and slot
    twice."""
    touched = 2 * (1 + SLOTS[optimizer]) * sum(w.nbytes for w in weights.values())
    return sum(x.nbytes for x in inputs) + touched


def normal(rng: np.random.Generator, *shape: int, scale: float = 1.0) -> np.ndarray:
    return (rng.normal(size=shape) * scale).astype(np.float32)


def line(examples: int = 1000, steps: int = 1) -> Problem:
    """The tutorial's straight line, `steps` training steps a call."""
    rng = np.random.default_rng(0)
    x = normal(rng, examples)
    y = x * np.float32(3.0) + np.float32(2.0) + normal(rng, examples)
    weights = {"w": np.array(5.0, np.float32), "b": np.array(0.0, np.float32)}
    # Rates differ so that a loop's last steps still move.
    rate = 0.1 if steps == 1 else 0.001
    return Problem((x, y), weights, "sgd", rate, bytes=2 * x.nbytes, settings={"steps": steps})


def mlp(batch: int, widths: tuple[int, ...]) -> Problem:
    """Dense layers with relu between them, cross-entropy of the last, Adam."""
    rng = np.random.default_rng(0)
    x = normal(rng, batch, widths[0])
    labels = rng.integers(0, widths[-1], batch).astype(np.int32)
    weights: Weights = {}
    for i, (before, after) in enumerate(itertools.pairwise(widths)):
        weights[f"w{i}"] = normal(rng, before, after, scale=before**-0.5)
        weights[f"b{i}"] = np.zeros(after, np.float32)
    products = [batch * a * b for a, b in itertools.pairwise(widths)]
    # The first layer has no gradient to pass down.
    flops = 2 * (3 * sum(products) - products[0])
    inputs = (x, labels)
    settings = {"layers": len(widths) - 1}
    return Problem(
        inputs, weights, "adam", 1e-3, flops, dense_traffic(inputs, weights, "adam"), settings
    )


def cnn(batch: int = 64, size: int = 28, channels: tuple[int, int] = (32, 64)) -> Problem:
    """Two convolutions with pooling, two dense layers, momentum."""
    rng = np.random.default_rng(0)
    c1, c2 = channels
    side, flat = size // 2, (size // 4) ** 2 * c2
    x = normal(rng, batch, size, size, 1)
    labels = rng.integers(0, 10, batch).astype(np.int32)
    weights = {
        "k1": normal(rng, 3, 3, 1, c1, scale=0.3),
        "c1": np.zeros(c1, np.float32),
        "k2": normal(rng, 3, 3, c1, c2, scale=(9 * c1) ** -0.5),
        "c2": np.zeros(c2, np.float32),
        "w1": normal(rng, flat, 128, scale=flat**-0.5),
        "b1": np.zeros(128, np.float32),
        "w2": normal(rng, 128, 10, scale=128**-0.5),
        "b2": np.zeros(10, np.float32),
    }
    first = batch * size * size * 9 * c1
    rest = batch * (side * side * 9 * c1 * c2 + flat * 128 + 128 * 10)
    inputs = (x, labels)
    traffic = dense_traffic(inputs, weights, "momentum")
    return Problem(inputs, weights, "momentum", 0.01, 2 * (2 * first + 3 * rest), traffic)


def lstm(
    batch: int = 32, time: int = 64, embed: int = 64, units: int = 128, vocabulary: int = 96
) -> Problem:
    """A character model: embedding, LSTM, logits of the next character, Adam."""
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, vocabulary, [batch, time + 1]).astype(np.int32)
    weights = {
        "embedding": normal(rng, vocabulary, embed, scale=0.5),
        "wx": normal(rng, embed, 4 * units, scale=embed**-0.5),
        "wh": normal(rng, units, 4 * units, scale=units**-0.5),
        "b": np.zeros(4 * units, np.float32),
        "w": normal(rng, units, vocabulary, scale=units**-0.5),
        "c": np.zeros(vocabulary, np.float32),
    }
    flops = 2 * 3 * batch * time * (embed * 4 * units + units * 4 * units + units * vocabulary)
    inputs = (np.ascontiguousarray(drawn[:, :-1]), np.ascontiguousarray(drawn[:, 1:]))
    traffic = dense_traffic(inputs, weights, "adam")
    return Problem(inputs, weights, "adam", 1e-3, flops, traffic, {"time": time, "units": units})


def attention(
    batch: int = transformer.BATCH,
    tokens: int = transformer.TOKENS,
    width: int = transformer.WIDTH,
    blocks: int = transformer.BLOCKS,
) -> Problem:
    """The causal transformer of `benchmarks/transformer.py`, Adam."""
    weights = transformer.weights(blocks, width, tokens)
    inputs = transformer.text(batch, tokens)
    dense = sum(prod(w.shape) for n, w in weights.items() if w.ndim == 2 and "embed" not in n)
    dense -= prod(weights["positions"].shape)
    scores = blocks * 2 * tokens * tokens * width  # queries with keys, and weights with values
    flops = 2 * 3 * batch * (tokens * dense + scores)
    return Problem(
        inputs,
        weights,
        "adam",
        1e-3,
        flops,
        dense_traffic(inputs, weights, "adam"),
        {"blocks": blocks, "tokens": tokens},
    )


def embedding(rows: int = 1_000_000, width: int = 32, ids: int = 256) -> Problem:
    """A table of which a step reads and updates a few rows, some of them twice; SGD."""
    rng = np.random.default_rng(0)
    table = rng.standard_normal((rows, width), np.float32)
    chosen = rng.integers(0, rows, ids).astype(np.int32)
    chosen[-(ids // 4) :] = chosen[: ids // 4]
    targets = normal(rng, ids, width)
    # The rows are read, and read and written by the update.
    traffic = chosen.nbytes + 4 * targets.nbytes
    return Problem((chosen, targets), {"table": table}, "sgd", 100.0, bytes=traffic)


def logreg(examples: int = 4096, features: int = 1000) -> Problem:
    """Logistic regression on wide data, SGD."""
    rng = np.random.default_rng(0)
    x = normal(rng, examples, features)
    truth = normal(rng, features, 1)
    y = (x @ truth + normal(rng, examples, 1, scale=10.0) > 0).astype(np.float32)
    weights = {"w": normal(rng, features, 1, scale=0.01), "b": np.zeros(1, np.float32)}
    inputs = (x, y)
    traffic = dense_traffic(inputs, weights, "sgd")
    return Problem(inputs, weights, "sgd", 0.1, 2 * 2 * examples * features, traffic)


def elementwise(size: int = 4_000_000) -> Problem:
    """Independent parameters, a loss of tanh and softplus that has a minimum, Adam."""
    rng = np.random.default_rng(0)
    targets = rng.uniform(0.75, 1.5, size).astype(np.float32)
    weights = {"p": rng.standard_normal(size, np.float32)}
    traffic = dense_traffic((targets,), weights, "adam")
    return Problem((targets,), weights, "adam", 1e-3, bytes=traffic)


WORKLOADS: dict[str, Callable[[], Problem]] = {
    "linear": line,
    "linear_loop": lambda: line(steps=1000),
    "mlp_small": lambda: mlp(32, (64, 64, 64, 10)),
    "mlp_mnist": lambda: mlp(128, (784, 512, 512, 10)),
    "cnn_mnist": cnn,
    "lstm_char": lstm,
    "lstm_char_unrolled": lstm,
    "transformer_tiny": attention,
    "embedding_sparse": embedding,
    "logreg_wide": logreg,
    "elementwise_big": elementwise,
}
"""By name, the problems as they are measured."""

SMALL: dict[str, Callable[[], Problem]] = {
    "linear": lambda: line(50),
    "linear_loop": lambda: line(50, steps=20),
    "mlp_small": lambda: mlp(5, (7, 6, 5, 3)),
    "mlp_mnist": lambda: mlp(8, (49, 33, 17, 10)),
    "cnn_mnist": lambda: cnn(3, 8, (4, 5)),
    "lstm_char": lambda: lstm(3, 5, 4, 6, 7),
    "lstm_char_unrolled": lambda: lstm(3, 5, 4, 6, 7),
    "transformer_tiny": lambda: attention(2, 6, 16, 1),
    "embedding_sparse": lambda: embedding(50, 4, 8),
    "logreg_wide": lambda: logreg(31, 13),
    "elementwise_big": lambda: elementwise(1001),
}
"""The same in sizes for tests."""
