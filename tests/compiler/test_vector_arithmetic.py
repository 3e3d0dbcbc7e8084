"""Arithmetic, comparisons, bits and casts of the vector builder give what `NumpyBuilder` gives, for
extreme values of every dtype."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from harness.emitted import TARGETS, run_emitted
from tapeflow.engine.backends.interpreter.numpy_builder import NumpyBuilder
from tapeflow.engine.backends.llvm.target import Target, narrower
from tapeflow.engine.backends.llvm.text import Code
from tapeflow.engine.backends.llvm.vector_builder import Unsupported, VectorBuilder
from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import FROM_NUMPY, DType

WHOLE = sorted(dtypes.INTEGERS - {dtypes.int4, dtypes.uint4}, key=lambda d: d.name)
FLOATS = (dtypes.float32, dtypes.float64)
NARROW = (dtypes.float16, dtypes.bfloat16)
NUMPY = NumpyBuilder()


def oldest() -> Target:
    """x86-64 without SSE4.1: no instruction rounds to integers."""
    target = narrower(16)
    off = ("+sse4.1", "+sse4.2", "+ssse3", "+sse3", "+gfni", "+vaes", "+vpclmulqdq")
    features = ",".join(f"-{f[1:]}" if f in off else f for f in target.features.split(","))
    return target._replace(features=features)


def values(dtype: DType) -> np.ndarray:
    rng = np.random.default_rng(6)
    if dtype.is_bool:
        return np.array([True, False, True])
    if dtype.is_integer:
        low, high = int(dtype.min), int(dtype.max)
        some = [low, low + 1, high, high - 1, 0, 1, 2, 3, 7, 31, 32, 63, 64]
        some += [] if dtype.is_unsigned else [-1, -2, -7]
        some += [int(v) for v in rng.integers(low, high, 9, dtype=dtype.np)]
        return np.array([v for v in some if low <= v <= high], dtype.np)
    with np.errstate(all="ignore"):
        some = [
            0.0,
            0.5,
            1.5,
            2.5,
            2.4999,
            0.49999997,
            3.0,
            7.7,
            1e9,
            2.0**31,
            2.0**23 + 1,
            2.0**63,
        ]
        some += [np.inf, np.nan, 1e-40, 300.7, 70000.0, 65519.9, 65520.0, 1 + 2.0**-11, 6e-8, 2e-8]
        some += [1 + 2.0**-11 + 2.0**-40, 1 + 2.0**-8, 1e300, 2.0**62, 4503599627370497.5]
        return np.array([*some, *[-v for v in some]]).astype(dtype.np)


def agree(method: str, arrays: list[np.ndarray], output: DType, target: Target) -> None:
    with np.errstate(all="ignore"):
        wanted = np.asarray(getattr(NUMPY, method)(*arrays))
    got = run_emitted(lambda b, *x: getattr(b, method)(*x), arrays, output, target)
    assert same(wanted, got).all(), (method, [a.dtype for a in arrays], differing(wanted, got))


def same(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if a.dtype.kind in "iub":
        return np.asarray(a == b)
    with np.errstate(all="ignore"):
        a, b = a.astype(np.float64), b.astype(np.float64)
    return ((a == b) & (np.signbit(a) == np.signbit(b))) | (np.isnan(a) & np.isnan(b))


def differing(wanted: np.ndarray, got: np.ndarray) -> list[str]:
    places = np.argwhere(~same(wanted, got))[:4]
    return [f"{tuple(p)}: {wanted[tuple(p)]!r} {got[tuple(p)]!r}" for p in places]


WIDTHS = {**TARGETS, "SSE2": oldest()}
UNARY = ("neg", "abs", "floor", "ceil", "round_even", "sqrt", "not_")
BINARY = ("add", "sub", "mul", "div", "rem", "maximum", "minimum", "nextafter")
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
BITS = ("and_", "or_", "xor", "shl", "shr")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("dtype", [*WHOLE, *FLOATS], ids=lambda d: d.name)
def test_values_of_every_dtype(dtype: DType, width: str):
    target = WIDTHS[width]
    x = values(dtype)
    pairs = [np.repeat(x, x.size), np.tile(x, x.size)]
    whole = dtype.is_integer
    for method in UNARY:
        if (method in ("neg", "abs")) or (whole == (method == "not_")):
            agree(method, [x], dtype, target)
    for method in BINARY:
        if not (whole and method == "nextafter"):
            agree(method, pairs, dtype, target)
    for method in COMPARISONS:
        agree(method, pairs, dtypes.bool_, target)
    if whole:
        for method in BITS:
            agree(method, pairs, dtype, target)
        agree("pow", [pairs[0], np.abs(pairs[1] % dtype.np.type(9))], dtype, target)


@pytest.mark.parametrize("width", WIDTHS)
def test_booleans(width: str):
    x, y = np.array([True, True, False, False] * 9), np.array([True, False] * 18)
    for method in (*COMPARISONS, "and_", "or_", "xor", "add", "mul"):
        agree(method, [x, y], dtypes.bool_, WIDTHS[width])
    agree("not_", [x], dtypes.bool_, WIDTHS[width])


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("source", [dtypes.bool_, *WHOLE, *FLOATS, *NARROW], ids=lambda d: d.name)
def test_casts(source: DType, width: str):
    x = np.tile(values(source), 2)
    for target in (dtypes.bool_, *WHOLE, *FLOATS, *NARROW):
        given = x
        if target is dtypes.uint32 and source.is_floating:
            # NumPy's own vectors and its loop differ beyond the range.
            wide = x.astype(np.float64)
            given = x[(np.abs(wide) < 2.0**31) | ((wide > 0) & (wide < 2.0**32))]
        with np.errstate(all="ignore"):
            wanted = NUMPY.cast(given, target)
        got = run_emitted(
            lambda b, v, target=target: b.cast(v, target), [given], target, WIDTHS[width]
        )
        assert same(wanted, got).all(), (target.name, differing(wanted, got))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16], ids=["float16", "bfloat16"])
def test_every_narrow_float(dtype: type, width: str):
    every = np.arange(1 << 16, dtype=np.uint32).astype(np.uint16).view(dtype)
    with np.errstate(all="ignore"):
        wide = every.astype(np.float32)
    got = run_emitted(lambda b, v: v, [every], dtypes.float32, WIDTHS[width])
    assert same(wide, got).all()
    # Between neighbours, right at the middle and next to it.
    bits = np.arange(0, 2**32, 16381, dtype=np.int64).astype(np.uint32)
    middle = np.concatenate([bits, bits & 0xFFFFF000, bits & 0xFFFF8000]).view(np.float32)
    with np.errstate(all="ignore"):
        wanted = middle.astype(dtype)
    known = FROM_NUMPY[np.dtype(dtype)]
    got = run_emitted(lambda b, v: v, [middle], known, WIDTHS[width])
    assert same(wanted, got).all(), differing(wanted, got)
    rounded = run_emitted(
        lambda b, v: b.round_to(v, known), [middle], dtypes.float32, WIDTHS[width]
    )
    assert same(wanted, rounded).all()


def test_a_scalar_meets_a_vector():
    x = values(dtypes.float32)

    def emit(b: VectorBuilder, v):
        two = b.code.const(2.0, dtypes.float32)
        chosen = b.select(b.lt(two, v), b.mul(two, v), b.maximum(v, two))
        return b.pow(b.atan2(chosen, two), two)

    for target in TARGETS.values():
        got = run_emitted(emit, [x], dtypes.float32, target)
        with np.errstate(all="ignore"):
            chosen = np.where(x > 2, 2 * x, np.where(np.isnan(x), x, np.float32(2)))
            wanted = np.arctan2(chosen, np.float32(2)) ** 2
        assert np.allclose(wanted, got, rtol=1e-6, equal_nan=True)


@pytest.mark.parametrize("dtype", [dtypes.complex64, dtypes.float8_e5m2, dtypes.int4, dtypes.qint8])
def test_other_dtypes_are_refused(dtype: DType):
    builder = VectorBuilder(Code(TARGETS["host"], "refused"))
    x = builder.code.const(1.0, dtypes.float32, 4)
    with pytest.raises(Unsupported):
        builder.cast(x, dtype)
    for method in ("neg", "abs", "exp", "sqrt"):
        with pytest.raises(Unsupported):
            getattr(builder, method)(x._replace(dtype=dtype))
    for method in ("add", "lt", "xor", "pow"):
        with pytest.raises(Unsupported):
            getattr(builder, method)(x._replace(dtype=dtype), x._replace(dtype=dtype))


def test_float_functions_of_integers_are_refused():
    builder = VectorBuilder(Code(TARGETS["host"], "refused"))
    x = builder.code.const(1, dtypes.int32, 4)
    for method in ("exp", "sqrt", "floor", "tan", "erf", "asin"):
        with pytest.raises(Unsupported):
            getattr(builder, method)(x)
    for method in ("atan2", "nextafter"):
        with pytest.raises(Unsupported):
            getattr(builder, method)(x, x)
