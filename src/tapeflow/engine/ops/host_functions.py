"""Python functions of eager values as operations of a graph.

What is written in NumPy on the values themselves (rows of ragged tensors, coordinates of sparse
ones, user code) runs in a graph as one operation that calls the same eager function. What such a
function returns is found out by calling it, while the graph is built, on small stand-ins of the
arguments: what is the same for all of them (structure, dtypes, sizes that no value decides) is
known of the result. The gradient is the eager tape's, run inside of an operation again.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import current_recorders, set_recorders, state
from tapeflow.engine.core.dtypes import FROM_NUMPY
from tapeflow.engine.core.errors import OpError
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.ir.primitive import PURE, Effect, Primitive, unregistered
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.stand_ins import TRIALS, StandIns
from tapeflow.engine.runtime.composite import is_composite
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import DIFFERENTIABLE, apply
from tapeflow.engine.runtime.tensor import EagerTensor, Tensor
from tapeflow.engine.tracing.graph import known_value


@contextmanager
def eagerly() -> Iterator[None]:
    """Runs what stands inside eagerly, whatever is traced or watched around it."""
    tracer, recorders = state.tracer, current_recorders()
    state.tracer = None
    set_recorders(())
    try:
        yield
    finally:
        state.tracer = tracer
        set_recorders(recorders)


# Nests of arguments and results, taken apart into tensors.


class Opaque:
    """A Python object as a result of an operation, which later operations get as it is."""

    __slots__ = ("__weakref__", "value")
    dtype = dtypes.variant
    shape = TensorShape([])

    def __init__(self, value: Any) -> None:
        self.value = value


class _Tensor:
    """Where tensor number `index` stood."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        self.index = index


class _Composite:
    """Where a composite tensor stood, whose components are tensors number `first` and on."""

    __slots__ = ("count", "first", "like")

    def __init__(self, like: Any, first: int, count: int) -> None:
        self.like = like
        self.first = first
        self.count = count


def _apart(value: Any, tensors: list[Any]) -> Any:
    """Puts the tensors of a nest into `tensors`; returns the nest with marks in their places."""
    if isinstance(value, (Tensor, Opaque)):
        tensors.append(value)
        return _Tensor(len(tensors) - 1)
    if is_composite(value):
        components = value._components()
        tensors.extend(components)
        return _Composite(value, len(tensors) - len(components), len(components))
    if hasattr(value, "_handle") and not isinstance(value, type):  # a variable
        return _apart(convert(value), tensors)
    kind = type(value)
    if kind is list or kind is tuple:
        return kind([_apart(v, tensors) for v in value])
    if kind is dict:
        return {k: _apart(v, tensors) for k, v in value.items()}
    if kind is slice:
        return slice(*[_apart(v, tensors) for v in (value.start, value.stop, value.step)])
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return kind(*[_apart(v, tensors) for v in value])
    return value


def _together(marked: Any, tensors: Sequence[Any]) -> Any:
    """The nest that `_apart` took apart, with these tensors."""
    kind = type(marked)
    if kind is _Tensor:
        return tensors[marked.index]
    if kind is _Composite:
        parts = list(tensors[marked.first : marked.first + marked.count])
        return marked.like._with_components(parts)
    if kind is list or kind is tuple:
        return kind([_together(v, tensors) for v in marked])
    if kind is dict:
        return {k: _together(v, tensors) for k, v in marked.items()}
    if kind is slice:
        bounds = (marked.start, marked.stop, marked.step)
        return slice(*[_together(v, tensors) for v in bounds])
    if isinstance(marked, tuple) and hasattr(marked, "_fields"):
        return kind(*[_together(v, tensors) for v in marked])
    return marked


def _stood_in(marked: Any, tensors: Sequence[Any], how: StandIns) -> Any:
    """The nest with a stand-in for each tensor and composite tensor."""
    kind = type(marked)
    if kind is _Tensor:
        return how.tensor(tensors[marked.index])
    if kind is _Composite:
        parts = list(tensors[marked.first : marked.first + marked.count])
        if all(type(t) is EagerTensor for t in parts):
            return marked.like
        return marked.like._stand_in(how)
    if kind is list or kind is tuple:
        return kind([_stood_in(v, tensors, how) for v in marked])
    if kind is dict:
        return {k: _stood_in(v, tensors, how) for k, v in marked.items()}
    if kind is slice:
        return slice(
            *[_stood_in(v, tensors, how) for v in (marked.start, marked.stop, marked.step)]
        )
    return marked


# The operation.


