"""Scattering updates over a tensor: set, add, subtract, raise or lower elements and slices."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.errors import NotFoundError
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    merge_dims,
    product,
    reads_values,
    reject,
    reject_values,
    require_dtype,
    require_same_dtype,
    shape_text,
)
from tapeflow.engine.ir.primitive import Primitive, indexed, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Dims, Spec
from tapeflow.engine.ops.array import gathering, shaping
from tapeflow.engine.ops.array.arguments import (
    INDEX16,
    require_kernel,
    to_integers,
    to_same_dtype,
)
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply

POLICIES = ("", "DEFAULT", "ERROR", "IGNORE")


def require_policy(policy: str) -> None:
    """Rejects an unknown policy for indices out of range."""
    if policy not in POLICIES:
        raise NotFoundError(
            None, None, f"bad_indices_policy: expected one of {POLICIES}; received {policy!r}"
        )


def element_key(
    shape: tuple[int, ...], indices: np.ndarray, policy: str
) -> tuple[tuple[np.ndarray, ...], np.ndarray | None]:
    """Index arrays for the dimensions that `indices[..., :]` addresses, after checking the range.

    Returns:
      The arrays, and where indices are out of range if these are to be ignored (their entries in
      the arrays are 0).
    """
    key = [indices[..., d] for d in range(indices.shape[-1])]
    bad = None
    for d, column in enumerate(key):
        wrong = (column < 0) | (column >= shape[d])
        if wrong.any():
            bad = wrong if bad is None else bad | wrong
    if bad is None:
        return tuple(key), None
    if policy != "IGNORE":
        place = tuple(int(n) for n in np.argwhere(bad)[0])
        reject(
            f"indices[{','.join(map(str, place))}] = {indices[place].tolist()} does not index into "
            f"shape {shape_text(shape)}"
        )
    return tuple([np.where(bad, 0, column) for column in key]), bad


def add_at(out: np.ndarray, key: tuple[np.ndarray, ...], updates: np.ndarray) -> None:
    """`out[key] += updates`, where a place may occur more than once."""
    combine_at(np.add, out, key, updates)


def combine_at(
    function: Any, out: np.ndarray, key: tuple[np.ndarray, ...], updates: np.ndarray
) -> None:
    """`out[key] = function(out[key], updates)` for each update in turn.

    The dimensions that `key` addresses are flattened, and updates of one place are brought together
    by sorting: `ufunc.at` is fast for single elements only.
    """
    lead = out.shape[: len(key)]
    tail = out.shape[len(key) :]
    flat = key[0] if len(key) == 1 else _flat_index(key, lead)
    flat = np.broadcast_to(flat, updates.shape[: updates.ndim - len(tail)]).reshape(-1)
    if not flat.size:
        return
    rows = updates.reshape(len(flat), -1)
    target = out.reshape(int(np.prod(lead)), -1)
    if not rows.shape[1]:
        return
    if rows.shape[1] == 1 and isinstance(function, np.ufunc):
        function.at(target[:, 0], flat, rows[:, 0])
        return
    order = np.argsort(flat, kind="stable")
    places = flat[order]
    starts = np.flatnonzero(np.concatenate(([True], places[1:] != places[:-1])))
    if len(starts) == len(flat):
        target[flat] = function(target[flat], rows)
        return
    # Folding differences would negate all but the first; NaN among updates is passed over.
    fold = _FOLDS.get(function, function)
    sums = fold.reduceat(rows[order], starts, axis=0)
    where = places[starts]
    target[where] = function(target[where], sums)


def _greater(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """The greater one; NaN where `old` is, and `old` where only `new` is."""
    return np.where(old < new, new, old)


def _smaller(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    return np.where(new < old, new, old)


_FOLDS: dict[Any, np.ufunc] = {np.subtract: np.add, _greater: np.fmax, _smaller: np.fmin}


def _flat_index(key: tuple[np.ndarray, ...], lead: tuple[int, ...]) -> np.ndarray:
    flat: Any = np.zeros((), np.int64)
    for column, size in zip(key, lead, strict=True):
        flat = flat * size + column
    return flat  # type: ignore[no-any-return]


def _check_updates(shape: Dims | None, indices: Spec, updates: Spec) -> None:
    i = indices.shape
    if i is not None and not i:
        reject("indices: expected rank >= 1; received a scalar")
    if updates.shape is not None and not updates.shape:
        reject("updates: expected rank >= 1; received a scalar")
    if i is None or shape is None or i[-1] is None:
        return
    if (
        0 in i
        and updates.shape is not None
        and None not in updates.shape
        and 0 not in updates.shape
    ):
        reject_values(f"updates: expected none for indices of shape {shape_text(i)}; "
               f"received shape {shape_text(updates.shape)}")  # fmt: skip
    if i[-1] > len(shape):
        reject_values(
            f"indices: expected at most {len(shape)} indices for shape {shape_text(shape)}; "
            f"received shape {shape_text(i)}"
        )
    merge_dims((*i[:-1], *shape[i[-1] :]), updates.shape, "updates")
    if product(shape) == 0 and product(i) != 0 and product(updates.shape or ()) not in (0, None):
        reject(f"indices: expected none for the empty shape {shape_text(shape)}; "
               f"received shape {shape_text(i)}")  # fmt: skip


@reads_values(2)
def _scatter_infer(indices: Spec, updates: Spec, shape: Spec, bad_indices_policy: str) -> Spec:
    require_dtype(indices, INDEX16, "indices")
    require_same_dtype(indices, shape)
    require_policy(bad_indices_policy)
    dims = shaping.known_dims(shape)
    if dims is not None and any(d is not None and d < 0 for d in dims):
        reject_values(f"shape: expected sizes >= 0; received {shape_text(dims)}")
    _check_updates(dims, indices, updates)
    return Spec(updates.dtype, dims)


def _scatter_kernel(
    indices: np.ndarray, updates: np.ndarray, shape: np.ndarray, bad_indices_policy: str
) -> np.ndarray:
    dims = tuple(shape.tolist())
    out = np.zeros(dims, updates.dtype)
    if updates.dtype == object:
        out[...] = b""
    _combine(
        np.logical_or if out.dtype == bool else np.add, out, indices, updates, bad_indices_policy
    )
    return out


def _combine(
    function: Any, out: np.ndarray, indices: np.ndarray, updates: np.ndarray, policy: str
) -> None:
    """Writes (function None) or folds updates into `out`."""
    key, bad = element_key(out.shape, indices, policy)
    if bad is not None:
        key = tuple([column[~bad] for column in key])
        updates = updates[~bad]
    if function is None:
        out[key] = updates
    else:
        combine_at(function, out, key, updates)


def _scatter_samples(draw: Draw) -> Iterable[Sample]:
    for shape, depth, lead in (
        ((5,), 1, (4,)), ((3, 4), 1, (4,)), ((3, 4), 2, (6,)), ((3, 4), 2, (2, 2)), ((3,), 1, (0,)),
        ((0, 2), 1, (0,)),
    ):  # fmt: skip
        indices = np.stack([draw.ints(*lead, high=max(n, 1)) for n in shape[:depth]], -1)
        updates = draw.reals(*lead, *shape[depth:])
        yield Sample(indices, updates, np.array(shape, np.int32), bad_indices_policy="")


scatter_nd_p = primitive(
    "ScatterNd",
    infer=_scatter_infer,
    kernel=_scatter_kernel,
    vjp=lambda ctx, dy: (None, gathering.gather_nd(dy, ctx.inputs[0], **ctx.attrs), None),
    lower=indexed("scatter_add"),
    samples=_scatter_samples,
)


@export("scatter_nd")
def scatter_nd(
    indices: Any, updates: Any, shape: Any, bad_indices_policy: str = "", name: str | None = None
) -> Any:
    """Scatters updates over a tensor of zeros; those of one place are added up.

    Args:
      indices: integer tensor `[..., depth]`.
      updates: tensor of shape `indices.shape[:-1] + shape[depth:]`.
      shape: shape of the result, in the dtype of `indices`.
      bad_indices_policy: `""`, `"DEFAULT"` or `"ERROR"` to raise for an index out of range,
        `"IGNORE"` to drop its update.
      name: ignored in eager mode.

    Returns:
      A tensor of shape `shape` and the dtype of `updates`.

    Raises:
      tf.errors.InvalidArgumentError: when shapes do not fit or an index is out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.scatter_nd([[1], [1], [3]], [5, 6, 7], [4]).numpy()
      array([ 0, 11,  0,  7], dtype=int32)
    """
    indices, dims = to_same_dtype([indices, shape])
    return apply(
        scatter_nd_p, indices, convert(updates), dims, bad_indices_policy=bad_indices_policy
    )


def _update_infer(tensor: Spec, indices: Spec, updates: Spec, bad_indices_policy: str = "") -> Spec:
    require_same_dtype(tensor, updates)
    require_dtype(indices, INDEX16, "indices")
    require_policy(bad_indices_policy)
    if tensor.shape is not None and not tensor.shape:
        reject("tensor: expected rank >= 1; received a scalar")
    _check_updates(tensor.shape, indices, updates)
    return Spec(tensor.dtype, tensor.shape)


def _update_kernel(function: Any) -> Callable[..., np.ndarray]:
    def kernel(
        tensor: np.ndarray, indices: np.ndarray, updates: np.ndarray, bad_indices_policy: str = ""
    ) -> np.ndarray:
        out = tensor.copy()
        _combine(function, out, indices, updates, bad_indices_policy)
        return out

    return kernel


def _update_samples(draw: Draw) -> Iterable[Sample]:
    for shape, depth, lead in (
        ((5,), 1, (4,)), ((3, 4), 1, (2,)), ((3, 4), 2, (6,)), ((3,), 1, (0,)),
    ):  # fmt: skip
        count = int(np.prod(shape[:depth]))
        # Each place once: the order of updates of one place is open.
        places = draw.rng.permutation(count)[: int(np.prod(lead))].reshape(lead)
        indices = np.stack(np.unravel_index(places, shape[:depth]), -1).astype(np.int32)
        updates = draw.reals(*lead, *shape[depth:])
        yield Sample(draw.reals(*shape), indices, updates, bad_indices_policy="")


def _zero_at(dy: Any, indices: Any, updates: Any) -> Any:
    from tapeflow.engine.ops.array import creation

    return tensor_scatter_nd_update(dy, indices, creation.zeros_like(updates))


def _update_vjp(ctx: Any, dy: Any) -> Any:
    _, indices, updates = ctx.inputs
    return (_zero_at(dy, indices, updates), None, gathering.gather_nd(dy, indices))


def _extreme_vjp(ctx: Any, dy: Any) -> Any:
    """Half of the cotangent to each of two equal values, and so on, as TensorFlow does it."""
    from tapeflow.engine.ops.math import arithmetic, casting, comparison

    tensor, indices, updates = ctx.inputs
    y = ctx.outputs[0]
    at = gathering.gather_nd(y, indices)
    from_updates = casting.cast(comparison.equal(updates, at), dy.dtype)
    from_tensor = casting.cast(comparison.equal(tensor, y), dy.dtype)
    count = tensor_scatter_nd_add(from_tensor, indices, from_updates)
    share = arithmetic.divide(dy, count)
    return (
        arithmetic.multiply(share, from_tensor),
        None,
        arithmetic.multiply(gathering.gather_nd(share, indices), from_updates),
    )


def _arithmetic_infer(tensor: Spec, indices: Spec, updates: Spec, bad_indices_policy: str) -> Spec:
    require_kernel(tensor, dtypes.NUMERIC, "tensor")
    return _update_infer(tensor, indices, updates, bad_indices_policy)


def _updating(name: str, function: Any, vjp: Any, how: str) -> Primitive:
    return primitive(
        name,
        infer=_update_infer if function is None else _arithmetic_infer,
        kernel=_update_kernel(function),
        vjp=vjp,
        lower=indexed(how),
        samples=_update_samples,
    )


scatter_update_p = _updating("TensorScatterUpdate", None, _update_vjp, "scatter")
scatter_add_p = _updating(
    "TensorScatterAdd",
    np.add,
    lambda ctx, dy: (dy, None, gathering.gather_nd(dy, ctx.inputs[1])),
    "scatter_add",
)
scatter_sub_p = _updating(
    "TensorScatterSub",
    np.subtract,
    lambda ctx, dy: (dy, None, -gathering.gather_nd(dy, ctx.inputs[1])),
    "scatter_sub",
)
scatter_max_p = _updating("TensorScatterMax", _greater, _extreme_vjp, "scatter_max")
scatter_min_p = _updating("TensorScatterMin", _smaller, _extreme_vjp, "scatter_min")


def _scatter(prim: Primitive, tensor: Any, indices: Any, updates: Any, policy: str) -> Any:
    tensor, updates = to_same_dtype([tensor, updates])
    return apply(prim, tensor, to_integers(indices), updates, bad_indices_policy=policy)


@export("tensor_scatter_nd_update")
def tensor_scatter_nd_update(
    tensor: Any, indices: Any, updates: Any, name: str | None = None
) -> Any:
    """Replaces elements or slices of a tensor.

    Args:
      tensor: tensor of rank 1 or more.
      indices: integer tensor `[..., depth]`.
      updates: tensor of shape `indices.shape[:-1] + tensor.shape[depth:]`.
      name: ignored in eager mode.

    Returns:
      A tensor like `tensor`.

    Raises:
      tf.errors.InvalidArgumentError: when shapes do not fit or an index is out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.tensor_scatter_nd_update([1, 2, 3], [[0], [2]], [7, 9]).numpy()
      array([7, 2, 9], dtype=int32)
    """
    return _scatter(scatter_update_p, tensor, indices, updates, "")


@export("tensor_scatter_nd_add")
def tensor_scatter_nd_add(
    tensor: Any, indices: Any, updates: Any, bad_indices_policy: str = "", name: str | None = None
) -> Any:
    """Adds updates to elements or slices of a tensor.

    Args:
      tensor: tensor of rank 1 or more.
      indices: integer tensor `[..., depth]`.
      updates: tensor of shape `indices.shape[:-1] + tensor.shape[depth:]`.
      bad_indices_policy: `""`, `"DEFAULT"` or `"ERROR"` to raise for an index out of range,
        `"IGNORE"` to drop its update.
      name: ignored in eager mode.

    Returns:
      A tensor like `tensor`.

    Raises:
      tf.errors.InvalidArgumentError: when shapes do not fit or an index is out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.tensor_scatter_nd_add([1, 2, 3], [[0], [0]], [10, 20]).numpy()
      array([31,  2,  3], dtype=int32)
    """
    return _scatter(scatter_add_p, tensor, indices, updates, bad_indices_policy)


@export("tensor_scatter_nd_sub")
def tensor_scatter_nd_sub(
    tensor: Any, indices: Any, updates: Any, bad_indices_policy: str = "", name: str | None = None
) -> Any:
    """Subtracts updates from elements or slices of a tensor.

    Args:
      tensor: tensor of rank 1 or more.
      indices: integer tensor `[..., depth]`.
      updates: tensor of shape `indices.shape[:-1] + tensor.shape[depth:]`.
      bad_indices_policy: `""`, `"DEFAULT"` or `"ERROR"` to raise for an index out of range,
        `"IGNORE"` to drop its update.
      name: ignored in eager mode.

    Returns:
      A tensor like `tensor`.

    Raises:
      tf.errors.InvalidArgumentError: when shapes do not fit or an index is out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.tensor_scatter_nd_sub([1, 2, 3], [[0], [0]], [10, 20]).numpy()
      array([-29,   2,   3], dtype=int32)
    """
    return _scatter(scatter_sub_p, tensor, indices, updates, bad_indices_policy)


@export("tensor_scatter_nd_max")
def tensor_scatter_nd_max(
    tensor: Any, indices: Any, updates: Any, bad_indices_policy: str = "", name: str | None = None
) -> Any:
    """Raises elements or slices of a tensor to the updates that are greater.

    Args:
      tensor: tensor of rank 1 or more.
      indices: integer tensor `[..., depth]`.
      updates: tensor of shape `indices.shape[:-1] + tensor.shape[depth:]`.
      bad_indices_policy: `""`, `"DEFAULT"` or `"ERROR"` to raise for an index out of range,
        `"IGNORE"` to drop its update.
      name: ignored in eager mode.

    Returns:
      A tensor like `tensor`.

    Raises:
      tf.errors.InvalidArgumentError: when shapes do not fit or an index is out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.tensor_scatter_nd_max([1, 2, 3], [[0], [2]], [9, 1]).numpy()
      array([9, 2, 3], dtype=int32)
    """
    return _scatter(scatter_max_p, tensor, indices, updates, bad_indices_policy)


@export("tensor_scatter_nd_min")
def tensor_scatter_nd_min(
    tensor: Any, indices: Any, updates: Any, bad_indices_policy: str = "", name: str | None = None
) -> Any:
    """Lowers elements or slices of a tensor to the updates that are smaller.

    Args:
      tensor: tensor of rank 1 or more.
      indices: integer tensor `[..., depth]`.
      updates: tensor of shape `indices.shape[:-1] + tensor.shape[depth:]`.
      bad_indices_policy: `""`, `"DEFAULT"` or `"ERROR"` to raise for an index out of range,
        `"IGNORE"` to drop its update.
      name: ignored in eager mode.

    Returns:
      A tensor like `tensor`.

    Raises:
      tf.errors.InvalidArgumentError: when shapes do not fit or an index is out of range.

    Example:
      >>> import tapeflow as tf
      >>> tf.tensor_scatter_nd_min([1, 2, 3], [[0], [2]], [9, 1]).numpy()
      array([1, 2, 1], dtype=int32)
    """
    return _scatter(scatter_min_p, tensor, indices, updates, bad_indices_policy)
