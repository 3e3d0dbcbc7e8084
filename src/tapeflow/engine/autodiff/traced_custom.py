"""`tf.custom_gradient` while a function is traced: an identity whose gradient is the program's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeflow.engine.core.context import current_recorders, state
from tapeflow.engine.ir.primitive import Primitive, movement
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime import upward
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.indexed_slices import IndexedSlices
from tapeflow.engine.runtime.tensor import Tensor
from tapeflow.engine.tracing.func_graph import FuncGraph, tracing_into
from tapeflow.engine.tracing.graph import record


class CustomIdentity(Primitive):
    """Gives its first inputs; the gradient goes to the other ones.

    The gradient function belongs to the graph in which it was made: it may use that graph's
    tensors. Where the operation is added to another graph (`inlined`), its gradient is traced for
    the first graph and then added to the other one.
    """

    __slots__ = ("count", "graph")
    accepts_none = False

    def __init__(self, name: str, count: int, graph: Any, vjp: Callable[..., Any]) -> None:
        super().__init__(
            "IdentityN",
            infer=self._infer,
            kernel=self._kernel,
            vjp=vjp,
            lower=movement("custom"),
            samples=lambda draw: (),
        )
        self.count = count
        self.graph = graph

    def _infer(self, *specs: Spec) -> tuple[Spec, ...]:
        return tuple([Spec(s.dtype, s.shape, refers=s.refers) for s in specs[: self.count]])

    def _kernel(self, *arrays: Any) -> tuple[Any, ...]:
        return arrays[: self.count]

    def inlined(self, values: dict[int, Any]) -> CustomIdentity:
        """The operation for another graph.

        Args:
          values: what stands there for the values of the first graph, by id.
        """
        inner = self.vjp
        source = self.graph

        def vjp(ctx: Any, *dys: Any) -> list[Any]:
            graph = FuncGraph("custom_gradient")
            graph.outer_graph = source
            with tracing_into(graph):
                seeds = [graph.placeholder(dy.spec, "dy") for dy in dys]
                grads = [
                    None if g is None else convert(g)
                    for g in inner(ctx, *seeds)  # type: ignore[operator]
                ]
                wanted = [graph.value_of(g) for g in grads if g is not None]
            known: dict[int, Any] = {
                id(s): state.tracer.value_of(dy) for s, dy in zip(seeds, dys, strict=True)
            }
            for capture in graph.capture_list:
                outside = values.get(id(capture.external), capture.external)
                known[id(capture.internal)] = (
                    state.tracer.capture_object(outside)
                    if hasattr(outside, "_handle")
                    else state.tracer.value_of(outside)
                )
            made = iter(upward.call("inline", state.tracer, graph, known, wanted))
            return [None if g is None else next(made) for g in grads]

        return CustomIdentity(self.name, self.count, state.tracer, vjp)


def traced_custom_gradient(
    name: str, vjp: Callable[..., Any], inputs: Any, variables: list[Any], outputs: Any
) -> tuple[Any, ...]:
    """Outputs like `outputs` whose gradient `vjp` says.

    Args:
      name: the function's name.
      vjp: cotangents of the outputs -> those of inputs and variables.
      inputs: the function's arguments, tensors.
      variables: the variables that it reads.
      outputs: what it returned, tensors.

    Returns:
      Symbolic tensors.
    """
    graph = state.tracer
    count = len(outputs)
    handles = [graph.capture_object(v) for v in variables]

    def gradients(ctx: Any, *dys: Any) -> list[Any]:
        found = [g.densify() if isinstance(g, IndexedSlices) else g for g in vjp(ctx, *dys)]
        return [*([None] * count), *found]

    prim = CustomIdentity(name, count, graph, gradients)
    operands = (*outputs, *inputs, *handles)
    values = tuple([graph.value_of(t) for t in operands])
    specs = prim._infer(*[v.spec for v in values])
    node = graph.add_operation(prim, values, {}, list(specs), "IdentityN")
    node.in_tuple = count == 1
    for recorder in current_recorders():
        for variable, handle in zip(variables, handles, strict=True):
            recorder.variable_read(variable, handle)
    # What the function computed on the way is no concern of the tapes: not the first operands.
    record(prim, (*([_UNTRACKED] * count), *inputs, *handles), node.outputs, {})
    return tuple(node.outputs)


class _Untracked(Tensor):
    """Stands in a record for an input through which no gradient passes."""

    __slots__ = ()


_UNTRACKED = _Untracked()
