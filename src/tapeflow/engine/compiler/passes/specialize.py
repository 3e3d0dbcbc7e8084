"""Works out shapes anew for inputs of which more is known, and computes what is constant."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from tapeflow.engine.core.dtypes import FROM_NUMPY, resource, variant
from tapeflow.engine.core.errors import OpError
from tapeflow.engine.ir.graph import CONST, Body, Graph, Node
from tapeflow.engine.ir.primitive import PURE, unregistered
from tapeflow.engine.ir.rewriter import Rewriter
from tapeflow.engine.ir.spec import Spec

MAX_FOLDED = 4096
"""Constants of more elements are computed by each call rather than kept."""


class Specialize(Rewriter):
    """Infers each node's outputs from its new inputs, and folds constants."""

    def __init__(self, specs: list[Spec] | None = None) -> None:
        super().__init__()
        self.specs = specs
        self.rows: dict[int, Spec] = {}
        """For histories of loops, by identity: what is known of their rows."""
        self.elements: dict[int, Any] = {}
        """For lists, by identity: the shape of all elements, where it is known."""
        self.given: list[Any] = []

    def run(self, graph: Graph) -> Graph:
        return self.part(graph, graph.inputs, graph.outputs, self.specs)

    def visit(self, made: Graph, node: Node, inputs: tuple[Any, ...]) -> list[Any]:
        prim = node.prim
        if prim is CONST:
            return self.copy(made, node, inputs, [v.spec for v in node.outputs])
        if any(True for _ in node.bodies()):
            return self._control_flow(made, node, inputs)
        specs = [v.spec for v in node.outputs]
        if prim.effect is PURE and inputs:
            try:
                specs = self._infer(node, inputs, specs)
            except OpError as error:  # raised, with its context, if the node runs
                node = _refusing(node, error)
            constants = self._fold(made, node, inputs, specs)
            if constants is not None:
                return constants
        if prim.name.startswith("TensorList"):
            return self._list(made, node, inputs, specs)
        return self.copy(made, node, inputs, specs)

    def nodes(self, graph: Graph, made: Graph) -> None:
        """Visits the nodes in order; of lists that are inputs it may be known what they hold."""
        for value, shape in zip(made.inputs, self.given, strict=False):
            if shape is not None:
                self.elements[id(value)] = shape
        super().nodes(graph, made)

    def _list(
        self, made: Graph, node: Node, inputs: tuple[Any, ...], specs: list[Spec]
    ) -> list[Any]:
        """Follows what lists hold: what is put in has the shape of what is taken out."""
        name = node.prim.name
        shape = self.elements.get(id(inputs[0])) if inputs else None
        if name == "TensorListReserve" and node.attrs["shape"] is not None:
            shape = node.attrs["shape"]
        elif name == "TensorListFromTensor" and inputs[0].spec.shape:
            shape = inputs[0].spec.shape[1:]
        elif name == "TensorListSetItem" and shape is None:
            shape = inputs[2].spec.shape
        if shape is not None and None in shape:
            shape = None
        dtype = specs[0].dtype if specs else variant
        if shape is not None and name.startswith("TensorListGetItem"):
            specs = [Spec(dtype, shape)]
        elif shape is not None and name.startswith("TensorListStack") and specs[0].shape:
            specs = [Spec(dtype, (specs[0].shape[0], *shape))]
        outputs = self.copy(made, node, inputs, specs)
        if shape is not None and dtype is variant:
            self.elements[id(outputs[0])] = shape
        return outputs

    def _control_flow(self, made: Graph, node: Node, inputs: tuple[Any, ...]) -> list[Any]:
        """Bodies are told what is known of the values that do not change inside of them."""
        attrs = dict(node.attrs)
        specs = [v.spec for v in node.outputs]
        given = [v.spec for v in inputs]
        if "branches" in attrs:
            bodies = [_body(body, given[1:]) for body in attrs["branches"]]
            attrs["branches"] = tuple(bodies)
            specs = [
                _common(spec, [body.outputs[i].spec for body in bodies])
                for i, spec in enumerate(specs)
            ]
            made_node = Node(node.prim, inputs, attrs, node.name, node.location)
            return made.add(made_node, specs).outputs
        return self._loop(made, node, inputs)

    def _loop(self, made: Graph, node: Node, inputs: tuple[Any, ...]) -> list[Any]:
        """What a loop carries keeps the shape that it starts with, if a trip shows that it does."""
        attrs = dict(node.attrs)
        given = [v.spec for v in inputs]
        carries, last = attrs["carries"], attrs["carries"] + attrs["invariants"]
        cond, body = attrs["cond"], attrs["body"]
        traced = [v.spec for v in body.inputs]
        rows = [self._row(v, spec) for v, spec in zip(inputs[last:], traced[last:], strict=True)]
        carried = [_as_given(a, b) for a, b in zip(traced[:carries], given, strict=False)]
        held = [self.elements.get(id(v)) for v in inputs]
        while True:
            known = [*carried, *given[carries:last], *rows]
            inner = Specialize()
            inner.given = held
            graph = inner.part(body.graph, body.inputs, body.outputs, known)
            attrs["body"] = done = Body(graph, graph.inputs, graph.outputs)
            ends = [v.spec.shape for v in done.outputs[:carries]]
            kept = [
                spec if spec.shape == end else before
                for spec, end, before in zip(carried, ends, traced, strict=False)
            ]
            if all(a is b for a, b in zip(kept, carried, strict=True)):
                break
            carried = kept
        if cond is not None:
            attrs["cond"] = _body(cond, known[:last])
        specs = [v.spec for v in node.outputs]
        for j, (spec, before) in enumerate(zip(carried, traced, strict=False)):
            if spec is not before:
                specs[j] = Spec(spec.dtype, spec.shape, refers=specs[j].refers)
        outputs = made.add(Node(node.prim, inputs, attrs, node.name, node.location), specs).outputs
        for value, row in zip(outputs[carries:], done.outputs[carries:], strict=True):
            self.rows[id(value)] = row.spec
        for value, end, start in zip(outputs, done.outputs[:carries], inputs, strict=False):
            shape = inner.elements.get(id(end))
            if shape is not None:
                self.elements[id(value)] = shape
                _note_elements(start.node, shape)
        return outputs

    def _row(self, history: Any, traced: Spec) -> Spec:
        """What is known of the rows that a loop takes, one in each trip."""
        found = self.rows.get(id(history))
        return traced if found is None else Spec(traced.dtype, found.shape, refers=traced.refers)

    def _infer(self, node: Node, inputs: tuple[Any, ...], before: list[Spec]) -> list[Spec]:
        if all(
            new.spec is old.spec or not _more_is_known(old.spec, new.spec)
            for old, new in zip(node.inputs, inputs, strict=True)
        ) and all(spec.is_static for spec in before):
            return before
        try:
            outs = node.prim.infer(*[v.spec for v in inputs], **node.attrs)
        except OpError:
            raise
        except Exception:  # the error is raised, with its context, when the node runs
            return before
        found = list(outs) if isinstance(outs, tuple) else [outs]
        return [_narrower(a, b) for a, b in zip(before, found, strict=True)]

    def _fold(
        self, made: Graph, node: Node, inputs: tuple[Any, ...], specs: list[Spec]
    ) -> list[Any] | None:
        if any(s.dtype is variant for s in specs):
            return None
        if all(s.value is not None for s in specs):
            values = [s.value for s in specs]
        else:
            if not all(v.node.prim is CONST for v in inputs):
                return None
            if not all(s.is_static and _size(s) <= MAX_FOLDED for s in specs):
                return None
            try:
                out = node.prim.kernel(*[v.node.attrs["value"] for v in inputs], **node.attrs)
            except Exception:  # raised, with its context, when the node runs
                return None
            values = list(out) if isinstance(out, tuple) else [out]  # type: ignore[list-item]
        return [self._constant(made, node, value) for value in values]

    def _constant(self, made: Graph, node: Node, value: Any) -> Any:
        if isinstance(value, (bytes, str)):
            cell = np.empty((), object)
            cell[()] = value
            value = cell
        array = np.asarray(value)
        new = Node(CONST, (), {"value": array}, node.name, node.location)
        return made.add(new, [Spec(FROM_NUMPY[array.dtype], array.shape, array)]).outputs[0]


