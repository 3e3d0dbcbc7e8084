"""Type specs: properties, messages recorded from TensorFlow 2.21, and the protocols."""

from __future__ import annotations

import copy
import pickle
from collections import namedtuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapeflow.engine.core import dtypes, specs
from tapeflow.engine.core.messages import TensorSpecProto
from tapeflow.engine.core.protocols import FunctionType, TraceType
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.core.specs import TensorSpec, TypeSpec, to_tensor, type_spec_from_value
from tapeflow.engine.ops.control_flow.optionals import Optional, OptionalSpec

shapes = st.one_of(st.none(), st.lists(st.one_of(st.none(), st.integers(0, 2)), max_size=2))
tensor_specs = st.builds(
    TensorSpec, shapes, st.sampled_from([dtypes.float32, dtypes.int8]), st.sampled_from([None, "n"])
)
Point = namedtuple("Point", "x y")


class Pair(TypeSpec):
    """Values are tuples of two tensors."""

    def __init__(self, first, second):
        self.first, self.second = first, second

    @property
    def value_type(self):
        return tuple

    @property
    def _component_specs(self):
        return [self.first, {"second": self.second}]

    def _serialize(self):
        return (self.first, self.second)

    def _to_components(self, value):
        return [value[0], {"second": value[1]}]

    def _from_components(self, components):
        return (components[0], components[1]["second"])


class Held(Pair):
    """Another class with the same parts."""


@given(tensor_specs)
def test_writing_down_and_reading_back(spec):
    assert pickle.loads(pickle.dumps(spec)) == spec
    assert copy.deepcopy(spec) == copy.copy(spec) == spec
    assert TensorSpec.experimental_from_proto(spec.experimental_as_proto()) == spec
    assert TensorSpec.from_spec(spec) == spec
    assert TensorSpec.from_spec(spec, name="other").name == "other"
    assert hash(TensorSpec(spec.shape, spec.dtype)) == hash(spec)


@given(tensor_specs, tensor_specs)
def test_common_supertype_covers_both(a, b):
    common = a.most_specific_common_supertype([b])
    assert common == b.most_specific_common_supertype([a])
    if common is None:
        assert a.dtype != b.dtype or a.name != b.name
        with pytest.raises(ValueError, match="No TypeSpec is compatible with both"):
            a.most_specific_compatible_type(b)
    else:
        assert a.is_subtype_of(common)
        assert b.is_subtype_of(common)
        assert a.most_specific_compatible_type(b) == common


@given(tensor_specs, tensor_specs, tensor_specs, tensor_specs)
def test_specs_of_specs_follow_their_parts(a, b, c, d):
    one, other = Pair(a, [b]), Pair(c, [d])
    assert (one == other) == (a == c and b == d)
    assert one.is_subtype_of(other) == (a.is_subtype_of(c) and b.is_subtype_of(d))
    assert one.is_compatible_with(other) == (a.is_compatible_with(c) and b.is_compatible_with(d))
    parts = (a.most_specific_common_supertype([c]), b.most_specific_common_supertype([d]))
    expected = None if None in parts else Pair(parts[0], [parts[1]])
    assert one.most_specific_common_supertype([other]) == expected
    assert hash(Pair(a, [b])) == hash(one)
    assert pickle.loads(pickle.dumps(one)) == one


def test_classes_are_kept_apart():
    a = TensorSpec([1])
    assert Pair(a, a) != Held(a, a)
    assert not Pair(a, a).is_subtype_of(Held(a, a))
    assert not Pair(a, a).is_compatible_with(Held(a, a))
    assert Pair(a, a).most_specific_common_supertype([Held(a, a)]) is None
    assert not Pair(a, a).is_compatible_with(3)


def test_structures_in_specs():
    a, wide = TensorSpec([1]), TensorSpec([None])
    for small, large in (
        (Pair({"k": a}, 1), Pair({"k": wide}, 1)),
        (Pair(Point(a, 2), None), Pair(Point(wide, 2), None)),
        (Pair(TensorShape([1]), "s"), Pair(TensorShape([None]), "s")),
    ):
        assert small.is_subtype_of(large)
        assert not large.is_subtype_of(small)
        assert small.most_specific_common_supertype([large]) == large
        assert small.is_compatible_with(large)
    assert Pair({"k": a}, 1).most_specific_common_supertype([Pair({"l": a}, 1)]) is None
    assert Pair([a], 1).most_specific_common_supertype([Pair([a, a], 1)]) is None
    assert Pair([a], 1) != Pair((a,), 1)
    array = np.arange(3)
    assert Pair(a, array) == Pair(a, array.copy())
    assert hash(Pair(a, array)) == hash(Pair(a, array.copy()))
    assert Pair(a, array) != Pair(a, array + 1)


