"""Matrix multiplication kernels."""

from __future__ import annotations

import hashlib

from tapeflow.engine.backends.llvm.contractions.epilogues import Epilogue, Store
from tapeflow.engine.backends.llvm.contractions.matvec import Vectors
from tapeflow.engine.backends.llvm.contractions.problem import NAME, Problem
from tapeflow.engine.backends.llvm.contractions.schedule import swaps
from tapeflow.engine.backends.llvm.contractions.tiles import Tiles
from tapeflow.engine.backends.llvm.kernel import Kernel
from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.core.dtypes import DType

WORTH_THREADS = 1_500_000
"""Operations from which a second thread helps."""


def matmul(
    target: Target,
    m: int,
    n: int,
    k: int,
    *,
    dtype: DType,
    transpose_a: bool = False,
    transpose_b: bool = False,
    batch: int = 1,
    batch_a: bool = True,
    batch_b: bool = True,
    epilogue: Epilogue | None = None,
) -> Kernel:
    """A kernel for `C[b] = A[b] @ B[b]`, each sum in the order of its terms.

    Its operands are A `[batch, m, k]` (`[batch, k, m]` if transposed), B `[batch, k, n]`
    (`[batch, n, k]`), then the epilogue's: for the default one C `[batch, m, n]`.

    Args:
      target: the CPU.
      m: rows of the result.
      n: columns of the result.
      k: length of the sums.
      dtype: of the operands; sums of 16-bit floats are kept in float32.
      transpose_a: whether A is stored transposed.
      transpose_b: whether B is stored transposed.
      batch: how many products.
      batch_a: whether each product has an A of its own.
      batch_b: whether each product has a B of its own.
      epilogue: what to do with the sums; to store them by default.

    Returns:
      The kernel.

    Raises:
      ValueError: for a dtype that has no products here: complex, bool, quantized, 8-bit floats.
    """
    if not (dtype.is_integer or (dtype.is_floating and dtype.size >= 2)):
        raise ValueError(f"no generated products of {dtype.name}")
    if batch_a is False and batch_b is False and batch > 1:
        raise ValueError("a stack of products needs a stack of factors")
    epilogue = epilogue or Store(m, n, dtype)
    problem = Problem(
        target, m, n, k, dtype, transpose_a, transpose_b, batch, batch_a, batch_b, epilogue
    )
    chunks = scratch = 0
    if batch * m * n:
        if 1 in (m, n):
            chunks, scratch = Vectors(problem).emit()
        else:
            if swaps(target, m, n, k, problem.wide.size, transpose_a, transpose_b):
                problem.swap()
            chunks, scratch = Tiles(problem).emit()
    flops = 2 * batch * m * n * k
    size = dtype.size * (
        (batch if batch_a else 1) * m * k + (batch if batch_b else 1) * k * n + batch * m * n
    )
    text = problem.code.text()
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    layout = ("t" if transpose_a else "n") + ("t" if transpose_b else "n")
    name = f"matmul_{dtype.name}_{batch}x{m}x{n}x{k}_{layout}_{epilogue.key}_{digest}"
    return Kernel(
        name,
        text.replace(f"@{NAME}(", f"@{name}(", 1),
        chunks=chunks,
        scratch=scratch,
        flops=flops,
        bytes=size,
        fused="MatMul",
        # A product with a vector does little arithmetic for the memory it reads.
        parallel=chunks > 1 and (flops >= WORTH_THREADS or size >= WORTH_THREADS // 2),
        notes=[f"{problem.wide.name} sums"] if problem.widens else [],
    )
