"""Makes use of how often a loop runs, where that is known and lists have become tensors.

Numbers that depend on nothing but the trip (counters, indices, tests of these) are computed for
all trips at once: indices that are in range need no check. A tensor of which each trip reads and
writes its own row becomes histories, one that the loop reads and one that it gives: their rows are
read and written where they are. Products that the trips add up, which gradients of weights are,
become one product of all trips' rows after the loop.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tapeflow.engine.compiler.native.maker import CHECKED, Maker
from tapeflow.engine.compiler.native.rows import ROW_ADD, ROW_SET
from tapeflow.engine.ir.graph import CONST, PLACEHOLDER, Body, Graph, Node, Value
from tapeflow.engine.ir.rewriter import Rewriter
from tapeflow.engine.ir.spec import Spec

MOST = 1 << 16
"""Loops of more trips are left as they are."""

STACK = 1 << 20
"""Bytes that may be kept for a product after the loop in any case; else no more than the loop's
histories have."""

_NUMBERS = frozenset((
    "AddV2", "Sub", "Mul", "Neg", "Minimum", "Maximum", "Less", "LessEqual", "Greater",
    "GreaterEqual", "Equal", "NotEqual", "LogicalAnd", "LogicalOr", "LogicalNot", "SelectV2",
    "Cast",
))  # fmt: skip
"""Elementwise operations that are computed for all trips at once."""

_SAME = frozenset(("Reshape", "ExpandDims", "Squeeze", "Pack", "Identity"))
"""Operations that give their one element as it is."""


class Trips(Rewriter):
    """Rewrites loops whose trips are known.

    Attributes:
      rows: for histories whose rows are known numbers: these.
    """

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[int, Any] = {}

    def visit(self, made: Graph, node: Node, inputs: tuple[Any, ...]) -> list[Any]:
        if node.prim.name == "While" and _is_counted(node):
            return _Loop(node, inputs, self.rows).add_to(made, self.rows)
        return super().visit(made, node, inputs)

    def inner(self) -> Rewriter:
        """The rewriter for a body."""
        return Trips()


class _Numbers(Trips):
    """Rewrites a loop's body.

    Args:
      trips: how often it runs.
      known: for inputs of the old body that are known numbers: those of each trip.
    """

    def __init__(self, trips: int, known: dict[int, Any]) -> None:
        super().__init__()
        self.trips = trips
        self.given = known
        self.known: dict[int, Any] = {}

    def part(self, graph: Graph, inputs: Any, outputs: Any, specs: Any) -> Graph:
        self.given = {i: self.given[id(v)] for i, v in enumerate(inputs) if id(v) in self.given}
        return super().part(graph, inputs, outputs, specs)

    def nodes(self, graph: Graph, made: Graph) -> None:
        for i, numbers in self.given.items():
            self.known[id(made.inputs[i])] = numbers
        super().nodes(graph, made)

    def numbers(self, value: Any) -> Any:
        """A value of one element for each trip; None where that is not known."""
        if value.node.prim is CONST and value.node.attrs["value"].size == 1:
            array = value.node.attrs["value"].reshape(-1)
            return np.repeat(array, self.trips) if array.dtype.kind in "biu" else None
        return self.known.get(id(value))

    def visit(self, made: Graph, node: Node, inputs: tuple[Any, ...]) -> list[Any]:
        if node.prim is CHECKED:
            status = self.numbers(inputs[1])
            if status is not None and not status.any():
                return [inputs[0]]
        found = self._computed(node, inputs)
        if found is None:
            return super().visit(made, node, inputs)
        spec = node.outputs[0].spec
        if (found == found[0]).all():
            number = found[:1].reshape(spec.shape)
            return [Maker(made, node).const(number, spec.dtype)]
        news = super().visit(made, node, inputs)
        self.known[id(news[0])] = found
        return news

    def _computed(self, node: Node, inputs: tuple[Any, ...]) -> Any:
        name = node.prim.name
        if len(node.outputs) != 1 or node.outputs[0].spec.shape not in ((), (1,)):
            return None
        if name in _SAME:
            return self.numbers(inputs[0]) if name != "Pack" or len(inputs) == 1 else None
        if name not in _NUMBERS:
            return None
        arrays = [self.numbers(v) for v in inputs]
        if any(a is None for a in arrays):
            return None
        found = np.asarray(node.prim.kernel(*arrays, **node.attrs))
        return found if found.dtype == node.outputs[0].spec.dtype.np else None


class _Loop:
    """A loop under reconstruction.

    Args:
      node: the old loop.
      inputs: its new inputs.
      rows: see `Trips`.
    """

    def __init__(self, node: Node, inputs: tuple[Any, ...], rows: dict[int, Any]) -> None:
        self.node = node
        attrs = node.attrs
        self.trips: int = attrs["trips"]
        carries = attrs["carries"]
        body: Body = attrs["body"]
        numbers = _Numbers(self.trips, self._inputs_known(inputs, rows))
        self.numbers = numbers
        self.graph = numbers.part(body.graph, body.inputs, body.outputs, None)
        last = carries + attrs["invariants"]
        # Carries: what the body gets, from where at first, what it gives.
        self.carries = list(zip(self.graph.inputs, inputs[:carries], self.graph.outputs))
        self.invariants = list(zip(self.graph.inputs[carries:last], inputs[carries:last]))
        self.elements = list(zip(self.graph.inputs[last:], inputs[last:]))
        self.kept: list[Any] = []
        # What becomes of each output: a carry, a history, or a sum of products.
        self.results: list[Any] = [("kept", self._keep(v)) for v in self.graph.outputs[carries:]]
        self._count_uses()

    def _inputs_known(self, inputs: tuple[Any, ...], rows: dict[int, Any]) -> dict[int, Any]:
        attrs = self.node.attrs
        carries, last = attrs["carries"], attrs["carries"] + attrs["invariants"]
        body = attrs["body"]
        order = np.arange(self.trips)
        if attrs.get("backwards"):
            order = order[::-1]
        known = {}
        for i, value in enumerate(body.inputs):
            if i < carries:
                start, by = _integer(inputs[i]), self._step(i, inputs)
                if start is not None and by is not None:
                    known[id(value)] = (start + by * order).astype(value.spec.dtype.np)
            elif i < last:
                number = _integer(inputs[i])
                if number is not None:
                    known[id(value)] = np.full(self.trips, number, value.spec.dtype.np)
            elif id(inputs[i]) in rows:
                known[id(value)] = rows[id(inputs[i])]
        return known

    def _step(self, carry: int, inputs: tuple[Any, ...]) -> int | None:
        """What is added to a counter at each trip."""
        body = self.node.attrs["body"]
        following = body.outputs[carry].node
        if following.prim.name != "AddV2" or following.inputs[0] is not body.inputs[carry]:
            return None
        by = following.inputs[1]
        for i in range(self.node.attrs["carries"], len(inputs)):
            if body.inputs[i] is by:
                by = inputs[i]
                break
        return _integer(by)

    def _count_uses(self) -> None:
        self.users: dict[int, list[Any]] = {}
        for node in self.graph.nodes:
            for value in node.inputs:
                self.users.setdefault(id(value), []).append(node)
        self.given = [id(v) for _, _, v in self.carries] + [id(v) for v in self.kept]

    def _keep(self, value: Any) -> int:
        """The number of the history of a value."""
        for i, other in enumerate(self.kept):
            if other is value:
                return i
        self.kept.append(value)
        return len(self.kept) - 1

    # Rows.

    def _is_own_row(self, index: Any, whole: Any) -> bool:
        """Whether an index is that of the trip's own row."""
        if index.spec.shape != () or not whole.spec.shape or whole.spec.shape[0] != self.trips:
            return False
        numbers = self.numbers.numbers(index)
        return numbers is not None and bool((numbers == np.arange(self.trips)).all())

    def _reads_row(self, node: Any, whole: Any) -> bool:
        return (
            node.prim.name == "GatherV2"
            and node.inputs[0] is whole
            and node.inputs[1] is not whole
            and not node.attrs["axis"]
            and not node.attrs["batch_dims"]
            and self._is_own_row(node.inputs[1], whole)
        )

    def _element(self, history: Any) -> Any:
        """The row of a history that each trip gets."""
        for inner, outer in self.elements:
            if outer is history:
                return inner
        spec = Spec(history.spec.dtype, history.spec.shape[1:])
        node = Node(PLACEHOLDER, (), {}, "row")
        made = Value(node, 0, spec)
        node.outputs = [made]
        self.elements.append((made, history))
        return made

    def _replace(self, old: Any, new: Any) -> None:
        """Has a new value used for an old one."""
        for user in self.users.pop(id(old), ()):
            user.inputs = tuple([new if v is old else v for v in user.inputs])
        self.carries = [(a, b, new if v is old else v) for a, b, v in self.carries]
        self.kept = [new if v is old else v for v in self.kept]
        self._count_uses()

    def _read_rows(self, whole: Any, history: Any) -> None:
        for node in list(self.users.get(id(whole), ())):
            if self._reads_row(node, whole):
                self.graph.nodes.remove(node)
                self._replace(node.outputs[0], self._element(history))

    def _as_history(self, place: int) -> bool:
        """Makes histories of a carry whose rows each trip reads and writes for itself."""
        whole, start, following = self.carries[place]
        writer = following.node
        if writer.prim is not ROW_SET and writer.prim is not ROW_ADD:
            return False
        index, value = writer.inputs[1:]
        if (
            writer.inputs[0] is not whole
            or value is whole
            or not self._is_own_row(index, whole)
            or self.users.get(id(following))
            or self.given.count(id(following)) != 1
            or id(whole) in self.given
        ):
            return False
        readers = [n for n in self.users[id(whole)] if n is not writer]
        if not all(self._reads_row(n, whole) for n in readers):
            return False
        self.graph.nodes.remove(writer)
        if writer.prim is ROW_ADD and not _is_zero(start):
            value = Maker(self.graph, writer)("AddV2", self._element(start), value)
        self._count_uses()
        self._read_rows(whole, start)
        self.carries[place] = (whole, start, None)
        self.kept.append(value)
        self.results[place] = ("kept", len(self.kept) - 1)
        self._count_uses()
        return True

    # Products.

    def _as_product(self, place: int) -> bool:
        """Makes one product after the loop of those that the trips add up in a carry."""
        total, start, following = self.carries[place]
        if following.node.prim.name != "AddV2" or self.given.count(id(following)) != 1:
            return False
        terms = [v for v in following.node.inputs if v is not total]
        product = terms[0].node if len(terms) == 1 else None
        if product is None or product.prim.name != "MatMul" or id(total) in self.given:
            return False
        attrs = product.attrs
        if (
            not attrs["transpose_a"]
            or attrs["transpose_b"]
            or total.spec.shape != terms[0].spec.shape
        ):
            return False
        uses = [self.users[id(v)] for v in (total, terms[0])]
        if (
            any(len(u) != 1 for u in uses)
            or id(terms[0]) in self.given
            or self.users.get(id(following))
        ):
            return False
        if not total.spec.dtype.is_floating or total.spec.dtype.size < 4:
            return False
        outside = {id(inner): outer for inner, outer in self.elements}
        fixed = {id(inner) for inner, _ in self.invariants}
        if any(id(v) in fixed or v.node.prim is CONST for v in product.inputs):
            return False
        fresh = [v for v in product.inputs if id(v) not in outside]
        added = sum(_bytes(v.spec) for v in fresh if not any(v is k for k in self.kept))
        there = sum(_bytes(outer.spec) for _, outer in self.elements)
        if added > 2 * _bytes(total.spec) or self.trips * added > max(STACK, there):
            return False
        factors = [outside[id(v)] if id(v) in outside else self._keep(v) for v in product.inputs]
        self.graph.nodes.remove(following.node)
        self.graph.nodes.remove(product)
        self.carries[place] = (total, start, None)
        self.results[place] = ("product", start, factors)
        self._count_uses()
        return True

    # The new loop.

    def add_to(self, made: Graph, rows: dict[int, Any]) -> list[Any]:
        """Adds the loop; gives what the old one's outputs become."""
        kept = self.results
        self.results = [("carry", i) for i in range(len(self.carries))] + kept
        for whole, outer in self.invariants:
            self._read_rows(whole, outer)
        gone = set()
        for place in range(len(self.carries)):
            if self._as_history(place) or self._as_product(place):
                gone.add(place)
        stays = [c for i, c in enumerate(self.carries) if i not in gone]
        number = {i: k for k, i in enumerate(j for j in range(len(self.carries)) if j not in gone)}
        graph = self.graph
        graph.inputs = [v for v, *_ in (*stays, *self.invariants, *self.elements)]
        graph.outputs = [*[v for _, _, v in stays], *self.kept]
        attrs = dict(self.node.attrs)
        attrs.update(
            cond=None,
            body=Body(graph, graph.inputs, graph.outputs),
            carries=len(stays),
            invariants=len(self.invariants),
            backwards=bool(attrs.get("backwards")),
        )
        outer = [*[v for _, v, _ in stays], *[v for _, v in (*self.invariants, *self.elements)]]
        node = Node(self.node.prim, tuple(outer), attrs, self.node.name, self.node.location)
        specs = [Spec(v.spec.dtype, v.spec.shape) for _, v, _ in stays]
        specs += [Spec(v.spec.dtype, (self.trips, *v.spec.shape)) for v in self.kept]
        values = made.add(node, specs).outputs
        histories = values[len(stays) :]
        for value, history in zip(self.kept, histories, strict=True):
            numbers = self.numbers.numbers(value)
            if numbers is not None:
                rows[id(history)] = numbers
        results = []
        for what, *how in self.results:
            if what == "carry":
                results.append(values[number[how[0]]])
            elif what == "kept":
                results.append(histories[how[0]])
            else:
                results.append(self._product(made, histories, *how))
        return results

    def _product(self, made: Graph, histories: list[Any], start: Any, factors: list[Any]) -> Any:
        make = Maker(made, self.node)
        flat = []
        for factor in factors:
            whole = histories[factor] if isinstance(factor, int) else factor
            trips, rows, columns = whole.spec.shape
            flat.append(make.reshape(whole, (trips * rows, columns)))
        total = make("MatMul", *flat, transpose_a=True, transpose_b=False)
        return total if _is_zero(start) else make("AddV2", start, total)


