"""`while_loop` while a function is traced: one operation with graphs as condition and body."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core import dtypes, nest
from tapeflow.engine.core.context import state
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.core.specs import TensorSpec, TypeSpec
from tapeflow.engine.ir.graph import Body
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.control_flow.bodies import (
    add_control_flow,
    captured_by,
    inputs_for,
    new_body,
    trace_body,
)
from tapeflow.engine.ops.control_flow.loop_op import while_p
from tapeflow.engine.ops.control_flow.traced_array import TracedTensorArray
from tapeflow.engine.ops.math import comparison, logical
from tapeflow.engine.runtime.composite import is_composite
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import Tensor
from tapeflow.engine.tracing.func_graph import WhileBodyFuncGraph, WhileCondFuncGraph


def traced_while(
    cond: Any,
    body: Any,
    loop_vars: Any,
    shape_invariants: Any,
    maximum_iterations: Any,
    name: str | None,
    names: list[str] | None = None,
) -> Any:
    """Adds a loop to the graph that is traced.

    Args:
      cond: function of the loop variables that gives a scalar boolean.
      body: function of the loop variables that gives their next values.
      loop_vars: list or tuple of nests of tensors, composite tensors, `TensorArray`s.
      shape_invariants: nest of shapes like `loop_vars`, or None.
      maximum_iterations: how often the body runs at most, or None.
      name: name of the operation.
      names: what to call the leaves in messages.

    Returns:
      The loop variables after the last iteration, in their structure.

    Raises:
      ValueError: when the body changes their structure or shapes.
      TypeError: when it changes a dtype.
      tf.errors.InvalidArgumentError: when `cond` gives no boolean.
    """
    graph = state.tracer
    start = nest.map_structure(_as_tensor, loop_vars, expand_composites=True)
    start = nest.map_structure(_entering, start, loop_vars)
    flat = [graph.value_of(v) for v in nest.flatten(start, expand_composites=True)]
    specs = _specs(start, flat, shape_invariants)
    limit = None if maximum_iterations is None else convert(maximum_iterations, dtypes.int32)
    limited = limit is not None
    counter = [graph.value_of(convert(0, dtypes.int32))] if limited else []

    def arguments(inner: Any) -> tuple[list[Any], Any, list[Any]]:
        count = [inner.placeholder(Spec(dtypes.int32, ()), "counter")] if limited else []
        inputs = [
            inner.placeholder(spec, value.node.name)
            for spec, value in zip(specs, flat, strict=True)
        ]
        packed = nest.pack_sequence_as(start, inputs, expand_composites=True)
        return count, nest.map_structure(_entering, packed, start), inputs

    cond_graph = new_body("while_cond", WhileCondFuncGraph)
    count, packed, cond_inputs = arguments(cond_graph)
    cond_inputs = [*count, *cond_inputs]

    def whole_cond() -> Any:
        holds = convert(cond(*packed))
        if holds.dtype is not dtypes.bool_:
            raise InvalidArgumentError(
                None, None, f"while_loop: cond: expected a boolean; received {holds.dtype.name}"
            )
        if holds.shape.ndims not in (0, None):
            raise ValueError(
                f"while_loop: cond: expected a scalar boolean; received shape {holds.shape}"
            )
        if limited:
            holds = logical.logical_and(comparison.less(count[0], limit), holds)
        return holds

    _, cond_outputs = trace_body(cond_graph, whole_cond, ())

    body_graph = new_body("while_body", WhileBodyFuncGraph)
    body_count, body_packed, body_inputs = arguments(body_graph)

    after: list[Any] = []

    def whole_body() -> Any:
        result = _like(start, body(*body_packed), limited)
        after.extend(nest.flatten(result))
        return result

    _, body_outputs = trace_body(body_graph, whole_body, ())
    _require_same_shapes(specs, body_outputs, start, names)
    outputs = list(body_outputs)
    if limited:
        _, (next_count,) = trace_body(body_graph, lambda: body_count[0] + 1, ())
        outputs = [next_count, *outputs]
    body_inputs = [*body_count, *body_inputs]

    externals = captured_by([cond_graph, body_graph])
    attrs = {
        "cond": Body(cond_graph, [*cond_inputs, *inputs_for(cond_graph, externals)], cond_outputs),
        "body": Body(body_graph, [*body_inputs, *inputs_for(body_graph, externals)], outputs),
        "carries": len(outputs),
        "invariants": len(externals),
        "backwards": False,
    }
    carried = [Spec(dtypes.int32, ())] * limited + [
        _after(spec, out.spec) for spec, out in zip(specs, body_outputs, strict=True)
    ]
    inputs = [*counter, *nest.flatten(start, expand_composites=True), *externals]
    node = add_control_flow(while_p, inputs, attrs, carried, name or "while")
    results = list(node.outputs)[limited:]
    packed = nest.pack_sequence_as(start, results, expand_composites=True)
    return nest.map_structure(_leaving, packed, start, nest.pack_sequence_as(start, after))


def _entering(value: Any, start: Any) -> Any:
    return value.entering(start) if isinstance(start, TracedTensorArray) else value


def _leaving(value: Any, start: Any, after: Any) -> Any:
    return value.leaving(start, after) if isinstance(start, TracedTensorArray) else value


def _as_tensor(value: Any) -> Any:
    return value if isinstance(value, Tensor) or is_composite(value) else convert(value)


def _specs(start: Any, flat: list[Any], shape_invariants: Any) -> list[Spec]:
    """What the loop variables are known to be in every iteration."""
    if shape_invariants is None:
        return [Spec(v.spec.dtype, v.spec.shape, refers=v.spec.refers) for v in flat]
    wanted = _flat_invariants(start, shape_invariants)
    specs = []
    for value, shape in zip(flat, wanted, strict=True):
        spec = value.spec
        if shape is None:
            specs.append(Spec(spec.dtype, spec.shape, refers=spec.refers))
            continue
        given = TensorShape._of(spec.shape)
        if not given.is_compatible_with(shape) or not _is_narrower(given, shape):
            raise ValueError(
                f"while_loop: the shape invariant specified for {value.name} is not compatible "
                f"with the initial shape of the loop variable. It enters the loop with shape "
                f"{given}, but the specified shape invariant is {shape}."
            )
        specs.append(Spec(spec.dtype, shape._dims, refers=spec.refers))
    return specs


def _is_narrower(shape: TensorShape, invariant: TensorShape) -> bool:
    if invariant._dims is None:
        return True
    if shape._dims is None or len(shape._dims) != len(invariant._dims):
        return False
    return all(i is None or s == i for s, i in zip(shape._dims, invariant._dims, strict=True))


def _flat_invariants(start: Any, shape_invariants: Any) -> list[Any]:
    leaves = nest.flatten(start)
    invariants = _flatten_shapes(shape_invariants)
    if len(leaves) != len(invariants):
        raise ValueError(
            f"while_loop: shape_invariants: expected {len(leaves)} shapes, one for each loop "
            f"variable; received {len(invariants)}"
        )
    found: list[Any] = []
    for leaf, invariant in zip(leaves, invariants, strict=True):
        parts = nest.flatten(leaf, expand_composites=True)
        if isinstance(invariant, TensorSpec):
            found.append(invariant.shape)
        elif isinstance(invariant, TypeSpec):
            found += [spec.shape for spec in invariant.flatten()]
        elif is_composite(leaf):
            found += [None] * len(parts)
        else:
            found.append(TensorShape(invariant))
    return found


def _flatten_shapes(structure: Any) -> list[Any]:
    if isinstance(structure, (TensorShape, TypeSpec)) or structure is None:
        return [structure]
    if isinstance(structure, dict):
        return [s for key in sorted(structure) for s in _flatten_shapes(structure[key])]
    if all(d is None or isinstance(d, int) for d in structure) and structure:
        return [TensorShape(structure)]
    return [s for item in structure for s in _flatten_shapes(item)]


def _like(start: Any, result: Any, limited: bool) -> Any:
    """The body's result in the structure of the loop variables."""
    if result is None:
        raise AssertionError(
            f"while_loop: body: expected {len(start)} values, as there are loop variables; "
            "received None"
        )
    if not isinstance(result, (list, tuple)) or hasattr(result, "_fields"):
        if len(start) == 1:
            result = [result]
    if isinstance(result, (list, tuple)) and isinstance(start, (list, tuple)):
        result = type(start)(result) if type(start) in (list, tuple) else result
    nest.assert_same_structure(start, result, expand_composites=False)
    return result


