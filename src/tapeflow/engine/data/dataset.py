"""`tf.data.Dataset`: what a program holds of a pipeline."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeflow.engine.core import dtypes, nest
from tapeflow.engine.core.addresses import address
from tapeflow.engine.core.context import state
from tapeflow.engine.core.export import export
from tapeflow.engine.core.shapes import TensorShape, as_shape
from tapeflow.engine.core.specs import TensorSpec, TypeSpec, register_type_spec_from_value
from tapeflow.engine.data import options as option_sets
from tapeflow.engine.data import staged_loops
from tapeflow.engine.data.batching import Batching
from tapeflow.engine.data.combining import Combining
from tapeflow.engine.data.grouping import Grouping
from tapeflow.engine.data.iterators import NumpyIterator, OwnedIterator
from tapeflow.engine.data.mapping import Mapping
from tapeflow.engine.data.pipeline import Pipeline, make_dataset
from tapeflow.engine.data.resampling import Resampling
from tapeflow.engine.data.saving import Saving
from tapeflow.engine.data.selecting import Selecting
from tapeflow.engine.data.sources import Sources
from tapeflow.engine.data.stages.stage import INFINITE, UNKNOWN, Run, Stage, host_op, run_op
from tapeflow.engine.data.structure import (
    as_tensor,
    from_tensors,
    ir_specs,
    require_numpy,
)
from tapeflow.engine.ir.infer import reject
from tapeflow.engine.ir.spec import Spec


def _single_kernel(stage: Stage, *, specs: Any) -> tuple[Any, ...]:
    stream = stage.open(Run())
    try:
        values = next(stream)
    except StopIteration:
        reject("Dataset was empty.")
    for _ in stream:
        reject("Dataset had more than one element.")
    return tuple(values)


single_element_p = host_op("DatasetToSingleElement", lambda _, *, specs: specs, _single_kernel)
cardinality_p = host_op(
    "DatasetCardinality",
    lambda dataset: Spec(dtypes.int64, ()),
    lambda stage: np.array(stage.cardinality(), np.int64),
)


@address("tensorflow.python.data.ops.dataset_ops")
@export("data.Dataset")
class DatasetV2(Sources, Mapping, Selecting, Combining, Resampling, Batching, Grouping, Saving):
    """A sequence of elements, each a nest of tensors: an input pipeline.

    A dataset begins with a source (`from_tensor_slices`, `range`, `from_generator`, ...), and each
    transformation (`map`, `shuffle`, `batch`, ...) makes a new dataset of it. Iterating computes
    the elements.

    Args:
      variant_tensor: what stands for the pipeline; programs use the sources instead.

    Example:
      >>> import tapeflow as tf
      >>> dataset = tf.data.Dataset.from_tensor_slices([1, 2, 3]).map(lambda x: x * 2).batch(2)
      >>> for batch in dataset:
      ...     print(batch.numpy())
      [2 4]
      [6]
    """

    def __init__(self, variant_tensor: Any) -> None:
        self._variant_tensor = variant_tensor

    # Iterating.

    def __iter__(self) -> OwnedIterator:
        if state.tracer is not None and not state.tracer.building_function:
            # Nothing in a plain graph ends the loop: `next` only adds operations to it.
            raise RuntimeError(
                "`tf.data.Dataset` only supports Python-style iteration in eager mode or within "
                "tf.function."
            )
        return OwnedIterator(self)

    def __bool__(self) -> bool:
        return True

    __nonzero__ = __bool__

    def __len__(self) -> int:
        if state.tracer is not None:
            raise TypeError(
                "`tf.data.Dataset` only supports `len` in eager mode. Use "
                "`tf.data.Dataset.cardinality()` instead."
            )
        length = int(self.cardinality())
        if length == INFINITE:
            raise TypeError("The dataset is infinite.")
        if length == UNKNOWN:
            raise TypeError("The dataset length is unknown.")
        return length

    def cardinality(self) -> Any:
        """How many elements there are.

        Returns:
          A scalar of int64; `tf.data.INFINITE_CARDINALITY` or `tf.data.UNKNOWN_CARDINALITY` where
          that is so.
        """
        made = run_op(cardinality_p, self._variant_tensor)
        return as_tensor(made) if isinstance(made, np.ndarray) else made

    def as_numpy_iterator(self) -> NumpyIterator:
        """Iterates, giving NumPy values.

        Returns:
          An iterator.

        Raises:
          RuntimeError: in a function.
          TypeError: when elements hold datasets or optionals.
        """
        if state.tracer is not None:
            raise RuntimeError(
                "`tf.data.Dataset.as_numpy_iterator()` is only supported in eager mode."
            )
        require_numpy(self.element_spec)
        return NumpyIterator(self)

    def get_single_element(self, name: str | None = None) -> Any:
        """The one element.

        Args:
          name: a name for the operation.

        Returns:
          A nest of tensors.

        Raises:
          tf.errors.InvalidArgumentError: when there is none, or more than one.
        """
        made = run_op(single_element_p, self._variant_tensor, specs=ir_specs(self.element_spec))
        values = list(made) if state.tracer is not None else [as_tensor(v) for v in made]
        return from_tensors(self.element_spec, values)

    # Options.

    def options(self) -> option_sets.Options:
        """The options of this dataset and of those it is made of.

        Returns:
          `tf.data.Options`, which can't be changed.
        """
        found = option_sets.merged(self._options)
        found._freeze()
        return found

    def with_options(self, options: Any, name: str | None = None) -> DatasetV2:
        """The same elements, with options.

        Args:
          options: `tf.data.Options`; what they say counts.
          name: a name for the operation.

        Returns:
          A `tf.data.Dataset`.
        """
        made = make_dataset("_OptionsDataset", self._variant_tensor, self.element_spec, self)
        made._options = option_sets.merged(self._options, options)
        return made

    def apply(self, transformation_func: Any) -> DatasetV2:
        """What a function of datasets makes of this one.

        Args:
          transformation_func: the function.

        Returns:
          A `tf.data.Dataset`.

        Raises:
          TypeError: when the function returns something else.
        """
        made = transformation_func(self)
        if not isinstance(made, DatasetV2):
            raise TypeError(
                f"`transformation_func` must return a `tf.data.Dataset` object. Got {type(made)}."
            )
        return made

    # What a dataset is to the rest of the engine.

    @property
    def _type_spec(self) -> DatasetSpec:
        return DatasetSpec(self.element_spec)

    def _components(self) -> list[Any]:
        return [self._variant_tensor]

    def _with_components(self, components: list[Any]) -> DatasetV2:
        return make_dataset("_VariantDataset", components[0], self.element_spec, self)

    @property
    def _flat_shapes(self) -> list[TensorShape]:
        return [getattr(s, "shape", TensorShape([])) for s in nest.flatten(self.element_spec)]

    def __debug_string__(self) -> str:
        return repr(self)

    def __repr__(self) -> str:
        return f"<{self._kind} element_spec={self.element_spec}>"


Pipeline.concrete = DatasetV2
staged_loops.register(DatasetV2)


@address("tensorflow.python.data.ops.dataset_ops")
@export("data.DatasetSpec")
class DatasetSpec(TypeSpec):
    """The type of a `tf.data.Dataset`; functions may take datasets as arguments.

    Args:
      element_spec: the type of the elements, a nest of type specs.
      dataset_shape: the shape of the dataset itself, of which there is one.

    Example:
      >>> import tapeflow as tf
      >>> tf.data.DatasetSpec.from_value(tf.data.Dataset.range(3))
      DatasetSpec(TensorSpec(shape=(), dtype=tf.int64, name=None), TensorShape([]))
    """

    def __init__(self, element_spec: Any, dataset_shape: Any = ()) -> None:
        self._element_spec = element_spec
        self._dataset_shape = as_shape(dataset_shape)

    @staticmethod
    def from_value(value: Any) -> DatasetSpec:
        """The type of a dataset.

        Args:
          value: a `tf.data.Dataset`.
        """
        return DatasetSpec(value.element_spec)

    @property
    def value_type(self) -> type[DatasetV2]:
        """The class of the datasets."""
        return DatasetV2

    @property
    def element_spec(self) -> Any:
        """The type of the elements."""
        return self._element_spec

    def _serialize(self) -> tuple[Any, ...]:
        return (self._element_spec, self._dataset_shape)

    @property
    def _component_specs(self) -> list[TensorSpec]:
        return [TensorSpec(self._dataset_shape, dtypes.variant)]

    def _to_components(self, value: Any) -> list[Any]:
        return [value._variant_tensor]

    def _from_components(self, components: Any) -> DatasetV2:
        return make_dataset("_VariantDataset", components[0], self._element_spec)


register_type_spec_from_value(DatasetV2, DatasetSpec.from_value)
