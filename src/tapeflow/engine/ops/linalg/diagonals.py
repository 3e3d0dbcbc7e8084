"""Diagonals and bands of matrices: read, written, cut out."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.export import export
from tapeflow.engine.core.handles import handle_of
from tapeflow.engine.ir.infer import (
    at_run_time,
    merge_dims,
    reads_values,
    reject,
    require_dtype,
    require_same_dtype,
    shape_text,
)
from tapeflow.engine.ir.primitive import indexed, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array import creation
from tapeflow.engine.ops.array.shaping import INDEX
from tapeflow.engine.ops.linalg.matrices import require_matrix
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import Tensor

ALIGNMENTS = ("LEFT_RIGHT", "RIGHT_LEFT", "LEFT_LEFT", "RIGHT_RIGHT")

# -- band_part ---------------------------------------------------------------------------------


def _band_infer(input: Spec, num_lower: Spec, num_upper: Spec) -> Spec:
    require_matrix(input)
    require_same_dtype(num_lower, num_upper)
    for name, spec in (("num_lower", num_lower), ("num_upper", num_upper)):
        require_dtype(spec, INDEX, name)
        if spec.shape not in (None, ()):
            reject(f"{name}: expected a scalar; received shape {shape_text(spec.shape)}")
    return Spec(input.dtype, input.shape)


def _band_kernel(input: np.ndarray, num_lower: np.ndarray, num_upper: np.ndarray) -> np.ndarray:
    lower, upper = int(num_lower), int(num_upper)
    rows, columns = input.shape[-2:]
    for name, count, limit in (("num_lower", lower, rows), ("num_upper", upper, columns)):
        if count > limit:
            reject(f"{name}: expected a negative value or one <= {limit}; received {count}")
    distance = np.arange(columns) - np.arange(rows)[:, None]
    keep = np.ones((rows, columns), bool)
    if lower >= 0:
        keep &= distance >= -lower
    if upper >= 0:
        keep &= distance <= upper
    return np.where(keep, input, np.zeros((), input.dtype))


def _band_samples(draw: Draw) -> Iterable[Sample]:
    for shape, lower, upper in (
        ((4, 4), 1, 0), ((3, 5), -1, 1), ((2, 5, 3), 0, -1), ((3, 3), -1, -1), ((0, 3), 0, 0),
    ):  # fmt: skip
        yield Sample(draw.reals(*shape), np.array(lower), np.array(upper))
    yield Sample(
        draw.bools(3, 3), np.int32(1) + np.zeros((), np.int32), np.array(0, np.int32), grad=False
    )
    yield Sample(np.full((2, 2), np.nan, np.float32), np.array(0), np.array(0), grad=False)


band_part_p = primitive(
    "MatrixBandPart",
    infer=_band_infer,
    kernel=_band_kernel,
    vjp=lambda ctx, dy: (apply(band_part_p, dy, *ctx.inputs[1:]), None, None),
    lower=indexed("band"),
    samples=_band_samples,
)


@export("linalg.band_part")
def band_part(input: Any, num_lower: Any, num_upper: Any, name: str | None = None) -> Any:
    """Keeps a band around the main diagonal of matrices; the rest becomes zero.

    Args:
      input: tensor `[..., rows, columns]`.
      num_lower: how many diagonals below the main one to keep; all when negative.
      num_upper: how many diagonals above it to keep; all when negative.
      name: ignored in eager mode.

    Returns:
      A tensor of the shape and dtype of `input`.

    Raises:
      tf.errors.InvalidArgumentError: when the rank is less than 2, or there are fewer diagonals.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.band_part(tf.ones([3, 3]), -1, 0).numpy()
      array([[1., 0., 0.],
             [1., 1., 0.],
             [1., 1., 1.]], dtype=float32)
    """
    bounds = [convert(n) if handle_of(n) is not None else n for n in (num_lower, num_upper)]
    wanted = next((n.dtype for n in bounds if isinstance(n, Tensor)), dtypes.int64)
    lower, upper = convert(bounds[0], wanted), convert(bounds[1], wanted)
    return apply(band_part_p, convert(input), lower, upper)


# -- diag, diag_part, set_diag -----------------------------------------------------------------


def _range_of(k: Spec | np.ndarray) -> tuple[int, int] | None:
    """The lowest and highest diagonal that `k` names."""
    value = k if isinstance(k, np.ndarray) else k.value
    if value is None:
        return None
    flat = value.reshape(-1).tolist()
    if not 1 <= len(flat) <= 2:
        reject(f"k: expected one or two elements; received {len(flat)}")
    if flat[0] > flat[-1]:
        reject(f"k: expected the lower diagonal first; received {flat}")
    return flat[0], flat[-1]


def _check_align(align: str) -> None:
    if align not in ALIGNMENTS:
        reject(f"align: expected one of {', '.join(ALIGNMENTS)}; received {align!r}")


@functools.lru_cache(maxsize=256)
def _places(rows: int, columns: int, low: int, high: int, align: str) -> tuple[np.ndarray, ...]:
    """Where the elements of the band are: in the matrix, and in the packed diagonals."""
    lengths = {d: min(rows + min(d, 0), columns - max(d, 0)) for d in range(low, high + 1)}
    longest = max(lengths.values())
    right_above, right_below = align.startswith("RIGHT"), align.endswith("RIGHT")
    parts = []
    for d, length in lengths.items():
        right = (right_above and d >= 0) or (right_below and d <= 0)
        steps = np.arange(length)
        shift = longest - length if right else 0
        slot = np.full(length, high - d)
        parts.append((steps + max(-d, 0), steps + max(d, 0), slot, steps + shift))
    r, c, i, j = (np.concatenate(group) for group in zip(*parts, strict=True))
    return r, c, i, j, np.array(longest)


def _check_range(k: tuple[int, int], rows: int | None, columns: int | None) -> None:
    if rows is None or columns is None:
        return
    for d in k:
        if d != 0 and not -rows < d < columns:
            reject(f"k: expected diagonals between {1 - rows} and {columns - 1}; received {d}")


def _diag_extents(
    diagonal: tuple[Any, ...], k: tuple[int, int], rows: int | None, columns: int | None
) -> tuple[Any, Any]:
    """Rows and columns of the matrices that `diag` makes."""
    low, high = k
    longest = diagonal[-1]
    if low != high and (len(diagonal) < 2 or diagonal[-2] not in (None, high - low + 1)):
        reject(
            f"diagonal: expected {high - low + 1} diagonals in its last dimension but one; "
            f"received shape {shape_text(diagonal)}"
        )
    if rows is None or columns is None or longest is None:
        return rows if rows != -1 else None, columns if columns != -1 else None
    least_rows, least_columns = longest - min(high, 0), longest + max(low, 0)
    if rows == -1 and columns == -1:
        rows = columns = max(least_rows, least_columns)
    elif rows == -1:
        rows = least_rows
    elif columns == -1:
        columns = least_columns
    if rows < least_rows or columns < least_columns:
        reject(
            f"num_rows, num_cols: expected at least {least_rows} rows and {least_columns} columns; "
            f"received {rows} and {columns}"
        )
    if rows != least_rows and columns != least_columns:
        reject(
            f"num_rows, num_cols: {rows} x {columns} does not fit the diagonals {low} to {high} "
            f"with {longest} elements"
        )
    return rows, columns


def _scalar_of(spec: Spec) -> int | None:
    return None if spec.value is None else int(spec.value)


@reads_values(1, 2, 3)
def _diag_infer(
    diagonal: Spec, k: Spec, num_rows: Spec, num_cols: Spec, padding_value: Spec, align: str
) -> Spec:
    _check_align(align)
    require_same_dtype(diagonal, padding_value)
    require_matrix(diagonal, "diagonal", least=1)
    band = _range_of(k)
    if diagonal.shape is None or band is None:
        return Spec(diagonal.dtype, None)
    extents = _diag_extents(diagonal.shape, band, _scalar_of(num_rows), _scalar_of(num_cols))
    lead = diagonal.shape[: -1 if band[0] == band[1] else -2]
    return Spec(diagonal.dtype, (*lead, *extents))


def _diag_kernel(
    diagonal: np.ndarray,
    k: np.ndarray,
    num_rows: np.ndarray,
    num_cols: np.ndarray,
    padding_value: np.ndarray,
    align: str,
) -> np.ndarray:
    band = _range_of(k)
    assert band is not None
    rows, columns = _diag_extents(diagonal.shape, band, int(num_rows), int(num_cols))
    _check_range(band, rows, columns)
    r, c, i, j, _ = _places(rows, columns, *band, align)
    packed = diagonal[..., None, :] if band[0] == band[1] else diagonal
    out = np.full((*packed.shape[:-2], rows, columns), padding_value, diagonal.dtype)
    out[..., r, c] = packed[..., i, j]
    return out


def _one(value: int) -> np.ndarray:
    return np.array(value, np.int32)


def _diag_samples(draw: Draw) -> Iterable[Sample]:
    zero = np.zeros((), np.float32)
    for shape, k, rows, columns, align in (
        ((3,), 0, -1, -1, "RIGHT_LEFT"), ((2, 3), 1, -1, -1, "RIGHT_LEFT"),
        ((2,), -1, 3, 2, "LEFT_RIGHT"), ((0,), 0, -1, -1, "LEFT_LEFT"),
    ):  # fmt: skip
        yield Sample(draw.reals(*shape), _one(k), _one(rows), _one(columns), zero, align=align)
    for align in ALIGNMENTS:
        band = np.array([-1, 1], np.int32)
        yield Sample(draw.reals(2, 3, 3), band, _one(-1), _one(-1), zero + 7, align=align)
    yield Sample(
        draw.ints(2),
        _one(0),
        _one(2),
        _one(4),
        np.array(-3, np.int32),
        align="RIGHT_LEFT",
        grad=False,
    )


def _cut(x: Any, k: Any, align: str) -> Any:
    padding = convert(np.zeros((), x.dtype.np))
    return apply(diag_part_p, x, k, padding, align=align)


diag_p = primitive(
    "MatrixDiagV3",
    infer=_diag_infer,
    kernel=_diag_kernel,
    vjp=lambda ctx, dy: (_cut(dy, ctx.inputs[1], ctx.attrs["align"]), None, None, None, None),
    lower=indexed("diag"),
    samples=_diag_samples,
)


@reads_values(1)
def _part_infer(input: Spec, k: Spec, padding_value: Spec, align: str) -> Spec:
    _check_align(align)
    require_same_dtype(input, padding_value)
    require_matrix(input)
    band = _range_of(k)
    if input.shape is None or band is None:
        return Spec(input.dtype, None)
    return Spec(input.dtype, (*input.shape[:-2], *_packed_dims(input.shape[-2:], band)))


def _packed_dims(matrix: tuple[Any, ...], band: tuple[int, int]) -> tuple[Any, ...]:
    rows, columns = matrix
    _check_range(band, rows, columns)
    low, high = band
    longest = None
    if rows is not None and columns is not None:
        longest = min(rows + min(high, 0), columns - max(low, 0))
    return (longest,) if low == high else (high - low + 1, longest)


def _part_kernel(
    input: np.ndarray, k: np.ndarray, padding_value: np.ndarray, align: str
) -> np.ndarray:
    band = _range_of(k)
    assert band is not None
    low, high = band
    rows, columns = input.shape[-2:]
    if low == high:
        return np.diagonal(input, low, -2, -1)
    r, c, i, j, longest = _places(rows, columns, low, high, align)
    out = np.full((*input.shape[:-2], high - low + 1, int(longest)), padding_value, input.dtype)
    out[..., i, j] = input[..., r, c]
    return out


def _part_samples(draw: Draw) -> Iterable[Sample]:
    zero = np.zeros((), np.float32)
    for shape, k in (((3, 3), 0), ((2, 3, 4), 1), ((4, 2), -2), ((0, 0), 0)):
        yield Sample(draw.reals(*shape), _one(k), zero, align="RIGHT_LEFT")
    for align in ALIGNMENTS:
        yield Sample(draw.reals(2, 3, 4), np.array([-2, 2], np.int32), zero + 5, align=align)
    yield Sample(draw.bools(3, 3), _one(0), np.array(False), align="RIGHT_LEFT", grad=False)


def _part_vjp(ctx: Any, dy: Any) -> Any:
    x, k, _ = ctx.inputs
    return (apply(set_diag_p, creation.zeros_like(x), dy, k, align=ctx.attrs["align"]), None, None)


diag_part_p = primitive(
    "MatrixDiagPartV3",
    infer=_part_infer,
    kernel=_part_kernel,
    vjp=_part_vjp,
    lower=indexed("diag_part"),
    samples=_part_samples,
)


@reads_values(2)
def _set_infer(input: Spec, diagonal: Spec, k: Spec, align: str) -> Spec:
    _check_align(align)
    require_same_dtype(input, diagonal)
    require_matrix(input)
    require_matrix(diagonal, "diagonal", least=1)
    band = _range_of(k)
    if input.shape is not None and band is not None:
        wanted = (*input.shape[:-2], *_packed_dims(input.shape[-2:], band))
        with at_run_time():
            merge_dims(wanted, diagonal.shape, "diagonal")
    return Spec(input.dtype, input.shape)


def _set_kernel(input: np.ndarray, diagonal: np.ndarray, k: np.ndarray, align: str) -> np.ndarray:
    band = _range_of(k)
    assert band is not None
    r, c, i, j, _ = _places(*input.shape[-2:], *band, align)
    packed = diagonal[..., None, :] if band[0] == band[1] else diagonal
    out = input.copy()
    out[..., r, c] = packed[..., i, j]
    return out


def _set_vjp(ctx: Any, dy: Any) -> Any:
    _, diagonal, k = ctx.inputs
    align = ctx.attrs["align"]
    by_input = by_diagonal = None
    if ctx.needs[0]:
        by_input = apply(set_diag_p, dy, creation.zeros_like(diagonal), k, align=align)
    if ctx.needs[1]:
        by_diagonal = _cut(dy, k, align)
    return by_input, by_diagonal, None


def _set_samples(draw: Draw) -> Iterable[Sample]:
    yield Sample(draw.reals(3, 4), draw.reals(3), _one(0), align="RIGHT_LEFT")
    yield Sample(draw.reals(2, 4, 3), draw.reals(2, 2), _one(1), align="LEFT_LEFT")
    for align in ALIGNMENTS:
        band = np.array([-1, 2], np.int32)
        yield Sample(draw.reals(2, 3, 4), draw.reals(2, 4, 3), band, align=align)
    yield Sample(draw.ints(2, 2), draw.ints(2), _one(0), align="RIGHT_LEFT", grad=False)


set_diag_p = primitive(
    "MatrixSetDiagV3",
    infer=_set_infer,
    kernel=_set_kernel,
    vjp=_set_vjp,
    lower=indexed("set_diag"),
    samples=_set_samples,
)


@export("linalg.diag")
def diag(
    diagonal: Any,
    name: str = "diag",
    k: Any = 0,
    num_rows: Any = -1,
    num_cols: Any = -1,
    padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Any:
    """Makes matrices with given diagonals.

    Args:
      diagonal: tensor `[..., length]`, or `[..., diagonals, length]` when `k` names several.
      name: ignored in eager mode.
      k: the diagonal, 0 for the main one and positive above it, or the lowest and the highest.
      num_rows: number of rows; by default as few as possible.
      num_cols: number of columns; by default as few as possible.
      padding_value: what stands elsewhere.
      align: on which side shorter diagonals above and below the main one stand in `diagonal`:
        `"RIGHT_LEFT"`, `"LEFT_RIGHT"`, `"LEFT_LEFT"` or `"RIGHT_RIGHT"`.

    Returns:
      A tensor `[..., num_rows, num_cols]` of the dtype of `diagonal`.

    Raises:
      tf.errors.InvalidArgumentError: when diagonals and numbers of rows and columns do not fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.diag([1, 2], k=1).numpy()
      array([[0, 1, 0],
             [0, 0, 2],
             [0, 0, 0]], dtype=int32)
    """
    diagonal = convert(diagonal)
    return apply(
        diag_p,
        diagonal,
        convert(k, dtypes.int32),
        convert(num_rows, dtypes.int32),
        convert(num_cols, dtypes.int32),
        convert(padding_value, diagonal.dtype),
        align=align,
    )


@export("linalg.diag_part")
def diag_part(
    input: Any,
    name: str = "diag_part",
    k: Any = 0,
    padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Any:
    """Reads diagonals of matrices.

    Args:
      input: tensor `[..., rows, columns]`.
      name: ignored in eager mode.
      k: the diagonal, 0 for the main one and positive above it, or the lowest and the highest.
      padding_value: what fills up shorter diagonals.
      align: on which side shorter diagonals above and below the main one stand in the result.

    Returns:
      A tensor `[..., length]`, or `[..., diagonals, length]`, the highest one first.

    Raises:
      tf.errors.InvalidArgumentError: when there is no such diagonal.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.diag_part([[1, 2], [3, 4]]).numpy()
      array([1, 4], dtype=int32)
    """
    input = convert(input)
    padding = convert(padding_value, input.dtype)
    return apply(diag_part_p, input, convert(k, dtypes.int32), padding, align=align)


@export("linalg.set_diag")
def set_diag(
    input: Any, diagonal: Any, name: str = "set_diag", k: Any = 0, align: str = "RIGHT_LEFT"
) -> Any:
    """Replaces diagonals of matrices.

    Args:
      input: tensor `[..., rows, columns]`.
      diagonal: tensor `[..., length]`, or `[..., diagonals, length]` when `k` names several.
      name: ignored in eager mode.
      k: the diagonal, 0 for the main one and positive above it, or the lowest and the highest.
      align: on which side shorter diagonals above and below the main one stand in `diagonal`.

    Returns:
      A tensor of the shape and dtype of `input`.

    Raises:
      tf.errors.InvalidArgumentError: when `diagonal` does not fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.set_diag(tf.zeros([2, 2]), [1.0, 2.0]).numpy()
      array([[1., 0.],
             [0., 2.]], dtype=float32)
    """
    input = convert(input)
    diagonal = convert(diagonal, hint=input.dtype)
    return apply(set_diag_p, input, diagonal, convert(k, dtypes.int32), align=align)


@export("linalg.trace")
def trace(x: Any, name: str | None = None) -> Any:
    """Sums the main diagonals of matrices.

    Args:
      x: tensor `[..., rows, columns]` of a numeric dtype.
      name: ignored in eager mode.

    Returns:
      A tensor `[...]` of the dtype of `x`.

    Raises:
      tf.errors.InvalidArgumentError: when the rank of `x` is less than 2.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.trace([[1.0, 2.0], [3.0, 4.0]]).numpy()
      np.float32(5.0)
    """
    from tapeflow.engine.ops.math.reductions import reduce_sum

    return reduce_sum(diag_part(x), -1)
