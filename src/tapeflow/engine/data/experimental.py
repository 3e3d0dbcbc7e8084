"""`tf.data.experimental`: functions for `Dataset.apply`, and what is known of a data set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeflow.engine.core.errors import FailedPreconditionError
from tapeflow.engine.core.export import export
from tapeflow.engine.data.dataset import DatasetV2
from tapeflow.engine.data.pipelines import INFINITE, Counted


@export("data.experimental.cardinality")
def cardinality(dataset: DatasetV2) -> Any:
    """How many elements a data set has, where that is known.

    Args:
      dataset: the data set.

    Returns:
      An int64 scalar.

    Example:
      >>> import tapeflow as tf
      >>> tf.data.experimental.cardinality(tf.data.Dataset.range(3)).numpy()
      np.int64(3)
    """
    return dataset.cardinality()


@export("data.experimental.assert_cardinality")
def assert_cardinality(expected_cardinality: int) -> Callable[[DatasetV2], DatasetV2]:
    """Says how many elements a data set has; it is checked while the data set is gone through.

    Args:
      expected_cardinality: the number, or `tf.data.INFINITE_CARDINALITY`.

    Returns:
      A function for `Dataset.apply`.

    Raises:
      tf.errors.FailedPreconditionError: (while iterating) when there are more or fewer.

    Example:
      >>> import tapeflow as tf
      >>> dataset = tf.data.Dataset.range(4).filter(lambda x: x < 2)
      >>> len(dataset.apply(tf.data.experimental.assert_cardinality(2)))
      2
    """

    def check(found: int | None) -> None:
        expected = (
            "an infinite number of" if expected_cardinality == INFINITE else expected_cardinality
        )
        what = f"at least {expected_cardinality + 1}" if found is None else str(found)
        raise FailedPreconditionError(
            None,
            None,
            f"Input dataset was expected to contain {expected} elements but contained {what} "
            "elements.",
        )

    def apply(dataset: DatasetV2) -> DatasetV2:
        return dataset._then(
            "_AssertCardinalityDataset",
            lambda before: Counted(before, int(expected_cardinality), check),
            dataset.element_spec,
        )

    return apply


@export("data.experimental.get_structure")
def get_structure(dataset_or_iterator: Any) -> Any:
    """The type of the elements.

    Args:
      dataset_or_iterator: a data set or an iterator.

    Returns:
      A structure of type specs.

    Raises:
      TypeError: for anything else.
    """
    try:
        return dataset_or_iterator.element_spec
    except AttributeError as error:
        raise TypeError(
            "Invalid `dataset_or_iterator`. `dataset_or_iterator` must be a `tf.data.Dataset` or "
            f"tf.data.Iterator object, but got {type(dataset_or_iterator)}."
        ) from error
