"""`map_fn`, folds and `scan` while a function is traced: loops over rows, results in arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeflow.engine.core import nest
from tapeflow.engine.core.dtypes import as_dtype, int32
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.core.specs import TensorSpec, TypeSpec
from tapeflow.engine.ops.array.shaping import shape
from tapeflow.engine.ops.control_flow.traced_array import TracedTensorArray
from tapeflow.engine.ops.control_flow.traced_loop import traced_while
from tapeflow.engine.ops.math.casting import cast
from tapeflow.engine.runtime.composite import is_composite
from tapeflow.engine.runtime.convert import convert


class Rows:
    """The rows of a nest of tensors that have as many.

    Args:
      elems: the nest.
      op: for messages.
    """

    def __init__(self, elems: Any, op: str) -> None:
        flat = nest.flatten(elems)
        if not flat:
            raise ValueError(
                f"{op}: elems: expected at least one tensor; received an empty structure"
            )
        self.structure = elems
        self.tensors = [t if is_composite(t) else convert(t) for t in flat]
        for t in self.tensors:
            if not is_composite(t) and t.shape.ndims == 0:
                raise ValueError(
                    f"{op}: elems: expected tensors of rank 1 or more; received the scalar {t!r}"
                )
        counts = {t.shape[0] for t in self.tensors if t.shape.ndims} - {None}
        if len(counts) > 1:
            raise ValueError(
                f"{op}: elems: expected the same number of rows in each; received {sorted(counts)}"
            )
        self.known = counts.pop() if counts else None
        self.count = self.known if self.known is not None else _count(self.tensors[0])

    def row(self, number: Any) -> Any:
        """Row `number` of each, in the nest's structure."""
        return nest.pack_sequence_as(self.structure, [t[number] for t in self.tensors])


def _count(tensor: Any) -> Any:
    return tensor.nrows(int32) if hasattr(tensor, "nrows") else shape(tensor)[0]


def traced_map(fn: Callable[..., Any], elems: Any, signature: Any, infer_shape: bool = True) -> Any:
    """`tf.map_fn` in a graph.

    Args:
      fn: function of one row.
      elems: nest of tensors.
      signature: nest of dtypes or specs of what `fn` returns, or None: those of `elems`.
      infer_shape: whether the shape of the results follows from that of one.

    Returns:
      The results, stacked.
    """
    rows = Rows(elems, "map_fn")
    wanted = signature
    if wanted is None:
        wanted = nest.map_structure(lambda t: convert(t).dtype, elems)
    flat_wanted = nest.flatten(wanted)
    if any(isinstance(w, TypeSpec) and not isinstance(w, TensorSpec) for w in flat_wanted):
        return _map_composites(fn, rows, wanted)
    arrays = [
        TracedTensorArray(
            _dtype(w),
            size=rows.count,
            infer_shape=infer_shape,
            element_shape=getattr(w, "shape", None),
        )
        for w in flat_wanted
    ]

    def body(i: Any, arrays: Any) -> Any:
        result = fn(rows.row(i))
        nest.assert_same_structure(wanted, result)
        values = nest.flatten(result)
        return i + 1, [
            a.write(i, _checked(v, w)) for a, v, w in zip(arrays, values, flat_wanted, strict=True)
        ]

    _, arrays = traced_while(
        lambda i, _: i < rows.count, body, (0, arrays), None, rows.count, "map/while"
    )
    return nest.pack_sequence_as(wanted, [_stacked(a, rows.known) for a in arrays])


