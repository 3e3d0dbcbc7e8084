"""Training steps of small models beside TensorFlow eager and PyTorch eager, in one process.

    python benchmarks/models.py [--rounds 20] [--only mlp]
    python benchmarks/models.py --steps 200 --only mlp --library tapeflow    # for profilers

Peers that are not installed are left out. Threads: whatever the libraries choose by default;
OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 compares what one core does.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import itertools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from timing import interleave, table

Step = Callable[[], object]
CLASSES = 10


def normal(*shape: int, scale: float = 1.0, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).normal(size=shape) * scale).astype(np.float32)


def labels(count: int, below: int = CLASSES) -> np.ndarray:
    return np.random.default_rng(1).integers(0, below, count).astype(np.int64)


def dense_weights(widths: tuple[int, ...]) -> list[np.ndarray]:
    found: list[np.ndarray] = []
    for before, after in itertools.pairwise(widths):
        found += [normal(before, after, scale=before**-0.5), np.zeros(after, np.float32)]
    return found


# Models in TensorFlow's terms: for tapeflow and TensorFlow alike.


def train(tf: Any, variables: list[Any], loss_of: Callable[[], Any], optimizer: Any) -> Step:
    def step() -> object:
        with tf.GradientTape() as tape:
            loss = loss_of()
        gradients = tape.gradient(loss, variables)
        optimizer.apply_gradients(zip(gradients, variables, strict=True))
        return loss

    return step


def mlp(tf: Any, batch: int, widths: tuple[int, ...]) -> Step:
    x, y = tf.constant(normal(batch, widths[0])), tf.constant(labels(batch))
    variables = [tf.Variable(w) for w in dense_weights(widths)]
    last = len(variables) - 2

    def loss_of() -> Any:
        h = x
        for i in range(0, len(variables), 2):
            h = tf.matmul(h, variables[i]) + variables[i + 1]
            if i < last:
                h = tf.nn.relu(h)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=h)
        return tf.reduce_mean(losses)

    return train(tf, variables, loss_of, tf.compat.v1.train.AdamOptimizer(1e-3))


def cnn(tf: Any) -> Step:
    x, y = tf.constant(normal(32, 28, 28, 1)), tf.constant(labels(32))
    k1, k2 = (
        tf.Variable(normal(3, 3, 1, 16, scale=0.3)),
        tf.Variable(normal(3, 3, 16, 32, scale=0.1)),
    )
    b1, b2 = tf.Variable(tf.zeros(16)), tf.Variable(tf.zeros(32))
    w, b = tf.Variable(normal(7 * 7 * 32, CLASSES, scale=0.03)), tf.Variable(tf.zeros(CLASSES))

    def loss_of() -> Any:
        h = x
        for k, bias in ((k1, b1), (k2, b2)):
            h = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(h, k, 1, "SAME"), bias))
            h = tf.nn.max_pool2d(h, 2, 2, "VALID")
        logits = tf.matmul(tf.reshape(h, [32, -1]), w) + b
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
        return tf.reduce_mean(losses)

    optimizer = tf.compat.v1.train.MomentumOptimizer(0.01, 0.9)
    return train(tf, [k1, b1, k2, b2, w, b], loss_of, optimizer)


def lstm(tf: Any, batch: int = 16, width: int = 64, steps: int = 32) -> Step:
    x, target = tf.constant(normal(batch, steps, width)), tf.constant(normal(batch, width))
    w = tf.Variable(normal(2 * width, 4 * width, scale=(2 * width) ** -0.5))
    b = tf.Variable(tf.zeros(4 * width))

    def loss_of() -> Any:
        h = c = tf.zeros([batch, width])
        for t in range(steps):
            gates = tf.matmul(tf.concat([x[:, t], h], 1), w) + b
            i, j, f, o = tf.split(gates, 4, axis=1)
            c = c * tf.sigmoid(f + 1.0) + tf.sigmoid(i) * tf.tanh(j)
            h = tf.tanh(c) * tf.sigmoid(o)
        return tf.reduce_mean(tf.square(h - target))

    return train(tf, [w, b], loss_of, tf.compat.v1.train.GradientDescentOptimizer(0.1))


def bag(tf: Any, rows: int = 10_000, width: int = 16, batch: int = 64, each: int = 8) -> Step:
    ids, y = (
        tf.constant(labels(batch * each, rows).reshape(batch, each)),
        tf.constant(labels(batch)),
    )
    embedding = tf.Variable(normal(rows, width))
    w, b = tf.Variable(normal(width, CLASSES)), tf.Variable(tf.zeros(CLASSES))

    def loss_of() -> Any:
        pooled = tf.reduce_mean(tf.nn.embedding_lookup(embedding, ids), axis=1)
        logits = tf.matmul(pooled, w) + b
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
        return tf.reduce_mean(losses)

    optimizer = tf.compat.v1.train.GradientDescentOptimizer(0.1)
    return train(tf, [embedding, w, b], loss_of, optimizer)


# The same models in PyTorch's.


def torch_train(loss_of: Callable[[], Any], *optimizers: Any) -> Step:
    def step() -> object:
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
        return loss

    return step


def parameters(torch: Any, *arrays: np.ndarray) -> list[Any]:
    return [torch.from_numpy(a.copy()).requires_grad_() for a in arrays]


def torch_mlp(torch: Any, batch: int, widths: tuple[int, ...]) -> Step:
    x, y = torch.from_numpy(normal(batch, widths[0])), torch.from_numpy(labels(batch))
    weights = parameters(torch, *dense_weights(widths))
    last = len(weights) - 2

    def loss_of() -> Any:
        h = x
        for i in range(0, len(weights), 2):
            h = h @ weights[i] + weights[i + 1]
            if i < last:
                h = torch.relu(h)
        return torch.nn.functional.cross_entropy(h, y)

    return torch_train(loss_of, torch.optim.Adam(weights, 1e-3))


def torch_cnn(torch: Any) -> Step:
    x, y = torch.from_numpy(normal(32, 1, 28, 28)), torch.from_numpy(labels(32))
    k1, b1, k2, b2, w, b = weights = parameters(
        torch,
        normal(16, 1, 3, 3, scale=0.3),
        np.zeros(16, np.float32),
        normal(32, 16, 3, 3, scale=0.1),
        np.zeros(32, np.float32),
        normal(7 * 7 * 32, CLASSES, scale=0.03),
        np.zeros(CLASSES, np.float32),
    )
    functional = torch.nn.functional

    def loss_of() -> Any:
        h = x
        for k, bias in ((k1, b1), (k2, b2)):
            h = functional.max_pool2d(torch.relu(functional.conv2d(h, k, bias, padding=1)), 2)
        return functional.cross_entropy(h.reshape(32, -1) @ w + b, y)

    return torch_train(loss_of, torch.optim.SGD(weights, 0.01, momentum=0.9))


def torch_lstm(torch: Any, batch: int = 16, width: int = 64, steps: int = 32) -> Step:
    x, target = (
        torch.from_numpy(normal(batch, steps, width)),
        torch.from_numpy(normal(batch, width)),
    )
    w, b = weights = parameters(
        torch,
        normal(2 * width, 4 * width, scale=(2 * width) ** -0.5),
        np.zeros(4 * width, np.float32),
    )

    def loss_of() -> Any:
        h = c = torch.zeros([batch, width])
        for t in range(steps):
            gates = torch.cat([x[:, t], h], 1) @ w + b
            i, j, f, o = torch.chunk(gates, 4, 1)
            c = c * torch.sigmoid(f + 1.0) + torch.sigmoid(i) * torch.tanh(j)
            h = torch.tanh(c) * torch.sigmoid(o)
        return torch.mean(torch.square(h - target))

    return torch_train(loss_of, torch.optim.SGD(weights, 0.1))


def torch_bag(
    torch: Any, rows: int = 10_000, width: int = 16, batch: int = 64, each: int = 8
) -> Step:
    ids, y = labels(batch * each, rows).reshape(batch, each), torch.from_numpy(labels(batch))
    ids = torch.from_numpy(ids)
    embedding, w, b = weights = parameters(
        torch, normal(rows, width), normal(width, CLASSES), np.zeros(CLASSES, np.float32)
    )
    functional = torch.nn.functional

    def loss_of() -> Any:
        pooled = functional.embedding(ids, embedding, sparse=True).mean(1)
        return functional.cross_entropy(pooled @ w + b, y)

    return torch_train(loss_of, torch.optim.SGD(weights, 0.1))


SMALL, LARGE = (64, 64, 64, CLASSES), (784, 512, 512, CLASSES)
MODELS: dict[str, tuple[str, Callable[[Any], Step], Callable[[Any], Step]]] = {
    "mlp": (
        "MLP 64-64-64-10, batch 32, Adam",
        lambda tf: mlp(tf, 32, SMALL),
        lambda torch: torch_mlp(torch, 32, SMALL),
    ),
    "wide": (
        "MLP 784-512-512-10, batch 128, Adam",
        lambda tf: mlp(tf, 128, LARGE),
        lambda torch: torch_mlp(torch, 128, LARGE),
    ),
    "cnn": ("CNN 16-32 on 32x28x28x1, momentum", cnn, torch_cnn),
    "lstm": ("LSTM by hand, 32 steps, 16x64, SGD", lstm, torch_lstm),
    "bag": ("Embedding bag, 64x8 of 10,000 rows of 16, sparse SGD", bag, torch_bag),
}


def load(name: str) -> Any:
    return importlib.import_module(name) if importlib.util.find_spec(name) else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--only", choices=MODELS)
    parser.add_argument("--steps", type=int, help="run so many steps of one library, untimed")
    parser.add_argument(
        "--library", choices=("tapeflow", "tensorflow", "torch"), default="tapeflow"
    )
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    chosen = {k: v for k, v in MODELS.items() if options.only in (None, k)}
    if options.steps is not None:
        module = importlib.import_module(options.library)
        for _, ours, torchs in chosen.values():
            step = (torchs if options.library == "torch" else ours)(module)
            for _ in range(options.steps):
                step()
        return
    import tapeflow

    tensorflow, torch = load("tensorflow"), load("torch")
    for title, ours, torchs in chosen.values():
        found: dict[str, Step] = {"tapeflow": ours(tapeflow)}
        if tensorflow:
            found["TensorFlow eager"] = ours(tensorflow)
        if torch:
            found["PyTorch eager"] = torchs(torch)
        print(table(title, interleave(found, options.rounds), "tapeflow"), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
