"""What a `tf.random.Generator` does with its state: read where it is, move on, draw."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.ir.infer import (
    broadcast,
    reads_values,
    require_dtype,
    require_rank,
    require_same_dtype,
)
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.random.distributions import (
    FLOATS,
    RATES,
    binomial_numbers,
    ending_with,
)
from tapeflow.engine.ops.random.philox import MASK64, MASK128
from tapeflow.engine.ops.random.stateful import require_attribute
from tapeflow.engine.ops.random.stateless import start_of

Array = np.ndarray[Any, Any]

# Blocks of the stream for each step that a generator is moved on.
BLOCKS_PER_STEP = 256


def _advance_infer(state: Spec, delta: Spec) -> tuple[Spec, Spec, Spec]:
    require_dtype(state, frozenset((dtypes.int64,)), "state")
    require_rank(state, 1, "state")
    require_dtype(delta, frozenset((dtypes.int32, dtypes.int64, dtypes.uint64)), "delta")
    require_rank(delta, 0, "delta")
    return Spec(dtypes.uint64, (1,)), Spec(dtypes.uint64, (2,)), Spec(dtypes.int64, state.shape)


def _advance_kernel(state: Array, delta: Array) -> tuple[Array, Array, Array]:
    unsigned = state.view(np.uint64)
    counter, key = unsigned[:2].copy(), unsigned[2:3].copy()
    low, high = counter.tolist()
    moved = (low | high << 64) + BLOCKS_PER_STEP * int(delta) & MASK128
    after = np.array([moved & MASK64, moved >> 64, int(key[0])], np.uint64)
    return key, counter, after.view(np.int64)


def _advance_samples(draw: Draw) -> Iterable[Sample]:
    for state, delta in (((0, 0, 5), 3), ((-1, 0, -9), 1), ((1, 2, 3), -1), ((7, 8, 9), 0)):
        yield Sample(np.array(state, np.int64), np.array(delta, np.int64), grad=False)


philox_advance_p = primitive(
    "PhiloxAdvance",
    infer=_advance_infer,
    kernel=_advance_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_advance_samples,
)


@reads_values(0)
def _binomial_infer(
    shape: Spec, key: Spec, counter: Spec, counts: Spec, probs: Spec, *, dtype: DType
) -> Spec:
    require_dtype(counts, FLOATS, "counts")
    require_same_dtype(counts, probs)
    require_attribute(dtype, RATES)
    return Spec(dtype, ending_with(shape, broadcast(counts.shape, probs.shape)))


def _binomial_kernel(
    shape: Array, key: Array, counter: Array, counts: Array, probs: Array, *, dtype: DType
) -> Array:
    return binomial_numbers(start_of(key, counter), shape, counts, probs, dtype)


def _binomial_samples(draw: Draw) -> Iterable[Sample]:
    key, counter = np.array([5], np.uint64), np.array([6, 7], np.uint64)
    counts, probs = np.array([3.0, 90.0], np.float32), np.array([0.2, 0.6], np.float32)
    shape = np.array([4, 2], np.int32)
    yield Sample(shape, key, counter, counts, probs, dtype=dtypes.int32, grad=False)


philox_binomial_p = primitive(
    "PhiloxBinomial",
    infer=_binomial_infer,
    kernel=_binomial_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_binomial_samples,
)
