"""Losses over very many classes, of which each step looks at the true ones and a random few."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import creation, dimensions, gathering, shaping
from tapeflow.engine.ops.array.concatenation import concat
from tapeflow.engine.ops.array.gradient_stops import stop_gradient
from tapeflow.engine.ops.linalg.contraction import matmul
from tapeflow.engine.ops.math import casting, exponentials
from tapeflow.engine.ops.math.comparison import equal
from tapeflow.engine.ops.math.folds import reduce_any
from tapeflow.engine.ops.math.reductions import reduce_sum
from tapeflow.engine.ops.nn.losses import sigmoid_cross_entropy_with_logits
from tapeflow.engine.ops.nn.softmax import softmax_cross_entropy_with_logits
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.tracing.deferral import deferred


class ComputeAccidentalHits(NamedTuple):
    """What `tf.nn.compute_accidental_hits` gives.

    Attributes:
      indices: the examples.
      ids: the positions among the candidates.
      weights: what to add to the logits there.
    """

    indices: Any
    ids: Any
    weights: Any


@export("nn.compute_accidental_hits")
def compute_accidental_hits(
    true_classes: Any,
    sampled_candidates: Any,
    num_true: int,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Finds the sampled classes that are true classes of an example.

    Args:
      true_classes: `[batch, num_true]`, int64.
      sampled_candidates: `[num_sampled]`, int64.
      num_true: number of true classes of each example.
      seed: op seed; nothing is drawn.
      name: ignored in eager mode.

    Returns:
      A named tuple `(indices, ids, weights)`, one entry for each hit: the example (int32), the
      position among the candidates (int64), and the most negative float32.

    Raises:
      tf.errors.InvalidArgumentError: when shapes don't go together.

    Example:
      >>> import tapeflow as tf
      >>> true = tf.constant([[3], [5]], tf.int64)
      >>> indices, ids, _ = tf.nn.compute_accidental_hits(true, tf.constant([7, 5], tf.int64), 1)
      >>> indices.numpy(), ids.numpy()
      (array([1], dtype=int32), array([1]))
    """
    from tapeflow.engine.ops.random.seeds import op_seeds

    op_seeds(seed)  # nothing is drawn, yet the op has seeds, and later ops get the ones after
    given = convert(true_classes, dtypes.int64), convert(sampled_candidates, dtypes.int64)
    true, sampled = (static_value(t) for t in given)
    if true is None or sampled is None:
        vectors = [Spec(d, (None,)) for d in (dtypes.int32, dtypes.int64, dtypes.float32)]
        return ComputeAccidentalHits(
            *deferred(
                "ComputeAccidentalHits",
                lambda t, s: compute_accidental_hits(t, s, num_true),
                given,
                *vectors,
            )
        )
    if true.ndim != 2 or true.shape[1] != num_true or sampled.ndim != 1:
        raise InvalidArgumentError(
            None,
            None,
            f"ComputeAccidentalHits: true_classes, sampled_candidates: expected shapes [batch, "
            f"{num_true}] and [num_sampled]; received {list(true.shape)} and {list(sampled.shape)}",
        )
    example, _, place = np.nonzero(true[:, :, None] == sampled)
    weights = np.full(len(example), np.finfo(np.float32).min, np.float32)
    return ComputeAccidentalHits(
        convert(example.astype(np.int32)), convert(place.astype(np.int64)), convert(weights)
    )


def _sampled_logits(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int,
    sampled_values: Any,
    remove_accidental_hits: bool,
    seed: int | None,
) -> tuple[Any, Any]:
    """Logits `[batch, num_true + num_sampled]`, and the labels that go with them."""
    if isinstance(weights, (list, tuple)):
        weights = weights[0] if len(weights) == 1 else concat(list(weights), 0)
    classes = casting.cast(convert(labels), dtypes.int64)
    x = convert(inputs)
    if sampled_values is None:
        from tapeflow.engine.ops.random.candidates import log_uniform_candidate_sampler

        sampled_values = log_uniform_candidate_sampler(
            true_classes=classes, num_true=num_true, num_sampled=num_sampled, unique=True,
            range_max=num_classes, seed=seed,
        )  # fmt: skip
    sampled, true_count, sampled_count = (stop_gradient(convert(v)) for v in sampled_values)
    sampled = casting.cast(sampled, dtypes.int64)
    flat = shaping.reshape(classes, [-1])
    true_w, true_b = gathering.gather(weights, flat), gathering.gather(biases, flat)
    other_w, other_b = gathering.gather(weights, sampled), gathering.gather(biases, sampled)
    size = shaping.sizes(true_w)[-1]
    true_w = shaping.reshape(true_w, [-1, num_true, size])
    true = reduce_sum(shaping.reshape(x, [-1, 1, size]) * true_w, -1)
    true = true + shaping.reshape(true_b, [-1, num_true])
    other = matmul(x, other_w, transpose_b=True) + other_b
    if remove_accidental_hits:
        from tapeflow.engine.ops.random.seeds import op_seeds

        op_seeds(None)  # as `compute_accidental_hits` takes them
        pairs = equal(dimensions.expand_dims(classes, 2), sampled)
        hit = casting.cast(reduce_any(pairs, 1), dtypes.float32)
        other = other + hit * float(np.finfo(np.float32).min)
    # Classes that are often drawn must not seem likely for that.
    true = true - exponentials.log(true_count)
    other = other - exponentials.log(sampled_count)
    targets = concat([creation.ones_like(true) / num_true, creation.zeros_like(other)], 1)
    return concat([true, other], 1), targets


