"""Sparse and sliced updates do what a loop over NumPy arrays does, whoever holds the value."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import tapeflow as tf

FUNCTIONS = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "max": np.maximum,
    "min": np.minimum,
    "update": lambda a, b: b,
}


@st.composite
def updates(draw):
    rows, width = draw(st.integers(1, 6)), draw(st.integers(0, 3))
    count = draw(st.integers(0, 90))
    indices = draw(st.lists(st.integers(0, rows - 1), min_size=count, max_size=count))
    dtype = draw(st.sampled_from(["float32", "int32", "float64"]))
    kind = draw(st.sampled_from(sorted(FUNCTIONS)))
    seed = draw(st.integers(0, 2**16))
    return (
        rows,
        width,
        np.array(indices, draw(st.sampled_from([np.int32, np.int64]))),
        dtype,
        kind,
        seed,
    )


@settings(max_examples=150, deadline=None)
@given(updates(), st.booleans())
def test_rows(case, held):
    rows, width, indices, dtype, kind, seed = case
    rng = np.random.default_rng(seed)
    start = rng.integers(-2, 3, (rows, width)).astype(dtype)
    values = rng.integers(-2, 3, (len(indices), width)).astype(dtype)
    v = tf.Variable(start)
    before = v.value() if held else None
    getattr(v, f"scatter_{kind}")(tf.IndexedSlices(tf.constant(values), tf.constant(indices)))
    expected = start.copy()
    with np.errstate(all="ignore"):
        for i, row in zip(indices, values, strict=True):
            expected[i] = FUNCTIONS[kind](expected[i], row)
    np.testing.assert_array_equal(v.numpy(), expected)
    if held:
        np.testing.assert_array_equal(before.numpy(), start)


@st.composite
def keys(draw):
    shape = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    items = []
    for size in shape[: draw(st.integers(1, 2))]:
        if draw(st.booleans()):
            items.append(draw(st.integers(-size, size - 1)))
        else:
            bound = st.none() | st.integers(-size - 1, size + 1)
            step = draw(st.none() | st.sampled_from([1, 2, -1, -2]))
            items.append(slice(draw(bound), draw(bound), step))
    return shape, tuple(items)


@settings(max_examples=150, deadline=None)
@given(keys(), st.booleans())
def test_parts(case, held):
    shape, key = case
    start = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    v = tf.Variable(start)
    before = v.value() if held else None
    expected = start.copy()
    value = -1.0 - np.arange(expected[key].size, dtype=np.float32).reshape(expected[key].shape)
    expected[key] = value
    v[key].assign(value)
    np.testing.assert_array_equal(v.numpy(), expected)
    if held:
        np.testing.assert_array_equal(before.numpy(), start)


@settings(max_examples=60, deadline=None)
@given(st.recursive(
    st.integers() | st.text(max_size=2) | st.none(),
    lambda inner: st.lists(inner, max_size=3)
    | st.tuples(inner, inner)
    | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
))  # fmt: skip
def test_nests_are_rebuilt(structure):
    flat = tf.nest.flatten(structure)
    assert tf.nest.pack_sequence_as(structure, flat) == structure
    assert tf.nest.map_structure(lambda x: x, structure) == structure
    tf.nest.assert_same_structure(structure, tf.nest.map_structure(lambda x: 0, structure))
