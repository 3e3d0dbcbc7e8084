"""Sigmoid, tanh, relu and softplus, with the operations that TensorFlow has for their gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import elementwise
from tapeflow.engine.ir.primitive import primitive
from tapeflow.engine.ir.samples import binary as binary_samples
from tapeflow.engine.ir.samples import unary as unary_samples
from tapeflow.engine.ops.array.creation import zeros_like
from tapeflow.engine.ops.math.arithmetic import conjugate, multiply, negative, subtract
from tapeflow.engine.ops.math.exponentials import exp
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import binary, unary

_FIELD = dtypes.FLOATING | dtypes.COMPLEX
# Arrays of rank 0, which NumPy's functions take in less time than scalars.
_ONE = {np.dtype(kind): np.ones((), kind) for kind in ("f", "d")}
_ZERO = {np.dtype(kind): np.zeros((), kind) for kind in ("f", "d")}


def _sigmoid_kernel(x: np.ndarray) -> Any:
    dtype = x.dtype
    one = _ONE.get(dtype)
    if one is None:
        one = dtype.type(1)
        if dtype.kind != "c":  # half precision is computed in single
            wide = x.astype(np.float32)
            return (_ONE[np.dtype("f")] / (np.exp(-wide) + np.float32(1))).astype(dtype)
    out = np.negative(x)
    if not x.ndim:  # a scalar, into which nothing can be written
        return np.true_divide(one, np.add(np.exp(out), one))
    np.exp(out, out)
    np.add(out, one, out)
    return np.true_divide(one, out, out)


def _sigmoid_grad_kernel(y: np.ndarray, dy: np.ndarray) -> Any:
    one = _ONE.get(y.dtype)
    if one is None or y.shape != dy.shape or not y.ndim:
        return (y.dtype.type(1) - y) * y * dy
    out = np.subtract(one, y)
    np.multiply(out, y, out)
    return np.multiply(out, dy, out)


def _tanh_grad_kernel(y: np.ndarray, dy: np.ndarray) -> Any:
    one = _ONE.get(y.dtype)
    if one is None or y.shape != dy.shape or not y.ndim:
        return dy * (y.dtype.type(1) - y * y)
    out = np.multiply(y, y)
    np.subtract(one, out, out)
    return np.multiply(dy, out, out)


def _sigmoid_grad_vjp(ctx: Any, d: Any) -> Any:
    # z = dy y (1 - y): the derivative of z in y is dy (1 - 2 y).
    y, dy = ctx.inputs
    y = conjugate(y)
    by_y = by_dy = None
    if ctx.needs[0]:
        scaled = multiply(d, conjugate(dy))
        by_y = subtract(scaled, multiply(multiply(2, scaled), y))
    if ctx.needs[1]:
        by_dy = binary(sigmoid_grad_p, y, d)
    return (by_y, by_dy)


sigmoid_grad_p = primitive(
    "SigmoidGrad",
    infer=elementwise(_FIELD),
    kernel=_sigmoid_grad_kernel,
    vjp=_sigmoid_grad_vjp,
    lower=lambda b, y, dy: b.mul(b.mul(b.sub(b.const(1, y), y), y), dy),
    samples=lambda draw: _alike(binary_samples(0.1, 0.9, over=_FIELD), draw),
)

sigmoid_p = primitive(
    "Sigmoid",
    infer=elementwise(_FIELD),
    kernel=_sigmoid_kernel,
    vjp=lambda ctx, dy: (binary(sigmoid_grad_p, conjugate(ctx.outputs[0]), dy),),
    lower=lambda b, x: b.div(b.const(1, x), b.add(b.const(1, x), b.exp(b.neg(x)))),
    samples=unary_samples(over=_FIELD),
)


def _alike(sampler: Any, draw: Any) -> Any:
    """Of the samples of a binary function those whose inputs have one shape."""
    for s in sampler(draw):
        x, y = s.inputs
        if x.shape != y.shape:
            if not s.grad and x.ndim == 2:
                x, y = np.broadcast_arrays(x, y)
                s.inputs = (np.array(x), np.array(y))
            else:
                continue
        yield s


@export("math.sigmoid", "nn.sigmoid", "sigmoid")
def sigmoid(x: Any, name: str | None = None) -> Any:
    """Computes `1 / (1 + exp(-x))` elementwise.

    Args:
      x: tensor of a floating or complex dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.sigmoid([-128.0, 0.0, 1.0, 128.0]).numpy()
      array([0.       , 0.5      , 0.7310586, 1.       ], dtype=float32)
    """
    return unary(sigmoid_p, x)


def _tanh_grad_vjp(ctx: Any, d: Any) -> Any:
    y, dy = ctx.inputs
    y = conjugate(y)
    by_y = by_dy = None
    if ctx.needs[0]:
        by_y = multiply(multiply(multiply(d, -2), conjugate(dy)), y)
    if ctx.needs[1]:
        by_dy = binary(tanh_grad_p, y, d)
    return (by_y, by_dy)


tanh_grad_p = primitive(
    "TanhGrad",
    infer=elementwise(_FIELD),
    kernel=_tanh_grad_kernel,
    vjp=_tanh_grad_vjp,
    lower=lambda b, y, dy: b.mul(dy, b.sub(b.const(1, y), b.mul(y, y))),
    samples=lambda draw: _alike(binary_samples(-0.9, 0.9, over=_FIELD), draw),
)

tanh_p = primitive(
    "Tanh",
    infer=elementwise(_FIELD),
    kernel=np.tanh,
    vjp=lambda ctx, dy: (binary(tanh_grad_p, conjugate(ctx.outputs[0]), dy),),
    lower=lambda b, x: b.tanh(x),
    samples=unary_samples(over=_FIELD),
)


@export("math.tanh", "nn.tanh", "tanh")
def tanh(x: Any, name: str | None = None) -> Any:
    """Computes the hyperbolic tangent elementwise.

    Args:
      x: tensor of a floating or complex dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.tanh([0.0, 1.0, float("inf")]).numpy()
      array([0.       , 0.7615942, 1.       ], dtype=float32)
    """
    return unary(tanh_p, x)


def _relu_kernel(features: np.ndarray) -> Any:
    # In this order NumPy keeps -0, as TensorFlow does for single elements.
    zero = _ZERO.get(features.dtype)
    return np.maximum(features.dtype.type(0) if zero is None else zero, features)


def _relu_grad_kernel(gradients: np.ndarray, features: np.ndarray) -> Any:
    # A product: NaN and infinities among the gradients come through as NaN, as in TensorFlow.
    zero = _ZERO.get(features.dtype)
    passed = np.greater(features, 0 if zero is None else zero).astype(gradients.dtype)
    if zero is None or gradients.shape != features.shape or not features.ndim:
        return gradients * passed
    return np.multiply(gradients, passed, passed)


def _relu_samples(draw: Any) -> Any:
    # No -0: whether TensorFlow keeps its sign depends on where in the array it stands.
    for s in unary_samples(0.5, 3.0, over=dtypes.REAL)(draw):
        x = s.inputs[0]
        s.inputs = (np.asarray(x + x.dtype.type(0)),)
        yield s


def _relu_grad_vjp(ctx: Any, d: Any) -> Any:
    x = ctx.inputs[1]
    return (binary(relu_grad_p, d, x), zeros_like(x) if ctx.needs[1] else None)


relu_grad_p = primitive(
    "ReluGrad",
    infer=elementwise(dtypes.REAL),
    kernel=_relu_grad_kernel,
    vjp=_relu_grad_vjp,
    lower=lambda b, dy, x: b.mul(
        dy, b.select(b.gt(x, b.const(0, x)), b.const(1, dy), b.const(0, dy))
    ),
    samples=lambda draw: _alike(binary_samples(0.5, 3.0, over=dtypes.REAL), draw),
)

relu_p = primitive(
    "Relu",
    infer=elementwise(dtypes.REAL),
    kernel=_relu_kernel,
    vjp=lambda ctx, dy: (binary(relu_grad_p, dy, ctx.outputs[0]),),
    lower=lambda b, x: b.select(b.lt(x, b.const(0, x)), b.const(0, x), x),
    samples=_relu_samples,
)


@export("nn.relu")
def relu(features: Any, name: str | None = None) -> Any:
    """Computes `max(features, 0)` elementwise; NaN stays NaN.

    Args:
      features: tensor of a real dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `features`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.relu([-2.0, 0.0, 3.0]).numpy()
      array([0., 0., 3.], dtype=float32)
    """
    return unary(relu_p, features)


def _softplus_kernel(features: np.ndarray) -> Any:
    # log(1 + e^x) = max(x, 0) + log(1 + e^-|x|): nothing overflows.
    dtype = features.dtype
    if dtype.kind == "V":  # TensorFlow rounds every step to bfloat16
        grown = np.exp(features)
        out = np.where(features < -2.84, grown, np.log1p(grown))
        return np.where(features > 2.84, features, out)
    x = features if dtype in _ONE else features.astype(np.float32)
    out = np.maximum(x, x.dtype.type(0)) + np.log1p(np.exp(-np.absolute(x)))
    return out if out.dtype == dtype else out.astype(dtype)


def _softplus_grad_kernel(gradients: np.ndarray, features: np.ndarray) -> Any:
    return gradients / (np.exp(-features) + features.dtype.type(1))


def _softplus_grad_vjp(ctx: Any, d: Any) -> Any:
    dy, x = ctx.inputs
    by_x = by_dy = None
    if ctx.needs[0]:
        by_dy = binary(softplus_grad_p, d, x)
    if ctx.needs[1]:
        slope = _sigmoid_derivative(x)
        by_x = multiply(multiply(d, dy), slope)
    return (by_dy, by_x)


def _sigmoid_derivative(x: Any) -> Any:
    """`1 / (exp(-x) + 2 + exp(x))`: the derivative of the sigmoid function."""
    from tapeflow.engine.ops.math.arithmetic import add
    from tapeflow.engine.ops.math.division import reciprocal

    return reciprocal(add(add(exp(negative(x)), 2), exp(x)))


softplus_grad_p = primitive(
    "SoftplusGrad",
    infer=elementwise(dtypes.FLOATING),
    kernel=_softplus_grad_kernel,
    vjp=_softplus_grad_vjp,
    lower=lambda b, dy, x: b.div(dy, b.add(b.exp(b.neg(x)), b.const(1, x))),
    samples=lambda draw: _alike(binary_samples(), draw),
)

softplus_p = primitive(
    "Softplus",
    infer=elementwise(dtypes.FLOATING),
    kernel=_softplus_kernel,
    vjp=lambda ctx, dy: (binary(softplus_grad_p, dy, ctx.inputs[0]),),
    lower=lambda b, x: b.add(b.maximum(x, b.const(0, x)), b.log1p(b.exp(b.neg(b.abs(x))))),
    samples=unary_samples(),
)


@export("math.softplus", "nn.softplus")
def softplus(features: Any, name: str | None = None) -> Any:
    """Computes `log(exp(features) + 1)` elementwise.

    Args:
      features: tensor of a floating dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `features`.

    Raises:
      tf.errors.InvalidArgumentError: for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.softplus([-10.0, 0.0, 100.0]).numpy()
      array([4.539890e-05, 6.931472e-01, 1.000000e+02], dtype=float32)
    """
    return unary(softplus_p, convert(features))
