"""Counts of integers as sparse tensors, and edit distances."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ops.host_functions import on_host
from tapeflow.engine.ops.ragged.conversions import is_ragged
from tapeflow.engine.ops.sparse.coordinates import Array, made, numbered, parts, refuse
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.sparse_tensor import SparseTensor, SparseTensorValue
from tapeflow.engine.runtime.tensor import EagerTensor


def _rows_and_numbers(values: Any, axis: Any) -> tuple[Array, Array, Any]:
    """The row of each number, the numbers, and how many rows there are (None for one vector)."""
    if isinstance(values, SparseTensor):
        indices, inner, shape = parts(values)
        flat = inner._array
        if axis == 0 or len(shape) == 1:
            return np.zeros(len(flat), np.int64), flat, None
        return indices[:, 0], flat, shape[0]
    if is_ragged(values):
        flat = values.flat_values._array
        if axis == 0:
            return np.zeros(len(flat), np.int64), flat, None
        return values._partition.row_ids, flat, values._partition.count
    array = values._array
    if axis == 0 or array.ndim == 1:
        return np.zeros(array.size, np.int64), array.reshape(-1), None
    rows = np.repeat(np.arange(len(array)), array.shape[1])
    return rows, array.reshape(-1), len(array)


@export("sparse.bincount")
@on_host("SparseCountSparseOutput")
def bincount(
    values: Any,
    weights: Any = None,
    axis: Any = 0,
    minlength: Any = None,
    maxlength: Any = None,
    binary_output: bool = False,
    name: str | None = None,
) -> Any:
    """Counts how often each number occurs; only numbers that occur have a value.

    Args:
      values: int tensor, `tf.RaggedTensor` or `tf.SparseTensor` of rank 1 or 2.
      weights: what each number counts, of the form of `values`; by default 1.
      axis: 0 to count over all, -1 for each row.
      minlength: the least number of bins.
      maxlength: the greatest number of bins; numbers from there on are left out.
      binary_output: whether a number that occurs counts 1, however often.
      name: ignored in eager mode.

    Returns:
      A `tf.SparseTensor` `[bins]` or `[rows, bins]`.

    Raises:
      ValueError: for another axis.
      tf.errors.InvalidArgumentError: for negative numbers.

    Example:
      >>> import tapeflow as tf
      >>> tf.sparse.bincount([1, 1, 3]).values.numpy()
      array([2, 1], dtype=int32)
    """
    if axis is None:
        axis = 0
    if axis not in (0, -1):
        raise ValueError(
            f"Unsupported value for argument axis={axis}. Only 0 and -1 are currently supported."
        )
    if isinstance(values, SparseTensorValue):
        values = SparseTensor.from_value(values)
    composite = isinstance(values, SparseTensor) or is_ragged(values)
    tensor = values if composite else convert(values)
    rows, numbers, count = _rows_and_numbers(tensor, axis)
    if weights is not None and binary_output:
        raise ValueError("Arguments `binary_output` and `weights` are mutually exclusive.")
    if (numbers < 0).any():
        raise refuse("DenseCountSparseOutput", "Input values must all be non-negative")
    each: Array | None = None
    if weights is not None:
        weighed = isinstance(weights, SparseTensor) or is_ragged(weights)
        held = weights if weighed else convert(weights)
        each = _rows_and_numbers(held, axis)[1]
        if len(each) != len(numbers):
            raise refuse("DenseCountSparseOutput", "Weights and values must have the same shape.")
    bins = int(numbers.max()) + 1 if len(numbers) else 0
    if maxlength is not None:
        inside = numbers < int(maxlength)
        rows, numbers = rows[inside], numbers[inside]
        each = None if each is None else each[inside]
        bins = min(bins, int(maxlength))
    bins = max(bins, 0 if minlength is None else int(minlength))
    shape = (1 if count is None else count, bins)
    places = np.stack([rows, numbers.astype(np.int64)], 1).astype(np.int64)
    found, inverse = np.unique(numbered(places, shape), return_inverse=True)
    kind = np.int64 if isinstance(tensor, SparseTensor) else np.int32
    if binary_output:
        counts: Array = np.ones(len(found), kind)
    elif each is None:
        counts = np.bincount(inverse, minlength=len(found)).astype(kind)
    else:
        counts = np.zeros(len(found), each.dtype)
        np.add.at(counts, inverse, each)
    if tensor.dtype not in dtypes.INDEX:
        raise refuse(
            "DenseCountSparseOutput", f"values: expected integers; received {tensor.dtype.name}"
        )
    line = np.stack(np.divmod(found, max(bins, 1)), 1)
    if count is None:
        return made(line[:, 1:], EagerTensor(counts), (bins,))
    return made(line, EagerTensor(counts), shape)


def _distance(a: list[Any], b: list[Any]) -> int:
    """How many insertions, deletions and replacements it takes (Wagner and Fischer, 1974)."""
    previous = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        current = [i]
        for j, y in enumerate(b, 1):
            current.append(min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (x != y)))
        previous = current
    return previous[-1]


@export("edit_distance")
@on_host("EditDistance")
def edit_distance(
    hypothesis: Any, truth: Any, normalize: bool = True, name: str = "edit_distance"
) -> Any:
    """The Levenshtein distance between sequences.

    Args:
      hypothesis: `tf.SparseTensor` whose last dimension runs along the sequences.
      truth: `tf.SparseTensor` of the same rank and dtype.
      normalize: whether distances are divided by the length of the true sequence.
      name: ignored in eager mode.

    Returns:
      A float32 tensor of one rank less; infinity for a true sequence without elements, where
      normalized, unless the other is empty, too.

    Raises:
      TypeError: when an argument is no sparse tensor.
      tf.errors.InvalidArgumentError: when ranks differ.

    Example:
      >>> import tapeflow as tf
      >>> a = tf.SparseTensor([[0, 0], [0, 1]], ["a", "b"], [1, 2])
      >>> b = tf.SparseTensor([[0, 0], [0, 1]], ["a", "c"], [1, 2])
      >>> tf.edit_distance(a, b).numpy()
      array([0.5], dtype=float32)
    """
    rows = []
    for value, argument in ((hypothesis, "Hypothesis"), (truth, "Truth")):
        if not isinstance(value, (SparseTensor, SparseTensorValue)):
            raise TypeError(f"{argument} must be a SparseTensor.")
        indices, values, shape = parts(SparseTensor.from_value(value))
        lists: dict[tuple[int, ...], list[Any]] = {}
        for place, item in zip(indices[:, :-1].tolist(), values._array.tolist(), strict=True):
            lists.setdefault(tuple(place), []).append(item)
        rows.append((lists, shape))
    (said, shape), (true, true_shape) = rows
    if len(shape) != len(true_shape) or len(shape) < 2:
        raise refuse(
            "EditDistance", f"expected equal ranks of 2 or more; received {shape}, {true_shape}"
        )
    out = np.zeros(
        [max(m, n) for m, n in zip(shape[:-1], true_shape[:-1], strict=True)], np.float32
    )
    for place in {*said, *true}:
        a, b = said.get(place, []), true.get(place, [])
        distance = np.float32(_distance(a, b))
        if normalize:
            distance = distance / np.float32(len(b)) if b else np.float32(np.inf if a else 0)
        out[place] = distance
    return EagerTensor(out)
