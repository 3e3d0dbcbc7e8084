"""Non-maximum suppression: of boxes that overlap, the one with the best score stays.

Soft suppression: N. Bodla et al., Soft-NMS: improving object detection with one line of code, 2017.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    merge_dims,
    reject,
    require_dtype,
    require_rank,
    require_same_dtype,
    shape_text,
)
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.tracing.deferral import planned

_FLOATS = frozenset((dtypes.float16, dtypes.float32))


def overlaps_with(boxes: np.ndarray, i: int) -> np.ndarray:
    """Intersection over union of box i with all; `boxes` has its corners in order."""
    low = np.maximum(boxes[:, :2], boxes[i, :2])
    high = np.minimum(boxes[:, 2:], boxes[i, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=1)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    union = areas + areas[i] - shared
    valid = (areas > 0) & (areas[i] > 0)
    return np.where(valid, shared / np.where(valid, union, 1), np.float32(0))


def in_order(boxes: np.ndarray) -> np.ndarray:
    """Boxes with their lower corner first."""
    boxes = boxes.astype(np.float32, copy=False)
    return np.concatenate(
        (np.minimum(boxes[:, :2], boxes[:, 2:]), np.maximum(boxes[:, :2], boxes[:, 2:])), axis=1
    )


def select(
    overlap: Callable[[int], np.ndarray],
    scores: np.ndarray,
    limit: int,
    threshold: float,
    least: float,
    sigma: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Indices and scores of the boxes that stay, best first; of equal scores the first one."""
    left = scores.astype(np.float32).copy()
    left[~(left > least)] = -np.inf
    alive = left > -np.inf
    chosen: list[int] = []
    kept: list[float] = []
    while len(chosen) < limit and alive.any():
        i = int(np.argmax(np.where(alive, left, -np.inf)))
        chosen.append(i)
        kept.append(left[i])
        alive[i] = False
        shared = overlap(i)
        if sigma > 0:
            left = left * np.exp(np.float32(-0.5 / sigma) * shared * shared)
            alive &= left > least
        else:
            alive &= shared <= threshold
    return np.array(chosen, np.int32), np.array(kept, np.float32)


def check_values(limit: int, threshold: float) -> None:
    """Rejects a negative number of boxes, and thresholds outside of [0, 1]."""
    if limit < 0:
        reject(f"max_output_size: expected >= 0; received {limit}")
    if not 0 <= threshold <= 1:
        reject(f"iou_threshold: expected a value in [0, 1]; received {threshold}")


def _check(boxes: Spec, scores: Spec, *scalars: Spec) -> None:
    require_same_dtype(boxes, scores)
    require_dtype(boxes, _FLOATS, "boxes")
    require_rank(boxes, 2, "boxes")
    require_rank(scores, 1, "scores")
    for spec in scalars:
        require_rank(spec, 0, "thresholds and sizes")
    if boxes.shape is not None:
        if boxes.shape[1] not in (4, None):
            reject(f"boxes: expected shape [boxes, 4]; received {shape_text(boxes.shape)}")
        if scores.shape is not None:
            merge_dims(boxes.shape[:1], scores.shape, "scores")


def _plain_infer(boxes: Spec, scores: Spec, *scalars: Spec) -> Spec:
    _check(boxes, scores, *scalars)
    return Spec(dtypes.int32, (None,))


def _plain_kernel(
    boxes: np.ndarray,
    scores: np.ndarray,
    max_output_size: np.ndarray,
    iou_threshold: np.ndarray,
    score_threshold: np.ndarray,
) -> np.ndarray:
    limit, threshold = int(max_output_size), float(iou_threshold)
    check_values(limit, threshold)
    ordered = in_order(boxes)
    return select(
        lambda i: overlaps_with(ordered, i), scores, limit, threshold, float(score_threshold)
    )[0]


_BOXES = np.array([[0, 0, 1, 1], [0, 0, 1, 0.9], [0.5, 0.5, 1, 1], [0.4, 0.4, 0, 0]], np.float32)
_SCORES = np.array([0.6, 0.8, 0.9, 0.7], np.float32)


def _scalar(value: float) -> np.ndarray:
    return np.array(value, np.float32)


