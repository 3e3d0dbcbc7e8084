"""The interfaces of `tf.types.experimental`: trace types, and what `tf.function` returns."""

from __future__ import annotations

import abc
from collections.abc import Iterator, Sequence
from typing import Any

from tapeflow.engine.core.export import export


@export("types.experimental.TraceType")
class TraceType(metaclass=abc.ABCMeta):
    """What a traced function is specialised to: the type of one argument.

    A function is traced again unless the new call's types are subtypes of an earlier call's.
    """

    @abc.abstractmethod
    def is_subtype_of(self, other: TraceType) -> bool:
        """Whether everything of this type is also of type `other`."""

    @abc.abstractmethod
    def most_specific_common_supertype(self, others: Sequence[TraceType]) -> TraceType | None:
        """The narrowest type that this one and `others` are subtypes of, or None."""

    @abc.abstractmethod
    def placeholder_value(self, placeholder_context: Any) -> Any:
        """What stands for an argument of this type while the function is traced."""

    def to_tensors(self, value: Any) -> list[Any]:
        """The tensors that `value`, which is of this type, is made of."""
        del value
        return []

    def from_tensors(self, tensors: Iterator[Any]) -> Any:
        """The value of this type made of the next ones of `tensors`."""
        del tensors
        return self.placeholder_value(None)

    def flatten(self) -> list[Any]:
        """The types of the tensors that `to_tensors` gives."""
        return []

    def cast(self, value: Any, cast_context: Any) -> Any:
        """`value` as one of this type.

        Raises:
          AssertionError: when that isn't possible.
        """
        del cast_context
        return _cast_to_placeholder(self, value)

    @abc.abstractmethod
    def __eq__(self, other: object) -> bool:
        """Whether both are the same type."""

    @abc.abstractmethod
    def __hash__(self) -> int:
        """Equal types have equal hashes."""


class TensorFreeTrace:
    """The trace type methods of a type whose values hold no tensors (dtypes, shapes).

    Not an ABC itself: `isinstance` of a class with an ordinary metaclass is several times faster.
    """

    __slots__ = ()

    def placeholder_value(self, placeholder_context: Any) -> None:
        """None: nothing of this type flows through a graph."""
        del placeholder_context

    def to_tensors(self, value: Any) -> list[Any]:
        """The tensors that `value` is made of: none."""
        del value
        return []

    def from_tensors(self, tensors: Iterator[Any]) -> None:
        """None: no tensors make up a value of this type."""
        del tensors

    def flatten(self) -> list[Any]:
        """The types of the tensors that make up a value: none."""
        return []

    def cast(self, value: Any, cast_context: Any) -> Any:
        """Returns `value` where it is the placeholder (None).

        Raises:
          AssertionError: for any other value.
        """
        del cast_context
        return _cast_to_placeholder(self, value)


TraceType.register(TensorFreeTrace)


def _cast_to_placeholder(trace_type: Any, value: Any) -> Any:
    if value != trace_type.placeholder_value(None):
        raise AssertionError(f"Can not cast {value!r} to type {trace_type!r}")
    return value
