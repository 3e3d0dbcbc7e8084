"""`tf.VariableSynchronization` and `tf.VariableAggregation`."""

from __future__ import annotations

import enum
from typing import Any

from tapeflow.engine.core.export import export


@export("VariableSynchronization")
class VariableSynchronization(enum.Enum):
    """When copies of a variable on several devices are brought together."""

    AUTO = 0
    NONE = 1
    ON_WRITE = 2
    ON_READ = 3

    @classmethod
    def from_value(cls, value: Any) -> VariableSynchronization:
        """`value` as a member (None: AUTO).

        Raises:
          ValueError: for anything else.
        """
        if value is None:
            return cls.AUTO
        if isinstance(value, cls):
            return value
        raise ValueError(f"Invalid variable synchronization mode: {value}")


@export("VariableAggregation")
class VariableAggregation(enum.Enum):
    """How values from several devices become one."""

    NONE = 0
    SUM = 1
    MEAN = 2
    ONLY_FIRST_REPLICA = 3

    @classmethod
    def from_value(cls, value: Any) -> VariableAggregation:
        """`value` as a member (None: NONE).

        Raises:
          ValueError: for anything else.
        """
        if value is None:
            return cls.NONE
        if isinstance(value, cls):
            return value
        raise ValueError(f"Invalid variable aggregation mode: {value}")
