"""The one place where a program's function becomes something that a pipeline calls.

As in TensorFlow, the function is converted by AutoGraph and traced once, for the spec of the
elements; what runs for each element is the graph.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeflow.engine.autograph.conversion import convert_for_tracing
from tapeflow.engine.core import dtypes, nest
from tapeflow.engine.core.context import state
from tapeflow.engine.core.specs import TensorSpec
from tapeflow.engine.data.stages.stage import Element, Run
from tapeflow.engine.data.structure import (
    as_array,
    flat_specs,
    normalized,
    spec_of,
    to_tensors,
)
from tapeflow.engine.function.concrete import Runnable
from tapeflow.engine.function.trace import trace_call
from tapeflow.engine.ir.primitive import DRAWS
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime.tensor import held
from tapeflow.engine.tracing.func_graph import FuncGraph, tracing_into

Call = Callable[[Element], Element]


class DatasetFunction:
    """A traced function of elements.

    Args:
      function: the Python function. A tuple (no namedtuple) becomes several arguments.
      input_spec: the spec of what it is called with.
      name: what to call it.

    Attributes:
      output_spec: the spec of what it returns.
      captures: what it takes from around it; inputs of the stage that calls it.
      graph: the graph.

    Raises:
      ValueError: when `function` can't be called, or makes variables.
    """

    def __init__(self, function: Callable[..., Any], input_spec: Any, name: str) -> None:
        if not callable(function):
            raise ValueError(
                f"Argument `func` must be a callable. Received func={function} "
                f"(of type {type(function)})"
            )
        label = getattr(function, "__name__", type(function).__name__)
        self.name = f"{name}_{'lambda' if label == '<lambda>' else label}"
        self.input_spec = input_spec
        self.output_spec: Any = None
        graph = FuncGraph(self.name)
        inputs: list[Any] = []
        before, state.on_variable_made = state.on_variable_made, _refuse_variable
        try:
            outputs = self._trace(graph, function, inputs)
        finally:
            state.on_variable_made = before
        graph.forget_temporaries()
        self.graph = graph
        self._runnable = Runnable(graph, inputs, outputs, self.name)
        self._runnable._captured = []  # they are inputs of the stage
        self.captures = [c.external for c in self._runnable.captures]
        self._strings = [
            i
            for i, spec in enumerate(flat_specs(input_spec))
            if spec.dtype is dtypes.string and spec.shape.rank in (0, None)
        ]
        self._draws = any(node.effect is DRAWS or _draws(node) for node in graph.nodes)
        self.is_identity = len(outputs) == len(inputs) and all(
            _origin(t) is i for t, i in zip(outputs, inputs, strict=True)
        )

    def _trace(
        self, graph: FuncGraph, function: Callable[..., Any], inputs: list[Any]
    ) -> list[Any]:
        maker = _Placeholders(graph, inputs)
        with tracing_into(graph):
            leaves = [spec.placeholder_value(maker) for spec in nest.flatten(self.input_spec)]
            element = nest.pack_sequence_as(self.input_spec, leaves)
        args = element if type(element) is tuple else (element,)
        converted = convert_for_tracing(function)

        def body(*arguments: Any) -> tuple[Any, ...]:
            result = converted(*arguments)
            if isinstance(result, list):
                result = tuple(result)
            value = normalized(result)
            self.output_spec = spec_of(value)
            return tuple([graph.value_of(t) for t in to_tensors(self.output_spec, value)])

        body.__name__ = self.name
        return trace_call(graph, body, args, {})[1]

    def captured_values(self) -> list[Any]:
        """The values of `captures`, in eager mode."""
        return [held(c) for c in self.captures]

    def bind(self, captured: Any, run: Run) -> Call:
        """What an iteration calls with the values of an element.

        Args:
          captured: the values of `captures`.
          run: the iteration.

        Returns:
          A function from the values of an element to those of the result.
        """
        runnable, strings = self._runnable, self._strings
        captured = list(captured)

        def call(values: Element) -> Element:
            arrays = [*values, *captured]
            for i in strings:
                arrays[i] = as_array(arrays[i])
            program = runnable._program or runnable.program_for(arrays)
            return program(*arrays)  # type: ignore[no-any-return]

        if not self._draws:
            return call
        streams = run.random_streams

        def drawing(values: Element) -> Element:
            before, state.random_streams = state.random_streams, streams
            try:
                return call(values)
            finally:
                state.random_streams = before

        return drawing


class _Placeholders:
    """Makes the inputs of a function's graph; specs ask for them."""

    def __init__(self, graph: FuncGraph, inputs: list[Any]) -> None:
        self._graph = graph
        self._inputs = inputs

    def placeholder(self, spec: TensorSpec) -> Any:
        made = self._graph.placeholder(Spec(spec.dtype, spec.shape._dims), "args")
        self._inputs.append(made)
        return made


def _refuse_variable(variable: Any) -> None:
    raise ValueError(
        "A function of a tf.data.Dataset must not create variables: it is traced once, and runs "
        "for each element. Create the tf.Variable outside and capture it."
    )


def _draws(node: Any) -> bool:
    return any(
        inner.effect is DRAWS or _draws(inner)
        for body in node.bodies()
        for inner in body.graph.nodes
    )


def _origin(tensor: Any) -> Any:
    while tensor.node.prim.name == "Identity":
        tensor = tensor.node.inputs[0]
    return tensor
