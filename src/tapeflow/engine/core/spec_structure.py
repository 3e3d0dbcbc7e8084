"""Walking through what a type spec's `_serialize` gives.

That is a structure of tuples, lists and dicts, whose leaves are specs, shapes, dtypes and plain
values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tapeflow.engine.core.protocols import TraceType
from tapeflow.engine.core.shapes import TensorShape


def all_leaves(relation: Callable[[Any, Any], bool], a: Any, b: Any) -> bool:
    """Whether `a` and `b` have one structure, and the relation holds at every leaf."""
    if type(a) is not type(b):
        return False
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(
            all_leaves(relation, x, y) for x, y in zip(a, b, strict=True)
        )
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(all_leaves(relation, a[k], b[k]) for k in a)
    return relation(a, b)


def compatible(a: Any, b: Any) -> bool:
    """Whether a value may fit both leaves."""
    if hasattr(a, "is_compatible_with"):
        return bool(a.is_compatible_with(b))
    return bool(frozen(a) == frozen(b))


def subtype(a: Any, b: Any) -> bool:
    """Whether everything that fits leaf `a` fits leaf `b`."""
    if isinstance(a, TraceType):
        return a.is_subtype_of(b)
    return bool(frozen(a) == frozen(b))


NO_MERGE: Final = object()
"""What `merge` returns where two structures have no common supertype."""


def merge(a: Any, b: Any) -> Any:
    """The common supertype at every leaf, or `NO_MERGE`."""
    if type(a) is not type(b):
        return NO_MERGE
    if isinstance(a, (list, tuple, dict)):
        if isinstance(a, dict):
            if a.keys() != b.keys():
                return NO_MERGE
            merged = [merge(a[k], b[k]) for k in a]
        else:
            if len(a) != len(b):
                return NO_MERGE
            merged = [merge(x, y) for x, y in zip(a, b, strict=True)]
        return NO_MERGE if any(m is NO_MERGE for m in merged) else _rebuild(a, merged)
    if isinstance(a, TraceType):
        found = a.most_specific_common_supertype([b])
        return NO_MERGE if found is None else found
    return a if frozen(a) == frozen(b) else NO_MERGE


def map_leaves(function: Callable[[Any], Any], value: Any) -> Any:
    """The same structure of what the function makes of the leaves."""
    if isinstance(value, dict):
        return _rebuild(value, [map_leaves(function, v) for v in value.values()])
    if isinstance(value, (list, tuple)):
        return _rebuild(value, [map_leaves(function, v) for v in value])
    return function(value)


def _rebuild(like: Any, values: list[Any]) -> Any:
    if isinstance(like, dict):
        return type(like)(zip(like, values, strict=True))
    return type(like)(*values) if hasattr(like, "_fields") else type(like)(values)


def rank_only(value: Any) -> Any:
    """A shape or spec of which nothing but the rank is known."""
    if isinstance(value, TensorShape):
        return value if value.rank is None else TensorShape._of((None,) * value.rank)
    return value._with_tensor_ranks_only() if hasattr(value, "_with_tensor_ranks_only") else value


def nameless(value: Any) -> Any:
    """A spec without the names of its tensors."""
    return value._without_tensor_names() if hasattr(value, "_without_tensor_names") else value


def frozen(value: Any) -> Any:
    """`value` with hashable containers, for comparing and hashing."""
    if isinstance(value, dict):
        return (dict, tuple([(k, frozen(value[k])) for k in sorted(value, key=repr)]))
    if isinstance(value, (list, tuple)):
        return (type(value), tuple([frozen(v) for v in value]))
    if hasattr(value, "tobytes") and hasattr(value, "shape"):  # a NumPy array
        return (value.dtype, value.shape, value.tobytes())
    return value
