"""`set_loop_options`: said inside a loop, about the loop; conversion takes it out of the code."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core.export import export

UNSPECIFIED = object()


@export(
    "autograph.experimental.set_loop_options", "compat.v1.autograph.experimental.set_loop_options"
)
def set_loop_options(
    parallel_iterations: Any = UNSPECIFIED,
    swap_memory: Any = UNSPECIFIED,
    maximum_iterations: Any = UNSPECIFIED,
    shape_invariants: Any = UNSPECIFIED,
) -> None:
    """Says how the loop around it is staged; the first statement of the loop's body.

    It has no effect on loops that run in Python.

    Args:
      parallel_iterations: accepted and not used.
      swap_memory: accepted and not used.
      maximum_iterations: scalar int, how often the body runs at most.
      shape_invariants: list of pairs `(variable, shape)`, for variables whose shape changes.

    Returns:
      None.

    Example:
      >>> import tapeflow as tf
      >>> @tf.function
      ... def grow(n):
      ...     v = tf.constant([0])
      ...     for i in tf.range(n):
      ...         tf.autograph.experimental.set_loop_options(
      ...             shape_invariants=[(v, tf.TensorShape([None]))]
      ...         )
      ...         v = tf.concat([v, [i]], 0)
      ...     return v
      >>> grow(tf.constant(3)).numpy()
      array([0, 0, 1, 2], dtype=int32)
    """
