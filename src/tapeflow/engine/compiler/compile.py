"""Which passes run on a graph, in which order, and which backend runs the result."""

from __future__ import annotations

import functools
import importlib.util
import os
from typing import Any

from tapeflow.engine.backends.interpreter.program import Program
from tapeflow.engine.compiler.passes.liveness import DropDead, drop_dead
from tapeflow.engine.compiler.passes.merging import merge_equal
from tapeflow.engine.compiler.passes.simplify import simplify
from tapeflow.engine.compiler.passes.specialize import specialize
from tapeflow.engine.ir.graph import Graph
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ir.verifier import verify
from tapeflow.engine.runtime.tensor import EagerTensor

VERIFY = False
"""Whether graphs are verified after every pass; tests switch it on."""

COMPILE = os.environ.get("TAPEFLOW_COMPILE", "1") != "0"
"""Whether graphs are compiled; where not, the interpreter runs them with NumPy."""


class StoppedError(Exception):
    """Native code met a value that it must not use: an index out of range."""


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


def compile_graph(
    graph: Graph, specs: list[Spec] | None, name: str, variable: type | None = None
) -> Any:
    """Something that runs the graph for inputs of these specs.

    Args:
      graph: what `extract` gave.
      specs: the inputs' specs where more is known of them than when the graph was traced.
      name: what to call it in tracebacks.
      variable: the class of variables; without it, the interpreter runs the graph.

    Returns:
      A callable that takes arrays and variables and gives a list of arrays.
    """
    made = optimize(graph, specs)
    if variable is None or not generates_code():
        return Program(made, name)
    from tapeflow.engine.compiler.native.program import NativeProgram

    return NativeProgram(made, name, (variable, EagerTensor))


@functools.cache
def _llvm_is_there() -> bool:
    return importlib.util.find_spec("llvmlite") is not None


def generates_code() -> bool:
    """Whether graphs become native code: where llvmlite is installed and nobody objects."""
    return COMPILE and _llvm_is_there()


def _verified(graph: Graph) -> Graph:
    return verify(graph) if VERIFY else graph