def _plain_samples(draw: Draw) -> Iterable[Sample]:
    for limit, threshold, least in (
        (3, 0.5, -np.inf),
        (10, 0.95, 0.65),
        (0, 0.5, 0.0),
        (1, 0.1, 0.0),
    ):
        yield Sample(
            _BOXES,
            _SCORES,
            np.array(limit, np.int32),
            _scalar(threshold),
            _scalar(least),
            grad=False,
        )
    many = draw.reals(40, 4, low=0, high=1)
    yield Sample(
        many, draw.distinct(40), np.array(20, np.int32), _scalar(0.3), _scalar(-1), grad=False
    )


nms_p = primitive(
    "NonMaxSuppressionV3",
    infer=_plain_infer,
    kernel=_plain_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_plain_samples,
)


def _padded_infer(
    boxes: Spec, scores: Spec, *scalars: Spec, pad_to_max_output_size: bool
) -> tuple[Spec, Spec]:
    _check(boxes, scores, *scalars)
    return Spec(dtypes.int32, (None,)), Spec(dtypes.int32, ())


def _padded_kernel(
    boxes: np.ndarray,
    scores: np.ndarray,
    max_output_size: np.ndarray,
    iou_threshold: np.ndarray,
    score_threshold: np.ndarray,
    pad_to_max_output_size: bool,
) -> tuple[np.ndarray, np.ndarray]:
    chosen = _plain_kernel(boxes, scores, max_output_size, iou_threshold, score_threshold)
    count = np.array(len(chosen), np.int32)
    if pad_to_max_output_size:
        chosen = np.pad(chosen, (0, int(max_output_size) - len(chosen)))
    return chosen, count


def _padded_samples(draw: Draw) -> Iterable[Sample]:
    for padded in (False, True):
        for sample in _plain_samples(draw):
            yield Sample(*sample.inputs, pad_to_max_output_size=padded, grad=False)


nms_padded_p = primitive(
    "NonMaxSuppressionV4",
    infer=_padded_infer,
    kernel=_padded_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_padded_samples,
)


def _soft_infer(
    boxes: Spec, scores: Spec, *scalars: Spec, pad_to_max_output_size: bool
) -> tuple[Spec, Spec, Spec]:
    _check(boxes, scores, *scalars)
    some = (None,)
    return Spec(dtypes.int32, some), Spec(boxes.dtype, some), Spec(dtypes.int32, ())


