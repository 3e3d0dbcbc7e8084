"""How to tell a variable from other objects, whoever wrote its class.

`tf.Variable` has a handle, its identity; so has every object that says of itself that it should act
as a variable, such as those of Keras, which are neither tensors nor of the class `tf.Variable`.
"""

from __future__ import annotations

from typing import Any


def handle_of(value: Any) -> Any:
    """The handle of a variable, or of what acts as one; None for anything else."""
    handle = getattr(value, "_handle", None)
    if handle is None and getattr(value, "_should_act_as_resource_variable", False):
        handle = getattr(value, "handle", None)  # Keras's has none while it reads another dtype
    return handle