def test_taking_apart_and_putting_together():
    spec = Pair(TensorSpec([2]), TensorSpec([], dtypes.int32))
    value = (to_tensor([1.0, 2.0]), to_tensor(3))
    tensors = spec.to_tensors(value)
    assert [t.dtype for t in tensors] == [dtypes.float32, dtypes.int32]
    assert spec.flatten() == spec._flat_tensor_specs == [spec.first, spec.second]
    rest = iter([*tensors, "more"])
    back = spec.from_tensors(rest)
    assert back[0] is value[0]
    assert back[1] is value[1]
    assert list(rest) == ["more"]
    assert spec.cast(value, None) == value
    assert spec._from_tensor_list(spec._to_tensor_list(value)) == value
    assert spec._with_tensor_ranks_only() == Pair(TensorSpec([None]), spec.second)
    assert Pair(TensorSpec([], name="n"), 1)._without_tensor_names() == Pair(TensorSpec([]), 1)
    with pytest.raises(TypeError, match="Can not cast 5 to Pair"):
        spec.cast(5, None)
    with pytest.raises(
        ValueError,
        match=r"Cannot create a tuple from the tensor list because the TypeSpec expects 2 items, "
        r"but the provided tensor list has 1 items.",
    ):
        spec._from_tensor_list(tensors[:1])
    with pytest.raises(ValueError, match=r"item 0 .* is incompatible with the expected TypeSpec"):
        spec._from_tensor_list(tensors[::-1])


class Lenient:
    allow_specs = True


def test_casting_to_a_tensor_spec():
    spec = TensorSpec([None], name="x")
    assert spec.cast([1], None).dtype is dtypes.float32
    inner = TensorSpec([3])
    assert spec.cast(inner, Lenient()) is inner
    for value, context in (([[1.0]], None), (TensorSpec([1, 1]), Lenient()), ("a", None)):
        with pytest.raises((TypeError, ValueError)):
            spec.cast(value, context)


class Tracer:
    def placeholder(self, spec):
        return ("placeholder", spec)


def test_placeholders_come_from_the_context():
    a, b = TensorSpec([1]), TensorSpec([2])
    assert Pair(a, b).placeholder_value(Tracer()) == (("placeholder", a), ("placeholder", b))
    assert dtypes.float32.placeholder_value(Tracer()) is None


def test_messages_of_tensor_specs():
    with pytest.raises(ValueError, match=r"should be a tf.Tensor, but got type <class 'int'>"):
        TensorSpec.from_tensor(3)
    with pytest.raises(ValueError, match="Dimension -1 must be >= 0"):
        TensorSpec([-1])
    with pytest.raises(TypeError, match="Cannot convert the argument `type_value`: None"):
        TensorSpec([1], None)
    with pytest.raises(TypeError, match=r"Could not build a TypeSpec for {} of unsupported type"):
        type_spec_from_value({})


def test_messages_have_tensorflows_text_form():
    assert repr(TensorSpec([1, None], name="n").experimental_as_proto()) == (
        'dtype: 1\nname: "n"\nshape {\n  dim {\n    size: 1\n  }\n  dim {\n    size: -1\n  }\n}\n'
    )
    assert repr(TensorShape(None).as_proto()) == "unknown_rank: true\n"
    assert TensorSpec([1]).experimental_as_proto() == TensorSpec([1]).experimental_as_proto()
    assert TensorSpecProto() != TensorSpec([1]).experimental_as_proto()


def test_protos_of_other_specs():
    spec = Pair(TensorSpec([1]), 2)
    assert TypeSpec.experimental_from_proto(spec.experimental_as_proto()) == spec
    with pytest.raises(ValueError, match="proto: expected a Held; received the message of a Pair"):
        Held.experimental_from_proto(spec.experimental_as_proto())


class Box:
    def __init__(self, spec):
        self.spec = spec


class SmallBox(Box):
    pass


def test_registered_classes():
    spec = TensorSpec([7])
    specs.register_type_spec_from_value(Box, lambda box: box.spec)
    try:
        assert type_spec_from_value(Box(spec)) is spec
        assert type_spec_from_value(SmallBox(spec)) is spec
        assert Pair(spec, spec).is_compatible_with(Box(Pair(spec, spec)))
    finally:
        del specs._FROM_VALUE[Box]
    with pytest.raises(TypeError, match="Could not build a TypeSpec"):
        type_spec_from_value(Box(spec))


def test_optionals():
    full = Optional.from_value((to_tensor(1), {"k": [1.0, 2.0]}))
    assert full.element_spec == (TensorSpec([], dtypes.int32), {"k": TensorSpec([2])})
    assert bool(full.has_value())
    assert full.get_value()[1]["k"].shape == [2]
    spec = OptionalSpec.from_value(full)
    assert type_spec_from_value(full) == spec
    assert spec.is_compatible_with(full)
    again = spec.from_tensors(iter(spec.to_tensors(full)))
    assert again.get_value()[1]["k"].numpy().tolist() == [1.0, 2.0]
    assert isinstance(full, spec.value_type)
    nothing = Optional.empty(full.element_spec)
    assert not bool(nothing.has_value())
    assert spec.is_compatible_with(nothing)


def test_trace_types():
    for kind in (dtypes.float32, TensorShape([1]), TensorSpec([1]), Pair(1, 2)):
        assert isinstance(kind, TraceType)
    assert not isinstance(3, TraceType)


def test_function_type_is_a_signature():
    def function(x, *rest, y=3, **more):
        return x

    made = FunctionType.from_callable(function)
    assert isinstance(made, FunctionType)
    assert [*made.parameters] == ["x", "rest", "y", "more"]
    assert made.bind(1, y=2).arguments == {"x": 1, "y": 2}
