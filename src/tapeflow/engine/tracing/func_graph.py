"""`FuncGraph`: the graph of a function's body, with what it takes from around it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.addresses import address
from tapeflow.engine.core.context import current_recorders, set_recorders, state
from tapeflow.engine.core.dtypes import FROM_NUMPY
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.graph import CONST, PLACEHOLDER
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime.convert import made_by_engine
from tapeflow.engine.runtime.dispatch import DIFFERENTIABLE
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor, VariantTensor
from tapeflow.engine.tracing.graph import SENTINEL, Graph, out_of_scope
from tapeflow.engine.tracing.symbolic import SymbolicTensor

SMALL = 128
"""Eager tensors of up to so many elements become constants of the graph that uses them."""


class Capture:
    """Something from outside that a function's graph uses.

    Attributes:
      external: the eager tensor, the symbolic tensor of a graph further out, the variable, or
        another object with a `_handle`.
      internal: what stands for it inside.
    """

    __slots__ = ("external", "internal")

    def __init__(self, external: Any, internal: SymbolicTensor) -> None:
        self.external = external
        self.internal = internal

    @property
    def by_value(self) -> bool:
        """Whether the graph holds the values itself and needs no input for them."""
        return self.internal.node.prim is not PLACEHOLDER


@address("tensorflow.python.framework.func_graph")
@export("__internal__.FuncGraph")
class FuncGraph(Graph):
    """The graph of a function, of a branch or of a loop's body.

    Args:
      name: the function's name.
      collections: accepted and not used.
      capture_by_value: accepted and not used.
      structured_input_signature: `(args, kwargs)` of specs, or None.
      structured_outputs: nest of the results, or None.
    """

    building_function = True
    is_body = False
    """Whether it is part of a control flow operation, which hands on all that it captures."""

    def __init__(
        self,
        name: str,
        collections: Any = None,
        capture_by_value: Any = None,
        structured_input_signature: Any = None,
        structured_outputs: Any = None,
    ) -> None:
        super().__init__()
        self.name = name
        self.outer_graph: Any = state.tracer
        self._input_signature: Callable[[], Any] = lambda: structured_input_signature
        self.structured_outputs = structured_outputs
        self._captures: dict[int, Capture] = {}
        # Concrete values of the inputs while the first call of a function traces it; variables
        # made inside may be initialised with them.
        self.known_inputs: dict[int, Any] = {}
        # The variables that are arguments, by their handles; captured as well, they are the same.
        self.arguments: dict[int, SymbolicTensor] = {}
        self.on_exit: list[Any] = []
        # Held by a thread that traces the graph's gradient, which asks control flow for further
        # outputs, or copies the graph.
        self.changing = threading.RLock()

    @property
    def structured_input_signature(self) -> Any:
        """`(args, kwargs)` of the function, with specs in place of tensors; or None."""
        return self._input_signature()

    def input_signature_from(self, signature: Callable[[], Any]) -> None:
        """Says what gives the structured input signature, which is made when it is asked for."""
        self._input_signature = signature

    # Taking things from outside.

    def value_of(self, tensor: Any, name: str | None = None) -> SymbolicTensor:
        if type(tensor) is EagerTensor:
            return self._capture_eager(tensor, name)
        if type(tensor) is VariantTensor:
            return self._capture_variant(tensor)
        if type(tensor) is SymbolicTensor:
            if tensor.graph is self:
                return tensor
            known = self._captures.get(id(tensor))
            if known is not None:
                return known.internal
            if self._encloses(tensor.graph):
                return self._capture_symbolic(tensor)
        raise out_of_scope(tensor, self)

    def _encloses(self, graph: Any) -> bool:
        outer = self.outer_graph
        while outer is not None:
            if outer is graph:
                return True
            outer = getattr(outer, "outer_graph", None)
        return False

    def _capture_eager(self, tensor: EagerTensor, name: str | None) -> SymbolicTensor:
        known = self._captures.get(id(tensor))
        if known is not None:
            return known.internal
        array = tensor._array
        if self.is_body and array.dtype in DIFFERENTIABLE and not made_by_engine(tensor):
            # A tape around the control flow may watch it, so the operation must take it.
            spec = Spec(FROM_NUMPY[array.dtype], array.shape, array)
            internal = self._taken(spec, name)
        elif array.size <= SMALL:
            internal = self.constant_of(tensor, unique_name=name)
        else:
            spec = Spec(FROM_NUMPY[array.dtype], array.shape)
            internal = self._taken(spec, name)
        self._captures[id(tensor)] = Capture(tensor, internal)
        return internal

    def _taken(self, spec: Spec, name: str | None) -> SymbolicTensor:
        """A placeholder for an eager tensor, named as a constant would be."""
        if name is None:
            return self._outermost_placeholder(spec, "capture")
        node = self.add_named(PLACEHOLDER, (), {}, [spec], self.unique_name(name))
        made: SymbolicTensor = node.outputs[0]
        return made

    def _capture_variant(self, tensor: VariantTensor) -> SymbolicTensor:
        known = self._captures.get(id(tensor))
        if known is None:
            internal = self._outermost_placeholder(Spec(dtypes.variant, ()), "capture")
            known = self._captures[id(tensor)] = Capture(tensor, internal)
        return known.internal

    def _capture_symbolic(self, tensor: SymbolicTensor) -> SymbolicTensor:
        outer = self.outer_graph
        if outer is not tensor.graph:  # through every graph in between
            tensor = outer.value_of(tensor)
            known = self._captures.get(id(tensor))
            if known is not None:
                return known.internal
        constant = tensor.node.prim is CONST
        if constant and not (self.is_body and tensor.spec.dtype.np in DIFFERENTIABLE):
            array = tensor.node.attrs["value"]
            node = self.add_operation(tensor.node.prim, (), {"value": array}, [tensor.spec])
            internal: SymbolicTensor = node.outputs[0]
        else:
            internal = self._outermost_placeholder(tensor.spec, tensor.node.name.rsplit("/")[-1])
        self._captures[id(tensor)] = Capture(tensor, internal)
        return internal

    def _outermost_placeholder(self, spec: Spec, name: str) -> SymbolicTensor:
        copied = Spec(spec.dtype, spec.shape, spec.value, spec.dims, spec.refers)
        return self.placeholder(copied, name)

    def capture(self, tensor: Any, name: str | None = None, shape: Any = None) -> SymbolicTensor:
        """What stands for a tensor or variable from outside in this graph.

        Args:
          tensor: eager tensor, symbolic tensor of a graph around, or variable.
          name: accepted and not used.
          shape: accepted and not used.

        Returns:
          A symbolic tensor of this graph.
        """
        if hasattr(tensor, "_handle"):
            return self.capture_object(tensor)
        return self.value_of(tensor)

    def capture_object(self, owner: Any) -> SymbolicTensor:
        """A resource-dtype stand-in for an object with state: a variable, an iterator, ...

        The object has `_handle`, its identity, and `_handle_refers`, the spec of what it holds.
        """
        handle = owner._handle
        if type(handle) is SymbolicTensor:  # a variable that is itself an argument of a function
            return self.value_of(handle)
        argument = self.arguments.get(id(handle))
        if argument is not None:
            return argument
        known = self._captures.get(id(handle))
        if known is not None:
            return known.internal
        external: Any = owner
        if self.is_body and isinstance(self.outer_graph, FuncGraph):
            external = self.outer_graph.capture_object(owner)
            known = self._captures.get(id(external))
            if known is not None:
                return known.internal
        internal = self._outermost_placeholder(
            Spec(dtypes.resource, (), refers=owner._handle_refers()), owner._shared_name
        )
        self.owners[id(internal)] = owner
        capture = Capture(external, internal)
        self._captures[id(handle if external is owner else external)] = capture
        return internal

    @property
    def capture_list(self) -> list[Capture]:
        """The captures that need an input, each once, in the order in which they were made."""
        seen: set[int] = set()
        found = []
        for capture in self._captures.values():
            if not capture.by_value and id(capture.internal) not in seen:
                seen.add(id(capture.internal))
                found.append(capture)
        return found

    def forget_temporaries(self) -> None:
        """Drops the captures of small eager tensors that nobody but this graph holds.

        The engine makes tensors of Python values, too; those are no captures of the program's.
        """
        for key in [k for k, c in self._captures.items() if c.by_value]:
            capture = self._captures[key]
            external = capture.external
            if type(external) is not EagerTensor:
                continue
            del self._captures[key]
            self._constants.pop(id(external), None)
            del capture.external
            if sys.getrefcount(external) > 2:  # the local name and the argument
                capture.external = external
                self._captures[key] = capture

    @property
    def captures(self) -> list[tuple[Any, SymbolicTensor]]:
        """Pairs of what is outside (a tensor or a handle) and what stands for it inside."""
        return [(_outside(c.external), c.internal) for c in self._unique()]

    def _unique(self) -> list[Capture]:
        seen: set[int] = set()
        found = []
        for capture in self._captures.values():
            if id(capture.internal) not in seen:
                seen.add(id(capture.internal))
                found.append(capture)
        return found

    @property
    def external_captures(self) -> list[Any]:
        """What is taken from outside: tensors, and the handles of variables."""
        return [outside for outside, _ in self.captures]

    @property
    def internal_captures(self) -> list[SymbolicTensor]:
        """What stands inside for what is taken from outside."""
        return [inside for _, inside in self.captures]

    @property
    def variables(self) -> tuple[Any, ...]:
        """The variables that the function uses."""
        return tuple([c.external for c in self._unique() if hasattr(c.external, "trainable")])

    @property
    def trainable_variables(self) -> tuple[Any, ...]:
        """Those of `variables` that are trainable."""
        return tuple([v for v in self.variables if v.trainable])


def _outside(external: Any) -> Any:
    return external if isinstance(external, Tensor) else external._handle


class CondBranchFuncGraph(FuncGraph):
    """The graph of a branch."""

    is_body = True


class WhileCondFuncGraph(FuncGraph):
    """The graph of a loop's condition."""

    is_body = True


class WhileBodyFuncGraph(FuncGraph):
    """The graph of a loop's body."""

    is_body = True


class tracing_into:
    """Makes a `FuncGraph` the one that is built, with no tape of the surroundings watching.

    Args:
      graph: the graph.
      scope: the name scope to begin with.
    """

    __slots__ = ("_before", "_graph", "_scope")

    def __init__(self, graph: FuncGraph, scope: str = "") -> None:
        self._graph = graph
        self._scope = scope

    def __enter__(self) -> FuncGraph:
        self._before = state.tracer, current_recorders(), state.name_scope
        state.tracer = self._graph
        set_recorders((SENTINEL,))
        state.name_scope = self._scope
        return self._graph

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        state.tracer, recorders, state.name_scope = self._before
        set_recorders(recorders)