def _soft_kernel(
    boxes: np.ndarray,
    scores: np.ndarray,
    max_output_size: np.ndarray,
    iou_threshold: np.ndarray,
    score_threshold: np.ndarray,
    soft_nms_sigma: np.ndarray,
    pad_to_max_output_size: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    limit, threshold = int(max_output_size), float(iou_threshold)
    check_values(limit, threshold)
    ordered = in_order(boxes)
    chosen, kept = select(
        lambda i: overlaps_with(ordered, i),
        scores,
        limit,
        threshold,
        float(score_threshold),
        float(soft_nms_sigma),
    )
    count = np.array(len(chosen), np.int32)
    if pad_to_max_output_size:
        missing = limit - len(chosen)
        chosen, kept = np.pad(chosen, (0, missing)), np.pad(kept, (0, missing))
    return chosen, kept.astype(scores.dtype), count


def _soft_samples(draw: Draw) -> Iterable[Sample]:
    for sigma in (0.0, 0.5):
        for padded in (False, True):
            for sample in list(_plain_samples(draw))[:3]:
                yield Sample(
                    *sample.inputs, _scalar(sigma), pad_to_max_output_size=padded, grad=False
                )


nms_soft_p = primitive(
    "NonMaxSuppressionV5",
    infer=_soft_infer,
    kernel=_soft_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_soft_samples,
)


def _matrix_infer(overlaps: Spec, scores: Spec, *scalars: Spec) -> Spec:
    require_dtype(overlaps, {dtypes.float32}, "overlaps")
    require_dtype(scores, {dtypes.float32}, "scores")
    require_rank(overlaps, 2, "overlaps")
    require_rank(scores, 1, "scores")
    if overlaps.shape is not None and scores.shape is not None:
        merge_dims(scores.shape * 2, overlaps.shape, "overlaps")
    return Spec(dtypes.int32, (None,))


def _matrix_kernel(
    overlaps: np.ndarray,
    scores: np.ndarray,
    max_output_size: np.ndarray,
    overlap_threshold: np.ndarray,
    score_threshold: np.ndarray,
) -> np.ndarray:
    return select(
        lambda i: overlaps[:, i],
        scores,
        int(max_output_size),
        float(overlap_threshold),
        float(score_threshold),
    )[0]


def _matrix_samples(draw: Draw) -> Iterable[Sample]:
    half = np.triu(draw.reals(5, 5, low=0, high=1), 1)
    scores = draw.distinct(5)
    for threshold in (0.3, 0.7):
        yield Sample(
            half + half.T,
            scores,
            np.array(4, np.int32),
            _scalar(threshold),
            _scalar(-9),
            grad=False,
        )


nms_overlaps_p = primitive(
    "NonMaxSuppressionWithOverlaps",
    infer=_matrix_infer,
    kernel=_matrix_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_matrix_samples,
)


def _arguments(boxes: Any, scores: Any, limit: Any, *thresholds: Any) -> list[Any]:
    boxes = convert(boxes, hint=dtypes.float32)
    scores = convert(scores, hint=boxes.dtype)
    kind = scores.dtype if scores.dtype in _FLOATS else dtypes.float32
    return [
        boxes,
        scores,
        convert(limit, dtypes.int32),
        *(convert(t, hint=kind) for t in thresholds),
    ]


@export("image.non_max_suppression")
def non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    name: str | None = None,
) -> Any:
    """Picks boxes with the best scores that do not overlap much.

    Args:
      boxes: tensor `[boxes, 4]`: opposite corners `[y1, x1, y2, x2]`, float16 or float32.
      scores: tensor `[boxes]`.
      max_output_size: how many boxes to pick at most.
      iou_threshold: boxes whose intersection over union with a better one is greater are left out.
      score_threshold: boxes must have a greater score.
      name: ignored in eager mode.

    Returns:
      An int32 tensor of the picked boxes' indices, best score first.

    Raises:
      tf.errors.InvalidArgumentError: for arguments of other forms.

    Example:
      >>> import tapeflow as tf
      >>> boxes = [[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 0.9], [2.0, 2.0, 3.0, 3.0]]
      >>> tf.image.non_max_suppression(boxes, [0.9, 0.8, 0.7], 3).numpy()
      array([0, 2], dtype=int32)
    """
    return apply(nms_p, *_arguments(boxes, scores, max_output_size, iou_threshold, score_threshold))


@export("image.non_max_suppression_with_scores")
def non_max_suppression_with_scores(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    soft_nms_sigma: Any = 0.0,
    name: str | None = None,
) -> Any:
    """Picks boxes as `tf.image.non_max_suppression`, or lowers the scores of those that overlap.

    Args:
      boxes: tensor `[boxes, 4]`: opposite corners `[y1, x1, y2, x2]`, float16 or float32.
      scores: tensor `[boxes]`.
      max_output_size: how many boxes to pick at most.
      iou_threshold: used where `soft_nms_sigma` is 0.
      score_threshold: boxes must have a greater score.
      soft_nms_sigma: when positive, scores are lowered by a Gaussian of this width.
      name: ignored in eager mode.

    Returns:
      An int32 tensor of indices, and the tensor of their scores.

    Raises:
      tf.errors.InvalidArgumentError: for arguments of other forms.

    Example:
      >>> import tapeflow as tf
      >>> boxes = [[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0]]
      >>> picked, scores = tf.image.non_max_suppression_with_scores(
      ...     boxes, [0.9, 0.8], 2, soft_nms_sigma=0.5)
      >>> scores.numpy().round(3)
      array([0.9  , 0.294], dtype=float32)
    """
    arguments = _arguments(
        boxes, scores, max_output_size, iou_threshold, score_threshold, soft_nms_sigma
    )
    chosen, kept, _ = apply(nms_soft_p, *arguments, pad_to_max_output_size=False)
    return chosen, kept


