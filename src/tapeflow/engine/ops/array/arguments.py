"""Arguments of array operations: axes that must be known, integers, lists of one dtype."""

from __future__ import annotations

import numbers
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import state
from tapeflow.engine.core.dtypes import DType, as_dtype
from tapeflow.engine.core.errors import InvalidArgumentError, NotFoundError
from tapeflow.engine.core.handles import handle_of
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor

INDEX = frozenset((dtypes.int32, dtypes.int64))
INDEX16 = frozenset((dtypes.int16, dtypes.int32, dtypes.int64))


def refuse(op: str, message: str, about_dtype: bool = False) -> Exception:
    """The error for what Python code checks in place of a shape rule.

    Returns:
      An `InvalidArgumentError`; while a function is traced a `ValueError`, or a `TypeError` about
      dtypes, as TensorFlow raises them there.
    """
    text = f"{op}: {message} [Op:{op}]"
    if state.tracer is not None:
        return TypeError(text) if about_dtype else ValueError(text)
    return InvalidArgumentError(None, None, text)


def require_kernel(spec: Spec, allowed: Collection[DType], argument: str) -> None:
    """Rejects a dtype that TensorFlow's op may have, but for which it has no CPU kernel."""
    if spec.dtype not in allowed:
        names = ", ".join(sorted(d.name for d in allowed))
        raise NotFoundError(
            None,
            None,
            f"{argument}: expected one of the dtypes {names}; received {spec.dtype.name}",
        )


def to_axis(axis: Any, op: str, one_of_vector: bool = False) -> Any:
    """One dimension, given as an int or an integer tensor.

    Args:
      axis: the argument.
      op: name of the operation, for errors.
      one_of_vector: whether a vector of one integer will do.

    Returns:
      An int; a symbolic scalar for a tensor whose value is not known yet.

    Raises:
      TypeError: for other Python values.
      ValueError: for None.
      InvalidArgumentError: for tensors that hold no integer, or more than one.
    """
    if type(axis) is int:
        return axis
    if isinstance(axis, (numbers.Integral, np.bool_)):
        return int(axis)
    known = _known_integers(axis, op)
    if isinstance(known, Tensor):
        return _late_scalar(known, op, one_of_vector)
    if known.size != 1 or (known.ndim and not one_of_vector):
        raise refuse(op, f"axis: expected one integer; received shape {list(known.shape)}")
    return int(known.reshape(-1)[0])


def _late_scalar(axis: Any, op: str, one_of_vector: bool) -> Any:
    if axis.shape.rank in (None, 0):
        return axis
    if not one_of_vector or axis.shape.num_elements() not in (None, 1):
        raise refuse(op, f"axis: expected one integer; received shape {axis.shape}")
    from tapeflow.engine.ops.array.shaping import reshape

    return reshape(axis, [])


def to_ints(values: Any, op: str, argument: str) -> Any:
    """Integers, given as a list or an integer tensor.

    Returns:
      A tuple; a symbolic vector for a tensor whose values are not known yet.
    """
    if type(values) is int:
        return (values,)
    if type(values) in (list, tuple) and all(type(v) is int for v in values):
        return tuple(values)
    known = _known_integers(values, op, argument)
    if isinstance(known, Tensor):
        from tapeflow.engine.ops.array.shaping import reshape

        return known if known.shape.rank == 1 else reshape(known, [-1])
    return tuple(known.reshape(-1).tolist())


def _known_integers(value: Any, op: str, argument: str = "axis") -> Any:
    """The values, or a symbolic tensor of integers."""
    if not isinstance(value, Tensor) and _holds_tensors(value):
        value = convert(value)
    if isinstance(value, Tensor):
        known: Any = static_value(value)
        if known is None:
            if not value.dtype.is_integer:
                raise refuse(
                    op, f"{argument}: expected integers; received {value.dtype.name}", True
                )
            return value
    else:
        scalar = value is not None and isinstance(value, numbers.Number)
        known = convert(value, dtypes.int32 if scalar else None)._array
    if known.dtype.kind not in "iu":
        raise refuse(op, f"{argument}: expected integers; received dtype {known.dtype}", True)
    return known


def _holds_tensors(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and any(isinstance(v, Tensor) for v in value)


def to_input(value: Any, dtype: DType, op: str, argument: str) -> Any:
    """A tensor of a dtype that the operation insists on.

    Raises:
      ValueError: for a tensor of another dtype; while a function is traced, a `TypeError`.
    """
    if state.tracer is not None and isinstance(value, Tensor) and value.dtype is not dtype:
        raise refuse(op, f"{argument}: expected {dtype.name}; received {value.dtype.name}", True)
    return convert(value, dtype)


def to_integers(value: Any, dtype: DType | None = None) -> Any:
    """A tensor of `value`, of `dtype` where `value` is no tensor and fits it."""
    if isinstance(value, Tensor):
        return value
    return convert(value, hint=dtype)


def to_matching(*values: Any) -> tuple[Any, Any]:
    """Two integer tensors of one dtype: a Python value takes the tensor's."""
    a, b = [to_integers(v) if _holds_tensors(v) else v for v in values]
    if isinstance(a, Tensor):
        return a, to_integers(b, a.dtype)
    if isinstance(b, Tensor):
        return to_integers(a, b.dtype), b
    a, b = to_integers(a), to_integers(b)
    if a.dtype is not b.dtype and a.dtype in INDEX and b.dtype in INDEX:
        wide = dtypes.int64
        return EagerTensor(a._array.astype(wide.np)), EagerTensor(b._array.astype(wide.np))
    return a, b


def to_same_dtype(values: Sequence[Any]) -> list[Any]:
    """Tensors of a list; what is no tensor takes the dtype of the first one that is."""
    wanted = None
    for value in values:
        if isinstance(value, Tensor) or handle_of(value) is not None:
            wanted = as_dtype(value.dtype)  # Keras's variables have its name
            break
    out = []
    for value in values:
        if isinstance(value, Tensor):
            out.append(value)
            continue
        tensor = convert(value) if handle_of(value) is not None else convert(value, wanted)
        wanted = wanted or tensor.dtype
        out.append(tensor)
    return out
