"""Adds nodes to a graph: what rules use to write an operation as others."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.compiler.native.kinds import primitive_named
from tapeflow.engine.core import dtypes
from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.ir.graph import CONST, Graph, Node
from tapeflow.engine.ir.primitive import unregistered
from tapeflow.engine.ir.spec import Spec

CHECKED = unregistered("CheckedIndex", lambda x, status: x, lambda x, status: x)
"""Gives its first input; native code stops before it where the second one is not zero."""


class Maker:
    """Adds nodes to a graph, all from one line of the user's program."""

    def __init__(self, graph: Graph, origin: Node) -> None:
        self._graph = graph
        self._origin = origin

    def __call__(self, name: str, *inputs: Any, **attrs: Any) -> Any:
        """The output of a new node of a registered primitive."""
        prim = primitive_named(name)
        node = Node(prim, inputs, attrs, self._origin.name, self._origin.location)
        spec = prim.infer(*[v.spec for v in inputs], **attrs)
        return self._graph.add(node, [spec]).outputs[0]  # type: ignore[list-item]

    def const(self, value: Any, dtype: DType) -> Any:
        """A constant."""
        array = np.asarray(value, dtype.np)
        node = Node(CONST, (), {"value": array}, self._origin.name, self._origin.location)
        return self._graph.add(node, [Spec(dtype, array.shape, array)]).outputs[0]

    def node(self, prim: Any, *inputs: Any, dtype: DType | None = None, **attrs: Any) -> Any:
        """The output, like the first input, of a node of a primitive that is in no registry."""
        made = Node(prim, inputs, attrs, self._origin.name, self._origin.location)
        spec = inputs[0].spec
        return self._graph.add(made, [Spec(dtype or spec.dtype, spec.shape)]).outputs[0]

    def reshape(self, x: Any, shape: tuple[int, ...]) -> Any:
        """The same elements in another shape."""
        if x.spec.shape == tuple(shape):
            return x
        return self("Reshape", x, self.const(shape, dtypes.int32))

    def sum(self, x: Any, axis: tuple[int, ...], keep_dims: bool = False) -> Any:
        """Sums along axes."""
        return self("Sum", x, axis=axis, keep_dims=keep_dims)

    def cast(self, x: Any, dtype: DType) -> Any:
        """Converts the dtype."""
        if x.spec.dtype is dtype:
            return x
        return self("Cast", x, DstT=dtype)

    def broadcast(self, x: Any, shape: tuple[int, ...]) -> Any:
        """The same elements, repeated to another shape."""
        if x.spec.shape == tuple(shape):
            return x
        return self("BroadcastTo", x, self.const(shape, dtypes.int32))

    def filled(self, value: Any, shape: tuple[int, ...], dtype: DType) -> Any:
        """A number in all elements."""
        return self.broadcast(self.const(value, dtype), shape)

    def check(self, x: Any, wrong: Any) -> Any:
        """`x`, once it is known that `wrong` holds nowhere: else the plan stops."""
        if wrong.spec.shape:
            wrong = self("Any", wrong, axis=tuple(range(len(wrong.spec.shape))), keep_dims=False)
        status = self.cast(wrong, dtypes.int64)
        node = Node(CHECKED, (x, status), {}, self._origin.name, self._origin.location)
        return self._graph.add(node, [x.spec]).outputs[0]

    def outside(self, indices: Any, limits: Any) -> Any:
        """Where indices are not in `[0, limits)`."""
        dtype = indices.spec.dtype
        low = self("Less", indices, self.const(0, dtype))
        return self("LogicalOr", low, self("GreaterEqual", indices, self.const(limits, dtype)))

    def from_start(self, indices: Any, size: int) -> Any:
        """Indices, of which negative ones were counted from the end."""
        negative = self("Less", indices, self.const(0, indices.spec.dtype))
        from_end = self("AddV2", indices, self.const(size, indices.spec.dtype))
        return self("SelectV2", negative, from_end, indices)

    def within(self, indices: Any, limit: int) -> Any:
        """Indices that are known to be in `[0, limit)`."""
        return self.check(indices, self.outside(indices, limit))
