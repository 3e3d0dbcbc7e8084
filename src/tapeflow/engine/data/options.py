"""`tf.data.Options`: how a pipeline may run. Here it runs one way, which all of them allow."""

from __future__ import annotations

import enum
from typing import Any

from tapeflow.engine.core.addresses import address
from tapeflow.engine.core.export import export, export_value

AUTOTUNE = -1
INFINITE_CARDINALITY = -1
UNKNOWN_CARDINALITY = -2
SHARD_HINT = -1
export_value("AUTOTUNE", "data.AUTOTUNE", "data.experimental.AUTOTUNE")
export_value(
    "INFINITE_CARDINALITY", "data.INFINITE_CARDINALITY", "data.experimental.INFINITE_CARDINALITY"
)
export_value(
    "UNKNOWN_CARDINALITY", "data.UNKNOWN_CARDINALITY", "data.experimental.UNKNOWN_CARDINALITY"
)
export_value("SHARD_HINT", "data.experimental.SHARD_HINT")

_MODULE = "tensorflow.python.data.ops.options"


@address(_MODULE)
@export("data.experimental.AutoShardPolicy")
class AutoShardPolicy(enum.IntEnum):
    """How the elements of a dataset are divided among workers."""

    OFF = -1
    AUTO = 0
    FILE = 1
    DATA = 2
    HINT = 3


@address(_MODULE)
@export("data.experimental.AutotuneAlgorithm")
class AutotuneAlgorithm(enum.Enum):
    """By which method buffer sizes and parallelism are tuned."""

    DEFAULT = 0
    HILL_CLIMB = 1
    GRADIENT_DESCENT = 2
    MAX_PARALLELISM = 3
    STAGE_BASED = 4


@address(_MODULE)
@export("data.experimental.ExternalStatePolicy")
class ExternalStatePolicy(enum.Enum):
    """What happens when a dataset that depends on outer state is written down."""

    WARN = 0
    IGNORE = 1
    FAIL = 2


