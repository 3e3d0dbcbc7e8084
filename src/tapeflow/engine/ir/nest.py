"""Loop nests: what fusion makes of elementwise work, movement and reductions, and backends run.

A nest goes through a domain of points. At each point statements compute values from what is
loaded at addresses that are affine in the point's coordinates. Folds combine values over the
trailing dimensions of the domain, the row; what is computed from their results belongs to the row
as a whole, or is used at each of its points again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from tapeflow.engine.core.dtypes import DType
    from tapeflow.engine.ir.primitive import Primitive


class Affine(NamedTuple):
    """`const` plus the sum of `coefficient * coordinate` over `terms` of (dimension, coefficient).

    Terms are in the order of the dimensions, without zeros.
    """

    const: int
    terms: tuple[tuple[int, int], ...]

    def coefficient(self, dim: int) -> int:
        """How far a step along a dimension leads."""
        for d, c in self.terms:
            if d == dim:
                return c
        return 0

    def reaches(self, first: int) -> bool:
        """Whether it depends on a dimension from `first` on."""
        return bool(self.terms) and self.terms[-1][0] >= first

    def plus(self, other: Affine) -> Affine:
        """The sum."""
        if not other.terms:
            return Affine(self.const + other.const, self.terms)
        return summed(self.const + other.const, [*self.terms, *other.terms])

    def times(self, factor: int) -> Affine:
        """The product with a number."""
        if factor == 0:
            return ZERO
        return Affine(self.const * factor, tuple([(d, c * factor) for d, c in self.terms]))


def summed(const: int, terms: Iterable[tuple[int, int]]) -> Affine:
    """An affine expression; coefficients of one dimension are added up."""
    total: dict[int, int] = {}
    for d, c in terms:
        total[d] = total.get(d, 0) + c
    return Affine(const, tuple(sorted([(d, c) for d, c in total.items() if c])))


ZERO = Affine(0, ())


class Load(NamedTuple):
    """What operand `operand` holds at element `at`."""

    operand: int
    at: Affine
    dtype: DType


class Apply(NamedTuple):
    """An elementwise primitive of earlier statements' values."""

    prim: Primitive
    args: tuple[int, ...]
    attrs: dict[str, Any]
    dtype: DType


class Fold(NamedTuple):
    """A statement's values over the row, combined: add, multiply, maximum, minimum, and, or."""

    combine: str
    arg: int
    dtype: DType


class Literal(NamedTuple):
    """A number."""

    value: Any
    dtype: DType


class Coordinate(NamedTuple):
    """An affine function of the point's coordinates, as a value."""

    at: Affine
    dtype: DType


class Gather(NamedTuple):
    """What operand `operand` holds at element `at` plus `stride` times a statement's value."""

    operand: int
    at: Affine
    where: int
    stride: int
    dtype: DType


Statement = Gather | Load | Apply | Fold | Literal | Coordinate


class Store(NamedTuple):
    """Writes the value of a statement to element `at` of an operand."""

    value: int
    operand: int
    at: Affine
    dtype: DType


