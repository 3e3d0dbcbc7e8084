"""A value once read never changes; variables are written to in place where nobody can see it."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import tapeflow as tf

ROWS = 6


def slices():
    return tf.IndexedSlices(tf.fill([3, 2], 7.0), tf.constant([0, 4, 0]))


MUTATIONS = {
    "assign": lambda v: v.assign(tf.fill([ROWS, 2], 9.0)),
    "assign_add": lambda v: v.assign_add(tf.ones([ROWS, 2])),
    "assign_sub": lambda v: v.assign_sub(tf.ones([ROWS, 2])),
    "load": lambda v: v.load(np.full([ROWS, 2], 9.0)),
    "part": lambda v: v[1:3].assign([[5.0, 5.0], [6.0, 6.0]]),
    "element": lambda v: v[0, 0].assign(5.0),
    "stride": lambda v: v[::2, 1].assign([5.0, 6.0, 7.0]),
    **{
        f"scatter_{kind}": lambda v, kind=kind: getattr(v, f"scatter_{kind}")(slices())
        for kind in ("add", "sub", "mul", "div", "max", "min", "update")
    },
    **{
        f"scatter_nd_{kind}": lambda v, kind=kind: getattr(v, f"scatter_nd_{kind}")(
            [[0], [4]], [[9.0, 9.0], [-9.0, 9.0]]
        )
        for kind in ("add", "sub", "max", "min", "update")
    },
    "batch_scatter_update": lambda v: v.batch_scatter_update(
        tf.IndexedSlices(tf.fill([ROWS, 1], 9.0), tf.fill([ROWS, 1], 1))
    ),
    **{
        f"{name}{'-sparse' if sparse else ''}": lambda v, name=name, sparse=sparse: getattr(
            tf.compat.v1.train, f"{name}Optimizer"
        )(0.5, *((0.9,) if name == "Momentum" else ())).apply_gradients(
            [(slices() if sparse else tf.ones([ROWS, 2]), v)]
        )
        for name in (
            "GradientDescent", "Momentum", "Adam", "Adagrad", "Adadelta", "RMSProp", "Ftrl",
            "ProximalGradientDescent", "ProximalAdagrad",
        )
        for sparse in (False, True)
    },
}  # fmt: skip

VIEWS = {
    "value": lambda v: v.value(),
    "read_value": lambda v: v.read_value(),
    "convert": tf.convert_to_tensor,
    "identity": tf.identity,
    "row": lambda v: v[0],
    "rows": lambda v: v[::2],
    "reshape": lambda v: tf.reshape(v, [-1]),
    "transpose": lambda v: tf.transpose(v),
    "numpy": lambda v: v.numpy(),
    "tensor numpy": lambda v: v.value().numpy(),
    "asarray": lambda v: np.asarray(v),
    "asarray of tensor": lambda v: np.asarray(v.value()),
    "view of asarray": lambda v: np.asarray(v)[1:],
    "dlpack": lambda v: np.from_dlpack(v.value()),
    "iterated": lambda v: next(iter(v)),
    "gathered": lambda v: tf.gather(v, [0, 4]),
    "expanded": lambda v: tf.expand_dims(v, 0),
    "deep copy": lambda v: copy.deepcopy(v),
    "memoryview": lambda v: memoryview(np.asarray(v)),
}


def variable():
    return tf.Variable(np.arange(1, 2 * ROWS + 1, dtype=np.float32).reshape(ROWS, 2))


@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize("view", VIEWS)
def test_held_values_stay(view, mutation):
    v = variable()
    held = VIEWS[view](v)
    before = np.array(held)
    address = held
    MUTATIONS[mutation](v)
    np.testing.assert_array_equal(np.array(held), before)
    assert address is held


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_mutations_change(mutation):
    v = variable()
    before = v.numpy()
    MUTATIONS[mutation](v)
    assert not np.array_equal(v.numpy(), before)


@pytest.mark.parametrize("mutation", [m for m in MUTATIONS if m not in ("assign", "load")])
def test_in_place_when_alone(mutation):
    v = variable()
    address = v._array.ctypes.data
    MUTATIONS[mutation](v)
    assert v._array.ctypes.data == address


def test_assigned_arrays_are_copied():
    array = np.ones(3, np.float32)
    v = tf.Variable(array)
    w = tf.Variable(array)
    array[0] = 5.0
    v.assign(array)
    array[0] = 7.0
    v.assign_add([1.0, 1.0, 1.0])
    assert w.numpy().tolist() == [1.0, 1.0, 1.0]
    assert v.numpy().tolist() == [6.0, 2.0, 2.0]
    assert array.tolist() == [7.0, 1.0, 1.0]


def test_assigned_tensors_stay():
    t = tf.constant([1.0, 2.0])
    v, w = tf.Variable(t), tf.Variable([0.0, 0.0])
    w.assign(t)
    w.assign(v)
    v.assign_add([1.0, 1.0])
    w.scatter_update(tf.IndexedSlices([9.0], [0]))
    assert t.numpy().tolist() == [1.0, 2.0]
    assert v.numpy().tolist() == [2.0, 3.0]
    assert w.numpy().tolist() == [9.0, 2.0]


def test_gradients_that_share_the_buffer():
    # The gradient of v * v / 2 is v itself.
    v = tf.Variable([1.0, 2.0])
    grad = v.value()
    tf.compat.v1.train.MomentumOptimizer(0.5, 0.9).apply_gradients([(grad, v)])
    assert grad.numpy().tolist() == [1.0, 2.0]
    assert v.numpy().tolist() == [0.5, 1.0]


def test_optimizers_copied_along_keep_their_slots():
    v = tf.Variable([1.0, 2.0])
    optimizer = tf.compat.v1.train.MomentumOptimizer(0.5, 0.9)
    optimizer.apply_gradients([(tf.ones([2]), v)])
    for pair in ([v, optimizer], [optimizer, v]):
        copied = copy.deepcopy(pair)
        w, other = copied if copied[1].__class__ is optimizer.__class__ else copied[::-1]
        other.apply_gradients([(tf.ones([2]), w)])
        assert other.get_slot(w, "momentum").numpy().tolist() == pytest.approx([1.9, 1.9])
        assert optimizer.get_slot(v, "momentum").numpy().tolist() == [1.0, 1.0]
        assert w.numpy().tolist() == pytest.approx([-0.45, 0.55])
        assert v.numpy().tolist() == [0.5, 1.5]


def test_slots_stay_apart():
    optimizer = tf.compat.v1.train.MomentumOptimizer(0.5, 0.9)
    v = tf.Variable([1.0, 2.0])
    optimizer.apply_gradients([(tf.ones([2]), v)])
    slot = optimizer.get_slot(v, "momentum")
    held = slot.value()
    optimizer.apply_gradients([(tf.ones([2]), v)])
    assert held.numpy().tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    "bad",
    [
        lambda v: v.assign([1.0]),
        lambda v: v.assign_add([1.0]),
        lambda v: v.scatter_add(tf.IndexedSlices(tf.ones([2, 2]), tf.constant([0, 99]))),
        lambda v: v.scatter_update(tf.IndexedSlices(tf.ones([2, 2]), tf.constant([0, -1]))),
        lambda v: v.scatter_nd_add([[0], [99]], tf.ones([2, 2])),
        lambda v: v.scatter_add(tf.IndexedSlices(tf.ones([1, 3]), tf.constant([0]))),
        lambda v: v[0:2].assign([1.0, 2.0, 3.0]),
        lambda v: tf.compat.v1.train.AdamOptimizer(0.1).apply_gradients(
            [(tf.ones([ROWS, 2]), v), (tf.ones([3]), tf.Variable([1.0]))]
        ),
    ],
)
def test_errors_change_nothing(bad):
    v = variable()
    before = v.numpy()
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError)):
        bad(v)
    np.testing.assert_array_equal(v.numpy(), before)
