"""`if` statements and expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeflow.engine.autograph.staging import (
    dtype_of,
    holds_none,
    is_staged,
    same_structure,
    scalar_bool,
    staged_value,
)
from tapeflow.engine.autograph.variables import UndefinedReturnValue, is_undefined
from tapeflow.engine.core import nest
from tapeflow.engine.ops.control_flow import branching

State = Callable[[], tuple[Any, ...]]


def if_stmt(
    cond: Any,
    body: Callable[[], None],
    orelse: Callable[[], None],
    get_state: State,
    set_state: Callable[[tuple[Any, ...]], None],
    symbol_names: tuple[str, ...],
    nouts: int,
) -> None:
    """Runs one of two blocks; both are traced when a symbolic tensor decides.

    Args:
      cond: the condition.
      body: the block for true; it reads and writes the variables of the state.
      orelse: the block for false.
      get_state: gives the variables that a block changes.
      set_state: sets them.
      symbol_names: their names.
      nouts: how many of them, from the first, are used later.

    Raises:
      ValueError: when a variable gets a value in one block alone.
      TypeError: when its values differ in dtype or structure.
    """
    if is_staged(cond):
        _staged_if(scalar_bool(cond, "if statement"), body, orelse, get_state, set_state,
                   symbol_names[:nouts])  # fmt: skip
    elif cond:
        body()
    else:
        orelse()


def _staged_if(
    pred: Any,
    body: Callable[[], None],
    orelse: Callable[[], None],
    get_state: State,
    set_state: Callable[[tuple[Any, ...]], None],
    names: tuple[str, ...],
) -> None:
    before = get_state()
    ends: list[list[Any]] = []

    def branch(block: Callable[[], None], label: str) -> Callable[[], list[Any]]:
        def run() -> list[Any]:
            set_state(before)
            block()
            values = get_state()
            ends.append([_end_value(n, v, label) for n, v in zip(names, values)])
            if label == "else":
                _require_alike(names, *ends[-2:])
            return nest.flatten([v for v in ends[-1] if not is_undefined(v)])

        return run

    try:
        flat = list(branching.cond(pred, branch(body, "main"), branch(orelse, "else")))
    except Exception:
        set_state(before)
        raise
    outputs = []
    for value in ends[0]:
        if not is_undefined(value):
            count = len(nest.flatten(value))
            value = nest.pack_sequence_as(value, flat[:count])
            flat = flat[count:]
        outputs.append(value)
    set_state((*outputs, *before[len(names) :]))


def _end_value(name: str, value: Any, label: str) -> Any:
    if is_undefined(value):
        return value
    if holds_none(value):
        raise ValueError(f"'{name}' is None at the end of the {label} branch.")
    return staged_value(name, value)


def _require_alike(names: tuple[str, ...], main: list[Any], other: list[Any]) -> None:
    for name, one, two in zip(names, main, other):
        if is_undefined(one) or is_undefined(two):
            if is_undefined(one) != is_undefined(two):
                label = "main" if is_undefined(one) else "else"
                if isinstance(one if is_undefined(one) else two, UndefinedReturnValue):
                    raise ValueError(f"the {label} branch must also have a return statement.")
                raise ValueError(f"'{name}' must also be initialized in the {label} branch")
            continue
        reason = same_structure(one, two)
        if reason is not None:
            raise TypeError(
                f"'{name}' must have the same nested structure in the main and else branches:"
                f"\n\n{reason}"
            )
        for a, b in zip(nest.flatten(one), nest.flatten(two)):
            if dtype_of(a) is not dtype_of(b):
                raise TypeError(
                    f"'{name}' has dtype {dtype_of(a).name} in the main branch, but dtype "
                    f"{dtype_of(b).name} in the else branch"
                )


def if_exp(
    cond: Any, if_true: Callable[[], Any], if_false: Callable[[], Any], expr_repr: str
) -> Any:
    """The conditional expression `if_true() if cond else if_false()`.

    Args:
      cond: the condition.
      if_true: gives the value for true.
      if_false: gives the value for false.
      expr_repr: the condition's source.

    Returns:
      The value.

    Raises:
      ValueError: when one value is None and a tensor decides.
      TypeError: when the values differ in dtype or structure.
    """
    if not is_staged(cond):
        return if_true() if cond else if_false()
    result: tuple[Any, ...] = (None,)

    def keep(value: Any) -> None:
        nonlocal result
        result = (value,)

    def put(values: tuple[Any, ...]) -> None:
        nonlocal result
        result = values

    pred = scalar_bool(cond, "conditional expression")
    _staged_if(pred, lambda: keep(if_true()), lambda: keep(if_false()), lambda: result, put,
               (expr_repr,))  # fmt: skip
    return result[0]
