"""Python's builtin functions, as they work on tensors while a function is traced."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import Any

from tapeflow.engine.autograph.staging import is_array, is_staged, is_tensor
from tapeflow.engine.core import dtypes
from tapeflow.engine.core.context import state
from tapeflow.engine.ops.array import dimensions, gathering, shaping, sorting
from tapeflow.engine.ops.array.sequences import range_ as tensor_range
from tapeflow.engine.ops.control_flow.functional import map_fn
from tapeflow.engine.ops.debugging import assertions, printing
from tapeflow.engine.ops.math import casting, comparison, magnitude
from tapeflow.engine.ops.ragged.ragged_tensor import RaggedTensor
from tapeflow.engine.ops.strings import numbers
from tapeflow.engine.runtime.convert import convert

_NOT_GIVEN: Any = object()

_overloaded_kinds: list[tuple[type, dict[str, Callable[..., Any]]]] = []


def overload_builtins(kind: type, **functions: Callable[..., Any]) -> None:
    """Says what builtin functions make of objects of a class while a function is traced.

    Args:
      kind: the class, such as that of datasets.
      **functions: `abs`, `all`, `any`, `enumerate`, `filter`, `len`, `map`, `zip`; each takes what
        the builtin takes.
    """
    _overloaded_kinds.append((kind, functions))


def _overload(name: str, *values: Any) -> Callable[..., Any] | None:
    """What takes the place of a builtin, if it is the same for all of the values."""
    if state.tracer is None or not values:
        return None
    for kind, functions in _overloaded_kinds:
        if name in functions and all(isinstance(v, kind) for v in values):
            return functions[name]
    return None


def abs_(x: Any) -> Any:
    """`abs`."""
    return magnitude.abs(x) if is_staged(x) else (_overload("abs", x) or abs)(x)


def float_(x: Any = 0) -> Any:
    """`float`; of a tensor, a float32."""
    return _number(x, dtypes.float32) if is_tensor(x) else float(x)


def int_(x: Any = 0, base: Any = _NOT_GIVEN) -> Any:
    """`int`; of a tensor, an int32."""
    if is_tensor(x):
        if base not in (_NOT_GIVEN, 10):
            raise NotImplementedError(f"base {base} not supported for int")
        return _number(x, dtypes.int32)
    return int(x) if base is _NOT_GIVEN else int(x, base)


def _number(x: Any, dtype: Any) -> Any:
    tensor = convert(x)
    if tensor.dtype is dtypes.string:
        return numbers.to_number(tensor, dtype)
    return casting.cast(tensor, dtype)


def len_(s: Any) -> Any:
    """`len`; of a tensor, an int where the first dimension is known."""
    if is_staged(s):
        tensor = convert(s)
        rank = tensor.shape.rank
        if rank == 0:
            raise ValueError(f"len requires a non-scalar tensor, got one of shape {tensor.shape}")
        if rank is not None and tensor.shape.as_list()[0] is not None:
            return tensor.shape.as_list()[0]
        if rank is None:
            has_rows = comparison.greater(dimensions.rank(tensor), 0)
            assertions.Assert(has_rows, ["len requires non-zero rank, got 0"])
        return shaping.shape(tensor)[0]
    if state.tracer is not None:
        if is_array(s):
            return s.size()
        if isinstance(s, RaggedTensor):
            rows = s.shape.as_list()[0]
            return s.nrows() if rows is None else rows
    return (_overload("len", s) or len)(s)


def print_(*objects: Any, **kwargs: Any) -> None:
    """`print`; with a tensor among the objects, when the function runs."""
    unknown = set(kwargs) - {"sep", "end", "file", "flush"}
    if unknown:
        raise ValueError(f"invalid keyword arguments: {tuple(sorted(unknown))}")
    if not any(is_staged(x) for x in objects):
        print(*objects, **kwargs)
        return
    if "flush" in kwargs:
        raise ValueError('invalid keyword arguments "flush" for print: not supported for tensors')
    stream = kwargs.get("file") or sys.stdout
    sep, end = kwargs.get("sep"), kwargs.get("end")
    printing.print_(
        *objects,
        output_stream=stream,
        sep=" " if sep is None else sep,
        end="\n" if end is None else end,
    )


def range_(start_or_stop: Any, stop: Any = _NOT_GIVEN, step: Any = _NOT_GIVEN) -> Any:
    """`range`; with a tensor among the arguments, `tf.range`."""
    arguments = [a for a in (start_or_stop, stop, step) if a is not _NOT_GIVEN]
    return tensor_range(*arguments) if any(map(is_tensor, arguments)) else range(*arguments)


def enumerate_(s: Any, start: Any = 0) -> Any:
    """`enumerate`; of a dataset, a dataset."""
    return (_overload("enumerate", s) or enumerate)(s, start)


def zip_(*iterables: Any, strict: bool = False) -> Any:
    """`zip`; of datasets, a dataset."""
    overload = _overload("zip", *iterables)
    return zip(*iterables, strict=strict) if overload is None else overload(*iterables)


def map_(fn: Any, *iterables: Any) -> Any:
    """`map`; over datasets, a dataset."""
    return (_overload("map", *iterables) or map)(fn, *iterables)


def filter_(function: Any, iterable: Any) -> Any:
    """`filter`; of a dataset, a dataset."""
    return (_overload("filter", iterable) or filter)(function, iterable)


def any_(iterable: Any) -> Any:
    """`any`; of a dataset of booleans, a boolean tensor."""
    return (_overload("any", iterable) or any)(iterable)


def all_(iterable: Any) -> Any:
    """`all`; of a dataset of booleans, a boolean tensor."""
    return (_overload("all", iterable) or all)(iterable)


def sorted_(iterable: Any, key: Any = None, reverse: Any = False) -> Any:
    """`sorted`; of a vector, a vector."""
    if not is_tensor(iterable):
        return sorted(iterable, key=key, reverse=reverse)
    tensor = convert(iterable)
    if tensor.shape.rank != 1:
        raise ValueError("sort only supports only 1D tensors")
    direction = "DESCENDING" if reverse else "ASCENDING"
    if key is None:
        return sorting.sort(tensor, direction=direction)
    order = sorting.argsort(map_fn(key, tensor), direction=direction, stable=True)
    return gathering.gather(tensor, order)


OVERLOADS: dict[Any, Callable[..., Any]] = {
    abs: abs_,
    all: all_,
    any: any_,
    enumerate: enumerate_,
    filter: filter_,
    float: float_,
    int: int_,
    len: len_,
    map: map_,
    print: print_,
    range: range_,
    sorted: sorted_,
    zip: zip_,
}


def call_builtin(
    function: Any, args: tuple[Any, ...], kwargs: dict[str, Any] | None, scope: Any
) -> Any:
    """Calls a builtin, or what takes its place.

    Args:
      function: the builtin.
      args: its arguments.
      kwargs: its keyword arguments, or None.
      scope: the `FunctionScope` of the caller; `super()`, `locals()` and the like look at its
        frame.

    Returns:
      What it returns.
    """
    in_frame = _IN_FRAME.get(function)
    if in_frame is not None and scope is not None:
        return in_frame(scope, *args)
    return OVERLOADS.get(function, function)(*args, **(kwargs or {}))


def _frames_of(scope: Any) -> list[types.FrameType]:
    """The frames of the converted function that `scope` belongs to, innermost first.

    Its blocks are functions of their own, which have it as a free variable.
    """
    found = []
    frame: types.FrameType | None = sys._getframe(2)
    while frame is not None:
        if frame.f_locals.get(scope.name) is scope:
            found.append(frame)
        elif found and scope.name in frame.f_locals:
            break
        frame = frame.f_back
    return found


def _locals(scope: Any) -> dict[str, Any]:
    return dict(_frames_of(scope)[0].f_locals)


def _globals(scope: Any) -> dict[str, Any]:
    return _frames_of(scope)[0].f_globals


def _eval(scope: Any, source: Any, *namespaces: Any) -> Any:
    if namespaces:
        return eval(source, *namespaces)
    frame = _frames_of(scope)[0]
    return eval(source, frame.f_globals, dict(frame.f_locals))


def _super(scope: Any, *args: Any) -> Any:
    if args:
        return super(*args)
    frame = _frames_of(scope)[-1]
    first = frame.f_code.co_varnames[0]
    return super(frame.f_locals["__class__"], frame.f_locals[first])


_IN_FRAME: dict[Any, Callable[..., Any]] = {
    eval: _eval,
    globals: _globals,
    locals: _locals,
    super: _super,
}
