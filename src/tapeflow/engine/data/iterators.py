"""Iterators: of a program that runs eagerly, and what stands for them in graphs."""

from __future__ import annotations

import abc
from collections.abc import Iterator as AnyIterator
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.addresses import address
from tapeflow.engine.core.context import state
from tapeflow.engine.core.errors import OutOfRangeError
from tapeflow.engine.core.export import export
from tapeflow.engine.core.specs import TensorSpec, TypeSpec, register_type_spec_from_value
from tapeflow.engine.data.elements import element, flat_specs, from_tensors
from tapeflow.engine.data.functions import outside
from tapeflow.engine.data.pipelines import Run
from tapeflow.engine.ir.primitive import HOST, NOT_DIFFERENTIABLE, WRITES, Primitive
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.ops.control_flow.optionals import Content, Optional, optional_of
from tapeflow.engine.runtime.dispatch import apply


def _iterator_op(name: str, infer: Any, kernel: Any) -> Primitive:
    """An operation on iterators. Not in the registry: samples are arrays, an iterator is none."""
    return Primitive(
        name,
        infer=infer,
        kernel=kernel,
        vjp=NOT_DIFFERENTIABLE,
        lower=HOST,
        samples=lambda draw: (),
        effect=WRITES,
    )


def _next_kernel(iterator: Any, *, specs: Any) -> Any:
    flat = iterator._take()
    if flat is None:
        raise OutOfRangeError(None, None, "IteratorGetNext: End of sequence")
    return flat


next_p = _iterator_op("IteratorGetNext", lambda iterator, *, specs: specs, _next_kernel)
next_as_optional_p = _iterator_op(
    "IteratorGetNextAsOptional",
    lambda iterator: Spec(dtypes.variant, ()),
    lambda iterator: Content(iterator._take()),
)
make_iterator_p = _iterator_op(
    "MakeIterator",
    lambda dataset, *, element_spec: Spec(dtypes.resource, ()),
    lambda dataset, *, element_spec: OwnedIterator(dataset, element_spec),
)


@address("tensorflow.python.data.ops.iterator_ops")
@export("data.Iterator")
class IteratorBase(AnyIterator[Any], metaclass=abc.ABCMeta):
    """Goes through the elements of a data set; `iter(dataset)` gives one.

    Example:
      >>> import tapeflow as tf
      >>> iterator = iter(tf.data.Dataset.range(2))
      >>> print(iterator.get_next().numpy(), next(iterator).numpy())
      0 1
    """

    @property
    @abc.abstractmethod
    def element_spec(self) -> Any:
        """The type of the elements, a structure of type specs."""

    @abc.abstractmethod
    def get_next(self) -> Any:
        """The next element.

        Raises:
          tf.errors.OutOfRangeError: at the end.
        """

    @abc.abstractmethod
    def get_next_as_optional(self) -> Optional:
        """The next element as a `tf.experimental.Optional`, which is empty at the end."""


class IteratorHandle:
    """Identity of an iterator, for graphs that capture it."""

    __slots__ = ("__weakref__", "dtype", "name")

    def __init__(self) -> None:
        self.dtype = dtypes.resource
        self.name = "iterator"


