"""The registry tests find what they are for: primitives with one wrong rule each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cases.form import Case
from harness.comparison import differences
from harness.digest import digest
from harness.encoding import encode, encode_array
from primitives.test_gradients import Point, gradient_differences
from primitives.test_infer import contradictions
from primitives.test_kernels import disagreements as kernel_disagreements
from primitives.test_lower import disagreements as lower_disagreements
from tapeflow.engine.core import dtypes
from tapeflow.engine.ir.infer import elementwise
from tapeflow.engine.ir.primitive import NOT_DIFFERENTIABLE, Primitive
from tapeflow.engine.ir.samples import Draw, Sample, unary
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.math.arithmetic import multiply, square_p

SAMPLE = Sample(np.array([[-1.5, 0.5, 2.0], [0.25, -3.0, 1.0]], np.float32))


def variant(**rules: Any) -> Primitive:
    """`Square` with other rules; it does not enter the registry."""
    right = {
        "infer": elementwise(dtypes.FLOATING),
        "kernel": np.square,
        "vjp": lambda ctx, dy: (multiply(dy, multiply(ctx.inputs[0], 2.0)),),
        "lower": lambda b, x: b.mul(x, x),
        "samples": unary(),
    }
    return Primitive("Square", **{**right, **rules})


TRUTH = [encode_array(np.square(SAMPLE.inputs[0]))]


def test_right_rules_pass():
    prim = variant()
    assert Point(prim, SAMPLE).contradictions() == []
    assert contradictions(prim, SAMPLE) == []
    assert kernel_disagreements(prim, SAMPLE, TRUTH) == []
    assert lower_disagreements(prim, SAMPLE) == []
    assert contradictions(square_p, SAMPLE) == []


@pytest.mark.parametrize(
    "vjp",
    [
        lambda ctx, dy: (multiply(dy, ctx.inputs[0]),),
        lambda ctx, dy: (multiply(dy, -2.0 * ctx.inputs[0]),),
        lambda ctx, dy: (None,),
        lambda ctx, dy: (multiply(ctx.inputs[0], 2.0),),
        # Right in first order; the second is lost, because the input is taken for a constant.
        lambda ctx, dy: (multiply(dy, 2.0 * ctx.inputs[0].numpy()),),
    ],
    ids=["factor", "sign", "none", "cotangent-forgotten", "second-order"],
)
def test_wrong_vjp_is_found(vjp: Any):
    assert Point(variant(vjp=vjp), SAMPLE).contradictions()


def test_gradient_where_tensorflow_has_none_is_found():
    assert gradient_differences(variant(), SAMPLE, [None])
    silent = variant(vjp=NOT_DIFFERENTIABLE)
    assert gradient_differences(silent, SAMPLE, [encode_array(2 * SAMPLE.inputs[0])])


def _wrong_dtype(x: Spec) -> Spec:
    return Spec(dtypes.float64, x.shape)


def _wrong_shape(x: Spec) -> Spec:
    return Spec(x.dtype, None if x.shape is None else x.shape[::-1])


def _needs_dimensions(x: Spec) -> Spec:
    return Spec(x.dtype, tuple(d + 0 for d in x.shape))


def _needs_rank(x: Spec) -> Spec:
    return Spec(x.dtype, tuple(x.shape))


def _guesses(x: Spec) -> Spec:
    return Spec(x.dtype, None if x.shape is None else tuple(1 if d is None else d for d in x.shape))


def _knows_nothing(x: Spec) -> Spec:
    return Spec(x.dtype, None)


def _rejects(x: Spec) -> Spec:
    raise ValueError("no")


WRONG_RULES = [
    _wrong_dtype, _wrong_shape, _needs_dimensions, _needs_rank, _guesses, _knows_nothing, _rejects,
]  # fmt: skip


@pytest.mark.parametrize("rule", WRONG_RULES)
def test_wrong_infer_is_found(rule: Any):
    assert contradictions(variant(infer=rule), SAMPLE)


@pytest.mark.parametrize(
    "lower",
    [
        lambda b, x: b.add(x, x),
        lambda b, x: b.cast(b.mul(x, x), dtypes.float64),
        lambda b, x: b.abs(b.mul(x, b.const(2, x))),
    ],
)
def test_wrong_lower_is_found(lower: Any):
    assert lower_disagreements(variant(lower=lower), SAMPLE)


def test_lower_that_drops_nan_or_signs_of_zero_is_found():
    special = Sample(np.array([np.nan, -0.0, 1.0], np.float32))
    same = variant(kernel=lambda x: x + 0 * x, lower=lambda b, x: x)
    assert lower_disagreements(same, Sample(np.array([-0.0], np.float32))) == []
    dropped = variant(kernel=np.positive, lower=lambda b, x: b.select(b.eq(x, x), x, b.const(0, x)))
    assert lower_disagreements(dropped, special)
    unsigned = variant(kernel=np.positive, lower=lambda b, x: b.add(x, b.const(0, x)))
    assert lower_disagreements(unsigned, special)


@pytest.mark.parametrize(
    "kernel",
    [
        lambda x: x * np.abs(x),
        lambda x: np.square(x).astype(np.float64),
        lambda x: np.square(x)[..., None],
        lambda x: np.square(x) * np.float32(1.0001),
        lambda x: np.where(x == 1, np.nan, np.square(x)).astype(x.dtype),
    ],
    ids=["value", "dtype", "shape", "imprecise", "nan"],
)
def test_wrong_kernel_is_found(kernel: Any):
    assert kernel_disagreements(variant(kernel=kernel), SAMPLE, TRUTH)


def test_samples_tensorflow_rejects_are_found():
    refused = {"error": "InvalidArgumentError", "message": "T is not in the list of allowed values"}
    assert kernel_disagreements(variant(), SAMPLE, refused)


def test_samples_are_the_same_in_every_run():
    first, second = (list(unary()(Draw())) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert encode(one.inputs[0]) == encode(other.inputs[0]) or np.isnan(one.inputs[0]).any()


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (np.float32(1), np.float64(1)),
        ([1, 2], (1, 2)),
        (np.zeros((2, 1)), np.zeros((1, 2))),
        (1, 1.0),
        (True, 1),
        (None, 0),
        ({"a": 1}, {"b": 1}),
        (np.float32(np.nan), np.float32(0)),
        (np.float32(np.inf), np.float32(-np.inf)),
        (np.array([b"a"], object), np.array([b"b"], object)),
        (ValueError("x"), TypeError("x")),
    ],
)
def test_different_results_differ(expected: Any, actual: Any):
    assert differences(encode(expected), encode(actual))
    assert differences(encode(actual), encode(expected))
    assert differences(encode(expected), encode(expected)) == []


def test_exact_comparison_sees_the_sign_of_zero():
    zero, negative = encode(np.float32(0.0)), encode(np.float32(-0.0))
    assert differences(zero, negative) == []
    assert differences(zero, negative, exact=True)


def test_digest_follows_the_code_and_what_it_uses():
    runs = [lambda tf: tf.add(1, 2), lambda tf: tf.add(1, 3), lambda tf: tf.add(1,  2)]  # fmt: skip
    first, second, third = [digest(Case("add", run).run) for run in runs]
    assert first == third != second

    def made(value: int) -> Any:
        return lambda tf: tf.add(value, 1)

    assert digest(made(1)) == digest(made(1)) != digest(made(2))
