"""Reading variables: what is not defined yet is a value, too, while control flow is staged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Undefined:
    """Stands for a variable that has no value so far.

    Args:
      symbol_name: the variable's name in the user's program.
    """

    __slots__ = ("symbol_name",)

    def __init__(self, symbol_name: str) -> None:
        self.symbol_name = symbol_name

    def read(self) -> Any:
        """Refuses, as Python does.

        Raises:
          UnboundLocalError: always.
        """
        raise UnboundLocalError(f"'{self.symbol_name}' is used before assignment")

    def __getitem__(self, key: Any) -> Undefined:
        return self  # `ldu` of an item of what is itself undefined

    def __repr__(self) -> str:
        return self.symbol_name


class UndefinedReturnValue:
    """Stands for the value of a function that has not returned yet."""

    __slots__ = ()


def is_undefined(value: Any) -> bool:
    """Whether a variable has no value so far."""
    return isinstance(value, (Undefined, UndefinedReturnValue))


def ld(v: Any) -> Any:
    """Reads a variable."""
    return v.read() if type(v) is Undefined else v


def ldu(load_v: Callable[[], Any], name: str) -> Any:
    """Reads an attribute or an item, which may not be there."""
    try:
        return load_v()
    except (KeyError, AttributeError, NameError):
        return Undefined(name)
