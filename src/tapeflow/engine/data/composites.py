"""Rows and batches of elements that hold composite tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.core.specs import NoneTensorSpec, TensorSpec
from tapeflow.engine.data.batching import stack_arrays
from tapeflow.engine.data.elements import Flat, as_tensor, held, leaf_specs
from tapeflow.engine.data.pipelines import Elements, Pipeline, Slices
from tapeflow.engine.ops.ragged.ragged_tensor import RaggedTensor, RaggedTensorSpec
from tapeflow.engine.runtime.sparse_tensor import SparseTensor, SparseTensorSpec


def row_spec(spec: Any) -> Any:
    """The spec of a row.

    Raises:
      ValueError: for a scalar.
    """
    if isinstance(spec, NoneTensorSpec):
        return spec
    shape = spec._shape
    if shape.rank == 0:
        raise ValueError("Unbatching a tensor is only supported for rank >= 1")
    rest = TensorShape(None) if shape.rank is None else shape[1:]
    if isinstance(spec, TensorSpec):
        return TensorSpec(rest, spec.dtype)
    if isinstance(spec, SparseTensorSpec):
        return SparseTensorSpec(rest, spec._dtype)
    if isinstance(spec, RaggedTensorSpec):
        return RaggedTensorSpec(rest, spec._dtype, spec._ragged_rank - 1, spec._row_splits_dtype)
    raise NotImplementedError(f"from_tensor_slices: {type(spec).__name__} has no rows")


def batch_spec(spec: Any, size: int | None) -> Any:
    """The spec of a batch of so many elements (None: not known)."""
    if isinstance(spec, NoneTensorSpec):
        return spec
    shape = TensorShape([size]).concatenate(spec._shape)
    if isinstance(spec, TensorSpec):
        return TensorSpec(shape, spec.dtype)
    if isinstance(spec, SparseTensorSpec):
        return SparseTensorSpec(shape, spec._dtype)
    if isinstance(spec, RaggedTensorSpec):
        return RaggedTensorSpec(shape, spec._dtype, spec._ragged_rank + 1, spec._row_splits_dtype)
    raise NotImplementedError(f"Dataset.batch: {type(spec).__name__} cannot be batched")


def rows(element_spec: Any, values: Flat) -> Pipeline:
    """The pipeline of the rows of a flat element.

    Raises:
      ValueError: when parts have different numbers of rows.
    """
    specs = leaf_specs(element_spec)
    if all(isinstance(spec, (TensorSpec, NoneTensorSpec)) for spec in specs):
        _require_equal([len(v) for v in values])
        return Slices(values)
    remaining = iter([as_tensor(v) for v in values])
    parts = [_rows_of(spec, spec.from_tensors(remaining)) for spec in specs]
    _require_equal([len(part) for part in parts])
    return Elements(
        [tuple([v for piece in row for v in piece]) for row in zip(*parts, strict=True)]
    )


def _require_equal(lengths: list[int]) -> None:
    for n in lengths:
        if n != lengths[0]:
            raise ValueError(f"Dimensions {lengths[0]} and {n} are not compatible")


def _rows_of(spec: Any, value: Any) -> list[Flat]:
    if isinstance(value, SparseTensor):
        indices, values = held(value.indices), held(value.values)
        shape = held(value.dense_shape)
        found = []
        for i in range(int(shape[0])):
            here = indices[:, 0] == i
            found.append((indices[here, 1:], values[here], shape[1:]))
        return found
    if isinstance(value, RaggedTensor):
        inner = row_spec(spec)
        return [
            tuple([held(t) for t in inner.to_tensors(value[i])])
            for i in range(len(held(value.row_splits)) - 1)
        ]
    return [(a,) for a in held(value)[..., None][:, ..., 0]] if value is not None else []


def stacker(element_spec: Any) -> Callable[[list[Flat]], Flat]:
    """What makes the flat batch of flat elements of this type."""
    specs = leaf_specs(element_spec)
    if all(isinstance(spec, (TensorSpec, NoneTensorSpec)) for spec in specs):
        return stack_arrays
    counts = [len(spec.flatten()) for spec in specs]

    def stack(batch: list[Flat]) -> Flat:
        out: list[Any] = []
        at = 0
        for spec, count in zip(specs, counts, strict=True):
            parts = [flat[at : at + count] for flat in batch]
            out.extend(_stacked(spec, parts))
            at += count
        return tuple(out)

    return stack


def _stacked(spec: Any, parts: list[Flat]) -> Flat:
    if isinstance(spec, SparseTensorSpec):
        shapes = [tuple(shape.tolist()) for _, _, shape in parts]
        if len({len(s) for s in shapes}) != 1:
            raise InvalidArgumentError(
                None, None, f"Cannot batch sparse tensors with different ranks: {shapes}"
            )
        indices = [
            np.concatenate([np.full((len(i), 1), n, np.int64), i], axis=1)
            for n, (i, _, _) in enumerate(parts)
        ]
        shape = np.array([len(parts), *np.max(shapes, axis=0).tolist()], np.int64)
        return np.concatenate(indices), np.concatenate([v for _, v, _ in parts]), shape
    if isinstance(spec, RaggedTensorSpec):
        from tapeflow.engine.ops.ragged.construction import stack

        values = [spec.from_tensors(iter([as_tensor(a) for a in part])) for part in parts]
        batched = batch_spec(spec, len(parts))
        made = stack(values, axis=0).with_row_splits_dtype(spec._row_splits_dtype)
        return tuple([held(t) for t in batched.to_tensors(made)])
    return stack_arrays(parts)
