"""`tf.TypeSpec`, `tf.TensorSpec`, optionals, and `tf.types.experimental`."""

# ruff: noqa: E711  (comparing with None is what is tested)

from __future__ import annotations

import copy
import pickle
from collections import namedtuple
from functools import cache

import numpy as np

from cases.form import Case


@cache
def pair(tf):
    """A type spec as a user writes it, with one argument of any kind."""

    class Pair(tf.TypeSpec):
        def __init__(self, part):
            self.part = part

        @property
        def value_type(self):
            return int

        @property
        def _component_specs(self):
            return tf.TensorSpec([1])

        def _serialize(self):
            return (self.part,)

        def _to_components(self, value):
            return value

        def _from_components(self, components):
            return components

    return Pair


@cache
def derived(tf):
    class Derived(pair(tf)):
        pass

    return Derived


def spec_round_trip(tf, spec):
    """Through the message and back."""
    proto = spec.experimental_as_proto()
    assert type(proto) is spec.experimental_type_proto()
    return repr(type(spec).experimental_from_proto(proto))


def abstract(tf, name):
    """That the class can't be instantiated, and derives from `Callable`."""
    kind = getattr(tf.types.experimental, name)
    try:
        kind()
    except TypeError:
        return issubclass(kind, tf.types.experimental.Callable)
    return "instantiated"


def full(tf):
    return tf.experimental.Optional.from_value(3)


def empty(tf):
    return tf.experimental.Optional.empty(tf.TensorSpec([2], tf.int32))


def nested(tf):
    return tf.experimental.Optional.from_value({"a": [1, 2.0]})


