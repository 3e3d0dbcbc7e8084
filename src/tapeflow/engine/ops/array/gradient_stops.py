"""Identity in the forward direction, nothing in the backward one."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import same_as_input
from tapeflow.engine.ir.primitive import NOT_DIFFERENTIABLE, movement, primitive
from tapeflow.engine.ir.samples import unary
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply

stop_gradient_p = primitive(
    "StopGradient",
    infer=same_as_input(),
    kernel=lambda input: input,
    vjp=NOT_DIFFERENTIABLE,
    lower=movement("identity"),
    samples=unary(over={dtypes.float32, dtypes.int32}, grad=False),
)


@export("stop_gradient")
def stop_gradient(input: Any, name: str | None = None) -> Any:
    """Gives the same tensor, treated as a constant by gradients.

    Args:
      input: tensor.
      name: ignored in eager mode.

    Returns:
      A tensor of the same values.

    Example:
      >>> import tapeflow as tf
      >>> x = tf.Variable(3.0)
      >>> with tf.GradientTape() as tape:
      ...     y = x * tf.stop_gradient(x)
      >>> tape.gradient(y, x).numpy()
      np.float32(3.0)
    """
    return apply(stop_gradient_p, convert(input))
