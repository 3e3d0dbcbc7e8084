"""Elements of data sets: structures of tensors outside, flat tuples of arrays inside pipelines.

In the structures tuples, named tuples and dictionaries count; a list is the value of a tensor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tapeflow.engine.core import nest
from tapeflow.engine.core.specs import TypeSpec, type_spec_from_value
from tapeflow.engine.runtime.composite import is_composite
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor, VariantTensor, VariantValue

Flat = tuple[Any, ...]
"""What flows through a pipeline: arrays, and objects in place of variants."""


def map_leaves(function: Callable[[Any], Any], structure: Any) -> Any:
    """Applies a function to the leaves of tuples and dictionaries."""
    if isinstance(structure, dict):
        made = {key: map_leaves(function, structure[key]) for key in structure}
        return made if type(structure) is dict else type(structure)(made)
    if isinstance(structure, tuple):
        parts = [map_leaves(function, part) for part in structure]
        return type(structure)(*parts) if hasattr(structure, "_fields") else tuple(parts)
    return function(structure)


def normalized(structure: Any) -> Any:
    """The same structure with tensors and composite tensors as leaves."""
    return map_leaves(_as_component, structure)


def _as_component(value: Any) -> Any:
    if value is None or isinstance(value, Tensor) or is_composite(value):
        return value
    if type(value).__name__ == "OwnedIterator" or hasattr(value, "_variant_tensor"):
        return value
    return convert(value)


def spec_of(structure: Any) -> Any:
    """The spec of an element, a structure of type specs."""
    return map_leaves(type_spec_from_value, structure)


def flat_specs(element_spec: Any) -> list[Any]:
    """The specs of the tensors that make up an element."""
    return [inner for spec in leaf_specs(element_spec) for inner in spec.flatten()]


def leaf_specs(element_spec: Any) -> list[TypeSpec]:
    """The specs of the leaves of an element."""
    return nest.flatten(element_spec)


def to_tensors(element_spec: Any, structure: Any) -> list[Any]:
    """The tensors that an element is made of."""
    found: list[Any] = []
    _collect(element_spec, structure, found)
    return found


def _collect(spec: Any, value: Any, found: list[Any]) -> None:
    if isinstance(spec, dict):
        for key in sorted(spec):
            _collect(spec[key], value[key], found)
    elif isinstance(spec, tuple):
        for s, v in zip(spec, value, strict=True):
            _collect(s, v, found)
    else:
        found.extend(spec.to_tensors(value))


def from_tensors(element_spec: Any, tensors: Iterator[Any]) -> Any:
    """The element made of the next ones of `tensors`."""
    return nest.map_structure(lambda spec: spec.from_tensors(tensors), element_spec)


def held(tensor: Any) -> Any:
    """A tensor as it flows through a pipeline."""
    if type(tensor) is EagerTensor:
        return tensor._array
    return tensor.value if type(tensor) is VariantTensor else tensor


def as_tensor(value: Any) -> Any:
    """What flows through a pipeline as a tensor."""
    if isinstance(value, np.ndarray):
        return EagerTensor(value)
    if isinstance(value, np.generic):
        return EagerTensor(np.asarray(value))
    return VariantTensor(value) if isinstance(value, VariantValue) else value


def element(element_spec: Any, flat: Flat) -> Any:
    """A flat element as a structure of tensors."""
    return from_tensors(element_spec, iter([as_tensor(v) for v in flat]))
