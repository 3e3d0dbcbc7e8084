"""Losses, and how they are averaged over a batch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import require_dtype
from tapeflow.engine.ir.primitive import primitive, reduction
from tapeflow.engine.ir.samples import unary as unary_samples
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import creation, dimensions, selection, shaping
from tapeflow.engine.ops.math import casting, comparison, division, exponentials, logical, magnitude
from tapeflow.engine.ops.math.activations import relu, softplus
from tapeflow.engine.ops.math.arithmetic import add, multiply, negative, subtract
from tapeflow.engine.ops.math.reductions import reduce_sum
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import Tensor


def _l2_infer(t: Spec) -> Spec:
    require_dtype(t, dtypes.FLOATING, "t")
    return Spec(t.dtype, ())


def _l2_kernel(t: np.ndarray) -> Any:
    flat = t.reshape(-1)
    if t.dtype.itemsize == 2:
        flat = flat.astype(np.float32)
    return np.asarray(np.dot(flat, flat) / 2).astype(t.dtype)


l2_loss_p = primitive(
    "L2Loss",
    infer=_l2_infer,
    kernel=_l2_kernel,
    vjp=lambda ctx, dy: (multiply(ctx.inputs[0], dy),),
    lower=reduction("l2_loss"),
    samples=unary_samples(specials=True),
)


@export("nn.l2_loss")
def l2_loss(t: Any, name: str | None = None) -> Any:
    """Computes half the sum of squares.

    Args:
      t: tensor of a floating dtype.
      name: ignored in eager mode.

    Returns:
      A scalar of the dtype of `t`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.l2_loss([3.0, 4.0]).numpy()
      np.float32(12.5)
    """
    return apply(l2_loss_p, convert(t))


def _same_shape(a: Any, b: Any, names: str) -> None:
    if not a.shape.is_compatible_with(b.shape):
        raise ValueError(f"{names} must have the same shape, received ({a.shape} vs {b.shape}).")


@export("nn.sigmoid_cross_entropy_with_logits")
def sigmoid_cross_entropy_with_logits(
    labels: Any = None, logits: Any = None, name: str | None = None
) -> Any:
    """Cross-entropy of independent yes/no predictions: `softplus(logits) - logits * labels`.

    Args:
      labels: probabilities, of the shape and dtype of `logits`.
      logits: tensor of a floating dtype.
      name: ignored in eager mode.

    Returns:
      The losses, of the shape and dtype of `logits`.

    Raises:
      ValueError: when an argument is None or the shapes differ.
      tf.errors.InvalidArgumentError: when the dtypes differ.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.sigmoid_cross_entropy_with_logits(labels=[1.0, 0.0], logits=[0.0, 100.0]).numpy()
      array([  0.6931472, 100.       ], dtype=float32)
    """
    if labels is None or logits is None:
        raise ValueError(
            "Both `labels` and `logits` must be provided for sigmoid_cross_entropy_with_logits. "
            f"Received: labels={labels} and logits={logits}"
        )
    x, z = convert(logits), convert(labels)
    _same_shape(x, z, "`logits` and `labels`")
    return subtract(softplus(x), multiply(x, z))


@export("nn.weighted_cross_entropy_with_logits")
def weighted_cross_entropy_with_logits(
    labels: Any, logits: Any, pos_weight: Any, name: str | None = None
) -> Any:
    """As `tf.nn.sigmoid_cross_entropy_with_logits`, with a weight for the positive examples.

    Args:
      labels: probabilities, of the shape and dtype of `logits`.
      logits: tensor of a floating dtype.
      pos_weight: what errors on positive examples count for; broadcasts with `logits`.
      name: ignored in eager mode.

    Returns:
      The losses, of the shape and dtype of `logits`.

    Raises:
      ValueError: when the shapes differ.
      tf.errors.InvalidArgumentError: when the dtypes differ.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.weighted_cross_entropy_with_logits([1.0, 0.0], [0.0, 100.0], 2.0).numpy()
      array([  1.3862944, 100.       ], dtype=float32)
    """
    x, z = convert(logits), convert(labels)
    _same_shape(x, z, "`logits` and `labels`")
    weight = add(1.0, multiply(subtract(pos_weight, 1.0), z))
    # softplus(-x), in the form whose gradient at zero is the one TensorFlow gives.
    tail = add(exponentials.log1p(exponentials.exp(negative(magnitude.abs(x)))), relu(negative(x)))
    return add(multiply(subtract(1.0, z), x), multiply(weight, tail))


@export("nn.log_poisson_loss")
def log_poisson_loss(
    targets: Any, log_input: Any, compute_full_loss: bool = False, name: str | None = None
) -> Any:
    """Negative log-likelihood of counts under Poisson distributions with given log rates.

    Args:
      targets: counts, of the shape and dtype of `log_input`.
      log_input: logarithms of the rates, a floating dtype.
      compute_full_loss: whether to add Stirling's approximation of `log(targets!)`, which does not
        depend on the rates.
      name: ignored in eager mode.

    Returns:
      The losses, of the shape and dtype of `log_input`.

    Raises:
      ValueError: when the shapes differ.
      tf.errors.InvalidArgumentError: when the dtypes differ.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.log_poisson_loss([1.0, 3.0], [0.0, 0.0]).numpy()
      array([1., 1.], dtype=float32)
    """
    c, z = convert(log_input), convert(targets)
    _same_shape(c, z, "`log_input` and `targets`")
    loss = subtract(exponentials.exp(c), multiply(c, z))
    if not compute_full_loss:
        return loss
    # Stirling's formula is for z > 1; log 0! and log 1! are 0 (and what lies between, nearly).
    stirling = add(
        subtract(multiply(z, exponentials.log(z)), z),
        multiply(0.5, exponentials.log(multiply(2 * math.pi, z))),
    )
    is_small = logical.logical_and(comparison.greater_equal(z, 0.0), comparison.less_equal(z, 1.0))
    return add(loss, selection.where(is_small, creation.zeros_like(z), stirling))


@export("nn.compute_average_loss")
def compute_average_loss(
    per_example_loss: Any, sample_weight: Any = None, global_batch_size: Any = None
) -> Any:
    """Averages losses over the whole batch, of which this replica may hold a part.

    Args:
      per_example_loss: losses `[batch, ...]`.
      sample_weight: weights that broadcast with the losses, after a last dimension is added or
        taken away where the ranks differ by 1.
      global_batch_size: the number of examples on all replicas; None for the size of this batch.

    Returns:
      A scalar: the weighted sum of losses, divided by the batch size (0 for no examples).

    Raises:
      ValueError: for a scalar loss, or a batch size that is no scalar.
      TypeError: for a batch size that is no integer.
      tf.errors.InvalidArgumentError: for a negative batch size.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.compute_average_loss([1.0, 2.0, 3.0], global_batch_size=6).numpy()
      np.float32(1.0)
    """
    losses = convert(per_example_loss)
    if losses.shape.ndims == 0:
        raise ValueError(
            "Invalid value passed for `per_example_loss`. Expected a tensor with at least rank 1. "
            f"Received per_example_loss={per_example_loss} with rank 0"
        )
    wanted = losses.dtype
    if wanted.is_integer:
        losses = casting.cast(losses, dtypes.float64)
    if sample_weight is not None:
        losses = _weighted(losses, casting.cast(convert(sample_weight), losses.dtype))
    if global_batch_size is None:
        size = dimensions.size(losses) if losses.shape.ndims is None else _batch(losses)
    else:
        size = _checked_batch_size(global_batch_size)
    total = reduce_sum(losses)
    average = division.divide_no_nan(total, casting.cast(size, losses.dtype))
    return casting.cast(average, wanted) if wanted.is_floating else average


def _batch(losses: Any) -> Any:
    return shaping.shape(losses)[0]


def _weighted(losses: Any, weights: Any) -> Any:
    """Losses times weights, whose rank is first brought to that of the losses."""
    difference = weights.shape.ndims - losses.shape.ndims
    if weights.shape.ndims == 0:
        return multiply(losses, weights)
    if difference == 1:
        weights = dimensions.squeeze(weights, [-1])
    elif difference == -1:
        weights = dimensions.expand_dims(weights, -1)
    return multiply(losses, weights)


def _checked_batch_size(value: Any) -> Tensor:
    size = convert(value)
    if size.shape.ndims not in (0, None):
        raise ValueError(
            f"global_batch_size must be scalar. Expected scalar shape, saw shape: {size.shape}."
        )
    if not size.dtype.is_integer:
        raise TypeError(
            f"global_batch_size must be an integer. Found: tensor of dtype {size.dtype!r}"
        )
    known = static_value(size)
    if known is not None and known < 0:
        raise InvalidArgumentError(
            None, None, f"global_batch_size must be non-negative; received {known}"
        )
    return size  # type: ignore[no-any-return]


@export("nn.scale_regularization_loss")
def scale_regularization_loss(regularization_loss: Any) -> Any:
    """Sums regularization losses and divides by the number of replicas, which is 1 here.

    Args:
      regularization_loss: losses of any shape.

    Returns:
      A scalar of the dtype of the losses; float64 for integers.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.scale_regularization_loss([1.0, 2.0]).numpy()
      np.float32(3.0)
    """
    losses = convert(regularization_loss)
    if losses.dtype.is_integer:
        losses = casting.cast(losses, dtypes.float64)
    return reduce_sum(losses)
