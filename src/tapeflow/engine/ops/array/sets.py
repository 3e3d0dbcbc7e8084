"""Sets along the last dimension of tensors: `tf.sets`."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    merge_dims,
    reads_values,
    reject,
    require_dtype,
    require_rank,
    require_same_dtype,
    shape_text,
)
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Dims, Spec
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.sparse_tensor import SparseTensor

OPERATIONS = ("a-b", "b-a", "intersection", "union")
_VALUES = frozenset(
    (
        dtypes.int8,
        dtypes.int16,
        dtypes.int32,
        dtypes.int64,
        dtypes.uint8,
        dtypes.uint16,
        dtypes.string,
    )
)

Groups = dict[tuple[int, ...], set[Any]]


def _outputs(dtype: Any, rank: int | None) -> tuple[Spec, Spec, Spec]:
    return (
        Spec(dtypes.int64, (None, rank)),
        Spec(dtype, (None,)),
        Spec(dtypes.int64, (rank,)),
    )


def _check(a: Spec, b: Spec, set_operation: str) -> None:
    require_same_dtype(a, b)
    require_dtype(a, _VALUES, "set1")
    if set_operation not in OPERATIONS:
        reject(f"set_operation: expected one of {OPERATIONS}; received {set_operation!r}")


def _lead(shape: Dims | None, argument: str) -> Dims | None:
    if shape is None:
        return None
    if len(shape) < 2:
        reject(f"{argument}: expected rank >= 2; received shape {shape_text(shape)}")
    return shape[:-1]


def _sparse_dims(spec: Spec) -> Dims | None:
    if spec.value is not None:
        return tuple(spec.value.tolist())
    return None if spec.shape is None or spec.shape[0] is None else (None,) * spec.shape[0]


def _groups_of_dense(x: np.ndarray) -> Groups:
    return {place: {*x[place].tolist()} for place in np.ndindex(x.shape[:-1])}


def _groups_of_sparse(indices: np.ndarray, values: np.ndarray, in_order: bool) -> Groups:
    groups: Groups = {}
    places = indices.tolist()
    if in_order and any(a >= b for a, b in pairwise(places)):
        reject(f"set_indices: expected each place once, in row-major order; received {places}")
    for place, value in zip(places, values.tolist(), strict=True):
        groups.setdefault(tuple(place[:-1]), set()).add(value)
    return groups


def _operate(
    a: Groups, b: Groups, lead: tuple[int, ...], dtype: np.dtype[Any], set_operation: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    indices: list[tuple[int, ...]] = []
    values: list[Any] = []
    most = 0
    for place in sorted({*a, *b}):
        x, y = a.get(place, set()), b.get(place, set())
        if set_operation == "a-b":
            found = x - y
        elif set_operation == "b-a":
            found = y - x
        else:
            found = x & y if set_operation == "intersection" else x | y
        most = max(most, len(found))
        for i, value in enumerate(sorted(found)):
            indices.append((*place, i))
            values.append(value)
    cells = np.empty(len(values), dtype)
    cells[:] = values
    places = np.array(indices, np.int64).reshape(len(indices), len(lead) + 1)
    return places, cells, np.array([*lead, most], np.int64)


def _dense_infer(set1: Spec, set2: Spec, set_operation: str, validate_indices: bool) -> Any:
    _check(set1, set2, set_operation)
    lead = merge_dims(_lead(set1.shape, "set1"), _lead(set2.shape, "set2"), "set2: groups")
    return _outputs(set1.dtype, None if lead is None else len(lead) + 1)


def _dense_kernel(
    set1: np.ndarray, set2: np.ndarray, set_operation: str, validate_indices: bool
) -> Any:
    a, b = _groups_of_dense(set1), _groups_of_dense(set2)
    return _operate(a, b, set1.shape[:-1], set1.dtype, set_operation)


def _dense_samples(draw: Draw) -> Iterable[Sample]:
    for operation in OPERATIONS:
        for shape, other in (((2, 4), (2, 3)), ((1, 2, 3), (1, 2, 2)), ((2, 0), (2, 2))):
            a, b = draw.ints(*shape, high=5), draw.ints(*other, high=5)
            yield Sample(a, b, set_operation=operation, validate_indices=True, grad=False)


dense_to_dense_p = primitive(
    "DenseToDenseSetOperation",
    infer=_dense_infer,
    kernel=_dense_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_dense_samples,
)


@reads_values(3)
def _mixed_infer(
    set1: Spec, indices: Spec, values: Spec, shape: Spec, set_operation: str, validate_indices: bool
) -> Any:
    _check(set1, values, set_operation)
    require_rank(values, 1, "set2_values")
    lead = _lead(set1.shape, "set1")
    lead = merge_dims(lead, _lead(_sparse_dims(shape), "set2_shape"), "set2: groups")
    return _outputs(set1.dtype, None if lead is None else len(lead) + 1)


def _mixed_kernel(
    set1: np.ndarray,
    indices: np.ndarray,
    values: np.ndarray,
    shape: np.ndarray,
    set_operation: str,
    validate_indices: bool,
) -> Any:
    a, b = _groups_of_dense(set1), _groups_of_sparse(indices, values, validate_indices)
    return _operate(a, b, set1.shape[:-1], set1.dtype, set_operation)


def _sparse_set(draw: Draw) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    indices = np.array([[0, 0], [0, 1], [2, 0]], np.int64)
    return indices, draw.ints(3, high=4), np.array([3, 2], np.int64)


def _mixed_samples(draw: Draw) -> Iterable[Sample]:
    for operation in OPERATIONS:
        dense = draw.ints(3, 2, high=4)
        yield Sample(
            dense, *_sparse_set(draw), set_operation=operation, validate_indices=True, grad=False
        )


dense_to_sparse_p = primitive(
    "DenseToSparseSetOperation",
    infer=_mixed_infer,
    kernel=_mixed_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_mixed_samples,
)


@reads_values(2, 5)
def _sparse_infer(*inputs: Spec, set_operation: str, validate_indices: bool) -> Any:
    _, values, shape, _, others, other_shape = inputs
    _check(values, others, set_operation)
    lead = _lead(_sparse_dims(shape), "set1_shape")
    lead = merge_dims(lead, _lead(_sparse_dims(other_shape), "set2_shape"), "set2: groups")
    return _outputs(values.dtype, None if lead is None else len(lead) + 1)


def _sparse_kernel(*inputs: np.ndarray, set_operation: str, validate_indices: bool) -> Any:
    indices, values, shape, other_indices, others, _ = inputs
    a = _groups_of_sparse(indices, values, validate_indices)
    b = _groups_of_sparse(other_indices, others, validate_indices)
    return _operate(a, b, tuple(shape[:-1].tolist()), values.dtype, set_operation)


def _sparse_samples(draw: Draw) -> Iterable[Sample]:
    for operation in OPERATIONS:
        both = (*_sparse_set(draw), *_sparse_set(draw))
        yield Sample(*both, set_operation=operation, validate_indices=True, grad=False)


sparse_to_sparse_p = primitive(
    "SparseToSparseSetOperation",
    infer=_sparse_infer,
    kernel=_sparse_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_sparse_samples,
)


@reads_values(2)
def _size_infer(indices: Spec, values: Spec, shape: Spec, validate_indices: bool) -> Spec:
    require_dtype(values, _VALUES, "set_values")
    return Spec(dtypes.int32, _lead(_sparse_dims(shape), "set_shape"))


def _size_kernel(
    indices: np.ndarray, values: np.ndarray, shape: np.ndarray, validate_indices: bool
) -> np.ndarray:
    out = np.zeros(shape[:-1].tolist(), np.int32)
    for place, found in _groups_of_sparse(indices, values, validate_indices).items():
        out[place] = len(found)
    return out


set_size_p = primitive(
    "SetSize",
    infer=_size_infer,
    kernel=_size_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=lambda draw: [Sample(*_sparse_set(draw), validate_indices=True, grad=False)],
)


def _operation(a: Any, b: Any, set_operation: str, validate: bool) -> SparseTensor:
    a, b = [x if isinstance(x, SparseTensor) else convert(x) for x in (a, b)]
    if a.dtype not in _VALUES:
        raise TypeError(f"sets: a: expected integers or strings; received dtype {a.dtype.name}")
    if b.dtype is not a.dtype:
        raise TypeError(
            f"sets: b: expected dtype {a.dtype.name}, that of a; received {b.dtype.name}"
        )
    if isinstance(a, SparseTensor) and not isinstance(b, SparseTensor):
        swapped = {"a-b": "b-a", "b-a": "a-b"}
        return _operation(b, a, swapped.get(set_operation, set_operation), validate)
    attrs = {"set_operation": set_operation, "validate_indices": validate}
    if not isinstance(b, SparseTensor):
        found = apply(dense_to_dense_p, a, b, **attrs)
    else:
        parts = (b.indices, b.values, b.dense_shape)
        if isinstance(a, SparseTensor):
            own = (a.indices, a.values, a.dense_shape)
            found = apply(sparse_to_sparse_p, *own, *parts, **attrs)
        else:
            found = apply(dense_to_sparse_p, a, *parts, **attrs)
    return SparseTensor(*found)


@export("sets.intersection")
def intersection(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """Intersects the sets along the last dimension.

    Args:
      a: tensor or `tf.SparseTensor` of integers or strings, of rank 2 or more.
      b: the like of the same dtype and shape, but for the last dimension.
      validate_indices: whether sparse indices must be in order.

    Returns:
      A `tf.SparseTensor` whose last dimension holds the sets, in ascending order.

    Raises:
      TypeError: for other dtypes.
      tf.errors.InvalidArgumentError: when shapes do not fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.sets.intersection([[1, 2, 3]], [[3, 4, 1]]).values.numpy()
      array([1, 3], dtype=int32)
    """
    return _operation(a, b, "intersection", validate_indices)


@export("sets.union")
def union(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """Unites the sets along the last dimension.

    Args:
      a: tensor or `tf.SparseTensor` of integers or strings, of rank 2 or more.
      b: the like of the same dtype and shape, but for the last dimension.
      validate_indices: whether sparse indices must be in order.

    Returns:
      A `tf.SparseTensor` whose last dimension holds the sets, in ascending order.

    Raises:
      TypeError: for other dtypes.
      tf.errors.InvalidArgumentError: when shapes do not fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.sets.union([[1, 2]], [[2, 3]]).values.numpy()
      array([1, 2, 3], dtype=int32)
    """
    return _operation(a, b, "union", validate_indices)


@export("sets.difference")
def difference(a: Any, b: Any, aminusb: bool = True, validate_indices: bool = True) -> SparseTensor:
    """Takes the elements of one set that are not in the other, along the last dimension.

    Args:
      a: tensor or `tf.SparseTensor` of integers or strings, of rank 2 or more.
      b: the like of the same dtype and shape, but for the last dimension.
      aminusb: whether to take `b` from `a`, or else `a` from `b`.
      validate_indices: whether sparse indices must be in order.

    Returns:
      A `tf.SparseTensor` whose last dimension holds the sets, in ascending order.

    Raises:
      TypeError: for other dtypes.
      tf.errors.InvalidArgumentError: when shapes do not fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.sets.difference([[1, 2, 3]], [[3, 4, 1]]).values.numpy()
      array([2], dtype=int32)
    """
    return _operation(a, b, "a-b" if aminusb else "b-a", validate_indices)


@export("sets.size")
def size(a: Any, validate_indices: bool = True) -> Any:
    """Counts the distinct elements of each set along the last dimension.

    Args:
      a: `tf.SparseTensor` of integers or strings, of rank 2 or more.
      validate_indices: whether sparse indices must be in order.

    Returns:
      An int32 tensor of shape `a.shape[:-1]`.

    Raises:
      TypeError: when `a` is no `tf.SparseTensor`, or of another dtype.

    Example:
      >>> import tapeflow as tf
      >>> tf.sets.size(tf.SparseTensor([[0, 0], [0, 1]], [7, 7], [2, 2])).numpy()
      array([1, 0], dtype=int32)
    """
    if not isinstance(a, SparseTensor):
        raise TypeError(f"Expected `SparseTensor`, got {a}.")
    if a.dtype not in _VALUES:
        raise TypeError(f"sets.size: a: expected integers or strings; received {a.dtype.name}")
    return apply(set_size_p, a.indices, a.values, a.dense_shape, validate_indices=validate_indices)
