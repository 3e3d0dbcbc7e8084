"""Finds the parts of a graph that code can be generated for, and makes one node of each.

Nodes are numbered by how often control passes between the host and native code before them; those
of one number are independent of the host's results that come later, and make up one region.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tapeflow.engine.backends.llvm import opaque
from tapeflow.engine.compiler.native.decompose import RULES
from tapeflow.engine.compiler.native.indexing import INDEXING
from tapeflow.engine.compiler.native.kinds import (
    DATA_INPUTS,
    DATA_OUTPUTS,
    ELEMENT,
    FOLD,
    OPAQUE,
    PLACED,
    RESHAPE,
    VIEW,
    kind_of,
)
from tapeflow.engine.compiler.native.maker import CHECKED
from tapeflow.engine.compiler.native.rows import combines, writes_row
from tapeflow.engine.compiler.native.slicing import SLICES
from tapeflow.engine.compiler.native.state import GATHER, READ, SCATTERS, SCATTERS_ND, STATEFUL
from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.ir.graph import CONST, PLACEHOLDER, Graph, Node, Value, known
from tapeflow.engine.ir.primitive import PURE, REGISTRY, WRITES
from tapeflow.engine.ir.spec import Spec

_DTYPES = frozenset((
    dtypes.bool_, dtypes.int8, dtypes.int16, dtypes.int32, dtypes.int64, dtypes.uint8,
    dtypes.uint16, dtypes.uint32, dtypes.uint64, dtypes.float16, dtypes.bfloat16, dtypes.float32,
    dtypes.float64,
))  # fmt: skip

_FLOATING_ONLY = frozenset(("Mean", "MeanGrad", "L2Loss", "SparseSoftmaxCrossEntropyWithLogits"))
_DIVISIONS = frozenset(("FloorDiv", "FloorMod", "TruncateDiv", "TruncateMod", "Pow"))


class Eligibility:
    """Says for which nodes code can be generated.

    Attributes:
      refused: primitives with dtypes that the code generator turned out not to know.
    """

    def __init__(self) -> None:
        self.refused: set[Any] = set()

    def __call__(self, node: Node) -> bool:
        """Whether code can be generated for a node."""
        prim = node.prim
        if prim.name in STATEFUL:
            return self._is_stateful(node)
        if prim.name in ("If", "While"):
            return self._is_control_flow(node)
        if writes_row(node) or prim is CHECKED:
            return all(_is_plain(v.spec) and 0 not in v.spec.shape for v in node.inputs)
        if prim.effect is not PURE or REGISTRY.get(prim.name) is not prim or not node.outputs:
            return False
        values = [*node.inputs, *node.outputs]
        if not all(_is_plain(v.spec) for v in values):
            return False
        if refusal_key(node) in self.refused:
            return False
        data = [*self._data(node), *node.outputs[: DATA_OUTPUTS.get(prim.name)]]
        if any(0 in v.spec.shape or v.spec.dtype not in _DTYPES for v in data):
            return False
        if prim.name in SLICES:
            return SLICES[prim.name].takes(node)
        if any(known(node.inputs[i]) is None for i in prim.value_inputs if i < len(node.inputs)):
            return False
        return self._has_code(node)

    @staticmethod
    def _data(node: Node) -> list[Any]:
        chosen = DATA_INPUTS.get(node.prim.name)
        kind = kind_of(node)
        if chosen is not None:
            return [node.inputs[i] for i in chosen]
        if kind == VIEW:
            return [node.inputs[0]]
        return list(node.inputs)

    @staticmethod
    def _is_stateful(node: Node) -> bool:
        refers: Any = node.inputs[0].spec.refers
        if not isinstance(refers, Spec) or not refers.is_static or refers.dtype not in _DTYPES:
            return False
        assert refers.shape is not None
        if 0 in refers.shape or node.inputs[0].node.prim is not PLACEHOLDER:
            return False
        if node.prim.name == READ:
            return True
        if node.prim.name == GATHER or node.prim.name in SCATTERS | SCATTERS_ND:
            return _addresses_rows(node, refers)
        value = node.inputs[1].spec
        return value.is_static and value.shape == refers.shape and value.dtype is refers.dtype

    def _is_control_flow(self, node: Node) -> bool:
        if refusal_key(node) in self.refused:
            return False
        for value in [*node.inputs, *node.outputs]:
            spec = value.spec
            if isinstance(spec.refers, Spec) and spec.dtype is dtypes.resource:
                refers: Any = spec.refers
                if not _is_plain(refers) or 0 in refers.shape or value.node.prim is not PLACEHOLDER:
                    return False
            elif not _is_plain(spec) or 0 in spec.shape:
                return False
        if node.prim.name == "While":
            attrs = node.attrs
            if attrs["cond"] is None or len(node.outputs) > attrs["carries"]:
                if attrs.get("trips") is None:
                    return False
            pairs = zip(node.inputs[: attrs["carries"]], attrs["body"].outputs)
        else:
            first = node.attrs["branches"][0].outputs
            pairs = zip(node.outputs, first)
            others = node.attrs["branches"][1].outputs
            if not all(_same_spec(a, b) for a, b in zip(first, others, strict=True)):
                return False
        if not all(_same_spec(a, b) for a, b in pairs):
            return False
        for body in node.bodies():
            writes = any(not inner.effect.droppable for inner in body.graph.nodes)
            for inner in body.graph.nodes:
                if inner.prim is CONST or inner.prim is PLACEHOLDER:
                    continue
                # The order of a body's writes and of what control flow in it reads is not kept.
                if not self(inner) or (writes and _is_barrier(inner)):
                    return False
            if any(v.spec.dtype is dtypes.resource for v in body.outputs):
                return False
        return True

    @staticmethod
    def _has_code(node: Node) -> bool:
        name = node.prim.name
        out: DType = node.outputs[0].spec.dtype
        if name in INDEXING:
            return INDEXING[name].takes(node)
        if name in RULES:
            return out.is_floating or name not in _FLOATING_ONLY
        if name in _DIVISIONS and out.is_integer:
            # Zeros (and negative exponents) are errors: only numbers that are known are safe.
            divisor = known(node.inputs[1])
            return divisor is not None and bool((divisor > 0).all())
        if name == "MatrixBandPart":
            limits = [known(v) for v in node.inputs[1:]]
            sizes = node.inputs[0].spec.shape[-2:]
            return all(k is not None and int(k) <= n for k, n in zip(limits, sizes, strict=True))
        kind = kind_of(node)
        if kind == FOLD:
            # Halves are folded in float32; NumPy multiplies them one by one.
            return not (name == "Prod" and out.is_floating and out.size == 2)
        if kind == OPAQUE:
            return opaque.supports(node)
        return kind in (ELEMENT, VIEW, RESHAPE, PLACED)


def why_host(node: Node) -> str:
    """Why no code is generated for a node of a program, in a word or two."""
    if node.prim.name in ("If", "While"):
        return "control flow"
    if node.prim.effect is not PURE:
        return "stateful"
    specs = [v.spec for v in (*node.inputs, *node.outputs)]
    if any(spec.dtype not in _DTYPES for spec in specs):
        return "dtype"
    if not all(spec.is_static for spec in specs):
        return "unknown shape"
    if any(0 in spec.shape for spec in specs if spec.shape is not None):
        return "empty"
    return "no lowering"


def _addresses_rows(node: Node, held: Any) -> bool:
    """Whether rows of a variable are gathered or scattered in a way that is native."""
    indices = node.inputs[1].spec
    if indices.dtype not in (dtypes.int32, dtypes.int64) or not indices.is_static or not held.shape:
        return False
    assert indices.shape is not None
    if 0 in indices.shape:
        return False
    if node.prim.name == GATHER:
        return node.outputs[0].spec.is_static
    rows = node.inputs[2].spec
    combine = SCATTERS.get(node.prim.name)
    wanted = (*indices.shape, *held.shape[1:])
    if combine is None:
        if not indices.shape:
            return False
        combine = SCATTERS_ND[node.prim.name]
        wanted = (*indices.shape[:-1], *held.shape[indices.shape[-1] :])
    return combines(combine, held.dtype) and rows.dtype is held.dtype and rows.shape == wanted


def _same_spec(a: Any, b: Any) -> bool:
    return a.spec.dtype is b.spec.dtype and a.spec.shape == b.spec.shape


def all_loops_run(graph: Graph, eligible: Eligibility) -> bool:
    """Whether code can be generated for all loops that keep rows, and what works on rows."""
    for node in graph.nodes:
        name = node.prim.name
        if name == "While" and "trips" in node.attrs and not eligible(node):
            return False
        if writes_row(node) and not eligible(node):
            return False
    return True


def _is_barrier(node: Node) -> bool:
    """Whether a native node must be alone in its region with the variables that it uses."""
    if node.prim.name not in ("If", "While"):
        return False
    return any(v.spec.dtype is dtypes.resource for v in node.inputs)


def _is_plain(spec: Spec) -> bool:
    return spec.is_static and spec.dtype in _DTYPES


def refusal_key(node: Any) -> Any:
    """Nodes that are alike to the code generator."""
    values = [*node.inputs, *node.outputs]
    return (node.prim.name, tuple([v.spec.dtype.name for v in values]))


class Region:
    """A part of a graph that becomes native.

    Args:
      nodes: the part.
      wanted: ids of values that others need, in the order in which they are to be outputs.
      given: values that are inputs before all others, used or not.

    Attributes:
      graph: the part, on its own.
      inputs: the values of the whole graph that it takes.
      outputs: those that it gives.
      nodes: the nodes of the whole graph that it stands for.
    """

    def __init__(self, nodes: list[Node], wanted: Iterable[int], given: Iterable[Any] = ()) -> None:
        self.nodes = nodes
        self.graph = Graph()
        self.inputs: list[Any] = []
        env: dict[int, Any] = {}
        made: dict[int, Any] = {}
        for value in given:
            self._value(env, value)
        for node in nodes:
            inputs = tuple([self._value(env, v) for v in node.inputs])
            copy = Node(node.prim, inputs, node.attrs, node.name, node.location)
            copy.in_tuple = node.in_tuple
            self.graph.add(copy, [v.spec for v in node.outputs])
            for old, new in zip(node.outputs, copy.outputs, strict=True):
                env[id(old)] = new
                made[id(old)] = old
        self.outputs = [made[i] for i in wanted if i in made]
        self.graph.outputs = [env[id(v)] for v in self.outputs]

    def _value(self, env: dict[int, Any], value: Any) -> Any:
        found = env.get(id(value))
        if found is not None:
            return found
        if value.node.prim is CONST:
            node = Node(CONST, (), value.node.attrs, value.node.name, value.node.location)
            found = self.graph.add(node, [value.spec]).outputs[0]
        else:
            node = Node(PLACEHOLDER, (), {}, value.node.name, value.node.location)
            found = Value(node, 0, value.spec)
            node.outputs = [found]
            self.graph.inputs.append(found)
            self.inputs.append(value)
        env[id(value)] = found
        return found


def find_regions(
    graph: Graph, eligible: Callable[[Node], bool], waits: Callable[[Node], bool]
) -> tuple[list[Region], list[list[Node]]]:
    """The regions of a graph, and the nodes that the host runs before, between and after them.

    Args:
      graph: the graph; bodies of control flow are not looked into.
      eligible: which nodes are native.
      waits: which of them are so only for known shapes: their regions are looked into again.

    Returns:
      `(regions, host)`: host nodes `host[i]` run before region `i`.
    """
    nodes = [n for n in graph.nodes if n.prim is not CONST and n.prim is not PLACEHOLDER]
    native = {id(n): eligible(n) for n in nodes}
    barriers = {id(n) for n in nodes if native[id(n)] and _is_barrier(n) and not waits(n)}
    number = _numbered(nodes, native, barriers)
    count = max(number.values(), default=0) + 1
    host: list[list[Node]] = [[] for _ in range(count)]
    inside: list[list[Node]] = [[] for _ in range(count)]
    wanted = dict.fromkeys(id(v) for v in graph.outputs)
    for node in nodes:
        here = (number[id(node)], native[id(node)])
        (inside if native[id(node)] else host)[number[id(node)]].append(node)
        for value in node.inputs:
            maker = id(value.node)
            if maker in number and (number[maker], native[maker]) != here:
                wanted[id(value)] = None
    regions = []
    is_whole = sum(map(bool, inside)) == 1 and not any(host)
    for part in inside:
        used = {id(v) for node in part for v in node.inputs}
        # Where a region is all that there is, it is called with whatever the function is.
        given = [v for v in graph.inputs if id(v) in used or (is_whole and _is_plain(v.spec))]
        regions.append(Region(part, wanted, given))
    return regions, host


Order = tuple[int, bool]
"""A node's number, and whether it is native."""


