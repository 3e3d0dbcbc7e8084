"""`Graph`: what operations are added to while it is the default; programs look into it, too."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import current_recorders, set_recorders, state
from tapeflow.engine.core.dtypes import FROM_NUMPY
from tapeflow.engine.core.errors import (
    FailedPreconditionError,
    InaccessibleTensorError,
    InvalidArgumentError,
    NotFoundError,
    OpError,
)
from tapeflow.engine.core.export import export
from tapeflow.engine.core.frames import location_text, user_location
from tapeflow.engine.core.name_scopes import name_scope
from tapeflow.engine.ir import graph as ir
from tapeflow.engine.ir.graph import CONST, PLACEHOLDER, structural_form
from tapeflow.engine.ir.primitive import WRITES, Primitive
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime.convert import made_by_engine
from tapeflow.engine.runtime.dispatch import _apply_composite, name_op
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor
from tapeflow.engine.tracing.control_inputs import (
    Controller,
    add_control_inputs,
    operations_of,
)
from tapeflow.engine.tracing.deferral import as_inputs, is_late
from tapeflow.engine.tracing.elements import GraphElements
from tapeflow.engine.tracing.naming import argument_name, is_argument, operation_name
from tapeflow.engine.tracing.operation import Operation
from tapeflow.engine.tracing.partial_values import propagate
from tapeflow.engine.tracing.session_era import SessionEraMembers
from tapeflow.engine.tracing.symbolic import SymbolicTensor

NO_OP = structural_form("NoOp", effect=WRITES, kernel=tuple)
"""Does nothing; `tf.group` and `tf.no_op` give one, to be depended on."""


class TracingSentinel:
    """The recorder that is there while a function is traced; it tracks nothing.

    Eager dispatch looks for a tracer only when there are recorders.
    """

    tracked: set[int] = set()  # noqa: RUF012 - never added to
    log = None

    def record(self, prim: Any, inputs: Any, outputs: Any, attrs: Any) -> None:
        """Nothing is tracked, so there is nothing to note."""

    def variable_read(self, variable: Any, tensor: Any) -> None:
        """Nothing is watched."""

    def left(self, tensor: Any) -> None:
        """Nothing is tracked, so nothing leaves."""


SENTINEL = TracingSentinel()

ON_OPERATION: Callable[[Any, Operation], None] | None = None
"""Called with each new operation and its graph while numerics are checked."""

_VALID_SCOPE = re.compile(r"[A-Za-z0-9_.\\/>-]*")


@export("Graph")
class Graph(GraphElements, SessionEraMembers, ir.Graph):
    """Operations and the tensors between them.

    In TensorFlow 2, graphs come from `tf.function`. A graph made by hand can be built and looked
    at; it isn't run, as there are no sessions.

    Example:
      >>> import tapeflow as tf
      >>> g = tf.Graph()
      >>> with g.as_default():
      ...     y = tf.add(1.0, 2.0)
      >>> y.graph is g, y.op.type
      (True, 'AddV2')
    """

    building_function = False
    seed: Any = None
    """The seed of the graph, set with `tf.random.set_seed`."""

    def __init__(self) -> None:
        super().__init__()
        self._finalized = False
        self._seeds_given = 0
        self._names: dict[str, int] = {}
        self._by_name: dict[str, Operation] = {}
        self._constants: dict[int, tuple[EagerTensor, SymbolicTensor]] = {}
        self._collections: dict[Any, list[Any]] = {}
        self._not_feedable: set[int] = set()
        self._not_fetchable: set[int] = set()
        self._controllers: tuple[Controller, ...] = ()
        # Handles -> the variables (or other objects) that they are of.
        self.owners: dict[int, Any] = {}

    # Being the default.

    @contextlib.contextmanager
    def as_default(self) -> Iterator[Graph]:
        """Makes this the graph that operations are added to, for the `with` block."""
        before = state.tracer, current_recorders(), state.name_scope
        state.tracer = self
        set_recorders((SENTINEL,))
        state.name_scope = ""
        try:
            yield self
        finally:
            state.tracer, _, state.name_scope = before
            set_recorders(before[1])

    # Building.

    def apply(self, prim: Primitive, inputs: tuple[Any, ...], attrs: dict[str, Any]) -> Any:
        """Adds an operation; dispatch calls this in place of the kernel."""
        if is_late(attrs):
            prim, inputs, attrs = as_inputs(prim, inputs, attrs)
        values = []
        name = None
        for t in inputs:
            if type(t) is SymbolicTensor and t.node.graph is self:  # type: ignore[attr-defined]
                values.append(t)
            elif type(t) is EagerTensor:
                # Constants are named after the operation, which is named first, as in TensorFlow.
                if name is None:
                    name = self._scoped(operation_name(prim))
                values.append(self.value_of(t, f"{name}/{argument_name(prim, len(values))}"))
            elif isinstance(t, Tensor):
                values.append(self.value_of(t))
            else:
                return _apply_composite(prim, inputs, attrs)
        specs = [v.spec for v in values]
        try:
            outs = prim.infer(*specs, **attrs)
        except OpError as error:
            raise as_tracing_error(error, prim) from None
        several = isinstance(outs, tuple)
        out_specs = list(outs) if isinstance(outs, tuple) else [outs]
        propagate(prim, specs, attrs, out_specs)
        node = self.add_named(
            prim, tuple(values), attrs, out_specs, name or self._scoped(operation_name(prim))
        )
        node.in_tuple = several and len(node.outputs) == 1
        record(prim, inputs, node.outputs, node.attrs)
        if ON_OPERATION is not None:
            ON_OPERATION(self, node)
        return tuple(node.outputs) if several else node.outputs[0]

    def add_operation(
        self,
        prim: Primitive,
        inputs: tuple[Any, ...],
        attrs: dict[str, Any],
        specs: list[Spec],
        name: str | None = None,
    ) -> Operation:
        """Appends an operation whose outputs are described by `specs`."""
        if name is None:
            name = operation_name(prim)
        return self.add_named(prim, inputs, attrs, specs, self._scoped(name))

    def add_named(
        self,
        prim: Primitive,
        inputs: tuple[Any, ...],
        attrs: dict[str, Any],
        specs: list[Spec],
        unique_name: str,
    ) -> Operation:
        """As `add_operation`, under a name that `unique_name` has given."""
        if self._finalized:
            raise RuntimeError("Graph is finalized and cannot be modified.")
        node = Operation(self, prim, inputs, attrs, unique_name, user_location())
        if self._controllers:
            add_control_inputs(node, self._controllers)
        node.outputs = [SymbolicTensor(node, i, spec) for i, spec in enumerate(specs)]
        self.nodes.append(node)
        self._by_name[node.name] = node
        return node

    def _scoped(self, name: str) -> str:
        if name.endswith("/"):  # the name of a scope that is open already
            return self.unique_name(name[:-1])
        return self.unique_name(state.name_scope + name)

    def value_of(self, tensor: Any, name: str | None = None) -> SymbolicTensor:
        """What stands for a tensor in this graph.

        Args:
          tensor: a tensor.
          name: what to call a constant that is made of a Python value, scopes included.

        Raises:
          ValueError: for a symbolic tensor of another graph.
          RuntimeError: for an eager tensor of the program's: only functions capture.
        """
        if type(tensor) is EagerTensor:
            if not made_by_engine(tensor) and is_argument(tensor):
                raise RuntimeError(
                    f"Attempting to capture an EagerTensor without building a function: {tensor!r} "
                    "cannot be used in a tf.Graph made by hand. Make the constant inside of the "
                    "graph, or use tf.function."
                )
            return self.constant_of(tensor, unique_name=name)
        if type(tensor) is SymbolicTensor:
            if tensor.graph is self:
                return tensor
            raise ValueError(
                f"{tensor!r} must be from the same graph as the operation that uses it: it is from "
                f"{tensor.graph!r}, the operation is added to {self!r}."
            )
        raise out_of_scope(tensor, self)

    def constant_of(
        self, tensor: EagerTensor, name: str | None = None, unique_name: str | None = None
    ) -> SymbolicTensor:
        """A constant with a tensor's values.

        Args:
          tensor: the tensor.
          name: the wanted name, to which the open scopes are added.
          unique_name: the wanted name with its scopes.
        """
        known = self._constants.get(id(tensor))
        if known is not None:
            return known[1]
        array = tensor._array
        spec = Spec(FROM_NUMPY[array.dtype], array.shape, array)
        whole = self.unique_name(unique_name) if unique_name else self._scoped(name or "Const")
        node = self.add_named(CONST, (), {"value": array}, [spec], whole)
        made: SymbolicTensor = node.outputs[0]
        self._constants[id(tensor)] = (tensor, made)  # held, so that the id stays taken
        return made

    def placeholder(self, spec: Spec, name: str = "Placeholder") -> SymbolicTensor:
        """A value that a caller will give."""
        node = self.add_operation(PLACEHOLDER, (), {}, [spec], name)
        made: SymbolicTensor = node.outputs[0]
        return made

    def capture_object(self, owner: Any) -> SymbolicTensor:
        """The handle of one of the graph's own variables.

        Raises:
          RuntimeError: for any other variable: only functions take variables from outside.
        """
        handle = owner._handle
        if type(handle) is SymbolicTensor:
            return self.value_of(handle)
        raise RuntimeError(
            "resource: Attempting to capture an EagerTensor without building a function: "
            f"{owner!r} cannot be used in a tf.Graph made by hand. Use tf.function."
        )

    def no_op(self, name: str | None = None) -> Operation:
        """An operation that does nothing, to be depended on."""
        return self.add_operation(NO_OP, (), {}, [], name or "NoOp")

    def group(self, items: Any, name: str | None = None) -> Operation:
        """An operation that does nothing after all of `items`."""
        made = self.no_op(name or "group_deps")
        for op in operations_of(items, self):
            if op not in made.control_inputs:
                made.control_inputs.append(op)
        return made

    def control_dependencies(self, control_inputs: Any) -> Any:
        """Notes that the operations made inside come after others, as they do in program order.

        Args:
          control_inputs: list of operations and tensors, to which those of blocks around are added;
            functions, which are called; or None: no operation of the blocks around.

        Returns:
          A context manager.

        Raises:
          TypeError: for anything else.
        """
        if control_inputs is None:
            return self._controlled_by(())
        controller = Controller(operations_of(control_inputs, self))
        return self._controlled_by((*self._controllers, controller))

    @contextlib.contextmanager
    def _controlled_by(self, controllers: tuple[Controller, ...]) -> Iterator[None]:
        before, self._controllers = self._controllers, controllers
        try:
            yield
        finally:
            self._controllers = before

    def next_seed(self) -> int:
        """The seed of the next random operation that has none of its own."""
        self._seeds_given += 1
        return self._seeds_given - 1

    # Names.

    def unique_name(self, name: str, mark_as_used: bool = True) -> str:
        """`name`, or `name_1`, `name_2`, ... where it is taken.

        Args:
          name: the wanted name, with scopes in front.
          mark_as_used: whether it is taken from now on.
        """
        key = name.lower()
        count = self._names.get(key, 0)
        if mark_as_used:
            self._names[key] = count + 1
        made = name
        if count:
            while made.lower() in self._names:
                made = f"{name}_{count}"
                count += 1
            if mark_as_used:
                self._names[key] = count
                self._names[made.lower()] = 1
        return made

    def name_scope(self, name: str | None) -> Any:
        """A context manager: names made inside get `name/` in front; None or `""` removes all."""
        if name and not _VALID_SCOPE.fullmatch(name):
            raise ValueError(f"'{name}' is not a valid scope name.")
        return name_scope(name or "")

    def get_name_scope(self) -> str:
        """The scopes that are open, without the `/` at the end."""
        return state.name_scope.removesuffix("/") if state.tracer is self else ""


@export("compat.v1.get_default_graph")
def get_default_graph() -> Graph:
    """The graph that operations are added to; in eager mode one that stays empty.

    Returns:
      A `tf.Graph`.
    """
    # What an `init_scope` has left is still the default.
    return state.tracer or state.left_graph or _OUTERMOST[0]


@export("compat.v1.reset_default_graph")
def reset_default_graph() -> None:
    """Forgets the outermost default graph.

    Returns:
      None.

    Raises:
      AssertionError: inside of another graph.
    """
    if state.tracer is not None:
        raise AssertionError("Do not use tf.reset_default_graph() inside of a graph.")
    _OUTERMOST[0] = Graph()
    state.name_scope = ""


_OUTERMOST = [Graph()]


def record(prim: Any, inputs: Any, outputs: Any, attrs: Any) -> None:
    """Notes an operation on the tapes inside of the traced function that track an input."""
    for recorder in current_recorders():
        tracked = recorder.tracked
        if tracked:
            for t in inputs:
                if id(t) in tracked:
                    recorder.record(prim, inputs, outputs, attrs)
                    break


def as_tracing_error(error: OpError, prim: Primitive) -> Exception:
    """What TensorFlow raises while a graph is built: no `OpError`, but Python's own classes."""
    named = name_op(error, prim)
    if isinstance(error, NotFoundError):  # there is no kernel for the dtype
        return InvalidArgumentError(None, None, named.message)
    refused = isinstance(error, (InvalidArgumentError, FailedPreconditionError))
    if not refused or getattr(error, "about_values", False):
        return named
    where = f" (in the operation made at {location_text(user_location())})"
    text = f"{named.message}{where}"
    return TypeError(text) if getattr(error, "about_dtype", False) else ValueError(text)


