"""Whether the running code is being converted: the user may have switched AutoGraph off."""

from __future__ import annotations

import enum
import threading
from typing import Any

from tapeflow.engine.core.export import export


class Status(enum.Enum):
    """What was last said about conversion, in this thread."""

    UNSPECIFIED = 0
    ENABLED = 1
    DISABLED = 2


class ControlStatusCtx:
    """States, for a `with` block, whether functions are converted.

    Args:
      status: the `Status`.
      options: the `ConversionOptions` of the conversion, if any.
    """

    def __init__(self, status: Status, options: Any = None) -> None:
        self.status = status
        self.options = options

    def __enter__(self) -> ControlStatusCtx:
        _stack().append(self)
        return self

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        _stack().pop()

    def __repr__(self) -> str:
        return f"ControlStatusCtx[status={self.status}, options={self.options}]"


_local = threading.local()


def _stack() -> list[ControlStatusCtx]:
    stack: list[ControlStatusCtx] | None = getattr(_local, "stack", None)
    if stack is None:
        stack = _local.stack = [ControlStatusCtx(Status.UNSPECIFIED)]
    return stack


@export("__internal__.autograph.control_status_ctx")
def control_status_ctx() -> ControlStatusCtx:
    """What was last said about conversion, for `tf_convert` to go by.

    Returns:
      An object with `status` and `options`.

    Example:
      >>> import tapeflow as tf
      >>> tf.__internal__.autograph.control_status_ctx().status.name
      'UNSPECIFIED'
    """
    return _stack()[-1]
