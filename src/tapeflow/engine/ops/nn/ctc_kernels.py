"""Connectionist temporal classification on plain arrays: loss, gradient, decoding.

From Graves et al., "Connectionist Temporal Classification" (2006), sections 3 and 4. A labelling of
length L becomes a chain of 2 L + 1 states, blank, first label, blank, ..., last label, blank; the
recursions run over all examples and states at once, in float64 and in logarithms.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

# What TensorFlow's dense loss counts for ending in a state that is no end: not quite impossible.
LOG_NO_END = math.log(1e-307)


def log_softmax(x: np.ndarray) -> np.ndarray:
    """Logarithms of the probabilities that the last axis holds logits of, in float64."""
    x = x.astype(np.float64)
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))  # type: ignore[no-any-return]


def _states(labels: np.ndarray, blank: int) -> np.ndarray:
    states = np.full((len(labels), 2 * labels.shape[1] + 1), blank, np.int64)
    states[:, 1::2] = labels
    return states


def _shift(x: np.ndarray, by: int) -> np.ndarray:
    """Along the states, towards the end (or, for a negative `by`, the start) of the chain."""
    y = np.full_like(x, -np.inf)
    if by > 0:
        y[:, by:] = x[:, :-by]
    else:
        y[:, :by] = x[:, -by:]
    return y


def loss_and_gradient(
    logits: np.ndarray,
    labels: np.ndarray,
    label_length: np.ndarray,
    logit_length: np.ndarray,
    blank: int,
    merge_repeated: bool = True,
    log_no_end: float = -np.inf,
) -> tuple[np.ndarray, np.ndarray]:
    """Negative log-likelihood of each labelling, and its gradient with respect to the logits.

    Args:
      logits: `[time, batch, classes]`.
      labels: `[batch, longest]`; what lies beyond an example's length does not count.
      label_length: `[batch]`.
      logit_length: `[batch]`, at most `time`.
      blank: the class that stands for no label.
      merge_repeated: whether a label may last for several steps.
      log_no_end: log-probability of stopping in a state that is no end.

    Returns:
      The losses `[batch]`, and the gradient like `logits`, both float64.
    """
    time, batch, classes = logits.shape
    lp = log_softmax(logits) if logits.size else logits.astype(np.float64)
    states = _states(labels, blank)
    count = states.shape[1]
    number = np.arange(count)
    is_real: np.ndarray = number <= 2 * label_length[:, None]
    states = np.where(is_real, states, blank)
    emit = np.take_along_axis(lp, np.broadcast_to(states, (time, batch, count)), 2)
    emit = np.where(is_real, emit, -np.inf)
    is_label = (number % 2 == 1) & is_real
    before = np.roll(states, 2, axis=1)
    may_skip = is_label & (number >= 2)
    may_stay = np.ones_like(is_label)
    if merge_repeated:
        may_skip &= states != before
    else:
        may_stay = ~is_label
    skip = np.where(may_skip, 0.0, -np.inf)
    stay = np.where(may_stay, 0.0, -np.inf)
    end = (number == 2 * label_length[:, None]) | (number == 2 * label_length[:, None] - 1)
    log_end = np.where(end, 0.0, np.where(is_real, log_no_end, -np.inf))

    def add(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.logaddexp(a, b)  # type: ignore[no-any-return]

    alpha = np.full((time, batch, count), -np.inf)
    for t in range(time):
        if t == 0:
            reached = np.where(number < 2, 0.0, -np.inf) + np.zeros((batch, 1))
        else:
            last = alpha[t - 1]
            reached = add(add(last + stay, _shift(last, 1)), _shift(last, 2) + skip)
        alpha[t] = reached + emit[t]
    beta = np.full((time, batch, count), -np.inf)
    following = np.full((batch, count), -np.inf)
    for t in reversed(range(time)):
        is_last = np.equal(logit_length - 1, t)[:, None]
        following = np.where(is_last, log_end, following)
        beta[t] = following
        onward = following + emit[t]
        skipped = _shift(onward + skip, -2)
        following = add(add(onward + stay, _shift(onward, -1)), skipped)
    rows = np.arange(batch)
    total = np.full(batch, -np.inf)
    has_time = logit_length > 0
    if time:
        last = alpha[np.maximum(logit_length - 1, 0), rows] + log_end
        total = np.where(has_time, np.logaddexp.reduce(last, axis=1), 0.0)
    # With no time at all nothing was seen: right for an empty labelling alone.
    total = np.where(has_time, total, np.where(label_length > 0, log_no_end, 0.0))
    with np.errstate(invalid="ignore"):
        posterior = np.exp(alpha + beta - total[:, None])
    posterior = np.where(np.isnan(posterior), 0.0, posterior)
    chosen = np.zeros((batch, count, classes))
    chosen[rows[:, None], number[None, :], states] = 1.0
    share = np.matmul(posterior.transpose(1, 0, 2), chosen).transpose(1, 0, 2)
    inside = (np.arange(time)[:, None] < logit_length)[:, :, None]
    gradient = np.where(inside, np.exp(lp) - share, 0.0)
    return -total, gradient


def least_time(labels: np.ndarray, label_length: np.ndarray, merge_repeated: bool) -> np.ndarray:
    """Steps that each labelling takes at least: one per label, one blank between equal ones."""
    if not merge_repeated:
        return label_length
    equal: np.ndarray = labels[:, 1:] == labels[:, :-1]
    inside = np.arange(1, labels.shape[1]) < label_length[:, None]
    return label_length + (equal & inside).sum(1)  # type: ignore[no-any-return]


def collapse(labels: np.ndarray, length: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows without immediate repetitions, and their lengths; zeros behind."""
    inside = np.arange(labels.shape[1]) < length[:, None]
    keep = inside.copy()
    keep[:, 1:] &= labels[:, 1:] != labels[:, :-1]
    out = np.zeros_like(labels)
    lengths = keep.sum(1)
    rows = np.nonzero(keep)[0]
    places = (np.cumsum(keep, axis=1) - 1)[keep]
    out[rows, places] = labels[keep]
    return out, lengths


