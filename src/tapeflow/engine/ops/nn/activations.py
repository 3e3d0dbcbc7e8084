"""Activations with a bend at zero: their primitives, gradients, and public functions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import elementwise, merge_dims, require_dtype, require_same_dtype
from tapeflow.engine.ir.primitive import primitive
from tapeflow.engine.ir.samples import SPECIALS, Draw, Sample
from tapeflow.engine.ir.samples import unary as unary_samples
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import creation
from tapeflow.engine.ops.array.concatenation import concat
from tapeflow.engine.ops.math import casting, comparison, magnitude
from tapeflow.engine.ops.math.activations import relu, sigmoid, softplus, tanh
from tapeflow.engine.ops.math.arithmetic import add, multiply, negative, realdiv
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply, unary
from tapeflow.engine.runtime.tensor import Tensor

# The self-normalizing constants of Klambauer et al., "Self-Normalizing Neural Networks" (2017).
SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772
_SELU_LIMIT = SELU_SCALE * SELU_ALPHA


def in_float32(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """A kernel that computes 16-bit floats in float32 and rounds once, at the end."""

    def wide(*arrays: np.ndarray, **attrs: Any) -> Any:
        dtype = arrays[0].dtype
        if dtype.itemsize != 2 or dtype.kind in "iu":
            return kernel(*arrays, **attrs)
        y = kernel(*[a.astype(np.float32) for a in arrays], **attrs)
        return np.asarray(y).astype(dtype)

    return wide


def alike(allowed: Collection[DType]) -> Callable[..., Spec]:
    """The rule of elementwise gradients: two inputs of one shape and dtype, no broadcasting."""

    def rule(gradients: Spec, features: Spec, **attrs: Any) -> Spec:
        require_same_dtype(gradients, features)
        require_dtype(gradients, allowed)
        return Spec(gradients.dtype, merge_dims(gradients.shape, features.shape))

    return rule


def alike_samples(
    over: Collection[DType], low: float = -3.0, high: float = 3.0, grad: bool = True, **attrs: Any
) -> Callable[[Draw], Iterable[Sample]]:
    """Samples of two inputs of one shape, the second with special values."""

    def sample(draw: Draw) -> Iterable[Sample]:
        for dtype in sorted(over, key=lambda d: d.name):
            smooth = grad and dtype in (dtypes.float32, dtypes.float64)
            x = draw.reals(3, 4, low=low, high=high, dtype=dtype)
            yield Sample(draw.reals(3, 4, dtype=dtype), x, grad=smooth, **attrs)
            if dtype.is_floating:
                with np.errstate(all="ignore"):
                    x = np.array(SPECIALS).astype(dtype.np)
                yield Sample(draw.reals(len(x), dtype=dtype), x, grad=False, **attrs)
        for shape in ((), (0,), (2, 0, 3)):
            x = draw.reals(*shape, low=low, high=high)
            yield Sample(draw.reals(*shape), x, grad=False, **attrs)

    return sample


def _is(condition: Any, like: Any) -> Any:
    """A boolean tensor as zeros and ones of the dtype of `like`."""
    return casting.cast(condition, like.dtype)


def _bent_vjp(itself: Callable[[], Any]) -> Callable[..., Any]:
    """The vjp of a gradient that is linear in `gradients` and flat, by pieces, in `features`."""

    def vjp(ctx: Any, dd: Any) -> Any:
        features = ctx.inputs[1]
        return (
            apply(itself(), dd, features, **ctx.attrs) if ctx.needs[0] else None,
            creation.zeros_like(features) if ctx.needs[1] else None,
        )

    return vjp


def _relu6_kernel(features: np.ndarray) -> Any:
    dtype = features.dtype.type
    if features.dtype.itemsize == 2 and features.dtype.kind not in "iu":
        return np.minimum(np.where(features < dtype(0), dtype(0), features), dtype(6))
    # Adding zero turns the -0.0 that a maximum may let through into 0.0: TensorFlow keeps it for
    # the 16-bit floats alone.
    return np.minimum(np.maximum(features, dtype(0)), dtype(6)) + dtype(0)


relu6_p = primitive(
    "Relu6",
    infer=elementwise(dtypes.REAL),
    kernel=_relu6_kernel,
    vjp=lambda ctx, dy: (apply(relu6_grad_p, dy, ctx.inputs[0]),),
    lower=lambda b, x: b.add(b.minimum(b.maximum(x, b.const(0, x)), b.const(6, x)), b.const(0, x)),
    samples=unary_samples(0.5, 5.5, over=dtypes.REAL),
)

relu6_grad_p = primitive(
    "Relu6Grad",
    infer=alike(dtypes.REAL),
    kernel=lambda gradients, features: (
        gradients
        * ((features > features.dtype.type(0)) & (features < features.dtype.type(6))).astype(
            gradients.dtype
        )
    ),
    vjp=_bent_vjp(lambda: relu6_grad_p),
    lower=lambda b, dy, x: b.mul(
        dy,
        b.select(
            b.and_(b.gt(x, b.const(0, x)), b.lt(x, b.const(6, x))), b.const(1, dy), b.const(0, dy)
        ),
    ),
    samples=alike_samples(dtypes.REAL, 0.5, 5.5),
)


@export("nn.relu6")
def relu6(features: Any, name: str | None = None) -> Any:
    """Computes `min(max(features, 0), 6)` elementwise.

    Args:
      features: tensor of a real dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `features`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.relu6([-1.0, 3.0, 8.0]).numpy()
      array([0., 3., 6.], dtype=float32)
    """
    return unary(relu6_p, features)


elu_p = primitive(
    "Elu",
    infer=elementwise(dtypes.FLOATING),
    kernel=in_float32(lambda features: np.where(features < 0, np.expm1(features), features)),
    vjp=lambda ctx, dy: (apply(elu_grad_p, dy, ctx.outputs[0]),),
    lower=lambda b, x: b.select(b.lt(x, b.const(0, x)), b.expm1(x), x),
    samples=unary_samples(0.1, 3),
)


def _elu_grad_vjp(ctx: Any, dd: Any) -> Any:
    gradients, outputs = ctx.inputs
    below = _is(comparison.less(outputs, 0.0), dd)
    return (
        apply(elu_grad_p, dd, outputs) if ctx.needs[0] else None,
        multiply(multiply(dd, gradients), below) if ctx.needs[1] else None,
    )


elu_grad_p = primitive(
    "EluGrad",
    infer=alike(dtypes.FLOATING),
    kernel=in_float32(
        lambda gradients, outputs: np.where(outputs < 0, (outputs + 1) * gradients, gradients)
    ),
    vjp=_elu_grad_vjp,
    lower=lambda b, dy, y: b.select(b.lt(y, b.const(0, y)), b.mul(b.add(y, b.const(1, y)), dy), dy),
    samples=alike_samples(dtypes.FLOATING, -0.9, -0.1),
)


@export("nn.elu")
def elu(features: Any, name: str | None = None) -> Any:
    """Computes `features`, or `exp(features) - 1` below zero, elementwise.

    From Clevert et al., "Fast and Accurate Deep Network Learning by Exponential Linear Units"
    (2015).

    Args:
      features: tensor of a floating dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `features`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.elu([-100.0, 0.0, 2.0]).numpy()
      array([-1.,  0.,  2.], dtype=float32)
    """
    return unary(elu_p, features)


selu_p = primitive(
    "Selu",
    infer=elementwise(dtypes.FLOATING),
    kernel=in_float32(
        lambda features: np.where(
            features < 0, _SELU_LIMIT * np.expm1(features), SELU_SCALE * features
        )
    ),
    vjp=lambda ctx, dy: (apply(selu_grad_p, dy, ctx.outputs[0]),),
    lower=lambda b, x: b.select(
        b.lt(x, b.const(0, x)),
        b.mul(b.const(_SELU_LIMIT, x), b.expm1(x)),
        b.mul(b.const(SELU_SCALE, x), x),
    ),
    samples=unary_samples(-3, -0.1),
)


def _selu_grad_vjp(ctx: Any, dd: Any) -> Any:
    gradients, outputs = ctx.inputs
    below = _is(comparison.less(outputs, 0.0), dd)
    return (
        apply(selu_grad_p, dd, outputs) if ctx.needs[0] else None,
        multiply(multiply(dd, gradients), below) if ctx.needs[1] else None,
    )


selu_grad_p = primitive(
    "SeluGrad",
    infer=alike(dtypes.FLOATING),
    kernel=in_float32(
        lambda gradients, outputs: (
            gradients * np.where(outputs < 0, outputs + _SELU_LIMIT, outputs.dtype.type(SELU_SCALE))
        )
    ),
    vjp=_selu_grad_vjp,
    lower=lambda b, dy, y: b.mul(
        dy,
        b.select(b.lt(y, b.const(0, y)), b.add(y, b.const(_SELU_LIMIT, y)), b.const(SELU_SCALE, y)),
    ),
    samples=alike_samples(dtypes.FLOATING, -1.7, -0.1),
)


@export("nn.selu")
def selu(features: Any, name: str | None = None) -> Any:
    """Computes the scaled exponential linear unit elementwise.

    From Klambauer et al., "Self-Normalizing Neural Networks" (2017): `scale * features`, or
    `scale * alpha * (exp(features) - 1)` below zero.

    Args:
      features: tensor of a floating dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `features`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.selu([-100.0, 0.0, 1.0]).numpy()
      array([-1.7580993,  0.       ,  1.050701 ], dtype=float32)
    """
    return unary(selu_p, features)


def _slope(alpha: float) -> float:
    """The attribute as TensorFlow stores it, in float32, whatever the dtype of the features."""
    return float(np.float32(alpha))


leaky_relu_p = primitive(
    "LeakyRelu",
    infer=elementwise(dtypes.FLOATING),
    kernel=in_float32(
        lambda features, alpha: np.where(
            features > 0, features, features.dtype.type(_slope(alpha)) * features
        )
    ),
    vjp=lambda ctx, dy: (apply(leaky_relu_grad_p, dy, ctx.inputs[0], **ctx.attrs),),
    lower=lambda b, x, alpha: b.select(
        b.gt(x, b.const(0, x)), x, b.mul(b.const(_slope(alpha), x), x)
    ),
    samples=unary_samples(0.1, 3, alpha=0.2),
)

leaky_relu_grad_p = primitive(
    "LeakyReluGrad",
    infer=alike(dtypes.FLOATING),
    kernel=in_float32(
        lambda gradients, features, alpha: np.where(
            features > 0, gradients, gradients.dtype.type(_slope(alpha)) * gradients
        )
    ),
    vjp=_bent_vjp(lambda: leaky_relu_grad_p),
    lower=lambda b, dy, x, alpha: b.select(
        b.gt(x, b.const(0, x)), dy, b.mul(b.const(_slope(alpha), dy), dy)
    ),
    samples=alike_samples(dtypes.FLOATING, -3, -0.1, alpha=0.3),
)


@export("nn.leaky_relu")
def leaky_relu(features: Any, alpha: Any = 0.2, name: str | None = None) -> Any:
    """Computes `features`, or `alpha * features` below zero, elementwise.

    Args:
      features: tensor of a floating dtype; integers become float32.
      alpha: slope below zero, a number.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape of `features`, and its dtype where that is floating.

    Raises:
      TypeError: when `alpha` is a tensor.
      tf.errors.InvalidArgumentError: for complex numbers and other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.leaky_relu([-10.0, 0.0, 3.0]).numpy()
      array([-2.,  0.,  3.], dtype=float32)
    """
    if isinstance(alpha, Tensor):
        raise TypeError(f"Expected float for argument 'alpha' not {alpha!r}.")
    x = convert(features)
    if x.dtype.is_integer:
        x = casting.cast(x, dtypes.float32)
    return apply(leaky_relu_p, x, alpha=float(alpha))


softsign_p = primitive(
    "Softsign",
    infer=elementwise(dtypes.FLOATING),
    kernel=in_float32(lambda features: features / (1 + np.abs(features))),
    vjp=lambda ctx, dy: (apply(softsign_grad_p, dy, ctx.inputs[0]),),
    lower=lambda b, x: b.div(x, b.add(b.const(1, x), b.abs(x))),
    samples=unary_samples(0.1, 3),
)


def _softsign_grad_vjp(ctx: Any, dd: Any) -> Any:
    gradients, features = ctx.inputs
    by_features = None
    if ctx.needs[1]:
        # d/dx (1 + |x|) ** -2 = -2 sign(x) / (1 + |x|) ** 3
        slope = apply(softsign_grad_p, multiply(dd, gradients), features)
        inverse = realdiv(-2.0, add(magnitude.abs(features), 1.0))
        by_features = multiply(multiply(slope, inverse), magnitude.sign(features))
    return (apply(softsign_grad_p, dd, features) if ctx.needs[0] else None, by_features)


softsign_grad_p = primitive(
    "SoftsignGrad",
    infer=alike(dtypes.FLOATING),
    kernel=in_float32(lambda gradients, features: gradients / np.square(1 + np.abs(features))),
    vjp=_softsign_grad_vjp,
    lower=lambda b, dy, x: b.div(
        dy,
        b.mul(b.add(b.const(1, x), b.abs(x)), b.add(b.const(1, x), b.abs(x))),
    ),
    samples=alike_samples(dtypes.FLOATING, 0.1, 3),
)


@export("nn.softsign", "math.softsign")
def softsign(features: Any, name: str | None = None) -> Any:
    """Computes `features / (1 + abs(features))` elementwise.

    Args:
      features: tensor of a floating dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `features`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.softsign([-1.0, 0.0, 3.0]).numpy()
      array([-0.5 ,  0.  ,  0.75], dtype=float32)
    """
    return unary(softsign_p, features)


@export("nn.gelu")
def gelu(features: Any, approximate: bool = False, name: str | None = None) -> Any:
    """Computes the Gaussian error linear unit: `features` times the normal distribution's CDF.

    From Hendrycks and Gimpel, "Gaussian Error Linear Units" (2016).

    Args:
      features: tensor of a floating dtype.
      approximate: whether to use their formula with `tanh`.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `features`.

    Raises:
      ValueError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.gelu([-10.0, 0.0, 1.0]).numpy()
      array([-0.        ,  0.        ,  0.84134474], dtype=float32)
    """
    x = convert(features)
    if not x.dtype.is_floating:
        raise ValueError(f"`features.dtype` must be a floating point tensor. Received:{x.dtype}")
    if approximate:
        cube = multiply(multiply(x, x), x)
        inner = multiply(
            0.7978845608028654, add(x, multiply(casting.cast(0.044715, x.dtype), cube))
        )
        return multiply(multiply(0.5, x), add(1.0, tanh(inner)))
    from tapeflow.engine.ops.math.error_functions import erfc

    # As in TensorFlow: erfc, which is accurate where it is small, and a factor that is a float32.
    scaled = multiply(negative(x), casting.cast(0.7071067811865476, x.dtype))
    return multiply(multiply(0.5, x), erfc(scaled))


@export("nn.silu", "nn.swish")
def silu(features: Any, beta: Any = 1.0) -> Any:
    """Computes `features * sigmoid(beta * features)` elementwise.

    From Hendrycks and Gimpel (2016), and Ramachandran et al., "Searching for Activation Functions"
    (2017), who call it Swish.

    Args:
      features: tensor of a floating or complex dtype.
      beta: a number or tensor that scales the sigmoid's input.

    Returns:
      A tensor of the shape and dtype of `features`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.silu([-100.0, 0.0, 1.0]).numpy()
      array([-3.7835058e-42,  0.0000000e+00,  7.3105860e-01], dtype=float32)
    """
    x = convert(features)
    scaled = x if isinstance(beta, float) and beta == 1.0 else multiply(convert(beta, x.dtype), x)
    return multiply(x, sigmoid(scaled))


@export("nn.crelu")
def crelu(features: Any, axis: Any = -1, name: str | None = None) -> Any:
    """Concatenates what of `features` is above and what is below zero.

    From Shang et al., "Understanding and Improving Convolutional Neural Networks via Concatenated
    Rectified Linear Units" (2016).

    Args:
      features: tensor of a floating or signed integer dtype.
      axis: the dimension that doubles.
      name: ignored in eager mode.

    Returns:
      `relu` of `features` and of its negative, joined along `axis`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.crelu([-1.0, 2.0]).numpy()
      array([0., 2., 1., 0.], dtype=float32)
    """
    x = convert(features)
    return relu(concat([x, negative(x)], axis))


@export("math.log_sigmoid")
def log_sigmoid(x: Any, name: str | None = None) -> Any:
    """Computes `log(sigmoid(x))` elementwise, without overflow.

    Args:
      x: tensor of a floating dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.log_sigmoid([-200.0, 0.0]).numpy()
      array([-200.        ,   -0.6931472], dtype=float32)
    """
    return negative(softplus(negative(convert(x))))
