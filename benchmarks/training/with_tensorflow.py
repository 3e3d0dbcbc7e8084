"""The workloads in TensorFlow's API: one program for tapeflow and TensorFlow.

`tf` is either library. A loss is a function of the library, the problem's settings, variables by
name, and inputs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import transformer
from benchmarks.training.problems import Problem
from benchmarks.training.program import Program

Settings = dict[str, int]
Variables = dict[str, Any]


class SGD:
    """Gradient descent."""

    def __init__(self, tf: Any, variables: list[Any], rate: float) -> None:
        self.rate = rate

    def apply(self, gradients: list[Any], variables: list[Any]) -> None:
        for g, v in zip(gradients, variables, strict=True):
            v.assign_sub(self.rate * g)


class Momentum:
    """Gradient descent with momentum 0.9."""

    def __init__(self, tf: Any, variables: list[Any], rate: float) -> None:
        self.rate = rate
        zeros = [np.zeros(tuple(v.shape), np.float32) for v in variables]
        self.speeds = [tf.Variable(z, trainable=False) for z in zeros]

    def apply(self, gradients: list[Any], variables: list[Any]) -> None:
        for g, v, a in zip(gradients, variables, self.speeds, strict=True):
            a.assign(0.9 * a + g)
            v.assign_sub(self.rate * a)


class SparseSGD:
    """Gradient descent for tables whose gradients are rows: touches these alone."""

    def __init__(self, tf: Any, variables: list[Any], rate: float) -> None:
        self.tf = tf
        self.rate = rate

    def apply(self, gradients: list[Any], variables: list[Any]) -> None:
        for g, v in zip(gradients, variables, strict=True):
            v.scatter_sub(self.tf.IndexedSlices(self.rate * g.values, g.indices))


OPTIMIZERS: dict[str, Any] = {
    "sgd": SGD,
    "sparse_sgd": SparseSGD,
    "momentum": Momentum,
    "adam": transformer.Adam,
}


def line_loss(tf: Any, settings: Settings, v: Variables, x: Any, y: Any) -> Any:
    return tf.reduce_mean(tf.square(v["w"] * x + v["b"] - y))


def cross_entropy(tf: Any, labels: Any, logits: Any) -> Any:
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    return tf.reduce_mean(losses)


def mlp_loss(tf: Any, settings: Settings, v: Variables, x: Any, labels: Any) -> Any:
    h = x
    last = settings["layers"] - 1
    for i in range(last):
        h = tf.nn.relu(tf.matmul(h, v[f"w{i}"]) + v[f"b{i}"])
    return cross_entropy(tf, labels, tf.matmul(h, v[f"w{last}"]) + v[f"b{last}"])


def cnn_loss(tf: Any, settings: Settings, v: Variables, x: Any, labels: Any) -> Any:
    h = tf.nn.relu(tf.nn.conv2d(x, v["k1"], 1, "SAME") + v["c1"])
    h = tf.nn.max_pool2d(h, 2, 2, "VALID")
    h = tf.nn.relu(tf.nn.conv2d(h, v["k2"], 1, "SAME") + v["c2"])
    h = tf.nn.max_pool2d(h, 2, 2, "VALID")
    h = tf.reshape(h, [x.shape[0], -1])
    h = tf.nn.relu(tf.matmul(h, v["w1"]) + v["b1"])
    return cross_entropy(tf, labels, tf.matmul(h, v["w2"]) + v["b2"])


def lstm_inputs(tf: Any, v: Variables, ids: Any) -> Any:
    """What the gates get from the characters, all times at once: `[time, batch, 4 * units]`."""
    batch, time = ids.shape
    embedded = tf.gather(v["embedding"], tf.reshape(tf.transpose(ids), [-1]))
    return tf.reshape(tf.matmul(embedded, v["wx"]) + v["b"], [time, batch, -1])


def lstm_cell(tf: Any, v: Variables, inputs: Any, h: Any, c: Any) -> tuple[Any, Any]:
    i, f, g, o = tf.split(inputs + tf.matmul(h, v["wh"]), 4, axis=1)
    c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
    return tf.sigmoid(o) * tf.tanh(c), c


def lstm_logits_loss(tf: Any, v: Variables, outputs: Any, targets: Any) -> Any:
    """The loss of outputs `[time, batch, units]`."""
    flat = tf.reshape(outputs, [-1, v["w"].shape[0]])
    labels = tf.reshape(tf.transpose(targets), [-1])
    return cross_entropy(tf, labels, tf.matmul(flat, v["w"]) + v["c"])


def lstm_loss(tf: Any, settings: Settings, v: Variables, ids: Any, targets: Any) -> Any:
    time, units = settings["time"], settings["units"]
    inputs = lstm_inputs(tf, v, ids)
    h = c = tf.zeros([ids.shape[0], units])
    outputs = tf.TensorArray(tf.float32, time, element_shape=[ids.shape[0], units])
    for t in tf.range(time):
        h, c = lstm_cell(tf, v, inputs[t], h, c)
        outputs = outputs.write(t, h)
    return lstm_logits_loss(tf, v, outputs.stack(), targets)


def unrolled_lstm_loss(tf: Any, settings: Settings, v: Variables, ids: Any, targets: Any) -> Any:
    inputs = tf.unstack(lstm_inputs(tf, v, ids))
    h = c = tf.zeros([ids.shape[0], settings["units"]])
    outputs = []
    for row in inputs:
        h, c = lstm_cell(tf, v, row, h, c)
        outputs.append(h)
    return lstm_logits_loss(tf, v, tf.stack(outputs), targets)


def transformer_loss(tf: Any, settings: Settings, v: Variables, ids: Any, targets: Any) -> Any:
    return cross_entropy(tf, targets, transformer.logits(tf, v, ids, settings["blocks"]))


def embedding_loss(tf: Any, settings: Settings, v: Variables, ids: Any, targets: Any) -> Any:
    return tf.reduce_mean(tf.square(tf.gather(v["table"], ids) - targets))


def logreg_loss(tf: Any, settings: Settings, v: Variables, x: Any, y: Any) -> Any:
    logits = tf.matmul(x, v["w"]) + v["b"]
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=logits))


def elementwise_loss(tf: Any, settings: Settings, v: Variables, targets: Any) -> Any:
    return tf.reduce_mean(tf.nn.softplus(v["p"]) - targets * tf.tanh(v["p"]))


LOSSES: dict[str, Callable[..., Any]] = {
    "linear": line_loss,
    "linear_loop": line_loss,
    "mlp_small": mlp_loss,
    "mlp_mnist": mlp_loss,
    "cnn_mnist": cnn_loss,
    "lstm_char": lstm_loss,
    "lstm_char_unrolled": unrolled_lstm_loss,
    "transformer_tiny": transformer_loss,
    "embedding_sparse": embedding_loss,
    "logreg_wide": logreg_loss,
    "elementwise_big": elementwise_loss,
}


def train_step(tf: Any, name: str, problem: Problem, v: Variables) -> Callable[..., Any]:
    """The workload's step, inputs to loss, with an optimizer of its own; not yet a tf.function."""
    loss_of = LOSSES[name]
    settings = problem.settings
    variables = list(v.values())
    kind = "sparse_sgd" if name == "embedding_sparse" else problem.optimizer
    optimizer = OPTIMIZERS[kind](tf, variables, problem.rate)

    def step(*inputs: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = loss_of(tf, settings, v, *inputs)
        optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    def loop(*inputs: Any) -> Any:
        loss = tf.constant(0.0)
        for _ in tf.range(settings["steps"]):
            loss = step(*inputs)
        return loss

    step.optimizer = loop.optimizer = optimizer  # type: ignore[attr-defined]
    return loop if name == "linear_loop" else step


def program(tf: Any, name: str, problem: Problem, how: str) -> Program:
    """A workload as a program.

    Args:
      tf: tapeflow or TensorFlow.
      name: the workload.
      problem: its data.
      how: "eager", "function", or "xla" for `tf.function(jit_compile=True)`.
    """
    v = {key: tf.Variable(w) for key, w in problem.weights.items()}
    step = train_step(tf, name, problem, v)
    slots = [
        variable
        for held in vars(step.optimizer).values()  # type: ignore[attr-defined]
        for variable in (held if isinstance(held, list) else [held])
        if isinstance(variable, tf.Variable)
    ]
    if how != "eager":
        step = tf.function(step, **({"jit_compile": True} if how == "xla" else {}))
    inputs = [tf.constant(x) for x in problem.inputs]

    def reset() -> None:
        for key, variable in v.items():
            variable.assign(problem.weights[key])
        for variable in slots:
            variable.assign(np.zeros(tuple(variable.shape), np.float32))

    return Program(lambda: step(*inputs), float, reset)
