"""`tf.gradients` and `tf.hessians`, which differentiate the graph that is traced."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.autodiff.graph_gradients import carries_gradient, differentiate
from tapeflow.engine.autodiff.unconnected import NONE, ZERO, UnconnectedGradients
from tapeflow.engine.core import nest
from tapeflow.engine.core.context import state
from tapeflow.engine.core.export import export
from tapeflow.engine.ops.array.creation import ones_like, zeros_like
from tapeflow.engine.ops.array.joining import stack
from tapeflow.engine.ops.array.shaping import reshape
from tapeflow.engine.ops.array.shaping import shape as shape_of
from tapeflow.engine.runtime.convert import convert


def _flat(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _symbol(value: Any) -> Any:
    graph = state.tracer
    if hasattr(value, "_handle"):
        return graph.capture_object(value)
    if hasattr(value, "handle") and getattr(value, "_should_act_as_resource_variable", False):
        return graph.capture_object(value.value)
    return graph.value_of(convert(value))


@export("gradients", "compat.v1.gradients")
def gradients(
    ys: Any,
    xs: Any,
    grad_ys: Any = None,
    name: str = "gradients",
    gate_gradients: bool = False,
    aggregation_method: Any = None,
    stop_gradients: Any = None,
    unconnected_gradients: Any = UnconnectedGradients.NONE,
) -> list[Any]:
    """Differentiates the sum of `ys` by each of `xs`, inside of a traced function.

    Args:
      ys: a tensor or a list of tensors.
      xs: a tensor or variable, or a list of them.
      grad_ys: cotangents of `ys`; ones by default.
      name: accepted and not used.
      gate_gradients: accepted and not used.
      aggregation_method: accepted and not used.
      stop_gradients: tensors to be treated as constants.
      unconnected_gradients: what to give for an `x` that no `y` depends on.

    Returns:
      A list of tensors, `tf.IndexedSlices` or None, one for each of `xs`.

    Raises:
      RuntimeError: in eager mode, where `tf.GradientTape` differentiates.
      TypeError: when a `y` carries no gradient.

    Example:
      >>> import tapeflow as tf
      >>> @tf.function
      ... def slope(x):
      ...     return tf.gradients(x * x, x)[0]
      >>> slope(tf.constant(3.0)).numpy()
      np.float32(6.0)
    """
    if state.tracer is None:
        raise RuntimeError(
            "tf.gradients is not supported in eager mode; use tf.GradientTape instead."
        )
    unconnected = UnconnectedGradients.from_value(unconnected_gradients)
    targets = [_symbol(y) for y in _flat(ys)]
    sources = [_symbol(x) for x in _flat(xs)]
    stops = {id(_symbol(s)) for s in nest.flatten(stop_gradients)} if stop_gradients is not None else set()
    for target in targets:
        if not carries_gradient(target.spec) and not target.dtype.is_integer:
            raise TypeError(
                f"gradients: ys: expected floating or complex tensors; received dtype "
                f"{target.dtype.name}"
            )
    given = [None] * len(targets) if grad_ys is None else _flat(grad_ys)
    if len(given) != len(targets):
        raise ValueError(
            f"Passed {len(given)} grad_ys for {len(targets)} ys: expected one for each."
        )
    seeds = [
        (ones_like(t) if g is None else convert(g, t.dtype)) if carries_gradient(t.spec) else None
        for t, g in zip(targets, given, strict=True)
    ]
    nodes = [n for n in state.tracer.nodes if not any(id(v) in stops for v in n.outputs)]
    found = differentiate(nodes, targets, seeds, sources)
    if unconnected is ZERO:
        found = [
            zeros_like(x) if g is None else g for g, x in zip(found, _flat(xs), strict=True)
        ]
    assert unconnected in (NONE, ZERO)
    return found


@export("hessians", "compat.v1.hessians")
def hessians(
    ys: Any,
    xs: Any,
    gate_gradients: bool = False,
    aggregation_method: Any = None,
    name: str = "hessians",
) -> list[Any]:
    """The matrices of second derivatives of the sum of `ys`, inside of a traced function.

    Args:
      ys: a scalar tensor, or a list of such.
      xs: a tensor, or a list of tensors, whose sizes are known.
      gate_gradients: accepted and not used.
      aggregation_method: accepted and not used.
      name: accepted and not used.

    Returns:
      A list of tensors of shape `x.shape + x.shape`.

    Raises:
      RuntimeError: in eager mode; nest two tapes and use `jacobian` instead.
      ValueError: when the size of an `x` is not known while the function is traced.

    Example:
      >>> import tapeflow as tf
      >>> @tf.function
      ... def curvature(x):
      ...     return tf.hessians(tf.reduce_sum(x * x * x), x)[0]
      >>> curvature(tf.constant([1.0, 2.0])).numpy()
      array([[ 6.,  0.],
             [ 0., 12.]], dtype=float32)
    """
    if state.tracer is None:
        raise RuntimeError(
            "tf.hessians is not supported in eager mode; use tf.GradientTape instead: "
            "the jacobian of a gradient, with two nested tapes."
        )
    results = []
    for x, grad in zip(_flat(xs), gradients(ys, xs), strict=True):
        size = x.shape.num_elements()
        if size is None:
            raise ValueError(
                f"hessians: xs: expected tensors of a known size; received shape {x.shape}"
            )
        flat = reshape(grad, [-1])
        rows = [gradients(flat[i], x, unconnected_gradients=ZERO)[0] for i in range(size)]
        results.append(reshape(stack(rows), [*shape_list(x), *shape_list(x)]))
    return results


def shape_list(x: Any) -> Any:
    """The sizes of a tensor, ints where they are known."""
    if x.shape.is_fully_defined():
        return x.shape.as_list()
    sizes = shape_of(x)
    return [sizes[i] for i in range(x.shape.ndims)]
