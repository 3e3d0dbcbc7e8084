"""`while` statements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeflow.engine.autograph.staged_loops import State, stage_loop
from tapeflow.engine.autograph.staging import is_staged, scalar_bool, scratch_graph
from tapeflow.engine.core.context import state

LIMITATIONS = (
    "https://github.com/tensorflow/tensorflow/blob/master/tensorflow/python/autograph/g3doc/"
    "reference/limitations.md#consistency-of-control-flow-types"
)


def while_stmt(
    test: Callable[[], Any],
    body: Callable[[], None],
    get_state: Callable[[], tuple[Any, ...]],
    set_state: Callable[[tuple[Any, ...]], None],
    symbol_names: tuple[str, ...],
    opts: dict[str, Any],
) -> None:
    """Repeats a block; the loop is staged if its condition is a symbolic tensor.

    Args:
      test: the condition.
      body: the block; it reads and writes the variables of the state.
      get_state: gives the variables that the block changes.
      set_state: sets them.
      symbol_names: their names.
      opts: the options of `set_loop_options`.

    Raises:
      NotImplementedError: when the condition becomes a tensor in a later iteration.
    """
    if state.tracer is None:
        while test():
            body()
        return
    # The first test decides how the loop is run. Its operations belong into the loop, not here.
    with scratch_graph():
        holds = test()
    if is_staged(holds):
        variables = State(get_state, set_state, symbol_names)

        def once() -> tuple[Any, ...]:
            body()
            return ()

        stage_loop(lambda: scalar_bool(test(), "while loop"), once, (), variables, opts)
        return
    while holds:
        body()
        holds = test()
        if is_staged(holds):
            raise NotImplementedError(
                "The condition of while loop started as non-Tensor, then changed to Tensor. This "
                "may happen either because variables changed type, or when a break or return "
                "statement inside the loop depends on a Tensor condition. In both cases, changing "
                f"to a TF loop should remove the error.\nSee {LIMITATIONS} for more info."
            )
