"""Type specs: what is known of a value (a tensor, or something made of tensors) but its numbers.

Classes made of tensors say what their spec is with `register_type_spec_from_value`.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import import_module
from typing import Any

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType, as_dtype
from tapeflow.engine.core.export import export
from tapeflow.engine.core.messages import TensorSpecProto, TypeSpecProto
from tapeflow.engine.core.protocols import TraceType
from tapeflow.engine.core.shapes import TensorShape, as_shape
from tapeflow.engine.core.spec_structure import (
    NO_MERGE,
    all_leaves,
    compatible,
    frozen,
    map_leaves,
    merge,
    nameless,
    rank_only,
    subtype,
)


@cache
def _runtime() -> Any:
    # By name and not before a spec meets a value: `core` stands below the layer that knows tensors.
    return import_module("tapeflow.engine.runtime.convert")


def tensor_class() -> Any:
    """The class of all tensors."""
    return _runtime().Tensor


def to_tensor(value: Any, dtype: DType | None = None) -> Any:
    """`value` as a tensor, as `tf.convert_to_tensor` makes it."""
    return _runtime().convert(value, dtype)


@export("TypeSpec")
class TypeSpec(TraceType):
    """The type of a value made of tensors.

    A subclass says how a value is taken apart and put together again (`_to_components`,
    `_from_components`, `_component_specs`) and what its constructor was called with (`_serialize`);
    from that, specs are compared, merged, hashed and pickled.
    """

    @property
    @abc.abstractmethod
    def value_type(self) -> Any:
        """The Python class of the values."""

    @abc.abstractmethod
    def _serialize(self) -> tuple[Any, ...]:
        """The arguments for the constructor that make an equal spec."""

    @property
    @abc.abstractmethod
    def _component_specs(self) -> Any:
        """A nest of specs, one for each component."""

    @abc.abstractmethod
    def _to_components(self, value: Any) -> Any:
        """Takes `value` apart: a nest with the structure of `_component_specs`."""

    @abc.abstractmethod
    def _from_components(self, components: Any) -> Any:
        """Puts together what `_to_components` took apart."""

    @classmethod
    def _deserialize(cls, serialization: Any) -> Any:
        return cls(*serialization)

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether a value may be of both types.

        Args:
          spec_or_value: a spec, or a value whose spec is meant.
        """
        other = spec_or_value
        if not isinstance(other, TypeSpec):
            try:
                other = type_spec_from_value(other)
            except (TypeError, ValueError):
                return False
        return type(other) is type(self) and all_leaves(
            compatible, self._serialize(), other._serialize()
        )

    def is_subtype_of(self, other: Any) -> bool:
        """Whether every value of this type is of type `other` too."""
        return type(other) is type(self) and all_leaves(
            subtype, self._serialize(), other._serialize()
        )

    def most_specific_common_supertype(self, others: Sequence[Any]) -> Any:
        """The narrowest type that this one and `others` are subtypes of, or None."""
        state: Any = self._serialize()
        for other in others:
            if type(other) is not type(self):
                return None
            state = merge(state, other._serialize())
            if state is NO_MERGE:
                return None
        return self._deserialize(state)

    def most_specific_compatible_type(self, other: Any) -> Any:
        """The narrowest type of which both are subtypes.

        Raises:
          ValueError: when there is none.
        """
        merged = self.most_specific_common_supertype([other])
        if merged is None:
            raise ValueError(f"No TypeSpec is compatible with both {self} and {other}")
        return merged

    def placeholder_value(self, placeholder_context: Any) -> Any:
        """What stands for a value of this type while a function is traced."""
        parts = [spec.placeholder_value(placeholder_context) for spec in self._flat_specs()]
        return self._from_components(self._pack(parts))

    def to_tensors(self, value: Any) -> list[Any]:
        """The tensors that `value` is made of."""
        parts = zip(self._flat_specs(), _flatten(self._to_components(value)), strict=True)
        return [tensor for spec, part in parts for tensor in spec.to_tensors(part)]

    def from_tensors(self, tensors: Iterator[Any]) -> Any:
        """The value made of the next ones of `tensors`."""
        parts = [spec.from_tensors(tensors) for spec in self._flat_specs()]
        return self._from_components(self._pack(parts))

    def flatten(self) -> list[Any]:
        """The specs of the tensors that make up a value."""
        return [inner for spec in self._flat_specs() for inner in spec.flatten()]

    def cast(self, value: Any, casting_context: Any) -> Any:
        """`value` as one of this type.

        Args:
          value: a value, or (where the context says `allow_specs`) a spec.
          casting_context: how far the conversion may go, or None.

        Raises:
          TypeError: when it can't be.
        """
        if isinstance(value, TypeSpec) and getattr(casting_context, "allow_specs", False):
            if not value.is_subtype_of(self):
                raise TypeError(f"Can not cast {value!r} to {self!r}")
            return value
        if not isinstance(value, self.value_type):
            raise TypeError(f"Can not cast {value!r} to {self!r}")
        parts = zip(self._flat_specs(), _flatten(self._to_components(value)), strict=True)
        return self._from_components(
            self._pack([spec.cast(part, casting_context) for spec, part in parts])
        )

    @classmethod
    def experimental_type_proto(cls) -> Any:
        """The class of the message that `experimental_as_proto` returns."""
        return TypeSpecProto

    def experimental_as_proto(self) -> Any:
        """This spec as a message."""
        return TypeSpecProto(type(self).__name__, self._serialize())

    @classmethod
    def experimental_from_proto(cls, proto: Any) -> Any:
        """The spec that `experimental_as_proto` wrote down.

        Raises:
          ValueError: when it was a spec of a class that is neither this one nor derived from it.
        """
        name = proto.type_spec_class_name
        for kind in _family(cls):
            if kind.__name__ == name:
                return kind._deserialize(proto.type_state)
        raise ValueError(f"proto: expected a {cls.__name__}; received the message of a {name}")

    # Lists of tensors, as older code asks for them.

    @property
    def _flat_tensor_specs(self) -> list[Any]:
        return self.flatten()

    def _to_tensor_list(self, value: Any) -> list[Any]:
        return self.to_tensors(value)

    def _from_tensor_list(self, tensor_list: Sequence[Any]) -> Any:
        specs = self.flatten()
        name = self.value_type.__name__
        if len(specs) != len(tensor_list):
            raise ValueError(
                f"Cannot create a {name} from the tensor list because the TypeSpec expects "
                f"{len(specs)} items, but the provided tensor list has {len(tensor_list)} items."
            )
        for i, (spec, tensor) in enumerate(zip(specs, tensor_list, strict=True)):
            if not spec.is_compatible_with(tensor):
                raise ValueError(
                    f"Cannot create a {name} from the tensor list because item {i} ({tensor!r}) "
                    f"is incompatible with the expected TypeSpec {spec}."
                )
        return self._from_compatible_tensor_list(tensor_list)

    def _from_compatible_tensor_list(self, tensor_list: Sequence[Any]) -> Any:
        return self.from_tensors(iter(tensor_list))

    def _with_tensor_ranks_only(self) -> Any:
        return self._deserialize(map_leaves(rank_only, self._serialize()))

    def _without_tensor_names(self) -> Any:
        return self._deserialize(map_leaves(nameless, self._serialize()))

    def _flat_specs(self) -> list[Any]:
        return _flatten(self._component_specs)

    def _pack(self, parts: list[Any]) -> Any:
        from tapeflow.engine.core import nest

        return nest.pack_sequence_as(self._component_specs, parts)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return False
        return frozen(self._serialize()) == frozen(other._serialize())

    def __hash__(self) -> int:
        return hash((type(self), frozen(self._serialize())))

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self._serialize()!r}"

    def __reduce__(self) -> Any:
        return (type(self), self._serialize())


