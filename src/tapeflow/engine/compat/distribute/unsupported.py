"""Strategies for what this engine does not run on: there to be asked for by `isinstance`."""

from __future__ import annotations

from typing import Any, NoReturn

from tapeflow.engine.compat.distribute.strategy import Strategy
from tapeflow.engine.core.export import export


def _refuse(name: str, needs: str) -> NoReturn:
    raise NotImplementedError(
        f"tf.distribute.{name}: needs {needs}; tapeflow runs on one CPU. "
        "tf.distribute.get_strategy() gives the strategy for that."
    )


@export("distribute.MultiWorkerMirroredStrategy")
class MultiWorkerMirroredStrategy(Strategy):
    """Refused: it needs several machines.

    Args:
      cluster_resolver: says which machines.
      communication_options: how they talk.

    Raises:
      NotImplementedError: always.
    """

    def __init__(self, cluster_resolver: Any = None, communication_options: Any = None) -> None:
        _refuse("MultiWorkerMirroredStrategy", "several machines")


@export("distribute.ParameterServerStrategy")
class ParameterServerStrategy(Strategy):
    """Refused: it needs parameter servers.

    Args:
      cluster_resolver: says which machines.
      variable_partitioner: how variables are divided.

    Raises:
      NotImplementedError: always.
    """

    def __init__(self, cluster_resolver: Any, variable_partitioner: Any = None) -> None:
        _refuse("ParameterServerStrategy", "parameter servers")


@export("distribute.TPUStrategy")
class TPUStrategy(Strategy):
    """Refused: it needs a TPU.

    Args:
      tpu_cluster_resolver: says where the TPU is.
      experimental_device_assignment: which cores.
      experimental_spmd_xla_partitioning: whether programs are partitioned.

    Raises:
      NotImplementedError: always.
    """

    def __init__(
        self,
        tpu_cluster_resolver: Any = None,
        experimental_device_assignment: Any = None,
        experimental_spmd_xla_partitioning: bool = False,
    ) -> None:
        _refuse("TPUStrategy", "a TPU")

    def experimental_assign_to_logical_device(
        self, tensor: Any, logical_device_id: int
    ) -> NoReturn:
        """Refused, as the strategy is."""
        _refuse("TPUStrategy", "a TPU")

    def experimental_replicate_to_logical_devices(self, tensor: Any) -> NoReturn:
        """Refused, as the strategy is."""
        _refuse("TPUStrategy", "a TPU")

    def experimental_split_to_logical_devices(
        self, tensor: Any, partition_dimensions: Any
    ) -> NoReturn:
        """Refused, as the strategy is."""
        _refuse("TPUStrategy", "a TPU")
