"""Boxes in images: cut out and resized, drawn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.errors import OutOfRangeError
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    reads_values,
    reject,
    reject_values,
    require_dtype,
    require_rank,
    shape_text,
)
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply

_F32 = np.float32
_PIXELS = frozenset(
    (
        dtypes.uint8, dtypes.uint16, dtypes.int8, dtypes.int16, dtypes.int32, dtypes.int64,
        dtypes.float16, dtypes.float32, dtypes.float64,
    )
)  # fmt: skip


def _crop_size(crop_size: Spec) -> tuple[int | None, int | None]:
    require_dtype(crop_size, {dtypes.int32}, "crop_size")
    if crop_size.shape not in (None, (2,), (None,)):
        reject(f"crop_size: expected 2 elements; received shape {shape_text(crop_size.shape)}")
    if crop_size.value is None:
        return None, None
    rows, columns = crop_size.value.tolist()
    if rows <= 0 or columns <= 0:
        reject_values(f"crop_size: expected positive sizes; received {[rows, columns]}")
    return rows, columns


def _check_boxes(boxes: Spec, box_ind: Spec, method: str) -> None:
    if method not in ("bilinear", "nearest"):
        reject(f"method: expected 'bilinear' or 'nearest'; received {method!r}")
    require_dtype(boxes, {dtypes.float32}, "boxes")
    require_rank(boxes, 2, "boxes")
    if boxes.shape is not None and boxes.shape[1] not in (None, 4):
        reject(f"boxes: expected shape [boxes, 4]; received {shape_text(boxes.shape)}")
    require_dtype(box_ind, {dtypes.int32}, "box_ind")
    require_rank(box_ind, 1, "box_ind")
    if boxes.shape is not None and box_ind.shape is not None:
        n, m = boxes.shape[0], box_ind.shape[0]
        if n is not None and m is not None and n != m:
            reject(f"box_ind: expected {n} elements, one for each box; received {m}")


@reads_values(3)
def _crop_infer(
    image: Spec,
    boxes: Spec,
    box_ind: Spec,
    crop_size: Spec,
    method: str,
    extrapolation_value: float,
) -> Spec:
    require_dtype(image, _PIXELS, "image")
    require_rank(image, 4, "image")
    _check_boxes(boxes, box_ind, method)
    count = None if boxes.shape is None else boxes.shape[0]
    if count is None and box_ind.shape:
        count = box_ind.shape[0]
    depth = None if image.shape is None else image.shape[3]
    return Spec(dtypes.float32, (count, *_crop_size(crop_size), depth))


class _Grid:
    """Where the pixels of the crops lie in the images."""

    __slots__ = ("bottom", "height", "inside", "left", "right", "top", "width", "x", "y")

    def __init__(self, shape: Any, boxes: np.ndarray, rows: int, columns: int) -> None:
        self.height, self.width = shape[1:3]
        self.y = _places(boxes[:, 0], boxes[:, 2], self.height, rows)
        self.x = _places(boxes[:, 1], boxes[:, 3], self.width, columns)
        in_y = (self.y >= 0) & (self.y <= self.height - 1)
        in_x = (self.x >= 0) & (self.x <= self.width - 1)
        self.inside = in_y[:, :, None] & in_x[:, None, :]
        self.top, self.bottom = _neighbours(self.y, self.height)
        self.left, self.right = _neighbours(self.x, self.width)


def _places(start: np.ndarray, end: np.ndarray, size: int, count: int) -> np.ndarray:
    """Coordinates, in float32 and in TensorFlow's order of operations: `[boxes, count]`."""
    last = _F32(size - 1)
    if count == 1:
        return (_F32(0.5) * (start + end) * last)[:, None]
    step = (end - start) * last / _F32(count - 1)
    return start[:, None] * last + np.arange(count, dtype=_F32) * step[:, None]


