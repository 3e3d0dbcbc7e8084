"""`IndexedSlices`: rows of a larger tensor, the gradient of a gather."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.addresses import address
from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.core.export import export
from tapeflow.engine.core.shapes import TensorShape, as_shape
from tapeflow.engine.core.specs import TensorSpec, TypeSpec, register_type_spec_from_value
from tapeflow.engine.runtime import upward
from tapeflow.engine.runtime.composite import CompositeTensor
from tapeflow.engine.runtime.convert import CONVERTERS, convert, static_shape, static_value


@address("tensorflow.python.framework.indexed_slices")
@export("IndexedSlices")
class IndexedSlices(CompositeTensor):
    """Rows `values[i]` that stand at `indices[i]` in a tensor of shape `dense_shape`.

    A row may occur more than once; the dense tensor holds the sum.

    Args:
      values: tensor `[n, ...]`.
      indices: int32 or int64 tensor `[n]`.
      dense_shape: int tensor, the shape of the whole, or None.

    Example:
      >>> import tapeflow as tf
      >>> s = tf.IndexedSlices(tf.constant([[1.0, 2.0]]), tf.constant([1]), tf.constant([3, 2]))
      >>> tf.convert_to_tensor(s).numpy()
      array([[0., 0.],
             [1., 2.],
             [0., 0.]], dtype=float32)
    """

    __slots__ = ("_dense_shape", "_indices", "_values")

    def __init__(self, values: Any, indices: Any, dense_shape: Any = None) -> None:
        self._values = values
        self._indices = indices
        self._dense_shape = dense_shape

    @property
    def values(self) -> Any:
        """The rows, `[n, ...]`."""
        return self._values

    @property
    def indices(self) -> Any:
        """Where the rows stand, `[n]`."""
        return self._indices

    @property
    def dense_shape(self) -> Any:
        """The shape of the whole as a tensor, or None."""
        return self._dense_shape

    @property
    def dtype(self) -> DType:
        """The dtype of the rows."""
        return self._values.dtype  # type: ignore[no-any-return]

    @property
    def shape(self) -> TensorShape:
        """The static shape of the whole; unknown without `dense_shape`."""
        if self._dense_shape is None:
            return TensorShape(None)
        return static_shape(self._dense_shape)

    def get_shape(self) -> TensorShape:
        """The static shape of the whole."""
        return self.shape

    @property
    def name(self) -> str:
        """The name of the rows' tensor."""
        return self._values.name  # type: ignore[no-any-return]

    @property
    def device(self) -> str:
        """The device that holds the rows."""
        return self._values.device  # type: ignore[no-any-return]

    @property
    def op(self) -> Any:
        """The operation that made the rows."""
        return self._values.op

    @property
    def graph(self) -> Any:
        """The graph of the rows."""
        return self._values.graph

    def consumers(self) -> Any:
        """Operations that use the rows, in a graph."""
        return self._values.consumers()

    def _components(self) -> list[Any]:
        parts = [self._values, self._indices]
        return parts if self._dense_shape is None else [*parts, self._dense_shape]

    def _with_components(self, components: list[Any]) -> IndexedSlices:
        return IndexedSlices(*components)

    def _cast_values(self, dtype: DType) -> IndexedSlices:
        return IndexedSlices(
            upward.call("cast", self._values, dtype), self._indices, self._dense_shape
        )

    def densify(self) -> Any:
        """The whole as a tensor.

        Raises:
          ValueError: when `dense_shape` is not known.
        """
        if self._dense_shape is None:
            raise ValueError(
                "Tensor conversion requested for IndexedSlices without dense_shape: "
                "its full shape is not known."
            )
        rows = static_value(self._dense_shape)
        count = self._dense_shape[0] if rows is None else int(rows[0])
        return upward.call("unsorted_segment_sum", self._values, self._indices, count)

    def __neg__(self) -> IndexedSlices:
        return IndexedSlices(-self._values, self._indices, self._dense_shape)

    def __repr__(self) -> str:
        shape = "" if self._dense_shape is None else f", dense_shape={self._dense_shape!s}"
        return f"IndexedSlices(indices={self._indices!s}, values={self._values!s}{shape})"

    __str__ = __repr__


