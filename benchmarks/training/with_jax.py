"""The workloads in JAX: one jitted step that takes weights and slots over (donation)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks import transformer
from benchmarks.training.problems import Problem
from benchmarks.training.program import Program

Settings = dict[str, int]
Weights = dict[str, Any]
State = dict[str, Any]


def sgd(rate: float, state: State, gradients: Weights) -> State:
    moved = jax.tree.map(lambda w, g: w - rate * g, state["weights"], gradients)
    return {"weights": moved}


def momentum(rate: float, state: State, gradients: Weights) -> State:
    speeds = jax.tree.map(lambda a, g: 0.9 * a + g, state["speeds"], gradients)
    moved = jax.tree.map(lambda w, a: w - rate * a, state["weights"], speeds)
    return {"weights": moved, "speeds": speeds}


def adam(rate: float, state: State, gradients: Weights) -> State:
    steps = state["steps"] + 1.0
    means = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, state["means"], gradients)
    squares = jax.tree.map(lambda s, g: 0.999 * s + 0.001 * g * g, state["squares"], gradients)
    scaled = rate / (1.0 - 0.9**steps)
    root = lax.rsqrt(1.0 - 0.999**steps)
    moved = jax.tree.map(
        lambda w, m, s: w - scaled * m / (jnp.sqrt(s) * root + 1e-8),
        state["weights"],
        means,
        squares,
    )
    return {"weights": moved, "steps": steps, "means": means, "squares": squares}


OPTIMIZERS = {"sgd": sgd, "momentum": momentum, "adam": adam}
SLOTS = {"sgd": (), "momentum": ("speeds",), "adam": ("means", "squares")}


def initial(problem: Problem) -> State:
    """The initial state: weights, slots, and for Adam the number of steps."""
    # Copies, because a donated buffer must not be NumPy's.
    state: State = {"weights": {k: jnp.array(w) for k, w in problem.weights.items()}}
    for slot in SLOTS[problem.optimizer]:
        state[slot] = jax.tree.map(jnp.zeros_like, state["weights"])
    if problem.optimizer == "adam":
        state["steps"] = jnp.float32(0.0)
    return state


def line_loss(settings: Settings, w: Weights, x: Any, y: Any) -> Any:
    return jnp.mean(jnp.square(w["w"] * x + w["b"] - y))


def cross_entropy(labels: Any, logits: Any) -> Any:
    chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), labels[..., None], axis=-1)
    return -jnp.mean(chosen)


def mlp_loss(settings: Settings, w: Weights, x: Any, labels: Any) -> Any:
    h = x
    last = settings["layers"] - 1
    for i in range(last):
        h = jax.nn.relu(h @ w[f"w{i}"] + w[f"b{i}"])
    return cross_entropy(labels, h @ w[f"w{last}"] + w[f"b{last}"])


def conv(x: Any, kernel: Any) -> Any:
    return lax.conv_general_dilated(
        x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def pool(x: Any) -> Any:
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def cnn_loss(settings: Settings, w: Weights, x: Any, labels: Any) -> Any:
    h = pool(jax.nn.relu(conv(x, w["k1"]) + w["c1"]))
    h = pool(jax.nn.relu(conv(h, w["k2"]) + w["c2"]))
    h = jax.nn.relu(h.reshape(x.shape[0], -1) @ w["w1"] + w["b1"])
    return cross_entropy(labels, h @ w["w2"] + w["b2"])


def lstm_loss(settings: Settings, w: Weights, ids: Any, targets: Any) -> Any:
    inputs = w["embedding"][ids.T] @ w["wx"] + w["b"]
    zeros = jnp.zeros((ids.shape[0], settings["units"]), jnp.float32)

    def cell(state: tuple[Any, Any], row: Any) -> tuple[tuple[Any, Any], Any]:
        h, c = state
        i, f, g, o = jnp.split(row + h @ w["wh"], 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    _, outputs = lax.scan(cell, (zeros, zeros), inputs)
    return cross_entropy(targets.T, outputs @ w["w"] + w["c"])


def normalized(w: Weights, name: str, x: Any) -> Any:
    centered = x - jnp.mean(x, axis=-1, keepdims=True)
    variance = jnp.mean(jnp.square(centered), axis=-1, keepdims=True)
    return centered * lax.rsqrt(variance + 1e-5) * w[f"{name}.w"] + w[f"{name}.b"]


def dense(w: Weights, name: str, x: Any) -> Any:
    return x @ w[f"{name}.w"] + w[f"{name}.b"]


def attended(w: Weights, block: int, x: Any) -> Any:
    batch, tokens, width = x.shape
    size = width // transformer.HEADS
    split = dense(w, f"{block}.qkv", x).reshape(batch, tokens, 3, transformer.HEADS, size)
    q, k, values = split.transpose(2, 0, 3, 1, 4)
    scores = q @ k.swapaxes(-1, -2) * size**-0.5
    visible = jnp.tril(jnp.ones((tokens, tokens), bool))
    shares = jax.nn.softmax(jnp.where(visible, scores, -1e9))
    mixed = (shares @ values).transpose(0, 2, 1, 3).reshape(batch, tokens, width)
    return dense(w, f"{block}.out", mixed)


def transformer_loss(settings: Settings, w: Weights, ids: Any, targets: Any) -> Any:
    x = w["embedding"][ids] + w["positions"]
    for i in range(settings["blocks"]):
        x = x + attended(w, i, normalized(w, f"{i}.norm1", x))
        h = dense(w, f"{i}.up", normalized(w, f"{i}.norm2", x))
        x = x + dense(w, f"{i}.down", jax.nn.gelu(h, approximate=True))
    return cross_entropy(targets, dense(w, "logits", normalized(w, "norm", x)))


def logreg_loss(settings: Settings, w: Weights, x: Any, y: Any) -> Any:
    logits = x @ w["w"] + w["b"]
    return jnp.mean(jax.nn.softplus(logits) - y * logits)


def elementwise_loss(settings: Settings, w: Weights, targets: Any) -> Any:
    return jnp.mean(jax.nn.softplus(w["p"]) - targets * jnp.tanh(w["p"]))


LOSSES: dict[str, Callable[..., Any]] = {
    "linear": line_loss,
    "linear_loop": line_loss,
    "mlp_small": mlp_loss,
    "mlp_mnist": mlp_loss,
    "cnn_mnist": cnn_loss,
    "lstm_char": lstm_loss,
    # Unrolled, a scan takes longer to compile and to run.
    "lstm_char_unrolled": lstm_loss,
    "transformer_tiny": transformer_loss,
    "logreg_wide": logreg_loss,
    "elementwise_big": elementwise_loss,
}


def dense_step(name: str, problem: Problem) -> Callable[..., tuple[Any, State]]:
    """A step whose optimizer touches every weight."""
    loss_of, update = LOSSES[name], OPTIMIZERS[problem.optimizer]

    def step(state: State, *inputs: Any) -> tuple[Any, State]:
        loss, gradients = jax.value_and_grad(
            lambda weights: loss_of(problem.settings, weights, *inputs)
        )(state["weights"])
        return loss, update(problem.rate, state, gradients)

    return step


def looped_step(name: str, problem: Problem) -> Callable[..., tuple[Any, State]]:
    """Many steps in one call."""
    one = dense_step(name, problem)

    def step(state: State, *inputs: Any) -> tuple[Any, State]:
        def body(_: Any, carried: tuple[Any, State]) -> tuple[Any, State]:
            return one(carried[1], *inputs)

        start = (jnp.float32(0.0), state)
        return lax.fori_loop(0, problem.settings["steps"], body, start)

    return step


def sparse_step(name: str, problem: Problem) -> Callable[..., tuple[Any, State]]:
    """A step that differentiates the rows looked up, not the table, and updates these in place."""

    def step(state: State, ids: Any, targets: Any) -> tuple[Any, State]:
        table = state["weights"]["table"]
        loss, gradients = jax.value_and_grad(lambda rows: jnp.mean(jnp.square(rows - targets)))(
            table[ids]
        )
        return loss, {"weights": {"table": table.at[ids].add(-problem.rate * gradients)}}

    return step


def program(name: str, problem: Problem) -> Program:
    """A workload as a program: `jax.jit` of the whole step."""
    makers = {"linear_loop": looped_step, "embedding_sparse": sparse_step}
    made = makers.get(name, dense_step)(name, problem)
    jitted = jax.jit(made, donate_argnums=0)
    inputs = [jnp.array(x) for x in problem.inputs]
    held = [initial(problem)]

    def step() -> Any:
        loss, held[0] = jitted(held[0], *inputs)
        return loss

    def wait(loss: Any) -> float:
        jax.block_until_ready(held[0])
        return float(np.asarray(loss))

    def reset() -> None:
        held[0] = jax.block_until_ready(initial(problem))

    return Program(step, wait, reset)
