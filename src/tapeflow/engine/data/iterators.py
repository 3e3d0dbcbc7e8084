"""Iterators over datasets: eager ones, and those that a traced function gets or makes."""

from __future__ import annotations

import abc
import json
import threading
from collections.abc import Iterator as PythonIterator
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes, nest
from tapeflow.engine.core.addresses import address
from tapeflow.engine.core.context import state
from tapeflow.engine.core.errors import OpError, OutOfRangeError, UnimplementedError
from tapeflow.engine.core.export import export
from tapeflow.engine.core.specs import (
    TensorSpec,
    TypeSpec,
    register_type_spec_from_value,
    to_tensor,
)
from tapeflow.engine.data.stages.stage import (
    MAX_SEEDS,
    Element,
    Run,
    Stage,
    host_op,
    run_op,
)
from tapeflow.engine.data.structure import (
    as_array,
    dtypes_of,
    emitter,
    from_tensors,
    ir_specs,
    shapes_of,
)
from tapeflow.engine.ir.primitive import WRITES
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.control_flow.optionals import Content, _Optional
from tapeflow.engine.runtime.composite import CompositeTensor
from tapeflow.engine.runtime.tensor import VariantTensor, VariantValue

MAX_STEPS = 1000
"""So many elements a function may take from an iterator, statement by statement."""


class IteratorResource:
    """An iteration that is under way: what a graph captures, or gets as an argument."""

    __slots__ = ("__weakref__", "_lock", "_run", "_stage", "_stream", "_taken")

    _shared_name = "Iterator"

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._run = Run()
        self._stream = stage.open(self._run)
        self._taken = 0
        self._lock = threading.Lock()

    @property
    def _handle(self) -> IteratorResource:
        return self

    def _handle_refers(self) -> None:
        """Nothing is known of what it holds."""

    def take(self) -> Element:
        """The values of the next element.

        Raises:
          StopIteration: when there is none.
        """
        with self._lock:
            self._taken += 1
            return next(self._stream)

    def save(self) -> str:
        """Where the iteration is, as text.

        Raises:
          UnimplementedError: when it began more shuffled rounds than are remembered.
        """
        with self._lock:
            if len(self._run.seeds) == MAX_SEEDS:
                raise UnimplementedError(
                    None, None, f"save: an iteration of more than {MAX_SEEDS} shuffled rounds"
                )
            return json.dumps({"taken": self._taken, "seeds": list(self._run.seeds)})

    def restore(self, saved: str) -> None:
        """Goes to where an iteration over the same pipeline was: begins anew, up to that place."""
        state = json.loads(saved)
        with self._lock:
            self._run = Run([tuple(pair) for pair in state["seeds"]])
            self._stream = self._stage.open(self._run)
            self._taken = state["taken"]
            for _ in range(self._taken):
                try:
                    next(self._stream)
                except (StopIteration, OpError):
                    continue


def _end_of_sequence() -> OutOfRangeError:
    return OutOfRangeError(None, None, "End of sequence")


def _as_outputs(values: Element) -> tuple[Any, ...]:
    return tuple([v if isinstance(v, VariantValue) else as_array(v) for v in values])


def _next_kernel(iterator: IteratorResource, *, specs: tuple[Spec, ...]) -> tuple[Any, ...]:
    try:
        values = iterator.take()
    except StopIteration:
        raise _end_of_sequence() from None
    return _as_outputs(values)


def _optional_kernel(iterator: IteratorResource) -> Content:
    try:
        return Content(_as_outputs(iterator.take()))
    except StopIteration:
        return Content(None)


def _advance_kernel(iterator: IteratorResource, *, specs: tuple[Spec, ...]) -> tuple[Any, ...]:
    try:
        return (np.array(True), *_as_outputs(iterator.take()))
    except StopIteration:
        return (np.array(False), *[_nothing(spec) for spec in specs])


def _nothing(spec: Spec) -> Any:
    """A value that stands for a component of no element."""
    if spec.dtype is dtypes.variant:
        return Content(None)
    shape = [d or 0 for d in spec.shape or ()]
    return np.full(shape, b"", object) if spec.dtype is dtypes.string else np.zeros(
        shape, spec.dtype.np
    )  # fmt: skip


_RESOURCE = Spec(dtypes.resource, ())

make_iterator_p = host_op("MakeIterator", lambda dataset: _RESOURCE, IteratorResource)
next_p = host_op("IteratorGetNext", lambda it, *, specs: specs, _next_kernel, WRITES)
optional_p = host_op(
    "IteratorGetNextAsOptional",
    lambda iterator: Spec(dtypes.variant, ()),
    _optional_kernel,
    WRITES,
)
advance_p = host_op(
    "IteratorAdvance",
    lambda it, *, specs: (Spec(dtypes.bool_, ()), *specs),
    _advance_kernel,
    WRITES,
)
"""Whether there is a next element, and its values, which mean nothing where there is none."""


