"""Einsum equations as (stacked) products of matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple


class Operand(NamedTuple):
    """How an operand becomes a stack of matrices: a permutation of its dimensions, then a reshape.

    Attributes:
      permutation: the order of its dimensions; None where they are in order.
      shape: `[batch, rows, columns]` afterwards; without `batch` where the stack shares it.
      transposed: whether the matrices are the transposes of the factors.
    """

    permutation: tuple[int, ...] | None
    shape: tuple[int, ...]
    transposed: bool


class Contraction(NamedTuple):
    """An einsum of two operands as `C[b] = A[b] @ B[b]`.

    Attributes:
      a: the left factor.
      b: the right factor.
      swapped: whether the equation's second operand is the left factor.
      batch: how many products.
      m: rows of the result.
      n: columns of the result.
      k: length of the sums.
      shape: the dimensions of the result as computed: batch, rows' and columns' labels.
      permutation: the order of these in the equation's result; None where they are in order.
    """

    a: Operand
    b: Operand
    swapped: bool
    batch: int
    m: int
    n: int
    k: int
    shape: tuple[int, ...]
    permutation: tuple[int, ...] | None


def as_matmul(equation: str, shape_a: Sequence[int], shape_b: Sequence[int]) -> Contraction | None:
    """The product that an equation of two operands asks for.

    Args:
      equation: labels with an explicit result, such as `"bij,bjk->bik"`.
      shape_a: the first operand's dimensions.
      shape_b: the second one's.

    Returns:
      The product; None where there is more to do than permute, reshape and multiply: an ellipsis,
      a label twice in a term, one that is summed in one operand alone.

    Example:
        >>> as_matmul("bij,bkj->bik", (8, 2, 3), (8, 4, 3)).b.transposed
        True
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
    if set(output) != {c for c in x + y if c in output}:
        return None
    if any(c not in y and c not in output for c in x):
        return None
    if any(c not in x and c not in output for c in y):
        return None
    options = [
        _contraction(x, y, output, sizes, False),
        _contraction(y, x, output, sizes, True),
    ]
    # What has to be permuted is copied: prefer the roles that spare most of it.
    return min(options, key=_copied)


def _copied(found: Contraction) -> int:
    moved = 0
    for operand in (found.a, found.b):
        if operand.permutation is not None:
            moved += math.prod(operand.shape)
    if found.permutation is not None:
        moved += math.prod(found.shape)
    return moved


def _contraction(x: str, y: str, output: str, sizes: dict[str, int], swapped: bool) -> Contraction:
    batch = [c for c in output if c in x and c in y]
    rows = [c for c in output if c in x and c not in y]
    columns = [c for c in output if c in y and c not in x]
    # The order of the labels that are summed: the one that an operand has them in.
    inner = [c for c in x if c in y and c not in output]
    other = [c for c in y if c in x and c not in output]
    if other != inner and _plain(y, batch, other, columns) and not _plain(x, batch, rows, inner):
        inner = other
    a = _operand(x, batch, rows, inner, sizes)
    b = _operand(y, batch, inner, columns, sizes)
    order = [*batch, *rows, *columns]
    permutation = tuple(order.index(c) for c in output)

    def size(labels: list[str]) -> int:
        return math.prod(sizes[c] for c in labels)

    return Contraction(
        a, b, swapped, size(batch), size(rows), size(columns), size(inner),
        tuple(sizes[c] for c in order), None if [*output] == order else permutation,
    )  # fmt: skip


def _plain(term: str, batch: list[str], first: list[str], second: list[str]) -> bool:
    """Whether a term is a stack of matrices, or of transposed ones, as it stands."""
    return [*term] in ([*batch, *first, *second], [*batch, *second, *first])


def _operand(
    term: str, batch: list[str], first: list[str], second: list[str], sizes: dict[str, int]
) -> Operand:
    transposed = [*term] == [*batch, *second, *first] != [*batch, *first, *second]
    order = [*batch, *second, *first] if transposed else [*batch, *first, *second]
    parts = [batch, second, first] if transposed else [batch, first, second]
    permutation = None if order == [*term] else tuple(term.index(c) for c in order)
    return Operand(
        permutation, tuple(math.prod(sizes[c] for c in part) for part in parts), transposed
    )
