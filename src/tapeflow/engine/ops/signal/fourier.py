"""Discrete Fourier transforms over the last one, two or three dimensions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import silenced, state
from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import reads_values, reject, require_dtype, shape_text
from tapeflow.engine.ir.primitive import HOST, Primitive, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import (
    concatenation,
    selection,
    sequences,
    shaping,
)
from tapeflow.engine.ops.array.shaping import INDEX
from tapeflow.engine.ops.math.arithmetic import divide, multiply
from tapeflow.engine.ops.math.casting import cast
from tapeflow.engine.ops.math.comparison import equal
from tapeflow.engine.ops.math.complex_numbers import real
from tapeflow.engine.ops.math.extrema import maximum
from tapeflow.engine.ops.math.folds import reduce_prod
from tapeflow.engine.ops.math.logical import logical_or
from tapeflow.engine.ops.signal.fitting import fit, fit_array, sizes_of, static_sizes
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor

_COMPLEX_OF = {dtypes.float32: dtypes.complex64, dtypes.float64: dtypes.complex128}
_REAL_OF = {v: k for k, v in _COMPLEX_OF.items()}


def _name(base: str, rank: int) -> str:
    return base if rank == 1 else f"{base}{rank}D"


def _require_rank(spec: Spec, rank: int) -> None:
    if spec.shape is not None and len(spec.shape) < rank:
        reject(f"input: expected rank >= {rank}; received shape {shape_text(spec.shape)}")


def _axes(rank: int) -> tuple[int, ...]:
    return tuple(range(-rank, 0))


def _scale(x: Any, rank: int, inverse: bool) -> Any:
    """The number of elements that are transformed, or its inverse, in the dtype of `x`."""
    dims = x.shape._dims
    if dims is None or None in dims[-rank:]:
        count = cast(reduce_prod(shaping.shape(x)[-rank:]), dtypes.float64)
        return cast(divide(1.0, count) if inverse else count, x.dtype)
    known = float(math.prod(dims[-rank:]))
    return convert(np.array(1 / known if inverse else known, x.dtype.np))


# -- complex transforms --------------------------------------------------------------------------


def _make_complex(base: str, rank: int) -> Primitive:
    forward = base == "FFT"
    transform: Callable[..., np.ndarray] = np.fft.fftn if forward else np.fft.ifftn

    def infer(input: Spec) -> Spec:
        require_dtype(input, dtypes.COMPLEX)
        _require_rank(input, rank)
        return Spec(input.dtype, input.shape)

    @silenced
    def kernel(input: np.ndarray) -> np.ndarray:
        if not input.size:
            return input
        return transform(input, axes=_axes(rank)).astype(input.dtype, copy=False)

    def vjp(ctx: Any, dy: Any) -> Any:
        inverse = COMPLEX["IFFT" if forward else "FFT", rank]
        return (multiply(apply(inverse, dy), _scale(dy, rank, not forward)),)

    def samples(draw: Draw) -> Iterable[Sample]:
        for dtype in (dtypes.complex64, dtypes.complex128):
            for shape in ((2, 3, 4), (3, 2, 5), (1, 1, 1)):
                yield Sample(draw.reals(*shape[-rank:], dtype=dtype))
            yield Sample(draw.reals(2, 2, 3, 2, dtype=dtype))

    return primitive(
        _name(base, rank), infer=infer, kernel=kernel, vjp=vjp, lower=HOST, samples=samples
    )


COMPLEX: dict[tuple[str, int], Primitive] = {
    (base, rank): _make_complex(base, rank) for base in ("FFT", "IFFT") for rank in (1, 2, 3)
}


def _complex_transform(base: str, rank: int, input: Any) -> Any:
    return apply(COMPLEX[base, rank], convert(input, hint=dtypes.complex64))


# -- real transforms -----------------------------------------------------------------------------


def _lengths(spec: Spec, rank: int) -> list[int | None]:
    require_dtype(spec, INDEX, "fft_length")
    if spec.shape is not None and spec.shape != (rank,) and spec.shape != (None,):
        reject(f"fft_length: expected {rank} element(s); received shape {shape_text(spec.shape)}")
    if spec.value is None:
        return [None] * rank
    sizes = spec.value.tolist()
    if min(sizes) < 0:
        reject(f"fft_length: expected sizes >= 0; received {sizes}")
    return sizes


def _make_rfft(rank: int) -> Primitive:
    @reads_values(1)
    def infer(input: Spec, fft_length: Spec, Tcomplex: DType) -> Spec:
        require_dtype(input, _COMPLEX_OF)
        _require_rank(input, rank)
        sizes = _lengths(fft_length, rank)
        if input.shape is None:
            return Spec(Tcomplex, None)
        last = None if sizes[-1] is None else sizes[-1] // 2 + 1 if sizes[-1] else 0
        return Spec(Tcomplex, (*input.shape[:-rank], *sizes[:-1], last))

    @silenced
    def kernel(input: np.ndarray, fft_length: np.ndarray, Tcomplex: DType) -> np.ndarray:
        sizes = fft_length.tolist()
        x = fit_array(input, sizes)
        if not x.size:
            last = sizes[-1] // 2 + 1 if sizes[-1] else 0
            return np.zeros((*x.shape[:-1], last), Tcomplex.np)
        return np.fft.rfftn(x, axes=_axes(rank)).astype(Tcomplex.np, copy=False)

    def vjp(ctx: Any, dy: Any) -> Any:
        x, lengths = ctx.inputs
        sizes = static_sizes(lengths)
        # The transform's adjoint; the bins that a real transform leaves out get nothing.
        dx = apply(COMPLEX["IFFT", rank], fit(dy, lengths if sizes is None else sizes, rank))
        if sizes is None:
            dx = multiply(real(dx), cast(reduce_prod(lengths), x.dtype))
        else:
            dx = multiply(real(dx), float(math.prod(sizes)))
        return fit(dx, sizes_of(x, rank), rank), None

    def samples(draw: Draw) -> Iterable[Sample]:
        for dtype in (dtypes.float32, dtypes.float64):
            for shape in ((2, 3, 4), (3, 2, 5)):
                for sizes in (shape, (1, 2, 3)):
                    yield Sample(
                        draw.reals(2, *shape[-rank:], dtype=dtype),
                        np.array(sizes[-rank:], np.int32),
                        Tcomplex=_COMPLEX_OF[dtype],
                        grad=dtype is dtypes.float64,
                    )

    return primitive(
        _name("RFFT", rank), infer=infer, kernel=kernel, vjp=vjp, lower=HOST, samples=samples
    )


def _bin_weights(lengths: Any) -> Any:
    """How often each bin of a real transform's last dimension stands in the sum, over the count."""
    sizes = static_sizes(lengths)
    if sizes is not None:
        weights = np.full(sizes[-1] // 2 + 1, 2.0 / math.prod(sizes))
        weights[0] /= 2
        if sizes[-1] % 2 == 0:
            weights[-1] /= 2
        return convert(weights)
    last = lengths[-1]
    bins = sequences.range_(last // 2 + 1)
    once = logical_or(equal(bins, 0), equal(2 * bins, last))
    twice = divide(2.0, cast(reduce_prod(lengths), dtypes.float64))
    return selection.where(once, twice / 2, twice)


def _make_irfft(rank: int) -> Primitive:
    @reads_values(1)
    def infer(input: Spec, fft_length: Spec, Treal: DType) -> Spec:
        require_dtype(input, dtypes.COMPLEX)
        _require_rank(input, rank)
        sizes = _lengths(fft_length, rank)
        if input.shape is None:
            return Spec(Treal, None)
        return Spec(Treal, (*input.shape[:-rank], *sizes))

    @silenced
    def kernel(input: np.ndarray, fft_length: np.ndarray, Treal: DType) -> np.ndarray:
        sizes = fft_length.tolist()
        x = fit_array(input, [*sizes[:-1], sizes[-1] // 2 + 1])
        if not math.prod(sizes) or not x.size:
            return np.zeros((*x.shape[:-rank], *sizes), Treal.np)
        return np.fft.irfftn(x, sizes, axes=_axes(rank)).astype(Treal.np, copy=False)

    def vjp(ctx: Any, dy: Any) -> Any:
        x, lengths = ctx.inputs
        spectrum = apply(RFFT[rank], dy, lengths, Tcomplex=x.dtype)
        dx = multiply(spectrum, cast(_bin_weights(lengths), x.dtype))
        return fit(dx, sizes_of(x, rank), rank), None

    def samples(draw: Draw) -> Iterable[Sample]:
        for dtype in (dtypes.complex64, dtypes.complex128):
            for shape, sizes in (
                ((2, 3, 4), (2, 3, 6)), ((3, 2, 3), (3, 2, 5)), ((3, 3, 5), (2, 2, 4)),
            ):  # fmt: skip
                # The spectrum of something real: of others, libraries disagree about the rest.
                whole = draw.reals(2, *sizes[-rank:], dtype=_REAL_OF[dtype])
                x = np.fft.rfftn(whole, axes=_axes(rank))
                x = fit_array(x, list(shape[-rank:])).astype(dtype.np)
                yield Sample(
                    x,
                    np.array(sizes[-rank:], np.int32),
                    Treal=_REAL_OF[dtype],
                    grad=dtype is dtypes.complex128 and rank == 1,
                )

    return primitive(
        _name("IRFFT", rank), infer=infer, kernel=kernel, vjp=vjp, lower=HOST, samples=samples
    )


RFFT = {rank: _make_rfft(rank) for rank in (1, 2, 3)}
IRFFT = {rank: _make_irfft(rank) for rank in (1, 2, 3)}


def _lengths_of(x: Any, fft_length: Any, rank: int, inverse: bool) -> Any:
    if x.shape.ndims is not None and x.shape.ndims < rank:
        raise ValueError(f"Shape {x.shape} must have rank at least {rank}")
    if fft_length is not None:
        if isinstance(fft_length, (int, np.integer)):
            message = "fft_length: expected a vector of integers; received a scalar"
            raise TypeError(message) if state.tracer is None else ValueError(message)
        return fft_length if isinstance(fft_length, Tensor) else convert(fft_length, dtypes.int32)
    sizes = sizes_of(x, rank)
    if isinstance(sizes, Tensor):
        vector: Any = sizes
        if inverse:
            sizes = concatenation.concat([vector[:-1], maximum(0, 2 * (vector[-1:] - 1))], 0)
        return sizes
    if inverse:
        sizes[-1] = max(0, 2 * (sizes[-1] - 1))
    return EagerTensor(np.array(sizes, np.int32))


def _real_transform(rank: int, input: Any, fft_length: Any) -> Any:
    x = convert(input, hint=dtypes.float32)
    target = _COMPLEX_OF.get(x.dtype)
    if target is None:
        raise ValueError(f"RFFT requires tf.float32 or tf.float64 inputs, got: {x.dtype!r}")
    lengths = _lengths_of(x, fft_length, rank, False)
    return apply(RFFT[rank], x, lengths, Tcomplex=target)


def _inverse_real_transform(rank: int, input: Any, fft_length: Any) -> Any:
    x = convert(input, hint=dtypes.complex64)
    target = _REAL_OF.get(x.dtype)
    if target is None:
        raise ValueError(f"IRFFT requires tf.complex64 or tf.complex128 inputs, got: {x.dtype!r}")
    lengths = _lengths_of(x, fft_length, rank, True)
    return apply(IRFFT[rank], x, lengths, Treal=target)


@export("signal.fft")
def fft(input: Any, name: str | None = None) -> Any:
    """Computes the discrete Fourier transform over the last dimension.

    Args:
      input: tensor `[..., n]` of complex64 or complex128.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `input`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.
      tf.errors.InvalidArgumentError: for a rank below 1.

    Example:
      >>> import tapeflow as tf
      >>> tf.signal.fft(tf.constant([1, 1], tf.complex64)).shape
      TensorShape([2])
    """
    return _complex_transform("FFT", 1, input)


@export("signal.ifft")
def ifft(input: Any, name: str | None = None) -> Any:
    """Computes the inverse discrete Fourier transform over the last dimension.

    Args:
      input: tensor `[..., n]` of complex64 or complex128.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `input`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.
      tf.errors.InvalidArgumentError: for a rank below 1.

    Example:
      >>> import tapeflow as tf
      >>> tf.signal.ifft(tf.constant([1, 1], tf.complex64)).shape
      TensorShape([2])
    """
    return _complex_transform("IFFT", 1, input)


@export("signal.rfft")
def rfft(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Any:
    """Computes the discrete Fourier transform of real values over the last dimension.

    Args:
      input_tensor: tensor `[..., n]` of float32 or float64.
      fft_length: sizes of the transform, a vector of int32: the input is cut or padded with zeros
        to them; by default those of the input.
      name: ignored in eager mode.

    Returns:
      A complex tensor; of the last dimension only the frequencies from 0 to `n // 2`.

    Raises:
      ValueError: for other dtypes.
      ValueError: for a rank below 1.

    Example:
      >>> import tapeflow as tf
      >>> tf.signal.rfft([1.0, 2.0, 3.0, 4.0]).shape
      TensorShape([3])
    """
    return _real_transform(1, input_tensor, fft_length)


@export("signal.irfft")
def irfft(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Any:
    """Computes the inverse of `tf.signal.rfft`.

    Args:
      input_tensor: tensor `[..., n]` of complex64 or complex128.
      fft_length: sizes of the transform, a vector of int32: the input is cut or padded with zeros
        to them; by default those of the input, but `2 * (n - 1)` for the last.
      name: ignored in eager mode.

    Returns:
      A real tensor.

    Raises:
      ValueError: for other dtypes.
      ValueError: for a rank below 1.

    Example:
      >>> import tapeflow as tf
      >>> tf.signal.irfft(tf.signal.rfft([1.0, 2.0])).shape
      TensorShape([2])
    """
    return _inverse_real_transform(1, input_tensor, fft_length)


@export("signal.fft2d")
def fft2d(input: Any, name: str | None = None) -> Any:
    """Computes the discrete Fourier transform over the last two dimensions.

    Args:
      input: tensor `[..., m, n]` of complex64 or complex128.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `input`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.
      tf.errors.InvalidArgumentError: for a rank below 2.

    Example:
      >>> import tapeflow as tf
      >>> tf.signal.fft2d(tf.constant([[1, 1]], tf.complex64)).shape
      TensorShape([1, 2])
    """
    return _complex_transform("FFT", 2, input)


@export("signal.ifft2d")
def ifft2d(input: Any, name: str | None = None) -> Any:
    """Computes the inverse discrete Fourier transform over the last two dimensions.

    Args:
      input: tensor `[..., m, n]` of complex64 or complex128.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `input`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.
      tf.errors.InvalidArgumentError: for a rank below 2.

    Example:
      >>> import tapeflow as tf
      >>> tf.signal.ifft2d(tf.constant([[1, 1]], tf.complex64)).shape
      TensorShape([1, 2])
    """
    return _complex_transform("IFFT", 2, input)


@export("signal.rfft2d")
def rfft2d(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Any:
    """Computes the discrete Fourier transform of real values over the last two dimensions.

    Args:
      input_tensor: tensor `[..., m, n]` of float32 or float64.
      fft_length: sizes of the transform, a vector of int32: the input is cut or padded with zeros
        to them; by default those of the input.
      name: ignored in eager mode.

    Returns:
      A complex tensor; of the last dimension only the frequencies from 0 to `n // 2`.

    Raises:
      ValueError: for other dtypes.
      ValueError: for a rank below 2.

    Example:
      >>> import tapeflow as tf
      >>> tf.signal.rfft2d([[1.0, 2.0, 3.0, 4.0]]).shape
      TensorShape([1, 3])
    """
    return _real_transform(2, input_tensor, fft_length)


@export("signal.irfft2d")
def irfft2d(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Any:
    """Computes the inverse of `tf.signal.rfft2d`.

    Args:
      input_tensor: tensor `[..., m, n]` of complex64 or complex128.
      fft_length: sizes of the transform, a vector of int32: the input is cut or padded with zeros
        to them; by default those of the input, but `2 * (n - 1)` for the last.
      name: ignored in eager mode.

    Returns:
      A real tensor.

    Raises:
      ValueError: for other dtypes.
      ValueError: for a rank below 2.

    Example:
      >>> import tapeflow as tf
      >>> tf.signal.irfft2d(tf.signal.rfft2d([[1.0, 2.0]])).shape
      TensorShape([1, 2])
    """
    return _inverse_real_transform(2, input_tensor, fft_length)


@export("signal.fft3d")
def fft3d(input: Any, name: str | None = None) -> Any:
    """Computes the discrete Fourier transform over the last three dimensions.

    Args:
      input: tensor `[..., k, m, n]` of complex64 or complex128.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `input`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.
      tf.errors.InvalidArgumentError: for a rank below 3.

    Example:
      >>> import tapeflow as tf
      >>> tf.signal.fft3d(tf.constant([[[1, 1]]], tf.complex64)).shape
      TensorShape([1, 1, 2])
    """
    return _complex_transform("FFT", 3, input)


@export("signal.ifft3d")
def ifft3d(input: Any, name: str | None = None) -> Any:
    """Computes the inverse discrete Fourier transform over the last three dimensions.

    Args:
      input: tensor `[..., k, m, n]` of complex64 or complex128.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `input`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.
      tf.errors.InvalidArgumentError: for a rank below 3.

    Example:
      >>> import tapeflow as tf
      >>> tf.signal.ifft3d(tf.constant([[[1, 1]]], tf.complex64)).shape
      TensorShape([1, 1, 2])
    """
    return _complex_transform("IFFT", 3, input)


@export("signal.rfft3d")
def rfft3d(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Any:
    """Computes the discrete Fourier transform of real values over the last three dimensions.

    Args:
      input_tensor: tensor `[..., k, m, n]` of float32 or float64.
      fft_length: sizes of the transform, a vector of int32: the input is cut or padded with zeros
        to them; by default those of the input.
      name: ignored in eager mode.

    Returns:
      A complex tensor; of the last dimension only the frequencies from 0 to `n // 2`.

    Raises:
      ValueError: for other dtypes.
      ValueError: for a rank below 3.

    Example:
      >>> import tapeflow as tf
      >>> tf.signal.rfft3d([[[1.0, 2.0, 3.0, 4.0]]]).shape
      TensorShape([1, 1, 3])
    """
    return _real_transform(3, input_tensor, fft_length)


@export("signal.irfft3d")
def irfft3d(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Any:
    """Computes the inverse of `tf.signal.rfft3d`.

    Args:
      input_tensor: tensor `[..., k, m, n]` of complex64 or complex128.
      fft_length: sizes of the transform, a vector of int32: the input is cut or padded with zeros
        to them; by default those of the input, but `2 * (n - 1)` for the last.
      name: ignored in eager mode.

    Returns:
      A real tensor.

    Raises:
      ValueError: for other dtypes.
      ValueError: for a rank below 3.

    Example:
      >>> import tapeflow as tf
      >>> tf.signal.irfft3d(tf.signal.rfft3d([[[1.0, 2.0]]])).shape
      TensorShape([1, 1, 2])
    """
    return _inverse_real_transform(3, input_tensor, fft_length)