@dataclass
class Nest:
    """A loop nest.

    Attributes:
      dims: the extents of the domain.
      kept: how many leading dimensions are not folded; all of them where nothing is folded.
      statements: each computed from earlier ones.
      stores: what is written. A store of a value that belongs to the row happens once a row.
      operands: how many there are.
      fused: the operations, for `explain`.
    """

    dims: tuple[int, ...]
    kept: int
    statements: list[Any] = field(default_factory=list)
    stores: list[Store] = field(default_factory=list)
    operands: int = 0
    fused: str = ""

    def accesses(self) -> list[Affine]:
        """All affine expressions."""
        found = [s.at for s in self.statements if isinstance(s, (Load, Coordinate, Gather))]
        return found + [s.at for s in self.stores]

    def structure(self) -> Any:
        """What tells nests apart that compute different things; None where that cannot be said."""
        statements = tuple([_told_apart(s) for s in self.statements])
        made = (self.dims, self.kept, statements, tuple(self.stores), self.operands, self.fused)
        try:
            hash(made)
        except TypeError:  # an attribute that is no plain value
            return None
        return made

    def touched(self) -> set[int]:
        """The operands that are read or written."""
        found = {s.operand for s in self.statements if isinstance(s, (Load, Gather))}
        return found | {s.operand for s in self.stores}

    def collapsed(self, joining: bool = True) -> Nest:
        """The same with dimensions of size 1 left out, and neighbours made one where possible.

        Args:
          joining: whether neighbours are made one.
        """
        accesses = self.accesses()
        groups: list[list[int]] = []  # old dimensions that make up each new one
        for dim, size in enumerate(self.dims):
            if size == 1:
                continue
            if joining and groups and not (groups[-1][-1] < self.kept <= dim):
                last = groups[-1][-1]
                if all(a.coefficient(last) == a.coefficient(dim) * size for a in accesses):
                    groups[-1].append(dim)
                    continue
            groups.append([dim])
        # Coordinates of size 1 are always 0: their terms go.
        place = {group[-1]: i for i, group in enumerate(groups)}

        def moved(a: Affine) -> Affine:
            return Affine(a.const, tuple([(place[d], c) for d, c in a.terms if d in place]))

        dims = []
        for group in groups:
            size = 1
            for d in group:
                size *= self.dims[d]
            dims.append(size)
        kept = sum(1 for group in groups if group[0] < self.kept)
        return Nest(
            tuple(dims),
            kept,
            [
                s._replace(at=moved(s.at)) if isinstance(s, (Load, Coordinate, Gather)) else s
                for s in self.statements
            ],
            [s._replace(at=moved(s.at)) for s in self.stores],
            self.operands,
            self.fused,
        )


def _told_apart(statement: Statement) -> Any:
    if isinstance(statement, Apply):
        attrs = tuple(sorted(statement.attrs.items()))
        return (Apply, statement.prim, statement.args, attrs, statement.dtype)
    if isinstance(statement, Literal):  # 0.0 equals -0.0, and NaN nothing
        return (Literal, repr(statement.value), statement.dtype)
    return (type(statement), statement)


ONCE, ROW, POINT = 0, 1, 2


class Levels:
    """Where each statement of a nest is computed.

    Attributes:
      level: `ONCE` for the whole nest, once a `ROW`, or at each `POINT`.
      stage: how many folds, one after the other, it depends on.
    """

    def __init__(self, nest: Nest) -> None:
        self.level: list[int] = []
        self.stage: list[int] = []
        for statement in nest.statements:
            level, stage = ONCE, 0
            if isinstance(statement, (Load, Coordinate)):
                level = _level_of(statement.at, nest.kept)
            elif isinstance(statement, Apply):
                level = max([self.level[a] for a in statement.args], default=ONCE)
                stage = max([self.stage[a] for a in statement.args], default=0)
            elif isinstance(statement, Gather):
                level = max(_level_of(statement.at, nest.kept), self.level[statement.where])
                stage = self.stage[statement.where]
            elif isinstance(statement, Fold):
                level, stage = ROW, self.stage[statement.arg] + 1
            self.level.append(level)
            self.stage.append(stage)
        self._kept = nest.kept

    def of_store(self, store: Store) -> int:
        """Where a store happens: what is the row's may be written at each of its points."""
        return max(self.level[store.value], _level_of(store.at, self._kept))

    def passes(self, nest: Nest) -> int:
        """How often a row is gone through."""
        stages = {self.stage[s.arg] for s in nest.statements if isinstance(s, Fold)}
        stages |= {self.stage[s.value] for s in nest.stores if self.of_store(s) == POINT}
        return len(stages)


def _level_of(at: Affine, kept: int) -> int:
    if not at.terms:
        return ONCE
    return POINT if at.reaches(kept) else ROW


def contiguous(shape: Sequence[int]) -> list[int]:
    """The strides, in elements, of an array in C order."""
    strides = [1] * len(shape)
    for i in range(len(shape) - 2, -1, -1):
        strides[i] = strides[i + 1] * shape[i + 1]
    return strides