class HostFunction:
    """A Python function with the nest of arguments of one call: what one operation calls.

    Attributes:
      name: the operation's type.
      marked: the nest of results, with marks where tensors go.
      specs: what is known of these tensors.
    """

    def __init__(
        self, name: str, function: Callable[..., Any], arguments: Any, example: Any = None
    ) -> None:
        self.name = name
        self._example = example
        self._function = function
        self._arguments = arguments
        self._gradients: dict[Any, Callable[..., Any]] = {}
        self.marked: Any = None
        self.specs: list[Spec] = []

    def run(self, tensors: Sequence[Any]) -> Any:
        """Calls the function, with these tensors among its arguments."""
        args, kwargs = _together(self._arguments, tensors)
        return self._function(*args, **kwargs)

    def kernel(self, *arrays: Any) -> Any:
        """The arrays of the results."""
        with eagerly():
            result = self.run([_as_tensor(a) for a in arrays])
            found: list[Any] = []
            _apart(result, found)
        if len(found) != len(self.specs):
            raise AssertionError(
                f"{self.name}: expected {len(self.specs)} results; received {len(found)}"
            )
        out = tuple([t if type(t) is Opaque else t._array for t in found])
        for spec, array in zip(self.specs, out, strict=True):
            if isinstance(array, np.ndarray) and not spec.accepts(
                Spec(FROM_NUMPY[array.dtype], array.shape)
            ):
                raise AssertionError(
                    f"{self.name}: expected a result {spec}; received {array.dtype}{array.shape}"
                )
        return out[0] if len(out) == 1 else out

    def learn(self, tensors: Sequence[Any]) -> None:
        """Finds out what the function returns for such tensors.

        Raises:
          Exception: what the function raises for all stand-ins.
        """
        trials = self._successes(self._function, tensors)
        plain = [tensors[i] for i in _plain_places(self._arguments)]
        undecided = any(known_value(t) is None for t in plain)
        if isinstance(trials, Exception) and self._example is not None and undecided:
            trials = self._successes(self._example, tensors)
        if isinstance(trials, Exception):
            raise _at_tracing(trials)
        self.marked = trials[0].marked
        trusted = _trusted(self._arguments, tensors, trials)
        samples = [[t._array for t in trial.found] for trial in trials]
        self.specs = [
            _common([arrays[i] for arrays in samples], trusted) for i in range(len(samples[0]))
        ]
        _forget_counts(self.marked, self.specs, samples if trusted else samples[:1])

    def _successes(self, call: Callable[..., Any], tensors: Sequence[Any]) -> Any:
        """What `call` returns for stand-ins of several sizes; the first error if it never does."""
        found: list[_Trial] = []
        problem: Exception | None = None
        models = _known_shapes(self._arguments, tensors)
        for ways in (*TRIALS, *_like_known(tensors, models)):
            if len(found) > 1 and ways[0][0] > 5:
                break
            for way in ways:
                try:
                    with eagerly():
                        args, kwargs = _stood_in(self._arguments, tensors, StandIns(*way))
                        results: list[Any] = []
                        marked = _apart(call(*args, **kwargs), results)
                except Exception as error:  # these stand-ins do not fit; others may
                    problem = problem or error
                else:
                    found.append(_Trial(way, marked, results))
                    break
        return found or problem

    def gradient(self, wanted: tuple[int, ...], seeded: tuple[int, ...]) -> Callable[..., Any]:
        """A function from arguments and cotangents of results to cotangents of inputs.

        Args:
          wanted: the numbers of the inputs.
          seeded: the numbers of the results whose cotangents are given.
        """
        key = (wanted, seeded)
        made = self._gradients.get(key)
        if made is None:

            def made(arguments: Any, dys: list[Any]) -> list[Any]:
                sources, grads = self.differentiated(arguments, wanted, seeded, dys)
                return [
                    EagerTensor(np.zeros_like(x._array)) if g is None else convert(g)
                    for g, x in zip(grads, sources, strict=True)
                ]

            self._gradients[key] = made
        return made

    def differentiated(
        self, arguments: Any, wanted: tuple[int, ...], seeded: tuple[int, ...], dys: Any
    ) -> tuple[list[Any], list[Any]]:
        """The inputs that are wanted, and their cotangents or None, for eager arguments."""
        inputs: list[Any] = []
        marked = _apart(arguments, inputs)
        sources = [inputs[i] for i in wanted]
        with tape_class()() as tape:
            for source in sources:
                tape.watch(source)
            args, kwargs = _together(marked, inputs)
            results: list[Any] = []
            _apart(self._function(*args, **kwargs), results)
        targets = [results[i] for i in seeded]
        return sources, list(tape.gradient(targets, sources, output_gradients=dys))

    def connected(
        self, tensors: Sequence[Any], wanted: tuple[int, ...], seeded: tuple[int, ...]
    ) -> tuple[int, ...]:
        """Those of the wanted inputs on which the results depend differentiably."""
        for trials in TRIALS:
            for trial in trials:
                try:
                    with eagerly():
                        arguments = _stood_in(self._arguments, tensors, StandIns(*trial))
                        _, grads = self.differentiated(arguments, wanted, seeded, None)
                except Exception:  # the stand-ins do not fit the function; others may
                    continue
                found = zip(wanted, grads, strict=True)
                return tuple([i for i, grad in found if grad is not None])
        return wanted

    def arguments_of(self, tensors: Sequence[Any]) -> Any:
        """The nest of arguments, of these tensors."""
        return _together(self._arguments, tensors)


