"""Writes a graph as straight-line Python over NumPy kernels.

Branches and loops become Python's own. Nothing is looked up while the code runs: kernels,
constants and attributes are globals of the generated module. A value is deleted after its last
use, and a function that computes each element on its own writes into the array of an input that is
used for the last time, where nobody else can hold that array: the buffer plan.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.ir.graph import CONST, PLACEHOLDER, Body, Graph, Node
from tapeflow.engine.ir.spec import Spec

REUSE_FROM = 128
"""Arrays of fewer elements are not written into again: a new one is as cheap."""


class Step(NamedTuple):
    """One line of the plan.

    Attributes:
      node: what it runs.
      depth: in how many branches and loops it stands.
      reuses: the input whose array the result is written into, or None.
    """

    node: Node
    depth: int
    reuses: int | None


class Source:
    """The code of one graph, with the names it refers to.

    Args:
      graph: the graph, dead nodes dropped.
      checked: makes the function for a node whose shapes are not known before it runs.
      timed: whether to call `_t(step)` after each step.
    """

    def __init__(
        self, graph: Graph, checked: Callable[[Node], Callable[..., Any]], timed: bool = False
    ) -> None:
        self._checked = checked
        self._timed = timed
        self.names: dict[str, Any] = {
            "__name__": "tapeflow.generated",
            "asarray": np.asarray,
            "asstrings": as_strings,
        }
        self._known: dict[Any, str] = {}
        self._values: dict[int, str] = {}
        self._lines: list[str] = []
        self.line_nodes: dict[int, Node] = {}
        self.steps: list[Step] = []
        self._count = 0
        self._fresh: set[int] = set()
        self._shared: set[int] = set()
        arguments = [self._new(v) for v in graph.inputs]
        self._line(0, f"def run({', '.join(arguments)}):")
        self._block(graph, graph.outputs, 1, keep=set())
        self._line(1, f"return [{', '.join(self._name(v) for v in graph.outputs)}]")
        self.text = "\n".join(self._lines) + "\n"

    # Names.

    def _new(self, value: Any) -> str:
        self._count += 1
        name = f"v{self._count}"
        self._values[id(value)] = name
        return name

    def _name(self, value: Any) -> str:
        found = self._values.get(id(value))
        if found is None:
            assert value.node.prim is CONST, value
            found = self._global("c", value.node.attrs["value"])
            self._values[id(value)] = found
        return found

    def name_of(self, value: Any) -> str:
        """What a value is called in the code."""
        return self._name(value)

    def _global(self, prefix: str, what: Any) -> str:
        key = (prefix, id(what))
        name = self._known.get(key)
        if name is None:
            name = self._known[key] = f"{prefix}{len(self._known)}"
            self.names[name] = what
        return name

    def _line(self, depth: int, text: str, node: Node | None = None) -> None:
        self._lines.append("    " * depth + text)
        if node is not None:
            self.line_nodes[len(self._lines)] = node

    # Blocks.

    def _block(self, graph: Graph, outputs: list[Any], depth: int, keep: set[int]) -> None:
        """The nodes of a graph; values used after the block (`keep`, `outputs`) stay."""
        nodes = [n for n in graph.nodes if n.prim is not CONST and n.prim is not PLACEHOLDER]
        last: dict[int, int] = {}
        for place, node in enumerate(nodes):
            for value in node.inputs:
                last[id(value)] = place
        made_here = {id(v) for node in nodes for v in node.outputs}
        staying = {id(v) for v in outputs} | keep
        self._note_sharing(nodes, staying)
        for place, node in enumerate(nodes):
            dying = {
                id(v): v
                for v in node.inputs
                if last[id(v)] == place and id(v) in made_here and id(v) not in staying
            }
            unused = [v for v in node.outputs if id(v) not in last and id(v) not in staying]
            self._node(node, depth, dying)
            gone = [v for v in dying.values() if v.spec.shape != ()]
            gone += [v for v in unused if v.spec.shape != () and id(v) in self._values]
            if gone:
                self._line(depth, "del " + ", ".join(self._values[id(v)] for v in gone))

    def _note_sharing(self, nodes: list[Node], staying: set[int]) -> None:
        """Which results are arrays of their own, seen by nobody but elementwise functions."""
        for node in nodes:
            if _is_ufunc(node):
                self._fresh.update([id(v) for v in node.outputs if id(v) not in staying])
            else:
                self._shared.update([id(v) for v in node.inputs])

    def _node(self, node: Node, depth: int, dying: dict[int, Any]) -> None:
        name = node.prim.name
        if name in ("If", "Case"):
            self._branches(node, depth)
        elif name == "While":
            self._loop(node, depth)
        else:
            self._call(node, depth, dying)
            return
        self.steps.append(Step(node, depth - 1, None))

    # Calls of kernels.

    def _call(self, node: Node, depth: int, dying: dict[int, Any]) -> None:
        arguments = [self._name(v) for v in node.inputs]
        reuses = None
        if _is_checked(node) or _is_ufunc(node):
            kernel = self._global("k", node.prim.kernel)
            reuses = self._reusable(node, dying)
            if reuses is not None:
                arguments.append(f"out={arguments[reuses]}")
            for key, value in node.attrs.items():
                arguments.append(f"{key}={self._attr(value)}")
        else:
            kernel = self._global("f", self._checked(node))
        call = f"{kernel}({', '.join(arguments)})"
        targets = [self._new(v) for v in node.outputs]
        if not targets:
            self._line(depth, call, node)
        elif node.prim.variadic:
            self._line(depth, f"{', '.join(targets)}, = {call}", node)
        elif len(targets) == 1:
            value = node.outputs[0]
            if node.in_tuple:
                call = f"{call}[0]"
            if value.spec.shape in ((), None) and _is_data(value):
                # NumPy makes scalars of arrays without dimensions.
                of_strings = value.spec.dtype is dtypes.string
                call = f"{'asstrings' if of_strings else 'asarray'}({call})"
            self._line(depth, f"{targets[0]} = {call}", node)
        else:
            self._line(depth, f"{', '.join(targets)} = {call}", node)
        if self._timed:
            self._line(depth, f"_t({len(self.steps)}, ({', '.join(targets)}{',' * bool(targets)}))")
        self.steps.append(Step(node, depth - 1, reuses))

    def _attr(self, value: Any) -> str:
        if value is None or value is True or value is False or type(value) is int:
            return repr(value)
        return self._global("a", value)

    def _reusable(self, node: Node, dying: dict[int, Any]) -> int | None:
        """The input whose array the result may be written into."""
        if not _is_ufunc(node) or len(node.outputs) != 1:
            return None
        out: Spec = node.outputs[0].spec
        if out.shape is None or not _worth_reusing(out):
            return None
        for i, value in enumerate(node.inputs):
            spec = value.spec
            if (
                id(value) in dying
                and id(value) in self._fresh
                and id(value) not in self._shared
                and spec.dtype is out.dtype
                and spec.shape == out.shape
                and (None not in out.shape or len(node.inputs) == 1)
            ):
                return i
        return None

    # Branches and loops.

    def _bind(self, body: Body, names: list[str]) -> None:
        for value, name in zip(body.inputs, names, strict=True):
            self._values[id(value)] = name

    def _branches(self, node: Node, depth: int) -> None:
        chosen = self._name(node.inputs[0])
        arguments = [self._name(v) for v in node.inputs[1:]]
        targets = [self._new(v) for v in node.outputs]
        bodies = node.attrs["branches"]
        if node.prim.name == "If":
            tests = [f"if {chosen}:", "else:"]
        else:  # an index that is out of range means the last branch
            tests = [f"{'el' * (i > 0)}if {chosen} == {i}:" for i in range(len(bodies) - 1)]
            tests.append("else:" if tests else "if True:")
        for test, body in zip(tests, bodies, strict=True):
            self._line(depth, test, node)
            self._bind(body, arguments)
            self._block(body.graph, body.outputs, depth + 1, keep=set())
            values = [self._carried(v) for v in body.outputs]
            assigned = f"{', '.join(targets)} = {', '.join(values)}" if targets else "pass"
            self._line(depth + 1, assigned)

    def _carried(self, value: Any) -> str:
        name = self._name(value)
        if not _may_be_scalar(value):
            return name
        return f"asstrings({name})" if value.spec.dtype is dtypes.string else f"asarray({name})"

    def _loop(self, node: Node, depth: int) -> None:
        carries, invariants = node.attrs["carries"], node.attrs["invariants"]
        body, cond = node.attrs["body"], node.attrs["cond"]
        names = [self._name(v) for v in node.inputs]
        targets = [self._new(v) for v in node.outputs]
        current, kept = targets[:carries], targets[carries:]
        fixed, histories = names[carries : carries + invariants], names[carries + invariants :]
        if current:
            starts = [self._carried(v) for v in node.inputs[:carries]]
            self._line(depth, f"{', '.join(current)} = {', '.join(starts)}", node)
        for name in kept:
            self._line(depth, f"{name} = []")
        elements: list[str] = []
        if cond is None:
            self._count += 1
            index = f"i{self._count}"
            count = node.attrs.get("trips") or f"len({histories[0]})"
            order = f"{count} - 1, -1, -1" if node.attrs["backwards"] else count
            self._line(depth, f"for {index} in range({order}):", node)
        else:
            self._line(depth, "while True:", node)
            self._bind(cond, [*current, *fixed])
            self._block(cond.graph, cond.outputs, depth + 1, keep=set())
            self._line(depth + 1, f"if not {self._name(cond.outputs[0])}: break")
        for history in histories:
            self._count += 1
            elements.append(f"v{self._count}")
            self._line(depth + 1, f"{elements[-1]} = {history}[{index}]")
        self._bind(body, [*current, *fixed, *elements])
        self._block(body.graph, body.outputs, depth + 1, keep=set())
        for name, value in zip(kept, body.outputs[carries:], strict=True):
            self._line(depth + 1, f"{name}.append({self._carried(value)})")
        if current:
            values = [self._carried(v) for v in body.outputs[:carries]]
            self._line(depth + 1, f"{', '.join(current)} = {', '.join(values)}")
        elif not kept:
            self._line(depth + 1, "pass")
        if cond is None and node.attrs["backwards"]:  # made from the last iteration to the first
            for name in kept:
                self._line(depth, f"{name}.reverse()")


def as_strings(value: Any) -> Any:
    """An array of strings; NumPy makes a bare string of one without dimensions."""
    if isinstance(value, (bytes, str)):
        cell = np.empty((), object)
        cell[()] = value
        return cell
    return value


def _is_checked(node: Node) -> bool:
    """Whether all that the shape rule looks at was known when it accepted the inputs."""
    inputs = node.inputs
    return all(v.spec.is_static for v in inputs) and all(
        inputs[i].spec.value is not None for i in node.prim.value_inputs if i < len(inputs)
    )


def _is_ufunc(node: Node) -> bool:
    return type(node.prim.kernel) is np.ufunc and not node.attrs


def _worth_reusing(spec: Spec) -> bool:
    assert spec.shape is not None
    if spec.dtype.np.kind not in "fiuc":
        return False
    count = 1
    for d in spec.shape:
        count *= REUSE_FROM if d is None else d
    return count >= REUSE_FROM


def _may_be_scalar(value: Any) -> bool:
    return value.spec.shape in ((), None) and _is_data(value) and value.node.prim is not CONST


def _is_data(value: Any) -> bool:
    """Whether the value is an array rather than an object: a variable, a list of tensors."""
    return value.spec.dtype not in (dtypes.resource, dtypes.variant)
