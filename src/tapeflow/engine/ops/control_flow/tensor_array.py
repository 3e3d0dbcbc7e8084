"""`TensorArray`: a list of tensors that grows and is written by index."""

from __future__ import annotations

import inspect
from typing import Any

from tapeflow.engine.core.context import state
from tapeflow.engine.core.dtypes import DType, as_dtype
from tapeflow.engine.core.errors import InvalidArgumentError, OutOfRangeError
from tapeflow.engine.core.export import export
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.ops.array import concatenation, joining
from tapeflow.engine.ops.array.creation import zeros
from tapeflow.engine.runtime.convert import convert


@export("TensorArray")
class TensorArray:
    """Tensors of one dtype, written and read by index.

    Writing gives back the array; as with TensorFlow, go on with the returned one.

    Args:
      dtype: dtype of the elements.
      size: number of elements.
      dynamic_size: whether writing beyond the end makes it longer.
      clear_after_read: whether an element can be read only once (default True).
      tensor_array_name: accepted and not used.
      handle: not supported in eager mode.
      flow: accepted and not used.
      infer_shape: whether all elements must have one shape.
      element_shape: the shape of the elements.
      colocate_with_first_write_call: accepted and not used.
      name: ignored in eager mode.

    Raises:
      ValueError: when `handle` is given.

    Example:
      >>> import tapeflow as tf
      >>> ta = tf.TensorArray(tf.float32, size=2)
      >>> ta = ta.write(0, 1.0).write(1, 2.0)
      >>> ta.stack().numpy()
      array([1., 2.], dtype=float32)
    """

    _is_tensor_array = True

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is TensorArray and state.tracer is not None:
            from tapeflow.engine.ops.control_flow.traced_array import TracedTensorArray

            return object.__new__(TracedTensorArray)
        return object.__new__(cls)

    def __init__(
        self,
        dtype: Any,
        size: Any = None,
        dynamic_size: bool | None = None,
        clear_after_read: bool | None = None,
        tensor_array_name: str | None = None,
        handle: Any = None,
        flow: Any = None,
        infer_shape: bool = True,
        element_shape: Any = None,
        colocate_with_first_write_call: bool = True,
        name: str | None = None,
    ) -> None:
        if handle is not None:
            raise ValueError("TensorArray handles are not supported in eager mode.")
        if size is None:
            raise ValueError("Size must be declared for TensorArrays when eager mode is enabled.")
        self._dtype = as_dtype(dtype)
        self._dynamic_size = bool(dynamic_size)
        self._clear_after_read = True if clear_after_read is None else bool(clear_after_read)
        self._infer_shape = infer_shape
        self._element_shape = TensorShape(element_shape)
        self._elements: list[Any] = [None] * int(size)
        self._read_once: list[bool] = [False] * int(size)

    @property
    def dtype(self) -> DType:
        """The dtype of the elements."""
        return self._dtype

    @property
    def element_shape(self) -> TensorShape:
        """The shape of the elements, as far as it is known."""
        return self._element_shape

    @property
    def dynamic_size(self) -> bool:
        """Whether writing beyond the end makes it longer."""
        return self._dynamic_size

    @property
    def flow(self) -> Any:
        """A scalar that stands for the order of writes in a graph; 0 here."""
        return convert(0.0)

    @property
    def handle(self) -> None:
        """None: the array has no resource in eager mode."""
        return

    def identity(self) -> TensorArray:
        """The array itself."""
        return self

    def grad(self, source: Any, flow: Any = None, name: str | None = None) -> Any:
        """Refused: gradients go through `write`, `read` and the rest on their own.

        Raises:
          NotImplementedError: always, as in TensorFlow.
        """
        raise NotImplementedError(
            "TensorArray.grad is not supported in eager mode; use a tf.GradientTape."
        )

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """Sets an element.

        Args:
          index: scalar int.
          value: tensor of the array's dtype.
          name: ignored in eager mode.

        Returns:
          The array.

        Raises:
          tf.errors.OutOfRangeError: when the index is out of range.
          tf.errors.InvalidArgumentError: when the dtype differs.
          ValueError: when the shape differs from the other elements'.
        """
        i = int(index)
        if i < 0 or (i >= len(self._elements) and not self._dynamic_size):
            raise OutOfRangeError(
                None,
                None,
                f"TensorArray.write: index: expected one in [0, {len(self._elements)}) of an array "
                f"that isn't dynamic; received {i}",
            )
        tensor = convert(value, hint=self._dtype)
        if tensor.dtype is not self._dtype:
            raise InvalidArgumentError(
                None,
                None,
                f"TensorArray.write: value: expected dtype {self._dtype.name}; "
                f"received {tensor.dtype.name}",
            )
        if not self._element_shape.is_compatible_with(tensor.shape):
            raise ValueError(
                f"TensorArray.write: value: expected shape {self._element_shape}; "
                f"received {tensor.shape}"
            )
        if self._infer_shape:
            self._element_shape = self._element_shape.merge_with(tensor.shape)
        while i >= len(self._elements):
            self._elements.append(None)
            self._read_once.append(False)
        self._elements[i] = tensor
        self._read_once[i] = False
        return self

    def read(self, index: Any, name: str | None = None) -> Any:
        """Gives an element, which by default can be read only once.

        Args:
          index: scalar int.
          name: ignored in eager mode.

        Returns:
          The tensor; zeros for one that was never written, where the shape is known.

        Raises:
          tf.errors.OutOfRangeError: when the index is out of range.
          tf.errors.InvalidArgumentError: when the element was read before.
          ValueError: when it was never written and the shape of elements is not known.
        """
        i = int(index)
        if not 0 <= i < len(self._elements):
            raise OutOfRangeError(
                None,
                None,
                f"TensorArray.read: index: expected one in [0, {len(self._elements)}); "
                f"received {i}",
            )
        if self._read_once[i]:
            raise InvalidArgumentError(
                None,
                None,
                f"TensorArray.read: index {i} was read before and cleared; set "
                "clear_after_read=False to read an element more than once",
            )
        tensor = self._element(i)
        if self._clear_after_read:
            self._elements[i] = None
            self._read_once[i] = True
        return tensor

    def _element(self, i: int) -> Any:
        tensor = self._elements[i]
        if tensor is None:
            if not self._element_shape.is_fully_defined():
                raise ValueError(
                    f"TensorArray: element {i} was never written (or was cleared by a read), and "
                    "the shape of elements is not known"
                )
            tensor = zeros(self._element_shape, self._dtype)
        return tensor

    def stack(self, name: str | None = None) -> Any:
        """All elements as one tensor of shape `[size, ...]`."""
        if not self._elements:
            return zeros([0, *[d or 0 for d in self._element_shape.as_list()]], self._dtype)
        return joining.stack([self._element(i) for i in range(len(self._elements))])

    def gather(self, indices: Any, name: str | None = None) -> Any:
        """The elements at `indices` as one tensor."""
        return joining.stack([self._element(int(i)) for i in convert(indices).numpy().tolist()])

    def concat(self, name: str | None = None) -> Any:
        """All elements joined along their first dimension."""
        return concatenation.concat([self._element(i) for i in range(len(self._elements))], 0)

    def unstack(self, value: Any, name: str | None = None) -> TensorArray:
        """Sets the elements to the rows of `value`.

        Raises:
          ValueError: when there are more rows than elements and the array isn't dynamic.
        """
        rows = joining.unstack(convert(value, hint=self._dtype))
        if len(rows) > len(self._elements) and not self._dynamic_size:
            raise ValueError(
                f"Cannot unstack {len(rows)} tensors into a TensorArray of static size "
                f"{len(self._elements)} "
            )
        for i, row in enumerate(rows):
            self.write(i, row)
        return self

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> TensorArray:
        """Sets the elements at `indices` to the rows of `value`."""
        rows = joining.unstack(convert(value, hint=self._dtype))
        for i, row in zip(convert(indices).numpy().tolist(), rows, strict=True):
            self.write(i, row)
        return self

    def split(self, value: Any, lengths: Any, name: str | None = None) -> TensorArray:
        """Sets the elements to consecutive pieces of `value`, of the given lengths.

        Raises:
          tf.errors.InvalidArgumentError: when the lengths do not add up.
        """
        sizes = convert(lengths).numpy().tolist()
        tensor = convert(value, hint=self._dtype)
        if sum(sizes) != tensor.shape.as_list()[0]:
            raise InvalidArgumentError(
                None,
                None,
                f"TensorArray.split: lengths: expected a sum of {tensor.shape.as_list()[0]}; "
                f"received {sum(sizes)}",
            )
        start = 0
        for i, size in enumerate(sizes):
            self.write(i, tensor[start : start + size])
            start += size
        return self

    def size(self, name: str | None = None) -> Any:
        """The number of elements, a scalar int32 tensor."""
        return convert(len(self._elements))

    def close(self, name: str | None = None) -> None:
        """Forgets the elements."""
        self._elements = []
        self._read_once = []

    def __bool__(self) -> bool:
        raise TypeError("TensorArray: using it as a Python bool is not allowed; call size().")


# What `inspect.signature` shows; it would find the one of `__new__`.
_parameters = list(inspect.signature(TensorArray.__init__).parameters.values())[1:]
TensorArray.__signature__ = inspect.Signature(_parameters)  # type: ignore[attr-defined]
