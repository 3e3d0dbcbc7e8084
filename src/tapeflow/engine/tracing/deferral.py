"""What a graph leaves to eager execution, as it depends on values that the trace cannot see.

Attributes of a primitive are known when it is traced. TensorFlow takes some of ours (axes) as
inputs, and programs may compute them. Such a call becomes a node whose further inputs are the
attributes; when it runs, it calls the primitive eagerly, and its gradient is the eager one. The
same goes for functions that plan their work in Python, by sizes (`deferred`). It is slower than a
node of the usual kind, and rare.
"""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tapeflow.engine.core.context import state
from tapeflow.engine.core.errors import InvalidArgumentError, OpError
from tapeflow.engine.core.shapes import common_dims
from tapeflow.engine.ir.infer import reads_values
from tapeflow.engine.ir.primitive import (
    NOT_DIFFERENTIABLE,
    PURE,
    Effect,
    Primitive,
    unregistered,
)
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime import upward
from tapeflow.engine.runtime.convert import convert, static_value
from tapeflow.engine.runtime.dispatch import DIFFERENTIABLE, apply
from tapeflow.engine.runtime.execution import outside_graphs
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor
from tapeflow.engine.tracing.symbolic import SymbolicTensor

AXES = frozenset(("axis", "dimension", "perm"))
"""Attributes that name dimensions, of which there are few: the shape rule is asked for each."""

MAX_CANDIDATES = 600


def is_late(attrs: dict[str, Any]) -> bool:
    """Whether an attribute is a tensor."""
    for value in attrs.values():  # noqa: SIM110 - a generator costs every traced operation more
        if type(value) is SymbolicTensor:
            return True
    return False


def as_inputs(
    prim: Primitive, inputs: tuple[Any, ...], attrs: dict[str, Any]
) -> tuple[Primitive, tuple[Any, ...], dict[str, Any]]:
    """The same call with tensors among the attributes as further inputs.

    Args:
      prim: the primitive.
      inputs: its inputs.
      attrs: its attributes; scalars stand for integers, vectors for tuples of them.

    Returns:
      A primitive of the same name with its inputs and attributes.
    """
    names = tuple([name for name, value in attrs.items() if type(value) is SymbolicTensor])
    rest = {name: value for name, value in attrs.items() if name not in names}
    return _late(prim, names), (*inputs, *[attrs[name] for name in names]), rest


_made: dict[tuple[int, tuple[str, ...]], tuple[Primitive, Primitive]] = {}


def _late(prim: Primitive, names: tuple[str, ...]) -> Primitive:
    known = _made.get((id(prim), names))
    if known is not None:
        return known[1]
    count = len(names)

    def run(*tensors: Any, **attrs: Any) -> Any:
        late = {n: _plain(t._array) for n, t in zip(names, tensors[-count:], strict=True)}
        return apply(prim, *tensors[:-count], **attrs, **late)

    @reads_values(0)
    def infer(*specs: Spec, **attrs: Any) -> Any:
        return _inferred(prim, specs[:-count], dict(zip(names, specs[-count:], strict=True)), attrs)

    made = eager_call(prim.name, run, infer, prim.differentiable, prim.variadic, prim.effect)
    _made[id(prim), names] = (prim, made)
    return made


def eager_call(
    name: str,
    function: Callable[..., Any],
    infer: Callable[..., Any],
    differentiable: bool = True,
    variadic: bool = False,
    effect: Effect = PURE,
) -> Primitive:
    """A primitive that calls a function of eager tensors; any derivative of it is one, too.

    Args:
      name: what to call it.
      function: gives a tensor or a tuple of tensors.
      infer: its shape rule.
      differentiable: whether a gradient passes through.
      variadic: whether the function gives a tuple even of one tensor.
      effect: what it does besides.
    """

    def kernel(*arrays: Any, **attrs: Any) -> Any:
        with outside_graphs():
            out = function(*[EagerTensor(np.asarray(a)) for a in arrays], **attrs)
        return tuple([t._array for t in out]) if isinstance(out, tuple) else out._array

    def vjp(ctx: Any, *dys: Any) -> Any:
        count = len(ctx.inputs)
        wanted = [i for i, x in enumerate(ctx.inputs) if x.dtype.np in DIFFERENTIABLE]
        attrs = ctx.attrs

        def gradient(*tensors: Any, call: Any) -> Any:
            xs, seeds = list(tensors[:count]), list(tensors[count:])
            return upward.call(
                "eager_gradients", lambda *xs: function(*xs, **attrs), xs, wanted, seeds
            )

        def infer_gradient(*specs: Spec, call: Any) -> tuple[Spec, ...]:
            return tuple([Spec(specs[i].dtype, specs[i].shape) for i in wanted])

        prim = eager_call(name + "Grad", gradient, infer_gradient, variadic=True)
        # The attribute tells it from other gradients of the same inputs.
        grads = apply(prim, *ctx.inputs, *dys, call=gradient)
        out: list[Any] = [None] * count
        for i, grad in zip(wanted, grads, strict=True):
            out[i] = grad
        return tuple(out)

    rule = vjp if differentiable else NOT_DIFFERENTIABLE
    made = unregistered(name, infer, kernel, rule, effect)
    made.variadic = variadic
    return made