def _at_tracing(error: Exception) -> Exception:
    """TensorFlow's shape rules raise Python's errors while a graph is built."""
    if isinstance(error, IndexError):  # slices of graphs refuse this as a wrong shape
        return ValueError(str(error))
    rule_error = getattr(error, "rule_error", None)
    if not isinstance(error, OpError) or rule_error is None:
        return error
    if getattr(rule_error, "about_values", False):
        return error
    kind = TypeError if getattr(rule_error, "about_dtype", False) else ValueError
    return kind(error.message)


class _Trial(NamedTuple):
    """A call with stand-ins: how they were made, and the results."""

    way: tuple[Any, ...]
    marked: Any
    found: list[Any]


def _trusted(marked: Any, tensors: Sequence[Any], trials: list[_Trial]) -> bool:
    """Whether sizes that are the same for all trials are so for all arguments.

    They need not be where integers decide about sizes, or where unknown sizes had to be equal to
    known ones.
    """
    if any(len(trial.way) > 3 for trial in trials) or len(trials) == 1:
        return False
    return not any(_decides(tensors[i]) for i in _plain_places(marked))


def _decides(tensor: Any) -> bool:
    dtype = tensor.dtype
    return (dtype.is_integer or dtype.is_bool) and known_value(tensor) is None


def _plain_places(marked: Any) -> list[int]:
    """The numbers of the tensors in a nest that are no parts of composite tensors."""
    kind = type(marked)
    if kind is _Tensor:
        return [marked.index]
    if kind is dict:
        marked = list(marked.values())
    if kind is slice:
        marked = [marked.start, marked.stop, marked.step]
    if isinstance(marked, (list, tuple)):
        return [i for item in marked for i in _plain_places(item)]
    return []


def _like_known(tensors: Sequence[Any], models: Any) -> list[Any]:
    """Ways with unknown dimensions as large as the known ones: they may have to be equal."""
    known = [t.shape._dims for t in tensors if t.shape._dims is not None]
    sizes = sorted({d for dims in known for d in dims if d is not None and d > 5})
    ways = [(s, f) for f in ("zeros", "count", "ones") for s in ("size", "zero", "one")]
    alike = [(6, *way, models) for way in ways]
    return [alike, *[[(size, *way, ()) for way in ways] for size in sizes[:4]]]


def _known_shapes(marked: Any, tensors: Sequence[Any]) -> list[tuple[int, ...]]:
    """The shapes in a nest of arguments that are known in full."""
    kind = type(marked)
    if kind is _Composite or kind is _Tensor:
        like = marked.like if kind is _Composite else tensors[marked.index]
        dims = like.shape._dims
        return [] if not dims or None in dims else [dims]
    if kind is dict:
        marked = list(marked.values())
    if isinstance(marked, (list, tuple)):
        return [shape for item in marked for shape in _known_shapes(item, tensors)]
    return []


def _common(arrays: list[Any], several: bool) -> Spec:
    first = arrays[0]
    dtype = FROM_NUMPY[first.dtype]
    if any(a.ndim != first.ndim for a in arrays):
        return Spec(dtype, None)
    if not several:
        return Spec(dtype, (None,) * first.ndim)
    dims = zip(*[a.shape for a in arrays], strict=True)
    return Spec(dtype, tuple([d[0] if len(set(d)) == 1 else None for d in dims]))


def _forget_counts(marked: Any, specs: list[Spec], samples: list[list[Any]]) -> None:
    """How many elements a composite result has is for the values to decide."""
    kind = type(marked)
    if kind is _Composite:
        marked.like._forget_counts(specs, marked.first, samples)
    elif isinstance(marked, (list, tuple)):
        for item in marked:
            _forget_counts(item, specs, samples)
    elif kind is dict:
        for item in marked.values():
            _forget_counts(item, specs, samples)


