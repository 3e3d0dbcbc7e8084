"""Absolute value, sign, rounding, and what kind of number an element is."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import elementwise
from tapeflow.engine.ir.primitive import NOT_DIFFERENTIABLE, primitive
from tapeflow.engine.ir.samples import unary as unary_samples
from tapeflow.engine.ops.math import arithmetic, complex_numbers
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import unary
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor

_SIGNED_REAL = dtypes.FLOATING | dtypes.SIGNED_INTEGERS

abs_p = primitive(
    "Abs",
    infer=elementwise(_SIGNED_REAL),
    kernel=np.absolute,
    vjp=lambda ctx, dy: (arithmetic.multiply(dy, sign(ctx.inputs[0])),),
    lower=lambda b, x: b.abs(x),
    samples=unary_samples(0.5, 3.0, over=_SIGNED_REAL),
)


@export("math.abs", "abs")
def abs(x: Any, name: str | None = None) -> Any:
    """Computes the absolute value elementwise.

    Args:
      x: tensor of a floating, signed integer or complex dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape of `x`; of its dtype, or of the parts' dtype for complex numbers. The
      least integer of a dtype has no counterpart and stays as it is.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.abs([-1.5, 0.0, 2.0]).numpy()
      array([1.5, 0. , 2. ], dtype=float32)
    """
    if type(x) is not EagerTensor:
        if not isinstance(x, Tensor):
            x = convert(x)
    if x.dtype.is_complex:
        return complex_numbers.complex_abs(x)
    return unary(abs_p, x)


def _sign_kernel(x: np.ndarray) -> Any:
    if x.dtype.kind == "V":
        return np.sign(x) + x.dtype.type(0)  # -0 gives 0, which ml_dtypes forgets
    if x.dtype.kind != "c":
        return np.sign(x)
    size = np.absolute(x)
    return np.where(x == 0, x.dtype.type(0), x / size)


def _sign_vjp(ctx: Any, dy: Any) -> Any:
    x = ctx.inputs[0]
    if not x.dtype.is_complex:
        return (arithmetic.multiply(dy, 0),)
    # y = x/|x| turns with x but does not grow: only dy's part across y comes through.
    y = ctx.outputs[0]
    across = complex_numbers.imag(arithmetic.multiply(complex_numbers.conj(y), dy))
    turned = complex_numbers.complex(arithmetic.multiply(across, 0), across)
    size = abs(x)
    safe = complex_numbers.complex(size, arithmetic.multiply(size, 0))
    from tapeflow.engine.ops.math.division import divide_no_nan

    return (divide_no_nan(arithmetic.multiply(turned, y), safe),)


def _lower_sign(b: Any, x: Any) -> Any:
    one, zero = b.const(1, x), b.const(0, x)
    if b.is_complex(x):
        size = b.abs(x)
        return b.select(b.eq(x, zero), zero, b.div(x, b.complex(size, b.sub(size, size))))
    nonzero = b.select(b.gt(x, zero), one, b.select(b.lt(x, zero), b.const(-1, x), zero))
    return b.select(b.ne(x, x), x, nonzero)


sign_p = primitive(
    "Sign",
    infer=elementwise(_SIGNED_REAL | dtypes.COMPLEX),
    kernel=_sign_kernel,
    vjp=_sign_vjp,
    lower=_lower_sign,
    samples=unary_samples(0.5, 3.0, over=_SIGNED_REAL | dtypes.COMPLEX),
)


@export("math.sign", "sign")
def sign(x: Any, name: str | None = None) -> Any:
    """Computes -1, 0 or 1 by the sign of each element; `x / abs(x)` for complex numbers.

    Args:
      x: tensor of a floating, signed integer or complex dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.sign([-2.5, 0.0, float("nan"), 3.0]).numpy()
      array([-1.,  0., nan,  1.], dtype=float32)
    """
    return unary(sign_p, x)


def _flat(ctx: Any, dy: Any) -> Any:
    """The vjp of a step function, through which TensorFlow lets no gradient pass."""
    return (None,)


floor_p = primitive(
    "Floor",
    infer=elementwise(dtypes.FLOATING),
    kernel=np.floor,
    vjp=_flat,
    lower=lambda b, x: b.floor(x),
    samples=unary_samples(),
)


@export("math.floor", "floor")
def floor(x: Any, name: str | None = None) -> Any:
    """Computes the greatest integer not greater than each element.

    Args:
      x: tensor of a floating dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.floor([1.7, -1.2, 3.0]).numpy()
      array([ 1., -2.,  3.], dtype=float32)
    """
    return unary(floor_p, x)


ceil_p = primitive(
    "Ceil",
    infer=elementwise(dtypes.FLOATING),
    kernel=np.ceil,
    vjp=_flat,
    lower=lambda b, x: b.ceil(x),
    samples=unary_samples(),
)


@export("math.ceil")
def ceil(x: Any, name: str | None = None) -> Any:
    """Computes the least integer not less than each element.

    Args:
      x: tensor of a floating dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.ceil([1.2, -1.2, 3.0]).numpy()
      array([ 2., -1.,  3.], dtype=float32)
    """
    return unary(ceil_p, x)


rint_p = primitive(
    "Rint",
    infer=elementwise({dtypes.float32, dtypes.float64}, missing={dtypes.bfloat16, dtypes.float16}),
    kernel=np.rint,
    vjp=_flat,
    lower=lambda b, x: b.round_even(x),
    samples=unary_samples(over={dtypes.float32, dtypes.float64}),
)


@export("math.rint")
def rint(x: Any, name: str | None = None) -> Any:
    """Computes the nearest integer of each element, halves to even.

    Args:
      x: tensor of float32 or float64.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.rint([0.5, 1.5, -1.7]).numpy()
      array([ 0.,  2., -2.], dtype=float32)
    """
    return unary(rint_p, x)


round_p = primitive(
    "Round",
    infer=elementwise(
        dtypes.FLOATING | dtypes.INDEX,
        missing=dtypes.COMPLEX | {dtypes.int8, dtypes.int16},
    ),
    kernel=lambda x: np.rint(x) if x.dtype.kind not in "iu" else x,
    vjp=_flat,
    lower=lambda b, x: b.round_even(x),
    samples=unary_samples(),
)


@export("math.round", "round")
def round(x: Any, name: str | None = None) -> Any:
    """Computes the nearest integer of each element, halves to even.

    Args:
      x: tensor of a floating or integer dtype; integers are given back as they are.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.NotFoundError: for complex dtypes.
      tf.errors.InvalidArgumentError: for strings and booleans.

    Example:
      >>> import tapeflow as tf
      >>> tf.round([0.9, 2.5, 2.3, 1.5, -4.5]).numpy()
      array([ 1.,  2.,  2.,  2., -4.], dtype=float32)
    """
    x = convert(x)
    if x.dtype.is_integer:
        return x
    return unary(round_p, x)


def _classifier(name: str, kernel: Any, lower: Any) -> Any:
    return primitive(
        name,
        infer=elementwise(dtypes.FLOATING, dtypes.bool_),
        kernel=kernel,
        vjp=NOT_DIFFERENTIABLE,
        lower=lower,
        samples=unary_samples(grad=False),
    )


is_nan_p = _classifier("IsNan", np.isnan, lambda b, x: b.ne(x, x))
is_inf_p = _classifier("IsInf", np.isinf, lambda b, x: b.eq(b.abs(x), b.const(float("inf"), x)))
is_finite_p = _classifier(
    "IsFinite", np.isfinite, lambda b, x: b.lt(b.abs(x), b.const(float("inf"), x))
)


@export("math.is_nan", "debugging.is_nan")
def is_nan(x: Any, name: str | None = None) -> Any:
    """Tells which elements are NaN.

    Args:
      x: tensor of a floating dtype.
      name: ignored in eager mode.

    Returns:
      A bool tensor of the shape of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.is_nan([1.0, float("nan"), float("inf")]).numpy()
      array([False,  True, False])
    """
    return unary(is_nan_p, x)


@export("math.is_inf")
def is_inf(x: Any, name: str | None = None) -> Any:
    """Tells which elements are infinite.

    Args:
      x: tensor of a floating dtype.
      name: ignored in eager mode.

    Returns:
      A bool tensor of the shape of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.is_inf([1.0, float("nan"), float("inf")]).numpy()
      array([False, False,  True])
    """
    return unary(is_inf_p, x)


@export("math.is_finite")
def is_finite(x: Any, name: str | None = None) -> Any:
    """Tells which elements are neither infinite nor NaN.

    Args:
      x: tensor of a floating dtype.
      name: ignored in eager mode.

    Returns:
      A bool tensor of the shape of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.is_finite([1.0, float("nan"), float("inf")]).numpy()
      array([ True, False, False])
    """
    return unary(is_finite_p, x)
