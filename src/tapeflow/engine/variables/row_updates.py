"""Sparse updates of an array in place: they touch the addressed rows and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core.context import SILENCE, enter_silence, leave_silence
from tapeflow.engine.core.errors import InvalidArgumentError

Array = np.ndarray[Any, Any]
_INDEX_DTYPES = (np.dtype(np.int32), np.dtype(np.int64))


def refuse(op: str, message: str) -> InvalidArgumentError:
    """The error that `op` raises."""
    return InvalidArgumentError(None, None, f"{op}: {message} [Op:{op}]")


def check_index_dtype(op: str, indices: Array) -> None:
    """Rejects indices that are neither int32 nor int64."""
    if indices.dtype not in _INDEX_DTYPES:
        raise refuse(op, f"indices: expected dtype int32 or int64; received {indices.dtype}")


def check_rows(op: str, shape: tuple[int, ...], indices: Array, updates: Array) -> None:
    """Rejects rows that `out[indices] = updates` could not place, before anything is written."""
    check_index_dtype(op, indices)
    if not shape or (updates.ndim and updates.shape != indices.shape + shape[1:]):
        raise refuse(
            op,
            f"updates: expected shape {list(indices.shape + shape[1:])} (indices.shape + "
            f"params.shape[1:]) or []; received {list(updates.shape)} for indices.shape "
            f"{list(indices.shape)}, params.shape {list(shape)}",
        )
    check_range(op, indices, shape[0])


def check_range(op: str, indices: Array, size: int) -> None:
    """Rejects indices outside of `[0, size)`; none counts from the end."""
    if indices.size and not 0 <= indices.min() <= indices.max() < size:
        at = int(np.flatnonzero((indices < 0) | (indices >= size))[0])
        place = ", ".join(str(int(i)) for i in np.unravel_index(at, indices.shape))
        raise refuse(op, f"indices[{place}] = {indices.reshape(-1)[at]} is not in [0, {size})")


def occur_once(indices: Array) -> bool:
    """Whether no index occurs twice."""
    flat = indices.reshape(-1)
    if flat.size <= 64:
        return len(set(flat.tolist())) == flat.size
    ordered = np.sort(flat)
    return not bool((ordered[1:] == ordered[:-1]).any())


def combine_rows(function: Any, out: Array, indices: Array, updates: Array) -> None:
    """`out[i] = function(out[i], u)` for each row in turn; an index may occur again."""
    token = enter_silence(SILENCE)
    try:
        if occur_once(indices):
            out[indices] = function(out[indices], updates)
        elif isinstance(function, np.ufunc):
            if out.ndim > 1 and updates.ndim:
                indices, updates = _repeated(function, out, indices, updates)
            function.at(out, indices, updates)
        else:
            rows = np.broadcast_to(updates, indices.shape + out.shape[1:])
            for place in np.ndindex(indices.shape):
                row = indices[place]
                out[row] = function(out[row], rows[place])
    finally:
        leave_silence(token)


def _repeated(function: Any, out: Array, indices: Array, updates: Array) -> tuple[Array, Array]:
    """Combines rows met for the first time, all at once; gives the others, in their order.

    A ufunc's `at` goes element by element, and mostly few rows occur again.
    """
    flat = indices.reshape(-1)
    rows = updates.reshape(len(flat), *out.shape[1:])
    order = np.argsort(flat, kind="stable")
    ordered = flat[order]
    again = ordered[1:] == ordered[:-1]
    later = order[1:][again]
    first = np.append(order[:1], order[1:][~again])
    places = flat[first]
    out[places] = function(out[places], rows[first])
    return flat[later], rows[later]


def truncating_divide(x: Array, y: Array) -> Array:
    """Division of integers that rounds towards zero."""
    quotient = np.floor_divide(x, y)
    return np.asarray(quotient + ((quotient < 0) & (quotient * y != x)), x.dtype)


def divide_function(op: str, updates: Array) -> Any:
    """What divides by `updates`, integers rounding towards zero; never by zero."""
    if not updates.all():
        raise refuse(op, "updates must not contain 0")
    return truncating_divide if updates.dtype.kind in "iu" else np.divide


def without_nan(function: Any, updates: Array) -> Array:
    """Updates by which `np.maximum` and `np.minimum` leave an element that is met with NaN."""
    if updates.dtype.kind in "iu" or not np.isnan(updates).any():
        return updates
    neutral = -np.inf if function is np.maximum else np.inf
    return np.where(np.isnan(updates), updates.dtype.type(neutral), updates)


def check_elements(op: str, shape: tuple[int, ...], indices: Array, updates: Array) -> None:
    """Rejects updates that do not fit the elements or slices that `indices[..., :]` address."""
    check_index_dtype(op, indices)
    depth = indices.shape[-1] if indices.ndim else -1
    if not shape:
        raise refuse(op, "ref: expected rank >= 1; received shape []")
    if depth < 0 or depth > len(shape):
        raise refuse(
            op,
            f"indices: expected a last dimension of at most {len(shape)}; received shape "
            f"{list(indices.shape)}",
        )
    expected = indices.shape[:-1] + shape[depth:]
    if updates.shape != expected:
        raise refuse(
            op,
            f"updates: expected shape {list(expected)} (indices.shape[:-1] + "
            f"ref.shape[indices.shape[-1]:]); received {list(updates.shape)}",
        )
    limits = np.array(shape[:depth], indices.dtype)
    outside = ((indices < 0) | (indices >= limits)).any(-1) if depth else np.zeros((), bool)
    if outside.any():
        at = np.argwhere(outside)[0].tolist()
        place = "".join(f"[{i}]" for i in at)
        raise refuse(
            op,
            f"indices{place} = {indices[tuple(at)].tolist()} does not index into "
            f"shape {list(shape)}",
        )


def combine_elements(function: Any, out: Array, indices: Array, updates: Array) -> None:
    """As `combine_rows`, of the elements or slices that `indices[..., :]` address."""
    depth = indices.shape[-1]
    if depth == 0:
        for part in updates.reshape(-1, *out.shape):
            out[...] = part if function is None else function(out, part)
        return
    key = tuple(indices[..., d] for d in range(depth))
    if function is None:
        out[key] = updates
        return
    token = enter_silence(SILENCE)
    try:
        function.at(out, key, updates)
    finally:
        leave_silence(token)


def batch_key(indices: Array) -> tuple[Array, ...]:
    """Index arrays by which row `indices[b..., i]` of batch `b...` is addressed."""
    batch = indices.shape[:-1]
    grid = np.ix_(*[np.arange(n) for n in batch]) if batch else ()
    return (*[g[..., None] for g in grid], indices)
