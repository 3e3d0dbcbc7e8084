"""What a primitive is tested with: each declaration names a sampler, tests draw from it.

A sampler is a callable `(draw: Draw) -> Iterable[Sample]`. NaN, infinities, signed zeros, ties,
empty and scalar shapes belong into every sampler; `unary` and `binary` put them there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType

Sampler = Callable[["Draw"], "Iterable[Sample]"]


class Sample:
    """One call of a primitive.

    Args:
      inputs: NumPy arrays, one for each input.
      grad: whether the function is smooth here, so that central differences can check the vjp
        (False for samples with ties, kinks, specials or very ill-conditioned values).
      exact: whether values must equal TensorFlow's bit for bit (integers always must).
      attrs: the primitive's attributes.
    """

    __slots__ = ("attrs", "exact", "grad", "inputs")

    def __init__(
        self, *inputs: np.ndarray, grad: bool = True, exact: bool = False, **attrs: Any
    ) -> None:
        self.inputs = inputs
        self.grad = grad
        self.exact = exact
        self.attrs = attrs

    def __repr__(self) -> str:
        args = [f"{a.dtype}{list(a.shape)}" for a in self.inputs]
        args += [f"{k}={v!r}" for k, v in self.attrs.items()]
        return f"Sample({', '.join(args)})"


class Draw:
    """A seeded source of arrays; the same seed gives the same samples on every machine."""

    def __init__(self, seed: int = 0) -> None:
        self.rng = np.random.Generator(np.random.PCG64(seed))

    def reals(
        self, *shape: int, low: float = -3.0, high: float = 3.0, dtype: DType = dtypes.float32
    ) -> np.ndarray:
        """Uniform values of a floating, complex or integer dtype."""
        if dtype.is_complex:
            both = self.rng.uniform(low, high, (2, *shape))
            return np.asarray(both[0] + 1j * both[1]).astype(dtype.np)
        if dtype.is_integer:
            floor = 0 if dtype.is_unsigned else int(low)
            return self.ints(*shape, low=floor, high=max(int(high), floor + 1), dtype=dtype)
        return self.rng.uniform(low, high, shape).astype(dtype.np)

    def ints(
        self, *shape: int, low: int = 0, high: int = 10, dtype: DType = dtypes.int32
    ) -> np.ndarray:
        """Uniform integers in `[low, high)`."""
        return self.rng.integers(low, high, shape).astype(dtype.np)

    def bools(self, *shape: int) -> np.ndarray:
        """Fair coins."""
        return self.rng.integers(0, 2, shape).astype(bool)

    def distinct(self, *shape: int, dtype: DType = dtypes.float32) -> np.ndarray:
        """Values at least 0.5 apart, in random order: no ties for max, sort and top-k."""
        count = int(np.prod(shape))
        values = (self.rng.permutation(count) - count / 2) * 0.5
        return values.reshape(shape).astype(dtype.np)


SPECIALS = (np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1e-30, -1e-30, 1e30, 88.0)
"""Values that every floating elementwise op must treat as TensorFlow does."""

INTEGER_SPECIALS = (0, 1, 2, 3, 7, 100)


def _special_values(dtype: DType) -> np.ndarray:
    if dtype.is_floating:
        with np.errstate(all="ignore"):
            return np.array(SPECIALS).astype(dtype.np)
    if dtype.is_complex:  # what comes of infinities differs from one C++ library to the next
        return np.array([0.0, 1.0, -0.5, 2j, 0.5 - 3j], dtype.np)
    if dtype.is_bool:
        return np.array([True, False])
    low = [] if dtype.is_unsigned else [-1, -2, -7, -100]
    return np.array([*INTEGER_SPECIALS, *low]).astype(dtype.np)


def unary(
    low: float = -3.0,
    high: float = 3.0,
    over: Collection[DType] = dtypes.FLOATING,
    specials: bool = True,
    grad: bool = True,
    **attrs: Any,
) -> Sampler:
    """Samples for a function of one array: dtypes `over`, shapes, and special values.

    Args:
      low: least value where the function is smooth and defined.
      high: greatest such value.
      over: dtypes to draw.
      specials: whether NaN, infinities, zeros and other special values are inputs too.
      grad: whether the function is smooth on `[low, high]`.
      **attrs: attributes every sample carries.
    """

    def sample(draw: Draw) -> Iterator[Sample]:
        for dtype in sorted(over, key=lambda d: d.name):
            smooth = grad and dtype in (dtypes.float32, dtypes.float64)
            yield Sample(draw.reals(3, 4, low=low, high=high, dtype=dtype), grad=smooth, **attrs)
            if specials:
                yield Sample(_special_values(dtype), grad=False, **attrs)
        widest = dtypes.float32 if dtypes.float32 in over else min(over, key=lambda d: d.name)
        for shape in ((), (0,), (5,), (2, 0, 3), (2, 1, 3)):
            yield Sample(draw.reals(*shape, low=low, high=high, dtype=widest), grad=False, **attrs)

    return sample


def binary(
    low: float = -3.0,
    high: float = 3.0,
    over: Collection[DType] = dtypes.FLOATING,
    low2: float | None = None,
    high2: float | None = None,
    specials: bool = True,
    grad: bool = True,
    **attrs: Any,
) -> Sampler:
    """Samples for a function of two arrays that broadcast: dtypes, shapes, all special pairs.

    Args:
      low: least value of the first input where the function is smooth.
      high: greatest such value.
      over: dtypes to draw.
      low2: as `low`, for the second input (default: the same).
      high2: as `high`, for the second input.
      specials: whether pairs of special values (and so ties) are inputs too.
      grad: whether the function is smooth between these bounds.
      **attrs: attributes every sample carries.
    """
    low2 = low if low2 is None else low2
    high2 = high if high2 is None else high2

    def sample(draw: Draw) -> Iterator[Sample]:
        for dtype in sorted(over, key=lambda d: d.name):
            smooth = grad and dtype in (dtypes.float32, dtypes.float64)
            x = draw.reals(3, 4, low=low, high=high, dtype=dtype)
            y = draw.reals(3, 4, low=low2, high=high2, dtype=dtype)
            yield Sample(x, y, grad=smooth, **attrs)
            if specials:
                values = _special_values(dtype)
                yield Sample(values[:, None], values[None, :], grad=False, **attrs)
        widest = dtypes.float32 if dtypes.float32 in over else min(over, key=lambda d: d.name)
        shapes: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (
            ((), ()), ((3,), ()), ((), (3,)), ((1, 4), (3, 1)), ((2, 1, 3), (4, 1)),
            ((0,), (1,)), ((2, 0), (1, 1)), ((0,), ()),
        )  # fmt: skip
        for a, b in shapes:
            x = draw.reals(*a, low=low, high=high, dtype=widest)
            y = draw.reals(*b, low=low2, high=high2, dtype=widest)
            yield Sample(x, y, grad=grad and widest.is_floating, **attrs)

    return sample


def cases(make: Callable[[Draw], Iterable[Sample]]) -> Sampler:
    """Marks a function that yields its samples one by one."""
    return make
