"""Runs elementwise code that a `VectorBuilder` emits, on arrays: in vectors, and what is left over
one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tapeflow.engine.backends.llvm import jit
from tapeflow.engine.backends.llvm.kernel import Kernel
from tapeflow.engine.backends.llvm.target import AARCH64, Target, host, narrower
from tapeflow.engine.backends.llvm.text import Code
from tapeflow.engine.backends.llvm.vector_builder import VectorBuilder
from tapeflow.engine.core.dtypes import FROM_NUMPY, DType

TARGETS = {"host": host(), "32 bytes": narrower(32), "16 bytes": narrower(16)}


def kernel_of(
    emit: Callable[..., Any], inputs: Sequence[DType], output: DType, count: int, target: Target
) -> Kernel:
    """A kernel that computes `count` elements from as many of each input.

    Args:
      emit: called with a builder and the inputs' values; gives the result's.
      inputs: dtypes in memory.
      output: the result's dtype in memory.
      count: how many elements.
      target: the CPU.
    """
    code = Code(target)
    builder = VectorBuilder(code)
    pointers = [code.argument(i) for i in range(len(inputs) + 1)]

    def step(index: Any, lanes: int) -> None:
        places = [
            code.offset(p, index, d) for p, d in zip(pointers, [*inputs, output], strict=True)
        ]
        values = [code.load(p, d, lanes) for p, d in zip(places, inputs)]
        result = code.splat(emit(builder, *values), lanes)
        code.store(result, places[-1], output)

    lanes = target.lanes(4)
    whole = count - count % lanes
    if whole:
        with code.loop(0, whole, lanes) as loop:
            step(loop.index, lanes)
    if count % lanes:
        with code.loop(whole, count) as loop:
            step(loop.index, 1)
    return Kernel(*code.named("elementwise"))


def run_emitted(
    emit: Callable[..., Any], arrays: Sequence[np.ndarray], output: DType, target: Target
) -> np.ndarray:
    """What the code computes for arrays that broadcast; see `kernel_of`."""
    shape = np.broadcast_shapes(*[a.shape for a in arrays])
    given = [np.ascontiguousarray(np.broadcast_to(a, shape)) for a in arrays]
    result = np.empty(shape, output.np)
    dtypes = [FROM_NUMPY[a.dtype] for a in given]
    kernel = kernel_of(emit, dtypes, output, result.size, target)
    jit.run(kernel, [*given, result], target)
    return result


def ulps(got: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """How far results are from exact ones, in units of the last place; infinite where NaN,
    infinities or the signs of zeros differ.

    Args:
      got: float32 or float64 results.
      exact: the exact ones, in higher precision.
    """
    kind = got.dtype.type
    with np.errstate(all="ignore"):
        nearest = exact.astype(kind)
        step = np.spacing(np.abs(nearest)).astype(exact.dtype)
        step[~np.isfinite(nearest)] = np.spacing(np.finfo(kind).max)
        off = np.abs(got.astype(exact.dtype) - exact) / step
        equal = (got == nearest) & ((got != 0) | (np.signbit(got) == np.signbit(exact)))
        off[equal] = np.minimum(off[equal], 0.5)
        off[np.isinf(got) & (got == nearest)] = 0
        zeros = (got == 0) & (exact == 0) & (np.signbit(got) != np.signbit(exact))
        off[zeros | (np.isnan(got) != np.isnan(exact))] = np.inf
        off[np.isnan(got) & np.isnan(exact)] = 0
    return off


__all__ = ["AARCH64", "TARGETS", "kernel_of", "run_emitted", "ulps"]
