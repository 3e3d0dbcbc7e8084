"""What operations on sparse tensors share: their arguments, and numbers for coordinates."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.ops.array import gathering, shaping
from tapeflow.engine.runtime.sparse_tensor import SparseTensor, SparseTensorValue
from tapeflow.engine.runtime.tensor import EagerTensor

Array = np.ndarray[Any, Any]


def to_sparse(value: Any) -> SparseTensor:
    """The sparse tensor that `value` is.

    Raises:
      TypeError: when it is none.
    """
    if isinstance(value, SparseTensorValue):
        return SparseTensor.from_value(value)
    if not isinstance(value, SparseTensor):
        raise TypeError("Input must be a SparseTensor.")
    return value


def parts(sp: SparseTensor) -> tuple[Array, Any, tuple[int, ...]]:
    """The indices as an array, the values, and the shape."""
    return sp.indices._array, sp.values, tuple(sp.dense_shape._array.tolist())


def made(indices: Array, values: Any, shape: Any) -> SparseTensor:
    """A sparse tensor of arrays."""
    rank = len(shape)
    places = np.asarray(indices, np.int64).reshape(values.shape.as_list()[0], rank)
    places = np.ascontiguousarray(places)
    return SparseTensor(EagerTensor(places), values, EagerTensor(np.array(shape, np.int64)))


def take(values: Any, rows: Array) -> Any:
    """Elements of a vector by number; the gradient is a tensor, not `tf.IndexedSlices`."""
    line = shaping.reshape(values, [1, -1])
    picked = gathering.gather(line, EagerTensor(np.asarray(rows, np.int64)), axis=1)
    return shaping.reshape(picked, [-1])


def numbered(indices: Array, shape: tuple[int, ...]) -> Array:
    """The number of each place in row-major order."""
    numbers = np.zeros(len(indices), np.int64)
    for axis, size in enumerate(shape):
        numbers = numbers * size + indices[:, axis]
    return numbers


def placed(numbers: Array, shape: tuple[int, ...]) -> Array:
    """The inverse of `numbered`."""
    out = np.empty((len(numbers), len(shape)), np.int64)
    for axis in range(len(shape) - 1, -1, -1):
        numbers, out[:, axis] = np.divmod(numbers, max(shape[axis], 1))
    return out


def refuse(op: str, message: str) -> InvalidArgumentError:
    """The error for arguments that do not fit."""
    return InvalidArgumentError(None, None, f"{op}: {message} [Op:{op}]")


def refuse_shape(op: str, message: str) -> InvalidArgumentError:
    """The error for shapes that do not fit; a graph refuses them while it is built."""
    error = refuse(op, message)
    error.rule_error = error  # type: ignore[attr-defined]
    return error


def refuse_dtype(op: str, message: str) -> InvalidArgumentError:
    """The error for dtypes that do not fit; a graph refuses them while it is built."""
    error = refuse_shape(op, message)
    error.about_dtype = True  # type: ignore[attr-defined]
    return error


def require_inside(op: str, indices: Array, shape: tuple[int, ...]) -> None:
    """Rejects places outside of the shape."""
    bad = ((indices < 0) | (indices >= np.array(shape, np.int64))).any(axis=1)
    if bad.any():
        at = int(np.argmax(bad))
        raise refuse(
            op,
            f"indices[{at}] = {indices[at].tolist()} is out of bounds: need 0 <= index < "
            f"{list(shape)}",
        )


def same_shape(op: str, a: SparseTensor, b: SparseTensor) -> None:
    """Rejects sparse tensors of different shapes."""
    first, second = parts(a)[2], parts(b)[2]
    if first != second:
        kind = refuse_shape if op == "SparseAdd" else refuse  # the others look when they run
        raise kind(op, f"Operands' shapes do not match: got {list(first)} and {list(second)}")
