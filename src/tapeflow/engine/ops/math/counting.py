"""Counts of integers: histograms over bins 0, 1, 2, ... and confusion matrices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    reads_values,
    reject,
    reject_values,
    require_dtype,
    require_rank,
    require_same_dtype,
    shape_text,
)
from tapeflow.engine.ir.primitive import NOT_DIFFERENTIABLE, indexed, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.math.arithmetic import add
from tapeflow.engine.ops.math.casting import cast
from tapeflow.engine.ops.math.extrema import maximum, minimum
from tapeflow.engine.ops.math.folds import reduce_max
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import Tensor

_WEIGHTS = frozenset({dtypes.int32, dtypes.int64, dtypes.float32, dtypes.float64})


@reads_values(1)
def _infer(input: Spec, size: Spec, weights: Spec, binary_output: bool) -> Spec:
    require_dtype(input, dtypes.INDEX)
    require_same_dtype(input, size)
    require_dtype(weights, _WEIGHTS, "weights")
    require_rank(input, (0, 1, 2))
    require_rank(size, 0, "size")
    bins = None if size.value is None else int(size.value)
    if bins is not None and bins < 0:
        reject(f"size: expected a number >= 0; received {bins}")
    if weights.shape is not None and input.shape is not None and 0 not in weights.shape:
        known = None not in weights.shape and None not in input.shape
        if known and weights.shape != input.shape:
            reject_values(
                f"weights: expected shape {shape_text(input.shape)} or no elements; received "
                f"{shape_text(weights.shape)}"
            )
    if input.shape is None:
        return Spec(weights.dtype, None)
    return Spec(weights.dtype, (*input.shape[:-1], bins))


def _kernel(
    input: np.ndarray, size: np.ndarray, weights: np.ndarray, binary_output: bool
) -> np.ndarray:
    bins = int(size)
    rows = input.reshape(-1, input.shape[-1]) if input.ndim == 2 else input.reshape(1, -1)
    if rows.size and rows.min() < 0:
        reject(f"input: expected numbers >= 0; received {rows.min()}")
    out = np.zeros((len(rows), bins), weights.dtype)
    inside = rows < bins
    line = np.broadcast_to(np.arange(len(rows))[:, None], rows.shape)[inside]
    where = (line, rows[inside])
    if binary_output:
        out[where] = 1
    elif weights.size:
        np.add.at(out, where, weights.reshape(rows.shape)[inside])
    else:
        np.add.at(out, where, weights.dtype.type(1))
    return out if input.ndim == 2 else out[0]


def _samples(draw: Draw) -> Iterator[Sample]:
    five = np.array(5, np.int32)
    none = np.zeros(0, np.float32)
    for dtype in sorted(_WEIGHTS, key=lambda d: d.name):
        weights = draw.reals(6, low=0, dtype=dtype)
        yield Sample(draw.ints(6, high=7), five, weights, binary_output=False)
    yield Sample(draw.ints(6, high=7), five, none, binary_output=False)
    yield Sample(draw.ints(2, 6, high=7), five, none, binary_output=True)
    yield Sample(draw.ints(2, 3, high=7), five, draw.reals(2, 3), binary_output=False)
    yield Sample(draw.ints(4, dtype=dtypes.int64), np.array(3, np.int64), none, binary_output=False)
    yield Sample(np.zeros(0, np.int32), five, none, binary_output=False)


dense_bincount_p = primitive(
    "DenseBincount",
    infer=_infer,
    kernel=_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=indexed("scatter_add"),
    samples=_samples,
)


@export("math.bincount")
def bincount(
    arr: Any,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: Any = dtypes.int32,
    name: str | None = None,
    axis: Any = None,
    binary_output: bool = False,
) -> Any:
    """Counts how often each of the numbers 0, 1, 2, ... occurs.

    Args:
      arr: int32 or int64 tensor of numbers >= 0, of rank 2 at most when `axis` is -1.
      weights: what each occurrence counts, of the shape of `arr`; 1 by default.
      minlength: the least number of bins.
      maxlength: the greatest number of bins; larger numbers are not counted.
      dtype: dtype of the result when there are no weights.
      name: ignored in eager mode.
      axis: None or 0 counts over the whole tensor, -1 in each row.
      binary_output: whether bins tell only that their number occurs (1 or 0).

    Returns:
      A tensor `[bins]`, or `[rows, bins]` for `axis=-1` and rank 2; of the dtype of `weights`, or
      `dtype`.

    Raises:
      ValueError: for another `axis`.
      tf.errors.InvalidArgumentError: for negative numbers, or weights of another shape.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.bincount([1, 1, 2, 3, 2]).numpy()
      array([0, 2, 2, 1], dtype=int32)
    """
    from tapeflow.engine.ops.array import dimensions, shaping
    from tapeflow.engine.ops.array.selection import where
    from tapeflow.engine.ops.math.comparison import equal

    if not isinstance(arr, Tensor):
        arr = convert(arr, hint=dtypes.int32)
        if arr.dtype.is_floating:
            arr = cast(arr, dtypes.int32)
    if isinstance(axis, Tensor):
        axis = None if static_value(axis) is None else int(static_value(axis))
    if axis not in (None, 0, -1):
        raise ValueError(
            f"Unsupported value for argument axis={axis}. Only 0 and -1 are currently supported."
        )
    flat = getattr(arr, "flat_values", arr)  # of a ragged tensor
    if flat is not arr and axis != -1:
        arr, weights = flat, getattr(weights, "flat_values", weights)
    empty = 0 in (flat.shape.as_list() if flat.shape.ndims else ())
    if empty:
        bins = convert(0, arr.dtype)
    elif flat.shape.is_fully_defined():
        bins = add(reduce_max(arr), 1)
    else:
        none = equal(dimensions.size(flat), 0)
        bins = where(none, convert(0, arr.dtype), add(maximum(reduce_max(arr), -1), 1))
    if minlength is not None:
        bins = maximum(bins, convert(minlength, arr.dtype))
    if maxlength is not None:
        bins = minimum(bins, convert(maxlength, arr.dtype))
    if weights is None:
        weights = convert(np.zeros(0, as_dtype(dtype).np))
    else:
        weights = convert(weights)
    if axis != -1:
        arr = shaping.reshape(arr, [-1])
        if 0 not in (weights.shape.as_list() or (1,)):
            weights = shaping.reshape(weights, [-1])
    return apply(dense_bincount_p, arr, bins, weights, binary_output=bool(binary_output))


@export("math.confusion_matrix")
def confusion_matrix(
    labels: Any,
    predictions: Any,
    num_classes: Any = None,
    weights: Any = None,
    dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Any:
    """Counts how often each class (row) was predicted as each class (column).

    Args:
      labels: the true classes, integers >= 0, `[n]`.
      predictions: the predicted classes, `[n]`.
      num_classes: the number of classes; by default one more than the greatest that occurs.
      weights: what each prediction counts, `[n]`; 1 by default.
      dtype: dtype of the result.
      name: ignored in eager mode.

    Returns:
      A tensor `[num_classes, num_classes]`.

    Raises:
      ValueError: when the shape of `weights` differs from that of `predictions`.
      tf.errors.InvalidArgumentError: for negative classes, or ones beyond `num_classes`.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.confusion_matrix([1, 2, 2], [1, 1, 2]).numpy()
      array([[0, 0, 0],
             [0, 1, 0],
             [0, 1, 1]], dtype=int32)
    """
    from tapeflow.engine.ops.array import creation, joining, scattering

    labels, predictions = convert(labels), convert(predictions)
    labels, predictions = _squeezed_alike(labels, predictions)
    labels, predictions = cast(labels, dtypes.int64), cast(predictions, dtypes.int64)
    _reject_negative(labels, "labels")
    _reject_negative(predictions, "predictions")
    if num_classes is None:
        classes = add(maximum(reduce_max(predictions), reduce_max(labels)), 1)
    else:
        classes = cast(convert(num_classes), dtypes.int64)
    target = as_dtype(dtype)
    if weights is None:
        counts = creation.ones_like(predictions, dtype=target)
    else:
        counts = convert(weights)
        predictions.shape.assert_is_compatible_with(counts.shape)
        counts = cast(counts, target)
    places = joining.stack([labels, predictions], axis=1)
    return scattering.scatter_nd(places, counts, joining.stack([classes, classes]))


def _squeezed_alike(a: Any, b: Any) -> tuple[Any, Any]:
    """Removes a last dimension of 1 from the one that has a dimension more than the other."""
    from tapeflow.engine.ops.array.dimensions import squeeze

    m, n = a.shape.ndims, b.shape.ndims
    if m is None or n is None:
        return a, b
    if m == n + 1 and a.shape[-1] == 1:
        a = squeeze(a, [-1])
    elif n == m + 1 and b.shape[-1] == 1:
        b = squeeze(b, [-1])
    return a, b


def _reject_negative(classes: Tensor, argument: str) -> None:
    # While a function is traced nothing is known yet; the scatter below rejects them at run time.
    known = static_value(classes)
    if known is not None and known.size and known.min() < 0:
        reject(f"confusion_matrix: {argument}: expected no negative values; received {known.min()}")