CASES = [
    Case("TypeSpec", lambda tf: tf.TypeSpec(), bad=True),
    Case("TensorSpec", lambda tf: tf.as_dtype(tf.TensorSpec([])), bad=True),
    Case(
        "types.experimental.TraceType",
        lambda tf: isinstance(tf.float32, tf.types.experimental.TraceType),
    ),
    Case(
        "types.experimental.TraceType",
        lambda tf: isinstance(tf.TensorShape([1]), tf.types.experimental.TraceType),
    ),
    Case(
        "types.experimental.TraceType",
        lambda tf: isinstance(tf.TensorSpec([1]), tf.types.experimental.TraceType),
    ),
    Case("TensorSpec", lambda tf: tf.TensorShape(tf.TensorSpec([1, 2])), bad=True),
    Case("TensorSpec", lambda tf: repr(tf.TensorSpec([1, None]))),
    Case("TensorSpec", lambda tf: str(tf.TensorSpec([1]))),
    Case("TensorSpec", lambda tf: repr(tf.TensorSpec(3))),
    Case("TensorSpec", lambda tf: repr(tf.TensorSpec(None))),
    Case("TensorSpec", lambda tf: repr(tf.TensorSpec(()))),
    Case("TensorSpec", lambda tf: repr(tf.TensorSpec([1], tf.int32, "x"))),
    Case("TensorSpec", lambda tf: repr(tf.TensorSpec([1], "int32"))),
    Case("TensorSpec", lambda tf: repr(tf.TensorSpec([1], np.int8))),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1], None), bad=True),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1], "foo"), bad=True),
    Case("TensorSpec", lambda tf: tf.TensorSpec([-1]), bad=True),
    Case("TensorSpec", lambda tf: tf.TensorSpec(), bad=True),
    Case("TensorSpec", lambda tf: repr(tf.TensorSpec([1], name=3))),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1], name="x").name),
    Case("TensorSpec", lambda tf: repr(tf.TensorSpec([1]).shape)),
    Case("TensorSpec", lambda tf: repr(tf.TensorSpec([1]).dtype)),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]) == tf.TensorSpec([1])),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]) == tf.TensorSpec([1], tf.int32)),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]) == tf.TensorSpec([1], name="x")),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]) != tf.TensorSpec([1], name="x")),
    Case("TensorSpec", lambda tf: tf.TensorSpec([None]) == tf.TensorSpec([1])),
    Case("TensorSpec", lambda tf: tf.TensorSpec([None]) == tf.TensorSpec([None])),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]) == 3),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]) == None),
    Case("TensorSpec", lambda tf: hash(tf.TensorSpec([1])) == hash(tf.TensorSpec([1]))),
    Case("TensorSpec", lambda tf: hash(tf.TensorSpec([1])) == hash(tf.TensorSpec([1], name="a"))),
    Case(
        "TensorSpec", lambda tf: hash(tf.TensorSpec([1])) == hash((tf.TensorShape([1]), tf.float32))
    ),
    Case("TensorSpec", lambda tf: tf.TensorSpec([None]).is_compatible_with(tf.TensorSpec([1]))),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]).is_compatible_with(tf.TensorSpec([None]))),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]).is_compatible_with(tf.TensorSpec([2]))),
    Case(
        "TensorSpec", lambda tf: tf.TensorSpec([1]).is_compatible_with(tf.TensorSpec([1], tf.int32))
    ),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]).is_compatible_with(tf.constant([1.0]))),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]).is_compatible_with(tf.constant([1.0, 2.0]))),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]).is_compatible_with(tf.constant([1]))),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]).is_compatible_with([1.0])),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]).is_compatible_with(3)),
    Case("TensorSpec", lambda tf: tf.TensorSpec([]).is_compatible_with(3)),
    Case("TensorSpec", lambda tf: tf.TensorSpec([]).is_compatible_with(3.0)),
    Case("TensorSpec", lambda tf: tf.TensorSpec([]).is_compatible_with("a")),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]).is_compatible_with(None)),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]).is_compatible_with(np.array([1.0], "f4"))),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]).is_compatible_with(np.array([1.0]))),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]).is_subtype_of(tf.TensorSpec([None]))),
    Case("TensorSpec", lambda tf: tf.TensorSpec([None]).is_subtype_of(tf.TensorSpec([1]))),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]).is_subtype_of(tf.TensorSpec([1], name="x"))),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1], name="x").is_subtype_of(tf.TensorSpec([1]))),
    Case(
        "TensorSpec",
        lambda tf: tf.TensorSpec([1], name="x").is_subtype_of(tf.TensorSpec([1], name="y")),
    ),
    Case(
        "TensorSpec",
        lambda tf: tf.TensorSpec([1], name="x").is_subtype_of(tf.TensorSpec([None], name="x")),
    ),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]).is_subtype_of(tf.TensorSpec([1], tf.int32))),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]).is_subtype_of(3)),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]).is_subtype_of(None)),
    Case(
        "TensorSpec",
        lambda tf: repr(tf.TensorSpec([1]).most_specific_compatible_type(tf.TensorSpec([2]))),
    ),
    Case(
        "TensorSpec",
        lambda tf: repr(tf.TensorSpec([1]).most_specific_compatible_type(tf.TensorSpec([1, 2]))),
    ),
    Case(
        "TensorSpec",
        lambda tf: tf.TensorSpec([1]).most_specific_compatible_type(tf.TensorSpec([1], tf.int32)),
        bad=True,
    ),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]).most_specific_compatible_type(3), bad=True),
    Case(
        "TensorSpec",
        lambda tf: tf.TensorSpec([1], name="x").most_specific_compatible_type(
            tf.TensorSpec([1], name="y")
        ),
        bad=True,
    ),
    Case(
        "TensorSpec",
        lambda tf: repr(
            tf.TensorSpec([1], name="x").most_specific_compatible_type(tf.TensorSpec([1], name="x"))
        ),
    ),
    Case(
        "TensorSpec",
        lambda tf: tf.TensorSpec([1], name="x").most_specific_compatible_type(tf.TensorSpec([1])),
        bad=True,
    ),
    Case(
        "TensorSpec",
        lambda tf: repr(tf.TensorSpec([1]).most_specific_common_supertype([tf.TensorSpec([2])])),
    ),
    Case(
        "TensorSpec",
        lambda tf: repr(
            tf.TensorSpec([1], name="x").most_specific_common_supertype(
                [tf.TensorSpec([2], name="x")]
            )
        ),
    ),
    Case(
        "TensorSpec",
        lambda tf: tf.TensorSpec([1], name="x").most_specific_common_supertype(
            [tf.TensorSpec([2], name="y")]
        ),
    ),
    Case(
        "TensorSpec",
        lambda tf: tf.TensorSpec([1]).most_specific_common_supertype(
            [tf.TensorSpec([1], tf.int32)]
        ),
    ),
    Case(
        "TensorSpec",
        lambda tf: repr(tf.TensorSpec([1]).most_specific_common_supertype([tf.TensorSpec([1, 2])])),
    ),
    Case("TensorSpec", lambda tf: repr(tf.TensorSpec([1]).most_specific_common_supertype([]))),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]).most_specific_common_supertype([3])),
    Case("TensorSpec", lambda tf: repr(tf.TensorSpec.from_spec(tf.TensorSpec([1], name="x")))),
    Case(
        "TensorSpec",
        lambda tf: repr(tf.TensorSpec.from_spec(tf.TensorSpec([1], name="x"), name="y")),
    ),
    Case("TensorSpec", lambda tf: tf.TensorSpec.from_spec(3), bad=True),
    Case("TensorSpec", lambda tf: tf.TensorSpec.from_spec(tf.float32), bad=True),
    Case("TensorSpec", lambda tf: repr(tf.TensorSpec.from_tensor(tf.constant([1.0])))),
    Case("TensorSpec", lambda tf: repr(tf.TensorSpec.from_tensor(tf.constant([1.0]), name="z"))),
    Case("TensorSpec", lambda tf: tf.TensorSpec.from_tensor([1.0]), bad=True),
    Case("TensorSpec", lambda tf: tf.TensorSpec.from_tensor(np.array([1.0])), bad=True),
    Case("TensorSpec", lambda tf: tf.TensorSpec.from_tensor(3), bad=True),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]).to_tensors(tf.constant([1.0]))),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]).to_tensors([1.0])),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]).to_tensors(tf.constant([1.0, 2.0])), bad=True),
    Case(
        "TensorSpec",
        lambda tf: tf.TensorSpec([1]).from_tensors(iter([tf.constant([1.0]), tf.constant([2.0])])),
    ),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]).from_tensors(iter([tf.constant([1.0, 2.0])]))),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]).from_tensors(iter([])), bad=True),
    Case("TensorSpec", lambda tf: repr(tf.TensorSpec([1]).flatten())),
    Case(
        "TensorSpec",
        lambda tf: repr(pickle.loads(pickle.dumps(tf.TensorSpec([1, None], "int32", "a")))),
    ),
    Case("TensorSpec", lambda tf: repr(copy.copy(tf.TensorSpec([1])))),
    Case("TensorSpec", lambda tf: copy.deepcopy(tf.TensorSpec([1])) == tf.TensorSpec([1])),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]) < tf.TensorSpec([2]), bad=True),
    Case("type_spec_from_value", lambda tf: repr(tf.type_spec_from_value(tf.constant([1.0])))),
    Case("type_spec_from_value", lambda tf: repr(tf.type_spec_from_value([1.0]))),
    Case("type_spec_from_value", lambda tf: repr(tf.type_spec_from_value(3))),
    Case("type_spec_from_value", lambda tf: repr(tf.type_spec_from_value("a"))),
    Case("type_spec_from_value", lambda tf: repr(tf.type_spec_from_value(np.array([1])))),
    Case("type_spec_from_value", lambda tf: repr(tf.type_spec_from_value(np.float32(3)))),
    Case("type_spec_from_value", lambda tf: repr(tf.type_spec_from_value(None))),
    Case("type_spec_from_value", lambda tf: tf.type_spec_from_value([1, "a"]), bad=True),
    Case("type_spec_from_value", lambda tf: repr(tf.type_spec_from_value((1,)))),
    Case("type_spec_from_value", lambda tf: tf.type_spec_from_value({"a": 1}), bad=True),
    Case("type_spec_from_value", lambda tf: repr(tf.type_spec_from_value(True))),
    Case("type_spec_from_value", lambda tf: tf.type_spec_from_value(tf.TensorSpec([1])), bad=True),
    Case("type_spec_from_value", lambda tf: tf.type_spec_from_value(tf.float32), bad=True),
    Case("type_spec_from_value", lambda tf: repr(tf.type_spec_from_value(namedtuple("P", "x")(1)))),
    Case("OptionalSpec", lambda tf: repr(tf.OptionalSpec(tf.TensorSpec([1])))),
    Case("OptionalSpec", lambda tf: str(tf.OptionalSpec(tf.TensorSpec([1])))),
    Case(
        "OptionalSpec",
        lambda tf: tf.OptionalSpec(tf.TensorSpec([1])) == tf.OptionalSpec(tf.TensorSpec([1])),
    ),
    Case(
        "OptionalSpec",
        lambda tf: tf.OptionalSpec(tf.TensorSpec([1])) == tf.OptionalSpec(tf.TensorSpec([2])),
    ),
    Case(
        "OptionalSpec",
        lambda tf: (
            hash(tf.OptionalSpec(tf.TensorSpec([1]))) == hash(tf.OptionalSpec(tf.TensorSpec([1])))
        ),
    ),
    Case(
        "OptionalSpec",
        lambda tf: tf.OptionalSpec(tf.TensorSpec([1])).is_compatible_with(
            tf.OptionalSpec(tf.TensorSpec([None]))
        ),
    ),
    Case(
        "OptionalSpec",
        lambda tf: tf.OptionalSpec(tf.TensorSpec([None])).is_compatible_with(
            tf.OptionalSpec(tf.TensorSpec([1]))
        ),
    ),
    Case(
        "OptionalSpec",
        lambda tf: tf.OptionalSpec(tf.TensorSpec([1])).is_subtype_of(
            tf.OptionalSpec(tf.TensorSpec([None]))
        ),
    ),
    Case(
        "OptionalSpec",
        lambda tf: repr(
            tf.OptionalSpec(tf.TensorSpec([1])).most_specific_compatible_type(
                tf.OptionalSpec(tf.TensorSpec([2]))
            )
        ),
    ),
    Case(
        "OptionalSpec",
        lambda tf: repr(
            tf.OptionalSpec(tf.TensorSpec([1])).most_specific_common_supertype(
                [tf.OptionalSpec(tf.TensorSpec([2]))]
            )
        ),
    ),
    Case("OptionalSpec", lambda tf: tf.OptionalSpec.from_value(3), bad=True),
    Case(
        "OptionalSpec",
        lambda tf: repr(tf.OptionalSpec.from_value(tf.experimental.Optional.from_value(3))),
    ),
    Case("OptionalSpec", lambda tf: repr(tf.OptionalSpec(tf.TensorSpec([1])).flatten())),
    Case(
        "OptionalSpec",
        lambda tf: repr(tf.OptionalSpec((tf.TensorSpec([1]), {"a": tf.TensorSpec([2])}))),
    ),
    Case("OptionalSpec", lambda tf: repr(tf.OptionalSpec(3))),
    Case(
        "OptionalSpec",
        lambda tf: repr(pickle.loads(pickle.dumps(tf.OptionalSpec(tf.TensorSpec([1]))))),
    ),
    Case("types.experimental.FunctionType", lambda tf: repr(tf.types.experimental.FunctionType())),
    Case(
        "types.experimental.FunctionType",
        lambda tf: repr(tf.types.experimental.FunctionType.from_callable(lambda x, y=3: 0)),
    ),
    Case(
        "types.experimental.FunctionType",
        # As pairs: the form of an ordered dict's text changed in Python 3.12.
        lambda tf: repr(
            [
                *tf.types.experimental.FunctionType.from_callable(
                    lambda x, *a, y=3, **k: 0
                ).parameters.items()
            ]
        ),
    ),
    Case("TypeSpec", lambda tf: repr(pair(tf)(1))),
    Case("TypeSpec", lambda tf: pair(tf)(1) == pair(tf)(1)),
    Case("TypeSpec", lambda tf: pair(tf)(1) == pair(tf)(2)),
    Case("TypeSpec", lambda tf: hash(pair(tf)(1)) == hash(pair(tf)(1))),
    Case(
        "TypeSpec",
        lambda tf: pair(tf)(tf.TensorSpec([1])).is_compatible_with(pair(tf)(tf.TensorSpec([None]))),
    ),
    Case(
        "TypeSpec",
        lambda tf: pair(tf)(tf.TensorSpec([None])).is_compatible_with(pair(tf)(tf.TensorSpec([1]))),
    ),
    Case("TypeSpec", lambda tf: pair(tf)(1).is_compatible_with(pair(tf)(1))),
    Case("TypeSpec", lambda tf: pair(tf)(1).is_compatible_with(pair(tf)(2))),
    Case("TypeSpec", lambda tf: pair(tf)(1).is_compatible_with(3)),
    Case("TypeSpec", lambda tf: pair(tf)(1).is_compatible_with(tf.constant(3))),
    Case(
        "TypeSpec",
        lambda tf: pair(tf)(tf.TensorSpec([1])).is_subtype_of(pair(tf)(tf.TensorSpec([None]))),
    ),
    Case(
        "TypeSpec",
        lambda tf: pair(tf)(tf.TensorSpec([None])).is_subtype_of(pair(tf)(tf.TensorSpec([1]))),
    ),
    Case("TypeSpec", lambda tf: pair(tf)(1).is_subtype_of(pair(tf)(1))),
    Case("TypeSpec", lambda tf: pair(tf)(1).is_subtype_of(derived(tf)(1))),
    Case("TypeSpec", lambda tf: derived(tf)(1).is_subtype_of(pair(tf)(1))),
    Case("TypeSpec", lambda tf: derived(tf)(1) == pair(tf)(1)),
    Case(
        "TypeSpec",
        lambda tf: pair(tf)((1, [2, tf.TensorSpec([3])])).is_subtype_of(
            pair(tf)((1, [2, tf.TensorSpec([None])]))
        ),
    ),
    Case(
        "TypeSpec",
        lambda tf: repr(
            pair(tf)((1, [2, tf.TensorSpec([3])])).most_specific_common_supertype(
                [pair(tf)((1, [2, tf.TensorSpec([4])]))]
            )
        ),
    ),
    Case(
        "TypeSpec",
        lambda tf: repr(
            pair(tf)((1, [2, tf.TensorSpec([3])])).most_specific_compatible_type(
                pair(tf)((1, [2, tf.TensorSpec([4])]))
            )
        ),
    ),
    Case("TypeSpec", lambda tf: pair(tf)(1).most_specific_common_supertype([pair(tf)(2)])),
    Case("TypeSpec", lambda tf: pair(tf)(1).most_specific_compatible_type(pair(tf)(2)), bad=True),
    Case("TypeSpec", lambda tf: pair(tf)(1).most_specific_compatible_type(3), bad=True),
    Case(
        "TypeSpec", lambda tf: pair(tf)(1).most_specific_compatible_type(derived(tf)(1)), bad=True
    ),
    Case(
        "TypeSpec",
        lambda tf: repr(
            pair(tf)(tf.TensorShape([1])).most_specific_common_supertype(
                [pair(tf)(tf.TensorShape([2]))]
            )
        ),
    ),
    Case(
        "TypeSpec",
        lambda tf: repr(
            pair(tf)(tf.TensorShape([1])).most_specific_compatible_type(
                pair(tf)(tf.TensorShape([2]))
            )
        ),
    ),
    Case("TypeSpec", lambda tf: pair(tf)(tf.float32).is_subtype_of(pair(tf)(tf.int32))),
    Case(
        "TypeSpec",
        lambda tf: pair(tf)([tf.TensorShape([1])]).is_compatible_with(
            pair(tf)([tf.TensorShape([None])])
        ),
    ),
    Case(
        "TypeSpec",
        lambda tf: pair(tf)({"a": tf.TensorSpec([1])}).is_compatible_with(
            pair(tf)({"a": tf.TensorSpec([None])})
        ),
    ),
    Case("TypeSpec", lambda tf: repr(pair(tf)(1).flatten())),
    Case("TypeSpec", lambda tf: pair(tf)(1).to_tensors(tf.constant([1.0]))),
    Case("TypeSpec", lambda tf: pair(tf)(1).from_tensors(iter([tf.constant([1.0])]))),
    Case("TypeSpec", lambda tf: pair(tf)(1).__ne__(pair(tf)(2))),
    Case("TypeSpec", lambda tf: pair(tf)(1) != 3),
    Case("TypeSpec", lambda tf: pair(tf)(None).is_compatible_with(pair(tf)(None))),
    Case("experimental.Optional", lambda tf: full(tf).has_value()),
    Case("experimental.Optional", lambda tf: empty(tf).has_value()),
    Case("experimental.Optional", lambda tf: full(tf).get_value()),
    Case("experimental.Optional", lambda tf: empty(tf).get_value(), bad=True),
    Case("experimental.Optional", lambda tf: empty(tf).get_value(name="x"), bad=True),
    Case("experimental.Optional", lambda tf: repr(empty(tf).element_spec)),
    Case("experimental.Optional", lambda tf: repr(nested(tf).element_spec)),
    Case("experimental.Optional", lambda tf: nested(tf).get_value()),
    Case("experimental.Optional", lambda tf: tf.experimental.Optional.from_value(None), bad=True),
    Case(
        "experimental.Optional",
        lambda tf: repr(
            tf.experimental.Optional.empty((tf.TensorSpec([1]), tf.TensorSpec([2]))).element_spec
        ),
    ),
    Case("experimental.Optional", lambda tf: tf.experimental.Optional(), bad=True),
    Case(
        "OptionalSpec", lambda tf: tf.OptionalSpec(tf.TensorSpec([1])).is_compatible_with(full(tf))
    ),
    Case(
        "OptionalSpec",
        lambda tf: tf.OptionalSpec(tf.TensorSpec([], tf.int32)).is_compatible_with(full(tf)),
    ),
    Case(
        "OptionalSpec",
        lambda tf: tf.OptionalSpec(tf.TensorSpec([2], tf.int32)).is_compatible_with(empty(tf)),
    ),
    Case("type_spec_from_value", lambda tf: repr(tf.type_spec_from_value(full(tf)))),
    Case(
        "types.experimental.SupportsTracingProtocol",
        lambda tf: isinstance(3, tf.types.experimental.SupportsTracingProtocol),
    ),
    Case(
        "types.experimental.SupportsTracingProtocol",
        lambda tf: isinstance(
            type("X", (), {"__tf_tracing_type__": lambda s, c: None})(),
            tf.types.experimental.SupportsTracingProtocol,
        ),
    ),
    Case("OptionalSpec", lambda tf: repr(tf.OptionalSpec.from_value(full(tf)))),
]