def add_slices(a: Any, b: Any) -> Any:
    """The sum of two gradients, at least one of which is an `IndexedSlices`."""
    if isinstance(a, IndexedSlices) and isinstance(b, IndexedSlices):
        i, j = a.indices, b.indices
        if i.dtype is not j.dtype:
            i, j = (upward.call("cast", t, dtypes.int64) for t in (i, j))
        values = upward.call("concat", [a.values, b.values], 0)
        return IndexedSlices(values, upward.call("concat", [i, j], 0), a.dense_shape)
    return convert(a) + convert(b)


@export("IndexedSlicesSpec")
class IndexedSlicesSpec(TypeSpec):
    """The type of a `tf.IndexedSlices`.

    Args:
      shape: the dense shape, or None.
      dtype: dtype of the rows.
      indices_dtype: dtype of the indices.
      dense_shape_dtype: dtype of the dense shape's tensor; None where there is none.
      indices_shape: shape of the indices; by default `[None]`.

    Example:
      >>> import tapeflow as tf
      >>> tf.IndexedSlicesSpec([4, 2]).shape
      TensorShape([4, 2])
    """

    def __init__(
        self,
        shape: Any = None,
        dtype: Any = dtypes.float32,
        indices_dtype: Any = dtypes.int64,
        dense_shape_dtype: Any = None,
        indices_shape: Any = None,
    ) -> None:
        self._shape = as_shape(shape)
        self._dtype = dtypes.as_dtype(dtype)
        self._indices_dtype = dtypes.as_dtype(indices_dtype)
        self._dense_shape_dtype = (
            None if dense_shape_dtype is None else dtypes.as_dtype(dense_shape_dtype)
        )
        self._indices_shape = TensorShape([None]) if indices_shape is None else as_shape(
            indices_shape).with_rank(1)  # fmt: skip

    @property
    def value_type(self) -> type[IndexedSlices]:
        """`tf.IndexedSlices`."""
        return IndexedSlices

    @property
    def shape(self) -> TensorShape:
        """The dense shape."""
        return self._shape

    @property
    def dtype(self) -> DType:
        """The dtype of the rows."""
        return self._dtype

    @classmethod
    def from_value(cls, value: IndexedSlices) -> IndexedSlicesSpec:
        """The spec of an `IndexedSlices`."""
        dense = value.dense_shape
        shape = value.shape
        if dense is None:
            shape = TensorShape([None]).concatenate(value.values.shape[1:])
        return cls(
            shape,
            value.dtype,
            value.indices.dtype,
            None if dense is None else dense.dtype,
            value.indices.shape,
        )

    def _serialize(self) -> tuple[Any, ...]:
        return (
            self._shape,
            self._dtype,
            self._indices_dtype,
            self._dense_shape_dtype,
            self._indices_shape,
        )

    @property
    def _component_specs(self) -> Any:
        rows = self._indices_shape.concatenate(self._shape[1:])
        specs = [
            TensorSpec(rows, self._dtype),
            TensorSpec(self._indices_shape, self._indices_dtype),
        ]
        if self._dense_shape_dtype is not None:
            specs.append(TensorSpec([self._shape.ndims], self._dense_shape_dtype))
        return tuple(specs)

    def _to_components(self, value: IndexedSlices) -> Any:
        return tuple(value._components())

    def _from_components(self, components: Any) -> IndexedSlices:
        return IndexedSlices(*components)


register_type_spec_from_value(IndexedSlices, IndexedSlicesSpec.from_value)


def _from_slices(value: IndexedSlices, dtype: DType | None) -> Any:
    return convert(value.densify(), dtype)


CONVERTERS[IndexedSlices] = _from_slices
