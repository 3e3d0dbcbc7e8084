"""Complex numbers: their parts, absolute value, angle and conjugate."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import broadcast, elementwise, require_dtype, require_same_dtype
from tapeflow.engine.ir.primitive import primitive
from tapeflow.engine.ir.samples import binary as binary_samples
from tapeflow.engine.ir.samples import unary as unary_samples
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.math import arithmetic, comparison, magnitude
from tapeflow.engine.ops.math.broadcasting import sum_to_shape_of
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import Tensor

_PARTS = {dtypes.complex64: dtypes.float32, dtypes.complex128: dtypes.float64}
_WHOLES = {part: whole for whole, part in _PARTS.items()}


def _part(input: Spec, Tout: DType | None = None) -> Spec:
    require_dtype(input, dtypes.COMPLEX)
    part = _PARTS[input.dtype]
    if Tout is not None and Tout is not part:
        from tapeflow.engine.core.errors import NotFoundError

        raise NotFoundError(
            None, None, f"Tout: expected {part.name}, the parts of {input.dtype.name}; received "
            f"{Tout.name}"
        )  # fmt: skip
    return Spec(part, input.shape)


def _whole(real: Spec, imag: Spec, Tout: DType) -> Spec:
    require_same_dtype(real, imag)
    require_dtype(real, _WHOLES)
    return Spec(Tout, broadcast(real.shape, imag.shape))


def _complex_kernel(real: np.ndarray, imag: np.ndarray, Tout: DType) -> np.ndarray:
    out = np.empty(np.broadcast_shapes(real.shape, imag.shape), Tout.np)
    out.real = real
    out.imag = imag
    return out


def _complex_samples(draw: Any) -> Any:
    for real, whole in ((dtypes.float32, dtypes.complex64), (dtypes.float64, dtypes.complex128)):
        for sample in binary_samples(over={real})(draw):
            sample.attrs["Tout"] = whole
            yield sample


def _part_samples(draw: Any) -> Any:
    for whole, real in _PARTS.items():
        for sample in unary_samples(over={whole}, grad=False)(draw):
            sample.attrs["Tout"] = real
            yield sample


def _pair(re: Any, im: Any) -> Any:
    return apply(complex_p, re, im, Tout=_WHOLES[re.dtype])


def _nothing(like: Any) -> Any:
    return arithmetic.multiply(like, 0)


complex_p = primitive(
    "Complex",
    infer=_whole,
    kernel=_complex_kernel,
    vjp=lambda ctx, dy: (
        sum_to_shape_of(real(dy), ctx.inputs[0]),
        sum_to_shape_of(imag(dy), ctx.inputs[1]),
    ),
    lower=lambda b, x, y, Tout: b.complex(x, y),
    samples=_complex_samples,
)

conj_p = primitive(
    "Conj",
    infer=elementwise(dtypes.COMPLEX),
    kernel=np.conjugate,
    vjp=lambda ctx, dy: (conj(dy),),
    lower=lambda b, x: b.complex(b.real(x), b.neg(b.imag(x))),
    samples=unary_samples(over=dtypes.COMPLEX),
)

real_p = primitive(
    "Real",
    infer=_part,
    kernel=lambda input, Tout=None: input.real,
    vjp=lambda ctx, dy: (_pair(dy, _nothing(dy)),),
    lower=lambda b, x, Tout=None: b.real(x),
    samples=_part_samples,
)

imag_p = primitive(
    "Imag",
    infer=_part,
    kernel=lambda input, Tout=None: input.imag,
    vjp=lambda ctx, dy: (_pair(_nothing(dy), dy),),
    lower=lambda b, x, Tout=None: b.imag(x),
    samples=_part_samples,
)


def _angle_kernel(input: np.ndarray, Tout: DType | None = None) -> Any:
    return np.arctan2(input.imag, input.real)


def _angle_vjp(ctx: Any, dy: Any) -> Any:
    # d(angle) = Im(conj(z) dz) / |z|^2, whose conjugate cotangent is i z / |z|^2 = i / conj(z).
    z = ctx.inputs[0]
    turned = _pair(_nothing(dy), dy)
    return (arithmetic.realdiv(turned, conj(z)),)


angle_p = primitive(
    "Angle",
    infer=_part,
    kernel=_angle_kernel,
    vjp=_angle_vjp,
    lower=lambda b, x, Tout=None: b.atan2(b.imag(x), b.real(x)),
    samples=_part_samples,
)

complex_abs_p = primitive(
    "ComplexAbs",
    infer=_part,
    kernel=lambda input, Tout=None: np.absolute(input),
    vjp=lambda ctx, dy: (
        arithmetic.multiply(_pair(dy, _nothing(dy)), magnitude.sign(ctx.inputs[0])),
    ),
    lower=lambda b, x, Tout=None: b.abs(x),
    samples=_part_samples,
)


def complex_abs(x: Tensor) -> Any:
    """The absolute value of a complex tensor, of the dtype of its parts."""
    return apply(complex_abs_p, x, Tout=_PARTS[x.dtype])


def part_dtype(dtype: DType) -> DType:
    """float32 for complex64, float64 for complex128."""
    return _PARTS[dtype]


@export("dtypes.complex", "complex")
def complex(real: Any, imag: Any, name: str | None = None) -> Any:
    """Makes complex numbers of real and imaginary parts.

    Args:
      real: tensor of float32 or float64.
      imag: tensor of the same dtype; the shapes broadcast.
      name: ignored in eager mode.

    Returns:
      A tensor of the broadcast shape; complex64 for float32, complex128 for float64.

    Raises:
      TypeError: for other dtypes, or different ones.

    Example:
      >>> import tapeflow as tf
      >>> tf.complex([2.25, 3.25], [4.75, 5.75]).numpy()
      array([2.25+4.75j, 3.25+5.75j], dtype=complex64)
    """
    real, imag = convert(real), convert(imag)
    whole = _WHOLES.get(real.dtype)
    if whole is None or real.dtype is not imag.dtype:
        raise TypeError(
            "Complex: `real` and `imag`: expected float32 or float64, the same for both; received "
            f"{real.dtype.name} and {imag.dtype.name}"
        )
    return apply(complex_p, real, imag, Tout=whole)


@export("math.real")
def real(input: Any, name: str | None = None) -> Any:
    """Gives the real part of each element.

    Args:
      input: tensor of a numeric dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of float32 or float64 for complex64 or complex128; else `input` itself.

    Raises:
      TypeError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.real([1 + 2j, 3.0]).numpy()
      array([1., 3.])
    """
    input = convert(input)
    if input.dtype.is_complex:
        return apply(real_p, input, Tout=_PARTS[input.dtype])
    if input.dtype.is_numeric:
        return input
    raise TypeError(f"Real: input: expected a numeric dtype; received {input.dtype.name}")


@export("math.imag")
def imag(input: Any, name: str | None = None) -> Any:
    """Gives the imaginary part of each element.

    Args:
      input: tensor of a numeric dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of float32 or float64 for complex64 or complex128; else zeros like `input`.

    Raises:
      TypeError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.imag([1 + 2j, 3.0]).numpy()
      array([2., 0.])
    """
    input = convert(input)
    if input.dtype.is_complex:
        return apply(imag_p, input, Tout=_PARTS[input.dtype])
    from tapeflow.engine.ops.array.creation import zeros_like

    return zeros_like(input)


@export("math.angle")
def angle(input: Any, name: str | None = None) -> Any:
    """Gives the argument (phase angle) of each element, in radians between -pi and pi.

    Args:
      input: tensor of a floating or complex dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of float32 or float64 for complex64 or complex128; for real dtypes pi where the
      element is negative, else 0, in the dtype of `input`.

    Raises:
      TypeError: for integers.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.angle([-1 + 0j, 1j]).numpy()
      array([3.14159265, 1.57079633])
    """
    input = convert(input)
    if input.dtype.is_complex:
        return apply(angle_p, input, Tout=_PARTS[input.dtype])
    from tapeflow.engine.ops.array import selection
    from tapeflow.engine.ops.array.creation import zeros_like

    half_turn = convert(np.pi, input.dtype)
    negative = comparison.less(input, 0)
    return selection.where(
        negative, arithmetic.multiply(half_turn, _ones(input)), zeros_like(input)
    )


def _ones(x: Any) -> Any:
    from tapeflow.engine.ops.array.creation import ones_like

    return ones_like(x)


@export("math.conj")
def conj(x: Any, name: str | None = None) -> Any:
    """Gives the complex conjugate of each element.

    Args:
      x: tensor of a numeric dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`; `x` itself for real dtypes.

    Raises:
      TypeError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.conj([1 + 2j, 3.0]).numpy()
      array([1.-2.j, 3.-0.j])
    """
    if not isinstance(x, Tensor):
        x = convert(x)
    if x.dtype.is_complex:
        return apply(conj_p, x)
    if x.dtype.is_numeric:
        return x
    raise TypeError(f"Conj: x: expected a numeric dtype; received {x.dtype.name}")
