"""Diagonals of tensors whose index is made of two halves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.errors import NotFoundError
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import merge_dims, reject, require_dtype, shape_text
from tapeflow.engine.ir.primitive import indexed, movement, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.linalg.matrices import require_matrix
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply

_TENSOR_DIAG = frozenset(
    (
        dtypes.float16, dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64,
        dtypes.complex64, dtypes.complex128,
    )
)  # fmt: skip


def _require_tensor_diag(spec: Spec) -> None:
    if spec.dtype is dtypes.bfloat16:
        raise NotFoundError(None, None, "no kernel for dtype bfloat16; cast to float32")
    require_dtype(spec, _TENSOR_DIAG)


def _outer_infer(diagonal: Spec) -> Spec:
    _require_tensor_diag(diagonal)
    require_matrix(diagonal, "diagonal", least=1)
    return Spec(diagonal.dtype, None if diagonal.shape is None else diagonal.shape * 2)


def _outer_kernel(diagonal: np.ndarray) -> np.ndarray:
    flat = np.zeros((diagonal.size, diagonal.size), diagonal.dtype)
    np.fill_diagonal(flat, diagonal.reshape(-1))
    return flat.reshape(diagonal.shape * 2)


def _outer_samples(draw: Draw) -> Iterable[Sample]:
    for shape in ((3,), (2, 3), (0,)):
        yield Sample(draw.reals(*shape))
    yield Sample(draw.ints(2), grad=False)


def _inner_infer(input: Spec) -> Spec:
    _require_tensor_diag(input)
    if input.shape is None:
        return Spec(input.dtype, None)
    half, odd = divmod(len(input.shape), 2)
    if odd or not half:
        reject(f"input: expected an even, positive rank; received shape {shape_text(input.shape)}")
    return Spec(input.dtype, merge_dims(input.shape[:half], input.shape[half:]))


def _inner_kernel(input: np.ndarray) -> np.ndarray:
    shape = input.shape[: input.ndim // 2]
    size = int(np.prod(shape))
    return input.reshape(size, size).diagonal().reshape(shape)


def _inner_samples(draw: Draw) -> Iterable[Sample]:
    for shape in ((3, 3), (2, 3, 2, 3), (0, 0)):
        yield Sample(draw.reals(*shape))
    yield Sample(draw.ints(2, 2), grad=False)


tensor_diag_p = primitive(
    "Diag",
    infer=_outer_infer,
    kernel=_outer_kernel,
    vjp=lambda ctx, dy: (apply(tensor_diag_part_p, dy),),
    lower=indexed("tensor_diag"),
    samples=_outer_samples,
)

tensor_diag_part_p = primitive(
    "DiagPart",
    infer=_inner_infer,
    kernel=_inner_kernel,
    vjp=lambda ctx, dy: (apply(tensor_diag_p, dy),),
    lower=movement("tensor_diag_part"),
    samples=_inner_samples,
)


@export("linalg.tensor_diag")
def tensor_diag(diagonal: Any, name: str | None = None) -> Any:
    """Makes a tensor of twice the rank, zero except where both halves of the index are equal.

    Args:
      diagonal: tensor of rank 1 or more.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `diagonal.shape + diagonal.shape`.

    Raises:
      tf.errors.InvalidArgumentError: when `diagonal` is a scalar.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.tensor_diag([1, 2]).numpy()
      array([[1, 0],
             [0, 2]], dtype=int32)
    """
    return apply(tensor_diag_p, convert(diagonal))


@export("linalg.tensor_diag_part")
def tensor_diag_part(input: Any, name: str | None = None) -> Any:
    """Reads the elements for which both halves of the index are equal.

    Args:
      input: tensor of shape `shape + shape`.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `shape`.

    Raises:
      tf.errors.InvalidArgumentError: for an odd rank, or halves of different shapes.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.tensor_diag_part([[1, 2], [3, 4]]).numpy()
      array([1, 4], dtype=int32)
    """
    return apply(tensor_diag_part_p, convert(input))
