"""Discrete cosine transforms, and the cepstral coefficients and lapped transforms made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import concatenation, repetition
from tapeflow.engine.ops.math import complex_numbers
from tapeflow.engine.ops.math.arithmetic import multiply, negative, subtract
from tapeflow.engine.ops.math.complex_numbers import real
from tapeflow.engine.ops.signal import fitting, fourier, frames, window_functions
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import EagerTensor
from tapeflow.engine.tracing.deferral import planned

_INVERSE = {1: 1, 2: 3, 3: 2, 4: 4}


def _check(type: int, axis: int, norm: str | None) -> None:
    if axis != -1:
        raise NotImplementedError(f"axis must be -1. Got: {axis}")
    if type not in _INVERSE:
        raise ValueError("Types I, II, III and IV (I)DCT are supported.")
    if norm not in (None, "ortho"):
        raise ValueError(f"Unknown normalization. Expected None or 'ortho', got: {norm}")
    if type == 1 and norm == "ortho":
        raise ValueError("Normalization is not supported for the Type-I DCT.")


def _constant(values: Any, dtype: Any) -> Any:
    return EagerTensor(np.asarray(values).astype(dtype.np))


def _turned(x: Any, angles: np.ndarray) -> Any:
    """`x` times `exp(i * angles)`."""
    dtype = dtypes.complex64 if x.dtype.real_dtype is dtypes.float32 else dtypes.complex128
    if not x.dtype.is_complex:
        x = complex_numbers.complex(x, _constant(0.0, x.dtype))
    return multiply(x, _constant(np.exp(1j * angles), dtype))


def _frames_spec(signals: Any) -> Spec:
    dims = signals.shape._dims
    return Spec(signals.dtype, None if dims is None else (*dims[:-1], None, None))


def _signal_spec(frames: Any) -> Spec:
    dims = frames.shape._dims
    return Spec(frames.dtype, None if dims is None else (*dims[:-2], None))


def _orthonormal(n: int) -> np.ndarray:
    scale = np.full(n, np.sqrt(0.5 / n))
    scale[:1] = np.sqrt(0.25 / n)
    return scale


def _cosine_spec(input: Any, n: int | None, **_: Any) -> Spec:
    """What is known of a transform that is planned when the graph runs."""
    dims = input.shape._dims
    return Spec(input.dtype, None if dims is None else (*dims[:-1], n or dims[-1]))


@export("signal.dct")
@planned(sizes=("input",), result=_cosine_spec)
def dct(
    input: Any,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    name: str | None = None,
) -> Any:
    """Computes a discrete cosine transform over the last dimension.

    Args:
      input: tensor `[..., samples]`, float32 or float64.
      type: 1, 2, 3 or 4.
      n: length of the transform, to which the input is cut or padded with zeros.
      axis: -1.
      norm: `"ortho"` for an orthonormal transform (not for type 1), or None.
      name: ignored in eager mode.

    Returns:
      A tensor `[..., n]` of the dtype of `input`.

    Raises:
      ValueError: for another type or normalisation.
      NotImplementedError: for another axis.
      TypeError: for another dtype.

    Example:
      >>> import tapeflow as tf
      >>> tf.signal.dct([1.0, 1.0]).numpy()
      array([4., 0.], dtype=float32)
    """
    _check(type, axis, norm)
    x = convert(input)
    if x.dtype.is_complex:
        raise AssertionError(f"dct: expected float32 or float64; received {x.dtype.name}")
    if x.dtype not in (dtypes.float32, dtypes.float64):
        raise TypeError(f"dct: expected float32 or float64; received {x.dtype.name}")
    if n is not None:
        if n < 1:
            raise ValueError(f"n should be a positive integer, got: {n}")
        x = fitting.fit(x, [int(n)], 1)
    size = x.shape.as_list()[-1]
    if type == 1:
        if size < 2:
            raise ValueError(f"Type-I DCT requires at least two samples, got: {size}")
        mirrored = concatenation.concat([x, repetition.reverse(x[..., 1:-1], [-1])], -1)
        return real(fourier.rfft(mirrored))
    index = np.arange(size)
    ortho = norm == "ortho"
    if type == 2:
        spectrum = fourier.rfft(x, [2 * size])[..., :size]
        y = multiply(2.0, real(_turned(spectrum, -index * np.pi / 2 / size)))
        return multiply(y, _constant(_orthonormal(size), x.dtype)) if ortho else y
    if type == 3:
        if ortho:
            x = multiply(x, _constant(np.sqrt([1 / size] + [0.5 / size] * (size - 1)), x.dtype))
        y = fourier.irfft(_turned(x, index * np.pi / 2 / size), [2 * size])[..., :size]
        return multiply(y, 2.0 * size)
    spectrum = fourier.fft(fitting.fit(_turned(x, -index * np.pi / 2 / size), [2 * size], 1))
    y = real(_turned(spectrum[..., :size], -(2 * index + 1) * np.pi / 4 / size))
    return multiply(y, float(np.sqrt(2 / size)) if ortho else 2.0)


@export("signal.idct")
@planned(sizes=("input",), result=_cosine_spec)
def idct(
    input: Any,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    name: str | None = None,
) -> Any:
    """Computes the inverse of `tf.signal.dct`, up to a factor unless `norm` is `"ortho"`.

    Args:
      input: tensor `[..., samples]`, float32 or float64.
      type: 1, 2, 3 or 4.
      n: must be None.
      axis: -1.
      norm: `"ortho"` for an orthonormal transform (not for type 1), or None.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `input`.

    Raises:
      ValueError: for another type or normalisation.
      NotImplementedError: for another axis.
      TypeError: for another dtype.

    Example:
      >>> import tapeflow as tf
      >>> tf.signal.idct([2.0, 0.0]).numpy()
      array([2., 2.], dtype=float32)
    """
    _check(type, axis, norm)
    return dct(input, type=_INVERSE[type], n=n, axis=axis, norm=norm)


@export("signal.mfccs_from_log_mel_spectrograms")
@planned(
    sizes=("log_mel_spectrograms",),
    result=lambda log_mel_spectrograms: _cosine_spec(log_mel_spectrograms, None),
)
def mfccs_from_log_mel_spectrograms(log_mel_spectrograms: Any, name: str | None = None) -> Any:
    """Computes mel-frequency cepstral coefficients: a scaled DCT of type 2.

    Args:
      log_mel_spectrograms: tensor `[..., mel_bins]`, float32 or float64.
      name: ignored in eager mode.

    Returns:
      A tensor of the same shape; often only the first 13 coefficients are used.

    Raises:
      TypeError: for another dtype.
      ValueError: when there are no mel bins.

    Example:
      >>> import tapeflow as tf
      >>> tf.signal.mfccs_from_log_mel_spectrograms([1.0, 1.0]).numpy()
      array([2., 0.], dtype=float32)
    """
    x = convert(log_mel_spectrograms)
    bins = x.shape.as_list()[-1]
    if not bins:
        raise ValueError(f"num_mel_bins must be positive. Got: {log_mel_spectrograms}")
    return multiply(dct(x), float(np.sqrt(0.5 / bins)))


@export("signal.mdct")
@planned(
    values=("frame_length",),
    result=lambda signals, **_: _frames_spec(convert(signals)),
)
def mdct(
    signals: Any,
    frame_length: Any,
    window_fn: Callable[..., Any] | None = window_functions.vorbis_window,
    pad_end: bool = False,
    norm: str | None = None,
    name: str | None = None,
) -> Any:
    """Computes a modified discrete cosine transform: a DCT of type 4 of folded, half-lapped frames.

    Args:
      signals: tensor `[..., samples]`, float32 or float64.
      frame_length: samples of a frame, a multiple of 4.
      window_fn: called as `(frame_length, dtype=...)` for the window, or None.
      pad_end: whether frames that reach beyond the end are filled up with zeros.
      norm: `"ortho"` for an orthonormal transform, or None.
      name: ignored in eager mode.

    Returns:
      A tensor `[..., frames, frame_length / 2]`.

    Raises:
      ValueError: when `frame_length` is no multiple of 4, or `signals` a scalar.

    Example:
      >>> import tapeflow as tf
      >>> tf.signal.mdct(tf.ones([8]), frame_length=4).shape
      TensorShape([3, 2])
    """
    x = convert(signals)
    length = frames.to_length(frame_length, "frame_length")
    if length % 4:
        raise ValueError("The frame length must be a multiple of 4.")
    y = frames.frame(x, length, length // 2, pad_end=pad_end)
    if window_fn is not None:
        y = multiply(y, window_fn(length, dtype=x.dtype))
    elif x.dtype.is_floating:
        y = multiply(y, float(np.sqrt(0.5)))
    else:
        raise ValueError(f"mdct: expected a floating dtype; received {x.dtype.name}")
    half = length // 2
    a, b, c, d = (y[..., i * half // 2 : (i + 1) * half // 2] for i in range(4))
    folded = [
        subtract(negative(repetition.reverse(c, [-1])), d),
        subtract(a, repetition.reverse(b, [-1])),
    ]
    return dct(concatenation.concat(folded, -1), type=4, norm=norm)


@export("signal.inverse_mdct")
@planned(sizes=("mdcts",), result=lambda mdcts, **_: _signal_spec(mdcts))
def inverse_mdct(
    mdcts: Any,
    window_fn: Callable[..., Any] | None = window_functions.vorbis_window,
    norm: str | None = None,
    name: str | None = None,
) -> Any:
    """Computes the inverse of `tf.signal.mdct`.

    Args:
      mdcts: tensor `[..., frames, frame_length / 2]`, float32 or float64.
      window_fn: called as `(frame_length, dtype=...)` for the window, or None.
      norm: `"ortho"` for an orthonormal transform, or None.
      name: ignored in eager mode.

    Returns:
      A tensor `[..., samples]`, equal to the signal except in the first and last half frames.

    Raises:
      TypeError: for another dtype.

    Example:
      >>> import tapeflow as tf
      >>> tf.signal.inverse_mdct(tf.zeros([3, 2])).shape
      TensorShape([8])
    """
    x = convert(mdcts)
    half = x.shape.as_list()[-1]
    y = dct(x, type=4, norm=norm)
    if norm is None:
        y = multiply(y, 0.5 / half)
    first, second = y[..., : half // 2], y[..., half // 2 :]
    unfolded = concatenation.concat(
        [
            second,
            negative(repetition.reverse(second, [-1])),
            negative(repetition.reverse(first, [-1])),
            negative(first),
        ],
        -1,
    )
    if window_fn is not None:
        unfolded = multiply(unfolded, window_fn(2 * half, dtype=x.dtype))
    else:
        unfolded = multiply(unfolded, float(np.sqrt(0.5)))
    return frames.overlap_and_add(unfolded, half)
