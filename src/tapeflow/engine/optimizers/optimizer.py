"""`Optimizer`: gradients to variables; what all optimizers share."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.autodiff.symbolic import gradients
from tapeflow.engine.autodiff.tape import GradientTape
from tapeflow.engine.core import nest
from tapeflow.engine.core.context import state
from tapeflow.engine.core.export import export
from tapeflow.engine.optimizers import in_graph
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.indexed_slices import IndexedSlices
from tapeflow.engine.runtime.tensor import EagerTensor
from tapeflow.engine.variables.row_updates import check_rows, occur_once, refuse
from tapeflow.engine.variables.variable import Variable

Array = np.ndarray[Any, Any]

# How often a name was given to a variable of an optimizer: further ones get `_1`, `_2`, ...
_NAMES: dict[str, int] = {}


def unique_name(name: str) -> str:
    """`name`, with a number where it was given before."""
    count = _NAMES.get(name, 0)
    _NAMES[name] = count + 1
    return name if not count else f"{name}_{count}"


def sum_duplicates(values: Array, indices: Array) -> tuple[Array, Array]:
    """One row for each index that occurs: the sum of its rows."""
    indices = indices.reshape(-1)
    if occur_once(indices):
        return values, indices
    order = np.argsort(indices, kind="stable")
    ordered = indices[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    return np.add.reduceat(values[order], starts, axis=0), ordered[starts]


@export("compat.v1.train.Optimizer", "train.Optimizer")
class Optimizer:
    """What optimizers have in common; use one of the subclasses, or write one.

    A subclass gives `_resource_apply_dense(grad, var)` and
    `_resource_apply_sparse(grad, var, indices)`, and may give `_create_slots(var_list)`,
    `_prepare()` and `_finish(update_ops, name_scope)`.

    Args:
      use_locking: accepted; updates of one thread are in order anyway.
      name: its name; the variables it makes carry it.
      use_own_namescope_for_non_slot_vars: whether its variables that belong to no trained variable
        carry its name too.

    Raises:
      ValueError: when `name` is empty.
    """

    GATE_NONE = 0
    GATE_OP = 1
    GATE_GRAPH = 2

    def __init__(
        self, use_locking: bool, name: str, use_own_namescope_for_non_slot_vars: bool = False
    ) -> None:
        if not name:
            raise ValueError("Must specify the optimizer name")
        self._use_locking = use_locking
        self._name = name
        self._own_namescope = use_own_namescope_for_non_slot_vars
        # Slot name -> handle of the variable -> slot variable.
        self._slots: dict[str, dict[Any, Variable]] = {}
        self._non_slots: dict[str, Variable] = {}

    def get_name(self) -> str:
        """The name given at construction."""
        return self._name

    def minimize(
        self,
        loss: Any,
        global_step: Any = None,
        var_list: Any = None,
        gate_gradients: int = GATE_OP,
        aggregation_method: Any = None,
        colocate_gradients_with_ops: bool = False,
        name: str | None = None,
        grad_loss: Any = None,
    ) -> Any:
        """Computes the gradients of `loss` and applies them.

        Args:
          loss: function without arguments that returns the loss.
          global_step: integer variable to add 1 to, or None.
          var_list: variables to change; by default the trainable ones that `loss` reads.
          gate_gradients: accepted; eager gradients are computed in order.
          aggregation_method: accepted; gradients are added.
          colocate_gradients_with_ops: accepted and not used.
          name: ignored in eager mode.
          grad_loss: what to weight the elements of the loss with, or None.

        Returns:
          None; while a function is traced, the operation that changes the variables.

        Raises:
          RuntimeError: when `loss` is not callable, outside of traced functions.
          ValueError: when no variable has a gradient.

        Example:
          >>> import tapeflow as tf
          >>> v = tf.Variable(3.0)
          >>> tf.compat.v1.train.GradientDescentOptimizer(0.5).minimize(lambda: v * v)
          >>> v.numpy()
          np.float32(0.0)
        """
        grads_and_vars = self.compute_gradients(loss, var_list, grad_loss=grad_loss)
        if all(grad is None for grad, _ in grads_and_vars):
            names = [str(v) for _, v in grads_and_vars]
            raise ValueError(
                "No gradients provided for any variable, check your graph for ops that do not "
                f"support gradients, between variables {names} and loss {loss}."
            )
        return self.apply_gradients(grads_and_vars, global_step=global_step, name=name)

    def compute_gradients(
        self,
        loss: Any,
        var_list: Any = None,
        gate_gradients: int = GATE_OP,
        aggregation_method: Any = None,
        colocate_gradients_with_ops: bool = False,
        grad_loss: Any = None,
    ) -> list[tuple[Any, Any]]:
        """The gradients of `loss` with respect to variables.

        Args:
          loss: function without arguments that returns the loss; in a traced function also a
            tensor.
          var_list: variables; by default the trainable ones that `loss` reads.
          gate_gradients: accepted; eager gradients are computed in order.
          aggregation_method: accepted; gradients are added.
          colocate_gradients_with_ops: accepted and not used.
          grad_loss: what to weight the elements of the loss with, or None.

        Returns:
          A list of pairs `(gradient, variable)`; a gradient is a tensor, a `tf.IndexedSlices`, or
          None where the loss does not depend on the variable.

        Raises:
          RuntimeError: when `loss` is not callable.
        """
        if not callable(loss) and state.tracer is not None:
            variables = nest.flatten(var_list)
            if var_list is None or not variables:
                raise ValueError("No variables to optimize.")
            grads = gradients(loss, variables, grad_ys=grad_loss)
            return list(zip(grads, variables, strict=True))
        if not callable(loss):
            raise RuntimeError(
                "`loss` passed to Optimizer.compute_gradients should be a function when eager "
                "execution is enabled."
            )
        with GradientTape() as tape:
            if var_list is not None:
                var_list = nest.flatten(var_list)
                tape.watch(var_list)
            value = loss()
        if var_list is None:
            var_list = list(tape.watched_variables())
        return list(zip(tape.gradient(value, var_list, grad_loss), var_list, strict=True))

    def apply_gradients(
        self,
        grads_and_vars: Any,
        global_step: Any = None,
        name: str | None = None,
        skip_gradients_aggregation: bool = False,
    ) -> Any:
        """Changes the variables by their gradients; an error leaves all of them as they are.

        Args:
          grads_and_vars: pairs `(gradient, variable)`; pairs with None are skipped.
          global_step: integer variable to add 1 to, or None.
          name: ignored in eager mode.
          skip_gradients_aggregation: accepted; there is one replica.

        Returns:
          None; while a function is traced, the operation that changes the variables.

        Raises:
          ValueError: when there are no pairs, or none has a gradient.
          tf.errors.InvalidArgumentError: when a gradient does not fit its variable.
        """
        pairs = tuple(grads_and_vars)
        if not pairs:
            raise ValueError("No variables provided.")
        if state.tracer is not None:
            return in_graph.apply_gradients(self, pairs, global_step)
        ready = []
        for grad, var in pairs:
            if grad is not None:
                ready.append((self._checked(grad, var), var))
        if not ready:
            raise ValueError(
                f"No gradients provided for any variable: {[str(v) for _, v in pairs]}."
            )
        self._create_slots([var for _, var in ready])
        self._prepare()
        self._change(ready, name)
        if global_step is not None:
            global_step.assign_add(1)
        return None

    def _change(self, ready: list[tuple[Any, Any]], name: str | None = None) -> None:
        """Changes the variables, after `_prepare`."""
        for grad, var in ready:
            if type(grad) is IndexedSlices:
                if var.constraint is not None:
                    raise RuntimeError("Cannot use a constraint function on a sparse variable.")
                self._resource_apply_sparse_duplicate_indices(grad.values, var, grad.indices)
            else:
                self._resource_apply_dense(grad, var)
                if var.constraint is not None:
                    var.assign(var.constraint(var))
        self._finish([], name)

    def _checked(self, grad: Any, var: Any) -> Any:
        """The gradient as a tensor or `IndexedSlices` of tensors that fit the variable."""
        if not isinstance(var, Variable):
            raise AttributeError(
                f"apply_gradients: expected a tf.Variable beside each gradient; received {var!r}"
            )
        if isinstance(grad, IndexedSlices):
            op = self._op_name()
            values, indices = convert(grad.values), convert(grad.indices)
            if values.dtype is not var.dtype:
                raise refuse(op, _dtype_message(values, var))
            shape = var._array.shape
            if values.shape.rank == 0:
                raise refuse(op, "grad: expected rows; received a scalar")
            check_rows(op, shape, indices._array, values._array)
            return IndexedSlices(values, indices, grad.dense_shape)
        if type(grad) is not EagerTensor:
            grad = convert(grad, None if hasattr(grad, "dtype") else var.dtype)
        if grad._array.dtype is not var._array.dtype and grad.dtype is not var.dtype:
            raise refuse(self._op_name(), _dtype_message(grad, var))
        if grad._array.shape != var._array.shape:
            raise refuse(
                self._op_name(),
                "var and grad do not have the same shape"
                f"{list(var._array.shape)} {list(grad._array.shape)}",
            )
        return grad

    def _op_name(self) -> str:
        return f"Apply{type(self).__name__.removesuffix('Optimizer')}"

    # What subclasses give.

    def _create_slots(self, var_list: list[Any]) -> None:
        """Makes the slot variables that do not exist yet."""

    def _hyper(self) -> tuple[Any, ...]:
        """The numbers that a step depends on, such as the learning rate."""
        return ()

    def _prepare(self) -> None:
        """Reads what the updates of one step need, such as the learning rate."""

    def _prepare_with(self, values: list[Array]) -> None:
        """Does what `_prepare` does, with the values of `_hyper` that a graph computed."""
        self._prepare()

    def _resource_apply_dense(self, grad: Any, handle: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define _resource_apply_dense")

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define _resource_apply_sparse")

    def _resource_apply_sparse_duplicate_indices(self, grad: Any, handle: Any, indices: Any) -> Any:
        rows, unique = sum_duplicates(grad._array, indices._array)
        return self._resource_apply_sparse(EagerTensor(rows), handle, EagerTensor(unique))

    def _finish(self, update_ops: list[Any], name_scope: str | None) -> Any:
        """Ends one step."""

    def _call_if_callable(self, param: Any) -> Any:
        return param() if callable(param) else param

    # Slots: variables that belong to a trained variable.

    def get_slot(self, var: Any, name: str) -> Any:
        """The slot `name` of a variable.

        Args:
          var: a variable that this optimizer changes.
          name: one of `get_slot_names()`.

        Returns:
          A variable, or None where there is none (yet).
        """
        return self._slots.get(name, {}).get(var._handle)

    def get_slot_names(self) -> list[str]:
        """The names of the slots made so far, sorted."""
        return sorted(self._slots)

    def variables(self) -> list[Any]:
        """All variables of the optimizer itself, sorted by name."""
        own = [slot for slots in self._slots.values() for slot in slots.values()]
        return sorted([*own, *self._non_slots.values()], key=lambda v: v.name)

    def _slot_dict(self, slot_name: str) -> dict[Any, Variable]:
        return self._slots.setdefault(slot_name, {})

    def _make_slot(self, var: Any, value: Any, slot_name: str, op_name: str) -> Any:
        slots = self._slot_dict(slot_name)
        slot = slots.get(var._handle)
        if slot is None:
            name = unique_name(f"{var._shared_name}/{op_name}")
            slot = slots[var._handle] = Variable(value, trainable=False, name=name)
            slot._name, slot._handle.name = f"{name}:0", name  # no scope in front
        return slot

    def _zeros_slot(self, var: Any, slot_name: str, op_name: str) -> Any:
        existing = self.get_slot(var, slot_name)
        return existing if existing is not None else self._filled_slot(var, 0, slot_name, op_name)

    def _filled_slot(self, var: Any, value: float, slot_name: str, op_name: str) -> Any:
        """A slot like `var` with one value everywhere."""
        existing = self.get_slot(var, slot_name)
        if existing is not None:
            return existing
        like = var._array
        array = (
            np.full(like.shape, value, like.dtype) if value else np.zeros(like.shape, like.dtype)
        )
        return self._make_slot(var, EagerTensor(array), slot_name, op_name)

    def _get_or_make_slot(self, var: Any, val: Any, slot_name: str, op_name: str) -> Any:
        return self._make_slot(var, val, slot_name, op_name)

    def _create_non_slot_variable(self, initial_value: Any, name: str, colocate_with: Any) -> Any:
        made = self._non_slots.get(name)
        if made is None:
            full = f"{self._name}/{name}" if self._own_namescope else name
            made = self._non_slots[name] = Variable(initial_value, trainable=False, name=full)
        return made

    def _get_non_slot_variable(self, name: str, graph: Any = None) -> Any:
        return self._non_slots.get(name)


def _dtype_message(grad: Any, var: Any) -> str:
    return f"grad: expected dtype {var.dtype.name}, the variable's; received {grad.dtype.name}"