def _numbered(nodes: list[Node], native: dict[int, bool], barriers: set[int]) -> dict[int, int]:
    """The number of each node; see the module."""
    number: dict[int, int] = {}
    last_write: dict[Any, Order] = {}
    readers: dict[Any, list[Order]] = {}
    host_effects = 0
    for node in nodes:
        is_native = native[id(node)]
        barrier = id(node) in barriers
        at = 0
        for value in node.inputs:
            maker = id(value.node)
            if maker in number:
                at = max(at, _after((number[maker], native[maker]), is_native))
        for other in _orders(node, is_native, last_write, readers):
            at = max(at, other[0] + 1 if barrier and other[1] else _after(other, is_native))
        if not node.effect.droppable and not is_native:
            at = host_effects = max(at, host_effects)
        number[id(node)] = at
        here = (at + 1 if barrier else at, is_native)
        _note_orders(node, here, last_write, readers)
    return number


def _after(other: Order, is_native: bool) -> int:
    """The least number that a node may have which must follow another."""
    at, other_native = other
    # A region comes after the host nodes of its number; those follow the region before.
    return at + 1 if other_native and not is_native else at


def _touches(node: Node) -> tuple[list[Any], bool]:
    """The handles of variables that a node uses, and whether it may write to them."""
    handles = [v for v in node.inputs if v.spec.dtype is dtypes.resource]
    return handles, not node.effect.droppable


