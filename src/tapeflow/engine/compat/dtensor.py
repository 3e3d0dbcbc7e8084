"""`tf.experimental.dtensor`: names for programs that import it; there is one device."""

from __future__ import annotations

from typing import Any, NoReturn

from tapeflow.engine.core.export import export, export_value

UNSHARDED = "unsharded"
MATCH = "match"
export_value("UNSHARDED", "experimental.dtensor.UNSHARDED")
export_value("MATCH", "experimental.dtensor.MATCH")


def _refuse(name: str) -> NoReturn:
    raise NotImplementedError(
        f"tf.experimental.dtensor.{name}: tapeflow runs on one CPU; there are no other devices to "
        "lay a tensor out on."
    )


@export("experimental.dtensor.Layout")
class Layout:
    """Refused: how a tensor is laid out on the devices of a mesh.

    Args:
      sharding_specs: for each dimension of the tensor, a dimension of the mesh.
      mesh: the mesh.

    Raises:
      NotImplementedError: always: there is one device.
    """

    def __init__(self, sharding_specs: Any = None, mesh: Any = None) -> None:
        _refuse("Layout")


@export("experimental.dtensor.Mesh")
class Mesh:
    """Refused: devices arranged in a grid.

    Args:
      *args: names and sizes of the dimensions, and devices.
      **kwargs: likewise.

    Raises:
      NotImplementedError: always: there is one device.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _refuse("Mesh")


@export("experimental.dtensor.create_distributed_mesh")
def create_distributed_mesh(
    mesh_dims: Any,
    mesh_name: str = "",
    local_devices: Any = None,
    device_type: str | None = None,
    use_xla_spmd: bool = False,
) -> NoReturn:
    """Refused: a mesh of the devices of several machines.

    Args:
      mesh_dims: pairs of a dimension's name and its size.
      mesh_name: name of the mesh.
      local_devices: the devices of this machine.
      device_type: such as `"CPU"`.
      use_xla_spmd: how to run on it.

    Raises:
      NotImplementedError: always: there is one device.
    """
    _refuse("create_distributed_mesh")