@address("tensorflow.python.data.ops.iterator_ops")
class OwnedIterator(IteratorBase):
    """An iterator with its place in a pipeline; also the value of its handle when a graph runs.

    Args:
      pipeline: what gives the elements.
      element_spec: their type.
    """

    _shared_name = "iterator"

    def __init__(self, pipeline: Any, element_spec: Any) -> None:
        self._element_spec = element_spec
        self._handle = IteratorHandle()
        self._elements = pipeline.start(Run())

    def _handle_refers(self) -> None:
        """Nothing that shape rules ask for."""

    def _take(self) -> Any:
        """The next flat element, or None."""
        with outside():
            return next(self._elements, None)

    @property
    def element_spec(self) -> Any:
        return self._element_spec

    @property
    def _type_spec(self) -> IteratorSpec:
        return IteratorSpec(self._element_spec)

    def __tf_tracing_type__(self, context: Any) -> IteratorSpec:
        return IteratorSpec(self._element_spec)

    def _in_graph(self) -> TracedIterator:
        return TracedIterator(self._element_spec, state.tracer.capture_object(self))

    def __next__(self) -> Any:
        if state.tracer is not None:
            return self._in_graph().get_next()
        flat = self._take()
        if flat is None:
            raise StopIteration
        return element(self._element_spec, flat)

    def get_next(self) -> Any:
        if state.tracer is not None:
            return self._in_graph().get_next()
        flat = self._take()
        if flat is None:
            raise OutOfRangeError(None, None, "IteratorGetNext: End of sequence")
        return element(self._element_spec, flat)

    def get_next_as_optional(self) -> Optional:
        if state.tracer is not None:
            return self._in_graph().get_next_as_optional()
        return optional_of(self._element_spec, Content(self._take()))


class TracedIterator(IteratorBase):
    """Stands for an iterator in the graph that is traced.

    Args:
      element_spec: the type of the elements.
      resource: symbolic tensor, the handle.
    """

    def __init__(self, element_spec: Any, resource: Any) -> None:
        self._element_spec = element_spec
        self._resource = resource

    @property
    def element_spec(self) -> Any:
        return self._element_spec

    @property
    def _type_spec(self) -> IteratorSpec:
        return IteratorSpec(self._element_spec)

    def get_next(self) -> Any:
        specs = tuple([Spec(s.dtype, s.shape._dims) for s in flat_specs(self._element_spec)])
        return from_tensors(self._element_spec, iter(apply(next_p, self._resource, specs=specs)))

    def __next__(self) -> Any:
        return self.get_next()

    def get_next_as_optional(self) -> Optional:
        return optional_of(self._element_spec, apply(next_as_optional_p, self._resource))


@export("data.IteratorSpec")
class IteratorSpec(TypeSpec):
    """The type of an iterator.

    Args:
      element_spec: the type of the elements, a structure of type specs.

    Example:
      >>> import tapeflow as tf
      >>> tf.data.IteratorSpec(tf.TensorSpec([]))
      IteratorSpec(TensorSpec(shape=(), dtype=tf.float32, name=None),)
    """

    def __init__(self, element_spec: Any) -> None:
        self._element_spec = element_spec

    @staticmethod
    def from_value(value: Any) -> IteratorSpec:
        """The type of an iterator.

        Args:
          value: the iterator.
        """
        return IteratorSpec(value.element_spec)

    @property
    def value_type(self) -> type[IteratorBase]:
        """The class of iterators."""
        return OwnedIterator

    def _serialize(self) -> tuple[Any, ...]:
        return (self._element_spec,)

    @property
    def _component_specs(self) -> Any:
        return TensorSpec((), dtypes.resource)

    def _to_components(self, value: Any) -> Any:
        return getattr(value, "_resource", value)

    def _from_components(self, components: Any) -> Any:
        if isinstance(components, OwnedIterator):
            return components
        return TracedIterator(self._element_spec, components)

    def to_tensors(self, value: Any) -> list[Any]:
        """What runs in place of the iterator: itself, or its handle in a graph."""
        return [self._to_components(value)]


for _class in (OwnedIterator, TracedIterator):
    register_type_spec_from_value(_class, IteratorSpec.from_value)


@export("data.NumpyIterator")
class NumpyIterator(AnyIterator[Any]):
    """Goes through a data set, with NumPy values in place of tensors.

    Args:
      dataset: the data set.
    """

    def __init__(self, dataset: Any) -> None:
        self._iterator = iter(dataset)

    def __next__(self) -> Any:
        from tapeflow.engine.data.elements import map_leaves

        return map_leaves(_to_numpy, next(self._iterator))


def _to_numpy(value: Any) -> Any:
    if value is None or not hasattr(value, "numpy"):
        return value
    made = value.numpy()
    if isinstance(made, np.ndarray):
        made.flags.writeable = False
    return made