def _is_counted(node: Node) -> bool:
    """Whether a loop runs a known number of times, and its condition does nothing but say so."""
    cond = node.attrs["cond"]
    if cond is not None and not all(inner.effect.droppable for inner in cond.graph.nodes):
        return False
    return 0 < (node.attrs.get("trips") or 0) <= MOST


def _bytes(spec: Any) -> int:
    return math.prod(spec.shape) * int(spec.dtype.size)


def _integer(value: Any) -> int | None:
    """A constant integer of one element."""
    if value.node.prim is not CONST:
        return None
    array = value.node.attrs["value"]
    return int(array.reshape(-1)[0]) if array.size == 1 and array.dtype.kind in "iu" else None


def _is_zero(value: Any) -> bool:
    """Whether a value is zero everywhere. What is added to it stays as it is, but for the sign of
    a zero: that depends on the order of a sum anyway."""
    while value.node.prim.name in ("BroadcastTo", "Fill"):
        value = value.node.inputs[value.node.prim.name == "Fill"]
    return value.node.prim is CONST and not np.any(value.node.attrs["value"])


def _live(node: Node, needed: set[int]) -> tuple[list[int], list[int], list[Any]]:
    """The carries and the histories of a loop that somebody needs, and the body's live nodes."""
    body, carries = node.attrs["body"], node.attrs["carries"]
    wanted = {i for i, v in enumerate(node.outputs) if id(v) in needed}
    while True:
        used = {id(body.outputs[i]) for i in wanted}
        nodes = []
        for inner in reversed(body.graph.nodes):
            if not inner.effect.droppable or any(id(v) in used for v in inner.outputs):
                used.update(id(v) for v in inner.inputs)
                nodes.append(inner)
        more = {i for i in range(carries) if id(body.inputs[i]) in used} - wanted
        if not more:
            break
        wanted |= more
    inputs = [
        i for i, v in enumerate(body.inputs) if id(v) in used or (i in wanted and i < carries)
    ]
    return sorted(wanted), inputs, nodes[::-1]


