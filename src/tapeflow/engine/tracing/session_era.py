"""What graphs keep from the time of sessions; what has no counterpart here is refused."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, NoReturn

from tapeflow.engine.runtime.devices import device
from tapeflow.engine.tracing.operation import refuse


class SessionEraMembers:
    """The members, for graphs to inherit."""

    def device(self, device_name_or_function: Any) -> Any:
        """A context manager: operations made inside are on that device.

        Args:
          device_name_or_function: a device's name, a `tf.DeviceSpec`, or None.

        Raises:
          tf.errors.UnimplementedError: for a function.
        """
        if callable(device_name_or_function):
            refuse("Graph.device", "functions that choose devices are not supported; give a name")
        return device(device_name_or_function)

    @contextlib.contextmanager
    def colocate_with(self, op: Any, ignore_existing: bool = False) -> Iterator[None]:
        """A context manager: operations made inside run where `op` runs, as all of them do.

        Args:
          op: an operation or tensor.
          ignore_existing: accepted; one place is all there is.
        """
        yield

    @contextlib.contextmanager
    def container(self, container_name: str) -> Iterator[str]:
        """A context manager that gives the name: variables here belong to the program alone.

        Args:
          container_name: the name.
        """
        yield container_name

    def switch_to_thread_local(self) -> None:
        """Does nothing: which graph is the default is each thread's own affair already."""

    def gradient_override_map(self, op_type_map: Any) -> NoReturn:
        """Refused: gradients belong to the functions. Use `tf.custom_gradient`.

        Raises:
          tf.errors.UnimplementedError: always.
        """
        refuse(
            "Graph.gradient_override_map",
            "gradients of operations cannot be exchanged; use tf.custom_gradient",
        )

    def as_graph_def(
        self,
        from_version: int | None = None,
        add_shapes: bool = False,
        use_pybind11_proto: bool = False,
    ) -> NoReturn:
        """Refused: graphs have no protocol buffers here.

        Raises:
          tf.errors.UnimplementedError: always.
        """
        refuse("Graph.as_graph_def", _NO_PROTOS)

    @property
    def graph_def_versions(self) -> NoReturn:
        """Refused: graphs have no protocol buffers here.

        Raises:
          tf.errors.UnimplementedError: always.
        """
        refuse("Graph.graph_def_versions", _NO_PROTOS)

    def op_def_for_type(self, type: str) -> NoReturn:
        """Refused: operations are declared in Python.

        Raises:
          tf.errors.UnimplementedError: always.
        """
        refuse("Graph.op_def_for_type", "operations are declared in Python and have no OpDefs")

    def create_op(
        self,
        op_type: str,
        inputs: Any,
        dtypes: Any = None,
        input_types: Any = None,
        name: str | None = None,
        attrs: Any = None,
        op_def: Any = None,
        compute_shapes: bool = True,
        compute_device: bool = True,
    ) -> NoReturn:
        """Refused: operations are made by the public functions.

        Raises:
          tf.errors.UnimplementedError: always.
        """
        refuse("Graph.create_op", f"call the function of tf.raw_ops that makes a {op_type}")

    def new_operations(self) -> NoReturn:
        """Refused: nothing but Python adds operations.

        Raises:
          tf.errors.UnimplementedError: always.
        """
        refuse("Graph.new_operations", "no operations are added behind Python's back")

    def get(self) -> SessionEraMembers:
        """The graph itself."""
        return self

    def Dismantle(self) -> None:
        """Does nothing: Python frees graphs that nobody holds."""


_NO_PROTOS = "graphs have no protocol buffers here; look at get_operations()"
