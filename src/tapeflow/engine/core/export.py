"""The marker by which the engine says what is public, and under which names.

`scripts/generate_api.py` imports the engine, reads `EXPORTS` and writes the public namespaces, so
that a function's public names stand right beside it and nowhere else.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")


class Export(NamedTuple):
    """Where the object behind a public name is found.

    Attributes:
      module: dotted name of the module that defines it.
      qualname: its name inside that module.
      object: the object itself.
    """

    module: str
    qualname: str
    object: Any


EXPORTS: dict[str, Export] = {}
"""Public path relative to the root (`"nn.relu"`) to the object it stands for."""


def export(*names: str) -> Callable[[T], T]:
    """Marks a function or class as public under `names`; the first one is the canonical name.

    Args:
      *names: public paths relative to the root, such as `"nn.relu"` or `"TensorShape"`.

    Returns:
      A decorator that records the object and returns it unchanged.
    """

    def mark(what: T) -> T:
        for name in names:
            _record(name, Export(what.__module__, what.__qualname__, what))  # type: ignore[attr-defined]
        return what

    return mark


def export_value(value_name: str, *names: str, module: str | None = None) -> None:
    """Marks a module-level constant, which carries no name of its own, as public.

    Args:
      value_name: the constant's name in its module; it must be assigned already.
      *names: public paths relative to the root, such as `"dtypes.float32"`.
      module: the module's dotted name; by default the caller's.
    """
    home: str = module or sys._getframe(1).f_globals["__name__"]
    value = getattr(sys.modules[home], value_name)
    for name in names:
        _record(name, Export(home, value_name, value))


def _record(name: str, entry: Export) -> None:
    former = EXPORTS.get(name)
    # Reloading a module (notebooks, doctests) records the same entry again; that is no clash.
    if former is not None and former[:2] != entry[:2]:
        raise ValueError(
            f"public name {name!r}: exported by {former.module}.{former.qualname} already; "
            f"received {entry.module}.{entry.qualname}"
        )
    EXPORTS[name] = entry
