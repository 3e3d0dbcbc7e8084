"""Sums, products, extrema and other functions of sparse tensors, elementwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.core.context import state
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.primitive import WRITES
from tapeflow.engine.ops.array import concatenation, gathering
from tapeflow.engine.ops.host_functions import call_on_host, on_host
from tapeflow.engine.ops.math import arithmetic, exponentials, extrema, segments
from tapeflow.engine.ops.sparse.coordinates import (
    Array,
    made,
    numbered,
    parts,
    placed,
    refuse,
    require_inside,
    same_shape,
    take,
    to_sparse,
)
from tapeflow.engine.ops.sparse.dense import to_dense
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.sparse_tensor import SparseTensor, SparseTensorValue
from tapeflow.engine.runtime.tensor import EagerTensor


def _is_sparse(value: Any) -> bool:
    return isinstance(value, (SparseTensor, SparseTensorValue))


@export("sparse.add")
@on_host("SparseAdd")
def add(a: Any, b: Any, threshold: Any = 0) -> Any:
    """Adds sparse tensors, or a sparse tensor and a tensor.

    Args:
      a: `tf.SparseTensor` or tensor.
      b: `tf.SparseTensor` or tensor of the same shape; one of the two must be sparse.
      threshold: sums of two sparse tensors that are smaller in magnitude are left out.

    Returns:
      A `tf.SparseTensor` where both are sparse, else a tensor.

    Raises:
      TypeError: when neither is sparse.
      tf.errors.InvalidArgumentError: when shapes differ.

    Example:
      >>> import tapeflow as tf
      >>> a = tf.SparseTensor([[0], [2]], [1, 2], [3])
      >>> tf.sparse.add(a, a).values.numpy()
      array([2, 4], dtype=int32)
    """
    if not _is_sparse(a) and not _is_sparse(b):
        raise TypeError("At least one input should be SparseTensor; do you mean to use tf.add()?")
    if _is_sparse(a) and _is_sparse(b):
        return _add_sparse(to_sparse(a), to_sparse(b), threshold)
    sp, x = (to_sparse(a), b) if _is_sparse(a) else (to_sparse(b), a)
    x = convert(x, sp.dtype)
    if x.shape.as_list() != list(parts(sp)[2]):
        raise refuse(
            "SparseTensorDenseAdd", f"Shapes do not match: {list(parts(sp)[2])} and {x.shape}"
        )
    return arithmetic.add(to_dense(sp, validate_indices=False), x)


def _union(op: str, a: SparseTensor, b: SparseTensor) -> tuple[Array, Array, Array]:
    """The places of both, in order, and where each one's values go among them."""
    same_shape(op, a, b)
    (ia, _, shape), (ib, _, _) = parts(a), parts(b)
    require_inside(op, ia, shape)
    require_inside(op, ib, shape)
    every = np.concatenate([numbered(ia, shape), numbered(ib, shape)])
    numbers, inverse = np.unique(every, return_inverse=True)
    return placed(numbers, shape), inverse[: len(ia)], inverse[len(ia) :]


def _add_sparse(a: SparseTensor, b: SparseTensor, threshold: Any) -> SparseTensor:
    places, of_a, of_b = _union("SparseAdd", a, b)
    both = concatenation.concat([a.values, b.values], 0)
    ids = EagerTensor(np.concatenate([of_a, of_b]).astype(np.int64))
    sums = segments.unsorted_segment_sum(both, ids, len(places))
    limit = np.asarray(convert(threshold)).real
    if limit > 0:
        rows = np.flatnonzero(np.abs(sums._array) >= limit)
        places, sums = places[rows], take(sums, rows)
    return made(places, sums, parts(a)[2])


