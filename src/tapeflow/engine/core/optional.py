"""`Optional`: a structure of tensors, or the knowledge that there is none; and its spec."""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterator
from typing import Any

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.core.export import export
from tapeflow.engine.core.specs import (
    TensorSpec,
    TypeSpec,
    register_type_spec_from_value,
    to_tensor,
    type_spec_from_value,
)


@export("experimental.Optional", "data.experimental.Optional")
class Optional(metaclass=abc.ABCMeta):
    """A value that may be absent, such as the next element of a data set.

    Example:
        >>> import tapeflow as tf
        >>> full = tf.experimental.Optional.from_value(3)
        >>> print(full.has_value().numpy(), full.get_value().numpy())
        True 3
        >>> none = tf.experimental.Optional.empty(tf.TensorSpec([], tf.int32))
        >>> print(none.has_value().numpy())
        False
    """

    @property
    @abc.abstractmethod
    def element_spec(self) -> Any:
        """The type of the value: a nest of type specs."""

    @abc.abstractmethod
    def has_value(self, name: str | None = None) -> Any:
        """Whether there is a value, as a boolean tensor.

        Args:
          name: a name for the operation.
        """

    @abc.abstractmethod
    def get_value(self, name: str | None = None) -> Any:
        """The value.

        Args:
          name: a name for the operation.

        Raises:
          InvalidArgumentError: when there is none.
        """

    @staticmethod
    def empty(element_spec: Any) -> Optional:
        """An optional without a value.

        Args:
          element_spec: the type that the value would have, a nest of type specs.
        """
        return _Optional(element_spec)

    @staticmethod
    def from_value(value: Any) -> Optional:
        """An optional with a value.

        Args:
          value: a tensor, or tuples and dicts of tensors.

        Raises:
          InvalidArgumentError: when there is no tensor in it.
        """
        if value is None:
            raise InvalidArgumentError(
                None, None, "OptionalFromValue: value: expected one tensor at least; received None"
            )
        tensors = _map(_to_component, value)
        return _Optional(_map(type_spec_from_value, tensors), (tensors,))


class _Optional(Optional):
    __slots__ = ("_content", "_element_spec")

    def __init__(self, element_spec: Any, content: tuple[Any, ...] = ()) -> None:
        self._element_spec = element_spec
        self._content = content

    @property
    def element_spec(self) -> Any:
        return self._element_spec

    @property
    def _type_spec(self) -> OptionalSpec:
        return OptionalSpec(self._element_spec)

    def has_value(self, name: str | None = None) -> Any:
        return to_tensor(bool(self._content), dtypes.bool_)

    def get_value(self, name: str | None = None) -> Any:
        if not self._content:
            raise InvalidArgumentError(
                None, None, "OptionalGetValue: The given optional does not have a value."
            )
        return self._content[0]


@export("OptionalSpec")
class OptionalSpec(TypeSpec):
    """The type of a `tf.experimental.Optional`.

    Args:
      element_spec: the type of the value, a nest of type specs.

    Example:
        >>> import tapeflow as tf
        >>> tf.OptionalSpec(tf.TensorSpec([2]))
        OptionalSpec(TensorSpec(shape=(2,), dtype=tf.float32, name=None),)
    """

    def __init__(self, element_spec: Any) -> None:
        self._element_spec = element_spec

    @staticmethod
    def from_value(value: Any) -> OptionalSpec:
        """The type of an optional.

        Args:
          value: a `tf.experimental.Optional`.
        """
        return OptionalSpec(value.element_spec)

    @property
    def value_type(self) -> type[Optional]:
        """The class of the optionals."""
        return _Optional

    def _serialize(self) -> tuple[Any, ...]:
        return (self._element_spec,)

    # To what holds it, an optional is one opaque scalar: the object itself.

    @property
    def _component_specs(self) -> list[TensorSpec]:
        return [TensorSpec((), dtypes.variant)]

    def _to_components(self, value: Any) -> list[Any]:
        return [value]

    def _from_components(self, components: Any) -> Any:
        return components[0]

    def to_tensors(self, value: Any) -> list[Any]:
        """The optional as the one entry of a list."""
        return [self.cast(value, None)]

    def from_tensors(self, tensors: Iterator[Any]) -> Any:
        """The next one of `tensors`, which is an optional."""
        return next(tensors)

    def cast(self, value: Any, casting_context: Any) -> Any:
        """`value`, where it is an optional of this type.

        Raises:
          TypeError: where it isn't.
        """
        if not isinstance(value, Optional) or not OptionalSpec.from_value(value).is_subtype_of(
            self
        ):
            raise TypeError(f"Can not cast {value!r} to {self!r}")
        return value


register_type_spec_from_value(_Optional, OptionalSpec.from_value)


def _map(function: Callable[[Any], Any], structure: Any) -> Any:
    """Applies a function to the leaves of tuples and dicts; a list is a tensor's value here."""
    if isinstance(structure, dict):
        return type(structure)((k, _map(function, v)) for k, v in structure.items())
    if isinstance(structure, tuple):
        made = [_map(function, v) for v in structure]
        return type(structure)(*made) if hasattr(structure, "_fields") else tuple(made)
    return function(structure)


def _to_component(value: Any) -> Any:
    spec = type_spec_from_value(value)
    return to_tensor(value) if isinstance(spec, TensorSpec) else value
