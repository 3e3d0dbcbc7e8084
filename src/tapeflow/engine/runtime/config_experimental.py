"""`tf.config.experimental`, and where operations log what they do."""

from __future__ import annotations

from typing import Any, NoReturn

from tapeflow.engine.core.errors import UnimplementedError
from tapeflow.engine.core.export import export
from tapeflow.engine.runtime.config import Settings
from tapeflow.engine.runtime.devices import PhysicalDevice

_POLICIES = ("explicit", "warn", "silent", "silent_for_int32")


@export("config.experimental.enable_op_determinism")
def enable_op_determinism() -> None:
    """Makes operations give the same result in each run, which they do here anyway."""
    Settings.deterministic = True


def disable_op_determinism() -> None:
    """Takes back `enable_op_determinism`; operations go on giving the same result in each run."""
    Settings.deterministic = False


def is_op_determinism_enabled() -> bool:
    """Whether `enable_op_determinism` was called; Keras asks for it."""
    return Settings.deterministic


@export("config.experimental.enable_tensor_float_32_execution")
def enable_tensor_float_32_execution(enabled: bool) -> None:
    """Says whether float32 products may be rounded to 10 bits on some GPUs; the CPU never does.

    Args:
      enabled: whether they may.
    """
    Settings.tensor_float_32 = bool(enabled)


@export("config.experimental.tensor_float_32_execution_enabled")
def tensor_float_32_execution_enabled() -> bool:
    """Whether float32 products may be rounded on some GPUs.

    Returns:
      A bool.
    """
    return Settings.tensor_float_32


@export("config.experimental.set_device_policy")
def set_device_policy(device_policy: str | None) -> None:
    """Says what happens when an operation's inputs are on another device; here none ever are.

    Args:
      device_policy: `"explicit"`, `"warn"`, `"silent"` (also for None) or `"silent_for_int32"`.

    Raises:
      ValueError: for anything else.
    """
    if device_policy is not None and device_policy not in _POLICIES:
        raise ValueError(
            f"Invalid argument `device_policy`: {device_policy!r}. Expected one of {_POLICIES}."
        )
    Settings.device_policy = device_policy or "silent"


@export("config.experimental.get_device_policy")
def get_device_policy() -> str | None:
    """What was given to `set_device_policy`.

    Returns:
      A string.
    """
    return Settings.device_policy


@export("config.experimental.set_synchronous_execution")
def set_synchronous_execution(enable: bool) -> None:
    """Says whether an eager operation is done when its call returns; here it always is.

    Args:
      enable: whether it is.
    """
    Settings.synchronous = bool(enable)


@export("config.experimental.get_synchronous_execution")
def get_synchronous_execution() -> bool:
    """What was given to `set_synchronous_execution`.

    Returns:
      A bool.
    """
    return Settings.synchronous


@export("config.experimental.get_device_details")
def get_device_details(device: Any) -> dict[str, Any]:
    """What is known of a device; nothing, of a CPU.

    Args:
      device: a `tf.config.PhysicalDevice`.

    Returns:
      A dict.

    Raises:
      ValueError: when it is none.
    """
    if not isinstance(device, PhysicalDevice):
        raise ValueError(f"device must be a tf.config.PhysicalDevice, but got: {device}")
    return {}


def _no_statistics(device: str, what: str) -> NoReturn:
    if "CPU" in str(device).upper():
        raise ValueError(f"{what} for device {device!r}")
    raise ValueError(f"No matching devices found for {device!r}")


@export("config.experimental.get_memory_info")
def get_memory_info(device: str) -> NoReturn:
    """Refused: only GPUs count their memory, and there is none.

    Args:
      device: a device name.

    Raises:
      ValueError: always.
    """
    _no_statistics(device, "Allocator stats not available")


@export("config.experimental.get_memory_usage")
def get_memory_usage(device: str) -> NoReturn:
    """Refused: only GPUs count their memory, and there is none.

    Args:
      device: a device name.

    Raises:
      ValueError: always.
    """
    _no_statistics(device, "Allocator stats not available")


@export("config.experimental.reset_memory_stats")
def reset_memory_stats(device: str) -> NoReturn:
    """Refused: only GPUs count their memory, and there is none.

    Args:
      device: a device name.

    Raises:
      ValueError: always.
    """
    _no_statistics(device, "Cannot reset memory stats")


@export("config.experimental.enable_mlir_bridge")
def enable_mlir_bridge() -> None:
    """Accepted: there is no such bridge here, and results do not depend on it."""


@export("config.experimental.disable_mlir_bridge")
def disable_mlir_bridge() -> None:
    """Accepted: there is no such bridge here, and results do not depend on it."""


@export("config.experimental.ClusterDeviceFilters")
class ClusterDeviceFilters:
    """Which devices of a cluster the machines see; for `experimental_connect_to_cluster`."""

    def __init__(self) -> None:
        self._filters: dict[tuple[str, int], list[str]] = {}

    def set_device_filters(self, job_name: str, task_index: int, device_filters: Any) -> None:
        """Says which devices a task sees.

        Args:
          job_name: name of its job.
          task_index: its number.
          device_filters: list of device names.
        """
        if not all(isinstance(name, str) for name in device_filters):
            raise TypeError("Device filter must be a list of strings")
        self._filters[job_name, task_index] = list(device_filters)


@export("debugging.experimental.enable_dump_debug_info")
def enable_dump_debug_info(
    dump_root: str,
    tensor_debug_mode: str = "NO_TENSOR",
    circular_buffer_size: int = 1000,
    op_regex: str | None = None,
    tensor_dtypes: Any = None,
) -> NoReturn:
    """Refused: files for TensorBoard's debugger are not written.

    Args:
      dump_root: folder.
      tensor_debug_mode: how much of each tensor.
      circular_buffer_size: number of events kept.
      op_regex: which operations.
      tensor_dtypes: which dtypes.

    Raises:
      tf.errors.UnimplementedError: always.
    """
    raise UnimplementedError(
        None,
        None,
        "tf.debugging.experimental.enable_dump_debug_info: tapeflow writes no debugger files; "
        "tf.debugging.enable_check_numerics finds where NaN and infinities come from.",
    )


@export("debugging.experimental.disable_dump_debug_info")
def disable_dump_debug_info() -> None:
    """Accepted: nothing is written anyway."""


@export("debugging.set_log_device_placement")
def set_log_device_placement(enabled: bool) -> None:
    """Says whether operations log the device they run on; here that is always the CPU.

    Args:
      enabled: whether they do; kept, and nothing is logged.
    """
    Settings.log_placement = bool(enabled)


@export("debugging.get_log_device_placement")
def get_log_device_placement() -> bool:
    """What was given to `tf.debugging.set_log_device_placement`.

    Returns:
      A bool.
    """
    return Settings.log_placement
