"""Stages that elements come from: tensors, rows of tensors, numbers, Python generators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes, nest
from tapeflow.engine.core.errors import (
    InternalError,
    InvalidArgumentError,
    OpError,
    OutOfRangeError,
    ResourceExhaustedError,
    UnimplementedError,
    UnknownError,
)
from tapeflow.engine.data.stages.stage import INFINITE, UNKNOWN, Element, Run, Stage, Stream
from tapeflow.engine.ir.infer import reject
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import Tensor, held


class TensorStage(Stage):
    """One element."""

    op = "TensorDataset"
    kind = "_TensorDataset"
    in_memory = True

    def __init__(self, *components: Any) -> None:
        if not components:
            reject("components: expected one tensor at least; received none")
        self.element = components

    def open(self, run: Run) -> Stream:
        return ListStream([self.element])

    def cardinality(self) -> int:
        return 1


class ListStream(Stream):
    """Elements of a list."""

    __slots__ = ("_elements", "_next")

    def __init__(self, elements: Any) -> None:
        self._elements = elements
        self._next = 0

    def __next__(self) -> Element:
        i = self._next
        if i >= len(self._elements):
            raise StopIteration
        self._next = i + 1
        return self._elements[i]  # type: ignore[no-any-return]


class ListStage(Stage):
    """Elements that are there already; other stages make it."""

    kind = "_ListDataset"
    in_memory = True

    def __init__(self, elements: list[Element]) -> None:
        self._elements = elements

    def open(self, run: Run) -> Stream:
        return ListStream(self._elements)

    def cardinality(self) -> int:
        return len(self._elements)


class ElementsStage(ListStage):
    """Elements that were given one by one.

    Args:
      *values: the values of all elements.
      count: how many elements there are.
    """

    op = "ListDataset"

    def __init__(self, *values: Any, count: int) -> None:
        size = len(values) // count
        super().__init__([values[i : i + size] for i in range(0, len(values), size)])


class RowsStage(Stage):
    """Rows of arrays: elements that can be had by number.

    Attributes:
      count: how many there are.
    """

    in_memory = True
    count: int

    def row(self, number: int) -> Element:
        """One element."""
        raise NotImplementedError

    def rows(self, which: slice | list[int]) -> Element:
        """Several elements, stacked."""
        raise NotImplementedError

    def open(self, run: Run) -> Stream:
        return _RowsStream(self)

    def cardinality(self) -> int:
        return self.count


class _RowsStream(Stream):
    __slots__ = ("_count", "_next", "_row", "_source")

    def __init__(self, source: RowsStage) -> None:
        self._source = source
        self._row = source.row
        self._count = source.count
        self._next = 0

    def __next__(self) -> Element:
        i = self._next
        if i >= self._count:
            raise StopIteration
        self._next = i + 1
        return self._row(i)

    def block(self, count: int) -> Element:
        i = self._next
        if i >= self._count:
            raise StopIteration
        self._next = min(i + count, self._count)
        return self._source.rows(slice(i, self._next))


class TensorSliceStage(RowsStage):
    """The rows of tensors."""

    op = "TensorSliceDataset"
    kind = "_TensorSliceDataset"

    def __init__(self, *components: Any) -> None:
        if not components:
            reject("components: expected one tensor at least; received none")
        sizes = [len(c) for c in components]
        if len(set(sizes)) > 1:
            reject(
                f"components: expected the same number of rows in each; received {sizes[0]} and "
                f"{next(s for s in sizes if s != sizes[0])}"
            )
        self.components = components
        self.count = sizes[0]

    def row(self, number: int) -> Element:
        return [c[number] for c in self.components]

    def rows(self, which: slice | list[int]) -> Element:
        if isinstance(which, slice):
            return [c[which] for c in self.components]
        return [c.take(which, 0) for c in self.components]


class RangeStage(RowsStage):
    """Numbers at equal distances."""

    op = "RangeDataset"
    kind = "_RangeDataset"

    def __init__(self, start: Any, stop: Any, step: Any, *, dtype: Any) -> None:
        self._start, stop, self._step = int(start), int(stop), int(step)
        if self._step == 0:
            reject("step must be a non-zero integer.")
        self.count = len(range(self._start, stop, self._step))
        self._type = dtype.np.type

    def row(self, number: int) -> Element:
        return [self._type(self._start + number * self._step)]

    def rows(self, which: slice | list[int]) -> Element:
        numbers = (
            np.arange(which.start, which.stop) if isinstance(which, slice) else np.array(which)
        )
        return [(numbers * self._step + self._start).astype(self._type)]


# Which of our errors stands for what a generator raises.
_TRANSLATED: tuple[tuple[type[Exception], Any], ...] = (
    (TypeError, InvalidArgumentError),
    (ValueError, InvalidArgumentError),
    (StopIteration, OutOfRangeError),
    (MemoryError, ResourceExhaustedError),
    (NotImplementedError, UnimplementedError),
)


class GeneratorStage(Stage):
    """What a Python generator yields.

    Args:
      *arguments: arrays, for the function that gives the generator.
      function: that function.
      spec: the spec of the elements.
    """

    op = "GeneratorDataset"
    kind = "_FlatMapDataset"

    def __init__(self, *arguments: Any, function: Callable[..., Any], spec: Any) -> None:
        self._arguments = arguments
        self._function = function
        self._spec = spec

    def open(self, run: Run) -> Stream:
        return _GeneratorStream(self._function, self._arguments, self._spec)

    def cardinality(self) -> int:
        return UNKNOWN


class _GeneratorStream(Stream):
    __slots__ = ("_arguments", "_function", "_iterator", "_reader")

    def __init__(self, function: Callable[..., Any], arguments: Any, spec: Any) -> None:
        self._function = function
        self._arguments = [a if np.ndim(a) else np.asarray(a)[()] for a in arguments]
        self._iterator: Any = None
        self._reader = Reader(spec.spec)

    def __next__(self) -> Element:
        try:
            if self._iterator is None:
                self._iterator = iter(self._function(*self._arguments))
            try:
                element = next(self._iterator)
            except StopIteration:
                self._iterator = iter(())
                raise
            return self._reader.read(element)
        except (OpError, StopIteration):
            raise
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
            for theirs, ours in _TRANSLATED:
                if isinstance(error, theirs):
                    raise ours(None, None, text) from error
            raise UnknownError(None, None, text) from error


class Reader:
    """Takes the Python values that a generator yields for elements of a spec."""

    def __init__(self, spec: Any) -> None:
        from tapeflow.engine.core.specs import TensorSpec

        self._structure = spec
        self._leaves = nest.flatten(spec)
        self._wanted = [
            (s.dtype, s.shape._dims) if type(s) is TensorSpec else (None, s) for s in self._leaves
        ]
        self._single = len(self._leaves) == 1 and not nest.is_nested(spec)
        # TensorFlow has NumPy convert the values, but not in these two cases.
        unknown = self._single and self._wanted[0][1] is None
        self._strictly = unknown or any(dtype is None for dtype, _ in self._wanted)

    def read(self, element: Any) -> Element:
        """The element's values.

        Raises:
          TypeError: when it is no element of the spec.
        """
        if self._single:
            parts = [element]
        else:
            parts = self._taken_apart(element)
        values: list[Any] = []
        for part, (dtype, shape) in zip(parts, self._wanted, strict=True):
            if dtype is None:
                values += self._composite(part, shape)
            else:
                values.append(_array_of(part, dtype, shape, self._strictly))
        return values

    def _taken_apart(self, element: Any) -> list[Any]:
        parts: list[Any] = []
        try:
            _flatten_up_to(self._structure, element, parts)
        except (TypeError, ValueError, KeyError):
            shown = nest.map_structure(lambda s: getattr(s, "dtype", s), self._structure)
            raise TypeError(
                "`generator` yielded an element that did not match the expected structure. The "
                f"expected structure was {shown}, but the yielded element was {element}."
            ) from None
        return parts

    def _composite(self, value: Any, spec: Any) -> list[Any]:
        from tapeflow.engine.core.specs import type_spec_from_value

        if value is None or not type_spec_from_value(value).is_subtype_of(spec):
            if not (value is None and not spec.flatten()):
                raise TypeError(
                    f"`generator` yielded an element of {value!r} where an element of {spec} was "
                    "expected."
                )
        return [held(t) for t in spec.to_tensors(value)] if value is not None else []


def _flatten_up_to(structure: Any, value: Any, parts: list[Any]) -> None:
    if not nest.is_nested(structure):
        parts.append(value)
    elif isinstance(structure, dict):
        if not hasattr(value, "keys") or set(value.keys()) != set(structure):
            raise ValueError
        for key in sorted(structure):
            _flatten_up_to(structure[key], value[key], parts)
    else:
        if isinstance(value, (str, bytes, dict)) or not hasattr(value, "__len__"):
            raise ValueError
        inner = nest._parts(structure, False)
        if len(value) != len(inner):
            raise ValueError
        for s, v in zip(inner, value, strict=True):
            _flatten_up_to(s, v, parts)


def _array_of(value: Any, dtype: Any, shape: Any, strictly: bool) -> Any:
    try:
        of_numpy = isinstance(value, (np.ndarray, np.generic)) and dtype is not dtypes.string
        if strictly and not of_numpy:
            array = convert(value, dtype)._array
        else:
            array = _by_numpy(value, dtype)
    except (TypeError, ValueError):
        raise TypeError(
            "`generator` yielded an element that could not be converted to the expected type. The "
            f"expected type was {dtype.name}, but the yielded element was {value}."
        ) from None
    if shape is not None and (
        len(shape) != array.ndim
        or any(d is not None and d != n for d, n in zip(shape, array.shape, strict=True))
    ):
        wanted = "(" + ", ".join(str(d) for d in shape) + ("," if len(shape) == 1 else "") + ")"
        raise TypeError(
            f"`generator` yielded an element of shape {array.shape} where an element of shape "
            f"{wanted} was expected."
        )
    if dtype is dtypes.string:
        if not all(isinstance(v, (str, bytes)) for v in array.flat):
            raise InternalError(None, None, f"Unsupported object type in {value!r}")
        return convert(array, dtype)._array
    return array


def _by_numpy(value: Any, dtype: Any) -> Any:
    """A new array of a value, cast as NumPy casts: generators refill their buffers."""
    if isinstance(value, Tensor):
        value = value.numpy()  # type: ignore[attr-defined]
    if dtype is dtypes.string:
        return np.array(value, object)
    try:
        return np.array(value, dtype.np)
    except (OverflowError, TypeError, ValueError):
        array = np.asarray(value)
        if array.dtype.kind not in "biufc":
            raise
        with np.errstate(all="ignore"):  # too large, NaN, or complex: what is left of it
            return (array if dtype.is_complex else array.real).astype(dtype.np)


class CounterStage(Stage):
    """Numbers without an end."""

    op = "CounterDataset"
    kind = "_CounterDataset"
    in_memory = True

    def __init__(self, start: Any, step: Any) -> None:
        self._start = start
        self._step = step

    def open(self, run: Run) -> Stream:
        return _CounterStream(int(self._start), int(self._step), np.asarray(self._start).dtype.type)

    def cardinality(self) -> int:
        return INFINITE


class _CounterStream(Stream):
    __slots__ = ("_next", "_step", "_type")

    def __init__(self, start: int, step: int, kind: Any) -> None:
        self._next = start
        self._step = step
        self._type = kind

    def __next__(self) -> Element:
        value = self._next
        self._next = value + self._step
        return [self._type(value)]
