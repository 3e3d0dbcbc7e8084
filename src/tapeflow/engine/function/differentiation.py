"""Calls of traced functions on eager tapes: the backward pass is a traced function, too.

The first call that a tape watches traces the gradient of the function's graph. The values of the
forward pass that it uses become further outputs of the forward pass. Where a gradient of a
gradient may be asked for (nested or persistent tapes), the forward pass gives all its values, so
that any gradient of it can be traced later.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tapeflow.engine.autodiff.graph_gradients import carries_gradient, differentiate
from tapeflow.engine.core.dtypes import variant
from tapeflow.engine.function.concrete import Runnable, wrapped
from tapeflow.engine.ir.graph import CONST
from tapeflow.engine.ops.array.creation import zeros_like
from tapeflow.engine.runtime.dispatch import DIFFERENTIABLE, record
from tapeflow.engine.runtime.indexed_slices import IndexedSlices
from tapeflow.engine.runtime.tensor import EagerTensor
from tapeflow.engine.tracing.func_graph import FuncGraph, tracing_into


def call_recorded(runnable: Runnable, tensors: Sequence[Any], recorders: Any) -> list[Any]:
    """Calls a function while tapes are active; those that watch its inputs note the call."""
    with runnable.graph.changing:
        if runnable.recorded is None:
            runnable.recorded = Differentiation(runnable)
    how: Differentiation = runnable.recorded
    externals = how.externals(tensors)
    for owner in externals:
        if hasattr(owner, "_trainable"):
            for recorder in recorders:
                recorder.variable_read(owner, owner._handle)
    identities = [getattr(e, "_handle", e) for e in externals]
    watching = [r for r in recorders if any(id(i) in r.tracked for i in identities)]
    if not watching:
        return [wrapped(out) for out in runnable.run(tensors)]
    higher = len(watching) > 1 or getattr(watching[0], "_persistent", False)
    forward = how.forward(higher)
    outputs = [wrapped(out) for out in forward.run(tensors)]
    count = len(runnable.outputs)
    entry = RecordedCall(how, forward, higher, outputs)
    record(entry, tuple(identities), tuple([outputs[i] for i in entry.recorded]), {})
    return outputs[:count]


class Differentiation:
    """The forward and backward passes of one function."""

    def __init__(self, runnable: Runnable) -> None:
        self.runnable = runnable
        graph = runnable.graph
        # What a tape may watch: arguments, captured tensors (also those held as constants) and
        # variables; each with what stands for it in the graph.
        self.by_value = [
            c for c in graph._captures.values() if c.by_value and type(c.external) is EagerTensor
        ]
        self.sources = [
            *runnable.inputs,
            *[c.internal for c in runnable.captures],
            *[c.internal for c in self.by_value],
        ]
        self._around = [
            *[c.external for c in runnable.captures],
            *[c.external for c in self.by_value],
        ]
        self._forward: dict[bool, Runnable] = {}
        self._backward: dict[Any, Backward] = {}

    def externals(self, tensors: Sequence[Any]) -> list[Any]:
        """What `sources` stand for in a call."""
        return [*tensors, *self._around]

    def forward(self, higher: bool) -> Runnable:
        """The forward pass; its outputs are the function's and what gradients may need of it."""
        with self.runnable.graph.changing:
            found = self._forward.get(higher)
            if found is None:
                found = self._forward[higher] = self._make_forward(higher)
        return found

    def _make_forward(self, higher: bool) -> Runnable:
        runnable = self.runnable
        if higher:
            saved = self._everything()
        else:
            saved = self.backward(self.seeded(runnable.outputs)).saved
        known = {id(v) for v in runnable.outputs}
        extra = [v for v in saved if id(v) not in known]
        return Runnable(runnable.graph, runnable.inputs, [*runnable.outputs, *extra], runnable.name)

    def _everything(self) -> list[Any]:
        """All values of the graph, and those inside of branches and loops that gradients use.

        Tracing a gradient asks control flow for further outputs; gradients of these may ask for
        more, until nothing new is asked for.
        """
        nodes = self.runnable.graph.nodes
        while True:
            values = [v for node in nodes if node.prim is not CONST for v in node.outputs]
            if not any(True for node in nodes for _ in node.bodies()):
                return values
            Backward(self, [values[i] for i in self.seeded(values)])
            if len(values) == sum(len(n.outputs) for n in nodes if n.prim is not CONST):
                return values

    @staticmethod
    def seeded(outputs: list[Any]) -> tuple[int, ...]:
        """Which of these values have cotangents."""
        return tuple(
            [
                i
                for i, v in enumerate(outputs)
                if v.spec.dtype.np in DIFFERENTIABLE or v.spec.dtype is variant
            ]
        )

    def backward(self, seeded: tuple[int, ...], targets: list[Any] | None = None) -> Backward:
        """The backward pass for cotangents of the forward pass's outputs number `seeded`."""
        outputs = self.runnable.outputs if targets is None else targets
        key = tuple([id(outputs[i]) for i in seeded])
        with self.runnable.graph.changing:
            found = self._backward.get(key)
            if found is None:
                found = self._backward[key] = Backward(self, [outputs[i] for i in seeded])
        return found


