"""Ragged tensors from elements and how they are divided into rows.

Each function is a class method of `RaggedTensor`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import FROM_NUMPY
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import shaping
from tapeflow.engine.ops.host_functions import call_on_host
from tapeflow.engine.ops.ragged.row_partition import (
    RowPartition,
    TracedPartition,
    require,
    require_shape,
)
from tapeflow.engine.runtime.composite import is_composite
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor


def to_values(values: Any) -> Any:
    """A tensor, or the ragged tensor that `values` is."""
    return values if is_composite(values) else convert(values)


def within(axis: int, rank: int | None, least: int | None = None) -> int:
    """`axis` counted from the front.

    Raises:
      ValueError: when it is out of range.
    """
    if rank is None:
        return axis
    if not -rank <= axis < rank:
        raise ValueError(f"axis={axis} out of bounds: expected {-rank}<=axis<{rank}")
    return axis % rank


def _indices(value: Any, name: str, values: Any) -> Any:
    """A tensor that divides `values`, int64 unless it is a tensor of int32."""
    nested = getattr(values, "_partition", None)
    hint = dtypes.int64 if nested is None else FROM_NUMPY[nested.dtype]
    tensor: Any = value if isinstance(value, Tensor) else convert(value, hint=hint)
    if tensor.dtype not in dtypes.INDEX:
        raise ValueError(
            f"Argument `{name}` dtype must be int32 or int64. Received {tensor.dtype}."
        )
    tensor.shape.assert_has_rank(1)
    return tensor


def _size(values: Any) -> Any:
    """The number of rows of values: an int, or a symbolic tensor where a graph decides."""
    require_shape(values.shape.rank != 0, "values: expected rank 1 or more; received a scalar")
    size = None if values.shape.rank is None else values.shape.as_list()[0]
    if size is not None:
        return size
    if is_composite(values):
        return shaping.shape(values.row_splits)[0] - 1
    return shaping.shape(values)[0]


def _divided(
    cls: Any,
    op: str,
    values: Any,
    given: Any,
    size: Any,
    partition: Callable[..., RowPartition],
    count: int | None,
    validate: bool,
    *more: Any,
) -> Any:
    """The ragged tensor of `partition(array, size, validate, *more)`.

    Args:
      cls: the class.
      op: what the operation is called that computes the splits in a graph.
      values: the elements.
      given: the tensor that says how they are divided.
      size: how many there are.
      partition: makes the partition of arrays and numbers.
      count: the number of rows, where it is known.
      validate: whether the rows are checked.
      *more: further integers or scalar tensors.
    """
    if type(given) is EagerTensor and not any(
        isinstance(n, Tensor) and type(n) is not EagerTensor for n in (size, *more)
    ):
        made = partition(given._array, int(size), validate, *[_int(n) for n in more])
        return _made(cls, values, made, validate, size)

    def splits(given: Any, size: Any, more: Any) -> Any:
        made = partition(given._array, int(size), validate, *[_int(n) for n in more])
        if validate:
            _check_size(made, int(size))
        return EagerTensor(made.splits)

    rows = None if count is None else count + 1
    found = call_on_host(op, splits, (given, size, more), {}, results=[Spec(given.dtype, (rows,))])[
        0
    ]
    return _made(cls, values, TracedPartition(found), False, size)


def _int(number: Any) -> int | None:
    return None if number is None else int(number)


def _known_count(given: Any, more: int) -> int | None:
    count: int | None = given.shape.as_list()[0]
    return None if count is None else count + more


def _check_size(partition: RowPartition, size: int) -> None:
    last = int(partition.splits[-1])
    require(last == size, f"rows: expected {size} elements in all, as in values; received {last}")


def _made(cls: Any, values: Any, partition: Any, validate: bool, size: Any) -> Any:
    if validate:
        _check_size(partition, int(size))
    nested = getattr(values, "_partition", None)
    if nested is not None and nested.dtype != partition.dtype:
        return cls(values, partition, internal=True).with_row_splits_dtype(dtypes.int64)
    return cls(values, partition, internal=True)


def _refuse_flag(validate: Any) -> None:
    if not isinstance(validate, bool):
        raise TypeError(f"Argument `validate` must have type bool. Received {validate}.")


def _by_splits(splits: Any, size: int, validate: bool) -> RowPartition:
    if validate:
        require(
            len(splits) and splits[0] == 0,
            "Arguments to from_row_splits do not form a valid RaggedTensor:zero",
        )
        require(
            bool((splits[1:] >= splits[:-1]).all()),
            "Arguments to from_row_splits do not form a valid RaggedTensor:monotonic",
        )
    return RowPartition(splits)


def from_row_splits(
    cls: Any, values: Any, row_splits: Any, name: str | None = None, validate: bool = True
) -> Any:
    """Rows that end where `row_splits` says.

    Args:
      values: tensor or ragged tensor of the elements.
      row_splits: int `[nrows + 1]`, ascending from 0; row `i` is
        `values[row_splits[i] : row_splits[i + 1]]`.
      name: ignored in eager mode.
      validate: whether the splits are checked.

    Raises:
      ValueError: when `row_splits` is an empty list.
      tf.errors.InvalidArgumentError: when the splits do not ascend from 0 to the number of values.

    Example:
      >>> import tapeflow as tf
      >>> tf.RaggedTensor.from_row_splits([3, 1, 4, 1], [0, 3, 3, 4])
      <tf.RaggedTensor [[3, 1, 4], [], [1]]>
    """
    _refuse_flag(validate)
    values = to_values(values)
    if isinstance(row_splits, (list, tuple)) and not row_splits:
        raise ValueError("Argument `row_splits` may not be empty.")
    splits = _indices(row_splits, "row_splits", values)
    if splits.shape.as_list()[0] == 0:
        raise ValueError("Argument `row_splits` may not be empty.")
    rows = _known_count(splits, -1)
    return _divided(cls, "RowSplits", values, splits, _size(values), _by_splits, rows, validate)


def from_value_rowids(
    cls: Any,
    values: Any,
    value_rowids: Any,
    nrows: Any = None,
    name: str | None = None,
    validate: bool = True,
) -> Any:
    """Rows given by the row of each element.

    Args:
      values: tensor or ragged tensor of the elements.
      value_rowids: int vector, ascending: the row of each element.
      nrows: the number of rows; by default as many as `value_rowids` says.
      name: ignored in eager mode.
      validate: whether the numbers are checked.

    Raises:
      ValueError: when `nrows` is negative or too small.
      tf.errors.InvalidArgumentError: when the numbers do not ascend.

    Example:
      >>> import tapeflow as tf
      >>> tf.RaggedTensor.from_value_rowids([3, 1, 4], [0, 0, 2], nrows=4)
      <tf.RaggedTensor [[3, 1], [], [4], []]>
    """
    _refuse_flag(validate)
    values = to_values(values)
    ids = _indices(value_rowids, "value_rowids", values)
    rows = None if nrows is None or isinstance(nrows, Tensor) else int(nrows)
    if rows is not None and rows < 0:
        raise ValueError(f"Expected nrows >= 0; got {rows}.")
    return _divided(
        cls, "ValueRowIds", values, ids, _size(values), _by_row_ids, rows, validate, nrows
    )


def _by_row_ids(ids: Any, size: int, validate: bool, nrows: int | None) -> RowPartition:
    least = int(ids[-1]) + 1 if len(ids) else 0
    count = least if nrows is None else nrows
    if count < 0:
        raise ValueError(f"Expected nrows >= 0; got {count}.")
    if validate and count < least:
        raise ValueError(
            f"Expected nrows >= value_rowids[-1] + 1; got nrows={count}, "
            f"value_rowids[-1]={least - 1}."
        )
    if validate:
        require(len(ids) == size, f"value_rowids: expected {size} numbers; received {len(ids)}")
        require(bool((ids[1:] >= ids[:-1]).all()), "value_rowids: expected ascending numbers")
        require(not len(ids) or ids[0] >= 0, "value_rowids: expected numbers >= 0")
    return RowPartition.of_row_ids(ids, count)


def from_row_lengths(
    cls: Any, values: Any, row_lengths: Any, name: str | None = None, validate: bool = True
) -> Any:
    """Rows of given lengths.

    Args:
      values: tensor or ragged tensor of the elements.
      row_lengths: int vector of the lengths.
      name: ignored in eager mode.
      validate: whether the lengths are checked.

    Raises:
      tf.errors.InvalidArgumentError: when lengths are negative, or do not add up to the number of
        values.

    Example:
      >>> import tapeflow as tf
      >>> tf.RaggedTensor.from_row_lengths([3, 1, 4], [2, 0, 1])
      <tf.RaggedTensor [[3, 1], [], [4]]>
    """
    _refuse_flag(validate)
    values = to_values(values)
    lengths = _indices(row_lengths, "row_lengths", values)
    rows = _known_count(lengths, 0)
    return _divided(cls, "RowLengths", values, lengths, _size(values), _by_lengths, rows, validate)


def _by_lengths(lengths: Any, size: int, validate: bool) -> RowPartition:
    if validate:
        require(bool((lengths >= 0).all()), "row_lengths: expected numbers >= 0")
    return RowPartition.of_lengths(lengths)


def from_row_starts(
    cls: Any, values: Any, row_starts: Any, name: str | None = None, validate: bool = True
) -> Any:
    """Rows that begin where `row_starts` says.

    Args:
      values: tensor or ragged tensor of the elements.
      row_starts: int vector, ascending from 0.
      name: ignored in eager mode.
      validate: whether the numbers are checked.

    Raises:
      tf.errors.InvalidArgumentError: when the numbers do not ascend from 0.

    Example:
      >>> import tapeflow as tf
      >>> tf.RaggedTensor.from_row_starts([3, 1, 4], [0, 2, 2])
      <tf.RaggedTensor [[3, 1], [], [4]]>
    """
    _refuse_flag(validate)
    values = to_values(values)
    starts = _indices(row_starts, "row_starts", values)
    rows = _known_count(starts, 0)
    return _divided(cls, "RowStarts", values, starts, _size(values), _by_starts, rows, validate)


def _by_starts(starts: Any, size: int, validate: bool) -> RowPartition:
    splits = np.append(starts, size).astype(starts.dtype)
    if validate:
        require(splits[0] == 0, "row_starts: expected 0 first")
        require(bool((splits[1:] >= splits[:-1]).all()), "row_starts: expected ascending numbers")
    return RowPartition(splits)


def from_row_limits(
    cls: Any, values: Any, row_limits: Any, name: str | None = None, validate: bool = True
) -> Any:
    """Rows that end where `row_limits` says.

    Args:
      values: tensor or ragged tensor of the elements.
      row_limits: int vector, ascending, up to the number of values.
      name: ignored in eager mode.
      validate: whether the numbers are checked.

    Raises:
      tf.errors.InvalidArgumentError: when the numbers do not ascend to the number of values.

    Example:
      >>> import tapeflow as tf
      >>> tf.RaggedTensor.from_row_limits([3, 1, 4], [2, 2, 3])
      <tf.RaggedTensor [[3, 1], [], [4]]>
    """
    _refuse_flag(validate)
    values = to_values(values)
    limits = _indices(row_limits, "row_limits", values)
    rows = _known_count(limits, 0)
    return _divided(cls, "RowLimits", values, limits, _size(values), _by_limits, rows, validate)


def _by_limits(limits: Any, size: int, validate: bool) -> RowPartition:
    splits = np.append(np.zeros(1, limits.dtype), limits)
    if validate:
        require(bool((splits[1:] >= splits[:-1]).all()), "row_limits: expected ascending numbers")
    return RowPartition(splits)


def from_uniform_row_length(
    cls: Any,
    values: Any,
    uniform_row_length: Any,
    nrows: Any = None,
    validate: bool = True,
    name: str | None = None,
) -> Any:
    """Rows of one length.

    Args:
      values: tensor or ragged tensor of the elements.
      uniform_row_length: the length.
      nrows: the number of rows; needed where the length is 0.
      validate: whether the numbers are checked.
      name: ignored in eager mode.

    Raises:
      ValueError: when the length is negative, or the rows do not add up to the number of values.

    Example:
      >>> import tapeflow as tf
      >>> tf.RaggedTensor.from_uniform_row_length([3, 1, 4, 1], 2).shape
      TensorShape([2, 2])
    """
    _refuse_flag(validate)
    values = to_values(values)
    dtype = uniform_row_length.dtype if isinstance(uniform_row_length, Tensor) else dtypes.int64
    nested = getattr(values, "_partition", None)
    kind = dtype if nested is None else FROM_NUMPY[nested.dtype]
    length = static_value(uniform_row_length) if isinstance(
        uniform_row_length, Tensor) else int(uniform_row_length)  # fmt: skip
    if length is not None and length < 0:
        raise ValueError(f"Argument `uniform_row_length` must be >= 0; got {length}.")
    given = convert(uniform_row_length, kind)
    size = _size(values)
    count = static_value(nrows) if isinstance(nrows, Tensor) else nrows
    if length is None or not isinstance(size, int) or (nrows is not None and count is None):
        out = _divided(
            cls, "UniformRowLength", values, given, size, _by_equal, count, validate, nrows
        )
        if length is not None:
            out._partition.uniform = int(length)
        return out
    made = _by_equal(given._array, size, validate, None if count is None else int(count))
    return _made(cls, values, made, validate, size)


def _by_equal(given: Any, size: int, validate: bool, nrows: int | None) -> RowPartition:
    length = int(given)
    count = (size // length if length else 0) if nrows is None else nrows
    if count < 0:
        raise ValueError(f"Argument `nrows` must be >= 0; got {count}.")
    if validate and count * length != size:
        raise ValueError(
            f"nrows * uniform_row_length: expected {size}; received {count} * {length}"
        )
    return RowPartition.of_equal(count, length, given.dtype)


def _listed(nested: Any, name: str) -> list[Any]:
    if isinstance(nested, Tensor):
        raise TypeError(f"Argument `{name}` must be a list of Tensors. Received {nested}.")
    return list(nested)


def from_nested_row_splits(
    cls: Any,
    flat_values: Any,
    nested_row_splits: Any,
    name: str | None = None,
    validate: bool = True,
) -> Any:
    """Rows of rows: the splits of each ragged dimension, the outermost first.

    Args:
      flat_values: tensor of the elements.
      nested_row_splits: list of int vectors.
      name: ignored in eager mode.
      validate: whether the splits are checked.

    Raises:
      TypeError: when `nested_row_splits` is a tensor.

    Example:
      >>> import tapeflow as tf
      >>> tf.RaggedTensor.from_nested_row_splits([3, 1, 4], [[0, 1, 2], [0, 2, 3]])
      <tf.RaggedTensor [[[3, 1]], [[4]]]>
    """
    result = flat_values
    for splits in reversed(_listed(nested_row_splits, "nested_row_splits")):
        result = cls.from_row_splits(result, splits, validate=validate)
    return result


def from_nested_row_lengths(
    cls: Any,
    flat_values: Any,
    nested_row_lengths: Any,
    name: str | None = None,
    validate: bool = True,
) -> Any:
    """Rows of rows: the row lengths of each ragged dimension, the outermost first.

    Args:
      flat_values: tensor of the elements.
      nested_row_lengths: list of int vectors.
      name: ignored in eager mode.
      validate: whether the lengths are checked.

    Raises:
      TypeError: when `nested_row_lengths` is a tensor.

    Example:
      >>> import tapeflow as tf
      >>> tf.RaggedTensor.from_nested_row_lengths([3, 1, 4], [[1, 1], [2, 1]])
      <tf.RaggedTensor [[[3, 1]], [[4]]]>
    """
    result = flat_values
    for lengths in reversed(_listed(nested_row_lengths, "nested_row_lengths")):
        result = cls.from_row_lengths(result, lengths, validate=validate)
    return result


def from_nested_value_rowids(
    cls: Any,
    flat_values: Any,
    nested_value_rowids: Any,
    nested_nrows: Any = None,
    name: str | None = None,
    validate: bool = True,
) -> Any:
    """Rows of rows: the row numbers of each ragged dimension, the outermost first.

    Args:
      flat_values: tensor of the elements.
      nested_value_rowids: list of int vectors.
      nested_nrows: list of the numbers of rows, or None.
      name: ignored in eager mode.
      validate: whether the numbers are checked.

    Raises:
      TypeError: when `nested_value_rowids` is a tensor.
      ValueError: when the lists are not equally long.

    Example:
      >>> import tapeflow as tf
      >>> tf.RaggedTensor.from_nested_value_rowids([3, 1, 4], [[0, 1], [0, 0, 1]])
      <tf.RaggedTensor [[[3, 1]], [[4]]]>
    """
    ids = _listed(nested_value_rowids, "nested_value_rowids")
    counts = [None] * len(ids) if nested_nrows is None else _listed(nested_nrows, "nested_nrows")
    if len(counts) != len(ids):
        raise ValueError(
            "Argument `nested_nrows` must have the same length as argument `nested_value_rowids`. "
            f"len(nested_nrows) = {len(counts)} vs. len(nested_values_rowids) = {len(ids)}."
        )
    result = flat_values
    for numbers, count in zip(reversed(ids), reversed(counts), strict=True):
        result = cls.from_value_rowids(result, numbers, count, validate=validate)
    return result
