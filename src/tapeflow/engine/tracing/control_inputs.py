"""Control inputs: which operations a graph was told to run before an operation.

Operations run in program order, so nothing depends on them here; programs look at them.
"""

from __future__ import annotations

from typing import Any

from tapeflow.engine.ir.primitive import WRITES
from tapeflow.engine.runtime.tensor import Tensor
from tapeflow.engine.tracing.operation import Operation


class Controller:
    """One block of `tf.control_dependencies`.

    Attributes:
      operations: what comes before the operations of the block.
      inside: ids of the operations made in the block so far.
    """

    __slots__ = ("inside", "operations")

    def __init__(self, operations: list[Operation]) -> None:
        self.operations = operations
        self.inside: set[int] = set()


def add_control_inputs(node: Operation, controllers: tuple[Controller, ...]) -> None:
    """Gives a new operation the control inputs of the blocks that it is made in.

    An operation that takes a result of the same block comes after that one anyway, as it does
    after the operations whose results it takes.
    """
    before = [t.node for t in node.inputs]
    for controller in controllers:
        if not any(id(op) in controller.inside for op in before):
            for op in controller.operations:
                if op not in before and op not in node.control_inputs:
                    node.control_inputs.append(op)
        controller.inside.add(id(node))


def operations_of(control_inputs: Any, graph: Any) -> list[Operation]:
    """The operations of a graph among control inputs; functions are called.

    Raises:
      TypeError: for what is neither operation, tensor, variable nor function.
    """
    if callable(control_inputs) and not isinstance(control_inputs, Tensor):
        control_inputs()
        return []
    items = control_inputs if isinstance(control_inputs, (list, tuple)) else list(control_inputs)
    found = []
    for item in items:
        if isinstance(item, Operation):
            found.append(item)
        elif isinstance(item, Tensor):
            op = getattr(item, "node", None)
            if op is not None:
                found.append(op)
        elif hasattr(item, "_components"):
            found += operations_of([c for c in item._components() if c is not None], graph)
        elif hasattr(item, "_handle"):
            found += _last_change(item, graph)
        elif callable(item):
            item()
        elif not (item is None or hasattr(item, "op")):
            raise TypeError(
                "control_inputs: expected operations, tensors, tf.IndexedSlices or functions; "
                f"received {item!r}"
            )
    return [op for op in found if op.graph is graph]


def _last_change(variable: Any, graph: Any) -> list[Operation]:
    """The operation that changed a variable last: assignments give the variable itself."""
    handle = graph.capture_object(variable)
    for node in reversed(graph.nodes):
        if node.effect is WRITES and any(t is handle for t in node.inputs):
            return [node]
    return []
