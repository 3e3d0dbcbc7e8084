"""`tf.function`: a Python function that is traced once for each signature it is called with."""

from __future__ import annotations

import functools
import logging
import os
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tapeflow.engine.autograph.conversion import convert_for_tracing, do_not_convert
from tapeflow.engine.compiler.compile import StoppedError
from tapeflow.engine.core.context import current_recorders, state
from tapeflow.engine.core.export import export
from tapeflow.engine.core.protocols import FunctionType, PolymorphicFunction
from tapeflow.engine.core.specs import TypeSpec
from tapeflow.engine.function.concrete import ConcreteFunction, Runnable
from tapeflow.engine.function.parameters import Bound, CallSignature, Parameters
from tapeflow.engine.function.retraces import Retraces
from tapeflow.engine.function.signatures import (
    OBJECT,
    Encoder,
    Key,
    Placeholders,
    generalizes,
    merged,
)
from tapeflow.engine.function.trace import trace_call
from tapeflow.engine.runtime.config import Settings
from tapeflow.engine.runtime.tensor import EagerTensor
from tapeflow.engine.tracing.func_graph import FuncGraph, tracing_into

_log = logging.getLogger("tensorflow")

MAX_FAST = 1024


class Function(PolymorphicFunction):
    """A Python function that runs as a graph. `tf.function` makes them.

    Args:
      python_function: the function.
      name: its name.
      input_signature: nest of specs, or None.
      autograph: whether Python control flow on tensors becomes part of the graph.
      jit_compile: whether the caller asks for compilation; all functions are compiled alike.
      reduce_retracing: whether shapes are generalised when they vary.
      autograph_options: optional features of AutoGraph.
    """

    def __init__(
        self,
        python_function: Callable[..., Any],
        name: str | None = None,
        input_signature: Any = None,
        autograph: bool = True,
        jit_compile: bool | None = None,
        reduce_retracing: bool = False,
        autograph_options: Any = None,
    ) -> None:
        self._python_function = python_function
        self._name = name or str(
            getattr(python_function, "__name__", type(python_function).__name__)
        )
        self._autograph = autograph
        self._autograph_options = autograph_options
        self._jit_compile = jit_compile
        self._reduce_retracing = reduce_retracing
        self._parameters = Parameters(python_function, input_signature)
        self._lock = threading.RLock()
        self._traces: dict[Key, ConcreteFunction] = {}
        self._fast: dict[Any, ConcreteFunction] = {}
        # The last trace that was called, where it is one native function.
        self._last: Any = None
        self._retraces = Retraces(self._name)
        # As with TensorFlow, objects that are equal share a function.
        self._methods: Any = weakref.WeakKeyDictionary()
        self._variables: list[Any] = []
        self._created_variables = False
        self._called = False
        self._run_eagerly = False
        functools.update_wrapper(self, python_function, updated=())

    # Calling.

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the function for these arguments, after tracing it where they are of a new kind."""
        if not kwargs and state.tracer is None and not Settings.run_eagerly:
            last = self._last
            if last is not None and len(args) == last.arguments and not current_recorders():
                # The native function itself looks whether these are the tensors it was made for.
                try:
                    results = last.step(*args, *last.captured, NotImplemented)
                except StoppedError:
                    results = NotImplemented  # what is wrong is raised below
                if results is not NotImplemented:
                    self._retraces.called()
                    return last.pack(results)
            key = []
            for a in args:
                if type(a) is not EagerTensor:
                    break
                array = a._array
                key.append((array.dtype, array.shape))
            else:
                concrete = self._fast.get(tuple(key))
                if concrete is not None:
                    self._retraces.called()
                    found = concrete.call_flat(args)
                    self._last = concrete.native_call
                    return found
        if Settings.run_eagerly and state.tracer is None:
            return self._call_eagerly(args, kwargs)
        concrete, tensors = self._find(args, kwargs)
        if any(isinstance(t, TypeSpec) for t in tensors):
            raise ValueError(
                f"tf.function `{self._name}`: a call needs values; received a spec. "
                "get_concrete_function takes specs."
            )
        self._retraces.called()
        # Where a default value is a tensor or a variable, the arguments are not all that it takes.
        all_given = not kwargs and len(tensors) == len(args)
        if all_given and state.tracer is None and all(type(a) is EagerTensor for a in args):
            if len(self._fast) >= MAX_FAST:
                self._fast.clear()
            self._fast[tuple([(a._array.dtype, a._array.shape) for a in args])] = concrete
        return concrete.call_flat(tensors)

    def _call_eagerly(self, args: Any, kwargs: Any) -> Any:
        bound = self._parameters.bind(args, kwargs)
        positional, named = self._parameters.call_arguments(bound)
        return self._python_function(*positional, **named)

    def _find(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], calling: bool = True
    ) -> tuple[ConcreteFunction, list[Any]]:
        """The trace for a call, made if there is none yet, and the tensors to call it with."""
        bound = self._parameters.bind(args, kwargs)
        encoder = Encoder()
        for _, value in bound:
            encoder.add(value)
        if state.tracer is not None and not state.tracer.building_function:
            encoder.key.append((OBJECT, weakref.ref(state.tracer)))  # a graph made by hand
        key = tuple(encoder.key)
        concrete = self._traces.get(key)
        if concrete is None:
            with self._lock:
                concrete = self._traces.get(key) or self._matching(key)
                if concrete is None:
                    concrete = self._trace_first_or_again(bound, encoder.tensors, key, calling)
        return concrete, encoder.tensors

    def _matching(self, key: Key) -> ConcreteFunction | None:
        """The most special trace made for a more general signature."""
        best: Any = None
        for known, concrete in self._traces.items():
            if generalizes(known, key) and (best is None or generalizes(best[0], known)):
                best = (known, concrete)
        return None if best is None else best[1]

    # Tracing.

    def _trace_first_or_again(
        self, bound: Bound, tensors: list[Any], key: Key, calling: bool
    ) -> ConcreteFunction:
        if self._parameters.input_signature is not None:
            key = self._parameters.signature_key(bound, key)
            known = self._traces.get(key)
            if known is not None:
                return known
        elif self._reduce_retracing:
            key = self._generalized(key)
        if self._called:
            return self._trace(bound, tensors, key, may_create=False)
        concrete = self._trace(bound, tensors, key, may_create=True)
        self._called = True
        if self._created_variables:
            # What made variables would make them again: the trace that is kept makes none.
            self._traces.clear()
            concrete = self._trace(bound, tensors, key, may_create=False)
        return concrete

    def _generalized(self, key: Key) -> Key:
        general = key
        for known in self._traces:
            both = merged(general, known)
            if both is not None:
                general = both
        return general

    def _trace(
        self, bound: Bound, tensors: list[Any], key: Key, may_create: bool
    ) -> ConcreteFunction:
        self._retraces.tracing(bound, key)
        graph = FuncGraph(self._name)
        with_names = Placeholders(graph, tensors, key)
        stand_ins = []
        with tracing_into(graph):
            for name, value in bound:
                variadic = self._parameters.is_variadic(name)
                stand_ins.append((name, with_names.named(name, value, variadic)))
        graph.inputs = list(with_names.inputs)
        args, kwargs = self._parameters.call_arguments(stand_ins)
        before, state.on_variable_made = state.on_variable_made, self._variable_creator(may_create)
        try:
            structured, outputs = trace_call(graph, self._converted(), args, kwargs)
        finally:
            state.on_variable_made = before
        graph.known_inputs.clear()
        graph.forget_temporaries()
        signature = CallSignature(self._parameters, bound, key)
        graph.input_signature_from(lambda: signature.structured)
        graph.structured_outputs = structured
        runnable = Runnable(graph, graph.inputs, outputs, self._name)
        graph.inputs = [*graph.inputs, *graph.internal_captures]
        concrete = ConcreteFunction(runnable, signature, structured)
        self._traces[self._watched(key)] = concrete
        return concrete

    def _variable_creator(self, may_create: bool) -> Callable[[Any], None]:
        def creator(variable: Any) -> None:
            if not may_create:
                if self._created_variables:
                    raise ValueError(
                        "tf.function only supports singleton tf.Variables created on the first "
                        "call. Make sure the tf.Variable is only created once or created outside "
                        "tf.function. See https://www.tensorflow.org/guide/function"
                        "#creating_tfvariables for more information."
                    )
                raise ValueError(
                    "Creating variables on a non-first call to a function decorated with "
                    "tf.function."
                )
            self._created_variables = True
            self._variables.append(weakref.ref(variable))

        return creator

    def _converted(self) -> Callable[..., Any]:
        if not self._autograph:
            return do_not_convert(self._python_function)  # type: ignore[no-any-return]
        return convert_for_tracing(self._python_function, self._autograph_options)

    def _watched(self, key: Key) -> Key:
        """The key with references to objects that drop the trace when an object is gone."""
        if not any(isinstance(entry[-1], weakref.ref) for entry in key):
            return key
        holder = weakref.ref(self)

        def gone(_: Any) -> None:
            function = holder()
            if function is not None:
                for dead in [k for k in function._traces if _has_dead(k)]:
                    del function._traces[dead]

        return tuple(
            [
                (entry[0], weakref.ref(entry[1](), gone))
                if isinstance(entry[-1], weakref.ref) and entry[1]() is not None
                else entry
                for entry in key
            ]
        )

    # The public interface.

    @property
    def python_function(self) -> Callable[..., Any]:
        """The Python function."""
        return self._python_function

    @property
    def name(self) -> str:
        """The function's name."""
        return self._name

    @property
    def input_signature(self) -> Any:
        """The input signature, or None."""
        return self._parameters.input_signature

    @property
    def function_spec(self) -> Parameters:
        """What the function takes."""
        return self._parameters

    @property
    def function_type(self) -> Any:
        """The parameters of the Python function."""
        return FunctionType(list(self._parameters.signature.parameters.values()))

    @property
    def autograph(self) -> bool:
        """Whether AutoGraph converts the function."""
        return self._autograph

    @property
    def jit_compile(self) -> bool | None:
        """What `tf.function` was told."""
        return self._jit_compile

    @property
    def reduce_retracing(self) -> bool:
        """What `tf.function` was told."""
        return self._reduce_retracing

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> ConcreteFunction:
        """The trace for these arguments, made where there is none.

        Args:
          *args: arguments; `tf.TensorSpec`s may stand for tensors. Without any, those of the input
            signature.
          **kwargs: the same, by name.

        Returns:
          A `ConcreteFunction`.

        Example:
          >>> import tapeflow as tf
          >>> double = tf.function(lambda x: x * 2)
          >>> f = double.get_concrete_function(tf.TensorSpec([None], tf.float32))
          >>> f(tf.constant([1.0, 2.0])).numpy()
          array([2., 4.], dtype=float32)
        """
        signature = self._parameters.input_signature
        if signature is not None and not args and not kwargs:
            args = signature
        concrete, _ = self._find(args, kwargs, calling=False)
        return concrete

    def experimental_get_tracing_count(self) -> int:
        """How often the Python function was traced.

        Returns:
          An int.
        """
        return self._retraces.count

    def experimental_get_compiler_ir(self, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """The graph that a call runs, as text.

        Args:
          *args: arguments or specs.
          **kwargs: the same, by name.

        Returns:
          A function `(stage, device_name, platform_name)` that returns the text; there is one
          stage here, whatever is asked for.
        """
        concrete = self.get_concrete_function(*args, **kwargs)

        def text(
            stage: str = "hlo", device_name: str | None = None, platform_name: str | None = None
        ) -> str:
            from tapeflow.engine.function.explanation import graph_text

            return graph_text(concrete)

        return text

    def pretty_printed_concrete_signatures(self, verbose: bool = True) -> str:
        """The signatures traced so far, as text."""
        return "\n\n".join(
            c.pretty_printed_signature(verbose=verbose) for c in self._traces.values()
        )

    def explain_retraces(self) -> str:
        """Says for each trace after the first which argument made it necessary, and how."""
        return self._retraces.explain()

    def explain(self, *args: Any, **kwargs: Any) -> str:
        """Says what a call of the function runs: graph, plan, and each step with its cost.

        The call is made, once, with all its effects.

        Args:
          *args: the arguments of a call.
          **kwargs: the same, by name.

        Returns:
          A text.
        """
        from tapeflow.engine.function.explanation import explain

        concrete, tensors = self._find(args, kwargs)
        return explain(concrete, tensors)

    def explain_html(self, path: str | os.PathLike[str], /, *args: Any, **kwargs: Any) -> None:
        """Writes what a call runs, as `explain` says it, to a page with a timeline and a table.

        Args:
          path: the file to write; it needs no other file.
          *args: the arguments of a call, which is made, once, with all its effects.
          **kwargs: the same, by name.

        Raises:
          RuntimeError: where the function is not compiled.
        """
        from tapeflow.engine.function.explanation import explain_page

        concrete, tensors = self._find(args, kwargs)
        Path(path).write_text(explain_page(concrete, tensors), encoding="utf-8")

    def _list_all_concrete_functions(self) -> list[ConcreteFunction]:
        return list(self._traces.values())

    def _list_all_concrete_functions_for_serialization(self) -> list[ConcreteFunction]:
        return list(self._traces.values())

    def _get_concrete_function_garbage_collected(self, *args: Any, **kwargs: Any) -> Any:
        return self.get_concrete_function(*args, **kwargs)

    def _decorate(self, decorator: Callable[..., Any]) -> None:
        if self._traces:
            raise ValueError("Functions cannot be decorated after they have been traced.")
        self._python_function = decorator(self._python_function)
        self._parameters = Parameters(self._python_function, self._parameters.input_signature)

    def _clone(self, python_function: Callable[..., Any] | None = None) -> Function:
        return Function(
            python_function or self._python_function,
            self._name,
            self._parameters.input_signature,
            self._autograph,
            self._jit_compile,
            self._reduce_retracing,
            self._autograph_options,
        )

    # Methods: each object has traces of its own, which do not keep the object alive.

    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is None:
            return self
        try:
            known = self._methods.get(instance)
        except TypeError:  # an unhashable object has its own function each time it is asked for
            return self._clone(_bound_weakly(self._python_function, weakref.ref(instance)))
        if known is None:
            known = self._clone(_bound_weakly(self._python_function, weakref.ref(instance)))
            self._methods[instance] = known
        return known

    def __copy__(self) -> Function:
        return self._clone()

    def __deepcopy__(self, memo: Any) -> Function:
        return self._clone()

    def __reduce__(self) -> Any:
        raise TypeError(
            f"tf.function {self._name!r} cannot be pickled: pickle the Python function instead."
        )

    def __repr__(self) -> str:
        return f"<tf.function {self._name!r} with {self._retraces.count} traces>"


def _bound_weakly(function: Callable[..., Any], reference: Any) -> Callable[..., Any]:
    """A method of an object that is held weakly; it has the method's own parameters."""
    import inspect

    @functools.wraps(function)
    def method(*args: Any, **kwargs: Any) -> Any:
        instance = reference()
        if instance is None:
            raise AttributeError(
                f"the object whose method {function.__name__!r} is called is gone; keep it alive"
            )
        return function(instance, *args, **kwargs)

    try:
        parameters = list(inspect.signature(function).parameters.values())
        method.__signature__ = inspect.Signature(parameters[1:])  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        pass
    method._weak_self = reference  # type: ignore[attr-defined]
    method._unbound = function  # type: ignore[attr-defined]
    return method


def _has_dead(key: Key) -> bool:
    return any(isinstance(entry[-1], weakref.ref) and entry[-1]() is None for entry in key)


@export("function", "compat.v1.function")
def function(
    func: Any = None,
    input_signature: Any = None,
    autograph: bool = True,
    jit_compile: bool | None = None,
    reduce_retracing: bool = False,
    experimental_implements: Any = None,
    experimental_autograph_options: Any = None,
    experimental_attributes: Any = None,
    experimental_relax_shapes: bool | None = None,
    experimental_compile: bool | None = None,
    experimental_follow_type_hints: bool | None = None,
) -> Any:
    """Makes a function that runs as a graph, traced once for each signature.

    Args:
      func: a Python function of tensors and other values; without it, a decorator is returned.
      input_signature: nest of `tf.TensorSpec`s: the one signature that is traced.
      autograph: whether `if`, `while` and `for` on tensors become part of the graph.
      jit_compile: accepted; all functions are compiled alike.
      reduce_retracing: whether a shape that varies from call to call is traced as unknown.
      experimental_implements: accepted and not used.
      experimental_autograph_options: `tf.autograph.experimental.Feature`s to use.
      experimental_attributes: accepted and not used.
      experimental_relax_shapes: the older name of `reduce_retracing`.
      experimental_compile: the older name of `jit_compile`.
      experimental_follow_type_hints: accepted and not used, as in TensorFlow.

    Returns:
      A function with the same parameters, with `get_concrete_function`, `explain` and more.

    Raises:
      ValueError: for arguments that cannot be traced, or variables made on a later call.
      TypeError: when `input_signature` does not fit the function.

    Example:
      >>> import tapeflow as tf
      >>> @tf.function
      ... def square_if_positive(x):
      ...     return x * x if x > 0 else 0.0
      >>> square_if_positive(tf.constant(3.0)).numpy()
      np.float32(9.0)
      >>> square_if_positive.experimental_get_tracing_count()
      1
    """
    if jit_compile is None and experimental_compile is not None:
        jit_compile = experimental_compile
    if experimental_relax_shapes:
        reduce_retracing = True

    def decorate(python_function: Any) -> Any:
        if not callable(python_function):
            raise TypeError(f"tf.function: func: expected a callable; received {python_function!r}")
        inner = python_function
        if isinstance(inner, Function):
            inner = inner.python_function
        return Function(
            inner,
            None,
            input_signature,
            autograph,
            jit_compile,
            reduce_retracing,
            experimental_autograph_options,
        )

    return decorate if func is None else decorate(func)
