"""Normal numbers truncated to any interval.

Rejection from one of three proposals, whichever accepts well: the normal distribution itself, the
uniform, or an exponential tail (Robert, "Simulation of truncated normal variables", 1995). The
parameters draw one after another from one stream; each starts with a fresh block. (TensorFlow cuts
very large outputs into tasks by its number of threads; this is its order with a single task.)
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    broadcast,
    reads_values,
    reject,
    require_dtype,
    require_same_dtype,
)
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.math.arithmetic import multiply
from tapeflow.engine.ops.math.broadcasting import sum_to_shape_of
from tapeflow.engine.ops.random import variates
from tapeflow.engine.ops.random.distributions import FLOATS, ending_with
from tapeflow.engine.ops.random.rounding import log_float32
from tapeflow.engine.ops.random.stateful import drawn_shape
from tapeflow.engine.ops.random.stateless import require_seed, seed_tensor, stream_of
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply

Array = np.ndarray[Any, Any]

# With so many deviations inside the interval, the normal distribution is its own proposal.
_DEVIATIONS_INSIDE = 1.3


class _Interval:
    """One set of parameters: the standardised interval, the lower bound towards the mean first."""

    def __init__(self, mean: Any, deviation: Any, low: Any, high: Any) -> None:
        if (np.isinf(low) and low < 0) or high < mean:
            low, high, deviation = high, low, -deviation  # mirrored
        self.real = real = mean.dtype.type
        self.mean, self.deviation = mean, deviation
        self.low, self.high = low, high = (low - mean) / deviation, (high - mean) / deviation
        root = np.sqrt(low * low + real(4))
        cutoff = real(2) * np.exp(real(0.5) + low * (low - root) / real(4)) / (low + root)
        inside = real(_DEVIATIONS_INSIDE)
        if (low < -inside and high >= 0) or (high > inside and low <= 0):
            self.propose, self.blocks = self._normal, 1
        elif high - low < cutoff:
            self.propose, self.blocks = self._uniform, 2
        else:
            self.propose, self.blocks = self._exponential, 1

    def _normal(self, key: int, counter: int, groups: int, size: int) -> tuple[Array, Array]:
        z = variates.normal(key, counter, groups * size, self.mean.dtype).reshape(groups, size)
        return z, (z >= self.low) & (z <= self.high)

    def _uniform(self, key: int, counter: int, groups: int, size: int) -> tuple[Array, Array]:
        real = self.real
        u = variates.uniform(key, counter, 2 * groups * size, self.mean.dtype)
        u = u.reshape(groups, 2, size)
        z = u[:, 0] * (self.high - self.low) + self.low
        peak = real(0) if self.low < 0 else self.low * self.low
        return z, u[:, 1] <= np.exp((peak - z * z) / real(2))

    def _exponential(self, key: int, counter: int, groups: int, size: int) -> tuple[Array, Array]:
        real = self.real
        rate = (self.low + np.sqrt(self.low * self.low + real(4))) / real(2)
        u = variates.uniform(key, counter, groups * size, self.mean.dtype)
        u = u.reshape(groups, size // 2, 2)
        z = -_log(u[..., 0]) / rate + self.low
        x = rate - z if self.low < rate else self.low - rate
        return z, (u[..., 1] <= np.exp(-x * x / real(2))) & (z < self.high)


def _log(u: Array) -> Array:
    if u.dtype != np.float32:
        return np.asarray(np.log(u))
    zero = u == 0
    logarithm = log_float32(np.where(zero, np.float32(1), u))
    logarithm[zero] = -np.inf
    return logarithm


def _truncated(stream: tuple[int, int], samples: int, intervals: list[_Interval]) -> Array:
    """`[samples, len(intervals)]` numbers."""
    key, counter = stream
    out = np.empty((samples, len(intervals)), intervals[0].mean.dtype)
    size = 2 if out.dtype == np.float64 else 4
    for column, interval in enumerate(intervals):
        have = 0
        while have < samples:
            groups = (samples - have) // size + 4
            z, accepted = interval.propose(key, counter, groups, size)
            places = np.flatnonzero(accepted)[: samples - have]
            kept = z.reshape(-1)[places] * interval.deviation + interval.mean
            out[have : have + len(kept), column] = kept
            have += len(kept)
            used = places[-1] // z.shape[1] + 1 if have == samples else groups
            counter += int(used) * interval.blocks
    return out


@reads_values(0)
def _infer(
    shape: Spec, seed: Spec, means: Spec, stddevs: Spec, minvals: Spec, maxvals: Spec
) -> Spec:
    require_seed(seed)
    require_dtype(means, FLOATS, "means")
    require_same_dtype(means, stddevs, minvals, maxvals)
    batch = broadcast(
        broadcast(means.shape, stddevs.shape), broadcast(minvals.shape, maxvals.shape)
    )
    return Spec(means.dtype, ending_with(shape, batch))


def _kernel(
    shape: Array, seed: Array, means: Array, stddevs: Array, minvals: Array, maxvals: Array
) -> Array:
    flat = [a.reshape(-1) for a in np.broadcast_arrays(means, stddevs, minvals, maxvals)]
    count = int(np.prod(shape, dtype=object))
    if count == 0:
        return np.empty(shape, means.dtype)
    finite = np.isfinite(flat[2]) | np.isfinite(flat[3])
    if not ((flat[1] > 0) & (flat[2] < flat[3]) & finite).all():
        reject("expected stddevs > 0, minvals < maxvals, and one of these bounds finite")
    intervals = [_Interval(*one) for one in zip(*flat, strict=True)]
    return _truncated(stream_of(seed), count // len(intervals), intervals).reshape(shape)


def _moves_infer(sample: Spec, *parameters: Spec) -> tuple[Spec, Spec, Spec, Spec]:
    require_same_dtype(sample, *parameters)
    one = Spec(sample.dtype, sample.shape)
    return one, one, one, one


_erfc: Any = np.frompyfunc(math.erfc, 1, 1)


def _moves_kernel(sample: Array, *parameters: Array) -> tuple[Array, ...]:
    """How each sample moves with its mean, deviation, lower and upper bound (implicitly).

    As TensorFlow has it, mean and deviation carry the bounds along (1 and the standardised sample).
    When a bound moves, the rank `u` in the interval stays: with standardised sample z and bounds
    a and b, `dz/da = (1 - u) phi(a) / phi(z)` and `dz/db = u phi(b) / phi(z)`.
    """
    x, mean, deviation, low, high = (v.astype(np.float64) for v in (sample, *parameters))
    z, a, b = (x - mean) / deviation, (low - mean) / deviation, (high - mean) / deviation
    a, b = np.broadcast_to(a, z.shape), np.broadcast_to(b, z.shape)
    # Areas are taken from the side on which the interval lies: they do not cancel there.
    side = np.where(a + b > 0, 1.0, -1.0) / math.sqrt(2)
    tail_z, tail_a, tail_b = (_erfc(v * side).astype(np.float64) for v in (z, a, b))
    by_low = (tail_z - tail_b) / (tail_a - tail_b) * np.exp((z * z - a * a) / 2)
    by_high = (tail_a - tail_z) / (tail_a - tail_b) * np.exp((z * z - b * b) / 2)
    return tuple(v.astype(sample.dtype) for v in (np.ones_like(z), z, by_low, by_high))


def _moves_samples(draw: Draw) -> Iterable[Sample]:
    x = np.array([[-0.5, 0.2], [1.0, 1.9]], np.float32)
    parameters = [np.array(v, np.float32) for v in (0.3, [1.0, 2.0], -1, [2.0, np.inf])]
    yield Sample(x, *parameters, grad=False)


truncated_moves_p = primitive(
    "TruncatedNormalMoves",
    infer=_moves_infer,
    kernel=_moves_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_moves_samples,
)


def _vjp(ctx: Any, dy: Any) -> Any:
    parameters = ctx.inputs[2:]
    moves = apply(truncated_moves_p, ctx.outputs[0], *parameters)
    grads = [
        sum_to_shape_of(multiply(dy, moved), parameter)
        for moved, parameter in zip(moves, parameters, strict=True)
    ]
    return (None, None, *grads)


def _samples(draw: Draw) -> Iterable[Sample]:
    seed = np.array([1, 2], np.int32)
    low = np.array([-2, -0.1, 3, -np.inf, 1, 0, 3])
    high = np.array([2, 0.1, np.inf, -3, 1.5, 10, 3.25])
    for real in (np.float32, np.float64):
        for i in range(len(low)):
            bounds = np.array(low[i], real), np.array(high[i], real)
            at = np.array(0.5, real), np.array(2, real)
            yield Sample(np.array([40], np.int32), seed, *at, *bounds, grad=False)
        one = np.array(0, real), np.array(1, real)
        for rows in (1, 5):
            shape = np.array([rows, len(low)], np.int64)
            yield Sample(shape, seed, *one, low.astype(real), high.astype(real), grad=False)
    scalars = [np.array(v, np.float32) for v in (0, 1, -2, 2)]
    yield Sample(np.array([0], np.int32), seed, *scalars, grad=False)


stateless_parameterized_truncated_normal_p = primitive(
    "StatelessParameterizedTruncatedNormal",
    infer=_infer,
    kernel=_kernel,
    vjp=_vjp,
    lower=HOST,
    samples=_samples,
)


@export("random.stateless_parameterized_truncated_normal")
def stateless_parameterized_truncated_normal(
    shape: Any,
    seed: Any,
    means: Any = 0.0,
    stddevs: Any = 1.0,
    minvals: Any = -2.0,
    maxvals: Any = 2.0,
    name: str | None = None,
) -> Any:
    """Draws normal numbers truncated to intervals; the same seed, the same numbers.

    Differentiable in all parameters.

    Args:
      shape: sizes of the result; ends with the broadcast shape of the parameters.
      seed: `[2]`, int32 or int64.
      means: means before truncation; float16, float32 or float64.
      stddevs: standard deviations before truncation, positive.
      minvals: lower bounds; may be -inf.
      maxvals: upper bounds; may be inf.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `shape` and the dtype of `means`.

    Raises:
      tf.errors.InvalidArgumentError: for another dtype, a seed of another shape, a `shape` that
        does not end with the parameters' shape, or parameters out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.random.stateless_parameterized_truncated_normal([2], seed=[1, 2]).numpy()
      array([0.5441101, 0.2073803], dtype=float32)
    """
    values = [convert(v) for v in (means, stddevs, minvals, maxvals)]
    prim = stateless_parameterized_truncated_normal_p
    return apply(prim, drawn_shape(shape), seed_tensor(seed), *values)
