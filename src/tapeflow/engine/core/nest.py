"""Nested structures of lists, tuples, dictionaries and composite tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def is_nested(structure: Any) -> bool:
    """Whether `structure` is a list, tuple or mapping."""
    return isinstance(structure, (list, tuple, Mapping))


def flatten(structure: Any, expand_composites: bool = False) -> list[Any]:
    """The leaves of a structure, in order (mappings by sorted key)."""
    out: list[Any] = []
    _flatten(structure, expand_composites, out)
    return out


def _flatten(structure: Any, expand: bool, out: list[Any]) -> None:
    if isinstance(structure, (list, tuple)):
        for item in structure:
            _flatten(item, expand, out)
    elif isinstance(structure, Mapping):
        for key in sorted(structure):
            _flatten(structure[key], expand, out)
    elif expand and hasattr(type(structure), "_components"):
        for item in structure._components():
            _flatten(item, expand, out)
    else:
        out.append(structure)


def pack_sequence_as(structure: Any, flat_sequence: Any, expand_composites: bool = False) -> Any:
    """A structure like `structure` with other leaves."""
    leaves = iter(flat_sequence)
    return _pack(structure, leaves, expand_composites)


def _pack(structure: Any, leaves: Any, expand: bool) -> Any:
    if isinstance(structure, (list, tuple)):
        items = [_pack(item, leaves, expand) for item in structure]
        if hasattr(structure, "_fields"):
            return type(structure)(*items)
        return type(structure)(items)
    if isinstance(structure, Mapping):
        made = {key: _pack(structure[key], leaves, expand) for key in sorted(structure)}
        return type(structure)((key, made[key]) for key in structure)  # type: ignore[call-arg]
    if expand and hasattr(type(structure), "_components"):
        return structure._with_components([_pack(c, leaves, expand) for c in structure._components()])
    return next(leaves)


def map_structure(function: Any, *structures: Any, expand_composites: bool = False) -> Any:
    """Applies a function to the leaves of structures that are alike."""
    for other in structures[1:]:
        assert_same_structure(structures[0], other)
    leaves = zip(*[flatten(s, expand_composites) for s in structures], strict=True)
    return pack_sequence_as(structures[0], [function(*xs) for xs in leaves], expand_composites)


def assert_same_structure(a: Any, b: Any, check_types: bool = True, expand_composites: bool = False) -> None:
    """Raises unless both structures nest alike.

    Raises:
      ValueError: when one has more or fewer elements.
      TypeError: when the types of two sequences differ.
    """
    if is_nested(a) != is_nested(b):
        raise ValueError(f"The two structures don't have the same nested structure: {a!r} and {b!r}")
    if not is_nested(a):
        return
    if check_types and type(a) is not type(b):
        raise TypeError(
            f"The two structures don't have the same sequence type: {type(a)} and {type(b)}"
        )
    if isinstance(a, Mapping):
        if set(a) != set(b):
            raise ValueError(f"The two dictionaries have different keys: {set(a)} and {set(b)}")
        pairs = [(a[key], b[key]) for key in a]
    else:
        if len(a) != len(b):
            raise ValueError(
                f"The two structures don't have the same number of elements: {a!r} and {b!r}"
            )
        pairs = list(zip(a, b, strict=True))
    for x, y in pairs:
        assert_same_structure(x, y, check_types, expand_composites)
