"""TensorFlow's own addresses of classes, for programs that look at `__module__`.

Keras tells tensors and data sets apart by the text `tensorflow.python.` in the `__module__` of
their classes. The classes take these addresses when tapeflow is installed under TensorFlow's name,
where they can be imported; in a process without the alias they are what they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

C = TypeVar("C", bound=type)

_waiting: dict[Any, str] = {}
_adopted = False


def address(module: str) -> Callable[[C], C]:
    """Says in which module TensorFlow defines a class; the outermost decorator of the class.

    Args:
      module: such as `"tensorflow.python.framework.tensor"`. The alias must offer the class there:
        `engine/compat/private_paths.py` has the list.

    Returns:
      A decorator that returns the class.
    """

    def mark(cls: C) -> C:
        if _adopted:
            cls.__module__ = module
        else:
            _waiting[cls] = module
        return cls

    return mark


def adopt() -> None:
    """Gives all classes, also those defined later, their addresses in TensorFlow."""
    global _adopted
    _adopted = True
    while _waiting:
        cls, module = _waiting.popitem()
        cls.__module__ = module
