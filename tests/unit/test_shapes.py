"""`TensorShape` and `Dimension`: properties, and messages recorded from TensorFlow 2.21."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapeflow.engine.core.dimension import Dimension
from tapeflow.engine.core.shapes import TensorShape, as_shape

sizes = st.one_of(st.none(), st.integers(0, 3))
shapes = st.one_of(st.none(), st.lists(sizes, max_size=3)).map(TensorShape)

UNKNOWN = TensorShape(None)

MESSAGES = [
    (lambda: TensorShape([-1]), ValueError, "Dimension -1 must be >= 0"),
    (lambda: TensorShape([2, -3]), ValueError, "Dimension -3 must be >= 0"),
    (
        lambda: TensorShape([1.5]),
        TypeError,
        (
            "Dimension value must be integer or None or have an __index__ method, got value '1.5' "
            "with type '<class 'float'>'"
        ),
    ),
    (
        lambda: TensorShape("ab"),
        TypeError,
        (
            "Failed to convert ''ab'' to a shape: ''a''could not be converted to a dimension. "
            "A shape should either be single dimension (e.g. 10), or an iterable of dimensions "
            "(e.g. [1, 10, None])."
        ),
    ),
    (lambda: len(UNKNOWN), ValueError, "Cannot take the length of shape with unknown rank."),
    (lambda: list(UNKNOWN), ValueError, "Cannot iterate over a shape with unknown rank."),
    (lambda: UNKNOWN[::2], ValueError, "Steps are not yet handled"),
    (
        lambda: UNKNOWN.as_list(),
        ValueError,
        "as_list() is not defined on an unknown TensorShape.",
    ),
    (
        lambda: TensorShape([1, None]).merge_with([2, 2]),
        ValueError,
        "Shapes (1, None) and (2, 2) are not compatible",
    ),
    (lambda: TensorShape([1, 2]).with_rank(3), ValueError, "Shape (1, 2) must have rank 3"),
    (
        lambda: TensorShape([1, 2]).with_rank_at_least(3),
        ValueError,
        "Shape (1, 2) must have rank at least 3",
    ),
    (
        lambda: TensorShape([1, 2]).with_rank_at_most(1),
        ValueError,
        "Shape (1, 2) must have rank at most 1",
    ),
    (
        lambda: TensorShape([1, 2]).assert_same_rank([1]),
        ValueError,
        "Shapes (1, 2) and (1,) must have the same rank",
    ),
    (
        lambda: TensorShape([1, 2]).assert_is_compatible_with([1]),
        ValueError,
        "Shapes (1, 2) and [1] are incompatible",
    ),
    (
        lambda: UNKNOWN.assert_is_fully_defined(),
        ValueError,
        "Shape <unknown> is not fully defined",
    ),
    (lambda: Dimension(-1), ValueError, "Dimension -1 must be >= 0"),
    (lambda: Dimension(3).merge_with(4), ValueError, "Dimensions 3 and 4 are not compatible"),
    (
        lambda: Dimension(7) / 2,
        TypeError,
        "unsupported operand type(s) for /: 'Dimension' and 'int', please use // instead",
    ),
    (lambda: hash(Dimension(3)), TypeError, "unhashable type: 'Dimension'"),
]


@pytest.mark.parametrize(("call", "error", "text"), MESSAGES)
def test_messages(call, error, text):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == text


@pytest.mark.parametrize(
    "dims", [(2, None), [2, None], iter([2, None]), np.array([2, 3]), range(2), 5, np.int32(5), ()]
)
def test_entries_are_python_ints(dims):
    assert {type(d) for d in TensorShape(dims)} <= {int, type(None)}


def test_entries_of_other_kinds():
    assert TensorShape([Dimension(3), np.int64(2), None]) == (3, 2, None)
    assert TensorShape(5) == [5]
    assert as_shape(TensorShape([1])) == [1]


@given(shapes)
def test_writing_down_and_reading_back(shape):
    assert TensorShape.experimental_from_proto(shape.as_proto()) == shape
    assert TensorShape(shape.as_proto()) == shape
    assert pickle.loads(pickle.dumps(shape)) == shape
    assert TensorShape(shape.dims) == shape
    assert hash(TensorShape(shape)) == hash(shape)
    assert eval(repr(shape)) == shape


@given(shapes, shapes)
def test_merging_keeps_to_both(a, b):
    assert a.is_compatible_with(b) == b.is_compatible_with(a)
    if a.is_compatible_with(b):
        merged = a.merge_with(b)
        assert merged == b.merge_with(a)
        assert merged.is_subtype_of(a)
        assert merged.is_subtype_of(b)
    else:
        with pytest.raises(ValueError, match="are not compatible"):
            a.merge_with(b)


@given(shapes, shapes)
def test_common_supertype_covers_both(a, b):
    common = a.most_specific_common_supertype([b])
    assert a.is_subtype_of(common)
    assert b.is_subtype_of(common)
    assert common == b.most_specific_common_supertype([a]) == a.most_specific_compatible_shape(b)
    if a.is_subtype_of(b):
        assert common == b


@given(shapes, shapes)
def test_concatenation(a, b):
    joined = a + b
    if a.rank is None or b.rank is None:
        assert joined.rank is None
    else:
        assert joined.as_list() == a.as_list() + b.as_list() == (a.as_list() + b).as_list()


@given(st.lists(sizes, max_size=4), st.slices(4))
def test_indexing_is_that_of_tuples(dims, key):
    shape = TensorShape(dims)
    assert shape[key] == TensorShape(tuple(dims)[key])
    assert list(shape) == dims
    assert len(shape) == shape.rank == shape.ndims == len(dims)


@given(st.integers(0, 5), st.integers(0, 5))
def test_slices_of_an_unknown_rank(start, stop):
    assert UNKNOWN[start:stop].as_list() == [None] * max(0, stop - start)
    assert UNKNOWN[start:].rank is None
    assert UNKNOWN[: -start - 1].rank is None


@given(st.integers(0, 9), st.integers(1, 9))
def test_dimensions_calculate_as_ints(a, b):
    x, y = Dimension(a), Dimension(b)
    for made, expected in (
        (x + y, a + b), (x + b, a + b), (a + y, a + b), (x * y, a * b), (a * y, a * b),
        (x // y, a // b), (a // y, a // b), (x % y, a % b), (a % y, a % b),
    ):  # fmt: skip
        assert made.value == expected
    assert (x < y, x <= y, x > y, x >= y) == (a < b, a <= b, a > b, a >= b)
    unknown = Dimension(None)
    assert (x + unknown).value is None
    assert (x < unknown) is None
    assert (x == unknown) is None
    assert (x != unknown) is None
    if a < b:
        with pytest.raises(ValueError, match="must be >= 0"):
            x - y


def test_fast_constructor_wraps():
    dims = (2, None)
    shape = TensorShape._of(dims)
    assert shape._dims is dims
    assert shape == TensorShape(dims)
    assert not hasattr(shape, "__dict__")
