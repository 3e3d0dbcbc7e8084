"""Where a program is: inside a replica, or across them; and what it can do there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeflow.engine.compat.distribute.reducing import as_reduce_op
from tapeflow.engine.core import nest
from tapeflow.engine.core.context import state
from tapeflow.engine.core.export import export
from tapeflow.engine.runtime.convert import convert


@export("distribute.ReplicaContext")
class ReplicaContext:
    """What a function run by `Strategy.run` knows about its replica.

    Args:
      strategy: the `tf.distribute.Strategy`.
      replica_id_in_sync_group: which replica it is; there is one, 0.

    Example:
      >>> import tapeflow as tf
      >>> context = tf.distribute.get_replica_context()
      >>> context.num_replicas_in_sync
      1
    """

    def __init__(self, strategy: Any, replica_id_in_sync_group: Any) -> None:
        self._strategy = strategy
        self._replica_id = replica_id_in_sync_group
        self._before: list[Any] = []

    def __enter__(self) -> None:
        self._before.append(state.replica)
        state.replica = self

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        state.replica = self._before.pop()

    @property
    def strategy(self) -> Any:
        """The strategy that runs this replica."""
        return self._strategy

    @property
    def num_replicas_in_sync(self) -> int:
        """How many replicas there are: 1."""
        return self._strategy.num_replicas_in_sync  # type: ignore[no-any-return]

    @property
    def replica_id_in_sync_group(self) -> Any:
        """The number of this replica, as an int32 tensor."""
        return convert(self._replica_id)

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices of this replica."""
        return self._strategy.extended._replica_devices  # type: ignore[no-any-return]

    def merge_call(self, merge_fn: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Calls a function across replicas.

        Args:
          merge_fn: called as `merge_fn(strategy, *args, **kwargs)`.
          args: positional arguments.
          kwargs: keyword arguments.

        Returns:
          What it returns.
        """
        with CrossReplica(self._strategy):
            return as_converted(merge_fn)(self._strategy, *args, **(kwargs or {}))

    def all_reduce(self, reduce_op: Any, value: Any, options: Any = None) -> Any:
        """Reduces a value over all replicas, and gives each the result.

        Args:
          reduce_op: a `tf.distribute.ReduceOp`, or its name.
          value: a tensor, an `IndexedSlices`, or a nest of them.
          options: accepted and not used: one replica sends nothing.

        Returns:
          A nest like `value`: of one replica, its own values.

        Raises:
          ValueError: when `reduce_op` is no reduction.
        """
        del options
        as_reduce_op(reduce_op)
        return nest.map_structure(_as_tensor, value)

    def all_gather(self, value: Any, axis: int, options: Any = None) -> Any:
        """Concatenates the values of all replicas.

        Args:
          value: a tensor or a nest of tensors.
          axis: along which dimension.
          options: accepted and not used.

        Returns:
          A nest like `value`: of one replica, its own values.
        """
        del axis, options
        return nest.map_structure(_as_tensor, value)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._strategy!r}>"


def as_converted(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function as AutoGraph makes it, where the code that passes it on is converted, too."""
    if state.tracer is None:
        return function
    from tapeflow.engine.autograph.conversion import tf_convert
    from tapeflow.engine.autograph.status import control_status_ctx

    return tf_convert(function, control_status_ctx(), convert_by_default=False)


def _as_tensor(value: Any) -> Any:
    return value if hasattr(value, "_components") else convert(value)


class CrossReplica:
    """The place across all replicas, where `get_replica_context()` is None."""

    def __init__(self, strategy: Any) -> None:
        self.strategy = strategy
        self._before: list[Any] = []

    def __enter__(self) -> Any:
        self._before.append(state.replica)
        state.replica = self
        return self.strategy

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        state.replica = self._before.pop()


@export("__internal__.distribute.interim.maybe_merge_call")
def maybe_merge_call(fn: Any, strategy: Any, *args: Any, **kwargs: Any) -> Any:
    """Calls `fn(strategy, *args, **kwargs)` where the replicas meet; one replica is there already.

    Args:
      fn: the function.
      strategy: the strategy in use.
      *args: its arguments.
      **kwargs: its keyword arguments.

    Returns:
      What it returns.
    """
    return fn(strategy, *args, **kwargs)


@export("__internal__.distribute.strategy_supports_no_merge_call")
def strategy_supports_no_merge_call() -> bool:
    """Whether variables may be updated inside a replica without meeting the others: True."""
    return True
