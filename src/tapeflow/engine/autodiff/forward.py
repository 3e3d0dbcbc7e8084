"""`ForwardAccumulator`: derivatives along a direction, computed with the function itself."""

from __future__ import annotations

import logging
from typing import Any

from tapeflow.engine.autodiff.backward import VjpContext, accumulate
from tapeflow.engine.autodiff.tape import GradientTape, _carries_gradient
from tapeflow.engine.autodiff.unconnected import UnconnectedGradients
from tapeflow.engine.core import nest
from tapeflow.engine.core.context import current_recorders, set_recorders
from tapeflow.engine.core.export import export
from tapeflow.engine.core.handles import handle_of
from tapeflow.engine.ir.primitive import NOT_DIFFERENTIABLE
from tapeflow.engine.ops.array.creation import zeros_like
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.indexed_slices import IndexedSlices

_log = logging.getLogger("tensorflow")


@export("autodiff.ForwardAccumulator")
class ForwardAccumulator:
    """Computes Jacobian-vector products while the function runs (forward mode).

    Each operation's product follows from its gradient rule: a vector-Jacobian product is linear in
    the vector, and the transpose of that linear map is the Jacobian-vector product.

    Args:
      primals: tensors or variables, or a nest of them, to differentiate by.
      tangents: directions, a nest of the same structure and shapes.

    Raises:
      ValueError: when a primal is watched twice, or the structures differ.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.constant([2.0, 3.0])
      >>> with tf.autodiff.ForwardAccumulator(x, tf.constant([1.0, 0.0])) as acc:
      ...     y = tf.reduce_sum(x * x)
      >>> acc.jvp(y).numpy()
      np.float32(4.0)
    """

    log = None

    def __init__(self, primals: Any, tangents: Any) -> None:
        self.tracked: set[int] = set()
        self._tangents: dict[int, Any] = {}
        self._alive: list[Any] = []
        self._recording = False
        self._outer: tuple[Any, ...] = ()
        nest.assert_same_structure(primals, tangents)
        flat = nest.flatten(primals)
        for primal, tangent in zip(flat, nest.flatten(tangents), strict=True):
            self._watch(primal, tangent)

    def _watch(self, primal: Any, tangent: Any) -> None:
        if not _carries_gradient(primal):
            _log.warning("The dtype of the watched primal must be floating, got %r", primal.dtype)
            return
        tangent = convert(tangent, primal.dtype)
        handle = handle_of(primal)
        owner = primal if handle is None else handle
        if id(owner) in self._tangents:
            raise ValueError(
                f"ForwardAccumulator: tensor is being watched more than once: {primal}"
            )
        self._set(owner, tangent)

    def _set(self, owner: Any, tangent: Any) -> None:
        self.tracked.add(id(owner))
        self._tangents[id(owner)] = tangent
        self._alive.append(owner)

    # Recording: called by dispatch, for tracked inputs only.

    def record(
        self, prim: Any, inputs: tuple[Any, ...], outputs: tuple[Any, ...], attrs: Any
    ) -> None:
        """Computes the tangents of the outputs of one execution."""
        if prim.vjp is NOT_DIFFERENTIABLE:
            return
        wanted = [y for y in outputs if _carries_gradient(y)]
        if not wanted:
            return
        recorders = current_recorders()
        set_recorders(self._outer)  # an accumulator does not see what it computes itself
        try:
            tangents = [self._tangents.get(id(x)) for x in inputs]
            products = _transpose(prim, inputs, outputs, attrs, tangents)
        finally:
            set_recorders(recorders)
        for y, product in zip(outputs, products, strict=True):
            if product is not None:
                self._set(y, product)

    def variable_read(self, variable: Any, tensor: Any) -> None:
        """The tangent of a variable is that of the tensor read from it."""
        tangent = self._tangents.get(id(variable._handle))
        if tangent is not None:
            self._set(tensor, tangent)

    def left(self, tensor: Any) -> None:
        """Nothing: forward mode has nothing to explain later."""

    # The public interface.

    def __enter__(self) -> ForwardAccumulator:
        if self._recording:
            raise ValueError("Accumulator is already recording.")
        self._recording = True
        self._outer = current_recorders()
        set_recorders((*self._outer, self))
        return self

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        self._recording = False
        set_recorders(tuple([r for r in current_recorders() if r is not self]))

    def jvp(self, primals: Any, unconnected_gradients: Any = UnconnectedGradients.NONE) -> Any:
        """The products for results of the function.

        Args:
          primals: a tensor or variable, or a nest of them, computed inside the `with` block.
          unconnected_gradients: what to give for what does not depend on the primals watched.

        Returns:
          A nest like `primals` of tensors, or None.

        Raises:
          ValueError: when `unconnected_gradients` is no such value.
        """
        unconnected = UnconnectedGradients.from_value(unconnected_gradients)

        def product(t: Any) -> Any:
            handle = handle_of(t)
            found = self._tangents.get(id(t if handle is None else handle))
            if found is None and unconnected is UnconnectedGradients.ZERO:
                return zeros_like(t)
            return found

        return nest.map_structure(product, primals)


def _transpose(prim: Any, inputs: Any, outputs: Any, attrs: Any, tangents: list[Any]) -> list[Any]:
    """Jacobian-vector products of one execution, by transposing its gradient rule."""
    needs = [t is not None for t in tangents]
    with GradientTape(persistent=True) as tape:
        cotangents = [zeros_like(y) for y in outputs]
        tape.watch([c for c in cotangents if _carries_gradient(c)])
        grads = prim.vjp(VjpContext(inputs, outputs, attrs, needs), *cotangents)
        grads = [g.densify() if isinstance(g, IndexedSlices) else g for g in grads]
    products: list[Any] = [None] * len(outputs)
    for grad, tangent in zip(grads, tangents, strict=True):
        if grad is None or tangent is None:
            continue
        parts = tape.gradient(grad, cotangents, output_gradients=tangent)
        for i, part in enumerate(parts):
            if part is not None:
                products[i] = part if products[i] is None else accumulate(products[i], part)
    return products
