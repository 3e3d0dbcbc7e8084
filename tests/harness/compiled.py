"""One sample of a primitive as a graph, interpreted and compiled."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np

import tapeflow as tf
from harness.seeds import forget_seed
from tapeflow.engine.backends.interpreter.program import Program
from tapeflow.engine.backends.llvm.target import Target
from tapeflow.engine.compiler.compile import optimize
from tapeflow.engine.compiler.native.program import NativeProgram
from tapeflow.engine.compiler.native.regions import why_host
from tapeflow.engine.core.dtypes import FROM_NUMPY
from tapeflow.engine.ir.graph import CONST, PLACEHOLDER, Graph, Node, Value
from tapeflow.engine.ir.primitive import Primitive
from tapeflow.engine.ir.samples import Sample
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime.tensor import EagerTensor


class OneOp:
    """A graph of one primitive, passes done.

    Args:
      prim: the primitive.
      sample: what it is called with.
      known: which inputs are constants of the graph; the others are arguments.

    Raises:
      OpError: what the shape rule raises.
    """

    def __init__(self, prim: Primitive, sample: Sample, known: Collection[int]) -> None:
        self.prim = prim
        self._arguments = [a for i, a in enumerate(sample.inputs) if i not in known]
        graph = Graph()
        values = []
        for i, array in enumerate(sample.inputs):
            dtype = FROM_NUMPY[array.dtype]
            if i in known:
                node = Node(CONST, (), {"value": array}, f"constant_{i}")
                graph.add(node, [Spec(dtype, array.shape, array)])
            else:
                node = Node(PLACEHOLDER, (), {}, f"input_{i}")
                node.outputs = [Value(node, 0, Spec(dtype, array.shape))]
                graph.inputs += node.outputs
            values += node.outputs
        made = prim.infer(*[v.spec for v in values], **sample.attrs)
        node = Node(prim, tuple(values), sample.attrs, prim.name)
        node.in_tuple = isinstance(made, tuple)
        graph.add(node, list(made) if isinstance(made, tuple) else [made])
        graph.outputs = list(node.outputs)
        self.graph = optimize(graph)

    def interpreted(self) -> list[np.ndarray]:
        """The results of the NumPy kernels."""
        return self._run(Program(self.graph, self.prim.name))

    def compile(self, target: Target) -> NativeProgram:
        """The program for a CPU."""
        types = (tf.Variable, EagerTensor)
        return NativeProgram(self.graph, self.prim.name, types, target)

    def compiled(self, program: NativeProgram) -> list[np.ndarray]:
        """Its results."""
        return self._run(program)

    def _run(self, program: Callable[..., Any]) -> list[np.ndarray]:
        forget_seed(tf)
        return [np.asarray(a) for a in program(*self._arguments)]


def left_to_host(program: NativeProgram) -> set[str]:
    """Why what a program leaves to the host is left to it; empty where all of it is native."""
    if program.whole is not None:
        return set()
    nodes = [n for n in program.graph.nodes if n.prim is not CONST and n.prim is not PLACEHOLDER]
    return {why_host(n) for n in nodes}
