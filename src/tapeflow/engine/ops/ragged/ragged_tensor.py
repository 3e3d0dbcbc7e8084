"""`RaggedTensor`: a tensor whose rows may have different lengths, and its spec."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.addresses import address
from tapeflow.engine.core.dtypes import FROM_NUMPY, DType, as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.core.specs import TensorSpec, TypeSpec, register_type_spec_from_value
from tapeflow.engine.ops import overloads
from tapeflow.engine.ops.host_functions import on_host
from tapeflow.engine.ops.ragged import factories
from tapeflow.engine.ops.ragged.printing import text
from tapeflow.engine.ops.ragged.row_partition import partition_of
from tapeflow.engine.runtime.composite import CompositeTensor
from tapeflow.engine.runtime.convert import CONVERTERS
from tapeflow.engine.runtime.tensor import EagerTensor


def _tensor(array: Any, dtype: Any = None) -> EagerTensor:
    return EagerTensor(np.asarray(array, dtype))


@address("tensorflow.python.ops.ragged.ragged_tensor")
@export("RaggedTensor")
class RaggedTensor(CompositeTensor):
    """Rows of different lengths: a tensor of all their elements, and where each row ends.

    Rows may be ragged tensors again. Most elementwise functions, reductions, `tf.concat`,
    `tf.stack`, `tf.gather`, `tf.expand_dims` and others take ragged tensors, too.

    Args:
      values: the elements of all rows, one row after the other; a tensor or a ragged tensor.
      row_partition: how they are divided.
      internal: whether the caller is this package; others use the factory methods.

    Raises:
      ValueError: unless `internal`.

    Example:
      >>> import tapeflow as tf
      >>> r = tf.RaggedTensor.from_row_splits([1, 2, 3], [0, 2, 2, 3])
      >>> r
      <tf.RaggedTensor [[1, 2], [], [3]]>
      >>> tf.reduce_sum(r, axis=1).numpy()
      array([3, 0, 3], dtype=int32)
    """

    __slots__ = ("__weakref__", "_partition", "_values")
    __array_priority__ = 200

    def __init__(self, values: Any, row_partition: Any, internal: bool = False) -> None:
        if not internal:
            raise ValueError(
                "RaggedTensor constructor is private; please use one of the factory methods "
                "instead (e.g., RaggedTensor.from_row_lengths())"
            )
        self._values = values
        self._partition: Any = row_partition  # a RowPartition or a TracedPartition

    from_row_splits = classmethod(factories.from_row_splits)
    from_value_rowids = classmethod(factories.from_value_rowids)
    from_row_lengths = classmethod(factories.from_row_lengths)
    from_row_starts = classmethod(factories.from_row_starts)
    from_row_limits = classmethod(factories.from_row_limits)
    from_uniform_row_length = classmethod(factories.from_uniform_row_length)
    from_nested_row_splits = classmethod(factories.from_nested_row_splits)
    from_nested_row_lengths = classmethod(factories.from_nested_row_lengths)
    from_nested_value_rowids = classmethod(factories.from_nested_value_rowids)

    @classmethod
    def from_tensor(
        cls,
        tensor: Any,
        lengths: Any = None,
        padding: Any = None,
        ragged_rank: int = 1,
        name: str | None = None,
        row_splits_dtype: Any = dtypes.int64,
    ) -> Any:
        """A ragged tensor of the rows of a tensor.

        Args:
          tensor: tensor of rank `ragged_rank + 1` or more.
          lengths: int vector, the number of elements of each row that are kept; or a list of such,
            one for each ragged dimension.
          padding: the value that is left out at the ends of rows.
          ragged_rank: how many dimensions become ragged.
          name: ignored in eager mode.
          row_splits_dtype: int32 or int64.

        Raises:
          ValueError: when both `lengths` and `padding` are given, or the ranks do not fit.
        """
        from tapeflow.engine.ops.ragged import conversions

        return conversions.from_tensor(
            tensor, lengths, padding, ragged_rank, as_dtype(row_splits_dtype)
        )

    @classmethod
    def from_sparse(
        cls, st_input: Any, name: str | None = None, row_splits_dtype: Any = dtypes.int64
    ) -> Any:
        """A ragged tensor of the values of a sparse matrix, whose rows have no gaps.

        Args:
          st_input: `tf.SparseTensor` of rank 2.
          name: ignored in eager mode.
          row_splits_dtype: int32 or int64.

        Raises:
          TypeError: when `st_input` is no sparse tensor.
          ValueError: when its rank is not 2.
          tf.errors.InvalidArgumentError: when a row has gaps.
        """
        from tapeflow.engine.ops.ragged import conversions

        return conversions.from_sparse(st_input, as_dtype(row_splits_dtype))

    @property
    def dtype(self) -> DType:
        """The dtype of the elements."""
        return self._values.dtype  # type: ignore[no-any-return]

    @property
    def shape(self) -> TensorShape:
        """The shape; ragged dimensions are None."""
        inner = self._values.shape.as_list()[1:]
        return TensorShape([self._partition.count, self._partition.uniform, *inner])

    def get_shape(self) -> TensorShape:
        """The shape; ragged dimensions are None."""
        return self.shape

    @property
    def values(self) -> Any:
        """The elements of all rows, one row after the other."""
        return self._values

    @property
    def flat_values(self) -> Any:
        """The elements as a tensor, with all ragged dimensions taken off."""
        values = self._values
        while isinstance(values, RaggedTensor):
            values = values._values
        return values

    @property
    def ragged_rank(self) -> int:
        """How many dimensions are divided into rows."""
        return len(self._partitions())

    def _partitions(self) -> list[Any]:
        """The divisions into rows, the outermost first."""
        found = []
        values: Any = self
        while isinstance(values, RaggedTensor):
            found.append(values._partition)
            values = values._values
        return found

    @property
    def row_splits(self) -> Any:
        """Where rows end: int `[nrows + 1]`."""
        return self._partition.tensor

    @property
    def nested_row_splits(self) -> tuple[Any, ...]:
        """The splits of each ragged dimension, the outermost first."""
        return tuple(p.tensor for p in self._partitions())

    @property
    def uniform_row_length(self) -> Any:
        """The length that all rows have by construction, as a scalar tensor, or None."""
        length = self._partition.uniform
        return None if length is None else _tensor(length, self._partition.dtype)

    @on_host("RaggedValueRowIds")
    def value_rowids(self, name: str | None = None) -> Any:
        """The row of each element of `values`."""
        return _tensor(self._partition.row_ids)

    @on_host("RaggedNestedValueRowIds")
    def nested_value_rowids(self, name: str | None = None) -> tuple[Any, ...]:
        """The row numbers of each ragged dimension, the outermost first."""
        return tuple(_tensor(p.row_ids) for p in self._partitions())

    @on_host("RaggedNRows")
    def nrows(self, out_type: Any = None, name: str | None = None) -> Any:
        """The number of rows, a scalar.

        Args:
          out_type: its dtype; by default that of the row splits.
          name: ignored in eager mode.
        """
        dtype = self._partition.splits.dtype if out_type is None else as_dtype(out_type).np
        return _tensor(self._partition.count, dtype)

    @on_host("RaggedRowStarts")
    def row_starts(self, name: str | None = None) -> Any:
        """Where rows begin in `values`."""
        return _tensor(self._partition.starts)

    @on_host("RaggedRowLimits")
    def row_limits(self, name: str | None = None) -> Any:
        """Where rows end in `values`."""
        return _tensor(self._partition.limits)

    @on_host("RaggedRowLengths")
    def row_lengths(self, axis: Any = 1, name: str | None = None) -> Any:
        """The lengths of the rows.

        Args:
          axis: the dimension whose lengths are wanted.
          name: ignored in eager mode.

        Returns:
          An int tensor, ragged for `axis > 1`.

        Raises:
          ValueError: when the axis is out of range.
        """
        axis = factories.within(int(axis), self.shape.rank)
        if axis == 0:
            return self.nrows()
        if axis == 1:
            return _tensor(self._partition.lengths)
        if isinstance(self._values, RaggedTensor):
            return self.with_values(self._values.row_lengths(axis - 1))
        shape = self._values.shape.as_list()
        full = np.full(shape[: axis - 1], shape[axis - 1], self._partition.splits.dtype)
        return self.with_values(_tensor(full))

    @on_host("RaggedNestedRowLengths")
    def nested_row_lengths(self, name: str | None = None) -> tuple[Any, ...]:
        """The row lengths of each ragged dimension, the outermost first."""
        return tuple(_tensor(p.lengths) for p in self._partitions())

    @on_host("RaggedBoundingShape")
    def bounding_shape(
        self, axis: Any = None, name: str | None = None, out_type: Any = None
    ) -> Any:
        """The shape of the smallest tensor that holds all rows.

        Args:
          axis: the dimensions wanted, an int or a list; None for all.
          name: ignored in eager mode.
          out_type: dtype of the result; by default that of the row splits.

        Returns:
          An int vector; a scalar for an int `axis`.
        """
        dtype = self._partition.splits.dtype if out_type is None else as_dtype(out_type).np
        partitions = self._partitions()
        sizes = [partitions[0].count, *[p.longest for p in partitions]]
        bounds = _tensor([*sizes, *self.flat_values.shape.as_list()[1:]], dtype)
        if axis is None:
            return bounds
        from tapeflow.engine.ops.array.gathering import gather

        return gather(bounds, axis)

    def with_values(self, new_values: Any) -> RaggedTensor:
        """One of the same rows with other elements.

        Args:
          new_values: tensor or ragged tensor with as many rows as `values`.
        """
        new_values = factories.to_values(new_values)
        new_values.shape.with_rank_at_least(1)
        self._values.shape[:1].assert_is_compatible_with(new_values.shape[:1])
        return RaggedTensor(new_values, self._partition, internal=True)

    def with_flat_values(self, new_values: Any) -> RaggedTensor:
        """One of the same rows in all ragged dimensions with other elements.

        Args:
          new_values: tensor with as many rows as `flat_values`.
        """
        if isinstance(self._values, RaggedTensor):
            return self.with_values(self._values.with_flat_values(new_values))
        return self.with_values(new_values)

    @on_host("RaggedSplitsCast")
    def with_row_splits_dtype(self, dtype: Any) -> RaggedTensor:
        """The same with row splits of another dtype.

        Args:
          dtype: int32 or int64.

        Raises:
          ValueError: for another dtype.
        """
        wanted = as_dtype(dtype)
        if wanted not in dtypes.INDEX:
            raise ValueError(
                f"Argument `row_splits` dtype must be int32 or int64. Received {wanted}."
            )
        values = self._values
        if isinstance(values, RaggedTensor):
            values = values.with_row_splits_dtype(wanted)
        return RaggedTensor(values, self._partition.astype(wanted.np), internal=True)

    @on_host("RaggedMergeDims")
    def merge_dims(self, outer_axis: Any, inner_axis: Any) -> Any:
        """Makes one dimension of neighbouring ones.

        Args:
          outer_axis: the first of them.
          inner_axis: the last of them.

        Returns:
          A ragged tensor, or a tensor where no ragged dimension is left.

        Raises:
          ValueError: when `outer_axis > inner_axis`.
        """
        from tapeflow.engine.ops.ragged import conversions

        return conversions.merge_dims(self, int(outer_axis), int(inner_axis))

    @on_host("RaggedTensorToTensor")
    def to_tensor(
        self, default_value: Any = None, name: str | None = None, shape: Any = None
    ) -> Any:
        """A tensor with all rows filled up to one length.

        Args:
          default_value: what fills up; by default 0, `""` or False.
          name: ignored in eager mode.
          shape: the shape of the result; what is beyond is cut off. None (for all of it or for
            single dimensions) means the bounding shape.

        Raises:
          tf.errors.InvalidArgumentError: when `shape` is not of the same rank.
        """
        from tapeflow.engine.ops.ragged import conversions

        return conversions.to_tensor(self, default_value, shape)

    @on_host("RaggedTensorToSparse")
    def to_sparse(self, name: str | None = None) -> Any:
        """A `tf.SparseTensor` of all elements."""
        from tapeflow.engine.ops.ragged import conversions

        return conversions.to_sparse(self)

    def _require_values(self, method: str) -> None:
        parts = self._components()
        if not all(type(part) is EagerTensor for part in parts):
            raise ValueError(
                f"RaggedTensor.{method}() is only supported in eager mode: the values of {self!r} "
                "are not known while the function is traced. Return it from the function."
            )

    def numpy(self) -> Any:
        """The elements as NumPy arrays: an array where all rows are equally long, else an object
        array of the rows.

        Raises:
          ValueError: while a function is traced.
        """
        self._require_values("numpy")
        values = self._values.numpy()
        splits = self._partition.splits.tolist()
        rows = [values[a:b] for a, b in itertools.pairwise(splits)]
        if len({len(row) for row in rows}) <= 1 and rows:
            shapes = {row.shape for row in rows}
            if len(shapes) == 1:
                return np.stack(rows)
        out = np.empty(len(rows), object)
        for i, row in enumerate(rows):
            out[i] = row
        return out if rows else np.empty((0, 0), values.dtype)

    def to_list(self) -> list[Any]:
        """The elements as nested lists.

        Raises:
          ValueError: while a function is traced.
        """
        self._require_values("to_list")
        values = self._values
        listed = values.to_list() if isinstance(values, RaggedTensor) else values.numpy().tolist()
        splits = self._partition.splits.tolist()
        return [listed[a:b] for a, b in itertools.pairwise(splits)]

    def consumers(self) -> Any:
        """Operations that use the elements, in a graph."""
        return self.flat_values.consumers()

    def __getitem__(self, key: Any) -> Any:
        from tapeflow.engine.ops.ragged import indexing

        return indexing.getitem(self, key)

    def __iter__(self) -> Iterator[Any]:
        self._require_values("__iter__")
        return (self[i] for i in range(self._partition.count))

    def __bool__(self) -> bool:
        raise TypeError("RaggedTensor may not be used as a boolean.")

    def __hash__(self) -> int:
        raise TypeError("RaggedTensor is unhashable.")

    def __repr__(self) -> str:
        if not all(type(part) is EagerTensor for part in self._components()):
            return f"tf.RaggedTensor(values={self._values!s}, row_splits={self.row_splits!s})"
        return f"<tf.RaggedTensor {text(self.numpy())}>"

    __str__ = __repr__

    def _components(self) -> list[Any]:
        return [self.flat_values, *self.nested_row_splits]

    def _with_components(self, components: list[Any]) -> RaggedTensor:
        values = components[0]
        for part, splits in zip(self._partitions()[::-1], components[:0:-1], strict=True):
            same = splits.shape.is_compatible_with(part.tensor.shape)
            made = partition_of(splits, part.uniform if same else None)
            values = RaggedTensor(values, made, internal=True)
        return values  # type: ignore[no-any-return]

    def _stand_in(self, how: Any) -> RaggedTensor:
        from tapeflow.engine.ops.ragged import stand_ins

        return stand_ins.ragged(self, how)

    def _forget_counts(self, specs: list[Any], first: int, samples: list[list[Any]]) -> None:
        for spec in (specs[first], *specs[first + 2 : first + 1 + self.ragged_rank]):
            if spec.shape:
                spec.shape = (None, *spec.shape[1:])

    def _apply(self, prim: Any, inputs: tuple[Any, ...], attrs: dict[str, Any]) -> Any:
        from tapeflow.engine.ops.ragged import dispatch

        return dispatch.apply_ragged(prim, inputs, attrs)

    def _cast_values(self, dtype: DType) -> RaggedTensor:
        from tapeflow.engine.ops.math.casting import cast

        return self.with_flat_values(cast(self.flat_values, dtype))

    @property
    def _type_spec(self) -> RaggedTensorSpec:
        return RaggedTensorSpec(
            self.shape, self.dtype, self.ragged_rank, FROM_NUMPY[self._partition.dtype]
        )


@export("RaggedTensorSpec")
class RaggedTensorSpec(TypeSpec):
    """The type of a `tf.RaggedTensor`.

    Args:
      shape: the shape, None for ragged and unknown dimensions; or None.
      dtype: dtype of the elements.
      ragged_rank: how many dimensions are ragged; by default all but the first.
      row_splits_dtype: int32 or int64.
      flat_values_spec: spec of the flat values, where they are composite, or None.

    Raises:
      ValueError: when the ragged rank does not fit the shape, or can't be told.
    """

    def __init__(
        self,
        shape: Any = None,
        dtype: Any = dtypes.float32,
        ragged_rank: int | None = None,
        row_splits_dtype: Any = dtypes.int64,
        flat_values_spec: Any = None,
    ) -> None:
        self._shape = TensorShape(shape)
        self._row_splits_dtype = as_dtype(row_splits_dtype)
        if flat_values_spec is not None and dtype is None:
            dtype = flat_values_spec.dtype
        self._dtype = as_dtype(dtype)
        rank = self._shape.ndims
        if ragged_rank is None:
            if rank is None:
                raise ValueError(
                    "Must specify ragged_rank or a shape with a known rank to construct "
                    "RaggedTensorSpec."
                )
            ragged_rank = rank - 1
        if not isinstance(ragged_rank, int):
            raise TypeError(
                "Argument `ragged_rank` must be an int. Received type "
                f"{type(ragged_rank).__name__}."
            )
        if rank is not None and ragged_rank >= rank:
            raise ValueError(
                f"Argument `ragged_rank` ({ragged_rank}) must be less than rank ({rank})."
            )
        self._ragged_rank = ragged_rank
        self._flat_values_spec = flat_values_spec

    @property
    def value_type(self) -> Any:
        """`tf.RaggedTensor`, or `tf.Tensor` where nothing is ragged."""
        from tapeflow.engine.runtime.tensor import Tensor

        return RaggedTensor if self._ragged_rank > 0 else Tensor

    @property
    def shape(self) -> TensorShape:
        """The shape."""
        return self._shape

    @property
    def dtype(self) -> DType:
        """The dtype of the elements."""
        return self._dtype

    @property
    def ragged_rank(self) -> int:
        """How many dimensions are ragged."""
        return self._ragged_rank

    @property
    def row_splits_dtype(self) -> DType:
        """The dtype of the row splits."""
        return self._row_splits_dtype

    @property
    def flat_values_spec(self) -> Any:
        """The spec of the flat values, where one was given, or None."""
        return self._flat_values_spec

    @classmethod
    def from_value(cls, value: Any) -> RaggedTensorSpec:
        """The spec of a ragged tensor."""
        return cls(
            value.shape, value.dtype, value.ragged_rank,
            FROM_NUMPY[value._partition.dtype],
        )  # fmt: skip

    def _serialize(self) -> tuple[Any, ...]:
        state = (self._shape, self._dtype, self._ragged_rank, self._row_splits_dtype)
        return state if self._flat_values_spec is None else (*state, self._flat_values_spec)

    @property
    def _component_specs(self) -> Any:
        dims = None if self._shape.ndims is None else self._shape.as_list()
        k = self._ragged_rank
        if k == 0:
            return [TensorSpec(self._shape, self._dtype)]
        inner = None if dims is None else [None, *dims[k + 1 :]]
        splits: list[Any] = [TensorSpec([None], self._row_splits_dtype) for _ in range(k)]
        if dims is not None and dims[0] is not None:
            splits[0] = TensorSpec([dims[0] + 1], self._row_splits_dtype)
        return [self._flat_values_spec or TensorSpec(inner, self._dtype), *splits]

    def _to_components(self, value: Any) -> Any:
        return value._components() if isinstance(value, RaggedTensor) else [value]

    def _from_components(self, components: Any) -> Any:
        values = components[0]
        dims = self._shape._dims or (None,) * len(components)
        for axis in range(len(components) - 1, 0, -1):
            partition = partition_of(components[axis], dims[axis])
            values = RaggedTensor(values, partition, internal=True)
        return values


def _pass(value: RaggedTensor, dtype: DType | None) -> RaggedTensor:
    """Conversion leaves a ragged tensor as it is; `RaggedTensor._apply` says what takes one."""
    if dtype is not None and value.dtype is not dtype:
        raise ValueError(
            f"Tensor conversion requested dtype {dtype.name} for RaggedTensor with dtype "
            f"{value.dtype.name}: {value!r}"
        )
    return value


CONVERTERS[RaggedTensor] = _pass  # type: ignore[assignment]
register_type_spec_from_value(RaggedTensor, RaggedTensorSpec.from_value)
for _name, _function in overloads.OPERATORS.items():
    if _name not in ("__matmul__", "__rmatmul__"):
        setattr(RaggedTensor, _name, _function)
