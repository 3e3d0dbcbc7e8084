"""What is done with the sums of a product before anything is written: bias, activation, ..."""

from __future__ import annotations

from typing import Protocol

from tapeflow.engine.backends.llvm.text import Code, Val
from tapeflow.engine.core.dtypes import DType

Index = str | int
"""An index in the code: a value's name, or a number that is known."""


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
      rows: the result's rows.
      columns: its columns.
      dtype: its dtype.
    """

    operands = 1
    key = "store"
    brief = True

    def __init__(self, rows: int, columns: int, dtype: DType) -> None:
        self.rows = rows
        self.columns = columns
        self.dtype = dtype

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
        line = code.mul(code.add(code.mul(batch, self.rows), row), self.columns)
        place = code.offset(pointers[0], code.add(line, column), self.dtype)
        code.store(acc, place, self.dtype, mask)
