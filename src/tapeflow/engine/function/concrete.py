"""`ConcreteFunction`: a function traced for one signature, and how it is called."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from tapeflow.engine.backends.interpreter.program import Program
from tapeflow.engine.compiler.compile import StoppedError, compile_graph, extract
from tapeflow.engine.compiler.passes.forgetting import forget_shapes
from tapeflow.engine.compiler.passes.specialize import spec_of
from tapeflow.engine.core import nest
from tapeflow.engine.core.context import current_recorders, state
from tapeflow.engine.core.protocols import ConcreteFunction as ConcreteFunctionProtocol
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.control_flow.list_value import ListValue, OneItem
from tapeflow.engine.runtime.tensor import EagerTensor, VariantTensor, VariantValue, held
from tapeflow.engine.tracing.func_graph import FuncGraph
from tapeflow.engine.tracing.graph import out_of_scope
from tapeflow.engine.tracing.symbolic import SymbolicTensor

_new = object.__new__
_ndarray = np.ndarray
_numbers = itertools.count(1)

MAX_PROGRAMS = 64
"""For so many different shapes a graph is specialised; for more, one program serves all."""


class Runnable:
    """A traced graph with inputs and outputs, and the programs that run it.

    Args:
      graph: the graph.
      inputs: its placeholders for arguments, in the order of a call.
      outputs: the symbolic tensors that it gives.
      name: what to call it.
    """

    def __init__(self, graph: FuncGraph, inputs: list[Any], outputs: list[Any], name: str) -> None:
        self.graph = graph
        self.inputs = inputs
        self.outputs = outputs
        self.name = name
        self.captures = graph.capture_list
        self._captured = [held(c.external) for c in self.captures]
        self._all_inputs = [*inputs, *[c.internal for c in self.captures]]
        self._by_shape = not all(_fixed(v.spec) for v in self._all_inputs)
        self._extracted: Any = None
        self._programs: dict[Any, Any] = {}
        self._program: Any = None
        # The native function, where one takes all inputs, of one shape only, as they are.
        self.step: Any = None
        self.recorded: Any = None  # how calls are differentiated; made by the first such call

    def run(self, tensors: Sequence[Any]) -> list[Any]:
        """The outputs for these tensors and variables, as arrays or objects.

        Args:
          tensors: eager tensors, variables, or other objects with state, one for each input.
        """
        arrays = [t._array if type(t) is EagerTensor else _argument(t) for t in tensors]
        arrays += self._captured
        program = self._program
        if program is None:
            program = self.program_for(arrays)
        return program(*arrays)  # type: ignore[no-any-return]

    def program_for(self, arrays: list[Any]) -> Any:
        """What runs the graph for inputs of these shapes."""
        if not self._by_shape:
            program = self._compile(None)
            if program.__class__ is not Program:
                program.prepare(arrays)
            self._program = program
            self.step = getattr(self._program, "step", None)
            return self._program
        shapes = tuple([getattr(a, "shape", None) if _is_data(a) else None for a in arrays])
        program = self._programs.get(shapes)
        if program is None:
            if len(self._programs) >= MAX_PROGRAMS:
                self._program = self._compile(None)
                self._programs.clear()
                return self._program
            program = self._programs[shapes] = self._compile(arrays)
        return program

    def _compile(self, arrays: list[Any] | None) -> Any:
        for value in self._captured:
            if isinstance(value, SymbolicTensor):
                raise out_of_scope(value, self.graph)
        with self.graph.changing:
            if self._extracted is None:
                self._extracted = extract(self.graph, self._all_inputs, self.outputs)
        specs = None
        if arrays is not None:
            specs = [spec_of(a, v.spec) for a, v in zip(arrays, self._all_inputs, strict=True)]
        return compile_graph(self._extracted, specs, self.name, _variable_class())

    def for_any_shapes(self) -> Runnable:
        """The same, taking tensors of other shapes than those traced; operations check them."""
        made = Runnable(self.graph, self.inputs, self.outputs, self.name)
        with self.graph.changing:
            extracted = forget_shapes(extract(self.graph, self._all_inputs, self.outputs))
        made._by_shape = False
        made._program = Program(extracted, self.name)
        return made

    def call(self, tensors: Sequence[Any]) -> Sequence[Any]:
        """The outputs as eager tensors, noted on the tapes that watch what they depend on."""
        recorders = current_recorders()
        if recorders:
            if state.tracer is not None:
                return self.inline(tensors)
            from tapeflow.engine.function.differentiation import call_recorded

            return call_recorded(self, tensors, recorders)
        step = self.step
        if step is not None:
            try:
                results = step(*tensors, *self._captured, NotImplemented)
            except StoppedError:
                results = NotImplemented  # the program raises what is wrong
            if results is not NotImplemented:
                return results  # type: ignore[no-any-return]
        return [wrapped(out) for out in self.run(tensors)]

    def inline(self, tensors: Sequence[Any]) -> list[Any]:
        """The outputs in the graph that is traced now: this graph's operations are added to it."""
        from tapeflow.engine.function.trace import inline

        graph = state.tracer
        values: dict[int, Any] = {}
        for placeholder, tensor in zip(self.inputs, tensors, strict=True):
            values[id(placeholder)] = _value_in(graph, tensor)
        for capture in self.captures:
            values[id(capture.internal)] = _value_in(graph, capture.external)
        return inline(graph, self.graph, values, self.outputs)


