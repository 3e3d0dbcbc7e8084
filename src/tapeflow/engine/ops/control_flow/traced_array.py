"""`tf.TensorArray` while a function is traced: a list value that each write makes anew."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType, as_dtype
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.ops.control_flow import tensor_lists as lists
from tapeflow.engine.ops.control_flow.tensor_array import TensorArray
from tapeflow.engine.ops.math.casting import cast
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.tracing.graph import known_value


class TracedTensorArray(TensorArray):
    """The array in a graph; it is a composite of one part, the list."""

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
        if handle is not None and flow is not None:
            raise ValueError("TensorArray: handle and flow cannot be given both")
        self._dtype = as_dtype(dtype)
        self._dynamic_size = bool(dynamic_size)
        self._infer_shape = infer_shape
        self._element_shape = TensorShape(element_shape)
        self._known_size: int | None = None
        if flow is not None:
            self._list = flow
            return
        if size is None:
            raise ValueError("Size must be declared for TensorArrays.")
        count = convert(size, None if hasattr(size, "dtype") else dtypes.int32)
        known = None if self._dynamic_size else known_value(count)
        if known is not None and not known.ndim:
            self._known_size = int(known)
        self._list = apply(
            lists.reserve_p, count, dtype=self._dtype, shape=self._element_shape._dims
        )

    def _made(
        self, handle: Any, shape: TensorShape | None = None, size: int | None = None
    ) -> TracedTensorArray:
        """An array like this one that holds another list, of `size` elements if known."""
        made = object.__new__(TracedTensorArray)
        made._dtype = self._dtype
        made._dynamic_size = self._dynamic_size
        made._infer_shape = self._infer_shape
        made._element_shape = self._element_shape if shape is None else shape
        made._known_size = size
        made._list = handle
        return made

    # A composite: control flow takes it apart and puts it together again.

    def _components(self) -> list[Any]:
        return [self._list]

    def _with_components(self, components: list[Any]) -> TracedTensorArray:
        return self._made(components[0])

    def entering(self, start: TracedTensorArray) -> TracedTensorArray:
        """This array as a loop variable that starts as `start`."""
        return self._made(self._list, start._element_shape, start._known_size)

    def leaving(self, start: TracedTensorArray, after: TracedTensorArray) -> TracedTensorArray:
        """This array as what a loop leaves: `after` is what the body makes of the variable.

        What the body writes tells the shape of the elements, also where it never runs: an empty
        array of rows is then still one of rows.
        """
        size = start._known_size if after._known_size == start._known_size else None
        return self._made(self._list, after._element_shape, size)

    @property
    def dtype(self) -> DType:
        return self._dtype

    @property
    def flow(self) -> Any:
        """The list."""
        return self._list

    @property
    def handle(self) -> None:
        return None

    @property
    def _shape_attr(self) -> Any:
        return self._element_shape._dims

    def _element(self, value: Any) -> Any:
        tensor = convert(value, hint=self._dtype)
        if tensor.dtype is not self._dtype:
            raise InvalidArgumentError(
                None,
                None,
                f"TensorArray.write: value: expected dtype {self._dtype.name}; received "
                f"{tensor.dtype.name}",
            )
        if not self._element_shape.is_compatible_with(tensor.shape):
            raise ValueError(
                f"Inconsistent shapes: saw {tensor.shape} but expected {self._element_shape} "
                "(and infer_shape=True)"
            )
        return tensor

    def _shape_with(self, shape: TensorShape) -> TensorShape:
        return self._element_shape.merge_with(shape) if self._infer_shape else self._element_shape

    def identity(self) -> TracedTensorArray:
        """An array of the same elements."""
        return self._made(self._list, size=self._known_size)

    def grad(self, source: Any, flow: Any = None, name: str | None = None) -> Any:
        """Refused, as in TensorFlow 2.

        Raises:
          NotImplementedError: always.
        """
        raise NotImplementedError("TensorArray.grad is not supported; use a tf.GradientTape.")

    def write(self, index: Any, value: Any, name: str | None = None) -> TracedTensorArray:
        """An array with `value` at `index`.

        Args:
          index: scalar int.
          value: tensor of the array's dtype.
          name: ignored.

        Raises:
          ValueError: when dtype or shape do not fit.
        """
        tensor = self._element(value)
        handle = apply(
            lists.set_item_p, self._list, _index(index), tensor, dynamic=self._dynamic_size
        )
        return self._made(handle, self._shape_with(tensor.shape), self._known_size)

    def read(self, index: Any, name: str | None = None) -> Any:
        """The element at `index`."""
        return apply(
            lists.get_item_p, self._list, _index(index), dtype=self._dtype, shape=self._shape_attr
        )

    def stack(self, name: str | None = None) -> Any:
        """All elements, stacked."""
        stacked = apply(lists.stack_p, self._list, dtype=self._dtype, shape=self._shape_attr)
        if self._known_size is not None and stacked.shape.ndims is not None:
            stacked.set_shape([self._known_size, *stacked.shape[1:]])
        return stacked

    def gather(self, indices: Any, name: str | None = None) -> Any:
        """The elements at `indices`, stacked."""
        return apply(
            lists.gather_p,
            self._list,
            _index(indices),
            dtype=self._dtype,
            shape=self._shape_attr,
        )

    def concat(self, name: str | None = None) -> Any:
        """The elements, one behind the other."""
        joined, _ = apply(lists.concat_p, self._list, dtype=self._dtype, shape=self._shape_attr)
        return joined

    def unstack(self, value: Any, name: str | None = None) -> TracedTensorArray:
        """An array of the rows of a tensor."""
        tensor = convert(value, self._dtype)
        rows = apply(lists.from_tensor_p, tensor)
        count = None if self._dynamic_size or not tensor.shape.ndims else tensor.shape[0]
        return self._made(rows, self._shape_with(tensor.shape[1:]), count)

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> TracedTensorArray:
        """An array with the rows of a tensor at `indices`."""
        tensor = convert(value, self._dtype)
        handle = apply(
            lists.scatter_p, self._list, _index(indices), tensor, dynamic=self._dynamic_size
        )
        return self._made(handle, self._shape_with(tensor.shape[1:]))

    def split(self, value: Any, lengths: Any, name: str | None = None) -> TracedTensorArray:
        """An array of parts of a tensor, of the given lengths."""
        tensor = convert(value, self._dtype)
        sizes = cast(convert(lengths), dtypes.int64)
        return self._made(apply(lists.split_p, tensor, sizes))

    def size(self, name: str | None = None) -> Any:
        """The number of elements."""
        return apply(lists.length_p, self._list)

    def close(self, name: str | None = None) -> None:
        """Nothing: the list is freed with the last array that holds it."""


def _index(index: Any) -> Any:
    return convert(index, None if hasattr(index, "dtype") else dtypes.int32)
