"""Softmax, its logarithm, and the cross-entropies that are built on them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    broadcast,
    merge_dims,
    reject,
    require_dtype,
    require_rank,
    require_same_dtype,
    shape_text,
)
from tapeflow.engine.ir.primitive import primitive, reduction
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import dimensions, shaping
from tapeflow.engine.ops.array.arguments import refuse
from tapeflow.engine.ops.array.concatenation import concat
from tapeflow.engine.ops.math import casting, exponentials
from tapeflow.engine.ops.math.arithmetic import add, multiply, negative, subtract
from tapeflow.engine.ops.math.broadcasting import sum_to_shape_of
from tapeflow.engine.ops.math.reductions import reduce_sum
from tapeflow.engine.ops.nn.activations import in_float32
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import EagerTensor


def _infer(logits: Spec) -> Spec:
    require_dtype(logits, dtypes.FLOATING, "logits")
    if logits.shape == ():
        reject("logits: expected rank 1 or more; received a scalar")
    return Spec(logits.dtype, logits.shape)


def _shifted(logits: np.ndarray) -> np.ndarray:
    """Logits minus the greatest of their row, so that no exponential overflows."""
    if not logits.size:
        return logits.copy()
    return logits - np.maximum.reduce(logits, axis=-1, keepdims=True)


def _softmax_kernel(logits: np.ndarray) -> np.ndarray:
    y = _shifted(logits)
    np.exp(y, out=y)
    y /= np.add.reduce(y, axis=-1, keepdims=True)
    return y


def _log_softmax_kernel(logits: np.ndarray) -> np.ndarray:
    y = _shifted(logits)
    y -= np.log(np.add.reduce(np.exp(y), axis=-1, keepdims=True))
    return y


def _samples(draw: Draw) -> Iterable[Sample]:
    for dtype in sorted(dtypes.FLOATING, key=lambda d: d.name):
        yield Sample(draw.reals(3, 4, dtype=dtype), grad=dtype.size >= 4)
    odd = [[np.nan, 1], [np.inf, 1], [-np.inf, -np.inf], [-np.inf, 0], [1e38, -1e38], [88, -88]]
    yield Sample(np.array(odd, np.float32), grad=False)
    for shape in ((5,), (2, 1, 3), (0, 3), (2, 0), (2, 1)):
        yield Sample(draw.reals(*shape), grad=False)


def _softmax_vjp(ctx: Any, dy: Any) -> Any:
    y = ctx.outputs[0]
    inner = reduce_sum(multiply(dy, y), -1, keepdims=True)
    return (multiply(subtract(dy, inner), y),)


softmax_p = primitive(
    "Softmax",
    infer=_infer,
    kernel=in_float32(_softmax_kernel),
    vjp=_softmax_vjp,
    lower=reduction("softmax"),
    samples=_samples,
)


def _log_softmax_vjp(ctx: Any, dy: Any) -> Any:
    total = reduce_sum(dy, -1, keepdims=True)
    return (subtract(dy, multiply(exponentials.exp(ctx.outputs[0]), total)),)


log_softmax_p = primitive(
    "LogSoftmax",
    infer=_infer,
    kernel=in_float32(_log_softmax_kernel),
    vjp=_log_softmax_vjp,
    lower=reduction("log_softmax"),
    samples=_samples,
)


def _along(prim: Any, logits: Any, axis: Any) -> Any:
    """Applies a primitive for the last axis along another one."""
    x = convert(logits)
    if axis is None:
        axis = -1
    rank = x.shape.ndims
    if rank is None or axis == -1:
        return apply(prim, x)
    if rank == 0:
        return apply(prim, x)  # refuses
    if not -rank <= axis < rank:
        raise InvalidArgumentError(
            None,
            None,
            f"{prim.name}: `dim` must be in the range [{-rank}, {rank}) where {rank} is the number "
            f"of dimensions in the input. Received: dim={axis} [Op:{prim.name}]",
        )
    axis = int(axis) % rank
    if axis == rank - 1:
        return apply(prim, x)
    order = [*range(axis), rank - 1, *range(axis + 1, rank - 1), axis]
    return dimensions.transpose(apply(prim, dimensions.transpose(x, order)), order)


@export("nn.softmax", "math.softmax")
def softmax(logits: Any, axis: Any = None, name: str | None = None) -> Any:
    """Computes `exp(logits) / sum(exp(logits))` along an axis.

    Args:
      logits: tensor of rank 1 or more and a floating dtype.
      axis: the axis along which the results sum to 1; None for the last.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `logits`.

    Raises:
      tf.errors.InvalidArgumentError: for a scalar, another dtype, or an axis out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.softmax([0.0, 0.0]).numpy()
      array([0.5, 0.5], dtype=float32)
    """
    return _along(softmax_p, logits, axis)


@export("nn.log_softmax", "math.log_softmax")
def log_softmax(logits: Any, axis: Any = None, name: str | None = None) -> Any:
    """Computes `logits - log(sum(exp(logits)))` along an axis.

    Args:
      logits: tensor of rank 1 or more and a floating dtype.
      axis: the axis along which the results' exponentials sum to 1; None for the last.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `logits`.

    Raises:
      tf.errors.InvalidArgumentError: for a scalar, another dtype, or an axis out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.log_softmax([0.0, 0.0]).numpy()
      array([-0.6931472, -0.6931472], dtype=float32)
    """
    return _along(log_softmax_p, logits, axis)


def _is_zero(dy: Any) -> bool:
    """Whether a cotangent adds nothing: the loss alone was used, as nearly always."""
    return isinstance(dy, EagerTensor) and not dy._array.any()


def _by_backprop(features: Any, dback: Any) -> Any:
    """Cotangent of the features through the second output, `softmax(features) - labels`."""
    y = softmax(features)
    inner = reduce_sum(multiply(dback, y), -1, keepdims=True)
    return multiply(subtract(dback, inner), y)


def _dense_infer(features: Spec, labels: Spec) -> tuple[Spec, Spec]:
    require_same_dtype(features, labels)
    require_dtype(features, dtypes.FLOATING, "features")
    shape = broadcast(features.shape, labels.shape)
    if shape is None:
        shape = (None, None)
    if len(shape) != 2:
        reject(
            "features and labels: expected shapes that broadcast to rank 2; received "
            f"{shape_text(features.shape)} and {shape_text(labels.shape)}"
        )
    return Spec(features.dtype, shape[:1]), Spec(features.dtype, shape)


def _dense_kernel(features: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    dtype = features.dtype
    if dtype.itemsize == 2:
        features, labels = features.astype(np.float32), labels.astype(np.float32)
    shape = np.broadcast_shapes(features.shape, labels.shape)
    logits = _shifted(np.broadcast_to(features, shape))
    back = np.exp(logits)
    total = np.add.reduce(back, axis=-1, keepdims=True)
    logits -= np.log(total)
    back /= total
    back -= labels
    logits *= labels
    loss = -np.add.reduce(logits, axis=-1)
    return loss.astype(dtype, copy=False), back.astype(dtype, copy=False)


def _dense_samples(draw: Draw) -> Iterable[Sample]:
    for dtype in sorted(dtypes.FLOATING, key=lambda d: d.name):
        labels = draw.reals(3, 4, low=0, high=1, dtype=dtypes.float64)
        labels = (labels / labels.sum(-1, keepdims=True)).astype(
            dtype.np
        )  # what TensorFlow assumes
        yield Sample(draw.reals(3, 4, dtype=dtype), labels, grad=dtype.size >= 4)
    odd = np.array([[np.nan, 1], [np.inf, 1], [-np.inf, 1], [1e38, -1e38], [0, 0]], np.float32)
    given = np.array([[1, 0], [0, 1], [0.5, 0.5], [0, 1], [0, 0]], np.float32)
    yield Sample(odd, given, grad=False)
    for a, b in (((2, 3), (1, 3)), ((1, 3), (2, 3)), ((0, 3), (0, 3)), ((2, 0), (2, 0))):
        yield Sample(draw.reals(*a), draw.reals(*b, low=0, high=1), grad=False)


def _dense_vjp(ctx: Any, dloss: Any, dback: Any) -> Any:
    features, labels = ctx.inputs
    column = dimensions.expand_dims(dloss, -1)
    by_features = by_labels = None
    if ctx.needs[0]:
        by_features = multiply(column, ctx.outputs[1])
        if not _is_zero(dback):
            by_features = add(by_features, _by_backprop(features, dback))
        by_features = sum_to_shape_of(by_features, features)
    if ctx.needs[1]:
        by_labels = negative(multiply(column, log_softmax(features)))
        if not _is_zero(dback):
            by_labels = subtract(by_labels, dback)
        by_labels = sum_to_shape_of(by_labels, labels)
    return by_features, by_labels


softmax_cross_entropy_p = primitive(
    "SoftmaxCrossEntropyWithLogits",
    infer=_dense_infer,
    kernel=_dense_kernel,
    vjp=_dense_vjp,
    lower=reduction("softmax_cross_entropy"),
    samples=_dense_samples,
)


def _sparse_infer(features: Spec, labels: Spec) -> tuple[Spec, Spec]:
    require_dtype(features, dtypes.FLOATING, "features")
    require_dtype(labels, dtypes.INDEX, "labels")
    require_rank(features, 2, "features")
    require_rank(labels, 1, "labels")
    shape = (None, None) if features.shape is None else features.shape
    if shape[1] == 0:
        reject(f"features: expected at least one class; received shape {shape_text(shape)}")
    rows = merge_dims(shape[:1], labels.shape, "labels")
    assert rows is not None
    return Spec(features.dtype, rows), Spec(features.dtype, (*rows, shape[1]))


def _sparse_kernel(features: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    dtype = features.dtype
    classes = features.shape[1]
    # As unsigned numbers the negative ones are too large: one pass instead of two.
    if labels.size and int(labels.view(f"u{labels.itemsize}").max()) >= classes:
        wrong = (labels < 0) | (labels >= classes)
        reject(f"labels: expected values in the range [0, {classes}); received {labels[wrong][0]}")
    if dtype.itemsize == 2:
        features = features.astype(np.float32)
    logits = _shifted(features)
    back = np.exp(logits)
    total = np.add.reduce(back, axis=-1)
    rows = np.arange(len(labels))
    loss = np.log(total) - logits[rows, labels]
    back /= total[:, None]
    back[rows, labels] -= 1
    return loss.astype(dtype, copy=False), back.astype(dtype, copy=False)


def _sparse_samples(draw: Draw) -> Iterable[Sample]:
    for dtype in sorted(dtypes.FLOATING, key=lambda d: d.name):
        for index in (dtypes.int32, dtypes.int64):
            labels = draw.ints(3, high=4, dtype=index)
            yield Sample(draw.reals(3, 4, dtype=dtype), labels, grad=dtype.size >= 4)
    odd = np.array([[np.nan, 1], [np.inf, 1], [-np.inf, 1], [1e38, -1e38], [0, 0]], np.float32)
    yield Sample(odd, np.array([0, 1, 0, 1, 1], np.int32), grad=False)
    yield Sample(draw.reals(0, 3), draw.ints(0), grad=False)


def _sparse_vjp(ctx: Any, dloss: Any, dback: Any) -> Any:
    by_features = multiply(dimensions.expand_dims(dloss, -1), ctx.outputs[1])
    if not _is_zero(dback):
        by_features = add(by_features, _by_backprop(ctx.inputs[0], dback))
    return by_features, None


sparse_softmax_cross_entropy_p = primitive(
    "SparseSoftmaxCrossEntropyWithLogits",
    infer=_sparse_infer,
    kernel=_sparse_kernel,
    vjp=_sparse_vjp,
    lower=reduction("sparse_softmax_cross_entropy"),
    samples=_sparse_samples,
)


@export("nn.softmax_cross_entropy_with_logits")
def softmax_cross_entropy_with_logits(
    labels: Any, logits: Any, axis: Any = -1, name: str | None = None
) -> Any:
    """Cross-entropy between given distributions over classes and those that logits stand for.

    Args:
      labels: distributions `[..., classes]`, which should sum to 1; cast to the dtype of `logits`.
      logits: `[..., classes]`, a floating dtype.
      axis: the axis of the classes.
      name: ignored in eager mode.

    Returns:
      The losses, of the shape of `logits` without `axis`, and its dtype. Gradients flow to both
      arguments.

    Raises:
      tf.errors.InvalidArgumentError: when shapes don't go together or an axis is out of range.
      ValueError: when an argument is None.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.softmax_cross_entropy_with_logits(labels=[[1.0, 0.0]], logits=[[1.0, 2.0]]).numpy()
      array([1.3132617], dtype=float32)
    """
    x = convert(logits)
    z = casting.cast(convert(labels), x.dtype)
    rank = x.shape.ndims
    if rank is None:
        raise ValueError("logits: expected a known rank")
    if not rank or not -rank <= axis < rank:
        raise refuse(
            "SoftmaxCrossEntropyWithLogits",
            f"axis: expected a dimension in the range [{-rank}, {rank}); received {axis}",
        )
    axis = int(axis) % rank
    if axis != rank - 1:
        order = [*range(axis), *range(axis + 1, rank), axis]
        x, z = dimensions.transpose(x, order), dimensions.transpose(z, order)
    if rank == 2 and z.shape.ndims == 2:
        return apply(softmax_cross_entropy_p, x, z)[0]
    outer = shaping.shape(x)[:-1]
    return shaping.reshape(apply(softmax_cross_entropy_p, _rows(x), _rows(z))[0], outer)


def _rows(x: Any) -> Any:
    """All but the last axis folded into one."""
    return shaping.reshape(x, concat([[-1], shaping.shape(x)[-1:]], 0))


@export("nn.sparse_softmax_cross_entropy_with_logits")
def sparse_softmax_cross_entropy_with_logits(
    labels: Any, logits: Any, name: str | None = None
) -> Any:
    """Cross-entropy between given classes and the distributions that logits stand for.

    Args:
      labels: classes `[...]`, int32 or int64, each in `[0, classes)`.
      logits: `[..., classes]`, a floating dtype.
      name: ignored in eager mode.

    Returns:
      The losses, of the shape of `labels` and the dtype of `logits`.

    Raises:
      ValueError: when an argument is None, or the shapes don't go together.
      tf.errors.InvalidArgumentError: when a label is out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[1], logits=[[1.0, 2.0]]).numpy()
      array([0.3132617], dtype=float32)
    """
    if labels is None or logits is None:
        raise ValueError(
            "Both `labels` and `logits` must be provided for "
            f"sparse_softmax_cross_entropy_with_logits. Received: labels={labels} and "
            f"logits={logits}"
        )
    z, x = convert(labels), convert(logits)
    if type(z) is EagerTensor and type(x) is EagerTensor and x._array.ndim == 2:
        if x._array.shape[:1] == z._array.shape:
            return apply(sparse_softmax_cross_entropy_p, x, z)[0]
    rank = x.shape.ndims
    if rank == 0:
        raise ValueError(f"`logits` cannot be a scalar. Received logits={x}")
    if rank is not None and z.shape.ndims is not None and z.shape.ndims != rank - 1:
        raise ValueError(
            "`labels.shape.rank` must equal `logits.shape.rank - 1`. Received: "
            f"labels.shape={z.shape} of rank {z.shape.ndims} and "
            f"logits.shape={x.shape} of rank {rank}"
        )
    if rank is not None and not z.shape.is_compatible_with(x.shape[:-1]):
        raise ValueError(
            "`labels.shape` must equal `logits.shape` except for the last dimension. Received: "
            f"labels.shape={z.shape} and logits.shape={x.shape}"
        )
    if rank == 2:
        return apply(sparse_softmax_cross_entropy_p, x, z)[0]
    losses = apply(sparse_softmax_cross_entropy_p, _rows(x), shaping.reshape(z, [-1]))[0]
    return shaping.reshape(losses, shaping.shape(z))
