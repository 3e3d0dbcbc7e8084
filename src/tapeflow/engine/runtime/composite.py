"""What makes a class a composite tensor: components that are tensors, and how to rebuild it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeflow.engine.core.addresses import address
from tapeflow.engine.core.export import export


@address("tensorflow.python.framework.composite_tensor")
@export("__internal__.CompositeTensor")
class CompositeTensor:
    """A value made of several tensors (`IndexedSlices`, `SparseTensor`, `RaggedTensor`).

    A subclass gives `_components` and `_with_components`; nests expand it with
    `expand_composites=True`.
    """

    __slots__ = ()

    def _components(self) -> list[Any]:
        """The tensors that it is made of, in a fixed order."""
        raise NotImplementedError

    def _with_components(self, components: list[Any]) -> CompositeTensor:
        """One like it, of other tensors."""
        raise NotImplementedError

    def _map_components(self, function: Callable[[Any], Any]) -> CompositeTensor:
        return self._with_components([function(c) for c in self._components()])

    def _stand_in(self, how: Any) -> CompositeTensor:
        """A small eager one of this kind; `how` makes the tensors (`ops/host_functions.py`)."""
        return self._map_components(how.tensor)

    def _forget_counts(self, specs: list[Any], first: int, samples: list[list[Any]]) -> None:
        """Makes unknown how many elements a result has that is like this one.

        Args:
          specs: the specs of all results' tensors.
          first: the number of the first component.
          samples: what these tensors were for several arguments, as arrays.
        """
        for spec in specs[first : first + 2]:
            if spec.shape:
                spec.shape = (None, *spec.shape[1:])


def is_composite(value: Any) -> bool:
    """Whether `value` is made of several tensors."""
    return isinstance(value, CompositeTensor)
