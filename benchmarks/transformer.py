"""A two-block causal transformer and its training step with Adam, in plain ops.

For tapeflow and TensorFlow alike; `function.py` times how long the step takes to trace and run, and
`training` compares it with other libraries.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

BATCH, TOKENS, WIDTH, HEADS, BLOCKS, VOCABULARY = 16, 64, 128, 4, 2, 256


def text(batch: int = BATCH, tokens: int = TOKENS) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and next tokens, `[batch, tokens]` each, int32."""
    drawn = np.random.default_rng(0).integers(0, VOCABULARY, [batch, tokens + 1])
    return drawn[:, :-1].astype(np.int32), drawn[:, 1:].astype(np.int32)


def weights(
    blocks: int = BLOCKS, width: int = WIDTH, tokens: int = TOKENS
) -> dict[str, np.ndarray]:
    """Initial weights by name; a layer has `name.w` and `name.b`, a block begins with its number.

    Args:
      blocks: how many blocks.
      width: the width of embeddings; attention heads share it.
      tokens: how many positions there are.
    """
    rng = np.random.default_rng(1)
    made: dict[str, np.ndarray] = {}

    def matrix(name: str, *shape: int) -> None:
        made[name] = (rng.normal(size=shape) * shape[0] ** -0.5).astype(np.float32)

    def dense(name: str, before: int, after: int) -> None:
        matrix(f"{name}.w", before, after)
        made[f"{name}.b"] = np.zeros(after, np.float32)

    def norm(name: str) -> None:
        made[f"{name}.w"] = np.ones(width, np.float32)
        made[f"{name}.b"] = np.zeros(width, np.float32)

    matrix("embedding", VOCABULARY, width)
    matrix("positions", tokens, width)
    for i in range(blocks):
        norm(f"{i}.norm1")
        dense(f"{i}.qkv", width, 3 * width)
        dense(f"{i}.out", width, width)
        norm(f"{i}.norm2")
        dense(f"{i}.up", width, 4 * width)
        dense(f"{i}.down", 4 * width, width)
    norm("norm")
    dense("logits", width, VOCABULARY)
    return made


def normalized(tf: Any, v: dict[str, Any], name: str, x: Any) -> Any:
    centered = x - tf.reduce_mean(x, axis=-1, keepdims=True)
    variance = tf.reduce_mean(tf.square(centered), axis=-1, keepdims=True)
    return centered * tf.math.rsqrt(variance + 1e-5) * v[f"{name}.w"] + v[f"{name}.b"]


def dense(tf: Any, v: dict[str, Any], name: str, x: Any) -> Any:
    weight = v[f"{name}.w"]
    flat = tf.reshape(x, [-1, x.shape[-1]])
    found = tf.matmul(flat, weight) + v[f"{name}.b"]
    return tf.reshape(found, [*x.shape[:-1], weight.shape[-1]])


def attended(tf: Any, v: dict[str, Any], block: int, x: Any) -> Any:
    batch, tokens, width = x.shape
    split = tf.reshape(dense(tf, v, f"{block}.qkv", x), [batch, tokens, 3, HEADS, width // HEADS])
    q, k, values = tf.unstack(tf.transpose(split, [2, 0, 3, 1, 4]))
    scores = tf.matmul(q, k, transpose_b=True) * (width // HEADS) ** -0.5
    visible = tf.linalg.band_part(tf.ones([tokens, tokens]), -1, 0)
    shares = tf.nn.softmax(scores + (1.0 - visible) * -1e9)
    mixed = tf.transpose(tf.matmul(shares, values), [0, 2, 1, 3])
    return dense(tf, v, f"{block}.out", tf.reshape(mixed, [batch, tokens, width]))


def logits(tf: Any, v: dict[str, Any], ids: Any, blocks: int = BLOCKS) -> Any:
    """Pre-norm blocks of causal attention and GELU layers.

    Args:
      tf: the library, tapeflow or TensorFlow.
      v: variables named as in `weights`.
      ids: `[batch, tokens]`.
      blocks: how many blocks `v` holds.

    Returns:
      `[batch, tokens, vocabulary]`.
    """
    x = tf.gather(v["embedding"], ids) + v["positions"]
    for i in range(blocks):
        x = x + attended(tf, v, i, normalized(tf, v, f"{i}.norm1", x))
        h = dense(tf, v, f"{i}.up", normalized(tf, v, f"{i}.norm2", x))
        h = 0.5 * h * (1.0 + tf.tanh(math.sqrt(2.0 / math.pi) * (h + 0.044715 * h * h * h)))
        x = x + dense(tf, v, f"{i}.down", h)
    return dense(tf, v, "logits", normalized(tf, v, "norm", x))


class Adam:
    """Adam by hand, as Kingma and Ba write it in algorithm 1, slots in variables of their own."""

    def __init__(self, tf: Any, variables: list[Any], rate: float = 1e-3) -> None:
        self.tf = tf
        self.rate = rate
        self.steps = tf.Variable(0.0, trainable=False)
        zeros = [np.zeros(tuple(v.shape), np.float32) for v in variables]
        self.means = [tf.Variable(z, trainable=False) for z in zeros]
        self.squares = [tf.Variable(z, trainable=False) for z in zeros]

    def apply(self, gradients: list[Any], variables: list[Any]) -> None:
        tf = self.tf
        self.steps.assign_add(1.0)
        rate = self.rate / (1.0 - tf.pow(0.9, self.steps))
        root = tf.math.rsqrt(1.0 - tf.pow(0.999, self.steps))
        for g, v, m, s in zip(gradients, variables, self.means, self.squares, strict=True):
            dense = tf.convert_to_tensor(g)  # an embedding's gradient comes as IndexedSlices
            m.assign(0.9 * m + 0.1 * dense)
            s.assign(0.999 * s + 0.001 * tf.square(dense))
            v.assign_sub(rate * m / (tf.sqrt(s) * root + 1e-8))


def train_step(tf: Any) -> Callable[[Any, Any], Any]:
    """A new model's step: ids and next tokens to the loss, not yet a tf.function."""
    v = {name: tf.Variable(w) for name, w in weights().items()}
    variables = list(v.values())
    adam = Adam(tf, variables)

    def step(ids: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=targets, logits=logits(tf, v, ids)
            )
            loss = tf.reduce_mean(losses)
        adam.apply(tape.gradient(loss, variables), variables)
        return loss

    return step
