"""`tf.UnconnectedGradients`."""

from __future__ import annotations

import enum
from typing import Any

from tapeflow.engine.core.export import export


@export("UnconnectedGradients")
class UnconnectedGradients(enum.Enum):
    """What the gradient is for a source that the target does not depend on."""

    NONE = "none"
    ZERO = "zero"

    @classmethod
    def from_value(cls, value: Any) -> UnconnectedGradients:
        """`value` as a member.

        Raises:
          ValueError: when it is none.
        """
        if value is NONE:  # the default: no need to look it up
            return NONE
        try:
            return cls(value)
        except ValueError:
            raise ValueError(
                f"Unknown value for unconnected_gradients: {value!r}; expected 'none' or 'zero'"
            ) from None


# Plain names: an enum's members are slow to look up in Python 3.11, and `gradient` is called often.
NONE = UnconnectedGradients.NONE
ZERO = UnconnectedGradients.ZERO
