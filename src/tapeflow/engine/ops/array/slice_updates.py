"""`XlaDynamicUpdateSlice`: a tensor with one block replaced, at a place that data decide."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.ir.infer import reject, require_dtype, require_rank, require_same_dtype
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array.arguments import INDEX
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply


def _infer(input: Spec, update: Spec, indices: Spec) -> Spec:
    require_same_dtype(input, update)
    require_dtype(indices, INDEX, "indices")
    require_rank(indices, 1, "indices")
    if input.shape is None:
        return Spec(input.dtype, None)
    require_rank(update, len(input.shape), "update")
    if indices.shape is not None and indices.shape[0] not in (None, len(input.shape)):
        reject(f"indices: expected {len(input.shape)} entries; received {indices.shape[0]}")
    for have, new in zip(input.shape, update.shape or ()):
        if have is not None and new is not None and new > have:
            reject(f"update: expected a block of at most {input.shape}; received {update.shape}")
    return Spec(input.dtype, input.shape)


def _kernel(input: np.ndarray, update: np.ndarray, indices: np.ndarray) -> np.ndarray:
    out = input.copy()
    # As in XLA: a block that would reach over an edge is moved inside.
    starts = [
        min(max(int(start), 0), have - new)
        for start, have, new in zip(indices, input.shape, update.shape)
    ]
    out[tuple(slice(at, at + new) for at, new in zip(starts, update.shape))] = update
    return out


def _samples(draw: Draw) -> Iterable[Sample]:
    for start in ([0, 1], [2, -1], [-5, 9]):
        block = draw.reals(2, 2)
        yield Sample(draw.reals(3, 4), block, np.array(start, np.int32), exact=True)
    yield Sample(np.arange(4), np.array([9]), np.array([3], np.int64))


dynamic_update_slice_p = primitive(
    "XlaDynamicUpdateSlice",
    infer=_infer,
    kernel=_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_samples,
)


def dynamic_update_slice(input: Any, update: Any, indices: Any, name: str | None = None) -> Any:
    """Replaces a block of a tensor; TensorFlow has it inside, and Keras calls it there.

    Args:
      input: tensor of any shape.
      update: the block, of the same dtype and rank.
      indices: integer tensor `[rank]`: where the block begins; it is moved inside of `input` where
        it would reach over an edge.
      name: a name for the operation.

    Returns:
      A tensor like `input`.

    Raises:
      tf.errors.InvalidArgumentError: when dtypes differ or the block is too large.
    """
    tensor = convert(input)
    return apply(
        dynamic_update_slice_p, tensor, convert(update, hint=tensor.dtype), convert(indices)
    )
