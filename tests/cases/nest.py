"""`tf.nest`."""

from __future__ import annotations

import collections
import types

import numpy as np

from cases.form import Case

Point = collections.namedtuple("Point", "x y")
Other = collections.namedtuple("Other", "x y")
Twin = collections.namedtuple("Point", "x y")


class Listlike(list):
    pass


class Tuplelike(tuple):
    pass


class _Field:
    def __init__(self, name):
        self.name = name


class Attrs:
    """What a class decorated by `attr.s` looks like."""

    __attrs_attrs__ = (_Field("b"), _Field("a"))

    def __init__(self, b, a):
        self.b, self.a = b, a


class Custom:
    def __init__(self, kept, given):
        self.kept, self.given = kept, given

    def __tf_flatten__(self):
        return (self.kept,), (self.given,)

    @classmethod
    def __tf_unflatten__(cls, metadata, components):
        return cls(metadata[0], components[0])


def shown(value):
    """A structure with types as data."""
    if isinstance(value, Attrs):
        return ["Attrs", shown(value.b), shown(value.a)]
    if isinstance(value, Custom):
        return ["Custom", shown(value.kept), shown(value.given)]
    if isinstance(value, collections.abc.Mapping):
        return [type(value).__name__, [[str(k), shown(v)] for k, v in value.items()]]
    if isinstance(value, (list, tuple, collections.deque, collections.UserList)):
        return [type(value).__name__, [shown(v) for v in value]]
    return value


STRUCTURES = {
    "scalar": lambda: 1,
    "none": lambda: None,
    "string": lambda: "abc",
    "empty": list,
    "empty-dict": dict,
    "lists": lambda: [1, [2, (3,)], []],
    "dict": lambda: {"b": 2, "a": [1, {"z": 5, "y": 4}]},
    "int-keys": lambda: {2: 1, 1: 2},
    "namedtuple": lambda: Point(1, [2, 3]),
    "attrs": lambda: Attrs(3, {"k": 4}),
    "custom": lambda: Custom("meta", [2, 3]),
    "ordered": lambda: collections.OrderedDict([("b", 1), ("a", 2)]),
    "defaultdict": lambda: collections.defaultdict(int, {"b": 1, "a": 0}),
    "userdict": lambda: collections.UserDict(b=1, a=2),
    "userlist": lambda: collections.UserList([1, [2]]),
    "deque": lambda: collections.deque([1, 2]),
    "range": lambda: range(3),
    "keys": lambda: {"b": 2, "a": 1}.keys(),
    "values": lambda: {"b": 2, "a": 1}.values(),
    "items": lambda: {"b": 2, "a": 1}.items(),
    "set": lambda: {3},
    "listlike": lambda: Listlike([1, 2]),
    "tuplelike": lambda: Tuplelike([1, 2]),
    "bytes": lambda: b"ab",
    "array": lambda: [np.zeros(2), np.ones(1)],
}

CASES = []
for _id, _make in STRUCTURES.items():
    CASES += [
        Case("nest.is_nested", lambda tf, make=_make: tf.nest.is_nested(make()), id=_id),
        Case("nest.flatten", lambda tf, make=_make: tf.nest.flatten(make()), id=_id),
        Case(
            "nest.pack_sequence_as",
            lambda tf, make=_make: shown(
                tf.nest.pack_sequence_as(make(), [str(x) for x in tf.nest.flatten(make())])
            ),
            id=_id,
        ),
        Case(
            "nest.map_structure",
            lambda tf, make=_make: shown(tf.nest.map_structure(lambda x: [x], make())),
            id=_id,
        ),
    ]


def composites(tf):
    sparse = tf.SparseTensor([[1]], [1], [2])
    slices = tf.IndexedSlices(tf.constant([1.0]), tf.constant([0]), tf.constant([2]))
    ragged = tf.RaggedTensor.from_row_splits([1, 2], [0, 1, 2])
    return {"slices": slices, "more": [sparse, (ragged,)]}


