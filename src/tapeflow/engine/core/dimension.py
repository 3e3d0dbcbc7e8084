"""`Dimension`: one entry of a shape as TensorFlow 1 has it, and the bridges to plain ints."""

from __future__ import annotations

import operator
from typing import Any

from tapeflow.engine.core.export import export


def dimension_size(value: Any) -> int | None:
    """Reads one entry of a shape: None, an int, a `Dimension` or anything with `__index__`.

    Raises:
      TypeError: when `value` is none of these.
      ValueError: when it is negative.
    """
    if value is None:
        return None
    if isinstance(value, Dimension):
        return value._value
    try:
        size = operator.index(value)
    except (TypeError, AttributeError):
        raise TypeError(
            "Dimension value must be integer or None or have an __index__ method, got value "
            f"'{value!r}' with type '{type(value)!r}'"
        ) from None
    if size < 0:
        raise ValueError(f"Dimension {size} must be >= 0")
    return size


@export("compat.v1.Dimension")
class Dimension:
    """One entry of a shape; `value` is an int, or None where the size is unknown.

    Arithmetic and comparisons with an unknown size give an unknown size, or None.

    Args:
      value: the size, or None.

    Example:
        >>> import tapeflow as tf
        >>> Dimension = tf.compat.v1.Dimension
        >>> Dimension(7) // 2, Dimension(None) + 1, Dimension(3) < Dimension(None)
        (Dimension(3), Dimension(None), None)
    """

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = dimension_size(value)

    @property
    def value(self) -> int | None:
        """The size, or None where it is unknown."""
        return self._value

    def is_compatible_with(self, other: Any) -> bool:
        """Whether both may be the same size."""
        other = as_dimension(other)
        return self._value is None or other._value is None or self._value == other._value

    def assert_is_compatible_with(self, other: Any) -> None:
        """Raises `ValueError` unless both may be the same size."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Dimensions {self} and {other} are not compatible")

    def merge_with(self, other: Any) -> Dimension:
        """What is known when both are the same size.

        Raises:
          ValueError: when they can't be.
        """
        other = as_dimension(other)
        self.assert_is_compatible_with(other)
        return Dimension(other._value if self._value is None else self._value)

    def __repr__(self) -> str:
        return f"Dimension({self._value!r})"

    def __str__(self) -> str:
        return "?" if self._value is None else str(self._value)

    # An unknown size equals nothing and differs from nothing: both comparisons give None.
    def __eq__(self, other: object) -> bool | None:  # type: ignore[override]
        try:
            size = dimension_size(other)
        except (TypeError, ValueError):
            return NotImplemented
        return None if self._value is None or size is None else self._value == size

    def __ne__(self, other: object) -> bool | None:  # type: ignore[override]
        try:
            size = dimension_size(other)
        except (TypeError, ValueError):
            return NotImplemented
        return None if self._value is None or size is None else self._value != size

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return bool(self._value)

    def __int__(self) -> int:
        return self._value  # type: ignore[return-value]  # Python reports the None of an unknown

    def __index__(self) -> int:
        return self._value  # type: ignore[return-value]

    def __lt__(self, other: Any) -> bool | None:
        return self._compare(operator.lt, other)

    def __le__(self, other: Any) -> bool | None:
        return self._compare(operator.le, other)

    def __gt__(self, other: Any) -> bool | None:
        return self._compare(operator.gt, other)

    def __ge__(self, other: Any) -> bool | None:
        return self._compare(operator.ge, other)

    def _compare(self, relation: Any, other: Any) -> bool | None:
        size = dimension_size(other)
        if self._value is None or size is None:
            return None
        return bool(relation(self._value, size))

    def __add__(self, other: Any) -> Dimension:
        return _combine(operator.add, self, other)

    def __radd__(self, other: Any) -> Dimension:
        return _combine(operator.add, other, self)

    def __sub__(self, other: Any) -> Dimension:
        return _combine(operator.sub, self, other)

    def __rsub__(self, other: Any) -> Dimension:
        return _combine(operator.sub, other, self)

    def __mul__(self, other: Any) -> Dimension:
        return _combine(operator.mul, self, other)

    def __rmul__(self, other: Any) -> Dimension:
        return _combine(operator.mul, other, self)

    def __floordiv__(self, other: Any) -> Dimension:
        return _combine(operator.floordiv, self, other)

    def __rfloordiv__(self, other: Any) -> Dimension:
        return _combine(operator.floordiv, other, self)

    def __mod__(self, other: Any) -> Dimension:
        return _combine(operator.mod, self, other)

    def __rmod__(self, other: Any) -> Dimension:
        return _combine(operator.mod, other, self)

    def __truediv__(self, other: Any) -> Dimension:
        raise TypeError(_no_true_division(self, other))

    def __rtruediv__(self, other: Any) -> Dimension:
        raise TypeError(_no_true_division(other, self))

    def __reduce__(self) -> tuple[Any, ...]:
        return (Dimension, (self._value,))


def _combine(function: Any, x: Any, y: Any) -> Any:
    try:
        a, b = dimension_size(x), dimension_size(y)
    except (TypeError, ValueError):
        return NotImplemented
    return Dimension(None if a is None or b is None else function(a, b))


def _no_true_division(x: Any, y: Any) -> str:
    return (
        f"unsupported operand type(s) for /: '{type(x).__name__}' and '{type(y).__name__}', "
        "please use // instead"
    )


def as_dimension(value: Any) -> Dimension:
    """`value` as a `Dimension`."""
    return value if isinstance(value, Dimension) else Dimension(value)


@export("compat.dimension_value")
def dimension_value(dimension: Dimension | int | None) -> int | None:
    """The plain size of an entry of a shape, whichever form it has.

    Args:
      dimension: a `Dimension`, an int or None.

    Returns:
      An int, or None where the size is unknown.

    Example:
        >>> import tapeflow as tf
        >>> tf.compat.dimension_value(tf.compat.v1.Dimension(3)), tf.compat.dimension_value(3)
        (3, 3)
    """
    return dimension._value if isinstance(dimension, Dimension) else dimension
