"""Differentiates a traced graph: its operations are a tape's records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tapeflow.engine.autodiff.backward import backward
from tapeflow.engine.core import dtypes
from tapeflow.engine.ir.primitive import NOT_DIFFERENTIABLE
from tapeflow.engine.runtime import upward
from tapeflow.engine.runtime.dispatch import DIFFERENTIABLE


def carries_gradient(spec: Any) -> bool:
    """Whether a gradient can flow through a value of this spec (or dtype and shape)."""
    dtype = spec.dtype
    return dtype.np in DIFFERENTIABLE or dtype is dtypes.variant or dtype is dtypes.resource


def reachable(nodes: Sequence[Any], sources: Sequence[Any]) -> set[int]:
    """Ids of the values through which a gradient flows from later values to `sources`."""
    found = {id(s) for s in sources}
    for node in nodes:
        if node.prim.vjp is not NOT_DIFFERENTIABLE and any(id(v) in found for v in node.inputs):
            found.update([id(v) for v in node.outputs if carries_gradient(v.spec)])
    return found


def differentiate(
    nodes: Sequence[Any], targets: Sequence[Any], seeds: Sequence[Any], sources: Sequence[Any]
) -> list[Any]:
    """The cotangents of `sources`, given those of `targets`, added to the graph that is traced.

    Args:
      nodes: the operations, in order.
      targets: values that they compute.
      seeds: the cotangent of each target, or None.
      sources: values that they start from.

    Returns:
      For each source its cotangent (a tensor or an `IndexedSlices`), or None.
    """
    tracked = reachable(nodes, sources)
    cotangents: dict[int, Any] = {}
    for target, seed in zip(targets, seeds, strict=True):
        if seed is not None and id(target) in tracked:
            key = id(target)
            cotangents[key] = cotangents[key] + seed if key in cotangents else seed
    records = [
        (n.prim, n.inputs, n.outputs, n.attrs)
        for n in nodes
        if any(id(v) in tracked for v in n.inputs)
    ]
    backward(records, tracked, cotangents, frozenset([id(s) for s in sources]))
    return [cotangents.get(id(s)) for s in sources]


upward.provide(differentiate=differentiate)
