"""Whether elements come in order."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core.export import export
from tapeflow.engine.ops.array import shaping
from tapeflow.engine.ops.math import comparison, folds
from tapeflow.engine.runtime.convert import convert


def _neighbours(x: Any) -> tuple[Any, Any]:
    x = convert(x)
    if not x.dtype.is_numeric:
        raise TypeError(f"x: expected a numeric dtype; received {x.dtype.name}")
    flat = shaping.reshape(x, [-1])
    return flat[:-1], flat[1:]


@export("math.is_non_decreasing", "debugging.is_non_decreasing")
def is_non_decreasing(x: Any, name: str | None = None) -> Any:
    """Tells whether no element is less than the one before it, in row-major order.

    Args:
      x: tensor of a real dtype.
      name: ignored in eager mode.

    Returns:
      A bool scalar; True for fewer than two elements.

    Raises:
      TypeError: for strings and booleans.
      tf.errors.InvalidArgumentError: for complex dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.is_non_decreasing([1, 2, 2]).numpy()
      np.True_
    """
    before, after = _neighbours(x)
    return folds.reduce_all(comparison.less_equal(before, after))


@export("math.is_strictly_increasing", "debugging.is_strictly_increasing")
def is_strictly_increasing(x: Any, name: str | None = None) -> Any:
    """Tells whether every element is greater than the one before it, in row-major order.

    Args:
      x: tensor of a real dtype.
      name: ignored in eager mode.

    Returns:
      A bool scalar; True for fewer than two elements.

    Raises:
      TypeError: for strings and booleans.
      tf.errors.InvalidArgumentError: for complex dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.is_strictly_increasing([1, 2, 2]).numpy()
      np.False_
    """
    before, after = _neighbours(x)
    return folds.reduce_all(comparison.less(before, after))
