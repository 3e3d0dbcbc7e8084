"""From Python and NumPy values to tensors, by TensorFlow's rules for dtypes.

A Python float alone is float32, an int is int32 (int64 where it does not fit), NumPy values keep
their dtype, and a wanted dtype is only met where nothing is lost in kind: 1.5 is no int32.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import current_recorders, state
from tapeflow.engine.core.dtypes import FROM_NUMPY, DType, as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.runtime import upward
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor

Converter = Callable[[Any, "DType | None"], Tensor]

CONVERTERS: dict[type, Converter] = {}
"""Exact type -> how to convert it; filled by the modules that define such types."""

_REGISTERED: list[tuple[int, tuple[type, ...], Callable[..., Any]]] = []


def convert(value: Any, dtype: DType | None = None, hint: DType | None = None) -> Any:
    """Converts anything that TensorFlow takes for a tensor.

    Args:
      value: a tensor, variable, NumPy value, Python value, nested list, or an object with
        `__tf_tensor__`.
      dtype: the dtype the result must have, or None.
      hint: the dtype to have if that is possible, or None.

    Returns:
      The tensor; `value` itself where it is one already.

    Raises:
      ValueError: for a value that is no tensor, or a tensor of another dtype than `dtype`.
      TypeError: for a Python value that does not fit `dtype`.
    """
    kind = type(value)
    if kind is EagerTensor or isinstance(value, Tensor):
        if dtype is not None and value.dtype is not dtype:
            raise ValueError(
                f"Tensor conversion requested dtype {dtype.name} for Tensor with dtype "
                f"{value.dtype.name}: {value!r}"
            )
        return value
    if dtype is None and hint is not None:
        try:
            return _marked(_convert_other(value, kind, hint))
        except (TypeError, ValueError, OverflowError):
            pass
    return _marked(_convert_other(value, kind, dtype))


def _marked(tensor: Any) -> Any:
    """The tensor; while a function is traced, with a note that it was made of a plain value."""
    if current_recorders() and state.tracer is not None and type(tensor) is EagerTensor:
        tensor.__dict__["_made_by_engine"] = True
    return tensor


def made_by_engine(tensor: EagerTensor) -> bool:
    """Whether a tensor was made of a Python value by this engine, so that no tape can watch it."""
    return "_made_by_engine" in tensor.__dict__


def _convert_other(value: Any, kind: type, dtype: DType | None) -> Any:
    converter = CONVERTERS.get(kind)
    if converter is not None:
        return converter(value, dtype)
    if hasattr(kind, "__tf_tensor__"):
        return value.__tf_tensor__(dtype, None)
    if _REGISTERED:
        for _, types, function in _REGISTERED:
            if isinstance(value, types):
                made = function(value, dtype=dtype, name=None, as_ref=False)
                if made is not NotImplemented:
                    return made
    for base in kind.__mro__[1:]:
        converter = CONVERTERS.get(base)
        if converter is not None and base is not object:
            if base in (int, float, complex):  # IntEnum and the like
                value = base(value)
            return converter(value, dtype)
    if hasattr(value, "__array__"):
        return _from_array(np.asarray(value), dtype)
    if isinstance(value, numbers.Number):
        return _from_array(np.asarray(value), dtype)
    if value is None:
        raise ValueError("Attempt to convert a value (None) with an unsupported type to a Tensor.")
    raise _no_tensor(
        f"Attempt to convert a value ({value!r}) with an unsupported type ({kind}) to a Tensor."
    )


def _no_tensor(message: str) -> Exception:
    """The error for a Python value that is no tensor: where constants are made, a `TypeError`."""
    return ValueError(message) if state.tracer is None else TypeError(message)


def convert_pair(x: Any, y: Any, op: str) -> tuple[Any, Any]:
    """Converts the operands of a binary op; a plain value takes the dtype of the other operand."""
    x_plain = not isinstance(x, Tensor) and isinstance(x, _PLAIN)
    y_plain = not isinstance(y, Tensor) and isinstance(y, _PLAIN)
    if not x_plain:
        x = convert(x)
        return x, _convert_like(y, x, op) if y_plain else convert(y)
    if not y_plain:
        y = convert(y)
        return _convert_like(x, y, op), y
    x = convert(x)
    return x, _convert_like(y, x, op)


# Operands that are plain Python numbers repeat (`x + 2`, `0.5 * y`). Their tensors are kept; no
# program gets hold of one, so none can be watched by a tape.
_NUMBERS: dict[Any, EagerTensor] = {}
_MAX_NUMBERS = 256

READERS: dict[type, Callable[[Any], Any]] = {}
"""Exact types that have a dtype of their own (variables) -> how to read them."""


def convert_operand(value: Any, other: EagerTensor, op: str) -> Any:
    """Converts one operand of a binary op; a Python value takes the dtype of `other`."""
    kind = type(value)
    if kind is float or kind is int:
        # 0.0 and -0.0 are equal, so the sign of a zero is part of the key.
        key = (value or math.copysign(0.5, value), kind, other._array.dtype, not value)
        tensor = _NUMBERS.get(key)
        if tensor is not None:
            return tensor
        tensor = _convert_like(value, other, op)
        if tensor.dtype is other.dtype:
            if len(_NUMBERS) >= _MAX_NUMBERS:
                _NUMBERS.clear()
            tensor.__dict__["_made_by_engine"] = True
            _NUMBERS[key] = tensor
        return tensor
    reader = READERS.get(kind)
    if reader is not None:
        return reader(value)
    if isinstance(value, Tensor):
        return value
    if isinstance(value, _PLAIN):
        return _convert_like(value, other, op)
    return convert(value)


def _convert_like(value: Any, other: Tensor, op: str) -> Any:
    # `+`, `@` and convolutions let a misfit through to the op, whose error names both dtypes.
    if op in _LENIENT:
        return convert(value, hint=other.dtype)
    return convert(value, other.dtype)


_PLAIN = (bool, int, float, complex, str, bytes, np.ndarray, np.generic, list, tuple, type(None))
_LENIENT = frozenset(("AddV2", "MatMul", "Conv2D", "Conv3D"))


def _misfit(value: Any, dtype: DType) -> TypeError:
    return TypeError(f"Cannot convert {value!r} to EagerTensor of dtype {dtype.name}")


# Dtypes that take a Python boolean as 0 or 1.
_FROM_BOOL = frozenset((dtypes.int32, dtypes.int64, dtypes.float32, dtypes.float64))


def _from_scalar(value: Any, dtype: DType | None) -> EagerTensor:
    kind = type(value)
    if dtype is None:
        if kind is float:
            dtype = dtypes.float32
            _require_range(value)
        elif kind is int:
            dtype = dtypes.int32 if -(2**31) <= value < 2**31 else dtypes.int64
        elif kind is bool:
            dtype = dtypes.bool_
        else:
            dtype = dtypes.complex128
    if kind is float:
        fits = dtype.is_floating or dtype.is_complex
    elif kind is bool:
        fits = dtype.is_bool or dtype in _FROM_BOOL
    elif kind is int:
        fits = (
            dtype.is_integer
            or dtype.is_complex
            or (dtype.is_floating and dtype not in dtypes.SMALL)
        )
    else:
        fits = dtype.is_complex
    if not fits:
        raise _misfit(value, dtype)
    if kind is int and dtype.is_integer:
        array = np.asarray(_wrap_integer(value, dtype))
    else:
        with np.errstate(all="ignore"):
            array = np.asarray(np.asarray(value).astype(dtype.np))
    return EagerTensor(array)


# Half a unit in the last place beyond float32's largest value: what is less rounds to that value.
_FLOAT32_LIMIT = 2.0**128 - 2.0**103


def _require_range(value: float) -> None:
    """Raises for a finite Python float that the default dtype, float32, would make infinite.

    In a graph TensorFlow lets it become infinite.
    """
    if abs(value) >= _FLOAT32_LIMIT and value - value == 0.0 and state.tracer is None:
        raise ValueError(
            f"Can't convert {value!r} to a Tensor of the default dtype float32, whose largest "
            "value is 3.4e38; pass dtype=tf.float64."
        )


def _wrap_integer(value: int, dtype: DType) -> Any:
    try:
        return np.array(value, dtype.np)
    except OverflowError:
        if not -(2**63) <= value < 2**64:
            raise _no_tensor(
                f"Can't convert Python integer {value} to dtype {dtype.name}"
            ) from None
        return np.array(value, np.uint64 if value > 0 else np.int64).astype(dtype.np)


def _from_string(value: str | bytes, dtype: DType | None) -> EagerTensor:
    if dtype is not None and dtype is not dtypes.string:
        raise _misfit(value, dtype)
    cell = np.empty((), object)
    cell[()] = value.encode() if isinstance(value, str) else value
    return EagerTensor(cell)


def _from_array(array: np.ndarray[Any, Any], dtype: DType | None) -> EagerTensor:
    """A tensor of a copy of `array`: the caller may go on changing it."""
    if array.dtype.kind in "USO":
        return EagerTensor(_string_array(array, dtype))
    if array.dtype not in FROM_NUMPY:
        native = array.dtype.newbyteorder("=")
        if native not in FROM_NUMPY:
            raise ValueError(f"Failed to convert a NumPy array of dtype {array.dtype} to a Tensor.")
        array = array.astype(native)
    have = FROM_NUMPY[array.dtype]
    if dtype is None or have is dtype:
        return EagerTensor(np.array(array, have.np, order="C"))
    if dtype is dtypes.string:
        raise ValueError(
            f"Failed to convert a NumPy array of dtype {array.dtype} to a Tensor of dtype string."
        )
    # NumPy values are converted as NumPy converts them, at the price of what does not fit.
    if have.is_complex and not dtype.is_complex:
        array = array.real
    with np.errstate(all="ignore"):
        converted = np.asarray(array.astype(dtype.np))
    return EagerTensor(np.ascontiguousarray(converted).reshape(array.shape))


def _string_array(array: np.ndarray[Any, Any], dtype: DType | None) -> np.ndarray[Any, Any]:
    if dtype is not None and dtype is not dtypes.string:
        raise _misfit(array, dtype)
    out = np.empty(array.shape, object)
    flat = out.reshape(-1)
    for i, item in enumerate(array.reshape(-1).tolist()):
        if isinstance(item, str):
            flat[i] = item.encode()
        elif isinstance(item, bytes):
            flat[i] = item
        else:
            raise _no_tensor(
                f"Failed to convert a NumPy array to a Tensor (Unsupported object type "
                f"{type(item).__name__})."
            )
    return out


def _from_numpy_scalar(value: np.generic, dtype: DType | None) -> EagerTensor:
    if isinstance(value, (np.str_, np.bytes_)):
        return _from_string(value.item(), dtype)
    return _from_array(np.asarray(value), dtype)


def _from_sequence(value: Any, dtype: DType | None) -> Any:
    leaf = _first_leaf(value)
    if leaf is _HAS_TENSORS:
        return _pack_sequence(value, dtype)
    if isinstance(leaf, (str, bytes)):
        try:
            array = np.array(value, dtype=object)
        except ValueError:
            raise _ragged() from None
        if array.ndim and any(isinstance(item, (list, tuple)) for item in array.reshape(-1)[:1]):
            raise _ragged()
        return EagerTensor(_string_array(array, dtype))
    try:
        with np.errstate(all="ignore"):
            array = np.array(value)
    except ValueError as error:
        if "inhomogeneous" in str(error):
            raise _ragged() from None
        raise
    except OverflowError:
        array = np.array(value, dtype=object)
    if array.dtype.kind == "O":
        return _from_object_leaves(array, dtype)
    if array.dtype.kind in "US":
        raise _no_tensor(f"Can't convert Python sequence with mixed types to Tensor: {value!r}")
    if isinstance(leaf, bool) and array.dtype.kind != "b" and state.tracer is None:
        raise _no_tensor(f"Can't convert Python sequence with mixed types to Tensor: {value!r}")
    if dtype is None:
        if array.dtype.kind in "iu":  # integers of NumPy's, too
            fits = not array.size or (array.min() >= -(2**31) and array.max() < 2**31)
            dtype = dtypes.int32 if fits else FROM_NUMPY.get(array.dtype, dtypes.int64)
        elif array.dtype.kind == "f":
            of_numpy = isinstance(leaf, (np.ndarray, np.generic)) and leaf.dtype.kind == "f"
            if of_numpy and state.tracer is not None and leaf.dtype == np.float64:
                of_numpy = False  # in a graph, a list of them is one of Python's floats
            dtype = FROM_NUMPY[leaf.dtype] if of_numpy else dtypes.float32
            if not of_numpy and array.size:
                finite = np.abs(array[np.isfinite(array)])
                _require_range(float(finite.max()) if finite.size else 0.0)
    elif array.size == 0:
        array = np.empty(array.shape, dtype.np)
    elif (
        dtype is dtypes.string
        or (array.dtype.kind in "iu" and dtype.is_floating and dtype in dtypes.SMALL)
        or (array.dtype.kind == "f" and not (dtype.is_floating or dtype.is_complex))
    ):
        raise _misfit(leaf, dtype)
    if dtype is None:
        return _from_array(array, None)
    if array.dtype == dtype.np:
        return EagerTensor(array)
    if array.dtype.kind == "b" and dtype in _FROM_BOOL:
        pass
    elif (array.dtype.kind == "b") != dtype.is_bool or (
        array.dtype.kind == "c" and not dtype.is_complex
    ):
        raise _misfit(leaf, dtype)
    with np.errstate(all="ignore"):
        return EagerTensor(np.asarray(array.astype(dtype.np)))


def _ragged() -> ValueError:
    return ValueError(
        "Can't convert non-rectangular Python sequence to Tensor: its rows have different lengths. "
        "Pad them, or use tf.ragged.constant."
    )


def _from_object_leaves(array: np.ndarray[Any, Any], dtype: DType | None) -> EagerTensor:
    for item in array.reshape(-1).tolist():
        if item is None:
            raise _no_tensor("Attempt to convert a value (None) with an unsupported type "
                             "(<class 'NoneType'>) to a Tensor.")  # fmt: skip
        if isinstance(item, (list, tuple)):
            raise _ragged()
    if all(isinstance(item, int) for item in array.reshape(-1).tolist()):
        want = dtype or dtypes.int64
        flat = [_wrap_integer(int(item), want) for item in array.reshape(-1).tolist()]
        return EagerTensor(np.array(flat, want.np).reshape(array.shape))
    return EagerTensor(_string_array(array, dtype))


_HAS_TENSORS = object()


def _first_leaf(value: Any) -> Any:
    """The first element that is no list; `_HAS_TENSORS` when a tensor is anywhere inside."""
    first: Any = None
    seen = False
    for item in value:
        if isinstance(item, (list, tuple)):
            item = _first_leaf(item)
            if item is _HAS_TENSORS:
                return item
            if item is None:
                continue
        elif isinstance(item, (int, float, complex, str, bytes, np.ndarray, np.generic)):
            pass
        elif item is not None and (isinstance(item, Tensor) or _is_tensor_like(item)):
            return _HAS_TENSORS
        if not seen:
            first, seen = item, True
    return first


def _is_tensor_like(item: Any) -> bool:
    kind = type(item)
    return kind in CONVERTERS or hasattr(kind, "__tf_tensor__")


def _pack_sequence(value: Any, dtype: DType | None) -> Any:
    return upward.call("pack_nested", value, dtype)


_kind: type
for _kind in (bool, int, float, complex):
    CONVERTERS[_kind] = _from_scalar
for _kind in (str, bytes):
    CONVERTERS[_kind] = _from_string
CONVERTERS[np.ndarray] = _from_array
CONVERTERS[np.generic] = _from_numpy_scalar
for _kind in (list, tuple, range):
    CONVERTERS[_kind] = _from_sequence


def _from_shape(value: TensorShape, dtype: DType | None) -> Any:
    if not value.is_fully_defined():
        raise ValueError(f"Cannot convert a partially known TensorShape {value} to a Tensor.")
    return _from_array(np.array(value.as_list(), np.int32), dtype)


CONVERTERS[TensorShape] = _from_shape


@export("convert_to_tensor")
def convert_to_tensor(
    value: Any, dtype: Any = None, dtype_hint: Any = None, name: str | None = None
) -> Any:
    """Converts a value to a tensor.

    Args:
      value: a tensor, variable, NumPy array or scalar, Python number, string, or nested list.
      dtype: dtype of the result; by default that of `value` (Python floats: float32, ints: int32).
      dtype_hint: dtype to prefer when `dtype` is None; ignored where it does not fit.
      name: ignored in eager mode.

    Returns:
      A `tf.Tensor`; `value` itself where it is one.

    Raises:
      TypeError: when a Python value does not fit `dtype`.
      ValueError: when `value` is no tensor, or has another dtype than `dtype`.

    Example:
      >>> import tapeflow as tf
      >>> tf.convert_to_tensor([1, 2], dtype=tf.float32)
      <tf.Tensor: shape=(2,), dtype=float32, numpy=array([1., 2.], dtype=float32)>
    """
    tensor = convert(
        value,
        None if dtype is None else as_dtype(dtype),
        None if dtype_hint is None else as_dtype(dtype_hint),
    )
    if not isinstance(tensor, Tensor):
        raise ValueError(f"Cannot convert {type(tensor).__name__} to a Tensor: {tensor!r}")
    return in_graph(tensor, value, name)


def in_graph(tensor: Any, value: Any, name: str | None) -> Any:
    """What a program gets of a converted value: while a function is traced, a symbolic tensor.

    Args:
      tensor: the tensor.
      value: what it was made of; an eager tensor from outside the function is captured.
      name: the name of a constant.
    """
    if current_recorders() and state.tracer is not None and type(tensor) is EagerTensor:
        if tensor is value:
            return state.tracer.value_of(tensor)
        return state.tracer.constant_of(tensor, name)
    return tensor


@export("register_tensor_conversion_function")
def register_tensor_conversion_function(
    base_type: Any, conversion_func: Callable[..., Any], priority: int = 100
) -> None:
    """Registers how objects of `base_type` become tensors.

    Args:
      base_type: a class or tuple of classes.
      conversion_func: called as `(value, dtype=None, name=None, as_ref=False)`; returns a tensor
        or `NotImplemented`.
      priority: functions of lower priority are asked first.

    Raises:
      TypeError: when `base_type` is no class, or `conversion_func` is not callable.

    Example:
      >>> import tapeflow as tf
      >>> class Celsius:
      ...     def __init__(self, degrees):
      ...         self.degrees = degrees
      >>> def to_tensor(value, dtype=None, name=None, as_ref=False):
      ...     return tf.constant(value.degrees, dtype)
      >>> tf.register_tensor_conversion_function(Celsius, to_tensor)
      >>> tf.add(Celsius(20.0), 1.5).numpy()
      np.float32(21.5)
    """
    types = base_type if isinstance(base_type, tuple) else (base_type,)
    if not all(isinstance(t, type) for t in types):
        raise TypeError(f"Argument `base_type` must be a type or a tuple of types. Got {base_type}")
    if not callable(conversion_func):
        raise TypeError(f"Argument `conversion_func` must be callable. Got {conversion_func}")
    if any(t in CONVERTERS for t in types):
        raise TypeError("Cannot register conversions for Python numeric types and NumPy scalars.")
    _REGISTERED.append((priority, types, conversion_func))
    _REGISTERED.sort(key=lambda entry: entry[0])


def static_shape(shape: Any) -> TensorShape:
    """The shape that a shape tensor stands for, as far as its values are known; -1 is unknown."""
    known = static_value(shape)
    if known is not None:
        return TensorShape([None if d == -1 else d for d in known.tolist()])
    spec = getattr(shape, "spec", None)
    if spec is not None and spec.value is not None:
        return TensorShape(spec.value.tolist())
    if spec is not None and spec.dims is not None:
        return TensorShape._of(spec.dims)
    rank = shape.shape.as_list()[0]
    return TensorShape(None if rank is None else [None] * rank)


def static_value(value: Any) -> np.ndarray[Any, Any] | None:
    """The values of a tensor-like where they are known now, else None (most symbolic tensors)."""
    if isinstance(value, EagerTensor):
        return value._array
    if isinstance(value, Tensor):
        spec = getattr(value, "spec", None)
        return None if spec is None else spec.value  # type: ignore[no-any-return]
    if state.tracer is not None and not isinstance(value, _PLAIN):
        return None
    return convert(value)._array  # type: ignore[no-any-return]
