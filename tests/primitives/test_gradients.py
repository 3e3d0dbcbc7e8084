"""Gradient rules against central differences, to second order, and against TensorFlow's.

float32 samples are computed in float64. Of a function with complex inputs or outputs the gradient
is TensorFlow's: for a holomorphic f and the cotangent w it is `w * conj(f'(x))`.
"""

from __future__ import annotations

import functools
import zlib
from typing import Any

import numpy as np
import pytest

import tapeflow as tf
from harness.comparison import mismatches
from harness.encoding import decode_array
from harness.golden import load, primitives_path
from harness.registry import (
    gradient_key,
    infer,
    module_of,
    primitives,
    sample_key,
    samples_of,
    spec_of,
    text_of,
)
from harness.seeds import forget_seed
from harness.tolerances import own_tolerance, tolerance
from tapeflow.engine.autodiff.tape import GradientTape
from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.ir.primitive import Primitive
from tapeflow.engine.ir.samples import Sample
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import EagerTensor

STEP = 1e-5
RELATIVE = 1e-5  # of the size of the terms that a directional derivative adds up

WIDER = {
    np.dtype(np.float16): np.float64,
    np.dtype(np.float32): np.float64,
    dtypes.bfloat16.np: np.float64,
    np.dtype(np.complex64): np.complex128,
}
WIDER_ATTRIBUTE = {
    dtypes.float16: dtypes.float64,
    dtypes.bfloat16: dtypes.float64,
    dtypes.float32: dtypes.float64,
    dtypes.complex64: dtypes.complex128,
}

FIRST_ORDER_ONLY: dict[str, str] = {
    # name -> why its second derivative cannot be had (TensorFlow gives none either)
}

DIFFERENTIABLE = [p for p in primitives() if p.differentiable]


@pytest.mark.parametrize("prim", DIFFERENTIABLE, ids=lambda p: p.name)
def test_vjp_equals_central_differences(prim: Primitive):
    smooth = [s for s in samples_of(prim.name) if s.grad and any(map(_is_real, s.inputs))]
    if not smooth:
        pytest.skip("no smooth samples")
    wrong = []
    for sample in distinct(smooth):
        lines = Point(prim, sample, given_none(prim, sample)).contradictions()
        if lines:
            wrong.append("\n    ".join([text_of(sample), *lines]))
    if wrong:
        pytest.fail("\n".join([*wrong[:4], f"{len(wrong)} samples disagree"]), pytrace=False)


def _is_real(array: np.ndarray) -> bool:
    """Whether one can differentiate with respect to such an input."""
    return array.dtype.kind in "fc" or array.dtype in WIDER


def given_none(prim: Primitive, sample: Sample) -> frozenset[int]:
    """The floating inputs for which TensorFlow gives no gradient, whatever mathematics says."""
    golden = recorded(module_of(prim))
    single = [
        a.astype(np.float32) if a.dtype == np.float64 else np.asarray(a) for a in sample.inputs
    ]
    key = gradient_key(sample_key(prim, Sample(*single, **sample.attrs)))
    floating = [i for i, a in enumerate(sample.inputs) if a.dtype.kind == "f"]
    return frozenset(i for i, g in zip(floating, golden.get(key, ())) if g is None)


def distinct(samples: list[Sample]) -> list[Sample]:
    """Samples that differ in more than precision."""
    found: dict[Any, Sample] = {}
    for s in samples:
        dims = tuple((a.shape, WIDER.get(a.dtype, a.dtype.type)) for a in s.inputs)
        found.setdefault((dims, repr(sorted(s.attrs.items(), key=str))), s)
    return list(found.values())