def _refusing(node: Node, error: OpError) -> Node:
    """The node with a kernel that raises what the shape rule says of its inputs."""

    def kernel(*arrays: Any, **attrs: Any) -> NoReturn:
        make: Any = type(error)
        raise make(None, None, error.message)

    known = node.prim
    prim = unregistered(known.name, known.infer, kernel, known.vjp, known.effect)
    made = Node(prim, node.inputs, node.attrs, node.name, node.location)
    made.outputs = node.outputs
    return made


def _body(body: Body, specs: list[Spec]) -> Body:
    made = Specialize().part(body.graph, body.inputs, body.outputs, specs)
    return Body(made, made.inputs, made.outputs)


def _note_elements(node: Node, shape: Any) -> None:
    """Says what the elements of a list are like that was made for some of unknown shape."""
    if node.prim.name == "TensorListReserve":
        before = node.attrs["shape"]
        if before is None or None in before:
            node.attrs = {**node.attrs, "shape": shape}


def _as_given(traced: Spec, given: Spec) -> Spec:
    """What a loop starts with, without its value; what was traced, where no more is known."""
    if traced.dtype in (variant, resource) or traced.is_static or not given.is_static:
        return traced
    return Spec(traced.dtype, given.shape, refers=traced.refers)


def _common(before: Spec, found: list[Spec]) -> Spec:
    """The shape in which all branches agree."""
    shapes = {spec.shape for spec in found}
    if len(shapes) != 1 or before.dtype in (variant, resource):
        return before
    return Spec(before.dtype, shapes.pop(), refers=before.refers)


def _size(spec: Spec) -> int:
    total = 1
    for d in spec.shape or ():
        total *= d or 0
    return total


def _more_is_known(old: Spec, new: Spec) -> bool:
    return old.shape != new.shape or (new.value is not None and old.value is None)


def _narrower(before: Spec, found: Spec) -> Spec:
    """What both say; the trace may know more (`set_shape`) than the rule."""
    if found.shape is None:
        return before
    if before.shape is not None and len(before.shape) == len(found.shape):
        dims = tuple(
            [b if f is None else f for b, f in zip(before.shape, found.shape, strict=True)]
        )
        if dims != found.shape:
            return Spec(found.dtype, dims, found.value, found.dims, before.refers)
    return found


def spec_of(value: Any, traced: Spec) -> Spec:
    """What a value that a call brings is known to be: of arrays, their shape."""
    if isinstance(value, (np.ndarray, np.generic)):
        return Spec(FROM_NUMPY[value.dtype], value.shape)
    return traced


def specialize(graph: Graph, specs: list[Spec] | None = None) -> Graph:
    """The graph for inputs of these specs, with constants folded."""
    return Specialize(specs).run(graph)
