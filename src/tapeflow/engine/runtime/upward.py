"""The few operations that tensors and conversion need from the layer above.

`ops` provides them when it is loaded; the runtime imports nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_PROVIDED: dict[str, Callable[..., Any]] = {}


def provide(**operations: Callable[..., Any]) -> None:
    """Makes operations callable from below, by name."""
    _PROVIDED.update(operations)


def call(name: str, *args: Any) -> Any:
    """Calls an operation of the layer above.

    Raises:
      RuntimeError: when `tapeflow.engine.ops` was never loaded.
    """
    operation = _PROVIDED.get(name)
    if operation is None:
        raise RuntimeError(f"{name}: tapeflow.engine.ops, which provides it, is not loaded")
    return operation(*args)