class Point:
    """A sample in double precision, with random weights of its outputs and random directions."""

    def __init__(
        self, prim: Primitive, sample: Sample, absent: frozenset[int] = frozenset()
    ) -> None:
        self.prim = prim
        self.attrs = {
            k: WIDER_ATTRIBUTE.get(v, v) if isinstance(v, DType) else v
            for k, v in sample.attrs.items()
        }
        self.arrays = [a.astype(WIDER.get(a.dtype, a.dtype)) for a in sample.inputs]
        self.step, self.relative = STEP, RELATIVE
        try:
            infer(prim, [spec_of(a) for a in self.arrays], self.attrs)
        except Exception:  # an op without float64: coarser steps, coarser comparison
            self.arrays, self.attrs = list(sample.inputs), sample.attrs
            self.step, self.relative = 2e-3, 5e-3
        rng = np.random.default_rng(zlib.crc32(prim.name.encode()))
        self.sources = [
            i for i, a in enumerate(self.arrays) if a.dtype.kind in "fc" and i not in absent
        ]
        self.weights = [
            _normal(rng, o) if o.dtype.kind in "fc" else None for o in self.run(self.arrays)
        ]
        self.v = [_direction(rng, self.arrays[i]) for i in self.sources]
        self.u = [_direction(rng, self.arrays[i]) for i in self.sources]

    def run(self, arrays: list[np.ndarray]) -> list[np.ndarray]:
        out = apply(self.prim, *[EagerTensor(a) for a in arrays], **self.attrs)
        return [o._array for o in (out if isinstance(out, tuple) else (out,))]

    def value(self, arrays: list[np.ndarray]) -> float:
        """The weighted sum of the outputs."""
        return sum(
            _dot(w, o) for w, o in zip(self.weights, self.run(arrays), strict=True) if w is not None
        )

    def gradient(self, arrays: list[np.ndarray], second: bool = False) -> list[np.ndarray | None]:
        """Of `value` with respect to the sources; or of its scalar product with `v`."""
        inputs = [EagerTensor(a) for a in arrays]
        sources = [inputs[i] for i in self.sources]
        with GradientTape() as outer:
            outer.watch(sources)
            with GradientTape() as inner:
                inner.watch(sources)
                out = apply(self.prim, *inputs, **self.attrs)
            outputs = out if isinstance(out, tuple) else (out,)
            pairs = [
                (o, EagerTensor(w))
                for o, w in zip(outputs, self.weights, strict=True)
                if w is not None
            ]
            grads = inner.gradient([p[0] for p in pairs], sources, [p[1] for p in pairs])
            grads = [None if g is None else convert(g) for g in grads]
        if not second:
            return [None if g is None else g._array for g in grads]
        held = [(g, EagerTensor(v)) for g, v in zip(grads, self.v, strict=True) if g is not None]
        if not held:
            return [None] * len(sources)
        grads = outer.gradient([p[0] for p in held], sources, [p[1] for p in held])
        return [None if g is None else convert(g)._array for g in grads]

    def contradictions(self) -> list[str]:
        """Where rules and differences disagree."""
        try:
            first = self.gradient(self.arrays)
        except Exception as error:
            return [f"the rule raises {type(error).__name__}: {error}"]
        lines = [
            line
            for line in (
                self.compare(k, first[k], self.value, "gradient") for k in range(len(self.sources))
            )
            if line
        ]
        if lines or self.prim.name in FIRST_ORDER_ONLY:
            return lines

        def slope(arrays: list[np.ndarray]) -> float:
            grads = self.gradient(arrays)
            return sum(_dot(v, g) for v, g in zip(self.v, grads, strict=True) if g is not None)

        second = self.gradient(self.arrays, second=True)
        found = [
            self.compare(k, second[k], slope, "second-order gradient")
            for k in range(len(self.sources))
        ]
        return [line for line in found if line]

    def compare(self, k: int, grad: np.ndarray | None, function: Any, what: str) -> str | None:
        """The derivative along a random direction of one source."""
        i = self.sources[k]
        x = self.arrays[i]
        if grad is not None and (grad.shape != x.shape or grad.dtype != x.dtype):
            return f"{what} of input {i}: {grad.dtype}{grad.shape} for an input {x.dtype}{x.shape}"
        if x.size == 0:
            return None
        moved = []
        for sign in (1, -1):
            arrays = list(self.arrays)
            arrays[i] = (x + sign * self.step * self.u[k]).astype(x.dtype)
            moved.append(function(arrays))
        numeric = (moved[0] - moved[1]) / (2 * self.step)
        analytic = 0.0 if grad is None else _dot(grad, self.u[k])
        size = 1.0 + abs(numeric)
        if grad is not None:
            size += float(np.sum(np.abs(grad * self.u[k])))
        if abs(analytic - numeric) <= self.relative * size:
            return None
        return f"{what} of input {i}: the rule gives {analytic:.9g}; differences give {numeric:.9g}"