CASES += [
    Case(
        "data.experimental.Optional",
        lambda tf: tf.data.experimental.Optional is tf.experimental.Optional,
    ),
    Case("TypeSpec", lambda tf: pair(tf)(1)._to_tensor_list(tf.constant([1.0]))),
    Case("TypeSpec", lambda tf: pair(tf)(1)._from_tensor_list([tf.constant([1.0])])),
    Case("TypeSpec", lambda tf: pair(tf)(1)._from_tensor_list([]), bad=True),
    Case("TypeSpec", lambda tf: pair(tf)(1)._from_tensor_list([tf.constant([1])]), bad=True),
    Case("TypeSpec", lambda tf: repr(pair(tf)(1)._flat_tensor_specs)),
    Case("TypeSpec", lambda tf: repr(pair(tf)(tf.TensorShape([1, 2]))._with_tensor_ranks_only())),
    Case("TensorSpec", lambda tf: repr(tf.TensorSpec([1])._with_tensor_ranks_only())),
    Case("TensorSpec", lambda tf: repr(tf.TensorSpec([1], name="x")._without_tensor_names())),
    Case("TensorSpec", lambda tf: repr(tf.TensorSpec([1], tf.int32, "n")._serialize())),
    Case("TensorSpec", lambda tf: tf.TensorSpec([1]).value_type is tf.Tensor),
    Case("TensorSpec", lambda tf: spec_round_trip(tf, tf.TensorSpec([1, None], tf.int8, "n"))),
    Case("TensorSpec", lambda tf: spec_round_trip(tf, tf.TensorSpec(None))),
    Case("TensorShape", lambda tf: spec_round_trip(tf, tf.TensorShape([1, None]))),
    Case("TensorShape", lambda tf: spec_round_trip(tf, tf.TensorShape(None))),
    Case("DType", lambda tf: spec_round_trip(tf, tf.float16)),
    Case("OptionalSpec", lambda tf: spec_round_trip(tf, tf.OptionalSpec(tf.TensorSpec([1])))),
    Case("types.experimental.GenericFunction", lambda tf: abstract(tf, "GenericFunction")),
    Case("types.experimental.PolymorphicFunction", lambda tf: abstract(tf, "PolymorphicFunction")),
    Case("types.experimental.ConcreteFunction", lambda tf: abstract(tf, "ConcreteFunction")),
    Case("types.experimental.AtomicFunction", lambda tf: abstract(tf, "AtomicFunction")),
    Case("types.experimental.Callable", lambda tf: abstract(tf, "Callable")),
    Case("types.experimental.TraceType", lambda tf: abstract(tf, "TraceType")),
]
