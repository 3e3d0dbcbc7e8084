"""`tf.distribute.Strategy` for one replica, and which strategy is in use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from tapeflow.engine.compat.distribute.former_methods import FormerMethods
from tapeflow.engine.compat.distribute.inputs import InputContext, ValueContext
from tapeflow.engine.compat.distribute.reducing import as_reduce_op, reduce_over_axis
from tapeflow.engine.compat.distribute.replica import CrossReplica, ReplicaContext, as_converted
from tapeflow.engine.core import nest
from tapeflow.engine.core.context import state
from tapeflow.engine.core.export import export
from tapeflow.engine.runtime.tensor import CPU_DEVICE


@export("distribute.StrategyExtended")
class StrategyExtended:
    """What optimizers and libraries need of a strategy, beyond what programs do.

    Args:
      container_strategy: the strategy it belongs to.
    """

    _replica_devices: tuple[str, ...] = (CPU_DEVICE,)

    def __init__(self, container_strategy: Any) -> None:
        self._strategy = container_strategy

    def _named_devices(self, what: str) -> tuple[str, ...]:
        if self._replica_devices == ("",):
            raise RuntimeError(f"{what}() method unsupported by default tf.distribute.Strategy.")
        return self._replica_devices

    @property
    def worker_devices(self) -> tuple[str, ...]:
        """The devices that replicas run on.

        Raises:
          RuntimeError: for the default strategy.
        """
        return self._named_devices("worker_devices")

    @property
    def parameter_devices(self) -> tuple[str, ...]:
        """The devices that hold the variables.

        Raises:
          RuntimeError: for the default strategy.
        """
        return self._named_devices("parameter_devices")

    @property
    def experimental_require_static_shapes(self) -> bool:
        """Whether all shapes must be known: False."""
        return False

    @property
    def should_checkpoint(self) -> bool:
        """Whether this worker saves checkpoints: True."""
        return True

    @property
    def should_save_summary(self) -> bool:
        """Whether this worker writes summaries: True."""
        return True

    def _in_multi_worker_mode(self) -> bool:
        return False

    def colocate_vars_with(self, colocate_with_variable: Any) -> Any:
        """A context manager in which variables are made on the device of another: the only one.

        Args:
          colocate_with_variable: the other variable.
        """
        del colocate_with_variable
        return nullcontext()

    def variable_created_in_scope(self, v: Any) -> bool:
        """Whether a variable was made under this strategy.

        Args:
          v: the variable.
        """
        made_under = getattr(v, "_distribute_strategy", None)
        return made_under is (None if self._replica_devices == ("",) else self._strategy)

    def value_container(self, value: Any) -> Any:
        """The variable that holds copies on all replicas: of one replica, the variable.

        Args:
          value: a variable.
        """
        return value

    def read_var(self, v: Any) -> Any:
        """The value of a variable.

        Args:
          v: the variable.
        """
        return v.read_value()

    def non_slot_devices(self, var_list: Any) -> Any:
        """Where to make variables that belong to none of `var_list`.

        Args:
          var_list: variables.
        """
        return min(var_list, key=lambda v: v.name)

    def update(
        self, var: Any, fn: Any, args: Any = (), kwargs: Any = None, group: bool = True
    ) -> Any:
        """Runs a function that updates a variable, once for each copy of it.

        Args:
          var: the variable.
          fn: called as `fn(var, *args, **kwargs)`.
          args: positional arguments.
          kwargs: keyword arguments.
          group: when False, the results of all copies are wanted, as tuples.

        Returns:
          What it returns.
        """
        with CrossReplica(self._strategy):
            result = as_converted(fn)(var, *args, **(kwargs or {}))
        return result if group else nest.map_structure(lambda v: (v,), result)

    def reduce_to(self, reduce_op: Any, value: Any, destinations: Any, options: Any = None) -> Any:
        """Reduces the values of all replicas: of one replica, its value.

        Args:
          reduce_op: a `tf.distribute.ReduceOp`, or its name.
          value: the value.
          destinations: where the result is wanted.
          options: accepted and not used.
        """
        del destinations, options
        as_reduce_op(reduce_op)
        return value

    def batch_reduce_to(
        self, reduce_op: Any, value_destination_pairs: Any, options: Any = None
    ) -> list[Any]:
        """`reduce_to` for several values.

        Args:
          reduce_op: a `tf.distribute.ReduceOp`, or its name.
          value_destination_pairs: pairs of a value and where its result is wanted.
          options: accepted and not used.

        Returns:
          The list of results.
        """
        return [self.reduce_to(reduce_op, v, d, options) for v, d in value_destination_pairs]


@export("distribute.Strategy")
class Strategy(FormerMethods):
    """Runs the steps of a program on replicas: on this engine, on one.

    Args:
      extended: a `tf.distribute.StrategyExtended`.

    Example:
      >>> import tapeflow as tf
      >>> strategy = tf.distribute.get_strategy()
      >>> strategy.run(lambda x: x + 1, args=(tf.constant(1),)).numpy()
      np.int32(2)
    """

    def __init__(self, extended: Any) -> None:
        self._extended = extended

    @property
    def extended(self) -> Any:
        """The `tf.distribute.StrategyExtended` of this strategy."""
        return self._extended

    @property
    def num_replicas_in_sync(self) -> int:
        """How many replicas there are: 1."""
        return 1

    @property
    def cluster_resolver(self) -> None:
        """None: there is no cluster."""
        return

    @contextmanager
    def scope(self) -> Iterator[Strategy]:
        """Makes this the strategy in use for the `with` block.

        Returns:
          A context manager, whose value is the strategy.

        Raises:
          RuntimeError: (on entering) when another strategy is in use.
        """
        current = strategy_in_use()
        if current is not None and current is not self:
            raise RuntimeError(
                f"Mixing different tf.distribute.Strategy objects: {self} is not {current}"
            )

        def note_strategy(next_creator: Any, **kwargs: Any) -> Any:
            variable = next_creator(**kwargs)
            variable._distribute_strategy = self
            return variable

        before = state.variable_creators
        if current is None:
            state.variable_creators = (*before, note_strategy)
        try:
            with CrossReplica(self):
                yield self
        finally:
            state.variable_creators = before

    def run(self, fn: Any, args: Any = (), kwargs: Any = None, options: Any = None) -> Any:
        """Runs a function on each replica.

        Args:
          fn: the function.
          args: positional arguments.
          kwargs: keyword arguments.
          options: accepted and not used.

        Returns:
          What it returns.
        """
        del options
        with ReplicaContext(self, 0):
            return as_converted(fn)(*args, **(kwargs or {}))

    def reduce(self, reduce_op: Any, value: Any, axis: int | None) -> Any:
        """Reduces what `run` returned to one value.

        Args:
          reduce_op: a `tf.distribute.ReduceOp`, or its name.
          value: a tensor or a nest of tensors.
          axis: dimension to reduce as well, or None.

        Returns:
          A nest like `value`.

        Raises:
          ValueError: when `reduce_op` is no reduction.
        """
        return reduce_over_axis(as_reduce_op(reduce_op), value, axis)

    def gather(self, value: Any, axis: int) -> Any:
        """Concatenates the values of all replicas: of one replica, its value.

        Args:
          value: a tensor or a nest of tensors.
          axis: along which dimension.
        """
        del axis
        return value

    def experimental_local_results(self, value: Any) -> tuple[Any, ...]:
        """The values of all replicas of this machine.

        Args:
          value: what `run` returned.

        Returns:
          A tuple of one.
        """
        return (value,)

    def experimental_distribute_dataset(self, dataset: Any, options: Any = None) -> Any:
        """Divides the batches of a data set among the replicas: of one replica, the data set.

        Args:
          dataset: a `tf.data.Dataset`.
          options: accepted and not used.
        """
        del options
        return dataset

    def distribute_datasets_from_function(self, dataset_fn: Any, options: Any = None) -> Any:
        """The data set that a function makes for this machine.

        Args:
          dataset_fn: called with a `tf.distribute.InputContext`.
          options: accepted and not used.
        """
        del options
        return dataset_fn(InputContext())

    def experimental_distribute_values_from_function(self, value_fn: Any) -> Any:
        """The value that a function makes for each replica.

        Args:
          value_fn: called with a context that has `replica_id_in_sync_group`.
        """
        return value_fn(ValueContext())


class _DefaultExtended(StrategyExtended):
    _replica_devices = ("",)


class _DefaultStrategy(Strategy):
    """In use where no other one is."""

    def __init__(self) -> None:
        super().__init__(_DefaultExtended(self))

    @contextmanager
    def scope(self) -> Iterator[Strategy]:
        current = strategy_in_use()
        if current is not None:
            raise RuntimeError(
                f"Mixing different tf.distribute.Strategy objects: {self} is not {current}"
            )
        yield self

    def __deepcopy__(self, memo: Any) -> _DefaultStrategy:
        return self


_DEFAULT = _DefaultStrategy()
_DEFAULT_REPLICA = ReplicaContext(_DEFAULT, 0)
_standing: list[Strategy] = []


def strategy_in_use() -> Strategy | None:
    """The strategy of the innermost scope, or None for the default one."""
    if state.replica is None:
        return _standing[0] if _standing else None
    strategy = state.replica.strategy
    return None if strategy is _DEFAULT else strategy


@export("distribute.get_strategy")
def get_strategy() -> Strategy:
    """The strategy in use.

    Returns:
      That of the innermost `strategy.scope()`, or the default one, of one replica.

    Example:
      >>> import tapeflow as tf
      >>> tf.distribute.get_strategy().num_replicas_in_sync
      1
    """
    return strategy_in_use() or _DEFAULT


@export("distribute.has_strategy")
def has_strategy() -> bool:
    """Whether the strategy in use is another than the default one.

    Returns:
      A bool.

    Example:
      >>> import tapeflow as tf
      >>> tf.distribute.has_strategy()
      False
    """
    return strategy_in_use() is not None


@export("distribute.experimental_set_strategy")
def experimental_set_strategy(strategy: Strategy | None) -> None:
    """Makes a strategy the one in use from here on.

    Args:
      strategy: the strategy, or None for the default one.

    Raises:
      RuntimeError: inside of a scope or replica.
    """
    if state.replica is not None:
        raise RuntimeError("Must not be called inside a `tf.distribute.Strategy` scope.")
    _standing[:] = [] if strategy is None else [strategy]


@export("distribute.get_replica_context")
def get_replica_context() -> ReplicaContext | None:
    """The context of the replica that runs, or None across replicas (in a strategy's scope).

    Returns:
      A `tf.distribute.ReplicaContext`; outside of all scopes that of the default strategy.

    Example:
      >>> import tapeflow as tf
      >>> tf.distribute.get_replica_context().num_replicas_in_sync
      1
    """
    here = state.replica
    if here is None:
        return None if _standing else _DEFAULT_REPLICA
    return here if isinstance(here, ReplicaContext) else None


@export("distribute.in_cross_replica_context")
def in_cross_replica_context() -> bool:
    """Whether the program is across replicas, as it is in a strategy's scope.

    Returns:
      A bool.

    Example:
      >>> import tapeflow as tf
      >>> tf.distribute.in_cross_replica_context()
      False
    """
    return get_replica_context() is None


@export("distribute.OneDeviceStrategy")
class OneDeviceStrategy(Strategy):
    """Runs on one device.

    Args:
      device: its name, such as `"/cpu:0"`.

    Raises:
      ValueError: when there is no such device.

    Example:
      >>> import tapeflow as tf
      >>> with tf.distribute.OneDeviceStrategy("/cpu:0").scope():
      ...     print(tf.distribute.has_strategy())
      True
    """

    def __init__(self, device: str) -> None:
        _require_cpu("OneDeviceStrategy", [device])
        super().__init__(StrategyExtended(self))


@export("distribute.MirroredStrategy")
class MirroredStrategy(Strategy):
    """Copies variables to several devices of one machine: on this engine, the CPU alone.

    Args:
      devices: names of the devices; by default all there are, the CPU.
      cross_device_ops: accepted and not used: nothing passes between devices.

    Raises:
      ValueError: for a device other than the CPU.
      NotImplementedError: for more than one device.
    """

    def __init__(self, devices: Any = None, cross_device_ops: Any = None) -> None:
        del cross_device_ops
        _require_cpu("MirroredStrategy", ["/cpu:0"] if devices is None else list(devices))
        super().__init__(StrategyExtended(self))


def _require_cpu(strategy: str, devices: list[str]) -> None:
    if len(devices) != 1:
        raise NotImplementedError(
            f"tf.distribute.{strategy}: tapeflow runs on one device, the CPU; received {devices}"
        )
    name = str(devices[0]).lower().replace("device:", "").rpartition("/")[2]
    if name not in ("cpu:0", "cpu"):
        raise ValueError(
            f"tf.distribute.{strategy}: expected the device '/cpu:0', the only one of this engine; "
            f"received {devices[0]!r}"
        )
