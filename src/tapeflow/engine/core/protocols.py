"""The interfaces of `tf.types.experimental`: trace types, and what `tf.function` returns."""

from __future__ import annotations

import abc
import inspect
from collections.abc import Callable as AnyCallable
from collections.abc import Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

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


@export("types.experimental.FunctionType")
class FunctionType(inspect.Signature):
    """The parameters of a function, as `inspect.Signature` has them.

    Example:
        >>> import tapeflow as tf
        >>> tf.types.experimental.FunctionType.from_callable(lambda x, y=3: x)
        <FunctionType (x, y=3)>
    """

    __slots__ = ()

    @classmethod
    def from_callable(  # type: ignore[override]  # TensorFlow's takes less than Python's
        cls, obj: AnyCallable[..., Any], *, follow_wrapped: bool = True
    ) -> FunctionType:
        """The parameters of a Python callable.

        Args:
          obj: the callable.
          follow_wrapped: whether a decorated function's own parameters are meant.
        """
        return super().from_callable(obj, follow_wrapped=follow_wrapped)


@export("types.experimental.Callable")
class Callable(metaclass=abc.ABCMeta):
    """What `tf.function` and its traces have in common: a call, and its type."""

    @property
    @abc.abstractmethod
    def function_type(self) -> FunctionType:
        """The parameters that a call takes."""

    @abc.abstractmethod
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the function."""


@export("types.experimental.AtomicFunction")
class AtomicFunction(Callable):
    """One traced graph that is called with its captures spelled out."""

    @abc.abstractmethod
    def call_with_captures(self, args: Any, kwargs: Any, captures: Any) -> Any:
        """Runs the graph.

        Args:
          args: the positional arguments.
          kwargs: the keyword arguments.
          captures: the tensors that the graph took from around the function.
        """


@export("types.experimental.ConcreteFunction")
class ConcreteFunction(Callable):
    """A function traced for one signature."""

    @property
    @abc.abstractmethod
    def inference_fn(self) -> AtomicFunction:
        """The graph that a call runs when no tape is watching."""


@export("types.experimental.GenericFunction", "types.experimental.PolymorphicFunction")
class PolymorphicFunction(Callable):
    """What `tf.function` returns: traced once for each signature it is called with."""

    @abc.abstractmethod
    def get_concrete_function(self, *args: Any, **kwargs: Any) -> ConcreteFunction:
        """The trace for these arguments.

        Args:
          *args: tensors, Python values, or specs instead of tensors.
          **kwargs: the same, by name.
        """

    @abc.abstractmethod
    def experimental_get_compiler_ir(self, *args: Any, **kwargs: Any) -> AnyCallable[..., Any]:
        """A function that returns the compiled form for these arguments as text."""


GenericFunction = PolymorphicFunction


@export("types.experimental.SupportsTracingProtocol")
@runtime_checkable
class SupportsTracingProtocol(Protocol):
    """An object that says of what trace type it is when a function is called with it."""

    @abc.abstractmethod
    def __tf_tracing_type__(self, context: Any) -> TraceType:
        """The trace type of this object."""
