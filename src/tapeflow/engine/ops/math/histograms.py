"""Histograms over bins of equal width."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType, as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    reads_values,
    reject,
    reject_dtype,
    reject_values,
    require_dtype,
    require_rank,
    require_same_dtype,
)
from tapeflow.engine.ir.primitive import NOT_DIFFERENTIABLE, indexed, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array.arguments import to_input
from tapeflow.engine.ops.math.arithmetic import multiply, subtract, truediv
from tapeflow.engine.ops.math.casting import cast
from tapeflow.engine.ops.math.clipping import clip_by_value
from tapeflow.engine.ops.math.magnitude import floor
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.runtime.dispatch import apply

_BINNED = dtypes.INDEX | {dtypes.float32, dtypes.float64}


@reads_values(1, 2)
def _infer(values: Spec, value_range: Spec, nbins: Spec, dtype: DType) -> Spec:
    require_dtype(values, _BINNED, "values")
    require_same_dtype(values, value_range)
    require_dtype(nbins, {dtypes.int32}, "nbins")
    require_rank(nbins, 0, "nbins")
    require_rank(value_range, 1, "value_range")
    if dtype not in dtypes.INDEX:
        reject_dtype(f"dtype: expected int32 or int64; received {dtype.name}")
    size = None if value_range.shape is None else value_range.shape[0]
    if size is not None and size != 2:
        reject(f"value_range: expected 2 elements; received {size}")
    if value_range.value is not None and not value_range.value[0] < value_range.value[1]:
        reject_values(
            f"value_range: expected increasing limits; received {value_range.value.tolist()}"
        )
    bins = None if nbins.value is None else int(nbins.value)
    if bins is not None and bins <= 0:
        reject(f"nbins: expected a number > 0; received {bins}")
    return Spec(dtype, (bins,))


def _kernel(
    values: np.ndarray, value_range: np.ndarray, nbins: np.ndarray, dtype: DType
) -> np.ndarray:
    bins = int(nbins)
    if np.isnan(values).any():
        reject("values: expected numbers; received NaN")
    low, high = value_range.astype(np.float64).tolist()
    step = (high - low) / bins
    places = np.clip(np.floor((values.reshape(-1) - low) / step), 0, bins - 1)
    return np.bincount(places.astype(np.int64), minlength=bins).astype(dtype.np)


def _samples(draw: Draw) -> Iterator[Sample]:
    five = np.array(5, np.int32)
    for dtype in sorted(_BINNED, key=lambda d: d.name):
        limits = np.array([-1, 2], dtype.np)
        yield Sample(draw.reals(4, 3, dtype=dtype), limits, five, dtype=dtypes.int32)
    empty = np.zeros(0, np.float32)
    yield Sample(empty, np.array([0, 1], np.float32), five, dtype=dtypes.int64)


histogram_fixed_width_p = primitive(
    "HistogramFixedWidth",
    infer=_infer,
    kernel=_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=indexed("scatter_add"),
    samples=_samples,
)


@export("histogram_fixed_width")
def histogram_fixed_width(
    values: Any,
    value_range: Any,
    nbins: Any = 100,
    dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Any:
    """Counts how many values fall into each of `nbins` bins of equal width.

    Args:
      values: tensor of int32, int64, float32 or float64.
      value_range: the lower and the upper limit, `[2]`, of the same dtype; values beyond count in
        the first and last bin.
      nbins: the number of bins.
      dtype: int32 or int64, dtype of the result.
      name: ignored in eager mode.

    Returns:
      A tensor `[nbins]`.

    Raises:
      TypeError: when the limits do not fit the dtype of `values`.
      tf.errors.InvalidArgumentError: for limits that do not increase, `nbins` below 1, or NaN.

    Example:
      >>> import tapeflow as tf
      >>> tf.histogram_fixed_width([-1.0, 0.0, 1.5, 2.0, 5.0, 15.0], [0.0, 5.0], nbins=5).numpy()
      array([2, 1, 1, 0, 2], dtype=int32)
    """
    values = convert(values)
    limits = convert(value_range, values.dtype)
    count = to_input(nbins, dtypes.int32, "HistogramFixedWidth", "nbins")
    return apply(histogram_fixed_width_p, values, limits, count, dtype=as_dtype(dtype))


@export("histogram_fixed_width_bins")
def histogram_fixed_width_bins(
    values: Any,
    value_range: Any,
    nbins: Any = 100,
    dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Any:
    """Finds the bin of equal width that each value falls into.

    Args:
      values: tensor of float32 or float64.
      value_range: the lower and the upper limit, `[2]`, of the same dtype; values beyond get the
        first and last bin.
      nbins: the number of bins.
      dtype: ignored; the result is int32, as TensorFlow's is.
      name: ignored in eager mode.

    Returns:
      An int32 tensor of the shape of `values`.

    Raises:
      tf.errors.InvalidArgumentError: for `nbins` below 1, or integer values.

    Example:
      >>> import tapeflow as tf
      >>> tf.histogram_fixed_width_bins([-1.0, 0.0, 1.5, 2.0, 5.0], [0.0, 5.0], nbins=5).numpy()
      array([0, 0, 1, 2, 4], dtype=int32)
    """
    values = convert(values)
    limits = convert(value_range, values.dtype)
    known = static_value(nbins)
    if known is not None and known <= 0:
        reject(f"nbins: expected a number > 0; received {nbins}")
    count = convert(nbins)
    part = truediv(subtract(values, limits[0]), subtract(limits[1], limits[0]))
    places = floor(multiply(cast(count, values.dtype), part))
    last = subtract(cast(count, places.dtype), 1)
    return cast(clip_by_value(places, 0.0, last), dtypes.int32)
