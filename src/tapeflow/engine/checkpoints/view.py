"""The graph of objects that hold variables, as checkpoints see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapeflow.engine.core.export import export
from tapeflow.engine.variables.module import Module
from tapeflow.engine.variables.variable import Variable


@export("train.TrackableView")
class TrackableView:
    """Shows which variables and modules an object holds, and under which names.

    Args:
      root: the object to start from, such as a `tf.Module`.

    Example:
      >>> import tapeflow as tf
      >>> model = tf.Module()
      >>> model.w = tf.Variable(1.0)
      >>> view = tf.train.TrackableView(model)
      >>> list(view.children(model))
      ['w']
    """

    def __init__(self, root: Any) -> None:
        self._root = root

    @property
    def root(self) -> Any:
        """The object that it starts from."""
        return self._root

    @classmethod
    def children(cls, obj: Any, save_type: str = "checkpoint", **kwargs: Any) -> dict[str, Any]:
        """What an object holds directly.

        Args:
          obj: a module, list, tuple or dictionary.
          save_type: accepted and not used.
          **kwargs: accepted and not used.

        Returns:
          Name -> variable, module or container.
        """
        return {name: value for name, value in _items(obj) if _holds(value)}

    def descendants(self) -> list[Any]:
        """The root and all that is reachable from it, breadth first."""
        seen = [self._root]
        ids = {id(self._root)}
        for obj in seen:
            for child in self.children(obj).values():
                if id(child) not in ids:
                    ids.add(id(child))
                    seen.append(child)
        return seen


def _items(obj: Any) -> list[tuple[str, Any]]:
    if isinstance(obj, Variable):
        return []
    if isinstance(obj, Mapping):
        return [(str(key), value) for key, value in obj.items()]
    if isinstance(obj, (list, tuple)):
        return [(str(i), value) for i, value in enumerate(obj)]
    return [(name, v) for name, v in vars(obj).items() if not name.startswith("_self_")]


def _holds(value: Any) -> bool:
    if isinstance(value, (Variable, Module)):
        return True
    if isinstance(value, Mapping):
        return any(_holds(v) for v in value.values())
    if isinstance(value, (list, tuple)):
        return any(_holds(v) for v in value)
    return False
