"""Cumulative sums, products and log-sum-exps along a dimension."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import at_run_time, normalize_axis, reject, require_dtype
from tapeflow.engine.ir.primitive import Primitive, primitive, reduction
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array.arguments import refuse, to_axis
from tapeflow.engine.ops.math.arithmetic import add, conjugate, multiply, negative, subtract
from tapeflow.engine.ops.math.division import divide_no_nan
from tapeflow.engine.ops.math.exponentials import exp, log
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.runtime.dispatch import apply


def _scans(allowed: frozenset[Any]) -> Callable[..., Spec]:
    def rule(x: Spec, axis: int, exclusive: bool, reverse: bool) -> Spec:
        require_dtype(x, allowed, "x")
        if x.shape is not None:
            with at_run_time():
                normalize_axis(axis, len(x.shape))
        return Spec(x.dtype, x.shape)

    return rule


def _kernel(accumulate: Any, start: Any) -> Callable[..., np.ndarray]:
    def kernel(x: np.ndarray, axis: int, exclusive: bool, reverse: bool) -> np.ndarray:
        if not x.size:
            return x
        way = np.flip(x, axis) if reverse else x
        out = accumulate(way, axis)
        if exclusive:
            shifted = np.empty_like(out)
            moved, source = np.moveaxis(shifted, axis, 0), np.moveaxis(out, axis, 0)
            moved[0] = start
            moved[1:] = source[:-1]
            out = shifted
        return np.flip(out, axis) if reverse else out

    return kernel


def _sums(x: np.ndarray, axis: int) -> np.ndarray:
    return np.add.accumulate(x, axis=axis, dtype=x.dtype)


def _products(x: np.ndarray, axis: int) -> np.ndarray:
    return np.multiply.accumulate(x, axis=axis, dtype=x.dtype)


def _log_sums(x: np.ndarray, axis: int) -> np.ndarray:
    if x.dtype.itemsize < 4:
        return np.logaddexp.accumulate(x.astype(np.float32), axis=axis).astype(x.dtype)
    return np.logaddexp.accumulate(x, axis=axis)


def _samples(over: frozenset[Any], empty_is_finite: bool) -> Callable[[Draw], Iterator[Sample]]:
    def sample(draw: Draw) -> Iterator[Sample]:
        for dtype in sorted(over, key=lambda d: d.name):
            smooth = dtype in (dtypes.float32, dtypes.float64)
            x = draw.reals(3, 4, low=0.5, high=2.0, dtype=dtype)
            yield Sample(x, axis=0, exclusive=False, reverse=False, grad=smooth)
        for axis in (0, 1, -1):
            for exclusive in (False, True):
                for reverse in (False, True):
                    x = draw.reals(2, 3, 4, low=0.5, high=2.0)
                    smooth = empty_is_finite or not exclusive
                    yield Sample(x, axis=axis, exclusive=exclusive, reverse=reverse, grad=smooth)
        odd = np.array([1.0, np.inf, -np.inf, np.nan, 0.0], np.float32)
        yield Sample(odd[:2], axis=0, exclusive=False, reverse=False, grad=False)
        for shape in ((0,), (2, 0), (1,)):
            yield Sample(draw.reals(*shape), axis=0, exclusive=True, reverse=False, grad=False)

    return sample


def _scan(name: str, kernel: Any, over: frozenset[Any], vjp: Any, combine: str) -> Primitive:
    return primitive(
        name,
        infer=_scans(over),
        kernel=kernel,
        vjp=vjp,
        lower=reduction(combine),
        samples=_samples(over, combine != "cumulative_logsumexp"),
    )


def _opposite(attrs: Any) -> dict[str, Any]:
    return {**attrs, "reverse": not attrs["reverse"]}


def _cumprod_vjp(ctx: Any, dy: Any) -> Any:
    x, y = ctx.inputs[0], ctx.outputs[0]
    total = apply(cumsum_p, multiply(conjugate(y), dy), **_opposite(ctx.attrs))
    return (divide_no_nan(total, conjugate(x)),)


def _log_vjp(ctx: Any, dy: Any) -> Any:
    # dx_i = exp(x_i) sum_j dy_j exp(-y_j), with the positive and the negative part of dy summed
    # in the logarithm, where nothing overflows.
    from tapeflow.engine.ops.array.selection import where
    from tapeflow.engine.ops.math.comparison import greater, less

    x, y = ctx.inputs[0], ctx.outputs[0]
    lowest = convert(dy.dtype.min, dy.dtype)
    back = _opposite(ctx.attrs)

    def part(holds: Any, size: Any) -> Any:
        logs = where(holds, log(where(holds, size, add(multiply(size, 0), 1))), lowest)
        return exp(add(apply(cumulative_logsumexp_p, subtract(logs, y), **back), x))

    positive = part(greater(dy, 0), dy)
    return (subtract(positive, part(less(dy, 0), negative(dy))),)


cumsum_p = _scan(
    "Cumsum",
    _kernel(_sums, 0),
    dtypes.NUMERIC,
    lambda ctx, dy: (apply(cumsum_p, dy, **_opposite(ctx.attrs)),),
    "cumulative_add",
)
cumprod_p = _scan(
    "Cumprod", _kernel(_products, 1), dtypes.NUMERIC, _cumprod_vjp, "cumulative_multiply"
)
cumulative_logsumexp_p = _scan(
    "CumulativeLogsumexp",
    _kernel(_log_sums, -np.inf),
    dtypes.FLOATING,
    _log_vjp,
    "cumulative_logsumexp",
)


def _apply(prim: Primitive, x: Any, axis: Any, exclusive: bool, reverse: bool) -> Any:
    if type(axis) is not int:
        given = convert(axis, hint=dtypes.int32)
        known = static_value(given)
        if known is None:
            late = {"axis": to_axis(given, prim.name), "exclusive": bool(exclusive)}
            return apply(prim, convert(x), **late, reverse=bool(reverse))
        if known.dtype.kind == "f":
            raise TypeError(f"{prim.name}: axis: expected an integer; received {axis!r}")
        if known.dtype.kind in "iu" and known.ndim:
            reject(f"{prim.name}: axis: expected a scalar; received {axis!r}")
        if known.dtype.kind not in "iu":
            raise refuse(prim.name, f"axis: expected an integer scalar; received {axis!r}", True)
        axis = int(known)
    return apply(prim, convert(x), axis=axis, exclusive=bool(exclusive), reverse=bool(reverse))


@export("math.cumsum", "cumsum")
def cumsum(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Any:
    """Computes the running sum along a dimension.

    Args:
      x: tensor of a numeric dtype.
      axis: the dimension.
      exclusive: whether each sum leaves out the element at its place.
      reverse: whether to sum from the end.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: when `axis` is out of range, or for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.cumsum([2, 4, 6, 8], exclusive=True).numpy()
      array([ 0,  2,  6, 12], dtype=int32)
    """
    return _apply(cumsum_p, x, axis, exclusive, reverse)


@export("math.cumprod")
def cumprod(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Any:
    """Computes the running product along a dimension.

    Args:
      x: tensor of a numeric dtype.
      axis: the dimension.
      exclusive: whether each product leaves out the element at its place.
      reverse: whether to multiply from the end.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: when `axis` is out of range, or for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.cumprod([2, 3, 4]).numpy()
      array([ 2,  6, 24], dtype=int32)
    """
    return _apply(cumprod_p, x, axis, exclusive, reverse)


@export("math.cumulative_logsumexp")
def cumulative_logsumexp(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Any:
    """Computes `log(cumsum(exp(x)))` along a dimension, without overflow.

    Args:
      x: tensor of a floating dtype.
      axis: the dimension.
      exclusive: whether each sum leaves out the element at its place; that of none is -inf.
      reverse: whether to sum from the end.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: when `axis` is out of range, or for other dtypes.

    Example:
      >>> import tapeflow as tf
      >>> tf.math.cumulative_logsumexp([0.0, 0.0, 1000.0]).numpy()
      array([0.000000e+00, 6.931472e-01, 1.000000e+03], dtype=float32)
    """
    return _apply(cumulative_logsumexp_p, x, axis, exclusive, reverse)
