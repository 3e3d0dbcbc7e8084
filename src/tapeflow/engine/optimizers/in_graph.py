"""Steps of optimizers in graphs: one operation that runs the eager step."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.execution import init_scope
from tapeflow.engine.runtime.indexed_slices import IndexedSlices
from tapeflow.engine.variables import resource_ops
from tapeflow.engine.variables.variable import Variable


def apply_gradients(optimizer: Any, pairs: Any, global_step: Any) -> Any:
    """Makes the operation that changes variables by their gradients.

    Slots are made now, eagerly, and stay outside of the graph. What a step depends on (gradients,
    learning rate) is computed by the graph.

    Args:
      optimizer: the optimizer.
      pairs: pairs `(gradient, variable)`; gradients may be None.
      global_step: integer variable to add 1 to, or None.

    Returns:
      The operation.

    Raises:
      ValueError: when no variable has a gradient, or a gradient does not fit its variable.
      AttributeError: for what is no variable.
    """
    ready = [(_checked(grad, var), var) for grad, var in pairs if grad is not None]
    if not ready:
        raise ValueError(f"No gradients provided for any variable: {[str(v) for _, v in pairs]}.")
    variables = [var for _, var in ready]
    with init_scope():
        optimizer._create_slots(variables)
    hyper = [_number(optimizer._call_if_callable(h)) for h in optimizer._hyper()]
    tensors: list[Any] = []
    sparse = []
    for grad, _ in ready:
        parts = [grad.values, grad.indices] if isinstance(grad, IndexedSlices) else [grad]
        sparse.append(len(parts) == 2)
        tensors += parts

    def run(variables: list[Any], values: list[Any]) -> None:
        rest = iter(values)
        found = []
        for var, two in zip(variables, sparse, strict=True):
            grad = IndexedSlices(next(rest), next(rest)) if two else next(rest)
            found.append((optimizer._checked(grad, var), var))
        optimizer._prepare_with([value._array for value in rest])
        optimizer._change(found)

    made = resource_ops.effect_on(optimizer._op_name(), run, variables, [*tensors, *hyper])
    if global_step is not None:
        global_step.assign_add(1)
    return made


def _number(value: Any) -> Any:
    # Python numbers become float32 here, also for variables of double precision.
    return convert(np.float32(value)) if type(value) is float else convert(value)


def _checked(grad: Any, var: Any) -> Any:
    if not isinstance(var, Variable):
        raise AttributeError(
            f"apply_gradients: expected a tf.Variable beside each gradient; received {var!r}"
        )
    if isinstance(grad, IndexedSlices):
        indices = convert(grad.indices)
        if indices.dtype not in dtypes.INDEX:
            raise TypeError(
                f"grad.indices: expected dtype int32 or int64; received {indices.dtype.name}"
            )
        made: Any = IndexedSlices(convert(grad.values), indices, grad.dense_shape)
        values = made.values
        fits = values.shape[1:].is_compatible_with(var.shape[1:])
    else:
        made = values = convert(grad, None if hasattr(grad, "dtype") else var.dtype)
        fits = values.shape.is_compatible_with(var.shape)
    if values.dtype is not var.dtype:
        raise ValueError(
            f"grad: expected dtype {var.dtype.name}, the variable's; received {values.dtype.name}"
        )
    if not fits:
        raise ValueError(f"grad: expected shape {var.shape}, the variable's; received "
                         f"{values.shape}")  # fmt: skip
    return made
