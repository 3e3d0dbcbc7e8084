"""Products whose right factor is packed once, by a kernel of its own, and used often."""

from __future__ import annotations

import hashlib
import math
from typing import NamedTuple

from tapeflow.engine.backends.llvm.contractions import packing
from tapeflow.engine.backends.llvm.contractions.epilogues import Epilogue, View
from tapeflow.engine.backends.llvm.contractions.matmul import matmul
from tapeflow.engine.backends.llvm.contractions.schedule import INNER, Schedule, schedule
from tapeflow.engine.backends.llvm.kernel import Kernel
from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.backends.llvm.text import Code
from tapeflow.engine.core.dtypes import DType, float32


class _Stored(NamedTuple):
    transposed: bool
    stride: int


class Prepared(NamedTuple):
    """Two kernels for `C = A @ B`.

    Attributes:
      packing: makes the packed panels (operand 1) of B (operand 0).
      bytes: the size of these.
      product: takes A, the panels, and the operands of the epilogue.
    """

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
    widens = dtype.is_floating and dtype.size == 2
    wide = float32 if widens else dtype
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
    return Prepared(made, plan.every * plan.across * k * wide.size, product)


def _packing(
    target: Target, plan: Schedule, n: int, k: int, dtype: DType, wide: DType, b: _Stored
) -> Kernel:
    """Copies B, a panel a chunk: for each step of the sums the elements of its columns."""
    lanes, across = plan.lanes, plan.across
    code = Code(target, "packing")
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
    text = code.text()
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    name = f"panels_{dtype.name}_{n}x{k}_{digest}"
    size = math.prod((n, k)) * (dtype.size + wide.size)
    return Kernel(
        name,
        text.replace("@packing(", f"@{name}(", 1),
        chunks=plan.every,
        bytes=size,
        fused="panels of a factor",
        parallel=plan.every > 1 and size >= 1 << 18,
    )
