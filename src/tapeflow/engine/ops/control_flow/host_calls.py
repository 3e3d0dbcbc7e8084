"""Calls of plain Python functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes, nest
from tapeflow.engine.core.context import state
from tapeflow.engine.core.dtypes import as_dtype
from tapeflow.engine.core.errors import (
    InvalidArgumentError,
    OpError,
    OutOfRangeError,
    ResourceExhaustedError,
    UnimplementedError,
    UnknownError,
)
from tapeflow.engine.core.export import export
from tapeflow.engine.core.specs import TensorSpec, TypeSpec
from tapeflow.engine.ir.primitive import NOT_DIFFERENTIABLE, PURE, WRITES
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.array.creation import zeros_like
from tapeflow.engine.ops.host_functions import Opaque, call_on_host, tape_class
from tapeflow.engine.runtime.composite import is_composite
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import DIFFERENTIABLE
from tapeflow.engine.runtime.tensor import Tensor


def _inputs(inp: Any) -> list[Any]:
    if inp is None:
        return []
    if not isinstance(inp, (list, tuple)):
        inp = [inp]
    return [t if is_composite(t) else convert(t) for t in inp]


def _result(value: Any, wanted: Any) -> Any:
    """Converts a result of `py_function` to the dtype that was announced."""
    if is_composite(value):
        return value
    dtype = wanted.dtype if isinstance(wanted, TensorSpec) else as_dtype(wanted)
    try:
        return convert(value, dtype)
    except (TypeError, ValueError) as error:
        raise InvalidArgumentError(
            None, None, f"py_function: func: expected a result of dtype {dtype.name}: {error}"
        ) from error


# Which of our errors stands for what a Python function raises, as in TensorFlow.
_TRANSLATED: tuple[tuple[type[Exception], Any], ...] = (
    (TypeError, InvalidArgumentError),
    (ValueError, InvalidArgumentError),
    (StopIteration, OutOfRangeError),
    (MemoryError, ResourceExhaustedError),
    (NotImplementedError, UnimplementedError),
)


def _translate(error: Exception, function: str = "py_function") -> OpError:
    text = f"{function}: func raised {type(error).__name__}: {error}"
    for theirs, ours in _TRANSLATED:
        if isinstance(error, theirs):
            return ours(None, None, text)
    return UnknownError(None, None, text)


@export("py_function")
def py_function(
    func: Any = None, inp: Any = None, Tout: Any = None, name: str | None = None
) -> Any:
    """Calls a Python function with tensors; gradients go through the operations it runs.

    Args:
      func: function of tensors.
      inp: list of its arguments.
      Tout: dtype of the result, or a list of dtypes when it returns several.
      name: ignored in eager mode.

    Returns:
      A tensor, or a list of tensors when `Tout` is a list.

    Raises:
      TypeError: when `func` is not callable.
      tf.errors.InvalidArgumentError: when a result has another dtype than announced, or `func`
        raises a TypeError or ValueError; other exceptions become the `tf.errors` class nearest.

    Example:
      >>> import tapeflow as tf
      >>> tf.py_function(lambda x: x * 2.0, [tf.constant(3.0)], tf.float32).numpy()
      np.float32(6.0)
    """
    if not callable(func):
        raise TypeError(f"py_function: func: expected a callable; received {func!r}")
    inputs = _inputs(inp)
    if state.tracer is not None:
        return _py_function_in_graph(func, inputs, Tout)
    return _called(func, inputs, Tout)


def _called(func: Any, inputs: list[Any], Tout: Any) -> Any:
    """What `py_function` does with tensors that have values."""
    try:
        value = func(*inputs)
    except OpError:
        raise
    except Exception as error:
        raise _translate(error) from error
    several = isinstance(Tout, (list, tuple))
    wanted = _announced(Tout)
    values = list(value) if isinstance(value, (list, tuple)) else [] if value is None else [value]
    if len(values) < len(wanted):
        raise InvalidArgumentError(
            None,
            None,
            f"py_function: func: expected {len(wanted)} results, as Tout says; "
            f"received {len(values)}",
        )
    results = [_result(v, w) for v, w in zip(values, wanted, strict=False)]
    return results if several else results[0]


def _announced(Tout: Any) -> list[Any]:
    return list(Tout) if isinstance(Tout, (list, tuple)) else [Tout]


def _result_specs(Tout: Any) -> list[Any]:
    """For each announced result its spec; shapes of tensors are unknown, whatever is announced."""
    return [
        w if isinstance(w, TypeSpec) and not isinstance(w, TensorSpec)
        else TensorSpec(None, w.dtype if isinstance(w, TensorSpec) else as_dtype(w))
        for w in _announced(Tout)
    ]  # fmt: skip


def _in_structure(specs: list[Any], tensors: Any, Tout: Any) -> Any:
    rest = iter(tensors)
    found = [spec.from_tensors(rest) for spec in specs]
    return found if isinstance(Tout, (list, tuple)) else found[0]


class _Recorded:
    """One call of the function of a `py_function` in a graph, for its gradient."""

    def __init__(self, tape: Any, inputs: list[Any], results: list[Any]) -> None:
        self.tape = tape
        self.inputs = inputs
        self.results = results


def _py_function_in_graph(func: Any, inputs: list[Any], Tout: Any) -> Any:
    specs = _result_specs(Tout)
    flat = [part for spec in specs for part in spec.flatten()]

    def run(values: list[Any]) -> list[Any]:
        with tape_class()(persistent=True) as tape:
            tensors = nest.flatten(values, expand_composites=True)
            tape.watch([t for t in tensors if t.dtype.np in DIFFERENTIABLE])
            made = _called(func, values, Tout)
        results = made if isinstance(made, list) else [made]
        parts = [t for spec, r in zip(specs, results, strict=False) for t in spec.to_tensors(r)]
        return [*parts, Opaque(_Recorded(tape, tensors, parts))]

    outputs = call_on_host(
        "EagerPyFunc",
        run,
        (inputs,),
        {},
        WRITES,
        results=[*[Spec(s.dtype, s.shape._dims) for s in flat], Spec(dtypes.variant, ())],
        vjp=_py_function_vjp,
    )
    if not specs:
        return state.tracer.nodes[-1]
    return _in_structure(specs, outputs[:-1], Tout)


def _py_function_vjp(ctx: Any, *dys: Any) -> list[Any]:
    """Asks the tape that watched the function when it ran."""
    wanted = [i for i, need in enumerate(ctx.needs) if need]
    seeded = [i for i, dy in enumerate(dys[:-1]) if dy is not None]

    def run(inputs: list[Any], recorded: Any, dys: list[Any]) -> list[Any]:
        call: _Recorded = recorded.value
        sources = [call.inputs[i] for i in wanted]
        targets = [call.results[i] for i in seeded]
        found = call.tape.gradient(targets, sources, output_gradients=dys)
        return [zeros_like(x) if g is None else convert(g)
                for g, x in zip(found, sources, strict=True)]  # fmt: skip

    found = call_on_host(
        "EagerPyFuncGrad",
        run,
        ([], ctx.outputs[-1], [dys[i] for i in seeded]),
        {},
        WRITES,
        results=[Spec(ctx.inputs[i].dtype, ctx.inputs[i].spec.shape) for i in wanted],
        vjp=NOT_DIFFERENTIABLE,
    )
    grads: list[Any] = [None] * len(ctx.inputs)
    for i, grad in zip(wanted, found, strict=True):
        grads[i] = grad
    return grads


@export("numpy_function")
def numpy_function(
    func: Any = None,
    inp: Any = None,
    Tout: Any = None,
    stateful: bool = True,
    name: str | None = None,
) -> Any:
    """Calls a Python function with NumPy arrays; no gradient goes through.

    Args:
      func: function of NumPy arrays.
      inp: list of tensors, its arguments.
      Tout: dtype of the result, or a list of dtypes; in eager mode results keep the dtype that
        the function gives them, as in TensorFlow.
      stateful: accepted and not used.
      name: ignored in eager mode.

    Returns:
      A tensor, a list of tensors when the function gives several values, or None.

    Raises:
      TypeError: when `func` is not callable.

    Example:
      >>> import tapeflow as tf
      >>> import numpy as np
      >>> tf.numpy_function(np.cumsum, [tf.constant([1.0, 2.0])], tf.float32).numpy()
      array([1., 3.], dtype=float32)
    """
    if not callable(func):
        raise TypeError(f"numpy_function: func: expected a callable; received {func!r}")
    if state.tracer is not None:
        return _numpy_function_in_graph(func, _inputs(inp), Tout, stateful)
    value = func(*[t.numpy() for t in _inputs(inp)])
    if value is None:
        return None
    if isinstance(value, (list, tuple)):
        return [convert(v) for v in value]
    return convert(value)


def _numpy_function_in_graph(func: Any, inputs: list[Any], Tout: Any, stateful: bool) -> Any:
    specs = _result_specs(Tout)

    def run(values: list[Any]) -> list[Any]:
        try:
            made = func(*[t.numpy() for t in values])
        except OpError:
            raise
        except Exception as error:
            raise _translate(error, "numpy_function") from error
        found = list(made) if isinstance(made, (list, tuple)) else [] if made is None else [made]
        if len(found) < len(specs) or (found and len(found) != len(specs) and specs):
            raise InvalidArgumentError(
                None,
                None,
                f"numpy_function: func: expected {len(specs)} results, as Tout says; "
                f"received {len(found)}",
            )
        # NumPy decides on dtypes: Python's integers are int64, its floats float64.
        results = [
            v if isinstance(v, Tensor) else convert(np.asarray(v)) for v in found[: len(specs)]
        ]
        for i, (result, spec) in enumerate(zip(results, specs, strict=True)):
            if result.dtype is not spec.dtype:
                raise InvalidArgumentError(
                    None,
                    None,
                    f"numpy_function: func: expected result {i} of dtype {spec.dtype.name}, as "
                    f"Tout says; received {result.dtype.name}",
                )
        return results

    outputs = call_on_host(
        "PyFunc" if stateful else "PyFuncStateless",
        run,
        (inputs,),
        {},
        WRITES if stateful else PURE,
        results=[Spec(s.dtype, s.shape._dims) for s in specs],
        vjp=NOT_DIFFERENTIABLE,
    )
    return _in_structure(specs, outputs, Tout) if specs else state.tracer.nodes[-1]


@export("compat.v1.py_func")
def py_func(func: Any, inp: Any, Tout: Any, stateful: bool = True, name: str | None = None) -> Any:
    """Calls a Python function with NumPy arrays; the older name of `tf.numpy_function`.

    Args:
      func: function of NumPy arrays.
      inp: list of tensors, its arguments.
      Tout: dtype of the result, or a list of dtypes.
      stateful: whether equal calls may give different results.
      name: ignored in eager mode.

    Returns:
      A tensor, a list of tensors when the function gives several values, or None.

    Example:
      >>> import tapeflow as tf
      >>> tf.compat.v1.py_func(lambda x: x + 1, [tf.constant(1)], tf.int32).numpy()
      np.int32(2)
    """
    return numpy_function(func, inp, Tout, stateful, name)
