"""What functions that make the input of a strategy are called with; and values of many replicas."""

from __future__ import annotations

from typing import Any, NoReturn

from tapeflow.engine.core.export import export


@export("distribute.InputContext")
class InputContext:
    """Which part of the input a function is to make.

    Args:
      num_input_pipelines: how many parts there are.
      input_pipeline_id: which one this is.
      num_replicas_in_sync: how many replicas share the input.
    """

    def __init__(
        self,
        num_input_pipelines: int = 1,
        input_pipeline_id: int = 0,
        num_replicas_in_sync: int = 1,
    ) -> None:
        self._num_input_pipelines = num_input_pipelines
        self._input_pipeline_id = input_pipeline_id
        self._num_replicas_in_sync = num_replicas_in_sync

    @property
    def num_input_pipelines(self) -> int:
        """How many parts there are."""
        return self._num_input_pipelines

    @property
    def input_pipeline_id(self) -> int:
        """Which part this is."""
        return self._input_pipeline_id

    @property
    def num_replicas_in_sync(self) -> int:
        """How many replicas share the input."""
        return self._num_replicas_in_sync

    def get_per_replica_batch_size(self, global_batch_size: int) -> int:
        """The batch size of each replica.

        Args:
          global_batch_size: of all of them.

        Raises:
          ValueError: when it cannot be divided evenly.
        """
        if global_batch_size % self.num_replicas_in_sync:
            raise ValueError(
                f"The `global_batch_size` {global_batch_size} is not divisible by "
                f"`num_replicas_in_sync` {self.num_replicas_in_sync}"
            )
        return global_batch_size // self.num_replicas_in_sync

    def __str__(self) -> str:
        return (
            f"tf.distribute.InputContext(input pipeline id {self.input_pipeline_id}, "
            f"total: {self.num_input_pipelines})"
        )


class ValueContext:
    """Which replica a value is made for: the only one."""

    replica_id_in_sync_group = 0
    num_replicas_in_sync = 1

    def __str__(self) -> str:
        return "tf.distribute.ValueContext(replica id 0,  total replicas in sync: 1)"


def _refuse(name: str) -> NoReturn:
    raise NotImplementedError(
        f"tf.distribute.{name}: there is one replica; its values are plain tensors and data sets."
    )


@export("distribute.DistributedValues")
class DistributedValues:
    """A value with a part on each of several replicas; one replica has plain tensors instead.

    Raises:
      NotImplementedError: always.
    """

    def __init__(self) -> None:
        _refuse("DistributedValues")


@export("distribute.DistributedDataset")
class DistributedDataset:
    """A data set divided among several replicas; one replica has a plain data set instead.

    Raises:
      NotImplementedError: always.
    """

    def __init__(self) -> None:
        _refuse("DistributedDataset")

    @property
    def element_spec(self) -> Any:
        """The type of the elements."""
        _refuse("DistributedDataset")

    def reduce(self, initial_state: Any, reduce_func: Any) -> Any:
        """Folds all elements into one value."""
        _refuse("DistributedDataset")


@export("distribute.DistributedIterator")
class DistributedIterator:
    """An iterator of a `DistributedDataset`; one replica has a plain iterator instead.

    Raises:
      NotImplementedError: always.
    """

    def __init__(self) -> None:
        _refuse("DistributedIterator")

    @property
    def element_spec(self) -> Any:
        """The type of the elements."""
        _refuse("DistributedIterator")

    def get_next(self) -> Any:
        """The next element."""
        _refuse("DistributedIterator")

    def get_next_as_optional(self) -> Any:
        """The next element as an optional."""
        _refuse("DistributedIterator")
