"""Candidate samplers: negative classes for losses over many classes, with their expected counts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import reject, reject_values, require_dtype, require_rank, shape_text
from tapeflow.engine.ir.primitive import DRAWS, HOST, NOT_DIFFERENTIABLE, Primitive, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.random.philox import unit_float64, words
from tapeflow.engine.ops.random.seeds import op_seeds, reserve
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply

Array = np.ndarray[Any, Any]

# Blocks that a call takes from its stream for each candidate.
_RESERVED = 512


def _specs(true_classes: Spec, num_true: int, num_sampled: int) -> tuple[Spec, Spec, Spec]:
    require_dtype(true_classes, frozenset((dtypes.int64,)), "true_classes")
    require_rank(true_classes, 2, "true_classes")
    dims = true_classes.shape
    if dims is not None and dims[1] not in (num_true, None):
        reject_values(f"true_classes: expected [batch, {num_true}]; received {shape_text(dims)}")
    if num_true < 1 or num_sampled < 1:
        reject(f"expected num_true >= 1, num_sampled >= 1; received {num_true}, {num_sampled}")
    batch = None if dims is None else dims[0]
    return (
        Spec(dtypes.int64, (num_sampled,)),
        Spec(dtypes.float32, (batch, num_true)),
        Spec(dtypes.float32, (num_sampled,)),
    )


def _ranged_infer(
    true_classes: Spec,
    *,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: int,
    seed2: int,
) -> tuple[Spec, Spec, Spec]:
    specs = _specs(true_classes, num_true, num_sampled)
    if range_max < 1:
        reject(f"range_max: expected at least 1; received {range_max}")
    if unique and num_sampled > range_max:
        reject_values(
            f"num_sampled: expected at most range_max = {range_max}; received {num_sampled}"
        )
    return specs


def _uniform_candidates(w: Array, range_max: int) -> Array:
    pairs = w.reshape(-1, 2).astype(np.uint64)
    joined = pairs[:, 0] | pairs[:, 1] << np.uint64(32)
    return (joined % np.uint64(range_max)).astype(np.int64)


def _uniform_probability(classes: Array, range_max: int) -> Array:
    return np.full(classes.shape, np.float32(1) / np.float32(range_max))


def _log_uniform_candidates(w: Array, range_max: int) -> Array:
    scaled = np.exp(unit_float64(w) * math.log1p(range_max))
    return (scaled.astype(np.int64) - 1) % range_max


def _log_uniform_probability(classes: Array, range_max: int) -> Array:
    share = np.log((classes + 2.0) / (classes + 1.0)) / math.log1p(range_max)
    return share.astype(np.float32)


def _sampler(
    name: str, candidates: Callable[[Array, int], Array], probability: Callable[[Array, int], Array]
) -> Primitive:
    """A sampler with replacement or, when `unique`, by rejection of what was drawn before."""

    def kernel(
        true_classes: Array,
        *,
        num_true: int,
        num_sampled: int,
        unique: bool,
        range_max: int,
        seed: int,
        seed2: int,
    ) -> tuple[Array, Array, Array]:
        key, counter = reserve((name, num_sampled), seed, seed2, _RESERVED * num_sampled)
        drawn = candidates(words(key, counter, -(-num_sampled // 2)), range_max)[:num_sampled]
        tries = num_sampled
        if unique:
            sampled, tries = _distinct(key, counter, candidates, num_sampled, range_max)
            drawn = np.array(sampled, np.int64)

        def expected(classes: Array) -> Array:
            p = probability(classes, range_max)
            if tries == num_sampled:
                return p * np.float32(tries)
            return -np.expm1(tries * np.log1p(-p.astype(np.float64))).astype(np.float32)

        return drawn, expected(true_classes), expected(drawn)

    return primitive(
        name,
        infer=_ranged_infer,
        kernel=kernel,
        vjp=NOT_DIFFERENTIABLE,
        lower=HOST,
        samples=_samples,
        effect=DRAWS,
    )


def _distinct(
    key: int, counter: int, candidates: Callable[[Array, int], Array], count: int, range_max: int
) -> tuple[list[int], int]:
    """The first `count` different candidates of a stream, and how many were tried."""
    found: dict[int, None] = {}
    tries = 0
    size = max(count, 16)
    while True:
        for value in candidates(words(key, counter, size), range_max).tolist():
            tries += 1
            found[value] = None
            if len(found) == count:
                return list(found), tries
        counter += size
        size *= 2


def _samples(draw: Draw) -> Iterable[Sample]:
    for i, unique in enumerate((True, False)):
        classes = np.array([[1, 2], [3, 4], [0, 9]], np.int64)
        attrs = {"num_true": 2, "num_sampled": 7, "range_max": 20, "seed": 1, "seed2": i + 1}
        yield Sample(classes, unique=unique, grad=False, **attrs)


uniform_candidates_p = _sampler(
    "UniformCandidateSampler", _uniform_candidates, _uniform_probability
)
log_uniform_candidates_p = _sampler(
    "LogUniformCandidateSampler", _log_uniform_candidates, _log_uniform_probability
)


def _sample(
    prim: Primitive,
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: Any,
) -> Any:
    classes = convert(true_classes, dtypes.int64)
    seed1, seed2 = op_seeds(seed)
    return apply(
        prim,
        classes,
        num_true=int(num_true),
        num_sampled=int(num_sampled),
        unique=bool(unique),
        range_max=int(range_max),
        seed=seed1,
        seed2=seed2,
    )


@export("random.uniform_candidate_sampler")
def uniform_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: Any = None,
    name: str | None = None,
) -> Any:
    """Draws classes uniformly from `[0, range_max)`.

    Args:
      true_classes: `[batch, num_true]`, int64: the classes that are right.
      num_true: how many are right for each example.
      num_sampled: how many to draw, for the whole batch.
      unique: whether all drawn classes must differ.
      range_max: number of classes.
      seed: op seed, an integer; combined with the one of `tf.random.set_seed`.
      name: ignored in eager mode.

    Returns:
      The drawn classes, int64 `[num_sampled]`; how often each true class is expected among them,
      float32 `[batch, num_true]`; the same for each drawn class, float32 `[num_sampled]`.

    Raises:
      tf.errors.InvalidArgumentError: for another shape, or more unique classes than there are.

    Example:
      >>> import tapeflow as tf
      >>> tf.random.set_seed(5)
      >>> drawn, _, _ = tf.random.uniform_candidate_sampler([[1, 2]], 2, 4, True, 20, seed=3)
      >>> drawn.numpy()
      array([ 6, 14, 10, 17])
    """
    prim = uniform_candidates_p
    return _sample(prim, true_classes, num_true, num_sampled, unique, range_max, seed)


@export("random.log_uniform_candidate_sampler")
def log_uniform_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: Any = None,
    name: str | None = None,
) -> Any:
    """Draws classes with probability `log((c + 2) / (c + 1)) / log(range_max + 1)` (Zipf's law).

    Args:
      true_classes: `[batch, num_true]`, int64: the classes that are right.
      num_true: how many are right for each example.
      num_sampled: how many to draw, for the whole batch.
      unique: whether all drawn classes must differ.
      range_max: number of classes; the frequent ones have low numbers.
      seed: op seed, an integer; combined with the one of `tf.random.set_seed`.
      name: ignored in eager mode.

    Returns:
      The drawn classes, int64 `[num_sampled]`; how often each true class is expected among them,
      float32 `[batch, num_true]`; the same for each drawn class, float32 `[num_sampled]`.

    Raises:
      tf.errors.InvalidArgumentError: for another shape, or more unique classes than there are.

    Example:
      >>> import tapeflow as tf
      >>> tf.random.set_seed(5)
      >>> drawn, _, _ = tf.random.log_uniform_candidate_sampler([[1, 2]], 2, 4, True, 20, seed=3)
      >>> drawn.numpy()
      array([ 1,  3,  8, 14])
    """
    prim = log_uniform_candidates_p
    return _sample(prim, true_classes, num_true, num_sampled, unique, range_max, seed)


def _all_infer(
    true_classes: Spec, *, num_true: int, num_sampled: int, unique: bool, seed: int, seed2: int
) -> tuple[Spec, Spec, Spec]:
    return _specs(true_classes, num_true, num_sampled)


def _all_kernel(
    true_classes: Array, *, num_true: int, num_sampled: int, unique: bool, seed: int, seed2: int
) -> tuple[Array, Array, Array]:
    once = np.ones(num_sampled, np.float32)
    return np.arange(num_sampled), np.ones(true_classes.shape, np.float32), once


def _all_samples(draw: Draw) -> Iterable[Sample]:
    classes = np.array([[1], [3]], np.int64)
    attrs = {"num_true": 1, "num_sampled": 5, "seed": 1, "seed2": 2}
    yield Sample(classes, unique=True, grad=False, **attrs)


all_candidates_p = primitive(
    "AllCandidateSampler",
    infer=_all_infer,
    kernel=_all_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_all_samples,
    effect=DRAWS,
)


@export("nn.all_candidate_sampler", "random.all_candidate_sampler")
def all_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    seed: Any = None,
    name: str | None = None,
) -> Any:
    """Gives all classes `[0, num_sampled)` as candidates: to compare samplers with.

    Args:
      true_classes: `[batch, num_true]`, int64: the classes that are right.
      num_true: how many are right for each example.
      num_sampled: number of classes.
      unique: ignored.
      seed: op seed, an integer; nothing is drawn.
      name: ignored in eager mode.

    Returns:
      All classes, int64 `[num_sampled]`; ones, float32 `[batch, num_true]`; ones, float32
      `[num_sampled]`.

    Raises:
      tf.errors.InvalidArgumentError: for another shape.

    Example:
      >>> import tapeflow as tf
      >>> tf.random.all_candidate_sampler([[1]], 1, 3, True)[0].numpy()
      array([0, 1, 2])
    """
    classes = convert(true_classes, dtypes.int64)
    seed1, seed2 = op_seeds(seed)
    return apply(
        all_candidates_p,
        classes,
        num_true=int(num_true),
        num_sampled=int(num_sampled),
        unique=bool(unique),
        seed=seed1,
        seed2=seed2,
    )
