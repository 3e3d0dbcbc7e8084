"""What is multiplied by what, where it is in memory, and the code that comes of it."""

from __future__ import annotations

import math
from typing import NamedTuple

from tapeflow.engine.backends.llvm.contractions.epilogues import Epilogue, Index, View
from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.backends.llvm.text import Code, working
from tapeflow.engine.core.dtypes import DType


class Factor(NamedTuple):
    """One of the two factors.

    Attributes:
      pointer: the address of the first matrix.
      transposed: whether the matrices are stored transposed.
      view: where they are from there.
    """

    pointer: str
    transposed: bool
    view: View

    @property
    def stride(self) -> int:
        """Elements from row to row, as stored."""
        return self.view.stride


class Problem:
    """A product, and its kernel's code as far as it is written; see `matmul` for the arguments.

    Attributes:
      swapped: whether it is computed as the transposed product.
      ready: whether the right factor comes in packed panels; see `prepared.py`.
      left_ready: whether the left factor, stored transposed, comes in packed tiles.
    """

    def __init__(
        self,
        target: Target,
        stack: tuple[int, ...],
        m: int,
        n: int,
        k: int,
        dtype: DType,
        a: tuple[bool, View],
        b: tuple[bool, View],
        epilogue: Epilogue,
    ) -> None:
        self.target, self.stack = target, stack
        self.batch = math.prod(stack)
        self.m, self.n, self.k = m, n, k
        self.dtype = dtype
        self.wide = working(dtype)
        self.widens = self.wide is not dtype
        self.epilogue = epilogue
        self.swapped = self.ready = self.left_ready = False
        self.code = code = Code(target)
        self.a, self.b = Factor(code.argument(0), *a), Factor(code.argument(1), *b)
        self.pointers = [code.argument(2 + i) for i in range(epilogue.operands)]

    def swap(self) -> None:
        """Makes it the transposed product: the factors change places."""
        self.swapped = not self.swapped
        self.m, self.n = self.n, self.m
        self.a, self.b = (
            self.b._replace(transposed=not self.b.transposed),
            self.a._replace(transposed=not self.a.transposed),
        )

    def matrix(self, factor: Factor, batch: Index) -> str:
        """The address of one of a factor's matrices."""
        return self.code.offset(
            factor.pointer, factor.view.place(self.code, self.stack, batch), self.dtype
        )
