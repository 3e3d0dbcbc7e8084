"""`while_loop`."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core import nest
from tapeflow.engine.core.context import state
from tapeflow.engine.core.export import export
from tapeflow.engine.ops.control_flow.traced_loop import traced_while
from tapeflow.engine.runtime.composite import is_composite
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import Tensor


@export("while_loop")
def while_loop(
    cond: Any,
    body: Any,
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    maximum_iterations: Any = None,
    name: str | None = None,
) -> Any:
    """Repeats `body` while `cond` holds.

    Args:
      cond: function of the loop variables that gives a scalar boolean tensor.
      body: function of the loop variables that gives a list or tuple of their next values.
      loop_vars: list or tuple of tensors, composite tensors and nests of them.
      shape_invariants: accepted; shapes need not be announced in eager mode.
      parallel_iterations: accepted and not used.
      back_prop: accepted; tapes decide.
      swap_memory: accepted and not used.
      maximum_iterations: scalar, how often `body` runs at most.
      name: ignored in eager mode.

    Returns:
      What `body` gave last: the loop variables after the last iteration.

    Raises:
      TypeError: when `cond` or `body` is not callable.
      ValueError: when there are no loop variables or `body` changes their structure.

    Example:
      >>> import tapeflow as tf
      >>> [i.numpy() for i in tf.while_loop(lambda i: i < 10, lambda i: [i + 3], [0])]
      [np.int32(12)]
    """
    if state.tracer is not None and isinstance(loop_vars, (list, tuple)) and not loop_vars:
        raise TypeError("'loop_vars' must be provided: a list or tuple of at least one value.")
    if isinstance(loop_vars, Tensor) or not loop_vars:
        raise ValueError("'loop_vars' must be provided: a list or tuple of at least one value.")
    if not callable(cond):
        raise TypeError("'cond' must be callable.")
    if not callable(body):
        raise TypeError("'body' must be callable.")
    if parallel_iterations < 1:
        raise TypeError("'parallel_iterations' must be a positive integer.")
    if state.tracer is not None:
        return traced_while(cond, body, loop_vars, shape_invariants, maximum_iterations, name)
    limit = None if maximum_iterations is None else int(maximum_iterations)
    values = loop_vars
    done = 0
    while (limit is None or done < limit) and cond(*values):
        new = body(*values)
        if limit is not None and not isinstance(new, (list, tuple)):
            raise ValueError(
                f"while_loop: body: expected a list or tuple of {len(values)}; received {new!r}"
            )
        nest.assert_same_structure(list(values), list(new))
        values = new
        done += 1
    return nest.map_structure(_as_tensor, values)


def _as_tensor(value: Any) -> Any:
    if isinstance(value, Tensor) or is_composite(value) or hasattr(value, "_is_tensor_array"):
        return value
    return convert(value)
