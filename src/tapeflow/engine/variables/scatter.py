"""The sparse updates of a variable: `scatter_add` and its relatives."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import state
from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.indexed_slices import IndexedSlices
from tapeflow.engine.variables import resource_ops
from tapeflow.engine.variables.row_updates import (
    Array,
    batch_key,
    check_elements,
    check_index_dtype,
    check_range,
    check_rows,
    combine_elements,
    combine_rows,
    divide_function,
    refuse,
    without_nan,
)

_ORDERED = dtypes.FLOATING | dtypes.INTEGERS
_NUMERIC = _ORDERED | dtypes.COMPLEX

# kind -> (op, function, dtypes); without a function, rows are replaced.
_ROWS: dict[str, tuple[str, Any, Any]] = {
    "scatter_add": ("ResourceScatterAdd", np.add, _NUMERIC),
    "scatter_sub": ("ResourceScatterSub", np.subtract, _NUMERIC),
    "scatter_mul": ("ResourceScatterMul", np.multiply, _NUMERIC),
    "scatter_div": ("ResourceScatterDiv", None, _NUMERIC),
    "scatter_max": ("ResourceScatterMax", np.maximum, _ORDERED),
    "scatter_min": ("ResourceScatterMin", np.minimum, _ORDERED),
    "scatter_update": ("ResourceScatterUpdate", None, dtypes.ALL),
}
_ELEMENTS: dict[str, tuple[str, Any, Any]] = {
    "scatter_nd_add": ("ResourceScatterNdAdd", np.add, _NUMERIC | {dtypes.bool_}),
    "scatter_nd_sub": ("ResourceScatterNdSub", np.subtract, _NUMERIC | {dtypes.bool_}),
    "scatter_nd_max": ("ResourceScatterNdMax", np.maximum, _ORDERED),
    "scatter_nd_min": ("ResourceScatterNdMin", np.minimum, _ORDERED),
    "scatter_nd_update": ("ResourceScatterNdUpdate", None, dtypes.ALL),
}


def scatter_rows(kind: str, variable: Any, indices: Any, updates: Any) -> Any:
    """Combines rows `updates` with the rows `indices` of a variable; returns the variable."""
    op, function, allowed = _ROWS[kind]
    rows, at = _arguments(op, variable, indices, updates, allowed)
    if state.tracer is not None:
        if rows.shape.rank != 0:
            wanted = at.shape.concatenate(variable.shape[1:])
            _require_fitting(op, rows, wanted)
        return resource_ops.update(variable, op, _ROW_UPDATES[kind], (at, rows))
    places, values = at._array, rows._array
    check_rows(op, variable._array.shape, places, values)
    if kind == "scatter_div":
        function = divide_function(op, values)
    elif function is np.maximum or function is np.minimum:
        values = without_nan(function, values)
    if not places.size:
        return variable
    if function is None:
        variable._writable()[places] = values
    else:
        combine_rows(function, variable._writable(), places, values)
    return variable


def scatter_elements(kind: str, variable: Any, indices: Any, updates: Any) -> Any:
    """Combines updates with the elements or slices at `indices[..., :]`; returns the variable."""
    op, function, allowed = _ELEMENTS[kind]
    rows, at = _arguments(op, variable, indices, updates, allowed)
    if state.tracer is not None:
        depth = None if at.shape.rank in (0, None) else at.shape.as_list()[-1]
        if depth is not None and variable.shape.rank is not None:
            _require_fitting(op, rows, at.shape[:-1].concatenate(variable.shape[depth:]))
        return resource_ops.update(variable, op, _ELEMENT_UPDATES[kind], (at, rows))
    places, values = at._array, rows._array
    check_elements(op, variable._array.shape, places, values)
    if function is np.subtract and values.dtype.kind == "b":
        function = np.logical_xor
    elif function is np.maximum or function is np.minimum:
        values = without_nan(function, values)
    if values.size:
        combine_elements(function, variable._writable(), places, values)
    return variable


def scatter_batches(variable: Any, indices: Any, updates: Any) -> Any:
    """Replaces rows `indices[b..., :]` of each batch `b...`; returns the variable."""
    op = "ResourceScatterNdUpdate"
    rows, at = _arguments(op, variable, indices, updates, dtypes.ALL)
    if state.tracer is not None:
        return resource_ops.update(variable, op, scatter_batches, (at, rows))
    places, values = at._array, rows._array
    check_index_dtype(op, places)
    shape = variable._array.shape
    depth = places.ndim
    if not depth or depth > len(shape) or values.shape != places.shape + shape[depth:]:
        raise refuse(
            op,
            f"updates: expected shape indices.shape + ref.shape[{depth}:] for indices.shape "
            f"{list(places.shape)}, ref.shape {list(shape)}; received {list(values.shape)}",
        )
    if any(n > m for n, m in zip(places.shape[:-1], shape, strict=False)):
        raise refuse(op, f"indices: expected batches within {list(shape)}; received "
                         f"{list(places.shape)}")  # fmt: skip
    check_range(op, places, shape[depth - 1])
    if places.size:
        variable._writable()[batch_key(places)] = values
    return variable


def _require_fitting(op: str, rows: Any, wanted: Any) -> None:
    """Refuses updates of a wrong shape while a function is traced, as shape rules do."""
    if not rows.shape.is_compatible_with(wanted):
        raise ValueError(f"{op}: updates: expected shape {wanted}; received {rows.shape}")


# What a graph calls when it runs; each kind one function, so that equal operations are equal.
_ROW_UPDATES = {kind: partial(scatter_rows, kind) for kind in _ROWS}
_ELEMENT_UPDATES = {kind: partial(scatter_elements, kind) for kind in _ELEMENTS}


def _arguments(op: str, variable: Any, indices: Any, updates: Any, allowed: Any) -> tuple[Any, Any]:
    dtype: DType = variable.dtype
    rows = convert(updates, dtype)
    at = convert(indices)
    if dtype not in allowed:
        if state.tracer is not None:
            raise TypeError(f"{op}: resource: this operation does not take dtype {dtype.name}")
        raise refuse(op, f"resource: this operation does not take dtype {dtype.name}")
    if state.tracer is not None and at.dtype not in dtypes.INDEX:
        raise TypeError(f"{op}: indices: expected dtype int32 or int64; received {at.dtype.name}")
    return rows, at


def _slices(value: Any) -> tuple[Any, Any]:
    if not isinstance(value, IndexedSlices):
        raise TypeError(
            f"Argument `sparse_delta` must be a `tf.IndexedSlices`. Received arg: {value}"
        )
    return value.indices, value.values


class ScatterMethods:
    """The sparse updates, for variables to inherit.

    All of them write to the addressed rows alone: their cost does not depend on the number of rows
    of the variable, unless a tensor read before is still held, which must not change. An index out
    of range is an error, and then nothing is written.
    """

    __slots__ = ()

    _array: Array

    def scatter_add(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Adds rows; rows of an index that occurs several times are all added.

        Args:
          sparse_delta: `tf.IndexedSlices` of rows `[n, ...]` and indices `[n]`.
          use_locking: accepted; updates of one thread are in order anyway.
          name: ignored in eager mode.

        Returns:
          The variable.

        Raises:
          TypeError: when `sparse_delta` is no `tf.IndexedSlices`.
          tf.errors.InvalidArgumentError: when shapes do not fit or an index is out of range.

        Example:
          >>> import tapeflow as tf
          >>> v = tf.Variable([1.0, 2.0, 3.0])
          >>> v.scatter_add(tf.IndexedSlices([10.0, 20.0], [0, 0])).numpy()
          array([31.,  2.,  3.], dtype=float32)
        """
        return scatter_rows("scatter_add", self, *_slices(sparse_delta))

    def scatter_sub(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Subtracts rows; see `scatter_add` for arguments, result and errors."""
        return scatter_rows("scatter_sub", self, *_slices(sparse_delta))

    def scatter_max(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Raises elements to those of the rows; see `scatter_add`."""
        return scatter_rows("scatter_max", self, *_slices(sparse_delta))

    def scatter_min(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Lowers elements to those of the rows; see `scatter_add`."""
        return scatter_rows("scatter_min", self, *_slices(sparse_delta))

    def scatter_mul(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Multiplies by rows; see `scatter_add`."""
        return scatter_rows("scatter_mul", self, *_slices(sparse_delta))

    def scatter_div(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Divides by rows, integers rounding towards zero; see `scatter_add`."""
        return scatter_rows("scatter_div", self, *_slices(sparse_delta))

    def scatter_update(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Replaces rows; the last one of an index that occurs several times stays.

        See `scatter_add` for arguments, result and errors.
        """
        return scatter_rows("scatter_update", self, *_slices(sparse_delta))

    def batch_scatter_update(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Replaces rows within each batch: `v[b, indices[b, i]] = values[b, i]`.

        Args:
          sparse_delta: `tf.IndexedSlices` of values `[batch..., n, ...]` and indices
            `[batch..., n]`.
          use_locking: accepted; updates of one thread are in order anyway.
          name: ignored in eager mode.

        Returns:
          The variable.

        Raises:
          TypeError: when `sparse_delta` is no `tf.IndexedSlices`.
          tf.errors.InvalidArgumentError: when shapes do not fit or an index is out of range.

        Example:
          >>> import tapeflow as tf
          >>> v = tf.Variable([[1, 2], [3, 4]])
          >>> v.batch_scatter_update(tf.IndexedSlices([[9], [8]], [[1], [0]])).numpy()
          array([[1, 9],
                 [8, 4]], dtype=int32)
        """
        return scatter_batches(self, *_slices(sparse_delta))

    def scatter_nd_add(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Adds to elements or slices.

        Args:
          indices: int32 or int64 tensor `[..., depth]`; each `indices[..., :]` addresses an
            element, or a slice where `depth` is smaller than the rank.
          updates: tensor of shape `indices.shape[:-1] + shape[depth:]`.
          name: ignored in eager mode.

        Returns:
          The variable.

        Raises:
          tf.errors.InvalidArgumentError: when shapes do not fit or an index is out of range.

        Example:
          >>> import tapeflow as tf
          >>> v = tf.Variable([[1, 2], [3, 4]])
          >>> v.scatter_nd_add([[0, 1], [1, 0]], [10, 20]).numpy()
          array([[ 1, 12],
                 [23,  4]], dtype=int32)
        """
        return scatter_elements("scatter_nd_add", self, indices, updates)

    def scatter_nd_sub(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Subtracts from elements or slices; see `scatter_nd_add`."""
        return scatter_elements("scatter_nd_sub", self, indices, updates)

    def scatter_nd_max(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Raises elements or slices to the updates; see `scatter_nd_add`."""
        return scatter_elements("scatter_nd_max", self, indices, updates)

    def scatter_nd_min(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Lowers elements or slices to the updates; see `scatter_nd_add`."""
        return scatter_elements("scatter_nd_min", self, indices, updates)

    def scatter_nd_update(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Replaces elements or slices; see `scatter_nd_add`."""
        return scatter_elements("scatter_nd_update", self, indices, updates)
