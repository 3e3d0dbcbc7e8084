"""Calls of plain Python functions."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core.dtypes import as_dtype
from tapeflow.engine.core.errors import (
    InvalidArgumentError,
    OpError,
    OutOfRangeError,
    ResourceExhaustedError,
    UnimplementedError,
    UnknownError,
)
from tapeflow.engine.core.export import export
from tapeflow.engine.core.specs import TensorSpec
from tapeflow.engine.runtime.composite import is_composite
from tapeflow.engine.runtime.convert import convert


def _inputs(inp: Any) -> list[Any]:
    if inp is None:
        return []
    if not isinstance(inp, (list, tuple)):
        inp = [inp]
    return [t if is_composite(t) else convert(t) for t in inp]


def _result(value: Any, wanted: Any) -> Any:
    """Converts a result of `py_function` to the dtype that was announced."""
    if is_composite(value):
        return value
    dtype = wanted.dtype if isinstance(wanted, TensorSpec) else as_dtype(wanted)
    try:
        return convert(value, dtype)
    except (TypeError, ValueError) as error:
        raise InvalidArgumentError(
            None, None, f"py_function: func: expected a result of dtype {dtype.name}: {error}"
        ) from error


# Which of our errors stands for what a Python function raises, as in TensorFlow.
_TRANSLATED: tuple[tuple[type[Exception], Any], ...] = (
    (TypeError, InvalidArgumentError),
    (ValueError, InvalidArgumentError),
    (StopIteration, OutOfRangeError),
    (MemoryError, ResourceExhaustedError),
    (NotImplementedError, UnimplementedError),
)


def _translate(error: Exception) -> OpError:
    text = f"py_function: func raised {type(error).__name__}: {error}"
    for theirs, ours in _TRANSLATED:
        if isinstance(error, theirs):
            return ours(None, None, text)
    return UnknownError(None, None, text)


@export("py_function")
def py_function(
    func: Any = None, inp: Any = None, Tout: Any = None, name: str | None = None
) -> Any:
    """Calls a Python function with tensors; gradients go through the operations it runs.

    Args:
      func: function of tensors.
      inp: list of its arguments.
      Tout: dtype of the result, or a list of dtypes when it returns several.
      name: ignored in eager mode.

    Returns:
      A tensor, or a list of tensors when `Tout` is a list.

    Raises:
      TypeError: when `func` is not callable.
      tf.errors.InvalidArgumentError: when a result has another dtype than announced, or `func`
        raises a TypeError or ValueError; other exceptions become the `tf.errors` class nearest.

    Example:
      >>> import tapeflow as tf
      >>> tf.py_function(lambda x: x * 2.0, [tf.constant(3.0)], tf.float32).numpy()
      np.float32(6.0)
    """
    if not callable(func):
        raise TypeError(f"py_function: func: expected a callable; received {func!r}")
    inputs = _inputs(inp)
    try:
        value = func(*inputs)
    except OpError:
        raise
    except Exception as error:
        raise _translate(error) from error
    several = isinstance(Tout, (list, tuple))
    wanted = list(Tout) if several else [Tout]
    values = list(value) if isinstance(value, (list, tuple)) else [] if value is None else [value]
    if len(values) < len(wanted):
        raise InvalidArgumentError(
            None,
            None,
            f"py_function: func: expected {len(wanted)} results, as Tout says; "
            f"received {len(values)}",
        )
    results = [_result(v, w) for v, w in zip(values, wanted, strict=False)]
    return results if several else results[0]


@export("numpy_function")
def numpy_function(
    func: Any = None,
    inp: Any = None,
    Tout: Any = None,
    stateful: bool = True,
    name: str | None = None,
) -> Any:
    """Calls a Python function with NumPy arrays; no gradient goes through.

    Args:
      func: function of NumPy arrays.
      inp: list of tensors, its arguments.
      Tout: dtype of the result, or a list of dtypes; in eager mode results keep the dtype that
        the function gives them, as in TensorFlow.
      stateful: accepted and not used.
      name: ignored in eager mode.

    Returns:
      A tensor, a list of tensors when the function gives several values, or None.

    Raises:
      TypeError: when `func` is not callable.

    Example:
      >>> import tapeflow as tf
      >>> import numpy as np
      >>> tf.numpy_function(np.cumsum, [tf.constant([1.0, 2.0])], tf.float32).numpy()
      array([1., 3.], dtype=float32)
    """
    if not callable(func):
        raise TypeError(f"numpy_function: func: expected a callable; received {func!r}")
    value = func(*[t.numpy() for t in _inputs(inp)])
    if value is None:
        return None
    if isinstance(value, (list, tuple)):
        return [convert(v) for v in value]
    return convert(value)