def _variable_class() -> type:
    from tapeflow.engine.variables.variable import Variable

    return Variable


def wrapped(out: Any) -> Any:
    """An output of a program as an eager tensor; objects that are no arrays stay what they are."""
    kind = type(out)
    if kind is not _ndarray:
        if not isinstance(out, (np.ndarray, np.generic)):
            if isinstance(out, (list, ListValue, OneItem, VariantValue)):
                return VariantTensor(out)
            if not isinstance(out, (bytes, str)):
                return out
            cell = np.empty((), object)
            cell[()] = out
            out = cell
        out = np.asarray(out)
    result = _new(EagerTensor)
    result._array = out
    return result


def _argument(value: Any) -> Any:
    if type(value) is SymbolicTensor:
        raise out_of_scope(value, None)
    return held(value)


def _value_in(graph: Any, tensor: Any) -> Any:
    if hasattr(tensor, "_handle"):
        return graph.capture_object(tensor)
    return graph.value_of(tensor)


def _fixed(spec: Spec) -> bool:
    refers = spec.refers
    if isinstance(refers, Spec) and not _fixed(refers):
        return False
    return spec.is_static


def _is_data(value: Any) -> bool:
    return isinstance(value, (np.ndarray, np.generic)) or hasattr(value, "_handle_refers")


class NativeCall(NamedTuple):
    """A native function with what it takes besides arguments.

    Attributes:
      step: the function; with NotImplemented as its last argument it gives that back when the
        arguments are not those that it was made for.
      captured: the captured tensors' arrays, and variables.
      arguments: how many it takes besides.
      pack: makes the structure of the results.
    """

    step: Any
    captured: list[Any]
    arguments: int
    pack: Callable[[Sequence[Any]], Any]


