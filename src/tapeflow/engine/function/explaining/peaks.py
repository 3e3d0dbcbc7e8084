"""What the machine can do, measured once in a process."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from tapeflow.engine.backends.llvm.contractions.matmul import matmul
from tapeflow.engine.backends.llvm.execution import threads
from tapeflow.engine.backends.llvm.target import host
from tapeflow.engine.core import dtypes

COPIED = 1 << 26
SIDE = 512
TURNS = 7


class Peaks(NamedTuple):
    """The best that was measured.

    Attributes:
      bandwidth: bytes read and written in a second.
      arithmetic: floating-point operations in a second.
      threads: how many threads took part.
    """

    bandwidth: float
    arithmetic: float
    threads: int

    @property
    def text(self) -> str:
        """The numbers, and how they were measured."""
        return (
            f"memory {self.bandwidth / 1e9:.1f} GB/s (best of {TURNS} copies of "
            f"{COPIED >> 20} MiB with NumPy), arithmetic {self.arithmetic / 1e9:.1f} GFLOP/s (best "
            f"of {TURNS} generated {SIDE}x{SIDE}x{SIDE} products in float32), "
            f"{self.threads} thread{'s'[: self.threads > 1]}"
        )


def peaks() -> Peaks:
    """The machine's peaks with as many threads as kernels use now."""
    return _measured(threads.count())


@functools.cache
def _measured(count: int) -> Peaks:
    source, target = np.ones(COPIED, np.uint8), np.zeros(COPIED, np.uint8)
    parts = list(zip(np.array_split(source, count), np.array_split(target, count), strict=True))
    with ThreadPoolExecutor(count) as pool:
        copying = _best(lambda: list(pool.map(lambda part: np.copyto(part[1], part[0]), parts)))
    kernel = matmul(host(), SIDE, SIDE, SIDE, dtype=dtypes.float32)
    arrays = [np.ones((SIDE, SIDE), np.float32) for _ in range(3)]
    multiplying = _best(lambda: threads.run(kernel, arrays))
    return Peaks(2 * COPIED / copying, kernel.flops / multiplying, count)


def _best(run: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(TURNS):
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return best
