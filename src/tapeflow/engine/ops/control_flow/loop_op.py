"""`While`: the control flow operation that runs a body until a condition fails.

Its inputs are carries (what the body changes), invariants (what it only uses) and histories
(lists of values, one for each iteration, of which the body gets one at a time). Its outputs are the
last carries and the histories of values that the body saves. A loop with histories has no
condition: it runs once for each of their entries, from the first to the last or `backwards`.

The gradient of a loop is such a loop in the opposite direction, over the histories of the values
that it needs; it saves histories of cotangents in turn. So gradients of any order are loops.
"""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import state
from tapeflow.engine.ir.graph import Body
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.control_flow.bodies import (
    BodyGradient,
    add_control_flow,
    control_flow_form,
    cotangent_spec,
    differentiable,
    extend_outputs,
    outer_value,
    zeros_for,
)
from tapeflow.engine.ops.math.arithmetic import add
from tapeflow.engine.runtime.dispatch import DIFFERENTIABLE
from tapeflow.engine.tracing.func_graph import tracing_into


def history_of(spec: Spec) -> Spec:
    """The spec of a list of values of this spec."""
    return Spec(dtypes.variant, (), refers=spec)


class _Loop:
    """The parts of a loop operation."""

    def __init__(self, ctx: Any) -> None:
        attrs = ctx.attrs
        self.node = ctx.outputs[0].node
        self.body: Body = attrs["body"]
        carries, invariants = attrs["carries"], attrs["invariants"]
        self.carries = carries
        self.carry_inputs = self.body.inputs[:carries]
        self.invariant_inputs = self.body.inputs[carries : carries + invariants]
        self.element_inputs = self.body.inputs[carries + invariants :]
        self.invariants = list(ctx.inputs[carries : carries + invariants])
        self.histories = list(ctx.inputs[carries + invariants :])
        self.backwards = attrs["cond"] is None and attrs["backwards"]

    def save(self, values: list[Any]) -> list[Any]:
        """Outputs of the operation that hold the histories of values of the body."""
        node, body = self.node, self.node.attrs["body"]
        place = {id(v): i for i, v in enumerate(body.outputs) if i >= self.carries}
        new = [v for v in values if id(v) not in place]
        if new:
            extend_outputs(node, [history_of(v.spec) for v in new])
            node.attrs["body"] = body = body.with_outputs([*body.outputs, *new])
            place = {id(v): i for i, v in enumerate(body.outputs) if i >= self.carries}
        return [node.outputs[place[id(v)]] for v in values]


def _vjp(ctx: Any, *dys: Any) -> list[Any]:
    """A loop over the iterations in the opposite order."""
    loop = _Loop(ctx)
    body = loop.body
    count = loop.carries
    moving = [i for i in range(count) if differentiable(loop.carry_inputs[i].spec)]
    saved = [
        i
        for i in range(count, len(dys))
        if dys[i] is not None and differentiable(body.outputs[i].spec)
    ]
    fixed = [i for i, v in enumerate(loop.invariant_inputs) if differentiable(v.spec)]
    elements = [i for i, v in enumerate(loop.element_inputs) if differentiable(v.spec)]
    targets = [body.outputs[i] for i in (*moving, *saved)]
    sources = [
        *[loop.carry_inputs[i] for i in moving],
        *[loop.invariant_inputs[i] for i in fixed],
        *[loop.element_inputs[i] for i in elements],
    ]
    gradient = BodyGradient(body, targets, sources)
    carried = gradient.grads[: len(moving)]
    to_fixed = gradient.grads[len(moving) : len(moving) + len(fixed)]
    to_elements = gradient.grads[len(moving) + len(fixed) :]
    used = [k for k, grad in enumerate(to_fixed) if grad is not None]
    given = [k for k, grad in enumerate(to_elements) if grad is not None]

    # Where the values that the gradient uses come from: around the loop, or a history.
    around: list[tuple[Any, Any]] = []
    over: list[tuple[Any, Any]] = []
    kept: list[Any] = []
    arguments = [*([None] * count), *loop.invariants, *([None] * len(loop.element_inputs))]
    places = {id(v): i for i, v in enumerate(loop.element_inputs)}
    for value in gradient.needed():
        outside = outer_value(body, value, arguments)
        if outside is not None:
            around.append((value, outside))
        elif id(value) in places:
            over.append((value, loop.histories[places[id(value)]]))
        else:
            kept.append(value)
    # How often the loop ran is read off a history. It is always the same one, so that gradients of
    # some results need nothing that gradients of all results do not need.
    count_of = _anything(loop)
    if not any(v is count_of for v in kept):
        kept.append(count_of)
    over += list(zip(kept, loop.save(kept), strict=True))

    graph = gradient.graph
    starts = [zeros_for(ctx.outputs[i]) if dys[i] is None else dys[i] for i in moving]
    sums = [zeros_for(state.tracer.value_of(loop.invariants[fixed[k]])) for k in used]
    sum_inputs = [
        graph.placeholder(cotangent_spec(loop.invariant_inputs[fixed[k]].spec), "sum") for k in used
    ]
    with tracing_into(graph):
        next_carried = [
            graph.value_of(zeros_for(loop_input)) if grad is None else grad
            for grad, loop_input in zip(carried, gradient.seeds[: len(moving)], strict=True)
        ]
        next_sums = [
            graph.value_of(_plus(s, to_fixed[k])) for s, k in zip(sum_inputs, used, strict=True)
        ]
    inputs = [
        *gradient.seeds[: len(moving)],
        *sum_inputs,
        *[gradient.stand_in(v) for v, _ in around],
        *gradient.seeds[len(moving) :],
        *[gradient.stand_in(v) for v, _ in over],
    ]
    outputs = [*next_carried, *next_sums, *[to_elements[k] for k in given]]
    externals = [
        *starts,
        *sums,
        *[o for _, o in around],
        *[dys[i] for i in saved],
        *[h for _, h in over],
    ]
    attrs = {
        "cond": None,
        "body": Body(graph, inputs, outputs),
        "carries": len(starts) + len(sums),
        "invariants": len(around),
        "backwards": not loop.backwards,
    }
    specs = [cotangent_spec(v.spec) for v in (*gradient.seeds[: len(moving)], *sum_inputs)]
    found: list[Any] = [to_elements[k] for k in given]
    specs += [history_of(grad.spec) for grad in found]
    node = add_control_flow(while_p, externals, attrs, specs, "gradient_while")
    results: list[Any] = [None] * len(ctx.inputs)
    for k, i in enumerate(moving):
        if dys[i] is not None or carried[k] is not None:
            results[i] = node.outputs[k]
    for place, k in enumerate(used):
        results[count + fixed[k]] = node.outputs[len(moving) + place]
    for place, k in enumerate(given):
        results[count + len(loop.invariant_inputs) + elements[k]] = node.outputs[
            len(starts) + len(sums) + place
        ]
    return results


def _anything(loop: _Loop) -> Any:
    """A value of the body whose history says how often it ran."""
    if loop.carry_inputs:
        return loop.carry_inputs[0]
    return loop.body.outputs[0]


def _plus(a: Any, b: Any) -> Any:
    from tapeflow.engine.ops.control_flow.tensor_lists import add_lists

    return add(a, b) if a.spec.dtype.np in DIFFERENTIABLE else add_lists(a, b)


while_p = control_flow_form("While", _vjp)
