"""`Operation`: a node of a graph as programs see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tapeflow.engine.core.context import state
from tapeflow.engine.core.dtypes import DType
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.graph import CONTROL_FLOW, Node
from tapeflow.engine.ir.primitive import PURE, Primitive

if TYPE_CHECKING:
    from tapeflow.engine.core.frames import Location
    from tapeflow.engine.tracing.graph import Graph


@export("Operation")
class Operation(Node):
    """One operation of a graph: type, inputs, outputs and attributes.

    Operations come into being when functions of this package are called while a function is
    traced; `tensor.op` is the one that computes a symbolic tensor.
    """

    __slots__ = ("__dict__", "__weakref__", "control_inputs", "device", "graph")

    def __init__(
        self,
        graph: Graph,
        prim: Primitive,
        inputs: tuple[Any, ...],
        attrs: dict[str, Any],
        name: str,
        location: Location | None = None,
    ) -> None:
        super().__init__(prim, inputs, attrs, name, location)
        self.graph = graph
        self.control_inputs: list[Any] = []
        self.device = state.device or ""

    @property
    def type(self) -> str:
        """The type of the operation, such as `"MatMul"`."""
        name = self.prim.name
        return f"Stateless{name}" if name in CONTROL_FLOW and self.effect is PURE else name

    @property
    def op_def(self) -> None:
        """None: operations are declared in Python."""
        return

    @property
    def node_def(self) -> str:
        """A text with name, type and inputs."""
        inputs = " ".join(f'input: "{t.name}"' for t in self.inputs)
        return f'name: "{self.name}" op: "{self.type}" {inputs}'.rstrip()

    @property
    def traceback(self) -> list[tuple[str, int]]:
        """File and line of the program that made it."""
        return [self.location] if self.location else []

    def values(self) -> tuple[Any, ...]:
        """Its outputs."""
        return tuple(self.outputs)

    def colocation_groups(self) -> list[bytes]:
        """Which operations it would share a device with: itself."""
        return [b"loc:@" + self.name.encode()]

    def get_attr(self, name: str) -> Any:
        """An attribute.

        Args:
          name: the attribute's name; `T` and `dtype` are the dtype of the first input or output.

        Raises:
          ValueError: when there is none of that name.
        """
        if name in self.attrs:
            return self.attrs[name]
        if name in ("T", "dtype") and (self.inputs or self.outputs):
            first = self.inputs[0] if self.inputs and name == "T" else self.outputs[0]
            dtype: DType = first.dtype
            return dtype
        raise ValueError(f"Operation '{self.name}' has no attr named '{name}'.")

    def run(self, feed_dict: Any = None, session: Any = None) -> None:
        """Refused: there are no sessions.

        Raises:
          ValueError: always.
        """
        raise ValueError(
            "Cannot execute operation using `run()`: there are no sessions in TensorFlow 2; "
            "call the traced function."
        )

    def __repr__(self) -> str:
        return f"<tf.Operation '{self.name}' type={self.type}>"

    def __str__(self) -> str:
        return self.node_def
