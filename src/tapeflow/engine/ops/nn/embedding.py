"""Looking up rows of embedding tables."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core.export import export
from tapeflow.engine.ops.array import concatenation, gathering
from tapeflow.engine.runtime.convert import convert


@export("nn.embedding_lookup")
def embedding_lookup(params: Any, ids: Any, max_norm: Any = None, name: str | None = None) -> Any:
    """Looks up rows of a table.

    Args:
      params: tensor or variable `[rows, ...]`. Of a variable only the rows wanted are read.
      ids: int32 or int64 tensor.
      max_norm: when given, rows of a greater L2 norm are scaled down to it.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `ids.shape + params.shape[1:]`.

    Raises:
      ValueError: when `params` is empty.
      tf.errors.InvalidArgumentError: when an id is out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.nn.embedding_lookup([[1.0, 2.0], [3.0, 4.0]], [1]).numpy()
      array([[3., 4.]], dtype=float32)
    """
    if params is None or (isinstance(params, (list, tuple)) and not params):
        raise ValueError("params must be specified")
    if isinstance(params, (list, tuple)):  # a table in several parts, one after the other
        params = params[0] if len(params) == 1 else concatenation.concat(params, 0)
    if not hasattr(params, "dtype"):
        params = convert(params)
    rows = gathering.gather(params, ids)
    if max_norm is None:
        return rows
    from tapeflow.engine.ops.math.clipping import clip_by_norm

    axes = list(range(convert(ids).shape.ndims, rows.shape.ndims))
    return clip_by_norm(rows, max_norm, axes=axes if ids is not None else None)
