"""Units: what becomes one kernel."""

from __future__ import annotations

import itertools
import math
from typing import Any

from tapeflow.engine.compiler.native.accesses import Access
from tapeflow.engine.ir.nest import Affine, summed

_numbers = itertools.count()

LARGEST = 100
"""A unit of so many nodes takes no more: it is written by recursion from results to operands."""


class Unit:
    """Nodes that are computed together.

    Attributes:
      number: tells units apart.
      order: the coordinates of its domain, outermost first; empty for an opaque one.
      extents: how far each coordinate goes.
      kept: how many leading coordinates are not folded, once something is.
      stores: `(value, access, value whose memory it goes to, its access there)`.
      members: bits of the nodes that are computed here.
      ancestors: bits of all nodes that these depend on.
      opaque: the node, where no loop nest but a kernel of its own computes it.
      after: units that must run before, for other reasons than values.
      requires: values that must be in memory before it runs.
      computed: for values that are stored or folded here, the access at which they are made.
      folded: for each fold in here, the access of what is folded.
    """

    def __init__(self, extents: tuple[int, ...] = (), opaque: Any = None) -> None:
        self.number = next(_numbers)
        self.order = list(range(len(extents)))
        self.extents = dict(enumerate(extents))
        self.kept: int | None = None
        self.stores: list[tuple[Any, Access, Any, Access]] = []
        self.members = 0
        self.ancestors = 0
        self.opaque = opaque
        self.after: list[Unit] = []
        self.requires: list[Any] = []
        self.folded: dict[int, Access] = {}
        self.computed: dict[int, Access] = {}
        self._split: dict[int, tuple[int, int, int]] = {}

    @property
    def size(self) -> int:
        """How many points the domain has."""
        return math.prod(self.extents[d] for d in self.order)

    @property
    def is_full(self) -> bool:
        """Whether no more nodes may be computed here."""
        return self.members.bit_count() >= LARGEST

    @property
    def rows(self) -> int:
        """How many rows the domain has where something is folded."""
        return math.prod(self.extents[d] for d in self.order[: self.kept])

    def resolve(self, access: Access) -> Access:
        """An access in the coordinates that there are now."""
        if not self._split:
            return access
        return tuple([self._resolved(a) for a in access])

    def _resolved(self, at: Affine) -> Affine:
        while any(d in self._split for d, _ in at.terms):
            terms: list[tuple[int, int]] = []
            for d, c in at.terms:
                if d in self._split:
                    outer, inner, size = self._split[d]
                    terms += [(outer, c * size), (inner, c)]
                else:
                    terms.append((d, c))
            at = summed(at.const, terms)
        return at

    def split(self, dim: int, inner_extent: int) -> None:
        """Makes two coordinates of one."""
        outer = max(self.extents, default=-1) + 1
        inner = outer + 1
        self.extents[outer] = self.extents[dim] // inner_extent
        self.extents[inner] = inner_extent
        place = self.order.index(dim)
        self.order[place : place + 1] = [outer, inner]
        if self.kept is not None and place < self.kept:
            self.kept += 1
        self._split[dim] = (outer, inner, inner_extent)

    def extend(self, extents: list[int]) -> list[int]:
        """Adds coordinates that run fastest."""
        first = max(self.extents, default=-1) + 1
        added = list(range(first, first + len(extents)))
        self.extents.update(zip(added, extents, strict=True))
        self.order += added
        return added

    def counting(self, dims: list[int]) -> Affine:
        """The number of a point among those of some coordinates, the last one running fastest."""
        terms = []
        stride = 1
        for d in reversed(dims):
            if self.extents[d] != 1:
                terms.append((d, stride))
            stride *= self.extents[d]
        return summed(0, terms)

    def is_whole(self, place: Affine) -> bool:
        """Whether a place in memory counts the points of the domain in order."""
        return place == self.counting(self.order)

    def leading(self, place: Affine, count: int) -> int | None:
        """How many leading coordinates a place counts, `count` in all; None if it doesn't."""
        product = 1
        for k in range(len(self.order) + 1):
            if product == count and place == self.counting(self.order[:k]):
                while k < len(self.order) and self.extents[self.order[k]] == 1:
                    k += 1
                return k
            if k < len(self.order):
                product *= self.extents[self.order[k]]
        return None

    def __repr__(self) -> str:
        what = self.opaque.prim.name if self.opaque is not None else self.extents
        return f"<unit {self.number} {what}>"
