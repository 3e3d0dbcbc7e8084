"""`for` statements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeflow.engine.autograph.conditionals import if_stmt
from tapeflow.engine.autograph.staged_loops import State, stage_loop
from tapeflow.engine.autograph.staging import is_staged
from tapeflow.engine.autograph.while_loops import LIMITATIONS
from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import state
from tapeflow.engine.ops.array import shaping
from tapeflow.engine.ops.array.sequences import range_p
from tapeflow.engine.ops.control_flow.tensor_array import TensorArray
from tapeflow.engine.ops.math import arithmetic, casting, comparison, division, extrema, logical
from tapeflow.engine.ops.ragged.ragged_tensor import RaggedTensor
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.tracing.symbolic import SymbolicTensor

ExtraTest = Callable[[], Any] | None

NextItem = Callable[[], tuple[Any, Any]]
"""Takes the next item, in the graph that is traced; gives whether there was one, a boolean scalar,
and the item, whose tensors mean nothing where there was none."""

_staged_kinds: list[tuple[type, Callable[[Any], NextItem], bool]] = []


def stage_iteration(
    kind: type, start: Callable[[Any], NextItem], *, relax_shapes: bool = False
) -> None:
    """Makes loops over objects of a class part of the graph; for datasets and iterators.

    Args:
      kind: the class.
      start: begins an iteration over an object, in the graph that is traced.
      relax_shapes: whether the loop's variables may change shape without `shape_invariants`; such
        loops have no `maximum_iterations`, either.
    """
    _staged_kinds.append((kind, start, relax_shapes))


def for_stmt(
    iter_: Any,
    extra_test: ExtraTest,
    body: Callable[[Any], None],
    get_state: Callable[[], tuple[Any, ...]],
    set_state: Callable[[tuple[Any, ...]], None],
    symbol_names: tuple[str, ...],
    opts: dict[str, Any],
) -> None:
    """Runs a block for each item; the loop is staged over tensors, datasets and iterators.

    Args:
      iter_: what to iterate over.
      extra_test: says whether to go on, where the block has `break` or `return`; or None.
      body: the block, a function of the item; it reads and writes the variables of the state.
      get_state: gives the variables that the block changes.
      set_state: sets them.
      symbol_names: their names.
      opts: the options of `set_loop_options`.

    Raises:
      NotImplementedError: when a tensor decides whether a loop over Python objects ends.
    """
    if state.tracer is not None:
        variables = State(get_state, set_state, symbol_names)
        if is_staged(iter_):
            tensor = convert(iter_)
            if isinstance(tensor, SymbolicTensor) and tensor.node.prim is range_p:
                _over_range(tensor.node.inputs, extra_test, body, variables, opts)
            else:
                _over_rows(tensor, extra_test, body, variables, opts)
            return
        if isinstance(iter_, RaggedTensor):
            _over_ragged_rows(iter_, extra_test, body, variables, opts)
            return
        for kind, start, relax_shapes in _staged_kinds:
            if isinstance(iter_, kind):
                _over_items(start(iter_), extra_test, body, variables, opts, relax_shapes)
                return
    if extra_test is None:
        for item in iter_:
            body(item)
    elif _goes_on(extra_test):
        for item in iter_:
            body(item)
            if not _goes_on(extra_test):
                break


def _goes_on(extra_test: Callable[[], Any]) -> Any:
    holds = extra_test()
    if is_staged(holds):
        raise NotImplementedError(
            "break and return statements which depend on a TF condition are not supported in "
            "Python for loops. Did you intend to make it a TF loop?\n"
            f"See {LIMITATIONS} for more info."
        )
    return holds


def _and_extra(holds: Any, extra_test: ExtraTest) -> Any:
    return holds if extra_test is None else logical.logical_and(holds, extra_test())


def _over_range(
    bounds: tuple[Any, ...],
    extra_test: ExtraTest,
    body: Callable[[Any], None],
    variables: State,
    opts: dict[str, Any],
) -> None:
    """Counts, without making the vector that `tf.range` stands for."""
    start, limit, delta = bounds
    step = None if delta.spec.value is None else delta.spec.value.item()
    if step in (1, -1) and start.dtype.is_integer:
        before = comparison.less if step > 0 else comparison.greater

        def test(i: Any) -> Any:
            return _and_extra(before(i, limit), extra_test)

        def once(i: Any) -> tuple[Any, ...]:
            body(i)
            return (arithmetic.add(i, delta),)

        stage_loop(test, once, (start,), variables, opts)
        return

    # Floats may miss the limit by rounding, and integers overflow: count the steps.
    distance = arithmetic.subtract(limit, start)
    rest = comparison.not_equal(division.floormod(distance, delta), casting.cast(0, delta.dtype))
    steps = casting.cast(division.floordiv(distance, delta), dtypes.int64)
    count = extrema.maximum(arithmetic.add(steps, casting.cast(rest, dtypes.int64)),
                            convert(0, dtypes.int64))  # fmt: skip

    def counted_test(k: Any, _: Any) -> Any:
        return _and_extra(comparison.less(k, count), extra_test)

    def counted_once(k: Any, i: Any) -> tuple[Any, ...]:
        body(i)
        return (arithmetic.add(k, convert(1, dtypes.int64)), arithmetic.add(i, delta))

    zero = convert(0, dtypes.int64)
    stage_loop(counted_test, counted_once, (zero, start), variables, opts)


def _over_rows(
    tensor: Any,
    extra_test: ExtraTest,
    body: Callable[[Any], None],
    variables: State,
    opts: dict[str, Any],
) -> None:
    if tensor.shape.rank == 0:
        raise ValueError(f"len requires a non-scalar tensor, got one of shape {tensor.shape}")
    count = shaping.shape(tensor)[0]
    # Gradients of reads add up to one stack; those of slices would be as large as all rows, each.
    shape = tensor.shape[1:] if tensor.shape.rank is not None else None
    rows = TensorArray(tensor.dtype, size=count, element_shape=shape).unstack(tensor)
    _by_number(count, rows.read, extra_test, body, variables, opts)


def _over_ragged_rows(
    tensor: RaggedTensor,
    extra_test: ExtraTest,
    body: Callable[[Any], None],
    variables: State,
    opts: dict[str, Any],
) -> None:
    count = casting.cast(tensor.nrows(), dtypes.int32)
    _by_number(count, tensor.__getitem__, extra_test, body, variables, opts)


def _by_number(
    count: Any,
    item: Callable[[Any], Any],
    extra_test: ExtraTest,
    body: Callable[[Any], None],
    variables: State,
    opts: dict[str, Any],
) -> None:
    def test(i: Any) -> Any:
        return _and_extra(comparison.less(i, count), extra_test)

    def once(i: Any) -> tuple[Any, ...]:
        body(item(i))
        return (arithmetic.add(i, convert(1, dtypes.int32)),)

    stage_loop(test, once, (convert(0, dtypes.int32),), variables, opts)


def _over_items(
    next_item: NextItem,
    extra_test: ExtraTest,
    body: Callable[[Any], None],
    variables: State,
    opts: dict[str, Any],
    relax_shapes: bool,
) -> None:
    """Iterates over what is only known to end when it has ended."""

    def test(more: Any) -> Any:
        return _and_extra(more, extra_test)

    def once(_: Any) -> tuple[Any, ...]:
        more, item = next_item()
        if_stmt(more, lambda: body(item), lambda: None, variables.get, variables.set,
                variables.names, len(variables.names))  # fmt: skip
        return (more,)

    if relax_shapes:
        opts = {k: v for k, v in opts.items() if k != "maximum_iterations"}
    stage_loop(test, once, (convert(True),), variables, opts, may_define=False,
               relax_shapes=relax_shapes)  # fmt: skip
