"""A two-block causal transformer and its training step with Adam, in plain ops.

For tapeflow and TensorFlow alike; `function.py` times how long the step takes to trace and run.
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


class Transformer:
    """Pre-norm blocks of causal attention and GELU layers; logits over the vocabulary.

    Args:
      tf: the library, tapeflow or TensorFlow.
      blocks: how many blocks.
      width: the width of embeddings; attention heads share it.
    """

    def __init__(self, tf: Any, blocks: int = BLOCKS, width: int = WIDTH) -> None:
        self.tf = tf
        self.variables: list[Any] = []
        rng = np.random.default_rng(1)

        def weight(*shape: int) -> Any:
            values = rng.normal(size=shape) * shape[0] ** -0.5
            self.variables.append(tf.Variable(values.astype(np.float32)))
            return self.variables[-1]

        def vector(size: int, value: float = 0.0) -> Any:
            self.variables.append(tf.Variable(np.full(size, value, np.float32)))
            return self.variables[-1]

        self.embedding = weight(VOCABULARY, width)
        self.positions = weight(TOKENS, width)
        self.blocks = [
            {
                "norm1": (vector(width, 1.0), vector(width)),
                "qkv": (weight(width, 3 * width), vector(3 * width)),
                "out": (weight(width, width), vector(width)),
                "norm2": (vector(width, 1.0), vector(width)),
                "up": (weight(width, 4 * width), vector(4 * width)),
                "down": (weight(4 * width, width), vector(width)),
            }
            for _ in range(blocks)
        ]
        self.norm = (vector(width, 1.0), vector(width))
        self.logits = (weight(width, VOCABULARY), vector(VOCABULARY))

    def normalized(self, x: Any, scale: Any, shift: Any) -> Any:
        tf = self.tf
        centered = x - tf.reduce_mean(x, axis=-1, keepdims=True)
        variance = tf.reduce_mean(tf.square(centered), axis=-1, keepdims=True)
        return centered * tf.math.rsqrt(variance + 1e-5) * scale + shift

    def dense(self, x: Any, weight: Any, bias: Any) -> Any:
        tf = self.tf
        flat = tf.reshape(x, [-1, x.shape[-1]])
        return tf.reshape(tf.matmul(flat, weight) + bias, [*x.shape[:-1], weight.shape[-1]])

    def attended(self, x: Any, qkv: tuple[Any, Any], out: tuple[Any, Any]) -> Any:
        tf = self.tf
        batch, tokens, width = x.shape
        split = tf.reshape(self.dense(x, *qkv), [batch, tokens, 3, HEADS, width // HEADS])
        q, k, v = tf.unstack(tf.transpose(split, [2, 0, 3, 1, 4]))
        scores = tf.matmul(q, k, transpose_b=True) * (width // HEADS) ** -0.5
        visible = tf.linalg.band_part(tf.ones([tokens, tokens]), -1, 0)
        weights = tf.nn.softmax(scores + (1.0 - visible) * -1e9)
        mixed = tf.reshape(
            tf.transpose(tf.matmul(weights, v), [0, 2, 1, 3]), [batch, tokens, width]
        )
        return self.dense(mixed, *out)

    def __call__(self, ids: Any) -> Any:
        """Logits `[batch, tokens, vocabulary]` for ids `[batch, tokens]`."""
        tf = self.tf
        x = tf.gather(self.embedding, ids) + self.positions
        for block in self.blocks:
            h = self.normalized(x, *block["norm1"])
            x = x + self.attended(h, block["qkv"], block["out"])
            h = self.dense(self.normalized(x, *block["norm2"]), *block["up"])
            h = 0.5 * h * (1.0 + tf.tanh(math.sqrt(2.0 / math.pi) * (h + 0.044715 * h * h * h)))
            x = x + self.dense(h, *block["down"])
        return self.dense(self.normalized(x, *self.norm), *self.logits)


class Adam:
    """Adam by hand, with its slots in variables of their own."""

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
        grown1 = 1.0 - tf.pow(0.9, self.steps)
        grown2 = tf.sqrt(1.0 - tf.pow(0.999, self.steps))
        rate = self.rate * grown2 / grown1
        for g, v, m, s in zip(gradients, variables, self.means, self.squares, strict=True):
            dense = tf.convert_to_tensor(g)  # the embedding's gradient comes as IndexedSlices
            m.assign(0.9 * m + 0.1 * dense)
            s.assign(0.999 * s + 0.001 * tf.square(dense))
            v.assign_sub(rate * m / (tf.sqrt(s) + 1e-7))


def train_step(tf: Any) -> Callable[[Any, Any], Any]:
    """A new model's step: ids and next tokens to the loss, not yet a tf.function."""
    model = Transformer(tf)
    adam = Adam(tf, model.variables)

    def step(ids: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=targets, logits=model(ids)
            )
            loss = tf.reduce_mean(losses)
        adam.apply(tape.gradient(loss, model.variables), model.variables)
        return loss

    return step
