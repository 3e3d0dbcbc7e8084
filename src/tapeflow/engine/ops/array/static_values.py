"""`tf.get_static_value`: what is known of a tensor's values without running anything."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core.export import export
from tapeflow.engine.core.handles import handle_of
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor

# TensorFlow follows the values of these alone: not of sums or slices, though they may be known.
_FOLLOWED = frozenset((
    "Cast", "Concat", "ConcatV2", "Equal", "Fill", "Identity", "NotEqual", "Pack", "Range", "Split",
    "StopGradient", "Unpack",
))  # fmt: skip


@export("get_static_value")
def get_static_value(tensor: Any, partial: bool = False) -> Any:
    """The values of a tensor where they are known without running anything.

    Args:
      tensor: a tensor; anything else is given back.
      partial: whether an array that is known in part will do, with None for the rest.

    Returns:
      A NumPy array or scalar, or None: variables, and tensors whose values are not known yet.

    Example:
      >>> import tapeflow as tf
      >>> tf.get_static_value(tf.constant([1, 2]))
      array([1, 2], dtype=int32)
    """
    if isinstance(tensor, EagerTensor):
        return tensor.numpy()
    if isinstance(tensor, Tensor):
        return _followed(tensor, partial)
    return None if handle_of(tensor) is not None else tensor


def _followed(tensor: Any, partial: bool) -> Any:
    op = tensor.op
    kind = op.type
    if kind == "Const":
        return op.attrs["value"]
    if kind == "Placeholder":  # what a function takes from around may be known there
        for outside, inside in getattr(tensor.graph, "captures", ()):
            if inside is tensor and isinstance(outside, Tensor):
                return get_static_value(outside, partial)
        return None
    if kind in ("Shape", "Size", "Rank"):
        return _of_shape(kind, op.inputs[0].shape, tensor.dtype.np)
    if kind not in _FOLLOWED:
        return None
    values = [_followed(t, partial and kind == "Pack") for t in op.inputs]
    if any(v is None for v in values):
        if not (partial and kind == "Pack" and any(v is not None for v in values)):
            return None
        return np.array(values, dtype=object)
    out = op.prim.kernel(*values, **op.attrs)
    return np.asarray(out[tensor.value_index] if isinstance(out, tuple) else out)


def _of_shape(kind: str, shape: Any, dtype: Any) -> Any:
    if kind == "Rank":
        return None if shape.rank is None else np.array(shape.rank, dtype)
    if not shape.is_fully_defined():
        return None
    return np.array(shape.as_list() if kind == "Shape" else shape.num_elements(), dtype)