def _pruned(node: Node, needed: set[int]) -> Node | None:
    """A loop without what nobody needs, its outputs the old values; None: nothing is left."""
    wanted, inputs, nodes = _live(node, needed)
    attrs = dict(node.attrs)
    body, carries = attrs["body"], attrs["carries"]
    last = carries + attrs["invariants"]
    if not wanted and all(inner.effect.droppable for inner in nodes):
        return None
    graph = Graph()
    graph.nodes = nodes
    graph.inputs = [body.inputs[i] for i in inputs]
    graph.outputs = [body.outputs[i] for i in wanted]
    attrs["body"] = Body(graph, graph.inputs, graph.outputs)
    attrs["carries"] = sum(i < carries for i in wanted)
    attrs["invariants"] = sum(carries <= i < last for i in inputs)
    made = Node(node.prim, tuple([node.inputs[i] for i in inputs]), attrs, node.name, node.location)
    made.outputs = [node.outputs[i] for i in wanted]
    for place, value in enumerate(made.outputs):
        value.node, value.index = made, place
    return made


def _prune(graph: Graph) -> None:
    """Drops from loops without a condition what nobody needs, from the last to the first."""
    needed = {id(v) for v in graph.outputs}
    nodes = []
    for node in reversed(graph.nodes):
        kept: Node | None = node
        if node.prim.name == "While" and node.attrs["cond"] is None and node.attrs.get("trips"):
            kept = _pruned(node, needed)
        elif node.effect.droppable and not any(id(v) in needed for v in node.outputs):
            kept = None
        if kept is not None:
            needed.update(id(v) for v in kept.inputs)
            nodes.append(kept)
    graph.nodes = nodes[::-1]


def use_trips(graph: Graph) -> Graph:
    """The graph with loops that make use of how often they run."""
    made = Trips().run(graph)
    _prune(made)
    return made
