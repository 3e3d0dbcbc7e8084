"""A nest as the epilogue of a product: it continues with the sums while they are in registers."""

from __future__ import annotations

import math

from tapeflow.engine.backends.llvm.kernel import Kernel
from tapeflow.engine.backends.llvm.loops.emission import Emitter, Index, arguments
from tapeflow.engine.backends.llvm.loops.repeats import reached, repeats, statement_cost
from tapeflow.engine.backends.llvm.loops.writing import traffic
from tapeflow.engine.backends.llvm.text import Code, Val
from tapeflow.engine.ir.nest import Apply, Fold, Gather, Nest


class NestEpilogue:
    """Computes the statements of a nest on vectors of a product's result.

    Args:
      nest: no folds; collapsed; its domain counts the result's elements in order.
      leaf: the statement that is the result.
      taken: the operand that the leaf would have loaded from; it is not used.
      rows: the result's rows.
      columns: the result's columns.
    """

    def __init__(self, nest: Nest, leaf: int, taken: int, rows: int, columns: int) -> None:
        self.nest = nest
        self.leaf = leaf
        self.rows = rows
        self.columns = columns
        self.used = [i for i in range(nest.operands) if i != taken]
        self.operands = len(self.used)
        self.key = "nest"
        self.brief = len(nest.statements) <= 8

    @staticmethod
    def fits(nest: Nest, columns: int) -> bool:
        """Whether a collapsed nest can run on rows of so many columns."""
        if any(isinstance(s, (Fold, Gather)) for s in nest.statements):
            return False
        return len(nest.dims) <= 1 or nest.dims[-1] == columns

    def account(self, kernel: Kernel, lanes: int) -> None:
        """Adds to a kernel's account what this does after the product itself.

        Args:
          kernel: the product's kernel, which counts that it writes its result.
          lanes: how many elements a vector has.
        """
        nest = self.nest
        points = math.prod(nest.dims)
        product = kernel.flops
        kernel.flops += points * sum(isinstance(s, Apply) for s in nest.statements)
        # The result is neither written nor read: it is in registers.
        kernel.bytes += traffic(nest) - 2 * points * nest.statements[self.leaf].dtype.size
        last = len(nest.dims) - 1
        vectors = points // self.columns * -(-self.columns // lanes)
        dims = reached(nest)
        evaluated = [points if last >= 0 and d >> last & 1 else vectors for d in dims]
        costs = [statement_cost(nest, s) for s in nest.statements]
        kernel.notes += repeats(nest, dims, evaluated, costs, product)
        if nest.fused:
            kernel.fused += " + " + nest.fused

    def store(
        self,
        code: Code,
        pointers: list[str],
        acc: Val,
        batch: str | int,
        row: str | int,
        column: str | int,
        mask: str | None,
    ) -> None:
        """Computes and stores one vector; see `Epilogue.store`."""
        nest = self.nest
        place = dict(zip(self.used, pointers, strict=True))
        emit = Emitter(code, nest, [place.get(i, "null") for i in range(nest.operands)])
        line = code.add(code.mul(batch, self.rows), row)
        index: Index = {}
        last = len(nest.dims) - 1
        if last == 0:
            index[0] = code.add(code.mul(line, self.columns), column)
        elif last > 0:
            index[last] = column
            for dim in range(last - 1, 0, -1):
                line, index[dim] = code.divmod(line, nest.dims[dim])
            index[0] = line
        lanes = acc.lanes
        along = last if last >= 0 else None
        known: list[Val] = []
        for i, s in enumerate(nest.statements):
            if i == self.leaf:
                known.append(emit.rounded(acc, s.dtype))
            else:
                args = [known[a] for a in arguments(s)]
                known.append(emit.statement(s, args, index, lanes, along, mask))
        for store in nest.stores:
            at = emit.address(store.operand, store.at, index, store.dtype)
            step = store.at.coefficient(last) if last >= 0 else 1
            emit.store(code.splat(known[store.value], lanes), at, store.dtype, step, mask)