@export("TensorSpec")
class TensorSpec(TypeSpec):
    """Shape, dtype and perhaps the name of a tensor.

    Args:
      shape: anything that `tf.TensorShape` takes.
      dtype: anything that `tf.as_dtype` takes.
      name: a name, or None.

    Example:
        >>> import tapeflow as tf
        >>> spec = tf.TensorSpec([None, 3], tf.int32)
        >>> spec
        TensorSpec(shape=(None, 3), dtype=tf.int32, name=None)
        >>> tf.TensorSpec([2, 3], tf.int32).is_subtype_of(spec)
        True
    """

    def __init__(self, shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> None:
        self._shape = as_shape(shape)
        self._dtype = as_dtype(dtype)
        self._name = name

    @classmethod
    def from_spec(cls, spec: Any, name: str | None = None) -> TensorSpec:
        """A spec with the shape and dtype of another one.

        Args:
          spec: an object with `shape`, `dtype` and `name`.
          name: the name; by default that of `spec`.
        """
        return cls(spec.shape, spec.dtype, name or spec.name)

    @classmethod
    def from_tensor(cls, tensor: Any, name: str | None = None) -> TensorSpec:
        """The spec of a tensor.

        Args:
          tensor: a `tf.Tensor`.
          name: a name, or None.

        Raises:
          ValueError: when `tensor` isn't a tensor.
        """
        if not isinstance(tensor, tensor_class()):
            raise ValueError(f"`tensor` should be a tf.Tensor, but got type {type(tensor)}.")
        return cls(tensor.shape, tensor.dtype, name)

    @property
    def shape(self) -> TensorShape:
        """The shape."""
        return self._shape

    @property
    def dtype(self) -> DType:
        """The dtype."""
        return self._dtype

    @property
    def name(self) -> str | None:
        """The name, or None."""
        return self._name

    @property
    def value_type(self) -> Any:
        """`tf.Tensor`."""
        return tensor_class()

    def is_compatible_with(self, spec_or_tensor: Any) -> bool:
        """Whether a tensor may be described by both.

        Args:
          spec_or_tensor: a `TensorSpec` or a tensor; anything else is compatible with no spec.
        """
        other: Any = spec_or_tensor
        if not isinstance(other, (TensorSpec, tensor_class())):
            return False
        return self._dtype.is_compatible_with(other.dtype) and self._shape.is_compatible_with(
            other.shape
        )

    def is_subtype_of(self, other: Any) -> bool:
        """Whether every tensor that fits this spec fits `other` too."""
        return (
            type(other) is type(self)
            and (not self._name or self._name == other._name)
            and self._dtype == other._dtype
            and self._shape.is_subtype_of(other._shape)
        )

    def most_specific_common_supertype(self, others: Sequence[Any]) -> TensorSpec | None:
        """The narrowest spec that this one and `others` are subtypes of, or None."""
        for other in others:
            if (
                type(other) is not type(self)
                or other._dtype != self._dtype
                or other._name != self._name
            ):
                return None
        shape = self._shape.most_specific_common_supertype([other._shape for other in others])
        return TensorSpec(shape, self._dtype, self._name)

    def placeholder_value(self, placeholder_context: Any) -> Any:
        """The symbolic tensor that the context makes for this spec."""
        return placeholder_context.placeholder(self)

    def to_tensors(self, value: Any) -> list[Any]:
        """`value`, converted to a tensor, as the one entry of a list."""
        return [self.cast(value, None)]

    def from_tensors(self, tensors: Iterator[Any]) -> Any:
        """The next one of `tensors`."""
        return next(tensors)

    def flatten(self) -> list[Any]:
        """This spec as the one entry of a list."""
        return [self]

    def cast(self, value: Any, casting_context: Any) -> Any:
        """`value` converted to a tensor that fits this spec.

        Args:
          value: what `tf.convert_to_tensor` takes, or (where the context says `allow_specs`) a
            spec.
          casting_context: how far the conversion may go, or None.

        Raises:
          TypeError: when it doesn't fit.
        """
        if isinstance(value, TensorSpec) and getattr(casting_context, "allow_specs", False):
            spec = value
        else:
            value = to_tensor(value, self._dtype)
            spec = TensorSpec(value.shape, value.dtype)
        if not TensorSpec(spec._shape, spec._dtype).is_subtype_of(self):
            raise TypeError(f"Can not cast {spec!r} to {self!r}")
        return value

    def _serialize(self) -> tuple[Any, ...]:
        return (self._shape, self._dtype, self._name)

    @property
    def _component_specs(self) -> Any:
        return self

    def _to_components(self, value: Any) -> Any:
        return self.cast(value, None)

    def _from_components(self, components: Any) -> Any:
        return components

    def _flat_specs(self) -> list[Any]:
        return [self]

    def _with_tensor_ranks_only(self) -> TensorSpec:
        return TensorSpec(rank_only(self._shape), self._dtype, self._name)

    def _without_tensor_names(self) -> TensorSpec:
        return self if self._name is None else TensorSpec(self._shape, self._dtype)

    @classmethod
    def experimental_type_proto(cls) -> type[TensorSpecProto]:
        """The class of the message that `experimental_as_proto` returns."""
        return TensorSpecProto

    def experimental_as_proto(self) -> TensorSpecProto:
        """This spec as a message."""
        return TensorSpecProto(
            self._name or "", self._shape.as_proto(), self._dtype.as_datatype_enum
        )

    @classmethod
    def experimental_from_proto(cls, proto: Any) -> TensorSpec:
        """The spec that `experimental_as_proto` wrote down."""
        shape = TensorShape.experimental_from_proto(proto.shape)
        return cls(shape, proto.dtype, proto.name or None)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TensorSpec) or type(other) is not type(self):
            return False
        return (
            self._shape == other._shape
            and self._dtype == other._dtype
            and self._name == other._name
        )

    def __hash__(self) -> int:
        return hash((self._shape, self._dtype))

    def __repr__(self) -> str:
        return f"TensorSpec(shape={self._shape}, dtype={self._dtype!r}, name={self._name!r})"