def out_of_scope(tensor: Any, graph: Any) -> Exception:
    """The error for a symbolic tensor that is used where it has no meaning."""
    location = getattr(getattr(tensor, "node", None), "location", None)
    made = f", made at {location_text(location)}," if location else ""
    home = getattr(tensor, "graph", None)
    owner = getattr(home, "name", "another graph")
    kind = InaccessibleTensorError if getattr(home, "is_body", False) else TypeError
    return kind(
        f"{tensor!r} is out of scope and cannot be used here. It{made} belongs to the graph of "
        f"{owner!r} and has no value elsewhere. Return it from the function that makes it, keep "
        "values in a tf.Variable or tf.TensorArray, or use it only inside of that function."
    )


@export("compat.v1.placeholder")
def placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Any:
    """A symbolic tensor without an operation that computes it.

    Args:
      dtype: its dtype.
      shape: its shape; unknown by default.
      name: its name.

    Returns:
      A symbolic tensor.

    Raises:
      RuntimeError: outside of a graph.

    Example:
      >>> import tapeflow as tf
      >>> with tf.Graph().as_default():
      ...     print(tf.compat.v1.placeholder(tf.float32, [None, 2]))
      Tensor("Placeholder:0", shape=(None, 2), dtype=float32)
    """
    from tapeflow.engine.core.shapes import TensorShape

    if state.tracer is None:
        raise RuntimeError("tf.placeholder() is not compatible with eager execution.")
    spec = Spec(dtypes.as_dtype(dtype), TensorShape(shape)._dims)
    return state.tracer.placeholder(spec, name or "Placeholder")


def known_value(tensor: Any) -> np.ndarray[Any, Any] | None:
    """The values of a tensor where they are known now."""
    if type(tensor) is EagerTensor:
        return tensor._array
    spec = getattr(tensor, "spec", None)
    return None if spec is None else spec.value