def _neighbours(place: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    low = np.nan_to_num(np.floor(place), nan=0.0, posinf=0.0, neginf=0.0)
    high = np.nan_to_num(np.ceil(place), nan=0.0, posinf=0.0, neginf=0.0)
    limit = size - 1
    return np.clip(low, 0, limit).astype(np.int64), np.clip(high, 0, limit).astype(np.int64)


def _nearest(place: np.ndarray, size: int) -> np.ndarray:
    """Halves are rounded away from zero, as C's round does."""
    rounded = np.floor(np.nan_to_num(place, posinf=0.0, neginf=0.0) + _F32(0.5))
    return np.clip(rounded, 0, size - 1).astype(np.int64)


def _check_indices(box_ind: np.ndarray, batch: int) -> None:
    if box_ind.size and (box_ind.min() < 0 or box_ind.max() >= batch):
        raise OutOfRangeError(
            None, None, f"box_ind: expected values in [0, {batch}); received {box_ind.tolist()}"
        )


def _crop_kernel(
    image: np.ndarray,
    boxes: np.ndarray,
    box_ind: np.ndarray,
    crop_size: np.ndarray,
    method: str,
    extrapolation_value: float,
) -> np.ndarray:
    _check_indices(box_ind, image.shape[0])
    grid = _Grid(image.shape, boxes, *crop_size.tolist())
    n = box_ind[:, None, None]
    if method == "nearest":
        rows = _nearest(grid.y, grid.height)[:, :, None]
        columns = _nearest(grid.x, grid.width)[:, None, :]
        out = image[n, rows, columns].astype(_F32)
    else:
        top, bottom = grid.top[:, :, None], grid.bottom[:, :, None]
        left, right = grid.left[:, None, :], grid.right[:, None, :]
        along = (grid.x - grid.left)[:, None, :, None]
        down = (grid.y - grid.top)[:, :, None, None]
        upper = _blend(image, n, top, left, right, along)
        lower = _blend(image, n, bottom, left, right, along)
        out = upper + (lower - upper) * down
    return np.where(grid.inside[..., None], out, _F32(extrapolation_value)).astype(_F32)


def _blend(image: Any, n: Any, row: Any, left: Any, right: Any, along: Any) -> np.ndarray:
    first = image[n, row, left].astype(_F32)
    return first + (image[n, row, right].astype(_F32) - first) * along


def _image_grad_infer(
    grads: Spec, boxes: Spec, box_ind: Spec, image_size: Spec, T: Any, method: str
) -> Spec:
    _check_boxes(boxes, box_ind, method)
    if image_size.value is None:
        return Spec(T, (None,) * 4)
    return Spec(T, tuple(image_size.value.tolist()))


_image_grad_infer = reads_values(3)(_image_grad_infer)


def _image_grad_kernel(
    grads: np.ndarray,
    boxes: np.ndarray,
    box_ind: np.ndarray,
    image_size: np.ndarray,
    T: Any,
    method: str,
) -> np.ndarray:
    shape = tuple(image_size.tolist())
    _check_indices(box_ind, shape[0])
    grid = _Grid(shape, boxes, *grads.shape[1:3])
    out = np.zeros(shape, _F32)
    dy = np.where(grid.inside[..., None], grads, _F32(0))
    n = np.broadcast_to(box_ind[:, None, None], dy.shape[:3])
    if method == "nearest":
        rows = _nearest(grid.y, grid.height)[:, :, None]
        np.add.at(out, (n, rows, _nearest(grid.x, grid.width)[:, None, :]), dy)
        return out.astype(T.np)
    along = (grid.x - grid.left)[:, None, :, None]
    down = (grid.y - grid.top)[:, :, None, None]
    for rows, by_row in ((grid.top, 1 - down), (grid.bottom, down)):
        for columns, by_column in ((grid.left, 1 - along), (grid.right, along)):
            np.add.at(out, (n, rows[:, :, None], columns[:, None, :]), dy * by_row * by_column)
    return out.astype(T.np)


def _box_grad_infer(grads: Spec, image: Spec, boxes: Spec, box_ind: Spec, method: str) -> Spec:
    _check_boxes(boxes, box_ind, "bilinear")
    return Spec(dtypes.float32, boxes.shape)


def _box_grad_kernel(
    grads: np.ndarray, image: np.ndarray, boxes: np.ndarray, box_ind: np.ndarray, method: str
) -> np.ndarray:
    _check_indices(box_ind, image.shape[0])
    rows, columns = grads.shape[1:3]
    grid = _Grid(image.shape, boxes, rows, columns)
    n = box_ind[:, None, None]
    left, right = grid.left[:, None, :], grid.right[:, None, :]
    pixels = image.astype(_F32, copy=False)
    upper_left, upper_right = (
        pixels[n, grid.top[:, :, None], left],
        pixels[n, grid.top[:, :, None], right],
    )
    lower_left, lower_right = (
        pixels[n, grid.bottom[:, :, None], left],
        pixels[n, grid.bottom[:, :, None], right],
    )
    along = (grid.x - grid.left)[:, None, :, None]
    down = (grid.y - grid.top)[:, :, None, None]
    dy = np.where(grid.inside[..., None], grads, _F32(0))
    by_y = (
        dy * ((1 - along) * (lower_left - upper_left) + along * (lower_right - upper_right))
    ).sum(-1)
    by_x = (dy * ((1 - down) * (upper_right - upper_left) + down * (lower_right - lower_left))).sum(
        -1
    )
    out = np.zeros((len(boxes), 4), _F32)
    for by, count, size, start, end, axis in (
        (by_y, rows, grid.height, 0, 2, 1), (by_x, columns, grid.width, 1, 3, 2),
    ):  # fmt: skip
        last = _F32(size - 1)
        if count == 1:
            share = np.full(1, 0.5, _F32)
            shares = (share, share)
        else:
            share = np.arange(count, dtype=_F32) / _F32(count - 1)
            shares = (1 - share, share)
        place = (1, -1, 1) if axis == 1 else (1, 1, -1)
        for column, weights in ((start, shares[0]), (end, shares[1])):
            out[:, column] = (by * weights.reshape(place)).sum((1, 2)) * last
    return out


def _crop_vjp(ctx: Any, dy: Any) -> Any:
    image, boxes, box_ind, _ = ctx.inputs
    by_image = by_boxes = None
    if ctx.needs[0]:
        size = convert(np.array(image.shape.as_list(), np.int32))
        method = ctx.attrs["method"]
        by_image = apply(crop_image_grad_p, dy, boxes, box_ind, size, T=image.dtype, method=method)
    if ctx.needs[1]:
        by_boxes = apply(crop_boxes_grad_p, dy, image, boxes, box_ind, method="bilinear")
    return by_image, by_boxes, None, None


_BOXES = np.array([[0.1, 0.2, 0.8, 0.9], [0.0, 0.0, 1.5, 1.5], [0.8, 0.9, 0.1, 0.2]], _F32)
_PLACES = np.array([0, 1, 0], np.int32)


def _crop_samples(draw: Draw) -> Iterable[Sample]:
    for method in ("bilinear", "nearest"):
        for size in ((2, 3), (1, 1), (5, 4)):
            yield Sample(
                draw.reals(2, 4, 5, 2), _BOXES, _PLACES, np.array(size, np.int32), method=method,
                extrapolation_value=-1.0, grad=False,
            )  # fmt: skip


def _image_grad_samples(draw: Draw) -> Iterable[Sample]:
    for method in ("bilinear", "nearest"):
        yield Sample(
            draw.reals(3, 2, 3, 2), _BOXES, _PLACES, np.array((2, 4, 5, 2), np.int32),
            T=dtypes.float32, method=method, grad=False,
        )  # fmt: skip


def _box_grad_samples(draw: Draw) -> Iterable[Sample]:
    for size in ((2, 3), (1, 1)):
        yield Sample(
            draw.reals(3, *size, 2), draw.reals(2, 4, 5, 2), _BOXES, _PLACES, method="bilinear",
            grad=False,
        )  # fmt: skip


crop_p = primitive(
    "CropAndResize",
    infer=_crop_infer,
    kernel=_crop_kernel,
    vjp=_crop_vjp,
    lower=HOST,
    samples=_crop_samples,
)

# TensorFlow has no second derivatives of it either.
crop_image_grad_p = primitive(
    "CropAndResizeGradImage",
    infer=_image_grad_infer,
    kernel=_image_grad_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_image_grad_samples,
)

crop_boxes_grad_p = primitive(
    "CropAndResizeGradBoxes",
    infer=_box_grad_infer,
    kernel=_box_grad_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_box_grad_samples,
)


@export("image.crop_and_resize")
def crop_and_resize(
    image: Any,
    boxes: Any,
    box_indices: Any,
    crop_size: Any,
    method: str = "bilinear",
    extrapolation_value: float = 0.0,
    name: str | None = None,
) -> Any:
    """Cuts boxes out of images and resizes them to one size.

    Args:
      image: tensor `[batch, height, width, channels]`.
      boxes: float32 tensor `[boxes, 4]`: `[y1, x1, y2, x2]`, where 0 is the first and 1 the last
        pixel; a box with `y1 > y2` is turned upside down.
      box_indices: int32 tensor `[boxes]`: the image of each box.
      crop_size: two ints, height and width of the crops.
      method: `"bilinear"` or `"nearest"`.
      extrapolation_value: value of pixels outside of the image.
      name: ignored in eager mode.

    Returns:
      A float32 tensor `[boxes, crop_height, crop_width, channels]`.

    Raises:
      tf.errors.InvalidArgumentError: for arguments of other forms.
      tf.errors.OutOfRangeError: when there is no such image.

    Example:
      >>> import tapeflow as tf
      >>> image = tf.reshape(tf.range(9.0), [1, 3, 3, 1])
      >>> tf.image.crop_and_resize(image, [[0.0, 0.0, 1.0, 1.0]], [0], [2, 2])[0, ..., 0].numpy()
      array([[0., 2.],
             [6., 8.]], dtype=float32)
    """
    return apply(
        crop_p,
        convert(image),
        convert(boxes, hint=dtypes.float32),
        convert(box_indices, hint=dtypes.int32),
        convert(crop_size, hint=dtypes.int32),
        method=method,
        extrapolation_value=float(extrapolation_value),
    )