@address("tensorflow.python.data.ops.iterator_ops")
@export("data.Iterator")
class IteratorBase(CompositeTensor, PythonIterator):  # type: ignore[type-arg]
    """What iterates over a `tf.data.Dataset`; `iter(dataset)` makes one.

    Example:
      >>> import tapeflow as tf
      >>> it = iter(tf.data.Dataset.range(2))
      >>> isinstance(it, tf.data.Iterator), it.get_next().numpy(), next(it).numpy()
      (True, np.int64(0), np.int64(1))
    """

    @property
    @abc.abstractmethod
    def element_spec(self) -> Any:
        """The type of the elements: a nest of type specs."""

    @abc.abstractmethod
    def get_next(self) -> Any:
        """The next element.

        Raises:
          tf.errors.OutOfRangeError: when there is none.
        """

    @abc.abstractmethod
    def get_next_as_optional(self) -> Any:
        """The next element as a `tf.experimental.Optional`, which is empty when there is none."""


@address("tensorflow.python.data.ops.iterator_ops")
class OwnedIterator(IteratorBase):
    """An iterator over a dataset.

    Args:
      dataset: the dataset.
      components: instead of it, a list of the resource that it is made of,
      element_spec: and the spec of the elements.
    """

    def __init__(
        self, dataset: Any = None, components: list[Any] | None = None, element_spec: Any = None
    ) -> None:
        if dataset is not None:
            if components is not None or element_spec is not None:
                raise ValueError(
                    "When `dataset` is provided, `element_spec` and `components` must not be "
                    "specified."
                )
            self._resource: Any = run_op(make_iterator_p, dataset._variant_tensor)
            self._element_spec = dataset.element_spec
        elif components is None or element_spec is None:
            raise ValueError(
                "When `dataset` is not provided, both `components` and `element_spec` must be "
                "specified."
            )
        else:
            (self._resource,) = components
            self._element_spec = element_spec
        self._emit = emitter(self._element_spec)
        self._spec: IteratorSpec | None = None
        self._steps = 0

    def __iter__(self) -> OwnedIterator:
        return self

    def __next__(self) -> Any:
        if state.tracer is not None:
            return self._next_in_graph()
        return self._emit(self._resource.take())

    def next(self) -> Any:
        """The next element.

        Raises:
          StopIteration: when there is none.
        """
        return next(self)

    def get_next(self) -> Any:
        """The next element.

        Returns:
          A nest of tensors, as `element_spec` says.

        Raises:
          tf.errors.OutOfRangeError: when there is none; in a function, when that runs.
        """
        if state.tracer is not None:
            return self._next_in_graph()
        try:
            values = self._resource.take()
        except StopIteration:
            error = _end_of_sequence()
            raise OutOfRangeError(
                None, None, f"IteratorGetNext: {error.message} [Op:IteratorGetNext]"
            ) from None
        return self._emit(values)

    def _next_in_graph(self) -> Any:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise RuntimeError(
                f"{MAX_STEPS} elements of one iterator are taken in one function: a Python loop "
                "over a dataset that AutoGraph doesn't convert (a comprehension, `list`, a "
                "function with autograph=False) never ends while it is traced. Use a `for` "
                "statement in converted code, or `tf.data.Dataset.reduce`."
            )
        tensors = run_op(next_p, self._resource, specs=ir_specs(self._element_spec))
        return from_tensors(self._element_spec, list(tensors))

    def get_next_as_optional(self) -> Any:
        """The next element as an optional.

        Returns:
          A `tf.experimental.Optional`, empty when there is no next element.
        """
        made = run_op(optional_p, self._resource)
        variant = VariantTensor(made) if isinstance(made, Content) else made
        return _Optional(self._element_spec, variant)

    def advance(self) -> tuple[Any, Any]:
        """Takes the next element in the graph that is traced.

        Returns:
          Whether there is one, a boolean tensor, and the element, whose tensors mean nothing where
          there is none.
        """
        more, *tensors = run_op(advance_p, self._resource, specs=ir_specs(self._element_spec))
        return more, from_tensors(self._element_spec, tensors)

    @property
    def element_spec(self) -> Any:
        """The type of the elements: a nest of type specs."""
        return self._element_spec

    @property
    def output_types(self) -> Any:
        """The dtypes of the components."""
        return dtypes_of(self._element_spec)

    @property
    def output_shapes(self) -> Any:
        """The shapes of the components."""
        return shapes_of(self._element_spec)

    @property
    def output_classes(self) -> Any:
        """The classes of the components."""
        return nest.map_structure(lambda spec: spec.value_type, self._element_spec)

    @property
    def _type_spec(self) -> IteratorSpec:
        spec = self._spec
        if spec is None:
            spec = self._spec = IteratorSpec(self._element_spec)
        return spec

    def _components(self) -> list[Any]:
        return [self._resource]

    def _with_components(self, components: list[Any]) -> OwnedIterator:
        return OwnedIterator(components=components, element_spec=self._element_spec)