def _as_tensor(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        return EagerTensor(np.asarray(value))
    if isinstance(value, (bytes, str)):
        return convert(value, dtypes.string)
    return value


@functools.cache
def tape_class() -> Any:
    """`tf.GradientTape`."""
    # By name: tapes stand above the operations.
    return import_module("tapeflow.engine.autodiff.tape").GradientTape


def _kernel(*arrays: Any, function: HostFunction) -> Any:
    return function.kernel(*arrays)


def _infer(*inputs: Spec, function: HostFunction) -> Any:
    made = [Spec(s.dtype, s.shape, None, s.dims) for s in function.specs]
    return made[0] if len(made) == 1 else tuple(made)


def _vjp(ctx: Any, *dys: Any) -> list[Any]:
    function: HostFunction = ctx.attrs["function"]
    inputs = list(ctx.inputs)
    wanted = [
        i for i, (x, need) in enumerate(zip(inputs, ctx.needs, strict=True))
        if need and x.dtype.np in DIFFERENTIABLE
    ]  # fmt: skip
    seeded = [
        i
        for i, (dy, spec) in enumerate(zip(dys, function.specs, strict=True))
        if dy is not None and spec.dtype.np in DIFFERENTIABLE
    ]
    grads: list[Any] = [None] * len(inputs)
    if not wanted or not seeded:
        return grads
    live = function.connected(inputs, tuple(wanted), tuple(seeded))
    if not live:
        return grads
    found = call_on_host(
        f"{function.name}Grad",
        function.gradient(live, tuple(seeded)),
        (function.arguments_of(inputs), [dys[i] for i in seeded]),
        {},
        results=[Spec(inputs[i].dtype, _static_dims(inputs[i])) for i in live],
    )
    for i, grad in zip(live, found, strict=True):
        grads[i] = grad
    return grads


def _static_dims(tensor: Any) -> Any:
    return tensor.shape._dims


_PRIMITIVES: dict[Any, Primitive] = {}


def host_primitive(name: str, effect: Effect, vjp: Any = _vjp) -> Primitive:
    """The primitive of that name whose attribute `function` says what it calls."""
    key = (name, effect, vjp)
    prim = _PRIMITIVES.get(key)
    if prim is None:
        prim = _PRIMITIVES[key] = unregistered(name, _infer, _kernel, vjp, effect)
    return prim


def call_on_host(
    name: str,
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    effect: Effect = PURE,
    results: list[Spec] | None = None,
    vjp: Any = _vjp,
    example: Any = None,
) -> Any:
    """Adds a call of an eager function to the graph that is traced.

    Args:
      name: the operation's type.
      function: the function; it returns a nest of tensors and composite tensors.
      args: its arguments, nests of tensors, composite tensors and other values.
      kwargs: its named arguments.
      effect: what it does besides computing results.
      results: specs of its results, one tensor each, where calling it now would be wrong.
      vjp: its gradient rule; by default what a tape makes of it.
      example: called with stand-ins in place of the function, for results of the same kind.

    Returns:
      What the function returns, of symbolic tensors.

    Raises:
      Exception: what the function raises for arguments of these dtypes and shapes.
    """
    tensors: list[Any] = []
    host = HostFunction(name, function, _apart((args, kwargs), tensors), example)
    if results is None and effect is PURE and all(_is_plain(t) for t in tensors):
        return _computed_now(host, tensors)
    if results is None:
        host.learn(tensors)
    else:
        host.specs = results
        host.marked = [_Tensor(i) for i in range(len(results))]
    outputs = apply(host_primitive(name, effect, vjp), *tensors, function=host)
    found = outputs if isinstance(outputs, tuple) else (outputs,)
    return _together(host.marked, found)


def _is_plain(tensor: Any) -> bool:
    """Whether the values are known and no gradient is lost when they are used at once."""
    return tensor.dtype.np not in DIFFERENTIABLE and known_value(tensor) is not None


def _computed_now(host: HostFunction, tensors: list[Any]) -> Any:
    """The results as constants of the graph."""
    with eagerly():
        try:
            result = host.run([EagerTensor(known_value(t)) for t in tensors])
        except Exception as error:
            raise _at_tracing(error) from None
    found: list[Any] = []
    marked = _apart(result, found)
    return _together(marked, [state.tracer.constant_of(t) for t in found])


def on_host(
    name: str, effect: Effect = PURE, example: Any = None
) -> Callable[[Callable[..., Any]], Any]:
    """Decorates an eager function that a graph calls as one operation.

    Args:
      name: the operation's type.
      effect: what it does besides computing its result.
      example: gives a result of the same kind for arguments that the function may refuse.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if state.tracer is None:
                return function(*args, **kwargs)
            return call_on_host(name, function, args, kwargs, effect, example=example)

        return call

    return decorate
