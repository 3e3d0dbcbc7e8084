"""`tf.config`: the devices, and settings that programs make at their start.

There is one CPU device. Settings that only concern what is not here (accelerators, clusters) are
kept where they can be read back, and refused where they cannot be met.
"""

from __future__ import annotations

import threading
from typing import Any, NamedTuple, NoReturn

from tapeflow.engine.core import parallelism
from tapeflow.engine.core.errors import UnavailableError
from tapeflow.engine.core.export import export
from tapeflow.engine.runtime.devices import (
    CPU,
    LOGICAL_CPU,
    LogicalDevice,
    PhysicalDevice,
    Placement,
)


class Settings:
    """What was set."""

    run_eagerly = False
    optimizer: dict[str, Any] = {}  # noqa: RUF012 - one for the process
    jit = ""
    inter = 0
    device_policy: str | None = "silent"
    synchronous = True
    tensor_float_32 = True
    log_placement = False
    deterministic = False
    visible = (CPU,)
    split: list[Any] | None = None


_lock = threading.Lock()


@export("config.LogicalDeviceConfiguration", "config.experimental.VirtualDeviceConfiguration")
class LogicalDeviceConfiguration(NamedTuple):
    """How a logical device is cut out of a physical one.

    Args:
      memory_limit: its memory in MB.
      experimental_priority: its priority.
      experimental_device_ordinal: its place.
    """

    memory_limit: float | None = None
    experimental_priority: int | None = None
    experimental_device_ordinal: int | None = None


def _known(device: Any) -> Any:
    if device != CPU or not isinstance(device, PhysicalDevice):
        raise ValueError(f"Unrecognized device: {device!r}")
    return device


def _of_type(devices: Any, device_type: str | None) -> list[Any]:
    return [d for d in devices if device_type is None or d.device_type == device_type]


@export("config.list_physical_devices", "config.experimental.list_physical_devices")
def list_physical_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """The devices of this machine: one CPU.

    Args:
      device_type: `"CPU"`, `"GPU"`, ..., or None for all.

    Returns:
      A list of `tf.config.PhysicalDevice`.

    Example:
      >>> import tapeflow as tf
      >>> tf.config.list_physical_devices("GPU")
      []
    """
    return _of_type((CPU,), device_type)


@export("config.list_logical_devices", "config.experimental.list_logical_devices")
def list_logical_devices(device_type: str | None = None) -> list[LogicalDevice]:
    """The devices that operations run on: one CPU.

    Args:
      device_type: `"CPU"`, `"GPU"`, ..., or None for all.

    Returns:
      A list of `tf.config.LogicalDevice`.
    """
    return _of_type((LOGICAL_CPU,), device_type)


@export("config.get_visible_devices", "config.experimental.get_visible_devices")
def get_visible_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """The physical devices in use.

    Args:
      device_type: `"CPU"`, `"GPU"`, ..., or None for all.

    Returns:
      A list of `tf.config.PhysicalDevice`.
    """
    return _of_type(Settings.visible, device_type)


@export("config.set_visible_devices", "config.experimental.set_visible_devices")
def set_visible_devices(devices: Any, device_type: str | None = None) -> None:
    """Says which devices to use.

    Args:
      devices: a physical device or a list of them.
      device_type: which type the list is about, or None for all.

    Raises:
      ValueError: when a device does not exist or has another type.
      RuntimeError: when the CPU would not be used: everything runs there.
    """
    wanted = list(devices) if isinstance(devices, (list, tuple)) and not isinstance(
        devices, PhysicalDevice) else [devices]  # fmt: skip
    for d in wanted:
        _known(d)
        if device_type is not None and d.device_type != device_type:
            raise ValueError(f"Unrecognized device: {d!r}")
    if device_type in (None, "CPU") and CPU not in wanted:
        raise RuntimeError("Visible devices cannot be modified after being initialized")


@export("config.experimental.set_memory_growth")
def set_memory_growth(device: Any, enable: bool) -> None:
    """Says whether a GPU's memory is taken as needed; refused, as there is no GPU.

    Args:
      device: a physical device.
      enable: whether memory grows.

    Raises:
      ValueError: when the device is the CPU, or does not exist.
    """
    _known(device)
    raise ValueError("Cannot set memory growth on non-GPU and non-Pluggable devices")


@export("config.experimental.get_memory_growth")
def get_memory_growth(device: Any) -> NoReturn:
    """Whether a GPU's memory is taken as needed; refused, as there is no GPU.

    Args:
      device: a physical device.

    Raises:
      ValueError: when the device does not exist.
      KeyError: when it is the CPU.
    """
    raise KeyError(_known(device))


@export(
    "config.set_logical_device_configuration",
    "config.experimental.set_virtual_device_configuration",
)
def set_logical_device_configuration(device: Any, logical_devices: Any) -> None:
    """Cuts a device into several; a CPU that is in use stays one.

    Args:
      device: a physical device.
      logical_devices: a list of `tf.config.LogicalDeviceConfiguration`.

    Raises:
      ValueError: when the device does not exist.
      RuntimeError: for more than one logical device: this engine runs on one.
    """
    _known(device)
    if len(logical_devices) != 1:
        raise RuntimeError("Virtual devices cannot be modified after being initialized")
    Settings.split = list(logical_devices)


@export(
    "config.get_logical_device_configuration",
    "config.experimental.get_virtual_device_configuration",
)
def get_logical_device_configuration(device: Any) -> Any:
    """What was given to `set_logical_device_configuration`.

    Args:
      device: a physical device.

    Returns:
      A list of `tf.config.LogicalDeviceConfiguration`, or None.

    Raises:
      ValueError: when the device does not exist.
    """
    _known(device)
    return Settings.split


