"""`tf.data.experimental`: one element of each group, and elements that fill a dataset up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeflow.engine.core import nest
from tapeflow.engine.core.export import export
from tapeflow.engine.core.specs import TensorSpec
from tapeflow.engine.data.dataset import DatasetV2
from tapeflow.engine.runtime.convert import convert

Transformation = Callable[[Any], Any]


@export("data.experimental.pad_to_cardinality")
def pad_to_cardinality(cardinality: int, mask_key: str = "valid") -> Transformation:
    """Adds elements of zeros at the end, and says of each element whether it is none of them.

    Args:
      cardinality: how many elements there are to be.
      mask_key: the key that says so in each element.

    Returns:
      A function for `tf.data.Dataset.apply`, of datasets of dictionaries.

    Raises:
      ValueError: when elements are no dictionaries or have that key; when there are more of them,
        or nobody knows how many.

    Example:
      >>> import tapeflow as tf
      >>> dataset = tf.data.Dataset.from_tensor_slices({"a": [1, 2]})
      >>> padded = dataset.apply(tf.data.experimental.pad_to_cardinality(3))
      >>> [(int(x["a"]), bool(x["valid"])) for x in padded]
      [(1, True), (2, True), (0, False)]
    """

    def apply(dataset: Any) -> Any:
        spec = dataset.element_spec
        if not isinstance(spec, dict):
            raise ValueError("`pad_to_cardinality` requires its input dataset to be a dictionary.")
        if mask_key in spec:
            raise ValueError(f"mask_key: expected a new key; elements have {mask_key!r} already")
        known = int(dataset.cardinality())
        if not 0 <= known <= cardinality:
            raise ValueError(
                "The dataset passed into `pad_to_cardinality` must have a known cardinality of at "
                f"most {cardinality}, but has cardinality {known}"
            )
        zeros = nest.map_structure(_zeros, spec)
        padding = DatasetV2.from_tensors({**zeros, mask_key: False}).repeat(cardinality - known)
        return dataset.map(lambda element: {**element, mask_key: True}).concatenate(padding)

    return apply


def _zeros(spec: TensorSpec) -> Any:
    return convert(np.zeros([d or 0 for d in spec.shape.as_list()], spec.dtype.np))


@export("data.experimental.Reducer")
class Reducer:
    """What `group_by_reducer` makes of the elements of a group.

    Args:
      init_func: function of a key that returns the state to begin with.
      reduce_func: function of a state and an element that returns the next state.
      finalize_func: function of the last state that returns the result.
    """

    def __init__(self, init_func: Any, reduce_func: Any, finalize_func: Any) -> None:
        self._init_func = init_func
        self._reduce_func = reduce_func
        self._finalize_func = finalize_func

    @property
    def init_func(self) -> Any:
        """Gives the state to begin with."""
        return self._init_func

    @property
    def reduce_func(self) -> Any:
        """Gives the next state."""
        return self._reduce_func

    @property
    def finalize_func(self) -> Any:
        """Gives the result."""
        return self._finalize_func


@export("data.experimental.group_by_reducer")
def group_by_reducer(key_func: Any, reducer: Reducer) -> Transformation:
    """Makes one element of all that have a key in common.

    Args:
      key_func: function of an element that returns an int64 scalar.
      reducer: a `tf.data.experimental.Reducer`.

    Returns:
      A function for `tf.data.Dataset.apply`.

    Example:
      >>> import tapeflow as tf
      >>> sums = tf.data.experimental.Reducer(
      ...     lambda key: tf.constant(0, tf.int64), lambda s, x: s + x, lambda s: s)
      >>> by_rest = tf.data.experimental.group_by_reducer(lambda x: x % 3, sums)
      >>> [int(n) for n in tf.data.Dataset.range(10).apply(by_rest)]
      [18, 12, 15]
    """

    def reduced(key: Any, group: Any) -> Any:
        state = group.reduce(reducer.init_func(key), reducer.reduce_func)
        return DatasetV2.from_tensors(reducer.finalize_func(state))

    everything = np.iinfo(np.int64).max
    return lambda dataset: dataset.group_by_window(key_func, reduced, everything)
