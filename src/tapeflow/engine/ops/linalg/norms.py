"""Lengths of vectors and matrices, vectors of length one, cross products."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.errors import FailedPreconditionError
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import reject, require_dtype, require_same_dtype, shape_text
from tapeflow.engine.ir.primitive import HOST, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import dimensions
from tapeflow.engine.ops.linalg import spectral
from tapeflow.engine.ops.math import folds, reductions
from tapeflow.engine.ops.math.arithmetic import conjugate, multiply, truediv
from tapeflow.engine.ops.math.casting import cast
from tapeflow.engine.ops.math.exponentials import pow as power
from tapeflow.engine.ops.math.exponentials import sqrt
from tapeflow.engine.ops.math.magnitude import abs as magnitude
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import Tensor

_MATRIX_ORDERS = ("euclidean", "fro", 1, 2, np.inf)


@export("norm", "linalg.norm")
def norm(
    tensor: Any,
    ord: Any = "euclidean",
    axis: Any = None,
    keepdims: Any = None,
    name: str | None = None,
) -> Any:
    """Computes norms of vectors or matrices.

    Args:
      tensor: tensor of a floating or complex dtype.
      ord: `"euclidean"`, 1, 2, `np.inf` or another positive number for vectors; for matrices
        `"euclidean"` or `"fro"` (root of the sum of squares), 1 (greatest sum of a column), 2
        (greatest singular value) or `np.inf` (greatest sum of a row).
      axis: None for all elements as one vector, an int for vectors along that dimension, or two
        ints for matrices.
      keepdims: whether the dimensions stay, with size 1.
      name: ignored in eager mode.

    Returns:
      A tensor of the dtype of `tensor`.

    Raises:
      ValueError: for another `ord` or `axis`.

    Example:
      >>> import tapeflow as tf
      >>> tf.norm([[3.0, 4.0], [6.0, 8.0]], axis=1).numpy()
      array([ 5., 10.], dtype=float32)
    """
    if isinstance(axis, Tensor):
        known = static_value(axis)
        if known is None:
            raise TypeError("norm: axis: expected values that are known when tracing")
        axis = known.tolist()
    matrices = isinstance(axis, (tuple, list))
    if matrices:
        axis = tuple(int(a) for a in axis)
        if len(axis) == 1:
            axis, matrices = axis[0], False
        elif len(axis) != 2 or axis[0] == axis[1]:
            raise ValueError(
                "'axis' must be None, an integer, or a tuple of 2 unique integers, got "
                f"{list(axis) if len(axis) != 2 else axis}"
            )
    plain = isinstance(ord, str)
    if matrices:
        if ord not in _MATRIX_ORDERS:
            raise ValueError(
                "'ord' must be a supported matrix norm in ['euclidean', 'fro', 1, 2, inf], "
                f"got {ord}"
            )
    elif (plain and ord != "euclidean") or (not plain and not ord > 0):
        raise ValueError(f"'ord' must be a supported vector norm, got {ord}")
    x = convert(tensor)
    keep = bool(keepdims)
    if ord in ("euclidean", "fro") or (ord == 2 and not matrices):
        return sqrt(reductions.reduce_sum(multiply(x, conjugate(x)), axis, keepdims=keep))
    if matrices and ord == 2:
        return _spectral_norm(x, axis, keep)
    sizes = magnitude(x)
    if ord == 1 and not matrices:
        return reductions.reduce_sum(sizes, axis, keepdims=keep)
    if ord == np.inf and not matrices:
        return folds.reduce_max(sizes, axis, keepdims=keep)
    if matrices:
        summed, searched = axis if ord == 1 else axis[::-1]
        rows = reductions.reduce_sum(sizes, summed, keepdims=True)
        found = folds.reduce_max(rows, searched, keepdims=True)
        return found if keep else dimensions.squeeze(found, axis)
    total = reductions.reduce_sum(power(sizes, ord), axis, keepdims=keep)
    return power(total, 1.0 / ord)


def _spectral_norm(x: Any, axis: tuple[int, int], keep: bool) -> Any:
    rank = x.shape.ndims
    last = [a % rank for a in axis]
    perm = [i for i in range(rank) if i not in last] + last
    values = spectral.svd(dimensions.transpose(x, perm), compute_uv=False)
    found = folds.reduce_max(values, -1)
    if keep:
        for a in sorted(last):
            found = dimensions.expand_dims(found, a)
    return found


@export("linalg.normalize")
def normalize(
    tensor: Any, ord: Any = "euclidean", axis: Any = None, name: str | None = None
) -> Any:
    """Divides vectors or matrices by their norms.

    Args:
      tensor: tensor of a floating or complex dtype.
      ord: the norm; see `tf.norm`.
      axis: None, an int, or two ints; see `tf.norm`.
      name: ignored in eager mode.

    Returns:
      The normalised tensor and the norms, whose dimensions stay with size 1.

    Raises:
      ValueError: for an unknown `ord` or `axis`.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.normalize([3.0, 4.0])[0].numpy()
      array([0.6, 0.8], dtype=float32)
    """
    tensor = convert(tensor)
    length = cast(norm(tensor, ord=ord, axis=axis, keepdims=True), tensor.dtype)
    return truediv(tensor, length), length


def _cross_infer(a: Spec, b: Spec) -> Spec:
    require_same_dtype(a, b)
    require_dtype(a, dtypes.NUMERIC - dtypes.COMPLEX)
    if a.shape is not None and b.shape is not None:
        differ = len(a.shape) != len(b.shape) or any(
            m is not None and n is not None and m != n
            for m, n in zip(a.shape, b.shape, strict=True)
        )
        if differ:
            reject(
                f"expected equal shapes; received {shape_text(a.shape)} and {shape_text(b.shape)}"
            )
    shape = a.shape if a.shape is not None else b.shape
    if shape is not None:
        if not shape:
            reject("a: expected rank >= 1; received a scalar")
        if shape[-1] not in (None, 3):
            raise FailedPreconditionError(
                None, None, f"a: expected 3 elements in the last dimension; received {shape[-1]}"
            )
    return Spec(a.dtype, shape)


def _cross_kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a1, a2, a3 = a[..., 0], a[..., 1], a[..., 2]
    b1, b2, b3 = b[..., 0], b[..., 1], b[..., 2]
    return np.stack((a2 * b3 - a3 * b2, a3 * b1 - a1 * b3, a1 * b2 - a2 * b1), axis=-1)


def _cross_samples(draw: Draw) -> Iterable[Sample]:
    for shape in ((3,), (2, 3), (0, 3), (2, 1, 3)):
        yield Sample(draw.reals(*shape), draw.reals(*shape))
    yield Sample(draw.ints(3, low=-5), draw.ints(3, low=-5), grad=False)


cross_p = primitive(
    "Cross",
    infer=_cross_infer,
    kernel=_cross_kernel,
    vjp=lambda ctx, dy: (cross(ctx.inputs[1], dy), cross(dy, ctx.inputs[0])),
    lower=HOST,
    samples=_cross_samples,
)


@export("linalg.cross")
def cross(a: Any, b: Any, name: str | None = None) -> Any:
    """Computes cross products of vectors in three dimensions.

    Args:
      a: tensor `[..., 3]` of a real dtype.
      b: tensor of the same shape and dtype.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `a`.

    Raises:
      tf.errors.InvalidArgumentError: when shapes differ.
      tf.errors.FailedPreconditionError: when vectors have not three elements.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.cross([1, 0, 0], [0, 1, 0]).numpy()
      array([0, 0, 1], dtype=int32)
    """
    a = convert(a)
    return apply(cross_p, a, convert(b, hint=a.dtype))