@address("tensorflow.python.data.ops.iterator_ops")
@export("data.IteratorSpec")
class IteratorSpec(TypeSpec):
    """The type of a `tf.data.Iterator`; functions may take iterators as arguments.

    Args:
      element_spec: the type of the elements, a nest of type specs.

    Example:
      >>> import tapeflow as tf
      >>> @tf.function(input_signature=[tf.data.IteratorSpec(tf.TensorSpec([], tf.int64))])
      ... def first(iterator):
      ...     return next(iterator)
      >>> first(iter(tf.data.Dataset.range(3))).numpy()
      np.int64(0)
    """

    def __init__(self, element_spec: Any) -> None:
        self._element_spec = element_spec
        self._hash: int | None = None

    @staticmethod
    def from_value(value: Any) -> IteratorSpec:
        """The type of an iterator.

        Args:
          value: a `tf.data.Iterator`.
        """
        return value._type_spec  # type: ignore[no-any-return]

    @property
    def value_type(self) -> type[OwnedIterator]:
        """The class of the iterators."""
        return OwnedIterator

    def _serialize(self) -> tuple[Any, ...]:
        return (self._element_spec,)

    @property
    def _component_specs(self) -> list[TensorSpec]:
        return [TensorSpec((), dtypes.resource)]

    def _to_components(self, value: Any) -> list[Any]:
        return [value._resource]

    def _from_components(self, components: Any) -> OwnedIterator:
        return OwnedIterator(components=list(components), element_spec=self._element_spec)

    # A function that takes an iterator looks its trace up by this in every step.

    def __eq__(self, other: object) -> bool:
        return self is other or super().__eq__(other)

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = super().__hash__()
        return self._hash

    # The resource is no tensor: it is handed on as it is.

    def to_tensors(self, value: Any) -> list[Any]:
        """The resource that `value` is made of."""
        return [value._resource]

    def cast(self, value: Any, casting_context: Any) -> Any:
        """`value`, where it is an iterator of this type.

        Raises:
          TypeError: where it isn't.
        """
        if not isinstance(value, OwnedIterator) or not value._type_spec.is_subtype_of(self):
            raise TypeError(f"Can not cast {value!r} to {self!r}")
        return value


register_type_spec_from_value(OwnedIterator, IteratorSpec.from_value)


@export("data.NumpyIterator")
class NumpyIterator(PythonIterator):  # type: ignore[type-arg]
    """Iterates over a dataset, and gives NumPy values.

    Args:
      dataset: a `tf.data.Dataset`.

    Example:
      >>> import tapeflow as tf
      >>> list(tf.data.Dataset.range(3).as_numpy_iterator())
      [np.int64(0), np.int64(1), np.int64(2)]
    """

    __slots__ = ("_iterator", "_spec")

    def __init__(self, dataset: Any) -> None:
        self._iterator = iter(dataset)
        self._spec = dataset.element_spec

    def __iter__(self) -> NumpyIterator:
        return self

    def __next__(self) -> Any:
        from tapeflow.engine.data.structure import to_numpy

        return nest.map_structure(to_numpy, next(self._iterator))

    def save(self) -> Any:
        """Where the iteration is.

        Returns:
          A string scalar for `restore`, of this iterator or another over the same pipeline.
        """
        return to_tensor(self._iterator._resource.save(), dtypes.string)

    def restore(self, state: Any) -> None:
        """Goes on from where an iteration was, by computing its elements once more.

        Args:
          state: what `save` returned.
        """
        self._iterator._resource.restore(bytes(to_tensor(state, dtypes.string).numpy()).decode())

    def next(self) -> Any:
        """The next element.

        Raises:
          StopIteration: when there is none.
        """
        return next(self)


@export("data.experimental.get_next_as_optional")
def get_next_as_optional(iterator: Any) -> Any:
    """The next element of an iterator as an optional.

    Args:
      iterator: a `tf.data.Iterator`.

    Returns:
      A `tf.experimental.Optional`, empty when there is no next element.
    """
    return iterator.get_next_as_optional()
