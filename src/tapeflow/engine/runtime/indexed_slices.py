"""`IndexedSlices`: rows of a larger tensor, the gradient of a gather."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.addresses import address
from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.core.export import export
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.runtime import upward
from tapeflow.engine.runtime.composite import CompositeTensor
from tapeflow.engine.runtime.convert import CONVERTERS, convert, static_value


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
        known = static_value(self._dense_shape)
        return TensorShape(None if known is None else known.tolist())

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


def _from_slices(value: IndexedSlices, dtype: DType | None) -> Any:
    return convert(value.densify(), dtype)


CONVERTERS[IndexedSlices] = _from_slices
