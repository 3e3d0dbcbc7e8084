"""The inverse of broadcasting, which the gradient of every broadcasting operation needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.ir.infer import broadcast, require_dtype, require_same_dtype
from tapeflow.engine.ir.primitive import primitive, reduction
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import shaping
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor


def _infer(dy: Spec, like: Spec) -> Spec:
    require_same_dtype(dy, like)
    require_dtype(dy, dtypes.NUMERIC)
    broadcast(dy.shape, like.shape)
    return Spec(dy.dtype, like.shape)


def _kernel(dy: np.ndarray, like: np.ndarray) -> np.ndarray:
    if like.ndim == 0:
        return np.asarray(np.add.reduce(dy, axis=None, dtype=dy.dtype))
    lead = dy.ndim - like.ndim
    axes = tuple(range(lead)) + tuple(
        lead + i for i, n in enumerate(like.shape) if n == 1 and dy.shape[lead + i] != 1
    )
    return np.add.reduce(dy, axis=axes, dtype=dy.dtype).reshape(like.shape)  # type: ignore[no-any-return]


def _samples(draw: Draw) -> Iterable[Sample]:
    shapes: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (
        ((3, 4), (3, 4)), ((3, 4), (1, 4)), ((3, 4), (4,)), ((2, 3, 4), (3, 1)), ((5,), ()),
        ((), ()), ((2, 0), (1, 1)), ((0,), ()),
    )  # fmt: skip
    for big, small in shapes:
        yield Sample(draw.reals(*big), draw.reals(*small))


sum_to_shape_p = primitive(
    "SumToShapeOf",
    infer=_infer,
    kernel=_kernel,
    vjp=lambda ctx, dy: (shaping.broadcast_to(dy, shaping.shape(ctx.inputs[0])), None),
    lower=reduction("add"),
    samples=_samples,
)


def sum_to_shape_of(dy: Any, like: Tensor) -> Any:
    """Sums `dy` over the dimensions along which `like` was broadcast to `dy`'s shape.

    Args:
      dy: tensor of shape `broadcast(like.shape, ...)`.
      like: tensor whose shape the result has.

    Returns:
      A tensor of `like`'s shape and `dy`'s dtype; `dy` itself when the shapes are equal.
    """
    if type(dy) is EagerTensor and type(like) is EagerTensor:
        if dy._array.shape == like._array.shape:
            return dy
    elif dy.shape.is_fully_defined() and dy.shape == like.shape:
        return dy
    return apply(sum_to_shape_p, dy, like)