def packed_composites(tf):
    flat = tf.nest.flatten(composites(tf), expand_composites=True)
    again = tf.nest.pack_sequence_as(composites(tf), flat, expand_composites=True)
    return tf.nest.flatten(again)


CASES += [
    Case("nest.flatten", lambda tf: tf.nest.flatten(composites(tf))),
    Case("nest.flatten", lambda tf: tf.nest.flatten(composites(tf), expand_composites=True)),
    Case("nest.pack_sequence_as", packed_composites),
    Case(
        "nest.flatten",
        lambda tf: tf.nest.flatten(
            [tf.SparseTensorSpec([2], tf.float32), tf.TensorSpec([2], tf.int32)],
            expand_composites=True,
        ),
    ),
    Case("nest.flatten", lambda tf: tf.nest.flatten(tf.Variable(1.0), expand_composites=True)),
    Case("nest.flatten", lambda tf: tf.nest.flatten({"a": 1, 2: 3}), bad=True),
    Case("nest.pack_sequence_as", lambda tf: tf.nest.pack_sequence_as([1, 2], [1]), bad=True),
    Case("nest.pack_sequence_as", lambda tf: tf.nest.pack_sequence_as([1, 2], [1, 2, 3]), bad=True),
    Case("nest.pack_sequence_as", lambda tf: tf.nest.pack_sequence_as(1, [5, 6]), bad=True),
    Case("nest.pack_sequence_as", lambda tf: tf.nest.pack_sequence_as([1], 5), bad=True),
    Case("nest.pack_sequence_as", lambda tf: tf.nest.pack_sequence_as([1, 2], "ab"), bad=True),
    Case(
        "nest.pack_sequence_as",
        lambda tf: tf.nest.pack_sequence_as([1, 2], tf.constant([1, 2])),
        bad=True,
    ),
    Case(
        "nest.pack_sequence_as",
        lambda tf: tf.nest.pack_sequence_as([1, 2], np.array([1, 2])),
        bad=True,
    ),
    Case(
        "nest.pack_sequence_as",
        lambda tf: tf.nest.pack_sequence_as([1, 2], {"a": 1, "b": 2}),
        bad=True,
    ),
    Case("nest.pack_sequence_as", lambda tf: tf.nest.pack_sequence_as([1, (2, 3)], (4, 5, 6))),
    Case("nest.pack_sequence_as", lambda tf: tf.nest.pack_sequence_as([1, 2], [[1], [2]])),
    Case(
        "nest.pack_sequence_as",
        lambda tf: tf.nest.pack_sequence_as(types.MappingProxyType({"a": 1}), [2]),
        bad=True,
    ),
]


def pairs(tf, key):
    slices = tf.IndexedSlices(tf.constant([1.0]), tf.constant([0]), tf.constant([2]))
    if "sparse" in key:
        sparse = tf.SparseTensor([[1]], [1], [2])
        spec = tf.SparseTensorSpec([2], tf.int32)
        return {"slices-sparse": (slices, sparse), "sparse-spec": (sparse, spec)}[key]
    return {
        "leaves": ([1], [2]),
        "list-tuple": ([1], (2,)),
        "length": ([1], [1, 2]),
        "length-and-type": ([1], (1, 2)),
        "keys": ({"a": 1}, {"b": 1}),
        "more-keys": ({"a": 1}, {"a": 1, "b": 2}),
        "leaf-list": (1, [1]),
        "list-leaf": ([1], 1),
        "none-list": (None, [1]),
        "namedtuples": (Point(1, 2), Other(1, 2)),
        "twins": (Point(1, 2), Twin(1, 2)),
        "tuple-namedtuple": ((1, 2), Point(1, 2)),
        "empty": ([], ()),
        "strings": ("abc", "d"),
        "dict-ordered": ({"a": 1}, collections.OrderedDict(a=2)),
        "default-dict": (collections.defaultdict(int, a=1), {"a": 1}),
        "user-dict": (collections.UserDict(a=1), {"a": 1}),
        "listlike": ([1], Listlike([1])),
        "list-like": (Listlike([1]), [1]),
        "tuplelike": ((1,), Tuplelike([1])),
        "tuple-like": (Tuplelike([1]), (1,)),
        "userlist": ([1], collections.UserList([1])),
        "deque": ([1], collections.deque([1])),
        "inner-type": ({"a": [1]}, {"a": (1,)}),
        "inner-leaf": ([[1], [2]], [[1], 2]),
        "attrs": (Attrs(1, 2), Attrs(3, 4)),
        "attrs-list": (Attrs(1, 2), [3, 4]),
        "list-dict": ([1, 2], {"a": 1, "b": 2}),
        "namedtuple-dict": (Point(1, 2), {"x": 1, "y": 2}),
        "custom": (Custom(1, 2), Custom(3, 4)),
        "array": (np.zeros(2), 1),
        "slices": (slices, slices),
        "slices-leaf": (slices, 1),
    }[key]


