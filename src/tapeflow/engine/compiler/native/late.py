"""Parts of a graph whose shapes are known only when they run, such as what a step does to a batch.

Where the host makes an array of unknown shape, what follows from it cannot become a region at once.
It becomes one for each shape that comes: the first time that a shape is seen the interpreter runs
the part, from the second time on code does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.backends.interpreter.program import Program
from tapeflow.engine.compiler.compile import optimize
from tapeflow.engine.compiler.native.regions import Eligibility, Region
from tapeflow.engine.compiler.native.state import READ, STATEFUL
from tapeflow.engine.compiler.passes.specialize import spec_of
from tapeflow.engine.core import dtypes
from tapeflow.engine.ir.graph import CONST, PLACEHOLDER, Graph, Node
from tapeflow.engine.ir.primitive import PURE
from tapeflow.engine.ir.spec import Spec

MOST_SHAPES = 64
"""For so many shapes a part has code; others are left to the interpreter."""

LEAST = 3
"""A part of fewer operations is left to the interpreter."""

_NUMBERS = dtypes.NUMERIC | {dtypes.bool_}


class LateEligibility:
    """Says which nodes are native, at once or for each shape.

    Args:
      graph: the graph.
      eligible: which nodes are native at once.

    Attributes:
      some: whether any node depends on arrays of unknown shape.
    """

    def __init__(self, graph: Graph, eligible: Eligibility) -> None:
        self._eligible = eligible
        self._unknown = {id(v) for v in graph.inputs if _is_unknown(v)}
        self._late: set[int] = set()
        for node in graph.nodes:
            if node.prim is CONST or node.prim is PLACEHOLDER:
                continue
            if any(id(v) in self._unknown for v in node.inputs) and may_wait(node):
                self._late.add(id(node))
                self._unknown.update(id(v) for v in node.outputs)
            else:
                self._unknown.update(id(v) for v in node.outputs if _is_unknown(v))
        self.some = bool(self._late)

    def __call__(self, node: Node) -> bool:
        """Whether a node is native, at once or later."""
        if id(node) in self._late or self._eligible(node):
            return True
        # Lists that loops fill become tensors, if all that is done to them is in one part.
        return self.some and node.prim.name.startswith("TensorList") and may_wait(node)

    def waits(self, node: Node) -> bool:
        """Whether a node is native only once shapes are known."""
        return id(node) in self._late

    def is_late(self, region: Region) -> bool:
        """Whether a part waits for shapes."""
        return not all(self._eligible(node) for node in region.nodes)


def _is_unknown(value: Any) -> bool:
    return value.spec.dtype in _NUMBERS and not value.spec.is_static


def may_wait(node: Node) -> bool:
    """Whether a node computes numbers, and changes nothing but variables."""
    for value in [*node.inputs, *node.outputs]:
        spec: Any = value.spec
        if spec.dtype is dtypes.resource:
            held = spec.refers
            if not isinstance(held, Spec) or not held.is_static or held.dtype not in _NUMBERS:
                return False
            if value.node.prim is not PLACEHOLDER:
                return False
        elif spec.dtype not in _NUMBERS and spec.dtype is not dtypes.variant:
            return False
    bodies = list(node.bodies())
    if bodies:
        inner = [n for b in bodies for n in b.graph.nodes]
        return all(n.prim in (CONST, PLACEHOLDER) or may_wait(n) for n in inner)
    return node.prim.effect is PURE or node.prim.name in STATEFUL or node.prim.name == READ


class LateRegion:
    """Runs a part of a graph, natively for shapes that it has seen before.

    Args:
      region: the part.
      compiled: called as `compiled(graph)` with the part for known shapes; something that runs it.

    Attributes:
      region: the part.
      programs: what runs it, by the shapes of its inputs.
      watch: while a call is explained, called as `watch(self, program)`; what runs the program.
    """

    def __init__(self, region: Region, name: str, compiled: Callable[[Graph], Any]) -> None:
        self.region = region
        self.name = name
        self._compiled = compiled
        self.programs: dict[Any, Any] = {}
        self._seen: set[Any] = set()
        self._interpreted: Program | None = None
        self.watch: Any = None

    @staticmethod
    def is_worth_it(region: Region) -> bool:
        """Whether shapes say something about a part, and it is more than a few operations."""
        return len(region.nodes) >= LEAST and any(_is_unknown(v) for v in region.inputs)

    def __call__(self, *arrays: Any) -> tuple[Any, ...]:
        """The outputs for these inputs."""
        key = tuple([a.shape if isinstance(a, _ARRAYS) else None for a in arrays])
        program = self.programs.get(key)
        if program is None:
            program = self._program(key, arrays)
        run = program if self.watch is None else self.watch(self, program)
        return tuple(run(*arrays))

    def _program(self, key: Any, arrays: tuple[Any, ...]) -> Any:
        if key in self._seen and len(self.programs) < MOST_SHAPES:
            inputs = self.region.graph.inputs
            specs = [spec_of(a, v.spec) for a, v in zip(arrays, inputs, strict=True)]
            made = self.programs[key] = self._compiled(optimize(self.region.graph, specs))
            made.prepare(arrays)
            return made
        if len(self._seen) < 16 * MOST_SHAPES:
            self._seen.add(key)
        if self._interpreted is None:
            self._interpreted = Program(self.region.graph, self.name)
        return self._interpreted


_ARRAYS = (np.ndarray, np.generic)
