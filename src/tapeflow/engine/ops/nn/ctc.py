"""Connectionist temporal classification as primitives: the loss, and the two decoders."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.errors import FailedPreconditionError
from tapeflow.engine.ir.infer import merge_dims, reject, reject_values, require_dtype, require_rank
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, movement, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.samples import unary as unary_samples
from tapeflow.engine.ir.spec import Dims, Spec
from tapeflow.engine.ops.array import dimensions
from tapeflow.engine.ops.math.arithmetic import multiply
from tapeflow.engine.ops.nn import ctc_kernels as kernels
from tapeflow.engine.runtime.dispatch import apply

_DTYPES = frozenset({dtypes.float32, dtypes.float64})


def _sizes(inputs: Spec, dtypes_allowed: Any = _DTYPES) -> Dims:
    """Time, batch and classes of the logits."""
    require_dtype(inputs, dtypes_allowed, "inputs")
    require_rank(inputs, 3, "inputs")
    return (None, None, None) if inputs.shape is None else inputs.shape


def _lengths(spec: Spec, batch: int | None, argument: str) -> int | None:
    require_dtype(spec, dtypes.INDEX, argument)
    require_rank(spec, 1, argument)
    merged = merge_dims((batch,), spec.shape, argument)
    assert merged is not None
    return merged[0]


def _refuse_gradient(ctx: Any, dy: Any) -> Any:
    raise LookupError(ctx.attrs["message"])


# Identity, but asking for the gradient is an error rather than None.
prevent_gradient_p = primitive(
    "PreventGradient",
    infer=lambda input, message: Spec(input.dtype, input.shape),
    kernel=lambda input, message: input,
    vjp=_refuse_gradient,
    lower=movement("identity"),
    samples=unary_samples(grad=False, message="no second derivative"),
)


def _vjp(ctx: Any, dloss: Any, _: Any) -> Any:
    column = dimensions.expand_dims(dimensions.expand_dims(dloss, 0), -1)
    gradient = apply(
        prevent_gradient_p, ctx.outputs[1],
        message="CTC loss: there is no second derivative; the first comes along with the loss.",
    )  # fmt: skip
    return (multiply(gradient, column), *(None for _ in ctx.inputs[1:]))


def _sparse_infer(
    inputs: Spec, labels_indices: Spec, labels_values: Spec, sequence_length: Spec, **attrs: bool
) -> tuple[Spec, Spec]:
    time, batch, classes = _sizes(inputs)
    require_dtype(labels_indices, {dtypes.int64}, "labels_indices")
    require_dtype(labels_values, {dtypes.int32}, "labels_values")
    require_dtype(sequence_length, {dtypes.int32}, "sequence_length")
    require_rank(labels_indices, 2, "labels_indices")
    require_rank(labels_values, 1, "labels_values")
    if time == 0:
        reject("inputs: expected at least one step; received 0")
    if labels_indices.shape is not None and labels_values.shape is not None:
        merge_dims(labels_indices.shape[:1], labels_values.shape, "labels_values")
    batch = _lengths(sequence_length, batch, "sequence_length")
    return Spec(inputs.dtype, (batch,)), Spec(inputs.dtype, (time, batch, classes))


def _label_rows(
    indices: np.ndarray, values: np.ndarray, batch: int
) -> tuple[np.ndarray, np.ndarray]:
    """Sparse labels as padded rows and their lengths; columns left out are skipped."""
    if len(indices):
        rows = indices[:, 0]
        if rows.min() < 0 or rows.max() >= batch:
            reject(f"labels_indices: expected rows in the range [0, {batch}); received one outside")
        steps = np.diff(indices, axis=0)
        if ((steps[:, 0] < 0) | ((steps[:, 0] == 0) & (steps[:, 1] <= 0))).any():
            reject("labels_indices: expected ascending order without repetitions")
    length = np.bincount(indices[:, 0], minlength=batch).astype(np.int64)
    empty = np.flatnonzero(length == 0)
    if len(empty):
        reject(
            f"labels: expected at least one label for each example; received none for {empty[0]}"
        )
    labels = np.zeros((batch, int(length.max(initial=0))), np.int64)
    starts = np.cumsum(length) - length
    labels[indices[:, 0], np.arange(len(indices)) - np.repeat(starts, length)] = values
    return labels, length


def _check_times(length: np.ndarray, time: int) -> None:
    if length.size and length.min() < 0:
        reject(f"sequence_length: expected no negative length; received {length.min()}")
    if length.size and length.max() > time:
        reject(f"sequence_length: expected at most {time} steps; received {length.max()}")


def _sparse_kernel(
    inputs: np.ndarray,
    labels_indices: np.ndarray,
    labels_values: np.ndarray,
    sequence_length: np.ndarray,
    preprocess_collapse_repeated: bool,
    ctc_merge_repeated: bool,
    ignore_longer_outputs_than_inputs: bool,
) -> tuple[np.ndarray, np.ndarray]:
    time, batch, classes = inputs.shape
    _check_times(sequence_length, time)
    labels, length = _label_rows(labels_indices, labels_values, batch)
    if labels_values.size and labels_values.min() < 0:
        reject(f"labels: expected no negative label; received {labels_values.min()}")
    # From a label that stands for the blank (or for nothing) on, only such labels may follow.
    inside = np.arange(labels.shape[1]) < length[:, None]
    is_null = inside & (labels >= classes - 1)
    if (np.maximum.accumulate(is_null, axis=1) & inside & ~is_null).any():
        reject(f"labels: expected no label below {classes - 1} after one that is not")
    length = length - is_null.sum(1)
    if preprocess_collapse_repeated:
        labels, length = kernels.collapse(labels, length)
    needed = kernels.least_time(labels, length, ctc_merge_repeated)
    short = needed > sequence_length
    if short.any() and not ignore_longer_outputs_than_inputs:
        b = int(np.flatnonzero(short)[0])
        reject(
            f"sequence_length: expected at least {needed[b]} steps for the labels of example {b}; "
            f"received {sequence_length[b]}"
        )
    labels = np.minimum(labels, classes - 1)
    loss, gradient = kernels.loss_and_gradient(
        inputs, labels, length, sequence_length, classes - 1, ctc_merge_repeated
    )
    if short.any():
        loss[short] = 0
        gradient[:, short] = 0
    return loss.astype(inputs.dtype), gradient.astype(inputs.dtype)


def _sparse_samples(draw: Draw) -> Iterable[Sample]:
    where = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [1, 2]], np.int64)
    values = np.array([1, 2, 1, 1, 2], np.int32)
    # Not in float64, which TensorFlow takes but computes in float32.
    for collapse, merge in ((False, True), (True, True), (False, False)):
        yield Sample(
            draw.reals(6, 2, 4), where, values, np.array([6, 5], np.int32),
            preprocess_collapse_repeated=collapse, ctc_merge_repeated=merge,
            ignore_longer_outputs_than_inputs=False, grad=False,
        )  # fmt: skip
    yield Sample(
        draw.reals(6, 2, 4), where, values, np.array([6, 2], np.int32),
        preprocess_collapse_repeated=False, ctc_merge_repeated=True,
        ignore_longer_outputs_than_inputs=True, grad=False,
    )  # fmt: skip


ctc_loss_p = primitive(
    "CTCLoss",
    infer=_sparse_infer,
    kernel=_sparse_kernel,
    vjp=_vjp,
    lower=HOST,
    samples=_sparse_samples,
)


def _dense_infer(
    logits: Spec, labels: Spec, label_length: Spec, logit_length: Spec, blank_index: int
) -> tuple[Spec, Spec]:
    time, batch, classes = _sizes(logits, dtypes.FLOATING)
    require_dtype(labels, dtypes.INDEX, "labels")
    require_rank(labels, 2, "labels")
    if labels.shape is not None:
        merge_dims((batch,), labels.shape[:1], "labels")
    batch = _lengths(label_length, batch, "label_length")
    batch = _lengths(logit_length, batch, "logit_length")
    if classes is not None and not 0 <= blank_index < classes:
        reject(f"blank_index: expected a class in the range [0, {classes}); received {blank_index}")
    return Spec(logits.dtype, (batch,)), Spec(logits.dtype, (time, batch, classes))


def _dense_kernel(
    logits: np.ndarray,
    labels: np.ndarray,
    label_length: np.ndarray,
    logit_length: np.ndarray,
    blank_index: int,
) -> tuple[np.ndarray, np.ndarray]:
    time, _, classes = logits.shape
    # As TensorFlow: time ends with the data, while a labelling longer than its row has no end.
    label_length = label_length.astype(np.int64)
    logit_length = np.minimum(logit_length.astype(np.int64), time)
    inside = np.arange(labels.shape[1]) < label_length[:, None]
    wrong = inside & ((labels < 0) | (labels >= classes))
    if wrong.any():
        reject(f"labels: expected classes in the range [0, {classes}); received {labels[wrong][0]}")
    loss, gradient = kernels.loss_and_gradient(
        logits, np.where(inside, labels, 0), label_length, logit_length, blank_index,
        log_no_end=kernels.LOG_NO_END,
    )  # fmt: skip
    return loss.astype(logits.dtype), gradient.astype(logits.dtype)


def _dense_samples(draw: Draw) -> Iterable[Sample]:
    labels = np.array([[1, 2, 0], [1, 1, 3]], np.int32)
    for dtype in (dtypes.float32, dtypes.float64):
        for times in ([6, 5], [5, 0]):
            yield Sample(
                draw.reals(6, 2, 4, dtype=dtype), labels, np.array([2, 3], np.int32),
                np.array(times, np.int32), blank_index=0, grad=False,
            )  # fmt: skip


# TensorFlow composes this one of many small operations; it has no op type for it.
ctc_loss_dense_p = primitive(
    "CTCLossDense",
    infer=_dense_infer,
    kernel=_dense_kernel,
    vjp=_vjp,
    lower=HOST,
    samples=_dense_samples,
)


def _sparse_specs(inputs: Spec, batch: int | None, paths: int) -> tuple[Spec, ...]:
    int64 = dtypes.int64
    return (
        *(Spec(int64, (None, 2)) for _ in range(paths)),
        *(Spec(int64, (None,)) for _ in range(paths)),
        *(Spec(int64, (2,)) for _ in range(paths)),
        Spec(inputs.dtype, (batch, paths)),
    )


def _decoder_batch(inputs: Spec, sequence_length: Spec) -> int | None:
    _, batch, _ = shape = _sizes(inputs)
    if 0 in shape[:2]:
        reject("inputs: expected at least one step and one example")
    require_dtype(sequence_length, {dtypes.int32}, "sequence_length")
    require_rank(sequence_length, 1, "sequence_length")
    given = None if sequence_length.shape is None else sequence_length.shape[0]
    if batch is not None and given is not None and batch != given:
        raise FailedPreconditionError(
            None, None, f"sequence_length: expected {batch} lengths; received {given}"
        )
    return given if batch is None else batch


def _check_lengths(length: np.ndarray, time: int) -> None:
    if length.size and length.max() > time:
        raise FailedPreconditionError(
            None, None, f"sequence_length: expected at most {time} steps; received {length.max()}"
        )


def _as_sparse(rows: list[list[int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of labels as the three parts of a sparse tensor."""
    indices = [(b, i) for b, row in enumerate(rows) for i in range(len(row))]
    values = [label for row in rows for label in row]
    shape = [len(rows), max(map(len, rows), default=0)]
    return (
        np.array(indices, np.int64).reshape(-1, 2),
        np.array(values, np.int64),
        np.array(shape, np.int64),
    )


