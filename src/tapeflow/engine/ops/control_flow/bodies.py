"""Graphs of branches and loop bodies: tracing them, and what they take from around.

A control flow operation hands to its bodies all that they use. Its inputs are the union of what
its bodies capture; a body that does not use one has a placeholder for it all the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from tapeflow.engine.core import dtypes, nest
from tapeflow.engine.core.context import current_recorders, state
from tapeflow.engine.ir.graph import Body, structural_form
from tapeflow.engine.ir.primitive import PURE, Primitive
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime import upward
from tapeflow.engine.runtime.composite import is_composite
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import DIFFERENTIABLE
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor
from tapeflow.engine.tracing.func_graph import CondBranchFuncGraph, FuncGraph, tracing_into
from tapeflow.engine.tracing.graph import record
from tapeflow.engine.tracing.operation import Operation
from tapeflow.engine.tracing.symbolic import SymbolicTensor


class ControlFlow(Primitive):
    """The form of a control flow operation; its attributes hold the bodies."""

    __slots__ = ()
    accepts_none = True
    """A gradient rule copes with None as the cotangent of an output."""


def control_flow_form(name: str, vjp: Callable[..., Any]) -> ControlFlow:
    """A control flow operation. It is in no registry: its samples would be programs."""
    plain = structural_form(name)
    return ControlFlow(
        name,
        infer=plain.infer,
        kernel=plain.kernel,
        vjp=vjp,
        lower=plain.lower,
        samples=plain.samples,
        effect=PURE,
    )


_numbers = itertools.count()


def new_body(name: str, kind: type[FuncGraph] = CondBranchFuncGraph) -> FuncGraph:
    """An empty graph inside of the graph that is traced.

    Args:
      name: its name, to which a number is added.
      kind: whether of a branch, a loop's condition or a loop's body.
    """
    outer = state.tracer
    graph = kind(f"{name}_{next(_numbers)}")
    graph.seed = outer.seed
    return graph


def trace_body(graph: FuncGraph, function: Callable[..., Any], args: Any) -> tuple[Any, list[Any]]:
    """Calls a function inside of a body's graph.

    Returns:
      Its results with symbolic tensors in place of values; and those flat, composites expanded.
    """
    with tracing_into(graph, state.name_scope):
        result = function(*args)
        structured = nest.map_structure(_as_value, result, expand_composites=True)
        flat = nest.flatten(structured, expand_composites=True)
        outputs = [
            graph.value_of(v) if isinstance(v, (EagerTensor, SymbolicTensor)) else v for v in flat
        ]
    return structured, [v for v in outputs if v is not None]


def _as_value(value: Any) -> Any:
    if value is None or isinstance(value, Operation):
        return None
    if isinstance(value, Tensor) or is_composite(value):
        return value
    return convert(value)


def captured_by(graphs: list[FuncGraph]) -> list[Any]:
    """What any of the graphs takes from around, each once: symbolic and eager tensors."""
    found: list[Any] = []
    seen: set[int] = set()
    for graph in graphs:
        for capture in graph.capture_list:
            if id(capture.external) not in seen:
                seen.add(id(capture.external))
                found.append(capture.external)
    return found


def inputs_for(graph: FuncGraph, externals: list[Any]) -> list[Any]:
    """The graph's stand-ins for `externals`, in order."""
    known = {id(c.external): c.internal for c in graph.capture_list}
    outer = state.tracer
    return [
        known[id(e)] if id(e) in known else graph.placeholder(outer.value_of(e).spec, "unused")
        for e in externals
    ]


def add_control_flow(
    prim: Primitive, inputs: list[Any], attrs: dict[str, Any], specs: list[Spec], name: str | None
) -> Operation:
    """Adds a control flow operation to the graph that is traced, and notes it on its tapes."""
    graph = state.tracer
    values = tuple([graph.value_of(v) for v in inputs])
    node: Operation = graph.add_operation(prim, values, attrs, specs, name)
    for value in values:
        owner = graph.owners.get(id(value))
        if owner is not None and hasattr(owner, "_trainable"):
            for recorder in current_recorders():
                recorder.variable_read(owner, value)
    record(prim, tuple(inputs), node.outputs, node.attrs)
    return node


def differentiable(spec: Spec) -> bool:
    """Whether a value of this spec can have a cotangent."""
    return spec.dtype.np in DIFFERENTIABLE or spec.dtype in (dtypes.variant, dtypes.resource)


def cotangent_spec(spec: Spec) -> Spec:
    """The spec of the cotangent: that of the variable for a handle, else that of the value."""
    if spec.dtype is dtypes.resource:
        held: Spec = spec.refers
        return Spec(held.dtype, held.shape)
    return Spec(spec.dtype, spec.shape, refers=spec.refers)


class BodyGradient:
    """The gradient of a body as a graph that is still open, and what it needs of the body.

    Args:
      body: the body.
      targets: values of the body that have cotangents.
      sources: inputs of the body whose cotangents are wanted.
    """

    def __init__(self, body: Body, targets: list[Any], sources: list[Any]) -> None:
        self.graph = FuncGraph("gradient")
        self.graph.is_body = True
        self.graph.outer_graph = body.graph
        with tracing_into(self.graph):
            self.seeds = [self.graph.placeholder(cotangent_spec(t.spec), "dy") for t in targets]
            grads = upward.call("differentiate", body.graph.nodes, targets, self.seeds, sources)
            self.grads = [None if g is None else self.graph.value_of(convert(g)) for g in grads]

    def needed(self) -> list[Any]:
        """The body's values that the gradient uses."""
        return [
            c.external for c in self.graph.capture_list if isinstance(c.external, SymbolicTensor)
        ]

    def stand_in(self, value: Any) -> Any:
        """What stands for a value of the body in the gradient's graph."""
        known = {id(c.external): c.internal for c in self.graph.capture_list}
        found = known.get(id(value))
        return self.graph.placeholder(value.spec, "unused") if found is None else found


def outer_value(body: Body, value: Any, arguments: list[Any]) -> Any:
    """What the surroundings give for a value of a body that is an input of it; None for others."""
    for inside, argument in zip(body.inputs, arguments, strict=True):
        if inside is value:
            return argument
    owner = body.graph.owners.get(id(value))  # type: ignore[attr-defined]
    if owner is not None:
        return state.tracer.capture_object(owner)
    return None


def extend_outputs(node: Operation, specs: list[Spec]) -> list[Any]:
    """Gives an operation further outputs; tapes that track it track these, too."""
    before = [id(v) for v in node.outputs]
    made = []
    for spec in specs:
        value = SymbolicTensor(node, len(node.outputs), spec)
        node.outputs.append(value)
        made.append(value)
    for recorder in current_recorders():
        if any(key in recorder.tracked for key in before):
            recorder.tracked.update([id(v) for v in made])
    return made


def zeros_for(value: Any) -> Any:
    """Zeros for the cotangent of a value of the graph that is traced."""
    from tapeflow.engine.ops.array.creation import zeros, zeros_like
    from tapeflow.engine.ops.control_flow.tensor_lists import empty_like

    spec = value.spec
    if spec.dtype is dtypes.resource:
        held = spec.refers
        if held.shape is not None and None not in held.shape:
            return zeros(list(held.shape), held.dtype)
        return zeros_like(upward.call("read_handle", value))
    if spec.dtype is dtypes.variant:
        return empty_like(value)
    return zeros_like(value)
