"""Generated functions are as near to the exact results as `BOUNDS` says, with every width."""

from __future__ import annotations

import numpy as np
import pytest

from harness.emitted import TARGETS, run_emitted, ulps
from harness.exact_functions import LONG_IS_LONGER, exact
from tapeflow.engine.backends.llvm.vector_math.bounds import BOUNDS
from tapeflow.engine.core.dtypes import FROM_NUMPY, float32, float64

TWO_ARGUMENTS = ("pow", "atan2", "rem", "nextafter")
EXACT = ("sqrt", "floor", "ceil", "rem", "nextafter")
FUNCTIONS = sorted({*BOUNDS, *EXACT})
SPECIALS = [
    *(0.0, 1.0, 2.0, 0.5, 0.25, 0.75, 0.92, 1.5, 2.5, 3.0, 7.0, 9.02, 20.0, 28.0, np.inf, np.nan),
    *(88.72284, 87.33655, 89.41599, 103.97, 709.782712893384, 708.3964, 710.4758, 745.13),
    *(np.pi / 4, np.pi / 2, np.pi, 1e5, 2.0**20, 1e22, 1e38, 1e-30, 1e-38, 1e-44, 5e-324, 1e300),
    *(0.41421356, 2.4142135, 0.70710677, 1.4142135, 2.0**23, 2.0**24 + 2, 2.0**52 + 1),
]


def with_neighbours(dtype: type) -> np.ndarray:
    with np.errstate(all="ignore"):
        found = np.array([*SPECIALS, *[-s for s in SPECIALS]]).astype(dtype)
    up, down = np.nextafter(found, dtype(np.inf)), np.nextafter(found, dtype(-np.inf))
    return np.concatenate([found, up, down])


def one_argument(name: str, dtype: type) -> np.ndarray:
    rng = np.random.default_rng(4)
    if name in ("erf", "erfc"):  # exact results take a while
        found = [rng.uniform(-6, 10, 2000), rng.uniform(9, 28, 400), rng.normal(size=200) * 1e-3]
    elif dtype is np.float32:
        found = [np.arange(0, 2**32, 4099, dtype=np.int64).astype(np.uint32).view(np.float32)]
    else:
        bits = rng.integers(0, 2**64, 20_000, dtype=np.uint64).view(np.float64)
        near = [rng.uniform(-750, 720, 20_000), 1 + rng.normal(size=9000) * 1e-3]
        found = [bits, rng.normal(size=20_000) * 5, rng.uniform(-1, 1, 20_000), *near]
    with np.errstate(all="ignore"):
        return np.concatenate([*found, with_neighbours(dtype)]).astype(dtype)


def two_arguments(dtype: type) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    count = 20_000
    unsigned = np.uint32 if dtype is np.float32 else np.uint64
    highest = np.iinfo(unsigned).max

    def any_bits() -> np.ndarray:
        return rng.integers(0, highest, count, dtype=unsigned).view(dtype)

    some = with_neighbours(dtype)[:: 5 if dtype is np.float32 else 7]
    left = [any_bits(), rng.normal(size=count), rng.uniform(0, 50, count)]
    left += [1 + rng.normal(size=count) * 1e-3, rng.integers(-40, 40, count)]
    right = [any_bits(), rng.normal(size=count), rng.uniform(-20, 20, count)]
    right += [rng.normal(size=count) * 1e4, rng.integers(-40, 40, count)]
    left.append(np.repeat(some, some.size))
    right.append(np.tile(some, some.size))
    with np.errstate(all="ignore"):
        return np.concatenate(left).astype(dtype), np.concatenate(right).astype(dtype)


@pytest.mark.parametrize("width", TARGETS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda d: d.__name__)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_within_bound(name: str, dtype: type, width: str):
    if dtype is np.float64 and not LONG_IS_LONGER:
        pytest.skip("there is no wider float here to compare float64 with")
    arrays = two_arguments(dtype) if name in TWO_ARGUMENTS else (one_argument(name, dtype),)
    known = FROM_NUMPY[np.dtype(dtype)]
    got = run_emitted(lambda b, *x: getattr(b, name)(*x), arrays, known, TARGETS[width])
    off = ulps(got, reference(name, dtype, arrays))
    worst = int(off.argmax())
    bound = BOUNDS[name][known is float64] if name in BOUNDS else 0.5
    at = ", ".join(repr(a[worst]) for a in arrays)
    assert off[worst] <= bound, f"{name}({at}) = {got[worst]!r}, off by {off[worst]:.3g} ulp"


_references: dict[tuple[str, type], np.ndarray] = {}


def reference(name: str, dtype: type, arrays: tuple[np.ndarray, ...]) -> np.ndarray:
    if (name, dtype) not in _references:
        _references[name, dtype] = exact(name, *arrays)
    return _references[name, dtype]


def test_bounds_are_what_was_asked_for():
    assert all(single <= 4 and double <= 4 for single, double in BOUNDS.values())


@pytest.mark.parametrize("width", TARGETS)
def test_results_stay_in_range(width: str):
    x = one_argument("tanh", np.float32)
    for name in ("tanh", "erf", "sin", "cos"):
        y = run_emitted(lambda b, x, name=name: getattr(b, name)(x), [x], float32, TARGETS[width])
        assert np.nanmax(np.abs(y)) <= 1, name
