"""Einsum equations as (stacked) products of matrices."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

from tapeflow.engine.backends.llvm.contractions.epilogues import View


class Operand(NamedTuple):
    """An operand as a stack of matrices.

    Attributes:
      permutation: the order to copy its dimensions into; None where it is used as it is.
      transposed: whether the matrices are the transposes of the factors.
      view: where they are.
    """

    permutation: tuple[int, ...] | None
    transposed: bool
    view: View


class Contraction(NamedTuple):
    """An einsum of two operands as `C[b] = A[b] @ B[b]`: the arguments of `matmul` and `Store`.

    Attributes:
      a: the left factor.
      b: the right factor.
      swapped: whether the equation's second operand is the left factor.
      stack: the dimensions of the stack of products.
      m: rows of the result.
      n: columns of the result.
      k: length of the sums.
      view: where the results are to be stored.
      shape: the dimensions of the array they are stored in.
      permutation: the order to copy these into; None where they are those of the equation's result.
    """

    a: Operand
    b: Operand
    swapped: bool
    stack: tuple[int, ...]
    m: int
    n: int
    k: int
    view: View
    shape: tuple[int, ...]
    permutation: tuple[int, ...] | None


def as_matmul(equation: str, shape_a: Sequence[int], shape_b: Sequence[int]) -> Contraction | None:
    """The product that an equation of two operands asks for.

    Args:
      equation: labels with an explicit result, such as `"bij,bjk->bik"`.
      shape_a: the first operand's dimensions.
      shape_b: the second one's.

    Returns:
      The product; None where there is more to do than permute and multiply: an ellipsis, a label
      twice in a term, one that is summed in one operand alone.

    Example:
        >>> found = as_matmul("aecd,abcd->acbe", (16, 64, 4, 32), (16, 64, 4, 32))
        >>> found.stack, found.m, found.n, found.k, found.a.permutation, found.a.view
        ((16, 4), 64, 64, 32, None, View(apart=(8192, 32), stride=128))
    """
    left, arrow, output = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if not arrow or len(terms) != 2 or "." in equation:
        return None
    x, y = terms
    if any(len(set(term)) < len(term) for term in (x, y, output)):
        return None
    if len(x) != len(shape_a) or len(y) != len(shape_b):
        return None
    sizes = dict(zip(x + y, (*shape_a, *shape_b), strict=True))
    if any(sizes[c] != n for c, n in zip(x, shape_a, strict=True)):
        return None  # a label of two sizes
    if not set(output) <= set(x + y):
        return None
    if any((c in x) is not (c in y) and c not in output for c in x + y):
        return None
    options = [_contraction(x, y, output, sizes, False), _contraction(y, x, output, sizes, True)]
    # What has to be permuted is copied: prefer the roles that spare most of it.
    return min(options, key=_copied)


def _copied(found: Contraction) -> int:
    count = math.prod(found.stack)
    moved = found.a.permutation is not None and count * found.m * found.k
    moved += found.b.permutation is not None and count * found.k * found.n
    moved += found.permutation is not None and count * found.m * found.n
    return int(moved)


Labels = list[str]


def _contraction(x: str, y: str, output: str, sizes: dict[str, int], swapped: bool) -> Contraction:
    batch = [c for c in output if c in x and c in y]
    rows = [c for c in output if c in x and c not in y]
    columns = [c for c in output if c in y and c not in x]
    # The order of the labels that are summed: the one that spares a copy.
    orders = [[c for c in term if c in x and c in y and c not in output] for term in (x, y)]
    pairs = [
        (_operand(x, batch, rows, inner, sizes), _operand(y, batch, inner, columns, sizes))
        for inner in orders
    ]
    a, b = min(pairs, key=lambda pair: sum(operand.permutation is not None for operand in pair))
    order, permutation = [*output], None
    view = _in_place(output, batch, rows, columns, sizes)
    if view is None or view.transposed:
        order = [*batch, *rows, *columns]
        permutation = tuple(order.index(c) for c in output)
        view = _in_place("".join(order), batch, rows, columns, sizes)
        assert view is not None
    stack, views = _merged([sizes[c] for c in batch], [a.view, b.view, view.view])
    return Contraction(
        a._replace(view=views[0]), b._replace(view=views[1]), swapped, stack,
        _count(rows, sizes), _count(columns, sizes), _count(orders[0], sizes), views[2],
        tuple(sizes[c] for c in order), permutation,
    )  # fmt: skip


def _count(labels: Labels, sizes: dict[str, int]) -> int:
    return math.prod(sizes[c] for c in labels)


def _operand(
    term: str, batch: Labels, first: Labels, second: Labels, sizes: dict[str, int]
) -> Operand:
    found = _in_place(term, batch, first, second, sizes)
    if found is not None:
        return found
    order = [*batch, *first, *second]
    copied = _in_place("".join(order), batch, first, second, sizes)
    assert copied is not None
    return copied._replace(permutation=tuple(term.index(c) for c in order))


def _in_place(
    term: str, batch: Labels, first: Labels, second: Labels, sizes: dict[str, int]
) -> Operand | None:
    """An array with dimensions `term` as matrices of `first` times `second`, if it is that."""
    strides: dict[str, int] = {}
    size = 1
    for label in reversed(term):
        strides[label] = size
        size *= sizes[label]
    down, along = _step(first, strides, sizes), _step(second, strides, sizes)
    if down is None or along is None:
        return None
    apart = tuple(strides[c] for c in batch)
    if along == 1 or _count(second, sizes) <= 1:
        return Operand(None, False, View(apart, down))
    if down == 1 or _count(first, sizes) <= 1:
        return Operand(None, True, View(apart, along))
    return None


def _step(labels: Labels, strides: dict[str, int], sizes: dict[str, int]) -> int | None:
    """Elements from one to the next along several dimensions taken as one; None if that varies."""
    labels = [c for c in labels if sizes[c] != 1]
    for outer, inner in itertools.pairwise(labels):
        if strides[outer] != strides[inner] * sizes[inner]:
            return None
    return strides[labels[-1]] if labels else 1


def _merged(dims: list[int], views: list[View]) -> tuple[tuple[int, ...], list[View]]:
    """The dimensions of a stack, those as one that are one in all of the views."""
    stack: list[int] = []
    aparts: list[list[int]] = []
    for i, n in enumerate(dims):
        now = [view.apart[i] for view in views]
        if stack and all(outer == inner * n for outer, inner in zip(aparts[-1], now, strict=True)):
            stack[-1] *= n
            aparts[-1] = now
        else:
            stack.append(n)
            aparts.append(now)
    if not stack:
        stack, aparts = [1], [[0] * len(views)]
    return tuple(stack), [
        view._replace(apart=tuple(apart[i] for apart in aparts)) for i, view in enumerate(views)
    ]
