"""Non-maximum suppression class by class, for batches of images."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import reject, require_dtype, require_rank
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.image.suppression import check_values, in_order, overlaps_with, select
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import EagerTensor

CombinedNonMaxSuppression = namedtuple(
    "CombinedNonMaxSuppression",
    ["nmsed_boxes", "nmsed_scores", "nmsed_classes", "valid_detections"],
)


def _combined_infer(
    boxes: Spec, scores: Spec, *scalars: Spec, pad_per_class: bool, clip_boxes: bool
) -> tuple[Spec, ...]:
    require_dtype(boxes, {dtypes.float32}, "boxes")
    require_dtype(scores, {dtypes.float32}, "scores")
    require_rank(boxes, 4, "boxes")
    require_rank(scores, 3, "scores")
    batch = None if boxes.shape is None else boxes.shape[0]
    f32 = dtypes.float32
    return (
        Spec(f32, (batch, None, 4)),
        Spec(f32, (batch, None)),
        Spec(f32, (batch, None)),
        Spec(dtypes.int32, (batch,)),
    )


def _combined_kernel(
    boxes: np.ndarray,
    scores: np.ndarray,
    max_output_size_per_class: np.ndarray,
    max_total_size: np.ndarray,
    iou_threshold: np.ndarray,
    score_threshold: np.ndarray,
    pad_per_class: bool,
    clip_boxes: bool,
) -> tuple[np.ndarray, ...]:
    each, total = int(max_output_size_per_class), int(max_total_size)
    threshold = float(iou_threshold)
    check_values(each, threshold)
    batch, _, classes = scores.shape
    if boxes.shape[2] not in (1, classes):
        reject(f"boxes: expected 1 or {classes} in dimension 2; received {boxes.shape[2]}")
    size = min(total, each * classes) if pad_per_class else total
    out = (
        np.zeros((batch, size, 4), np.float32),
        np.zeros((batch, size), np.float32),
        np.zeros((batch, size), np.float32),
        np.zeros(batch, np.int32),
    )
    for b in range(batch):
        found: list[tuple[float, int, np.ndarray]] = []
        for c in range(classes):
            corners = boxes[b, :, c if boxes.shape[2] > 1 else 0]
            chosen, kept = select(
                partial(overlaps_with, in_order(corners)),
                scores[b, :, c], each, threshold, float(score_threshold),
            )  # fmt: skip
            found += [(float(s), c, corners[i]) for s, i in zip(kept, chosen, strict=True)]
        found.sort(key=lambda item: -item[0])
        for k, (score, c, corner) in enumerate(found[:size]):
            out[0][b, k] = np.clip(corner, 0, 1) if clip_boxes else corner
            out[1][b, k], out[2][b, k] = score, c
        out[3][b] = min(len(found), size)
    return out


def _combined_samples(draw: Draw) -> Iterable[Sample]:
    for pad in (False, True):
        for clip in (False, True):
            yield Sample(
                draw.reals(2, 6, 1, 4, low=-0.2, high=1.3), draw.distinct(2, 6, 3),
                np.array(3, np.int32), np.array(12, np.int32), np.array(0.4, np.float32),
                np.array(-2.0, np.float32),
                pad_per_class=pad, clip_boxes=clip, grad=False,
            )  # fmt: skip


nms_combined_p = primitive(
    "CombinedNonMaxSuppression",
    infer=_combined_infer,
    kernel=_combined_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_combined_samples,
)


@export("image.combined_non_max_suppression")
def combined_non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size_per_class: Any,
    max_total_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    pad_per_class: bool = False,
    clip_boxes: bool = True,
    name: str | None = None,
) -> Any:
    """Suppresses boxes class by class and merges what stays, for a batch of images.

    Args:
      boxes: float32 tensor `[batch, boxes, classes or 1, 4]`.
      scores: float32 tensor `[batch, boxes, classes]`.
      max_output_size_per_class: how many boxes to pick of a class at most.
      max_total_size: how many to pick at most.
      iou_threshold: boxes whose intersection over union with a better one is greater are left out.
      score_threshold: boxes must have a greater score.
      pad_per_class: whether the result is filled up to no more than the classes can give.
      clip_boxes: whether coordinates are cut off at 0 and 1.
      name: ignored in eager mode.

    Returns:
      A named tuple of `nmsed_boxes` `[batch, picked, 4]`, `nmsed_scores` and `nmsed_classes`
      `[batch, picked]`, and `valid_detections` `[batch]`; zeros fill up.

    Raises:
      tf.errors.InvalidArgumentError: for arguments of other forms.

    Example:
      >>> import tapeflow as tf
      >>> boxes = tf.constant([[[[0.0, 0.0, 1.0, 1.0]]]])
      >>> tf.image.combined_non_max_suppression(boxes, [[[0.9]]], 1, 1).nmsed_scores.numpy()
      array([[0.9]], dtype=float32)
    """
    found = apply(
        nms_combined_p,
        convert(boxes, hint=dtypes.float32),
        convert(scores, hint=dtypes.float32),
        convert(max_output_size_per_class, dtypes.int32),
        convert(max_total_size, dtypes.int32),
        convert(iou_threshold, dtypes.float32),
        convert(score_threshold, dtypes.float32),
        pad_per_class=bool(pad_per_class),
        clip_boxes=bool(clip_boxes),
    )
    count = static_value(max_total_size)
    if count is not None and not pad_per_class and not isinstance(found[0], EagerTensor):
        batch = found[3].shape[0]
        found[0].set_shape([batch, int(count), 4])
        for tensor in found[1:3]:
            tensor.set_shape([batch, int(count)])
    return CombinedNonMaxSuppression(*found)