def deferred(name: str, function: Callable[..., Any], tensors: Sequence[Any], *specs: Spec) -> Any:
    """Calls a function of tensors when the graph runs, for what is planned in Python by sizes.

    Args:
      name: what to call the operation.
      function: gets eager tensors, gives a tensor or a tuple of them.
      tensors: its arguments.
      *specs: what is known of its results.

    Returns:
      A symbolic tensor, or a tuple where there are several specs.
    """

    def run(*inputs: Any, call: Any) -> Any:
        return function(*inputs)

    def infer(*_: Spec, call: Any) -> Any:
        made = [Spec(spec.dtype, spec.shape) for spec in specs]
        return made[0] if len(made) == 1 else tuple(made)

    return apply(eager_call(name, run, infer), *tensors, call=run)


def _plain(array: Any) -> Any:
    values = np.asarray(array).tolist()
    return tuple(values) if isinstance(values, list) else values


def _inferred(
    prim: Primitive, specs: tuple[Spec, ...], late: dict[str, Spec], attrs: dict[str, Any]
) -> Any:
    """What is known of the outputs whatever the attributes will be."""
    if all(spec.value is not None for spec in late.values()):
        known = {name: _plain(spec.value) for name, spec in late.items()}
        return prim.infer(*specs, **attrs, **known)
    found: list[tuple[Spec, ...]] = []
    error: OpError | None = None
    several = True
    for candidate in _candidates(specs, late):
        try:
            outs = prim.infer(*specs, **attrs, **candidate)
        except OpError as raised:
            error = raised
            continue
        several = isinstance(outs, tuple)
        found.append(outs if isinstance(outs, tuple) else (outs,))
    if not found:
        assert error is not None
        raise error
    exact = _few(specs, late)
    joined = []
    for outs in zip(*found, strict=True):
        shape = outs[0].shape if exact else None
        for out in outs[1:] if exact else ():
            shape = common_dims(shape, out.shape)
        joined.append(Spec(outs[0].dtype, shape))
    return tuple(joined) if several else joined[0]


def _few(specs: tuple[Spec, ...], late: dict[str, Spec]) -> bool:
    """Whether the candidates are all that can be."""
    if len(late) != 1 or not late.keys() <= AXES:
        return False
    rank = specs[0].rank
    (spec,) = late.values()
    if rank is None or spec.shape is None:
        return False
    size = spec.shape[0] if spec.shape else 1
    longest = rank if size is None else size
    return sum((rank + 1) ** n for n in range(longest + 1)) <= MAX_CANDIDATES


def _candidates(specs: tuple[Spec, ...], late: dict[str, Spec]) -> Iterator[dict[str, Any]]:
    rank = specs[0].rank if specs else None
    if not _few(specs, late):
        # One guess for each: it tells the dtypes.
        for n in range((rank or 0) + 1):
            yield {name: tuple(range(n)) if spec.shape != () else 0 for name, spec in late.items()}
        return
    assert rank is not None
    ((name, spec),) = late.items()
    if spec.shape == ():
        for axis in range(rank + 1):
            yield {name: axis}
        return
    assert spec.shape is not None
    size = spec.shape[0]
    for length in range(rank + 1) if size is None else (size,):
        for axes in itertools.product(range(rank + 1), repeat=length):
            yield {name: axes}


def planned(
    *, sizes: Sequence[str] = (), values: Sequence[str] = (), result: Callable[..., Any]
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorates a function that plans its work in Python; in a graph it may have to wait.

    Args:
      sizes: the arguments whose dimensions it looks at.
      values: the arguments whose values it looks at, such as counts and lengths.
      result: called with the arguments of a call that has to wait, tensors for those named; gives
        the spec of the result, or a tuple or list of specs.

    Returns:
      A decorator. The function is called at once where all that is known, and always eagerly.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if state.tracer is None:
                return function(*args, **kwargs)
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            given = bound.arguments
            for name in (*sizes, *values):
                if given[name] is not None and not isinstance(given[name], Tensor):
                    if name in sizes or _has_tensors(given[name]):
                        given[name] = convert(given[name])
            waits = any(_unknown_sizes(given[name]) for name in sizes) or any(
                isinstance(given[name], Tensor) and static_value(given[name]) is None
                for name in values
            )
            if not waits:
                return function(*bound.args, **bound.kwargs)
            names = [n for n, value in given.items() if isinstance(value, Tensor)]

            def run(*tensors: Any) -> Any:
                try:
                    out = function(**{**given, **dict(zip(names, tensors, strict=True))})
                except ValueError as error:  # TensorFlow's graphs assert what it checks in Python
                    raise InvalidArgumentError(None, None, str(error)) from None
                return out if isinstance(out, Tensor) else tuple(out)

            specs = result(**{k: v for k, v in given.items() if k != "name"})
            several = specs if isinstance(specs, (list, tuple)) else (specs,)
            out = deferred(function.__name__, run, [given[n] for n in names], *several)
            return list(out) if isinstance(specs, list) else out

        return call

    return decorate


def _has_tensors(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(isinstance(v, Tensor) or _has_tensors(v) for v in value)
    return False


def _unknown_sizes(value: Any) -> bool:
    return isinstance(value, Tensor) and not value.shape.is_fully_defined()
