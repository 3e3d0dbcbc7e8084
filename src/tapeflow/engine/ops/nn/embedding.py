"""Looking up rows of embedding tables."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.ops.array import (
    concatenation,
    creation,
    dimensions,
    gathering,
    scattering,
    selection,
    shaping,
    sorting,
)
from tapeflow.engine.ops.math import (
    comparison,
    division,
    exponentials,
    folds,
    logical,
    sorted_segments,
    sparse_segments,
)
from tapeflow.engine.ops.math.casting import cast
from tapeflow.engine.ops.math.clipping import clip_by_norm
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.sparse_tensor import SparseTensor


@export("nn.embedding_lookup")
def embedding_lookup(params: Any, ids: Any, max_norm: Any = None, name: str | None = None) -> Any:
    """Looks up rows of a table.

    Args:
      params: tensor or variable `[rows, ...]`, or a list of such that are parts of one table, one
        after the other. Of a variable only the rows wanted are read.
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
      >>> tf.nn.embedding_lookup(tf.constant([[1.0, 2.0], [3.0, 4.0]]), [1]).numpy()
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
    axes = list(range(convert(ids).shape.ndims, rows.shape.ndims))
    return clip_by_norm(rows, max_norm, axes=axes)


COMBINERS = ("mean", "sqrtn", "sum")


def _combiner(combiner: str | None) -> str:
    if combiner is None:
        return "mean"
    if combiner not in COMBINERS:
        raise ValueError(f"combiner: expected one of {COMBINERS}; received {combiner!r}")
    return combiner


def _combined(params: Any, rows: Any, ids: Any, weights: Any, combiner: str, max_norm: Any) -> Any:
    """Folds the table's rows `ids` into the rows of the result that they stand for, in order."""
    rows = cast(rows, dtypes.int32)
    ids, places = sorting.unique(ids)
    taken = embedding_lookup(params, ids, max_norm)
    if weights is None:
        fold = {
            "sum": sparse_segments.segment_sum,
            "mean": sparse_segments.segment_mean,
            "sqrtn": sparse_segments.segment_sqrt_n,
        }[combiner]
        return fold(taken, places, rows)
    weights = weights if weights.dtype is taken.dtype else cast(weights, taken.dtype)
    ones = [1] * (taken.shape.ndims - 1)
    column = shaping.reshape(weights, [-1, *ones])
    total = sorted_segments.segment_sum(gathering.gather(taken, places) * column, rows)
    if combiner == "sum":
        return total
    if combiner == "mean":
        return division.divide_no_nan(total, sorted_segments.segment_sum(column, rows))
    squares = sorted_segments.segment_sum(column * column, rows)
    return division.divide_no_nan(total, exponentials.sqrt(squares))


@export("nn.embedding_lookup_sparse")
def embedding_lookup_sparse(
    params: Any,
    sp_ids: Any,
    sp_weights: Any,
    combiner: str | None = None,
    max_norm: Any = None,
    name: str | None = None,
    allow_fast_lookup: bool = False,
) -> Any:
    """Looks up several rows of a table for each example and folds them into one.

    Args:
      params: tensor or variable `[rows, ...]`, or a list of parts of a table.
      sp_ids: `tf.SparseTensor` `[batch, most ids]` of int ids.
      sp_weights: `tf.SparseTensor` of weights with the indices of `sp_ids`, or None for ones.
      combiner: `"mean"` (the default: the weighted mean), `"sum"` (the weighted sum) or `"sqrtn"`
        (the sum over the root of the sum of squared weights).
      max_norm: when given, rows of a greater L2 norm are scaled down to it before.
      name: ignored in eager mode.
      allow_fast_lookup: accepted; the result is the same.

    Returns:
      A tensor `[batch, ...]`; zeros for examples without ids, of which the last ones are left out.

    Raises:
      TypeError: when `sp_ids` or `sp_weights` is no `tf.SparseTensor`.
      ValueError: for another combiner, or when `params` is empty.

    Example:
      >>> import tapeflow as tf
      >>> table = tf.constant([[1.0, 2.0], [3.0, 4.0]])
      >>> ids = tf.SparseTensor([[0, 0], [0, 1]], [0, 1], [1, 2])
      >>> tf.nn.embedding_lookup_sparse(table, ids, None, combiner="sum").numpy()
      array([[4., 6.]], dtype=float32)
    """
    del allow_fast_lookup
    combiner = _combiner(combiner)
    if params is None or (isinstance(params, (list, tuple)) and not params):
        raise ValueError("embedding_lookup_sparse: params: expected a table; received none")
    if not isinstance(sp_ids, SparseTensor):
        raise TypeError(f"sp_ids must be SparseTensor, got {type(sp_ids)}")
    weights = None
    if sp_weights is not None:
        if not isinstance(sp_weights, SparseTensor):
            raise TypeError(
                f"sp_weights must be either None or SparseTensor, got {type(sp_weights)}"
            )
        sp_ids.values.shape.assert_is_compatible_with(sp_weights.values.shape)
        weights = sp_weights.values
    return _combined(params, sp_ids.indices[:, 0], sp_ids.values, weights, combiner, max_norm)


