"""Plain classes in the shape of TensorFlow's protocol buffer messages.

They carry the same fields under the same names, so that code that reads `shape.as_proto().dim`
works without the protobuf package. They have no wire format of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class Message:
    """Base of the messages: equality by fields, and TensorFlow's text format as `repr`."""

    __slots__: tuple[str, ...] = ()

    def _fields(self) -> Iterator[tuple[str, Any]]:
        for name in self.__slots__:
            yield name, getattr(self, name)

    def _text(self, indent: str) -> str:
        lines = []
        for name, value in self._fields():
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, Message):
                    inner = item._text(indent + "  ")
                    lines.append(f"{indent}{name} {{\n{inner}{indent}}}\n")
                elif item:  # as in proto3, a field that has its default value isn't printed
                    lines.append(f"{indent}{name}: {_scalar(item)}\n")
        return "".join(lines)

    def __repr__(self) -> str:
        return self._text("")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return list(self._fields()) == list(other._fields())

    __hash__ = None  # type: ignore[assignment]  # fields may change, as a protocol buffer's may


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)


class TensorShapeDim(Message):
    """One dimension of a `TensorShapeProto`; -1 stands for an unknown size."""

    __slots__ = ("size",)

    def __init__(self, size: int = 0) -> None:
        self.size = size


class TensorShapeProto(Message):
    """A shape: its dimensions, or that even their number is unknown."""

    __slots__ = ("dim", "unknown_rank")

    def __init__(self, dim: list[TensorShapeDim] | None = None, unknown_rank: bool = False) -> None:
        self.dim = [] if dim is None else dim
        self.unknown_rank = unknown_rank


class TypeSpecProto(Message):
    """Any other type spec: the name of its class, and the arguments that make it."""

    __slots__ = ("type_spec_class_name", "type_state")

    def __init__(self, type_spec_class_name: str = "", type_state: tuple[Any, ...] = ()) -> None:
        self.type_spec_class_name = type_spec_class_name
        self.type_state = type_state


class SerializedDType(Message):
    """A dtype, by its number."""

    __slots__ = ("datatype",)

    def __init__(self, datatype: int = 0) -> None:
        self.datatype = datatype


class TensorSpecProto(Message):
    """A `TensorSpec`: name, shape and dtype."""

    __slots__ = ("dtype", "name", "shape")

    def __init__(self, name: str = "", shape: TensorShapeProto | None = None, dtype: int = 0):
        self.name = name
        self.shape = TensorShapeProto() if shape is None else shape
        self.dtype = dtype
