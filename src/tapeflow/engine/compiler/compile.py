"""Which passes run on a graph, in which order, and which backend runs the result."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.backends.interpreter.program import Program
from tapeflow.engine.compiler.passes.liveness import DropDead, drop_dead
from tapeflow.engine.compiler.passes.merging import merge_equal
from tapeflow.engine.compiler.passes.simplify import simplify
from tapeflow.engine.compiler.passes.specialize import specialize
from tapeflow.engine.ir.graph import Graph
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ir.verifier import verify

VERIFY = False
"""Whether graphs are verified after every pass; tests switch it on."""


def extract(graph: Graph, inputs: list[Any], outputs: list[Any]) -> Graph:
    """The part of a traced graph that `outputs` and effects need, as a graph of its own."""
    return _verified(DropDead().part(graph, inputs, outputs, None))


def optimize(graph: Graph, specs: list[Spec] | None = None) -> Graph:
    """The graph for inputs of these specs, after all passes.

    Args:
      graph: what `extract` gave.
      specs: the inputs' specs where more is known of them than when the graph was traced.
    """
    graph = _verified(specialize(graph, specs))
    for run in (simplify, merge_equal, drop_dead):
        graph = _verified(run(graph))
    return graph


def compile_graph(graph: Graph, specs: list[Spec] | None, name: str) -> Program:
    """Something that runs the graph for inputs of these specs."""
    return Program(optimize(graph, specs), name)


def _verified(graph: Graph) -> Graph:
    return verify(graph) if VERIFY else graph
