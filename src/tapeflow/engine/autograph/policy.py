"""Which functions are converted: the user's own, not those of libraries."""

from __future__ import annotations

import contextlib
import functools
import inspect
import os
import sys
import types
import weakref
from typing import Any

from tapeflow.engine.autograph.verbosity import warn

_OWN = __name__.partition(".")[0]

LIBRARIES = frozenset(
    f"{_OWN} tensorflow keras malt numpy ml_dtypes scipy matplotlib pandas PIL absl.logging "
    "tensorflow_probability tensorflow_datasets.core ipdb mock".split()
)
"""Packages whose functions run as they are: they do not branch on tensors."""

_PACKAGE = __file__[: __file__.rindex(f"{os.sep}engine{os.sep}") + 1]
_STANDARD_LIBRARY = os.path.dirname(os.__file__) + os.sep
_THIRD_PARTY = ("site-packages", "dist-packages")

_decided: weakref.WeakKeyDictionary[Any, bool] = weakref.WeakKeyDictionary()


def autograph_artifact(entity: Any) -> Any:
    """Marks a function as one that conversion made or must leave alone; gives it back."""
    target: Any = entity.__func__ if isinstance(entity, types.MethodType) else entity
    target.autograph_info__ = None
    return entity


def is_autograph_artifact(entity: Any) -> bool:
    """Whether `autograph_artifact` marked it."""
    return hasattr(entity, "autograph_info__")


def leave_alone(function: Any) -> None:
    """Remembers that a function cannot be converted."""
    with contextlib.suppress(TypeError):  # unhashable, or without weak references
        _decided[_unbound(function)] = True


def known_unconvertible(function: Any) -> bool:
    """Whether `leave_alone` was called for a function."""
    try:
        return _decided.get(_unbound(function), False)
    except TypeError:
        return False


def _unbound(function: Any) -> Any:
    return function.__func__ if isinstance(function, types.MethodType) else function


def is_unsupported(function: Any) -> bool:
    """Whether something can't be converted by its nature: there is no Python code, or no access."""
    if isinstance(function, types.MethodType):
        return is_unsupported(function.__func__)
    if isinstance(function, types.FunctionType):
        return False
    wrapt = sys.modules.get("wrapt")
    if wrapt is not None and isinstance(function, wrapt.FunctionWrapper):
        warn(
            f"{function} appears to be decorated by wrapt, which is not yet supported by "
            "AutoGraph. The function will run as-is. You may still apply AutoGraph before the "
            "wrapt decorator."
        )
        return True
    # Making an object calls the metaclass; that is Python code only where it is the user's.
    return not isinstance(type(function).__call__, types.FunctionType)


def is_own(function: Any) -> bool:
    """Whether a function is part of tapeflow, which is never converted, asked for or not.

    Decorators copy `__module__` from what they wrap; where its code stands tells.
    """
    code = getattr(_unbound(function), "__code__", None)
    if code is None or not code.co_filename.startswith(_PACKAGE):
        return False
    return not hasattr(function, "_converts_what_it_wraps")


def belongs_to_library(function: Any) -> bool:
    """Whether a callable is a library's, so that it is not converted unless asked for."""
    if isinstance(function, types.MethodType):
        return _is_test_method(function) or belongs_to_library(function.__func__)
    if isinstance(function, types.FunctionType):
        return _function_of_library(function)
    call = type(function).__call__ if callable(function) else None
    return isinstance(call, types.FunctionType) and _function_of_library(call)


def _function_of_library(function: types.FunctionType) -> bool:
    try:
        known = _decided.get(function)
    except TypeError:
        known = None
    if known is None:
        known = _decided[function] = _decide(function)
    return known


def _decide(function: types.FunctionType) -> bool:
    if inspect.isgeneratorfunction(function):
        return True
    if is_own(function):
        return True
    module = function.__module__ or ""
    if is_in_library(module):
        return True
    path = function.__code__.co_filename
    if path.startswith("<frozen "):
        return True
    return path.startswith(_STANDARD_LIBRARY) and not any(part in path for part in _THIRD_PARTY)


@functools.cache
def is_in_library(module: str) -> bool:
    """Whether a module, by its dotted name, is part of one of `LIBRARIES`."""
    parts = module.split(".")
    return any(".".join(parts[: i + 1]) in LIBRARIES for i in range(min(2, len(parts))))


def _is_test_method(method: types.MethodType) -> bool:
    unittest = sys.modules.get("unittest")
    if unittest is None:
        return False
    owner = method.__self__
    owner = owner if isinstance(owner, type) else type(owner)
    return issubclass(owner, unittest.TestCase)
