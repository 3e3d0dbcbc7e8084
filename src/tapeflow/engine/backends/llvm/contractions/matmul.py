"""Matrix multiplication kernels."""

from __future__ import annotations

import math

from tapeflow.engine.backends.llvm.contractions.epilogues import Epilogue, Store, View
from tapeflow.engine.backends.llvm.contractions.matvec import Vectors
from tapeflow.engine.backends.llvm.contractions.problem import Problem
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
    batch: int | tuple[int, ...] = 1,
    batch_a: bool = True,
    batch_b: bool = True,
    view_a: View | None = None,
    view_b: View | None = None,
    epilogue: Epilogue | None = None,
    ready: bool = False,
    left_ready: bool = False,
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
      batch: how many products, or the dimensions of the stack of them.
      batch_a: whether each product has an A of its own.
      batch_b: whether each product has a B of its own.
      view_a: where the matrices of A are, if not one behind the other without gaps; says for itself
        which products share one.
      view_b: where those of B are.
      epilogue: what to do with the sums; to store them by default.
      ready: whether B is what `prepared` makes of it.
      left_ready: whether the left factor, which may be B (see `swaps`), is what `prepared_left`
        makes of it.

    Returns:
      The kernel.

    Raises:
      ValueError: for a dtype that has no products here: complex, bool, quantized, 8-bit floats.
    """
    if not (dtype.is_integer or (dtype.is_floating and dtype.size >= 2)):
        raise ValueError(f"no generated products of {dtype.name}")
    stack = (batch,) if isinstance(batch, int) else batch
    count = math.prod(stack)
    view_a = view_a or _view(stack, batch_a, *((k, m) if transpose_a else (m, k)))
    view_b = view_b or _view(stack, batch_b, *((n, k) if transpose_b else (k, n)))
    epilogue = epilogue or Store(dtype, stack, View.whole(stack, m, n))
    problem = Problem(
        target, stack, m, n, k, dtype, (transpose_a, view_a), (transpose_b, view_b), epilogue
    )
    problem.ready, problem.left_ready = ready, left_ready
    chunks = scratch = 0
    if count * m * n:
        if not (ready or left_ready) and Vectors.fits(problem):
            chunks, scratch = Vectors(problem).emit()
        else:
            if not ready and swaps(target, m, n, k, problem.wide.size, problem.a, problem.b):
                problem.swap()
            chunks, scratch = Tiles(problem).emit()
    flops = 2 * count * m * n * k
    size = dtype.size * (
        _distinct(stack, view_a) * m * k + _distinct(stack, view_b) * k * n + count * m * n
    )
    layout = ("t" if transpose_a else "n") + ("t" if transpose_b else "n")
    name, text = problem.code.named(
        f"matmul_{dtype.name}_{count}x{m}x{n}x{k}_{layout}_{epilogue.key}"
    )
    return Kernel(
        name,
        text,
        chunks=chunks,
        scratch=scratch,
        flops=flops,
        bytes=size,
        fused="MatMul",
        # A product with a vector does little arithmetic for the memory it reads.
        parallel=chunks > 1 and (flops >= WORTH_THREADS or size >= WORTH_THREADS // 2),
        notes=[f"{problem.wide.name} sums"] if problem.widens else [],
    )


def _view(stack: tuple[int, ...], own: bool, rows: int, columns: int) -> View:
    if own:
        return View.whole(stack, rows, columns)
    return View((0,) * len(stack), columns)


def _distinct(stack: tuple[int, ...], view: View) -> int:
    """How many matrices a stack has of its own."""
    return math.prod(n for n, apart in zip(stack, view.apart, strict=True) if apart)