def _aligned(op: str, sp_a: Any, sp_b: Any) -> tuple[Array, Any, Any, Any]:
    a, b = to_sparse(sp_a), to_sparse(sp_b)
    places, of_a, of_b = _union(op, a, b)
    spread = []
    for sp, own in ((a, of_a), (b, of_b)):
        rows = np.full(len(places), len(own))  # behind the values stands a zero
        rows[own] = np.arange(len(own))
        zero = EagerTensor(np.zeros(1, sp.dtype.np))
        spread.append(take(concatenation.concat([sp.values, zero], 0), rows))
    return places, spread[0], spread[1], parts(a)[2]


@export("sparse.maximum")
@on_host("SparseSparseMaximum")
def maximum(sp_a: Any, sp_b: Any, name: str | None = None) -> Any:
    """The greater of two sparse tensors, elementwise; where there is no value, 0 is meant.

    Args:
      sp_a: `tf.SparseTensor` of real numbers.
      sp_b: `tf.SparseTensor` of the same shape and dtype.
      name: ignored in eager mode.

    Returns:
      A `tf.SparseTensor` with a value wherever one of them has one.

    Raises:
      tf.errors.InvalidArgumentError: when shapes differ.

    Example:
      >>> import tapeflow as tf
      >>> a = tf.SparseTensor([[0]], [-1], [2])
      >>> b = tf.SparseTensor([[1]], [5], [2])
      >>> tf.sparse.maximum(a, b).values.numpy()
      array([0, 5], dtype=int32)
    """
    places, x, y, shape = _aligned("SparseSparseMaximum", sp_a, sp_b)
    return made(places, extrema.maximum(x, y), shape)


@export("sparse.minimum")
@on_host("SparseSparseMinimum")
def minimum(sp_a: Any, sp_b: Any, name: str | None = None) -> Any:
    """The smaller of two sparse tensors, elementwise; where there is no value, 0 is meant.

    Args:
      sp_a: `tf.SparseTensor` of real numbers.
      sp_b: `tf.SparseTensor` of the same shape and dtype.
      name: ignored in eager mode.

    Returns:
      A `tf.SparseTensor` with a value wherever one of them has one.

    Raises:
      tf.errors.InvalidArgumentError: when shapes differ.

    Example:
      >>> import tapeflow as tf
      >>> a = tf.SparseTensor([[0]], [-1], [2])
      >>> b = tf.SparseTensor([[1]], [5], [2])
      >>> tf.sparse.minimum(a, b).values.numpy()
      array([-1,  0], dtype=int32)
    """
    places, x, y, shape = _aligned("SparseSparseMinimum", sp_a, sp_b)
    return made(places, extrema.minimum(x, y), shape)


@export("sparse.map_values")
def map_values(op: Any, *args: Any, **kwargs: Any) -> Any:
    """Applies a function to the values of sparse tensors.

    Args:
      op: function of vectors that keeps their length.
      *args: arguments; sparse tensors among them are replaced by their values. All of them must
        have values at the same places.
      **kwargs: named arguments, likewise.

    Returns:
      A `tf.SparseTensor` with values at these places.

    Raises:
      ValueError: when no argument is sparse, or the result is no vector of that length.
      tf.errors.InvalidArgumentError: when the places differ.

    Example:
      >>> import tapeflow as tf
      >>> s = tf.SparseTensor([[0], [2]], [1, 2], [3])
      >>> tf.sparse.map_values(tf.add, s, 5).values.numpy()
      array([6, 7], dtype=int32)
    """
    found: list[SparseTensor] = []

    def flat(value: Any) -> Any:
        if isinstance(value, SparseTensor):
            found.append(value)
            return value.values
        if type(value) in (list, tuple):
            return type(value)(flat(v) for v in value)
        if type(value) is dict:
            return {k: flat(v) for k, v in value.items()}
        return value

    args = tuple(flat(a) for a in args)
    kwargs = {k: flat(v) for k, v in kwargs.items()}
    if not found:
        raise ValueError("No SparseTensor in argument list of map_values")
    first = found[0]
    for other in found[1:]:
        _require_same_places(first, other)
    return first.with_values(convert(op(*args, **kwargs)))


