"""What the special functions share: kernels that compute in float64 whatever the dtype."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.ir.infer import elementwise
from tapeflow.engine.ir.primitive import HOST, Primitive, primitive
from tapeflow.engine.ir.samples import Draw, Sample, Sampler
from tapeflow.engine.ir.samples import unary as unary_samples

DOUBLE = frozenset({dtypes.float32, dtypes.float64})


def in_float64(function: Callable[..., Any], single: Any = None) -> Callable[..., np.ndarray]:
    """A kernel that widens its inputs, calls `function` and rounds the result once.

    Where `single` is given, it computes float32 arrays instead.
    """

    def kernel(*arrays: np.ndarray) -> np.ndarray:
        dtype = arrays[0].dtype
        if single is not None and dtype == np.float32:
            return np.asarray(single(*arrays))
        wide = [np.asarray(a, np.float64) for a in arrays]
        return np.asarray(function(*wide)).astype(dtype)

    return kernel


def with_edges(sampler: Sampler, over: Collection[DType], *edges: float) -> Sampler:
    """The samples of `sampler`, and one for each dtype with the values `edges`."""

    def sample(draw: Draw) -> Iterator[Sample]:
        yield from sampler(draw)
        for dtype in sorted(over, key=lambda d: d.name):
            yield Sample(np.array(edges).astype(dtype.np), grad=False)

    return sample


def special(
    name: str,
    function: Callable[..., Any],
    vjp: Any,
    low: float,
    high: float,
    *edges: float,
    half: bool = True,
    bfloat: bool = False,
    lower: Any = HOST,
    single: Any = None,
) -> Primitive:
    """Declares a special function of one variable.

    Args:
      name: the op type.
      function: computes it on float64 arrays.
      vjp: the gradient rule.
      low: least sample.
      high: greatest sample.
      *edges: further arguments to test.
      half: whether TensorFlow has a kernel for float16.
      bfloat: whether it has one for bfloat16.
      lower: the elementwise code, or `HOST`.
      single: computes it on float32 arrays, faster.
    """
    over = set(DOUBLE)
    if half:
        over.add(dtypes.float16)
    if bfloat:
        over.add(dtypes.bfloat16)
    return primitive(
        name,
        infer=elementwise(over, missing=dtypes.FLOATING - over),
        kernel=in_float64(function, single),
        vjp=vjp,
        lower=lower,
        samples=with_edges(unary_samples(low, high, over=over, specials=False), over, *edges),
    )
