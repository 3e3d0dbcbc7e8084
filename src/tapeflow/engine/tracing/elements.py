"""What programs look up in a graph: operations, tensors and collections, by name."""

from __future__ import annotations

import re
from typing import Any

from tapeflow.engine.tracing.operation import Operation
from tapeflow.engine.tracing.symbolic import SymbolicTensor


class GraphElements:
    """The methods, for graphs to inherit."""

    nodes: list[Any]
    _by_name: dict[str, Operation]
    _collections: dict[Any, list[Any]]
    _not_feedable: set[int]
    _not_fetchable: set[int]
    _finalized: bool

    # Operations and tensors.

    @property
    def version(self) -> int:
        """How many operations there are."""
        return len(self.nodes)

    @property
    def operations(self) -> list[Operation]:
        """The operations, in the order in which they were made."""
        return list(self.nodes)

    def get_operations(self) -> list[Operation]:
        """The operations, in the order in which they were made."""
        return list(self.nodes)

    def num_operations(self) -> int:
        """How many operations there are."""
        return len(self.nodes)

    def get_operation_by_name(self, name: str) -> Operation:
        """The operation of that name.

        Raises:
          KeyError: when there is none.
          TypeError: when `name` is no string.
          ValueError: when it is the name of a tensor.
        """
        if not isinstance(name, str):
            raise TypeError(f"Operation names are strings (or similar), not {_kind(name)}.")
        found: Operation = self.as_graph_element(name, allow_tensor=False)
        return found

    def get_tensor_by_name(self, name: str) -> SymbolicTensor:
        """The tensor of that name, `"operation:index"`.

        Raises:
          KeyError: when there is none.
          TypeError: when `name` is no string.
          ValueError: when it has not that form.
        """
        if not isinstance(name, str):
            raise TypeError(f"Tensor names are strings (or similar), not {_kind(name)}.")
        found: SymbolicTensor = self.as_graph_element(name, allow_operation=False)
        return found

    def as_graph_element(
        self, obj: Any, allow_tensor: bool = True, allow_operation: bool = True
    ) -> Any:
        """The operation or tensor that `obj` (itself one, or a name) stands for in this graph.

        Args:
          obj: operation, tensor, name of one, or an object with `_as_graph_element()`.
          allow_tensor: whether a tensor may be the answer.
          allow_operation: whether an operation may be the answer.

        Raises:
          KeyError: when the graph has nothing of that name.
          ValueError: when it belongs to another graph, or the name is none of those asked for.
          TypeError: when it is neither of those asked for.
        """
        wanted = [
            kind
            for kind, allowed in (("Tensor", allow_tensor), ("Operation", allow_operation))
            if allowed
        ]
        if not wanted:
            raise ValueError("allow_tensor and allow_operation can't both be False.")
        if isinstance(obj, str):
            return self._named(obj, wanted)
        stands_for = getattr(obj, "_as_graph_element", None)
        if stands_for is not None:
            obj = stands_for()
        is_tensor, is_operation = isinstance(obj, SymbolicTensor), isinstance(obj, Operation)
        if not ((is_tensor and allow_tensor) or (is_operation and allow_operation)):
            raise TypeError(f"Can not convert a {_kind(obj)} into a {' or '.join(wanted)}.")
        if obj.graph is not self:
            raise ValueError(f"{wanted[0]} {obj} is not an element of this graph.")
        return obj

    def _named(self, name: str, wanted: list[str]) -> Any:
        if ":" not in name:
            if "Operation" not in wanted:
                raise ValueError(
                    f"The name '{name}' refers to an Operation, not a Tensor. Tensor names must be "
                    'of the form "<op_name>:<output_index>".'
                )
            op = self._by_name.get(name)
            if op is None:
                raise KeyError(f"The name '{name}' refers to an Operation not in the graph.")
            return op
        if "Tensor" not in wanted:
            raise ValueError(f"Name '{name}' appears to refer to a Tensor, not an Operation.")
        op_name, _, index = name.partition(":")
        if not re.fullmatch("[0-9]+", index):
            raise ValueError(
                f"The name '{name}' looks like a Tensor name, but is not a valid one. Tensor names "
                'must be of the form "<op_name>:<output_index>".'
            )
        op = self._by_name.get(op_name)
        if op is None:
            raise KeyError(
                f"The name '{name}' refers to a Tensor which does not exist. The operation, "
                f"'{op_name}', does not exist in the graph."
            )
        if int(index) >= len(op.outputs):
            raise KeyError(
                f"The name '{name}' refers to a Tensor which does not exist. The operation, "
                f"'{op_name}', exists but only has {len(op.outputs)} outputs."
            )
        return op.outputs[int(index)]

    # What may be given and asked for.

    def is_feedable(self, tensor: Any) -> bool:
        """Whether a value may be given for a tensor."""
        return id(tensor) not in self._not_feedable

    def prevent_feeding(self, tensor: Any) -> None:
        """Says that no value may be given for a tensor."""
        self._not_feedable.add(id(tensor))

    def is_fetchable(self, tensor_or_op: Any) -> bool:
        """Whether a tensor's value may be asked for."""
        return id(tensor_or_op) not in self._not_fetchable

    def prevent_fetching(self, op: Any) -> None:
        """Says that an operation's results may not be asked for."""
        self._not_fetchable.add(id(op))

    @property
    def finalized(self) -> bool:
        """Whether the graph is complete."""
        return self._finalized

    def finalize(self) -> None:
        """Says that the graph is complete: adding an operation is a RuntimeError from now on."""
        self._finalized = True

    # Collections.

    def add_to_collection(self, name: Any, value: Any) -> None:
        """Puts a value into the collection of that name."""
        self._collections.setdefault(name, []).append(value)

    def add_to_collections(self, names: Any, value: Any) -> None:
        """Puts a value into several collections.

        Args:
          names: one name, or an iterable of names.
          value: the value.
        """
        for name in (names,) if isinstance(names, str) else set(names):
            self.add_to_collection(name, value)

    def get_collection(self, name: Any, scope: str | None = None) -> list[Any]:
        """The values in a collection.

        Args:
          name: the collection's name.
          scope: regular expression that the names of the values must begin with.
        """
        found = self._collections.get(name, ())
        if scope is None:
            return list(found)
        return [v for v in found if hasattr(v, "name") and re.match(scope, v.name)]

    def get_collection_ref(self, name: Any) -> list[Any]:
        """The collection itself: what is appended to the list is in it."""
        return self._collections.setdefault(name, [])

    def get_all_collection_keys(self) -> list[str]:
        """The names of the collections, as far as they are strings."""
        return [name for name in self._collections if isinstance(name, str)]

    @property
    def collections(self) -> list[Any]:
        """The names of the collections."""
        return list(self._collections)

    def clear_collection(self, name: Any) -> None:
        """Empties a collection."""
        self._collections.pop(name, None)


def _kind(value: Any) -> str:
    return type(value).__name__
