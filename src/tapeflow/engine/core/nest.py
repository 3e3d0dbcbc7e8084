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
