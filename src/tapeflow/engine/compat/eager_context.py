"""`tensorflow.python.eager.context`, and switches of `tf.__internal__`."""

from __future__ import annotations

from typing import Any

from tapeflow.engine.core.export import export
from tapeflow.engine.ir.primitive import REGISTRY
from tapeflow.engine.runtime.config import list_logical_devices, list_physical_devices
from tapeflow.engine.runtime.execution import executing_eagerly, outside_graphs


class Context:
    """How eager operations run in this process."""

    def executing_eagerly(self) -> bool:
        """Whether operations run at once."""
        return executing_eagerly()

    def num_gpus(self) -> int:
        """How many GPUs are in use."""
        return len(list_physical_devices("GPU"))

    def devices(self) -> list[str]:
        """Names of the devices that operations run on."""
        return [device.name for device in list_logical_devices()]

    def clear_kernel_cache(self) -> None:
        """Forgets the signatures that primitives have been checked for."""
        for prim in REGISTRY.values():
            prim.checked.clear()


_context = Context()


def context() -> Context:
    """The context of this process."""
    return _context


def async_wait() -> None:
    """Waits for operations still running: none, as each is over when its call returns."""


@export("__internal__.eager_context.eager_mode")
def eager_mode() -> Any:
    """Runs operations at once inside the `with` block, also while a function is traced.

    Returns:
      A context manager.
    """
    return outside_graphs()


@export("__internal__.tf2.enabled")
def enabled() -> bool:
    """Whether TensorFlow 2's behaviour is on: it is the only one.

    Returns:
      True.
    """
    return True
