"""A sparse gradient does to a variable's rows what the dense one does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tapeflow as tf

ROWS, WIDTH = 5, 2

OPTIMIZERS = {
    "GradientDescent": lambda t: t.GradientDescentOptimizer(0.1),
    "Momentum": lambda t: t.MomentumOptimizer(0.1, 0.9),
    "Nesterov": lambda t: t.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
    "Adam": lambda t: t.AdamOptimizer(0.1),
    "Adagrad": lambda t: t.AdagradOptimizer(0.1),
    "Adadelta": lambda t: t.AdadeltaOptimizer(0.5),
    "RMSProp": lambda t: t.RMSPropOptimizer(0.1),
    "CenteredRMSProp": lambda t: t.RMSPropOptimizer(0.1, momentum=0.5, centered=True),
    "Ftrl": lambda t: t.FtrlOptimizer(0.1, l1_regularization_strength=0.01),
    "ProximalGradientDescent": lambda t: t.ProximalGradientDescentOptimizer(
        0.1, l1_regularization_strength=0.01
    ),
    "ProximalAdagrad": lambda t: t.ProximalAdagradOptimizer(0.1, l2_regularization_strength=0.01),
}
# Rows without a gradient are left alone by the sparse update and decay in the dense one; in these
# optimizers a gradient of zero changes nothing either, or the sparse update decays all rows too.
SAME_FOR_ABSENT_ROWS = ("GradientDescent", "Adagrad", "Adam")


def start() -> np.ndarray:
    return np.linspace(-1.0, 1.0, ROWS * WIDTH, dtype=np.float32).reshape(ROWS, WIDTH)


def slices_of(rows: list[int], seed: int) -> tuple[Any, np.ndarray]:
    """A sparse gradient, and the same one dense: rows that occur twice are added."""
    values = np.random.default_rng(seed).uniform(-1.0, 1.0, (len(rows), WIDTH)).astype(np.float32)
    dense = np.zeros((ROWS, WIDTH), np.float32)
    np.add.at(dense, rows, values)
    sparse = tf.IndexedSlices(tf.constant(values), tf.constant(rows), tf.constant([ROWS, WIDTH]))
    return sparse, dense


def steps(name: str, gradients: list[Any]) -> np.ndarray:
    v = tf.Variable(start())
    optimizer = OPTIMIZERS[name](tf.compat.v1.train)
    for gradient in gradients:
        optimizer.apply_gradients([(gradient, v)])
    return v.numpy()


@pytest.mark.parametrize("name", OPTIMIZERS)
@settings(max_examples=10)
@given(
    extra=st.lists(st.lists(st.integers(0, ROWS - 1), max_size=4), min_size=1, max_size=3),
    order=st.permutations(range(ROWS)),
)
def test_sparse_equals_dense_when_all_rows_occur(name: str, extra: Any, order: Any):
    pairs = [slices_of([*order, *rows], i) for i, rows in enumerate(extra)]
    sparse = steps(name, [s for s, _ in pairs])
    dense = steps(name, [tf.constant(d) for _, d in pairs])
    np.testing.assert_allclose(sparse, dense, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("name", OPTIMIZERS)
@settings(max_examples=10)
@given(rows=st.lists(st.integers(0, ROWS - 1), min_size=1, max_size=6))
def test_rows_that_do_not_occur(name: str, rows: Any):
    sparse, dense = slices_of(rows, 0)
    made = steps(name, [sparse])
    absent = sorted(set(range(ROWS)) - set(rows))
    np.testing.assert_array_equal(made[absent], start()[absent])
    if name in SAME_FOR_ABSENT_ROWS:
        np.testing.assert_allclose(made, steps(name, [tf.constant(dense)]), rtol=2e-5, atol=1e-6)


@settings(max_examples=25)
@given(rows=st.lists(st.integers(0, ROWS - 1), min_size=0, max_size=8), twice=st.booleans())
def test_gradient_of_a_lookup_is_the_dense_one(rows: Any, twice: bool):
    v = tf.Variable(start())
    with tf.GradientTape() as tape:
        taken = tf.nn.embedding_lookup(v, tf.constant(rows, tf.int32))
        loss = tf.reduce_sum(taken * taken)
        if twice:
            loss = loss + tf.reduce_sum(tf.gather(v, tf.constant(rows, tf.int32)))
    grad = tape.gradient(loss, v)
    assert isinstance(grad, tf.IndexedSlices)
    expected = np.zeros((ROWS, WIDTH))
    np.add.at(expected, rows, 2 * start()[rows] + (1.0 if twice else 0.0))
    np.testing.assert_allclose(tf.convert_to_tensor(grad).numpy(), expected, rtol=1e-6)
