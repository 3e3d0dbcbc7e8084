"""The builder protocol on NumPy arrays: the definition of what generated code must compute.

`lower` of an elementwise primitive, called with a `NumpyBuilder` and arrays that broadcast, gives
the array of results. The float types of 8 and 16 bits are computed in float32, as compilers do.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.core.dtypes import FROM_NUMPY, DType

Array = np.ndarray[Any, Any]


def _whole(x: Array) -> bool:
    return x.dtype.kind in "iu"


def _by_element(function: Callable[[float], float]) -> Callable[[Any, Array], Array]:
    """A method from a function of one Python float: NumPy has no such ufunc."""

    def method(self: Any, x: Array) -> Array:
        values = [function(float(v)) for v in np.asarray(x).reshape(-1)]
        return np.array(values, np.float64).astype(x.dtype).reshape(np.shape(x))

    return method


class NumpyBuilder:
    """Evaluates scalar code for all elements at once; see `ir.builder.Builder`."""

    # Arithmetic.
    add = staticmethod(np.add)
    sub = staticmethod(np.subtract)
    mul = staticmethod(np.multiply)
    neg = staticmethod(np.negative)
    abs = staticmethod(np.abs)
    pow = staticmethod(np.power)
    atan2 = staticmethod(np.arctan2)
    nextafter = staticmethod(np.nextafter)

    def div(self, x: Array, y: Array) -> Any:
        """The quotient; of integers it is truncated towards zero."""
        if not _whole(x):
            return np.true_divide(x, y)
        # C's quotient from Python's: one more where the signs differ and something is left over.
        quotient = np.floor_divide(x, y)
        left_over = np.not_equal(np.multiply(quotient, y), x)
        differ = np.logical_xor(np.less(x, 0), np.less(y, 0))
        return np.add(quotient, np.logical_and(left_over, differ).astype(x.dtype))

    def rem(self, x: Array, y: Array) -> Any:
        """What `div` leaves over, with the sign of x."""
        return np.fmod(x, y)

    def maximum(self, x: Array, y: Array) -> Any:
        """The greater one; of equal values the first; NaN if either is."""
        return np.where(np.isnan(y) | np.less(x, y), y, x) if not _whole(x) else np.maximum(x, y)

    def minimum(self, x: Array, y: Array) -> Any:
        """The lesser one; of equal values the first; NaN if either is."""
        return np.where(np.isnan(y) | np.greater(x, y), y, x) if not _whole(x) else np.minimum(x, y)

    # Functions of one value.
    exp = staticmethod(np.exp)
    expm1 = staticmethod(np.expm1)
    log = staticmethod(np.log)
    log1p = staticmethod(np.log1p)
    sqrt = staticmethod(np.sqrt)
    sin = staticmethod(np.sin)
    cos = staticmethod(np.cos)
    tan = staticmethod(np.tan)
    asin = staticmethod(np.arcsin)
    acos = staticmethod(np.arccos)
    atan = staticmethod(np.arctan)
    sinh = staticmethod(np.sinh)
    cosh = staticmethod(np.cosh)
    tanh = staticmethod(np.tanh)
    asinh = staticmethod(np.arcsinh)
    acosh = staticmethod(np.arccosh)
    atanh = staticmethod(np.arctanh)
    floor = staticmethod(np.floor)
    ceil = staticmethod(np.ceil)
    round_even = staticmethod(np.rint)
    erf = _by_element(math.erf)
    erfc = _by_element(math.erfc)

    # Comparisons and choice.
    eq = staticmethod(np.equal)
    ne = staticmethod(np.not_equal)
    lt = staticmethod(np.less)
    le = staticmethod(np.less_equal)
    gt = staticmethod(np.greater)
    ge = staticmethod(np.greater_equal)
    select = staticmethod(np.where)

    # Booleans and bits.
    and_ = staticmethod(np.bitwise_and)
    or_ = staticmethod(np.bitwise_or)
    xor = staticmethod(np.bitwise_xor)
    not_ = staticmethod(np.invert)
    shl = staticmethod(np.left_shift)
    shr = staticmethod(np.right_shift)

    # Values.
    def is_integer(self, x: Array) -> bool:
        """Whether the dtype of `x` is an integer."""
        return x.dtype.kind in "iu"

    def is_complex(self, x: Array) -> bool:
        """Whether the dtype of `x` is complex."""
        return x.dtype.kind == "c"

    def bits(self, x: Array) -> int:
        """The width of the dtype of `x` in bits."""
        return 8 * x.dtype.itemsize

    def const(self, value: complex, like: Array) -> Any:
        """A constant of the dtype of `like`; integers wrap around."""
        if like.dtype.kind in "iu" and isinstance(value, int):
            bits = 8 * like.dtype.itemsize
            value = (value + (1 << bits)) % (1 << bits)
            return np.array(value, f"uint{bits}").astype(like.dtype)
        return np.array(value).astype(like.dtype)

    def cast(self, x: Array, dtype: DType) -> Any:
        """Conversion: to boolean whether it is nonzero; from complex the real part."""
        if dtype.is_bool:
            return np.not_equal(x, 0)
        if np.iscomplexobj(x) and not dtype.is_complex:
            x = np.real(x)
        return x.astype(dtype.np)

    real = staticmethod(np.real)
    imag = staticmethod(np.imag)

    def complex(self, re: Array, im: Array) -> Any:
        """The complex number of a real and an imaginary part."""
        made = np.empty(np.broadcast_shapes(np.shape(re), np.shape(im)), np.result_type(re, 1j))
        made.real, made.imag = re, im
        return made


def evaluate(
    lower: Callable[..., Any], arrays: tuple[Array, ...], attrs: dict[str, Any], result: DType
) -> Array:
    """The result of an elementwise `lower` for inputs that broadcast together.

    Args:
      lower: the rule of an elementwise primitive.
      arrays: its inputs.
      attrs: its attributes.
      result: the dtype that the shape rule gives the output.

    Returns:
      An array of the broadcast shape; computed in float32 and rounded where `result` is narrower.
    """
    wide = [a.astype(np.float32) if _is_narrow(FROM_NUMPY[a.dtype]) else a for a in arrays]
    with np.errstate(all="ignore"):
        out = np.asarray(lower(NumpyBuilder(), *wide, **attrs))
        if _is_narrow(result) and out.dtype == np.float32:
            out = out.astype(result.np)
    return np.broadcast_to(out, np.broadcast_shapes(*[a.shape for a in arrays], out.shape))


def _is_narrow(dtype: DType) -> bool:
    return dtype.is_floating and dtype.size < 4
