"""`Optional`: a structure of tensors, or the knowledge that there is none; and its spec.

In a graph an optional is a value of dtype variant; when the graph runs it is a `Content`.
"""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes, nest
from tapeflow.engine.core.addresses import address
from tapeflow.engine.core.context import state
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.core.export import export
from tapeflow.engine.core.specs import (
    TensorSpec,
    TypeSpec,
    register_type_spec_from_value,
    to_tensor,
    type_spec_from_value,
)
from tapeflow.engine.ir.primitive import unregistered
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime.composite import CompositeTensor
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import EagerTensor, VariantTensor, VariantValue, held

_EMPTY = "OptionalGetValue: The given optional does not have a value."


class Content(VariantValue):
    """What an optional is when a graph runs.

    Args:
      values: arrays (and objects where there are such), one for each tensor, or None.
    """

    __slots__ = ("values",)

    def __init__(self, values: tuple[Any, ...] | None) -> None:
        self.values = values


_VARIANT = Spec(dtypes.variant, ())


def _get_kernel(optional: Content, *, specs: tuple[Spec, ...]) -> tuple[Any, ...]:
    if optional.values is None:
        raise InvalidArgumentError(None, None, _EMPTY)
    return optional.values


none_p = unregistered("OptionalNone", lambda: _VARIANT, lambda: Content(None))
from_value_p = unregistered(
    "OptionalFromValue", lambda *parts: _VARIANT, lambda *parts: Content(parts)
)
has_value_p = unregistered(
    "OptionalHasValue",
    lambda optional: Spec(dtypes.bool_, ()),
    lambda optional: np.array(optional.values is not None),
)
get_value_p = unregistered("OptionalGetValue", lambda optional, *, specs: specs, _get_kernel)


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
        if state.tracer is not None:
            return _Optional(element_spec, apply(none_p))
        return _Optional(element_spec, VariantTensor(Content(None)))

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
        components = _map(_to_component, value)
        spec = _map(type_spec_from_value, components)
        tensors = [t for s, v in _leaves(spec, components) for t in s.to_tensors(v)]
        if state.tracer is not None:
            return _Optional(spec, apply(from_value_p, *tensors), components)
        content = Content(tuple([held(t) for t in tensors]))
        return _Optional(spec, VariantTensor(content), components)


@address("tensorflow.python.data.ops.optional_ops")
class _Optional(CompositeTensor, Optional):
    """An optional.

    Args:
      element_spec: the type of the value.
      variant: the tensor of dtype variant that stands for it.
      content: the value itself, where it is at hand: tapes see through the optional then.
    """

    __slots__ = ("_content", "_element_spec", "_variant")

    def __init__(self, element_spec: Any, variant: Any, content: Any = None) -> None:
        self._element_spec = element_spec
        self._variant = variant
        self._content = content

    @property
    def element_spec(self) -> Any:
        return self._element_spec

    @property
    def _type_spec(self) -> OptionalSpec:
        return OptionalSpec(self._element_spec)

    def _components(self) -> list[Any]:
        return [self._variant]

    def _with_components(self, components: list[Any]) -> _Optional:
        return _Optional(self._element_spec, components[0])

    def has_value(self, name: str | None = None) -> Any:
        if state.tracer is not None:
            return apply(has_value_p, self._variant)
        return to_tensor(self._variant.value.values is not None, dtypes.bool_)

    def get_value(self, name: str | None = None) -> Any:
        if self._content is not None:
            return self._content
        specs = [t for spec in nest.flatten(self._element_spec) for t in spec.flatten()]
        if state.tracer is not None:
            known = tuple([Spec(s.dtype, s.shape._dims) for s in specs])
            tensors = apply(get_value_p, self._variant, specs=known)
        elif self._variant.value.values is None:
            raise InvalidArgumentError(None, None, _EMPTY)
        else:
            tensors = [_as_tensor(v) for v in self._variant.value.values]
        remaining = iter(tensors)
        return nest.map_structure(lambda spec: spec.from_tensors(remaining), self._element_spec)


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

    @property
    def _component_specs(self) -> list[TensorSpec]:
        return [TensorSpec((), dtypes.variant)]

    def _to_components(self, value: Any) -> list[Any]:
        return [value._variant]

    def _from_components(self, components: Any) -> Any:
        return _Optional(self._element_spec, components[0])

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


def _leaves(spec: Any, value: Any) -> list[tuple[Any, Any]]:
    """Pairs of the spec and the value of each component."""
    if isinstance(spec, dict):
        return [pair for key in sorted(spec) for pair in _leaves(spec[key], value[key])]
    if isinstance(spec, tuple):
        return [pair for s, v in zip(spec, value, strict=True) for pair in _leaves(s, v)]
    return [(spec, value)]


def _as_tensor(value: Any) -> Any:
    """A value of a graph that ran as a tensor."""
    if isinstance(value, (np.ndarray, np.generic)):
        return EagerTensor(np.asarray(value))
    return VariantTensor(value) if isinstance(value, VariantValue) else value