def _greedy_infer(
    inputs: Spec, sequence_length: Spec, merge_repeated: bool, blank_index: int
) -> tuple[Spec, ...]:
    batch = _decoder_batch(inputs, sequence_length)
    classes = None if inputs.shape is None else inputs.shape[2]
    if classes is not None and not -classes <= blank_index < classes:
        reject_values(
            f"blank_index: expected a class in the range [-{classes}, {classes}); "
            f"received {blank_index}"
        )
    return _sparse_specs(inputs, batch, 1)


def _greedy_kernel(
    inputs: np.ndarray, sequence_length: np.ndarray, merge_repeated: bool, blank_index: int
) -> tuple[np.ndarray, ...]:
    _check_lengths(sequence_length, len(inputs))
    blank = blank_index % inputs.shape[2]
    rows, score = kernels.greedy(inputs, sequence_length, blank, merge_repeated)
    return (*_as_sparse(rows), score[:, None])


def _greedy_samples(draw: Draw) -> Iterable[Sample]:
    for dtype in (dtypes.float32, dtypes.float64):
        for merge, blank, length in ((True, -1, (6, 4)), (False, 0, (3, 0)), (True, -2, (6, 6))):
            yield Sample(
                draw.reals(6, 2, 3, dtype=dtype), np.array(length, np.int32),
                merge_repeated=merge, blank_index=blank,
            )  # fmt: skip


