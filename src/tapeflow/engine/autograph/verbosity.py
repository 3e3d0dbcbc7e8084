"""What AutoGraph says about its work: warnings, and a log on request."""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

from tapeflow.engine.core.export import export

_log = logging.getLogger("tensorflow")


class Verbosity:
    """The settings of `set_verbosity`; until it is called, the environment decides."""

    level: int | None = None
    to_stdout = hasattr(sys, "ps1")


@export("autograph.set_verbosity", "compat.v1.autograph.set_verbosity")
def set_verbosity(level: int, alsologtostdout: bool = False) -> None:
    """Sets how much AutoGraph logs, in place of the environment's `AUTOGRAPH_VERBOSITY`.

    Args:
      level: 0 for warnings only; from 1, each conversion; from 2, the generated code.
      alsologtostdout: whether to print the messages, too.

    Returns:
      None.

    Example:
      >>> import tapeflow as tf
      >>> tf.autograph.set_verbosity(0)
    """
    Verbosity.level = level
    Verbosity.to_stdout = alsologtostdout


@export("autograph.trace", "compat.v1.autograph.trace")
def trace(*args: Any) -> None:
    """Prints its arguments while a function is traced.

    Args:
      *args: what to print.

    Returns:
      None.

    Example:
      >>> import tapeflow as tf
      >>> tf.autograph.trace("here", 1)
      here 1
    """
    print(*args)


def has_verbosity(level: int) -> bool:
    """Whether messages of `level` are wanted."""
    wanted = Verbosity.level
    if wanted is None:
        wanted = int(os.environ.get("AUTOGRAPH_VERBOSITY", "0"))
    return wanted >= level


def log(level: int, message: str) -> None:
    """Logs a message, where those of `level` are wanted."""
    if has_verbosity(level):
        _log.info(message)
        if Verbosity.to_stdout:
            print(message)


def warn(message: str) -> None:
    """Warns the user."""
    _log.warning(message)
    if Verbosity.to_stdout:
        print(f"WARNING: {message}")
