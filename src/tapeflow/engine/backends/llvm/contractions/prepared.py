"""Products one of whose factors is packed by a kernel of its own.

That is the right one where it is used often: in a loop. The left one, where it is stored
transposed, is read by every panel: at its columns' elements, which are far from each other.
"""

from __future__ import annotations

from typing import NamedTuple

from tapeflow.engine.backends.llvm.contractions import packing
from tapeflow.engine.backends.llvm.contractions.epilogues import Epilogue, Store, View
from tapeflow.engine.backends.llvm.contractions.matmul import matmul
from tapeflow.engine.backends.llvm.contractions.problem import Problem
from tapeflow.engine.backends.llvm.contractions.schedule import (
    COLUMN,
    INNER,
    Schedule,
    schedule,
    swaps,
)
from tapeflow.engine.backends.llvm.contractions.tiles import Tiles
from tapeflow.engine.backends.llvm.kernel import Kernel
from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.backends.llvm.text import Code, working
from tapeflow.engine.core.dtypes import DType

LEFT = 256
"""Columns of the result from which on it pays to pack the left factor first."""
FEW = 32
"""With fewer rows the elements of a column are close to each other as they are."""
WORTH_THREADS = 1 << 18
"""Bytes that are worth packing by more than one thread."""


class _Stored(NamedTuple):
    transposed: bool
    stride: int


class Prepared(NamedTuple):
    """Two kernels for `C = A @ B`.

    Attributes:
      factor: which factor is packed: 0 for A, 1 for B.
      packing: makes what is packed (operand 1) of the factor (operand 0).
      bytes: the size of that.
      product: takes A, B, one of them packed, and the operands of the epilogue.
    """

    factor: int
    packing: Kernel
    bytes: int
    product: Kernel


def prepared(
    target: Target,
    m: int,
    n: int,
    k: int,
    *,
    dtype: DType,
    transpose_b: bool = False,
    epilogue: Epilogue | None = None,
) -> Prepared | None:
    """The kernels for a product that is computed often with the same right factor.

    Args:
      target: the CPU.
      m: rows of the result.
      n: columns of the result.
      k: length of the sums.
      dtype: of the operands.
      transpose_b: whether B is stored transposed.
      epilogue: what to do with the sums; to store them by default.

    Returns:
      The kernels; None where one that takes B as it is does as well.
    """
    wide = working(dtype)
    widens = wide is not dtype
    a, b = _Stored(False, k), _Stored(transpose_b, k if transpose_b else n)
    if 1 in (m, n) or not m * n * k or k > INNER:
        return None
    if not schedule(target, 1, m, n, k, wide.size, a, b, widens).pack:
        return None
    plan = schedule(target, 1, m, n, k, wide.size, a, b, widens, True)
    product = matmul(
        target, m, n, k, dtype=dtype, view_b=View((0,), b.stride), epilogue=epilogue, ready=True
    )
    made = _packing(target, plan, n, k, dtype, wide, b)
    return Prepared(1, made, plan.every * plan.across * k * wide.size, product)


def prepared_left(
    target: Target, m: int, n: int, k: int, *, dtype: DType, epilogue: Epilogue | None = None
) -> Prepared | None:
    """The kernels for a product whose A is stored transposed, and B is not.

    Args:
      target: the CPU.
      m: rows of the result.
      n: columns of the result.
      k: length of the sums.
      dtype: of the operands.
      epilogue: what to do with the sums; to store them by default.

    Returns:
      The kernels; None where one that takes both as they are does as well.
    """
    size = working(dtype).size
    turned = swaps(target, m, n, k, size, _Stored(True, m), _Stored(False, n))
    rows, columns = (n, m) if turned else (m, n)
    if k <= COLUMN or columns < LEFT or rows < FEW:
        return None
    stack = (1,)
    problem = Problem(
        target, stack, rows, columns, k, dtype, (True, View.whole(stack, k, rows)),
        (False, View.whole(stack, k, columns)), Store.matrix(rows, columns, dtype),
    )  # fmt: skip
    problem.left_ready = True
    chunks, made = Tiles(problem).emit_left()
    product = matmul(
        target, m, n, k, dtype=dtype, transpose_a=True, epilogue=epilogue, left_ready=True
    )
    name = f"tiles_{dtype.name}_{rows}x{k}"
    kernel = _kernel(problem.code, name, chunks, k * rows * dtype.size + made)
    return Prepared(int(turned), kernel, made, product)


def _packing(
    target: Target, plan: Schedule, n: int, k: int, dtype: DType, wide: DType, b: _Stored
) -> Kernel:
    """Copies B, a panel a chunk: for each step of the sums the elements of its columns."""
    lanes, across = plan.lanes, plan.across
    code = Code(target)
    source, made = code.argument(0), code.argument(1)
    with code.loop("%begin", "%end") as loop:
        column = code.mul(loop.index, across)
        there = code.offset(made, code.mul(column, k), wide)
        here = code.offset(source, code.mul(column, b.stride if b.transposed else 1), dtype)
        rest = code.op(f"sub i64 {n}, {column}")
        if b.transposed:
            columns = code.minimum(rest, across) if n % across else across
            packing.pack_transposed(
                code, here, b.stride, columns, k, there, across, lanes, dtype, wide
            )
        else:
            widths = []
            for v in range(plan.vectors):
                left = code.op(f"sub i64 {rest}, {v * lanes}")
                mask = code.first_lanes(left, lanes) if n % across else None
                widths.append((v * lanes, mask))
            packing.pack_rows(code, here, b.stride, k, there, across, widths, lanes, dtype, wide)
    size = n * k * (dtype.size + wide.size)
    return _kernel(code, f"panels_{dtype.name}_{n}x{k}", plan.every, size)


def _kernel(code: Code, name: str, chunks: int, size: int) -> Kernel:
    name, text = code.named(name)
    return Kernel(
        name,
        text,
        chunks=chunks,
        bytes=size,
        fused="packed factor",
        parallel=chunks > 1 and size >= WORTH_THREADS,
    )