class ConcreteFunction(ConcreteFunctionProtocol):
    """One trace of a function: a graph, and a call that runs it.

    Made by `tf.function`; `get_concrete_function` gives one.
    """

    def __init__(self, runnable: Runnable, signature: Any, structured_outputs: Any) -> None:
        self._runnable = runnable
        self._signature = signature
        self._structured_outputs = structured_outputs
        self._pack = packer(structured_outputs)
        self._number = next(_numbers)
        self._native: NativeCall | None = None

    def call_flat(self, tensors: Sequence[Any]) -> Any:
        """The results for the tensors of a call, in the order of the signature."""
        return self._pack(self._runnable.call(tensors))

    @property
    def native_call(self) -> NativeCall | None:
        """How to call it past all checks but the native function's own; None where it isn't one."""
        if self._native is None:
            runnable = self._runnable
            if runnable.step is None:
                return None
            arguments = len(runnable.inputs)
            self._native = NativeCall(runnable.step, runnable._captured, arguments, self._pack)
        return self._native

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the trace.

        Args:
          *args: the arguments that the function was traced with; Python values may be left out.
          **kwargs: the same, by name.

        Raises:
          TypeError: when they do not fit the signature.
        """
        tensors, fitting = self._signature.bind_call(args, kwargs)
        if not fitting:
            return self._pack(self._runnable.for_any_shapes().call(tensors))
        return self.call_flat(tensors)

    @property
    def graph(self) -> FuncGraph:
        """The graph."""
        return self._runnable.graph

    @property
    def name(self) -> bytes:
        """A name of its own."""
        return f"__inference_{self._runnable.name}_{self._number}".encode()

    @property
    def function_type(self) -> Any:
        """The parameters with their types."""
        return self._signature.function_type

    @property
    def inference_fn(self) -> Any:
        """What a call runs: this function itself."""
        return self

    @property
    def inputs(self) -> list[Any]:
        """The placeholders of the graph: arguments, then captures."""
        return [*self._runnable.inputs, *self.graph.internal_captures]

    @property
    def outputs(self) -> list[Any]:
        """The symbolic tensors that the graph gives."""
        return list(self._runnable.outputs)

    @property
    def captured_inputs(self) -> list[Any]:
        """What the graph takes from around the function: tensors, and handles of variables."""
        return self.graph.external_captures

    @property
    def variables(self) -> tuple[Any, ...]:
        """The variables that the graph uses."""
        return self.graph.variables

    @property
    def trainable_variables(self) -> tuple[Any, ...]:
        """Those of them that are trainable."""
        return self.graph.trainable_variables

    @property
    def structured_input_signature(self) -> Any:
        """`(args, kwargs)` with `tf.TensorSpec`s in place of tensors."""
        return self._signature.structured

    @property
    def structured_outputs(self) -> Any:
        """The results' structure, of symbolic tensors."""
        return self._structured_outputs

    @property
    def output_dtypes(self) -> Any:
        """The dtypes of the results, in their structure."""
        return nest.map_structure(lambda t: t.dtype, self._structured_outputs)

    @property
    def output_shapes(self) -> Any:
        """The shapes of the results, in their structure."""
        return nest.map_structure(lambda t: t.shape, self._structured_outputs)

    def pretty_printed_signature(self, verbose: bool = True) -> str:
        """Parameters, results and captures as text.

        Args:
          verbose: whether on several lines; on one line otherwise.
        """
        return (
            self._signature.text(self) if verbose else f"{self._runnable.name}{self.function_type}"
        )

    def __repr__(self) -> str:
        return f"<ConcreteFunction {self._runnable.name}{self.function_type} at {id(self):#x}>"

    def __str__(self) -> str:
        return f"ConcreteFunction {self.pretty_printed_signature()}"


def packer(structured: Any) -> Callable[[Sequence[Any]], Any]:
    """A function from the flat results to their structure."""
    if isinstance(structured, SymbolicTensor):
        return lambda flat: flat[0]
    leaves = nest.flatten(structured, expand_composites=True)
    if all(isinstance(leaf, SymbolicTensor) for leaf in leaves):
        if (
            type(structured) is tuple
            and len(structured) == len(leaves)
            and all(isinstance(s, SymbolicTensor) for s in structured)
        ):
            return tuple
        if (
            type(structured) is list
            and len(structured) == len(leaves)
            and all(isinstance(s, SymbolicTensor) for s in structured)
        ):
            return list
    if structured is None:
        return lambda flat: None

    def pack(flat: Sequence[Any]) -> Any:
        rest = iter(flat)
        values = [next(rest) if isinstance(leaf, SymbolicTensor) else leaf for leaf in leaves]
        return nest.pack_sequence_as(structured, values, expand_composites=True)

    return pack
