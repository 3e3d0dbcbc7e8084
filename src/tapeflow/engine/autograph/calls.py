"""`converted_call`: every call in converted code; it converts the callee, if it is the user's."""

from __future__ import annotations

import builtins
import functools
import types
from typing import Any

from tapeflow.engine.autograph import policy
from tapeflow.engine.autograph.builtin_overloads import call_builtin
from tapeflow.engine.autograph.options import ConversionOptions
from tapeflow.engine.autograph.status import Status, control_status_ctx
from tapeflow.engine.autograph.user_errors import (
    InaccessibleSourceCodeError,
    UnsupportedLanguageElementError,
)
from tapeflow.engine.autograph.verbosity import warn

_BuiltinFunction = types.BuiltinFunctionType
_BUILTINS = frozenset(b for b in vars(builtins).values() if isinstance(b, type))


def converted_call(
    f: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any] | None,
    caller_fn_scope: Any = None,
    options: ConversionOptions | None = None,
) -> Any:
    """Calls `f`, converted if it is to be.

    Args:
      f: a callable.
      args: its arguments.
      kwargs: its keyword arguments, or None.
      caller_fn_scope: the `FunctionScope` of the calling function.
      options: how to convert; by default, as the calling function says.

    Returns:
      What `f` returns.
    """
    if options is None:
        options = caller_fn_scope.callopts
    if isinstance(f, functools.partial):
        merged = {**f.keywords, **(kwargs or {})}
        return converted_call(f.func, f.args + args, merged, caller_fn_scope, options)
    enabled = control_status_ctx().status is not Status.DISABLED
    # `int` and `range` are classes, `print` and `len` are functions.
    if enabled and (f in _BUILTINS if isinstance(f, type) else type(f) is _BuiltinFunction):
        return call_builtin(f, args, kwargs, caller_fn_scope)
    method = getattr(f, "_weak_self", None)  # of a `tf.function` that is a method
    if method is not None and method() is not None:
        return converted_call(f._unbound, (method(), *args), kwargs, caller_fn_scope, options)
    target, arguments = f, args
    if enabled and not _is_left_alone(f, options):
        try:
            function, arguments = _function_of(f, args)
            target = _converted(function, options)
        except Exception as error:
            _warn_unconverted(f, error)
            policy.leave_alone(f)
            target, arguments = f, args
    if kwargs:
        return target(*arguments, **kwargs)
    return target(*arguments)


def _is_left_alone(f: Any, options: ConversionOptions) -> bool:
    return (
        policy.known_unconvertible(f)
        or policy.is_autograph_artifact(f)
        or policy.is_unsupported(f)
        or policy.is_own(f)
        or (not options.user_requested and policy.belongs_to_library(f))
        or not options.internal_convert_user_code
    )


def _function_of(f: Any, args: tuple[Any, ...]) -> tuple[types.FunctionType, tuple[Any, ...]]:
    """The function that a call runs, and its arguments with the object whose method it is."""
    if isinstance(f, types.MethodType):
        return _function_of(f.__func__, (f.__self__, *args))
    if isinstance(f, types.FunctionType):
        return f, args
    call: Any = type(f).__call__
    return call, (f, *args)


def _converted(function: types.FunctionType, options: ConversionOptions) -> types.FunctionType:
    from tapeflow.engine.autograph.transpiler import TRANSPILER

    return TRANSPILER.converted(function, options)


def _warn_unconverted(f: Any, error: Exception) -> None:
    known = isinstance(error, (InaccessibleSourceCodeError, UnsupportedLanguageElementError))
    report = "" if known else "Please report this to the developers of tapeflow.\n"
    warn(
        f"AutoGraph could not transform {f} and will run it as-is.\n{report}Cause: {error}\n"
        "To silence this warning, decorate the function with "
        "@tf.autograph.experimental.do_not_convert"
    )
