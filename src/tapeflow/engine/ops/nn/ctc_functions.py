"""Connectionist temporal classification: the public functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import dimensions, selection, shaping
from tapeflow.engine.ops.array.arguments import refuse
from tapeflow.engine.ops.array.concatenation import concat
from tapeflow.engine.ops.math.arithmetic import subtract
from tapeflow.engine.ops.math.comparison import less
from tapeflow.engine.ops.nn import ctc_kernels as kernels
from tapeflow.engine.ops.nn.ctc import (
    ctc_beam_search_decoder_p,
    ctc_greedy_decoder_p,
    ctc_loss_dense_p,
    ctc_loss_p,
)
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.tracing.deferral import planned


def _sparse_class() -> Any:
    from tapeflow.engine.runtime.sparse_tensor import SparseTensor

    return SparseTensor


def _is_sparse(value: Any) -> bool:
    return hasattr(value, "dense_shape") and hasattr(value, "indices")


def _time_first(logits: Any, logits_time_major: bool) -> Any:
    x = convert(logits)
    return x if logits_time_major else dimensions.transpose(x, [1, 0, 2])


@export("nn.ctc_loss")
def ctc_loss(
    labels: Any,
    logits: Any,
    label_length: Any,
    logit_length: Any,
    logits_time_major: bool = True,
    unique: Any = None,
    blank_index: Any = None,
    name: str | None = None,
) -> Any:
    """Negative log-likelihood of label sequences whose places in time are not known.

    From Graves et al., "Connectionist Temporal Classification" (2006).

    Args:
      labels: `[batch, longest]`, int32 or int64, or an int32 `tf.SparseTensor` of that shape.
      logits: `[time, batch, classes]`, a floating dtype.
      label_length: `[batch]`: how many labels of each row count; ignored for sparse labels.
      logit_length: `[batch]`: how many steps of each example count.
      logits_time_major: whether `logits` have the time first; else the batch.
      unique: what `tf.nn.ctc_unique_labels` gives; ignored.
      blank_index: the class that stands for no label, negative values count from the end; None for
        0 (must be given for sparse labels).
      name: ignored in eager mode.

    Returns:
      The losses `[batch]`, of the dtype of `logits`.

    Raises:
      ValueError: for sparse labels without `blank_index`.
      tf.errors.InvalidArgumentError: when shapes don't go together; for sparse labels also when an
        example has none, or more than fit into its time.

    Example:
      >>> import tapeflow as tf
      >>> logits = tf.zeros([2, 1, 2])
      >>> tf.nn.ctc_loss([[1]], logits, [1], [2]).numpy()  # 3 of 4 paths: -log(3/4)
      array([0.28768212], dtype=float32)
    """
    x = _time_first(logits, logits_time_major)
    classes = None if x.shape.rank is None else x.shape[2]
    if classes is None:
        classes = shaping.shape(x)[2]
    if _is_sparse(labels):
        if blank_index is None:
            raise ValueError(
                "Argument `blank_index` must be provided when `labels` is a `SparseTensor`."
            )
        values = convert(labels.values, dtypes.int32)
        blank = int(blank_index)
        last = blank == -1 or (isinstance(classes, int) and blank in (-1, classes - 1))
        blank = blank + classes if blank < 0 else blank
        if not last:
            # The op has its blank last: move it there, and count the labels anew.
            x = concat([x[:, :, :blank], x[:, :, blank + 1 :], x[:, :, blank : blank + 1]], 2)
            values = selection.where(less(values, blank), values, subtract(values, 1))
        return apply(
            ctc_loss_p, x, convert(labels.indices, dtypes.int64), values,
            convert(logit_length, dtypes.int32), preprocess_collapse_repeated=False,
            ctc_merge_repeated=True, ignore_longer_outputs_than_inputs=False,
        )[0]  # fmt: skip
    blank = 0 if blank_index is None else int(blank_index)
    return apply(
        ctc_loss_dense_p, x, convert(labels), convert(label_length), convert(logit_length),
        blank_index=blank + classes if blank < 0 else blank,
    )[0]  # fmt: skip


@export("compat.v1.nn.ctc_loss")
def ctc_loss_v1(
    labels: Any,
    inputs: Any = None,
    sequence_length: Any = None,
    preprocess_collapse_repeated: bool = False,
    ctc_merge_repeated: bool = True,
    ignore_longer_outputs_than_inputs: bool = False,
    time_major: bool = True,
    logits: Any = None,
) -> Any:
    """The older form of `tf.nn.ctc_loss`, for sparse labels; the last class is the blank.

    Args:
      labels: an int32 `tf.SparseTensor` `[batch, longest]`.
      inputs: logits `[time, batch, classes]`, float32 or float64.
      sequence_length: `[batch]`: how many steps of each example count.
      preprocess_collapse_repeated: whether repeated labels are merged first.
      ctc_merge_repeated: whether a label may last for several steps.
      ignore_longer_outputs_than_inputs: whether labels that don't fit into their time have a loss
        of 0 rather than being an error.
      time_major: whether `inputs` have the time first; else the batch.
      logits: another name of `inputs`.

    Returns:
      The losses `[batch]`.

    Raises:
      TypeError: when `labels` are not sparse.
      tf.errors.InvalidArgumentError: when an example has no labels, or more than fit.

    Example:
      >>> import tapeflow as tf
      >>> labels = tf.SparseTensor([[0, 0]], [0], [1, 1])
      >>> tf.compat.v1.nn.ctc_loss(labels, tf.zeros([2, 1, 2]), [2]).numpy()
      array([0.28768212], dtype=float32)
    """
    if not _is_sparse(labels):
        raise TypeError(f"Expected labels (first argument) to be a SparseTensor; received {labels}")
    x = _time_first(inputs if logits is None else logits, time_major)
    return apply(
        ctc_loss_p, x, convert(labels.indices, dtypes.int64), convert(labels.values, dtypes.int32),
        convert(sequence_length, dtypes.int32),
        preprocess_collapse_repeated=bool(preprocess_collapse_repeated),
        ctc_merge_repeated=bool(ctc_merge_repeated),
        ignore_longer_outputs_than_inputs=bool(ignore_longer_outputs_than_inputs),
    )[0]  # fmt: skip


def _decoded(results: Any, paths: int) -> tuple[list[Any], Any]:
    sparse = _sparse_class()
    indices, values, shapes = (results[i * paths : (i + 1) * paths] for i in range(3))
    found = [sparse(*parts) for parts in zip(indices, values, shapes, strict=True)]
    return found, results[-1]


@export("nn.ctc_greedy_decoder", "compat.v1.nn.ctc_greedy_decoder")
def ctc_greedy_decoder(
    inputs: Any, sequence_length: Any, merge_repeated: bool = True, blank_index: Any = None
) -> Any:
    """Reads label sequences off the most likely class of each step.

    Args:
      inputs: logits `[time, batch, classes]`, float32 or float64.
      sequence_length: `[batch]`, int32: how many steps of each example count.
      merge_repeated: whether equal labels in a row, with no blank between them, are one.
      blank_index: the class that stands for no label; negative values count from the end; None for
        the last.

    Returns:
      `([decoded], score)`: an int64 `tf.SparseTensor` `[batch, longest]` in a list, and minus the
      sum of the greatest logits, `[batch, 1]`.

    Raises:
      tf.errors.InvalidArgumentError: when `inputs` are empty or `blank_index` is out of range.
      tf.errors.FailedPreconditionError: when the lengths don't go with `inputs`.

    Example:
      >>> import tapeflow as tf
      >>> logits = tf.constant([[[2.0, 0.0]], [[2.0, 0.0]], [[0.0, 2.0]]])
      >>> (decoded,), score = tf.nn.ctc_greedy_decoder(logits, [3])
      >>> decoded.values.numpy(), score.numpy()
      (array([0]), array([[-6.]], dtype=float32))
    """
    results = apply(
        ctc_greedy_decoder_p, convert(inputs), convert(sequence_length),
        merge_repeated=bool(merge_repeated),
        blank_index=-1 if blank_index is None else int(blank_index),
    )  # fmt: skip
    return _decoded(results, 1)


@export("compat.v1.nn.ctc_beam_search_decoder")
def ctc_beam_search_decoder_v1(
    inputs: Any,
    sequence_length: Any,
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
) -> Any:
    """The older form of `tf.nn.ctc_beam_search_decoder`, which may merge labels of the result.

    Args:
      inputs: logits `[time, batch, classes]`, float32 or float64; the last class is the blank.
      sequence_length: `[batch]`, int32: how many steps of each example count.
      beam_width: how many prefixes are followed.
      top_paths: how many sequences to give, at most `beam_width`.
      merge_repeated: whether equal labels in a row become one in the results.

    Returns:
      `(decoded, log_probability)`: a list of `top_paths` int64 `tf.SparseTensor`s, most likely
      first, and their log-probabilities `[batch, top_paths]`.

    Raises:
      tf.errors.InvalidArgumentError: when there are fewer sequences than asked for.
      tf.errors.FailedPreconditionError: when the lengths don't go with `inputs`.

    Example:
      >>> import tapeflow as tf
      >>> logits = tf.constant([[[2.0, 0.0]], [[2.0, 0.0]], [[0.0, 2.0]]])
      >>> (decoded,), _ = tf.compat.v1.nn.ctc_beam_search_decoder(logits, [3])
      >>> decoded.values.numpy()
      array([0])
    """
    results = apply(
        ctc_beam_search_decoder_p, convert(inputs), convert(sequence_length),
        beam_width=int(beam_width), top_paths=int(top_paths), merge_repeated=bool(merge_repeated),
    )  # fmt: skip
    return _decoded(results, int(top_paths))


@export("nn.ctc_beam_search_decoder")
def ctc_beam_search_decoder(
    inputs: Any, sequence_length: Any, beam_width: int = 100, top_paths: int = 1
) -> Any:
    """Finds the most likely label sequences, following a number of prefixes at a time.

    Args:
      inputs: logits `[time, batch, classes]`, float32 or float64; the last class is the blank.
      sequence_length: `[batch]`, int32: how many steps of each example count.
      beam_width: how many prefixes are followed.
      top_paths: how many sequences to give, at most `beam_width`.

    Returns:
      `(decoded, log_probability)`: a list of `top_paths` int64 `tf.SparseTensor`s, most likely
      first, and their log-probabilities `[batch, top_paths]`.

    Raises:
      tf.errors.InvalidArgumentError: when there are fewer sequences than asked for.
      tf.errors.FailedPreconditionError: when the lengths don't go with `inputs`.

    Example:
      >>> import tapeflow as tf
      >>> logits = tf.constant([[[2.0, 0.0]], [[2.0, 0.0]], [[0.0, 2.0]]])
      >>> (decoded,), _ = tf.nn.ctc_beam_search_decoder(logits, [3])
      >>> decoded.values.numpy()
      array([0])
    """
    return ctc_beam_search_decoder_v1(inputs, sequence_length, beam_width, top_paths, False)


@export("nn.ctc_unique_labels")
@planned(
    values=("labels",),
    result=lambda labels, **_: [
        Spec(labels.dtype, labels.shape._dims),
        Spec(dtypes.int32, labels.shape._dims),
    ],
)
def ctc_unique_labels(labels: Any, name: str | None = None) -> Any:
    """The distinct labels of each row, and where in that list each label is.

    Args:
      labels: `[batch, longest]`, int32 or int64.
      name: ignored in eager mode.

    Returns:
      A list `[unique, places]`: `[batch, longest]` with the labels of a row in order of
      appearance and zeros behind; and int32 `[batch, longest]`, each label's place in its row of
      `unique`.

    Raises:
      tf.errors.InvalidArgumentError: for another rank.

    Example:
      >>> import tapeflow as tf
      >>> unique, places = tf.nn.ctc_unique_labels([[3, 4, 3]])
      >>> unique.numpy(), places.numpy()
      (array([[3, 4, 0]], dtype=int32), array([[0, 1, 0]], dtype=int32))
    """
    given = _known_rows(labels, "labels")
    unique = np.zeros_like(given)
    places = np.zeros(given.shape, np.int32)
    for row, (kept, place) in zip(given, zip(unique, places, strict=True), strict=True):
        values, first, inverse = np.unique(row, return_index=True, return_inverse=True)
        order = np.argsort(first, kind="stable")
        kept[: len(values)] = values[order]
        place[...] = np.argsort(order)[inverse.reshape(-1)]
    return [convert(unique), convert(places)]


def _known_rows(labels: Any, argument: str) -> np.ndarray:

    known = static_value(convert(labels))
    if known is None or known.ndim != 2:
        shape = None if known is None else list(known.shape)
        raise refuse("CTC", f"{argument}: expected a known matrix; received shape {shape}")
    return known


@export("nn.collapse_repeated")
@planned(
    values=("labels", "seq_length"),
    result=lambda labels, seq_length, **_: (
        Spec(convert(labels).dtype, (None, None)),
        Spec(convert(seq_length).dtype, (None,)),
    ),
)
def collapse_repeated(labels: Any, seq_length: Any, name: str | None = None) -> Any:
    """Merges equal labels that follow each other.

    Args:
      labels: `[batch, longest]`, int32 or int64.
      seq_length: `[batch]`: how many labels of each row count.
      name: ignored in eager mode.

    Returns:
      `(labels, lengths)`: `[batch, longest of the results]` with zeros behind, and `[batch]`.

    Raises:
      tf.errors.InvalidArgumentError: for another rank.

    Example:
      >>> import tapeflow as tf
      >>> labels, lengths = tf.nn.collapse_repeated([[1, 1, 2, 1]], [4])
      >>> labels.numpy(), lengths.numpy()
      (array([[1, 2, 1]], dtype=int32), array([3], dtype=int32))
    """
    given = _known_rows(labels, "labels")
    length = static_value(convert(seq_length))
    assert length is not None
    rows, lengths = kernels.collapse(given, length)
    longest = int(lengths.max(initial=0))
    return convert(rows[:, :longest]), convert(lengths.astype(length.dtype))