def greedy(
    logits: np.ndarray, length: np.ndarray, blank: int, merge_repeated: bool
) -> tuple[list[list[int]], np.ndarray]:
    """The most likely class of each step, without blanks; and minus the sum of their logits."""
    time, batch, _ = logits.shape
    best = logits.argmax(-1)
    inside = np.arange(time)[:, None] < length
    score = 0 - np.where(inside, logits.max(-1), 0).sum(0)
    keep = inside & (best != blank)
    if merge_repeated:
        keep[1:] &= best[1:] != best[:-1]
    return [best[keep[:, b], b].tolist() for b in range(batch)], score.astype(logits.dtype)


def beam_search(
    logits: np.ndarray, length: int, blank: int, beam_width: int
) -> list[tuple[float, tuple[int, ...]]]:
    """Labellings of one example by their log-probability, greatest first.

    Prefixes are extended step by step; of each, the probability of ending in a blank and in its
    last label are kept apart (Graves, "Supervised Sequence Labelling", 2012, section 7.5).

    Args:
      logits: `[time, classes]`.
      length: steps that count.
      blank: the class that stands for no label.
      beam_width: prefixes kept at each step.
    """
    lp = log_softmax(logits) if logits.size else logits
    none = -math.inf
    beams: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, none)}
    labels = [c for c in range(logits.shape[1]) if c != blank]
    for t in range(length):
        row = lp[t].tolist()
        found: dict[tuple[int, ...], list[float]] = {}

        def put(prefix: tuple[int, ...], which: int, value: float, found: Any = found) -> None:
            entry = found.setdefault(prefix, [none, none])
            entry[which] = _log_add(entry[which], value)

        for prefix, (by_blank, by_label) in beams.items():
            total = _log_add(by_blank, by_label)
            put(prefix, 0, total + row[blank])
            if prefix:
                put(prefix, 1, by_label + row[prefix[-1]])
            for c in labels:
                is_same = bool(prefix) and c == prefix[-1]
                put((*prefix, c), 1, (by_blank if is_same else total) + row[c])
        ranked = sorted(found.items(), key=lambda item: -_log_add(*item[1]))
        beams = {prefix: (a, b) for prefix, (a, b) in ranked[:beam_width] if max(a, b) > none}
    result = [(_log_add(a, b), prefix) for prefix, (a, b) in beams.items()]
    return sorted(result, key=lambda item: -item[0])


def _log_add(a: float, b: float) -> float:
    if a < b:
        a, b = b, a
    return a if b == -math.inf else a + math.log1p(math.exp(b - a))
