"""Functions of the program that pipelines call: traced once, run on arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.core.context import current_recorders, set_recorders, state
from tapeflow.engine.data.elements import (
    Flat,
    flat_specs,
    from_tensors,
    normalized,
    spec_of,
    to_tensors,
)
from tapeflow.engine.data.pipelines import Run
from tapeflow.engine.function.concrete import Runnable
from tapeflow.engine.function.polymorphic import Function
from tapeflow.engine.function.trace import inline, trace_call
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.random.seeds import OpSeed
from tapeflow.engine.tracing.func_graph import FuncGraph, tracing_into
from tapeflow.engine.tracing.symbolic import SymbolicTensor


class UserFunction:
    """A function of elements.

    Args:
      function: the Python function.
      args: a structure of type specs for each positional argument.
      method: what it was passed to, for errors: `"Dataset.map()"`.

    Attributes:
      output_spec: the spec of what it returns.
      outer: symbolic tensors of the graph around that it uses; they are inputs of the data set's
        operation, and `bind` takes their values.
    """

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...], method: str) -> None:
        name = getattr(function, "__name__", type(function).__name__)
        graph = FuncGraph(name if name.isidentifier() else "lambda")
        inputs: list[Any] = []
        with tracing_into(graph):
            stand_ins = []
            for spec in args:
                made = [graph.placeholder(_placeholder_spec(s), "args") for s in flat_specs(spec)]
                inputs.extend(made)
                stand_ins.append(from_tensors(spec, iter(made)))
        converted = Function(function)._converted()

        def call(*values: Any) -> Any:
            result = converted(*values)
            try:
                return normalized(result)
            except (TypeError, ValueError) as error:
                raise TypeError(
                    f"Unsupported return value from function passed to {method}: {result!r}"
                ) from error

        structured: list[Any] = []

        def flat(*values: Any) -> list[Any]:
            structured.append(call(*values))
            self.output_spec = spec_of(structured[0])
            return to_tensors(self.output_spec, structured[0])

        flat.__name__ = name
        _, outputs = trace_call(graph, flat, tuple(stand_ins), {})
        self._inputs = inputs
        self._graph = graph
        self._outputs = outputs
        outer = [c for c in graph.capture_list if isinstance(c.external, SymbolicTensor)]
        self.outer = [c.external for c in outer]
        self._outer_inside = [c.internal for c in outer]
        self._outer_values: list[Any] = []
        self._is_random = any(type(n.attrs.get("seed2")) is OpSeed for n in graph.nodes)
        self._runnable: Runnable | None = None

    def bind(self, values: list[Any]) -> UserFunction:
        """The same function with the values of `outer`."""
        if not self.outer:
            return self
        bound = object.__new__(UserFunction)
        bound.__dict__.update(self.__dict__)
        bound._outer_values = values
        bound._runnable = None
        return bound

    def in_run(self, run: Run) -> Callable[..., Flat]:
        """What calls the function in one iterator: there, its random operations start anew.

        Args:
          run: the iterator.

        Returns:
          A function of flat elements that returns a flat element.
        """
        call = run.functions.get(id(self))
        if call is None:
            call = run.functions[id(self)] = self._caller()
        return call  # type: ignore[no-any-return]

    def _caller(self) -> Callable[..., Flat]:
        if self._is_random:
            runnable = self._started_anew()
        else:
            if self._runnable is None:
                self._runnable = self._made(self._graph, self._inputs, self._outputs)
            runnable = self._runnable
        more = self._outer_values

        def call(*flats: Flat) -> Flat:
            values = [v for flat in flats for v in flat]
            return tuple([_array(v) for v in runnable.run([*values, *more])])

        return call

    def _made(self, graph: FuncGraph, inputs: list[Any], outputs: list[Any]) -> Runnable:
        return _WithOuter(graph, [*inputs, *self._outer_inside], outputs, graph.name)

    def _started_anew(self) -> Runnable:
        graph = FuncGraph(self._graph.name)
        values: dict[int, Any] = {}
        with tracing_into(graph):
            for capture in self._graph.capture_list:
                if not isinstance(capture.external, SymbolicTensor):
                    external = capture.external
                    is_object = hasattr(external, "_handle")
                    values[id(capture.internal)] = (
                        graph.capture_object(external) if is_object else graph.value_of(external)
                    )
            inputs = []
            for old in [*self._inputs, *self._outer_inside]:
                made = graph.placeholder(
                    Spec(old.spec.dtype, old.spec.shape, refers=old.spec.refers), "args"
                )
                values[id(old)] = made
                inputs.append(made)
            outputs = inline(graph, self._graph, values, self._outputs)
        return _WithOuter(graph, inputs, outputs, graph.name)


class _WithOuter(Runnable):
    """Takes the values of symbolic captures as inputs after the arguments."""

    def __init__(self, graph: FuncGraph, inputs: list[Any], outputs: list[Any], name: str) -> None:
        super().__init__(graph, inputs, outputs, name)
        inside = {id(v) for v in inputs}
        kept = [i for i, c in enumerate(self.captures) if id(c.internal) not in inside]
        self.captures = [self.captures[i] for i in kept]
        self._captured = [self._captured[i] for i in kept]
        self._all_inputs = [*inputs, *[c.internal for c in self.captures]]


def _placeholder_spec(spec: Any) -> Spec:
    return Spec(spec.dtype, spec.shape._dims, refers=getattr(spec, "refers", None))


def _array(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, np.generic):
        return np.asarray(value)
    if isinstance(value, (bytes, str)):
        cell = np.empty((), object)
        cell[()] = value
        return cell
    return value


class outside:
    """Runs Python code of the program apart from tapes and from a function that is traced."""

    __slots__ = ("_before",)

    def __enter__(self) -> None:
        self._before = state.tracer, current_recorders()
        state.tracer = None
        set_recorders(())

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        state.tracer, recorders = self._before
        set_recorders(recorders)
