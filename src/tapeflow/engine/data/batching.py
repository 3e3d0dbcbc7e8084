"""The part of `tf.data.Dataset` that makes several elements one, and one several."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes, nest
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.core.specs import NoneTensorSpec, TensorSpec
from tapeflow.engine.data.pipeline import Pipeline, count, int64, known_int
from tapeflow.engine.data.stages.batching import (
    BatchStage,
    PaddedBatchStage,
    ParallelBatchStage,
    RaggedBatchStage,
    RebatchStage,
    SparseBatchStage,
    UnbatchStage,
)
from tapeflow.engine.data.structure import Columns, batched_spec, row_spec
from tapeflow.engine.ops.ragged.ragged_tensor import RaggedTensorSpec
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.sparse_tensor import SparseTensorSpec
from tapeflow.engine.runtime.tensor import Tensor
from tapeflow.engine.tracing.graph import known_value


class Batching(Pipeline):
    """Batches and their elements."""

    def batch(
        self,
        batch_size: Any,
        drop_remainder: Any = False,
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Any:
        """Several elements as one, with a new first dimension.

        Args:
          batch_size: how many, an int64 scalar.
          drop_remainder: whether to leave out a last, smaller batch; then the first dimension is
            known.
          num_parallel_calls: accepted and not used.
          deterministic: accepted and not used.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset`.

        Raises:
          tf.errors.InvalidArgumentError: when `batch_size` isn't positive; when iterated, where
            shapes differ.

        Example:
          >>> import tapeflow as tf
          >>> list(tf.data.Dataset.range(5).batch(2).as_numpy_iterator())
          [array([0, 1]), array([2, 3]), array([4])]
        """
        size, drop = count(batch_size), convert(drop_remainder, dtypes.bool_)
        spec = batched_spec(self.element_spec, _known_size(size, drop))
        columns = Columns(self.element_spec)
        if num_parallel_calls is None:
            return self._stage(BatchStage, size, drop, spec=spec, columns=columns)
        calls = int64(num_parallel_calls)
        return self._stage(ParallelBatchStage, size, calls, drop, spec=spec, columns=columns)

    def padded_batch(
        self,
        batch_size: Any,
        padded_shapes: Any = None,
        padding_values: Any = None,
        drop_remainder: Any = False,
        name: str | None = None,
    ) -> Any:
        """Several elements as one, padded to one shape.

        Args:
          batch_size: how many, an int64 scalar.
          padded_shapes: nest of shapes; None or -1 is the longest of the batch. By default that
            holds for all unknown dimensions.
          padding_values: nest of scalars, or one for all; by default 0 and "".
          drop_remainder: whether to leave out a last, smaller batch.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset`.

        Raises:
          TypeError: for sparse or ragged components, or values of other dtypes.
          ValueError: when a component's rank is unknown and `padded_shapes` isn't given.
          tf.errors.DataLossError: when iterated, where an element is larger than the shape.

        Example:
          >>> import tapeflow as tf
          >>> rows = tf.data.Dataset.range(1, 4).map(lambda x: tf.fill([x], x))
          >>> for batch in rows.padded_batch(3):
          ...     print(batch.numpy())
          [[1 0 0]
           [2 2 0]
           [3 3 3]]
        """
        leaves = nest.flatten(self.element_spec)
        for spec in leaves:
            if not isinstance(spec, (TensorSpec, NoneTensorSpec)):
                raise TypeError(
                    "`padded_batch` is only supported for datasets that produce tensor elements "
                    f"but type of elements in the input dataset is {spec.value_type}."
                )
        shapes = _padded_shapes(padded_shapes, self.element_spec)
        values = _padding_values(padding_values, self.element_spec)
        size, drop = count(batch_size), convert(drop_remainder, dtypes.bool_)
        known = _known_size(size, drop)
        rows = iter(zip(shapes, leaves, strict=False))
        made = [
            spec
            if isinstance(spec, NoneTensorSpec)
            else TensorSpec(
                TensorShape([known]).concatenate(_static_shape(next(rows)[0])), spec.dtype
            )
            for spec in leaves
        ]
        return self._stage(
            PaddedBatchStage, size, drop, *shapes, *values,
            spec=nest.pack_sequence_as(self.element_spec, made),
        )  # fmt: skip

    def unbatch(self, name: str | None = None) -> Any:
        """The elements that batches consist of: rows.

        Args:
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset`.

        Raises:
          ValueError: for scalar components, or where first dimensions differ.

        Example:
          >>> import tapeflow as tf
          >>> [int(x) for x in tf.data.Dataset.range(4).batch(3).unbatch()]
          [0, 1, 2, 3]
        """
        leaves = nest.flatten(self.element_spec)
        size: int | None = None
        for spec in leaves:
            if isinstance(spec, NoneTensorSpec):
                continue
            if spec.shape.rank == 0:
                raise ValueError("Cannot unbatch an input with scalar components.")
            if isinstance(spec, SparseTensorSpec) or spec.shape.rank is None:
                continue
            found = spec.shape.as_list()[0]
            if found is not None and size is not None and found != size:
                raise ValueError(
                    "`unbatch()` is only supported for datasets of elements whose components have "
                    f"a matching leading dimension. Encountered both {size} and {found}."
                )
            size = size if found is None else found
        spec = nest.map_structure(row_spec, self.element_spec)
        return self._stage(
            UnbatchStage, spec=spec, columns=Columns(spec), batched=tuple(leaves), size=size
        )

    def rebatch(self, batch_size: Any, drop_remainder: Any = False, name: Any = None) -> Any:
        """Batches of other sizes.

        Args:
          batch_size: an int64 scalar, or a vector of sizes that take turns.
          drop_remainder: whether to leave out a last, smaller batch.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset`.

        Example:
          >>> import tapeflow as tf
          >>> list(tf.data.Dataset.range(6).batch(4).rebatch(3).as_numpy_iterator())
          [array([0, 1, 2]), array([3, 4, 5])]
        """
        sizes, drop = int64(batch_size), convert(drop_remainder, dtypes.bool_)
        value = known_value(sizes)
        equal = value is not None and value.size and bool((value == value.flat[0]).all())
        known = int(value.flat[0]) if equal and _is_true(drop) else None  # type: ignore[union-attr]
        spec = nest.map_structure(lambda s: batched_spec(row_spec(s), known), self.element_spec)
        return self._stage(RebatchStage, sizes, drop, spec=spec)

    def ragged_batch(
        self,
        batch_size: Any,
        drop_remainder: Any = False,
        row_splits_dtype: Any = dtypes.int64,
        name: str | None = None,
    ) -> Any:
        """Several elements as one; components that may differ in shape become ragged tensors.

        Args:
          batch_size: how many, an int64 scalar.
          drop_remainder: whether to leave out a last, smaller batch.
          row_splits_dtype: dtype of the row splits.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset`.

        Example:
          >>> import tapeflow as tf
          >>> rows = tf.data.Dataset.range(3).map(lambda x: tf.range(x))
          >>> print(next(iter(rows.ragged_batch(3))))
          <tf.RaggedTensor [[], [0], [0, 1]]>
        """
        kind = dtypes.as_dtype(row_splits_dtype)
        size, drop = count(batch_size), convert(drop_remainder, dtypes.bool_)

        def ragged(spec: Any) -> Any:
            if not isinstance(spec, TensorSpec) or spec.shape.is_fully_defined():
                return spec
            if spec.shape.rank is None:
                raise ValueError("ragged_batch: expected components of known rank")
            return RaggedTensorSpec(spec.shape, spec.dtype, 0, kind)

        element = nest.map_structure(ragged, self.element_spec)
        spec = batched_spec(element, _known_size(size, drop))
        return self._stage(RaggedBatchStage, size, drop, spec=spec, columns=Columns(element))

    def sparse_batch(self, batch_size: Any, row_shape: Any, name: str | None = None) -> Any:
        """Several tensors, which may differ in shape, as one sparse tensor.

        Args:
          batch_size: how many, an int64 scalar.
          row_shape: the dense shape of an element; None is the longest of the batch.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset` of `tf.SparseTensor`.

        Raises:
          TypeError: for elements that are no single tensors.
        """
        if not isinstance(self.element_spec, TensorSpec):
            raise TypeError(
                "`dense_to_sparse_batch` requires an input dataset whose elements have a single "
                f"component, but the given dataset has the following component types: "
                f"{self.element_spec}."
            )
        size, shape = count(batch_size), _shape_tensor(row_shape)
        spec = SparseTensorSpec(
            TensorShape([None]).concatenate(_static_shape(shape)), self.element_spec.dtype
        )
        return self._stage(SparseBatchStage, size, shape, spec=spec)


def _is_true(tensor: Any) -> bool:
    value = known_value(tensor)
    return value is not None and bool(value)


def _known_size(size: Any, drop: Any) -> int | None:
    """The first dimension of all batches, where it is known."""
    return known_int(size) if _is_true(drop) else None


def _shape_tensor(shape: Any) -> Any:
    if isinstance(shape, (Tensor, np.ndarray)):
        return int64(shape)
    dims = TensorShape([None if d == -1 else d for d in np.atleast_1d(shape).tolist()]
                       if not isinstance(shape, TensorShape) else shape)  # fmt: skip
    return int64([-1 if d is None else d for d in dims.as_list()])


def _static_shape(shape: Any) -> TensorShape:
    value = known_value(shape)
    if value is None:
        rank = shape.shape.as_list()[0]
        return TensorShape(None if rank is None else [None] * rank)
    return TensorShape([None if d < 0 else d for d in value.tolist()])


def _up_to(element_spec: Any, value: Any, found: list[Any]) -> None:
    """Appends the parts of `value` at the leaves of `element_spec`, skipping those of None."""
    if isinstance(element_spec, NoneTensorSpec):
        return
    if not nest.is_nested(element_spec):
        found.append(value)
        return
    if not nest.is_nested(value) or isinstance(value, TensorShape):
        raise TypeError(
            "If shallow structure is a sequence, input must also be a sequence. Input has type: "
            f"'{type(value).__name__}'."
        )
    if isinstance(value, list):
        raise TypeError(
            "If shallow structure is a sequence, input must also be a sequence. Input has type: "
            "'list'."
        )
    parts, specs = nest._parts(value, False), nest._parts(element_spec, False)
    if len(parts) != len(specs):
        raise ValueError(
            "The two structures don't have the same sequence length. Input structure has length "
            f"{len(parts)}, while shallow structure has length {len(specs)}."
        )
    for spec, part in zip(specs, parts, strict=True):
        _up_to(spec, part, found)


def _padded_shapes(padded_shapes: Any, element_spec: Any) -> list[Any]:
    specs = [s for s in nest.flatten(element_spec) if not isinstance(s, NoneTensorSpec)]
    if padded_shapes is None:
        for i, spec in enumerate(specs):
            if spec.shape.rank is None:
                raise ValueError(
                    "You must provide `padded_shapes` argument because component "
                    f"{i} has unknown rank."
                )
        return [_shape_tensor(spec.shape) for spec in specs]
    found: list[Any] = []
    _up_to(element_spec, padded_shapes, found)
    shapes = []
    for spec, shape in zip(specs, found, strict=True):
        made = _shape_tensor(shape)
        static = _static_shape(made)
        own = spec.shape
        if own.rank is not None and static.rank is not None and own.rank != static.rank:
            raise ValueError(
                f"The padded shape {static} is not compatible with the shape {own} of the "
                "corresponding input component."
            )
        if own.rank is not None and static.rank is not None:
            for n, wanted in zip(own.as_list(), static.as_list(), strict=True):
                if n is not None and wanted is not None and wanted < n:
                    raise ValueError(
                        f"The padded shape {static} is not compatible with the shape {own} of "
                        "the corresponding input component."
                    )
        shapes.append(made)
    return shapes


def _padding_values(padding_values: Any, element_spec: Any) -> list[Any]:
    specs = [s for s in nest.flatten(element_spec) if not isinstance(s, NoneTensorSpec)]
    if padding_values is None:
        found: list[Any] = [None] * len(specs)
    elif not nest.is_nested(padding_values):
        found = [padding_values] * len(specs)
    else:
        found = []
        _up_to(element_spec, padding_values, found)
    made = []
    for spec, value in zip(specs, found, strict=True):
        if value is None:
            value = convert("" if spec.dtype is dtypes.string else np.zeros((), spec.dtype.np))
        else:
            value = convert(value)
        if value.shape.rank != 0:
            raise ValueError(
                f"Invalid `padding_values`. `padding_values` should be scalars; received one of "
                f"shape {value.shape}."
            )
        if value.dtype is not spec.dtype:
            raise TypeError(
                f"Invalid `padding_values`. `padding_values` values type {value.dtype} does not "
                f"match type {spec.dtype} of the corresponding input component."
            )
        made.append(value)
    return made
