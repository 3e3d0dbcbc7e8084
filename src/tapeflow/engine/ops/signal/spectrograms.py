"""Short-time Fourier transforms and mel scales."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import padding, repetition, shaping
from tapeflow.engine.ops.math.arithmetic import multiply, square, truediv
from tapeflow.engine.ops.math.reductions import reduce_sum
from tapeflow.engine.ops.signal import fitting, fourier, frames, window_functions
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.runtime.tensor import EagerTensor
from tapeflow.engine.tracing.deferral import planned

Window = Callable[..., Any]


def _power_of_two(length: int) -> int:
    return 1 << max(length - 1, 0).bit_length()


def _spectra(signals: Any, fft_length: Any, **_: Any) -> Spec:
    """What is known of spectra that are planned when the graph runs."""
    x = convert(signals)
    dims, known = x.shape._dims, None if fft_length is None else static_value(fft_length)
    bins = None if known is None else int(known) // 2 + 1
    kind = dtypes.complex128 if x.dtype is dtypes.float64 else dtypes.complex64
    return Spec(kind, None if dims is None else (*dims[:-1], None, bins))


def _signals(stfts: Any, **_: Any) -> Spec:
    x = convert(stfts)
    dims = x.shape._dims
    return Spec(x.dtype.real_dtype, None if dims is None else (*dims[:-2], None))


@export("signal.stft")
@planned(values=("frame_length", "frame_step", "fft_length"), result=_spectra)
def stft(
    signals: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Window | None = window_functions.hann_window,
    pad_end: bool = False,
    name: str | None = None,
) -> Any:
    """Computes short-time Fourier transforms.

    Args:
      signals: tensor `[..., samples]`, float32 or float64.
      frame_length: samples of a frame.
      frame_step: samples from the beginning of a frame to that of the next.
      fft_length: length of the transform; by default the least power of two that holds a frame.
      window_fn: called as `(frame_length, dtype=...)` for the window, or None.
      pad_end: whether frames that reach beyond the end are filled up with zeros.
      name: ignored in eager mode.

    Returns:
      A complex tensor `[..., frames, fft_length // 2 + 1]`.

    Raises:
      ValueError: for another dtype, or a scalar.

    Example:
      >>> import tapeflow as tf
      >>> tf.signal.stft(tf.ones([16]), frame_length=8, frame_step=4).shape
      TensorShape([3, 5])
    """
    x = convert(signals)
    length = frames.to_length(frame_length, "frame_length")
    size = _power_of_two(length)
    if fft_length is not None:
        size = frames.to_length(fft_length, "fft_length")
    y = frames.frame(x, length, frame_step, pad_end=pad_end)
    if window_fn is not None:
        y = multiply(y, window_fn(length, dtype=y.dtype))
    return fourier.rfft(y, [size])


@export("signal.inverse_stft")
@planned(values=("frame_length", "frame_step", "fft_length"), result=_signals)
def inverse_stft(
    stfts: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Window | None = window_functions.hann_window,
    name: str | None = None,
) -> Any:
    """Computes the inverse of `tf.signal.stft`.

    It is the inverse where `window_fn` is `tf.signal.inverse_stft_window_fn` of the forward window.

    Args:
      stfts: tensor `[..., frames, fft_length // 2 + 1]`, complex64 or complex128.
      frame_length: samples of a frame.
      frame_step: samples from the beginning of a frame to that of the next.
      fft_length: length of the transform; by default the least power of two that holds a frame.
      window_fn: called as `(frame_length, dtype=...)` for the window, or None.
      name: ignored in eager mode.

    Returns:
      A real tensor `[..., (frames - 1) * frame_step + frame_length]`.

    Raises:
      ValueError: for another dtype, or a rank below 2.

    Example:
      >>> import tapeflow as tf
      >>> y = tf.signal.stft(tf.ones([16]), 8, 4)
      >>> window = tf.signal.inverse_stft_window_fn(4)
      >>> tf.signal.inverse_stft(y, 8, 4, window_fn=window).numpy()[4:8].round(3)
      array([1., 1., 1., 1.], dtype=float32)
    """
    x = convert(stfts)
    if x.shape.ndims is not None and x.shape.ndims < 2:
        raise ValueError(f"Shape {x.shape} must have rank at least 2")
    length = frames.to_length(frame_length, "frame_length")
    size = _power_of_two(length)
    if fft_length is not None:
        size = frames.to_length(fft_length, "fft_length")
    y = fitting.fit(fourier.irfft(x, [size]), [length], 1)
    if window_fn is not None:
        y = multiply(y, window_fn(length, dtype=y.dtype))
    return frames.overlap_and_add(y, frame_step)


@export("signal.inverse_stft_window_fn")
def inverse_stft_window_fn(
    frame_step: Any,
    forward_window_fn: Window = window_functions.hann_window,
    name: str | None = None,
) -> Window:
    """Gives the window with which `tf.signal.inverse_stft` undoes `tf.signal.stft`.

    Args:
      frame_step: samples from the beginning of a frame to that of the next.
      forward_window_fn: the window of the forward transform.
      name: ignored in eager mode.

    Returns:
      A function `(frame_length, dtype)` that gives a tensor `[frame_length]`: the forward window
      divided by the sum of its overlapping squares.

    Example:
      >>> import tapeflow as tf
      >>> window = tf.signal.inverse_stft_window_fn(2)
      >>> window(4, dtype=tf.float32).numpy()
      array([0., 1., 1., 1.], dtype=float32)
    """
    step = frames.to_length(frame_step, "frame_step")

    def inverse_window(frame_length: Any, dtype: Any) -> Any:
        length = frames.to_length(frame_length, "frame_length")
        forward = forward_window_fn(length, dtype=dtype)
        overlaps = -(-length // step)
        squares = padding.pad(square(forward), [[0, overlaps * step - length]])
        total = reduce_sum(shaping.reshape(squares, [overlaps, step]), 0)
        return truediv(forward, repetition.tile(total, [overlaps])[:length])

    return inverse_window


def _mel(frequency: Any, dtype: Any) -> Any:
    """The mel scale of the Hidden Markov Model Toolkit."""
    return dtype.type(1127.0) * np.log(dtype.type(1.0) + frequency / dtype.type(700.0))


@export("signal.linear_to_mel_weight_matrix")
@planned(
    values=("num_spectrogram_bins", "sample_rate"),
    result=lambda num_mel_bins, dtype, **_: Spec(as_dtype(dtype), (None, num_mel_bins)),
)
def linear_to_mel_weight_matrix(
    num_mel_bins: int = 20,
    num_spectrogram_bins: Any = 129,
    sample_rate: Any = 8000,
    lower_edge_hertz: float = 125.0,
    upper_edge_hertz: float = 3800.0,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Any:
    """Makes the matrix that turns spectra with linear frequencies into mel spectra.

    Args:
      num_mel_bins: how many mel bands.
      num_spectrogram_bins: how many bins the spectra have: `fft_length // 2 + 1`.
      sample_rate: samples per second.
      lower_edge_hertz: lower end of the lowest band.
      upper_edge_hertz: upper end of the highest band.
      dtype: a floating dtype.
      name: ignored in eager mode.

    Returns:
      A tensor `[num_spectrogram_bins, num_mel_bins]`: triangular bands, at equal distances on the
      mel scale.

    Raises:
      ValueError: for numbers that make no sense, and other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.signal.linear_to_mel_weight_matrix(4, 9, 8000, 100.0, 3000.0).shape
      TensorShape([9, 4])
    """
    target = as_dtype(dtype)
    rate = float(static_value(sample_rate))
    low, high = float(lower_edge_hertz), float(upper_edge_hertz)
    if num_mel_bins <= 0:
        raise ValueError(f"num_mel_bins must be positive. Got: {num_mel_bins}")
    if low < 0.0:
        raise ValueError(f"lower_edge_hertz must be non-negative. Got: {lower_edge_hertz}")
    if low >= high:
        raise ValueError(f"lower_edge_hertz {low:.1f} >= upper_edge_hertz {high:.1f}")
    if rate <= 0.0:
        raise ValueError(f"sample_rate must be positive. Got: {sample_rate}")
    if high > rate / 2:
        raise ValueError(
            "upper_edge_hertz must not be larger than the Nyquist frequency (sample_rate / 2). "
            f"Got {upper_edge_hertz} for sample_rate: {sample_rate}"
        )
    if not target.is_floating:
        raise ValueError(f"dtype must be a floating point type. Got: {target}")
    kind = target.np
    bins = int(static_value(num_spectrogram_bins))
    linear = np.linspace(0.0, rate / 2, bins).astype(kind)[1:, None]
    ends = [float(_mel(kind.type(edge), kind)) for edge in (low, high)]
    edges = np.linspace(*ends, int(num_mel_bins) + 2).astype(kind)
    lower, center, upper = edges[:-2], edges[1:-1], edges[2:]
    mel = _mel(linear, kind)
    rising = (mel - lower) / (center - lower)
    falling = (upper - mel) / (upper - center)
    weights = np.maximum(kind.type(0), np.minimum(rising, falling)).astype(kind)
    # No band takes the constant part.
    return EagerTensor(np.concatenate((np.zeros((1, weights.shape[1]), kind), weights)))
