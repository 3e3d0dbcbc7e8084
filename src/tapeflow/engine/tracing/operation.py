"""`Operation`: a node of a graph as programs see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from tapeflow.engine.core.context import state
from tapeflow.engine.core.errors import UnimplementedError
from tapeflow.engine.core.export import export
from tapeflow.engine.ir.graph import CONTROL_FLOW, Node
from tapeflow.engine.ir.primitive import PURE, Primitive
from tapeflow.engine.tracing.naming import takes_many

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
    def op_def(self) -> NoReturn:
        """Refused: operations are declared in Python.

        Raises:
          tf.errors.UnimplementedError: always.
        """
        refuse("Operation.op_def", "operations are declared in Python and have no OpDefs")

    @property
    def node_def(self) -> NodeDef:
        """Name, type, device and inputs."""
        return NodeDef(self)

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
          name: the attribute's name. `T` and `dtype` are the dtype of the first input or output,
            `SrcT` and `DstT` those of a cast, `N` the number of inputs.

        Raises:
          ValueError: when there is none of that name.
        """
        if name in self.attrs:
            value = self.attrs[name]
            if isinstance(value, str):
                return value.encode()
            return list(value) if isinstance(value, tuple) else value
        if name in ("T", "SrcT") and self.inputs:
            return self.inputs[0].dtype
        if name in ("T", "dtype", "DstT") and self.outputs:
            return self.outputs[0].dtype
        if name == "N" and takes_many(self.prim):
            return len(self.inputs)
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

    @classmethod
    def from_node_def(cls, node_def: Any, g: Any, **options: Any) -> NoReturn:
        """Refused: operations are made by the public functions.

        Raises:
          tf.errors.UnimplementedError: always.
        """
        refuse("Operation.from_node_def", "call the public function that makes the operation")

    def experimental_set_type(self, type_proto: Any) -> NoReturn:
        """Refused: an operation's type follows from its inputs.

        Raises:
          tf.errors.UnimplementedError: always.
        """
        refuse("Operation.experimental_set_type", "types follow from the inputs")

    def __repr__(self) -> str:
        return f"<tf.Operation '{self.name}' type={self.type}>"

    def __str__(self) -> str:
        return str(self.node_def)


class NodeDef:
    """What an operation's protocol buffer says of it, as far as programs ask.

    Attributes:
      name: the operation's name.
      op: its type.
      device: the device asked for.
      input: names of its inputs, then of its control inputs with `^` in front.
    """

    def __init__(self, operation: Operation) -> None:
        self.name = operation.name
        self.op = operation.type
        self.device = operation.device
        self.input = [t.name.removesuffix(":0") for t in operation.inputs] + [
            f"^{op.name}" for op in operation.control_inputs
        ]

    def __str__(self) -> str:
        lines = [f'name: "{self.name}"', f'op: "{self.op}"']
        lines += [f'input: "{name}"' for name in self.input]
        return "\n".join(lines) + "\n"


def refuse(what: str, why: str) -> NoReturn:
    """Says that a member of graphs and operations is not supported, and why."""
    raise UnimplementedError(None, None, f"{what}: {why}.")
