"""What a primitive of sliding windows becomes: kernels in order, and the memory between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from tapeflow.engine.backends.llvm.contractions.epilogues import Epilogue
from tapeflow.engine.backends.llvm.kernel import Kernel

Operand = tuple[str, int]
"""`("input", i)`, `("output", j)`, `("workspace", w)` or `("epilogue", e)`."""


class Step(NamedTuple):
    """One kernel and its operands, in the order of its `args`."""

    kernel: Kernel
    operands: list[Operand]


@dataclass
class Lowered:
    """A primitive as native code.

    Attributes:
      steps: to be run one after the other.
      workspaces: bytes of each buffer that lives from the first step to the last, 64-byte aligned.
      epilogue: whether the epilogue that was asked for is part of the last step. The output is
        then written by the epilogue alone.
      once: so many of the first steps only prepare an input that stays the same, in workspaces that
        nothing else writes to: a loop takes them once.
    """

    steps: list[Step]
    workspaces: list[int] = field(default_factory=list)
    epilogue: bool = False
    once: int = 0


def results(epilogue: Epilogue | None) -> list[Operand]:
    """Where a kernel's results go: the operands of its epilogue, or else the output."""
    if epilogue is None:
        return [("output", 0)]
    return [("epilogue", i) for i in range(epilogue.operands)]
