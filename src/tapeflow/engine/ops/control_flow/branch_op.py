"""`If` and `Case`: control flow operations that run one of several bodies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes, nest
from tapeflow.engine.core.shapes import common_dims
from tapeflow.engine.ir.graph import CONST, Body
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.control_flow.bodies import (
    BodyGradient,
    add_control_flow,
    captured_by,
    control_flow_form,
    differentiable,
    extend_outputs,
    inputs_for,
    new_body,
    outer_value,
    trace_body,
    zeros_for,
)
from tapeflow.engine.ops.control_flow.tensor_lists import no_list_p
from tapeflow.engine.ops.math.casting import cast
from tapeflow.engine.runtime.indexed_slices import IndexedSlices
from tapeflow.engine.tracing.func_graph import tracing_into
from tapeflow.engine.tracing.symbolic import SymbolicTensor


def _vjp(ctx: Any, *dys: Any) -> list[Any]:
    """Runs the gradient of the branch that was taken.

    What a branch's gradient uses of the branch's own values becomes a further output of the
    operation; where the other branch was taken it is a scalar zero that nobody looks at.
    """
    node = ctx.outputs[0].node
    bodies: list[Body] = list(ctx.attrs["branches"])
    arguments = list(ctx.inputs[1:])
    kinds = [v.spec for v in bodies[0].inputs]
    wanted = [i for i, spec in enumerate(kinds) if ctx.needs[i + 1] and differentiable(spec)]
    seeded = [
        i for i, dy in enumerate(dys) if dy is not None and differentiable(ctx.outputs[i].spec)
    ]
    gradients = [
        BodyGradient(body, [body.outputs[i] for i in seeded], [body.inputs[i] for i in wanted])
        for body in bodies
    ]
    given: list[Any] = [dys[i] for i in seeded]
    # For each branch: the values of it that its gradient uses, and where they come from.
    needs = []
    for k, (body, gradient) in enumerate(zip(bodies, gradients, strict=True)):
        values = gradient.needed()
        outside = [outer_value(body, value, arguments) for value in values]
        inner = [v for v, o in zip(values, outside, strict=True) if o is None]
        saved = iter(_save(node, k, inner))
        needs.append(
            [(v, next(saved) if o is None else o) for v, o in zip(values, outside, strict=True)]
        )
    used = [i for j, i in enumerate(wanted) if any(g.grads[j] is not None for g in gradients)]
    externals = list(given)
    for pairs in needs:
        externals += [outer for _, outer in pairs]
    externals += [arguments[i] for i in used]
    branches = []
    for k, gradient in enumerate(gradients):
        inputs = []
        inputs += gradient.seeds
        for j, pairs in enumerate(needs):
            inputs += [
                gradient.stand_in(value)
                if j == k
                else gradient.graph.placeholder(value.spec, "unused")
                for value, _ in pairs
            ]
        stand_ins = [gradient.graph.placeholder(kinds[i], "like") for i in used]
        inputs += stand_ins
        outputs = []
        with tracing_into(gradient.graph):
            for i, like in zip(used, stand_ins, strict=True):
                grad = gradient.grads[wanted.index(i)]
                outputs.append(gradient.graph.value_of(zeros_for(like)) if grad is None else grad)
        branches.append(Body(gradient.graph, inputs, outputs))
    inputs = [ctx.inputs[0], *externals]
    specs = [merged_spec([b.outputs[j].spec for b in branches]) for j in range(len(used))]
    if not used:
        return [None] * len(ctx.inputs)
    made = add_control_flow(node.prim, inputs, {"branches": tuple(branches)}, specs, None)
    results: list[Any] = [None] * len(ctx.inputs)
    for i, out in zip(used, made.outputs, strict=True):
        results[i + 1] = out
    return results


def _save(node: Any, which: int, values: list[Any]) -> list[Any]:
    """Outputs of the operation that hold values of branch number `which`."""
    branches: list[Body] = list(node.attrs["branches"])
    own = branches[which].outputs
    place = {id(v): i for i, v in enumerate(own)}
    new = [v for v in values if id(v) not in place]
    if new:
        extend_outputs(node, [v.spec for v in new])
        for k, body in enumerate(branches):
            more = new if k == which else [_nothing(body.graph, v.spec) for v in new]
            branches[k] = body.with_outputs([*body.outputs, *more])
        node.attrs["branches"] = tuple(branches)
        place = {id(v): i for i, v in enumerate(branches[which].outputs)}
    return [node.outputs[place[id(v)]] for v in values]


def _nothing(graph: Any, spec: Spec) -> Any:
    """What a branch gives for a value of the other branch; nobody looks at it."""
    if spec.dtype is dtypes.variant:
        return graph.add_operation(no_list_p, (), {}, [spec], "nothing").outputs[0]
    dtype = np.dtype(object) if spec.dtype.np is None else spec.dtype.np
    # Nobody looks at it; but what is compiled relies on shapes. A view takes no memory.
    shape: Any = spec.shape if spec.is_static else ()
    nothing = np.broadcast_to(np.zeros((), dtype), shape)
    node = graph.add_operation(CONST, (), {"value": nothing}, [spec], "nothing")
    return node.outputs[0]


if_p = control_flow_form("If", _vjp)
case_p = control_flow_form("Case", _vjp)


def branch(
    prim: Any, index: Any, functions: list[Callable[[], Any]], names: list[str], name: str | None
) -> Any:
    """Traces all functions and adds an operation that runs the one chosen when the graph runs.

    Args:
      prim: `if_p` (the first function is run where `index`, a boolean, holds) or `case_p`.
      index: symbolic tensor.
      functions: without arguments.
      names: what to call them in messages.
      name: name of the operation.

    Returns:
      The structure that the functions return.

    Raises:
      TypeError: when they return different structures or dtypes.
    """
    graphs, structures, flat = [], [], []
    for function, label in zip(functions, names, strict=True):
        graph = new_body(f"{name}_{label.removesuffix('_fn')}")
        structured, outputs = trace_body(graph, function, ())
        graphs.append(graph)
        structures.append(structured)
        flat.append(outputs)
    _give_slices_one_index_dtype(graphs, structures, flat)
    _require_same(structures, flat, names)
    externals = captured_by(graphs)
    bodies = tuple(
        [
            Body(graph, inputs_for(graph, externals), outputs)
            for graph, outputs in zip(graphs, flat, strict=True)
        ]
    )
    specs = [merged_spec([f[j].spec for f in flat]) for j in range(len(flat[0]))]
    inputs = [index, *externals]
    node = add_control_flow(prim, inputs, {"branches": bodies}, specs, name)
    rest = iter(node.outputs)
    leaves = [
        next(rest) if isinstance(leaf, SymbolicTensor) or leaf is not None else None
        for leaf in nest.flatten(structures[0], expand_composites=True)
    ]
    return nest.pack_sequence_as(structures[0], leaves, expand_composites=True)


def _give_slices_one_index_dtype(
    graphs: list[Any], structures: list[Any], flat: list[list[Any]]
) -> None:
    """Makes the indices of `IndexedSlices` int64 where branches differ in their dtype."""
    leaves = [nest.flatten(s) for s in structures]
    if len({len(found) for found in leaves}) != 1:
        return
    for place, parts in enumerate(zip(*leaves, strict=True)):
        if not all(isinstance(p, IndexedSlices) for p in parts):
            continue
        if len({p.indices.dtype for p in parts}) == 1:
            continue
        for k, graph in enumerate(graphs):
            part = leaves[k][place]
            with tracing_into(graph):
                indices = cast(part.indices, dtypes.int64)
                shape = part.dense_shape
                shape = None if shape is None else cast(shape, dtypes.int64)
                leaves[k][place] = IndexedSlices(part.values, indices, shape)
    for k, graph in enumerate(graphs):
        structures[k] = nest.pack_sequence_as(structures[k], leaves[k])
        expanded = nest.flatten(structures[k], expand_composites=True)
        flat[k] = [graph.value_of(v) for v in expanded if v is not None]


def _require_same(structures: list[Any], flat: list[list[Any]], names: list[str]) -> None:
    for structured, outputs, label in zip(structures[1:], flat[1:], names[1:], strict=True):
        text = (
            f"{names[0]} and {label} must have the same number, type, and overall structure of "
            f"return values; {names[0]} returned {structures[0]!r} and {label} returned "
            f"{structured!r}"
        )
        if (structures[0] is None) != (structured is None):
            raise ValueError(f"{text}. Return a tensor from both, or None from both.")
        try:
            nest.assert_same_structure(structures[0], structured, expand_composites=True)
        except (ValueError, TypeError) as error:
            # TensorFlow's class where the numbers differ, too.
            kind = TypeError if len(flat[0]) == len(outputs) else AssertionError
            raise kind(f"{text}: {error}") from None
        if len(flat[0]) != len(outputs):
            raise TypeError(f"{text}: they must be in the same places.")
        for i, (a, b) in enumerate(zip(flat[0], outputs, strict=True)):
            if a.spec.dtype is not b.spec.dtype:
                raise TypeError(
                    f"{names[0]} and {label} must return values of the same dtype; result {i} is "
                    f"{a.spec.dtype.name} from {names[0]} and {b.spec.dtype.name} from {label}. "
                    "Convert one of them with tf.cast."
                )


def merged_spec(specs: list[Spec]) -> Spec:
    """What is known of a value that is described by one of these specs."""
    first = specs[0]
    shape = first.shape
    refers = first.refers
    for spec in specs[1:]:
        shape = common_dims(shape, spec.shape)
        if isinstance(refers, Spec) and isinstance(spec.refers, Spec):
            refers = merged_spec([refers, spec.refers])
    return Spec(first.dtype, shape, refers=refers)
