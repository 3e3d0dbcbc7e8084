"""`tf.name_scope`: prefixes of the names of variables."""

from __future__ import annotations

import re
from typing import Any

from tapeflow.engine.core.context import state
from tapeflow.engine.core.export import export

_VALID_AT_ROOT = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*")
_VALID_INSIDE = re.compile(r"[A-Za-z0-9_.\\/>-]*")


def _check(name: str, around: str) -> None:
    """Graphs are particular about names.

    Raises:
      ValueError: for a name that TensorFlow's graphs refuse.
    """
    valid = _VALID_INSIDE if around else _VALID_AT_ROOT
    if not valid.fullmatch(name):
        which = "scope name" if around else "root scope name"
        raise ValueError(
            f"'{name}' is not a valid {which}. It has to match the pattern ^{valid.pattern}$"
        )


@export("name_scope")
class name_scope:
    """Puts a prefix in front of the names of the variables made inside.

    The same object may be entered again, also while it is open. In a graph every scope opened
    gets a prefix of its own: `a/`, then `a_1/`.

    Args:
      name: the prefix; one that ends in `/` replaces the prefixes of the scopes around, and `""`
        removes them.

    Raises:
      ValueError: when `name` is no string.

    Example:
      >>> import tapeflow as tf
      >>> with tf.name_scope("layer") as scope:
      ...     v = tf.Variable(1.0, name="w")
      >>> scope, v.name
      ('layer/', 'layer/w:0')
    """

    __slots__ = ("_before", "_name")

    def __init__(self, name: str) -> None:
        if not isinstance(name, str):
            raise ValueError("name for name_scope must be a string.")
        self._name = name
        self._before: list[str] = []

    @property
    def name(self) -> str:
        """The prefix as given."""
        return self._name

    def __enter__(self) -> str:
        """Opens the scope; returns the whole prefix, with a `/` at the end."""
        self._before.append(state.name_scope)
        name = self._name
        if not name or name.endswith("/"):
            state.name_scope = name
        elif state.tracer is None:
            state.name_scope = f"{state.name_scope}{name}/"
        else:
            _check(name, state.name_scope)
            state.name_scope = state.tracer.unique_name(state.name_scope + name) + "/"
        return state.name_scope

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        state.name_scope = self._before.pop()


@export("compat.v1.name_scope")
class NameScopeV1(name_scope):
    """`tf.name_scope`, with the older arguments.

    Args:
      name: the prefix, or None for `default_name`.
      default_name: what to use when `name` is None.
      values: accepted and not used.

    Raises:
      TypeError: when a name is no string.
      ValueError: when both names are None but `values` are given.
    """

    __slots__ = ()

    def __init__(
        self, name: str | None, default_name: str | None = None, values: Any = None
    ) -> None:
        if default_name is not None and not isinstance(default_name, str):
            raise TypeError(
                f"`default_name` type ({type(default_name)}) is not a string type. You likely "
                "meant to pass this into the `values` kwarg."
            )
        chosen = default_name if name is None else name
        if chosen is None and values is not None:
            raise ValueError(
                "At least one of name (None) and default_name (None) must be provided."
            )
        super().__init__("" if chosen is None else chosen)


@export("get_current_name_scope")
def get_current_name_scope() -> str:
    """The prefix that the names of new variables get, without the `/` at its end.

    Returns:
      A string; `""` outside of all scopes.

    Example:
      >>> import tapeflow as tf
      >>> with tf.name_scope("a"), tf.name_scope("b"):
      ...     print(tf.get_current_name_scope())
      a/b
    """
    return state.name_scope.removesuffix("/")
