"""Patches: all windows of images as vectors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.errors import NotFoundError
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import reject, require_dtype, require_rank
from tapeflow.engine.ir.primitive import primitive, window
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply

Four = tuple[int, ...]


def _extent(n: int, size: int, stride: int, rate: int, padding: str) -> tuple[int, int]:
    """How many patches fit along a dimension, and how much padding stands before."""
    reach = (size - 1) * rate + 1
    if padding == "VALID":
        return max(0, -(-(n - reach + 1) // stride)), 0
    count = -(-n // stride)
    return count, max(0, (count - 1) * stride + reach - n) // 2


def _check(ksizes: Four, strides: Four, rates: Four, padding: str) -> None:
    for name, values in (("ksizes", ksizes), ("strides", strides), ("rates", rates)):
        if len(values) < 4 or min(values) < 1 or values[0] != 1 or values[3] != 1:
            reject(f"{name}: expected [1, rows, columns, 1], all positive; received {list(values)}")
    if padding not in ("SAME", "VALID"):
        reject(f"padding: expected 'SAME' or 'VALID'; received {padding!r}")


def _infer(images: Spec, ksizes: Four, strides: Four, rates: Four, padding: str) -> Spec:
    _check(ksizes, strides, rates, padding)
    if images.dtype is dtypes.bool:
        raise NotFoundError(None, None, "no kernel for dtype bool; cast the images")
    require_dtype(images, dtypes.NUMERIC, "images")
    require_rank(images, 4, "images")
    if images.shape is None:
        return Spec(images.dtype, (None,) * 4)
    batch, height, width, depth = images.shape
    out = [
        None if n is None else _extent(n, ksizes[i], strides[i], rates[i], padding)[0]
        for i, n in ((1, height), (2, width))
    ]
    count = None if depth is None else depth * ksizes[1] * ksizes[2]
    return Spec(images.dtype, (batch, *out, count))


def _layout(shape: Any, ksizes: Four, strides: Four, rates: Four, padding: str) -> Any:
    rows, top = _extent(shape[1], ksizes[1], strides[1], rates[1], padding)
    columns, left = _extent(shape[2], ksizes[2], strides[2], rates[2], padding)
    height = max(shape[1] + top, (max(rows, 1) - 1) * strides[1] + (ksizes[1] - 1) * rates[1] + 1)
    width = max(
        shape[2] + left, (max(columns, 1) - 1) * strides[2] + (ksizes[2] - 1) * rates[2] + 1
    )
    parts = [
        (
            slice(i * rates[1], i * rates[1] + (rows - 1) * strides[1] + 1, strides[1]),
            slice(j * rates[2], j * rates[2] + (columns - 1) * strides[2] + 1, strides[2]),
        )
        for i in range(ksizes[1])
        for j in range(ksizes[2])
    ]
    return rows, columns, top, left, height, width, parts


def _kernel(
    images: np.ndarray, ksizes: Four, strides: Four, rates: Four, padding: str
) -> np.ndarray:
    batch, h, w, depth = images.shape
    rows, columns, top, left, height, width, parts = _layout(
        images.shape, ksizes, strides, rates, padding
    )
    if not rows or not columns:
        return np.zeros((batch, rows, columns, depth * len(parts)), images.dtype)
    padded = images
    if (height, width) != (h, w):
        padded = np.zeros((batch, height, width, depth), images.dtype)
        padded[:, top : top + h, left : left + w] = images
    return np.concatenate([padded[:, y, x] for y, x in parts], axis=-1)


def _back_infer(
    grads: Spec, images: Spec, ksizes: Four, strides: Four, rates: Four, padding: str
) -> Spec:
    return Spec(grads.dtype, images.shape)


def _back_kernel(
    grads: np.ndarray, images: np.ndarray, ksizes: Four, strides: Four, rates: Four, padding: str
) -> np.ndarray:
    batch, h, w, depth = images.shape
    rows, columns, top, left, height, width, parts = _layout(
        images.shape, ksizes, strides, rates, padding
    )
    out = np.zeros((batch, height, width, depth), grads.dtype)
    if rows and columns:
        for k, (y, x) in enumerate(parts):
            out[:, y, x] += grads[..., k * depth : (k + 1) * depth]
    return out[:, top : top + h, left : left + w]


def _samples(draw: Draw) -> Iterable[Sample]:
    for padding in ("SAME", "VALID"):
        for shape, size, stride, rate in (
            ((1, 4, 5, 2), (2, 2), (1, 1), (1, 1)), ((2, 5, 5, 1), (2, 3), (2, 1), (2, 1)),
            ((1, 3, 3, 1), (3, 3), (3, 2), (1, 1)), ((1, 2, 2, 1), (3, 3), (1, 1), (1, 1)),
        ):  # fmt: skip
            yield Sample(
                draw.reals(*shape), ksizes=(1, *size, 1), strides=(1, *stride, 1),
                rates=(1, *rate, 1), padding=padding,
            )  # fmt: skip


def _back_samples(draw: Draw) -> Iterable[Sample]:
    one = (1, 1, 1, 1)
    yield Sample(
        draw.reals(1, 2, 3, 8), draw.reals(1, 3, 4, 2), ksizes=(1, 2, 2, 1), strides=one, rates=one,
        padding="VALID",
    )  # fmt: skip


patches_p = primitive(
    "ExtractImagePatches",
    infer=_infer,
    kernel=_kernel,
    vjp=lambda ctx, dy: (apply(patches_back_p, dy, ctx.inputs[0], **ctx.attrs),),
    lower=window("patches"),
    samples=_samples,
)

patches_back_p = primitive(
    "ExtractImagePatchesBackprop",
    infer=_back_infer,
    kernel=_back_kernel,
    vjp=lambda ctx, dx: (apply(patches_p, dx, **ctx.attrs), None),
    lower=window("patches_backprop"),
    samples=_back_samples,
)


@export("image.extract_patches")
def extract_patches(
    images: Any, sizes: Any, strides: Any, rates: Any, padding: str, name: str | None = None
) -> Any:
    """Gives the window around every position as a vector.

    Args:
      images: tensor `[batch, height, width, channels]` of a numeric dtype.
      sizes: `[1, rows, columns, 1]`, size of a patch.
      strides: `[1, rows, columns, 1]`, distance between patches.
      rates: `[1, rows, columns, 1]`, distance between a patch's pixels.
      padding: `"VALID"` (patches lie in the image) or `"SAME"` (zeros around it).
      name: ignored in eager mode.

    Returns:
      A tensor `[batch, patch_rows, patch_columns, rows * columns * channels]`.

    Raises:
      tf.errors.InvalidArgumentError: for arguments of other forms.

    Example:
      >>> import tapeflow as tf
      >>> image = tf.reshape(tf.range(9), [1, 3, 3, 1])
      >>> one = [1, 1, 1, 1]
      >>> tf.image.extract_patches(image, [1, 2, 2, 1], one, one, "VALID")[0, 0, 0].numpy()
      array([0, 1, 3, 4], dtype=int32)
    """
    return apply(
        patches_p,
        convert(images),
        ksizes=tuple(map(int, sizes)),
        strides=tuple(map(int, strides)),
        rates=tuple(map(int, rates)),
        padding=padding,
    )
