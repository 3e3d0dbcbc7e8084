"""`SparseTensor`: the coordinates and values of what isn't zero."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.addresses import address
from tapeflow.engine.core.dtypes import DType, as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.core.specs import TensorSpec, TypeSpec, register_type_spec_from_value
from tapeflow.engine.runtime import upward
from tapeflow.engine.runtime.composite import CompositeTensor
from tapeflow.engine.runtime.convert import convert, static_shape
from tapeflow.engine.runtime.tensor import EagerTensor


@cache
def _operators() -> Any:
    # By name and not before an operator is used: `runtime` stands below the operations.
    return import_module("tapeflow.engine.ops.sparse.arithmetic")


@export("compat.v1.SparseTensorValue")
class SparseTensorValue(NamedTuple):
    """The NumPy values of a sparse tensor."""

    indices: Any
    values: Any
    dense_shape: Any


@address("tensorflow.python.framework.sparse_tensor")
@export("SparseTensor", "sparse.SparseTensor")
class SparseTensor(CompositeTensor):
    """A tensor of shape `dense_shape` that is `values[i]` at `indices[i]` and zero elsewhere.

    Args:
      indices: int64 tensor `[n, rank]`, in row-major order for most operations.
      values: tensor `[n]`.
      dense_shape: int64 tensor `[rank]`.

    Raises:
      ValueError: when the shapes of the three do not fit together.

    Example:
      >>> import tapeflow as tf
      >>> s = tf.SparseTensor([[0, 1], [1, 0]], [3.0, 4.0], [2, 2])
      >>> tf.sparse.to_dense(s).numpy()
      array([[0., 3.],
             [4., 0.]], dtype=float32)
    """

    def __init__(self, indices: Any, values: Any, dense_shape: Any) -> None:
        self._indices = convert(indices, dtypes.int64)
        self._values = convert(values)
        self._dense_shape = convert(dense_shape, dtypes.int64)
        indices_shape = self._indices.shape.with_rank(2)
        values_shape = self._values.shape.with_rank(1)
        dense_shape_shape = self._dense_shape.shape.with_rank(1)
        indices_shape[:1].assert_is_compatible_with(values_shape)
        indices_shape[1:].assert_is_compatible_with(dense_shape_shape)

    @classmethod
    def from_value(cls, sparse_tensor_value: Any) -> SparseTensor:
        """A `SparseTensor` from a `SparseTensorValue` (or from one itself).

        Raises:
          TypeError: for anything else.
        """
        if isinstance(sparse_tensor_value, SparseTensor):
            return sparse_tensor_value
        if isinstance(sparse_tensor_value, SparseTensorValue):
            return cls(*sparse_tensor_value)
        raise TypeError(
            f"Argument sparse_tensor_value={sparse_tensor_value} is neither a SparseTensor nor "
            f"SparseTensorValue, got type {type(sparse_tensor_value)}."
        )

    @property
    def indices(self) -> Any:
        """Where the values stand, int64 `[n, rank]`."""
        return self._indices

    @property
    def values(self) -> Any:
        """The values, `[n]`."""
        return self._values

    @property
    def dense_shape(self) -> Any:
        """The shape of the whole as an int64 tensor."""
        return self._dense_shape

    @property
    def dtype(self) -> DType:
        """The dtype of the values."""
        return self._values.dtype  # type: ignore[no-any-return]

    @property
    def shape(self) -> TensorShape:
        """The static shape of the whole."""
        return static_shape(self._dense_shape)

    def get_shape(self) -> TensorShape:
        """The static shape of the whole."""
        return self.shape

    def set_shape(self, shape: Any) -> None:
        """Checks that the shape is compatible with `shape`.

        Raises:
          ValueError: when it isn't.
        """
        self.shape.assert_is_compatible_with(TensorShape(shape))

    @property
    def op(self) -> Any:
        """The operation that made the values."""
        return self._values.op

    @property
    def graph(self) -> Any:
        """The graph of the values."""
        return self._values.graph

    def consumers(self) -> Any:
        """Operations that use the values, in a graph."""
        return self._values.consumers()

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Refused: there are no sessions in TensorFlow 2."""
        return self._values.eval(feed_dict, session)

    def with_values(self, new_values: Any) -> SparseTensor:
        """One of other values at the same places.

        Args:
          new_values: tensor `[n]`.
        """
        return SparseTensor(self._indices, new_values, self._dense_shape)

    def numpy(self) -> Any:
        """The three parts as NumPy arrays."""
        return SparseTensorValue(
            self._indices.numpy(), self._values.numpy(), self._dense_shape.numpy()
        )

    def _components(self) -> list[Any]:
        return [self._indices, self._values, self._dense_shape]

    def _with_components(self, components: list[Any]) -> SparseTensor:
        return SparseTensor(*components)

    def _stand_in(self, how: Any) -> SparseTensor:
        rank = self._indices.shape.as_list()[1]
        rank = self.shape.rank if rank is None else rank
        known: list[int | None] = [None] * (how.size if rank is None else rank)
        if self.shape.rank is not None:
            known = self.shape.as_list()
        count = self._indices.shape.as_list()[0]
        count = how.size if count is None else count
        dims = [max(how.size, count) if d is None else d for d in known]
        total = int(np.prod(dims, dtype=np.int64))
        count = min(count, total)
        places = np.arange(count) + how.size % (total - count + 1)
        indices = np.stack(np.unravel_index(places, dims), 1) if dims else np.zeros((count, 0))
        return SparseTensor(
            EagerTensor(indices.astype(np.int64)),
            EagerTensor(how.array(self.dtype.np, (count,))),
            EagerTensor(np.array(dims, np.int64)),
        )

    def _forget_counts(self, specs: list[Any], first: int, samples: list[list[Any]]) -> None:
        super()._forget_counts(specs, first, samples)
        shapes = [arrays[first + 2].tolist() for arrays in samples]
        if len(shapes) > 1 and len(set(map(len, shapes))) == 1:
            dims = zip(*shapes, strict=True)
            known = [d[0] if len(set(d)) == 1 and d[0] >= 0 else None for d in dims]
            specs[first + 2].dims = tuple(known)

    def _cast_values(self, dtype: DType) -> SparseTensor:
        return self.with_values(upward.call("cast", self._values, dtype))

    def _shape_tensor(self, out_type: DType) -> Any:
        return upward.call("cast", self._dense_shape, out_type)

    @property
    def _type_spec(self) -> SparseTensorSpec:
        return SparseTensorSpec(self.shape, self.dtype)

    def __mul__(self, other: Any) -> Any:
        """The product with a tensor that broadcasts to the shape."""
        return _operators().multiply_dense(self, other)

    def __truediv__(self, other: Any) -> Any:
        """The quotient by a tensor that broadcasts to the shape."""
        return _operators().divide_dense(self, other)

    __div__ = __truediv__

    def __repr__(self) -> str:
        return (
            f"SparseTensor(indices={self._indices!s}, values={self._values!s}, "
            f"dense_shape={self._dense_shape!s})"
        )

    __str__ = __repr__


