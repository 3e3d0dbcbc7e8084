"""Kernels for nests."""

from __future__ import annotations

from dataclasses import replace

from tapeflow.engine.backends.llvm.kernel import Kernel
from tapeflow.engine.backends.llvm.loops.columns import Columns
from tapeflow.engine.backends.llvm.loops.rows import Rows
from tapeflow.engine.backends.llvm.loops.writing import Writer
from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.ir.nest import POINT, Fold, Levels, Load, Nest


def nest_kernel(target: Target, nest: Nest) -> Kernel:
    """The kernel that runs a nest.

    Args:
      target: the CPU.
      nest: what to compute; its operands are the kernel's arguments.

    Raises:
      Unsupported: when an operation or dtype cannot be generated.
    """
    given = nest.collapsed()
    folds = any(isinstance(s, Fold) for s in given.statements)
    if not folds and given.kept == len(given.dims):
        given = replace(given, kept=max(0, len(given.dims) - 1))
    writer: Writer = (Columns if folds and _by_columns(given) else Rows)(target, given)
    writer.write()
    return writer.kernel()


def _by_columns(nest: Nest) -> bool:
    """Whether neighbouring elements in memory belong to different rows: a sum over the batch."""
    if nest.kept == 0 or nest.kept == len(nest.dims):
        return False
    across = along = 0
    for s in nest.statements:
        if isinstance(s, Load):
            along += s.at.coefficient(len(nest.dims) - 1) == 1
            across += s.at.coefficient(nest.kept - 1) == 1 and s.at.terms[-1][0] >= nest.kept
    levels = Levels(nest)
    single = all(
        levels.stage[s.arg] == 0 for s in nest.statements if isinstance(s, Fold)
    ) and not any(levels.of_store(s) == POINT for s in nest.stores)
    return across > along and single
