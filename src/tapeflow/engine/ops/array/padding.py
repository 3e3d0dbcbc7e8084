"""Padding with a constant, or with the tensor's own elements mirrored."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    at_run_time,
    reads_values,
    reject,
    reject_values,
    require_dtype,
    require_rank,
    require_same_dtype,
    shape_text,
)
from tapeflow.engine.ir.primitive import movement, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Dims, Spec
from tapeflow.engine.ops.array import shaping, slicing
from tapeflow.engine.ops.array.arguments import INDEX, to_integers, to_same_dtype
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply


def _amounts(shape: Dims | None, paddings: Spec) -> tuple[Dims | None, Any]:
    """The shape, or None of its rank, and the paddings as pairs where they are known."""
    require_dtype(paddings, INDEX, "paddings")
    require_rank(paddings, 2, "paddings")
    rows = None if paddings.shape is None else paddings.shape[0]
    if paddings.shape is not None and paddings.shape[1] not in (None, 2):
        reject(f"paddings: expected shape [rank,2]; received {shape_text(paddings.shape)}")
    if rows is not None:
        if shape is not None and len(shape) != rows:
            reject(f"paddings: expected {len(shape)} rows for {shape_text(shape)}; received {rows}")
        shape = (None,) * rows if shape is None else shape
    if paddings.value is None:
        return shape, None
    pairs = paddings.value.tolist()
    if any(n < 0 for pair in pairs for n in pair):
        reject(f"paddings: expected numbers >= 0; received {pairs}")
    return shape, pairs


def _padded(shape: Dims | None, pairs: Any, sign: int = 1) -> Dims | None:
    if shape is None or pairs is None:
        return None if shape is None else (None,) * len(shape)
    return tuple(
        [None if d is None else d + sign * (a + b) for d, (a, b) in zip(shape, pairs, strict=True)]
    )


def _pad_infer(input: Spec, paddings: Spec, *values: Spec) -> Spec:
    for value in values:
        require_same_dtype(input, value)
        with at_run_time():
            require_rank(value, 0, "constant_values")
    return Spec(input.dtype, _padded(*_amounts(input.shape, paddings)))


def _inside(paddings: np.ndarray, shape: tuple[int, ...]) -> tuple[slice, ...]:
    return tuple([slice(a, a + n) for (a, _), n in zip(paddings.tolist(), shape, strict=True)])


def _pad_kernel(
    input: np.ndarray, paddings: np.ndarray, constant_values: np.ndarray | None = None
) -> np.ndarray:
    dims = [n + a + b for n, (a, b) in zip(input.shape, paddings.tolist(), strict=True)]
    if constant_values is None:
        out = np.zeros(dims, input.dtype)
        if input.dtype == object:
            out[...] = b""
    else:
        out = np.empty(dims, input.dtype)
        out[...] = constant_values
    inside: tuple[Any, ...] = (*_inside(paddings, input.shape), ...)
    out[inside] = input
    return out


def _pad_vjp(ctx: Any, dy: Any) -> Any:
    x, paddings = ctx.inputs[:2]
    inner = slicing.slice_(dy, paddings[:, 0], shaping.shape(x, paddings.dtype))
    # TensorFlow gives the constant no gradient.
    return (inner, None) if len(ctx.inputs) == 2 else (inner, None, None)


PADDINGS: tuple[tuple[tuple[int, ...], tuple[tuple[int, int], ...]], ...] = (
    ((2, 3), ((1, 0), (2, 2))),
    ((3,), ((0, 2),)),
    ((3,), ((0, 0),)),
    ((0, 2), ((1, 1), (0, 0))),
    ((4, 3), ((3, 1), (1, 1))),
)


def _pad_samples(draw: Draw) -> Iterable[Sample]:
    for shape, pairs in PADDINGS:
        yield Sample(draw.reals(*shape), np.array(pairs, np.int32))
    yield Sample(draw.reals(), np.zeros((0, 2), np.int32))
    yield Sample(draw.ints(3), np.array([[1, 1]], np.int64), grad=False)


def _pad_v2_samples(draw: Draw) -> Iterable[Sample]:
    for sample in _pad_samples(draw):
        x, paddings = sample.inputs
        yield Sample(x, paddings, np.array(2, x.dtype), grad=False)


pad_p = primitive(
    "Pad",
    infer=reads_values(1)(lambda input, paddings: _pad_infer(input, paddings)),
    kernel=_pad_kernel,
    vjp=_pad_vjp,
    lower=movement("pad"),
    samples=_pad_samples,
)

pad_v2_p = primitive(
    "PadV2",
    infer=reads_values(1)(lambda input, paddings, value: _pad_infer(input, paddings, value)),
    kernel=_pad_kernel,
    vjp=_pad_vjp,
    lower=movement("pad"),
    samples=_pad_v2_samples,
)


def _edge(mode: str) -> int:
    """How many elements at the border a mirror leaves out."""
    if mode not in ("REFLECT", "SYMMETRIC"):
        reject(f"mode: expected REFLECT or SYMMETRIC; received {mode!r}")
    return 1 if mode == "REFLECT" else 0


@reads_values(1)
def _mirror_infer(input: Spec, paddings: Spec, mode: str) -> Spec:
    shape, pairs = _amounts(input.shape, paddings)
    edge = _edge(mode)
    if shape is not None and pairs is not None:
        for i, (size, pair) in enumerate(zip(shape, pairs, strict=True)):
            if size is not None and max(pair) > max(size - edge, 0):
                reject_values(
                    f"paddings[{i}]: expected at most {max(size - edge, 0)} for mode {mode} and "
                    f"size {size}; received {pair}"
                )
    return Spec(input.dtype, _padded(shape, pairs))


def _mirror_kernel(input: np.ndarray, paddings: np.ndarray, mode: str) -> np.ndarray:
    how = "reflect" if mode == "REFLECT" else "symmetric"
    pairs = paddings.tolist()
    if not any(n for pair in pairs for n in pair):
        return input
    return np.pad(input, pairs, mode=how)  # type: ignore[call-overload]


def _mirror_grad_infer(input: Spec, paddings: Spec, mode: str) -> Spec:
    _edge(mode)
    shape, pairs = _amounts(input.shape, paddings)
    out = _padded(shape, pairs, -1)
    if out is not None and any(d is not None and d < 0 for d in out):
        reject(f"paddings: expected less than the size of {shape_text(shape)}; received {pairs}")
    return Spec(input.dtype, out)


def _mirror_grad_kernel(input: np.ndarray, paddings: np.ndarray, mode: str) -> np.ndarray:
    edge = _edge(mode)
    out = input
    for axis, (before, after) in enumerate(paddings.tolist()):
        if not before and not after:
            continue
        moved = np.moveaxis(out, axis, 0)
        size = len(moved) - before - after
        inner = moved[before : before + size].copy()
        if before:
            inner[edge : edge + before] += moved[:before][::-1]
        if after:
            inner[size - edge - after : size - edge] += moved[before + size :][::-1]
        out = np.moveaxis(inner, 0, axis)
    return out


MODES = ("REFLECT", "SYMMETRIC")


def _mirror_samples(draw: Draw) -> Iterable[Sample]:
    for mode in MODES:
        for shape, pairs in (((3, 4), ((2, 1), (0, 3))), ((3,), ((0, 0),)), ((3,), ((2, 2),))):
            yield Sample(draw.reals(*shape), np.array(pairs, np.int32), mode=mode)


def _mirror_grad_samples(draw: Draw) -> Iterable[Sample]:
    for mode in MODES:
        for shape, pairs in (((6, 7), ((2, 1), (0, 3))), ((3,), ((0, 0),)), ((7,), ((2, 2),))):
            yield Sample(draw.reals(*shape), np.array(pairs, np.int32), mode=mode)


mirror_pad_p = primitive(
    "MirrorPad",
    infer=_mirror_infer,
    kernel=_mirror_kernel,
    vjp=lambda ctx, dy: (apply(mirror_pad_grad_p, dy, ctx.inputs[1], **ctx.attrs), None),
    lower=movement("mirror_pad"),
    samples=_mirror_samples,
)

mirror_pad_grad_p = primitive(
    "MirrorPadGrad",
    infer=reads_values(1)(_mirror_grad_infer),
    kernel=_mirror_grad_kernel,
    vjp=lambda ctx, ddx: (apply(mirror_pad_p, ddx, ctx.inputs[1], **ctx.attrs), None),
    lower=movement("mirror_unpad"),
    samples=_mirror_grad_samples,
)


@export("pad")
def pad(
    tensor: Any,
    paddings: Any,
    mode: str = "CONSTANT",
    constant_values: Any = 0,
    name: str | None = None,
) -> Any:
    """Adds elements before and after each dimension.

    Args:
      tensor: tensor.
      paddings: int32 or int64 `[rank, 2]`: how many elements go before and after.
      mode: `"CONSTANT"`, or `"REFLECT"` and `"SYMMETRIC"` for mirror images of the tensor, without
        and with the elements at its border; in upper or lower case.
      constant_values: scalar to pad with in mode `"CONSTANT"`.
      name: ignored in eager mode.

    Returns:
      A tensor of the dtype of `tensor`, greater by the paddings.

    Raises:
      ValueError: for another mode.
      tf.errors.InvalidArgumentError: when `paddings` is negative, does not fit the rank, or asks
        for more than a mirror shows.

    Example:
      >>> import tapeflow as tf
      >>> tf.pad([1, 2, 3], [[1, 2]]).numpy()
      array([0, 1, 2, 3, 0, 0], dtype=int32)
      >>> tf.pad([1, 2, 3], [[0, 2]], "REFLECT").numpy()
      array([1, 2, 3, 2, 1], dtype=int32)
    """
    mode = mode.upper()
    amounts = to_integers(paddings)
    if mode == "CONSTANT":
        if np.isscalar(constant_values) and constant_values == 0:
            return apply(pad_p, convert(tensor), amounts)
        x, value = to_same_dtype([tensor, constant_values])
        return apply(pad_v2_p, x, amounts, value)
    if mode not in MODES:
        raise ValueError(f"pad: mode: expected CONSTANT, REFLECT or SYMMETRIC; received {mode!r}")
    return apply(mirror_pad_p, convert(tensor), amounts, mode=mode)