def _require_same_shapes(specs: list[Spec], outputs: list[Any], start: Any, names: Any) -> None:
    if len(specs) != len(outputs):
        raise ValueError(
            f"while_loop: body: expected {len(specs)} values, as there are loop variables; "
            f"received {len(outputs)}"
        )
    for i, (spec, out) in enumerate(zip(specs, outputs, strict=True)):
        label = names[i] if names and i < len(names) else f"loop variable {i}"
        if out.spec.dtype is not spec.dtype:
            raise TypeError(
                f"while_loop: {label} enters the loop with dtype {spec.dtype.name}, but has dtype "
                f"{out.spec.dtype.name} after one iteration. Convert it with tf.cast."
            )
        before, after = TensorShape._of(spec.shape), TensorShape._of(out.spec.shape)
        if not _is_narrower(after, before):
            raise ValueError(
                f"while_loop: {label} enters the loop with shape {before}, but has shape {after} "
                "after one iteration. To allow the shape to vary across iterations, use the "
                "`shape_invariants` argument of tf.while_loop to specify a less-specific shape."
            )


def _after(spec: Spec, out: Spec) -> Spec:
    refers = spec.refers
    if isinstance(out.refers, Spec) and isinstance(refers, Spec) and refers.shape is None:
        refers = out.refers
    return Spec(spec.dtype, spec.shape, refers=refers)