@export("config.set_soft_device_placement")
def set_soft_device_placement(enabled: bool) -> None:
    """Says whether an absent device in `tf.device` stands for the CPU.

    Args:
      enabled: whether it does; otherwise it is an error.
    """
    Placement.soft = bool(enabled)


@export("config.get_soft_device_placement")
def get_soft_device_placement() -> bool:
    """Whether an absent device in `tf.device` stands for the CPU; at first it does.

    Returns:
      A bool.
    """
    return Placement.soft


@export("config.run_functions_eagerly")
def run_functions_eagerly(run_eagerly: bool) -> None:
    """Says whether a `tf.function` runs like a plain Python function.

    Args:
      run_eagerly: whether it does.
    """
    Settings.run_eagerly = bool(run_eagerly)


@export("config.functions_run_eagerly")
def functions_run_eagerly() -> bool:
    """Whether a `tf.function` runs like a plain Python function.

    Returns:
      A bool.
    """
    return Settings.run_eagerly


@export("config.experimental_run_functions_eagerly")
def experimental_run_functions_eagerly(run_eagerly: bool) -> None:
    """The former name of `tf.config.run_functions_eagerly`.

    Args:
      run_eagerly: whether functions run eagerly.
    """
    run_functions_eagerly(run_eagerly)


@export("config.experimental_functions_run_eagerly")
def experimental_functions_run_eagerly() -> bool:
    """The former name of `tf.config.functions_run_eagerly`.

    Returns:
      A bool.
    """
    return Settings.run_eagerly


@export("config.experimental_connect_to_cluster")
def experimental_connect_to_cluster(
    cluster_spec_or_resolver: Any,
    job_name: str = "localhost",
    task_index: int = 0,
    protocol: str | None = None,
    make_master_device_default: bool = True,
    cluster_device_filters: Any = None,
) -> NoReturn:
    """Connects to other machines; refused, as this engine runs on one.

    Args:
      cluster_spec_or_resolver: a `tf.train.ClusterSpec` or a cluster resolver.
      job_name: name of this machine's job.
      task_index: this machine's place in it.
      protocol: how to talk.
      make_master_device_default: where operations run by default.
      cluster_device_filters: which machines see which.

    Raises:
      ValueError: when the first argument is neither.
      tf.errors.UnavailableError: otherwise.
    """
    if not hasattr(cluster_spec_or_resolver, "as_cluster_def") and not hasattr(
        cluster_spec_or_resolver, "cluster_spec"
    ):
        raise ValueError(
            "`cluster_spec_or_resolver` must be a `ClusterSpec` or a `ClusterResolver`."
        )
    raise UnavailableError(None, None, "tapeflow runs on one machine; there is no cluster to join.")


@export("config.experimental_connect_to_host")
def experimental_connect_to_host(remote_host: Any = None, job_name: str = "worker") -> NoReturn:
    """Connects to another machine; refused, as this engine runs on one.

    Args:
      remote_host: address or list of addresses.
      job_name: name of its job.

    Raises:
      ValueError: without an address.
      tf.errors.UnavailableError: otherwise.
    """
    if not remote_host:
        raise ValueError("Must provide at least one remote_host")
    raise UnavailableError(None, None, "tapeflow runs on one machine; there is no host to join.")


# Graph optimisation.


@export("config.optimizer.get_experimental_options")
def get_experimental_options() -> dict[str, Any]:
    """The options given to `set_experimental_options`.

    Returns:
      A dict of bools and strings.
    """
    return {**Settings.optimizer, "disable_model_pruning": Settings.optimizer.get(
        "disable_model_pruning", False), "disable_meta_optimizer": Settings.optimizer.get(
        "disable_meta_optimizer", False)}  # fmt: skip


@export("config.optimizer.set_experimental_options")
def set_experimental_options(options: dict[str, Any]) -> None:
    """Sets options of the graph optimiser; they are kept, and concern TensorFlow's own passes.

    Args:
      options: a dict such as `{"layout_optimizer": True}`.
    """
    with _lock:
        Settings.optimizer = {**Settings.optimizer, **options}


@export("config.optimizer.get_jit")
def get_jit() -> str:
    """Whether functions are compiled without being asked to.

    Returns:
      `"autoclustering"`, or `""` when they are not.
    """
    return Settings.jit


@export("config.optimizer.set_jit")
def set_jit(enabled: bool | str) -> None:
    """Says whether functions are compiled without being asked to.

    Args:
      enabled: a bool or `"autoclustering"`.
    """
    Settings.jit = "autoclustering" if enabled else ""


# Threads.


@export("config.threading.get_inter_op_parallelism_threads")
def get_inter_op_parallelism_threads() -> int:
    """How many operations may run at a time; 0 leaves it open.

    Returns:
      An int.
    """
    return Settings.inter


@export("config.threading.set_inter_op_parallelism_threads")
def set_inter_op_parallelism_threads(num_threads: int) -> None:
    """Says how many operations may run at a time; eager ones run one by one.

    Args:
      num_threads: the number; 0 leaves it open.
    """
    Settings.inter = int(num_threads)


@export("config.threading.get_intra_op_parallelism_threads")
def get_intra_op_parallelism_threads() -> int:
    """How many threads one operation may use; 0 leaves it open.

    Returns:
      An int.
    """
    return parallelism.chosen()


@export("config.threading.set_intra_op_parallelism_threads")
def set_intra_op_parallelism_threads(num_threads: int) -> None:
    """Says how many threads one operation may use; NumPy's BLAS has settings of its own.

    Args:
      num_threads: the number; 0 leaves it open.
    """
    parallelism.choose(int(num_threads))
