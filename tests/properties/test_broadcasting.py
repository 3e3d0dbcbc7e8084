"""Elementwise operations broadcast as NumPy does, and as their shape rules say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tapeflow as tf
from tapeflow.engine.ir.infer import broadcast

SHAPES = hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, min_side=0, max_side=3)
OPERATIONS = [
    ("add", np.add), ("subtract", np.subtract), ("multiply", np.multiply),
    ("maximum", np.maximum), ("minimum", np.minimum), ("math.squared_difference", None),
    ("less", np.less), ("equal", np.equal), ("math.atan2", np.arctan2),
]  # fmt: skip


def named(path: str) -> Any:
    found: Any = tf
    for part in path.split("."):
        found = getattr(found, part)
    return found


def values(shape: tuple[int, ...], start: int = 1) -> np.ndarray:
    return (np.arange(start, start + int(np.prod(shape))) % 7 - 3).reshape(shape).astype(np.float32)


@pytest.mark.parametrize(("name", "expected"), OPERATIONS, ids=[n for n, _ in OPERATIONS])
@given(shapes=SHAPES)
def test_results_are_numpys(name: str, expected: Any, shapes: Any):
    x, y = values(shapes.input_shapes[0]), values(shapes.input_shapes[1], 3)
    made = named(name)(tf.constant(x), tf.constant(y)).numpy()
    wanted = (x - y) ** 2 if expected is None else expected(x, y)
    assert np.shape(made) == shapes.result_shape
    np.testing.assert_allclose(made, wanted, rtol=1e-6)


@given(shapes=SHAPES)
def test_gradients_have_the_inputs_shapes(shapes: Any):
    x, y = (tf.constant(values(s)) for s in shapes.input_shapes)
    with tf.GradientTape() as tape:
        tape.watch([x, y])
        z = x * y
    for grad, other, own in zip(tape.gradient(z, [x, y]), (y, x), (x, y), strict=True):
        assert grad.shape == own.shape
        whole = np.broadcast_to(other.numpy(), shapes.result_shape)
        np.testing.assert_allclose(grad.numpy(), folded(whole, own.shape), rtol=1e-5, atol=1e-6)


def folded(array: np.ndarray, shape: Any) -> np.ndarray:
    """The sum over what broadcasting repeated."""
    shape = tuple(shape)
    array = array.sum(tuple(range(array.ndim - len(shape))))
    repeated = tuple(i for i, n in enumerate(shape) if n == 1)
    return array.sum(repeated, keepdims=True).reshape(shape)


@given(hnp.array_shapes(max_dims=3, max_side=3), hnp.array_shapes(max_dims=3, max_side=3))
def test_what_numpy_refuses_is_refused(a: tuple[int, ...], b: tuple[int, ...]):
    try:
        wanted = np.broadcast_shapes(a, b)
    except ValueError:
        with pytest.raises(tf.errors.InvalidArgumentError, match="AddV2"):
            tf.add(tf.zeros(a), tf.zeros(b))
    else:
        assert tuple(tf.add(tf.zeros(a), tf.zeros(b)).shape) == wanted


@given(shapes=SHAPES, data=st.data())
def test_shape_rule_holds_for_unknown_dimensions(shapes: Any, data: Any):
    partly = [
        tuple(None if data.draw(st.booleans()) else n for n in shape)
        for shape in shapes.input_shapes
    ]
    told = broadcast(*partly)
    assert len(told) == len(shapes.result_shape)
    for said, true in zip(told, shapes.result_shape, strict=True):
        assert said is None or said == true


@given(shapes=hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, max_side=3))
def test_where_broadcasts_all_three(shapes: Any):
    c, x, y = (values(s) for s in shapes.input_shapes)
    made = tf.where(tf.constant(c > 0), tf.constant(x), tf.constant(y)).numpy()
    np.testing.assert_array_equal(made, np.where(c > 0, x, y))
