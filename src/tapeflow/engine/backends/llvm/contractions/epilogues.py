"""What is done with the sums of a product before anything is written: bias, activation, ..."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from tapeflow.engine.backends.llvm.text import Code, Val
from tapeflow.engine.core.dtypes import DType

Index = str | int
"""An index in the code: a value's name, or a number that is known."""


class View(NamedTuple):
    """Where the matrices of a stack are in memory; the elements of a row are side by side.

    Attributes:
      apart: for each dimension of the stack, elements from one matrix to the next; 0 where all
        are the same one.
      stride: elements from row to row.
    """

    apart: tuple[int, ...]
    stride: int

    def place(self, code: Code, stack: tuple[int, ...], batch: Index) -> Index:
        """Elements from the first matrix to number `batch` of a stack with these dimensions."""
        place: Index = 0
        for i, (size, apart) in enumerate(zip(reversed(stack), reversed(self.apart), strict=True)):
            at = batch
            if i < len(stack) - 1:
                batch, at = code.divmod(batch, size)
            place = code.add(place, code.mul(at, apart))
        return place

    @staticmethod
    def whole(stack: tuple[int, ...], rows: int, columns: int) -> View:
        """That of matrices that follow each other without gaps."""
        apart, size = [], rows * columns
        for n in reversed(stack):
            apart.append(size)
            size *= n
        return View(tuple(reversed(apart)), columns)


class Epilogue(Protocol):
    """Computes on the results of a product while they are in registers, and stores them."""

    @property
    def operands(self) -> int:
        """How many of the kernel's operands it uses: those after the factors."""

    @property
    def key(self) -> str:
        """What it computes, for the kernel's name: letters, digits and `_`."""

    @property
    def brief(self) -> bool:
        """Whether `store` is a few instructions only, which may be repeated for each vector of a
        tile. Else it is written once or twice, in a loop over results kept in memory."""

    def store(
        self,
        code: Code,
        pointers: list[str],
        acc: Val,
        batch: Index,
        row: Index,
        column: Index,
        mask: str | None,
    ) -> None:
        """Emits the code for one vector of sums.

        Args:
          code: where to write.
          pointers: the addresses of the epilogue's operands.
          acc: the sums, those of 16-bit floats as float32: `acc.lanes` of them (1: a scalar), for
            consecutive columns.
          batch: which of the stacked products.
          row: the row of them all.
          column: the column of the first.
          mask: `<lanes x i1>` of those that exist; None for all.
        """


class Store:
    """Writes the sums and does nothing else: operand 0 of its own is the result.

    Args:
      dtype: the result's dtype.
      stack: the dimensions of the stack of products.
      view: where the results are.
    """

    operands = 1
    key = "store"
    brief = True

    def __init__(self, dtype: DType, stack: tuple[int, ...], view: View) -> None:
        self.dtype = dtype
        self.stack = stack
        self.view = view

    @staticmethod
    def matrix(rows: int, columns: int, dtype: DType) -> Store:
        """For one matrix without gaps."""
        return Store(dtype, (1,), View.whole((1,), rows, columns))

    def store(
        self,
        code: Code,
        pointers: list[str],
        acc: Val,
        batch: Index,
        row: Index,
        column: Index,
        mask: str | None,
    ) -> None:
        """Stores one vector; see `Epilogue.store`."""
        line = code.add(self.view.place(code, self.stack, batch), code.mul(row, self.view.stride))
        place = code.offset(pointers[0], code.add(line, column), self.dtype)
        code.store(acc, place, self.dtype, mask)
