"""Maps and folds over the first dimension of tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeflow.engine.core import nest
from tapeflow.engine.core.context import state
from tapeflow.engine.core.dtypes import as_dtype
from tapeflow.engine.core.errors import InvalidArgumentError, OutOfRangeError
from tapeflow.engine.core.export import export
from tapeflow.engine.core.specs import TensorSpec, TypeSpec
from tapeflow.engine.ops.array.creation import zeros
from tapeflow.engine.ops.array.joining import stack
from tapeflow.engine.ops.control_flow import traced_functional
from tapeflow.engine.runtime import upward
from tapeflow.engine.runtime.composite import is_composite
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import Tensor


def _rows(elems: Any, op: str) -> tuple[int, Callable[[int], Any]]:
    """The number of rows of a nest of tensors, and how to get one."""
    flat = nest.flatten(elems)
    if not flat:
        raise ValueError(f"{op}: elems: expected at least one tensor; received an empty structure")
    tensors = [t if is_composite(t) else convert(t) for t in flat]
    counts = []
    for t in tensors:
        if not is_composite(t) and t.shape.ndims == 0:
            raise ValueError(
                f"{op}: elems: expected tensors of rank 1 or more; received the scalar {t!r}"
            )
        counts.append(int(t.shape.as_list()[0]))
    if len(set(counts)) > 1:
        raise ValueError(
            f"{op}: elems: expected the same number of rows in each; received {counts}"
        )
    return counts[0], lambda i: nest.pack_sequence_as(elems, [_row(t, i) for t in tensors])


def _row(tensor: Any, number: int) -> Any:
    if hasattr(tensor, "__getitem__"):
        return tensor[number]
    from tapeflow.engine.ops.sparse import joining

    return joining.row(tensor, number)


def _no_rows(op: str) -> OutOfRangeError:
    return OutOfRangeError(
        None,
        None,
        f"{op}: elems: expected at least one row when there is no initializer; received 0",
    )


def _require_callable(fn: Any, op: str) -> None:
    if not callable(fn):
        raise TypeError(f"{op}: The provided function {fn!r} is not callable. fn must be callable.")


def _collect(results: list[Any], signature: Any) -> Any:
    """Stacks the results of the rows, component by component."""
    flat = [nest.flatten(r) for r in results]
    columns = []
    wanted = nest.flatten(signature) if signature is not None else [None] * len(flat[0])
    for i, want in enumerate(wanted):
        column = [row[i] for row in flat]
        if is_composite(column[0]) or _is_ragged_spec(want):
            columns.append(_stack_composites(column, want))
        elif isinstance(want, TypeSpec) or want is None:
            dtype = getattr(want, "dtype", None)
            columns.append(stack([convert(c, dtype) for c in column]))
        else:
            columns.append(stack([_checked(c, as_dtype(want)) for c in column]))
    return nest.pack_sequence_as(results[0], columns)


def _is_ragged_spec(want: Any) -> bool:
    return isinstance(want, TypeSpec) and type(want).__name__ == "RaggedTensorSpec"


def _stack_composites(column: list[Any], want: Any) -> Any:
    from tapeflow.engine.ops.ragged import stacking

    return stacking.stack_rows(column, want)


def _checked(value: Any, dtype: Any) -> Any:
    tensor = value if isinstance(value, Tensor) else convert(value)
    if tensor.dtype is not dtype:
        raise InvalidArgumentError(
            None,
            None,
            f"map_fn: fn: expected a result of dtype {dtype.name}, as fn_output_signature says; "
            f"received {tensor.dtype.name}",
        )
    return tensor


@export("map_fn")
def map_fn(
    fn: Any,
    elems: Any,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    name: str | None = None,
    fn_output_signature: Any = None,
) -> Any:
    """Applies a function to each row and stacks the results.

    Args:
      fn: function of one row of `elems`.
      elems: tensor of shape `[n, ...]`, or a nest of such.
      dtype: older name of `fn_output_signature`.
      parallel_iterations: accepted and not used.
      back_prop: accepted; tapes decide.
      swap_memory: accepted and not used.
      infer_shape: whether, in a graph, the shape of the results follows from that of one.
      name: ignored in eager mode.
      fn_output_signature: dtype, `tf.TensorSpec` or nest of them that `fn` returns; by default the
        dtypes of `elems`.

    Returns:
      A tensor of shape `[n] + result.shape`, or a nest of such.

    Raises:
      TypeError: when `fn` is not callable.
      ValueError: when `elems` holds scalars.
      tf.errors.InvalidArgumentError: when results have another dtype than announced.

    Example:
      >>> import tapeflow as tf
      >>> tf.map_fn(lambda row: tf.reduce_sum(row), tf.constant([[1, 2], [3, 4]])).numpy()
      array([3, 7], dtype=int32)
    """
    _require_callable(fn, "map_fn")
    signature = fn_output_signature if fn_output_signature is not None else dtype
    if state.tracer is not None:
        fn = upward.call("converted_here", fn)
        return traced_functional.traced_map(fn, elems, signature, infer_shape)
    count, row = _rows(elems, "map_fn")
    if signature is None:
        signature = nest.map_structure(
            lambda t: t._type_spec if is_composite(t) else convert(t).dtype, elems
        )
    if not count:
        return nest.map_structure(_empty, signature)
    results = [fn(row(i)) for i in range(count)]
    nest.assert_same_structure(signature, results[0])
    return _collect(results, signature)


def _empty(want: Any) -> Any:
    if _is_ragged_spec(want):
        from tapeflow.engine.ops.ragged import stacking

        return stacking.no_rows(want)
    if isinstance(want, TensorSpec):
        inner = want.shape.as_list() if want.shape.ndims is not None else []
        return zeros([0, *[d or 0 for d in inner]], want.dtype)
    return zeros([0], as_dtype(want))


@export("vectorized_map")
def vectorized_map(
    fn: Any, elems: Any, fallback_to_while_loop: bool = True, warn: bool = True
) -> Any:
    """Applies a function to each row and stacks the results; dtypes follow from the function.

    Args:
      fn: function of one row of `elems`.
      elems: tensor of shape `[n, ...]`, or a nest of such; rows of size 1 are broadcast.
      fallback_to_while_loop: accepted; rows are computed one by one.
      warn: accepted and not used.

    Returns:
      A tensor of shape `[n] + result.shape`, or a nest of such.

    Raises:
      TypeError: when `fn` is not callable.
      tf.errors.InvalidArgumentError: when the numbers of rows differ.

    Example:
      >>> import tapeflow as tf
      >>> tf.vectorized_map(lambda x: x * 2, tf.constant([1, 2, 3])).numpy()
      array([2, 4, 6], dtype=int32)
    """
    _require_callable(fn, "vectorized_map")
    flat = [convert(t) for t in nest.flatten(elems)]
    if state.tracer is not None and any(t.shape[0] is None for t in flat):
        return _map_unknown(fn, elems)
    counts = {t.shape.as_list()[0] for t in flat} - {1}
    if len(counts) > 1:
        raise InvalidArgumentError(
            None,
            None,
            f"vectorized_map: elems: expected equal first dimensions; received {sorted(counts)}",
        )
    count = counts.pop() if counts else 1
    rows = [
        nest.pack_sequence_as(elems, [t[0 if t.shape.as_list()[0] == 1 else i] for t in flat])
        for i in range(count)
    ]
    if not rows:
        example = fn(nest.pack_sequence_as(elems, [zeros(t.shape[1:], t.dtype) for t in flat]))
        return nest.map_structure(
            lambda t: zeros([0, *convert(t).shape.as_list()], convert(t).dtype), example
        )
    return _collect([fn(r) for r in rows], None)


def _map_unknown(fn: Any, elems: Any) -> Any:
    """`vectorized_map` over rows whose number is not known while the function is traced."""
    from tapeflow.engine.ops.control_flow.bodies import new_body, trace_body

    # The dtypes of the results are found by tracing the function once, to no other end.
    example = new_body("example")
    rows = traced_functional.Rows(elems, "vectorized_map")
    structured, _ = trace_body(example, lambda: fn(rows.row(0)), ())
    wanted = nest.map_structure(lambda t: TensorSpec(t.shape, t.dtype), structured)
    return traced_functional.traced_map(fn, elems, wanted)


def _fold(op: str, fn: Any, elems: Any, initializer: Any, backwards: bool) -> Any:
    _require_callable(fn, op)
    if state.tracer is not None:
        return traced_functional.traced_fold(op, fn, elems, initializer, backwards)
    count, row = _rows(elems, op)
    order = range(count - 1, -1, -1) if backwards else range(count)
    indices = list(order)
    if initializer is None:
        if not indices:
            raise _no_rows(op)
        value = row(indices[0])
        indices = indices[1:]
    else:
        value = nest.map_structure(convert, initializer)
    for i in indices:
        value = fn(value, row(i))
    return nest.map_structure(convert, value)


@export("foldl")
def foldl(
    fn: Any,
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """Combines the rows from the first to the last.

    Args:
      fn: function of the value so far and a row.
      elems: tensor of shape `[n, ...]`, or a nest of such.
      initializer: the value before the first row; by default the first row.
      parallel_iterations: accepted and not used.
      back_prop: accepted; tapes decide.
      swap_memory: accepted and not used.
      name: ignored in eager mode.

    Returns:
      The last value.

    Raises:
      TypeError: when `fn` is not callable.

    Example:
      >>> import tapeflow as tf
      >>> tf.foldl(lambda a, x: a * 10 + x, tf.constant([1, 2, 3])).numpy()
      np.int32(123)
    """
    return _fold("foldl", fn, elems, initializer, False)


@export("foldr")
def foldr(
    fn: Any,
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """Combines the rows from the last to the first.

    Args:
      fn: function of the value so far and a row.
      elems: tensor of shape `[n, ...]`, or a nest of such.
      initializer: the value before the last row; by default the last row.
      parallel_iterations: accepted and not used.
      back_prop: accepted; tapes decide.
      swap_memory: accepted and not used.
      name: ignored in eager mode.

    Returns:
      The last value.

    Raises:
      TypeError: when `fn` is not callable.

    Example:
      >>> import tapeflow as tf
      >>> tf.foldr(lambda a, x: a * 10 + x, tf.constant([1, 2, 3])).numpy()
      np.int32(321)
    """
    return _fold("foldr", fn, elems, initializer, True)


@export("scan")
def scan(
    fn: Any,
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    reverse: bool = False,
    name: str | None = None,
) -> Any:
    """Combines the rows one after the other and keeps every value on the way.

    Args:
      fn: function of the value so far and a row.
      elems: tensor of shape `[n, ...]`, or a nest of such.
      initializer: the value before the first row; by default the first row itself is the first
        result.
      parallel_iterations: accepted and not used.
      back_prop: accepted; tapes decide.
      swap_memory: accepted and not used.
      infer_shape: accepted and not used.
      reverse: whether to go from the last row to the first.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `[n] + value.shape`, or a nest of such.

    Raises:
      TypeError: when `fn` is not callable.

    Example:
      >>> import tapeflow as tf
      >>> tf.scan(lambda a, x: a + x, tf.constant([1, 2, 3])).numpy()
      array([1, 3, 6], dtype=int32)
    """
    _require_callable(fn, "scan")
    if state.tracer is not None:
        return traced_functional.traced_scan(fn, elems, initializer, reverse)
    count, row = _rows(elems, "scan")
    indices = list(range(count - 1, -1, -1) if reverse else range(count))
    results = []
    if initializer is None:
        if not indices:
            raise _no_rows("scan")
        value = row(indices[0])
        results.append(value)
        indices = indices[1:]
    else:
        value = nest.map_structure(convert, initializer)
    for i in indices:
        new = fn(value, row(i))
        nest.assert_same_structure(value, new)
        value = new
        results.append(value)
    if reverse:
        results.reverse()
    if not results:
        return nest.map_structure(lambda t: zeros([0, *t.shape.as_list()], t.dtype), value)
    return _collect(results, None)
