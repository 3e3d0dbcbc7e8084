"""Derivatives by the tape beside those by differences: what gradient checks compare."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.autodiff.tape import GradientTape
from tapeflow.engine.core.dtypes import DIFFERENTIABLE
from tapeflow.engine.core.export import export
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import EagerTensor

Array = np.ndarray[Any, Any]

STEP = 1.0 / 1024.0  # a power of two: taking it is exact


@export("test.compute_gradient")
def compute_gradient(
    f: Callable[..., Any], x: Any, delta: float | None = None
) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    """Computes the Jacobians of a function twice: by the tape, and by central differences.

    Args:
      f: function of as many tensors as `x` has; gives a tensor.
      x: list or tuple of what can be made floating or complex tensors.
      delta: step of the differences; by default 1/1024.

    Returns:
      A pair of tuples of arrays, by the tape and by differences, one for each tensor in `x`:
      `[size of f's result, size of the tensor]`; complex numbers count as two real ones each.

    Raises:
      ValueError: when `x` is neither a list nor a tuple.
      AssertionError: when a tensor is neither floating nor complex.

    Example:
      >>> import tapeflow as tf
      >>> by_tape, by_differences = tf.test.compute_gradient(lambda x: x * x, [[1.0, 2.0]])
      >>> by_tape[0].tolist(), by_differences[0].tolist()
      ([[2.0, 0.0], [0.0, 4.0]], [[2.0, 0.0], [0.0, 4.0]])
    """
    if not isinstance(x, (list, tuple)):
        raise ValueError(
            f"compute_gradient: x: expected a list or tuple of tensors; received {type(x).__name__}"
        )
    tensors = [convert(t) for t in x]
    for i, t in enumerate(tensors):
        if t.dtype not in DIFFERENTIABLE:
            raise AssertionError(
                f"compute_gradient: x[{i}]: expected a floating or complex dtype; "
                f"received {t.dtype.name}"
            )
    step = STEP if delta is None else delta
    by_tape = [_by_tape(f, tensors, i) for i in range(len(tensors))]
    return tuple(by_tape), tuple(_by_differences(f, tensors, i, step) for i in range(len(tensors)))


def _reals(array: Array) -> Array:
    """The numbers of an array in a row, complex ones as two."""
    flat = np.ascontiguousarray(array).reshape(-1)
    return flat.view(flat.real.dtype) if flat.dtype.kind == "c" else flat


def _units(like: Array) -> list[Array]:
    """Arrays that hold a single one, or the imaginary unit."""
    units = []
    for place in range(like.size):
        for unit in (1, 1j) if like.dtype.kind == "c" else (1,):
            array = np.zeros(like.shape, like.dtype)
            array[np.unravel_index(place, like.shape)] = unit
            units.append(array)
    return units


def _by_tape(f: Callable[..., Any], tensors: list[Any], i: int) -> Array:
    x = tensors[i]
    with GradientTape(persistent=True, watch_accessed_variables=False) as tape:
        tape.watch(x)
        y = convert(f(*tensors))
    columns = _reals(x._array)
    rows = []
    for unit in _units(y._array):
        gradient = tape.gradient(y, x, output_gradients=EagerTensor(unit))
        rows.append(
            np.zeros_like(columns) if gradient is None else _reals(convert(gradient)._array)
        )
    return np.stack(rows) if rows else np.zeros((0, columns.size), columns.dtype)


def _by_differences(f: Callable[..., Any], tensors: list[Any], i: int, step: float) -> Array:
    array = tensors[i]._array
    dtype = _reals(array).dtype

    def value(at: Array) -> Array:
        return _reals(convert(f(*tensors[:i], EagerTensor(at), *tensors[i + 1 :]))._array)

    columns = []
    for unit in _units(array):
        shift = unit * array.dtype.type(step)
        slope = (value(array + shift) - value(array - shift)) / (2 * step)
        columns.append(slope.astype(dtype))
    if columns:
        return np.stack(columns, 1)
    return np.zeros((value(array).size, 0), dtype)