def same(tf, key, **options):
    try:
        tf.nest.assert_same_structure(*pairs(tf, key), **options)
    except (TypeError, ValueError) as error:
        return type(error).__name__
    return "same"


for _key in (
    "leaves list-tuple length length-and-type keys more-keys leaf-list list-leaf none-list "
    "namedtuples twins tuple-namedtuple empty strings dict-ordered default-dict user-dict listlike "
    "list-like tuplelike tuple-like userlist deque inner-type inner-leaf attrs attrs-list "
    "list-dict namedtuple-dict custom array slices slices-leaf slices-sparse sparse-spec"
).split():
    CASES += [
        Case("nest.assert_same_structure", lambda tf, key=_key: same(tf, key), id=_key),
        Case(
            "nest.assert_same_structure",
            lambda tf, key=_key: same(tf, key, check_types=False),
            id=f"{_key}-unchecked",
        ),
        Case(
            "nest.assert_same_structure",
            lambda tf, key=_key: same(tf, key, expand_composites=True),
            id=f"{_key}-expanded",
        ),
    ]

CASES += [
    Case("nest.map_structure", lambda tf: tf.nest.map_structure(lambda: 1), bad=True),
    Case("nest.map_structure", lambda tf: tf.nest.map_structure(3, [1]), bad=True),
    Case("nest.map_structure", lambda tf: tf.nest.map_structure(lambda x: 1, [1], foo=2), bad=True),
    Case(
        "nest.map_structure",
        lambda tf: tf.nest.map_structure(lambda a, b: a + b, [1], (2,), check_types=False),
    ),
    Case(
        "nest.map_structure",
        lambda tf: tf.nest.map_structure(
            lambda a, b: a + b, {"b": 1, "a": [2]}, {"a": [10], "b": 20}
        ),
    ),
    Case(
        "nest.map_structure",
        lambda tf: tf.nest.map_structure(
            lambda a, b: a + b, Point(1, 2), {"x": 1, "y": 2}, check_types=False
        ),
    ),
    Case(
        "nest.map_structure",
        lambda tf: tf.nest.map_structure(lambda a, b: a + b, [1], [2, 3]),
        bad=True,
    ),
    Case(
        "nest.map_structure",
        lambda tf: tf.nest.map_structure(lambda a, b: a + b, [1], (2,)),
        bad=True,
    ),
    Case(
        "nest.map_structure", lambda tf: tf.nest.map_structure(lambda a, b: a + b, 1, [2]), bad=True
    ),
    Case(
        "nest.map_structure",
        lambda tf: tf.nest.map_structure(
            lambda x: x + 1, {"x": tf.constant([1, 2]), "y": [tf.constant(3)]}
        ),
    ),
    Case(
        "nest.map_structure",
        lambda tf: tf.nest.map_structure(
            lambda x: x * 1, tf.SparseTensor([[1]], [1], [2]), expand_composites=True
        ),
    ),
]