ctc_greedy_decoder_p = primitive(
    "CTCGreedyDecoder",
    infer=_greedy_infer,
    kernel=_greedy_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_greedy_samples,
)


def _beam_infer(
    inputs: Spec, sequence_length: Spec, beam_width: int, top_paths: int, merge_repeated: bool
) -> tuple[Spec, ...]:
    if beam_width < 1 or top_paths < 1:
        reject(f"beam_width, top_paths: expected 1 or more; received {beam_width}, {top_paths}")
    if top_paths > beam_width:
        reject_values(
            f"top_paths: expected at most the beam width {beam_width}; received {top_paths}"
        )
    return _sparse_specs(inputs, _decoder_batch(inputs, sequence_length), top_paths)


def _beam_kernel(
    inputs: np.ndarray,
    sequence_length: np.ndarray,
    beam_width: int,
    top_paths: int,
    merge_repeated: bool,
) -> tuple[np.ndarray, ...]:
    _, batch, classes = inputs.shape
    _check_lengths(sequence_length, len(inputs))
    paths: list[list[list[int]]] = [[] for _ in range(top_paths)]
    score = np.zeros((batch, top_paths), inputs.dtype)
    for b in range(batch):
        length = max(int(sequence_length[b]), 0)
        found = kernels.beam_search(inputs[:, b], length, classes - 1, beam_width)
        if len(found) < top_paths:
            reject(
                f"top_paths: expected at most {len(found)}, the paths there are; "
                f"received {top_paths}"
            )
        for k in range(top_paths):
            score[b, k], prefix = found[k]
            row = list(prefix)
            if merge_repeated:
                row = [c for i, c in enumerate(row) if not i or c != row[i - 1]]
            paths[k].append(row)
    parts = [_as_sparse(rows) for rows in paths]
    return (*(p[0] for p in parts), *(p[1] for p in parts), *(p[2] for p in parts), score)


def _beam_samples(draw: Draw) -> Iterable[Sample]:
    # Not in float64, which TensorFlow takes but computes in float32.
    for width, top, merge in ((10, 1, False), (4, 2, False), (4, 2, True)):
        yield Sample(
            draw.reals(5, 2, 3), np.array([5, 4], np.int32), beam_width=width, top_paths=top,
            merge_repeated=merge,
        )  # fmt: skip


ctc_beam_search_decoder_p = primitive(
    "CTCBeamSearchDecoder",
    infer=_beam_infer,
    kernel=_beam_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_beam_samples,
)
