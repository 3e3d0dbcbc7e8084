"""`tf.gradients` and `tf.hessians`: gradients of the graph that is being traced."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.autodiff.backward import accumulate
from tapeflow.engine.autodiff.graph_gradients import carries_gradient, differentiate
from tapeflow.engine.autodiff.unconnected import NONE, ZERO, UnconnectedGradients
from tapeflow.engine.core import dtypes, nest
from tapeflow.engine.core.context import state
from tapeflow.engine.core.export import export
from tapeflow.engine.core.handles import handle_of
from tapeflow.engine.ops.array.concatenation import concat
from tapeflow.engine.ops.array.creation import ones_like, zeros, zeros_like
from tapeflow.engine.ops.array.dimensions import size
from tapeflow.engine.ops.array.sequences import one_hot
from tapeflow.engine.ops.array.sequences import range_ as range_of
from tapeflow.engine.ops.array.shaping import reshape
from tapeflow.engine.ops.array.shaping import shape as shape_of
from tapeflow.engine.ops.control_flow.functional import map_fn
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import Tensor
from tapeflow.engine.tracing.symbolic import SymbolicTensor


@export("gradients")
def gradients(
    ys: Any,
    xs: Any,
    grad_ys: Any = None,
    name: str = "gradients",
    gate_gradients: bool = False,
    aggregation_method: Any = None,
    stop_gradients: Any = None,
    unconnected_gradients: Any = NONE,
) -> list[Any]:
    """Differentiates tensors of the graph that is being traced, without a tape.

    Args:
      ys: a tensor or a nest of tensors; the sum of their elements is differentiated.
      xs: tensors or variables to differentiate by.
      grad_ys: for each of `ys` what to weight its elements with, or None for ones.
      name: name scope of the operations that are added.
      gate_gradients: accepted; gradients are added up in program order anyway.
      aggregation_method: accepted; there is one way of adding gradients up.
      stop_gradients: tensors that count as constants, as if they did not depend on anything.
      unconnected_gradients: what to give where `ys` do not depend on one of `xs`: "none" or "zero".

    Returns:
      For each of `xs` a tensor of its shape, a `tf.IndexedSlices`, or None.

    Raises:
      RuntimeError: in eager mode, where there is no graph; use `tf.GradientTape`.
      ValueError: when there are not as many `grad_ys` as `ys`, when one doesn't fit in shape, or
        when `unconnected_gradients` is unknown.
      TypeError: when one of `grad_ys` is of another dtype, when one of `ys` is no number, or
        complex without its `grad_ys`.

    Example:
      >>> import tapeflow as tf
      >>> @tf.function
      ... def slope(x):
      ...     return tf.gradients(x**3, x)
      >>> [float(g) for g in slope(tf.constant(2.0))]
      [12.0]
    """
    if state.tracer is None:
        raise RuntimeError(
            "tf.gradients is not supported in eager mode; use tf.GradientTape instead, or call it "
            "inside of a tf.function."
        )
    unconnected = UnconnectedGradients.from_value(unconnected_gradients)
    with state.tracer.name_scope(name):
        targets = [convert(y) for y in nest.flatten(ys)]
        sources = [x if handle_of(x) is not None else convert(x) for x in nest.flatten(xs)]
        seeds = _seeds(targets, grad_ys)
        stopped = [] if stop_gradients is None else nest.flatten(stop_gradients)
        found = _differentiated(targets, seeds, sources, stopped)
        if unconnected is ZERO:
            return [_zeros(x) if g is None else g for g, x in zip(found, sources)]
        return found


@export("hessians")
def hessians(
    ys: Any,
    xs: Any,
    gate_gradients: bool = False,
    aggregation_method: Any = None,
    name: str = "hessians",
) -> list[Any]:
    """Second derivatives of tensors of the graph that is being traced.

    Args:
      ys: a tensor or a nest of tensors; the sum of their elements is differentiated.
      xs: tensors to differentiate by.
      gate_gradients: accepted, as by `tf.gradients`.
      aggregation_method: accepted, as by `tf.gradients`.
      name: name scope of the operations that are added.

    Returns:
      For each of `xs` its own block of the Hessian: a tensor `x.shape + x.shape`.

    Raises:
      RuntimeError: in eager mode; there, nest two tapes and use `jacobian`.
      ValueError: when the second derivative by one of `xs` does not exist, as that of a linear
        function doesn't.

    Example:
      >>> import tapeflow as tf
      >>> @tf.function
      ... def curvature(x):
      ...     return tf.hessians(tf.reduce_sum(x**3), x)
      >>> curvature(tf.constant([1.0, 2.0]))[0].numpy()
      array([[ 6.,  0.],
             [ 0., 12.]], dtype=float32)
    """
    if state.tracer is None:
        raise RuntimeError(
            "tf.hessians is not supported in eager mode; use tf.GradientTape instead: "
            "the jacobian of a gradient, with two nested tapes."
        )
    with state.tracer.name_scope(name):
        sources = [convert(x) for x in nest.flatten(xs)]
        firsts = gradients(ys, sources)
        return [_block(g, x, i) for i, (g, x) in enumerate(zip(firsts, sources))]


def _block(gradient: Any, x: Any, index: int) -> Any:
    """The derivatives by `x` of each element of a gradient, one after another in a loop."""
    if gradient is not None:
        flat = reshape(convert(gradient), [-1])
        count = size(flat)
        if _differentiated([flat], [ones_like(flat)], [x], [])[0] is not None:

            def row(i: Any) -> Any:
                seed = one_hot(i, count, dtype=flat.dtype)
                return convert(_differentiated([flat], [seed], [x], [])[0])

            rows = map_fn(row, range_of(count), fn_output_signature=x.dtype)
            return reshape(rows, concat([shape_of(x), shape_of(x)], 0))
    raise ValueError(
        f"tf.hessians: xs[{index}]: None values not supported: expected a tensor on whose value "
        f"the gradient depends; received {x!r}"
    )


def _seeds(targets: list[Any], grad_ys: Any) -> list[Any]:
    """The cotangent of each target; None where none can flow."""
    given = [None] * len(targets) if grad_ys is None else _listed(grad_ys)
    if len(given) != len(targets):
        raise ValueError(f"Length mismatch. Passed {len(given)} grad_ys for {len(targets)} ys")
    return [_seed(y, g, i) for i, (y, g) in enumerate(zip(targets, given))]


def _listed(grad_ys: Any) -> list[Any]:
    return list(grad_ys) if isinstance(grad_ys, (list, tuple)) else [grad_ys]


def _seed(y: Any, given: Any, index: int) -> Any:
    if y.dtype is dtypes.string:
        raise TypeError(f"tf.gradients: ys[{index}]: expected a numeric dtype; received string")
    if not carries_gradient(y):
        return None
    if given is None:
        if y.dtype.is_complex:
            raise TypeError(
                f"Gradients of complex tensors must set grad_ys (ys[{index}] is {y.dtype.name})"
            )
        return ones_like(y)
    if isinstance(given, Tensor) and given.dtype != y.dtype:
        raise TypeError(
            f"tf.gradients: grad_ys[{index}]: expected {y.dtype.name}, the dtype of ys[{index}]; "
            f"received {given.dtype.name}"
        )
    seed = convert(given, y.dtype)
    if not seed.shape.is_compatible_with(y.shape):
        raise ValueError(
            f"tf.gradients: grad_ys[{index}]: expected shape {y.shape}, that of ys[{index}]; "
            f"received {seed.shape}"
        )
    return seed


def _differentiated(
    targets: list[Any], seeds: list[Any], sources: list[Any], stopped: list[Any]
) -> list[Any]:
    """The cotangents of `sources`, computed in the graph that is traced now.

    What a branch or a body takes from the graphs around it was computed there, so the walk goes on
    there: from each graph outwards, starting from the cotangents of what the graph inside captured.
    As in TensorFlow, variables and eager tensors count in the graph that is traced, and no further.
    """
    graph = state.tracer
    ends = [graph.value_of(y) for y in targets]
    totals: list[Any] = [None] * len(sources)
    constant = {id(t) for t in stopped}
    while graph is not None and ends:
        inside = [_stand_in(graph, x) for x in sources]
        taken = [
            (outer, inner)
            for outer, inner in getattr(graph, "captures", ())
            if isinstance(outer, SymbolicTensor) and carries_gradient(inner)
        ]
        nodes = [n for n in graph.nodes if not any(id(v) in constant for v in n.outputs)]
        places = [i for i, x in enumerate(inside) if x is not None and carries_gradient(x)]
        starts = [*[inside[i] for i in places], *[inner for _, inner in taken]]
        found = differentiate(nodes, ends, seeds, starts)
        for i, dx in zip(places, found):
            if dx is not None:
                totals[i] = dx if totals[i] is None else accumulate(totals[i], dx)
        onwards = [
            (outer, convert(dx))
            for (outer, _), dx in zip(taken, found[len(places) :])
            if dx is not None and outer.dtype is not dtypes.resource
        ]
        ends, seeds = [outer for outer, _ in onwards], [dx for _, dx in onwards]
        graph = getattr(graph, "outer_graph", None)
    return totals


def _stand_in(graph: Any, x: Any) -> Any:
    """What stands for a source in a graph of the walk, or None."""
    if isinstance(x, SymbolicTensor):
        return x if x.graph is graph else None
    if graph is not state.tracer:
        return None
    return graph.capture_object(x) if handle_of(x) is not None else graph.value_of(x)


def _zeros(x: Any) -> Any:
    return zeros(x.shape, x.dtype) if handle_of(x) is not None else zeros_like(x)
