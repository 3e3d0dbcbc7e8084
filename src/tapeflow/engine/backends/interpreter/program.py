"""A graph that runs: the reference for what compiled code must compute."""

from __future__ import annotations

import itertools
import linecache
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.backends.interpreter.source import Source
from tapeflow.engine.core.context import SILENCE, enter_silence, leave_silence
from tapeflow.engine.core.dtypes import FROM_NUMPY
from tapeflow.engine.core.errors import OpError, ResourceExhaustedError
from tapeflow.engine.core.frames import location_text
from tapeflow.engine.ir.graph import Graph, Node
from tapeflow.engine.ir.primitive import with_values
from tapeflow.engine.ir.spec import Spec

_numbers = itertools.count(1)
MAX_CHECKED = 64


class Program:
    """Runs a graph on arrays.

    Args:
      graph: the graph, passes done.
      name: what to call it in tracebacks.
    """

    def __init__(self, graph: Graph, name: str = "function") -> None:
        self.graph = graph
        self.name = name
        source = Source(graph, checked)
        self.source = source
        self.file = f"<tapeflow {name} {next(_numbers)}>"
        names = dict(source.names)
        exec(compile(source.text, self.file, "exec"), names)
        self._run: Callable[..., list[Any]] = names["run"]

    def __call__(self, *arrays: Any) -> list[Any]:
        """The outputs: arrays, NumPy scalars, or objects that stand for resources.

        Args:
          *arrays: one for each input of the graph.

        Raises:
          OpError: what a kernel raised, with the operation and the user's line in the message.
        """
        token = enter_silence(SILENCE)
        try:
            return self._run(*arrays)
        except Exception as error:
            raise self._explained(error) from error.__cause__
        finally:
            leave_silence(token)

    def _explained(self, error: Exception) -> Exception:
        """The error as TensorFlow words it, naming the operation and the line that made it."""
        node = self.failing_node(error)
        if node is None or getattr(error, "_explained", False):
            return error
        where = f" made at {location_text(node.location)}" if node.location else ""
        label = f"[Op:{node.prim.name}]"
        if isinstance(error, MemoryError):
            return ResourceExhaustedError(
                None, None, f"{node.prim.name}: cannot allocate the result: {error} {label}{where}"
            )
        if not isinstance(error, OpError):
            error = self._refused(node, error)
        if isinstance(error, OpError) and label not in error.message:
            make: Any = type(error)
            named = make(None, None, f"{node.prim.name}: {error.message} {label}{where}")
            named._explained = True
            return named  # type: ignore[no-any-return]
        return error

    def _refused(self, node: Node, error: Exception) -> Exception:
        """What the shape rule says of the inputs of a kernel that failed."""
        trace, names = error.__traceback__, {}
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == self.file:
                names = {**trace.tb_frame.f_globals, **trace.tb_frame.f_locals}
            trace = trace.tb_next
        try:
            inputs = [names[self.source.name_of(v)] for v in node.inputs]
            specs = [_spec_of(a, v.spec) for a, v in zip(inputs, node.inputs, strict=True)]
        except Exception:  # objects that are no arrays
            return error
        try:
            node.prim.infer(*specs, **node.attrs)
        except OpError as refusal:
            return refusal
        return error

    def failing_node(self, error: Exception) -> Node | None:
        """The node whose kernel raised `error`."""
        trace: types.TracebackType | None = error.__traceback__
        found = None
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == self.file:
                found = self.source.line_nodes.get(trace.tb_lineno)
            trace = trace.tb_next
        return found

    def timed(self, note: Callable[[int, tuple[Any, ...]], None]) -> Callable[..., list[Any]]:
        """A function that does the same and calls `note(step, outputs)` after each step."""
        source = Source(self.graph, checked, timed=True)
        names = {**source.names, "_t": note}
        file = f"<tapeflow {self.name} timed>"
        linecache.cache.pop(file, None)
        exec(compile(source.text, file, "exec"), names)
        return names["run"]  # type: ignore[no-any-return]


def checked(node: Node) -> Callable[..., Any]:
    """The kernel of a node whose shapes were not known when it was traced.

    The shape rule is asked for each new combination of shapes before the kernel runs.
    """
    prim, attrs = node.prim, node.attrs
    infer, kernel = prim.infer, prim.kernel
    remembered: dict[Any, bool] = {}
    by_values = prim.value_inputs

    def call(*arrays: Any) -> Any:
        key: Any = tuple([getattr(a, "shape", None) for a in arrays])
        if by_values:
            key = with_values(key, prim, arrays)
        if key is None or key not in remembered:
            infer(*[_spec_of(a, v.spec) for a, v in zip(arrays, node.inputs, strict=True)], **attrs)
            if key is not None:
                if len(remembered) >= MAX_CHECKED:
                    remembered.clear()
                remembered[key] = True
        return kernel(*arrays, **attrs)

    return call


def _spec_of(value: Any, traced: Spec) -> Spec:
    if isinstance(value, (np.ndarray, np.generic)):
        return Spec(FROM_NUMPY[value.dtype], value.shape, np.asarray(value))
    refers = value._handle_refers() if hasattr(value, "_handle_refers") else traced.refers
    return Spec(traced.dtype, traced.shape, refers=refers)