@export("SparseTensorSpec")
class SparseTensorSpec(TypeSpec):
    """The type of a `tf.SparseTensor`.

    Args:
      shape: the dense shape, or None.
      dtype: dtype of the values.
    """

    def __init__(self, shape: Any = None, dtype: Any = dtypes.float32) -> None:
        self._shape = TensorShape(shape)
        self._dtype = as_dtype(dtype)

    @property
    def value_type(self) -> type[SparseTensor]:
        """`tf.SparseTensor`."""
        return SparseTensor

    @property
    def shape(self) -> TensorShape:
        """The dense shape."""
        return self._shape

    @property
    def dtype(self) -> DType:
        """The dtype of the values."""
        return self._dtype

    @classmethod
    def from_value(cls, value: Any) -> SparseTensorSpec:
        """The spec of a sparse tensor.

        Raises:
          TypeError: for anything else.
        """
        if isinstance(value, SparseTensor):
            return value._type_spec
        if isinstance(value, SparseTensorValue):
            return cls(np.asarray(value.dense_shape).tolist(), np.asarray(value.values).dtype)
        raise TypeError("Expected SparseTensor or SparseTensorValue. "
                        f"Received: {value} of type {type(value).__name__}.")  # fmt: skip

    def _serialize(self) -> tuple[Any, ...]:
        return (self._shape, self._dtype)

    @property
    def _component_specs(self) -> Any:
        rank = self._shape.ndims
        return [
            TensorSpec([None, rank], dtypes.int64),
            TensorSpec([None], self._dtype),
            TensorSpec([rank], dtypes.int64),
        ]

    def _to_components(self, value: Any) -> Any:
        return [value.indices, value.values, value.dense_shape]

    def _from_components(self, components: Any) -> SparseTensor:
        made = SparseTensor(*components)
        spec = getattr(made.dense_shape, "spec", None)
        if spec is not None and spec.value is None and self._shape.rank is not None:
            spec.dims = tuple(self._shape.as_list())
        return made


register_type_spec_from_value(SparseTensor, SparseTensorSpec.from_value)
