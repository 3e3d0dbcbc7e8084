"""What is multiplied by what, and the code that comes of it."""

from __future__ import annotations

from tapeflow.engine.backends.llvm.contractions.epilogues import Epilogue, Index
from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.backends.llvm.text import Code
from tapeflow.engine.core.dtypes import DType, float32

NAME = "product"
"""The function's name until its text is known, from which its own name is made."""


class Problem:
    """A product, and its kernel's code as far as it is written; see `matmul` for the arguments."""

    def __init__(
        self,
        target: Target,
        m: int,
        n: int,
        k: int,
        dtype: DType,
        transpose_a: bool,
        transpose_b: bool,
        batch: int,
        batch_a: bool,
        batch_b: bool,
        epilogue: Epilogue,
    ) -> None:
        self.target, self.batch = target, batch
        self.m, self.n, self.k = m, n, k
        self.dtype = dtype
        self.widens = dtype.is_floating and dtype.size == 2
        self.wide = float32 if self.widens else dtype
        self.transpose_a, self.transpose_b = transpose_a, transpose_b
        self.batch_a, self.batch_b = batch_a, batch_b
        self.epilogue = epilogue
        self.swapped = False
        self.code = code = Code(target, NAME)
        self.a, self.b = code.argument(0), code.argument(1)
        self.pointers = [code.argument(2 + i) for i in range(epilogue.operands)]

    def swap(self) -> None:
        """Makes it the transposed product: the factors change places."""
        self.swapped = not self.swapped
        self.m, self.n = self.n, self.m
        self.a, self.b = self.b, self.a
        self.batch_a, self.batch_b = self.batch_b, self.batch_a
        self.transpose_a, self.transpose_b = not self.transpose_b, not self.transpose_a

    def factor_a(self, batch: Index) -> str:
        """The address of one product's left factor."""
        code = self.code
        apart = self.m * self.k if self.batch_a else 0
        return code.offset(self.a, code.mul(batch, apart), self.dtype)

    def factor_b(self, batch: Index) -> str:
        """The address of one product's right factor."""
        code = self.code
        apart = self.k * self.n if self.batch_b else 0
        return code.offset(self.b, code.mul(batch, apart), self.dtype)
