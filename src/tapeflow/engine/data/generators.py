"""Data from a Python generator, and prefetching by a thread of its own."""

from __future__ import annotations

import queue
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

from tapeflow.engine.core.errors import InvalidArgumentError, OpError, UnknownError
from tapeflow.engine.core.specs import TensorSpec
from tapeflow.engine.data.elements import Flat, held
from tapeflow.engine.data.functions import outside
from tapeflow.engine.data.pipelines import Pipeline, Run
from tapeflow.engine.runtime.composite import is_composite
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.tensor import EagerTensor


class Generated(Pipeline):
    """The elements that a Python generator yields.

    Args:
      generator: a callable that returns an iterable.
      args: what it is called with, arrays.
      element_spec: the type that its elements must have.
    """

    __slots__ = ("_args", "_generator", "_spec")

    def __init__(self, generator: Callable[..., Any], args: Flat, element_spec: Any) -> None:
        self._generator = generator
        self._args = args
        self._spec = element_spec

    def start(self, run: Run) -> Iterator[Flat]:
        try:
            with outside():
                iterator = iter(self._generator(*[_value(a) for a in self._args]))
        except OpError:
            raise
        except Exception as error:
            raise _unknown(error) from error
        while True:
            try:
                value = next(iterator)
            except StopIteration:
                return
            except OpError:
                raise
            except Exception as error:
                raise _unknown(error) from error
            found: list[Any] = []
            _collect(self._spec, value, found)
            yield tuple(found)


def _value(array: Any) -> Any:
    return array if array.ndim else array[()]


def _unknown(error: Exception) -> UnknownError:
    return UnknownError(None, None, f"{type(error).__name__}: {error}")


def _collect(spec: Any, value: Any, found: list[Any]) -> None:
    if isinstance(spec, dict):
        if not isinstance(value, dict) or value.keys() != spec.keys():
            _misfit(spec, value)
        for key in sorted(spec):
            _collect(spec[key], value[key], found)
    elif isinstance(spec, tuple):
        if not isinstance(value, (tuple, list)) or len(value) != len(spec):
            _misfit(spec, value)
        for s, v in zip(spec, value, strict=True):
            _collect(s, v, found)
    elif isinstance(spec, TensorSpec):
        try:
            tensor = value if type(value) is EagerTensor else convert(value, spec.dtype)
        except (TypeError, ValueError) as error:
            raise InvalidArgumentError(
                None,
                None,
                "TypeError: `generator` yielded an element that could not be converted to the "
                f"expected type. The expected type was {spec.dtype.name}, but the yielded element "
                f"was {value}.",
            ) from error
        if tensor.dtype is not spec.dtype:
            raise InvalidArgumentError(
                None,
                None,
                f"TypeError: `generator` yielded an element of type {tensor.dtype.name} where an "
                f"element of type {spec.dtype.name} was expected.",
            )
        if not spec.shape.is_compatible_with(tensor.shape):
            raise InvalidArgumentError(
                None,
                None,
                f"TypeError: `generator` yielded an element of shape {tensor.shape} where an "
                f"element of shape {spec.shape} was expected.",
            )
        found.append(tensor._array)
    elif (not is_composite(value) and value is not None) or not spec.is_compatible_with(value):
        _misfit(spec, value)
    else:
        found.extend([held(t) for t in spec.to_tensors(value)])


def _misfit(spec: Any, value: Any) -> None:
    raise InvalidArgumentError(
        None,
        None,
        "TypeError: `generator` yielded an element that did not match the expected structure. The "
        f"expected structure was {spec}, but the yielded element was {value}.",
    )


class Prefetched(Pipeline):
    """Elements made ahead of time, by a thread, where they come from a Python generator.

    Such a generator may wait for something: a file, a network. Other stages only compute, in
    kernels that would take turns with the program's own; they run when an element is wanted.

    Args:
      before: where elements come from.
      size: how many elements may wait.
    """

    __slots__ = ("_before", "_size")

    def __init__(self, before: Pipeline, size: int) -> None:
        self._before = before
        self._size = size

    def start(self, run: Run) -> Iterator[Flat]:
        elements = self._before.start(run)
        return _Ahead(elements, self._size) if _waits(self._before) else elements

    def cardinality(self) -> int:
        return self._before.cardinality()


def _waits(pipeline: Pipeline) -> bool:
    if isinstance(pipeline, Generated):
        return True
    for slot in pipeline.__slots__:
        part = getattr(pipeline, slot, None)
        for stage in part if isinstance(part, tuple) else (part,):
            if isinstance(stage, Pipeline) and _waits(stage):
                return True
    return False


_END = object()


class _Ahead(Iterator[Flat]):
    """What a thread has ready; the thread ends when this object goes."""

    def __init__(self, elements: Iterator[Flat], size: int) -> None:
        self._ready: queue.Queue[Any] = queue.Queue(size)
        self._stopped = threading.Event()
        self._over = False
        worker = threading.Thread(
            target=_fill, args=(elements, self._ready, self._stopped), daemon=True
        )
        weakref.finalize(self, self._stopped.set)
        worker.start()

    def __next__(self) -> Flat:
        if self._over:
            raise StopIteration
        item = self._ready.get()
        if item is _END:
            self._over = True
            raise StopIteration
        if isinstance(item, BaseException):
            self._over = True
            raise item
        return item  # type: ignore[no-any-return]


def _fill(elements: Iterator[Flat], ready: Any, stopped: threading.Event) -> None:
    item: Any
    while True:
        try:
            item = next(elements, _END)
        except BaseException as error:
            item = error
        while not stopped.is_set():
            try:
                ready.put(item, timeout=1.0)
                break
            except queue.Full:
                pass
        if stopped.is_set() or item is _END or isinstance(item, BaseException):
            return
