"""Nested structures: lists, tuples, mappings, attrs classes, and composite tensors where asked for.

What a type counts as is decided once per type (`_KINDS`); plain lists, tuples and dictionaries are
found there at once.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Mapping, MappingView, Sequence
from typing import Any

from tapeflow.engine.core.export import export

LEAF, SEQUENCE, MAPPING, NAMED, ATTRS, VIEW, CUSTOM = range(7)

_KINDS: dict[type, int] = {list: SEQUENCE, tuple: SEQUENCE, dict: MAPPING}
_MAX_KINDS = 1024  # classes made in a loop must not be kept for ever


def _kind(cls: type) -> int:
    kind = _KINDS.get(cls)
    if kind is None:
        kind = _classify(cls)
        if len(_KINDS) >= _MAX_KINDS:
            _KINDS.clear()
            _KINDS.update({list: SEQUENCE, tuple: SEQUENCE, dict: MAPPING})
        _KINDS[cls] = kind
    return kind


def _classify(cls: type) -> int:
    if hasattr(cls, "__tf_flatten__") and hasattr(cls, "__tf_unflatten__"):
        return CUSTOM
    if isinstance(getattr(cls, "__attrs_attrs__", None), (tuple, list)):
        return ATTRS
    if issubclass(cls, Mapping):
        return MAPPING
    if issubclass(cls, MappingView):
        return VIEW
    if issubclass(cls, (str, bytes)):
        return LEAF
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return NAMED
    return SEQUENCE if issubclass(cls, Sequence) else LEAF


def _parts(structure: Any, expand: bool) -> Any:
    """The items one level down, in order, or None for a leaf."""
    kind = _kind(type(structure))
    if kind in (SEQUENCE, NAMED, VIEW):
        return structure
    if kind == MAPPING:
        return [structure[key] for key in sorted(structure)]
    if kind == ATTRS:
        return [getattr(structure, a.name) for a in structure.__attrs_attrs__]
    if kind == CUSTOM:
        return structure.__tf_flatten__()[1]
    if expand and hasattr(type(structure), "_components"):
        return structure._components()
    if expand:
        return _spec_parts(structure)
    return None


def _spec_parts(structure: Any) -> Any:
    """The component specs of the spec of a composite tensor, or None."""
    value_type = getattr(structure, "value_type", None)
    if isinstance(value_type, type) and hasattr(value_type, "_components"):
        specs = structure._component_specs
        return specs if isinstance(specs, (list, tuple)) else [specs]
    return None


@export("nest.is_nested")
def is_nested(seq: Any) -> bool:
    """Whether `seq` is a structure: a list, tuple, mapping, attrs instance or other sequence.

    Args:
      seq: anything.

    Returns:
      A bool; False for strings, sets, arrays and tensors.

    Example:
      >>> import tapeflow as tf
      >>> tf.nest.is_nested({"a": 1}), tf.nest.is_nested("ab")
      (True, False)
    """
    return _kind(type(seq)) != LEAF


@export("nest.flatten")
def flatten(structure: Any, expand_composites: bool = False) -> list[Any]:
    """The leaves of a structure, in order; those of mappings by sorted key.

    Args:
      structure: a structure, or a leaf, which gives a list of itself.
      expand_composites: whether composite tensors (`tf.SparseTensor`, ...) are taken apart into
        their tensors.

    Returns:
      A list.

    Raises:
      TypeError: when the keys of a mapping cannot be sorted.

    Example:
      >>> import tapeflow as tf
      >>> tf.nest.flatten({"b": [1, 2], "a": (3,)})
      [3, 1, 2]
    """
    out: list[Any] = []
    _flatten(structure, expand_composites, out)
    return out


def _flatten(structure: Any, expand: bool, out: list[Any]) -> None:
    kind = _KINDS.get(type(structure))
    if kind == LEAF and not expand:
        out.append(structure)
        return
    parts = structure if kind == SEQUENCE else _parts(structure, expand)
    if parts is None:
        out.append(structure)
        return
    for item in parts:
        _flatten(item, expand, out)


@export("nest.pack_sequence_as")
def pack_sequence_as(structure: Any, flat_sequence: Any, expand_composites: bool = False) -> Any:
    """A structure like `structure`, with other leaves.

    Args:
      structure: a structure or a leaf.
      flat_sequence: the leaves, a list or tuple, in the order of `tf.nest.flatten`.
      expand_composites: whether composite tensors in `structure` are made of several leaves.

    Returns:
      A structure.

    Raises:
      ValueError: when the number of leaves is not that of `structure`.
      TypeError: when `flat_sequence` is no sequence, or a mapping cannot be made anew.

    Example:
      >>> import tapeflow as tf
      >>> tf.nest.pack_sequence_as([1, (2, 3)], [4, 5, 6])
      [4, (5, 6)]
    """
    if not is_nested(flat_sequence):
        raise TypeError(
            f"Attempted to pack value:\n  {flat_sequence}\ninto a structure, but found "
            f"incompatible type `{type(flat_sequence)}` instead."
        )
    if _parts(structure, expand_composites) is None:
        if len(flat_sequence) != 1:
            raise ValueError(
                f"The target structure is of type `{type(structure)}`\n  {structure}\nHowever the "
                f"input is a sequence ({type(flat_sequence)}) of length {len(flat_sequence)}.\n  "
                f"{flat_sequence}\nnest cannot guarantee that it is safe to map one to the other."
            )
        return flat_sequence[0]
    count = len(flat_sequence)
    leaves = iter([flat_sequence[i] for i in range(count)])
    try:
        packed = _pack(structure, leaves, expand_composites)
    except StopIteration:
        packed = None
        wrong = True
    else:
        wrong = next(leaves, leaves) is not leaves
    if wrong:
        have = len(flatten(structure, expand_composites))
        raise ValueError(
            f"Could not pack sequence. Structure had {have} atoms, but flat_sequence had {count} "
            f"items.  Structure: {structure}, flat_sequence: {flat_sequence}."
        )
    return packed


def _pack(structure: Any, leaves: Iterator[Any], expand: bool) -> Any:
    cls = type(structure)
    kind = _kind(cls)
    if kind == SEQUENCE:
        items = [_pack(item, leaves, expand) for item in structure]
        return items if cls is list or cls is range else cls(items)  # type: ignore[call-arg]
    if kind == LEAF:
        if expand:
            if hasattr(cls, "_components"):
                parts = structure._components()
                return structure._with_components([_pack(c, leaves, expand) for c in parts])
            parts = _spec_parts(structure)
            if parts is not None:
                return structure._from_components([_pack(c, leaves, expand) for c in parts])
        return next(leaves)
    if kind == MAPPING:
        made = {key: _pack(structure[key], leaves, expand) for key in sorted(structure)}
        if cls is dict:
            return {key: made[key] for key in structure}
        return _mapping_like(structure, made)
    items = [_pack(item, leaves, expand) for item in _parts(structure, expand)]
    if kind == VIEW:
        return items
    if kind == CUSTOM:
        return cls.__tf_unflatten__(structure.__tf_flatten__()[0], tuple(items))  # type: ignore[attr-defined]
    return cls(*items)


def _mapping_like(structure: Any, made: dict[Any, Any]) -> Any:
    pairs = [(key, made[key]) for key in structure]
    cls: Any = type(structure)
    if issubclass(cls, defaultdict):
        return cls(structure.default_factory, pairs)
    if issubclass(cls, OrderedDict):
        return cls(pairs)
    try:
        return cls(pairs)
    except TypeError as error:
        raise TypeError(
            f"Error creating an object of type {cls} like {structure}. Note that it must accept a "
            f"single positional argument representing an iterable of key-value pairs. {error}"
        ) from None


@export("nest.map_structure")
def map_structure(func: Callable[..., Any], *structure: Any, **kwargs: Any) -> Any:
    """Applies a function to the leaves of structures of the same form.

    Args:
      func: called with one leaf of each structure.
      *structure: one or more structures.
      **kwargs: `check_types` (True): whether the types of the structures must agree;
        `expand_composites` (False): whether composite tensors are taken apart.

    Returns:
      A structure like the first one, of the results.

    Raises:
      TypeError: when `func` is not callable, or types differ.
      ValueError: when the structures differ, there is none, or for other keyword arguments.

    Example:
      >>> import tapeflow as tf
      >>> tf.nest.map_structure(lambda x, y: x + y, {"a": 1, "b": [2]}, {"a": 10, "b": [20]})
      {'a': 11, 'b': [22]}
    """
    if not callable(func):
        raise TypeError(f"func must be callable, got: {func}")
    if not structure:
        raise ValueError("Must provide at least one structure")
    check_types = kwargs.pop("check_types", True)
    expand = kwargs.pop("expand_composites", False)
    if kwargs:
        raise ValueError(
            "Only valid keyword arguments are `check_types` and `expand_composites`, not: "
            f"`{'`, `'.join(kwargs)}`"
        )
    first = structure[0]
    for other in structure[1:]:
        assert_same_structure(first, other, check_types, expand)
    columns = [flatten(s, expand) for s in structure]
    return pack_sequence_as(first, [func(*leaves) for leaves in zip(*columns, strict=True)], expand)


@export("nest.assert_same_structure")
def assert_same_structure(
    nest1: Any, nest2: Any, check_types: bool = True, expand_composites: bool = False
) -> None:
    """Raises unless two structures are nested alike.

    Args:
      nest1: a structure.
      nest2: another one.
      check_types: whether the types of sequences must agree too; mappings of the same keys, and
        namedtuples of the same name and fields, always do.
      expand_composites: whether composite tensors are structures.

    Raises:
      ValueError: when they differ in nesting, length or keys.
      TypeError: when they differ in type only, and `check_types`.

    Example:
      >>> import tapeflow as tf
      >>> tf.nest.assert_same_structure([1, (2, 3)], ["a", ("b", "c")])
    """
    if (
        _kind(type(nest1)) == LEAF and _kind(type(nest2)) == LEAF and not expand_composites
    ):  # nothing to compare
        return
    problem = _difference(nest1, nest2, check_types, expand_composites)
    if problem is not None:
        kind, text = problem
        raise kind(
            "The two structures don't have the same nested structure.\n\n"
            f"First structure: type={type(nest1).__name__} str={nest1}\n\n"
            f"Second structure: type={type(nest2).__name__} str={nest2}\n\n"
            f"More specifically: {text}"
        )


def _difference(a: Any, b: Any, check_types: bool, expand: bool) -> Any:
    """The class of the error and what differs, or None."""
    parts_a, parts_b = _parts(a, expand), _parts(b, expand)
    if parts_a is None and parts_b is None:
        return None
    if parts_a is None or parts_b is None:
        nested, plain = (a, b) if parts_b is None else (b, a)
        return ValueError, (
            f'Substructure "type={type(nested).__name__} str={nested}" is a sequence, while '
            f'substructure "type={type(plain).__name__} str={plain}" is not'
        )
    kind_a, kind_b = _kind(type(a)), _kind(type(b))
    if kind_a == LEAF or kind_b == LEAF:  # composite tensors
        if _composite_type(a) is not _composite_type(b):
            return ValueError, f"Incompatible composite tensors: {type(a)} vs. {type(b)}"
    elif check_types and not _same_type(a, b, kind_a, kind_b):
        return TypeError, (
            "The two namedtuples don't have the same sequence type. First structure has type "
            f"{type(a).__name__}, while second structure has type {type(b).__name__}."
        )
    if kind_a == MAPPING and kind_b == MAPPING and (check_types or len(a) != len(b)):
        if set(a) != set(b):
            return ValueError, (
                "The two dictionaries don't have the same set of keys. First structure has keys "
                f"{list(a)}, while second structure has keys {list(b)}."
            )
    if len(parts_a) != len(parts_b):
        return ValueError, (
            "The two structures don't have the same number of elements. First structure: "
            f"{len(parts_a)} elements, second structure: {len(parts_b)} elements."
        )
    for x, y in zip(parts_a, parts_b, strict=True):
        if _kind(type(x)) == LEAF and _kind(type(y)) == LEAF and not expand:
            continue
        problem = _difference(x, y, check_types, expand)
        if problem is not None:
            return problem
    return None


def _composite_type(value: Any) -> Any:
    return (
        type(value) if hasattr(type(value), "_components") else getattr(value, "value_type", None)
    )


def _same_type(a: Any, b: Any, kind_a: int, kind_b: int) -> bool:
    cls_a, cls_b = type(a), type(b)
    if cls_a is cls_b:
        return True
    if kind_a == MAPPING and kind_b == MAPPING:
        return True
    if kind_a == NAMED and kind_b == NAMED:
        return cls_a.__name__ == cls_b.__name__ and a._fields == b._fields
    if kind_a == NAMED or kind_b == NAMED:
        return False
    return issubclass(cls_a, list) and issubclass(cls_b, list)
