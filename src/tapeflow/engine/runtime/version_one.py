"""`tf.compat.v1`: what is left of sessions and graphs, and switches between behaviours.

Eager execution with TensorFlow 2's behaviour is the only mode: what asks for it is accepted, what
asks for another is refused.
"""

from __future__ import annotations

import logging as _logging
from typing import Any, NoReturn

from tapeflow.engine.core.context import state
from tapeflow.engine.core.errors import UnimplementedError
from tapeflow.engine.core.export import export, export_value
from tapeflow.engine.runtime.execution import get_logger

_NO_SESSION = (
    "tapeflow runs eagerly and has no sessions or graphs of TensorFlow 1; call functions and use "
    ".numpy() in place of session.run (see README: moving a program over)."
)


def _refuse(what: str) -> NoReturn:
    raise UnimplementedError(None, None, f"{what}: {_NO_SESSION}")


@export("compat.v1.enable_eager_execution")
def enable_eager_execution(
    config: Any = None, device_policy: Any = None, execution_mode: Any = None
) -> None:
    """Accepted: execution is eager.

    Args:
      config: accepted and not used.
      device_policy: accepted and not used.
      execution_mode: accepted and not used.
    """


def _accepted(name: str) -> Any:
    def enable() -> None:
        """Accepted: it is so."""

    enable.__name__ = enable.__qualname__ = name
    return enable


enable_v2_behavior = _accepted("enable_v2_behavior")
enable_resource_variables = _accepted("enable_resource_variables")
enable_v2_tensorshape = _accepted("enable_v2_tensorshape")
enable_tensor_equality = _accepted("enable_tensor_equality")
enable_control_flow_v2 = _accepted("enable_control_flow_v2")


def _refused(name: str) -> Any:
    def disable() -> NoReturn:
        """Refused: there is no other behaviour."""
        _refuse(name)

    disable.__name__ = disable.__qualname__ = name
    return disable


disable_v2_behavior = _refused("disable_v2_behavior")
disable_eager_execution = _refused("disable_eager_execution")
disable_resource_variables = _refused("disable_resource_variables")
disable_v2_tensorshape = _refused("disable_v2_tensorshape")
disable_tensor_equality = _refused("disable_tensor_equality")
disable_control_flow_v2 = _refused("disable_control_flow_v2")
for _name in ("v2_behavior", "resource_variables", "v2_tensorshape", "tensor_equality",
              "control_flow_v2"):  # fmt: skip
    export_value(f"enable_{_name}", f"compat.v1.enable_{_name}")
    export_value(f"disable_{_name}", f"compat.v1.disable_{_name}")
export_value("disable_eager_execution", "compat.v1.disable_eager_execution")


@export("compat.v1.resource_variables_enabled")
def resource_variables_enabled() -> bool:
    """Whether variables are what they are in TensorFlow 2: True."""
    return True


@export("compat.v1.control_flow_v2_enabled")
def control_flow_v2_enabled() -> bool:
    """Whether control flow is what it is in TensorFlow 2: True."""
    return True


@export("compat.v1.Session")
class Session:
    """Refused: there are no sessions.

    Args:
      target: not used.
      graph: not used.
      config: not used.

    Raises:
      tf.errors.UnimplementedError: always.
    """

    def __init__(self, target: str = "", graph: Any = None, config: Any = None) -> None:
        _refuse(f"tf.compat.v1.{type(self).__name__}")


@export("compat.v1.InteractiveSession")
class InteractiveSession(Session):
    """Refused: there are no sessions.

    Args:
      target: not used.
      graph: not used.
      config: not used.

    Raises:
      tf.errors.UnimplementedError: always.
    """


def _initializers() -> Any:
    graph = state.tracer
    if graph is None:
        return None
    return graph.group([v.initializer for v in graph.get_collection("variables")], "init")


@export("compat.v1.global_variables_initializer")
def global_variables_initializer() -> Any:
    """None: eager variables have their values from the start. In a graph, an operation."""
    return _initializers()


@export("compat.v1.local_variables_initializer")
def local_variables_initializer() -> None:
    """None: eager variables have their values from the start."""


@export("compat.v1.initialize_all_variables")
def initialize_all_variables() -> Any:
    """None: eager variables have their values from the start. In a graph, an operation."""
    return _initializers()


@export("compat.v1.global_variables")
def global_variables(scope: str | None = None) -> list[Any]:
    """The variables of the graph; an empty list in eager mode, where they are in no collection.

    Args:
      scope: prefix of the names wanted.
    """
    return [] if state.tracer is None else state.tracer.get_collection("variables", scope)


@export("compat.v1.trainable_variables")
def trainable_variables(scope: str | None = None) -> list[Any]:
    """The trainable variables of the graph; an empty list in eager mode.

    Args:
      scope: prefix of the names wanted.
    """
    return [] if state.tracer is None else state.tracer.get_collection("trainable_variables", scope)


# Logging.

DEBUG = _logging.DEBUG
INFO = _logging.INFO
WARN = _logging.WARNING
ERROR = _logging.ERROR
FATAL = _logging.CRITICAL
for _name in ("DEBUG", "INFO", "WARN", "ERROR", "FATAL"):
    export_value(_name, f"compat.v1.logging.{_name}")


@export("compat.v1.logging.log")
def log(level: int, msg: str, *args: Any, **kwargs: Any) -> None:
    """Logs a message.

    Args:
      level: how important it is.
      msg: the message, with `%` places for `args`.
      *args: what fills them.
      **kwargs: passed to `logging`.
    """
    get_logger().log(level, msg, *args, **kwargs)


@export("compat.v1.logging.debug")
def debug(msg: str, *args: Any, **kwargs: Any) -> None:
    """Logs a message for developers; see `log`."""
    get_logger().debug(msg, *args, **kwargs)


@export("compat.v1.logging.info")
def info(msg: str, *args: Any, **kwargs: Any) -> None:
    """Logs a message; see `log`."""
    get_logger().info(msg, *args, **kwargs)


@export("compat.v1.logging.warning", "compat.v1.logging.warn")
def warning(msg: str, *args: Any, **kwargs: Any) -> None:
    """Logs a warning; see `log`."""
    get_logger().warning(msg, *args, **kwargs)


@export("compat.v1.logging.error")
def error(msg: str, *args: Any, **kwargs: Any) -> None:
    """Logs an error; see `log`."""
    get_logger().error(msg, *args, **kwargs)


@export("compat.v1.logging.fatal")
def fatal(msg: str, *args: Any, **kwargs: Any) -> None:
    """Logs the worst; see `log`."""
    get_logger().critical(msg, *args, **kwargs)


@export("compat.v1.logging.vlog")
def vlog(level: int, msg: str, *args: Any, **kwargs: Any) -> None:
    """Logs a message; see `log`."""
    get_logger().log(level, msg, *args, **kwargs)


@export("compat.v1.logging.log_if")
def log_if(level: int, msg: str, condition: Any, *args: Any) -> None:
    """Logs a message if `condition` holds; see `log`."""
    if condition:
        get_logger().log(level, msg, *args)


@export("compat.v1.logging.flush")
def flush() -> None:
    """Accepted: messages are written at once."""


@export("compat.v1.logging.get_verbosity")
def get_verbosity() -> int:
    """The level from which messages are written; 30, warnings, at first.

    Returns:
      An int.
    """
    return get_logger().getEffectiveLevel()


@export("compat.v1.logging.set_verbosity")
def set_verbosity(v: Any) -> None:
    """Sets the level from which messages are written.

    Args:
      v: int, such as `tf.compat.v1.logging.INFO`, or its name.
    """
    get_logger().setLevel(v)
