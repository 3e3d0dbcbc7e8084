"""What functions that make the input of a strategy are called with; and values of many replicas."""

from __future__ import annotations

from typing import Any

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
        self.num_input_pipelines = num_input_pipelines
        self.input_pipeline_id = input_pipeline_id
        self.num_replicas_in_sync = num_replicas_in_sync

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


class _OfManyReplicas:
    """Base of classes that only strategies with several replicas have instances of."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(
            f"tf.distribute.{type(self).__name__}: there is one replica; its values are plain "
            "tensors and data sets."
        )


@export("distribute.DistributedValues")
class DistributedValues(_OfManyReplicas):
    """A value with a part on each of several replicas; one replica has plain tensors instead."""


@export("distribute.DistributedDataset")
class DistributedDataset(_OfManyReplicas):
    """A data set divided among several replicas; one replica has a plain data set instead."""


@export("distribute.DistributedIterator")
class DistributedIterator(_OfManyReplicas):
    """An iterator of a `DistributedDataset`; one replica has a plain iterator instead."""
