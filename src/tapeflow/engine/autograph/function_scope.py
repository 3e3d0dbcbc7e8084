"""`FunctionScope`: what surrounds the body of every converted function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeflow.engine.autograph.options import ConversionOptions, Feature
from tapeflow.engine.autograph.status import ControlStatusCtx, Status
from tapeflow.engine.autograph.variables import UndefinedReturnValue
from tapeflow.engine.core.name_scopes import name_scope


class FunctionScope:
    """A `with` block around the body of a converted function.

    Args:
      function_name: the function's name.
      scope_name: the name of the variable that holds this object in the generated code.
      options: the options that the function was converted with.
    """

    __slots__ = ("_name_scope", "_status", "callopts", "name", "options")

    def __init__(self, function_name: str, scope_name: str, options: ConversionOptions) -> None:
        self.name = scope_name
        self.options = options
        self.callopts = options.call_options()
        self._status = ControlStatusCtx(Status.ENABLED, options) if options.user_requested else None
        self._name_scope: Any = None
        if options.uses(Feature.NAME_SCOPES):
            # No scope of a graph may begin with an underscore.
            self._name_scope = name_scope(
                f"fn{function_name}" if function_name.startswith("_") else function_name
            )

    def __enter__(self) -> FunctionScope:
        if self._status is not None:
            self._status.__enter__()
        if self._name_scope is not None:
            self._name_scope.__enter__()
        return self

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        if self._name_scope is not None:
            self._name_scope.__exit__(kind, value, traceback)
        if self._status is not None:
            self._status.__exit__(kind, value, traceback)

    def ret(self, value: Any, did_return: Any) -> Any:
        """What the function returns: None where no `return` was reached."""
        return None if isinstance(value, UndefinedReturnValue) else value


def with_function_scope(
    thunk: Callable[[FunctionScope], Any], scope_name: str, options: ConversionOptions
) -> Any:
    """Runs the body of a converted lambda in its scope."""
    with FunctionScope("lambda_", scope_name, options) as scope:
        return thunk(scope)
