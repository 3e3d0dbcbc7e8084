"""What a primitive of sliding windows becomes: kernels in order, and the memory between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from tapeflow.engine.backends.llvm.kernel import Kernel
from tapeflow.engine.backends.llvm.text import Code, Val

Operand = tuple[str, int]
"""`("input", i)`, `("output", j)`, `("workspace", w)` or `("epilogue", e)`."""


@dataclass
class Step:
    """One kernel and its operands, in the order of its `args`."""

    kernel: Kernel
    operands: list[Operand]


@dataclass
class Lowered:
    """A primitive as native code.

    Attributes:
      steps: kernels with their operands, to be run one after the other.
      workspaces: bytes of each buffer that lives from the first step to the last, 64-byte aligned.
      epilogue: whether the epilogue that was asked for is part of the last step. The output is
        then written by the epilogue alone.
    """

    steps: list[Step]
    workspaces: list[int] = field(default_factory=list)
    epilogue: bool = False


class Epilogue(Protocol):
    """What is done with results while they are in registers.

    Attributes:
      operands: how many operands it has, outputs among them.
      key: unique for what it computes.
    """

    operands: int
    key: str

    def store(
        self,
        code: Code,
        pointers: list[str],
        acc: Val,
        batch: str | int,
        row: str | int,
        column: str | int,
        mask: str | None,
    ) -> Any:
        """Stores a vector of results, seen as a matrix `[pixels, channels]`.

        Args:
          code: where to write the instructions.
          pointers: addresses of the epilogue's operands.
          acc: results in neighbouring columns of one row.
          batch: 0.
          row: the pixel: index into the output without its channels.
          column: channel of the first result.
          mask: which lanes count, or None for all.
        """