def _require_same_places(first: SparseTensor, other: SparseTensor) -> None:
    """Refuses sparse tensors with other coordinates; in a graph when it runs."""

    def check(indices: Any, others: Any) -> list[Any]:
        if not np.array_equal(indices._array, others._array):
            raise refuse("Equal", "the sparse tensors have values at different places")
        return []

    if state.tracer is None:
        check(first.indices, other.indices)
    elif first.indices is not other.indices:
        if not first.indices.shape.is_compatible_with(other.indices.shape):
            raise ValueError(
                f"map_values: indices: expected equal shapes; received {first.indices.shape} and "
                f"{other.indices.shape}"
            )
        places = (first.indices, other.indices)
        call_on_host("Assert", check, places, {}, WRITES, results=[])


@export("sparse.softmax")
@on_host("SparseSoftmax")
def softmax(sp_input: Any, name: str | None = None) -> Any:
    """Softmax over the values of each row (along the last dimension).

    Args:
      sp_input: `tf.SparseTensor` of floats, of rank 2 or more.
      name: ignored in eager mode.

    Returns:
      A `tf.SparseTensor` of the same places.

    Raises:
      AttributeError: when `sp_input` is no sparse tensor.
      tf.errors.InvalidArgumentError: when the rank is below 2.

    Example:
      >>> import tapeflow as tf
      >>> s = tf.SparseTensor([[0, 0], [0, 2]], [1.0, 1.0], [1, 3])
      >>> tf.sparse.softmax(s).values.numpy()
      array([0.5, 0.5], dtype=float32)
    """
    if not _is_sparse(sp_input):
        raise AttributeError(f"'{type(sp_input).__name__}' object has no attribute 'indices'")
    sp = to_sparse(sp_input)
    indices, values, shape = parts(sp)
    if len(shape) < 2:
        raise refuse("SparseSoftmax", f"Input should have rank >= 2, but received shape: {shape}")
    _, rows = np.unique(numbered(indices[:, :-1], shape[:-1]), return_inverse=True)
    count = int(rows.max()) + 1 if len(rows) else 0
    ids = EagerTensor(rows.astype(np.int64))
    greatest = np.full(count, -np.inf, values.dtype.np)
    np.maximum.at(greatest, rows, values._array)
    powers = exponentials.exp(arithmetic.subtract(values, EagerTensor(greatest[rows])))
    sums = segments.unsorted_segment_sum(powers, ids, count)
    return sp.with_values(arithmetic.realdiv(powers, take(sums, rows)))


def with_dense(name: str, function: Callable[..., Any], sp: SparseTensor, other: Any) -> Any:
    """The operator of a sparse tensor and a tensor that broadcasts to its shape."""
    indices, values, shape = parts(sp)
    dense = convert(other, sp.dtype)
    dims = dense.shape.as_list()
    tail = shape[len(shape) - len(dims) :] if len(dims) <= len(shape) else None
    if tail is None or any(d not in (1, n) for d, n in zip(dims, tail, strict=True)):
        raise refuse(
            name,
            "SparseDenseBinaryOpShared broadcasts dense to sparse only; got incompatible shapes: "
            f"[{list(shape)}] vs. [{dims}]",
        )
    if not dims:
        return sp.with_values(function(values, dense))
    places = indices[:, len(shape) - len(dims) :] * np.array([d != 1 for d in dims], np.int64)
    picked = gathering.gather_nd(dense, EagerTensor(places.reshape(len(indices), len(dims))))
    return sp.with_values(function(values, picked))


@on_host("SparseDenseCwiseMul")
def multiply_dense(sp: SparseTensor, other: Any) -> Any:
    """`sp * other`."""
    return with_dense("SparseDenseCwiseMul", arithmetic.multiply, sp, other)


@on_host("SparseDenseCwiseDiv")
def divide_dense(sp: SparseTensor, other: Any) -> Any:
    """`sp / other`."""
    return with_dense("SparseDenseCwiseDiv", arithmetic.truediv, sp, other)