def _map_composites(fn: Callable[..., Any], rows: Rows, wanted: Any) -> Any:
    """Where a result is ragged, its values and its rows' lengths are collected one by one."""
    from tapeflow.engine.ops.ragged.ragged_tensor import RaggedTensor, RaggedTensorSpec

    if not isinstance(wanted, RaggedTensorSpec):
        if rows.known is None:
            raise ValueError(
                "map_fn: fn_output_signature: results that are composite tensors other than one "
                "RaggedTensor need elems with a known number of rows inside of a function"
            )
        from tapeflow.engine.ops.control_flow.functional import _collect

        return _collect([fn(rows.row(i)) for i in range(rows.known)], wanted)
    inner = wanted.ragged_rank
    splits = wanted.row_splits_dtype
    values = TracedTensorArray(wanted.dtype, size=rows.count, infer_shape=False)
    lengths = [TracedTensorArray(splits, size=rows.count, infer_shape=False) for _ in range(inner)]
    counts = TracedTensorArray(splits, size=rows.count, element_shape=[])

    def body(i: Any, values: Any, lengths: Any, counts: Any) -> Any:
        result = fn(rows.row(i))
        if hasattr(result, "nested_row_lengths"):
            flat, nested, count = result.flat_values, result.nested_row_lengths(), result.nrows()
        else:
            flat, nested = convert(result, wanted.dtype), ()
            count = shape(flat)[0]
        if len(nested) != inner:
            raise ValueError(
                f"map_fn: fn: expected a result of ragged rank {inner}, as fn_output_signature "
                f"says; received one of ragged rank {len(nested)}"
            )
        written = [a.write(i, cast(n, splits)) for a, n in zip(lengths, nested, strict=True)]
        return i + 1, values.write(i, flat), written, counts.write(i, cast(count, splits))

    _, values, lengths, counts = traced_while(
        lambda i, *_: i < rows.count, body, (0, values, lengths, counts), None, None, "map/while"
    )
    parts = [counts.stack(), *[a.concat() for a in lengths]]
    return RaggedTensor.from_nested_row_lengths(values.concat(), parts, validate=False)


def _dtype(wanted: Any) -> Any:
    return wanted.dtype if isinstance(wanted, TensorSpec) else as_dtype(wanted)


def _checked(value: Any, wanted: Any) -> Any:
    tensor = convert(value, hint=_dtype(wanted))
    if tensor.dtype is not _dtype(wanted):
        raise InvalidArgumentError(
            None,
            None,
            f"map_fn: fn: expected a result of dtype {_dtype(wanted).name}, as "
            f"fn_output_signature says; received {tensor.dtype.name}",
        )
    return tensor


def _stacked(array: Any, count: int | None) -> Any:
    stacked = array.stack()
    if count is not None and stacked.shape.ndims is not None:
        stacked.set_shape([count, *stacked.shape[1:]])
    return stacked


def traced_fold(
    op: str, fn: Callable[..., Any], elems: Any, initializer: Any, backwards: bool
) -> Any:
    """`tf.foldl` and `tf.foldr` in a graph."""
    rows = Rows(elems, op)
    count = convert(rows.count)
    first = 0 if initializer is not None else 1
    value = (
        nest.map_structure(convert, initializer)
        if initializer is not None
        else rows.row(count - 1 if backwards else 0)
    )

    def body(i: Any, value: Any) -> Any:
        new = fn(value, rows.row(count - 1 - i if backwards else i))
        return i + 1, nest.map_structure(convert, new)

    _, value = traced_while(lambda i, _: i < count, body, (first, value), None, None, f"{op}/while")
    return value


def traced_scan(fn: Callable[..., Any], elems: Any, initializer: Any, reverse: bool) -> Any:
    """`tf.scan` in a graph."""
    rows = Rows(elems, "scan")
    count = convert(rows.count)
    first = 0 if initializer is not None else 1
    value = (
        nest.map_structure(convert, initializer)
        if initializer is not None
        else rows.row(count - 1 if reverse else 0)
    )
    arrays = [
        TracedTensorArray(v.dtype, size=count, element_shape=v.shape) for v in nest.flatten(value)
    ]
    if initializer is None:
        at = count - 1 if reverse else 0
        arrays = [a.write(at, v) for a, v in zip(arrays, nest.flatten(value), strict=True)]

    def body(i: Any, value: Any, arrays: Any) -> Any:
        at = count - 1 - i if reverse else i
        new = fn(value, rows.row(at))
        nest.assert_same_structure(value, new)
        new = nest.map_structure(convert, new)
        for a, v in zip(arrays, nest.flatten(new), strict=True):
            if v.dtype is not a.dtype:
                raise TypeError(
                    f"scan: fn: expected a result of dtype {a.dtype.name}, as the value before; "
                    f"received {v.dtype.name}"
                )
        written = [a.write(at, v) for a, v in zip(arrays, nest.flatten(new), strict=True)]
        return i + 1, new, written

    _, value, arrays = traced_while(
        lambda i, *_: i < count, body, (first, value, arrays), None, None, "scan/while"
    )
    return nest.pack_sequence_as(value, [_stacked(a, rows.known) for a in arrays])
