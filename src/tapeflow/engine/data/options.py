"""`tf.data.Options`: wishes about how a pipeline runs.

Results do not depend on them, but for `deterministic`, and pipelines here always are.
"""

from __future__ import annotations

import enum
from typing import Any, ClassVar

from tapeflow.engine.core.export import export


@export("data.experimental.AutoShardPolicy")
class AutoShardPolicy(enum.IntEnum):
    """How a data set is divided among workers."""

    OFF = -1
    AUTO = 0
    FILE = 1
    DATA = 2
    HINT = 3


@export("data.experimental.ExternalStatePolicy")
class ExternalStatePolicy(enum.Enum):
    """What to do about state outside of a pipeline when it is written down."""

    WARN = 0
    IGNORE = 1
    FAIL = 2


@export("data.experimental.AutotuneAlgorithm")
class AutotuneAlgorithm(enum.Enum):
    """How the sizes of buffers are found."""

    DEFAULT = 0
    HILL_CLIMB = 1
    GRADIENT_DESCENT = 2
    MAX_PARALLELISM = 3
    STAGE_BASED = 4


def _read(name: str) -> property:
    return property(lambda self: vars(self)[name])


class OptionsBase:
    """Settings of known names and types; None where nothing was said."""

    _kinds: ClassVar[dict[str, Any]] = {}
    _defaults: ClassVar[dict[str, Any]] = {}

    def __init__(self) -> None:
        own = {}
        for name, kind in self._kinds.items():
            is_group = isinstance(kind, type) and issubclass(kind, OptionsBase)
            own[name] = kind() if is_group else self._defaults.get(name)
        vars(self).update(own)

    def __init_subclass__(cls) -> None:
        for name in cls._kinds:
            setattr(cls, name, _read(name))

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._kinds:
            raise AttributeError(f"Cannot set the property {name} on {type(self).__name__}.")
        kind = self._kinds[name]
        if not isinstance(value, kind) and value is not None:
            raise TypeError(
                f'Property "{name}" must be of type {kind}, got: {value!r} (type: {type(value)})'
            )
        vars(self)[name] = value

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]

    def merged(self, other: Any) -> Any:
        """These settings, and those of `other` where it says something."""
        made = type(self)()
        for name in self._kinds:
            mine, theirs = getattr(self, name), getattr(other, name)
            if isinstance(mine, OptionsBase):
                vars(made)[name] = mine.merged(theirs)
            else:
                vars(made)[name] = mine if theirs == self._defaults.get(name) else theirs
        return made


@export("data.experimental.AutotuneOptions")
class AutotuneOptions(OptionsBase):
    """Wishes about automatic tuning."""

    _kinds: ClassVar[dict[str, Any]] = {
        "autotune_algorithm": AutotuneAlgorithm,
        "cpu_budget": int,
        "enabled": bool,
        "initial_parallelism": int,
        "min_parallelism": int,
        "ram_budget": int,
    }


@export("data.experimental.DistributeOptions")
class DistributeOptions(OptionsBase):
    """Wishes about several workers."""

    _kinds: ClassVar[dict[str, Any]] = {"auto_shard_policy": AutoShardPolicy, "num_devices": int}
    _defaults: ClassVar[dict[str, Any]] = {"auto_shard_policy": AutoShardPolicy.AUTO}


@export("data.experimental.OptimizationOptions")
class OptimizationOptions(OptionsBase):
    """Wishes about rewriting pipelines."""

    _kinds: ClassVar[dict[str, Any]] = dict.fromkeys(
        (
            "apply_default_optimizations",
            "filter_fusion",
            "filter_parallelization",
            "inject_prefetch",
            "map_and_batch_fusion",
            "map_and_filter_fusion",
            "map_fusion",
            "map_parallelization",
            "noop_elimination",
            "parallel_batch",
            "seq_interleave_prefetch",
            "shuffle_and_repeat_fusion",
        ),
        bool,
    )


@export("data.experimental.ServiceOptions")
class ServiceOptions(OptionsBase):
    """Wishes about a service of data."""

    _kinds: ClassVar[dict[str, Any]] = {"pinned": bool}


@export("data.ThreadingOptions", "data.experimental.ThreadingOptions")
class ThreadingOptions(OptionsBase):
    """Wishes about threads."""

    _kinds: ClassVar[dict[str, Any]] = {
        "max_intra_op_parallelism": int,
        "private_threadpool_size": int,
    }


@export("data.Options")
class Options(OptionsBase):
    """Wishes about how a pipeline runs; `Dataset.with_options` takes them.

    Example:
      >>> import tapeflow as tf
      >>> options = tf.data.Options()
      >>> options.deterministic = True
      >>> tf.data.Dataset.range(3).with_options(options).options().deterministic
      True
    """

    _kinds: ClassVar[dict[str, Any]] = {
        "autotune": AutotuneOptions,
        "dataset_name": str,
        "deterministic": bool,
        "experimental_distribute": DistributeOptions,
        "experimental_external_state_policy": ExternalStatePolicy,
        "experimental_optimization": OptimizationOptions,
        "experimental_service": ServiceOptions,
        "experimental_slack": bool,
        "experimental_symbolic_checkpoint": bool,
        "experimental_warm_start": bool,
        "framework_type": list,
        "threading": ThreadingOptions,
    }

    @property
    def experimental_deterministic(self) -> bool | None:
        """The former name of `deterministic`."""
        return self.deterministic  # type: ignore[attr-defined, no-any-return]

    @property
    def experimental_threading(self) -> ThreadingOptions:
        """The former name of `threading`."""
        return self.threading  # type: ignore[attr-defined, no-any-return]

    def merge(self, options: Options) -> Options:
        """These options, and those of `options` where it says something.

        Args:
          options: the other ones.

        Returns:
          New options.
        """
        return self.merged(options)  # type: ignore[no-any-return]
