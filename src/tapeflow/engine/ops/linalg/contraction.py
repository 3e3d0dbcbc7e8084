"""Matrix products: `matmul` and what rests on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import current_recorders, state
from tapeflow.engine.core.dtypes import DType, as_dtype
from tapeflow.engine.core.errors import NotFoundError
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.infer import (
    broadcast,
    reject,
    require_dtype,
    require_rank,
    require_same_dtype,
    shape_text,
)
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, contraction, primitive
from tapeflow.engine.ir.samples import Draw, Sample
from tapeflow.engine.ir.spec import Dims, Spec
from tapeflow.engine.ops.array import shaping
from tapeflow.engine.ops.array.arguments import refuse
from tapeflow.engine.ops.math.arithmetic import conjugate
from tapeflow.engine.ops.math.broadcasting import sum_to_shape_of
from tapeflow.engine.ops.math.casting import cast
from tapeflow.engine.runtime.convert import convert, in_graph, static_value
from tapeflow.engine.runtime.dispatch import apply
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor

_new = object.__new__

_HALF = frozenset((dtypes.float16, dtypes.bfloat16))
_FLOATS = frozenset((dtypes.float32, dtypes.float64)) | _HALF | dtypes.COMPLEX
_NO_KERNEL = frozenset((dtypes.uint8, dtypes.uint16, dtypes.uint32, dtypes.uint64))
_MATRIX = _FLOATS | {dtypes.int32, dtypes.int64}
_BATCH = _MATRIX | {dtypes.int16}
_SMALL = (dtypes.int8, dtypes.uint8)
_SPARSE = (dtypes.bfloat16, dtypes.float32)

# Dtypes whose product goes straight to BLAS.
_BLAS = {np.dtype(np.float32): True, np.dtype(np.float64): True}


def _check_dtype(spec: Spec, allowed: frozenset[DType]) -> None:
    if spec.dtype in _NO_KERNEL:
        raise NotFoundError(
            None, None, f"no kernel multiplies matrices of dtype {spec.dtype.name}; cast them"
        )
    require_dtype(spec, allowed)


def _product_dims(a: Dims, b: Dims, transpose_a: bool, transpose_b: bool) -> Dims:
    rows, inner = (a[-1], a[-2]) if transpose_a else (a[-2], a[-1])
    inner_b, columns = (b[-1], b[-2]) if transpose_b else (b[-2], b[-1])
    if inner is not None and inner_b is not None and inner != inner_b:
        reject(
            f"expected equal inner dimensions; received {shape_text(a)}"
            f"{' transposed' if transpose_a else ''} and {shape_text(b)}"
            f"{' transposed' if transpose_b else ''}: {inner} != {inner_b}"
        )
    return (rows, columns)


def _matmul_infer(a: Spec, b: Spec, transpose_a: bool, transpose_b: bool) -> Spec:
    require_same_dtype(a, b)
    _check_dtype(a, _MATRIX)
    require_rank(a, 2, "a")
    require_rank(b, 2, "b")
    if a.shape is None or b.shape is None:
        left = None if a.shape is None else a.shape[-1 if transpose_a else -2]
        right = None if b.shape is None else b.shape[-2 if transpose_b else -1]
        return Spec(a.dtype, (left, right))
    return Spec(a.dtype, _product_dims(a.shape, b.shape, transpose_a, transpose_b))


def _wide(x: np.ndarray) -> np.ndarray:
    """Half-precision arrays as float32: sums are kept in float32 and rounded once."""
    return x.astype(np.float32) if x.dtype.itemsize == 2 and x.dtype.kind not in "iu" else x


def _matmul_kernel(
    a: np.ndarray, b: np.ndarray, transpose_a: bool, transpose_b: bool
) -> np.ndarray:
    x = a.T if transpose_a else a
    y = b.T if transpose_b else b
    if a.dtype in _BLAS:
        return x.dot(y)
    return _wide(x).dot(_wide(y)).astype(a.dtype, copy=False)


_FLAGS = {
    (ta, tb): {"transpose_a": ta, "transpose_b": tb} for ta in (False, True) for tb in (False, True)
}


def _product(a: Any, b: Any, transpose_a: bool, transpose_b: bool) -> Any:
    """`matmul` of two matrices that are tensors; straight to BLAS where nothing needs a check."""
    recorders = current_recorders()
    if (
        type(a) is EagerTensor
        and type(b) is EagerTensor
        and not (recorders and state.tracer is not None)
    ):
        x, y = a._array, b._array
        if x.dtype is y.dtype and x.dtype in _BLAS and x.ndim == 2 and y.ndim == 2:
            if transpose_a:
                x = x.T
            if transpose_b:
                y = y.T
            if x.shape[1] == y.shape[0]:
                result = _new(EagerTensor)
                result._array = x.dot(y)
                for recorder in recorders:
                    tracked = recorder.tracked
                    if id(a) in tracked or id(b) in tracked:
                        attrs = _FLAGS[transpose_a, transpose_b]
                        if recorder.log is not None:
                            recorder.log((matmul_p, (a, b), (result,), attrs))
                            tracked.add(id(result))
                        else:
                            recorder.record(matmul_p, (a, b), (result,), attrs)
                return result
    return apply(matmul_p, a, b, transpose_a=transpose_a, transpose_b=transpose_b)


def _matmul_vjp(ctx: Any, dy: Any) -> Any:
    a, b = ctx.inputs
    if type(dy) is not EagerTensor or dy._array.dtype not in _BLAS:
        a, b = conjugate(a), conjugate(b)
    ta, tb = ctx.attrs["transpose_a"], ctx.attrs["transpose_b"]
    da = db = None
    if ctx.needs[0]:
        da = _product(b, dy, tb, True) if ta else _product(dy, b, False, not tb)
    if ctx.needs[1]:
        db = _product(dy, a, True, ta) if tb else _product(a, dy, not ta, False)
    return da, db


def _matmul_samples(draw: Draw) -> Iterator[Sample]:
    for ta in (False, True):
        for tb in (False, True):
            a = draw.reals(*((3, 2) if ta else (2, 3)))
            b = draw.reals(*((4, 3) if tb else (3, 4)))
            yield Sample(a, b, transpose_a=ta, transpose_b=tb)
    plain = {"transpose_a": False, "transpose_b": False}
    for dtype in sorted(_MATRIX, key=lambda d: d.name):
        smooth = dtype in (dtypes.float64, dtypes.complex128)
        yield Sample(
            draw.reals(2, 2, dtype=dtype), draw.reals(2, 3, dtype=dtype), grad=smooth, **plain
        )
    for m, k, n in ((0, 2, 3), (2, 0, 3), (1, 1, 1), (2, 3, 0)):
        yield Sample(draw.reals(m, k), draw.reals(k, n), **plain)
    odd = np.array([[np.nan, 1.0], [np.inf, 0.0]], np.float32)
    yield Sample(odd, np.array([[1.0, 2.0], [-0.0, 3.0]], np.float32), grad=False, **plain)


matmul_p = primitive(
    "MatMul",
    infer=_matmul_infer,
    kernel=_matmul_kernel,
    vjp=_matmul_vjp,
    lower=contraction("matmul"),
    samples=_matmul_samples,
)


def _batch_dims(x: Spec, y: Spec, adj_x: bool, adj_y: bool) -> Dims | None:
    for name, spec in (("x", x), ("y", y)):
        if spec.shape is not None and len(spec.shape) < 2:
            reject(f"{name}: expected rank >= 2; received shape {shape_text(spec.shape)}")
    if x.shape is None or y.shape is None:
        return None
    inner = _product_dims(x.shape, y.shape, adj_x, adj_y)
    batch = broadcast(x.shape[:-2], y.shape[:-2])
    assert batch is not None
    return (*batch, *inner)


def _batch_infer(x: Spec, y: Spec, adj_x: bool, adj_y: bool) -> Spec:
    require_same_dtype(x, y)
    _check_dtype(x, _BATCH)
    return Spec(x.dtype, _batch_dims(x, y, adj_x, adj_y))


def _adjoint_view(x: np.ndarray) -> np.ndarray:
    x = x.swapaxes(-1, -2)
    return x.conj() if x.dtype.kind == "c" else x


def multiply_stacks(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """`np.matmul`, as one BLAS call where all of `x` meets the same matrix."""
    if y.ndim == 2 and x.ndim > 2 and x.flags.c_contiguous and x.shape[-1]:
        rows = x.reshape(-1, x.shape[-1])
        return rows.dot(y).reshape(*x.shape[:-1], y.shape[1])
    return np.matmul(x, y)


def _batch_kernel(x: np.ndarray, y: np.ndarray, adj_x: bool, adj_y: bool) -> np.ndarray:
    a = _adjoint_view(x) if adj_x else x
    b = _adjoint_view(y) if adj_y else y
    return multiply_stacks(_wide(a), _wide(b)).astype(x.dtype, copy=False)


def _rows(x: Any) -> Any:
    """All but the last dimension as one."""
    return shaping.reshape(x, (-1, x.shape[-1]))


def _batch_vjp(ctx: Any, dz: Any) -> Any:
    x, y = ctx.inputs
    ax, ay = ctx.attrs["adj_x"], ctx.attrs["adj_y"]
    needs = ctx.needs
    dx = dy = None
    if needs[0]:
        dx = _batch(y, dz, ay, True) if ax else _batch(dz, y, False, not ay)
        dx = sum_to_shape_of(dx, x)
    if needs[1]:
        if y.shape.ndims == 2 and x.shape[-1] and dz.shape[-1] and not ax:
            # One product of tall matrices instead of a stack of products to be summed.
            rows, dz_rows = conjugate(_rows(x)), _rows(dz)
            if ay:
                dy = _product(conjugate(dz_rows), conjugate(rows), True, False)
            else:
                dy = _product(rows, dz_rows, True, False)
        else:
            dy = _batch(dz, x, True, ax) if ay else _batch(x, dz, not ax, False)
            dy = sum_to_shape_of(dy, y)
    return dx, dy


def _batch_samples(draw: Draw) -> Iterator[Sample]:
    for ax in (False, True):
        for ay in (False, True):
            x = draw.reals(*((2, 3, 2) if ax else (2, 2, 3)))
            y = draw.reals(*((2, 4, 3) if ay else (2, 3, 4)))
            yield Sample(x, y, adj_x=ax, adj_y=ay)
            x = draw.reals(*((2, 3, 2) if ax else (2, 2, 3)), dtype=dtypes.complex128)
            y = draw.reals(*((4, 3) if ay else (3, 4)), dtype=dtypes.complex128)
            yield Sample(x, y, adj_x=ax, adj_y=ay)
    plain = {"adj_x": False, "adj_y": False}
    for a, b in (((2, 1, 2, 3), (4, 3, 2)), ((2, 3), (2, 3, 1)), ((0, 2, 3), (3, 4))):
        yield Sample(draw.reals(*a), draw.reals(*b), **plain)
    for dtype in sorted(_BATCH, key=lambda d: d.name):
        x, y = draw.reals(2, 2, 2, dtype=dtype), draw.reals(2, 2, 1, dtype=dtype)
        yield Sample(x, y, grad=False, **plain)


batch_matmul_p = primitive(
    "BatchMatMulV2",
    infer=_batch_infer,
    kernel=_batch_kernel,
    vjp=_batch_vjp,
    lower=contraction("batch_matmul"),
    samples=_batch_samples,
)


def _batch(x: Any, y: Any, adj_x: bool, adj_y: bool) -> Any:
    return apply(batch_matmul_p, x, y, adj_x=adj_x, adj_y=adj_y)


def _small_infer(x: Spec, y: Spec, adj_x: bool, adj_y: bool, Tout: DType) -> Spec:
    if x.dtype not in _SMALL or y.dtype not in _SMALL or Tout is not dtypes.int32:
        raise NotFoundError(
            None,
            None,
            f"no kernel multiplies {x.dtype.name} by {y.dtype.name} into {Tout.name}; cast them",
        )
    return Spec(Tout, _batch_dims(x, y, adj_x, adj_y))


def _small_kernel(
    x: np.ndarray,
    y: np.ndarray,
    adj_x: bool,
    adj_y: bool,
    Tout: DType,
) -> np.ndarray:
    # Exact in float64, which has fast products: |products| < 2**16, 2**37 of them fit.
    a, b = x.astype(np.float64), y.astype(np.float64)
    z = multiply_stacks(_adjoint_view(a) if adj_x else a, _adjoint_view(b) if adj_y else b)
    return z.astype(np.int64).astype(Tout.np)


def _small_samples(draw: Draw) -> Iterable[Sample]:
    plain = {"adj_x": False, "adj_y": False, "Tout": dtypes.int32, "grad": False}
    small = draw.ints(3, 2, low=-9, dtype=dtypes.int8)
    yield Sample(draw.ints(2, 3, low=-9, dtype=dtypes.int8), small, **plain)
    yield Sample(draw.ints(2, 2, 3, dtype=dtypes.uint8), small, **plain)
    yield Sample(small, draw.ints(3, 2, dtype=dtypes.uint8), **{**plain, "adj_x": True})


# int8 products with int32 sums; other dtypes take MatMul and BatchMatMulV2.
small_matmul_p = primitive(
    "BatchMatMulV3",
    infer=_small_infer,
    kernel=_small_kernel,
    vjp=NOT_DIFFERENTIABLE,
    lower=HOST,
    samples=_small_samples,
)


@export("linalg.matmul", "matmul")
def matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    output_type: Any = None,
    grad_a: bool = False,
    grad_b: bool = False,
    name: str | None = None,
) -> Any:
    """Multiplies matrices, or stacks of matrices whose batch dimensions broadcast.

    Args:
      a: tensor `[..., rows, inner]` of a floating or complex dtype, int32 or int64.
      b: tensor `[..., inner, columns]` of the same dtype.
      transpose_a: whether `a` is transposed first (its last two dimensions).
      transpose_b: whether `b` is transposed first.
      adjoint_a: whether `a` is conjugated and transposed first.
      adjoint_b: whether `b` is conjugated and transposed first.
      a_is_sparse: says that `a` has many zeros; both operands must then be matrices.
      b_is_sparse: says that `b` has many zeros.
      output_type: dtype of the result; int32 for operands of int8 or uint8, else their own.
      grad_a: ignored: whether `a` is a gradient.
      grad_b: ignored: whether `b` is a gradient.
      name: ignored in eager mode.

    Returns:
      A tensor `[..., rows, columns]`.

    Raises:
      ValueError: when an operand is to be both transposed and conjugated by two flags.
      tf.errors.InvalidArgumentError: when shapes or dtypes do not fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.matmul([[1.0, 2.0]], [[3.0], [4.0]]).numpy()
      array([[11.]], dtype=float32)
    """
    if type(a) is not EagerTensor:
        a = convert(a)
    if type(b) is not EagerTensor:
        b = convert(b, hint=a.dtype)
    if type(a) is EagerTensor and type(b) is EagerTensor:
        if (
            a._array.ndim == 2
            and b._array.ndim == 2
            and a._array.dtype in _BLAS
            and a._array.dtype is b._array.dtype
            and output_type is None
            and not (adjoint_a or adjoint_b)
        ):
            return _product(a, b, bool(transpose_a), bool(transpose_b))
    if transpose_a and adjoint_a:
        raise ValueError(
            "matmul: only one of `transpose_a` and `adjoint_a` can be True; received both."
        )
    if transpose_b and adjoint_b:
        raise ValueError(
            "matmul: only one of `transpose_b` and `adjoint_b` can be True; received both."
        )
    wanted = None if output_type is None else as_dtype(output_type)
    kinds = (a.dtype, b.dtype)
    sparse = kinds[0] in _SPARSE and kinds[1] in _SPARSE and (a_is_sparse or b_is_sparse)
    if kinds[0] is not kinds[1] and kinds[0] in _SPARSE and kinds[1] in _SPARSE:
        a, b, wanted = cast(a, dtypes.float32), cast(b, dtypes.float32), None
        sparse = True
    elif wanted is not None and (wanted is not kinds[0] or wanted is not kinds[1]):
        if wanted is dtypes.bfloat16 and set(kinds) <= {wanted, *_SMALL}:
            a, b = cast(a, wanted), cast(b, wanted)
        else:
            left, right = bool(transpose_a or adjoint_a), bool(transpose_b or adjoint_b)
            return apply(small_matmul_p, a, b, adj_x=left, adj_y=right, Tout=wanted)
    rank_a, rank_b = a.shape.ndims, b.shape.ndims
    matrices = sparse or (
        (rank_a is not None and rank_a <= 2) and (rank_b is not None and rank_b <= 2)
    )
    if matrices:
        if adjoint_a:
            a, transpose_a = conjugate(a), True
        if adjoint_b:
            b, transpose_b = conjugate(b), True
        return _product(a, b, bool(transpose_a), bool(transpose_b))
    if transpose_a:
        a, adjoint_a = conjugate(a), True
    if transpose_b:
        b, adjoint_b = conjugate(b), True
    return _batch(a, b, bool(adjoint_a), bool(adjoint_b))


@export("linalg.matvec")
def matvec(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    adjoint_a: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Any:
    """Multiplies matrices by vectors.

    Args:
      a: tensor `[..., rows, inner]`.
      b: tensor `[..., inner]` of the same dtype.
      transpose_a: whether `a` is transposed first.
      adjoint_a: whether `a` is conjugated and transposed first.
      a_is_sparse: says that `a` has many zeros.
      b_is_sparse: says that `b` has many zeros.
      name: ignored in eager mode.

    Returns:
      A tensor `[..., rows]`.

    Raises:
      tf.errors.InvalidArgumentError: when shapes or dtypes do not fit.

    Example:
      >>> import tapeflow as tf
      >>> tf.linalg.matvec([[1.0, 2.0], [3.0, 4.0]], [1.0, 1.0]).numpy()
      array([3., 7.], dtype=float32)
    """
    a = convert(a)
    b = convert(b, hint=a.dtype)
    column = shaping.reshape(b, [*shaping.sizes(b), 1])
    product = matmul(
        a,
        column,
        transpose_a=transpose_a,
        adjoint_a=adjoint_a,
        a_is_sparse=a_is_sparse,
        b_is_sparse=b_is_sparse,
    )
    return shaping.reshape(product, shaping.sizes(product)[:-1])


@export("eye", "linalg.eye")
def eye(
    num_rows: Any,
    num_columns: Any = None,
    batch_shape: Any = None,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Any:
    """Makes identity matrices.

    Args:
      num_rows: number of rows.
      num_columns: number of columns; by default that of the rows.
      batch_shape: list of sizes or int tensor: how many such matrices to stack.
      dtype: dtype of the result.
      name: ignored in eager mode.

    Returns:
      A tensor `[*batch_shape, num_rows, num_columns]`.

    Raises:
      TypeError: when a number of rows or columns is no integer.
      tf.errors.InvalidArgumentError: when one is negative.

    Example:
      >>> import tapeflow as tf
      >>> tf.eye(2, num_columns=3).numpy()
      array([[1., 0., 0.],
             [0., 1., 0.]], dtype=float32)
    """
    target = as_dtype(dtype)
    if target is dtypes.string:
        raise TypeError("eye: expected a numeric dtype or bool; received string")
    if num_columns is None:
        num_columns = num_rows
    sizes = [static_value(n) for n in (num_rows, num_columns)]
    if any(n is not None and n.dtype.kind not in "iu" for n in sizes):
        raise TypeError(
            "Arguments `num_rows` and `num_columns` must be positive integer values. "
            f"Received: num_rows={num_rows}, num_columns={num_columns}"
        )
    batch = [] if batch_shape is None else batch_shape
    if not isinstance(batch, Tensor):
        batch = list(batch)
    lead = static_value(shaping.to_shape_tensor(batch))
    if sizes[0] is None or sizes[1] is None or lead is None:
        return _traced_eye(num_rows, num_columns, batch, target)
    shape = (*lead.tolist(), int(sizes[0]), int(sizes[1]))
    if min(shape) < 0:
        raise refuse("MatrixDiagV2", f"eye: expected sizes >= 0; received {shape}")
    matrices = np.zeros(shape, target.np)
    diagonal = np.arange(min(shape[-2:]))
    matrices[..., diagonal, diagonal] = 1
    return in_graph(EagerTensor(matrices), None, name or "eye/diag")


def _traced_eye(rows: Any, columns: Any, batch: Any, dtype: DType) -> Any:
    """As `eye`, of sizes that are computed in the program."""
    from tapeflow.engine.ops.array import concatenation, creation, joining
    from tapeflow.engine.ops.linalg import diagonals
    from tapeflow.engine.ops.math import casting, folds

    size = joining.stack([convert(n, dtypes.int32) for n in (rows, columns)])
    if dtype is dtypes.bool:
        return casting.cast(_traced_eye(rows, columns, batch, dtypes.int32), dtype)
    ones = creation.ones(shaping.reshape(folds.reduce_min(size), [1]), dtype)
    matrix = diagonals.diag(ones, num_rows=rows, num_cols=columns)
    lead = shaping.to_shape_tensor(batch)
    return shaping.broadcast_to(matrix, concatenation.concat([lead, shaping.shape(matrix)], 0))
