"""`Tensor`, and `EagerTensor`, which holds its values in a NumPy array.

Operators and the like are attached by `ops/overloads.py`; here is what needs no operation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from tapeflow.engine.core.addresses import address
from tapeflow.engine.core.context import current_recorders
from tapeflow.engine.core.dtypes import FROM_NUMPY, DType, variant
from tapeflow.engine.core.export import export
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.core.tensor_type import Tensor as TensorType

if TYPE_CHECKING:
    from collections.abc import Iterator

CPU_DEVICE = "/job:localhost/replica:0/task:0/device:CPU:0"


class Reference:
    """A hashable stand-in for a tensor or variable, equal to another of the same object."""

    __slots__ = ("_referenced",)

    def __init__(self, referenced: Any) -> None:
        self._referenced = referenced

    def deref(self) -> Any:
        """The tensor or variable that this refers to."""
        return self._referenced

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Reference):
            return NotImplemented
        return self._referenced is other._referenced

    def __hash__(self) -> int:
        return id(self._referenced)

    def __repr__(self) -> str:
        return f"<Reference wrapping {self._referenced!r}>"


@address("tensorflow.python.framework.tensor")
@export("Tensor")
class Tensor(TensorType):
    """A value of one dtype and shape; its elements never change.

    Instances come from operations: `tf.constant`, `tf.zeros`, and the rest. In eager mode a tensor
    holds values; inside a traced function it stands for a value to come.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.constant([[1.0, 2.0]])
      >>> x.shape, x.dtype
      (TensorShape([1, 2]), tf.float32)
    """

    __slots__ = ()
    # Operators of NumPy arrays defer to ours; `np.sin(tensor)` takes the values by `__array__`.
    __array_priority__ = 100

    OVERLOADABLE_OPERATORS: frozenset[str] = frozenset()

    @property
    def dtype(self) -> DType:
        """The `DType` of the elements."""
        raise NotImplementedError

    @property
    def shape(self) -> TensorShape:
        """The `TensorShape`."""
        raise NotImplementedError

    @property
    def ndim(self) -> int | None:
        """Number of dimensions."""
        return self.shape.ndims

    def get_shape(self) -> TensorShape:
        """The `TensorShape`; the same as `.shape`."""
        return self.shape

    @property
    def name(self) -> str:
        """The name of a symbolic tensor; eager tensors have none."""
        raise NotImplementedError

    def eval(self, feed_dict: Any = None, session: Any = None) -> NoReturn:
        """Refused: there are no sessions in TensorFlow 2.

        Raises:
          NotImplementedError: always; `.numpy()` gives the values.
        """
        raise NotImplementedError("eval is not supported in eager mode; call .numpy() instead.")

    def set_shape(self, shape: Any) -> None:
        """Checks that `shape` is compatible with the tensor's shape, which it cannot change.

        Raises:
          ValueError: when it isn't.
        """
        if not self.shape.is_compatible_with(shape):
            raise ValueError(
                f"Tensor.set_shape: the shape of the tensor is {self.shape}; received {shape}, "
                "which is not compatible with it."
            )

    def ref(self) -> Reference:
        """A hashable reference to this tensor, for use as a dictionary key.

        Returns:
          An object with `deref()`; equal to other references of the same tensor object.
        """
        return Reference(self)

    experimental_ref = ref


@address("tensorflow.python.framework.ops")
@export("__internal__.EagerTensor")
class EagerTensor(Tensor):
    """A tensor with its values at hand.

    `_array` is never written to once the tensor exists, except by a variable that finds itself the
    only holder of the buffer.
    """

    __slots__ = ("__dict__", "__weakref__", "_array")

    _array: np.ndarray[Any, Any]

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        self._array = array

    @property
    def dtype(self) -> DType:
        return FROM_NUMPY[self._array.dtype]

    @property
    def shape(self) -> TensorShape:
        return TensorShape._of(self._array.shape)

    @property
    def ndim(self) -> int:
        return self._array.ndim

    @property
    def device(self) -> str:
        """The device that holds the values."""
        return CPU_DEVICE

    backing_device = device

    @property
    def is_packed(self) -> bool:
        """False: values of one device only."""
        return False

    def numpy(self) -> Any:
        """The values as a NumPy array of their own (a NumPy scalar or `bytes` for rank 0).

        Returns:
          An `np.ndarray` that the caller may change, or a scalar for a tensor of shape `[]`.

        Example:
          >>> import tapeflow as tf
          >>> tf.constant([1, 2]).numpy()
          array([1, 2], dtype=int32)
        """
        if current_recorders():
            _note_left(self)
        array = self._array
        return array.copy() if array.ndim else array[()]

    def _numpy(self) -> Any:
        array = self._array
        return array if array.ndim else array[()]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        if current_recorders():
            _note_left(self)
        array = self._array
        if dtype is not None and np.dtype(dtype) != array.dtype:
            return array.astype(dtype)
        if copy:
            return array.copy()
        view = array.view()
        view.flags.writeable = False
        return view

    def __dlpack__(self, **kwargs: Any) -> Any:
        if current_recorders():
            _note_left(self)
        # A copy: DLPack has no way to say that the consumer must not write.
        return self._array.copy().__dlpack__(**kwargs)

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)

    def __bool__(self) -> bool:
        if current_recorders():
            _note_left(self)
        array = self._array
        return bool(array) if array.size else False

    def __int__(self) -> int:
        return int(self._scalar())

    def __float__(self) -> float:
        return float(self._scalar())

    def __complex__(self) -> complex:
        return complex(self._scalar())

    def __index__(self) -> int:
        return self._scalar().__index__()  # type: ignore[no-any-return]

    def _scalar(self) -> Any:
        if current_recorders():
            _note_left(self)
        if self._array.ndim:
            raise TypeError("Only scalar arrays can be converted to Python scalars.")
        return self._array[()]

    def __format__(self, spec: str) -> str:
        return format(self._array[()] if self._array.ndim == 0 else self._array, spec)

    def __len__(self) -> int:
        if not self._array.ndim:
            raise TypeError("Scalar tensor has no `len()`")
        return len(self._array)

    def __iter__(self) -> Iterator[Tensor]:
        if not self._array.ndim:
            raise TypeError("Cannot iterate over a scalar tensor.")
        return (self[i] for i in range(len(self._array)))  # type: ignore[index]

    def __hash__(self) -> int:
        raise TypeError("Tensor is unhashable. Instead, use tensor.ref() as the key.")

    def __copy__(self) -> EagerTensor:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> EagerTensor:
        return EagerTensor(self._array)

    def __reduce__(self) -> tuple[Any, ...]:
        return (_unpickled, (np.ascontiguousarray(self._array).reshape(self._array.shape),))

    def _refuse(self, what: str) -> NoReturn:
        raise AttributeError(
            f"Tensor.{what} is undefined in eager mode: the tensor is part of no graph."
        )

    @property
    def name(self) -> str:
        self._refuse("name")

    @property
    def op(self) -> Any:
        self._refuse("op")

    @property
    def graph(self) -> Any:
        self._refuse("graph")

    def cpu(self) -> EagerTensor:
        """This tensor: its values are in main memory."""
        return self

    def __repr__(self) -> str:
        return (
            f"<tf.Tensor: shape={self._array.shape}, dtype={self.dtype.name}, "
            f"numpy={_text(self._array, True)}>"
        )

    def __str__(self) -> str:
        return (
            f"tf.Tensor({_text(self._array, False)}, shape={self._array.shape}, "
            f"dtype={self.dtype.name})"
        )


class VariantValue:
    """What a value of dtype variant is when a graph runs, where that is no list."""

    __slots__ = ()


class VariantTensor(Tensor):
    """An eager value that is no array: a list of arrays, as graphs make them for gradients."""

    __slots__ = ("__weakref__", "value")

    def __init__(self, value: Any) -> None:
        self.value = value

    @property
    def dtype(self) -> DType:
        return variant

    @property
    def shape(self) -> TensorShape:
        return TensorShape([])

    def __repr__(self) -> str:
        return f"<tf.Tensor: shape=(), dtype=variant, value={self.value!r}>"


def held(tensor: Any) -> Any:
    """A tensor as a value of a graph that runs: its array, or the object that it stands for."""
    if type(tensor) is EagerTensor:
        return tensor._array
    return tensor.value if type(tensor) is VariantTensor else tensor


def _unpickled(array: np.ndarray[Any, Any]) -> EagerTensor:
    """A tensor read from a pickle, which names this function: the class has two addresses."""
    return EagerTensor(array)


def _text(array: np.ndarray[Any, Any], is_repr: bool) -> str:
    value = array if array.ndim else array[()]
    text = repr(value) if is_repr else str(value)
    if array.ndim == 0 and is_repr and isinstance(value, np.generic):
        text = str(value) if value.dtype.kind != "b" else repr(bool(value))
    return "\n" + text if "\n" in text else text


def _note_left(tensor: EagerTensor) -> None:
    for recorder in current_recorders():
        if id(tensor) in recorder.tracked:
            recorder.left(tensor)


__all__ = ["CPU_DEVICE", "EagerTensor", "Reference", "Tensor", "VariantTensor", "VariantValue"]
