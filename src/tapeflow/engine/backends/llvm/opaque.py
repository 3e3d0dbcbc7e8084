"""Kernels for operations that are no loop nests: products of matrices, sliding windows, scans."""

from __future__ import annotations

import math
from typing import Any

from tapeflow.engine.backends.llvm.contractions import (
    Contraction,
    Store,
    View,
    as_matmul,
    matmul,
    prepared,
    prepared_left,
)
from tapeflow.engine.backends.llvm.indexed.lowering import lower_indexed
from tapeflow.engine.backends.llvm.indexed.lowering import supports as indexed_supports
from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.backends.llvm.windows.lowered import Lowered, Operand, Step
from tapeflow.engine.backends.llvm.windows.lowering import lower_window, takes_epilogue
from tapeflow.engine.backends.llvm.windows.lowering import supports as window_supports
from tapeflow.engine.ir.primitive import Structural


def matrix_of(node: Any) -> tuple[int, int, int] | None:
    """Batch, rows and columns in which an epilogue sees a result; None where there can be none."""
    name = node.prim.name
    if not node.outputs or name in ("If", "While"):
        return None
    shape = node.outputs[0].spec.shape
    if name == "MatMul":
        return 1, shape[0], shape[1]
    if name == "BatchMatMulV2":
        return math.prod(shape[:-2]), shape[-2], shape[-1]
    if _is_window(node) and takes_epilogue(node.prim, [v.spec for v in node.inputs], node.attrs):
        return 1, math.prod(shape[:-1]), shape[-1]
    return None


def _is_window(node: Any) -> bool:
    lower = node.prim.lower
    return isinstance(lower, Structural) and lower.kind == "Window"


def _window(target: Target, node: Any, epilogue: Any = None) -> Lowered | None:
    return lower_window(target, node.prim, [v.spec for v in node.inputs], node.attrs, epilogue)


def supports(node: Any) -> bool:
    """Whether there are kernels for a node, whose specs are static."""
    name = node.prim.name
    if _is_window(node):
        return window_supports(node.prim, [v.spec for v in node.inputs], node.attrs)
    dtype = node.outputs[0].spec.dtype if node.outputs else None
    if dtype is None or not (dtype.is_integer or (dtype.is_floating and dtype.size >= 2)):
        return False
    if name == "MatMul" or indexed_supports(node.prim, [v.spec for v in node.inputs]):
        return True
    if name == "Einsum":
        return _einsum(node) is not None
    if name == "BatchMatMulV2":
        a, b = (v.spec.shape for v in node.inputs)
        batch = node.outputs[0].spec.shape[:-2]
        return all(s[:-2] == batch or math.prod(s[:-2]) == 1 for s in (a, b))
    return False


def _einsum(node: Any) -> Contraction | None:
    """The product that an einsum is, where neither factors nor result must be copied for it."""
    if len(node.inputs) != 2:
        return None
    found = as_matmul(node.attrs["equation"], *[v.spec.shape for v in node.inputs])
    if found is None or found.permutation or found.a.permutation or found.b.permutation:
        return None
    return found


def _product(target: Target, node: Any) -> Lowered:
    """The kernel of an einsum."""
    found = _einsum(node)
    assert found is not None
    dtype = node.outputs[0].spec.dtype
    stack = found.stack or (1,)

    def placed(view: View) -> View:
        return view if found.stack else View((0,), view.stride)

    kernel = matmul(
        target, found.m, found.n, found.k, dtype=dtype, transpose_a=found.a.transposed,
        transpose_b=found.b.transposed, batch=stack, view_a=placed(found.a.view),
        view_b=placed(found.b.view), epilogue=Store(dtype, stack, placed(found.view)),
    )  # fmt: skip
    left = int(found.swapped)
    operands: list[Operand] = [("input", left), ("input", 1 - left), ("output", 0)]
    kernel.fused = "Einsum"
    return Lowered([Step(kernel, operands)])


def lower(
    target: Target,
    node: Any,
    epilogue: Any = None,
    fixed: frozenset[int] = frozenset(),
    packing: bool = True,
) -> Lowered:
    """The kernels of a node for which `supports` holds.

    Args:
      target: the CPU.
      node: the operation.
      epilogue: what continues with its result, or None.
      fixed: the places of inputs that stay the same in all trips of a loop around it.
      packing: whether a factor of a product may be copied as a whole, in the order it is read in.
    """
    if _is_window(node):
        lowered = _window(target, node, epilogue)
        assert lowered is not None
        assert (epilogue is not None) == lowered.epilogue
        return lowered
    if node.prim.name == "Einsum":
        return _product(target, node)
    indexed = lower_indexed(target, node.prim, [v.spec for v in node.inputs], node.attrs)
    if indexed is not None:
        return indexed
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
    results: list[Operand] = [("output", 0)]
    if epilogue is not None:
        results = [("epilogue", e) for e in range(epilogue.operands)]
    found = None
    dtype = x.spec.dtype
    if batch > 1 or not packing:
        pass
    elif ta and not tb:
        found = prepared_left(target, m, n, k, dtype=dtype, epilogue=epilogue)
    elif 1 in fixed and not ta:
        found = prepared(target, m, n, k, dtype=dtype, transpose_b=tb, epilogue=epilogue)
    if found is not None:
        factors: list[Operand] = [("input", 0), ("input", 1)]
        factors[found.factor] = ("workspace", 0)
        steps = [
            Step(found.packing, [("input", found.factor), ("workspace", 0)]),
            Step(found.product, [*factors, *results]),
        ]
        once = int(found.factor in fixed)
        return Lowered(steps, [found.bytes], epilogue is not None, once)
    kernel = matmul(
        target, m, n, k, dtype=x.spec.dtype, transpose_a=ta, transpose_b=tb, batch=batch,
        batch_a=batch_a, batch_b=batch_b, epilogue=epilogue,
    )  # fmt: skip
    return Lowered([Step(kernel, [("input", 0), ("input", 1), *results])], [], epilogue is not None)