@export("image.non_max_suppression_overlaps")
def non_max_suppression_overlaps(
    overlaps: Any,
    scores: Any,
    max_output_size: Any,
    overlap_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    name: str | None = None,
) -> Any:
    """Picks boxes with the best scores, given how much each overlaps the others.

    Args:
      overlaps: float32 tensor `[boxes, boxes]`.
      scores: float32 tensor `[boxes]`.
      max_output_size: how many boxes to pick at most.
      overlap_threshold: boxes that overlap a better one more are left out.
      score_threshold: boxes must have a greater score.
      name: ignored in eager mode.

    Returns:
      An int32 tensor of the picked boxes' indices, best score first.

    Raises:
      tf.errors.InvalidArgumentError: for arguments of other forms.

    Example:
      >>> import tapeflow as tf
      >>> overlaps = [[1.0, 0.9], [0.9, 1.0]]
      >>> tf.image.non_max_suppression_overlaps(overlaps, [0.5, 0.6], 2).numpy()
      array([1], dtype=int32)
    """
    return apply(
        nms_overlaps_p,
        *_arguments(overlaps, scores, max_output_size, overlap_threshold, score_threshold),
    )


def _padded_specs(
    boxes: Any, max_output_size: Any, pad_to_max_output_size: bool, **_: Any
) -> tuple[Spec, Spec]:
    dims = boxes.shape._dims
    known = static_value(max_output_size) if pad_to_max_output_size else None
    lead = None if dims is None else dims[:-2]
    count = None if known is None else int(known)
    chosen = None if lead is None else (*lead, count)
    return Spec(dtypes.int32, chosen), Spec(dtypes.int32, lead)


@export("image.non_max_suppression_padded")
@planned(sizes=("boxes", "scores"), values=("max_output_size",), result=_padded_specs)
def non_max_suppression_padded(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    pad_to_max_output_size: bool = False,
    name: str | None = None,
    sorted_input: bool = False,
    canonicalized_coordinates: bool = False,
    tile_size: int = 512,
) -> Any:
    """Picks boxes as `tf.image.non_max_suppression`, for one image or a batch.

    Args:
      boxes: tensor `[..., boxes, 4]`: opposite corners `[y1, x1, y2, x2]`.
      scores: tensor `[..., boxes]`.
      max_output_size: how many boxes to pick at most.
      iou_threshold: boxes whose intersection over union with a better one is greater are left out.
      score_threshold: boxes must have a greater score.
      pad_to_max_output_size: whether the result is filled up with zeros to `max_output_size`;
        must be True for a batch.
      name: ignored in eager mode.
      sorted_input: says that scores descend.
      canonicalized_coordinates: says that the first corner is the lower one.
      tile_size: ignored: how TensorFlow splits the work.

    Returns:
      An int32 tensor `[..., picked]` of indices, and one `[...]` of how many are valid.

    Raises:
      ValueError: for a batch without `pad_to_max_output_size`.
      tf.errors.InvalidArgumentError: for arguments of other forms.

    Example:
      >>> import tapeflow as tf
      >>> boxes = tf.constant([[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 0.9]])
      >>> picked, count = tf.image.non_max_suppression_padded(
      ...     boxes, [0.9, 0.8], 3, pad_to_max_output_size=True)
      >>> picked.numpy(), count.numpy()
      (array([0, 0, 0], dtype=int32), np.int32(1))
    """
    from tapeflow.engine.ops.array import joining, shaping

    boxes = convert(boxes, hint=dtypes.float32)
    scores = convert(scores, hint=boxes.dtype)
    limits = (max_output_size, iou_threshold, score_threshold)
    if boxes.shape.ndims == 2:
        arguments = _arguments(boxes, scores, *limits)
        return apply(nms_padded_p, *arguments, pad_to_max_output_size=bool(pad_to_max_output_size))
    if not pad_to_max_output_size:
        raise ValueError("'pad_to_max_output_size' (value False) must be True for batched input")
    *lead, count, _ = boxes.shape.as_list()
    rows = zip(
        joining.unstack(shaping.reshape(boxes, [-1, count, 4])),
        joining.unstack(shaping.reshape(scores, [-1, count])),
        strict=True,
    )
    found = [
        apply(nms_padded_p, *_arguments(b, s, *limits), pad_to_max_output_size=True)
        for b, s in rows
    ]
    chosen, counts = (joining.stack(list(part)) for part in zip(*found, strict=True))
    return shaping.reshape(chosen, [*lead, -1]), shaping.reshape(counts, lead)
