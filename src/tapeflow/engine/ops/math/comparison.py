"""Comparisons, elementwise; equality has TensorFlow 2's rules for unequal shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import current_recorders, state
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import broadcast, elementwise
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, Primitive, primitive
from tapeflow.engine.ir.samples import binary as binary_samples
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime.convert import convert, convert_pair
from tapeflow.engine.runtime.dispatch import apply, binary

_COMPARABLE = dtypes.NUMERIC | dtypes.BOOL | dtypes.STRING


def _comparison(name: str, kernel: Any, lower: Callable[..., Any], over: Any) -> Primitive:
    return primitive(
        name,
        infer=elementwise(over, dtypes.bool_),
        kernel=kernel,
        vjp=NOT_DIFFERENTIABLE,
        lower=lower,
        samples=binary_samples(over=over - dtypes.STRING, grad=False),
    )


equal_p = _comparison("Equal", np.equal, lambda b, x, y: b.eq(x, y), _COMPARABLE)
not_equal_p = _comparison("NotEqual", np.not_equal, lambda b, x, y: b.ne(x, y), _COMPARABLE)
less_p = _comparison("Less", np.less, lambda b, x, y: b.lt(x, y), dtypes.REAL)
less_equal_p = _comparison("LessEqual", np.less_equal, lambda b, x, y: b.le(x, y), dtypes.REAL)
greater_p = _comparison("Greater", np.greater, lambda b, x, y: b.gt(x, y), dtypes.REAL)
greater_equal_p = _comparison(
    "GreaterEqual", np.greater_equal, lambda b, x, y: b.ge(x, y), dtypes.REAL
)


@export("math.equal", "equal")
def equal(x: Any, y: Any, name: str | None = None) -> Any:
    """Tells elementwise whether `x == y`, with broadcasting.

    Args:
      x: tensor of any dtype.
      y: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A bool tensor of the broadcast shape.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ, or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.equal([1, 2], [1, 3]).numpy()
      array([ True, False])
    """
    return binary(equal_p, x, y)


@export("math.not_equal", "not_equal")
def not_equal(x: Any, y: Any, name: str | None = None) -> Any:
    """Tells elementwise whether `x != y`, with broadcasting.

    Args:
      x: tensor of any dtype.
      y: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A bool tensor of the broadcast shape.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ, or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.not_equal([1, 2], 2).numpy()
      array([ True, False])
    """
    return binary(not_equal_p, x, y)


@export("math.less", "less")
def less(x: Any, y: Any, name: str | None = None) -> Any:
    """Tells elementwise whether `x < y`, with broadcasting.

    Args:
      x: tensor of a real dtype.
      y: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A bool tensor of the broadcast shape; False where either is NaN.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ, or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.less([5, 4, 6], 5).numpy()
      array([False,  True, False])
    """
    return binary(less_p, x, y)


@export("math.less_equal", "less_equal")
def less_equal(x: Any, y: Any, name: str | None = None) -> Any:
    """Tells elementwise whether `x <= y`, with broadcasting.

    Args:
      x: tensor of a real dtype.
      y: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A bool tensor of the broadcast shape; False where either is NaN.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ, or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.less_equal([5, 4, 6], 5).numpy()
      array([ True,  True, False])
    """
    return binary(less_equal_p, x, y)


@export("math.greater", "greater")
def greater(x: Any, y: Any, name: str | None = None) -> Any:
    """Tells elementwise whether `x > y`, with broadcasting.

    Args:
      x: tensor of a real dtype.
      y: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A bool tensor of the broadcast shape; False where either is NaN.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ, or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.greater([5, 4, 6], 5).numpy()
      array([False, False,  True])
    """
    return binary(greater_p, x, y)


@export("math.greater_equal", "greater_equal")
def greater_equal(x: Any, y: Any, name: str | None = None) -> Any:
    """Tells elementwise whether `x >= y`, with broadcasting.

    Args:
      x: tensor of a real dtype.
      y: tensor of the same dtype; a Python value takes the dtype of `x`.
      name: ignored in eager mode.

    Returns:
      A bool tensor of the broadcast shape; False where either is NaN.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ, or shapes do not broadcast.

    Example:
      >>> import tapeflow as tf
      >>> tf.greater_equal([5, 4, 6], 5).numpy()
      array([ True, False,  True])
    """
    return binary(greater_equal_p, x, y)


def equals(x: Any, y: Any) -> Any:
    """`x == y` as the operator computes it: tensors whose shapes do not broadcast are unequal."""
    if y is None:
        return False
    try:
        if current_recorders() and state.tracer is not None:
            return _compared(x, y, equal_p)
        return binary(equal_p, x, y)
    except (InvalidArgumentError, ValueError):
        return _unequal_shapes(x, y, equal_p, False)


def differs(x: Any, y: Any) -> Any:
    """`x != y` as the operator computes it: tensors whose shapes do not broadcast are unequal."""
    if y is None:
        return True
    try:
        if current_recorders() and state.tracer is not None:
            return _compared(x, y, not_equal_p)
        return binary(not_equal_p, x, y)
    except (InvalidArgumentError, ValueError):
        return _unequal_shapes(x, y, not_equal_p, True)


def _compared(x: Any, y: Any, prim: Primitive) -> Any:
    """The comparison in a graph, where the shapes may be known only when it runs."""
    x, y = convert_pair(x, y, prim.name)
    shapes = [t.shape._dims for t in (x, y)]
    if x.dtype is y.dtype and any(dims is None or None in dims for dims in shapes):
        return apply(_LENIENT[prim.name], x, y)
    return binary(prim, x, y)


def _lenient(prim: Primitive, answer: bool) -> Primitive:
    """The operation that answers for tensors whose shapes do not broadcast."""

    def infer(x: Spec, y: Spec) -> Spec:
        known = all(s.shape is not None and None not in s.shape for s in (x, y))
        try:
            out: Any = prim.infer(x, y)
        except InvalidArgumentError:
            return Spec(dtypes.bool_, () if known else None)  # what TensorFlow says, too
        return out  # type: ignore[no-any-return]

    def kernel(x: np.ndarray, y: np.ndarray) -> Any:
        try:
            np.broadcast_shapes(x.shape, y.shape)
        except ValueError:
            return np.asarray(answer)
        return prim.kernel(x, y)

    return Primitive(
        prim.name,
        infer=infer,
        kernel=kernel,
        vjp=NOT_DIFFERENTIABLE,
        lower=HOST,
        samples=prim.samples,
    )


_LENIENT = {"Equal": _lenient(equal_p, False), "NotEqual": _lenient(not_equal_p, True)}


def _unequal_shapes(x: Any, y: Any, prim: Primitive, answer: bool) -> Any:
    x, y = convert_pair(x, y, prim.name)
    if x.dtype is y.dtype:
        shapes = [None if t.shape.ndims is None else tuple(t.shape.as_list()) for t in (x, y)]
        try:
            broadcast(*shapes)
        except InvalidArgumentError:
            return convert(answer)
    return binary(prim, x, y)  # raises as before