class NoneTensorSpec(TypeSpec):
    """The type of None, as an optional output of a function has it."""

    @property
    def value_type(self) -> type:
        """The class of None."""
        return type(None)

    def _serialize(self) -> tuple[Any, ...]:
        return ()

    @property
    def _component_specs(self) -> Any:
        return []

    def _to_components(self, value: Any) -> Any:
        return []

    def _from_components(self, components: Any) -> Any:
        return None


# From values to specs.

_FROM_VALUE: dict[type, Callable[[Any], TypeSpec]] = {}


def register_type_spec_from_value(cls: type, fn: Callable[[Any], TypeSpec]) -> None:
    """Says how the spec of values of a class, or of a class derived from it, is found.

    Args:
      cls: the values' class.
      fn: `value -> spec`.
    """
    _FROM_VALUE[cls] = fn


@export("type_spec_from_value")
def type_spec_from_value(value: Any) -> TypeSpec:
    """The type spec of a value.

    Args:
      value: a tensor, something made of tensors (a variable, `tf.SparseTensor`, ...), or anything
        that `tf.convert_to_tensor` takes.

    Returns:
      A `TypeSpec` that the value is compatible with.

    Raises:
      TypeError: for a value that has none.

    Example:
        >>> import tapeflow as tf
        >>> tf.type_spec_from_value([[1.0, 2.0]])
        TensorSpec(shape=(1, 2), dtype=tf.float32, name=None)
    """
    if value is None:
        return NoneTensorSpec()
    for base in type(value).__mro__:
        fn = _FROM_VALUE.get(base)
        if fn is not None:
            return fn(value)
    if not isinstance(value, (TypeSpec, DType)):
        if isinstance(value, tensor_class()):
            return TensorSpec.from_tensor(value)
        try:
            return TensorSpec.from_tensor(to_tensor(value))
        except (TypeError, ValueError):
            pass
    raise TypeError(
        f"Could not build a TypeSpec for {value} of unsupported type {type(value)}."
    ) from None


def _flatten(structure: Any) -> list[Any]:
    from tapeflow.engine.core import nest

    return list(nest.flatten(structure))


def _family(cls: type[TypeSpec]) -> Iterator[type[TypeSpec]]:
    yield cls
    for derived in cls.__subclasses__():
        yield from _family(derived)
