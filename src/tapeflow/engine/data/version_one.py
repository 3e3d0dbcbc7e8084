"""`tf.compat.v1.data`: the same datasets, and what TensorFlow 1 called functions for."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core import nest
from tapeflow.engine.core.export import export, export_value
from tapeflow.engine.data import options
from tapeflow.engine.data.dataset import DatasetSpec, DatasetV2
from tapeflow.engine.data.iterators import IteratorBase, NumpyIterator
from tapeflow.engine.data.stages.stage import INFINITE, UNKNOWN

AUTOTUNE = -1
INFINITE_CARDINALITY = INFINITE
UNKNOWN_CARDINALITY = UNKNOWN

for _name in ("AUTOTUNE", "INFINITE_CARDINALITY", "UNKNOWN_CARDINALITY"):
    export_value(_name, f"compat.v1.data.{_name}")
for _name, _class in {
    "Dataset": DatasetV2,
    "DatasetSpec": DatasetSpec,
    "Iterator": IteratorBase,
    "NumpyIterator": NumpyIterator,
    "Options": options.Options,
    "ThreadingOptions": options.ThreadingOptions,
}.items():
    export(f"compat.v1.data.{_name}")(_class)


@export("compat.v1.data.get_output_types")
def get_output_types(dataset_or_iterator: Any) -> Any:
    """The dtypes of the components of elements.

    Args:
      dataset_or_iterator: a dataset or an iterator.

    Returns:
      A nest of `tf.DType`s.
    """
    return nest.map_structure(lambda spec: spec.dtype, dataset_or_iterator.element_spec)


@export("compat.v1.data.get_output_shapes")
def get_output_shapes(dataset_or_iterator: Any) -> Any:
    """The shapes of the components of elements.

    Args:
      dataset_or_iterator: a dataset or an iterator.

    Returns:
      A nest of `tf.TensorShape`s.
    """
    return nest.map_structure(lambda spec: spec.shape, dataset_or_iterator.element_spec)


@export("compat.v1.data.get_output_classes")
def get_output_classes(dataset_or_iterator: Any) -> Any:
    """The classes of the components of elements.

    Args:
      dataset_or_iterator: a dataset or an iterator.

    Returns:
      A nest of classes.
    """
    return nest.map_structure(lambda spec: spec.value_type, dataset_or_iterator.element_spec)


@export("compat.v1.data.make_one_shot_iterator")
def make_one_shot_iterator(dataset: Any) -> Any:
    """An iterator over a dataset.

    Args:
      dataset: the dataset.

    Returns:
      A `tf.data.Iterator`.
    """
    return iter(dataset)


@export("compat.v1.data.make_initializable_iterator")
def make_initializable_iterator(dataset: Any, shared_name: str | None = None) -> Any:
    """Refused: without sessions there is nothing that could initialise an iterator.

    Args:
      dataset: the dataset.
      shared_name: not used.

    Raises:
      RuntimeError: always, as in TensorFlow without a graph of version 1.
    """
    raise RuntimeError(
        "dataset.make_initializable_iterator is not supported when eager execution is enabled. Use "
        "`for element in dataset` instead."
    )
