"""Indexing tensors and assigning to slices of variables do what NumPy does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tapeflow as tf

SHAPES = hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4)


@st.composite
def indexed(draw: Any, newaxis: bool = True) -> tuple[np.ndarray, Any]:
    """An array and an expression that indexes it."""
    shape = draw(SHAPES)
    index = draw(hnp.basic_indices(shape, allow_ellipsis=True, allow_newaxis=newaxis))
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape), index


@given(indexed())
def test_reading_equals_numpy(pair: Any):
    array, index = pair
    made = tf.constant(array)[index].numpy()
    np.testing.assert_array_equal(made, array[index])


@given(indexed(), st.booleans())
def test_tensors_are_indices_too(pair: Any, wide: bool):
    array, index = pair
    dtype = tf.int64 if wide else tf.int32
    as_tensors = map_integers(index, lambda i: tf.constant(i, dtype))
    np.testing.assert_array_equal(tf.constant(array)[as_tensors].numpy(), array[index])


def map_integers(index: Any, function: Any) -> Any:
    items = index if isinstance(index, tuple) else (index,)
    changed = tuple(function(i) if isinstance(i, int) else i for i in items)
    return changed if isinstance(index, tuple) else changed[0]


@given(indexed())
def test_gradient_counts_the_elements_taken(pair: Any):
    array, index = pair
    x = tf.constant(array)
    with tf.GradientTape() as tape:
        tape.watch(x)
        taken = x[index] * 2.0
    expected = np.zeros_like(array)
    expected[index] = 2.0
    np.testing.assert_array_equal(tape.gradient(taken, x).numpy(), expected)


@given(indexed(newaxis=False))
def test_assigning_to_a_slice_equals_numpy(pair: Any):
    array, index = pair
    part = array[index]
    assume(part.size)
    v = tf.Variable(array)
    before = v.read_value()
    v[index].assign(tf.constant(-1.0 - part))
    expected = array.copy()
    expected[index] = -1.0 - part
    np.testing.assert_array_equal(v.numpy(), expected)
    np.testing.assert_array_equal(before.numpy(), array)  # a read is a snapshot


@given(indexed(newaxis=False))
def test_a_slice_read_before_keeps_its_values(pair: Any):
    array, index = pair
    v = tf.Variable(array)
    part = v[index]
    v.assign_add(tf.ones_like(v))
    np.testing.assert_array_equal(part.numpy(), array[index])


@given(SHAPES, st.integers(-6, 6))
def test_integers_out_of_range_are_refused(shape: Any, i: int):
    x = tf.zeros(shape)
    if -shape[0] <= i < shape[0]:
        assert tuple(x[i].shape) == shape[1:]
    else:
        with pytest.raises(tf.errors.InvalidArgumentError, match="StridedSlice"):
            x[i]


@given(SHAPES)
def test_iteration_gives_the_rows(shape: Any):
    array = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)
    rows = [row.numpy() for row in tf.constant(array)]
    np.testing.assert_array_equal(np.stack(rows), array)


@given(st.data())
def test_gather_equals_take(data: Any):
    shape = data.draw(SHAPES)
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    array = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    places = data.draw(
        hnp.arrays(
            np.int32,
            hnp.array_shapes(min_dims=0, max_dims=2, max_side=3),
            elements=st.integers(0, shape[axis] - 1),
        )
    )
    made = tf.gather(tf.constant(array), tf.constant(places), axis=axis).numpy()
    np.testing.assert_array_equal(made, np.take(array, places, axis))
