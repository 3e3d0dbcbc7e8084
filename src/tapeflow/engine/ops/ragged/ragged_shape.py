"""`tf.experimental.DynamicRaggedShape`: what `tf.shape` gives of a ragged tensor."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core.dtypes import DType, as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.ops.array.shaping import shape
from tapeflow.engine.ops.math.casting import cast
from tapeflow.engine.ops.ragged.conversions import is_ragged
from tapeflow.engine.runtime.convert import static_value


@export("experimental.DynamicRaggedShape")
class DynamicRaggedShape:
    """The shape of a tensor whose rows may have different lengths.

    `tf.shape` gives one for a ragged tensor; `from_tensor` makes one.

    Raises:
      NotImplementedError: when made from row partitions.

    Example:
      >>> import tapeflow as tf
      >>> shape = tf.shape(tf.ragged.constant([[1], [2, 3]]))
      >>> shape
      <DynamicRaggedShape lengths=[2, (1, 2)] num_row_partitions=1>
      >>> shape[0].numpy()
      np.int32(2)
    """

    def __init__(
        self,
        row_partitions: Any,
        inner_shape: Any,
        dtype: Any = None,
        validate: bool = False,
        static_inner_shape: Any = None,
    ) -> None:
        raise NotImplementedError(
            "tf.experimental.DynamicRaggedShape: tapeflow makes these by tf.shape(ragged) and "
            "DynamicRaggedShape.from_tensor only."
        )

    @classmethod
    def from_tensor(cls, t: Any, dtype: Any = None) -> DynamicRaggedShape:
        """The shape of a tensor.

        Args:
          t: a tensor or a ragged tensor.
          dtype: int32 or int64; by default that of the row splits, int64 for other tensors.

        Returns:
          A `DynamicRaggedShape`.
        """
        made = object.__new__(cls)
        made._tensor = t
        made._partitions = len(t.nested_row_splits) if is_ragged(t) else 0
        default = t.row_splits.dtype if is_ragged(t) else "int64"
        made._dtype = as_dtype(default if dtype is None else dtype)
        return made

    _tensor: Any
    _partitions: int
    _dtype: DType

    @property
    def dtype(self) -> DType:
        """The dtype of the lengths."""
        return self._dtype

    @property
    def rank(self) -> int | None:
        """How many dimensions there are."""
        return self._tensor.shape.rank  # type: ignore[no-any-return]

    @property
    def num_row_partitions(self) -> int:
        """How many dimensions are divided into rows."""
        return self._partitions

    @property
    def inner_rank(self) -> int | None:
        """How many dimensions are inside of the rows, that of the elements counted."""
        return None if self.rank is None else self.rank - self._partitions

    @property
    def inner_shape(self) -> Any:
        """The shape of the flat values, as a tensor."""
        flat = self._tensor.flat_values if self._partitions else self._tensor
        return shape(flat, self._dtype)

    def is_uniform(self, axis: int) -> bool:
        """Whether all rows of a dimension have one length by construction.

        Args:
          axis: the dimension.

        Raises:
          ValueError: when there is no such dimension.
        """
        if not isinstance(axis, int) or axis < 0 or (self.rank is not None and axis >= self.rank):
            raise ValueError(f"axis: expected one in [0, {self.rank}); received {axis!r}")
        return axis == 0 or axis > self._partitions or self._uniform_length(axis) is not None

    def _uniform_length(self, axis: int) -> Any:
        rows = self._tensor
        for _ in range(axis - 1):
            rows = rows.values
        return rows.uniform_row_length

    def __getitem__(self, index: int) -> Any:
        """The length of a uniform dimension.

        Raises:
          ValueError: when the dimension is ragged.
          IndexError: when there is none.
        """
        if not isinstance(index, int):
            raise TypeError(f"DynamicRaggedShape: expected an int as index; received {index!r}")
        rank = self.rank
        if index < 0 and rank is not None:
            index += rank
        if index < 0 or (rank is not None and index >= rank):
            raise IndexError(f"Expected axis={index} < rank={rank}")
        if index == 0 and self._partitions:
            return cast(self._tensor.nrows(), self._dtype)
        if index > self._partitions or not self._partitions:
            return self.inner_shape[index - self._partitions]
        length = self._uniform_length(index)
        if length is None:
            raise ValueError(f"Index {index} is not uniform")
        return cast(length, self._dtype)

    def static_lengths(self, ragged_lengths: bool = True) -> list[Any]:
        """The lengths where they are known: ints, tuples for ragged dimensions, None.

        Args:
          ragged_lengths: whether tuples are wanted; None stands for a ragged dimension otherwise.
        """
        if not self._partitions:
            return list(self._tensor.shape.as_list())
        found: list[Any] = [self._tensor.shape.as_list()[0]]
        for lengths in self._tensor.nested_row_lengths():
            known = static_value(lengths) if ragged_lengths else None
            found.append(None if known is None else tuple(known.tolist()))
        return found + self._tensor.flat_values.shape.as_list()[1:]

    def __repr__(self) -> str:
        lengths = ", ".join("None" if n is None else str(n) for n in self.static_lengths())
        return (
            f"<DynamicRaggedShape lengths=[{lengths}] num_row_partitions={self.num_row_partitions}>"
        )
