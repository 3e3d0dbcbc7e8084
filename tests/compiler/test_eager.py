"""Generated code in eager mode: where it runs, and that nothing else shows it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tapeflow as tf
from harness.registry import primitives
from tapeflow.engine.compiler import compile as compiling
from tapeflow.engine.compiler.native import eager
from tapeflow.engine.ir.primitive import REGISTRY
from tapeflow.engine.runtime import large
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import EagerTensor

primitives()  # declares them all
MATH = [
    (name, dtype, int(large.LEAST / nanoseconds) + 1)
    for name, times in large._ELEMENT.items()
    for dtype, nanoseconds in zip(large._DTYPES, times, strict=True)
    if nanoseconds
]
PAIRS = ("Atan2", "Pow", "SquaredDifference", "SoftmaxCrossEntropyWithLogits", "Xlogy")
SPECIALS = [0, -0.0, 1, -1, np.inf, -np.inf, np.nan, 0.5, -0.5, 1e-3, 88, -88, 6e4, 1e-4]
# Between what NumPy and generated code make of the same elements: both are off by a little. What
# is relative is told in units in the last place; sums of rounded terms that cancel are not.
UNITS = 8
ABSOLUTE = {"SoftmaxCrossEntropyWithLogits", "SparseSoftmaxCrossEntropyWithLogits", "LogSoftmax"}


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Nothing is known of any signature, before and after."""
    forget()
    yield
    forget()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Code is compiled for the first call."""
    monkeypatch.setattr(eager, "WINDOW_NANOSECONDS", 0)
    monkeypatch.setattr(eager, "LOOP_NANOSECONDS", 0)


def forget() -> None:
    for prim in REGISTRY.values():
        prim.checked.clear()
    eager._compiled.clear()


def compiled(name: str) -> int:
    """For how many signatures of a primitive there is code."""
    return sum(v is not True and v.is_compiled for v in REGISTRY[name].checked.values())


def assert_near(ours: Any, expected: Any, absolute: bool = False, signs: bool = True) -> None:
    """Equal but for rounding; NaN, infinities and the signs of zeros are the same."""
    assert ours.dtype == expected.dtype
    assert ours.shape == expected.shape
    unit = float(np.spacing(ours.dtype.type(1)))
    a, b = ours.astype(np.float64), expected.astype(np.float64)
    np.testing.assert_allclose(a, b, rtol=UNITS * unit, atol=UNITS * unit if absolute else 1e-37)
    zeros = (b == 0) & signs
    np.testing.assert_array_equal(np.signbit(a[zeros]), np.signbit(b[zeros]))


def arrays_for(name: str, dtype: np.dtype, size: int) -> list[np.ndarray]:
    rng = np.random.default_rng(size)
    if "oftmax" in name:
        x = rng.normal(size=(size // 100 + 1, 100)).astype(dtype)
        if name.startswith("Sparse"):
            return [x, rng.integers(0, 100, len(x)).astype(np.int32)]
        return [x, abs(x)] if name in PAIRS else [x]
    made = []
    for _ in range(2 if name in PAIRS or name.endswith("Grad") else 1):
        x = (rng.normal(size=size) * np.exp(rng.normal(size=size))).astype(dtype)
        x[: len(SPECIALS)] = rng.permutation(SPECIALS).astype(dtype)
        made.append(x)
    return made


@pytest.mark.parametrize(("name", "dtype", "size"), MATH, ids=str)
@pytest.mark.usefixtures("at_once")
def test_vector_math(name: str, dtype: np.dtype, size: int) -> None:
    prim = REGISTRY[name]
    arrays = arrays_for(name, dtype, size)
    attrs = {"alpha": 0.2} if name == "LeakyRelu" else {}
    ours = apply(prim, *map(EagerTensor, arrays), **attrs)
    assert compiled(name) == 1
    # Some kernels round 16-bit floats more than once.
    wide = [a.astype(np.float32) if a.itemsize // a.ndim == 2 else a for a in arrays]
    with np.errstate(all="ignore"):
        expected = prim.kernel(*wide, **attrs)
    several = isinstance(expected, tuple)
    for x, y in zip(ours if several else (ours,), expected if several else (expected,)):
        with np.errstate(all="ignore"):
            rounded = np.asarray(y).astype(dtype)
        # TensorFlow's relu gives -0 for some dtypes and sizes, and 0 for others.
        assert_near(x.numpy(), rounded, name in ABSOLUTE, signs=not name.startswith("Relu"))


def test_small_calls_stay_with_numpy() -> None:
    for name, dtype, size in MATH:
        prim = REGISTRY[name]
        arrays = arrays_for(name, dtype, size // 2)
        attrs = {"alpha": 0.2} if name == "LeakyRelu" else {}
        apply(prim, *map(EagerTensor, arrays), **attrs)
        assert all(v is True for v in prim.checked.values())


def images(*shape: int) -> tf.Tensor:
    return tf.constant(np.random.default_rng(1).normal(size=shape).astype(np.float32))


def convolved() -> tuple[Any, list[Any]]:
    """A result of convolution and pooling, and its gradients."""
    x, w = images(2, 9, 10, 3), images(3, 3, 3, 8)
    with tf.GradientTape() as tape:
        tape.watch([x, w])
        y = tf.nn.conv2d(x, w, 1, "SAME")
        y = tf.nn.avg_pool2d(tf.nn.max_pool2d(y, 2, 2, "SAME"), 3, 2, "SAME")
        loss = tf.reduce_sum(y * y)
    return y, tape.gradient(loss, [x, w])


WINDOWS = (
    "Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter", "MaxPool", "MaxPoolGrad", "AvgPool",
    "AvgPoolGrad",
)  # fmt: skip


def test_windows_and_their_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    y, grads = convolved()
    assert not any(map(compiled, WINDOWS))  # one call of NumPy's is cheaper than the compiler
    forget()
    monkeypatch.setattr(eager, "WINDOW_NANOSECONDS", 0)
    again, same = convolved()
    assert [compiled(name) for name in WINDOWS] == [1] * len(WINDOWS)
    for a, b in zip([again, *same], [y, *grads], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_code_comes_after_as_many_calls_as_it_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    x = images(2, 8, 8, 4)
    tf.nn.max_pool2d(x, 2, 2, "SAME")
    (kept,) = REGISTRY["MaxPool"].checked.values()
    forget()
    monkeypatch.setattr(eager, "WINDOW_NANOSECONDS", 3 * kept.spent)
    counts = []
    for _ in range(5):
        tf.nn.max_pool2d(x, 2, 2, "SAME")
        counts.append(compiled("MaxPool"))
    assert counts == [0, 0, 0, 1, 1]


@pytest.mark.usefixtures("at_once")
def test_second_gradient() -> None:
    x = images(1 << 19)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.sigmoid(x)
        first = inner.gradient(y, x)
    second = outer.gradient(first, x)
    assert compiled("Sigmoid") == compiled("SigmoidGrad") == 1
    s = 1 / (1 + np.exp(-x.numpy().astype(np.float64)))
    np.testing.assert_allclose(second, s * (1 - s) * (1 - 2 * s), atol=1e-6)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("why", ["switched off", "no llvmlite"])
def test_numpy_serves_where_nothing_is_compiled(why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    x = images(1 << 20)
    before = tf.exp(x).numpy()
    assert compiled("Exp")
    if why == "switched off":
        monkeypatch.setattr(compiling, "COMPILE", False)
    else:
        monkeypatch.setattr(compiling, "_llvm_is_there", lambda: False)
    np.testing.assert_array_equal(tf.exp(x), np.exp(x.numpy()))
    monkeypatch.undo()
    np.testing.assert_array_equal(tf.exp(x), before)


def test_memory_of_plans_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eager, "WINDOW_NANOSECONDS", 0)
    monkeypatch.setattr(eager, "MOST_BYTES", 1)
    convolved()
    assert len(eager._compiled) == 1


@pytest.mark.usefixtures("at_once")
def test_checks_of_numerics_see_large_results() -> None:
    x = tf.constant(np.full(1 << 20, 1e3, np.float32))
    tf.exp(x)
    tf.debugging.enable_check_numerics()
    try:
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"\+Inf"):
            tf.exp(x)
    finally:
        tf.debugging.disable_check_numerics()


@pytest.mark.usefixtures("at_once")
def test_errors_are_the_kernels() -> None:
    logits = images(2000, 100)
    labels = tf.constant(np.full(2000, 100, np.int32))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"labels: .*\[0, 100\)"):
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    assert compiled("SparseSoftmaxCrossEntropyWithLogits")


@pytest.mark.usefixtures("at_once")
def test_views_are_taken() -> None:
    x = EagerTensor(images(800, 900).numpy().T)
    assert_near(tf.sigmoid(x).numpy(), (1 / (1 + np.exp(-x.numpy()))).astype(np.float32))
    assert compiled("Sigmoid")


@pytest.mark.usefixtures("at_once")
def test_code_last_used_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eager, "MOST", 2)
    x = images(2, 8, 8, 4)

    def pooled(size: int) -> Any:
        return tf.nn.max_pool2d(x, size, 1, "SAME").numpy()

    first = pooled(1)
    pooled(2)
    pooled(1)
    pooled(3)  # takes the place of 2
    kept = [v.is_compiled for v in REGISTRY["MaxPool"].checked.values()]
    assert kept == [True, False, True]
    np.testing.assert_array_equal(pooled(2), pooled(2))
    np.testing.assert_array_equal(pooled(1), first)


@pytest.mark.usefixtures("at_once")
def test_several_threads() -> None:
    x, w = images(4, 16, 16, 8), images(3, 3, 8, 16)
    expected = tf.nn.conv2d(x, w, 1, "SAME").numpy()
    wrong: list[Any] = []

    def work() -> None:
        for _ in range(50):
            y = tf.nn.conv2d(x, w, 1, "SAME").numpy()
            if not np.array_equal(y, expected):
                wrong.append(y)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
