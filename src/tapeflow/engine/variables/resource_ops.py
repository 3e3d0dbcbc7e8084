"""Reading and changing variables inside a graph.

In a graph a variable is a value of dtype resource, its handle; when the graph runs, the handle's
value is the variable itself. These operations are the eager methods' counterparts and call the
same code when they run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import current_recorders, state
from tapeflow.engine.core.errors import FailedPreconditionError
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.ir.infer import reject, shape_text
from tapeflow.engine.ir.primitive import (
    NOT_DIFFERENTIABLE,
    READS,
    WRITES,
    Primitive,
    unregistered,
)
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import gathering
from tapeflow.engine.ops.array.arguments import to_integers
from tapeflow.engine.ops.array.shaping import shape as shape_of
from tapeflow.engine.ops.host_functions import eagerly
from tapeflow.engine.runtime import upward
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor


def resource_op(
    name: str,
    kernel: Callable[..., Any],
    infer: Callable[..., Any],
    vjp: Any = NOT_DIFFERENTIABLE,
    effect: Any = WRITES,
) -> Primitive:
    """An operation on a handle; usually one that writes."""
    return unregistered(name, infer, kernel, vjp, effect)


def _held(handle: Spec) -> Spec:
    """What is known of the variable behind a handle."""
    held: Spec = handle.refers
    return held


def _read_infer(resource: Spec) -> Spec:
    held = _held(resource)
    return Spec(held.dtype, held.shape)


def _read_kernel(resource: Any) -> np.ndarray[Any, Any]:
    array = resource._array
    if array is None:
        raise FailedPreconditionError(
            None, None, f"the variable '{resource.name}' is read before it has a value"
        )
    return array  # type: ignore[no-any-return]


read_variable_p = resource_op(
    "ReadVariableOp", _read_kernel, _read_infer, vjp=lambda ctx, dy: (dy,), effect=READS
)


def _assign_infer(resource: Spec, value: Spec) -> tuple[Spec, ...]:
    return ()


def _assign_kernel(resource: Any, value: Any) -> tuple[()]:
    resource._set(np.asarray(value))
    return ()


assign_p = resource_op("AssignVariableOp", _assign_kernel, _assign_infer)


def _updating(function: Any) -> Callable[..., Any]:
    def kernel(resource: Any, value: Any) -> tuple[()]:
        resource._update(function, np.asarray(value))
        return ()

    return kernel


def _update_infer(resource: Spec, value: Spec) -> tuple[Spec, ...]:
    held = _held(resource)
    if held.shape is not None and value.shape is not None:
        if not TensorShape._of(held.shape).is_compatible_with(TensorShape._of(value.shape)):
            reject(
                f"value: expected the variable's shape {shape_text(held.shape)}; received "
                f"{shape_text(value.shape)}"
            )
    return ()


assign_add_p = resource_op("AssignAddVariableOp", _updating(np.add), _update_infer)
assign_sub_p = resource_op("AssignSubVariableOp", _updating(np.subtract), _update_infer)


def _sparse_infer(resource: Spec, indices: Spec) -> Spec:
    held = _held(resource)
    if indices.shape is None or held.shape is None:
        return Spec(held.dtype, None)
    return Spec(held.dtype, (*indices.shape, *held.shape[1:]))


def _sparse_kernel(resource: Any, indices: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    rows = gathering.gather(EagerTensor(_read_kernel(resource)), EagerTensor(indices))
    return rows._array  # type: ignore[no-any-return]


def _sparse_vjp(ctx: Any, dy: Any) -> tuple[Any, None]:
    handle, indices = ctx.inputs
    held = _held(handle.spec)
    if held.shape is not None and None not in held.shape:
        shape: Any = EagerTensor(np.array(held.shape, np.int32))
    else:
        shape = shape_of(apply(read_variable_p, handle))
    return gathering.slices_of_rows(dy, indices, shape), None


sparse_read_p = resource_op(
    "ResourceGather", _sparse_kernel, _sparse_infer, vjp=_sparse_vjp, effect=READS
)


def _shape_infer(resource: Spec) -> Spec:
    held = _held(resource)
    rank = None if held.shape is None else len(held.shape)
    return Spec(dtypes.int32, (rank,))


variable_shape_p = resource_op(
    "VariableShape",
    lambda resource: np.array(_read_kernel(resource).shape, np.int32),
    _shape_infer,
    effect=READS,
)

is_initialized_p = resource_op(
    "VarIsInitializedOp",
    lambda resource: np.array(resource._array is not None),
    lambda resource: Spec(dtypes.bool_, ()),
    effect=READS,
)


count_up_to_p = resource_op(
    "ResourceCountUpTo",
    lambda resource, limit: resource._counted(limit)._array,
    lambda resource, limit: Spec(_held(resource).dtype, ()),
)


def handle_of(variable: Any) -> Any:
    """The symbolic handle of a variable in the graph that is traced."""
    return state.tracer.capture_object(variable)


def read(variable: Any) -> Any:
    """The value of a variable, while a function is traced; tapes inside link it to the variable."""
    handle = handle_of(variable)
    note_read(variable, handle)
    return apply(read_variable_p, handle)


def note_read(variable: Any, handle: Any) -> None:
    """Tells the tapes inside of the traced function that a variable is read through `handle`."""
    for recorder in current_recorders():
        recorder.variable_read(variable, handle)


def read_rows(variable: Any, indices: Any) -> Any:
    """Rows of a variable, while a function is traced; the gradient is sparse."""
    indices = to_integers(indices)
    if not isinstance(indices, Tensor):  # ragged: the rows keep its structure
        return indices.with_flat_values(read_rows(variable, indices.flat_values))
    handle = handle_of(variable)
    note_read(variable, handle)
    return apply(sparse_read_p, handle, indices)


def assign(variable: Any, prim: Primitive, value: Any, read_value: bool) -> Any:
    """Assigns to a variable, or adds to it, while a function is traced."""
    tensor = convert(value, variable._dtype)
    if prim is assign_p and not variable._shape.is_compatible_with(tensor.shape):
        raise ValueError(
            f"Cannot assign value to variable '{variable.name}': Shape mismatch. The variable "
            f"shape {variable._shape}, and the assigned value shape {tensor.shape} are "
            "incompatible."
        )
    apply(prim, handle_of(variable), tensor)
    return variable if read_value else state.tracer.nodes[-1]


_UPDATES: dict[str, Primitive] = {}


def update(variable: Any, name: str, run: Callable[..., Any], tensors: Any, **attrs: Any) -> Any:
    """Changes a variable by a function that eager mode calls, while a function is traced.

    Args:
      variable: the variable.
      name: the operation's type.
      run: called as `run(variable, *eager_tensors, **attrs)` when the graph runs.
      tensors: the tensors it is called with.
      **attrs: hashable attributes.

    Returns:
      The variable.
    """
    prim = _UPDATES.get(name)
    if prim is None:

        def kernel(resource: Any, *arrays: Any, run: Any, **attrs: Any) -> tuple[()]:
            with eagerly():
                run(resource, *[EagerTensor(np.asarray(a)) for a in arrays], **attrs)
            return ()

        prim = _UPDATES[name] = resource_op(name, kernel, lambda resource, *rest, **attrs: ())
    apply(prim, handle_of(variable), *tensors, run=run, **attrs)
    return variable


def read_handle(handle: Any) -> Any:
    """The value of the variable behind a symbolic handle."""
    return apply(read_variable_p, handle)


upward.provide(read_handle=read_handle)


def effect_on(name: str, run: Callable[..., Any], variables: list[Any], tensors: list[Any]) -> Any:
    """Makes an operation that changes several variables, while a function is traced.

    Args:
      name: the operation's type.
      run: called as `run(variables, tensors)`, of eager tensors, when the graph runs.
      variables: the variables.
      tensors: the tensors it is called with.

    Returns:
      The operation.
    """
    count = len(variables)

    def kernel(*values: Any) -> tuple[()]:
        with eagerly():
            run(list(values[:count]), [EagerTensor(np.asarray(v)) for v in values[count:]])
        return ()

    prim = resource_op(name, kernel, lambda *inputs: ())
    apply(prim, *[handle_of(v) for v in variables], *tensors)
    return state.tracer.nodes[-1]
