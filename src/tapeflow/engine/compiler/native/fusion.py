"""Decides what is computed together: forms units of the nodes of a graph.

Nodes are visited from the last to the first, so that it is known who uses a value, and where, when
it is decided how to make it. A value that one unit uses at one place is computed there and never
stored. One that more units use is stored by a unit that has it at each point anyway, or by one of
its own. What is folded, and then used for the whole row, shares its unit with what uses it.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from tapeflow.engine.compiler.native.accesses import (
    Access,
    at_identity,
    flat,
    index_of,
    reshaped_access,
    split_for,
    view_access,
)
from tapeflow.engine.compiler.native.kinds import (
    ELEMENT,
    FOLD,
    OPAQUE,
    PLACED,
    RESHAPE,
    SOURCE,
    VIEW,
    WRITE,
    kind_of,
)
from tapeflow.engine.compiler.native.operands import (
    folded_axes,
    operand_accesses,
    unfolded,
    whole_operands,
)
from tapeflow.engine.compiler.native.placing import parts_of
from tapeflow.engine.compiler.native.units import Unit
from tapeflow.engine.core.dtypes import resource
from tapeflow.engine.ir.graph import Graph
from tapeflow.engine.ir.nest import ZERO

CHEAP = 3
"""Up to so many instructions are done again rather than stored and loaded."""

CHEAP_IN_ALL = 6
"""Where what is done again needs something that is done again, both cost no more than this."""

DEAREST = 1000
"""A bound of costs, which may count what is shared more than once."""

WORTH_A_CALL = 20_000
"""So many instructions that are saved pay for a kernel of its own."""

LARGEST_ROW = 1 << 16
"""A longer row is not gone through twice by one thread."""

LONG_ROW = 64
"""Shorter rows are better gone through as one, which folds do not allow."""

SMALL = 4096
"""Domains of so many points are shared in any case: the call costs as much as the work."""

MOST_PARTS = 8
"""More parts of a value than these are stored by more than one kernel."""

SUMS = ("Add", "AddV2")
"""Operations whose result products may add to, one after the other."""

FEW_ROWS = 8
"""Fewer rows than these, if they are long, are folded by all threads, and not row by row."""


class Fusion:
    """The units of a graph.

    Args:
      graph: nodes in an order in which each comes after what it uses; shapes known.
      cost_of: what computing an elementwise node costs, in instructions for each element.
      continues: whether the kernel of an opaque node can go on with what is computed of its result.
      merging: whether parts of a value are computed together where they can be.

    Attributes:
      units: all of them, in no order.
      merged: whether parts are computed together that need not be.
      stored: values that units write to memory of their own.
      alias: for values that lie in another value's memory: that value and the first element there.
    """

    def __init__(self, graph: Graph, cost_of: Any, continues: Any, merging: bool = True) -> None:
        self.graph = graph
        self._cost_of = cost_of
        self._continues = continues
        self._merging = merging
        self.merged = False
        self.units: list[Unit] = []
        self.stored: set[int] = set()
        self.alias: dict[int, tuple[Any, int]] = {}
        self.needed: set[int] = set()
        self._again: dict[int, int] = {}
        """For values: what those cost that are computed in several units, and need the value."""
        self._uses: dict[int, dict[tuple[int, Access], Unit]] = {}
        self._readers: dict[int, list[Unit]] = {}
        self._bit: dict[int, int] = {}
        self._ancestors: dict[int, int] = {}
        self._of_size: dict[int, int] = {}
        self._note_ancestors()
        self._costs = self._all_costs()
        self._times_used = Counter(id(v) for n in graph.nodes for v in n.inputs)
        for value in graph.outputs:
            self._need(value)
        for node in reversed(graph.nodes):
            self._visit(node)

    def _note_ancestors(self) -> None:
        sources = [v.node for v in self.graph.inputs]
        for i, node in enumerate(sources + self.graph.nodes):
            bit = 1 << i
            self._bit[id(node)] = bit
            for value in node.outputs:
                spec = value.spec.refers if value.spec.dtype is resource else value.spec
                size = math.prod(spec.shape)
                self._of_size[size] = self._of_size.get(size, 0) | bit
            mine = 0
            for value in node.inputs:
                before = id(value.node)
                mine |= self._bit.get(before, 0) | self._ancestors.get(before, 0)
            self._ancestors[id(node)] = mine

    def _all_costs(self) -> dict[int, int]:
        """What an element of each value costs, with those of no larger values that it needs."""
        costs: dict[int, int] = {}
        for node in self.graph.nodes:
            kind = kind_of(node)
            for value in node.outputs:
                cost = 0
                if kind in (ELEMENT, VIEW, RESHAPE):
                    size = math.prod(value.spec.shape)
                    cost = self._cost_of(node) if kind == ELEMENT else 0
                    cost += sum(
                        costs.get(id(v), 0) for v in node.inputs if math.prod(v.spec.shape) <= size
                    )
                costs[id(value)] = min(cost, DEAREST)
        return costs

    # Who uses what.

    def _need(self, value: Any) -> None:
        """Notes that a value must be in memory."""
        self.needed.add(id(value))

    def _use(self, unit: Unit, value: Any, access: Access) -> None:
        """Notes that a unit uses a value at an access."""
        uses = self._uses.setdefault(id(value), {})
        uses[(unit.number, access)] = unit

    def _read(self, unit: Unit, value: Any) -> None:
        """Notes that a unit reads a value from memory, wherever that is made."""
        self._need(value)
        self._readers.setdefault(id(value), []).append(unit)

    def _loads(self, unit: Unit, value: Any) -> bool:
        """Whether a unit is bound to read a value from memory: then it cannot be its maker."""
        return any(u is unit for u in self._readers.get(id(value), []))

    def _users(self, value: Any) -> list[Unit]:
        """The units that need a value."""
        return [u for u, _ in self._uses_of(value)] + self._readers.get(id(value), [])

    def _lies_in(self, value: Any, source: Any, first: int, readers: list[Unit]) -> None:
        """Makes a value's memory a part of another's, which some units then read."""
        self.alias[id(value)] = (source, first)
        self._need(source)
        self._readers.setdefault(id(source), []).extend(readers)

    def _uses_of(self, value: Any) -> list[tuple[Unit, Access]]:
        found: dict[tuple[int, Access], Unit] = {}
        for (_, access), unit in self._uses.get(id(value), {}).items():
            found[(unit.number, unit.resolve(access))] = unit
        return [(unit, access) for (_, access), unit in found.items()]

    def _join(self, unit: Unit, node: Any) -> None:
        unit.members |= self._bit[id(node)]
        unit.ancestors |= self._ancestors[id(node)]

    def depends(self, unit: Unit, others: list[Unit]) -> bool:
        """Whether a unit needs what one of the others computes."""
        wanted = 0
        for other in others:
            if other is not unit:
                wanted |= other.members
        if not wanted:
            return False
        reached = unit.ancestors & ~unit.members
        seen: set[int] = {unit.number}
        grown = True
        while grown:
            if reached & wanted:
                return True
            grown = False
            for other in self.units:
                if other.number not in seen and other.members & reached:
                    seen.add(other.number)
                    reached |= other.ancestors | other.members
                    grown = True
        return bool(reached & wanted)

    # Visits.

    def _visit(self, node: Any) -> None:
        kind = kind_of(node)
        if kind == SOURCE:
            return
        if kind == WRITE:
            self._need(node.inputs[1])
            return
        if kind == OPAQUE:
            self._visit_opaque(node)
            return
        if not any(id(v) in self.needed or id(v) in self._uses for v in node.outputs):
            return
        if kind == VIEW:
            for value in node.outputs:
                self._visit_view(node, value)
        elif kind == RESHAPE:
            self._visit_reshape(node)
        elif kind == FOLD:
            self._visit_fold(node)
        elif kind == PLACED:
            self._visit_placed(node)
        else:
            assert kind == ELEMENT
            self._visit_element(node)

    def _visit_opaque(self, node: Any) -> None:
        unit = Unit(opaque=node)
        self._join(unit, node)
        self.units.append(unit)
        for value in node.outputs:
            self.stored.add(id(value))
        for value in node.inputs:
            self._read(unit, value)

    def _visit_view(self, node: Any, value: Any) -> None:
        source = node.inputs[0]
        if id(value) in self.needed:
            inner = view_access(node, value.index, at_identity(value.spec.shape))
            if inner is not None and not self._is_small_part(node, value):
                place = flat(inner, source.spec.shape)
                plain = flat(at_identity(value.spec.shape), value.spec.shape)
                if place.terms == plain.terms:
                    self._lies_in(value, source, place.const, self._users(value))
                    return
            self._place(node, value)
            return
        inner_uses = [(u, view_access(node, value.index, a)) for u, a in self._uses_of(value)]
        if any(inner is None or unit.is_full for unit, inner in inner_uses):
            self._place(node, value)
            return
        for unit, inner in inner_uses:
            assert inner is not None
            self._join(unit, node)
            self._use(unit, source, inner)

    def _is_small_part(self, node: Any, value: Any) -> bool:
        """Whether a view is better computed than looked at in all of what nobody else needs."""
        source = node.inputs[0]
        parts = [v for v in node.outputs if self._times_used[id(v)] or id(v) in self.needed]
        if self._times_used[id(source)] != 1 or id(source) in self.needed or len(parts) != 1:
            return False
        much = math.prod(source.spec.shape) >= 2 * math.prod(value.spec.shape)
        return much and kind_of(source.node) in (ELEMENT, VIEW)

    def _visit_reshape(self, node: Any) -> None:
        value, source = node.outputs[0], node.inputs[0]
        if id(value) in self.needed or id(source) in self.needed or kind_of(source.node) == SOURCE:
            self._alias_reshape(value, source)
            return
        found = []
        for unit, access in self._uses_of(value):
            inner = _reshaped(unit, access, value, source)
            if inner is None:
                self._alias_reshape(value, source)
                return
            found.append((unit, inner))
        for unit, inner in found:
            self._join(unit, node)
            self._use(unit, source, unit.resolve(inner))

    def _alias_reshape(self, value: Any, source: Any) -> None:
        readers = list(self._readers.get(id(value), []))
        for unit, access in self._uses_of(value):
            inner = _reshaped(unit, access, value, source)
            if inner is None:
                readers.append(unit)
            else:  # it may compute the source itself, or host it
                self._use(unit, source, unit.resolve(inner))
        self._lies_in(value, source, 0, readers)

    def _visit_element(self, node: Any) -> None:
        value = node.outputs[0]
        uses = self._uses_of(value)
        if id(value) in self.needed or not self._is_better_computed(node, uses):
            self._place(node, value)
            return
        if len(uses) > 1:
            again = self._again.get(id(value), 0) + self._cost_of(node)
            for operand in node.inputs:
                self._again[id(operand)] = max(again, self._again.get(id(operand), 0))
        for unit, access in uses:
            self._compute(unit, node, access)

    def _is_better_computed(self, node: Any, uses: list[tuple[Unit, Access]]) -> bool:
        """Whether an elementwise node is computed where it is used, rather than stored."""
        if any(unit.is_full for unit, _ in uses):
            return False
        if len(uses) > 1:
            return self._is_cheap(node)
        return not any(self._is_repeated(node, unit, access) for unit, access in uses)

    def _is_repeated(self, node: Any, unit: Unit, access: Access) -> bool:
        """Whether a unit would compute an element so often that it is better stored."""
        if unit.opaque is not None:
            return False
        dims = {d for a in unit.resolve(access) for d, _ in a.terms}
        leading = 0
        while leading < len(unit.order) and unit.order[leading] in dims:
            leading += 1
        if not any(d in dims and unit.extents[d] > 1 for d in unit.order[leading:]):
            return False  # it belongs to the row
        size = math.prod(node.outputs[0].spec.shape)
        cost = self._costs[id(node.outputs[0])]
        return cost > CHEAP and cost * (unit.size - size) > WORTH_A_CALL

    def _compute(self, unit: Unit, node: Any, access: Access) -> None:
        """Computes an elementwise node in a unit, at an access of its result."""
        self._join(unit, node)
        for value in whole_operands(node):
            self._read(unit, value)
            unit.requires.append(value)
        running = self._running_sum(node)
        if running is not None:
            self._read(unit, running)
        for operand, inner in operand_accesses(node, access):
            self._use(unit, operand, inner)

    def _running_sum(self, node: Any) -> Any:
        """The sum of products that a node adds another one to.

        It goes to memory: each product adds to it, where one kernel at the end would need them all
        at once.
        """
        if node.prim.name not in SUMS:
            return None
        for x, y in (node.inputs, node.inputs[::-1]):
            adds = x.node.prim.name in SUMS and self._times_used[id(x)] == 1
            if adds and self._is_product(y) and any(self._is_product(v) for v in x.node.inputs):
                return x
        return None

    def _is_product(self, value: Any) -> bool:
        """Whether a value is nothing but the result of a kernel that can add something to it."""
        once = self._times_used[id(value)] == 1
        return once and kind_of(value.node) == OPAQUE and self._continues(value.node)

    def _is_cheap(self, node: Any) -> bool:
        large = [v for v in node.inputs if math.prod(v.spec.shape) > 1]
        if node.prim.name == "GatherV2" or len(large) > 1:
            return False
        cost = self._cost_of(node)
        again = self._again.get(id(node.outputs[0]), 0)
        return cost <= CHEAP and again + cost <= CHEAP_IN_ALL  # type: ignore[no-any-return]

    # Values in memory.

    def _place(self, node: Any, value: Any) -> None:
        """Finds a unit that stores a value, or makes one."""
        self._need(value)
        uses = self._uses_of(value)
        shape = value.spec.shape
        for unit, access in uses:
            if self._may_store(unit, value, access, uses):
                self.stored.add(id(value))
                unit.stores.append((value, access, value, at_identity(shape)))
                self._compute_at(unit, node, value, access)
                return
        unit = Unit(shape)
        self.units.append(unit)
        access = at_identity(shape)
        self.stored.add(id(value))
        unit.stores.append((value, access, value, access))
        self._compute_at(unit, node, value, access)

    def _compute_at(self, unit: Unit, node: Any, value: Any, access: Access) -> None:
        unit.computed[id(value)] = access
        if kind_of(node) == ELEMENT:
            self._compute(unit, node, access)
            return
        self._join(unit, node)
        inner = view_access(node, value.index, access)
        assert inner is not None, node.prim.name
        self._use(unit, node.inputs[0], inner)

    def _may_store(
        self, unit: Unit, value: Any, access: Access, uses: list[tuple[Unit, Access]]
    ) -> bool:
        if unit.opaque is not None or unit.is_full:
            return False
        if any(u is unit and a != access for u, a in uses) or self._loads(unit, value):
            return False
        place = flat(access, value.spec.shape)
        count = math.prod(value.spec.shape)
        whole = count == unit.size and unit.is_whole(place)
        if not whole and (unit.kept is None or unit.leading(place, count) != unit.kept):
            return False
        return not self.depends(unit, self._users(value))

    # Folds.

    def _visit_fold(self, node: Any) -> None:
        value = node.outputs[0]
        uses = self._uses_of(value)
        needed = id(value) in self.needed or len({u.number for u, _ in uses}) > 1
        for unit, access in uses:
            inner = self._row_access(unit, node, access)
            if inner is None or any(u is unit and a != access for u, a in uses):
                continue
            if self._loads(unit, value):
                continue
            if self.depends(unit, self._users(value)):
                continue
            self._join(unit, node)
            if needed:
                self._need(value)
                self.stored.add(id(value))
                unit.stores.append((value, access, value, at_identity(value.spec.shape)))
            unit.computed[id(value)] = access
            unit.folded[id(node)] = inner
            self._use(unit, node.inputs[0], inner)
            return
        self._fold_alone(node)

    def _fold_alone(self, node: Any) -> None:
        value, source = node.outputs[0], node.inputs[0]
        shape = source.spec.shape
        gone = folded_axes(node)
        kept = [a for a in range(len(shape)) if a not in gone]
        order = kept + sorted(gone)
        extents = tuple([shape[a] for a in order])
        unit = self._sibling(node, extents, len(kept), order == sorted(order))
        if unit is None:
            unit = Unit(extents)
            self.units.append(unit)
        unit.kept = len(kept)
        place = dict(zip(order, unit.order, strict=True))
        inner = index_of([place[a] for a in range(len(shape))], unit.extents)
        if node.attrs["keep_dims"]:
            access = tuple([ZERO if a in gone else inner[a] for a in range(len(shape))])
        else:
            access = tuple([inner[a] for a in kept])
        self._need(value)
        self._join(unit, node)
        self.stored.add(id(value))
        unit.computed[id(value)] = access
        unit.stores.append((value, access, value, at_identity(value.spec.shape)))
        unit.folded[id(node)] = inner
        self._use(unit, source, inner)

    def _sibling(
        self, node: Any, extents: tuple[int, ...], kept: int, in_order: bool
    ) -> Unit | None:
        """A unit that goes through the same domain, and uses some of the same arrays."""
        value = node.outputs[0]
        size = math.prod(extents)
        large = self._ancestors[id(node)] & self._of_size.get(size, 0)
        users = self._users(value)
        for unit in self.units:
            if unit.opaque is not None or not unit.ancestors & large or unit.after or unit.is_full:
                continue
            if tuple([unit.extents[d] for d in unit.order]) != extents:
                continue
            if unit.kept != kept:
                row = size // max(1, math.prod(extents[:kept]))
                short = row < LONG_ROW and size > SMALL
                if unit.kept is not None or not in_order or short:
                    continue
            if unit in users or self.depends(unit, users):
                continue
            return unit
        return None

    def _row_access(self, unit: Unit, node: Any, access: Access) -> Access | None:
        """Where a unit that uses a fold's result for the whole row finds what is folded."""
        if unit.opaque is not None or unit.is_full:
            return None
        value, source = node.outputs[0], node.inputs[0]
        count = math.prod(value.spec.shape)
        if unit.kept is None and unit.size == count and count > 0:
            if count == 1 and self._sibling(node, source.spec.shape, 0, True) is not None:
                return None  # better folded where the same arrays are gone through anyway
            return self._row_added(unit, node, access)
        kept = unit.leading(flat(access, value.spec.shape), count)
        if kept is None or (unit.kept is not None and unit.kept != kept):
            return None
        row = math.prod(source.spec.shape) // max(1, count)
        trailing = unit.order[kept:]
        if math.prod(unit.extents[d] for d in trailing) != row or row > LARGEST_ROW:
            return None
        if count < FEW_ROWS and row * count > 4096:
            return None
        shape = source.spec.shape
        gone = folded_axes(node)
        if sorted(gone) != list(range(len(shape) - len(gone), len(shape))):
            return None  # neighbours along the row are not neighbours in memory
        inner_shape = tuple([shape[a] for a in sorted(gone)])
        sizes = tuple([unit.extents[d] for d in trailing])
        along = reshaped_access(index_of(trailing, unit.extents), sizes, inner_shape, unit.extents)
        if along is None:
            return None
        if unit.kept is None:
            unit.kept = kept
        return unfolded(node, access, along)

    def _row_added(self, unit: Unit, node: Any, access: Access) -> Access | None:
        """Gives each point of a domain a row to fold; what was computed so far is the row's."""
        value, source = node.outputs[0], node.inputs[0]
        shape = source.spec.shape
        if not unit.is_whole(flat(access, value.spec.shape)) or not _is_short(node):
            return None
        gone = sorted(folded_axes(node))
        unit.kept = len(unit.order)
        added = unit.extend([shape[a] for a in gone])
        return unfolded(node, access, index_of(added, unit.extents))

    # Values made of parts.

    def _visit_placed(self, node: Any) -> None:
        value = node.outputs[0]
        self._need(value)
        filler, parts = parts_of(node)
        first = None
        if filler is not None:
            first = Unit(value.spec.shape)
            self.units.append(first)
            self._join(first, node)
            access = at_identity(value.spec.shape)
            first.stores.append((filler, access, value, access))
            if not isinstance(filler, (int, float)):
                self._use(first, filler, tuple([ZERO] * len(filler.spec.shape)))
        self.stored.add(id(value))
        unit = None
        together = self._merging and self._go_together([part for part, _ in parts])
        self.merged |= together
        for part, access in parts:
            if unit is None or not together:
                unit = Unit(part.spec.shape)
                self.units.append(unit)
                self._join(unit, node)
                if first is not None:
                    unit.after.append(first)
            whole = at_identity(part.spec.shape)
            unit.stores.append((part, whole, value, access))
            self._use(unit, part, whole)

    def _go_together(self, parts: list[Any]) -> bool:
        """Whether parts are computed at the same points, none of another: one unit does all."""
        if not 2 <= len(parts) <= MOST_PARTS or len({part.spec.shape for part in parts}) > 1:
            return False
        if any(kind_of(part.node) != ELEMENT for part in parts):
            return False
        computed = 0
        for part in parts:
            computed |= self._bit[id(part.node)]
        return not any(self._ancestors[id(part.node)] & computed for part in parts)


def _is_short(node: Any) -> bool:
    """Whether one thread may go through the rows of a fold, one after the other."""
    total = math.prod(node.inputs[0].spec.shape)
    rows = math.prod(node.outputs[0].spec.shape)
    return rows >= FEW_ROWS or total <= LARGEST_ROW


def _reshaped(unit: Unit, access: Access, value: Any, source: Any) -> Access | None:
    """The access of a reshape's input; coordinates are split where that makes it affine."""
    shape, before = value.spec.shape, source.spec.shape
    while True:
        access = unit.resolve(access)
        found = reshaped_access(access, shape, before, unit.extents)
        if found is not None:
            return found
        how = split_for(access, shape, before, unit.extents)
        if how is None:
            return None
        unit.split(*how)