def _normal(rng: np.random.Generator, like: np.ndarray) -> np.ndarray:
    made = rng.uniform(0.3, 1.0, like.shape) * rng.choice([-1.0, 1.0], like.shape)
    if like.dtype.kind == "c":
        made = made + 1j * rng.uniform(-1.0, 1.0, like.shape)
    return np.asarray(made).astype(like.dtype)


def _direction(rng: np.random.Generator, like: np.ndarray) -> np.ndarray:
    """A random direction; that of a Hermitian matrix is Hermitian, or functions of such end."""
    made = _normal(rng, like)
    if like.ndim >= 2 and like.shape[-1] == like.shape[-2] > 1:
        if np.array_equal(like, np.conj(np.swapaxes(like, -1, -2))):
            made = (made + np.conj(np.swapaxes(made, -1, -2))) / 2
    return made


def _dot(a: np.ndarray, b: np.ndarray) -> float:
    """The real scalar product of two arrays."""
    return float(np.real(np.vdot(a.reshape(-1), b.reshape(-1))))


@functools.cache
def recorded(module: str) -> dict[str, Any]:
    return load(primitives_path(module))


@pytest.mark.parametrize("prim", primitives(), ids=lambda p: p.name)
def test_gradient_equals_tensorflow(prim: Primitive):
    """At ties, kinks and edges too, and None exactly where TensorFlow has none."""
    golden = recorded(module_of(prim))
    if prim.name in golden:
        pytest.skip(golden[prim.name])
    wrong = []
    for sample in samples_of(prim.name):
        expected = golden.get(gradient_key(sample_key(prim, sample)))
        if expected is not None:
            lines = gradient_differences(prim, sample, expected)
            if lines:
                wrong.append("\n    ".join([text_of(sample), *lines]))
    if wrong:
        pytest.fail("\n".join([*wrong[:5], f"{len(wrong)} samples disagree"]), pytrace=False)


def gradient_differences(prim: Primitive, sample: Sample, expected: list[Any]) -> list[str]:
    """Compares gradients of the sum of all outputs; only finite ones have a definite value."""
    inputs = [EagerTensor(a) for a in sample.inputs]
    sources = [t for t in inputs if t.dtype.is_floating]
    forget_seed(tf)
    with GradientTape() as tape:
        tape.watch(sources)
        out = apply(prim, *inputs, **sample.attrs)
    outputs = list(out) if isinstance(out, tuple) else [out]
    outputs = [o for o in outputs if o.dtype.is_floating]
    lines = []
    try:
        grads = tape.gradient(outputs, sources)
    except Exception as error:
        return [f"the rule raises {type(error).__name__}: {error}"]
    for i, (wanted, got) in enumerate(zip(expected, grads, strict=True)):
        if wanted is None or got is None:
            zero = wanted is not None and not decode_array(wanted).any()
            if zero and "Grad" in prim.name:
                continue  # of a gradient's gradient nobody sees whether it is zero or None
            if wanted is not None or got is not None:
                lines.append(
                    f"floating input {i}: expected {_known(wanted)}; received {_known(got)}"
                )
            continue
        e, a = decode_array(wanted), convert(got)._array
        if e.shape != a.shape or e.dtype != a.dtype:
            lines.append(
                f"floating input {i}: expected {e.dtype}{e.shape}; received {a.dtype}{a.shape}"
            )
            continue
        finite = np.isfinite(e)
        if prim.elementwise and sources[i].shape == e.shape:
            # So near to zero TensorFlow's own formulas no longer know the side of a kink.
            finite &= ~((np.abs(sources[i]._array) < 1e-20) & (sources[i]._array != 0))
        largest = float(np.max(np.abs(e), where=finite, initial=0.0))
        relative, absolute = tolerance(e.dtype.name, own_tolerance(prim.name))
        bad = mismatches(e, a, 10 * relative, 10 * absolute + relative * min(largest, 1e6)) & finite
        if bad.any():
            place = tuple(int(p) for p in np.argwhere(bad)[0])
            lines.append(
                f"floating input {i}, element {list(place)} (and {int(bad.sum()) - 1} more): "
                f"expected {e[place]}; received {a[place]}"
            )
    return lines


def _known(grad: Any) -> str:
    return "None" if grad is None else "a gradient"
