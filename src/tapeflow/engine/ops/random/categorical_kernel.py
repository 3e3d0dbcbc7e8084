"""Categorical samples, laid out over the stream as TensorFlow's threads lay them."""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np

from tapeflow.engine.ops.random.philox import unit_float64, words

Array = np.ndarray[Any, Any]


def categorical(key: int, counter: int, logits: Array, samples: int) -> Array:
    """`[batch, samples]` of class numbers, int64, for logits `[batch, classes]`.

    A sample is where a uniform number falls among the cumulated, unnormalised probabilities.
    Within a block of rows the numbers follow one another without gaps; each block of rows starts
    anew at `first_row * (samples + 3) // 4`. Large batches are cut into blocks by the number of
    threads, in TensorFlow and so here: its numbers then differ between machines.
    """
    batch, classes = logits.shape
    out = np.empty((batch, samples), np.int64)
    if out.size == 0:
        return out
    wide = logits.astype(np.float64)
    finite = np.isfinite(wide)
    peak = np.where(finite, wide, -np.inf).max(axis=1, keepdims=True)
    peak = np.maximum(peak, _lowest(logits.dtype))
    weights = np.where(finite, np.exp(wide - peak), 0.0)
    cumulated = np.cumsum(weights, axis=1)
    step = _rows_per_block(batch, classes, samples)
    for first in range(0, batch, step):
        rows = cumulated[first : first + step]
        start = counter + first * (samples + 3) // 4
        needed = len(rows) * samples
        u = unit_float64(words(key, start, -(-needed // 2)))[:needed].reshape(len(rows), samples)
        u *= rows[:, -1:]
        _search(rows, u, out[first : first + step])
    return out


def _search(cumulated: Array, wanted: Array, out: Array) -> None:
    """How many cumulated values of its row each wanted one reaches."""
    batch, classes = cumulated.shape
    if wanted.shape[1] < 32 and wanted.size * classes <= 1 << 22:
        np.sum(cumulated[:, None, :] <= wanted[:, :, None], axis=2, out=out)
        return
    for row in range(batch):
        out[row] = cumulated[row].searchsorted(wanted[row], side="right")


def _lowest(dtype: np.dtype[Any]) -> float:
    if dtype.kind == "f":
        return float(np.finfo(dtype).min)
    from ml_dtypes import finfo

    return float(finfo(dtype).min)


def _rows_per_block(batch: int, classes: int, samples: int) -> int:
    """How many rows TensorFlow's thread pool gives to one task.

    A row is estimated at so many cycles; below some 200,000 in all, one thread does everything.
    Otherwise there are about four tasks a thread, fewer where the threads would else end unevenly.
    """
    cycles = int(50 * (samples * math.log(classes) / math.log(2) + classes))
    threads = _threads()
    total = float(batch) * cycles
    if threads == 1 or batch == 1 or (total - 100_000) / 100_000 + 0.9 < 2:
        return batch
    size = min(batch, max(-(-batch // (4 * threads)), int(40_000 / cycles)))
    limit = min(batch, 2 * size)
    tasks = -(-batch // size)
    best = tasks / (-(-tasks // threads) * threads)
    fewer = tasks
    while best < 1 and fewer > 1:
        coarser = -(-batch // (fewer - 1))
        if coarser > limit:
            break
        fewer = -(-batch // coarser)
        evenness = fewer / (-(-fewer // threads) * threads)
        if evenness + 0.01 >= best:
            size = coarser
            best = max(best, evenness)
    return size


def _threads() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1
