"""`tf.distribute.ReduceOp`, and reducing the value of a single replica."""

from __future__ import annotations

import enum
from typing import Any

from tapeflow.engine.core import nest
from tapeflow.engine.core.export import export
from tapeflow.engine.variables.options import VariableAggregation


@export("distribute.ReduceOp")
class ReduceOp(enum.Enum):
    """How the values of several replicas become one."""

    SUM = "SUM"
    MEAN = "MEAN"

    @staticmethod
    def from_variable_aggregation(aggregation: VariableAggregation) -> ReduceOp:
        """The operation that a `tf.VariableAggregation` stands for.

        Args:
          aggregation: `SUM` or `MEAN`.

        Raises:
          ValueError: for any other.
        """
        if aggregation is VariableAggregation.SUM:
            return ReduceOp.SUM
        if aggregation is VariableAggregation.MEAN:
            return ReduceOp.MEAN
        raise ValueError(
            f"Could not convert from `tf.VariableAggregation` {aggregation} to "
            "`tf.distribute.ReduceOp` type"
        )


def as_reduce_op(value: Any) -> ReduceOp:
    """`value` as a member of `ReduceOp`, which may be given by its name.

    Raises:
      ValueError: when it is no such name.
    """
    return ReduceOp(value.upper()) if isinstance(value, str) else ReduceOp(value)


def reduce_over_axis(op: ReduceOp, value: Any, axis: int | None) -> Any:
    """Reduces the value of a single replica along `axis`; without an axis it is the result."""
    if axis is None:
        return value
    from tapeflow.engine.ops.math.reductions import reduce_mean, reduce_sum

    along = reduce_sum if op is ReduceOp.SUM else reduce_mean
    return nest.map_structure(lambda v: along(v, axis=axis), value)
