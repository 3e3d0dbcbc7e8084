"""Windows: weights of the samples of a frame."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType, as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array.arguments import refuse
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.runtime.tensor import EagerTensor
from tapeflow.engine.tracing.deferral import planned


def _arguments(window_length: Any, dtype: Any) -> tuple[int, DType]:
    target = as_dtype(dtype)
    if not target.is_floating:
        raise ValueError(f"dtype must be a floating point type. Found {target}")
    known = static_value(
        convert(window_length, dtypes.int32) if isinstance(window_length, float) else window_length
    )
    if known is None:
        raise TypeError("window_length: expected a value that is known when tracing")
    if known.ndim:
        raise ValueError(f"Shape {known.shape} must have rank 0")
    return int(known), target


def _require_length(length: int, least: int = 0) -> None:
    if length < least:
        raise refuse("Window", f"window_length: expected >= {least}; received {length}")


def _window_spec(window_length: Any, dtype: Any, **_: Any) -> Spec:
    """What is known of a window of a length that is known when the graph runs."""
    known = static_value(window_length)
    return Spec(as_dtype(dtype), (None if known is None else int(known),))


def _result(values: np.ndarray, dtype: DType) -> EagerTensor:
    return EagerTensor(np.asarray(values).astype(dtype.np))


def _raised_cosine(window_length: Any, periodic: bool, dtype: Any, a: float, b: float) -> Any:
    length, target = _arguments(window_length, dtype)
    _require_length(length)
    if length == 1:
        return _result(np.ones(1), target)
    # A window of odd length is symmetric even when it is said to be periodic, as in TensorFlow.
    period = length - 1 + (1 - length % 2 if periodic else 0)
    count = np.arange(length).astype(target.np)
    # In the target's precision throughout, and in TensorFlow's order of operations.
    angle = target.np.type(2 * np.pi) * count / target.np.type(period)
    return _result(target.np.type(a) - target.np.type(b) * np.cos(angle), target)


@export("signal.hann_window")
@planned(values=("window_length",), result=_window_spec)
def hann_window(
    window_length: Any, periodic: bool = True, dtype: Any = dtypes.float32, name: str | None = None
) -> Any:
    """Makes a Hann window, `0.5 - 0.5 cos`.

    Args:
      window_length: number of samples.
      periodic: whether the window is one period, for spectra, or symmetric, for filters.
      dtype: a floating dtype.
      name: ignored in eager mode.

    Returns:
      A tensor `[window_length]`.

    Raises:
      ValueError: when `dtype` is not floating, or `window_length` no scalar.

    Example:
      >>> import tapeflow as tf
      >>> tf.signal.hann_window(4).numpy().round(3)
      array([0. , 0.5, 1. , 0.5], dtype=float32)
    """
    return _raised_cosine(window_length, periodic, dtype, 0.5, 0.5)


@export("signal.hamming_window")
@planned(values=("window_length",), result=_window_spec)
def hamming_window(
    window_length: Any, periodic: bool = True, dtype: Any = dtypes.float32, name: str | None = None
) -> Any:
    """Makes a Hamming window, `0.54 - 0.46 cos`.

    Args:
      window_length: number of samples.
      periodic: whether the window is one period, for spectra, or symmetric, for filters.
      dtype: a floating dtype.
      name: ignored in eager mode.

    Returns:
      A tensor `[window_length]`.

    Raises:
      ValueError: when `dtype` is not floating, or `window_length` no scalar.

    Example:
      >>> import tapeflow as tf
      >>> tf.signal.hamming_window(4).numpy().round(3)
      array([0.08, 0.54, 1.  , 0.54], dtype=float32)
    """
    return _raised_cosine(window_length, periodic, dtype, 0.54, 0.46)


def _kaiser(length: int, beta: float) -> np.ndarray:
    if length == 1:
        return np.ones(1)
    half = (length - 1) / 2
    place = np.arange(length) - half
    return np.i0(beta * np.sqrt(np.maximum(1 - (place / half) ** 2, 0))) / np.i0(beta)


def _beta(beta: Any) -> float:
    known = static_value(beta)
    if known is None:
        raise TypeError("beta: expected a value that is known when the function is traced")
    return float(known)


@export("signal.kaiser_window")
@planned(values=("window_length", "beta"), result=_window_spec)
def kaiser_window(
    window_length: Any, beta: Any = 12.0, dtype: Any = dtypes.float32, name: str | None = None
) -> Any:
    """Makes a Kaiser window, a ratio of modified Bessel functions.

    Args:
      window_length: number of samples.
      beta: how narrow the window is.
      dtype: a floating dtype.
      name: ignored in eager mode.

    Returns:
      A tensor `[window_length]`.

    Raises:
      ValueError: when `dtype` is not floating, or `window_length` no scalar.
      tf.errors.InvalidArgumentError: when `window_length` is not positive.

    Example:
      >>> import tapeflow as tf
      >>> tf.signal.kaiser_window(3).numpy().round(3)
      array([0., 1., 0.], dtype=float32)
    """
    length, target = _arguments(window_length, dtype)
    _require_length(length, 1)
    return _result(_kaiser(length, _beta(beta)), target)


@export("signal.kaiser_bessel_derived_window")
@planned(values=("window_length", "beta"), result=_window_spec)
def kaiser_bessel_derived_window(
    window_length: Any, beta: Any = 12.0, dtype: Any = dtypes.float32, name: str | None = None
) -> Any:
    """Makes a Kaiser-Bessel-derived window: roots of sums of a Kaiser window.

    Args:
      window_length: number of samples; an odd one is rounded down.
      beta: how narrow the Kaiser window is.
      dtype: a floating dtype.
      name: ignored in eager mode.

    Returns:
      A tensor `[window_length]`.

    Raises:
      ValueError: when `dtype` is not floating, or `window_length` no scalar.
      tf.errors.InvalidArgumentError: when `window_length` is negative.

    Example:
      >>> import tapeflow as tf
      >>> tf.signal.kaiser_bessel_derived_window(4).numpy().round(3)
      array([0.007, 1.   , 1.   , 0.007], dtype=float32)
    """
    length, target = _arguments(window_length, dtype)
    _require_length(length)
    sums = np.cumsum(_kaiser(length // 2 + 1, _beta(beta)))
    half = np.sqrt(sums[:-1] / sums[-1])
    return _result(np.concatenate((half, half[::-1])), target)


@export("signal.vorbis_window")
@planned(values=("window_length",), result=_window_spec)
def vorbis_window(window_length: Any, dtype: Any = dtypes.float32, name: str | None = None) -> Any:
    """Makes a window as Vorbis uses it, a sine of the square of a sine.

    Args:
      window_length: number of samples.
      dtype: a floating dtype.
      name: ignored in eager mode.

    Returns:
      A tensor `[window_length]`.

    Raises:
      ValueError: when `dtype` is not floating, or `window_length` no scalar.
      tf.errors.InvalidArgumentError: when `window_length` is negative.

    Example:
      >>> import tapeflow as tf
      >>> tf.signal.vorbis_window(4).numpy().round(3)
      array([0.228, 0.974, 0.974, 0.228], dtype=float32)
    """
    length, target = _arguments(window_length, dtype)
    _require_length(length)
    place = (np.arange(length) + 0.5) / max(length, 1)
    return _result(np.sin(np.pi / 2 * np.sin(np.pi * place) ** 2), target)