class Backward:
    """The traced gradient of a graph for some of its values.

    Attributes:
      saved: values of the forward pass that it uses.
      results: for each source what to make of the flat outputs: None, one index, or three (the
        parts of an `IndexedSlices`).
    """

    def __init__(self, how: Differentiation, targets: list[Any]) -> None:
        runnable = how.runnable
        graph = FuncGraph(f"gradient_{runnable.name}")
        graph.outer_graph = runnable.graph
        with tracing_into(graph):
            seeds = [graph.placeholder(t.spec, "dy") for t in targets]
            sources = [s if carries_gradient(s.spec) else None for s in how.sources]
            wanted = [s for s in sources if s is not None]
            grads = iter(differentiate(runnable.graph.nodes, targets, seeds, wanted))
            self.results: list[Any] = []
            outputs: list[Any] = []
            for source in sources:
                grad = None if source is None else next(grads)
                self.results.append(_placed(graph, grad, outputs))
        captured = [
            c for c in graph.capture_list if c.external.__class__.__name__ == "SymbolicTensor"
        ]
        self.saved = [c.external for c in captured]
        inputs = [*seeds, *[c.internal for c in captured]]
        for c in captured:  # they are arguments, not captures, of the backward pass
            graph._captures.pop(id(c.external))
        graph.outer_graph = None
        self.runnable = Runnable(graph, inputs, outputs, graph.name)


def _placed(graph: FuncGraph, grad: Any, outputs: list[Any]) -> Any:
    if grad is None:
        return None
    if isinstance(grad, IndexedSlices):
        first = len(outputs)
        outputs.extend([graph.value_of(part) for part in grad._components()])
        return tuple(range(first, len(outputs)))
    outputs.append(graph.value_of(grad))
    return len(outputs) - 1


class RecordedCall:
    """Stands for a primitive in the record of one call."""

    differentiable = True
    accepts_none = True

    def __init__(
        self, how: Differentiation, forward: Runnable, higher: bool, outputs: list[Any]
    ) -> None:
        self.name = how.runnable.name
        self._how = how
        self._forward = forward
        self._higher = higher
        self._outputs = outputs
        self.recorded = how.seeded(forward.outputs)

    def vjp(self, ctx: Any, *dys: Any) -> list[Any]:
        """The cotangents of the call's inputs, by running the backward pass."""
        how, outputs = self._how, self._outputs
        given = dict(zip(self.recorded, dys, strict=True))
        if self._higher:
            seeded = tuple([i for i, dy in given.items() if dy is not None])
            backward = how.backward(seeded, self._forward.outputs)
        else:
            seeded = how.seeded(how.runnable.outputs)
            backward = how.backward(seeded)
        place = {id(v): i for i, v in enumerate(self._forward.outputs)}
        seeds = [zeros_like(outputs[i]) if given[i] is None else given[i] for i in seeded]
        saved = [outputs[place[id(v)]] for v in backward.saved]
        flat = backward.runnable.call([*seeds, *saved])
        return [_taken(where, flat) for where in backward.results]


def _taken(where: Any, flat: Sequence[Any]) -> Any:
    if where is None:
        return None
    if isinstance(where, tuple):
        return IndexedSlices(*[flat[i] for i in where])
    return flat[where]
