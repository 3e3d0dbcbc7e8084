"""What starts a conversion: `tf.function`, `tf_convert`, `to_graph`, and what suppresses one."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable
from typing import Any

from tapeflow.engine.autograph.calls import converted_call
from tapeflow.engine.autograph.options import ConversionOptions
from tapeflow.engine.autograph.policy import autograph_artifact, is_autograph_artifact
from tapeflow.engine.autograph.status import ControlStatusCtx, Status, control_status_ctx
from tapeflow.engine.autograph.user_errors import ConversionError, raise_in_user_terms
from tapeflow.engine.core.export import export
from tapeflow.engine.runtime import upward


def convert_for_tracing(
    python_function: Callable[..., Any], autograph_options: Any = None
) -> Callable[..., Any]:
    """The function that `tf.function(autograph=True)` traces.

    Args:
      python_function: what the user decorated.
      autograph_options: one `Feature`, several, or None.

    Returns:
      A function that converts `python_function` when called, and what it calls; errors of
      converted code name the user's lines.
    """
    # Whatever holds where the function is called, in its own body it is converted.
    anew = ControlStatusCtx(Status.UNSPECIFIED)
    return _converting(python_function, autograph_options, user_requested=True, status=anew)


def _converting(
    function: Callable[..., Any],
    features: Any,
    user_requested: bool,
    status: ControlStatusCtx,
) -> Callable[..., Any]:
    options = ConversionOptions(
        recursive=True, user_requested=user_requested, optional_features=features
    )

    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            with ControlStatusCtx(status.status, status.options):
                return converted_call(function, args, kwargs, options=options)
        except Exception as error:
            raise_in_user_terms(error)

    return _artifact_like(run, function)


def _artifact_like(wrapper: Callable[..., Any], function: Any) -> Callable[..., Any]:
    if inspect.isfunction(function) or inspect.ismethod(function):
        functools.update_wrapper(wrapper, function)
    made: Callable[..., Any] = autograph_artifact(wrapper)
    return made


@export("__internal__.autograph.tf_convert")
def tf_convert(
    f: Callable[..., Any],
    ctx: ControlStatusCtx,
    convert_by_default: bool = True,
    user_requested: bool = False,
) -> Callable[..., Any]:
    """A function that is converted if the code that was given it is.

    Args:
      f: the function.
      ctx: what `control_status_ctx()` says where `f` comes from.
      convert_by_default: whether to convert where nothing was said.
      user_requested: whether to convert functions of libraries, too.

    Returns:
      A function to be called in place of `f`.

    Example:
      >>> import tapeflow as tf
      >>> autograph = tf.__internal__.autograph
      >>> double = autograph.tf_convert(lambda x: x * 2, autograph.control_status_ctx())
      >>> double(3)
      6
    """
    if is_autograph_artifact(f):
        return f
    if ctx.status is Status.DISABLED:
        return do_not_convert(f)
    if ctx.status is Status.UNSPECIFIED and not convert_by_default:
        return _with_status(f, Status.UNSPECIFIED)
    return _converting(f, None, user_requested, ctx)


@export("autograph.experimental.do_not_convert", "compat.v1.autograph.experimental.do_not_convert")
def do_not_convert(func: Callable[..., Any] | None = None) -> Any:
    """Keeps a function, and what it calls, from being converted.

    Args:
      func: the function; None gives a decorator.

    Returns:
      A function that does the same.

    Example:
      >>> import tapeflow as tf
      >>> @tf.autograph.experimental.do_not_convert
      ... def sign(x):
      ...     return 1 if x > 0 else -1
      >>> tf.function(lambda: sign(2))().numpy()
      np.int32(1)
    """
    if func is None:
        return do_not_convert
    return _with_status(func, Status.DISABLED)


def _with_status(function: Callable[..., Any], status: Status) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Any:
        with ControlStatusCtx(status):
            return function(*args, **kwargs)

    return _artifact_like(run, function)


@export("autograph.to_graph")
def to_graph(
    entity: Any, recursive: bool = True, experimental_optional_features: Any = None
) -> Callable[..., Any]:
    """The converted form of a function.

    Args:
      entity: a function, a lambda, or a method, which becomes a function with `self`.
      recursive: whether to convert called functions, too.
      experimental_optional_features: one `Feature`, several, or None.

    Returns:
      A Python function. `tf.function` converts and traces in one step.

    Raises:
      ConversionError: when it can't be converted; a `NotImplementedError` when Python features in
        it are the reason.

    Example:
      >>> import tapeflow as tf
      >>> def f(x):
      ...     if x > 0:
      ...         x = x * x
      ...     return x
      >>> tf.function(tf.autograph.to_graph(f))(tf.constant(3)).numpy()
      np.int32(9)
    """
    from tapeflow.engine.autograph.transpiler import TRANSPILER

    options = _requested(recursive, experimental_optional_features)
    try:
        converted = TRANSPILER.converted(_plain_function(entity), options)
    except (ValueError, AttributeError, KeyError, NameError, AssertionError) as error:
        raise ConversionError(f"converting {entity}: {type(error).__name__}: {error}") from error
    made: Callable[..., Any] = autograph_artifact(converted)
    return made


@export("autograph.to_code")
def to_code(entity: Any, recursive: bool = True, experimental_optional_features: Any = None) -> str:
    """The source of the converted form of a function.

    Args:
      entity: as for `to_graph`.
      recursive: as for `to_graph`.
      experimental_optional_features: as for `to_graph`.

    Returns:
      Python source, as text.

    Raises:
      ConversionError: as for `to_graph`.

    Example:
      >>> import tapeflow as tf
      >>> "ag__.if_exp" in tf.autograph.to_code(lambda x: 1 if x > 0 else -1)
      True
    """
    from tapeflow.engine.autograph.transpiler import TRANSPILER

    options = _requested(recursive, experimental_optional_features)
    try:
        return TRANSPILER.source(_plain_function(entity), options)
    except (ValueError, AttributeError, KeyError, NameError, AssertionError) as error:
        raise ConversionError(f"converting {entity}: {type(error).__name__}: {error}") from error


@export("compat.v1.autograph.to_graph")
def to_graph_v1(
    entity: Any,
    recursive: bool = True,
    arg_values: Any = None,
    arg_types: Any = None,
    experimental_optional_features: Any = None,
) -> Callable[..., Any]:
    """The converted form of a function; see `tf.autograph.to_graph`.

    Args:
      entity: as for `to_graph`.
      recursive: as for `to_graph`.
      arg_values: accepted and not used.
      arg_types: accepted and not used.
      experimental_optional_features: as for `to_graph`.

    Returns:
      A Python function.
    """
    return to_graph(entity, recursive, experimental_optional_features)


@export("compat.v1.autograph.to_code")
def to_code_v1(
    entity: Any,
    recursive: bool = True,
    arg_values: Any = None,
    arg_types: Any = None,
    indentation: str = "  ",
    experimental_optional_features: Any = None,
) -> str:
    """The source of the converted form of a function; see `tf.autograph.to_code`.

    Args:
      entity: as for `to_code`.
      recursive: as for `to_code`.
      arg_values: accepted and not used.
      arg_types: accepted and not used.
      indentation: accepted and not used.
      experimental_optional_features: as for `to_code`.

    Returns:
      Python source, as text.
    """
    return to_code(entity, recursive, experimental_optional_features)


def _requested(recursive: bool, features: Any) -> ConversionOptions:
    return ConversionOptions(recursive=recursive, user_requested=True, optional_features=features)


def _plain_function(entity: Any) -> types.FunctionType:
    function = entity.__func__ if isinstance(entity, types.MethodType) else entity
    if not isinstance(function, types.FunctionType):
        raise ValueError(
            "Cannot apply autograph to a function that doesn't expose a __code__ object. If this "
            "is a @tf.function, try passing f.python_function instead."
        )
    return function


def _converted_here(function: Callable[..., Any]) -> Callable[..., Any]:
    return tf_convert(function, control_status_ctx())


upward.provide(converted_here=_converted_here)
