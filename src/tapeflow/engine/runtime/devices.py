"""`tf.device`, and which devices there are: one CPU."""

from __future__ import annotations

from typing import Any, NamedTuple

from tapeflow.engine.core.context import state
from tapeflow.engine.core.errors import InvalidArgumentError
from tapeflow.engine.core.export import export
from tapeflow.engine.runtime.tensor import CPU_DEVICE


class Placement:
    """Settings of the process: how strictly `tf.device` is taken."""

    soft = True


@export("config.PhysicalDevice")
class PhysicalDevice(NamedTuple):
    """A device of this machine.

    Args:
      name: such as `"/physical_device:CPU:0"`.
      device_type: such as `"CPU"`.
    """

    name: str
    device_type: str


@export("config.LogicalDevice")
class LogicalDevice(NamedTuple):
    """A device that operations run on.

    Args:
      name: such as `"/device:CPU:0"`.
      device_type: such as `"CPU"`.
    """

    name: str
    device_type: str


CPU = PhysicalDevice("/physical_device:CPU:0", "CPU")
LOGICAL_CPU = LogicalDevice("/device:CPU:0", "CPU")


def parse(name: str) -> dict[str, Any]:
    """The parts of a device name: `job`, `replica`, `task`, `type`, `index`.

    Raises:
      ValueError: when the name has a part that no device has.
    """
    parts: dict[str, Any] = {}
    for part in filter(None, name.split("/")):
        key, _, value = part.partition(":")
        lower = key.lower()
        if lower == "job" and value:
            parts["job"] = value
        elif lower in ("replica", "task") and value.isdigit():
            parts[lower] = int(value)
        elif lower in ("cpu", "gpu") and (not value or value.isdigit() or value == "*"):
            parts["type"] = key.upper()
            parts["index"] = int(value) if value.isdigit() else None
        elif lower == "device" and value:
            kind, _, index = value.partition(":")
            parts["type"] = kind.upper()
            parts["index"] = int(index) if index.isdigit() else None
        else:
            raise ValueError(
                f"Unknown attribute '{part}' is encountered while parsing the device spec: "
                f"'{name}'."
            )
    return parts


def _canonical(parts: dict[str, Any]) -> str:
    """A device name as graphs show it, of the parts that are given: `/device:CPU:0`."""
    text = "".join(f"/{key}:{parts[key]}" for key in ("job", "replica", "task") if key in parts)
    if "type" not in parts:
        return text
    index = parts["index"]
    return f"{text}/device:{parts['type']}:{'*' if index is None else index}"


@export("device")
class device:
    """Says where the operations inside run; there is the CPU, which runs all of them.

    While soft placement is on (the default), a device of this process that is absent stands for the
    CPU, as in TensorFlow.

    Args:
      device_name: such as `"/CPU:0"`, or None for no wish.

    Raises:
      ValueError: when it is no string, or no device name.
      RuntimeError: when it is a function.
      tf.errors.InvalidArgumentError: (on entering) when the device is in another process, or absent
        while soft placement is off.

    Example:
      >>> import tapeflow as tf
      >>> with tf.device("/CPU:0"):
      ...     x = tf.ones([2])
      >>> x.device
      '/job:localhost/replica:0/task:0/device:CPU:0'
    """

    __slots__ = ("_before", "_name", "_parts")

    def __init__(self, device_name: str | None) -> None:
        if callable(device_name):
            raise RuntimeError("tf.device does not support functions.")
        if device_name is not None and not isinstance(device_name, str):
            raise ValueError(
                f"Expecting a string device name. Got {type(device_name)}({device_name})"
            )
        self._name = device_name
        self._parts: dict[str, Any] | None = None
        self._before: list[str | None] = []

    def __enter__(self) -> None:
        if self._parts is None:
            self._parts = parse(self._name or "")
        parts = self._parts
        job, replica, task = (
            parts.get(k, d) for k, d in (("job", "localhost"), ("replica", 0), ("task", 0))
        )
        kind, index = parts.get("type", "CPU"), parts.get("index") or 0
        full = f"/job:{job}/replica:{replica}/task:{task}/device:{kind}:{index}"
        if (job, replica, task) != ("localhost", 0, 0):
            raise InvalidArgumentError(None, None, f"{full} unknown device.")
        if full != CPU_DEVICE and not Placement.soft:
            raise InvalidArgumentError(
                None,
                None,
                f"Could not satisfy device specification '{full}'. enable_soft_placement=0. "
                f"Supported device types [CPU]. All available devices [{CPU_DEVICE}].",
            )
        self._before.append(state.device)
        around = parse(state.device or "")
        state.device = None if self._name is None else _canonical({**around, **parts})

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        state.device = self._before.pop()