@export("nn.safe_embedding_lookup_sparse")
def safe_embedding_lookup_sparse(
    embedding_weights: Any,
    sparse_ids: Any,
    sparse_weights: Any = None,
    combiner: str = "mean",
    default_id: Any = None,
    max_norm: Any = None,
    name: str | None = None,
    allow_fast_lookup: bool = False,
) -> Any:
    """Looks up and folds rows of a table; negative ids and examples without ids are no errors.

    Args:
      embedding_weights: tensor or variable `[rows, ...]`, or a list of parts of a table.
      sparse_ids: `tf.SparseTensor` `[..., most ids]` of int ids; negative ones are left out.
      sparse_weights: `tf.SparseTensor` of weights with the indices of `sparse_ids`, or None for
        ones. Except for combiner `"sum"`, ids of weights that are not positive are left out.
      combiner: `"mean"`, `"sum"` or `"sqrtn"`.
      default_id: the id that examples without ids have; None gives them zeros.
      max_norm: when given, rows of a greater L2 norm are scaled down to it before.
      name: ignored in eager mode.
      allow_fast_lookup: accepted; the result is the same.

    Returns:
      A tensor of shape `sparse_ids.shape[:-1] + embedding_weights.shape[1:]`.

    Raises:
      ValueError: for another combiner, or when `embedding_weights` is empty.

    Example:
      >>> import tapeflow as tf
      >>> table = tf.constant([[1.0, 2.0], [3.0, 4.0]])
      >>> ids = tf.SparseTensor([[0, 0], [1, 0]], [1, -1], [2, 1])
      >>> tf.nn.safe_embedding_lookup_sparse(table, ids).numpy()
      array([[3., 4.],
             [0., 0.]], dtype=float32)
    """
    del allow_fast_lookup
    if embedding_weights is None or (
        isinstance(embedding_weights, (list, tuple)) and not embedding_weights
    ):
        raise ValueError(f"Missing embedding_weights {embedding_weights}.")
    combiner = _combiner(combiner)
    dims = sparse_ids.dense_shape
    lead = dims[:-1]
    indices, ids = sparse_ids.indices, sparse_ids.values
    weights = None
    kept = comparison.greater_equal(ids, 0)
    if sparse_weights is not None:
        weights = sparse_weights.values
        if combiner != "sum":
            kept = logical.logical_and(kept, comparison.greater(weights, 0))
    count = folds.reduce_prod(lead)
    rows = _flat_rows(indices, lead)
    rows, ids = selection.boolean_mask(rows, kept), selection.boolean_mask(ids, kept)
    if weights is not None:
        weights = selection.boolean_mask(weights, kept)
    filled = scattering.scatter_nd(
        dimensions.expand_dims(rows, 1), creation.ones_like(rows), dimensions.expand_dims(count, 0)
    )
    empty = comparison.equal(filled, 0)
    new_rows = dimensions.squeeze(selection.where(empty), [1])
    rows = concatenation.concat([rows, new_rows], 0)
    order = sorting.argsort(rows, stable=True)
    fill = convert(0 if default_id is None else default_id, ids.dtype)
    new_ids = creation.fill(shaping.shape(new_rows), fill)
    ids = gathering.gather(concatenation.concat([ids, new_ids], 0), order)
    if weights is not None:
        ones = creation.ones_like(new_rows, weights.dtype)
        weights = gathering.gather(concatenation.concat([weights, ones], 0), order)
    rows = gathering.gather(rows, order)
    out = _combined(embedding_weights, rows, ids, weights, combiner, max_norm)
    if default_id is None:
        column = shaping.reshape(empty, [-1] + [1] * (out.shape.ndims - 1))
        out = selection.where(column, creation.zeros_like(out), out)
    tail = shaping.shape(out, dtypes.int64)[1:]
    return shaping.reshape(out, concatenation.concat([lead, tail], 0))


def _flat_rows(indices: Any, lead: Any) -> Any:
    """For each sparse entry the number of its row, when all rows of `lead` are counted through."""
    rank = lead.shape.as_list()[0]
    rows = indices[:, 0]
    for d in range(1, rank):
        rows = rows * lead[d] + indices[:, d]
    return rows
