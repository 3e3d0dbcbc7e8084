"""Jacobians: one backward walk for each element of the target."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.core.specs import TensorSpec
from tapeflow.engine.ops.array import creation, shaping
from tapeflow.engine.ops.array.concatenation import concat
from tapeflow.engine.ops.array.dimensions import transpose
from tapeflow.engine.ops.array.joining import stack
from tapeflow.engine.ops.array.sequences import one_hot, range_
from tapeflow.engine.ops.array.shaping import reshape
from tapeflow.engine.ops.control_flow.functional import map_fn
from tapeflow.engine.ops.math.folds import reduce_prod
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.indexed_slices import IndexedSlices
from tapeflow.engine.runtime.tensor import EagerTensor

Differentiate = Callable[[list[Any], list[Any], list[int]], dict[int, Any]]
"""Targets, their cotangents, ids of sources -> id -> cotangent; a tape's walk."""


def _one_hot_seed(target: Any, select: Any) -> EagerTensor:
    seed = np.zeros(target.shape.as_list(), target.dtype.np)
    seed[select] = 1
    return EagerTensor(seed)


def jacobian(
    differentiate: Differentiate, target: Any, sources: list[Any], keys: list[int]
) -> list[Any]:
    """The Jacobian of `target` by each source.

    Args:
      differentiate: the tape's walk.
      target: tensor `[...]`.
      sources: tensors or variables.
      keys: their ids.

    Returns:
      For each source a tensor `target.shape + source.shape`, or None when there is no dependence.
    """
    if not _sizes_known([target, *sources]):
        return _jacobian_in_graph(differentiate, target, sources, keys)
    shape = target.shape.as_list()
    rows: list[list[Any]] = [[] for _ in sources]
    for index in np.ndindex(*shape):
        grads = differentiate([target], [_one_hot_seed(target, index)], keys)
        for row, key in zip(rows, keys, strict=True):
            grad = grads.get(key)
            row.append(convert(grad) if isinstance(grad, IndexedSlices) else grad)
    return [
        None if not row or row[0] is None else reshape(stack(row), shape + s.shape.as_list())
        for row, s in zip(rows, sources, strict=True)
    ]


def _sizes_known(tensors: list[Any]) -> bool:
    return all(t.shape.is_fully_defined() for t in tensors)


def _jacobian_in_graph(
    differentiate: Differentiate, target: Any, sources: list[Any], keys: list[int]
) -> list[Any]:
    """As `jacobian`, by a loop over a number of elements that is known when the graph runs."""
    dims = shaping.shape(target)
    count = reduce_prod(dims)
    found = differentiate([target], [creation.ones_like(target)], keys)
    present = [i for i, key in enumerate(keys) if found.get(key) is not None]

    def row(index: Any) -> Any:
        seed = shaping.reshape(one_hot(index, count, dtype=target.dtype), dims)
        grads = differentiate([target], [seed], keys)
        return [convert(grads[keys[i]]) for i in present]

    signature = [TensorSpec(sources[i].shape, sources[i].dtype) for i in present]
    stacks = map_fn(row, range_(count), fn_output_signature=signature) if present else []
    out: list[Any] = [None] * len(sources)
    for i, stacked in zip(present, stacks, strict=True):
        whole = concat([dims, shaping.shape(sources[i])], 0)
        out[i] = shaping.reshape(stacked, whole)
    return out


def _batch_jacobian_in_graph(
    differentiate: Differentiate, target: Any, source: Any, key: int
) -> Any:
    """As `batch_jacobian`, by a loop over elements whose number is known when the graph runs."""
    dims, inner = shaping.shape(target), shaping.shape(source)[1:]
    if differentiate([target], [creation.ones_like(target)], [key]).get(key) is None:
        return None
    count = reduce_prod(dims[1:])

    def column(index: Any) -> Any:
        one = shaping.reshape(one_hot(index, count, dtype=target.dtype), dims[1:])
        seed = shaping.broadcast_to(one, dims)
        return convert(differentiate([target], [seed], [key])[key])

    signature = TensorSpec(source.shape, source.dtype)
    columns = map_fn(column, range_(count), fn_output_signature=signature)
    rows = shaping.reshape(columns, concat([[count], dims[:1], [-1]], 0))
    return shaping.reshape(transpose(rows, [1, 0, 2]), concat([dims, inner], 0))


def check_batches(target: Any, source: Any) -> None:
    """Raises unless both have a first dimension, of the same size, and another one.

    Raises:
      ValueError: when they haven't.
    """
    for name, t in (("target", target), ("source", source)):
        if t.shape.ndims is None or t.shape.ndims < 2:
            raise ValueError(
                f"batch_jacobian: {name}: expected rank 2 or more; received shape {t.shape}"
            )
    a, b = target.shape.as_list()[0], source.shape.as_list()[0]
    if a is not None and b is not None and a != b:
        raise ValueError(
            f"Need first dimension of target shape ({target.shape}) and source shape "
            f"({source.shape}) to match."
        )


def batch_jacobian(differentiate: Differentiate, target: Any, source: Any, key: int) -> Any:
    """The Jacobians of the rows of a batch.

    Args:
      differentiate: the tape's walk.
      target: tensor `[batch, ...]`.
      source: tensor `[batch, ...]`.
      key: the id of `source`.

    Returns:
      A tensor `[batch] + target.shape[1:] + source.shape[1:]`, or None without dependence.
    """
    if not _sizes_known([target, source]):
        return _batch_jacobian_in_graph(differentiate, target, source, key)
    shape = target.shape.as_list()
    inner = source.shape.as_list()[1:]
    columns = []
    for index in np.ndindex(*shape[1:]):
        grads = differentiate([target], [_one_hot_seed(target, (slice(None), *index))], [key])
        grad = grads.get(key)
        if grad is None:
            return None
        columns.append(reshape(convert(grad), [shape[0], math.prod(inner)]))
    if not columns:
        return None
    return reshape(stack(columns, axis=1), shape + inner)
