"""Python's builtin functions, as they work on tensors while a function is traced."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import Any

from tapeflow.engine.autograph.staging import is_array, is_staged
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
from tapeflow.engine.tracing.symbolic import SymbolicTensor

_NOT_GIVEN: Any = object()

DATASET_OVERLOADS: dict[str, Callable[..., Any]] = {}
"""What the data layer makes of `enumerate`, `zip`, `map`, `filter`, `len`, `any` and `all` of
datasets: name of the builtin to a function that takes the same arguments."""

IS_DATASET: list[type] = []
"""The classes of datasets."""


def _is_dataset(value: Any) -> bool:
    return bool(IS_DATASET) and isinstance(value, tuple(IS_DATASET))


def abs_(x: Any) -> Any:
    """`abs`."""
    return magnitude.abs(x) if is_staged(x) else abs(x)


def float_(x: Any = 0) -> Any:
    """`float`; of a tensor, a float32."""
    return _number(x, dtypes.float32) if is_staged(x) else float(x)


def int_(x: Any = 0, base: Any = _NOT_GIVEN) -> Any:
    """`int`; of a tensor, an int32."""
    if is_staged(x):
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
            return s.nrows()
        if _is_dataset(s):
            return DATASET_OVERLOADS["len"](s)
    return len(s)


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
    return tensor_range(*arguments) if any(map(is_staged, arguments)) else range(*arguments)


def enumerate_(s: Any, start: Any = 0) -> Any:
    """`enumerate`; of a dataset, a dataset."""
    if state.tracer is not None and _is_dataset(s):
        return DATASET_OVERLOADS["enumerate"](s, start)
    return enumerate(s, start)


def zip_(*iterables: Any, strict: bool = False) -> Any:
    """`zip`; of datasets, a dataset."""
    if state.tracer is not None and iterables and all(map(_is_dataset, iterables)):
        return DATASET_OVERLOADS["zip"](*iterables)
    return zip(*iterables, strict=strict)


def map_(fn: Any, *iterables: Any) -> Any:
    """`map`; over datasets, a dataset."""
    if state.tracer is not None and iterables and all(map(_is_dataset, iterables)):
        return DATASET_OVERLOADS["map"](fn, *iterables)
    return map(fn, *iterables)


def filter_(function: Any, iterable: Any) -> Any:
    """`filter`; of a dataset, a dataset."""
    if state.tracer is not None and _is_dataset(iterable):
        return DATASET_OVERLOADS["filter"](function, iterable)
    return filter(function, iterable)


def any_(iterable: Any) -> Any:
    """`any`; of a dataset of booleans, a boolean tensor."""
    if state.tracer is not None and _is_dataset(iterable):
        return DATASET_OVERLOADS["any"](iterable)
    return any(iterable)


def all_(iterable: Any) -> Any:
    """`all`; of a dataset of booleans, a boolean tensor."""
    if state.tracer is not None and _is_dataset(iterable):
        return DATASET_OVERLOADS["all"](iterable)
    return all(iterable)


def sorted_(iterable: Any, key: Any = None, reverse: Any = False) -> Any:
    """`sorted`; of a vector, a vector."""
    if not isinstance(iterable, SymbolicTensor) and not is_staged(iterable):
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
