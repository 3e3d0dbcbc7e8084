"""`cond`, `case` and `switch_case`: run one of several functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import state
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.core.export import export
from tapeflow.engine.ops.array.creation import zeros
from tapeflow.engine.ops.array.joining import stack
from tapeflow.engine.ops.array.selection import where
from tapeflow.engine.ops.control_flow.branch_op import branch, case_p, if_p
from tapeflow.engine.ops.debugging import assertions
from tapeflow.engine.ops.math import casting, comparison, folds, logical, reductions
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import Tensor


def _require_callable(value: Any, op: str, argument: str) -> None:
    if not callable(value):
        raise TypeError(f"{op}: '{argument}' must be callable; received {value!r}")


@export("cond")
def cond(pred: Any, true_fn: Any = None, false_fn: Any = None, name: str | None = None) -> Any:
    """Runs `true_fn` if `pred` holds, else `false_fn`.

    Args:
      pred: scalar boolean tensor, or a Python value.
      true_fn: function without arguments.
      false_fn: function without arguments.
      name: ignored in eager mode.

    Returns:
      What the function returns.

    Raises:
      TypeError: when a branch is not callable.
      ValueError: when `pred` has more than one element, or is None.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.constant(3.0)
      >>> tf.cond(x > 2.0, lambda: x * x, lambda: x).numpy()
      np.float32(9.0)
    """
    _require_callable(true_fn, "cond", "true_fn")
    _require_callable(false_fn, "cond", "false_fn")
    if pred is None:
        raise ValueError("cond: pred: expected a boolean tensor or a Python value; received None")
    if state.tracer is not None:
        return _traced_cond(pred, true_fn, false_fn, name)
    return true_fn() if pred else false_fn()


def _traced_cond(pred: Any, true_fn: Any, false_fn: Any, name: str | None) -> Any:
    """An operation that runs one of two traced functions."""
    if isinstance(pred, bool):
        raise TypeError("pred must not be a Python bool", pred)
    chosen = convert(pred)
    if chosen.shape.ndims not in (0, None):
        raise ValueError(f"cond: pred: expected a scalar; received shape {chosen.shape}")
    if chosen.dtype is not dtypes.bool_:
        raise InvalidArgumentError(
            None, None, f"cond: pred: expected a boolean; received {chosen.dtype.name}"
        )
    return branch(if_p, chosen, [true_fn, false_fn], ["true_fn", "false_fn"], name or "cond")


@export("case")
def case(
    pred_fn_pairs: Any,
    default: Any = None,
    exclusive: bool = False,
    strict: bool = False,
    name: str = "case",
) -> Any:
    """Runs the function of the first predicate that holds.

    Args:
      pred_fn_pairs: list of `(predicate, function)`, predicates being scalar boolean tensors.
      default: function to run when none holds.
      exclusive: accepted; in eager mode the first one that holds is run, as in TensorFlow.
      strict: accepted and not used in eager mode.
      name: ignored in eager mode.

    Returns:
      What the function returns.

    Raises:
      TypeError: when `pred_fn_pairs` is no list of pairs or a function is not callable.
      ValueError: when a dictionary is given.
      tf.errors.InvalidArgumentError: when none holds and there is no default.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.constant(1)
      >>> tf.case([(x > 1, lambda: 10), (x > 0, lambda: 20)], default=lambda: 30)
      20
    """
    if isinstance(pred_fn_pairs, Mapping) and state.tracer is not None:
        pred_fn_pairs = list(pred_fn_pairs.items())
    pairs = _checked_pairs(pred_fn_pairs)
    if default is not None:
        _require_callable(default, "case", "default")
    if state.tracer is not None:
        return _traced_case(pairs, default, exclusive, name)
    for predicate, function in pairs:
        if predicate:
            return function()
    if default is None:
        raise InvalidArgumentError(
            None, None, "case: None of the conditions evaluated as True, and there is no default."
        )
    return default()


def _traced_case(pairs: list[Any], default: Any, exclusive: bool, name: str) -> Any:
    """Nested `cond`s: the first predicate that holds decides."""
    predicates = [convert(p) for p, _ in pairs]
    if exclusive and len(predicates) > 1:
        count = reductions.reduce_sum(casting.cast(stack(predicates), dtypes.int32))
        assertions.Assert(
            comparison.less_equal(count, 1), ["case: more than one predicate holds:", *predicates]
        )
    functions = [f for _, f in pairs]
    if default is None:
        if len(pairs) > 1 or not exclusive:
            held = logical_any(predicates)
            assertions.Assert(held, ["case: none of the predicates holds:", *predicates])
        default = functions.pop()
        predicates.pop()

    def nested(place: int) -> Any:
        if place == len(functions):
            return default()
        return cond(predicates[place], functions[place], lambda: nested(place + 1), name=name)

    return nested(0)


def logical_any(predicates: list[Any]) -> Any:
    """Whether one of several scalar booleans holds."""
    return folds.reduce_any(stack(predicates))


def _checked_pairs(pairs: Any) -> list[tuple[Any, Callable[[], Any]]]:
    if isinstance(pairs, Mapping):
        raise ValueError(
            "case: pred_fn_pairs: expected a list of pairs in eager mode; "
            "received a dictionary, whose order says nothing"
        )
    if not isinstance(pairs, (list, tuple)):
        raise TypeError("'pred_fn_pairs' must be a list, tuple, or dict. "
                        f"Received: {type(pairs).__name__}")  # fmt: skip
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError(
                f"Each entry in 'pred_fn_pairs' must be a tuple of 2 elements; received {pair!r}"
            )
        predicate, function = pair
        if isinstance(predicate, Tensor):
            if predicate.dtype is not dtypes.bool_:
                raise TypeError(f"pred must be of type bool: {predicate.dtype.name}")
        elif not isinstance(predicate, bool):
            raise TypeError(f"case: pred must be a boolean tensor; received {predicate!r}")
        _require_callable(function, "case", "fn")
    return list(pairs)


@export("switch_case")
def switch_case(
    branch_index: Any, branch_fns: Any, default: Any = None, name: str = "switch_case"
) -> Any:
    """Runs the function whose number is `branch_index`.

    Args:
      branch_index: scalar integer tensor.
      branch_fns: list of functions, a dictionary from numbers to functions, or a list of pairs.
      default: function for numbers that have none; by default the last one.
      name: ignored in eager mode.

    Returns:
      What the function returns.

    Raises:
      TypeError: when the index is no integer tensor, a branch no function, or a key no int.
      ValueError: when keys occur twice or are not the numbers from 0.

    Example:
      >>> import tapeflow as tf
      >>> tf.switch_case(tf.constant(1), [lambda: 10, lambda: 20])
      20
    """
    branches = _checked_branches(branch_fns)
    if default is not None:
        _require_callable(default, "switch_case", "default")
    if not isinstance(branch_index, Tensor):
        raise TypeError(f"'branch_index' must be a Tensor, got {type(branch_index)}")
    if not branch_index.dtype.is_integer:
        raise TypeError(f"'branch_index' must be an integer Tensor, got {branch_index.dtype}")
    if sorted(branches) != list(range(len(branches))):
        raise ValueError(
            f"switch_case: branch_fns: expected the keys 0 to {len(branches) - 1}; "
            f"received {sorted(branches)}"
        )
    if state.tracer is not None:
        functions = [branches[i] for i in range(len(branches))]
        index: Any = branch_index
        if default is not None:
            inside = comparison.less(casting.cast(index, dtypes.int32), len(functions))
            inside = logical.logical_and(
                inside, comparison.greater_equal(index, zeros([], index.dtype))
            )
            index = where(inside, casting.cast(index, dtypes.int32), len(functions))
            functions.append(default)
        labels = [f"branch {i}" for i in range(len(functions))]
        return branch(case_p, index, functions, labels, name)
    chosen = branches.get(int(branch_index))
    if chosen is None:
        chosen = branches[len(branches) - 1] if default is None else default
    return chosen()


def _checked_branches(branch_fns: Any) -> dict[int, Callable[[], Any]]:
    if isinstance(branch_fns, Mapping):
        pairs = list(branch_fns.items())
    elif isinstance(branch_fns, (list, tuple)):
        if branch_fns and all(callable(f) for f in branch_fns):
            pairs = list(enumerate(branch_fns))
        else:
            pairs = list(branch_fns)
    else:
        raise TypeError("'branch_fns' must be a list, tuple, or dict. "
                        f"Received: {type(branch_fns).__name__}")  # fmt: skip
    if not pairs:
        raise ValueError("switch_case: branch_fns: expected at least one function; received none")
    out: dict[int, Callable[[], Any]] = {}
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError(f"Each entry in 'branch_fns' must be a pair; received {pair!r}")
        key, function = pair
        if not isinstance(key, int):
            raise TypeError(f"switch_case: key must be a Python int; received {key!r}")
        _require_callable(function, "switch_case", "fn")
        if key in out:
            raise ValueError(f"switch_case: key {key} occurs more than once")
        out[key] = function
    return out
