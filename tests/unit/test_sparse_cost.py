"""Sparse updates touch their rows: what they allocate does not grow with the table."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import tapeflow as tf

SMALL, LARGE = 10_000, 10_000_000
UPDATED, WIDTH = 256, 4


def table(rows):
    # Untouched memory of zeros costs nothing.
    return tf.Variable(tf.zeros([rows, WIDTH]))


def slices(rows, seed=0):
    rng = np.random.default_rng(seed)
    indices = rng.integers(0, rows, UPDATED)
    indices[1] = indices[0]
    return tf.IndexedSlices(tf.ones([UPDATED, WIDTH]), tf.constant(indices))


OPTIMIZERS = {
    "GradientDescent": {},
    "Momentum": {"momentum": 0.9},
    "Adam": {},
    "Adagrad": {},
    "Adadelta": {},
    "RMSProp": {"centered": True},
    "Ftrl": {"l1_regularization_strength": 0.1},
    "ProximalGradientDescent": {"l1_regularization_strength": 0.1},
    "ProximalAdagrad": {},
}
UPDATES = {
    **{
        f"scatter_{kind}": lambda v, s, kind=kind: getattr(v, f"scatter_{kind}")(s)
        for kind in ("add", "sub", "mul", "max", "min", "update")
    },
    "scatter_nd_add": lambda v, s: v.scatter_nd_add(tf.expand_dims(s.indices, 1), s.values),
    "sparse_read": lambda v, s: v.sparse_read(s.indices),
    "gather": lambda v, s: tf.gather(v, s.indices),
}


def peak(action):
    """Bytes allocated by NumPy and Python at most, beyond what there was."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", UPDATES)
def test_updates(name):
    sizes = []
    for rows in (SMALL, LARGE):
        v, s = table(rows), slices(rows)
        UPDATES[name](v, s)
        sizes.append(peak(lambda v=v, s=s: UPDATES[name](v, s)))
    assert sizes[1] < 1.5 * sizes[0] + 4096
    assert sizes[1] < 40 * UPDATED * WIDTH * 4


class CountedBuffer(np.ndarray):
    """An array that counts the elements it hands out or takes in."""

    touched = 0

    def __getitem__(self, key):
        out = super().__getitem__(key)
        CountedBuffer.touched += np.size(out)
        return np.asarray(out)

    def __setitem__(self, key, value):
        CountedBuffer.touched += np.size(super().__getitem__(key))
        super().__setitem__(key, value)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        if method != "at":
            CountedBuffer.touched += self.size
        else:
            CountedBuffer.touched += np.size(inputs[2])
        plain = [np.asarray(x) if isinstance(x, CountedBuffer) else x for x in inputs]
        if "out" in kwargs:
            kwargs["out"] = tuple(np.asarray(x) for x in kwargs["out"])
        return getattr(ufunc, method)(*plain, **kwargs)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizer_memory(name):
    sizes = []
    for rows in (SMALL, LARGE):
        v = table(rows)
        optimizer = getattr(tf.compat.v1.train, f"{name}Optimizer")(0.1, **OPTIMIZERS[name])
        optimizer.apply_gradients([(slices(rows), v)])
        pairs = [(slices(rows), v)]
        sizes.append(peak(lambda o=optimizer, p=pairs: o.apply_gradients(p)))
    assert sizes[1] < 1.5 * sizes[0] + 8192


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizer_touches_rows_only(name):
    """Counts the elements of the table and of the slots that a step reads or writes."""
    counts = []
    for rows in (SMALL, 10 * SMALL):
        v = table(rows)
        optimizer = getattr(tf.compat.v1.train, f"{name}Optimizer")(0.1, **OPTIMIZERS[name])
        optimizer.apply_gradients([(slices(rows), v)])
        wholes = [v, *[optimizer.get_slot(v, slot) for slot in optimizer.get_slot_names()]]
        for whole in wholes:
            whole._array = whole._array.view(CountedBuffer)
        touched = getattr(optimizer, "_touched", {}).get(v._handle)
        if touched is not None:
            touched.buffers = tuple(id(w._writable()) for w in wholes[1:])
        CountedBuffer.touched = 0
        optimizer.apply_gradients([(slices(rows), v)])
        counts.append(CountedBuffer.touched)
    assert 0 < counts[0] <= counts[1] < 1.1 * counts[0]


def test_adam_moves_former_rows():
    """Rows keep moving after their last gradient, as with a dense gradient of zeros."""
    for rows in (3, 100):
        v, w = tf.Variable(tf.ones([rows, 2])), tf.Variable(tf.ones([rows, 2]))
        sparse, dense = (tf.compat.v1.train.AdamOptimizer(0.1) for _ in range(2))
        for step in range(6):
            rows_now = [0, 1] if step < 2 else [2, 2]
            grad = tf.IndexedSlices(tf.constant([[1.0, 2.0], [3.0, -4.0]]), tf.constant(rows_now))
            whole = np.zeros([rows, 2], np.float32)
            np.add.at(whole, rows_now, grad.values.numpy())
            sparse.apply_gradients([(grad, v)])
            dense.apply_gradients([(tf.constant(whole), w)])
        np.testing.assert_allclose(v.numpy(), w.numpy(), rtol=1e-6)


def test_adam_notices_assigned_moments():
    v = tf.Variable(tf.ones([50, 2]))
    optimizer = tf.compat.v1.train.AdamOptimizer(0.1)
    grad = tf.IndexedSlices(tf.ones([1, 2]), tf.constant([0]))
    optimizer.apply_gradients([(grad, v)])
    optimizer.get_slot(v, "m").assign(tf.ones([50, 2]))
    optimizer.get_slot(v, "v").assign(tf.ones([50, 2]))
    optimizer.apply_gradients([(grad, v)])
    assert (v.numpy() < 1.0).all()
