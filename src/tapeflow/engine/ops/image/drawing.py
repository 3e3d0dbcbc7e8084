"""Rectangles drawn into images."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import reject, require_dtype, require_rank, shape_text
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply

# The colours of boxes in turn, where none are given: red, green, blue, alpha.
_PALETTE = np.array(
    [
        (1, 1, 0, 1), (0, 0, 1, 1), (1, 0, 0, 1), (0, 1, 0, 1), (0.5, 0, 0.5, 1),
        (0.5, 0.5, 0, 1), (0.5, 0, 0, 1), (0, 0, 0.5, 1), (0, 1, 1, 1), (1, 0, 1, 1),
    ],
    np.float32,
)  # fmt: skip


def _infer(images: Spec, boxes: Spec, colors: Spec) -> Spec:
    require_dtype(images, {dtypes.float16, dtypes.float32}, "images")
    require_rank(images, 4, "images")
    require_dtype(boxes, {dtypes.float32}, "boxes")
    require_rank(boxes, 3, "boxes")
    require_dtype(colors, {dtypes.float32}, "colors")
    require_rank(colors, 2, "colors")
    if images.shape is not None and images.shape[3] not in (1, 3, 4, None):
        reject(f"images: expected 1, 3 or 4 channels; received shape {shape_text(images.shape)}")
    if boxes.shape is not None and boxes.shape[2] not in (4, None):
        reject(f"boxes: expected shape [batch, boxes, 4]; received {shape_text(boxes.shape)}")
    return Spec(images.dtype, images.shape)


def _kernel(images: np.ndarray, boxes: np.ndarray, colors: np.ndarray) -> np.ndarray:
    _, height, width, depth = images.shape
    out = images.copy()
    palette = colors if colors.size else _PALETTE
    if depth == 1 and not colors.size:
        palette = np.ones((1, 4), np.float32)
    for image, corners in zip(out, boxes, strict=True):
        for i, box in enumerate(corners):
            color = palette[i % len(palette)][:depth].astype(out.dtype)
            last = np.array([height - 1, width - 1] * 2, np.float32)
            top, left, bottom, right = (int(v) for v in np.trunc(box * last))
            if (
                top > bottom
                or left > right
                or top >= height
                or left >= width
                or bottom < 0
                or right < 0
            ):
                continue  # nothing of it is in the image
            rows = slice(max(top, 0), min(bottom, height - 1) + 1)
            columns = slice(max(left, 0), min(right, width - 1) + 1)
            if top >= 0:
                image[top, columns] = color
            if bottom < height:
                image[bottom, columns] = color
            if left >= 0:
                image[rows, left] = color
            if right < width:
                image[rows, right] = color
    return out


def _samples(draw: Draw) -> Iterable[Sample]:
    boxes = np.array(
        [[[0.1, 0.2, 0.8, 0.9], [-0.5, 0, 0.5, 1.5], [0.9, 0.9, 0.1, 0.1]]], np.float32
    )
    for depth in (3, 4):
        for colors in (np.zeros((0, 4)), np.array([[0.2, 0.4, 0.6, 0.8], [1, 0, 0, 1]])):
            yield Sample(draw.reals(1, 6, 8, depth), boxes, colors.astype(np.float32), grad=False)


draw_p = primitive(
    "DrawBoundingBoxesV2",
    infer=_infer,
    kernel=_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_samples,
)


@export("image.draw_bounding_boxes")
def draw_bounding_boxes(images: Any, boxes: Any, colors: Any, name: str | None = None) -> Any:
    """Draws the outlines of boxes, one pixel wide.

    Args:
      images: tensor `[batch, height, width, channels]`, float16 or float32, 1, 3 or 4 channels.
      boxes: float32 tensor `[batch, boxes, 4]`: `[y_min, x_min, y_max, x_max]`, in [0, 1].
      colors: float32 tensor `[colors, channels]`, taken in turn; None for ten colours of its own.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `images`.

    Raises:
      tf.errors.InvalidArgumentError: for arguments of other forms.

    Example:
      >>> import tapeflow as tf
      >>> box = [[[0.0, 0.0, 1.0, 1.0]]]
      >>> tf.image.draw_bounding_boxes(tf.zeros([1, 3, 3, 1]), box, [[1.0]]).numpy()[0, ..., 0]
      array([[1., 1., 1.],
             [1., 0., 1.],
             [1., 1., 1.]], dtype=float32)
    """
    if colors is None:
        colors = np.zeros((0, 4), np.float32)
    return apply(
        draw_p,
        convert(images, hint=dtypes.float32),
        convert(boxes, hint=dtypes.float32),
        convert(colors, hint=dtypes.float32),
    )