@export("nn.nce_loss")
def nce_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = False,
    name: str = "nce_loss",
) -> Any:
    """Noise-contrastive estimation: telling the true classes from random ones.

    From Gutmann and Hyvarinen, "Noise-contrastive estimation" (2010).

    Args:
      weights: `[num_classes, dim]`, or a list of tensors that are its parts in order.
      biases: `[num_classes]`.
      labels: true classes `[batch, num_true]`, integers.
      inputs: `[batch, dim]`.
      num_sampled: how many classes to draw for the batch.
      num_classes: how many classes there are.
      num_true: how many true classes each example has.
      sampled_values: `(classes, expected count of the true ones, of the drawn ones)`, as
        `tf.random.log_uniform_candidate_sampler` gives them; None to call it.
      remove_accidental_hits: whether drawn classes that are true ones are left out.
      name: ignored in eager mode.

    Returns:
      The losses `[batch]`.

    Raises:
      tf.errors.InvalidArgumentError: when shapes don't go together.

    Example:
      >>> import tapeflow as tf
      >>> drawn = (tf.constant([2]), tf.ones([1, 1]), tf.ones([1]))
      >>> weights, x = tf.ones([3, 2]), tf.zeros([1, 2])
      >>> tf.nn.nce_loss(
      ...     weights, tf.zeros([3]), [[0]], x, 1, 3, sampled_values=drawn).numpy()
      array([1.3862944], dtype=float32)
    """
    logits, targets = _sampled_logits(
        weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values,
        remove_accidental_hits, None,
    )  # fmt: skip
    return reduce_sum(sigmoid_cross_entropy_with_logits(labels=targets, logits=logits), 1)


@export("nn.sampled_softmax_loss")
def sampled_softmax_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = True,
    seed: int | None = None,
    name: str = "sampled_softmax_loss",
) -> Any:
    """Softmax cross-entropy over the true classes and a random few of the others, for training.

    From Jean et al., "On Using Very Large Target Vocabulary for Neural Machine Translation" (2014).

    Args:
      weights: `[num_classes, dim]`, or a list of tensors that are its parts in order.
      biases: `[num_classes]`.
      labels: true classes `[batch, num_true]`, integers.
      inputs: `[batch, dim]`.
      num_sampled: how many classes to draw for the batch.
      num_classes: how many classes there are.
      num_true: how many true classes each example has.
      sampled_values: `(classes, expected count of the true ones, of the drawn ones)`, as
        `tf.random.log_uniform_candidate_sampler` gives them; None to call it.
      remove_accidental_hits: whether drawn classes that are true ones are left out.
      seed: the sampler's seed.
      name: ignored in eager mode.

    Returns:
      The losses `[batch]`.

    Raises:
      tf.errors.InvalidArgumentError: when shapes don't go together.

    Example:
      >>> import tapeflow as tf
      >>> drawn = (tf.constant([2]), tf.ones([1, 1]), tf.ones([1]))
      >>> weights, x = tf.ones([3, 2]), tf.zeros([1, 2])
      >>> tf.nn.sampled_softmax_loss(
      ...     weights, tf.zeros([3]), [[0]], x, 1, 3, sampled_values=drawn).numpy()
      array([0.6931472], dtype=float32)
    """
    logits, targets = _sampled_logits(
        weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values,
        remove_accidental_hits, seed,
    )  # fmt: skip
    return softmax_cross_entropy_with_logits(stop_gradient(targets), logits)