def _orders(
    node: Node, native: bool, last_write: dict[Any, Order], readers: dict[Any, list[Order]]
) -> list[Order]:
    """What a node must follow, for what it does to variables and the world."""
    handles, writes = _touches(node)
    found: list[Order] = []
    effect = node.effect
    if effect is PURE and not handles:
        return found
    if not native:
        # A host node with effects may look at anything: it keeps its place among all of them.
        if effect is not PURE:
            found += last_write.values()
            if effect is WRITES or not effect.droppable:
                for orders in readers.values():
                    found += orders
        return found
    for handle in handles:
        if id(handle) in last_write:
            found.append(last_write[id(handle)])
        if writes:
            found += readers.get(id(handle), [])
    if None in last_write:
        found.append(last_write[None])
    if writes:
        found += readers.get(None, [])
    return found


def _note_orders(
    node: Node, here: Order, last_write: dict[Any, Order], readers: dict[Any, list[Order]]
) -> None:
    """Notes what a node does to variables and the world, for those that must follow."""
    handles, writes = _touches(node)
    effect = node.effect
    if effect is PURE and not handles:
        return
    keys: list[Any] = [id(h) for h in handles]
    if not here[1]:
        keys.append(None)
    for key in keys:
        if writes:
            last_write[key] = max(last_write.get(key, here), here)
        else:
            readers.setdefault(key, []).append(here)
