"""`tf.data.experimental`: older names of what datasets do, and a few functions of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeflow.engine.core import dtypes
from tapeflow.engine.core.errors import OutOfRangeError
from tapeflow.engine.core.export import export
from tapeflow.engine.data import structure
from tapeflow.engine.data.dataset import DatasetV2
from tapeflow.engine.data.pipeline import int64, known_int, make_dataset, source
from tapeflow.engine.data.stages.elementwise import AssertCardinalityStage
from tapeflow.engine.data.stages.sources import ElementsStage

Transformation = Callable[[Any], Any]


@export("data.experimental.cardinality")
def cardinality(dataset: Any) -> Any:
    """How many elements a dataset has.

    Args:
      dataset: a `tf.data.Dataset`.

    Returns:
      A scalar of int64; `INFINITE_CARDINALITY` or `UNKNOWN_CARDINALITY` where that is so.

    Example:
      >>> import tapeflow as tf
      >>> tf.data.experimental.cardinality(tf.data.Dataset.range(3)).numpy()
      np.int64(3)
    """
    return dataset.cardinality()


@export("data.experimental.assert_cardinality")
def assert_cardinality(expected_cardinality: Any) -> Transformation:
    """Says how many elements a dataset has; iterating checks it.

    Args:
      expected_cardinality: the number, or `INFINITE_CARDINALITY`.

    Returns:
      A function for `tf.data.Dataset.apply`.

    Example:
      >>> import tapeflow as tf
      >>> dataset = tf.data.Dataset.range(4).filter(lambda x: x < 2)
      >>> len(dataset.apply(tf.data.experimental.assert_cardinality(2)))
      2
    """
    return lambda dataset: dataset._stage(AssertCardinalityStage, int64(expected_cardinality))


@export("data.experimental.get_single_element")
def get_single_element(dataset: Any) -> Any:
    """The one element of a dataset.

    Args:
      dataset: a `tf.data.Dataset`.

    Returns:
      A nest of tensors.

    Raises:
      TypeError: for anything else.
      tf.errors.InvalidArgumentError: when it has none, or more than one.

    Example:
      >>> import tapeflow as tf
      >>> tf.data.experimental.get_single_element(tf.data.Dataset.range(4).batch(4)).numpy()
      array([0, 1, 2, 3])
    """
    if not isinstance(dataset, DatasetV2):
        raise TypeError(
            f"Invalid `dataset`. Expected a `tf.data.Dataset` object but got {type(dataset)}."
        )
    return dataset.get_single_element()


@export("data.experimental.get_structure")
def get_structure(dataset_or_iterator: Any) -> Any:
    """The type of the elements of a dataset or iterator.

    Args:
      dataset_or_iterator: one of the two.

    Returns:
      A nest of type specs.

    Raises:
      TypeError: for anything else.
    """
    try:
        return dataset_or_iterator.element_spec
    except AttributeError:
        raise TypeError(
            "Invalid `dataset_or_iterator`. `dataset_or_iterator` must be a `tf.data.Dataset` or "
            f"tf.data.Iterator object, but got {type(dataset_or_iterator)}."
        ) from None


@export("data.experimental.from_list")
def from_list(elements: Any, name: str | None = None) -> Any:
    """A dataset of the items of a list.

    Args:
      elements: list of nests of tensors of one structure, dtypes and shapes.
      name: a name for the operation.

    Returns:
      A `tf.data.Dataset`.

    Raises:
      ValueError: for an empty list, or something else than a list.

    Example:
      >>> import tapeflow as tf
      >>> for number, word in tf.data.experimental.from_list([(1, "a"), (2, "b")]):
      ...     print(number.numpy(), word.numpy())
      1 b'a'
      2 b'b'
    """
    if not isinstance(elements, list):
        raise ValueError(f"`elements` must be a list; received {type(elements)}.")
    if not elements:
        raise ValueError("Empty list of elements not allowed.")
    rows = [structure.normalized(element) for element in elements]
    spec = structure.spec_of(rows[0])
    for row in rows[1:]:
        spec = structure.common_spec(spec, structure.spec_of(row))
        if spec is None:
            raise ValueError("All elements must have one structure and the same dtypes.")
    tensors = [t for row in rows for t in structure.to_tensors(spec, row)]
    return source(ElementsStage, spec, *tensors, count=len(rows))


@export("data.experimental.from_variant")
def from_variant(variant: Any, structure: Any) -> Any:
    """The dataset that a tensor of dtype variant stands for.

    Args:
      variant: the tensor.
      structure: the spec of the elements.

    Returns:
      A `tf.data.Dataset`.
    """
    return make_dataset("_VariantDataset", variant, structure)


@export("data.experimental.to_variant")
def to_variant(dataset: Any) -> Any:
    """The tensor of dtype variant that stands for a dataset.

    Args:
      dataset: a `tf.data.Dataset`.

    Returns:
      A scalar of dtype variant.
    """
    return dataset._variant_tensor


@export("data.experimental.Counter")
def counter(start: Any = 0, step: Any = 1, dtype: Any = dtypes.int64) -> Any:
    """A dataset of numbers at equal distances, without an end.

    Args:
      start: the first one.
      step: the distance.
      dtype: the dtype of the elements.

    Returns:
      A `tf.data.Dataset`.

    Example:
      >>> import tapeflow as tf
      >>> [int(x) for x in tf.data.experimental.Counter(5, 2).take(3)]
      [5, 7, 9]
    """
    return DatasetV2.counter(start, step, dtype)


@export("data.experimental.choose_from_datasets")
def choose_from_datasets(
    datasets: Any, choice_dataset: Any, stop_on_empty_dataset: bool = False
) -> Any:
    """Elements of several datasets; another one says of which.

    Args:
      datasets: list of datasets.
      choice_dataset: dataset of int64 scalars.
      stop_on_empty_dataset: whether to end when a dataset that is chosen has ended.

    Returns:
      A `tf.data.Dataset`.
    """
    return DatasetV2.choose_from_datasets(datasets, choice_dataset, stop_on_empty_dataset)


@export("data.experimental.sample_from_datasets")
def sample_from_datasets(
    datasets: Any, weights: Any = None, seed: Any = None, stop_on_empty_dataset: bool = False
) -> Any:
    """Elements of several datasets, of which one is drawn each time.

    Args:
      datasets: list of datasets.
      weights: probability of each.
      seed: seed, combined with that of `tf.random.set_seed`.
      stop_on_empty_dataset: whether to end when a dataset that is drawn has ended.

    Returns:
      A `tf.data.Dataset`.
    """
    return DatasetV2.sample_from_datasets(datasets, weights, seed, stop_on_empty_dataset)


@export("data.experimental.enumerate_dataset")
def enumerate_dataset(start: Any = 0) -> Transformation:
    """Numbers elements, as `tf.data.Dataset.enumerate` does.

    Args:
      start: the first number.

    Returns:
      A function for `tf.data.Dataset.apply`.
    """
    return lambda dataset: dataset.enumerate(start)


@export("data.experimental.take_while")
def take_while(predicate: Any) -> Transformation:
    """Ends a dataset, as `tf.data.Dataset.take_while` does.

    Args:
      predicate: function of an element that returns a boolean scalar.

    Returns:
      A function for `tf.data.Dataset.apply`.
    """
    return lambda dataset: dataset.take_while(predicate)


@export("data.experimental.unbatch")
def unbatch() -> Transformation:
    """Takes batches apart, as `tf.data.Dataset.unbatch` does.

    Returns:
      A function for `tf.data.Dataset.apply`.
    """
    return lambda dataset: dataset.unbatch()


@export("data.experimental.unique")
def unique() -> Transformation:
    """Leaves out repeated elements, as `tf.data.Dataset.unique` does.

    Returns:
      A function for `tf.data.Dataset.apply`.
    """
    return lambda dataset: dataset.unique()


@export("data.experimental.scan")
def scan(initial_state: Any, scan_func: Any) -> Transformation:
    """Hands a state from element to element, as `tf.data.Dataset.scan` does.

    Args:
      initial_state: the first state.
      scan_func: function of a state and an element that returns the next state and a result.

    Returns:
      A function for `tf.data.Dataset.apply`.
    """
    return lambda dataset: dataset.scan(initial_state, scan_func)


@export("data.experimental.ignore_errors")
def ignore_errors(log_warning: bool = False) -> Transformation:
    """Leaves out elements that can't be computed, as `tf.data.Dataset.ignore_errors` does.

    Args:
      log_warning: whether to log what the errors were.

    Returns:
      A function for `tf.data.Dataset.apply`.
    """
    return lambda dataset: dataset.ignore_errors(log_warning)


@export("data.experimental.shuffle_and_repeat")
def shuffle_and_repeat(buffer_size: Any, count: Any = None, seed: Any = None) -> Transformation:
    """Shuffles and repeats a dataset.

    Args:
      buffer_size: as for `tf.data.Dataset.shuffle`.
      count: as for `tf.data.Dataset.repeat`.
      seed: as for `tf.data.Dataset.shuffle`.

    Returns:
      A function for `tf.data.Dataset.apply`.
    """
    return lambda dataset: dataset.shuffle(buffer_size, seed).repeat(count)


@export("data.experimental.map_and_batch")
def map_and_batch(
    map_func: Any,
    batch_size: Any,
    num_parallel_batches: Any = None,
    drop_remainder: bool = False,
    num_parallel_calls: Any = None,
) -> Transformation:
    """Calls a function with each element, and batches the results.

    Args:
      map_func: as for `tf.data.Dataset.map`.
      batch_size: as for `tf.data.Dataset.batch`.
      num_parallel_batches: accepted and not used.
      drop_remainder: as for `tf.data.Dataset.batch`.
      num_parallel_calls: as for `tf.data.Dataset.map`.

    Returns:
      A function for `tf.data.Dataset.apply`.

    Raises:
      ValueError: when both numbers are given.
    """
    if num_parallel_batches is not None and num_parallel_calls is not None:
        raise ValueError(
            "`map_and_batch` allows only one of `num_parallel_batches` and `num_parallel_calls` "
            "to be set, but both were set."
        )
    return lambda dataset: dataset.map(map_func, num_parallel_calls).batch(
        batch_size, drop_remainder
    )


@export("data.experimental.dense_to_ragged_batch")
def dense_to_ragged_batch(
    batch_size: Any, drop_remainder: bool = False, row_splits_dtype: Any = dtypes.int64
) -> Transformation:
    """Batches tensors of different shapes, as `tf.data.Dataset.ragged_batch` does.

    Args:
      batch_size: how many elements make a batch.
      drop_remainder: whether to leave out a last, smaller batch.
      row_splits_dtype: dtype of the row splits.

    Returns:
      A function for `tf.data.Dataset.apply`.

    Example:
      >>> import tapeflow as tf
      >>> rows = tf.data.Dataset.range(3).map(lambda x: tf.range(x))
      >>> print(next(iter(rows.apply(tf.data.experimental.dense_to_ragged_batch(3)))))
      <tf.RaggedTensor [[], [0], [0, 1]]>
    """
    return lambda dataset: dataset.ragged_batch(batch_size, drop_remainder, row_splits_dtype)


@export("data.experimental.dense_to_sparse_batch")
def dense_to_sparse_batch(batch_size: Any, row_shape: Any) -> Transformation:
    """Batches tensors of different shapes, as `tf.data.Dataset.sparse_batch` does.

    Args:
      batch_size: how many elements make a batch.
      row_shape: the dense shape of an element.

    Returns:
      A function for `tf.data.Dataset.apply`.

    Example:
      >>> import tapeflow as tf
      >>> rows = tf.data.Dataset.range(3).map(lambda x: tf.range(x))
      >>> batch = next(iter(rows.apply(tf.data.experimental.dense_to_sparse_batch(3, [4]))))
      >>> batch.dense_shape.numpy()
      array([3, 4])
    """
    return lambda dataset: dataset.sparse_batch(batch_size, row_shape)


@export("data.experimental.group_by_window")
def group_by_window(
    key_func: Any, reduce_func: Any, window_size: Any = None, window_size_func: Any = None
) -> Transformation:
    """Groups elements, as `tf.data.Dataset.group_by_window` does.

    Args:
      key_func: function of an element that returns an int64 scalar.
      reduce_func: function of a key and a dataset of elements that returns a dataset.
      window_size: how many elements are given to it at a time.
      window_size_func: instead, a function of the key that returns this number.

    Returns:
      A function for `tf.data.Dataset.apply`.
    """
    return lambda dataset: dataset.group_by_window(
        key_func, reduce_func, window_size, window_size_func
    )


@export("data.experimental.bucket_by_sequence_length")
def bucket_by_sequence_length(
    element_length_func: Any,
    bucket_boundaries: Any,
    bucket_batch_sizes: Any,
    padded_shapes: Any = None,
    padding_values: Any = None,
    pad_to_bucket_boundary: bool = False,
    no_padding: bool = False,
    drop_remainder: bool = False,
) -> Transformation:
    """Batches elements of similar length, as `tf.data.Dataset.bucket_by_sequence_length` does.

    Args:
      element_length_func: function of an element that returns its length.
      bucket_boundaries: the lengths at which a new bucket begins.
      bucket_batch_sizes: the batch size of each bucket.
      padded_shapes: as for `tf.data.Dataset.padded_batch`.
      padding_values: as for `tf.data.Dataset.padded_batch`.
      pad_to_bucket_boundary: whether to pad to the longest of the bucket.
      no_padding: whether batches are not padded.
      drop_remainder: whether to leave out last, smaller batches.

    Returns:
      A function for `tf.data.Dataset.apply`.
    """
    return lambda dataset: dataset.bucket_by_sequence_length(
        element_length_func,
        bucket_boundaries,
        bucket_batch_sizes,
        padded_shapes,
        padding_values,
        pad_to_bucket_boundary,
        no_padding,
        drop_remainder,
    )


@export("data.experimental.at")
def at(dataset: Any, index: Any) -> Any:
    """One element of a dataset, by number.

    Args:
      dataset: a `tf.data.Dataset`.
      index: an int64 scalar, not negative.

    Returns:
      A nest of tensors.

    Raises:
      tf.errors.OutOfRangeError: when there is none of that number.

    Example:
      >>> import tapeflow as tf
      >>> tf.data.experimental.at(tf.data.Dataset.range(5), 3).numpy()
      np.int64(3)
    """
    number = known_int(int64(index))
    if number is None or number < 0:
        raise OutOfRangeError(None, None, f"at: index: expected a number >= 0; received {index!r}")
    for element in dataset.skip(number).take(1):
        return element
    raise OutOfRangeError(None, None, f"at: index: {number} is out of range")
