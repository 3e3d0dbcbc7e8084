"""Kernels for operations that are no loop nests: products of matrices, sliding windows."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from tapeflow.engine.backends.llvm.contractions import matmul
from tapeflow.engine.backends.llvm.kernel import Kernel
from tapeflow.engine.backends.llvm.target import Target

Operand = tuple[str, int]
"""`("input", i)`, `("output", j)`, `("workspace", w)` or `("epilogue", e)`."""


@dataclass
class Lowered:
    """What runs an operation.

    Attributes:
      steps: kernels in order, each with its operands.
      workspaces: bytes of the buffers between them.
      matrix: rows and columns in which an epilogue sees the result; None where none is possible.
    """

    steps: list[tuple[Kernel, list[Operand]]]
    workspaces: list[int] = field(default_factory=list)


def matrix_of(node: Any) -> tuple[int, int, int] | None:
    """Batch, rows and columns of a product's result; None for other operations."""
    shape = node.outputs[0].spec.shape
    if node.prim.name == "MatMul":
        return 1, shape[0], shape[1]
    if node.prim.name == "BatchMatMulV2":
        return math.prod(shape[:-2]), shape[-2], shape[-1]
    return None


def supports(node: Any) -> bool:
    """Whether there are kernels for a node, whose specs are static."""
    name = node.prim.name
    dtype = node.outputs[0].spec.dtype if node.outputs else None
    if dtype is None or not (dtype.is_integer or (dtype.is_floating and dtype.size >= 2)):
        return False
    if name == "MatMul":
        return True
    if name == "BatchMatMulV2":
        a, b = (v.spec.shape for v in node.inputs)
        batch = node.outputs[0].spec.shape[:-2]
        return all(s[:-2] == batch or math.prod(s[:-2]) == 1 for s in (a, b))
    return False


def lower(target: Target, node: Any, epilogue: Any = None) -> Lowered:
    """The kernels of a node for which `supports` holds.

    Args:
      target: the CPU.
      node: the operation.
      epilogue: what continues with its result, or None.
    """
    x, y = node.inputs
    batch, m, n = matrix_of(node)  # type: ignore[misc]
    attrs = node.attrs
    ta = attrs.get("transpose_a", attrs.get("adj_x", False))
    tb = attrs.get("transpose_b", attrs.get("adj_y", False))
    k = x.spec.shape[-2] if ta else x.spec.shape[-1]
    batch_a = math.prod(x.spec.shape[:-2]) == batch
    batch_b = math.prod(y.spec.shape[:-2]) == batch
    if batch_a and batch > 1 and not batch_b and not ta:
        batch, m, batch_b = 1, batch * m, True  # one tall product
    kernel = matmul(
        target, m, n, k, dtype=x.spec.dtype, transpose_a=ta, transpose_b=tb, batch=batch,
        batch_a=batch_a, batch_b=batch_b, epilogue=epilogue,
    )  # fmt: skip
    results: list[Operand] = [("output", 0)]
    if epilogue is not None:
        results = [("epilogue", e) for e in range(epilogue.operands)]
    return Lowered([(kernel, [("input", 0), ("input", 1), *results])])
