"""`tf.data.Dataset`: describes a pipeline, in a graph or out of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.addresses import address
from tapeflow.engine.core.context import state
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.core.export import export, export_value
from tapeflow.engine.core.shapes import TensorShape
from tapeflow.engine.core.specs import TensorSpec, TypeSpec, register_type_spec_from_value
from tapeflow.engine.data import pipelines, staged_loops
from tapeflow.engine.data.applying import Applying
from tapeflow.engine.data.described import Described, operation
from tapeflow.engine.data.elements import held
from tapeflow.engine.data.iterators import (
    NumpyIterator,
    OwnedIterator,
    TracedIterator,
    make_iterator_p,
)
from tapeflow.engine.data.options import Options
from tapeflow.engine.data.rearranging import Rearranging
from tapeflow.engine.data.sources import Sources
from tapeflow.engine.ir.spec import Spec
from tapeflow.engine.runtime.convert import convert
from tapeflow.engine.runtime.dispatch import apply

AUTOTUNE = -1
INFINITE_CARDINALITY = pipelines.INFINITE
UNKNOWN_CARDINALITY = pipelines.UNKNOWN
for _name in ("AUTOTUNE", "INFINITE_CARDINALITY", "UNKNOWN_CARDINALITY"):
    export_value(_name, f"data.{_name}", f"data.experimental.{_name}")


@address("tensorflow.python.data.ops.dataset_ops")
@export("data.Dataset")
class DatasetV2(Sources, Applying, Rearranging):
    """A sequence of elements that is made while it is gone through.

    Elements are tensors, or tuples and dictionaries of tensors. The methods give data sets that
    make other elements of these; nothing is computed before somebody asks for an element.

    Args:
      variant_tensor: the tensor that stands for it.

    Example:
      >>> import tapeflow as tf
      >>> dataset = tf.data.Dataset.range(5).map(lambda x: x * x).batch(2)
      >>> for batch in dataset:
      ...     print(batch.numpy())
      [0 1]
      [4 9]
      [16]
    """

    _kind = "DatasetV2"

    def with_options(self, options: Any, name: str | None = None) -> DatasetV2:
        """The same elements, with wishes about how they are made.

        Args:
          options: `tf.data.Options`.
          name: ignored.

        Returns:
          A data set.

        Raises:
          AttributeError: for anything else.
        """
        if not isinstance(options, Options):
            raise AttributeError(
                f"with_options: options: expected tf.data.Options; received {options!r}"
            )
        made = self._then("_OptionsDataset", lambda before: before, self.element_spec)
        made._options = self._options.merged(options)
        return made

    def options(self) -> Options:
        """The options that were given to this data set and those before it.

        Returns:
          `tf.data.Options`.
        """
        return self._options

    def apply(self, transformation_func: Any) -> DatasetV2:
        """What a function makes of this data set.

        Args:
          transformation_func: takes and returns a data set.

        Returns:
          That data set.

        Raises:
          TypeError: when it returns anything else.
        """
        made = transformation_func(self)
        if not isinstance(made, DatasetV2):
            raise TypeError(
                f"`transformation_func` must return a `tf.data.Dataset` object. Got {type(made)}."
            )
        return made

    def cardinality(self) -> Any:
        """How many elements there are, where that is known.

        Returns:
          An int64 scalar: the number, `tf.data.INFINITE_CARDINALITY` or `UNKNOWN_CARDINALITY`.
        """
        if state.tracer is None:
            return convert(np.array(held(self._variant_tensor).cardinality(), np.int64))
        return apply(
            operation("DatasetCardinality"),
            self._variant_tensor,
            build=lambda dataset: np.array(dataset.cardinality(), np.int64),
            specs=Spec(dtypes.int64, ()),
        )

    def as_numpy_iterator(self) -> NumpyIterator:
        """Goes through the elements as NumPy values.

        Returns:
          An iterator.

        Raises:
          RuntimeError: while a function is traced.
        """
        if state.tracer is not None:
            raise RuntimeError(
                "`tf.data.Dataset.as_numpy_iterator()` is only supported in eager mode."
            )
        return NumpyIterator(self)

    def get_single_element(self, name: str | None = None) -> Any:
        """The only element.

        Args:
          name: ignored.

        Returns:
          The element.

        Raises:
          tf.errors.InvalidArgumentError: when there is none, or more than one.
        """
        found = list(iter(self.take(2)))
        if len(found) != 1:
            raise InvalidArgumentError(
                None,
                None,
                "DatasetToSingleElement: Dataset "
                + ("had more than one element." if found else "was empty."),
            )
        return found[0]

    def __iter__(self) -> Iterator[Any]:
        if state.tracer is None:
            return OwnedIterator(held(self._variant_tensor), self.element_spec)
        made = apply(make_iterator_p, self._variant_tensor, element_spec=_Same(self.element_spec))
        return TracedIterator(self.element_spec, made)

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        if state.tracer is not None:
            raise TypeError(
                "`tf.data.Dataset` only supports `len` in eager mode. Use "
                "`tf.data.Dataset.cardinality()` instead."
            )
        n = held(self._variant_tensor).cardinality()
        if n == INFINITE_CARDINALITY:
            raise TypeError("The dataset is infinite.")
        if n == UNKNOWN_CARDINALITY:
            raise TypeError("The dataset length is unknown.")
        return int(n)

    def __repr__(self) -> str:
        return f"<{self._kind} element_spec={self.element_spec}>"

    def _components(self) -> list[Any]:
        return [self._variant_tensor]

    def _with_components(self, components: list[Any]) -> DatasetV2:
        return _Dataset("_VariantDataset", components[0], self.element_spec)

    @property
    def _type_spec(self) -> DatasetSpec:
        return DatasetSpec(self.element_spec)


Dataset = DatasetV2


class _Dataset(DatasetV2):
    """A data set that the methods made."""

    def __init__(self, kind: str, variant_tensor: Any, element_spec: Any) -> None:
        super().__init__(variant_tensor)
        self._kind = kind
        self._element_spec = element_spec

    @property
    def element_spec(self) -> Any:
        return self._element_spec

    def _like(self, *others: DatasetV2) -> _Dataset:
        """This data set, with the options of those before it."""
        for other in others:
            self._options = self._options.merged(other._options)
        return self


Described._concrete = _Dataset


class _Same:
    """An attribute of an operation that is equal to itself alone."""

    def __init__(self, value: Any) -> None:
        self.value = value


@export("data.DatasetSpec")
class DatasetSpec(TypeSpec):
    """The type of a data set.

    Args:
      element_spec: the type of the elements, a structure of type specs.
      dataset_shape: `()`.

    Example:
      >>> import tapeflow as tf
      >>> tf.data.DatasetSpec(tf.TensorSpec([]))
      DatasetSpec(TensorSpec(shape=(), dtype=tf.float32, name=None), TensorShape([]))
    """

    def __init__(self, element_spec: Any, dataset_shape: Any = ()) -> None:
        self._element_spec = element_spec
        self._dataset_shape = TensorShape(dataset_shape)

    @staticmethod
    def from_value(value: Any) -> DatasetSpec:
        """The type of a data set.

        Args:
          value: the data set.
        """
        return DatasetSpec(value.element_spec)

    @property
    def element_spec(self) -> Any:
        """The type of the elements."""
        return self._element_spec

    @property
    def value_type(self) -> type[DatasetV2]:
        """The class of data sets."""
        return DatasetV2

    def _serialize(self) -> tuple[Any, ...]:
        return (self._element_spec, self._dataset_shape)

    @property
    def _component_specs(self) -> Any:
        return TensorSpec((), dtypes.variant)

    def _to_components(self, value: Any) -> Any:
        return value._variant_tensor

    def _from_components(self, components: Any) -> Any:
        return _Dataset("_VariantDataset", components, self._element_spec)


register_type_spec_from_value(DatasetV2, DatasetSpec.from_value)
staged_loops.register(DatasetV2)
