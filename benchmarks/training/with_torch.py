"""The workloads in PyTorch: its own kernels, `torch.optim`, eager or through `torch.compile`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks import transformer
from benchmarks.training.problems import Problem
from benchmarks.training.program import Program

Settings = dict[str, int]
Weights = dict[str, Tensor]

CONVOLUTIONS = ("k1", "k2")


def imported(name: str, array: np.ndarray) -> Tensor:
    """A weight in PyTorch's layout: filters OIHW in channels-last memory, LSTM's transposed."""
    if name in CONVOLUTIONS:
        turned = torch.tensor(array.transpose(3, 2, 0, 1))
        return turned.contiguous(memory_format=torch.channels_last)
    if name in ("wx", "wh"):
        return torch.tensor(array.T).contiguous()
    return torch.tensor(array)


def line_loss(settings: Settings, w: Weights, x: Tensor, y: Tensor) -> Tensor:
    return torch.mean(torch.square(w["w"] * x + w["b"] - y))


def mlp_loss(settings: Settings, w: Weights, x: Tensor, labels: Tensor) -> Tensor:
    h = x
    last = settings["layers"] - 1
    for i in range(last):
        h = torch.relu(torch.addmm(w[f"b{i}"], h, w[f"w{i}"]))
    return F.cross_entropy(torch.addmm(w[f"b{last}"], h, w[f"w{last}"]), labels)


def cnn_loss(settings: Settings, w: Weights, x: Tensor, labels: Tensor) -> Tensor:
    images = x.permute(0, 3, 1, 2)
    h = F.max_pool2d(torch.relu(F.conv2d(images, w["k1"], w["c1"], padding=1)), 2)
    h = F.max_pool2d(torch.relu(F.conv2d(h, w["k2"], w["c2"], padding=1)), 2)
    # Flattened in the order of NHWC, as the weights of the next layer have it.
    h = h.permute(0, 2, 3, 1).flatten(1)
    h = torch.relu(torch.addmm(w["b1"], h, w["w1"]))
    return F.cross_entropy(torch.addmm(w["b2"], h, w["w2"]), labels)


def lstm_loss(settings: Settings, w: Weights, ids: Tensor, targets: Tensor) -> Tensor:
    embedded = F.embedding(ids.T, w["embedding"])
    zeros = torch.zeros(1, ids.shape[0], settings["units"])
    # The second bias stays zero: the other libraries' cells have one.
    second = torch.zeros_like(w["b"])
    flat = [w["wx"], w["wh"], w["b"], second]
    outputs, _, _ = torch.lstm(embedded, (zeros, zeros), flat, True, 1, 0.0, True, False, False)
    logits = torch.addmm(w["c"], outputs.reshape(-1, settings["units"]), w["w"])
    return F.cross_entropy(logits, targets.T.reshape(-1))


def normalized(w: Weights, name: str, x: Tensor) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], w[f"{name}.w"], w[f"{name}.b"], 1e-5)


def dense(w: Weights, name: str, x: Tensor) -> Tensor:
    return F.linear(x, w[f"{name}.w"].T, w[f"{name}.b"])


def attended(w: Weights, block: int, x: Tensor) -> Tensor:
    batch, tokens, width = x.shape
    size = width // transformer.HEADS
    split = dense(w, f"{block}.qkv", x).view(batch, tokens, 3, transformer.HEADS, size)
    q, k, values = split.permute(2, 0, 3, 1, 4)
    mixed = F.scaled_dot_product_attention(q, k, values, is_causal=True)
    return dense(w, f"{block}.out", mixed.transpose(1, 2).reshape(batch, tokens, width))


def transformer_loss(settings: Settings, w: Weights, ids: Tensor, targets: Tensor) -> Tensor:
    x = F.embedding(ids, w["embedding"]) + w["positions"]
    for i in range(settings["blocks"]):
        x = x + attended(w, i, normalized(w, f"{i}.norm1", x))
        h = dense(w, f"{i}.up", normalized(w, f"{i}.norm2", x))
        x = x + dense(w, f"{i}.down", F.gelu(h, approximate="tanh"))
    logits = dense(w, "logits", normalized(w, "norm", x))
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def embedding_loss(settings: Settings, w: Weights, ids: Tensor, targets: Tensor) -> Tensor:
    return F.mse_loss(F.embedding(ids, w["table"], sparse=True), targets)


def logreg_loss(settings: Settings, w: Weights, x: Tensor, y: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(torch.addmm(w["b"], x, w["w"]), y)


def elementwise_loss(settings: Settings, w: Weights, targets: Tensor) -> Tensor:
    return torch.mean(F.softplus(w["p"]) - targets * torch.tanh(w["p"]))


LOSSES: dict[str, Callable[..., Tensor]] = {
    "linear": line_loss,
    "linear_loop": line_loss,
    "mlp_small": mlp_loss,
    "mlp_mnist": mlp_loss,
    "cnn_mnist": cnn_loss,
    "lstm_char": lstm_loss,
    "lstm_char_unrolled": lstm_loss,
    "transformer_tiny": transformer_loss,
    "embedding_sparse": embedding_loss,
    "logreg_wide": logreg_loss,
    "elementwise_big": elementwise_loss,
}


def optimizer(problem: Problem, name: str, weights: Weights) -> torch.optim.Optimizer:
    """The problem's optimizer, its fused kernel where there is one."""
    parameters = list(weights.values())
    # Fused kernels know no sparse gradients.
    fused = name != "embedding_sparse"
    if problem.optimizer == "adam":
        return torch.optim.Adam(parameters, problem.rate, fused=fused)
    speed = 0.9 if problem.optimizer == "momentum" else 0.0
    return torch.optim.SGD(parameters, problem.rate, momentum=speed, fused=fused)


def program(name: str, problem: Problem, how: str) -> Program:
    """A workload as a program.

    Args:
      name: the workload.
      problem: its data.
      how: "eager", or "compile" for `torch.compile` of loss and gradients; the optimizer's kernels
        are fused either way.
    """
    settings = problem.settings
    weights = {k: nn.Parameter(imported(k, w)) for k, w in problem.weights.items()}
    inputs = [
        torch.tensor(x.astype(np.int64) if x.dtype == np.int32 else x) for x in problem.inputs
    ]
    loss_of = LOSSES[name]
    if how == "compile":
        torch.compiler.reset()
        loss_of = torch.compile(loss_of, dynamic=False, fullgraph=True)
    held = [optimizer(problem, name, weights)]

    def step() -> Tensor:
        held[0].zero_grad(set_to_none=True)
        loss = loss_of(settings, weights, *inputs)
        loss.backward()
        held[0].step()
        return loss

    def loop() -> Tensor:
        for _ in range(settings["steps"]):
            loss = step()
        return loss

    def wait(loss: object) -> float:
        return float(loss.detach())  # type: ignore[attr-defined]

    def reset() -> None:
        with torch.no_grad():
            for key, weight in weights.items():
                weight.copy_(imported(key, problem.weights[key]))
        held[0] = optimizer(problem, name, weights)

    return Program(loop if name == "linear_loop" else step, wait, reset)
