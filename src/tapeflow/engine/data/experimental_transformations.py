"""`tf.data.experimental`: names for disks, devices and distributions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeflow.engine.core.export import export
from tapeflow.engine.data.dataset import DatasetV2

Transformation = Callable[[Any], Any]


@export("data.experimental.parallel_interleave")
def parallel_interleave(
    map_func: Any,
    cycle_length: Any,
    block_length: Any = 1,
    sloppy: bool | None = False,
    buffer_output_elements: Any = None,
    prefetch_input_elements: Any = None,
) -> Transformation:
    """Gives elements of several datasets in turns, as `tf.data.Dataset.interleave` does.

    Args:
      map_func: function of an element that returns a dataset.
      cycle_length: how many datasets take turns.
      block_length: how many elements each gives in its turn.
      sloppy: accepted; the order is fixed.
      buffer_output_elements: accepted and not used.
      prefetch_input_elements: accepted and not used.

    Returns:
      A function for `tf.data.Dataset.apply`.
    """
    return lambda dataset: dataset.interleave(map_func, cycle_length, block_length)


@export("data.experimental.rejection_resample")
def rejection_resample(
    class_func: Any, target_dist: Any, initial_dist: Any = None, seed: Any = None
) -> Transformation:
    """Changes how often classes occur, as `tf.data.Dataset.rejection_resample` does.

    Args:
      class_func: function of an element that returns its class.
      target_dist: the wanted probability of each class.
      initial_dist: the probabilities that there are.
      seed: seed, combined with that of `tf.random.set_seed`.

    Returns:
      A function for `tf.data.Dataset.apply`.
    """
    return lambda dataset: dataset.rejection_resample(class_func, target_dist, initial_dist, seed)


@export("data.experimental.prefetch_to_device")
def prefetch_to_device(device: str, buffer_size: Any = None) -> Transformation:
    """Computes elements ahead, as `tf.data.Dataset.prefetch` does; all devices share one memory.

    Args:
      device: accepted and not used.
      buffer_size: how many elements; by default the pipeline decides.

    Returns:
      A function for `tf.data.Dataset.apply`.
    """
    return lambda dataset: dataset.prefetch(-1 if buffer_size is None else buffer_size)


@export("data.experimental.copy_to_device")
def copy_to_device(target_device: str, source_device: str = "/cpu:0") -> Transformation:
    """Leaves elements as they are: all devices share one memory.

    Args:
      target_device: accepted and not used.
      source_device: accepted and not used.

    Returns:
      A function for `tf.data.Dataset.apply`.
    """
    return lambda dataset: dataset.take(-1)


@export("data.experimental.snapshot")
def snapshot(
    path: Any, compression: Any = "AUTO", reader_func: Any = None, shard_func: Any = None
) -> Transformation:
    """Keeps elements on disk, as `tf.data.Dataset.snapshot` does.

    Args:
      path: the directory.
      compression: None, "AUTO" or "GZIP".
      reader_func: not supported.
      shard_func: not supported.

    Returns:
      A function for `tf.data.Dataset.apply`.
    """
    return lambda dataset: dataset.snapshot(path, compression, reader_func, shard_func)


@export("data.experimental.save")
def save(
    dataset: Any,
    path: Any,
    compression: Any = None,
    shard_func: Any = None,
    checkpoint_args: Any = None,
) -> None:
    """Writes the elements of a dataset to disk, as `tf.data.Dataset.save` does.

    Args:
      dataset: the dataset.
      path: the directory.
      compression: None or "GZIP".
      shard_func: function of an element that returns the number of its file.
      checkpoint_args: not supported.
    """
    dataset.save(path, compression, shard_func, checkpoint_args)


@export("data.experimental.load")
def load(
    path: Any, element_spec: Any = None, compression: Any = None, reader_func: Any = None
) -> Any:
    """Reads the elements that `save` wrote, as `tf.data.Dataset.load` does.

    Args:
      path: the directory.
      element_spec: the spec of the elements; by default what was saved.
      compression: accepted; what was saved says it.
      reader_func: function of a dataset of datasets that returns the dataset to read.

    Returns:
      A `tf.data.Dataset`.
    """
    return DatasetV2.load(path, element_spec, compression, reader_func)