class _Option:
    """One option, a property that checks the type of what it is set to."""

    def __init__(self, kind: Any, doc: str, default: Any = None) -> None:
        self._kind = kind
        self._default = default
        self.__doc__ = doc

    def __set_name__(self, owner: Any, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        values = instance._options
        if self._name not in values and callable(self._default):
            values[self._name] = self._default()
        return values.get(self._name, None if callable(self._default) else self._default)

    def __set__(self, instance: Any, value: Any) -> None:
        if not instance._mutable:
            raise ValueError(
                "Mutating `tf.data.Options()` returned by `tf.data.Dataset.options()` has no "
                "effect. Use `tf.data.Dataset.with_options(options)` to set or update dataset "
                "options."
            )
        if not isinstance(value, self._kind):
            raise TypeError(
                f'Property "{self._name}" must be of type {self._kind}, got: {value!r} '
                f"(type: {type(value)})"
            )
        instance._options[self._name] = value


class OptionsBase:
    """A set of options; other attributes can't be set."""

    def __init__(self) -> None:
        object.__setattr__(self, "_options", {})
        object.__setattr__(self, "_mutable", True)

    def __setattr__(self, name: str, value: Any) -> None:
        if not hasattr(type(self), name):
            raise AttributeError(f"Cannot set the property {name} on {type(self).__name__}.")
        object.__setattr__(self, name, value)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        names = {*self._options, *other._options}  # type: ignore[attr-defined]
        return all(getattr(self, name) == getattr(other, name) for name in names)

    __hash__ = None  # type: ignore[assignment]  # options change

    def _freeze(self) -> None:
        object.__setattr__(self, "_mutable", False)
        for value in self._options.values():  # type: ignore[attr-defined]
            if isinstance(value, OptionsBase):
                value._freeze()


@address(_MODULE)
@export("data.experimental.AutotuneOptions")
class AutotuneOptions(OptionsBase):
    """Options for tuning; accepted, there is nothing to tune."""

    enabled = _Option(bool, "Whether to tune.")
    cpu_budget = _Option(int, "How many CPUs to use.")
    ram_budget = _Option(int, "How many bytes to use.")
    autotune_algorithm = _Option(AutotuneAlgorithm, "By which method.")
    initial_parallelism = _Option(int, "With how many parallel calls to begin.")
    min_parallelism = _Option(int, "How many parallel calls there are at least.")


@address(_MODULE)
@export("data.experimental.DistributeOptions")
class DistributeOptions(OptionsBase):
    """Options for dividing a dataset among workers."""

    auto_shard_policy = _Option(AutoShardPolicy, "How elements are divided.", AutoShardPolicy.AUTO)
    num_devices = _Option(int, "Among how many devices.")


@address(_MODULE)
@export("data.experimental.OptimizationOptions")
class OptimizationOptions(OptionsBase):
    """Options for rewriting pipelines; accepted, results don't depend on them."""

    apply_default_optimizations = _Option(bool, "Whether to apply the default ones.")
    filter_fusion = _Option(bool, "Whether to fuse filters.")
    filter_parallelization = _Option(bool, "Whether to run filters in parallel.")
    inject_prefetch = _Option(bool, "Whether to prefetch at the end.")
    map_and_batch_fusion = _Option(bool, "Whether to fuse map and batch.")
    map_and_filter_fusion = _Option(bool, "Whether to fuse map and filter.")
    map_fusion = _Option(bool, "Whether to fuse maps.")
    map_parallelization = _Option(bool, "Whether to run maps in parallel.")
    noop_elimination = _Option(bool, "Whether to leave out what does nothing.")
    parallel_batch = _Option(bool, "Whether to copy batches in parallel.")
    seq_interleave_prefetch = _Option(bool, "Whether to prefetch in interleave.")
    shuffle_and_repeat_fusion = _Option(bool, "Whether to fuse shuffle and repeat.")


@address(_MODULE)
@export("data.experimental.ServiceOptions")
class ServiceOptions(OptionsBase):
    """Options for the tf.data service."""

    pinned = _Option(bool, "Whether memory is pinned.")


@address(_MODULE)
@export("data.ThreadingOptions", "data.experimental.ThreadingOptions")
class ThreadingOptions(OptionsBase):
    """Options for threads."""

    max_intra_op_parallelism = _Option(int, "How many threads one operation may use.")
    private_threadpool_size = _Option(int, "How many threads the pipeline has for itself.")


@address(_MODULE)
@export("data.Options")
class Options(OptionsBase):
    """Options of a dataset, set by `tf.data.Dataset.with_options`.

    Example:
      >>> import tapeflow as tf
      >>> options = tf.data.Options()
      >>> options.deterministic = False
      >>> options.experimental_distribute.auto_shard_policy = (
      ...     tf.data.experimental.AutoShardPolicy.DATA)
      >>> tf.data.Dataset.range(3).with_options(options).options().deterministic
      False
    """

    autotune = _Option(AutotuneOptions, "Options for tuning.", AutotuneOptions)
    dataset_name = _Option(str, "A name for the dataset.")
    deterministic = _Option(bool, "Whether elements come in a fixed order; they always do.")
    experimental_distribute = _Option(
        DistributeOptions, "Options for dividing among workers.", DistributeOptions
    )
    experimental_external_state_policy = _Option(
        ExternalStatePolicy, "What to do about outer state."
    )
    experimental_optimization = _Option(
        OptimizationOptions, "Options for rewriting.", OptimizationOptions
    )
    experimental_service = _Option(ServiceOptions, "Options for the service.", ServiceOptions)
    experimental_slack = _Option(bool, "Whether to leave the CPU to others for a while.")
    experimental_symbolic_checkpoint = _Option(bool, "How to write iterators down.")
    experimental_warm_start = _Option(bool, "Whether to begin before the first element.")
    framework_type = _Option(list, "Which frameworks use the dataset.")
    threading = _Option(ThreadingOptions, "Options for threads.", ThreadingOptions)

    @property
    def experimental_deterministic(self) -> Any:
        """The older name of `deterministic`."""
        return self.deterministic

    @experimental_deterministic.setter
    def experimental_deterministic(self, value: Any) -> None:
        self.deterministic = value

    @property
    def experimental_threading(self) -> Any:
        """The older name of `threading`."""
        return self.threading

    @experimental_threading.setter
    def experimental_threading(self, value: Any) -> None:
        self.threading = value

    def merge(self, options: Options) -> Options:
        """These options, with others on top.

        Args:
          options: the others; what they say counts.

        Returns:
          New `tf.data.Options`.
        """
        return merged(self, options)


def merged(*several: Options) -> Options:
    """Options with what later ones say in place of what earlier ones do."""
    result = Options()
    for options in several:
        _update(result, options)
    return result


def _update(target: Any, source: Any) -> None:
    for name, value in source._options.items():
        if isinstance(value, OptionsBase):
            _update(getattr(target, name), value)
        else:
            target._options[name] = value
