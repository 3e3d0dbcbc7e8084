"""Loops over units of work, the images that they read, and the kernel that comes of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tapeflow.engine.backends.llvm.kernel import Kernel
from tapeflow.engine.backends.llvm.text import Code, working
from tapeflow.engine.backends.llvm.windows.geometry import Geometry, Three, Units
from tapeflow.engine.backends.llvm.windows.nest import Index
from tapeflow.engine.backends.llvm.windows.staging import stage
from tapeflow.engine.core.dtypes import DType

# Products and bytes from which several threads pay.
PARALLEL_PRODUCTS = 500_000
PARALLEL_BYTES = 512 << 10


@contextmanager
def unit_loop(code: Code, cut: Units, chunk: Index, group: int) -> Iterator[Any]:
    """Emits its body for each unit of a group; gives image, first position, and how many.

    How many is None where the whole dimension is done at once.
    """
    if group == 1:  # each loop more costs time in the compiler
        yield _unit(code, cut, chunk)
        return
    first = code.mul(chunk, group)
    last = code.minimum(code.add(first, group), cut.total)
    with code.loop(first, last) as loop:
        yield _unit(code, cut, loop.index)


def _unit(code: Code, cut: Units, unit: Index) -> tuple[Index, Index, Index | None]:
    image, block = code.divmod(unit, cut.per_image)
    start = code.mul(block, cut.block)
    if cut.per_image == 1:
        return image, start, None
    return image, start, code.minimum(cut.block, code.add(cut.positions, code.mul(-1, start)))


class Source:
    """Where the windows read: the image itself, or a copy with a border in the scratch memory.

    Args:
      geometry: the call.
      cut: the work's units.
      dtype: of the image.
      times: how often each channel is repeated in the copy.
      border: the value of padding.
      converts: whether 16-bit floats are to be copied, so that they are converted only once.
    """

    def __init__(
        self,
        geometry: Geometry,
        cut: Units,
        dtype: DType,
        times: int = 1,
        border: float = 0,
        converts: bool = True,
    ) -> None:
        self._geometry, self._cut, self._dtype, self._times = geometry, cut, dtype, times
        self._border = border
        self.staged = not geometry.inside or times > 1
        self.staged |= converts and working(dtype) is not dtype
        extents = list(geometry.extents)
        i = cut.axis
        held = min(cut.block, cut.positions)
        extents[i] -= (cut.positions - held) * geometry.strides[i]
        self._extents: Three = (extents[0], extents[1], extents[2])
        self.dtype = working(dtype) if self.staged else dtype
        _, h, w = self._extents if self.staged else geometry.sizes
        pixel = geometry.channels * times
        self.steps: Three = (h * w * pixel, w * pixel, pixel)
        """Elements from one position to the next, in each dimension."""
        self.scratch = math.prod(self._extents) * pixel * self.dtype.size if self.staged else 0

    def address(self, code: Code, x: str, image: Index, start: Index) -> str:
        """What the first window of a unit sees first; copies where it must."""
        g = self._geometry
        first: list[Index] = [-low for low in g.lows]
        first[self._cut.axis] = code.add(
            first[self._cut.axis], code.mul(start, g.strides[self._cut.axis])
        )
        whole = math.prod(g.sizes) * g.channels
        at = code.offset(x, code.mul(image, whole), self._dtype)
        if not self.staged:
            for position, step in zip(first, self.steps, strict=True):
                at = code.offset(at, code.mul(position, step), self._dtype)
            return at
        stage(
            code, "%scratch", at, g.sizes, g.channels, self._dtype,
            (first[0], first[1], first[2]), self._extents, self._border, self._times,
        )  # fmt: skip
        return "%scratch"


def kernel_of(
    code: Code, chunks: int, scratch: int, products: int, moved: int, fused: str
) -> Kernel:
    """The kernel of finished code."""
    name, text = code.named(fused.replace(" ", "_"))
    return Kernel(
        name, text, chunks, scratch, 2 * products, moved, fused,
        parallel=chunks > 1 and (products > PARALLEL_PRODUCTS or moved > PARALLEL_BYTES),
    )  # fmt: skip
